// Days of a month said in words: "the twenty third of December", "vom ersten bis zum zwanzigsten Dezember", "do dia
// primeiro até o dia vinte". Only where a month or a day beside them shows that a day is meant: "the first week" and
// "our second shop" stay words.
#include <algorithm>
#include <array>
#include <string>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

struct DayWord {
  std::string_view word;
  int day;
};
constexpr DayWord kEnglish[] = {{"first", 1},        {"second", 2},      {"third", 3},       {"fourth", 4},
                                {"fifth", 5},        {"sixth", 6},       {"seventh", 7},     {"eighth", 8},
                                {"ninth", 9},        {"tenth", 10},      {"eleventh", 11},   {"twelfth", 12},
                                {"thirteenth", 13},  {"fourteenth", 14}, {"fifteenth", 15},  {"sixteenth", 16},
                                {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
                                {"thirtieth", 30}};
constexpr DayWord kGerman[] = {{"ersten", 1},
                               {"zweiten", 2},
                               {"dritten", 3},
                               {"vierten", 4},
                               {"funften", 5},
                               {"sechsten", 6},
                               {"siebten", 7},
                               {"siebenten", 7},
                               {"achten", 8},
                               {"neunten", 9},
                               {"zehnten", 10},
                               {"elften", 11},
                               {"zwolften", 12},
                               {"dreizehnten", 13},
                               {"vierzehnten", 14},
                               {"funfzehnten", 15},
                               {"sechzehnten", 16},
                               {"siebzehnten", 17},
                               {"achtzehnten", 18},
                               {"neunzehnten", 19},
                               {"zwanzigsten", 20},
                               {"einundzwanzigsten", 21},
                               {"zweiundzwanzigsten", 22},
                               {"dreiundzwanzigsten", 23},
                               {"vierundzwanzigsten", 24},
                               {"funfundzwanzigsten", 25},
                               {"sechsundzwanzigsten", 26},
                               {"siebenundzwanzigsten", 27},
                               {"achtundzwanzigsten", 28},
                               {"neunundzwanzigsten", 29},
                               {"dreissigsten", 30},
                               {"einunddreissigsten", 31}};
constexpr DayWord kSpanish[] = {{"primero", 1}};
constexpr DayWord kFrench[] = {{"premier", 1}};
constexpr DayWord kPortuguese[] = {{"primeiro", 1}};

int value_of(std::string_view word, Lang lang) {
  const auto find = [&](const auto& table) {
    for (const DayWord& row : table) {
      if (row.word == word) return row.day;
    }
    return 0;
  };
  switch (lang) {
    case Lang::kEn:
      return find(kEnglish);
    case Lang::kDe:
      return find(kGerman);
    case Lang::kEs:
      return find(kSpanish);
    case Lang::kFr:
      return find(kFrench);
    case Lang::kPt:
      return find(kPortuguese);
    case Lang::kJa:
      break;
  }
  return 0;
}

class Days {
 public:
  Days(Text& text, Lang lang) : text_(text), lang_(lang) {}

  void run() {
    for (int i = 0; i < text_.size(); ++i) {
      int end = -1;
      const int day = spoken(i, end);
      if (day > 0 && (dated(i, end) || opens_range(i, end) || day_lead(i) || closes_range(i, end))) join(i, end, day);
    }
  }

 private:
  Text& text_;
  Lang lang_;

  // An ordinal, or "twenty" and one behind it.
  [[nodiscard]] int spoken(int i, int& end) const {
    end = i + 1;
    if (text_.at(i).kind == TokenKind::kWord) return value_of(text_.at(i).text, lang_);
    if (lang_ != Lang::kEn || !text_.is_number(i) || i + 1 >= text_.size()) return 0;
    const int tens = static_cast<int>(text_.at(i).value);
    const int ones = text_.at(i + 1).kind == TokenKind::kWord ? value_of(text_.at(i + 1).text, lang_) : 0;
    if ((tens != 20 && tens != 30) || ones < 1 || ones > (tens == 20 ? 9 : 1)) return 0;
    end = i + 2;
    return tens + ones;
  }
  [[nodiscard]] bool month(int i) const {
    static const std::array<ClassId, 12> ids = [] {
      std::array<ClassId, 12> out{};
      for (int k = 0; k < 12; ++k) out[static_cast<size_t>(k)] = class_id("month" + std::to_string(k + 1));
      return out;
    }();
    return std::any_of(ids.begin(), ids.end(), [&](ClassId id) { return match(text_, i, lang_, id) > 0; });
  }
  [[nodiscard]] bool led(int i) const {
    static constexpr std::array<std::string_view, 16> leads = {"the", "am", "vom", "zum", "den", "dem", "der", "bis",
                                                               "le",  "du", "au",  "el",  "del", "al",  "dia", "ab"};
    return std::any_of(leads.begin(), leads.end(), [&](std::string_view word) { return text_.is(i - 1, word); });
  }
  // "... of December", "... Dezember", "December the ...".
  [[nodiscard]] bool dated(int i, int end) const {
    if (text_.is(end, "of") || text_.is(end, "de")) return month(end + 1);
    if (lang_ == Lang::kEn) return month(i - 1) || (text_.is(i - 1, "the") && month(i - 2));
    return month(end) && led(i);
  }
  // "from the first to the twentieth of December": the month stands behind the second day.
  [[nodiscard]] bool opens_range(int i, int end) const {
    if (!led(i)) return false;
    int at = match(text_, end, lang_, C("range_to"));
    for (int guard = 0; at > 0 && guard < 2 &&
                        (match(text_, at, lang_, C("article")) > 0 || text_.is(at, "dia") || text_.is(at, "zum") ||
                         text_.is(at, "den"));
         ++guard)
      ++at;
    if (at < 0 || at >= text_.size()) return false;
    int past = at + 1;
    const bool day = spoken(at, past) > 0 || (text_.is_number(at) && text_.at(at).value <= 31);
    return day && dated(at, past);
  }
  // "... to the twenty third", behind a day of a month.
  [[nodiscard]] bool closes_range(int i, int end) const {
    const bool open_end = end >= text_.size() || text_.at(end).kind == TokenKind::kPunct ||
                          match(text_, end, lang_, C("and")) > 0 || text_.at(end).sentence != text_.at(i).sentence;
    if ((!open_end && end - i < 2) || !led(i)) return false;  // "twenty fifth" is nothing else
    const int before =
        match_before(text_, text_.is(i - 1, "zum") || text_.is(i - 1, "al") || text_.is(i - 1, "au") ? i : i - 1, lang_,
                     C("range_to"));
    return before > 0 && (month(before - 1) || text_.is_number(before - 1));
  }
  [[nodiscard]] bool day_lead(int i) const { return lang_ == Lang::kPt && text_.is(i - 1, "dia"); }

  void join(int i, int end, int day) {
    Token& token = text_.tokens[static_cast<size_t>(i)];
    token.kind = TokenKind::kNumber;
    token.text = std::to_string(day);
    token.value = day;
    token.ordinal = true;
    token.spelled = true;
    token.end = text_.at(end - 1).end;
    text_.tokens.erase(text_.tokens.begin() + i + 1, text_.tokens.begin() + end);
  }
};

}  // namespace

void merge_spoken_days(Text& text, Lang lang) { Days(text, lang).run(); }

}  // namespace spreaders::planners::rules
