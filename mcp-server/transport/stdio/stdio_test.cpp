#include "mcp-server/transport/stdio/stdio.hpp"

#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "mcp-server/test_support.hpp"

namespace spreaders::mcp {
namespace {

using testing::FakeRunner;

// Gives `input` to a server at once, closes it, and collects every line of the output.
std::vector<Json> serve(McpServer& server, const std::string& input, StdioOptions options = {}) {
  int in[2];
  int out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  options.input = in[0];
  options.output = out[1];
  std::string text;
  std::thread reader([&] {
    char block[4096];
    for (ssize_t count = ::read(out[0], block, sizeof block); count > 0; count = ::read(out[0], block, sizeof block)) {
      text.append(block, static_cast<size_t>(count));
    }
  });
  std::thread writer([&] {
    std::string_view rest = input;
    while (!rest.empty()) {
      ssize_t count = ::write(in[1], rest.data(), rest.size());
      if (count <= 0) break;
      rest.remove_prefix(static_cast<size_t>(count));
    }
    ::close(in[1]);
  });
  EXPECT_TRUE(serve_stdio(server, options).ok());
  ::close(out[1]);
  writer.join();
  reader.join();
  ::close(in[0]);
  ::close(out[0]);
  std::vector<Json> lines;
  size_t from = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; from = end + 1, end = text.find('\n', from)) {
    lines.push_back(Json::parse(text.substr(from, end - from)));  // throws on anything that is not JSON
  }
  EXPECT_EQ(from, text.size()) << "the last line is whole";
  return lines;
}

std::string call_line(int id, const char* message) {
  return Json{{"jsonrpc", "2.0"},
              {"id", id},
              {"method", "tools/call"},
              {"params", {{"name", "test_echo"}, {"arguments", {{"message", message}}}}}}
             .dump() +
         "\n";
}

TEST(StdioTest, ServesAndRefusesBadLines) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  StdioOptions options;
  options.json.bytes_max = 1000;
  auto lines = serve(
      server,
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}})"
      "\nnot json\r\n\n" +
          std::string(5000, 'x') + "\n[1]\n{\"id\":3}\n" + call_line(2, "last, without a newline"),
      options);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[0]["result"]["protocolVersion"], "2025-06-18");
  EXPECT_EQ(lines[1]["error"]["code"], -32700);
  EXPECT_EQ(lines[1]["id"], nullptr);
  EXPECT_EQ(lines[2]["error"]["code"], -32700) << "the long line";
  EXPECT_EQ(lines[3]["error"]["code"], -32600) << "a batch";
  EXPECT_EQ(lines[4]["error"]["code"], -32600);
  EXPECT_EQ(lines[5]["result"]["structuredContent"]["message"], "last, without a newline");
}

TEST(StdioTest, RunsCallsAtTheSameTimeAndFinishesThemAfterTheEndOfInput) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  std::atomic<int> inside{0};
  runner.on_call = [&](const ToolCall& call) -> Result<Json> {
    ++inside;
    EXPECT_TRUE(testing::eventually([&] { return inside >= 3; })) << "three calls at once";
    return Json{{"message", call.arguments["message"]}};
  };
  auto lines = serve(server, call_line(1, "a") + call_line(2, "b") + call_line(3, "c"));
  EXPECT_EQ(lines.size(), 3U);
}

TEST(StdioTest, StopsCallsThatDoNotEndByThemselves) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  runner.on_call = [&](const ToolCall& call) -> Result<Json> {
    EXPECT_TRUE(testing::eventually([&] { return call.stop.stop_requested(); }));
    return Json::object();
  };
  int64_t started_ms = monotonic_ms();
  auto lines = serve(server, call_line(1, "a"), {.finish_timeout_ms = 50});
  EXPECT_TRUE(lines.empty()) << "a cancelled call gets no answer";
  EXPECT_LT(monotonic_ms() - started_ms, 2000);
}

TEST(StdioTest, KeepsWhatOthersPrintOffTheProtocol) {
  int out[2];
  int in[2];
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
  int kept = ::dup(STDOUT_FILENO);
  ::dup2(out[1], STDOUT_FILENO);
  FakeRunner runner;
  runner.on_call = [](const ToolCall&) -> Result<Json> {
    EXPECT_GT(::write(STDOUT_FILENO, "debug print\n", 12), 0);
    return Json{{"message", "m"}};
  };
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  std::string line = call_line(1, "a");
  ASSERT_EQ(::write(in[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
  ::close(in[1]);
  EXPECT_TRUE(serve_stdio(server, {.input = in[0]}).ok());
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
  ::close(out[1]);
  std::string text(4096, '\0');
  ssize_t count = ::read(out[0], text.data(), text.size());
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  EXPECT_EQ(text.find("debug print"), std::string::npos);
  EXPECT_TRUE(text.starts_with("{\"jsonrpc\""));
  ::close(out[0]);
  ::close(in[0]);
}

TEST(StdioTest, SpeaksTheModernEraOnTheSameLine) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  auto modern = [](int id, const char* method, const char* version) {
    return Json{{"jsonrpc", "2.0"},
                {"id", id},
                {"method", method},
                {"params",
                 {{"_meta",
                   {{"io.modelcontextprotocol/protocolVersion", version},
                    {"io.modelcontextprotocol/clientCapabilities", Json::object()}}}}}}
               .dump() +
           "\n";
  };
  auto lines = serve(server, modern(1, "server/discover", "2026-07-28") + modern(2, "tools/list", "1900-01-01") +
                                 modern(3, "ping", "2026-07-28"));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["result"]["supportedVersions"][0], "2026-07-28");
  EXPECT_EQ(lines[1]["error"]["code"], -32022);
  EXPECT_EQ(lines[2]["error"]["code"], -32601);
}

TEST(StdioTest, AnswersBatchesOfTheOneRevisionThatHasThem) {
  FakeRunner runner;
  McpServer server({.name = "t", .version = "1", .tools = &runner});
  auto lines = serve(
      server,
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}})"
      "\n"
      R"([{"jsonrpc":"2.0","id":2,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":3,"method":"none"}])"
      "\n");
  ASSERT_EQ(lines.size(), 2U);
  ASSERT_TRUE(lines[1].is_array());
  EXPECT_EQ(lines[1].size(), 2U);
  EXPECT_EQ(lines[1][0]["id"], 2);
  EXPECT_EQ(lines[1][1]["error"]["code"], -32601);
}

}  // namespace
}  // namespace spreaders::mcp
