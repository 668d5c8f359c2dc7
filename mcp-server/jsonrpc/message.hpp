// JSON-RPC 2.0 messages: telling requests, notifications and responses apart, checking their shape, and writing
// answers. Ids are strings or integers and are given back exactly as they came.
//
// Json members are whole values here: include <nlohmann/json.hpp> before this header.
//
//   auto parsed = jsonrpc::parse(std::move(json));     // of one message, never a batch
//   if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) send(jsonrpc::error_text(refused->id, refused->error));
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.hpp"

namespace spreaders::jsonrpc {

// https://www.jsonrpc.org/specification section 5.1; MCP adds its own in protocol/types.hpp.
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;

constexpr size_t kIdBytes_max = 256;
constexpr size_t kMethodBytes_max = 128;

struct Id {
  std::variant<int64_t, std::string> value;
  auto operator<=>(const Id&) const = default;
};
std::string to_text(const Id& id);  // as JSON: 7 or "seven"
Json to_json(const Id& id);

struct RpcError {
  int code = kInternalError;
  std::string message;
  Json data = nullptr;    // left out when null
  int http_status = 200;  // what an HTTP transport answers with
  // The call needs these scopes and the caller lacks one of them: over HTTP 403 insufficient_scope (RFC 6750 3.1).
  std::vector<std::string> scopes = {};
};
inline RpcError invalid_params(std::string message, Json data = nullptr) {
  return {.code = kInvalidParams, .message = std::move(message), .data = std::move(data)};
}

enum class Kind : uint8_t { kRequest, kNotification, kResponse };

struct Message {
  Kind kind = Kind::kNotification;
  std::optional<Id> id;   // of requests and responses
  std::string method;     // of requests and notifications
  Json params;            // an object; {} when left out
  Json result = nullptr;  // of responses: the result, or null when `error` is set
  Json error = nullptr;
};

struct Refused {
  std::optional<Id> id;  // when it could be read
  RpcError error;
};

std::variant<Message, Refused> parse(Json json);

// {"jsonrpc":"2.0","id":..,"result":<result_text>}; the text is already JSON.
std::string result_text(const Id& id, std::string_view result_text);
// A missing id becomes null, as JSON-RPC asks for errors before the id is known.
std::string error_text(const std::optional<Id>& id, const RpcError& error);
Json notification(std::string_view method, Json params);
Json request(const Id& id, std::string_view method, Json params);

}  // namespace spreaders::jsonrpc
