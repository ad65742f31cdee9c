// The conversion: a checkpoint becomes a model file, and how well it did is known.
#ifndef HEED_CONVERTER_CONVERT_HPP
#define HEED_CONVERTER_CONVERT_HPP

#include "converter/error.hpp"
#include "converter/families/family.hpp"
#include "converter/graph/passes/passes.hpp"
#include "converter/readers/checkpoint.hpp"

#include <heed/model.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heed::convert {

// Whether int8 item rows are stored as two planes, of which a scan reads one.
enum class Planes : std::uint8_t { automatic, on, off };

struct ConvertOptions {
  std::string family;  // empty: recognised from the weights
  std::string variant; // and the following: as BuildOptions; empty or 0 lets the family decide
  std::int64_t heads = 0;
  std::int64_t max_history = 0;
  std::string activation;
  std::string positions;
  // What was done to the checkpoint before: the file of rename_weights() (empty: none) and the weights that
  // got another name.
  std::string map;
  std::size_t renamed = 0;
  // What apply_settings() put into the checkpoint before, each "KEY=VALUE".
  std::vector<std::string> settings;
  Precision precision = Precision::fp32;
  // automatic: off for tables of fewer than kPlanesWorthTiming rows, so that the file of a small one does not
  // depend on the machine; of others both forms are timed, and planes are taken where they make recommend
  // faster by kPlanesGain.
  Planes planes = Planes::automatic;
  std::vector<std::string> outputs; // intermediate results that the file shall give, by their nodes' names
  // How often each item was chosen, by its id, for histories without events; empty: what the graph computes.
  std::map<std::int64_t, std::int64_t> popularity;
  std::string popularity_source; // the file they were counted in
  // Hears the stage ("weights", "quantize", "fold", "write", "time", "measure") and its share from 0 to 1.
  // May be empty.
  std::function<void(const char* stage, double share)> progress;
};

// A constant of the file that came from the checkpoint's weights or from padding.
struct TensorReport {
  std::string name, precision; // "fp32" or "int8"
  std::int64_t rows = 0, cols = 0;
  // int8 only: what quantization did to an element, and the largest magnitude of the tensor.
  double max_error = 0, mean_error = 0, largest_weight = 0;
};

constexpr std::int64_t kPlanesWorthTiming = 32768;
constexpr double kPlanesGain = 1.15;

// What was decided about planes, and by which times; no calls: by no times.
struct PlanesReport {
  bool used = false;
  double plain_us = 0, planes_us = 0; // of recommend for k = 10: ScanTimes
  std::size_t calls = 0;              // to each form
};

struct StageTime {
  std::string stage;
  double seconds = 0;
};

struct ConvertReport {
  std::string family, variant, precision;
  std::string padding_treatment;
  std::vector<std::string> notes;       // what was recognised or assumed, and why
  std::vector<WeightUse> used, ignored; // weights of the checkpoint
  std::vector<TensorReport> tensors;    // of the file
  std::uint64_t weight_bytes = 0;       // of the used weights in the checkpoint
  std::uint64_t source_bytes = 0;       // of the checkpoint
  std::uint64_t file_bytes = 0;         // of the model file
  std::int64_t items = 0, first_id = 0; // the ids are first_id to first_id + items - 1
  std::int64_t dim = 0;
  std::int64_t blocks = 0, heads = 0; // 0: the family has none (Recipe)
  std::int64_t max_history = 0, slots = 0;
  Fidelity fidelity{};
  PlanesReport planes;
  std::vector<StageTime> times;
};

// Writes the model file to `output_path`, whole or not at all. The file is opened and measured under a
// temporary name in the same folder before it takes its own.
// Errors: invalid_argument when output_path is the checkpoint; unknown_feature for an output that the graph
// does not have; data_mismatch when no item of the model is popular; usage for settings without effect and
// for planes of fp32; not_supported for planes of rows that are too long; those of choose_family,
// Family::build, fold_padding (not_supported) and OutputFile (no_space, io_error); and of the runtime, if it
// refuses the file (a defect of heed).
ConvertReport convert(const Checkpoint& checkpoint, const ConvertOptions& options,
                      const std::string& output_path);

} // namespace heed::convert

#endif // HEED_CONVERTER_CONVERT_HPP
