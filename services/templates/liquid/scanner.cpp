#include "services/templates/liquid/scanner.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

bool is_wide_blank(uint32_t point) {
  return point == 0xa0 || point == 0x1680 || point == 0x180e || (point >= 0x2000 && point <= 0x200a) ||
         point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The closing quote of the literal at `at`, or npos.
size_t quote_end(std::string_view source, size_t at, size_t end) {
  const char quote = source[at];
  for (size_t i = at + 1; i < end; ++i) {
    if (source[i] == '\\') ++i;
    else if (source[i] == quote) return i;
  }
  return std::string_view::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const int letter = c | 32;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// \uXXXX with up to four digits; `at` stands on the u and ends on the last digit.
uint32_t unicode_escape(std::string_view body, size_t& at) {
  uint32_t unit = 0;
  for (int digits = 0; digits < 4 && at + 1 < body.size() && hex_value(body[at + 1]) >= 0; ++digits) {
    unit = unit * 16 + static_cast<uint32_t>(hex_value(body[++at]));
  }
  return unit;
}

std::string unescape(std::string_view body) {
  constexpr std::string_view kNames = "bfnrtv";
  constexpr std::string_view kValues = "\b\f\n\r\t\v";
  std::string out;
  for (size_t at = 0; at < body.size(); ++at) {
    if (body[at] != '\\' || at + 1 >= body.size()) {
      out += body[at];
      continue;
    }
    const char c = body[++at];
    if (const size_t known = kNames.find(c); known != std::string_view::npos) {
      out += kValues[known];
    } else if (c == 'u') {
      uint32_t point = unicode_escape(body, at);
      if (point >= 0xd800 && point < 0xdc00 && body.substr(at + 1, 2) == "\\u") {
        size_t low_at = at + 2;
        const uint32_t low = unicode_escape(body, low_at);
        if (low >= 0xdc00 && low < 0xe000) {
          point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
          at = low_at;
        }
      }
      append_point(out, point);
    } else if (c >= '0' && c <= '7') {
      uint32_t value = static_cast<uint32_t>(c - '0');
      for (int digits = 1; digits < 3 && at + 1 < body.size() && body[at + 1] >= '0' && body[at + 1] <= '7'; ++digits) {
        value = value * 8 + static_cast<uint32_t>(body[++at] - '0');
      }
      append_point(out, value);
    } else {
      out += c;
    }
  }
  return out;
}

// Reads the source from the top. `raw_begin` is where an open raw tag started.
class TokenReader {
 public:
  explicit TokenReader(Compilation& compilation) : compilation_(compilation), source_(compilation.program.source) {}

  std::vector<Token> read_all() {
    while (at_ < source_.size()) {
      const std::string_view opener = source_.substr(at_, 2);
      const bool done = opener == "{%" ? read_tag() : (opener == "{{" ? read_output() : read_text());
      if (!done || tokens_.size() > compilation_.limits.nodes_max) break;
    }
    trim();
    return std::move(tokens_);
  }

 private:
  bool unclosed(const char* what, size_t begin) {
    std::string_view shown = source_.substr(begin);
    shown = shown.substr(0, std::min(shown.find('\n'), skip_points(shown, 0, 32)));
    compilation_.add_problem(begin, std::string(what) + " \"" + std::string(shown) + "\" is not closed");
    return false;
  }

  void add(Token::Kind kind, size_t end) {
    Token token{kind, at_, end, at_ + 2, end - 2};
    size_t& left = token.content_begin;
    size_t& right = token.content_end;
    token.trims_left = left < right && source_[left] == '-';
    token.trims_right = left < right && source_[right - 1] == '-';
    if (token.trims_left) ++left;
    if (token.trims_right && right > left) --right;
    size_t after = 0;
    while (left < right && is_blank_at(source_, left, after)) left = after;
    while (right > left && is_blank_at(source_, last_point(left, right), after)) right = last_point(left, right);
    tokens_.push_back(token);
    at_ = end;
  }

  bool read_output() {
    for (size_t i = at_ + 2; i < source_.size(); ++i) {
      if (source_[i] == '"' || source_[i] == '\'') {
        i = quote_end(source_, i, source_.size());
        if (i == std::string_view::npos) break;
      } else if (source_.substr(i, 2) == "}}") {
        add(Token::Kind::kOutput, i + 2);
        return true;
      }
    }
    return unclosed("the output", at_);
  }

  bool read_tag() {
    const size_t close = source_.find("%}", at_ + 2);
    if (close == std::string_view::npos) return unclosed("the tag", at_);
    const size_t begin = at_;
    add(Token::Kind::kTag, close + 2);
    name_tag(tokens_.back());
    return tokens_.back().name != "raw" || read_raw(begin);
  }

  void name_tag(Token& token) {
    Scanner scanner(compilation_, token.content_begin, token.content_end);
    if (scanner.peek() == '#') {
      token.name = source_.substr(token.content_begin, 1);
      token.content_begin += 1;
      return;
    }
    token.name = scanner.read_name();
    if (token.name.empty()) compilation_.add_problem(token.begin, "a tag needs a name");
    scanner.skip_blank();
    token.content_begin = scanner.offset();
  }

  // Everything up to {% endraw %} is one text.
  bool read_raw(size_t raw_begin) {
    const size_t text_begin = at_;
    for (size_t open = at_; (open = source_.find("{%", open)) != std::string_view::npos; open += 2) {
      size_t name_at = open + 2;
      if (name_at < source_.size() && source_[name_at] == '-') ++name_at;
      Scanner scanner(compilation_, name_at, source_.size());
      if (scanner.read_name() != "endraw") continue;
      const size_t close = source_.find("%}", scanner.offset());
      if (close == std::string_view::npos) break;
      Token text{Token::Kind::kText, text_begin, open, text_begin, open};
      text.is_raw = true;
      tokens_.push_back(text);
      at_ = open;
      add(Token::Kind::kTag, close + 2);
      name_tag(tokens_.back());
      return true;
    }
    return unclosed("the tag", raw_begin);
  }

  bool read_text() {
    size_t end = at_ + 1;
    for (; (end = std::min(source_.find('{', end), source_.size())) + 1 < source_.size(); ++end) {
      if (source_[end + 1] == '%' || source_[end + 1] == '{') break;
    }
    if (end + 1 >= source_.size()) end = source_.size();
    tokens_.push_back(Token{Token::Kind::kText, at_, end, at_, end});
    at_ = end;
    return true;
  }

  void trim() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].trims_left && i > 0) trim_end_of(tokens_[i - 1]);
      if (tokens_[i].trims_right && i + 1 < tokens_.size()) trim_start_of(tokens_[i + 1]);
    }
  }

  // Where the character that ends at `end` begins.
  [[nodiscard]] size_t last_point(size_t begin, size_t end) const {
    --end;
    while (end > begin && (static_cast<unsigned char>(source_[end]) & 0xc0) == 0x80) --end;
    return end;
  }

  void trim_end_of(Token& token) {
    if (token.kind != Token::Kind::kText || token.is_raw) return;
    while (token.content_end > token.content_begin) {
      const size_t begin = last_point(token.content_begin, token.content_end);
      size_t after = 0;
      if (!is_blank_at(source_, begin, after)) return;
      token.content_end = begin;
    }
  }

  void trim_start_of(Token& token) {
    if (token.kind != Token::Kind::kText || token.is_raw) return;
    size_t after = 0;
    while (token.content_begin < token.content_end && is_blank_at(source_, token.content_begin, after)) {
      token.content_begin = after;
    }
  }

  Compilation& compilation_;
  std::string_view source_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

bool is_blank_at(std::string_view text, size_t at, size_t& after) {
  after = at;
  const uint32_t point = next_point(text, after);
  return point < 0x80 ? point == ' ' || (point >= 9 && point <= 13) : is_wide_blank(point);
}

void Compilation::add_problem(size_t offset, std::string message) {
  if (is_full()) return;
  const Position at = position(std::min(offset, program.source.size()));
  problems.push_back({"line " + std::to_string(at.line) + ", column " + std::to_string(at.column), std::move(message)});
}

Position Compilation::position(size_t offset) {
  if (offset < counted_to) {
    counted_to = 0;
    counted = {};
  }
  for (; counted_to < offset; ++counted_to) {
    const auto byte = static_cast<unsigned char>(program.source[counted_to]);
    if (byte == '\n') counted = {counted.line + 1, 1};
    else if ((byte & 0xc0) != 0x80) ++counted.column;
  }
  return counted;
}

std::vector<Token> read_tokens(Compilation& compilation) { return TokenReader(compilation).read_all(); }

std::vector<Token> read_lines(Compilation& compilation, size_t begin, size_t end) {
  const std::string_view source = compilation.program.source;
  std::vector<Token> tokens;
  while (begin < end) {
    const size_t line_end = std::min(source.substr(0, end).find('\n', begin), end);
    Token token{Token::Kind::kTag, begin, line_end, begin, line_end};
    Scanner scanner(compilation, begin, line_end);
    scanner.skip_blank();
    begin = line_end + 1;
    if (scanner.at_end()) continue;
    token.begin = scanner.offset();
    if (scanner.peek() == '#') {
      token.name = source.substr(token.begin, 1);
      token.content_begin = token.begin + 1;
    } else {
      token.name = scanner.read_name();
      if (token.name.empty()) compilation.add_problem(token.begin, "a tag needs a name");
      scanner.skip_blank();
      token.content_begin = scanner.offset();
    }
    tokens.push_back(token);
  }
  return tokens;
}

void Scanner::fail(std::string message) {
  if (!failed_) compilation_.add_problem(at_, std::move(message));
  failed_ = true;
  at_ = end_;
}

std::string Scanner::shown_rest() const {
  std::string_view rest = source_.substr(at_, end_ - at_);
  rest = rest.substr(0, skip_points(rest, 0, 32));
  return "\"" + std::string(rest) + "\"";
}

bool Scanner::is_word_at(size_t offset) const {
  if (offset >= end_) return false;
  const char c = source_[offset];
  if (static_cast<unsigned char>(c) < 0x80) {
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' || c == '?';
  }
  size_t after = offset;
  const uint32_t point = next_point(source_, after);
  return !is_wide_blank(point) && point != 0x201c && point != 0x201d;
}

void Scanner::skip_blank() {
  size_t after = 0;
  while (at_ < end_ && is_blank_at(source_, at_, after)) at_ = after;
}

void Scanner::skip_past(std::string_view mark) {
  const size_t found = source_.substr(0, end_).find(mark, at_);
  at_ = found == std::string_view::npos ? end_ : found + mark.size();
}

std::string_view Scanner::read_name() {
  skip_blank();
  const size_t begin = at_;
  while (is_word_at(at_)) next_point(source_, at_);
  return text_from(begin);
}

Operand Scanner::constant(Value value, size_t begin) const {
  Operand operand;
  operand.kind = Operand::Kind::kConstant;
  operand.constant = value;
  operand.text = text_from(begin);
  return operand;
}

Operand Scanner::read_literal() {
  struct Literal {
    std::string_view word;
    Kind kind;
  };
  constexpr std::array kLiterals = {Literal{"true", Kind::kTrue},   Literal{"false", Kind::kFalse},
                                    Literal{"nil", Kind::kNil},     Literal{"null", Kind::kNil},
                                    Literal{"empty", Kind::kEmpty}, Literal{"blank", Kind::kBlank}};
  for (const Literal& literal : kLiterals) {
    const size_t after = at_ + literal.word.size();
    if (after > end_ || source_.substr(at_, literal.word.size()) != literal.word || is_word_at(after)) continue;
    const size_t begin = at_;
    at_ = after;
    return constant(of_kind(literal.kind), begin);
  }
  return {};
}

Operand Scanner::read_quoted() {
  skip_blank();
  if (peek() != '"' && peek() != '\'') return {};
  const size_t begin = at_;
  const size_t close = quote_end(source_, at_, end_);
  at_ = close == std::string_view::npos ? end_ : close + 1;
  if (close == std::string_view::npos) {
    at_ = begin;
    fail("the text " + shown_rest() + " has no closing quote");
    return {};
  }
  const std::string_view body = source_.substr(begin + 1, close - begin - 1);
  if (body.find('\\') == std::string_view::npos) return constant(string(body), begin);
  compilation_.program.strings.push_back(unescape(body));
  return constant(string(compilation_.program.strings.back()), begin);
}

Operand Scanner::read_number() {
  size_t ahead = peek() == '-' || peek() == '+' ? 1 : 0;
  bool has_digit = false;
  bool has_point = false;
  for (;; ++ahead) {
    if (is_digit(peek(ahead))) {
      has_digit = true;
    } else if (peek(ahead) == '.' && peek(ahead + 1) != '.') {
      if (has_point || !has_digit) return {};
      has_point = true;
    } else {
      break;
    }
  }
  if (!has_digit || is_word_at(at_ + ahead)) return {};
  const size_t begin = at_;
  at_ += ahead;
  return constant(number(number_from(text_from(begin))), begin);
}

Operand Scanner::read_range() {
  const size_t begin = at_;
  ++at_;
  Operand range;
  range.kind = Operand::Kind::kRange;
  range.parts.push_back(read_value());
  skip_blank();
  const bool has_dots = peek() == '.' && peek(1) == '.';
  if (has_dots) {
    at_ += 2;
    range.parts.push_back(read_value());
    skip_blank();
  }
  if (!has_dots || peek() != ')' || range.parts[0].kind == Operand::Kind::kNone ||
      range.parts[1].kind == Operand::Kind::kNone) {
    move_to(begin);
    fail("a range is written (first..last), not " + shown_rest());
    return {};
  }
  ++at_;
  range.text = text_from(begin);
  return range;
}

Operand Scanner::read_value() {
  if (++depth_ > compilation_.limits.depth_max) fail("brackets nest deeper than allowed");
  skip_blank();
  const size_t begin = at_;
  Operand operand = read_literal();
  if (operand.kind == Operand::Kind::kNone) operand = read_quoted();
  if (operand.kind == Operand::Kind::kNone && !failed_) operand = read_number();
  if (operand.kind == Operand::Kind::kNone && peek() == '(') operand = read_range();
  const bool has_base = operand.kind != Operand::Kind::kNone;
  Operand path;
  path.kind = Operand::Kind::kPath;
  path.has_base = has_base;
  if (has_base) path.parts.push_back(operand);
  read_keys(path, !has_base);
  --depth_;
  if (path.parts.size() == static_cast<size_t>(has_base)) return operand;
  path.text = text_from(begin);
  return path;
}

Operand Scanner::read_path() {
  skip_blank();
  const size_t begin = at_;
  Operand path;
  path.kind = Operand::Kind::kPath;
  read_keys(path, true);
  path.text = text_from(begin);
  return path.parts.empty() ? Operand{} : path;
}

void Scanner::read_keys(Operand& path, bool is_begin) {
  const size_t first = path.parts.size();
  while (!failed_) {
    if (peek() == '[') {
      const size_t open = at_++;
      Operand key = read_value();
      if (failed_) return;
      if (key.kind == Operand::Kind::kNone) key = constant(string({}), at_);
      const size_t close = source_.substr(0, end_).find(']', at_);
      move_to(close == std::string_view::npos ? open : close + 1);
      if (close == std::string_view::npos) {
        fail("the bracket " + shown_rest() + " is not closed");
        return;
      }
      path.parts.push_back(std::move(key));
      continue;
    }
    const bool is_root = is_begin && path.parts.size() == first;
    if (!is_root) {
      if (peek() != '.' || peek(1) == '.') return;
      ++at_;
    } else if (peek() == '.' && peek(1) != '.') {
      ++at_;
    }
    const std::string_view name = read_name();
    if (name.empty()) return;
    path.parts.push_back(constant(string(name), at_ - name.size()));
  }
}

bool Scanner::read_symbol(std::string_view symbol) {
  const size_t after = at_ + symbol.size();
  if (after > end_ || source_.substr(at_, symbol.size()) != symbol) return false;
  if (is_word_at(after - 1) && is_word_at(after)) return false;  // "order" is not "or"
  at_ = after;
  return true;
}

Operator Scanner::read_operator() {
  struct Symbol {
    std::string_view text;
    Operator operation;
  };
  constexpr std::array kSymbols = {Symbol{"==", Operator::kEqual},          Symbol{"!=", Operator::kNotEqual},
                                   Symbol{">=", Operator::kGreaterOrEqual}, Symbol{"<=", Operator::kLessOrEqual},
                                   Symbol{">", Operator::kGreater},         Symbol{"<", Operator::kLess},
                                   Symbol{"contains", Operator::kContains}, Symbol{"not", Operator::kNot},
                                   Symbol{"and", Operator::kAnd},           Symbol{"or", Operator::kOr}};
  skip_blank();
  for (const Symbol& symbol : kSymbols) {
    if (read_symbol(symbol.text)) return symbol.operation;
  }
  return Operator::kNone;
}

// Comparisons bind closest, then not, then and and or alike; equal ranks group from the right.
void Scanner::read_postfix(std::vector<ExpressionItem>& postfix) {
  const auto rank = [](Operator operation) {
    return operation >= Operator::kAnd ? 0 : (operation == Operator::kNot ? 1 : 2);
  };
  std::vector<Operator> waiting;
  while (!at_end()) {
    if (const Operator operation = read_operator(); operation != Operator::kNone) {
      while (!waiting.empty() && rank(waiting.back()) > rank(operation)) {
        postfix.push_back({waiting.back()});
        waiting.pop_back();
      }
      waiting.push_back(operation);
      continue;
    }
    Operand operand = read_value();
    if (operand.kind == Operand::Kind::kNone) break;
    postfix.push_back({Operator::kNone, std::move(operand)});
  }
  for (; !waiting.empty(); waiting.pop_back()) postfix.push_back({waiting.back()});
}

FilteredValue Scanner::read_filtered_value() {
  const size_t begin = at_;
  FilteredValue value;
  read_postfix(value.postfix);
  if (value.postfix.empty()) {
    fail(at_end() ? "a value is missing" : "expected a value, not " + shown_rest());
    return value;
  }
  while (!failed_ && read_filter(value)) {
  }
  value.text = text_from(begin);
  return value;
}

bool Scanner::read_filter(FilteredValue& value) {
  skip_blank();
  if (at_end() || peek() == ')' || peek() == ',') return false;
  if (peek() != '|') {
    fail("expected | before a filter, not " + shown_rest());
    return false;
  }
  ++at_;
  const std::string_view name = read_name();
  if (name.empty()) {
    if (!at_end()) fail("expected a filter name, not " + shown_rest());
    return false;
  }
  FilterCall call{find_filter(name), {}};
  if (call.filter == nullptr && !compilation_.limits.unknown_filters) {
    compilation_.add_problem(at_ - name.size(), "no filter is called " + std::string(name));
  }
  if (value.filters.empty()) value.starts_with_default = name == "default";
  value.ends_with_raw = name == "raw";
  skip_blank();
  if (peek() == ':') {
    do {
      ++at_;
      Argument argument = read_argument();
      if (!argument.key.empty() || argument.value.kind != Operand::Kind::kNone) {
        call.arguments.push_back(std::move(argument));
      }
      skip_blank();
      if (!at_end() && std::strchr(",|)", peek()) == nullptr) fail("unexpected " + shown_rest() + " after an argument");
    } while (peek() == ',');
  } else if (!at_end() && std::strchr("|),", peek()) == nullptr) {
    fail("expected : after the filter name, not " + shown_rest());
  }
  value.filters.push_back(std::move(call));
  return !failed_;
}

Argument Scanner::read_argument() {
  Operand value = read_value();
  if (value.kind == Operand::Kind::kNone) return {{}, {}};
  skip_blank();
  if (peek() != ':') return {{}, std::move(value)};
  ++at_;
  return {value.text, read_value()};
}

std::vector<NamedOperand> Scanner::read_named_values() {
  std::vector<NamedOperand> result;
  while (!failed_) {
    skip_blank();
    if (peek() == ',') ++at_;
    const std::string_view name = read_name();
    if (name.empty()) break;
    skip_blank();
    Operand value;
    if (peek() == ':') {
      ++at_;
      value = read_value();
    }
    const auto same = std::find_if(result.begin(), result.end(), [&](const auto& other) { return other.name == name; });
    if (same != result.end()) same->value = std::move(value);
    else result.push_back({name, std::move(value)});
  }
  return result;
}

}  // namespace spreaders::liquid
