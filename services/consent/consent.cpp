#include "services/consent/consent.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/facts.hpp"
#include "services/audience/sql.hpp"

namespace spreaders::consent {

namespace {

using audience::placeholders;
using storage::Values;

State state_of(const std::string& text) { return enum_from<State>(text).value_or(State::kOptedOut); }
// An unknown reason is the heaviest: nothing is sent on a guess.
Reason reason_of(const std::string& text) { return enum_from<Reason>(text).value_or(Reason::kComplaint); }

struct Known {
  State state;
  Instant at;
};
using KnownKey = std::pair<std::string, std::string>;  // channel, contact

Result<std::map<KnownKey, Known>> load_known(Tx& tx, const std::string& workspace, std::span<const Consent> entries) {
  std::map<KnownKey, Known> known;
  for (size_t from = 0; from < entries.size(); from += kBatchMax) {
    auto part = entries.subspan(from, std::min(kBatchMax, entries.size() - from));
    Values parameters{workspace};
    for (const auto& entry : part) parameters.emplace_back(entry.contact_id);
    auto rows =
        TRY(tx.query("SELECT channel, contact_id, state, at FROM consent WHERE workspace_id = $1 AND contact_id IN (" +
                         placeholders(2, part.size()) + ")",
                     parameters));
    for (const auto& row : rows) known[{row[0].text(), row[1].text()}] = {state_of(row[2].text()), row[3].instant()};
  }
  return known;
}

Result<void> decide_part(Tx& tx, const std::string& workspace, std::string_view channel,
                         std::span<const Recipient> part, Purpose purpose, std::vector<SendDecision>& decisions) {
  std::map<std::string, State> states;
  if (purpose == Purpose::kMarketing) {
    std::vector<std::string> contact_ids;
    for (const auto& recipient : part) contact_ids.push_back(recipient.contact_id);
    states = TRY(states_of(tx, workspace, channel, contact_ids));
  }
  std::map<std::string, Reason, std::less<>> shut;
  Values parameters{workspace, channel};
  std::vector<std::string> addresses;
  for (const auto& recipient : part) addresses.push_back(normal_address(channel, recipient.address));
  for (const auto& address : addresses) parameters.emplace_back(address);
  auto rows =
      TRY(tx.query("SELECT address, reason FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address IN (" +
                       placeholders(3, part.size()) + ")",
                   parameters));
  for (const auto& row : rows) shut[row[0].text()] = reason_of(row[1].text());

  for (size_t i = 0; i < part.size(); ++i) {
    auto suppressed = shut.find(addresses[i]);
    auto state = states.find(part[i].contact_id);
    bool heavy =
        suppressed != shut.end() && (purpose == Purpose::kMarketing || suppressed->second != Reason::kUnsubscribed);
    if (addresses[i].empty()) decisions.push_back({false, "no_address"});
    else if (heavy) decisions.push_back({false, "suppressed:" + std::string(enum_name(suppressed->second))});
    else if (purpose == Purpose::kTransactional) decisions.push_back({true});
    else if (state == states.end()) decisions.push_back({false, "no_consent"});
    else if (state->second == State::kOptedOut) decisions.push_back({false, "opted_out"});
    else decisions.push_back({true});
  }
  return {};
}

Result<void> record_word(Tx& tx, const std::string& workspace, const Word& word, std::string_view fact, Instant now,
                         const audience::Journal& journal) {
  Json properties = {{"channel", word.channel}, {"source", word.source}};
  audience::Fact entry{.name = std::string(fact),
                       .contact_id = word.who.contact_id,
                       .campaign_id = word.campaign_id,
                       .properties = to_text(properties)};
  TRY(audience::record_facts(tx, workspace, {&entry, 1}, now, journal));
  return {};
}

}  // namespace

std::string normal_address(std::string_view channel, std::string_view address) {
  return channel == "email" ? lower_ascii(trim(address)) : std::string(trim(address));
}

Result<std::vector<bool>> record_many(Tx& tx, const std::string& workspace, std::span<const Consent> entries) {
  std::vector<bool> changed;
  if (entries.empty()) return changed;
  auto known = TRY(load_known(tx, workspace, entries));
  // One row for each key: PostgreSQL refuses to touch a row twice in one statement.
  std::map<KnownKey, const Consent*> last;
  for (const auto& entry : entries) {
    KnownKey key{entry.channel, entry.contact_id};
    auto before = known.find(key);
    bool late = before != known.end() && before->second.at > entry.at;
    changed.push_back(!late && (before == known.end() || before->second.state != entry.state));
    if (late) continue;
    known[key] = {entry.state, entry.at};
    last[key] = &entry;
  }
  std::vector<Values> rows;
  for (const auto& [key, entry] : last) {
    rows.push_back({workspace, entry->contact_id, entry->channel, enum_name(entry->state),
                    first_code_points(entry->source, kSourceSizeMax), first_code_points(entry->proof, kProofSizeMax),
                    entry->at});
  }
  if (rows.empty()) return changed;
  TRY(tx.insert_many("consent", {"workspace_id", "contact_id", "channel", "state", "source", "proof", "at"}, rows,
                     "ON CONFLICT (workspace_id, contact_id, channel) DO UPDATE SET state = excluded.state, "
                     "source = excluded.source, proof = excluded.proof, at = excluded.at"));
  return changed;
}

Result<bool> record(Tx& tx, const std::string& workspace, const Consent& entry) {
  auto changed = TRY(record_many(tx, workspace, {&entry, 1}));
  return changed.front() == true;
}

Result<std::map<std::string, State>> states_of(Tx& tx, const std::string& workspace, std::string_view channel,
                                               std::span<const std::string> contact_ids) {
  std::map<std::string, State> states;
  for (size_t from = 0; from < contact_ids.size(); from += kBatchMax) {
    auto part = contact_ids.subspan(from, std::min(kBatchMax, contact_ids.size() - from));
    Values parameters{workspace, channel};
    for (const auto& id : part) parameters.emplace_back(id);
    auto rows = TRY(
        tx.query("SELECT contact_id, state FROM consent WHERE workspace_id = $1 AND channel = $2 AND contact_id IN (" +
                     placeholders(3, part.size()) + ")",
                 parameters));
    for (const auto& row : rows) states[row[0].text()] = state_of(row[1].text());
  }
  return states;
}

Result<std::optional<Consent>> find(Tx& tx, const std::string& workspace, std::string_view channel,
                                    const std::string& contact_id) {
  auto row = TRY(tx.query_one(
      "SELECT state, source, proof, at FROM consent WHERE workspace_id = $1 AND contact_id = $2 AND channel = $3",
      {workspace, contact_id, channel}));
  if (!row) return std::optional<Consent>();
  return std::optional(Consent{contact_id, std::string(channel), state_of((*row)[0].text()), (*row)[1].text(),
                               (*row)[2].text(), (*row)[3].instant()});
}

Result<std::vector<std::string>> channels_of(Tx& tx, const std::string& workspace, const std::string& contact_id) {
  std::vector<std::string> channels;
  for (const auto& row :
       TRY(tx.query("SELECT channel FROM consent WHERE workspace_id = $1 AND contact_id = $2 ORDER BY channel",
                    {workspace, contact_id}))) {
    channels.push_back(row[0].text());
  }
  return channels;
}

Result<std::optional<Suppression>> find_suppression(Tx& tx, const std::string& workspace, std::string_view channel,
                                                    std::string_view address) {
  std::string normal = normal_address(channel, address);
  auto row = TRY(tx.query_one(
      "SELECT reason, source, at FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address = $3",
      {workspace, channel, normal}));
  if (!row) return std::optional<Suppression>();
  return std::optional(
      Suppression{normal, std::string(channel), reason_of((*row)[0].text()), (*row)[1].text(), (*row)[2].instant()});
}

Result<bool> suppress(Tx& tx, const std::string& workspace, const Suppression& entry) {
  std::string address = normal_address(entry.channel, entry.address);
  if (address.empty()) return invalid("A suppression needs an address");
  auto before = TRY(find_suppression(tx, workspace, entry.channel, address));
  if (before && before->reason >= entry.reason) return false;
  TRY(tx.execute(
      "INSERT INTO suppression (workspace_id, channel, address, reason, source, at) VALUES ($1, $2, $3, $4, $5, $6) "
      "ON CONFLICT (workspace_id, channel, address) DO UPDATE SET reason = excluded.reason, source = excluded.source, "
      "at = excluded.at",
      {workspace, entry.channel, address, enum_name(entry.reason), first_code_points(entry.source, kSourceSizeMax),
       entry.at}));
  return true;
}

Result<bool> unsuppress(Tx& tx, const std::string& workspace, std::string_view channel, std::string_view address,
                        std::optional<Reason> only) {
  std::string sql = "DELETE FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address = $3";
  Values parameters{workspace, channel, normal_address(channel, address)};
  if (only) {
    sql += " AND reason = $4";
    parameters.emplace_back(enum_name(*only));
  }
  return TRY(tx.execute(sql, parameters)) > 0;
}

Result<std::vector<SendDecision>> decide_batch(Tx& tx, const std::string& workspace, std::string_view channel,
                                               std::span<const Recipient> recipients, Purpose purpose) {
  std::vector<SendDecision> decisions;
  decisions.reserve(recipients.size());
  for (size_t from = 0; from < recipients.size(); from += kBatchMax) {
    auto part = recipients.subspan(from, std::min(kBatchMax, recipients.size() - from));
    TRY(decide_part(tx, workspace, channel, part, purpose, decisions));
  }
  return decisions;
}

Result<SendDecision> may_send(Tx& tx, const std::string& workspace, std::string_view channel,
                              const Recipient& recipient, Purpose purpose) {
  auto decisions = TRY(decide_batch(tx, workspace, channel, {&recipient, 1}, purpose));
  return std::move(decisions.front());
}

Result<bool> subscribe(Tx& tx, const std::string& workspace, const Word& word, Instant now,
                       const audience::Journal& journal) {
  bool changed =
      TRY(record(tx, workspace, {word.who.contact_id, word.channel, State::kOptedIn, word.source, word.proof, now}));
  bool freed = TRY(unsuppress(tx, workspace, word.channel, word.who.address, Reason::kUnsubscribed));
  if (changed) TRY(record_word(tx, workspace, word, "Subscribed", now, journal));
  return changed || freed;
}

Result<bool> unsubscribe(Tx& tx, const std::string& workspace, const Word& word, Instant now,
                         const audience::Journal& journal) {
  bool changed =
      TRY(record(tx, workspace, {word.who.contact_id, word.channel, State::kOptedOut, word.source, word.proof, now}));
  if (!word.who.address.empty()) {
    TRY(suppress(tx, workspace, {word.who.address, word.channel, Reason::kUnsubscribed, word.source, now}));
  }
  if (changed) TRY(record_word(tx, workspace, word, "Unsubscribed", now, journal));
  return changed;
}

Result<std::vector<std::string>> Guard::refusals(Tx& tx, const std::string& workspace, const std::string& channel,
                                                 bool transactional, const std::vector<Recipient>& recipients) {
  auto purpose = transactional ? Purpose::kTransactional : Purpose::kMarketing;
  auto decisions = TRY(decide_batch(tx, workspace, channel, recipients, purpose));
  std::vector<std::string> reasons;
  reasons.reserve(decisions.size());
  for (auto& decision : decisions) reasons.push_back(std::move(decision.reason));
  return reasons;
}

}  // namespace spreaders::consent
