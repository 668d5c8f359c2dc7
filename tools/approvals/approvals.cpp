#include "services/approvals/approvals.hpp"

#include <nlohmann/json.hpp>

#include "tools/approvals/approval_tools.hpp"
#include "tools/health.hpp"
#include "workflows/asks.hpp"
#include "workflows/engine.hpp"

namespace spreaders::tools {

namespace {

struct ApprovalView {
  std::string approval_id, state, of, of_id, hash, risk, summary, requested_by;
  Instant requested_at, expires_at;
  std::optional<std::string> decided_by, decided_via;
  SPR_FIELDS(ApprovalView, SPR_FIELD(approval_id, "Id of the approval"),
             SPR_FIELD(state, "pending, approved, rejected, revoked or expired"),
             SPR_FIELD(of, "plan, campaign, workflow, step or call"), SPR_FIELD(of_id, "Id of what it is of"),
             SPR_FIELD(hash, "Hash of exactly what was shown"), SPR_FIELD(risk, "Highest risk class it covers"),
             SPR_FIELD(summary, "What the person reads"), SPR_FIELD(requested_by, "Who asked"),
             SPR_FIELD(requested_at, "When"), SPR_FIELD(expires_at, "When it runs out unused"),
             SPR_FIELD(decided_by, "Who decided"), SPR_FIELD(decided_via, "Where they decided"));
};

ApprovalView view_of(const services::Approval& a) {
  ApprovalView view{a.id,
                    a.state,
                    a.subject.kind,
                    a.subject.id,
                    a.subject.hash,
                    a.risk,
                    a.subject.summary,
                    a.requested_by,
                    a.requested_at,
                    a.expires_at,
                    {},
                    {}};
  if (!a.decided_by.empty()) view.decided_by = a.decided_by;
  if (!a.decided_via.empty()) view.decided_via = a.decided_via;
  return view;
}

struct ListArgs {
  std::string state;
  std::optional<std::string> of_id;
  int limit = 20;
  SPR_FIELDS(ListArgs,
             SPR_FIELD(state, "Only those in this state: pending, approved, rejected, revoked, expired", .max_size = 20,
                       .defaulted = true),
             SPR_FIELD(of_id, "Only those of this plan, campaign or tool", .max_size = 100),
             SPR_FIELD(limit, "How many", .min = 1, .max = 100, .defaulted = true));
};
struct Approvals {
  std::vector<ApprovalView> approvals;
  SPR_FIELDS(Approvals, SPR_FIELD(approvals, "Newest first"));
};
struct ById {
  std::string approval_id;
  SPR_FIELDS(ById, SPR_FIELD(approval_id, "Id of the approval", .format = Format::kIdentifier));
};
enum class Verdict : uint8_t { kApprove, kReject };
SPR_ENUM(Verdict, {Verdict::kApprove, "approve"}, {Verdict::kReject, "reject"});
struct DecideArgs {
  std::string approval_id, code;
  Verdict decision = Verdict::kReject;
  SPR_FIELDS(DecideArgs, SPR_FIELD(approval_id, "Id of the approval", .format = Format::kIdentifier),
             SPR_FIELD(decision, "What the person says"),
             SPR_FIELD(code, "The code from the server's terminal; needed to approve", .max_size = 20,
                       .defaulted = true));
};

Result<Approvals> list(ToolContext& context, const ListArgs& args) {
  Approvals all;
  for (const auto& a : TRY(services::list_approvals(
           context.tx(), context.workspace(), {args.state, args.of_id.value_or("")}, args.limit, context.clock.now())))
    all.approvals.push_back(view_of(a));
  return all;
}

Result<ApprovalView> get(ToolContext& context, const ById& args) {
  return view_of(TRY(services::get_approval(context.tx(), context.workspace(), args.approval_id, context.clock.now())));
}

Result<ApprovalView> decide(ToolContext& context, const DecideArgs& args) {
  auto& storage = context.part<storage::Storage>();
  auto scope = storage::Scope::of(context.workspace());
  services::Decision decision{args.approval_id, args.decision == Verdict::kApprove, args.code, context.principal.id,
                              context.principal.door};
  auto decided = storage.write(scope, [&](storage::Tx& tx) -> Result<services::Approval> {
    Instant now = context.clock.now();
    auto made = TRY(services::decide(tx, context.workspace(), decision, now));
    TRY(workflows::wake_for_decision(tx, context.workspace(), made.subject, now));
    if (auto* engine = context.parts.find<workflows::Engine>()) tx.after_commit([engine] { engine->wake(); });
    return made;
  });
  if (!decided.ok() && decided.error().code == Code::kPermissionDenied) {
    TRY(storage.write(
        scope, [&](storage::Tx& tx) { return services::count_wrong_code(tx, context.workspace(), args.approval_id); }));
  }
  if (!decided.ok()) return decided.error();
  return view_of(*decided);
}

const ToolSpec kList{
    .name = "approvals.list",
    .title = "List approvals",
    .description = "What waits for a person's approval, and what was decided. Only a person at the server can decide.",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:read"},
    .body = handler<&list>()};
const ToolSpec kGet{.name = "approvals.get",
                    .title = "Show an approval",
                    .description = "One approval: of what exactly, its state, who decided.",
                    .effect = Effect::kRead,
                    .repeat = Repeat::kSafe,
                    .scopes = {"campaigns:read"},
                    .body = handler<&get>()};
const ToolSpec kDecide{
    .name = "approvals.decide",
    .title = "Approve or reject",
    .description = "A person's decision, proved by the code on the server's terminal. No model can call this.",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"approvals:decide"},
    .body = handler<&decide>(),
    .run = Run::kFree};

}  // namespace

ToolList approval_tools() {
  static const ToolSpec* const list_of[] = {&kList, &kGet, &kDecide};
  return list_of;
}

namespace {

Health approvals_health(ToolContext& context) { return readable(context, "approval", "the approvals can be read"); }

}  // namespace

const Service kApprovalsService{
    .name = "approvals",
    .title = "Approvals",
    .version = "1.0.0",
    .description = "What a person has to agree to before it happens, and what they decided.",
    .limits = {.calls_per_minute = 6000, .at_once = 16},
    .health = &approvals_health};

}  // namespace spreaders::tools
