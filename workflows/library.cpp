#include "workflows/library.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/fields.hpp"
#include "workflows/engine_parts.hpp"
#include "workflows/triggers/changes.hpp"
#include "workflows/triggers/starting.hpp"

namespace spreaders::workflows {

using storage::Row;
using storage::Tx;

namespace {

// Told from pauses of a trigger's own.
constexpr std::string_view kWorkflowPaused = "its workflow is paused";

Workflow workflow_of(const Row& row) {
  return {row[0].text(), row[1].text(), row[2].text(), row[3].integer(), {}, {}, row[4].instant(), row[5].instant()};
}

Result<void> change_status(Tx& tx, const std::string& workspace, const std::string& id, const std::string& from,
                           const std::string& to, Instant now) {
  int64_t changed =
      TRY(tx.execute("UPDATE workflow SET status = $1, updated_at = $2 WHERE workspace_id = $3 AND id = "
                     "$4 AND status = $5",
                     {to, now, workspace, id, from}));
  if (changed == 1) return {};
  auto workflow = TRY(get_workflow(tx, workspace, id));
  return conflict("the workflow is " + workflow.status + ", not " + from);
}

// Where a workflow's runs and triggers stand; a trigger also says why.
struct Standing {
  std::string_view run, trigger, reason;
};

// All that stand as `from` come to stand as `to`, but for runs which another one holds; how many runs.
Result<int64_t> move_all(Tx& tx, const std::string& workspace, const std::string& id, const Standing& from,
                         const Standing& to, Instant now) {
  TRY(tx.execute(
      "UPDATE trigger_instance SET state = $1, reason = $2, rev = rev + 1, updated_at = $3, running_since = $3 WHERE "
      "workspace_id = $4 AND workflow_id = $5 AND state = $6 AND reason = $7",
      {to.trigger, to.reason, now, workspace, id, from.trigger, from.reason}));
  int64_t runs = TRY(
      tx.execute("UPDATE run SET status = $1, rev = rev + 1 WHERE workspace_id = $2 AND workflow_id = $3 AND status "
                 "= $4 AND reason = ''",
                 {to.run, workspace, id, from.run}));
  TRY(settle_pauses(tx, workspace));
  return runs;
}

// Who entered a segment while the workflow was paused starts nothing. A trigger whose segment is another one by now
// stays paused and says so.
Result<void> remember_members_anew(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  auto held = TRY(tx.query(
      "SELECT id FROM trigger_instance WHERE workspace_id = $1 AND workflow_id = $2 AND state = 'paused' AND reason = "
      "$3 AND type = 'segment_entered'",
      {workspace, id, kWorkflowPaused}));
  for (const auto& row : held) {
    Trigger trigger = TRY(get_trigger(tx, workspace, row[0].text()));
    auto done = tx.savepoint([&] { return remember_members(tx, workspace, trigger, now); });
    if (done.ok()) continue;
    if (!is_its_own(done.error().code)) return done.error();
    TRY(tx.execute("UPDATE trigger_instance SET reason = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3",
                   {done.error().message, workspace, trigger.id}));
  }
  return {};
}

}  // namespace

Result<Workflow> save_workflow(Tx& tx, const std::string& workspace, const std::string& id, Json definition,
                               Instant now, Ids& ids) {
  int64_t version = 0;
  std::string workflow_id = id;
  if (id.empty()) {
    workflow_id = ids.make("wf");
  } else {
    auto latest = TRY(get_workflow(tx, workspace, id));
    version = latest.version;
    definition["id"] = id;
    if (json_hash(definition) == latest.checksum) return latest;
  }
  definition["id"] = workflow_id;
  TRY(store_definition(tx, workspace, definition, version + 1, now));
  TRY(
      tx.execute("INSERT INTO workflow (workspace_id, id, name, status, latest_version, created_at, updated_at) VALUES "
                 "($1, $2, $3, 'active', 1, $4, $4) ON CONFLICT (workspace_id, id) DO UPDATE SET name = excluded.name, "
                 "latest_version = workflow.latest_version + 1, updated_at = excluded.updated_at",
                 {workspace, workflow_id, definition.value("name", ""), now}));
  return get_workflow(tx, workspace, workflow_id);
}

Result<Workflow> get_workflow(Tx& tx, const std::string& workspace, const std::string& id, int64_t version) {
  auto row = TRY(tx.query_one(
      "SELECT id, name, status, latest_version, created_at, updated_at FROM workflow WHERE workspace_id = $1 AND id = "
      "$2",
      {workspace, id}));
  if (!row) return not_found("there is no workflow '" + std::string(first_code_points(id, 80)) + "'");
  Workflow workflow = workflow_of(*row);
  if (version != 0) workflow.version = version;
  auto stored =
      TRY(tx.query_one("SELECT definition, checksum, name FROM workflow_version WHERE workspace_id = $1 AND "
                       "workflow_id = $2 AND version = $3",
                       {workspace, id, workflow.version}));
  if (!stored) return not_found("the workflow has no version " + std::to_string(workflow.version));
  workflow.definition = TRY(parse_json((*stored)[0].text()));
  workflow.checksum = (*stored)[1].text();
  workflow.name = (*stored)[2].text();
  return workflow;
}

Result<std::vector<Workflow>> list_workflows(Tx& tx, const std::string& workspace, int limit,
                                             const std::string& before_id) {
  auto rows = TRY(tx.query(
      "SELECT id, name, status, latest_version, created_at, updated_at FROM workflow WHERE workspace_id = $1 AND ($2 = "
      "'' OR (created_at, id) < (SELECT created_at, id FROM workflow WHERE workspace_id = $1 AND id = $2)) ORDER BY "
      "created_at DESC, id DESC LIMIT $3",
      {workspace, before_id, limit}));
  std::vector<Workflow> list;
  for (const auto& row : rows) list.push_back(workflow_of(row));
  return list;
}

Result<void> add_node(Json& definition, const std::string& node_id, Json node, const std::string& after,
                      const char* way_on) {
  Json& nodes = definition["nodes"];
  if (nodes.contains(node_id))
    return issues_error("The workflow", {{"/node_id", "there is a node '" + node_id + "' already"}});
  Json* link = nullptr;
  if (after.empty()) {
    link = &definition["start"];
  } else if (auto found = nodes.find(after); found != nodes.end() && found->contains("next")) {
    link = &(*found)["next"];
  }
  if (link == nullptr) return issues_error("The workflow", {{"/after", "'" + after + "' is no node with one way on"}});
  node[way_on] = *link;
  *link = node_id;
  nodes[node_id] = std::move(node);
  return {};
}

Result<int64_t> pause_workflow(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  TRY(change_status(tx, workspace, id, "active", "paused", now));
  return move_all(tx, workspace, id, {"active", "running", ""}, {"paused", "paused", kWorkflowPaused}, now);
}

Result<int64_t> resume_workflow(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  TRY(change_status(tx, workspace, id, "paused", "active", now));
  TRY(remember_members_anew(tx, workspace, id, now));
  return move_all(tx, workspace, id, {"paused", "paused", kWorkflowPaused}, {"active", "running", ""}, now);
}

}  // namespace spreaders::workflows
