// Triggers by events on both databases: which events start which runs, and that each does so once whatever dies, is
// repeated or comes at the same moment.
#include "workflows/triggers/events.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "services/events/record.hpp"
#include "workflows/triggers/fixture_test.hpp"

namespace spreaders::workflows {
namespace {

using audience::Fact;
using events::fakes::MortalStorage;
using fakes::kWorkspace;
using fakes::Lines;
using fakes::parsed;
using fakes::TriggerTest;
using storage::Tx;

class EventTriggerTest : public TriggerTest {
 protected:
  Trigger made(const EventSpec& spec) { return TriggerTest::made(spec); }
  Trigger started(const EventSpec& spec) { return TriggerTest::started(spec); }
  static Fact fact(const std::string& contact, const std::string& properties = "{}", const std::string& id = "") {
    return {.name = "Product Added", .contact_id = contact, .properties = properties, .message_id = id};
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, EventTriggerTest,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST(EventSpecs, EveryProblemIsNamed) {
  struct Case {
    const char* json;
    Lines pointers;
  };
  for (const auto& [json, pointers] : std::vector<Case>{
           {R"({"name":"A"})", {}},
           {R"({"name":"A","key":"/properties/cart_id"})", {}},
           {R"({"name":"A","count":3,"within":"P7D","where":{"property":"total","op":"gt","value":20}})", {}},
           {R"({"name":"","count":0})", {"/name", "/count"}},
           {R"({"name":"A","key":"properties.cart"})", {"/key"}},
           {R"({"name":"A","key":"/user_id","only_once":true,"within":"P1D"})", {"/key", "/within"}},
           {R"({"name":"A","count":2,"within":"soon"})", {"/within"}},
           {R"({"name":"A","count":2,"within":"P9999D"})", {"/within"}},
           {R"({"name":"A","where":{"and":[{"property":"total","op":"near","value":20},{}]}})",
            {"/where/and/0/op", "/where/and/1"}},
           {R"({"name":"A","where":{"property":"total","op":"near","value":20}})", {"/where/op"}},
           {R"({"name":"A","where":{"and":{}}})", {"/where/and"}},
           {R"({"name":"A","where":{}})", {"/where"}}}) {
    auto read = decode<EventSpec>(parsed(json));
    Lines found;
    if (!read.ok()) {
      for (const auto& issue : read.error().issues) found.push_back(issue.pointer);
    }
    EXPECT_EQ(found, pointers) << json << (read.ok() ? "" : read.error().text());
  }
}

TEST(EventSpecs, AreSaidInWords) {
  EXPECT_EQ(in_words(EventSpec{.name = "A"}), "when 'A' happens, for the person it is about");
  EXPECT_EQ(in_words(EventSpec{.name = "A", .only_once = true, .count = 3, .within = "P7D"}),
            "when 'A' happens 3 times within P7D, once for each person, for the person it is about");
  EXPECT_EQ(
      in_words(EventSpec{.name = "A", .where = parsed(R"({"property":"x","op":"exists"})"), .key = "/properties/c"}),
      R"(when 'A' happens where {"property":"x","op":"exists"}, once for each /properties/c, for the person it is about)");
}

TEST_P(EventTriggerTest, StartsARunForThePersonUnderItsApproval) {
  Trigger trigger = started({.name = "Product Added"});
  say({fact("ctc_1", R"({"cart_id":"c1"})", "evt_1")});
  EXPECT_EQ(wakes_, 1);
  auto rows =
      query("SELECT id, subject, entry_key, approval_id, context FROM run WHERE workspace_id = $1", {kWorkspace});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][1].text(), "ctc_1");
  EXPECT_EQ(rows[0][2].text(), "evt_1");
  EXPECT_EQ(rows[0][3].text(), "apr_1");
  Json context = parsed(rows[0][4].text());
  EXPECT_EQ(context["entry_event"], "evt_1");
  EXPECT_EQ(context["trigger"]["id"], trigger.id);
  EXPECT_EQ(context["trigger"]["event"]["properties"]["cart_id"], "c1");
  auto one = engine();
  drain(*one);
  EXPECT_EQ(status(rows[0][0].text()), "completed");
  EXPECT_EQ(tools_.last().principal.id, "usr_1");
  EXPECT_EQ(tools_.last().approval, "apr_1");
  EXPECT_EQ(now(trigger).fires, 1);
  EXPECT_EQ(now(trigger).last_fire_at, clock_.now());
  say({fact("ctc_1", "{}", "evt_1")});
  EXPECT_EQ(now(trigger).fires, 1) << "a known event is none";
}

TEST_P(EventTriggerTest, OnlyItsEventsOfKnownPeopleCount) {
  started({.name = "Product Added", .where = parsed(R"({"property":"total","op":"gt","value":20})")});
  Fact other = fact("ctc_1", R"({"total":50})");
  other.name = "Product Removed";
  say({other, fact("", R"({"total":50})"), fact("ctc_1", R"({"total":20})"), fact("ctc_1")});
  EXPECT_EQ(entries(), Lines{});
  EXPECT_EQ(wakes_, 0);
  say({fact("ctc_1", R"({"total":50})", "evt_a"), fact("ctc_2", R"({"total":"21"})", "evt_b")});
  EXPECT_EQ(entries(), (Lines{"ctc_1 evt_a", "ctc_2 evt_b"}));
}

TEST_P(EventTriggerTest, OnceForEachPersonOrForEachKey) {
  Trigger once = started({.name = "Product Added", .only_once = true});
  say({fact("ctc_1"), fact("ctc_1"), fact("ctc_2")});
  say({fact("ctc_2")});
  EXPECT_EQ(entries(), (Lines{"ctc_1 once", "ctc_2 once"}));
  change(&stop_trigger, once);
  started({.name = "Product Added", .key = "/properties/cart_id"});
  say({fact("ctc_3", R"({"cart_id":"a"})"), fact("ctc_3", R"({"cart_id":"a"})"), fact("ctc_3", R"({"cart_id":7})"),
       fact("ctc_3", R"({"cart_id":null})"), fact("ctc_3", R"({"cart_id":{"x":1}})"), fact("ctc_3"),
       fact("ctc_3", R"({"cart_id":""})"), fact("ctc_3", R"({"cart_id":")" + std::string(201, 'x') + "\"}")});
  say({fact("ctc_3", R"({"cart_id":"a"})"), fact("ctc_4", R"({"cart_id":"a"})")});
  EXPECT_EQ(entries(), (Lines{"ctc_1 once", "ctc_2 once", "ctc_3 7", "ctc_3 a", "ctc_4 a"}));
}

TEST_P(EventTriggerTest, ACountIsReachedAnewEachTime) {
  Trigger trigger =
      started({.name = "Product Added", .where = parsed(R"({"property":"n","op":"exists"})"), .count = 3});
  for (int i = 1; i <= 7; ++i) {
    say({fact("ctc_1", R"({"n":1})"), fact("ctc_1")});
    EXPECT_EQ(now(trigger).fires, i / 3) << i;
  }
  // In one transaction each has its turn: two more reach it again, and three of another person reach it once.
  say({fact("ctc_1", R"({"n":1})"), fact("ctc_1", R"({"n":1})"), fact("ctc_2", R"({"n":1})"),
       fact("ctc_2", R"({"n":1})"), fact("ctc_2", R"({"n":1})")});
  EXPECT_EQ(now(trigger).fires, 4);
}

TEST_P(EventTriggerTest, ACountHasItsTime) {
  Trigger trigger = started({.name = "Product Added", .count = 2, .within = "PT1H"});
  auto at = [&](int minutes, int fires) {
    Fact one = fact("ctc_1");
    one.at = Instant{1'764'000'000'000'000} + minutes * kMinute_us;
    say({one});
    EXPECT_EQ(now(trigger).fires, fires) << minutes;
  };
  at(0, 0);
  at(60, 0);
  at(125, 0);
  at(184, 1);
  at(190, 1);
  at(300, 1);
  at(241, 2);  // what is told late counts by when it happened
}

TEST_P(EventTriggerTest, WhatComesWhileItDoesNotRunStartsNothing) {
  Trigger trigger = made({.name = "Product Added"});
  say({fact("ctc_1", "{}", "evt_1")});
  auto running = write([&](Tx& tx) {
    return start_trigger(tx, kWorkspace, trigger.id,
                         {{.id = "usr_1", .workspace = kWorkspace, .scopes = {}, .door = "test"}, ""}, clock_.now());
  });
  ASSERT_TRUE(running.ok()) << running.error().text();
  say({fact("ctc_1", "{}", "evt_2")});
  change(&pause_trigger, trigger);
  say({fact("ctc_1", "{}", "evt_3")});
  change(&resume_trigger, trigger);
  say({fact("ctc_1", "{}", "evt_4")});
  ASSERT_TRUE(write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, workflow_, clock_.now()); }).ok());
  say({fact("ctc_1", "{}", "evt_5")});
  ASSERT_TRUE(write([&](Tx& tx) { return resume_workflow(tx, kWorkspace, workflow_, clock_.now()); }).ok());
  say({fact("ctc_1", "{}", "evt_6")});
  change(&stop_trigger, trigger);
  say({fact("ctc_1", "{}", "evt_7")});
  EXPECT_EQ(entries(), (Lines{"ctc_1 evt_2", "ctc_1 evt_4", "ctc_1 evt_6"}));
  auto active = [&] {
    return count("SELECT COUNT(*) FROM run WHERE status = 'active' AND workspace_id = $1", {kWorkspace});
  };
  EXPECT_EQ(active(), 3) << "stopping lets them end";
  change(&destroy_trigger, trigger);
  EXPECT_EQ(active(), 0);
}

TEST_P(EventTriggerTest, OneThatCannotStartAnythingIsHeldAndStopsNeitherEventNorAnother) {
  Trigger broken = started({.name = "Product Added"});
  execute("UPDATE trigger_instance SET version = 7 WHERE workspace_id = $1 AND id = $2", {kWorkspace, broken.id});
  workflow_ = save(R"({"end":{"type":"end"}})", "end");
  Trigger fine = started({.name = "Product Added"});
  say({fact("ctc_1", "{}", "evt_1"), fact("ctc_1", "{}", "evt_2")});
  EXPECT_EQ(count("SELECT COUNT(*) FROM event"), 2);
  EXPECT_EQ(now(broken).state, TriggerState::kPaused);
  EXPECT_NE(now(broken).reason.find("no version 7"), std::string::npos) << now(broken).reason;
  EXPECT_EQ(now(fine).fires, 2);
}

TEST_P(EventTriggerTest, AnEventStartsOneRunWhateverDies) {
  Trigger trigger = started({.name = "Product Added"});
  for (bool committed : {false, true}) {
    Fact one = fact("ctc_1", "{}", committed ? "evt_committed" : "evt_lost");
    MortalStorage process(*storage_);
    process.die_at_write(1, committed);
    EXPECT_FALSE(say({one}, process));
    EXPECT_TRUE(process.is_dead());
    say({one});  // who got no answer says it again
  }
  EXPECT_EQ(entries(), (Lines{"ctc_1 evt_committed", "ctc_1 evt_lost"}));
  EXPECT_EQ(now(trigger).fires, 2);
}

TEST_P(EventTriggerTest, EventsOfOneMomentAreCountedTogetherAndEnterOnce) {
  Trigger pair = started({.name = "Product Added", .count = 2});
  std::string other_workflow = save(R"({"end":{"type":"end"}})", "end");
  workflow_ = other_workflow;
  Trigger keyed = started({.name = "Product Added", .key = "/properties/cart_id"});
  for (int round = 1; round <= 10; ++round) {
    std::string cart = R"({"cart_id":")" + std::to_string(round) + "\"}";
    std::string id = "evt_" + std::to_string(round);
    std::jthread other([&] { say({fact("ctc_1", cart, id + "a")}); });
    say({fact("ctc_1", cart, id + "b")});
    other.join();
    EXPECT_EQ(now(pair).fires, round);
    EXPECT_EQ(now(keyed).fires, round);
  }
}

TEST_P(EventTriggerTest, WhoBecomesKnownSoonEnoughEntersByWhatTheyDidBefore) {
  services::Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
  services::RecordSetup setup{tracking, listening_journal(ids_, [this] { ++wakes_; })};
  auto tell = [&](services::EventType type, const std::string& name, const std::string& who, Json properties) {
    services::IncomingEvent incoming;
    incoming.source = "key_1";
    auto& event = incoming.event;
    event.type = type;
    event.name = name;
    event.message_id = ids_.make("msg");
    event.anonymous_id = who;
    event.at = clock_.now();
    event.properties = std::move(properties);
    const auto* pointer = &incoming;
    auto done = write([&](Tx& tx) {
      return services::record_events(tx, setup, kWorkspace, {&pointer, 1}, clock_.now());
    });
    EXPECT_TRUE(done.ok()) << done.error().text() << done.error().detail;
  };
  auto add = [&](const std::string& who, const std::string& cart) {
    tell(services::EventType::kTrack, "Product Added", who, {{"cart_id", cart}});
  };
  auto known = [&](const std::string& who) {
    tell(services::EventType::kIdentify, "", who, {{"email", who + "@example.org"}});
  };
  auto keys = [&] {
    Lines lines;
    for (const auto& row : query("SELECT entry_key FROM run WHERE workspace_id = $1 ORDER BY entry_key", {kWorkspace}))
      lines.push_back(row[0].text());
    return lines;
  };
  add("ana", "before the start");
  clock_.move_to(clock_.now() + kMinute_us);
  Trigger trigger = started({.name = "Product Added", .key = "/properties/cart_id"});
  add("ana", "of ana");
  add("ana", "of ana");
  add("ben", "before the pause");
  EXPECT_EQ(keys(), Lines{}) << "nobody knows who they are";
  clock_.move_to(clock_.now() + kHour_us);
  known("ana");
  EXPECT_EQ(keys(), Lines{"of ana"});
  EXPECT_EQ(wakes_, 1);
  change(&pause_trigger, trigger);
  add("ben", "in the pause");
  clock_.move_to(clock_.now() + kMinute_us);
  change(&resume_trigger, trigger);
  add("ben", "of ben");
  add("cem", "too long ago");
  known("ben");
  EXPECT_EQ(keys(), (Lines{"of ana", "of ben"}));
  clock_.move_to(clock_.now() + kLateMax_us + 1);
  known("cem");
  EXPECT_EQ(keys(), (Lines{"of ana", "of ben"}));
  add("cem", "of cem");
  EXPECT_EQ(keys(), (Lines{"of ana", "of ben", "of cem"}));
}

constexpr const char* kCart = R"({
  "order":{"type":"wait_event","event":"Order Completed","match":[{"property":"cart_id","op":"eq","value":{"$run":"key"}}],
           "timeout":"PT1H","on":{"event":"end","timeout":"remind"}},
  "remind":{"type":"action","tool":"x.remind","args":{"contact_id":{"$run":"subject"}},"next":"end"},
  "end":{"type":"end"}})";

TEST_P(EventTriggerTest, AnAbandonedCartIsRemindedOfUnlessThisVeryCartIsOrderedInTime) {
  workflow_ = save(kCart, "order");
  started({.name = "Product Added", .key = "/properties/cart_id"});
  auto order = [](const std::string& who, const std::string& cart) {
    Fact one = fact(who, R"({"cart_id":")" + cart + "\"}");
    one.name = "Order Completed";
    return one;
  };
  auto add = [&](const std::string& who, const std::string& cart) {
    return fact(who, R"({"cart_id":")" + cart + "\"}");
  };
  auto history_of = [&](const std::string& who) {
    auto rows = query("SELECT id FROM run WHERE workspace_id = $1 AND subject = $2", {kWorkspace, who});
    EXPECT_EQ(rows.size(), 1U) << who;
    return rows.empty() ? Lines{} : history(rows[0][0].text());
  };
  auto one = engine();
  say({order("ctc_earlier", "c")});
  clock_.move_to(clock_.now() + 1);
  say({add("ctc_earlier", "c"), add("ctc_never", "c"), add("ctc_during", "c"), add("ctc_other", "c"),
       add("ctc_after", "c")});
  say({add("ctc_before", "c"), order("ctc_before", "c")});  // ordered before an engine has looked
  while (*one->run_once() > 0) continue;
  clock_.move_to(clock_.now() + 30 * kMinute_us);
  say({add("ctc_during", "c"), order("ctc_during", "c"), order("ctc_other", "another")});
  while (*one->run_once() > 0) continue;
  EXPECT_EQ(history_of("ctc_before"), (Lines{"order event", "end ended"}));
  EXPECT_EQ(history_of("ctc_during"), (Lines{"order waiting", "order event", "end ended"}));
  clock_.move_to(clock_.now() + kHour_us);
  drain(*one);
  say({order("ctc_after", "c")});
  drain(*one);
  for (const char* who : {"ctc_earlier", "ctc_never", "ctc_other", "ctc_after"})
    EXPECT_EQ(history_of(who), (Lines{"order waiting", "order timeout", "remind done", "end ended"})) << who;
  EXPECT_EQ(tools_.calls(), 4);
}

}  // namespace
}  // namespace spreaders::workflows
