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

// Length of a row of a table of inner products: a vector may begin anywhere in it. What fills it up has to be 0.
INLINE int64_t row_of(int64_t size) { return padded(size + WIDTH - 1); }

// Inner products of `size` rows, above the diagonal; without weights all count alike.
inline void table_of(const double *const *rows, int64_t size, const double *weights, int64_t stride, double *table) {
  if (weights)
    table_rows<MANY, true>(rows, 0, size, size, stride, table, row_of(size), weights);
  else
    table_rows<MANY, false>(rows, 0, size, size, stride, table, row_of(size), 0);
}

// Eliminate rows first..last - 1 of a symmetric table, of which what is above the diagonal counts. Tells whether some
// are collinear: their pivots are no more than a part of the diagonal.
inline int eliminate(double *table, int64_t size, int64_t first, int64_t last, double least = 0.0) {
  const int64_t ld = row_of(size);
  double diagonal[size];
  int collinear = 0;
  for (int64_t j = first; j < last; j++) diagonal[j] = table[j * ld + j];
  for (int64_t j = first; j < last; j++) {
    double *row = table + j * ld;
    if (!(row[j] > least * diagonal[j])) {
      collinear = 1;
      row[j] = 1.0;
    }
    const double inverse = 1 / row[j];
    for (int64_t a = j + 1; a < size; a++) {
      const double f = row[a] * inverse;
      double *to = table + a * ld;
      for (int64_t b = a; b < size; b += WIDTH) store(to + b, load(to + b) - f * load(row + b));
    }
  }
  return collinear;
}

// Make two functions that are the same tell apart, and what is nothing have an inverse.
INLINE void stand_apart(double *table, int64_t size, int64_t first, int64_t last, double alike) {
  for (int64_t a = first; a < last; a++) {
    double *diagonal = table + a * row_of(size) + a;
    *diagonal = *diagonal > 0 ? *diagonal * (1 + alike) : 1.0;
  }
}

}  // namespace
