// The models that the configuration names: one that talks and plans, one that hears. None is an answer too.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/http_client.hpp"
#include "core/language_model.hpp"

namespace spreaders::app {

// A model with a switch. While it rests, whoever asks gets the error that put it to rest at once, so that a dead server
// is waited for once and not again by each part of one piece of work.
class SwitchedModel : public LanguageModel {
 public:
  explicit SwitchedModel(std::unique_ptr<LanguageModel> model) : model_(std::move(model)) {}
  Result<ModelAnswer> complete(const ModelRequest& request) override;
  [[nodiscard]] std::string provider() const override { return model_->provider(); }
  [[nodiscard]] std::string model() const override { return model_->model(); }
  void rest(Error why);
  void wake();

 private:
  std::unique_ptr<LanguageModel> model_;
  std::mutex mutex_;
  std::optional<Error> resting_;
};

using Environment = std::map<std::string, std::string>;

// Null when no model is configured. kNotConfigured when one is named and its key is missing.
Result<std::unique_ptr<SwitchedModel>> make_model(HttpClient& http, const ModelConfig& wanted,
                                                  const Environment& environment);
// Null when no transcription service is configured.
Result<std::unique_ptr<Transcriber>> make_ears(HttpClient& http, const SpeechConfig& wanted,
                                               const Environment& environment);

}  // namespace spreaders::app
