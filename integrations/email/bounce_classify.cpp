// The rules that tell a dead address from a full mailbox and from a receiver who does not want us. Words beat codes
// where servers are known to use a code for something else; codes decide when the words say nothing.
#include <algorithm>
#include <array>
#include <span>

#include "core/bytes.hpp"
#include "integrations/email/bounce.hpp"

namespace spreaders::email {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 15> kFull = {"mailbox full",
                                                    "mailbox is full",
                                                    "over quota",
                                                    "overquota",
                                                    "quota exceeded",
                                                    "exceeded storage",
                                                    "out of storage",
                                                    "quota",
                                                    "mailfolder is full",
                                                    "inbox is full",
                                                    "insufficient system storage",
                                                    "storage allocation",
                                                    "mailbox size limit",
                                                    "too many messages in",
                                                    "disk full"};

constexpr std::array<std::string_view, 35> kNoSuchAddress = {"user unknown",
                                                             "unknown user",
                                                             "no such user",
                                                             "no such recipient",
                                                             "no such mailbox",
                                                             "no such address",
                                                             "unknown recipient",
                                                             "recipient unknown",
                                                             "unknown address",
                                                             "address unknown",
                                                             "does not exist",
                                                             "doesn't exist",
                                                             "not exist",
                                                             "invalid recipient",
                                                             "invalid mailbox",
                                                             "invalid address",
                                                             "no mailbox here",
                                                             "unrouteable address",
                                                             "mailbox not found",
                                                             "recipient not found",
                                                             "user not found",
                                                             "recipientnotfound",
                                                             "address not found",
                                                             "not a valid recipient",
                                                             "mailbox unavailable",
                                                             "mailbox is disabled",
                                                             "account is disabled",
                                                             "has been disabled",
                                                             "account has been deactivated",
                                                             "is inactive",
                                                             "account is closed",
                                                             "no longer valid",
                                                             "no longer available",
                                                             "doesn't have a yahoo.com account",
                                                             "not listed in domino"};

constexpr std::array<std::string_view, 5> kNoSuchDomain = {"host not found", "domain not found", "nxdomain",
                                                           "no such domain", "name service error for name"};

constexpr std::array<std::string_view, 30> kUnwanted = {
    "spam",          "unsolicited", "blacklist",       "black list",        "blocklist",
    "block list",    "blocked",     "spamhaus",        "barracuda",         "spamcop",
    "proofpoint",    "rbl",         "dnsbl",           "reputation",        "dmarc",
    "dkim",          "spf ",        "unauthenticated", "not authenticated", "policy",
    "banned",        "bulk",        "virus",           "content rejected",  "rejected by content",
    "sender denied", "poor sender", "listed in",       "access denied",     "not accepted from"};

constexpr std::array<std::string_view, 13> kTemporary = {
    "greylist",  "graylist",   "try again",          "temporarily",
    "timed out", "timeout",    "connection refused", "too many connections",
    "resources", "rate limit", "too large",          "exceeds size",
    "loop"};

bool has_any(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string_view bounce_class_name(BounceClass value) {
  static constexpr std::array<std::string_view, 6> kNames = {"hard",       "soft",      "block",
                                                             "auto_reply", "complaint", "delivered"};
  return kNames[static_cast<size_t>(value)];
}

BounceClass classify_bounce(std::string_view status, std::string_view diagnostic) {
  const std::string words = lower_ascii(diagnostic);
  const std::string_view detail = status.size() > 2 ? status.substr(2) : std::string_view();  // "1.1" of "5.1.1"
  const bool permanent = status.starts_with('5');
  if (status.starts_with('2')) return BounceClass::kDelivered;
  if (is_one_of(detail, {"2.2", "2.3", "3.1", "3.4"}) || has_any(words, kFull)) return BounceClass::kSoft;
  const bool dead_code = is_one_of(detail, {"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4"});
  const bool unwanted = has_any(words, kUnwanted);
  const bool no_address = has_any(words, kNoSuchAddress);
  const bool no_domain = has_any(words, kNoSuchDomain);
  // "550 5.7.1 ... user unknown" is a dead address; "550 5.1.1 ... blocked using a blocklist" is not.
  if (permanent && dead_code && (!unwanted || no_address)) return BounceClass::kHard;
  // Microsoft's directory-based edge blocking says "550 5.4.1 Recipient address rejected: Access denied".
  if (status == "5.4.1" && words.find("recipient address rejected") != std::string::npos) return BounceClass::kHard;
  if (!status.starts_with('4') && no_address && !(unwanted && detail.starts_with("7."))) return BounceClass::kHard;
  if (unwanted) return BounceClass::kBlock;
  if (permanent && detail.starts_with("7.")) return BounceClass::kBlock;
  if (status.starts_with('4') || has_any(words, kTemporary)) return BounceClass::kSoft;
  if (no_domain) return BounceClass::kHard;
  return BounceClass::kSoft;  // never a suppression without evidence
}

}  // namespace spreaders::email
