// What surrounds the fits, in one pass over the channels each: as the functions in Python that call them.
#include "vectors.h"

#define JOINED(name, level) name##_##level
#define NAMED(name, level) JOINED(name, level)
#define EXPORTED(name) NAMED(name, LEVEL)

namespace {

struct Noise {  // as `ramanfit.fit.noise._sums`; arrays [N][M]
  int64_t count, channels;
  const double *level, *gain;  // [N]
  const double *signal, *square, *weight, *more;
  double floor, clip;
  double *sums;  // [5][N]
};

struct Spikes {  // as `ramanfit.fit.cosmic_rays.find_spikes`; arrays [N][M]
  int64_t count, channels, reach;
  const double *counts;
  const double *curve, *variance;  // or none
  const double *level;             // [N] standard deviation where there is no curve
  const uint8_t *use;              // or none
  double bar, flank, misfit;
  uint8_t *found;  // [N]
};

struct Scores {  // as `ramanfit.fit.verdicts._scores`
  int64_t count, channels, stride, peaks, baseline, lines, slow;
  const double *shift;          // [stride] from the middle
  const double *basis, *later;  // [baseline][stride], [slow][stride]
  const int64_t *line;          // [lines] peaks
  const double *center, *fwhm;  // [N][P] from the middle
  const double *residual, *weights;  // [N][M]
  double *table;                // [N][K][K]
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

// The number [k] of m that are not negative, in rising order, what is no number being last; `values` have room for
// whole vectors.
INLINE double in_order(double *values, int64_t m, int64_t k) {
  for (int64_t i = m; i < padded(m); i++) values[i] = NAN;
  Mask are_numbers = Mask{0}, are_finite = Mask{0};
  Vector largest = Vector{0}, sums = Vector{0};
  for (int64_t i = 0; i < m; i += WIDTH) {
    const Vector v = load(values + i);
    const Mask is_finite = v <= 1.7976931348623157e308;
    const Vector counted = is_finite ? v : Vector{0};
    are_numbers += v == v;
    are_finite += is_finite;
    largest = counted > largest ? counted : largest;
    sums += counted;
  }
  int64_t numbers = 0, finite = 0;
  double most = 0;
  for (int j = 0; j < WIDTH; j++) {
    numbers -= are_numbers[j];
    finite -= are_finite[j];
    most = largest[j] > most ? largest[j] : most;
  }
  const double total = sum_of(sums);
  if (k >= finite) return k < numbers ? INFINITY : NAN;
  // halve what is between two of them, as numbers while that is quick, then as the integers that order them
  double low = -1.0, high = most;
  int64_t below = 0, up_to = finite, rounds = 0;
  while (up_to - below > 1) {
    double middle;
    if (rounds++ < 8) {
      const double part = clamp((k + 0.5 - below) / (up_to - below), 0.1, 0.9);
      middle = rounds == 1 ? 0.6 * total / finite : (low > 0 ? low : 0.0) + (high - (low > 0 ? low : 0.0)) * part;
    } else {
      int64_t a = -1, b;
      if (low >= 0) memcpy(&a, &low, sizeof a);
      memcpy(&b, &high, sizeof b);
      if (b - a <= 1) break;
      const int64_t half = a + (b - a) / 2;
      memcpy(&middle, &half, sizeof middle);
    }
    if (!(middle > low && middle < high)) {
      if (rounds > 8) break;
      rounds = 8;
      continue;
    }
    Mask counted = Mask{0};
    const Vector bar = middle - Vector{0};
    int64_t count = 0;
    for (int64_t i = 0; i < m; i += WIDTH) counted += load(values + i) <= bar;
    for (int j = 0; j < WIDTH; j++) count -= counted[j];
    if (count > k) {
      high = middle;
      up_to = count;
    } else {
      low = middle;
      below = count;
    }
  }
  Vector nearest = INFINITY - Vector{0};  // of those above `low`: one is left, or they are the same
  for (int64_t i = 0; i < m; i += WIDTH) {
    const Vector v = load(values + i), above = v > low ? v : nearest;
    nearest = above < nearest ? above : nearest;
  }
  double least = INFINITY;
  for (int j = 0; j < WIDTH; j++) least = nearest[j] < least ? nearest[j] : least;
  return least;
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

struct Neighbours {  // as `ramanfit.fit.correlation._alike`
  int64_t count, channels;
  double outlier;
  const double *residual;  // [N][M]
  const uint8_t *use;      // [N][M] or none
  double *sums;            // [3][N] of squares, of neighbours, and of differences that count
};

extern "C" int EXPORTED(neighbours)(const Neighbours *in) {
  const int64_t m = in->channels;
  double *size = static_cast<double *>(malloc(sizeof(double) * 3 * padded(m)));
  double *used = size + padded(m), *rough = used + padded(m);
  if (!size) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *row = in->residual + n * m;
    const uint8_t *use = in->use ? in->use + n * m : 0;
    for (int64_t i = 0; i < m; i++) size[i] = fabs(row[i]);
    const double most = in->outlier * in_order(size, m, m / 2);
    for (int64_t i = 0; i < m; i++) {
      used[i] = size[i] <= most && (!use || use[i]) ? 1.0 : 0.0;
      size[i] = used[i] > 0 ? row[i] : 0.0;
    }
    double square = 0, near = 0, whole = 0;
    for (int64_t i = 0; i + 2 < m; i++) {
      const double counts = used[i + 2] * used[i + 1] * used[i];
      rough[i] = (size[i + 2] + size[i] - 2 * size[i + 1]) * counts;
      whole += counts;
    }
    for (int64_t i = 0; i + 2 < m; i++) square += rough[i] * rough[i];
    for (int64_t i = 1; i + 2 < m; i++) near += rough[i] * rough[i - 1];
    in->sums[n] = square;
    in->sums[in->count + n] = near;
    in->sums[2 * in->count + n] = whole;
  }
  free(size);
  return 0;
}

extern "C" int EXPORTED(noise_sums)(const Noise *in) {
  const int64_t m = in->channels;
  for (int64_t n = 0; n < in->count; n++) {
    const double level = in->level[n], gain = in->gain[n];
    const double *signal = in->signal + n * m, *square = in->square + n * m;
    const double *weight = in->weight + n * m, *more = in->more + n * m;
    Vector sums[5] = {Vector{0}, Vector{0}, Vector{0}, Vector{0}, Vector{0}};
    const Vector least = in->floor * level - Vector{0};
    int64_t i = 0;
    double x[WIDTH] = {0}, d[WIDTH] = {0}, w[WIDTH], a[WIDTH] = {0};
    for (; i < m; i += WIDTH) {
      Vector at, squares, weights, others;
      if (i + WIDTH <= m) {
        at = load(signal + i), squares = load(square + i), weights = load(weight + i), others = load(more + i);
      } else {  // what is behind the last channel weighs nothing
        memset(w, 0, sizeof w);
        memcpy(x, signal + i, sizeof(double) * (m - i));
        memcpy(d, square + i, sizeof(double) * (m - i));
        memcpy(w, weight + i, sizeof(double) * (m - i));
        memcpy(a, more + i, sizeof(double) * (m - i));
        at = load(x), squares = load(d), weights = load(w), others = load(a);
      }
      Vector v = level + gain * at;
      v = (v < least ? least : v) + others;
      const Vector most = in->clip * v;
      squares = (squares > most ? most : squares) - others;
      const Vector v2 = v * v;
      weights = v2 > 0.0 ? weights / v2 : Vector{0};
      const Vector ws = weights * at;
      sums[0] += weights;
      sums[1] += ws;
      sums[2] += ws * at;
      sums[3] += weights * squares;
      sums[4] += ws * squares;
    }
    for (int k = 0; k < 5; k++) in->sums[k * in->count + n] = sum_of(sums[k]);
  }
  return 0;
}

extern "C" int EXPORTED(spikes)(const Spikes *in) {
  const int64_t m = in->channels;
  double *away = static_cast<double *>(malloc(sizeof(double) * 2 * m)), *sd = away + m;
  if (!away) return 1;
  for (int64_t n = 0; n < in->count; n++) {
    const double *counts = in->counts + n * m, *y = counts;
    if (in->curve) {
      const double *curve = in->curve + n * m, *variance = in->variance + n * m;
      for (int64_t i = 0; i < m; i++) {
        const double before = i < 3 ? 0.0 : fabs(curve[i] - curve[i - 3]);
        const double after = i + 3 < m ? fabs(curve[i + 3] - curve[i]) : 0.0;
        const double rise = in->misfit * (before > after ? before : after);
        away[i] = counts[i] - curve[i];
        sd[i] = sqrt(variance[i] + rise * rise);
      }
      y = away;
    } else {
      for (int64_t i = 0; i < m; i++) sd[i] = in->level[n];
    }
    in->found[n] = any_spike(y, sd, in->use ? in->use + n * m : 0, m, in);
  }
  free(away);
  return 0;
}

struct Curves {  // as `ramanfit.fit.model.Model.evaluate`
  int64_t count, channels, stride, peaks, baseline;
  const double *shift;  // [stride] from the middle
  const double *basis;  // [baseline][stride]
  const double *height, *center, *fwhm, *coefficients;  // [N][P], [N][Q]
  double *curve;        // [N][M]
};

extern "C" int EXPORTED(curves)(const Curves *in) {
  const int64_t m = in->channels, p = in->peaks, q = in->baseline;
  for (int64_t n = 0; n < in->count; n++) {
    double *to = in->curve + n * m;
    for (int64_t i = 0; i < m; i += WIDTH) {
      Vector sum = Vector{0};
      for (int64_t j = 0; j < q; j++) sum += in->coefficients[n * q + j] * load(in->basis + j * in->stride + i);
      for (int64_t j = 0; j < p; j++) {
        const Vector u = (load(in->shift + i) - in->center[n * p + j]) / (in->fwhm[n * p + j] / 2);
        sum += in->height[n * p + j] * (1.0 / (1.0 + u * u));
      }
      memcpy(to + i, &sum, sizeof(double) * (m - i < WIDTH ? m - i : WIDTH));
    }
  }
  return 0;
}

extern "C" int EXPORTED(scores)(const Scores *in) {
  const int64_t m = in->channels, s = in->stride, q = in->baseline, p = in->peaks, first = q + 3 * p;
  const int64_t slow = first + 2 * in->lines, size = slow + in->slow + 1, own = size - q - in->slow;
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * s * (own + 4))) return 1;
  double *rows = static_cast<double *>(memory), *weights = rows + own * s, *weighted = weights + s;
  memset(memory, 0, sizeof(double) * s * (own + 4));
  const double *all[size];
  for (int64_t k = 0; k < size; k++)
    all[k] = k < q                          ? in->basis + k * s
             : k < slow                     ? rows + (k - q) * s
             : k < slow + in->slow ? in->later + (k - slow) * s
                                            : rows + (own - 1) * s;
  for (int64_t n = 0; n < in->count; n++) {
    for (int64_t j = 0; j < p; j++) {
      const double center = in->center[n * p + j], half = in->fwhm[n * p + j] / 2;
      double *to = rows + 3 * j * s;
      for (int64_t i = 0; i < s; i += WIDTH) {
        const Vector u = (load(in->shift + i) - center) / half, value = 1.0 / (1.0 + u * u), square = value * value;
        store(to + i, value);
        store(to + s + i, -2.0 * u * square);
        store(to + 2 * s + i, -2.0 * u * u * square);
      }
    }
    for (int64_t k = 0; k < in->lines; k++) {
      const int64_t j = in->line[k];
      const double center = in->center[n * p + j], half = in->fwhm[n * p + j] / 2;
      double *to = rows + (3 * p + 2 * k) * s;
      for (int64_t i = 0; i < s; i += WIDTH) {
        const Vector u = (load(in->shift + i) - center) / half, value = 1.0 / (1.0 + u * u);
        store(to + i, (3.0 * u * u - 1.0) * value * value * value);
        store(to + s + i, u * value);
      }
    }
    memcpy(rows + (own - 1) * s, in->residual + n * m, sizeof(double) * m);
    memset(rows + (own - 1) * s + m, 0, sizeof(double) * (s - m));
    memcpy(weights, in->weights + n * m, sizeof(double) * m);
    double *table = in->table + n * size * size;
    for (int64_t a = 0; a < size; a += 3) {
      const double *three[3];
      const int64_t some = size - a < 3 ? size - a : 3;
      for (int64_t k = 0; k < some; k++) {
        for (int64_t i = 0; i < s; i += WIDTH) store(weighted + k * s + i, load(all[a + k] + i) * load(weights + i));
        three[k] = weighted + k * s;
      }
      double *to = table + a * size + a;
      if (some == 3) products_of<3>(three, all + a, size - a, s, to, size);
      if (some == 2) products_of<2>(three, all + a, size - a, s, to, size);
      if (some == 1) products_of<1>(three, all + a, size - a, s, to, size);
    }
    for (int64_t a = 0; a < size; a++)
      for (int64_t b = 0; b < a; b++) table[a * size + b] = table[b * size + a];
  }
  free(memory);
  return 0;
}
