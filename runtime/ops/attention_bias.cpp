#include "runtime/ops/attention_bias.hpp"

#include "runtime/ops/checks.hpp"

#include <algorithm>
#include <cstdlib>

namespace heed::ops::attention {

namespace {

// Scores of all heads and pairs of slots, at most.
constexpr std::uint64_t kMostScores = std::uint64_t{1} << 40;

bool has_times(const Node& node) {
  return node.has(kTimeBias) || node.has(kIntervalK) || node.has(kIntervalV);
}

// Whether scores get anything added.
bool is_biased(const Node& node) {
  return node.attributes[kWindow].integer > 0 || node.attributes[kStride].integer > 1 ||
         node.has(kPositionBias) || node.has(kTimeBias) || node.has(kIntervalK);
}

// Whether heads differ in their bias.
bool is_per_head(const Graph& graph, const Node& node) {
  const auto many = [&](int input) { return node.has(input) && graph.constant_input(node, input)->rows > 1; };
  return many(kPositionBias) || many(kTimeBias) || node.has(kIntervalK);
}

std::uint64_t bucket_count(const Graph& graph, const Node& node) {
  return node.has(kTimeEdges) ? graph.constant_input(node, kTimeEdges)->cols + 1 : 0;
}

bool is_blocked_f32(const Constant& c, std::uint64_t rows, std::uint64_t cols) {
  return c.dtype == DType::f32 && c.layout == Layout::n16 && c.rows == rows && c.cols == cols;
}

// [heads or 1, cols], row-major.
bool is_bias(const Constant& c, std::uint64_t heads, std::uint64_t cols) {
  return is_row_major(c, 1, cols) || is_row_major(c, heads, cols);
}

const char* check_times(const Graph& graph, const Node& node) {
  if (node.has(kTimes) != has_times(node) || node.has(kTimeEdges) != has_times(node))
    return "its times, their edges and what they bias do not come together";
  if (!has_times(node)) return nullptr;
  const Constant& edges = *graph.constant_input(node, kTimeEdges);
  if (!is_row_major(edges, 1, edges.cols)) return "its edges of time are not one row";
  const auto heads = static_cast<std::uint64_t>(node.attributes[kHeads].integer);
  const std::uint64_t buckets = bucket_count(graph, node), dim = head_dim(graph, node);
  if (node.has(kTimeBias) && !is_bias(*graph.constant_input(node, kTimeBias), heads, buckets))
    return "its bias of times has the wrong shape";
  if ((node.has(kIntervalK) || node.has(kIntervalV)) && key_heads_of(node) != heads)
    return "its intervals need as many heads of keys as of queries";
  if (node.has(kIntervalK) && !is_blocked_f32(*graph.constant_input(node, kIntervalK),
                                              heads * base::round_up(buckets, kernels::kBlock), dim))
    return "its keys of intervals have the wrong shape";
  if (node.has(kIntervalV) && !is_blocked_f32(*graph.constant_input(node, kIntervalV),
                                              heads * base::round_up(dim, kernels::kBlock), buckets))
    return "its values of intervals have the wrong shape";
  return nullptr;
}

// How many of the ascending edges are at most `gap`.
std::uint32_t bucket_of(float gap, const float* edges, std::size_t count) {
  return static_cast<std::uint32_t>(std::upper_bound(edges, edges + count, gap) - edges);
}

// |a - b| as float. Times are far apart only in hostile requests; the difference of their bits never wraps
// wrongly.
float gap_between(std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
  return static_cast<float>(a < b ? y - x : x - y);
}

} // namespace

bool too_many_scores(const Graph& graph, const Node& node) {
  const std::uint64_t slots = graph.slots;
  return slots * slots > kMostScores / static_cast<std::uint64_t>(node.attributes[kHeads].integer);
}

bool needs_more(const Node& node) {
  return is_biased(node) || node.has(kIntervalV);
}

const char* check_bias(const Graph& graph, const Node& node) {
  if (const char* problem = check_times(graph, node); problem != nullptr) return problem;
  if (!needs_more(node)) return nullptr;
  if (node.attributes[kPadding].integer == kPaddingConstant)
    return "its bias tells padded slots apart, but they have one row";
  const auto heads = static_cast<std::uint64_t>(node.attributes[kHeads].integer);
  const std::uint64_t slots = graph.slots;
  if (node.has(kPositionBias) && !is_bias(*graph.constant_input(node, kPositionBias), heads, 2 * slots - 1))
    return "its bias of positions has the wrong shape";
  if (too_many_scores(graph, node)) return "its heads and slots make more scores than a reader must hold";
  return nullptr;
}

std::size_t bias_floats(const Graph& graph, const Node& node, std::size_t events) {
  if (!needs_more(node)) return 0;
  const std::size_t queries = graph.input(node, kQ).events ? events : 1;
  const std::size_t pads = node.attributes[kPadding].integer == kPaddingPerSlot ? graph.slots : 0;
  const std::size_t stride = kernels::attention_bias_stride(events, pads) + kernels::kBlock;
  const auto heads = static_cast<std::size_t>(node.attributes[kHeads].integer);
  const std::size_t buckets = base::round_up(bucket_count(graph, node), std::uint64_t{kernels::kBlock});
  std::size_t floats = (is_per_head(graph, node) ? heads : 1) * queries * stride; // bias
  if (node.has(kIntervalV))                                                       // weights, sums
    floats += heads * queries * stride + queries * base::round_up(head_dim(graph, node), kernels::kBlock);
  if (has_times(node)) floats += queries * buckets + queries * stride; // products, buckets
  return floats + 4 * kernels::kBlock;
}

BiasedAttention::BiasedAttention(const RunContext& context, const Node& node, const kernels::Attention& args,
                                 float* scratch)
    : context_(context), node_(node), args_(args), buckets_(bucket_count(context.graph, node)) {
  args_.bias_stride = kernels::attention_bias_stride(args.keys, args.pad_rows);
  const bool per_head = is_per_head(context.graph, node);
  args_.bias_head_stride = per_head ? args.queries * args_.bias_stride : 0;
  bias_ = scratch;
  weights_ = bias_ + (per_head ? args.heads : 1) * args.queries * args_.bias_stride;
  args_.weights_stride = base::round_up(columns(), std::size_t{kernels::kBlock});
  products_ = weights_ + (node.has(kIntervalV) ? args.heads * args.queries * args_.weights_stride : 0);
  sums_ = products_ + args.queries * base::round_up(buckets_, std::size_t{kernels::kBlock});
  bucket_ = reinterpret_cast<std::uint32_t*>(
      sums_ + (node.has(kIntervalV) ? args.queries * base::round_up(args.head_dim, kernels::kBlock) : 0));
}

void BiasedAttention::run() {
  if (has_times(node_)) find_buckets();
  if (is_biased(node_)) {
    const std::size_t heads = args_.bias_head_stride > 0 ? args_.heads : 1;
    for (std::size_t h = 0; h < heads; ++h) {
      fill_bias(h);
      if (node_.has(kIntervalK)) add_intervals(h);
    }
    args_.bias = bias_;
  }
  if (node_.has(kIntervalV)) args_.weights = weights_;
  context_.kernels.attention(args_);
  if (node_.has(kIntervalV)) add_interval_values();
}

// Places from key to query. Padded slots stand before all events.
std::ptrdiff_t BiasedAttention::distance(std::size_t query, std::size_t key) const {
  const std::uint32_t* places = context_.history.places;
  const auto at = static_cast<std::ptrdiff_t>(places[args_.keys - args_.queries + query]);
  if (key < args_.keys) return at - static_cast<std::ptrdiff_t>(places[key]);
  return at + static_cast<std::ptrdiff_t>(args_.pad_rows - (key - args_.keys));
}

void BiasedAttention::find_buckets() {
  const Value& times_value = context_.graph.input(node_, kTimes);
  const std::int64_t* times = context_.history.features[times_value.index];
  const float* edges = constant(kTimeEdges);
  const bool next = node_.attributes[kQueryTime].integer == kNext;
  for (std::size_t i = 0; i < args_.queries; ++i) {
    const std::size_t event = args_.keys - args_.queries + i;
    // After the newest event comes the request, though padding may stand there.
    const std::size_t after = event == context_.history.newest ? context_.history.events : event + 1;
    const std::int64_t time = times[next ? after : event];
    for (std::size_t j = 0; j < columns(); ++j)
      bucket_[i * columns() + j] =
          bucket_of(gap_between(time, j < args_.keys ? times[j] : 0), edges, buckets_ - 1);
  }
}

void BiasedAttention::fill_bias(std::size_t head) {
  const auto row_of = [&](Input input) {
    const Constant& c = *context_.graph.constant_input(node_, input);
    return c.f32() + (c.rows > 1 ? head : 0) * c.row_stride();
  };
  const float* positions = node_.has(kPositionBias) ? row_of(kPositionBias) : nullptr;
  const float* times = node_.has(kTimeBias) ? row_of(kTimeBias) : nullptr;
  const auto window = static_cast<std::ptrdiff_t>(node_.attributes[kWindow].integer);
  const auto step = static_cast<std::ptrdiff_t>(node_.attributes[kStride].integer);
  const auto slots = static_cast<std::ptrdiff_t>(context_.graph.slots);
  for (std::size_t i = 0; i < args_.queries; ++i) {
    float* bias = bias_ + head * args_.bias_head_stride + i * args_.bias_stride;
    std::fill_n(bias, args_.bias_stride, 0.0f);
    for (std::size_t j = 0; j < columns(); ++j) {
      const std::ptrdiff_t apart = distance(i, j);
      float sum = positions != nullptr ? positions[apart + slots - 1] : 0.0f;
      if (times != nullptr) sum += times[bucket_[i * columns() + j]];
      const bool hidden = (window > 0 && std::abs(apart) >= window) || apart % step != 0;
      bias[bias_column(j)] = hidden ? kHidden : sum;
    }
  }
}

void BiasedAttention::add_intervals(std::size_t head) {
  const Constant& keys = *context_.graph.constant_input(node_, kIntervalK);
  const std::size_t width = base::round_up(buckets_, std::size_t{kernels::kBlock});
  kernels::LinearF32 linear{};
  linear.x = args_.q + head * args_.head_dim;
  linear.x_stride = args_.q_stride;
  linear.weights = keys.f32() + head * width * args_.head_dim;
  linear.out = products_;
  linear.out_stride = width;
  linear.rows = args_.queries;
  linear.cols_in = args_.head_dim;
  linear.cols_out = width;
  linear.activation = kernels::Activation::none;
  context_.kernels.linear_f32(linear);
  for (std::size_t i = 0; i < args_.queries; ++i) {
    float* bias = bias_ + head * args_.bias_head_stride + i * args_.bias_stride;
    for (std::size_t j = 0; j < columns(); ++j) {
      const float scaled = products_[i * width + bucket_[i * columns() + j]] * args_.scale;
      bias[bias_column(j)] += scaled;
    }
  }
}

void BiasedAttention::add_interval_values() {
  const Constant& values = *context_.graph.constant_input(node_, kIntervalV);
  const std::size_t width = base::round_up(buckets_, std::size_t{kernels::kBlock});
  const std::size_t rows = base::round_up(args_.head_dim, std::size_t{kernels::kBlock});
  for (std::size_t h = 0; h < args_.heads; ++h) {
    std::fill_n(products_, args_.queries * width, 0.0f);
    for (std::size_t i = 0; i < args_.queries; ++i)
      for (std::size_t j = 0; j < columns(); ++j)
        products_[i * width + bucket_[i * columns() + j]] +=
            weights_[(h * args_.queries + i) * args_.weights_stride + j];
    kernels::LinearF32 linear{};
    linear.x = products_;
    linear.x_stride = width;
    linear.weights = values.f32() + h * rows * buckets_;
    linear.out = sums_;
    linear.out_stride = rows;
    linear.rows = args_.queries;
    linear.cols_in = buckets_;
    linear.cols_out = args_.head_dim;
    linear.activation = kernels::Activation::none;
    context_.kernels.linear_f32(linear);
    for (std::size_t i = 0; i < args_.queries; ++i) {
      float* out = args_.out + i * args_.out_stride + h * args_.head_dim;
      for (std::size_t c = 0; c < args_.head_dim; ++c) out[c] += sums_[i * rows + c];
    }
  }
}

} // namespace heed::ops::attention
