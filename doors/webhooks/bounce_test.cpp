#include "doors/pages/door_test.hpp"
#include "doors/webhooks/bounce_routes.hpp"

namespace spreaders::doors {
namespace {

class BounceDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    key = add_key(services::KeyKind::kWriteKey).secret.reveal();
    serve(bounce_routes(*database, clock, journal, [this](std::string_view mail) -> Result<ParsedBounce> {
      if (mail.starts_with("ordinary")) return invalid("not a bounce");
      if (mail.starts_with("broken")) return internal("parser broke", "detail");
      return report;
    }));
  }
  Answer bounce(const std::string& body = "mail") {
    return ask("POST", "/hooks/bounces/" + workspace, body, basic(key));
  }
  std::string key;
  ParsedBounce report;
};

TEST_F(BounceDoorTest, AHardBounceSuppressesItsAddressOnce) {
  report.recipients = {{message.outbox_id, "hard", "5.1.1", "no such\r\nuser"}};
  for (int i = 0; i < 2; ++i) {
    auto answer = bounce();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"recorded":1,"ignored":0})");
  }
  EXPECT_EQ(events_named("Email Bounced"), 1);
  EXPECT_EQ(count("suppression WHERE address = 'ana@example.org' AND reason = 'hard_bounce'"), 1);
  EXPECT_EQ(count("event WHERE properties LIKE '%no such  user%'"), 1);
}

TEST_F(BounceDoorTest, AMessageIdIsCutAtItsDomain) {
  report.recipients = {{"<" + message.outbox_id + "@mail.example.org>", "soft", "4.2.2", "full"},
                       {" " + message.outbox_id + "@x ", "complaint", "", ""}};
  EXPECT_EQ(bounce().body, R"({"recorded":2,"ignored":0})");
  EXPECT_EQ(events_named("Email Bounced"), 1);
  EXPECT_EQ(events_named("Email Complained"), 1);
}

TEST_F(BounceDoorTest, WhatIsNoFailureOfOursIsIgnored) {
  auto second = add_message("ben@example.org");
  report.recipients = {{message.outbox_id, "auto_reply", "", ""},
                       {message.outbox_id, "delivered", "2.0.0", ""},
                       {"out_unknown", "hard", "5.1.1", ""},
                       {"", "hard", "", ""},
                       {"' OR 1=1 --", "hard", "", ""},
                       {std::string(100'000, 'x'), "hard", "", ""},
                       {second.outbox_id, "soft", "4.0.0", std::string(5000, 'y') + "\xff"}};
  EXPECT_EQ(bounce().body, R"({"recorded":1,"ignored":6})");
  EXPECT_EQ(count("suppression"), 0);
  EXPECT_EQ(bounce("ordinary mail").body, R"({"recorded":0,"ignored":1})");
  report.recipients.assign(kBouncedMax + 5, {message.outbox_id, "soft", "4.0.0", ""});
  EXPECT_EQ(bounce().body, R"({"recorded":100,"ignored":5})");
}

TEST_F(BounceDoorTest, TheKeyMayBeInTheAddressAndBelongsToItsWorkspace) {
  report.recipients = {{message.outbox_id, "hard", "5.1.1", ""}};
  EXPECT_EQ(ask("POST", "/hooks/bounces/" + workspace + "/" + key, "mail").status, 200);
  EXPECT_EQ(ask("POST", "/hooks/bounces/wsp_other/" + key, "mail").status, 404);
  EXPECT_EQ(ask("POST", "/hooks/bounces/", "mail", basic(key)).status, 404);
  EXPECT_EQ(ask("POST", "/hooks/bounces/" + workspace, "mail").status, 401);
  EXPECT_EQ(ask("POST", "/hooks/bounces/" + workspace + "/spk_wrong", "mail").status, 401);
  EXPECT_EQ(
      ask("POST", "/hooks/bounces/" + workspace + "/" + add_key(services::KeyKind::kPerson).secret.reveal(), "mail")
          .status,
      401);
  EXPECT_EQ(ask("GET", "/hooks/bounces/" + workspace).status, 405);
}

TEST_F(BounceDoorTest, AMessageOfAnotherWorkspaceIsNotFound) {
  write([&](storage::Tx& tx) {
    return tx.execute("UPDATE outbox SET workspace_id = 'wsp_other' WHERE workspace_id = $1", {workspace});
  });
  report.recipients = {{message.outbox_id, "hard", "5.1.1", ""}};
  EXPECT_EQ(bounce().body, R"({"recorded":0,"ignored":1})");
}

TEST_F(BounceDoorTest, BadBodiesAreNamed) {
  EXPECT_EQ(bounce("").status, 400);
  EXPECT_EQ(bounce(" \r\n").status, 400);
  EXPECT_EQ(bounce(std::string(kBounceBytesMax + 1, 'x')).status, 413);
  auto broken = bounce("broken");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("detail"), std::string::npos);
  EXPECT_EQ(broken.body.find("parser broke"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::doors
