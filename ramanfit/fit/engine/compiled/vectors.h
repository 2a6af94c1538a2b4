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

// Inner products of A rows with B others.
template <int A, int B>
INLINE void products(const double *const *rows, const double *const *others, int64_t channels, double *out, int64_t ld) {
  Vector acc[A][B];
#pragma GCC unroll 8
  for (int a = 0; a < A; a++)
#pragma GCC unroll 8
    for (int b = 0; b < B; b++) acc[a][b] = Vector{0};
  for (int64_t i = 0; i < channels; i += WIDTH) {
    Vector f[A];
#pragma GCC unroll 8
    for (int a = 0; a < A; a++) f[a] = load(rows[a] + i);
#pragma GCC unroll 8
    for (int b = 0; b < B; b++) {
      Vector g = load(others[b] + i);
      IN_REGISTER(g);
#pragma GCC unroll 8
      for (int a = 0; a < A; a++) acc[a][b] += f[a] * g;
    }
  }
#pragma GCC unroll 8
  for (int a = 0; a < A; a++)
#pragma GCC unroll 8
    for (int b = 0; b < B; b++) out[a * ld + b] = sum_of(acc[a][b]);
}

template <int A>
INLINE void products_of(const double *const *rows, const double *const *others, int64_t count, int64_t channels,
                        double *out, int64_t ld) {
  int64_t b = 0;
  for (; b + 4 <= count; b += 4) products<A, 4>(rows, others + b, channels, out + b, ld);
  if (count - b == 3) products<A, 3>(rows, others + b, channels, out + b, ld);
  if (count - b == 2) products<A, 2>(rows, others + b, channels, out + b, ld);
  if (count - b == 1) products<A, 1>(rows, others + b, channels, out + b, ld);
}

INLINE double product(const double *a, const double *b, int64_t channels) {
  double out;
  products<1, 1>(&a, &b, channels, &out, 1);
  return out;
}

}  // namespace
