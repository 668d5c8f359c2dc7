// Which tools a model is offered: never more than kToolsMax at a time, found by words (core/tool_search.hpp), never
// those that only a person may use.
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
#include "core/tool_search.hpp"

namespace spreaders::agent {

constexpr size_t kToolsMax = 24;  // of one request, with the meta tools
constexpr size_t kMetaTools = 5;
constexpr size_t kOfferedMax = kToolsMax - kMetaTools;
constexpr size_t kSureHits = 8;  // the best so many hits have to be in the set

// False for administration, R5, approvals, tools whose scopes the principal lacks, and tools that a meta tool stands
// for.
bool may_offer(const ToolSpec& spec, const Principal& model);

class ToolIndex {
 public:
  ToolIndex(ToolList tools, const Principal& model);

  // Best first, equal ones by name; only tools that hold at least one of the words.
  [[nodiscard]] std::vector<const ToolSpec*> search(std::string_view query, size_t count) const;
  // By wire or dotted name; nullptr when there is none that may be offered.
  [[nodiscard]] const ToolSpec* find(std::string_view name) const;
  [[nodiscard]] size_t size() const { return specs_.size(); }

 private:
  std::vector<const ToolSpec*> specs_;
  ToolSearch search_;  // over specs_, in their order
  std::map<std::string, const ToolSpec*, std::less<>> by_name_;
};

// Brings what `words` ask for into `offered`; the tools wanted longest ago leave it.
void choose_tools(const ToolIndex& index, std::string_view words, std::vector<std::string>& offered);
// One tool that was asked for by name.
void offer_tool(const ToolSpec& spec, std::vector<std::string>& offered);

}  // namespace spreaders::agent
