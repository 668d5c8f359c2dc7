#include "tools/pipeline.hpp"

#include <nlohmann/json.hpp>

#include <array>

#include "core/bytes.hpp"
#include "core/log.hpp"

namespace spreaders::tools {

using storage::Scope;
using storage::Tx;

namespace {

constexpr size_t kKeyMax = 255;          // characters of an idempotency key
constexpr size_t kBucketsMax = 100'000;  // principals remembered by the rate limit
constexpr std::array<double, 8> kSecondsBounds = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};

int64_t since_us(int64_t start_ms) { return (monotonic_ms() - start_ms) * 1000; }

}  // namespace

struct Pipeline::Metric {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> errors{0};
  std::atomic<int64_t> total_us{0};
  std::array<std::atomic<int64_t>, kSecondsBounds.size()> buckets{};

  void add(int64_t us, bool failed) {
    ++calls;
    errors += failed ? 1 : 0;
    total_us += us;
    for (size_t i = 0; i < kSecondsBounds.size(); ++i) {
      if (static_cast<double>(us) <= kSecondsBounds[i] * 1e6) ++buckets[i];
    }
  }
};

struct Pipeline::Call {
  const ToolCall& in;
  const ToolSpec* spec = nullptr;
  ErasedArgs args = nullptr;
  Effect effect = Effect::kDestroy;
  std::string arguments_hash = {};
  std::string approval_id = {};
  int64_t start_ms = 0;
  bool repeated = false;
  std::optional<ApprovalSubject> missing_approval = {};
  [[nodiscard]] const std::string& workspace() const { return in.principal.workspace; }
  [[nodiscard]] bool has_key() const { return !in.idempotency_key.empty() && spec->effect != Effect::kRead; }
};

Pipeline::Pipeline(storage::Storage& storage, Clock& clock, Ids& ids, const Parts& parts, std::vector<const ToolSpec*> tools, PipelineOptions options)
    : storage_(storage), clock_(clock), ids_(ids), parts_(parts), options_(options) {
  for (const auto* spec : tools) {
    bool added = by_name_.emplace(spec->name.value, spec).second && by_name_.emplace(wire_name(spec->name.value), spec).second;
    CHECK(added, "two tools share a name");
    metrics_.emplace(spec->name.value, std::make_unique<Metric>());
    if (!spec->scopes.list()[0].starts_with("approvals:decide")) listed_.push_back(spec);
  }
}

Pipeline::~Pipeline() = default;

const ToolSpec* Pipeline::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

bool Pipeline::take_token(const std::string& principal) {
  std::lock_guard lock(buckets_mutex_);
  if (buckets_.size() > kBucketsMax) buckets_.clear();
  auto [entry, added] = buckets_.try_emplace(principal, Bucket{options_.burst, monotonic_ms()});
  Bucket& bucket = entry->second;
  int64_t now_ms = monotonic_ms();
  bucket.tokens = std::min(options_.burst, bucket.tokens + static_cast<double>(now_ms - bucket.at_ms) / 1000 * options_.calls_per_second);
  bucket.at_ms = now_ms;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

ToolContext Pipeline::context_for(Call& call, Tx* tx) {
  return {.principal = call.in.principal, .clock = clock_, .ids = ids_, .parts = parts_, .tools = *this, .transaction = tx, .stop = call.in.stop, .trace_id = call.in.trace_id,
          .idempotency_key = call.in.idempotency_key, .approval = call.approval_id, .on_progress = call.in.on_progress};
}

AuditEntry Pipeline::audit_entry(const Call& call, std::string_view outcome) const {
  std::string tool = call.spec != nullptr ? std::string(call.spec->name.value) : std::string(first_code_points(call.in.name, 64));
  return {clock_.now(), call.workspace(), call.in.principal.id, call.in.principal.door, tool, std::string(enum_name(call.effect)), std::string(outcome), call.arguments_hash, call.approval_id,
          std::string(first_code_points(call.in.trace_id, 64)), since_us(call.start_ms)};
}

void Pipeline::audit_refusal(const Call& call, const Error& error) {
  if (call.workspace().empty()) {
    log_warn("call refused", {{"tool", call.in.name}, {"code", code_name(error.code)}, {"door", call.in.principal.door}});
    return;
  }
  AuditEntry entry = audit_entry(call, code_name(error.code));
  bool read = call.spec != nullptr && call.effect == Effect::kRead;
  if (read) {
    std::lock_guard lock(audit_mutex_);
    audit_queue_.push_back(std::move(entry));
    return;
  }
  auto stored = storage_.write(Scope::of(call.workspace()), [&](Tx& tx) { return append_audit(tx, entry); });
  if (!stored.ok()) log_error("a refusal could not be audited", {{"tool", call.in.name}, {"error", stored.error().message}});
}

Result<Json> Pipeline::call(const ToolCall& in) {
  Call call{.in = in};
  call.start_ms = monotonic_ms();
  auto answer = run(call);
  if (!answer.ok() && call.missing_approval) answer = ask_for_approval(call, *call.missing_approval);
  if (call.spec != nullptr) metrics_.find(call.spec->name.value)->second->add(since_us(call.start_ms), !answer.ok());
  if (!answer.ok()) {
    if (answer.error().code == Code::kInternal) log_error("a tool failed", {{"tool", in.name}, {"error", answer.error().message}, {"detail", answer.error().detail}});
    audit_refusal(call, answer.error());
  }
  return answer;
}

Result<Json> Pipeline::run(Call& call) {
  const ToolCall& in = call.in;
  call.spec = find(in.name);
  if (call.spec == nullptr) return not_found("there is no tool '" + std::string(first_code_points(in.name, 64)) + "'; tools/list shows those that exist");
  call.effect = call.spec->effect;
  if (in.principal.workspace.empty() || in.principal.id.empty()) return Error{Code::kUnauthenticated, "sign in or send an API key first"};
  for (auto scope : call.spec->scopes.list()) {
    if (!in.principal.may(scope)) return Error{Code::kPermissionDenied, "this needs the scope " + std::string(scope) + ", which you do not hold"};
  }
  if (in.principal.kind != Principal::Kind::kSystem && !take_token(in.principal.workspace + "/" + in.principal.id)) {
    return Error{Code::kRateLimited, "too many calls; at most " + std::to_string(static_cast<int>(options_.calls_per_second)) + " a second", "", 1000};
  }
  if (in.idempotency_key.size() > kKeyMax) return issues_error("The call", {{"idempotency_key", "has at most 255 characters"}});
  call.args = TRY(call.spec->body.decode(in.arguments));
  call.arguments_hash = json_hash(in.arguments);
  if (call.spec->effect_of != nullptr) call.effect = std::min(call.spec->effect, call.spec->effect_of(call.args.get()));
  return call.spec->run == Run::kTransaction ? run_in_transaction(call) : run_free(call);
}

Result<std::optional<Json>> Pipeline::stored_answer(Tx& tx, const Call& call) {
  auto row = TRY(tx.query_one("SELECT arguments_hash, state, answer FROM idempotency WHERE workspace_id = $1 AND tool = $2 AND key = $3 AND expires_at > $4",
                              {call.workspace(), call.spec->name.value, call.in.idempotency_key, clock_.now().us}));
  if (!row) return std::optional<Json>();
  if ((*row)[0].text() != call.arguments_hash) return conflict("this idempotency key was used with other arguments; use a new key for a new call");
  if ((*row)[1].text() == "done") return std::optional<Json>(TRY(parse_json((*row)[2].text())));
  if (call.spec->repeat == Repeat::kSafe) return std::optional<Json>();
  return Error{Code::kOutcomeUnknown, "an earlier call with this key has not answered: it is still running or was cut off; look at the result before you call again with a new key"};
}

Result<void> Pipeline::check_policy(Tx& tx, Call& call) {
  bool needed = call.spec->always_approve || call.effect >= Effect::kPublish;
  if (!needed) return {};
  ApprovalSubject subject{"call", std::string(call.spec->name.value), json_hash({{"tool", call.spec->name.value}, {"arguments", call.in.arguments}}), ""};
  if (call.spec->approval_of != nullptr) {
    ToolContext context = context_for(call, &tx);
    subject = TRY(call.spec->approval_of(context, call.args.get()));
  } else {
    subject.summary = std::string(call.spec->title.value) + "\n" + std::string(first_code_points(call.in.arguments.dump(2, ' ', false, Json::error_handler_t::replace), 3000));
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
    return services::request_approval(tx, call.workspace(), subject, call.effect, call.in.principal.id, clock_.now(), ids_);
  });
  if (!asked.ok()) return asked.error();
  call.approval_id = asked->id;
  if (approval_requested_) approval_requested_(call.workspace(), *asked);
  Error error{Code::kApprovalRequired, "A person has to approve this first. Nothing has happened yet. They run `spreaders approve " + asked->id +
                                           "` in a terminal on the server, or open its approval page; then call again with the same arguments."};
  error.issues.push_back({"approval_id", asked->id});
  return error;
}

Result<void> Pipeline::store_answer(Tx& tx, const Call& call, const Json& answer) {
  Instant now = clock_.now();
  TRY(tx.execute("INSERT INTO idempotency (workspace_id, tool, key, arguments_hash, state, answer, created_at, expires_at) VALUES ($1, $2, $3, $4, 'done', $5, $6, $7) "
                 "ON CONFLICT (workspace_id, tool, key) DO UPDATE SET state = 'done', answer = excluded.answer, arguments_hash = excluded.arguments_hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
                 {call.workspace(), call.spec->name.value, call.in.idempotency_key, call.arguments_hash, to_text(answer), now.us, now.us + options_.key_life_us}));
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
  auto answer = writes ? storage_.write(Scope::of(call.workspace()), body) : storage_.read(Scope::of(call.workspace()), body);
  if (answer.ok() && call.effect == Effect::kRead) {
    std::lock_guard lock(audit_mutex_);
    audit_queue_.push_back(audit_entry(call, "ok"));
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
      TRY(tx.execute("INSERT INTO idempotency (workspace_id, tool, key, arguments_hash, state, created_at, expires_at) VALUES ($1, $2, $3, $4, 'running', $5, $6) "
                     "ON CONFLICT (workspace_id, tool, key) DO UPDATE SET state = 'running', arguments_hash = excluded.arguments_hash, created_at = excluded.created_at, expires_at = excluded.expires_at",
                     {call.workspace(), call.spec->name.value, call.in.idempotency_key, call.arguments_hash, now.us, now.us + options_.key_life_us}));
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
      else if (!unclear) TRY(tx.execute("DELETE FROM idempotency WHERE workspace_id = $1 AND tool = $2 AND key = $3 AND state = 'running'", {call.workspace(), call.spec->name.value, call.in.idempotency_key}));
    }
    if (answer.ok()) TRY(append_audit(tx, audit_entry(call, "ok")));
    return {};
  };
  TRY(storage_.write(Scope::of(call.workspace()), settle));
  return answer;
}

Result<void> Pipeline::admit(Tx& tx, const ToolCall& in) {
  Call call{.in = in};
  call.start_ms = monotonic_ms();
  call.spec = find(in.name);
  if (call.spec == nullptr) return not_found("there is no tool '" + in.name + "'");
  call.effect = call.spec->effect;
  call.arguments_hash = json_hash(in.arguments);
  call.approval_id = in.approval;
  for (auto scope : call.spec->scopes.list()) {
    if (!in.principal.may(scope)) return Error{Code::kPermissionDenied, "this step needs the scope " + std::string(scope)};
  }
  if (call.effect >= Effect::kPublish) {
    if (in.approval.empty()) return Error{Code::kApprovalRequired, "this step was never approved"};
    auto approval = TRY(services::get_approval(tx, in.principal.workspace, in.approval, clock_.now()));
    // An approval that was used in time covers its run to the end, unless it is revoked.
    bool fine = approval.state == "approved" || (approval.state == "expired" && approval.decided_at && !approval.decided_by.empty());
    if (!fine || approval.risk < risk_class(call.effect)) return Error{Code::kApprovalRequired, "the approval " + in.approval + " does not cover this step any more"};
  }
  return append_audit(tx, audit_entry(call, "ok"));
}

Result<void> Pipeline::flush_audit() {
  std::vector<AuditEntry> entries;
  {
    std::lock_guard lock(audit_mutex_);
    entries.swap(audit_queue_);
  }
  if (entries.empty()) return {};
  return storage_.write(Scope::system(), [&](Tx& tx) -> Result<void> {
    for (const auto& entry : entries) TRY(append_audit(tx, entry));
    return {};
  });
}

Result<int64_t> Pipeline::forget_old_keys() {
  return storage_.write(Scope::system(), [&](Tx& tx) { return tx.execute("DELETE FROM idempotency WHERE expires_at <= $1", {clock_.now().us}); });
}

std::string Pipeline::metrics_text() const {
  std::string out =
      "# HELP spreaders_tool_seconds Time of tool calls.\n# TYPE spreaders_tool_seconds histogram\n";
  std::string errors = "# HELP spreaders_tool_errors_total Tool calls that failed.\n# TYPE spreaders_tool_errors_total counter\n";
  for (const auto& [name, metric] : metrics_) {
    if (metric->calls == 0) continue;
    std::string label = "{tool=\"" + name + "\"";
    for (size_t i = 0; i < kSecondsBounds.size(); ++i) {
      out += "spreaders_tool_seconds_bucket" + label + ",le=\"" + to_text(Json(kSecondsBounds[i])) + "\"} " + std::to_string(metric->buckets[i]) + "\n";
    }
    out += "spreaders_tool_seconds_bucket" + label + ",le=\"+Inf\"} " + std::to_string(metric->calls) + "\n";
    out += "spreaders_tool_seconds_sum" + label + "} " + to_text(Json(static_cast<double>(metric->total_us) / 1e6)) + "\n";
    out += "spreaders_tool_seconds_count" + label + "} " + std::to_string(metric->calls) + "\n";
    errors += "spreaders_tool_errors_total" + label + "} " + std::to_string(metric->errors) + "\n";
  }
  return out + errors;
}

}  // namespace spreaders::tools
