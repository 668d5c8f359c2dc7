#include "workflows/triggers/events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/event_match.hpp"
#include "workflows/triggers/starting.hpp"

namespace spreaders::workflows {

using audience::Fact;
using storage::Tx;

namespace {

Result<Json> json_of(const Fact& fact) {
  return Json{{"message_id", fact.message_id},
              {"name", fact.name},
              {"at", to_text(*fact.at)},
              {"user_id", fact.user_id},
              {"anonymous_id", fact.anonymous_id},
              {"properties", TRY(parse_json(fact.properties))},
              {"context", TRY(parse_json(fact.context))}};
}

// Empty: the event has none.
std::string entry_key_of(const EventSpec& spec, const Fact& fact, const Json& event) {
  if (spec.only_once) return "once";
  if (spec.key.empty()) return fact.message_id;
  const Json* value = at_pointer(event, spec.key);
  if (value == nullptr || value->is_structured() || value->is_null()) return {};
  std::string key = value->is_string() ? value->get<std::string>() : to_text(*value);
  return count_code_points(key) <= kEntryKeySizeMax ? key : std::string();
}

// Two events of one person must not both miss the other when they come at the same moment.
Result<void> lock_count(Tx& tx, const std::string& workspace, const Trigger& trigger, const std::string& contact_id) {
  TRY(
      tx.execute("INSERT INTO trigger_person (workspace_id, trigger_id, contact_id, seq) VALUES ($1, $2, $3, 0) ON "
                 "CONFLICT (workspace_id, trigger_id, contact_id) DO UPDATE SET seq = trigger_person.seq",
                 {workspace, trigger.id, contact_id}));
  return {};
}

// The events about one person, in their order.
using Batch = std::span<const Fact* const>;

struct Counted {
  Instant at;
  int64_t seq = 0;
};

// Those that count, by when they happened. Of this transaction only the events up to batch[place]: each has its turn.
Result<std::vector<Counted>> counted_events(Tx& tx, const std::string& workspace, const Trigger& trigger,
                                            const EventSpec& spec, Batch batch, size_t place, int64_t within_us) {
  const Fact& fact = *batch[place];
  const Instant at = *fact.at;
  storage::Values parameters = {workspace, fact.contact_id, spec.name, at - within_us, at + within_us, trigger.id};
  std::string where = TRY(where_of(tx, conditions_of(spec), parameters));
  std::string later;
  for (const Fact* one : batch.subspan(place + 1)) {
    if (one->contact_id != fact.contact_id || one->name != fact.name) continue;
    parameters.emplace_back(one->message_id);
    later += (later.empty() ? " AND e.message_id NOT IN ($" : ", $") + std::to_string(parameters.size());
  }
  if (!later.empty()) later += ")";
  auto rows = TRY(
      tx.query("SELECT e.at, e.seq FROM event e WHERE e.workspace_id = $1 AND e.contact_id = $2 AND e.name = $3 AND "
               "e.at > $4 AND e.at < $5 AND e.seq > (SELECT p.seq FROM trigger_person p WHERE p.workspace_id = $1 AND "
               "p.trigger_id = $6 AND p.contact_id = $2)" +
                   where + later + " ORDER BY e.at, e.seq LIMIT " + std::to_string(4 * spec.count),
               parameters));
  std::vector<Counted> counted;
  for (const auto& row : rows) counted.push_back({row[0].instant(), row[1].integer()});
  return counted;
}

// Whether with this event the person has done it `count` times since the trigger counts; then it counts anew.
Result<bool> count_is_reached(Tx& tx, const std::string& workspace, const Trigger& trigger, const EventSpec& spec,
                              Batch batch, size_t place) {
  if (spec.count <= 1) return true;
  const std::string& contact_id = batch[place]->contact_id;
  TRY(lock_count(tx, workspace, trigger, contact_id));
  const int64_t within_us = spec.within.empty() ? kTriggerWithinMax_us : TRY(parse_duration(spec.within));
  auto counted = TRY(counted_events(tx, workspace, trigger, spec, batch, place, within_us));
  const auto wanted = static_cast<size_t>(spec.count);
  for (size_t i = 0; i + wanted <= counted.size(); ++i) {
    if (counted[i + wanted - 1].at - counted[i].at >= within_us) continue;
    int64_t last = 0;
    for (size_t j = i; j < i + wanted; ++j) last = std::max(last, counted[j].seq);
    TRY(tx.execute("UPDATE trigger_person SET seq = $1 WHERE workspace_id = $2 AND trigger_id = $3 AND contact_id = $4",
                   {last, workspace, trigger.id, contact_id}));
    return true;
  }
  return false;
}

Result<bool> start_for_fact(Tx& tx, const std::string& workspace, const Trigger& trigger, const EventSpec& spec,
                            Batch batch, size_t place, Instant now, Ids& ids) {
  const Fact& fact = *batch[place];
  if (!TRY(event_meets(tx, workspace, fact.message_id, conditions_of(spec)))) return false;
  Json event = TRY(json_of(fact));
  std::string key = entry_key_of(spec, fact, event);
  if (key.empty() || !TRY(count_is_reached(tx, workspace, trigger, spec, batch, place))) return false;
  // What the run keeps of it; the rest stays with the event, where it can be erased.
  for (const char* member : {"context", "user_id", "anonymous_id"}) event.erase(member);
  Entry entry{
      .contact_id = fact.contact_id, .key = key, .event = fact.message_id, .cause = {{"event", std::move(event)}}};
  return enter(tx, workspace, trigger, entry, now, ids);
}

bool counts_for(const Trigger& trigger, const EventSpec& spec, const Fact& fact, Instant now) {
  if (fact.name != spec.name || fact.contact_id.empty()) return false;
  if (!fact.recorded_at) return true;
  return *fact.recorded_at >= now - kLateMax_us && trigger.running_since && *fact.recorded_at >= *trigger.running_since;
}

}  // namespace

Result<int> start_for_facts(Tx& tx, const std::string& workspace, std::span<const Fact> facts, Instant now, Ids& ids) {
  std::set<std::string> names;
  std::vector<const Fact*> of_people;
  for (const auto& fact : facts) {
    if (fact.contact_id.empty() || fact.name.empty()) continue;
    names.insert(fact.name);
    of_people.push_back(&fact);
  }
  if (of_people.empty()) return 0;
  auto triggers = TRY(running_triggers(tx, workspace, TriggerType::kEvent, names));
  if (triggers.empty()) return 0;
  // Rows of one person are locked in one order by everybody; their events stay in theirs.
  std::stable_sort(of_people.begin(), of_people.end(),
                   [](const Fact* a, const Fact* b) { return a->contact_id < b->contact_id; });
  int started = 0;
  for (const auto& trigger : triggers) {
    const auto& spec = std::get<EventSpec>(trigger.spec);
    for (size_t place = 0; place < of_people.size(); ++place) {
      if (!counts_for(trigger, spec, *of_people[place], now)) continue;
      bool fine = TRY(hold_if_broken(tx, workspace, trigger, now, [&]() -> Result<void> {
        started += TRY(start_for_fact(tx, workspace, trigger, spec, of_people, place, now, ids)) ? 1 : 0;
        return {};
      }));
      if (!fine) break;
    }
  }
  return started;
}

}  // namespace spreaders::workflows
