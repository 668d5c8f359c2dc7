// Ports for language models and transcribers. Implemented by integrations/genai; used by planners, agent and services.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"

namespace spreaders {

struct ModelTool {
  std::string name;  // wire name
  std::string description;
  Json* schema;  // JSON Schema of the arguments; owned by the caller for the time of the call
  bool strict = false;
};

struct ModelToolCall {
  std::string id;
  std::string name;
  std::string arguments;  // JSON text as the model wrote it; untrusted
};

struct ModelMessage {
  enum class Role : uint8_t { kUser, kAssistant, kToolResult } role = Role::kUser;
  std::string text;
  std::vector<ModelToolCall> calls = {};  // assistant
  std::string call_id = {};               // tool result
  bool is_error = false;                  // tool result
  std::string opaque = {};                // vendor blocks to send back unchanged (thinking), as JSON text
};

struct ModelRequest {
  std::string system;
  std::vector<ModelMessage> messages;
  std::vector<ModelTool> tools = {};
  std::string force_tool = {};  // name of the one tool the model must call; empty = its choice
  int64_t output_tokens_max = 8'000;
  int64_t timeout_ms = 120'000;
  std::stop_token stop = {};
  std::function<void(std::string_view)> on_text = {};  // pieces of the answer's text as they come
};

enum class ModelStop : uint8_t { kEnd, kToolUse, kLength, kRefusal, kPause, kOther };

struct ModelAnswer {
  std::string text;
  std::vector<ModelToolCall> calls;
  ModelStop stop = ModelStop::kEnd;
  std::string stop_detail;  // the vendor's word, cleaned
  std::string opaque;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  std::string model;  // as the vendor reports it
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  // Only a whole answer is a success: a stream that was cut is kUnavailable and nothing in it may be executed.
  virtual Result<ModelAnswer> complete(const ModelRequest& request) = 0;
  [[nodiscard]] virtual std::string provider() const = 0;  // anthropic, openai
  [[nodiscard]] virtual std::string model() const = 0;
};

struct Transcript {
  std::string text;
  std::string language;  // ISO 639-1 when the service says so
  double duration_s = 0;
};

class Transcriber {
 public:
  virtual ~Transcriber() = default;
  // `name` has an extension; `audio` is the file's bytes (<= 25 MiB, checked by the caller's argument limits and here).
  virtual Result<Transcript> transcribe(std::string_view name, std::string_view audio, std::string_view language) = 0;
};

}  // namespace spreaders
