// Starting values from trial shapes; as `ramanfit.fit.engine.starts`.
#pragma once
#include "lorentzians.h"

namespace {

const int SWEEPS = 2;

// Solve a [n][n] x = b [n][count] with pivoting, in place of b; false where there is no solution.
inline int solve_many(double *a, double *b, int64_t n, int64_t count) {
  for (int64_t j = 0; j < n; j++) {
    int64_t top = j;
    for (int64_t i = j + 1; i < n; i++)
      if (fabs(a[i * n + j]) > fabs(a[top * n + j])) top = i;
    if (!(fabs(a[top * n + j]) > 0)) return 0;
    if (top != j) {
      for (int64_t k = 0; k < n; k++) {
        const double swap = a[j * n + k];
        a[j * n + k] = a[top * n + k];
        a[top * n + k] = swap;
      }
      for (int64_t k = 0; k < count; k++) {
        const double swap = b[j * count + k];
        b[j * count + k] = b[top * count + k];
        b[top * count + k] = swap;
      }
    }
    for (int64_t i = j + 1; i < n; i++) {
      const double f = a[i * n + j] / a[j * n + j];
      for (int64_t k = j; k < n; k++) a[i * n + k] -= f * a[j * n + k];
      for (int64_t k = 0; k < count; k++) b[i * count + k] -= f * b[j * count + k];
    }
  }
  for (int64_t j = n - 1; j >= 0; j--)
    for (int64_t k = 0; k < count; k++) {
      double solved = b[j * count + k];
      for (int64_t i = j + 1; i < n; i++) solved -= a[j * n + i] * b[i * count + k];
      b[j * count + k] = solved / a[j * n + j];
    }
  return 1;
}

// The trial of one peak with the largest fall of chi-square beside others: inner products of the trials with the data
// [K], of the others among themselves [O][O], and with the data and the trials [O][1 + K]; both are lost.
inline int64_t best_trial(const double *alone, double *among, const double *cross, double *solved, int64_t others,
                          int64_t trials) {
  const int64_t ld = 1 + trials;
  memcpy(solved, cross, sizeof(double) * others * ld);
  for (int64_t o = 0; o < others; o++) among[o * others + o] *= 1 + 1e-6;
  if (others && !solve_many(among, solved, others, ld)) return 0;
  int64_t best = 0;
  double most = -INFINITY;
  for (int64_t t = 0; t < trials; t++) {
    double rest = alone[t], norm = 1;
    for (int64_t o = 0; o < others; o++) {
      rest -= cross[o * ld + 1 + t] * solved[o * ld];
      norm -= cross[o * ld + 1 + t] * solved[o * ld + 1 + t];
    }
    const double gain = rest * fabs(rest) / (norm > 1e-3 ? norm : 1e-3);
    if (gain > most) {
      most = gain;
      best = t;
    }
  }
  return best;
}

// Inner products of some spectra with all trial shapes, [some][P K]: of several at once, as shapes are many.
inline void match_of(const Model *m, const double *const *data, int64_t some, double *match) {
  const int64_t all = m->peaks * m->trials;
  const double *shapes[all];
  for (int64_t t = 0; t < all; t++) shapes[t] = m->shapes + t * m->stride;
  if (some == MANY)
    products_of<MANY>(data, shapes, all, m->stride, match, all);
  else
    for (int64_t k = 0; k < some; k++) products_of<1>(data + k, shapes, all, m->stride, match + k * all, all);
}

// Centers and widths [2P] for the data, of whose `match` [P K] this is told; `cross`, `solved` [P][1 + K] are room.
inline void search(const Spectrum *s, double *moving, const double *match, double *cross, double *solved) {
  const Model *m = s->model;
  const int64_t p = m->peaks, k = m->trials, all = p * k, ld = 1 + k;
  int64_t chosen[p], others[p];
  double among[p * p];
  for (int64_t j = 0; j < p; j++) chosen[j] = 0;
  for (int sweep = 0; sweep < SWEEPS; sweep++)
    for (int64_t j = 0; j < p; j++) {
      int64_t count = 0;
      for (int64_t o = 0; o < (sweep ? p : j); o++)
        if (o != j) others[count++] = o;
      for (int64_t a = 0; a < count; a++) {
        const int64_t row = others[a] * k + chosen[others[a]];
        cross[a * ld] = match[row];
        memcpy(cross + a * ld + 1, m->overlap + row * all + j * k, sizeof(double) * k);
        for (int64_t b = 0; b < count; b++)
          among[a * count + b] = m->overlap[row * all + others[b] * k + chosen[others[b]]];
      }
      chosen[j] = best_trial(match + j * k, among, cross, solved, count, k);
    }
  for (int64_t j = 0; j < p; j++) {
    moving[j] = m->grid[(j * k + chosen[j]) * 2];
    moving[p + j] = m->grid[(j * k + chosen[j]) * 2 + 1];
  }
}

// Search one peak of fitted ones anew, in place; room as in `search`, `match` [K], and `rows` of the spectrum.
inline void search_again(const Spectrum *s, double *moving, int64_t peak, double *match, double *cross,
                         double *solved) {
  const Model *m = s->model;
  const int64_t p = m->peaks, k = m->trials, ld = 1 + k;
  functions_of(m, moving, p, s->rows);
  double among[p * p];
  const double *fitted[p];
  int64_t count = 0;
  for (int64_t o = 0; o < p; o++) {
    if (o == peak) continue;
    double *phi = s->rows + 3 * o * m->stride;
    double of_basis[m->polynomials + 1];
    for (int64_t j = 0; j < m->polynomials; j++) of_basis[j] = product(phi, m->basis + j * m->stride, m->stride);
    for (int64_t j = 0; j < m->polynomials; j++)
      for (int64_t i = 0; i < m->stride; i += WIDTH)
        store(phi + i, load(phi + i) - of_basis[j] * load(m->basis + j * m->stride + i));
    fitted[count++] = phi;
  }
  for (int64_t a = 0; a < count; a++) {
    cross[a * ld] = product(fitted[a], s->y, m->stride);
    for (int64_t t = 0; t < k; t++)
      cross[a * ld + 1 + t] = product(fitted[a], m->shapes + (peak * k + t) * m->stride, m->stride);
    for (int64_t b = 0; b < count; b++) among[a * count + b] = product(fitted[a], fitted[b], m->stride);
  }
  for (int64_t t = 0; t < k; t++) match[t] = product(s->y, m->shapes + (peak * k + t) * m->stride, m->stride);
  const int64_t best = best_trial(match, among, cross, solved, count, k);
  moving[peak] = m->grid[(peak * k + best) * 2];
  moving[p + peak] = m->grid[(peak * k + best) * 2 + 1];
}

}  // namespace
