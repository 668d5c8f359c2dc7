// Connections of a workspace to vendors: settings in the table `connection`, passwords and keys in the vault.
//
//   auto made = TRY(create_connection(tx, vault, workspace, {.provider = "smtp", .name = "Main", .secrets =
//   {{"password", secret}}}, settings)); auto connection = TRY(default_connection(tx, workspace, "email",
//   World::kReal)); SmtpSettings smtp = TRY(smtp_settings(connection)); Secrets secrets = TRY(connection_secrets(tx,
//   vault, workspace, connection));   // secrets.at("password")
//
// Errors: kInvalidArgument with every problem of the settings and secrets; kNotFound; kConflict, the name is taken;
// kNotConfigured, nothing is connected for a channel; those of the vault.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "credentials/providers.hpp"
#include "credentials/vault.hpp"

namespace spreaders::credentials {

constexpr int64_t kConnectionsMax = 200;  // in one workspace

enum class ConnectionStatus : uint8_t { kUntested, kReady, kReconnectNeeded, kDisabled };
SPR_ENUM(ConnectionStatus, {ConnectionStatus::kUntested, "untested"}, {ConnectionStatus::kReady, "ready"},
         {ConnectionStatus::kReconnectNeeded, "reconnect_needed"}, {ConnectionStatus::kDisabled, "disabled"});

enum class World : uint8_t { kReal, kSandbox };

using Secrets = std::map<std::string, Secret>;  // by the names of Provider::secrets

struct Connection {
  std::string id;  // con_...
  std::string provider;
  std::string name;
  std::string settings;        // JSON text; see smtp_settings()
  std::string secret_id = {};  // empty when it has no secrets
  ConnectionStatus status = ConnectionStatus::kUntested;
  std::string status_reason = {};
  bool sandbox = false;
  Instant created_at;
  Instant updated_at;
};

struct NewConnection {
  std::string provider;
  std::string name;
  Secrets secrets = {};
};

Result<Connection> create_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                     const NewConnection& wanted, const Json& settings);
Result<Connection> get_connection(storage::Tx& tx, const std::string& workspace, const std::string& id);
Result<std::vector<Connection>> list_connections(storage::Tx& tx,
                                                 const std::string& workspace);  // by name; at most kConnectionsMax
// The connection to use for a channel when none was named: ready before untested, the oldest first.
Result<Connection> default_connection(storage::Tx& tx, const std::string& workspace, const std::string& channel,
                                      World world);
Result<void> set_connection_status(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                   ConnectionStatus status, const std::string& reason, Instant now);
// Both make the connection untested again. Settings that lead to another host are refused (kConflict) while there are
// secrets: they were entered for the old one, and whoever may change settings must not be able to have them sent
// elsewhere.
Result<void> replace_connection_settings(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                         const Json& settings, Instant now);
Result<void> replace_connection_secrets(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                        const std::string& id, const Secrets& secrets);
// Makes the connection be what whoever configures this server says, host and secrets together; false when it is so
// already. One that had to be made again is tried again.
Result<bool> configure_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                  const std::string& id, const Json& settings, const Secrets& secrets);
// With its secrets.
Result<void> delete_connection(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                               const std::string& id);

Result<Secrets> connection_secrets(storage::Tx& tx, const Vault& vault, const std::string& workspace,
                                   const Connection& connection);
Result<SmtpSettings> smtp_settings(const Connection& connection);
Result<ModelSettings> model_settings(const Connection& connection);

}  // namespace spreaders::credentials
