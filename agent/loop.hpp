// The agent's loop: one message of the user in, one TurnResult out. The model may look things up, write drafts and ask
// for a plan; it cannot approve, and whatever needs a person's approval stops the loop. State changes come from tool
// results only; what the model writes is shown as its words and believed nowhere.
//
//   LoopParts parts{model, pipeline, storage, clock, ids};
//   RunState state = TRY(start_run(parts, person));
//   TurnResult turn = TRY(say(parts, options, state, "Tell our readers about the autumn jackets by email"));
//   show turn.reply, turn.plan_card, turn.questions, turn.notices, turn.log_line; turn.stop says why it stopped
//
// After a crash: load_run(), then go_on() when state.status is "working". Write calls carry keys made from run, step
// and place, so that nothing is done twice. Errors of say(): kInvalidArgument (the text), kConflict (the run goes on
// elsewhere, is unfinished or too long), those of the storage. A model that fails or misbehaves is no error but a stop
// with its reason.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/run_state.hpp"
#include "core/language_model.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "core/tool.hpp"
#include "planners/llm/prompt.hpp"
#include "storage/storage.hpp"

namespace spreaders::agent {

struct LoopLimits {
  int64_t answers_max = 12;           // of the model, for one message of the user
  int64_t calls_max = 40;             // likewise
  int64_t repeats_max = 3;            // the same call with the same arguments: this one stops the turn
  int64_t turn_tokens_max = 300'000;  // in and out, for one message of the user
  int64_t tokens_max = 3'000'000;     // of the whole conversation
  int64_t turn_time_ms = 10 * 60'000;
  int64_t answer_time_ms = 120'000;
  int64_t answer_tokens_max = 8'000;  // of one answer
};
constexpr size_t kSayMax = 8'000;                 // code points of one message of the user
constexpr size_t kSaidMax = 200;                  // messages of the user in one conversation
constexpr size_t kArgumentsBytesMax = 64 * 1024;  // of one call
constexpr size_t kReplyMax = 8'000;               // code points shown of the model's words
constexpr size_t kHistoryBytesMax = 400 * 1024;   // older turns are left out of what the model sees beyond it

enum class StopReason : uint8_t {
  kAnswered,       // the model has said what it had to say
  kAskedUser,      // it asks; see questions
  kNeedsApproval,  // a person decides; see approval_id
  kAnswerLimit,
  kCallLimit,
  kRepeatedCall,
  kTokenLimit,
  kTimeLimit,
  kCancelled,    // the caller's stop token
  kRefused,      // the model declined
  kCutOff,       // its answer was too long
  kModelFailed,  // no usable answer; see stop_text
};
SPR_ENUM(StopReason, {StopReason::kAnswered, "answered"}, {StopReason::kAskedUser, "asked_user"},
         {StopReason::kNeedsApproval, "needs_approval"}, {StopReason::kAnswerLimit, "answer_limit"},
         {StopReason::kCallLimit, "call_limit"}, {StopReason::kRepeatedCall, "repeated_call"},
         {StopReason::kTokenLimit, "token_limit"}, {StopReason::kTimeLimit, "time_limit"},
         {StopReason::kCancelled, "cancelled"}, {StopReason::kRefused, "refused"}, {StopReason::kCutOff, "cut_off"},
         {StopReason::kModelFailed, "model_failed"});

struct AskedQuestion {
  std::string text;
  std::vector<std::string> choices;
  std::string suggestion;
};

struct Shown {
  std::string tool, title;
  Json data;  // as the model saw it: masked and cut
};

struct TurnResult {
  std::string reply;                 // the model's words, cleaned; never a source of figures or states
  std::vector<std::string> notices;  // fixed texts: a secret was taken out, the answer asked for one...
  std::string plan_id, plan_status, campaign_id,
      plan_card;                          // from campaign.plan; the card is empty if the turn made or showed no plan
  std::vector<std::string> plan_changes;  // of the shown plan against its revision before
  std::vector<AskedQuestion> questions;   // the plan's own first, then the model's
  std::string approval_id, approval_tool;
  StopReason stop = StopReason::kAnswered;
  std::string stop_text;             // one sentence for the user
  std::optional<Error> model_error;  // why there is no usable answer, when the model itself could not be asked
  std::vector<CallRecord> calls;
  std::vector<Shown> results;  // of the reading calls: where figures come from
  std::string log_line;        // what really happened in this turn, from the log
  int64_t tokens = 0;          // of this turn
};

struct LoopParts {
  LanguageModel& model;
  ToolRunner& tools;
  storage::Storage& storage;
  Clock& clock;
  Ids& ids;
};

struct LoopOptions {
  LoopLimits limits = {};
  std::string workspace_name = "your workspace";
  std::string zone = "UTC";             // in which the user's dates are read
  std::vector<std::string> link_hosts;  // where links in drafts may lead, beside what the user names
  planners::llm::PromptLoad prompts = &planners::llm::embedded_prompt;
  std::function<int64_t()> monotonic = &monotonic_ms;
  std::function<void(const CallRecord&)> on_call = {};  // after each call, for progress
  std::stop_token stop = {};
};

// The principal under which the model calls: the person's scopes without approvals, kind model, door agent.
Principal model_principal(const Principal& person);

Result<RunState> start_run(const LoopParts& parts, const Principal& person);
Result<TurnResult> say(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state,
                       const std::string& text);
// What a door planned while the model could not: later turns go on from this answer of campaign.plan.
Result<void> adopt_plan(const LoopParts& parts, RunState& state, const Json& plan_answer);
// Finishes a turn that was cut off.
Result<TurnResult> go_on(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state);

}  // namespace spreaders::agent
