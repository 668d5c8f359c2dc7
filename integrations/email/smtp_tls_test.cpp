#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "integrations/email/smtp.hpp"
#include "integrations/email/smtp_server_test.hpp"

namespace spreaders::email {
namespace {

using Kind = SendOutcome::Kind;
using Scripts = std::vector<ScriptedServer::Script>;
const Envelope kEnvelope{"bounce+t@b.example", "ada@reader.example"};
const std::string kMessage = "From: a@b.example\r\n\r\nHello\r\n";

SmtpServer settings_for(const ScriptedServer& server, SmtpTls tls, const std::string& ca_file = "") {
  SmtpServer out;
  out.host = "localhost";
  out.addresses = {"127.0.0.1"};
  out.port = server.port();
  out.tls = tls;
  out.ca_file = ca_file;
  out.command_timeout_ms = out.data_timeout_ms = out.connect_timeout_ms = 3'000;
  return out;
}

std::string code_of(const Result<void>& result) {
  return result.ok() ? "ok" : std::string(code_name(result.error().code));
}

void offer_starttls(Peer& peer) {
  peer.greet("250 STARTTLS\r\n");
  EXPECT_EQ(peer.line(), "STARTTLS");
}

// STARTTLS, EHLO again, then a message.
void upgrade_and_take(Peer& peer, const TestCertificate& certificate, const std::string& final_reply = "250 ok\r\n") {
  offer_starttls(peer);
  peer.say("220 go\r\n");
  if (!peer.start_tls(certificate)) return;
  EXPECT_EQ(peer.line(), "EHLO localhost");
  peer.say("250-test\r\n250 PIPELINING\r\n");
  peer.take(final_reply);
}

TEST(SmtpTls, StarttlsWithATrustedCertificate) {
  const TestCertificate certificate("DNS:localhost");
  ScriptedServer server(Scripts{[&](Peer& peer) {
    offer_starttls(peer);
    peer.say("220 go\r\n");
    ASSERT_TRUE(peer.start_tls(certificate));
    EXPECT_EQ(peer.line(), "EHLO localhost");
    peer.say("250-test\r\n250 PIPELINING\r\n");
    EXPECT_EQ(peer.take("250 ok\r\n"), kMessage + ".\r\n");
    peer.take("250 ok\r\n");
  }});
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings_for(server, SmtpTls::kRequired, certificate.pem_file))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
  EXPECT_EQ(server.connections(), 1);
}

TEST(SmtpTls, ImplicitTlsToANumericHost) {
  const TestCertificate certificate("IP:127.0.0.1");
  ScriptedServer server(Scripts{[&](Peer& peer) {
    ASSERT_TRUE(peer.start_tls(certificate));
    peer.greet();
    peer.take("250 ok\r\n");
  }});
  auto settings = settings_for(server, SmtpTls::kImplicit, certificate.pem_file);
  settings.host = "127.0.0.1";
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings)), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
}

TEST(SmtpTls, LargeMessageOverTls) {
  const TestCertificate certificate("DNS:localhost");
  std::string message = "From: a@b.example\r\n\r\n", got;
  while (message.size() < 2'000'000) message += "line " + std::to_string(message.size()) + "\r\n";
  ScriptedServer server(Scripts{[&](Peer& peer) {
    ASSERT_TRUE(peer.start_tls(certificate));
    peer.greet("250 PIPELINING\r\n");
    got = peer.take("250 ok\r\n");
  }});
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings_for(server, SmtpTls::kImplicit, certificate.pem_file))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, message).kind, Kind::kAccepted);
  server.finish();
  EXPECT_TRUE(got == message + ".\r\n") << "the message changed on its way";
}

TEST(SmtpTls, RefusesCertificatesThatAreNotTrustedOrForAnotherName) {
  const TestCertificate right("DNS:localhost"), other_name("DNS:other.example"), other_issuer("DNS:localhost");
  const struct {
    const TestCertificate& served;
    std::string ca_file;
    const char* words;
  } cases[] = {{right, other_issuer.pem_file, "self-signed"},
               {right, "", "self-signed"},
               {other_name, other_name.pem_file, "hostname mismatch"},
               {right, "/nonexistent/ca.pem", "cannot be read"}};
  for (const auto& each : cases) {
    for (const bool implicit : {true, false}) {
      ScriptedServer server(Scripts{[&](Peer& peer) {
        if (implicit) peer.start_tls(each.served);
        else upgrade_and_take(peer, each.served);
      }});
      SmtpConnection connection;
      const auto tls = implicit ? SmtpTls::kImplicit : SmtpTls::kRequired;
      const auto opened = connection.open(settings_for(server, tls, each.ca_file));
      ASSERT_EQ(code_of(opened), "not_configured");
      EXPECT_NE(opened.error().message.find(each.words), std::string::npos) << opened.error().message;
      EXPECT_FALSE(connection.is_open());
    }
  }
}

TEST(SmtpTls, RequiredTlsNeverFallsBack) {
  ScriptedServer none(Scripts{[](Peer& peer) {
    peer.greet();
    EXPECT_EQ(peer.line(), "");
  }});
  SmtpConnection connection;
  EXPECT_EQ(code_of(connection.open(settings_for(none, SmtpTls::kRequired))), "not_configured");
  EXPECT_EQ(none.connections(), 1);
  ScriptedServer refusing(Scripts{[](Peer& peer) {
    offer_starttls(peer);
    peer.say("454 4.7.0 not now\r\n");
  }});
  EXPECT_EQ(code_of(connection.open(settings_for(refusing, SmtpTls::kRequired))), "unavailable");
}

TEST(SmtpTls, OpportunisticUsesAnyCertificateAndFallsBackToPlainText) {
  const TestCertificate stranger("DNS:stranger.example");
  ScriptedServer with_tls(Scripts{[&](Peer& peer) { upgrade_and_take(peer, stranger); }});
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings_for(with_tls, SmtpTls::kOpportunistic))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);

  const Scripts::value_type take_plain = [](Peer& peer) {
    peer.greet();
    peer.take("250 ok\r\n");
  };
  ScriptedServer without(Scripts{take_plain});
  ASSERT_EQ(code_of(connection.open(settings_for(without, SmtpTls::kOpportunistic))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);

  ScriptedServer broken(Scripts{[](Peer& peer) {
                                  offer_starttls(peer);
                                  peer.say("220 go\r\n");
                                },
                                take_plain});
  ASSERT_EQ(code_of(connection.open(settings_for(broken, SmtpTls::kOpportunistic))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
  EXPECT_EQ(broken.connections(), 2);
}

TEST(SmtpTls, RefusesWordsInjectedBeforeTls) {
  ScriptedServer server(Scripts{[](Peer& peer) {
    offer_starttls(peer);
    peer.say("220 go\r\n250 AUTH PLAIN\r\n");
  }});
  SmtpConnection connection;
  const auto opened = connection.open(settings_for(server, SmtpTls::kRequired));
  EXPECT_EQ(code_of(opened), "not_configured");
  EXPECT_NE(opened.error().message.find("injected"), std::string::npos);
}

TEST(SmtpTls, CutAfterTheFinalDotIsUnknownAndCutBeforeIsNot) {
  const TestCertificate certificate("DNS:localhost");
  ScriptedServer after(Scripts{[&](Peer& peer) { upgrade_and_take(peer, certificate, ""); }});
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings_for(after, SmtpTls::kRequired, certificate.pem_file))), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kUnknown);

  std::string large = "From: a@b.example\r\n\r\n";
  while (large.size() < 16'000'000) large += std::string(70, 'x') + "\r\n";
  ScriptedServer before(Scripts{[&](Peer& peer) {
    ASSERT_TRUE(peer.start_tls(certificate));
    peer.greet("250 PIPELINING\r\n");
    for (int i = 0; i < 3; ++i) peer.line();
    peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
    peer.line();
    peer.reset();
  }});
  ASSERT_EQ(code_of(connection.open(settings_for(before, SmtpTls::kImplicit, certificate.pem_file))), "ok");
  const auto outcome = connection.send(kEnvelope, large);
  EXPECT_EQ(outcome.kind, Kind::kDeferred);
  EXPECT_EQ(outcome.stage, SmtpStage::kBody);
}

SmtpServer with_login(SmtpServer settings) {
  settings.username = "robot";
  settings.password = Secret("s3cret");
  return settings;
}

TEST(SmtpAuth, PlainAndLogin) {
  ScriptedServer with_plain(Scripts{[](Peer& peer) {
    peer.greet("250-AUTH LOGIN PLAIN\r\n250 PIPELINING\r\n");
    EXPECT_EQ(peer.line(), "AUTH PLAIN " + base64(std::string("\0robot\0s3cret", 13)));
    peer.say("235 2.7.0 ok\r\n");
    peer.take("250 ok\r\n");
  }});
  auto settings = with_login(settings_for(with_plain, SmtpTls::kNone));
  settings.allow_plain_password = true;
  SmtpConnection connection;
  ASSERT_EQ(code_of(connection.open(settings)), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);

  ScriptedServer with_login_only(Scripts{[](Peer& peer) {
    peer.greet("250 AUTH=LOGIN\r\n");
    EXPECT_EQ(peer.line(), "AUTH LOGIN");
    peer.say("334 VXNlcm5hbWU6\r\n");
    EXPECT_EQ(peer.line(), base64("robot"));
    peer.say("334 UGFzc3dvcmQ6\r\n");
    EXPECT_EQ(peer.line(), base64("s3cret"));
    peer.say("235 ok\r\n");
    peer.take("250 ok\r\n");
  }});
  settings.port = with_login_only.port();
  ASSERT_EQ(code_of(connection.open(settings)), "ok");
  EXPECT_EQ(connection.send(kEnvelope, kMessage).kind, Kind::kAccepted);
}

TEST(SmtpAuth, NoPasswordWithoutVerifiedTls) {
  const TestCertificate stranger("DNS:stranger.example");
  ScriptedServer plain(Scripts{[](Peer& peer) {
    peer.greet("250 AUTH PLAIN\r\n");
    EXPECT_EQ(peer.line(), "");
  }});
  SmtpConnection connection;
  EXPECT_EQ(code_of(connection.open(with_login(settings_for(plain, SmtpTls::kNone)))), "not_configured");
  ScriptedServer unverified(Scripts{[&](Peer& peer) {
    offer_starttls(peer);
    peer.say("220 go\r\n");
    if (!peer.start_tls(stranger)) return;
    peer.line();
    peer.say("250 AUTH PLAIN\r\n");
    EXPECT_EQ(peer.line(), "");
  }});
  EXPECT_EQ(code_of(connection.open(with_login(settings_for(unverified, SmtpTls::kOpportunistic)))), "not_configured");
}

TEST(SmtpAuth, RefusalsNameNoPassword) {
  const std::pair<const char*, const char*> replies[] = {{"535 5.7.8 bad credentials\r\n", "reconnect_needed"},
                                                         {"454 4.7.0 try later\r\n", "unavailable"},
                                                         {"504 unknown mechanism\r\n", "vendor_rejected"},
                                                         {"535 5.7.8 s3cret is wrong\r\n", "reconnect_needed"},
                                                         {"535-5.7.8 s3\r\n535 cret is wrong\r\n", "reconnect_needed"},
                                                         {"535 5.7.8 czNjcmV0 is wrong\r\n", "reconnect_needed"},
                                                         {"535 AHJvYm90AHMzY3JldA== is wrong\r\n", "reconnect_needed"},
                                                         {"", "unavailable"}};
  for (const auto& [reply, code] : replies) {
    ScriptedServer server(Scripts{[&](Peer& peer) {
      peer.greet("250 AUTH PLAIN\r\n");
      peer.line();
      peer.say(reply);
    }});
    auto settings = with_login(settings_for(server, SmtpTls::kNone));
    settings.allow_plain_password = true;
    SmtpConnection connection;
    const auto opened = connection.open(settings);
    EXPECT_EQ(code_of(opened), code);
    EXPECT_EQ(opened.error().text().find("s3cret"), std::string::npos);
    for (const auto& form : {std::string("cret"), base64("s3cret"), base64(std::string("\0robot\0s3cret", 13))})
      EXPECT_EQ(opened.error().text().find(form), std::string::npos) << opened.error().text();
  }
  ScriptedServer other(Scripts{[](Peer& peer) { peer.greet("250 AUTH CRAM-MD5\r\n"); }});
  auto settings = with_login(settings_for(other, SmtpTls::kNone));
  settings.allow_plain_password = true;
  SmtpConnection connection;
  EXPECT_EQ(code_of(connection.open(settings)), "not_configured");
}

}  // namespace
}  // namespace spreaders::email
