// The rules of the safetensors format, one broken at a time.
#include "converter/readers/limits.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

const std::string eight_bytes(8, '\0');
const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

void expect_code(StatusCode code, const std::string& file, const std::string& message) {
  const Outcome outcome = outcome_of(file);
  EXPECT_EQ(outcome.code, code) << outcome.message << "\n" << file.substr(8, 200);
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
}

void expect_malformed(const std::string& header, const std::string& message,
                      const std::string& data = eight_bytes) {
  expect_code(StatusCode::checkpoint_malformed, safetensors_file(header, data), message);
}

TEST(Safetensors, TheSmallFileOfTheseTestsIsRead) {
  for (const std::string& header :
       {good, good + "    ", R"({"a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}})"s,
        R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"s +
            R"("b":{"dtype":"U8","shape":[7],"data_offsets":[1,8]}})",
        R"({"b":{"dtype":"I32","shape":[1],"data_offsets":[4,8]},)"s +
            R"("e":{"dtype":"I32","shape":[0,9],"data_offsets":[4,4]},)" +
            R"("a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})"}) {
    EXPECT_EQ(outcome_of(safetensors_file(header, eight_bytes)).code, StatusCode::ok) << header;
  }
}

TEST(Safetensors, KeepsTheHeadersOrder) {
  const Outcome outcome =
      outcome_of(safetensors_file(R"({"z":{"dtype":"I32","shape":[1],"data_offsets":[4,8]},)"s +
                                      R"("y":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})",
                                  eight_bytes));
  EXPECT_EQ(outcome.names, (std::vector<std::string>{"z", "y"}));
}

TEST(Safetensors, DataRules) {
  const auto one = [](const std::string& begin, const std::string& end) {
    return R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[)" + begin + "," + end + "]}}";
  };
  expect_malformed(one("0", "12"), "past the end");
  expect_malformed(one("4", "12"), "belong to no tensor");
  expect_malformed(one("8", "0"), "belong to no tensor");
  expect_malformed(one("0", "4"), "last 4 bytes");
  expect_malformed(one("0", "9223372036854775807"), "past the end");
  expect_malformed(one("0", "18446744073709551615"), "past 63 bits");
  expect_malformed(one("0", "18446744073709551616"), "fraction"); // JSON's numbers past 64 bits
  expect_malformed(one("-1", "8"), "negative");
  expect_malformed(one("0.0", "8"), "fraction");
  expect_malformed(one("0,4", "8"), "number");
  expect_malformed(good, "last 1 bytes", eight_bytes + "x");
  expect_malformed(good, "past the end", eight_bytes.substr(1));

  const auto two = [](const char* first, const char* second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)"s + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  expect_malformed(two("[0,4]", "[2,6]"), "overlaps");
  expect_malformed(two("[0,4]", "[0,4]"), "overlaps");
  expect_malformed(two("[0,4]", "[5,8]"), "1 bytes before");
  expect_malformed(two("[4,2]", "[0,4]"), "ends before");
}

TEST(Safetensors, ShapeRules) {
  const auto shaped = [](const std::string& shape) {
    return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]}})";
  };
  expect_malformed(shaped("[3]"), "[3]");
  expect_malformed(shaped("[1]"), "has 8 bytes of data instead of 4");
  expect_malformed(shaped("[0]"), "instead of 0");
  expect_malformed(shaped("[4294967296,4294967296,4294967296]"), "impossible");
  expect_malformed(shaped("[2147483648,2147483648,2]"), "impossible");
  expect_malformed(shaped("[-2]"), "negative");
  expect_malformed(shaped("[[2]]"), "array");
  expect_malformed(shaped("2"), "number");
  expect_malformed(shaped("[" + std::string(200, '1').replace(1, 1, ",") + "]"), "");
  std::string ones = "[2";
  for (int i = 0; i < 64; ++i) ones += ",1";
  expect_malformed(shaped(ones + "]"), "dimensions");
}

TEST(Safetensors, HeaderRules) {
  expect_malformed("", "no known format");
  expect_malformed("[]", "no known format");
  expect_malformed(" " + good, "no known format");
  expect_malformed("{}", "no tensors", "");
  expect_malformed("{", "no valid JSON");
  expect_malformed(good + "x", "no valid JSON");
  expect_malformed("{\"a\xff\":1}", "no valid JSON");
  expect_malformed(R"({"a":1})", "wrong place");
  expect_malformed(R"({"a":null})", "wrong place");
  expect_malformed(R"({"a":"b"})", "wrong place");
  expect_malformed(R"({"a":[]})", "wrong place");
  expect_malformed(R"({"a":{}})", "lacks");
  expect_malformed(R"({"a":{"dtype":"F32","shape":[2]}})", "lacks");
  expect_malformed(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "lacks");
  expect_malformed(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", "wrong place");
  expect_malformed(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "wrong place");
  expect_malformed(R"({"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})", "wrong place");
  expect_malformed(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}})",
                   "wrong place");
  const std::string entry = good.substr(1, good.size() - 2);
  expect_malformed("{" + entry + R"(,"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}})", "occurs twice");
  expect_malformed(R"({"__metadata__":{"k":1},)" + entry + "}", "wrong place");
  expect_malformed(R"({"__metadata__":{"k":{}},)" + entry + "}", "wrong place");
  expect_malformed(R"({"__metadata__":"x",)" + entry + "}", "wrong place");
  expect_malformed(R"({"__metadata__":{"k":"1","k":"2"},)" + entry + "}", "occurs twice");
  expect_malformed(R"({"__metadata__":{},"__metadata__":{},)" + entry + "}", "twice");
  expect_malformed("{" + std::string(1'000'000, '[') + "}", "no valid JSON");
  expect_malformed(R"({"a":)" + std::string(1'000'000, '['), "wrong place");
}

std::string with_metadata(const std::string& metadata) {
  return safetensors_file("{\"__metadata__\":" + metadata + "," + good.substr(1), eight_bytes);
}
std::string with_config(const std::string& config) {
  return with_metadata(nlohmann::json{{"config", config}}.dump());
}

TEST(Safetensors, MetadataConfig) {
  const auto config_of = [](const std::string& file) { return parse_checkpoint(bytes_of(file), "x").config; };
  nlohmann::json config = config_of(with_config(R"({"num_heads":2,"norm_first":true,"__metadata__":7})"));
  EXPECT_EQ(config.at("num_heads"), 2);
  EXPECT_EQ(config.at("norm_first"), true);
  EXPECT_TRUE(config.at("__metadata__").contains("config")); // the file's own
  EXPECT_EQ(config_of(with_metadata(R"({"format":"pt"})")),
            (nlohmann::json{{"__metadata__", {{"format", "pt"}}}}));
  EXPECT_EQ(config_of(with_config("{}")).size(), 1U);

  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const std::string large = "{\"a\":\"" + std::string(5'000'000, 'x') + "\"}";
  for (const std::string& broken : {""s, "{"s, "[]"s, "7"s, "null"s, "\"{}\""s, "{\"a\":1}}"s, "{\"a\":1"s,
                                    "{'a':1}"s, "\0"s, deep, large})
    expect_code(StatusCode::checkpoint_malformed, with_config(broken),
                "'config' of its header is no JSON object");
}

TEST(Safetensors, HeaderLength) {
  const std::string file = safetensors_file(good, eight_bytes);
  const auto with_length = [&](std::uint64_t length) { return raw(length) + file.substr(8); };
  expect_code(StatusCode::checkpoint_malformed, with_length(limits::safetensors_header + 1),
              "100000001 bytes");
  expect_code(StatusCode::checkpoint_malformed, with_length(file.size() - 7), "truncated");
  expect_code(StatusCode::checkpoint_malformed, with_length(good.size() - 1), "no valid JSON");
  // Nobody's header: not taken for one.
  expect_code(StatusCode::checkpoint_malformed, with_length(~std::uint64_t{0}), "no known format");
}

TEST(Safetensors, ElementTypes) {
  for (const char* type : {"F8_E4M3", "U16", "C64", "", "f32"}) {
    expect_code(StatusCode::checkpoint_unsupported,
                safetensors_file(R"({"a":{"dtype":")"s + type + R"(","shape":[2],"data_offsets":[0,8]}})",
                                 eight_bytes),
                "element type '"s + type);
  }
}

} // namespace
} // namespace heed::convert::test
