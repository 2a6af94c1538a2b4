// What residuals say against baselines and lines; as `ramanfit.fit.verdicts`, `residuals` and `amplitude`.
#include "spread.h"
#include "tangents.h"

namespace {

struct Scores {
  int64_t count, channels, stride, peaks, baseline, polynomials, lines, slow;
  const double *shift;               // [stride] from the middle
  const double *basis, *later;       // [baseline][stride], [slow][stride]
  const int64_t *line;               // [lines] peaks
  const double *center, *fwhm;       // [N][P] from the middle
  const double *counts;              // [N][M]
  Sight sight;                       // its curve is that of the fits
  const double *penalty;             // [N][baseline - polynomials], or none
  const double *coefficients;        // [N][baseline]
  const double *per_square;          // [N] variance of weight 1, in parts of the sum of squares
  double alike;
  double *z, *chi2, *found, *followed;  // [N][2 lines], [N], [N][slow], [N][baseline + 3 peaks]
};

struct Judge {  // as `ramanfit.fit.judge.doubts`; arrays [N][M]
  int64_t count, channels, stride, peaks, baseline, asked;
  const double *shift, *basis;
  const double *center, *fwhm;                    // [N][P] from the middle
  const int64_t *peak;                            // [asked] that may be two lines
  const double *counts, *curve, *noise, *extra;   // noise [N][3]; extra or none
  const uint8_t *use;                             // or none
  const double *dof;                              // [N] that are worth an independent one
  double floor, least[2], split, alike;
  double *sums;    // [4][N] of squares and of products of neighbours, in variances; channels and pairs that count
  uint8_t *found;  // [N][asked]
};

struct Curves {  // as `ramanfit.fit.model.Model.evaluate`
  int64_t count, channels, stride, peaks, baseline;
  const double *shift;  // [stride] from the middle
  const double *basis;  // [baseline][stride]
  const double *height, *center, *fwhm, *coefficients;  // [N][P], [N][Q]
  double *curve;        // [N][M]
};

// Second and third derivative of a line by its center, [2][stride].
INLINE void derivatives_of(const double *shift, int64_t stride, double center, double fwhm, double *to) {
  const double per_half = 2 / fwhm;
  for (int64_t i = 0; i < stride; i += WIDTH) {
    const Vector u = (load(shift + i) - center) * per_half, value = 1.0 / (1.0 + u * u), third = value * value * value;
    store(to + i, (3.0 * u * u - 1.0) * third);
    store(to + stride + i, u * (1.0 - u * u) * third * value);
  }
}

// What makes a line broader at its top, and what makes it lopsided, [2][stride], from its values.
INLINE void odd_shapes(const double *shift, int64_t stride, double center, double fwhm, const double *values,
                       double *to) {
  const double per_half = 2 / fwhm;
  for (int64_t i = 0; i < stride; i += WIDTH) {
    const Vector u = (load(shift + i) - center) * per_half, value = load(values + i);
    store(to + i, (3.0 * u * u - 1.0) * value * value * value);
    store(to + stride + i, u * value);
  }
}

INLINE double number(double value) { return isfinite(value) ? value : 0.0; }

}  // namespace

extern "C" int EXPORTED(scores)(const Scores *in) {
  const int64_t s = in->stride, q = in->baseline, p = in->peaks, f = q + 3 * p, k = 2 * in->lines;
  const int64_t slow = f + k, size = slow + in->slow + 1, last = size - 1, ld = row_of(size);
  const int64_t own = 3 * p + k + 1;
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * (s * (own + 1) + size * ld))) return 1;
  double *rows = static_cast<double *>(memory), *weights = rows + own * s, *table = weights + s;
  double *residual = rows + (own - 1) * s;
  memset(residual, 0, sizeof(double) * (2 * s + size * ld));
  const double *all[size];
  for (int64_t a = 0; a < size; a++)
    all[a] = a < q       ? in->basis + a * s
             : a < slow  ? rows + (a - q) * s
             : a < last  ? in->later + (a - slow) * s
                         : rows + (own - 1) * s;
  double score[in->slow + 1];
  for (int64_t n = 0; n < in->count; n++) {
    for (int64_t j = 0; j < p; j++)
      tangent_of(in->shift, s, in->center[n * p + j], in->fwhm[n * p + j], rows + 3 * j * s);
    for (int64_t i = 0; i < in->lines; i++) {
      const int64_t j = in->line[i];
      odd_shapes(in->shift, s, in->center[n * p + j], in->fwhm[n * p + j], rows + 3 * j * s, rows + (3 * p + 2 * i) * s);
    }
    const double *counts = in->counts + n * in->channels, *curve = in->sight.curve + n * in->channels;
    for (int64_t i = 0; i < in->channels; i++) residual[i] = counts[i] - curve[i];
    weights_of(in->sight, n, in->channels, weights);
    table_rows<MANY, true>(all, 0, f, size, s, table, ld, weights);
    table_rows<MANY, true>(all, slow, size, size, s, table, ld, weights);
    for (int64_t a = f; a < slow; a++) {  // of shapes of lines nothing more is asked
      memset(table + a * ld + a, 0, sizeof(double) * (size - a));
      products<1, 1, true>(all + a, all + a, s, table + a * ld + a, ld, weights);
      products<1, 1, true>(all + a, all + last, s, table + a * ld + last, ld, weights);
    }
    double square = table[last * ld + last];
    for (int64_t j = in->polynomials; in->penalty && j < q; j++) {
      const double held = in->penalty[n * (q - in->polynomials) + j - in->polynomials];
      square += held * in->coefficients[n * q + j] * in->coefficients[n * q + j];
      table[j * ld + j] += held;
      table[j * ld + last] -= held * in->coefficients[n * q + j];
    }
    stand_apart(table, size, 0, f, in->alike);
    eliminate(table, size, 0, f);
    const double unit = square * in->per_square[n];
    for (int64_t a = 0; a < k; a++) {
      const double left = table[(f + a) * ld + f + a];
      in->z[n * k + a] = left > 0 ? number(table[(f + a) * ld + last] / sqrt(left * unit)) : 0.0;
    }
    stand_apart(table, size, slow, last, in->alike);
    for (int64_t a = 0; a < in->slow; a++) score[a] = table[(slow + a) * ld + last];
    eliminate(table, size, slow, last);
    double *found = in->found + n * in->slow, fall = 0;
    for (int64_t a = in->slow - 1; a >= 0; a--) {
      const double *row = table + (slow + a) * ld;
      double value = row[last];
      for (int64_t b = a + 1; b < in->slow; b++) value -= row[slow + b] * found[b];
      found[a] = value / row[slow + a];
      fall += found[a] * score[a];
    }
    in->chi2[n] = number(fall / unit);
    double *followed = in->followed + n * f;
    for (int64_t a = f - 1; a >= 0 && in->slow; a--) {
      const double *row = table + a * ld;
      double value = 0;
      for (int64_t b = 0; b < in->slow; b++) value += row[slow + b] * found[b];
      for (int64_t b = a + 1; b < f; b++) value -= row[b] * followed[b];
      followed[a] = value / row[a];
    }
  }
  free(memory);
  return 0;
}

namespace {

// Room for the functions of one spectrum, and for what is left of it.
struct Room {
  double *rows, *shapes, *residual, *table;
};

// Whether a line is rather two: as `ramanfit.fit.residuals.may_be_two`.
INLINE int may_be_two(const Judge *in, int64_t n, int64_t peak, double scale2, const double *const *all, const Room &r) {
  const int64_t s = in->stride, p = in->peaks, f = in->baseline + 3 * p, size = f + 2, ld = row_of(size);
  const int64_t at = n * p + peak;
  derivatives_of(in->shift, s, in->center[at], in->fwhm[at], r.shapes);
  double gain[2], least[2];
  int near = 0;
  for (int64_t a = 0; a < 2; a++) {
    const double overlap = product(r.shapes + a * s, r.residual, s);
    gain[a] = scale2 * overlap * overlap / in->split;
    least[a] = in->least[a] * product(r.shapes + a * s, r.shapes + a * s, s);
    near |= gain[a] > least[a];
  }
  if (!near) return 0;  // few spectra need the exact part
  for (int64_t j = 0; j < p; j++)
    tangent_of(in->shift, s, in->center[n * p + j], in->fwhm[n * p + j], r.rows + 3 * j * s);
  table_of(all, size, 0, s, r.table);
  stand_apart(r.table, size, 0, f, in->alike);
  eliminate(r.table, size, 0, f);
  int found = 0;
  for (int64_t a = 0; a < 2; a++) {
    const double left = r.table[(f + a) * ld + f + a];
    found |= gain[a] > (left > least[a] ? left : least[a]);
  }
  return found;
}

}  // namespace

extern "C" int EXPORTED(judge)(const Judge *in) {
  const int64_t s = in->stride, q = in->baseline, p = in->peaks, f = q + 3 * p, size = f + 2, ld = row_of(size);
  const int64_t m = in->channels;
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * (s * (3 * p + 4) + 8 + size * ld))) return 1;
  double *rows = static_cast<double *>(memory), *away = rows + (3 * p + 3) * s + 8;
  const Room room = {rows, rows + 3 * p * s, rows + (3 * p + 2) * s, away + s};
  memset(rows, 0, sizeof(double) * (s * (3 * p + 4) + 8 + size * ld));
  const double *all[size];
  for (int64_t a = 0; a < size; a++) all[a] = a < q ? in->basis + a * s : rows + (a - q) * s;
  for (int64_t n = 0; n < in->count; n++) {
    const double *counts = in->counts + n * m, *curve = in->curve + n * m;
    const uint8_t *use = in->use ? in->use + n * m : 0;
    for (int64_t i = 0; i < m; i++) away[i] = counts[i] - curve[i];
    variance_of(in->noise + 3 * n, curve, in->extra ? in->extra + n * m : 0, m, in->floor, room.residual);
    standardize(away, use, m, room.residual);
    const double squares = product(room.residual, room.residual, s);
    double channels = m, pairs = m - 1;
    if (use) {
      channels = pairs = 0;
      for (int64_t i = 0; i < m; i++) channels += use[i];
      for (int64_t i = 1; i < m; i++) pairs += use[i] & use[i - 1];
    }
    in->sums[n] = squares;
    in->sums[in->count + n] = product(room.residual, room.residual + 1, s);
    in->sums[2 * in->count + n] = channels;
    in->sums[3 * in->count + n] = pairs;
    const double scale2 = squares > 0 ? in->dof[n] / squares : 1.0;
    for (int64_t k = 0; k < in->asked; k++)
      in->found[n * in->asked + k] = may_be_two(in, n, in->peak[k], scale2, all, room);
  }
  free(memory);
  return 0;
}

extern "C" int EXPORTED(curves)(const Curves *in) {
  const int64_t m = in->channels, p = in->peaks, q = in->baseline;
  for (int64_t n = 0; n < in->count; n++) {
    double *to = in->curve + n * m;
    for (int64_t i = 0; i < m; i += WIDTH) {
      Vector sum = Vector{0};
      for (int64_t j = 0; j < q; j++) sum += in->coefficients[n * q + j] * load(in->basis + j * in->stride + i);
      for (int64_t j = 0; j < p; j++) {
        const Vector u = (load(in->shift + i) - in->center[n * p + j]) * (2 / in->fwhm[n * p + j]);
        sum += in->height[n * p + j] * (1.0 / (1.0 + u * u));
      }
      memcpy(to + i, &sum, sizeof(double) * (m - i < WIDTH ? m - i : WIDTH));
    }
  }
  return 0;
}

