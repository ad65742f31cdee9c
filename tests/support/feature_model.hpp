// A small model with features, interests, named outputs and computed padding, and its plain computation.
//
//   x[t]    = items[item] + categories[category] + users[user]
//   h[i]    = 2-headed attention over all x, without a mask, biased by the bucket of |t_i - t_j|; where the
//             request may have its own time, t_i is that of the event after i
//   user[r] = sum over t of weights[r][place of t] * h[t] + shift[r], one row for each interest
#ifndef HEED_TESTS_SUPPORT_FEATURE_MODEL_HPP
#define HEED_TESTS_SUPPORT_FEATURE_MODEL_HPP

#include "tests/support/test_model.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heed::test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

struct FeatureOptions {
  std::size_t items = 37, dim = 12, slots = 9, max_history = 7, interests = 1;
  bool int8 = false, bias = false, prior = false;
  bool planes = false;       // int8 item rows as planes
  bool append = false;       // a row after the newest event
  const char* fill = "none"; // "left" or "right": padding is computed
  bool gaps = false;         // the rule of "time"
  bool and_request = false;  // "time" may have one more, and queries use the next time
  std::int64_t default_time = 0;
  std::int64_t hidden_row = -1;
  std::uint32_t drop_oldest = 0;
  std::uint32_t seed = 1;
};

constexpr std::int64_t kFirstItem = 1, kFirstCategory = 100, kDefaultCategory = 102, kFirstUser = -3,
                       kDefaultUser = -2;
constexpr std::size_t kCategories = 6, kUsers = 5;

struct FeatureModel {
  FeatureOptions options;
  TestModel model;
  Matrix items; // [items + 2, dim]; the last rows stand for unknown items and for what is appended or filled.
                // Rows 3 and 20 are equal, as 4 and 21
  Matrix categories, users, time_edges, time_bias, weights, shift, empty, empty_profile, item_bias, prior;
};
FeatureModel make_feature_model(const FeatureOptions& options);

// The same by plain formulas in double precision, from rows of the tables above.
struct PlainEvent {
  std::size_t item, category = kDefaultCategory - kFirstCategory;
  double time = 0;           // as attention sees it
  std::ptrdiff_t place = -1; // -1: one after the other, from 0 on
};
struct PlainRequest {
  std::vector<PlainEvent> events;
  double request_time = 0; // where the model has one
  std::size_t user = kDefaultUser - kFirstUser;
};
struct PlainResult {
  Rows hidden, user;
};
PlainResult compute(const FeatureModel& model, const PlainRequest& request);
// max over the rows of user of (user . item) + bias, for every item.
Row plain_scores(const FeatureModel& model, const Rows& user);

} // namespace heed::test

#endif // HEED_TESTS_SUPPORT_FEATURE_MODEL_HPP
