// Choosing a family by its name or from the weights.
#include "tests/converter/families/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using test::error_message;
using test::pmixer_checkpoint;

// A family that recognises what has a weight called "mixer".
class Mixer final : public Family {
 public:
  std::string name() const override { return "mixer"; }
  std::string description() const override { return "for this test"; }
  std::vector<Variant> variants() const override { return {}; }
  Match recognise(const Checkpoint& checkpoint) const override {
    for (const auto& weight : checkpoint.weights) {
      if (weight.first == "mixer") return {1, 1, "it has a weight called mixer"};
    }
    return {};
  }
  Recipe build(const Checkpoint&, const BuildOptions&) const override { return {}; }
};

class ChooseFamily : public ::testing::Test {
 protected:
  ChooseFamily() : list_(families()) {
    list_.push_back(&mixer_);
    other_.path = "other.pt";
    for (const char* name : {"mixer", "b", "c", "d", "e", "f", "g"})
      test::set_weight(other_, name, test::float_tensor({2}, {1, 2}));
  }

  Mixer mixer_;
  FamilyList list_;
  Checkpoint other_;
};

std::string known(const FamilyList& families) {
  std::string names;
  for (const Family* family : families) names += (names.empty() ? "" : ", ") + family->name();
  return names;
}

TEST_F(ChooseFamily, FromTheWeights) {
  EXPECT_EQ(choose_family(list_, pmixer_checkpoint(), "").name(), "sasrec");
  EXPECT_EQ(choose_family(list_, test::s3rec_checkpoint(), "").name(), "sasrec");
  EXPECT_EQ(choose_family(list_, other_, "").name(), "mixer");
}

TEST_F(ChooseFamily, ByName) {
  EXPECT_EQ(choose_family(list_, pmixer_checkpoint(), "sasrec").name(), "sasrec");
}

TEST_F(ChooseFamily, WrongNameSaysWhatItLooksLike) {
  EXPECT_EQ(error_message(StatusCode::family_mismatch, [&] { choose_family(list_, other_, "sasrec"); }),
            "other.pt: the weights are not of sasrec but look like mixer (it has a weight called mixer)");
  error_message(StatusCode::family_mismatch, [&] { choose_family(list_, pmixer_checkpoint(), "mixer"); });
}

TEST_F(ChooseFamily, MisspelledNameSuggestsTheNearest) {
  EXPECT_EQ(
      error_message(StatusCode::family_unknown, [&] { choose_family(list_, pmixer_checkpoint(), "sasrek"); }),
      "no family is called 'sasrek'; did you mean sasrec? (known: " + known(list_) + ")");
}

TEST_F(ChooseFamily, UnknownWeightsAreListed) {
  const std::string message =
      error_message(StatusCode::family_unknown, [&] { choose_family(families(), other_, ""); });
  EXPECT_EQ(message, "other.pt: no family recognises the weights (known: " + known(families()) +
                         "). Some of what was found:\n"
                         "  'mixer' [2]\n  'b' [2]\n  'c' [2]\n  'd' [2]\n  'e' [2]\n  and 2 more");
}

TEST_F(ChooseFamily, NamedFamilyWithWeightsOfNone) {
  // Nothing else fits either, so the family itself says what it misses.
  other_.weights.erase(other_.weights.begin());
  const Family& family = choose_family(list_, other_, "sasrec");
  const std::string message = error_message(StatusCode::weights_missing, [&] { family.build(other_, {}); });
  EXPECT_NE(message.find("item_emb.weight"), std::string::npos);
}

} // namespace
} // namespace heed::convert
