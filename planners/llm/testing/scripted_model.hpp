// A language model for tests: gives prepared answers one after the other and keeps the requests.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/language_model.hpp"

namespace spreaders::testing {

class ScriptedModel : public LanguageModel {
 public:
  std::deque<Result<ModelAnswer>> answers;
  std::vector<ModelRequest> requests;

  static ModelAnswer call(const std::string& tool, const std::string& arguments) {
    ModelAnswer answer;
    answer.calls = {{"call_1", tool, arguments}};
    answer.stop = ModelStop::kToolUse;
    answer.input_tokens = 100;
    answer.output_tokens = 10;
    return answer;
  }
  static ModelAnswer words(const std::string& text, ModelStop stop = ModelStop::kEnd) {
    ModelAnswer answer;
    answer.text = text;
    answer.stop = stop;
    return answer;
  }
  Result<ModelAnswer> complete(const ModelRequest& request) override {
    requests.push_back(request);
    if (answers.empty()) return Error{Code::kInternal, "The test has prepared no more answers."};
    auto answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  [[nodiscard]] std::string provider() const override { return "scripted"; }
  [[nodiscard]] std::string model() const override { return "scripted-1"; }
};

}  // namespace spreaders::testing
