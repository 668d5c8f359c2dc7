// Questions of a run to a person. The approval is the service's own, with its code on the server's terminal, so nobody
// but a person answers it; whoever records the answer wakes the run in the same transaction.
#include <nlohmann/json.hpp>

#include "services/approvals/approvals.hpp"
#include "workflows/asks.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

// Of "run:node".
std::string run_of(const std::string& step) { return step.substr(0, step.find(':')); }

}  // namespace

void Engine::on_asked(std::function<void(const std::string&, const std::string&)> told) { told_ = std::move(told); }

Result<void> Engine::ask(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, const Step& decided,
                         Instant now) {
  Json data = TRY(parse_json(token.data));
  const std::string of = run.id + ":" + node.id + round_of(data);
  std::string summary = node.title + "\n" + node.what + "\nAsked by the workflow '" + run.definition->name +
                        "' about " + run.subject + ", at its step '" + node.id + "'";
  ApprovalSubject subject{std::string(kStepApproval), of,
                          json_hash({{"run", run.id}, {"node", node.id}, {"title", node.title}, {"what", node.what}}),
                          summary};
  auto asked =
      TRY(services::request_approval(tx, token.workspace, subject, Effect::kPublish,
                                     principal_of(run.principal, token.workspace).id, now, ids_, node.timeout_us));
  TRY(batch.log(run, token, decided.log_kind, {{"approval_id", asked.id}, {"until", to_text(decided.due)}}, "", now));
  TRY(tx.execute("UPDATE run SET nested = 1 WHERE workspace_id = $1 AND id = $2", {token.workspace, run.id}));
  data["approval"] = asked.id;
  data["asks"] = of;
  data["until"] = decided.due.us;
  asked_.emplace_back(token.workspace, asked.id);
  return park(tx, token, Step{.due = decided.due, .data = to_text(data)});
}

Result<bool> Engine::look_at_approval(Tx& tx, const Token& token, const Json& data, Seen& seen) {
  auto approval = TRY(services::close_if_expired(tx, token.workspace, data.value("approval", ""), clock_.now()));
  if (!approval) return false;
  seen.approval_id = approval->id;
  seen.decided_by = approval->decided_by;
  // A yes that nobody used for long reads as expired too, but it was said in time.
  bool decided = approval->decided_at.has_value();
  if (approval->state == "approved" || (approval->state == "expired" && decided)) seen.decision = "approved";
  else if (approval->state == "rejected" || approval->state == "revoked") seen.decision = "rejected";
  else if (approval->state == "expired") seen.decision = "expired";
  return true;
}

Result<bool> has_open_question(storage::Storage& storage, Instant now) {
  return storage.read(storage::Scope::system(), [&](Tx& tx) -> Result<bool> {
    auto open = TRY(tx.query(
        "SELECT workspace_id, subject_id FROM approval WHERE subject = $1 AND state = 'pending' AND expires_at > $2",
        {kStepApproval, now.us}));
    for (const auto& row : open) {
      if (TRY(tx.query_one("SELECT 1 FROM run WHERE workspace_id = $1 AND id = $2 AND status = 'active'",
                           {row[0], run_of(row[1].text())})))
        return true;
    }
    return false;
  });
}

Result<void> wake_for_decision(Tx& tx, const std::string& workspace, const ApprovalSubject& subject, Instant now) {
  if (subject.kind != kStepApproval) return {};
  auto tokens = TRY(
      tx.query("SELECT id, data FROM token WHERE workspace_id = $1 AND run_id = $2 AND state IN ('ready', 'waiting')",
               {workspace, run_of(subject.id)}));
  for (const auto& row : tokens) {
    if (TRY(parse_json(row[1].text())).value("asks", "") == subject.id)
      TRY(wake_token(tx, workspace, row[0].text(), now));
  }
  return {};
}

}  // namespace spreaders::workflows
