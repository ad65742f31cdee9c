// Rounding that looks at what a row is multiplied with, not at the row alone.
//
// Rounding element j of a weight row by e changes the product with an activation by e * x[j]. Where
// activations are correlated, the elements not yet rounded can make up for most of that: GPTQ (Frantar et
// al., ICLR 2023, arXiv:2210.17323), the greedy minimiser of E[((w - q) . x)^2], element by element.
#ifndef HEED_CONVERTER_QUANTIZE_SECOND_ORDER_HPP
#define HEED_CONVERTER_QUANTIZE_SECOND_ORDER_HPP

#include <cstddef>
#include <optional>
#include <vector>

namespace heed::convert {

class SecondOrder {
 public:
  // From the sum of x x^T over activations, [cols, cols]. Nothing when that is zero or not finite.
  static std::optional<SecondOrder> from(std::vector<double> moments, std::size_t cols);

  std::size_t cols() const { return cols_; }
  // How much of element j's error (divided by its own factor(j, j)) element k > j takes.
  double factor(std::size_t j, std::size_t k) const { return upper_[j * cols_ + k]; }

 private:
  SecondOrder(std::vector<double> upper, std::size_t cols) : upper_(std::move(upper)), cols_(cols) {}

  std::vector<double> upper_; // the upper Cholesky factor of the inverse of the damped moments
  std::size_t cols_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_QUANTIZE_SECOND_ORDER_HPP
