// The planner that asks a model. The model reads the goal and writes a draft; code decides what of it is believed.
//
//   auto read = understand_with_model(*model, turns, known);
//   if (!read.ok()) use planners::understand(turns, known) and tell the user why (read.error().message)
//
// - The built-in planner reads the same turns first. Its policy findings, contradictions, exclusions, consent and list
//   always stand; a goal it refuses never reaches a model.
// - An amount, currency or KPI that the user never said is dropped; the amount becomes a question. A paid channel that
// the
//   user never named is dropped. Other slots that only the model says are marked as inferred, and an audience is asked
//   for.
// - Steps of the draft are not used at all: the control plane builds the steps from the Brief.
// - Secrets pasted by the user are taken out before the model sees the text.
// - A draft that is not as the schema says is sent back with the list of faults, at most kRepairRounds_max times.
//
// Errors: those of LanguageModel::complete; kVendorRejected when the model declined or gave no usable draft;
// kInvalidArgument when there is too much text.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/language_model.hpp"
#include "planners/brief.hpp"
#include "planners/llm/draft.hpp"
#include "planners/llm/prompt.hpp"
#include "planners/llm/redact.hpp"

namespace spreaders::planners::llm {

constexpr int kRepairRounds_max = 2;
constexpr size_t kGoalBytes_max = 64 * 1024;  // of all turns together
constexpr size_t kTurns_max = 50;
constexpr size_t kQuestions_max = 4;

struct PlannerOptions {
  PromptLoad load = &embedded_prompt;
  int64_t output_tokens_max = 6'000;
  int64_t timeout_ms = 90'000;  // of each answer
  std::stop_token stop = {};
};

// What happened on the way, for the plan's record and for the user.
struct PlannerTrace {
  std::string provider;
  std::string model;
  int answers = 0;  // how often the model was asked
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  std::vector<std::string> dropped;  // what of the draft was not believed, and why
  std::vector<FoundSecret> secrets;  // kinds of secrets taken out of the turns
};

Result<Understanding> understand_with_model(LanguageModel& model, const std::vector<Turn>& turns, const Known& known,
                                            const PlannerOptions& options = {}, PlannerTrace* trace = nullptr);

// Joins what the rules understood with a draft. Pure; `today` is the date in the user's zone.
Understanding merge(const Understanding& rules, const Draft& draft, const std::vector<Turn>& turns, Date today,
                    PlannerTrace& trace);

}  // namespace spreaders::planners::llm
