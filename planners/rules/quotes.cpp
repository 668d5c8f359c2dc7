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

bool bytes_at(const Text& text, int i, std::string_view bytes) {
  return i < text.size() && text.original.compare(text.at(i).start, bytes.size(), bytes) == 0;
}
bool begins_line(const Text& text, int i) {
  size_t at = text.at(i).start;
  while (at > 0 && (text.original[at - 1] == ' ' || text.original[at - 1] == '\t')) --at;
  return at == 0 || text.original[at - 1] == '\n';
}
// The ">" of a line in a pasted mail.
bool line_mark(const Text& text, int i) {
  return (bytes_at(text, i, ">") || bytes_at(text, i, "＞") || bytes_at(text, i, "|")) && begins_line(text, i);
}
// Past the last line of the block of such lines that begins at token i.
int block_end(const Text& text, int i) {
  int end = i + 1;
  while (end < text.size() && (!begins_line(text, end) || line_mark(text, end))) ++end;
  return end;
}

// A brief somebody sent on: "te copio lo que me manda el cliente: «...» Hazme el plan."
class Handover {
 public:
  explicit Handover(const Text& text) : text_(text) {}

  // The text to read: the pasted brief and what was said after it, without the words that hand it over.
  [[nodiscard]] Text run() {
    if (!find() || !handed_over()) return text_;
    Text out;
    out.original = text_.original;
    for (int i = inside_; i < inside_end_; ++i) {
      if (!line_mark(text_, i)) out.tokens.push_back(text_.at(i));
    }
    if (!only_says_do_it(end_, text_.size())) {
      for (int i = end_; i < text_.size(); ++i) out.tokens.push_back(text_.at(i));
    }
    return out;
  }

 private:
  const Text& text_;
  int begin_ = -1, end_ = -1;                // with its marks
  int inside_ = -1, inside_end_ = -1;        // without
  static constexpr int kBriefWords_min = 8;  // shorter ones are names and slogans
  static constexpr int kBriefCharacters_min = 20;
  static constexpr int kIntroduction_max = 60;  // tokens; a Japanese character is one

  bool find() {
    for (int i = 0; i < text_.size(); ++i) {
      if (line_mark(text_, i)) return take(i, block_end(text_, i), i, block_end(text_, i));
      for (const auto& [open, close] : kMarks) {
        if (!bytes_at(text_, i, open)) continue;
        int depth = 1;
        for (int k = i + 1; k < text_.size(); ++k) {
          if (open != close && bytes_at(text_, k, open)) ++depth;
          if (bytes_at(text_, k, close) && --depth == 0) {
            if (take(i, k + 1, i + 1, k)) return true;
            break;
          }
        }
      }
    }
    return false;
  }
  bool take(int begin, int end, int inside, int inside_end) {
    int words = 0, characters = 0;
    for (int i = inside; i < inside_end; ++i) {
      words += text_.at(i).kind == TokenKind::kWord || text_.at(i).kind == TokenKind::kNumber ? 1 : 0;
      characters += text_.at(i).kind == TokenKind::kCjk ? 1 : 0;
    }
    if (words < kBriefWords_min && characters < kBriefCharacters_min) return false;
    begin_ = begin, end_ = end, inside_ = inside, inside_end_ = inside_end;
    return true;
  }
  [[nodiscard]] bool says(int begin, int end, ClassId id) const {
    for (int i = begin; i < end; ++i) {
      if (match_any(text_, i, id) > 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool handed_over() const {
    if (begin_ == 0 || begin_ > kIntroduction_max) return false;
    if (says(0, begin_, C("review_noun")) || says(end_, text_.size(), C("review_noun"))) return false;
    for (int i = 0; i < begin_; ++i) {  // a brief of its own around a quotation
      if (text_.is_number(i) || match_any(text_, i, C("handover_slot")) > 0) return false;
    }
    return says(0, begin_, C("handover_source")) &&
           (says(0, begin_, C("handover_do")) || says(end_, text_.size(), C("handover_do")));
  }
  [[nodiscard]] bool only_says_do_it(int begin, int end) const {
    for (int i = begin; i < end; ++i) {
      if (text_.is_number(i)) return false;
    }
    return end - begin <= 10 && says(begin, end, C("handover_do"));
  }
};

Text unwrap_brief(const Text& text) { return Handover(text).run(); }

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

  [[nodiscard]] bool bytes_at(int i, std::string_view bytes) const { return rules::bytes_at(text_, i, bytes); }
  [[nodiscard]] int passage_end(int i) const {
    if (text_.at(i).kind == TokenKind::kWord) return said_to_a_machine(i);
    if (line_mark(text_, i)) {
      const int end = block_end(text_, i);
      if (announced_before(i)) return end;
    }
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
      return announced || slogan(i, end) || long_enough(i + 1, end - 1) ? end : -1;
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
  // "キャッチは「3万円の夢」": a slogan with a number in it.
  [[nodiscard]] bool slogan(int i, int end) const {
    bool number = false;
    for (int k = i + 1; k < end; ++k) number = number || text_.is_number(k);
    for (int k = i - 1; number && k >= 0 && k >= i - kLeadDistance_max; --k) {
      if (match_any(text_, k, C("slogan_word")) > 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool announced_before(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - kLeadDistance_max; --k) {
      if (match_any(text_, k, C("quote_lead")) > 0) return true;
    }
    return false;
  }
};

}  // namespace

Text fade_quotes(const Text& text) { return Fader(unwrap_brief(text)).run(); }

}  // namespace spreaders::planners::rules
