// Published checkpoints, which are not in the repository: HEED_REAL_DATA names the folder that has them.
#include "support.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

struct Published {
  const char* file;
  const char* format;
  const char* weights_path;
  std::size_t weights;
  const char* name; // of one weight
  std::vector<std::int64_t> shape;
};

class RealData : public testing::TestWithParam<Published> {};

TEST_P(RealData, Loads) {
  const char* folder = std::getenv("HEED_REAL_DATA");
  if (folder == nullptr) GTEST_SKIP() << "HEED_REAL_DATA is not set: " << GetParam().file << " was not read";
  const Published& expected = GetParam();
  const std::string path = std::string(folder) + "/" + expected.file;
  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_EQ(checkpoint.format, expected.format);
  EXPECT_EQ(checkpoint.weights_path, expected.weights_path);
  EXPECT_EQ(checkpoint.weights.size(), expected.weights);
  EXPECT_EQ(checkpoint.file_bytes, std::filesystem::file_size(path));
  bool found = false;
  for (const auto& [name, tensor] : checkpoint.weights) {
    EXPECT_EQ(tensor.type(), SourceType::f32) << name;
    std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
    tensor.read(0, tensor.elements(), values.data());
    // Trained weights are of moderate size; bytes read at the wrong place are not.
    for (const float value : values) ASSERT_LT(std::fabs(value), 1000.0F) << name;
    if (name != expected.name) continue;
    found = true;
    EXPECT_EQ(tensor.shape(), expected.shape);
  }
  EXPECT_TRUE(found) << expected.name;
}

const Published published[] = {
    {"sasrec_ml1m_epoch860.pth", "pytorch-zip", "", 28, "item_emb.weight", {3417, 50}},
    {"sasrec_ml1m_epoch601_2020.pth", "pytorch-zip", "", 28, "pos_emb.weight", {200, 50}},
    {"iclrec_Beauty.pt", "pytorch-legacy", "", 20, "item_embeddings.weight", {12103, 64}},
    {"bert4rec_bert32_b.pth", "pytorch-legacy", "model_state_dict", 36, "out.weight", {3707, 32}},
};

std::string test_name(const testing::TestParamInfo<Published>& published_info) {
  const std::string name = published_info.param.file;
  return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(Published, RealData, testing::ValuesIn(published), test_name);

} // namespace
} // namespace heed::convert::test
