// What is a workflow and what is not: every problem is named with its place.
#include "workflows/definition.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/random.hpp"

namespace spreaders::workflows {
namespace {

Json parsed(const std::string& text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  return json.ok() ? *json : Json();
}

Json workflow(const std::string& start, const std::string& nodes) {
  return Json{{"id", "wf_1"}, {"name", "Test"}, {"start", start}, {"nodes", parsed(nodes)}};
}

std::string problems(const Json& json) {
  auto definition = parse_definition(json);
  if (definition.ok()) return "";
  EXPECT_EQ(definition.error().code, Code::kInvalidArgument);
  std::string text;
  for (const auto& issue : definition.error().issues) text += issue.pointer + ": " + issue.message + "\n";
  return text;
}

const char* const kAll = R"({
  "wait_start":{"type":"delay","until":"2026-11-22T09:00:00Z","next":"fork"},
  "fork":{"type":"parallel","branches":["send","nine"],"join":"meet"},
  "nine":{"type":"delay","local_time":"09:00","zone":"Europe/Berlin","next":"meet"},
  "send":{"type":"for_each","audience":{"list_id":"lst_1"},"channel":"email","connection":"con_1","payload":{"template":"tpl_1","version":1},
          "campaign":"cmp_1","batch":250,"next":"meet"},
  "meet":{"type":"join","wait":"any","next":"look"},
  "look":{"type":"action","tool":"ai.summarizeCampaign","args":{"campaign_id":"cmp_1"},"retry":{"max":3,"base_s":1,"cap_s":60},"next":"good","on_fail":"end"},
  "good":{"type":"condition","if":{"op":"gt","left":{"$from":{"node":"look","pointer":"/orders"}},"right":10},"yes":"end","no":"order"},
  "order":{"type":"wait_event","event":"Order Completed","match":[{"property":"cart","op":"eq","value":{"$run":"key"}}],"timeout":"PT1H",
           "since":"here","on":{"event":"end","timeout":"again"}},
  "again":{"type":"delay","for":"P2DT1H","next":"end"},
  "end":{"type":"end"}})";

TEST(Definition, ReadsEveryKindOfNode) {
  auto made = parse_definition(workflow("wait_start", kAll));
  ASSERT_TRUE(made.ok()) << made.error().text();
  const Definition& definition = *made;
  EXPECT_EQ(definition.nodes.size(), 10u);
  EXPECT_EQ(definition.find("order")->timeout_us, kHour_us);
  EXPECT_FALSE(definition.find("order")->since_entry);
  EXPECT_EQ(definition.find("order")->on_timeout, "again");
  EXPECT_EQ(to_text(*definition.find("wait_start")->until), "2026-11-22T09:00:00Z");
  EXPECT_EQ(definition.find("fork")->branches, (std::vector<std::string>{"send", "nine"}));
  EXPECT_EQ(definition.find("nine")->local_time_us, 9 * kHour_us);
  EXPECT_EQ(definition.find("nine")->zone, "Europe/Berlin");
  EXPECT_EQ(definition.find("send")->list_id, "lst_1");
  EXPECT_EQ(definition.find("send")->tool, "notification.sendEmail");
  EXPECT_EQ(definition.find("send")->batch, 250);
  EXPECT_EQ(definition.find("meet")->join_count, 1);
  EXPECT_EQ(definition.find("look")->retry.max, 3);
  EXPECT_EQ(definition.find("look")->retry.cap_s, 60);
  EXPECT_EQ(definition.find("again")->delay_us, 2 * kDay_us + kHour_us);
  EXPECT_EQ(definition.find("nobody"), nullptr);
}

struct Wrong {
  const char* start;
  const char* nodes;
  const char* expected;  // a line of the problems
};
const Wrong kWrong[] = {
    {"a", R"({"a":{"type":"dance"}})",
     "/nodes/a/type: 'dance' is not one of: action, delay, parallel, join, for_each, condition, end"},
    {"a", R"({"a":{}})", "/nodes/a/type: is required"},
    {"a", R"({"a":7})", "/nodes/a: must be an object"},
    {"x", R"({"a":{"type":"end"}})", "/start: there is no node 'x'"},
    {"a", R"({"a":{"type":"end","next":"a"}})", "/nodes/a/next: is not known here"},
    {"a", R"({"a":{"type":"action","tool":"x.y","next":"b"}})", "/nodes/a/next: there is no node 'b'"},
    {"a", R"({"a":{"type":"action","next":"e"},"e":{"type":"end"}})", "/nodes/a/tool: is required"},
    {"a", R"({"a":{"type":"action","tool":"x.y"}})", "/nodes/a/next: is required"},
    {"a", R"({"a":{"type":"action","tool":"x.y","args":[],"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/args: must be an object"},
    {"a", R"({"a":{"type":"action","tool":"x.y","retry":{"max":21},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/retry/max: must be a whole number from 0 to 20"},
    {"a", R"({"a":{"type":"action","tool":"x.y","retry":{"tries":2},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/retry/tries: is not known here"},
    {"a", R"({"a":{"type":"action","tool":"x.y","next":"e","on_fail":"f"},"e":{"type":"end"}})",
     "/nodes/a/on_fail: there is no node 'f'"},
    {"a", R"({"a":{"type":"delay","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/for: a delay has exactly one of for, until, local_time, business_hours and relative_to"},
    {"a", R"({"a":{"type":"delay","for":"PT1H","until":"2026-11-22T09:00:00Z","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/for: a delay has exactly one of for, until, local_time, business_hours and relative_to"},
    {"a", R"({"a":{"type":"delay","for":"soon","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/for: a duration is written like"},
    {"a", R"({"a":{"type":"delay","for":"P999999W","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/for: a duration is at most ten years"},
    {"a", R"({"a":{"type":"delay","until":"tomorrow","next":"e"},"e":{"type":"end"}})", "/nodes/a/until: "},
    {"a", R"({"a":{"type":"delay","local_time":"25:00","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/local_time: is a time of day such as 09:00"},
    {"a", R"({"a":{"type":"delay","local_time":"9:00","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/local_time: is a time of day such as 09:00"},
    {"a", R"({"a":{"type":"delay","local_time":"09:00","zone":"Mars/Olympus","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/zone: is not an IANA time zone"},
    {"a", R"({"a":{"type":"for_each","audience":{},"channel":"email","connection":"c","next":"e"},"e":{"type":"end"}})",
     "/nodes/a/payload: is required"},
    {"a",
     R"({"a":{"type":"for_each","audience":{"people":"all"},"channel":"email","connection":"c","payload":{},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/audience: has only list_id or segment_id"},
    {"a",
     R"({"a":{"type":"for_each","audience":{"list_id":"l","segment_id":"s"},"channel":"email","connection":"c","payload":{},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/audience: has a list or a segment, not both"},
    {"a",
     R"({"a":{"type":"for_each","audience":{},"channel":"email","connection":"c","payload":{},"batch":5000,"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/batch: must be a whole number from 1 to 2000"},
    {"a", R"({"a":{"type":"condition","if":{"op":"eq","left":1,"right":1},"yes":"e"},"e":{"type":"end"}})",
     "/nodes/a/no: is required"},
    {"a", R"({"a":{"type":"condition","yes":"e","no":"e"},"e":{"type":"end"}})", "/nodes/a/if: is required"},
    {"a", R"({"a":{"type":"condition","if":{"op":"like","left":1,"right":1},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/a/if/op: is not one of: exists, eq, ne, gt, gte, lt, lte"},
    {"a", R"({"a":{"type":"condition","if":{"op":"eq","right":1},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/a/if/left: is required"},
    {"a",
     R"({"a":{"type":"condition","if":{"op":"eq","left":{"$from":{"node":"ghost","pointer":"/x"}},"right":1},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/a/if/left: refers to 'ghost', which is no node of this workflow with a result"},
    {"a",
     R"({"a":{"type":"action","tool":"x.y","args":{"list":[{"deep~/er":{"$from":{"node":"ghost"}}}]},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/args/list/0/deep~0~1er: refers to 'ghost', which is no node of this workflow with a result"},
    {"a", R"({"a":{"type":"action","tool":"x.y","args":{"x":{"$from":"a"}},"next":"e"},"e":{"type":"end"}})",
     "/nodes/a/args/x: a reference is"},
    // Waits.
    {"w", R"({"w":{"type":"wait_event","event":"X","on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/timeout: is required"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"soon","on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/timeout: a duration is written like"},
    {"w", R"({"w":{"type":"wait_event","timeout":"P1D","on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/event: is required"},
    {"w", R"({"w":{"type":"wait_event","event":"X","timeout":"P1D"},"e":{"type":"end"}})", "/nodes/w/on: is required"},
    {"w", R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","on":{"event":"e"}},"e":{"type":"end"}})",
     "/nodes/w/on/timeout: is required"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","on":{"event":"e","timeout":"f"}},"e":{"type":"end"}})",
     "/nodes/w/on/timeout: there is no node 'f'"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","on":{"event":"e","timeout":"e","else":"e"}},"e":{"type":"end"}})",
     "/nodes/w/on/else: is not known here"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","since":"ever","on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/since: is entry or here"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","match":{},"on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/match: is a list of at most 20 conditions"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","match":[{"property":"a","op":"like","value":1}],"on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/match/0/op: must be one of"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","match":[{"property":"a","op":"eq","value":{"x":1}}],"on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/match/0/value: must be text, a number, true or false"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","match":[{"property":"a","op":"eq","value":{"$run":"mood"}}],"on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/match/0/value: a reference to the run is"},
    {"w",
     R"({"w":{"type":"wait_event","event":"X","timeout":"P1D","match":[{"property":"a","op":"eq","value":{"$from":{"node":"e"}}}],"on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/w/match/0/value: refers to 'e', which is no node"},
    // Ways.
    {"n", R"({"n":{"type":"delay","local_time":"09:00","days":[0],"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/days: is a list of days from 1"},
    {"n", R"({"n":{"type":"delay","for":"P1D","days":[1],"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/days: is not known here"},
    {"n", R"({"n":{"type":"delay","for":"P1D","fallback_zone":"UTC","next":"e"},"e":{"type":"end"}})",
     "/nodes/n/fallback_zone: goes with the zone user"},
    {"n", R"({"n":{"type":"delay","for":"P1D","zone":"user","fallback_zone":"X","next":"e"},"e":{"type":"end"}})",
     "/nodes/n/fallback_zone: is not an IANA"},
    {"n", R"({"n":{"type":"delay","business_hours":{"from":"17:00","to":"09:00"},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/business_hours/to: is not later than from"},
    {"n", R"({"n":{"type":"delay","business_hours":{"from":"9"},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/business_hours/to: is required"},
    {"n", R"({"n":{"type":"delay","business_hours":{"from":"9","to":"10:00"},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/business_hours/from: is a time of day"},
    {"n", R"({"n":{"type":"delay","relative_to":{"before":"P1D"},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/relative_to/attribute: is required"},
    {"n",
     R"({"n":{"type":"delay","relative_to":{"attribute":"a","before":"P1D","after":"P1D"},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/relative_to/after: is not given together with before"},
    {"n", R"({"n":{"type":"delay","relative_to":{"attribute":"a"},"on_missing":"f","next":"e"},"e":{"type":"end"}})",
     "/nodes/n/on_missing: there is no node 'f'"},
    {"n",
     R"({"n":{"type":"split","mode":"luck","branches":[{"name":"A","weight":10000,"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/mode: is experiment or cohort"},
    {"n", R"({"n":{"type":"split","mode":"experiment","branches":[]},"e":{"type":"end"}})",
     "/nodes/n/branches: is a list of 1 to 50 branches"},
    {"n",
     R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":5000,"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/branches: have weights that add up to 5000, not to 10000"},
    {"n",
     R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":5000,"to":"e"},{"name":"A","weight":5000,"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/branches: names 'A' twice"},
    {"n", R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/branches/0/weight: is required"},
    {"n",
     R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":9000,"to":"e"}],"holdout":{"weight":1000}},"e":{"type":"end"}})",
     "/nodes/n/holdout/to: is required"},
    {"n",
     R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":9000,"to":"e"}],"holdout":{"weight":1000,"to":"x"}},"e":{"type":"end"}})",
     "/nodes/n/holdout/to: there is no node 'x'"},
    {"n",
     R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":10000,"to":"x"}]},"e":{"type":"end"}})",
     "/nodes/n/branches/0/to: there is no node 'x'"},
    {"n", R"({"n":{"type":"split","mode":"cohort","branches":[{"name":"A","to":"e"}],"else":"e"},"e":{"type":"end"}})",
     "/nodes/n/branches/0/if: is required"},
    {"n",
     R"({"n":{"type":"split","mode":"cohort","branches":[{"name":"A","if":{"person":{"consent":7}},"to":"e"}],"else":"e"},"e":{"type":"end"}})",
     "/nodes/n/branches/0/if/person/consent: must be text"},
    {"n",
     R"({"n":{"type":"split","mode":"cohort","branches":[{"name":"A","if":{"op":"eq","left":{"$from":{"node":"e"}},"right":1},"to":"e"}],"else":"e"},"e":{"type":"end"}})",
     "/nodes/n/branches/0/if/left: refers to 'e'"},
    {"n",
     R"({"n":{"type":"split","mode":"cohort","branches":[{"name":"A","if":{"person":{"consent":"email"}},"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/else: is required"},
    {"n", R"({"n":{"type":"condition","if":{"and":[]},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/n/if/and: is a list of 1 to 50 conditions"},
    {"n",
     R"({"n":{"type":"condition","if":{"or":[{"op":"eq","left":1,"right":1},7]},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/n/if/or/1: must be an object"},
    {"n",
     R"({"n":{"type":"condition","if":{"and":[{"not":{"op":"is","left":1}}],"or":[]},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/n/if/and/0/not/op: is not one of"},
    {"n",
     R"({"n":{"type":"condition","if":{"and":[{"op":"eq","left":1,"right":1}],"or":[]},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/n/if/or: is not known here"},
    {"n", R"({"n":{"type":"condition","if":{"person":{"attribute":"a"}},"yes":"e","no":"e"},"e":{"type":"end"}})",
     "/nodes/n/if/person/op: is required"},
    {"n", R"({"n":{"type":"condition","if":{},"yes":"e","no":"e"},"e":{"type":"end"}})", "/nodes/n/if/op: is required"},
    {"n", R"({"n":{"type":"loop","to":"n","next":"e"},"e":{"type":"end"}})", "/nodes/n/max: is required"},
    {"n", R"({"n":{"type":"loop","to":"n","max":101,"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/max: must be a whole number from 1 to 100"},
    {"n", R"({"n":{"type":"loop","to":"n","max":1},"e":{"type":"end"}})", "/nodes/n/next: is required"},
    {"n", R"({"n":{"type":"loop","to":"e","max":1,"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/to: leads to 'e', from which no path comes back here"},
    {"n",
     R"({"n":{"type":"delay","for":"PT1H","next":"l"},"l":{"type":"loop","to":"n","max":1,"next":"n"},"e":{"type":"end"}})",
     "/nodes/l/next: leads back to 'n'"},
    {"n",
     R"({"n":{"type":"parallel","branches":["a","b"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"b":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"l"},"l":{"type":"loop","to":"a","max":1,"next":"e"},"e":{"type":"end"}})",
     "/nodes/l/to: leads into a branch of 'n' from outside of it"},
    {"n",
     R"({"n":{"type":"parallel","branches":["a","b"],"join":"j"},"a":{"type":"loop","to":"n","max":1,"next":"j"},"b":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/n/branches: a path ends at 'e' without arriving"},
    {"n", R"({"n":{"type":"end","exit":""},"e":{"type":"end"}})", "/nodes/n/exit: must be text that is not empty"},
    // The graph.
    {"a", R"({"a":{"type":"end"},"b":{"type":"end"}})", "/nodes/b: is not reachable from the start"},
    {"a", R"({"a":{"type":"delay","for":"PT1H","next":"b"},"b":{"type":"delay","for":"PT1H","next":"a"}})",
     "/nodes/b/next: leads back to 'a': a workflow has no cycles"},
    {"a", R"({"a":{"type":"action","tool":"x.y","next":"e","on_fail":"a"},"e":{"type":"end"}})",
     "/nodes/a/on_fail: leads back to 'a'"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: is a list of 2 to 50 nodes"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a",7],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: names nodes"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","b"],"join":"e"},"a":{"type":"delay","for":"PT1S","next":"e"},"b":{"type":"delay","for":"PT1S","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/join: is not a join node"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","e"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: a path ends at 'e' without arriving at the join 'j'"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","j"],"join":"j"},"a":{"type":"action","tool":"x.y","next":"j","on_fail":"e"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: a path ends at 'e' without arriving at the join 'j'"},
    // The branch passes a join that counts for nobody: the run would wait there for ever or join too early.
    {"p",
     R"({"p":{"type":"parallel","branches":["k","a"],"join":"j"},"k":{"type":"join","next":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: a path arrives at the join 'k' before its own join 'j'"},
    {"p",
     R"({"p":{"type":"parallel","branches":["q","a"],"join":"j"},"q":{"type":"parallel","branches":["b","c"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},
      "b":{"type":"delay","for":"PT1S","next":"j"},"c":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: "},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","a"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})",
     "/nodes/p/branches: names 'a' twice"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","b"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"b":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","wait":0,"next":"e"},"e":{"type":"end"}})",
     "/nodes/j/wait: must be a whole number from 1 to 50"},
    {"p",
     R"({"p":{"type":"parallel","branches":["a","b"],"join":"j"},"a":{"type":"delay","for":"PT1S","next":"j"},"b":{"type":"delay","for":"PT1S","next":"j"},"j":{"type":"join","wait":3,"next":"e"},"e":{"type":"end"}})",
     "/nodes/j/wait: waits for 3 arrivals, but 'p' has 2 branches"},
};

class DefinitionWrong : public ::testing::TestWithParam<Wrong> {};
INSTANTIATE_TEST_SUITE_P(Definition, DefinitionWrong, ::testing::ValuesIn(kWrong));
TEST_P(DefinitionWrong, IsNamedWithItsPlace) {
  std::string text = "\n" + problems(workflow(GetParam().start, GetParam().nodes));
  EXPECT_NE(text.find(std::string("\n") + GetParam().expected), std::string::npos)
      << "said:" << text << "expected: " << GetParam().expected;
}

TEST(Definition, HasAGoal) {
  Json json = workflow("e", R"({"e":{"type":"end"}})");
  json["goal"] = parsed(R"({"event":"X","match":[{"property":"a","op":"eq","value":{"$run":"key"}}]})");
  auto made = parse_definition(json);
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ(made->goal->event, "X");
  json["goal"] = parsed(R"({"match":[{"property":"a","op":"eq","value":{"$from":{"node":"e"}}}],"then":1})");
  std::string text = problems(json);
  for (const char* expected : {"/goal/event: is required", "/goal/match/0/value: refers to 'e'", "/goal/then: is not"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
}

TEST(Definition, KnowsWhichLoopsGoAroundWhich) {
  auto made = parse_definition(workflow("a", R"({"a":{"type":"delay","for":"PT1S","next":"b"},
    "b":{"type":"delay","for":"PT1S","next":"inner"},"inner":{"type":"loop","to":"b","max":2,"next":"outer"},
    "outer":{"type":"loop","to":"a","max":2,"next":"last"},"last":{"type":"loop","to":"last","max":1,"next":"e"},"e":{"type":"end"}})"));
  ASSERT_TRUE(made.ok()) << made.error().text();
  EXPECT_EQ(made->find("outer")->loops_in, std::vector<std::string>{"inner"});
  EXPECT_TRUE(made->find("inner")->loops_in.empty());
  EXPECT_TRUE(made->find("last")->loops_in.empty());
}

TEST(Definition, NamesEveryProblemAtOnce) {
  Json bad = {{"id", 7},
              {"name", ""},
              {"color", "red"},
              {"start", "a"},
              {"nodes", parsed(R"({"a":{"type":"delay","next":"b"},"c":{"type":"dance"}})")}};
  std::string text = problems(bad);
  for (const char* expected : {"/id: ", "/name: ", "/color: ", "/nodes/a/for: ", "/nodes/a/next: ", "/nodes/c/type: ",
                               "/nodes/c: is not reachable"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
  }
  EXPECT_EQ(problems(Json::array()), ": must be an object\n");
  EXPECT_NE(problems(Json::object()).find("/nodes: is required"), std::string::npos);
}

TEST(Definition, KnowsItsTools) {
  auto is_tool = [](std::string_view name, const void*) { return name == "ai.summarizeCampaign"; };
  auto made = parse_definition(workflow("wait_start", kAll), is_tool);
  ASSERT_FALSE(made.ok());
  ASSERT_EQ(made.error().issues.size(), 1u);
  EXPECT_EQ(made.error().issues[0].pointer, "/nodes/send/tool");
  EXPECT_EQ(made.error().issues[0].message, "there is no tool 'notification.sendEmail'");
}

Json chain(int length) {
  Json nodes = Json::object();
  for (int i = 0; i + 1 < length; ++i)
    nodes["n" + std::to_string(i)] = {
        {"type", "delay"}, {"for", "PT1S"}, {"next", i + 2 < length ? "n" + std::to_string(i + 1) : "end"}};
  nodes["end"] = {{"type", "end"}};
  return {{"id", "wf_1"}, {"name", "Long"}, {"start", "n0"}, {"nodes", nodes}};
}

TEST(Definition, HasLimits) {
  EXPECT_EQ(problems(chain(kNodesMax)), "");
  EXPECT_EQ(problems(chain(kNodesMax + 1)), "/nodes: has more than 500 nodes\n");
  auto with_branches = [](int count) {
    Json made =
        workflow("p", R"({"p":{"type":"parallel","join":"j"},"j":{"type":"join","next":"e"},"e":{"type":"end"}})");
    for (int i = 0; i < count; ++i) {
      made["nodes"]["p"]["branches"].push_back("b" + std::to_string(i));
      made["nodes"]["b" + std::to_string(i)] = {{"type", "delay"}, {"for", "PT1S"}, {"next", "j"}};
    }
    return made;
  };
  EXPECT_EQ(problems(with_branches(kBranchesMax)), "");
  EXPECT_NE(problems(with_branches(kBranchesMax + 1)).find("/nodes/p/branches: is a list of 2 to 50 nodes"),
            std::string::npos);
  Json long_name = workflow("wait_start", kAll);
  long_name["name"] = std::string(kTextMax + 1, 'x');
  EXPECT_EQ(problems(long_name), "/name: has more than 500 characters\n");
  Json long_id = workflow("e", "{}");
  long_id["start"] = std::string(kNodeIdMax + 1, 'e');
  long_id["nodes"][std::string(kNodeIdMax + 1, 'e')] = {{"type", "end"}};
  EXPECT_NE(problems(long_id).find("has an id of more than 100 characters"), std::string::npos);
}

TEST(Definition, WhatADefinitionIsDoesNotDependOnTheOrderOfItsMembers) {
  Json one = workflow("wait_start", kAll);
  Json two = parsed(canonical_json(one));
  EXPECT_NE(to_text(one), to_text(two));
  EXPECT_EQ(json_hash(one), json_hash(two));
  Json other = one;
  other["nodes"]["again"]["for"] = "P2DT2H";
  EXPECT_NE(json_hash(one), json_hash(other));
}

// Takes parts away, moves and changes them: whatever comes of it is accepted or refused with a place, and never
// crashes.
TEST(Definition, DamagedDefinitionsAreRefusedWithAPlace) {
  Rng chance(3);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    Json damaged = workflow("wait_start", kAll);
    for (uint64_t i = 0; i <= chance.below(3); ++i) {
      auto node =
          std::next(damaged["nodes"].begin(), static_cast<std::ptrdiff_t>(chance.below(damaged["nodes"].size())));
      if (!node.value().is_object() || node.value().empty()) continue;
      auto member = std::next(node.value().begin(), static_cast<std::ptrdiff_t>(chance.below(node.value().size())));
      const Json values[] = {Json(),
                             true,
                             -1,
                             1.5e300,
                             18446744073709551615ull,
                             "",
                             "end",
                             "fork",
                             "P1D",
                             Json::array({"end", "end"}),
                             Json::object(),
                             "\u0000",
                             "meet"};
      if (chance.below(4) == 0) node.value().erase(member);
      else member.value() = values[chance.below(std::size(values))];
    }
    auto made = parse_definition(damaged);
    if (made.ok()) continue;
    ++refused;
    EXPECT_FALSE(made.error().issues.empty());
    for (const auto& issue : made.error().issues) EXPECT_TRUE(issue.pointer.starts_with("/")) << issue.message;
  }
  EXPECT_GT(refused, 1500);
}

}  // namespace
}  // namespace spreaders::workflows
