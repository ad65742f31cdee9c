// The arithmetic of one GRU step (Cho et al. 2014, arXiv:1406.1078, as torch.nn.GRU has it):
//   r = sigmoid(x_r + g_r), z = sigmoid(x_z + g_z), n = tanh(x_n + r g_n), h' = (1 - z) n + z h
#ifndef HEED_RUNTIME_OPS_GRU_STEP_HPP
#define HEED_RUNTIME_OPS_GRU_STEP_HPP

#include "runtime/kernels/kernels.hpp"

#include <cstddef>

namespace heed::ops {

struct GruStep {
  const float* x; // the input's share of the gates: reset, update, new
  const float* g; // the state's
  const float* h; // the state, [cols]
  std::size_t cols;

  // `reset` and `update` are scratch, as `next` [cols rounded up to 16]. next may not be x, g or h.
  void run(const kernels::KernelTable& kernels, float* reset, float* update, float* next) const {
    using kernels::Activation;
    for (std::size_t c = 0; c < cols; ++c) {
      reset[c] = x[c] + g[c];
      update[c] = x[cols + c] + g[cols + c];
    }
    kernels.activate(Activation::sigmoid, reset, reset, 1, cols, 0, 0);
    kernels.activate(Activation::sigmoid, update, update, 1, cols, 0, 0);
    for (std::size_t c = 0; c < cols; ++c) {
      const float gated = reset[c] * g[2 * cols + c];
      next[c] = x[2 * cols + c] + gated;
    }
    kernels.activate(Activation::tanh, next, next, 1, cols, 0, 0);
    for (std::size_t c = 0; c < cols; ++c) {
      const float kept = update[c] * h[c];
      const float taken = (1.0f - update[c]) * next[c];
      next[c] = taken + kept;
    }
  }
};

} // namespace heed::ops

#endif // HEED_RUNTIME_OPS_GRU_STEP_HPP
