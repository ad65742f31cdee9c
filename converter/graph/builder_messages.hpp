// How the builder's files name weights.
#ifndef HEED_CONVERTER_GRAPH_BUILDER_MESSAGES_HPP
#define HEED_CONVERTER_GRAPH_BUILDER_MESSAGES_HPP

#include "converter/error.hpp"
#include "converter/graph/constant.hpp"

#include <string>

#include <fmt/format.h>

namespace heed::convert {

inline std::string described(const Constant& constant) {
  return fmt::format("{} [{}, {}]", constant.name, constant.rows(), constant.cols());
}

[[noreturn]] inline void misfit(const Constant& weight, const std::string& other,
                                const std::string& expected) {
  throw Error(StatusCode::weights_shape,
              fmt::format("weight {} does not fit {}: it should be {}", described(weight), other, expected));
}

} // namespace heed::convert

#endif // HEED_CONVERTER_GRAPH_BUILDER_MESSAGES_HPP
