#include "integrations/genai/models.hpp"

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "integrations/genai/wire.hpp"

namespace spreaders::genai {
namespace {

const Dialect& dialect_of(ModelApi api) {
  switch (api) {
    case ModelApi::kAnthropicMessages:
      return anthropic_dialect();
    case ModelApi::kOpenaiChat:
      return openai_chat_dialect();
    case ModelApi::kOpenaiResponses:
      return openai_responses_dialect();
  }
  CHECK(false, "an unknown model API");
}

// One model behind one dialect. Holds no state between calls, so many threads may use it.
class StreamingModel : public LanguageModel {
 public:
  StreamingModel(HttpClient& http, ModelOptions options)
      : http_(http), options_(std::move(options)), dialect_(dialect_of(options_.api)) {}

  Result<ModelAnswer> complete(const ModelRequest& request) override {
    TRY(check_conversation(request, options_));
    ModelRequest limited = request;
    limited.output_tokens_max = std::min(request.output_tokens_max, options_.output_tokens_max);
    const std::string body = to_text(dialect_.body(limited, options_));
    if (body.size() > kRequestBytes_max) {
      return invalid("The conversation is longer than " + std::to_string(kRequestBytes_max) + " bytes.");
    }
    const RetryPolicy policy{.retry_max = options_.retry_max,
                             .deadline_ms = monotonic_ms() + std::min(request.timeout_ms, options_.total_time_ms_max),
                             .stop = request.stop,
                             .wait = &options_.wait,
                             .jitter_start = options_.jitter_start + body.size()};
    return with_retries<ModelAnswer>(policy, [&] { return attempt(request, body, policy.deadline_ms); });
  }

  [[nodiscard]] std::string provider() const override { return std::string(dialect_.provider); }
  [[nodiscard]] std::string model() const override { return options_.model; }

 private:
  Attempt<ModelAnswer> attempt(const ModelRequest& request, const std::string& body, int64_t deadline_ms) {
    constexpr size_t kErrorBytes_max = 64 * 1024;
    HttpRequest call;
    call.method = "POST";
    call.url = options_.base_url + std::string(dialect_.path);
    call.headers = {{"content-type", "application/json"}, {"accept", "text/event-stream"}};
    dialect_.set_headers(call, options_);
    call.body = body;
    call.timeout_ms = std::max<int64_t>(1, deadline_ms - monotonic_ms());
    call.idle_timeout_ms = options_.idle_timeout_ms;
    call.trusted_address = options_.trusted_address;
    call.stop = request.stop;

    const auto reader = dialect_.make_reader(options_);
    reader->on_text = request.on_text;
    SseParser parser;
    std::string beginning;  // an error comes as plain JSON in the same place
    bool too_large = false;
    call.on_data = [&](std::string_view piece) {
      if (beginning.size() < kErrorBytes_max) beginning += piece.substr(0, kErrorBytes_max - beginning.size());
      too_large = !parser.feed(piece, [&](const SseEvent& event) {
        if (!reader->complete && !reader->error) reader->take(event);
      });
      return !too_large;
    };
    auto sent = http_.send(call);
    if (sent.ok() && (sent->status < 200 || sent->status > 299)) {
      const std::string_view text = beginning.empty() ? std::string_view(sent->body) : std::string_view(beginning);
      const auto verdict = retry_verdict(*sent, text, system_clock().now());
      Error error = vendor_answer_error(sent->status, text, options_.api_key);
      error.retry_after_ms = std::max<int64_t>(0, verdict.wait_ms);
      return {std::move(error), verdict};
    }
    if (reader->error) return {std::move(*reader->error)};
    if (reader->complete) {
      settle_calls(reader->answer);
      return {std::move(reader->answer)};
    }
    if (!sent.ok())
      return {transport_error(std::move(sent).error(), too_large), {.retry = beginning.empty() && is_passing(sent)}};
    return {Error{Code::kUnavailable, "The model's answer ended before it was complete; nothing of it was used."}};
  }

  static bool is_passing(const Result<HttpResponse>& sent) {
    return sent.error().code == Code::kUnavailable || sent.error().code == Code::kOutcomeUnknown;
  }

  static Error transport_error(Error error, bool too_large) {
    if (too_large)
      return {Code::kUnavailable, "The model's answer has an event that is too large; nothing of it was used."};
    if (error.code != Code::kOutcomeUnknown) return error;
    // Asking a model changes nothing on its side, so a lost answer is only an answer that is not there.
    return {Code::kUnavailable, "The model's answer was cut off; nothing of it was used. " + error.message};
  }

  HttpClient& http_;
  const ModelOptions options_;
  const Dialect& dialect_;
};

}  // namespace

Result<std::unique_ptr<LanguageModel>> make_language_model(HttpClient& http, ModelOptions options) {
  std::vector<Issue> issues;
  if (!options.base_url.starts_with("https://") && !options.base_url.starts_with("http://")) {
    issues.push_back({"base_url", "It must begin with https:// or http://."});
  }
  if (options.model.empty() || options.model.size() > 200) issues.push_back({"model", "It must be set."});
  if (options.retry_max < 0 || options.retry_max > kRetry_max) issues.push_back({"retry_max", "It must be 0 to 5."});
  if (options.output_tokens_max < 1 || options.output_tokens_max > kOutputTokens_max) {
    issues.push_back({"output_tokens_max", "It must be 1 to " + std::to_string(kOutputTokens_max) + "."});
  }
  if (options.total_time_ms_max < 1 || options.total_time_ms_max > kTotalTime_ms_max) {
    issues.push_back({"total_time_ms_max", "It must be 1 to " + std::to_string(kTotalTime_ms_max) + "."});
  }
  if (options.api == ModelApi::kAnthropicMessages && options.version.empty()) {
    issues.push_back({"version", "It must be set, for example 2026-10-21."});
  }
  if (!issues.empty()) {
    return Error{
        .code = Code::kInvalidArgument, .message = "The model settings are wrong.", .issues = std::move(issues)};
  }
  while (options.base_url.ends_with('/')) options.base_url.pop_back();
  return std::unique_ptr<LanguageModel>(std::make_unique<StreamingModel>(http, std::move(options)));
}

}  // namespace spreaders::genai
