// Converts every golden checkpoint in both precisions into a folder, with the runtime's scores of its cases
// beside each file: NAME.PRECISION.heed and NAME.PRECISION.json.
#include "converter/convert.hpp"
#include "tests/converter/families/support.hpp"

#include <heed/session.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

namespace {

using namespace heed;
using namespace heed::convert;

void write(const std::string& name, Precision precision, const std::string& base) {
  const nlohmann::json golden = test::golden_json(name);
  const BuildOptions build = test::golden_options(golden);
  ConvertOptions options;
  options.variant = build.variant;
  options.heads = build.heads;
  options.activation = build.activation;
  options.precision = precision;
  options.family = test::golden_family(golden);
  convert::convert(test::golden_checkpoint(name), options, base + ".heed");

  Session session = Session::create(Model::open((base + ".heed").c_str()).value()).value();
  std::vector<std::int64_t> all;
  const std::int64_t first = test::golden_first_id(golden);
  for (std::int64_t i = 0; i < golden.at("items").get<std::int64_t>(); ++i) all.push_back(first + i);
  nlohmann::json cases = nlohmann::json::array();
  for (const auto& c : golden.at("cases")) {
    std::vector<float> scores(all.size());
    const Status status =
        session.score(c.at("history").get<std::vector<std::int64_t>>(), all, UnknownItem::error, scores);
    if (!status.ok()) throw Error(status);
    cases.push_back({{"history", c.at("history")}, {"scores", scores}, {"reference", c.at("scores")}});
  }
  std::ofstream(base + ".json") << cases.dump();
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  try {
    for (const std::string& name : test::golden_names()) {
      write(name, Precision::fp32, std::string(argv[1]) + "/" + test::test_name(name) + ".fp32");
      write(name, Precision::int8, std::string(argv[1]) + "/" + test::test_name(name) + ".int8");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
