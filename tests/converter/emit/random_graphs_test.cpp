// Small graphs of every kind, written to a file and run by the runtime: the double-precision interpreter's
// results for every length of history, and the same bits on every instruction set.
#include "converter/graph/interpreter.hpp"
#include "tests/converter/emit/every_table.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/support.hpp"

#include <heed/session.hpp>

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert {
namespace {

constexpr std::uint32_t kGraphs = 160;

// One of many: everything that varies is drawn from the seed. What the file form cannot express is left out.
test::EncoderOptions draw(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto flip = [&] { return random() % 2 == 0; };
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
  };
  test::EncoderOptions o;
  o.seed = seed;
  o.heads = pick(1, 3);
  o.dim = o.heads * pick(1, 9);
  o.hidden = pick(1, 40);
  o.blocks = pick(0, 3);
  o.items = pick(1, 50);
  o.slots = pick(2, 40);
  const char* const norms[] = {"query", "before", "after"};
  o.norm = norms[random() % 3];
  const char* const activations[] = {"none", "relu", "gelu_erf", "gelu_tanh", "silu", "sigmoid", "tanh"};
  o.activation = activations[random() % 7];
  o.unbiased = o.dim > 1 && flip();
  o.eps_outside = flip();
  o.side = flip() ? PaddingSide::left : PaddingSide::right;
  o.positions = flip();
  o.pad_row = flip();
  o.pad_position = o.positions && flip();
  o.projection = flip();
  o.causal = flip();
  o.masked = !o.causal || flip(); // seen padding must not depend on events
  o.mask_padding = flip();
  o.append = o.masked && flip();
  if (o.append && flip()) o.hidden_row = pick(0, o.items - 1);
  o.drop_oldest = flip() ? 0 : pick(0, 2);
  o.gru = o.side == PaddingSide::right && o.hidden_row == kNone && flip();
  const char* const heads[] = {"last", "last", "sum", "mean", "attended"};
  o.head = heads[random() % 5];
  // Padded slots must all hold the same, whatever the events are.
  o.sum_padding = o.blocks == 0 && o.hidden_row == kNone && !o.gru && !o.pad_position && flip();
  o.own_scores = flip();
  o.score_bias = flip();
  return o;
}

class RandomGraphs : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  RandomGraphs() : options_(draw(GetParam())), path_(folder_.path("model.heed")) {}

  // The written graph; `precision` decides its constants.
  Graph write(Precision precision) {
    return test::write_file_form(test::random_encoder(options_), precision, path_);
  }

  test::EncoderOptions options_;
  test::TempFolder folder_;
  std::string path_;
};

std::vector<std::int64_t> ids_of(const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> ids;
  for (const std::int64_t row : rows) ids.push_back(row + 1); // first_id is 1
  return ids;
}

TEST_P(RandomGraphs, RuntimeComputesWhatTheInterpreterComputes) {
  const Graph file = write(Precision::fp32);
  const Interpreter interpreter(file);
  auto model = Model::open(path_.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_TRUE(model->verify().ok());
  auto session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::vector<std::int64_t> rows, candidates;
  for (std::int64_t r = 0; r < file.items; ++r) {
    rows.push_back(r);
    candidates.push_back(r + 1);
  }
  std::vector<float> vector(static_cast<std::size_t>(file.dim())), scores(rows.size());
  for (const auto& history : test::histories_of_all_lengths(file, GetParam())) {
    SCOPED_TRACE(fmt::format("seed {}, {} events", GetParam(), history.size()));
    Matrix expected(1, file.dim());
    expected.values = interpreter.run(history);
    const std::vector<std::int64_t> ids = ids_of(history);
    ASSERT_TRUE(session->encode(ids, UnknownItem::error, vector).ok());
    double largest = 1e-3;
    for (const double x : expected.values) largest = std::max(largest, std::fabs(x));
    for (std::size_t c = 0; c < vector.size(); ++c)
      EXPECT_NEAR(static_cast<double>(vector[c]), expected.values[c], 1e-5 * largest);
    ASSERT_TRUE(session->score(ids, candidates, UnknownItem::error, scores).ok());
    const Matrix wanted = score_rows(file, expected, rows);
    for (std::size_t i = 0; i < scores.size(); ++i)
      EXPECT_NEAR(static_cast<double>(scores[i]), wanted.values[i],
                  1e-5 * largest * static_cast<double>(file.dim()) + 1e-6);
  }
}

TEST_P(RandomGraphs, SameBitsOnEveryInstructionSet) {
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    const Graph file = write(precision);
    test::EveryTable tables(path_);
    ASSERT_EQ(tables.problem(), "");
    auto session = Session::create(Model::open(path_.c_str()).value()).value();
    for (const auto& history : test::histories_of_all_lengths(file, GetParam())) {
      const test::Placed placed = test::place(file, history);
      if (placed.rows.empty()) continue;
      const std::vector<float> vector =
          test::session_output(session, kUserVector, file.dim(), ids_of(history));
      for (std::size_t t = 0; t < tables.count(); ++t)
        EXPECT_EQ(tables.run(t, placed)[0], vector)
            << "seed " << GetParam() << ", " << tables.isa(t) << ", " << history.size() << " events";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Drawn, RandomGraphs, ::testing::Range(std::uint32_t{1}, kGraphs + 1));

} // namespace
} // namespace heed::convert
