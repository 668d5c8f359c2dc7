#include "mcp-server/auth/protected_resource.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::mcp {

namespace {

// The path of base_url, "" when it has none.
std::string_view path_of(std::string_view url) {
  size_t host = url.find("://");
  size_t path = host == std::string_view::npos ? host : url.find('/', host + 3);
  return path == std::string_view::npos ? std::string_view() : url.substr(path);
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// RFC 6750 3: %x20-21, %x23-5B, %x5D-7E.
std::string quotable(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') out += c;
  }
  return out;
}

}  // namespace

bool ProtectedResource::opens(std::string_view path) const { return path == main_door || (is_door && is_door(path)); }

std::string ProtectedResource::metadata_url(std::string_view path) const {
  std::string_view own = path_of(base_url);
  std::string origin = base_url.substr(0, base_url.size() - own.size());
  return origin + std::string(kWellKnownResource) + std::string(own) + (opens(path) ? std::string(path) : main_door);
}

std::optional<Json> ProtectedResource::metadata(std::string_view request_path) const {
  if (!request_path.starts_with(kWellKnownResource)) return std::nullopt;
  std::string_view path = request_path.substr(kWellKnownResource.size());
  std::string_view own = path_of(base_url);
  if (!own.empty() && path.starts_with(own)) path.remove_prefix(own.size());
  if (path.empty() || path == "/") path = main_door;
  if (!opens(path)) return std::nullopt;
  Json document{{"resource", base_url + std::string(path)},
                {"authorization_servers", authorization_servers},
                {"scopes_supported", scopes},
                {"bearer_methods_supported", {"header"}}};
  if (!name.empty()) document["resource_name"] = name;
  if (!documentation_url.empty()) document["resource_documentation"] = documentation_url;
  return document;
}

bool ProtectedResource::is_ours(std::string_view uri) const {
  if (!uri.starts_with(base_url)) return false;
  std::string_view path = uri.substr(base_url.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  return opens(path);
}

std::string www_authenticate(const ProtectedResource* resource, std::string_view path, const Challenge& challenge) {
  std::string text = "Bearer";
  const char* separator = " ";
  auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    text += separator + std::string(name) + "=\"" + quotable(value) + "\"";
    separator = ", ";
  };
  if (resource != nullptr) add("resource_metadata", resource->metadata_url(path));
  add("error", std::string(challenge.error));
  add("error_description", std::string(challenge.description));
  add("scope", join(challenge.scopes));
  return text;
}

}  // namespace spreaders::mcp
