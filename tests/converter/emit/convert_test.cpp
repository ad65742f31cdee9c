// The whole conversion: the file's results are the reference's, and the report tells what happened.
#include "converter/convert.hpp"
#include "converter/graph/fidelity.hpp"
#include "converter/graph/interpreter.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/families/support.hpp"

#include <heed/session.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <ostream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert {
namespace {

ConvertOptions options_of(const nlohmann::json& golden, Precision precision) {
  const BuildOptions build = test::golden_options(golden);
  ConvertOptions options;
  options.family = test::golden_family(golden);
  options.variant = build.variant;
  options.heads = build.heads;
  options.activation = build.activation;
  options.precision = precision;
  return options;
}

double range_of(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low;
}

struct Case {
  std::string name;
  Precision precision;
};

const char* name_of(Precision precision) {
  return precision == Precision::fp32 ? "fp32" : "int8";
}

// What GoogleTest shows of a case; without it, bytes that hold addresses.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name << " " << name_of(c.precision);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& name : test::golden_names()) {
    for (const Precision precision : {Precision::fp32, Precision::int8}) all.push_back({name, precision});
  }
  return all;
}

// How far a file's scores lie from the reference's, over all cases of a golden.
struct Agreement {
  double error = 0;   // the largest of a score, of the range of its case
  double overlap = 0; // of the ten best, on average
  std::size_t cases = 0;
  bool same_order = true; // the ten best, but for items whose scores lie within 1e-5 of the range

  void add(const std::vector<double>& found, const std::vector<double>& expected) {
    const double range = range_of(expected);
    error = std::max(error, test::difference(found, expected) / range);
    const std::vector<std::size_t> wanted = best_ten(expected), given = best_ten(found);
    std::size_t both = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      both += std::count(given.begin(), given.end(), wanted[i]) > 0 ? 1U : 0U;
      same_order = same_order && std::fabs(expected[wanted[i]] - expected[given[i]]) <= 1e-5 * range;
    }
    overlap += static_cast<double>(both) / static_cast<double>(wanted.size());
    ++cases;
  }

 private:
  static std::vector<std::size_t> best_ten(const std::vector<double>& scores) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min<std::size_t>(10, order.size()));
    return order;
  }
};

class ConvertGolden : public ::testing::TestWithParam<Case> {};

TEST_P(ConvertGolden, FileScoresLikeTheReference) {
  const bool fp32 = GetParam().precision == Precision::fp32;
  const test::TempFolder folder;
  const nlohmann::json golden = test::golden_json(GetParam().name);
  const Checkpoint checkpoint = test::golden_checkpoint(GetParam().name);
  const std::string path = folder.path("model.heed");
  const ConvertReport report = convert(checkpoint, options_of(golden, GetParam().precision), path);
  EXPECT_EQ(report.fidelity.histories, 64u);
  EXPECT_LT(report.fidelity.max_score_error, fp32 ? 5e-6 : 0.1); // rows of 8 to 16
  EXPECT_GT(report.fidelity.top10_overlap, fp32 ? 0.999 : 0.9);

  const Result<Model> model = Model::open(path.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->info().fidelity.max_score_error, report.fidelity.max_score_error);
  Result<Session> session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  std::vector<std::int64_t> all;
  for (std::int64_t row = 0; row < golden.at("items").get<std::int64_t>(); ++row)
    all.push_back(test::golden_first_id(golden) + row);
  Agreement agreement;
  for (const auto& c : golden.at("cases")) {
    const convert::Request asked = test::request_of(c, 0);
    std::vector<FeatureValues> features;
    for (const auto& [name, values] : asked.features) features.push_back({name.c_str(), values});
    std::vector<float> scores(all.size());
    const Status status =
        session->score(heed::Request(asked.history, features), all, UnknownItem::error, scores);
    ASSERT_TRUE(status.ok()) << status.message();
    const std::vector<double> found(scores.begin(), scores.end());
    if (c.at("scores").is_null()) { // no answer in the reference: all items score 0
      EXPECT_EQ(found, std::vector<double>(all.size()));
      continue;
    }
    agreement.add(found, c.at("scores").get<std::vector<double>>());
  }
  const double overlap = agreement.overlap / static_cast<double>(agreement.cases);
  fmt::print("agreement {} {}: {:.1e} of the score range, top ten {:.3f}, {} histories, {}\n",
             GetParam().name, fp32 ? "fp32" : "int8", agreement.error, overlap, agreement.cases,
             golden.at("reference").get<std::string>());
  EXPECT_LT(agreement.error, fp32 ? 5e-6 : 0.1);
  EXPECT_GE(overlap, 0.93);
  if (fp32) {
    EXPECT_TRUE(agreement.same_order);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvertGolden, ::testing::ValuesIn(cases()), [](const auto& param) {
  return test::test_name(param.param.name) + "_" + name_of(param.param.precision);
});

// The runtime's results from published checkpoints against independent ones, in double precision.
struct RealCase {
  test::Published published;
  Precision precision;
};

void PrintTo(const RealCase& c, std::ostream* out) {
  *out << c.published.name << " " << name_of(c.precision);
}

std::vector<RealCase> real_cases() {
  std::vector<RealCase> all;
  for (const test::Published& published : test::published()) {
    for (const Precision precision : {Precision::fp32, Precision::int8})
      all.push_back({published, precision});
  }
  return all;
}

class ConvertRealData : public ::testing::TestWithParam<RealCase> {};

TEST_P(ConvertRealData, FileScoresLikeTheReference) {
  if (test::real_data().empty()) GTEST_SKIP() << "HEED_REAL_DATA is not set";
  const test::TempFolder folder;
  const std::string path = folder.path("model.heed");
  ConvertOptions options;
  options.precision = GetParam().precision;
  options.heads = GetParam().published.heads;
  convert(read_checkpoint(test::real_data() + "/" + GetParam().published.file), options, path);
  Result<Session> session = Session::create(*Model::open(path.c_str()));
  double largest = 0, overlap = 0;
  const nlohmann::json expected = test::expected_of(GetParam().published);
  for (const auto& c : expected.at("cases")) {
    const auto history = c.at("history").get<std::vector<std::int64_t>>();
    const auto candidates = c.at("candidates").get<std::vector<std::int64_t>>();
    std::vector<float> scores(candidates.size());
    ASSERT_TRUE(session->score(history, candidates, UnknownItem::error, scores).ok());
    const double error =
        test::difference({scores.begin(), scores.end()}, c.at("scores").get<std::vector<double>>());
    largest = std::max(largest, error / test::score_range(c));

    RecommendOptions all;
    all.exclude_seen = false;
    Recommendation best[10];
    ASSERT_TRUE(session->recommend(history, 10, all, best).ok());
    std::set<std::int64_t> wanted;
    for (std::size_t i = 0; i < 10; ++i) wanted.insert(c.at("top")[i].get<std::int64_t>());
    for (const Recommendation& r : best) overlap += wanted.count(r.item) != 0 ? 0.1 : 0;
  }
  overlap /= static_cast<double>(expected.at("cases").size());
  std::printf("largest error %.2e of the score range, top-10 overlap %.4f\n", largest, overlap);
  EXPECT_LT(largest, GetParam().precision == Precision::fp32 ? 3e-6 : 0.03);
  EXPECT_GT(overlap, GetParam().precision == Precision::fp32 ? 0.999 : 0.95);
}

INSTANTIATE_TEST_SUITE_P(Published, ConvertRealData, ::testing::ValuesIn(real_cases()),
                         [](const auto& param) {
                           return std::string(param.param.published.name) + "_" +
                                  name_of(param.param.precision);
                         });

class Convert : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  const std::string path_ = folder_.path("model.heed");
  Checkpoint checkpoint_ = test::pmixer_checkpoint();
  ConvertOptions options_;
};

TEST_F(Convert, Report) {
  options_.precision = Precision::int8;
  checkpoint_.file_bytes = 4321;
  const ConvertReport report = convert(checkpoint_, options_, path_);
  EXPECT_EQ(report.family, "sasrec");
  EXPECT_EQ(report.variant, "pytorch");
  EXPECT_EQ(report.precision, "int8");
  EXPECT_EQ(report.items, 9);
  EXPECT_EQ(report.dim, 4);
  EXPECT_EQ(report.blocks, 1);
  EXPECT_EQ(report.heads, 1);
  EXPECT_EQ(report.max_history, 5);
  EXPECT_EQ(report.source_bytes, 4321u);
  EXPECT_EQ(report.file_bytes, test::file_content(path_).size());
  EXPECT_EQ(report.used.size(), checkpoint_.weights.size());
  std::uint64_t bytes = 0;
  for (const auto& weight : checkpoint_.weights) bytes += weight.second.bytes();
  EXPECT_EQ(report.weight_bytes, bytes);
  int quantized = 0;
  for (const TensorReport& tensor : report.tensors) {
    if (tensor.precision != "int8") continue;
    ++quantized;
    EXPECT_GT(tensor.max_error, 0.0) << tensor.name;
    EXPECT_GT(tensor.largest_weight, 0.0) << tensor.name;
  }
  EXPECT_EQ(quantized, 7); // the items and six weights
  EXPECT_FALSE(report.notes.empty());
  EXPECT_EQ(report.times.size(), 5u);
}

TEST_F(Convert, RecordsWhereTheFileComesFrom) {
  checkpoint_.format = "pytorch-zip";
  checkpoint_.sha256 = "0123";
  options_.heads = 2;
  options_.max_history = 4;
  convert(checkpoint_, options_, path_);
  const ModelInfo info = Model::open(path_.c_str())->info();
  EXPECT_EQ(info.source_format, "pytorch-zip");
  EXPECT_EQ(info.source_sha256, "0123");
  EXPECT_EQ(info.options, "--family sasrec --variant pytorch --heads 2 --max-history 4 --quantize fp32");
  EXPECT_EQ(info.converter, std::string("heed ") + version());
  EXPECT_EQ(info.max_history, 4u);
}

TEST_F(Convert, StagesComeInOrder) {
  std::vector<std::string> stages;
  double share = 0;
  options_.progress = [&](const char* stage, double s) {
    if (stages.empty() || stages.back() != stage) {
      stages.push_back(stage);
      share = 0;
    }
    EXPECT_GE(s, share);
    EXPECT_LE(s, 1.0);
    share = s;
  };
  convert(checkpoint_, options_, path_);
  EXPECT_EQ(stages, (std::vector<std::string>{"weights", "quantize", "fold", "write", "measure"}));
}

TEST_F(Convert, UnknownItemIsTheMeanRow) {
  convert(checkpoint_, options_, path_);
  Result<Session> session = Session::create(*Model::open(path_.c_str()));
  const std::int64_t all[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, unknown[] = {999}, history[] = {1, 2};
  float scores[9], score[1];
  ASSERT_TRUE(session->score(history, all, UnknownItem::error, scores).ok());
  ASSERT_TRUE(session->score(history, unknown, UnknownItem::substitute, score).ok());
  double mean = 0;
  for (const float s : scores) mean += s / 9.0;
  EXPECT_NEAR(score[0], mean, 1e-5);
}

TEST_F(Convert, FailuresLeaveTheOldFile) {
  test::write_file(path_, "old");
  const test::FileSizeLimit limit(17000);
  test::error_message(StatusCode::no_space, [&] { convert(checkpoint_, options_, path_); });
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"model.heed"});
  EXPECT_EQ(test::file_content(path_), "old");
}

TEST_F(Convert, CheckpointIsNeverOverwritten) {
  test::write_file(path_, "weights");
  checkpoint_.paths = {"weights.pt", path_}; // config.json, say
  test::error_message(StatusCode::usage, [&] { convert(checkpoint_, options_, path_); });
  EXPECT_EQ(test::file_content(path_), "weights");
}

TEST_F(Convert, ScoresThatOverflowAreRefused) {
  std::vector<float> huge(3 * 4 * 4, 3e38f);
  for (std::size_t i = 0; i < huge.size(); i += 3) huge[i] = -huge[i];
  test::set_weight(checkpoint_, "attention_layers.0.in_proj_weight", test::float_tensor({12, 4}, huge));
  const std::string message =
      test::error_message(StatusCode::weights_not_finite, [&] { convert(checkpoint_, options_, path_); });
  EXPECT_NE(message.find("overflows"), std::string::npos) << message;
  EXPECT_TRUE(folder_.names().empty());
}

TEST_F(Convert, ModelsThatWouldTakeMinutesAreRefused) {
  checkpoint_ = test::pmixer_checkpoint(16000);
  test::set_weight(checkpoint_, "item_emb.weight", test::float_tensor({10, 4}, std::vector<float>(40, 0.5f)));
  const std::string message = test::error_message(StatusCode::checkpoint_unsupported, [&] {
    Graph graph = families()[0]->build(checkpoint_, {}).graph;
    for (int i = 0; i < 20; ++i) { // as many blocks
      Node node = graph.nodes[static_cast<std::size_t>(graph.producer(graph.output)) - 1];
      graph.nodes.insert(graph.nodes.end() - 1, node);
    }
    for (const Node& node : std::vector<Node>(graph.nodes))
      if (node.op == "attention") graph.nodes.insert(graph.nodes.end(), 20, node);
    check_cost(graph);
  });
  EXPECT_NE(message.find("multiplications a history"), std::string::npos) << message;
}

TEST_F(Convert, RefusedCheckpointsWriteNothing) {
  test::remove_weight(checkpoint_, "last_layernorm.bias");
  test::error_message(StatusCode::weights_missing, [&] { convert(checkpoint_, options_, path_); });
  EXPECT_TRUE(folder_.names().empty());
}

TEST(FidelityHistories, CoverLengthsAndItems) {
  Graph graph;
  graph.items = 100;
  graph.max_history = 20;
  graph.features = {{"time", FeatureKind::event_times, 0, 0, 0, false, true},
                    {"category", FeatureKind::event_ids, 7, 3, 3, false, false},
                    {"user", FeatureKind::context_id, 9, 1, 1, false, false}};
  const std::vector<Request> requests = generate_requests(graph, 64);
  ASSERT_EQ(requests.size(), 64u);
  EXPECT_EQ(requests[5].history, generate_requests(graph, 64)[5].history);
  std::set<std::size_t> lengths;
  std::size_t crowded = 0, events = 0;
  for (const Request& request : requests) {
    lengths.insert(request.history.size());
    for (const std::int64_t row : request.history) {
      ASSERT_GE(row, 0);
      ASSERT_LT(row, 100);
      crowded += row < 25 ? 1 : 0;
      ++events;
    }
    const std::vector<std::int64_t>& times = request.features.at("time");
    EXPECT_EQ(times.size(), request.history.size() + 1);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_EQ(request.features.at("category").size(), request.history.size());
    for (const std::int64_t id : request.features.at("category")) EXPECT_TRUE(id >= 3 && id < 10) << id;
    ASSERT_EQ(request.features.at("user").size(), 1u);
  }
  EXPECT_EQ(*lengths.begin(), 1u);
  EXPECT_EQ(*lengths.rbegin(), 20u);
  EXPECT_GT(lengths.size(), 15u);
  EXPECT_GT(crowded, events * 35 / 100);
}

TEST(FidelityItems, AllOrASample) {
  EXPECT_EQ(sample_items(5), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  const auto rows = sample_items(1000000);
  EXPECT_EQ(rows.size(), 20000u);
  EXPECT_EQ(std::set<std::int64_t>(rows.begin(), rows.end()).size(), rows.size());
  EXPECT_LT(rows.front(), 1000);
  EXPECT_GT(rows.back(), 999000);
}

} // namespace
} // namespace heed::convert
