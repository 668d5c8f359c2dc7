#include "mcp-server/protocol/runner_tools.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::mcp {

namespace {

constexpr std::string_view kApprovalKey = "approval";
constexpr std::string_view kApprovalState = "approval:";
constexpr size_t kCodeBytes_max = 64;

InputRequired ask_for_code(const ElicitationSpec& spec) {
  Json schema{{"type", "object"},
              {"properties",
               {{"code",
                 {{"type", "string"},
                  {"title", "Approval code"},
                  {"description", "The code shown on the server's own terminal"},
                  {"minLength", 1},
                  {"maxLength", kCodeBytes_max}}}}},
              {"required", Json::array({"code"})}};
  InputRequired asked;
  asked.requests.push_back({.key = std::string(kApprovalKey),
                            .method = "elicitation/create",
                            .params = {{"message", spec.message}, {"requestedSchema", std::move(schema)}}});
  asked.state = std::string(kApprovalState) + spec.reference;
  return asked;
}

struct CodeAnswer {
  enum class Kind : uint8_t { kCode, kNoAnswer, kDeclined } kind = Kind::kNoAnswer;
  std::string code;
};

CodeAnswer read_code(const Json* responses) {
  if (responses == nullptr || !responses->contains(kApprovalKey)) return {};
  const Json& answer = (*responses)[kApprovalKey];
  auto action = answer.find("action");
  if (action == answer.end() || *action != "accept") return {CodeAnswer::Kind::kDeclined, ""};
  auto content = answer.find("content");
  if (content == answer.end() || !content->is_object() || !content->contains("code") ||
      !(*content)["code"].is_string() || (*content)["code"].get_ref<const std::string&>().size() > kCodeBytes_max) {
    return {};
  }
  return {CodeAnswer::Kind::kCode, (*content)["code"].get<std::string>()};
}

}  // namespace

Json error_result(const Error& error) {
  Json result = text_result(std::string(code_name(error.code)) + ": " + error.text(), true);
  Json detail{{"code", code_name(error.code)}, {"message", error.message}};
  if (error.retry_after_ms > 0) detail["retryAfterMs"] = error.retry_after_ms;
  if (!error.issues.empty()) {
    Json issues = Json::array();
    for (const auto& issue : error.issues) issues.push_back({{"pointer", issue.pointer}, {"message", issue.message}});
    detail["issues"] = std::move(issues);
  }
  result["_meta"]["io.spreaders/error"] = std::move(detail);
  return result;
}

Json RunnerTools::list() {
  Json tools = Json::array();
  for (const auto* spec : runner_.list()) tools.push_back(describe_tool(*spec));
  return tools;
}

Answer RunnerTools::call(std::string_view name, const Json& arguments, const CallContext& context) {
  ToolCall call{.name = std::string(name),
                .arguments = arguments,
                .principal = context.principal,
                .idempotency_key = context.idempotency_key,
                .trace_id = context.trace_id,
                .stop = context.stop,
                .on_progress = context.progress};
  if (approvals_ != nullptr && context.state.starts_with(kApprovalState)) {
    std::string_view reference = std::string_view(context.state).substr(kApprovalState.size());
    auto typed = read_code(context.responses);
    if (typed.kind == CodeAnswer::Kind::kDeclined) {
      return error_result({Code::kApprovalRequired, "The person did not approve this call. Nothing was done."});
    }
    if (typed.kind == CodeAnswer::Kind::kNoAnswer) return ask_again(reference, "Type the approval code to go on.");
    auto approval = approvals_->answer(reference, typed.code, context.principal);
    if (!approval) {
      if (approval.error().code == Code::kInvalidArgument) return ask_again(reference, approval.error().message);
      return error_result(approval.error());
    }
    call.approval = *approval;
  }
  return answer_of(runner_.call(call), call, context);
}

Answer RunnerTools::answer_of(const Result<Json>& result, const ToolCall& call, const CallContext& context) {
  if (result.ok()) {
    Json answer = text_result(to_text(*result));
    answer["structuredContent"] = *result;
    return answer;
  }
  const Error& error = result.error();
  if (error.code == Code::kInternal) return RpcError{.code = jsonrpc::kInternalError, .message = error.message};
  // Once only: a call that still needs approval after one was given is an error, not another question.
  if (error.code == Code::kApprovalRequired && approvals_ != nullptr && call.approval.empty() &&
      context.client.can_fill_forms()) {
    if (auto spec = approvals_->ask(error, call)) return ask_for_code(*spec);
  }
  return error_result(error);
}

Answer RunnerTools::ask_again(std::string_view reference, std::string message) {
  return ask_for_code({.message = std::move(message), .reference = std::string(reference)});
}

}  // namespace spreaders::mcp
