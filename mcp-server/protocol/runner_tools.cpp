#include "mcp-server/protocol/runner_tools.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "mcp-server/catalogue/result_cap.hpp"
#include "mcp-server/protocol/step_up.hpp"

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

Json error_result(const Error& error, const std::string& trace_id) {
  Json result = text_result(std::string(code_name(error.code)) + ": " + error.text(), true);
  Json detail{{"code", code_name(error.code)}, {"message", error.message}};
  if (error.retry_after_ms > 0) detail["retryAfterMs"] = error.retry_after_ms;
  if (!trace_id.empty()) detail["traceId"] = trace_id;
  if (!error.issues.empty()) {
    Json issues = Json::array();
    for (const auto& issue : error.issues) issues.push_back({{"pointer", issue.pointer}, {"message", issue.message}});
    detail["issues"] = std::move(issues);
  }
  result["_meta"]["io.spreaders/error"] = std::move(detail);
  return result;
}

Json value_result(Json value) {
  auto cuts = cap_result(value);
  Json result = text_result(to_text(value));
  result["structuredContent"] = std::move(value);
  if (cuts.empty()) return result;
  Json detail = Json::array();
  for (const auto& cut : cuts) detail.push_back({{"pointer", cut.pointer}, {"kept", cut.kept}, {"whole", cut.whole}});
  result["content"].push_back(
      {{"type", "text"},
       {"text", "This result was too long and is cut. Ask for less, or for the next part.\n" + explain_cuts(cuts)}});
  result["_meta"]["io.spreaders/cut"] = std::move(detail);
  return result;
}

RunnerTools::RunnerTools(ToolRunner& runner, RunnerToolsOptions options)
    : runner_(runner), options_(std::move(options)), compact_(runner.list(), options_.synonyms) {}

bool RunnerTools::reads_only(const CallContext& context) const {
  return options_.selection.read_only || context.selection.read_only;
}

Json RunnerTools::list_selected(const Selection& selection) {
  bool compact = selection.compact || options_.selection.compact;
  bool read_only = selection.read_only || options_.selection.read_only;
  Json tools = compact ? compact_.descriptors(read_only) : Json::array();
  for (const auto* spec : runner_.list()) {
    if (compact && std::find(options_.compact_core.begin(), options_.compact_core.end(), spec->name.value) ==
                       options_.compact_core.end())
      continue;
    if (!selection.shows(*spec) || !options_.selection.shows(*spec)) continue;
    Json one = list_tool(*spec);
    // A compact listing is read whole by a model: what it does not need for a call stays out of it.
    if (compact) {
      one.erase("outputSchema");
      one.erase("_meta");
    }
    tools.push_back(std::move(one));
  }
  return tools;
}

Answer RunnerTools::call(std::string_view name, const Json& arguments, const CallContext& context) {
  auto meta = meta_tool(name);
  if (meta != MetaTool::kNone) return call_meta(meta, arguments, context);
  return call_one({std::string(name), arguments, context.idempotency_key}, context);
}

Answer RunnerTools::call_meta(MetaTool tool, const Json& arguments, const CallContext& context) {
  if (tool == MetaTool::kSearch || tool == MetaTool::kDescribe) {
    Selection selection = context.selection;
    selection.read_only = reads_only(context);
    auto found = tool == MetaTool::kSearch ? compact_.search(arguments, selection) : compact_.describe(arguments);
    return found.ok() ? value_result(std::move(*found)) : error_result(found.error(), context.trace_id);
  }
  auto calls = compact_.inner_calls(tool, arguments);
  if (!calls.ok()) return error_result(calls.error(), context.trace_id);
  if (calls->size() > 1) return call_many(*calls, context);
  InnerCall& only = calls->front();
  if (only.idempotency_key.empty()) only.idempotency_key = context.idempotency_key;
  return call_one(only, context);
}

Answer RunnerTools::call_one(const InnerCall& inner, const CallContext& context) {
  const auto* spec = runner_.find(inner.name);
  if (reads_only(context) && spec != nullptr && spec->effect != Effect::kRead) {
    return error_result(
        {Code::kPermissionDenied,
         wire_name(spec->name.value) + " changes something, and this connection is read-only. Nothing was done."},
        context.trace_id);
  }
  ToolCall call{.name = inner.name,
                .arguments = inner.arguments,
                .principal = context.principal,
                .idempotency_key = inner.idempotency_key,
                .trace_id = context.trace_id,
                .stop = context.stop,
                .on_progress = context.progress};
  if (options_.approvals != nullptr && context.state.starts_with(kApprovalState)) {
    std::string_view reference = std::string_view(context.state).substr(kApprovalState.size());
    auto typed = read_code(context.responses);
    if (typed.kind == CodeAnswer::Kind::kDeclined) {
      return error_result({Code::kApprovalRequired, "The person did not approve this call. Nothing was done."},
                          context.trace_id);
    }
    if (typed.kind == CodeAnswer::Kind::kNoAnswer) return ask_again(reference, "Type the approval code to go on.");
    auto approval = options_.approvals->answer(reference, typed.code, context.principal);
    if (!approval) {
      if (approval.error().code == Code::kInvalidArgument) return ask_again(reference, approval.error().message);
      return error_result(approval.error(), context.trace_id);
    }
    call.approval = *approval;
  }
  auto result = runner_.call(call);
  if (!result.ok() && result.error().code == Code::kPermissionDenied) {
    if (auto scopes = lacking(inner, context); !scopes.empty()) return step_up(std::move(scopes));
  }
  return answer_of(std::move(result), call, context);
}

std::vector<std::string> RunnerTools::lacking(const InnerCall& inner, const CallContext& context) {
  const auto* spec = runner_.find(inner.name);
  return spec == nullptr ? std::vector<std::string>() : lacking_scopes(spec->scopes.list(), context);
}

// One after the other; what needs an approval says so in its place and does not hold the others up.
Answer RunnerTools::call_many(const std::vector<InnerCall>& calls, const CallContext& context) {
  std::set<std::string> needed;
  for (const auto& inner : calls) {
    auto scopes = lacking(inner, context);
    if (scopes.empty()) continue;
    // Refused and audited where every call is.
    auto refused = call_one(inner, context);
    if (std::holds_alternative<RpcError>(refused)) needed.insert(scopes.begin(), scopes.end());
  }
  // Before anything is done: the client comes back with the same batch and a token for all of it.
  if (!needed.empty()) return step_up({needed.begin(), needed.end()});
  Json results = Json::array();
  bool all_failed = true;
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto& inner = calls[i];
    if (context.stop.stop_requested()) break;
    const auto* spec = runner_.find(inner.name);
    std::string key = inner.idempotency_key;
    if (key.empty() && !context.idempotency_key.empty()) key = context.idempotency_key + "#" + std::to_string(i);
    Json one{{"name", inner.name}};
    if (reads_only(context) && spec != nullptr && spec->effect != Effect::kRead) {
      one["error"] = error_result({Code::kPermissionDenied, "this connection is read-only"},
                                  context.trace_id)["_meta"]["io.spreaders/error"];
    } else {
      auto result = runner_.call({.name = inner.name,
                                  .arguments = inner.arguments,
                                  .principal = context.principal,
                                  .idempotency_key = std::move(key),
                                  .trace_id = context.trace_id,
                                  .stop = context.stop,
                                  .on_progress = {}});
      if (result.ok()) one["result"] = std::move(*result);
      else one["error"] = error_result(result.error(), context.trace_id)["_meta"]["io.spreaders/error"];
      all_failed = all_failed && !result.ok();
    }
    results.push_back(std::move(one));
    context.progress(static_cast<double>(i + 1), static_cast<double>(calls.size()), inner.name);
  }
  Json answer = value_result({{"results", std::move(results)}});
  if (all_failed) answer["isError"] = true;
  return answer;
}

Answer RunnerTools::answer_of(Result<Json> result, const ToolCall& call, const CallContext& context) {
  if (result.ok()) return value_result(std::move(*result));
  const Error& error = result.error();
  if (error.code == Code::kInternal)
    return RpcError{.code = jsonrpc::kInternalError, .message = error.message, .data = {{"traceId", context.trace_id}}};
  // Once only: a call that still needs approval after one was given is an error, not another question.
  if (error.code == Code::kApprovalRequired && options_.approvals != nullptr && call.approval.empty() &&
      context.client.can_fill_forms()) {
    if (auto spec = options_.approvals->ask(error, call)) return ask_for_code(*spec);
  }
  return error_result(error, context.trace_id);
}

Answer RunnerTools::ask_again(std::string_view reference, std::string message) {
  return ask_for_code({.message = std::move(message), .reference = std::string(reference)});
}

}  // namespace spreaders::mcp
