#include "tests/support/operator_model.hpp"

#include <algorithm>

namespace heed::test {

namespace {

using TM = TestModel;
using format::Rows;
using Attrs = std::vector<TM::Attr>;
using Ints = std::vector<int>;

const TM::Attr kFromLeft = TM::choice("position_rule", "from_left"),
               kFromRight = TM::choice("position_rule", "from_right"),
               kNoPosition = TM::choice("position_rule", "none"), kNone = TM::choice("padding", "none"),
               kConstant = TM::choice("padding", "constant"), kPerSlot = TM::choice("padding", "per_slot"),
               kCausal = TM::choice("mask", "causal"), kUnmasked = TM::choice("mask", "none");

std::int64_t as_integer(std::size_t value) {
  return static_cast<std::int64_t>(value);
}
std::size_t padded(std::size_t value) {
  return (value + 15) / 16 * 16;
}

// Adds nodes to a model one after the other.
class Maker {
 public:
  Maker(TestModel* model, const OperatorOptions& options) : m(*model), o(options) {}

  void run() {
    ids_ = m.input_ids();
    table_ = weight(38, o.dim);
    category_ = m.feature("category", format::InputKind::event_ids, 6);
    user_ = m.feature("user_id", format::InputKind::context_id, 5);
    time_ = m.feature("time", format::InputKind::event_times);
    m.meta.inputs.back()->and_request = true;
    add_embeddings();
    add_attention();
    add_biased_attention();
    add_attention_of_several();
    add_sums();
    add_recurrence();
    add_rearranging();
    add_capsules();
    m.output("user", single_, matrix_tensor(1, o.dim));
  }
  int item_rows() const { return m.meta.values[static_cast<std::size_t>(table_)]->tensor; }

 private:
  int matrix_tensor(std::size_t rows, std::size_t cols) {
    return m.add_row_major("matrix", random_matrix(rows, cols, ++seed_, 1.0f));
  }
  int matrix(std::size_t rows, std::size_t cols) { return m.constant(matrix_tensor(rows, cols)); }
  int weight(std::size_t rows, std::size_t cols) {
    const Matrix w = random_matrix(rows, cols, ++seed_, 0.5f);
    return m.constant(o.int8 ? m.add_n16k4("weight", w) : m.add_n16("weight", w));
  }
  int n16(std::size_t rows, std::size_t cols) {
    return m.constant(m.add_n16("n16", random_matrix(rows, cols, ++seed_, 1.0f)));
  }
  int events(const char* op, const Ints& inputs, const Attrs& attributes, std::size_t cols) {
    return m.node(op, inputs, attributes, Rows::events, cols);
  }
  int one(const char* op, const Ints& inputs, const Attrs& attributes, std::size_t cols) {
    return m.node(op, inputs, attributes, Rows::one, cols);
  }
  int several(const char* op, const Ints& inputs, const Attrs& attributes, std::size_t cols,
              std::size_t count) {
    return m.node(op, inputs, attributes, count > 1 ? Rows::several : Rows::one, cols, count > 1 ? count : 0);
  }
  int linear(int x, std::size_t cols_in, std::size_t cols) {
    return events("linear", {x, weight(cols, cols_in)}, {TM::choice("activation", "none")}, cols);
  }
  // [n + 1, ...] of times, which ascend.
  int edges() {
    Matrix edges = random_matrix(1, o.buckets - 1, ++seed_, 30.0f);
    std::sort(edges.data.begin(), edges.data.end());
    return m.constant(m.add_row_major("edges", edges));
  }
  int interval_keys() { return n16(o.heads * padded(o.buckets), o.dim / o.heads); }
  int interval_values() { return n16(o.heads * padded(o.dim / o.heads), o.buckets); }

  Attrs attention(const TM::Attr& mask, const TM::Attr& padding, Attrs more = {}) {
    more.push_back(TM::integer("heads", as_integer(o.heads)));
    more.push_back(TM::real("scale", 0.5));
    more.push_back(mask);
    more.push_back(padding);
    return more;
  }

  void add_embeddings() {
    const Attrs from_right = {TM::real("scale", 1), kFromRight}, plain = {TM::real("scale", 1), kNoPosition};
    x_ = events("embedding", {ids_, table_, matrix(o.slots, o.dim)}, from_right, o.dim);
    const int label = events("embedding", {category_, weight(6, o.dim)}, plain, o.dim);
    const int user = one("embedding", {user_, weight(5, o.dim)}, plain, o.dim);
    x_ = events("add", {events("add", {x_, label}, {}, o.dim), user}, {}, o.dim);
    events("position", {matrix(o.slots, o.dim)}, {kFromLeft}, o.dim);
    events("position", {matrix(o.slots, o.dim)}, {kFromRight}, o.dim);
    single_ = one("last", {x_}, {}, o.dim);
    three_ = several("parameter", {matrix(3, o.dim)}, {}, o.dim, 3);
    many_ = several("parameter", {matrix(17, o.dim)}, {}, o.dim, 17);
  }

  void add_attention() {
    const std::size_t key_cols = o.dim / o.heads * o.key_heads;
    const int keys = linear(x_, o.dim, key_cols);
    const TM::Attr fewer = TM::integer("key_heads", as_integer(o.key_heads));
    for (const int q : {x_, single_}) {
      const Rows rows = q == x_ ? Rows::events : Rows::one;
      m.node("attention", {q, keys, keys, matrix(1, key_cols), matrix(1, key_cols)},
             attention(kCausal, kConstant, {fewer}), rows, o.dim);
      m.node(
          "attention", {q, keys, keys, matrix(o.slots, key_cols), matrix(o.slots, key_cols)},
          attention(kUnmasked, kPerSlot, {fewer, TM::choice("weighting", "silu"), TM::real("factor", 0.1)}),
          rows, o.dim);
      m.node("attention", {q, keys, keys},
             attention(kCausal, kNone, {fewer, TM::choice("weighting", "hard")}), rows, o.dim);
    }
  }

  void add_biased_attention() {
    const Ints pads = {matrix(o.slots, o.dim), matrix(o.slots, o.dim)};
    const TM::Attr next = TM::choice("query_time", "next"), window = TM::integer("window", 3);
    for (const int q : {x_, single_}) {
      const Rows rows = q == x_ ? Rows::events : Rows::one;
      const auto attend = [&](const Ints& pad, const Ints& biases, const TM::Attr& mask, const Attrs& more) {
        Ints inputs = {q, x_, x_};
        inputs.insert(inputs.end(), pad.begin(), pad.end());
        inputs.insert(inputs.end(), biases.begin(), biases.end());
        m.node("attention", inputs, attention(mask, pad[0] < 0 ? kNone : kPerSlot, more), rows, o.dim);
      };
      const Ints no_pads = {-1, -1};
      const int per_head = matrix(o.heads, 2 * o.slots - 1), shared = matrix(1, o.buckets);
      for (const Ints& pad : {no_pads, pads}) {
        attend(pad, {}, kCausal, {window});
        attend(pad, {per_head}, kUnmasked, {window, TM::integer("stride", 2)});
        attend(pad, {-1, time_, edges(), shared}, kCausal, {next});
        attend(pad, {-1, time_, edges(), -1, interval_keys()}, kCausal, {});
        attend(pad, {-1, time_, edges(), -1, -1, interval_values()}, kCausal, {});
        attend(pad, {per_head, time_, edges(), shared, interval_keys(), interval_values()}, kUnmasked,
               {next, TM::choice("weighting", "silu")});
      }
    }
  }

  void add_attention_of_several() {
    const TM::Attr by_queries = TM::choice("normalise", "queries");
    for (const int rows : {three_, many_}) {
      const std::size_t count = rows == three_ ? 3 : 17;
      several("attention", {rows, x_, x_, matrix(1, o.dim), matrix(1, o.dim)},
              attention(kUnmasked, kConstant), o.dim, count);
      several("attention", {rows, x_, x_}, attention(kUnmasked, kNone, {by_queries}), o.dim, count);
      events("attention", {x_, rows, rows}, attention(kUnmasked, kNone), o.dim);
      events("attention", {x_, rows, rows}, attention(kUnmasked, kNone, {by_queries}), o.dim);
      several("linear", {rows, weight(o.dim, o.dim)}, {TM::choice("activation", "relu")}, o.dim, count);
    }
    events("attention", {x_, x_, x_}, attention(kUnmasked, kNone, {by_queries}), o.dim);
    events("attention", {x_, x_, x_}, attention(kCausal, kNone, {by_queries}), o.dim);
  }

  void add_sums() {
    const TM::Attr tanh = TM::choice("activation", "tanh"), softmax = TM::choice("weighting", "softmax");
    const std::size_t values_dim = o.dim + 5;
    const int values = linear(x_, o.dim, values_dim);
    for (const Attrs& more : {Attrs{}, Attrs{softmax}}) {
      Attrs plain = {tanh, kNone}, with_pads = {tanh, kConstant};
      plain.insert(plain.end(), more.begin(), more.end());
      with_pads.insert(with_pads.end(), more.begin(), more.end());
      one("additive_attention", {x_, single_, matrix(1, o.dim), values}, plain, values_dim);
      one("additive_attention", {x_, -1, matrix(1, o.dim), values, matrix(1, o.dim), matrix(1, values_dim)},
          with_pads, values_dim);
    }
    const TM::Attr sum = TM::choice("kind", "sum"), mean = TM::choice("kind", "mean"),
                   max = TM::choice("kind", "max");
    one("pool", {x_, linear(x_, o.dim, 1)}, {sum, kNone}, o.dim);
    one("pool", {x_, -1, matrix(1, o.dim)}, {mean, kConstant}, o.dim);
    one("pool", {x_}, {max, kNone, TM::integer("skip", 4)}, o.dim);
    events("multiply", {x_, linear(x_, o.dim, 1)}, {}, o.dim);
    events("activation", {x_}, {TM::choice("kind", "silu")}, o.dim);
    events("layer_norm", {x_, matrix(1, o.dim), matrix(1, o.dim)},
           {TM::real("eps", 1e-5), TM::integer("unbiased", 0), TM::integer("eps_outside", 0)}, o.dim);
  }

  void add_recurrence() {
    const int gates = linear(x_, o.dim, 3 * o.dim), state = linear(x_, o.dim, 3 * o.dim);
    events("gru", {gates, weight(3 * o.dim, o.dim), matrix(1, 3 * o.dim)}, {}, o.dim);
    events("gru_cell", {gates, state, x_}, {}, o.dim);
    events("neighbours", {x_}, {TM::choice("direction", "in")}, o.dim);
    events("neighbours", {x_}, {TM::choice("direction", "out")}, o.dim);
  }

  void add_rearranging() {
    const TM::Attr heads = TM::integer("heads", as_integer(o.heads));
    const int flat = one("flatten", {three_}, {}, 3 * o.dim);
    one("linear", {flat, weight(o.dim, 3 * o.dim)}, {TM::choice("activation", "none")}, o.dim);
    events("unfold", {x_}, {TM::integer("width", 3)}, 3 * o.dim);
    events("unfold", {x_}, {TM::integer("width", 23)}, 23 * o.dim);
    for (const std::size_t rows : {1U, 5U})
      several("mix", {x_, matrix(o.heads * rows, o.slots), matrix(1, rows)},
              {heads, TM::integer("per_event", 0)}, o.dim, rows);
    events("mix", {x_, matrix(o.heads * o.slots, o.slots)}, {heads, TM::integer("per_event", 1)}, o.dim);
    events("l2_norm", {x_}, {heads, TM::real("eps", 1e-12)}, o.dim);
    several("l2_norm", {three_}, {heads, TM::real("eps", 1e-12)}, o.dim, 3);
    events("concat", {x_, x_}, {}, 2 * o.dim);
  }

  void add_capsules() {
    for (const std::size_t interests :
         {std::size_t{1}, std::size_t{4}, std::size_t{16}, std::size_t{17}, o.slots})
      for (const bool dynamic : {false, true})
        several("capsule_routing", {x_, matrix(interests, o.slots)},
                {TM::integer("iterations", 3), dynamic ? kFromRight : kFromLeft,
                 TM::integer("dynamic", dynamic ? 1 : 0)},
                o.dim, interests);
  }

  TestModel& m;
  const OperatorOptions& o;
  std::uint32_t seed_ = 500;
  int ids_ = -1, table_ = -1, category_ = -1, user_ = -1, time_ = -1;
  int x_ = -1, single_ = -1, three_ = -1, many_ = -1;
};

} // namespace

namespace {

// Results that no node reads become outputs: a file has no others.
void name_unread_results(TestModel& m) {
  std::vector<bool> read(m.meta.values.size());
  for (const auto& node : m.meta.nodes)
    for (const std::int32_t input : node->inputs)
      if (input >= 0) read[static_cast<std::size_t>(input)] = true;
  for (const auto& output : m.meta.outputs) read[static_cast<std::size_t>(output->value)] = true;
  for (std::size_t n = 0; n < m.meta.nodes.size(); ++n) {
    const std::int32_t made = m.meta.nodes[n]->outputs[0];
    if (read[static_cast<std::size_t>(made)]) continue;
    const format::ValueT& value = *m.meta.values[static_cast<std::size_t>(made)];
    const std::string name = "result" + std::to_string(n);
    const std::size_t rows = value.rows == format::Rows::several ? value.count : 1;
    const bool each = value.rows == format::Rows::events;
    m.output(name, made,
             each ? -1 : m.add_row_major(name + ".empty", random_matrix(rows, value.cols, 1, 1.0f)));
  }
}

} // namespace

TestModel make_operator_model(const OperatorOptions& options) {
  TestModel m;
  m.meta.schema_version = 1;
  m.meta.family = "test";
  m.meta.variant = "operators";
  m.meta.max_history = static_cast<std::uint32_t>(options.max_history);
  m.meta.slots = static_cast<std::uint32_t>(options.slots);
  Maker maker(&m, options);
  maker.run();
  name_unread_results(m);
  auto items = std::make_unique<format::ItemTableT>();
  items->name = "items";
  items->items = 37;
  items->rows = maker.item_rows();
  items->query = 0;
  items->score = format::ScoreKind::dot;
  m.meta.item_tables.push_back(std::move(items));
  return m;
}

} // namespace heed::test
