// Whatever plans compile to (tests/golden/workflows, written by planners/compile_test.cpp) is a workflow the engine
// takes.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "workflows/definition.hpp"

namespace spreaders::workflows {
namespace {

TEST(GoldenPlans, AreSoundWorkflows) {
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/workflows")) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    auto json = parse_json(text.str());
    ASSERT_TRUE(json.ok()) << json.error().text();
    auto is_tool = [](std::string_view name, const void*) {
      return name == "notification.sendEmail" || name == "ai.summarizeCampaign";
    };
    auto definition = parse_definition(*json, is_tool);
    ASSERT_TRUE(definition.ok()) << definition.error().text();
    EXPECT_EQ(definition->find("send")->type, NodeType::kForEach);
    EXPECT_EQ(definition->find("send")->payload->value("version", 0), 3);
    ++read;
  }
  EXPECT_GE(read, 5);
}

}  // namespace
}  // namespace spreaders::workflows
