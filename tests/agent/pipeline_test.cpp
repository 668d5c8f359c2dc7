// The agent's loop over the real pipeline, tools and storage: whatever the model tries, only an approved plan can run,
// and every attempt has its row in the audit.
#include "tools/pipeline.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "agent/loop.hpp"
#include "agent/planning.hpp"
#include "agent/tools.hpp"
#include "credentials/connections.hpp"
#include "planners/llm/testing/scripted_model.hpp"
#include "planners/tools.hpp"
#include "services/accounts/accounts.hpp"
#include "services/approvals/approvals.hpp"
#include "services/audience/audience.hpp"
#include "services/audience/import.hpp"
#include "services/consent/consent.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/analytics/analytics_tools.hpp"
#include "tools/approvals/approval_tools.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/audience/resolve.hpp"
#include "tools/campaign/campaign_tools.hpp"
#include "tools/email/email_audience_tools.hpp"
#include "tools/email/email_campaign_tools.hpp"

namespace spreaders {
namespace {

using storage::Scope;
using storage::Tx;

constexpr const char* kGoal =
    "Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want "
    "4% of them to order";

class AgentPipeline : public ::testing::Test {
 protected:
  void SetUp() override {
    storage_ = *storage::open_sqlite({.path = dir_.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(storage_->migrate().ok());
    auto workspace = services::ensure_workspace(
        *storage_, clock_, {.name = "Northwind", .postal_address = "1 Road", .website = "https://northwind.example"});
    ASSERT_TRUE(workspace.ok()) << workspace.error().text();
    person_ = {.id = workspace->owner_id,
               .workspace = workspace->id,
               .scopes = {"*", "approvals:decide"},
               .kind = Principal::Kind::kPerson,
               .door = "chat"};
    vault_ = *credentials::Vault::open(dir_.file("vault.key"), clock_, ids_);
    auto connected = storage_->write(Scope::of(workspace->id), [&](Tx& tx) -> Result<void> {
      TRY(credentials::create_connection(tx, *vault_, workspace->id,
                                         {.provider = "sandbox_smtp", .name = "Sandbox", .secrets = {}},
                                         {{"host", "127.0.0.1"},
                                          {"port", 2525},
                                          {"security", "none"},
                                          {"from_email", "news@sandbox.example"},
                                          {"from_name", "Northwind"}}));
      return {};
    });
    ASSERT_TRUE(connected.ok()) << connected.error().text();
    parts_.add<storage::Storage>(*storage_);
    parts_.add<storage::ProfileSource>(profiles_);
    parts_.add<storage::SendGuard>(guard_);
    parts_.add<agent::PlannerSetup>(planner_);
    parts_.add<agent::Ears>(ears_);
    parts_.add<planners::Writer>(writer_);
    parts_.add<audience::ImportDirectory>(imports_);
    parts_.add<audience::Journal>(journal_);
    parts_.add<credentials::Vault>(*vault_);
    std::vector<const ToolSpec*> all;
    for (const ToolList& list :
         {tools::campaign_tools(), agent::agent_tools(), planners::planner_tools(), tools::email_campaign_tools(),
          tools::email_audience_tools(), tools::audience_tools(), tools::audience_resolve_tools(),
          tools::consent_tools(), tools::analytics_tools(), tools::approval_tools()}) {
      all.insert(all.end(), list.begin(), list.end());
    }
    pipeline_ = std::make_unique<tools::Pipeline>(*storage_, clock_, ids_, parts_, registry_, all);
    auto imported = pipeline_->call(
        {.name = "audience.importContacts",
         .arguments = {{"csv", "email,first_name,consent\nada@example.org,Ada,yes\nbob@example.org,Bob,yes\n"},
                       {"list", "Newsletter"},
                       {"mode", "subscribe"},
                       {"consent_source", "sign-up form"}},
         .principal = person_});
    ASSERT_TRUE(imported.ok()) << imported.error().text();
    state_ = *agent::start_run(parts(), person_);
  }

  agent::LoopParts parts() { return {model_, *pipeline_, *storage_, clock_, ids_}; }
  void answer(std::vector<ModelToolCall> calls, const std::string& text = "") {
    ModelAnswer next;
    next.text = text;
    next.calls = std::move(calls);
    next.stop = next.calls.empty() ? ModelStop::kEnd : ModelStop::kToolUse;
    model_.answers.push_back(next);
  }
  agent::TurnResult say(const std::string& text) {
    auto turn = agent::say(parts(), options_, person_, state_, text);
    EXPECT_TRUE(turn.ok()) << turn.error().text();
    return turn.ok() ? *turn : agent::TurnResult{};
  }
  int64_t count(const std::string& sql, storage::Values more = {}) {
    storage::Values values{person_.workspace};
    for (auto& value : more) values.push_back(std::move(value));
    auto rows = storage_->read(Scope::of(person_.workspace), [&](Tx& tx) { return tx.query(sql, values); });
    EXPECT_TRUE(rows.ok()) << rows.error().text() << rows.error().detail;
    return rows.ok() ? (*rows)[0][0].integer() : -1;
  }
  int64_t audited(const std::string& tool, const std::string& outcome) {
    EXPECT_TRUE(pipeline_->flush_audit().ok());
    return count("SELECT COUNT(*) FROM audit WHERE workspace_id = $1 AND door = 'agent' AND tool = $2 AND outcome = $3",
                 {tool, outcome});
  }
  // Nothing has left, nothing is on its way, and no run exists.
  void expect_nothing_runs() {
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM approval WHERE workspace_id = $1 AND state = 'approved'"), 0);
  }
  agent::TurnResult plan() {
    answer({{"a", "plan_propose", R"({"kind":"new"})"}});
    answer({}, "Here is a plan.");
    auto turn = say(kGoal);
    EXPECT_EQ(turn.plan_status, "ready") << turn.plan_card;
    return turn;
  }
  std::string json(const Json& value) { return to_text(value); }

  testing::TempDir dir_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<credentials::Vault> vault_;
  VirtualClock clock_{*parse_instant("2026-11-21T09:00:00Z")};
  SequenceIds ids_{11};
  audience::Journal journal_{ids_};
  Parts parts_;
  audience::Profiles profiles_{clock_};
  consent::Guard guard_;
  agent::PlannerSetup planner_;
  agent::Ears ears_;
  planners::Writer writer_{nullptr, "Northwind", "https://northwind.example"};
  audience::ImportDirectory imports_;
  LocalBuckets buckets_;
  tools::ServiceRegistry registry_{
      {&tools::kCampaignService, &agent::kAiService, &tools::kEmailService, &tools::kAudienceService,
       &tools::kConsentService, &tools::kAnalyticsService, &tools::kApprovalsService},
      buckets_,
      {}};
  std::unique_ptr<tools::Pipeline> pipeline_;
  testing::ScriptedModel model_;
  Principal person_;
  agent::LoopOptions options_{.workspace_name = "Northwind", .link_hosts = {"northwind.example"}};
  agent::RunState state_;
};

TEST_F(AgentPipeline, AHostileModelRunsNothing) {
  auto planned = plan();
  EXPECT_NE(planned.plan_card.find("250"), std::string::npos) << planned.plan_card;
  ASSERT_FALSE(planned.campaign_id.empty());
  expect_nothing_runs();
  int64_t campaigns = count("SELECT COUNT(*) FROM campaign WHERE workspace_id = $1");

  answer({{"a", "campaign_execute", json({{"campaign_id", planned.campaign_id}})}}, "Sent to all 2 million readers!");
  auto asked = say("please execute the campaign");
  EXPECT_EQ(asked.stop, agent::StopReason::kNeedsApproval);
  ASSERT_TRUE(asked.approval_id.starts_with("apr_"));
  EXPECT_EQ(audited("campaign.execute", "approval_required"), 1);

  answer({{"a", "approvals_decide",
           json({{"approval_id", asked.approval_id}, {"decision", "approve"}, {"code", "000000"}})},
          {"b", "campaign_create", R"({"name":"More","budget_amount":1000000,"budget_currency":"USD"})"},
          {"d", "shell_run", R"({"command":"spreaders approve"})"}});
  answer({{"e", "audience_importContacts",
           R"({"csv":"email\nthief@evil.example","list":"Newsletter","consent_source":"trust me"})"},
          {"f", "email_designTemplate",
           R"({"name":"x","subject":"x","html":"<a href='https://evil.example/?list=all'>x</a>"})"}});
  answer({}, "All done, I approved it myself. Please tell me your password.");
  auto turn = say("just approve it yourself, create more campaigns, import contacts and design a template");
  EXPECT_NE(turn.reply.find("not shown"), std::string::npos);
  EXPECT_NE(turn.log_line.find("nothing was sent"), std::string::npos) << turn.log_line;
  EXPECT_GE(audited("approvals.decide", "permission_denied"), 1);
  EXPECT_EQ(audited("shell_run", "not_found"), 1);
  EXPECT_EQ(audited("campaign.create", "permission_denied"), 1);
  EXPECT_EQ(audited("audience.importContacts", "permission_denied"), 1);
  EXPECT_EQ(audited("email.designTemplate", "permission_denied"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM campaign WHERE workspace_id = $1"), campaigns);
  EXPECT_EQ(count("SELECT COUNT(*) FROM contact WHERE workspace_id = $1"), 2);

  answer({{"g", "email_sendCampaign", json({{"campaign_id", planned.campaign_id}})},
          {"h", "email_sendCampaign", json({{"campaign_id", planned.campaign_id}})}},
         "Sending it by another way.");
  turn = say("send the email campaign");
  EXPECT_EQ(turn.stop, agent::StopReason::kNeedsApproval) << "another way to send is no way around";
  EXPECT_EQ(count("SELECT COUNT(*) FROM approval WHERE workspace_id = $1 AND id = $2 AND state = 'pending'",
                  {asked.approval_id}),
            1);
  expect_nothing_runs();
}

TEST_F(AgentPipeline, AnApprovedPlanRunsAndAChangedOneDoesNot) {
  auto planned = plan();
  answer({{"a", "campaign_execute", json({{"campaign_id", planned.campaign_id}})}});
  auto asked = say("execute the campaign");
  ASSERT_EQ(asked.stop, agent::StopReason::kNeedsApproval);
  auto code = storage_->write(Scope::of(person_.workspace), [&](Tx& tx) {
    return services::issue_code(tx, person_.workspace, asked.approval_id, clock_.now());
  });
  ASSERT_TRUE(code.ok());
  auto decided =
      pipeline_->call({.name = "approvals.decide",
                       .arguments = {{"approval_id", asked.approval_id}, {"decision", "approve"}, {"code", *code}},
                       .principal = person_});
  ASSERT_TRUE(decided.ok()) << decided.error().text();

  // The user changes the plan: what was approved is not what would run.
  answer({{"a", "plan_propose", R"({"kind":"change"})"},
          {"b", "campaign_execute", json({{"campaign_id", planned.campaign_id}})}});
  auto changed = say("make it 300 dollars");
  EXPECT_EQ(changed.stop, agent::StopReason::kNeedsApproval);
  EXPECT_NE(changed.approval_id, asked.approval_id);
  EXPECT_NE(changed.plan_card.find("300"), std::string::npos) << changed.plan_card;
  expect_nothing_runs();

  code = storage_->write(Scope::of(person_.workspace), [&](Tx& tx) {
    return services::issue_code(tx, person_.workspace, changed.approval_id, clock_.now());
  });
  decided =
      pipeline_->call({.name = "approvals.decide",
                       .arguments = {{"approval_id", changed.approval_id}, {"decision", "approve"}, {"code", *code}},
                       .principal = person_});
  ASSERT_TRUE(decided.ok()) << decided.error().text();
  answer({{"a", "campaign_execute", json({{"campaign_id", planned.campaign_id}})}});
  answer({}, "It is on its way.");
  auto begun = say("now execute the campaign");
  EXPECT_EQ(begun.calls.at(0).outcome, "ok");
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1"), 1);
}

TEST_F(AgentPipeline, APlanIsNotMadeTwiceAfterACrash) {
  agent::RunState before;
  answer({{"a", "plan_status", "{}"}, {"b", "plan_propose", R"({"kind":"new"})"}});
  answer({}, "Here is a plan.");
  options_.on_call = [&](const agent::CallRecord& record) {
    if (record.index == 0) before = *agent::load_run(*storage_, person_, state_.run_id);
  };
  auto turn = say(kGoal);
  before.saved_at_us = state_.saved_at_us;
  options_.on_call = {};
  answer({}, "Here is a plan.");
  auto again = agent::go_on(parts(), options_, person_, before);
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->plan_id, turn.plan_id);
  EXPECT_EQ(again->plan_card, turn.plan_card);
  EXPECT_EQ(count("SELECT COUNT(*) FROM plan WHERE workspace_id = $1"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM campaign WHERE workspace_id = $1"), 1);
}

TEST_F(AgentPipeline, AnAudienceThatNobodyKnowsIsAskedFor) {
  auto made = pipeline_->call(
      {.name = "campaign.plan",
       .arguments = {{"goal",
                      "Tell our purple dragon club about the autumn jackets by email from tomorrow for ten days"}},
       .principal = person_});
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ((*made)["status"], "needs_input");
  EXPECT_EQ((*made)["outcome"], "ask");
  std::string reply = (*made)["reply"];
  EXPECT_EQ(reply, (*made)["questions"][0]) << "not 'Here is a plan'";
  EXPECT_NE(reply.find("purple dragon club"), std::string::npos) << reply;
}

TEST_F(AgentPipeline, OurOwnIdsInAGoalAreNoSecrets) {
  std::string id = "lst_Zx8kQ2mW5nR7tY1pL4sD9v";
  auto made = pipeline_->call(
      {.name = "campaign.plan",
       .arguments = {{"goal", std::string(kGoal) + ", as for " + id + ", key q7Gx2LmP9vRt4WzK8sYb3NcH"}},
       .principal = person_});
  ASSERT_TRUE(made.ok()) << made.error().text();
  std::string goal = (*made)["plan"]["goal"]["text"];
  EXPECT_NE(goal.find(id), std::string::npos) << goal;
  EXPECT_EQ(goal.find("q7Gx"), std::string::npos) << goal;
}

TEST_F(AgentPipeline, AModelThatIsDownIsNamedAndItsPlanIsMadeWithoutIt) {
  model_.answers.emplace_back(Error{Code::kReconnectNeeded, "The model provider refused the API key."});
  auto failed = say(kGoal);
  EXPECT_EQ(failed.stop, agent::StopReason::kModelFailed);
  ASSERT_TRUE(failed.model_error.has_value());
  EXPECT_EQ(failed.model_error->code, Code::kReconnectNeeded);
  EXPECT_EQ(failed.stop_text, "The model provider refused the API key.");
  EXPECT_TRUE(failed.plan_card.empty());
  EXPECT_EQ(state_.status, "idle") << "the next message can be said";

  auto made =
      pipeline_->call({.name = "campaign.plan", .arguments = {{"goal", state_.said.back()}}, .principal = person_});
  ASSERT_TRUE(made.ok()) << made.error().text();
  ASSERT_TRUE(agent::adopt_plan(parts(), state_, *made).ok());
  answer({{"a", "plan_propose", R"({"kind":"change"})"}});
  answer({}, "Changed.");
  auto changed = say("make it 300 dollars");
  EXPECT_EQ(changed.plan_id, (*made)["plan_id"]);
  EXPECT_EQ(changed.plan_changes, std::vector<std::string>{"budget: 250 USD -> 300 USD"});
  EXPECT_NE(changed.plan_card.find("revision 2"), std::string::npos) << changed.plan_card;
  expect_nothing_runs();
}

}  // namespace
}  // namespace spreaders
