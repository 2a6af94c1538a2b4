// Vectors of doubles, as wide as the processor's registers; rows are padded to whole vectors.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef WIDTH
#define WIDTH 2  // doubles of a vector
#endif

#define INLINE static inline __attribute__((always_inline))

#define JOINED(name, level) name##_##level
#define NAMED(name, level) JOINED(name, level)
#define EXPORTED(name) NAMED(name, LEVEL)

// A compiler would read a number from memory again for each product that it is in.
#if defined(__AVX512F__)
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#elif defined(__x86_64__)
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#else
#define IN_REGISTER(v)
#endif

namespace {  // each variant has its own copy of everything: none may be taken for another's

typedef double Vector __attribute__((vector_size(8 * WIDTH), aligned(8 * WIDTH)));
typedef int64_t Mask __attribute__((vector_size(8 * WIDTH), aligned(8 * WIDTH)));

const double FAR = 1e60;  // shift of the channels behind the last: every line is 0 there

INLINE Vector load(const double *p) {
  Vector v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(double *p, Vector v) { memcpy(p, &v, sizeof v); }

INLINE double sum_of(Vector v) {  // in pairs
#if WIDTH == 8
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
#elif WIDTH == 4
  return (v[0] + v[2]) + (v[1] + v[3]);
#else
  return v[0] + v[1];
#endif
}

INLINE int64_t padded(int64_t m) { return (m + 7) / 8 * 8; }

INLINE double clamp(double v, double low, double high) { return v < low ? low : v > high ? high : v; }

// Inner products of A rows with B others; with weights, if there are any.
template <int A, int B, bool WEIGHTED = false>
__attribute__((noinline)) void products(const double *const *rows, const double *const *others, int64_t channels, double *out, int64_t ld,
                     const double *weights = 0) {
  Vector acc[A][B];
#pragma GCC unroll 8
  for (int a = 0; a < A; a++)
#pragma GCC unroll 16
    for (int b = 0; b < B; b++) acc[a][b] = Vector{0};
  for (int64_t i = 0; i < channels; i += WIDTH) {
    Vector f[A];
#pragma GCC unroll 8
    for (int a = 0; a < A; a++) {
      f[a] = load(rows[a] + i);
      if (WEIGHTED) f[a] *= load(weights + i);
    }
#pragma GCC unroll 16
    for (int b = 0; b < B; b++) {
      Vector g = load(others[b] + i);
      IN_REGISTER(g);
#pragma GCC unroll 8
      for (int a = 0; a < A; a++) acc[a][b] += f[a] * g;
    }
  }
#pragma GCC unroll 8
  for (int a = 0; a < A; a++)
#pragma GCC unroll 16
    for (int b = 0; b < B; b++) out[a * ld + b] = sum_of(acc[a][b]);
}

// How many sums of some rows the registers hold beside what they are made of.
template <int ROWS>
constexpr int tile() {
  return WIDTH == 8 ? (ROWS > 2 ? 24 / ROWS : 10) : ROWS > 2 ? 12 / ROWS : 5;
}

template <int A, bool WEIGHTED = false, int B = tile<A>()>
void products_of(const double *const *rows, const double *const *others, int64_t count, int64_t channels, double *out,
                 int64_t ld, const double *weights = 0) {
  int64_t b = 0;
  for (; b + B <= count; b += B) products<A, B, WEIGHTED>(rows, others + b, channels, out + b, ld, weights);
  if constexpr (B > 1)
    if (b < count) products_of<A, WEIGHTED, B - 1>(rows, others + b, count - b, channels, out + b, ld, weights);
}

// Rows first..last - 1 of a table [count][ld] of inner products: what is above the diagonal, A rows at once.
template <int A, bool WEIGHTED>
void table_rows(const double *const *rows, int64_t first, int64_t last, int64_t count, int64_t channels, double *table,
                int64_t ld, const double *weights) {
  int64_t a = first;
  for (; a + A <= last; a += A)
    products_of<A, WEIGHTED>(rows + a, rows + a, count - a, channels, table + a * ld + a, ld, weights);
  if constexpr (A > 1)
    if (a < last) table_rows<A - 1, WEIGHTED>(rows, a, last, count, channels, table, ld, weights);
}

const int FEW = 2, MANY = WIDTH == 8 ? 4 : 3;  // rows at once of short tables, which the nearest cache holds, and of long

INLINE double product(const double *a, const double *b, int64_t channels) {
  double out;
  products<1, 1>(&a, &b, channels, &out, 1);
  return out;
}

}  // namespace
