#include "mcp-server/client/authorizer.hpp"

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

// host, host:port, [v6] or [v6]:port
bool is_authority(std::string_view text) {
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (text.empty() || bracket == std::string_view::npos) return false;
  const size_t colon = text.find(':', bracket);
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  return colon != 0 && port.find_first_not_of("0123456789") == std::string_view::npos &&
         text.find_first_of("@\\ ") == std::string_view::npos;
}

}  // namespace

std::string origin_of(std::string_view url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return {};
  const std::string scheme = lower_ascii(url.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return {};
  std::string_view rest = url.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (!is_authority(rest)) return {};
  std::string authority = lower_ascii(rest);
  const std::string default_port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(default_port)) authority.resize(authority.size() - default_port.size());
  return scheme + "://" + authority;
}

Result<void> FixedToken::sign(HttpRequest& request) {
  if (!value_.empty() && !origin_.empty() && origin_of(request.url) == origin_) {
    request.secret_headers.emplace_back(header_, value_);
  }
  return {};
}

}  // namespace spreaders::mcp
