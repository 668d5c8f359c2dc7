#include "planners/rules/quotes.hpp"

#include <algorithm>
#include <array>

namespace spreaders::planners::rules {
namespace {

constexpr int kNameWords_max = 3;       // a quotation this short is a name: "Spring Sale"
constexpr int kNameCharacters_max = 9;  // in Japanese
constexpr int kLeadDistance_max = 9;    // tokens between "this review" and the quotation

struct Marks {
  std::string_view open, close;
};
// By their bytes: folding makes most of them the same.
constexpr std::array<Marks, 8> kMarks = {
    {{"\"", "\""}, {"“", "”"}, {"”", "”"}, {"„", "“"}, {"«", "»"}, {"»", "«"}, {"「", "」"}, {"『", "』"}}};

class Fader {
 public:
  explicit Fader(const Text& text) : text_(text) {}

  Text run() {
    Text out;
    out.original = text_.original;
    int inner = 0;  // sentences that end inside what was faded
    for (int i = 0; i < text_.size();) {
      const int end = passage_end(i);
      if (end <= i || (i == 0 && end >= text_.size())) {
        out.tokens.push_back(text_.at(i++));
        out.tokens.back().sentence -= inner;
        continue;
      }
      Token token = text_.at(i);
      token.kind = TokenKind::kWord;
      token.text = kQuotedWord;
      token.upper = true;
      token.end = text_.at(end - 1).end;
      token.sentence -= inner;
      inner += text_.at(end - 1).sentence - text_.at(i).sentence;
      out.tokens.push_back(std::move(token));
      i = end;
    }
    return out;
  }

 private:
  const Text& text_;

  [[nodiscard]] bool bytes_at(int i, std::string_view bytes) const {
    return i < text_.size() && text_.original.compare(text_.at(i).start, bytes.size(), bytes) == 0;
  }
  [[nodiscard]] int passage_end(int i) const {
    if (text_.at(i).kind == TokenKind::kWord) return said_to_a_machine(i);
    if (bytes_at(i, "<!--")) return after("-->", i);
    if (const int end = bracket_end(i); end > 0) return end;
    return quotation_end(i);
  }

  // Past the token in which `closing` begins; to the end when nothing closes it.
  [[nodiscard]] int after(std::string_view closing, int i) const {
    const size_t at = text_.original.find(closing, text_.at(i).start);
    if (at == std::string::npos) return text_.size();
    int end = i + 1;
    while (end < text_.size() && text_.at(end).start < at + closing.size()) ++end;
    return end;
  }
  [[nodiscard]] bool machine_word(int i) const {
    return i < text_.size() && match_any(text_, i, C("machine_word")) > 0;
  }
  // "[SYSTEM: ...]", "[INSTRUCTION : ...]", "{{assistant ...}}", "(system: ...)".
  [[nodiscard]] int bracket_end(int i) const {
    static constexpr std::array<Marks, 6> brackets = {
        {{"[", "]"}, {"{", "}"}, {"(", ")"}, {"<", ">"}, {"【", "】"}, {"［", "］"}}};
    for (const auto& [open, close] : brackets) {
      if (!bytes_at(i, open)) continue;
      int word = i + 1;
      while (word < text_.size() && !is_word(word) && word < i + 4) ++word;
      if (!machine_word(word)) return -1;
      const int past = match_any(text_, word, C("machine_word"));
      if (open == "(" && !text_.is(past, ":")) return -1;  // "(system updates)"
      int depth = 0;
      for (int k = i; k < text_.size(); ++k) {
        if (bytes_at(k, open)) ++depth;
        if (bytes_at(k, close) && --depth == 0) return k + 1;
      }
      return text_.size();
    }
    return -1;
  }
  // "SYSTEM: ..." in capitals, pasted without a bracket: to the end of its line.
  [[nodiscard]] int said_to_a_machine(int i) const {
    if (!machine_word(i)) return -1;
    const int past = match_any(text_, i, C("machine_word"));
    const std::string word = text_.slice(i, past);
    const bool shouted = std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!shouted || !text_.is(past, ":")) return -1;
    const size_t line = text_.original.find('\n', text_.at(i).start);
    int end = past;
    while (end < text_.size() && text_.at(end).start < line) ++end;
    return end;
  }

  [[nodiscard]] bool is_word(int i) const {
    const TokenKind kind = text_.at(i).kind;
    return kind != TokenKind::kPunct && kind != TokenKind::kSymbol;
  }
  [[nodiscard]] int quotation_end(int i) const {
    const bool announced = announced_before(i);
    for (const auto& [open, close] : kMarks) {
      if (!bytes_at(i, open)) continue;
      const int end = closing(i, open, close, announced);
      if (end < 0) continue;
      return announced || long_enough(i + 1, end - 1) ? end : -1;
    }
    const bool single = bytes_at(i, "'") || bytes_at(i, "‘") || bytes_at(i, "‚");
    if (!single || !announced || !text_.at(i).space_before) return -1;
    for (int k = text_.size() - 1; k > i; --k) {  // apostrophes of the text itself are no closing marks
      if (text_.is(k, "'")) return k + 1;
    }
    return -1;
  }
  [[nodiscard]] int closing(int i, std::string_view open, std::string_view close, bool announced) const {
    int depth = 1;
    for (int k = i + 1; k < text_.size(); ++k) {
      if (open != close && bytes_at(k, open)) ++depth;
      if (bytes_at(k, close) && --depth == 0) return k + 1;
    }
    return announced && open != close ? text_.size() : -1;  // a review that nobody closed
  }
  [[nodiscard]] bool long_enough(int begin, int end) const {
    int words = 0, characters = 0;
    for (int k = begin; k < end; ++k) {
      if (text_.at(k).kind == TokenKind::kCjk) ++characters;
      else if (is_word(k)) ++words;
    }
    return words > kNameWords_max || characters > kNameCharacters_max;
  }
  [[nodiscard]] bool announced_before(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - kLeadDistance_max; --k) {
      if (match_any(text_, k, C("quote_lead")) > 0) return true;
    }
    return false;
  }
};

}  // namespace

Text fade_quotes(const Text& text) { return Fader(text).run(); }

}  // namespace spreaders::planners::rules
