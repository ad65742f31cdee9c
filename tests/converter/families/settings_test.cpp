// heed convert --set: settings before those of the checkpoint, and ones that have no effect.
#include "converter/families/settings.hpp"
#include "tests/converter/families/support.hpp"

#include <gtest/gtest.h>

namespace heed::convert {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

json value_of(const std::string& text) {
  return parse_setting(text).second;
}

TEST(ParseSetting, NumbersTruthAndText) {
  EXPECT_EQ(parse_setting("num_heads=2").first, "num_heads");
  EXPECT_EQ(value_of("a=2"), json(2));
  EXPECT_TRUE(value_of("a=2").is_number_integer());
  EXPECT_TRUE(value_of("a=-2").is_number_integer());
  EXPECT_EQ(value_of("a=1e-5"), json(1e-5));
  EXPECT_EQ(value_of("a=true"), json(true));
  EXPECT_EQ(value_of("a=false"), json(false));
  for (const char* text : {"gelu", "True", "null", "a=b", "1 2", "[1]", "{}", "0x10", "", " "})
    EXPECT_EQ(value_of(std::string("a=") + text), json(text)) << text;
  EXPECT_EQ(value_of("a=\"2\""), json("2"));
}

TEST(ParseSetting, Refusals) {
  const auto refused = [](const std::string& text) {
    return test::error_message(StatusCode::usage, [&] { parse_setting(text); });
  };
  EXPECT_EQ(refused("num_heads"), "a setting is KEY=VALUE, not 'num_heads'");
  EXPECT_EQ(refused("=2"), "a setting is KEY=VALUE, not '=2'");
  EXPECT_EQ(refused(""), "a setting is KEY=VALUE, not ''");
  EXPECT_EQ(refused("a=1e999"), "the setting 'a=1e999' has a number that does not fit");
}

Config applied(const Texts& settings, Checkpoint* checkpoint) {
  apply_settings(settings, checkpoint);
  return Config(checkpoint->config);
}

TEST(ApplySettings, ComeBeforeTheCheckpointsUnderWhateverName) {
  Checkpoint checkpoint;
  checkpoint.config = {{"num_heads", 4}, {"maxlen", 50}};
  const Config config = applied({"n_heads=2", "hidden_act=relu", "norm_first=true", "eps=1"}, &checkpoint);
  EXPECT_EQ(config.integer({"num_heads", "n_heads"}), 2);
  EXPECT_EQ(config.integer({"num_heads"}), 4);
  EXPECT_EQ(config.integer({"maxlen"}), 50);
  EXPECT_EQ(config.text({"hidden_act"}), "relu");
  EXPECT_EQ(config.flag({"norm_first"}), true);
  EXPECT_EQ(config.real({"eps"}), 1.0);
}

TEST(ApplySettings, ACheckpointWithoutSettings) {
  Checkpoint checkpoint;
  EXPECT_EQ(applied({"num_heads=2"}, &checkpoint).integer({"num_heads"}), 2);
  Checkpoint untouched;
  apply_settings({}, &untouched);
  EXPECT_TRUE(untouched.config.is_null());
}

TEST(ApplySettings, RecBoleNestsItsOwn) {
  Checkpoint checkpoint;
  checkpoint.config["final_config_dict"] = {{"n_heads", 4}, {"hidden_act", "gelu"}};
  const Config config = applied({"n_heads=2"}, &checkpoint);
  EXPECT_EQ(config.integer({"n_heads"}), 2);
  EXPECT_EQ(config.text({"hidden_act"}), "gelu");
}

TEST(ApplySettings, ASettingOfAnotherTypeHidesTheCheckpoints) {
  Checkpoint checkpoint;
  checkpoint.config["num_heads"] = 4;
  EXPECT_EQ(applied({"num_heads=two"}, &checkpoint).integer({"num_heads"}), std::nullopt);
}

TEST(ApplySettings, ASettingTwice) {
  Checkpoint checkpoint;
  const auto twice = [&] { apply_settings({"a=1", "b=1", "a=1"}, &checkpoint); };
  EXPECT_EQ(test::error_message(StatusCode::usage, twice), "'a' is set twice");
}

TEST(CheckSettings, WithoutEffect) {
  const Texts settings = {"num_heads=2", "norm_first=1"};
  Checkpoint checkpoint;
  const ConfigReads reads;
  const Config config = applied(settings, &checkpoint);
  const auto refused = [&](const std::string& setting) {
    return test::error_message(StatusCode::usage, [&] { check_settings({setting}, reads); });
  };
  EXPECT_EQ(config.integer({"num_heads", "n_heads"}), 2);
  EXPECT_EQ(config.flag({"norm_first"}), std::nullopt);
  check_settings({"num_heads=2"}, reads);
  EXPECT_EQ(refused("num_haeds=2"),
            "the model asks for no setting 'num_haeds' (did you mean 'num_heads'?); it "
            "asks for n_heads, norm_first, num_heads");
  EXPECT_NE(refused("norm_first=1").find("the model takes true or false there"), std::string::npos);
  EXPECT_NE(refused("n_heads=3").find("another setting"), std::string::npos);
}

} // namespace
} // namespace heed::convert
