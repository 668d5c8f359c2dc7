// The plan: what will be done, to whom, when, at what cost and risk, as one JSON document (spreaders.plan/1) whose hash
// is what a person approves. All functions here are pure.
//
//   Json plan = build_plan(understanding, facts);       // status needs_input, blocked or ready
//   Issues wrong = check_plan(plan);                    // plan.schema.json, then what a schema cannot say; empty =
//   sound Json definition = compile_plan(plan);               // the workflow the engine runs; nothing else is run
//   std::string card = plan_card(plan);                 // what the person reads
//   Json change = diff_plans(before, after);            // what an edit changed
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/money.hpp"
#include "planners/brief.hpp"

namespace spreaders::planners {

// What the control plane knows and a planner must not make up.
struct PlanFacts {
  std::string plan_id = {}, tenant = {}, campaign_id = {}, connection_id = {};
  int64_t revision = 1;
  std::string parent_hash = {};  // of the revision before; empty for the first
  Instant now = {};
  std::string zone = "UTC";
  std::vector<std::string> turns = {};  // the goal and what was said after it
  std::string source = "chat";          // chat, voice, api
  std::string planner_kind = "deterministic", planner_model = {}, planner_provider = {};
  std::string audience_id = {};  // lst_... or seg_...; empty = every contact with consent
  std::string audience_name = {};
  int64_t audience_size = 0;       // people in it now
  int64_t audience_reachable = 0;  // of them with consent and not suppressed
  std::string template_id = {}, template_hash = {}, subject = {};
  int64_t template_version = 0;
  double cost_per_message = 0;  // major units of the budget's currency
  bool sandbox = false;
  std::function<std::string(std::string_view tool)> schema_hash = {};  // "sha256:..." of a tool's definition
};

Json build_plan(const Understanding& understanding, const PlanFacts& facts);
std::string plan_hash_of(const Json& plan);
std::string step_key(const Json& plan, const Json& step);
Issues check_plan(const Json& plan);
// The plan must be ready and sound; kConflict names what is missing.
Result<Json> compile_plan(const Json& plan);
std::string plan_card(const Json& plan);
Json diff_plans(const Json& before, const Json& after);
std::string diff_text(const Json& diff);

// What the mail says, made without a model: honest, short, in the brief's language.
struct EmailContent {
  std::string name, subject, preheader, html;
};
EmailContent write_email(const Brief& brief, const std::string& brand, const std::string& link);
std::vector<std::string> make_hashtags(std::string_view text, std::string_view language, size_t count);

std::string money_text(int64_t minor, std::string_view currency);

}  // namespace spreaders::planners
