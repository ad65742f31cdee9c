// Kernels that work row by row. The operations are elements here.
#include "bench/kernels/support.hpp"

namespace heed::bench {
namespace {

struct Shape {
  std::size_t rows, cols;
};
constexpr Shape kShapes[] = {{1, 64}, {50, 64}, {200, 50}};

std::string name_of(const Shape& s) {
  return std::to_string(s.rows) + "x" + std::to_string(s.cols);
}

struct Data {
  explicit Data(const Shape& s)
      : stride(round_up(s.cols, 16)), x(s.rows * stride), y(s.rows * stride), out(s.rows * stride),
        gamma(stride), beta(stride), bytes(s.rows * stride), quant(s.rows) {
    Random random(1);
    random.fill(x);
    random.fill(y);
    random.fill(gamma);
    random.fill(beta);
  }
  Work work(const Shape& s, double bytes_each) const {
    const double elements = static_cast<double>(s.rows * s.cols);
    return {elements, elements * bytes_each};
  }
  std::size_t stride;
  Buffer<float> x, y, out, gamma, beta;
  Buffer<std::int8_t> bytes;
  Buffer<RowQuant> quant;
};

template <class Run>
void add_rows(const char* kernel, const KernelTable& table, double bytes_each, const Run& run) {
  for (const Shape& s : kShapes) {
    const auto d = std::make_shared<Data>(s);
    add(kernel, name_of(s), table, d->work(s, bytes_each),
        {d->out.data(), s.rows, s.cols * sizeof(float), d->stride * sizeof(float)},
        [d, s, run](const KernelTable& t) { run(t, *d, s); });
  }
}

} // namespace

void add_quantize_rows(const KernelTable& table) {
  for (const Shape& s : kShapes) {
    const auto d = std::make_shared<Data>(s);
    add("quantize_rows", name_of(s), table, d->work(s, 5), {d->bytes.data(), s.rows, s.cols, d->stride},
        [d, s](const KernelTable& t) {
          t.quantize_rows(
              {d->x.data(), d->bytes.data(), d->quant.data(), s.rows, s.cols, d->stride, d->stride});
        });
  }
}
void add_layer_norm(const KernelTable& table) {
  add_rows("layer_norm", table, 8, [](const KernelTable& t, Data& d, const Shape& s) {
    t.layer_norm({d.x.data(), d.gamma.data(), d.beta.data(), d.out.data(), s.rows, s.cols, d.stride, d.stride,
                  1e-8f, false, false});
  });
}
void add_activate(const KernelTable& table) {
  using kernels::Activation;
  const std::pair<Activation, const char*> all[] = {
      {Activation::relu, "activate_relu"},           {Activation::gelu_erf, "activate_gelu_erf"},
      {Activation::gelu_tanh, "activate_gelu_tanh"}, {Activation::silu, "activate_silu"},
      {Activation::sigmoid, "activate_sigmoid"},     {Activation::tanh, "activate_tanh"}};
  for (const auto& [activation, name] : all) {
    const Activation a = activation;
    add_rows(name, table, 8, [a](const KernelTable& t, Data& d, const Shape& s) {
      t.activate(a, d.x.data(), d.out.data(), s.rows, s.cols, d.stride, d.stride);
    });
  }
}
void add_add(const KernelTable& table) {
  add_rows("add", table, 12, [](const KernelTable& t, Data& d, const Shape& s) {
    t.add(d.x.data(), d.y.data(), d.out.data(), s.rows, s.cols, d.stride, d.stride, d.stride);
  });
}

} // namespace heed::bench
