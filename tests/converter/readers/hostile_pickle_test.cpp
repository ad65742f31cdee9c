// Pickles made to do harm: run something, recurse, loop, or fill the memory. Each has to end soon, with
// weights or an Error.
#include "converter/readers/limits.hpp"
#include "support.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

std::string repeated(const std::string& part, std::size_t count) {
  std::string result;
  result.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) result += part;
  return result;
}

void expect_malformed(const std::string& pickle, const std::string& message) {
  for (const std::string& file : {legacy_checkpoint(pickle), zip_checkpoint(pickle), "\x80\x02" + pickle}) {
    const Outcome outcome = outcome_of(file);
    EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed) << outcome.message;
    EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
  }
}

// Those that need the storage which only the archive has.
void expect_malformed_zip(const std::string& pickle, const std::string& message) {
  const Outcome outcome = outcome_of(zip_checkpoint(pickle));
  EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed) << outcome.message;
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
}

// For large ones.
void expect_malformed_once(const std::string& pickle, const std::string& message) {
  const Outcome outcome = outcome_of(legacy_checkpoint(pickle));
  EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed) << outcome.message;
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
}

// A state dict of one weight, with `before` run first and one more entry under "other".
std::string with_weight(const std::string& before, const std::string& other) {
  return before + "}(" + pickled_text("weight") + pickled_tensor() + pickled_text("other") + other + "u.";
}

void expect_weight(const std::string& pickle) {
  const Outcome outcome = outcome_of(zip_checkpoint(pickle));
  EXPECT_EQ(outcome.code, StatusCode::ok) << outcome.message;
  EXPECT_EQ(outcome.names, std::vector<std::string>{"weight"});
}

TEST(HostilePickle, NamesTheCallAndDoesNotMakeIt) {
  const std::string call = "cos\nsystem\n(" + pickled_text("touch heed_was_here") + "tR.";
  expect_malformed(call, "'os.system'");
  EXPECT_FALSE(std::filesystem::exists("heed_was_here"));
}

TEST(HostilePickle, CallBesideTheWeightsIsNotMade) {
  expect_weight(with_weight("", "cos\nsystem\n(" + pickled_text("touch heed_was_here") + "tR"));
  EXPECT_FALSE(std::filesystem::exists("heed_was_here"));
}

TEST(HostilePickle, MillionMarks) {
  expect_malformed(repeated("(", 1'000'000), "ends too early");
  expect_malformed(repeated("(", 1'000'000) + "N.", "no tensors");
  expect_malformed_once(repeated("(", 5'000'000), "nests too deeply");
}

TEST(HostilePickle, DeepNesting) {
  constexpr std::size_t depth = 1'000'000;
  expect_malformed_once("N" + repeated("\x85", depth) + ".", "no tensors");                   // tuples
  expect_malformed_once(repeated("]", depth) + repeated("a", depth - 1) + ".", "no tensors"); // lists
  expect_malformed_once("}" + repeated("}K\1", depth) + "N" + repeated("s", depth) + ".", "no tensors");
  expect_malformed_once("ca\nb\n" + repeated("2)R0", depth) + repeated(")R", depth) + ".",
                        "no tensors"); // calls of calls
  expect_weight(with_weight("", "N" + repeated("\x85", depth)));
}

TEST(HostilePickle, WeightsBelowTheDepthLimitAreNotLookedFor) {
  const std::string weights = "}" + pickled_text("weight") + pickled_tensor() + "s";
  const auto nested = [&](std::size_t levels) {
    return zip_checkpoint(weights + repeated("\x85", levels) + ".");
  };
  EXPECT_EQ(outcome_of(nested(limits::search_depth)).code, StatusCode::ok);
  EXPECT_EQ(outcome_of(nested(limits::search_depth + 1)).code, StatusCode::checkpoint_malformed);
}

TEST(HostilePickle, CyclesEnd) {
  expect_weight(with_weight("", "]q\1h\1a"));                 // a list in itself
  expect_weight(with_weight("", "}q\1K\1h\1s"));              // a dict in itself
  expect_weight(with_weight("", "ca\nb\n)\x81q\1}K\1h\1sb")); // an instance in its attributes
  expect_weight("}q\1(" + pickled_text("weight") + pickled_tensor() + pickled_text("config") + "h\1u.");
  // A module that is its own child: its names would go on for ever.
  const std::string module = "ca\nModule\n)\x81q\1}(" + pickled_text("_parameters") + "}" +
                             pickled_text("weight") + pickled_tensor() + "s" + pickled_text("_modules") +
                             "}" + pickled_text("m") + "h\1sub.";
  EXPECT_EQ(outcome_of(zip_checkpoint(module)).names.size(), static_cast<std::size_t>(limits::search_depth));
}

// Each level holds the one before ten times: 10^40 lists, for whoever copies them.
std::string laughs(const std::string& make_level, std::size_t levels) {
  std::string pickle = "]q\1";
  for (std::size_t i = 0; i < levels; ++i) pickle += make_level + "q\1";
  return pickle;
}

TEST(HostilePickle, BillionLaughs) {
  const std::string bomb = laughs("0](" + repeated("h\1", 10) + "e", 40);
  expect_weight(with_weight("", bomb));
  expect_malformed(bomb + ".", "no tensors");
  // As settings, which are copied: too large, so absent.
  const std::string settings = "}(" + pickled_text("model") + "}" + pickled_text("weight") +
                               pickled_tensor() + "s" + pickled_text("config") + "}" + pickled_text("a") +
                               bomb + "su.";
  expect_weight(settings);
  const Checkpoint checkpoint = parse_checkpoint(bytes_of(zip_checkpoint(settings)), "test");
  EXPECT_TRUE(checkpoint.config.is_null());
}

// Modules that hold each other ten times a level: 10^40 weights.
TEST(HostilePickle, BillionModules) {
  std::string pickle = "N";
  for (int level = 0; level < 40; ++level) {
    pickle += "0ca\nModule\n)\x81}(" + pickled_text("_parameters") + "}" + pickled_text("_modules") + "}(";
    for (int child = 0; child < 10 && level > 0; ++child)
      pickle += pickled_text(std::to_string(child)) + "h\1";
    pickle += "uubq\1";
  }
  expect_malformed_zip(pickle + ".", "too often");
}

// A million instances whose attributes are one dict of a thousand entries.
TEST(HostilePickle, SharedAttributes) {
  std::string pickle = "}(";
  for (int i = 0; i < 1000; ++i) pickle += pickled_text(std::to_string(i)) + "N";
  pickle += "uq\1" + "0]("s + repeated("ca\nb\n)\x81h\1b", 300'000) + "e.";
  expect_malformed_zip(pickle, "too often");
}

TEST(HostilePickle, MemoryIsBounded) {
  // Empty lists, each of which the search would remember.
  const std::size_t batches = limits::search_containers / 1000 + 1;
  expect_malformed_once("]" + repeated("(" + repeated("]", 1000) + "e", batches) + ".",
                        "objects besides the weights");
  // 100 bytes of instance for each byte of pickle; as much as the file likes.
  expect_malformed_once("ca\nb\n)q\1" + repeated("2h\1R0", 6'000'000), "objects");
  expect_malformed_once(repeated("N", limits::pickle_stack + 1), "stack");
  // A memo of four billion entries, for one value.
  expect_malformed("Nr\xff\xff\xff\x7f.", "memo index");
}

TEST(HostilePickle, LongNames) {
  const std::string name(limits::weight_name + 1, 'x');
  expect_malformed_zip("}" + pickled_text(name) + pickled_tensor() + "s.", "longer than 1024 bytes");
  EXPECT_EQ(outcome_of(zip_checkpoint("}" + pickled_text(name.substr(1)) + pickled_tensor() + "s.")).code,
            StatusCode::ok);
  // A name of 10 MB, shared by a hundred thousand calls and dicts.
  const std::string large(10'000'000, 'x');
  expect_weight(with_weight("", pickled_text(large) + "q\1" + "]("s + repeated("}h\1Ns", 100'000) + "e\x86"));
  expect_malformed(pickled_text(large) + "q\1" + repeated("h\1h\1\x93)R0", 100'000) + ".", "no tensors");
}

TEST(HostilePickle, NamesCannotSteerATerminal) {
  const Outcome outcome =
      outcome_of(zip_checkpoint("}" + pickled_text("\x1b[2Jw\n") + pickled_tensor(200) + "s."));
  EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed);
  EXPECT_NE(outcome.message.find("'\\x1b[2Jw\\x0a'"), std::string::npos) << outcome.message;
  for (const std::string& name : {""s, "\xff"s}) {
    expect_malformed_zip("}" + pickled_text(name) + pickled_tensor() + "s.", "no name for a weight");
  }
}

TEST(HostilePickle, DuplicateNames) {
  const std::string entry = pickled_text("w") + pickled_tensor();
  expect_malformed_zip("}(" + entry + entry + "u.", "'w' occurs twice");
}

TEST(HostilePickle, TooManyWeights) {
  std::string pickle = pickled_tensor() + "q\1" + "0}("s;
  for (std::size_t i = 0; i <= limits::weights; ++i) pickle += pickled_text(std::to_string(i)) + "h\1";
  expect_malformed_zip(pickle + "u.", "more than 100000 weights");
}

} // namespace
} // namespace heed::convert::test
