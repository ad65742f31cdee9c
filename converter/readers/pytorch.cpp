#include "converter/readers/pytorch.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/hyperparameters.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/state_dict.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace heed::convert {
namespace {

// Calls that every checkpoint may contain, and that explain nothing when weights are missing.
bool is_commonplace(std::string_view name) {
  return name.empty() || name == "collections.OrderedDict" || name == "_codecs.encode" ||
         name == "torch.Size" || name.substr(0, 9) == "builtins." || name.substr(0, 12) == "__builtin__.";
}

[[noreturn]] void refuse_without_weights(const Value& root, const Heap& heap) {
  if (is_tensor(root)) malformed("it holds a single tensor and no state dict; save model.state_dict()");
  constexpr std::size_t most = 3; // names in the message
  std::vector<std::string> calls;
  for (const Record& record : heap.records()) {
    if (calls.size() == most) break;
    const std::string name = global_name(record.callee);
    if (!is_commonplace(name) && std::find(calls.begin(), calls.end(), name) == calls.end())
      calls.push_back(name);
  }
  std::string list;
  for (const std::string& call : calls) list += (list.empty() ? "" : ", ") + in_quotes(call);
  if (list.empty()) malformed("it holds no tensors; save model.state_dict()");
  malformed(
      "it holds no tensors that are named weights; it calls {}, which was not run. Save model.state_dict()",
      list);
}

// Compression, tied weights and expanded views multiply what a file holds; only so far.
void check_expansion(const std::vector<std::pair<std::string, Tensor>>& weights, std::uint64_t file_bytes) {
  const std::uint64_t allowed = limits::viewed(file_bytes);
  std::uint64_t total = 0;
  for (const auto& [name, tensor] : weights) {
    const auto elements = static_cast<std::uint64_t>(tensor.elements());
    // Compared by elements first: bytes() of an expanded view may be past 64 bits.
    if (elements > allowed || tensor.bytes() > allowed - total) {
      malformed("weight {} {} makes the weights larger than a file of {} bytes can hold", in_quotes(name),
                shape_text(tensor.shape()), file_bytes);
    }
    total += tensor.bytes();
  }
}

} // namespace

Checkpoint assemble(const std::string& format, std::uint64_t file_bytes, const Value& root, const Heap& heap,
                    StorageTable& storages) {
  auto found = find_state_dict(root);
  if (!found) refuse_without_weights(root, heap);

  Checkpoint checkpoint;
  checkpoint.format = format;
  checkpoint.file_bytes = file_bytes;
  checkpoint.weights_path = found->path;
  checkpoint.weights.reserve(found->tensors.size());
  for (const auto& [name, value] : found->tensors) {
    checkpoint.weights.emplace_back(name, build_tensor(name, value, storages));
  }
  check_expansion(checkpoint.weights, file_bytes);
  checkpoint.config = find_hyperparameters(found->parents);
  return checkpoint;
}

} // namespace heed::convert
