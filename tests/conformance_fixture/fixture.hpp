// The server that the official MCP conformance suite expects: its tools, prompts and resources, by name and by word.
// Linked to the same library as the product.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mcp-server/protocol/server.hpp"

namespace fixture {

using spreaders::Json;
using spreaders::mcp::Answer;
using spreaders::mcp::CallContext;
using spreaders::mcp::McpServer;

constexpr std::string_view kRedPixelPng =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
constexpr std::string_view kOneSampleWav = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==";

struct Tool {
  Json descriptor;
  std::function<Answer(const Json& arguments, const CallContext& context)> run;
};

Json schema(Json properties, Json required = Json::array());
Tool make_tool(std::string name, std::string description, Json input_schema,
               std::function<Answer(const Json&, const CallContext&)> run);
Json text_content(std::string text);
// Waits, but not longer than the call lives. False: it was cancelled.
bool pause(const CallContext& context, int64_t ms);

class Tools final : public spreaders::mcp::ToolProvider {
 public:
  Tools();
  Json list() override;
  [[nodiscard]] uint64_t version() const override { return version_; }
  bool has(std::string_view name) override { return index_.contains(std::string(name)); }
  const Json* header_schema(std::string_view name) override;
  Answer call(std::string_view name, const Json& arguments, const CallContext& context) override;
  McpServer* server = nullptr;  // told about changes of the lists
  std::function<void()> prompts_changed;

 private:
  void add(Tool tool);
  std::vector<Tool> tools_;
  std::map<std::string, size_t> index_;
  std::atomic<uint64_t> version_{1};
};

// Those that ask the client for input, on its stream or in their result.
std::vector<Tool> input_tools();
// Those that go on as tasks.
std::vector<Tool> task_tools();

class Prompts final : public spreaders::mcp::PromptProvider {
 public:
  Json list() override;
  [[nodiscard]] uint64_t version() const override { return list_version; }
  Answer get(std::string_view name, const Json& arguments, const CallContext& context) override;
  std::atomic<uint64_t> list_version{1};
};

class Resources final : public spreaders::mcp::ResourceProvider {
 public:
  Json list(const spreaders::Principal& principal) override;
  Json templates() override;
  [[nodiscard]] bool same_for_all() const override { return true; }
  Answer read(std::string_view uri, const CallContext& context) override;
};

class Completion final : public spreaders::mcp::CompletionProvider {
 public:
  std::variant<Json, spreaders::mcp::RpcError> complete(const Json& reference, std::string_view argument,
                                                        std::string_view value, const Json& known,
                                                        const CallContext& context) override;
};

}  // namespace fixture
