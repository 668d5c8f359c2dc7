// The simulator against the real engine: the same people through the same workflow, node by node; then what is drawn,
// what is cut and what is refused.
#include "workflows/inspect/simulate.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/approvals/approvals.hpp"
#include "services/audience/contacts.hpp"
#include "workflows/asks.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/inspect/people.hpp"

namespace spreaders::workflows::inspect {
namespace {

using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

Json whole(const Json& nodes, const std::string& start) {
  return {{"id", "wf_1"}, {"name", "Test"}, {"start", start}, {"nodes", nodes}};
}

Workflow stored_as(const std::string& id, const Json& definition) {
  Workflow one;
  one.id = id;
  one.name = "In";
  one.version = 1;
  one.definition = definition;
  return one;
}

std::string email_by_act(std::string_view tool) { return tool == "x.mail" ? "email" : ""; }

Result<Simulated> simulated(const Json& json, const Assumptions& assumptions, int64_t people, SimulateOptions options,
                            const std::vector<Workflow>& inner = {}) {
  auto definition = TRY(parse_definition(json));
  auto prepared = TRY(prepare(definition, json, assumptions, email_by_act, inner));
  options.people_of = people;
  return simulate(prepared, made_up_people(prepared, people, options.seed), options);
}

class Simulate : public EngineTest {
 protected:
  using Counts = std::map<std::string, int64_t>;  // "node kind"

  std::string person(int number, const std::string& zone) {
    audience::ContactChange change{.email = "p" + std::to_string(number) + "@example.org",
                                   .time_zone = zone,
                                   .attributes = {{"orders", int64_t{number % 7}}}};
    if (number % 3 != 0) change.attributes["trial_end"] = "2026-12-" + std::to_string(10 + number % 15);
    auto made = write([&](Tx& tx) { return audience::upsert_contact(tx, kWorkspace, change, clock_.now(), {ids_}); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? made->contact.id : "";
  }

  // Every contact goes through the real engine; one log row is one count.
  Counts produced(const Json& nodes, const std::string& first, const std::vector<std::string>& people) {
    store("wf_1", first, nodes);
    for (const auto& id : people) start("wf_1", id);
    drain(*engine(), nullptr, 20'000);
    Counts counts;
    for (const auto& row : query("SELECT node_id, kind, COUNT(*) FROM step_log WHERE workspace_id = $1 GROUP BY "
                                 "node_id, kind",
                                 {kWorkspace}))
      counts[row[0].text() + " " + row[1].text()] = row[2].integer();
    for (const auto& row : query("SELECT status, reason, COUNT(*) FROM run WHERE workspace_id = $1 GROUP BY status, "
                                 "reason",
                                 {kWorkspace})) {
      std::string reason = row[1].text();
      counts["= " + row[0].text() + (reason.empty() ? "" : ": " + reason)] = row[2].integer();
    }
    return counts;
  }

  // Every open question is answered with yes, four hours later.
  bool answer_all() {
    auto open = query("SELECT id FROM approval WHERE state = 'pending'");
    if (!open.empty()) clock_.move_to(clock_.now() + 4 * kHour_us);
    for (const auto& row : open) {
      auto done = write([&](Tx& tx) -> Result<void> {
        std::string code = TRY(services::issue_code(tx, kWorkspace, row[0].text(), clock_.now()));
        auto made = TRY(services::decide(tx, kWorkspace, {row[0].text(), true, code, "usr_ann", "cli"}, clock_.now()));
        return wake_for_decision(tx, kWorkspace, made.subject, clock_.now());
      });
      EXPECT_TRUE(done.ok()) << done.error().text();
    }
    return !open.empty();
  }

  static Counts counts_of(const Simulated& result) {
    Counts counts;
    for (const auto& node : result.nodes) {
      for (const auto& [kind, count] : node.outcomes) counts[node.node + " " + kind] = count;
    }
    for (const auto& [end, count] : result.ends) counts["= " + end] = count;
    return counts;
  }

  // Of all contacts.
  Simulated simulated_contacts(const Json& json, const Assumptions& assumptions, Instant from,
                               const std::vector<Workflow>& inner = {}) {
    auto definition = parse_definition(json);
    EXPECT_TRUE(definition.ok()) << definition.error().text();
    auto prepared = prepare(*definition, json, assumptions, email_by_act, inner);
    EXPECT_TRUE(prepared.ok()) << prepared.error().text();
    Contacts contacts{*storage_, guard_, kWorkspace, {}, from};
    auto result = simulate(*prepared, contacts_of(*prepared, contacts), {.from = from, .people_of = 40});
    EXPECT_TRUE(result.ok()) << result.error().text();
    return result.ok() ? *result : Simulated{};
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Simulate, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

// Everything whose outcome the graph, the contact or a certain assumption decides.
constexpr const char* kEverything = R"({
  "s":{"type":"split","mode":"experiment","salt":"e1","branches":[{"name":"A","weight":4500,"to":"a"},{"name":"B","weight":4500,"to":"b"}],
       "holdout":{"weight":1000,"to":"left_out"}},
  "a":{"type":"action","tool":"x.mail","retry":{"max":2,"base_s":1,"cap_s":4},"next":"d1"},
  "d1":{"type":"delay","local_time":"09:00","days":[1,2,3,4,5],"zone":"user","fallback_zone":"Asia/Tokyo","next":"w"},
  "w":{"type":"wait_event","event":"Never","timeout":"P2D","on":{"event":"end","timeout":"c"}},
  "c":{"type":"condition","if":{"and":[{"person":{"attribute":"orders","op":"gte","value":3}},
       {"op":"eq","left":{"$from":{"node":"s","pointer":"/variant"}},"right":"A"}]},"yes":"p","no":"la"},
  "p":{"type":"parallel","branches":["p1","p2","p3"],"join":"j"},
  "p1":{"type":"delay","for":"PT1H","next":"j"},"p2":{"type":"action","tool":"x.act","next":"j"},
  "p3":{"type":"delay","for":"PT3H","next":"j"},
  "j":{"type":"join","wait":2,"next":"end"},
  "b":{"type":"action","tool":"x.refused","on_fail":"d2","next":"end"},
  "d2":{"type":"delay","relative_to":{"attribute":"trial_end","before":"P1D","at":"09:00"},"on_missing":"fails","next":"co"},
  "co":{"type":"split","mode":"cohort","branches":[{"name":"many","if":{"person":{"attribute":"orders","op":"gte","value":5}},"to":"exit"}],"else":"la"},
  "la":{"type":"delay","for":"PT30M","next":"l"},
  "l":{"type":"loop","to":"la","max":2,"next":"end"},
  "fails":{"type":"action","tool":"x.refused","next":"end"},
  "exit":{"type":"end","exit":"enough"},"left_out":{"type":"end"},"end":{"type":"end"}})";

TEST_P(Simulate, CountsAreThoseOfAProductionRun) {
  std::vector<std::string> people;
  for (int i = 0; i < 40; ++i)
    people.push_back(person(i, i % 3 == 0 ? "Europe/Berlin" : i % 3 == 1 ? "America/Sao_Paulo" : ""));
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    if (call.name == "x.refused") return Error{Code::kVendorRejected, "assumed to fail"};
    return Json::object();
  };
  Json nodes = parsed(kEverything);
  Assumptions assumptions{.events = {{"Never", {.probability = 0}}},
                          .nodes = {{"b", {.fail_rate = 1}}, {"fails", {.fail_rate = 1}}}};
  Simulated result = simulated_contacts(whole(nodes, "s"), assumptions, clock_.now());
  Counts expected = produced(nodes, "s", people);
  EXPECT_EQ(counts_of(result), expected);
  EXPECT_EQ(result.people, 40);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.messages["email"], expected["a done"]);
  for (const char* node : {"a done", "j arrived", "co split", "l over", "left_out ended", "d2 missing",
                           "= completed: enough", "= completed"})
    EXPECT_GT(expected[node], 0) << node << " is what this test is about";
}

// Nodes that start, ask and act, and settings: some runs fail within, some exceed an age.
constexpr const char* kInnerFlow = R"({
  "m":{"type":"action","tool":"x.mail","next":"c"},
  "c":{"type":"condition","if":{"person":{"attribute":"orders","op":"gte","value":5}},"yes":"bad","no":"d"},
  "bad":{"type":"action","tool":"x.refused","next":"end"},
  "d":{"type":"delay","for":"P1D","next":"end"},"end":{"type":"end"}})";
constexpr const char* kActing = R"({
  "u":{"type":"update_profile","set":{"seen":true},"next":"t"},
  "t":{"type":"tag","add":["Seen"],"next":"f"},
  "f":{"type":"action","tool":"x.act","fire_and_forget":true,"next":"q"},
  "q":{"type":"approval","title":"Go on?","what":"Really?","expires":"P2D","on":{"approved":"s","rejected":"end","expired":"end"}},
  "s":{"type":"sub_workflow","workflow":"wf_in","version":1,"timeout":"P9D","on":{"completed":"o","failed":"ce","timeout":"end"}},
  "ce":{"type":"condition","if":{"op":"eq","left":{"$from":{"node":"s","pointer":"/status"}},"right":"failed"},"yes":"r","no":"end"},
  "r":{"type":"action","tool":"x.refused","next":"o"},
  "o":{"type":"sub_workflow","workflow":"wf_in","version":1,"wait":false,"next":"p"},
  "p":{"type":"parallel","branches":["p1","p2"],"join":"j"},
  "p1":{"type":"delay","for":"PT1H","next":"j"},"p2":{"type":"action","tool":"x.act","next":"j"},
  "j":{"type":"join","wait":"n:1","next":"w"},
  "w":{"type":"delay","for":"P30D","next":"end"},"end":{"type":"end"}})";

TEST_P(Simulate, WhatStartsAsksAndActsCountsAsInProduction) {
  std::vector<std::string> people;
  for (int i = 0; i < 14; ++i) people.push_back(person(i, ""));
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    if (call.name == "x.refused") return Error{Code::kVendorRejected, "assumed to fail"};
    return Json::object();
  };
  Json json = whole(parsed(kActing), "u");
  json["settings"] = parsed(R"({"on_error":"continue","max_age":"P9D"})");
  Json inner = whole(parsed(kInnerFlow), "m");
  inner["id"] = "wf_in";
  Simulated result = simulated_contacts(
      json, {.nodes = {{"r", {.fail_rate = 1}}, {"s/bad", {.fail_rate = 1}}, {"o/bad", {.fail_rate = 1}}}},
      clock_.now(), {stored_as("wf_in", inner)});
  for (const auto& flow : {inner, json})
    ASSERT_TRUE(write([&](Tx& tx) { return store_definition(tx, kWorkspace, flow, 1, clock_.now()); }).ok());
  for (const auto& id : people) start("wf_1", id);
  on_idle = [&] { return answer_all(); };
  drain(*engine(), nullptr, 20'000);
  Counts expected;
  for (const auto& row :
       query("SELECT CASE WHEN r.parent_token_id = '' THEN 1 ELSE 0 END, r.depth, l.node_id, l.kind, COUNT(*) FROM "
             "step_log l JOIN run r ON r.id = l.run_id AND r.workspace_id = l.workspace_id GROUP BY "
             "1, 2, 3, 4")) {
    const std::string place = row[1].integer() == 0 ? "" : row[0].integer() == 1 ? "o/" : "s/";
    expected[place + row[2].text() + " " + row[3].text()] = row[4].integer();
  }
  for (const auto& row : query("SELECT status, reason, COUNT(*) FROM run WHERE depth = 0 GROUP BY status, reason"))
    expected["= " + row[0].text() + (row[1].text().empty() ? "" : ": " + row[1].text())] = row[2].integer();
  EXPECT_EQ(counts_of(result), expected);
  for (const char* node : {"u done", "t done", "f left", "f done", "q approved", "s completed", "s failed",
                           "s/d waited", "r failed", "o/m done", "w over", "= completed: max_age"})
    EXPECT_GT(expected[node], 0) << node << " is what this test is about";
  std::map<std::string, NodeCounts> nodes;
  for (const auto& node : result.nodes) nodes[node.node] = node;
  EXPECT_EQ(nodes["f"].entered, 14) << "a call that nobody waits for is one visit";
  EXPECT_EQ(result.messages["email"], 28) << "what is sent within counts too";
}

TEST_P(Simulate, CertainEventsAndGoalsComeAsInProduction) {
  std::vector<std::string> people;
  for (int i = 0; i < 6; ++i) people.push_back(person(i, ""));
  Json nodes = parsed(R"({
    "w":{"type":"wait_event","event":"Bought","timeout":"P2D","since":"here","on":{"event":"c","timeout":"end"}},
    "c":{"type":"condition","if":{"op":"gt","left":{"$from":{"node":"w","pointer":"/properties/total"}},"right":20},"yes":"d","no":"end"},
    "d":{"type":"delay","for":"P3D","next":"end"},"end":{"type":"end"}})");
  Json json = whole(nodes, "w");
  AssumedEvent bought{.probability = 1, .delay = "PT5H", .spread = Spread::kFixed, .properties = Json{{"total", 25}}};
  Simulated result = simulated_contacts(json, {.events = {{"Bought", bought}}}, clock_.now());
  store("wf_1", "w", nodes);
  for (const auto& id : people) start("wf_1", id);
  auto one = engine();
  ASSERT_TRUE(one->run_once().ok());
  Instant entered = clock_.now();
  clock_.move_to(entered + 5 * kHour_us);
  for (const auto& id : people) happen("Bought", id, R"({"total":25})");
  drain(*one);
  Counts expected = {{"= completed", 6}};
  for (const auto& row : query("SELECT node_id, kind, COUNT(*) FROM step_log GROUP BY node_id, kind, workspace_id"))
    expected[row[0].text() + " " + row[1].text()] = row[2].integer();
  EXPECT_EQ(counts_of(result), expected);
  EXPECT_EQ(expected["c yes"], 6);

  json["goal"] = {{"event", "Left"}};
  AssumedEvent left{.probability = 1, .delay = "P1D", .spread = Spread::kFixed};
  result = simulated_contacts(json, {.events = {{"Bought", bought}, {"Left", left}}}, entered);
  EXPECT_EQ(result.ends, (Counts{{"completed: goal", 6}}));
  ASSERT_EQ(result.days.size(), 2u) << "they end a day later";
  EXPECT_EQ(result.days[0].started, 6);
  EXPECT_EQ(result.days[1].ended, 6);
}

TEST_P(Simulate, WhoMayNotBeWrittenToGetsNothing) {
  for (int i = 0; i < 10; ++i) person(i, "");
  guard_.refuse("p3@example.org", "opted_out");
  guard_.refuse("p4@example.org", "no_consent");
  Json json = whole(parsed(R"({"m":{"type":"action","tool":"x.mail","next":"end"},"end":{"type":"end"}})"), "m");
  Simulated result = simulated_contacts(json, {.prices = {{"email", 0.5}}, .currency = "EUR"}, clock_.now());
  EXPECT_EQ(result.messages, (Counts{{"email", 8}}));
  EXPECT_EQ(result.refused, (Counts{{"email: no_consent", 1}, {"email: opted_out", 1}}));
  EXPECT_DOUBLE_EQ(result.cost.value_or(-1), 4.0);
}

TEST_P(Simulate, AMailingIsCountedByItsAudience) {
  profiles_.people = 7;
  guard_.refuse("a002@example.org", "opted_out");
  Json nodes = parsed(
      R"({"f":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"batch":3,"next":"end"},"end":{"type":"end"}})");
  auto definition = parse_definition(whole(nodes, "f"));
  ASSERT_TRUE(definition.ok());
  auto prepared = prepare(*definition, whole(nodes, "f"), {}, email_by_act);
  ASSERT_TRUE(prepared.ok());
  Contacts contacts{*storage_, guard_, kWorkspace, {}, clock_.now()};
  ASSERT_TRUE(count_mailings(*prepared, contacts, profiles_).ok());
  auto result = simulate(*prepared, made_up_people(*prepared, 1, 1), {.from = clock_.now(), .people_of = 1});
  ASSERT_TRUE(result.ok());
  store("wf_1", "f", nodes);
  std::string run = start("wf_1");
  events::fakes::FakeSender sender(receiver_);
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  Counts expected = {{"= completed", 1}};
  for (const auto& line : history(run)) ++expected[line];
  EXPECT_EQ(counts_of(*result), expected);
  EXPECT_EQ(result->messages, (Counts{{"email", receiver_.reached()}}));
  EXPECT_EQ(result->refused, (Counts{{"email: opted_out", 1}}));
}

const SimulateOptions kFrom{.from = {1'790'000'000'000'000}};

TEST(SimulateAlone, TheSameSeedGivesTheSameAndDrawsComeOutAsAssumed) {
  Json json = whole(parsed(R"({
    "w":{"type":"wait_event","event":"Bought","timeout":"P2D","on":{"event":"c","timeout":"m"}},
    "m":{"type":"action","tool":"x.mail","retry":{"max":5,"base_s":2},"on_fail":"end","next":"c"},
    "c":{"type":"condition","if":{"op":"gt","left":{"$from":{"node":"m","pointer":"/n"}},"right":1},"yes":"end","no":"gone"},
    "gone":{"type":"end","exit":"gone"},"end":{"type":"end"}})"),
                    "w");
  Assumptions assumptions{.events = {{"Bought", {.probability = 0.3, .delay = "PT1H"}}},
                          .nodes = {{"m", {.fail_rate = 0.1, .busy_rate = 0.2}}, {"c", {.yes_rate = 0.25}}}};
  SimulateOptions options = kFrom;
  options.samples = 10;
  auto first = simulated(json, assumptions, 20'000, options);
  auto again = simulated(json, assumptions, 20'000, options);
  ASSERT_TRUE(first.ok() && again.ok()) << first.error().text();
  first->took_ms = again->took_ms = 0;
  EXPECT_EQ(to_text(encode(*first)), to_text(encode(*again)));
  options.seed = 2;
  auto other = simulated(json, assumptions, 20'000, options);
  EXPECT_NE(first->ends, other->ends);
  std::map<std::string, NodeCounts> nodes;
  for (auto& node : first->nodes) nodes[node.node] = node;
  EXPECT_NEAR(static_cast<double>(nodes["w"].outcomes["event"]), 6'000, 250);
  EXPECT_NEAR(static_cast<double>(nodes["m"].outcomes["failed"]), 14'000 * 0.1 / 0.8, 250) << "busy is tried again";
  EXPECT_EQ(nodes["m"].outcomes["retry"], first->deferred["retry"]);
  EXPECT_NEAR(static_cast<double>(nodes["c"].outcomes["yes"]), static_cast<double>(nodes["c"].entered) * 0.25, 300);
  EXPECT_EQ(first->samples.size(), 10u);
  EXPECT_EQ(first->samples[9].lines[0].what, "waiting");
  EXPECT_EQ(first->samples[9].person, "person_18001") << "samples are spread over everybody";
}

TEST(SimulateAlone, WhatIsCutSaysSo) {
  Json endless =
      whole(parsed(R"({"a":{"type":"delay","for":"PT1H","next":"l"},"l":{"type":"loop","to":"a","max":100,"next":"m"},
    "m":{"type":"loop","to":"a","max":100,"next":"n"},"n":{"type":"loop","to":"a","max":100,"next":"end"},"end":{"type":"end"}})"),
            "a");
  SimulateOptions options = kFrom;
  options.horizon_us = 100 * kDay_us;
  auto horizon = simulated(endless, {}, 10, options);
  ASSERT_TRUE(horizon.ok()) << horizon.error().text();
  EXPECT_TRUE(horizon->complete);
  EXPECT_EQ(horizon->ends, (std::map<std::string, int64_t>{{"still under way", 10}}));
  EXPECT_EQ(horizon->nodes[0].waiting, 10);
  EXPECT_EQ(horizon->days.size(), kDaysShownMax);
  EXPECT_EQ(horizon->days_left_out, 101 - static_cast<int64_t>(kDaysShownMax));
  options.steps_max = 3'000;
  auto cut = simulated(endless, {}, 10, options);
  EXPECT_FALSE(cut->complete);
  EXPECT_EQ(cut->cut, "the limit of steps was reached");
  EXPECT_LT(cut->people, 10);
  EXPECT_EQ(cut->people_of, 10);
  options = kFrom;
  options.time_limit_ms = -1;
  EXPECT_EQ(simulated(endless, {}, 10, options)->cut, "the time limit was reached");
  options = kFrom;
  options.horizon_us = 3'650 * kDay_us * 30;
  options.time_limit_ms = 10 * 60'000;  // of steps this time, however slow the machine is
  EXPECT_EQ(simulated(endless, {}, 1, options)->ends.begin()->first, "given up: more than 100000 steps");
}

TEST(SimulateAlone, WhatIsAssumedHasToBeThere) {
  Json json = whole(
      parsed(
          R"({"w":{"type":"wait_event","event":"Bought","timeout":"P2D","on":{"event":"end","timeout":"end"}},"end":{"type":"end"}})"),
      "w");
  Assumptions wrong{.events = {{"Bouhgt", {}}}, .nodes = {{"x", {}}, {"w", {.yes_rate = 1}}}, .zones = {{"Mars", 1}}};
  auto refused = simulated(json, wrong, 1, kFrom);
  ASSERT_FALSE(refused.ok());
  std::string text = refused.error().text();
  for (const char* place :
       {"/assume/events/Bouhgt", "/assume/nodes/x", "/assume/nodes/w/yes_rate", "/assume/zones/Mars"})
    EXPECT_NE(text.find(place), std::string::npos) << text;
  auto said = simulated(json, {}, 1, kFrom);
  ASSERT_EQ(said->assumed.size(), 1u);
  EXPECT_EQ(said->assumed[0],
            "The event 'Bought' comes to 20 % of those who wait for it in 'w', on average P1D later "
            "(a default).");
}

constexpr const char* kAsked = R"({
  "q":{"type":"approval","title":"Go on?","what":"Really?","expires":"P1D","on":{"approved":"c","rejected":"n","expired":"e"}},
  "c":{"type":"condition","if":{"op":"eq","left":{"$from":{"node":"q","pointer":"/decision"}},"right":"approved"},"yes":"end","no":"n"},
  "n":{"type":"end","exit":"no"},"e":{"type":"end","exit":"late"},"end":{"type":"end"}})";

TEST(SimulateAlone, AQuestionIsAnsweredAsAssumedAndThatIsSaid) {
  Json json = whole(parsed(kAsked), "q");
  auto yes = simulated(json, {}, 100, kFrom);
  ASSERT_TRUE(yes.ok()) << yes.error().text();
  EXPECT_EQ(yes->ends, (std::map<std::string, int64_t>{{"completed", 100}}));
  EXPECT_EQ(yes->assumed, std::vector<std::string>{"What 'q' asks a person is approved PT4H later (a default)."});
  EXPECT_EQ(yes->samples[0].lines[1].at - yes->samples[0].lines[0].at, 4 * kHour_us);
  auto some = simulated(json, {.nodes = {{"q", {.yes_rate = 0.7, .delay = "PT1H"}}}}, 10'000, kFrom);
  EXPECT_NEAR(static_cast<double>(some->ends["completed: no"]), 3'000, 200);
  EXPECT_EQ(some->assumed[0], "What 'q' asks a person is answered PT1H later: 70 % approved, 30 % rejected.");
  auto late = simulated(json, {.nodes = {{"q", {.delay = "P1D"}}}}, 10, kFrom);
  EXPECT_EQ(late->ends, (std::map<std::string, int64_t>{{"completed: late", 10}}));
  EXPECT_EQ(late->assumed[0], "What 'q' asks a person is not answered in time: only after P1D (a default).");
  auto wrong = simulated(json, {.nodes = {{"q", {.fail_rate = 1}}, {"c", {.delay = "P1D"}}}}, 1, kFrom);
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().text().find("/assume/nodes/q"), std::string::npos);
  EXPECT_NE(wrong.error().text().find("/assume/nodes/c/delay"), std::string::npos);
}

TEST(SimulateAlone, TimeIsUpForARunWithinAndItIsNotThereUnknown) {
  Json inner =
      whole(parsed(R"({"d":{"type":"delay","for":"P9D","next":"m"},"m":{"type":"action","tool":"x.mail","next":"end"},
    "end":{"type":"end"}})"),
            "d");
  inner["id"] = "wf_in";
  Json json = whole(parsed(R"({"s":{"type":"sub_workflow","workflow":"wf_in","version":1,"timeout":"P2D",
    "on":{"completed":"end","timeout":"t"}},"t":{"type":"end","exit":"late"},"end":{"type":"end"}})"),
                    "s");
  const std::vector<Workflow> within = {stored_as("wf_in", inner)};
  auto late = simulated(json, {}, 3, kFrom, within);
  ASSERT_TRUE(late.ok()) << late.error().text();
  EXPECT_EQ(late->ends, (std::map<std::string, int64_t>{{"completed: late", 3}}));
  EXPECT_TRUE(late->messages.empty()) << "it was cancelled before";
  EXPECT_EQ(late->assumed[0], "'s' starts 'In' version 1, whose steps are simulated as 's/...'.");
  json["goal"] = {{"event", "Left"}};
  json["nodes"]["s"].erase("timeout");
  json["nodes"]["s"]["on"].erase("timeout");
  json["nodes"].erase("t");
  auto goal = simulated(json, {.events = {{"Left", {.probability = 1, .delay = "P3D", .spread = Spread::kFixed}}}}, 3,
                        kFrom, within);
  ASSERT_TRUE(goal.ok()) << goal.error().text();
  EXPECT_EQ(goal->ends, (std::map<std::string, int64_t>{{"completed: goal", 3}}));
  EXPECT_TRUE(goal->messages.empty()) << "the goal of the run around it ends it";
  auto gone = simulated(json, {}, 1, kFrom);
  ASSERT_FALSE(gone.ok());
  EXPECT_NE(gone.error().text().find("/definition/nodes/s/workflow"), std::string::npos) << gone.error().text();
}

TEST(SimulateAlone, LimitsEndRunsAndOtherSettingsAreSaid) {
  Json json = whole(
      parsed(R"({"a":{"type":"action","tool":"x.act","next":"l"},"l":{"type":"loop","to":"a","max":100,"next":"end"},
    "end":{"type":"end"}})"),
      "a");
  json["settings"] = parsed(R"({"max_steps":10,"caps":[{"messages":1,"days":1}],"max_entries":5})");
  auto result = simulated(json, {}, 2, kFrom);
  ASSERT_TRUE(result.ok()) << result.error().text();
  EXPECT_EQ(result->ends.begin()->first, "failed: the run has taken more than 10 steps");
  const std::string said = to_text(Json(result->assumed));
  EXPECT_NE(said.find("Caps, quiet hours and the window of the workflow are not applied"), std::string::npos) << said;
  EXPECT_NE(said.find("How many runs and people the workflow may have"), std::string::npos) << said;
}

TEST(SimulateAlone, WhatStartedARunIsItsDefaultAndThatIsSaid) {
  Json json =
      whole(parsed(R"({"c":{"type":"condition","if":{"op":"eq","left":{"$trigger":"/properties/plan","default":"pro"},
    "right":"pro"},"yes":"a","no":"end"},"a":{"type":"action","tool":"x.act","args":{"to":{"$trigger":"/body/id"}},
    "next":"end"},"end":{"type":"end"}})"),
            "c");
  auto result = simulated(json, {}, 1, kFrom);
  ASSERT_TRUE(result.ok()) << result.error().text();
  EXPECT_EQ(result->ends.begin()->first, "completed");
  EXPECT_NE(to_text(Json(result->assumed)).find("What starts a run is not known"), std::string::npos);
}

TEST(SimulateAlone, ANodeOfAnUnknownTypeIsRefused) {
  Json json = whole(parsed(R"({"d":{"type":"delay","for":"PT1H","next":"end"},"end":{"type":"end"}})"), "d");
  auto definition = parse_definition(json);
  ASSERT_TRUE(definition.ok());
  definition->nodes["d"].type = static_cast<NodeType>(200);
  json["nodes"]["d"]["type"] = "brand_new";
  json["nodes"]["end"]["sparkles"] = true;
  json["settings"] = {{"max_age", "P1D"}, {"glitter", 1}};
  auto refused = prepare(*definition, json, {}, email_by_act);
  ASSERT_FALSE(refused.ok());
  for (const char* place :
       {"/definition/nodes/d/type", "/definition/nodes/end/sparkles", "/definition/settings/glitter"})
    EXPECT_NE(refused.error().text().find(place), std::string::npos) << place;
  EXPECT_NE(refused.error().text().find("'brand_new'"), std::string::npos) << refused.error().text();
}

TEST(SimulateAlone, TimeOfEntryIsSpread) {
  Json json = whole(parsed(R"({"end":{"type":"end"}})"), "end");
  SimulateOptions options = kFrom;
  options.enter_within_us = 10 * kDay_us;
  auto result = simulated(json, {}, 1'000, options);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->days.size(), 11u) << "it begins in the middle of a day";
  EXPECT_EQ(result->days[4].started, 100);
  EXPECT_EQ(result->days[4].entered["end"], 100);
}

}  // namespace
}  // namespace spreaders::workflows::inspect
