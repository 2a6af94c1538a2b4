// Numbers as text with nine significant digits, as numerals.py describes them.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace {

const int DIGITS = 9, SMALLEST = -4;  // the decimal exponents that are written without one: SMALLEST to DIGITS - 1
const double NEXT[] = {1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
const double SCALES[] = {1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1e0};  // exact

// Whether the number, finite and not 0, could be written at `text`, which then points behind it. Not if it has an
// exponent, or lies so near the middle between two texts that more digits must tell which is nearer.
bool write(double number, char *&text) {
  const double size = std::fabs(number);
  if (!(size >= 1e-4 && size < 1e9)) return false;
  int power = SMALLEST;
  for (const double next : NEXT) power += size >= next;
  const double scaled = size * SCALES[power - SMALLEST];  // one rounding
  uint32_t whole = static_cast<uint32_t>(scaled);
  const double rest = scaled - static_cast<double>(whole);
  if (std::fabs(rest - 0.5) < 4e9 * std::numeric_limits<double>::epsilon()) return false;
  whole += rest > 0.5;
  if (whole == 1000000000u) whole /= 10, ++power;
  if (power == DIGITS) return false;
  char digits[DIGITS];
  for (int i = DIGITS; i-- > 0; whole /= 10) digits[i] = static_cast<char>('0' + whole % 10);
  int used = DIGITS;
  while (used > 1 && digits[used - 1] == '0') --used;
  if (number < 0) *text++ = '-';
  if (power < 0) {
    *text++ = '0', *text++ = '.';
    for (int i = -1; i > power; --i) *text++ = '0';
    for (int i = 0; i < used; ++i) *text++ = digits[i];
    return true;
  }
  for (int i = 0; i <= power; ++i) *text++ = digits[i];
  if (used > power + 1) *text++ = '.';
  for (int i = power + 1; i < used; ++i) *text++ = digits[i];
  return true;
}

}  // namespace

extern "C" int numerals_interface() { return 2; }

// Writes numbers as lines of at most 16 bytes, what is missing as the line `missing`, and what it leaves to others as
// a line `?`. Returns how many bytes these are.
extern "C" int64_t numerals(const double *numbers, int64_t count, const char *missing, char *text) {
  const char *first = text;
  const size_t empty = std::strlen(missing);
  for (int64_t i = 0; i < count; ++i, *text++ = '\n') {
    if (std::isnan(numbers[i]))
      std::memcpy(text, missing, empty), text += empty;
    else if (numbers[i] == 0)
      *text++ = '0';
    else if (char *begin = text; !write(numbers[i], text))
      text = begin, *text++ = '?';
  }
  return text - first;
}

// Writes the lines of columns, so many in each, side by side as cells. Returns how many bytes these are.
extern "C" int64_t beside(const char *const *columns, int64_t count, int64_t rows, char delimiter, char *text) {
  const char *first = text;
  std::vector<const char *> at(columns, columns + count);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < count; ++c) {
      const char *cell = at[static_cast<size_t>(c)];
      while (*cell != '\n') *text++ = *cell++;
      *text++ = c + 1 < count ? delimiter : '\n';
      at[static_cast<size_t>(c)] = cell + 1;
    }
  return text - first;
}
