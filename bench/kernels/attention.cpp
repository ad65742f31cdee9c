#include "bench/kernels/support.hpp"

#include <cmath>

namespace heed::bench {
namespace {

struct Sizes {
  explicit Sizes(const Shape& shape)
      : queries(shape.size("queries")), keys(shape.size("keys")), heads(shape.size("heads")),
        head_dim(shape.size("head_dim")), causal(shape.word("mask", "none") == "causal") {}

  std::size_t queries, keys, heads, head_dim;
  bool causal;
};

struct Data {
  explicit Data(const Sizes& s)
      : stride(round_up(s.heads * s.head_dim, 16)), q(s.queries * stride), k(s.keys * stride),
        v(s.keys * stride), out(s.queries * stride),
        scratch(kernels::attention_scratch_floats(s.keys, 0, s.head_dim)) {
    Random random(1);
    random.fill(q);
    random.fill(k);
    random.fill(v);
  }
  std::size_t stride;
  Buffer<float> q, k, v, out, scratch;
};

Job job(const Sizes& s) {
  const auto d = std::make_shared<Data>(s);
  kernels::Attention args{};
  args.q = d->q.data();
  args.k = d->k.data();
  args.v = d->v.data();
  args.out = d->out.data();
  args.scratch = d->scratch.data();
  args.queries = s.queries;
  args.keys = s.keys;
  args.heads = s.heads;
  args.key_heads = args.heads;
  args.head_dim = s.head_dim;
  args.q_stride = args.k_stride = args.v_stride = args.out_stride = d->stride;
  args.scale = 1.0f / std::sqrt(static_cast<float>(s.head_dim));
  args.causal = s.causal;
  double pairs = static_cast<double>(s.queries * s.keys);
  if (s.causal) pairs -= static_cast<double>(s.queries * (s.queries - 1)) / 2;
  return {{Arithmetic::fp32, pairs * 4 * static_cast<double>(s.heads * s.head_dim),
           static_cast<double>(d->q.bytes() + d->k.bytes() + d->v.bytes() + d->out.bytes())},
          {d->out.data(), s.queries, s.heads * s.head_dim * sizeof(float), d->stride * sizeof(float)},
          [d, args](const KernelTable& t) { t.attention(args); }};
}

} // namespace

void add_attention(const KernelTable& table, const std::vector<Shape>& shapes) {
  for (const Shape& shape : shapes) {
    const Sizes s(shape);
    add("attention", shape.name(), table, [s] { return job(s); });
  }
}

} // namespace heed::bench
