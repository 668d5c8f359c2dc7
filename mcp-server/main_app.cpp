#include "mcp-server/main_app.hpp"

#include <fcntl.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/files.hpp"
#include "core/log.hpp"
#include "core/wait.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/bounce.hpp"
#include "mcp-server/main_parts.hpp"
#include "services/accounts/accounts.hpp"
#include "services/campaigns/campaigns.hpp"
#include "services/sending/stops.hpp"
#include "workflows/asks.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::app {

using storage::Scope;
using storage::Tx;

namespace {

constexpr int64_t kTick_ms = 100;         // audit of reads, states of campaigns, bounces
constexpr int64_t kLockRetry_ms = 1'000;  // how soon a waiting process takes over
constexpr size_t kWriteKeyMax = 64;
constexpr size_t kConnectionsMax = 16'384;  // to the doors; an idle one costs about 4 kB

// Campaigns whose run is over get its outcome. Asking the tables, not a message, makes it survive every crash.
Result<int> settle_campaigns(storage::Storage& storage, Clock& clock) {
  auto ended = TRY(storage.read(Scope::system(), [](Tx& tx) {
    return tx.query(
        "SELECT c.workspace_id, r.id, r.status FROM campaign c JOIN run r ON r.workspace_id = c.workspace_id AND r.id "
        "= c.run_id WHERE c.status IN ('running', 'scheduled', 'paused') AND r.status IN ('completed', 'failed') LIMIT "
        "100");
  }));
  for (const auto& row : ended) {
    TRY(storage.write(Scope::of(row[0].text()), [&](Tx& tx) {
      return services::campaign_ended(tx, row[0].text(), row[1].text(), row[2].text(), clock.now());
    }));
  }
  return static_cast<int>(ended.size());
}

}  // namespace

bool show_on_terminal(const std::string& text) {
  int terminal = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  std::string line = text + "\n";
  bool shown = write(terminal, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  close(terminal);
  return shown;
}

std::optional<std::string> ask_on_terminal(const std::string& prompt) {
  FILE* terminal = fopen("/dev/tty", "r+e");
  if (terminal == nullptr) return std::nullopt;
  std::fputs(prompt.c_str(), terminal);
  std::fflush(terminal);
  char line[256] = {};
  bool read = std::fgets(line, sizeof line, terminal) != nullptr;
  std::fclose(terminal);
  if (!read) return std::nullopt;
  return std::string(trim(line));
}

Result<std::unique_ptr<App>> App::start(AppOptions options) {
  auto app = std::unique_ptr<App>(new App(std::move(options)));
  const Config& config = app->options_.config;
  std::error_code failed;
  bool made_folder = std::filesystem::create_directories(config.data_dir, failed);
  if (failed || chmod(config.data_dir.c_str(), 0700) != 0)
    return Error{Code::kNotConfigured, "the data directory " + config.data_dir + " cannot be made or is not ours"};
  auto folder = std::filesystem::absolute(config.data_dir).lexically_normal();
  if (made_folder && !sync_directory((folder.has_filename() ? folder : folder.parent_path()).parent_path().string()))
    log_warn("the new data directory may be lost in a power cut", {{"path", config.data_dir}});
  TRY(app->open_storage());
  if (app->options_.engine) TRY(app->take_engine_lock());
  bool jumps = app->options_.virtual_time && app->runs_engine() && config.mail.host.empty();
  if (jumps) app->virtual_clock_ = std::make_unique<VirtualClock>(system_clock().now());
  app->clock_ = jumps ? static_cast<Clock*>(app->virtual_clock_.get()) : &system_clock();
  auto made = TRY(services::ensure_workspace(*app->storage_, *app->clock_,
                                             {.name = config.workspace.name,
                                              .postal_address = config.workspace.postal_address,
                                              .website = config.workspace.website}));
  app->workspace_ = made.id;
  app->owner_id_ = made.owner_id;
  app->vault_ = TRY(credentials::Vault::open(config.data_dir + "/vault.key", system_clock(), system_ids()));
  app->profiles_ = std::make_unique<audience::Profiles>(*app->clock_);
  TRY(app->bind_world());
  TRY(app->bind_models());
  TRY(app->bind_tools());
  if (app->options_.http) TRY(app->start_http());
  TRY(app->bind_mail());
  if (app->runs_engine()) {
    TRY(app->engine_->recover());
    TRY(app->dispatcher_->recover());
    app->engine_ready_ = true;
  }
  return app;
}

App::~App() {
  follower_ = {};
  for (auto& thread : threads_) thread.request_stop();
  if (engine_) engine_->wake();
  if (dispatcher_) dispatcher_->wake();
  threads_.clear();
  if (endpoint_) endpoint_->close();
  if (http_) http_->stop();
  if (operations_) operations_->stop();
  if (world_) world_->stop();
  if (pipeline_) {
    if (auto flushed = pipeline_->flush_audit(); !flushed.ok())
      log_error("the audit of some reads was lost", {{"error", flushed.error().message}});
  }
  if (lock_file_ >= 0) close(lock_file_);
}

Result<void> App::open_storage() {
  const Config& config = options_.config;
  if (config.database.url.empty()) storage_ = TRY(storage::open_sqlite({.path = config.data_dir + "/spreaders.db"}));
  else storage_ = TRY(storage::open_postgres({.url = config.database.url}));
  return storage_->migrate();
}

Result<void> App::take_engine_lock() {
  int file = open((options_.config.data_dir + "/engine.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return Error{Code::kNotConfigured, "the file engine.lock in " + options_.config.data_dir + " cannot be made"};
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return {};
  }
  lock_file_ = file;
  return {};
}

Result<void> App::bind_world() {
  const Config& config = options_.config;
  if (!config.mail.host.empty() || !runs_engine()) return {};
  sandbox::WorldOptions world{.clock = clock_};
  world.smtp.port = config.sandbox.smtp_port;
  world.http.port = config.sandbox.http_port;
  world.readers.seed = static_cast<uint64_t>(config.sandbox.seed);
  world_ = TRY(sandbox::World::start(world));
  return {};
}

// The workspace's connection for mail: the configured server, or the sandbox of this process.
Result<void> App::bind_mail() {
  const MailConfig& mail = options_.config.mail;
  bool real = !mail.host.empty();
  if (!real && !world_) return {};
  Json settings = {{"host", real ? mail.host : "127.0.0.1"},
                   {"port", real ? mail.port : world_->smtp_port()},
                   {"security", real ? mail.security : "none"},
                   {"from_email", real ? mail.from_email : "news@sandbox.example"},
                   {"from_name", real && !mail.from_name.empty() ? mail.from_name : options_.config.workspace.name},
                   {"connections_max", mail.connections}};
  std::string lookup = real ? mail.lookup_url : world_->http_base() + "/lookup";
  if (!lookup.empty()) settings["lookup_url"] = lookup;
  if (!mail.username.empty()) settings["username"] = mail.username;
  if (!real) settings["bounce_domain"] = "bounces.sandbox.example";
  if (real && !mail.bounce_domain.empty()) settings["bounce_domain"] = mail.bounce_domain;
  if (real && !mail.dkim_domain.empty())
    settings["dkim_domain"] = mail.dkim_domain, settings["dkim_selector"] = mail.dkim_selector;
  credentials::Secrets secrets;
  if (real && !mail.password.empty()) secrets["password"] = TRY(resolve_secret(mail.password, options_.environment));
  if (real && !mail.dkim_key.empty())
    secrets["dkim_private_key"] = TRY(resolve_secret(mail.dkim_key, options_.environment));
  std::string name = real ? "Mail server" : "Sandbox";
  std::string provider = real ? "smtp" : "sandbox_smtp";
  return storage_->write(Scope::of(workspace_), [&](Tx& tx) -> Result<void> {
    auto existing =
        TRY(tx.query_one("SELECT id FROM connection WHERE workspace_id = $1 AND name = $2", {workspace_, name}));
    if (!existing) {
      TRY(credentials::create_connection(tx, *vault_, workspace_,
                                         {.provider = provider, .name = name, .secrets = secrets}, settings));
      return {};
    }
    std::string id = (*existing)[0].text();
    bool changed = TRY(credentials::configure_connection(tx, *vault_, workspace_, id, settings, secrets));
    if (changed && email_sender_) email_sender_->forget(id);
    return {};
  });
}

Result<void> App::bind_models() {
  model_ = TRY(make_model(curl_, options_.config.model, options_.environment));
  transcriber_ = TRY(make_ears(curl_, options_.config.speech, options_.environment));
  return {};
}

Result<void> App::bind_tools() {
  const Config& config = options_.config;
  // Links outlive the process, so their key is kept like every other secret.
  tracking_.key = TRY(storage_->write(Scope::of(workspace_), [&](Tx& tx) -> Result<Secret> {
    auto row =
        TRY(tx.query_one("SELECT id FROM secret WHERE workspace_id = $1 AND purpose = 'tracking'", {workspace_}));
    if (row) return vault_->open(tx, workspace_, (*row)[0].text(), "tracking");
    Secret key(secure_bytes(32));
    TRY(vault_->store(tx, workspace_, "tracking", key));
    return key;
  }));
  planner_setup_ = {model_.get(), config.workspace.time_zone};
  ears_ = {transcriber_.get()};
  writer_ = {model_.get(), config.workspace.name, shop_url()};
  email_sender_ = std::make_unique<EmailSender>(*storage_, *clock_, curl_, *vault_, tracking_);
  TRY(configured_selection(config));
  registry_ = std::make_unique<tools::ServiceRegistry>(all_services(), buckets_, TRY(limit_options(config.limits)));
  pipeline_ = std::make_unique<tools::Pipeline>(*storage_, *clock_, system_ids(), parts_, *registry_,
                                                all_tools(config.read_only));
  std::string owner = "prc_" + hex(secure_bytes(8));
  guard_.set_default_zone(config.workspace.time_zone);
  bool exclusive = storage_->dialect() == storage::Dialect::kSqlite;
  engine_ = std::make_unique<workflows::Engine>(*storage_, *clock_, system_ids(), *pipeline_, *profiles_, guard_,
                                                workflows::EngineOptions{.exclusive = exclusive}, owner);
  dispatcher_ = std::make_unique<events::Dispatcher>(
      *storage_, *clock_, guard_, events::DispatcherOptions{.workers = config.mail.connections, .exclusive = exclusive},
      owner);
  dispatcher_->add_sender("email", *email_sender_);
  dispatcher_->on_settle([this](Tx& tx, const std::vector<events::Settled>& settled) -> Result<void> {
    TRY(note_first_send(tx, settled));
    TRY(sending::note_settled(tx, settled, clock_->now(), system_ids()));
    return engine_->on_settled(tx, settled);
  });
  gate_ = make_approval_gate(*this, options_.terminal);
  auto notice = [this](const std::string& workspace, const services::Approval& approval) {
    if (!options_.terminal || approval.has_code) return;
    auto code = storage_->write(
        Scope::of(workspace), [&](Tx& tx) { return services::issue_code(tx, workspace, approval.id, clock_->now()); });
    if (code.ok()) show_on_terminal(approval_notice(*this, tracking_.key, approval, *code));
  };
  pipeline_->on_approval_requested(notice);
  engine_->on_asked([this, notice](const std::string& workspace, const std::string& id) {
    auto asked = storage_->read(Scope::of(workspace),
                                [&](Tx& tx) { return services::get_approval(tx, workspace, id, clock_->now()); });
    if (asked.ok()) notice(workspace, *asked);
  });
  parts_.add<tools::ServiceRegistry>(*registry_);
  parts_.add<storage::Storage>(*storage_);
  parts_.add<credentials::Vault>(*vault_);
  parts_.add<storage::ProfileSource>(*profiles_);
  parts_.add<storage::SendGuard>(guard_);
  parts_.add<workflows::Engine>(*engine_);
  parts_.add<audience::Journal>(journal_);
  parts_.add<events::Dispatcher>(*dispatcher_);
  parts_.add<agent::PlannerSetup>(planner_setup_);
  parts_.add<agent::Ears>(ears_);
  parts_.add<planners::Writer>(writer_);
  bind_more_parts(parts_, config, *email_sender_);
  return {};
}

Result<void> App::note_first_send(Tx& tx, const std::vector<events::Settled>& settled) {
  std::set<std::pair<std::string, std::string>> runs;
  for (const auto& one : settled) {
    if (one.state == "accepted" && !one.item.run_id.empty()) runs.emplace(one.item.workspace, one.item.run_id);
  }
  for (const auto& [workspace, run] : runs) TRY(services::campaign_started(tx, workspace, run, clock_->now()));
  return {};
}

Principal App::owner(const std::string& door) const {
  return {.id = owner_id_,
          .workspace = workspace_,
          .scopes = {"*", "approvals:decide"},
          .kind = Principal::Kind::kPerson,
          .door = door};
}
Principal App::model(const std::string& door) const {
  return {.id = owner_id_ + "/model",
          .workspace = workspace_,
          .scopes = {"*"},
          .kind = Principal::Kind::kModel,
          .door = door};
}

std::string App::shop_url() const {
  if (!options_.config.workspace.website.empty()) return options_.config.workspace.website;
  return world_ ? world_->http_base() + "/shop" : "https://example.com";
}

std::string App::base_url() const { return tracking_.public_url; }

Result<void> App::start_http() {
  const Config& config = options_.config;
  if (!listens_on_loopback(config.http) && config.auth.issuer.empty()) TRY(require_some_key(*this));
  offer_ = std::make_unique<Offer>(*this);
  HttpServerOptions options{.address = config.http.address,
                            .port = static_cast<uint16_t>(config.http.port),
                            .connections_max = kConnectionsMax};
  auto make = [&]() -> Result<void> {
    http_ = std::make_unique<HttpServer>(options);
    endpoint_.reset();
    mcp_ = std::make_unique<mcp::McpServer>(mcp_options(*this, tracking_.key, *offer_));
    endpoint_ = std::make_unique<mcp::McpEndpoint>(*mcp_, endpoint_options(*this));
    endpoint_->add_routes(*http_);
    add_door_routes(*this, *http_, tracking_);
    return http_->start();
  };
  auto started = make();
  // Somebody else has the usual port: a demo takes another one, a server that was told a port does not.
  if (!started.ok() && config.http.port == HttpConfig{}.port && config.http.public_url.empty()) {
    options.port = 0;
    started = make();
  }
  TRY(std::move(started));
  follower_ = offer_->follow(*mcp_);
  tracking_.public_url = !config.http.public_url.empty()
                             ? config.http.public_url
                             : "http://" +
                                   std::string(config.http.address == "::1"       ? "[::1]"
                                               : config.http.address == "0.0.0.0" ? "127.0.0.1"
                                                                                  : config.http.address) +
                                   ":" + std::to_string(http_->port());
  while (tracking_.public_url.ends_with('/')) tracking_.public_url.pop_back();
  operations_ = TRY(net::HttpServer::start(
      {{"GET", "/health",
        [this](const net::Request&) {
          auto alive = storage_->read(Scope::system(), [](Tx& tx) {
            return tx.query(
                "SELECT COUNT(*), (SELECT COUNT(*) FROM sending_stop s WHERE s.lifted_at IS NULL AND s.workspace_id <> "
                "'') FROM workspace WHERE workspace_id <> ''");
          });
          Json body = {{"status", alive.ok() ? "ok" : "failing"},
                       {"engine", runs_engine() ? "here" : "elsewhere"},
                       {"sandbox", in_sandbox()}};
          if (alive.ok()) body["sending_stopped"] = (*alive)[0][1].integer();
          return net::json_response(alive.ok() ? 200 : 503, to_text(body));
        }},
       {"GET", "/metrics",
        [this](const net::Request&) {
          return net::Response{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text()};
        }}},
      {.port = config.operations.port, .threads = 4}));
  if (world_) {
    auto key = TRY(storage_->write(Scope::of(workspace_), [&](Tx& tx) -> Result<Secret> {
      // The shop's key of the run before is of no use any more.
      for (const auto& old : TRY(services::list_api_keys(tx, workspace_))) {
        if (old.name == "sandbox shop" && !old.revoked_at)
          TRY(services::revoke_api_key(tx, workspace_, old.id, clock_->now()));
      }
      return TRY(services::create_api_key(
                     tx, workspace_,
                     {.user_id = owner_id_, .name = "sandbox shop", .kind = services::KeyKind::kWriteKey},
                     clock_->now(), system_ids()))
          .secret;
    }));
    world_->set_ingest("http://127.0.0.1:" + std::to_string(http_->port()), key);
  }
  return {};
}

Result<void> App::record_sandbox_bounces() {
  for (const auto& bounce : world_->take_bounces()) {
    auto parsed = email::parse_bounce(bounce.raw);
    if (!parsed.ok()) continue;
    TRY(record_bounce(*storage_, workspace_, parsed_bounce_of(*parsed, bounce.return_path), clock_->now(), journal_));
  }
  return {};
}

Result<bool> App::pump() {
  int fired = TRY(workflows::fire_due(*storage_, *clock_, system_ids()));
  int moved = TRY(engine_->run_once());
  int sent = TRY(dispatcher_->run_once());
  int looked = TRY(dispatcher_->look_up_unknown());
  size_t acted = 0;
  if (world_) {
    acted = world_->readers().act(clock_->now());
    TRY(record_sandbox_bounces());
  }
  int settled = TRY(settle_campaigns(*storage_, *clock_));
  return fired + moved + sent + looked + settled > 0 || acted > 0;
}

Result<void> App::drive(Asked asked, const std::function<bool()>& done, const std::function<void()>& progress) {
  CHECK(virtual_clock_ != nullptr, "only virtual time can be driven");
  std::stop_source never;
  while (!done()) {
    bool worked = TRY(pump());
    TRY(pipeline_->flush_audit());
    if (progress) progress();
    if (worked) continue;
    std::optional<Instant> next;
    auto earlier = [&](const std::optional<Instant>& due) {
      if (due && (!next || *due < *next)) next = due;
    };
    earlier(TRY(engine_->next_due()));
    earlier(TRY(dispatcher_->next_due()));
    earlier(TRY(workflows::next_fire_that_ends(*storage_)));
    if (world_) earlier(world_->readers().next_due());
    if (!next) return {};
    bool jumps = *next > clock_->now();
    if (jumps && asked == Asked::kStandsStill && TRY(workflows::has_open_question(*storage_, clock_->now()))) return {};
    if (jumps) virtual_clock_->move_to(*next);
    else wait_ms(never.get_token(), 20);  // an unclear send waits in real time until the receiver may be asked
  }
  return {};
}

// Ok without the engine: another process still has it.
Result<void> App::take_over_engine() {
  if (!runs_engine()) TRY(take_engine_lock());
  if (!runs_engine()) return {};
  if (!world_) TRY(bind_world());
  TRY(bind_mail());
  TRY(engine_->recover());
  TRY(dispatcher_->recover());
  engine_ready_ = true;
  return {};
}

void App::start_threads() {
  threads_.emplace_back([this](std::stop_token stop) {
    while (!stop.stop_requested()) {
      auto flushed = pipeline_->flush_audit();
      if (!flushed.ok()) log_error("audit rows wait", {{"error", flushed.error().message}});
      if (engine_ready_ && !virtual_clock_) {
        auto fired = workflows::fire_due(*storage_, *clock_, system_ids());
        if (!fired.ok()) log_error("triggers wait", {{"error", fired.error().message}});
        else if (*fired > 0) engine_->wake();
        auto settled = settle_campaigns(*storage_, *clock_);
        auto bounced = world_ ? record_sandbox_bounces() : Result<void>();
        if (world_) world_->readers().act(clock_->now());
        if (!settled.ok() || !bounced.ok())
          log_error("states of campaigns wait",
                    {{"error", settled.ok() ? bounced.error().message : settled.error().message}});
      }
      wait_ms(stop, kTick_ms);
    }
  });
  if (!options_.engine) return;
  threads_.emplace_back([this](std::stop_token stop) {
    // The process that had the engine may end: then this one takes over what it left, and sends nothing before it has.
    while (!engine_ready_) {
      wait_ms(stop, kLockRetry_ms);
      if (stop.stop_requested()) return;
      auto taken = take_over_engine();
      if (!taken.ok())
        log_error("the engine could not be taken over; trying again", {{"error", taken.error().message}});
      else if (engine_ready_) log_info("this process sends now");
    }
    if (virtual_clock_) {
      while (!stop.stop_requested()) {
        auto driven = drive(Asked::kStandsStill, [&] { return stop.stop_requested(); }, {});
        if (!driven.ok())
          log_error("the engine stumbled", {{"error", driven.error().message}, {"detail", driven.error().detail}});
        wait_ms(stop, kTick_ms);
      }
      return;
    }
    std::jthread sender([this](std::stop_token inner) { dispatcher_->loop(inner); });
    engine_->loop(stop);
    sender.request_stop();
    dispatcher_->wake();
  });
}

}  // namespace spreaders::app
