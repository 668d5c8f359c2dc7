#include "workflows/triggers/triggers.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "services/audience/sql.hpp"
#include "storage/values.hpp"
#include "workflows/engine_parts.hpp"
#include "workflows/triggers/changes.hpp"
#include "workflows/triggers/starting.hpp"

namespace spreaders::workflows {

using storage::Row;
using storage::Scope;
using storage::Tx;

namespace {

constexpr int kDue_max = 200;  // triggers of one beat
// `last` and `fires` stand for last_fire_at and fires.
std::string columns(std::string_view last, std::string_view fires) {
  return std::string("id, workflow_id, name, version, spec, state, reason, next_fire_at, ")
      .append(last)
      .append(", ")
      .append(fires)
      .append(", skipped, created_at, rev, principal, approval_id, type, running_since");
}
std::string stored_columns() { return columns("last_fire_at", "fires"); }
// What events have started is counted where it is written: ingests that run at once change no common row.
std::string counted_columns() {
  auto of_runs = [](const std::string& schedule, const std::string& figure) {
    return "CASE WHEN type = 'schedule' THEN " + schedule + " ELSE (SELECT " + figure +
           " FROM trigger_run r WHERE r.workspace_id = trigger_instance.workspace_id AND r.trigger_id = "
           "trigger_instance.id) END";
  };
  return columns(of_runs("last_fire_at", "MAX(r.at)"), of_runs("fires", "COUNT(*)"));
}

Result<Trigger> trigger_of(const Row& row) {
  auto state = enum_from<TriggerState>(row[5].text());
  auto type = enum_from<TriggerType>(row[15].text());
  CHECK(state.has_value() && type.has_value(), "only known states and types are stored");
  return Trigger{.id = row[0].text(),
                 .workflow_id = row[1].text(),
                 .name = row[2].text(),
                 .version = row[3].integer(),
                 .spec = TRY(decoded_spec(*type, TRY(parse_json(row[4].text())))),
                 .state = *state,
                 .reason = row[6].text(),
                 .next_fire_at = storage::optional_instant(row[7]),
                 .last_fire_at = storage::optional_instant(row[8]),
                 .fires = row[9].integer(),
                 .skipped = row[10].integer(),
                 .running_since = storage::optional_instant(row[16]),
                 .created_at = row[11].instant(),
                 .rev = row[12].integer(),
                 .principal = row[13].text(),
                 .approval_id = row[14].text_or("")};
}

std::string key_of(const Trigger& trigger, Instant at) { return trigger.id + ":" + to_text(at); }

Error not_in_state(const Trigger& trigger, std::string_view wanted) {
  return conflict("the trigger is " + std::string(enum_name(trigger.state)) + ", not " + std::string(wanted));
}

Error no_trigger(const std::string& id) {
  return not_found("there is no trigger '" + std::string(first_code_points(id, 80)) + "'");
}

// Writes all that changes of a trigger that was read in this transaction.
Result<void> update(Tx& tx, const std::string& workspace, Trigger& trigger, Instant now) {
  int64_t changed = TRY(tx.execute(
      "UPDATE trigger_instance SET state = $1, reason = $2, next_fire_at = $3, last_fire_at = $4, fires "
      "= $5, skipped = $6, principal = $7, approval_id = $8, updated_at = $9, running_since = $10, rev = rev + 1 "
      "WHERE workspace_id = $11 AND id = $12 AND rev = $13",
      {enum_name(trigger.state), trigger.reason, trigger.next_fire_at, trigger.last_fire_at, trigger.fires,
       trigger.skipped, trigger.principal, storage::or_null(trigger.approval_id), now, trigger.running_since, workspace,
       trigger.id, trigger.rev}));
  if (changed == 0)
    return conflict("the trigger was changed by someone else in the meantime; look at it and try again");
  trigger.rev += 1;
  return {};
}

Result<Trigger> change_state(Tx& tx, const std::string& workspace, const std::string& id,
                             std::initializer_list<TriggerState> from, TriggerState to, Instant now) {
  Trigger trigger = TRY(get_trigger(tx, workspace, id));
  if (std::find(from.begin(), from.end(), trigger.state) == from.end())
    return not_in_state(trigger, enum_name(*from.begin()));
  trigger.state = to;
  trigger.reason.clear();
  trigger.running_since.reset();
  if (to == TriggerState::kRunning) trigger.running_since = now;
  if (to == TriggerState::kStopped || to == TriggerState::kDestroyed) trigger.next_fire_at.reset();
  TRY(update(tx, workspace, trigger, now));
  return trigger;
}

}  // namespace

Result<Trigger> create_trigger(Tx& tx, const std::string& workspace, const NewTrigger& made, Instant now, Ids& ids) {
  TriggerSpec spec = made.spec;
  if (const auto* schedule = std::get_if<ScheduleSpec>(&spec)) TRY(make_schedule(*schedule, now));
  if (auto* entered = std::get_if<SegmentSpec>(&spec)) TRY(bind_segment(tx, workspace, *entered));
  const std::string id = ids.make("trg");
  TRY(
      tx.execute("INSERT INTO trigger_instance (workspace_id, id, workflow_id, version, name, type, spec, listens_to, "
                 "state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'initialized', $9, $9)",
                 {workspace, id, made.workflow_id, made.version, made.name, enum_name(type_of(spec)),
                  to_text(encoded(spec)), listens_to(spec), now}));
  return get_trigger(tx, workspace, id);
}

Result<Trigger> get_trigger(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one(
      "SELECT " + counted_columns() + " FROM trigger_instance WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  if (!row) return no_trigger(id);
  return trigger_of(*row);
}

Result<std::vector<Trigger>> list_triggers(Tx& tx, const std::string& workspace, const std::string& workflow_id) {
  auto rows = TRY(tx.query("SELECT " + counted_columns() +
                               " FROM trigger_instance WHERE workspace_id = $1 AND ($2 = '' OR workflow_id = $2) "
                               "ORDER BY created_at, id",
                           {workspace, workflow_id}));
  std::vector<Trigger> list;
  for (const auto& row : rows) list.push_back(TRY(trigger_of(row)));
  return list;
}

namespace {

// (SQLite has one writer and needs nothing.)
const char* kept_as_it_is(const Tx& tx) { return tx.dialect() == storage::Dialect::kPostgres ? " FOR SHARE" : ""; }

}  // namespace

Result<Trigger> get_trigger_to_start(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one(
      "SELECT " + stored_columns() + " FROM trigger_instance WHERE workspace_id = $1 AND id = $2" + kept_as_it_is(tx),
      {workspace, id}));
  if (!row) return no_trigger(id);
  return trigger_of(*row);
}

Result<std::vector<Trigger>> running_triggers(Tx& tx, const std::string& workspace, TriggerType type,
                                              const std::set<std::string>& listen_to) {
  storage::Values parameters{workspace, enum_name(type)};
  parameters.insert(parameters.end(), listen_to.begin(), listen_to.end());
  std::string names;
  if (!listen_to.empty()) names = " AND listens_to IN (" + audience::placeholders(3, listen_to.size()) + ")";
  auto rows = TRY(tx.query("SELECT " + stored_columns() +
                               " FROM trigger_instance WHERE workspace_id = $1 AND state = 'running' AND type = $2" +
                               names + " ORDER BY id" + kept_as_it_is(tx),
                           parameters));
  std::vector<Trigger> list;
  for (const auto& row : rows) list.push_back(TRY(trigger_of(row)));
  return list;
}

Result<Trigger> start_trigger(Tx& tx, const std::string& workspace, const std::string& id, const StartedBy& by,
                              Instant now) {
  Trigger trigger = TRY(get_trigger(tx, workspace, id));
  if (trigger.state != TriggerState::kInitialized) return not_in_state(trigger, "initialized");
  trigger.state = TriggerState::kRunning;
  trigger.running_since = now;
  if (const auto* spec = std::get_if<ScheduleSpec>(&trigger.spec)) {
    trigger.next_fire_at = next_fire(TRY(make_schedule(*spec, trigger.created_at)), now);
    if (!trigger.next_fire_at) return conflict("the schedule has no time that is still to come");
  }
  if (const auto* spec = std::get_if<SegmentSpec>(&trigger.spec)) {
    trigger.next_fire_at = spec->include_existing ? now : now + kLookEvery_us;
    TRY(remember_members(tx, workspace, trigger, now));
  }
  trigger.principal = stored_principal(by.principal);
  trigger.approval_id = by.approval_id;
  TRY(update(tx, workspace, trigger, now));
  return trigger;
}

Result<Trigger> pause_trigger(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  return change_state(tx, workspace, id, {TriggerState::kRunning}, TriggerState::kPaused, now);
}

Result<Trigger> resume_trigger(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  Trigger trigger = TRY(change_state(tx, workspace, id, {TriggerState::kPaused}, TriggerState::kRunning, now));
  if (std::holds_alternative<SegmentSpec>(trigger.spec)) TRY(remember_members(tx, workspace, trigger, now));
  return trigger;
}

Result<Trigger> stop_trigger(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  return change_state(tx, workspace, id, {TriggerState::kRunning, TriggerState::kPaused, TriggerState::kInitialized},
                      TriggerState::kStopped, now);
}

Result<Trigger> destroy_trigger(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  Trigger trigger = TRY(change_state(tx, workspace, id, {TriggerState::kStopped, TriggerState::kInitialized},
                                     TriggerState::kDestroyed, now));
  auto runs =
      TRY(tx.query("SELECT id FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND (subject = $3 OR id IN "
                   "(SELECT run_id FROM trigger_run WHERE workspace_id = $1 AND trigger_id = $3)) AND status IN "
                   "('active', 'paused')",
                   {workspace, trigger.workflow_id, trigger.id}));
  for (const auto& run : runs) TRY(cancel_run(tx, workspace, run[0].text(), "its trigger was destroyed", now));
  TRY(tx.execute("DELETE FROM trigger_person WHERE workspace_id = $1 AND trigger_id = $2", {workspace, trigger.id}));
  return trigger;
}

namespace {

Result<int> fire(Tx& tx, const std::string& workspace, const std::string& id, Instant now, Ids& ids) {
  Trigger trigger = TRY(get_trigger(tx, workspace, id));
  if (trigger.state != TriggerState::kRunning || !trigger.next_fire_at || *trigger.next_fire_at > now) return 0;
  auto schedule = TRY(make_schedule(std::get<ScheduleSpec>(trigger.spec), trigger.created_at));
  DueFires due = due_fires(schedule, *trigger.next_fire_at, now);
  StartRun start{.workflow_id = trigger.workflow_id,
                 .version = trigger.version,
                 .subject = trigger.id,
                 .entry_key = {},
                 .approval_id = trigger.approval_id,
                 .principal = principal_of(trigger.principal, workspace)};
  for (Instant at : due.fires) {
    start.entry_key = key_of(trigger, at);
    start.context = to_text(Json{{"trigger", {{"id", trigger.id}, {"scheduled_at", to_text(at)}}}});
    TRY(start_run(tx, workspace, start, now, ids));
    trigger.last_fire_at = at;
  }
  trigger.fires += static_cast<int64_t>(due.fires.size());
  trigger.skipped += due.skipped;
  trigger.next_fire_at = due.next;
  TRY(update(tx, workspace, trigger, now));
  return static_cast<int>(due.fires.size());
}

}  // namespace

Result<int> fire_due(storage::Storage& storage, Clock& clock, Ids& ids) {
  const Instant now = clock.now();
  auto due = TRY(storage.read(Scope::system(), [&](Tx& tx) {
    return tx.query(
        "SELECT workspace_id, id, type FROM trigger_instance WHERE state = 'running' AND next_fire_at <= $1 "
        "ORDER BY next_fire_at LIMIT $2",
        {now, kDue_max});
  }));
  int runs = 0;
  for (const auto& row : due) {
    const std::string workspace = row[0].text();
    const std::string id = row[1].text();
    auto fired = row[2].text() == enum_name(TriggerType::kSegmentEntered)
                     ? look_for_entering(storage, workspace, id, now, ids)
                     : storage.write(Scope::of(workspace), [&](Tx& tx) { return fire(tx, workspace, id, now, ids); });
    if (fired.ok()) {
      runs += *fired;
      continue;
    }
    if (fired.error().code == Code::kConflict) continue;  // another process was first
    log_error("a trigger could not fire", {{"trigger", id}, {"error", fired.error().message}});
    if (!is_its_own(fired.error().code)) continue;
    TRY(storage.write(Scope::of(workspace),
                      [&](Tx& tx) { return pause_broken(tx, workspace, id, fired.error(), now); }));
  }
  return runs;
}

Result<std::optional<Instant>> next_fire_that_ends(storage::Storage& storage) {
  auto rows = TRY(storage.read(Scope::system(), [](Tx& tx) {
    return tx.query(
        "SELECT spec, next_fire_at FROM trigger_instance WHERE state = 'running' AND type = 'schedule' AND "
        "next_fire_at IS NOT NULL ORDER BY next_fire_at");
  }));
  for (const auto& row : rows) {
    auto spec = TRY(decode<ScheduleSpec>(TRY(parse_json(row[0].text())), "The stored schedule"));
    if (spec.once || spec.until) return std::optional(row[1].instant());
  }
  return std::optional<Instant>();
}

}  // namespace spreaders::workflows
