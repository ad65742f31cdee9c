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

// The checkpoints of tests/golden, each with what its reference computes: "sasrec/original", ...
std::vector<std::string> golden_names();
std::string test_name(std::string golden_name); // for GoogleTest: "sasrec_original"
Checkpoint golden_checkpoint(const std::string& name);
nlohmann::json golden_json(const std::string& name);
// The options that JSON's "options" asks for; the family that it names, or "".
BuildOptions golden_options(const nlohmann::json& golden);
std::string golden_family(const nlohmann::json& golden);
std::int64_t golden_first_id(const nlohmann::json& golden);
// What a case asks, and the user vectors that count, one after another.
Request request_of(const nlohmann::json& golden_case, std::int64_t first_id);
std::vector<double> vectors_of(const nlohmann::json& golden_case);
// What may lie between the reference's numbers and exact ones: `exact`, or more where it computed in single
// precision.
double golden_precision(const nlohmann::json& golden, double exact);
// Item rows of a list of ids that start at `first_id`.
std::vector<std::int64_t> rows_of(const nlohmann::json& ids, std::int64_t first_id = 1);

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
  std::int64_t heads = 0; // 0: the family's default
  std::int64_t first_id = 1;
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
