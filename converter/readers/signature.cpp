#include "converter/readers/signature.hpp"

#include "converter/readers/element.hpp"
#include "converter/readers/pytorch_legacy.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>

namespace heed::convert {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view description;
};

constexpr Signature signatures[] = {
    {4, "HEED"sv, "is a heed model already"},
    {4, "HCAT"sv, "is a heed catalogue"},
    {4, "TFL3"sv, "is a TensorFlow Lite model"},
    {0, "version https://git-lfs"sv, "is a Git LFS pointer and not the file itself; run 'git lfs pull'"},
    {0, "\x89HDF\r\n\x1a\n"sv, "is an HDF5 file (Keras?); save the weights as safetensors"},
    {0, "GGUF"sv, "is a GGUF file; save the weights as safetensors"},
    {0, "\x93NUMPY"sv, "is a NumPy array; save the weights as safetensors"},
    {0, "\x1f\x8b"sv, "is packed by gzip; unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "is packed by zstd; unpack it first"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "is packed by xz; unpack it first"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "is a 7z archive; unpack it first"},
    {0, "BZh"sv, "is packed by bzip2; unpack it first"},
    {0, "PAR1"sv, "is a Parquet file"},
    {0,
     "\x7f"
     "ELF"sv,
     "is a program"},
    {0, "%PDF"sv, "is a PDF document"},
    {0, "\x89PNG"sv, "is a PNG picture"},
    {0, "\xff\xd8\xff"sv, "is a JPEG picture"},
};

bool has(std::string_view file, std::size_t offset, std::string_view bytes) {
  return file.size() >= offset + bytes.size() && file.compare(offset, bytes.size(), bytes) == 0;
}

// The length of the header is far below what eight characters of text would make.
bool is_safetensors(std::string_view file) {
  constexpr std::uint64_t above_any_header = std::uint64_t{1} << 40;
  return has(file, 8, "{") && load_unaligned<std::uint64_t>(file.data()) < above_any_header;
}

// ModelProto: field 1 (ir_version) as a small varint, then field 2 (producer_name).
bool is_onnx(std::string_view file) {
  return has(file, 0, "\x08") && file.size() > 2 && file[1] < 32 && file[2] == '\x12';
}

bool is_text(std::string_view file) {
  constexpr std::size_t longest = 512;
  std::string_view sample = file.substr(0, longest);
  // The cut may be inside a character.
  while (!sample.empty() && (sample.back() & '\x80') != 0) sample.remove_suffix(1);
  const auto printable = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  };
  return !sample.empty() && is_utf8(sample) && std::all_of(sample.begin(), sample.end(), printable);
}

} // namespace

Format recognise(std::string_view file) {
  if (has(file, 0, "PK\x03\x04") || has(file, 0, "PK\x05\x06")) return Format::pytorch_zip;
  if (is_pytorch_legacy(file)) return Format::pytorch_legacy;
  if (is_safetensors(file)) return Format::safetensors;
  if (has(file, 257, "ustar")) return Format::pytorch_tar;
  if (has(file, 0, "\x80") && file.size() > 1 && file[1] > 0 && file[1] < 16) return Format::pickle;
  return Format::foreign;
}

std::string describe_foreign(std::string_view file) {
  if (file.empty()) return "is empty";
  for (const Signature& signature : signatures) {
    if (has(file, signature.offset, signature.bytes)) return std::string(signature.description);
  }
  if (is_onnx(file)) return "looks like an ONNX model; save the weights as safetensors";
  if (is_text(file)) {
    const std::size_t start = std::min(file.find_first_not_of(" \n\r\t"), file.size());
    if (has(file, start, "<!DOCTYPE") || has(file, start, "<html"))
      return "is a web page, perhaps of a failed download";
    if (has(file, start, "{") || has(file, start, "[")) return "is a JSON text";
    return "is a text";
  }
  return "is of no known format";
}

} // namespace heed::convert
