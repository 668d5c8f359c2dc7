#include "integrations/email/bounce.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "integrations/email/bounce_fuzz.hpp"
#include "integrations/email/golden_test.hpp"

namespace spreaders::email {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_directory() / "bounces")) {
    if (entry.path().extension() == ".eml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void expect_result(const std::string& mail, const Json& expected) {
  const auto bounce = parse_bounce(mail);
  ASSERT_EQ(bounce.ok(), expected["bounce"].get<bool>()) << (bounce.ok() ? "" : bounce.error().text());
  if (!bounce.ok()) {
    EXPECT_EQ(bounce.error().code, Code::kInvalidArgument);
    return;
  }
  EXPECT_EQ(bounce_class_name(bounce->classification), expected["classification"].get<std::string>());
  EXPECT_EQ(bounce->original_message_id, expected["original_message_id"].get<std::string>());
  EXPECT_EQ(bounce->envelope_to, expected["envelope_to"].get<std::string>());
  EXPECT_EQ(bounce->reporting_mta, expected["reporting_mta"].get<std::string>());
  EXPECT_EQ(bounce->feedback_type, expected["feedback_type"].get<std::string>());
  ASSERT_EQ(bounce->recipients.size(), expected["recipients"].size());
  for (size_t i = 0; i < bounce->recipients.size(); ++i) {
    const auto& recipient = bounce->recipients[i];
    const Json& wanted = expected["recipients"][i];
    EXPECT_EQ(recipient.final_recipient, wanted["final_recipient"].get<std::string>());
    EXPECT_EQ(recipient.action, wanted["action"].get<std::string>());
    EXPECT_EQ(recipient.status, wanted["status"].get<std::string>()) << recipient.diagnostic;
    EXPECT_EQ(bounce_class_name(recipient.classification), wanted["classification"].get<std::string>())
        << recipient.diagnostic;
    EXPECT_NE(recipient.diagnostic.find(wanted["diagnostic_contains"].get<std::string>()), std::string::npos)
        << recipient.diagnostic;
  }
}

TEST(Bounce, CorpusIsReadAsExpectedWithEitherLineEnd) {
  const auto names = corpus();
  ASSERT_GE(names.size(), 25U);
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    const std::string mail = read_whole(golden_directory() / "bounces" / (name + ".eml"));
    const auto expected = parse_json(read_whole(golden_directory() / "bounces" / (name + ".json")));
    ASSERT_TRUE(expected.ok());
    expect_result(mail, *expected);
    std::string crlf;
    for (const char c : mail) crlf += c == '\n' ? "\r\n" : std::string(1, c);
    expect_result(crlf, *expected);
  }
}

TEST(Bounce, CorpusCutAnywhereNeverFailsBadly) {
  for (const auto& name : corpus()) {
    const std::string mail = read_whole(golden_directory() / "bounces" / (name + ".eml"));
    for (size_t size = 0; size < mail.size(); size += 7) (void)parse_bounce(std::string_view(mail).substr(0, size));
  }
}

// The fuzz target itself, on the corpus with random damage: what a fuzzer would find in its first minute.
TEST(Bounce, DamagedMailStaysWithinTheLimits) {
  Rng rng(3);
  std::vector<std::string> mails;
  for (const auto& name : corpus()) mails.push_back(read_whole(golden_directory() / "bounces" / (name + ".eml")));
  for (int round = 0; round < 3000; ++round) {
    std::string mail = mails[rng.below(mails.size())];
    for (uint64_t change = rng.below(20); change > 0 && !mail.empty(); --change) {
      const size_t at = rng.below(mail.size());
      switch (rng.below(4)) {
        case 0:
          mail[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          mail.erase(at, rng.below(40));
          break;
        case 2:
          mail.insert(at, mail.substr(rng.below(mail.size()), rng.below(60)));
          break;
        default:
          mail.insert(at, rng.below(2) == 0 ? "\n" : "=?utf-8?Q?=FF?=");
          break;
      }
    }
    fuzz_mail(mail);
  }
}

TEST(Bounce, HostileShapesEndQuickly) {
  const int64_t start_ms = monotonic_ms();
  std::string nested = "Content-Type: message/rfc822\n\n";
  for (int i = 0; i < 12; ++i) nested += nested.substr(0, 100'000);
  std::string parts = "Content-Type: multipart/report; boundary=b\n\n";
  for (int i = 0; i < 100'000; ++i) parts += "--b\n";
  std::string groups = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n";
  for (int i = 0; i < 20'000; ++i) groups += "Final-Recipient: rfc822; a@b.example\nAction: failed\n\n";
  std::string self = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 2'000; ++i) self += "--b\nContent-Type: multipart/mixed; boundary=b\n\n";
  std::string folded = "Subject: x\n" + std::string(500'000, ' ') + "y\n";
  for (int i = 0; i < 100'000; ++i) folded += " y\n";
  for (const std::string& mail :
       {nested, parts, groups, self, folded, std::string(5'000'000, 'x'), std::string(900'000, '\n'),
        "From: mailer-daemon@x\nSubject: failure\n\n" + std::string(900'000, '@'),
        "From: mailer-daemon@x\nSubject: failure\n\n" + std::string(900'000, '<'), "Subject: " + [] {
          std::string words;
          for (int i = 0; i < 50'000; ++i) words += "=?utf-8?Q?";
          return words;
        }() + "\n\n"}) {
    (void)parse_bounce(mail);
  }
  const auto bounce = parse_bounce(groups);
  ASSERT_TRUE(bounce.ok());
  EXPECT_EQ(bounce->recipients.size(), kBounceRecipientsMax);
  EXPECT_LT(monotonic_ms() - start_ms, 5'000);
}

TEST(Bounce, ClassifiesByCodeAndWords) {
  const struct {
    const char* status;
    const char* words;
    BounceClass expected;
  } cases[] = {{"5.1.1", "", BounceClass::kHard},
               {"5.2.2", "", BounceClass::kSoft},
               {"5.7.1", "", BounceClass::kBlock},
               {"4.2.2", "mailbox full", BounceClass::kSoft},
               {"4.1.1", "user unknown", BounceClass::kSoft},
               {"5.7.1", "550 5.7.1 user unknown", BounceClass::kHard},
               {"5.7.1", "blocked: recipient does not exist in policy", BounceClass::kBlock},
               {"5.1.1", "rejected by spamhaus", BounceClass::kBlock},
               {"5.0.0", "", BounceClass::kSoft},
               {"", "", BounceClass::kSoft},
               {"", "No such user", BounceClass::kHard},
               {"2.1.5", "", BounceClass::kDelivered},
               {"5.4.6", "mail loop", BounceClass::kSoft}};
  for (const auto& each : cases) {
    EXPECT_EQ(bounce_class_name(classify_bounce(each.status, each.words)), bounce_class_name(each.expected))
        << each.status << " " << each.words;
  }
}

}  // namespace
}  // namespace spreaders::email
