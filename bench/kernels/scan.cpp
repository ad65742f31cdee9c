#include "bench/kernels/support.hpp"

#include <limits>

namespace heed::bench {
namespace {

// Catalogues in and out of the caches. The threshold is above every value, as it is for nearly all blocks of
// a real scan; "hits" keeps the ten best, as a caller does.
struct Shape {
  std::size_t rows, cols;
};
constexpr Shape kShapes[] = {{3416, 50}, {10000, 64}, {100000, 64}};
constexpr std::size_t kPicked = 256;

std::string name_of(const Shape& s) {
  return std::to_string(s.rows) + "x" + std::to_string(s.cols);
}

struct Catalogue {
  explicit Catalogue(const Shape& s)
      : blocks((s.rows + 15) / 16), f32(blocks * 16 * s.cols), u(s.cols),
        i8(blocks * 16 * round_up(s.cols, 4)), u8(round_up(s.cols, 4)), scales(blocks * 16) {
    Random random(1);
    random.fill(f32);
    random.fill(u);
    random.fill(i8);
    RowQuant quant = {0.01f, 0};
    for (std::size_t k = 0; k < s.cols; ++k) quant.sum += u8[k] = random.byte();
    for (std::size_t i = 0; i < scales.size(); ++i) scales[i] = 0.01f;
    for (std::uint64_t& row : picked) row = random.next() % s.rows;
    scan_f32 = {f32.data(), nullptr, u.data(), s.cols};
    scan_i8 = {i8.data(), scales.data(), nullptr, u8.data(), quant, s.cols};
  }
  std::size_t blocks;
  Buffer<float> f32, u;
  Buffer<std::int8_t> i8, u8;
  Buffer<float> scales;
  std::uint64_t picked[kPicked];
  kernels::ScanF32 scan_f32;
  kernels::ScanI8 scan_i8;
  float values[kPicked], best[10];
};

std::size_t scan(const KernelTable& t, const Catalogue& c, const kernels::ScanF32& a, std::size_t at,
                 float limit, float* values) {
  return t.scan_f32(a, at, c.blocks, limit, values);
}
std::size_t scan(const KernelTable& t, const Catalogue& c, const kernels::ScanI8& a, std::size_t at,
                 float limit, float* values) {
  return t.scan_i8(a, at, c.blocks, limit, values);
}

// The ten largest values, by insertion.
template <class Args>
void best_ten(const KernelTable& t, Catalogue& c, const Args& args) {
  for (float& b : c.best) b = -std::numeric_limits<float>::infinity();
  for (std::size_t at = 0;; ++at) {
    float values[16];
    at = scan(t, c, args, at, c.best[9], values);
    if (at == c.blocks) return;
    for (const float value : values) {
      if (!(value > c.best[9])) continue;
      std::size_t i = 9;
      for (; i > 0 && value > c.best[i - 1]; --i) c.best[i] = c.best[i - 1];
      c.best[i] = value;
    }
  }
}

template <class Args>
void add_scan(const char* kernel, const KernelTable& table, Args Catalogue::*member, std::size_t element) {
  for (const Shape& s : kShapes) {
    if (s.rows > 10000 && &table == &kernels::kTableScalar) continue;
    const auto c = std::make_shared<Catalogue>(s);
    const double size = static_cast<double>(s.rows * s.cols);
    const Work work = {2 * size, size * static_cast<double>(element)};
    add(kernel, name_of(s), table, work, {c.get(), 0, 0, 0}, [c, member](const KernelTable& t) {
      float values[16];
      const std::size_t found = scan(t, *c, (*c).*member, 0, std::numeric_limits<float>::infinity(), values);
      benchmark::DoNotOptimize(found);
    });
    add(kernel, name_of(s) + "_top10", table, work, {c->best, 1, sizeof c->best, 0},
        [c, member](const KernelTable& t) { best_ten(t, *c, (*c).*member); });
  }
}

} // namespace

void add_scan_f32(const KernelTable& table) {
  add_scan("scan_f32", table, &Catalogue::scan_f32, sizeof(float));
}
void add_scan_i8(const KernelTable& table) {
  add_scan("scan_i8", table, &Catalogue::scan_i8, 1);
}

void add_score_rows_f32(const KernelTable& table) {
  const Shape s = kShapes[1];
  const auto c = std::make_shared<Catalogue>(s);
  const double size = static_cast<double>(kPicked * s.cols);
  add("score_rows_f32", "256of" + name_of(s), table, {2 * size, 4 * size},
      {c->values, 1, sizeof c->values, 0},
      [c](const KernelTable& t) { t.score_rows_f32(c->scan_f32, c->picked, kPicked, c->values); });
}
void add_score_rows_i8(const KernelTable& table) {
  const Shape s = kShapes[1];
  const auto c = std::make_shared<Catalogue>(s);
  const double size = static_cast<double>(kPicked * s.cols);
  add("score_rows_i8", "256of" + name_of(s), table, {2 * size, size}, {c->values, 1, sizeof c->values, 0},
      [c](const KernelTable& t) { t.score_rows_i8(c->scan_i8, c->picked, kPicked, c->values); });
}

} // namespace heed::bench
