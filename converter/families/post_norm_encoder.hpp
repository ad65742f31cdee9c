// The Transformer encoder of RecBole, S3Rec and their kin, whose models share its weights' names.
//
//   per block: x = LN(x + MHA(x)); x = LN(x + W2 act(W1 x))
// Source: RUCAIBox/RecBole layers.py (TransformerEncoder); salesforce/ICLRec modules.py (Encoder).
#ifndef HEED_CONVERTER_FAMILIES_POST_NORM_ENCODER_HPP
#define HEED_CONVERTER_FAMILIES_POST_NORM_ENCODER_HPP

#include "converter/families/layers.hpp"
#include "converter/families/synth_model.hpp"
#include "converter/families/weights.hpp"
#include "converter/graph/builder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heed::convert {

struct EncoderNames {
  std::string layer;     // followed by the block's number: "trm_encoder.layer."
  std::string attention; // "multi_head_attention"
  std::string forward;   // "feed_forward"
};
const EncoderNames& recbole_encoder_names();
const EncoderNames& s3rec_encoder_names();

struct EncoderRule {
  AttentionRule attention; // fill and padding are set by post_norm_encoder()
  std::string activation;
  double eps = 1e-12;
};

// Names of a block's weights, its number being '#'.
std::vector<std::string> block_names(const EncoderNames& names);
// Blocks that the weights show, at least 1.
std::int64_t count_blocks(const Weights& weights, const EncoderNames& names);

// Appends `blocks` blocks to `x`. Keys that are padding, and future ones under a causal rule, get -10000
// added to their scores.
ValueId post_norm_encoder(Builder& graph, Weights& weights, const EncoderNames& names, std::int64_t blocks,
                          ValueId x, EncoderRule rule);

// What block_names() are for SynthModel::add, and any other normalisation and square linear layer.
void add_encoder_rules(std::vector<SynthWeight>& rules, std::int64_t dim, std::int64_t hidden);

} // namespace heed::convert

#endif // HEED_CONVERTER_FAMILIES_POST_NORM_ENCODER_HPP
