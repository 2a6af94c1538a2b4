// What is left out of a spectrum.
#pragma once
#include "vectors.h"

namespace {

// Straight lines, by channel, where channels do not count: as `ramanfit.fit.masks.bridged`.
inline void bridge(double *y, const double *weights, int64_t channels) {
  int64_t before = -1;
  for (int64_t i = 0; i < channels;) {
    if (weights[i] > 0) {
      before = i++;
      continue;
    }
    int64_t after = i;
    while (after < channels && !(weights[after] > 0)) after++;
    for (int64_t j = i; j < after; j++) {
      const int64_t low = before < 0 ? after : before, high = after == channels ? before : after;
      if (low == channels || high < 0) {
        y[j] = 0;
        continue;
      }
      const double way = double(j - low) / (high > low ? high - low : 1);
      y[j] = low == high ? y[low] : y[low] * (1 - way) + y[high] * way;
    }
    i = after;
  }
}

}  // namespace
