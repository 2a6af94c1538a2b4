// How noisy the channels are; as `ramanfit.fit.noise.variance`.
#pragma once
#include "vectors.h"

namespace {

// ``level + gain * (curve - signal)``, kept above a part of the level, and what is known besides.
INLINE void variance_of(const double *noise, const double *curve, const double *extra, int64_t m, double floor,
                        double *to) {
  const double level = noise[0], signal = noise[1], gain = noise[2], least = floor * level;
  for (int64_t i = 0; i < m; i++) {
    const double v = level + gain * (curve[i] - signal);
    to[i] = v < least ? least : v;
  }
  if (extra)
    for (int64_t i = 0; i < m; i++) to[i] += extra[i];
}

struct Sight {  // what weights follow, as `ramanfit.fit.weighing.Weighing`; arrays [N][M]
  const double *curve, *noise, *extra;  // noise [N][3]; extra or none
  const uint8_t *use;                   // or none
  const double *stretch;                // [N]
  double floor;
};

INLINE void weights_of(const Sight &in, int64_t n, int64_t m, double *to) {
  const double unit = in.stretch[n];
  if (in.noise[3 * n] > 0) {
    variance_of(in.noise + 3 * n, in.curve + n * m, in.extra ? in.extra + n * m : 0, m, in.floor, to);
    for (int64_t i = 0; i < m; i++) to[i] = 1.0 / (to[i] * unit);
  } else {
    for (int64_t i = 0; i < m; i++) to[i] = 1.0 / unit;
  }
  for (int64_t i = 0; in.use && i < m; i++) to[i] = in.use[n * m + i] ? to[i] : 0.0;
}

// Residuals in standard deviations, of variances in `to`: 0 where these are 0 or do not count.
INLINE void standardize(const double *residual, const uint8_t *use, int64_t m, double *to) {
  for (int64_t i = 0; i < m; i++) {
    const double sd = sqrt(to[i]);
    to[i] = sd > 0 ? residual[i] / sd : 0.0;
  }
  if (use)
    for (int64_t i = 0; i < m; i++) to[i] = use[i] ? to[i] : 0.0;
}

}  // namespace
