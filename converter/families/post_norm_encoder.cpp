#include "converter/families/post_norm_encoder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace heed::convert {

const EncoderNames& recbole_encoder_names() {
  static const EncoderNames names = {"trm_encoder.layer.", "multi_head_attention", "feed_forward"};
  return names;
}

const EncoderNames& s3rec_encoder_names() {
  static const EncoderNames names = {"item_encoder.layer.", "attention", "intermediate"};
  return names;
}

std::vector<std::string> block_names(const EncoderNames& names) {
  std::vector<std::string> all;
  const auto add = [&](const std::string& part, const char* layer) {
    for (const char* kind : {"weight", "bias"})
      all.push_back(fmt::format("{}#.{}.{}.{}", names.layer, part, layer, kind));
  };
  for (const char* layer : {"query", "key", "value", "dense", "LayerNorm"}) add(names.attention, layer);
  for (const char* layer : {"dense_1", "dense_2", "LayerNorm"}) add(names.forward, layer);
  return all;
}

std::int64_t count_blocks(const Weights& weights, const EncoderNames& names) {
  return std::max<std::int64_t>(1, weights.blocks(names.layer + "#."));
}

ValueId post_norm_encoder(Builder& graph, Weights& weights, const EncoderNames& names, std::int64_t blocks,
                          ValueId x, EncoderRule rule) {
  rule.attention.padding_masked = true;
  rule.attention.fill = -10000;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::string block = fmt::format("block{}.", i);
    const std::string layer = fmt::format("{}{}.", names.layer, i);
    const std::string attention = layer + names.attention, forward = layer + names.forward;
    const auto linear = [&](const std::string& name, ValueId in, const std::string& weight,
                            const std::string& activation, ValueId residual) {
      return linear_layer(graph, weights, block + name, in, weight, activation, residual);
    };
    const ValueId q = linear("query", x, attention + ".query", "none", kNone);
    const ValueId k = linear("key", x, attention + ".key", "none", kNone);
    const ValueId v = linear("value", x, attention + ".value", "none", kNone);
    const ValueId mixed = graph.attention(block + "attention", q, k, v, rule.attention);
    x = linear("projection", mixed, attention + ".dense", "none", x);
    x = graph.layer_norm(block + "attention_norm", x, take_norm(weights, attention + ".LayerNorm", rule.eps));
    const ValueId hidden = linear("forward1", x, forward + ".dense_1", rule.activation, kNone);
    x = linear("forward2", hidden, forward + ".dense_2", "none", x);
    x = graph.layer_norm(block + "forward_norm", x, take_norm(weights, forward + ".LayerNorm", rule.eps));
  }
  return x;
}

void add_encoder_rules(std::vector<SynthWeight>& rules, std::int64_t dim, std::int64_t hidden) {
  rules.insert(rules.end(), {{"*LayerNorm.weight", {dim}, SynthKind::scale},
                             {"*.dense_1.weight", {hidden, dim}, SynthKind::matrix},
                             {"*.dense_1.bias", {hidden}, SynthKind::bias},
                             {"*.dense_2.weight", {dim, hidden}, SynthKind::matrix},
                             {"*.weight", {dim, dim}, SynthKind::matrix},
                             {"*.bias", {dim}, SynthKind::bias}});
}

} // namespace heed::convert
