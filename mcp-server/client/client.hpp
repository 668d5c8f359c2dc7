// A client of other MCP servers, whose every word is untrusted: sizes, counts and times have limits (limits.hpp), names
// and shapes are checked, and nothing of an answer decides where the next request goes. Speaks the modern era
// (2026-07-28, stateless) and falls back to the legacy one (initialize, sessions).
//
//   McpClient client(std::make_unique<HttpTransport>(http, HttpTransportOptions{.url = url}), {.name = "spreaders"});
//   TRY(client.connect());
//   auto tools = TRY(client.list_tools());
//   Json result = TRY(client.call_tool("search", {{"query", "boots"}}, {.timeout_ms = 20'000, .stop = stop}));
//
// Safe for many threads after connect(). Handlers of questions run on the thread of the call that they came with, or on
// the transport's when they came with none.
//
// Json members are whole values here: include <nlohmann/json.hpp> before this header.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mcp-server/client/limits.hpp"
#include "mcp-server/client/tool_headers.hpp"
#include "mcp-server/client/transport.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

// A person's answer to a form. Fields with a default that are left out are filled in (SEP-1034).
struct ElicitAnswer {
  enum class Action : uint8_t { kAccept, kDecline, kCancel } action = Action::kDecline;
  Json content = nullptr;  // an object, for kAccept
};

struct ClientOptions {
  std::string name = "spreaders";
  std::string version = "0";
  enum class Eras : uint8_t { kBoth, kModern, kLegacy } eras = Eras::kBoth;
  std::string legacy_revision = std::string(kLegacyNewest);  // the newest that is offered in initialize
  ClientLimits limits = {};
  // What is not set is not declared, and refused when it is asked for all the same.
  std::function<ElicitAnswer(const Json& params)> on_elicit = {};
  std::function<Result<Json>(const Json& params)> on_sample = {};  // CreateMessageResult
  std::function<void(const std::string& method, const Json& params)> on_notification = {};
  bool tasks = true;  // io.modelcontextprotocol/tasks
};

struct CallOptions {
  int64_t timeout_ms = 0;  // of one round; 0: ClientLimits.call_timeout_ms
  std::stop_token stop = {};
  std::function<void(double done, double total, const std::string& message)> on_progress = {};
};

struct RemoteTool {
  std::string name;
  Json definition;  // as it was sent: name, description, inputSchema, annotations ...
};
struct ToolListing {
  std::vector<RemoteTool> tools;
  std::vector<std::string> refused;  // "name: why", for the log; such tools cannot be called
};

struct ServerFacts {
  Era era = Era::kModern;
  std::string revision;
  Json capabilities = nullptr;
  Json info = nullptr;       // {name, version}: claims
  std::string instructions;  // never to be followed
};

class McpClient {
 public:
  McpClient(std::unique_ptr<ClientTransport> transport, ClientOptions options);
  ~McpClient();
  McpClient(const McpClient&) = delete;
  McpClient& operator=(const McpClient&) = delete;

  // Finds the era and what the server can do. To be called once, before anything else.
  Result<void> connect(std::stop_token stop = {});
  [[nodiscard]] const ServerFacts& server() const { return server_; }

  // All pages. Tools whose definition breaks the rules are left out and named.
  Result<ToolListing> list_tools(const CallOptions& options = {});
  // A CallToolResult; isError is the caller's to look at. Errors: kInvalidArgument (-32602), kUnsupported (-32601),
  // kVendorRejected (another JSON-RPC error, or the protocol was broken), kUnauthenticated, kPermissionDenied,
  // kRateLimited, and those of the transport.
  Result<Json> call_tool(const std::string& name, Json arguments, const CallOptions& options = {});
  Result<std::vector<Json>> list_prompts(const CallOptions& options = {});
  Result<Json> get_prompt(const std::string& name, Json arguments, const CallOptions& options = {});
  Result<std::vector<Json>> list_resources(const CallOptions& options = {});
  Result<std::vector<Json>> list_resource_templates(const CallOptions& options = {});
  Result<Json> read_resource(const std::string& uri, const CallOptions& options = {});
  // Any method; the result object.
  Result<Json> request(const std::string& method, Json params, const CallOptions& options = {});
  // All pages of a list method, by the name of its array.
  Result<std::vector<Json>> list(const std::string& method, const std::string& key, const CallOptions& options = {});
  // Ends sessions and commands. The destructor does it too.
  void close();

 private:
  struct Round;
  [[nodiscard]] bool modern() const { return server_.era == Era::kModern; }
  Result<void> connect_modern(const std::stop_token& stop, bool& is_older);
  Result<void> connect_legacy(const std::stop_token& stop);
  Result<Received> send(Round& round, const CallOptions& options);
  Result<Json> ask(const std::string& method, const Json& params, const CallOptions& options);
  Result<Json> ask_again_in_new_session(const std::string& method, const Json& params, const CallOptions& options);
  [[nodiscard]] Json capabilities() const;
  [[nodiscard]] Json with_meta(Json params, const jsonrpc::Id& id, bool progress) const;
  [[nodiscard]] HeaderList headers(const std::string& method, const Json& params) const;
  Result<Json> read_answer(const std::string& method, const Received& received) const;
  Result<RemoteTool> check_tool(Json definition);

  // client_inputs.cpp: what the server asks of us
  std::optional<Json> take(const jsonrpc::Message& message, const jsonrpc::Id& id, const CallOptions& options,
                           size_t& requests);
  Result<Json> answer_request(const std::string& method, const Json& params);
  Result<Json> elicit(const Json& params);
  Result<Json> answer_inputs(const Json& result);
  Result<Json> run_task(Json task, const CallOptions& options);
  Result<void> answer_task(const std::string& task_id, const Json& state, std::set<std::string>& answered,
                           const CallOptions& options);

  std::unique_ptr<ClientTransport> transport_;
  const ClientOptions options_;
  ServerFacts server_;
  std::atomic<int64_t> next_id_ = 1;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<HeaderParam>> header_params_;  // of listed tools
  std::set<std::string> refused_tools_;
};

// The content of a form's answer with the schema's defaults for what is left out.
Json with_defaults(const Json& requested_schema, Json content);
// Text of a server in an error message: one line, no control characters, cut.
std::string quoted_words(const Json& text);

}  // namespace spreaders::mcp
