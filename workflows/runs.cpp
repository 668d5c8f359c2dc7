// Starting, pausing, resuming, cancelling and showing runs.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "storage/values.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

Result<void> store_definition(Tx& tx, const std::string& workspace, const Json& definition, int64_t version,
                              Instant now) {
  Definition parsed = TRY(parse_definition(definition));
  for (const auto& [id, node] : parsed.nodes) {
    bool versioned = node.type == NodeType::kSubWorkflow || node.type == NodeType::kRender;
    if (versioned && node.version == 0)
      return issues_error("The workflow", {{"/nodes" + pointer_step(id) + "/version", "is not settled yet"}});
  }
  std::string checksum = json_hash(definition);
  auto existing = TRY(tx.query_one(
      "SELECT checksum FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3",
      {workspace, parsed.id, version}));
  if (existing) {
    if ((*existing)[0].text() == checksum) return {};
    return conflict("version " + std::to_string(version) + " of workflow " + parsed.id +
                    " exists and never changes; store the next version");
  }
  TRY(
      tx.execute("INSERT INTO workflow_version (workspace_id, workflow_id, version, name, definition, checksum, "
                 "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                 {workspace, parsed.id, version, parsed.name, to_text(definition), checksum, now.us}));
  return {};
}

namespace {

// Who entered before may come again under the same key; nobody else once it is full.
Result<void> check_entries(Tx& tx, const std::string& workspace, const StartRun& start, int max_entries) {
  if (tx.dialect() == storage::Dialect::kPostgres)  // two who enter at once are counted one after the other
    TRY(tx.query(
        "SELECT 1 FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3 FOR UPDATE",
        {workspace, start.workflow_id, start.version}));
  auto known =
      TRY(tx.query("SELECT 1 FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 AND entry_key = $4",
                   {workspace, start.workflow_id, start.subject, start.entry_key}));
  if (!known.empty()) return {};
  auto entries = TRY(tx.query("SELECT 1 FROM run WHERE workspace_id = $1 AND workflow_id = $2 LIMIT $3",
                              {workspace, start.workflow_id, max_entries}));
  if (static_cast<int>(entries.size()) < max_entries) return {};
  return invalid("workflow " + start.workflow_id + " has started " + std::to_string(max_entries) +
                 " runs, as many as its settings.max_entries allows");
}

}  // namespace

Result<std::string> start_run(Tx& tx, const std::string& workspace, const StartRun& start, Instant now, Ids& ids) {
  auto stored = TRY(tx.query_one(
      "SELECT definition FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3",
      {workspace, start.workflow_id, start.version}));
  if (!stored)
    return not_found("there is no version " + std::to_string(start.version) + " of workflow " + start.workflow_id);
  Definition definition = TRY(parse_definition(TRY(parse_json((*stored)[0].text()))));
  if (definition.settings && definition.settings->max_entries)
    TRY(check_entries(tx, workspace, start, *definition.settings->max_entries));
  Json context = TRY(parse_json(start.context));
  if (!start.entry_event.empty()) context["entry_event"] = start.entry_event;
  StartRun::Within within = start.within.value_or(StartRun::Within{});
  std::string id = ids.make("run");
  int64_t added =
      TRY(tx.execute("INSERT INTO run (workspace_id, id, workflow_id, version, subject, entry_key, campaign_id, "
                     "approval_id, principal, status, context, entered_at, trace_id, parent_run_id, parent_token_id, "
                     "depth) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11, $12, $13, $14, $15) ON "
                     "CONFLICT (workspace_id, workflow_id, subject, entry_key) DO NOTHING",
                     {workspace, id, start.workflow_id, start.version, start.subject, start.entry_key,
                      start.campaign_id.empty() ? storage::Value() : storage::Value(start.campaign_id),
                      start.approval_id.empty() ? storage::Value() : storage::Value(start.approval_id),
                      stored_principal(start.principal), to_text(context), now.us, start.trace_id, within.run_id,
                      within.token_id, start.within ? within.depth + 1 : 0}));
  if (added == 0) {
    auto existing = TRY(tx.query_one(
        "SELECT id FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 AND entry_key = $4",
        {workspace, start.workflow_id, start.subject, start.entry_key}));
    return (*existing)[0].text();
  }
  TRY(tx.execute(
      "INSERT INTO token (workspace_id, id, run_id, node_id, state, due_at) VALUES ($1, $2, $3, $4, 'ready', $5)",
      {workspace, ids.make("tok"), id, definition.start, now.us}));
  if (definition.goal)
    TRY(subscribe_to_goal(tx, workspace, *definition.goal, start.subject,
                          run_values(id, start.subject, start.entry_key, start.campaign_id, context), now, ids));
  return id;
}

namespace {

Result<void> change_status(Tx& tx, const std::string& workspace, const std::string& run_id, std::string_view from,
                           std::string_view to) {
  int64_t changed =
      TRY(tx.execute("UPDATE run SET status = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3 AND status = $4",
                     {to, workspace, run_id, from}));
  if (changed == 1) return {};
  auto run = TRY(tx.query_one("SELECT status FROM run WHERE workspace_id = $1 AND id = $2", {workspace, run_id}));
  if (!run) return not_found("there is no run " + run_id);
  return conflict("the run is " + (*run)[0].text() + ", not " + std::string(from));
}

}  // namespace

Result<void> pause_run(Tx& tx, const std::string& workspace, const std::string& run_id, Instant) {
  TRY(change_status(tx, workspace, run_id, "active", "paused"));
  return settle_pauses(tx, workspace);
}

Result<void> resume_run(Tx& tx, const std::string& workspace, const std::string& run_id, Instant) {
  TRY(change_status(tx, workspace, run_id, "paused", "active"));
  return settle_pauses(tx, workspace);
}

Result<void> cancel_run(Tx& tx, const std::string& workspace, const std::string& run_id, const std::string& reason,
                        Instant now) {
  if (TRY(end_run(tx, workspace, run_id, "cancelled", reason, now))) return {};
  auto run = TRY(tx.query_one("SELECT status FROM run WHERE workspace_id = $1 AND id = $2", {workspace, run_id}));
  if (!run) return not_found("there is no run " + run_id);
  return conflict("the run is already " + (*run)[0].text());
}

Result<RunView> get_run(Tx& tx, const std::string& workspace, const std::string& run_id) {
  auto row =
      TRY(tx.query_one("SELECT workflow_id, status, reason, campaign_id, entered_at, ended_at FROM run WHERE "
                       "workspace_id = $1 AND id = $2",
                       {workspace, run_id}));
  if (!row) return not_found("there is no run " + run_id);
  RunView view{
      run_id, (*row)[0].text(), (*row)[1].text(), (*row)[2].text(), (*row)[3].text_or(""), (*row)[4].instant(), {}, {}};
  view.ended = storage::optional_instant((*row)[5]);
  auto tokens =
      TRY(tx.query("SELECT node_id, state, due_at FROM token WHERE workspace_id = $1 AND run_id = $2 AND state IN "
                   "('ready', 'waiting', 'executing')",
                   {workspace, run_id}));
  for (const auto& token : tokens) view.tokens.push_back({token[0].text(), token[1].text(), token[2].instant()});
  return view;
}

}  // namespace spreaders::workflows
