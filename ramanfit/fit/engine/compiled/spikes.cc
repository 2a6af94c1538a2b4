// Which spectra may hold a cosmic ray; as `ramanfit.fit.cosmic_rays`.
#include "order.h"
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

struct Unfitted {
  int64_t count, channels, farthest;
  const double *counts;  // [N][M]
  double second, grown;
  double *sd;     // [N]
  int64_t *step;  // [N]
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

// Counts less a curve, and their standard deviations: a curve makes noise where it is steep. `rise` is 0 at first.
INLINE void above_curve(const Spikes *in, int64_t n, double *away, double *sd, double *rise) {
  const int64_t m = in->channels;
  const double *counts = in->counts + n * m, *curve = in->curve + n * m, factor = in->factor[n], misfit = in->misfit;
  variance_of(in->noise + 3 * n, curve, in->extra ? in->extra + n * m : 0, m, in->floor, sd);
  for (int64_t i = 0; i < m; i++) away[i] = counts[i] - curve[i];
  for (int64_t i = 3; i < m; i++) rise[i] = misfit * fabs(curve[i] - curve[i - 3]);
  for (int64_t i = 0; i < m; i++) {
    const double most = rise[i] > rise[i + 3] ? rise[i] : rise[i + 3];
    sd[i] = sqrt(factor * sd[i] + most * most);
  }
}

// Whether a channel that stands out of those 3 away is a spike; `bar` standard deviations less what a flank may have.
INLINE int is_spike(const double *y, const double *sd, const uint8_t *use, int64_t i, int64_t m, const Spikes *in) {
  const double bar = (in->bar - in->flank) * sd[i];
  int high;
  if (i < 3)
    high = y[i] - y[3] > bar && y[i] - y[4] > bar && y[i] - y[5] > bar;
  else if (i >= m - 3)
    high = y[i] - y[m - 6] > bar && y[i] - y[m - 5] > bar && y[i] - y[m - 4] > bar;
  else
    high = y[i] - y[i - 3] > bar && y[i] - y[i + 3] > bar;
  return high && sd[i] > 0 && (!use || use[i]) && may_be_spike(y, m, i, sd[i], in);
}

const int64_t GROUP = 4 * WIDTH;  // channels that are looked at one by one if any of them stands out

// Behind the last channel there is room for a group.
INLINE int any_spike(const double *y, const double *sd, const uint8_t *use, int64_t m, const Spikes *in) {
  for (int64_t i = 0; i < 3; i++)
    if (is_spike(y, sd, use, i, m, in) || is_spike(y, sd, use, m - 1 - i, m, in)) return 1;
  const double most = in->bar - in->flank;
  for (int64_t first = 3; first < m - 3; first += GROUP) {
    Mask high = Mask{0};
    for (int64_t i = first; i < first + GROUP; i += WIDTH) {
      const Vector bar = most * load(sd + i), at = load(y + i);
      high |= (at - load(y + i - 3) > bar) & (at - load(y + i + 3) > bar);
    }
    int64_t any = 0;
    for (int j = 0; j < WIDTH; j++) any |= high[j];
    for (int64_t i = first; any && i < first + GROUP && i < m - 3; i++)
      if (is_spike(y, sd, use, i, m, in)) return 1;
  }
  return 0;
}

// Sizes of second differences over `step` channels; returns how many there are.
INLINE int64_t differences_over(const double *y, int64_t m, int64_t step, double *to) {
  for (int64_t i = 0; i < m - 2 * step; i++) to[i] = fabs(y[i + 2 * step] + y[i] - 2 * y[i + step]);
  return m - 2 * step;
}

}  // namespace

extern "C" int EXPORTED(spikes)(const Spikes *in) {
  const int64_t m = in->channels, row = padded(m) + 2 * GROUP;
  double *away = static_cast<double *>(calloc(3 * row, sizeof(double))), *sd = away + row, *rise = sd + row;
  if (!away) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    if (in->curve) {
      above_curve(in, n, away, sd, rise);
    } else {
      memcpy(away, in->counts + n * m, sizeof(double) * m);
      for (int64_t i = 0; i < m; i++) sd[i] = in->noise[n];
    }
    in->found[n] = any_spike(away, sd, in->use ? in->use + n * m : 0, m, in);
  }
  free(away);
  return 0;
}

// How noisy spectra are without a fit, and from which distance of channels on: as `ramanfit.fit.cosmic_rays._noise`.
extern "C" int EXPORTED(unfitted)(const Unfitted *in) {
  const int64_t m = in->channels;
  double *room = static_cast<double *>(malloc(sizeof(double) * padded(m + 1)));
  if (!room) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *y = in->counts + n * m;
    int64_t left = differences_over(y, m, 1, room);
    double sd = in_order(room, left, left / 2) / in->second;
    in->step[n] = 1;
    for (int64_t k = 2; k <= in->farthest && m > 4 * k; k *= 2) {
      left = differences_over(y, m, k, room);
      if (!may_be_above(room, left, left / 2, in->grown * sd * in->second)) break;
      const double farther = in_order(room, left, left / 2) / in->second;
      if (!(farther > in->grown * sd)) break;
      sd = farther;
      in->step[n] = k;
    }
    in->sd[n] = sd;
  }
  free(room);
  return 0;
}
