// A small model opened from memory, and what the session's tests share.
#ifndef HEED_TESTS_RUNTIME_SESSION_SESSION_FIXTURE_HPP
#define HEED_TESTS_RUNTIME_SESSION_SESSION_FIXTURE_HPP

#include "tests/support/test_model.hpp"

#include <heed/heed.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace heed::test {

using Ids = std::vector<std::int64_t>;

// An encoder's file, opened. The bytes live as long as this.
struct Opened {
  explicit Opened(const EncoderOptions& options)
      : encoder(make_encoder(options)), bytes(encoder.model.bytes()), model(open()) {}

  Model open() const {
    Result<Model> opened = Model::open(bytes.data(), bytes.size());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::move(*opened);
  }
  Session session(const SessionOptions& options = {}) const {
    Result<Session> made = Session::create(model, options);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }
  // External ids of item rows.
  Ids ids(const std::vector<std::size_t>& rows) const {
    Ids out;
    for (std::size_t r : rows) out.push_back(encoder.ids[r]);
    return out;
  }
  // Scores of all items in double precision, for the item rows of a history.
  std::vector<double> reference_scores(const std::vector<std::size_t>& rows) const {
    const std::vector<double> user = reference_vector(encoder, rows);
    std::vector<double> scores(encoder.options.items);
    for (std::size_t r = 0; r < scores.size(); ++r) {
      for (std::size_t c = 0; c < user.size(); ++c)
        scores[r] += user[c] * static_cast<double>(encoder.items.at(r, c));
      if (encoder.options.bias) scores[r] += static_cast<double>(encoder.item_bias.at(0, r));
    }
    return scores;
  }

  Encoder encoder;
  AlignedBytes bytes;
  Model model;
};

inline std::vector<std::size_t> some_rows(std::size_t count, std::size_t items) {
  std::vector<std::size_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = (i * 11 + 3) % items;
  return rows;
}

// The ids that recommend returns, or the failure.
inline Ids recommended(Session& session, const Ids& history, std::size_t k,
                       const RecommendOptions& options = {}) {
  std::vector<Recommendation> out(k);
  Result<std::size_t> count = session.recommend(history, k, options, out);
  EXPECT_TRUE(count.ok()) << count.status().message();
  Ids ids;
  if (count.ok())
    for (std::size_t i = 0; i < *count; ++i) ids.push_back(out[i].item);
  return ids;
}

} // namespace heed::test

#endif // HEED_TESTS_RUNTIME_SESSION_SESSION_FIXTURE_HPP
