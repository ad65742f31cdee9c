#include "tests/converter/graph/random_graph.hpp"

#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <fmt/format.h>

namespace heed::convert::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// How padding enters: what each way allows is written where it matters.
enum class Padding { masked, attended, computed };

class Draw {
 public:
  explicit Draw(std::uint32_t seed)
      : random_(seed * 7919 + 11), padding_(static_cast<Padding>(pick(0, 2))),
        side_(flip() ? PaddingSide::left : PaddingSide::right), slots_(pick(2, 20)), heads_(1 << pick(0, 2)),
        dim_(heads_ * pick(1, 7)), items_(pick(2, 40)), builder_(slots_, side_) {
    if (dim_ == 1) dim_ = 2, heads_ = 1; // a normalised single column is zero
  }

  Graph build() {
    if (computed()) builder_.compute_padding();
    appends_ = padding_ == Padding::masked && chance(4);
    hides_ = appends_ && flip();
    ValueId x = features(embedding());
    for (std::int64_t stages = pick(0, 3); stages > 0; --stages) {
      x = norm(stage(x));
      made_.push_back(x);
    }
    const ValueId user = head(x);
    const bool own_rows = columns(user) != dim_ || flip();
    if (own_rows) builder_.score_rows(constant("scores", items_, columns(user)));
    if (flip()) builder_.score_bias(constant("score_bias", 1, items_));
    const std::int64_t most = slots_ - (appends_ ? 1 : 0);
    const std::int64_t first_id = pick(-3, 5);
    Graph graph = builder_.finish(user, first_id, chance(3) ? pick(1, most) : most);
    for (std::size_t o = 0; o < made_.size(); ++o)
      if (chance(3)) graph.outputs.push_back({fmt::format("output{}", o), made_[o]});
    if (chance(6))
      for (std::int64_t i = 0; i < items_; ++i)
        graph.prior.push_back(0.125 * static_cast<double>(pick(0, 99)));
    return graph;
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint32_t>(high - low + 1));
  }
  bool flip() { return random_() % 2 == 0; }
  bool chance(std::int64_t one_in) { return pick(1, one_in) == 1; }
  bool computed() const { return padding_ == Padding::computed; }
  bool left() const { return side_ == PaddingSide::left; }
  // Whether sums over places, recurrences and the like start at the first event.
  bool starts_at_event() const { return computed() || (!left() && !hides_); }

  std::string name(const std::string& what) { return fmt::format("{}{}", what, ++named_); }
  Constant constant(const std::string& what, std::int64_t rows, std::int64_t cols) {
    return random_constant(what, rows, cols, random_);
  }
  std::int64_t columns(ValueId id) const { return columns_.at(id); }
  ValueId made(ValueId id, std::int64_t cols) {
    columns_[id] = cols;
    return id;
  }
  std::string activation() {
    const char* const names[] = {"none", "relu", "gelu_erf", "gelu_tanh", "silu", "sigmoid", "tanh"};
    return names[random_() % 7];
  }
  ValueId linear(ValueId x, std::int64_t out, const std::string& act = "none", ValueId residual = kNone) {
    const std::string n = name("linear");
    std::optional<Constant> bias;
    if (flip()) bias = constant(n + ".bias", 1, out);
    return made(builder_.linear(n, x, constant(n + ".weight", out, columns(x)), bias, act, residual), out);
  }
  // A large eps keeps rounding from growing where a row is nearly constant.
  ValueId norm(ValueId x) {
    const std::string n = name("norm");
    const std::int64_t cols = columns(x);
    return made(builder_.layer_norm(n, x,
                                    {constant(n + ".gamma", 1, cols), constant(n + ".beta", 1, cols), 0.05,
                                     cols > 1 && flip(), flip()}),
                cols);
  }
  ValueId add(ValueId a, ValueId b) { return made(builder_.add(name("add"), a, b), columns(a)); }

  ValueId embedding() {
    Embedding embedding{constant("items", items_, dim_)};
    embedding.scale = 1.25;
    if (flip()) embedding.positions = constant("positions", slots_, dim_);
    if (flip()) embedding.pad = constant("pad", 1, dim_);
    embedding.pad_position = embedding.positions && (computed() || flip());
    if (appends_) embedding.append = constant("appended", 1, dim_);
    if (hides_) embedding.hidden_row = pick(0, items_ - 1);
    if (chance(4)) embedding.drop_oldest = pick(1, 2);
    same_padding_ = !embedding.pad_position && !hides_;
    return made(builder_.embedding("embedding", std::move(embedding)), dim_);
  }

  ValueId features(ValueId x) {
    if (flip()) {
      Feature times;
      times.name = "time";
      times.kind = FeatureKind::event_times;
      times.default_value = pick(0, 50);
      times.gaps = flip();
      times.and_request = flip();
      times_ = builder_.feature(times);
    }
    if (flip()) x = add(x, embedded(FeatureKind::event_ids, "category"));
    if (chance(3)) {
      user_ = embedded(FeatureKind::context_id, "user");
      // Attended padding on the left must not depend on the request.
      if (!(padding_ == Padding::attended && left())) {
        x = add(x, user_);
        same_padding_ = false;
      }
    }
    if (chance(4)) {
      x = add(x, made(builder_.position(name("position"), constant("more_positions", slots_, dim_)), dim_));
      same_padding_ = false;
    }
    return x;
  }
  ValueId embedded(FeatureKind kind, const std::string& what) {
    Feature feature;
    feature.name = what;
    feature.kind = kind;
    feature.vocabulary = pick(1, 9);
    feature.first_id = pick(-2, 3);
    feature.default_value = feature.first_id + pick(0, feature.vocabulary - 1);
    const std::int64_t rows = feature.vocabulary + pick(0, 2);
    const ValueId ids = builder_.feature(feature);
    return made(builder_.feature_embedding(what, ids, constant(what + ".table", rows, dim_)), dim_);
  }

  // [heads, head_dim] rules that fit keys which are places.
  AttentionRule rule() {
    AttentionRule rule;
    rule.heads = heads_;
    rule.padding_masked = padding_ == Padding::masked;
    rule.causal = padding_ == Padding::attended || flip();
    if (rule.padding_masked && chance(3)) rule.fill = -10000;
    if (flip()) rule.scale = 0.5;
    const char* const weightings[] = {"softmax", "softmax", "silu", "hard"};
    rule.weighting = weightings[random_() % 4];
    // A hidden score plus -10000 is the largest where a query sees nothing else; "hard" shows it.
    if (rule.weighting != "softmax") rule.fill = -kInfinity;
    if (rule.weighting == "silu") rule.factor = 1 / static_cast<double>(slots_);
    return rule;
  }
  void add_biases(AttentionRule& rule) {
    if (chance(4)) rule.window = pick(1, slots_);
    if (chance(4)) rule.stride = pick(2, 3);
    if (chance(3)) rule.position_bias = constant("position_bias", flip() ? heads_ : 1, 2 * slots_ - 1);
    if (times_ != kNone && !chance(3)) rule.time = time_rule(rule);
  }
  TimeRule time_rule(const AttentionRule& rule) {
    TimeRule time;
    time.times = times_;
    std::vector<double> edges;
    for (std::int64_t n = pick(1, 20), edge = pick(0, 2); n > 0; --n, edge += pick(1, 9))
      edges.push_back(static_cast<double>(edge));
    time.edges = constant_of("edges", 1, static_cast<std::int64_t>(edges.size()), edges);
    const auto buckets = static_cast<std::int64_t>(edges.size()) + 1;
    // The time of the event after a padded slot would be a real event's, and a hidden item has a time.
    time.query_next = !hides_ && !(padding_ == Padding::attended && left()) && flip();
    const std::int64_t kinds = pick(1, 7);
    const bool same_heads = rule.key_heads == 0 || rule.key_heads == rule.heads;
    if ((kinds & 1) != 0 || !same_heads) time.bias = constant("time_bias", flip() ? heads_ : 1, buckets);
    if ((kinds & 2) != 0 && same_heads) time.keys = constant("interval_keys", buckets, dim_);
    if ((kinds & 4) != 0 && same_heads) time.values = constant("interval_values", buckets, dim_);
    return time;
  }

  ValueId attention(ValueId x) {
    AttentionRule rule = this->rule();
    if (heads_ > 1 && chance(3)) rule.key_heads = heads_ / 2;
    const std::int64_t share = dim_ / heads_, keys = rule.key_heads > 0 ? rule.key_heads * share : dim_;
    ValueId q = linear(x, dim_), k = linear(x, keys);
    const ValueId v = chance(5) ? k : linear(x, keys, chance(4) ? "relu" : "none");
    if (chance(4)) {
      q = made(builder_.l2_norm(name("cosine"), q, heads_, 0.01), dim_);
      k = made(builder_.l2_norm(name("cosine"), k, keys / share, 0.01), keys);
      rule.scale = 4.0;
    }
    add_biases(rule);
    made_.push_back(v);
    const ValueId mixed = made(builder_.attention(name("attention"), q, k, v, rule), dim_);
    return flip() ? add(mixed, x) : linear(mixed, dim_, "none", x);
  }

  // Rows of latent queries over the history, each place over these.
  ValueId latent(ValueId x) {
    const ValueId rows = latent_rows(x, pick(1, std::min<std::int64_t>(slots_, 4)));
    AttentionRule rule;
    rule.heads = heads_;
    rule.causal = false;
    rule.by_queries = computed() && flip();
    if (!rule.by_queries && chance(3)) rule.weighting = "hard";
    const ValueId k = linear(rows, dim_), v = linear(rows, dim_);
    return made(builder_.attention(name("attention"), linear(x, dim_), k, v, rule), dim_);
  }
  ValueId latent_rows(ValueId x, std::int64_t count) {
    const std::string n = name("latent");
    const ValueId q = made(builder_.parameter(n, constant(n + ".rows", count, dim_)), dim_);
    AttentionRule rule = this->rule();
    rule.causal = false;
    rule.by_queries = std::isinf(rule.fill) && rule.weighting == "softmax" && chance(3);
    return made(builder_.attention(name("attention"), q, linear(x, dim_), linear(x, dim_), rule), dim_);
  }
  // Softmax over the queries of each key, all of them places.
  ValueId by_queries(ValueId x) {
    AttentionRule rule;
    rule.heads = heads_;
    rule.causal = !computed() || flip();
    rule.padding_masked = !computed();
    rule.by_queries = true;
    return made(
        builder_.attention(name("attention"), linear(x, dim_), linear(x, dim_), linear(x, dim_), rule), dim_);
  }
  ValueId graph_step(ValueId x) {
    const ValueId in = made(builder_.neighbours(name("neighbours"), x, "in"), dim_);
    const ValueId out = made(builder_.neighbours(name("neighbours"), x, "out"), dim_);
    const ValueId both = made(builder_.concat(name("both"), in, out), 2 * dim_);
    return made(builder_.gru_cell(name("cell"), linear(both, 3 * dim_), linear(x, 3 * dim_), x), dim_);
  }
  ValueId recurrent(ValueId x) {
    const std::string n = name("gru");
    return made(builder_.gru(n, x, constant(n + ".ih", 3 * dim_, dim_), constant(n + ".hh", 3 * dim_, dim_),
                             constant(n + ".ih.bias", 1, 3 * dim_), constant(n + ".hh.bias", 1, 3 * dim_)),
                dim_);
  }
  ValueId convolution(ValueId x) {
    const std::string n = name("conv");
    const std::int64_t width = pick(1, 4);
    return made(builder_.conv1d(n, x, constant(n + ".weight", dim_, width * dim_),
                                constant(n + ".bias", 1, dim_), activation(), width),
                dim_);
  }
  ValueId gate(ValueId x) {
    const ValueId by = linear(x, flip() ? 1 : dim_, "sigmoid");
    const ValueId gated = made(builder_.multiply(name("gated"), x, by), dim_);
    return made(builder_.activation(name("act"), gated, activation()), dim_);
  }

  // [places, dim] to the same.
  ValueId stage(ValueId x) {
    same_padding_ = false;
    const bool attends_left = padding_ == Padding::attended && left(); // what padded slots hold is kept
    switch (pick(0, 9)) {
    case 0:
      return linear(linear(x, pick(1, 30), activation()), dim_, "none", x);
    case 1:
      return gate(x);
    case 2:
      if (starts_at_event() && !attends_left) return recurrent(x);
      break;
    case 3:
      if (starts_at_event() && !attends_left) return convolution(x);
      break;
    case 4:
      if (!computed() && !appends_ && !hides_) return graph_step(x);
      break;
    case 5:
      if (computed())
        return made(
            builder_.mix(name("mix"), x, constant("mixing", heads_ * slots_, slots_), {}, heads_, true),
            dim_);
      break;
    case 6:
      if (padding_ != Padding::attended) return latent(x);
      break;
    case 7:
      if (computed() || (padding_ == Padding::masked && left() && !hides_)) return by_queries(x);
      break;
    case 8:
      if (!computed()) return made(builder_.mask_padding(name("mask"), x), dim_);
      break;
    default:
      break;
    }
    return attention(x);
  }

  ValueId pooled(ValueId x) {
    if (chance(3)) {
      const bool may_skip = computed() || (!left() && !hides_);
      return made(builder_.largest(name("largest"), x, may_skip && flip() ? pick(1, 3) : 0), dim_);
    }
    const ValueId weights = flip() ? linear(x, 1, "tanh") : kNone;
    const bool attended = computed() || (same_padding_ && weights == kNone && flip());
    const std::string kind = computed() || flip() ? "sum" : "mean";
    return made(builder_.pool(name("pool"), x, kind, weights, attended), dim_);
  }
  ValueId additive(ValueId x) {
    const std::int64_t width = pick(1, 20);
    const ValueId keys = linear(x, width);
    const ValueId query = flip() ? linear(last(x), width) : kNone;
    const bool attended = computed() || (same_padding_ && flip());
    return made(builder_.additive_attention(name("additive"), keys, query, constant("v", 1, width), x,
                                            activation(), attended, flip()),
                dim_);
  }
  ValueId last(ValueId x) { return made(builder_.last(name("last"), x), columns(x)); }
  // The newest event asks: its place is the last slot where padding is on the left.
  ValueId newest_asks(ValueId x) {
    AttentionRule rule = this->rule();
    if (left()) {
      add_biases(rule);
    } else {
      rule.causal = false;
    }
    const ValueId q = linear(last(x), dim_);
    return made(builder_.attention(name("attention"), q, linear(x, dim_), linear(x, dim_), rule), dim_);
  }

  // The user vector or interests.
  ValueId head(ValueId x) {
    ValueId user = head_rows(x);
    if (user_ != kNone && flip()) user = add(user, user_);
    return flip() ? linear(user, flip() ? dim_ : pick(1, 20)) : user;
  }
  ValueId head_rows(ValueId x) {
    const std::int64_t several = std::min<std::int64_t>(slots_, pick(2, 5));
    switch (pick(0, 7)) {
    case 0:
      return pooled(x);
    case 1:
      return additive(x);
    case 2:
      if (left() || padding_ != Padding::attended) return newest_asks(x);
      break;
    case 3:
      if (padding_ != Padding::attended) return latent_rows(x, several);
      break;
    case 4:
      if (!computed() && !hides_) return capsules(x, several);
      break;
    case 5:
      if (computed()) return mixed_rows(x, several);
      break;
    case 6:
      if (padding_ != Padding::attended) return flattened(latent_rows(x, several), several);
      break;
    default:
      break;
    }
    return last(x);
  }
  ValueId capsules(ValueId x, std::int64_t interests) {
    return made(builder_.capsule_routing(name("capsules"), x, constant("logits", interests, slots_),
                                         pick(1, 3), flip()),
                dim_);
  }
  ValueId mixed_rows(ValueId x, std::int64_t rows) {
    const ValueId mixed = made(builder_.mix(name("mix"), x, constant("mixing_rows", heads_ * rows, slots_),
                                            constant("mixing_bias", 1, rows), heads_, false),
                               dim_);
    return flip() ? mixed : flattened(mixed, rows);
  }
  ValueId flattened(ValueId rows, std::int64_t count) {
    return linear(made(builder_.flatten(name("flat"), rows), count * columns(rows)), dim_);
  }

  std::mt19937 random_;
  Padding padding_;
  PaddingSide side_;
  std::int64_t slots_, heads_, dim_, items_;
  Builder builder_;
  bool appends_ = false, hides_ = false;
  bool same_padding_ = false; // every padded slot holds the same
  ValueId times_ = kNone, user_ = kNone;
  std::map<ValueId, std::int64_t> columns_;
  std::vector<ValueId> made_; // that may become outputs
  int named_ = 0;
};

} // namespace

Graph random_graph(std::uint32_t seed) {
  return Draw(seed).build();
}

Request random_request(const Graph& graph, std::int64_t length, std::mt19937& random) {
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
  };
  Request request;
  const std::int64_t different = pick(1, graph.items);
  for (std::int64_t i = 0; i < length; ++i) request.history.push_back(pick(0, different - 1));
  for (const Feature& feature : graph.features) {
    if (pick(1, 4) == 1) continue; // the default
    std::vector<std::int64_t>& values = request.features[feature.name];
    std::int64_t count = feature.kind == FeatureKind::context_id ? 1 : length;
    if (feature.and_request && pick(0, 1) == 1) ++count;
    std::int64_t time = pick(0, 5);
    for (std::int64_t i = 0; i < count; ++i) {
      if (pick(0, 2) > 0) time += pick(1, 12);
      const bool times = feature.kind == FeatureKind::event_times;
      values.push_back(times ? time : feature.first_id + pick(0, feature.vocabulary - 1));
    }
    if (values.empty()) request.features.erase(feature.name);
  }
  return request;
}

std::vector<Request> random_requests(const Graph& graph, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Request> requests;
  for (std::int64_t length = 0; length <= graph.max_history + 3; ++length)
    requests.push_back(random_request(graph, length, random));
  return requests;
}

} // namespace heed::convert::test
