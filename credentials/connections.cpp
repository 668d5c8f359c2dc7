#include "credentials/connections.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/bytes.hpp"

namespace spreaders::credentials {

namespace {

constexpr size_t kNameBytesMax = 100;
constexpr size_t kReasonCharactersMax = 500;
constexpr const char* kColumns =
    "id, provider, name, settings, secret_id, status, status_reason, sandbox, created_at, updated_at";

Connection connection_of(const storage::Row& row) {
  return {.id = row[0].text(),
          .provider = row[1].text(),
          .name = row[2].text(),
          .settings = row[3].text(),
          .secret_id = row[4].text_or(""),
          .status = enum_from<ConnectionStatus>(row[5].text()).value_or(ConnectionStatus::kDisabled),
          .status_reason = row[6].text(),
          .sandbox = row[7].boolean(),
          .created_at = row[8].instant(),
          .updated_at = row[9].instant()};
}

// A secret opens for the connection it was given to and for no other: a changed secret_id does not send one vendor's
// key to another.
std::string purpose_of(const std::string& connection_id) { return "connection:" + connection_id; }

// name \n size \n value, repeated. Not JSON, whose library would leave copies of the values in memory.
Secret pack(const Secrets& secrets) {
  size_t size = 64;
  for (const auto& [name, secret] : secrets) size += name.size() + secret.reveal().size() + 32;
  std::string out;
  out.reserve(size);
  for (const auto& [name, secret] : secrets)
    out.append(name).append("\n").append(std::to_string(secret.reveal().size())).append("\n").append(secret.reveal());
  return Secret(std::move(out));
}

Result<Secrets> unpack(const Secret& packed) {
  Secrets secrets;
  std::string_view rest = packed.reveal();
  while (!rest.empty()) {
    size_t name_end = rest.find('\n');
    size_t size_end = name_end == std::string_view::npos ? name_end : rest.find('\n', name_end + 1);
    if (size_end == std::string_view::npos)
      return Error{Code::kInternal, "stored secrets of a connection cannot be read"};
    size_t size = 0;
    std::from_chars(rest.data() + name_end + 1, rest.data() + size_end, size);
    if (size > rest.size() - size_end - 1)
      return Error{Code::kInternal, "stored secrets of a connection cannot be read"};
    std::string value;
    value.reserve(std::max<size_t>(size, 64));
    value.assign(rest.substr(size_end + 1, size));
    secrets.emplace(std::string(rest.substr(0, name_end)), Secret(std::move(value)));
    rest.remove_prefix(size_end + 1 + size);
  }
  return secrets;
}

void check_secrets(const Provider& provider, const Secrets& secrets, Issues& issues) {
  for (const auto& [name, secret] : secrets) {
    bool known = std::any_of(provider.secrets.begin(), provider.secrets.end(),
                             [&](const auto& one) { return one.name == name; });
    if (!known) issues.push_back({"/secrets/" + name, "is not a secret of " + std::string(provider.name)});
    if (secret.empty()) issues.push_back({"/secrets/" + name, "is empty"});
  }
}

std::string known_providers() {
  std::string list;
  for (const auto& provider : providers()) list.append(list.empty() ? "" : ", ").append(provider.name);
  return list;
}

Result<const Provider*> provider_of(const Connection& connection) {
  const Provider* provider = find_provider(connection.provider);
  if (provider == nullptr)
    return Error{Code::kNotConfigured, "this version does not know the provider " + connection.provider +
                                           " of the connection " + connection.id};
  return provider;
}

template <class Settings>
Result<Settings> settings_of(const Connection& connection, std::string_view channel) {
  const Provider* provider = TRY(provider_of(connection));
  if (provider->channel != channel)
    return invalid("the connection " + connection.name + " is not for " + std::string(channel));
  return decode<Settings>(TRY(parse_json(connection.settings)), "The settings of the connection " + connection.name);
}

// Where the secrets of a connection are sent to.
Result<std::string> destination(const std::string& settings) {
  Json json = TRY(parse_json(settings));
  std::string text;
  for (const char* member : {"host", "port", "base_url"})
    text += (json.contains(member) ? to_text(json[member]) : "") + " ";
  return text;
}

Result<void> touch(storage::Tx& tx, const std::string& workspace, const std::string& id, ConnectionStatus status,
                   std::string_view reason, Instant now) {
  int64_t changed = TRY(tx.execute(
      "UPDATE connection SET status = $3, status_reason = $4, updated_at = $5 WHERE workspace_id = $1 AND id = $2",
      {workspace, id, enum_name(status), reason, now}));
  if (changed == 0) return not_found("no connection has the id " + id);
  return {};
}

}  // namespace

Result<Connection> create_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                     const NewConnection& wanted, const Json& settings) {
  const Provider* provider = find_provider(wanted.provider);
  Issues issues;
  if (wanted.name.empty() || wanted.name.size() > kNameBytesMax) issues.push_back({"/name", "needs 1 to 100 bytes"});
  std::string stored;
  if (provider == nullptr) {
    issues.push_back({"/provider", "is not one of " + known_providers()});
  } else {
    check_secrets(*provider, wanted.secrets, issues);
    auto normal = provider->normalise(settings);
    if (normal.ok()) stored = std::move(*normal);
    else
      for (const auto& issue : normal.error().issues) issues.push_back({"/settings" + issue.pointer, issue.message});
  }
  if (!issues.empty()) return issues_error("The connection", std::move(issues));

  auto rows = TRY(
      tx.query("SELECT COUNT(*), SUM(CASE WHEN name = $2 THEN 1 ELSE 0 END) FROM connection WHERE workspace_id = $1",
               {workspace, wanted.name}));
  if (rows[0][0].integer() >= kConnectionsMax)
    return Error{Code::kConflict, "a workspace has at most " + std::to_string(kConnectionsMax) + " connections"};
  if (rows[0][1].integer_or(0) > 0) return Error{Code::kConflict, "a connection is named " + wanted.name + " already"};

  Instant now = vault.clock().now();
  Connection made{.id = vault.ids().make("con"),
                  .provider = wanted.provider,
                  .name = wanted.name,
                  .settings = std::move(stored),
                  .sandbox = provider->sandbox,
                  .created_at = now,
                  .updated_at = now};
  if (!wanted.secrets.empty())
    made.secret_id = TRY(vault.store(tx, workspace, purpose_of(made.id), pack(wanted.secrets)));
  storage::Value secret_id = made.secret_id.empty() ? storage::Value() : storage::Value(made.secret_id);
  TRY(
      tx.execute("INSERT INTO connection (workspace_id, id, provider, name, settings, secret_id, status, sandbox, "
                 "created_at, updated_at) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
                 {workspace, made.id, made.provider, made.name, made.settings, secret_id, enum_name(made.status),
                  made.sandbox, now}));
  return made;
}

Result<Connection> get_connection(storage::Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one(
      std::string("SELECT ") + kColumns + " FROM connection WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  if (!row) return not_found("no connection has the id " + id);
  return connection_of(*row);
}

Result<std::vector<Connection>> list_connections(storage::Tx& tx, const std::string& workspace) {
  auto rows = TRY(
      tx.query(std::string("SELECT ") + kColumns + " FROM connection WHERE workspace_id = $1 ORDER BY name LIMIT $2",
               {workspace, kConnectionsMax}));
  std::vector<Connection> list;
  for (const auto& row : rows) list.push_back(connection_of(row));
  return list;
}

Result<Connection> default_connection(storage::Tx& tx, const std::string& workspace, const std::string& channel,
                                      World world) {
  auto all = TRY(list_connections(tx, workspace));
  const Connection* best = nullptr;
  auto rank = [](const Connection& one) {
    return std::tuple(one.status == ConnectionStatus::kReady ? 0 : 1, one.created_at.us, one.id);
  };
  bool broken = false;
  for (const auto& one : all) {
    const Provider* provider = find_provider(one.provider);
    if (provider == nullptr || provider->channel != channel || one.sandbox != (world == World::kSandbox)) continue;
    if (one.status == ConnectionStatus::kReady || one.status == ConnectionStatus::kUntested) {
      if (best == nullptr || rank(one) < rank(*best)) best = &one;
    } else {
      broken = broken || one.status == ConnectionStatus::kReconnectNeeded;
    }
  }
  if (best != nullptr) return *best;
  std::string where = world == World::kSandbox ? " in the sandbox" : "";
  if (broken)
    return Error{Code::kReconnectNeeded,
                 "the connection for " + channel + where + " has to be made again on the connections page"};
  return Error{Code::kNotConfigured,
               "nothing is connected for " + channel + where + "; add a connection on the connections page"};
}

Result<void> set_connection_status(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                   ConnectionStatus status, const std::string& reason, Instant now) {
  return touch(tx, workspace, id, status, first_code_points(reason, kReasonCharactersMax), now);
}

Result<void> replace_connection_settings(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                         const Json& settings, Instant now) {
  auto connection = TRY(get_connection(tx, workspace, id));
  std::string stored = TRY(TRY(provider_of(connection))->normalise(settings));
  if (!connection.secret_id.empty() && TRY(destination(stored)) != TRY(destination(connection.settings))) {
    return Error{Code::kConflict, "the secrets of " + connection.name +
                                      " were entered for its present host; make a new connection for another one"};
  }
  TRY(tx.execute("UPDATE connection SET settings = $3 WHERE workspace_id = $1 AND id = $2", {workspace, id, stored}));
  return touch(tx, workspace, id, ConnectionStatus::kUntested, "", now);
}

Result<void> replace_connection_secrets(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                        const std::string& id, const Secrets& secrets) {
  auto connection = TRY(get_connection(tx, workspace, id));
  Issues issues;
  check_secrets(*TRY(provider_of(connection)), secrets, issues);
  if (secrets.empty()) issues.push_back({"/secrets", "is empty"});
  if (!issues.empty()) return issues_error("The connection", std::move(issues));
  if (!connection.secret_id.empty()) {
    TRY(vault.replace(tx, workspace, connection.secret_id, pack(secrets)));
  } else {
    std::string secret_id = TRY(vault.store(tx, workspace, purpose_of(id), pack(secrets)));
    TRY(tx.execute("UPDATE connection SET secret_id = $3 WHERE workspace_id = $1 AND id = $2",
                   {workspace, id, secret_id}));
  }
  return touch(tx, workspace, id, ConnectionStatus::kUntested, "", vault.clock().now());
}

Result<bool> configure_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                  const std::string& id, const Json& settings, const Secrets& secrets) {
  auto connection = TRY(get_connection(tx, workspace, id));
  std::string stored = TRY(TRY(provider_of(connection))->normalise(settings));
  // What cannot be opened any more is replaced like what is out of date.
  auto kept = connection_secrets(tx, vault, workspace, connection);
  auto same_secret = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.reveal() == b.second.reveal();
  };
  if (stored == connection.settings && kept.ok() &&
      std::equal(kept->begin(), kept->end(), secrets.begin(), secrets.end(), same_secret)) {
    if (connection.status != ConnectionStatus::kReconnectNeeded) return false;
    // A vendor that refused may have been put right since; with the same password there is no other way to find out.
    TRY(touch(tx, workspace, id, ConnectionStatus::kUntested, "", vault.clock().now()));
    return true;
  }
  Instant now = vault.clock().now();
  if (!connection.secret_id.empty()) {
    auto removed = vault.remove(tx, workspace, connection.secret_id);
    if (!removed.ok() && removed.error().code != Code::kNotFound) return removed.error();
    TRY(tx.execute("UPDATE connection SET secret_id = NULL WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  }
  TRY(replace_connection_settings(tx, workspace, id, settings, now));
  if (!secrets.empty()) TRY(replace_connection_secrets(tx, vault, workspace, id, secrets));
  return true;
}

Result<void> delete_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                               const std::string& id) {
  auto connection = TRY(get_connection(tx, workspace, id));
  if (!connection.secret_id.empty()) {
    auto removed = vault.remove(tx, workspace, connection.secret_id);
    if (!removed.ok() && removed.error().code != Code::kNotFound) return removed;
  }
  TRY(tx.execute("DELETE FROM connection WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  return {};
}

Result<Secrets> connection_secrets(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                   const Connection& connection) {
  if (connection.secret_id.empty()) return Secrets();
  return unpack(TRY(vault.open(tx, workspace, connection.secret_id, purpose_of(connection.id))));
}

Result<SmtpSettings> smtp_settings(const Connection& connection) {
  return settings_of<SmtpSettings>(connection, "email");
}
Result<ModelSettings> model_settings(const Connection& connection) {
  return settings_of<ModelSettings>(connection, "model");
}

}  // namespace spreaders::credentials
