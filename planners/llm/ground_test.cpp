#include "planners/llm/ground.hpp"

#include <gtest/gtest.h>

#include "planners/llm/draft.hpp"

namespace spreaders::planners::llm {
namespace {

std::string span(const std::vector<Turn>& turns, const std::optional<Evidence>& found) {
  return found ? turns[static_cast<size_t>(found->turn)].text.substr(found->start, found->end - found->start)
               : "(none)";
}

TEST(Ground, NumbersInEveryGrouping) {
  struct Case {
    const char* text;
    double value;
    const char* span;
  };
  for (const auto& one :
       {Case{"spend 1,250 euros", 1250, "1,250"},
        {"3.750 \xE2\x82\xAC bitte", 3750, "3.750"},
        {"un budget de 6 400 euros", 6400, "6 400"},
        {"7'200 Franken", 7200, "7'200"},
        {"about 5k", 5000, "5k"},
        {"2.5k dollars", 2500, "2.5k"},
        {"1,5 Mio EUR", 1.5e6, "1,5 Mio"},
        {"3 lakhs", 300000, "3 lakhs"},
        {"2 crore", 2e7, "2 crore"},
        {"50\xE4\xB8\x87\xE5\x86\x86", 500000, "50\xE4\xB8\x87"},
        {"1.250,50 EUR", 1250.5, "1.250,50"},
        {"$1,250.50", 1250.5, "1,250.50"},
        {"\xEF\xBC\x95\xEF\xBC\x90\xEF\xBC\x90\xE5\x86\x86", 500, "\xEF\xBC\x95\xEF\xBC\x90\xEF\xBC\x90"},
        {"1 234 567", 1234567, "1 234 567"},
        {"6\xC2\xA0"
         "400",
         6400,
         "6\xC2\xA0"
         "400"}}) {
    const std::vector<Turn> turns = {{one.text}};
    EXPECT_EQ(span(turns, find_number(turns, one.value)), one.span) << one.text;
  }
}

TEST(Ground, NumbersThatWereNotSaid) {
  for (const auto& [text, value] : {std::pair{"spend 1,250 euros", 250.0},
                                    {"spend 1,250 euros", 1.0},
                                    {"spend 500", 5000.0},
                                    {"spend 500", 50.0},
                                    {"5 kittens", 5000.0},
                                    {"no number", 0.0},
                                    {"1250", 125.0},
                                    {"3 miles", 3000.0}}) {
    EXPECT_FALSE(find_number({{text}}, value).has_value()) << text << " " << value;
  }
}

TEST(Ground, LaterTurnsFirst) {
  const std::vector<Turn> turns = {{"Budget 500 EUR"}, {"no, 500 USD"}};
  EXPECT_EQ(find_number(turns, 500)->turn, 1);
}

TEST(Ground, CurrenciesAndChannels) {
  EXPECT_TRUE(find_currency({{"500\xE2\x82\xAC"}}, "EUR").has_value());
  EXPECT_TRUE(find_currency({{"500 eur"}}, "EUR").has_value());
  EXPECT_TRUE(find_currency({{"$500"}}, "USD").has_value());
  EXPECT_FALSE(find_currency({{"$500"}}, "EUR").has_value());
  EXPECT_FALSE(find_currency({{"Europe, 500"}}, "EUR").has_value());
  EXPECT_TRUE(find_channel({{"post on Insta"}}, "instagram").has_value());
  EXPECT_FALSE(find_channel({{"post on Insta"}}, "instagram_ads").has_value());
  EXPECT_TRUE(find_channel({{"Instagram ads please"}}, "instagram_ads").has_value());
  EXPECT_FALSE(find_channel({{"an extra box of emailing"}}, "x").has_value());
  EXPECT_TRUE(find_channel({{"\xE3\x83\xA1\xE3\x83\xBC\xE3\x83\xAB\xE3\x81\xA7\xE9\x80\x81\xE3\x82\x8B"}}, "email")
                  .has_value());
}

TEST(Ground, Quotes) {
  const std::vector<Turn> turns = {{"Announce our Winter Sale to VIP customers."}};
  EXPECT_EQ(span(turns, find_quote(turns, "\"winter sale.\"")), "Winter Sale");
  EXPECT_FALSE(find_quote(turns, "inter Sale").has_value());
  EXPECT_FALSE(find_quote(turns, "...").has_value());
}

TEST(DraftTexts, CleaningAndLinks) {
  EXPECT_EQ(clean_text(" a\n\tb\x1b[31m \xE2\x80\xAE"
                       "c\xE2\x80\x8B"
                       "d\x7f ",
                       100),
            "a b [31m cd");
  EXPECT_EQ(clean_text("\xC3\xA4\xC3\xB6\xC3\xBC", 2), "\xC3\xA4\xC3\xB6");
  for (const char* text : {"see https://a.example", "go to evil.com now", "WWW.x", "mailto:a@b", "bit.ly/x"})
    EXPECT_TRUE(has_link(text)) << text;
  for (const char* text : {"Save 3.50 today.Really", "e.g. shoes", "v1.2", "Mr. Smith"})
    EXPECT_FALSE(has_link(text)) << text;
}

TEST(DraftTexts, Currencies) {
  EXPECT_TRUE(is_currency("EUR"));
  EXPECT_TRUE(is_currency("ZWG"));
  for (const char* code : {"eur", "EU", "EURO", "XXX", "UR ", "RGB", ""}) EXPECT_FALSE(is_currency(code)) << code;
  EXPECT_EQ(minor_digits("JPY"), 0);
  EXPECT_EQ(minor_digits("KWD"), 3);
  EXPECT_EQ(minor_digits("EUR"), 2);
}

}  // namespace
}  // namespace spreaders::planners::llm
