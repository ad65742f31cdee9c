// Every form of attention in tests/golden/attention: a graph whose queries, keys and values are the golden's,
// in the interpreter and in the runtime.
#include "converter/graph/interpreter.hpp"
#include "tests/converter/emit/every_table.hpp"
#include "tests/converter/emit/support.hpp"
#include "tests/converter/graph/support.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <ostream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace heed::convert {
namespace {

using nlohmann::json;

constexpr std::size_t kForms = 37;

// Read once: each test's name asks for it, in every process.
const json& forms() {
  static const json read = [] {
    std::ifstream file(HEED_GOLDEN "/attention/forms.json");
    return json::parse(file);
  }();
  return read;
}

Matrix matrix_of(const json& rows) {
  Matrix matrix(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.at(0).size()));
  for (std::int64_t r = 0; r < matrix.rows; ++r)
    for (std::int64_t c = 0; c < matrix.cols; ++c)
      matrix.row(r)[c] = rows.at(static_cast<std::size_t>(r)).at(static_cast<std::size_t>(c)).get<double>();
  return matrix;
}

Constant constant(const std::string& name, const Matrix& matrix) {
  return test::constant_of(name, matrix.rows, matrix.cols, matrix.values);
}

Constant row_of(const std::string& name, const Matrix& matrix, std::int64_t row, std::int64_t from,
                std::int64_t cols) {
  return test::constant_of(name, 1, cols, {matrix.row(row) + from, matrix.row(row) + from + cols});
}

// Items are the form's rows, queries beside keys beside values; linears with ones and zeros take them apart.
class Form {
 public:
  explicit Form(const json& form)
      : form_(form), attributes_(form.at("attributes")), q_(matrix_of(form.at("q"))),
        k_(matrix_of(form.at("k"))), v_(matrix_of(form.at("v"))), out_(matrix_of(form.at("out"))),
        heads_(form.at("heads")), head_dim_(form.at("head_dim")), self_(q_.rows == k_.rows),
        additive_(attributes_.at("similarity") == "additive"), builder_(k_.rows, PaddingSide::left) {}

  bool causal() const { return attributes_.at("causal").get<bool>(); }
  // Whether the user vector is all rows, side by side, rather than the newest event's or one an interest.
  bool additive() const { return additive_; }
  const Matrix& out() const { return out_; }

  Graph build() {
    const std::int64_t cols = (self_ ? q_.cols : 0) + k_.cols + v_.cols;
    Matrix items(k_.rows, cols);
    for (std::int64_t r = 0; r < k_.rows; ++r) {
      double* to = items.row(r);
      if (self_) to = std::copy_n(q_.row(r), q_.cols, to);
      std::copy_n(v_.row(r), v_.cols, std::copy_n(k_.row(r), k_.cols, to));
    }
    if (by_queries()) builder_.compute_padding(); // it sums over all slots, though here none is padded
    x_ = builder_.embedding("embedding", {constant("items", items)});
    const ValueId all = additive_ ? additive() : attended();
    const bool every_event = self_ && !additive_;
    const ValueId user = every_event ? builder_.last("last", all) : all;
    const std::int64_t dim = additive_ ? q_.rows * q_.cols : q_.cols;
    builder_.score_rows(test::constant_of(
        "scores", items.rows, dim, std::vector<double>(static_cast<std::size_t>(items.rows * dim), 1)));
    Graph graph = builder_.finish(user, 1, k_.rows);
    if (every_event) graph.outputs.push_back({"all", all});
    return graph;
  }

 private:
  bool by_queries() const { return attributes_.at("weights") == "softmax_queries"; }

  // `cols` columns of the embedding, from `first` on.
  ValueId columns(const std::string& name, std::int64_t first, std::int64_t cols) {
    const std::int64_t in = (self_ ? q_.cols : 0) + k_.cols + v_.cols;
    Matrix weight(cols, in);
    for (std::int64_t c = 0; c < cols; ++c) weight.row(c)[first + c] = 1;
    return builder_.linear(name, x_, constant(name + ".weight", weight), {});
  }
  ValueId keys(std::int64_t from, std::int64_t cols, const std::string& name) {
    return columns(name, (self_ ? q_.cols : 0) + from, cols);
  }

  ValueId attended() {
    ValueId q = self_ ? columns("q", 0, q_.cols) : builder_.parameter("q", constant("queries", q_));
    ValueId k = keys(0, k_.cols, "k");
    const ValueId v = keys(k_.cols, v_.cols, "v");
    AttentionRule rule;
    rule.heads = heads_;
    rule.key_heads = form_.at("kv_heads");
    if (attributes_.at("similarity") == "cosine") {
      q = builder_.l2_norm("q.cosine", q, heads_, attributes_.at("eps"));
      k = builder_.l2_norm("k.cosine", k, rule.key_heads, attributes_.at("eps"));
    }
    rule.scale = attributes_.at("scale").get<double>();
    rule.causal = causal();
    rule.padding_masked = !by_queries();
    rule.by_queries = by_queries();
    const std::string weights = attributes_.at("weights");
    if (!by_queries()) rule.weighting = weights;
    if (attributes_.contains("divisor")) rule.factor = 1 / attributes_.at("divisor").get<double>();
    rule.window = attributes_.value("window", 0);
    rule.stride = attributes_.value("stride", 1);
    if (attributes_.contains("position_bias"))
      rule.position_bias = constant("bias", matrix_of(attributes_.at("position_bias")));
    return builder_.attention("attention", q, k, v, rule);
  }

  // Additive attention has one query a node and no heads: a node for each query and head.
  ValueId additive() {
    const Matrix vectors = matrix_of(attributes_.at("vector"));
    std::vector<ValueId> head_keys, head_values;
    for (std::int64_t h = 0; h < heads_; ++h) {
      head_keys.push_back(keys(h * head_dim_, head_dim_, fmt::format("k{}", h)));
      head_values.push_back(keys(k_.cols + h * head_dim_, head_dim_, fmt::format("v{}", h)));
    }
    ValueId all = kNone;
    for (std::int64_t i = 0; i < q_.rows; ++i) {
      for (std::int64_t h = 0; h < heads_; ++h) {
        const std::string name = fmt::format("query{}.{}", i, h);
        const ValueId query = builder_.parameter(name, row_of(name, q_, i, h * head_dim_, head_dim_));
        const auto at = static_cast<std::size_t>(h);
        const ValueId one = builder_.additive_attention(name + ".attended", head_keys[at], query,
                                                        row_of(name + ".v", vectors, h, 0, head_dim_),
                                                        head_values[at], "tanh", false, true);
        all = all == kNone ? one : builder_.concat(name + ".joined", all, one);
      }
    }
    return all;
  }

  const json& form_;
  const json& attributes_;
  Matrix q_, k_, v_, out_;
  std::int64_t heads_, head_dim_;
  bool self_, additive_;
  Builder builder_;
  ValueId x_ = kNone;
};

class AttentionForms : public ::testing::TestWithParam<std::size_t> {
 protected:
  AttentionForms() : golden_(forms()[GetParam()]), form_(golden_), source_(form_.build()) {}

  Request history(std::int64_t events) const {
    Request request;
    for (std::int64_t i = 0; i < events; ++i) request.history.push_back(i);
    return request;
  }
  std::int64_t keys() const { return source_.slots; }

  // Compares what a run of the whole history gave. `all` has the rows of every query, or is empty where the
  // user vectors are these.
  template <class T>
  void expect_all(const std::vector<T>& user, const std::vector<T>& all, double bound) const {
    const Matrix& out = form_.out();
    const std::vector<T>& rows = all.empty() ? user : all;
    ASSERT_EQ(rows.size(), out.values.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_NEAR(static_cast<double>(rows[i]), out.values[i], bound) << i;
    if (all.empty()) return;
    ASSERT_EQ(user.size(), static_cast<std::size_t>(out.cols));
    for (std::size_t c = 0; c < user.size(); ++c)
      EXPECT_NEAR(static_cast<double>(user[c]), out.row(out.rows - 1)[c], bound) << c;
  }
  // Additive attention under a causal mask: a query sees the history up to its own event.
  template <class T>
  void expect_row(const std::vector<T>& user, std::int64_t row, double bound) const {
    const Matrix& out = form_.out();
    ASSERT_EQ(user.size(), out.values.size());
    for (std::int64_t c = 0; c < out.cols; ++c)
      EXPECT_NEAR(static_cast<double>(user[static_cast<std::size_t>(row * out.cols + c)]), out.row(row)[c],
                  bound)
          << row;
  }
  bool prefixes() const { return form_.additive() && form_.causal(); }

  void expect_interpreted(const Graph& graph) const {
    const Interpreter interpreter(graph);
    if (prefixes()) {
      for (std::int64_t i = 0; i < keys(); ++i) expect_row(interpreter.run(history(i + 1)), i, 1e-12);
      return;
    }
    const std::vector<Matrix> values = interpreter.run_all(history(keys()));
    const auto value = [&](ValueId id) { return values[static_cast<std::size_t>(id)].values; };
    expect_all(value(graph.output),
               graph.outputs.empty() ? std::vector<double>() : value(graph.outputs[0].value), 1e-12);
  }

  double range() const {
    const auto [low, high] = std::minmax_element(form_.out().values.begin(), form_.out().values.end());
    return *high - *low;
  }

  json golden_;
  Form form_;
  Graph source_;
};

TEST_P(AttentionForms, InterpreterGivesTheGoldensRows) {
  expect_interpreted(source_);
  Graph special = source_;
  quantize(special, Precision::fp32);
  add_special_rows(special);
  Graph file = fold_padding(special);
  prune_last(file);
  if (!source_.computes_padding && !source_.outputs.empty()) {
    // Without the other rows the last query is computed alone.
    Graph alone = source_;
    alone.outputs.clear();
    alone = test::file_form(alone, Precision::fp32);
    const std::vector<double> user = Interpreter(alone).run(history(keys()));
    for (std::size_t c = 0; c < user.size(); ++c)
      EXPECT_NEAR(user[c], form_.out().row(form_.out().rows - 1)[c], 1e-6 * range());
  }
}

TEST_P(AttentionForms, RuntimeGivesTheGoldensRowsUnderEveryTable) {
  const test::TempFolder folder;
  const std::string path = folder.path("model.heed");
  const Graph file = test::write_file_form(source_, Precision::fp32, path);

  auto model = Model::open(path.c_str());
  ASSERT_TRUE(model.ok()) << model.status().message();
  auto session = Session::create(*model);
  ASSERT_TRUE(session.ok()) << session.status().message();
  test::EveryTable tables(path);
  ASSERT_EQ(tables.problem(), "");
  const double bound = 5e-6 * range();
  for (std::int64_t events = prefixes() ? 1 : keys(); events <= keys(); ++events) {
    const Request request = history(events);
    const test::SessionRequest ids(file, request);
    test::Outputs outputs = {test::session_output(*session, kUserVector, file.dim(), ids.get())};
    if (!file.outputs.empty())
      outputs.push_back(test::session_output(*session, "all", form_.out().cols, ids.get()));
    if (prefixes())
      expect_row(outputs[0], events - 1, bound);
    else
      expect_all(outputs[0], outputs.size() > 1 ? outputs[1] : std::vector<float>(), bound);
    for (std::size_t t = 0; t < tables.count(); ++t)
      EXPECT_EQ(tables.run(t, test::place(file, request)), outputs) << tables.isa(t);
  }
}

std::string name_of(const ::testing::TestParamInfo<std::size_t>& param) {
  std::string name;
  bool upper = true;
  for (const char c : forms()[param.param].at("name").get<std::string>()) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = !letter;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, AttentionForms, ::testing::Range(std::size_t{0}, kForms), name_of);

TEST(AttentionFormsGolden, EveryFormIsTested) {
  EXPECT_EQ(forms().size(), kForms);
}

} // namespace
} // namespace heed::convert
