#include "integrations/http/ssrf_guard.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>

#include "core/bytes.hpp"

namespace spreaders::http {
namespace {

struct Range4 {
  uint32_t network;
  int bits;
  const char* name;
};

constexpr uint32_t ip4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }

// The first match names the range, so narrow ranges come before the wide ones that hold them.
constexpr Range4 kRefused4[] = {
    {ip4(169, 254, 169, 254), 32, "cloud metadata"},
    {ip4(169, 254, 170, 2), 32, "cloud metadata"},
    {ip4(100, 100, 100, 200), 32, "cloud metadata"},
    {ip4(192, 0, 0, 192), 32, "cloud metadata"},
    {ip4(168, 63, 129, 16), 32, "cloud metadata"},
    {ip4(0, 0, 0, 0), 8, "this network"},
    {ip4(10, 0, 0, 0), 8, "private"},
    {ip4(100, 64, 0, 0), 10, "carrier-grade NAT"},
    {ip4(127, 0, 0, 0), 8, "loopback"},
    {ip4(169, 254, 0, 0), 16, "link-local"},
    {ip4(172, 16, 0, 0), 12, "private"},
    {ip4(192, 0, 0, 0), 24, "protocol assignments"},
    {ip4(192, 0, 2, 0), 24, "documentation"},
    {ip4(192, 31, 196, 0), 24, "special purpose"},
    {ip4(192, 52, 193, 0), 24, "special purpose"},
    {ip4(192, 88, 99, 0), 24, "6to4 relay"},
    {ip4(192, 168, 0, 0), 16, "private"},
    {ip4(192, 175, 48, 0), 24, "special purpose"},
    {ip4(198, 18, 0, 0), 15, "benchmarking"},
    {ip4(198, 51, 100, 0), 24, "documentation"},
    {ip4(203, 0, 113, 0), 24, "documentation"},
    {ip4(224, 0, 0, 0), 4, "multicast"},
    {ip4(240, 0, 0, 0), 4, "reserved"},
};

std::string_view refused4(uint32_t address) {
  for (const auto& range : kRefused4) {
    const uint32_t mask = range.bits == 32 ? ~0U : ~(~0U >> range.bits);
    if ((address & mask) == range.network) return range.name;
  }
  return {};
}

// Only 2000::/3 is public unicast; inside it some blocks carry an IPv4 address or are not reachable at all.
std::string_view refused6(const uint8_t (&b)[16]) {
  const auto is = [&b](std::initializer_list<uint8_t> prefix) { return std::equal(prefix.begin(), prefix.end(), b); };
  static constexpr uint8_t kZero[16] = {};
  if (std::memcmp(b, kZero, 15) == 0 && b[15] == 1) return "loopback";
  if (std::memcmp(b, kZero, 16) == 0) return "unspecified";
  if (std::memcmp(b, kZero, 10) == 0 && b[10] == 0xff && b[11] == 0xff) return "IPv4-mapped";
  if (std::memcmp(b, kZero, 12) == 0) return "IPv4-compatible";
  if (is({0x00, 0x64, 0xff, 0x9b})) return "NAT64";
  if (is({0xfd, 0x00, 0x0e, 0xc2})) return "cloud metadata";
  if (is({0xfd, 0x20, 0x00, 0xce})) return "cloud metadata";
  if ((b[0] & 0xfe) == 0xfc) return "unique local";
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) return "link-local";
  if (b[0] == 0xfe && (b[1] & 0xc0) == 0xc0) return "site-local";
  if (b[0] == 0xff) return "multicast";
  if ((b[0] & 0xe0) != 0x20) return "reserved";
  if (is({0x20, 0x01, 0x0d, 0xb8})) return "documentation";
  if (is({0x20, 0x01}) && (b[2] & 0xfe) == 0) return "protocol assignments";  // 2001::/23, with Teredo and ORCHID
  if (is({0x20, 0x02})) return "6to4";
  if (b[0] == 0x3f && b[1] == 0xff && (b[2] & 0xf0) == 0) return "documentation";
  if (b[8] == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe) return "ISATAP";
  if (b[8] == 2 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe) return "ISATAP";
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_host_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_'; }

// WHATWG URL: a host whose last label is a number is an IPv4 address in one of many spellings.
bool ends_in_a_number(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (last.empty()) return false;
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.size() >= 2 && last[0] == '0' && last[1] == 'x' &&
         last.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

bool ends_with_label(std::string_view host, std::string_view suffix) {
  return host == suffix ||
         (host.size() > suffix.size() && host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.');
}

Error denied(std::string message) { return Error{Code::kPermissionDenied, std::move(message)}; }

Result<void> check_name(std::string_view host, Trust trust) {
  if (host.size() > 253) return invalid("The URL's host name is longer than 253 characters.");
  if (!std::all_of(host.begin(), host.end(), is_host_char)) {
    return invalid(
        "The URL's host may hold letters, digits, dots and hyphens only; write international names in their "
        "xn-- form and nothing percent-encoded.");
  }
  if (host.front() == '.' || host.find("..") != std::string_view::npos) {
    return invalid("The URL's host has an empty label.");
  }
  if (trust == Trust::kOperator) return {};
  if (host.back() == '.') host.remove_suffix(1);
  for (const std::string_view name : {"localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain",
                                      "in-addr.arpa", "ip6.arpa", "onion"}) {
    if (ends_with_label(host, name)) return denied("The URL's host is a local name, which is not reachable from here.");
  }
  if (host.find('.') == std::string_view::npos) {
    return denied("The URL's host is a bare name without a domain, which is not reachable from here.");
  }
  return {};
}

Result<void> check_literal4(const std::string& host, Trust trust) {
  in_addr parsed{};
  // inet_pton takes the four-part decimal form only, without leading zeros.
  if (inet_pton(AF_INET, host.c_str(), &parsed) != 1) {
    return invalid(
        "The URL's host looks like an IPv4 address in an unusual spelling; write it as four decimal numbers.");
  }
  const auto range = refused4(ntohl(parsed.s_addr));
  if (trust == Trust::kUntrusted && !range.empty()) {
    return denied("The URL's address lies in a range that is not reachable from here: " + std::string(range) + ".");
  }
  return {};
}

Result<void> check_literal6(const std::string& host, Trust trust) {
  in6_addr parsed{};
  if (host.find('%') != std::string::npos) return invalid("The URL's host has a zone, which is not accepted.");
  if (inet_pton(AF_INET6, host.c_str(), &parsed) != 1) return invalid("The URL's host is not an IPv6 address.");
  const auto range = refused6(parsed.s6_addr);
  if (trust == Trust::kUntrusted && !range.empty()) {
    return denied("The URL's address lies in a range that is not reachable from here: " + std::string(range) + ".");
  }
  return {};
}

Result<uint16_t> check_port(std::string_view text, const std::string& scheme, Trust trust) {
  if (text.empty()) return static_cast<uint16_t>(scheme == "https" ? 443 : 80);
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value == 0 || value > 65535 || text[0] == '0') {
    return invalid("The URL's port is not a number from 1 to 65535.");
  }
  const auto port = static_cast<uint16_t>(value);
  if (trust == Trust::kUntrusted && std::find(kPublicPorts.begin(), kPublicPorts.end(), port) == kPublicPorts.end()) {
    return denied("The URL's port is not one of 80, 443, 8080 and 8443.");
  }
  return port;
}

}  // namespace

std::string Target::authority() const { return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port); }

Result<Target> check_url(std::string_view url, Trust trust) {
  if (url.empty() || url.size() > kUrlBytes_max) {
    return invalid("The URL is empty or longer than " + std::to_string(kUrlBytes_max) + " bytes.");
  }
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\') {
      return invalid("The URL has a blank, a control character or a backslash.");
    }
  }
  const size_t colon = url.find("://");
  Target target;
  target.scheme = lower_ascii(url.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (target.scheme != "http" && target.scheme != "https") {
    return invalid("The URL must be absolute and begin with http:// or https://.");
  }
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return invalid("The URL has a user name or password before its host; credentials do not belong in URLs.");
  }
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return invalid("The URL's IPv6 address has no closing bracket.");
    target.is_ipv6 = true;
    target.host = lower_ascii(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':') return invalid("The URL has text after its IPv6 address.");
  } else {
    const size_t at = authority.find(':');
    target.host = lower_ascii(authority.substr(0, at));
    port = at == std::string_view::npos ? std::string_view{} : authority.substr(at);
  }
  if (port == ":") return invalid("The URL has a colon without a port.");
  if (!port.empty()) port.remove_prefix(1);
  if (target.host.empty()) return invalid("The URL has no host.");
  if (target.is_ipv6) {
    TRY(check_literal6(target.host, trust));
  } else if (ends_in_a_number(target.host)) {
    TRY(check_literal4(target.host, trust));
  } else {
    TRY(check_name(target.host, trust));
  }
  target.port = TRY(check_port(port, target.scheme, trust));
  return target;
}

std::string_view refused_range(const sockaddr* address, socklen_t length) {
  if (address != nullptr && address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in copy{};
    std::memcpy(&copy, address, sizeof copy);
    return refused4(ntohl(copy.sin_addr.s_addr));
  }
  if (address != nullptr && address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 copy{};
    std::memcpy(&copy, address, sizeof copy);
    return refused6(copy.sin6_addr.s6_addr);
  }
  return "unknown address family";
}

}  // namespace spreaders::http
