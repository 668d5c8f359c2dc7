// The draft that a model proposes by calling plan_propose: its schema, and reading what came back. The schema is the
// strict subset of the plan (plan.draft.schema.json): every property required, nothing optional but null. What is read
// is typed and limited but not yet believed; understand.hpp compares it with the user's own words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/money.hpp"
#include "core/time.hpp"

namespace spreaders::planners::llm {

constexpr std::string_view kDraftTool = "plan_propose";
constexpr size_t kDraftBytes_max = 256 * 1024;
constexpr size_t kDraftItems_max = 60;     // in any list of the draft
constexpr size_t kDraftText_max = 2'000;   // code points of any text
constexpr double kDraftAmount_max = 1e12;  // in major units

struct DraftKpi {
  std::string metric;
  double target = 0;
  std::string unit;
};

struct DraftQuestion {
  std::string slot;
  std::string prompt;
};

struct Draft {
  std::optional<std::string> objective;
  std::optional<std::string> offer;
  std::optional<std::string> audience;
  std::vector<std::string> channels;
  std::optional<double> budget_amount;
  std::optional<std::string> budget_currency;
  std::optional<std::string> budget_period;
  std::optional<Date> start;
  std::optional<Date> end;
  std::vector<DraftKpi> kpis;
  std::vector<DraftQuestion> questions;
  std::vector<std::string> policy_concerns;
  size_t steps = 0;  // how many it wrote; they are never used
};

Json draft_schema();

// Every fault with its JSON Pointer. A property that is not there counts as null or empty.
Result<Draft> read_draft(std::string_view arguments);

bool is_channel(std::string_view id);
bool is_paid_channel(std::string_view id);
bool is_currency(std::string_view code);  // ISO 4217, in use
// A text as it may be shown: one line, no control, direction or invisible characters, at most `code_points_max`.
std::string clean_text(std::string_view text, size_t code_points_max);
bool has_link(std::string_view text);  // anything a mail program would make clickable

}  // namespace spreaders::planners::llm
