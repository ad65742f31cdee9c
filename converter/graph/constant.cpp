#include "converter/graph/constant.hpp"

#include <algorithm>
#include <utility>

namespace heed::convert {
namespace {

class TensorRows final : public RowSource {
 public:
  TensorRows(const Tensor& tensor, std::int64_t cols, std::int64_t first, std::int64_t rows)
      : RowSource(rows, cols), tensor_(tensor), first_(first) {}
  void read_row(std::int64_t row, double* out) const override {
    tensor_.read((first_ + row) * cols(), cols(), out);
  }

 private:
  Tensor tensor_;
  std::int64_t first_;
};

class ComputedRows final : public RowSource {
 public:
  explicit ComputedRows(Matrix matrix) : RowSource(matrix.rows, matrix.cols), matrix_(std::move(matrix)) {}
  void read_row(std::int64_t row, double* out) const override {
    std::copy_n(matrix_.row(row), matrix_.cols, out);
  }

 private:
  Matrix matrix_;
};

class ExtraRow final : public RowSource {
 public:
  ExtraRow(RowSourcePtr base, std::vector<double> row)
      : RowSource(base->rows() + 1, base->cols()), base_(std::move(base)), row_(std::move(row)) {}
  void read_row(std::int64_t row, double* out) const override {
    if (row < base_->rows()) return base_->read_row(row, out);
    std::copy(row_.begin(), row_.end(), out);
  }

 private:
  RowSourcePtr base_;
  std::vector<double> row_;
};

} // namespace

Matrix transposed(const Matrix& matrix) {
  Matrix out(matrix.cols, matrix.rows);
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t c = 0; c < matrix.cols; ++c) out.row(c)[r] = matrix.row(r)[c];
  }
  return out;
}

RowSourcePtr tensor_rows(const Tensor& tensor, std::int64_t cols, std::int64_t first, std::int64_t rows) {
  return std::make_shared<TensorRows>(tensor, cols, first, rows);
}

RowSourcePtr computed_rows(Matrix matrix) {
  return std::make_shared<ComputedRows>(std::move(matrix));
}

RowSourcePtr with_extra_row(RowSourcePtr base, std::vector<double> row) {
  return std::make_shared<ExtraRow>(std::move(base), std::move(row));
}

void Constant::read_row(std::int64_t row, double* out) const {
  source->read_row(row, out);
  const auto count = static_cast<std::size_t>(cols());
  if (stored == Stored::source) return;
  if (stored == Stored::f32) {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(out[i]);
    return;
  }
  std::vector<float> rounded(out, out + count);
  std::vector<std::int8_t> q(count);
  const double scale = quantize(rounded.data(), q.data());
  for (std::size_t i = 0; i < count; ++i) out[i] = q[i] * scale;
}

float Constant::quantize(const float* row, std::int8_t* out) const {
  return quantize_row(row, static_cast<std::size_t>(cols()), out, rounding.get());
}

Matrix Constant::read() const {
  Matrix matrix(rows(), cols());
  for (std::int64_t r = 0; r < rows(); ++r) read_row(r, matrix.row(r));
  return matrix;
}

} // namespace heed::convert
