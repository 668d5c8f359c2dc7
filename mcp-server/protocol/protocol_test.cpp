#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "mcp-server/protocol/lists.hpp"
#include "mcp-server/protocol/sealed.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::ask;
using testing::FakeRunner;
using testing::modern_info;
using testing::RecordingOutlet;
using testing::request_of;

const std::string kKey(32, 'k');

TEST(SealedTest, AcceptsOnlyItsOwnTexts) {
  StateBinding binding{"wsp_1/usr_1", "sha256:aa"};
  std::string text = seal_state(kKey, "step 1", binding, {1000});
  EXPECT_EQ(unseal_state(kKey, text, binding, {999}), "step 1");
  EXPECT_FALSE(unseal_state(kKey, text, binding, {1000})) << "expired";
  EXPECT_FALSE(unseal_state(kKey, text, {"wsp_1/usr_2", "sha256:aa"}, {0})) << "another person";
  EXPECT_FALSE(unseal_state(kKey, text, {"wsp_1/usr_1", "sha256:bb"}, {0})) << "another request";
  EXPECT_FALSE(unseal_state(std::string(32, 'x'), text, binding, {0})) << "another server";
  EXPECT_FALSE(unseal_session(kKey, text)) << "another purpose";
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(changed == text || !unseal_state(kKey, changed, binding, {0})) << "byte " << i;
  }
}

TEST(ListsTest, CutsPagesAndKnowsItsCursors) {
  Json entries = Json::array({1, 2, 3, 4, 5});
  auto pages = make_pages(entries, "tools", 2, {});
  ASSERT_EQ(pages.size(), 3U);
  Json second = Json::parse(pages[1]);
  EXPECT_EQ(second["tools"], Json::array({3, 4}));
  EXPECT_EQ(std::get<size_t>(page_index({{"cursor", second["nextCursor"]}}, 3)), 2U);
  EXPECT_EQ(std::get<size_t>(page_index(Json::object(), 3)), 0U);
  EXPECT_FALSE(Json::parse(pages[2]).contains("nextCursor"));
  for (Json cursor : {Json("x"), Json(7), Json(""), Json(base64url("page:3")), Json(base64url("page:0")),
                      Json(base64url("page:1x"))}) {
    EXPECT_TRUE(std::holds_alternative<RpcError>(page_index({{"cursor", cursor}}, 3))) << cursor;
  }
  EXPECT_EQ(make_pages(Json::array(), "tools", 2, {}).size(), 1U);
}

// Asks a name, then greets. Writes down what it saw.
class Asking final : public ToolProvider {
 public:
  Json list() override {
    return Json::array({Json{{"name", "greet"}, {"description", "Greets"}, {"inputSchema", {{"type", "object"}}}}});
  }
  bool has(std::string_view name) override { return name == "greet" || name == "throw"; }
  Answer call(std::string_view name, const Json&, const CallContext& context) override {
    if (name == "throw") throw std::runtime_error("a secret detail");
    context.progress(1, 2, "half");
    context.progress(1, 2, "not growing");
    context.log(Severity::kDebug, "test", "debug");
    context.log(Severity::kError, "test", "error");
    if (context.responses != nullptr && context.responses->contains("name") && context.state == "asked") {
      return text_result("Hello, " + (*context.responses)["name"]["content"]["name"].get<std::string>());
    }
    InputRequired asked;
    asked.requests.push_back({.key = "name",
                              .method = "elicitation/create",
                              .params = {{"message", "Who?"}, {"requestedSchema", {{"type", "object"}}}}});
    asked.state = "asked";
    return asked;
  }
};

TEST(ServerTest, TheTraceOfTheMessageComesFirstAndEveryCallHasOne) {
  FakeRunner runner;
  std::string seen;
  runner.on_call = [&seen](const ToolCall& call) -> Result<Json> {
    seen = call.trace_id;
    if (call.arguments.contains("broken")) return internal("it broke");
    return invalid("no");
  };
  McpServer server({.name = "t", .version = "1", .tools = &runner, .signing_key = kKey});
  std::string in_message = "4bf92f3577b34da6a3ce929d0e0e4736", of_request = "0af7651916cd43dd8448eb211c80319c";
  auto params = [&](const std::string& traceparent, Json arguments = {{"message", "x"}}) {
    return Json{{"name", "test_echo"}, {"arguments", std::move(arguments)}, {"_meta", {{"traceparent", traceparent}}}};
  };
  auto info = modern_info();
  info.trace_id = of_request;
  auto refused = ask(server, request_of("tools/call", params("00-" + in_message + "-00f067aa0ba902b7-01")), info);
  EXPECT_EQ(seen, in_message);
  EXPECT_EQ(refused["result"]["_meta"]["io.spreaders/error"]["traceId"], in_message) << refused.dump();
  ask(server, request_of("tools/call", params("00-" + in_message + "-xyz-01")), info);
  EXPECT_EQ(seen, of_request) << "what is no traceparent counts as none";
  ask(server, request_of("tools/call", params("")), modern_info());
  EXPECT_TRUE(is_trace_id(seen)) << seen;
  std::string first = seen;
  auto broken = ask(server, request_of("tools/call", params("", {{"broken", true}})), modern_info());
  EXPECT_NE(seen, first);
  EXPECT_EQ(broken["error"]["data"]["traceId"], seen) << broken.dump();
}

TEST(ServerTest, ModernRoundsTravelInResults) {
  Asking tools;
  VirtualClock clock({0});
  McpServer server({.name = "t", .version = "1", .tool_provider = &tools, .signing_key = kKey, .clock = &clock});
  Json able{{"elicitation", Json::object()}};
  auto first = ask(server, request_of("tools/call", {{"name", "greet"}}), modern_info(able))["result"];
  EXPECT_EQ(first["resultType"], "input_required");
  EXPECT_EQ(first["inputRequests"]["name"]["method"], "elicitation/create");
  Json answered{{"name", "greet"},
                {"requestState", first["requestState"]},
                {"inputResponses", {{"name", {{"action", "accept"}, {"content", {{"name", "Ada"}}}}}}}};
  auto done = ask(server, request_of("tools/call", answered, 2), modern_info(able))["result"];
  EXPECT_EQ(done["resultType"], "complete");
  EXPECT_EQ(done["content"][0]["text"], "Hello, Ada");
  EXPECT_EQ(done["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "t");

  auto refused = [&](Json params, RequestInfo info) {
    return ask(server, request_of("tools/call", std::move(params)), std::move(info))["error"]["code"];
  };
  Json other = answered;
  other["arguments"] = {{"x", 1}};
  EXPECT_EQ(refused(other, modern_info(able)), -32602) << "the state belongs to another request";
  auto stranger = modern_info(able);
  stranger.principal.id = "usr_2";
  EXPECT_EQ(refused(answered, stranger), -32602) << "the state belongs to another person";
  Json malformed{{"name", "greet"}, {"inputResponses", nullptr}};
  EXPECT_EQ(refused(malformed, modern_info(able)), -32602);
  clock.move_to({3600 * kSecond_us});
  EXPECT_EQ(refused(answered, modern_info(able)), -32602) << "the state has expired";
  EXPECT_EQ(refused({{"name", "greet"}}, modern_info()), -32021) << "the client cannot be asked";
}

TEST(ServerTest, LegacyRoundsTravelOnTheStream) {
  Asking tools;
  McpServer server({.name = "t", .version = "1", .tool_provider = &tools});
  RequestInfo info;
  info.client = {.era = Era::kLegacy,
                 .revision = "2025-06-18",
                 .capabilities = {{"elicitation", Json::object()}},
                 .log_level = Severity::kInfo};
  info.peer = std::make_shared<Peer>(Principal{});
  auto peer = info.peer;
  auto outlet = std::make_shared<RecordingOutlet>();
  EXPECT_TRUE(
      ask(server, request_of("tools/call", {{"name", "greet"}, {"_meta", {{"progressToken", "p"}}}}), info, outlet)
          .is_null());
  auto sent = outlet->sent();
  ASSERT_EQ(sent.size(), 3U) << "one progress, one log, one question";
  EXPECT_EQ(sent[0]["params"], (Json{{"progressToken", "p"}, {"progress", 1.0}, {"total", 2.0}, {"message", "half"}}));
  EXPECT_EQ(sent[1]["params"]["level"], "error");
  EXPECT_EQ(sent[2]["method"], "elicitation/create");
  Json response{
      {"jsonrpc", "2.0"}, {"id", sent[2]["id"]}, {"result", {{"action", "accept"}, {"content", {{"name", "Bo"}}}}}};
  auto message = std::get<Message>(jsonrpc::parse(response));
  EXPECT_TRUE(server.response(message, peer));
  EXPECT_EQ(outlet->answer()["result"]["content"][0]["text"], "Hello, Bo");
  EXPECT_FALSE(server.response(message, peer)) << "answered twice";
  EXPECT_FALSE(outlet->answer()["result"].contains("resultType"));
}

TEST(ServerTest, AnExceptionIsAnInternalErrorWithoutItsText) {
  Asking tools;
  McpServer server({.name = "t", .version = "1", .tool_provider = &tools});
  auto answer = ask(server, request_of("tools/call", {{"name", "throw"}}), modern_info());
  EXPECT_EQ(answer["error"]["code"], -32603);
  EXPECT_EQ(answer.dump().find("secret"), std::string::npos);
}

TEST(ServerTest, RunnerToolsAnswerStructuredAndExplainErrors) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  for (const char* name : {"test_echo", "test.echo"}) {
    auto result = ask(server, request_of("tools/call", {{"name", name}, {"arguments", {{"message", "hi"}}}}),
                      modern_info())["result"];
    EXPECT_EQ(result["structuredContent"], (Json{{"message", "hi"}}));
    EXPECT_EQ(result["content"][0]["text"], R"({"message":"hi"})");
  }
  auto wrong = ask(server, request_of("tools/call", {{"name", "test_echo"}}), modern_info())["result"];
  EXPECT_EQ(wrong["isError"], true);
  EXPECT_EQ(wrong["_meta"]["io.spreaders/error"]["code"], "invalid_argument");
  EXPECT_EQ(wrong["_meta"]["io.spreaders/error"]["issues"][0]["pointer"], "/message");
  EXPECT_EQ(ask(server, request_of("tools/call", {{"name", "nothing"}}), modern_info())["error"]["code"], -32602);
  ask(server, request_of("tools/call", {{"name", "test_echo"}, {"_meta", {{"io.spreaders/idempotencyKey", "k1"}}}}),
      modern_info());
  EXPECT_EQ(runner.calls.back().idempotency_key, "k1");
  auto list = ask(server, request_of("tools/list", Json::object()), modern_info())["result"];
  EXPECT_EQ(list["tools"][0]["name"], "test_echo");
  EXPECT_EQ(list["cacheScope"], "public");
}

class Gate final : public ApprovalGate {
 public:
  std::optional<ElicitationSpec> ask(const Error&, const ToolCall& call) override {
    return ElicitationSpec{.message = "Publish for 10 EUR? The code is on the terminal.",
                           .reference = "plan-of-" + call.name};
  }
  Result<std::string> answer(std::string_view reference, std::string_view code, const Principal&) override {
    last_reference = reference;
    if (code == "1234") return std::string("apr_1");
    if (code == "gone") return Error{Code::kPermissionDenied, "Too many wrong codes"};
    return invalid("That code is wrong");
  }
  std::string last_reference;
};

TEST(ServerTest, APersonApprovesByACodeThatNoResultCarries) {
  FakeRunner runner;
  Gate gate;
  McpServer server({.name = "t", .version = "1", .tools = &runner, .approvals = &gate, .signing_key = kKey});
  Json able{{"elicitation", {{"form", Json::object()}}}};
  Json params{{"name", "test_publish"}, {"arguments", {{"message", "m"}}}};
  auto first = ask(server, request_of("tools/call", params), modern_info(able))["result"];
  ASSERT_EQ(first["resultType"], "input_required");
  const auto& question = first["inputRequests"]["approval"]["params"];
  EXPECT_EQ(question["message"], "Publish for 10 EUR? The code is on the terminal.");
  EXPECT_EQ(question["requestedSchema"]["required"], Json::array({"code"}));

  auto answer = [&](Json approval) {
    Json again = params;
    again["requestState"] = first["requestState"];
    again["inputResponses"] = {{"approval", std::move(approval)}};
    return ask(server, request_of("tools/call", again), modern_info(able));
  };
  auto typed = [](const char* code) { return Json{{"action", "accept"}, {"content", {{"code", code}}}}; };
  EXPECT_EQ(answer(typed("0000"))["result"]["inputRequests"]["approval"]["params"]["message"], "That code is wrong");
  EXPECT_EQ(answer(typed("gone"))["result"]["isError"], true);
  EXPECT_EQ(answer({{"action", "decline"}})["result"]["isError"], true);
  EXPECT_EQ(runner.calls.size(), 1U) << "nothing ran without the right code";
  auto done = answer(typed("1234"));
  EXPECT_EQ(done["result"]["structuredContent"], (Json{{"message", "m"}}));
  EXPECT_EQ(runner.calls.back().approval, "apr_1");
  EXPECT_EQ(gate.last_reference, "plan-of-test_publish");
  EXPECT_EQ(done.dump().find("1234"), std::string::npos);

  // Without elicitation the client gets the error, and a state cannot be made up.
  EXPECT_EQ(
      ask(server, request_of("tools/call", params), modern_info())["result"]["_meta"]["io.spreaders/error"]["code"],
      "approval_required");
  Json forged = params;
  forged["requestState"] = "approval:plan";
  EXPECT_EQ(ask(server, request_of("tools/call", forged), modern_info(able))["error"]["code"], -32602);
}

TEST(ServerTest, CancelledCallsGetNoAnswer) {
  FakeRunner runner;
  auto peer = std::make_shared<Peer>(Principal{});
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  bool stopped = false;
  runner.on_call = [&](const ToolCall& call) -> Result<Json> {
    server.notification(
        std::get<Message>(jsonrpc::parse(
            {{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 1}}}})),
        peer);
    stopped = call.stop.stop_requested();
    return Json::object();
  };
  auto info = modern_info();
  info.peer = peer;
  EXPECT_TRUE(ask(server, request_of("tools/call", {{"name", "test_echo"}}), info).is_null());
  EXPECT_TRUE(stopped);
  runner.on_call = nullptr;
  info.stop = {};
  EXPECT_FALSE(ask(server, request_of("tools/call", {{"name", "test_echo"}}), info).is_null())
      << "the id is free again";
}

TEST(ServerTest, ListenStreamsKeepToTheirFilter) {
  Asking tools;
  McpServer server({.name = "t", .version = "1", .tool_provider = &tools});
  auto outlet = std::make_shared<RecordingOutlet>();
  Json params{{"notifications", {{"toolsListChanged", true}, {"promptsListChanged", true}}}};
  EXPECT_TRUE(ask(server, request_of("subscriptions/listen", params, 9), modern_info(), outlet).is_null());
  server.prompts_changed();
  server.tools_changed();
  auto sent = outlet->sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0]["method"], "notifications/subscriptions/acknowledged");
  EXPECT_EQ(sent[0]["params"]["notifications"], (Json{{"toolsListChanged", true}})) << "there are no prompts to change";
  EXPECT_EQ(sent[1]["method"], "notifications/tools/list_changed");
  EXPECT_EQ(sent[1]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 9);
  server.close();
  EXPECT_EQ(outlet->answer()["result"]["resultType"], "complete");
}

}  // namespace
}  // namespace spreaders::mcp
