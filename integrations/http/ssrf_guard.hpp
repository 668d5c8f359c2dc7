// Where an outbound call may go. Two gates: the URL's form is checked before anything happens, and the actual socket
// address is checked when libcurl opens the socket, so that a name which changes its answer gains nothing.
//
//   auto target = TRY(http::check_url(request.url, Trust::kUntrusted));
//   auto range = http::refused_range(address);   // "loopback", "private", ... or empty when the address is public
//
// Sources: the special-purpose registries of RFC 6890 and its updates, RFC 6052 and RFC 8215 (NAT64), WHATWG URL
// "ends in a number" for hosts that browsers and resolvers read as IPv4.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include "core/result.hpp"

namespace spreaders::http {

constexpr size_t kUrlBytes_max = 8192;
constexpr std::array<uint16_t, 4> kPublicPorts = {80, 443, 8080, 8443};

// kOperator: the base URL stands in the operator's own configuration; private and loopback addresses are then meant.
enum class Trust : uint8_t { kUntrusted, kOperator };

struct Target {
  std::string scheme;  // http or https
  std::string host;    // lower case, without brackets
  uint16_t port = 0;
  bool is_ipv6 = false;
  // host:port, the only part of a URL that may appear in errors and logs.
  [[nodiscard]] std::string authority() const;
};

// kInvalidArgument for a malformed URL, kPermissionDenied for a host or port that is refused.
Result<Target> check_url(std::string_view url, Trust trust);

// The name of the special range the address lies in, or empty for a public unicast address. Unknown families and short
// addresses are refused.
std::string_view refused_range(const sockaddr* address, socklen_t length);

}  // namespace spreaders::http
