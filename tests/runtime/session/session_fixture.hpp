// A small model opened from memory, and what the session's tests share.
#ifndef HEED_TESTS_RUNTIME_SESSION_SESSION_FIXTURE_HPP
#define HEED_TESTS_RUNTIME_SESSION_SESSION_FIXTURE_HPP

#include "tests/support/feature_model.hpp"
#include "tests/support/test_model.hpp"

#include <heed/heed.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace heed::test {

using Ids = std::vector<std::int64_t>;

// A file, opened. The bytes live as long as this.
struct OpenedFile {
  explicit OpenedFile(const std::vector<std::uint8_t>& file) : bytes(file), model(open()) {}

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

  AlignedBytes bytes;
  Model model;
};

// An encoder's.
struct Opened : OpenedFile {
  explicit Opened(const EncoderOptions& options) : Opened(make_encoder(options), 0) {}

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

 private:
  Opened(Encoder made, int) : OpenedFile(made.model.bytes()), encoder(std::move(made)) {}
};

// A model with features', and the ids that it knows items by.
struct OpenedFeatures : OpenedFile {
  explicit OpenedFeatures(const FeatureOptions& options) : OpenedFeatures(make_feature_model(options), 0) {}

  Ids all_ids() const {
    Ids ids(plain.options.items);
    std::iota(ids.begin(), ids.end(), kFirstItem);
    return ids;
  }
  std::vector<float> encode(Session& session, const Request& request,
                            UnknownItem unknown = UnknownItem::error) const {
    std::vector<float> vector(plain.options.dim * plain.options.interests);
    const Status status = session.encode(request, unknown, vector);
    EXPECT_TRUE(status.ok()) << status.message();
    return vector;
  }

  FeatureModel plain;

 private:
  OpenedFeatures(FeatureModel made, int) : OpenedFile(made.model.bytes()), plain(std::move(made)) {}
};

// Within what single precision may be off from the plain computation.
inline void expect_near(const std::vector<float>& got, const Rows& expected) {
  std::size_t at = 0;
  for (const Row& row : expected)
    for (double value : row) {
      ASSERT_LT(at, got.size());
      EXPECT_NEAR(static_cast<double>(got[at]), value, 1e-5) << "element " << at;
      ++at;
    }
  EXPECT_EQ(at, got.size());
}

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
