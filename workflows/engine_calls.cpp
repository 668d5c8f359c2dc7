// Calling a node's tool: under a lease, outside of any transaction, its answer written down by whoever still holds it.
#include <nlohmann/json.hpp>

#include "core/pulse.hpp"
#include "workflows/engine_parts.hpp"

namespace spreaders::workflows {

using storage::Scope;
using storage::Tx;

namespace {
// Doublings of the wait before a step that could not be written down is taken again.
constexpr int64_t kRecordAgainMax = 8;
}  // namespace

struct Engine::PreparedCall {
  ToolCall call;
  std::shared_ptr<const Definition> definition;
  std::optional<Error> refused;  // the arguments cannot be made
  int64_t timeout_ms = 0;
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
        TRY(tx.query_one("SELECT workflow_id, version, principal, approval_id, context, trace_id, subject, entry_key, "
                         "campaign_id FROM run WHERE "
                         "workspace_id = $1 AND id = $2",
                         {claimed.workspace, claimed.run_id}));
    if (!row) return not_found("there is no run " + claimed.run_id);
    PreparedCall made;
    made.definition = TRY(definition_of(tx, claimed.workspace, (*row)[0].text(), (*row)[1].integer()));
    const Node* node = made.definition->find(claimed.node_id);
    Json context = TRY(parse_json((*row)[4].text()));
    made.call.name = node->tool;
    made.timeout_ms = node->timeout_us / 1000;
    auto args = resolve_references(
        *node->args, context.value("results", Json::object()),
        run_values(claimed.run_id, (*row)[6].text(), (*row)[7].text(), (*row)[8].text_or(""), context));
    if (args.ok()) made.call.arguments = *args;
    else made.refused = args.error();
    made.call.principal = principal_of((*row)[2].text(), claimed.workspace);
    made.call.approval = (*row)[3].text_or("");
    made.call.trace_id = (*row)[5].text();
    made.call.idempotency_key = claimed.run_id + ":" + claimed.node_id + round_of(TRY(parse_json(claimed.data)));
    return std::optional<PreparedCall>(std::move(made));
  });
}

Result<void> Engine::run_call(const Token& claimed) {
  auto prepared = TRY(prepare_call(claimed));
  if (!prepared) return {};
  LeaseKeeper keeper(*this, claimed);
  std::stop_source stop;
  std::optional<Pulse> limit;
  if (prepared->timeout_ms != 0) {
    prepared->call.stop = stop.get_token();
    limit.emplace(prepared->timeout_ms, [&stop] { return stop.request_stop(), false; });
  }
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
    if (answer.ok()) run.keep_result(token.node_id, *answer);
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

}  // namespace spreaders::workflows
