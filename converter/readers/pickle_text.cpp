#include "converter/readers/pickle_text.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/text.hpp"

#include <charconv>
#include <optional>

namespace heed::convert {
namespace {

void append_utf8(std::uint32_t code, std::string* out) {
  const auto put = [&](std::uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// `digits` hexadecimal digits at the start of the text, or nothing.
std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits) {
  std::uint32_t code = 0;
  if (text.size() < digits) return std::nullopt;
  const char* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, code, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return code;
}

} // namespace

Value parse_integer(std::string_view line, Heap& heap) {
  if (line == "00" || line == "01") return Value::boolean(line == "01");
  std::string_view digits = line;
  if (!digits.empty() && digits.back() == 'L') digits.remove_suffix(1);
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc::result_out_of_range && stop == end) return heap.text(Value::Kind::big, digits);
  if (error != std::errc() || stop != end) malformed("the pickle has {} for an integer", in_quotes(line));
  return Value::integer(value);
}

Value parse_real(std::string_view line) {
  double value = 0; // not strtod(), whose decimal point depends on the locale
  const char* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, value);
  if (error != std::errc() || stop != end) malformed("the pickle has {} for a number", in_quotes(line));
  return Value::real(value);
}

std::string parse_quoted(std::string_view line) {
  if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"')) {
    malformed("the pickle has {} for a quoted string", in_quotes(line));
  }
  const std::string_view text = line.substr(1, line.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    // What Python 2's repr() writes: \\ \' \" \n \r \t \xNN.
    const char kind = text[++i];
    if (kind == 'n') {
      out.push_back('\n');
    } else if (kind == 'r') {
      out.push_back('\r');
    } else if (kind == 't') {
      out.push_back('\t');
    } else if (kind == 'x') {
      const auto code = hexadecimal(text.substr(i + 1), 2);
      if (!code) malformed("the pickle has {} for a quoted string", in_quotes(line));
      out.push_back(static_cast<char>(*code));
      i += 2;
    } else {
      out.push_back(kind);
    }
  }
  return out;
}

std::string parse_raw_unicode(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const char kind = line[i] == '\\' && i + 1 < line.size() ? line[i + 1] : '\0';
    const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    const auto code = digits > 0 ? hexadecimal(line.substr(i + 2), digits) : std::nullopt;
    if (code && *code < 0x110000) {
      append_utf8(*code, &out);
      i += 2 + digits;
    } else {
      append_utf8(static_cast<unsigned char>(line[i]), &out);
      ++i;
    }
  }
  return out;
}

std::string utf8_from_latin1(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) append_utf8(static_cast<unsigned char>(byte), &out);
  return out;
}

bool latin1_from_utf8(std::string_view text, std::string* bytes) {
  bytes->clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes->push_back(text[i]);
    } else if ((first == 0xC2 || first == 0xC3) && i + 1 < text.size()) {
      bytes->push_back(
          static_cast<char>((first & 3U) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3FU)));
    } else {
      return false;
    }
  }
  return true;
}

} // namespace heed::convert
