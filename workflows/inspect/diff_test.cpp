// Two versions compared and read out, and people moved from one to the other: over deaths, under waits and timers.
#include "workflows/inspect/diff.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/inspect/tools_test.hpp"

namespace spreaders::workflows::inspect {
namespace {

using events::fakes::MortalStorage;

const char* const kOld = R"({"name":"Welcome","start":"w","nodes":{
  "w":{"type":"wait_event","event":"Bought","timeout":"P2D","on":{"event":"d","timeout":"d"}},
  "d":{"type":"delay","for":"P3D","next":"gone"},
  "gone":{"type":"delay","for":"P1D","next":"end"},
  "end":{"type":"end"}}})";
// The wait is as it was, the delay is shorter, a step has another name.
const char* const kNew = R"({"name":"Welcome","start":"w","nodes":{
  "w":{"type":"wait_event","event":"Bought","timeout":"P2D","on":{"event":"d","timeout":"fresh"}},
  "d":{"type":"delay","for":"P1D","next":"fresh"},
  "fresh":{"type":"delay","for":"PT1H","next":"end"},
  "end":{"type":"end","exit":"new"}}})";

std::vector<std::string> lines_of(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const auto& change : changes)
    lines.push_back(std::string(enum_name(change.kind)) + " " + change.pointer + " " + change.before + " " +
                    change.after);
  return lines;
}

TEST(Changes, AreFoundFieldByField) {
  Json from = parsed(kOld), to = parsed(kNew);
  EXPECT_EQ(lines_of(changes_between(from, from)), std::vector<std::string>{});
  EXPECT_EQ(lines_of(changes_between(from, to)),
            (std::vector<std::string>{R"(changed /nodes/d/for "P3D" "P1D")", R"(rewired /nodes/d/next "gone" "fresh")",
                                      R"(changed /nodes/end/exit  "new")",
                                      "added /nodes/fresh  " + to_text(to["nodes"]["fresh"]),
                                      "removed /nodes/gone " + to_text(from["nodes"]["gone"]) + " ",
                                      R"(rewired /nodes/w/on/timeout "d" "fresh")"}));
  to = from;
  to["start"] = "d";
  to["goal"] = {{"event", "Left"}};
  EXPECT_EQ(lines_of(changes_between(from, to)),
            (std::vector<std::string>{R"(rewired /start "w" "d")", R"(changed /goal  {"event":"Left"})"}));
  to = from;
  to["settings"] = {{"on_error", "exit"}, {"max_age", "P9D"}};
  EXPECT_EQ(lines_of(changes_between(from, to)),
            (std::vector<std::string>{R"(changed /settings  {"on_error":"exit","max_age":"P9D"})"}));
  from["settings"] = {{"on_error", "exit"}, {"max_age", "P3D"}};
  EXPECT_EQ(lines_of(changes_between(from, to)),
            (std::vector<std::string>{R"(changed /settings/max_age "P3D" "P9D")"}));
  Json split = parsed(
      R"({"nodes":{"s":{"type":"split","branches":[{"name":"A","weight":5000,"to":"a"},{"name":"B","weight":5000,"to":"b"}]}}})");
  Json other = split;
  other["nodes"]["s"]["branches"][1]["to"] = "c";
  other["nodes"]["s"]["branches"][0]["weight"] = 4000;
  EXPECT_EQ(lines_of(changes_between(split, other)),
            (std::vector<std::string>{"changed /nodes/s/branches/0/weight 5000 4000",
                                      R"(rewired /nodes/s/branches/1/to "b" "c")"}));
}

class Migrate : public ToolsTest {
 protected:
  // Versions 1 and 2 with people in version 1: two at w, two at d, one at gone.
  void SetUp() override {
    ToolsTest::SetUp();
    if (storage_ == nullptr) return;
    workflow_ = save(parsed(kOld));
    auto one = engine();
    enter("ctc_gone");
    clock_.move_to(begin_ + kHour_us);
    ASSERT_TRUE(one->run_once().ok());
    happen("Bought", "ctc_gone");
    drain_until(*one, begin_ + 3 * kDay_us + 2 * kHour_us);
    enter("ctc_d1");
    enter("ctc_d2");
    drain_until(*one, clock_.now());
    happen("Bought", "ctc_d1");
    happen("Bought", "ctc_d2");
    drain_until(*one, clock_.now() + kHour_us);
    enter("ctc_w1");
    enter("ctc_w2");
    drain_until(*one, clock_.now());
    save(parsed(kNew), workflow_);
  }
  void enter(const std::string& subject) { runs_[subject] = start(workflow_, subject); }
  void drain_until(Engine& one, Instant until) {
    for (;;) {
      auto moved = one.run_once();
      ASSERT_TRUE(moved.ok()) << moved.error().text();
      if (*moved > 0) continue;
      auto due = *one.next_due();
      if (!due || *due > until) break;
      clock_.move_to(*due);
    }
    clock_.move_to(until);
  }
  std::string at(const std::string& subject) {
    auto seen = view(runs_[subject]);
    return seen.tokens.size() == 1 ? seen.tokens[0].node_id + " " + to_text(seen.tokens[0].due) : seen.status;
  }
  int64_t version(const std::string& subject) {
    return count("SELECT version FROM run WHERE workspace_id = $1 AND id = $2", {kWorkspace, runs_[subject]});
  }
  const Instant begin_ = clock_.now();
  std::string workflow_;
  std::map<std::string, std::string> runs_;
};
INSTANTIATE_TEST_SUITE_P(Engines, Migrate, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(Migrate, WhoWaitsForAnInnerRunOrAPersonStaysUnlessTheirStepIsAsItWas) {
  store("wf_in", "d", parsed(R"({"d":{"type":"delay","for":"P9D","next":"end"},"end":{"type":"end"}})"));
  Json definition = parsed(R"({"name":"Asks","start":"p","nodes":{
    "p":{"type":"split","mode":"cohort","branches":[{"name":"a","if":{"op":"eq","left":{"$run":"subject"},"right":"ctc_s"},"to":"s"}],"else":"q"},
    "s":{"type":"sub_workflow","workflow":"wf_in","version":1,"timeout":"P20D","on":{"completed":"end","timeout":"end"}},
    "q":{"type":"approval","title":"Go on?","what":"Really?","on":{"approved":"end","rejected":"end","expired":"end"}},
    "end":{"type":"end"}}})");
  std::string id = save(definition);
  runs_["ctc_s"] = start(id, "ctc_s");
  runs_["ctc_q"] = start(id, "ctc_q");
  drain_until(*engine(), clock_.now());
  ASSERT_TRUE(at("ctc_s").starts_with("s ") && at("ctc_q").starts_with("q ")) << at("ctc_s") << at("ctc_q");
  definition["nodes"]["s"]["timeout"] = "P15D";
  definition["nodes"]["q"]["on"]["rejected"] = "s";
  definition["nodes"]["p"]["else"] = "end";
  definition["nodes"]["q"]["on"]["expired"] = "s";
  definition["nodes"]["p"]["branches"][0]["to"] = "q";
  save(definition, id);
  Json moved = ok("workflow.migrate", {{"workflow_id", id}, {"from", 1}, {"to", 2}});
  EXPECT_EQ(moved["moved"], 1);
  EXPECT_EQ(moved["stayed"], parsed(R"({"waits for something that only the old step knows":1})"));
  EXPECT_EQ(version("ctc_s"), 1);
  EXPECT_EQ(version("ctc_q"), 2) << "only its ways changed";
  drain(*engine());
  EXPECT_EQ(history(runs_["ctc_q"]).at(3), "q expired");
  EXPECT_EQ(history(runs_["ctc_q"]).at(4), "s started") << "the new version's way";
}

TEST_P(Migrate, TheDifferenceSaysWhereEverybodyWouldGo) {
  Json diff = ok("workflow.diff", {{"workflow_id", workflow_}});
  EXPECT_EQ(diff["from"], 1);
  EXPECT_EQ(diff["to"], 2);
  EXPECT_EQ(diff["people"], 5);
  EXPECT_EQ(diff["in_flight"], parsed(R"([{"node":"d","people":2,"migrate_to":"d","begins_anew":true},
    {"node":"gone","people":1,"migrate_to":"","begins_anew":false},{"node":"w","people":2,"migrate_to":"w","begins_anew":false}])"));
  const std::string text = diff["text"];
  for (const char* line : {"'Welcome', version 1 compared with version 2: 6 changes.", "- added 'fresh' (delay)",
                           "- removed 'gone' (delay)", "- 'd' changed: for was \"P3D\", is \"P1D\"",
                           "- 'w' leads elsewhere: on/timeout was \"d\", is \"fresh\"",
                           "- 2 at 'd' begin the step again, because it changed", "- 2 at 'w' go on where they are",
                           "- 1 at 'gone' stay in the old version"})
    EXPECT_NE(text.find(line), std::string::npos) << line << " in\n" << text;
  Json named = ok("workflow.diff", {{"workflow_id", workflow_}, {"map", {{"gone", "fresh"}}}});
  EXPECT_EQ(named["in_flight"][1]["migrate_to"], "fresh");
  EXPECT_NE(refused("workflow.diff", {{"workflow_id", workflow_}, {"map", {{"nope", "fresh"}, {"gone", "no"}}}})
                .find("/map/nope"),
            std::string::npos);
  Json draft = parsed(kNew);
  draft["nodes"]["fresh"]["for"] = "PT2H";
  Json other = ok("workflow.diff", {{"workflow_id", workflow_}, {"definition", draft}});
  EXPECT_EQ(other["changes"].size(), 1u);
  EXPECT_EQ(other["people"], 0) << "nobody is in version 2 yet";
}

TEST_P(Migrate, PeopleGoOnInTheNewVersion) {
  std::string wait = at("ctc_w1");
  Json moved = ok("workflow.migrate", {{"workflow_id", workflow_}, {"from", 1}, {"to", 2}});
  EXPECT_EQ(moved["moved"], 4);
  EXPECT_EQ(moved["complete"], true);
  EXPECT_EQ(moved["stayed"], parsed(R"({"the step 'gone' is no more and none was named":1})"));
  EXPECT_EQ(at("ctc_w1"), wait) << "its timer goes on";
  EXPECT_EQ(version("ctc_w1"), 2);
  EXPECT_EQ(version("ctc_gone"), 1);
  EXPECT_EQ(at("ctc_d1"), "d " + to_text(clock_.now())) << "the shorter delay begins";
  EXPECT_EQ(
      count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND version = 2 AND approval_id = 'apr_1'", {kWorkspace}),
      4)
      << "they act under the approval of the move";
  EXPECT_EQ(history(runs_["ctc_d1"]).back(), "d migrated");
  EXPECT_EQ(happen("Bought", "ctc_w1"), 1) << "it is still waited for";
  drain(*engine());
  for (const auto& [subject, run] : runs_) {
    expect_sound_history(run);
    EXPECT_EQ(view(run).status, "completed");
    EXPECT_EQ(view(run).reason, subject == "ctc_gone" ? "" : "new") << subject;
  }
  EXPECT_EQ(history(runs_["ctc_w2"]), (std::vector<std::string>{"w waiting", "w migrated", "w timeout", "fresh waiting",
                                                                "fresh waited", "end ended"}));
  std::string again = start(workflow_, "ctc_w2");
  EXPECT_EQ(again, runs_["ctc_w2"]) << "the entry key is kept";
}

TEST_P(Migrate, ANamedStepTakesWhoHasNone) {
  Json moved = ok("workflow.migrate",
                  {{"workflow_id", workflow_}, {"from", 1}, {"to", 2}, {"map", {{"gone", "fresh"}, {"w", "fresh"}}}});
  EXPECT_EQ(moved["moved"], 5);
  EXPECT_EQ(at("ctc_gone"), "fresh " + to_text(clock_.now()));
  EXPECT_EQ(at("ctc_w1"), "fresh " + to_text(clock_.now()));
  EXPECT_EQ(count("SELECT COUNT(*) FROM wait_sub WHERE workspace_id = $1", {kWorkspace}), 0)
      << "nobody waits at the old step any more";
  Json again = ok("workflow.migrate", {{"workflow_id", workflow_}, {"from", 1}, {"to", 2}});
  EXPECT_EQ(again["moved"], 0) << "nobody is moved twice";
}

TEST_P(Migrate, ExitEndsTheirRuns) {
  Json moved = ok("workflow.migrate", {{"workflow_id", workflow_}, {"from", 1}, {"to", 2}, {"policy", "exit"}});
  EXPECT_EQ(moved["moved"], 5);
  EXPECT_EQ(view(runs_["ctc_w1"]).status, "cancelled");
  EXPECT_EQ(view(runs_["ctc_w1"]).reason, "version 1 was withdrawn");
}

TEST_P(Migrate, WhoIsOnParallelWaysOrInACallStays) {
  Json json = parsed(R"({"name":"P","start":"p","nodes":{"p":{"type":"parallel","branches":["a","b"],"join":"j"},
    "a":{"type":"delay","for":"P1D","next":"j"},"b":{"type":"delay","for":"P2D","next":"j"},"j":{"type":"join","next":"end"},"end":{"type":"end"}}})");
  std::string id = save(json);
  std::string run = start(id, "ctc_p");
  ASSERT_TRUE(engine()->run_once().ok());
  json["nodes"]["a"]["for"] = "P4D";
  save(json, id);
  Json moved = ok("workflow.migrate", {{"workflow_id", id}, {"from", 1}, {"to", 2}});
  EXPECT_EQ(moved["stayed"], parsed(R"({"is on parallel ways":1})"));
  execute("UPDATE token SET state = 'executing' WHERE workspace_id = $1 AND run_id = $2", {kWorkspace, run});
  moved = ok("workflow.migrate", {{"workflow_id", id}, {"from", 1}, {"to", 2}});
  EXPECT_EQ(moved["stayed"], parsed(R"({"a tool is being called":1})"));
}

TEST_P(Migrate, ADeathInTheMiddleLosesNobodyAndMovesNobodyTwice) {
  constexpr int kMany = kMigrateBatch + 50;
  auto made = write([&](Tx& tx) -> Result<void> {
    for (int i = 0; i < kMany; ++i) {
      StartRun wanted;
      wanted.workflow_id = workflow_;
      wanted.subject = "ctc_m" + std::to_string(i);
      wanted.entry_key = "once";
      TRY(start_run(tx, kWorkspace, wanted, clock_.now(), ids_));
    }
    return {};
  });
  ASSERT_TRUE(made.ok());
  const Json arguments = {{"workflow_id", workflow_}, {"from", 1}, {"to", 2}};
  for (bool committed : {false, true}) {
    MortalStorage process(*storage_);
    process.die_at_write(committed ? 1 : 2, committed);
    Parts parts;
    parts.add<storage::Storage>(process);
    std::swap(parts, parts_);
    EXPECT_FALSE(call("workflow.migrate", arguments).ok());
    std::swap(parts, parts_);
  }
  ok("workflow.migrate", arguments);
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND version = 2", {kWorkspace}), kMany + 4);
  EXPECT_EQ(count("SELECT COUNT(*) FROM step_log WHERE workspace_id = $1 AND kind = 'migrated'", {kWorkspace}),
            kMany + 4);
}

TEST_P(Migrate, TheGoalIsThatOfTheNewVersion) {
  Json json = parsed(kNew);
  json["goal"] = {{"event", "Left"}};
  save(json, workflow_);
  ok("workflow.migrate", {{"workflow_id", workflow_}, {"from", 1}, {"to", 3}});
  happen("Left", "ctc_w1");
  happen("Left", "ctc_gone");
  EXPECT_EQ(view(runs_["ctc_w1"]).reason, "goal");
  EXPECT_EQ(view(runs_["ctc_gone"]).status, "active") << "it has stayed in version 1, which has no goal";
}

TEST_P(Migrate, ADryRunSaysWhatExecuteWould) {
  Json fine = ok("workflow.dryRun", {{"workflow_id", workflow_}});
  EXPECT_EQ(fine["would_run"], true);
  EXPECT_EQ(fine["approved"], false);
  EXPECT_NE(fine["text"].get<std::string>().find("a person has to approve"), std::string::npos);
  profiles_.people = 12;
  guard_.refuse("a003@example.org", "opted_out");
  std::string mailing = save(parsed(R"({"name":"M","start":"f","nodes":{
    "f":{"type":"for_each","audience":{},"channel":"email","connection":"con_gone","payload":{},"next":"a"},
    "a":{"type":"action","tool":"x.nothing","next":"end"},"end":{"type":"end"}}})"));
  Json wrong = ok("workflow.dryRun", {{"workflow_id", mailing}});
  EXPECT_EQ(wrong["would_run"], false);
  EXPECT_EQ(wrong["problems"][0]["pointer"], "/nodes/a/tool");
  EXPECT_EQ(wrong["problems"][1]["pointer"], "/nodes/f/connection");
  EXPECT_EQ(wrong["mailings"][0]["recipients"], 12);
  EXPECT_EQ(wrong["mailings"][0]["reasons"], parsed(R"({"opted_out":1})"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND workflow_id = $2", {kWorkspace, mailing}), 0);
}

TEST_P(Migrate, ADryRunLooksIntoWhatAWorkflowStarts) {
  std::string inner = save(parsed(R"({"name":"Inner","start":"a","nodes":{
    "a":{"type":"action","tool":"x.nothing","next":"end"},"end":{"type":"end"}}})"));
  Json around = parsed(R"({"name":"Around","start":"s","nodes":{
    "s":{"type":"sub_workflow","version":1,"on":{"completed":"q"}},
    "q":{"type":"approval","title":"Send the offer?","what":"Really?","on":{"approved":"u","rejected":"end","expired":"end"}},
    "u":{"type":"update_profile","set":{"vip":true},"next":"t"},"t":{"type":"tag","add":["Vips"],"next":"end"},"end":{"type":"end"}}})");
  around["nodes"]["s"]["workflow"] = inner;
  std::string id = save(around);
  ASSERT_TRUE(write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, inner, clock_.now()); }).ok());
  Json seen = ok("workflow.dryRun", {{"workflow_id", id}});
  EXPECT_EQ(seen["would_run"], false);
  std::vector<std::string> places;
  for (const auto& problem : seen["problems"]) places.push_back(problem["pointer"]);
  EXPECT_EQ(places, (std::vector<std::string>{"/workflows/" + inner, "/workflows/" + inner + "/nodes/a/tool"}));
  const std::string text = seen["text"];
  for (const char* line :
       {"which is paused; resume it first", "It starts 'Inner' version 1 within itself, under the same",
        "A person is asked on the way: Send the offer?"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
  scopes_ = {"workflows:read", "audience:read"};
  places.clear();
  seen = ok("workflow.dryRun", {{"workflow_id", id}});
  for (const auto& problem : seen["problems"])
    if (problem["message"].get<std::string>().find("audience:write") != std::string::npos)
      places.push_back(problem["pointer"]);
  EXPECT_EQ(places, (std::vector<std::string>{"/nodes/t/type", "/nodes/u/type"}));
}

}  // namespace
}  // namespace spreaders::workflows::inspect
