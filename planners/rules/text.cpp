#include "planners/rules/text.hpp"

#include <algorithm>
#include <array>
#include <utf8proc.h>

namespace spreaders::planners::rules {
namespace {

struct Char {
  char32_t c = 0;
  size_t start = 0;
  size_t end = 0;
  bool upper = false;
};

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_space(char32_t c) { return c == ' ' || c == '\t'; }

char32_t plain(char32_t c) {
  switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:
    case 0x60:
    case 0xB4:
      return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0xAB:
    case 0xBB:
    case 0x2033:
      return '"';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212:
      return '-';
    case 0x301C:
    case 0xFF5E:
      return '~';
    case 0xA0:
    case 0x2007:
    case 0x2008:
    case 0x2009:
    case 0x200A:
    case 0x202F:
    case 0x3000:
      return ' ';
    case '\r':
    case 0x2028:
    case 0x2029:
      return '\n';
    case 0xFFE5:
      return 0xA5;
    default:
      return c;
  }
}

bool is_letter(char32_t c) {
  if (is_cjk(c)) return false;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      return true;
    default:
      return false;
  }
}

void append_utf8(std::string& out, char32_t c) {
  std::array<utf8proc_uint8_t, 4> buffer{};
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), buffer.data());
  out.append(reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(n));
}

// Folds one code point; Latin loses its accents, kana keeps its marks.
void fold(char32_t source, size_t start, size_t end, std::vector<Char>& out) {
  const bool upper = utf8proc_category(static_cast<utf8proc_int32_t>(source)) == UTF8PROC_CATEGORY_LU;
  char32_t c = plain(source);
  if (c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0xFEFF || c == 0x2060 || c == 0xFE0F) return;
  if ((c >= 0x3040 && c <= 0x30FF) || c < 0x80) {
    if (c >= 'A' && c <= 'Z') c += 32;
    if (c < 0x20 && c != '\n' && c != '\t') c = ' ';
    out.push_back({c, start, end, upper});
    return;
  }
  std::array<utf8proc_int32_t, 64> buffer{};
  int boundary = 0;
  const auto n = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), buffer.data(), buffer.size(),
      static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD), &boundary);
  for (utf8proc_ssize_t i = 0; i < n && i < 64; ++i) {
    const char32_t part = plain(static_cast<char32_t>(buffer[static_cast<size_t>(i)]));
    if ((part == 0x3099 || part == 0x309A) && !out.empty()) {  // half-width kana: mark joins the kana before it
      out.back().c += part == 0x3099 ? 1 : 2;
      out.back().end = end;
      continue;
    }
    if (part >= 0x300 && part <= 0x36F) {
      if (!out.empty()) out.back().end = end;
      continue;
    }
    out.push_back({part, start, end, upper});
  }
}

std::vector<Char> fold_all(std::string_view text) {
  std::vector<Char> out;
  out.reserve(text.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t code = 0;
    const auto n = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    const size_t step = n > 0 ? static_cast<size_t>(n) : 1;
    if (n > 0) fold(static_cast<char32_t>(code), at, at + step, out);
    else out.push_back({' ', at, at + 1, false});
    at += step;
  }
  return out;
}

class Lexer {
 public:
  explicit Lexer(const std::vector<Char>& chars) : chars_(chars) {}

  std::vector<Token> run() {
    while (at_ < chars_.size()) step();
    return std::move(out_);
  }

 private:
  const std::vector<Char>& chars_;
  std::vector<Token> out_;
  size_t at_ = 0;
  int sentence_ = 0;
  bool space_ = true;

  [[nodiscard]] char32_t peek(size_t ahead = 0) const {
    return at_ + ahead < chars_.size() ? chars_[at_ + ahead].c : 0;
  }

  Token& push(TokenKind kind, size_t begin, size_t end, std::string text) {
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    token.start = chars_[begin].start;
    token.end = chars_[end - 1].end;
    token.upper = chars_[begin].upper;
    token.space_before = space_;
    token.sentence = sentence_;
    space_ = false;
    out_.push_back(std::move(token));
    return out_.back();
  }

  std::string text_of(size_t begin, size_t end) const {
    std::string text;
    for (size_t i = begin; i < end; ++i) append_utf8(text, chars_[i].c);
    return text;
  }

  void step() {
    const char32_t c = peek();
    if (c == '\n') {
      ++sentence_;
      space_ = true;
      ++at_;
    } else if (is_space(c)) {
      space_ = true;
      ++at_;
    } else if (is_digit(c)) {
      number();
    } else if (is_letter(c)) {
      word();
    } else {
      mark(c);
    }
  }

  // The point of "24 déc. au" and "Fr. 2'500" ends no sentence.
  [[nodiscard]] bool abbreviates() const {
    if (out_.empty() || out_.back().kind != TokenKind::kWord || at_ < 2 || out_.back().end != chars_[at_ - 2].end)
      return false;
    static constexpr std::array<std::string_view, 32> words = {
        "tsd", "mio", "jan", "janv", "ene", "feb", "fev", "fevr", "mar",  "abr",   "apr",
        "avr", "jun", "jul", "juil", "aug", "ago", "sep", "sept", "set",  "oct",   "okt",
        "out", "nov", "dec", "dez",  "dic", "fr",  "sfr", "ca",   "inkl", "approx"};
    if (std::find(words.begin(), words.end(), out_.back().text) == words.end()) return false;
    size_t next = at_;
    while (next < chars_.size() && is_space(chars_[next].c) && chars_[next].c != '\n') ++next;
    if (out_.back().text == "tsd" || out_.back().text == "mio")
      return next < chars_.size() && is_letter(chars_[next].c);
    return next < chars_.size() &&
           (is_digit(chars_[next].c) || chars_[next].c == ',' || (is_letter(chars_[next].c) && !chars_[next].upper));
  }

  void mark(char32_t c) {
    const size_t begin = at_++;
    if (is_cjk(c)) {
      push(TokenKind::kCjk, begin, at_, text_of(begin, at_));
      return;
    }
    if (c == '.' && abbreviates()) return;
    const bool stop = c == '.' || c == '!' || c == '?' || c == ';' || c == 0x3002;
    if (c == '-' && begin > 0 && at_ < chars_.size() && !is_space(chars_[begin - 1].c) && !is_space(peek())) {
      const bool digits = is_digit(chars_[begin - 1].c) && is_digit(peek());
      const bool dash = chars_[begin].end - chars_[begin].start > 1;  // "Nov 30–Dec 6" is a range, "10-day" a compound
      const bool into_number = is_letter(chars_[begin - 1].c) && is_digit(peek());
      if (!digits && !dash && !into_number && (is_letter(peek()) || is_digit(peek())) &&
          (is_letter(chars_[begin - 1].c) || is_digit(chars_[begin - 1].c))) {
        return;  // a hyphen inside a compound only separates its words
      }
    }
    const bool symbol = c == '%' || c == '$' || c == 0x20AC || c == 0xA3 || c == 0xA5 || c == 0x20B9 || c == '+' ||
                        c == '&' || c == '@' || c == '#' || c == '=' || c == '<' || c == '>';
    push(symbol ? TokenKind::kSymbol : TokenKind::kPunct, begin, at_, c == 0x3001 ? "," : text_of(begin, at_));
    if (stop) ++sentence_;
  }

  void word() {
    const size_t begin = at_;
    while (is_letter(peek()) || (peek() == '\'' && is_letter(peek(1)))) {
      if (peek() == '\'') {
        const std::string head = text_of(begin, at_);
        const bool elision =
            at_ - begin == 1 || head == "qu" || head == "jusqu" || head == "lorsqu" || head == "puisqu";
        if (elision && !(head == "i" || head == "o")) {
          push(TokenKind::kWord, begin, at_, head + "'");
          ++at_;
          return;
        }
      }
      ++at_;
    }
    std::string text;
    for (size_t i = begin; i < at_; ++i) {
      if (chars_[i].c != '\'') append_utf8(text, chars_[i].c);
    }
    if (peek() == '$' && at_ - begin <= 2) {  // R$, C$, A$, US$, MX$, NZ$
      ++at_;
      push(TokenKind::kSymbol, begin, at_, text + "$");
      return;
    }
    push(TokenKind::kWord, begin, at_, std::move(text));
  }

  size_t digits_from(size_t from) const {
    size_t i = from;
    while (i < chars_.size() && is_digit(chars_[i].c)) ++i;
    return i - from;
  }

  int int_at(size_t from, size_t count) const {
    int value = 0;
    for (size_t i = from; i < from + count && i < from + 9; ++i)
      value = value * 10 + static_cast<int>(chars_[i].c - '0');
    return value;
  }

  bool iso_date() {
    if (digits_from(at_) != 4 || (peek(4) != '-' && peek(4) != '/')) return false;
    const size_t month = digits_from(at_ + 5);
    if (month < 1 || month > 2 || peek(5 + month) != peek(4)) return false;
    const size_t day = digits_from(at_ + 6 + month);
    if (day < 1 || day > 2) return false;
    const size_t end = at_ + 6 + month + day;
    Token& token = push(TokenKind::kIsoDate, at_, end, text_of(at_, end));
    token.year = int_at(at_, 4);
    token.month = int_at(at_ + 5, month);
    token.day = int_at(at_ + 6 + month, day);
    at_ = end;
    return true;
  }

  bool dotted_date() {
    const size_t day = digits_from(at_);
    if (day > 2 || peek(day) != '.') return false;
    const size_t month = digits_from(at_ + day + 1);
    if (month < 1 || month > 2 || peek(day + 1 + month) != '.') return false;
    const size_t year = digits_from(at_ + day + month + 2);
    if (year != 0 && year != 4 && year != 2) return false;
    if (int_at(at_, day) > 31 || int_at(at_ + day + 1, month) > 12) return false;
    const size_t end = at_ + day + month + 2 + year;
    Token& token = push(TokenKind::kDottedDate, at_, end, text_of(at_, end));
    token.day = int_at(at_, day);
    token.month = int_at(at_ + day + 1, month);
    if (year > 0) token.year = int_at(at_ + day + month + 2, year) + (year == 2 ? 2000 : 0);
    at_ = end;
    return true;
  }

  // 1,250  3.750  6 400  7'200  1.250,50  4.5  3,5
  void number() {
    if (iso_date() || dotted_date()) return;
    const size_t begin = at_;
    std::string digits;
    size_t run = digits_from(at_);
    digits = text_of(at_, at_ + run);
    at_ += run;
    char32_t group = 0;
    bool decimal = false;
    std::string fraction;
    while (true) {
      const char32_t mark_char = peek();
      if (mark_char != ',' && mark_char != '.' && mark_char != '\'' && mark_char != ' ') break;
      const size_t next = digits_from(at_ + 1);
      const bool grouping = next == 3 && (group == 0 ? digits.size() <= 3 : group == mark_char) && digits != "0";
      if (grouping && (mark_char != ' ' || space_group(at_ + 1))) {
        group = mark_char;
        digits += text_of(at_ + 1, at_ + 4);
        at_ += 4;
        continue;
      }
      if ((mark_char == ',' || mark_char == '.') && mark_char != group && next > 0 && next <= 4) {
        decimal = true;
        fraction = text_of(at_ + 1, at_ + 1 + next);
        at_ += 1 + next;
      }
      break;
    }
    if (peek() == '.' && peek(1) == '-' && !is_digit(peek(2))) at_ += 2;  // "2'500.–"
    if (digits.size() > 15) digits.resize(15);
    double value = 0;
    for (const char d : digits) value = value * 10 + (d - '0');
    double scale = 0.1;
    for (const char d : fraction) {
      value += (d - '0') * scale;
      scale /= 10;
    }
    Token& token = push(TokenKind::kNumber, begin, at_, text_of(begin, at_));
    token.value = value;
    token.decimal = decimal;
    suffix(token);
  }

  // A blank groups only when no date or second number is meant: "6 400", not "12 500 orders" after a day number. Three
  // digits must end there.
  bool space_group(size_t from) const { return !is_digit(from + 3 < chars_.size() ? chars_[from + 3].c : 0); }

  void suffix(Token& token) {
    size_t n = 0;
    while (is_letter(peek(n))) ++n;
    if (n > 0 && n <= 4) {
      const std::string tail = text_of(at_, at_ + n);
      double factor = 1;
      if (tail == "k") factor = 1e3;
      else if (tail == "m" || tail == "mn" || tail == "mio") factor = 1e6;
      const bool ordinal = tail == "st" || tail == "nd" || tail == "rd" || tail == "th" || tail == "er" ||
                           tail == "ere" || tail == "eme" || tail == "o" || tail == "e" || tail == "re";
      if (factor > 1 || ordinal) {
        token.value *= factor;
        token.ordinal = ordinal && token.value <= 31;
        at_ += n;
        token.end = chars_[at_ - 1].end;
      }
      return;
    }
    if (peek() == '.' && token.value >= 1 && token.value <= 31 && !token.decimal && german_ordinal()) {
      token.ordinal = true;
      ++at_;
    }
  }

  [[nodiscard]] bool german_ordinal() const {
    size_t i = at_ + 1;
    if (i >= chars_.size()) return false;
    if (chars_[i].c == '-') return true;
    if (!is_space(chars_[i].c)) return false;
    while (i < chars_.size() && is_space(chars_[i].c)) ++i;
    if (i >= chars_.size()) return false;
    if (chars_[i].c == '-') return true;
    if (!is_letter(chars_[i].c)) return false;
    const std::string next = text_of(i, std::min(i + 3, chars_.size()));
    for (const char* word :
         {"jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez", "bis", "bsi", "und"}) {
      if (next == word) return true;
    }
    return false;
  }
};

}  // namespace

std::string_view lang_code(Lang lang) {
  constexpr std::array<std::string_view, kLangCount> codes = {"en", "es", "fr", "de", "pt", "ja"};
  return codes[static_cast<size_t>(lang)];
}

bool is_cjk(char32_t c) {
  return (c >= 0x3005 && c <= 0x3007) || (c >= 0x3040 && c <= 0x30FF && c != 0x30FB) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF);
}

std::string Text::slice(int begin, int end) const {
  if (begin < 0 || end > size() || begin >= end) return {};
  const size_t from = at(begin).start;
  return original.substr(from, at(end - 1).end - from);
}

Text tokenize(std::string_view message) {
  Text text;
  text.original = std::string(message.substr(0, kTextBytes_max));
  const std::vector<Char> chars = fold_all(text.original);
  text.tokens = Lexer(chars).run();
  return text;
}

std::vector<std::string> fold_words(std::string_view phrase) {
  std::string spaced(phrase);
  for (char& c : spaced) {
    if (c == '_') c = ' ';
  }
  std::vector<std::string> out;
  for (Token& token : tokenize(spaced).tokens) {
    if (token.text == "'" && !out.empty())
      out.back() += "'";  // "d'_ouverture": the elision is one token, as in a message
    else out.push_back(std::move(token.text));
  }
  return out;
}

}  // namespace spreaders::planners::rules
