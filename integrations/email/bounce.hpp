// What comes back after sending: delivery status notifications (RFC 3464 in multipart/report, RFC 6522), the plain-text
// bounces of mail systems that know no RFC 3464 (qmail, Exim, old Exchange and others), automatic replies (RFC 3834)
// and complaints (ARF, RFC 5965).
//
//   auto bounce = parse_bounce(bytes);   // kInvalidArgument: an ordinary mail, for a person to read
//   if (bounce.ok()) for (auto& recipient : bounce->recipients) ...
//
// Everything in it is untrusted: anyone can send a forged bounce. Believe one only when `envelope_to` is a VERP address
// whose token we gave out (address.hpp); addresses are lower-cased in their domain, texts are cleaned and cut.
// Broken input yields what could be read. Limits: MimeLimits for the bytes looked at, kBounceRecipientsMax, and
// kDiagnosticBytesMax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace spreaders::email {

constexpr size_t kBounceRecipientsMax = 100;
constexpr size_t kDiagnosticBytesMax = 500;

enum class BounceClass : uint8_t {
  kHard,       // the address does not work and will not: suppress it
  kSoft,       // full mailbox, unreachable server, gave up for now: count, suppress after several
  kBlock,      // the receiver refuses us, not the address: reputation, policy, content
  kAutoReply,  // out of office and the like: the mail was delivered
  kComplaint,  // the reader pressed "spam": suppress
  kDelivered,  // a report of success or of relaying
};
std::string_view bounce_class_name(BounceClass value);  // "hard", "auto_reply"

struct BounceRecipient {
  std::string final_recipient;  // may be empty when a plain-text bounce names nobody
  std::string action;           // failed, delayed, delivered, relayed, expanded; or empty
  std::string status;           // "5.1.1" (RFC 3463); or empty
  std::string diagnostic;       // the receiving server's words
  BounceClass classification = BounceClass::kSoft;
};

struct Bounce {
  BounceClass classification = BounceClass::kSoft;  // of the first recipient
  std::vector<BounceRecipient> recipients;
  std::string original_message_id;  // of the mail we sent, without angle brackets; or empty
  std::string envelope_to;          // the VERP address it came to; or empty
  std::string reporting_mta;
  std::string feedback_type;  // of a complaint: abuse, fraud, not-spam, ...
};

Result<Bounce> parse_bounce(std::string_view message);

// From an enhanced status and the words beside it; either may be empty. An action of "delayed" is the caller's to
// judge.
BounceClass classify_bounce(std::string_view status, std::string_view diagnostic);

}  // namespace spreaders::email
