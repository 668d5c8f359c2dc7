#include "core/tool_search.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace spreaders {

namespace {

constexpr double kSaturation = 1.2;   // k1 of BM25
constexpr double kLengthShare = 0.4;  // b of BM25; descriptions are of one length by design
constexpr double kNameWeight = 3;
constexpr double kTitleWeight = 2;
constexpr double kDescriptionWeight = 1;
constexpr double kMoreWeight = 1;  // of what people call it
constexpr double kSynonymWeight = 0.5;
constexpr double kTypingErrorWeight = 0.8;
constexpr size_t kTypingErrorSize_min = 5;
constexpr size_t kWordBytes_max = 40;

// Words that say nothing about which tool is meant.
constexpr std::string_view kStopWords[] = {
    "a",      "about", "all",   "an",     "and",  "any",  "are",   "as",   "at",   "be",   "been",  "but",  "by",
    "can",    "could", "did",   "do",     "does", "for",  "from",  "get",  "give", "had",  "has",   "have", "he",
    "her",    "him",   "his",   "how",    "i",    "if",   "in",    "into", "is",   "it",   "its",   "just", "let",
    "like",   "ll",    "me",    "my",     "need", "not",  "now",   "of",   "on",   "one",  "or",    "our",  "out",
    "please", "s",     "she",   "should", "so",   "some", "t",     "than", "that", "the",  "their", "them", "then",
    "there",  "these", "they",  "this",   "to",   "up",   "us",    "use",  "via",  "want", "was",   "we",   "were",
    "what",   "when",  "which", "who",    "will", "with", "would", "you",  "your"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'; }

bool has_vowel(std::string_view word) { return std::any_of(word.begin(), word.end(), is_vowel); }

// Cuts `ending` if a word with a vowel and three letters is left, and the doubled letter before it (stopped -> stop).
bool cut(std::string& word, std::string_view ending, bool undouble) {
  if (!word.ends_with(ending) || word.size() < ending.size() + 3 ||
      !has_vowel(std::string_view(word).substr(0, word.size() - ending.size())))
    return false;
  word.resize(word.size() - ending.size());
  size_t n = word.size();
  if (undouble && n > 3 && word[n - 1] == word[n - 2] && !is_vowel(word[n - 1]) && word[n - 1] != 'l' &&
      word[n - 1] != 's')
    word.pop_back();
  return true;
}

// One form for open, opens, opened, opening; analytics and analytic. Not a stemmer of English: it only has to map the
// forms that people and descriptions use onto each other.
std::string stem(std::string word) {
  if (word.size() < 4 || static_cast<unsigned char>(word.back()) >= 0x80) return word;
  if (word.ends_with("ies")) word.replace(word.size() - 3, 3, "y");
  else if (word.ends_with("sses") || word.ends_with("shes") || word.ends_with("ches") || word.ends_with("xes"))
    word.resize(word.size() - 2);
  else if (word.ends_with("s") && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is"))
    word.pop_back();
  if (!cut(word, "ing", true) && !cut(word, "ed", true) && !cut(word, "ation", false) && !cut(word, "ion", false))
    cut(word, "er", true);
  if (word.size() > 3 && word.back() == 'e') word.pop_back();
  if (word.size() > 3 && word.back() == 'y') word.back() = 'i';
  return word;
}

bool is_stop_word(std::string_view word) {
  return std::find(std::begin(kStopWords), std::end(kStopWords), word) != std::end(kStopWords);
}

void add_word(std::string& word, std::vector<std::string>& words) {
  if (!word.empty() && word.size() <= kWordBytes_max && !is_stop_word(word)) words.push_back(stem(std::move(word)));
  word.clear();
}

// Are they one insertion, deletion, change or swap of neighbours apart?
bool one_error_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  size_t at = 0;
  while (at < a.size() && a[at] == b[at]) ++at;
  if (a.size() != b.size()) return a.substr(at) == b.substr(at + 1);
  if (at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2))
    return true;
  return at < a.size() && a.substr(at + 1) == b.substr(at + 1);
}

}  // namespace

std::vector<std::string> search_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool other_script = static_cast<unsigned char>(c) >= 0x80;
    bool part = is_upper(c) || is_lower(c) || is_digit(c) || other_script;
    bool camel = is_upper(c) && i > 0 && is_lower(text[i - 1]);
    if (!part || camel) add_word(word, words);
    if (part) word += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  add_word(word, words);
  return words;
}

SearchEntry search_entry(const ToolSpec& spec) {
  std::string more(spec.words);
  for (const auto& field : spec.body.arguments().fields) more += " " + std::string(field.name);
  return {std::string(spec.name.value), std::string(spec.title.value), std::string(spec.description.value),
          std::move(more)};
}

std::vector<SearchEntry> search_entries(ToolList tools) {
  std::vector<SearchEntry> entries;
  entries.reserve(tools.size());
  for (const auto* spec : tools) entries.push_back(search_entry(*spec));
  return entries;
}

ToolSearch::ToolSearch(const std::vector<SearchEntry>& entries, const std::vector<std::string_view>& synonyms) {
  double total = 0;
  for (const auto& entry : entries) {
    Document document{.name = entry.name, .weights = {}};
    auto add = [&](std::string_view text, double weight) {
      for (auto& word : search_words(text)) {
        document.weights[std::move(word)] += weight;
        document.length += weight;
      }
    };
    add(entry.name, kNameWeight);
    add(entry.title, kTitleWeight);
    add(entry.description, kDescriptionWeight);
    add(entry.more, kMoreWeight);
    for (const auto& [word, weight] : document.weights) ++holding_[word];
    total += document.length;
    documents_.push_back(std::move(document));
  }
  if (!documents_.empty()) mean_length_ = std::max(1.0, total / static_cast<double>(documents_.size()));
  for (auto group : synonyms) {
    auto words = search_words(group);
    for (const auto& word : words) {
      for (const auto& other : words) {
        if (other != word) synonyms_[word].push_back(other);
      }
    }
  }
}

double ToolSearch::rarity(std::string_view word) const {
  auto found = holding_.find(word);
  if (found == holding_.end()) return 0;
  auto all = static_cast<double>(documents_.size());
  auto holding = static_cast<double>(found->second);
  return std::log(1 + (all - holding + 0.5) / (holding + 0.5));
}

void ToolSearch::add_wanted(const std::string& word, Wanted& wanted) const {
  auto want = [&](const std::string& each, double weight) {
    double& known = wanted[each];
    known = std::max(known, weight);
  };
  want(word, 1);
  auto same = synonyms_.find(word);
  if (same != synonyms_.end()) {
    for (const auto& other : same->second) want(other, kSynonymWeight);
  }
  if (same != synonyms_.end() || holding_.contains(word) || word.size() < kTypingErrorSize_min) return;
  for (const auto& [known, count] : holding_) {
    if (one_error_apart(word, known)) want(known, kTypingErrorWeight);
  }
  for (const auto& [known, others] : synonyms_) {
    if (!one_error_apart(word, known)) continue;
    for (const auto& other : others) want(other, kTypingErrorWeight * kSynonymWeight);
  }
}

std::vector<SearchHit> ToolSearch::find(std::string_view query, size_t count) const {
  auto words = search_words(query);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.size() > kQueryWordsMax) words.resize(kQueryWordsMax);
  std::vector<Wanted> concepts;  // a word with what means the same: only the best of them counts
  for (const auto& word : words) {
    Wanted wanted;
    add_wanted(word, wanted);
    concepts.push_back(std::move(wanted));
  }
  std::vector<SearchHit> hits;
  for (size_t i = 0; i < documents_.size(); ++i) {
    const auto& document = documents_[i];
    double room = kSaturation * (1 - kLengthShare + kLengthShare * document.length / mean_length_);
    double score = 0;
    for (const auto& wanted : concepts) {
      double best = 0;
      for (const auto& [word, weight] : wanted) {
        auto found = document.weights.find(word);
        if (found == document.weights.end()) continue;
        best = std::max(best, weight * rarity(word) * found->second * (kSaturation + 1) / (found->second + room));
      }
      score += best;
    }
    if (score > 0) hits.push_back({i, score});
  }
  std::sort(hits.begin(), hits.end(), [this](const SearchHit& a, const SearchHit& b) {
    return a.score != b.score ? a.score > b.score : documents_[a.index].name < documents_[b.index].name;
  });
  if (hits.size() > count) hits.resize(count);
  return hits;
}

}  // namespace spreaders
