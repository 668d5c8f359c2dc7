// Which tools a listing shows. A selection comes with the server's flags, the URL of a request or its headers, never
// from what another call did; it changes what is listed, not what can be called (but read-only refuses calls that
// change something).
//
//   /mcp                      everything
//   /mcp/compact              search, describe, call, and the core of the work: for clients with a limit
//   /mcp/x/campaign,email     two services
//   /mcp/x/campaign/readonly  and only what reads; /mcp/readonly and /mcp/compact/readonly too
//   X-MCP-Toolsets: campaign,email   X-MCP-Tools: ads.create   X-MCP-Exclude: campaign.cancel   X-MCP-Readonly: true
//
// The caller's token narrows it further: a list then shows what its scopes allow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tool.hpp"

namespace spreaders::mcp {

struct Selection {
  bool compact = false;
  bool read_only = false;
  bool by_header = false;  // the URL does not tell it, so nobody else may be given a cached copy
  // Lists show only what this caller's scopes allow.
  std::optional<Principal> caller = {};
  // Their client can ask an authorization server for more scopes: a call that lacks some says which (RpcError::scopes).
  bool may_step_up = false;
  std::vector<std::string> toolsets = {};  // services ("campaign"); with no toolsets and no tools, everything
  std::vector<std::string> tools = {};     // dotted names, besides the toolsets
  std::vector<std::string> exclude = {};   // services or dotted names

  [[nodiscard]] bool shows(const ToolSpec& spec) const;
  [[nodiscard]] bool is_everything() const {
    return !compact && !read_only && !caller && toolsets.empty() && tools.empty() && exclude.empty();
  }
  // The same for the same choice, whatever its order was.
  [[nodiscard]] std::string key() const;
};

// Lists are separated by commas.
struct SelectionWords {
  std::string toolsets = {}, tools = {}, exclude = {};
};

// kInvalidArgument names every service or tool that does not exist. `where`: what the pointers of the problems begin
// with.
Result<Selection> read_selection(const SelectionWords& words, const ToolList& known, std::string_view where = "");
// Adds what the part of a path after the endpoint says: "", "/compact", "/x/campaign,email/readonly".
Result<void> read_selection_path(std::string_view rest, const ToolList& known, Selection& selection);

// "true", "1", "yes" and "on", in any case.
bool is_true_word(std::string_view word);

}  // namespace spreaders::mcp
