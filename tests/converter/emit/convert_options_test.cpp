// What the user asks of a conversion shows in its report and in the file.
#include "converter/convert.hpp"
#include "converter/families/settings.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/families/support.hpp"

#include <heed/session.hpp>

#include <algorithm>

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

class ConvertWithOptions : public ::testing::Test {
 protected:
  ConvertReport convert() {
    apply_settings(options_.settings, &checkpoint_);
    return heed::convert::convert(checkpoint_, options_, path_);
  }
  ModelInfo info() const { return Model::open(path_.c_str())->info(); }
  bool noted(const ConvertReport& report, const std::string& text) const {
    return std::find(report.notes.begin(), report.notes.end(), text) != report.notes.end();
  }

  test::TempFolder folder_;
  const std::string path_ = folder_.path("model.heed");
  Checkpoint checkpoint_ = test::pmixer_checkpoint();
  ConvertOptions options_;
};

TEST_F(ConvertWithOptions, SettingsCountAndAreRecorded) {
  checkpoint_.config["num_heads"] = 1;
  options_.settings = {"num_heads=2", "activation=gelu"};
  const ConvertReport report = convert();
  EXPECT_EQ(report.heads, 2);
  EXPECT_TRUE(noted(report, "before the checkpoint's config, as asked: num_heads=2, activation=gelu"));
  const std::string options = info().options;
  EXPECT_NE(options.find(" --set num_heads=2 --set activation=gelu"), std::string::npos) << options;
}

TEST_F(ConvertWithOptions, SettingsWithoutEffectAreRefused) {
  options_.settings = {"num_haeds=2"};
  test::error_message(StatusCode::usage, [&] { convert(); });
  EXPECT_TRUE(folder_.names().empty());
  options_.settings = {"num_heads=2"};
  options_.heads = 2; // the flag comes first, whatever the setting
  convert();
}

TEST_F(ConvertWithOptions, PopularityIsRecordedAndCounted) {
  options_.popularity = {{1, 5}, {9, 2}, {10, 4}, {-3, 1}};
  options_.popularity_source = "data/interactions.txt";
  const ConvertReport report = convert();
  EXPECT_TRUE(noted(report, "popularity for new users: 7 interactions with 2 of 9 items counted in "
                            "data/interactions.txt, 5 with other items left out"));
  EXPECT_TRUE(info().has_prior);
  const std::string options = info().options;
  EXPECT_NE(options.find(" --popularity interactions.txt"), std::string::npos) << options;
}

TEST_F(ConvertWithOptions, PlanesAreAnotherFormOfTheSameRows) {
  options_.precision = Precision::int8;
  std::vector<Recommendation> best[2];
  for (const Planes planes : {Planes::off, Planes::on}) {
    options_.planes = planes;
    const bool used = planes == Planes::on;
    const ConvertReport report = convert();
    EXPECT_EQ(report.planes.used, used);
    EXPECT_TRUE(
        noted(report, used ? "item rows in two planes, as asked" : "item rows in one piece, as asked"));
    EXPECT_NE(info().options.find(used ? " --planes on" : " --planes off"), std::string::npos);
    const Model model = Model::open(path_.c_str()).value();
    EXPECT_TRUE(model.verify().ok());
    std::size_t in_planes = 0;
    for (const TensorInfo& tensor : model.info().tensors) in_planes += tensor.layout == "planes";
    EXPECT_EQ(in_planes, used ? 1u : 0u);
    Session session = Session::create(model).value();
    best[used].resize(9);
    const std::vector<std::int64_t> history = {3, 1};
    RecommendOptions all;
    all.exclude_seen = false;
    ASSERT_TRUE(session.recommend(history, 9, all, best[used]).ok());
  }
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(best[0][i].item, best[1][i].item);
    EXPECT_EQ(best[0][i].score, best[1][i].score);
  }
}

TEST_F(ConvertWithOptions, PlanesOfASmallTableAreNotTimed) {
  options_.precision = Precision::int8;
  const ConvertReport report = convert();
  EXPECT_FALSE(report.planes.used);
  EXPECT_EQ(report.planes.calls, 0u);
  EXPECT_TRUE(
      noted(report, "item rows in one piece: 9 rows are too few, or too long, for two planes to gain"));
}

TEST_F(ConvertWithOptions, PlanesAreOfInt8) {
  options_.planes = Planes::on;
  test::error_message(StatusCode::usage, [&] { convert(); });
  EXPECT_TRUE(folder_.names().empty());
}

} // namespace
} // namespace heed::convert
