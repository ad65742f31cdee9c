// Constants that reference/ and the SIMD kernels share. Polynomials are minimax fits (Remez exchange in 40
// digits, coefficients rounded to float one by one from the lowest power up, the rest fitted again after
// each); highest power first.
#ifndef HEED_RUNTIME_KERNELS_ACTIVATION_COEFFICIENTS_HPP
#define HEED_RUNTIME_KERNELS_ACTIVATION_COEFFICIENTS_HPP

namespace heed::kernels {
namespace {

// Rows with a smaller largest magnitude are quantized as rows of zeros: up from here 127 / amax and
// amax / 127 are finite and normal.
constexpr float kQuantizeSmallest = 0x1p-119f;

// Adding and subtracting 1.5 * 2^23 rounds |x| < 2^22 to the nearest integer, ties to even; in between, the
// low bits of the sum are that integer in two's complement.
constexpr float kRoundMagic = 0x1.8p+23f;

constexpr float kLog2E = 0x1.715476p+0f;
// ln 2 in two parts; n * kLn2High is subtracted by one fma without error, for the result fits 24 bits.
constexpr float kLn2High = 0x1.62e430p-1f;
constexpr float kLn2Low = -0x1.05c610p-29f;
constexpr float kExpLowest = -0x1.5d589ep+6f; // -87.336544, the last float with exp(x) >= 2^-126
constexpr float kExpHighest = 0x1.62e42ep+6f; // 88.722832, the last float with exp(x) finite

// exp(r) for |r| <= ln(2) / 2, relative error 3.2e-9.
constexpr float kExp[] = {
    0x1.6ac78ap-10f, 0x1.123de2p-7f, 0x1.555858p-5f, 0x1.55548cp-3f, 0x1.fffffcp-2f, 1.0f, 1.0f};
// (tanh(x) - x) / x^3 in z = x^2 for |x| < kTanhSmall, error in tanh 4.6e-9.
constexpr float kTanhSmall = 0.625f;
constexpr float kTanh[] = {-0x1.75100cp-8f, 0x1.51f914p-6f, -0x1.b835a4p-5f, 0x1.1106f6p-3f, -0x1.555532p-2f};
// (erf(x) - x) / x in z = x^2 for |x| < kErfSmallest, relative error in erf 2.0e-8.
constexpr float kErfSmallest = 0.9375f;
constexpr float kErfSmall[] = {-0x1.36a5aep-11f, 0x1.466a12p-8f,  -0x1.b6698ep-6f,
                               0x1.ce1856p-4f,   -0x1.8126dcp-2f, 0x1.06eba6p-3f};
// ln(1 - erf(t)) / t for t from there to kErfOne, error in erf 9.7e-10. At kErfOne erf rounds to 1.
constexpr float kErfOne = 4.0f;
constexpr float kErfLarge[] = {-0x1.8f1db8p-17f, 0x1.597776p-12f, -0x1.e0fb46p-9f, 0x1.8642b0p-6f,
                               -0x1.b36bb2p-4f,  -0x1.452d3ap-1f, -0x1.20efc4p+0f};

constexpr float kSqrtHalf = 0x1.6a09e6p-1f;
constexpr float kSqrtTwoOverPi = 0x1.988454p-1f;
constexpr float kGeluCubic = 0.044715f;

} // namespace
} // namespace heed::kernels

#endif // HEED_RUNTIME_KERNELS_ACTIVATION_COEFFICIENTS_HPP
