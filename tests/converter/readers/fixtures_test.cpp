// Every fixture against what PyTorch reads from it: expected.json, written by make_fixtures.py.
#include "support.hpp"

#include <cmath>
#include <filesystem>
#include <limits>

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using nlohmann::json;

const json& all_expected() {
  static const json expected = json::parse(read_file(data_path("expected.json")));
  return expected;
}

std::vector<std::string> fixture_names() {
  std::vector<std::string> names;
  for (const auto& [name, expected] : all_expected().items()) names.push_back(name);
  return names;
}

double number(const json& value) {
  if (value.is_number()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return text == "inf" ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

// Bit for bit, except that all NaN are one.
template <class Float>
void expect_same(Float value, Float expected, const std::string& where) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(value)) << where;
  } else {
    EXPECT_EQ(value, expected) << where;
    EXPECT_EQ(std::signbit(value), std::signbit(expected)) << where;
  }
}

void check_tensor(const std::string& name, const Tensor& tensor, const json& expected) {
  EXPECT_EQ(name_of(tensor.type()), expected.at("type").get<std::string>()) << name;
  EXPECT_EQ(tensor.shape(), expected.at("shape").get<std::vector<std::int64_t>>()) << name;
  const json& values = expected.at("values");
  ASSERT_EQ(tensor.elements(), static_cast<std::int64_t>(values.size())) << name;
  EXPECT_EQ(tensor.bytes(), values.size() * size_of(tensor.type())) << name;

  std::vector<double> wide(values.size());
  std::vector<float> narrow(values.size());
  tensor.read(0, tensor.elements(), wide.data());
  tensor.read(0, tensor.elements(), narrow.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string where = name + " element " + std::to_string(i);
    expect_same(wide[i], number(values[i]), where);
    expect_same(narrow[i], static_cast<float>(number(values[i])), where);
  }
  // Any part gives the same as the whole.
  for (std::int64_t first = 0; first < tensor.elements(); ++first) {
    const std::int64_t count = std::min<std::int64_t>(3, tensor.elements() - first);
    std::vector<double> part(static_cast<std::size_t>(count));
    tensor.read(first, count, part.data());
    for (std::size_t i = 0; i < part.size(); ++i) {
      expect_same(part[i], wide[static_cast<std::size_t>(first) + i],
                  name + " part at " + std::to_string(first));
    }
  }
}

class Fixture : public testing::TestWithParam<std::string> {};

TEST_P(Fixture, ReadsAsPyTorchReadsIt) {
  const json& expected = all_expected().at(GetParam());
  const std::string path = data_path(GetParam());
  if (expected.contains("error")) {
    try {
      read_checkpoint(path);
      FAIL() << "was read";
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(static_cast<int>(error.code()), expected.at("error").get<int>()) << message;
      EXPECT_EQ(message.rfind(path, 0), 0U) << message;
      for (const auto& part : expected.at("messages")) {
        EXPECT_NE(message.find(part.get<std::string>()), std::string::npos) << message;
      }
    }
    // os.system was not called: the command would have made this file.
    EXPECT_FALSE(std::filesystem::exists("heed_was_here"));
    return;
  }

  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_EQ(checkpoint.format, expected.at("format").get<std::string>());
  EXPECT_EQ(checkpoint.weights_path, expected.at("weights_path").get<std::string>());
  EXPECT_EQ(checkpoint.config, expected.at("config"));
  EXPECT_EQ(checkpoint.sha256.size(), 64U);
  EXPECT_GT(checkpoint.file_bytes, 0U);
  const json& weights = expected.at("weights");
  ASSERT_EQ(checkpoint.weights.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(checkpoint.weights[i].first, weights[i].at("name").get<std::string>());
    check_tensor(checkpoint.weights[i].first, checkpoint.weights[i].second, weights[i]);
  }
  EXPECT_FALSE(std::filesystem::exists("heed_was_here"));
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Data, Fixture, testing::ValuesIn(fixture_names()), test_name);

TEST(Checkpoint, SharesTiedWeights) {
  const Checkpoint checkpoint = read_checkpoint(data_path("module.pt"));
  // The same storage: 5 x 3 floats, once.
  EXPECT_EQ(checkpoint.weights.front().first, "item_emb.weight");
  std::vector<float> first(15);
  checkpoint.weights.front().second.read(0, 15, first.data());
  for (const auto& [name, tensor] : checkpoint.weights) {
    if (name != "head.weight") continue;
    std::vector<float> second(15);
    tensor.read(0, 15, second.data());
    EXPECT_EQ(first, second);
  }
}

TEST(Checkpoint, TensorsOutliveTheCheckpoint) {
  for (const char* name : {"state.pt", "state.legacy.pt", "all.safetensors", "plain2.pickle"}) {
    const Tensor tensor = read_checkpoint(data_path(name)).weights.front().second;
    std::vector<float> values(15);
    tensor.read(0, 15, values.data());
    EXPECT_NE(values[0], 0.0F) << name;
  }
}

} // namespace
} // namespace heed::convert::test
