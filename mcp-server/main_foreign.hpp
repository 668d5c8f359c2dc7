// Tools of other MCP servers for the agent: a ToolRunner beside the product's own. Their servers are untrusted:
//
// - Nothing is offered until a person has put the hash of the definitions into the configuration; a definition that
//   changes takes the whole server away until they have looked again.
// - Names, texts and schemas are cleaned; results come as data with the label of strangers' words.
// - Every call passes a pipeline of its own with the same rules and the same audit as all other tools. What a server
// does
//   not call read-only, in the definition that was accepted, needs a person's approval of exactly this call.
// - Arguments that hold a secret are not sent; the server gets its own configured key and nothing else of ours.
//
//   ForeignTools foreign(config.mcp, environment, http, storage, clock);
//   foreign.connect(stop);
//   LoopParts{model, foreign.runner(app.tools()), ...}
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/http_client.hpp"
#include "core/tool.hpp"
#include "mcp-server/client/authorizer.hpp"
#include "mcp-server/client/client.hpp"
#include "storage/storage.hpp"
#include "tools/pipeline.hpp"

namespace spreaders::app {

// What a person has to know before they accept a server's tools.
struct ForeignReport {
  std::string server;
  std::string problem;             // why none of its tools is used; empty when they are
  std::string hash;                // of the definitions as they are now; empty when it could not be asked
  std::vector<std::string> tools;  // "crm_find (read): Finds a customer", cleaned
};

class ForeignTools {
 public:
  ForeignTools(McpConfig config, std::map<std::string, std::string> environment, HttpClient& http,
               storage::Storage& storage, Clock& clock);
  ~ForeignTools();
  ForeignTools(const ForeignTools&) = delete;
  ForeignTools& operator=(const ForeignTools&) = delete;

  // Asks every server; one that does not answer is reported and left out.
  std::vector<ForeignReport> connect(std::stop_token stop = {});
  // `own` and the accepted tools. Names that `own` has already stay its own.
  ToolRunner& runner(ToolRunner& own);

  // What the two tools of the pipeline do.
  Result<Json> call(const std::string& server, const std::string& tool, const Json& arguments, bool read_only,
                    ToolContext& context);

 private:
  struct Server;
  struct Tool;
  class Runner;
  Result<void> open(Server& server, std::stop_token stop);
  Result<void> read_definitions(Server& server, std::stop_token stop);
  void offer(Server& server);
  [[nodiscard]] const Tool* find(std::string_view name) const;

  const McpConfig config_;
  const std::map<std::string, std::string> environment_;
  HttpClient& http_;
  std::deque<Server> servers_;
  std::deque<Tool> tools_;  // stable addresses: specs are pointed to
  Parts parts_;
  LocalBuckets buckets_;
  tools::ServiceRegistry registry_;
  std::unique_ptr<tools::Pipeline> pipeline_;
  std::unique_ptr<Runner> runner_;
};

// The text without characters that a person does not see (control, zero-width, direction, tag), cut.
std::string visible_text(std::string_view text, size_t code_points_max);

}  // namespace spreaders::app
