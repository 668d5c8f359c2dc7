#include "integrations/email/smtp.hpp"

#include <algorithm>
#include <array>

#include "core/bytes.hpp"
#include "core/time.hpp"
#include "integrations/email/mime_encode.hpp"
#include "integrations/email/smtp_transport.hpp"

namespace spreaders::email {
namespace {

constexpr int kQuitTimeout_ms = 2'000;
constexpr int kEarlyReplyTimeout_ms = 1'000;
constexpr size_t kCredentialBytesMax = 1024;

struct Reply {
  int code = 0;  // 0 = none came, or not a reply
  std::string enhanced_status;
  std::vector<std::string> lines;  // without the code
  [[nodiscard]] bool positive() const { return code >= 200 && code < 300; }
  [[nodiscard]] bool closes() const { return code == 0 || code == 421; }
};

struct Capabilities {
  bool pipelining = false, eight_bit = false, starttls = false, auth_plain = false, auth_login = false, size = false;
  uint64_t size_max = 0;  // 0 = not told
};

// "5.1.1" at the start of a reply's text (RFC 2034), or nothing.
std::string enhanced_status_of(std::string_view text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  int dots = 0, digits = 0;
  for (const char c : word) {
    if (c == '.' && digits > 0) {
      ++dots;
      digits = 0;
    } else if (c >= '0' && c <= '9' && ++digits <= 3) {
      continue;
    } else {
      return {};
    }
  }
  const bool good = dots == 2 && digits > 0 && word[1] == '.' && (word[0] == '2' || word[0] == '4' || word[0] == '5');
  return good ? std::string(word) : std::string();
}

// A server's words for people and logs: one line of UTF-8 without control characters.
std::string clean_text(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    if (!out.empty()) out += ' ';
    const bool utf8 = is_utf8(line);
    for (const unsigned char c : line)
      out += c < 0x20 || c == 0x7f ? ' ' : c >= 0x80 && !utf8 ? '?' : static_cast<char>(c);
    if (out.size() > kSmtpTextBytesMax) break;
  }
  if (out.size() > kSmtpTextBytesMax) {
    size_t end = kSmtpTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  return out;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
}

// What stands between the angle brackets of MAIL and RCPT: no way out of them.
bool is_path(std::string_view path) {
  return path.size() <= 254 && std::all_of(path.begin(), path.end(), [](unsigned char c) {
           return c > 0x20 && c < 0x7f && c != '<' && c != '>';
         });
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// The message as DATA wants it (RFC 5321 section 4.5.2), with the final dot.
void dot_stuffed(std::string_view message, std::string& out) {
  out.clear();
  out.reserve(message.size() + message.size() / 64 + 8);
  if (message.starts_with('.')) out += '.';
  size_t at = 0;
  for (size_t found; (found = message.find("\n.", at)) != std::string_view::npos; at = found + 1) {
    out.append(message, at, found + 1 - at);
    out += '.';
  }
  out.append(message, at);
  if (!message.empty() && message.back() != '\n') out += "\r\n";
  out += ".\r\n";
}

}  // namespace

std::string_view smtp_stage_name(SmtpStage stage) {
  static constexpr std::array<std::string_view, 9> kNames = {"connect", "greeting", "tls",  "auth",     "mail",
                                                             "rcpt",    "data",     "body", "final_dot"};
  return kNames[static_cast<size_t>(stage)];
}

struct SmtpConnection::Session {
  SmtpServer server;
  std::vector<std::string> addresses;
  SmtpTransport transport;
  Capabilities offers;
  int64_t deadline_ms = 0;  // of the open() or send() that is under way
  std::string out, line;    // buffers that live as long as the connection
  SmtpStage stage = SmtpStage::kConnect;
  bool verified = false;  // TLS with a checked certificate

  using Io = SmtpTransport::Io;

  [[nodiscard]] int64_t until(int timeout_ms) const { return std::min(deadline_ms, monotonic_ms() + timeout_ms); }
  bool write(std::string_view data) { return transport.write(data, until(server.command_timeout_ms)) == Io::kDone; }

  Reply read_reply(int timeout_ms) {
    Reply reply;
    const int64_t until_ms = until(timeout_ms);
    while (reply.lines.size() < kSmtpReplyLinesMax) {
      if (transport.read_line(line, kSmtpReplyLineBytesMax, until_ms) != Io::kDone) break;
      const bool number = line.size() >= 3 && line[0] >= '1' && line[0] <= '5' && line[1] >= '0' && line[1] <= '9' &&
                          line[2] >= '0' && line[2] <= '9' && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
      if (!number) break;
      const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
      if (!reply.lines.empty() && code != reply.code) break;
      reply.code = code;
      reply.lines.push_back(line.size() > 4 ? line.substr(4) : "");
      if (reply.enhanced_status.empty()) reply.enhanced_status = enhanced_status_of(reply.lines.back());
      if (line.size() == 3 || line[3] == ' ') return reply;
    }
    reply.code = 0;
    reply.lines.clear();
    return reply;
  }

  Reply command(std::string_view text) { return write(text) ? read_reply(server.command_timeout_ms) : Reply{}; }

  // Some servers repeat what they were sent. Whatever the stage, such words go no further.
  [[nodiscard]] std::string words_of(const Reply& reply) const {
    if (server.password.empty()) return clean_text(reply.lines);
    auto compact = [](std::string text) {
      std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '='; });
      return text;
    };
    std::string said;
    for (const auto& one : reply.lines) said += one;
    said = compact(std::move(said));
    const std::string& password = server.password.reveal();
    std::string forms[] = {compact(password), compact(base64(password)),
                           compact(base64('\0' + server.username + '\0' + password))};
    bool repeated = said.find(password) != std::string::npos;
    for (auto& form : forms) {
      repeated |= !form.empty() && said.find(form) != std::string::npos;
      Secret::wipe(form);
    }
    if (!repeated) return clean_text(reply.lines);
    return (reply.enhanced_status.empty() ? "" : reply.enhanced_status + " ") +
           "(its words are left out, since they held the password)";
  }

  Error refused(std::string_view what, const Reply& reply) {
    transport.close();
    if (reply.code == 0) {
      return Error{Code::kUnavailable, "The SMTP server gave no usable answer to " + std::string(what)};
    }
    const Code code = reply.code >= 500 ? Code::kVendorRejected : Code::kUnavailable;
    return Error{code, "The SMTP server refused " + std::string(what) + ": " + std::to_string(reply.code) + " " +
                           words_of(reply)};
  }

  void learn(const Reply& ehlo) {
    offers = {};
    for (size_t i = 1; i < ehlo.lines.size(); ++i) {
      const std::string capability = " " + lower_ascii(ehlo.lines[i]) + " ";
      offers.pipelining |= capability == " pipelining ";
      offers.eight_bit |= capability == " 8bitmime ";
      offers.starttls |= capability == " starttls ";
      if (capability.starts_with(" auth ") || capability.starts_with(" auth=")) {
        offers.auth_plain |= capability.find("plain ") != std::string::npos;
        offers.auth_login |= capability.find("login ") != std::string::npos;
      }
      if (capability.starts_with(" size ")) {
        offers.size = true;
        for (size_t at = 6; at < capability.size() && capability[at] >= '0' && capability[at] <= '9' && at < 24; ++at) {
          offers.size_max = offers.size_max * 10 + static_cast<uint64_t>(capability[at] - '0');
        }
      }
    }
  }

  Result<void> greet() {
    const Reply ehlo = command("EHLO " + server.helo_name + "\r\n");
    if (ehlo.positive()) {
      learn(ehlo);
      return {};
    }
    if (ehlo.code < 500) return refused("EHLO", ehlo);
    offers = {};
    const Reply helo = command("HELO " + server.helo_name + "\r\n");
    if (helo.positive()) return {};
    return refused("HELO", helo);
  }

  Result<void> start_tls() {
    stage = SmtpStage::kTls;
    const bool verify = server.tls != SmtpTls::kOpportunistic;
    auto done = transport.start_tls({server.host, server.ca_file, verify}, until(server.command_timeout_ms));
    if (!done.ok()) transport.close();
    verified = done.ok() && verify;
    return done;
  }

  Result<void> upgrade() {
    if (!offers.starttls) {
      if (server.tls == SmtpTls::kOpportunistic) return {};
      transport.close();
      return Error{Code::kNotConfigured, "The SMTP server offers no STARTTLS, and this connection requires it"};
    }
    stage = SmtpStage::kTls;
    const Reply ready = command("STARTTLS\r\n");
    if (ready.code != 220) return refused("STARTTLS", ready);
    if (transport.has_unread()) {
      transport.close();
      return Error{Code::kNotConfigured, "Something was injected before TLS started on the SMTP connection"};
    }
    TRY(start_tls());
    return greet();
  }

  Result<void> sign_in() {
    if (server.username.empty()) return {};
    stage = SmtpStage::kAuth;
    if (!verified && !server.allow_plain_password) {
      transport.close();
      return Error{Code::kNotConfigured, "The SMTP password is not sent without a verified TLS connection"};
    }
    if (!offers.auth_plain && !offers.auth_login) {
      transport.close();
      return Error{Code::kNotConfigured, "The SMTP server offers neither AUTH PLAIN nor AUTH LOGIN"};
    }
    Reply reply;
    if (offers.auth_plain) {
      std::string plain = '\0' + server.username + '\0' + server.password.reveal();
      std::string encoded = base64(plain), text = "AUTH PLAIN " + encoded + "\r\n";
      reply = command(text);
      for (std::string* secret : {&plain, &encoded, &text}) Secret::wipe(*secret);
    } else {
      reply = command("AUTH LOGIN\r\n");
      if (reply.code == 334) reply = command(base64(server.username) + "\r\n");
      if (reply.code == 334) {
        std::string text = base64(server.password.reveal()) + "\r\n";
        reply = command(text);
        Secret::wipe(text);
      }
    }
    if (reply.code == 235) return {};
    Error error = refused("the user name and password", reply);
    if (reply.code == 535 || reply.code == 534 || reply.code == 530) error.code = Code::kReconnectNeeded;
    return error;
  }

  Result<void> connect_and_greet() {
    verified = false;
    stage = SmtpStage::kConnect;
    TRY(transport.connect(addresses, server.port, server.connect_timeout_ms, deadline_ms));
    if (server.tls == SmtpTls::kImplicit) TRY(start_tls());
    stage = SmtpStage::kGreeting;
    const Reply greeting = read_reply(server.command_timeout_ms);
    if (greeting.code != 220) return refused("the connection", greeting);
    return greet();
  }

  Result<void> open() {
    TRY(connect_and_greet());
    if (server.tls == SmtpTls::kOpportunistic || server.tls == SmtpTls::kRequired) {
      auto upgraded = upgrade();
      // Opportunistic: a broken TLS is no worse than none (RFC 7435 section 3).
      if (!upgraded.ok() && server.tls == SmtpTls::kOpportunistic) upgraded = connect_and_greet();
      if (!upgraded.ok()) return upgraded;
    }
    return sign_in();
  }

  SendOutcome outcome(SendOutcome::Kind kind, SmtpStage at, const Reply& reply, std::string_view own_words = "") {
    SendOutcome result{kind, at, reply.code, reply.enhanced_status, words_of(reply), transport.is_open()};
    if (reply.code == 0) result.text = own_words;
    return result;
  }

  // After a refused command: the next transaction starts clean, or on a new connection.
  SendOutcome refused_at(SmtpStage at, const Reply& reply) {
    const auto kind = reply.code >= 500 ? SendOutcome::kRejected : SendOutcome::kDeferred;
    if (reply.closes() || !command("RSET\r\n").positive()) transport.close();
    return outcome(kind, at, reply, "The SMTP server closed the connection or gave no answer before the message");
  }

  struct Replies {
    Reply mail, rcpt, data;
  };

  Replies announce(const std::string& mail, const std::string& rcpt) {
    Replies replies;
    const int timeout_ms = server.command_timeout_ms;
    if (offers.pipelining && server.pipelining) {
      if (!write(mail + rcpt + "DATA\r\n")) return replies;
      replies.mail = read_reply(timeout_ms);
      if (!replies.mail.closes()) replies.rcpt = read_reply(timeout_ms);
      if (!replies.rcpt.closes()) replies.data = read_reply(timeout_ms);
      return replies;
    }
    replies.mail = command(mail);
    if (replies.mail.positive()) replies.rcpt = command(rcpt);
    if (replies.rcpt.positive()) replies.data = command("DATA\r\n");
    return replies;
  }

  SendOutcome transact(const Envelope& envelope, std::string_view message, bool eight_bit) {
    std::string mail = "MAIL FROM:<" + envelope.from + ">";
    if (offers.size) mail += " SIZE=" + std::to_string(message.size());
    if (eight_bit) mail += " BODY=8BITMIME";
    const Replies replies = announce(mail + "\r\n", "RCPT TO:<" + envelope.to + ">\r\n");
    const bool refused = !replies.mail.positive() || !replies.rcpt.positive();
    if (refused && replies.data.code == 354) {
      // Pipelined DATA was taken although nobody is to receive it: end it with nothing in it (RFC 2920 section 3.1).
      if (!write(".\r\n") || read_reply(server.command_timeout_ms).closes()) transport.close();
    }
    if (!replies.mail.positive()) return refused_at(SmtpStage::kMail, replies.mail);
    if (!replies.rcpt.positive()) return refused_at(SmtpStage::kRcpt, replies.rcpt);
    if (replies.data.code != 354) {
      Reply reply = replies.data;
      if (reply.code < 400) reply.code = 0;  // a 2xx to DATA makes no sense: nothing of it can be trusted
      return refused_at(SmtpStage::kData, reply);
    }
    return transfer(message);
  }

  SendOutcome transfer(std::string_view message) {
    dot_stuffed(message, out);
    if (transport.write(out, until(server.data_timeout_ms)) != Io::kDone) {
      // The end of the final dot is still here. The server may have said why it stopped reading.
      const Reply reply = read_reply(kEarlyReplyTimeout_ms);
      transport.close();
      const auto kind = reply.code >= 500 ? SendOutcome::kRejected : SendOutcome::kDeferred;
      return outcome(kind, SmtpStage::kBody, reply, "The SMTP connection broke while the message was being sent");
    }
    const Reply reply = read_reply(server.data_timeout_ms);
    const bool usable = reply.positive() || reply.code >= 400;
    if (!usable || reply.closes()) transport.close();
    if (reply.positive()) return outcome(SendOutcome::kAccepted, SmtpStage::kFinalDot, reply);
    if (reply.code >= 500) return outcome(SendOutcome::kRejected, SmtpStage::kFinalDot, reply);
    if (reply.code >= 400) return outcome(SendOutcome::kDeferred, SmtpStage::kFinalDot, reply);
    return outcome(SendOutcome::kUnknown, SmtpStage::kFinalDot, reply,
                   "The whole message was sent and the SMTP server gave no usable answer");
  }

  [[nodiscard]] std::string problem_with(const Envelope& envelope, std::string_view message) const {
    if (!is_path(envelope.from)) return "The envelope sender is not an ASCII address";
    if (!is_path(envelope.to) || envelope.to.empty()) return "The recipient is not an ASCII address";
    if (message.size() > kSmtpMessageBytesMax) return "The message is longer than 40 MiB";
    if (has_bare_line_end(message)) return "The message has a line end that is not CRLF";
    return {};
  }

  // Empty when this server can take the message.
  [[nodiscard]] std::string problem_here(size_t bytes, bool eight_bit) const {
    if (offers.size_max > 0 && bytes > offers.size_max) {
      return "The message has " + std::to_string(bytes) + " bytes, the SMTP server takes " +
             std::to_string(offers.size_max);
    }
    if (eight_bit && !offers.eight_bit) return "The message has 8-bit bytes, and the SMTP server offers no 8BITMIME";
    return {};
  }
};

SmtpConnection::SmtpConnection() = default;
SmtpConnection::~SmtpConnection() = default;
SmtpConnection::SmtpConnection(SmtpConnection&&) noexcept = default;
SmtpConnection& SmtpConnection::operator=(SmtpConnection&&) noexcept = default;

Result<void> SmtpConnection::open(const SmtpServer& server) {
  session_.reset();
  if (!is_word(server.host) || server.port == 0) return invalid("The SMTP host or port is missing or malformed");
  if (!is_word(server.helo_name)) return invalid("The name for EHLO is not a host name");
  const bool long_login =
      server.username.size() > kCredentialBytesMax || server.password.reveal().size() > kCredentialBytesMax;
  const bool zero = (server.username + server.password.reveal()).find('\0') != std::string::npos;
  if (long_login || zero) return invalid("The SMTP user name or password is too long or has a zero byte");
  auto session = std::make_unique<Session>();
  session->server = server;
  session->deadline_ms = monotonic_ms() + server.total_timeout_ms;
  session->addresses = server.addresses.empty() ? TRY(resolve_host(server.host)) : server.addresses;
  auto opened = session->open();
  if (!opened.ok()) session->transport.close();
  session_ = std::move(session);  // kept after a failure too: send() tries again
  return opened;
}

SendOutcome SmtpConnection::send(const Envelope& envelope, std::string_view message) {
  if (!session_) return {SendOutcome::kDeferred, SmtpStage::kConnect, 0, "", "open() was not called", false};
  Session& session = *session_;
  session.deadline_ms = monotonic_ms() + session.server.total_timeout_ms;
  if (auto problem = session.problem_with(envelope, message); !problem.empty()) {
    return {SendOutcome::kRejected, SmtpStage::kMail, 0, "", std::move(problem), is_open()};
  }
  const bool eight_bit = has_eight_bit(message);
  bool fresh = false;
  for (;;) {
    if (session.transport.is_stale()) {
      session.transport.close();
      auto opened = session.open();
      if (!opened.ok()) {
        session.transport.close();
        const std::string text = clean_text({opened.error().message});
        return {SendOutcome::kDeferred, session.stage, 0, "", text, false};
      }
      fresh = true;
    }
    if (auto problem = session.problem_here(message.size(), eight_bit); !problem.empty()) {
      return {SendOutcome::kRejected, SmtpStage::kMail, 0, "", std::move(problem), is_open()};
    }
    SendOutcome outcome = session.transact(envelope, message, eight_bit);
    // A reused connection that the server had given up, noticed before the message: once more on a new one.
    const bool given_up = outcome.kind == SendOutcome::kDeferred && !outcome.connection_usable &&
                          outcome.stage < SmtpStage::kBody && (outcome.reply_code == 0 || outcome.reply_code == 421);
    if (fresh || !given_up) return outcome;
  }
}

void SmtpConnection::close() {
  if (session_ && session_->transport.is_open()) {
    session_->deadline_ms = monotonic_ms() + kQuitTimeout_ms;
    (void)session_->command("QUIT\r\n");
    session_->transport.close();
  }
}

bool SmtpConnection::is_open() const { return session_ && session_->transport.is_open(); }

}  // namespace spreaders::email
