// workflow.dryRun: everything workflow.execute would check, and what the steps themselves will need, without starting.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/approvals/approvals.hpp"
#include "workflows/inspect/people.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/library.hpp"
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
  SPR_FIELDS(Answer, SPR_FIELD(text, "What would happen, in words"), SPR_FIELD(workflow_id, "Id of the workflow"),
             SPR_FIELD(version, "Version"), SPR_FIELD(would_run, "Once it is approved"),
             SPR_FIELD(approved, "A person has approved exactly this version"),
             SPR_FIELD(approval_id, "That approval; empty: none yet"),
             SPR_FIELD(problems, "What would stop it, now or at a step"),
             SPR_FIELD(mailings, "Whom it would write to, as of now"));
};

bool has_references(const Json& value) {
  if (value.is_object() && (value.contains("$from") || value.contains("$run"))) return true;
  if (!value.is_structured()) return false;
  return std::any_of(value.begin(), value.end(), [](const Json& part) { return has_references(part); });
}

// Arguments that are all there are checked as the tool will check them.
void check_action(ToolContext& context, const Node& node, std::vector<Problem>& problems) {
  const ToolSpec* tool = context.tools.find(node.tool);
  if (tool == nullptr) return;  // problems_of_steps() says so
  const std::string pointer = "/nodes" + pointer_step(node.id);
  for (auto scope : tool->scopes.list()) {
    if (!context.principal.may(scope))
      problems.push_back({pointer + "/tool", "needs the scope " + std::string(scope) + ", which you do not hold"});
  }
  if (has_references(*node.args)) return;
  auto decoded = tool->body.decode(*node.args);
  if (decoded.ok()) return;
  for (const auto& issue : decoded.error().issues)
    problems.push_back({pointer + "/args" + issue.pointer, issue.message});
}

Result<void> check_connection(storage::Tx& tx, const std::string& workspace, const Node& node,
                              std::vector<Problem>& problems) {
  const std::string pointer = "/nodes" + pointer_step(node.id) + "/connection";
  auto row = TRY(tx.query_one("SELECT status, status_reason FROM connection WHERE workspace_id = $1 AND id = $2",
                              {workspace, node.connection}));
  if (!row) problems.push_back({pointer, "there is no connection '" + node.connection + "'"});
  else if ((*row)[0].text() != "ready" && (*row)[0].text() != "untested")
    problems.push_back({pointer, "the connection is " + (*row)[0].text() + ": " + (*row)[1].text()});
  return {};
}

Result<void> look_at_workflow(ToolContext& context, storage::Tx& tx, const Args& args, Answer& answer,
                              Definition& definition) {
  auto workflow = TRY(get_workflow(tx, context.workspace(), args.workflow_id, args.version));
  answer.version = workflow.version;
  if (workflow.status != "active")
    answer.problems.push_back({"", "the workflow is " + workflow.status + "; resume it first"});
  auto parsed = parse_definition(workflow.definition);
  for (const auto& issue : parsed.ok() ? problems_of_steps(workflow.definition, context.tools) : parsed.error().issues)
    answer.problems.push_back({issue.pointer, issue.message});
  if (!parsed.ok()) return {};
  definition = std::move(*parsed);
  for (const auto& [id, node] : definition.nodes) {
    if (node.type == NodeType::kAction) check_action(context, node, answer.problems);
    if (node.type == NodeType::kForEach) TRY(check_connection(tx, context.workspace(), node, answer.problems));
  }
  auto subject = workflow_approval(workflow.id, workflow.checksum, workflow.definition, context.tools);
  auto approved = TRY(services::find_approved(tx, context.workspace(), subject, Effect::kPublish, context.clock.now()));
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
