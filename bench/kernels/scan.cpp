#include "bench/kernels/support.hpp"

#include <limits>

namespace heed::bench {
namespace {

// The threshold is above every value, as it is for nearly all blocks of a real scan; "top10" keeps the ten
// best, as a caller does.
struct Sizes {
  explicit Sizes(const Shape& shape) : rows(shape.size("items")), cols(shape.size("cols")) {}
  double elements() const { return static_cast<double>(rows * cols); }

  std::size_t rows, cols;
};
constexpr std::size_t kScalarItems = 10000; // more take the scalar kernels too long to be timed

struct Catalogue {
  explicit Catalogue(const Sizes& s, std::size_t wanted = 0)
      : blocks((s.rows + 15) / 16), f32(blocks * 16 * s.cols), u(s.cols),
        i8(blocks * 16 * round_up(s.cols, 4)), u8(round_up(s.cols, 4)), scales(blocks * 16), picked(wanted),
        values(wanted) {
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
  std::vector<std::uint64_t> picked;
  std::vector<float> values;
  kernels::ScanF32 scan_f32;
  kernels::ScanI8 scan_i8;
  float best[10];
  std::size_t found;
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
void add_scan(const char* kernel, const KernelTable& table, const std::vector<Shape>& shapes,
              Args Catalogue::*member, Arithmetic arithmetic) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    if (s.rows > kScalarItems && &table == &kernels::kTableScalar) continue;
    const double element = arithmetic == Arithmetic::int8 ? 1 : sizeof(float);
    const Work work = {arithmetic, 2 * s.elements(), s.elements() * element};
    add(kernel, shape.name(), table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(s);
      return {work, {&c->found, 1, sizeof c->found, 0}, [=](const KernelTable& t) {
                float values[16];
                c->found = scan(t, *c, (*c).*member, 0, std::numeric_limits<float>::infinity(), values);
              }};
    });
    add(kernel, shape.name() + "_top10", table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(s);
      return {work, {c->best, 1, sizeof c->best, 0}, [=](const KernelTable& t) {
                best_ten(t, *c, (*c).*member);
              }};
    });
  }
}

// `score` fills Catalogue::values from Catalogue::picked.
void add_score_rows(const char* kernel, const KernelTable& table, const std::vector<Shape>& shapes,
                    Arithmetic arithmetic, void (*score)(const KernelTable&, Catalogue&)) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    const std::size_t wanted = shape.size("rows");
    const double elements = static_cast<double>(wanted * s.cols),
                 element = arithmetic == Arithmetic::int8 ? 1 : sizeof(float);
    add(kernel, shape.name(), table, [=]() -> Job {
      const auto c = std::make_shared<Catalogue>(s, wanted);
      return {{arithmetic, 2 * elements, elements * element},
              {c->values.data(), 1, wanted * sizeof(float), 0},
              [=](const KernelTable& t) { score(t, *c); }};
    });
  }
}

} // namespace

void add_scan_f32(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_scan("scan_f32", table, shapes, &Catalogue::scan_f32, Arithmetic::fp32);
}
void add_scan_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_scan("scan_i8", table, shapes, &Catalogue::scan_i8, Arithmetic::int8);
}

void add_score_rows_f32(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_score_rows("score_rows_f32", table, shapes, Arithmetic::fp32, [](const KernelTable& t, Catalogue& c) {
    t.score_rows_f32(c.scan_f32, c.picked.data(), c.picked.size(), c.values.data());
  });
}
void add_score_rows_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_score_rows("score_rows_i8", table, shapes, Arithmetic::int8, [](const KernelTable& t, Catalogue& c) {
    t.score_rows_i8(c.scan_i8, c.picked.data(), c.picked.size(), c.values.data());
  });
}

} // namespace heed::bench
