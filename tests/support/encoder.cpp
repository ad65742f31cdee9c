// The small encoder of the runtime's tests, and the same computation by plain double-precision formulas.
#include "tests/support/test_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heed::test {

namespace {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

constexpr double kEps = 1e-5;

EncoderBlock make_block(const EncoderOptions& o, std::uint32_t seed) {
  const std::size_t d = o.dim, h = o.hidden;
  const std::size_t pads = std::strcmp(o.padding, "per_slot") == 0 ? o.slots : 1;
  auto next = [&, n = 0u](std::size_t rows, std::size_t cols, float range) mutable {
    return random_matrix(rows, cols, seed * 100 + n++, range);
  };
  return {next(1, d, 1.5f), next(1, d, 0.3f), next(d, d, 0.5f),    next(1, d, 0.2f),    next(d, d, 0.5f),
          next(d, d, 0.5f), next(d, d, 0.5f), next(pads, d, 0.8f), next(pads, d, 0.8f), next(1, d, 1.5f),
          next(1, d, 0.3f), next(h, d, 0.5f), next(1, h, 0.2f),    next(d, h, 0.5f),    next(1, d, 0.2f)};
}

// Adds the encoder's graph; returns the value of the user vector.
int add_graph(Encoder* e, int ids, int table) {
  const EncoderOptions& o = e->options;
  TestModel& m = e->model;
  using TM = TestModel;
  constexpr auto kEvents = format::Rows::events;
  const auto vec = [&](const char* name, const Matrix& w) { return m.constant(m.add_row_major(name, w)); };
  const auto weight = [&](const char* name, const Matrix& w) {
    return m.constant(o.int8 ? m.add_n16k4(name, w) : m.add_n16(name, w));
  };
  const bool positions = std::strcmp(o.positions, "none") != 0;
  std::vector<int> lookup = {ids, table};
  if (positions) lookup.push_back(vec("positions", e->positions));
  int x = m.node("embedding", lookup, {TM::real("scale", 1.5), TM::choice("position_rule", o.positions)},
                 kEvents, o.dim);
  const std::vector<TM::Attr> norm = {TM::real("eps", kEps), TM::integer("unbiased", 0),
                                      TM::integer("eps_outside", 0)};
  const bool pads = std::strcmp(o.padding, "none") != 0;
  for (const EncoderBlock& b : e->blocks) {
    const int y =
        m.node("layer_norm", {x, vec("gamma1", b.gamma1), vec("beta1", b.beta1)}, norm, kEvents, o.dim);
    const std::vector<TM::Attr> none = {TM::choice("activation", "none")};
    const int q = m.node("linear", {y, weight("wq", b.wq), vec("bq", b.bq)}, none, kEvents, o.dim);
    const int k = m.node("linear", {y, weight("wk", b.wk)}, none, kEvents, o.dim);
    const int v = m.node("linear", {y, weight("wv", b.wv)}, none, kEvents, o.dim);
    std::vector<int> inputs = {q, k, v};
    if (pads) {
      inputs.push_back(vec("pad_k", b.pad_k));
      inputs.push_back(vec("pad_v", b.pad_v));
    }
    const int a = m.node("attention", inputs,
                         {TM::integer("heads", static_cast<std::int64_t>(o.heads)), TM::real("scale", 0.7),
                          TM::choice("mask", o.causal ? "causal" : "none"), TM::choice("padding", o.padding)},
                         kEvents, o.dim);
    x = m.node("linear", {a, weight("wo", b.wo), -1, x}, none, kEvents, o.dim);
    const int z =
        m.node("layer_norm", {x, vec("gamma2", b.gamma2), vec("beta2", b.beta2)}, norm, kEvents, o.dim);
    const int f = m.node("linear", {z, weight("w1", b.w1), vec("b1", b.b1)},
                         {TM::choice("activation", "gelu_erf")}, kEvents, o.hidden);
    const int g = m.node("linear", {f, weight("w2", b.w2), vec("b2", b.b2)}, none, kEvents, o.dim);
    x = m.node("add", {x, g}, {}, kEvents, o.dim);
  }
  const int last = m.node("last", {x}, {}, format::Rows::one, o.dim);
  return m.node("activation", {last}, {TM::choice("kind", "tanh")}, format::Rows::one, o.dim);
}

Rows linear(const Rows& x, const Matrix& w, const Matrix* bias) {
  Rows out;
  for (const Row& row : x) {
    Row y(w.rows);
    for (std::size_t n = 0; n < w.rows; ++n) {
      double sum = bias != nullptr ? static_cast<double>(bias->at(0, n)) : 0.0;
      for (std::size_t k = 0; k < w.cols; ++k) sum += row[k] * static_cast<double>(w.at(n, k));
      y[n] = sum;
    }
    out.push_back(y);
  }
  return out;
}

Rows layer_norm(const Rows& x, const Matrix& gamma, const Matrix& beta) {
  Rows out;
  for (const Row& row : x) {
    double mean = 0, variance = 0;
    for (double e : row) mean += e / static_cast<double>(row.size());
    for (double e : row) variance += (e - mean) * (e - mean) / static_cast<double>(row.size());
    Row y(row.size());
    for (std::size_t c = 0; c < row.size(); ++c)
      y[c] = (row[c] - mean) / std::sqrt(variance + kEps) * static_cast<double>(gamma.at(0, c)) +
             static_cast<double>(beta.at(0, c));
    out.push_back(y);
  }
  return out;
}

Rows attention(const EncoderOptions& o, const Rows& q, Rows k, Rows v, const EncoderBlock& b) {
  const std::size_t events = q.size(), width = o.dim / o.heads;
  // Padding as the reference has it: further keys that everybody sees.
  if (std::strcmp(o.padding, "none") != 0)
    for (std::size_t s = 0; s + events < o.slots; ++s) {
      const std::size_t r = b.pad_k.rows == 1 ? 0 : s;
      k.emplace_back(b.pad_k.data.begin() + static_cast<std::ptrdiff_t>(r * o.dim),
                     b.pad_k.data.begin() + static_cast<std::ptrdiff_t>((r + 1) * o.dim));
      v.emplace_back(b.pad_v.data.begin() + static_cast<std::ptrdiff_t>(r * o.dim),
                     b.pad_v.data.begin() + static_cast<std::ptrdiff_t>((r + 1) * o.dim));
    }
  Rows out(events, Row(o.dim));
  for (std::size_t i = 0; i < events; ++i)
    for (std::size_t h = 0; h < o.heads; ++h) {
      Row p(k.size());
      double total = 0;
      for (std::size_t j = 0; j < k.size(); ++j) {
        if (o.causal && j > i && j < events) continue;
        double dot = 0;
        for (std::size_t c = h * width; c < (h + 1) * width; ++c) dot += q[i][c] * k[j][c];
        p[j] = std::exp(0.7 * dot);
        total += p[j];
      }
      for (std::size_t j = 0; j < k.size(); ++j)
        for (std::size_t c = h * width; c < (h + 1) * width; ++c) out[i][c] += p[j] / total * v[j][c];
    }
  return out;
}

void add_to(Rows* x, const Rows& y) {
  for (std::size_t r = 0; r < x->size(); ++r)
    for (std::size_t c = 0; c < (*x)[r].size(); ++c) (*x)[r][c] += y[r][c];
}

} // namespace

Encoder make_encoder(const EncoderOptions& o) {
  Encoder e;
  e.options = o;
  TestModel& m = e.model;
  e.items = random_matrix(o.items + 1, o.dim, o.seed * 7, 1.0f);
  e.positions = random_matrix(o.slots, o.dim, o.seed * 7 + 1, 0.5f);
  e.empty = random_matrix(1, o.dim, o.seed * 7 + 2, 1.0f);
  e.item_bias = random_matrix(1, (o.items + 16) / 16 * 16, o.seed * 7 + 3, 0.5f);
  for (std::size_t b = 0; b < o.blocks; ++b)
    e.blocks.push_back(make_block(o, o.seed + static_cast<std::uint32_t>(b)));

  m.meta.schema_version = 1;
  m.meta.family = "test";
  m.meta.variant = "pre-norm";
  m.meta.precision = o.int8 ? "int8" : "fp32";
  m.meta.max_history = static_cast<std::uint32_t>(o.max_history);
  m.meta.slots = static_cast<std::uint32_t>(o.slots);
  const int ids = m.input_ids();
  const int table = o.planes ? m.add_planes("item_rows", e.items)
                    : o.int8 ? m.add_n16k4("item_rows", e.items)
                             : m.add_n16("item_rows", e.items);
  const int vector = add_graph(&e, ids, m.constant(table));

  m.output("user", vector, m.add_row_major("empty_history", e.empty));

  auto items = std::make_unique<format::ItemTableT>();
  items->name = "items";
  items->items = o.items;
  items->rows = table;
  items->query = 0;
  items->score = format::ScoreKind::dot;
  items->unknown_row = static_cast<std::int64_t>(o.items);
  items->unknown_rule = "a random row";
  items->first_id = 1;
  if (o.bias) items->bias = m.add_row_major("item_bias", e.item_bias);
  for (std::size_t r = 0; r < o.items; ++r)
    e.ids.push_back(o.shuffled_ids ? static_cast<std::int64_t>((r * 17 + 5) % o.items) * 1000 - 7000
                                   : static_cast<std::int64_t>(r) + 1);
  if (o.shuffled_ids) {
    std::vector<std::uint64_t> rows(o.items);
    for (std::size_t r = 0; r < o.items; ++r) rows[r] = r;
    std::sort(rows.begin(), rows.end(), [&](auto a, auto b) { return e.ids[a] < e.ids[b]; });
    std::vector<std::int64_t> sorted;
    for (std::uint64_t r : rows) sorted.push_back(e.ids[r]);
    items->ids = m.add_i64("ids", sorted);
    items->id_rows = m.add_u64("id_rows", rows);
    items->row_ids = m.add_i64("row_ids", e.ids);
  }
  m.meta.item_tables.push_back(std::move(items));
  return e;
}

std::vector<double> reference_vector(const Encoder& e, const std::vector<std::size_t>& rows) {
  const EncoderOptions& o = e.options;
  if (rows.empty()) return Row(e.empty.data.begin(), e.empty.data.end());
  const bool from_right = std::strcmp(o.positions, "from_right") == 0;
  const bool positions = std::strcmp(o.positions, "none") != 0;
  Rows x;
  for (std::size_t t = 0; t < rows.size(); ++t) {
    Row row(o.dim);
    const std::size_t p = from_right ? o.slots - rows.size() + t : t;
    for (std::size_t c = 0; c < o.dim; ++c)
      row[c] = 1.5 * static_cast<double>(e.items.at(rows[t], c)) +
               (positions ? static_cast<double>(e.positions.at(p, c)) : 0.0);
    x.push_back(row);
  }
  for (const EncoderBlock& b : e.blocks) {
    const Rows y = layer_norm(x, b.gamma1, b.beta1);
    const Rows a =
        attention(o, linear(y, b.wq, &b.bq), linear(y, b.wk, nullptr), linear(y, b.wv, nullptr), b);
    add_to(&x, linear(a, b.wo, nullptr));
    Rows f = linear(layer_norm(x, b.gamma2, b.beta2), b.w1, &b.b1);
    for (Row& row : f)
      for (double& v : row) v = 0.5 * v * (1.0 + std::erf(v / std::sqrt(2.0)));
    add_to(&x, linear(f, b.w2, &b.b2));
  }
  Row out = x.back();
  for (double& v : out) v = std::tanh(v);
  return out;
}

} // namespace heed::test
