#include "converter/graph/reference_ops.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace heed::convert::reference {
namespace {

constexpr double kSqrtHalf = 0.70710678118654752440;      // sqrt(1/2)
constexpr double kSqrtTwoOverPi = 0.79788456080286535588; // sqrt(2/pi)

} // namespace

Activation find_activation(const std::string& name) {
  if (name == "none") return [](double x) { return x; };
  if (name == "relu") return [](double x) { return x > 0 ? x : 0; };
  if (name == "gelu_erf") return [](double x) { return 0.5 * x * (1 + std::erf(x * kSqrtHalf)); };
  if (name == "gelu_tanh")
    return [](double x) { return 0.5 * x * (1 + std::tanh(kSqrtTwoOverPi * (x + 0.044715 * x * x * x))); };
  if (name == "silu") return [](double x) { return x / (1 + std::exp(-x)); };
  if (name == "sigmoid") return [](double x) { return 1 / (1 + std::exp(-x)); };
  if (name == "tanh") return [](double x) { return std::tanh(x); };
  throw std::logic_error("no activation is called " + name);
}

Matrix linear(const Matrix& x, const Matrix& weight_t, const Matrix* bias, const Matrix* residual,
              const std::string& activation) {
  const std::int64_t cols = weight_t.cols;
  const Activation activate = find_activation(activation);
  Matrix out(x.rows, cols);
  for (std::int64_t r = 0; r < x.rows; ++r) {
    double* y = out.row(r);
    for (std::int64_t k = 0; k < x.cols; ++k) {
      const double factor = x.row(r)[k];
      const double* w = weight_t.row(k);
      for (std::int64_t n = 0; n < cols; ++n) y[n] += factor * w[n];
    }
    for (std::int64_t n = 0; n < cols; ++n) {
      if (bias != nullptr) y[n] += bias->row(0)[n];
      y[n] = activate(y[n]);
      if (residual != nullptr) y[n] += residual->row(r)[n];
    }
  }
  return out;
}

Matrix layer_norm(const Matrix& x, const Matrix* gamma, const Matrix* beta, double eps, bool unbiased,
                  bool eps_outside) {
  Matrix out(x.rows, x.cols);
  const auto cols = static_cast<double>(x.cols);
  for (std::int64_t r = 0; r < x.rows; ++r) {
    const double* in = x.row(r);
    double mean = 0;
    for (std::int64_t c = 0; c < x.cols; ++c) mean += in[c];
    mean /= cols;
    double squares = 0;
    for (std::int64_t c = 0; c < x.cols; ++c) squares += (in[c] - mean) * (in[c] - mean);
    const double variance = squares / (unbiased ? cols - 1 : cols);
    const double divisor = eps_outside ? std::sqrt(variance) + eps : std::sqrt(variance + eps);
    for (std::int64_t c = 0; c < x.cols; ++c) {
      const double normed = (in[c] - mean) / divisor;
      out.row(r)[c] = gamma == nullptr ? normed : normed * gamma->row(0)[c] + beta->row(0)[c];
    }
  }
  return out;
}

Matrix combine(const Matrix& a, const Matrix& b, double (*f)(double, double)) {
  Matrix out(a.rows, a.cols);
  for (std::int64_t r = 0; r < a.rows; ++r) {
    const double* other = b.row(b.rows == 1 ? 0 : r);
    for (std::int64_t c = 0; c < a.cols; ++c) out.row(r)[c] = f(a.row(r)[c], other[b.cols == 1 ? 0 : c]);
  }
  return out;
}

Matrix concat(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows, a.cols + b.cols);
  for (std::int64_t r = 0; r < a.rows; ++r)
    std::copy_n(b.row(r), b.cols, std::copy_n(a.row(r), a.cols, out.row(r)));
  return out;
}

Matrix gru_cell(const Matrix& x, const Matrix& state, const Matrix& h) {
  const std::int64_t cols = h.cols;
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  Matrix out(h.rows, cols);
  for (std::int64_t t = 0; t < h.rows; ++t) {
    const double *in = x.row(t), *g = state.row(t);
    for (std::int64_t c = 0; c < cols; ++c) {
      const double r = sigmoid(in[c] + g[c]);
      const double z = sigmoid(in[cols + c] + g[cols + c]);
      const double n = std::tanh(in[2 * cols + c] + r * g[2 * cols + c]);
      out.row(t)[c] = (1 - z) * n + z * h.row(t)[c];
    }
  }
  return out;
}

Matrix gru(const Matrix& x, const Matrix& weight_t, const Matrix* bias) {
  const std::int64_t cols = weight_t.rows;
  Matrix out(x.rows, cols), h(1, cols), in(1, x.cols);
  for (std::int64_t t = 0; t < x.rows; ++t) {
    std::copy_n(x.row(t), x.cols, in.row(0));
    h = gru_cell(in, linear(h, weight_t, bias, nullptr, "none"), h);
    std::copy_n(h.row(0), cols, out.row(t));
  }
  return out;
}

Matrix largest(const Matrix& x, const std::vector<double>& counts, std::int64_t skip) {
  Matrix out(1, x.cols);
  bool any = false;
  for (std::int64_t r = skip; r < x.rows; ++r) {
    if (counts[static_cast<std::size_t>(r)] == 0) continue;
    for (std::int64_t c = 0; c < x.cols; ++c)
      out.row(0)[c] = any ? std::max(out.row(0)[c], x.row(r)[c]) : x.row(r)[c];
    any = true;
  }
  return out;
}

Matrix l2_norm(const Matrix& x, std::int64_t heads, double eps) {
  Matrix out(x.rows, x.cols);
  const std::int64_t share = x.cols / heads;
  for (std::int64_t r = 0; r < x.rows; ++r) {
    for (std::int64_t c = 0; c < x.cols; ++c) {
      double squares = 0;
      for (std::int64_t i = c / share * share; i < (c / share + 1) * share; ++i)
        squares += x.row(r)[i] * x.row(r)[i];
      out.row(r)[c] = x.row(r)[c] / std::max(std::sqrt(squares), eps);
    }
  }
  return out;
}

Matrix unfold(const Matrix& x, std::int64_t width) {
  Matrix out(x.rows, width * x.cols);
  for (std::int64_t t = 0; t < x.rows; ++t) {
    for (std::int64_t w = 0; w < width; ++w) {
      const std::int64_t from = t - width + 1 + w;
      if (from >= 0) std::copy_n(x.row(from), x.cols, out.row(t) + w * x.cols);
    }
  }
  return out;
}

Matrix flatten(const Matrix& x) {
  Matrix out(1, x.rows * x.cols);
  out.values = x.values;
  return out;
}

Matrix mix(const Matrix& x, const Matrix& weights, const Matrix* bias, std::int64_t heads,
           const std::vector<std::int64_t>& slots, bool per_event) {
  const std::int64_t rows = weights.rows / heads, share = x.cols / heads;
  Matrix out(per_event ? x.rows : rows, x.cols);
  for (std::int64_t r = 0; r < out.rows; ++r) {
    const std::int64_t weight_row = per_event ? slots[static_cast<std::size_t>(r)] : r;
    for (std::int64_t c = 0; c < x.cols; ++c) {
      for (std::int64_t t = 0; t < x.rows; ++t)
        out.row(r)[c] +=
            weights.row(c / share * rows + weight_row)[slots[static_cast<std::size_t>(t)]] * x.row(t)[c];
      if (bias != nullptr) out.row(r)[c] += bias->row(0)[r];
    }
  }
  return out;
}

Matrix neighbours(const Matrix& x, const std::vector<std::int64_t>& items, bool in) {
  const auto count = static_cast<std::int64_t>(items.size());
  const auto item = [&](std::int64_t t) { return items[static_cast<std::size_t>(t)]; };
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> edges; // to where each stands first
  for (std::int64_t t = 0; t + 1 < count; ++t)
    if (item(t) >= 0 && item(t + 1) >= 0) edges.emplace(std::make_pair(item(t), item(t + 1)), t);
  Matrix out(x.rows, x.cols);
  for (std::int64_t t = 0; t < count; ++t) {
    double degree = 0;
    for (const auto& [edge, at] : edges) {
      if ((in ? edge.second : edge.first) != item(t)) continue;
      ++degree;
      for (std::int64_t c = 0; c < x.cols; ++c) out.row(t)[c] += x.row(in ? at : at + 1)[c];
    }
    for (std::int64_t c = 0; c < x.cols && degree > 0; ++c) out.row(t)[c] /= degree;
  }
  return out;
}

Matrix capsule_routing(const Matrix& x, Matrix logits, const std::vector<double>& counts,
                       std::int64_t iterations, std::int64_t interests) {
  Matrix out(logits.rows, x.cols), weights(x.rows, interests);
  for (std::int64_t i = 0; i < iterations; ++i) {
    for (std::int64_t t = 0; t < x.rows; ++t) {
      double total = 0, largest = logits.row(0)[t];
      for (std::int64_t k = 0; k < interests; ++k) largest = std::max(largest, logits.row(k)[t]);
      for (std::int64_t k = 0; k < interests; ++k) total += std::exp(logits.row(k)[t] - largest);
      for (std::int64_t k = 0; k < interests; ++k)
        weights.row(t)[k] =
            counts[static_cast<std::size_t>(t)] * std::exp(logits.row(k)[t] - largest) / total;
    }
    for (std::int64_t k = 0; k < interests; ++k) {
      double* z = out.row(k);
      double squares = 0;
      std::fill_n(z, x.cols, 0.0);
      for (std::int64_t t = 0; t < x.rows; ++t)
        for (std::int64_t c = 0; c < x.cols; ++c) z[c] += weights.row(t)[k] * x.row(t)[c];
      for (std::int64_t c = 0; c < x.cols; ++c) squares += z[c] * z[c];
      for (std::int64_t c = 0; c < x.cols; ++c) z[c] *= squares / (1 + squares) / std::sqrt(squares + 1e-9);
      for (std::int64_t t = 0; t < x.rows; ++t)
        for (std::int64_t c = 0; c < x.cols; ++c) logits.row(k)[t] += z[c] * x.row(t)[c];
    }
  }
  for (std::int64_t k = interests; k < out.rows; ++k) std::copy_n(out.row(0), out.cols, out.row(k));
  return out;
}

Matrix weighted_sum(const Matrix& x, const Matrix* weights, const std::vector<double>& counts) {
  Matrix out(1, x.cols);
  for (std::int64_t r = 0; r < x.rows; ++r) {
    const double count = counts[static_cast<std::size_t>(r)];
    if (count == 0) continue;
    const double weight = count * (weights == nullptr ? 1.0 : weights->row(r)[0]);
    for (std::int64_t c = 0; c < x.cols; ++c) out.row(0)[c] += weight * x.row(r)[c];
  }
  return out;
}

Matrix additive_similarity(const Matrix& keys, const Matrix* query, const Matrix& v,
                           const std::string& activation) {
  const Activation activate = find_activation(activation);
  Matrix out(keys.rows, 1);
  for (std::int64_t r = 0; r < keys.rows; ++r) {
    for (std::int64_t c = 0; c < keys.cols; ++c)
      out.row(r)[0] += v.row(0)[c] * activate(keys.row(r)[c] + (query == nullptr ? 0.0 : query->row(0)[c]));
  }
  return out;
}

} // namespace heed::convert::reference
