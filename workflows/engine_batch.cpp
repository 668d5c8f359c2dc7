// What one transaction of the engine loads, logs and writes back.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {
constexpr size_t kLogTextMax = 4000;  // of one step log row's input, output or error
constexpr std::string_view kWaitedEnough = "the time that the run around it waits is up";
}  // namespace

Token token_of(const storage::Row& row) {
  return {row[0].text(),    row[1].text(),    row[2].text(),    row[3].text(), row[4].text(),
          row[5].instant(), row[6].integer(), row[7].integer(), row[8].text(), row[9].integer()};
}

std::string stored_principal(const Principal& principal) {
  Json scopes = Json::array();
  for (const auto& scope : principal.scopes) scopes.push_back(scope);
  return to_text(Json{{"id", principal.id}, {"scopes", std::move(scopes)}});
}

Principal principal_of(const std::string& stored, const std::string& workspace) {
  Principal principal{
      .id = "system", .workspace = workspace, .scopes = {}, .kind = Principal::Kind::kSystem, .door = "engine"};
  auto json = parse_json(stored);
  if (!json.ok() || !json->is_object()) return principal;
  principal.id = json->value("id", "system");
  for (const auto& scope : json->value("scopes", Json::array())) {
    if (scope.is_string()) principal.scopes.push_back(scope);
  }
  return principal;
}

Json run_values(const std::string& id, const std::string& subject, const std::string& key,
                const std::string& campaign_id, const Json& context) {
  return {{"id", id},
          {"subject", subject},
          {"key", key},
          {"campaign", campaign_id},
          {"trigger", context.value("trigger", Json())}};
}

Result<Engine::LoadedRun*> Engine::Batch::run(const std::string& workspace, const std::string& id) {
  auto found = runs_.find(id);
  if (found != runs_.end()) return &found->second;
  // Locked to the end of the transaction: what is written back was made from what is read here.
  auto row = TRY(tx_.query_one(
      "SELECT workflow_id, version, seq, log_hash, campaign_id, approval_id, principal, status, "
      "context, trace_id, subject, entry_key, entered_at, depth FROM run WHERE workspace_id = $1 AND id = $2" +
          std::string(tx_.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
      {workspace, id}));
  if (!row) return not_found("there is no run " + id);
  Json context = TRY(parse_json((*row)[8].text()));
  LoadedRun run;
  run.workspace = workspace;
  run.id = id;
  run.workflow_id = (*row)[0].text();
  run.version = (*row)[1].integer();
  run.seq = (*row)[2].integer();
  run.log_hash = (*row)[3].text();
  run.campaign_id = (*row)[4].text_or("");
  run.approval_id = (*row)[5].text_or("");
  run.principal = (*row)[6].text();
  run.status = (*row)[7].text();
  run.context = std::move(context);
  run.trace_id = (*row)[9].text();
  run.subject = (*row)[10].text();
  run.entry_key = (*row)[11].text();
  run.entered = (*row)[12].instant();
  run.depth = (*row)[13].integer();
  run.definition = TRY(engine_.definition_of(tx_, workspace, run.workflow_id, run.version));
  return &runs_.emplace(id, std::move(run)).first->second;
}

Result<void> append_log(Tx& tx, LogEnd& end, const Token& token, std::string_view kind, const Json& output,
                        std::string_view error, Instant now) {
  std::string text = to_text(output);
  if (text.size() > kLogTextMax) text = to_text(Json{{"bytes", text.size()}, {"hash", json_hash(output)}});
  std::string error_text(first_code_points(error, kLogTextMax));
  ++end.seq;
  end.hash = hex(sha256(end.hash + "\n" + end.run_id + "\n" + std::to_string(end.seq) + "\n" + token.node_id + "\n" +
                        std::string(kind) + "\n" + text + "\n" + error_text));
  TRY(
      tx.execute("INSERT INTO step_log (workspace_id, run_id, seq, node_id, kind, input, output, error, at, hash, "
                 "trace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                 {end.workspace, end.run_id, end.seq, token.node_id, kind, token.data, text, error_text, now.us,
                  end.hash, end.trace_id}));
  return {};
}

Result<void> Engine::Batch::log(LoadedRun& run, const Token& token, std::string_view kind, const Json& output,
                                std::string_view error, Instant now) {
  LogEnd end{run.workspace, run.id, run.trace_id, run.seq, run.log_hash};
  TRY(append_log(tx_, end, token, kind, output, error, now));
  run.seq = end.seq;
  run.log_hash = end.hash;
  run.changed = true;
  return {};
}

Result<void> Engine::Batch::finish(Instant now) {
  for (auto& [id, run] : runs_) {
    if (!run.changed) continue;
    if (run.ended_status.empty() && check_end_.contains(id)) {
      auto live =
          TRY(tx_.query("SELECT 1 FROM token WHERE workspace_id = $1 AND run_id = $2 AND state IN ('ready', "
                        "'waiting', 'executing') LIMIT 1",
                        {run.workspace, id}));
      if (live.empty()) run.ended_status = "completed";
    }
    TRY(tx_.execute(
        "UPDATE run SET seq = $1, log_hash = $2, context = $3, rev = rev + 1 WHERE workspace_id = $4 AND id = $5",
        {run.seq, run.log_hash, to_text(run.context), run.workspace, id}));
    if (!run.ended_status.empty()) TRY(end_run(tx_, run.workspace, id, run.ended_status, run.reason, now));
  }
  return {};
}

Result<void> Engine::Batch::cancel(const std::string& workspace, const std::string& run_id) {
  LoadedRun& run = *TRY(this->run(workspace, run_id));
  if (!run.ended_status.empty()) return {};
  run.ended_status = "cancelled";
  run.reason = kWaitedEnough;
  run.changed = true;
  return {};
}

Engine::Batch::Mark Engine::Batch::mark(const std::string& run_id) {
  auto found = runs_.find(run_id);
  return found == runs_.end() ? Mark{} : Mark{found->second.seq, found->second.log_hash, found->second.context, true};
}
void Engine::Batch::restore(const std::string& run_id, const Mark& mark) {
  auto found = runs_.find(run_id);
  if (found == runs_.end()) return;
  if (!mark.loaded) {
    runs_.erase(found);
    return;
  }
  found->second.seq = mark.seq;
  found->second.log_hash = mark.log_hash;
  found->second.context = mark.context;
}

}  // namespace spreaders::workflows
