// An approved plan compiles, by a pure function, to the workflow the engine runs. The golden files
// tests/golden/workflows/<name>.json hold what each goal below compiles to; workflows/golden_plans_test.cpp checks that
// the engine takes them. On a difference the actual text is written to the test's temporary directory, which the
// failure names: look at it and, when it is right, copy it over the golden file.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "planners/plan.hpp"

namespace spreaders::planners {
namespace {

struct Goal {
  const char* name;
  const char* text;
  const char* zone;
  const char* audience;  // lst_..., seg_... or "" = everyone with consent
};
const Goal kGoals[] = {
    {"list_with_budget",
     "Tell our newsletter readers about the autumn jackets by email, 250 dollars, from tomorrow for ten days, we want "
     "4% of them to order",
     "UTC", "lst_newsletter"},
    {"segment_without_money",
     "Email our best customers about the spring sale on 1 December 2026 for three days. We have no money to spend. We "
     "want 20 orders.",
     "Europe/Berlin", "seg_best"},
    {"everyone_new_york",
     "Send an email to all our customers about free shipping, 100 dollars, from 27 November to 30 November 2026, goal "
     "300 orders",
     "America/New_York", ""},
    {"german",
     "Schreib unseren Newsletter-Lesern eine E-Mail über die Winterstiefel, 500 Euro, vom 1. bis 7. Dezember 2026, wir "
     "wollen 50 Bestellungen",
     "Europe/Vienna", "lst_newsletter"},
    {"email_beside_a_post",
     "Promote our open day by email and on Instagram to our newsletter readers, 80 euros, from 5 December 2026 for two "
     "days, 40 sign-ups",
     "UTC", "lst_newsletter"},
};

Json plan_for(const Goal& goal) {
  Known known{.now = *parse_instant("2026-11-21T09:00:00Z"), .zone = goal.zone, .lists = {"Newsletter"}};
  Understanding read = understand({{goal.text}}, known);
  PlanFacts facts{.plan_id = "pln_" + std::string(goal.name),
                  .tenant = "ten_test",
                  .campaign_id = "cmp_golden",
                  .connection_id = "con_golden"};
  facts.now = known.now;
  facts.zone = goal.zone;
  facts.turns = {goal.text};
  facts.audience_id = goal.audience;
  facts.audience_name = "Newsletter";
  facts.audience_size = 1200;
  facts.audience_reachable = 1150;
  facts.template_id = "tpl_golden";
  facts.template_hash = "sha256:" + std::string(64, 'a');
  facts.template_version = 3;
  facts.subject = "News for you";
  return build_plan(read, facts);
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class CompiledPlan : public ::testing::TestWithParam<Goal> {};
INSTANTIATE_TEST_SUITE_P(Goals, CompiledPlan, ::testing::ValuesIn(kGoals),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(CompiledPlan, IsTheGoldenOne) {
  Json plan = plan_for(GetParam());
  ASSERT_EQ(plan.value("status", ""), "ready") << to_text(plan["questions"]) << to_text(plan["policy"]);
  auto definition = compile_plan(plan);
  ASSERT_TRUE(definition.ok()) << definition.error().text();
  std::string actual = definition->dump(2) + "\n";
  std::string path = "tests/golden/workflows/" + std::string(GetParam().name) + ".json";
  if (read_whole(path) == actual) return;
  std::filesystem::path other = std::filesystem::path(::testing::TempDir()) / path;
  std::filesystem::create_directories(other.parent_path());
  std::ofstream(other, std::ios::binary) << actual;
  ADD_FAILURE() << path << " is not what the plan compiles to; that is in " << other;
}

TEST_P(CompiledPlan, IsAFunctionOfThePlanAlone) {
  Json plan = plan_for(GetParam());
  auto definition = compile_plan(plan);
  ASSERT_TRUE(definition.ok()) << definition.error().text();
  EXPECT_EQ(to_text(*compile_plan(plan)), to_text(*definition));
  EXPECT_EQ(json_hash(*compile_plan(*parse_json(to_text(plan)))), json_hash(*definition)) << "stored and read again";
  plan["status"] = "approved";
  EXPECT_EQ(to_text(*compile_plan(plan)), to_text(*definition));
}

TEST_P(CompiledPlan, CallsNoToolMoreOftenThanThePlanSays) {
  Json plan = plan_for(GetParam());
  auto definition = compile_plan(plan);
  ASSERT_TRUE(definition.ok()) << definition.error().text();
  const Json& report = plan["steps"][4];
  ASSERT_EQ(report["id"], "report");
  EXPECT_EQ((*definition)["nodes"]["report"]["retry"]["max"], report["retry"]["max_attempts"].get<int>() - 1)
      << "the first attempt is no retry";
}

TEST_P(CompiledPlan, OnlyWhatWasApprovedIsCompiled) {
  const Json plan = plan_for(GetParam());
  for (const char* status : {"draft", "needs_input", "blocked", "rejected", "expired"}) {
    Json other = plan;
    other["status"] = status;
    auto refused = compile_plan(other);
    ASSERT_FALSE(refused.ok()) << status;
    EXPECT_EQ(refused.error().code, Code::kConflict);
  }
  // Whatever of it is changed after the hash was made is found.
  const std::pair<const char*, Json> changes[] = {{"/steps/2/args/campaign_id", "cmp_other"},
                                                  {"/steps/1/schedule/at", "2027-01-01T00:00:00Z"},
                                                  {"/brief/audience/include", Json::array({"lst_everybody_else"})},
                                                  {"/content_briefs/0/assets/0", "tpl_other@1"},
                                                  {"/limits/max_messages", 1'000'000},
                                                  {"/steps/2/connection", "con_other"}};
  for (const auto& [pointer, value] : changes) {
    Json changed = plan;
    Json::json_pointer at(pointer);
    ASSERT_TRUE(changed.contains(at)) << pointer;
    changed[at] = value;
    auto refused = compile_plan(changed);
    ASSERT_FALSE(refused.ok()) << pointer;
    EXPECT_NE(refused.error().text().find("is not the hash of this plan"), std::string::npos)
        << pointer << refused.error().text();
  }
  Json risky = plan;
  risky["steps"][2]["approval"]["mode"] = "none";
  risky["plan_hash"] = plan_hash_of(risky);
  auto refused = compile_plan(risky);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("needs an approval"), std::string::npos) << refused.error().text();
}

TEST(CompiledPlan, AGoalThatLeavesQuestionsDoesNotCompile) {
  Json plan = plan_for({"vague", "Do something nice for our customers", "UTC", "lst_newsletter"});
  auto refused = compile_plan(plan);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
}

}  // namespace
}  // namespace spreaders::planners
