// Runs within runs: how they begin, how they pause and end together, and how the one that waits learns of the other's
// end. All of it in the transaction that decides it, so that no death leaves one without the other.
#include <nlohmann/json.hpp>

#include "services/approvals/approvals.hpp"
#include "workflows/asks.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {


Result<void> cancel_inner(Tx& tx, const std::string& workspace, const std::string& run_id, Instant now) {
  auto inner =
      TRY(tx.query("SELECT id FROM run WHERE workspace_id = $1 AND parent_run_id = $2 AND parent_run_id <> '' AND "
                   "parent_token_id <> '' AND status IN ('active', 'paused')",
                   {workspace, run_id}));
  for (const auto& row : inner) TRY(end_run(tx, workspace, row[0].text(), "cancelled", std::string(kOuterEnded), now));
  return {};
}

// What it has asked a person needs no answer any more.
Result<void> take_back_questions(Tx& tx, const std::string& workspace, const std::string& run_id, Instant now) {
  auto tokens =
      TRY(tx.query("SELECT data FROM token WHERE workspace_id = $1 AND run_id = $2 AND state IN ('ready', 'waiting')",
                   {workspace, run_id}));
  for (const auto& row : tokens) {
    Json data = TRY(parse_json(row[0].text()));
    if (data.contains("asks"))
      TRY(services::revoke_approvals(tx, workspace, std::string(kStepApproval), data.value("asks", ""), now));
  }
  return {};
}

Result<void> close_run(Tx& tx, const std::string& workspace, const std::string& run_id, bool cancel_unsent,
                       Instant now) {
  TRY(tx.execute("DELETE FROM wait_sub WHERE workspace_id = $1 AND run_id = $2", {workspace, run_id}));
  TRY(
      tx.execute("UPDATE token SET state = 'dead', rev = rev + 1 WHERE workspace_id = $1 AND run_id = $2 AND state IN "
                 "('ready', 'waiting', 'executing')",
                 {workspace, run_id}));
  if (!cancel_unsent) return {};
  TRY(
      tx.execute("UPDATE outbox SET state = 'cancelled', updated_at = $1 WHERE workspace_id = $2 AND run_id = $3 AND "
                 "state = 'pending'",
                 {now.us, workspace, run_id}));
  return {};
}

}  // namespace

Result<bool> end_run(Tx& tx, const std::string& workspace, const std::string& run_id, std::string_view status,
                     const std::string& reason, Instant now) {
  auto row = TRY(tx.query_one(
      "UPDATE run SET status = $1, reason = $2, ended_at = $3, rev = rev + 1 WHERE workspace_id = $4 AND id "
      "= $5 AND status IN ('active', 'paused') RETURNING nested, parent_token_id, workspace_id",
      {status, reason, now.us, workspace, run_id}));
  if (!row) return false;
  if ((*row)[0].boolean()) {
    TRY(cancel_inner(tx, workspace, run_id, now));
    TRY(take_back_questions(tx, workspace, run_id, now));
  }
  TRY(close_run(tx, workspace, run_id, status != "completed" || !reason.empty(), now));
  if (!(*row)[1].text().empty()) TRY(wake_token(tx, workspace, (*row)[1].text(), now));
  return true;
}

Result<void> wake_token(Tx& tx, const std::string& workspace, const std::string& token_id, Instant now) {
  TRY(
      tx.execute("UPDATE token SET state = 'ready', due_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3 AND "
                 "state IN ('ready', 'waiting')",
                 {now.us, workspace, token_id}));
  return {};
}

Result<void> park(Tx& tx, const Token& token, const Step& decided) {
  bool timed = decided.due.us != 0;
  TRY(
      tx.execute("UPDATE token SET state = $1, due_at = $2, data = $3, visit = visit + 1, attempt = 0, rev = rev + 1 "
                 "WHERE workspace_id = $4 AND id = $5",
                 {timed ? "ready" : "waiting", decided.due.us, decided.data, token.workspace, token.id}));
  return {};
}

Result<void> settle_pauses(Tx& tx, const std::string& workspace) {
  // From outside in: each round may let the next inner runs follow.
  for (int64_t changed = 1; changed > 0;) {
    changed = TRY(
        tx.execute("UPDATE run SET status = 'paused', reason = $1, rev = rev + 1 WHERE workspace_id = $2 AND "
                   "parent_run_id <> '' AND parent_token_id <> '' AND status = 'active' AND EXISTS (SELECT 1 FROM run "
                   "o WHERE o.workspace_id = run.workspace_id AND o.id = run.parent_run_id AND o.status = 'paused')",
                   {kOuterPaused, workspace}));
  }
  for (int64_t changed = 1; changed > 0;) {
    changed = TRY(tx.execute(
        "UPDATE run SET status = 'active', reason = '', rev = rev + 1 WHERE workspace_id = $1 AND parent_run_id <> '' "
        "AND status = 'paused' AND reason = $2 AND EXISTS (SELECT 1 FROM run o WHERE o.workspace_id = run.workspace_id "
        "AND o.id = run.parent_run_id AND o.status = 'active') AND NOT EXISTS (SELECT 1 FROM workflow w WHERE "
        "w.workspace_id = run.workspace_id AND w.id = run.workflow_id AND w.status = 'paused')",
        {workspace, kOuterPaused}));
  }
  return {};
}

Result<void> Engine::look_at_child(Tx& tx, const Token& token, const Json& data, Seen& seen) {
  std::string child = data.value("child", "");
  auto row =
      TRY(tx.query_one("SELECT status, reason FROM run WHERE workspace_id = $1 AND id = $2", {token.workspace, child}));
  if (row) seen.child = Seen::Child{child, (*row)[0].text(), (*row)[1].text()};
  return {};
}

Result<void> Engine::start_child(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node,
                                 const Step& decided, Instant now) {
  Json data = TRY(parse_json(token.data));
  StartRun start{.workflow_id = node.workflow,
                 .version = node.version,
                 .subject = run.subject,
                 .entry_key = run.id + ":" + node.id + round_of(data),
                 .campaign_id = run.campaign_id,
                 .approval_id = run.approval_id,
                 .principal = principal_of(run.principal, token.workspace),
                 .entry_event = run.context.value("entry_event", ""),
                 .trace_id = run.trace_id};
  start.within = StartRun::Within{run.id, node.waits ? token.id : "", run.depth};
  auto child = run.depth < kNestedMax
                   ? start_run(tx, token.workspace, start, now, ids_)
                   : Result<std::string>(conflict("runs are nested at most " + std::to_string(kNestedMax) + " deep"));
  // Nested too deep, full, or gone.
  Code code = child.ok() ? Code::kInternal : child.error().code;
  bool refused = code == Code::kConflict || code == Code::kNotFound || code == Code::kInvalidArgument;
  if (refused) return apply(tx, batch, run, token, after_failed_start(*run.definition, node, child.error()), now);
  std::string child_id = TRY(std::move(child));
  // It stands still while its workflow does; the workflow's resume lets it go.
  TRY(tx.execute(
      "UPDATE run SET status = 'paused' WHERE workspace_id = $1 AND id = $2 AND status = 'active' AND EXISTS "
      "(SELECT 1 FROM workflow w WHERE w.workspace_id = run.workspace_id AND w.id = run.workflow_id AND "
      "w.status = 'paused')",
      {token.workspace, child_id}));
  Json result = {{"run_id", child_id}};
  if (!node.waits) {
    Step on{.kind = Step::Kind::kMove, .next = node.next, .log_kind = decided.log_kind, .result = result};
    return apply(tx, batch, run, token, on, now);
  }
  TRY(batch.log(run, token, decided.log_kind, result, "", now));
  TRY(tx.execute("UPDATE run SET nested = 1 WHERE workspace_id = $1 AND id = $2", {token.workspace, run.id}));
  data["child"] = child_id;
  data["until"] = decided.due.us;
  return park(tx, token, Step{.due = decided.due, .data = to_text(data)});
}

}  // namespace spreaders::workflows
