#include "events/outbox.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/pulse.hpp"
#include "events/outbox_rows.hpp"
#include "storage/values.hpp"

namespace spreaders::events {

using storage::or_null;
using storage::Rows;
using storage::Scope;
using storage::Tx;
using storage::Values;

namespace {

constexpr size_t kReplyMax = 300;
constexpr int64_t kTakeOverEvery_us = kSecond_us;  // how often a process looks for the claims of dead ones
constexpr int kClaimsPerWorker = 4;
constexpr int kLookupsMax = 200;              // unclear sends asked about in one round
constexpr int64_t kAskingMax_ms = 2'000;      // real time of such a round; sending goes on in between
constexpr int64_t kAskFor_us = 6 * kHour_us;  // how long a receiver that is away is asked about one send
constexpr int64_t kNever_us = INT64_MAX / 2;  // when a held send is due
Result<Accounting> account(Tx& tx, std::string_view where, const Values& parameters) {
  auto rows = TRY(tx.query(
      "SELECT state, COUNT(*) FROM outbox WHERE workspace_id = $1 AND " + std::string(where) + " GROUP BY state",
      parameters));
  Accounting sum;
  const std::pair<std::string_view, int64_t Accounting::*> states[] = {
      {"pending", &Accounting::pending},    {"sending", &Accounting::sending}, {"accepted", &Accounting::accepted},
      {"failed", &Accounting::failed},      {"unknown", &Accounting::unknown}, {"skipped", &Accounting::skipped},
      {"cancelled", &Accounting::cancelled}};
  for (const auto& row : rows) {
    for (const auto& [name, member] : states) {
      if (row[0].text() == name) sum.*member = row[1].integer();
    }
  }
  return sum;
}

// What was not sent goes back to wait, unless its run was stopped meanwhile. Mentions $1 so that both engines see its
// type.
constexpr std::string_view kPendingUnlessCancelled =
    "CASE WHEN EXISTS (SELECT 1 FROM run r WHERE r.workspace_id = outbox.workspace_id AND r.id = outbox.run_id AND "
    "r.status IN ('cancelled', 'failed')) "
    "THEN 'cancelled' ELSE CAST($1 AS TEXT) END";

// Whether a payload is transactional; the intents of one page share theirs, which is read once.
class PurposeOf {
 public:
  bool is_transactional(const std::string& payload) {
    if (payload == read_) return transactional_;
    auto json = parse_json(payload);
    const Json* mark = json.ok() ? at_pointer(*json, "/transactional") : nullptr;
    read_ = payload;
    return transactional_ = mark != nullptr && mark->is_boolean() && mark->get<bool>();
  }

 private:
  std::string read_;
  bool transactional_ = false;
};

}  // namespace

Result<int64_t> enqueue(Tx& tx, const std::string& workspace, std::span<const Intent> intents, Instant now, Ids& ids) {
  std::vector<Values> rows;
  rows.reserve(intents.size());
  PurposeOf purpose;
  for (const auto& intent : intents) {
    std::string id = ids.make("out");
    bool skipped = !intent.skip_reason.empty();
    Instant next_at = std::max(now, intent.not_before.value_or(now));
    rows.push_back({workspace,
                    id,
                    intent.idem,
                    intent.run_id,
                    intent.token_id,
                    intent.node_id,
                    or_null(intent.campaign_id),
                    or_null(intent.contact_id),
                    intent.channel,
                    intent.connection_id,
                    intent.address,
                    intent.payload,
                    skipped ? "skipped" : "pending",
                    next_at.us,
                    id,
                    intent.skip_reason,
                    now.us,
                    now.us,
                    purpose.is_transactional(intent.payload),
                    intent.deferred});
  }
  return tx.insert_many(
      "outbox", {"workspace_id", "id",      "idem",          "run_id",     "token_id",      "node_id", "campaign_id",
                 "contact_id",   "channel", "connection_id", "address",    "payload",       "state",   "next_at",
                 "vendor_ref",   "reply",   "created_at",    "updated_at", "transactional", "deferred"},
      rows, "ON CONFLICT (workspace_id, idem) DO NOTHING");
}

Result<std::vector<Verdict>> verdicts(Tx& tx, storage::SendGuard& guard, const std::string& workspace,
                                      const std::string& channel, bool transactional,
                                      const std::vector<storage::Recipient>& recipients,
                                      const std::vector<storage::Message>& messages, Instant now,
                                      storage::Stage stage) {
  auto refusals = TRY(guard.refusals(tx, workspace, channel, transactional, recipients));
  CHECK(refusals.size() == recipients.size(), "one answer per recipient");
  std::vector<Verdict> said(recipients.size());
  std::vector<Verdict*> willing;
  std::vector<storage::Message> of_willing;
  for (size_t i = 0; i < said.size(); ++i) {
    said[i].refusal = std::move(refusals[i]);
    if (transactional || !said[i].refusal.empty()) continue;
    willing.push_back(&said[i]);
    of_willing.push_back(messages[i]);
  }
  if (willing.empty()) return said;
  auto timings = TRY(guard.timings(tx, workspace, channel, of_willing, now, stage));
  CHECK(timings.size() == willing.size(), "one answer per message");
  for (size_t i = 0; i < willing.size(); ++i) {
    if (timings[i].kind == storage::Timing::Kind::kNever) willing[i]->refusal = timings[i].reason;
    willing[i]->timing = std::move(timings[i]);
  }
  return said;
}

Result<Decided> decide_intents(Tx& tx, storage::SendGuard& guard, const std::string& workspace,
                               std::span<Intent> intents, Instant now) {
  Decided decided;
  std::map<bool, std::vector<Intent*>> by_purpose;
  PurposeOf purpose;
  for (auto& intent : intents) by_purpose[purpose.is_transactional(intent.payload)].push_back(&intent);
  for (auto& [transactional, members] : by_purpose) {
    std::vector<storage::Recipient> recipients;
    std::vector<storage::Message> messages;
    for (const Intent* intent : members) {
      recipients.push_back({intent->contact_id, intent->address});
      messages.push_back({intent->run_id, intent->contact_id, now});
    }
    auto said = TRY(verdicts(tx, guard, workspace, members.front()->channel, transactional, recipients, messages, now,
                             storage::Stage::kWritten));
    for (size_t i = 0; i < members.size(); ++i) {
      auto& [refusal, timing] = said[i];
      bool refused = !refusal.empty();
      bool later = !refused && timing.kind == storage::Timing::Kind::kLater;
      members[i]->skip_reason = refusal;
      if (later) members[i]->not_before = timing.at, members[i]->deferred = timing.reason;
      ++(refused ? decided.refused : later ? decided.deferred : decided.now);
    }
  }
  return decided;
}

Result<Accounting> account_run(Tx& tx, const std::string& workspace, const std::string& run_id,
                               const std::string& node_id) {
  if (node_id.empty()) return account(tx, "run_id = $2", {workspace, run_id});
  return account(tx, "run_id = $2 AND node_id = $3", {workspace, run_id, node_id});
}

Result<Accounting> account_campaign(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  return account(tx, "campaign_id = $2", {workspace, campaign_id});
}

Dispatcher::Dispatcher(storage::Storage& storage, Clock& clock, storage::SendGuard& guard, DispatcherOptions options,
                       std::string owner)
    : storage_(storage),
      clock_(clock),
      guard_(guard),
      options_(options),
      owner_(std::move(owner)),
      jitter_(static_cast<uint64_t>(monotonic_ms())) {}

Dispatcher::~Dispatcher() = default;

// The row says when, since a process that restarts has forgotten; but virtual time says nothing about what the other
// side has done.
Instant Dispatcher::ask_at(Instant unclear_since) {
  if (!clock_.is_virtual()) return unclear_since + options_.lookup_grace_ms * 1000;
  lookup_after_ms_ = monotonic_ms() + options_.lookup_grace_ms;
  return unclear_since;
}

Result<int64_t> Dispatcher::take_over() {
  // Whoever claimed these is gone. Whether the message left is what look_up_unknown() asks, after a grace in which the
  // other side finishes what was already on its way. That a process died is no attempt that failed.
  Instant now = clock_.now();
  take_over_at_ = now + kTakeOverEvery_us;
  int64_t taken = TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<int64_t> {
    std::string others = options_.exclusive ? "lease_owner <> $2" : "lease_owner <> $2 AND lease_until < $1";
    return tx.execute(
        "UPDATE outbox SET state = 'unknown', next_at = $3, updated_at = $1, attempts = attempts - 1, reply = 'the "
        "sender stopped while this was on its way' "
        "WHERE state = 'sending' AND " +
            others,
        {now.us, owner_, ask_at(now).us});
  }));
  if (taken > 0) log_warn("took over unclear sends of a stopped process", {{"count", taken}});
  return taken;
}

// A renewal that comes after the leases ended proves nothing: another process may hold the rows by now.
bool Dispatcher::renew_leases() {
  Instant begun = clock_.now();
  auto renewed = storage_.write(Scope::system(), [&](Tx& tx) {
    return tx.execute("UPDATE outbox SET lease_until = $1 WHERE state = 'sending' AND lease_owner = $2",
                      {begun.us + options_.lease_ms * 1000, owner_});
  });
  bool in_time = clock_.now().us < leased_at_us_ + options_.lease_ms * 1000;
  if (renewed.ok() && in_time) leased_at_us_ = begun.us;
  return in_time;
}

// The second half of a lease is left for sends that have begun.
bool Dispatcher::may_begin(const Claimed& claimed) const {
  if (options_.exclusive) return true;
  int64_t until_us = std::max(claimed.send_until.us, leased_at_us_ + options_.lease_ms * 1000 / 2);
  return clock_.now().us <= until_us;
}

Result<void> Dispatcher::recover() {
  TRY(take_over());
  {
    std::lock_guard lock(held_mutex_);
    held_at_ms_ = 0;
  }
  return {};
}

std::vector<SendReport> Dispatcher::send_all(const Claimed& claimed) {
  const auto& items = claimed.items;
  std::vector<SendReport> reports(items.size());
  std::map<std::string, std::vector<OutboxItem>> by_channel;
  for (const auto& item : items) by_channel[item.channel].push_back(item);
  std::map<std::string, Result<std::shared_ptr<void>>> prepared;
  for (const auto& [channel, list] : by_channel) {
    auto sender = senders_.find(channel);
    if (sender != senders_.end()) prepared.emplace(channel, sender->second->prepare(list));
    else prepared.emplace(channel, Error{Code::kNotConfigured, "nothing here sends over " + channel});
  }
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < items.size(); i = next++) {
      const auto& ready = prepared.at(items[i].channel);
      if (!ready.ok()) {
        reports[i] = {Sent::kDeferred, std::string(first_code_points(ready.error().message, kReplyMax)),
                      ready.error().retry_after_ms};
      } else if (is_held(items[i]) || !may_begin(claimed)) {
        reports[i] = {Sent::kHeld};
      } else {
        reports[i] = senders_.at(items[i].channel)->send(items[i], ready->get());
      }
    }
  };
  size_t count = std::min<size_t>(static_cast<size_t>(options_.workers), items.size());
  if (count <= 1) {
    work();
    return reports;
  }
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  threads.clear();  // joins
  return reports;
}

int64_t Dispatcher::backoff_ms(int64_t attempts) const {
  if (attempts < 1) return 0;
  return std::min(options_.backoff_cap_ms, options_.backoff_base_ms << std::min<int64_t>(attempts - 1, 20));
}

Result<void> Dispatcher::settle_one(Tx& tx, const OutboxItem& item, const SendReport& report, Instant now,
                                    std::vector<Settled>& settled) {
  std::string state = report.outcome == Sent::kAccepted   ? "accepted"
                      : report.outcome == Sent::kRejected ? "failed"
                                                          : "unknown";
  int64_t next_at = now.us;
  bool held = report.outcome == Sent::kHeld;
  if (held) state = "pending";
  if (state == "unknown") next_at = ask_at(now).us;
  if (report.outcome == Sent::kDeferred) {
    state = item.attempts >= options_.attempts_max ? "failed" : "pending";
    int64_t wait_ms = report.retry_after_ms > 0 ? report.retry_after_ms : backoff_ms(item.attempts);
    next_at += (wait_ms + static_cast<int64_t>(jitter_.below(static_cast<uint64_t>(wait_ms / 4 + 1)))) * 1000;
  }
  std::string reply(first_code_points(held ? "" : report.reply, kReplyMax));
  bool may_have_it = report.outcome == Sent::kAccepted || report.outcome == Sent::kUnknown;
  // The fence: only the claim that was made for this attempt may settle it.
  auto rows =
      TRY(tx.query("UPDATE outbox SET state = " + std::string(state == "pending" ? kPendingUnlessCancelled : "$1") +
                       ", next_at = $2, reply = $3, updated_at = $4, attempts = attempts - $5" +
                       (may_have_it ? "" : ", counted_at = NULL") +
                       " WHERE workspace_id = $6 AND id = $7 AND lease_owner = $8 AND fence = $9 AND state = 'sending' "
                       "RETURNING state",
                   {state, next_at, reply, now.us, held ? 1 : 0, item.workspace, item.id, owner_, item.fence}));
  int64_t changed = static_cast<int64_t>(rows.size());
  if (changed == 1) state = rows[0][0].text();
  if (changed == 1 && state != "pending") settled.push_back({item, state, reply, report.suppress});
  return {};
}

Result<void> Dispatcher::settle(const std::vector<OutboxItem>& items, const std::vector<SendReport>& reports) {
  Instant now = clock_.now();
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    std::vector<Settled> settled;
    for (size_t i = 0; i < items.size(); ++i) {
      TRY(settle_one(tx, items[i], reports[i], now, settled));
      if (!reports[i].suppress.empty()) {
        TRY(
            tx.execute("INSERT INTO suppression (workspace_id, channel, address, reason, source, at) VALUES ($1, $2, "
                       "$3, $4, 'delivery', $5) "
                       "ON CONFLICT (workspace_id, channel, address) DO NOTHING",
                       {items[i].workspace, items[i].channel, items[i].address, reports[i].suppress, now.us}));
      }
    }
    if (settle_hook_ && !settled.empty()) TRY(settle_hook_(tx, settled));
    return {};
  });
}

// What went out must be written down: the database being busy or full for a while is no reason to forget it. Until then
// the rows stay `sending`, so a crash here is found by recover(), and nothing more is claimed.
Result<void> Dispatcher::settle_surely(Unsettled& sent) {
  if (sent.items.empty()) return {};
  constexpr int attempts_max = 5;
  Result<void> done = settle(sent.items, sent.reports);
  for (int i = 1; i < attempts_max && !done.ok(); ++i) done = settle(sent.items, sent.reports);
  if (done.ok()) sent = {};
  return done;
}

// What this project exists not to do: forget the intent and write results down only when the whole batch went out.
Result<int> Dispatcher::run_planted() {
  auto claimed = TRY(claim(options_.batch));
  if (claimed.items.empty()) return claimed.count();
  TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& item : claimed.items)
      TRY(tx.execute("UPDATE outbox SET state = 'pending', lease_owner = '' WHERE id = $1", {item.id}));
    return {};
  }));
  auto reports = send_all(claimed);
  TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& item : claimed.items)
      TRY(tx.execute("UPDATE outbox SET state = 'sending', lease_owner = $2 WHERE id = $1", {item.id, owner_}));
    return {};
  }));
  TRY(settle(claimed.items, reports));
  return claimed.count();
}

// While one wave is on the wire, the answers to the one before it are written down and the next one is claimed.
Result<int> Dispatcher::run_waves() {
  int wave = std::min(options_.batch, options_.wave > 0 ? options_.wave : options_.workers * kClaimsPerWorker);
  int left = options_.batch;
  int handled = 0;
  Unsettled sent;
  Result<void> written;
  leased_at_us_ = clock_.now().us;
  std::optional<Pulse> leases;
  if (!options_.exclusive) leases.emplace(options_.lease_ms / 4, [this] { return renew_leases(); });
  auto claimed = claim(wave);
  while (written.ok() && claimed.ok() && claimed->count() > 0) {
    handled += claimed->count();
    left -= claimed->count();
    bool more = claimed->count() == wave && left > 0;
    Claimed sending = std::move(*claimed);
    std::vector<SendReport> reports;
    {
      std::jthread wire([&] { reports = send_all(sending); });
      written = settle_surely(sent);
      claimed = written.ok() && more ? claim(std::min(wave, left)) : Result<Claimed>(Claimed{});
    }
    sent.items.insert(sent.items.end(), sending.items.begin(), sending.items.end());
    sent.reports.insert(sent.reports.end(), reports.begin(), reports.end());
  }
  Result<void> last = settle_surely(sent);
  if (!last.ok()) unsettled_ = std::move(sent);
  TRY(std::move(last));
  if (!claimed.ok()) return claimed.error();
  return handled;
}

Result<int> Dispatcher::run_once() {
  TRY(settle_surely(unsettled_));
  if (!options_.exclusive && clock_.now() >= take_over_at_) TRY(take_over());
  return options_.planted_bad_checkpoint ? run_planted() : run_waves();
}

std::vector<Dispatcher::Asked> Dispatcher::ask(const Rows& rows, Instant now) {
  std::vector<Asked> all;
  std::set<std::string> away;  // connections whose receiver does not answer now
  int64_t until_ms = monotonic_ms() + kAskingMax_ms;
  for (const auto& row : rows) {
    if (!all.empty() && monotonic_ms() > until_ms) break;
    Asked asked{item_of(row)};
    auto sender = senders_.find(asked.item.channel);
    if (sender != senders_.end() && !away.contains(asked.item.connection_id))
      asked.taken = sender->second->was_accepted(asked.item);
    bool patient = now - row[kItemColumnCount].instant() < kAskFor_us;
    if (sender != senders_.end() && !asked.taken && patient) asked.again_ms = sender->second->ask_again_ms(asked.item);
    if (asked.again_ms > 0) away.insert(asked.item.connection_id);
    all.push_back(std::move(asked));
  }
  return all;
}

Result<void> Dispatcher::note_answer(Tx& tx, const Asked& asked, Instant now, std::vector<Settled>& settled) {
  const OutboxItem& item = asked.item;
  if (asked.again_ms > 0) {  // updated_at stays: since then it has been unclear
    TRY(
        tx.execute("UPDATE outbox SET next_at = $1, reply = 'the receiver does not answer; asked again later' WHERE "
                   "workspace_id = $2 AND id = $3 AND state = 'unknown' AND fence = $4",
                   {now.us + asked.again_ms * 1000, item.workspace, item.id, item.fence}));
    return {};
  }
  bool spent = item.attempts >= options_.attempts_max;
  bool resend =
      !spent && (asked.taken.has_value() ? !*asked.taken : options_.resend_unknown_transactional && item.transactional);
  std::string state = "unknown";
  std::string reply = "the receiver cannot be asked; held, not sent again";
  if (asked.taken.value_or(false)) {
    state = "accepted";
    reply = "found at the receiver";
  } else if (resend) {
    state = "pending";
    reply =
        asked.taken.has_value() ? "not found at the receiver; sent again" : "the receiver cannot be asked; sent again";
  } else if (asked.taken.has_value()) {
    state = "failed";
    reply = "not found at the receiver after " + std::to_string(item.attempts) + " attempts";
  }
  int64_t next_at = state == "unknown"   ? kNever_us
                    : state == "pending" ? now.us + backoff_ms(item.attempts) * 1000
                                         : now.us;
  auto changed =
      TRY(tx.query("UPDATE outbox SET state = " + std::string(state == "pending" ? kPendingUnlessCancelled : "$1") +
                       ", next_at = $2, reply = $3, updated_at = $4" +
                       (state == "pending" || state == "failed" ? ", counted_at = NULL" : "") +
                       " WHERE workspace_id = $5 AND id = $6 AND state = 'unknown' AND fence = $7 RETURNING state",
                   {state, next_at, reply, now.us, item.workspace, item.id, item.fence}));
  if (changed.empty()) return {};
  state = changed[0][0].text();
  if (state != "pending") settled.push_back({item, state, reply});
  return {};
}

Result<int> Dispatcher::look_up_unknown() {
  if (monotonic_ms() < lookup_after_ms_) return 0;
  Instant now = clock_.now();
  auto rows = TRY(storage_.read(Scope::system(), [&](Tx& tx) {
    return tx.query("SELECT " + std::string(kItemColumns) +
                        ", updated_at FROM outbox WHERE state = 'unknown' AND next_at <= $1 ORDER BY next_at LIMIT $2",
                    {now.us, kLookupsMax});
  }));
  if (rows.empty()) return 0;
  auto answers = ask(rows, now);
  TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    std::vector<Settled> settled;
    for (const auto& asked : answers) TRY(note_answer(tx, asked, now, settled));
    if (settle_hook_ && !settled.empty()) TRY(settle_hook_(tx, settled));
    return {};
  }));
  return static_cast<int>(answers.size());
}

void Dispatcher::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Dispatcher::loop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto handled = run_once();
    auto looked = look_up_unknown();
    if (!handled.ok())
      log_error("dispatch failed", {{"error", handled.error().message}, {"detail", handled.error().detail}});
    if (!looked.ok())
      log_error("look-up failed", {{"error", looked.error().message}, {"detail", looked.error().detail}});
    if (handled.ok() && *handled > 0) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.idle_poll_ms), [&] { return woken_; });
    woken_ = false;
  }
}

}  // namespace spreaders::events
