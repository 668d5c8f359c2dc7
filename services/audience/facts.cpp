#include "services/audience/facts.hpp"

namespace spreaders::audience {

Result<void> record_facts(storage::Tx& tx, const std::string& workspace, std::span<const Fact> facts, Instant now,
                          Ids& ids) {
  if (facts.empty()) return {};
  std::vector<storage::Values> rows;
  rows.reserve(facts.size());
  for (const auto& fact : facts) {
    std::string message_id = fact.message_id.empty() ? ids.make("evt") : fact.message_id;
    storage::Value campaign = fact.campaign_id.empty() ? storage::Value() : storage::Value(fact.campaign_id);
    rows.push_back({workspace, std::move(message_id), "track", fact.name, fact.contact_id, std::move(campaign), now,
                    now, fact.properties});
  }
  TRY(tx.insert_many(
      "event",
      {"workspace_id", "message_id", "type", "name", "contact_id", "campaign_id", "at", "received_at", "properties"},
      rows, "ON CONFLICT (workspace_id, message_id) DO NOTHING"));
  return {};
}

}  // namespace spreaders::audience
