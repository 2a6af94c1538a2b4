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

}  // namespace
