#include "tests/converter/graph/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace heed::convert::test {
namespace {

class OwnedStorage final : public Storage {
 public:
  explicit OwnedStorage(std::vector<std::uint8_t> bytes) : Storage(bytes.size()), bytes_(std::move(bytes)) {}
  const std::uint8_t* data() const override { return bytes_.data(); }

 private:
  std::vector<std::uint8_t> bytes_;
};

template <class T>
Tensor tensor_of(SourceType type, const std::vector<std::int64_t>& shape, const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0; stride *= shape[d]) strides[d] = stride;
  return Tensor::checked("test", type, std::make_shared<OwnedStorage>(std::move(bytes)), 0, shape, strides);
}

std::int64_t elements(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

// One encoder under construction. No two draws stand among the arguments of one call: compilers evaluate
// those in different orders, and a seed is to mean the same graph everywhere.
class Encoder {
 public:
  explicit Encoder(const EncoderOptions& o) : o_(o), random_(o.seed), graph_(o.slots, o.side) {
    rule_.heads = o.heads;
    rule_.causal = o.causal;
    rule_.padding_masked = o.masked;
    rule_.fill = o.fill;
  }

  Graph build() {
    Embedding embedding{random_constant("items", o_.items, o_.dim, random_)};
    embedding.scale = 1.5;
    if (o_.positions) embedding.positions = random_constant("positions", o_.slots, o_.dim, random_);
    if (o_.pad_row) embedding.pad = random_constant("pad", 1, o_.dim, random_);
    embedding.pad_position = o_.pad_position;
    if (o_.append) embedding.append = random_constant("appended", 1, o_.dim, random_);
    embedding.hidden_row = o_.hidden_row;
    embedding.drop_oldest = o_.drop_oldest;
    ValueId x = masked("embedding.mask", graph_.embedding("embedding", std::move(embedding)));
    if (o_.gru) {
      const Constant hh_bias = constant("gru.hh.bias", 1, 3 * o_.dim);
      const Constant ih_bias = constant("gru.ih.bias", 1, 3 * o_.dim);
      const Constant hh = constant("gru.hh", 3 * o_.dim, o_.dim);
      x = graph_.gru("gru", x, constant("gru.ih", 3 * o_.dim, o_.dim), hh, ih_bias, hh_bias);
    }
    for (std::int64_t b = 0; b < o_.blocks; ++b) x = block(fmt::format("block{}", b), x);
    x = head(graph_.layer_norm("final_norm", x, norm("final_norm")));
    if (o_.own_scores) graph_.score_rows(random_constant("scores", o_.items, o_.dim, random_));
    if (o_.score_bias) graph_.score_bias(random_constant("score_bias", 1, o_.items, random_));
    return graph_.finish(x, 1, o_.slots - (o_.append ? 1 : 0));
  }

 private:
  Constant constant(const std::string& name, std::int64_t rows, std::int64_t cols) {
    return random_constant(name, rows, cols, random_);
  }
  Norm norm(const std::string& name) {
    return {constant(name + ".gamma", 1, o_.dim), constant(name + ".beta", 1, o_.dim), 1e-5, o_.unbiased,
            o_.eps_outside};
  }
  ValueId linear(const std::string& name, ValueId x, std::int64_t out, std::int64_t in,
                 const std::string& activation = "none", ValueId residual = kNone) {
    const Constant bias = constant(name + ".bias", 1, out);
    return graph_.linear(name, x, constant(name + ".weight", out, in), bias, activation, residual);
  }
  ValueId head(ValueId x) {
    const ValueId last = graph_.last("last", x);
    if (o_.head == "last") return last;
    if (o_.head != "attended")
      return graph_.multiply("head", graph_.pool("pool", x, o_.head, kNone, o_.sum_padding), last);
    const ValueId keys = linear("keys", x, 5, o_.dim), query = linear("query", last, 5, o_.dim);
    const ValueId attended = graph_.additive_attention("attended", keys, query, constant("v", 1, 5), x,
                                                       o_.activation, o_.sum_padding);
    if (o_.sum_padding) return linear("head", graph_.concat("both", attended, last), o_.dim, 2 * o_.dim);
    const ValueId alpha = linear("alpha", graph_.add("joined", keys, query), 1, 5);
    const ValueId pooled = graph_.pool("pool", graph_.multiply("weighted", x, alpha), "mean", alpha);
    return linear("head", graph_.concat("both", graph_.add("sums", attended, pooled), last), o_.dim,
                  2 * o_.dim);
  }
  ValueId masked(const std::string& name, ValueId x) {
    return o_.mask_padding ? graph_.mask_padding(name, x) : x;
  }
  ValueId attention(const std::string& name, ValueId query, ValueId x, ValueId residual) {
    const ValueId q = linear(name + ".q", query, o_.dim, o_.dim);
    const ValueId k = linear(name + ".k", x, o_.dim, o_.dim);
    const ValueId v = linear(name + ".v", x, o_.dim, o_.dim);
    const ValueId mixed = graph_.attention(name + ".attention", q, k, v, rule_);
    if (!o_.projection) return graph_.add(name + ".add", mixed, residual);
    return linear(name + ".projection", mixed, o_.dim, o_.dim, "none", residual);
  }
  ValueId forward(const std::string& name, ValueId x, ValueId residual) {
    const ValueId hidden = linear(name + ".forward1", x, o_.hidden, o_.dim, o_.activation);
    return linear(name + ".forward2", hidden, o_.dim, o_.hidden, "none", residual);
  }
  ValueId block(const std::string& name, ValueId x) {
    if (o_.norm == "query") {
      const ValueId query = graph_.layer_norm(name + ".norm1", x, norm(name + ".norm1"));
      const Norm norm2 = norm(name + ".norm2");
      x = graph_.layer_norm(name + ".norm2", attention(name, query, x, query), norm2);
      x = forward(name, x, x);
    } else if (o_.norm == "before") {
      const ValueId normed = graph_.layer_norm(name + ".norm1", x, norm(name + ".norm1"));
      x = attention(name, normed, normed, x);
      x = forward(name, graph_.layer_norm(name + ".norm2", x, norm(name + ".norm2")), x);
    } else {
      const Norm norm1 = norm(name + ".norm1");
      x = graph_.layer_norm(name + ".norm1", attention(name, x, x, x), norm1);
      const Norm norm2 = norm(name + ".norm2");
      x = graph_.layer_norm(name + ".norm2", forward(name, x, x), norm2);
    }
    return masked(name + ".mask", x);
  }

  const EncoderOptions& o_;
  std::mt19937 random_;
  Builder graph_;
  AttentionRule rule_;
};

} // namespace

Tensor float_tensor(const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
  return tensor_of(SourceType::f32, shape, values);
}

Tensor integer_tensor(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(elements(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i);
  return tensor_of(SourceType::i64, shape, values);
}

Tensor random_tensor(const std::vector<std::int64_t>& shape, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(elements(shape)));
  for (float& v : values) v = uniform(random);
  return float_tensor(shape, values);
}

Constant constant_of(const std::string& name, std::int64_t rows, std::int64_t cols,
                     const std::vector<double>& values) {
  Matrix matrix(rows, cols);
  matrix.values = values;
  Constant constant;
  constant.name = name;
  constant.source = computed_rows(std::move(matrix));
  return constant;
}

Constant random_constant(const std::string& name, std::int64_t rows, std::int64_t cols,
                         std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> values(static_cast<std::size_t>(rows * cols));
  for (double& v : values) v = uniform(random);
  return constant_of(name, rows, cols, values);
}

Graph random_encoder(const EncoderOptions& options) {
  return Encoder(options).build();
}

Graph file_form(Graph source, Precision precision) {
  quantize(source, precision);
  add_special_rows(source);
  Graph file = fold_padding(source);
  prune_last(file);
  return file;
}

void PrintTo(const EncoderCase& c, std::ostream* out) {
  *out << c.name;
}

std::vector<std::vector<std::int64_t>> histories_of_all_lengths(const Graph& graph, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int64_t> item(0, graph.items - 1);
  std::vector<std::vector<std::int64_t>> histories;
  for (std::int64_t length = 0; length <= graph.max_history + 3; ++length) {
    std::vector<std::int64_t> history(static_cast<std::size_t>(length));
    for (std::int64_t& i : history) i = item(random);
    histories.push_back(std::move(history));
  }
  return histories;
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    const double d = std::fabs(a[i] - b[i]);
    if (!(d <= largest)) largest = std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
  }
  return largest;
}

std::string error_message(StatusCode code, const std::function<void()>& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_STREQ(status_name(error.code()), status_name(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown; expected " << status_name(code);
  return "";
}

} // namespace heed::convert::test
