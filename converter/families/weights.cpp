#include "converter/families/weights.hpp"

#include "converter/error.hpp"
#include "converter/families/computed.hpp"
#include "converter/families/wildcards.hpp"
#include "converter/readers/text.hpp"
#include "runtime/base/nearest.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace heed::convert {
namespace {

constexpr std::size_t kListed = 12;     // names in one message
constexpr std::size_t kCompared = 1000; // names among which a missing one is looked for

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kListed); ++i) text += "\n  " + lines[i];
  if (lines.size() > kListed) text += fmt::format("\n  and {} more", lines.size() - kListed);
  return text;
}

void check_finite(const std::string& name, const Tensor& tensor) {
  constexpr std::int64_t kChunk = 1 << 16;
  std::vector<float> values(static_cast<std::size_t>(std::min(kChunk, tensor.elements())));
  for (std::int64_t first = 0; first < tensor.elements(); first += kChunk) {
    const std::int64_t count = std::min(kChunk, tensor.elements() - first);
    tensor.read(first, count, values.data());
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = values[static_cast<std::size_t>(i)];
      if (std::isfinite(value)) continue;
      std::string index;
      std::int64_t rest = first + i;
      for (std::size_t d = tensor.shape().size(); d-- > 0; rest /= tensor.shape()[d])
        index = fmt::format("{}{}{}", rest % tensor.shape()[d], index.empty() ? "" : ", ", index);
      throw Error(StatusCode::weights_not_finite, fmt::format("weight {} is {} at [{}]", name, value, index));
    }
  }
}

} // namespace

Weights::Weights(const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.weights) {
    names_.push_back(name);
    tensors_[name] = &tensor;
  }
}

std::size_t Weights::count(const std::vector<std::string>& names) const {
  return static_cast<std::size_t>(
      std::count_if(names.begin(), names.end(), [&](const std::string& name) { return has(name); }));
}

std::int64_t Weights::blocks(const std::string& pattern) const {
  const std::size_t hole = pattern.find('#');
  const std::string before = pattern.substr(0, hole), after = pattern.substr(hole + 1);
  std::int64_t blocks = 0;
  for (const std::string& name : names_) {
    if (name.compare(0, before.size(), before) != 0) continue;
    const std::size_t end = std::min(name.find_first_not_of("0123456789", before.size()), name.size());
    if (end == before.size() || end > before.size() + 4) continue;
    if (name.compare(end, after.size(), after) != 0) continue;
    blocks = std::max<std::int64_t>(blocks, std::stol(name.substr(before.size(), end - before.size())) + 1);
  }
  return blocks;
}

void Weights::require(const std::vector<std::string>& names, const std::string& family) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (has(name)) {
      taken_[name] = true;
    } else {
      missing.push_back(name);
    }
  }
  if (missing.empty()) return;
  // Hostile files have names without end; the first ones are enough to recognise a slip.
  std::vector<std::string> free; // names nobody asked for
  for (const std::string& name : names_) {
    if (taken_.count(name) == 0 && free.size() < kCompared) free.push_back(name);
  }
  for (std::size_t i = 0; i < std::min(missing.size(), kListed); ++i) {
    const std::string near = base::nearest(missing[i], free);
    if (!near.empty()) missing[i] += fmt::format(" (the checkpoint has {})", in_quotes(near));
  }
  throw Error(StatusCode::weights_missing,
              fmt::format("the checkpoint lacks {} weight{} of {}:{}", missing.size(),
                          missing.size() == 1 ? "" : "s", family, list(missing)));
}

Weights::Shape2 Weights::shape_of(const std::string& name, bool matrix) const {
  const Tensor& tensor = *tensors_.at(name);
  if (!tensor.is_floating())
    throw Error(StatusCode::checkpoint_unsupported,
                fmt::format("weight {} holds {} numbers; floating-point ones are needed", name,
                            name_of(tensor.type())));
  std::vector<std::int64_t> shape = tensor.shape();
  while (shape.size() > 2 && shape.back() == 1) shape.pop_back();
  while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
  if (tensor.elements() == 0)
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {} {} has no elements", name, shape_text(tensor.shape())));
  if (shape.empty() || (matrix && shape.size() > 2))
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {} {} is not a matrix or a vector", name, shape_text(tensor.shape())));
  return shape.size() == 1 ? Shape2{1, shape[0]} : Shape2{shape[0], shape[1]};
}

const Tensor& Weights::take(const std::string& name) {
  taken_[name] = true;
  return *tensors_.at(name);
}

Constant Weights::matrix(const std::string& name) {
  return rows(name, "", 0, shape_of(name).rows);
}

Constant Weights::rows(const std::string& name, const std::string& suffix, std::int64_t first,
                       std::int64_t count) {
  const Shape2 shape = shape_of(name);
  const Tensor& tensor = take(name);
  if (count < 1 || first + count > shape.rows)
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {} {} has fewer than the {} rows needed", name,
                            shape_text(tensor.shape()), first + std::max<std::int64_t>(count, 1)));
  Constant constant;
  constant.name = name + suffix;
  constant.source = tensor_rows(tensor, shape.cols, first, count);
  constant.source_bits = static_cast<int>(8 * size_of(tensor.type()));
  return constant;
}

Constant Weights::elements(const std::string& name, std::int64_t first, std::int64_t count) {
  const Shape2 shape = shape_of(name);
  const Tensor& tensor = take(name);
  if (shape.rows != 1 || count < 1 || first + count > shape.cols)
    throw Error(StatusCode::weights_shape,
                fmt::format("weight {} {} is no vector of {} or more elements", name,
                            shape_text(tensor.shape()), first + std::max<std::int64_t>(count, 1)));
  Matrix values(1, count);
  tensor.read(first, count, values.row(0));
  Constant constant;
  constant.name = name;
  constant.source = computed_rows(std::move(values));
  constant.source_bits = static_cast<int>(8 * size_of(tensor.type()));
  return constant;
}

Constant Weights::part(const std::string& name, const std::string& suffix, std::int64_t index,
                       std::int64_t parts) {
  const Tensor& tensor = take(name);
  Shape2 shape = shape_of(name);
  const bool vector = tensor.shape().size() == 1;
  const std::int64_t size = vector ? shape.cols : shape.rows;
  if (size % parts != 0)
    throw Error(StatusCode::weights_shape, fmt::format("weight {} {} does not split into {} equal parts",
                                                       name, shape_text(tensor.shape()), parts));
  if (!vector) return rows(name, suffix, index * size / parts, size / parts);
  Constant constant = rows(name, suffix, 0, 1);
  constant.source = tensor_rows(tensor, size / parts, index, 1); // a vector is `parts` rows of its parts
  return constant;
}

Constant Weights::transposed(const std::string& name) {
  return convert::transposed(matrix(name));
}

Constant Weights::flattened(const std::string& name) {
  shape_of(name, false); // what is no weight at all
  const Tensor& tensor = take(name);
  Constant constant;
  constant.name = name;
  constant.source = tensor_rows(tensor, tensor.elements() / tensor.shape()[0], 0, tensor.shape()[0]);
  constant.source_bits = static_cast<int>(8 * size_of(tensor.type()));
  return constant;
}

Constant Weights::conv1d(const std::string& name) {
  const std::vector<std::int64_t>& shape = tensors_.at(name)->shape();
  if (shape.size() != 3)
    throw Error(
        StatusCode::weights_shape,
        fmt::format("weight {} {} is no kernel of a convolution along one axis", name, shape_text(shape)));
  const std::int64_t in = shape[1], width = shape[2];
  Constant constant = flattened(name);
  const Matrix source = constant.read();
  Matrix turned(source.rows, source.cols);
  for (std::int64_t r = 0; r < source.rows; ++r)
    for (std::int64_t i = 0; i < source.cols; ++i)
      turned.row(r)[i % width * in + i / width] = source.row(r)[i];
  constant.source = computed_rows(std::move(turned));
  return constant;
}

void Weights::finish(const std::vector<Harmless>& harmless, const std::string& family) {
  std::vector<std::string> unused;
  for (const std::string& name : names_) {
    WeightUse use{name, tensors_[name]->bytes(), ""};
    if (taken_.count(name) != 0) {
      used_.push_back(std::move(use));
      continue;
    }
    const auto rule = std::find_if(harmless.begin(), harmless.end(), [&](const Harmless& h) {
      return match_wildcards(h.pattern, name).has_value();
    });
    if (rule == harmless.end()) {
      unused.push_back(in_quotes(name) + " " + shape_text(tensors_[name]->shape()));
    } else {
      use.reason = rule->reason;
      ignored_.push_back(std::move(use));
    }
  }
  if (!unused.empty())
    throw Error(StatusCode::weights_unused,
                fmt::format("the checkpoint has {} weight{} that {} does not use:{}", unused.size(),
                            unused.size() == 1 ? "" : "s", family, list(unused)));
  for (const WeightUse& use : used_) check_finite(use.name, *tensors_[use.name]);
}

} // namespace heed::convert
