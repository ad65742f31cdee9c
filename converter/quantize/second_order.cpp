#include "converter/quantize/second_order.hpp"

#include <cmath>
#include <utility>

namespace heed::convert {
namespace {

constexpr double kDamping = 0.01; // of the mean diagonal, as in GPTQ

// The lower Cholesky factor of a symmetric matrix, in place; false when it is not positive definite.
bool cholesky(std::vector<double>& a, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      if (i != j) {
        a[i * n + j] = sum / a[j * n + j];
      } else {
        if (!(sum > 0)) return false;
        a[i * n + i] = std::sqrt(sum);
      }
    }
    for (std::size_t j = i + 1; j < n; ++j) a[i * n + j] = 0;
  }
  return true;
}

// The inverse of L L^T from its lower factor L.
std::vector<double> inverse_of(const std::vector<double>& lower, std::size_t n) {
  std::vector<double> inverse(n * n), column(n);
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t i = 0; i < n; ++i) {
      double sum = i == c ? 1.0 : 0.0;
      for (std::size_t k = 0; k < i; ++k) sum -= lower[i * n + k] * column[k];
      column[i] = sum / lower[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      double sum = column[i];
      for (std::size_t k = i + 1; k < n; ++k) sum -= lower[k * n + i] * column[k];
      column[i] = sum / lower[i * n + i];
    }
    for (std::size_t i = 0; i < n; ++i) inverse[i * n + c] = column[i];
  }
  return inverse;
}

} // namespace

std::optional<SecondOrder> SecondOrder::from(std::vector<double> moments, std::size_t cols) {
  double trace = 0;
  for (std::size_t i = 0; i < cols; ++i) trace += moments[i * cols + i];
  if (!(trace > 0) || !std::isfinite(trace)) return std::nullopt;
  for (std::size_t i = 0; i < cols; ++i)
    moments[i * cols + i] += kDamping * trace / static_cast<double>(cols);
  if (!cholesky(moments, cols)) return std::nullopt;
  std::vector<double> inverse = inverse_of(moments, cols);
  if (!cholesky(inverse, cols)) return std::nullopt;
  std::vector<double> upper(cols * cols);
  for (std::size_t i = 0; i < cols; ++i) {
    for (std::size_t j = i; j < cols; ++j) upper[i * cols + j] = inverse[j * cols + i];
  }
  return SecondOrder(std::move(upper), cols);
}

} // namespace heed::convert
