// What a fit of free Lorentzians can follow near its end, and inner products of it; as `ramanfit.fit.residuals.tangent`.
#pragma once
#include "vectors.h"

namespace {

// A row, filled up with nothing.
INLINE void copy_of(const double *from, int64_t channels, int64_t stride, double *to) {
  memcpy(to, from, sizeof(double) * channels);
  memset(to + channels, 0, sizeof(double) * (stride - channels));
}

// Value, slope and width of a line, [3][stride].
INLINE void tangent_of(const double *shift, int64_t stride, double center, double fwhm, double *to) {
  const double per_half = 2 / fwhm;
  for (int64_t i = 0; i < stride; i += WIDTH) {
    const Vector u = (load(shift + i) - center) * per_half, value = 1.0 / (1.0 + u * u), slope = -2.0 * u * value * value;
    store(to + i, value);
    store(to + stride + i, slope);
    store(to + 2 * stride + i, u * slope);
  }
}

// Weighted inner products of `size` rows, above the diagonal; without weights all count alike. `room` [3][stride].
inline void table_of(const double *const *rows, int64_t size, const double *weights, int64_t stride, double *room,
                     double *table) {
  for (int64_t a = 0; a < size; a += 3) {
    const double *three[3];
    const int64_t some = size - a < 3 ? size - a : 3;
    for (int64_t k = 0; k < some; k++) {
      three[k] = rows[a + k];
      if (!weights) continue;
      for (int64_t i = 0; i < stride; i += WIDTH) store(room + k * stride + i, load(rows[a + k] + i) * load(weights + i));
      three[k] = room + k * stride;
    }
    double *to = table + a * size + a;
    if (some == 3) products_of<3>(three, rows + a, size - a, stride, to, size);
    if (some == 2) products_of<2>(three, rows + a, size - a, stride, to, size);
    if (some == 1) products_of<1>(three, rows + a, size - a, stride, to, size);
  }
}

// Eliminate rows first..last - 1 of a symmetric table, of which what is above the diagonal counts. Tells whether some
// are collinear: their pivots are no more than a part of the diagonal.
INLINE int eliminate(double *table, int64_t size, int64_t first, int64_t last, double least = 0.0) {
  double diagonal[size];
  int collinear = 0;
  for (int64_t j = first; j < last; j++) diagonal[j] = table[j * size + j];
  for (int64_t j = first; j < last; j++) {
    double *row = table + j * size;
    if (!(row[j] > least * diagonal[j])) {
      collinear = 1;
      row[j] = 1.0;
    }
    const double pivot = row[j];
    for (int64_t a = j + 1; a < size; a++) {
      const double f = row[a] / pivot;
      double *to = table + a * size;
      for (int64_t b = a; b < size; b++) to[b] -= f * row[b];
    }
  }
  return collinear;
}

// Make two functions that are the same tell apart, and what is nothing have an inverse.
INLINE void stand_apart(double *table, int64_t size, int64_t first, int64_t last, double alike) {
  for (int64_t a = first; a < last; a++) {
    double *diagonal = table + a * size + a;
    *diagonal = *diagonal > 0 ? *diagonal * (1 + alike) : 1.0;
  }
}

}  // namespace
