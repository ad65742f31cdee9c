#include "support.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace heed::convert::test {

namespace fs = std::filesystem;

std::string data_path(const std::string& name) {
  return std::string(HEED_TEST_DATA) + "/" + name;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::shared_ptr<const Bytes> bytes_of(std::string_view content) {
  return Bytes::own({content.begin(), content.end()});
}

TempFolder::TempFolder() {
  std::string pattern = (fs::temp_directory_path() / "heed_readers_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, std::string_view content) const {
  const fs::path path = fs::path(path_) / name;
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
  return path.string();
}

std::string zip_checkpoint(const std::string& pickle) {
  const float values[4] = {1, 2, 3, 4};
  return make_zip({{"archive/data.pkl", pickle},
                   {"archive/data/0", std::string(reinterpret_cast<const char*>(values), sizeof values)},
                   {"archive/version", "3\n"}});
}

std::string legacy_checkpoint(const std::string& pickle) {
  using namespace std::string_literals;
  const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  const std::string version = "\x80\x02M\xe9\x03."s;
  const std::string system = "\x80\x02}."s;
  return magic + version + system + pickle + "\x80\x02]."s;
}

std::string pickled_text(std::string_view text) {
  return "X" + raw(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

std::string pickled_tensor(std::uint8_t size) {
  using namespace std::string_literals;
  const std::string storage = "(" + pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("0") +
                              pickled_text("cpu") + "K\x04tQ"s;
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "K\0K"s + static_cast<char>(size) +
         "\x85K\x01\x85\x89}tR"s;
}

std::string safetensors_file(const std::string& header, const std::string& data) {
  return raw(static_cast<std::uint64_t>(header.size())) + header + data;
}

Outcome outcome_of(std::string_view content) {
  Outcome outcome;
  try {
    const Checkpoint checkpoint = parse_checkpoint(bytes_of(content), "test");
    for (const auto& [name, tensor] : checkpoint.weights) {
      outcome.names.push_back(name);
      std::vector<double> values(static_cast<std::size_t>(tensor.elements()));
      tensor.read(0, tensor.elements(), values.data());
    }
  } catch (const Error& error) {
    outcome.code = error.code();
    outcome.message = error.what();
  }
  return outcome;
}

} // namespace heed::convert::test
