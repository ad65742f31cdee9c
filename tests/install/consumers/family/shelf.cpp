// A family of one's own, in one file. What a shop trained: events are items and the shelves they stand on,
//
//   x_t = items[item_t] + shelves[shelf_t]
//   user = sum over t of softmax_t(q . k_t / sqrt(d)) v_t + x_T,  q = Wq x_T, k_t = Wk x_t, v_t = Wv x_t
//   score = user . items[item]
//
// with histories of any length and no positions. The shelf is a feature: whoever does not pass it gets shelf
// 0.
#include <converter/cli/tool.hpp>
#include <converter/families/layers.hpp>
#include <converter/families/single_variant.hpp>
#include <converter/graph/builder.hpp>

using namespace heed::convert;

class Shelf final : public SingleVariant {
 public:
  // Name, variant, what messages call the origin of the names, and what the tool says about it.
  Shelf() : SingleVariant("shelf", "shop", "the shop's model", "attention over items and their shelves") {}

  // For `shelf synth`: every weight by name, shape and kind. Leave it out where nobody needs it.
  SynthModel synthesize(const SynthSizes& sizes) const override {
    SynthModel model(name(), sizes);
    model.config["max_seq_length"] = sizes.max_history; // weights do not tell it
    model.add(all_names(), {{"items", {sizes.items, sizes.dim}, SynthKind::embedding},
                            {"shelves", {20, sizes.dim}, SynthKind::embedding},
                            {"*.weight", {sizes.dim, sizes.dim}, SynthKind::matrix}});
    return model;
  }

 protected:
  // By these the family is recognised; all must be there, and none may be left over.
  std::vector<std::string> names(const Weights&) const override { return all_names(); }

  void build(Weights& weights, const Chooser& chooser, Recipe& recipe) const override {
    const std::int64_t slots = chooser.slots_without_positions(50);
    Builder graph(slots, PaddingSide::right);
    Feature shelf;
    shelf.name = "shelf";
    shelf.kind = FeatureKind::event_ids;
    shelf.vocabulary = weights.matrix("shelves").rows();
    const ValueId place = graph.feature_embedding("shelf", graph.feature(shelf), weights.matrix("shelves"));
    const ValueId x = graph.add("events", graph.embedding("items", {weights.matrix("items")}), place);
    const ValueId last = graph.last("last", x);
    AttentionRule rule; // softmax, scaled by the root of a head's columns
    rule.causal = false;
    rule.padding_masked = true;
    const ValueId mixed =
        graph.attention("attention", graph.linear("query", last, weights.matrix("q.weight"), {}),
                        graph.linear("key", x, weights.matrix("k.weight"), {}),
                        graph.linear("value", x, weights.matrix("v.weight"), {}), rule);
    recipe.graph = graph.finish(graph.add("user", mixed, last), 0, chooser.max_history(slots)); // ids from 0
    recipe.blocks = recipe.heads = 1;
    recipe.padding_treatment = "masked";
  }

 private:
  static std::vector<std::string> all_names() {
    return {"items", "shelves", "q.weight", "k.weight", "v.weight"};
  }
};

int main(int argc, char** argv) {
  static const Shelf shelf;
  return heed::cli::run_tool(argc, argv, {&shelf});
}
