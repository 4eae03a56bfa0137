// Nearest-neighbour mutual information: the formulas.
//
// Discrete target: Ross (2014), "Mutual information between discrete and continuous data sets", PLoS ONE 9(2).
// Continuous target: Kraskov, Stoegbauer, Grassberger (2004), "Estimating mutual information", Phys. Rev. E 69, eq. 8.
#pragma once

#include "common/elementary.h"
#include "common/philox.h"

namespace synthkit {

constexpr double kEulerGamma = 0.5772156649015329;

SK_HD double magnitude(double x) { return __builtin_fabs(x); }

SK_HD double larger(double a, double b) { return a < b ? b : a; }

// Chebyshev distance of (ax, ay) and (bx, by).
SK_HD double chebyshev(double ax, double ay, double bx, double by) {
  return larger(magnitude(ax - bx), magnitude(ay - by));
}

// The next double towards 0 of a finite x >= 0: a radius that just leaves out the neighbour it was measured to.
SK_HD double toward_zero(double x) { return x > 0.0 ? bit_cast<double>(bit_cast<uint64_t>(x) - 1) : 0.0; }

// Whether y is on the same side as, or no farther left of x than r. The difference is rounded, then compared, as a
// k-d tree does; y >= x - r would round elsewhere.
SK_HD bool within(double x, double y, double r) { return x - y <= r; }

// Indices [first, end) of those of `count` rising values that lie within r of x, one of the values. Both searches halve
// without branches, which are not foreseeable.
struct Reach {
  int32_t first, end;
};

SK_HD Reach reach_of(const double* values, int32_t count, double x, double r) {
  const double* low = values;
  const double* high = values;
  for (int32_t length = count; length > 0;) {
    const int32_t half = (length + 1) / 2;
    low += within(x, low[half - 1], r) ? 0 : half;
    high += within(high[half - 1], x, r) ? half : 0;
    length -= half;
  }
  return {int32_t(low - values), int32_t(high - values)};
}

// Whether the window [left, left + k] of `count` rising values comes nearer to x, which it holds, by moving right: its
// farther end is then the left one. Once this is false it stays so for windows farther right.
template <typename Values>
SK_HD bool nearer_on_right(const Values& values, int32_t left, int32_t k, int32_t count, double x) {
  return left + k + 1 < count && values[left + k + 1] - x < x - values[left];
}

// A sum that carries its rounding errors along (Neumaier 1974).
struct CarefulSum {
  double sum;
  double lost;
};

SK_HD CarefulSum add_careful(CarefulSum s, double x) {
  const double sum = s.sum + x;
  const double lost = magnitude(s.sum) >= magnitude(x) ? (s.sum - sum) + x : (x - sum) + s.sum;
  return {sum, s.lost + lost};
}

SK_HD double careful_total(CarefulSum s) { return s.sum + s.lost; }

// psi(n) = H(n - 1) - gamma, given the harmonic number.
SK_HD double psi_of(CarefulSum harmonic) { return (harmonic.sum - kEulerGamma) + harmonic.lost; }

// The sum with psi(m) of `count` points, one or more; sums of psi go through rising m.
SK_HD CarefulSum add_psi(CarefulSum s, int32_t count, double psi) { return add_careful(s, double(count) * psi); }

// psi(n) + <psi(k)> - <psi(label's count)> - <psi(m)>
SK_HD double mi_ross(double psi_n, double mean_psi_k, double mean_psi_count, double mean_psi_m) {
  return ((psi_n + mean_psi_k) - mean_psi_count) - mean_psi_m;
}

// psi(n) + psi(k) - <psi(nx) + psi(ny)>; nx and ny count the point itself. Symmetric to the last bit.
SK_HD double mi_kraskov(double psi_n, double psi_k, double mean_psi_x, double mean_psi_y) {
  return (psi_n + psi_k) - (mean_psi_x + mean_psi_y);
}

// A standard normal number of 128 random bits (Box and Muller 1958); at most sqrt(106 ln 2) = 8.6 away from 0.
SK_HD double normal_of(PhiloxBlock words) {
  const uint64_t size = (uint64_t{words.w0} << 32) | words.w1;
  const uint64_t phase = (uint64_t{words.w2} << 32) | words.w3;
  const double uniform = double((size >> 11) + 1) * 1.1102230246251565e-16;  // (0, 1], multiples of 2^-53
  const double square = -1.3862943611198906 * log2_exact(uniform);           // -2 ln u
  return __builtin_sqrt(square > 0.0 ? square : 0.0) * sin_cycle_exact(phase);
}

// The size of the noise that breaks ties in a column, given the sum of its magnitudes.
SK_HD double noise_scale(CarefulSum magnitudes, int64_t rows) {
  return 1e-10 * larger(1.0, careful_total(magnitudes) / double(rows));
}

// Standard normal noise of one row of a column, and of every model's alike.
SK_HD double tie_noise(uint64_t row, uint64_t column, uint64_t key, uint32_t stream) {
  const PhiloxBlock counter{uint32_t(row), uint32_t(row >> 32), uint32_t(column), stream};
  return normal_of(philox4x32_10(counter, uint32_t(key), uint32_t(key >> 32)));
}

}  // namespace synthkit
