// Four users scored in one pass over the catalogue.
#include "bench/kernels/support.hpp"

#include <limits>

namespace heed::bench {
namespace {

using kernels::kScanUsers;

struct Catalogue {
  Catalogue(std::size_t items, std::size_t columns)
      : cols(columns), blocks(items / 16), f32(items * cols), u(kScanUsers * cols), i8(items * cols),
        u8(kScanUsers * cols), scales(items) {
    Random random(1);
    random.fill(f32);
    random.fill(u);
    random.fill(i8);
    for (std::size_t user = 0; user < kScanUsers; ++user) {
      quant[user] = {0.01f, 0};
      for (std::size_t k = 0; k < cols; ++k) quant[user].sum += u8[user * cols + k] = random.byte();
    }
    for (std::size_t i = 0; i < items; ++i) scales[i] = 0.01f;
    users_f32 = {f32.data(), nullptr, u.data(), cols, cols, kScanUsers};
    users_i8 = {i8.data(), scales.data(), nullptr, u8.data(), quant, cols, cols, kScanUsers};
  }
  std::size_t cols, blocks;
  Buffer<float> f32, u;
  Buffer<std::int8_t> i8, u8;
  Buffer<float> scales;
  kernels::RowQuant quant[kScanUsers];
  kernels::ScanUsersF32 users_f32;
  kernels::ScanUsersI8 users_i8;
  float values[kScanUsers * 16];
  std::size_t found; // also what keeps the first scan from being left out
};

// No value is above the thresholds, as in nearly all blocks of a real scan; the last block stops. Rows are a
// multiple of 16 and columns of 64.
template <class Scan>
void add_scan_users(const char* kernel, const KernelTable& table, const std::vector<Shape>& shapes,
                    Arithmetic arithmetic, Scan scan) {
  for (const Shape& shape : shapes) {
    const std::size_t items = shape.size("items"), cols = shape.size("cols");
    const double elements = static_cast<double>(items * cols);
    const Work work = {arithmetic, 2 * elements * kScanUsers,
                       elements * (arithmetic == Arithmetic::int8 ? 1 : sizeof(float))};
    add(kernel, shape.name(), table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(items, cols);
      return {work, {c->values, 1, sizeof c->values, 0}, [=](const KernelTable& t) {
                constexpr float kInfinity = std::numeric_limits<float>::infinity();
                const float above[] = {kInfinity, kInfinity, kInfinity, kInfinity};
                const float below[] = {-kInfinity, -kInfinity, -kInfinity, -kInfinity};
                c->found = scan(t, *c, 0, c->blocks - 1, above);
                c->found += scan(t, *c, c->blocks - 1, c->blocks, below);
              }};
    });
  }
}

} // namespace

void add_scan_users_f32(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_scan_users(
      "scan_users_f32", table, shapes, Arithmetic::fp32,
      [](const KernelTable& t, Catalogue& c, std::size_t begin, std::size_t end, const float* limits) {
        return t.scan_users_f32(c.users_f32, begin, end, limits, c.values);
      });
}
void add_scan_users_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_scan_users(
      "scan_users_i8", table, shapes, Arithmetic::int8,
      [](const KernelTable& t, Catalogue& c, std::size_t begin, std::size_t end, const float* limits) {
        return t.scan_users_i8(c.users_i8, begin, end, limits, c.values);
      });
}

} // namespace heed::bench
