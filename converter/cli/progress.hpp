// One line on standard error that moves while work goes on, and is gone when it ends. Shown only to a
// terminal.
#ifndef HEED_CONVERTER_CLI_PROGRESS_HPP
#define HEED_CONVERTER_CLI_PROGRESS_HPP

#include <chrono>
#include <cstddef>
#include <string>

namespace heed::cli {

class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress(); // clears the line

  // What is going on, such as "quantizing".
  void show(const std::string& text);
  // The same with a share done, such as "ranking users 45% (1,234 of 2,742)". total 0 shows the text alone.
  void show(const std::string& text, std::size_t done, std::size_t total);

 private:
  bool terminal_;
  bool shown_ = false;
  std::string last_text_;
  std::chrono::steady_clock::time_point last_time_;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_PROGRESS_HPP
