// The five tools that are always offered and that the loop answers itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"
#include "core/language_model.hpp"

namespace spreaders::agent {

constexpr size_t kFoundMax = 10;     // hits of one search
constexpr size_t kDescribedMax = 5;  // tools described at once
constexpr size_t kQuestionsMax = 4;

struct SearchArgs {
  std::string query;
  int limit = 6;
  SPR_FIELDS(SearchArgs, SPR_FIELD(query, "English words for what the tool does", .min_size = 2, .max_size = 200),
             SPR_FIELD(limit, "How many", .min = 1, .max = kFoundMax, .defaulted = true));
};
struct DescribeArgs {
  std::vector<std::string> names;
  SPR_FIELDS(DescribeArgs, SPR_FIELD(names, "Names from tools_search", .min_size = 1, .max_size = kDescribedMax,
                                     .item_max_size = 64));
};
enum class ProposeKind : uint8_t { kNew, kChange };
SPR_ENUM(ProposeKind, {ProposeKind::kNew, "new"}, {ProposeKind::kChange, "change"});
struct ProposeArgs {
  ProposeKind kind = ProposeKind::kNew;
  std::optional<std::vector<int>> messages;
  SPR_FIELDS(ProposeArgs,
             SPR_FIELD(kind, "new: a plan for a goal; change: the plan at hand, as the user's later messages say"),
             SPR_FIELD(messages, "Numbers of the user's messages that say it; those since the last plan if left out",
                       .min_size = 1, .max_size = 20));
};
struct StatusArgs {
  SPR_NO_FIELDS(StatusArgs);
};
struct AskQuestion {
  std::string text;
  std::vector<std::string> choices;
  std::optional<std::string> suggestion;
  SPR_FIELDS(AskQuestion, SPR_FIELD(text, "The question", .min_size = 3, .max_size = 300),
             SPR_FIELD(choices, "Answers to choose from", .max_size = 8, .item_max_size = 120, .defaulted = true),
             SPR_FIELD(suggestion, "What you would take if the user leaves it to you", .max_size = 200));
};
struct AskArgs {
  std::vector<AskQuestion> questions;
  SPR_FIELDS(AskArgs, SPR_FIELD(questions, "What you cannot go on without", .min_size = 1, .max_size = kQuestionsMax));
};

struct MetaTool {
  std::string_view name;
  std::string_view description;
  const FieldList& (*arguments)();
};
// Sorted by name.
const std::vector<MetaTool>& meta_tools();
bool is_meta_tool(std::string_view name);

}  // namespace spreaders::agent
