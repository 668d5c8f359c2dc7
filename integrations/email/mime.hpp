// One e-mail as the bytes that go over SMTP or into a provider's "raw message" field: RFC 5322 header fields, MIME
// (RFC 2045 to 2047), UTF-8, CRLF everywhere. The result is 7-bit, so it passes every relay unchanged, which DKIM
// needs.
//
//   auto bytes = build_mime({.from_name = "Café", .from_email = "news@shop.example", .to_email = "a@b.example",
//                            .subject = "Größe", .html = "<p>Hi</p>", .text = "Hi", .message_id = "k3@shop.example",
//                            .date = clock.now()});
//
// The same message gives the same bytes: nothing is random, the boundary comes from the message id. Every part is 7bit,
// quoted-printable or base64, whichever is valid and shortest. Header lines fold at 76 bytes where folding is possible
// and never exceed 998. A control character (so also CR and LF) in any field is refused, never dropped.
// Errors: kInvalidArgument or kUnsupported (SMTPUTF8) with one issue per bad field, the field's name as its pointer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders::email {

constexpr size_t kNameCodePointsMax = 256;
constexpr size_t kSubjectCodePointsMax = 900;
constexpr size_t kBodyBytesMax = 8 * 1024 * 1024;  // html and text each
constexpr size_t kExtraHeadersMax = 50;
constexpr size_t kHeaderValueBytesMax = 4096;
constexpr size_t kHeaderLineBytesMax = 998;  // RFC 5322 section 2.1.1, without CRLF

struct MailMessage {
  std::string from_name;  // shown to the reader; may be empty
  std::string from_email;
  std::string to_name;
  std::string to_email;
  std::string reply_to;  // an address or empty
  std::string subject;
  std::string html;  // html, text or both; line ends of any kind
  std::string text;
  std::string message_id;  // left@right, angle brackets optional
  Instant date;
  // List-Unsubscribe, List-Unsubscribe-Post, Feedback-ID, X-...; names must be unique and not written by us.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string envelope_from;  // the bounce address for MAIL FROM; checked here, not written
};

Result<std::string> build_mime(const MailMessage& message);

// Sat, 21 Nov 2026 03:42:26 +0000
std::string rfc5322_date(Instant at);

}  // namespace spreaders::email
