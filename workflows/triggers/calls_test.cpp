// Triggers by call, on both databases: who may be meant, that the same call starts one run, and what refuses it.
#include "workflows/triggers/calls.hpp"

#include <thread>

#include "services/audience/contacts.hpp"
#include "workflows/triggers/fixture_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::kWorkspace;
using events::fakes::MortalStorage;
using fakes::Lines;
using fakes::parsed;
using fakes::TriggerTest;
using storage::Tx;

class CallTriggerTest : public TriggerTest {
 protected:
  void SetUp() override {
    TriggerTest::SetUp();
    if (IsSkipped()) return;
    ana_ = put("ana@example.org", "u1");
    ben_ = put("ben@example.org", "u2");
  }
  std::string put(const std::string& email, const std::string& user_id) {
    auto put = write([&](Tx& tx) {
      return audience::upsert_contact(tx, kWorkspace, {.email = email, .external_id = user_id}, clock_.now(), {ids_});
    });
    EXPECT_TRUE(put.ok()) << put.error().text();
    return put.ok() ? put->contact.id : "";
  }
  Result<Called> call(const std::string& target, const Call& call, storage::Storage& process) {
    return process.write(storage::Scope::of(kWorkspace),
                         [&](Tx& tx) { return start_by_call(tx, kWorkspace, target, call, clock_.now(), ids_); });
  }
  Called called(const std::string& target, const Call& with) {
    auto done = call(target, with, *storage_);
    EXPECT_TRUE(done.ok()) << done.error().text() << done.error().detail;
    return done.ok() ? *done : Called{};
  }
  // "code /pointer" of a call that is refused.
  std::string refusal(const std::string& target, const Call& with) {
    auto done = call(target, with, *storage_);
    EXPECT_FALSE(done.ok());
    if (done.ok()) return "";
    EXPECT_EQ(done.error().issues.size(), 1U) << done.error().text();
    std::string pointer = done.error().issues.empty() ? "" : done.error().issues[0].pointer;
    return std::string(code_name(done.error().code)) + " " + pointer;
  }
  Result<Hooked> hook(const Trigger& trigger, const std::string& body, const std::string& idempotency = "") {
    WebhookCall with{parsed(body), idempotency.empty() ? "body\n" + body : "key\n" + idempotency};
    return write([&](Tx& tx) { return start_by_webhook(tx, kWorkspace, trigger.id, with, clock_.now(), ids_); });
  }
  // "started", or why not.
  std::string hooked(const Trigger& trigger, const std::string& body, const std::string& idempotency = "") {
    auto done = hook(trigger, body, idempotency);
    if (!done.ok()) return std::string(code_name(done.error().code));
    EXPECT_EQ(done->run_id.empty(), !done->started && done->reason != "known");
    return done->started ? "started" : done->reason;
  }
  int64_t runs() { return count("SELECT COUNT(*) FROM run"); }
  std::string ana_, ben_;
};
INSTANTIATE_TEST_SUITE_P(Databases, CallTriggerTest,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST(WebhookSpecs, EveryProblemIsNamed) {
  struct Case {
    const char* json;
    Lines pointers;
  };
  for (const auto& [json, pointers] :
       std::vector<Case>{{R"({})", {}},
                         {R"({"email":"/lead/email","user_id":"","key":"/lead/id"})", {}},
                         {R"({"email":"/a~1b~0c"})", {}},
                         {R"({"email":"email","user_id":"/","key":"/a~2"})", {"/email", "/user_id", "/key"}},
                         {R"({"email":"","user_id":""})", {"/email"}},
                         {R"({"key":"/id","only_once":true})", {"/key"}}}) {
    auto read = decode<WebhookSpec>(parsed(json));
    Lines found;
    if (!read.ok()) {
      for (const auto& issue : read.error().issues) found.push_back(issue.pointer);
    }
    EXPECT_EQ(found, pointers) << json << (read.ok() ? "" : read.error().text());
  }
}

TEST(CallSpecs, AreSaidInWords) {
  EXPECT_EQ(in_words(ApiSpec{}),
            "when a program with a service key, or somebody with the tool triggers.fire, asks for it, for the person "
            "they name");
  EXPECT_NE(in_words(ApiSpec{.only_once = true, .public_keys = true}).find("public write key"), std::string::npos);
  EXPECT_EQ(in_words(WebhookSpec{.key = "/id"}),
            "when a program that has its key calls its webhook, once for each /id, for the person with the address at "
            "/email or the id at /userId");
}

TEST_P(CallTriggerTest, ACallStartsARunForThePersonUnderTheTriggersApproval) {
  Trigger trigger = started(ApiSpec{});
  Called first = called(trigger.id, {.user_id = "u1", .properties = {{"plan", "pro"}}});
  EXPECT_TRUE(first.started);
  EXPECT_EQ(first.trigger_id, trigger.id);
  auto row = query("SELECT id, subject, approval_id, context FROM run");
  ASSERT_EQ(row.size(), 1U);
  EXPECT_EQ(row[0][0].text(), first.run_id);
  EXPECT_EQ(row[0][1].text(), ana_);
  EXPECT_EQ(row[0][2].text(), "apr_1");
  EXPECT_EQ(parsed(row[0][3].text())["trigger"]["properties"]["plan"], "pro");
  EXPECT_TRUE(called(workflow_, {.email = "ana@example.org"}).started) << "each call is one of its own";
  EXPECT_TRUE(called(trigger.id, {.user_id = "u2", .email = "ben@example.org"}).started);
  EXPECT_TRUE(called(trigger.id, {.user_id = "unheard of", .email = "ben@example.org"}).started);
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(first.run_id), "completed");
  EXPECT_EQ(tools_.last().principal.id, "usr_1");
  EXPECT_EQ(now(trigger).fires, 4);
}

TEST_P(CallTriggerTest, TheSameKeyAnswersTheSameRun) {
  Trigger trigger = started(ApiSpec{});
  Called first = called(trigger.id, {.user_id = "u1", .idempotency = "order-7"});
  Called again = called(workflow_, {.email = "ana@example.org", .idempotency = "order-7"});
  EXPECT_EQ(again.run_id, first.run_id);
  EXPECT_FALSE(again.started);
  EXPECT_TRUE(called(trigger.id, {.user_id = "u1", .idempotency = "order-8"}).started);
  EXPECT_TRUE(called(trigger.id, {.user_id = "u2", .idempotency = "order-7"}).started) << "a key is of one person";
  change(&pause_trigger, trigger);
  EXPECT_EQ(called(trigger.id, {.user_id = "u1", .idempotency = "order-7"}).run_id, first.run_id);
  change(&resume_trigger, trigger);
  for (bool committed : {false, true}) {
    const std::string key = committed ? "committed" : "lost";
    MortalStorage process(*storage_);
    process.die_at_write(1, committed);
    EXPECT_FALSE(call(trigger.id, {.user_id = "u1", .idempotency = key}, process).ok());
    EXPECT_EQ(called(trigger.id, {.user_id = "u1", .idempotency = key}).started, !committed);
  }
  {
    std::jthread other([&] { called(trigger.id, {.user_id = "u1", .idempotency = "at once"}); });
    called(trigger.id, {.user_id = "u1", .idempotency = "at once"});
  }
  EXPECT_EQ(runs(), 6);
  change(&stop_trigger, trigger);
  Trigger once = started(ApiSpec{.only_once = true});
  EXPECT_TRUE(called(workflow_, {.user_id = "u1"}).started) << "one trigger runs";
  EXPECT_FALSE(called(once.id, {.user_id = "u1", .idempotency = "other"}).started);
}

TEST_P(CallTriggerTest, WhatIsWrongIsSaidWithItsPlace) {
  Trigger prepared = made(ApiSpec{});
  EXPECT_EQ(refusal(workflow_, {.user_id = "u1"}), "conflict /trigger_id") << "not started yet";
  change(&stop_trigger, prepared);
  change(&destroy_trigger, prepared);
  EXPECT_EQ(refusal(prepared.id, {.user_id = "u1"}), "not_found /trigger_id");
  Trigger trigger = started(ApiSpec{});
  Trigger other = started(AttributeSpec{.name = "plan"});
  EXPECT_EQ(refusal("wf_nothing", {.user_id = "u1"}), "not_found /trigger_id");
  EXPECT_EQ(refusal(other.id, {.user_id = "u1"}), "not_found /trigger_id") << "it is not of this type";
  EXPECT_EQ(refusal(trigger.id, {}), "invalid_argument /user_id");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u3"}), "not_found /user_id");
  EXPECT_EQ(refusal(trigger.id, {.email = "nobody@example.org"}), "not_found /email");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1", .email = "ben@example.org"}), "conflict /email");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1", .properties = Json::array()}), "invalid_argument /properties");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1", .properties = {{"x", std::string(kPropertiesBytesMax, 'x')}}}),
            "invalid_argument /properties");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1", .idempotency = std::string(256, 'k')}),
            "invalid_argument /idempotency");
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1", .by_public_key = true}), "permission_denied /trigger_id");
  change(&pause_trigger, trigger);
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u1"}), "conflict /trigger_id");
  change(&resume_trigger, trigger);
  Trigger open = started(ApiSpec{.public_keys = true});
  EXPECT_EQ(refusal(workflow_, {.user_id = "u1"}), "conflict /trigger_id") << "which of the two?";
  EXPECT_EQ(runs(), 0);
  EXPECT_TRUE(called(open.id, {.user_id = "u1", .by_public_key = true}).started);
}

TEST_P(CallTriggerTest, AFullWorkflowRefusesAndItsTriggerGoesOn) {
  Json definition = {
      {"name", "Few"}, {"start", "end"}, {"settings", {{"max_entries", 1}}}, {"nodes", {{"end", {{"type", "end"}}}}}};
  auto saved = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, "", definition, clock_.now(), ids_); });
  ASSERT_TRUE(saved.ok()) << saved.error().text();
  workflow_ = saved->id;
  Trigger trigger = started(ApiSpec{}), webhook = started(WebhookSpec{});
  Called first = called(trigger.id, {.user_id = "u1", .idempotency = "k"});
  EXPECT_EQ(refusal(trigger.id, {.user_id = "u2"}), "conflict /trigger_id");
  EXPECT_EQ(hooked(webhook, R"({"userId":"u2"})"), "conflict");
  EXPECT_EQ(now(trigger).state, TriggerState::kRunning);
  EXPECT_EQ(called(trigger.id, {.user_id = "u1", .idempotency = "k"}).run_id, first.run_id);
}

TEST_P(CallTriggerTest, AWebhookStartsOneRunForTheSameBodyOrKey) {
  Trigger trigger = started(WebhookSpec{.email = "/lead/email"});
  EXPECT_EQ(hooked(trigger, R"({"lead":{"email":"ana@example.org"},"n":1})"), "started");
  EXPECT_EQ(hooked(trigger, R"({"lead":{"email":"ana@example.org"},"n":1})"), "known");
  EXPECT_EQ(hooked(trigger, R"({"lead":{"email":"ana@example.org"},"n":2})"), "started");
  EXPECT_EQ(hooked(trigger, R"({"userId":"u2","n":1})", "lead-7"), "started");
  EXPECT_EQ(hooked(trigger, R"({"userId":"u2","n":2})", "lead-7"), "known");
  EXPECT_EQ(hooked(trigger, R"({"lead":{"email":"nobody@example.org"}})"), "no_contact");
  EXPECT_EQ(hooked(trigger, R"({"lead":{"email":{"x":1}},"userId":null})"), "no_contact");
  Json context = parsed(query("SELECT context FROM run WHERE subject = $1", {ben_})[0][0].text());
  EXPECT_EQ(to_text(context["trigger"]), R"({"body":{"userId":"u2","n":1},"id":")" + trigger.id + "\"}");
  change(&pause_trigger, trigger);
  EXPECT_EQ(hooked(trigger, R"({"userId":"u2"})"), "conflict");
  EXPECT_EQ(hooked(trigger, R"({"userId":"unheard of"})"), "conflict");
  change(&resume_trigger, trigger);
  change(&stop_trigger, trigger);
  EXPECT_EQ(hooked(trigger, R"({"userId":"u2"})"), "conflict");
  change(&destroy_trigger, trigger);
  EXPECT_EQ(hooked(trigger, R"({"userId":"u2"})"), "not_found");
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE status = 'active'"), 0);
  EXPECT_EQ(hooked(started(ApiSpec{}), R"({"userId":"u2"})"), "not_found");
  EXPECT_EQ(runs(), 3);
}

TEST_P(CallTriggerTest, AWebhookCountsByItsKeyOrOnce) {
  Trigger keyed = started(WebhookSpec{.key = "/order/id"});
  EXPECT_EQ(hooked(keyed, R"({"userId":"u1","order":{"id":7}})"), "started");
  EXPECT_EQ(hooked(keyed, R"({"userId":"u1","order":{"id":"7"},"n":2})", "other"), "known");
  EXPECT_EQ(hooked(keyed, R"({"userId":"u1","order":{"id":8}})"), "started");
  EXPECT_EQ(hooked(keyed, R"({"userId":"u1","order":{}})"), "no_key");
  EXPECT_EQ(hooked(keyed, R"({"userId":"u1","order":{"id":")" + std::string(201, 'x') + "\"}}"), "no_key");
  EXPECT_EQ(entries(), (Lines{ana_ + " 7", ana_ + " 8"}));
  Trigger once = started(WebhookSpec{.only_once = true});
  EXPECT_EQ(hooked(once, R"({"userId":"u2","n":1})"), "started");
  EXPECT_EQ(hooked(once, R"({"userId":"u2","n":2})"), "known");
}

}  // namespace
}  // namespace spreaders::workflows
