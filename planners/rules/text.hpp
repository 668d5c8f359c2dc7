// Text of a turn as tokens: NFKC, case and accents folded, smart quotes and odd spaces made plain, every token with its
// byte span [start, end) in the original message. Han and kana come one code point a token, so that the same matcher
// serves all languages. Any bytes are accepted; invalid UTF-8 counts as a blank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spreaders::planners::rules {

enum class Lang : uint8_t { kEn, kEs, kFr, kDe, kPt, kJa };
constexpr int kLangCount = 6;
std::string_view lang_code(Lang lang);

enum class TokenKind : uint8_t { kWord, kNumber, kCjk, kPunct, kSymbol, kIsoDate, kDottedDate };

struct Token {
  TokenKind kind = TokenKind::kWord;
  std::string text;  // folded
  double value = 0;  // kNumber
  int year = 0;      // kIsoDate, kDottedDate (0 = none)
  int month = 0;
  int day = 0;
  bool ordinal = false;  // 1st, 1er, "14." before a month
  bool decimal = false;  // written with a fraction
  bool upper = false;    // first letter was a capital
  bool spelled = false;  // number in words
  bool space_before = true;
  size_t start = 0;
  size_t end = 0;
  int sentence = 0;
};

struct Text {
  std::string original;
  std::vector<Token> tokens;
  [[nodiscard]] int size() const { return static_cast<int>(tokens.size()); }
  [[nodiscard]] bool is(int i, std::string_view word) const {
    return i >= 0 && i < size() && tokens[static_cast<size_t>(i)].text == word;
  }
  [[nodiscard]] const Token& at(int i) const { return tokens[static_cast<size_t>(i)]; }
  [[nodiscard]] bool is_number(int i) const { return i >= 0 && i < size() && at(i).kind == TokenKind::kNumber; }
  // The original bytes of tokens [begin, end), trimmed of nothing.
  [[nodiscard]] std::string slice(int begin, int end) const;
};

constexpr size_t kTextBytes_max = 64 * 1024;

Text tokenize(std::string_view message);
// The folded code points of a lexicon entry, split the way tokenize() splits: "sign_up" gives two tokens.
std::vector<std::string> fold_words(std::string_view phrase);
bool is_cjk(char32_t c);

}  // namespace spreaders::planners::rules
