// Waiting for events, on both databases: before, while and after, by whom and with which key, and what a race or a
// death in between must not change.
#include "workflows/waits.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::eventually;
using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

class Waits : public EngineTest {
 protected:
  std::string start_for(const std::string& subject, const std::string& key, const std::string& entry_event = "") {
    StartRun wanted{.workflow_id = "wf_1",
                    .version = 1,
                    .subject = subject,
                    .entry_key = key,
                    .principal = {.id = "usr_1", .workspace = kWorkspace, .scopes = {}, .door = "test"},
                    .entry_event = entry_event};
    auto run = write([&](Tx& tx) { return start_run(tx, kWorkspace, wanted, clock_.now(), ids_); });
    EXPECT_TRUE(run.ok()) << run.error().text();
    return run.ok() ? *run : "";
  }
  int64_t subscriptions() { return count("SELECT COUNT(*) FROM wait_sub"); }
};
INSTANTIATE_TEST_SUITE_P(Engines, Waits, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

// SQLite has one writer: there, nothing happens meanwhile.
using WaitsMeanwhile = Waits;
INSTANTIATE_TEST_SUITE_P(Engines, WaitsMeanwhile, ::testing::Values(storage::Dialect::kPostgres),
                         events::fakes::engine_name);

using Lines = std::vector<std::string>;

// An abandoned cart: the reminder goes out unless an order of this very cart comes within an hour.
constexpr const char* kCart = R"({
  "order":{"type":"wait_event","event":"Order Completed","match":[{"property":"cart_id","op":"eq","value":{"$run":"key"}}],
           "timeout":"PT1H","on":{"event":"thank","timeout":"remind"}},
  "thank":{"type":"action","tool":"x.thank","args":{"total":{"$from":{"node":"order","pointer":"/properties/total"}}},"next":"end"},
  "remind":{"type":"action","tool":"x.remind","args":{"contact_id":{"$run":"subject"}},"next":"end"},
  "end":{"type":"end"}})";

TEST_P(Waits, TheEventThatComesInTimeWakesItsRunAtOnce) {
  store("wf_1", "order", parsed(kCart));
  std::string run = start_for("ctc_1", "cart_7");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 1);
  EXPECT_EQ(subscriptions(), 1);
  EXPECT_EQ(one->next_due()->value(), clock_.now() + kHour_us);
  clock_.move_to(clock_.now() + kMinute_us);
  Instant came = clock_.now();
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":89.5})"), 1);
  EXPECT_EQ(subscriptions(), 0);
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":1})"), 0) << "one event is enough";
  drain(*one);
  EXPECT_EQ(view(run).ended->us, came.us);
  EXPECT_EQ(history(run), (Lines{"order waiting", "order event", "thank done", "end ended"}));
  EXPECT_EQ(to_text(tools_.last().arguments), R"({"total":89.5})");
  expect_sound_history(run);
}

TEST_P(Waits, WhatIsNotItsEventDoesNotWakeIt) {
  store("wf_1", "order", parsed(kCart));
  std::string run = start_for("ctc_1", "cart_7");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 1);
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_8"})"), 0) << "another cart";
  EXPECT_EQ(happen("Order Completed", "ctc_1"), 0) << "no cart";
  EXPECT_EQ(happen("Order Completed", "ctc_2", R"({"cart_id":"cart_7"})"), 0) << "another person";
  EXPECT_EQ(happen("Order Started", "ctc_1", R"({"cart_id":"cart_7"})"), 0) << "another event";
  audience::Fact fact{.name = "Order Completed", .contact_id = "ctc_1", .message_id = "evt_none"};
  auto elsewhere = write([&](Tx& tx) { return wake_for_facts(tx, "wsp_other", {&fact, 1}, clock_.now()); });
  EXPECT_EQ(*elsewhere, 0);
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"order waiting", "order timeout", "remind done", "end ended"}));
  EXPECT_EQ(to_text(tools_.last().arguments), R"({"contact_id":"ctc_1"})");
  EXPECT_EQ(subscriptions(), 0);
}

TEST_P(Waits, AnEventBetweenEntryAndWaitIsNotLost) {
  store("wf_1", "order", parsed(kCart));
  happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":1})");
  clock_.move_to(clock_.now() + kMinute_us);
  std::string run = start_for("ctc_1", "cart_7");
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":2})"), 0) << "nobody waits yet";
  clock_.move_to(clock_.now() + kMinute_us);
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"order event", "thank done", "end ended"}));
  EXPECT_EQ(to_text(tools_.last().arguments), R"({"total":2})") << "what came before the entry does not count";
}

TEST_P(Waits, TheEventOfItsEntryIsNotTheOneItWaitsFor) {
  store("wf_1", "order", parsed(kCart));
  happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":1})");
  std::string entered_by = query("SELECT message_id FROM event")[0][0].text();
  std::string run = start_for("ctc_1", "cart_7", entered_by);
  drain(*engine());
  EXPECT_EQ(history(run)[1], "order timeout");
}

TEST_P(Waits, SinceHereCountsOnlyWhatComesLater) {
  Json nodes = parsed(kCart);
  nodes["order"]["since"] = "here";
  store("wf_1", "order", nodes);
  std::string run = start_for("ctc_1", "cart_7");
  happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":1})");
  clock_.move_to(clock_.now() + kMinute_us);
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"order waiting", "order timeout", "remind done", "end ended"}));
}

TEST_P(Waits, AnEventThatWasRecordedWithoutWakingCountsWhenTheTimeIsUp) {
  store("wf_1", "order", parsed(kCart));
  std::string run = start_for("ctc_1", "cart_7");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 1);
  happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":3})", false);
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"order waiting", "order event", "thank done", "end ended"}));
}

TEST_P(Waits, ACampaignWaitsForTheEventsAboutIt) {
  store("wf_1", "w", parsed(R"({"w":{"type":"wait_event","event":"Email Opened","timeout":"P1D",
    "on":{"event":"end","timeout":"end"}},"end":{"type":"end"}})"));
  std::string run = start_for("cmp_1", "once");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 1);
  EXPECT_EQ(happen("Email Opened", "cmp_1"), 1);
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"w waiting", "w event", "end ended"}));
}

TEST_P(Waits, AHeldRunGoesOnLaterAndAStoppedOneWaitsForNothing) {
  store("wf_1", "order", parsed(kCart));
  std::string held = start_for("ctc_1", "cart_7");
  std::string stopped = start_for("ctc_2", "cart_7");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 2);
  ASSERT_TRUE(write([&](Tx& tx) { return pause_run(tx, kWorkspace, held, clock_.now()); }).ok());
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_run(tx, kWorkspace, stopped, "enough", clock_.now()); }).ok());
  EXPECT_EQ(subscriptions(), 1);
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":3})"), 1);
  EXPECT_EQ(happen("Order Completed", "ctc_2", R"({"cart_id":"cart_7"})"), 0);
  drain(*one);
  EXPECT_EQ(status(held), "paused");
  clock_.move_to(clock_.now() + kDay_us);
  ASSERT_TRUE(write([&](Tx& tx) { return resume_run(tx, kWorkspace, held, clock_.now()); }).ok());
  drain(*one);
  EXPECT_EQ(history(held), (Lines{"order waiting", "order event", "thank done", "end ended"}));
  EXPECT_EQ(history(stopped), Lines{"order waiting"});
}

TEST_P(Waits, BranchesThatWaitForOneEventAllGoOn) {
  store("wf_1", "p", parsed(R"({
    "p":{"type":"parallel","branches":["a","b"],"join":"j"},
    "a":{"type":"wait_event","event":"X","timeout":"P1D","on":{"event":"j","timeout":"j"}},
    "b":{"type":"wait_event","event":"X","timeout":"P1D","on":{"event":"j","timeout":"j"}},
    "j":{"type":"join","next":"end"},"end":{"type":"end"}})"));
  std::string run = start_for("ctc_1", "once");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 1);
  ASSERT_EQ(*one->run_once(), 2);
  EXPECT_EQ(happen("X", "ctc_1"), 2);
  drain(*one);
  Lines lines = history(run);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "a event") + std::count(lines.begin(), lines.end(), "b event"), 2);
  EXPECT_EQ(status(run), "completed") << "what the join counts with was kept while waiting";
}

TEST_P(Waits, AValueThatCannotBeMatchedFailsTheRunAndNotTheEvent) {
  Json nodes = parsed(kCart);
  nodes["order"]["match"][0]["value"] = parsed(R"({"$from":{"node":"first","pointer":"/list"}})");
  nodes["first"] = parsed(R"({"type":"action","tool":"x.first","next":"order"})");
  store("wf_1", "first", nodes);
  tools_.on_call = [](const ToolCall&, int) -> Result<Json> { return Json{{"list", Json::array()}}; };
  std::string run = start_for("ctc_1", "cart_7");
  drain(*engine());
  EXPECT_EQ(status(run), "failed");
  EXPECT_NE(view(run).reason.find("must be text, a number, true or false"), std::string::npos) << view(run).reason;
  EXPECT_EQ(happen("Order Completed", "ctc_1"), 0);
}

TEST_P(Waits, AtEveryWriteAWaitGoesOnWhereItWas) {
  store("wf_1", "order", parsed(kCart));
  int deaths = 0;
  for (int number = 1; number <= 6; ++number) {
    for (bool committed : {false, true}) {
      for (bool comes : {false, true}) {
        SCOPED_TRACE(std::to_string(number) + (committed ? " committed" : " lost") + (comes ? " comes" : " never"));
        std::string subject = "ctc_" + std::to_string(number) + (committed ? "c" : "l") + (comes ? "e" : "t");
        std::string run = start_for(subject, "cart_7");
        on_idle = [&] {
          return comes && count("SELECT COUNT(*) FROM wait_sub WHERE subject = $1", {subject}) > 0 &&
                 happen("Order Completed", subject, R"({"cart_id":"cart_7","total":3})") > 0;
        };
        for (bool mortal : {true, false}) {
          MortalStorage process(*storage_);
          if (mortal) process.die_at_write(number, committed);
          FakeSender sender(receiver_, &process);
          auto one = engine(process, options(), mortal ? "prc_first" : "prc_second");
          run_process(process, *one, sender, {}, mortal ? "prc_first" : "prc_second", 100);
          deaths += process.is_dead() ? 1 : 0;
        }
        EXPECT_EQ(history(run), (Lines{"order waiting", comes ? "order event" : "order timeout",
                                       comes ? "thank done" : "remind done", "end ended"}));
        EXPECT_EQ(tools_.effects(run + (comes ? ":thank" : ":remind")), 1);
        expect_sound_history(run);
        EXPECT_EQ(subscriptions(), 0);
      }
    }
  }
  EXPECT_GE(deaths, 20);
}

TEST_P(WaitsMeanwhile, AnEventThatIsBeingRecordedWhileTheEngineSubscribesIsNotLost) {
  store("wf_1", "order", parsed(kCart));
  std::string run = start_for("ctc_1", "cart_7");
  auto one = engine(*storage_, options(false));
  // The event is written and has looked for whom to wake, but is not committed when the engine comes.
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                EXPECT_EQ(*record(tx, "Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":3})"), 0);
                std::jthread engine([&] { EXPECT_EQ(*one->run_once(), 1); });
                return {};
              }).ok());
  EXPECT_EQ(subscriptions(), 0) << "the engine did not subscribe, and did not wait either";
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"order event", "thank done", "end ended"}));
}

TEST_P(WaitsMeanwhile, AnEventThatComesWhileTheSubscriptionIsBeingMadeWaitsForIt) {
  store("wf_1", "order", parsed(kCart));
  store("wf_2", "send", parsed(R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1",
    "payload":{},"next":"end"},"end":{"type":"end"}})"));
  std::string run = start_for("ctc_1", "cart_7");
  clock_.move_to(clock_.now() + 1);
  start("wf_2");
  // In one transaction of the engine: the first run subscribes, then the second one addresses its audience.
  std::atomic<bool> recorded{false};
  std::jthread recorder;
  profiles_.on_page = [&] {
    recorder = std::jthread([&] {
      EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"cart_id":"cart_7","total":3})"), 1);
      recorded = true;
    });
    EXPECT_FALSE(eventually([&] { return recorded.load(); }, 300)) << "it did not see the subscription";
  };
  auto one = engine(*storage_, options(false));
  ASSERT_EQ(*one->run_once(), 2);
  profiles_.on_page = nullptr;
  recorder.join();
  Instant now = clock_.now();
  ASSERT_GE(*one->run_once(), 1);
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"order waiting", "order event", "thank done", "end ended"}));
  EXPECT_EQ(view(run).ended->us, now.us);
}

}  // namespace
}  // namespace spreaders::workflows
