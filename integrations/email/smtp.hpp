// SMTP client (RFC 5321) that always knows whether the final dot left this machine: the line between "not sent, retry"
// and "unknown, never retry blindly", which libcurl hides.
//
//   SmtpConnection connection;
//   TRY(connection.open({.host = "smtp.example", .port = 587, .tls = SmtpTls::kRequired,
//                        .username = "u", .password = Secret("...")}));
//   SendOutcome outcome = connection.send({.from = "bounce+t@b.example", .to = "a@c.example"}, message);
//
// One connection serves one thread; many messages pass over it. send() opens again by itself when the server has closed
// the connection (421, idle timeout) before anything of the message could count. STARTTLS (RFC 3207), implicit TLS,
// AUTH PLAIN and LOGIN (RFC 4954), PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152). Passwords only ever
// travel over a verified TLS connection, unless allow_plain_password says otherwise.
// Errors of open(): kUnavailable (later), kReconnectNeeded (password refused), kNotConfigured (TLS or AUTH demanded and
// not offered, certificate not trusted), kVendorRejected (5xx), kInvalidArgument.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace spreaders::email {

constexpr size_t kSmtpReplyLineBytesMax = 4096;  // RFC 5321 says 512; real servers exceed it
constexpr size_t kSmtpReplyLinesMax = 128;
constexpr size_t kSmtpTextBytesMax = 500;
constexpr size_t kSmtpMessageBytesMax = 40 * 1024 * 1024;

enum class SmtpTls : uint8_t {
  kNone,           // plain text; for loopback and private relays
  kOpportunistic,  // STARTTLS when offered, without checking the certificate (RFC 7435)
  kRequired,       // STARTTLS with a certificate that is checked, or no mail
  kImplicit,       // TLS from the first byte (port 465, RFC 8314)
};

struct SmtpServer {
  std::string host;
  uint16_t port = 587;
  std::vector<std::string> addresses = {};  // numeric; when set, the name is not resolved (the caller has checked them)
  SmtpTls tls = SmtpTls::kRequired;
  std::string ca_file = {};   // PEM; empty = the system's store
  std::string username = {};  // empty = no AUTH
  Secret password = {};
  bool allow_plain_password = false;  // AUTH without a verified TLS connection
  bool pipelining = true;             // use it when it is offered
  std::string helo_name = "localhost";
  int connect_timeout_ms = 15'000;  // for each address
  int command_timeout_ms = 60'000;  // for each reply but the last, and for the TLS handshake
  int data_timeout_ms = 600'000;    // for the reply to the final dot (RFC 5321 section 4.5.3.2.6)
  int total_timeout_ms = 900'000;   // for one open() or one send() as a whole
};

struct Envelope {
  std::string from;  // empty = the null sender of bounces
  std::string to;
};

enum class SmtpStage : uint8_t { kConnect, kGreeting, kTls, kAuth, kMail, kRcpt, kData, kBody, kFinalDot };

struct SendOutcome {
  enum Kind : uint8_t {
    kAccepted,  // the server took responsibility
    kRejected,  // a 5xx answer, or a message that this server can never take: permanent. At kRcpt it is about the
                // recipient, at kMail about the sender, at kFinalDot about the content.
    kDeferred,  // 4xx, or no connection before the final dot: certainly not sent, try again later
    kUnknown,   // the final dot has left and no usable answer came: it may or may not have been sent
  };
  Kind kind = kDeferred;
  SmtpStage stage = SmtpStage::kConnect;
  int reply_code = 0;           // 0 = there was no reply
  std::string enhanced_status;  // "5.1.1" (RFC 3463) or empty
  std::string text;             // untrusted words of the server or our own: cleaned, at most kSmtpTextBytesMax bytes
  bool connection_usable = false;
};

std::string_view smtp_stage_name(SmtpStage stage);  // "rcpt"

class SmtpConnection {
 public:
  SmtpConnection();
  ~SmtpConnection();  // closes without waiting for anything
  SmtpConnection(SmtpConnection&&) noexcept;
  SmtpConnection& operator=(SmtpConnection&&) noexcept;

  // Connects, greets, and signs in. Opening an open connection closes the old one.
  Result<void> open(const SmtpServer& server);
  // Sends one message to one recipient. `message` has CRLF line ends (a bare CR or LF is refused, since servers read it
  // differently: SMTP smuggling) and no dot-stuffing. Needs open() once before.
  SendOutcome send(const Envelope& envelope, std::string_view message);
  // Says QUIT and closes.
  void close();
  [[nodiscard]] bool is_open() const;

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace spreaders::email
