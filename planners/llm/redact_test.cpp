#include "planners/llm/redact.hpp"

#include <gtest/gtest.h>

namespace spreaders::planners::llm {
namespace {

// Key-shaped texts are put together here, so that no scanner of the repository takes them for real ones.
std::string repeat(const std::string& unit, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(Redact, FindsSecretsInSentences) {
  struct Case {
    std::string secret;
    const char* kind;
  };
  const Case cases[] = {
      {"sk-" + std::string("ant-api03-") + repeat("aB3_", 10), "Anthropic API key"},
      {"sk-" + std::string("proj-") + repeat("aB3x", 8), "OpenAI API key"},
      {"sk-" + repeat("aB3x", 10), "OpenAI API key"},
      {"AKIA" + repeat("Q7", 8), "AWS access key"},
      {"xox" + std::string("b-123456789012-abcdefABCDEF"), "Slack token"},
      {"gh" + std::string("p_") + repeat("a1B2", 9), "GitHub token"},
      {"SG" + std::string(".") + repeat("aB3x", 5) + "." + repeat("Zy9w", 10), "SendGrid API key"},
      {"AI" + std::string("za") + repeat("aB3-", 9), "Google API key"},
      {"sk_" + std::string("live_") + repeat("aB3x", 6), "Stripe secret key"},
      {"eyJ" + repeat("hbGc", 5) + "." + repeat("eyJz", 6) + "." + repeat("aB3_", 8), "signed token (JWT)"},
      {"-----BEGIN " + std::string("RSA PRIVATE KEY-----\nMIIE\nabc==\n-----END RSA PRIVATE KEY-----"), "private key"},
      {"4111 1111 1111 1111", "card number"},
      {"5555-5555-5555-4444", "card number"},
      {"378282246310005", "card number"},
      {"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "secret-looking token"},
      {"q7Gx2LmP9vRt4WzK8sYb3NcH", "secret-looking token"},
      {"spk_" + std::string("4fK2aB9xQ7LmN3pR8sT1uVwX6yZ0bC5dE"), "secret-looking token"},
      {"abc_" + std::string("4fK2aB9xQ7LmN3pR8sT1uV"), "secret-looking token"},
  };
  for (const auto& one : cases) {
    for (const char* sign : {" ", ". ", "\n", ", "}) {
      const std::string text = "Here it is: " + one.secret + sign + "Send 5,000 mails.";
      const auto clean = redact_secrets(text);
      ASSERT_EQ(clean.found.size(), 1U) << text;
      EXPECT_EQ(clean.found[0].kind, one.kind) << text;
      EXPECT_EQ(text.substr(clean.found[0].start, clean.found[0].end - clean.found[0].start), one.secret);
      EXPECT_EQ(clean.text, "Here it is: [redacted secret]" + std::string(sign) + "Send 5,000 mails.");
    }
  }
}

TEST(Redact, FindsNamedValues) {
  for (const auto& [text, expected] :
       {std::pair{"The password is hunter22!", "The password is [redacted secret]"},
        {"PASSWORD: correct-horse", "PASSWORD: [redacted secret]"},
        {"Passwort=Geheim123, danke", "Passwort=[redacted secret], danke"},
        {"api key: \"abc123def\" ok", "api key: \"[redacted secret]\" ok"},
        {"Authorization: Bearer abc123def456", "Authorization: Bearer [redacted secret]"},
        {"cvv 123 please", "cvv [redacted secret] please"}}) {
    EXPECT_EQ(redact_secrets(text).text, expected);
  }
}

TEST(Redact, SeveralInOneText) {
  const auto clean = redact_secrets("card 4111111111111111 and password: hunter2222 and again 4111111111111111");
  EXPECT_EQ(clean.text, "card [redacted secret] and password: [redacted secret] and again [redacted secret]");
  EXPECT_EQ(clean.found.size(), 3U);
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const std::string text :
       {"Send 25,000 emails on 2026-12-01 with a budget of 1.250,50 EUR to people aged 25-44.",
        "Call +49 170 1234567 or 0800 123 456 789. Order 4111111111111112 is late.",
        "See "
        "https://shop.example/winter-sale-2026/collections/"
        "mens-jackets-and-coats?utm_source=newsletter&utm_medium=email",
        "Campaign cmp 550e8400-e29b-41d4-a716-446655440000 and #WinterSale2026 #BlackFriday",
        "Reset password emails are sent by the product team. The password reset flow is fine.",
        "Donaudampfschifffahrtsgesellschaftskapitaenswitwe und Rindfleischetikettierungsueberwachungsaufgabe",
        "Our secret is quality. The token of our appreciation: a voucher. Bearer of good news. skateboard sk-8",
        "Wir haben 1000000000000 Gründe. ISBN 978-3-16-148410-0. 売上目標は1000000円です。",
        "SUMMER-SALE-2026-EXTRA-20 gives 20% off",
        "Send cmp_4fK2aB9xQ7LmN3pR8sT1uV to lst_Zx8kQ2mW5nR7tY1pL4sD9v, as pln_7hG3kL9mN2pQ5rS8tU1vWx says.", ""}) {
    const auto clean = redact_secrets(text);
    EXPECT_EQ(clean.text, text);
    EXPECT_TRUE(clean.found.empty());
  }
}

TEST(Redact, CutPrivateKeyAndLongInputs) {
  const auto cut = redact_secrets("-----BEGIN " + std::string("PRIVATE KEY-----\nMIIE"));
  EXPECT_EQ(cut.text, "[redacted secret]");
  EXPECT_TRUE(redact_secrets(std::string(200'000, '4')).found.empty());
  EXPECT_TRUE(redact_secrets(repeat("4 ", 100'000)).found.empty());
}

}  // namespace
}  // namespace spreaders::planners::llm
