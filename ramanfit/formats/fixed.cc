// Numbers of fixed width, as fixed.py describes them: the same numbers, and the same rows refused.
#include <cstdint>
#include <cstring>

namespace {

const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};  // all exact
const int EXACT = 22;

inline bool digit(unsigned char byte, unsigned &value) {
  value = byte - '0';
  return value < 10;
}

// Eight digits at a time: neighbours become pairs, pairs fours, fours eight (D. Lemire, Software: Practice and
// Experience 51, 1700 (2021)). Bytes come with the lowest first, as build.py makes sure.
inline bool eight_digits(const unsigned char *text, uint64_t &value) {
  uint64_t v;
  std::memcpy(&v, text, 8);
  v ^= 0x3030303030303030u;
  const bool good = !(((v + 0x7676767676767676u) | v) & 0x8080808080808080u);
  v = v * 10 + (v >> 8);
  v = ((v & 0x000000FF000000FFu) * 0x000F424000000064u + ((v >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >> 32;
  value = v & 0xFFFFFFFFu;
  return good;
}

}  // namespace

extern "C" int fixed_interface() { return 2; }

// Rows of `columns` numbers with so many digits behind the point and in the exponent, parted by `separator` and ended
// by a line feed, before it a carriage return if `newline` is 2. Returns 0, or 1 if a byte is not where it should be.
// `out` [rows, columns] may be null: then the rows are only looked at. `even` [rows] tells which rows show one number
// behind their first.
extern "C" int fixed_rows(const unsigned char *text, int64_t rows, int64_t columns, int digits, int exponent,
                          int separator, int newline, double *out, unsigned char *even) {
  const int width = digits + exponent + 5;
  bool good = true;
  for (int64_t r = 0; r < rows && good; ++r) {
    bool same = true;
    double level = 0;
    for (int64_t c = 0; c < columns; ++c, text += width + 1) {
      unsigned value, tens, ones;
      good &= digit(text[1], value);
      uint64_t whole = value;
      const unsigned char *at = text + 3, *end = at + digits;
      for (; end - at >= 8; at += 8) {
        uint64_t eight;
        good &= eight_digits(at, eight);
        whole = whole * 100000000u + eight;
      }
      for (; at < end; ++at) {
        good &= digit(*at, value);
        whole = whole * 10 + value;
      }
      const unsigned char first = text[0], sign = end[1], *last = text + width;
      good &= digit(last[-2], tens) & digit(last[-1], ones);
      good &= text[2] == '.' && end[0] == 'E' && (sign == '+' || sign == '-') && (exponent == 2 || end[2] == '0');
      good &= first == ' ' || first == '+' || first == '-';
      good &= *last == (c + 1 < columns ? separator : newline == 2 ? '\r' : '\n');
      const int power = static_cast<int>(10 * tens + ones), k = (sign == '-' ? -power : power) - digits;
      if (!good || k > EXACT || k < -EXACT) return 1;
      if (out || same) {
        const double size = k < 0 ? static_cast<double>(whole) / POWERS[-k] : static_cast<double>(whole) * POWERS[k];
        const double number = first == '-' ? -size : size;
        if (out) *out++ = number;
        if (c == 1) level = number;
        if (c > 1) same = same && number == level;
      }
    }
    if (even) even[r] = same;
    if (newline == 2) good &= *text++ == '\n';
  }
  return good ? 0 : 1;
}
