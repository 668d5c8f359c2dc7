// Anthropic Messages, POST /v1/messages. Under anthropic-version 2026-10-21 sampling parameters are refused even at
// their defaults, so none is ever sent.
#include <map>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "integrations/genai/wire.hpp"

namespace spreaders::genai {
namespace {

constexpr size_t kBlocks_max = 1000;  // in one answer
constexpr std::string_view kOpaqueKind = "anthropic_messages";

void set_headers(HttpRequest& request, const ModelOptions& options) {
  request.headers.emplace_back("anthropic-version", options.version);
  if (!options.beta.empty()) request.headers.emplace_back("anthropic-beta", options.beta);
  if (!options.api_key.empty()) request.secret_headers.emplace_back("x-api-key", options.api_key);
}

// Thinking blocks go back exactly as they came and in their order, or the provider refuses the conversation.
Json assistant_content(const ModelMessage& message, const ModelOptions& options) {
  if (!message.opaque.empty()) {
    auto kept = parse_json(message.opaque, {.bytes_max = kRequestBytes_max});
    if (kept.ok() && kept->is_object() && text_at(*kept, "kind") == kOpaqueKind &&
        text_at(*kept, "model") == options.model && kept->contains("content")) {
      return (*kept)["content"];
    }
  }
  Json content = Json::array();
  if (!message.text.empty()) content.push_back({{"type", "text"}, {"text", message.text}});
  for (const auto& call : message.calls) {
    content.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", arguments_object(call.arguments)}});
  }
  return content;
}

// All results of one assistant message and the user's words after them form one user message, results first.
Json messages_of(const ModelRequest& request, const ModelOptions& options) {
  Json messages = Json::array();
  Json results = Json::array();
  Json texts = Json::array();
  const auto flush = [&] {
    if (results.empty() && texts.empty()) return;
    for (auto& text : texts) results.push_back(std::move(text));
    messages.push_back({{"role", "user"}, {"content", std::move(results)}});
    results = Json::array();
    texts = Json::array();
  };
  for (const auto& message : request.messages) {
    if (message.role == ModelMessage::Role::kAssistant) {
      flush();
      messages.push_back({{"role", "assistant"}, {"content", assistant_content(message, options)}});
    } else if (message.role == ModelMessage::Role::kUser) {
      texts.push_back({{"type", "text"}, {"text", message.text}});
    } else {
      Json result = {{"type", "tool_result"}, {"tool_use_id", message.call_id}, {"content", message.text}};
      if (message.is_error) result["is_error"] = true;
      results.push_back(std::move(result));
    }
  }
  flush();
  return messages;
}

Json body(const ModelRequest& request, const ModelOptions& options) {
  Json body = {{"model", options.model}, {"max_tokens", request.output_tokens_max}, {"stream", true}};
  if (!request.system.empty()) {
    Json block = {{"type", "text"}, {"text", request.system}};
    if (options.cache_prompt) block["cache_control"] = {{"type", "ephemeral"}};
    body["system"] = Json::array({std::move(block)});
  }
  if (!request.tools.empty()) {
    // Sorted, because the prompt cache begins with the tools.
    std::map<std::string_view, const ModelTool*> sorted;
    for (const auto& tool : request.tools) sorted[tool.name] = &tool;
    Json tools = Json::array();
    for (const auto& [name, tool] : sorted) {
      Json one = {{"name", tool->name},
                  {"description", tool->description},
                  {"input_schema", schema_for(*tool, options.abilities)}};
      if (tool->strict && options.abilities.strict) one["strict"] = true;
      tools.push_back(std::move(one));
    }
    body["tools"] = std::move(tools);
  }
  const bool forced = !request.force_tool.empty() && options.abilities.forced_tool;
  if (forced) {
    body["tool_choice"] = {{"type", "tool"}, {"name", request.force_tool}, {"disable_parallel_tool_use", true}};
  }
  if (!options.effort.empty()) body["output_config"] = {{"effort", options.effort}};
  if (!options.thinking.empty() && !forced)
    body["thinking"] = {{"type", options.thinking}};  // the two exclude each other
  body["messages"] = messages_of(request, options);
  return body;
}

ModelStop stop_of(std::string_view reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return ModelStop::kEnd;
  if (reason == "tool_use") return ModelStop::kToolUse;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return ModelStop::kLength;
  if (reason == "refusal") return ModelStop::kRefusal;
  if (reason == "pause_turn") return ModelStop::kPause;
  return ModelStop::kOther;
}

class Reader : public AnswerReader {
 public:
  explicit Reader(const ModelOptions& options) : options_(options) { answer.stop = ModelStop::kOther; }

  void take(const SseEvent& event) override {
    auto parsed = parse_json(event.data, {.bytes_max = kSseEventBytes_max});
    if (!parsed.ok() || !parsed->is_object()) {
      error = Error{Code::kUnavailable, "The model's answer has an event that is not JSON; nothing of it was used."};
      return;
    }
    const Json& data = *parsed;
    const std::string type = text_at(data, "type");
    if (type == "message_start") begin(data.value("message", Json::object()));
    else if (type == "content_block_start") start_block(data);
    else if (type == "content_block_delta") extend_block(data);
    else if (type == "message_delta") end(data);
    else if (type == "message_stop") finish();
    else if (type == "error") error = vendor_error(0, data.value("error", Json::object()), options_.api_key);
    // ping, content_block_stop and whatever is new carry nothing that is needed
  }

 private:
  struct Block {
    Json json;
    std::string arguments = {};
  };

  void begin(const Json& message) {
    if (!message.is_object()) return;
    answer.model = text_at(message, "model");
    count_usage(message);
  }

  void count_usage(const Json& holder) {
    const auto usage = holder.find("usage");
    if (usage == holder.end() || !usage->is_object()) return;
    const int64_t input = count_at(*usage, "input_tokens") + count_at(*usage, "cache_creation_input_tokens") +
                          count_at(*usage, "cache_read_input_tokens");
    answer.input_tokens = std::max(answer.input_tokens, input);
    answer.output_tokens = std::max(answer.output_tokens, count_at(*usage, "output_tokens"));  // cumulative
  }

  void start_block(const Json& data) {
    const int64_t index = count_at(data, "index");
    const auto block = data.find("content_block");
    if (block == data.end() || !block->is_object() || blocks_.size() >= kBlocks_max) return;
    blocks_[index] = {*block};
    const std::string text = text_at(*block, "text");
    if (text_at(*block, "type") == "text" && !text.empty() && on_text) on_text(text);
  }

  void extend_block(const Json& data) {
    const auto found = blocks_.find(count_at(data, "index"));
    const auto delta = data.find("delta");
    if (found == blocks_.end() || delta == data.end() || !delta->is_object()) return;
    auto& block = found->second;
    const std::string type = text_at(*delta, "type");
    const auto append = [&](const char* key) {
      const std::string more = text_at(*delta, key);
      block.json[key] = text_at(block.json, key) + more;
      return more;
    };
    if (type == "text_delta") {
      const std::string more = append("text");
      if (on_text && !more.empty()) on_text(more);
    } else if (type == "input_json_delta") {
      block.arguments += text_at(*delta, "partial_json");
    } else if (type == "thinking_delta") {
      append("thinking");
    } else if (type == "signature_delta") {
      append("signature");
    }
  }

  void end(const Json& data) {
    count_usage(data);
    const auto delta = data.find("delta");
    if (delta == data.end() || !delta->is_object()) return;
    const std::string reason = text_at(*delta, "stop_reason");
    answer.stop = stop_of(reason);
    answer.stop_detail = clean_vendor_text(reason, options_.api_key, 60);
    const auto details = delta->find("stop_details");
    if (details == delta->end() || !details->is_object()) return;
    for (const char* key : {"category", "explanation"}) {
      const std::string words = clean_vendor_text(text_at(*details, key), options_.api_key);
      if (!words.empty()) answer.stop_detail += ": " + words;
    }
  }

  void finish() {
    Json content = Json::array();
    bool has_opaque = false;
    for (auto& [index, block] : blocks_) {
      const std::string type = text_at(block.json, "type");
      if (type == "text") {
        answer.text += text_at(block.json, "text");
        if (text_at(block.json, "text").empty()) continue;  // an empty text block may not be sent back
      } else if (type == "tool_use") {
        const Json input = block.json.value("input", Json::object());
        const std::string arguments = !block.arguments.empty() ? block.arguments : to_text(input);
        answer.calls.push_back({text_at(block.json, "id"), text_at(block.json, "name"), arguments});
        block.json["input"] = arguments_object(arguments);
      } else {
        has_opaque = true;
      }
      content.push_back(std::move(block.json));
    }
    if (has_opaque) {
      answer.opaque = to_text({{"kind", kOpaqueKind}, {"model", options_.model}, {"content", std::move(content)}});
    }
    complete = true;
  }

  const ModelOptions& options_;
  std::map<int64_t, Block> blocks_;
};

}  // namespace

const Dialect& anthropic_dialect() {
  static constexpr Dialect kDialect = {.provider = "anthropic",
                                       .path = "/v1/messages",
                                       .set_headers = &set_headers,
                                       .body = &body,
                                       .make_reader = [](const ModelOptions& options) -> std::unique_ptr<AnswerReader> {
                                         return std::make_unique<Reader>(options);
                                       }};
  return kDialect;
}

}  // namespace spreaders::genai
