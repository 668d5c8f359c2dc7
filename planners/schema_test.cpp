// The schema's reader, its patterns, and plans from golden briefs:
// tests/golden/plans/NN_name.{goal.txt,plan.json,card.txt}. A goal file holds the zone, then one message a line. On a
// difference the actual files are written to the temporary directory, to be looked at and, when they are right, copied
// over the golden ones.
#include "planners/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "planners/made_up_facts_test.hpp"
#include "planners/pattern.hpp"
#include "planners/plan.hpp"

namespace spreaders::planners {
namespace {

TEST(Pattern, MatchesWholeTexts) {
  EXPECT_TRUE(matches_pattern("lst_abc123", "^[a-z]{2,4}_[0-9A-Za-z]{6,40}$"));
  EXPECT_FALSE(matches_pattern("lst_abc12", "^[a-z]{2,4}_[0-9A-Za-z]{6,40}$"));
  EXPECT_FALSE(matches_pattern("lst_abc123\n", "^[a-z]{2,4}_[0-9A-Za-z]{6,40}$"));
  EXPECT_TRUE(matches_pattern("a.b_c.d", "^[a-z]+(\\.[a-z_]+)+$"));
  EXPECT_FALSE(matches_pattern("a", "^[a-z]+(\\.[a-z_]+)+$"));
  EXPECT_FALSE(matches_pattern("a.b.", "^[a-z]+(\\.[a-z_]+)+$"));
  EXPECT_TRUE(matches_pattern("", "^(/([^~/]|~[01])*)*$"));
  EXPECT_TRUE(matches_pattern("/a~1b/~0/", "^(/([^~/]|~[01])*)*$"));
  EXPECT_FALSE(matches_pattern("a/b", "^(/([^~/]|~[01])*)*$"));
  EXPECT_FALSE(matches_pattern("/a~2", "^(/([^~/]|~[01])*)*$"));
  EXPECT_TRUE(matches_pattern("pt-BR", "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"));
  EXPECT_TRUE(matches_pattern("09:00-18:30", "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"));
  EXPECT_FALSE(matches_pattern(std::string(400, 'a'), "^[a-z]*$"));
  EXPECT_FALSE(matches_pattern(std::string(40, 'a') + "!", "^(a|a)*$"));  // ends by its step limit
}

std::vector<std::string> places(const Issues& issues) {
  std::vector<std::string> out;
  for (const Issue& issue : issues) out.push_back(issue.pointer);
  return out;
}

TEST(Schema, NamesEveryProblemByItsPlace) {
  const Json schema = Json::parse(R"({"type":"object","required":["a","b"],"additionalProperties":false,"properties":{
    "a":{"type":"integer","minimum":1},"b":{"anyOf":[{"$ref":"#/$defs/money"},{"type":"null"}]},"c":{"type":"array","maxItems":2,"uniqueItems":true,"items":{"enum":["x","y"]}}},
    "if":{"properties":{"a":{"const":7}}},"then":{"required":["c"]},
    "$defs":{"money":{"type":"object","required":["n"],"properties":{"n":{"type":"number"}}}}})");
  EXPECT_TRUE(check_schema(schema, Json::parse(R"({"a":1,"b":null})")).empty());
  EXPECT_TRUE(check_schema(schema, Json::parse(R"({"a":7.0,"b":{"n":1},"c":["x","y"]})")).empty());
  EXPECT_EQ(places(check_schema(schema, Json::parse(R"({"a":0,"c":["x","x","z"],"d/e":1})"))),
            (std::vector<std::string>{"/b", "/a", "/c", "/c", "/c/2", "/d~1e"}));
  EXPECT_EQ(places(check_schema(schema, Json::parse(R"({"a":7,"b":{"n":"1"}})"))),
            (std::vector<std::string>{"/c", "/b/n"}));
  EXPECT_EQ(places(check_schema(schema, 3)), (std::vector<std::string>{""}));
}

std::string read_whole(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return std::move(text).str();
}

const std::filesystem::path kGoldenPlans = "tests/golden/plans";

class GoldenPlan : public testing::TestWithParam<std::string> {};

TEST_P(GoldenPlan, PlanAndCardAreAsWritten) {
  // Line 1 is the zone; every other line is one message.
  std::istringstream goal(read_whole(kGoldenPlans / (GetParam() + ".goal.txt")));
  Known known{*parse_instant("2026-11-21T09:00:00Z"), "", {}};
  std::getline(goal, known.zone);
  std::vector<Turn> turns;
  for (std::string line; std::getline(goal, line);) turns.push_back({line});
  const Json plan = build_plan(understand(turns, known), made_up_facts(turns, known));
  EXPECT_EQ(places(check_plan(plan)), std::vector<std::string>());
  for (const auto& [kind, actual] :
       {std::pair<std::string, std::string>{".plan.json", plan.dump(2) + "\n"}, {".card.txt", plan_card(plan)}}) {
    const auto path = kGoldenPlans / (GetParam() + kind);
    const auto shown = std::filesystem::path(testing::TempDir()) / "golden_plans" / (GetParam() + kind);
    if (read_whole(path) == actual) continue;
    std::filesystem::create_directories(shown.parent_path());
    std::ofstream(shown) << actual;
    ADD_FAILURE() << path << " differs; if that is meant: cp " << shown << " " << path;
  }
}

TEST(PlanCard, SpeaksOfMissingConsentOnlyWhereItIsMissing) {
  Json plan = Json::parse(read_whole(kGoldenPlans / "01_email_en.plan.json"));
  EXPECT_NE(plan_card(plan).find("480 people will get it (of 500; the others gave no consent)"), std::string::npos);
  plan["brief"]["audience"]["size"]["high"] = 480.0;
  EXPECT_NE(plan_card(plan).find("480 people will get it\n"), std::string::npos);
}

std::vector<std::string> goals() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldenPlans)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".goal.txt")) names.push_back(name.substr(0, name.size() - 9));
  }
  std::sort(names.begin(), names.end());
  return names;
}
INSTANTIATE_TEST_SUITE_P(Briefs, GoldenPlan, testing::ValuesIn(goals()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace spreaders::planners
