#include "sandbox/smtp_session.hpp"

#include <algorithm>
#include <charconv>

#include "core/bytes.hpp"

namespace spreaders::sandbox {
namespace {

constexpr size_t kCommandBytesMax = 12'288;  // RFC 4954 wants this much for AUTH; 512 for the rest
constexpr size_t kAddressBytesMax = 256;     // RFC 5321 4.5.3.1.3
constexpr size_t kLineBytesMax = 998;        // RFC 5322 2.1.1
constexpr size_t kFaultsMax = 20;
constexpr size_t kAttemptsMax = 100'000;
constexpr size_t kBouncesMax = 100'000;

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool starts_with_upper(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && upper(text.substr(0, prefix.size())) == prefix;
}

// "<address> parameters" of MAIL and RCPT. Nothing when it is no path.
struct Path {
  std::string address;
  std::string_view parameters;
};
std::optional<Path> parse_path(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('<')) return std::nullopt;
  const size_t end = text.find('>');
  if (end == std::string_view::npos || end > kAddressBytesMax) return std::nullopt;
  const std::string_view address = text.substr(1, end - 1);
  if (!address.empty() &&
      (address.find('@') == std::string_view::npos || address.starts_with('@') || address.ends_with('@'))) {
    return std::nullopt;
  }
  for (const char c : address) {
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 127 || c == '<') return std::nullopt;
  }
  return Path{std::string(address), trim(text.substr(end + 1))};
}

// Nothing, or why the text may not travel: servers that let these pass open the door to smuggled mails.
std::string_view line_problem(std::string_view data) {
  size_t line = 0;
  while (line < data.size()) {
    const size_t end = std::min(data.find_first_of("\r\n", line), data.size());
    if (end < data.size() && data.substr(end, 2) != "\r\n") return "554 5.6.0 The mail holds a bare CR or LF\r\n";
    if (end - line > kLineBytesMax) return "554 5.6.0 The mail holds a line of more than 998 bytes\r\n";
    line = end + 2;
  }
  return {};
}

}  // namespace

std::string unstuff_dots(std::string_view data) {
  std::string out;
  out.reserve(data.size());
  if (data.starts_with('.')) data.remove_prefix(1);
  size_t dot = 0;
  while ((dot = data.find("\r\n.")) != std::string_view::npos) {
    out += data.substr(0, dot + 2);
    data.remove_prefix(dot + 3);
  }
  return out += data;
}

bool has_word(std::string_view address, std::string_view word) {
  const std::string_view local = address.substr(0, address.rfind('@'));
  return local.find("+" + std::string(word)) != std::string_view::npos;
}

SmtpSession::SmtpSession(SmtpHost& host) : host_(host) {
  reply("220 " + host_.options.host_name + " ESMTP sandbox: nothing leaves this machine\r\n");
}

void SmtpSession::receive(std::string_view bytes) {
  input_ += bytes;
  kept_mail_ = false;
  if (pause_ms_ == 0) work();
}

void SmtpSession::resume() {
  kept_mail_ = false;
  pause_ms_ = 0;
  reply(held_reply_);
  held_reply_.clear();
  work();
}

void SmtpSession::work() {
  bool progress = true;
  while (progress && !closing_ && pause_ms_ == 0) {
    if (phase_ == Phase::kData) progress = take_data();
    else if (phase_ == Phase::kDiscard) progress = take_discarded();
    else progress = take_line();
  }
}

bool SmtpSession::take_line() {
  const size_t end = input_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = input_.size();
    if (input_.size() > kCommandBytesMax) {
      reply("500 5.5.6 Line too long\r\n");
      closing_ = true;
    }
    return false;
  }
  scanned_ = 0;
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  if (!line.ends_with('\r')) {
    fault("500 5.5.2 Lines end with CR LF\r\n");
    return true;
  }
  line.pop_back();
  if (phase_ == Phase::kCommand) command(line);
  else auth_line(line);
  return true;
}

// The end of a mail is CRLF.CRLF and nothing else; the CRLF before the dot may be the one that ended DATA.
bool SmtpSession::take_data() {
  const bool is_empty = input_.starts_with(".\r\n");
  const size_t end = is_empty ? 0 : input_.find("\r\n.\r\n", scanned_ > 4 ? scanned_ - 4 : 0);
  if (end == std::string::npos) {
    scanned_ = input_.size();
    // Dots double at most the size of a mail, but such a mail does not exist outside of attacks.
    if (input_.size() > host_.options.message_bytes_max + 1024) phase_ = Phase::kDiscard;
    return phase_ == Phase::kDiscard;
  }
  const std::string_view stuffed = std::string_view(input_).substr(0, is_empty ? 0 : end + 2);
  const std::string_view problem = line_problem(stuffed);
  std::string message = unstuff_dots(stuffed);
  input_.erase(0, end + (is_empty ? 3 : 5));
  scanned_ = 0;
  phase_ = Phase::kCommand;
  if (message.size() > host_.options.message_bytes_max) {
    reply("552 5.3.4 Message too big\r\n");
    reset();
  } else if (!problem.empty()) {
    ++host_.counts.rejected;
    reply(problem);
    reset();
  } else {
    finish(std::move(message));
  }
  return true;
}

bool SmtpSession::take_discarded() {
  const size_t end = input_.find("\r\n.\r\n");
  if (end == std::string::npos) {
    if (input_.size() > 4) input_.erase(0, input_.size() - 4);
    return false;
  }
  input_.erase(0, end + 5);
  scanned_ = 0;
  phase_ = Phase::kCommand;
  ++host_.counts.rejected;
  reply("552 5.3.4 Message too big\r\n");
  reset();
  return true;
}

void SmtpSession::command(std::string_view line) {
  const size_t space = std::min(line.find(' '), line.size());
  const std::string verb = upper(line.substr(0, space));
  const std::string_view argument = trim(line.substr(space));
  if (verb == "EHLO" || verb == "HELO") hello(verb, argument);
  else if (starts_with_upper(line, "MAIL FROM:")) mail(line.substr(10));
  else if (starts_with_upper(line, "RCPT TO:")) recipient(line.substr(8));
  else if (verb == "DATA") data();
  else if (verb == "AUTH") auth(argument);
  else if (verb == "RSET") reset(), reply("250 2.0.0 Ok\r\n");
  else if (verb == "NOOP") reply("250 2.0.0 Ok\r\n");
  else if (verb == "VRFY") reply("252 2.0.0 Send it and see\r\n");
  else if (verb == "HELP") reply("214 2.0.0 See RFC 5321\r\n");
  else if (verb == "QUIT") reply("221 2.0.0 Bye\r\n"), closing_ = true;
  else fault("502 5.5.1 Command not known\r\n");
}

void SmtpSession::hello(std::string_view verb, std::string_view argument) {
  if (argument.empty()) return fault("501 5.5.4 Say who you are\r\n");
  reset();
  greeted_ = true;
  if (verb == "HELO") return reply("250 " + host_.options.host_name + "\r\n");
  std::string text = "250-" + host_.options.host_name + "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE " +
                     std::to_string(host_.options.message_bytes_max) + "\r\n";
  if (host_.options.auth != SmtpAuth::kOff) text += "250-AUTH PLAIN LOGIN\r\n";
  reply(text + "250 ENHANCEDSTATUSCODES\r\n");
}

void SmtpSession::mail(std::string_view argument) {
  if (!greeted_) return fault("503 5.5.1 Say EHLO first\r\n");
  if (host_.options.auth == SmtpAuth::kRequired && !authenticated_)
    return fault("530 5.7.0 Authentication required\r\n");
  if (has_sender_) return fault("503 5.5.1 A mail is already open\r\n");
  std::optional<Path> path = parse_path(argument);
  if (!path) return fault("501 5.1.7 Bad sender address\r\n");
  std::string_view rest = path->parameters;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    const std::string parameter = upper(rest.substr(0, end));
    rest = trim(rest.substr(end));
    if (parameter.starts_with("SIZE=")) {
      uint64_t size = 0;
      const auto [stop, problem] = std::from_chars(parameter.data() + 5, parameter.data() + parameter.size(), size);
      if (problem != std::errc{} || *stop != '\0') return fault("501 5.5.4 Bad SIZE\r\n");
      if (size > host_.options.message_bytes_max) return reply("552 5.3.4 Message too big\r\n");
    } else if (parameter != "BODY=8BITMIME" && parameter != "BODY=7BIT" &&
               !(parameter.starts_with("AUTH=") && host_.options.auth != SmtpAuth::kOff)) {
      return fault("555 5.5.4 Parameter not known\r\n");
    }
  }
  has_sender_ = true;
  sender_ = std::move(path->address);
  reply("250 2.1.0 Ok\r\n");
}

void SmtpSession::recipient(std::string_view argument) {
  if (!has_sender_) return fault("503 5.5.1 Say MAIL first\r\n");
  std::optional<Path> path = parse_path(argument);
  if (!path || path->address.empty()) return fault("501 5.1.3 Bad recipient address\r\n");
  if (!path->parameters.empty()) return fault("555 5.5.4 Parameter not known\r\n");
  if (recipients_.size() >= host_.options.recipients_max) return reply("452 4.5.3 Too many recipients\r\n");
  const std::string& address = path->address;
  const SmtpFaults& faults = host_.faults;
  bool tempfail = faults.rcpt_tempfail > 0 && host_.rng.unit() < faults.rcpt_tempfail;
  bool reject = faults.rcpt_reject > 0 && host_.rng.unit() < faults.rcpt_reject;
  if (has_word(address, "reject")) reject = true;
  if (has_word(address, "tempfail")) {
    const char* digits = address.data() + address.find("+tempfail") + 9;
    uint64_t times = UINT64_MAX;
    std::from_chars(digits, address.data() + address.size(), times);
    if (host_.attempts.size() >= kAttemptsMax) host_.attempts.clear();
    tempfail = ++host_.attempts[address] <= times;
  }
  if (reject) return ++host_.counts.rejected, reply("550 5.1.1 No such mailbox (planted)\r\n");
  if (tempfail) return ++host_.counts.tempfailed, reply("451 4.2.1 Mailbox busy, try again (planted)\r\n");
  recipients_.push_back(std::move(path->address));
  reply("250 2.1.5 Ok\r\n");
}

void SmtpSession::data() {
  if (!has_sender_) return fault("503 5.5.1 Say MAIL first\r\n");
  if (recipients_.empty()) return reply("554 5.5.1 No valid recipients\r\n");
  phase_ = Phase::kData;
  scanned_ = 0;
  reply("354 End with CR LF . CR LF\r\n");
}

void SmtpSession::auth(std::string_view argument) {
  if (host_.options.auth == SmtpAuth::kOff) return fault("502 5.5.1 Command not known\r\n");
  if (!greeted_ || has_sender_ || authenticated_) return fault("503 5.5.1 Not now\r\n");
  const size_t space = std::min(argument.find(' '), argument.size());
  const std::string mechanism = upper(argument.substr(0, space));
  const std::string_view initial = trim(argument.substr(space));
  if (mechanism == "PLAIN") {
    phase_ = Phase::kAuthPlain;
    if (initial.empty()) return reply("334 \r\n");
    auth_line(initial);
  } else if (mechanism == "LOGIN") {
    phase_ = Phase::kAuthLoginUser;
    if (initial.empty()) return reply("334 VXNlcm5hbWU6\r\n");  // "Username:"
    auth_line(initial);
  } else {
    fault("504 5.5.4 Mechanism not known\r\n");
  }
}

void SmtpSession::auth_line(std::string_view line) {
  const Phase phase = phase_;
  phase_ = Phase::kCommand;
  if (line == "*") return reply("501 5.7.0 Given up\r\n");
  const auto decoded = base64_decode(line);
  if (!decoded.ok()) return fault("501 5.5.2 Bad base64\r\n");
  if (phase == Phase::kAuthLoginUser) {
    phase_ = Phase::kAuthLoginPassword;
    return reply("334 UGFzc3dvcmQ6\r\n");  // "Password:"
  }
  // authorization id NUL user NUL password (RFC 4616)
  if (phase == Phase::kAuthPlain && std::count(decoded->begin(), decoded->end(), '\0') != 2) {
    return fault("501 5.5.2 Bad PLAIN message\r\n");
  }
  authenticated_ = true;
  reply("235 2.7.0 Welcome\r\n");
}

void SmtpSession::finish(std::string message) {
  const SmtpFaults& faults = host_.faults;
  const auto drawn = [&](double share) { return share > 0 && host_.rng.unit() < share; };
  const auto addressed = [&](std::string_view word) {
    return std::any_of(recipients_.begin(), recipients_.end(), [&](const auto& one) { return has_word(one, word); });
  };
  const bool cut_lost = drawn(faults.cut_lost) || addressed("lost");
  const bool cut_accepted = drawn(faults.cut_accepted) || addressed("cut");
  const bool slow = drawn(faults.slow) || addressed("slow");
  if (cut_lost) {
    ++host_.counts.cut_lost;
    closing_ = true;
  } else if (drawn(faults.data_tempfail)) {
    ++host_.counts.tempfailed;
    reply("451 4.3.0 Try again (planted)\r\n");
  } else if (drawn(faults.data_reject)) {
    ++host_.counts.rejected;
    reply("554 5.7.1 Refused (planted)\r\n");
  } else {
    const size_t before = output.size();
    const bool kept = keep(std::move(message));
    if (kept && cut_accepted) {
      ++host_.counts.cut_accepted;
      output.resize(before);
      closing_ = true;
    } else if (slow) {
      held_reply_ = output.substr(before);
      output.resize(before);
      pause_ms_ = std::max<int64_t>(1, faults.slow_ms);
    }
  }
  reset();
}

bool SmtpSession::keep(std::string message) {
  Mail mail{.accepted_at = host_.clock.now(), .return_path = sender_, .recipients = recipients_};
  std::vector<Bounce> bounces;
  for (const std::string& one : recipients_) {
    // A notification is never answered by another one: those have the empty return path (RFC 5321 4.5.5).
    if (!has_word(one, "bounce")) continue;
    mail.bounced = true;
    if (!sender_.empty())
      bounces.push_back(make_bounce(mail, one, message.substr(0, message.find("\r\n\r\n")), host_.options));
  }
  if (!host_.store.add(std::move(mail), std::move(message))) {
    reply("452 4.3.1 The sandbox is full\r\n");
    return false;
  }
  kept_mail_ = true;
  ++host_.counts.accepted;
  for (Bounce& bounce : bounces) {
    ++host_.counts.bounced;
    if (host_.bounces.size() >= kBouncesMax) host_.bounces.pop_front();
    host_.bounces.push_back(std::move(bounce));
  }
  reply("250 2.0.0 Ok: kept as " + std::to_string(host_.counts.accepted) + "\r\n");
  return true;
}

void SmtpSession::reset() {
  has_sender_ = false;
  sender_.clear();
  recipients_.clear();
}

void SmtpSession::reply(std::string_view line) { output += line; }

void SmtpSession::fault(std::string_view line) {
  reply(line);
  if (++faults_ < kFaultsMax) return;
  reply("421 4.7.0 Too many errors\r\n");
  closing_ = true;
}

Bounce make_bounce(const Mail& mail, std::string_view recipient, std::string_view headers, const SmtpOptions& options) {
  const std::string at = to_text(mail.accepted_at);
  const std::string mark = "=_" + hex(sha256(at + std::string(recipient) + mail.return_path)).substr(0, 32);
  const std::string to(recipient);
  std::string raw = "From: Mail Delivery System <MAILER-DAEMON@" + options.host_name + ">\r\nTo: <" + mail.return_path +
                    ">\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <" + mark.substr(2) + "@" +
                    options.host_name + ">\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n" +
                    "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"" + mark +
                    "\"\r\n\r\n";
  raw += "--" + mark +
         "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThe sandbox could not deliver your mail to <" + to +
         ">.\r\nThis bounce was planted: the address asks for it.\r\n\r\n";
  raw += "--" + mark + "\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; " + options.host_name +
         "\r\n\r\nFinal-Recipient: rfc822; " + to +
         "\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 No such mailbox (planted)\r\n\r\n";
  raw += "--" + mark + "\r\nContent-Type: text/rfc822-headers\r\n\r\n" +
         std::string(headers.substr(0, kHeaderBytesMax)) + "\r\n\r\n--" + mark + "--\r\n";
  return {.at = mail.accepted_at, .return_path = mail.return_path, .recipient = to, .raw = std::move(raw)};
}

}  // namespace spreaders::sandbox
