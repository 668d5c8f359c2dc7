#include "integrations/email/mime.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "core/bytes.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/mime_encode.hpp"

namespace spreaders::email {
namespace {

constexpr size_t kMessageIdBytesMax = 250;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Collects every problem, so that one answer names them all.
struct Problems {
  std::vector<Issue> issues;
  Code code = Code::kInvalidArgument;

  void add(std::string_view field, std::string message) { issues.push_back({std::string(field), std::move(message)}); }

  // False when the field cannot stand in a header.
  bool check_text(std::string_view field, std::string_view value, size_t code_points_max) {
    if (has_control(value)) {
      add(field, "has a line break or another control character, which could forge a header");
      return false;
    }
    if (!is_utf8(value)) {
      add(field, "is not UTF-8");
      return false;
    }
    if (value.size() > code_points_max && count_code_points(value) > code_points_max) {
      add(field, "is longer than " + std::to_string(code_points_max) + " characters");
      return false;
    }
    return true;
  }

  std::string check_address(std::string_view field, std::string_view value) {
    if (has_control(value)) {
      add(field, "has a line break or another control character, which could forge a header");
      return {};
    }
    auto wire = wire_address(value);
    if (wire.ok()) return *std::move(wire);
    if (wire.error().code == Code::kUnsupported) code = Code::kUnsupported;
    add(field, wire.error().message);
    return {};
  }
};

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 70 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > 32 && c < 127 && c != ':'; });
}

// Fields that build_mime() or a later hop writes; a second one would contradict the first.
bool is_reserved(std::string_view lower_name) {
  static constexpr std::array<std::string_view, 18> kReserved = {"from",
                                                                 "to",
                                                                 "cc",
                                                                 "bcc",
                                                                 "sender",
                                                                 "reply-to",
                                                                 "subject",
                                                                 "date",
                                                                 "message-id",
                                                                 "mime-version",
                                                                 "return-path",
                                                                 "received",
                                                                 "dkim-signature",
                                                                 "arc-seal",
                                                                 "arc-message-signature",
                                                                 "arc-authentication-results",
                                                                 "authentication-results",
                                                                 "delivered-to"};
  return lower_name.starts_with("content-") || lower_name.starts_with("resent-") ||
         std::find(kReserved.begin(), kReserved.end(), lower_name) != kReserved.end();
}

// Fields whose grammar has no place for encoded words.
bool is_structured(std::string_view lower_name) {
  static constexpr std::array<std::string_view, 5> kStructured = {"feedback-id", "references", "in-reply-to",
                                                                  "auto-submitted", "precedence"};
  return lower_name.starts_with("list-") ||
         std::find(kStructured.begin(), kStructured.end(), lower_name) != kStructured.end();
}

void check_extra_headers(const MailMessage& message, Problems& problems) {
  if (message.headers.size() > kExtraHeadersMax) {
    problems.add("headers", "has more than " + std::to_string(kExtraHeadersMax) + " fields");
    return;
  }
  std::vector<std::string> seen;
  bool one_click = false, https = false;
  for (size_t i = 0; i < message.headers.size(); ++i) {
    const auto& [name, value] = message.headers[i];
    if (!is_header_name(name)) {
      problems.add("headers/" + std::to_string(i), "has a name that is not a header field name");
      continue;
    }
    const std::string field = "headers/" + name, lower = lower_ascii(name);
    if (is_reserved(lower)) problems.add(field, "is written by the mailer itself and cannot be set");
    if (std::find(seen.begin(), seen.end(), lower) != seen.end()) problems.add(field, "is given twice");
    seen.push_back(lower);
    if (!problems.check_text(field, value, kHeaderValueBytesMax)) continue;
    if (trim(value).empty()) problems.add(field, "is empty");
    if (value.size() > kHeaderValueBytesMax) problems.add(field, "is too long");
    if (is_structured(lower) && !is_ascii(value)) problems.add(field, "may only have ASCII characters");
    if (is_structured(lower) && longest_word(value) + name.size() + 2 > kHeaderLineBytesMax) {
      problems.add(field, "has a word that does not fit a line of 998 bytes");
    }
    if (lower == "list-unsubscribe-post") one_click = true;
    if (lower == "list-unsubscribe") {
      std::string links = lower_ascii(value);
      // On this machine itself (the sandbox) there is nothing that https would protect from.
      for (std::string_view start : {"<https://", "<http://127.0.0.1", "<http://localhost", "<http://[::1]"})
        https = https || links.find(start) != std::string::npos;
    }
    if (lower == "list-unsubscribe-post" && value != "List-Unsubscribe=One-Click") {
      problems.add(field, "must be List-Unsubscribe=One-Click (RFC 8058)");
    }
  }
  if (one_click && !https) problems.add("headers/List-Unsubscribe", "needs an https address for one-click (RFC 8058)");
}

// The id without angle brackets, or empty and a problem.
std::string check_message_id(std::string_view id, Problems& problems) {
  if (id.size() >= 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
  const auto at = id.find('@');
  const bool good = id.size() <= kMessageIdBytesMax && at != std::string_view::npos && at > 0 && at + 1 < id.size() &&
                    id.find('@', at + 1) == std::string_view::npos &&
                    std::all_of(id.begin(), id.end(), [](unsigned char c) {
                      return c > 32 && c < 127 &&
                             std::string_view("<>()[],;:\\\"").find(static_cast<char>(c)) == std::string_view::npos;
                    });
  if (good) return std::string(id);
  problems.add("message_id", "is not of the form left@right in printable ASCII");
  return {};
}

struct Addresses {
  std::string from, to, reply_to, message_id;
};

Result<Addresses> check(const MailMessage& message) {
  Problems problems;
  Addresses out;
  problems.check_text("from_name", message.from_name, kNameCodePointsMax);
  out.from = problems.check_address("from_email", message.from_email);
  problems.check_text("to_name", message.to_name, kNameCodePointsMax);
  out.to = problems.check_address("to_email", message.to_email);
  if (!message.reply_to.empty()) out.reply_to = problems.check_address("reply_to", message.reply_to);
  if (!message.envelope_from.empty()) problems.check_address("envelope_from", message.envelope_from);
  if (problems.check_text("subject", message.subject, kSubjectCodePointsMax) && trim(message.subject).empty()) {
    problems.add("subject", "is empty");
  }
  out.message_id = check_message_id(message.message_id, problems);
  check_extra_headers(message, problems);
  if (message.html.empty() && message.text.empty()) problems.add("text", "and html are both empty");
  const std::pair<std::string_view, const std::string*> bodies[] = {{"html", &message.html}, {"text", &message.text}};
  for (const auto& [field, body] : bodies) {
    if (body->size() > kBodyBytesMax) problems.add(field, "is longer than 8 MiB");
    if (!is_utf8(*body)) problems.add(field, "is not UTF-8");
    if (body->find('\0') != std::string::npos) problems.add(field, "has a zero byte");
  }
  if (!problems.issues.empty()) {
    return Error{problems.code, "The e-mail cannot be built", "", 0, std::move(problems.issues)};
  }
  return out;
}

void add_mailbox(std::string& out, std::string_view field, std::string_view name, const std::string& address) {
  HeaderLine line(out, field);
  name = trim(name);
  if (name.empty()) {
    line.words(address);
  } else {
    line.phrase(name);
    line.words("<" + address + ">");
  }
  line.end();
}

void add_part(std::string& out, std::string_view type, const EncodedBody& body) {
  out += "Content-Type: ";
  out += type;
  out += "; charset=utf-8\r\nContent-Transfer-Encoding: ";
  out += body.encoding;
  out += "\r\n\r\n";
  out += body.data;
}

void add_headers(std::string& out, const MailMessage& message, const Addresses& addresses) {
  add_mailbox(out, "From", message.from_name, addresses.from);
  add_mailbox(out, "To", message.to_name, addresses.to);
  if (!addresses.reply_to.empty()) add_mailbox(out, "Reply-To", "", addresses.reply_to);
  HeaderLine subject(out, "Subject");
  subject.unstructured(trim(message.subject));
  subject.end();
  out += "Date: " + rfc5322_date(message.date) + "\r\nMessage-ID: <" + addresses.message_id + ">\r\n";
  for (const auto& [name, value] : message.headers) {
    HeaderLine line(out, name);
    if (is_structured(lower_ascii(name))) line.words(trim(value));
    else line.unstructured(trim(value));
    line.end();
  }
  out += "MIME-Version: 1.0\r\n";
}

}  // namespace

std::string rfc5322_date(Instant at) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int64_t days = at.us / kDay_us, rest_us = at.us % kDay_us;
  if (rest_us < 0) {
    rest_us += kDay_us;
    --days;
  }
  const Date date = add_days(Date{}, static_cast<int>(days));
  const auto seconds = static_cast<int>(rest_us / kSecond_us);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[static_cast<size_t>(weekday(date))],
                date.day, kMonths[static_cast<size_t>(date.month - 1)], date.year, seconds / 3600, seconds / 60 % 60,
                seconds % 60);
  return text;
}

Result<std::string> build_mime(const MailMessage& message) {
  const Addresses addresses = TRY(check(message));
  const EncodedBody text = encode_body(message.text), html = encode_body(message.html);
  std::string out;
  out.reserve(1500 + 100 * message.headers.size() + text.data.size() + html.data.size());
  add_headers(out, message, addresses);
  if (message.html.empty() || message.text.empty()) {
    add_part(out, message.html.empty() ? "text/plain" : "text/html", message.html.empty() ? text : html);
    return out;
  }
  // "=_" can stand in neither quoted-printable nor base64, and encode_body() never leaves it in a 7bit part.
  const std::string boundary = "=_" + hex(sha256(addresses.message_id)).substr(0, 32);
  out += "Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n";
  add_part(out, "text/plain", text);
  out += "\r\n--" + boundary + "\r\n";
  add_part(out, "text/html", html);
  out += "\r\n--" + boundary + "--\r\n";
  return out;
}

}  // namespace spreaders::email
