// Small graphs of every kind, written to a file and run by the runtime: the double-precision interpreter's
// results for every length of history, and the same bits on every instruction set.
#include "converter/emit/writer.hpp"
#include "converter/graph/interpreter.hpp"
#include "runtime/base/mapped_file.hpp"
#include "runtime/base/memory.hpp"
#include "runtime/format/loaded_model.hpp"
#include "runtime/kernels/kernels.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/support.hpp"

#include <heed/session.hpp>

#include <cstring>
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
  if (o.masked && flip()) o.hidden_row = pick(0, o.items - 1);
  o.drop_oldest = flip() ? 0 : pick(0, 2);
  o.gru = o.side == PaddingSide::right && flip();
  const char* const heads[] = {"last", "last", "sum", "mean", "attended"};
  o.head = heads[random() % 5];
  // Padded slots must all hold the same, whatever the events are.
  o.sum_padding = o.blocks == 0 && !o.gru && !o.pad_position && flip();
  o.own_scores = flip();
  o.score_bias = flip();
  return o;
}

class RandomGraphs : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  RandomGraphs() : options_(draw(GetParam())), path_(folder_.path("model.heed")) {}

  // The written graph; `precision` decides its constants.
  Graph write(Precision precision) {
    Graph file = test::file_form(test::random_encoder(options_), precision);
    Description description;
    description.family = "random";
    ModelWriter writer(file, description, path_);
    writer.write({});
    writer.commit();
    return file;
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

// The history as the runtime runs it, put together anew: rows, and the place of each.
struct Placed {
  std::vector<std::uint64_t> rows;
  std::vector<std::uint32_t> places;
  std::size_t length = 0;
};
Placed place(const Graph& graph, std::vector<std::int64_t> history) {
  const auto drop = std::min<std::size_t>(history.size(), static_cast<std::size_t>(graph.drop_oldest));
  history.erase(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(drop));
  const auto most = static_cast<std::size_t>(graph.max_history);
  if (history.size() > most)
    history.erase(history.begin(), history.end() - static_cast<std::ptrdiff_t>(most));
  if (graph.appends() && !history.empty()) history.push_back(graph.append_row);
  Placed placed;
  for (const std::int64_t row : history) {
    if (row != graph.hidden_row) {
      placed.rows.push_back(static_cast<std::uint64_t>(row));
      placed.places.push_back(static_cast<std::uint32_t>(placed.length));
    }
    ++placed.length;
  }
  return placed;
}

TEST_P(RandomGraphs, SameBitsOnEveryInstructionSet) {
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    const Graph file = write(precision);
    auto mapped = base::MappedFile::open(path_.c_str());
    ASSERT_TRUE(mapped.ok());
    auto loaded = format::LoadedModel::load(std::move(*mapped));
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    const ops::Graph& graph = (*loaded)->graph;
    const int output = (*loaded)->query_value();
    const plan::Plan plan = plan::make_plan(graph, {output}, graph.events_of(graph.max_history));
    base::AlignedBuffer arena(plan.arena_bytes);
    std::vector<ops::RowsView> rows(graph.values.size());
    std::vector<ops::QuantizedView> quantized(graph.values.size());
    plan::bind_views(plan, arena.data(), rows.data(), quantized.data());
    const kernels::KernelTable* tables[16];
    const std::size_t count = kernels::available_tables(tables, 16);

    auto model = Model::open(path_.c_str());
    auto session = Session::create(*model);
    ASSERT_TRUE(session.ok());
    std::vector<float> vector(static_cast<std::size_t>(file.dim()));
    for (const auto& history : test::histories_of_all_lengths(file, GetParam())) {
      const Placed placed = place(file, history);
      if (placed.rows.empty()) continue;
      ASSERT_TRUE(session->encode(ids_of(history), UnknownItem::error, vector).ok());
      for (std::size_t t = 0; t < count; ++t) {
        std::memset(arena.data(), 0x7f, arena.size()); // large floats: what is not written shows
        plan::run_plan(plan, graph, *tables[t], arena.data(), rows.data(), quantized.data(),
                       {placed.rows.data(), placed.places.data(), placed.rows.size(), placed.length});
        EXPECT_EQ(std::memcmp(rows[static_cast<std::size_t>(output)].data, vector.data(),
                              vector.size() * sizeof(float)),
                  0)
            << "seed " << GetParam() << ", " << tables[t]->isa << ", " << history.size() << " events";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Drawn, RandomGraphs, ::testing::Range(std::uint32_t{1}, kGraphs + 1));

} // namespace
} // namespace heed::convert
