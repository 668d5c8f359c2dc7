// The four tools with which a client reaches a large catalogue without listing it: tools_search, tools_describe,
// tools_call_read, tools_call_write. They belong to the door, not to the catalogue: what they call goes through the
// same ToolRunner, with the same checks and approvals, as if it had been called by its own name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/tool.hpp"
#include "core/tool_search.hpp"
#include "mcp-server/catalogue/selection.hpp"

namespace spreaders::mcp {

constexpr size_t kBatchCalls_max = 20;

enum class MetaTool : uint8_t { kNone, kSearch, kDescribe, kCallRead, kCallWrite };
MetaTool meta_tool(std::string_view wire_name);

struct InnerCall {
  std::string name;
  Json arguments;
  std::string idempotency_key = {};
};

class CompactTools {
 public:
  CompactTools(ToolList tools, const std::vector<std::string_view>& synonyms);

  // Descriptors as in tools/list.
  [[nodiscard]] Json descriptors(bool read_only) const;
  [[nodiscard]] Result<Json> search(const Json& arguments, const Selection& selection) const;
  [[nodiscard]] Result<Json> describe(const Json& arguments) const;
  // What tools_call_read or tools_call_write asks for; refuses what the tool's name does not promise.
  [[nodiscard]] Result<std::vector<InnerCall>> inner_calls(MetaTool tool, const Json& arguments) const;

 private:
  [[nodiscard]] std::string unknown(std::string_view name) const;

  ToolList tools_;
  ToolSearch search_;
};

}  // namespace spreaders::mcp
