/// Logarithm and exponential of doubles by nothing but IEEE additions, multiplications and divisions in a fixed order.
///
/// The C library's differ in the last bit between versions, and between processors of one version (it picks code with
/// or without fused multiply-add at run time). A trace of 10^9 samples would differ in some of them. Accuracy here: a
/// few units in the last place, which is far below what a sampler can show.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace farfault::traces {

namespace portable_math {

/// 1, 1/3, 1/5, ... 1/23: artanh(z) / z in powers of z^2, enough for |z| <= 0.1716.
inline constexpr auto kArtanh = [] {
  std::array<double, 12> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 1.0 / static_cast<double>(2 * i + 1);
  return out;
}();

/// 1/first!, 1/(first + 1)!, ...: enough for arguments in +-0.35.
constexpr std::array<double, 16> inverse_factorials(unsigned first) {
  std::array<double, 16> out{};
  double factorial = 1;
  for (unsigned i = 1; i <= first; ++i) factorial *= i;
  for (unsigned i = 0; i < out.size(); ++i) {
    out[i] = 1 / factorial;
    factorial *= first + i + 1;
  }
  return out;
}
inline constexpr auto kExp = inverse_factorials(0);
inline constexpr auto kExpm1OverX = inverse_factorials(1);

/// The sum of factors[i] * x^i, in four sums that do not wait for each other.
template <std::size_t N>
constexpr double polynomial(const std::array<double, N>& factors, double x) {
  static_assert(N % 4 == 0);
  const double x2 = x * x;
  const double x4 = x2 * x2;
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  for (std::size_t i = N; i != 0; i -= 4) {
    a = a * x4 + factors[i - 4];
    b = b * x4 + factors[i - 3];
    c = c * x4 + factors[i - 2];
    d = d * x4 + factors[i - 1];
  }
  return (a + b * x) + (c + d * x) * x2;
}

/// ln 2 in two parts, the first with so few bits that its product with an exponent is exact.
inline constexpr double kLn2High = 0x1.62e42feep-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

}  // namespace portable_math

/// ln(x). Minus infinity for x <= 0. REQUIRES: x is not subnormal, not NaN, below infinity.
constexpr double portable_log(double x) {
  if (x <= 0) return -std::numeric_limits<double>::infinity();
  const auto bits = std::bit_cast<std::uint64_t>(x);
  // x = mantissa * 2^exponent with the mantissa in [sqrt(1/2), sqrt(2)): the series is short, and x near 1 keeps its
  // accuracy. Without a branch, for nothing predicts on which side of sqrt(2) a sample falls.
  const std::uint64_t above = bits - std::bit_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1);
  const auto exponent = static_cast<int>(static_cast<std::int64_t>(above) >> 52);
  const double mantissa = std::bit_cast<double>(bits - (above & 0xfff0000000000000));
  const double z = (mantissa - 1) / (mantissa + 1);
  const double logarithm = 2 * z * portable_math::polynomial(portable_math::kArtanh, z * z);
  return exponent * portable_math::kLn2High + (exponent * portable_math::kLn2Low + logarithm);
}

/// e^x, at least 0 and at most infinity; 0 already where the result would be subnormal.
constexpr double portable_exp(double x) {
  if (x > 709.7) return std::numeric_limits<double>::infinity();
  if (x < -708.3) return 0;
  const double scaled = x * 0x1.71547652b82fep+0;  // x / ln 2
  const int exponent = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double rest = (x - exponent * portable_math::kLn2High) - exponent * portable_math::kLn2Low;  // in +-0.35
  const double sum = portable_math::polynomial(portable_math::kExp, rest);
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52U);
}

/// ln(1 + x) / x, continuous at 0. REQUIRES: x >= -1.
constexpr double log1p_over_x(double x) {
  const double sum = 1 + x;
  // The quotient makes up for what the sum was rounded by.
  return sum == 1 ? 1 : portable_log(sum) / (sum - 1);
}

/// (e^x - 1) / x, continuous at 0.
constexpr double expm1_over_x(double x) {
  if (x > -0.35 && x < 0.35) {
    return portable_math::polynomial(portable_math::kExpm1OverX, x);
  }
  return (portable_exp(x) - 1) / x;
}

}  // namespace farfault::traces
