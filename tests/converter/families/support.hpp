// Checkpoints of the SASRec family made in memory, and the golden ones.
#ifndef HEED_TESTS_CONVERTER_FAMILIES_SUPPORT_HPP
#define HEED_TESTS_CONVERTER_FAMILIES_SUPPORT_HPP

#include "converter/families/family.hpp"
#include "tests/converter/graph/support.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace heed::convert::test {

// A checkpoint under pmixer's names: dim 4, one block, 9 items, `positions` position rows of which the first
// is zero when `zero_first`.
Checkpoint pmixer_checkpoint(std::int64_t positions = 6, bool zero_first = true);
// A checkpoint under ICLRec's names: dim 4, one block, 9 items and two special rows, 5 slots.
Checkpoint s3rec_checkpoint();

// Adds, replaces, renames or removes a weight.
void set_weight(Checkpoint& checkpoint, const std::string& name, Tensor tensor);
void rename_weight(Checkpoint& checkpoint, const std::string& from, const std::string& to);
void remove_weight(Checkpoint& checkpoint, const std::string& name);

// tests/golden/sasrec: the checkpoint of that name, and its JSON. golden_names() lists all.
std::vector<std::string> golden_names();
std::string golden_path(const std::string& name, const std::string& extension);
nlohmann::json golden_json(const std::string& name);
// The options that JSON's "options" asks for.
BuildOptions golden_options(const nlohmann::json& golden);
// Item rows of a list of ids that start at 1.
std::vector<std::int64_t> rows_of(const nlohmann::json& ids);

// tests/shop: a trained model and what PyTorch computes from it.
std::string shop_folder();

// The folder with real checkpoints, from the environment variable HEED_REAL_DATA, or "".
std::string real_data();

// Checkpoints that it may hold, each with independent double-precision results in expected/NAME.json.
struct Published {
  const char* name;
  const char* file;
  const char* variant;
  std::int64_t items;
};
void PrintTo(const Published& published, std::ostream* out); // for GoogleTest
const std::vector<Published>& published();
nlohmann::json expected_of(const Published& published);
// Of a case of such a JSON: what errors are measured against.
double score_range(const nlohmann::json& expected_case);

// Whether any note contains the text.
bool has_note(const Recipe& recipe, const std::string& text);

} // namespace heed::convert::test

#endif // HEED_TESTS_CONVERTER_FAMILIES_SUPPORT_HPP
