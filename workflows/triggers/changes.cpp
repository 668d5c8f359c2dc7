#include "workflows/triggers/changes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/audience/segments.hpp"
#include "services/audience/sql.hpp"
#include "workflows/triggers/starting.hpp"

namespace spreaders::workflows {

using audience::ContactChanged;
using storage::Scope;
using storage::Tx;

namespace {

constexpr size_t kPeopleAtOnceMax = 500;
constexpr int kPagesOfBeatMax = 20;
constexpr int kRunsOfMinuteMax = 20;
// Whether the contact of the row is remembered as a member; $1 is the workspace, $2 the trigger.
constexpr std::string_view kRemembered =
    "CASE WHEN EXISTS (SELECT 1 FROM trigger_person p WHERE p.workspace_id = $1 AND p.trigger_id = $2 AND p.contact_id "
    "= c.id) THEN 1 ELSE 0 END";

// A workflow may change what it is started by; nobody may be taken through it for ever.
Result<void> check_circles(Tx& tx, const std::string& workspace, const Trigger& trigger, const std::string& contact_id,
                           Instant now) {
  auto rows =
      TRY(tx.query("SELECT 1 FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 AND "
                   "entered_at > $4 LIMIT $5",
                   {workspace, trigger.workflow_id, contact_id, now - kMinute_us, kRunsOfMinuteMax}));
  if (static_cast<int>(rows.size()) < kRunsOfMinuteMax) return {};
  return invalid("it has started " + std::to_string(kRunsOfMinuteMax) +
                 " runs for one person within a minute; does the workflow change what starts it?");
}

bool meets(const AttributeSpec& spec, const ContactChanged::Change& change) {
  auto fits = [](const std::optional<std::string>& wanted, const std::string& is) {
    return !wanted || same_value(*wanted, is);
  };
  return fits(spec.from, change.from) && fits(spec.to, change.to);
}

Result<audience::Segment> segment_of(Tx& tx, const std::string& workspace, const SegmentSpec& spec) {
  auto segment = TRY(audience::get_segment(tx, workspace, spec.segment));
  if (rule_to_json(segment.rule) != spec.rule)
    return invalid("the segment '" + segment.name +
                   "' has another rule than the trigger was made for; stop the trigger and add another one");
  return segment;
}

Result<std::string> condition_of(Tx& tx, const std::string& workspace, const SegmentSpec& spec, Instant now,
                                 storage::Values& parameters) {
  auto segment = TRY(segment_of(tx, workspace, spec));
  TRY(audience::bind_lists(tx, workspace, segment.rule));
  return "CASE WHEN " + audience::compile_rule(tx, segment.rule, now, parameters) + " THEN 1 ELSE 0 END";
}

struct Looked {
  int started = 0;
  bool held = false;  // the trigger was paused, for a reason of its own
};

// Of two that see the person enter at the same moment, one remembers it and starts the run.
Result<void> let_in(Tx& tx, const std::string& workspace, const Trigger& trigger, const std::string& contact_id,
                    Instant now, Ids& ids, Looked& looked) {
  const auto& spec = std::get<SegmentSpec>(trigger.spec);
  bool began = false;
  looked.held = !TRY(hold_if_broken(tx, workspace, trigger, now, [&]() -> Result<void> {
    int64_t first =
        TRY(tx.execute("INSERT INTO trigger_person (workspace_id, trigger_id, contact_id) VALUES ($1, $2, $3) ON "
                       "CONFLICT (workspace_id, trigger_id, contact_id) DO NOTHING",
                       {workspace, trigger.id, contact_id}));
    if (first == 0) return {};
    TRY(check_circles(tx, workspace, trigger, contact_id, now));
    Entry entry{.contact_id = contact_id,
                .key = spec.only_once ? "once" : ids.make("entry"),
                .cause = {{"segment", spec.segment}, {"at", to_text(now)}}};
    began = TRY(enter(tx, workspace, trigger, entry, now, ids));
    return {};
  }));
  if (began && !looked.held) ++looked.started;
  return {};
}

// Those of these people who have come into the segment or left it are remembered so; those who came in start runs.
Result<Looked> look_at(Tx& tx, const std::string& workspace, const Trigger& trigger,
                       std::span<const std::string> people, Instant now, Ids& ids) {
  storage::Values parameters{workspace, trigger.id};
  parameters.insert(parameters.end(), people.begin(), people.end());
  std::string among = audience::placeholders(3, people.size());
  std::string condition = TRY(condition_of(tx, workspace, std::get<SegmentSpec>(trigger.spec), now, parameters));
  auto rows = TRY(tx.query("SELECT c.id, " + condition + ", " + std::string(kRemembered) +
                               " FROM contact c WHERE c.workspace_id = $1 AND c.id IN (" + among + ") ORDER BY c.id",
                           parameters));
  Looked looked;
  for (const auto& row : rows) {
    const std::string& contact_id = row[0].text();
    const bool is_in = row[1].boolean(), was_in = row[2].boolean();
    if (is_in && !was_in) TRY(let_in(tx, workspace, trigger, contact_id, now, ids, looked));
    if (looked.held) break;
    if (!is_in && was_in)
      TRY(tx.execute("DELETE FROM trigger_person WHERE workspace_id = $1 AND trigger_id = $2 AND contact_id = $3",
                     {workspace, trigger.id, contact_id}));
  }
  return looked;
}

// Who seems to have come in or left, after this id; found without holding anybody up.
Result<std::vector<std::string>> people_to_look_at(storage::Storage& storage, const std::string& workspace,
                                                   const std::string& trigger_id, const std::string& after,
                                                   Instant now) {
  return storage.read(Scope::of(workspace), [&](Tx& tx) -> Result<std::vector<std::string>> {
    Trigger trigger = TRY(get_trigger(tx, workspace, trigger_id));
    storage::Values parameters{workspace, trigger.id, after, kPeopleAtOnceMax};
    std::string condition = TRY(condition_of(tx, workspace, std::get<SegmentSpec>(trigger.spec), now, parameters));
    auto rows = TRY(tx.query("SELECT c.id FROM contact c WHERE c.workspace_id = $1 AND c.id > $3 AND " + condition +
                                 " <> " + std::string(kRemembered) + " ORDER BY c.id LIMIT $4",
                             parameters));
    std::vector<std::string> people;
    for (const auto& row : rows) people.push_back(row[0].text());
    return people;
  });
}

}  // namespace

Result<int> start_for_changes(Tx& tx, const std::string& workspace, std::span<const ContactChanged> changed,
                              Instant now, Ids& ids) {
  std::set<std::string> names;
  for (const auto& one : changed) {
    for (const auto& [name, change] : one.values) names.insert(name);
  }
  if (names.empty()) return 0;
  int started = 0;
  for (const auto& trigger : TRY(running_triggers(tx, workspace, TriggerType::kAttributeChanged, names))) {
    const auto& spec = std::get<AttributeSpec>(trigger.spec);
    for (const auto& one : changed) {
      auto found = one.values.find(spec.name);
      if (found == one.values.end() || !meets(spec, found->second)) continue;
      const ContactChanged::Change& change = found->second;
      bool fine = TRY(hold_if_broken(tx, workspace, trigger, now, [&]() -> Result<void> {
        TRY(check_circles(tx, workspace, trigger, one.contact_id, now));
        Entry entry{.contact_id = one.contact_id,
                    .key = spec.only_once ? "once" : ids.make("change"),
                    .cause = {{"attribute", spec.name}, {"from", change.from}, {"to", change.to}}};
        started += TRY(enter(tx, workspace, trigger, entry, now, ids)) ? 1 : 0;
        return {};
      }));
      if (!fine) break;
    }
  }
  return started;
}

Result<int> start_for_entering(Tx& tx, const std::string& workspace, const std::set<std::string>& contact_ids,
                               Instant now, Ids& ids) {
  std::vector<std::string> people(contact_ids.begin(), contact_ids.end());
  std::erase(people, "");
  if (people.empty()) return 0;
  int started = 0;
  for (const auto& trigger : TRY(running_triggers(tx, workspace, TriggerType::kSegmentEntered, {}))) {
    Looked looked;
    // (A segment that cannot be asked about any more is found out before anything is started.)
    bool fine = TRY(hold_if_broken(tx, workspace, trigger, now,
                                   [&] { return check_segment(tx, workspace, std::get<SegmentSpec>(trigger.spec)); }));
    for (size_t from = 0; fine && !looked.held && from < people.size(); from += kPeopleAtOnceMax) {
      size_t count = std::min(kPeopleAtOnceMax, people.size() - from);
      looked = TRY(look_at(tx, workspace, trigger, std::span(people).subspan(from, count), now, ids));
      started += looked.started;
    }
  }
  return started;
}

Result<void> bind_segment(Tx& tx, const std::string& workspace, SegmentSpec& spec) {
  auto segment = audience::get_segment(tx, workspace, spec.segment);
  if (!segment.ok() && segment.error().code == Code::kNotFound)
    return issues_error("The trigger", {{"/segment_entered/segment", segment.error().message}});
  if (!segment.ok()) return segment.error();
  spec.segment = segment->id;
  spec.name = segment->name;
  spec.rule = rule_to_json(segment->rule);
  return {};
}

Result<void> check_segment(Tx& tx, const std::string& workspace, const SegmentSpec& spec) {
  TRY(segment_of(tx, workspace, spec));
  return {};
}

Result<void> remember_members(Tx& tx, const std::string& workspace, const Trigger& trigger, Instant now) {
  const auto& spec = std::get<SegmentSpec>(trigger.spec);
  if (spec.include_existing) return check_segment(tx, workspace, spec);
  storage::Values parameters{workspace, trigger.id};
  std::string condition = TRY(condition_of(tx, workspace, spec, now, parameters));
  TRY(tx.execute("DELETE FROM trigger_person WHERE workspace_id = $1 AND trigger_id = $2", {workspace, trigger.id}));
  TRY(
      tx.execute("INSERT INTO trigger_person (workspace_id, trigger_id, contact_id) SELECT $1, $2, c.id FROM contact c "
                 "WHERE c.workspace_id = $1 AND " +
                     condition + " = 1",
                 parameters));
  return {};
}

Result<int> look_for_entering(storage::Storage& storage, const std::string& workspace, const std::string& trigger_id,
                              Instant now, Ids& ids) {
  int started = 0;
  std::string after;
  for (int page = 0; page < kPagesOfBeatMax; ++page) {
    auto people = TRY(people_to_look_at(storage, workspace, trigger_id, after, now));
    const bool last = people.size() < kPeopleAtOnceMax;
    auto looked = TRY(storage.write(Scope::of(workspace), [&](Tx& tx) -> Result<Looked> {
      // Of two processes one ends the look.
      if (last && TRY(tx.execute("UPDATE trigger_instance SET next_fire_at = $1 WHERE workspace_id = $2 AND id = $3 "
                                 "AND state = 'running' AND next_fire_at <= $4",
                                 {now + kLookEvery_us, workspace, trigger_id, now})) == 0)
        return Looked{.held = true};
      Trigger trigger = TRY(get_trigger_to_start(tx, workspace, trigger_id));
      if (trigger.state != TriggerState::kRunning) return Looked{.held = true};
      return people.empty() ? Looked{} : look_at(tx, workspace, trigger, people, now, ids);
    }));
    started += looked.started;
    if (last || looked.held) break;
    after = people.back();
  }
  return started;
}

}  // namespace spreaders::workflows
