// Word classes and the matcher over them. A class is one row of a table with a column a language, so that a missing
// language is seen at a glance; `any` holds what all languages share. Entries are separated by '|'; '_' joins the words
// of one entry, a trailing '*' makes the last word a prefix, '#' stands for any number.
//
//   match(text, i, lang, C("from")) -> index after the entry that begins at token i, or -1
//
// Patterns put classes and words in a row: "@buy ..3 ?the list|lists" (see Pattern).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planners/rules/text.hpp"

namespace spreaders::planners::rules {

struct ClassRow {
  std::string_view key;
  std::string_view any, en, es, fr, de, pt, ja;
};

// Each table is constexpr data in its own lexicon_*.cpp.
struct Table {
  const ClassRow* rows;
  size_t count;
};
Table grammar_table();
Table date_table();
Table amount_table();
Table people_table();
Table policy_table();
Table deed_table();

using ClassId = int;
ClassId class_id(std::string_view key);  // -1 when there is no such class

// A class reference that is looked up once, at its first use.
#define C(key)                                     \
  ([]() -> ::spreaders::planners::rules::ClassId { \
    static const auto id_ = class_id(key);         \
    return id_;                                    \
  }())

// Longest entry of the class at token i; the index after it, or -1.
int match(const Text& text, int i, Lang lang, ClassId id);
// The same over every language's column.
int match_any(const Text& text, int i, ClassId id);
// An entry that ends right before token `end`: its first token, or -1.
int match_before(const Text& text, int end, Lang lang, ClassId id);

// Elements separated by blanks: words ("a|b_c"), "@class", "?x" optional, "..N" up to N tokens of the same sentence,
// "#" a number. Matches classes of every language.
class Pattern {
 public:
  explicit Pattern(std::string_view source);
  // Index after the match that starts at token i, or -1.
  [[nodiscard]] int match_at(const Text& text, int i) const;

 private:
  struct Element {
    std::vector<std::vector<std::string>> entries;
    std::vector<ClassId> classes;
    bool optional = false;
    int gap = -1;
  };
  std::vector<Element> elements_;
  [[nodiscard]] int step(const Text& text, int i, size_t element, int& budget) const;
};

// One entry against the tokens at i: index after it, or -1. Entries are folded words; a last '*' is a prefix.
int match_entry(const Text& text, int i, const std::vector<std::string>& entry);
std::vector<std::vector<std::string>> parse_entries(std::string_view list);

// Damerau-Levenshtein distance at most 1 (insert, delete, replace, swap of neighbours).
bool within_one_edit(std::string_view a, std::string_view b);

// `margin`: how far another language must lead the fallback; a later turn of a few words keeps the language of the
// talk.
Lang detect_language(const Text& text, Lang fallback, int margin = 1);
// Joins number words, 万, lakh and the like into one number token.
void merge_numbers(Text& text, Lang lang);
// "the twenty third of December" -> one ordinal number; called by merge_numbers.
void merge_spoken_days(Text& text, Lang lang);

}  // namespace spreaders::planners::rules
