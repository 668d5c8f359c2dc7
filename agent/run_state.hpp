// What a conversation is between two of its steps: a plain struct that is saved to the table agent_run after every
// step, so that a run goes on after a crash without doing anything twice.
//
//   auto state = TRY(load_run(storage, person, run_id));
//   TRY(save_run(storage, state, clock.now()));      // kConflict when somebody else has saved it since
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::agent {

constexpr int kRunSchema = 1;
constexpr size_t kStoredTextMax = 2 * 1024 * 1024;  // code points of one text in the state
constexpr size_t kStateBytesMax = 4 * 1024 * 1024;

enum class Speaker : uint8_t { kUser, kModel, kTool };
SPR_ENUM(Speaker, {Speaker::kUser, "user"}, {Speaker::kModel, "model"}, {Speaker::kTool, "tool"});

struct StoredCall {
  std::string id, name, arguments, fault, print;
  SPR_FIELDS(StoredCall, SPR_FIELD(id, "Unique in the run"), SPR_FIELD(name, "Wire name, cleaned"),
             SPR_FIELD(arguments, "A JSON object as text", .max_size = kStoredTextMax),
             SPR_FIELD(fault, "Why it cannot be run as the model wrote it", .defaulted = true),
             SPR_FIELD(print, "Hash of name and arguments as the model wrote them"));
};

struct StoredMessage {
  Speaker by = Speaker::kUser;
  std::string text = {};
  std::vector<StoredCall> calls = {};
  std::string call_id = {};
  bool is_error = false;
  std::string opaque = {};
  int64_t step = 0;
  SPR_FIELDS(StoredMessage, SPR_FIELD(by, "Who said it"), SPR_FIELD(text, "What was said", .max_size = kStoredTextMax),
             SPR_FIELD(calls, "Calls of the model", .defaulted = true),
             SPR_FIELD(call_id, "The call that a result answers", .defaulted = true),
             SPR_FIELD(is_error, "The result is an error", .defaulted = true),
             SPR_FIELD(opaque, "Vendor blocks to send back unchanged", .max_size = kStoredTextMax, .defaulted = true),
             SPR_FIELD(step, "Number of the model's answer", .defaulted = true));
};

// One call as it was made; the log that the user's report is built from.
struct CallRecord {
  int64_t step = 0;
  int64_t index = 0;
  std::string tool, effect, outcome;
  SPR_FIELDS(CallRecord, SPR_FIELD(step, "Number of the model's answer"), SPR_FIELD(index, "Place in that answer"),
             SPR_FIELD(tool, "Dotted name, or the meta tool's"),
             SPR_FIELD(effect, "read, write, draft, publish, spend, destroy; empty for a tool that does not exist"),
             SPR_FIELD(outcome, "ok, refused, not_run or the error's code"));
};

struct RunState {
  int schema = kRunSchema;
  std::string run_id, workspace, person, status = "idle";
  std::vector<StoredMessage> messages;
  std::vector<std::string> said;     // the user's messages, secrets taken out, in order
  int64_t said_planned = 0;          // how many of them the current plan has taken in
  std::vector<std::string> offered;  // dotted names of the working set
  std::string plan_id, plan_status, campaign_id;
  int64_t step = 0;  // answers of the model since the beginning; part of idempotency keys
  int64_t turn_answers = 0, turn_calls = 0, turn_tokens = 0, tokens = 0;  // since the user's last message; in all
  std::map<std::string, int64_t> seen;                                    // calls of this turn by name and arguments
  std::vector<CallRecord> calls;                                          // of this turn
  int64_t saved_at_us = 0;                                                // of the row this was read from
  SPR_FIELDS(RunState, SPR_FIELD(schema, "Version of this shape"), SPR_FIELD(run_id, "agr_..."),
             SPR_FIELD(workspace, "wsp_..."), SPR_FIELD(person, "Whom it talks to"),
             SPR_FIELD(status, "idle or working"), SPR_FIELD(messages, "The conversation as the model sees it"),
             SPR_FIELD(said, "The user's own messages", .item_max_size = kTextSizeMax),
             SPR_FIELD(said_planned, "How many of them the plan holds"), SPR_FIELD(offered, "The working set"),
             SPR_FIELD(plan_id, "The plan talked about"), SPR_FIELD(plan_status, "Its status"),
             SPR_FIELD(campaign_id, "Its campaign"), SPR_FIELD(step, "Answers of the model"),
             SPR_FIELD(turn_answers, "Answers in this turn"), SPR_FIELD(turn_calls, "Calls in this turn"),
             SPR_FIELD(turn_tokens, "Tokens in this turn"), SPR_FIELD(tokens, "Tokens in all"),
             SPR_FIELD(seen, "Calls of this turn by their hash"), SPR_FIELD(calls, "Log of this turn"));
};

Result<RunState> load_run(storage::Storage& storage, const Principal& person, const std::string& run_id);
Result<void> save_run(storage::Storage& storage, RunState& state, Instant now);

}  // namespace spreaders::agent
