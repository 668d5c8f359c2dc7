// The ports through which a server gives its tools, prompts and resources, and asks a person for approval. All of them
// may be called from several threads at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp-server/catalogue/selection.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

// Tools in MCP's own terms, for servers that want images, sampling or several rounds. Servers with core's ToolSpecs use
// RunnerTools (protocol/runner_tools.hpp), which McpServer makes from McpServerOptions::tools.
class ToolProvider {
 public:
  virtual ~ToolProvider() = default;
  // Array of descriptors in a fixed order; the same for every caller.
  [[nodiscard]] virtual Json list() = 0;
  // The same for a selection, and what can be selected from; without ToolSpecs there is nothing to select by.
  [[nodiscard]] virtual Json list_selected(const Selection& /*selection*/) { return list(); }
  [[nodiscard]] virtual ToolList selectable() const { return {}; }
  // Changes when list() would; cached bodies are thrown away then.
  [[nodiscard]] virtual uint64_t version() const { return 0; }
  [[nodiscard]] virtual bool has(std::string_view name) = 0;
  // The input schema, for Mcp-Param-* checks of x-mcp-header; nullptr when it has none of these. Valid until the
  // version changes.
  [[nodiscard]] virtual const Json* header_schema(std::string_view /*name*/) { return nullptr; }
  // Only called when has(name). Failures inside a tool are results with isError.
  virtual Answer call(std::string_view name, const Json& arguments, const CallContext& context) = 0;
};

class PromptProvider {
 public:
  virtual ~PromptProvider() = default;
  [[nodiscard]] virtual Json list() = 0;
  [[nodiscard]] virtual uint64_t version() const { return 0; }
  // GetPromptResult {description, messages}. An unknown name is invalid_params.
  virtual Answer get(std::string_view name, const Json& arguments, const CallContext& context) = 0;
};

// Part of a list: its entries, and what list_page() is given for the part after it ("" = this was the last).
struct ResourcePage {
  Json entries;
  std::string next = {};
};

class ResourceProvider {
 public:
  virtual ~ResourceProvider() = default;
  // Everything at once, for providers with few; the others override list_page().
  [[nodiscard]] virtual Json list(const Principal& /*principal*/) { return empty_list(); }
  // About `page_size` entries, beginning with what `cursor` says ("" = the first). A cursor that this provider never
  // gave is bad_cursor().
  virtual std::variant<ResourcePage, RpcError> list_page(std::string_view cursor, size_t page_size,
                                                         const CallContext& context);
  [[nodiscard]] virtual Json templates() { return empty_list(); }
  [[nodiscard]] virtual uint64_t version() const { return 0; }
  // The same list for every principal: pages are marked public and may be kept for long.
  [[nodiscard]] virtual bool same_for_all() const { return false; }
  // ReadResourceResult {contents}; resource_not_found(uri) when there is none, also when it is somebody else's.
  virtual Answer read(std::string_view uri, const CallContext& context) = 0;
  // A client asks to be told when the resource changes. Whoever may not read it may not know that it changes either:
  // the default reads it. nullopt: McpServer::resource_updated() will be called for it.
  virtual std::optional<RpcError> watch(std::string_view uri, const CallContext& context);
  static Json empty_list();
};
// -32602 with data.uri; session clients get -32002, as their revisions say.
RpcError resource_not_found(std::string_view uri);

class CompletionProvider {
 public:
  virtual ~CompletionProvider() = default;
  // {values, total?, hasMore?}; at most 100 values. `reference` is {type:"ref/prompt",name} or
  // {type:"ref/resource",uri}; one that does not exist is invalid_params.
  virtual std::variant<Json, RpcError> complete(const Json& reference, std::string_view argument,
                                                std::string_view value, const Json& known_arguments,
                                                const CallContext& context) = 0;
};

// What a person is asked before a call goes through. The code they type is shown to them elsewhere (the server's own
// terminal, a signed-in page); it is never in `message`, and no result ever carries it.
struct ElicitationSpec {
  std::string message;    // which plan, what it costs, whom it reaches, where to find the code
  std::string reference;  // what answer() needs to know again; travels sealed with the client
};

class ApprovalGate {
 public:
  virtual ~ApprovalGate() = default;
  // The call was answered kApprovalRequired. nullopt: this cannot be asked here, the client gets the error as it is.
  virtual std::optional<ElicitationSpec> ask(const Error& refused, const ToolCall& call) = 0;
  // The approval id under which the call is run again. kInvalidArgument: wrong code, the person is asked once more with
  // that message; any other error ends the call. The gate counts attempts and makes codes single-use.
  virtual Result<std::string> answer(std::string_view reference, std::string_view code, const Principal& principal) = 0;
};

}  // namespace spreaders::mcp
