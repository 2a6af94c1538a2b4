// Numbers of fixed width, as fixed.py describes them: the same numbers, and the same rows refused.
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};  // all exact
const int EXACT = 22;
const int TOGETHER = 16;      // numbers that are looked at together
const int64_t BESIDE = 8;     // rows that are turned into columns together
const int LONGEST = 14 + 11;  // bytes of a number and what follows it

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

// How numbers are written: so many digits behind the point and in the exponent.
struct Layout {
  int digits, exponent;

  int width() const { return digits + exponent + 5; }

  bool read(const unsigned char *text, double &number) const {
    unsigned value, tens, ones;
    bool good = digit(text[1], value);
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
    const unsigned char first = text[0], sign = end[1], *after = text + width();
    good &= digit(after[-2], tens) & digit(after[-1], ones);
    good &= text[2] == '.' && end[0] == 'E' && (sign == '+' || sign == '-') && (exponent == 2 || end[2] == '0');
    good &= first == ' ' || first == '+' || first == '-';
    const int power = static_cast<int>(10 * tens + ones), k = (sign == '-' ? -power : power) - digits;
    if (!good || k > EXACT || k < -EXACT) return false;
    const double size = k < 0 ? static_cast<double>(whole) / POWERS[-k] : static_cast<double>(whole) * POWERS[k];
    number = first == '-' ? -size : size;
    return true;
  }
};

// Numbers between 1 and 1e10, as most counts are, with a separator behind each: those that are written so are good,
// and looking at many of their bytes at once is fast.
class Usual {
 public:
  Usual(const Layout &layout, int separator) : size_(TOGETHER * (layout.width() + 1)) {
    unsigned char *low = low_, *span = span_;
    auto put = [&](int from, int to, int times) {
      for (; times; --times) *low++ = static_cast<unsigned char>(from), *span++ = static_cast<unsigned char>(to - from);
    };
    for (int i = 0; i < TOGETHER; ++i) {
      put(' ', ' ', 1), put('0', '9', 1), put('.', '.', 1), put('0', '9', layout.digits), put('E', 'E', 1);
      put('+', '+', 1), put('0', '0', layout.exponent - 1), put('0', '9', 1), put(separator, separator, 1);
    }
  }

  bool all(const unsigned char *text) const {
    unsigned char bad = 0;
    for (int i = 0; i < size_; ++i) bad |= static_cast<unsigned char>(text[i] - low_[i]) > span_[i];
    return !bad;
  }

  int size() const { return size_; }

 private:
  int size_;
  unsigned char low_[TOGETHER * LONGEST], span_[TOGETHER * LONGEST];
};

bool read_all(int file, unsigned char *text, int64_t size, int64_t from) {
  while (size > 0) {
    const ssize_t some = pread(file, text, static_cast<size_t>(size), static_cast<off_t>(from));
    if (some <= 0) return false;
    text += some, size -= some, from += some;
  }
  return true;
}

}  // namespace

extern "C" int fixed_interface() { return 2; }

// Rows of `columns` numbers with so many digits behind the point and in the exponent, parted by `separator` and ended
// by a line feed, before it a carriage return if `newline` is 2. Returns 0, or 1 if a byte is not where it should be.
// `out` [rows, columns] may be null: then the rows are only looked at. `even` [rows], which may be null, tells which
// rows show one number behind their first.
extern "C" int fixed_rows(const unsigned char *text, int64_t rows, int64_t columns, int digits, int exponent,
                          int separator, int newline, double *out, unsigned char *even) {
  const Layout layout{digits, exponent};
  const Usual usual(layout, separator);
  const int width = layout.width();
  for (int64_t r = 0; r < rows; ++r) {
    bool same = true;
    double level = 0;
    for (int64_t c = 0; c < columns; ++c, text += width + 1) {
      for (; !out && !same && columns - c > TOGETHER && usual.all(text); c += TOGETHER) text += usual.size();
      double number;
      if (!layout.read(text, number)) return 1;
      if (text[width] != (c + 1 < columns ? separator : newline == 2 ? '\r' : '\n')) return 1;
      if (out) *out++ = number;
      if (c == 1) level = number;
      if (c > 1) same = same && number == level;
    }
    if (even) even[r] = same;
    if (newline == 2 && *text++ != '\n') return 1;
  }
  return 0;
}

// Columns `low` to `high` of some rows of a file, as `out` [high - low, count]: row `i` begins at byte
// `start + rows[i] * row`. Returns 0, or 1 if they are not there, or not as they should be.
extern "C" int fixed_columns(int file, int64_t start, int64_t row, const int64_t *rows, int64_t count, int64_t low,
                             int64_t high, int digits, int exponent, int separator, double *out) {
  const Layout layout{digits, exponent};
  const int64_t step = layout.width() + 1, wide = high - low;
  std::vector<unsigned char> text(static_cast<size_t>(wide * step));
  std::vector<double> turned(static_cast<size_t>(BESIDE * wide));
  for (int64_t first = 0; first < count; first += BESIDE) {
    const int64_t some = count - first < BESIDE ? count - first : BESIDE;
    for (int64_t i = 0; i < some; ++i) {
      if (!read_all(file, text.data(), wide * step, start + rows[first + i] * row + low * step)) return 1;
      for (int64_t j = 0; j < wide; ++j) {
        const unsigned char *at = text.data() + j * step;
        if (!layout.read(at, turned[j * BESIDE + i]) || (j + 1 < wide && at[step - 1] != separator)) return 1;
      }
    }
    for (int64_t j = 0; j < wide; ++j)
      std::memcpy(out + j * count + first, turned.data() + j * BESIDE, static_cast<size_t>(some) * sizeof(double));
  }
  return 0;
}
