#include "mcp-server/transport/http/mcp_headers.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr std::string_view kSentinelStart = "=?base64?";
constexpr std::string_view kSentinelEnd = "?=";
constexpr size_t kSchemaDepth_max = 16;

RpcError mismatch(std::string why) {
  return {.code = kHeaderMismatch, .message = "Header mismatch: " + std::move(why), .http_status = 400};
}

std::optional<RpcError> check_value(const HttpServerRequest& request, std::string_view header,
                                    std::string_view expected) {
  const auto* value = request.header(lower_ascii(header));
  if (value == nullptr) return mismatch("the header " + std::string(header) + " is missing");
  auto decoded = decode_header_value(*value);
  if (!decoded) return mismatch("the header " + std::string(header) + " is not valid Base64");
  if (*decoded != expected) return mismatch("the header " + std::string(header) + " differs from the body");
  return std::nullopt;
}

// Where the body repeats the name: params.name, params.uri or params.taskId; nullptr when the method has none.
const char* name_member(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel") return "taskId";
  return nullptr;
}

bool same_value(const Json& value, const std::string& text) {
  if (value.is_string()) return value.get_ref<const std::string&>() == text;
  if (value.is_boolean()) return text == (value.get<bool>() ? "true" : "false");
  if (!value.is_number_integer()) return false;
  int64_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size() && value == number;
}

std::optional<RpcError> check_params(const HttpServerRequest& request, const Json& schema, const Json& value,
                                     size_t depth) {
  auto properties = schema.find("properties");
  if (depth > kSchemaDepth_max || properties == schema.end() || !properties->is_object()) return std::nullopt;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    auto member = value.is_object() ? value.find(name) : value.end();
    bool given = value.is_object() && member != value.end() && !member->is_null();
    if (auto marked = property.find("x-mcp-header"); marked != property.end() && marked->is_string()) {
      std::string header = "Mcp-Param-" + marked->get<std::string>();
      const auto* sent = request.header(lower_ascii(header));
      if (!given && sent == nullptr) continue;
      if (!given) return mismatch("the header " + header + " has no value in the body");
      if (sent == nullptr) return mismatch("the header " + header + " is missing");
      auto decoded = decode_header_value(*sent);
      if (!decoded) return mismatch("the header " + header + " is not valid Base64");
      if (!same_value(*member, *decoded)) return mismatch("the header " + header + " differs from the body");
    }
    if (given && member->is_object()) {
      if (auto problem = check_params(request, property, *member, depth + 1)) return problem;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> decode_header_value(std::string_view value) {
  value = trim(value);
  if (!value.starts_with(kSentinelStart) || !value.ends_with(kSentinelEnd) ||
      value.size() < kSentinelStart.size() + kSentinelEnd.size()) {
    return std::string(value);
  }
  value.remove_prefix(kSentinelStart.size());
  value.remove_suffix(kSentinelEnd.size());
  auto decoded = base64_decode(value);
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

std::optional<RpcError> check_mcp_headers(const HttpServerRequest& request, const Message& message,
                                          std::string_view revision, const Json* schema) {
  if (auto problem = check_value(request, "MCP-Protocol-Version", revision)) return problem;
  if (auto problem = check_value(request, "Mcp-Method", message.method)) return problem;
  if (const char* member = name_member(message.method)) {
    auto name = message.params.find(member);
    // A body without the name is refused later, as a bad parameter.
    if (name != message.params.end() && name->is_string()) {
      if (auto problem = check_value(request, "Mcp-Name", name->get_ref<const std::string&>())) return problem;
    }
  }
  if (schema == nullptr) return std::nullopt;
  auto arguments = message.params.find("arguments");
  return check_params(request, *schema, arguments != message.params.end() ? *arguments : Json::object(), 0);
}

}  // namespace spreaders::mcp
