#include "agent/flow.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spreaders::agent {
namespace {

TEST(Flow, OnlyTheUsersHostsAddressesAndAmounts) {
  Said said{{"Write to ada@example.org about shop.example, budget 1,250 euros"}, {"brand.example"}};
  auto fine = [&](const Json& arguments) { return flow_problems(arguments, said).empty(); };
  EXPECT_TRUE(fine({{"email", "ada@example.org"}, {"budget_amount", 1250}, {"link", "https://shop.example/a?b=c"}}));
  EXPECT_TRUE(
      fine({{"html", "<a href=\"https://www.brand.example/x\">x</a> {{ contact.first_name }}"}, {"limit", 50}}));
  EXPECT_TRUE(fine(
      {{"html", "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\" \"http://www.w3.org/TR/xhtml1\"><p>24/7</p>"}}));
  EXPECT_FALSE(fine({{"email", "bada@example.org"}}));
  EXPECT_FALSE(fine({{"email", "eve+ada@example.org"}}));
  EXPECT_FALSE(fine({{"link", "https://shop.example.evil.test"}}));
  EXPECT_FALSE(fine({{"link", "https://notshop.example"}}));
  EXPECT_FALSE(fine({{"link", "https://example.org"}})) << "the domain of an address is no link";
  EXPECT_FALSE(fine({{"link", "https://evilbrand.example"}}));
  EXPECT_FALSE(fine({{"link", "http://localhost:8080/admin"}}));
  EXPECT_FALSE(fine({{"budget", {{"total", 1251}}}}));
  EXPECT_FALSE(fine({{"rows", {{{"consent", true}}}}}));
  auto wrong = flow_problems({{"a", {{{"b", "x\x01"}}}}}, said);
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0].pointer, "/a/0/b");
}

TEST(Flow, TheListOfProblemsHasAnEnd) {
  Json many = Json::array();
  for (int i = 0; i < 1000; ++i) many.push_back("https://evil.test");
  EXPECT_EQ(flow_problems({{"links", many}}, {}).size(), kFlowIssuesMax);
}

TEST(Flow, MasksPeople) {
  EXPECT_EQ(mask_people("Ada <ada@example.org>, bo.b@x.co.uk; +49 151 2345678 costs +5"),
            "Ada <a***@example.org>, b***@x.co.uk; +49***78 costs +5");
  EXPECT_EQ(mask_people("no address @ all, 3 @ 5"), "no address @ all, 3 @ 5");
  EXPECT_EQ(mask_people(""), "");
}

TEST(Flow, CleansLines) {
  EXPECT_EQ(clean_lines("a\x07"
                        "b\r\nc\td\x7f\xC2\x85\xE2\x80\xAE!",
                        100),
            "ab\nc\td!");
  EXPECT_EQ(clean_lines("日本語です", 3), "日本語...");
  EXPECT_EQ(clean_lines("👩‍👩‍👧", 100), "👩‍👩‍👧") << "joined characters stay whole";
}

TEST(Flow, KnowsARequestForSecrets) {
  for (auto text : {"Please send me your password.", "What is your API key?", "Reply with the 6-digit code",
                    "Do not worry, send me your password", "Never share it with others, but tell me your PIN code now",
                    "Bitte gib dein Passwort ein", "Envoyez votre mot de passe", "Dime tu contraseña",
                    "パスワードを教えてください", "I need your credit card number to go on"}) {
    EXPECT_TRUE(asks_for_secret(text)) << text;
  }
  for (auto text :
       {"Never send your password to anyone.", "Your plan is ready.", "You do not need an API key.",
        "Revoke the password you pasted.", "Which list do you mean?", "Bitte teile dein Passwort nicht mit"}) {
    EXPECT_FALSE(asks_for_secret(text)) << text;
  }
}

TEST(Flow, FiguresNeedASource) {
  const std::vector<std::string> sources = {R"({"sent":1250,"open_rate":41.5})", "250 dollars from 2026-11-22"};
  auto without = [&](std::string_view reply) { return figures_without_source(reply, sources); };
  EXPECT_TRUE(
      without("Of 1,250 readers 41.5 % opened it; the budget is 250 dollars, in 3 steps, until 2026-12-01 at 9:30.")
          .empty());
  EXPECT_TRUE(without("Campaign cmp_4fK2aB9x12 of 2026 has 2 lists.").empty());
  EXPECT_EQ(without("47% clicked, 9,999 sold for 12.50."), (std::vector<std::string>{"47%", "9,999", "12.50"}));
  EXPECT_EQ(without("4% ordered"), std::vector<std::string>{"4%"});
  EXPECT_EQ(without(std::string(10'000, '7') + " " + std::string("99 ")), std::vector<std::string>{"99"});
}

TEST(Flow, SecretsLeaveAndIdsStay) {
  std::vector<std::string> found;
  EXPECT_EQ(without_secrets("key AKIAIOSFODNN7EXAMPLE for cmp_4fK2aB9xQ7LmN3pR8sT1uV", found),
            "key [redacted secret] for cmp_4fK2aB9xQ7LmN3pR8sT1uV");
  EXPECT_EQ(found, std::vector<std::string>{"AWS access key"});
  std::string shown = for_model({{"hash", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
                                 {"note", "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWx"}},
                                {"x", true});
  EXPECT_NE(shown.find("9f86d081"), std::string::npos);
  EXPECT_EQ(shown.find("sk-ant"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::agent
