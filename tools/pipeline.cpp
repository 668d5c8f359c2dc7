#include "tools/pipeline.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/stopwatch.hpp"
#include "core/trace.hpp"

namespace spreaders::tools {

using storage::Scope;
using storage::Tx;

namespace {

constexpr size_t kKeyMax = 255;  // characters of an idempotency key

}  // namespace

struct Pipeline::Call {
  const ToolCall& in;
  std::string trace_id = {};
  int64_t start_us = 0;
  const Entry* entry = nullptr;
  const ToolSpec* spec = nullptr;
  Slots slots = {};
  ErasedArgs args = nullptr;
  Effect effect = Effect::kDestroy;
  std::string arguments_hash = {};
  std::string approval_id = {};
  bool limited = false;
  bool repeated = false;
  std::optional<ApprovalSubject> missing_approval = {};
  [[nodiscard]] const std::string& workspace() const { return in.principal.workspace; }
  [[nodiscard]] int64_t took_us() const { return monotonic_us() - start_us; }
  [[nodiscard]] bool has_key() const { return !in.idempotency_key.empty() && spec->effect != Effect::kRead; }
};

Pipeline::Pipeline(storage::Storage& storage, Clock& clock, Ids& ids, const Parts& parts, ServiceRegistry& registry,
                   std::vector<const ToolSpec*> tools, PipelineOptions options)
    : storage_(storage),
      clock_(clock),
      ids_(ids),
      parts_(parts),
      options_(options),
      registry_(registry),
      metrics_(registry.list(), tools) {
  auto services = registry.list();
  for (size_t i = 0; i < tools.size(); ++i) {
    const auto* spec = tools[i];
    const auto* service = registry.find(family_of(spec->name.value));
    CHECK(service != nullptr, "a tool belongs to no service");
    auto place = static_cast<size_t>(std::find(services.begin(), services.end(), service) - services.begin());
    Entry entry{spec, service, i, place};
    bool added =
        by_name_.emplace(spec->name.value, entry).second && by_name_.emplace(wire_name(spec->name.value), entry).second;
    CHECK(added, "two tools share a name");
    if (!spec->scopes.list()[0].starts_with("approvals:decide")) listed_.push_back(spec);
  }
}

Pipeline::~Pipeline() = default;

const ToolSpec* Pipeline::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.spec;
}

namespace {

// The engine, and a person in the terminal of this very process, who watches what it does: no other door has that name.
bool is_unlimited(const Principal& principal) {
  return principal.kind == Principal::Kind::kSystem ||
         (principal.kind == Principal::Kind::kPerson && principal.door == "chat");
}

}  // namespace

// Both limits of the call, held until it ends.
Result<void> Pipeline::take_slots(Call& call) {
  if (is_unlimited(call.in.principal)) return {};
  auto admitted = registry_.admit(call.in.principal, *call.entry->service, call.entry->spec->name.value);
  if (auto* refusal = std::get_if<Refusal>(&admitted)) {
    call.limited = true;
    metrics_.limited(call.entry->service_index, refusal->limit);
    return std::move(refusal->error);
  }
  call.slots = std::move(std::get<Slots>(admitted));
  return {};
}

ToolContext Pipeline::context_for(Call& call, Tx* tx) {
  return {.principal = call.in.principal,
          .clock = clock_,
          .ids = ids_,
          .parts = parts_,
          .tools = *this,
          .transaction = tx,
          .stop = call.in.stop,
          .trace_id = call.trace_id,
          .idempotency_key = call.in.idempotency_key,
          .approval = call.approval_id,
          .on_progress = call.in.on_progress};
}

AuditEntry Pipeline::audit_entry(const Call& call, std::string_view outcome) const {
  std::string tool =
      call.spec != nullptr ? std::string(call.spec->name.value) : std::string(first_code_points(call.in.name, 64));
  return {clock_.now(),
          call.workspace(),
          call.in.principal.id,
          call.in.principal.door,
          tool,
          std::string(enum_name(call.effect)),
          std::string(outcome),
          call.arguments_hash,
          call.approval_id,
          call.trace_id,
          call.took_us()};
}

void Pipeline::audit_refusal(const Call& call, const Error& error) {
  if (call.workspace().empty()) {
    log_warn("call refused",
             {{"tool", call.in.name}, {"code", code_name(error.code)}, {"door", call.in.principal.door}});
    return;
  }
  AuditEntry entry = audit_entry(call, code_name(error.code));
  bool read = call.spec != nullptr && call.effect == Effect::kRead;
  // Who calls too often must not make the database work for it.
  if (read || call.limited) return audit_later(std::move(entry));
  auto stored = storage_.write(Scope::of(call.workspace()), [&](Tx& tx) { return append_audit(tx, entry); });
  if (!stored.ok())
    log_error("a refusal could not be audited", {{"tool", call.in.name}, {"error", stored.error().message}});
}

// Written within flush_ms.
void Pipeline::audit_later(AuditEntry entry) {
  std::lock_guard lock(audit_mutex_);
  audit_queue_.push_back(std::move(entry));
  audit_waiting_.store(audit_queue_.size(), std::memory_order_relaxed);
}

void Pipeline::count(const Call& call, const Result<Json>& answer) {
  auto outcome = answer.ok() ? std::optional<Code>() : std::optional<Code>(answer.error().code);
  int64_t us = call.took_us();
  if (call.entry == nullptr) metrics_.unknown_tool();
  else metrics_.end(call.entry->tool_index, call.entry->service_index, {outcome, us});
  if (log_level() > LogLevel::kInfo) return;
  const auto& who = call.in.principal;
  std::string tool =
      call.spec != nullptr ? std::string(call.spec->name.value) : std::string(first_code_points(call.in.name, 64));
  log_info("call", {{"tool", tool},
                    {"principal", who.id},
                    {"workspace", who.workspace},
                    {"door", who.door},
                    {"arguments", call.arguments_hash},
                    {"outcome", outcome ? code_name(*outcome) : std::string_view("ok")},
                    {"us", us},
                    {"trace", call.trace_id}});
}

Result<Json> Pipeline::call(const ToolCall& in) {
  Call call{.in = in, .trace_id = is_trace_id(in.trace_id) ? in.trace_id : new_trace_id(), .start_us = monotonic_us()};
  // Without an audit nothing runs, and what waits to be written there has an end. Not flushed here: this may be a call
  // inside the transaction of another.
  if (audit_waiting_.load(std::memory_order_relaxed) >= options_.audit_queue_max) {
    return Error{Code::kUnavailable, "the audit is behind; try again in a moment", "", options_.flush_ms};
  }
  auto answer = run(call);
  if (!answer.ok() && call.missing_approval) answer = ask_for_approval(call, *call.missing_approval);
  count(call, answer);
  if (!answer.ok()) {
    if (answer.error().code == Code::kInternal) {
      log_error("a tool failed", {{"tool", in.name},
                                  {"error", answer.error().message},
                                  {"detail", answer.error().detail},
                                  {"trace", call.trace_id}});
    }
    audit_refusal(call, answer.error());
  }
  return answer;
}

Result<Json> Pipeline::run(Call& call) {
  const ToolCall& in = call.in;
  auto found = by_name_.find(in.name);
  if (found == by_name_.end())
    return not_found("there is no tool '" + std::string(first_code_points(in.name, 64)) +
                     "'; tools/list shows those that exist");
  call.entry = &found->second;
  call.spec = call.entry->spec;
  metrics_.begin(call.entry->service_index);
  call.effect = call.spec->effect;
  if (in.principal.workspace.empty() || in.principal.id.empty())
    return Error{Code::kUnauthenticated, "sign in or send an API key first"};
  for (auto scope : call.spec->scopes.list()) {
    if (!in.principal.may(scope))
      return Error{Code::kPermissionDenied, "this needs the scope " + std::string(scope) + ", which you do not hold"};
  }
  TRY(take_slots(call));
  if (in.idempotency_key.size() > kKeyMax)
    return issues_error("The call", {{"idempotency_key", "has at most 255 characters"}});
  call.args = TRY(call.spec->body.decode(in.arguments));
  call.arguments_hash = json_hash(in.arguments);
  if (call.spec->effect_of != nullptr) call.effect = std::min(call.spec->effect, call.spec->effect_of(call.args.get()));
  return call.spec->run == Run::kTransaction ? run_in_transaction(call) : run_free(call);
}

Result<std::optional<Json>> Pipeline::stored_answer(Tx& tx, const Call& call) {
  auto row =
      TRY(tx.query_one("SELECT arguments_hash, state, answer FROM idempotency WHERE workspace_id = $1 AND tool = $2 "
                       "AND key = $3 AND expires_at > $4",
                       {call.workspace(), call.spec->name.value, call.in.idempotency_key, clock_.now().us}));
  if (!row) return std::optional<Json>();
  if ((*row)[0].text() != call.arguments_hash)
    return conflict("this idempotency key was used with other arguments; use a new key for a new call");
  if ((*row)[1].text() == "done") return std::optional<Json>(TRY(parse_json((*row)[2].text())));
  if (call.spec->repeat == Repeat::kSafe) return std::optional<Json>();
  return Error{Code::kOutcomeUnknown,
               "an earlier call with this key has not answered: it is still running or was cut off; look at the result "
               "before you call again with a new key"};
}

// An approval that was used in time covers its run to the end, unless it is revoked.
bool Pipeline::covers(const services::Approval& approval, Effect effect) {
  bool fine = approval.state == "approved" ||
              (approval.state == "expired" && approval.decided_at && !approval.decided_by.empty());
  return fine && approval.risk >= risk_class(effect);
}

// Whether the call is a step of a workflow of which a person approved exactly this version: they have read the tool and
// its arguments. A tool whose approval is of more than its arguments (a campaign's content) is approved by itself.
Result<bool> Pipeline::is_approved_step(Tx& tx, const Call& call) {
  bool step = call.in.principal.kind == Principal::Kind::kSystem && !call.in.approval.empty();
  bool plain = !call.spec->always_approve && call.spec->approval_of == nullptr && call.effect <= Effect::kPublish;
  if (!step || !plain) return false;
  auto approval = TRY(services::get_approval(tx, call.workspace(), call.in.approval, clock_.now()));
  return approval.subject.kind == "workflow" && covers(approval, call.effect);
}

Result<void> Pipeline::check_policy(Tx& tx, Call& call) {
  bool needed = call.spec->always_approve || call.effect >= Effect::kPublish;
  if (!needed) return {};
  if (TRY(is_approved_step(tx, call))) {
    call.approval_id = call.in.approval;
    return {};
  }
  ApprovalSubject subject{"call", std::string(call.spec->name.value),
                          json_hash({{"tool", call.spec->name.value}, {"arguments", call.in.arguments}}), ""};
  if (call.spec->approval_of != nullptr) {
    ToolContext context = context_for(call, &tx);
    subject = TRY(call.spec->approval_of(context, call.args.get()));
    if (subject.kind.empty() && call.effect < Effect::kPublish) return {};  // not with these arguments
  } else {
    subject.summary =
        std::string(call.spec->title.value) + "\n" +
        std::string(first_code_points(call.in.arguments.dump(2, ' ', false, Json::error_handler_t::replace), 3000));
  }
  Effect effect = std::max(call.effect, Effect::kPublish);
  auto approved = TRY(services::find_approved(tx, call.workspace(), subject, effect, clock_.now()));
  if (approved) {
    call.approval_id = approved->id;
    return {};
  }
  call.effect = effect;
  call.missing_approval = subject;
  return Error{Code::kApprovalRequired, "a person has to approve this first"};
}

Error Pipeline::ask_for_approval(Call& call, const ApprovalSubject& subject) {
  auto asked = storage_.write(Scope::of(call.workspace()), [&](Tx& tx) {
    return services::request_approval(tx, call.workspace(), subject, call.effect, call.in.principal.id, clock_.now(),
                                      ids_);
  });
  if (!asked.ok()) return asked.error();
  call.approval_id = asked->id;
  if (approval_requested_) approval_requested_(call.workspace(), *asked);
  Error error{Code::kApprovalRequired,
              "A person has to approve this first. Nothing has happened yet. They run `spreaders approve " + asked->id +
                  "` in a terminal on the server, or open its approval page; then call again with the same arguments."};
  error.issues.push_back({"approval_id", asked->id});
  return error;
}

Result<void> Pipeline::store_answer(Tx& tx, const Call& call, const Json& answer) {
  Instant now = clock_.now();
  TRY(tx.execute(
      "INSERT INTO idempotency (workspace_id, tool, key, arguments_hash, state, answer, created_at, expires_at) VALUES "
      "($1, $2, $3, $4, 'done', $5, $6, $7) "
      "ON CONFLICT (workspace_id, tool, key) DO UPDATE SET state = 'done', answer = excluded.answer, arguments_hash = "
      "excluded.arguments_hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
      {call.workspace(), call.spec->name.value, call.in.idempotency_key, call.arguments_hash, to_text(answer), now.us,
       now.us + options_.key_life_us}));
  return {};
}

Result<Json> Pipeline::run_in_transaction(Call& call) {
  auto body = [&](Tx& tx) -> Result<Json> {
    call.missing_approval.reset();
    call.repeated = false;
    if (call.has_key()) {
      auto stored = TRY(stored_answer(tx, call));
      if (stored) {
        call.repeated = true;
        if (call.effect != Effect::kRead) TRY(append_audit(tx, audit_entry(call, "repeated")));
        return std::move(*stored);
      }
    }
    TRY(check_policy(tx, call));
    ToolContext context = context_for(call, &tx);
    Json answer = TRY(call.spec->body.run(context, call.args.get()));
    if (call.has_key()) TRY(store_answer(tx, call, answer));
    if (call.effect != Effect::kRead) TRY(append_audit(tx, audit_entry(call, "ok")));
    return answer;
  };
  bool writes = call.spec->effect != Effect::kRead;
  auto answer =
      writes ? storage_.write(Scope::of(call.workspace()), body) : storage_.read(Scope::of(call.workspace()), body);
  if (answer.ok() && call.effect == Effect::kRead) {
    audit_later(audit_entry(call, "ok"));
  }
  return answer;
}

Result<Json> Pipeline::run_free(Call& call) {
  // The look-up, the policy and the reservation are one transaction; the handler runs outside, since it may take long.
  auto stored = TRY(storage_.write(Scope::of(call.workspace()), [&](Tx& tx) -> Result<std::optional<Json>> {
    call.missing_approval.reset();
    if (call.has_key()) {
      auto found = TRY(stored_answer(tx, call));
      if (found) {
        TRY(append_audit(tx, audit_entry(call, "repeated")));
        return found;
      }
    }
    TRY(check_policy(tx, call));
    if (call.has_key()) {
      Instant now = clock_.now();
      TRY(
          tx.execute("INSERT INTO idempotency (workspace_id, tool, key, arguments_hash, state, created_at, expires_at) "
                     "VALUES ($1, $2, $3, $4, 'running', $5, $6) "
                     "ON CONFLICT (workspace_id, tool, key) DO UPDATE SET state = 'running', arguments_hash = "
                     "excluded.arguments_hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
                     {call.workspace(), call.spec->name.value, call.in.idempotency_key, call.arguments_hash, now.us,
                      now.us + options_.key_life_us}));
    }
    return std::optional<Json>();
  }));
  if (stored) return std::move(*stored);
  ToolContext context = context_for(call, nullptr);
  auto answer = call.spec->body.run(context, call.args.get());
  auto settle = [&](Tx& tx) -> Result<void> {
    if (call.has_key()) {
      bool unclear = !answer.ok() && answer.error().code == Code::kOutcomeUnknown;
      if (answer.ok()) TRY(store_answer(tx, call, *answer));
      // A call that failed for sure may be tried again with the same key.
      else if (!unclear)
        TRY(tx.execute(
            "DELETE FROM idempotency WHERE workspace_id = $1 AND tool = $2 AND key = $3 AND state = 'running'",
            {call.workspace(), call.spec->name.value, call.in.idempotency_key}));
    }
    if (answer.ok()) TRY(append_audit(tx, audit_entry(call, "ok")));
    return {};
  };
  TRY(storage_.write(Scope::of(call.workspace()), settle));
  return answer;
}

Result<void> Pipeline::admit(Tx& tx, const ToolCall& in) {
  Call call{.in = in, .trace_id = is_trace_id(in.trace_id) ? in.trace_id : new_trace_id(), .start_us = monotonic_us()};
  call.spec = find(in.name);
  if (call.spec == nullptr) return not_found("there is no tool '" + in.name + "'");
  call.effect = call.spec->effect;
  call.arguments_hash = json_hash(in.arguments);
  call.approval_id = in.approval;
  for (auto scope : call.spec->scopes.list()) {
    if (!in.principal.may(scope))
      return Error{Code::kPermissionDenied, "this step needs the scope " + std::string(scope)};
  }
  if (call.effect >= Effect::kPublish) {
    if (in.approval.empty()) return Error{Code::kApprovalRequired, "this step was never approved"};
    auto approval = TRY(services::get_approval(tx, in.principal.workspace, in.approval, clock_.now()));
    if (!covers(approval, call.effect))
      return Error{Code::kApprovalRequired, "the approval " + in.approval + " does not cover this step any more"};
  }
  return append_audit(tx, audit_entry(call, "ok"));
}

Result<void> Pipeline::flush_audit() {
  std::vector<AuditEntry> entries;
  {
    std::lock_guard lock(audit_mutex_);
    entries.swap(audit_queue_);
    audit_waiting_ = 0;
  }
  if (entries.empty()) return {};
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& entry : entries) TRY(append_audit(tx, entry));
    return {};
  });
}

Result<int64_t> Pipeline::forget_old_keys() {
  return storage_.write(Scope::system(), [&](Tx& tx) {
    return tx.execute("DELETE FROM idempotency WHERE expires_at <= $1", {clock_.now().us});
  });
}

}  // namespace spreaders::tools
