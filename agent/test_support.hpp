// What the agent's tests share: a small catalogue of tools and a ToolRunner that refuses as the pipeline does.
#pragma once

#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/loop.hpp"
#include "planners/llm/testing/scripted_model.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::agent::testing {

struct AnyArgs {
  std::optional<std::string> campaign_id, name, text, email, link, approval_id, list;
  std::optional<double> budget_amount;
  std::optional<std::string> consent_source;
  SPR_FIELDS(AnyArgs, SPR_FIELD(campaign_id, "Id of the campaign"), SPR_FIELD(name, "A name"),
             SPR_FIELD(text, "A text"), SPR_FIELD(email, "An address"), SPR_FIELD(link, "Where it leads"),
             SPR_FIELD(approval_id, "Id of the approval"), SPR_FIELD(list, "A list"),
             SPR_FIELD(budget_amount, "Budget"), SPR_FIELD(consent_source, "Where consent was given"));
};
struct AnyAnswer {
  Json data;
  SPR_FIELDS(AnyAnswer, SPR_FIELD(data, "Whatever the test wants"));
};
inline Result<AnyAnswer> never(ToolContext&, const AnyArgs&) { return internal("the fake runner answers"); }

inline const ToolSpec kPlan{.name = "campaign.plan",
                            .title = "Plan",
                            .description = "Makes a plan.",
                            .effect = Effect::kWrite,
                            .repeat = Repeat::kNeedsKey,
                            .scopes = {"campaigns:write"},
                            .body = handler<&never>()};
inline const ToolSpec kCreate{.name = "campaign.create",
                              .title = "Create a campaign",
                              .description = "Makes a draft campaign with a budget.",
                              .effect = Effect::kWrite,
                              .repeat = Repeat::kNeedsKey,
                              .scopes = {"campaigns:write"},
                              .body = handler<&never>()};
inline const ToolSpec kExecute{.name = "campaign.execute",
                               .title = "Start a campaign",
                               .description = "Sends the campaign.",
                               .effect = Effect::kPublish,
                               .repeat = Repeat::kSafe,
                               .scopes = {"campaigns:send"},
                               .body = handler<&never>()};
inline const ToolSpec kStatus{.name = "campaign.getStatus",
                              .title = "Status of a campaign",
                              .description = "State and figures of a campaign.",
                              .effect = Effect::kRead,
                              .repeat = Repeat::kSafe,
                              .scopes = {"campaigns:read"},
                              .body = handler<&never>()};
inline const ToolSpec kContacts{.name = "audience.listContacts",
                                .title = "List contacts",
                                .description = "The contacts of a list.",
                                .effect = Effect::kRead,
                                .repeat = Repeat::kSafe,
                                .scopes = {"audience:read"},
                                .body = handler<&never>()};
inline const ToolSpec kImport{.name = "audience.importContacts",
                              .title = "Import contacts",
                              .description = "Adds contacts with their consent.",
                              .effect = Effect::kWrite,
                              .repeat = Repeat::kNeedsKey,
                              .scopes = {"audience:write"},
                              .body = handler<&never>()};
inline const ToolSpec kDecide{.name = "approvals.decide",
                              .title = "Decide",
                              .description = "Approves or rejects.",
                              .effect = Effect::kWrite,
                              .repeat = Repeat::kSafe,
                              .scopes = {"approvals:decide"},
                              .body = handler<&never>()};
inline const ToolSpec kDelete{.name = "database.deleteAll",
                              .title = "Delete everything",
                              .description = "Deletes the campaigns.",
                              .effect = Effect::kDestroy,
                              .repeat = Repeat::kSafe,
                              .scopes = {"database:write"},
                              .body = handler<&never>()};
inline const ToolSpec kRotate{.name = "security.rotateKeys",
                              .title = "Rotate keys",
                              .description = "New keys for campaigns.",
                              .effect = Effect::kWrite,
                              .repeat = Repeat::kSafe,
                              .scopes = {"security:write"},
                              .body = handler<&never>(),
                              .operator_only = true};

class FakeRunner final : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override {
    static const ToolSpec* const all[] = {&kPlan,   &kCreate, &kExecute, &kStatus, &kContacts,
                                          &kImport, &kDecide, &kDelete,  &kRotate};
    return all;
  }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override {
    for (const auto* spec : list()) {
      if (name == spec->name.value || name == wire_name(spec->name.value)) return spec;
    }
    return nullptr;
  }
  Result<Json> call(const ToolCall& call) override {
    const ToolSpec* spec = find(call.name);
    EXPECT_EQ(call.principal.kind, Principal::Kind::kModel);
    EXPECT_EQ(call.principal.door, "agent");
    bool allowed = spec != nullptr;
    for (size_t i = 0; spec != nullptr && i < spec->scopes.count; ++i)
      allowed = allowed && call.principal.may(spec->scopes.values[i]);
    if (!allowed) {
      refused.push_back(call.name);
      return Error{Code::kPermissionDenied, "you do not hold the scope"};
    }
    // A key that is known gives the same answer and does nothing, as the pipeline has it.
    if (!call.idempotency_key.empty()) {
      auto [entry, is_new] = answers.try_emplace(call.idempotency_key, Json());
      if (!is_new) return entry->second;
    }
    calls.push_back(call);
    if (spec->effect >= Effect::kPublish)
      return Error{Code::kApprovalRequired, "a person has to approve this first", "", 0, {{"approval_id", "apr_1"}}};
    auto answer = on_call ? on_call(call) : Result<Json>(Json{{"ok", true}});
    if (answer.ok() && !call.idempotency_key.empty()) answers[call.idempotency_key] = *answer;
    return answer;
  }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }

  std::vector<ToolCall> calls;  // those that were let through to a handler
  std::vector<std::string> refused;
  std::map<std::string, Json> answers;  // by idempotency key
  std::function<Result<Json>(const ToolCall&)> on_call;
};

inline Json plan_answer(const std::string& status = "ready") {
  return {{"plan_id", "pln_1"},
          {"revision", 1},
          {"status", status},
          {"outcome", "plan"},
          {"reply", "Here is a plan."},
          {"card", "PLAN CARD 250 USD to 40 people"},
          {"campaign_id", "cmp_1"},
          {"questions", Json::array()},
          {"changes", Json::array()},
          {"note", ""},
          {"plan", {{"steps", "a very long document"}}}};
}

class LoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = dir_.file("test.db")});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    storage_ = std::move(*opened);
    ASSERT_TRUE(storage_->migrate().ok());
    options.monotonic = [this] { return now_ms; };
    auto started = start_run(parts(), person);
    ASSERT_TRUE(started.ok()) << started.error().text();
    state = *started;
  }
  LoopParts parts() { return {model, runner, *storage_, clock, ids}; }
  TurnResult say(const std::string& text) {
    auto turn = agent::say(parts(), options, person, state, text);
    EXPECT_TRUE(turn.ok()) << (turn.ok() ? "" : turn.error().text());
    EXPECT_EQ(state.status, "idle");
    expect_sound_history();
    return turn.ok() ? *turn : TurnResult{};
  }
  void answer(std::vector<ModelToolCall> calls, const std::string& text = "") {
    ModelAnswer next;
    next.text = text;
    next.calls = std::move(calls);
    next.stop = next.calls.empty() ? ModelStop::kEnd : ModelStop::kToolUse;
    next.input_tokens = 100;
    next.output_tokens = 10;
    model.answers.push_back(next);
  }
  // What the vendors insist on: every call is answered once, directly after, and ids are unique.
  void expect_sound_history() {
    std::set<std::string> ids_seen, open;
    for (const auto& message : state.messages) {
      if (message.by == Speaker::kTool) {
        EXPECT_EQ(open.erase(message.call_id), 1U) << message.call_id;
        continue;
      }
      EXPECT_TRUE(open.empty());
      for (const auto& call : message.calls) {
        EXPECT_TRUE(ids_seen.insert(call.id).second) << call.id;
        EXPECT_TRUE(parse_json(call.arguments).ok());
        open.insert(call.id);
      }
    }
    EXPECT_TRUE(open.empty());
  }
  std::string stored() {
    auto row = storage_->read(storage::Scope::of("wsp_1"), [&](storage::Tx& tx) {
      return tx.query("SELECT state FROM agent_run WHERE workspace_id = $1 AND id = $2", {"wsp_1", state.run_id});
    });
    return row.ok() && row->size() == 1 ? (*row)[0][0].text() : "";
  }
  // Results of the last request, as the model read them.
  std::string last_results() {
    std::string all;
    for (const auto& message : state.messages) {
      if (message.by == Speaker::kTool) all += message.text + "\n";
    }
    return all;
  }

  spreaders::testing::TempDir dir_;
  std::unique_ptr<storage::Storage> storage_;
  VirtualClock clock{Instant{1'795'251'600'000'000}};
  SequenceIds ids{7};
  FakeRunner runner;
  spreaders::testing::ScriptedModel model;
  Principal person{.id = "usr_1",
                   .workspace = "wsp_1",
                   .scopes = {"*", "approvals:decide"},
                   .kind = Principal::Kind::kPerson,
                   .door = "chat"};
  LoopOptions options;
  RunState state;
  int64_t now_ms = 0;
};

}  // namespace spreaders::agent::testing
