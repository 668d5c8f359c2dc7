// workflow.dryRun: everything workflow.execute would check, and what the steps themselves will need, without starting.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/approvals/approvals.hpp"
#include "workflows/inspect/people.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/library.hpp"
#include "workflows/nested.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows::inspect {

namespace {

struct Args {
  std::string workflow_id;
  int64_t version = 0;
  SPR_FIELDS(Args, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(version, "A version; 0 is the latest", .min = 0, .defaulted = true));
};
struct Problem {
  std::string pointer, message;
  SPR_FIELDS(Problem, SPR_FIELD(pointer, "JSON Pointer into the definition; empty: of the workflow"),
             SPR_FIELD(message, "What is wrong"));
};
struct MailingView {
  std::string node, channel, connection;
  int64_t recipients = 0, refused = 0;
  std::map<std::string, int64_t> reasons = {};
  SPR_FIELDS(MailingView, SPR_FIELD(node, "The node that mails an audience"), SPR_FIELD(channel, "How"),
             SPR_FIELD(connection, "Through what"), SPR_FIELD(recipients, "How many it has now"),
             SPR_FIELD(refused, "Of them, who may not be written to"), SPR_FIELD(reasons, "Why, how many"));
};
struct Answer {
  std::string workflow_id = {}, text = {}, approval_id = {};
  int64_t version = 0;
  bool would_run = false, approved = false;
  std::vector<Problem> problems = {};
  std::vector<MailingView> mailings = {};
  std::vector<std::string> starts = {}, asks = {};  // for the text
  SPR_FIELDS(Answer, SPR_FIELD(text, "What would happen, in words"), SPR_FIELD(workflow_id, "Id of the workflow"),
             SPR_FIELD(version, "Version"), SPR_FIELD(would_run, "Once it is approved"),
             SPR_FIELD(approved, "A person has approved exactly this version"),
             SPR_FIELD(approval_id, "That approval; empty: none yet"),
             SPR_FIELD(problems, "What would stop it, now or at a step"),
             SPR_FIELD(mailings, "Whom it would write to, as of now"));
};

void check_scope(const ToolContext& context, std::string_view scope, const std::string& pointer,
                 std::vector<Problem>& problems) {
  if (!context.principal.may(scope))
    problems.push_back({pointer, "needs the scope " + std::string(scope) + ", which you do not hold"});
}

void check_scopes(ToolContext& context, const Node& node, const std::string& place, std::vector<Problem>& problems) {
  const std::string pointer = place + "/nodes" + pointer_step(node.id);
  if (auto scope = scope_of(node.type); !scope.empty()) check_scope(context, scope, pointer + "/type", problems);
  const ToolSpec* tool = node.type == NodeType::kAction ? context.tools.find(node.tool) : nullptr;
  if (tool == nullptr) return;  // not there: settle_and_check() says so
  for (auto scope : tool->scopes.list()) check_scope(context, scope, pointer + "/tool", problems);
}

Result<void> check_connection(storage::Tx& tx, const std::string& workspace, const Node& node, const std::string& place,
                              std::vector<Problem>& problems) {
  const std::string pointer = place + "/nodes" + pointer_step(node.id) + "/connection";
  auto row = TRY(tx.query_one("SELECT status, status_reason FROM connection WHERE workspace_id = $1 AND id = $2",
                              {workspace, node.connection}));
  if (!row) problems.push_back({pointer, "there is no connection '" + node.connection + "'"});
  else if ((*row)[0].text() != "ready" && (*row)[0].text() != "untested")
    problems.push_back({pointer, "the connection is " + (*row)[0].text() + ": " + (*row)[1].text()});
  return {};
}

// What the steps of one workflow need. `place` is "" or, of one within it, "/workflows/wf_7".
Result<void> look_at_steps(ToolContext& context, storage::Tx& tx, const std::string& place,
                           const Definition& definition, Answer& answer) {
  for (const auto& [id, node] : definition.nodes) {
    check_scopes(context, node, place, answer.problems);
    if (node.type == NodeType::kForEach) TRY(check_connection(tx, context.workspace(), node, place, answer.problems));
    if (node.type == NodeType::kApproval) answer.asks.push_back(node.title);
  }
  return {};
}

// Workflows within it that are not there, or too many: settle_and_check() has named it as a problem.
bool is_named(const Error& error) { return error.code == Code::kNotFound || error.code == Code::kConflict; }

// The workflows that it starts run with it, under its approval.
Result<void> look_within(ToolContext& context, storage::Tx& tx, const Json& definition, Answer& answer) {
  auto inner = nested_workflows(tx, context.workspace(), definition);
  if (!inner.ok()) return is_named(inner.error()) ? Result<void>() : inner.error();
  for (auto& one : *inner) {
    const std::string place = "/workflows" + pointer_step(one.id);
    answer.starts.push_back("'" + one.name + "' version " + std::to_string(one.version));
    if (one.status != "active")
      answer.problems.push_back({place, "it starts '" + one.name + "', which is " + one.status + "; resume it first"});
    auto parsed = TRY(parse_definition(one.definition));
    for (const auto& issue : TRY(settle_and_check(tx, context.workspace(), one.id, one.definition, context.tools)))
      answer.problems.push_back({place + issue.pointer, issue.message});
    TRY(look_at_steps(context, tx, place, parsed, answer));
  }
  return {};
}

Result<void> look_at_workflow(ToolContext& context, storage::Tx& tx, const Args& args, Answer& answer,
                              Definition& definition) {
  auto workflow = TRY(get_workflow(tx, context.workspace(), args.workflow_id, args.version));
  answer.version = workflow.version;
  if (workflow.status != "active")
    answer.problems.push_back({"", "the workflow is " + workflow.status + "; resume it first"});
  auto parsed = parse_definition(workflow.definition);
  Json settled = workflow.definition;
  auto issues = parsed.ok() ? TRY(settle_and_check(tx, context.workspace(), workflow.id, settled, context.tools))
                            : parsed.error().issues;
  for (const auto& issue : issues) answer.problems.push_back({issue.pointer, issue.message});
  if (!parsed.ok()) return {};
  definition = std::move(*parsed);
  TRY(look_at_steps(context, tx, "", definition, answer));
  TRY(look_within(context, tx, workflow.definition, answer));
  auto subject = workflow_approval(tx, context.workspace(), workflow, context.tools);
  if (!subject.ok()) return is_named(subject.error()) ? Result<void>() : subject.error();
  auto approved =
      TRY(services::find_approved(tx, context.workspace(), *subject, Effect::kPublish, context.clock.now()));
  if (approved) answer.approval_id = approved->id;
  answer.approved = approved.has_value();
  return {};
}

Result<void> look_at_mailings(ToolContext& context, const Definition& definition, Answer& answer) {
  const Contacts contacts{context.part<storage::Storage>(),
                          context.part<storage::SendGuard>(),
                          context.workspace(),
                          {},
                          context.clock.now()};
  for (const auto& [id, node] : definition.nodes) {
    if (node.type != NodeType::kForEach) continue;
    auto mailing = count_mailing(node, contacts, context.part<storage::ProfileSource>());
    if (!mailing.ok()) {
      answer.problems.push_back({"/nodes" + pointer_step(id) + "/audience", mailing.error().message});
      continue;
    }
    MailingView view{id, node.channel, node.connection, mailing->recipients, 0, mailing->refused};
    for (const auto& [reason, count] : mailing->refused) view.refused += count;
    answer.mailings.push_back(std::move(view));
  }
  return {};
}

std::string text_of(const Answer& answer) {
  std::string text = answer.would_run ? "It would run" : "It would not run as it is";
  text += answer.approved ? ", under the approval it has." : "; a person has to approve exactly this version first.";
  for (const auto& problem : answer.problems)
    text += "\n- " + problem.pointer + (problem.pointer.empty() ? "" : ": ") + problem.message;
  for (const auto& mailing : answer.mailings)
    text += "\n'" + mailing.node + "' would write to " + std::to_string(mailing.recipients - mailing.refused) + " of " +
            std::to_string(mailing.recipients) + " by " + mailing.channel + ", as the audience is now.";
  for (const auto& one : answer.starts) text += "\nIt starts " + one + " within itself, under the same approval.";
  for (const auto& title : answer.asks) text += "\nA person is asked on the way: " + title;
  text += "\nNot looked at: whether other machines answer, and arguments that come from earlier results.";
  return text;
}

Result<Answer> dry_run(ToolContext& context, const Args& args) {
  Answer answer{.workflow_id = args.workflow_id};
  Definition definition;
  TRY(context.part<storage::Storage>().read(storage::Scope::of(context.workspace()), [&](storage::Tx& tx) {
    return look_at_workflow(context, tx, args, answer, definition);
  }));
  TRY(look_at_mailings(context, definition, answer));
  answer.would_run = answer.problems.empty();
  answer.text = text_of(answer);
  return answer;
}

}  // namespace

const ToolSpec kDryRun{
    .name = "workflow.dryRun",
    .title = "Check a workflow without running it",
    .description =
        "Checks what workflow.execute would: mistakes, tools with scopes and arguments, connections, whom it would "
        "write to, its approval. Starts and writes nothing.",
    .words =
        "would it run; is everything ready; preflight; check before launch; what is missing to start the automation; "
        "dry run; validate the workflow; is it approved yet; probelauf; essai à blanc; prueba en seco",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read"},
    .body = handler<&dry_run>(),
    .run = Run::kFree};

}  // namespace spreaders::workflows::inspect
