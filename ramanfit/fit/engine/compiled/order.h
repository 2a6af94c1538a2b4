// Numbers of a row in rising order, without sorting it.
#pragma once
#include "vectors.h"

namespace {

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

// Whether the number [k] of m in rising order may be above a bar; `values` as `in_order` takes them.
INLINE int may_be_above(double *values, int64_t m, int64_t k, double bar) {
  for (int64_t i = m; i < padded(m); i++) values[i] = NAN;
  Mask counted = Mask{0};
  const Vector least = bar * (1 - 1e-12) - Vector{0};
  for (int64_t i = 0; i < m; i += WIDTH) counted += load(values + i) <= least;
  int64_t count = 0;
  for (int j = 0; j < WIDTH; j++) count -= counted[j];
  return count <= k;
}

}  // namespace
