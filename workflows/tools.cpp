#include "workflows/tools.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "storage/values.hpp"
#include "workflows/arguments.hpp"
#include "workflows/engine.hpp"
#include "workflows/library.hpp"
#include "workflows/nested.hpp"
#include "workflows/trigger_views.hpp"

namespace spreaders::workflows {

namespace {

constexpr int kRunsShown_max = 20;

struct WorkflowView {
  std::string workflow_id, name, status, checksum;
  int64_t version = 0;
  std::optional<Json> definition;
  Instant created_at, updated_at;
  SPR_FIELDS(WorkflowView, SPR_FIELD(workflow_id, "Id of the workflow"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(status, "active or paused"), SPR_FIELD(checksum, "SHA-256 of the definition"),
             SPR_FIELD(version, "Version; versions never change"), SPR_FIELD(definition, "Its nodes"),
             SPR_FIELD(created_at, "When it was made"), SPR_FIELD(updated_at, "When it last changed"));
};

WorkflowView view_of(Workflow workflow, bool whole) {
  WorkflowView view{workflow.id, workflow.name,       workflow.status,    workflow.checksum, workflow.version,
                    {},          workflow.created_at, workflow.updated_at};
  if (whole) view.definition = std::move(workflow.definition);
  return view;
}

Result<WorkflowView> save(ToolContext& context, const std::string& id, Json definition) {
  Issues problems = TRY(settle_and_check(context.tx(), context.workspace(), id, definition, context.tools));
  if (!problems.empty()) return issues_error("The workflow", std::move(problems));
  return view_of(TRY(save_workflow(context.tx(), context.workspace(), id, std::move(definition), context.clock.now(),
                                   context.ids)),
                 true);
}

// With the types in the description of workflow.create, the one place that tells agents what nodes have: of the rest
// every mistake is named. definition.hpp has all of it.
constexpr std::string_view kNodesInWords =
    "{\"start\":\"a\",\"nodes\":{\"a\":{\"type\":\"action\",\"tool\":\"...\",\"args\":{},\"next\":\"end\"},\"end\":{"
    "\"type\":\"end\"}}}; wait_event, sub_workflow and approval have on{...} in place of next";

struct CreateArgs {
  Json definition;
  std::optional<std::string> name, workflow_id;
  SPR_FIELDS(CreateArgs, SPR_FIELD(definition, kNodesInWords),
             SPR_FIELD(name, "Its name; the definition's if left out", .min_size = 1, .max_size = 200),
             SPR_FIELD(workflow_id, "Makes the next version of this one", .format = Format::kIdentifier));
};

Result<WorkflowView> create(ToolContext& context, const CreateArgs& args) {
  Json definition = args.definition;
  if (args.name) definition["name"] = *args.name;
  return save(context, args.workflow_id.value_or(""), std::move(definition));
}

struct AddActionArgs {
  std::string workflow_id, node_id, tool, after;
  Json args;
  SPR_FIELDS(AddActionArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(node_id, "Name of the new step", .min_size = 1, .max_size = 100),
             SPR_FIELD(tool, "Tool that it calls", .min_size = 1, .max_size = 100),
             SPR_FIELD(args,
                       "Its arguments; {\"$from\":{\"node\":\"...\",\"pointer\":\"/...\"}} takes an earlier result"),
             SPR_FIELD(after, "Step it comes behind; first of all if left out", .max_size = 100, .defaulted = true));
};

Result<WorkflowView> add_action(ToolContext& context, const AddActionArgs& args) {
  Json definition = TRY(get_workflow(context.tx(), context.workspace(), args.workflow_id)).definition;
  TRY(add_node(definition, args.node_id, {{"type", "action"}, {"tool", args.tool}, {"args", args.args}}, args.after,
               "next"));
  return save(context, args.workflow_id, std::move(definition));
}

struct AddConditionArgs {
  std::string workflow_id, node_id, after, otherwise;
  Json condition;
  SPR_FIELDS(AddConditionArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(node_id, "Name of the new condition", .min_size = 1, .max_size = 100),
             SPR_FIELD(condition,
                       "{\"op\":\"gt\",\"left\":{\"$from\":{\"node\":\"...\",\"pointer\":\"/...\"}},"
                       "\"right\":5}"),
             SPR_FIELD(otherwise, "Step to go to where it does not hold", .min_size = 1, .max_size = 100),
             SPR_FIELD(after, "Step it comes behind; first of all if left out", .max_size = 100, .defaulted = true));
};

Result<WorkflowView> add_condition(ToolContext& context, const AddConditionArgs& args) {
  Json definition = TRY(get_workflow(context.tx(), context.workspace(), args.workflow_id)).definition;
  TRY(add_node(definition, args.node_id, {{"type", "condition"}, {"if", args.condition}, {"no", args.otherwise}},
               args.after, "yes"));
  return save(context, args.workflow_id, std::move(definition));
}

struct ExecuteArgs {
  std::string workflow_id;
  int64_t version = 0;
  std::string entry_key;
  SPR_FIELDS(ExecuteArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(version, "A version; 0 is the latest", .min = 0, .defaulted = true),
             SPR_FIELD(entry_key, "The same key starts the same run, once", .max_size = 200, .defaulted = true));
};
struct Executed {
  std::string workflow_id, run_id, status;
  int64_t version = 0;
  SPR_FIELDS(Executed, SPR_FIELD(workflow_id, "Id of the workflow"), SPR_FIELD(run_id, "Id of its run"),
             SPR_FIELD(status, "State of the run"), SPR_FIELD(version, "Version that runs"));
};

Result<ApprovalSubject> execute_approval(ToolContext& context, const ExecuteArgs& args) {
  auto workflow = TRY(get_workflow(context.tx(), context.workspace(), args.workflow_id, args.version));
  return workflow_approval(context.tx(), context.workspace(), workflow, context.tools);
}

Result<Executed> execute(ToolContext& context, const ExecuteArgs& args) {
  auto& tx = context.tx();
  auto workflow = TRY(get_workflow(tx, context.workspace(), args.workflow_id, args.version));
  if (workflow.status != "active") return conflict("the workflow is " + workflow.status + "; resume it first");
  StartRun start{.workflow_id = workflow.id,
                 .version = workflow.version,
                 .subject = workflow.id,
                 .entry_key = args.entry_key.empty() ? context.ids.make("key") : args.entry_key,
                 .approval_id = context.approval,
                 .principal = context.principal,
                 .trace_id = context.trace_id};
  std::string run_id = TRY(start_run(tx, context.workspace(), start, context.clock.now(), context.ids));
  wake_after_commit(context);
  auto run = TRY(get_run(tx, context.workspace(), run_id));
  return Executed{workflow.id, run_id, run.status, workflow.version};
}

struct ById {
  std::string workflow_id;
  SPR_FIELDS(ById, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier));
};
struct Changed {
  std::string workflow_id, status;
  int64_t runs = 0;
  SPR_FIELDS(Changed, SPR_FIELD(workflow_id, "Id of the workflow"), SPR_FIELD(status, "active or paused"),
             SPR_FIELD(runs, "Runs that changed with it"));
};

Result<Changed> pause(ToolContext& context, const ById& args) {
  int64_t runs = TRY(pause_workflow(context.tx(), context.workspace(), args.workflow_id, context.clock.now()));
  return Changed{args.workflow_id, "paused", runs};
}

Result<Changed> resume(ToolContext& context, const ById& args) {
  int64_t runs = TRY(resume_workflow(context.tx(), context.workspace(), args.workflow_id, context.clock.now()));
  wake_after_commit(context);
  return Changed{args.workflow_id, "active", runs};
}

struct ListArgs {
  int limit = 20;
  std::optional<std::string> before;
  SPR_FIELDS(ListArgs, SPR_FIELD(limit, "How many", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(before, "Id of the last workflow of the page before", .format = Format::kIdentifier));
};
struct Workflows {
  std::vector<WorkflowView> workflows;
  SPR_FIELDS(Workflows, SPR_FIELD(workflows, "Newest first, without their nodes"));
};

Result<Workflows> list(ToolContext& context, const ListArgs& args) {
  Workflows all;
  for (auto& one : TRY(list_workflows(context.tx(), context.workspace(), args.limit, args.before.value_or(""))))
    all.workflows.push_back(view_of(std::move(one), false));
  return all;
}

struct RunLine {
  std::string run_id, status, reason;
  int64_t version = 0;
  Instant started_at;
  std::optional<Instant> ended_at;
  SPR_FIELDS(RunLine, SPR_FIELD(run_id, "Id of the run"),
             SPR_FIELD(status, "active, paused, completed, failed, cancelled"),
             SPR_FIELD(reason, "Why it ended, when that needs saying"), SPR_FIELD(version, "Version that it runs"),
             SPR_FIELD(started_at, "When it began"), SPR_FIELD(ended_at, "When it ended"));
};
struct Status {
  WorkflowView workflow;
  std::map<std::string, int64_t> runs;
  std::vector<RunLine> latest_runs;
  std::vector<TriggerView> triggers;
  SPR_FIELDS(Status, SPR_FIELD(workflow, "The workflow in its latest version"), SPR_FIELD(runs, "Runs by their state"),
             SPR_FIELD(latest_runs, "The newest runs"), SPR_FIELD(triggers, "What starts it by itself"));
};

Result<Status> get_status(ToolContext& context, const ById& args) {
  auto& tx = context.tx();
  Status status{view_of(TRY(get_workflow(tx, context.workspace(), args.workflow_id)), true), {}, {}, {}};
  for (const auto& row : TRY(tx.query("SELECT status, COUNT(*) FROM run WHERE workspace_id = $1 AND workflow_id = $2 "
                                      "GROUP BY status",
                                      {context.workspace(), args.workflow_id})))
    status.runs[row[0].text()] = row[1].integer();
  for (const auto& row : TRY(tx.query("SELECT id, status, reason, version, entered_at, ended_at FROM run WHERE "
                                      "workspace_id = $1 AND workflow_id = $2 ORDER BY entered_at DESC, id DESC LIMIT "
                                      "$3",
                                      {context.workspace(), args.workflow_id, kRunsShown_max}))) {
    status.latest_runs.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].integer(), row[4].instant(),
                                  storage::optional_instant(row[5])});
  }
  for (const auto& one : TRY(list_triggers(tx, context.workspace(), args.workflow_id)))
    status.triggers.push_back(view_of(one));
  return status;
}

struct LogsArgs {
  std::string run_id;
  int64_t after = 0;
  int limit = 50;
  SPR_FIELDS(LogsArgs, SPR_FIELD(run_id, "Id of the run", .format = Format::kIdentifier),
             SPR_FIELD(after, "Only steps after this number", .min = 0, .defaulted = true),
             SPR_FIELD(limit, "How many", .min = 1, .max = 200, .defaulted = true));
};
struct LogLine {
  int64_t step = 0;
  std::string node, kind, error;
  std::optional<Json> input, output;
  Instant at;
  SPR_FIELDS(LogLine, SPR_FIELD(step, "Number of the step"), SPR_FIELD(node, "Node of the workflow"),
             SPR_FIELD(kind, "What happened there"), SPR_FIELD(error, "What went wrong; empty when nothing did"),
             SPR_FIELD(input, "What the node was given"), SPR_FIELD(output, "What it gave back"),
             SPR_FIELD(at, "When"));
};
struct Logs {
  std::string run_id, workflow_id, status;
  std::vector<LogLine> steps;
  SPR_FIELDS(Logs, SPR_FIELD(run_id, "Id of the run"), SPR_FIELD(workflow_id, "Its workflow"),
             SPR_FIELD(status, "State of the run"), SPR_FIELD(steps, "In order"));
};

std::optional<Json> object_of(const std::string& text) {
  auto json = parse_json(text);
  if (!json.ok() || !json->is_object() || json->empty()) return std::nullopt;
  return std::move(*json);
}

Result<Logs> get_logs(ToolContext& context, const LogsArgs& args) {
  auto run = TRY(get_run(context.tx(), context.workspace(), args.run_id));
  Logs logs{run.id, run.workflow_id, run.status, {}};
  for (const auto& row : TRY(context.tx().query("SELECT seq, node_id, kind, error, input, output, at FROM step_log "
                                                "WHERE workspace_id = $1 AND run_id = $2 AND seq > $3 ORDER BY seq "
                                                "LIMIT $4",
                                                {context.workspace(), args.run_id, args.after, args.limit}))) {
    logs.steps.push_back({row[0].integer(), row[1].text(), row[2].text(), row[3].text(), object_of(row[4].text()),
                          object_of(row[5].text()), row[6].instant()});
  }
  return logs;
}

const ToolSpec kCreate{
    .name = "workflow.create",
    .title = "Create a workflow",
    .description =
        "Stores a workflow, or the next version of one: nodes of type action (any tool), delay, condition, split, "
        "parallel, join, loop, for_each, wait_event, sub_workflow, approval, update_profile, tag, render and end. "
        "Every mistake is listed with its "
        "place. "
        "Nothing runs until workflow.execute or a trigger is approved.",
    .words =
        "new automation; automate this; if this then that; ifttt; zapier; process with steps; customer journey; n8n; "
        "flow; build an automated process; marketing automation; every time somebody buys do this; automatisierung; "
        "ablauf anlegen; automatisation; automatización; drip; flow of steps; autopilot; arbeitsablauf; flux; flujo",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:write"},
    .body = handler<&create>()};
const ToolSpec kAddAction{
    .name = "workflow.addAction",
    .title = "Add a step to a workflow",
    .description = "Puts a step that calls a tool behind another step; makes the next version.",
    .words =
        "then send a mail; next step; do this afterwards; extra step in the flow; wait two days; add a task to the "
        "automation; also tell sales; step that tags the contact; then create a task; further step; aktion hinzufügen; "
        "étape suivante; paso siguiente; insert a step; one more action; then also send; append a task",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:write"},
    .body = handler<&add_action>()};
const ToolSpec kAddCondition{
    .name = "workflow.addCondition",
    .title = "Add a condition to a workflow",
    .description =
        "Puts a condition on earlier results behind a step: where it holds the workflow goes "
        "on, else to another step; makes the next version.",
    .words =
        "only if; branch; if the customer is vip; otherwise; else; filter in the flow; yes no split; if they did not "
        "open; when the order is above 100 euro; decision; fork; rule in the automation; bedingung; wenn dann; "
        "condition si; condición; if then else; only when; decide on a result; fork by value",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:write"},
    .body = handler<&add_condition>()};
const ToolSpec kExecute{
    .name = "workflow.execute",
    .title = "Run a workflow",
    .description = "Starts one run of a workflow now. Needs a person's approval of exactly this version.",
    .words =
        "run the automation now; start the flow; trigger by hand; test run of the automation; kick off the process; "
        "manual start; run once; do all the steps now; set the journey going; ablauf starten; lancer l automatisation; "
        "ejecutar flujo; start the automation; run the flow; kick off the journey; launch the workflow once",
    .effect = Effect::kPublish,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:run"},
    .body = handler<&execute>(),
    .open_world = true,
    .approval_of = approval_from<&execute_approval>()};
const ToolSpec kPause{.name = "workflow.pause",
                      .title = "Pause a workflow",
                      .description = "Holds all its runs and triggers. What is on its way to somebody still arrives.",
                      .words =
                          "stop the automation for now; hold the flow; halt the process; automation off; freeze the "
                          "journey; nobody should enter for now; switch off the welcome series temporarily; suspend "
                          "the automation; ablauf anhalten; suspendre l automatisation; pausar flujo; halt the journey",
                      .effect = Effect::kWrite,
                      .repeat = Repeat::kSafe,
                      .scopes = {"workflows:run"},
                      .body = handler<&pause>()};
const ToolSpec kResume{
    .name = "workflow.resume",
    .title = "Resume a workflow",
    .description = "Lets a paused workflow's runs and triggers go on where they stopped; nothing is done twice.",
    .words =
        "switch the automation back on; continue the flow; restart the process after a break; go on with the journey; "
        "unpause the automation; reactivate the welcome series; let the process go on; ablauf fortsetzen; reprendre l "
        "automatisation; reanudar flujo; continue the automation; go on with the flow; unpause the journey",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:run"},
    .body = handler<&resume>()};
const ToolSpec kGetStatus{
    .name = "workflow.getStatus",
    .title = "Status of a workflow",
    .description = "A workflow with its nodes, its runs by state, the newest runs, its triggers.",
    .words =
        "is the automation running; which step is it at; how many people are in the flow; process stuck; did the "
        "automation finish; state of the journey; is the flow active; waiting at which step; automation progress; "
        "läuft die automatisierung; état du processus; estado del flujo; how is the automation doing; is the flow "
        "running; when does it run next",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read"},
    .body = handler<&get_status>()};
const ToolSpec kGetLogs{.name = "workflow.getLogs",
                        .title = "Log of a run",
                        .description = "What one run of a workflow did, step by step, with what went in and came out.",
                        .words =
                            "why did the automation fail; error in the flow; past runs of the automation; what did "
                            "each step do; debug the process; trace; run history of the flow; which contact went "
                            "through; step failed; last nights run; ablaufprotokoll; journal d exécution; registro de "
                            "ejecución; trace of the flow; execution history; debug the journey",
                        .effect = Effect::kRead,
                        .repeat = Repeat::kSafe,
                        .scopes = {"workflows:read"},
                        .body = handler<&get_logs>()};
const ToolSpec kList{.name = "workflow.list",
                     .title = "List workflows",
                     .description = "The workspace's workflows, newest first.",
                     .words = "which automations are there; our flows; all journeys",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"workflows:read"},
                     .body = handler<&list>()};

Health workflow_health(ToolContext& context) {
  auto failed = context.tx().query("SELECT COUNT(*) FROM run r WHERE r.workspace_id = $1 AND r.status = 'failed' AND NOT "
                                   "EXISTS (SELECT 1 FROM dead_letter_discarded d WHERE d.workspace_id = r.workspace_id "
                                   "AND d.of_id = r.id)",
                                   {context.workspace()});
  if (!failed.ok()) return {HealthStatus::kDown, "the runs cannot be read: " + failed.error().message};
  const int64_t count = (*failed)[0][0].integer();
  if (count > 0) return {HealthStatus::kDegraded, std::to_string(count) + " runs have failed: see workflow.deadLetters"};
  return {HealthStatus::kOk, "no run has failed that nobody has looked at"};
}

}  // namespace

Issues problems_of_steps(const Json& definition, const ToolRunner& tools) {
  Issues issues;
  if (!definition.contains("nodes") || !definition["nodes"].is_object()) return issues;  // its parser says so
  for (const auto& [id, node] : definition["nodes"].items()) {
    if (!node.is_object() || node.value("type", Json()) != "action" || !node.contains("tool")) continue;
    const Json& name = node["tool"];
    const std::string pointer = "/nodes" + pointer_step(id) + "/tool";
    const ToolSpec* tool = name.is_string() ? tools.find(name.get<std::string>()) : nullptr;
    if (tool == nullptr) {
      issues.push_back({pointer, "is no tool of the catalogue"});
    } else if (tool->operator_only || tool->effect > Effect::kPublish || tool->always_approve ||
               family_of(tool->name.value) == "approvals") {
      issues.push_back({pointer, "needs a person's approval of each call, so it cannot be a step"});
    }
  }
  return issues;
}

Result<Issues> settle(storage::Tx& tx, const std::string& workspace, const std::string& id, Json& definition,
                      const ToolRunner& tools) {
  Findings findings = TRY(settle_versions(tx, workspace, definition));
  if (findings.empty()) findings = TRY(find_nested_problems(tx, workspace, id, definition));
  Issues problems = problems_of_steps(definition, tools);
  for (auto& issue : issues_of(std::move(findings))) problems.push_back(std::move(issue));
  return problems;
}

Result<Issues> settle_and_check(storage::Tx& tx, const std::string& workspace, const std::string& id, Json& definition,
                                const ToolRunner& tools) {
  Issues problems = TRY(settle(tx, workspace, id, definition, tools));
  Findings findings = find_argument_problems(definition, tools);
  for (auto& finding : TRY(find_mail_problems(tx, workspace, definition))) findings.push_back(std::move(finding));
  for (auto& issue : issues_of(std::move(findings))) problems.push_back(std::move(issue));
  return problems;
}

ToolList workflow_tools() {
  static const ToolSpec* const list_of[] = {&kCreate, &kAddAction, &kAddCondition, &kExecute, &kPause,
                                            &kResume, &kGetStatus, &kGetLogs,      &kList};
  return list_of;
}

const Service kWorkflowService{.name = "workflow",
                               .title = "Workflows",
                               .version = "1.0.0",
                               .description = "Workflows by name: their versions, runs and logs.",
                               .limits = {.calls_per_minute = 3000, .at_once = 16},
                               .health = &workflow_health};

}  // namespace spreaders::workflows
