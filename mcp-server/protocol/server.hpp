// The Model Context Protocol server without a transport: give it messages, it answers through outlets. It speaks
// 2026-07-28 (stateless) and the session revisions 2024-11-05 to 2025-11-25 side by side, and calls tools, prompts and
// resources through ports, so it serves any program, not only this one.
//
//   McpServer server({.name = "notes", .version = "1.0.0", .tools = &runner, .signing_key = key});
//   serve_stdio(server, {...});                             // transport/stdio/stdio.hpp
//   McpEndpoint endpoint(server, {...}); endpoint.add_routes(http);   // transport/http/mcp_endpoint.hpp
//
// Threads: any. A request runs on the caller's thread; one that waits for the client's input holds no thread, its rest
// runs on the thread that brings the answer.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "core/trace.hpp"
#include "mcp-server/protocol/outlet.hpp"
#include "mcp-server/protocol/peer.hpp"
#include "mcp-server/protocol/providers.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

// A picture for lists of servers (SEP-973).
struct Icon {
  std::string src;                      // https: or data: URI
  std::string mime_type = {};           // image/svg+xml
  std::vector<std::string> sizes = {};  // "48x48", or "any"
};

struct McpServerOptions {
  std::string name;
  std::string version;
  std::string title = {};
  std::string website_url = {};
  std::vector<Icon> icons = {};
  std::string instructions = {};
  // Tools come from one of these two.
  ToolRunner* tools = nullptr;
  ToolProvider* tool_provider = nullptr;
  PromptProvider* prompts = nullptr;
  ResourceProvider* resources = nullptr;
  CompletionProvider* completion = nullptr;
  // With `tools` only:
  ApprovalGate* approvals = nullptr;
  Selection selection = {};                     // of every request, before its own
  std::vector<std::string> compact_core = {};   // dotted names that compact mode lists beside its four tools
  std::vector<std::string_view> synonyms = {};  // for tools_search; core/tool_search.hpp
  std::string signing_key = {};                 // at least 32 bytes; empty = random, sessions then end with the process
  Clock* clock = nullptr;                       // the system's when left out
  std::string (*new_trace_id)() = &spreaders::new_trace_id;  // for requests that belong to no trace yet
  size_t page_size = 1000;                                   // entries of one list page
  size_t listeners_max = 4096;                               // open subscriptions/listen streams
  int64_t list_ttl_ms = 300'000;                             // caching hint on lists and server/discover
  int64_t read_ttl_ms = 0;                                   // caching hint on resources/read
  int64_t state_ttl_ms = 15 * 60'000;                        // how long a person may take to answer
  // A call with a progress token that says nothing for so long is reported as still running; 0 = never. Clients give
  // up after 60 s without a word.
  int64_t progress_interval_ms = 4'000;
  // The tasks extension, for tools that answer StartTask; 0 = not offered.
  size_t tasks_max = 0;
  size_t task_threads = 4;
};

// What a transport knows about one request.
struct RequestInfo {
  ClientState client;
  Principal principal;
  PeerPtr peer = nullptr;  // nullptr: modern HTTP
  std::stop_source stop = {};
  std::string trace_id = {};  // core/trace.hpp; a `traceparent` in the message's _meta comes before it
  Selection selection = {};   // from the URL and the headers
};

struct Watched {
  std::string workspace;
  std::string uri;
  auto operator<=>(const Watched&) const = default;
};

class McpServer {
 public:
  explicit McpServer(McpServerOptions options);
  ~McpServer();
  McpServer(const McpServer&) = delete;
  McpServer& operator=(const McpServer&) = delete;

  // A request of either era whose envelope was checked. The outlet is finished exactly once, now or later, except when
  // the request was cancelled: then it is let go unfinished.
  void request(Message message, RequestInfo info, OutletPtr outlet);
  void notification(const Message& message, const PeerPtr& peer);
  // A response of the client to one of our questions; false when we asked no such thing.
  bool response(Message message, const PeerPtr& peer);

  // --- envelopes
  // True when the message speaks for itself (modern `_meta`).
  static bool is_modern(const Message& message);
  // The client of a modern request from its `_meta`, or what is wrong with it (-32602, -32022).
  static std::variant<ClientState, RpcError> read_modern(const Message& message);
  // The client of an initialize request, with the revision both will speak.
  static std::variant<ClientState, RpcError> negotiate(const Message& message);
  [[nodiscard]] Json initialize_result(const ClientState& client) const;
  // Input schema with x-mcp-header entries of a tool, or nullptr.
  [[nodiscard]] const Json* header_schema(std::string_view tool) const;

  // What a request may select from; empty when this server has nothing to select by.
  [[nodiscard]] ToolList selectable_tools() const;

  // --- changes, told to every client that listens; with a `workspace` only to the clients of that one
  void attach(const PeerPtr& peer);  // legacy peers that want broadcasts; forgotten when they go
  void tools_changed();
  void prompts_changed();
  void resources_changed(const std::string& workspace = {});
  void resource_updated(const std::string& uri, const std::string& workspace = {});
  // What somebody asked to be told about, each once, in order. `uri` "" stands for the list of resources.
  [[nodiscard]] std::vector<Watched> watched() const;
  // Ends listen streams with their result.
  void close();

  [[nodiscard]] const std::string& signing_key() const;
  [[nodiscard]] Clock& clock() const;

  struct Impl;  // protocol/call.hpp

 private:
  std::unique_ptr<Impl> impl_;
};

// "{workspace}/{id}": what states and sessions are bound to.
std::string principal_key(const Principal& principal);

}  // namespace spreaders::mcp
