#include "bench/kernels/shapes.hpp"

#include "runtime/ops/operator.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace heed::bench {

namespace {

constexpr const char* kKernels[] = {
#define HEED_KERNEL(name) #name,
#include "runtime/kernels/kernels.inc"
#undef HEED_KERNEL
};

[[noreturn]] void stop(const std::string& place, const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", place.c_str(), message.c_str());
  std::exit(1);
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

void Shape::fail(const std::string& message) const {
  stop(place_, message);
}

std::size_t Shape::size(const char* field) const {
  const std::string text = word(field, "");
  const std::size_t size = is_number(text) ? std::strtoull(text.c_str(), nullptr, 10) : 0;
  if (size == 0) fail(std::string("'") + field + "' must be a whole number from 1");
  return size;
}

std::string Shape::word(const char* field, const char* otherwise) const {
  for (const auto& [name, value] : fields_)
    if (name == field) return value;
  return otherwise;
}

kernels::Activation Shape::activation() const {
  const std::string wanted = word("activation", "none");
  for (std::size_t a = 0; a < std::size(ops::kActivationNames); ++a)
    if (wanted == ops::kActivationNames[a]) return static_cast<kernels::Activation>(a);
  fail("there is no activation '" + wanted + "'");
}

std::string Shape::name() const {
  std::string sizes, words;
  for (const auto& [field, value] : fields_) {
    if (is_number(value)) {
      sizes += (sizes.empty() ? "" : "x") + value;
    } else {
      words += "_" + value;
    }
  }
  return sizes + words;
}

Shapes::Shapes(const std::string& path) {
  for (const char* kernel : kKernels) shapes_.push_back({kernel, {}});
  std::ifstream file(path);
  if (!file) stop(path, "cannot be read");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string place = path + ":" + std::to_string(number);
    if (line.empty() || line[0] == '#') continue;
    std::istringstream parts(line);
    std::string names, sizes, model, word;
    if (!std::getline(parts, names, '|') || !std::getline(parts, sizes, '|') || !std::getline(parts, model))
      stop(place, "not of the form 'kernels | sizes | model'");
    std::vector<std::pair<std::string, std::string>> fields;
    for (std::istringstream words(sizes); words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) stop(place, "'" + word + "' is not of the form name=value");
      fields.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    for (std::istringstream words(names); words >> word;) {
      const auto kernel = std::find_if(shapes_.begin(), shapes_.end(),
                                       [&](const auto& entry) { return entry.first == word; });
      if (kernel == shapes_.end()) stop(place, "there is no kernel '" + word + "'");
      kernel->second.emplace_back(place, model.substr(model.find_first_not_of(' ')), fields);
    }
  }
  for (const auto& [kernel, shapes] : shapes_)
    if (shapes.empty()) stop(path, "has no shape for the kernel " + kernel);
}

const std::vector<Shape>& Shapes::of(const std::string& kernel) const {
  return std::find_if(shapes_.begin(), shapes_.end(),
                      [&](const auto& entry) { return entry.first == kernel; })
      ->second;
}

} // namespace heed::bench
