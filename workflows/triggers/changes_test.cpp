// Triggers by what changes about people, on both databases: attributes that get another value, segments that somebody
// enters by what they do, by what is written about them and by time, and that each entry starts one run.
#include "workflows/triggers/changes.hpp"

#include <thread>

#include "services/audience/contacts.hpp"
#include "services/audience/segments.hpp"
#include "services/events/record.hpp"
#include "workflows/triggers/fixture_test.hpp"

namespace spreaders::workflows {
namespace {

using audience::ContactChange;
using events::fakes::kWorkspace;
using events::fakes::MortalStorage;
using fakes::Lines;
using fakes::parsed;
using fakes::TriggerTest;
using storage::Tx;

class ChangeTriggerTest : public TriggerTest {
 protected:
  audience::Journal journal() {
    return listening_journal(ids_, [this] { ++wakes_; });
  }
  Result<std::vector<std::string>> put_in(storage::Storage& process, const std::vector<ContactChange>& changes) {
    return process.write(storage::Scope::of(kWorkspace), [&](Tx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> contact_ids;
      for (const auto& one :
           TRY(audience::upsert_contacts(tx, kWorkspace, changes, audience::MayAdd::kYes, clock_.now(), journal())))
        contact_ids.push_back(one.contact_id);
      return contact_ids;
    });
  }
  std::string put_as(const ContactChange& change) {
    auto put = put_in(*storage_, {change});
    EXPECT_TRUE(put.ok()) << put.error().text() << put.error().detail;
    return put.ok() ? put->front() : "";
  }
  std::string put(const std::string& name, audience::Attributes attributes = {}) {
    return put_as({.email = name + "@example.org", .first_name = name, .attributes = std::move(attributes)});
  }
  std::string segment(const std::string& name, const std::string& rule) {
    auto made = write([&](Tx& tx) -> Result<audience::Made> {
      auto read = TRY(audience::parse_rule(parsed(rule)));
      return audience::create_segment(tx, kWorkspace, name, read, clock_.now(), ids_);
    });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->id : "";
  }
  void change_rule(const std::string& segment_id, const std::string& rule) {
    auto changed = write([&](Tx& tx) -> Result<void> {
      return audience::update_segment(tx, kWorkspace, segment_id, "", TRY(audience::parse_rule(parsed(rule))),
                                      clock_.now());
    });
    ASSERT_TRUE(changed.ok()) << changed.error().text();
  }
  static audience::Fact fact(const std::string& name, const std::string& contact_id) {
    return {.name = name, .contact_id = contact_id};
  }
  int look() {
    auto fired = fire_due(*storage_, clock_, ids_);
    EXPECT_TRUE(fired.ok()) << fired.error().text() << fired.error().detail;
    return fired.ok() ? *fired : -1;
  }
  void pass(int64_t time_us) { clock_.move_to(clock_.now() + time_us); }
  int64_t runs_of(const std::string& contact_id) {
    return count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND subject = $2", {kWorkspace, contact_id});
  }
  int64_t runs() { return count("SELECT COUNT(*) FROM run"); }
  static constexpr const char* kRegulars = R"({"attribute":"orders","op":"gte","value":3})";
};
INSTANTIATE_TEST_SUITE_P(Databases, ChangeTriggerTest,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST(AttributeSpecs, EveryProblemIsNamed) {
  struct Case {
    const char* json;
    Lines pointers;
  };
  for (const auto& [json, pointers] :
       std::vector<Case>{{R"({"name":"plan"})", {}},
                         {R"({"name":"plan","from":"free","to":"pro","only_once":true})", {}},
                         {R"({"name":"plan","to":""})", {}},
                         {R"({"name":""})", {"/name"}},
                         {R"({"name":"created_at"})", {"/name"}},
                         {R"({"name":"plan","from":"Pro","to":"pro"})", {"/to"}}}) {
    auto read = decode<AttributeSpec>(parsed(json));
    Lines found;
    if (!read.ok()) {
      for (const auto& issue : read.error().issues) found.push_back(issue.pointer);
    }
    EXPECT_EQ(found, pointers) << json << (read.ok() ? "" : read.error().text());
  }
}

TEST(AttributeSpecs, AreSaidInWords) {
  EXPECT_EQ(in_words(AttributeSpec{.name = "plan"}), "when 'plan' of somebody changes, for that person");
  EXPECT_EQ(in_words(AttributeSpec{.name = "plan", .from = "", .to = "pro", .only_once = true}),
            "when 'plan' of somebody changes from nothing to 'pro', once for each person, for that person");
}

TEST_P(ChangeTriggerTest, AnotherValueStartsARunInItsTransaction) {
  Trigger trigger = started(AttributeSpec{.name = "plan"});
  std::string ana = put("ana", {{"plan", "free"}}), ben = put("ben");
  EXPECT_EQ(runs_of(ana), 1) << "somebody new had no value";
  EXPECT_EQ(runs_of(ben), 0);
  put("ana", {{"plan", "free"}, {"city", "Lyon"}});
  EXPECT_EQ(runs_of(ana), 1) << "the same value is no change";
  put("ana", {{"plan", "pro"}});
  put("ana", {{"plan", nullptr}});
  EXPECT_EQ(runs_of(ana), 3);
  EXPECT_EQ(now(trigger).fires, 3);
  EXPECT_EQ(wakes_, 3);
  auto rows = query("SELECT approval_id, context FROM run WHERE context LIKE '%\"from\":\"free\"%'");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0].text(), "apr_1");
  EXPECT_EQ(to_text(parsed(rows[0][1].text())["trigger"]),
            R"({"attribute":"plan","from":"free","to":"pro","id":")" + trigger.id + "\"}");
  for (bool committed : {false, true}) {
    MortalStorage process(*storage_);
    process.die_at_write(1, committed);
    ContactChange change{.email = "ben@example.org", .attributes = {{"plan", committed ? "b" : "a"}}};
    EXPECT_FALSE(put_in(process, {change}).ok());
    EXPECT_EQ(runs_of(ben), committed ? 1 : 0);
  }
}

TEST_P(ChangeTriggerTest, FromAndToAndOnceAreKept) {
  Trigger upgrade = started(AttributeSpec{.name = "plan", .from = "free", .to = "PRO"});
  put("ana", {{"plan", "pro"}});
  put("ana", {{"plan", "free"}});
  EXPECT_EQ(runs(), 0);
  put("ana", {{"plan", "Pro"}});
  EXPECT_EQ(runs(), 1);
  change(&stop_trigger, upgrade);
  Trigger cleared = started(AttributeSpec{.name = "vip", .to = "", .only_once = true});
  for (int i = 0; i < 2; ++i) {
    put("ana", {{"vip", true}});
    put("ana", {{"vip", nullptr}});
  }
  EXPECT_EQ(now(cleared).fires, 1);
  Trigger named = started(AttributeSpec{.name = "first_name", .from = "Ben"});
  put_as({.email = "ben@example.org", .first_name = "Ben"});
  put_as({.email = "ben@example.org", .first_name = "Benno"});
  EXPECT_EQ(now(named).fires, 1);
}

TEST_P(ChangeTriggerTest, WhoeverWritesItTellsTheTrigger) {
  started(AttributeSpec{.name = "plan"});
  services::Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
  services::RecordSetup setup{tracking, journal()};
  auto identify = [&](const char* plan) {
    services::IncomingEvent incoming;
    incoming.event.type = services::EventType::kIdentify;
    incoming.event.message_id = ids_.make("msg");
    incoming.event.user_id = "u1";
    incoming.event.at = clock_.now();
    incoming.event.properties = {{"email", "ana@example.org"}, {"plan", plan}};
    const auto* pointer = &incoming;
    auto done = write([&](Tx& tx) {
      return services::record_events(tx, setup, kWorkspace, {&pointer, 1}, clock_.now());
    });
    EXPECT_TRUE(done.ok()) << done.error().text() << done.error().detail;
  };
  identify("free");
  EXPECT_EQ(runs(), 1);
  identify("free");
  EXPECT_EQ(runs(), 1);
  identify("pro");
  EXPECT_EQ(runs(), 2);
}

TEST_P(ChangeTriggerTest, AFullWorkflowStartsAsManyAsItMayAndIsHeld) {
  Json definition = {
      {"name", "Few"}, {"start", "end"}, {"settings", {{"max_entries", 2}}}, {"nodes", {{"end", {{"type", "end"}}}}}};
  auto saved = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, "", definition, clock_.now(), ids_); });
  ASSERT_TRUE(saved.ok()) << saved.error().text();
  workflow_ = saved->id;
  segment("Regulars", kRegulars);
  Trigger by_value = started(AttributeSpec{.name = "orders"});
  ASSERT_TRUE(put_in(*storage_, {{.email = "a@example.org", .attributes = {{"orders", 1}}},
                                 {.email = "b@example.org", .attributes = {{"orders", 1}}},
                                 {.email = "c@example.org", .attributes = {{"orders", 1}}}})
                  .ok());
  EXPECT_EQ(runs(), 2);
  EXPECT_EQ(now(by_value).state, TriggerState::kPaused);
  EXPECT_NE(now(by_value).reason.find("max_entries"), std::string::npos) << now(by_value).reason;
  Trigger by_segment = started(SegmentSpec{.segment = "Regulars"});
  put("dan", {{"orders", 5}});
  EXPECT_EQ(now(by_segment).state, TriggerState::kPaused);
  EXPECT_EQ(count("SELECT COUNT(*) FROM contact"), 4) << "what is written about people is not undone";
}

TEST_P(ChangeTriggerTest, SomebodyWhoComesToMatchEntersOnceEachTime) {
  std::string id = segment("Regulars", kRegulars);
  std::string there = put("there", {{"orders", 7}});
  Trigger trigger = started(SegmentSpec{.segment = "regulars"});
  EXPECT_EQ(in_words(trigger.spec),
            "when somebody enters the segment 'Regulars' "
            R"(({"attribute":"orders","op":"gte","value":3}), for that person)");
  std::string ana = put("ana", {{"orders", 2}});
  EXPECT_EQ(runs(), 0);
  put("ana", {{"orders", 3}});
  EXPECT_EQ(runs_of(ana), 1);
  EXPECT_EQ(wakes_, 1);
  Json context = parsed(query("SELECT context FROM run")[0][0].text());
  EXPECT_EQ(context["trigger"]["segment"], id);
  put("ana", {{"orders", 9}});
  put("there", {{"orders", 8}});
  pass(kLookEvery_us);
  EXPECT_EQ(look(), 0) << "who is in it has entered";
  put("ana", {{"orders", 0}});
  put("ana", {{"orders", 3}});
  EXPECT_EQ(runs_of(ana), 2) << "who left enters again";
  EXPECT_EQ(runs_of(there), 0) << "who was in it at the start has not entered";
  EXPECT_EQ(now(trigger).fires, 2);
  put("new", {{"orders", 4}});
  EXPECT_EQ(runs(), 3);
}

TEST_P(ChangeTriggerTest, ListsAndEventsMakePeopleEnter) {
  auto list = write([&](Tx& tx) { return audience::create_list(tx, kWorkspace, "Guests", "", clock_.now(), ids_); });
  ASSERT_TRUE(list.ok());
  segment("Buyers", R"({"event":"Order Completed","op":"did","count_min":2})");
  segment("Guests", R"({"list":"Guests"})");
  Trigger buyers = started(SegmentSpec{.segment = "Buyers"});
  Trigger guests = started(SegmentSpec{.segment = "Guests", .only_once = true});
  std::string ana = put("ana");
  say({fact("Order Completed", ana)});
  EXPECT_EQ(now(buyers).fires, 0);
  say({fact("Order Completed", ana), fact("Order Completed", ana), fact("Order Completed", "")});
  EXPECT_EQ(now(buyers).fires, 1);
  auto join = [&](bool in) {
    auto done = write([&](Tx& tx) {
      return (in ? audience::add_members : audience::remove_members)(tx, kWorkspace, list->id, {{ana}}, clock_.now(),
                                                                     journal());
    });
    EXPECT_TRUE(done.ok());
  };
  join(true);
  EXPECT_EQ(now(guests).fires, 1);
  join(false);
  join(true);
  EXPECT_EQ(now(guests).fires, 1) << "only once";
  EXPECT_EQ(entries().back(), ana + " once");
}

TEST_P(ChangeTriggerTest, TimeAloneMakesPeopleEnterAndNobodyTwice) {
  segment("Sleepers", R"({"event":"Email Opened","op":"did_not","within_days":30})");
  std::string ana = put("ana"), ben = put("ben");
  say({fact("Email Opened", ana), fact("Email Opened", ben)});
  Trigger trigger = started(SegmentSpec{.segment = "Sleepers"});
  pass(20 * kDay_us);
  EXPECT_EQ(look(), 0);
  say({fact("Email Opened", ben)});
  pass(11 * kDay_us);
  EXPECT_EQ(look(), 1);
  EXPECT_EQ(runs_of(ana), 1);
  EXPECT_EQ(look(), 0) << "it is not looked at before its time";
  pass(kLookEvery_us);
  EXPECT_EQ(look(), 0) << "and finds nobody twice";
  EXPECT_EQ(runs_of(ben), 0);
  say({fact("Email Opened", ana)});
  pass(31 * kDay_us);
  EXPECT_EQ(look(), 2);
  EXPECT_EQ(runs_of(ana), 2) << "who had woken up falls asleep again";
  EXPECT_EQ(now(trigger).fires, 3);
}

TEST_P(ChangeTriggerTest, ThoseWhoAreInItAreIncludedPageByPageWhateverDies) {
  segment("Regulars", kRegulars);
  std::vector<ContactChange> many;
  for (int i = 0; i < 1203; ++i)
    many.push_back({.email = "p" + std::to_string(i) + "@example.org", .attributes = {{"orders", i < 3 ? 1 : 5}}});
  ASSERT_TRUE(put_in(*storage_, many).ok());
  Trigger trigger = started(SegmentSpec{.segment = "Regulars", .include_existing = true});
  EXPECT_EQ(runs(), 0);
  for (bool committed : {false, true}) {
    MortalStorage process(*storage_);
    process.die_at_write(committed ? 2 : 1, committed);
    EXPECT_FALSE(fire_due(process, clock_, ids_).ok() && !process.is_dead());
    EXPECT_TRUE(process.is_dead());
    EXPECT_EQ(runs(), committed ? 1000 : 0);
  }
  change(&pause_trigger, trigger);
  EXPECT_EQ(look(), 0);
  change(&resume_trigger, trigger);
  {
    SequenceIds other_ids{99};
    std::jthread other([&] { EXPECT_TRUE(fire_due(*storage_, clock_, other_ids).ok()); });
    look();
  }
  EXPECT_EQ(runs(), 1200);
  EXPECT_EQ(count("SELECT COUNT(DISTINCT subject) FROM run"), 1200);
  pass(kLookEvery_us);
  EXPECT_EQ(look(), 0);
}

TEST_P(ChangeTriggerTest, WhatHappensWhileItDoesNotRunStartsNothing) {
  segment("Regulars", kRegulars);
  Trigger trigger = started(SegmentSpec{.segment = "Regulars"});
  auto comes = [&](const std::string& name) {
    put(name, {{"orders", 3}});
    pass(kLookEvery_us);
    look();
  };
  change(&pause_trigger, trigger);
  comes("ana");
  change(&resume_trigger, trigger);
  comes("ben");
  ASSERT_TRUE(write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, workflow_, clock_.now()); }).ok());
  comes("cem");
  ASSERT_TRUE(write([&](Tx& tx) { return resume_workflow(tx, kWorkspace, workflow_, clock_.now()); }).ok());
  comes("dan");
  change(&stop_trigger, trigger);
  comes("eve");
  EXPECT_EQ(now(trigger).fires, 2);
  change(&destroy_trigger, trigger);
  EXPECT_EQ(count("SELECT COUNT(*) FROM trigger_person"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE status = 'active'"), 0);
}

TEST_P(ChangeTriggerTest, ItHoldsForTheRuleThatWasApproved) {
  NewTrigger nowhere{workflow_, 1, "t", SegmentSpec{.segment = "Nobody"}};
  auto refused = write([&](Tx& tx) { return create_trigger(tx, kWorkspace, nowhere, clock_.now(), ids_); });
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().issues.size(), 1U);
  EXPECT_EQ(refused.error().issues[0].pointer, "/segment_entered/segment");
  std::string id = segment("Regulars", kRegulars);
  Trigger at_once = started(SegmentSpec{.segment = id}), by_look = started(SegmentSpec{.segment = id});
  Trigger prepared = made(SegmentSpec{.segment = id}), held = started(SegmentSpec{.segment = id});
  ASSERT_TRUE(write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, workflow_, clock_.now()); }).ok());
  change_rule(id, R"({"attribute":"orders","op":"gte","value":1})");
  auto all = write([&](Tx& tx) { return resume_workflow(tx, kWorkspace, workflow_, clock_.now()); });
  EXPECT_TRUE(all.ok()) << "a trigger does not stop its workflow from going on";
  EXPECT_EQ(now(held).state, TriggerState::kPaused);
  EXPECT_NE(now(held).reason.find("another rule"), std::string::npos) << now(held).reason;
  change_rule(id, kRegulars);
  for (const auto& one : {at_once, by_look, held}) change(&resume_trigger, one);
  change_rule(id, R"({"attribute":"orders","op":"gte","value":1})");
  pass(kLookEvery_us);
  put("ana", {{"orders", 4}});
  EXPECT_EQ(now(at_once).state, TriggerState::kPaused);
  execute("UPDATE trigger_instance SET state = 'running', reason = '' WHERE workspace_id = $1 AND id = $2",
          {kWorkspace, by_look.id});
  look();
  EXPECT_EQ(now(by_look).state, TriggerState::kPaused);
  EXPECT_NE(now(by_look).reason.find("another rule"), std::string::npos) << now(by_look).reason;
  StartedBy by{{.id = "usr_1", .workspace = kWorkspace, .scopes = {}, .door = "test"}, ""};
  EXPECT_FALSE(write([&](Tx& tx) { return start_trigger(tx, kWorkspace, prepared.id, by, clock_.now()); }).ok());
  EXPECT_EQ(runs(), 0);
}

TEST_P(ChangeTriggerTest, AWorkflowThatChangesWhatStartsItIsStopped) {
  workflow_ = save(R"({"count":{"type":"update_profile","set":{"n":{"$run":"id"}},"next":"end"},"end":{"type":"end"}})",
                   "count");
  Trigger trigger = made(AttributeSpec{.name = "n"});
  StartedBy by{{.id = "usr_1", .workspace = kWorkspace, .scopes = {"audience:write"}, .door = "test"}, "apr_1"};
  ASSERT_TRUE(write([&](Tx& tx) { return start_trigger(tx, kWorkspace, trigger.id, by, clock_.now()); }).ok());
  put("ana", {{"n", "0"}});
  auto one = engine();
  drain(*one);
  EXPECT_EQ(now(trigger).state, TriggerState::kPaused);
  EXPECT_NE(now(trigger).reason.find("change what starts it"), std::string::npos) << now(trigger).reason;
  EXPECT_EQ(runs(), 20);
}

TEST_P(ChangeTriggerTest, TwoWhoWriteAtTheSameMomentLetInOnce) {
  segment("Regulars", kRegulars);
  Trigger trigger = started(SegmentSpec{.segment = "Regulars"});
  std::string ana = put("ana");
  for (int round = 1; round <= 5; ++round) {
    put("ana", {{"orders", 0}});
    std::jthread other([&] { say({fact("Seen", ana)}); });
    put("ana", {{"orders", 3}});
    other.join();
    EXPECT_EQ(now(trigger).fires, round);
  }
}

}  // namespace
}  // namespace spreaders::workflows
