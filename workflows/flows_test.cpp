// Ways through a workflow, on both databases: splits, conditions on people, loops, exits, goals and delays that ask the
// contact.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

using Lines = std::vector<std::string>;

class Flows : public EngineTest {
 protected:
  // A contact; the id.
  std::string person(const std::string& email, audience::Attributes attributes, const std::string& zone = "") {
    audience::ContactChange change{.email = email, .attributes = std::move(attributes)};
    if (!zone.empty()) change.time_zone = zone;
    auto made = write([&](Tx& tx) { return audience::upsert_contact(tx, kWorkspace, change, clock_.now(), {ids_}); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->contact.id : "";
  }
  Lines run_for(const std::string& subject) {
    std::string run = start("wf_1", subject);
    drain(*engine());
    expect_sound_history(run);
    return history(run);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Flows, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(Flows, AnExperimentGivesEverybodyTheirVariantAndKeepsSomeOut) {
  store("wf_1", "s", parsed(R"({
    "s":{"type":"split","mode":"experiment","salt":"e1","branches":[{"name":"A","weight":4500,"to":"a"},{"name":"B","weight":4500,"to":"b"}],
         "holdout":{"weight":1000,"to":"end"}},
    "a":{"type":"action","tool":"x.a","args":{"v":{"$from":{"node":"s","pointer":"/variant"}}},"next":"end"},
    "b":{"type":"action","tool":"x.b","next":"end"},"end":{"type":"end"}})"));
  std::map<std::string, int> taken;
  for (int i = 0; i < 60; ++i) {
    std::string subject = "ctc_" + std::to_string(i);
    int bucket = bucket_of("e1", subject);
    Lines lines = run_for(subject);
    ASSERT_EQ(lines[0], "s split");
    EXPECT_EQ(lines[1], bucket < 4500 ? "a done" : bucket < 9000 ? "b done" : "end ended") << subject;
    ++taken[lines[1]];
  }
  EXPECT_GE(taken["a done"], 15);
  EXPECT_GE(taken["b done"], 15);
  EXPECT_GE(taken["end ended"], 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM step_log WHERE kind = 'split' AND output = '{\"variant\":\"holdout\"}'"),
            taken["end ended"]);
}

TEST_P(Flows, ConditionsAskWhoAPersonIsAndWhatTheyDid) {
  store("wf_1", "c", parsed(R"({
    "c":{"type":"condition","if":{"and":[{"person":{"attribute":"plan","op":"eq","value":"free"}},
           {"not":{"person":{"event":"Login","count_min":2,"within_days":7}}},
           {"or":[{"op":"eq","left":{"$run":"key"},"right":"never"},{"op":"eq","left":{"$run":"key"},"right":"once"}]}]},"yes":"y","no":"n"},
    "y":{"type":"end"},"n":{"type":"end"}})"));
  std::string free = person("free@example.org", {{"plan", std::string("free")}});
  std::string busy = person("busy@example.org", {{"plan", std::string("free")}});
  std::string paid = person("paid@example.org", {{"plan", std::string("paid")}});
  happen("Login", free);
  happen("Login", busy);
  happen("Login", busy);
  EXPECT_EQ(run_for(free)[0], "c yes");
  EXPECT_EQ(run_for(busy)[0], "c no");
  EXPECT_EQ(run_for(paid)[0], "c no");
  EXPECT_EQ(run_for("cmp_1")[0], "c no") << "a campaign is nobody";
}

TEST_P(Flows, ConsentIsAsked) {
  store("wf_1", "c", parsed(R"({"c":{"type":"condition","if":{"person":{"consent":"email"}},"yes":"y","no":"n"},
    "y":{"type":"end"},"n":{"type":"end"}})"));
  std::string one = person("one@example.org", {});
  std::string other = person("other@example.org", {});
  execute(
      "INSERT INTO consent (workspace_id, contact_id, channel, state, source, at) VALUES ($1, $2, 'email', "
      "'opted_in', 'test', 1)",
      {kWorkspace, one});
  EXPECT_EQ(run_for(one)[0], "c yes");
  EXPECT_EQ(run_for(other)[0], "c no");
}

TEST_P(Flows, ACohortIsTheFirstThatHolds) {
  store("wf_1", "s", parsed(R"({
    "s":{"type":"split","mode":"cohort","branches":[
      {"name":"vip","if":{"person":{"attribute":"orders","op":"gte","value":10}},"to":"a"},
      {"name":"buyer","if":{"person":{"attribute":"orders","op":"gte","value":1}},"to":"b"}],"else":"c"},
    "a":{"type":"end"},"b":{"type":"end"},"c":{"type":"end"}})"));
  EXPECT_EQ(run_for(person("a@example.org", {{"orders", int64_t{12}}}))[1], "a ended");
  EXPECT_EQ(run_for(person("b@example.org", {{"orders", int64_t{2}}}))[1], "b ended");
  EXPECT_EQ(run_for(person("c@example.org", {}))[1], "c ended");
}

TEST_P(Flows, AListThatIsNotThereFailsTheRun) {
  store("wf_1", "c", parsed(R"({"c":{"type":"condition","if":{"person":{"list":"Nobody"}},"yes":"y","no":"n"},
    "y":{"type":"end"},"n":{"type":"end"}})"));
  std::string run = start("wf_1", "ctc_1");
  drain(*engine());
  EXPECT_EQ(status(run), "failed");
  EXPECT_NE(view(run).reason.find("no list is called 'Nobody'"), std::string::npos) << view(run).reason;
}

constexpr const char* kLoops = R"({
  "o":{"type":"action","tool":"x.o","next":"p"},
  "p":{"type":"parallel","branches":["i","s"],"join":"j"},
  "i":{"type":"action","tool":"x.i","next":"inner"},
  "inner":{"type":"loop","to":"i","max":2,"next":"j"},
  "s":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"next":"j"},
  "j":{"type":"join","next":"outer"},
  "outer":{"type":"loop","to":"o","max":1,"next":"after"},
  "after":{"type":"action","tool":"x.after","next":"end"},"end":{"type":"end"}})";

TEST_P(Flows, LoopsGoRoundAsOftenAsTheySayAndEveryRoundHasItsEffects) {
  profiles_.people = 3;
  store("wf_1", "o", parsed(kLoops));
  std::string run = start("wf_1", "ctc_1");
  FakeSender sender(receiver_);
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  EXPECT_EQ(status(run), "completed");
  Lines lines = history(run);
  for (const auto& [line, times] : std::map<std::string, int>{{"o done", 2},
                                                              {"i done", 6},
                                                              {"inner again", 4},
                                                              {"inner over", 2},
                                                              {"s sent", 2},
                                                              {"outer again", 1},
                                                              {"outer over", 1},
                                                              {"after done", 1}})
    EXPECT_EQ(std::count(lines.begin(), lines.end(), line), times) << line;
  for (const char* key :
       {":o", ":o#outer=1", ":i", ":i#inner=1", ":i#inner=2", ":i#inner=1#outer=1", ":i#inner=2#outer=1", ":after"})
    EXPECT_EQ(tools_.effects(run + key), 1) << key;
  EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE state = 'accepted'"), 6);
  expect_sound_history(run);
}

TEST_P(Flows, AtEveryWriteALoopGoesOnWhereItWas) {
  profiles_.people = 1;
  store("wf_1", "o", parsed(kLoops));
  int deaths = 0;
  for (int number = 1; number <= 30; number += 2) {
    SCOPED_TRACE(number);
    std::string run = start("wf_1", "ctc_" + std::to_string(number));
    for (bool mortal : {true, false}) {
      MortalStorage process(*storage_);
      if (mortal) process.die_at_write(number, number % 4 == 1);
      FakeSender sender(receiver_, &process);
      auto one = engine(process, options(), mortal ? "prc_first" : "prc_second");
      run_process(process, *one, sender, {}, mortal ? "prc_first" : "prc_second", 500);
      deaths += process.is_dead() ? 1 : 0;
    }
    EXPECT_EQ(status(run), "completed");
    Lines lines = history(run);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "i done"), 6);
    EXPECT_EQ(tools_.effects(run + ":i#inner=2#outer=1"), 1);
    expect_sound_history(run);
  }
  EXPECT_GE(deaths, 10);
}

TEST_P(Flows, AnExitEndsTheWholeRun) {
  profiles_.people = 2;
  store("wf_1", "p", parsed(R"({
    "p":{"type":"parallel","branches":["w","d"],"join":"j"},"w":{"type":"delay","for":"P9D","next":"j"},
    "d":{"type":"delay","for":"PT1H","next":"out"},"out":{"type":"end","exit":"bought already"},
    "j":{"type":"join","next":"end"},"end":{"type":"end"}})"));
  std::string run = start("wf_1", "ctc_1");
  Instant began = clock_.now();
  drain(*engine());
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(view(run).reason, "bought already");
  EXPECT_EQ(*view(run).ended - began, kHour_us);
  EXPECT_TRUE(view(run).tokens.empty());
  EXPECT_EQ(history(run).back(), "out ended");
}

TEST_P(Flows, TheGoalEndsTheRunWhereverItIs) {
  profiles_.people = 4;
  Json json = {{"id", "wf_1"},
               {"name", "Goal"},
               {"start", "send"},
               {"goal", parsed(R"({"event":"Order Completed","match":[{"property":"total","op":"gt","value":10}]})")},
               {"nodes", parsed(R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1",
                 "payload":{},"next":"d"},"d":{"type":"delay","for":"P1D","next":"end"},"end":{"type":"end"}})")}};
  ASSERT_TRUE(write([&](Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); }).ok());
  std::string run = start("wf_1", "ctc_1");
  std::string held = start("wf_1", "ctc_2");
  auto one = engine();
  ASSERT_EQ(*one->run_once(), 2);
  ASSERT_TRUE(write([&](Tx& tx) { return pause_run(tx, kWorkspace, held, clock_.now()); }).ok());
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"total":5})"), 0);
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"total":50})"), 1);
  EXPECT_EQ(happen("Order Completed", "ctc_2", R"({"total":50})"), 1);
  EXPECT_EQ(happen("Order Completed", "ctc_1", R"({"total":50})"), 0);
  for (const auto& each : {run, held}) {
    EXPECT_EQ(status(each), "completed");
    EXPECT_EQ(view(each).reason, "goal");
    EXPECT_TRUE(view(each).tokens.empty());
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE run_id = $1 AND state = 'cancelled'", {each}), 4)
        << "what was not sent yet is not sent any more";
    expect_sound_history(each);
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM wait_sub"), 0);
  std::string other = start("wf_1", "ctc_3");
  FakeSender sender(receiver_);
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  EXPECT_EQ(view(other).reason, "") << "without the event it goes to its end";
  EXPECT_EQ(count("SELECT COUNT(*) FROM wait_sub"), 0);
}

TEST_P(Flows, DelaysAskTheContact) {
  store("wf_1", "d", parsed(R"({
    "d":{"type":"delay","local_time":"09:00","zone":"user","fallback_zone":"Europe/Berlin","next":"t"},
    "t":{"type":"delay","relative_to":{"attribute":"trial_end","before":"P1D","at":"10:00"},"zone":"user","on_missing":"none","next":"end"},
    "none":{"type":"end"},"end":{"type":"end"}})"));
  struct Case {
    std::string contact, first, ended, last;
  };
  const Case cases[] = {{person("k@example.org", {{"trial_end", std::string("2026-12-01")}}, "Pacific/Kiritimati"),
                         "2026-11-21T19:00:00Z", "2026-11-29T20:00:00Z", "end ended"},
                        {person("n@example.org", {}), "2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z", "none ended"}};
  for (const auto& one : cases) {
    std::string run = start("wf_1", one.contact);
    auto runs = engine();
    ASSERT_EQ(*runs->run_once(), 1);
    EXPECT_EQ(to_text(view(run).tokens[0].due), one.first);
  }
  drain(*engine());
  for (const auto& one : cases) {
    std::string run = query("SELECT id FROM run WHERE subject = $1", {one.contact})[0][0].text();
    EXPECT_EQ(to_text(*view(run).ended), one.ended);
    EXPECT_EQ(history(run).back(), one.last);
  }
}

}  // namespace
}  // namespace spreaders::workflows
