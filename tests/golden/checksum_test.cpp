// The numeric contract from end to end: encode, score and recommend give the bits of checksums.txt whatever
// the instruction set. CTest runs this once for every value of HEED_ISA; the numbers are the same on x86-64
// and AArch64.
//
// With HEED_WRITE_CHECKSUMS=FILE it writes the file instead of comparing.
#include "runtime/base/xxh64.hpp"
#include "tests/support/test_model.hpp"

#include <heed/heed.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace heed::test {
namespace {

std::map<std::string, std::string> read_checksums() {
  std::map<std::string, std::string> out;
  std::ifstream file(HEED_GOLDEN_FOLDER "/checksums.txt");
  for (std::string name, sum; file >> name >> sum;) out[name] = sum;
  return out;
}

// A digest over the results for histories of every interesting length.
std::string digest(const Model& model) {
  SessionOptions options;
  options.max_excluded = 4096;
  options.max_candidates = 4096;
  Result<Session> session = Session::create(model, options);
  EXPECT_TRUE(session.ok()) << session.status().message();
  std::vector<std::int64_t> candidates;
  for (std::uint64_t i = 0; i < model.items(); ++i) candidates.push_back(*model.item_id(i));
  const std::size_t k = std::min<std::size_t>(model.items(), 20);
  std::vector<float> vector(model.dim()), scores(candidates.size());
  std::vector<Recommendation> best(k);
  base::Xxh64 hash;
  const std::size_t most = model.max_history();
  for (std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, most / 2, most - 1, most, most + 5}) {
    std::vector<std::int64_t> history;
    for (std::size_t i = 0; i < length; ++i)
      history.push_back(candidates[(i * i * 7 + 3 * i + length) % candidates.size()]);
    RecommendOptions keep;
    keep.exclude_seen = false;
    const bool ok = session->encode(history, UnknownItem::error, vector).ok() &&
                    session->score(history, candidates, UnknownItem::error, scores).ok() &&
                    session->recommend(history, k, keep, best).ok();
    EXPECT_TRUE(ok) << "length " << length;
    hash.update(vector.data(), vector.size() * sizeof(float));
    hash.update(scores.data(), scores.size() * sizeof(float));
    for (const Recommendation& r : best) {
      hash.update(&r.item, sizeof(r.item));
      hash.update(&r.score, sizeof(r.score));
    }
  }
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash.digest()));
  return text;
}

// Encoders of real sizes, made in memory.
std::map<std::string, EncoderOptions> encoders() {
  std::map<std::string, EncoderOptions> out;
  for (bool int8 : {false, true}) {
    EncoderOptions o;
    o.int8 = int8;
    const std::string suffix = int8 ? "_int8" : "_fp32";
    o.items = 500;
    o.dim = 50;
    o.heads = 1;
    o.hidden = 50;
    o.slots = o.max_history = 200;
    out["d50_one_head" + suffix] = o;
    o.dim = 64;
    o.heads = 2;
    o.hidden = 256;
    o.slots = o.max_history = 50;
    o.padding = "none";
    o.bias = true;
    out["d64_two_heads" + suffix] = o;
    o.dim = 32;
    o.heads = 4;
    o.hidden = 33;
    o.slots = 40;
    o.max_history = 33;
    o.padding = "per_slot";
    o.positions = "from_right";
    o.causal = false;
    out["d32_bidirectional" + suffix] = o;
  }
  return out;
}

std::map<std::string, std::string> all_digests() {
  std::map<std::string, std::string> out;
  for (const auto& [name, options] : encoders()) {
    const AlignedBytes bytes(make_encoder(options).model.bytes());
    Result<Model> model = Model::open(bytes.data(), bytes.size());
    EXPECT_TRUE(model.ok()) << model.status().message();
    if (model.ok()) out[name] = digest(*model);
  }
  for (const char* name : {"schema1_fp32", "schema1_int8"}) {
    Result<Model> model = Model::open((std::string(HEED_GOLDEN_FOLDER "/models/") + name + ".heed").c_str());
    EXPECT_TRUE(model.ok()) << model.status().message();
    if (model.ok()) out[name] = digest(*model);
  }
  return out;
}

TEST(Checksums, AreTheSameOnEveryInstructionSet) {
  if (std::string(active_isa()).empty())
    GTEST_SKIP() << "HEED_ISA=" << std::getenv("HEED_ISA") << " cannot run here";
  std::printf("kernels: %s\n", active_isa());
  if (const char* wanted = std::getenv("HEED_ISA"); wanted != nullptr) {
    ASSERT_STREQ(active_isa(), wanted);
  }
  const auto got = all_digests();
  if (const char* path = std::getenv("HEED_WRITE_CHECKSUMS"); path != nullptr) {
    std::ofstream file(path);
    for (const auto& [name, sum] : got) file << name << " " << sum << "\n";
    return;
  }
  EXPECT_EQ(got, read_checksums());
}

// A build that fell back to scalar everywhere would still give the right bits: it fails here.
TEST(Checksums, TheDefaultIsNotTheScalarReference) {
  if (std::getenv("HEED_ISA") != nullptr) GTEST_SKIP() << "HEED_ISA is set";
  EXPECT_STRNE(active_isa(), "scalar");
  EXPECT_STRNE(active_isa(), "");
}

} // namespace
} // namespace heed::test
