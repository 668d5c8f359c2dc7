// Problems for programs: their codes, and fixes that fix.
#include "workflows/findings.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/arguments.hpp"
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

struct Args {
  std::string template_id;
  int count = 1;
  std::optional<bool> loud;
  SPR_FIELDS(Args, SPR_FIELD(template_id, "A template", .min_size = 3),
             SPR_FIELD(count, "How many", .min = 1, .defaulted = true), SPR_FIELD(loud, "Loud"));
};
struct Answer {
  std::string text;
  SPR_FIELDS(Answer, SPR_FIELD(text, "A text"));
};
Result<Answer> answer(ToolContext&, const Args&) { return Answer{}; }
const ToolSpec kTool{.name = "x.say",
                     .title = "Say",
                     .description = "Says.",
                     .effect = Effect::kWrite,
                     .repeat = Repeat::kSafe,
                     .scopes = {"x:write"},
                     .body = handler<&answer>()};

class OneTool final : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override {
    return name == "x.say" ? &kTool : nullptr;
  }
  Result<Json> call(const ToolCall&) override { return internal("nobody calls it"); }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return internal("nobody calls it"); }
};

struct ArgsCase {
  const char* args;
  const char* pointer;  // below the arguments; none: nothing is found
  const char* code;
  const char* fix;
};
const ArgsCase kArgs[] = {
    {R"({"template_id":"tpl_1","count":2,"loud":true})", nullptr, "", ""},
    {R"({"template_id":{"$from":{"node":"n","pointer":"/x"}}})", nullptr, "", ""},
    {R"({"template":"tpl_1"})", "/template", "unknown_argument",
     R"([{"op":"move","from":"/nodes/n/args/template","path":"/nodes/n/args/template_id"}])"},
    {R"({"template_id":"tpl_1","cuont":3})", "/cuont", "unknown_argument",
     R"([{"op":"move","from":"/nodes/n/args/cuont","path":"/nodes/n/args/count"}])"},
    {R"({"template_id":"tpl_1","colour":"red"})", "/colour", "unknown_argument",
     R"([{"op":"remove","path":"/nodes/n/args/colour"}])"},
    {R"({"template_id":"tpl_1","count":2,"counts":3})", "/counts", "unknown_argument",
     R"([{"op":"remove","path":"/nodes/n/args/counts"}])"},
    {R"({"count":2})", "/template_id", "missing_argument", ""},
    {R"({"template_id":"tpl_1","count":"3"})", "/count", "argument_type",
     R"([{"op":"replace","path":"/nodes/n/args/count","value":3}])"},
    {R"({"template_id":"tpl_1","loud":"true"})", "/loud", "argument_type",
     R"([{"op":"replace","path":"/nodes/n/args/loud","value":true}])"},
    {R"({"template_id":"tpl_1","count":[]})", "/count", "argument_type", ""},
    {R"({"template_id":"tpl_1","count":0})", "/count", "invalid_argument", ""},
};

TEST(Findings, ArgumentsAreHeldAgainstTheirTool) {
  OneTool tools;
  for (const auto& one : kArgs) {
    SCOPED_TRACE(one.args);
    Json json = {{"nodes", {{"n", {{"type", "action"}, {"tool", "x.say"}, {"args", *parse_json(one.args)}}}}}};
    Findings findings = find_argument_problems(json, tools);
    if (one.pointer == nullptr) {
      EXPECT_TRUE(findings.empty()) << findings[0].message;
      continue;
    }
    auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.pointer == std::string("/nodes/n/args") + one.pointer && finding.code == one.code;
    });
    ASSERT_NE(found, findings.end());
    EXPECT_EQ(found->fix, one.fix);
    if (found->fix.empty()) continue;
    EXPECT_TRUE(find_argument_problems(json.patch(*parse_json(found->fix)), tools).empty());
  }
}

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
