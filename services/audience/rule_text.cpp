// The text form of rules: a lexer and a recursive descent parser. Its grammar:
//
//   any       = all { "or" all }
//   all       = one { "and" one }
//   one       = "not" one | "(" any ")" | "in" "list" name | "consent" channel | event | condition
//   event     = "did" [ "not" ] name { "at" "least" NUMBER [ "times" ] | ( "within" | "in" "the" "last" ) NUMBER "days"
//   }
//               [ "where" "(" condition { "and" condition } ")" ]
//   condition = name ( "=" | "!=" | "<>" | ">" | ">=" | "<" | "<=" | "is" | "is" "not" | "contains" | "starts" "with" )
//   value
//             | name [ "not" ] "in" "(" value { "," value } ")" | name ( "exists" | "is" "set" | "missing" | "is"
//             "missing" )
#include <charconv>

#include "core/bytes.hpp"
#include "services/audience/rule.hpp"

namespace spreaders::audience {

namespace {

using Kind = Rule::Kind;

enum class Type : uint8_t { kWord, kText, kNumber, kSign, kEnd };

struct Token {
  Type type = Type::kEnd;
  std::string text;  // words as written; texts without their quotes
  size_t at = 0;     // byte offset
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Rule> parse() {
    if (text_.size() > kRuleTextSizeMax)
      return invalid("The rule has more than " + std::to_string(kRuleTextSizeMax) + " bytes");
    if (!is_utf8(text_) || text_.find('\0') != std::string_view::npos)
      return invalid("The rule is not usable UTF-8 text");
    TRY(tokenize());
    Rule rule = TRY(any(1));
    if (peek().type != Type::kEnd) return wrong("expected 'and', 'or' or the end, found " + shown(peek()));
    if (nodes_ > kRuleNodesMax) return wrong("the rule has more than " + std::to_string(kRuleNodesMax) + " parts");
    return rule;
  }

 private:
  Error wrong_at(size_t at, const std::string& message) const {
    std::string place = "character " + std::to_string(count_code_points(text_.substr(0, at)) + 1);
    Error error = invalid("The rule cannot be read at " + place + ": " + message);
    error.issues.push_back({place, message});
    return error;
  }
  Error wrong(const std::string& message) const { return wrong_at(peek().at, message); }

  static std::string shown(const Token& token) {
    if (token.type == Type::kEnd) return "the end";
    return "'" + std::string(first_code_points(token.text, 40)) + "'";
  }

  Result<void> tokenize() {
    size_t i = 0;
    while (i < text_.size()) {
      char c = text_[i];
      if (is_space(c)) ++i;
      else if (c == '"' || c == '\'') i = TRY(quoted(i));
      else if (is_digit(c) || ((c == '-' || c == '+') && i + 1 < text_.size() && is_digit(text_[i + 1]))) i = number(i);
      else if (is_word(c)) i = word(i);
      else i = TRY(sign(i));
    }
    tokens_.push_back({Type::kEnd, "", text_.size()});
    return {};
  }

  Result<size_t> quoted(size_t start) {
    char quote = text_[start];
    std::string value;
    for (size_t i = start + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size() && (text_[i + 1] == quote || text_[i + 1] == '\\')) {
        value += text_[++i];
      } else if (text_[i] == quote) {
        tokens_.push_back({Type::kText, std::move(value), start});
        return i + 1;
      } else {
        value += text_[i];
      }
    }
    return wrong_at(start, "this quotation mark has no end");
  }

  size_t number(size_t start) {
    size_t end = start + 1;
    while (end < text_.size() && is_word(text_[end])) ++end;
    std::string text(text_.substr(start, end - start));
    double value = 0;
    const char* first = text.data() + (text[0] == '+' ? 1 : 0);
    auto [stop, problem] = std::from_chars(first, text.data() + text.size(), value);
    bool whole = problem == std::errc() && stop == text.data() + text.size();
    tokens_.push_back({whole ? Type::kNumber : Type::kWord, std::move(text), start});  // 2026-11-21 is a word
    return end;
  }

  size_t word(size_t start) {
    size_t end = start;
    while (end < text_.size() && is_word(text_[end])) ++end;
    tokens_.push_back({Type::kWord, std::string(text_.substr(start, end - start)), start});
    return end;
  }

  Result<size_t> sign(size_t start) {
    for (std::string_view two : {"!=", "<>", ">=", "<=", "=="}) {
      if (!text_.substr(start).starts_with(two)) continue;
      tokens_.push_back({Type::kSign, std::string(two), start});
      return start + 2;
    }
    if (std::string_view("=<>(),").find(text_[start]) == std::string_view::npos) {
      return wrong_at(start,
                      "'" + std::string(1, text_[start]) + "' has no meaning here; put texts in quotation marks");
    }
    tokens_.push_back({Type::kSign, std::string(1, text_[start]), start});
    return start + 1;
  }

  [[nodiscard]] const Token& peek(size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() {
    const Token& token = peek();
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  [[nodiscard]] bool is(std::string_view word, size_t ahead = 0) const {
    const Token& token = peek(ahead);
    return token.type == Type::kWord && lower_ascii(token.text) == word;
  }
  [[nodiscard]] bool is_sign(std::string_view text) const { return peek().type == Type::kSign && peek().text == text; }
  bool accept(std::string_view word) {
    if (!is(word)) return false;
    take();
    return true;
  }
  bool accept_sign(std::string_view text) {
    if (!is_sign(text)) return false;
    take();
    return true;
  }
  Result<void> expect_sign(std::string_view text) {
    if (!accept_sign(text)) return wrong("expected '" + std::string(text) + "', found " + shown(peek()));
    return {};
  }

  Result<Rule> any(size_t depth) {
    if (depth > kRuleDepthMax) return wrong("nested deeper than " + std::to_string(kRuleDepthMax) + " levels");
    Rule first = TRY(all(depth));
    if (!is("or")) return first;
    Rule group{.kind = Kind::kAny};
    group.parts.push_back(std::move(first));
    while (accept("or")) group.parts.push_back(TRY(all(depth)));
    return group;
  }

  Result<Rule> all(size_t depth) {
    Rule first = TRY(one(depth));
    if (!is("and")) return first;
    Rule group{.kind = Kind::kAll};
    group.parts.push_back(std::move(first));
    while (accept("and")) group.parts.push_back(TRY(one(depth)));
    return group;
  }

  Result<Rule> one(size_t depth) {
    ++nodes_;
    if (depth > kRuleDepthMax) return wrong("nested deeper than " + std::to_string(kRuleDepthMax) + " levels");
    if (is("not")) {
      take();
      Rule rule{.kind = Kind::kNot};
      rule.parts.push_back(TRY(one(depth + 1)));
      return rule;
    }
    if (accept_sign("(")) {
      Rule rule = TRY(any(depth + 1));
      TRY(expect_sign(")"));
      return rule;
    }
    if (is("in") && is("list", 1)) {
      take();
      take();
      return named(Kind::kList, "the name of a list");
    }
    bool is_name = peek(1).type == Type::kWord || peek(1).type == Type::kText;
    if (is("consent") && is_name && !is_verb(1)) {
      take();
      if (is("for") || is("to")) take();
      return named(Kind::kConsent, "a channel such as email");
    }
    if (is("did") && is_name && (!is_verb(1) || is("not", 1))) return event();
    return condition(false);
  }

  // A word that can only follow an attribute's name.
  [[nodiscard]] bool is_verb(size_t ahead) const {
    for (auto verb : {"is", "contains", "starts", "in", "exists", "missing", "not"}) {
      if (is(verb, ahead)) return true;
    }
    return false;
  }

  Result<std::string> name(std::string_view what) {
    const Token& token = peek();
    bool reserved = is("and") || is("or") || is("not");
    if ((token.type != Type::kWord && token.type != Type::kText) || reserved || trim(token.text).empty()) {
      return wrong("expected " + std::string(what) + ", found " + shown(token));
    }
    if (count_code_points(token.text) > kLiteralSizeMax) return wrong("this name is too long");
    return take().text;
  }

  Result<Rule> named(Kind kind, std::string_view what) {
    Rule rule{.kind = kind};
    rule.name = TRY(name(what));
    return rule;
  }

  Result<int64_t> whole(int64_t most, std::string_view what) {
    const Token& token = peek();
    int64_t value = 0;
    auto [stop, problem] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    bool fine = token.type == Type::kNumber && problem == std::errc() && stop == token.text.data() + token.text.size();
    if (!fine || value < 1 || value > most) {
      return wrong("expected " + std::string(what) + " from 1 to " + std::to_string(most) + ", found " + shown(token));
    }
    take();
    return value;
  }

  Result<Rule> event() {
    take();
    Rule rule{.kind = Kind::kEvent};
    rule.did = !accept("not");
    rule.name = TRY(name("the name of an event"));
    while (true) {
      if (is("at") && is("least", 1)) {
        next_ += 2;
        rule.count_min = TRY(whole(kCountMax, "a number of times"));
        if (!accept("times")) accept("time");
      } else if (is("within") || (is("in") && is("the", 1) && is("last", 2)) || (is("in") && is("last", 1))) {
        while (accept("within") || accept("in") || accept("the") || accept("last")) {
        }
        rule.within_days = TRY(whole(kWithinDaysMax, "a number of days"));
        if (!accept("days") && !accept("day")) return wrong("expected 'days', found " + shown(peek()));
      } else {
        break;
      }
    }
    if (!accept("where")) return rule;
    TRY(expect_sign("("));
    do {
      ++nodes_;
      rule.parts.push_back(TRY(condition(true)));
    } while (accept("and"));
    TRY(expect_sign(")"));
    return rule;
  }

  Result<Literal> literal() {
    const Token& token = peek();
    if (token.type == Type::kText) return Literal(take().text);
    if (token.type == Type::kNumber) {
      double value = 0;
      const char* first = token.text.data() + (token.text[0] == '+' ? 1 : 0);
      std::from_chars(first, token.text.data() + token.text.size(), value);
      take();
      return Literal(value);
    }
    if (is("true") || is("false")) return Literal(lower_ascii(take().text) == "true");
    bool keyword = is("and") || is("or") || is("not");
    if (token.type == Type::kWord && !keyword) return Literal(take().text);
    return wrong("expected a value, found " + shown(token));
  }

  // Reads the operator; `negated` asks for the opposite of `in`.
  Result<Op> op(bool& negated) {
    if (accept_sign("=") || accept_sign("==")) return Op::kEq;
    if (accept_sign("!=") || accept_sign("<>")) return Op::kNe;
    if (accept_sign(">=")) return Op::kGte;
    if (accept_sign("<=")) return Op::kLte;
    if (accept_sign(">")) return Op::kGt;
    if (accept_sign("<")) return Op::kLt;
    if (accept("contains")) return Op::kContains;
    if (accept("exists")) return Op::kExists;
    if (accept("missing")) return Op::kMissing;
    if (is("starts") && is("with", 1)) return next_ += 2, Op::kStartsWith;
    if (is("not") && is("in", 1)) return next_ += 2, negated = true, Op::kIn;
    if (accept("in")) return Op::kIn;
    if (accept("is")) {
      if (accept("set")) return Op::kExists;
      if (accept("missing") || accept("empty")) return Op::kMissing;
      if (is("not") && is("set", 1)) return next_ += 2, Op::kMissing;
      if (is("not") && (is("missing", 1) || is("empty", 1))) return next_ += 2, Op::kExists;
      return accept("not") ? Op::kNe : Op::kEq;
    }
    return wrong("expected a comparison such as =, >=, contains, in or exists, found " + shown(peek()));
  }

  Result<Rule> condition(bool of_event) {
    Rule rule{.kind = Kind::kAttribute};
    size_t at = peek().at;
    rule.name = TRY(name(of_event ? "a property" : "an attribute, 'in list', 'did' or 'consent'"));
    bool negated = false;
    rule.op = TRY(op(negated));
    if (rule.op == Op::kIn) {
      TRY(expect_sign("("));
      do {
        rule.values.push_back(TRY(literal()));
      } while (accept_sign(","));
      TRY(expect_sign(")"));
    } else if (rule.op != Op::kExists && rule.op != Op::kMissing) {
      rule.values.push_back(TRY(literal()));
    }
    Issues issues;
    check_condition(rule, of_event, "", issues);
    if (!issues.empty()) return wrong_at(at, rule.name + ": the value " + issues.front().message);
    if (!negated) return rule;
    if (of_event) return wrong_at(at, "'not in' is not available here");
    Rule opposite{.kind = Kind::kNot};
    opposite.parts.push_back(std::move(rule));
    return opposite;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  size_t nodes_ = 0;
};

}  // namespace

Result<Rule> parse_rule_text(std::string_view text) { return Parser(text).parse(); }

}  // namespace spreaders::audience
