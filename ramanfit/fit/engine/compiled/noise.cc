// How noisy spectra are, and whether their channels share it; as `ramanfit.fit.noise` and `ramanfit.fit.correlation`.
#include "order.h"
#include "spread.h"

namespace {

struct Noise {  // as `ramanfit.fit.noise.estimate_noise`; arrays [N][M], those that are none are no addresses
  int64_t count, channels, files, rounds, even, whole;  // whole: the curve is still in the residuals
  const int64_t *starts;                                 // [files + 1]
  const double *residual, *curve, *extra;
  const uint8_t *use;
  const double *gain;  // [N] that is known, or none
  double floor, clip, common, exact;  // common: the median of chi-square with one degree of freedom
  double *noise;                      // [N][3]
};

const int SUMS = 5;  // of 1, signal, signal^2, square and signal * square, weighted

// Of one spectrum: squared second differences, which of them count, and the variance that is known besides.
struct Differences {
  int64_t length;
  double *away, *square, *weight, *more;
  double total;
};

INLINE void differences_of(const Noise *in, int64_t n, Differences *d) {
  const double *r = in->residual + n * in->channels, *extra = in->extra ? in->extra + n * in->channels : 0;
  const uint8_t *use = in->use ? in->use + n * in->channels : 0;
  if (in->whole) {
    const double *curve = in->curve + n * in->channels;
    for (int64_t i = 0; i < in->channels; i++) d->away[i] = r[i] - curve[i];
    r = d->away;
  }
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
  double *room = static_cast<double *>(calloc(5 * size, sizeof(double)));
  d->length = channels - 2;
  d->square = room, d->weight = room + size, d->more = room + 2 * size, d->away = room + 4 * size;
  for (int64_t i = 0; room && i < d->length; i++) d->weight[i] = 1.0;
  return room;
}

INLINE double weighted_sum(const double *a, const double *weight, int64_t length) {
  Vector sum = Vector{0};
  for (int64_t i = 0; i < length; i += WIDTH) sum += load(a + i) * load(weight + i);
  return sum_of(sum);
}

// Whether residuals are noise, 1 or 0: those that are no larger than `most`.
INLINE void without_outliers(const double *row, const uint8_t *use, int64_t m, double most, double *used) {
  for (int64_t i = 0; i < m; i++) used[i] = fabs(row[i]) <= most ? 1.0 : 0.0;
  for (int64_t i = 0; i < m && use; i++) used[i] = use[i] ? used[i] : 0.0;
}

// Where the search for the level of one spectrum begins, and its mean signal; `room` is for a row.
INLINE void begin_level(const Noise *in, int64_t n, const Differences &d, double *room, double *level, double *mean) {
  memcpy(room, in->curve + n * in->channels + 1, sizeof(double) * d.length);
  for (int64_t i = d.length; i < padded(d.length); i++) room[i] = 0;
  *mean = weighted_sum(room, d.weight, d.length) / d.total;
  memcpy(room, d.square, sizeof(double) * d.length);
  *level = in_order(room, d.length, d.length / 2) / in->common;
  if (!(*level > 0)) *level = weighted_sum(d.square, d.weight, d.length) / d.total;
  if (in->extra) {
    const double less = *level - weighted_sum(d.more, d.weight, d.length) / d.total, least = in->floor * *level;
    *level = less > least ? less : least;
  }
}

INLINE void sums_of(const Noise *in, int64_t n, const Differences &d, double *room, const double *noise, double *sums) {
  const double level = noise[0], mean = noise[1], gain = noise[2];
  memcpy(room, in->curve + n * in->channels + 1, sizeof(double) * d.length);
  for (int64_t i = d.length; i < padded(d.length); i++) room[i] = 0;
  Vector sum[SUMS] = {Vector{0}, Vector{0}, Vector{0}, Vector{0}, Vector{0}};
  const Vector least = in->floor * level - Vector{0};
  for (int64_t i = 0; i < d.length; i += WIDTH) {  // what is behind the last channel weighs nothing
    const Vector at = load(room + i) - mean, more = load(d.more + i);
    Vector v = level + gain * at;
    v = (v < least ? least : v) + more;
    const Vector most = in->clip * v;
    Vector square = load(d.square + i);
    square = (square > most ? most : square) - more;
    const Vector v2 = v * v, w = v2 > 0.0 ? load(d.weight + i) / v2 : Vector{0}, ws = w * at;
    sum[0] += w;
    sum[1] += ws;
    sum[2] += ws * at;
    sum[3] += w * square;
    sum[4] += ws * square;
  }
  for (int k = 0; k < SUMS; k++) sums[k] = sum_of(sum[k]);
}

// One round of scoring for the spectra of a file, from their sums.
INLINE void next_round(const Noise *in, int64_t first, int64_t last, const double *all) {
  double known = 0, toward = 0;
  for (int64_t n = first; n < last && !in->even && !in->gain; n++) {
    const double *s = all + SUMS * n;
    if (!(in->noise[3 * n] > 0 && s[0] > 0)) continue;
    known += s[2] - s[1] * s[1] / s[0];
    toward += s[4] - s[1] * s[3] / s[0];
  }
  const double gain = toward / known;
  for (int64_t n = first; n < last; n++) {
    const double *s = all + SUMS * n;
    double *noise = in->noise + 3 * n;
    if (known > 0) noise[2] = gain < 0 ? 0.0 : gain;
    if (!(noise[0] > 0 && s[0] > 0)) continue;
    const double level = (s[3] - noise[2] * s[1]) / s[0], least = in->floor * noise[0];
    noise[0] = level < least ? least : level;
  }
}

}  // namespace

extern "C" int EXPORTED(noise)(const Noise *in) {
  Differences d;
  double *room = room_for(&d, in->channels), *row = room + 3 * padded(in->channels);
  double *sums = static_cast<double *>(malloc(sizeof(double) * SUMS * (in->count + 1)));
  for (int64_t file = 0; room && sums && file < in->files; file++) {
    const int64_t first = in->starts[file], last = in->starts[file + 1];
    for (int64_t round = 0; round < in->rounds; round++) {
      for (int64_t n = first; n < last; n++) {
        double *noise = in->noise + 3 * n;
        differences_of(in, n, &d);
        if (!round) {
          begin_level(in, n, d, row, noise, noise + 1);
          noise[2] = in->gain ? in->gain[n] : 0.0;
        }
        sums_of(in, n, d, row, noise, sums + SUMS * n);
      }
      next_round(in, first, last, sums);
    }
    for (int64_t n = first; n < last; n++)
      if (!(in->noise[3 * n] > in->exact * in->noise[3 * n + 1] * in->noise[3 * n + 1])) in->noise[3 * n] = 0;
  }
  const int lost = !room || !sums;
  free(sums);
  free(room);
  return lost;
}

struct Weights {
  int64_t count, channels;
  Sight sight;
  double *to;  // [N][M]
};

extern "C" int EXPORTED(weights)(const Weights *in) {
  for (int64_t n = 0; n < in->count; n++) weights_of(in->sight, n, in->channels, in->to + n * in->channels);
  return 0;
}

struct Spread {  // as `ramanfit.fit.noise.standardized`; arrays [N][M]
  int64_t count, channels, whole;          // whole: the curve is still in the residuals
  const double *noise;                     // [N][3]
  const double *curve, *extra, *residual;  // extra or none
  const uint8_t *use;                      // or none
  double floor;
  double *to;
};

extern "C" int EXPORTED(standardized)(const Spread *in) {
  const int64_t m = in->channels;
  double *variance = static_cast<double *>(malloc(sizeof(double) * 2 * m)), *away = variance + m;
  if (!variance) return 1;
  for (int64_t n = 0; n < in->count; n++) {  // what is told may be where the residuals are
    const double *residual = in->residual + n * m, *curve = in->curve + n * m;
    for (int64_t i = 0; i < m && in->whole; i++) away[i] = residual[i] - curve[i];
    variance_of(in->noise + 3 * n, curve, in->extra ? in->extra + n * m : 0, m, in->floor, variance);
    standardize(in->whole ? away : residual, in->use ? in->use + n * m : 0, m, variance);
    memcpy(in->to + n * m, variance, sizeof(double) * m);
  }
  free(variance);
  return 0;
}

struct Neighbours {  // as `ramanfit.fit.correlation`
  int64_t count, channels, sections, common;
  double outlier;
  const double *residual;  // [N][M]
  const uint8_t *use;      // [N][M] or none
  const int64_t *rows;     // [count] of them that are asked; or none: all
  double *most;            // [N] beyond which a residual is no noise: `neighbours` finds it
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
    for (int64_t i = 0; i < m; i++) size[i] = fabs(row[i]);
    in->most[n] = in->outlier * in_order(size, m, m / 2);
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->most[n], used);
    for (int64_t i = 0; i < m; i++) size[i] = used[i] > 0 ? row[i] : 0.0;
    Vector whole = Vector{0};
    for (int64_t i = m; i < padded(m); i++) used[i] = size[i] = 0;
    int64_t i = 0;
    for (; i + 2 + WIDTH <= padded(m); i += WIDTH) {
      const Vector counts = load(used + i) * load(used + i + 1) * load(used + i + 2);
      store(rough + i, (load(size + i + 2) + load(size + i) - 2.0 * load(size + i + 1)) * counts);
      whole += counts;
    }
    double left = sum_of(whole);
    for (; i + 2 < m; i++) {
      const double counts = used[i + 2] * used[i + 1] * used[i];
      rough[i] = (size[i + 2] + size[i] - 2 * size[i + 1]) * counts;
      left += counts;
    }
    for (int64_t j = m > 2 ? m - 2 : 0; j < padded(m); j++) rough[j] = 0;
    in->sums[n] = product(rough, rough, padded(m));
    in->sums[in->count + n] = m > 3 ? product(rough, rough + 1, padded(m) - 8) : 0.0;
    for (int64_t j = padded(m) - 8 < 0 ? 0 : padded(m) - 8; m > 3 && j + 1 < padded(m); j++)
      in->sums[in->count + n] += rough[j] * rough[j + 1];
    in->sums[2 * in->count + n] = left;
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
  for (int64_t k = 0; k < in->count && in->common; k++) {
    const int64_t n = in->rows[k];
    const double *row = in->residual + n * m;
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->most[n], used);
    for (int64_t i = 0; i < m; i++) {
      there[i] += used[i];
      mean[i] += used[i] > 0 ? row[i] : 0.0;
    }
  }
  for (int64_t i = 0; i < m; i++) mean[i] = there[i] > 0 ? mean[i] / there[i] : 0.0;
  for (int64_t k = 0; k < in->count; k++) {
    const int64_t n = in->rows[k];
    const double *row = in->residual + n * m;
    without_outliers(row, in->use ? in->use + n * m : 0, m, in->most[n], used);
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
