// Addressing an audience page by page, and going on when every message is settled.
#include <nlohmann/json.hpp>

#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

// Nothing of a for_each is still to be sent or looked up. What is unclear and held for good keeps no run waiting.
Result<bool> is_drained(Tx& tx, const std::string& workspace, const std::string& run_id, const std::string& node_id) {
  constexpr int64_t never_us = INT64_MAX / 4;
  auto open =
      TRY(tx.query("SELECT 1 FROM outbox WHERE workspace_id = $1 AND run_id = $2 AND node_id = $3 AND (state IN "
                   "('pending', 'sending') OR (state = 'unknown' AND next_at < $4)) LIMIT 1",
                   {workspace, run_id, node_id, never_us}));
  return open.empty();
}

}  // namespace

Result<Json> outcome_of(Tx& tx, const std::string& workspace, const std::string& run_id, const std::string& node_id) {
  auto rows =
      TRY(tx.query("SELECT state, CASE WHEN state = 'skipped' THEN reply ELSE '' END, COUNT(*) FROM outbox WHERE "
                   "workspace_id = $1 AND run_id = $2 AND node_id = $3 GROUP BY 1, 2 ORDER BY 1, 2",
                   {workspace, run_id, node_id}));
  Json outcome = {{"states", Json::object()}, {"left_out", Json::object()}};
  for (const auto& row : rows) {
    Json& states = outcome["states"];
    states[row[0].text()] = states.value(row[0].text(), int64_t{0}) + row[2].integer();
    if (row[0].text() == "skipped") outcome["left_out"][row[1].text()] = row[2].integer();
  }
  return outcome;
}

Result<void> Engine::for_each_page(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now) {
  Json data = TRY(parse_json(token.data));
  std::string cursor = data.value("cursor", "");
  std::string round = round_of(data);
  storage::AudienceRef audience{node.list_id, node.segment_id};
  auto page = TRY(profiles_.page(tx, token.workspace, audience, cursor, node.batch));
  bool last = static_cast<int>(page.size()) < node.batch;
  events::Decided decided;
  if (!page.empty()) {
    ToolCall call{.name = node.tool,
                  .arguments = {{"run_id", run.id}, {"node", node.id}, {"after", cursor}, {"recipients", page.size()}},
                  .principal = principal_of(run.principal, token.workspace),
                  .approval = run.approval_id,
                  .trace_id = run.trace_id};
    TRY(tools_.admit(tx, call));
    std::vector<events::Intent> intents;
    std::string payload = to_text(*node.payload);
    for (size_t i = 0; i < page.size(); ++i) {
      intents.push_back({.idem = run.id + ":" + node.id + round + ":" + page[i].contact_id,
                         .run_id = run.id,
                         .token_id = token.id,
                         .node_id = node.id,
                         .campaign_id = node.campaign,
                         .contact_id = page[i].contact_id,
                         .channel = node.channel,
                         .connection_id = node.connection,
                         .address = page[i].address,
                         .payload = payload});
    }
    decided = TRY(events::decide_intents(tx, guard_, token.workspace, intents, now));
    TRY(events::enqueue(tx, token.workspace, intents, now, ids_));
    cursor = page.back().contact_id;
  }
  data["cursor"] = cursor;
  TRY(batch.log(run, token, last ? "last_page" : "page",
                {{"recipients", page.size()}, {"refused", decided.refused}, {"deferred", decided.deferred}}, "", now));
  if (!last) {
    TRY(tx.execute("UPDATE token SET data = $1, due_at = $2, rev = rev + 1 WHERE workspace_id = $3 AND id = $4",
                   {to_text(data), now.us, token.workspace, token.id}));
    return {};
  }
  bool drained = TRY(is_drained(tx, token.workspace, run.id, node.id));
  data["phase"] = drained ? "drained" : "draining";
  TRY(tx.execute(
      "UPDATE token SET data = $1, state = $2, due_at = $3, rev = rev + 1 WHERE workspace_id = $4 AND id = $5",
      {to_text(data), drained ? "ready" : "waiting", now.us, token.workspace, token.id}));
  return {};
}

Result<void> Engine::on_settled(Tx& tx, const std::vector<events::Settled>& settled) {
  std::set<std::pair<std::string, std::string>> runs;
  for (const auto& one : settled) {
    if (!one.item.run_id.empty()) runs.emplace(one.item.workspace, one.item.run_id);
  }
  bool woke = false;
  for (const auto& [workspace, run_id] : runs) {
    // In line with the engine, which looks for open intents before it lets a token wait: one of both sees the other's
    // work.
    if (tx.dialect() == storage::Dialect::kPostgres)
      TRY(tx.query("SELECT id FROM run WHERE workspace_id = $1 AND id = $2 FOR UPDATE", {workspace, run_id}));
    auto waiting = TRY(
        tx.query("SELECT id, node_id, data FROM token WHERE workspace_id = $1 AND run_id = $2 AND state = 'waiting'",
                 {workspace, run_id}));
    for (const auto& row : waiting) {
      Json data = TRY(parse_json(row[2].text()));
      if (data.value("phase", "") != "draining") continue;  // it waits for something else
      if (!TRY(is_drained(tx, workspace, run_id, row[1].text()))) continue;
      data["phase"] = "drained";
      TRY(tx.execute(
          "UPDATE token SET state = 'ready', due_at = $1, data = $2, rev = rev + 1 WHERE workspace_id = $3 AND id = $4",
          {clock_.now().us, to_text(data), workspace, row[0]}));
      woke = true;
    }
  }
  if (woke) tx.after_commit([this] { wake(); });
  return {};
}

}  // namespace spreaders::workflows
