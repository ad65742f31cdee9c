// What sort of file it is, by its first bytes.
#ifndef HEED_CONVERTER_READERS_SIGNATURE_HPP
#define HEED_CONVERTER_READERS_SIGNATURE_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace heed::convert {

enum class Format : std::uint8_t { pytorch_zip, pytorch_legacy, pytorch_tar, pickle, safetensors, foreign };

// The format to try. The file may still turn out to be broken.
Format recognise(std::string_view file);

// For a message about a foreign file: "is an HDF5 file", "is a text file", "is of no known format".
std::string describe_foreign(std::string_view file);

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_SIGNATURE_HPP
