// Numbers of a turn by their meaning: budget and allocations, targets, discounts, ages, head counts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/money.hpp"
#include "planners/brief.hpp"
#include "planners/rules/channels.hpp"
#include "planners/rules/dates.hpp"

namespace spreaders::planners::rules {

struct AmountFacts {
  std::optional<Money> budget;
  std::string period;  // "" = not said
  int budget_begin = -1;
  int budget_end = -1;
  bool no_spend = false;
  std::vector<std::pair<std::string, int64_t>> allocations;
  bool budget_is_sum = false;                                 // no total was said: the allocations were added up
  std::vector<std::pair<std::string, int64_t>> part_changes;  // in a later turn: nothing but allocations
  std::vector<std::pair<std::string, double>> shares;         // percent by channel; "" where the channel was not named
  bool split_mismatch = false;
  double budget_factor = 0;                // "double the budget" = 2; 0 = nothing said
  int64_t budget_delta_minor = 0;          // "add $100 to the budget"
  std::optional<double> bare_change;       // "make it 300": the budget or a target, whichever it may be
  std::optional<double> bare_change_from;  // "... instead of 200": what the slot to change holds
  bool bare_change_is_target = false;      // "raise the goal to 60"
  std::vector<Kpi> kpis;
  std::optional<int> min_age, max_age;
  int age_begin = -1, age_end = -1;
  std::optional<double> audience_size;
  std::vector<bool> used;  // tokens that are amounts
};

AmountFacts read_amounts(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                         std::string_view country, int turn);
// The objective ids a metric speaks for, best first; "" when none.
std::string_view objective_of_metric(std::string_view metric);

}  // namespace spreaders::planners::rules
