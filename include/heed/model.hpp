// Opening, verifying and describing a heed model file.
#ifndef HEED_MODEL_HPP
#define HEED_MODEL_HPP

#include <heed/export.h>
#include <heed/span.hpp>
#include <heed/status.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heed {

namespace format {
class LoadedModel;
}

// What a score means: the dot product of user vector and item row, plus the item's bias where there is one.
// Of several user vectors (interests) the largest product counts.
enum class ScoreKind : std::uint8_t { dot = 1 };

// What a caller passes to the model: the history, and features by name.
struct InputInfo {
  std::string name; // such as "history", "time"
  // "item_history": ids of items, oldest first. "event_ids": an id for each event. "event_times": seconds for
  // each event, never decreasing. "context_id": a single id.
  std::string kind;
  std::uint64_t vocabulary;   // number of legal ids; 0 for times
  std::int64_t first_id;      // of a feature's ids: first_id to first_id + vocabulary - 1 are legal
  std::int64_t default_value; // of a feature that is not passed
  bool request_time;          // of times: one more may follow those of the events, the request's own
};

// What can be read out of the model; the first is what items are scored against.
struct OutputInfo {
  std::string name;
  std::uint32_t rows; // 0: one for each event
  std::uint32_t cols;
};

// A constant of the file.
struct TensorInfo {
  std::string name;
  std::string dtype;  // "f32", "i8", ...
  std::string layout; // "row_major", "n16", "n16k4", "planes"
  std::uint64_t rows, cols;
  std::uint64_t bytes;    // of its segment
  double bits_per_weight; // segment, scales and bounds over rows * cols, in bits
};

// An operator of the graph.
struct NodeInfo {
  std::string name, op;
  std::uint32_t version;
  std::vector<std::string> inputs; // names of values; "" for an optional input that is absent
  std::string output;
  std::string attributes; // "heads=2 scale=0.177 mask=causal"
};

// Measured at conversion: the file's own results against a double-precision interpreter on the original
// weights, over generated histories. Errors are shares of the score range of a history.
struct Fidelity {
  std::uint32_t histories; // 0: nothing was measured, and the rest is 0
  double max_score_error, mean_score_error, top10_overlap;
};

struct ModelInfo {
  std::uint32_t schema_version;
  std::string family, variant, precision;
  std::uint32_t max_history; // events that count: the most recent ones
  std::uint32_t dim;         // elements of a user vector
  std::uint32_t interests;   // user vectors of one user: 1 but for models of several interests
  std::uint64_t items;
  ScoreKind score_kind;
  std::string padding, unknown_item; // how the reference's padding enters; what stands for an unknown item
  std::string source_format, source_sha256, converter, options;
  std::uint64_t source_bytes, file_bytes;
  Fidelity fidelity;
  bool has_prior; // a history without events is scored by popularity
  std::vector<InputInfo> inputs;
  std::vector<OutputInfo> outputs;
  std::vector<TensorInfo> tensors;
  std::vector<NodeInfo> nodes;
};

// An opened model: an immutable view of a file that is mapped, never copied.
//
// A Model is a cheap handle; copies share the mapping, which lives until the last Model or Session that uses
// it is gone. All functions may be called from several threads at once. The file must not be changed or
// truncated while it is mapped (replace it by renaming a new file over it): the operating system would end
// the process with SIGBUS.
class HEED_API Model {
 public:
  // Maps the file at `path` (UTF-8) and checks its metadata. Takes the same short time whatever the number of
  // items, because segments are not read. Hostile contents that pass may give wrong scores, never a memory
  // error; verify() tells.
  // Errors: file_not_found, io_error, file_truncated, file_foreign, file_malformed, version_unsupported,
  // feature_unsupported, op_unsupported, graph_invalid, out_of_memory.
  static Result<Model> open(const char* path);

  // The same over `bytes` bytes of memory, which the caller keeps unchanged until the last Model and Session
  // that use it are gone. `data` must be 64-byte aligned (invalid_argument otherwise).
  static Result<Model> open(const void* data, std::size_t bytes);

  // Reads every segment: checksums, and that scales and constants are finite (scales positive).
  // Errors: checksum_mismatch, value_not_finite, file_malformed (ids out of order).
  Status verify() const;

  // Everything a person or a tool wants to know. Allocates; not for hot paths.
  ModelInfo info() const;

  std::uint32_t max_history() const noexcept;
  std::uint32_t dim() const noexcept;       // elements of a user vector
  std::uint32_t interests() const noexcept; // user vectors of one user
  std::uint64_t items() const noexcept;     // items of the catalogue

  // The external id of the item at `index` (0 <= index < items()), in the file's order.
  // Errors: invalid_argument.
  Result<std::int64_t> item_id(std::uint64_t index) const;
  // Whether the catalogue holds this id.
  bool has_item(std::int64_t id) const noexcept;

 private:
  friend class Session;
  explicit Model(std::shared_ptr<const format::LoadedModel> loaded) noexcept : loaded_(std::move(loaded)) {}
  std::shared_ptr<const format::LoadedModel> loaded_;
};

// The version of this library, such as "0.1.0".
HEED_API const char* version() noexcept;

// The instruction set whose kernels run in this process, such as "avx2", or "" when the environment variable
// HEED_ISA names one that this machine or build does not have.
HEED_API const char* active_isa() noexcept;

} // namespace heed

#endif // HEED_MODEL_HPP
