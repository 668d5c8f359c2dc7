#include "planners/rules/lexicon.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace spreaders::planners::rules {
namespace {

constexpr int kPatternSteps_max = 20'000;  // backtracking is cut here

struct Index {
  std::unordered_map<std::string, std::vector<std::vector<std::string>>> by_first;
  std::vector<std::vector<std::string>> others;  // begin with a prefix or '#'
};

struct Lexicon {
  std::unordered_map<std::string_view, ClassId> ids;
  std::vector<std::array<Index, kLangCount>> classes;

  void add(const ClassRow& row) {
    const auto id = static_cast<ClassId>(classes.size());
    ids.emplace(row.key, id);
    auto& columns = classes.emplace_back();
    const std::array<std::string_view, kLangCount> texts = {row.en, row.es, row.fr, row.de, row.pt, row.ja};
    for (size_t lang = 0; lang < texts.size(); ++lang) {
      fill(columns[lang], row.any);
      fill(columns[lang], texts[lang]);
    }
  }

  static void fill(Index& index, std::string_view list) {
    for (auto& entry : parse_entries(list)) {
      if (entry.front().back() == '*' || entry.front() == "#") index.others.push_back(std::move(entry));
      else index.by_first[entry.front()].push_back(std::move(entry));
    }
  }

  Lexicon() {
    for (const Table& table :
         {grammar_table(), date_table(), amount_table(), people_table(), policy_table(), deed_table()}) {
      for (size_t i = 0; i < table.count; ++i) add(table.rows[i]);
    }
  }
};

const Lexicon& lexicon() {
  static const Lexicon instance;
  return instance;
}

// Whether an entry covers exactly the tokens [begin, end), longer entries there or not.
bool covers(const Text& text, int begin, int end, const Index& index) {
  const auto exact = [&](const auto& entry) { return match_entry(text, begin, entry) == end; };
  const auto found = index.by_first.find(text.at(begin).text);
  return (found != index.by_first.end() && std::any_of(found->second.begin(), found->second.end(), exact)) ||
         std::any_of(index.others.begin(), index.others.end(), exact);
}

int match_index(const Text& text, int i, const Index& index) {
  int best = -1;
  const auto found = index.by_first.find(text.at(i).text);
  if (found != index.by_first.end()) {
    for (const auto& entry : found->second) best = std::max(best, match_entry(text, i, entry));
  }
  for (const auto& entry : index.others) best = std::max(best, match_entry(text, i, entry));
  return best;
}

}  // namespace

std::vector<std::vector<std::string>> parse_entries(std::string_view list) {
  std::vector<std::vector<std::string>> out;
  while (!list.empty()) {
    const size_t bar = list.find('|');
    std::string_view item = list.substr(0, bar);
    list = bar == std::string_view::npos ? std::string_view{} : list.substr(bar + 1);
    if (item.empty()) continue;
    const bool prefix = item.back() == '*';
    if (prefix) item.remove_suffix(1);
    std::vector<std::string> words = fold_words(item);
    if (words.empty()) continue;
    if (prefix) words.back() += '*';
    out.push_back(std::move(words));
  }
  return out;
}

int match_entry(const Text& text, int i, const std::vector<std::string>& entry) {
  for (const std::string& word : entry) {
    if (i >= text.size()) return -1;
    const Token& token = text.at(i);
    if (word == "#") {
      if (token.kind != TokenKind::kNumber) return -1;
    } else if (word.size() > 1 && word.back() == '*') {
      if (token.text.compare(0, word.size() - 1, word, 0, word.size() - 1) != 0) return -1;
    } else if (token.text != word) {
      return -1;
    }
    ++i;
  }
  return i;
}

ClassId class_id(std::string_view key) {
  const auto& ids = lexicon().ids;
  const auto found = ids.find(key);
  return found == ids.end() ? -1 : found->second;
}

int match(const Text& text, int i, Lang lang, ClassId id) {
  if (i < 0 || i >= text.size() || id < 0) return -1;
  return match_index(text, i, lexicon().classes[static_cast<size_t>(id)][static_cast<size_t>(lang)]);
}

int match_any(const Text& text, int i, ClassId id) {
  int best = -1;
  for (int lang = 0; lang < kLangCount; ++lang) best = std::max(best, match(text, i, static_cast<Lang>(lang), id));
  return best;
}

int match_before(const Text& text, int end, Lang lang, ClassId id) {
  if (id < 0 || end > text.size()) return -1;
  const Index& index = lexicon().classes[static_cast<size_t>(id)][static_cast<size_t>(lang)];
  for (int begin = end - 1; begin >= 0 && begin >= end - 6; --begin) {
    if (covers(text, begin, end, index)) return begin;
  }
  return -1;
}

Pattern::Pattern(std::string_view source) {
  while (!source.empty()) {
    const size_t blank = source.find(' ');
    std::string_view word = source.substr(0, blank);
    source = blank == std::string_view::npos ? std::string_view{} : source.substr(blank + 1);
    if (word.empty()) continue;
    Element element;
    if (word.front() == '?') {
      element.optional = true;
      word.remove_prefix(1);
    }
    if (word.starts_with("..")) {
      element.gap = std::stoi(std::string(word.substr(2)));
    } else {
      std::string plain;
      while (!word.empty()) {
        const size_t bar = word.find('|');
        const std::string_view item = word.substr(0, bar);
        word = bar == std::string_view::npos ? std::string_view{} : word.substr(bar + 1);
        if (item.starts_with("@")) element.classes.push_back(class_id(item.substr(1)));
        else plain.append(item).append("|");
      }
      element.entries = parse_entries(plain);
    }
    elements_.push_back(std::move(element));
  }
}

int Pattern::step(const Text& text, int i, size_t element, int& budget) const {
  if (element == elements_.size()) return i;
  if (--budget < 0) return -1;
  const Element& now = elements_[element];
  if (now.gap >= 0) {
    const int sentence = i > 0 ? text.at(i - 1).sentence : 0;
    for (int skip = 0; skip <= now.gap && i + skip <= text.size(); ++skip) {
      if (skip > 0 && text.at(i + skip - 1).sentence != sentence) break;
      const int end = step(text, i + skip, element + 1, budget);
      if (end >= 0) return end;
    }
    return -1;
  }
  if (i < text.size()) {
    for (const auto& entry : now.entries) {
      const int next = match_entry(text, i, entry);
      if (next >= 0) {
        const int end = step(text, next, element + 1, budget);
        if (end >= 0) return end;
      }
    }
    for (const ClassId id : now.classes) {
      const int next = match_any(text, i, id);
      if (next >= 0) {
        const int end = step(text, next, element + 1, budget);
        if (end >= 0) return end;
      }
    }
  }
  return now.optional ? step(text, i, element + 1, budget) : -1;
}

int Pattern::match_at(const Text& text, int i) const {
  int budget = kPatternSteps_max;
  return step(text, i, 0, budget);
}

bool within_one_edit(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  if (a.size() < b.size()) return a.substr(i) == b.substr(i + 1);
  if (a.substr(i + 1) == b.substr(i + 1)) return true;
  return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] && a.substr(i + 2) == b.substr(i + 2);
}

Lang detect_language(const Text& text, Lang fallback, int margin) {
  int cjk = 0;
  std::array<int, kLangCount> hits{};
  const ClassId stop = C("stop_words");
  for (int i = 0; i < text.size(); ++i) {
    if (text.at(i).kind == TokenKind::kCjk) {
      ++cjk;
      continue;
    }
    for (int lang = 0; lang < kLangCount - 1; ++lang) {
      const int end = match(text, i, static_cast<Lang>(lang), stop);
      if (end > 0) hits[static_cast<size_t>(lang)] += end - i > 1 ? 3 : (text.at(i).text.size() >= 4 ? 2 : 1);
    }
  }
  static constexpr std::pair<std::string_view, size_t> letters[] = {
      {"ñ", 1}, {"¿", 1}, {"¡", 1}, {"ción", 1}, {"è", 2}, {"ê", 2}, {"à", 2}, {"ù", 2},   {"œ", 2},    {"É", 2},
      {"î", 2}, {"ß", 3}, {"ä", 3}, {"ö", 3},    {"ü", 3}, {"ã", 4}, {"õ", 4}, {"ção", 4}, {"ções", 4}, {"R$", 4}};
  for (const auto& [letter, lang] : letters) {
    if (text.original.find(letter) != std::string::npos) hits[lang] += 2;
  }
  if (cjk * 4 > text.size()) return Lang::kJa;
  const auto best = std::max_element(hits.begin(), hits.end());
  const auto index = static_cast<size_t>(best - hits.begin());
  if (*best == 0) return fallback;
  if (hits[static_cast<size_t>(fallback)] + margin > *best) return fallback;
  return static_cast<Lang>(index);
}

}  // namespace spreaders::planners::rules
