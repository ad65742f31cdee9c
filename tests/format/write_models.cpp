// Writes model files with what the runtime computes from them, NAME.PRECISION.heed and NAME.PRECISION.json:
// every golden checkpoint, converted, and random graphs, which have every operator and option.
#include "converter/convert.hpp"
#include "converter/emit/writer.hpp"
#include "tests/converter/families/support.hpp"
#include "tests/converter/graph/random_graph.hpp"

#include <heed/session.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <numeric>
#include <string>

#include <fmt/format.h>

namespace {

using namespace heed;
using namespace heed::convert;
using nlohmann::json;

constexpr std::uint32_t kRandomGraphs = 150;

// A session on a written file.
class Runtime {
 public:
  explicit Runtime(const std::string& path)
      : model_(Model::open(path.c_str()).value()), session_(Session::create(model_).value()) {
    for (std::uint64_t i = 0; i < model_.items(); ++i) items_.push_back(model_.item_id(i).value());
  }
  std::int64_t first_id() const { return items_.front(); }

  // One request by ids, with the scores of all items and every output.
  json run(const std::vector<std::int64_t>& history,
           const std::map<std::string, std::vector<std::int64_t>>& features) {
    std::vector<FeatureValues> values;
    for (const auto& [name, given] : features) values.push_back({name.c_str(), given});
    const heed::Request request(history, values);
    std::vector<float> scores(items_.size());
    check(session_.score(request, items_, UnknownItem::error, scores));
    json outputs = json::object();
    for (const OutputInfo& output : model_.info().outputs) {
      std::vector<float> rows(std::size_t{1} << 16);
      const auto count = session_.output(output.name.c_str(), request, UnknownItem::error, rows);
      check(count.status());
      rows.resize(*count * output.cols);
      outputs[output.name] = rows;
    }
    return {{"history", history},
            {"features", features},
            {"scores", scores},
            {"outputs", outputs},
            {"reference", nullptr}};
  }

 private:
  Model model_;
  Session session_;
  std::vector<std::int64_t> items_;
};

void save(const json& cases, const std::string& base) {
  std::ofstream(base + ".json") << cases.dump();
}

void write_golden(const std::string& name, Precision precision, const std::string& base) {
  const json golden = test::golden_json(name);
  const BuildOptions build = test::golden_options(golden);
  ConvertOptions options;
  options.variant = build.variant;
  options.heads = build.heads;
  options.activation = build.activation;
  options.precision = precision;
  options.family = test::golden_family(golden);
  convert::convert(test::golden_checkpoint(name), options, base + ".heed");

  Runtime runtime(base + ".heed");
  json cases = json::array();
  for (const json& c : golden.at("cases")) {
    cases.push_back(runtime.run(c.at("history"), c.value("features", json::object())));
    cases.back()["reference"] = c.at("scores");
  }
  save(cases, base);
}

void write_random(std::uint32_t seed, Precision precision, const std::string& base) {
  Graph file = test::file_form(test::random_graph(seed), precision);
  file.planes = precision == Precision::int8 && seed % 2 == 0;
  Description description;
  description.family = "random";
  ModelWriter writer(file, description, base + ".heed");
  writer.write({});
  writer.commit();

  Runtime runtime(base + ".heed");
  json cases = json::array();
  for (const convert::Request& request : test::random_requests(file, seed)) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t row : request.history) ids.push_back(runtime.first_id() + row);
    cases.push_back(runtime.run(ids, request.features));
  }
  save(cases, base);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  try {
    for (const std::string& name : test::golden_names()) {
      write_golden(name, Precision::fp32, folder + test::test_name(name) + ".fp32");
      write_golden(name, Precision::int8, folder + test::test_name(name) + ".int8");
    }
    for (std::uint32_t seed = 1; seed <= kRandomGraphs; ++seed) {
      write_random(seed, Precision::fp32, fmt::format("{}random_{:03}.fp32", folder, seed));
      write_random(seed, Precision::int8, fmt::format("{}random_{:03}.int8", folder, seed));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
