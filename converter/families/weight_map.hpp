// Weights that are named differently, brought under the names that a family knows: `heed convert --map FILE`.
#ifndef HEED_CONVERTER_FAMILIES_WEIGHT_MAP_HPP
#define HEED_CONVERTER_FAMILIES_WEIGHT_MAP_HPP

#include "converter/readers/checkpoint.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace heed::convert {

struct WeightMap {
  struct Entry {
    std::string pattern; // of the checkpoint's names (wildcards.hpp)
    std::string name;    // with as many '#' and '*', which stand for the same
  };
  std::string path;
  std::vector<Entry> entries; // in the file's order
};

// A JSON object {"PATTERN": "NAME", ...}. Errors, which name the file: file_not_found, io_error;
// data_mismatch (no such object, a pattern that occurs twice, pattern and name with different wildcards).
WeightMap read_weight_map(const std::string& path);

// Gives each weight the name of the first entry that matches it, and returns how many have another one then.
// Error(data_mismatch), which leaves the checkpoint as it was: a pattern that matches nothing (with the
// nearest name), a name that two weights would have, a name that is none.
std::size_t rename_weights(const WeightMap& map, Checkpoint* checkpoint);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_WEIGHT_MAP_HPP
