// What a server asks of its client: forms, samples, progress, and tasks that are looked after until they end.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "core/wait.hpp"
#include "mcp-server/client/client.hpp"

namespace spreaders::mcp {

namespace {

Error broken(const std::string& why) { return {Code::kVendorRejected, "The MCP server " + why + "."}; }

double number_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string action_name(ElicitAnswer::Action action) {
  if (action == ElicitAnswer::Action::kAccept) return "accept";
  return action == ElicitAnswer::Action::kCancel ? "cancel" : "decline";
}

Json error_reply(const jsonrpc::Id& id, int code, const std::string& message) {
  return {{"jsonrpc", "2.0"}, {"id", jsonrpc::to_json(id)}, {"error", {{"code", code}, {"message", message}}}};
}

}  // namespace

Json with_defaults(const Json& requested_schema, Json content) {
  if (!content.is_object()) content = Json::object();
  const auto properties = requested_schema.is_object() ? requested_schema.find("properties") : requested_schema.end();
  if (!requested_schema.is_object() || properties == requested_schema.end() || !properties->is_object()) return content;
  for (const auto& [name, property] : properties->items()) {
    if (property.is_object() && property.contains("default") && !content.contains(name)) {
      content[name] = property["default"];
    }
  }
  return content;
}

Result<Json> McpClient::elicit(const Json& params) {
  const auto mode = params.find("mode");
  if (mode != params.end() && *mode != "form") return invalid("only forms are answered here");
  ElicitAnswer answer = options_.on_elicit(params);
  Json result{{"action", action_name(answer.action)}};
  if (answer.action == ElicitAnswer::Action::kAccept) {
    result["content"] = with_defaults(params.value("requestedSchema", Json::object()), std::move(answer.content));
  }
  return result;
}

// kUnsupported for what was not declared.
Result<Json> McpClient::answer_request(const std::string& method, const Json& params) {
  if (!params.is_object()) return invalid("the parameters are no object");
  if (method == "elicitation/create" && options_.on_elicit) return elicit(params);
  if (method == "sampling/createMessage" && options_.on_sample) return options_.on_sample(params);
  return Error{Code::kUnsupported, "This client does not answer " + quoted_words(method)};
}

std::optional<Json> McpClient::take(const jsonrpc::Message& message, const jsonrpc::Id& id, const CallOptions& options,
                                    size_t& requests) {
  if (message.kind == jsonrpc::Kind::kNotification) {
    const auto token = message.params.find("progressToken");
    const bool ours = token != message.params.end() && *token == jsonrpc::to_json(id);
    if (message.method == "notifications/progress") {
      if (ours && options.on_progress) {
        const auto words = message.params.find("message");
        options.on_progress(number_member(message.params, "progress"), number_member(message.params, "total"),
                            words != message.params.end() && words->is_string() ? quoted_words(*words) : "");
      }
      return std::nullopt;
    }
    if (options_.on_notification) options_.on_notification(message.method, message.params);
    return std::nullopt;
  }
  // The modern era asks within results only; a request on the wire is nobody's right there.
  if (modern() || ++requests > options_.limits.server_requests_max) {
    return error_reply(*message.id, kInvalidRequest, "No requests are taken here.");
  }
  if (message.method == "ping")
    return Json{{"jsonrpc", "2.0"}, {"id", jsonrpc::to_json(*message.id)}, {"result", Json::object()}};
  auto answer = answer_request(message.method, message.params);
  if (answer.ok())
    return Json{{"jsonrpc", "2.0"}, {"id", jsonrpc::to_json(*message.id)}, {"result", std::move(*answer)}};
  const bool unknown = answer.error().code == Code::kUnsupported;
  return error_reply(*message.id, unknown ? kMethodNotFound : kInvalidParams, answer.error().message);
}

// The answers to an input_required result, under the keys of its questions.
Result<Json> McpClient::answer_inputs(const Json& result) {
  const auto wanted = result.find("inputRequests");
  if (wanted == result.end() || !wanted->is_object()) return broken("wants an input and does not say which");
  if (wanted->size() > options_.limits.inputs_max) {
    return broken("asks more than " + std::to_string(options_.limits.inputs_max) + " questions at once");
  }
  Json responses = Json::object();
  for (const auto& [key, question] : wanted->items()) {
    const auto method = question.is_object() ? question.find("method") : question.end();
    if (!question.is_object() || method == question.end() || !method->is_string())
      return broken("asks without a method");
    responses[key] = TRY(answer_request(method->get<std::string>(), question.value("params", Json::object())));
  }
  return responses;
}

Result<void> McpClient::answer_task(const std::string& task_id, const Json& state, std::set<std::string>& answered,
                                    const CallOptions& options) {
  const auto wanted = state.find("inputRequests");
  if (wanted == state.end() || !wanted->is_object()) return {};
  Json open = Json::object();
  for (const auto& [key, question] : wanted->items()) {
    if (!answered.contains(key)) open[key] = question;  // a key is used once in a task's life
  }
  if (open.empty()) return {};
  Json responses = TRY(answer_inputs(Json{{"inputRequests", open}}));
  for (const auto& [key, question] : open.items()) answered.insert(key);
  if (answered.size() > options_.limits.inputs_max * static_cast<size_t>(options_.limits.rounds_max)) {
    return broken("asks too many questions for one task");
  }
  TRY(ask("tasks/update", {{"taskId", task_id}, {"inputResponses", std::move(responses)}}, options));
  return {};
}

// Polls as the server asks for, until the task ends (SEP-2663). The caller's stop cancels it on the server too.
Result<Json> McpClient::run_task(Json task, const CallOptions& options) {
  const auto id = task.find("taskId");
  if (id == task.end() || !id->is_string()) return broken("started a task without an id");
  const std::string task_id = id->get<std::string>();
  const int64_t until_ms = monotonic_ms() + options_.limits.task_time_ms_max;
  std::set<std::string> answered;
  for (;;) {
    const std::string status = task.value("status", Json("")).is_string() ? task.value("status", "") : "";
    if (status == "completed") {
      if (!task.contains("result") || !task["result"].is_object()) return broken("ended a task without a result");
      return task["result"];
    }
    if (status == "failed") {
      const Json error = task.value("error", Json::object());
      return Error{Code::kVendorRejected,
                   "The task failed: " + quoted_words(error.is_object() ? error.value("message", Json()) : Json())};
    }
    if (status == "cancelled") return Error{Code::kCancelled, "The MCP server cancelled the task."};
    if (status != "working" && status != "input_required") return broken("gives a task an unknown state");
    TRY(answer_task(task_id, task, answered, options));
    int64_t poll_ms = options_.limits.task_poll_ms;
    if (auto wish = task.find("pollIntervalMs"); wish != task.end() && wish->is_number_integer())
      poll_ms = wish->get<int64_t>();
    poll_ms = std::clamp(poll_ms, options_.limits.task_poll_ms_min, options_.limits.retry_ms_max);
    const bool waited = monotonic_ms() < until_ms && wait_ms(options.stop, poll_ms);
    if (!waited) {
      CallOptions last = options;
      last.stop = {};
      [[maybe_unused]] auto cancelled = ask("tasks/cancel", {{"taskId", task_id}}, last);
      if (options.stop.stop_requested()) return Error{Code::kCancelled, "The call was stopped."};
      return Error{Code::kOutcomeUnknown, "The MCP server's task took too long and was cancelled."};
    }
    task = TRY(ask("tasks/get", {{"taskId", task_id}}, options));
  }
}

}  // namespace spreaders::mcp
