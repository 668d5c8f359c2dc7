// Moving people who are under way from one version to another, run by run, each run whole or not at all.
#include <nlohmann/json.hpp>

#include "workflows/engine_parts.hpp"
#include "workflows/inspect/diff.hpp"

namespace spreaders::workflows::inspect {

using storage::Tx;

namespace {

struct Moving {
  Tx& tx;
  const std::string& workspace;
  const Migration& wanted;
  Instant now;
  Ids& ids;
};

struct Planned {
  Token token;
  NodeMove move;
};

// Empty: it can be moved.
std::string obstacle(const Token& token, const NodeMove& move) {
  if (token.state == "executing") return "a tool is being called";
  const Json data = parse_json(token.data).value_or(Json::object());
  if (data.contains("groups")) return "is on parallel ways";
  if (move.arrival == Arrival::kNowhere) return "the step '" + token.node_id + "' is no more and none was named";
  bool inside = token.state == "waiting" || data.contains("cursor") || data.contains("child") || data.contains("asks");
  if (move.arrival == Arrival::kAnew && inside) return "waits for something that only the old step knows";
  return "";
}

Result<void> move_token(const Moving& in, const Planned& planned) {
  if (planned.move.arrival == Arrival::kStays) return {};
  const Token& token = planned.token;
  const Json data = TRY(parse_json(token.data));
  Json kept = Json::object();
  if (data.contains("loops")) {
    Json loops = Json::object();
    for (const auto& [loop, times] : data["loops"].items()) {
      if (in.wanted.to_json["nodes"].contains(loop)) loops[loop] = times;
    }
    if (!loops.empty()) kept["loops"] = loops;
  }
  TRY(in.tx.execute("DELETE FROM wait_sub WHERE workspace_id = $1 AND run_id = $2 AND token_id = $3",
                    {in.workspace, token.run_id, token.id}));
  TRY(in.tx.execute(
      "UPDATE token SET node_id = $1, state = 'ready', due_at = $2, data = $3, attempt = 0, visit = 0, rev = rev + 1 "
      "WHERE workspace_id = $4 AND id = $5",
      {planned.move.to, in.now.us, to_text(kept), in.workspace, token.id}));
  return {};
}

// The goal is waited for as the new version says.
Result<void> move_goal(const Moving& in, const std::string& run_id, const storage::Row& row) {
  const Json old_goal = in.wanted.from_json.value("goal", Json());
  if (old_goal == in.wanted.to_json.value("goal", Json())) return {};
  TRY(in.tx.execute("DELETE FROM wait_sub WHERE workspace_id = $1 AND run_id = $2 AND token_id = ''",
                    {in.workspace, run_id}));
  auto definition = TRY(parse_definition(in.wanted.to_json));
  if (!definition.goal) return {};
  const Json context = TRY(parse_json(row[7].text()));
  return subscribe_to_goal(in.tx, in.workspace, *definition.goal, row[1].text(),
                           run_values(run_id, row[1].text(), row[2].text(), row[3].text_or(""), context), in.now,
                           in.ids);
}

// Empty: it was moved.
Result<std::string> move_run(const Moving& in, const storage::Row& row) {
  const std::string& run_id = row[0].text();
  auto rows = TRY(in.tx.query("SELECT " + std::string(kTokenColumns) +
                                  " FROM token t WHERE t.workspace_id = $1 AND t.run_id = $2 AND t.state IN ('ready', "
                                  "'waiting', 'executing') ORDER BY t.id" +
                                  std::string(in.tx.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
                              {in.workspace, run_id}));
  std::vector<Planned> plan;
  for (const auto& one : rows) {
    Token token = token_of(one);
    NodeMove move = move_of(token.node_id, in.wanted.from_json, in.wanted.to_json, in.wanted.map);
    if (auto reason = obstacle(token, move); !reason.empty()) return reason;
    plan.push_back({std::move(token), std::move(move)});
  }
  LogEnd end{in.workspace, run_id, row[6].text(), row[4].integer(), row[5].text()};
  for (const auto& planned : plan) {
    TRY(append_log(in.tx, end, planned.token, "migrated",
                   {{"from", in.wanted.from},
                    {"to", in.wanted.to},
                    {"node", planned.move.to},
                    {"anew", planned.move.arrival == Arrival::kAnew}},
                   "", in.now));
    TRY(move_token(in, planned));
  }
  TRY(move_goal(in, run_id, row));
  TRY(
      in.tx.execute("UPDATE run SET version = $1, approval_id = $2, seq = $3, log_hash = $4, rev = rev + 1 WHERE "
                    "workspace_id = $5 AND id = $6",
                    {in.wanted.to, in.wanted.approval_id, end.seq, end.hash, in.workspace, run_id}));
  return std::string();
}

}  // namespace

Result<Migrated> migrate_runs(Tx& tx, const std::string& workspace, const Migration& wanted, const std::string& cursor,
                              Instant now, Ids& ids) {
  // Locked to the end: an engine that holds one of them is waited for.
  auto rows =
      TRY(tx.query("SELECT id, subject, entry_key, campaign_id, seq, log_hash, trace_id, context FROM run WHERE "
                   "workspace_id = $1 AND workflow_id = $2 AND version = $3 AND status IN ('active', "
                   "'paused') AND id > $4 ORDER BY id LIMIT $5" +
                       std::string(tx.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
                   {workspace, wanted.workflow_id, wanted.from, cursor, kMigrateBatch}));
  Migrated all{.cursor = cursor, .over = rows.size() < static_cast<size_t>(kMigrateBatch)};
  const Moving in{tx, workspace, wanted, now, ids};
  for (const auto& row : rows) {
    if (wanted.policy == Policy::kExit) {
      TRY(cancel_run(tx, workspace, row[0].text(), "version " + std::to_string(wanted.from) + " was withdrawn", now));
      ++all.moved;
      all.cursor = row[0].text();
      continue;
    }
    const std::string reason = TRY(move_run(in, row));
    if (reason.empty()) ++all.moved;
    else ++all.stayed[reason];
    all.cursor = row[0].text();
  }
  return all;
}

}  // namespace spreaders::workflows::inspect
