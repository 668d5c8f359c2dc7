#include "services/audience/facts.hpp"

#include <algorithm>

#include "services/audience/sql.hpp"
#include "storage/values.hpp"

namespace spreaders::audience {

namespace {

constexpr size_t kLookupMax = 500;  // ids in one statement

Result<int64_t> insert(storage::Tx& tx, const std::string& workspace, std::span<const Fact> facts, Instant now) {
  using storage::or_null;
  std::vector<storage::Values> rows;
  rows.reserve(facts.size());
  for (const auto& fact : facts) {
    rows.push_back({workspace, fact.message_id, fact.type, fact.name, or_null(fact.contact_id), or_null(fact.user_id),
                    or_null(fact.anonymous_id), or_null(fact.campaign_id), or_null(fact.outbox_id), fact.at, now,
                    fact.properties, fact.context, fact.source});
  }
  return tx.insert_many("event",
                        {"workspace_id", "message_id", "type", "name", "contact_id", "user_id", "anonymous_id",
                         "campaign_id", "outbox_id", "at", "received_at", "properties", "context", "source"},
                        rows, "ON CONFLICT (workspace_id, message_id) DO NOTHING");
}

// Whether all of them were new; if not, none is written.
Result<bool> insert_if_all_new(storage::Tx& tx, const std::string& workspace, std::span<const Fact> facts,
                               Instant now) {
  bool some_known = false;
  auto done = tx.savepoint([&]() -> Result<void> {
    some_known = TRY(insert(tx, workspace, facts, now)) != static_cast<int64_t>(facts.size());
    if (some_known) return conflict("some of the facts are known");
    return {};
  });
  if (!done.ok() && !some_known) return done.error();
  return !some_known;
}

}  // namespace

Result<int64_t> record_facts(storage::Tx& tx, const std::string& workspace, std::span<Fact> facts, Instant now,
                             const Journal& journal) {
  for (auto& fact : facts) {
    if (fact.message_id.empty()) fact.message_id = journal.ids.make("evt");
    if (!fact.at) fact.at = now;
  }
  auto tell = [&](std::span<const Fact> written) {
    return journal.on_facts ? journal.on_facts(tx, workspace, written, now) : Result<void>();
  };
  if (facts.size() > 1 && TRY(insert_if_all_new(tx, workspace, facts, now))) {
    TRY(tell(facts));
    return static_cast<int64_t>(facts.size());
  }
  // One by one, the number of rows says which is new.
  std::vector<Fact> fresh;
  for (const auto& fact : facts) {
    if (TRY(insert(tx, workspace, {&fact, 1}, now)) == 1) fresh.push_back(fact);
  }
  if (!fresh.empty()) TRY(tell(fresh));
  return static_cast<int64_t>(fresh.size());
}

Result<std::set<std::string>> known_messages(storage::Tx& tx, const std::string& workspace,
                                             std::span<const std::string> message_ids) {
  std::set<std::string> known;
  for (size_t from = 0; from < message_ids.size(); from += kLookupMax) {
    auto part = message_ids.subspan(from, std::min(kLookupMax, message_ids.size() - from));
    storage::Values parameters{workspace};
    parameters.insert(parameters.end(), part.begin(), part.end());
    auto rows = TRY(tx.query(
        "SELECT message_id FROM event WHERE workspace_id = $1 AND message_id IN (" + placeholders(2, part.size()) + ")",
        parameters));
    for (const auto& row : rows) known.insert(row[0].text());
  }
  return known;
}

}  // namespace spreaders::audience
