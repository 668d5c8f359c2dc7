// OpenAI Responses, POST /responses, always with store:false: nothing of a conversation stays at the provider, and
// encrypted reasoning items go back unchanged instead.
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "integrations/genai/wire.hpp"

namespace spreaders::genai {
namespace {

constexpr size_t kItems_max = 1000;  // in one answer
constexpr std::string_view kOpaqueKind = "openai_responses";

void set_headers(HttpRequest& request, const ModelOptions& options) {
  if (!options.api_key.empty()) {
    request.secret_headers.emplace_back("authorization", Secret("Bearer " + options.api_key.reveal()));
  }
}

void add_assistant(Json& input, const ModelMessage& message, const ModelOptions& options) {
  if (!message.opaque.empty()) {
    auto kept = parse_json(message.opaque, {.bytes_max = kRequestBytes_max});
    if (kept.ok() && kept->is_object() && text_at(*kept, "kind") == kOpaqueKind &&
        text_at(*kept, "model") == options.model && (*kept)["items"].is_array()) {
      for (auto& item : (*kept)["items"]) input.push_back(std::move(item));
      return;
    }
  }
  if (!message.text.empty()) input.push_back({{"role", "assistant"}, {"content", message.text}});
  for (const auto& call : message.calls) {
    input.push_back({{"type", "function_call"},
                     {"call_id", call.id},
                     {"name", call.name},
                     {"arguments", to_text(arguments_object(call.arguments))}});
  }
}

Json input_of(const ModelRequest& request, const ModelOptions& options) {
  Json input = Json::array();
  for (const auto& message : request.messages) {
    if (message.role == ModelMessage::Role::kAssistant) {
      add_assistant(input, message, options);
    } else if (message.role == ModelMessage::Role::kUser) {
      input.push_back({{"role", "user"}, {"content", message.text}});
    } else {
      input.push_back({{"type", "function_call_output"},
                       {"call_id", message.call_id},
                       {"output", message.is_error ? "Error: " + message.text : message.text}});
    }
  }
  return input;
}

Json body(const ModelRequest& request, const ModelOptions& options) {
  Json body = {{"model", options.model}, {"stream", true}, {"store", false}};
  body["include"] = Json::array({"reasoning.encrypted_content"});
  body["max_output_tokens"] = request.output_tokens_max;
  if (!options.effort.empty()) body["reasoning"] = {{"effort", options.effort}};
  if (!request.system.empty()) body["instructions"] = request.system;
  if (!request.tools.empty()) {
    Json tools = Json::array();
    for (const auto& tool : request.tools) {
      tools.push_back({{"type", "function"},
                       {"name", tool.name},
                       {"description", tool.description},
                       {"parameters", schema_for(tool, options.abilities)},
                       {"strict", tool.strict && options.abilities.strict}});
    }
    body["tools"] = std::move(tools);
  }
  if (!request.force_tool.empty() && options.abilities.forced_tool) {
    body["tool_choice"] = {{"type", "function"}, {"name", request.force_tool}};
    if (options.abilities.parallel_calls) body["parallel_tool_calls"] = false;
  }
  body["input"] = input_of(request, options);
  return body;
}

class Reader : public AnswerReader {
 public:
  explicit Reader(const ModelOptions& options) : options_(options) {}

  void take(const SseEvent& event) override {
    auto parsed = parse_json(event.data, {.bytes_max = kSseEventBytes_max});
    if (!parsed.ok() || !parsed->is_object()) {
      if (event.data == "[DONE]") return;  // some compatible servers add it
      error = Error{Code::kUnavailable, "The model's answer has an event that is not JSON; nothing of it was used."};
      return;
    }
    const Json& data = *parsed;
    const std::string type = text_at(data, "type");
    if (type == "response.output_text.delta") {
      const std::string more = text_at(data, "delta");
      if (on_text && !more.empty()) on_text(more);
    } else if (type == "response.output_item.done") {
      if (data.contains("item") && items_.size() < kItems_max) items_.push_back(data["item"]);
    } else if (type == "response.completed" || type == "response.incomplete") {
      finish(data.value("response", Json::object()));
    } else if (type == "response.failed") {
      const Json response = data.value("response", Json::object());
      error = vendor_error(0, response.is_object() ? response.value("error", Json::object()) : Json::object(),
                           options_.api_key);
    } else if (type == "error") {
      error =
          vendor_error(0, data.contains("error") && data["error"].is_object() ? data["error"] : data, options_.api_key);
    }
  }

 private:
  void finish(const Json& response) {
    if (!response.is_object()) return;
    answer.model = text_at(response, "model");
    const auto usage = response.find("usage");
    if (usage != response.end() && usage->is_object()) {
      answer.input_tokens = count_at(*usage, "input_tokens");
      answer.output_tokens = count_at(*usage, "output_tokens");
    }
    const auto output = response.find("output");
    if (items_.empty() && output != response.end() && output->is_array()) {
      items_.assign(output->begin(),
                    output->begin() + static_cast<std::ptrdiff_t>(std::min(output->size(), kItems_max)));
    }
    bool has_reasoning = false;
    for (const auto& item : items_) has_reasoning = read_item(item) || has_reasoning;
    settle_stop(response);
    if (has_reasoning) {
      answer.opaque = to_text({{"kind", kOpaqueKind}, {"model", options_.model}, {"items", items_}});
    }
    complete = true;
  }

  // true for an item that has to go back unchanged.
  bool read_item(const Json& item) {
    if (!item.is_object()) return false;
    const std::string type = text_at(item, "type");
    if (type == "function_call") {
      answer.calls.push_back({text_at(item, "call_id"), text_at(item, "name"), text_at(item, "arguments")});
      if (answer.calls.back().arguments.empty()) answer.calls.back().arguments = "{}";
      return false;
    }
    if (type != "message") return type == "reasoning";
    const auto content = item.find("content");
    if (content == item.end() || !content->is_array()) return false;
    for (const auto& part : *content) {
      if (!part.is_object()) continue;
      if (text_at(part, "type") == "output_text") answer.text += text_at(part, "text");
      if (text_at(part, "type") == "refusal") refusal_ += text_at(part, "refusal");
    }
    return false;
  }

  void settle_stop(const Json& response) {
    const std::string status = text_at(response, "status");
    const auto details = response.find("incomplete_details");
    const std::string reason = details != response.end() && details->is_object() ? text_at(*details, "reason") : "";
    answer.stop_detail = clean_vendor_text(reason.empty() ? status : reason, options_.api_key, 60);
    if (!refusal_.empty()) {
      answer.stop = ModelStop::kRefusal;
      answer.stop_detail = "refusal: " + clean_vendor_text(refusal_, options_.api_key);
    } else if (reason == "content_filter") {
      answer.stop = ModelStop::kRefusal;
    } else if (reason == "max_output_tokens" || status == "incomplete") {
      answer.stop = ModelStop::kLength;
    } else if (status == "completed") {
      answer.stop = answer.calls.empty() ? ModelStop::kEnd : ModelStop::kToolUse;
    } else {
      answer.stop = ModelStop::kOther;
    }
  }

  const ModelOptions& options_;
  std::vector<Json> items_;
  std::string refusal_;
};

}  // namespace

const Dialect& openai_responses_dialect() {
  static constexpr Dialect kDialect = {.provider = "openai",
                                       .path = "/responses",
                                       .set_headers = &set_headers,
                                       .body = &body,
                                       .make_reader = [](const ModelOptions& options) -> std::unique_ptr<AnswerReader> {
                                         return std::make_unique<Reader>(options);
                                       }};
  return kDialect;
}

}  // namespace spreaders::genai
