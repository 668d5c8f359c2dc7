// Problems for programs: their codes, and fixes that fix.
#include "workflows/findings.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/definition.hpp"

namespace spreaders::workflows {
namespace {

struct Case {
  const char* nodes;
  const char* pointer;
  const char* code;
  const char* fix;  // "" = none
};
const Case kCases[] = {
    {R"({"n":{"type":"end"},"b":{"type":"end"}})", "/nodes/b", "unreachable_node",
     R"([{"op":"remove","path":"/nodes/b"}])"},
    {R"({"n":{"type":"wait_event","event":"X","on":{"event":"e","timeout":"e"}},"e":{"type":"end"}})",
     "/nodes/n/timeout", "wait_without_timeout", R"([{"op":"add","path":"/nodes/n/timeout","value":"P7D"}])"},
    {R"({"n":{"type":"loop","to":"n","next":"e"},"e":{"type":"end"}})", "/nodes/n/max", "loop_without_bound",
     R"([{"op":"add","path":"/nodes/n/max","value":3}])"},
    {R"({"n":{"type":"loop","to":"n","max":2}})", "/nodes/n/next", "loop_without_exit", ""},
    {R"({"n":{"type":"end","a/b":1}})", "/nodes/n/a~1b", "unknown_member",
     R"([{"op":"remove","path":"/nodes/n/a~1b"}])"},
    {R"({"n":{"type":"action","tool":"x.y","next":"e","on_fail":"f"},"e":{"type":"end"}})", "/nodes/n/on_fail",
     "missing_node", R"([{"op":"remove","path":"/nodes/n/on_fail"}])"},
    {R"({"n":{"type":"action","tool":"x.y","next":"f"}})", "/nodes/n/next", "missing_node", ""},
    {R"({"n":{"type":"action","tool":"x.none","next":"e"},"e":{"type":"end"}})", "/nodes/n/tool", "unknown_tool", ""},
    {R"({"n":{"type":"action","next":"e"},"e":{"type":"end"}})", "/nodes/n/tool", "missing_member", ""},
    {R"({"n":{"type":"delay","for":"soon","next":"e"},"e":{"type":"end"}})", "/nodes/n/for", "invalid_value", ""},
    {R"({"n":{"type":"delay","for":"P1D","next":"n"}})", "/nodes/n/next", "cycle", ""},
    {R"({"n":{"type":"action","tool":"x.y","args":{"a":{"$run":"b"}},"next":"e"},"e":{"type":"end"}})",
     "/nodes/n/args/a", "bad_reference", ""},
    {R"({"n":{"type":"parallel","branches":["a","b"],"join":"a"},"a":{"type":"end"},"b":{"type":"end"}})",
     "/nodes/n/join", "bad_join", ""},
    {R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":5000,"to":"e"},{"name":"B","weight":4000,"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/branches", "weights", R"([{"op":"add","path":"/nodes/n/branches/1/weight","value":5000}])"},
    {R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":5000,"to":"e"}],"holdout":{"weight":100,"to":"e"}},"e":{"type":"end"}})",
     "/nodes/n/branches", "weights", R"([{"op":"add","path":"/nodes/n/holdout/weight","value":5000}])"},
    {R"({"n":{"type":"split","mode":"experiment","branches":[{"name":"A","weight":9000,"to":"e"},{"name":"B","weight":9000,"to":"e"}]},"e":{"type":"end"}})",
     "/nodes/n/branches", "weights", R"([{"op":"add","path":"/nodes/n/branches/1/weight","value":1000}])"},
};

bool is_tool(std::string_view name, const void*) { return name == "x.y"; }

TEST(Findings, HaveCodesAndFixesThatFix) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.nodes);
    Json json = {{"id", "wf_1"}, {"name", "Test"}, {"start", "n"}, {"nodes", *parse_json(one.nodes)}};
    Findings findings = find_problems(json, is_tool);
    ASSERT_FALSE(findings.empty());
    auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.pointer == one.pointer && finding.code == one.code;
    });
    ASSERT_NE(found, findings.end()) << findings[0].pointer << " " << findings[0].code;
    EXPECT_EQ(found->fix, one.fix);
    auto parsed = parse_definition(json, is_tool);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().issues.size(), findings.size());
    if (found->fix.empty()) continue;
    Json fixed = json.patch(*parse_json(found->fix));
    EXPECT_TRUE(find_problems(fixed, is_tool).empty());
    EXPECT_TRUE(parse_definition(fixed, is_tool).ok());
  }
}

TEST(Findings, WhatIsNoWorkflowIsSaid) {
  ASSERT_EQ(find_problems(Json::array()).size(), 1u);
  EXPECT_EQ(find_problems(Json::array())[0].pointer, "");
  EXPECT_GT(find_problems(Json::object()).size(), 3u);
}

}  // namespace
}  // namespace spreaders::workflows
