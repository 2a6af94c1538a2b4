// One spectrum of free Lorentzians over a baseline; the same problem as `ramanfit.fit.engine.lorentzians`.
//
// For a Lorentzian phi the functions phi, (x - c) phi^2 and phi^2 span the value and both derivatives. The baseline is
// eliminated once; its inner products with these functions, and theirs among themselves and with the data, hold all
// that a step needs.
#pragma once
#include "vectors.h"

namespace {

const double SINGULAR = 1e-12;  // pivot over diagonal below which functions are collinear

// As `Model` and `Starts` in Python; rows have `stride` doubles, and 0 behind the last channel.
struct Model {
  int64_t channels, stride, peaks, baseline, polynomials, parameters, trials;
  const double *shift;    // from the middle of the window; FAR behind the last channel
  const double *basis;    // [baseline][stride]
  const double *lower;    // [2 peaks]: centers, then widths
  const double *upper;
  const double *home;
  const double *grid;     // [peaks][trials][2]
  const double *shapes;   // [peaks * trials][stride]
  const double *overlap;  // [peaks * trials][peaks * trials]
};

// Where the moving parameters are, and the reduced problem there.
struct Point {
  double *moving;    // [2P]
  double *whole;     // [3P][3P] inner products of the functions, before anything is eliminated
  double *cross;     // [Q][3P] with the baseline, eliminated as far as their own row
  double *left;      // [3P][3P + 1] without the baseline, the data last
  double *height;    // [P]
  double *gradient;  // [2P] downhill
  double *normal;    // [2P][2P]
  double *snr2;      // [P]
  double chi2;
  int singular;
};

struct Spectrum {
  const Model *model;
  double *y;              // [stride] less an unweighted fit of the polynomials
  const double *weights;  // [stride] or none
  double *removed;        // [Q]
  double *factor;         // [Q][Q] below the diagonal: multipliers of the baseline's elimination
  double *pivot;          // [Q]
  double *data;           // [Q] the data's inner products, eliminated
  double *rows;            // [3P][stride]
  const double **columns;   // [3P + Q + 1]
  double *table;            // [3P][3P + Q + 1]
  double squares, rest;     // of the data: in all, and without the baseline
  int64_t used;
  int singular;
};

// phi, (x - c) phi^2 and phi^2 of two lines, or of one: a quotient takes longer than all products.
template <int LINES>
INLINE void functions_of(const Model *m, const double *center, const double *width, double *rows) {
  for (int64_t i = 0; i < m->stride; i += WIDTH) {
    Vector away[LINES], below[LINES], value[LINES];
#pragma GCC unroll 2
    for (int k = 0; k < LINES; k++) {
      away[k] = load(m->shift + i) - center[k];
      below[k] = 1.0 + 4 / (width[k] * width[k]) * (away[k] * away[k]);
    }
    const Vector inverse = 1.0 / (LINES == 2 ? below[0] * below[LINES - 1] : below[0]);
#pragma GCC unroll 2
    for (int k = 0; k < LINES; k++) {
      value[k] = LINES == 2 ? inverse * below[LINES - 1 - k] : inverse;
      const Vector square = value[k] * value[k];
      double *to = rows + 3 * k * m->stride + i;
      store(to, value[k]);
      store(to + m->stride, away[k] * square);
      store(to + 2 * m->stride, square);
    }
  }
}

INLINE void functions_of(const Model *m, const double *moving, int64_t peaks, double *rows) {
  int64_t p = 0;
  for (; p + 2 <= peaks; p += 2) functions_of<2>(m, moving + p, moving + peaks + p, rows + 3 * p * m->stride);
  if (p < peaks) functions_of<1>(m, moving + p, moving + peaks + p, rows + 3 * p * m->stride);
}

// Eliminate the baseline from itself and from the data: once for a spectrum. `fixed` [Q + 1][Q + 1] is lost.
inline void eliminate_baseline(Spectrum *s, double *fixed) {
  const int64_t q = s->model->baseline, n = q + 1;
  s->singular = 0;
  s->squares = fixed[q * n + q];
  double diagonal[q + 1];
  for (int64_t j = 0; j < q; j++) diagonal[j] = fixed[j * n + j];
  for (int64_t j = 0; j < q; j++) {
    double pivot = fixed[j * n + j];
    if (!(pivot > SINGULAR * diagonal[j])) {
      s->singular = 1;
      pivot = 1.0;
    }
    s->pivot[j] = pivot;
    s->data[j] = fixed[j * n + q];
    for (int64_t a = j + 1; a < n; a++) {
      const double f = fixed[j * n + a] / pivot;
      if (a < q) s->factor[a * q + j] = f;
      for (int64_t b = a; b < n; b++) fixed[a * n + b] -= f * fixed[j * n + b];
    }
  }
  s->rest = fixed[q * n + q];
}

// The reduced problem at `point->moving`, of P peaks over Q functions.
INLINE void reduce_of(Spectrum *s, Point *point, const int64_t p, const int64_t q) {
  const Model *m = s->model;
  const int64_t r = 3 * p, all = r + q + 1, ld = r + 1;
  functions_of(m, point->moving, p, s->rows);
  if (s->weights)
    table_rows<FEW, true>(s->columns, 0, r, all, m->stride, s->table, all, s->weights);
  else
    table_rows<FEW, false>(s->columns, 0, r, all, m->stride, s->table, all, 0);
  // in the order phi of all peaks, slopes, phi^2
  double *whole = point->whole, *left = point->left, *cross = point->cross;
  for (int64_t a = 0; a < r; a++) {
    const int64_t i = a % p * 3 + a / p;
    for (int64_t b = a; b < r; b++) {
      const int64_t k = b % p * 3 + b / p;
      const double value = i < k ? s->table[i * all + k] : s->table[k * all + i];
      whole[a * r + b] = whole[b * r + a] = left[a * ld + b] = value;
    }
    for (int64_t j = 0; j < q; j++) cross[j * r + a] = s->table[i * all + r + j];
    left[a * ld + r] = s->table[i * all + r + q];
  }
  double diagonal[p];
  for (int64_t a = 0; a < p; a++) diagonal[a] = left[a * ld + a];
  for (int64_t j = 0; j < q; j++) {
    double *row = cross + j * r;
    for (int64_t k = 0; k < j; k++) {
      const double f = s->factor[j * q + k], *before = cross + k * r;
      for (int64_t b = 0; b < r; b++) row[b] -= f * before[b];
    }
    const double inverse = 1 / s->pivot[j];
    for (int64_t a = 0; a < r; a++) {
      const double f = row[a] * inverse;
      double *to = left + a * ld;
      for (int64_t b = a; b < r; b++) to[b] -= f * row[b];
      to[r] -= f * s->data[j];
    }
  }
  double g[(r + 1) * ld];
  memcpy(g, left, sizeof(double) * r * ld);
  double last = s->rest;
  point->singular = s->singular;
  for (int64_t j = 0; j < p; j++) {
    double pivot = g[j * ld + j];
    if (!(pivot > SINGULAR * diagonal[j])) {
      point->singular = 1;
      pivot = g[j * ld + j] = 1.0;
    }
    for (int64_t a = j + 1; a < r; a++) {
      const double f = g[j * ld + a] / pivot;
      for (int64_t b = a; b <= r; b++) g[a * ld + b] -= f * g[j * ld + b];
    }
    last -= g[j * ld + r] / pivot * g[j * ld + r];
  }
  for (int64_t j = p - 1; j >= 0; j--) {
    double solved = 0;
    for (int64_t b = j + 1; b < p; b++) solved += g[j * ld + b] * point->height[b];
    point->height[j] = (g[j * ld + r] - solved) / g[j * ld + j];
    point->snr2[j] = point->height[j] * point->height[j] * g[j * ld + j];
  }
  double scale[2 * p];
  for (int64_t j = 0; j < p; j++) {
    const double width = point->moving[p + j];
    scale[j] = 8 / (width * width) * point->height[j];
    scale[p + j] = -2 / width * point->height[j];
  }
  for (int64_t a = 0; a < 2 * p; a++) {
    point->gradient[a] = g[(p + a) * ld + r] * scale[a];
    for (int64_t b = a; b < 2 * p; b++)
      point->normal[a * 2 * p + b] = point->normal[b * 2 * p + a] = g[(p + a) * ld + p + b] * scale[a] * scale[b];
  }
  point->chi2 = point->singular || !isfinite(last) ? INFINITY : last;
}

// Loops whose ends a compiler knows cost half.
inline void reduce(Spectrum *s, Point *point) {
  const int64_t p = s->model->peaks, q = s->model->baseline;
  if (p == 2 && q == 3)
    reduce_of(s, point, 2, 3);
  else if (p == 3 && q == 3)
    reduce_of(s, point, 3, 3);
  else
    reduce_of(s, point, p, q);
}

}  // namespace
