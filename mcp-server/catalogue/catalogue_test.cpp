#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mcp-server/catalogue/compact.hpp"
#include "mcp-server/catalogue/result_cap.hpp"
#include "mcp-server/catalogue/selection.hpp"
#include "mcp-server/protocol/runner_tools.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::FakeRunner;
using testing::RecordingOutlet;

TEST(Selection, ListsNarrowAndNamesMayBeWireOrDotted) {
  FakeRunner runner;
  auto selection = read_selection({.tools = "test_echo", .exclude = ""}, runner.list());
  ASSERT_TRUE(selection.ok());
  EXPECT_TRUE(selection->shows(*runner.find("test.echo")));
  EXPECT_FALSE(selection->shows(*runner.find("test.publish")));
  auto without = read_selection({.toolsets = "test", .exclude = "test.echo"}, runner.list());
  ASSERT_TRUE(without.ok());
  EXPECT_FALSE(without->shows(*runner.find("test.echo")));
  EXPECT_TRUE(without->shows(*runner.find("test.publish")));
  EXPECT_EQ(read_selection({.tools = "test.publish, test_echo"}, runner.list())->key(),
            read_selection({.tools = "test_echo,test.publish,"}, runner.list())->key());
}

TEST(Selection, EveryUnknownNameIsNamed) {
  FakeRunner runner;
  auto selection =
      read_selection({.toolsets = "test,mail", .tools = "nothing", .exclude = "neither"}, runner.list(), "/");
  ASSERT_FALSE(selection.ok());
  ASSERT_EQ(selection.error().issues.size(), 3U);
  EXPECT_EQ(selection.error().issues[0].pointer, "/toolsets");
  EXPECT_NE(selection.error().issues[0].message.find("'mail'; there are test"), std::string::npos);
  EXPECT_EQ(selection.error().issues[1].pointer, "/tools");
  EXPECT_EQ(selection.error().issues[2].pointer, "/exclude");
}

TEST(Selection, PathsAreReadWhole) {
  FakeRunner runner;
  auto read = [&](std::string_view rest) -> std::string {
    Selection selection;
    auto done = read_selection_path(rest, runner.list(), selection);
    return done.ok() ? selection.key() : "refused";
  };
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("/"), "");
  EXPECT_EQ(read("/compact"), "*");
  EXPECT_EQ(read("/compact/readonly"), "*!");
  EXPECT_EQ(read("/readonly"), "!");
  EXPECT_EQ(read("/x/test"), "/test");
  EXPECT_EQ(read("/x/test/readonly"), "!/test");
  for (const char* wrong : {"/compactx", "/x/", "/x/nothing", "/x/test/more", "/readonly/compact", "/other"})
    EXPECT_EQ(read(wrong), "refused") << wrong;
  Selection both;
  both.toolsets = {"else"};
  EXPECT_FALSE(read_selection_path("/x/test", runner.list(), both).ok()) << "nothing in common is not everything";
}

ClientState modern_client() {
  return {
      .era = Era::kModern, .revision = std::string(kModernRevision), .capabilities = {{"elicitation", Json::object()}}};
}

Json ask(McpServer& server, const std::string& name, Json arguments, Selection selection = {}) {
  auto outlet = std::make_shared<RecordingOutlet>();
  Message message{.kind = jsonrpc::Kind::kRequest,
                  .id = Id{int64_t{1}},
                  .method = "tools/call",
                  .params = {{"name", name}, {"arguments", std::move(arguments)}}};
  server.request(std::move(message),
                 {.client = modern_client(),
                  .principal = {.id = "usr_1", .workspace = "wsp_1", .scopes = {}, .door = "test"},
                  .selection = std::move(selection)},
                 outlet);
  return outlet->answer();
}

Json list(McpServer& server, Selection selection) {
  auto outlet = std::make_shared<RecordingOutlet>();
  Message message{
      .kind = jsonrpc::Kind::kRequest, .id = Id{int64_t{1}}, .method = "tools/list", .params = Json::object()};
  server.request(std::move(message),
                 {.client = modern_client(),
                  .principal = {.id = "usr_1", .workspace = "wsp_1", .scopes = {}, .door = "test"},
                  .selection = std::move(selection)},
                 outlet);
  return outlet->answer()["result"];
}

std::vector<std::string> names(const Json& listed) {
  std::vector<std::string> all;
  for (const auto& tool : listed["tools"]) all.push_back(tool["name"]);
  return all;
}

TEST(Compact, ListsTheFourToolsAndTheCore) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner, .compact_core = {"test.echo"}});
  EXPECT_EQ(
      names(list(server, {.compact = true})),
      (std::vector<std::string>{"tools_search", "tools_describe", "tools_call_read", "tools_call_write", "test_echo"}));
  EXPECT_EQ(names(list(server, {.compact = true, .read_only = true})),
            (std::vector<std::string>{"tools_search", "tools_describe", "tools_call_read", "test_echo"}));
  EXPECT_EQ(names(list(server, {})), (std::vector<std::string>{"test_echo", "test_publish"}))
      << "one request's choice is not another's";
  EXPECT_EQ(list(server, {.by_header = true, .tools = {"test.echo"}})["cacheScope"], "private");
  EXPECT_EQ(list(server, {.tools = {"test.echo"}})["cacheScope"], "public");
}

TEST(Compact, SearchesDescribesAndCalls) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  auto found = ask(server, "tools_search", {{"query", "echoing a message"}})["result"]["structuredContent"];
  ASSERT_EQ(found["tools"][0]["name"], "test_echo");
  EXPECT_EQ(found["tools"][0]["input_schema"]["properties"]["message"]["type"], "string");
  EXPECT_EQ(
      ask(server, "tools_search", {{"query", "publish"}}, {.read_only = true})["result"]["structuredContent"]["tools"]
          .size(),
      0U);
  auto described =
      ask(server, "tools_describe", {{"names", {"test.echo", "test_ecko"}}})["result"]["structuredContent"];
  EXPECT_EQ(described["tools"][0]["name"], "test_echo");
  EXPECT_EQ(described["unknown"].size(), 1U);
  auto called = ask(server, "tools_call_read", {{"name", "test_echo"}, {"arguments", {{"message", "hi"}}}})["result"];
  EXPECT_EQ(called["structuredContent"], (Json{{"message", "hi"}}));
}

TEST(Compact, ReadingNeverWritesWhateverTheWay) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  Json write{{"name", "test_publish"}, {"arguments", {{"message", "x"}}}};
  EXPECT_EQ(ask(server, "tools_call_read", write)["result"]["isError"], true);
  Selection read_only{.read_only = true};
  EXPECT_EQ(ask(server, "test_publish", {{"message", "x"}}, read_only)["result"]["isError"], true);
  EXPECT_EQ(ask(server, "test.publish", {{"message", "x"}}, read_only)["result"]["isError"], true);
  EXPECT_EQ(ask(server, "tools_call_write", {{"calls", {write}}}, read_only)["result"]["isError"], true);
  EXPECT_EQ(ask(server, "tools_call_write", {{"calls", {write, write}}}, read_only)["result"]["isError"], true);
  EXPECT_TRUE(runner.calls.empty()) << "the runner was reached";
  McpServer closed({.name = "t", .version = "1", .tools = &runner, .selection = {.read_only = true}});
  EXPECT_EQ(ask(closed, "test_publish", {{"message", "x"}})["result"]["isError"], true);
  EXPECT_TRUE(runner.calls.empty());
}

TEST(Compact, BatchesAnswerInTheirOrderAndNamesEveryMistake) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  Json good{{"name", "test_echo"}, {"arguments", {{"message", "one"}}}};
  Json bad{{"name", "test_publish"}, {"arguments", {{"message", "two"}}}, {"idempotency_key", "k"}};
  auto results = ask(server, "tools_call_write", {{"calls", {good, bad}}})["result"]["structuredContent"]["results"];
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["result"]["message"], "one");
  EXPECT_EQ(results[1]["error"]["code"], "approval_required");
  EXPECT_EQ(runner.calls.back().idempotency_key, "k");
  size_t before = runner.calls.size();
  auto refused = ask(server, "tools_call_write",
                     {{"calls", {good, {{"name", "nothing"}}, {{"name", "test_echo"}, {"arguments", 7}}}}})["result"];
  EXPECT_EQ(refused["isError"], true);
  EXPECT_EQ(refused["_meta"]["io.spreaders/error"]["issues"][0]["pointer"], "/calls/1/name");
  EXPECT_EQ(refused["_meta"]["io.spreaders/error"]["issues"][1]["pointer"], "/calls/2/arguments");
  EXPECT_EQ(runner.calls.size(), before) << "nothing is half done";
}

TEST(ResultCap, CutsTheLongestListsAndSaysSo) {
  Json rows = Json::array();
  for (int i = 0; i < 5000; ++i) rows.push_back({{"email", "reader" + std::to_string(i) + "@example.org"}});
  Json result{{"total", 5000}, {"contacts", rows}, {"note", "short"}};
  auto cuts = cap_result(result, 10'000);
  EXPECT_LE(to_text(result).size(), 10'000U);
  EXPECT_GT(to_text(result).size(), 7'000U) << "not more than is needed";
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_EQ(cuts[0].pointer, "/contacts");
  EXPECT_EQ(cuts[0].whole, 5000U);
  EXPECT_EQ(cuts[0].kept, result["contacts"].size());
  EXPECT_EQ(result["total"], 5000);
  EXPECT_EQ(result["note"], "short");
}

TEST(ResultCap, LongTextsAndDeepListsShrinkToo) {
  Json result{{"html", std::string(50'000, 'x')}, {"pages", {{{"rows", Json::array()}}, {{"rows", Json::array()}}}}};
  for (int i = 0; i < 3000; ++i) result["pages"][1]["rows"].push_back(i);
  auto cuts = cap_result(result, 2'000);
  EXPECT_LE(to_text(result).size(), 2'000U);
  EXPECT_TRUE(result["html"].is_string());
  EXPECT_TRUE(result["pages"].is_array());
  EXPECT_FALSE(cuts.empty());
  Json small{{"a", 1}};
  EXPECT_TRUE(cap_result(small, 2'000).empty());
  EXPECT_EQ(small, (Json{{"a", 1}}));
}

}  // namespace
}  // namespace spreaders::mcp
