// What the three model dialects and the transcriber share: checks of a conversation, attempts and waits, vendor errors.
// Private to integrations/genai.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "core/random.hpp"
#include "core/time.hpp"
#include "integrations/genai/models.hpp"
#include "integrations/genai/sse.hpp"

namespace spreaders::genai {

// Collects one streamed answer. `complete` is set by the closing event only.
struct AnswerReader {
  AnswerReader() = default;
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  virtual ~AnswerReader() = default;
  virtual void take(const SseEvent& event) = 0;
  std::function<void(std::string_view)> on_text = {};
  ModelAnswer answer = {};
  bool complete = false;
  std::optional<Error> error = {};
};

// One vendor's shape of the same conversation.
struct Dialect {
  std::string_view provider;
  std::string_view path;  // after the base URL
  void (*set_headers)(HttpRequest& request, const ModelOptions& options);
  Json (*body)(const ModelRequest& request, const ModelOptions& options);
  std::unique_ptr<AnswerReader> (*make_reader)(const ModelOptions& options);
};
const Dialect& anthropic_dialect();
const Dialect& openai_chat_dialect();
const Dialect& openai_responses_dialect();

// Faults that every vendor answers with 400: calls without a result, results without a call, bad names, too much.
Result<void> check_conversation(const ModelRequest& request, const ModelOptions& options);

// A member that is text, or empty; a member that is a count, or 0. Everything in an answer is optional.
std::string text_at(const Json& object, const char* key);
int64_t count_at(const Json& object, const char* key);

// The schema as this server can take it.
Json schema_for(const ModelTool& tool, const ModelAbilities& abilities);
// Arguments as an object; what the model wrote wrongly becomes an empty one.
Json arguments_object(std::string_view text);
// The reader's last word on an answer: calls are dropped unless the answer ended to make them.
void settle_calls(ModelAnswer& answer);

// A vendor's words for people: one line, no control or direction characters, shortened, without the key.
std::string clean_vendor_text(std::string_view text, const Secret& key, size_t code_points_max = 300);
// The error for a status and body outside 2xx, or for an error object inside a stream (status 0).
Error vendor_answer_error(int status, std::string_view body, const Secret& key);
Error vendor_error(int status, const Json& error_object, const Secret& key);

// --- attempts ---

struct Verdict {
  bool retry = false;
  int64_t wait_ms = -1;  // what the vendor asked for; -1 = it did not
};
// Both vendors' rules: x-should-retry first, then 408, 409, 429 and 5xx; never once a spend limit is reached.
Verdict retry_verdict(const HttpResponse& response, std::string_view body, Instant now);
// 0.5 s, 1 s, 2 s ... capped at 8 s, less up to a quarter.
int64_t backoff_ms(int attempt, Rng& rng);
std::optional<Instant> parse_http_date(std::string_view text);

struct RetryPolicy {
  int retry_max = 2;
  int64_t deadline_ms = 0;  // on monotonic_ms()
  std::stop_token stop = {};
  const std::function<void(int64_t)>* wait = nullptr;
  uint64_t jitter_start = 1;
};
void wait_for(const RetryPolicy& policy, int64_t ms);

template <class T>
struct Attempt {
  Result<T> result;
  Verdict verdict = {};
};

// Calls `attempt` until it succeeds, may not be repeated, or the next wait would pass the deadline.
template <class T, class Function>
Result<T> with_retries(const RetryPolicy& policy, Function attempt) {
  Rng rng(policy.jitter_start);
  for (int number = 0;; ++number) {
    Attempt<T> one = attempt();
    if (one.result.ok() || !one.verdict.retry || number >= policy.retry_max) return std::move(one.result);
    const int64_t ms = one.verdict.wait_ms >= 0 ? one.verdict.wait_ms : backoff_ms(number, rng);
    if (ms >= policy.deadline_ms - monotonic_ms()) {
      auto error = std::move(one.result).error();
      error.retry_after_ms = std::max(error.retry_after_ms, ms);
      return error;
    }
    wait_for(policy, ms);
    if (policy.stop.stop_requested()) return Error{Code::kCancelled, "The call to the model was stopped."};
  }
}

}  // namespace spreaders::genai
