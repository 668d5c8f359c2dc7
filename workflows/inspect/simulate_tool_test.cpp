#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/inspect/tools_test.hpp"

namespace spreaders::workflows::inspect {
namespace {

class SimulateTool : public ToolsTest {
 protected:
  const Json definition_ = parsed(R"({"name":"Vips","start":"c","nodes":{
    "c":{"type":"condition","if":{"person":{"attribute":"orders","op":"gte","value":3}},"yes":"d","no":"end"},
    "d":{"type":"delay","for":"P1D","next":"end"},"end":{"type":"end"}}})");
};
INSTANTIATE_TEST_SUITE_P(Engines, SimulateTool,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(SimulateTool, AStoredVersionForAListAndForEveryoneWritesNothing) {
  std::string id = save(definition_);
  auto list = write([&](Tx& tx) { return audience::create_list(tx, kWorkspace, "Readers", "", clock_.now(), ids_); });
  ASSERT_TRUE(list.ok());
  for (int i = 0; i < 9; ++i) {
    std::string contact = person("p" + std::to_string(i) + "@example.org", {{"orders", int64_t{i}}});
    if (i >= 2)
      execute("INSERT INTO list_member (workspace_id, list_id, contact_id, added_at) VALUES ($1, $2, $3, 1)",
              {kWorkspace, list->id, contact});
  }
  Json seen = ok("workflow.simulate", {{"workflow_id", id}, {"audience", "readers"}, {"samples", 1}});
  EXPECT_EQ(seen["people"], 7);
  EXPECT_EQ(seen["nodes"][0]["outcomes"], parsed(R"({"no":1,"yes":6})"));
  EXPECT_EQ(seen["samples"].size(), 1u);
  EXPECT_EQ(seen["samples"][0]["lines"][0]["node"], "c");
  Json all = ok("workflow.simulate", {{"workflow_id", id}, {"audience", "everyone"}});
  EXPECT_EQ(all["people"], 9);
  EXPECT_EQ(all["complete"], true);
  EXPECT_EQ(count("SELECT (SELECT COUNT(*) FROM run WHERE workspace_id = $1) + (SELECT COUNT(*) FROM event WHERE "
                  "workspace_id = $1)",
                  {kWorkspace}),
            0);
}

TEST_P(SimulateTool, ADraftForMadeUpPeopleOrItsMistakes) {
  Json seen = ok("workflow.simulate", {{"definition", definition_}, {"assume", {{"condition_rate", 1}}}});
  EXPECT_EQ(seen["people"], 1000);
  EXPECT_EQ(seen["ends"], parsed(R"({"completed":1000})"));
  EXPECT_EQ(seen["nodes"][0]["outcomes"], parsed(R"({"yes":1000})"));
  Json wrong = definition_;
  wrong["nodes"]["c"]["yes"] = "gone";
  EXPECT_NE(refused("workflow.simulate", {{"definition", wrong}}).find("/definition/nodes/c/yes"), std::string::npos);
  wrong = definition_;
  wrong["nodes"]["d"] = {{"type", "action"}, {"tool", "x.nothing"}, {"next", "end"}};
  EXPECT_NE(refused("workflow.simulate", {{"definition", wrong}}).find("/definition/nodes/d/tool"), std::string::npos);
  std::string text =
      refused("workflow.simulate", {{"audience", "everyone"},
                                    {"made_up", 3},
                                    {"horizon", "PT0S"},
                                    {"assume", {{"events", {{"Bought", {{"probability", 2}}}}}, {"evnets", 1}}}});
  for (const char* place :
       {"/workflow_id", "/made_up", "/horizon", "/assume/events/Bought/probability", "/assume/evnets"})
    EXPECT_NE(text.find(place), std::string::npos) << text;
}

TEST_P(SimulateTool, WhatADraftStartsIsLookedUpAndSimulatedWithIt) {
  std::string inner = save(definition_);
  Json around = parsed(R"({"name":"Around","start":"s","nodes":{
    "s":{"type":"sub_workflow","on":{"completed":"q"}},
    "q":{"type":"approval","title":"Go on?","what":"Really?","on":{"approved":"u","rejected":"end","expired":"end"}},
    "u":{"type":"update_profile","set":{"vip":true},"next":"t"},"t":{"type":"tag","add":["Vips"],"next":"end"},"end":{"type":"end"}}})");
  around["nodes"]["s"]["workflow"] = inner;
  for (int i = 0; i < 5; ++i) person("p" + std::to_string(i) + "@example.org", {{"orders", int64_t{i}}});
  Json seen = ok("workflow.simulate", {{"definition", around},
                                       {"audience", "everyone"},
                                       {"assume", {{"nodes", {{"q", {{"yes_rate", 1}, {"delay", "PT2H"}}}}}}}});
  std::map<std::string, int64_t> entered;
  for (const auto& node : seen["nodes"]) entered[node["node"]] = node["entered"];
  EXPECT_EQ(entered, (std::map<std::string, int64_t>{
                         {"s", 5}, {"q", 5}, {"u", 5}, {"t", 5}, {"end", 5}, {"s/c", 5}, {"s/d", 2}, {"s/end", 5}}));
  EXPECT_EQ(seen["ends"], parsed(R"({"completed":5})"));
  const std::string said = to_text(seen["assumed"]);
  for (const char* line : {"'s' starts 'Vips' version 1", "What 'q' asks a person is approved PT2H later.",
                           "What steps change of people is not seen by later steps"})
    EXPECT_NE(said.find(line), std::string::npos) << said;
  EXPECT_EQ(count("SELECT (SELECT COUNT(*) FROM run) + (SELECT COUNT(*) FROM list) + (SELECT COUNT(*) FROM approval)"),
            0);
  around["nodes"]["s"]["workflow"] = "wf_none";
  EXPECT_NE(refused("workflow.simulate", {{"definition", around}}).find("/definition/nodes/s/workflow"),
            std::string::npos);
}

TEST_P(SimulateTool, ARuleAboutNoListSaysSo) {
  Json definition = definition_;
  definition["nodes"]["c"]["if"] = {{"person", {{"list", "Nobody"}}}};
  person("a@example.org");
  EXPECT_NE(refused("workflow.simulate", {{"definition", definition}, {"audience", "everyone"}}).find("'Nobody'"),
            std::string::npos);
}

}  // namespace
}  // namespace spreaders::workflows::inspect
