#include "converter/cli/output.hpp"

#include "converter/error.hpp"
#include "converter/readers/text.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace heed::cli {

namespace {

constexpr std::size_t kFlushAt = std::size_t{1} << 16;

} // namespace

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kFlushAt) flush();
}

void Output::flush() {
  const std::string pending = std::move(buffer_); // on failure nothing is tried twice
  buffer_.clear();
  for (std::size_t done = 0; done < pending.size();) {
    const ssize_t wrote = ::write(descriptor_, pending.data() + done, pending.size() - done);
    if (wrote >= 0) {
      done += static_cast<std::size_t>(wrote);
    } else if (errno != EINTR) {
      const int error = errno;
      throw convert::Error(error == ENOSPC ? StatusCode::no_space : StatusCode::io_error,
                           std::string("standard output: ") + std::strerror(error));
    }
  }
}

void Output::print(const nlohmann::ordered_json& value) {
  write(value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void append_json(std::string& out, float value) {
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out), "{:.9g}", value);
  else
    out += "null";
}

void append_json(std::string& out, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_json(std::string& out, std::string_view value) {
  out += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string printable(std::string_view text) {
  const bool utf8 = convert::is_utf8(text);
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) c = '?';
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += (at == 0 ? "" : "\n") + printable(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

} // namespace heed::cli
