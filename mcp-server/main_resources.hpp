// What MCP clients are offered beside tools: resources, prompts, completion, and word of changes. All of it goes
// through the tools' one pipeline as the caller.
#pragma once

#include <memory>
#include <thread>

#include "mcp-server/protocol/runner_resources.hpp"
#include "mcp-server/protocol/server.hpp"

namespace spreaders::app {

class App;

// The resources of the product, as data.
std::vector<mcp::ResourceSpec> resource_table();

// Has to outlive the server that it is added to.
class Offer {
 public:
  explicit Offer(App& app);
  ~Offer();
  Offer(const Offer&) = delete;
  Offer& operator=(const Offer&) = delete;
  void add_to(mcp::McpServerOptions& options);
  // Tells the server's clients about changes until the thread is stopped, which has to be before the server ends.
  [[nodiscard]] std::jthread follow(mcp::McpServer& server);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spreaders::app
