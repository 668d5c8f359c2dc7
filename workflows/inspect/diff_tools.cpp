// workflow.diff reads what changed out, workflow.migrate moves who is under way.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/engine.hpp"
#include "workflows/inspect/diff.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/library.hpp"
#include "workflows/nested.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows::inspect {

namespace {

constexpr size_t kChangesRead_max = 40;  // lines of the text
constexpr size_t kValueRead_max = 80;    // characters of a value in it
constexpr size_t kSummaryMax = 3'000;

struct DiffArgs {
  std::string workflow_id = {};
  int64_t from = 0, to = 0;
  std::optional<Json> definition = {};
  NodeMap map = {};
  SPR_FIELDS(DiffArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(from, "Old version; 0 is the one before", .min = 0, .defaulted = true),
             SPR_FIELD(to, "New version; 0 is the latest", .min = 0, .defaulted = true),
             SPR_FIELD(definition, "Or a draft of it"),
             SPR_FIELD(map, "Old node id to new, for those under way", .max_size = 500, .defaulted = true));
};

struct InFlight {
  std::string node, migrate_to;
  int64_t people = 0;
  bool begins_anew = false;
  SPR_FIELDS(InFlight, SPR_FIELD(node, "Where they are in the old version"), SPR_FIELD(people, "How many runs"),
             SPR_FIELD(migrate_to, "Where migrate takes them; empty: nowhere, they stay on the old version"),
             SPR_FIELD(begins_anew, "The step changed, so they begin it again"));
};
struct Diff {
  std::string workflow_id = {}, name = {}, text = {};
  int64_t from = 0, to = 0, people = 0, triggers = 0;
  std::vector<Change> changes = {};
  std::vector<InFlight> in_flight = {};
  SPR_FIELDS(Diff, SPR_FIELD(text, "All of it, to be read out"), SPR_FIELD(workflow_id, "Id of the workflow"),
             SPR_FIELD(name, "Its name"), SPR_FIELD(from, "Old version"), SPR_FIELD(to, "New version; 0: the draft"),
             SPR_FIELD(changes, "By node"), SPR_FIELD(people, "Runs under way in the old version"),
             SPR_FIELD(in_flight, "Where they are, and where they would go"),
             SPR_FIELD(triggers, "Triggers that start the old version, and go on doing so"));
};

struct Versions {
  Workflow from, to;
};

Result<Versions> versions_of(storage::Tx& tx, const std::string& workspace, const DiffArgs& args) {
  Versions both;
  both.to = TRY(get_workflow(tx, workspace, args.workflow_id, args.to));
  if (args.definition) {
    both.to.definition = *args.definition;
    both.to.definition["id"] = args.workflow_id;
    if (!both.to.definition.contains("name")) both.to.definition["name"] = both.to.name;
    TRY(parse_definition(both.to.definition));
    auto missing = TRY(settle_versions(tx, workspace, both.to.definition));  // as storing it would
    if (!missing.empty()) return issues_error("The definition", issues_of(std::move(missing)));
  }
  int64_t before = args.definition ? both.to.version : both.to.version - 1;
  int64_t from = args.from != 0 ? args.from : before;
  if (from < 1) return invalid("the workflow has one version only; there is nothing to compare it with");
  both.from = TRY(get_workflow(tx, workspace, args.workflow_id, from));
  if (args.definition) both.to.version = 0;
  if (both.from.version == both.to.version) return invalid("the two versions are the same one");
  return both;
}

Result<void> check_map(const NodeMap& map, const Json& from, const Json& to) {
  Issues issues;
  for (const auto& [old_node, new_node] : map) {
    if (!from["nodes"].contains(old_node))
      issues.push_back({"/map" + pointer_step(old_node), "the old version has no such node"});
    if (!to["nodes"].contains(new_node))
      issues.push_back({"/map" + pointer_step(old_node), "the new version has no node '" + new_node + "'"});
  }
  if (issues.empty()) return {};
  return issues_error("The map", std::move(issues));
}

std::string shown(const std::string& value) {
  std::string text(first_code_points(value, kValueRead_max));
  return text.size() < value.size() ? text + "…" : text;
}

std::string type_in(const std::string& node_json) {
  auto node = parse_json(node_json);
  return node.ok() && node->is_object() ? node->value("type", "") : "";
}

std::string line_of(const Change& change) {
  const std::string of = change.node.empty() ? "the workflow" : "'" + change.node + "'";
  switch (change.kind) {
    case ChangeKind::kAdded:
      return "added " + of + " (" + type_in(change.after) + ")";
    case ChangeKind::kRemoved:
      return "removed " + of + " (" + type_in(change.before) + ")";
    case ChangeKind::kChanged:
    case ChangeKind::kRewired:
      break;
  }
  const std::string prefix = "/nodes" + pointer_step(change.node);
  std::string place = change.node.empty() ? change.pointer.substr(1) : change.pointer.substr(prefix.size() + 1);
  return of + (change.kind == ChangeKind::kRewired ? " leads elsewhere: " : " changed: ") + place + " was " +
         (change.before.empty() ? "not there" : shown(change.before)) + ", is " +
         (change.after.empty() ? "gone" : shown(change.after));
}

std::string text_of(const Diff& diff) {
  std::string text = "'" + diff.name + "', version " + std::to_string(diff.from) + " compared with " +
                     (diff.to == 0 ? "the draft" : "version " + std::to_string(diff.to)) + ": " +
                     (diff.changes.empty() ? "no step changed." : std::to_string(diff.changes.size()) + " changes.");
  for (size_t i = 0; i < diff.changes.size() && i < kChangesRead_max; ++i) text += "\n- " + line_of(diff.changes[i]);
  if (diff.changes.size() > kChangesRead_max)
    text += "\n- and " + std::to_string(diff.changes.size() - kChangesRead_max) + " more";
  text += "\nUnder way in version " + std::to_string(diff.from) + ": " + std::to_string(diff.people) +
          (diff.people == 0 ? "."
                            : ". With finish they end there as it is, with exit their runs are cancelled, with "
                              "migrate:");
  for (const auto& one : diff.in_flight) {
    text += "\n- " + std::to_string(one.people) + " at '" + one.node + "' ";
    if (one.migrate_to.empty()) text += "stay in the old version, for the new one has no such step and none was named";
    else if (one.migrate_to != one.node) text += "go to '" + one.migrate_to + "'";
    else text += one.begins_anew ? "begin the step again, because it changed" : "go on where they are";
  }
  if (!diff.in_flight.empty())
    text += "\nWho is on parallel ways, or at a step that waits for something only it knows, stays in the old version.";
  if (diff.triggers > 0)
    text += "\n" + std::to_string(diff.triggers) + " triggers start the old version, until they are replaced.";
  return text;
}

Result<Diff> compare_versions(ToolContext& context, const DiffArgs& args) {
  auto& tx = context.tx();
  Versions both = TRY(versions_of(tx, context.workspace(), args));
  TRY(check_map(args.map, both.from.definition, both.to.definition));
  Diff diff{.workflow_id = args.workflow_id,
            .name = both.to.name,
            .from = both.from.version,
            .to = both.to.version,
            .changes = changes_between(both.from.definition, both.to.definition)};
  const storage::Values of = {context.workspace(), args.workflow_id, diff.from};
  for (const auto& row : TRY(tx.query("SELECT t.node_id, COUNT(DISTINCT t.run_id) FROM token t JOIN run r ON "
                                      "r.workspace_id = t.workspace_id AND r.id = t.run_id WHERE t.workspace_id = $1 "
                                      "AND r.workflow_id = $2 AND r.version = $3 AND r.status IN ('active', 'paused') "
                                      "AND t.state IN ('ready', 'waiting', 'executing') GROUP BY t.node_id ORDER BY "
                                      "t.node_id",
                                      of))) {
    NodeMove move = move_of(row[0].text(), both.from.definition, both.to.definition, args.map);
    diff.in_flight.push_back({row[0].text(), move.to, row[1].integer(), move.arrival == Arrival::kAnew});
  }
  diff.people =
      TRY(tx.query("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3 "
                   "AND status IN ('active', 'paused')",
                   of))[0][0]
          .integer();
  diff.triggers =
      TRY(tx.query("SELECT COUNT(*) FROM trigger_instance WHERE workspace_id = $1 AND workflow_id = $2 AND "
                   "version = $3 AND state IN ('initialized', 'running', 'paused')",
                   of))[0][0]
          .integer();
  diff.text = text_of(diff);
  return diff;
}

struct MigrateArgs {
  std::string workflow_id = {};
  int64_t from = 0, to = 0;
  Policy policy = Policy::kMigrate;
  NodeMap map = {};
  SPR_FIELDS(MigrateArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(from, "Old version", .min = 1), SPR_FIELD(to, "New version", .min = 1),
             SPR_FIELD(policy, "exit cancels their runs instead", .defaulted = true),
             SPR_FIELD(map, "Old node id to new; else the step of the same id", .max_size = 500, .defaulted = true));
};
struct Moved {
  std::string workflow_id = {};
  int64_t from = 0, to = 0, moved = 0;
  bool complete = false;
  std::map<std::string, int64_t> stayed = {};
  SPR_FIELDS(Moved, SPR_FIELD(workflow_id, "Id of the workflow"), SPR_FIELD(from, "Old version"),
             SPR_FIELD(to, "New version"), SPR_FIELD(moved, "Runs that were moved, or ended by exit"),
             SPR_FIELD(stayed, "Runs that stay in the old version, by reason"),
             SPR_FIELD(complete, "False: it was interrupted; call again for the rest"));
};

Result<ApprovalSubject> migrate_approval(ToolContext& context, const MigrateArgs& args) {
  auto workflow = TRY(get_workflow(context.tx(), context.workspace(), args.workflow_id, args.to));
  auto whole = TRY(workflow_approval(context.tx(), context.workspace(), workflow, context.tools));
  Json map = Json::object();
  for (const auto& [from, to] : args.map) map[from] = to;
  whole.hash = json_hash({{"workflow", whole.hash},
                          {"from", args.from},
                          {"to", args.to},
                          {"policy", enum_name(args.policy)},
                          {"map", map}});
  std::string what = args.policy == Policy::kExit
                         ? "End what is under way in version " + std::to_string(args.from) + " of this workflow:\n"
                         : "Move who is under way in version " + std::to_string(args.from) + " to version " +
                               std::to_string(args.to) + (map.empty() ? "" : ", " + to_text(map)) + ":\n";
  whole.summary = std::string(first_code_points(what + whole.summary, kSummaryMax));
  return whole;
}

Result<Moved> migrate(ToolContext& context, const MigrateArgs& args) {
  if (args.from == args.to) return invalid("the two versions are the same one");
  auto& storage = context.part<storage::Storage>();
  const auto scope = storage::Scope::of(context.workspace());
  Migration wanted{.workflow_id = args.workflow_id,
                   .from = args.from,
                   .to = args.to,
                   .from_json = {},
                   .to_json = {},
                   .map = args.map,
                   .approval_id = context.approval,
                   .policy = args.policy};
  TRY(storage.read(scope, [&](storage::Tx& tx) -> Result<void> {
    wanted.from_json = TRY(get_workflow(tx, context.workspace(), args.workflow_id, args.from)).definition;
    wanted.to_json = TRY(get_workflow(tx, context.workspace(), args.workflow_id, args.to)).definition;
    return {};
  }));
  TRY(check_map(args.map, wanted.from_json, wanted.to_json));
  Moved all{.workflow_id = args.workflow_id, .from = args.from, .to = args.to};
  std::string cursor;
  while (!all.complete && !context.stop.stop_requested()) {
    auto batch = TRY(storage.write(scope, [&](storage::Tx& tx) {
      return migrate_runs(tx, context.workspace(), wanted, cursor, context.clock.now(), context.ids);
    }));
    all.moved += batch.moved;
    for (const auto& [reason, count] : batch.stayed) all.stayed[reason] += count;
    cursor = batch.cursor;
    all.complete = batch.over;
    context.progress(static_cast<double>(all.moved), 0, "runs moved");
  }
  if (auto* engine = context.parts.find<Engine>()) engine->wake();
  return all;
}

}  // namespace

const ToolSpec kDiff{
    .name = "workflow.diff",
    .title = "Compare two versions of a workflow",
    .description =
        "What changed from one version to another or to a draft, in words too; who is under way in the old one, and "
        "where finish, migrate and exit would leave them.",
    .words =
        "what changed in the automation; difference between versions; compare the flows; who is affected by my edit; "
        "people in the old version; before and after; changes since last week; version vergleichen; comparer les "
        "versions; comparar versiones",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read"},
    .body = handler<&compare_versions>()};

const ToolSpec kMigrate{
    .name = "workflow.migrate",
    .title = "Move people to another version",
    .description =
        "Takes who is under way to another version, at the same step or a named one, or ends their runs. See "
        "workflow.diff first. Needs a person's approval of exactly this.",
    .words =
        "move everybody to the new version; switch running journeys to the new flow; upgrade people in the automation; "
        "take them out of the old version; migrate runs; end the old journeys; auf neue version umstellen; migrer vers "
        "la nouvelle version; migrar a la nueva versión",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:run"},
    .body = handler<&migrate>(),
    .run = Run::kFree,
    .open_world = true,
    .approval_of = approval_from<&migrate_approval>()};

}  // namespace spreaders::workflows::inspect
