#include "workflows/engine.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "workflows/definition_parts.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Scope;
using storage::Tx;

namespace {

constexpr int kPoisonTries = 3;           // failures of the engine itself on one token before its run is given up
constexpr size_t kDefinitionsMax = 1000;  // parsed definitions kept
constexpr int64_t kRecoverEvery_us = kSecond_us;   // how often an engine looks for the steps of dead ones
constexpr int64_t kBusyWait_us = kSecond_us / 50;  // until what somebody else holds is tried again

Result<void> later(Tx& tx, const Token& token, Instant now) {
  TRY(tx.execute("UPDATE token SET due_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3",
                 {now.us + kBusyWait_us, token.workspace, token.id}));
  return {};
}

}  // namespace

Engine::Engine(storage::Storage& storage, Clock& clock, Ids& ids, ToolRunner& tools, storage::ProfileSource& profiles,
               storage::SendGuard& guard, EngineOptions options, std::string owner)
    : storage_(storage),
      clock_(clock),
      ids_(ids),
      tools_(tools),
      profiles_(profiles),
      guard_(guard),
      options_(options),
      owner_(std::move(owner)),
      rng_(static_cast<uint64_t>(monotonic_ms())) {}

Result<std::shared_ptr<const Definition>> Engine::definition_of(Tx& tx, const std::string& workspace,
                                                                const std::string& workflow_id, int64_t version) {
  std::string key = workspace + "/" + workflow_id + "@" + std::to_string(version);
  {
    std::lock_guard lock(definitions_mutex_);
    if (auto found = definitions_.find(key); found != definitions_.end()) return found->second;
  }
  auto row = TRY(tx.query_one(
      "SELECT definition FROM workflow_version WHERE workspace_id = $1 AND workflow_id = $2 AND version = $3",
      {workspace, workflow_id, version}));
  if (!row) return not_found("there is no version " + std::to_string(version) + " of workflow " + workflow_id);
  auto definition = std::make_shared<const Definition>(TRY(parse_definition(TRY(parse_json((*row)[0].text())))));
  std::lock_guard lock(definitions_mutex_);
  if (definitions_.size() >= kDefinitionsMax) definitions_.clear();
  definitions_[key] = definition;
  return definition;
}

Result<void> Engine::recover() {
  Instant now = clock_.now();
  recover_at_ = now + kRecoverEvery_us;
  int64_t taken = TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<int64_t> {
    std::string stale = options_.exclusive ? "lease_owner <> $1" : "lease_owner <> $1 AND lease_until < $2";
    return tx.execute(
        "UPDATE token SET state = 'ready', due_at = $2, rev = rev + 1 WHERE state = 'executing' AND " + stale,
        {owner_, now.us});
  }));
  if (taken > 0) log_warn("took over steps of a stopped process", {{"count", taken}});
  return {};
}

Result<int> Engine::run_once() {
  TRY(release_unrecorded());
  if (!options_.exclusive && clock_.now() >= recover_at_) TRY(recover());
  std::vector<Token> calls;
  int moved = TRY(step_batch(calls));
  if (told_) {
    for (const auto& [workspace, approval] : asked_) told_(workspace, approval);
  }
  for (const auto& token : calls) {
    auto done = run_call(token);
    if (done.ok()) continue;
    unrecorded_.push_back(token);
    log_error("a step could not be recorded", {{"run", token.run_id},
                                               {"node", token.node_id},
                                               {"error", done.error().text()},
                                               {"detail", done.error().detail}});
  }
  return moved;
}

Result<int> Engine::step_batch(std::vector<Token>& calls) {
  Instant now = clock_.now();
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<int> {
    calls.clear();
    asked_.clear();
    bool postgres = tx.dialect() == storage::Dialect::kPostgres;
    auto rows = TRY(
        tx.query("SELECT " + std::string(kTokenColumns) +
                     " FROM token t JOIN run r ON r.workspace_id = t.workspace_id AND r.id = t.run_id "
                     "WHERE t.state = 'ready' AND t.due_at <= $1 AND r.status = 'active' ORDER BY t.due_at LIMIT $2" +
                     std::string(postgres ? " FOR UPDATE OF t, r SKIP LOCKED" : ""),
                 {now.us, options_.batch}));
    Batch batch(*this, tx);
    for (const auto& row : rows) {
      Token token = token_of(row);
      // A token that cannot be stepped is taken out alone; the others of the batch go on.
      auto mark = batch.mark(token.run_id);
      Result<void> stepped = tx.savepoint([&] { return step_token(tx, batch, token, calls, now); });
      if (stepped.ok()) continue;
      batch.restore(token.run_id, mark);
      TRY(poison(tx, batch, token, stepped.error(), now));
    }
    TRY(batch.finish(now));
    return static_cast<int>(rows.size());
  });
}

Result<void> Engine::step_token(Tx& tx, Batch& batch, Token& token, std::vector<Token>& calls, Instant now) {
  LoadedRun& run = *TRY(batch.run(token.workspace, token.run_id));
  if (!run.ended_status.empty()) return {};  // another token of this batch ended it
  const Node* node = run.definition->find(token.node_id);
  auto seen = node == nullptr ? std::optional<Seen>(Seen{}) : TRY(look(tx, run, token, *node));
  if (!seen) return later(tx, token, now);
  Step decided = step(*run.definition, token, run.results(), now, *seen);
  end_in_time(decided, run.definition->limits, run.entered);
  if (decided.kind == Step::Kind::kCall) {
    TRY(
        tx.execute("UPDATE token SET state = 'executing', lease_owner = $1, lease_until = $2, rev = rev + 1 WHERE "
                   "workspace_id = $3 AND id = $4",
                   {owner_, now.us + options_.lease_ms * 1000, token.workspace, token.id}));
    token.rev += 1;
    calls.push_back(token);
    return {};
  }
  if (decided.kind == Step::Kind::kForEach) return for_each_page(tx, batch, run, token, *node, now);
  if (decided.kind == Step::Kind::kArrive) return arrive(tx, batch, run, token, *node, now);
  if (decided.kind == Step::Kind::kSubscribe) return subscribe(tx, batch, run, token, *node, decided, now);
  if (decided.kind == Step::Kind::kStart) return start_child(tx, batch, run, token, *node, decided, now);
  if (decided.kind == Step::Kind::kAct) return act(tx, batch, run, token, *node, now);
  if (decided.kind == Step::Kind::kAsk) return ask(tx, batch, run, token, *node, decided, now);
  if (decided.kind == Step::Kind::kPark) return park(tx, token, decided);
  if (node != nullptr && node->type == NodeType::kForEach)
    decided.result = TRY(outcome_of(tx, run.workspace, run.id, node->id));  // for the history
  TRY(apply(tx, batch, run, token, decided, now));
  return decided.cancels.empty() ? Result<void>() : batch.cancel(token.workspace, decided.cancels);
}

Result<void> Engine::apply(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Step& decided, Instant now) {
  const Node* at = run.definition->find(token.node_id);
  if (decided.result && at != nullptr && has_result(*at)) run.keep_result(token.node_id, *decided.result);
  bool exits = decided.kind == Step::Kind::kExit;
  Json output = exits ? Json{{"reason", decided.reason}} : decided.result.value_or(Json::object());
  TRY(batch.log(run, token, decided.log_kind, output, exits ? "" : decided.reason, now));
  if (exits) {
    run.ended_status = "completed";
    run.reason = decided.reason;
    return {};
  }
  if (decided.kind == Step::Kind::kFail) {
    run.ended_status = "failed";
    run.reason = first_code_points(decided.reason, 500);
    return {};
  }
  if (decided.kind == Step::Kind::kWait) {
    TRY(
        tx.execute("UPDATE token SET state = 'ready', due_at = $1, data = $2, visit = visit + 1, attempt = attempt + "
                   "$3, rev = rev + 1 WHERE workspace_id = $4 AND id = $5",
                   {decided.due.us, decided.data, decided.log_kind == "retry" ? 1 : 0, token.workspace, token.id}));
    return {};
  }
  for (const auto& fork : decided.fork) {
    TRY(tx.execute(
        "INSERT INTO token (workspace_id, id, run_id, node_id, state, due_at, data) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7)",
        {token.workspace, ids_.make("tok"), token.run_id, fork.node_id, fork.state, fork.due.us, fork.data}));
  }
  if (decided.next.empty()) {
    TRY(tx.execute("UPDATE token SET state = 'done', rev = rev + 1 WHERE workspace_id = $1 AND id = $2",
                   {token.workspace, token.id}));
    batch.maybe_ended(token.run_id);
    return {};
  }
  // Only what joins and loops need travels on; a node's own memory ends with it.
  Json data = parse_json(token.data).value_or(Json::object());
  Json loops = decided.loops ? *decided.loops : data.value("loops", Json::object());
  Json kept = Json::object();
  if (data.contains("groups")) kept["groups"] = data["groups"];
  if (!loops.empty()) kept["loops"] = loops;
  TRY(
      tx.execute("UPDATE token SET node_id = $1, state = 'ready', due_at = $2, data = $3, attempt = 0, visit = 0, rev "
                 "= rev + 1 WHERE workspace_id = $4 AND id = $5",
                 {decided.next, now.us, to_text(kept), token.workspace, token.id}));
  return {};
}

Result<void> Engine::arrive(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now) {
  Json data = TRY(parse_json(token.data));
  Json groups = data.value("groups", Json::array());
  if (groups.empty()) {  // a join that no parallel leads to is passed through
    Step on{.kind = Step::Kind::kMove, .next = node.next, .log_kind = "joined"};
    return apply(tx, batch, run, token, on, now);
  }
  Json group = groups.back();
  std::string group_id = group.value("id", "");
  int64_t size = group.value("size", int64_t{1});
  int64_t needed = node.join_count == 0 ? size : std::min<int64_t>(node.join_count, size);
  Json arrived = run.context.value("joins", Json::object());
  int64_t count = arrived.value(group_id, int64_t{0}) + 1;
  if (count >= size) arrived.erase(group_id);
  else arrived[group_id] = count;
  TRY(batch.log(run, token, "arrived", {{"arrived", count}, {"needed", needed}}, "", now));
  if (count != needed) {  // too early, or too late: this path is over
    TRY(tx.execute("UPDATE token SET state = 'done', rev = rev + 1 WHERE workspace_id = $1 AND id = $2",
                   {token.workspace, token.id}));
    run.context["joins"] = arrived;
    batch.maybe_ended(token.run_id);
    return {};
  }
  groups.erase(groups.size() - 1);
  Json kept = groups.empty() ? Json::object() : Json{{"groups", groups}};
  if (group.contains("loops")) kept["loops"] = group["loops"];
  TRY(
      tx.execute("UPDATE token SET node_id = $1, state = 'ready', due_at = $2, data = $3, attempt = 0, visit = 0, rev "
                 "= rev + 1 WHERE workspace_id = $4 AND id = $5",
                 {node.next, now.us, to_text(kept), token.workspace, token.id}));
  run.context["joins"] = arrived;
  return {};
}

Result<void> Engine::poison(Tx& tx, Batch& batch, Token& token, const Error& error, Instant now) {
  log_error("a step failed",
            {{"run", token.run_id}, {"node", token.node_id}, {"error", error.message}, {"detail", error.detail}});
  bool later = error.code == Code::kUnavailable || error.code == Code::kRateLimited;
  if (later || token.attempt + 1 < kPoisonTries) {
    int64_t wait_us = std::max(error.retry_after_ms * 1000, 2 * kSecond_us << std::min<int64_t>(token.attempt, 8));
    TRY(tx.execute(
        "UPDATE token SET attempt = attempt + 1, due_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3",
        {now.us + wait_us, token.workspace, token.id}));
    return {};
  }
  auto loaded = batch.run(token.workspace, token.run_id);
  // A run that cannot even be read must not stop the others: it ends without a line in its history.
  if (!loaded.ok()) {
    TRY(end_run(tx, token.workspace, token.run_id, "failed", std::string(first_code_points(error.text(), kReasonMax)),
                now));
    return {};
  }
  LoadedRun& run = **loaded;
  return apply(tx, batch, run, token, after_failure(*run.definition, token, error.text()), now);
}

Result<std::optional<Instant>> Engine::next_due() {
  auto rows = TRY(storage_.read(Scope::system(), [](Tx& tx) {
    return tx.query(
        "SELECT MIN(t.due_at) FROM token t JOIN run r ON r.workspace_id = t.workspace_id AND r.id = t.run_id WHERE "
        "t.state = 'ready' AND r.status = 'active'");
  }));
  if (rows[0][0].is_null()) return std::optional<Instant>();
  return std::optional<Instant>(rows[0][0].instant());
}

void Engine::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void wake_after_commit(const ToolContext& context) {
  if (auto* engine = context.parts.find<Engine>()) context.tx().after_commit([engine] { engine->wake(); });
}

void Engine::loop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto moved = run_once();
    if (!moved.ok())
      log_error("the workflow engine could not take a step",
                {{"error", moved.error().message}, {"detail", moved.error().detail}});
    if (moved.ok() && *moved > 0) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.idle_poll_ms), [&] { return woken_; });
    woken_ = false;
  }
}

}  // namespace spreaders::workflows
