#include <cmath>
#include <nlohmann/json.hpp>

#include "services/analytics/analytics.hpp"
#include "services/approvals/approvals.hpp"
#include "services/sending/sending.hpp"
#include "services/sending/stops.hpp"
#include "tools/campaign/campaign_tools.hpp"
#include "tools/campaign/views.hpp"
#include "workflows/engine.hpp"

namespace spreaders::tools {

using services::Campaign;

CampaignView view_of(const Campaign& c) {
  CampaignView view;
  view.campaign_id = c.id;
  view.name = c.name;
  view.status = c.status;
  view.objective = c.objective;
  view.channel = c.channel;
  auto optional = [](const std::string& text) {
    return text.empty() ? std::optional<std::string>() : std::optional<std::string>(text);
  };
  view.template_id = optional(c.template_id);
  view.list_id = optional(c.list_id);
  view.segment_id = optional(c.segment_id);
  view.connection_id = optional(c.connection_id);
  if (c.template_version > 0) view.template_version = c.template_version;
  view.start_at = c.start_at;
  view.end_at = c.end_at;
  if (!c.currency.empty()) {
    view.budget_amount = to_major(c.budget_minor, c.currency);
    view.budget_currency = c.currency;
  }
  view.sandbox = c.sandbox;
  view.created_at = c.created_at;
  view.updated_at = c.updated_at;
  return view;
}

namespace {

struct ById {
  std::string campaign_id;
  SPR_FIELDS(ById, SPR_FIELD(campaign_id, "Id of the campaign", .max_size = 100, .format = Format::kIdentifier));
};

// What can be set on a campaign, at its creation and later.
struct Settings {
  std::optional<std::string> name, template_id, list_id, segment_id, connection_id;
  std::optional<int64_t> template_version;
  std::optional<Instant> start_at, end_at;
  std::optional<double> budget_amount;
  std::optional<std::string> budget_currency;
};

Result<void> apply_settings(ToolContext& context, const Settings& s, Campaign& c) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  Issues issues;
  auto exists = [&](const char* member, std::string_view sql, const std::string& id) -> Result<bool> {
    auto rows = TRY(tx.query(sql, {workspace, id}));
    if (rows.empty()) issues.push_back({"/" + std::string(member), "there is no such thing in this workspace"});
    return !rows.empty();
  };
  if (s.name) c.name = *s.name;
  if (s.list_id && TRY(exists("list_id", "SELECT 1 FROM list WHERE workspace_id = $1 AND id = $2", *s.list_id)))
    c.list_id = *s.list_id, c.segment_id.clear();
  if (s.segment_id &&
      TRY(exists("segment_id", "SELECT 1 FROM segment WHERE workspace_id = $1 AND id = $2", *s.segment_id)))
    c.segment_id = *s.segment_id, c.list_id.clear();
  if (s.connection_id &&
      TRY(exists("connection_id", "SELECT 1 FROM connection WHERE workspace_id = $1 AND id = $2", *s.connection_id)))
    c.connection_id = *s.connection_id;
  if (s.template_id) {
    auto rows = TRY(tx.query("SELECT latest_version FROM template WHERE workspace_id = $1 AND id = $2",
                             {workspace, *s.template_id}));
    if (rows.empty()) issues.push_back({"/template_id", "there is no such template"});
    else c.template_id = *s.template_id, c.template_version = s.template_version.value_or(rows[0][0].integer());
    if (!rows.empty() && c.template_version > rows[0][0].integer())
      issues.push_back({"/template_version", "the template has no such version"});
  }
  if (s.start_at) c.start_at = *s.start_at;
  if (s.end_at) c.end_at = *s.end_at;
  if (c.start_at && s.start_at && c.start_at->us < context.clock.now().us - kMinute_us)
    issues.push_back(
        {"/start_at", to_text(*c.start_at) + " is in the past; it is now " + to_text(context.clock.now())});
  if (c.start_at && c.end_at && *c.end_at <= *c.start_at) issues.push_back({"/end_at", "is not after the start"});
  if (s.budget_amount.has_value() != s.budget_currency.has_value())
    issues.push_back({"/budget_currency", "budget_amount and budget_currency go together"});
  else if (s.budget_amount)
    c.budget_minor = to_minor(*s.budget_amount, *s.budget_currency), c.currency = *s.budget_currency;
  if (!issues.empty()) return issues_error("The arguments", std::move(issues));
  if (c.connection_id.empty()) {  // the workspace's only or first way to send
    auto rows =
        TRY(tx.query("SELECT id FROM connection WHERE workspace_id = $1 AND provider IN ('smtp', 'sandbox_smtp') AND "
                     "status IN ('ready', 'untested') ORDER BY sandbox, created_at LIMIT 1",
                     {workspace}));
    if (!rows.empty()) c.connection_id = rows[0][0].text();
  }
  auto sandbox =
      TRY(tx.query("SELECT sandbox FROM connection WHERE workspace_id = $1 AND id = $2", {workspace, c.connection_id}));
  c.sandbox = !sandbox.empty() && sandbox[0][0].boolean();
  return {};
}

struct Create {
  std::string name;
  std::string objective;
  std::optional<std::string> template_id, list_id, segment_id, connection_id;
  std::optional<Instant> start_at, end_at;
  std::optional<double> budget_amount;
  std::optional<std::string> budget_currency;
  static void check(const Create& args, Issues& issues) {
    if (args.list_id && args.segment_id)
      issues.push_back({"/segment_id", "a campaign has a list or a segment, not both"});
  }
  SPR_FIELDS(Create, SPR_FIELD(name, "Name of the campaign", .min_size = 1, .max_size = 200),
             SPR_FIELD(objective, "What it is for: sales, leads, awareness, engagement, traffic, event, retention...",
                       .max_size = 60, .defaulted = true),
             SPR_FIELD(template_id, "Template to send", .format = Format::kIdentifier),
             SPR_FIELD(list_id, "List to send to", .format = Format::kIdentifier),
             SPR_FIELD(segment_id, "Segment to send to", .format = Format::kIdentifier),
             SPR_FIELD(connection_id, "Connection to send through; the workspace's own if left out",
                       .format = Format::kIdentifier),
             SPR_FIELD(start_at, "When sending starts; at once if left out"),
             SPR_FIELD(end_at, "When results are reported"),
             SPR_FIELD(budget_amount, "Budget in major units", .min = 0, .max = 1e9),
             SPR_FIELD(budget_currency, "ISO 4217 code", .format = Format::kCurrency));
};

Result<CampaignView> create(ToolContext& context, const Create& args) {
  Campaign c;
  c.id = context.ids.make("cmp");
  c.name = args.name;
  c.objective = args.objective;
  c.created_at = c.updated_at = context.clock.now();
  Settings settings{{}, args.template_id, args.list_id, args.segment_id,    args.connection_id,
                    {}, args.start_at,    args.end_at,  args.budget_amount, args.budget_currency};
  TRY(apply_settings(context, settings, c));
  TRY(services::insert_campaign(context.tx(), context.workspace(), c));
  TRY(services::add_history(context.tx(), context.workspace(), c.id, context.principal.id, "created",
                            {{"name", c.name}}, context.clock.now()));
  return view_of(c);
}

struct Update {
  std::string campaign_id;
  std::optional<std::string> name, template_id, list_id, segment_id, connection_id;
  std::optional<int64_t> template_version;
  std::optional<Instant> start_at, end_at;
  SPR_FIELDS(Update, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier),
             SPR_FIELD(name, "New name", .min_size = 1, .max_size = 200),
             SPR_FIELD(template_id, "Template to send", .format = Format::kIdentifier),
             SPR_FIELD(list_id, "List to send to", .format = Format::kIdentifier),
             SPR_FIELD(segment_id, "Segment to send to", .format = Format::kIdentifier),
             SPR_FIELD(connection_id, "Connection to send through", .format = Format::kIdentifier),
             SPR_FIELD(template_version, "Version of the template; the latest if left out", .min = 1),
             SPR_FIELD(start_at, "When sending starts"), SPR_FIELD(end_at, "When results are reported"));
};

Result<CampaignView> update(ToolContext& context, const Update& args) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  if (c.status != "draft")
    return conflict("the campaign is " + c.status + "; only a draft can be changed. Clone it, or cancel it first");
  TRY(apply_settings(context,
                     {args.name,
                      args.template_id,
                      args.list_id,
                      args.segment_id,
                      args.connection_id,
                      args.template_version,
                      args.start_at,
                      args.end_at,
                      {},
                      {}},
                     c));
  TRY(services::update_campaign(context.tx(), context.workspace(), c, context.clock.now()));
  // What was approved is not what would be sent now.
  TRY(services::revoke_approvals(context.tx(), context.workspace(), "campaign", c.id, context.clock.now()));
  TRY(services::add_history(context.tx(), context.workspace(), c.id, context.principal.id, "content changed",
                            encode(args), context.clock.now()));
  return view_of(c);
}

struct Schedule {
  std::string campaign_id;
  Instant start_at;
  SPR_FIELDS(Schedule, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier),
             SPR_FIELD(start_at, "When sending starts"));
};

Result<CampaignView> schedule(ToolContext& context, const Schedule& args) {
  return view_of(TRY(launch_campaign(context, args.campaign_id, args.start_at)));
}
Result<ApprovalSubject> schedule_approval(ToolContext& context, const Schedule& args) {
  return launch_approval(context, args.campaign_id, args.start_at);
}
Result<CampaignView> execute(ToolContext& context, const ById& args) {
  return view_of(TRY(launch_campaign(context, args.campaign_id, {})));
}
Result<ApprovalSubject> execute_approval(ToolContext& context, const ById& args) {
  return launch_approval(context, args.campaign_id, {});
}

using RunChange = Result<void> (*)(storage::Tx&, const std::string&, const std::string&, Instant);

Result<CampaignView> change_run(ToolContext& context, const std::string& id, RunChange change, const char* status,
                                const char* what) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), id));
  if (c.run_id.empty()) return conflict("the campaign is " + c.status + "; it has not been started");
  TRY(change(context.tx(), context.workspace(), c.run_id, context.clock.now()));
  c.status = status;
  TRY(services::update_campaign(context.tx(), context.workspace(), c, context.clock.now()));
  TRY(services::add_history(context.tx(), context.workspace(), c.id, context.principal.id, what, Json::object(),
                            context.clock.now()));
  return view_of(c);
}

Result<CampaignView> pause(ToolContext& context, const ById& args) {
  return change_run(context, args.campaign_id, workflows::pause_run, "paused", "paused");
}
Result<CampaignView> resume(ToolContext& context, const ById& args) {
  return change_run(context, args.campaign_id, workflows::resume_run, "running", "resumed");
}
// Going on sends what was approved once; taking the approval back in between stops that.
Result<ApprovalSubject> resume_approval(ToolContext& context, const ById& args) {
  return launch_approval(context, args.campaign_id, {});
}

struct Cancel {
  std::string campaign_id;
  std::string reason;
  SPR_FIELDS(Cancel, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier),
             SPR_FIELD(reason, "Why, for the history", .max_size = 500, .defaulted = true));
};

Result<CampaignView> cancel(ToolContext& context, const Cancel& args) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  if (c.status == "completed" || c.status == "cancelled" || c.status == "failed")
    return conflict("the campaign is already " + c.status);
  if (!c.run_id.empty())
    TRY(workflows::cancel_run(context.tx(), context.workspace(), c.run_id,
                              args.reason.empty() ? "cancelled" : args.reason, context.clock.now()));
  c.status = "cancelled";
  TRY(services::update_campaign(context.tx(), context.workspace(), c, context.clock.now()));
  TRY(services::revoke_approvals(context.tx(), context.workspace(), "campaign", c.id, context.clock.now()));
  TRY(services::add_history(context.tx(), context.workspace(), c.id, context.principal.id, "cancelled",
                            {{"reason", args.reason}}, context.clock.now()));
  return view_of(c);
}

struct Clone {
  std::string campaign_id;
  std::optional<std::string> name;
  SPR_FIELDS(Clone, SPR_FIELD(campaign_id, "Campaign to copy", .format = Format::kIdentifier),
             SPR_FIELD(name, "Name of the copy; 'Copy of ...' if left out", .min_size = 1, .max_size = 200));
};

Result<CampaignView> clone(ToolContext& context, const Clone& args) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  std::string source = c.id;
  c.id = context.ids.make("cmp");
  c.name = args.name.value_or("Copy of " + c.name);
  c.status = "draft";
  c.run_id.clear();
  c.start_at.reset();  // its dates are over or taken; a copy is planned anew
  c.end_at.reset();
  c.rev = 1;
  c.created_at = c.updated_at = context.clock.now();
  TRY(services::insert_campaign(context.tx(), context.workspace(), c));
  TRY(services::add_history(context.tx(), context.workspace(), c.id, context.principal.id, "cloned", {{"from", source}},
                            context.clock.now()));
  return view_of(c);
}

struct TokenStatus {
  std::string node, state;
  Instant due_at;
  SPR_FIELDS(TokenStatus, SPR_FIELD(node, "Step of the workflow"), SPR_FIELD(state, "ready, waiting or executing"),
             SPR_FIELD(due_at, "When it goes on"));
};
struct Status {
  CampaignView campaign;
  std::string run_status, run_reason;
  std::vector<TokenStatus> steps;
  std::optional<sending::Stop> stopped;
  std::vector<sending::HeldBack> held_back;
  services::Overview results;
  SPR_FIELDS(Status, SPR_FIELD(campaign, "The campaign"),
             SPR_FIELD(run_status, "State of its run; empty before it is started"),
             SPR_FIELD(run_reason, "Why it ended, if it did"), SPR_FIELD(steps, "Where the run is now"),
             SPR_FIELD(stopped,
                       "Why nothing is sent although it runs: a kill switch or a person stopped it. Lifted by "
                       "sending.resume"),
             SPR_FIELD(held_back, "What consent and sending rules held back, by reason"),
             SPR_FIELD(results, "Figures so far"));
};

Result<Status> get_status(ToolContext& context, const ById& args) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  Status status;
  status.campaign = view_of(c);
  if (!c.run_id.empty()) {
    auto run = TRY(workflows::get_run(context.tx(), context.workspace(), c.run_id));
    status.run_status = run.status;
    status.run_reason = run.reason;
    for (const auto& token : run.tokens) status.steps.push_back({token.node_id, token.state, token.due});
  }
  status.stopped = TRY(sending::stop_of(context.tx(), context.workspace(), c.id));
  status.held_back = TRY(sending::held_back(context.tx(), context.workspace(), c.id));
  status.results = TRY(services::overview(context.tx(), context.workspace(), c.id));
  return status;
}

struct Page {
  int limit = 50;
  std::string campaign_id;
  SPR_FIELDS(Page, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier),
             SPR_FIELD(limit, "How many entries", .min = 1, .max = 200, .defaulted = true));
};
struct Entry {
  Instant at;
  std::string who, what;
  Json details;
  SPR_FIELDS(Entry, SPR_FIELD(at, "When"), SPR_FIELD(who, "Who did it"), SPR_FIELD(what, "What happened"),
             SPR_FIELD(details, "More about it"));
};
struct History {
  std::vector<Entry> entries;
  SPR_FIELDS(History, SPR_FIELD(entries, "Newest first"));
};

Result<History> get_history(ToolContext& context, const Page& args) {
  TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  History history;
  for (auto& entry : TRY(services::campaign_history(context.tx(), context.workspace(), args.campaign_id, args.limit)))
    history.entries.push_back({entry.at, entry.who, entry.what, entry.details});
  return history;
}

struct ListArgs {
  int limit = 20;
  std::optional<std::string> before;
  SPR_FIELDS(ListArgs, SPR_FIELD(limit, "How many", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(before, "Id of the last campaign of the page before", .format = Format::kIdentifier));
};
struct Campaigns {
  std::vector<CampaignView> campaigns;
  SPR_FIELDS(Campaigns, SPR_FIELD(campaigns, "Newest first"));
};

Result<Campaigns> list(ToolContext& context, const ListArgs& args) {
  Campaigns all;
  for (const auto& c :
       TRY(services::list_campaigns(context.tx(), context.workspace(), args.limit, args.before.value_or(""))))
    all.campaigns.push_back(view_of(c));
  return all;
}

const ToolSpec kCreate{
    .name = "campaign.create",
    .title = "Create a campaign",
    .description =
        "Makes a draft campaign: name, audience (a list or a segment), template, connection, dates, budget. Nothing is "
        "sent.",
    .words =
        "new campaign; set up a promotion; draft a campaign; start something for easter; summer sale; "
        "start from scratch; prepare a launch; begin a promotion with audience and dates; black friday promotion "
        "draft; "
        "blank campaign; kampagne anlegen; nouvelle campagne; crear campaña",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"campaigns:write"},
    .body = handler<&create>()};
const ToolSpec kUpdate{
    .name = "campaign.updateContent",
    .title = "Change a draft campaign",
    .description =
        "Changes name, template, audience, connection or dates of a draft. An approval given before is void "
        "afterwards.",
    .words =
        "change the text of the campaign; new picture in the promotion; fix a typo before it goes out; other subject; "
        "swap the offer; replace the link; correct the price; different template for the draft; "
        "other audience for the draft; edit the campaign; inhalt ändern; modifier la campagne",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&update>()};
const ToolSpec kSchedule{
    .name = "campaign.schedule",
    .title = "Schedule a campaign",
    .description =
        "Starts the campaign at a given time: it is sent to its whole audience then. Needs a person's approval of "
        "exactly this campaign.",
    .words =
        "start the campaign on monday; launch date; begin at 9 am on 1 december; run it later; set start and end; "
        "kick off next week; time the launch; campaign at night; postpone the campaign; move the start; "
        "later than planned; kampagne terminieren; date de lancement; programar campaña",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&schedule>(),
    .open_world = true,
    .approval_of = approval_from<&schedule_approval>()};
const ToolSpec kExecute{
    .name = "campaign.execute",
    .title = "Start a campaign",
    .description =
        "Runs the campaign or its approved plan: sends at its start time, or at once if it has none. Needs a person's "
        "approval of exactly this plan or campaign.",
    .words =
        "start it now; launch; go; run it; kick it off; fire the campaign; go live with the promotion; "
        "get it going at once; carry out the approved plan; press the button; let it run; kampagne starten; lancer; "
        "lanzar ahora",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&execute>(),
    .open_world = true,
    .approval_of = approval_from<&execute_approval>()};
const ToolSpec kPause{
    .name = "campaign.pause",
    .title = "Pause a campaign",
    .description =
        "Stops new sends within a second; what is on its way arrives. Resume goes on without sending anything twice.",
    .words =
        "stop it for now; hold; wrong price; put on hold; halt the promotion; interrupt; wait a moment; emergency "
        "stop; "
        "mistake in the campaign; freeze; suspend until tomorrow; hold everything; kampagne anhalten; mettre en pause; "
        "pausar",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&pause>()};
const ToolSpec kResume{
    .name = "campaign.resume",
    .title = "Resume a paused campaign",
    .description =
        "Goes on where a paused campaign stopped. Nobody gets anything twice. Needs the approval under which it was "
        "started.",
    .words =
        "start again on monday; go on; continue; carry on where it stopped; unpause; take up again; "
        "price is fixed so go on; reactivate the promotion; unfreeze; restart after the break; proceed; fortsetzen; "
        "weiterlaufen lassen; reprendre; reanudar",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&resume>(),
    .open_world = true,
    .approval_of = approval_from<&resume_approval>()};
const ToolSpec kCancel{
    .name = "campaign.cancel",
    .title = "Cancel a campaign",
    .description = "Stops a campaign for good. What was sent stays sent; what was waiting is not sent.",
    .words =
        "call it off; stop for good; abort; drop the promotion; never send the rest; kill it; we changed our mind; "
        "end it forever; scrap; terminate; not going to happen; abbrechen; absagen; annuler; cancelar",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&cancel>()};
const ToolSpec kClone{
    .name = "campaign.clone",
    .title = "Copy a campaign",
    .description = "Makes a draft with the same content, audience and connection, without dates.",
    .words =
        "same as last year; copy the campaign; duplicate; use it again as a basis; repeat the easter promotion; "
        "one more like this; take last months as a starting point; reuse; template from an old one; kopieren; "
        "duplizieren; dupliquer; duplicar",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"campaigns:write"},
    .body = handler<&clone>()};
const ToolSpec kGetStatus{
    .name = "campaign.getStatus",
    .title = "Status of a campaign",
    .description = "State of a campaign and its run, where it is now, and its figures so far.",
    .words =
        "is it running; how far is it; progress; is it finished; what state is it in; how many sent so far; still "
        "going; "
        "where are we with the promotion; done yet; stuck; is it paused; läuft sie; où en est; cómo va",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:read"},
    .body = handler<&get_status>()};
const ToolSpec kGetHistory{
    .name = "campaign.getHistory",
    .title = "History of a campaign",
    .description = "Who did what to a campaign, newest first.",
    .words =
        "who did what; past runs; when was it sent; who approved it; who paused it; log of the campaign; timeline; "
        "previous executions; what happened yesterday; changes made; earlier sends; verlauf; historique; historial",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:read"},
    .body = handler<&get_history>()};
const ToolSpec kList{.name = "campaign.list",
                     .title = "List campaigns",
                     .description = "The workspace's campaigns, newest first.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"campaigns:read"},
                     .body = handler<&list>()};

}  // namespace

Result<Campaign> launch_campaign(ToolContext& context, const std::string& campaign_id,
                                 std::optional<Instant> start_at) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  Instant now = context.clock.now();
  Campaign c = TRY(services::get_campaign(tx, workspace, campaign_id));
  auto plan = TRY(services::latest_plan(tx, workspace, c.id));
  bool planned = plan && !plan->workflow.empty();
  if (start_at && planned && c.start_at != start_at)
    return conflict("this campaign follows a plan; change the plan (campaign.plan) to move its dates");
  if (start_at) c.start_at = start_at;
  Issues problems = TRY(services::launch_problems(tx, workspace, c, now));
  if (!problems.empty()) return issues_error("The campaign", std::move(problems));
  if (planned) {
    // A tool that changed since the plan was approved is not the tool that was approved.
    for (const auto& step : TRY(parse_json(plan->document)).value("steps", Json::array())) {
      if (!step.contains("tool")) continue;
      const ToolSpec* tool = context.tools.find(step["tool"].value("name", ""));
      bool same = tool != nullptr && json_hash(describe_tool(*tool)) == step["tool"].value("schema_hash", "");
      if (!same)
        return conflict("the tool " + step["tool"].value("name", "") +
                        " has changed since this plan was made; make the plan again");
    }
  }
  Json definition = planned ? TRY(parse_json(plan->workflow)) : services::campaign_workflow(c);
  int64_t version = planned ? plan->revision : 1;
  TRY(workflows::store_definition(tx, workspace, definition, version, now));
  workflows::StartRun start{.workflow_id = definition.value("id", ""),
                            .version = version,
                            .subject = c.id,
                            .entry_key = "launch",
                            .campaign_id = c.id,
                            .approval_id = context.approval,
                            .principal = context.principal,
                            .trace_id = context.trace_id};
  c.run_id = TRY(workflows::start_run(tx, workspace, start, now, context.ids));
  c.status = c.start_at && *c.start_at > now ? "scheduled" : "running";
  TRY(services::update_campaign(tx, workspace, c, now));
  if (planned)
    TRY(tx.execute("UPDATE plan SET status = 'running' WHERE workspace_id = $1 AND id = $2 AND revision = $3",
                   {workspace, plan->id, plan->revision}));
  TRY(services::add_history(tx, workspace, c.id, context.principal.id, c.status,
                            {{"approval", context.approval}, {"run", c.run_id}}, now));
  workflows::wake_after_commit(context);
  return c;
}

Result<ApprovalSubject> launch_approval(ToolContext& context, const std::string& campaign_id,
                                        std::optional<Instant> start_at) {
  Campaign c = TRY(services::get_campaign(context.tx(), context.workspace(), campaign_id));
  if (start_at) c.start_at = start_at;
  if (c.status == "draft") {
    // A person is not asked about something that could not be done anyway.
    Issues problems = TRY(services::launch_problems(context.tx(), context.workspace(), c, context.clock.now()));
    if (!problems.empty()) return issues_error("The campaign", std::move(problems));
  }
  return services::campaign_approval(context.tx(), context.workspace(), c);
}

ToolList campaign_tools() {
  static const ToolSpec* const list[] = {&kCreate, &kUpdate, &kSchedule,  &kExecute,    &kPause, &kResume,
                                         &kCancel, &kClone,  &kGetStatus, &kGetHistory, &kList};
  return list;
}

}  // namespace spreaders::tools
