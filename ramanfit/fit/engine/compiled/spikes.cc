// Which spectra may hold a cosmic ray; as `ramanfit.fit.cosmic_rays.find_spikes`.
#include "spread.h"

namespace {

struct Spikes {  // arrays [N][M]
  int64_t count, channels, reach, widest;
  const double *counts;
  const double *curve;  // what is taken off, and makes noise where it is steep; or none
  const double *noise;  // [N][3]; without a curve [N], standard deviations
  const double *extra;  // or none
  const double *factor;  // [N] of the variances
  const uint8_t *use;   // or none
  double bar, flank, shoulder, misfit, floor;
  uint8_t *found;  // [N]
};

const int64_t MOST = 64;  // channels around one
const double SLACK = 1e-9;  // more are let through than are spikes

// Whether a channel may stand `bar` standard deviations above the median of what is around it, and few beside it do.
INLINE int may_be_spike(const double *y, int64_t m, int64_t i, double sd, const Spikes *in) {
  const int64_t low = i < in->reach ? 0 : i - in->reach, high = i + in->reach >= m ? m - 1 : i + in->reach;
  const double bar = in->bar * (1 - SLACK) * sd, below = y[i] - bar;
  int64_t lower = 0, inside = 0;
  for (int64_t j = low; j <= high; j++) {
    lower += y[j] < below;
    inside += isfinite(y[j]) != 0;
  }
  if (lower < inside / 2 + 1) return 0;
  if (inside <= high - low || inside > MOST) return 1;
  double order[MOST];
  for (int64_t j = low; j <= high; j++) {
    int64_t at = j - low;
    for (; at > 0 && order[at - 1] > y[j]; at--) order[at] = order[at - 1];
    order[at] = y[j];
  }
  const double level = order[inside / 2], height = y[i] - level;
  if (!(height > bar)) return 0;
  double flank = in->flank * sd;
  if (flank < in->shoulder * height) flank = in->shoulder * height;
  flank *= 1 + SLACK;
  int64_t run = 1;
  for (int64_t j = i + 1; j <= high && y[j] - level > flank; j++) run++;
  for (int64_t j = i - 1; j >= low && y[j] - level > flank; j--) run++;
  return run <= in->widest;
}

INLINE int any_spike(const double *y, const double *sd, const uint8_t *use, int64_t m, const Spikes *in) {
  const double most = in->bar - in->flank;
  for (int64_t i = 0; i < m; i++) {
    const double bar = most * sd[i];
    int high;
    if (i < 3)
      high = y[i] - y[3] > bar && y[i] - y[4] > bar && y[i] - y[5] > bar;
    else if (i >= m - 3)
      high = y[i] - y[m - 6] > bar && y[i] - y[m - 5] > bar && y[i] - y[m - 4] > bar;
    else
      high = y[i] - y[i - 3] > bar && y[i] - y[i + 3] > bar;
    if (high && sd[i] > 0 && (!use || use[i]) && may_be_spike(y, m, i, sd[i], in)) return 1;
  }
  return 0;
}

}  // namespace

extern "C" int EXPORTED(spikes)(const Spikes *in) {
  const int64_t m = in->channels;
  double *away = static_cast<double *>(malloc(sizeof(double) * 2 * padded(m))), *sd = away + padded(m);
  if (!away) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *counts = in->counts + n * m, *y = counts;
    if (in->curve) {
      const double *curve = in->curve + n * m;
      variance_of(in->noise + 3 * n, curve, in->extra ? in->extra + n * m : 0, m, in->floor, sd);
      const double factor = in->factor[n], misfit = in->misfit;
      for (int64_t i = 0; i < m; i++) away[i] = counts[i] - curve[i];
      for (int64_t i = 0; i < m; i++) {
        const double before = i < 3 ? 0.0 : fabs(curve[i] - curve[i - 3]);
        const double after = i + 3 < m ? fabs(curve[i + 3] - curve[i]) : 0.0;
        const double rise = misfit * (before > after ? before : after);
        sd[i] = sqrt(factor * sd[i] + rise * rise);
      }
      y = away;
    } else {
      for (int64_t i = 0; i < m; i++) sd[i] = in->noise[n];
    }
    in->found[n] = any_spike(y, sd, in->use ? in->use + n * m : 0, m, in);
  }
  free(away);
  return 0;
}
