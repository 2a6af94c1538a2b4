// How noisy spectra are, and whether their channels share it; as `ramanfit.fit.noise` and `ramanfit.fit.correlation`.
#include "order.h"
#include "spread.h"

namespace {

struct Noise {  // as `ramanfit.fit.noise.estimate_noise`; arrays [N][M], those that are none are no addresses
  int64_t count, channels;
  const double *residual, *curve, *extra;
  const uint8_t *use;
  double floor, clip, common;  // the median of chi-square with one degree of freedom
  double *level, *mean;        // [N] found by `noise_start`
  const double *gain;          // [N]
  double *sums;                // [5][N]
};

// Of one spectrum: squared second differences, which of them count, and the variance that is known besides.
struct Differences {
  int64_t length;
  double *square, *weight, *more;
  double total;
};

INLINE void differences_of(const Noise *in, int64_t n, Differences *d) {
  const double *r = in->residual + n * in->channels, *extra = in->extra ? in->extra + n * in->channels : 0;
  const uint8_t *use = in->use ? in->use + n * in->channels : 0;
  for (int64_t i = 0; i < d->length; i++) {
    const double away = r[i + 2] + r[i] - 2 * r[i + 1];
    d->square[i] = away * away / 6;
  }
  d->total = d->length;
  if (use) {
    d->total = 0;
    for (int64_t i = 0; i < d->length; i++) d->total += d->weight[i] = use[i + 2] & use[i + 1] & use[i];
  }
  if (extra)
    for (int64_t i = 0; i < d->length; i++) d->more[i] = (extra[i + 2] + 4 * extra[i + 1] + extra[i]) / 6;
  if (d->total < 1) d->total = 1;
}

// Room for the differences of a spectrum: 1 everywhere, and 0 behind the last.
INLINE double *room_for(Differences *d, int64_t channels) {
  const int64_t size = padded(channels);
  double *room = static_cast<double *>(calloc(4 * size, sizeof(double)));
  d->length = channels - 2;
  d->square = room, d->weight = room + size, d->more = room + 2 * size;
  for (int64_t i = 0; room && i < d->length; i++) d->weight[i] = 1.0;
  return room;
}

INLINE double weighted_sum(const double *a, const double *weight, int64_t length) {
  Vector sum = Vector{0};
  for (int64_t i = 0; i < length; i += WIDTH) sum += load(a + i) * load(weight + i);
  return sum_of(sum);
}

// Whether residuals are noise, 1 or 0, and those that are, in units of it; `size` is lost.
INLINE void without_outliers(const double *row, const uint8_t *use, int64_t m, double outlier, double *size,
                             double *used) {
  for (int64_t i = 0; i < m; i++) size[i] = fabs(row[i]);
  const double most = outlier * in_order(size, m, m / 2);
  for (int64_t i = 0; i < m; i++) used[i] = fabs(row[i]) <= most && (!use || use[i]) ? 1.0 : 0.0;
}

}  // namespace

struct Order {  // rows [N][M]; of their sizes, or of their second differences over `step` channels
  int64_t count, channels, step, place;
  const double *rows;
  double *found;  // [N]
};

extern "C" int EXPORTED(ordered)(const Order *in) {
  const int64_t m = in->channels, step = in->step, left = m - 2 * step;
  double *size = static_cast<double *>(malloc(sizeof(double) * padded(m + 1)));
  if (!size) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *row = in->rows + n * m;
    for (int64_t i = 0; i < left; i++)
      size[i] = step ? fabs(row[i + 2 * step] + row[i] - 2 * row[i + step]) : fabs(row[i]);
    in->found[n] = in_order(size, left, in->place);
  }
  free(size);
  return 0;
}

extern "C" int EXPORTED(noise_start)(const Noise *in) {
  Differences d;
  double *room = room_for(&d, in->channels), *signal = room + 3 * padded(in->channels);
  if (!room) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    differences_of(in, n, &d);
    memcpy(signal, in->curve + n * in->channels + 1, sizeof(double) * d.length);
    in->mean[n] = weighted_sum(signal, d.weight, d.length) / d.total;
    memcpy(signal, d.square, sizeof(double) * d.length);
    double level = in_order(signal, d.length, d.length / 2) / in->common;
    for (int64_t i = d.length; i < padded(d.length); i++) signal[i] = 0;
    if (!(level > 0)) level = weighted_sum(d.square, d.weight, d.length) / d.total;
    if (in->extra) {
      const double less = level - weighted_sum(d.more, d.weight, d.length) / d.total;
      level = less > in->floor * level ? less : in->floor * level;
    }
    in->level[n] = level;
  }
  free(room);
  return 0;
}

extern "C" int EXPORTED(noise_sums)(const Noise *in) {
  Differences d;
  double *room = room_for(&d, in->channels), *curve = room + 3 * padded(in->channels);
  if (!room) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double level = in->level[n], gain = in->gain[n], mean = in->mean[n];
    differences_of(in, n, &d);
    memcpy(curve, in->curve + n * in->channels + 1, sizeof(double) * d.length);
    Vector sums[5] = {Vector{0}, Vector{0}, Vector{0}, Vector{0}, Vector{0}};
    const Vector least = in->floor * level - Vector{0};
    for (int64_t i = 0; i < d.length; i += WIDTH) {  // what is behind the last channel weighs nothing
      const Vector at = load(curve + i) - mean, more = load(d.more + i);
      Vector v = level + gain * at;
      v = (v < least ? least : v) + more;
      const Vector most = in->clip * v;
      Vector square = load(d.square + i);
      square = (square > most ? most : square) - more;
      const Vector v2 = v * v, w = v2 > 0.0 ? load(d.weight + i) / v2 : Vector{0}, ws = w * at;
      sums[0] += w;
      sums[1] += ws;
      sums[2] += ws * at;
      sums[3] += w * square;
      sums[4] += ws * square;
    }
    for (int k = 0; k < 5; k++) in->sums[k * in->count + n] = sum_of(sums[k]);
  }
  free(room);
  return 0;
}

struct Spread {  // as `ramanfit.fit.noise.variance`, `weights_of` and `standardized`; arrays [N][M]
  int64_t count, channels;
  const double *noise;                      // [N][3]
  const double *curve, *extra, *residual;   // extra or none; residual: what is to be standardized, or none
  const uint8_t *use;                       // or none
  const double *stretch;                    // [N] of the weights
  double floor;
  double *to;
};

extern "C" int EXPORTED(weights)(const Spread *in) {
  const int64_t m = in->channels;
  for (int64_t n = 0; n < in->count; n++) {
    double *to = in->to + n * m;
    variance_of(in->noise + 3 * n, in->curve + n * m, in->extra ? in->extra + n * m : 0, m, in->floor, to);
    const double unit = in->stretch[n];
    if (in->noise[3 * n] > 0)
      for (int64_t i = 0; i < m; i++) to[i] = 1.0 / (to[i] * unit);
    else
      for (int64_t i = 0; i < m; i++) to[i] = 1.0 / unit;
    if (in->use)
      for (int64_t i = 0; i < m; i++) to[i] = in->use[n * m + i] ? to[i] : 0.0;
  }
  return 0;
}

extern "C" int EXPORTED(standardized)(const Spread *in) {
  const int64_t m = in->channels;
  for (int64_t n = 0; n < in->count; n++) {
    double *to = in->to + n * m;
    const double *residual = in->residual + n * m;
    variance_of(in->noise + 3 * n, in->curve + n * m, in->extra ? in->extra + n * m : 0, m, in->floor, to);
    for (int64_t i = 0; i < m; i++) {
      const double sd = sqrt(to[i]);
      to[i] = sd > 0 ? residual[i] / sd : 0.0;
    }
    if (in->use)
      for (int64_t i = 0; i < m; i++) to[i] = in->use[n * m + i] ? to[i] : 0.0;
  }
  return 0;
}

struct Neighbours {  // as `ramanfit.fit.correlation`
  int64_t count, channels, sections, common;
  double outlier;
  const double *residual;  // [N][M]
  const uint8_t *use;      // [N][M] or none
  double *sums;            // [3][N] of squares, of neighbours, and of differences that count; or
                           // [4][S] of squares, of neighbours, and of how many of both
};

extern "C" int EXPORTED(neighbours)(const Neighbours *in) {
  const int64_t m = in->channels;
  double *size = static_cast<double *>(malloc(sizeof(double) * 3 * padded(m)));
  double *used = size + padded(m), *rough = used + padded(m);
  if (!size) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *row = in->residual + n * m;
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->outlier, size, used);
    for (int64_t i = 0; i < m; i++) size[i] = used[i] > 0 ? row[i] : 0.0;
    double whole = 0;
    for (int64_t i = 0; i + 2 < m; i++) {
      const double counts = used[i + 2] * used[i + 1] * used[i];
      rough[i] = (size[i + 2] + size[i] - 2 * size[i + 1]) * counts;
      whole += counts;
    }
    for (int64_t i = m > 2 ? m - 2 : 0; i < padded(m); i++) rough[i] = 0;
    in->sums[n] = product(rough, rough, padded(m));
    in->sums[in->count + n] = m > 3 ? product(rough, rough + 1, padded(m) - 8) : 0.0;
    for (int64_t i = padded(m) - 8 < 0 ? 0 : padded(m) - 8; m > 3 && i + 1 < padded(m); i++)
      in->sums[in->count + n] += rough[i] * rough[i + 1];
    in->sums[2 * in->count + n] = whole;
  }
  free(size);
  return 0;
}

// Of all spectra together, without what they have in common where they are several.
extern "C" int EXPORTED(roughness)(const Neighbours *in) {
  const int64_t m = in->channels, long_row = padded(m);
  double *size = static_cast<double *>(calloc(9 * long_row, sizeof(double)));
  if (!size) return 1;
  double *used = size + long_row, *there = used + long_row, *mean = there + long_row, *rough = mean + long_row;
  double *sums[4];
  for (int k = 0; k < 4; k++) sums[k] = rough + (k + 1) * long_row;
  for (int64_t n = 0; n < in->count && in->common; n++) {
    const double *row = in->residual + n * m;
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->outlier, size, used);
    for (int64_t i = 0; i < m; i++) {
      there[i] += used[i];
      mean[i] += used[i] > 0 ? row[i] : 0.0;
    }
  }
  for (int64_t i = 0; i < m; i++) mean[i] = there[i] > 0 ? mean[i] / there[i] : 0.0;
  for (int64_t n = 0; n < in->count; n++) {
    const double *row = in->residual + n * m;
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->outlier, size, used);
    for (int64_t i = 0; i < m; i++) size[i] = used[i] > 0 ? row[i] - mean[i] : 0.0;
    for (int64_t i = 0; i + 2 < m; i++) {
      used[i] = used[i + 2] * used[i + 1] * used[i];
      rough[i] = (size[i + 2] + size[i] - 2 * size[i + 1]) * used[i];
    }
    for (int64_t i = 0; i + 2 < m; i++) {
      sums[0][i] += rough[i] * rough[i];
      sums[2][i] += used[i];
    }
    for (int64_t i = 0; i + 3 < m; i++) {
      sums[1][i] += rough[i] * rough[i + 1];
      sums[3][i] += used[i] * used[i + 1];
    }
  }
  for (int k = 0; k < 4; k++)
    for (int64_t section = 0; section < in->sections; section++) {
      double whole = 0;
      for (int64_t i = (m - 2) * section / in->sections; i < (m - 2) * (section + 1) / in->sections; i++)
        whole += sums[k][i];
      in->sums[k * in->sections + section] = whole;
    }
  free(size);
  return 0;
}
