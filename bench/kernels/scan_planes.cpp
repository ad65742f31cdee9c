// Two-plane scans: the high plane for one user and for four, and blocks that are finished.
#include "bench/kernels/support.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace heed::bench {
namespace {

using kernels::kPlaneBlocks;
using kernels::kScanUsers;

// Bytes of any value are nibbles. Rows are a multiple of 16 and columns of 64.
struct Catalogue {
  Catalogue(std::size_t items, std::size_t cols, std::size_t users)
      : blocks(items / 16), high(items * cols / 2), low(high.size()), bounds(blocks), scales(items),
        u(users * cols) {
    Random random(1);
    for (std::size_t i = 0; i < high.size(); ++i) high[i] = static_cast<std::uint8_t>(random.next());
    for (std::size_t i = 0; i < low.size(); ++i) low[i] = static_cast<std::uint8_t>(random.next());
    for (std::size_t b = 0; b < blocks; ++b) bounds[b] = 7.5f * std::sqrt(static_cast<float>(cols));
    for (std::size_t i = 0; i < items; ++i) scales[i] = 0.01f;
    for (std::size_t user = 0; user < users; ++user) {
      quant[user] = {0.01f, 0};
      for (std::size_t k = 0; k < cols; ++k) quant[user].sum += u[user * cols + k] = random.byte();
      norms[user] = 127 * std::sqrt(static_cast<float>(cols));
    }
    args = {high.data(), low.data(), bounds.data(), scales.data(), nullptr, u.data(),
            quant,       norms,      cols,          cols,          users};
  }
  std::size_t blocks;
  Buffer<std::uint8_t> high, low;
  Buffer<float> bounds, scales;
  Buffer<std::int8_t> u;
  RowQuant quant[kScanUsers];
  float norms[kScanUsers];
  kernels::ScanPlanesI8 args;
  std::uint64_t found;
  float values[kScanUsers * 16];
};

} // namespace

// No bound is above the threshold, as in nearly all blocks of a large catalogue.
void add_scan_planes_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const std::size_t items = shape.size("items"), cols = shape.size("cols"), users = shape.size("users");
    const double elements = static_cast<double>(items * cols);
    const Work work = {Arithmetic::int8, 2 * elements * static_cast<double>(users), elements / 2};
    add("scan_planes_i8", shape.name(), table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(items, cols, users);
      return {work, {&c->found, 1, sizeof c->found, 0}, [=](const KernelTable& t) {
                constexpr float kInfinity = std::numeric_limits<float>::infinity();
                const float above[] = {kInfinity, kInfinity, kInfinity, kInfinity};
                c->found = 0;
                for (std::size_t block = 0; block < c->blocks; block += kPlaneBlocks)
                  c->found |=
                      t.scan_planes_i8(c->args, block, std::min(block + kPlaneBlocks, c->blocks), above);
              }};
    });
  }
}

// Blocks here and there, for one user.
void add_score_planes_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const std::size_t items = shape.size("items"), cols = shape.size("cols"),
                      wanted = shape.size("rows") / 16;
    const double elements = static_cast<double>(wanted * 16 * cols);
    add("score_planes_i8", shape.name(), table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(items, cols, 1);
      return {{Arithmetic::int8, 2 * elements, elements},
              {c->values, 1, 16 * sizeof(float), 0},
              [=](const KernelTable& t) {
                for (std::size_t i = 0; i < wanted; ++i)
                  t.score_planes_i8(c->args, i * 7919 % c->blocks, c->values);
              }};
    });
  }
}

} // namespace heed::bench
