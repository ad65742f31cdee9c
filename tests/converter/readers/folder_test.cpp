// Paths: files that are missing or no files, folders, config.json, shards.
#include "support.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace heed::convert::test {
namespace {

using namespace std::string_literals;

Outcome outcome_of_path(const std::string& path) {
  try {
    (void)read_checkpoint(path);
    return {};
  } catch (const Error& error) {
    return {error.code(), error.what(), {}};
  }
}

void expect_error(const std::string& path, StatusCode code, const std::string& message) {
  const Outcome outcome = outcome_of_path(path);
  EXPECT_EQ(outcome.code, code) << outcome.message;
  EXPECT_NE(outcome.message.find(message), std::string::npos) << outcome.message;
  EXPECT_NE(outcome.message.find(std::filesystem::path(path).filename().string()), std::string::npos)
      << outcome.message;
}

std::string weights(const std::string& name) {
  return safetensors_file("{\"" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "abcd");
}

TEST(Folder, MissingAndUnusualFiles) {
  const TempFolder folder;
  expect_error(folder.path() + "/absent.pt", StatusCode::file_not_found, "No such file");
  expect_error(folder.path() + "/absent/file.pt", StatusCode::file_not_found, "No such file");
  expect_error(folder.path(), StatusCode::file_not_found, "model.safetensors");
  expect_error(folder.write("empty.pt", ""), StatusCode::checkpoint_malformed, "is empty");
  expect_error(folder.write("other.json", "{\"weights\": {}}"), StatusCode::checkpoint_malformed,
               "JSON text");
  const std::string pipe = folder.path() + "/pipe.pt";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_error(pipe, StatusCode::io_error, "not a regular file");
  expect_error("/dev/zero", StatusCode::io_error, "not a regular file");
}

TEST(Folder, SettingsBesideACheckpoint) {
  const TempFolder folder;
  const std::string name = "SASRec.epoch=20.lr=0.001.layer=2.head=4.hidden=32.maxlen=20.pth";
  const std::string path = folder.write(name, weights("a"));
  nlohmann::json config = read_checkpoint(path).config;
  EXPECT_EQ(config,
            (nlohmann::json{{"num_blocks", 2}, {"num_heads", 4}, {"hidden_units", 32}, {"maxlen", 20}}));
  folder.write("args.txt", "num_heads,2\nnorm_first,False\nl2_emb,0.5\ndataset,ml-1m\nno comma\n,7");
  config = read_checkpoint(path).config;
  EXPECT_EQ(config.at("num_heads"), 2); // before the name
  EXPECT_EQ(config.at("norm_first"), false);
  EXPECT_EQ(config.at("l2_emb"), 0.5);
  EXPECT_EQ(config.at("dataset"), "ml-1m");
  EXPECT_EQ(config.at("maxlen"), 20);
  EXPECT_EQ(config.size(), 7u);
  EXPECT_EQ(read_checkpoint(path).paths.size(), 2u);
  for (const std::string& broken : {std::string(100000, ','), "\xff\xfe,1"s, ""s}) {
    folder.write("args.txt", broken);
    EXPECT_EQ(read_checkpoint(path).config.at("num_heads"), 4);
  }
}

TEST(Folder, ConfigFile) {
  const TempFolder folder;
  const std::string path = folder.write("model.safetensors", weights("a"));
  EXPECT_TRUE(read_checkpoint(path).config.is_null());
  folder.write("config.json", R"({"hidden_size": 50})");
  EXPECT_EQ(read_checkpoint(path).config.at("hidden_size"), 50);
  EXPECT_EQ(read_checkpoint(folder.path()).path, path);

  const std::string deep = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
  for (const std::string& broken :
       {""s, "{"s, "[]"s, "{\"a\": 1}}"s, deep, "{\"a\":\"" + std::string(5'000'000, 'x') + "\"}"}) {
    const std::string config = folder.write("config.json", broken);
    const Outcome outcome = outcome_of_path(path);
    EXPECT_EQ(outcome.code, StatusCode::checkpoint_malformed);
    EXPECT_EQ(outcome.message.rfind(config, 0), 0U) << outcome.message;
  }
}

TEST(Folder, ConfigOfTheMetadataStandsAloneBesideAConfigFile) {
  const TempFolder folder;
  const std::string header =
      R"({"__metadata__":{"config":"{\"num_heads\":2}"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string path = folder.write("model.safetensors", safetensors_file(header, "abcd"));
  folder.write("config.json", R"({"num_heads": 4, "maxlen": 7})");
  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_EQ(checkpoint.config.at("num_heads"), 2);
  EXPECT_FALSE(checkpoint.config.contains("maxlen"));
  EXPECT_EQ(checkpoint.paths.size(), 1U);
  folder.write("config.json", "{"); // nor is it read
  EXPECT_EQ(read_checkpoint(path).config.at("num_heads"), 2);
  folder.write("args.txt", "num_heads,8\nmaxlen,9\n"); // fills what is lacking, as for every format
  EXPECT_EQ(read_checkpoint(path).config.at("num_heads"), 2);
  EXPECT_EQ(read_checkpoint(path).config.at("maxlen"), 9);
}

TEST(Folder, Shards) {
  const TempFolder folder;
  folder.write("one.safetensors", weights("a"));
  folder.write("two.safetensors", weights("b"));
  const auto index = [&](const std::string& map) {
    return folder.write("model.safetensors.index.json", "{\"weight_map\": {" + map + "}}");
  };
  const std::string good = R"("a": "one.safetensors", "b": "two.safetensors")";
  const Checkpoint checkpoint = read_checkpoint(index(good));
  EXPECT_EQ(checkpoint.weights.size(), 2U);
  EXPECT_EQ(checkpoint.file_bytes, weights("a").size() + weights("b").size());
  EXPECT_EQ(read_checkpoint(folder.path()).sha256, checkpoint.sha256);

  const auto refused = [&](const std::string& map, const std::string& message) {
    expect_error(index(map), StatusCode::checkpoint_malformed, message);
  };
  refused("", "no weights");
  refused(R"("a": "one.safetensors", "b": "one.safetensors")", "holds 1 tensors where the index names 2");
  refused(R"("a": "two.safetensors", "b": "one.safetensors")", "elsewhere");
  refused(R"("c": "one.safetensors")", "elsewhere");
  refused(R"("a": 7)", "no file");
  refused(R"("a": "../one.safetensors")", "outside");
  refused(R"("a": "/etc/passwd")", "outside");
  refused(R"("a": "..")", "outside");
  folder.write("broken.safetensors", "x");
  refused(R"("a": "broken.safetensors")", "shard 'broken.safetensors'");
  const Outcome absent = outcome_of_path(index(R"("a": "absent.safetensors")"));
  EXPECT_EQ(absent.code, StatusCode::file_not_found) << absent.message;
  EXPECT_NE(absent.message.find("absent.safetensors"), std::string::npos) << absent.message;
}

} // namespace
} // namespace heed::convert::test
