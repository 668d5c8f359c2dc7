#include "workflows/dead_letters.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Row;
using storage::Tx;

namespace {

constexpr std::string_view kRuns =
    "SELECT r.id, 'failed', r.id, r.workflow_id, COALESCE(w.name, ''), r.campaign_id, (SELECT s.node_id FROM step_log "
    "s "
    "WHERE s.workspace_id = r.workspace_id AND s.run_id = r.id AND s.kind = 'failed' ORDER BY s.seq DESC LIMIT 1), "
    "r.subject, r.reason, r.ended_at AS since FROM run r LEFT JOIN workflow w ON w.workspace_id = r.workspace_id AND "
    "w.id = r.workflow_id LEFT JOIN dead_letter_discarded d ON d.workspace_id = r.workspace_id AND d.of_id = r.id "
    "WHERE r.workspace_id = $1 AND r.status = 'failed'";
constexpr std::string_view kMessages =
    "SELECT o.id, o.state, o.run_id, COALESCE(r.workflow_id, ''), COALESCE(w.name, ''), o.campaign_id, o.node_id, "
    "COALESCE(o.contact_id, ''), o.reply, o.updated_at AS since FROM outbox o LEFT JOIN run r ON r.workspace_id = "
    "o.workspace_id AND r.id = o.run_id LEFT JOIN workflow w ON w.workspace_id = o.workspace_id AND w.id = "
    "r.workflow_id LEFT JOIN dead_letter_discarded d ON d.workspace_id = o.workspace_id AND d.of_id = o.id WHERE "
    "o.workspace_id = $1 AND o.state IN ('failed', 'unknown')";

DeadLetter letter_of(const Row& row, bool is_run) {
  return {row[0].text(),
          is_run,
          row[1].text(),
          row[2].text(),
          row[3].text(),
          row[4].text(),
          row[5].text_or(""),
          row[6].text_or(""),
          row[7].text(),
          row[8].text(),
          row[9].is_null() ? Instant{} : row[9].instant()};
}

Result<std::vector<DeadLetter>> some_of(Tx& tx, const std::string& workspace, const LetterFilter& filter, bool runs) {
  const std::string alias = runs ? "r." : "o.";
  const std::string since = runs ? "r.ended_at" : "o.updated_at";
  std::string text = std::string(runs ? kRuns : kMessages).append(" AND d.of_id IS NULL");
  storage::Values values{workspace};
  auto parameter = [&](storage::Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  };
  if (!filter.workflow_id.empty()) text += " AND r.workflow_id = " + parameter(filter.workflow_id);
  if (!filter.campaign_id.empty()) text += " AND " + alias + "campaign_id = " + parameter(filter.campaign_id);
  if (filter.after) {
    std::string at = parameter(filter.after->at.us);
    text += " AND (" + since + " < " + at + " OR (" + since + " = " + at + " AND " + alias + "id < " +
            parameter(filter.after->id) + "))";
  }
  text += " ORDER BY since DESC, 1 DESC LIMIT " + parameter(filter.limit);
  std::vector<DeadLetter> letters;
  for (const auto& row : TRY(tx.query(text, values))) letters.push_back(letter_of(row, runs));
  return letters;
}

bool is_message(const std::string& id) { return id.starts_with("out_"); }

struct DeadRun {
  std::string id, workflow_id, subject, entry_key, campaign_id, trace_id, parent_run_id;
  int64_t version = 0;
  Instant ended;
  LogEnd log;
  Json context;
};

Result<DeadRun> dead_run(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one(
      "SELECT workflow_id, version, subject, entry_key, campaign_id, trace_id, seq, log_hash, ended_at, "
      "CASE WHEN parent_token_id = '' THEN '' ELSE parent_run_id END, context FROM run WHERE workspace_id = $1 AND "
      "id = $2" +
          std::string(tx.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
      {workspace, id}));
  if (!row) return not_found("there is no run " + id);
  const Row& of = *row;
  return DeadRun{.id = id,
                 .workflow_id = of[0].text(),
                 .subject = of[2].text(),
                 .entry_key = of[3].text(),
                 .campaign_id = of[4].text_or(""),
                 .trace_id = of[5].text(),
                 .parent_run_id = of[9].text(),
                 .version = of[1].integer(),
                 .ended = of[8].is_null() ? Instant{} : of[8].instant(),
                 .log = {workspace, id, of[5].text(), of[6].integer(), of[7].text()},
                 .context = TRY(parse_json(of[10].text()))};
}

Result<void> revive_run(Tx& tx, const std::string& workspace, const std::string& id, Instant now, Ids& ids);

// The run within it that it waits for goes on too, if it ended with this one or made it fail.
Result<void> revive_child(Tx& tx, const std::string& workspace, const std::string& child, Instant now, Ids& ids) {
  auto row =
      TRY(tx.query_one("SELECT status, reason FROM run WHERE workspace_id = $1 AND id = $2", {workspace, child}));
  if (!row) return {};
  bool with_it = (*row)[0].text() == "cancelled" && (*row)[1].text() == kOuterEnded;
  if ((*row)[0].text() != "failed" && !with_it) return {};
  return revive_run(tx, workspace, child, now, ids);
}

// How a token goes on: where it stood, as if it had just come there where what it waited for is no more.
Result<void> revive_token(Tx& tx, const Definition& definition, const Token& token, Instant now, Ids& ids) {
  const Node* node = definition.find(token.node_id);
  Json data = TRY(parse_json(token.data));
  Instant due = std::max(token.due, now);
  int64_t visit = token.visit;
  if (node != nullptr && node->type == NodeType::kSubWorkflow && data.contains("child")) {
    TRY(revive_child(tx, token.workspace, data.value("child", ""), now, ids));
    if (node->timeout_us > 0) data["until"] = now.us + node->timeout_us;
  }
  bool anew = node != nullptr &&
              ((node->type == NodeType::kWaitEvent && !data.contains("event")) || node->type == NodeType::kApproval);
  if (anew) {
    for (const char* of_before : {"approval", "asks", "until"}) data.erase(of_before);
    visit = 0;
  }
  if (anew || node == nullptr || node->type != NodeType::kDelay) due = now;
  TRY(
      tx.execute("UPDATE token SET state = 'ready', due_at = $1, data = $2, attempt = 0, visit = $3, rev = rev + 1 "
                 "WHERE workspace_id = $4 AND id = $5",
                 {due.us, to_text(data), visit, token.workspace, token.id}));
  return {};
}

Result<void> revive_run(Tx& tx, const std::string& workspace, const std::string& id, Instant now, Ids& ids) {
  DeadRun run = TRY(dead_run(tx, workspace, id));
  auto stored =
      TRY(tx.query_one("SELECT definition FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND "
                       "version = $3",
                       {workspace, run.workflow_id, run.version}));
  if (!stored) return conflict("the version of the workflow that it ran is no more");
  Definition definition = TRY(parse_definition(TRY(parse_json((*stored)[0].text()))));
  auto rows = TRY(tx.query("SELECT " + std::string(kTokenColumns) +
                               " FROM token t WHERE t.workspace_id = $1 AND t.run_id = $2 AND t.state = 'dead' ORDER "
                               "BY t.id",
                           {workspace, id}));
  if (rows.empty()) return conflict("nothing of the run is left to go on with");
  TRY(
      tx.execute("UPDATE run SET status = 'active', reason = '', ended_at = NULL, rev = rev + 1 WHERE workspace_id = "
                 "$1 AND id = $2",
                 {workspace, id}));
  for (const auto& row : rows) {
    Token token = token_of(row);
    TRY(append_log(tx, run.log, token, "replayed", Json::object(), "", now));
    TRY(revive_token(tx, definition, token, now, ids));
  }
  TRY(tx.execute("UPDATE run SET seq = $1, log_hash = $2 WHERE workspace_id = $3 AND id = $4",
                 {run.log.seq, run.log.hash, workspace, id}));
  // What its failure held back.
  TRY(tx.execute(
      "UPDATE outbox SET state = 'pending', next_at = $1, updated_at = $1 WHERE workspace_id = $2 AND run_id "
      "= $3 AND state = 'cancelled'",
      {now.us, workspace, id}));
  if (!definition.goal) return {};
  Json values = run_values(id, run.subject, run.entry_key, run.campaign_id, run.context);
  if (TRY(goal_reached_since(tx, workspace, *definition.goal, run.subject, values, run.ended)))
    TRY(end_run(tx, workspace, id, "completed", "goal", now));
  else TRY(subscribe_to_goal(tx, workspace, *definition.goal, run.subject, values, now, ids));
  return {};
}

Result<void> replay_run(Tx& tx, const std::string& workspace, const std::string& id, Instant now, Ids& ids) {
  DeadRun run = TRY(dead_run(tx, workspace, id));
  if (!run.parent_run_id.empty()) {
    auto outer =
        TRY(tx.query_one("SELECT status FROM run WHERE workspace_id = $1 AND id = $2", {workspace, run.parent_run_id}));
    bool failed = outer && (*outer)[0].text() == "failed";
    return conflict(failed ? "it is a part of run " + run.parent_run_id + ", which failed with it: replay that one"
                           : "run " + run.parent_run_id + ", which waited for it, has gone on without it");
  }
  return revive_run(tx, workspace, id, now, ids);
}

Result<void> replay_message(Tx& tx, const std::string& workspace, const DeadLetter& letter,
                            const ReplayOptions& options, Instant now) {
  if (letter.state == "unknown" && !options.may_send_twice)
    return conflict("nobody knows whether it arrived; may_send_twice sends it all the same");
  if (!letter.run_id.empty()) {
    auto run =
        TRY(tx.query_one("SELECT status FROM run WHERE workspace_id = $1 AND id = $2", {workspace, letter.run_id}));
    std::string status = run ? (*run)[0].text() : "";
    if (status == "failed") return conflict("run " + letter.run_id + " failed: replay that first");
    if (status == "cancelled") return conflict("run " + letter.run_id + " was cancelled: what it sends is over");
  }
  int64_t changed = TRY(tx.execute(
      "UPDATE outbox SET state = 'pending', attempts = 0, next_at = $1, lease_owner = '', lease_until = 0, "
      "fence = fence + 1, reply = '', counted_at = NULL, updated_at = $1 WHERE workspace_id = $2 AND id = $3 "
      "AND state = $4",
      {now.us, workspace, letter.id, letter.state}));
  return changed == 1 ? Result<void>() : conflict("what became of it has just changed; look again");
}

}  // namespace

Result<std::vector<DeadLetter>> dead_letters(Tx& tx, const std::string& workspace, const LetterFilter& filter) {
  auto letters = TRY(some_of(tx, workspace, filter, true));
  auto messages = TRY(some_of(tx, workspace, filter, false));
  letters.insert(letters.end(), messages.begin(), messages.end());
  std::sort(letters.begin(), letters.end(), [](const DeadLetter& one, const DeadLetter& other) {
    return one.at == other.at ? one.id > other.id : one.at > other.at;
  });
  if (letters.size() > static_cast<size_t>(filter.limit)) letters.resize(static_cast<size_t>(filter.limit));
  return letters;
}

Result<DeadLetter> get_dead_letter(Tx& tx, const std::string& workspace, const std::string& id) {
  bool run = !is_message(id);
  auto row = TRY(tx.query_one(std::string(run ? kRuns : kMessages).append(run ? " AND r.id = $2" : " AND o.id = $2"),
                              {workspace, id}));
  if (row) return letter_of(*row, run);
  return not_found("there is no failed run and no undelivered message " + std::string(first_code_points(id, 80)));
}

Result<void> replay(Tx& tx, const std::string& workspace, const std::string& id, const ReplayOptions& options,
                    Instant now, Ids& ids) {
  DeadLetter letter = TRY(get_dead_letter(tx, workspace, id));
  if (letter.is_run) TRY(replay_run(tx, workspace, id, now, ids));
  else TRY(replay_message(tx, workspace, letter, options, now));
  TRY(tx.execute("DELETE FROM dead_letter_discarded WHERE workspace_id = $1 AND of_id = $2", {workspace, id}));
  return {};
}

Result<void> discard(Tx& tx, const std::string& workspace, const std::string& id, const std::string& reason,
                     const std::string& principal, Instant now) {
  TRY(get_dead_letter(tx, workspace, id));
  TRY(
      tx.execute("INSERT INTO dead_letter_discarded (workspace_id, of_id, reason, principal, at) VALUES ($1, $2, $3, "
                 "$4, $5) ON CONFLICT (workspace_id, of_id) DO NOTHING",
                 {workspace, id, reason, principal, now.us}));
  return {};
}

}  // namespace spreaders::workflows
