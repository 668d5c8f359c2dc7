#include "credentials/connections.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "tools/connections/connection_tools.hpp"

namespace spreaders::tools {

using credentials::Connection;
using credentials::ConnectionStatus;

namespace {

constexpr size_t kFindingCharactersMax = 500;

struct ConnectionView {
  std::string connection_id, provider, name, channel;
  ConnectionStatus status = ConnectionStatus::kUntested;
  std::string status_reason;
  bool sandbox = false;
  bool has_secrets = false;
  std::optional<Json> settings;
  Instant created_at, updated_at;
  SPR_FIELDS(ConnectionView, SPR_FIELD(connection_id, "Id of the connection"),
             SPR_FIELD(provider, "smtp, anthropic, ..."), SPR_FIELD(name, "Its name in the workspace"),
             SPR_FIELD(channel, "What it is for: email, model"), SPR_FIELD(status, "ready once a test succeeded"),
             SPR_FIELD(status_reason, "Why it is not ready; may be empty"),
             SPR_FIELD(sandbox, "True when nothing leaves this machine"),
             SPR_FIELD(has_secrets, "Whether a password or key is kept for it; it is never shown"),
             SPR_FIELD(settings, "Its plain settings"), SPR_FIELD(created_at, "When it was made"),
             SPR_FIELD(updated_at, "When it last changed"));
};

enum class Settings : uint8_t { kHide, kShow };

Result<ConnectionView> view_of(const Connection& one, Settings settings) {
  const auto* provider = credentials::find_provider(one.provider);
  ConnectionView view{
      one.id,     one.provider,      one.name,      provider == nullptr ? "" : std::string(provider->channel),
      one.status, one.status_reason, one.sandbox,   !one.secret_id.empty(),
      {},         one.created_at,    one.updated_at};
  if (settings == Settings::kShow) view.settings = TRY(parse_json(one.settings));
  return view;
}

struct ListArgs {
  std::string channel;
  SPR_FIELDS(ListArgs,
             SPR_FIELD(channel, "Only those for this channel: email, model", .max_size = 50, .defaulted = true));
};
struct Connections {
  std::vector<ConnectionView> connections;
  SPR_FIELDS(Connections, SPR_FIELD(connections, "By name"));
};
struct ById {
  std::string connection_id;
  SPR_FIELDS(ById, SPR_FIELD(connection_id, "Id of the connection", .format = Format::kIdentifier));
};

Result<Connections> list(ToolContext& context, const ListArgs& args) {
  Connections all;
  for (const auto& one : TRY(credentials::list_connections(context.tx(), context.workspace()))) {
    auto view = TRY(view_of(one, Settings::kHide));
    if (args.channel.empty() || view.channel == args.channel) all.connections.push_back(std::move(view));
  }
  return all;
}

Result<ConnectionView> get(ToolContext& context, const ById& args) {
  return view_of(TRY(credentials::get_connection(context.tx(), context.workspace(), args.connection_id)),
                 Settings::kShow);
}

struct Tested {
  bool ok = false;
  std::string finding;
  ConnectionView connection;
  SPR_FIELDS(Tested, SPR_FIELD(ok, "Whether it works now"), SPR_FIELD(finding, "What was found, in words"),
             SPR_FIELD(connection, "The connection after the test"));
};

// The vendor said no, so asking again will not help. Everything else may pass by itself and changes nothing.
bool needs_a_person(Code code) {
  return code == Code::kUnauthenticated || code == Code::kPermissionDenied || code == Code::kReconnectNeeded ||
         code == Code::kNotConfigured || code == Code::kVendorRejected || code == Code::kInvalidArgument;
}

Result<Tested> test(ToolContext& context, const ById& args) {
  const auto* probe = context.parts.find<ConnectionProbe>();
  if (probe == nullptr || !probe->probe) return Error{Code::kNotConfigured, "this server cannot test connections"};
  auto& storage = context.part<storage::Storage>();
  auto scope = storage::Scope::of(context.workspace());
  auto load = [&](storage::Tx& tx) { return credentials::get_connection(tx, context.workspace(), args.connection_id); };
  auto connection = TRY(storage.read(scope, load));
  if (connection.status == ConnectionStatus::kDisabled)
    return conflict("the connection " + connection.name + " is disabled");
  auto found = probe->probe(context.workspace(), args.connection_id);
  std::string finding(first_code_points(found.ok() ? *found : found.error().message, kFindingCharactersMax));
  if (found.ok() || needs_a_person(found.error().code)) {
    auto status = found.ok() ? ConnectionStatus::kReady : ConnectionStatus::kReconnectNeeded;
    TRY(storage.write(scope, [&](storage::Tx& tx) {
      return credentials::set_connection_status(tx, context.workspace(), args.connection_id, status,
                                                found.ok() ? "" : finding, context.clock.now());
    }));
  }
  return Tested{found.ok(), finding, TRY(view_of(TRY(storage.read(scope, load)), Settings::kHide))};
}

struct Removed {
  std::string connection_id;
  bool removed = true;
  SPR_FIELDS(Removed, SPR_FIELD(connection_id, "Id of the connection that is gone"), SPR_FIELD(removed, "True"));
};

// Bound to what the connection is now: one that was made again under the same name needs a new yes.
Result<ApprovalSubject> removal(ToolContext& context, const ById& args) {
  auto one = TRY(credentials::get_connection(context.tx(), context.workspace(), args.connection_id));
  std::string hash =
      json_hash({{"remove", one.id}, {"provider", one.provider}, {"name", one.name}, {"settings", one.settings}});
  return ApprovalSubject{"call", "connections.remove", hash,
                         "Remove the connection " + one.name + " (" + one.provider + ", " + one.id +
                             ") with its stored password or key. This cannot be undone."};
}

Result<Removed> remove(ToolContext& context, const ById& args) {
  auto& tx = context.tx();
  auto one = TRY(credentials::get_connection(tx, context.workspace(), args.connection_id));
  auto rows =
      TRY(tx.query("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1 AND connection_id = $2 AND state IN "
                   "('pending', 'sending', 'unknown')",
                   {context.workspace(), one.id}));
  if (int64_t waiting = rows[0][0].integer(); waiting > 0) {
    return conflict(std::to_string(waiting) + " messages still wait to be sent or looked up with " + one.name +
                    "; let them end or cancel their campaign first");
  }
  TRY(credentials::delete_connection(tx, context.part<credentials::Vault>(), context.workspace(), one.id));
  return Removed{one.id, true};
}

const ToolSpec kList{.name = "connections.list",
                     .title = "List connections",
                     .description =
                         "What is connected to this workspace, for which channel, and whether it works. New "
                         "connections are made with `spreaders` on the server.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"connections:read"},
                     .body = handler<&list>()};
const ToolSpec kGet{.name = "connections.get",
                    .title = "Show a connection",
                    .description = "One connection with its plain settings. Passwords and keys are never shown.",
                    .effect = Effect::kRead,
                    .repeat = Repeat::kSafe,
                    .scopes = {"connections:read"},
                    .body = handler<&get>()};
const ToolSpec kTest{.name = "connections.test",
                     .title = "Test a connection",
                     .description =
                         "Signs in at the vendor with the stored credentials and says what it found; sends nothing to "
                         "anybody. The connection becomes ready, or has to be made again when the vendor refuses.",
                     .effect = Effect::kWrite,
                     .repeat = Repeat::kSafe,
                     .scopes = {"connections:manage"},
                     .body = handler<&test>(),
                     .run = Run::kFree,
                     .open_world = true};
const ToolSpec kRemove{.name = "connections.remove",
                       .title = "Remove a connection",
                       .description =
                           "Deletes a connection and its stored credentials for good. Refused while messages wait to "
                           "be sent with it. A person has to approve it.",
                       .effect = Effect::kDestroy,
                       .repeat = Repeat::kNeedsKey,
                       .scopes = {"connections:manage"},
                       .body = handler<&remove>(),
                       .approval_of = approval_from<&removal>()};

}  // namespace

ToolList connection_tools() {
  static const ToolSpec* const list_of[] = {&kList, &kGet, &kTest, &kRemove};
  return list_of;
}

namespace {

Health connections_health(ToolContext& context) {
  auto all = credentials::list_connections(context.tx(), context.workspace());
  if (!all.ok()) return {HealthStatus::kDown, "the connections cannot be read: " + all.error().message};
  std::string broken;
  for (const auto& one : *all) {
    if (one.status == ConnectionStatus::kReconnectNeeded) broken += (broken.empty() ? "" : ", ") + one.name;
  }
  if (!broken.empty()) return {HealthStatus::kDegraded, "has to be connected again: " + broken};
  return {HealthStatus::kOk, std::to_string(all->size()) + " connections, none that has to be made again"};
}

}  // namespace

const Service kConnectionsService{.name = "connections",
                                  .title = "Connections",
                                  .version = "1.0.0",
                                  .description = "What this workspace is connected to, and whether it works.",
                                  .limits = {.calls_per_minute = 600, .at_once = 8},
                                  .health = &connections_health};

}  // namespace spreaders::tools
