#include "converter/graph/reference_ops.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace heed::convert::reference {
namespace {

constexpr double kSqrtHalf = 0.70710678118654752440;      // sqrt(1/2)
constexpr double kSqrtTwoOverPi = 0.79788456080286535588; // sqrt(2/pi)

double dot(const double* a, const double* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// Keys of one query and head, with their scores: the real ones first, then padding rows.
struct Seen {
  std::vector<double> score;
  std::vector<double> count;
  std::vector<const double*> value;
};

void attend(const Seen& seen, std::int64_t head_dim, double* out) {
  if (seen.score.empty()) return;
  const double largest = *std::max_element(seen.score.begin(), seen.score.end());
  double denominator = 0;
  for (std::size_t j = 0; j < seen.score.size(); ++j) {
    const double p = seen.count[j] * std::exp(seen.score[j] - largest);
    denominator += p;
    for (std::int64_t c = 0; c < head_dim; ++c) out[c] += p * seen.value[j][c];
  }
  for (std::int64_t c = 0; c < head_dim; ++c) out[c] /= denominator;
}

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

Matrix attention(const AttentionArgs& a) {
  Matrix out(a.q.rows, a.q.cols);
  const std::int64_t head_dim = a.q.cols / a.heads;
  for (std::int64_t i = 0; i < a.q.rows; ++i) {
    const std::int64_t place = a.k.rows - a.q.rows + i;
    for (std::int64_t h = 0; h < a.heads; ++h) {
      const std::int64_t at = h * head_dim;
      Seen seen;
      const auto see = [&](const double* key, const double* value, double fill, double count) {
        seen.score.push_back(a.scale * dot(a.q.row(i) + at, key + at, head_dim) + fill);
        seen.count.push_back(count);
        seen.value.push_back(value + at);
      };
      for (std::int64_t j = 0; j < a.k.rows; ++j) {
        const bool future = a.causal && j > place;
        const bool hidden = future || (!a.hidden.empty() && a.hidden[static_cast<std::size_t>(j)]);
        if (hidden && std::isinf(a.fill)) continue;
        see(a.k.row(j), a.v.row(j), hidden ? a.fill : 0.0, 1.0);
      }
      for (std::int64_t r = 0; r < a.pad_rows; ++r)
        see(a.pad_k->row(r), a.pad_v->row(r), 0.0, a.multiplicity);
      attend(seen, head_dim, out.row(i) + at);
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

Matrix gru(const Matrix& x, const Matrix& weight_t, const Matrix* bias) {
  const std::int64_t cols = weight_t.rows;
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  Matrix out(x.rows, cols), h(1, cols);
  for (std::int64_t t = 0; t < x.rows; ++t) {
    const Matrix g = linear(h, weight_t, bias, nullptr, "none");
    const double* in = x.row(t);
    for (std::int64_t c = 0; c < cols; ++c) {
      const double r = sigmoid(in[c] + g.values[static_cast<std::size_t>(c)]);
      const double z = sigmoid(in[cols + c] + g.values[static_cast<std::size_t>(cols + c)]);
      const double n = std::tanh(in[2 * cols + c] + r * g.values[static_cast<std::size_t>(2 * cols + c)]);
      out.row(t)[c] = (1 - z) * n + z * h.row(0)[c];
    }
    std::copy_n(out.row(t), cols, h.row(0));
  }
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
