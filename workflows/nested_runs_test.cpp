// Runs within runs and questions to people, on both databases: they begin, pause and end together, whoever dies at
// whichever write.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "services/approvals/approvals.hpp"
#include "workflows/asks.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/nested.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

using Lines = std::vector<std::string>;

constexpr const char* kInner = R"({"c":{"type":"action","tool":"x.c","next":"d"},
  "d":{"type":"delay","for":"PT1H","next":"c2"},"c2":{"type":"action","tool":"x.c2","next":"end"},"end":{"type":"end"}})";
constexpr const char* kOuter = R"({
  "s":{"type":"sub_workflow","workflow":"wf_in","version":1,"timeout":"P2D","on":{"completed":"a","failed":"f","timeout":"t"}},
  "a":{"type":"action","tool":"x.a","args":{"of":{"$from":{"node":"s","pointer":"/run_id"}}},"next":"end"},
  "f":{"type":"action","tool":"x.f","next":"end"},"t":{"type":"action","tool":"x.t","next":"end"},"end":{"type":"end"}})";

class Nested : public EngineTest {
 protected:
  std::string inner_of(const std::string& run) {
    auto rows = query("SELECT id FROM run WHERE parent_run_id = $1", {run});
    EXPECT_EQ(rows.size(), 1u);
    return rows.empty() ? "" : rows[0][0].text();
  }
  std::string reason(const std::string& run) { return view(run).reason; }
  void step_once() { ASSERT_TRUE(engine()->run_once().ok()); }
  Result<Workflow> save(const std::string& id, const std::string& start, const std::string& nodes) {
    Json json = {{"name", "Test"}, {"start", start}, {"nodes", parsed(nodes)}};
    return write([&](Tx& tx) { return save_workflow(tx, kWorkspace, id, json, clock_.now(), ids_); });
  }
  services::Approval question(const std::string& run) {
    auto rows = query("SELECT id FROM approval WHERE subject = 'step' AND subject_id LIKE $1", {run + ":%"});
    EXPECT_EQ(rows.size(), 1u) << "asked once";
    auto made =
        write([&](Tx& tx) { return services::get_approval(tx, kWorkspace, rows.at(0)[0].text(), clock_.now()); });
    EXPECT_TRUE(made.ok());
    return *made;
  }
  // As approvals.decide does it.
  void answer(const std::string& approval, bool yes) {
    auto done = write([&](Tx& tx) -> Result<void> {
      std::string code = TRY(services::issue_code(tx, kWorkspace, approval, clock_.now()));
      auto made = TRY(services::decide(tx, kWorkspace, {approval, yes, code, "usr_ann", "cli"}, clock_.now()));
      return wake_for_decision(tx, kWorkspace, made.subject, clock_.now());
    });
    ASSERT_TRUE(done.ok()) << done.error().text();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Nested, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(Nested, TheOuterRunGoesOnWhenTheInnerOneHasEnded) {
  store("wf_in", "c", parsed(kInner));
  store("wf_out", "s", parsed(kOuter));
  std::string run = start("wf_out", "ctc_1");
  drain(*engine());
  EXPECT_EQ(status(run), "completed");
  std::string inner = inner_of(run);
  EXPECT_EQ(status(inner), "completed");
  EXPECT_EQ(query("SELECT subject, entry_key, depth FROM run WHERE id = $1", {inner})[0][0].text(), "ctc_1");
  EXPECT_EQ(query("SELECT entry_key FROM run WHERE id = $1", {inner})[0][0].text(), run + ":s");
  EXPECT_EQ(history(run), (Lines{"s started", "s completed", "a done", "end ended"}));
  EXPECT_EQ(history(inner), (Lines{"c done", "d waiting", "d waited", "c2 done", "end ended"}));
  EXPECT_EQ(tools_.last().arguments["of"], inner);
  EXPECT_EQ(*view(run).ended, *view(inner).ended) << "woken, not polled for";
  expect_sound_history(run);
}

TEST_P(Nested, ARunThatIsNotWaitedForGoesItsOwnWay) {
  store("wf_in", "c", parsed(kInner));
  store("wf_out", "s", parsed(R"({"s":{"type":"sub_workflow","workflow":"wf_in","version":1,"wait":false,"next":"end"},
    "end":{"type":"end"}})"));
  std::string run = start("wf_out", "ctc_1");
  auto one = engine();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(one->run_once().ok());
  std::string inner = inner_of(run);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(status(inner), "active");
  drain(*one);
  EXPECT_EQ(status(inner), "completed");
}

TEST_P(Nested, WhatFailsWithinFailsTheOuterRunUnlessThereIsAWay) {
  store("wf_in", "c", parsed(kInner));
  store("wf_out", "s", parsed(kOuter));
  store("wf_bare", "s", parsed(R"({"s":{"type":"sub_workflow","workflow":"wf_in","version":1,"on":{"completed":"end"}},
    "end":{"type":"end"}})"));
  tools_.on_call = [](const ToolCall& call, int) -> Result<Json> {
    if (call.name == "x.c2") return Error{Code::kVendorRejected, "no"};
    return Json::object();
  };
  std::string with_way = start("wf_out", "ctc_1");
  std::string without = start("wf_bare", "ctc_2");
  drain(*engine());
  EXPECT_EQ(history(with_way), (Lines{"s started", "s failed", "f done", "end ended"}));
  EXPECT_EQ(status(without), "failed");
  EXPECT_NE(reason(without).find("x.c2: no"), std::string::npos) << reason(without);
}

TEST_P(Nested, WhoeverWaitsTooLongCancelsWhatItWaitsFor) {
  store("wf_in", "d", parsed(R"({"d":{"type":"delay","for":"P9D","next":"end"},"end":{"type":"end"}})"));
  store("wf_out", "s", parsed(kOuter));
  std::string run = start("wf_out", "ctc_1");
  Instant began = clock_.now();
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"s started", "s timeout", "t done", "end ended"}));
  EXPECT_EQ(status(inner_of(run)), "cancelled");
  EXPECT_EQ(*view(run).ended - began, 2 * kDay_us);
  EXPECT_TRUE(view(inner_of(run)).tokens.empty());
}

TEST_P(Nested, PauseAndCancelReachWhatIsWaitedFor) {
  auto inner_flow = save("", "c", kInner);
  ASSERT_TRUE(inner_flow.ok()) << inner_flow.error().text();
  std::string middle =
      R"({"s":{"type":"sub_workflow","workflow":"$","version":1,"on":{"completed":"end"}},"end":{"type":"end"}})";
  auto around = [&](const std::string& id) {
    std::string text = middle;
    return save("", "s", text.replace(text.find('$'), 1, id));
  };
  auto mid = around(inner_flow->id);
  ASSERT_TRUE(mid.ok()) << mid.error().text();
  auto outer = around(mid->id);
  ASSERT_TRUE(outer.ok());
  std::string run = start(outer->id, "ctc_1");
  auto one = engine();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(one->run_once().ok());
  std::string second = inner_of(run);
  std::string third = inner_of(second);
  auto all = [&] { return status(run) + " " + status(second) + " " + status(third); };
  ASSERT_EQ(all(), "active active active");
  auto does = [&](auto&& body) { EXPECT_TRUE(write(body).ok()); };
  does([&](Tx& tx) { return pause_run(tx, kWorkspace, run, clock_.now()); });
  EXPECT_EQ(all(), "paused paused paused");
  does([&](Tx& tx) { return resume_run(tx, kWorkspace, run, clock_.now()); });
  EXPECT_EQ(all(), "active active active");
  does([&](Tx& tx) { return pause_workflow(tx, kWorkspace, outer->id, clock_.now()); });
  does([&](Tx& tx) { return pause_workflow(tx, kWorkspace, inner_flow->id, clock_.now()); });
  EXPECT_EQ(all(), "paused paused paused");
  does([&](Tx& tx) { return resume_workflow(tx, kWorkspace, outer->id, clock_.now()); });
  EXPECT_EQ(all(), "active active paused") << "its own workflow is paused";
  does([&](Tx& tx) { return resume_workflow(tx, kWorkspace, inner_flow->id, clock_.now()); });
  EXPECT_EQ(all(), "active active active");
  does([&](Tx& tx) { return cancel_run(tx, kWorkspace, run, "enough", clock_.now()); });
  EXPECT_EQ(all(), "cancelled cancelled cancelled");
  EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE state NOT IN ('dead', 'done')"), 0);
  drain(*one);
  EXPECT_EQ(tools_.calls(third + ":c2"), 0);
}

TEST_P(Nested, ARunOfAPausedWorkflowWaitsForItsResume) {
  auto inner_flow = save("", "c", kInner);
  std::string nodes =
      R"({"s":{"type":"sub_workflow","workflow":"$","version":1,"on":{"completed":"end"}},"end":{"type":"end"}})";
  auto outer = save("", "s", nodes.replace(nodes.find('$'), 1, inner_flow->id));
  ASSERT_TRUE(write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, inner_flow->id, clock_.now()); }).ok());
  std::string run = start(outer->id, "ctc_1");
  drain(*engine());
  EXPECT_EQ(status(inner_of(run)), "paused");
  ASSERT_TRUE(write([&](Tx& tx) { return resume_workflow(tx, kWorkspace, inner_flow->id, clock_.now()); }).ok());
  drain(*engine());
  EXPECT_EQ(status(run), "completed");
}

TEST_P(Nested, AtEveryWriteTheInnerRunBeginsOnceAndItsEndIsHeard) {
  store("wf_in", "c", parsed(kInner));
  store("wf_out", "s", parsed(kOuter));
  int deaths = 0;
  for (int number = 1; number <= 16; ++number) {
    for (bool committed : {false, true}) {
      SCOPED_TRACE("write " + std::to_string(number) + (committed ? " committed" : " lost"));
      std::string run = start("wf_out", "s" + std::to_string(number) + (committed ? "c" : "l"));
      for (bool mortal : {true, false}) {
        MortalStorage process(*storage_);
        if (mortal) process.die_at_write(number, committed);
        FakeSender sender(receiver_, &process);
        auto one = engine(process, options(), mortal ? "prc_first" : "prc_second");
        run_process(process, *one, sender, {}, mortal ? "prc_first" : "prc_second", 500);
        deaths += process.is_dead() ? 1 : 0;
      }
      EXPECT_EQ(history(run), (Lines{"s started", "s completed", "a done", "end ended"}));
      std::string inner = inner_of(run);
      EXPECT_EQ(history(inner).size(), 5u);
      for (const auto& key : {inner + ":c", inner + ":c2", run + ":a"}) EXPECT_EQ(tools_.effects(key), 1) << key;
      expect_sound_history(run);
      expect_sound_history(inner);
    }
  }
  EXPECT_GE(deaths, 20);
}

TEST_P(Nested, RunsAreNestedOnlySoDeep) {
  store("wf_in", "end", parsed(R"({"end":{"type":"end"}})"));
  store("wf_out", "s", parsed(kOuter));
  std::string run = start("wf_out", "ctc_1");
  execute("UPDATE run SET depth = $1 WHERE id = $2", {kNestedMax, run});
  drain(*engine());
  EXPECT_EQ(history(run), (Lines{"s failed", "f done", "end ended"}));
  EXPECT_EQ(count("SELECT COUNT(*) FROM run"), 1);
}

TEST_P(Nested, AStoredWorkflowSaysExactlyWhatItStarts) {
  auto bare = save(
      "", "s", R"({"s":{"type":"sub_workflow","workflow":"wf_none","on":{"completed":"end"}},"end":{"type":"end"}})");
  ASSERT_FALSE(bare.ok());
  EXPECT_EQ(bare.error().issues.at(0).pointer, "/nodes/s/version");
  auto ends = save("", "end", R"({"end":{"type":"end"}})");
  Json nodes = parsed(R"({"s":{"type":"sub_workflow","on":{"completed":"end"}},"end":{"type":"end"}})");
  auto around = [&](const std::string& id, const std::string& of) {
    Json json = {{"name", "Test"}, {"start", "s"}, {"nodes", nodes}};
    json["nodes"]["s"]["workflow"] = of;
    return write([&](Tx& tx) -> Result<Workflow> {
      Findings findings = TRY(settle_versions(tx, kWorkspace, json));
      if (findings.empty()) findings = TRY(find_nested_problems(tx, kWorkspace, id, json));
      if (!findings.empty()) return invalid(findings[0].code + " " + findings[0].pointer);
      return save_workflow(tx, kWorkspace, id, json, clock_.now(), ids_);
    });
  };
  EXPECT_EQ(around("", "wf_none").error().message, "unknown_workflow /nodes/s/workflow");
  std::string at = ends->id;
  std::string first;
  for (int depth = 1; depth <= kNestedMax; ++depth) {
    auto made = around("", at);
    ASSERT_TRUE(made.ok()) << made.error().text();
    EXPECT_EQ(made->definition["nodes"]["s"]["version"], 1);
    at = made->id;
    if (depth == 1) first = at;
  }
  EXPECT_EQ(around("", at).error().message, "sub_workflow_depth /nodes/s/workflow");
  EXPECT_EQ(around(first, first).error().message, "sub_workflow_cycle /nodes/s/workflow");
  auto all = write([&](Tx& tx) -> Result<std::vector<Workflow>> {
    return nested_workflows(tx, kWorkspace, TRY(get_workflow(tx, kWorkspace, at)).definition);
  });
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->size(), static_cast<size_t>(kNestedMax));
  EXPECT_EQ(all->back().id, ends->id);
}

constexpr const char* kAsks = R"({
  "q":{"type":"approval","title":"Send the offer?","what":"Ten per cent for everybody","expires":"P1D",
       "on":{"approved":"y","rejected":"n","expired":"e"}},
  "y":{"type":"action","tool":"x.y","args":{"by":{"$from":{"node":"q","pointer":"/by"}}},"next":"end"},
  "n":{"type":"action","tool":"x.n","next":"end"},"e":{"type":"action","tool":"x.e","next":"end"},"end":{"type":"end"}})";

TEST_P(Nested, APersonDecidesWhereARunGoesOn) {
  store("wf_1", "q", parsed(kAsks));
  std::map<std::string, std::string> runs;
  for (const char* kind : {"yes", "no", "never", "late"}) runs[kind] = start("wf_1", kind);
  std::vector<std::string> told;
  auto one = engine();
  one->on_asked([&](const std::string& workspace, const std::string& id) {
    EXPECT_EQ(workspace, kWorkspace);
    told.push_back(id);
  });
  ASSERT_TRUE(one->run_once().ok());
  ASSERT_EQ(*one->run_once(), 0) << "it stands still";
  EXPECT_EQ(told.size(), 4u);
  auto asked = question(runs["yes"]);
  EXPECT_EQ(asked.state, "pending");
  EXPECT_EQ(asked.expires_at - clock_.now(), kDay_us);
  EXPECT_NE(asked.subject.summary.find("Send the offer?\nTen per cent for everybody"), std::string::npos);
  answer(asked.id, true);
  answer(question(runs["no"]).id, false);
  answer(question(runs["late"]).id, true);
  auto hold = write([&](Tx& tx) { return pause_run(tx, kWorkspace, runs["late"], clock_.now()); });
  ASSERT_TRUE(hold.ok());
  drain(*one);
  EXPECT_EQ(history(runs["yes"]), (Lines{"q asked", "q approved", "y done", "end ended"}));
  EXPECT_EQ(history(runs["no"]), (Lines{"q asked", "q rejected", "n done", "end ended"}));
  EXPECT_EQ(history(runs["never"]), (Lines{"q asked", "q expired", "e done", "end ended"}));
  clock_.move_to(clock_.now() + 30 * kDay_us);
  ASSERT_TRUE(write([&](Tx& tx) { return resume_run(tx, kWorkspace, runs["late"], clock_.now()); }).ok());
  drain(*one);
  EXPECT_EQ(history(runs["late"]).at(1), "q approved") << "what was said in time counts";
  EXPECT_EQ(tools_.last().arguments["by"], "usr_ann");
}

TEST_P(Nested, ARunThatEndsTakesItsQuestionBack) {
  std::string run = start_with("wf_1", "q", kAsks);
  step_once();
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_run(tx, kWorkspace, run, "enough", clock_.now()); }).ok());
  EXPECT_EQ(question(run).state, "revoked");
}

TEST_P(Nested, VirtualTimeStandsStillWhileAnybodyIsAsked) {
  auto open = [&] { return *has_open_question(*storage_, clock_.now()); };
  std::string run = start_with("wf_1", "q", kAsks);
  EXPECT_FALSE(open());
  step_once();
  EXPECT_TRUE(open());
  ASSERT_TRUE(write([&](Tx& tx) { return pause_run(tx, kWorkspace, run, clock_.now()); }).ok());
  EXPECT_FALSE(open()) << "a paused run waits for more than an answer";
  ASSERT_TRUE(write([&](Tx& tx) { return resume_run(tx, kWorkspace, run, clock_.now()); }).ok());
  EXPECT_TRUE(open());
  EXPECT_FALSE(*has_open_question(*storage_, clock_.now() + kDay_us)) << "the time is up";
  answer(question(run).id, false);
  EXPECT_FALSE(open());
}

// Two processes whose clocks differ: the one that decides is behind.
TEST_P(Nested, OfADecisionAndItsExpiryTheFirstWins) {
  store("wf_1", "q", parsed(kAsks));
  std::string expires = start("wf_1", "ctc_1"), in_time = start("wf_1", "ctc_2");
  step_once();
  Instant before = clock_.now();
  std::string late = question(expires).id;
  auto code = write([&](Tx& tx) { return services::issue_code(tx, kWorkspace, late, before); });
  answer(question(in_time).id, true);
  clock_.move_to(before + 2 * kDay_us);
  drain(*engine());
  auto decided = write([&](Tx& tx) {
    return services::decide(tx, kWorkspace, {late, true, *code, "usr_ann", "cli"}, before);
  });
  ASSERT_FALSE(decided.ok());
  EXPECT_EQ(decided.error().code, Code::kConflict);
  EXPECT_NE(decided.error().message.find("already expired"), std::string::npos) << decided.error().message;
  EXPECT_EQ(history(expires), (Lines{"q asked", "q expired", "e done", "end ended"}));
  EXPECT_EQ(history(in_time), (Lines{"q asked", "q approved", "y done", "end ended"}));
}

using NestedMeanwhile = Nested;
INSTANTIATE_TEST_SUITE_P(Engines, NestedMeanwhile, ::testing::Values(storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(NestedMeanwhile, ADecisionThatIsNotCommittedYetIsWaitedForAtTheExpiry) {
  std::string run = start_with("wf_1", "q", kAsks);
  auto one = engine(*storage_, options(false));
  ASSERT_EQ(*one->run_once(), 1);
  Instant before = clock_.now();
  std::string asked = question(run).id;
  auto code = write([&](Tx& tx) { return services::issue_code(tx, kWorkspace, asked, before); });
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                auto made = TRY(services::decide(tx, kWorkspace, {asked, true, *code, "usr_ann", "cli"}, before));
                clock_.move_to(before + kDay_us);
                std::jthread([&] { EXPECT_TRUE(one->run_once().ok()); }).join();
                return wake_for_decision(tx, kWorkspace, made.subject, before);
              }).ok());
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"q asked", "q approved", "y done", "end ended"}));
}

TEST_P(NestedMeanwhile, AnExpiryThatIsNotCommittedYetRefusesTheDecision) {
  std::string run = start_with("wf_1", "q", kAsks);
  auto one = engine(*storage_, options(false));
  ASSERT_EQ(*one->run_once(), 1);
  Instant before = clock_.now();
  std::string asked = question(run).id;
  auto code = write([&](Tx& tx) { return services::issue_code(tx, kWorkspace, asked, before); });
  clock_.move_to(before + kDay_us);
  // In one transaction of the engine: the question expires, then an audience is addressed and a decision comes in.
  clock_.move_to(clock_.now() + 1);
  start_with("wf_2", "send", R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1",
    "payload":{},"next":"end"},"end":{"type":"end"}})");
  std::jthread decider;
  Code refused = Code::kInternal;
  profiles_.on_page = [&] {
    if (decider.joinable()) return;
    decider = std::jthread([&] {
      auto decided = write([&](Tx& tx) {
        return services::decide(tx, kWorkspace, {asked, true, *code, "usr_ann", "cli"}, before);
      });
      if (!decided.ok()) refused = decided.error().code;
    });
  };
  ASSERT_TRUE(one->run_once().ok());
  ASSERT_TRUE(decider.joinable());
  decider.join();
  profiles_.on_page = nullptr;
  EXPECT_EQ(refused, Code::kConflict);
  drain(*one);
  EXPECT_EQ(history(run), (Lines{"q asked", "q expired", "e done", "end ended"}));
}

TEST_P(Nested, AtEveryWriteAPersonIsAskedOnce) {
  store("wf_1", "q", parsed(kAsks));
  int deaths = 0;
  for (int number = 1; number <= 8; ++number) {
    for (bool committed : {false, true}) {
      SCOPED_TRACE("write " + std::to_string(number) + (committed ? " committed" : " lost"));
      std::string run = start("wf_1", "s" + std::to_string(number) + (committed ? "c" : "l"));
      bool answered = false;
      for (bool mortal : {true, false}) {
        MortalStorage process(*storage_);
        if (mortal) process.die_at_write(number, committed);
        on_idle = [&] {
          if (answered || query("SELECT 1 FROM approval WHERE subject_id = $1", {run + ":q"}).empty()) return false;
          answer(question(run).id, true);
          return answered = true;
        };
        FakeSender sender(receiver_, &process);
        auto one = engine(process, options(), mortal ? "prc_first" : "prc_second");
        run_process(process, *one, sender, {}, mortal ? "prc_first" : "prc_second", 500);
        deaths += process.is_dead() ? 1 : 0;
      }
      on_idle = nullptr;
      EXPECT_EQ(history(run), (Lines{"q asked", "q approved", "y done", "end ended"}));
      EXPECT_EQ(tools_.effects(run + ":y"), 1);
      expect_sound_history(run);
    }
  }
  EXPECT_GE(deaths, 8);
}

}  // namespace
}  // namespace spreaders::workflows
