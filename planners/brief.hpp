// What a planner understood of a goal: typed slots, each with where it came from. The built-in planner fills it from
// text; an LLM's draft is read into the same shape; everything after it (checks, estimates, plan) sees only this.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace spreaders::planners {

enum class Source : uint8_t { kStated, kAnswered, kInferred, kDefault, kToolResult };

// `stated` and `answered` carry the UTF-8 byte span [start, end) in the user's message number `turn` (0 = the goal).
struct Provenance {
  Source source = Source::kInferred;
  int turn = 0;
  size_t start = 0;
  size_t end = 0;
  std::string note = {};
};

template <class T>
struct Slot {
  T value{};
  Provenance from{};
};

struct Money {
  int64_t amount_minor = 0;  // in the currency's ISO 4217 minor unit (JPY has none)
  std::string currency;      // ISO 4217
};

struct Budget {
  Money money;
  std::string period = "total";  // total, day, week, month
};

struct Kpi {
  std::string metric;  // plural snake_case noun, <thing>_rate, cost_per_<thing> or revenue
  double target = 0;
  std::string unit = "count";  // count, percent, ratio or an ISO 4217 code
  std::string cmp = ">=";
  Provenance from{};
};

struct Schedule {
  Date start;
  std::optional<Date> end;           // inclusive; derived from duration_days where only a length was given
  std::optional<int> duration_days;  // as said
  std::optional<Date> event_at;      // when the event itself takes place, where that is another day
  bool start_stated = false;         // false: the start is a default
  bool end_stated = false;
  bool duration_stated = false;
};

struct Audience {
  std::string description;           // in the user's words
  std::optional<std::string> list;   // name of a list or segment it matched, filled by whoever knows the audience
  std::vector<std::string> exclude;  // in the user's words
  std::optional<int> min_age;
  std::optional<int64_t> size_stated;  // "our 2,400 subscribers"
  std::string consent = "unknown";     // opted_in, customer_relationship, not_needed, unknown
};

// One thing to ask, as plan.schema.json's question.
struct Question {
  std::string slot;  // objective offer audience channels budget schedule kpi consent assets credentials policy
  std::string kind;  // missing, ambiguous, contradiction, confirm
  std::string prompt;
  std::vector<std::string> choices = {};
  std::string fallback = {};  // the stated default for "you decide"; empty = none
};

// A rule of reference policy, for example consent.purchased_list.
struct Finding {
  std::string rule;
  std::string severity;  // block, warn, info
  std::string message;
};

struct Contradiction {
  std::string id;  // budget_vs_paid_channel, split_sum_vs_total, end_before_start, channel_conflict
  std::string message;
};

struct Brief {
  std::string language = "en";
  std::optional<Slot<std::string>> objective;
  std::optional<Slot<std::string>> offer;  // what is promoted, in the user's words
  std::optional<Slot<Audience>> audience;
  std::vector<Slot<std::string>> channels;
  std::vector<std::string> excluded_channels;
  std::optional<Slot<Budget>> budget;
  bool no_spend = false;                                     // "no money to spend": a stated zero
  std::vector<std::pair<std::string, int64_t>> allocations;  // channel -> minor units, only where stated
  std::optional<Slot<Schedule>> schedule;
  std::vector<Kpi> kpis;  // the first named first
  std::optional<std::string> tone;
  std::vector<Finding> findings;
  std::vector<Contradiction> contradictions;
};

// plan: a whole plan can be drafted now; ask: questions first; refuse: nothing with steps; flag: blocked by a finding.
enum class Outcome : uint8_t { kPlan, kAsk, kRefuse, kFlag };

struct Understanding {
  Brief brief;
  Outcome outcome = Outcome::kAsk;
  std::vector<Question> questions;  // at most four, the most blocking first
  std::string reply;                // one or two sentences for the user, in the goal's language
};

struct Turn {
  std::string text;
};

// Everything a planner may know. Facts about the workspace come in as data; a planner calls nothing.
struct Known {
  Instant now;
  std::string zone = "UTC";
  std::vector<std::string> lists;  // names of the workspace's lists and segments
};

// Pure and total: any text gives an Understanding. `turns[0]` is the goal, the others are what the user said after.
Understanding understand(const std::vector<Turn>& turns, const Known& known);

}  // namespace spreaders::planners
