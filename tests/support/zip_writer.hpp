// Zip archives made in memory, for the checkpoint readers' tests and fuzz targets.
#ifndef HEED_TESTS_SUPPORT_ZIP_WRITER_HPP
#define HEED_TESTS_SUPPORT_ZIP_WRITER_HPP

#include <string>
#include <utility>
#include <vector>

namespace heed::convert::test {

// A zip archive of (name, content), stored or deflated. Throws std::runtime_error.
std::string make_zip(const std::vector<std::pair<std::string, std::string>>& entries, bool deflate = false);

} // namespace heed::convert::test

#endif // HEED_TESTS_SUPPORT_ZIP_WRITER_HPP
