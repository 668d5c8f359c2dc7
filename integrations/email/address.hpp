// Mail addresses as the wire takes them: an internationalised domain in its ASCII form (RFC 5890 A-labels, punycode of
// RFC 3492), and the variable envelope return path (VERP) that tells which message a bounce belongs to.
//
//   auto wire = wire_address("anna@müller.example");        // "anna@xn--mller-kva.example"
//   auto from = verp_address("k3v9...", "bounce.example");  // "bounce+k3v9...@bounce.example"
//   auto back = parse_verp(from);                           // {token, domain}
//
// A local part outside ASCII needs SMTPUTF8 (RFC 6531), which too few receivers offer; it is refused as
// kUnsupported. Domains are lower-cased and NFKC-normalised; this is UTS 46 non-transitional for letters, marks, digits
// and hyphens, and everything else is refused, so libidn2 is not needed.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders::email {

constexpr size_t kAddressBytesMax = 254;   // RFC 5321 section 4.5.3.1.3 less the angle brackets
constexpr size_t kDomainBytesMax = 253;    // RFC 1035
constexpr size_t kVerpTokenBytesMax = 56;  // so that "bounce+" and the token fit the 64 bytes of a local part

// "Müller.Example" -> "xn--mller-kva.example"; kInvalidArgument when a label is empty, too long or not a host name.
Result<std::string> ascii_domain(std::string_view domain);

// local@domain checked and with an ASCII domain.
Result<std::string> wire_address(std::string_view address);

// 1..kVerpTokenBytesMax characters of [A-Za-z0-9_-]. Some old servers lower-case addresses they return: a token in
// lower case survives them.
bool is_verp_token(std::string_view token);

// The token must satisfy is_verp_token(): anything else is the caller's defect.
std::string verp_address(std::string_view token, std::string_view domain);

struct Verp {
  std::string token;
  std::string domain;  // lower case
};
// Takes the address bare or in angle brackets; kInvalidArgument when it is not one of ours.
Result<Verp> parse_verp(std::string_view address);

}  // namespace spreaders::email
