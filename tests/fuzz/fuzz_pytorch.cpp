// PyTorch checkpoints. The first byte chooses what the rest is:
//   'Z'  the pickle of a zip checkpoint, which is packed around it with correct checksums
//   'L'  the pickle of a checkpoint before 1.6, behind the frame's header
//   else the whole file, that byte included
#include "checkpoint_reader.hpp"

#include <string_view>

#include <zip.h>

namespace {

using namespace std::string_view_literals;

// data.pkl and storages "0" (64 bytes) and "1" (empty).
std::string zip_around(std::string_view pickle) {
  static const std::string storage(64, '\x3f');
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  const auto add = [&](const char* name, std::string_view content) {
    const zip_int64_t index =
        zip_file_add(archive, name, zip_source_buffer(archive, content.data(), content.size(), 0), 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
  };
  add("a/data.pkl", pickle);
  add("a/data/0", storage);
  add("a/data/1", "");
  zip_close(archive);
  zip_stat_t stat;
  zip_stat_init(&stat);
  zip_source_stat(target, &stat);
  std::string bytes(stat.size, '\0');
  zip_source_open(target);
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  zip_error_fini(&error);
  return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view header = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
                                      "\x80\x02M\xe9\x03."
                                      "\x80\x02}."sv;
  std::string file(reinterpret_cast<const char*>(data), size);
  if (size > 0 && data[0] == 'Z') file = zip_around(std::string_view(file).substr(1));
  if (size > 0 && data[0] == 'L') file = std::string(header) + file.substr(1);
  heed::fuzz::read_all(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  return 0;
}
