// Which rows leave next: what is due, what the guard says of each, and when anything is due again.
#include <nlohmann/json.hpp>

#include "events/outbox.hpp"
#include "events/outbox_rows.hpp"

namespace spreaders::events {

using storage::Scope;
using storage::Timing;
using storage::Tx;
using storage::Values;

namespace {

constexpr int64_t kNever_us = INT64_MAX / 2;  // when a send that is held for good is due

// Of outbox o and its run r. A campaign that was paused or cancelled keeps its rows, and so does marketing that a
// person or a kill switch has stopped; what has no run (single mails) and is not marketing is always free to go. A run
// that is completed has nothing waiting, unless somebody sends again what was not delivered.
constexpr std::string_view kFree =
    "(r.id IS NULL OR r.status IN ('active', 'completed')) AND (o.transactional = 1 OR NOT EXISTS (SELECT 1 FROM "
    "sending_stop s WHERE "
    "s.workspace_id = o.workspace_id AND s.lifted_at IS NULL AND s.campaign_id IN ('', o.campaign_id)))";
constexpr std::string_view kOfRun =
    " FROM outbox o LEFT JOIN run r ON r.workspace_id = o.workspace_id AND r.id = o.run_id ";

// " AND NOT (...)" for each connection that may send nothing now; its names go to `values`.
std::string but_closed(const std::vector<Throttle::Closed>& closed, Values& values) {
  std::string sql;
  for (const auto& [connection, opens] : closed) {
    values.emplace_back(connection.first);
    values.emplace_back(connection.second);
    sql += " AND NOT (o.workspace_id = $" + std::to_string(values.size() - 1) + " AND o.connection_id = $" +
           std::to_string(values.size()) + ")";
  }
  return sql;
}

}  // namespace

struct Dispatcher::Due {
  std::string workspace, id, channel;
  bool transactional = false;
  storage::ConnectionKey connection;
  storage::Recipient recipient;
  storage::Message message;
  Verdict verdict = {};
};

Result<std::vector<Dispatcher::Due>> Dispatcher::select_due(Tx& tx, int limit, Instant now) {
  throttle_.set(TRY(guard_.paces(tx)), now);
  Values values{now.us, limit};
  std::string closed = but_closed(throttle_.closed(now), values);
  auto rows =
      TRY(tx.query("SELECT o.workspace_id, o.id, o.channel, o.transactional, o.connection_id, o.contact_id, o.address, "
                   "o.run_id, o.created_at" +
                       std::string(kOfRun) + "WHERE o.state = 'pending' AND o.next_at <= $1 AND " + std::string(kFree) +
                       closed + " ORDER BY o.next_at LIMIT $2" +
                       (tx.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE OF o SKIP LOCKED" : ""),
                   values));
  std::map<storage::ConnectionKey, int> left;
  std::vector<Due> due;
  for (const auto& row : rows) {
    Due one{row[0].text(),
            row[1].text(),
            row[2].text(),
            row[3].boolean(),
            {row[0].text(), row[4].text()},
            {row[5].text_or(""), row[6].text()},
            {row[7].text(), row[5].text_or(""), row[8].instant()}};
    auto allowed = left.try_emplace(one.connection, 0);
    if (allowed.second) allowed.first->second = throttle_.allowance(one.connection, now);
    if (allowed.first->second-- > 0) due.push_back(std::move(one));
  }
  return due;
}

// Consent and the rules about when and how often may say something else than when the intent was written; they are
// asked again per workspace, channel and purpose.
Result<void> Dispatcher::ask_guard(Tx& tx, std::vector<Due>& due, Instant now) {
  std::map<std::tuple<std::string, std::string, bool>, std::vector<Due*>> groups;
  for (auto& one : due) groups[{one.workspace, one.channel, one.transactional}].push_back(&one);
  for (auto& [key, members] : groups) {
    const auto& [workspace, channel, transactional] = key;
    std::vector<storage::Recipient> recipients;
    std::vector<storage::Message> messages;
    for (const Due* one : members) {
      recipients.push_back(one->recipient);
      messages.push_back(one->message);
    }
    auto said = TRY(
        verdicts(tx, guard_, workspace, channel, transactional, recipients, messages, now, storage::Stage::kLeaving));
    for (size_t i = 0; i < members.size(); ++i) members[i]->verdict = std::move(said[i]);
  }
  return {};
}

Result<void> Dispatcher::claim_one(Tx& tx, const Due& due, Instant now, Claimed& claimed) {
  bool refused = !due.verdict.refusal.empty();
  if (!refused && due.verdict.timing.kind == Timing::Kind::kLater) {
    claimed.deferred += static_cast<int>(TRY(
        tx.execute("UPDATE outbox SET next_at = $1, deferred = $2, updated_at = $3 WHERE workspace_id = $4 AND id = $5 "
                   "AND state = 'pending'",
                   {due.verdict.timing.at.us, due.verdict.timing.reason, now.us, due.workspace, due.id})));
    return {};
  }
  bool counts = !refused && !due.transactional;
  auto rows = TRY(tx.query(
      "UPDATE outbox SET state = $1, attempts = attempts + $2, lease_owner = $3, lease_until = $4, fence "
      "= fence + 1, reply = $5, updated_at = $6, counted_at = $7 WHERE workspace_id = $8 AND id = $9 AND "
      "state = 'pending' RETURNING " +
          std::string(kItemColumns),
      {refused ? "skipped" : "sending", refused ? 0 : 1, owner_, now.us + options_.lease_ms * 1000, due.verdict.refusal,
       now.us, counts ? storage::Value(now.us) : storage::Value(), due.workspace, due.id}));
  if (rows.empty()) return {};
  if (refused) {
    claimed.refused.push_back(item_of(rows[0]));
    claimed.reasons.push_back(due.verdict.refusal);
  } else {
    claimed.items.push_back(item_of(rows[0]));
  }
  return {};
}

Result<Dispatcher::Claimed> Dispatcher::claim(int limit) {
  Instant now = clock_.now();
  auto claimed = storage_.write(Scope::system(), [&](Tx& tx) -> Result<Claimed> {
    auto due = TRY(select_due(tx, limit, now));
    TRY(ask_guard(tx, due, now));
    Claimed made;
    made.send_until = now + options_.lease_ms * 1000 / 2;
    for (const auto& one : due) TRY(claim_one(tx, one, now, made));
    if (settle_hook_ && !made.refused.empty()) {
      std::vector<Settled> settled;
      for (size_t i = 0; i < made.refused.size(); ++i) settled.push_back({made.refused[i], "skipped", made.reasons[i]});
      TRY(settle_hook_(tx, settled));
    }
    return made;
  });
  if (!claimed.ok()) return claimed;
  for (const auto& item : claimed->items) throttle_.take({item.workspace, item.connection_id}, 1, now);
  return claimed;
}

Result<std::optional<Instant>> Dispatcher::next_due() {
  auto closed = throttle_.closed(clock_.now());
  std::optional<Instant> due;
  auto earlier = [&](const storage::Rows& rows, Instant not_before) {
    for (const auto& row : rows) {
      if (row[0].is_null() || row[0].integer() >= kNever_us) continue;
      Instant at = std::max(row[0].instant(), not_before);
      if (!due || at < *due) due = at;
    }
  };
  TRY(storage_.read(Scope::system(), [&](Tx& tx) -> Result<void> {
    due.reset();
    std::string pending =
        "SELECT MIN(o.next_at)" + std::string(kOfRun) + "WHERE o.state = 'pending' AND " + std::string(kFree);
    Values values;
    std::string others = but_closed(closed, values);
    earlier(TRY(tx.query(pending + others, values)), {});
    for (const auto& [connection, opens] : closed) {
      earlier(TRY(tx.query(pending + " AND o.workspace_id = $1 AND o.connection_id = $2",
                           {connection.first, connection.second})),
              opens);
    }
    earlier(TRY(tx.query("SELECT MIN(next_at) FROM outbox WHERE state = 'unknown'")), {});
    return {};
  }));
  return due;
}

void Dispatcher::refresh_held() {
  // A run that ended keeps no claim longer than a batch takes.
  int64_t since_us = clock_.now().us - 600 * kSecond_us;
  auto rows = storage_.read(Scope::system(), [&](Tx& tx) {
    return tx.query(
        "SELECT id FROM run WHERE status = 'paused' OR (status IN ('cancelled', 'failed') AND ended_at > $1) UNION ALL "
        "SELECT workspace_id || '/' || campaign_id FROM sending_stop WHERE lifted_at IS NULL",
        {since_us});
  });
  if (!rows.ok()) return;  // the claim asks again; this only shortens the time a pause takes
  std::set<std::string> held;
  for (const auto& row : *rows) held.insert(row[0].text());
  std::lock_guard lock(held_mutex_);
  held_ = std::move(held);
}

bool Dispatcher::is_held(const OutboxItem& item) {
  constexpr int64_t held_age_max_ms = 300;
  {
    std::unique_lock lock(held_mutex_);
    if (monotonic_ms() - held_at_ms_ > held_age_max_ms) {
      held_at_ms_ = monotonic_ms();
      lock.unlock();
      refresh_held();
    }
  }
  std::lock_guard lock(held_mutex_);
  if (held_.contains(item.run_id)) return true;
  if (item.transactional) return false;
  return held_.contains(item.workspace + "/") || held_.contains(item.workspace + "/" + item.campaign_id);
}

}  // namespace spreaders::events
