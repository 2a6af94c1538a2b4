// Levenberg-Marquardt steps inside bounds; as `_minimise` in `ramanfit.fit.engine.varpro`.
#pragma once
#include "lorentzians.h"

namespace {

struct Limits {  // see `varpro`
  double rounding, max_step, max_damping;
};

// Solve a [n][n + 1], the right side last, by elimination.
INLINE void solve(double *a, int64_t n, double *x) {
  const int64_t ld = n + 1;
  for (int64_t j = 0; j < n; j++)
    for (int64_t i = j + 1; i < n; i++) {
      const double f = a[i * ld + j] / a[j * ld + j];
      for (int64_t b = j; b < ld; b++) a[i * ld + b] -= f * a[j * ld + b];
    }
  for (int64_t j = n - 1; j >= 0; j--) {
    double solved = a[j * ld + n];
    for (int64_t b = j + 1; b < n; b++) solved -= a[j * ld + b] * x[b];
    x[j] = solved / a[j * ld + j];
  }
}

INLINE int is_held(const Model *m, const double *moving, int64_t a) {
  return moving[a] <= m->lower[a] || moving[a] >= m->upper[a];
}

// Move `*here` to the least chi-square, or to one that is low `enough`; `*trial` is room for another point. Tells whether
// it arrived.
inline int minimise(Spectrum *s, Point **here, Point **trial, int64_t iterations, double tolerance,
                    const Limits &limits, double enough = NAN) {
  const Model *m = s->model;
  const int64_t k = 2 * m->peaks, ld = k + 1;
  for (int64_t a = 0; a < k; a++) (*here)->moving[a] = clamp((*here)->moving[a], m->lower[a], m->upper[a]);
  reduce(s, *here);
  double damping = 1e-3, system[k * ld], step[k], taken[k], gradient[k];
  int held[k];
  for (int64_t round = 0; round < iterations; round++) {
    const Point *at = *here;
    if (at->chi2 <= enough) return 0;
    for (int64_t a = 0; a < k; a++) {
      held[a] = (at->moving[a] <= m->lower[a] && at->gradient[a] < 0) ||
                (at->moving[a] >= m->upper[a] && at->gradient[a] > 0);
      gradient[a] = held[a] ? 0.0 : at->gradient[a];
    }
    for (int64_t a = 0; a < k; a++) {
      for (int64_t b = 0; b < k; b++) system[a * ld + b] = held[a] || held[b] ? 0.0 : at->normal[a * k + b];
      const double diagonal = system[a * ld + a];
      system[a * ld + a] = (diagonal > 0 ? diagonal : 1.0) * (1 + damping);
      system[a * ld + k] = gradient[a];
    }
    solve(system, k, step);
    double fall = 0;
    int finite = 1;
    for (int64_t a = 0; a < k; a++) {
      fall += step[a] * gradient[a];
      finite &= isfinite(step[a]) != 0;
    }
    fall *= 1 + damping;
    const int arrived = fall <= tolerance * at->chi2 + limits.rounding * s->squares;
    if (arrived || !(damping < limits.max_damping) || !finite) return arrived;
    double promised = 0;
    for (int64_t a = 0; a < k; a++) {
      const double limit = limits.max_step * at->moving[m->peaks + a % m->peaks];
      const double to = clamp(at->moving[a] + clamp(step[a], -limit, limit), m->lower[a], m->upper[a]);
      (*trial)->moving[a] = to;
      taken[a] = to - at->moving[a];
    }
    for (int64_t a = 0; a < k; a++) {
      double slope = 2 * at->gradient[a];
      for (int64_t b = 0; b < k; b++) slope -= at->normal[a * k + b] * taken[b];
      promised += slope * taken[a];
    }
    reduce(s, *trial);
    if ((*trial)->chi2 < at->chi2) {
      const double t = 2 * (at->chi2 - (*trial)->chi2) / promised - 1;
      damping *= clamp(1 - t * t * t, 0.1, 10.0);  // Nielsen, IMM-REP-1999-05, DTU (1999)
      Point *better = *trial;
      *trial = *here;
      *here = better;
    } else {
      damping *= 10.0;
    }
    if (damping < 1e-9) damping = 1e-9;
  }
  return 0;
}

}  // namespace
