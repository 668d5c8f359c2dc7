#include "core/tool_search.hpp"

#include <gtest/gtest.h>

namespace spreaders {
namespace {

const std::vector<SearchEntry> kEntries = {
    {"email.trackOpens", "Track opens", "Who opened a mail", "read receipts"},
    {"campaign.pause", "Pause a campaign", "Stops new sends", "put on hold"},
    {"campaign.resume", "Resume a campaign", "Goes on where it stopped", "carry on"},
    {"analytics.getROI", "Return on investment", "Earned against spent", "was it worth it"},
};

std::string best(std::string_view query) {
  static const ToolSearch search(kEntries, {"email mail newsletter", "pause halt freeze"});
  auto hits = search.find(query, 3);
  return hits.empty() ? "" : kEntries[hits[0].index].name;
}

TEST(ToolSearch, OneFormForTheFormsOfAWord) {
  EXPECT_EQ(search_words("opens opened opening"), (std::vector<std::string>{"open", "open", "open"}));
  EXPECT_EQ(search_words("campaign.getStatus"), search_words("campaign get status"));
  EXPECT_EQ(search_words("stopped"), search_words("stop"));
  EXPECT_EQ(search_words("stories"), search_words("story"));
}

TEST(ToolSearch, FindsByNameWordsSynonymsAndDespiteTypingErrors) {
  EXPECT_EQ(best("trackOpens"), "email.trackOpens");
  EXPECT_EQ(best("who read the newsletter"), "email.trackOpens");
  EXPECT_EQ(best("freeze everything"), "campaign.pause");
  EXPECT_EQ(best("camapign carry on"), "campaign.resume");
  EXPECT_EQ(best("was the spending worth it"), "analytics.getROI");
  EXPECT_EQ(best("zzz qqq"), "");
  EXPECT_EQ(best(""), "");
}

TEST(ToolSearch, HostileQueriesStayCheap) {
  std::string huge;
  for (int i = 0; i < 100'000; ++i) huge += "word" + std::to_string(i) + " ";
  static const ToolSearch search(kEntries, {});
  EXPECT_TRUE(search.find(huge, 5).empty());
  EXPECT_TRUE(search.find(std::string(1'000'000, 'a'), 5).empty());
  EXPECT_TRUE(search.find("\xff\xfe\x80", 5).empty());
}

TEST(ToolSearch, EqualScoresComeByName) {
  ToolSearch search({{"b.same", "", "thing"}, {"a.same", "", "thing"}}, {});
  auto hits = search.find("thing", 5);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].index, 1U);
}

}  // namespace
}  // namespace spreaders
