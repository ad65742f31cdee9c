// Checkpoints with random weights: what they hold is recognised and built, whatever the family.
#include "converter/convert.hpp"
#include "converter/synth.hpp"
#include "tests/converter/graph/support.hpp"

#include <cctype>
#include <cmath>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace heed::convert {
namespace {

using test::error_message;

struct Case {
  const Family* family;
  std::string variant;
};

std::string text_of(const Case& c) {
  return c.family->name() + "/" + c.variant;
}

// For GoogleTest.
void PrintTo(const Case& c, std::ostream* out) {
  *out << text_of(c);
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Family* family : families()) {
    for (const Variant& variant : family->variants()) all.push_back({family, variant.name});
  }
  return all;
}

const Family& family_called(const std::string& name) {
  return find_family(families(), name);
}

// The sizes without those that the family has no use for.
SynthSizes fitting(const Case& c, SynthSizes sizes) {
  sizes.variant = c.variant;
  return c.family->synthesize(sizes).sizes();
}

SynthSizes small() {
  SynthSizes sizes;
  sizes.items = 37;
  sizes.dim = 12;
  sizes.max_history = 9;
  sizes.blocks = 3;
  sizes.heads = 4;
  sizes.hidden = 20;
  return sizes;
}

class Synth : public ::testing::Test {
 protected:
  Synth() : path_(fmt::format("{}heed_synth_test_{}.safetensors", ::testing::TempDir(), ::getpid())) {}
  ~Synth() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".heed");
  }

  Checkpoint write(const SynthModel& model, std::uint64_t seed = 42) const {
    const std::uint64_t bytes = write_synth(model, seed, 0, path_, {});
    EXPECT_EQ(bytes, std::filesystem::file_size(path_));
    return read_checkpoint(path_);
  }
  Checkpoint write(const std::string& family, const SynthSizes& sizes, std::uint64_t seed = 42) const {
    return write(synthesize(family_called(family), sizes), seed);
  }

  std::string path_;
};

class SynthFamily : public Synth, public ::testing::WithParamInterface<Case> {};

TEST_P(SynthFamily, IsRecognisedAndHasTheSizesAskedFor) {
  const SynthSizes sizes = fitting(GetParam(), small());
  const Checkpoint checkpoint = write(synthesize(*GetParam().family, sizes));
  const Family& family = choose_family(families(), checkpoint, "");
  EXPECT_EQ(family.name(), GetParam().family->name());
  const Recipe recipe = family.build(checkpoint, with_saved_variant(family, checkpoint, {}));
  EXPECT_EQ(recipe.variant, GetParam().variant);
  EXPECT_EQ(recipe.graph.items, sizes.items);
  EXPECT_EQ(recipe.graph.dim(), sizes.dim);
  EXPECT_EQ(recipe.graph.max_history, sizes.max_history);
  if (sizes.blocks != 0) {
    EXPECT_EQ(recipe.blocks, sizes.blocks);
  }
  if (sizes.heads != 0) {
    EXPECT_EQ(recipe.heads, sizes.heads);
  }
  for (const std::string& note : recipe.notes) EXPECT_NE(note.rfind(kAssumed, 0), 0U) << note;
  EXPECT_TRUE(recipe.ignored.empty());
}

TEST_P(SynthFamily, UsualSizesToo) {
  SynthSizes sizes = fitting(GetParam(), small());
  sizes.hidden = 0;
  const Checkpoint checkpoint = write(synthesize(*GetParam().family, sizes));
  const Family& family = choose_family(families(), checkpoint, "");
  EXPECT_EQ(family.build(checkpoint, with_saved_variant(family, checkpoint, {})).graph.items, sizes.items);
}

TEST_P(SynthFamily, ConvertsToScoresThatDiffer) {
  const Checkpoint checkpoint = write(synthesize(*GetParam().family, fitting(GetParam(), small())));
  const ConvertReport report = convert::convert(checkpoint, {}, path_ + ".heed");
  EXPECT_EQ(report.variant, GetParam().variant);
  // Errors are shares of the score range: scores that are all alike would show here.
  EXPECT_LT(report.fidelity.max_score_error, 2e-6);
  EXPECT_EQ(report.fidelity.top10_overlap, 1.0);
}

std::string test_name(const ::testing::TestParamInfo<Case>& tested) {
  std::string name = text_of(tested.param);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Registry, SynthFamily, ::testing::ValuesIn(cases()), test_name);

// What a later version writes, and every other machine, is this.
TEST_F(Synth, TheBytesOfASeedAreForEver) {
  EXPECT_EQ(write("sasrec", fitting({&family_called("sasrec"), "pytorch"}, small()), 7).sha256,
            "120d1d5fc339d7c56ae09f4d7d0eea0df74c80c4d8b47c2b4375c75c45e4d1d2");
  EXPECT_EQ(write("stamp", fitting({&family_called("stamp"), "recbole"}, small()), 7).sha256,
            "855ed9ece7ebc2d6ac1c62b7527bf90047ee482b082c5a118023339ddba6cf42");
}

TEST_F(Synth, SeedsDiffer) {
  const SynthSizes sizes = fitting({&family_called("narm"), "recbole"}, small());
  const std::string first = write("narm", sizes, 1).sha256;
  EXPECT_NE(write("narm", sizes, 2).sha256, first);
  EXPECT_EQ(write("narm", sizes, 1).sha256, first);
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments_of(const Checkpoint& checkpoint, const std::string& name, std::int64_t skipped = 0) {
  for (const auto& [found, tensor] : checkpoint.weights) {
    if (found != name) continue;
    std::vector<double> values(static_cast<std::size_t>(tensor.elements() - skipped));
    tensor.read(skipped, tensor.elements() - skipped, values.data());
    const auto count = static_cast<double>(values.size());
    Moments moments;
    for (const double value : values) moments.mean += value / count;
    for (const double value : values)
      moments.deviation += (value - moments.mean) * (value - moments.mean) / count;
    moments.deviation = std::sqrt(moments.deviation);
    return moments;
  }
  throw std::logic_error("no weight " + name);
}

TEST_F(Synth, ValuesAreDistributedAsTheirKindSays) {
  SynthSizes sizes;
  sizes.items = 5000; // more than one chunk of rows
  sizes.dim = 64;
  sizes.max_history = 100;
  sizes.blocks = sizes.heads = 1;
  sizes.hidden = 192;
  const Checkpoint checkpoint = write("sasrec", sizes);
  const auto expect = [&](const std::string& name, std::int64_t skipped, double mean, double deviation) {
    const Moments moments = moments_of(checkpoint, name, skipped);
    EXPECT_NEAR(moments.mean, mean, 0.35 * deviation) << name; // a bias has 64 elements: 2.8 standard errors
    EXPECT_NEAR(moments.deviation, deviation, 0.3 * deviation) << name;
  };
  expect("item_emb.weight", 64, 0, 0.125);
  expect("pos_emb.weight", 64, 0, 0.125);
  expect("forward_layers.0.conv1.weight", 0, 0, std::sqrt(2.0 / 256));
  expect("attention_layers.0.in_proj_weight", 0, 0, std::sqrt(2.0 / 256));
  expect("last_layernorm.weight", 0, 1, 0.02);
  expect("last_layernorm.bias", 0, 0, 0.02);
  std::vector<float> padding(65);
  checkpoint.weights.front().second.read(0, 65, padding.data());
  EXPECT_EQ(std::vector<float>(padding.begin(), padding.begin() + 64), std::vector<float>(64, 0.0F));
  EXPECT_NE(padding[64], 0.0F);
}

TEST_F(Synth, ProgressEndsAtOne) {
  double last = 0;
  SynthSizes sizes = small();
  sizes.items = 20000;
  write_synth(synthesize(family_called("sasrec"), sizes), 1, 0, path_, [&](double share) {
    EXPECT_GT(share, last);
    last = share;
  });
  EXPECT_EQ(last, 1.0);
}

TEST(SynthSizesRefused, ByFamily) {
  const auto refused = [](StatusCode code, const std::string& family, const SynthSizes& sizes) {
    return error_message(code, [&] { (void)synthesize(family_called(family), sizes); });
  };
  SynthSizes sizes = small();
  EXPECT_EQ(refused(StatusCode::usage, "gru4rec", sizes), "gru4rec has no use for --heads");
  EXPECT_EQ(refused(StatusCode::usage, "stamp", sizes), "stamp has no use for --blocks");
  sizes.blocks = sizes.heads = 0;
  EXPECT_EQ(refused(StatusCode::usage, "stamp", sizes), "stamp has no use for --hidden");
  EXPECT_NE(refused(StatusCode::option_required, "narm", sizes).find("--blocks"), std::string::npos);
  EXPECT_NE(refused(StatusCode::option_required, "sasrec", sizes).find("--heads"), std::string::npos);
  sizes = small();
  sizes.variant = "pytorhc";
  EXPECT_NE(refused(StatusCode::usage, "sasrec", sizes).find("did you mean pytorch?"), std::string::npos);
}

TEST(SynthSizesRefused, Impossible) {
  const auto refused = [](void (*change)(SynthSizes&)) {
    SynthSizes sizes = small();
    change(sizes);
    return error_message(StatusCode::invalid_argument,
                         [&] { (void)synthesize(family_called("sasrec"), sizes); });
  };
  EXPECT_EQ(refused([](SynthSizes& s) { s.heads = 5; }), "5 heads do not divide 12 elements");
  EXPECT_NE(refused([](SynthSizes& s) { s.items = 0; }).find("--items"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.items = -1; }).find("--items"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.items = INT64_MAX; }).find("--items"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.dim = 0; }).find("--dim"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.dim = 1 << 21; }).find("--dim"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.max_history = 0; }).find("--max-history"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.max_history = 16384; }).find("--max-history"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.blocks = 257; }).find("--blocks"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.blocks = -1; }).find("--blocks"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.heads = 13; }).find("--heads"), std::string::npos);
  EXPECT_NE(refused([](SynthSizes& s) { s.hidden = 1 << 21; }).find("--hidden"), std::string::npos);
}

TEST(SynthSizesRefused, PastWhatBytesCount) {
  const SynthWeight weight{"w", {INT64_C(1) << 32, INT64_C(1) << 31, 4}, SynthKind::matrix};
  EXPECT_NE(error_message(StatusCode::invalid_argument, [&] { (void)weight.elements(); }).find("w would"),
            std::string::npos);
  SynthModel model("test", small());
  const std::int64_t half = (INT64_C(1) << 59) + 1;
  model.add({"a"}, {{"*", {half}, SynthKind::bias}});
  error_message(StatusCode::invalid_argument, [&] { model.add({"b"}, {{"*", {half}, SynthKind::bias}}); });
}

// What a checkpoint's config may say about family and variant.
TEST_F(Synth, SavedFamilyAndVariant) {
  SynthSizes sizes = small();
  sizes.variant = "recbole-1.0";
  Checkpoint checkpoint = write("bert4rec", sizes);
  // Without its config it is RecBole's SASRec by its names.
  const Family& bert4rec = choose_family(families(), checkpoint, "");
  EXPECT_EQ(bert4rec.name(), "bert4rec");
  // An option is stronger, and then the variant of another family does not count.
  const Family& sasrec = choose_family(families(), checkpoint, "sasrec");
  EXPECT_EQ(sasrec.name(), "sasrec");
  EXPECT_EQ(with_saved_variant(sasrec, checkpoint, {}).variant, "");
  BuildOptions options;
  options.variant = "recbole-all-events";
  EXPECT_EQ(with_saved_variant(bert4rec, checkpoint, options).variant, "recbole-all-events");

  checkpoint.config["heed_variant"] = "baroque";
  const std::string variant = error_message(StatusCode::checkpoint_unsupported,
                                            [&] { (void)with_saved_variant(bert4rec, checkpoint, {}); });
  EXPECT_NE(variant.find("the variant 'baroque', which bert4rec does not have"), std::string::npos);
  checkpoint.config["heed_family"] = "brt4rec";
  const std::string family =
      error_message(StatusCode::family_unknown, [&] { (void)choose_family(families(), checkpoint, ""); });
  EXPECT_NE(family.find("by the checkpoint's config, no family is called 'brt4rec'"), std::string::npos);
  checkpoint.config["heed_family"] = "stamp";
  error_message(StatusCode::family_mismatch, [&] { (void)choose_family(families(), checkpoint, ""); });
  checkpoint.config["heed_family"] = nlohmann::json::array(); // counts as absent
  EXPECT_EQ(choose_family(families(), checkpoint, "").name(), "sasrec");
}

} // namespace
} // namespace heed::convert
