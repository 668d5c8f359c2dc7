#include "tools/health.hpp"

#include <nlohmann/json.hpp>

#include "credentials/connections.hpp"
#include "storage/storage.hpp"

namespace spreaders::tools {

using credentials::ConnectionStatus;

Health readable(ToolContext& context, std::string_view table, std::string found) {
  auto rows = context.tx().query("SELECT 1 FROM " + std::string(table) + " WHERE workspace_id = $1 LIMIT 1",
                                 {context.workspace()});
  if (rows.ok()) return {HealthStatus::kOk, std::move(found)};
  return {HealthStatus::kDown, "the database does not answer: " + rows.error().message};
}

Health mail_health(ToolContext& context) {
  auto all = credentials::list_connections(context.tx(), context.workspace());
  if (!all.ok()) return {HealthStatus::kDown, "the connections cannot be read: " + all.error().message};
  Health best{HealthStatus::kDown, "no mail server is connected"};
  for (const auto& one : *all) {
    const auto* provider = credentials::find_provider(one.provider);
    if (provider == nullptr || provider->channel != "email") continue;
    std::string name = one.sandbox ? one.name + " (nothing leaves this machine)" : one.name;
    switch (one.status) {
      case ConnectionStatus::kReady:
        return {HealthStatus::kOk, name + " worked when it was last tested, at " + to_text(one.updated_at)};
      case ConnectionStatus::kUntested:
        best = {HealthStatus::kUnknown, name + " is connected and has not been tested yet; connections_test does that"};
        break;
      case ConnectionStatus::kReconnectNeeded:
        if (best.status == HealthStatus::kDown) best.reason = name + " has to be connected again: " + one.status_reason;
        break;
      case ConnectionStatus::kDisabled:
        if (best.status == HealthStatus::kDown) best.reason = name + " is disabled";
        break;
    }
  }
  return best;
}

}  // namespace spreaders::tools
