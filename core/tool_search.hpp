// Finds tools by words: BM25 over names, titles, descriptions and argument names, with synonyms, light stemming and one
// typing error a word. Ranking, not understanding: it is for models and people who know what they want to do, not what
// the tool is called.
//
//   ToolSearch search(search_entries(runner.list()), {"mail email newsletter"});
//   for (auto hit : search.find("who read our newsletter", 5)) ... runner.list()[hit.index] ...
//
// Source of the ranking: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/tool.hpp"

namespace spreaders {

struct SearchEntry {
  std::string name;  // "email.trackOpens": the family and the words of the verb count most
  std::string title;
  std::string description;
  std::string more = {};  // what people call it
};

// A tool as every search of ours sees it.
SearchEntry search_entry(const ToolSpec& spec);
std::vector<SearchEntry> search_entries(ToolList tools);

struct SearchHit {
  size_t index;  // of the entry
  double score;
};

// Words as the search sees them: lower case, camelCase split, accents kept, stop words out, endings cut (opens, opened,
// opening -> open).
std::vector<std::string> search_words(std::string_view text);

class ToolSearch {
 public:
  // Each group of synonyms is words separated by blanks; any of them finds entries with any other, at a lower weight.
  ToolSearch(const std::vector<SearchEntry>& entries, const std::vector<std::string_view>& synonyms);

  // Best first, equal scores by name; only entries that hold at least one of the words. A query longer than
  // kQueryWordsMax words is cut.
  [[nodiscard]] std::vector<SearchHit> find(std::string_view query, size_t count) const;
  [[nodiscard]] size_t size() const { return documents_.size(); }

  static constexpr size_t kQueryWordsMax = 60;

 private:
  struct Document {
    std::string name;
    std::map<std::string, double, std::less<>> weights;  // word -> how often, by the weight of the field
    double length = 0;
  };
  // Words to look for and how much each counts.
  using Wanted = std::map<std::string, double, std::less<>>;
  void add_wanted(const std::string& word, Wanted& wanted) const;
  [[nodiscard]] double rarity(std::string_view word) const;

  std::vector<Document> documents_;
  std::map<std::string, size_t, std::less<>> holding_;                     // word -> how many documents have it
  std::map<std::string, std::vector<std::string>, std::less<>> synonyms_;  // word -> words that mean the same
  double mean_length_ = 1;
};

}  // namespace spreaders
