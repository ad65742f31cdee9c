#include "converter/cli/progress.hpp"

#include "converter/cli/output.hpp"

#include <cstdio>

#include <unistd.h>

namespace heed::cli {

namespace {

constexpr const char* kClear = "\r\x1b[K"; // to the line's start, then erase to its end
constexpr std::chrono::milliseconds kInterval{100};

} // namespace

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs(kClear, stderr);
}

void Progress::show(const std::string& text) {
  show(text, 0, 0);
}

void Progress::show(const std::string& text, std::size_t done, std::size_t total) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && text == last_text_ && now - last_time_ < kInterval) return;
  std::string line = printable(text);
  if (total != 0)
    line += fmt::format(" {:.0f}% ({} of {})", 100.0 * static_cast<double>(done) / static_cast<double>(total),
                        grouped(done), grouped(total));
  std::fputs((kClear + line).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
  last_text_ = text;
  last_time_ = now;
}

} // namespace heed::cli
