#include "workflows/event_match.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/rule.hpp"

namespace spreaders::workflows {

Result<std::string> where_of(const storage::Tx& tx, const Json& conditions, storage::Values& parameters) {
  auto rule = TRY(audience::parse_rule({{"event", "any"}, {"where", conditions}}));
  return audience::compile_where(tx, rule.parts, "e.properties", parameters);
}

Result<bool> event_meets(storage::Tx& tx, const std::string& workspace, const std::string& message_id,
                         const Json& conditions) {
  if (conditions.empty()) return true;
  storage::Values parameters = {workspace, message_id};
  std::string where = TRY(where_of(tx, conditions, parameters));
  auto rows =
      TRY(tx.query("SELECT 1 FROM event e WHERE e.workspace_id = $1 AND e.message_id = $2" + where, parameters));
  return !rows.empty();
}

}  // namespace spreaders::workflows
