#include "workflows/engine.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/pulse.hpp"

namespace spreaders::workflows {

using storage::Scope;
using storage::Tx;

namespace {

constexpr int kPoisonTries = 3;           // failures of the engine itself on one token before its run is given up
constexpr size_t kDefinitionsMax = 1000;  // parsed definitions kept
constexpr size_t kLogTextMax = 4000;      // of one step log row's input, output or error
constexpr int64_t kRecoverEvery_us = kSecond_us;  // how often an engine looks for the steps of dead ones
constexpr int64_t kRecordAgainMax =
    8;  // doublings of the wait before a step that could not be written down is taken again
constexpr std::string_view kTokenColumns =
    "t.workspace_id, t.id, t.run_id, t.node_id, t.state, t.due_at, t.attempt, t.visit, t.data, t.rev";

Token token_of(const storage::Row& row) {
  return {row[0].text(),    row[1].text(),    row[2].text(),    row[3].text(), row[4].text(),
          row[5].instant(), row[6].integer(), row[7].integer(), row[8].text(), row[9].integer()};
}

// Nothing of a for_each is still to be sent or looked up. What is unclear and held for good keeps no run waiting.
Result<bool> is_drained(Tx& tx, const std::string& workspace, const std::string& run_id, const std::string& node_id) {
  constexpr int64_t never_us = INT64_MAX / 4;
  auto open =
      TRY(tx.query("SELECT 1 FROM outbox WHERE workspace_id = $1 AND run_id = $2 AND node_id = $3 AND (state IN "
                   "('pending', 'sending') OR (state = 'unknown' AND next_at < $4)) LIMIT 1",
                   {workspace, run_id, node_id, never_us}));
  return open.empty();
}

Principal principal_of(const std::string& text, const std::string& workspace) {
  Principal principal{
      .id = "system", .workspace = workspace, .scopes = {}, .kind = Principal::Kind::kSystem, .door = "engine"};
  auto json = parse_json(text);
  if (!json.ok() || !json->is_object()) return principal;
  principal.id = json->value("id", "system");
  for (const auto& scope : json->value("scopes", Json::array())) {
    if (scope.is_string()) principal.scopes.push_back(scope);
  }
  return principal;
}

Result<void> end_run(Tx& tx, const std::string& workspace, const std::string& run_id, std::string_view status,
                     const std::string& reason, Instant now) {
  TRY(tx.execute("UPDATE run SET status = $1, reason = $2, ended_at = $3 WHERE workspace_id = $4 AND id = $5",
                 {status, reason, now.us, workspace, run_id}));
  TRY(
      tx.execute("UPDATE token SET state = 'dead', rev = rev + 1 WHERE workspace_id = $1 AND run_id = $2 AND state IN "
                 "('ready', 'waiting', 'executing')",
                 {workspace, run_id}));
  if (status != "failed") return {};
  TRY(
      tx.execute("UPDATE outbox SET state = 'cancelled', updated_at = $1 WHERE workspace_id = $2 AND run_id = $3 AND "
                 "state = 'pending'",
                 {now.us, workspace, run_id}));
  return {};
}

}  // namespace

struct Engine::LoadedRun {
  std::string workspace, id, workflow_id, log_hash, campaign_id, approval_id, principal, status, trace_id;
  int64_t version = 1;
  int64_t seq = 0;
  Json context;
  std::shared_ptr<const Definition> definition;
  bool changed = false;
  std::string ended_status;  // set when this batch ends it
  std::string reason;
};

// What one transaction touches: runs are loaded once and written back once.
class Engine::Batch {
 public:
  Batch(Engine& engine, Tx& tx) : engine_(engine), tx_(tx) {}

  Result<LoadedRun*> run(const std::string& workspace, const std::string& id) {
    auto found = runs_.find(id);
    if (found != runs_.end()) return &found->second;
    // Locked to the end of the transaction: what is written back was made from what is read here.
    auto row =
        TRY(tx_.query_one("SELECT workflow_id, version, seq, log_hash, campaign_id, approval_id, principal, status, "
                          "context, trace_id FROM run WHERE workspace_id = $1 AND id = $2" +
                              std::string(tx_.dialect() == storage::Dialect::kPostgres ? " FOR UPDATE" : ""),
                          {workspace, id}));
    if (!row) return not_found("there is no run " + id);
    Json context =
        TRY(parse_json((*row)[8].text()));  // g++ 12 forgets what is half made when TRY leaves an initializer list
    LoadedRun run{workspace,
                  id,
                  (*row)[0].text(),
                  (*row)[3].text(),
                  (*row)[4].text_or(""),
                  (*row)[5].text_or(""),
                  (*row)[6].text(),
                  (*row)[7].text(),
                  (*row)[9].text(),
                  (*row)[1].integer(),
                  (*row)[2].integer(),
                  std::move(context),
                  nullptr,
                  false,
                  "",
                  ""};
    run.definition = TRY(engine_.definition_of(tx_, workspace, run.workflow_id, run.version));
    return &runs_.emplace(id, std::move(run)).first->second;
  }

  // One row of the run's hash-chained history.
  Result<void> log(LoadedRun& run, const Token& token, std::string_view kind, const Json& output,
                   std::string_view error, Instant now) {
    std::string text = to_text(output);
    if (text.size() > kLogTextMax) text = to_text(Json{{"bytes", text.size()}, {"hash", json_hash(output)}});
    std::string error_text(first_code_points(error, kLogTextMax));
    ++run.seq;
    run.log_hash = hex(sha256(run.log_hash + "\n" + run.id + "\n" + std::to_string(run.seq) + "\n" + token.node_id +
                              "\n" + std::string(kind) + "\n" + text + "\n" + error_text));
    run.changed = true;
    TRY(
        tx_.execute("INSERT INTO step_log (workspace_id, run_id, seq, node_id, kind, input, output, error, at, hash, "
                    "trace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    {run.workspace, run.id, run.seq, token.node_id, kind, token.data, text, error_text, now.us,
                     run.log_hash, run.trace_id}));
    return {};
  }

  Result<void> finish(Instant now) {
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

  // What a rolled-back step must not leave behind in the loaded run.
  struct Mark {
    int64_t seq = 0;
    std::string log_hash;
    bool loaded = false;
  };
  Mark mark(const std::string& run_id) {
    auto found = runs_.find(run_id);
    return found == runs_.end() ? Mark{} : Mark{found->second.seq, found->second.log_hash, true};
  }
  void restore(const std::string& run_id, const Mark& mark) {
    auto found = runs_.find(run_id);
    if (found == runs_.end()) return;
    if (!mark.loaded) {
      runs_.erase(found);
      return;
    }
    found->second.seq = mark.seq;
    found->second.log_hash = mark.log_hash;
  }

  void maybe_ended(const std::string& run_id) { check_end_.insert(run_id); }

 private:
  Engine& engine_;
  Tx& tx_;
  std::map<std::string, LoadedRun> runs_;
  std::set<std::string> check_end_;
};

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
  Json results = run.context.value("results", Json::object());
  Step decided = step(*run.definition, token, results, now);
  if (decided.kind == Step::Kind::kCall) {
    TRY(
        tx.execute("UPDATE token SET state = 'executing', lease_owner = $1, lease_until = $2, rev = rev + 1 WHERE "
                   "workspace_id = $3 AND id = $4",
                   {owner_, now.us + options_.lease_ms * 1000, token.workspace, token.id}));
    token.rev += 1;
    calls.push_back(token);
    return {};
  }
  const Node* node = run.definition->find(token.node_id);
  if (decided.kind == Step::Kind::kForEach) return for_each_page(tx, batch, run, token, *node, now);
  if (decided.kind == Step::Kind::kArrive) return arrive(tx, batch, run, token, *node, now);
  return apply(tx, batch, run, token, decided, now);
}

Result<void> Engine::apply(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Step& decided, Instant now) {
  TRY(batch.log(run, token, decided.log_kind, Json::object(), decided.reason, now));
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
  // Only what a join needs travels on; a node's own memory ends with it.
  Json data = parse_json(token.data).value_or(Json::object());
  Json kept = data.contains("groups") ? Json{{"groups", data["groups"]}} : Json::object();
  TRY(
      tx.execute("UPDATE token SET node_id = $1, state = 'ready', due_at = $2, data = $3, attempt = 0, visit = 0, rev "
                 "= rev + 1 WHERE workspace_id = $4 AND id = $5",
                 {decided.next, now.us, to_text(kept), token.workspace, token.id}));
  return {};
}

Result<void> Engine::for_each_page(Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now) {
  Json data = TRY(parse_json(token.data));
  std::string cursor = data.value("cursor", "");
  storage::AudienceRef audience{node.list_id, node.segment_id};
  auto page = TRY(profiles_.page(tx, token.workspace, audience, cursor, node.batch));
  bool last = static_cast<int>(page.size()) < node.batch;
  int64_t refused = 0;
  if (!page.empty()) {
    ToolCall call{.name = node.tool,
                  .arguments = {{"run_id", run.id}, {"node", node.id}, {"after", cursor}, {"recipients", page.size()}},
                  .principal = principal_of(run.principal, token.workspace),
                  .approval = run.approval_id,
                  .trace_id = run.trace_id};
    TRY(tools_.admit(tx, call));
    bool transactional = node.payload->value("transactional", false);
    auto refusals = TRY(guard_.refusals(tx, token.workspace, node.channel, transactional, page));
    std::vector<events::Intent> intents;
    std::string payload = to_text(*node.payload);
    for (size_t i = 0; i < page.size(); ++i) {
      refused += refusals[i].empty() ? 0 : 1;
      intents.push_back({.idem = run.id + ":" + node.id + ":" + page[i].contact_id,
                         .run_id = run.id,
                         .token_id = token.id,
                         .node_id = node.id,
                         .campaign_id = node.campaign,
                         .contact_id = page[i].contact_id,
                         .channel = node.channel,
                         .connection_id = node.connection,
                         .address = page[i].address,
                         .payload = payload,
                         .skip_reason = refusals[i]});
    }
    TRY(events::enqueue(tx, token.workspace, intents, now, ids_));
    cursor = page.back().contact_id;
  }
  data["cursor"] = cursor;
  TRY(batch.log(run, token, last ? "last_page" : "page", {{"recipients", page.size()}, {"refused", refused}}, "", now));
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
  if (!loaded.ok())
    return end_run(tx, token.workspace, token.run_id, "failed", std::string(first_code_points(error.text(), 500)), now);
  LoadedRun& run = **loaded;
  Step failed{.kind = Step::Kind::kFail, .reason = error.text(), .log_kind = "failed"};
  return apply(tx, batch, run, token, failed, now);
}

struct Engine::PreparedCall {
  ToolCall call;
  std::shared_ptr<const Definition> definition;
  std::optional<Error> refused;  // the arguments cannot be made
};

// While it lives, no other engine takes the claim, however long the call lasts. Its pulse is real time, as the call is.
class Engine::LeaseKeeper {
 public:
  LeaseKeeper(Engine& engine, const Token& claimed) {
    if (engine.options_.exclusive) return;
    pulse_.emplace(engine.options_.lease_ms / 4, [&engine, claimed] {
      auto ours = engine.storage_.write(Scope::system(), [&](Tx& tx) { return engine.renew_lease(tx, claimed); });
      return !ours.ok() || *ours;
    });
  }

 private:
  std::optional<Pulse> pulse_;
};

Result<bool> Engine::renew_lease(Tx& tx, const Token& claimed) {
  int64_t ours =
      TRY(tx.execute("UPDATE token SET lease_until = $1 WHERE workspace_id = $2 AND id = $3 AND state = 'executing' "
                     "AND lease_owner = $4 AND rev = $5",
                     {clock_.now().us + options_.lease_ms * 1000, claimed.workspace, claimed.id, owner_, claimed.rev}));
  return ours == 1;
}

Result<std::optional<Engine::PreparedCall>> Engine::prepare_call(const Token& claimed) {
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<std::optional<PreparedCall>> {
    // Its run may have ended, and calls before it may have outlasted its lease.
    if (!TRY(renew_lease(tx, claimed))) return std::optional<PreparedCall>();
    auto row =
        TRY(tx.query_one("SELECT workflow_id, version, principal, approval_id, context, trace_id FROM run WHERE "
                         "workspace_id = $1 AND id = $2",
                         {claimed.workspace, claimed.run_id}));
    if (!row) return not_found("there is no run " + claimed.run_id);
    PreparedCall made;
    made.definition = TRY(definition_of(tx, claimed.workspace, (*row)[0].text(), (*row)[1].integer()));
    const Node* node = made.definition->find(claimed.node_id);
    Json context = TRY(parse_json((*row)[4].text()));
    made.call.name = node->tool;
    auto args = resolve_references(*node->args, context.value("results", Json::object()));
    if (args.ok()) made.call.arguments = *args;
    else made.refused = args.error();
    made.call.principal = principal_of((*row)[2].text(), claimed.workspace);
    made.call.approval = (*row)[3].text_or("");
    made.call.trace_id = (*row)[5].text();
    made.call.idempotency_key = claimed.run_id + ":" + claimed.node_id;
    return std::optional<PreparedCall>(std::move(made));
  });
}

Result<void> Engine::run_call(const Token& claimed) {
  auto prepared = TRY(prepare_call(claimed));
  if (!prepared) return {};
  LeaseKeeper keeper(*this, claimed);
  Result<Json> answer = prepared->refused ? Result<Json>(*prepared->refused) : tools_.call(prepared->call);
  return record_answer(claimed, *prepared->definition, answer);
}

Result<void> Engine::record_answer(const Token& claimed, const Definition& definition, const Result<Json>& answer) {
  Instant now = clock_.now();
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    // The run first: whoever holds it may be ending it.
    Batch batch(*this, tx);
    LoadedRun& run = *TRY(batch.run(claimed.workspace, claimed.run_id));
    // Whoever took this step over in the meantime has the word: the same idempotency key gave it the same answer.
    auto row = TRY(tx.query_one("SELECT " + std::string(kTokenColumns) +
                                    " FROM token t WHERE t.workspace_id = $1 AND t.id = $2 AND t.state = 'executing' "
                                    "AND t.lease_owner = $3 AND t.rev = $4",
                                {claimed.workspace, claimed.id, owner_, claimed.rev}));
    if (!row) return {};
    Token token = token_of(*row);
    if (answer.ok()) {
      Json results = run.context.value("results", Json::object());
      results[token.node_id] = *answer;
      run.context["results"] = results;
    }
    TRY(apply(tx, batch, run, token, after_call(definition, token, answer, now, rng_), now));
    return batch.finish(now);
  });
}

Result<void> Engine::release_unrecorded() {
  if (unrecorded_.empty()) return {};
  Instant now = clock_.now();
  TRY(storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& token : unrecorded_) {
      int64_t wait_us = kSecond_us << std::min(token.attempt, kRecordAgainMax);
      TRY(
          tx.execute("UPDATE token SET state = 'ready', due_at = $1, attempt = attempt + 1, rev = rev + 1 WHERE "
                     "workspace_id = $2 AND id = $3 AND state = 'executing' AND lease_owner = $4 AND rev = $5",
                     {now.us + wait_us, token.workspace, token.id, owner_, token.rev}));
    }
    return {};
  }));
  unrecorded_.clear();
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
      if (!TRY(is_drained(tx, workspace, run_id, row[1].text()))) continue;
      Json data = TRY(parse_json(row[2].text()));
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
