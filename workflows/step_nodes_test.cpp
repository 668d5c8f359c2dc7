// The nodes that start, ask and act, as tables: what is wrong with them, and what step() makes of them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/engine.hpp"
#include "workflows/findings.hpp"

namespace spreaders::workflows {
namespace {

const Instant kNow = *parse_instant("2026-11-21T12:00:00Z");

struct Wrong {
  const char* node;
  const char* problem;  // "place: what"
};
const Wrong kWrong[] = {
    {R"({"type":"sub_workflow","on":{"completed":"e"}})", "/nodes/n/workflow: is required"},
    {R"({"type":"sub_workflow","workflow":"wf_2"})", "/nodes/n/on: is required"},
    {R"({"type":"sub_workflow","workflow":"wf_2","on":{"failed":"e"}})", "/nodes/n/on/completed: is required"},
    {R"({"type":"sub_workflow","workflow":"wf_2","on":{"completed":"e","late":"e"}})",
     "/nodes/n/on/late: is not known"},
    {R"({"type":"sub_workflow","workflow":"wf_2","on":{"completed":"gone"}})",
     "/nodes/n/on/completed: there is no node"},
    {R"({"type":"sub_workflow","workflow":"wf_2","version":0,"on":{"completed":"e"}})",
     "/nodes/n/version: must be a whole"},
    {R"({"type":"sub_workflow","workflow":"wf_2","wait":"no","on":{"completed":"e"}})",
     "/nodes/n/wait: must be true or false"},
    {R"({"type":"sub_workflow","workflow":"wf_2","wait":false,"on":{"completed":"e"}})", "/nodes/n/next: is required"},
    {R"({"type":"sub_workflow","workflow":"wf_2","timeout":"P1D","on":{"completed":"e"}})",
     "/nodes/n/timeout: needs on/timeout"},
    {R"({"type":"sub_workflow","workflow":"wf_2","on":{"completed":"e","timeout":"e"}})",
     "/nodes/n/timeout: is required"},
    {R"({"type":"sub_workflow","workflow":"wf_2","timeout":"soon","on":{"completed":"e","timeout":"e"}})",
     "/nodes/n/timeout: "},
    {R"({"type":"approval","what":"x","on":{"approved":"e","rejected":"e","expired":"e"}})",
     "/nodes/n/title: is required"},
    {R"({"type":"approval","title":"x","on":{"approved":"e","rejected":"e","expired":"e"}})",
     "/nodes/n/what: is required"},
    {R"({"type":"approval","title":"x","what":"y","on":{"approved":"e","expired":"e"}})",
     "/nodes/n/on/rejected: is required"},
    {R"({"type":"approval","title":"x","what":"y","expires":"PT1S","on":{"approved":"e","rejected":"e","expired":"e"}})",
     "/nodes/n/expires: is from one minute"},
    {R"({"type":"update_profile","next":"e"})", "/nodes/n/set: is required"},
    {R"({"type":"update_profile","set":{},"next":"e"})", "/nodes/n/set: has at least one value"},
    {R"({"type":"update_profile","set":{"a":[1]},"next":"e"})", "/nodes/n/set/a: must be text, a number"},
    {R"({"type":"update_profile","set":{"email":"x"},"next":"e"})", "/nodes/n/set/email: is what a person is found by"},
    {R"({"type":"update_profile","set":{"a":{"$from":{"node":"e"}}},"next":"e"})", "/nodes/n/set/a: refers to 'e'"},
    {R"({"type":"update_profile","set":{"a":1}})", "/nodes/n/next: is required"},
    {R"({"type":"tag","next":"e"})", "/nodes/n/add: a tag node has add or remove"},
    {R"({"type":"tag","add":"vip","next":"e"})", "/nodes/n/add: is a list of 1 to 20 names"},
    {R"({"type":"tag","remove":[" "],"next":"e"})", "/nodes/n/remove: is a list of 1 to 20 names"},
    {R"({"type":"tag","add":["a"],"next":"e","on_fail":"x"})", "/nodes/n/on_fail: there is no node 'x'"},
    {R"({"type":"render","next":"e"})", "/nodes/n/template: is required"},
    {R"({"type":"render","template":"t","version":"3","next":"e"})", "/nodes/n/version: must be a whole number"},
    {R"({"type":"action","tool":"x.y","timeout":"PT0S","next":"e"})", "/nodes/n/timeout: is from one second"},
    {R"({"type":"action","tool":"x.y","fire_and_forget":1,"next":"e"})",
     "/nodes/n/fire_and_forget: must be true or false"},
    {R"({"type":"action","tool":"x.y","fire_and_forget":true,"on_fail":"e","next":"e"})",
     "/nodes/n/on_fail: is no way"},
    {R"({"type":"join","wait":"n:0","next":"e"})", "/nodes/n/wait: is all, any or how many"},
    {R"({"type":"join","wait":"some","next":"e"})", "/nodes/n/wait: is all, any or how many"},
};

Json workflow_of(const Json& node, const Json& settings = {}) {
  Json json = {{"id", "wf_1"}, {"name", "One"}, {"start", "n"}, {"nodes", {{"n", node}, {"e", {{"type", "end"}}}}}};
  if (!settings.is_null()) json["settings"] = settings;
  return json;
}

TEST(StepNodes, WhatIsWrongWithThemIsNamedWithItsPlace) {
  for (const auto& one : kWrong) {
    auto node = parse_json(one.node);
    ASSERT_TRUE(node.ok()) << one.node;
    std::string all;
    bool named = false;
    for (const auto& finding : find_problems(workflow_of(*node))) {
      std::string line = finding.pointer + ": " + finding.message;
      named = named || line.starts_with(one.problem);
      all += line + "\n";
    }
    EXPECT_TRUE(named) << one.node << "\n" << one.problem << "\n" << all;
  }
}

TEST(StepNodes, SettingsAreReadAndRefused) {
  const Json end = {{"type", "delay"}, {"for", "P1D"}, {"next", "e"}};
  auto made = parse_definition(workflow_of(end, {{"on_error", "exit"}, {"max_age", "P90D"}, {"max_steps", 1000}}));
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ(made->limits.on_error, OnError::kExit);
  EXPECT_EQ(made->limits.max_age_us, 90 * kDay_us);
  EXPECT_EQ(made->limits.max_steps, 1000);
  const std::pair<Json, const char*> wrong[] = {{{{"on_error", "ignore"}}, "/settings/on_error"},
                                                {{{"max_age", "PT1S"}}, "/settings/max_age"},
                                                {{{"max_steps", 0}}, "/settings/max_steps"},
                                                {{{"speed", 1}}, "/settings/speed"}};
  for (const auto& [settings, place] : wrong) {
    auto findings = find_problems(workflow_of(end, settings));
    ASSERT_EQ(findings.size(), 1u) << place;
    EXPECT_EQ(findings[0].pointer, place);
  }
}

// The node "n", whose ways out lead to ends of these names.
Definition with(const std::string& node, std::initializer_list<const char*> ends, const Json& settings = {}) {
  Json json = workflow_of(*parse_json(node), settings);
  json["nodes"].erase("e");
  for (const char* end : ends) json["nodes"][end] = {{"type", "end"}};
  auto made = parse_definition(json);
  EXPECT_TRUE(made.ok()) << made.error().text();
  return made.ok() ? *made : Definition{};
}
Token at(int64_t visit = 0, const std::string& data = "{}") {
  Token token;
  token.id = "tok_1";
  token.run_id = "run_1";
  token.node_id = "n";
  token.visit = visit;
  token.data = data;
  return token;
}

constexpr const char* kSub =
    R"({"type":"sub_workflow","workflow":"wf_2","version":3,"timeout":"P1D","on":{"completed":"a","failed":"b","timeout":"c"}})";

TEST(StepNodes, ASubWorkflowStartsAndGoesOnWithWhatCameOfIt) {
  Definition definition = with(kSub, {"a", "b", "c"});
  Step begun = step(definition, at(), {}, kNow);
  EXPECT_EQ(begun.kind, Step::Kind::kStart);
  EXPECT_EQ(begun.due - kNow, kDay_us);
  struct Case {
    const char* status;
    int64_t until_us;  // from now
    Step::Kind kind;
    const char* next;
  };
  const Case cases[] = {{"active", kDay_us, Step::Kind::kPark, ""},    {"paused", kDay_us, Step::Kind::kPark, ""},
                        {"active", 0, Step::Kind::kMove, "c"},         {"completed", kDay_us, Step::Kind::kMove, "a"},
                        {"completed", -1, Step::Kind::kMove, "a"},     {"failed", kDay_us, Step::Kind::kMove, "b"},
                        {"cancelled", kDay_us, Step::Kind::kMove, "b"}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.status);
    Seen seen;
    seen.child = Seen::Child{"run_2", one.status, "why"};
    Step made = step(definition, at(1, to_text(Json{{"until", (kNow + one.until_us).us}})), {}, kNow, seen);
    EXPECT_EQ(made.kind, one.kind);
    EXPECT_EQ(made.next, one.next);
    EXPECT_EQ(made.cancels, std::string(one.next) == "c" ? "run_2" : "") << "what nobody waits for is cancelled";
    if (made.kind == Step::Kind::kPark) {
      EXPECT_EQ(made.due - kNow, one.until_us);
      continue;
    }
    ASSERT_TRUE(made.result.has_value());
    EXPECT_EQ((*made.result)["run_id"], "run_2");
  }
  Definition bare = with(R"({"type":"sub_workflow","workflow":"wf_2","version":3,"on":{"completed":"a"}})", {"a"});
  Seen failed;
  failed.child = Seen::Child{"run_2", "failed", "why"};
  EXPECT_EQ(step(bare, at(1), {}, kNow, failed).reason, "the workflow within it is failed: why");
  EXPECT_EQ(step(bare, at(1), {}, kNow).kind, Step::Kind::kFail) << "its run is not there";
  Node node = *definition.find("n");
  EXPECT_EQ(after_failed_start(definition, node, conflict("deep")).next, "b");
  EXPECT_EQ(after_failed_start(bare, *bare.find("n"), conflict("deep")).kind, Step::Kind::kFail);
}

TEST(StepNodes, AnApprovalAsksAndGoesOnWithTheDecision) {
  Definition definition = with(
      R"({"type":"approval","title":"x","what":"y","expires":"PT2H","on":{"approved":"a","rejected":"b","expired":"c"}})",
      {"a", "b", "c"});
  Step asked = step(definition, at(), {}, kNow);
  EXPECT_EQ(asked.kind, Step::Kind::kAsk);
  EXPECT_EQ(asked.due - kNow, 2 * kHour_us);
  EXPECT_EQ(step(definition, at(1), {}, kNow).kind, Step::Kind::kPark) << "never by itself";
  for (const auto& [decision, next] : {std::pair{"approved", "a"}, {"rejected", "b"}, {"expired", "c"}}) {
    Seen seen;
    seen.decision = decision;
    seen.approval_id = "apr_1";
    seen.decided_by = "usr_1";
    Step made = step(definition, at(1), {}, kNow, seen);
    EXPECT_EQ(made.next, next);
    EXPECT_EQ(*made.result, (Json{{"approval_id", "apr_1"}, {"decision", decision}, {"by", "usr_1"}}));
  }
}

TEST(StepNodes, WhatActsByItselfGoesOnAsCallsDo) {
  Rng rng(1);
  for (const char* node : {R"({"type":"update_profile","set":{"a":1},"next":"a","on_fail":"b"})",
                           R"({"type":"tag","add":["x"],"next":"a","on_fail":"b"})",
                           R"({"type":"render","template":"t","version":1,"next":"a","on_fail":"b"})"}) {
    Definition definition = with(node, {"a", "b"});
    EXPECT_EQ(step(definition, at(), {}, kNow).kind, Step::Kind::kAct);
    EXPECT_EQ(after_call(definition, at(), Result<Json>(Json::object()), kNow, rng).next, "a");
    EXPECT_EQ(after_call(definition, at(), Result<Json>(not_found("nobody")), kNow, rng).next, "b");
  }
}

TEST(StepNodes, ACallThatNobodyWaitsForHasATokenOfItsOwn) {
  Definition definition = with(R"({"type":"action","tool":"x.y","fire_and_forget":true,"next":"a"})", {"a"});
  Step made = step(definition, at(0, R"({"groups":[{"id":"t","size":2}],"loops":{"l":1}})"), {}, kNow);
  EXPECT_EQ(made.kind, Step::Kind::kMove);
  EXPECT_EQ(made.next, "a");
  ASSERT_EQ(made.fork.size(), 1u);
  EXPECT_EQ(made.fork[0].node_id, "n");
  EXPECT_EQ(made.fork[0].data, R"({"apart":true,"loops":{"l":1}})") << "no join counts it; its key knows the round";
  Token apart = at(0, made.fork[0].data);
  EXPECT_EQ(step(definition, apart, {}, kNow).kind, Step::Kind::kCall);
  Rng rng(1);
  for (const auto& answer : {Result<Json>(Json::object()), Result<Json>(Error{Code::kVendorRejected, "no"})}) {
    Step after = after_call(definition, apart, answer, kNow, rng);
    EXPECT_EQ(after.kind, Step::Kind::kMove);
    EXPECT_EQ(after.next, "");
  }
  auto refers = find_problems(workflow_of(*parse_json(
      R"({"type":"action","tool":"x.y","fire_and_forget":true,"args":{"a":{"$from":{"node":"n"}}},"next":"e"})")));
  ASSERT_EQ(refers.size(), 1u);
  EXPECT_EQ(refers[0].code, "bad_reference") << "its result may not be there";
}

TEST(StepNodes, AWorkflowHasItsLimitsAndItsWayWithErrors) {
  const char* node = R"({"type":"action","tool":"x.y","next":"a"})";
  Definition limited = with(node, {"a"}, {{"max_age", "P1D"}, {"max_steps", 5}, {"on_error", "continue"}});
  Seen seen;
  seen.steps = 4;
  seen.age_us = kDay_us - 1;
  EXPECT_EQ(step(limited, at(), {}, kNow, seen).kind, Step::Kind::kCall);
  seen.steps = 5;
  EXPECT_EQ(step(limited, at(), {}, kNow, seen).kind, Step::Kind::kFail) << "going on would not end it";
  seen.steps = 0;
  seen.age_us = kDay_us;
  Step old = step(limited, at(), {}, kNow, seen);
  EXPECT_EQ(old.kind, Step::Kind::kExit);
  EXPECT_EQ(old.reason, "max_age");
  Rng rng(1);
  Result<Json> refused = Error{Code::kVendorRejected, "no"};
  EXPECT_EQ(after_call(limited, at(), refused, kNow, rng).next, "a");
  EXPECT_EQ(after_failure(limited, at(), "broken").next, "a");
  Definition exits = with(node, {"a"}, {{"on_error", "exit"}});
  EXPECT_EQ(after_call(exits, at(), refused, kNow, rng).reason, "error: x.y: no");
  EXPECT_EQ(after_failure(exits, at(), "broken").kind, Step::Kind::kExit);
  Definition plain = with(node, {"a"});
  EXPECT_EQ(after_failure(plain, at(), "broken").kind, Step::Kind::kFail);
}

}  // namespace
}  // namespace spreaders::workflows
