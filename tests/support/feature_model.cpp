#include "tests/support/feature_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace heed::test {

namespace {

constexpr std::size_t kHeads = 2;
constexpr double kScale = 0.7;

bool filled(const FeatureOptions& o) {
  return std::strcmp(o.fill, "none") != 0;
}

int add_embedding(TestModel& m, int ids, int table, format::Rows rows, std::size_t dim) {
  return m.node("embedding", {ids, m.constant(table)},
                {TestModel::real("scale", 1), TestModel::choice("position_rule", "none")}, rows, dim);
}

void add_graph(FeatureModel* f, int item_rows) {
  using TM = TestModel;
  const FeatureOptions& o = f->options;
  TestModel& m = f->model;
  constexpr auto kEvents = format::Rows::events, kOne = format::Rows::one;
  const int ids = m.input_ids();
  format::InputT& history = *m.meta.inputs[0];
  const auto special = static_cast<std::int64_t>(o.items) + 1;
  history.hidden_row = o.hidden_row;
  history.drop_oldest = o.drop_oldest;
  if (o.append) history.append_row = special;
  if (filled(o)) history.fill_row = special;
  const int category =
      m.feature("category", format::InputKind::event_ids, kCategories, kFirstCategory, kDefaultCategory);
  const int user = m.feature("user_id", format::InputKind::context_id, kUsers, kFirstUser, kDefaultUser);
  const int time = m.feature("time", format::InputKind::event_times, 0, 0, o.default_time);
  m.meta.inputs.back()->time_rule = o.gaps ? format::TimeRule::gaps : format::TimeRule::none;
  m.meta.inputs.back()->and_request = o.and_request;

  const int item = add_embedding(m, ids, item_rows, kEvents, o.dim);
  const int label = add_embedding(m, category, m.add_n16("categories", f->categories), kEvents, o.dim);
  const int profile = add_embedding(m, user, m.add_n16("users", f->users), kOne, o.dim);
  const int x =
      m.node("add", {m.node("add", {item, label}, {}, kEvents, o.dim), profile}, {}, kEvents, o.dim);
  const int hidden =
      m.node("attention",
             {x, x, x, -1, -1, -1, time, m.constant(m.add_row_major("time_edges", f->time_edges)),
              m.constant(m.add_row_major("time_bias", f->time_bias))},
             {TM::integer("heads", kHeads), TM::real("scale", kScale), TM::choice("mask", "none"),
              TM::choice("padding", "none"), TM::choice("query_time", o.and_request ? "next" : "own")},
             kEvents, o.dim);
  const int vectors =
      m.node("mix",
             {hidden, m.constant(m.add_row_major("weights", f->weights)),
              m.constant(m.add_row_major("shift", f->shift))},
             {TM::integer("heads", 1), TM::integer("per_event", 0)},
             o.interests > 1 ? format::Rows::several : kOne, o.dim, o.interests > 1 ? o.interests : 0);
  m.output("hidden", hidden, -1);
  m.output("user", vectors, m.add_row_major("empty", f->empty));
  m.output("profile", profile, m.add_row_major("empty_profile", f->empty_profile));
}

} // namespace

FeatureModel make_feature_model(const FeatureOptions& o) {
  FeatureModel f;
  f.options = o;
  std::uint32_t seed = o.seed * 31;
  const auto random = [&](std::size_t rows, std::size_t cols, float range) {
    return random_matrix(rows, cols, ++seed, range);
  };
  f.items = random(o.items + 2, o.dim, 1.0f);
  f.categories = random(kCategories, o.dim, 0.5f);
  f.users = random(kUsers, o.dim, 0.5f);
  f.time_edges = {1, 8, {0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 10.0f, 1000.0f}};
  f.time_bias = random(kHeads, 9, 2.0f);
  f.weights = random(o.interests, o.slots, 1.0f);
  f.shift = random(1, o.interests, 1.0f);
  f.empty = random(o.interests, o.dim, 1.0f);
  f.empty_profile = random(1, o.dim, 1.0f);
  const std::size_t padded = (o.items + 2 + 15) / 16 * 16;
  f.item_bias = random(1, padded, 0.5f);
  f.prior = random(1, padded, 3.0f);
  for (std::size_t r : {3U, 4U}) {
    std::copy_n(f.items.data.begin() + static_cast<std::ptrdiff_t>(r * o.dim), o.dim,
                f.items.data.begin() + static_cast<std::ptrdiff_t>((r + 17) * o.dim));
    f.item_bias.data[r + 17] = f.item_bias.data[r];
    f.prior.data[r + 17] = f.prior.data[r];
  }

  TestModel& m = f.model;
  m.meta.schema_version = 1;
  m.meta.family = "test";
  m.meta.variant = "features";
  m.meta.precision = o.int8 ? "int8" : "fp32";
  m.meta.max_history = static_cast<std::uint32_t>(o.max_history);
  m.meta.slots = static_cast<std::uint32_t>(o.slots);
  if (filled(o)) {
    m.meta.padding_side =
        std::strcmp(o.fill, "left") == 0 ? format::PaddingSide::left : format::PaddingSide::right;
    m.meta.required_features.push_back("computed_padding");
  }
  // Histories are looked up in single precision whatever the catalogue has, for the plain computation.
  const int rows = o.planes ? m.add_planes("item_rows", f.items)
                   : o.int8 ? m.add_n16k4("item_rows", f.items)
                            : m.add_n16("item_rows", f.items);
  const int input_rows = o.int8 ? m.add_n16("input_rows", f.items) : rows;
  add_graph(&f, input_rows);

  auto items = std::make_unique<format::ItemTableT>();
  items->name = "items";
  items->items = o.items;
  items->rows = rows;
  items->input_rows = o.int8 ? input_rows : -1;
  items->query = 1;
  items->score = format::ScoreKind::dot;
  items->unknown_row = static_cast<std::int64_t>(o.items);
  items->first_id = kFirstItem;
  if (o.bias) items->bias = m.add_row_major("item_bias", f.item_bias);
  if (o.prior) {
    items->prior = m.add_row_major("prior", f.prior);
    m.meta.required_features.push_back("prior");
  }
  m.meta.item_tables.push_back(std::move(items));
  return f;
}

PlainResult compute(const FeatureModel& f, const PlainRequest& request) {
  const FeatureOptions& o = f.options;
  const std::size_t events = request.events.size(), width = o.dim / kHeads;
  const auto at = [](const Matrix& m, std::size_t r, std::size_t c) {
    return static_cast<double>(m.at(r, c));
  };
  Rows x;
  for (const PlainEvent& e : request.events) {
    Row row(o.dim);
    for (std::size_t c = 0; c < o.dim; ++c)
      row[c] = at(f.items, e.item, c) + at(f.categories, e.category, c) + at(f.users, request.user, c);
    x.push_back(row);
  }
  const auto query_time = [&](std::size_t i) {
    if (!o.and_request) return request.events[i].time;
    return i + 1 < events ? request.events[i + 1].time : request.request_time;
  };
  PlainResult result;
  result.hidden.assign(events, Row(o.dim));
  for (std::size_t i = 0; i < events; ++i)
    for (std::size_t h = 0; h < kHeads; ++h) {
      Row p(events);
      double total = 0;
      for (std::size_t j = 0; j < events; ++j) {
        double dot = 0;
        for (std::size_t c = h * width; c < (h + 1) * width; ++c) dot += x[i][c] * x[j][c];
        std::size_t bucket = 0;
        for (float edge : f.time_edges.data)
          if (static_cast<double>(edge) <= std::fabs(query_time(i) - request.events[j].time)) ++bucket;
        p[j] = std::exp(kScale * dot + at(f.time_bias, h, bucket));
        total += p[j];
      }
      for (std::size_t j = 0; j < events; ++j)
        for (std::size_t c = h * width; c < (h + 1) * width; ++c)
          result.hidden[i][c] += p[j] / total * x[j][c];
    }
  for (std::size_t r = 0; r < o.interests; ++r) {
    Row row(o.dim, at(f.shift, 0, r));
    for (std::size_t t = 0; t < events; ++t) {
      const std::ptrdiff_t place = request.events[t].place;
      const double weight = at(f.weights, r, place < 0 ? t : static_cast<std::size_t>(place));
      for (std::size_t c = 0; c < o.dim; ++c) row[c] += weight * result.hidden[t][c];
    }
    result.user.push_back(row);
  }
  return result;
}

Row plain_scores(const FeatureModel& f, const Rows& user) {
  Row scores(f.options.items);
  for (std::size_t item = 0; item < scores.size(); ++item) {
    for (std::size_t r = 0; r < user.size(); ++r) {
      double dot = 0;
      for (std::size_t c = 0; c < user[r].size(); ++c)
        dot += user[r][c] * static_cast<double>(f.items.at(item, c));
      scores[item] = r == 0 ? dot : std::max(scores[item], dot);
    }
    if (f.options.bias) scores[item] += static_cast<double>(f.item_bias.at(0, item));
  }
  return scores;
}

} // namespace heed::test
