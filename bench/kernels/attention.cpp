#include "bench/kernels/support.hpp"

#include <cmath>

namespace heed::bench {
namespace {

struct Shape {
  std::size_t queries, keys, heads, head_dim;
  bool causal;
};
// Whole histories, causal and not, and the last position alone.
constexpr Shape kShapes[] = {{50, 50, 2, 32, true},   {50, 50, 2, 32, false},  {1, 50, 2, 32, true},
                             {200, 200, 1, 50, true}, {200, 200, 2, 25, true}, {1, 200, 1, 50, true}};

struct Data {
  explicit Data(const Shape& s)
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

} // namespace

void add_attention(const KernelTable& table) {
  for (const Shape& s : kShapes) {
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
    const std::string shape = std::to_string(s.queries) + "of" + std::to_string(s.keys) + "x" +
                              std::to_string(s.heads) + "x" + std::to_string(s.head_dim) +
                              (s.causal ? "_causal" : "_full");
    add("attention", shape, table,
        {pairs * 4 * static_cast<double>(s.heads * s.head_dim),
         static_cast<double>(d->q.bytes() + d->k.bytes() + d->v.bytes() + d->out.bytes())},
        {d->out.data(), s.queries, s.heads * s.head_dim * sizeof(float), d->stride * sizeof(float)},
        [d, args](const KernelTable& t) { t.attention(args); });
  }
}

} // namespace heed::bench
