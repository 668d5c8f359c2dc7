// Which tools a model is offered: never more than kToolsMax at a time, found by words (BM25), never those that only a
// person may use.
//
//   ToolIndex index(runner.list(), model);
//   choose_tools(index, "open rate of the autumn mail", state.offered);    // dotted names, least recently wanted first
//   auto hits = index.search("export contacts", 6);
//
// The set changes only when the conversation needs a tool that is not in it, so that a vendor's prompt cache stays
// good.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/tool.hpp"

namespace spreaders::agent {

constexpr size_t kToolsMax = 24;  // of one request, with the meta tools
constexpr size_t kMetaTools = 5;
constexpr size_t kOfferedMax = kToolsMax - kMetaTools;
constexpr size_t kSureHits = 8;  // the best so many hits have to be in the set
constexpr size_t kQueryWordsMax = 200;

// Words as the index sees them: lower case, camelCase split, plural s taken off, no stop words.
std::vector<std::string> search_words(std::string_view text);

// False for administration, R5, approvals, tools whose scopes the principal lacks, and tools that a meta tool stands
// for.
bool may_offer(const ToolSpec& spec, const Principal& model);

class ToolIndex {
 public:
  ToolIndex(ToolList tools, const Principal& model);

  struct Hit {
    const ToolSpec* spec;
    double score;
  };
  // Best first, equal scores by name; only tools that hold at least one of the words.
  [[nodiscard]] std::vector<Hit> search(std::string_view query, size_t count) const;
  // By wire or dotted name; nullptr when there is none that may be offered.
  [[nodiscard]] const ToolSpec* find(std::string_view name) const;
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    const ToolSpec* spec;
    std::map<std::string, double, std::less<>> counts;
    double length = 0;
  };
  std::vector<Entry> entries_;                            // sorted by name
  std::map<std::string, size_t, std::less<>> documents_;  // how many entries hold a word
  std::map<std::string, const ToolSpec*, std::less<>> by_name_;
  double mean_length_ = 1;
};

// Brings what `words` ask for into `offered`; the tools wanted longest ago leave it.
void choose_tools(const ToolIndex& index, std::string_view words, std::vector<std::string>& offered);
// One tool that was asked for by name.
void offer_tool(const ToolSpec& spec, std::vector<std::string>& offered);

}  // namespace spreaders::agent
