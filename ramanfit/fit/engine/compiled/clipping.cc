// Least and largest counts, and whether channels lie on a plateau there; as `ramanfit.fit.clipping.extremes`.
#include "vectors.h"

namespace {

struct Extremes {
  int64_t count, channels, stride, run;  // stride: doubles from one spectrum to the next
  const double *counts;
  const uint8_t *use;  // [N][M] or none
  double *low, *high;  // [N] of channels that count
  uint8_t *at_low, *at_high;  // [N] whether `run` channels side by side have that value
};

INLINE int is_run(const double *y, const uint8_t *use, int64_t m, double value, int64_t run) {
  Mask counted = Mask{0};
  const Vector same = value - Vector{0};
  int64_t i = 0, found = 0, length = 0;
  for (; i + WIDTH <= m; i += WIDTH) counted += load(y + i) == same;
  for (int j = 0; j < WIDTH; j++) found -= counted[j];
  for (; i < m; i++) found += y[i] == value;
  for (i = 0; found >= run && i < m && length < run; i++) length = y[i] == value && (!use || use[i]) ? length + 1 : 0;
  return length >= run;
}

}  // namespace

extern "C" int EXPORTED(extremes)(const Extremes *in) {
  const int64_t m = in->channels;
  for (int64_t n = 0; n < in->count; n++) {
    const double *y = in->counts + n * in->stride;
    const uint8_t *use = in->use ? in->use + n * m : 0;
    double low = INFINITY, high = -INFINITY;
    int64_t i = 0;
    if (!use) {
      Vector least = low - Vector{0}, most = high - Vector{0};
      for (; i + WIDTH <= m; i += WIDTH) {
        const Vector v = load(y + i);
        least = v < least ? v : least;
        most = v > most ? v : most;
      }
      for (int j = 0; j < WIDTH; j++) {
        low = least[j] < low ? least[j] : low;
        high = most[j] > high ? most[j] : high;
      }
    }
    for (; i < m; i++) {
      if (use && !use[i]) continue;
      low = y[i] < low ? y[i] : low;
      high = y[i] > high ? y[i] : high;
    }
    in->low[n] = low;
    in->high[n] = high;
    in->at_low[n] = is_run(y, use, m, low, in->run);
    in->at_high[n] = is_run(y, use, m, high, in->run);
  }
  return 0;
}
