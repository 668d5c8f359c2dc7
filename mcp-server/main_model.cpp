#include "mcp-server/main_model.hpp"

#include "integrations/genai/models.hpp"

namespace spreaders::app {

namespace {

constexpr std::string_view kAnthropicUrl = "https://api.anthropic.com";
constexpr std::string_view kOpenaiUrl = "https://api.openai.com/v1";
constexpr std::string_view kAnthropicModel = "claude-sonnet-5-5";
constexpr std::string_view kOpenaiModel = "gpt-6.1-sol";

std::string variable(const Environment& environment, const char* name) {
  auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string provider_of(const ModelConfig& wanted, const Environment& environment) {
  if (wanted.provider != "auto") return wanted.provider;
  if (!variable(environment, "ANTHROPIC_API_KEY").empty()) return "anthropic";
  bool compatible = !wanted.base_url.empty() && !wanted.model.empty();  // many local servers want no key
  return compatible || !variable(environment, "OPENAI_API_KEY").empty() ? "openai" : "none";
}

}  // namespace

Result<ModelAnswer> SwitchedModel::complete(const ModelRequest& request) {
  {
    std::lock_guard lock(mutex_);
    if (resting_) return *resting_;
  }
  return model_->complete(request);
}

void SwitchedModel::rest(Error why) {
  std::lock_guard lock(mutex_);
  resting_ = std::move(why);
}

void SwitchedModel::wake() {
  std::lock_guard lock(mutex_);
  resting_.reset();
}

Result<std::unique_ptr<SwitchedModel>> make_model(HttpClient& http, const ModelConfig& wanted,
                                                  const Environment& environment) {
  std::string provider = provider_of(wanted, environment);
  if (provider == "none") return std::unique_ptr<SwitchedModel>();
  bool anthropic = provider == "anthropic";
  std::string vendor_url(anthropic ? kAnthropicUrl : kOpenaiUrl);
  const char* key_name = anthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY";
  genai::ModelOptions model;
  model.base_url = wanted.base_url;
  if (model.base_url.empty())
    model.base_url = variable(environment, anthropic ? "ANTHROPIC_BASE_URL" : "OPENAI_BASE_URL");
  if (model.base_url.empty()) model.base_url = vendor_url;
  bool compatible = model.base_url != vendor_url;
  bool chat = wanted.api == "chat" || (wanted.api == "auto" && compatible);
  model.api = anthropic ? genai::ModelApi::kAnthropicMessages
              : chat    ? genai::ModelApi::kOpenaiChat
                        : genai::ModelApi::kOpenaiResponses;
  model.api_key = wanted.api_key.empty() ? Secret(variable(environment, key_name))
                                         : TRY(resolve_secret(wanted.api_key, environment));
  if (!compatible && model.api_key.reveal().empty())
    return Error{Code::kNotConfigured, "model.provider is " + provider + ", but there is no key: set " + key_name +
                                           " or model.api_key, or model.provider none for the built-in planner"};
  model.model = !wanted.model.empty() ? wanted.model : std::string(anthropic ? kAnthropicModel : kOpenaiModel);
  if (!wanted.version.empty()) model.version = wanted.version;
  return std::make_unique<SwitchedModel>(TRY(genai::make_language_model(http, model)));
}

Result<std::unique_ptr<Transcriber>> make_ears(HttpClient& http, const SpeechConfig& wanted,
                                               const Environment& environment) {
  std::string openai_key = variable(environment, "OPENAI_API_KEY");
  if (wanted.base_url.empty() && openai_key.empty()) return std::unique_ptr<Transcriber>();
  std::string url = wanted.base_url;
  if (url.empty()) url = variable(environment, "OPENAI_BASE_URL");
  if (url.empty()) url = kOpenaiUrl;
  Secret key = wanted.api_key.empty() ? Secret(openai_key) : TRY(resolve_secret(wanted.api_key, environment));
  return genai::make_transcriber(http, {.base_url = url, .api_key = key, .model = wanted.model});
}

}  // namespace spreaders::app
