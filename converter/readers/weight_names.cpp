#include "converter/readers/weight_names.hpp"

#include "converter/readers/fail.hpp"
#include "converter/readers/limits.hpp"
#include "converter/readers/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace heed::convert {
namespace {

// DataParallel and DistributedDataParallel, torch.compile, FSDP; then the names under which training scripts
// and PyTorch Lightning like to keep the model.
constexpr std::string_view wrapper_prefixes[] = {"module.", "_orig_mod.", "_fsdp_wrapped_module.", "model.",
                                                 "net."};

} // namespace

void normalize_names(std::vector<std::pair<std::string, Tensor>>* weights) {
  if (weights->size() > limits::weights) malformed("it holds more than {} weights", limits::weights);
  std::set<std::string_view> seen; // no hash: names can be chosen to collide
  for (const auto& [name, tensor] : *weights) {
    if (name.size() > limits::weight_name) {
      malformed("the weight name {} is longer than {} bytes", in_quotes(name), limits::weight_name);
    }
    if (name.empty() || !is_utf8(name)) malformed("{} is no name for a weight", in_quotes(name));
    if (!seen.insert(name).second) malformed("the weight name {} occurs twice", in_quotes(name));
  }

  std::size_t stripped = 0; // bytes that are off every name
  const auto all_have = [&](std::string_view prefix) {
    return std::all_of(weights->begin(), weights->end(), [&](const auto& weight) {
      return weight.first.size() > stripped + prefix.size() &&
             weight.first.compare(stripped, prefix.size(), prefix) == 0;
    });
  };
  for (bool again = !weights->empty(); again;) {
    again = false;
    for (const std::string_view prefix : wrapper_prefixes) {
      if (!all_have(prefix)) continue;
      stripped += prefix.size();
      again = true;
    }
  }
  for (auto& weight : *weights) weight.first.erase(0, stripped);
}

} // namespace heed::convert
