// What a model is and promises, as JSON and for people.
#ifndef HEED_CONVERTER_CLI_DESCRIBE_HPP
#define HEED_CONVERTER_CLI_DESCRIBE_HPP

#include "converter/cli/output.hpp"

#include <heed/model.hpp>

#include <cstdint>
#include <string>

namespace heed::cli {

struct Description {
  ModelInfo info;
  std::int64_t first_item = 0,
               last_item = 0;           // ids at the ends of the file's order; 0 when there are no items
  std::string same_bits, empty_history; // promises, as sentences
};

// Errors (convert::Error): whatever Model::item_id refuses.
Description describe(const Model& model);

// The object that `heed info --json` prints; README.md lists its fields.
nlohmann::ordered_json to_json(const Description& about);
void print_text(const std::string& path, const Description& about, Output& out);

// How close a file comes to the original weights; null when that was not measured.
nlohmann::ordered_json to_json(const Fidelity& fidelity);
void print_fidelity(const Fidelity& fidelity, Output& out);

// "dot".
const char* name(ScoreKind kind) noexcept;

} // namespace heed::cli

#endif // HEED_CONVERTER_CLI_DESCRIBE_HPP
