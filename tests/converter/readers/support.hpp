// Checkpoints made at run time, for files that are better written in the test than committed.
#ifndef HEED_TESTS_CONVERTER_READERS_SUPPORT_HPP
#define HEED_TESTS_CONVERTER_READERS_SUPPORT_HPP

#include "converter/error.hpp"
#include "converter/readers/checkpoint.hpp"
#include "tests/support/zip_writer.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::convert::test {

// The path of a file in data/.
std::string data_path(const std::string& name);
std::string read_file(const std::string& path);
std::shared_ptr<const Bytes> bytes_of(std::string_view content);

// A folder that is removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();
  const std::string& path() const { return path_; }
  // Writes a file into the folder and gives its path.
  std::string write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

// Little-endian bytes of a number.
template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// A PyTorch zip checkpoint of these opcodes as data.pkl, with one storage "0" of 16 bytes.
std::string zip_checkpoint(const std::string& pickle);
// A PyTorch checkpoint before 1.6 of these opcodes as the object, without storages.
std::string legacy_checkpoint(const std::string& pickle);

// Opcodes (protocol 2) of a string, and of a float tensor of `size` elements in storage "0".
std::string pickled_text(std::string_view text);
std::string pickled_tensor(std::uint8_t size = 4);

// A safetensors file of this header and data.
std::string safetensors_file(const std::string& header, const std::string& data);

// The outcome of parse_checkpoint(): a checkpoint whose tensors were all read, or the error.
struct Outcome {
  StatusCode code = StatusCode::ok;
  std::string message;
  std::vector<std::string> names; // of the weights
};
Outcome outcome_of(std::string_view content);

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_READERS_SUPPORT_HPP
