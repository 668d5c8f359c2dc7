// Internal to protocol: the server's insides and one request in work.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "mcp-server/protocol/lists.hpp"
#include "mcp-server/protocol/progress.hpp"
#include "mcp-server/protocol/runner_tools.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/protocol/subscriptions.hpp"
#include "mcp-server/protocol/tasks.hpp"
#include "mcp-server/transport/worker_pool.hpp"

namespace spreaders::mcp {

struct Call;
using CallPtr = std::shared_ptr<Call>;  // shared by the running thread and the round of questions it waits for

struct McpServer::Impl {
  explicit Impl(McpServerOptions given);

  McpServerOptions options;
  std::optional<RunnerTools> runner_tools;
  ToolProvider* tools = nullptr;
  ListCache tools_pages;
  ListCache prompts_pages;
  Subscriptions listeners;
  std::mutex peers_mutex;
  std::vector<std::weak_ptr<Peer>> peers;
  std::optional<Tasks> tasks;
  std::unique_ptr<WorkerPool> task_workers;  // after what its jobs use, so it stops first
  std::optional<ProgressTimer> progress;     // the same

  [[nodiscard]] Json server_info() const;
  [[nodiscard]] Json whole_server_info() const;
  [[nodiscard]] Json initialize_result(const ClientState& client) const;
  [[nodiscard]] Json modern_meta() const;
  [[nodiscard]] Json capabilities(Era era) const;

  void dispatch(const CallPtr& call);
  void discover(const CallPtr& call);
  void initialize(const CallPtr& call);
  void ping(const CallPtr& call);
  void set_level(const CallPtr& call);
  void resources_subscribe(const CallPtr& call);
  void complete(const CallPtr& call);
  std::variant<Json, RpcError> completed(Call& call, const Json& reference, const Json& argument, const Json& known);
  void tools_list(const CallPtr& call);
  void prompts_list(const CallPtr& call);
  void resources_list(const CallPtr& call);
  void templates_list(const CallPtr& call);
  void listen(const CallPtr& call);
  void task_method(const CallPtr& call);
  void start_task(const CallPtr& call, const Json* responses, std::string state);
  void answer_page(const CallPtr& call, const std::vector<std::string>& pages);
  [[nodiscard]] std::vector<std::string> pages_of(const Json& entries, std::string_view name, Era era,
                                                  std::string_view cache_scope) const;
  std::vector<PeerPtr> alive_peers();
  // Whether the caller may hear of changes of a resource; what speaks against it.
  std::optional<RpcError> may_watch(Call& call, const std::string& uri);
  void broadcast(std::string_view method, const Json& params, const std::function<bool(const Peer&)>& wanted);

  // The three methods that may need several rounds (rounds.cpp).
  void tools_call(const CallPtr& call);
  void prompts_get(const CallPtr& call);
  void resources_read(const CallPtr& call);
  void start_rounds(const CallPtr& call);
  void run_round(const CallPtr& call, const Json* responses, std::string state);
  void answered(const CallPtr& call, Answer answer);
  Answer invoke(Call& call, const CallContext& context);
  void ask_in_result(Call& call, InputRequired asked);
  void ask_on_stream(const CallPtr& call, InputRequired asked);
};

struct Call {
  Call(McpServer::Impl& server_, Message message_, RequestInfo info_, OutletPtr outlet_)
      : server(server_), message(std::move(message_)), info(std::move(info_)), outlet(std::move(outlet_)) {}
  ~Call() { leave(); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  McpServer::Impl& server;
  Message message;
  RequestInfo info;
  OutletPtr outlet;
  bool registered = false;
  CallProgress progress;

  [[nodiscard]] bool modern() const { return info.client.era == Era::kModern; }
  [[nodiscard]] const std::string* text_param(std::string_view name) const;
  void complete(Json result);                        // adds what the era asks for
  void complete_text(std::string_view result_text);  // the text is ready
  void fail(const RpcError& error);
  void leave();  // no longer running: its id may be used again, and nothing more is said about its progress
};

// What a provider may know and use while it works on this call, which outlives the context.
CallContext context_of(Call& call, const Json* responses, std::string state);
// An exception's text may hold anything, so it is logged and never answered.
RpcError provider_threw(const Call& call, const std::exception& problem);
// As the revision of the client wants it.
RpcError for_client(const Call& call, RpcError error);
bool legacy_client(const Peer& peer);

}  // namespace spreaders::mcp
