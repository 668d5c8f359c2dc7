// Core's ToolRunner as a ToolProvider: listing from the ToolSpecs, calls with structured and text content, errors as
// results that a model can react to, approvals by elicitation, selections, and the tools of compact mode.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp-server/catalogue/compact.hpp"
#include "mcp-server/protocol/providers.hpp"

namespace spreaders::mcp {

struct RunnerToolsOptions {
  std::vector<std::string> compact_core = {};   // dotted names listed in compact mode beside the four tools
  std::vector<std::string_view> synonyms = {};  // core/tool_search.hpp
  Selection selection = {};                     // of every request, before its own
  ApprovalGate* approvals = nullptr;
};

class RunnerTools final : public ToolProvider {
 public:
  RunnerTools(ToolRunner& runner, RunnerToolsOptions options);
  [[nodiscard]] Json list() override { return list_selected({}); }
  [[nodiscard]] Json list_selected(const Selection& selection) override;
  [[nodiscard]] ToolList selectable() const override { return runner_.list(); }
  [[nodiscard]] bool has(std::string_view name) override {
    return meta_tool(name) != MetaTool::kNone || runner_.find(name) != nullptr;
  }
  Answer call(std::string_view name, const Json& arguments, const CallContext& context) override;

 private:
  Answer call_meta(MetaTool tool, const Json& arguments, const CallContext& context);
  Answer call_one(const InnerCall& inner, const CallContext& context);
  Answer call_many(const std::vector<InnerCall>& calls, const CallContext& context);
  [[nodiscard]] std::vector<std::string> lacking(const InnerCall& inner, const CallContext& context);
  [[nodiscard]] bool reads_only(const CallContext& context) const;
  Answer answer_of(Result<Json> result, const ToolCall& call, const CallContext& context);
  Answer ask_again(std::string_view reference, std::string message);

  ToolRunner& runner_;
  RunnerToolsOptions options_;
  CompactTools compact_;
};

// {"content":[text],"isError":true,"_meta":{"io.spreaders/error":{code,message,retryAfterMs?,traceId,issues?}}}
Json error_result(const Error& error, const std::string& trace_id);
// {"content":[text],"structuredContent":...}; what is too long is cut and said so in `_meta` and a second text.
Json value_result(Json value);

}  // namespace spreaders::mcp
