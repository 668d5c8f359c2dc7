#include "mcp-server/transport/http/origin.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace spreaders {

namespace {
bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
}  // namespace

std::string host_name(std::string_view authority) {
  size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[')) {
    if (end == std::string_view::npos) return {};
    ++end;
  } else if (end == std::string_view::npos) {
    end = authority.size();
  }
  if (end < authority.size() && (authority[end] != ':' || !is_port(authority.substr(end + 1)))) return {};
  return lower_ascii(authority.substr(0, end));
}

bool host_allowed(std::string_view authority, const OriginPolicy& policy) {
  std::string host = host_name(authority);
  if (host.empty()) return false;
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]") return true;
  return std::ranges::any_of(policy.hosts, [&](const auto& each) { return each == "*" || lower_ascii(each) == host; });
}

bool origin_allowed(std::string_view origin, const OriginPolicy& policy) {
  if (std::ranges::find(policy.origins, origin) != policy.origins.end()) return true;
  size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // also "null"
  std::string_view kind = origin.substr(0, scheme);
  if (kind != "http" && kind != "https") return false;
  // "*" is about the names of this server, not about the pages that may call it.
  OriginPolicy named = policy;
  std::erase(named.hosts, "*");
  return host_allowed(origin.substr(scheme + 3), named);
}

std::string origin_problem(const HttpServerRequest& request, const OriginPolicy& policy) {
  const auto* host = request.header("host");
  if (host == nullptr || !host_allowed(*host, policy)) return "This server does not answer to that Host";
  const auto* origin = request.header("origin");
  if (origin != nullptr && !origin_allowed(*origin, policy)) return "Pages of that Origin may not call this server";
  return {};
}

}  // namespace spreaders
