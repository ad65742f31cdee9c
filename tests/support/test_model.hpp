// Small models made in memory: what the runtime's tests run, and what malformed files are derived from.
//
// Independent of the converter. Metadata is the schema's object form, so a test changes any field before
// bytes() puts the file together.
#ifndef HEED_TESTS_SUPPORT_TEST_MODEL_HPP
#define HEED_TESTS_SUPPORT_TEST_MODEL_HPP

#include "heed_generated.h"
#include "runtime/base/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heed::test {

// A row-major matrix.
struct Matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<float> data;
  float at(std::size_t r, std::size_t c) const { return data[r * cols + c]; }
};

// Elements in [-range, range), the same for the same seed everywhere.
Matrix random_matrix(std::size_t rows, std::size_t cols, std::uint32_t seed, float range);

class TestModel {
 public:
  format::ModelT meta;
  std::vector<std::vector<std::uint8_t>> segments; // by tensor

  // Each adds a tensor and returns its index.
  int add_row_major(const std::string& name, const Matrix& m);
  int add_n16(const std::string& name, const Matrix& m);
  int add_n16k4(const std::string& name, const Matrix& m);  // quantizes per row; adds the scales too
  int add_planes(const std::string& name, const Matrix& m); // the same as planes; adds the bounds, too
  int add_i64(const std::string& name, const std::vector<std::int64_t>& values);
  int add_u64(const std::string& name, const std::vector<std::uint64_t>& values);

  // Each adds a value and returns its index.
  int constant(int tensor);
  int input_ids();
  // A feature. Its further fields are those of the last of meta.inputs.
  int feature(const std::string& name, format::InputKind kind, std::uint64_t vocabulary = 0,
              std::int64_t first_id = 0, std::int64_t default_value = 0);
  // `count` is that of several rows.
  int rows(const std::string& name, format::Rows kind, std::size_t cols, std::size_t count = 0);

  struct Attr {
    std::string name;
    std::int64_t integer = 0;
    double real = 0;
    std::string choice;
  };
  static Attr integer(const char* name, std::int64_t value) { return {name, value, 0, {}}; }
  static Attr real(const char* name, double value) { return {name, 0, value, {}}; }
  static Attr choice(const char* name, const char* value) { return {name, 0, 0, value}; }
  // Adds a node that makes a new value of that shape; returns the value.
  int node(const std::string& op, const std::vector<int>& inputs, const std::vector<Attr>& attributes,
           format::Rows kind, std::size_t cols, std::size_t count = 0);

  // Adds an output; `empty_history` is a tensor, or -1.
  void output(const std::string& name, int value, int empty_history);

  // The file. Sets offsets, lengths and checksums of tensors whose offset is 0; others keep what a test
  // wrote.
  std::vector<std::uint8_t> bytes();

 private:
  int add_quantized(const std::string& name, const Matrix& m, bool planes);
  int add_tensor(const std::string& name, format::DType dtype, format::Layout layout, std::size_t rows,
                 std::size_t cols, std::vector<std::uint8_t> segment);
  int add_input(std::unique_ptr<format::InputT> input);
};

// Bytes in memory that Model::open takes.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::vector<std::uint8_t>& bytes);
  const void* data() const { return buffer_.data(); }
  std::size_t size() const { return size_; }

 private:
  base::AlignedBuffer buffer_;
  std::size_t size_;
};

// A small pre-norm causal encoder with one item table, and its weights for an independent computation.
struct EncoderOptions {
  std::size_t items = 37, dim = 12, heads = 2, blocks = 2, hidden = 20, slots = 9, max_history = 7;
  bool int8 = false;
  bool planes = false;                 // int8 item rows as planes
  bool bias = false;                   // an item bias
  bool shuffled_ids = false;           // explicit ids instead of first_id
  const char* padding = "constant";    // attention's padding attribute
  const char* positions = "from_left"; // embedding's position_rule
  bool causal = true;
  std::uint32_t seed = 1;
};
struct EncoderBlock {
  Matrix gamma1, beta1, wq, bq, wk, wv, wo, pad_k, pad_v, gamma2, beta2, w1, b1, w2, b2;
};
struct Encoder {
  EncoderOptions options;
  TestModel model;
  Matrix items; // [items + 1, dim]; the last row stands for unknown items
  Matrix positions, empty, item_bias;
  std::vector<EncoderBlock> blocks;
  std::vector<std::int64_t> ids; // by row
};
Encoder make_encoder(const EncoderOptions& options);

// The user vector for item rows, in double precision by the plain formulas (fp32 models).
std::vector<double> reference_vector(const Encoder& encoder, const std::vector<std::size_t>& rows);

} // namespace heed::test

#endif // HEED_TESTS_SUPPORT_TEST_MODEL_HPP
