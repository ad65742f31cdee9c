#include "converter/families/computed.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>

namespace heed::convert {
namespace {

// Element [r, c] of a new matrix is that of another at places that `from` tells.
Constant rearranged(const Constant& constant, std::int64_t rows, std::int64_t cols,
                    const std::function<double(const Matrix&, std::int64_t, std::int64_t)>& from) {
  const Matrix source = constant.read();
  Matrix matrix(rows, cols);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c) matrix.row(r)[c] = from(source, r, c);
  Constant out = constant;
  out.source = computed_rows(std::move(matrix));
  return out;
}

class UnitRows final : public RowSource {
 public:
  UnitRows(RowSourcePtr base, double eps)
      : RowSource(base->rows(), base->cols()), base_(std::move(base)), eps_(eps) {}
  void read_row(std::int64_t row, double* out) const override {
    base_->read_row(row, out);
    double squares = 0;
    for (std::int64_t c = 0; c < cols(); ++c) squares += out[c] * out[c];
    for (std::int64_t c = 0; c < cols(); ++c) out[c] /= std::max(std::sqrt(squares), eps_);
  }

 private:
  RowSourcePtr base_;
  double eps_;
};

} // namespace

Constant computed(const std::string& name, Matrix matrix) {
  Constant constant;
  constant.name = name;
  constant.source = computed_rows(std::move(matrix));
  return constant;
}

Constant slice(const Constant& constant, const std::string& suffix, std::int64_t first, std::int64_t rows) {
  Constant out =
      rearranged(constant, rows, constant.cols(),
                 [&](const Matrix& m, std::int64_t r, std::int64_t c) { return m.row(first + r)[c]; });
  out.name += suffix;
  return out;
}

Constant columns(const Constant& constant, const std::string& suffix, std::int64_t first, std::int64_t cols) {
  Constant out =
      rearranged(constant, constant.rows(), cols,
                 [&](const Matrix& m, std::int64_t r, std::int64_t c) { return m.row(r)[first + c]; });
  out.name += suffix;
  return out;
}

Constant transposed(const Constant& constant) {
  Constant out = constant;
  out.source = computed_rows(transposed(constant.read()));
  return out;
}

Constant reversed_rows(const Constant& constant) {
  return rearranged(constant, constant.rows(), constant.cols(),
                    [](const Matrix& m, std::int64_t r, std::int64_t c) { return m.row(m.rows - 1 - r)[c]; });
}

Constant reversed_columns(const Constant& constant) {
  return rearranged(constant, constant.rows(), constant.cols(),
                    [](const Matrix& m, std::int64_t r, std::int64_t c) { return m.row(r)[m.cols - 1 - c]; });
}

Constant unit_rows(const Constant& constant, double eps) {
  Constant out = constant;
  out.name += ".unit";
  out.source = std::make_shared<UnitRows>(constant.source, eps);
  return out;
}

Constant with_mean_row(const Constant& constant, std::int64_t first) {
  const auto cols = static_cast<std::size_t>(constant.cols());
  std::vector<double> mean(cols), row(cols);
  for (std::int64_t r = first; r < constant.rows(); ++r) {
    constant.read_row(r, row.data());
    for (std::size_t c = 0; c < cols; ++c) mean[c] += row[c];
  }
  const auto count = static_cast<double>(std::max<std::int64_t>(1, constant.rows() - first));
  for (double& m : mean) m /= count;
  Constant out = constant;
  out.source = with_extra_row(constant.source, std::move(mean));
  return out;
}

ValueId user_embedding(Builder& graph, const std::string& name, const Constant& table,
                       std::int64_t first_known) {
  Feature user;
  user.name = "user";
  user.kind = FeatureKind::context_id;
  user.vocabulary = table.rows() + 1;
  user.default_value = table.rows();
  return graph.feature_embedding(name, graph.feature(user), with_mean_row(table, first_known));
}

} // namespace heed::convert
