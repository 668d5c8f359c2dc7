#include "workflows/triggers/starting.hpp"

#include <nlohmann/json.hpp>

#include "core/log.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

bool is_its_own(Code code) {
  return code == Code::kInvalidArgument || code == Code::kNotFound || code == Code::kInternal;
}

Result<bool> enter(Tx& tx, const std::string& workspace, const Trigger& trigger, const Entry& entry, Instant now,
                   Ids& ids) {
  auto entered = TRY(tx.query_one(
      "SELECT id FROM run WHERE workspace_id = $1 AND workflow_id = $2 AND subject = $3 AND entry_key = $4",
      {workspace, trigger.workflow_id, entry.contact_id, entry.key}));
  if (entered) return false;
  Json cause = entry.cause;
  cause["id"] = trigger.id;
  StartRun start{.workflow_id = trigger.workflow_id,
                 .version = trigger.version,
                 .subject = entry.contact_id,
                 .entry_key = entry.key,
                 .approval_id = trigger.approval_id,
                 .principal = principal_of(trigger.principal, workspace),
                 .context = to_text(Json{{"trigger", std::move(cause)}}),
                 .entry_event = entry.event};
  std::string run_id = TRY(start_run(tx, workspace, start, now, ids));
  // Somebody else may have started it since we looked; then they have written this.
  return TRY(tx.execute("INSERT INTO trigger_run (workspace_id, run_id, trigger_id, at) VALUES ($1, $2, $3, $4) ON "
                        "CONFLICT (workspace_id, run_id) DO NOTHING",
                        {workspace, run_id, trigger.id, now})) == 1;
}

Result<void> pause_broken(Tx& tx, const std::string& workspace, const std::string& trigger_id, const Error& error,
                          Instant now) {
  TRY(
      tx.execute("UPDATE trigger_instance SET state = 'paused', reason = $1, rev = rev + 1, updated_at = $2 WHERE "
                 "workspace_id = $3 AND id = $4 AND state = 'running'",
                 {error.message, now, workspace, trigger_id}));
  return {};
}

Result<bool> hold_if_broken(Tx& tx, const std::string& workspace, const Trigger& trigger, Instant now,
                            const std::function<Result<void>()>& body) {
  auto done = tx.savepoint(body);
  if (done.ok()) return true;
  if (!is_its_own(done.error().code)) return done.error();
  log_error("a trigger could not start its workflow", {{"trigger", trigger.id}, {"error", done.error().message}});
  TRY(pause_broken(tx, workspace, trigger.id, done.error(), now));
  return false;
}

}  // namespace spreaders::workflows
