// shapes.txt: what kernels are timed on.
#ifndef HEED_BENCH_KERNELS_SHAPES_HPP
#define HEED_BENCH_KERNELS_SHAPES_HPP

#include "runtime/kernels/kernels.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace heed::bench {

// One line of it. What is wrong with a line ends the program with a message that names it.
class Shape {
 public:
  Shape(std::string place, std::string model, std::vector<std::pair<std::string, std::string>> fields)
      : place_(std::move(place)), model_(std::move(model)), fields_(std::move(fields)) {}

  // A whole number from 1, which must be there.
  std::size_t size(const char* field) const;
  // A word, or `otherwise`.
  std::string word(const char* field, const char* otherwise) const;
  kernels::Activation activation() const; // none, unless there is one
  // Its values: sizes with x between them, then words with _, such as "50x64x256_relu".
  std::string name() const;
  const std::string& model() const { return model_; }

 private:
  [[noreturn]] void fail(const std::string& message) const;
  std::string place_, model_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

class Shapes {
 public:
  // Every kernel has at least one shape, and every name is a kernel's.
  explicit Shapes(const std::string& path);
  const std::vector<Shape>& of(const std::string& kernel) const;

 private:
  std::vector<std::pair<std::string, std::vector<Shape>>> shapes_; // by kernel
};

} // namespace heed::bench

#endif // HEED_BENCH_KERNELS_SHAPES_HPP
