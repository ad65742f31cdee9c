#include "converter/error.hpp"
#include "converter/graph/builder.hpp"
#include "converter/graph/builder_messages.hpp"

#include <cmath>

namespace heed::convert {

void Builder::set_time(Node& node, const TimeRule& rule, std::int64_t heads, std::int64_t cols) {
  const std::int64_t buckets = rule.edges.cols() + 1;
  const std::string edges = described(rule.edges);
  if (rule.bias) expect_matrix(*rule.bias, heads, buckets, edges, true);
  if (rule.keys) expect_matrix(*rule.keys, buckets, cols, edges);
  if (rule.values) expect_matrix(*rule.values, buckets, cols, edges);
  node.inputs[6] = rule.times;
  node.inputs[7] = graph_.add_constant(rule.edges);
  node.inputs[8] = add_optional(rule.bias);
  node.inputs[9] = add_optional(rule.keys);
  node.inputs[10] = add_optional(rule.values);
  if (rule.query_next) node.set("query_time", std::string("next"));
}

ValueId Builder::attention(const std::string& name, ValueId q, ValueId k, ValueId v,
                           const AttentionRule& rule) {
  const std::int64_t cols = graph_.value(q).cols;
  if (rule.heads < 1 || cols % rule.heads != 0)
    throw Error(StatusCode::invalid_argument,
                fmt::format("{} heads do not divide the {} rows of {}", rule.heads, cols, origin(q)));
  const std::int64_t key_heads = rule.key_heads > 0 ? rule.key_heads : rule.heads;
  if (rule.heads % key_heads != 0)
    throw Error(StatusCode::invalid_argument,
                fmt::format("{} heads of keys do not divide the {} heads of queries", key_heads, rule.heads));
  const std::int64_t head_dim = cols / rule.heads;
  for (const ValueId other : {k, v}) {
    if (graph_.value(other).cols != key_heads * head_dim)
      throw Error(StatusCode::weights_shape,
                  fmt::format("weights {} and {} make rows of different length", origin(q), origin(other)));
  }
  Node node{"attention", name, std::vector<ValueId>(11, kNone), kNone, {}};
  node.inputs[0] = q;
  node.inputs[1] = k;
  node.inputs[2] = v;
  node.set("heads", rule.heads);
  node.set("scale", rule.scale ? *rule.scale : 1.0 / std::sqrt(static_cast<double>(head_dim)));
  node.set("mask", std::string(rule.causal ? "causal" : "none"));
  node.set("padding", std::string(rule.padding_masked ? "masked" : "attended"));
  node.set("fill", rule.fill);
  // What differs from the operator's first behaviour is said, and nothing else.
  if (key_heads != rule.heads) node.set("key_heads", key_heads);
  if (rule.weighting != "softmax") node.set("weighting", rule.weighting);
  if (rule.factor != 1) node.set("factor", rule.factor);
  if (rule.window > 0) node.set("window", rule.window);
  if (rule.stride > 1) node.set("stride", rule.stride);
  if (rule.by_queries) node.set("normalise", std::string("queries"));
  if (rule.position_bias) {
    expect_matrix(*rule.position_bias, rule.heads, 2 * graph_.slots - 1, "the history's slots", true);
    node.inputs[5] = graph_.add_constant(*rule.position_bias);
  }
  if (rule.time) set_time(node, *rule.time, rule.heads, cols);
  const ValueId out = append(std::move(node));
  set_origin(out, origin(v));
  return out;
}

} // namespace heed::convert
