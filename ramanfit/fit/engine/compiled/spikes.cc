// Which spectra may hold a cosmic ray; as `ramanfit.fit.cosmic_rays.find_spikes`.
#include "spread.h"

namespace {

struct Spikes {  // arrays [N][M]
  int64_t count, channels, reach;
  const double *counts;
  const double *curve;  // what is taken off, and makes noise where it is steep; or none
  const double *noise;  // [N][3]; without a curve [N], standard deviations
  const double *extra;  // or none
  const double *factor;  // [N] of the variances
  const uint8_t *use;   // or none
  double bar, flank, misfit, floor;
  uint8_t *found;  // [N]
};

// Whether a channel may stand `bar` standard deviations above the median of what is around it; more are let through
// than are spikes.
INLINE int may_be_spike(const double *y, int64_t m, int64_t i, double sd, double bar, int64_t reach) {
  const int64_t low = i < reach ? 0 : i - reach, high = i + reach >= m ? m - 1 : i + reach;
  const double below = y[i] - bar * (1 - 1e-9) * sd;
  int64_t lower = 0, inside = 0;
  for (int64_t j = low; j <= high; j++) {
    lower += y[j] < below;
    inside += isfinite(y[j]) != 0;
  }
  return lower >= inside / 2 + 1;
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
    if (high && sd[i] > 0 && (!use || use[i]) && may_be_spike(y, m, i, sd[i], in->bar, in->reach)) return 1;
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
