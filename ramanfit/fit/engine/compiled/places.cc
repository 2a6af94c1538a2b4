// Where a slow misfit is largest; as `_places` in `ramanfit.fit.verdicts`.
#include "tangents.h"

namespace {

struct Places {
  int64_t count, channels, stride, peaks, baseline, slow;
  const double *shift, *basis, *later;     // [stride] from the middle; [baseline][stride], [slow][stride]
  const double *center, *fwhm;             // [N][P] from the middle
  const double *weights;                   // [N][M]
  const double *found, *followed;          // [N][slow], [N][baseline + 3 peaks]
  int64_t *place;                          // [N] channel
};

}  // namespace

extern "C" int EXPORTED(places)(const Places *in) {
  const int64_t s = in->stride, q = in->baseline, p = in->peaks, f = q + 3 * p, m = in->channels;
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(double) * 4 * s)) return 1;
  double *shown = static_cast<double *>(memory), *line = shown + s;
  for (int64_t n = 0; n < in->count; n++) {
    const double *found = in->found + n * in->slow, *followed = in->followed + n * f, *weights = in->weights + n * m;
    for (int64_t i = 0; i < s; i += WIDTH) {
      Vector sum = Vector{0};
      for (int64_t a = 0; a < in->slow; a++) sum += found[a] * load(in->later + a * s + i);
      for (int64_t a = 0; a < q; a++) sum -= followed[a] * load(in->basis + a * s + i);
      store(shown + i, sum);
    }
    for (int64_t j = 0; j < p; j++) {
      const double *its = followed + q + 3 * j;
      tangent_of(in->shift, s, in->center[n * p + j], in->fwhm[n * p + j], line);
      for (int64_t i = 0; i < s; i += WIDTH)
        store(shown + i, load(shown + i) - its[0] * load(line + i) - its[1] * load(line + s + i) -
                             its[2] * load(line + 2 * s + i));
    }
    double most = -1;
    in->place[n] = 0;
    for (int64_t i = 0; i < m; i++) {
      const double size = shown[i] * shown[i] * weights[i];
      if (!(size > most)) continue;
      most = size;
      in->place[n] = i;
    }
  }
  free(memory);
  return 0;
}
