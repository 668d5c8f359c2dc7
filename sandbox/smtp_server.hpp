// An SMTP server that keeps what it gets and goes wrong on purpose (RFC 5321, 2920 PIPELINING, 1870 SIZE,
// 6152 8BITMIME, 2034 ENHANCEDSTATUSCODES, 4954 AUTH PLAIN and LOGIN). One thread, epoll, 127.0.0.1 only, no TLS.
//
// A mail is in the store and in the journal before its 250 leaves. Mails from all connections that are ready at the
// same time share one journal write.
//
// Two kinds of fault:
//  - by chance: the shares of SmtpFaults, drawn from a seeded Rng in the order of events (so a run with one connection
//    repeats exactly);
//  - by address: a recipient whose local part holds one of these words always gets that fault:
//      +tempfail  451 at RCPT; +tempfail3 only the first three times
//      +reject    550 at RCPT
//      +slow      the reply to the mail comes slow_ms late
//      +cut       the mail is accepted and kept, then the connection is cut instead of the 250
//      +lost      the connection is cut after the last byte and the mail is not kept
//      +bounce    accepted with 250; a delivery status notification (RFC 3464) to the return path follows
// It is strict where lenient servers hide a sender's defects: bare CR or LF and lines over 998 bytes are refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "sandbox/mail_store.hpp"

namespace spreaders::sandbox {

// Shares are 0..1 of the RCPT commands or of the finished mails.
struct SmtpFaults {
  double rcpt_tempfail = 0;  // 451 at RCPT
  double rcpt_reject = 0;    // 550 at RCPT
  double data_tempfail = 0;  // 451 after the final dot, not kept
  double data_reject = 0;    // 554 after the final dot, not kept
  double cut_accepted = 0;   // kept, then cut without a reply: the case that doubles mails
  double cut_lost = 0;       // cut without a reply, not kept
  double slow = 0;           // the reply to the mail is late by slow_ms
  int64_t slow_ms = 2000;
};

enum class SmtpAuth : uint8_t { kOff, kOffered, kRequired };  // any user and password are right

struct SmtpOptions {
  int port = 0;  // 0 = any free one
  std::string host_name = "sandbox.localhost";
  SmtpAuth auth = SmtpAuth::kOff;
  SmtpFaults faults = {};
  uint64_t seed = 1;
  size_t message_bytes_max = 26'214'400;  // 25 MiB
  size_t recipients_max = 100;
  size_t connections_max = 1000;      // more are answered 421
  int64_t idle_timeout_ms = 300'000;  // RFC 5321 4.5.3.2.7
};

struct Bounce {
  Instant at;
  std::string return_path;  // where the notification goes: the MAIL FROM of the mail, VERP and all
  std::string recipient;
  std::string raw;  // the whole notification, CRLF lines
};

struct SmtpCounts {
  uint64_t connections = 0;
  uint64_t accepted = 0;
  uint64_t tempfailed = 0;
  uint64_t rejected = 0;
  uint64_t cut_accepted = 0;
  uint64_t cut_lost = 0;
  uint64_t bounced = 0;
};

class SmtpServer {
 public:
  // `store` and `clock` outlive the server.
  static Result<std::unique_ptr<SmtpServer>> start(MailStore& store, Clock& clock, SmtpOptions options);
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  [[nodiscard]] int port() const;
  void set_faults(const SmtpFaults& faults);
  [[nodiscard]] SmtpCounts counts() const;
  // Takes the notifications that were made since the last call; at most 100,000 wait, later ones push out the oldest.
  std::vector<Bounce> take_bounces();
  // Closes every connection at once and joins the thread. Safe to call twice.
  void stop();

 private:
  struct State;
  explicit SmtpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace spreaders::sandbox
