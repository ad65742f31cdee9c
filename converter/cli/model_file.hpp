// The model a command works with, and a session whose limits follow the requests.
#ifndef HEED_CONVERTER_CLI_MODEL_FILE_HPP
#define HEED_CONVERTER_CLI_MODEL_FILE_HPP

#include "converter/error.hpp"

#include <heed/model.hpp>
#include <heed/session.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace heed::cli {

using convert::check;
using convert::unwrap;

// Errors (convert::Error): as Model::open.
inline Model open_model(const std::string& path) {
  return unwrap(Model::open(path.c_str()));
}

// What one request asks of a session.
struct Needs {
  std::size_t k = 0;
  std::size_t candidates = 0; // of score, or ids of an allow list
  std::size_t excluded = 0;   // seen and denied ids together
  bool keeps_events = false;  // a later request may go on from this one's history
};

// A session is made for fixed limits; this one is made anew, with room to spare, when a request needs more.
class GrowingSession {
 public:
  explicit GrowingSession(const Model& model) : model_(model) {}

  // A session that can serve such a request. Errors (convert::Error): limit_exceeded, out_of_memory,
  // isa_unsupported; invalid_argument for a k above the catalogue.
  Session& fit(const Needs& needs);

 private:
  const Model& model_;
  std::optional<Session> session_;
};

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_MODEL_FILE_HPP
