// The protocol without a network (SmtpSession), then the server over real sockets.
#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json.hpp"
#include "sandbox/smtp_session.hpp"

namespace spreaders::sandbox {
namespace {

struct Fixture {
  VirtualClock clock{Instant{1'700'000'000'000'000}};
  std::unique_ptr<MailStore> store = std::move(*MailStore::open({}));
  SmtpOptions options;
  SmtpHost host{.store = *store, .clock = clock, .options = options, .faults = {}, .rng = Rng(7)};
};

std::string after(SmtpSession& session, std::string_view bytes) {
  session.output.clear();
  session.receive(bytes);
  return session.output;
}

const std::string kEnvelope = "EHLO me\r\nMAIL FROM:<v+1@shop.example>\r\nRCPT TO:<ann@mail.example>\r\nDATA\r\n";

// First digits of each reply, multi-line replies once: "250 250 250 354".
std::string codes(const std::string& replies) {
  std::string out;
  size_t at = 0;
  while (at + 4 <= replies.size()) {
    if (replies[at + 3] == ' ') out += (out.empty() ? "" : " ") + replies.substr(at, 3);
    at = replies.find('\n', at) + 1;
  }
  return out;
}

TEST(SmtpSession, KeepsAPipelinedMail) {
  Fixture f;
  SmtpSession session(f.host);
  EXPECT_TRUE(session.output.starts_with("220 "));
  EXPECT_EQ("250 250 250 354", codes(after(session, kEnvelope)));
  const std::string mail = "Message-ID:\r\n <a@b>\r\nSubject: Hi\r\n\r\n..dot\r\n...\r\nend\r\n.\r\n";
  // What follows the dot is the next group of commands.
  EXPECT_EQ("250 250 221", codes(after(session, mail + "NOOP\r\nQUIT\r\n")));
  EXPECT_TRUE(session.closing());
  ASSERT_EQ(1U, f.store->size());
  const Mail kept = *f.store->get(0);
  EXPECT_EQ("a@b", kept.message_id);
  EXPECT_EQ(".dot\r\n..\r\nend\r\n", kept.body);
  EXPECT_EQ("v+1@shop.example", kept.return_path);
  EXPECT_EQ(f.clock.now(), kept.accepted_at);
  EXPECT_EQ(1U, f.store->count("<a@b>"));
  EXPECT_EQ(0U, f.store->count("a@c"));
}

TEST(SmtpSession, AnyCutOfTheBytesGivesTheSame) {
  const std::string whole = kEnvelope + "Message-ID: <x@y>\r\n\r\na\r\n..\r\nb\r\n.\r\nRSET\r\nQUIT\r\n";
  for (size_t piece = 1; piece < 12; ++piece) {
    Fixture f;
    SmtpSession session(f.host);
    session.output.clear();
    for (size_t at = 0; at < whole.size(); at += piece) session.receive(std::string_view(whole).substr(at, piece));
    EXPECT_EQ("250 250 250 354 250 250 221", codes(session.output)) << piece;
    ASSERT_EQ(1U, f.store->size()) << piece;
    EXPECT_EQ("a\r\n.\r\nb\r\n", f.store->get(0)->body) << piece;
  }
}

TEST(SmtpSession, RefusesSmuggledEndsAndLongLines) {
  for (const std::string body : {"a\n.\n", "a\r.\r\n", "a\n.\r\nMAIL FROM:<evil@x.example>", "\rb"}) {
    Fixture f;
    SmtpSession session(f.host);
    after(session, kEnvelope);
    EXPECT_EQ("554", codes(after(session, body + "\r\n.\r\n"))) << body;
    EXPECT_EQ(0U, f.store->size()) << body;
  }
  Fixture f;
  SmtpSession session(f.host);
  after(session, kEnvelope);
  EXPECT_EQ("250", codes(after(session, std::string(998, 'x') + "\r\n.\r\n")));
  after(session, kEnvelope.substr(9));
  EXPECT_EQ("554", codes(after(session, std::string(999, 'x') + "\r\n.\r\n")));
}

TEST(SmtpSession, LimitsSizeAndRecoversAfterIt) {
  Fixture f;
  f.options.message_bytes_max = 1000;
  f.options.recipients_max = 1;
  SmtpSession session(f.host);
  EXPECT_NE(std::string::npos, after(session, "EHLO me\r\n").find("SIZE 1000"));
  EXPECT_EQ("552", codes(after(session, "MAIL FROM:<a@b.example> SIZE=1001\r\n")));
  EXPECT_EQ("250 250 452 354", codes(after(session,
                                           "MAIL FROM:<a@b.example> SIZE=1000\r\nRCPT TO:<c@d.example>\r\n"
                                           "RCPT TO:<e@d.example>\r\nDATA\r\n")));
  for (int i = 0; i < 100; ++i) after(session, std::string(98, 'x') + "\r\n");
  EXPECT_EQ("552 250", codes(after(session, "x\r\n.\r\nNOOP\r\n")));
  EXPECT_EQ("250 250 354", codes(after(session, kEnvelope.substr(9))));
  EXPECT_EQ("250", codes(after(session, ".\r\n"))) << "an empty mail is a mail";
  EXPECT_EQ(1U, f.store->size());
}

TEST(SmtpSession, KeepsTheOrderOfCommands) {
  Fixture f;
  SmtpSession session(f.host);
  EXPECT_EQ("503", codes(after(session, "MAIL FROM:<a@b.example>\r\n")));
  EXPECT_EQ("503", codes(after(session, "DATA\r\n")));
  EXPECT_EQ("250 503 250 554", codes(after(session, "EHLO x\r\nRCPT TO:<a@b.example>\r\nMAIL FROM:<>\r\nDATA\r\n")));
  EXPECT_EQ("503 501 555", codes(after(session,
                                       "MAIL FROM:<>\r\nRCPT TO:ann@x.example\r\n"
                                       "RCPT TO:<a@b.example> NOTIFY=NEVER\r\n")));
  EXPECT_EQ("501", codes(after(session, "RCPT TO:<\xC3\xBC@b.example>\r\n"))) << "SMTPUTF8 is not offered";
  std::string replies;
  for (int i = 0; i < 20 && !session.closing(); ++i) replies = after(session, "NONSENSE\r\n");
  EXPECT_TRUE(session.closing());
  EXPECT_NE(std::string::npos, replies.find("421 "));
}

TEST(SmtpSession, AcceptsAnyPasswordWhenAsked) {
  Fixture f;
  f.options.auth = SmtpAuth::kRequired;
  SmtpSession session(f.host);
  EXPECT_NE(std::string::npos, after(session, "EHLO me\r\n").find("AUTH PLAIN LOGIN"));
  EXPECT_EQ("530", codes(after(session, "MAIL FROM:<a@b.example>\r\n")));
  EXPECT_EQ("501", codes(after(session, "AUTH PLAIN ???\r\n")));
  EXPECT_EQ("334 501", codes(after(session, "AUTH PLAIN\r\n*\r\n")));
  EXPECT_EQ("334 334 235", codes(after(session, "AUTH LOGIN\r\ndQ==\r\ncA==\r\n")));
  EXPECT_EQ("250", codes(after(session, "MAIL FROM:<a@b.example>\r\n")));
  SmtpSession plain(f.host);
  EXPECT_EQ("250 235", codes(after(plain, "EHLO me\r\nAUTH PLAIN AHUAcA==\r\n")));
}

std::string send_one(SmtpSession& session, const std::string& recipient) {
  std::string replies =
      after(session, "MAIL FROM:<v+ann=x.example@shop.example>\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n");
  if (replies.find("354") == std::string::npos) return codes(replies) + " " + codes(after(session, "RSET\r\n"));
  return codes(after(session, "Message-ID: <" + recipient + ">\r\nSubject: S\r\n\r\nx\r\n.\r\n"));
}

TEST(SmtpSession, FaultsByAddress) {
  Fixture f;
  SmtpSession session(f.host);
  after(session, "EHLO me\r\n");
  EXPECT_EQ("250 550 554 250", send_one(session, "ann+reject@x.example"));
  EXPECT_EQ("250 451 554 250", send_one(session, "ann+tempfail@x.example"));
  EXPECT_EQ("250 451 554 250", send_one(session, "ann+tempfail2@x.example"));
  EXPECT_EQ("250 451 554 250", send_one(session, "ann+tempfail2@x.example"));
  EXPECT_EQ("250", send_one(session, "ann+tempfail2@x.example"));
  EXPECT_EQ("250", send_one(session, "ann@x.example+reject.example")) << "only the local part counts";
  EXPECT_EQ("250", send_one(session, "ann+bounce@x.example"));
  EXPECT_EQ("", send_one(session, "ann+slow@x.example"));
  EXPECT_EQ(2000, session.pause_ms());
  EXPECT_EQ("", after(session, "NOOP\r\n")) << "nothing overtakes the late reply";
  session.resume();
  EXPECT_EQ("250 250", codes(session.output));
  EXPECT_EQ("", send_one(session, "ann+cut@x.example"));
  EXPECT_TRUE(session.closing());
  EXPECT_EQ(1U, f.store->count("ann+cut@x.example"));
  SmtpSession other(f.host);
  after(other, "EHLO me\r\n");
  EXPECT_EQ("", send_one(other, "ann+lost@x.example"));
  EXPECT_TRUE(other.closing());
  EXPECT_EQ(0U, f.store->count("ann+lost@x.example"));
  ASSERT_EQ(1U, f.host.bounces.size());
  const Bounce& bounce = f.host.bounces.front();
  EXPECT_EQ("v+ann=x.example@shop.example", bounce.return_path);
  EXPECT_NE(std::string::npos, bounce.raw.find("report-type=delivery-status"));
  EXPECT_NE(std::string::npos, bounce.raw.find("Final-Recipient: rfc822; ann+bounce@x.example\r\n"));
  EXPECT_NE(std::string::npos, bounce.raw.find("Status: 5.1.1\r\n"));
  EXPECT_NE(std::string::npos, bounce.raw.find("Message-ID: <ann+bounce@x.example>"));
}

TEST(SmtpSession, ANotificationIsNeverAnsweredByAnother) {
  Fixture f;
  SmtpSession session(f.host);
  after(session, "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a+bounce@x.example>\r\nDATA\r\n");
  EXPECT_EQ("250", codes(after(session, "x: y\r\n\r\n.\r\n")));
  EXPECT_TRUE(f.host.bounces.empty());
}

TEST(SmtpSession, FaultsByChanceKeepToTheirShare) {
  Fixture f;
  f.host.faults = {
      .rcpt_tempfail = 0.1, .data_tempfail = 0.1, .data_reject = 0.1, .cut_accepted = 0.1, .cut_lost = 0.1};
  for (int i = 0; i < 2000; ++i) {
    SmtpSession session(f.host);
    after(session, "EHLO me\r\n");
    send_one(session, "r" + std::to_string(i) + "@x.example");
  }
  const SmtpCounts& counts = f.host.counts;
  EXPECT_NEAR(180, static_cast<double>(counts.cut_lost), 50);
  EXPECT_NEAR(200 + 162, static_cast<double>(counts.tempfailed), 70);
  EXPECT_NEAR(146, static_cast<double>(counts.rejected), 45);
  EXPECT_NEAR(131, static_cast<double>(counts.cut_accepted), 45);
  EXPECT_EQ(f.store->size(), counts.accepted);
  EXPECT_EQ(2000U, counts.accepted + counts.tempfailed + counts.rejected + counts.cut_lost);
}

TEST(SmtpSession, SurvivesAnyOrderOfAnything) {
  const std::string_view words[] = {"EHLO x\r\n",
                                    "MAIL FROM:<a@b.example>\r\n",
                                    "RCPT TO:<c@d.example>\r\n",
                                    "DATA\r\n",
                                    ".\r\n",
                                    "..",
                                    "\r\n",
                                    "\r",
                                    "\n",
                                    "text",
                                    "RSET\r\n",
                                    "AUTH PLAIN ",
                                    "AUTH LOGIN\r\n",
                                    "MAIL FROM:<",
                                    ">",
                                    " SIZE=",
                                    "9",
                                    "RCPT TO:<e+slow@d.example>\r\n",
                                    "\0\xff",
                                    "\r\n.\r\n",
                                    kEnvelope};
  Fixture f;
  f.options.auth = SmtpAuth::kOffered;
  f.options.message_bytes_max = 60;
  Rng rng(11);
  for (int round = 0; round < 3000; ++round) {
    SmtpSession session(f.host);
    for (uint64_t i = rng.below(40); i > 0; --i) {
      session.receive(words[rng.below(std::size(words))]);
      if (session.pause_ms() > 0) session.resume();
      ASSERT_TRUE(session.output.ends_with("\r\n"));
    }
  }
  EXPECT_EQ(f.host.counts.accepted, f.store->size());
  EXPECT_GT(f.store->size(), 10U) << "the words reach the interesting states";
}

// A blocking client, good enough for a test.
struct Client {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  explicit Client(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(0, ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
    const timeval timeout{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  }
  ~Client() { ::close(fd); }
  void send(const std::string& text) const { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
  // Everything up to `replies` final reply lines, or the end.
  [[nodiscard]] std::string read(size_t replies) const {
    std::string text;
    char buffer[4096];
    size_t have = 0;
    while (have < replies) {
      const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      text.append(buffer, static_cast<size_t>(size));
      const std::string seen = codes(text);
      have = seen.empty() ? 0 : static_cast<size_t>(std::count(seen.begin(), seen.end(), ' ')) + 1;
    }
    return codes(text);
  }
};

struct TemporaryFile {
  std::string path = (std::filesystem::temp_directory_path() / ("sandbox_" + hex_of_random())).string();
  static std::string hex_of_random() {
    return std::to_string(*reinterpret_cast<const uint64_t*>(secure_bytes(8).data()));
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
};

TEST(SmtpServer, JournalsEveryMailBeforeItsReply) {
  const TemporaryFile journal;
  VirtualClock clock{Instant{1'700'000'000'000'000}};
  const auto store = std::move(*MailStore::open({.journal_path = journal.path}));
  const auto server = std::move(*SmtpServer::start(*store, clock, {}));
  Client client(server->port());
  EXPECT_EQ("220", client.read(1));
  client.send(kEnvelope);
  EXPECT_EQ("250 250 250 354", client.read(4));
  client.send("Message-ID: <q\"1@b>\r\n\r\nx\r\n.\r\n");
  EXPECT_EQ("250", client.read(1));
  std::ifstream file(journal.path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const auto entry = parse_json(line);
  ASSERT_TRUE(entry.ok()) << line;
  EXPECT_EQ("q\"1@b", (*entry)["message_id"].get<std::string>());
  EXPECT_EQ("ann@mail.example", (*entry)["rcpt"].get<std::string>());
  EXPECT_EQ("2023-11-14T22:13:20Z", (*entry)["time"].get<std::string>());
  EXPECT_EQ(26U, (*entry)["bytes"].get<size_t>());
}

TEST(SmtpServer, AMailWhoseSenderDiedIsNotKept) {
  VirtualClock clock{Instant{}};
  const auto store = std::move(*MailStore::open({}));
  const auto server = std::move(*SmtpServer::start(*store, clock, {}));
  {
    Client dying(server->port());
    dying.send(kEnvelope);
    EXPECT_EQ("220 250 250 250 354", dying.read(5));
    dying.send("Message-ID: <half@b>\r\n\r\nthis mail has no en");
  }
  Client next(server->port());
  EXPECT_EQ("220", next.read(1));
  next.send(kEnvelope);
  EXPECT_EQ("250 250 250 354", next.read(4));
  next.send("Message-ID: <whole@b>\r\n\r\n.\r\n");
  EXPECT_EQ("250", next.read(1));
  EXPECT_EQ(0U, store->count("half@b"));
  EXPECT_EQ(1U, store->count("whole@b"));
}

TEST(SmtpServer, CutsAfterAcceptingWithoutAReply) {
  VirtualClock clock{Instant{}};
  const auto store = std::move(*MailStore::open({}));
  const auto server = std::move(*SmtpServer::start(*store, clock, {}));
  server->set_faults({.cut_accepted = 1});
  Client client(server->port());
  EXPECT_EQ("220", client.read(1));
  client.send(kEnvelope);
  EXPECT_EQ("250 250 250 354", client.read(4));
  client.send("Message-ID: <k@b>\r\n\r\nx\r\n.\r\n");
  EXPECT_EQ("", client.read(1));
  EXPECT_EQ(1U, store->count("k@b"));
  EXPECT_EQ(1U, server->counts().cut_accepted);
}

TEST(SmtpServer, AWriteErrorOfTheJournalIsNeverA250) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  VirtualClock clock{Instant{}};
  const auto store = std::move(*MailStore::open({.journal_path = "/dev/full"}));
  const auto server = std::move(*SmtpServer::start(*store, clock, {}));
  Client client(server->port());
  client.send(kEnvelope);
  EXPECT_EQ("220 250 250 250 354", client.read(5));
  client.send("Message-ID: <k@b>\r\n\r\nx\r\n.\r\n");
  EXPECT_EQ("", client.read(1));
}

TEST(SmtpServer, SlowRepliesHoldUpOnlyTheirConnection) {
  VirtualClock clock{Instant{}};
  const auto store = std::move(*MailStore::open({}));
  const auto server = std::move(*SmtpServer::start(*store, clock, {.faults = {.slow_ms = 300}, .connections_max = 2}));
  Client slow(server->port());
  Client fast(server->port());
  EXPECT_EQ("220", slow.read(1));
  EXPECT_EQ("220", fast.read(1));
  Client third(server->port());
  EXPECT_EQ("421", third.read(1));
  slow.send("EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a+slow@b.example>\r\nDATA\r\n");
  EXPECT_EQ("250 250 250 354", slow.read(4));
  const int64_t begin_ms = monotonic_ms();
  slow.send("x: y\r\n\r\n.\r\nNOOP\r\n");
  fast.send("NOOP\r\n");
  EXPECT_EQ("250", fast.read(1));
  EXPECT_LT(monotonic_ms() - begin_ms, 250);
  EXPECT_EQ("250 250", slow.read(2));
  EXPECT_GE(monotonic_ms() - begin_ms, 290);
}

TEST(MailStore, CountsDoublesAndDropsOldBodiesFirst) {
  const auto store = std::move(*MailStore::open({.body_bytes_max = 250, .mails_max = 4}));
  const auto add = [&](const std::string& id) {
    return store->add({.recipients = {"Ann@" + id + ".example"}},
                      "Message-ID: <" + id + ">\r\n\r\n" + std::string(100, 'x'));
  };
  EXPECT_TRUE(add("a") && add("b") && add("a") && add("c"));
  EXPECT_FALSE(add("d"));
  EXPECT_EQ(2U, store->count("a"));
  EXPECT_EQ(1U, store->totals().doubled);
  EXPECT_EQ(3U, store->totals().message_ids);
  EXPECT_FALSE(store->get(1)->body_kept);
  EXPECT_TRUE(store->get(2)->body_kept);
  EXPECT_EQ(100U, store->get(3)->body.size());
  EXPECT_EQ("a", store->get(0)->message_id) << "headers stay";
  const MailPage page = store->list("ann@A.", 1, 10);
  EXPECT_EQ(2U, page.found);
  ASSERT_EQ(1U, page.mails.size());
  EXPECT_EQ(0U, page.mails[0].number);
  EXPECT_EQ(3U, store->list("", 0, 1).mails.at(0).number) << "newest first";
}

}  // namespace
}  // namespace spreaders::sandbox
