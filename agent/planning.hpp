// From words to a plan that can be approved: understands (model or rules), finds and measures the audience, writes the
// mail, makes the draft campaign, builds and checks the plan, compiles it, stores it. Every step but the last goes
// through ToolRunner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/language_model.hpp"
#include "core/tool.hpp"
#include "planners/plan.hpp"
#include "storage/storage.hpp"

namespace spreaders::agent {

// Bound in main.cpp.
struct PlannerSetup {
  LanguageModel* model = nullptr;  // null without a key: the built-in planner
  std::string zone = "UTC";        // of the workspace, where the caller names none
};

struct PlanAnswer {
  std::string plan_id, status, outcome, reply, card, campaign_id;
  int64_t revision = 1;
  std::vector<std::string> questions;
  std::vector<std::string> changes;  // against the revision before
  std::string note;                  // why a model's draft was not used, what secret was taken out
  Json plan;
  SPR_FIELDS(PlanAnswer, SPR_FIELD(plan_id, "Id of the plan"), SPR_FIELD(revision, "Its revision"),
             SPR_FIELD(status, "needs_input, blocked, ready, running, completed..."),
             SPR_FIELD(outcome, "plan, ask, refuse or flag"), SPR_FIELD(reply, "One or two sentences for the user"),
             SPR_FIELD(card, "The plan as a person reads it"),
             SPR_FIELD(campaign_id, "The draft campaign it would run; empty before it is ready"),
             SPR_FIELD(questions, "What has to be answered first"),
             SPR_FIELD(changes, "What changed against the revision before"),
             SPR_FIELD(note, "What the user should know about how it was made"),
             SPR_FIELD(plan, "The whole plan (spreaders.plan/1)"));
};

// The first revision of a new plan.
Result<PlanAnswer> propose_plan(ToolContext& context, const std::string& goal, const std::string& zone,
                                const std::string& source);
// The next revision: `change` is what the user said. Approvals of the revision before are void for the new one.
Result<PlanAnswer> change_plan(ToolContext& context, const std::string& plan_id, const std::string& change);
Result<PlanAnswer> show_plan(ToolContext& context, const std::string& plan_id);
// What the built-in planner or the model makes of a text; nothing is stored.
struct Reading {
  planners::Understanding understanding;
  std::string note, model, provider;
};
Result<Reading> read_goal(ToolContext& context, const std::vector<std::string>& turns, const std::string& zone);

constexpr size_t kGoalSizeMax = 8000;  // characters
constexpr size_t kTurnsMax = 50;
constexpr size_t kPlanQuestionsMax = 4;

}  // namespace spreaders::agent
