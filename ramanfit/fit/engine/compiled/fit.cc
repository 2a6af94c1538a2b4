// Fits of free Lorentzians over a baseline, one spectrum after another; as `ramanfit.fit.engine.varpro.fit`.
#include "bridge.h"
#include "minimise.h"
#include "search.h"
#include "spread.h"
#include "tangents.h"

namespace {

struct Rows {  // of `count` spectra; weights, start, penalty and enough may be missing
  int64_t count;
  const double *counts;   // [N][M]
  const double *weights;  // [N][M], or
  const Sight *sight;     // what they follow
  const double *start;    // [N][P][3] centers from the middle
  const double *penalty;  // [N][Q - polynomials]
  const double *enough;   // [N] chi-square that is low enough
  double tolerance, rough, suspect_snr2, alike;  // see `varpro`
  Limits limits;
  int64_t home, patience, iterations;             // home: whether the model's own start is tried as well
};

struct Found {  // of all spectra, filled with what there is without a fit
  double *height, *center, *fwhm;  // [N][P], centers from the middle
  double *coefficients;            // [N][Q]
  double *covariance;              // [N][3P][3P]
  double *chi2;                    // [N]
  int64_t *dof;                    // [N]
  uint8_t *at_bound;               // [N][P][4]
  int8_t *status;                  // [N]
};

// Room for doubles, one array after another; each begins where a vector may.
struct Room {
  double *at;
  double *take(int64_t n) {
    double *mine = at;
    at += padded(n);
    return mine;
  }
};

struct Work {
  Spectrum spectrum;
  Point points[5];
  double *data[MANY], *weights[MANY], *removed[MANY];  // of spectra that are searched together
  int64_t used[MANY];
  double *fixed, *match, *again, *cross, *solved, *normal;
};

int64_t lay_out(Work *w, const Model *m, Room room) {
  const int64_t p = m->peaks, q = m->baseline, r = 3 * p, k = m->trials;
  double *first = room.at;
  Spectrum *s = &w->spectrum;
  for (int k = 0; k < MANY; k++) {
    w->data[k] = room.take(m->stride);
    w->weights[k] = room.take(m->stride);
    w->removed[k] = room.take(q + 1);
  }
  s->rows = room.take(r * m->stride);
  s->factor = room.take(q * q + 1);
  s->pivot = room.take(q + 1);
  s->data = room.take(q + 1);
  s->table = room.take(r * (r + q + 1));
  for (Point &point : w->points) {
    point.moving = room.take(2 * p);
    point.whole = room.take(r * r);
    point.cross = room.take(q * r + 1);
    point.left = room.take(r * (r + 1));
    point.height = room.take(p);
    point.gradient = room.take(2 * p);
    point.normal = room.take(4 * p * p);
    point.snr2 = room.take(p);
  }
  w->fixed = room.take((q + 1) * (q + 1));
  w->match = room.take(MANY * p * k);
  w->again = room.take(k);
  w->cross = room.take(p * (1 + k));
  w->solved = room.take(p * (1 + k));
  w->normal = room.take(r * r);
  return room.at - first;
}

// The weights of one spectrum, if it has any, and how many channels count.
int64_t weighed(const Rows *in, int64_t n, int64_t channels, double *to) {
  if (in->weights)
    memcpy(to, in->weights + n * channels, sizeof(double) * channels);
  else if (in->sight)
    weights_of(*in->sight, n, channels, to);
  else
    return channels;
  int64_t used = 0;
  for (int64_t i = 0; i < channels; i++) used += to[i] > 0;
  return used;
}

// Counts less an unweighted fit of the polynomials, and the coefficients of that; and weights. Returns how many channels count.
int64_t take_data(const Model *m, const Rows *in, int64_t n, double *y, double *removed, double *weights) {
  memcpy(y, in->counts + n * m->channels, sizeof(double) * m->channels);
  memset(y + m->channels, 0, sizeof(double) * (m->stride - m->channels));  // the last one may have left no number
  const int64_t used = weighed(in, n, m->channels, weights);
  if (used < m->channels) bridge(y, weights, m->channels);
  for (int64_t j = 0; j < m->baseline; j++)
    removed[j] = j < m->polynomials ? product(y, m->basis + j * m->stride, m->stride) : 0.0;
  for (int64_t j = 0; j < m->polynomials; j++)
    for (int64_t i = 0; i < m->stride; i += WIDTH)
      store(y + i, load(y + i) - removed[j] * load(m->basis + j * m->stride + i));
  return used;
}

void set_up(Work *w, const Model *m, const Rows *in, int64_t n, int64_t k) {
  Spectrum *s = &w->spectrum;
  const int64_t q = m->baseline, size = q + 1, r = 3 * m->peaks;
  s->y = w->data[k];
  s->removed = w->removed[k];
  s->weights = in->weights || in->sight ? w->weights[k] : 0;
  s->used = w->used[k];
  s->columns[r + q] = s->y;
  memset(w->fixed, 0, sizeof(double) * size * size);
  if (s->weights) {
    table_rows<FEW, true>(s->columns + r, 0, size, size, m->stride, w->fixed, size, s->weights);  // the basis and the data
  } else {
    for (int64_t j = 0; j < q; j++) w->fixed[j * size + j] = 1.0;
    w->fixed[size * size - 1] = product(s->y, s->y, m->stride);
  }
  if (in->penalty)
    for (int64_t j = m->polynomials; j < q; j++)
      w->fixed[j * size + j] += in->penalty[n * (q - m->polynomials) + j - m->polynomials];
  eliminate_baseline(s, w->fixed);
}

int64_t held_of(const Model *m, const double *moving) {
  int64_t held = 0;
  for (int64_t a = 0; a < 2 * m->peaks; a++) held += is_held(m, moving, a);
  return held;
}

int is_suspect(const Spectrum *s, const Point *end, double suspect_snr2) {
  const Model *m = s->model;
  const int64_t dof = s->used > m->parameters ? s->used - m->parameters : 1;
  int weak = 0;
  for (int64_t j = 0; j < m->peaks; j++) weak |= end->snr2[j] < suspect_snr2 * end->chi2 / dof;
  return weak || held_of(m, end->moving);
}

// Invert the normal matrix of heights, centers and widths, [3P][3P]; false where there is none.
int covariance_of(const Model *m, const Point *end, const int *fixed, double *a) {
  const int64_t p = m->peaks, r = 3 * p, ld = r + 1;
  double by[r], scale[r];
  for (int64_t i = 0; i < r; i++)
    for (int64_t k = i; k < r; k++) a[i * r + k] = a[k * r + i] = end->left[i * ld + k];
  for (int64_t j = 0; j < p; j++) {  // from phi, (x - c) phi^2, phi^2 to height, center, fwhm
    const double width = end->moving[p + j], height = end->height[j];
    const int64_t phi = j, slope = p + j, phi2 = 2 * p + j;
    by[phi] = 1.0;
    by[slope] = 8 / (width * width) * height;
    by[phi2] = 2 / width * height;
    scale[phi] = end->whole[phi * r + phi];
    scale[slope] = end->whole[slope * r + slope] * by[slope] * by[slope];
    scale[phi2] = end->whole[phi * r + phi] - 2 * end->whole[phi * r + phi2] + end->whole[phi2 * r + phi2];
    scale[phi2] *= by[phi2] * by[phi2];
    for (int64_t k = 0; k < r; k++) a[phi2 * r + k] = a[phi * r + k] - a[phi2 * r + k];
  }
  for (int64_t j = 0; j < p; j++)
    for (int64_t k = 0; k < r; k++) a[k * r + 2 * p + j] = a[k * r + j] - a[k * r + 2 * p + j];
  int there = 1;
  for (int64_t i = 0; i < r; i++) {
    if (fixed[i]) scale[i] = 1.0;
    there &= scale[i] > 0;
    scale[i] = sqrt(scale[i] > 0 ? scale[i] : 1.0);
  }
  for (int64_t i = 0; i < r; i++)
    for (int64_t k = 0; k < r; k++)
      a[i * r + k] = fixed[i] || fixed[k] ? (i == k ? 1.0 : 0.0) : a[i * r + k] * by[i] * by[k] / (scale[i] * scale[k]);
  double column[r], row[r];
  for (int64_t j = 0; j < r; j++) {
    double pivot = a[j * r + j];
    there &= pivot > SINGULAR;
    if (!(pivot > SINGULAR)) pivot = 1.0;
    for (int64_t k = 0; k < r; k++) {
      column[k] = a[k * r + j];
      row[k] = a[j * r + k] / pivot;
    }
    for (int64_t i = 0; i < r; i++)
      for (int64_t k = 0; k < r; k++) a[i * r + k] -= column[i] * row[k];
    memcpy(a + j * r, row, sizeof row);
    for (int64_t i = 0; i < r; i++) a[i * r + j] = -column[i] / pivot;
    a[j * r + j] = 1 / pivot;
  }
  for (int64_t i = 0; i < r; i++)
    for (int64_t k = 0; k < r; k++) a[i * r + k] /= scale[i] * scale[k];
  return there;
}

void finish(Work *w, const Model *m, const Point *end, int converged, int64_t n, const Found *out) {
  const Spectrum *s = &w->spectrum;
  const int64_t p = m->peaks, q = m->baseline, r = 3 * p;
  const int64_t dof = s->used - (m->parameters - held_of(m, end->moving));
  double coefficients[q + 1];
  int good = !end->singular && dof > 0;
  for (int64_t j = q - 1; j >= 0; j--) {
    double solved = s->data[j];
    for (int64_t k = 0; k < p; k++) solved -= end->cross[j * r + k] * end->height[k];
    coefficients[j] = solved / s->pivot[j];
    for (int64_t k = j + 1; k < q; k++) coefficients[j] -= s->factor[k * q + j] * coefficients[k];
    good &= isfinite(coefficients[j]) != 0;
  }
  for (int64_t j = 0; j < p; j++)
    good &= isfinite(end->height[j]) && isfinite(end->moving[j]) && isfinite(end->moving[p + j]);
  if (!good) return;
  int fixed[r];
  for (int64_t j = 0; j < p; j++) {
    fixed[j] = 0;
    fixed[p + j] = is_held(m, end->moving, j);
    fixed[2 * p + j] = is_held(m, end->moving, p + j);
    out->height[n * p + j] = end->height[j];
    out->center[n * p + j] = end->moving[j];
    out->fwhm[n * p + j] = end->moving[p + j];
    out->at_bound[(n * p + j) * 4] = fixed[p + j] != 0;
    out->at_bound[(n * p + j) * 4 + 1] = fixed[2 * p + j] != 0;
  }
  for (int64_t j = 0; j < q; j++) out->coefficients[n * q + j] = coefficients[j] + s->removed[j];
  const double chi2 = end->chi2 > 0 ? end->chi2 : 0.0;
  const int there = covariance_of(m, end, fixed, w->normal);
  for (int64_t i = 0; i < r; i++)  // peak by peak
    for (int64_t k = 0; k < r; k++) {
      const int64_t a = i % 3 * p + i / 3, b = k % 3 * p + k / 3;
      const double value = there && !fixed[a] && !fixed[b] ? w->normal[a * r + b] * (chi2 / dof) : NAN;
      out->covariance[(n * r + i) * r + k] = value;
    }
  out->chi2[n] = chi2;
  out->dof[n] = dof;
  out->status[n] = converged ? 0 : 1;
}

// Fit one spectrum, the number `k` of those whose data were taken.
void fit_one(Work *w, const Model *m, const Rows *in, int64_t n, int64_t k, const Found *out) {
  Spectrum *s = &w->spectrum;
  const int64_t p = m->peaks;
  set_up(w, m, in, n, k);
  Point *here = &w->points[0], *trial = &w->points[1];
  if (in->start) {
    for (int64_t j = 0; j < p; j++) {
      here->moving[j] = in->start[(n * p + j) * 3];
      here->moving[p + j] = in->start[(n * p + j) * 3 + 1];
    }
  } else {
    search(s, here->moving, w->match + k * p * m->trials, w->cross, w->solved);
  }
  int converged = minimise(s, &here, &trial, in->patience, in->tolerance, in->limits, in->enough ? in->enough[n] : NAN);
  const int elsewhere = !in->start || in->home;
  const int again =
      elsewhere ? !converged || is_suspect(s, here, in->suspect_snr2) : !converged && in->tolerance < in->rough;
  if (again) {
    Point *ends[3] = {here, &w->points[2], &w->points[3]}, *room = trial == &w->points[1] ? trial : &w->points[0];
    int64_t count = 1, weakest = 0;
    for (int64_t j = 1; j < p; j++)
      if (here->snr2[j] < here->snr2[weakest]) weakest = j;
    if (!in->start) {
      memcpy(ends[count]->moving, here->moving, sizeof(double) * 2 * p);
      search_again(s, ends[count]->moving, weakest, w->again, w->cross, w->solved);
      count++;
    }
    if (elsewhere) memcpy(ends[count++]->moving, m->home, sizeof(double) * 2 * p);
    double least = INFINITY;
    for (int64_t i = 0; i < count; i++) {
      minimise(s, &ends[i], &room, in->patience, in->tolerance, in->limits);
      if (ends[i]->chi2 < least) least = ends[i]->chi2;
    }
    int64_t pick = 0;  // the first of those that ended in the same minimum
    while (pick < count - 1 && !(ends[pick]->chi2 <= least + in->alike * fabs(least))) pick++;
    converged = minimise(s, &ends[pick], &room, in->iterations, in->tolerance, in->limits);
    here = ends[pick];
  }
  finish(w, m, here, converged, n, out);
}

}  // namespace

// Fit the spectra `first` to `last - 1`. Returns 0, or 1 without memory for it.
extern "C" int EXPORTED(fit)(const Model *m, const Rows *in, int64_t first, int64_t last, const Found *out) {
  Work w;
  memset(&w, 0, sizeof w);
  const int64_t r = 3 * m->peaks, doubles = lay_out(&w, m, Room{0});
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * doubles)) return 1;
  memset(memory, 0, sizeof(double) * doubles);
  const double *columns[r + m->baseline + 1];
  lay_out(&w, m, Room{static_cast<double *>(memory)});
  Spectrum *s = &w.spectrum;
  s->model = m;
  s->columns = columns;
  for (int64_t a = 0; a < r; a++) columns[a] = s->rows + a * m->stride;
  for (int64_t j = 0; j < m->baseline; j++) columns[r + j] = m->basis + j * m->stride;
  for (int64_t n = first; n < last; n += MANY) {
    const int64_t some = last - n < MANY ? last - n : MANY;
    for (int64_t k = 0; k < some; k++) w.used[k] = take_data(m, in, n + k, w.data[k], w.removed[k], w.weights[k]);
    if (!in->start) match_of(m, w.data, some, w.match);
    for (int64_t k = 0; k < some; k++) fit_one(&w, m, in, n + k, k, out);
  }
  free(memory);
  return 0;
}
