#include "agent/working_set.hpp"

#include <gtest/gtest.h>

#include "agent/test_support.hpp"

namespace spreaders::agent {
namespace {

const Principal kModel{
    .id = "usr_1/model", .workspace = "wsp_1", .scopes = {"*"}, .kind = Principal::Kind::kModel, .door = "agent"};

TEST(WorkingSet, FindsByNameTitleTextAndArguments) {
  testing::FakeRunner runner;
  ToolIndex index(runner.list(), kModel);
  EXPECT_EQ(index.search("import my contacts", 3).at(0)->name.value, "audience.importContacts");
  EXPECT_EQ(index.search("status of my campaigns", 3).at(0)->name.value, "campaign.getStatus");
  EXPECT_EQ(index.search("approval", 3).size(), 3U) << "an argument's name counts, and no more than asked for";
  EXPECT_TRUE(index.search("zeppelin", 3).empty());
}

TEST(WorkingSet, SomeToolsAreNeverOffered) {
  testing::FakeRunner runner;
  ToolIndex index(runner.list(), kModel);
  for (auto name : {"approvals.decide", "database.deleteAll", "security.rotateKeys", "campaign.plan"})
    EXPECT_EQ(index.find(name), nullptr) << name;
  EXPECT_NE(index.find("campaign_execute"), nullptr) << "asking is allowed, the pipeline decides";
  Principal reader = kModel;
  reader.scopes = {"campaigns:read"};
  EXPECT_EQ(ToolIndex(runner.list(), reader).size(), 1U);
}

// As many tools as the whole product has.
struct Many {
  std::vector<std::string> names;
  std::deque<ToolSpec> specs;
  std::vector<const ToolSpec*> list;
  Many() {
    static const std::vector<std::string> kept = [] {
      std::vector<std::string> made;
      for (int i = 0; i < 289; ++i) made.push_back("family" + std::to_string(i / 12) + ".verbNoun" + std::to_string(i));
      return made;
    }();
    names = kept;
    for (const auto& name : kept) {
      ToolSpec spec = testing::kStatus;
      spec.name.value = name;
      specs.push_back(spec);
    }
    for (const auto& spec : specs) list.push_back(&spec);
    list.push_back(&testing::kContacts);
  }
};

TEST(WorkingSet, IsSmallAndStaysTheSameWhileItSuffices) {
  Many many;
  ToolIndex index(many.list, kModel);
  EXPECT_EQ(index.size(), 290U);
  std::vector<std::string> offered;
  choose_tools(index, "list the contacts", offered);
  EXPECT_LE(offered.size(), kOfferedMax);
  EXPECT_NE(std::find(offered.begin(), offered.end(), "audience.listContacts"), offered.end());
  choose_tools(index, "the state and figures of a campaign", offered);
  EXPECT_EQ(offered.size(), kOfferedMax);
  offer_tool(many.specs[200], offered);
  EXPECT_EQ(offered.size(), kOfferedMax);
  EXPECT_EQ(offered.back(), many.names[200]);
  auto before = offered;
  choose_tools(index, "hello there", offered);
  EXPECT_EQ(offered, before) << "words that ask for nothing change nothing";
}

TEST(WorkingSet, TheSameWordsGiveTheSameSet) {
  testing::FakeRunner runner;
  ToolIndex index(runner.list(), kModel);
  std::vector<std::string> offered;
  choose_tools(index, "contacts campaign create status import", offered);
  auto again = offered;
  choose_tools(index, "contacts campaign create status import", again);
  EXPECT_EQ(offered, again);
}

}  // namespace
}  // namespace spreaders::agent
