// PyTorch checkpoints. The first byte chooses what the rest is:
//   'Z'  the pickle of a zip checkpoint, which is packed around it with correct checksums
//   'L'  the pickle of a checkpoint before 1.6, behind the frame's header
//   else the whole file, that byte included
#include "checkpoint_reader.hpp"
#include "tests/support/zip_writer.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace std::string_view_literals;

// data.pkl and storages "0" (64 bytes) and "1" (empty).
std::string zip_around(std::string pickle) {
  return heed::convert::test::make_zip(
      {{"a/data.pkl", std::move(pickle)}, {"a/data/0", std::string(64, '\x3f')}, {"a/data/1", ""}});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view header = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
                                      "\x80\x02M\xe9\x03."
                                      "\x80\x02}."sv;
  std::string file(reinterpret_cast<const char*>(data), size);
  if (size > 0 && data[0] == 'Z') file = zip_around(file.substr(1));
  if (size > 0 && data[0] == 'L') file = std::string(header) + file.substr(1);
  heed::fuzz::read_all(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  return 0;
}
