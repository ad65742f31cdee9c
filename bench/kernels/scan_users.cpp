// Four users scored in one pass over the catalogue.
#include "bench/kernels/support.hpp"

#include <limits>

namespace heed::bench {
namespace {

using kernels::kScanUsers;

constexpr std::size_t kRows = 10000, kCols = 64, kBlocks = kRows / 16;

struct Catalogue {
  Catalogue()
      : f32(kRows * kCols), u(kScanUsers * kCols), i8(kRows * kCols), u8(kScanUsers * kCols), scales(kRows) {
    Random random(1);
    random.fill(f32);
    random.fill(u);
    random.fill(i8);
    for (std::size_t user = 0; user < kScanUsers; ++user) {
      quant[user] = {0.01f, 0};
      for (std::size_t k = 0; k < kCols; ++k) quant[user].sum += u8[user * kCols + k] = random.byte();
    }
    for (std::size_t i = 0; i < kRows; ++i) scales[i] = 0.01f;
    users_f32 = {f32.data(), nullptr, u.data(), kCols, kCols, kScanUsers};
    users_i8 = {i8.data(), scales.data(), nullptr, u8.data(), quant, kCols, kCols, kScanUsers};
  }
  Buffer<float> f32, u;
  Buffer<std::int8_t> i8, u8;
  Buffer<float> scales;
  kernels::RowQuant quant[kScanUsers];
  kernels::ScanUsersF32 users_f32;
  kernels::ScanUsersI8 users_i8;
  float thresholds[kScanUsers], values[kScanUsers * 16];
};

// No value is above the thresholds, as in nearly all blocks of a real scan; the last block stops.
template <class Scan>
void add_scan_users(const char* kernel, const KernelTable& table, std::size_t element, Scan scan) {
  const auto c = std::make_shared<Catalogue>();
  const double size = static_cast<double>(kRows * kCols);
  const Work work = {2 * size * kScanUsers, size * static_cast<double>(element)};
  add(kernel, "4users_10000x64", table, work, {c->values, 1, sizeof c->values, 0},
      [c, scan](const KernelTable& t) {
        for (float& threshold : c->thresholds) threshold = std::numeric_limits<float>::infinity();
        benchmark::DoNotOptimize(scan(t, *c, std::size_t{0}, kBlocks - 1));
        for (float& threshold : c->thresholds) threshold = -std::numeric_limits<float>::infinity();
        benchmark::DoNotOptimize(scan(t, *c, kBlocks - 1, kBlocks));
      });
}

} // namespace

void add_scan_users_f32(const KernelTable& table) {
  add_scan_users("scan_users_f32", table, sizeof(float),
                 [](const KernelTable& t, Catalogue& c, std::size_t begin, std::size_t end) {
                   return t.scan_users_f32(c.users_f32, begin, end, c.thresholds, c.values);
                 });
}
void add_scan_users_i8(const KernelTable& table) {
  add_scan_users("scan_users_i8", table, 1,
                 [](const KernelTable& t, Catalogue& c, std::size_t begin, std::size_t end) {
                   return t.scan_users_i8(c.users_i8, begin, end, c.thresholds, c.values);
                 });
}

} // namespace heed::bench
