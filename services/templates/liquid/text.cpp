#include "services/templates/liquid/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utf8proc.h>

namespace spreaders::liquid {
namespace {

// Letters whose capital is more than one character, with that capital (Unicode SpecialCasing, no conditions).
struct Capital {
  uint32_t point;
  const char* text;
};
constexpr std::array kCapitals = {
    Capital{0xdf, "SS"},
    Capital{0x149, "\u02bcN"},
    Capital{0x1f0, "J\u030c"},
    Capital{0x390, "\u0399\u0308\u0301"},
    Capital{0x3b0, "\u03a5\u0308\u0301"},
    Capital{0x587, "\u0535\u0552"},
    Capital{0x1e96, "H\u0331"},
    Capital{0x1e97, "T\u0308"},
    Capital{0x1e98, "W\u030a"},
    Capital{0x1e99, "Y\u030a"},
    Capital{0x1e9a, "A\u02be"},
    Capital{0x1f50, "\u03a5\u0313"},
    Capital{0x1f52, "\u03a5\u0313\u0300"},
    Capital{0x1f54, "\u03a5\u0313\u0301"},
    Capital{0x1f56, "\u03a5\u0313\u0342"},
    Capital{0x1fb2, "\u1fba\u0399"},
    Capital{0x1fb3, "\u0391\u0399"},
    Capital{0x1fb4, "\u0386\u0399"},
    Capital{0x1fb6, "\u0391\u0342"},
    Capital{0x1fb7, "\u0391\u0342\u0399"},
    Capital{0x1fbc, "\u0391\u0399"},
    Capital{0x1fc2, "\u1fca\u0399"},
    Capital{0x1fc3, "\u0397\u0399"},
    Capital{0x1fc4, "\u0389\u0399"},
    Capital{0x1fc6, "\u0397\u0342"},
    Capital{0x1fc7, "\u0397\u0342\u0399"},
    Capital{0x1fcc, "\u0397\u0399"},
    Capital{0x1fd2, "\u0399\u0308\u0300"},
    Capital{0x1fd3, "\u0399\u0308\u0301"},
    Capital{0x1fd6, "\u0399\u0342"},
    Capital{0x1fd7, "\u0399\u0308\u0342"},
    Capital{0x1fe2, "\u03a5\u0308\u0300"},
    Capital{0x1fe3, "\u03a5\u0308\u0301"},
    Capital{0x1fe4, "\u03a1\u0313"},
    Capital{0x1fe6, "\u03a5\u0342"},
    Capital{0x1fe7, "\u03a5\u0308\u0342"},
    Capital{0x1ff2, "\u1ffa\u0399"},
    Capital{0x1ff3, "\u03a9\u0399"},
    Capital{0x1ff4, "\u038f\u0399"},
    Capital{0x1ff6, "\u03a9\u0342"},
    Capital{0x1ff7, "\u03a9\u0342\u0399"},
    Capital{0x1ffc, "\u03a9\u0399"},
    Capital{0xfb00, "FF"},
    Capital{0xfb01, "FI"},
    Capital{0xfb02, "FL"},
    Capital{0xfb03, "FFI"},
    Capital{0xfb04, "FFL"},
    Capital{0xfb05, "ST"},
    Capital{0xfb06, "ST"},
    Capital{0xfb13, "\u0544\u0546"},
    Capital{0xfb14, "\u0544\u0535"},
    Capital{0xfb15, "\u0544\u053b"},
    Capital{0xfb16, "\u054e\u0546"},
    Capital{0xfb17, "\u0544\u053d"},
};

void append_capital(std::string& out, uint32_t point) {
  if (point >= 0x1f80 && point <= 0x1faf) {  // Greek vowels with an iota below: the vowel and a capital iota
    constexpr std::array<uint32_t, 3> kVowels = {0x1f08, 0x1f28, 0x1f68};
    append_point(out, kVowels[(point - 0x1f80) / 16] + (point & 7));
    append_point(out, 0x399);
    return;
  }
  const auto* found = std::lower_bound(kCapitals.begin(), kCapitals.end(), point,
                                       [](const Capital& entry, uint32_t wanted) { return entry.point < wanted; });
  if (found != kCapitals.end() && found->point == point) {
    out += found->text;
  } else {
    append_point(out, static_cast<uint32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(point))));
  }
}

enum class Casing { kCased, kIgnorable, kOther };

Casing casing(uint32_t point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return Casing::kCased;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return Casing::kIgnorable;
    default:
      break;
  }
  const bool is_mark = point == '\'' || point == '.' || point == ':' || point == 0xb7 || point == 0x2019;
  return is_mark ? Casing::kIgnorable : Casing::kOther;
}

// A capital sigma becomes the final form at the end of a word: after a letter and not before one.
bool is_final_sigma(std::string_view text, size_t sigma_at, size_t after) {
  while (after < text.size()) {
    const Casing next = casing(next_point(text, after));
    if (next == Casing::kCased) return false;
    if (next == Casing::kOther) break;
  }
  size_t at = sigma_at;
  while (at > 0) {
    do --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
    size_t probe = at;
    const Casing before = casing(next_point(text, probe));
    if (before != Casing::kIgnorable) return before == Casing::kCased;
  }
  return false;
}

}  // namespace

uint32_t next_point(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) {
    ++at;
    return first;
  }
  utf8proc_int32_t point = 0;
  const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                     static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  at += used > 0 ? static_cast<size_t>(used) : 1;
  return used > 0 ? static_cast<uint32_t>(point) : 0xfffd;
}

void append_point(std::string& out, uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
    return;
  }
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = 0xfffd;
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(point), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(size));
}

size_t utf16_length(std::string_view text) {
  size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    length += static_cast<size_t>((byte & 0xc0) != 0x80) + static_cast<size_t>(byte >= 0xf0);
  }
  return length;
}

size_t point_count(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

size_t skip_points(std::string_view text, size_t from, double count) {
  size_t at = from;
  for (double skipped = 0; skipped < count && at < text.size(); ++skipped) next_point(text, at);
  return at;
}

std::string_view unit_at(std::string_view text, size_t index) {
  size_t at = 0;
  for (size_t unit = 0; at < text.size();) {
    const size_t begin = at;
    const size_t units = next_point(text, at) > 0xffff ? 2 : 1;
    if (index < unit + units) return units == 1 ? text.substr(begin, at - begin) : "\xef\xbf\xbd";
    unit += units;
  }
  return {};
}

int compare_utf16(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  const auto [left, right] = std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(shared), b.begin());
  if (left == a.begin() + static_cast<ptrdiff_t>(shared)) {
    return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
  }
  const auto x = static_cast<unsigned char>(*left);
  const auto y = static_cast<unsigned char>(*right);
  // Characters beyond U+FFFF are pairs that start at 0xD800, which is before U+E000 to U+FFFF.
  if ((x >= 0xf0) != (y >= 0xf0) && std::min(x, y) >= 0xee) return x >= 0xf0 ? -1 : 1;
  return x < y ? -1 : 1;
}

bool is_space(uint32_t point) {
  if (point < 0x80) return point == ' ' || (point >= 9 && point <= 13);
  return point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
         point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000 || point == 0xfeff;
}

std::string_view trim_start(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (!is_space(next_point(text, at))) return text.substr(begin);
  }
  return {};
}

std::string_view trim_end(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
    size_t after = begin;
    if (!is_space(next_point(text, after)) || after != end) break;
    end = begin;
  }
  return text.substr(0, end);
}

SpaceRun next_space(std::string_view text, size_t from) {
  size_t at = from;
  while (at < text.size()) {
    const size_t begin = at;
    if (!is_space(next_point(text, at))) continue;
    size_t end = at;
    while (at < text.size() && is_space(next_point(text, at))) end = at;
    return {begin, end};
  }
  return {text.size(), text.size()};
}

void append_upper(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size());
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      ++at;
    } else {
      append_capital(out, next_point(text, at));
    }
  }
}

void append_lower(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      ++at;
      continue;
    }
    const uint32_t point = next_point(text, at);
    if (point == 0x3a3) {
      out += is_final_sigma(text, begin, at) ? "ς" : "σ";
    } else if (point == 0x130) {
      out += "i̇";
    } else {
      append_point(out, static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point))));
    }
  }
}

void append_number(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (std::isinf(number)) {
    out += number < 0 ? "-Infinity" : "Infinity";
    return;
  }
  std::array<char, 40> buffer{};
  if (std::abs(number) < 9007199254740992.0 && number == std::trunc(number)) {
    const auto done = std::to_chars(buffer.begin(), buffer.end(), static_cast<int64_t>(number));
    out.append(buffer.data(), done.ptr);
    return;
  }
  // d.ddde+XX holds the shortest digits; the layout below is Number::toString of ECMAScript.
  const auto done = std::to_chars(buffer.begin(), buffer.end(), std::abs(number), std::chars_format::scientific);
  const std::string_view shown(buffer.data(), static_cast<size_t>(done.ptr - buffer.data()));
  const size_t mark = shown.find('e');
  std::string digits(shown.substr(0, mark));
  std::erase(digits, '.');
  int exponent = 0;
  const char* exponent_text = shown.data() + mark + (shown[mark + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_text, shown.data() + shown.size(), exponent);
  const int point = exponent + 1;
  const int count = static_cast<int>(digits.size());
  if (number < 0) out += '-';
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<size_t>(point - count), '0');
  } else if (point > 0 && point <= 21) {
    out.append(digits, 0, static_cast<size_t>(point)).append(".").append(digits, static_cast<size_t>(point));
  } else if (point > -6 && point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  }
}

double number_from(std::string_view text) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  text = trim_end(trim_start(text));
  if (text.empty()) return 0;
  if (text.size() > 2 && text[0] == '0' && std::strchr("xXbBoO", text[1]) != nullptr) {
    const int base = (text[1] | 32) == 'x' ? 16 : ((text[1] | 32) == 'o' ? 8 : 2);
    double value = 0;
    for (const char c : text.substr(2)) {
      const int digit =
          c >= '0' && c <= '9' ? c - '0' : ((c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 99);
      if (digit >= base) return kNan;
      value = value * base + digit;
    }
    return value;
  }
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text == "Infinity") return negative ? -HUGE_VAL : HUGE_VAL;
  // from_chars also knows "inf" and "nan", which are no numbers here.
  const bool starts = !text.empty() && ((text[0] >= '0' && text[0] <= '9') ||
                                        (text[0] == '.' && text.size() > 1 && text[1] >= '0' && text[1] <= '9'));
  if (!starts) return kNan;
  double value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (done.ptr != text.data() + text.size()) return kNan;
  if (done.ec == std::errc::result_out_of_range) {
    const size_t mark = text.find_first_of("eE");
    const bool tiny = mark != std::string_view::npos ? text.find('-', mark) != std::string_view::npos : text[0] == '0';
    value = tiny ? 0 : HUGE_VAL;
  }
  return negative ? -value : value;
}

}  // namespace spreaders::liquid
