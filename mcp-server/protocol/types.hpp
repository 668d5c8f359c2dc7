// Words that every part of the protocol layer uses: revisions, error codes, what is known about a client, and the
// values that cross the provider ports. Source: modelcontextprotocol schema 2025-11-25 and 2026-07-28.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.hpp"
#include "core/tool.hpp"
#include "mcp-server/catalogue/selection.hpp"
#include "mcp-server/jsonrpc/message.hpp"

namespace spreaders::mcp {

using jsonrpc::Id;
using jsonrpc::invalid_params;
using jsonrpc::kInternalError;
using jsonrpc::kInvalidParams;
using jsonrpc::kInvalidRequest;
using jsonrpc::kMethodNotFound;
using jsonrpc::Message;
using jsonrpc::RpcError;

// Stateless since 2026-07-28 (kModern): each request says who it is in _meta. Before that, sessions (kLegacy).
enum class Era : uint8_t { kLegacy, kModern };
constexpr std::string_view kModernRevision = "2026-07-28";
constexpr std::string_view kLegacyNewest = "2025-11-25";
constexpr std::string_view kBatchRevision = "2025-03-26";  // the only one with JSON-RPC batches
constexpr std::array<std::string_view, 5> kRevisions = {kModernRevision, kLegacyNewest, "2025-06-18", kBatchRevision,
                                                        "2024-11-05"};
bool is_revision(std::string_view revision);
bool is_legacy_revision(std::string_view revision);

constexpr int kHeaderMismatch = -32020;
constexpr int kMissingCapability = -32021;
constexpr int kUnsupportedVersion = -32022;
constexpr int kResourceNotFound_legacy = -32002;  // up to 2025-11-25

constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kMetaClientInfo = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";
constexpr std::string_view kMetaSubscription = "io.modelcontextprotocol/subscriptionId";
constexpr std::string_view kMetaIdempotencyKey = "io.spreaders/idempotencyKey";

// RFC 5424 severities, as logging/setLevel names them; higher is more severe.
enum class Severity : uint8_t { kDebug, kInfo, kNotice, kWarning, kError, kCritical, kAlert, kEmergency };
std::optional<Severity> severity_of(std::string_view name);
std::string_view severity_name(Severity severity);

struct ClientState {
  Era era = Era::kLegacy;
  std::string revision = {};
  Json capabilities = nullptr;                                // ClientCapabilities object
  Json info = nullptr;                                        // {name, version}; for logs only, never trusted
  std::optional<Severity> log_level = {};                     // modern: only when asked for; legacy: info until set
  [[nodiscard]] bool has(std::string_view capability) const;  // "sampling", "roots", "elicitation"
  [[nodiscard]] bool can_fill_forms() const;                  // elicitation in form mode
};

// One thing to ask of the client: elicitation/create, sampling/createMessage or roots/list.
struct InputRequest {
  std::string key;  // unique in its round; the answer comes back under it
  std::string method;
  Json params;
};
// The answer "I need this first". In the modern era it travels as an input_required result, in the legacy era as
// requests on the call's own stream; the provider is called again with the answers either way. `state` comes back
// unchanged and unforgeable (sealed with HMAC, principal, expiry and a digest of the request).
struct InputRequired {
  std::vector<InputRequest> requests;
  std::string state;
};

// The answer "this will take long": a client with the tasks extension gets a task, and the tool is called again in the
// background with context.in_task set, where it does its work. For other clients it is called again at once, unless
// the task is `required`: then they are refused with -32021.
struct StartTask {
  bool required = false;
};

// A result object as the schema has it (CallToolResult, GetPromptResult, ReadResourceResult), or one of the others.
using Answer = std::variant<Json, InputRequired, RpcError, StartTask>;

// What a provider may know and use while it works on one request.
struct CallContext {
  const Principal& principal;
  const ClientState& client;
  std::stop_token stop;
  const Json* responses = nullptr;  // of the previous round: key -> result object; nullptr in the first round
  std::string state;                // of the previous round
  bool in_task = false;             // see StartTask
  std::string trace_id;             // never empty; core/trace.hpp
  std::string idempotency_key;
  Selection selection = {};  // of this request
  // No-ops when the client did not ask for progress or logs.
  std::function<void(double done, double total, std::string_view message)> progress;
  std::function<void(Severity severity, std::string_view logger, Json data)> log;
  // Legacy HTTP only: closes the stream of this call and asks the client to come back for the rest (SEP-1699).
  std::function<void(int64_t retry_ms)> detach;
};

// For a cursor that was never given.
RpcError bad_cursor();

// {"content":[{"type":"text","text":...}], "isError":..}
Json text_result(std::string text, bool is_error = false);

}  // namespace spreaders::mcp
