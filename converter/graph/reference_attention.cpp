#include "converter/graph/reference_ops.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

namespace heed::convert::reference {
namespace {

double dot(const double* a, const double* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// Keys of one query and head, with their scores: the real ones first, then padding rows.
struct Seen {
  std::vector<double> score, count;
  std::vector<std::vector<double>> value;
  std::vector<std::int64_t> key; // index of each; padding rows follow the real keys

  void add(double s, double times, std::vector<double> v, std::int64_t index) {
    score.push_back(s);
    count.push_back(times);
    value.push_back(std::move(v));
    key.push_back(index);
  }
};

// Scores to weights.
std::vector<double> weigh(const Seen& seen, const std::string& weighting, double factor) {
  const std::size_t keys = seen.score.size();
  std::vector<double> weights(keys);
  if (keys == 0) return weights;
  const auto best = std::max_element(seen.score.begin(), seen.score.end());
  double denominator = 1;
  if (weighting == "hard") {
    weights[static_cast<std::size_t>(best - seen.score.begin())] = 1;
    return weights;
  }
  if (weighting == "softmax") {
    denominator = 0;
    for (std::size_t j = 0; j < keys; ++j) denominator += seen.count[j] * std::exp(seen.score[j] - *best);
  }
  for (std::size_t j = 0; j < keys; ++j) {
    const double s = seen.score[j];
    weights[j] = seen.count[j] * (weighting == "softmax" ? std::exp(s - *best) / denominator
                                                         : factor * s / (1 + std::exp(-s)));
  }
  return weights;
}

class Attention {
 public:
  explicit Attention(const AttentionArgs& args)
      : a_(args), head_dim_(args.q.cols / args.heads),
        group_(args.key_heads > 0 ? args.heads / args.key_heads : 1) {}

  // The keys that a query sees; `row` is that of the real key, or of the padding.
  Seen look(std::int64_t query, std::int64_t head) const {
    Seen seen;
    const std::int64_t place = a_.k.rows - a_.q.rows + query;
    for (std::int64_t j = 0; j < a_.k.rows; ++j) {
      const bool future = a_.causal && j > place;
      const bool hidden = future || (!a_.hidden.empty() && a_.hidden[static_cast<std::size_t>(j)]);
      if (hidden && std::isinf(a_.fill)) continue;
      if (!a_.slots.empty() && !in_window(distance(query, a_.slots[static_cast<std::size_t>(j)]))) continue;
      add(seen, j, query, head, a_.k.row(j), a_.v.row(j), hidden ? a_.fill : 0.0, 1.0,
          a_.slots.empty() ? 0 : a_.slots[static_cast<std::size_t>(j)],
          a_.times.edges == nullptr ? 0 : a_.times.keys[static_cast<std::size_t>(j)]);
    }
    for (std::int64_t r = 0; r < a_.pad_rows; ++r) {
      if (!a_.slots.empty() && !in_window(distance(query, r))) continue;
      add(seen, a_.k.rows + r, query, head, a_.pad_k->row(r), a_.pad_v->row(r), 0.0, a_.multiplicity, r, 0);
    }
    return seen;
  }
  std::int64_t head_dim() const { return head_dim_; }

 private:
  std::int64_t distance(std::int64_t query, std::int64_t key_slot) const {
    return a_.slots[static_cast<std::size_t>(a_.k.rows - a_.q.rows + query)] - key_slot;
  }
  bool in_window(std::int64_t distance) const {
    return (a_.window == 0 || std::abs(distance) < a_.window) && distance % a_.stride == 0;
  }
  std::int64_t bucket(std::int64_t query, double time) const {
    const double gap = std::fabs(a_.times.queries[static_cast<std::size_t>(query)] - time);
    std::int64_t count = 0;
    for (const double edge : a_.times.edges->values) count += edge <= gap ? 1 : 0;
    return count;
  }
  void add(Seen& seen, std::int64_t index, std::int64_t query, std::int64_t head, const double* key,
           const double* value, double fill, double count, std::int64_t slot, double time) const {
    const std::int64_t at = head / group_ * head_dim_;
    std::vector<double> k(key + at, key + at + head_dim_), v(value + at, value + at + head_dim_);
    double bias = fill;
    if (a_.position_bias != nullptr)
      bias += a_.position_bias->row(
          a_.position_bias->rows > 1 ? head : 0)[distance(query, slot) + a_.slot_count - 1];
    if (a_.times.edges != nullptr) {
      const std::int64_t b = bucket(query, time);
      if (a_.times.bias != nullptr) bias += a_.times.bias->row(a_.times.bias->rows > 1 ? head : 0)[b];
      for (std::int64_t c = 0; c < head_dim_; ++c) {
        if (a_.times.k != nullptr) k[static_cast<std::size_t>(c)] += a_.times.k->row(b)[at + c];
        if (a_.times.v != nullptr) v[static_cast<std::size_t>(c)] += a_.times.v->row(b)[at + c];
      }
    }
    const double score = a_.scale * dot(a_.q.row(query) + head * head_dim_, k.data(), head_dim_) + bias;
    seen.add(score, count, std::move(v), index);
  }

  const AttentionArgs& a_;
  std::int64_t head_dim_, group_;
};

// Softmax over the queries that see a key.
void attend_by_queries(const AttentionArgs& a, const Attention& attention, std::int64_t head, Matrix& out) {
  std::map<std::int64_t, Seen> by_key; // Seen::key: the query
  for (std::int64_t i = 0; i < a.q.rows; ++i) {
    const Seen seen = attention.look(i, head);
    for (std::size_t n = 0; n < seen.key.size(); ++n)
      by_key[seen.key[n]].add(seen.score[n], seen.count[n], seen.value[n], i);
  }
  for (const auto& [key, seen] : by_key) {
    const std::vector<double> weights = weigh(seen, "softmax", 1);
    for (std::size_t n = 0; n < weights.size(); ++n)
      for (std::int64_t c = 0; c < attention.head_dim(); ++c)
        out.row(seen.key[n])[head * attention.head_dim() + c] +=
            weights[n] * seen.value[n][static_cast<std::size_t>(c)];
  }
}

} // namespace

Matrix attention(const AttentionArgs& a) {
  Matrix out(a.q.rows, a.q.cols);
  const Attention attention(a);
  for (std::int64_t h = 0; h < a.heads; ++h) {
    if (a.by_queries) {
      attend_by_queries(a, attention, h, out);
      continue;
    }
    for (std::int64_t i = 0; i < a.q.rows; ++i) {
      const Seen seen = attention.look(i, h);
      const std::vector<double> weights = weigh(seen, a.weighting, a.factor);
      for (std::size_t j = 0; j < weights.size(); ++j)
        for (std::int64_t c = 0; c < attention.head_dim(); ++c)
          out.row(i)[h * attention.head_dim() + c] += weights[j] * seen.value[j][static_cast<std::size_t>(c)];
    }
  }
  return out;
}

} // namespace heed::convert::reference
