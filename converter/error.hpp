// The converter's error: an exception that carries a heed::Status.
//
// The runtime has no exceptions; the converter may use them, and its libraries do. Every failure of the
// converter that a user can cause is an Error with a stable code; the `heed` tool maps the code's group to
// its exit code in one place (cli/exit_code.hpp).
#ifndef HEED_CONVERTER_ERROR_HPP
#define HEED_CONVERTER_ERROR_HPP

#include <heed/status.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace heed::convert {

class Error : public std::runtime_error {
 public:
  Error(StatusCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  explicit Error(const Status& status) : Error(status.code(), status.message()) {}
  StatusCode code() const noexcept { return code_; }

 private:
  StatusCode code_;
};

// What the runtime's calls return: a failure becomes an Error.
inline void check(const Status& status) {
  if (!status.ok()) throw Error(status);
}
template <class T>
T unwrap(Result<T> result) {
  check(result.status());
  return std::move(result).value();
}

} // namespace heed::convert

#endif // HEED_CONVERTER_ERROR_HPP
