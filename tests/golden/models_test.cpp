// Every golden model and random graphs of every operator, as one machine converted and ran them (write_models
// of tests/format): the runtime gives the same bits here, whatever the machine and the instruction set, and
// the goldens' references are met.
//
// HEED_MODELS names the folder: NAME.PRECISION.heed, and NAME.PRECISION.json with requests, scores of all
// items and outputs.
#include <heed/heed.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace heed::test {
namespace {

using nlohmann::json;

std::vector<float> floats(const json& numbers) {
  std::vector<float> out;
  for (const json& x : numbers)
    out.push_back(x.is_null() ? std::numeric_limits<float>::quiet_NaN() : x.get<float>());
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// The largest difference, of the range of the expected scores.
double error_of(const std::vector<float>& scores, const json& reference) {
  double low = reference.at(0), high = low, largest = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double expected = reference.at(i);
    low = std::min(low, expected);
    high = std::max(high, expected);
    largest = std::fmax(largest, std::fabs(static_cast<double>(scores[i]) - expected));
  }
  return largest / (high - low);
}

class ModelRun {
 public:
  ModelRun(const std::string& name, const std::string& path)
      : name_(name), model_(Model::open(path.c_str()).value()), session_(Session::create(model_).value()) {
    for (std::uint64_t i = 0; i < model_.items(); ++i) items_.push_back(*model_.item_id(i));
  }

  void check(const json& expected) {
    const auto history = expected.at("history").get<std::vector<std::int64_t>>();
    const auto given = expected.at("features").get<std::map<std::string, std::vector<std::int64_t>>>();
    std::vector<FeatureValues> features;
    for (const auto& [feature, values] : given) features.push_back({feature.c_str(), values});
    const Request request(history, features);
    std::vector<float> scores(items_.size());
    const Status status = session_.score(request, items_, UnknownItem::error, scores);
    ASSERT_TRUE(status.ok()) << name_ << ": " << status.message();
    EXPECT_TRUE(same_bits(scores, floats(expected.at("scores"))))
        << name_ << ", " << history.size() << " events";
    for (const auto& [output, rows] : expected.at("outputs").items()) {
      const std::vector<float> wanted = floats(rows);
      std::vector<float> found(wanted.size());
      EXPECT_TRUE(session_.output(output.c_str(), request, UnknownItem::error, found).ok())
          << name_ << ' ' << output;
      EXPECT_TRUE(same_bits(found, wanted)) << name_ << ", output " << output;
    }
    if (!expected.contains("reference") || expected.at("reference").is_null()) return;
    const bool fp32 = name_.find(".fp32") != std::string::npos;
    EXPECT_LT(error_of(scores, expected.at("reference")), fp32 ? 5e-6 : 0.1) << name_;
    ++goldens;
  }

  int goldens = 0;

 private:
  std::string name_;
  Model model_;
  Session session_;
  std::vector<std::int64_t> items_;
};

TEST(Models, TheSameBitsAndTheReferences) {
  const char* folder = std::getenv("HEED_MODELS");
  if (folder == nullptr) GTEST_SKIP() << "HEED_MODELS names no folder";
  if (active_isa()[0] == '\0') GTEST_SKIP() << "HEED_ISA cannot run here";
  std::printf("kernels: %s\n", active_isa());
  int models = 0, goldens = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".heed") continue;
    std::filesystem::path cases = entry.path();
    std::ifstream file(cases.replace_extension(".json"));
    ModelRun run(entry.path().stem().string(), entry.path().string());
    for (const json& expected : json::parse(file)) run.check(expected);
    goldens += run.goldens;
    ++models;
  }
  std::printf("%d models, %d cases of references\n", models, goldens);
  EXPECT_GT(models, 100);
  EXPECT_GT(goldens, 500);
}

} // namespace
} // namespace heed::test
