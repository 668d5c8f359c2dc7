#include "integrations/email/smtp.hpp"

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "core/time.hpp"
#include "integrations/email/smtp_server_test.hpp"

namespace spreaders::email {
namespace {

using Kind = SendOutcome::Kind;
using Scripts = std::vector<ScriptedServer::Script>;
const Envelope kEnvelope{"bounce+t@b.example", "ada@reader.example"};
const std::string kMessage = "From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n";

SmtpServer plain(const ScriptedServer& server) {
  SmtpServer out;
  out.host = "127.0.0.1";
  out.port = server.port();
  out.tls = SmtpTls::kNone;
  out.command_timeout_ms = out.data_timeout_ms = out.connect_timeout_ms = 3'000;
  return out;
}

SendOutcome send_once(ScriptedServer& server, const std::string& message = kMessage) {
  SmtpConnection connection;
  (void)connection.open(plain(server));
  return connection.send(kEnvelope, message);
}

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : std::string(code_name(result.error().code));
}

TEST(Smtp, SendsAndReusesTheConnection) {
  std::vector<std::string> got;
  ScriptedServer server(Scripts{[&](Peer& peer) {
    peer.greet();
    for (int i = 0; i < 3; ++i) got.push_back(peer.take("250 2.0.0 queued as 42\r\n"));
    EXPECT_EQ(peer.line(), "QUIT");
    peer.say("221 bye\r\n");
  }});
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(plain(server))), "ok");
  for (int i = 0; i < 3; ++i) {
    const auto outcome = connection.send(kEnvelope, kMessage);
    EXPECT_EQ(outcome.kind, Kind::kAccepted);
    EXPECT_EQ(outcome.stage, SmtpStage::kFinalDot);
    EXPECT_EQ(outcome.reply_code, 250);
    EXPECT_EQ(outcome.enhanced_status, "2.0.0");
    EXPECT_EQ(outcome.text, "2.0.0 queued as 42");
    EXPECT_TRUE(outcome.connection_usable);
  }
  connection.close();
  EXPECT_FALSE(connection.is_open());
  EXPECT_EQ(server.connections(), 1);
  server.finish();
  EXPECT_EQ(got, std::vector<std::string>(3, kMessage + ".\r\n"));
  EXPECT_EQ(server.log()[1], "MAIL FROM:<bounce+t@b.example> SIZE=" + std::to_string(kMessage.size()));
  EXPECT_EQ(server.log()[2], "RCPT TO:<ada@reader.example>");
}

TEST(Smtp, PipelinesOnlyWhenOffered) {
  for (const bool offered : {true, false}) {
    std::atomic<bool> came_at_once = false;
    ScriptedServer server(Scripts{[&](Peer& peer) {
      peer.greet(offered ? "250 PIPELINING\r\n" : "250 8BITMIME\r\n");
      peer.line();
      // Without pipelining the client waits for the answer to MAIL, so the next line cannot be here.
      if (offered) {
        peer.line();
        peer.line();
        came_at_once = true;
        peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
      } else {
        peer.say("250 ok\r\n");
        peer.line();
        peer.say("250 ok\r\n");
        peer.line();
        peer.say("354 go\r\n");
      }
      peer.data();
      peer.say("250 ok\r\n");
    }});
    EXPECT_EQ(send_once(server).kind, Kind::kAccepted);
    EXPECT_EQ(came_at_once, offered);
  }
}

TEST(Smtp, StuffsDotsAndEndsTheLastLine) {
  std::string got;
  ScriptedServer server(Scripts{[&](Peer& peer) {
    peer.greet();
    got = peer.take("250 ok\r\n");
  }});
  send_once(server, ".a: b\r\n\r\n.\r\n..\r\nx.y\r\n.no end");
  server.finish();
  EXPECT_EQ(got, "..a: b\r\n\r\n..\r\n...\r\nx.y\r\n..no end\r\n.\r\n");
}

TEST(Smtp, LargeMessagesArriveWhole) {
  std::string got, message = "From: a@b.example\r\n\r\n";
  while (message.size() < 3'000'000) message += ".x" + std::to_string(message.size()) + "\r\n";
  ScriptedServer server(Scripts{[&](Peer& peer) {
    peer.greet("250 PIPELINING\r\n");
    got = peer.take("250 ok\r\n");
  }});
  EXPECT_EQ(send_once(server, message).kind, Kind::kAccepted);
  server.finish();
  std::string unstuffed;
  for (size_t i = 0; i + 3 < got.size(); ++i) {
    if (i == 0 || got[i] != '.' || got[i - 1] != '\n') unstuffed += got[i];
  }
  EXPECT_TRUE(unstuffed == message) << "the message changed on its way";
}

struct Refusal {
  const char* name;
  int at;  // 0 MAIL, 1 RCPT, 2 DATA, 3 final dot
  const char* reply;
  Kind kind;
  SmtpStage stage;
  bool usable;
  const char* enhanced;
};

class SmtpRefusals : public testing::TestWithParam<Refusal> {};

// The refused message, and the next one over the same connection where it survived.
TEST_P(SmtpRefusals, AreClassifiedAndTheNextMessageGoesThrough) {
  const Refusal& refusal = GetParam();
  for (const bool pipelining : {true, false}) {
    auto answers = [&](Peer& peer) {
      peer.greet(pipelining ? "250 PIPELINING\r\n" : "250 8BITMIME\r\n");
      for (int step = 0; step < 4; ++step) {
        step < 3 ? (void)peer.line() : (void)peer.data();
        peer.say(step == refusal.at ? refusal.reply : step == 2 ? "354 go\r\n" : "250 ok\r\n");
        if (step != refusal.at) continue;
        if (!refusal.usable) return;
        if (pipelining && step == 0) peer.line();
        if (pipelining && step == 0) peer.say("503 no MAIL\r\n");
        if (pipelining && step <= 1) peer.line();
        if (pipelining && step <= 1) peer.say("503 no RCPT\r\n");
        if (step == 3) break;
        EXPECT_EQ(peer.line(), "RSET");
        peer.say("250 ok\r\n");
        break;
      }
      peer.take("250 ok\r\n");
    };
    ScriptedServer server(Scripts{answers, [](Peer& peer) {
                                    peer.greet();
                                    peer.take("250 ok\r\n");
                                  }});
    SmtpConnection connection;
    ASSERT_EQ(code_of(connection.open(plain(server))), "ok");
    const auto outcome = connection.send(kEnvelope, kMessage);
    EXPECT_EQ(outcome.kind, refusal.kind);
    EXPECT_EQ(outcome.stage, refusal.stage) << smtp_stage_name(outcome.stage);
    EXPECT_EQ(outcome.reply_code, std::atoi(refusal.reply));
    EXPECT_EQ(outcome.enhanced_status, refusal.enhanced);
    EXPECT_EQ(outcome.connection_usable, refusal.usable);
    EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
    EXPECT_EQ(server.connections(), refusal.usable ? 1 : 2);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Replies, SmtpRefusals,
    testing::Values(
        Refusal{"Mail550", 0, "550 5.7.1 sender no\r\n", Kind::kRejected, SmtpStage::kMail, true, "5.7.1"},
        Refusal{"Mail451", 0, "451 4.3.0 later\r\n", Kind::kDeferred, SmtpStage::kMail, true, "4.3.0"},
        Refusal{"Rcpt550", 1, "550 5.1.1 no such user\r\n", Kind::kRejected, SmtpStage::kRcpt, true, "5.1.1"},
        Refusal{"Rcpt450", 1, "450-4.2.1 grey\r\n450 4.2.1 listed\r\n", Kind::kDeferred, SmtpStage::kRcpt, true,
                "4.2.1"},
        Refusal{"Data554", 2, "554 no valid recipients\r\n", Kind::kRejected, SmtpStage::kData, true, ""},
        Refusal{"Data452", 2, "452 full\r\n", Kind::kDeferred, SmtpStage::kData, true, ""},
        Refusal{"Dot554", 3, "554 5.7.1 spam\r\n", Kind::kRejected, SmtpStage::kFinalDot, true, "5.7.1"},
        Refusal{"Dot451", 3, "451 4.7.0 later\r\n", Kind::kDeferred, SmtpStage::kFinalDot, true, "4.7.0"},
        Refusal{"Dot421", 3, "421 4.3.2 closing\r\n", Kind::kDeferred, SmtpStage::kFinalDot, false, "4.3.2"}),
    [](const auto& refusal) { return refusal.param.name; });

TEST(Smtp, RefusedRecipientWithPipelinedDataTakenSendsNothing) {
  std::string got = "none";
  ScriptedServer server(Scripts{[&](Peer& peer) {
    peer.greet();
    for (int i = 0; i < 3; ++i) peer.line();
    peer.say("250 ok\r\n550 5.1.1 unknown\r\n354 go anyway\r\n");
    got = peer.data();
    peer.say("554 no recipients\r\n");
    EXPECT_EQ(peer.line(), "RSET");
    peer.say("250 ok\r\n");
    peer.take("250 ok\r\n");
  }});
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(plain(server)).ok());
  const auto outcome = connection.send(kEnvelope, kMessage);
  EXPECT_EQ(outcome.kind, Kind::kRejected);
  EXPECT_EQ(outcome.stage, SmtpStage::kRcpt);
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
  server.finish();
  EXPECT_EQ(got, ".\r\n");
}

TEST(Smtp, CutAfterDataIsCertainlyNotSent) {
  const std::string large = "From: a@b.example\r\n\r\n" + [] {
    std::string lines;
    while (lines.size() < 8'000'000) lines += std::string(70, 'x') + "\r\n";
    return lines;
  }();
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet("250 PIPELINING\r\n");
    for (int i = 0; i < 3; ++i) peer.line();
    peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
    peer.line();  // the first line of the message, then a RST in the middle of it
    peer.reset();
  }});
  const auto outcome = send_once(server, large);
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_EQ(outcome.stage, SmtpStage::kBody);
  EXPECT_FALSE(outcome.connection_usable);
  EXPECT_EQ(server.connections(), 1) << "a message cut in the middle is the caller's to repeat";
}

TEST(Smtp, AServerThatStopsReadingIsNotSent) {
  std::string large = "From: a@b.example\r\n\r\n";
  while (large.size() < 16'000'000) large += std::string(70, 'x') + "\r\n";
  std::atomic<bool> done = false;
  ScriptedServer server(Scripts{[&](Peer& peer) {
    peer.greet("250 PIPELINING\r\n");
    for (int i = 0; i < 3; ++i) peer.line();
    peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
    done.wait(false);  // without reading; the client fills the buffers and gives up
  }});
  SmtpConnection connection;
  auto settings = plain(server);
  settings.data_timeout_ms = 300;
  EXPECT_TRUE(connection.open(settings).ok());
  const auto outcome = connection.send(kEnvelope, large);
  done = true;
  done.notify_all();
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_EQ(outcome.stage, SmtpStage::kBody);
}

TEST(Smtp, CutAfterTheFinalDotIsUnknown) {
  for (const bool reset : {true, false}) {
    ScriptedServer server(Scripts{[&](Peer& peer) {
      peer.greet();
      peer.take("");
      if (reset) peer.reset();
    }});
    const auto outcome = send_once(server);
    EXPECT_EQ(outcome.kind, Kind::kUnknown);
    EXPECT_EQ(outcome.stage, SmtpStage::kFinalDot);
    EXPECT_EQ(outcome.reply_code, 0);
    EXPECT_FALSE(outcome.connection_usable);
    EXPECT_EQ(server.connections(), 1) << "an unknown message must never be sent again by itself";
  }
}

TEST(Smtp, NoUsableAnswerToTheFinalDotIsUnknown) {
  for (const char* answer :
       {"nonsense\r\n", "250", "25\r\n", "250-a\r\n251 b\r\n", "354 more\r\n", "150 hm\r\n", "999 x\r\n"}) {
    ScriptedServer server(Scripts{[&](Peer& peer) {
      peer.greet();
      peer.take(answer);
    }});
    EXPECT_EQ(send_once(server).kind, Kind::kUnknown) << answer;
  }
}

TEST(Smtp, SilenceAfterTheFinalDotIsUnknownWithinTheTimeout) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet();
    peer.take("");
    peer.wait_for_close();
  }});
  auto settings = plain(server);
  settings.data_timeout_ms = 200;
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(settings).ok());
  const int64_t start_ms = monotonic_ms();
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kUnknown);
  EXPECT_LT(monotonic_ms() - start_ms, 2'000);
}

TEST(Smtp, SilenceBeforeTheMessageIsDeferredWithinTheTotalDeadline) {
  auto silent = [](Peer& peer) {
    peer.greet();
    peer.line();
    peer.wait_for_close();
  };
  ScriptedServer server(Scripts{silent, silent, silent});
  auto settings = plain(server);
  settings.total_timeout_ms = 300;
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(settings).ok());
  const int64_t start_ms = monotonic_ms();
  const auto outcome = connection.send(kEnvelope, kMessage);
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_LT(monotonic_ms() - start_ms, 2'000);
}

TEST(Smtp, ReconnectsOn421AndAfterAnIdleClose) {
  ScriptedServer server(Scripts{[](Peer& peer) {
                                  peer.greet();
                                  peer.take("250 ok\r\n");
                                  peer.line();
                                  peer.say("421 4.4.2 too many messages\r\n");
                                },
                                [](Peer& peer) {
                                  peer.greet();
                                  peer.take("250 ok\r\n");  // and closes while idle
                                },
                                [](Peer& peer) {
                                  peer.greet();
                                  peer.take("250 third\r\n");
                                }});
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(plain(server)).ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted) << i;
  EXPECT_EQ(server.connections(), 3);
}

TEST(Smtp, A421OnAFreshConnectionIsDeferredNotRepeatedForEver) {
  auto busy = [](Peer& peer) {
    peer.greet();
    peer.line();
    peer.say("421 4.3.2 busy\r\n");
  };
  ScriptedServer server(Scripts{busy, busy, busy, busy, busy});
  const auto outcome = send_once(server);
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_EQ(outcome.reply_code, 421);
  EXPECT_EQ(server.connections(), 2);
}

TEST(Smtp, OpenSaysWhatIsWrong) {
  const std::pair<const char*, const char*> greetings[] = {{"554 5.7.1 go away\r\n", "vendor_rejected"},
                                                           {"421 busy\r\n", "unavailable"},
                                                           {"hello\r\n", "unavailable"},
                                                           {"", "unavailable"}};
  for (const auto& [greeting, code] : greetings) {
    ScriptedServer server(Scripts{[&](Peer& peer) { peer.say(greeting); }});
    SmtpConnection connection;
    EXPECT_EQ(code_of(connection.open(plain(server))), code) << greeting;
    EXPECT_FALSE(connection.is_open());
  }
  SmtpConnection connection;
  SmtpServer nowhere;
  nowhere.host = "127.0.0.1";
  nowhere.tls = SmtpTls::kNone;
  {
    const ScriptedServer closed(Scripts{});
    nowhere.port = closed.port();
  }
  EXPECT_EQ(code_of(connection.open(nowhere)), "unavailable");
  const auto outcome = connection.send(kEnvelope, kMessage);
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_EQ(outcome.stage, SmtpStage::kConnect);
  nowhere.host = "a b";
  EXPECT_EQ(code_of(connection.open(nowhere)), "invalid_argument");
  nowhere.host = "127.0.0.1";
  nowhere.helo_name = "x\r\nMAIL FROM:<a@b>";
  EXPECT_EQ(code_of(connection.open(nowhere)), "invalid_argument");
  EXPECT_EQ(SmtpConnection().send(kEnvelope, kMessage).kind, Kind::kDeferred);
}

TEST(Smtp, FallsBackToHelo) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.say("220 old\r\n");
    peer.line();
    peer.say("502 what\r\n");
    EXPECT_EQ(peer.line(), "HELO localhost");
    peer.say("250 old\r\n");
    peer.take("250 ok\r\n");
  }});
  EXPECT_EQ(send_once(server).kind, Kind::kAccepted);
  EXPECT_EQ(server.log()[2], "MAIL FROM:<bounce+t@b.example>");
}

TEST(Smtp, KnowsBeforehandWhatTheServerCannotTake) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet("250-PIPELINING\r\n250 SIZE 100\r\n");
    peer.take("250 ok\r\n");
  }});
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(plain(server)).ok());
  const auto large = connection.send(kEnvelope, "A: b\r\n\r\n" + std::string(200, 'x'));
  EXPECT_EQ(large.kind, Kind::kRejected);
  EXPECT_EQ(large.reply_code, 0);
  EXPECT_NE(large.text.find("takes 100"), std::string::npos);
  EXPECT_EQ(connection.send(kEnvelope, "A: b\r\n\r\n\xc3\xa9\r\n").kind, Kind::kRejected);
  EXPECT_TRUE(large.connection_usable);
  EXPECT_EQ(connection.send(kEnvelope, "A: b\r\n\r\nok\r\n").kind, Kind::kAccepted);
  EXPECT_EQ(server.log().size(), 4U) << "EHLO, MAIL, RCPT, DATA: nothing of the refused messages";
}

TEST(Smtp, AnnouncesEightBitBodies) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet("250 8BITMIME\r\n");
    peer.take("250 ok\r\n");
  }});
  EXPECT_EQ(send_once(server, "A: b\r\n\r\n\xc3\xa9\r\n").kind, Kind::kAccepted);
  EXPECT_EQ(server.log()[1], "MAIL FROM:<bounce+t@b.example> BODY=8BITMIME");
}

TEST(Smtp, RefusesSmuggledLineEndsAndCommands) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet();
    peer.line();
  }});
  SmtpConnection connection;
  ASSERT_TRUE(connection.open(plain(server)).ok());
  for (const char* message : {"A: b\n\n.\nMAIL FROM:<x@y>\n", "A: b\r\n\r\nx\n.\r\n", "A: b\r\n\r\nx\r.\r\n", "\n"}) {
    EXPECT_EQ(connection.send(kEnvelope, message).kind, Kind::kRejected);
  }
  for (const char* address : {"", "a@b>\r\nRCPT TO:<c@d", "a b@c.d", "<a@b.c>", "\xc3\xa9@b.c"}) {
    EXPECT_EQ(connection.send({"f@b.example", address}, kMessage).kind, Kind::kRejected);
    const bool null_sender = *address == '\0';
    if (null_sender) continue;
    EXPECT_EQ(connection.send({address, "t@b.example"}, kMessage).kind, Kind::kRejected);
  }
  EXPECT_TRUE(connection.is_open());
  EXPECT_EQ(server.log().size(), 1U);
}

TEST(Smtp, CleansAndCutsTheServersWords) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    peer.greet();
    peer.line();
    peer.line();
    peer.line();
    peer.say("250 ok\r\n550-5.1.1 \x1b[31mred\x07 \xff\xfe bytes\r\n550 5.1.1 " + std::string(600, 'x') +
             "\xc3\xa9\r\n503 x\r\n");
    peer.line();
    peer.say("250 ok\r\n");
  }});
  const auto outcome = send_once(server);
  EXPECT_TRUE(outcome.text.starts_with("5.1.1  [31mred  ?? bytes 5.1.1 xxx")) << outcome.text;
  EXPECT_EQ(outcome.text.size(), kSmtpTextBytesMax);
  EXPECT_TRUE(is_utf8(outcome.text));
}

TEST(Smtp, EndlessRepliesEnd) {
  for (const std::string& reply : {std::string("550") + std::string(100'000, 'x'), [] {
                                     std::string lines;
                                     for (int i = 0; i < 1000; ++i) lines += "550-more\r\n";
                                     return lines;
                                   }()}) {
    auto script = [&](Peer& peer) {
      peer.greet();
      peer.line();
      peer.say(reply);
      peer.wait_for_close();
    };
    ScriptedServer server(Scripts{script, script});
    const auto outcome = send_once(server);
    EXPECT_EQ(outcome.kind, Kind::kDeferred);
    EXPECT_FALSE(outcome.connection_usable);
  }
}

TEST(Smtp, SpeaksIpv6AndTriesTheNextAddress) {
  ScriptedServer server(Scripts{[](Peer& peer) {
                          peer.greet();
                          peer.take("250 ok\r\n");
                        }},
                        AF_INET6);
  if (!server.listening()) GTEST_SKIP() << "no IPv6 loopback here";
  auto settings = plain(server);
  settings.host = "mail.example";
  settings.addresses = {"127.0.0.1", "::1"};  // nothing listens on the first
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings)), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
}

}  // namespace
}  // namespace spreaders::email
