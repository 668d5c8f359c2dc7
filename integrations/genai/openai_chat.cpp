// OpenAI Chat Completions, POST /chat/completions; also the common shape of Ollama, vLLM, llama.cpp and LM Studio.
#include <map>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "integrations/genai/wire.hpp"

namespace spreaders::genai {
namespace {

constexpr int64_t kCalls_max = 1000;  // in one answer

void set_headers(HttpRequest& request, const ModelOptions& options) {
  if (!options.api_key.empty()) {
    request.secret_headers.emplace_back("authorization", Secret("Bearer " + options.api_key.reveal()));
  }
}

Json message_of(const ModelMessage& message) {
  if (message.role == ModelMessage::Role::kUser) return {{"role", "user"}, {"content", message.text}};
  if (message.role == ModelMessage::Role::kToolResult) {
    // This shape has no error flag, so the text says it.
    return {{"role", "tool"},
            {"tool_call_id", message.call_id},
            {"content", message.is_error ? "Error: " + message.text : message.text}};
  }
  Json result = {{"role", "assistant"}, {"content", message.text.empty() ? Json(nullptr) : Json(message.text)}};
  if (message.calls.empty()) return result;
  Json calls = Json::array();
  for (const auto& call : message.calls) {
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", to_text(arguments_object(call.arguments))}}}});
  }
  result["tool_calls"] = std::move(calls);
  return result;
}

Json body(const ModelRequest& request, const ModelOptions& options) {
  const auto& abilities = options.abilities;
  Json body = {{"model", options.model}, {"stream", true}};
  if (abilities.stream_usage) body["stream_options"] = {{"include_usage", true}};
  body[abilities.new_length_name ? "max_completion_tokens" : "max_tokens"] = request.output_tokens_max;
  if (!options.effort.empty()) body["reasoning_effort"] = options.effort;
  if (!request.tools.empty()) {
    Json tools = Json::array();
    for (const auto& tool : request.tools) {
      Json function = {
          {"name", tool.name}, {"description", tool.description}, {"parameters", schema_for(tool, abilities)}};
      if (tool.strict && abilities.strict) function["strict"] = true;
      tools.push_back({{"type", "function"}, {"function", std::move(function)}});
    }
    body["tools"] = std::move(tools);
  }
  if (!request.force_tool.empty() && abilities.forced_tool) {
    body["tool_choice"] = {{"type", "function"}, {"function", {{"name", request.force_tool}}}};
    if (abilities.parallel_calls) body["parallel_tool_calls"] = false;
  }
  Json messages = Json::array();
  if (!request.system.empty()) messages.push_back({{"role", "system"}, {"content", request.system}});
  for (const auto& message : request.messages) messages.push_back(message_of(message));
  body["messages"] = std::move(messages);
  return body;
}

ModelStop stop_of(std::string_view reason) {
  if (reason == "stop") return ModelStop::kEnd;
  if (reason == "tool_calls" || reason == "function_call") return ModelStop::kToolUse;
  if (reason == "length") return ModelStop::kLength;
  if (reason == "content_filter") return ModelStop::kRefusal;
  return ModelStop::kOther;
}

class Reader : public AnswerReader {
 public:
  explicit Reader(const ModelOptions& options) : options_(options) { answer.stop = ModelStop::kOther; }

  void take(const SseEvent& event) override {
    if (event.data == "[DONE]") {
      finish();
      return;
    }
    auto parsed = parse_json(event.data, {.bytes_max = kSseEventBytes_max});
    if (!parsed.ok() || !parsed->is_object()) {
      error = Error{Code::kUnavailable, "The model's answer has an event that is not JSON; nothing of it was used."};
      return;
    }
    const Json& chunk = *parsed;
    const auto fault = chunk.find("error");
    if (fault != chunk.end() && fault->is_object()) {
      error = vendor_error(0, *fault, options_.api_key);
      return;
    }
    if (answer.model.empty()) answer.model = text_at(chunk, "model");
    const auto usage = chunk.find("usage");
    if (usage != chunk.end() && usage->is_object()) {
      answer.input_tokens = count_at(*usage, "prompt_tokens");
      answer.output_tokens = count_at(*usage, "completion_tokens");
    }
    const auto choices = chunk.find("choices");
    if (choices == chunk.end() || !choices->is_array() || choices->empty() || !choices->front().is_object()) return;
    const Json& choice = choices->front();
    const auto delta = choice.find("delta");
    if (delta != choice.end() && delta->is_object()) extend(*delta);
    const std::string reason = text_at(choice, "finish_reason");
    if (reason.empty()) return;
    answer.stop = stop_of(reason);
    answer.stop_detail = clean_vendor_text(reason, options_.api_key, 60);
  }

 private:
  void extend(const Json& delta) {
    const std::string more = text_at(delta, "content");
    answer.text += more;
    if (on_text && !more.empty()) on_text(more);
    refusal_ += text_at(delta, "refusal");
    const auto calls = delta.find("tool_calls");
    if (calls == delta.end() || !calls->is_array()) return;
    for (const auto& piece : *calls) {
      if (!piece.is_object()) continue;
      const int64_t index = piece.contains("index") ? count_at(piece, "index") : static_cast<int64_t>(calls_.size());
      if (index >= kCalls_max) continue;
      auto& call = calls_[index];
      if (call.id.empty()) call.id = text_at(piece, "id");
      const auto function = piece.find("function");
      if (function == piece.end() || !function->is_object()) continue;
      call.name += text_at(*function, "name");
      const auto arguments = function->find("arguments");
      if (arguments == function->end()) continue;
      call.arguments += arguments->is_object() ? to_text(*arguments) : text_at(*function, "arguments");
    }
  }

  void finish() {
    for (auto& [index, call] : calls_) {
      if (call.id.empty()) call.id = "call_" + std::to_string(index);  // some local servers give none
      if (call.arguments.empty()) call.arguments = "{}";
      answer.calls.push_back(std::move(call));
    }
    if (!refusal_.empty()) {
      answer.stop = ModelStop::kRefusal;
      answer.stop_detail = "refusal: " + clean_vendor_text(refusal_, options_.api_key);
    }
    complete = true;
  }

  const ModelOptions& options_;
  std::map<int64_t, ModelToolCall> calls_;
  std::string refusal_;
};

}  // namespace

const Dialect& openai_chat_dialect() {
  static constexpr Dialect kDialect = {.provider = "openai",
                                       .path = "/chat/completions",
                                       .set_headers = &set_headers,
                                       .body = &body,
                                       .make_reader = [](const ModelOptions& options) -> std::unique_ptr<AnswerReader> {
                                         return std::make_unique<Reader>(options);
                                       }};
  return kDialect;
}

}  // namespace spreaders::genai
