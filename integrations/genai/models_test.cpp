// The three dialects against a scripted server: what goes on the wire, and what is made of every kind of answer. The
// streams in tests/golden/llm are written by hand in the shape of 2026.
#include "integrations/genai/models.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/json.hpp"
#include "core/time.hpp"
#include "integrations/genai/wire.hpp"
#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"

namespace spreaders::genai {
namespace {

using spreaders::testing::Reply;
using spreaders::testing::ScriptedServer;
using spreaders::testing::Seen;

constexpr const char* kKey = "sk-ant-test-0123456789";

std::string golden(const std::string& name) {
  std::ifstream file("tests/golden/llm/" + name + ".sse", std::ios::binary);
  EXPECT_TRUE(file.good()) << "run the tests in the project's root; missing " << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Harness {
  explicit Harness(ModelApi api, std::function<Reply(const Seen&)> script) : server(std::move(script)) {
    options.api = api;
    options.base_url = server.url(api == ModelApi::kAnthropicMessages ? "" : "/v1/");
    options.api_key = Secret(kKey);
    options.model = api == ModelApi::kAnthropicMessages ? "claude-sonnet-5-5" : "gpt-6-sol";
    options.wait = [this](int64_t ms) { waits.push_back(ms); };
  }
  Result<ModelAnswer> complete(const ModelRequest& request) {
    auto model = make_language_model(http, options);
    if (!model.ok()) return model.error();
    return (*model)->complete(request);
  }
  Json body(size_t number = 0) { return parse_json(server.seen().at(number).body).value_or(Json::object()); }
  ScriptedServer server;
  CurlClient http;
  ModelOptions options;
  std::vector<int64_t> waits;
};

Reply stream(const std::string& name) { return Reply::stream(golden(name)); }

ModelRequest ask(std::string text = "How many contacts are there?") {
  ModelRequest request;
  request.system = "Be brief.";
  request.messages = {{.role = ModelMessage::Role::kUser, .text = std::move(text)}};
  request.timeout_ms = 20'000;
  return request;
}

// A conversation in which two calls were made and answered, one with an error, and the user spoke on.
ModelRequest conversation(Json& schema, const std::string& opaque = "") {
  auto request = ask();
  request.messages.push_back(
      {.role = ModelMessage::Role::kAssistant,
       .text = "I look.",
       .calls = {{"id_a", "audience_list", R"({"limit":5})"}, {"id_b", "plan_status", "{broken"}},
       .opaque = opaque});
  request.messages.push_back({.role = ModelMessage::Role::kToolResult, .text = "5 lists", .call_id = "id_a"});
  request.messages.push_back(
      {.role = ModelMessage::Role::kToolResult, .text = "not JSON", .call_id = "id_b", .is_error = true});
  request.messages.push_back({.role = ModelMessage::Role::kUser, .text = "And?"});
  request.tools = {{"plan_status", "Shows a plan.", &schema}, {"audience_list", "Lists.", &schema, true}};
  return request;
}

Json limits_schema() {
  return parse_json(
             R"({"type":"object","properties":{"limit":{"type":"integer"},"q":{"type":"string","maxLength":1000000},
      "maxLength":{"type":"string"}},"required":["limit"],"additionalProperties":false})")
      .value_or(Json());
}

// Parses the expected body; SCHEMA stands for the tools' schema.
Json expected(std::string text, const Json& schema) {
  for (size_t at = 0; (at = text.find("SCHEMA")) != std::string::npos;) text.replace(at, 6, to_text(schema));
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
  return std::move(parsed).value_or(Json());
}

TEST(Anthropic, SendsWhatTheMessagesApiWants) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return stream("anthropic_text"); });
  Json schema = limits_schema();
  auto request = conversation(schema);
  request.force_tool = "plan_status";
  rig.options.thinking = "adaptive";  // left out where a tool is forced: the two exclude each other
  const auto answer = rig.complete(request);
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  const auto seen = rig.server.seen().at(0);
  EXPECT_EQ(seen.line, "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(seen.header("anthropic-version"), "2026-10-21");
  EXPECT_EQ(seen.header("x-api-key"), kKey);
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(rig.body(), expected(R"({"model":"claude-sonnet-5-5","max_tokens":8000,"stream":true,
    "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
    "tools":[{"name":"audience_list","description":"Lists.","input_schema":SCHEMA,"strict":true},
             {"name":"plan_status","description":"Shows a plan.","input_schema":SCHEMA}],
    "tool_choice":{"type":"tool","name":"plan_status","disable_parallel_tool_use":true},
    "messages":[{"role":"user","content":[{"type":"text","text":"How many contacts are there?"}]},
      {"role":"assistant","content":[{"type":"text","text":"I look."},
        {"type":"tool_use","id":"id_a","name":"audience_list","input":{"limit":5}},
        {"type":"tool_use","id":"id_b","name":"plan_status","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"id_a","content":"5 lists"},
        {"type":"tool_result","tool_use_id":"id_b","content":"not JSON","is_error":true},
        {"type":"text","text":"And?"}]}]})",
                                 schema));
}

TEST(Anthropic, ReadsTextToolsThinkingAndUsage) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return stream("anthropic_tools"); });
  auto request = ask();
  std::string pieces;
  request.on_text = [&](std::string_view piece) { pieces += piece; };
  const auto answer = rig.complete(request);
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(answer->text, "I look up both \xE2\x80\x93 \xE2\x9C\x93.");
  EXPECT_EQ(pieces, answer->text);
  ASSERT_EQ(answer->calls.size(), 2U);
  EXPECT_EQ(answer->calls[0].id, "toolu_a");
  EXPECT_EQ(answer->calls[0].name, "audience_list");
  EXPECT_EQ(answer->calls[0].arguments, R"({"limit": 5})");
  EXPECT_EQ(answer->calls[1].arguments, "{}") << "no pieces mean no arguments";
  EXPECT_EQ(answer->stop, ModelStop::kToolUse);
  EXPECT_EQ(answer->input_tokens, 1012);
  EXPECT_EQ(answer->output_tokens, 57);
  EXPECT_EQ(answer->model, "claude-sonnet-5-5");

  // The thinking goes back as it came, before the text and the calls.
  Json schema = limits_schema();
  auto next = conversation(schema, answer->opaque);
  next.messages[1].calls = answer->calls;
  next.messages[2].call_id = "toolu_a";
  next.messages[3].call_id = "toolu_b";
  ASSERT_TRUE(rig.complete(next).ok());
  const Json content = rig.body(1)["messages"][1]["content"];
  ASSERT_EQ(content.size(), 5U);
  EXPECT_EQ(to_text(content[0]), R"({"type":"thinking","thinking":"Let me look.","signature":"EqQB+/=="})");
  EXPECT_EQ(to_text(content[1]), R"({"type":"redacted_thinking","data":"Zm9v"})");
  EXPECT_EQ(content[2]["text"], answer->text);
  EXPECT_EQ(
      to_text(content[3]),
      R"({"type":"tool_use","id":"toolu_a","name":"audience_list","input":{"limit":5},"caller":{"type":"direct"}})");

  // Another model gets the words and calls only: it could not read the thinking of the first.
  rig.options.model = "claude-haiku-5-5";
  ASSERT_TRUE(rig.complete(next).ok());
  EXPECT_EQ(rig.body(2)["messages"][1]["content"].size(), 3U);
}

TEST(Anthropic, EveryStopReason) {
  struct Case {
    const char* file;
    ModelStop stop;
    const char* detail;
  };
  for (const auto& one : {Case{"anthropic_text", ModelStop::kEnd, "end_turn"},
                          {"anthropic_length", ModelStop::kLength, "max_tokens"},
                          {"anthropic_context_window", ModelStop::kLength, "model_context_window_exceeded"},
                          {"anthropic_pause", ModelStop::kPause, "pause_turn"},
                          {"anthropic_refusal", ModelStop::kRefusal, "refusal: cyber: Not this.  Ask otherwise."}}) {
    Harness rig(ModelApi::kAnthropicMessages, [&](const Seen&) { return stream(one.file); });
    const auto answer = rig.complete(ask());
    ASSERT_TRUE(answer.ok()) << one.file << answer.error().text();
    EXPECT_EQ(answer->stop, one.stop) << one.file;
    EXPECT_EQ(answer->stop_detail, one.detail) << one.file;
    EXPECT_TRUE(answer->calls.empty()) << one.file << ": a call that may be cut is never given out";
  }
}

TEST(Anthropic, BrokenArgumentsReachTheCallerAsTheyAre) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return stream("anthropic_broken_arguments"); });
  const auto answer = rig.complete(ask());
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->calls.size(), 1U);
  EXPECT_EQ(answer->calls[0].arguments, R"({"objective": sales)");
}

TEST(Models, CutStreamsAreUnavailableAndNotRepeated) {
  for (const auto& [api, file] : {std::pair{ModelApi::kAnthropicMessages, "anthropic_cut"},
                                  {ModelApi::kOpenaiChat, "openai_chat_cut"},
                                  {ModelApi::kOpenaiResponses, "openai_responses_cut"}}) {
    Harness rig(api, [&](const Seen&) { return stream(file); });
    const auto answer = rig.complete(ask());
    ASSERT_FALSE(answer.ok()) << file;
    EXPECT_EQ(answer.error().code, Code::kUnavailable) << file;
    EXPECT_EQ(rig.server.seen().size(), 1U) << file;
  }
}

// Cuts each whole stream after every byte: nothing but the whole stream is ever an answer.
TEST(Models, NoPrefixOfAStreamIsAnAnswer) {
  for (const auto& [dialect, file] : {std::pair{&anthropic_dialect(), "anthropic_tools"},
                                      {&openai_chat_dialect(), "openai_chat_tools"},
                                      {&openai_responses_dialect(), "openai_responses_tools"}}) {
    const ModelOptions options;
    const std::string whole = golden(file);
    for (size_t size = 0; size <= whole.size(); ++size) {
      const auto reader = dialect->make_reader(options);
      SseParser parser;
      ASSERT_TRUE(
          parser.feed(std::string_view(whole).substr(0, size), [&](const SseEvent& event) { reader->take(event); }));
      ASSERT_FALSE(reader->error) << file << " at " << size;
      ASSERT_EQ(reader->complete, size == whole.size()) << file << " at " << size;
    }
  }
}

TEST(Models, StreamThatBreaksInTheMiddleIsUnavailable) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) {
    const std::string body = golden("anthropic_cut");
    return Reply{.bytes = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99999\r\n\r\n" + body,
                 .close = true};
  });
  const auto answer = rig.complete(ask());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(rig.server.seen().size(), 1U);
}

TEST(Models, ErrorsInsideAStream) {
  for (const auto& [api, file] : {std::pair{ModelApi::kAnthropicMessages, "anthropic_error"},
                                  {ModelApi::kOpenaiChat, "openai_chat_error"},
                                  {ModelApi::kOpenaiResponses, "openai_responses_failed"}}) {
    Harness rig(api, [&](const Seen&) { return stream(file); });
    const auto answer = rig.complete(ask());
    ASSERT_FALSE(answer.ok()) << file;
    EXPECT_EQ(answer.error().code, Code::kUnavailable) << file << answer.error().message;
  }
}

TEST(Models, GarbageInsteadOfAStream) {
  for (const char* text :
       {"data: {not json}\n\n", "data: [1,2]\n\n", "<html>hello</html>", "",
        "data: {\"type\":\"message_stop\",\"type\":\"x\"}\n\n",
        "data: {\"type\":\"message_start\",\"message\":7}\n\ndata: {\"choices\":[{\"delta\":5}]}\n\n",
        "data: {\"type\":\"content_block_delta\",\"index\":-4,\"delta\":{\"type\":\"text_delta\"}}\n\n"}) {
    for (const auto api : {ModelApi::kAnthropicMessages, ModelApi::kOpenaiChat, ModelApi::kOpenaiResponses}) {
      Harness rig(api, [&](const Seen&) { return Reply::stream(text); });
      const auto answer = rig.complete(ask());
      ASSERT_FALSE(answer.ok()) << text;
      EXPECT_EQ(answer.error().code, Code::kUnavailable) << text;
    }
  }
}

TEST(OpenaiChat, SendsWhatChatCompletionsWant) {
  Harness rig(ModelApi::kOpenaiChat, [](const Seen&) { return stream("openai_chat_text"); });
  Json schema = limits_schema();
  auto request = conversation(schema);
  request.force_tool = "plan_status";
  const auto answer = rig.complete(request);
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  const auto seen = rig.server.seen().at(0);
  EXPECT_EQ(seen.line, "POST /v1/chat/completions HTTP/1.1");
  EXPECT_EQ(seen.header("authorization"), std::string("Bearer ") + kKey);
  EXPECT_EQ(rig.body(), expected(R"({"model":"gpt-6-sol","stream":true,"stream_options":{"include_usage":true},
    "max_completion_tokens":8000,
    "tools":[{"type":"function","function":{"name":"plan_status","description":"Shows a plan.","parameters":SCHEMA}},
      {"type":"function","function":{"name":"audience_list","description":"Lists.","parameters":SCHEMA,"strict":true}}],
    "tool_choice":{"type":"function","function":{"name":"plan_status"}},"parallel_tool_calls":false,
    "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"How many contacts are there?"},
      {"role":"assistant","content":"I look.","tool_calls":[
        {"id":"id_a","type":"function","function":{"name":"audience_list","arguments":"{\"limit\":5}"}},
        {"id":"id_b","type":"function","function":{"name":"plan_status","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"id_a","content":"5 lists"},
      {"role":"tool","tool_call_id":"id_b","content":"Error: not JSON"},
      {"role":"user","content":"And?"}]})",
                                 schema));
}

TEST(OpenaiChat, LocalServersGetWhatTheyUnderstand) {
  Harness rig(ModelApi::kOpenaiChat, [](const Seen&) { return stream("openai_chat_forced"); });
  rig.options.abilities = local_server_abilities();
  rig.options.api_key = Secret();
  Json schema = limits_schema();
  auto request = conversation(schema);
  request.force_tool = "plan_status";
  ASSERT_TRUE(rig.complete(request).ok());
  const Json body = rig.body();
  EXPECT_EQ(rig.server.seen().at(0).header("authorization"), "");
  EXPECT_EQ(body["max_tokens"], 8000);
  EXPECT_FALSE(body.contains("max_completion_tokens"));
  EXPECT_FALSE(body.contains("tool_choice"));
  EXPECT_FALSE(body["tools"][1]["function"].contains("strict"));
  const Json properties = body["tools"][0]["function"]["parameters"]["properties"];
  EXPECT_FALSE(properties["q"].contains("maxLength"));
  EXPECT_TRUE(properties.contains("maxLength")) << "a property of that name is no limit";
}

TEST(OpenaiChat, ReadsEveryKindOfAnswer) {
  struct Case {
    const char* file;
    ModelStop stop;
    size_t calls;
    const char* text;
  };
  for (const auto& one : {Case{"openai_chat_text", ModelStop::kEnd, 0, "Hello there."},
                          {"openai_chat_tools", ModelStop::kToolUse, 2, ""},
                          {"openai_chat_forced", ModelStop::kToolUse, 2, ""},
                          {"openai_chat_length", ModelStop::kLength, 0, ""},
                          {"openai_chat_refusal", ModelStop::kRefusal, 0, ""},
                          {"openai_chat_filter", ModelStop::kRefusal, 0, "Well"}}) {
    Harness rig(ModelApi::kOpenaiChat, [&](const Seen&) { return stream(one.file); });
    const auto answer = rig.complete(ask());
    ASSERT_TRUE(answer.ok()) << one.file << answer.error().text();
    EXPECT_EQ(answer->stop, one.stop) << one.file;
    EXPECT_EQ(answer->text, one.text) << one.file;
    ASSERT_EQ(answer->calls.size(), one.calls) << one.file;
    EXPECT_EQ(answer->input_tokens, 21) << one.file;
    if (one.calls == 0) continue;
    EXPECT_EQ(answer->calls[0].id, "call_a");
    EXPECT_EQ(answer->calls[0].arguments, R"({"limit": 5})");
    EXPECT_EQ(answer->calls[1].arguments, "{}");
  }
}

TEST(OpenaiResponses, SendsStatelessRequests) {
  Harness rig(ModelApi::kOpenaiResponses, [](const Seen&) { return stream("openai_responses_text"); });
  Json schema = limits_schema();
  auto request = conversation(schema);
  request.force_tool = "plan_status";
  const auto answer = rig.complete(request);
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(answer->text, "I look it up.");
  EXPECT_EQ(rig.server.seen().at(0).line, "POST /v1/responses HTTP/1.1");
  EXPECT_EQ(rig.body(), expected(R"({"model":"gpt-6-sol","stream":true,"store":false,
    "include":["reasoning.encrypted_content"],"max_output_tokens":8000,"instructions":"Be brief.",
    "tools":[{"type":"function","name":"plan_status","description":"Shows a plan.","parameters":SCHEMA,"strict":false},
      {"type":"function","name":"audience_list","description":"Lists.","parameters":SCHEMA,"strict":true}],
    "tool_choice":{"type":"function","name":"plan_status"},"parallel_tool_calls":false,
    "input":[{"role":"user","content":"How many contacts are there?"},{"role":"assistant","content":"I look."},
      {"type":"function_call","call_id":"id_a","name":"audience_list","arguments":"{\"limit\":5}"},
      {"type":"function_call","call_id":"id_b","name":"plan_status","arguments":"{}"},
      {"type":"function_call_output","call_id":"id_a","output":"5 lists"},
      {"type":"function_call_output","call_id":"id_b","output":"Error: not JSON"},
      {"role":"user","content":"And?"}]})",
                                 schema));
}

TEST(OpenaiResponses, ReadsEveryKindOfAnswer) {
  struct Case {
    const char* file;
    ModelStop stop;
    size_t calls;
  };
  for (const auto& one : {Case{"openai_responses_tools", ModelStop::kToolUse, 1},
                          {"openai_responses_incomplete", ModelStop::kLength, 0},
                          {"openai_responses_refusal", ModelStop::kRefusal, 0}}) {
    Harness rig(ModelApi::kOpenaiResponses, [&](const Seen&) { return stream(one.file); });
    std::string pieces;
    auto request = ask();
    request.on_text = [&](std::string_view piece) { pieces += piece; };
    const auto answer = rig.complete(request);
    ASSERT_TRUE(answer.ok()) << one.file << answer.error().text();
    EXPECT_EQ(answer->stop, one.stop) << one.file;
    EXPECT_EQ(answer->calls.size(), one.calls) << one.file;
    EXPECT_EQ(pieces, answer->text) << one.file;
    EXPECT_EQ(answer->output_tokens, 17) << one.file;
    if (one.calls == 0) continue;
    Json schema = limits_schema();
    auto next = conversation(schema, answer->opaque);
    next.messages[1].calls = answer->calls;
    next.messages[2].call_id = "call_a";
    next.messages.erase(next.messages.begin() + 3);
    (void)rig.complete(next);
    const Json input = rig.body(1)["input"];
    EXPECT_EQ(input[1]["type"], "reasoning");
    EXPECT_EQ(input[1]["encrypted_content"], "gAAAA==");
    EXPECT_EQ(input[3]["type"], "function_call");
    EXPECT_EQ(input[4]["type"], "function_call_output");
  }
}

struct StatusCase {
  int status;
  const char* headers;
  const char* body;
  Code code;
  int requests;                // with retry_max 2
  std::vector<int64_t> waits;  // -1 = some backoff
};

const StatusCase kStatusCases[] = {
    {400,
     "",
     R"({"type":"error","error":{"type":"invalid_request_error","message":"temperature: no"}})",
     Code::kVendorRejected,
     1,
     {}},
    {401,
     "",
     R"({"error":{"type":"authentication_error","message":"bad key sk-ant-te***89"}})",
     Code::kReconnectNeeded,
     1,
     {}},
    {403, "", R"({"error":{"type":"permission_error","message":"no"}})", Code::kVendorRejected, 1, {}},
    {404, "", R"({"error":{"type":"not_found_error","message":"model: x"}})", Code::kNotConfigured, 1, {}},
    {413, "", "<html>too large</html>", Code::kVendorRejected, 1, {}},
    {429,
     "retry-after-ms: 70\r\nretry-after: 9\r\n",
     R"({"error":{"type":"rate_limit_error"}})",
     Code::kRateLimited,
     3,
     {70, 70}},
    {429, "retry-after: 2\r\n", R"({"error":{"type":"rate_limit_error"}})", Code::kRateLimited, 3, {2000, 2000}},
    {429, "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "{}", Code::kRateLimited, 3, {0, 0}},
    {429, "", "{}", Code::kRateLimited, 3, {-1, -1}},
    {429, "retry-after: 3600\r\n", "{}", Code::kRateLimited, 1, {}},
    {429,
     "",
     R"({"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}})",
     Code::kVendorRejected,
     1,
     {}},
    {429,
     "x-should-retry: true\r\n",
     R"({"error":{"type":"insufficient_quota","code":"insufficient_quota"}})",
     Code::kVendorRejected,
     1,
     {}},
    {429, "x-should-retry: false\r\n", "{}", Code::kRateLimited, 1, {}},
    {408, "", "{}", Code::kUnavailable, 3, {-1, -1}},
    {409, "", R"({"error":{"type":"conflict_error"}})", Code::kUnavailable, 3, {-1, -1}},
    {500, "", R"({"error":{"type":"api_error","message":"Internal"}})", Code::kUnavailable, 3, {-1, -1}},
    {529,
     "",
     R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
     Code::kUnavailable,
     3,
     {-1, -1}},
    {529, "x-should-retry: false\r\n", "{}", Code::kUnavailable, 1, {}},
    {400, "x-should-retry: true\r\n", "{}", Code::kVendorRejected, 3, {-1, -1}},
    {302, "location: http://127.0.0.1/\r\n", "", Code::kVendorRejected, 1, {}},
};

TEST(Models, StatusesAndRetries) {
  for (const auto api : {ModelApi::kAnthropicMessages, ModelApi::kOpenaiChat, ModelApi::kOpenaiResponses}) {
    for (const auto& one : kStatusCases) {
      Harness rig(api, [&](const Seen&) { return Reply::json(one.status, one.body, one.headers); });
      const auto answer = rig.complete(ask());
      const std::string name = std::to_string(one.status) + " " + one.headers + one.body;
      ASSERT_FALSE(answer.ok()) << name;
      EXPECT_EQ(answer.error().code, one.code) << name << answer.error().message;
      EXPECT_EQ(rig.server.seen().size(), static_cast<size_t>(one.requests)) << name;
      ASSERT_EQ(rig.waits.size(), one.waits.size()) << name;
      for (size_t i = 0; i < one.waits.size(); ++i) {
        if (one.waits[i] >= 0) {
          EXPECT_EQ(rig.waits[i], one.waits[i]) << name;
        } else {
          EXPECT_GE(rig.waits[i], 375 << i) << name;
          EXPECT_LE(rig.waits[i], 500 << i) << name;
        }
      }
      EXPECT_EQ(answer.error().text().find("sk-ant"), std::string::npos) << answer.error().text();
    }
  }
}

TEST(Models, LongWaitIsLeftToTheCaller) {
  Harness rig(ModelApi::kAnthropicMessages,
              [](const Seen&) { return Reply::json(429, "{}", "retry-after: 3600\r\n"); });
  EXPECT_EQ(rig.complete(ask()).error().retry_after_ms, 3'600'000);
}

TEST(Models, SecondAttemptSucceeds) {
  for (const int status : {429, 529, 500}) {
    Harness rig(ModelApi::kAnthropicMessages, [&](const Seen& seen) {
      return seen.number == 0 ? Reply::json(status, "{}") : stream("anthropic_text");
    });
    const auto answer = rig.complete(ask());
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->text, "Hello there.");
    EXPECT_EQ(rig.waits.size(), 1U);
  }
}

TEST(Models, ConnectionThatDropsBeforeAnyAnswerIsTriedAgain) {
  Harness rig(ModelApi::kAnthropicMessages,
              [](const Seen& seen) { return seen.number == 0 ? Reply{.close = true} : stream("anthropic_text"); });
  EXPECT_TRUE(rig.complete(ask()).ok());
  EXPECT_EQ(rig.server.seen().size(), 2U);
}

TEST(Models, TotalTimeIsLimited) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return Reply{.hold = true}; });
  auto request = ask();
  request.timeout_ms = 200;
  const int64_t began_ms = monotonic_ms();
  const auto answer = rig.complete(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_LT(monotonic_ms() - began_ms, 3000);
}

TEST(Models, DefaultWaitEndsWhenTheRequestIsStopped) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return Reply::json(429, "{}", "retry-after: 15\r\n"); });
  rig.options.wait = nullptr;
  std::stop_source source;
  auto request = ask();
  request.stop = source.get_token();
  std::jthread stopper([&] {
    while (rig.server.seen().empty()) std::this_thread::yield();
    source.request_stop();
  });
  const int64_t began_ms = monotonic_ms();
  const auto answer = rig.complete(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kCancelled);
  EXPECT_LT(monotonic_ms() - began_ms, 5000);
}

TEST(Models, VendorWordsAreCleanedAndNeverHoldTheKey) {
  Harness rig(ModelApi::kOpenaiChat, [](const Seen&) {
    return Reply::json(
        400,
        to_text({{"error",
                  {{"message", std::string("key ") + kKey + "\n\x1b[31m\xE2\x80\xAE red " + std::string(2000, 'x')},
                   {"type", "invalid_request_error"}}}}));
  });
  const auto answer = rig.complete(ask());
  ASSERT_FALSE(answer.ok());
  const std::string text = answer.error().text();
  EXPECT_EQ(text.find(kKey), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_LT(text.size(), 600U);
}

TEST(Models, WrongConversationsAreRefusedWithEveryFault) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return stream("anthropic_text"); });
  Json schema = Json::object();
  ModelRequest request;
  request.messages = {
      {.role = ModelMessage::Role::kUser, .text = "a"},
      {.role = ModelMessage::Role::kAssistant, .text = "", .calls = {{"1", "a", "{}"}, {"2", "b", "{}"}}},
      {.role = ModelMessage::Role::kToolResult, .text = "x", .call_id = "1"},
      {.role = ModelMessage::Role::kToolResult, .text = "x", .call_id = "9"},
      {.role = ModelMessage::Role::kUser, .text = ""},
      {.role = ModelMessage::Role::kAssistant, .text = ""}};
  request.tools = {{"email.send", "dotted", &schema}, {"a", "", &schema}, {"a", "", nullptr}};
  request.force_tool = "nothing";
  const auto answer = rig.complete(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
  EXPECT_EQ(answer.error().issues.size(), 9U) << answer.error().text();
  EXPECT_TRUE(rig.server.seen().empty());
}

TEST(Models, SettingsAreChecked) {
  CurlClient http;
  const auto model = make_language_model(http, {.base_url = "ftp://x",
                                                .model = "",
                                                .version = "",
                                                .retry_max = 9,
                                                .output_tokens_max = 0,
                                                .total_time_ms_max = kTotalTime_ms_max + 1});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().issues.size(), 6U) << model.error().text();
}

TEST(Models, OutputTokensAreCapped) {
  Harness rig(ModelApi::kAnthropicMessages, [](const Seen&) { return stream("anthropic_text"); });
  rig.options.output_tokens_max = 100;
  ASSERT_TRUE(rig.complete(ask()).ok());
  EXPECT_EQ(rig.body()["max_tokens"], 100);
}

TEST(Wire, HttpDates) {
  EXPECT_EQ(to_text(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value_or(Instant{})), "1994-11-06T08:49:37Z");
  EXPECT_EQ(to_text(parse_http_date("Tue, 29 Feb 2028 23:59:60 GMT").value_or(Instant{})), "2028-03-01T00:00:00Z");
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nuv 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 EST"}) {
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace spreaders::genai
