// The engine on both databases: how runs go, how they are started, held and stopped, and what is kept of them.
#include "workflows/engine.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

using EngineRuns = EngineTest;
INSTANTIATE_TEST_SUITE_P(Engines, EngineRuns, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

using Lines = std::vector<std::string>;

constexpr const char* kCampaign = R"({
  "wait":{"type":"delay","for":"P1D","next":"send"},
  "send":{"type":"for_each","audience":{"list_id":"lst_1"},"channel":"email","connection":"con_1","payload":{"template":"tpl_1"},"campaign":"cmp_1","batch":4,"next":"look"},
  "look":{"type":"action","tool":"x.look","args":{"n":1},"next":"good"},
  "good":{"type":"condition","if":{"op":"gt","left":{"$from":{"node":"look","pointer":"/orders"}},"right":3},"yes":"thank","no":"end"},
  "thank":{"type":"action","tool":"x.thank","args":{"orders":{"$from":{"node":"look","pointer":"/orders"}}},"next":"end"},
  "end":{"type":"end"}})";

TEST_P(EngineRuns, ACampaignGoesFromItsStartToItsEnd) {
  profiles_.people = 10;
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    return call.name == "x.look" ? Json{{"orders", 7}} : Json::object();
  };
  std::string run = start_with("wf_1", "wait", kCampaign);
  FakeSender sender(receiver_);
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  ASSERT_EQ(*one->run_once(), 1);
  EXPECT_EQ(one->next_due()->value(), clock_.now() + kDay_us);
  ASSERT_EQ(view(run).tokens.size(), 1u);
  EXPECT_EQ(view(run).tokens[0].node_id, "wait");
  drain(*one, mail.get());
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(history(run), (Lines{"wait waiting", "wait waited", "send page", "send page", "send last_page", "send sent",
                                 "look done", "good yes", "thank done", "end ended"}));
  expect_sound_history(run);
  EXPECT_EQ(receiver_.reached(), 10);
  EXPECT_EQ(receiver_.doubled(), 0);
  EXPECT_EQ(tools_.admitted(), 3) << "once a page";
  EXPECT_EQ(to_text(tools_.last().arguments), R"({"orders":7})");
  EXPECT_EQ(tools_.last().idempotency_key, run + ":thank");
  EXPECT_EQ(tools_.last().principal.id, "usr_1");
  EXPECT_EQ(tools_.last().principal.scopes,
            (std::vector<std::string>{"email:send", "audience:write", "templates:read"}));
  EXPECT_TRUE(view(run).tokens.empty());
  EXPECT_TRUE(view(run).ended.has_value());
  auto rows = query("SELECT idem, campaign_id, token_id, node_id FROM outbox WHERE workspace_id = $1 ORDER BY idem",
                    {kWorkspace});
  EXPECT_EQ(rows[0][0].text(), run + ":send:con_000");
  EXPECT_EQ(rows[0][1].text(), "cmp_1");
  EXPECT_EQ(rows[0][3].text(), "send");
}

TEST_P(EngineRuns, ItsStepsAndCallsBelongToTheTraceOfTheCallThatStartedIt) {
  profiles_.people = 3;
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  std::set<std::string> admitted;
  tools_.on_admit = [&](storage::Tx&, const ToolCall& call) -> Result<void> {
    admitted.insert(call.trace_id);
    return {};
  };
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"orders", 7}}; };
  store("wf_1", "wait", parsed(kCampaign));
  StartRun wanted{.workflow_id = "wf_1",
                  .version = 1,
                  .subject = "cmp_1",
                  .entry_key = "once",
                  .principal = {.id = "usr_1", .workspace = kWorkspace, .scopes = {"email:send"}, .door = "test"},
                  .trace_id = trace};
  auto run = write([&](storage::Tx& tx) { return start_run(tx, kWorkspace, wanted, clock_.now(), ids_); });
  ASSERT_TRUE(run.ok()) << run.error().text();
  FakeSender sender(receiver_);
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  EXPECT_EQ(status(*run), "completed");
  EXPECT_EQ(count("SELECT COUNT(*) FROM step_log WHERE trace_id <> $1", {trace}), 0);
  EXPECT_GT(count("SELECT COUNT(*) FROM step_log WHERE trace_id = $1", {trace}), 5);
  EXPECT_EQ(tools_.last().trace_id, trace);
  EXPECT_EQ(admitted, std::set<std::string>{trace});
  expect_sound_history(*run);
}

TEST_P(EngineRuns, AnAudienceOfNobodyIsDoneAtOnce) {
  std::string run = start_with("wf_1", "wait", kCampaign);
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"orders", 0}}; };
  auto one = engine();
  drain(*one);
  EXPECT_EQ(history(run),
            (Lines{"wait waiting", "wait waited", "send last_page", "send sent", "look done", "good no", "end ended"}));
  EXPECT_EQ(tools_.admitted(), 0);
}

TEST_P(EngineRuns, WhoMayNotBeSentToIsSkippedAndTheRunGoesOn) {
  profiles_.people = 8;  // exactly two pages: the last page is empty
  for (int i = 0; i < 8; ++i) guard_.refuse("a00" + std::to_string(i) + "@example.org", "no_consent");
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"orders", 0}}; };
  std::string run = start_with("wf_1", "wait", kCampaign);
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE state = 'skipped' AND reply = 'no_consent'"), 8);
}

TEST_P(EngineRuns, WhatIsHeldAsUnknownDoesNotHoldTheRun) {
  // The first page went out and was cut off at a receiver that cannot be asked, before the last page, which is empty.
  profiles_.people = 4;
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"orders", 0}}; };
  std::string run = start_with("wf_1", "wait", kCampaign);
  FakeSender sender(receiver_);
  sender.blind = true;
  sender.on_send = [](const events::OutboxItem&) -> events::SendReport { return {events::Sent::kUnknown, "cut"}; };
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  ASSERT_EQ(*one->run_once(), 1);
  clock_.move_to(clock_.now() + kDay_us);
  ASSERT_EQ(*one->run_once(), 1);  // waited
  ASSERT_EQ(*one->run_once(), 1);  // the first page
  ASSERT_EQ(*mail->run_once(), 4);
  ASSERT_EQ(*mail->look_up_unknown(), 4);
  drain(*one, mail.get());
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE state = 'unknown'"), 4);
}

TEST_P(EngineRuns, AnUnclearSendHoldsTheRunUntilItIsLookedUp) {
  profiles_.people = 2;
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"orders", 0}}; };
  std::string run = start_with("wf_1", "wait", kCampaign);
  FakeSender sender(receiver_);
  sender.on_send = [&](const events::OutboxItem& item) -> events::SendReport {
    receiver_.take(item);
    return {events::Sent::kUnknown, "cut"};
  };
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one);
  ASSERT_EQ(*mail->run_once(), 2);
  drain(*one);
  EXPECT_EQ(status(run), "active");
  ASSERT_EQ(*mail->look_up_unknown(), 2);
  drain(*one);
  EXPECT_EQ(status(run), "completed");
}

constexpr const char* kFork = R"({
  "fork":{"type":"parallel","branches":["a","b","c"],"join":"meet"},
  "a":{"type":"action","tool":"x.a","next":"meet"},
  "b":{"type":"delay","for":"PT1H","next":"meet"},
  "c":{"type":"delay","for":"PT2H","next":"meet"},
  "meet":{"type":"join","wait":WAIT,"next":"after"},
  "after":{"type":"action","tool":"x.after","next":"end"},
  "end":{"type":"end"}})";

TEST_P(EngineRuns, AJoinFiresOnceWhenEnoughHaveArrived) {
  const std::pair<const char*, int64_t> cases[] = {
      {"\"all\"", 2 * kHour_us}, {"\"any\"", 0}, {"2", kHour_us}, {"3", 2 * kHour_us}};
  for (const auto& [wait, fires_after_us] : cases) {
    SCOPED_TRACE(wait);
    std::string nodes = kFork;
    nodes.replace(nodes.find("WAIT"), 4, wait);
    std::string id = "wf_" + std::to_string(wait[0]) + std::to_string(fires_after_us);
    Instant started = clock_.now();
    std::string run = start_with(id, "fork", nodes);
    Instant fired;
    tools_.before = [&](const ToolCall& call) {
      if (call.name == "x.after") fired = clock_.now();
    };
    auto one = engine();
    drain(*one);
    EXPECT_EQ(fired - started, fires_after_us);
    EXPECT_EQ(status(run), "completed");
    EXPECT_EQ(view(run).ended->us - started.us, 2 * kHour_us) << "the other branches go to their end";
    EXPECT_EQ(tools_.calls(run + ":after"), 1);
    Lines lines = history(run);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "meet arrived"), 3);
    expect_sound_history(run);
    EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE run_id = $1 AND state <> 'done'", {run}), 0);
  }
}

TEST_P(EngineRuns, ForksWithinForksJoinFromTheInsideOut) {
  std::string run = start_with("wf_1", "p", R"({
    "p":{"type":"parallel","branches":["q","x"],"join":"j"},
    "q":{"type":"parallel","branches":["y","z"],"join":"k"},
    "x":{"type":"action","tool":"x.x","next":"j"},
    "y":{"type":"action","tool":"x.y","next":"k"}, "z":{"type":"delay","for":"PT1H","next":"k"},
    "k":{"type":"join","next":"inner"}, "inner":{"type":"action","tool":"x.inner","args":{"seen":{"$from":{"node":"y","pointer":"/n"}}},"next":"j"},
    "j":{"type":"join","next":"outer"}, "outer":{"type":"action","tool":"x.outer","args":{"x":{"$from":{"node":"x"}},"i":{"$from":{"node":"inner"}}},"next":"end"},
    "end":{"type":"end"}})");
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> { return Json{{"n", call.name}}; };
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(to_text(tools_.last().arguments), R"({"x":{"n":"x.x"},"i":{"n":"x.inner"}})");
  for (const char* node : {"x", "y", "inner", "outer"}) EXPECT_EQ(tools_.calls(run + ":" + node), 1) << node;
}

TEST_P(EngineRuns, ManyRunsMoveInOneCommit) {
  store("wf_1", "a", parsed(R"({"a":{"type":"delay","for":"PT1H","next":"end"},"end":{"type":"end"}})"));
  for (int i = 0; i < 120; ++i) start("wf_1", "con_" + std::to_string(i));
  MortalStorage counting(*storage_);
  EngineOptions with = options();
  with.batch = 100;
  auto one = engine(counting, with);
  EXPECT_EQ(*one->run_once(), 100);
  EXPECT_EQ(counting.writes(), 1);
  EXPECT_EQ(*one->run_once(), 20);
  EXPECT_EQ(counting.writes(), 2);
  EXPECT_EQ(count("SELECT COUNT(*) FROM step_log WHERE kind = 'waiting'"), 120);
}

TEST_P(EngineRuns, FailedCallsAreTriedAgainOrLeadToTheWayOut) {
  std::string run = start_with(
      "wf_1", "a", R"({"a":{"type":"action","tool":"x.a","retry":{"max":3,"base_s":10,"cap_s":15},"next":"b"},
    "b":{"type":"action","tool":"x.b","next":"c","on_fail":"d"}, "c":{"type":"action","tool":"x.c","next":"end"}, "d":{"type":"action","tool":"x.d","next":"end"}, "end":{"type":"end"}})");
  Instant started = clock_.now();
  tools_.on_call = [](const ToolCall& call, int attempt) -> Result<Json> {
    if (call.name == "x.a" && attempt < 4) return Error{Code::kUnavailable, "down"};
    if (call.name == "x.b") return Error{Code::kVendorRejected, "no"};
    return Json::object();
  };
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(history(run), (Lines{"a retry", "a retry", "a retry", "a done", "b failed", "d done", "end ended"}));
  EXPECT_GE(clock_.now() - started, (10 + 15 + 15) * kSecond_us);
  EXPECT_EQ(tools_.calls(run + ":c"), 0);
}

TEST_P(EngineRuns, ARunThatFailsSaysWhyAndTakesBackWhatIsNotSent) {
  profiles_.people = 3;
  std::string run = start_with("wf_1", "p", R"({"p":{"type":"parallel","branches":["send","wait"],"join":"j"},
    "send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"next":"j"},
    "wait":{"type":"delay","for":"PT1H","next":"bad"}, "bad":{"type":"action","tool":"x.bad","next":"j"}, "j":{"type":"join","next":"end"}, "end":{"type":"end"}})");
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Error{Code::kPermissionDenied, "you may not"}; };
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "failed");
  EXPECT_EQ(view(run).reason, "x.bad: you may not");
  EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE state = 'cancelled'"), 3);
  EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE run_id = $1 AND state NOT IN ('dead', 'done')", {run}), 0);
  expect_sound_history(run);
  FakeSender sender(receiver_);
  auto mail = dispatcher(*one, sender);
  EXPECT_EQ(*mail->run_once(), 0);
}

TEST_P(EngineRuns, NothingIsCalledAnyMoreForARunThatFailedInTheSameBatch) {
  // Both are due in the same batch; whichever is stepped first, the condition without a result ends the run.
  std::string run = start_with("wf_1", "p", R"({"p":{"type":"parallel","branches":["call","bad","late"],"join":"j"},
    "call":{"type":"action","tool":"x.call","next":"j"},
    "bad":{"type":"condition","if":{"op":"eq","left":{"$from":{"node":"call"}},"right":1},"yes":"j","no":"more"}, "more":{"type":"delay","for":"PT1S","next":"j"},
    "late":{"type":"action","tool":"x.late","next":"j"}, "j":{"type":"join","next":"end"}, "end":{"type":"end"}})");
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "failed");
  EXPECT_EQ(view(run).reason, "the step 'call' has no result at ''");
  EXPECT_EQ(tools_.calls(), 0);
}

TEST_P(EngineRuns, AReferenceThatLeadsNowhereFailsTheRunAndDoesNotHangIt) {
  std::string bad = start_with(
      "wf_1", "a",
      R"({"a":{"type":"action","tool":"x.a","next":"b"},"b":{"type":"action","tool":"x.b","args":{"id":{"$from":{"node":"a","pointer":"/gone"}}},"next":"end"},"end":{"type":"end"}})");
  std::string guarded = start_with("wf_2", "a", R"({"a":{"type":"action","tool":"x.a","next":"b"},
    "b":{"type":"action","tool":"x.b","args":{"id":{"$from":{"node":"a","pointer":"/gone"}}},"next":"end","on_fail":"c"},"c":{"type":"action","tool":"x.c","next":"end"},"end":{"type":"end"}})");
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(bad), "failed");
  EXPECT_EQ(view(bad).reason, "x.b: the step 'a' has no result at '/gone'");
  EXPECT_EQ(status(guarded), "completed");
  EXPECT_EQ(tools_.calls(guarded + ":c"), 1);
  EXPECT_EQ(tools_.calls(bad + ":b"), 0);
}

TEST_P(EngineRuns, ARunThatCannotBeReadDoesNotHoldUpTheOthers) {
  const char* nodes = R"({"a":{"type":"action","tool":"x.a","next":"end"},"end":{"type":"end"}})";
  std::string no_definition = start_with("wf_1", "a", nodes);
  std::string bad_context = start_with("wf_2", "a", nodes);
  std::string well = start_with("wf_3", "a", nodes);
  execute("DELETE FROM workflow_version WHERE workspace_id = $1 AND workflow_id = 'wf_1'", {kWorkspace});
  execute("UPDATE run SET context = '{' WHERE workspace_id = $1 AND id = $2", {kWorkspace, bad_context});
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(well), "completed");
  EXPECT_EQ(status(no_definition), "failed");
  EXPECT_EQ(view(no_definition).reason, "there is no version 1 of workflow wf_1");
  EXPECT_EQ(status(bad_context), "failed");
  EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE state = 'ready'"), 0);
}

TEST_P(EngineRuns, APageThatIsNotAdmittedIsTriedAgainAndThenFailsItsRunAlone) {
  profiles_.people = 2;
  tools_.on_admit = [](Tx& tx, const ToolCall& call) -> Result<void> {
    if (call.approval != "apr_gone") return {};
    TRY(tx.execute(
        "INSERT INTO event (workspace_id, message_id, type, name, at, received_at) VALUES ($1, 'half', 'x', 'x', 1, 1)",
        {kWorkspace}));
    return Error{Code::kApprovalRequired, "the approval was withdrawn"};
  };
  store(
      "wf_1", "send",
      parsed(
          R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"next":"end"},"end":{"type":"end"}})"));
  StartRun wanted{.workflow_id = "wf_1",
                  .subject = "s",
                  .entry_key = "e",
                  .approval_id = "apr_gone",
                  .principal = {.id = "usr_1", .workspace = kWorkspace, .scopes = {}, .door = "test"}};
  std::string refused = *write([&](Tx& tx) { return start_run(tx, kWorkspace, wanted, clock_.now(), ids_); });
  std::string fine = start("wf_1", "other");
  auto one = engine();
  FakeSender sender(receiver_);
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  EXPECT_EQ(status(fine), "completed");
  EXPECT_EQ(status(refused), "failed");
  EXPECT_EQ(view(refused).reason, "the approval was withdrawn");
  EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE run_id = $1", {refused}), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM event"), 0) << "what a step wrote before it failed is undone, and only that";
}

TEST_P(EngineRuns, AStartWithTheSameKeyIsTheSameRun) {
  const char* nodes = R"({"a":{"type":"delay","for":"PT1H","next":"end"},"end":{"type":"end"}})";
  std::string run = start_with("wf_1", "a", nodes);
  EXPECT_EQ(start("wf_1"), run);
  EXPECT_NE(start("wf_1", "cmp_2"), run);
  EXPECT_EQ(count("SELECT COUNT(*) FROM token"), 2);
  auto again = [&](const Json& json) {
    return write([&](Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); });
  };
  Json same = {{"start", "a"}, {"nodes", parsed(nodes)}, {"name", "Test"}, {"id", "wf_1"}};
  EXPECT_TRUE(again(same).ok()) << "the order of members is not what makes a definition";
  same["name"] = "Other";
  auto changed = again(same);
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().code, Code::kConflict);
  auto missing = write([&](Tx& tx) {
    return start_run(tx, kWorkspace,
                     {.workflow_id = "wf_1", .version = 2, .subject = "s", .entry_key = "e", .principal = {}},
                     clock_.now(), ids_);
  });
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST_P(EngineRuns, PauseResumeAndCancelHaveTheirOrder) {
  std::string run = start_with(
      "wf_1", "a",
      R"({"a":{"type":"action","tool":"x.a","next":"b"},"b":{"type":"delay","for":"PT1H","next":"c"},"c":{"type":"action","tool":"x.c","next":"end"},"end":{"type":"end"}})");
  auto pause = [&] { return write([&](Tx& tx) { return pause_run(tx, kWorkspace, run, clock_.now()); }); };
  auto resume = [&] { return write([&](Tx& tx) { return resume_run(tx, kWorkspace, run, clock_.now()); }); };
  auto cancel = [&] {
    return write([&](Tx& tx) { return cancel_run(tx, kWorkspace, run, "no longer wanted", clock_.now()); });
  };
  auto one = engine();
  EXPECT_EQ(resume().error().code, Code::kConflict);
  EXPECT_TRUE(pause().ok());
  EXPECT_EQ(pause().error().code, Code::kConflict);
  EXPECT_EQ(*one->run_once(), 0);
  EXPECT_FALSE(one->next_due()->has_value());
  EXPECT_TRUE(resume().ok());
  // Paused while the tool is being called: its answer is kept, the next step waits.
  tools_.after = [&](const ToolCall&) { EXPECT_TRUE(pause().ok()); };
  EXPECT_EQ(*one->run_once(), 1);
  tools_.after = nullptr;
  EXPECT_EQ(history(run), Lines{"a done"});
  EXPECT_EQ(*one->run_once(), 0);
  EXPECT_EQ(status(run), "paused");
  clock_.move_to(clock_.now() + kDay_us);
  EXPECT_TRUE(resume().ok());
  EXPECT_EQ(*one->run_once(), 1);
  EXPECT_TRUE(cancel().ok());
  EXPECT_EQ(cancel().error().code, Code::kConflict);
  drain(*one);
  EXPECT_EQ(status(run), "cancelled");
  EXPECT_EQ(view(run).reason, "no longer wanted");
  EXPECT_EQ(tools_.calls(run + ":c"), 0);
  run = "run_ghost";
  for (auto& answer : {pause(), resume(), cancel()}) EXPECT_EQ(answer.error().code, Code::kNotFound);
}

TEST_P(EngineRuns, TheAnswerToACancelledRunChangesNothing) {
  std::string run =
      start_with("wf_1", "a", R"({"a":{"type":"action","tool":"x.a","next":"end"},"end":{"type":"end"}})");
  tools_.after = [&](const ToolCall&) {
    EXPECT_TRUE(write([&](Tx& tx) { return cancel_run(tx, kWorkspace, run, "stop", clock_.now()); }).ok());
  };
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(run), "cancelled");
  EXPECT_TRUE(history(run).empty());
  EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE state <> 'dead'"), 0);
}

TEST_P(EngineRuns, TheLoopWakesAtOnceAndStops) {
  EngineOptions with = options();
  with.idle_poll_ms = 600'000;
  auto one = engine(*storage_, with);
  std::jthread loop([&](std::stop_token stop) { one->loop(stop); });
  std::string run =
      start_with("wf_1", "a", R"({"a":{"type":"action","tool":"x.a","next":"end"},"end":{"type":"end"}})");
  EXPECT_TRUE(events::fakes::eventually([&] {
    one->wake();
    return status(run) == "completed";
  }));
}

}  // namespace
}  // namespace spreaders::workflows
