// The composition root's object: everything that a running Spreaders is made of, bound together in one place.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/planning.hpp"
#include "agent/tools.hpp"
#include "core/buckets.hpp"
#include "core/config.hpp"
#include "credentials/connections.hpp"
#include "events/outbox.hpp"
#include "integrations/http/curl_client.hpp"
#include "mcp-server/main_mail.hpp"
#include "mcp-server/main_model.hpp"
#include "mcp-server/main_resources.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "mcp-server/transport/http/server.hpp"
#include "net/http_server.hpp"
#include "planners/tools.hpp"
#include "sandbox/world.hpp"
#include "services/audience/audience.hpp"
#include "services/audience/import.hpp"
#include "services/events/writer.hpp"
#include "services/sending/sending.hpp"
#include "services/tracking/tracking.hpp"
#include "storage/storage.hpp"
#include "tools/pipeline.hpp"
#include "workflows/engine.hpp"
#include "workflows/listening.hpp"

namespace spreaders::app {

struct AppOptions {
  Config config;
  std::map<std::string, std::string> environment;
  bool engine = true;         // run workflows and send, if no other process on this data directory does
  bool http = true;           // open the door: links in mails, /mcp, pages
  bool virtual_time = false;  // the clock stands still and jumps to the next due time; sandbox only
  bool terminal = false;      // this process has a terminal of its own: approval codes are shown on it
};

class App {
 public:
  static Result<std::unique_ptr<App>> start(AppOptions options);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  tools::Pipeline& tools() { return *pipeline_; }
  storage::Storage& storage() { return *storage_; }
  Clock& clock() { return *clock_; }
  const Config& config() const { return options_.config; }
  const std::string& workspace() const { return workspace_; }
  [[nodiscard]] bool in_sandbox() const { return world_ != nullptr; }
  [[nodiscard]] bool runs_engine() const { return lock_file_ >= 0; }
  [[nodiscard]] sandbox::World* world() { return world_.get(); }
  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] std::string planner_name() const {
    return model_ ? model_->provider() + " " + model_->model() : "built-in planner";
  }
  SwitchedModel* language_model() { return model_.get(); }  // null: the built-in planner does it
  Transcriber* transcriber() { return transcriber_.get(); }
  [[nodiscard]] std::string shop_url() const;  // where the button of a mail leads
  HttpServer* http() { return http_.get(); }
  services::EventWriter& event_writer();  // made when it is first asked for
  const audience::Journal& journal() const { return journal_; }
  void wake_engine() {
    if (engine_) engine_->wake();
  }
  HttpClient& http_client() { return curl_; }
  // Prometheus text: calls, and the HTTP door.
  [[nodiscard]] std::string metrics_text() const;
  int operations_port() const { return operations_ ? operations_->port() : 0; }

  // The person at this machine, and a model that acts for them.
  [[nodiscard]] Principal owner(const std::string& door) const;
  [[nodiscard]] Principal model(const std::string& door) const;
  mcp::ApprovalGate& approval_gate() { return *gate_; }

  // Virtual time: works and jumps until `done` says so or nothing is left to do. `progress` is called after every
  // round. kStandsStill: while a run waits for somebody's word the clock does not jump, as an hour of theirs is not
  // three days of everybody's; it returns then, to be called again. kGoesOn: where nobody can answer before it returns.
  enum class Asked : uint8_t { kStandsStill, kGoesOn };
  Result<void> drive(Asked asked, const std::function<bool()>& done, const std::function<void()>& progress);
  // Real time: threads that work until the App ends.
  void start_threads();
  // Serves MCP, links and pages; fails when the port is taken and the configuration insists on it.
  Result<void> start_http();

 private:
  explicit App(AppOptions options) : options_(std::move(options)) {}
  Result<void> open_storage();
  Result<void> bind_world();
  Result<void> bind_mail();
  Result<void> bind_models();
  Result<void> bind_tools();
  Result<void> take_engine_lock();
  Result<void> take_over_engine();
  Result<bool> pump();
  Result<void> record_sandbox_bounces();
  Result<void> note_first_send(storage::Tx& tx, const std::vector<events::Settled>& settled);

  AppOptions options_;
  std::string workspace_, owner_id_;
  std::unique_ptr<VirtualClock> virtual_clock_;
  Clock* clock_ = nullptr;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<credentials::Vault> vault_;
  services::Tracking tracking_;
  sending::Guard guard_;
  std::unique_ptr<audience::Profiles> profiles_;
  CurlClient curl_;
  std::unique_ptr<SwitchedModel> model_;
  std::unique_ptr<Transcriber> transcriber_;
  std::unique_ptr<sandbox::World> world_;
  Parts parts_;
  agent::PlannerSetup planner_setup_;
  agent::Ears ears_;
  planners::Writer writer_;
  std::unique_ptr<EmailSender> email_sender_;
  LocalBuckets buckets_;
  std::unique_ptr<tools::ServiceRegistry> registry_;
  std::unique_ptr<tools::Pipeline> pipeline_;
  std::unique_ptr<workflows::Engine> engine_;
  // Everybody who records facts uses this one.
  audience::Journal journal_ = workflows::listening_journal(system_ids(), [this] { wake_engine(); });
  std::unique_ptr<events::Dispatcher> dispatcher_;
  std::unique_ptr<mcp::ApprovalGate> gate_;
  std::unique_ptr<services::EventWriter> event_writer_;
  std::unique_ptr<Offer> offer_;
  std::unique_ptr<mcp::McpServer> mcp_;
  std::unique_ptr<mcp::McpEndpoint> endpoint_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<net::HttpServer> operations_;
  std::atomic<int> lock_file_ = -1;
  std::atomic<bool> engine_ready_ = false;  // ours, and what the process before left is taken over
  std::vector<std::jthread> threads_;
  std::jthread follower_;  // tells the clients of mcp_ about changes
};

// One line on this process's own terminal (/dev/tty), never on stdout; false when there is none.
bool show_on_terminal(const std::string& text);
std::optional<std::string> ask_on_terminal(const std::string& prompt);

}  // namespace spreaders::app
