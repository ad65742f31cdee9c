// The constants of a graph: matrices that are read row by row, so a table of any size costs no memory.
#ifndef HEED_CONVERTER_GRAPH_CONSTANT_HPP
#define HEED_CONVERTER_GRAPH_CONSTANT_HPP

#include "converter/quantize/int8.hpp"
#include "converter/readers/tensor.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace heed::convert {

// A dense matrix in double precision: [rows, cols], row after row.
struct Matrix {
  std::int64_t rows = 0, cols = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(std::int64_t r, std::int64_t c)
      : rows(r), cols(c), values(static_cast<std::size_t>(r) * static_cast<std::size_t>(c)) {}
  double* row(std::int64_t r) { return values.data() + r * cols; }
  const double* row(std::int64_t r) const { return values.data() + r * cols; }
};

Matrix transposed(const Matrix& matrix);

// Where the rows of a constant come from. Immutable, and safe to read from several threads.
class RowSource {
 public:
  RowSource(std::int64_t rows, std::int64_t cols) : rows_(rows), cols_(cols) {}
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return cols_; }
  // Writes row `row` (0 <= row < rows()) to `out`, cols() elements.
  virtual void read_row(std::int64_t row, double* out) const = 0;

 private:
  std::int64_t rows_, cols_;
};
using RowSourcePtr = std::shared_ptr<const RowSource>;

// Rows `first` to `first + rows` of a tensor seen as a matrix of `cols` columns (row-major). The tensor is
// read when asked, never copied. Precondition: the window lies inside.
RowSourcePtr tensor_rows(const Tensor& tensor, std::int64_t cols, std::int64_t first, std::int64_t rows);
// A small computed matrix.
RowSourcePtr computed_rows(Matrix matrix);
// `base` with one further row.
RowSourcePtr with_extra_row(RowSourcePtr base, std::vector<double> row);

// The form in which the file keeps a constant.
enum class Stored : std::uint8_t {
  source, // undecided: values as the checkpoint has them
  f32,
  i8 // one scale a row, quantize/int8.hpp
};

struct Constant {
  std::string name;
  RowSourcePtr source;
  Stored stored = Stored::source;
  std::shared_ptr<const SecondOrder> rounding = {}; // of i8; null: each element to its nearest
  int source_bits = 32;                             // of one element in the checkpoint, for information

  std::int64_t rows() const noexcept { return source->rows(); }
  std::int64_t cols() const noexcept { return source->cols(); }
  // Row `row` as the file will give it back: rounded to float, or quantized and expanded again. Whatever is
  // computed from it later follows from exactly what the file holds.
  void read_row(std::int64_t row, double* out) const;
  // Stored::i8: quantizes a row of `source`, as float; returns its scale.
  float quantize(const float* row, std::int8_t* out) const;
  // All rows. Meant for constants that fit memory with ease.
  Matrix read() const;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_CONSTANT_HPP
