// The dialects against aimock behind the judge of tests/llm, which refuses wrong requests as the vendors do. Runs where
// "npm ci --ignore-scripts" was done in tests/llm; says so where it was not.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/json.hpp"
#include "core/time.hpp"
#include "integrations/genai/models.hpp"
#include "integrations/http/curl_client.hpp"

extern char** environ;

namespace spreaders::genai {
namespace {

// The doubles end when their standard input does, so they never outlive this process.
class Doubles {
 public:
  Doubles() {
    int input[2];
    int output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    std::string program = "node";
    std::string script = "tests/llm/doubles.mjs";
    char* arguments[] = {program.data(), script.data(), nullptr};
    if (posix_spawnp(&child_, "node", &actions, nullptr, arguments, environ) != 0) child_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(input[0]);
    close(output[1]);
    to_child_ = input[1];
    from_child_ = output[0];
    read_url();
  }
  ~Doubles() {
    close(to_child_);
    close(from_child_);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }
  Doubles(const Doubles&) = delete;
  Doubles& operator=(const Doubles&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  void read_url() {
    std::string line;
    const int64_t deadline_ms = monotonic_ms() + 20'000;
    while (child_ > 0 && line.find('\n') == std::string::npos && monotonic_ms() < deadline_ms) {
      pollfd waiting{from_child_, POLLIN, 0};
      if (poll(&waiting, 1, 100) != 1) continue;
      char buffer[512];
      const ssize_t count = read(from_child_, buffer, sizeof buffer);
      if (count <= 0) break;
      line.append(buffer, static_cast<size_t>(count));
    }
    const auto parsed = parse_json(line);
    if (parsed.ok() && parsed->contains("url")) url_ = (*parsed)["url"].get<std::string>();
  }
  pid_t child_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
  std::string url_;
};

class Aimock : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::filesystem::exists("tests/llm/node_modules/@copilotkit/aimock")) doubles = std::make_unique<Doubles>();
  }
  static void TearDownTestSuite() { doubles.reset(); }
  void SetUp() override {
    if (!doubles)
      GTEST_SKIP() << "NOT RUN: tests/llm/node_modules is missing; run npm ci --ignore-scripts in tests/llm";
    ASSERT_FALSE(doubles->url().empty()) << "the doubles did not start";
  }
  std::unique_ptr<LanguageModel> make(ModelApi api) {
    ModelOptions options;
    options.api = api;
    options.base_url = doubles->url() + (api == ModelApi::kAnthropicMessages ? "" : "/v1");
    options.api_key = Secret("test-key");
    options.model = api == ModelApi::kAnthropicMessages ? "claude-sonnet-5-5" : "gpt-6-sol";
    options.wait = [this](int64_t ms) { waits.push_back(ms); };
    auto model = make_language_model(http, options);
    EXPECT_TRUE(model.ok()) << model.error().text();
    return std::move(*model);
  }
  Result<ModelAnswer> ask(ModelApi api, const std::string& text) {
    ModelRequest request;
    request.system = "Be brief.";
    request.messages = {{.role = ModelMessage::Role::kUser, .text = text}};
    request.tools = {{.name = "audience_list", .description = "Lists.", .schema = &schema, .strict = true}};
    return make(api)->complete(request);
  }
  static inline std::unique_ptr<Doubles> doubles;
  static constexpr ModelApi kApis[] = {ModelApi::kAnthropicMessages, ModelApi::kOpenaiChat, ModelApi::kOpenaiResponses};
  CurlClient http;
  std::vector<int64_t> waits;
  Json schema = {{"type", "object"},
                 {"properties", {{"limit", {{"type", "integer"}}}}},
                 {"required", {"limit"}},
                 {"additionalProperties", false}};
};

TEST_F(Aimock, TextAndSlowStreams) {
  for (const auto api : kApis) {
    auto answer = ask(api, "plain-text");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->text, "Hello from the double, a little longer so that it comes in several pieces.");
    EXPECT_EQ(answer->stop, ModelStop::kEnd);
    EXPECT_GT(answer->output_tokens, 0);
    answer = ask(api, "slow-stream");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->text, "slow but whole answer");
  }
}

TEST_F(Aimock, TwoTurnsWithParallelCalls) {
  for (const auto api : kApis) {
    const auto model = make(api);
    ModelRequest request;
    request.messages = {{.role = ModelMessage::Role::kUser, .text = "two-turn-loop"}};
    request.tools = {{.name = "audience_list", .description = "Lists.", .schema = &schema, .strict = true}};
    const auto first = model->complete(request);
    ASSERT_TRUE(first.ok()) << first.error().text();
    ASSERT_EQ(first->calls.size(), 2U);
    EXPECT_EQ(first->stop, ModelStop::kToolUse);
    EXPECT_EQ(parse_json(first->calls[0].arguments).value_or(Json())["limit"], 5);
    request.messages.push_back(
        {.role = ModelMessage::Role::kAssistant, .text = first->text, .calls = first->calls, .opaque = first->opaque});
    for (const auto& call : first->calls) {
      request.messages.push_back({.role = ModelMessage::Role::kToolResult, .text = "ok", .call_id = call.id});
    }
    const auto second = model->complete(request);
    ASSERT_TRUE(second.ok()) << second.error().text();
    EXPECT_EQ(second->text, "There are 5 lists and no plan.");
  }
}

TEST_F(Aimock, ErrorsAndRetries) {
  for (const auto& [api, name] : {std::pair{ModelApi::kAnthropicMessages, "anthropic"},
                                  {ModelApi::kOpenaiChat, "chat"},
                                  {ModelApi::kOpenaiResponses, "responses"}}) {
    waits.clear();
    const auto later = ask(api, std::string("rate-limit-") + name);
    ASSERT_TRUE(later.ok()) << later.error().text();
    EXPECT_EQ(later->text, "Here now.");
    EXPECT_EQ(waits, std::vector<int64_t>{1000}) << "as retry-after says";
    EXPECT_EQ(ask(api, "overloaded").error().code, Code::kUnavailable);
    EXPECT_EQ(waits.size(), 3U);
    EXPECT_EQ(ask(api, "server-error").error().code, Code::kUnavailable);
    EXPECT_EQ(waits.size(), 5U);
    EXPECT_EQ(ask(api, "wrong-key").error().code, Code::kReconnectNeeded);
    EXPECT_EQ(ask(api, "bad-request").error().code, Code::kVendorRejected);
    EXPECT_EQ(waits.size(), 5U);
  }
}

TEST_F(Aimock, StopReasons) {
  for (const auto api : kApis) {
    const auto answer = ask(api, "length-stop");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->stop, ModelStop::kLength);
  }
  EXPECT_EQ(ask(ModelApi::kAnthropicMessages, "refused")->stop, ModelStop::kRefusal);
  EXPECT_EQ(ask(ModelApi::kAnthropicMessages, "paused")->stop, ModelStop::kPause);
  EXPECT_EQ(ask(ModelApi::kAnthropicMessages, "window-full")->stop, ModelStop::kLength);
  EXPECT_EQ(ask(ModelApi::kOpenaiChat, "filtered")->stop, ModelStop::kRefusal);
}

TEST_F(Aimock, CutStreamsAreNeverAnswers) {
  for (const auto api : kApis) {
    const auto answer = ask(api, "cut-stream");
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::kUnavailable) << answer.error().text();
    EXPECT_NE(answer.error().message.find("nothing of it was used"), std::string::npos) << answer.error().text();
  }
}

TEST_F(Aimock, BlocksReasoningAndBrokenArguments) {
  for (const auto api : kApis) {
    auto answer = ask(api, "tool-first");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->calls.size(), 1U);
    EXPECT_EQ(answer->text, "I looked.");
    answer = ask(api, "thinks-aloud");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->text, "Done thinking.") << "reasoning is no part of the text";
    answer = ask(api, "broken-arguments");
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    ASSERT_EQ(answer->calls.size(), 1U);
    if (api == ModelApi::kOpenaiChat) {
      EXPECT_EQ(answer->calls[0].arguments, "{\"objective\": sales");
    }
  }
}

TEST_F(Aimock, JudgeRefusesAWrongRequest) {
  ModelOptions options;
  options.base_url = doubles->url();
  options.model = "claude-sonnet-5-5";
  options.version = "2020-01-01";  // and no key
  const auto model = make_language_model(http, options);
  ModelRequest request;
  request.messages = {{.role = ModelMessage::Role::kUser, .text = "plain-text"}};
  const auto answer = (*model)->complete(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kVendorRejected);
  EXPECT_NE(answer.error().message.find("anthropic-version"), std::string::npos) << answer.error().message;
  EXPECT_NE(answer.error().message.find("x-api-key"), std::string::npos) << answer.error().message;
}

TEST_F(Aimock, Transcription) {
  const auto transcriber =
      make_transcriber(http, {.base_url = doubles->url() + "/v1", .api_key = Secret("test-key"), .model = "whisper-1"});
  ASSERT_TRUE(transcriber.ok());
  const auto transcript = (*transcriber)->transcribe("voice.webm", "\x1A\x45\xDF\xA3 not really audio", "en");
  ASSERT_TRUE(transcript.ok()) << transcript.error().text();
  EXPECT_EQ(transcript->text, "Send the winter sale to the VIP list.");
  EXPECT_EQ(transcript->language, "en");
}

}  // namespace
}  // namespace spreaders::genai
