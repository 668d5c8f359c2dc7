// Tools of the tasks extension (SEP-2663).
#include <nlohmann/json.hpp>

#include "fixture.hpp"

namespace fixture {

using spreaders::mcp::InputRequest;
using spreaders::mcp::InputRequired;
using spreaders::mcp::RpcError;
using spreaders::mcp::StartTask;
using spreaders::mcp::text_result;

namespace {

constexpr int64_t kJob_ms = 1000;

std::string text_of(const Json& object, const char* name) {
  return object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : std::string();
}

// The content of an accepted form, or nullptr.
const Json* accepted(const CallContext& context, const char* key) {
  if (context.responses == nullptr || !context.responses->contains(key)) return nullptr;
  const Json& answer = (*context.responses)[key];
  return text_of(answer, "action") == "accept" && answer.contains("content") ? &answer["content"] : nullptr;
}

InputRequest ask(std::string key, std::string message, const char* field, const char* type) {
  return {
      .key = std::move(key),
      .method = "elicitation/create",
      .params = {{"message", std::move(message)}, {"requestedSchema", schema({{field, {{"type", type}}}}, {field})}}};
}

Answer slow_compute(const Json& arguments, const CallContext& context) {
  int64_t seconds = arguments.contains("seconds") && arguments["seconds"].is_number_integer()
                        ? arguments["seconds"].get<int64_t>()
                        : 1;
  if (!context.in_task && seconds > 0) return StartTask{};
  if (!pause(context, seconds * 1000)) return text_result("cancelled", true);
  return text_result("Computed " + text_of(arguments, "label") + " in " + std::to_string(seconds) + " s");
}

Answer failing_job(const Json&, const CallContext& context) {
  if (!context.in_task) return StartTask{.required = true};
  pause(context, kJob_ms);
  return text_result("The job failed", true);
}

Answer protocol_error_job(const Json&, const CallContext& context) {
  if (!context.in_task) return StartTask{};
  return RpcError{.code = spreaders::jsonrpc::kInternalError, .message = "The job broke the protocol"};
}

Answer confirm_delete(const Json& arguments, const CallContext& context) {
  if (!context.in_task) return StartTask{.required = true};
  const Json* answer = accepted(context, "confirm");
  if (context.responses == nullptr) {
    InputRequired asked;
    asked.requests.push_back(ask("confirm", "Delete " + text_of(arguments, "filename") + "?", "confirm", "boolean"));
    return asked;
  }
  bool yes = answer != nullptr && answer->contains("confirm") && (*answer)["confirm"] == true;
  return text_result((yes ? "Deleted " : "Kept ") + text_of(arguments, "filename"));
}

Answer multi_input(const Json&, const CallContext& context) {
  if (!context.in_task) return StartTask{.required = true};
  if (context.responses == nullptr) {
    InputRequired asked;
    asked.requests.push_back(ask("first", "First name?", "name", "string"));
    asked.requests.push_back(ask("second", "Second name?", "name", "string"));
    return asked;
  }
  return text_result("Both answered");
}

Answer with_task(const Json&, const CallContext& context) {
  const Json* answer = accepted(context, "user_name");
  if (answer == nullptr) {
    InputRequired asked;
    asked.requests.push_back(ask("user_name", "What is your name?", "name", "string"));
    return asked;
  }
  if (!context.in_task) return StartTask{.required = true};
  return text_result("Hello from the task, " + text_of(*answer, "name") + "!");
}

}  // namespace

std::vector<Tool> task_tools() {
  Json text{{"type", "string"}};
  Json none = schema(Json::object());
  return {
      make_tool("greet", "Greets at once", schema({{"name", text}}, {"name"}),
                [](const Json& arguments, const CallContext&) -> Answer {
                  return text_result("Hello, " + text_of(arguments, "name") + "!");
                }),
      make_tool("slow_compute", "Takes some seconds", schema({{"seconds", {{"type", "integer"}}}, {"label", text}}),
                slow_compute),
      make_tool("failing_job", "Fails after a second, only as a task", none, failing_job),
      make_tool("protocol_error_job", "Ends with a protocol error", none, protocol_error_job),
      make_tool("confirm_delete", "Asks before it deletes", schema({{"filename", text}}, {"filename"}), confirm_delete),
      make_tool("multi_input", "Asks two things at once", none, multi_input),
      make_tool("test_tool_with_task", "Asks, then goes on as a task", none, with_task),
  };
}

}  // namespace fixture
