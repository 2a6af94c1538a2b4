// How large the smooth part of a baseline is, and what it may hide; as `ramanfit.fit.amplitude` and `missing`.
#include "bridge.h"
#include "tangents.h"

namespace {

struct Smooth {  // as `ramanfit.fit.amplitude`
  int64_t count, channels, stride, peaks, baseline, polynomials, tried;
  const double *shift, *basis, *variances;  // of the smooth functions, [J]
  const double *center, *fwhm;              // [N][P] from the middle
  const double *counts, *weights;           // [N][M]
  const double *scale, *dof;                // [N]
  const double *amplitudes;                 // [tried]
  double collinear;
  double *reml;  // [N][tried]
};

struct Bands {  // as `ramanfit.fit.missing._further_bands`
  int64_t count, channels, stride, peaks, baseline, polynomials, bands;
  const double *shift, *basis, *band;  // [bands][stride]
  const double *center, *fwhm;         // [N][P] from the middle
  const double *counts, *weights;      // [N][M]
  const double *penalty, *dof;         // [N][J], [N]
  double collinear, alike;
  double *z, *change;  // [N][bands]; [N][P][3] of value, center and fwhm at a height of 1
};

const int THREE = 3;           // bands whose products are formed at once
const double NOTHING = 1e-17;  // of a band's height
const int64_t PIVOTS = 4;  // whose product is a number, whatever they are

// Counts less the polynomials, which are orthonormal: small numbers keep their digits.
INLINE void take_off(const double *counts, const double *weights, const double *basis, int64_t polynomials,
                     int64_t channels, int64_t stride, double *y) {
  copy_of(counts, channels, stride, y);
  int whole = 1;
  for (int64_t i = 0; i < channels; i++) whole &= weights[i] > 0;
  if (!whole) bridge(y, weights, channels);
  for (int64_t a = 0; a < polynomials; a++) {
    const double removed = product(y, basis + a * stride, stride);
    for (int64_t i = 0; i < stride; i += WIDTH) store(y + i, load(y + i) - removed * load(basis + a * stride + i));
  }
}

// -2 log REML, up to a constant, for WIDTH amplitudes at once: ``log |1 + t A| + dof log(chi2 - t o (1 + t A)^-1 o)``.
INLINE void reml_of(const double *left, int64_t ld, int64_t j, const double *overlap, double chi2, double dof,
                    Vector t, Vector *a, double *to, int64_t some) {
  Vector data[j + 1], fall = Vector{0}, determinant = Vector{0} + 1.0;
  double logs[WIDTH] = {0};
  for (int64_t k = 0; k < j; k++) {
    for (int64_t l = k; l < j; l++) a[k * j + l] = t * left[k * ld + l];
    a[k * j + k] += 1.0;
    data[k] = Vector{0} + overlap[k];
  }
  for (int64_t k = 0; k < j; k++) {
    const Vector inverse = 1.0 / a[k * j + k];
    for (int64_t l = k + 1; l < j; l++) {
      const Vector f = a[k * j + l] * inverse;
      for (int64_t b = l; b < j; b++) a[l * j + b] -= f * a[k * j + b];
      data[l] -= f * data[k];
    }
    fall += data[k] * data[k] * inverse;
    determinant *= a[k * j + k];
    if ((k + 1) % PIVOTS && k + 1 < j) continue;
    for (int64_t i = 0; i < some; i++) logs[i] += log(determinant[i]);
    determinant = Vector{0} + 1.0;
  }
  for (int64_t i = 0; i < some; i++) to[i] = logs[i] + dof * log(chi2 - t[i] * fall[i]);
}

}  // namespace

extern "C" int EXPORTED(reml)(const Smooth *in) {
  const int64_t s = in->stride, q = in->baseline, o = in->polynomials, p = in->peaks, j = q - o, m = in->channels;
  const int64_t free_ones = o + 3 * p, size = free_ones + j + 1, last = size - 1, ld = row_of(size);
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * (s * (3 * p + 2) + size * ld + WIDTH * j * j))) return 1;
  double *at = static_cast<double *>(memory);
  Vector *room_of_vectors = reinterpret_cast<Vector *>(at);
  double *rows = at + WIDTH * j * j, *y = rows + 3 * p * s, *weights = y + s;
  double *table = weights + s, root[j + 1], overlap[j + 1];
  memset(table, 0, sizeof(double) * size * ld);
  const double *all[size];
  for (int64_t a = 0; a < size; a++)
    all[a] = a < o           ? in->basis + a * s
             : a < free_ones ? rows + (a - o) * s
             : a < last      ? in->basis + (a - 3 * p) * s
                             : y;
  for (int64_t a = 0; a < j; a++) root[a] = sqrt(in->variances[a]);
  for (int64_t n = 0; n < in->count; n++) {
    copy_of(in->weights + n * m, m, s, weights);
    take_off(in->counts + n * m, weights, in->basis, o, m, s, y);
    for (int64_t a = 0; a < p; a++)
      tangent_of(in->shift, s, in->center[n * p + a], in->fwhm[n * p + a], rows + 3 * a * s);
    table_of(all, size, weights, s, table);
    const int collinear = eliminate(table, size, 0, free_ones, in->collinear);
    double *left = table + free_ones * ld + free_ones;
    for (int64_t a = 0; a < j; a++) {
      for (int64_t b = a; b < j; b++) left[a * ld + b] *= root[a] * root[b];
      overlap[a] = root[a] * left[a * ld + j];
    }
    double chi2 = table[last * ld + last];
    if (collinear || !(chi2 > 0)) chi2 = NAN;
    for (int64_t k = 0; k < in->tried; k += WIDTH) {
      const int64_t some = in->tried - k < WIDTH ? in->tried - k : WIDTH;
      Vector t = Vector{0};
      for (int64_t i = 0; i < some; i++) t[i] = in->amplitudes[k + i] * in->scale[n];
      reml_of(left, ld, j, overlap, chi2, in->dof[n], t * t, room_of_vectors, in->reml + n * in->tried + k, some);
    }
  }
  free(memory);
  return 0;
}

extern "C" int EXPORTED(bands)(const Bands *in) {
  const int64_t s = in->stride, q = in->baseline, o = in->polynomials, p = in->peaks, m = in->channels;
  const int64_t f = q + 3 * p, size = f + 1, ld = row_of(size), k = in->bands, beside = padded(k);
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * (s * (3 * p + 5) + size * ld + (2 * size + 1) * beside + 64)))
    return 1;
  double *cross = static_cast<double *>(memory), *rows = cross + size * beside, *y = rows + 3 * p * s;
  double *weights = y + s, *room = weights + s, *norm = room + 3 * s, *table = norm + beside;
  double *three_of_them = table + size * ld;
  int64_t reach[2 * k + 2];  // of three bands: what is less than rounding of them is left out
  for (int64_t b = 0; b < k; b += THREE) {
    int64_t low = s, high = 0;
    for (int64_t a = b; a < k && a < b + THREE; a++)
      for (int64_t i = 0; i < m; i++)
        if (fabs(in->band[a * s + i]) > NOTHING) {
          low = i < low ? i : low;
          high = i + 1 > high ? i + 1 : high;
        }
    if (low >= high) low = high = 0;
    reach[2 * (b / THREE)] = low / WIDTH * WIDTH;
    reach[2 * (b / THREE) + 1] = (high + WIDTH - 1) / WIDTH * WIDTH;
  }
  memset(cross, 0, sizeof(double) * size * beside);
  memset(norm, 0, sizeof(double) * beside);
  const double *all[size];
  for (int64_t a = 0; a < size; a++) all[a] = a < q ? in->basis + a * s : a < f ? rows + (a - q) * s : y;
  for (int64_t n = 0; n < in->count; n++) {
    copy_of(in->weights + n * m, m, s, weights);
    take_off(in->counts + n * m, weights, in->basis, o, m, s, y);
    for (int64_t a = 0; a < p; a++)
      tangent_of(in->shift, s, in->center[n * p + a], in->fwhm[n * p + a], rows + 3 * a * s);
    table_of(all, size, weights, s, table);
    for (int64_t j = o; j < q; j++) table[j * ld + j] += in->penalty[n * (q - o) + j - o];
    for (int64_t b = 0; b < k; b += THREE) {
      const int64_t some = k - b < THREE ? k - b : THREE, low = reach[2 * (b / THREE)], high = reach[2 * (b / THREE) + 1];
      const double *near[size], *three[THREE];
      for (int64_t a = 0; a < size; a++) near[a] = all[a] + low;
      for (int64_t a = 0; a < some; a++) {
        const double *band = in->band + (b + a) * s;
        three[a] = room + a * s;
        for (int64_t i = low; i < high; i += WIDTH) store(room + a * s + i - low, load(band + i) * load(weights + i));
        norm[b + a] = product(three[a], band + low, high - low);
      }
      for (int64_t a = some; a < THREE; a++) three[a] = three[0];
      products_of<THREE>(three, near, size, high - low, three_of_them, size);
      for (int64_t a = 0; a < some; a++)
        for (int64_t i = 0; i < size; i++) cross[i * beside + b + a] = three_of_them[a * size + i];
    }
    const int collinear = eliminate(table, size, 0, f, in->collinear);
    double *left = three_of_them, *overlap = cross + f * beside;  // of all bands at once
    memcpy(left, norm, sizeof(double) * beside);
    for (int64_t a = 0; a < f; a++) {
      const double *row = table + a * ld, inverse = 1 / row[a];
      double *own = cross + a * beside;
      for (int64_t v = 0; v < beside; v += WIDTH) {
        const Vector mine = load(own + v), part = mine * inverse;
        for (int64_t i = a + 1; i <= f; i++) {
          double *to = cross + i * beside + v;
          store(to, load(to) - part * row[i]);
        }
        store(left + v, load(left + v) - part * mine);
      }
    }
    const double chi2 = table[f * ld + f];
    double height = 0, best = 0, *z = in->z + n * k;
    int64_t pick = 0;
    for (int64_t b = 0; b < k; b++) {
      const double found = overlap[b] / sqrt(left[b] * chi2 / in->dof[n]);
      const int usable = left[b] > in->alike * norm[b] && !collinear && isfinite(found);
      z[b] = usable ? found : 0.0;
      if (b && !(z[b] > best)) continue;
      best = z[b], pick = b, height = usable ? overlap[b] / left[b] : 0.0;
    }
    double change[3 * p];
    for (int64_t a = 3 * p - 1; a >= 0; a--) {
      const double *row = table + (q + a) * ld;
      double value = -cross[(q + a) * beside + pick] * height;
      for (int64_t b = a + 1; b < 3 * p; b++) value -= row[q + b] * change[b];
      change[a] = value / row[q + a];
    }
    for (int64_t a = 0; a < p; a++) {  // from value, slope and width of `tangent_of`
      const double width = in->fwhm[n * p + a];
      double *to = in->change + (n * p + a) * 3;
      to[0] = change[3 * a];
      to[1] = -change[3 * a + 1] * width / 2;
      to[2] = -change[3 * a + 2] * width;
    }
  }
  free(memory);
  return 0;
}
