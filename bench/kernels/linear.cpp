#include "bench/kernels/support.hpp"

namespace heed::bench {
namespace {

struct Sizes {
  explicit Sizes(const Shape& shape)
      : rows(shape.size("rows")), cols_in(shape.size("in")), cols_out(shape.size("out")),
        activation(shape.activation()) {}
  double operations() const { return 2.0 * static_cast<double>(rows * cols_in * cols_out); }

  std::size_t rows, cols_in, cols_out;
  kernels::Activation activation;
};

struct F32 {
  explicit F32(const Sizes& s)
      : stride(round_up(s.cols_in, 16)), out_stride(round_up(s.cols_out, 16)), x(s.rows * stride),
        weights(out_stride * s.cols_in), bias(out_stride), out(s.rows * out_stride) {
    Random random(1);
    random.fill(x);
    random.fill(weights);
    random.fill(bias);
  }
  std::size_t stride, out_stride;
  Buffer<float> x, weights, bias, out;
};

struct I8 {
  explicit I8(const Sizes& s)
      : stride(round_up(s.cols_in, 4)), out_stride(round_up(s.cols_out, 16)), x(s.rows * stride),
        weights(out_stride * stride), scales(out_stride), bias(out_stride), out(s.rows * out_stride),
        quant(s.rows) {
    Random random(1);
    random.fill(x);
    random.fill(weights);
    random.fill(bias);
    for (std::size_t i = 0; i < out_stride; ++i) scales[i] = 0.01f;
    for (std::size_t r = 0; r < s.rows; ++r) {
      for (std::size_t k = s.cols_in; k < stride; ++k) x[r * stride + k] = 0;
      quant[r] = {0.01f, 0};
      for (std::size_t k = 0; k < s.cols_in; ++k) quant[r].sum += x[r * stride + k];
    }
  }
  std::size_t stride, out_stride;
  Buffer<std::int8_t> x, weights;
  Buffer<float> scales, bias, out;
  Buffer<RowQuant> quant;
};

Job f32_job(const Sizes& s) {
  const auto d = std::make_shared<F32>(s);
  const kernels::LinearF32 args = {d->x.data(),   d->weights.data(), d->bias.data(), nullptr,   d->out.data(),
                                   s.rows,        s.cols_in,         s.cols_out,     d->stride, 0,
                                   d->out_stride, s.activation};
  return {{Arithmetic::fp32, s.operations(),
           static_cast<double>(d->x.bytes() + d->weights.bytes() + d->out.bytes())},
          {d->out.data(), s.rows, s.cols_out * sizeof(float), d->out_stride * sizeof(float)},
          [d, args](const KernelTable& t) { t.linear_f32(args); }};
}

Job i8_job(const Sizes& s) {
  const auto d = std::make_shared<I8>(s);
  const kernels::LinearI8 args = {d->x.data(),    d->quant.data(), d->weights.data(), d->scales.data(),
                                  d->bias.data(), nullptr,         d->out.data(),     s.rows,
                                  s.cols_in,      s.cols_out,      d->stride,         0,
                                  d->out_stride,  s.activation};
  return {{Arithmetic::int8, s.operations(),
           static_cast<double>(d->x.bytes() + d->weights.bytes() + d->out.bytes())},
          {d->out.data(), s.rows, s.cols_out * sizeof(float), d->out_stride * sizeof(float)},
          [d, args](const KernelTable& t) { t.linear_i8(args); }};
}

} // namespace

void add_linear_f32(const KernelTable& table, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    add("linear_f32", shape.name(), table, [s] { return f32_job(s); });
  }
}

void add_linear_i8(const KernelTable& table, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    add("linear_i8", shape.name(), table, [s] { return i8_job(s); });
  }
}

} // namespace heed::bench
