// Kernels that work row by row. The operations are elements here, each of which is one at least.
#include "bench/kernels/support.hpp"

namespace heed::bench {
namespace {

struct Sizes {
  explicit Sizes(const Shape& shape) : rows(shape.size("rows")), cols(shape.size("cols")) {}

  std::size_t rows, cols;
};

struct Data {
  explicit Data(const Sizes& s)
      : stride(round_up(s.cols, 16)), x(s.rows * stride), y(s.rows * stride), out(s.rows * stride),
        gamma(stride), beta(stride), bytes(s.rows * stride), quant(s.rows) {
    Random random(1);
    random.fill(x);
    random.fill(y);
    random.fill(gamma);
    random.fill(beta);
  }
  std::size_t stride;
  Buffer<float> x, y, out, gamma, beta;
  Buffer<std::int8_t> bytes;
  Buffer<RowQuant> quant;
};

// `run` works on float rows of `Data::out`, unless `quantizes`; each element makes `bytes_each` bytes of
// traffic.
using Run = void (*)(const KernelTable& table, Data& data, const Sizes& sizes,
                     kernels::Activation activation);
void add_rows(const char* kernel, const KernelTable& table, const std::vector<Shape>& shapes,
              double bytes_each, bool quantizes, Run run) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    const kernels::Activation activation = shape.activation();
    add(kernel, shape.name(), table, [=]() -> Job {
      const auto d = std::make_shared<Data>(s);
      const double elements = static_cast<double>(s.rows * s.cols);
      const Result floats = {d->out.data(), s.rows, s.cols * sizeof(float), d->stride * sizeof(float)},
                   bytes = {d->bytes.data(), s.rows, s.cols, d->stride};
      return {{Arithmetic::fp32, elements, elements * bytes_each},
              quantizes ? bytes : floats,
              [=](const KernelTable& t) { run(t, *d, s, activation); }};
    });
  }
}

} // namespace

void add_quantize_rows(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_rows(
      "quantize_rows", table, shapes, 5, true,
      [](const KernelTable& t, Data& d, const Sizes& s, kernels::Activation) {
        t.quantize_rows({d.x.data(), d.bytes.data(), d.quant.data(), s.rows, s.cols, d.stride, d.stride});
      });
}
void add_layer_norm(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_rows("layer_norm", table, shapes, 8, false,
           [](const KernelTable& t, Data& d, const Sizes& s, kernels::Activation) {
             t.layer_norm({d.x.data(), d.gamma.data(), d.beta.data(), d.out.data(), s.rows, s.cols, d.stride,
                           d.stride, 1e-8f, false, false});
           });
}
void add_activate(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_rows("activate", table, shapes, 8, false,
           [](const KernelTable& t, Data& d, const Sizes& s, kernels::Activation activation) {
             t.activate(activation, d.x.data(), d.out.data(), s.rows, s.cols, d.stride, d.stride);
           });
}
void add_add(const KernelTable& table, const std::vector<Shape>& shapes) {
  add_rows("add", table, shapes, 12, false,
           [](const KernelTable& t, Data& d, const Sizes& s, kernels::Activation) {
             t.add(d.x.data(), d.y.data(), d.out.data(), s.rows, s.cols, d.stride, d.stride, d.stride);
           });
}

} // namespace heed::bench
