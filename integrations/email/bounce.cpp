#include "integrations/email/bounce.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/bytes.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/mime_parse.hpp"

namespace spreaders::email {
namespace {

constexpr size_t kTextBytesMax = 128 * 1024;  // of a plain-text bounce
constexpr size_t kTextLinesMax = 2000;
constexpr size_t kTextLineBytesMax = 2000;

std::string clean(std::string_view text) {
  const bool utf8 = is_utf8(text);
  std::string out;
  for (const unsigned char c : text) {
    const char shown = c < 0x20 || c == 0x7f ? ' ' : c >= 0x80 && !utf8 ? '?' : static_cast<char>(c);
    if (shown == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += shown;
  }
  if (out.size() > kDiagnosticBytesMax) {
    size_t end = kDiagnosticBytesMax;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  return std::string(trim(out));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first "x.y.z" with x of 2, 4 or 5 that stands alone, or empty.
std::string find_status(std::string_view text) {
  for (size_t at = 0; at + 4 < text.size(); ++at) {
    const bool starts = (text[at] == '2' || text[at] == '4' || text[at] == '5') && text[at + 1] == '.' &&
                        (at == 0 || (!is_digit(text[at - 1]) && text[at - 1] != '.'));
    if (!starts) continue;
    size_t end = at + 2, digits = 0;
    while (end < text.size() && is_digit(text[end])) ++end, ++digits;
    if (digits == 0 || digits > 3 || end >= text.size() || text[end] != '.') continue;
    const size_t last = ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool alone = end >= text.size() || text[end] != '.' || end + 1 >= text.size() || !is_digit(text[end + 1]);
    if (end > last && end - last <= 3 && alone) return std::string(text.substr(at, end - at));
  }
  return {};
}

// The SMTP reply code of a text such as "550 no such user" as a status: "5.0.0", or empty.
std::string status_of_reply(std::string_view text) {
  for (size_t at = 0; at + 3 <= text.size(); ++at) {
    const bool code = (text[at] == '4' || text[at] == '5') && text[at + 1] >= '0' && text[at + 1] <= '5' &&
                      is_digit(text[at + 2]) &&
                      (at == 0 || text[at - 1] == ' ' || text[at - 1] == '(' || text[at - 1] == '#') &&
                      (at + 3 == text.size() || text[at + 3] == ' ' || text[at + 3] == '-');
    if (code) return text[at] == '4' ? "4.0.0" : "5.0.0";
  }
  return {};
}

// "local@domain" with the domain in lower case, or empty.
std::string mailbox(std::string_view text) {
  text = trim(text);
  const size_t open = text.rfind('<'), close = text.rfind('>');
  if (open != std::string_view::npos && close != std::string_view::npos && close > open) {
    text = text.substr(open + 1, close - open - 1);
  }
  while (!text.empty() && std::string_view(" \"'()[]:;,").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \"'()[]:;,.").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  if (!is_email(text)) return {};
  const size_t at = text.rfind('@');
  return std::string(text.substr(0, at)) + lower_ascii(text.substr(at));
}

// The first address anywhere in a line, or empty.
std::string address_in(std::string_view line) {
  for (size_t sign = line.find('@'); sign != std::string_view::npos; sign = line.find('@', sign + 1)) {
    const auto is_end = [](char c) { return std::string_view(" \t<>()[]{},;:\"'|").find(c) != std::string_view::npos; };
    size_t start = sign, end = sign;
    while (start > 0 && sign - start <= kAddressBytesMax && !is_end(line[start - 1])) --start;
    while (end < line.size() && end - sign <= kAddressBytesMax && !is_end(line[end])) ++end;
    if (auto found = mailbox(line.substr(start, end - start)); !found.empty()) return found;
  }
  return {};
}

// "rfc822;a@b" -> "a@b" (RFC 3464 section 2.1.2).
std::string_view without_type(std::string_view value) {
  const size_t semicolon = value.find(';');
  return trim(semicolon == std::string_view::npos ? value : value.substr(semicolon + 1));
}

std::string message_id_of(std::string_view value) {
  const size_t open = value.find('<'), close = value.find('>', open == std::string_view::npos ? 0 : open);
  if (open != std::string_view::npos && close != std::string_view::npos)
    value = value.substr(open + 1, close - open - 1);
  value = trim(value);
  if (value.size() > 250 || value.find(' ') != std::string_view::npos) return {};
  return clean(value);
}

std::string verp_in(const MimeFields& fields, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    for (const auto& [field_name, value] : fields) {
      if (field_name != name) continue;
      const std::string address = address_in(value);
      if (parse_verp(address).ok()) return address;
    }
  }
  return {};
}

// Every part of this message, but not of the messages attached to it: a person who forwards a bounce sends no bounce.
void for_each_part(const MimePart& part, const auto& visit) {
  visit(part);
  if (part.type == "message/rfc822") return;
  for (const auto& child : part.children) for_each_part(child, visit);
}

// What the returned copy of our mail tells: which it was, and the return path we gave it.
void read_original(const MimeFields& original, Bounce& bounce) {
  if (bounce.original_message_id.empty()) bounce.original_message_id = message_id_of(field(original, "message-id"));
  if (bounce.envelope_to.empty()) bounce.envelope_to = verp_in(original, {"return-path", "x-envelope-from"});
}

void read_originals(const MimePart& root, Bounce& bounce) {
  for_each_part(root, [&](const MimePart& part) {
    if (&part == &root) return;
    if (part.type == "message/rfc822" && !part.children.empty()) read_original(part.children[0].fields, bounce);
    if (part.type == "text/rfc822-headers" || part.type == "message/rfc822-headers" ||
        part.type == "text/rfc822-header") {
      read_original(parse_fields(decoded_body(part)), bounce);
    }
  });
}

// The groups of a delivery-status: one about the message, then one for each recipient.
void read_status_groups(std::string_view text, Bounce& bounce) {
  while (!text.empty() && bounce.recipients.size() < kBounceRecipientsMax) {
    std::string_view rest;
    const MimeFields group = parse_fields(text, {}, &rest);
    if (rest.size() == text.size()) break;
    text = rest;
    if (bounce.reporting_mta.empty()) bounce.reporting_mta = clean(without_type(field(group, "reporting-mta")));
    BounceRecipient recipient;
    recipient.final_recipient = mailbox(without_type(field(group, "final-recipient")));
    const std::string original = mailbox(without_type(field(group, "original-recipient")));
    if (recipient.final_recipient.empty()) recipient.final_recipient = original;
    recipient.action = clean(lower_ascii(field(group, "action")));
    recipient.diagnostic = clean(without_type(field(group, "diagnostic-code")));
    recipient.status = find_status(field(group, "status"));
    if (recipient.final_recipient.empty() && recipient.action.empty() && recipient.status.empty()) continue;
    // Servers that report 5.0.0 often have the true code in the words.
    const std::string said = find_status(recipient.diagnostic);
    if (recipient.status.empty() || (recipient.status.ends_with(".0.0") && !said.empty())) recipient.status = said;
    if (recipient.status.empty()) recipient.status = status_of_reply(recipient.diagnostic);
    recipient.classification = classify_bounce(recipient.status, recipient.diagnostic);
    if (recipient.action == "delayed") recipient.classification = BounceClass::kSoft;
    if (recipient.action == "delivered" || recipient.action == "relayed" || recipient.action == "expanded") {
      recipient.classification = BounceClass::kDelivered;
    }
    bounce.recipients.push_back(std::move(recipient));
  }
}

bool read_delivery_status(const MimePart& root, Bounce& bounce) {
  for_each_part(root, [&](const MimePart& part) {
    const bool global = part.type == "message/global-delivery-status";
    if (part.type == "message/delivery-status" || global) read_status_groups(decoded_body(part), bounce);
  });
  // A report that says nothing about the reason may say it to the human reader.
  if (bounce.recipients.size() == 1 && bounce.recipients[0].diagnostic.empty() && !root.children.empty()) {
    auto& recipient = bounce.recipients[0];
    const BounceClass by_words = classify_bounce(recipient.status, decoded_body(root.children[0], 4096));
    if (recipient.classification == BounceClass::kSoft && recipient.action == "failed")
      recipient.classification = by_words;
  }
  return !bounce.recipients.empty();
}

bool read_complaint(const MimePart& root, Bounce& bounce) {
  bool found = false;
  for_each_part(root, [&](const MimePart& part) {
    if (part.type != "message/feedback-report" || found) return;
    found = true;
    const MimeFields report = parse_fields(decoded_body(part));
    bounce.feedback_type = clean(lower_ascii(field(report, "feedback-type")));
    bounce.reporting_mta = clean(without_type(field(report, "reporting-mta")));
    bounce.envelope_to = verp_in(report, {"original-mail-from"});
    BounceRecipient recipient;
    recipient.final_recipient = address_in(field(report, "original-rcpt-to"));
    // "not-spam" takes an earlier complaint back.
    const bool taken_back = bounce.feedback_type == "not-spam";
    recipient.classification = taken_back ? BounceClass::kDelivered : BounceClass::kComplaint;
    bounce.recipients.push_back(std::move(recipient));
  });
  return found;
}

bool is_auto_reply(const MimePart& root) {
  const std::string submitted = lower_ascii(field(root.fields, "auto-submitted"));
  if (submitted.starts_with("auto-replied") || submitted.starts_with("auto-notified")) return true;
  for (const auto name : {"x-autoreply", "x-autorespond", "x-auto-reply", "x-vacation"}) {
    const auto value = lower_ascii(field(root.fields, name));
    if (!value.empty() && value != "no") return true;
  }
  const std::string precedence = lower_ascii(field(root.fields, "precedence"));
  if (precedence == "auto_reply" || precedence == "auto-reply") return true;
  const std::string subject = lower_ascii(decode_words(field(root.fields, "subject")));
  for (const std::string_view words :
       {"out of office", "out of the office", "automatic reply", "auto-reply", "autoreply", "auto reply",
        "vacation reply", "abwesenheit", "automatische antwort", "réponse automatique", "absence du bureau",
        "respuesta automática", "risposta automatica", "automatisch antwoord", "resposta automática", "自動応答",
        "автоответ"}) {
    if (subject.find(words) != std::string::npos) return true;
  }
  return false;
}

bool looks_like_bounce(const MimePart& root) {
  const std::string from = lower_ascii(field(root.fields, "from"));
  const std::string subject = lower_ascii(decode_words(field(root.fields, "subject")));
  bool found = !field(root.fields, "x-failed-recipients").empty() || trim(field(root.fields, "return-path")) == "<>";
  for (const std::string_view sender : {"mailer-daemon", "postmaster", "mail delivery", "maildelivery"}) {
    found |= from.find(sender) != std::string::npos;
  }
  if (!found) return false;
  for (const std::string_view words :
       {"undeliver", "failure", "returned mail", "returned to sender", "delivery status", "non delivery",
        "nondeliverable", "delivery fail", "delivery has failed", "not delivered", "delivery notification",
        "could not be delivered", "unzustellbar", "delayed"}) {
    if (subject.find(words) != std::string::npos) return true;
  }
  return !field(root.fields, "x-failed-recipients").empty();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size() && lines.size() < kTextLinesMax;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(trim(text.substr(at, std::min(end - at, kTextLineBytesMax))));
    at = end + 1;
  }
  return lines;
}

// Where the copy of our mail begins in the bounces that paste it below their words.
bool starts_copy(std::string_view line) {
  const std::string lower = lower_ascii(line);
  for (const std::string_view words :
       {"below this line is a copy", "this is a copy of the message", "this is a copy of your message",
        "original message", "message header follows", "message headers follow", "unsent message follows",
        "original headers", "text of your message follows", "copy of the original message"}) {
    if (lower.starts_with('-') && lower.find(words) != std::string::npos) return true;
    if (lower.find(words) != std::string::npos && lower.ends_with(':')) return true;
  }
  return false;
}

std::string text_of(const MimePart& root) {
  std::string text;
  for_each_part(root, [&](const MimePart& part) {
    if (text.empty() && part.type == "text/plain") text = decoded_body(part, kTextBytesMax);
  });
  return text;
}

// The first address named, and the words after it up to the next empty line once something was said.
bool read_plain_text(const MimePart& root, Bounce& bounce) {
  const auto text = text_of(root);
  const auto lines = lines_of(text);
  BounceRecipient recipient;
  recipient.final_recipient = address_in(field(root.fields, "x-failed-recipients"));
  const std::string to = address_in(field(root.fields, "to"));
  std::string said, everything;
  size_t i = 0;
  for (; i < lines.size() && !starts_copy(lines[i]); ++i) {
    if (everything.size() < 8 * kDiagnosticBytesMax) everything += std::string(lines[i]) + " ";
    const std::string found = address_in(lines[i]);
    const bool other = found.empty() || found == to || lower_ascii(found).find("postmaster@") == 0 ||
                       lower_ascii(found).find("mailer-daemon@") == 0;
    if (recipient.final_recipient.empty() && !other) recipient.final_recipient = found;
    const bool about_them = !recipient.final_recipient.empty();
    const bool coded = !find_status(lines[i]).empty() || !status_of_reply(lines[i]).empty();
    const bool more = !said.empty() && said.size() < kDiagnosticBytesMax && !lines[i].empty() && !lines[i - 1].empty();
    if (about_them && ((said.empty() && coded) || more)) said += std::string(lines[i]) + " ";
  }
  for (; i < lines.size(); ++i) {
    const std::string lower = lower_ascii(lines[i]);
    if (lower.starts_with("message-id:") && bounce.original_message_id.empty()) {
      bounce.original_message_id = message_id_of(lines[i].substr(11));
    }
    if (lower.starts_with("return-path:") && bounce.envelope_to.empty() && parse_verp(address_in(lines[i])).ok()) {
      bounce.envelope_to = address_in(lines[i]);
    }
  }
  recipient.diagnostic = clean(said.empty() ? everything : said);
  recipient.status = find_status(recipient.diagnostic);
  if (recipient.status.empty()) recipient.status = status_of_reply(recipient.diagnostic);
  recipient.classification = classify_bounce(recipient.status, everything);
  const std::string lower = lower_ascii(everything);
  const bool delayed = lower.find("will be retried") != std::string::npos ||
                       lower.find("will continue to try") != std::string::npos ||
                       lower.find("you do not need to resend") != std::string::npos;
  recipient.action = delayed ? "delayed" : "failed";
  if (delayed) recipient.classification = BounceClass::kSoft;
  bounce.recipients.push_back(std::move(recipient));
  return true;
}

Bounce auto_reply(const MimePart& root) {
  Bounce bounce;
  BounceRecipient recipient;
  recipient.final_recipient = address_in(field(root.fields, "from"));
  recipient.classification = BounceClass::kAutoReply;
  bounce.recipients.push_back(std::move(recipient));
  bounce.original_message_id = message_id_of(field(root.fields, "in-reply-to"));
  return bounce;
}

}  // namespace

Result<Bounce> parse_bounce(std::string_view message) {
  const MimePart root = parse_mime(message);
  Bounce bounce;
  const std::string to =
      verp_in(root.fields, {"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to"});
  if (!read_complaint(root, bounce) && !read_delivery_status(root, bounce)) {
    // Exim marks its plain-text bounces auto-replied, so the bounce goes first.
    if (looks_like_bounce(root)) read_plain_text(root, bounce);
    else if (is_auto_reply(root)) bounce = auto_reply(root);
    else return invalid("This mail is neither a bounce nor a complaint nor an automatic reply");
  }
  if (!to.empty()) bounce.envelope_to = to;
  read_originals(root, bounce);
  bounce.classification = bounce.recipients.front().classification;
  return bounce;
}

}  // namespace spreaders::email
