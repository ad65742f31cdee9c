// Included before a kernel by tests/lint/checks/xsimd_math.py: calls of xsimd functions whose results depend
// on the instruction set become errors. On NEON xsimd 8.1 divides and takes roots by estimates; its fma is
// not fused on SSE; min, max, rounding and reductions follow each instruction set's own rules and order.
#ifndef HEED_TESTS_LINT_XSIMD_MATH_HPP
#define HEED_TESTS_LINT_XSIMD_MATH_HPP

#include <xsimd/xsimd.hpp>

namespace xsimd {

// More specialised than xsimd's own templates, so overload resolution chooses these.
#define HEED_FORBID_1(name)                                                                                  \
  template <class A>                                                                                         \
  batch<float, A> name(const batch<float, A>&) = delete;
#define HEED_FORBID_2(name)                                                                                  \
  template <class A>                                                                                         \
  batch<float, A> name(const batch<float, A>&, const batch<float, A>&) = delete;
#define HEED_FORBID_3(name)                                                                                  \
  template <class A>                                                                                         \
  batch<float, A> name(const batch<float, A>&, const batch<float, A>&, const batch<float, A>&) = delete;

HEED_FORBID_1(sqrt)
HEED_FORBID_1(rsqrt)
HEED_FORBID_1(reciprocal)
HEED_FORBID_1(exp)
HEED_FORBID_1(exp2)
HEED_FORBID_1(exp10)
HEED_FORBID_1(expm1)
HEED_FORBID_1(log)
HEED_FORBID_1(log2)
HEED_FORBID_1(log10)
HEED_FORBID_1(log1p)
HEED_FORBID_1(sin)
HEED_FORBID_1(cos)
HEED_FORBID_1(tan)
HEED_FORBID_1(sinh)
HEED_FORBID_1(cosh)
HEED_FORBID_1(tanh)
HEED_FORBID_1(erf)
HEED_FORBID_1(erfc)
HEED_FORBID_1(cbrt)
HEED_FORBID_1(ceil)
HEED_FORBID_1(floor)
HEED_FORBID_1(round)
HEED_FORBID_1(rint)
HEED_FORBID_1(nearbyint)
HEED_FORBID_1(trunc)
HEED_FORBID_1(hadd)
HEED_FORBID_1(reduce_add)
HEED_FORBID_1(reduce_max)
HEED_FORBID_1(reduce_min)
HEED_FORBID_2(pow)
HEED_FORBID_2(hypot)
HEED_FORBID_2(atan2)
HEED_FORBID_2(fmod)
HEED_FORBID_2(min)
HEED_FORBID_2(max)
HEED_FORBID_2(fmin)
HEED_FORBID_2(fmax)
HEED_FORBID_2(div)
HEED_FORBID_3(fma)
HEED_FORBID_3(fms)
HEED_FORBID_3(fnma)
HEED_FORBID_3(fnms)
HEED_FORBID_1(to_int)
HEED_FORBID_1(nearbyint_as_int)

// `/` is a friend of each batch type and no template, so a second one, as good, makes it ambiguous.
#define HEED_FORBID_DIVISION(A)                                                                              \
  batch<float, A> operator/(batch<float, A>, batch<float, A>);                                               \
  batch<float, A>& operator/=(batch<float, A>&, batch<float, A>);
#if XSIMD_WITH_SSE2
HEED_FORBID_DIVISION(sse2)
#endif
#if XSIMD_WITH_AVX2
HEED_FORBID_DIVISION(avx2)
#endif
#if XSIMD_WITH_FMA3_AVX2
HEED_FORBID_DIVISION(fma3<avx2>)
#endif
#if XSIMD_WITH_AVX512BW
HEED_FORBID_DIVISION(avx512bw)
#endif
#if XSIMD_WITH_NEON64
HEED_FORBID_DIVISION(neon64)
#endif

} // namespace xsimd

#endif // HEED_TESTS_LINT_XSIMD_MATH_HPP
