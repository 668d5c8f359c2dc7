// Language models and transcribers over HTTP: Anthropic Messages, OpenAI Chat Completions (also the shape of Ollama,
// vLLM and llama.cpp) and OpenAI Responses.
//
//   auto model = TRY(genai::make_language_model(http, {.api = ModelApi::kAnthropicMessages,
//       .base_url = "https://api.anthropic.com", .api_key = key, .model = "claude-sonnet-5-5"}));
//   auto answer = TRY(model->complete(request));
//
// Answers are always read as streams. A stream without its closing event (message_stop, [DONE], response.completed) is
// kUnavailable and nothing of it is used. Calls of an answer that hit the length limit or was refused are dropped:
// their arguments may be cut. Errors: kReconnectNeeded key refused, kNotConfigured no such model, kRateLimited with
// retry_after_ms, kVendorRejected request or spend limit, kUnavailable later, kInvalidArgument a conversation that no
// vendor would take (each fault with its place). Vendor texts are cleaned and shortened, and never hold the key.
//
// Sources: npm @anthropic-ai/sdk 1.11.0 and openai 7.55.0.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http_client.hpp"
#include "core/language_model.hpp"
#include "core/secret.hpp"

namespace spreaders::genai {

constexpr int64_t kOutputTokens_max = 64'000;       // of one answer, whatever the caller asks for
constexpr int64_t kTotalTime_ms_max = 10 * 60'000;  // of one complete(), with all its attempts and waits
constexpr int kRetry_max = 5;
constexpr size_t kMessages_max = 2'000;  // in one request
constexpr size_t kRequestBytes_max = 8 * 1024 * 1024;
constexpr size_t kAudioBytes_max = 25 * 1024 * 1024;

enum class ModelApi : uint8_t { kAnthropicMessages, kOpenaiChat, kOpenaiResponses };

// What the server at the base URL can do. The defaults are those of the vendors themselves.
struct ModelAbilities {
  bool tools = true;
  bool strict = true;       // honours strict schemas
  bool forced_tool = true;  // tool_choice may name a tool
  bool parallel_calls = true;
  bool stream_usage = true;     // stream_options.include_usage
  bool length_keywords = true;  // maxLength, maxItems ... in schemas; some grammars break on them
  bool new_length_name = true;  // max_completion_tokens instead of max_tokens (Chat Completions)
  size_t tools_max = 128;
};
ModelAbilities local_server_abilities();  // the common ground of Ollama, vLLM and llama.cpp

struct ModelOptions {
  ModelApi api = ModelApi::kAnthropicMessages;
  std::string base_url;                // https://api.anthropic.com; with /v1 for the OpenAI shapes
  Secret api_key = {};                 // empty for local servers: no key header is sent
  std::string model;                   // an open string; never checked against a list
  std::string version = "2026-10-21";  // anthropic-version
  std::string beta = {};               // anthropic-beta, comma separated; empty = none
  std::string effort = {};             // low .. max; empty = the vendor's default
  std::string thinking = {};           // Anthropic: adaptive, disabled; empty = not sent
  ModelAbilities abilities = {};
  int retry_max = 2;
  int64_t output_tokens_max = kOutputTokens_max;
  int64_t total_time_ms_max = kTotalTime_ms_max;
  int64_t idle_timeout_ms = 60'000;
  bool cache_prompt = true;     // Anthropic: mark tools and system text for the prompt cache
  bool trusted_address = true;  // the base URL is the operator's own setting
  // How to wait before another attempt; empty = on a condition variable that the request's stop token wakes.
  std::function<void(int64_t ms)> wait = {};
  uint64_t jitter_start = 1;
};

Result<std::unique_ptr<LanguageModel>> make_language_model(HttpClient& http, ModelOptions options);

struct TranscriberOptions {
  std::string base_url;  // with /v1
  Secret api_key = {};
  std::string model = "whisper-1";
  int retry_max = 2;
  int64_t timeout_ms = 120'000;
  bool trusted_address = true;
  std::function<void(int64_t ms)> wait = {};
  uint64_t jitter_start = 1;
};

Result<std::unique_ptr<Transcriber>> make_transcriber(HttpClient& http, TranscriberOptions options);

// The container of an audio file by its first bytes, as a file extension (flac mp3 mp4 ogg wav webm); empty = unknown.
std::string_view sniff_audio(std::string_view bytes);

}  // namespace spreaders::genai
