// What attention adds to scores, and to values, by the distance of query and key: windows, relative positions
// and time intervals.
//
//   window w      key j is hidden unless i - j < w (and j - i < w, where there is no causal mask)
//   stride s      key j is hidden unless i - j is a multiple of s
//   position_bias [heads or 1, 2 slots - 1]: + bias[i - j + slots - 1] (Shaw et al. 2018, arXiv:1803.02155,
//                 and the relative bias of T5 and HSTU)
//   times         bucket(i, j): how many of time_edges [1, n], ascending, are at most |t_i - t_j|; where
//                 query_time is "next", t_i is that of the event after i, and of the request after the
//                 newest. A padded slot has the time 0
//   time_bias     [heads or 1, n + 1]: + bias[bucket] (HSTU: Zhai et al. 2024, arXiv:2402.17152)
//   interval_k    + scale * q_i . K[bucket], and interval_v: value j is v_j + V[bucket] (TiSASRec: Li et al.
//                 2020, doi:10.1145/3336191.3371786). Stored for matmuls, n16: interval_k
//                 [heads * (n + 1 rounded up to 16), columns of a head], interval_v [heads * (columns of a
//                 head rounded up to 16), n + 1]
#ifndef HEED_RUNTIME_OPS_ATTENTION_BIAS_HPP
#define HEED_RUNTIME_OPS_ATTENTION_BIAS_HPP

#include "runtime/ops/operator.hpp"

#include <cstddef>
#include <cstdint>

namespace heed::ops::attention {

enum Input { kQ, kK, kV, kPadK, kPadV, kPositionBias, kTimes, kTimeEdges, kTimeBias, kIntervalK, kIntervalV };
enum AttributeIndex {
  kHeads,
  kScale,
  kMask,
  kPadding,
  kKeyHeads,
  kWeighting,
  kFactor,
  kWindow,
  kStride,
  kNormalise,
  kQueryTime
};
enum Mask { kMaskNone, kMaskCausal };
enum Padding { kPaddingNone, kPaddingConstant, kPaddingPerSlot };
enum Weighting { kSoftmax, kSilu, kHard };
enum Axis { kByKeys, kByQueries };
enum QueryTime { kOwn, kNext };

inline std::size_t head_dim(const Graph& graph, const Node& node) {
  return graph.input(node, kQ).cols / static_cast<std::size_t>(node.attributes[kHeads].integer);
}
inline std::size_t key_heads_of(const Node& node) {
  const std::int64_t heads = node.attributes[kKeyHeads].integer;
  return static_cast<std::size_t>(heads > 0 ? heads : node.attributes[kHeads].integer);
}
// Whether the scores of all heads and pairs of slots are more than a plan can hold without sizes that wrap.
bool too_many_scores(const Graph& graph, const Node& node);
// Added to the score of a hidden key. Finite, so that silu of it is zero and not NaN; its softmax is zero
// beside any other score.
constexpr float kHidden = -1e30f;
// Whether the kernel needs anything of this file around it.
bool needs_more(const Node& node);
// Checks inputs and attributes of this file; returns null, or what is wrong.
const char* check_bias(const Graph& graph, const Node& node);
// Scratch for them, up to `events` events, in floats.
std::size_t bias_floats(const Graph& graph, const Node& node, std::size_t events);

// One run of the kernel with all of this around it. `args` is complete but for bias and weights; `scratch` is
// 64-byte aligned and bias_floats() long.
class BiasedAttention {
 public:
  BiasedAttention(const RunContext& context, const Node& node, const kernels::Attention& args,
                  float* scratch);
  void run();

 private:
  const float* constant(Input input) const { return context_.graph.constant_input(node_, input)->f32(); }
  std::ptrdiff_t distance(std::size_t query, std::size_t key) const;
  void find_buckets();
  void fill_bias(std::size_t head);
  void add_intervals(std::size_t head);
  void add_interval_values();
  // Keys and padding rows of a query, and the column of each in its bias.
  std::size_t columns() const { return args_.keys + args_.pad_rows; }
  std::size_t bias_column(std::size_t key) const {
    return key < args_.keys ? key : base::round_up(args_.keys, kernels::kBlock) + key - args_.keys;
  }

  const RunContext& context_;
  const Node& node_;
  kernels::Attention args_;
  std::size_t buckets_ = 0;
  float *bias_, *weights_;
  float *products_, *sums_; // of one head: [queries, buckets] and [queries, columns], both rounded up to 16
  std::uint32_t* bucket_;   // [queries][columns()]
};

} // namespace heed::ops::attention

#endif // HEED_RUNTIME_OPS_ATTENTION_BIAS_HPP
