#include "tests/converter/emit/every_table.hpp"

#include "converter/emit/writer.hpp"
#include "runtime/base/mapped_file.hpp"
#include "runtime/ops/catalogue.hpp"
#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

constexpr std::int64_t kAppendedAt = -1, kFilledAt = -2; // instead of the caller's event

// Feature::gaps over all times that a caller passes.
std::vector<std::int64_t> gaps_of(const std::vector<std::int64_t>& times) {
  std::int64_t smallest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const std::int64_t gap = times[i] - times[i - 1];
    if (gap > 0 && (smallest == 0 || gap < smallest)) smallest = gap;
  }
  std::vector<std::int64_t> gaps;
  for (const std::int64_t time : times) {
    const double steps =
        static_cast<double>(time - times[0]) / static_cast<double>(std::max<std::int64_t>(smallest, 1));
    gaps.push_back(std::llrint(steps) + 1);
  }
  return gaps;
}

// `sources`: the caller's event at each place.
std::vector<std::int64_t> feature_at(const Feature& feature, const Request& request,
                                     const std::vector<std::int64_t>& sources) {
  const auto given = request.features.find(feature.name);
  const bool times = feature.kind == FeatureKind::event_times;
  std::vector<std::int64_t> passed, values;
  if (given != request.features.end()) passed = given->second;
  if (feature.gaps) passed = gaps_of(passed);
  const std::int64_t from = times ? 0 : feature.first_id;
  const std::int64_t absent = feature.gaps ? 1 : feature.default_value - from;
  const std::int64_t newest = passed.empty() ? absent : passed.back() - from;
  if (feature.kind == FeatureKind::context_id) return {newest};
  for (const std::int64_t source : sources) {
    if (source >= 0 && !passed.empty())
      values.push_back(passed[static_cast<std::size_t>(source)] - from);
    else if (times && source == kFilledAt)
      values.push_back(0);
    else
      values.push_back(times ? newest : absent);
  }
  if (times) values.push_back(newest);
  return values;
}

} // namespace

Placed place(const Graph& graph, const Request& request) {
  std::vector<std::int64_t> rows, sources; // of the places that the history takes
  const auto size = static_cast<std::int64_t>(request.history.size());
  const std::int64_t counted = std::clamp<std::int64_t>(size - graph.drop_oldest, 0, graph.max_history);
  for (std::int64_t i = size - counted; i < size; ++i) {
    rows.push_back(request.history[static_cast<std::size_t>(i)]);
    sources.push_back(i);
  }
  if (graph.appends() && counted > 0) {
    rows.push_back(graph.append_row);
    sources.push_back(kAppendedAt);
  }
  Placed placed;
  if (graph.fill_row != kNone && counted > 0) {
    const auto filling = static_cast<std::size_t>(graph.slots - counted);
    const bool left = graph.padding == PaddingSide::left;
    rows.insert(left ? rows.begin() : rows.end(), filling, graph.fill_row);
    sources.insert(left ? sources.begin() : sources.end(), filling, kFilledAt);
    placed.first = left ? filling : 0;
  }
  std::vector<std::int64_t> kept;
  for (std::size_t p = 0; p < rows.size(); ++p) {
    if (rows[p] == graph.hidden_row) continue;
    if (sources[p] != kFilledAt) placed.newest = placed.rows.size();
    placed.rows.push_back(static_cast<std::uint64_t>(rows[p]));
    placed.places.push_back(static_cast<std::uint32_t>(p));
    kept.push_back(sources[p]);
  }
  placed.length = rows.size();
  for (const Feature& feature : graph.features) placed.features.push_back(feature_at(feature, request, kept));
  return placed;
}

Graph write_file_form(Graph source, Precision precision, const std::string& path) {
  Graph file = file_form(std::move(source), precision);
  Description description;
  description.family = "test";
  ModelWriter writer(file, description, path);
  writer.write({});
  writer.commit();
  return file;
}

EveryTable::EveryTable(const std::string& path) {
  auto mapped = base::MappedFile::open(path.c_str());
  if (!mapped.ok()) {
    problem_ = mapped.status().message();
    return;
  }
  auto loaded = format::LoadedModel::load(std::move(*mapped));
  if (!loaded.ok()) {
    problem_ = loaded.status().message();
    return;
  }
  model_ = std::move(*loaded);
  count_ = kernels::available_tables(tables_, 16);
  const ops::Graph& graph = model_->graph;
  std::vector<int> kept;
  for (const format::NamedOutput& output : model_->outputs) kept.push_back(output.value);
  plan_ = plan::make_plan(graph, kept, graph.events_of(graph.max_history));
  arena_ = base::AlignedBuffer(plan_.arena_bytes);
  rows_.resize(graph.values.size());
  quantized_.resize(graph.values.size());
  plan::bind_views(plan_, arena_.data(), rows_.data(), quantized_.data());
}

Outputs EveryTable::run(std::size_t table, const Placed& placed) {
  std::memset(arena_.data(), 0x7f, arena_.size()); // large floats: what is not written shows
  std::vector<const std::int64_t*> features;
  for (const auto& feature : placed.features) features.push_back(feature.data());
  const ops::History history{placed.rows.data(), placed.places.data(), features.data(),
                             placed.rows.size(), placed.length,        placed.newest};
  plan::run_plan(plan_, model_->graph, *tables_[table], arena_.data(), rows_.data(), quantized_.data(),
                 history);
  Outputs outputs;
  for (const format::NamedOutput& output : model_->outputs) {
    const ops::Value& value = model_->graph.values[static_cast<std::size_t>(output.value)];
    const ops::RowsView& made = rows_[static_cast<std::size_t>(output.value)];
    const std::size_t first = value.events ? placed.first : 0;
    const std::size_t end = value.events ? placed.newest + 1 : value.count;
    std::vector<float> values;
    for (std::size_t r = first; r < end; ++r)
      for (std::size_t c = 0; c < value.cols; ++c)
        values.push_back(ops::canonical(made.data[r * made.stride + c]));
    outputs.push_back(std::move(values));
  }
  return outputs;
}

SessionRequest::SessionRequest(const Graph& graph, const Request& request) : features_(request.features) {
  for (const std::int64_t row : request.history) ids_.push_back(graph.first_id + row);
  for (const auto& [name, values] : features_) values_.push_back({name.c_str(), values});
}

std::vector<float> session_output(Session& session, const std::string& name, std::int64_t cols,
                                  const heed::Request& request) {
  std::vector<float> values(1 << 16);
  const auto rows = session.output(name.c_str(), request, UnknownItem::error, values);
  EXPECT_TRUE(rows.ok()) << rows.status().message();
  values.resize(rows.ok() ? *rows * static_cast<std::size_t>(cols) : 0);
  return values;
}

Outputs session_outputs(Session& session, const Graph& file, const heed::Request& request) {
  Outputs outputs = {session_output(session, kUserVector, file.dim(), request)};
  for (const GraphOutput& output : file.outputs)
    outputs.push_back(session_output(session, output.name, file.value(output.value).cols, request));
  return outputs;
}

} // namespace heed::convert::test
