// Core's ToolRunner as a ToolProvider: listing from the ToolSpecs, calls with structured and text content, errors as
// results that a model can react to, and approvals by elicitation.
#pragma once

#include "mcp-server/protocol/providers.hpp"

namespace spreaders::mcp {

class RunnerTools final : public ToolProvider {
 public:
  RunnerTools(ToolRunner& runner, ApprovalGate* approvals) : runner_(runner), approvals_(approvals) {}
  [[nodiscard]] Json list() override;
  [[nodiscard]] bool has(std::string_view name) override { return runner_.find(name) != nullptr; }
  Answer call(std::string_view name, const Json& arguments, const CallContext& context) override;

 private:
  Answer answer_of(const Result<Json>& result, const ToolCall& call, const CallContext& context);
  Answer ask_again(std::string_view reference, std::string message);

  ToolRunner& runner_;
  ApprovalGate* approvals_;
};

// {"content":[text],"isError":true,"_meta":{"io.spreaders/error":{code,message,retryAfterMs?,issues?}}}
Json error_result(const Error& error);

}  // namespace spreaders::mcp
