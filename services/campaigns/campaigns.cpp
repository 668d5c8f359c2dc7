#include "services/campaigns/campaigns.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

using storage::or_null;
using storage::Tx;

namespace {

constexpr std::string_view kColumns =
    "id, name, status, objective, channel, template_id, template_version, list_id, segment_id, connection_id, run_id, "
    "start_at, end_at, budget, sandbox, rev, created_at, updated_at";

Campaign campaign_of(const storage::Row& row) {
  Campaign c;
  c.id = row[0].text();
  c.name = row[1].text();
  c.status = row[2].text();
  c.objective = row[3].text();
  c.channel = row[4].text();
  c.template_id = row[5].text_or("");
  c.template_version = row[6].integer_or(0);
  c.list_id = row[7].text_or("");
  c.segment_id = row[8].text_or("");
  c.connection_id = row[9].text_or("");
  c.run_id = row[10].text_or("");
  c.start_at = storage::optional_instant(row[11]);
  c.end_at = storage::optional_instant(row[12]);
  Json budget = parse_json(row[13].text()).value_or(Json::object());
  c.budget_minor = budget.value("amount_minor", int64_t{0});
  c.currency = budget.value("currency", "");
  c.sandbox = row[14].boolean();
  c.rev = row[15].integer();
  c.created_at = row[16].instant();
  c.updated_at = row[17].instant();
  return c;
}

std::string budget_text(const Campaign& c) {
  return c.currency.empty() ? "{}" : to_text({{"amount_minor", c.budget_minor}, {"currency", c.currency}});
}

}  // namespace

Result<void> insert_campaign(Tx& tx, const std::string& workspace, const Campaign& c) {
  TRY(tx.execute(
      "INSERT INTO campaign (workspace_id, id, name, status, objective, channel, template_id, template_version, "
      "list_id, segment_id, connection_id, start_at, end_at, budget, sandbox, created_at, updated_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)",
      {workspace, c.id, c.name, c.status, c.objective, c.channel, or_null(c.template_id), c.template_version,
       or_null(c.list_id), or_null(c.segment_id), or_null(c.connection_id), c.start_at, c.end_at, budget_text(c),
       c.sandbox, c.created_at.us}));
  return {};
}

Result<Campaign> get_campaign(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row = TRY(tx.query_one("SELECT " + std::string(kColumns) + " FROM campaign WHERE workspace_id = $1 AND id = $2",
                              {workspace, id}));
  if (!row) return not_found("there is no campaign '" + std::string(first_code_points(id, 60)) + "'");
  return campaign_of(*row);
}

Result<std::vector<Campaign>> list_campaigns(Tx& tx, const std::string& workspace, int limit,
                                             const std::string& before_id) {
  auto rows = TRY(
      tx.query("SELECT " + std::string(kColumns) +
                   " FROM campaign WHERE workspace_id = $1 AND ($2 = '' OR (created_at, id) < (SELECT created_at, id "
                   "FROM campaign WHERE workspace_id = $1 AND id = $2)) ORDER BY created_at DESC, id DESC LIMIT $3",
               {workspace, before_id, limit}));
  std::vector<Campaign> list;
  for (const auto& row : rows) list.push_back(campaign_of(row));
  return list;
}

Result<void> update_campaign(Tx& tx, const std::string& workspace, Campaign& c, Instant now) {
  int64_t changed = TRY(
      tx.execute("UPDATE campaign SET name = $1, status = $2, objective = $3, template_id = $4, template_version = $5, "
                 "list_id = $6, segment_id = $7, connection_id = $8, run_id = $9, start_at = $10, end_at = $11, "
                 "budget = $12, sandbox = $13, rev = rev + 1, updated_at = $14 WHERE workspace_id = $15 AND id = $16 "
                 "AND rev = $17",
                 {c.name, c.status, c.objective, or_null(c.template_id), c.template_version, or_null(c.list_id),
                  or_null(c.segment_id), or_null(c.connection_id), or_null(c.run_id), c.start_at, c.end_at,
                  budget_text(c), c.sandbox, now.us, workspace, c.id, c.rev}));
  if (changed == 0)
    return conflict("the campaign was changed by someone else in the meantime; look at it and try again");
  c.rev += 1;
  return {};
}

Result<void> add_history(Tx& tx, const std::string& workspace, const std::string& campaign_id, const std::string& who,
                         const std::string& what, const Json& details, Instant now) {
  TRY(
      tx.execute("INSERT INTO campaign_history (workspace_id, campaign_id, at, who, what, details) VALUES ($1, $2, $3, "
                 "$4, $5, $6)",
                 {workspace, campaign_id, now.us, who, what, to_text(details)}));
  return {};
}

Result<std::vector<HistoryEntry>> campaign_history(Tx& tx, const std::string& workspace, const std::string& campaign_id,
                                                   int limit) {
  auto rows =
      TRY(tx.query("SELECT at, who, what, details FROM campaign_history WHERE workspace_id = $1 AND campaign_id = $2 "
                   "ORDER BY id DESC LIMIT $3",
                   {workspace, campaign_id, limit}));
  std::vector<HistoryEntry> list;
  for (const auto& row : rows)
    list.push_back({row[0].instant(), row[1].text(), row[2].text(), TRY(parse_json(row[3].text()))});
  return list;
}

Result<std::optional<CampaignPlan>> latest_plan(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  auto rows =
      TRY(tx.query("SELECT id, plan_hash, status, revision, workflow, document FROM plan WHERE workspace_id = $1 AND "
                   "campaign_id = $2 ORDER BY created_at DESC, revision DESC LIMIT 1",
                   {workspace, campaign_id}));
  if (rows.empty()) return std::optional<CampaignPlan>();
  const auto& row = rows[0];
  Json document = TRY(parse_json(row[5].text()));
  const Json* text = at_pointer(document, "/goal/text");
  std::string summary = text != nullptr && text->is_string() ? "Goal: " + text->get<std::string>() : "";
  for (const auto& step : document.value("steps", Json::array())) summary += "\n- " + step.value("title", "");
  return std::optional<CampaignPlan>(CampaignPlan{row[0].text(), row[1].text(), row[2].text(), row[3].integer(),
                                                  row[4].text(), summary, row[5].text()});
}

Json campaign_workflow(const Campaign& c) {
  Json nodes = Json::object();
  std::string first = "send";
  if (c.start_at) {
    nodes["wait_start"] = {{"type", "delay"}, {"until", to_text(*c.start_at)}, {"next", "send"}};
    first = "wait_start";
  }
  Json audience = Json::object();
  if (!c.list_id.empty()) audience["list_id"] = c.list_id;
  if (!c.segment_id.empty()) audience["segment_id"] = c.segment_id;
  nodes["send"] = {
      {"type", "for_each"},
      {"audience", audience},
      {"channel", c.channel},
      {"connection", c.connection_id},
      {"campaign", c.id},
      {"payload", {{"template", c.template_id}, {"version", c.template_version}, {"transactional", false}}},
      {"next", c.end_at ? "wait_end" : "report"}};
  if (c.end_at) nodes["wait_end"] = {{"type", "delay"}, {"until", to_text(*c.end_at)}, {"next", "report"}};
  nodes["report"] = {{"type", "action"},
                     {"tool", "ai.summarizeCampaign"},
                     {"args", {{"campaign_id", c.id}}},
                     {"next", "end"},
                     {"on_fail", "end"}};
  nodes["end"] = {{"type", "end"}};
  return {{"id", "wf_" + c.id}, {"name", c.name}, {"start", first}, {"nodes", std::move(nodes)}};
}

Result<ApprovalSubject> campaign_approval(Tx& tx, const std::string& workspace, const Campaign& c) {
  auto plan = TRY(latest_plan(tx, workspace, c.id));
  if (plan && !plan->workflow.empty())
    return ApprovalSubject{"plan", plan->id, plan->hash, "Campaign '" + c.name + "'\n" + plan->summary};
  auto content =
      TRY(tx.query_one("SELECT content_hash, subject FROM template_version WHERE workspace_id = $1 AND template_id = "
                       "$2 AND version = $3",
                       {workspace, c.template_id, c.template_version}));
  // A segment is named by its rule: whoever changes the rule changes who gets mail.
  auto rule = TRY(
      tx.query_one("SELECT rule, name FROM segment WHERE workspace_id = $1 AND id = $2", {workspace, c.segment_id}));
  auto list = TRY(tx.query_one("SELECT name FROM list WHERE workspace_id = $1 AND id = $2", {workspace, c.list_id}));
  Json subject = {{"workflow", campaign_workflow(c)},
                  {"content", content ? (*content)[0].text() : ""},
                  {"rule", rule ? (*rule)[0].text() : ""},
                  {"budget", budget_text(c)}};
  std::string audience = rule   ? "segment '" + (*rule)[1].text() + "'"
                         : list ? "list '" + (*list)[0].text() + "'"
                                : "every contact with consent";
  std::string summary = "Campaign '" + c.name + "'\nSends '" + (content ? (*content)[1].text() : "") + "' by " +
                        c.channel + " to " + audience + (c.start_at ? " at " + to_text(*c.start_at) : " at once");
  return ApprovalSubject{"campaign", c.id, json_hash(subject), summary};
}

Result<Issues> launch_problems(Tx& tx, const std::string& workspace, const Campaign& c, Instant now) {
  Issues issues;
  if (c.status != "draft" && c.status != "scheduled")
    issues.push_back({"/campaign_id", "the campaign is " + c.status + "; only a draft can be started"});
  if (c.channel != "email") issues.push_back({"/channel", "only email can be sent for now"});
  if (c.template_id.empty())
    issues.push_back(
        {"/template_id",
         "the campaign has no template; make one with email.designTemplate and set it with campaign.updateContent"});
  if (c.connection_id.empty()) {
    issues.push_back({"/connection_id", "the campaign has no connection to send through"});
  } else {
    auto connection =
        TRY(tx.query_one("SELECT status, status_reason FROM connection WHERE workspace_id = $1 AND id = $2",
                         {workspace, c.connection_id}));
    if (!connection) issues.push_back({"/connection_id", "there is no such connection"});
    else if ((*connection)[0].text() != "ready" && (*connection)[0].text() != "untested")
      issues.push_back(
          {"/connection_id", "the connection is " + (*connection)[0].text() + ": " + (*connection)[1].text()});
  }
  if (c.start_at && c.start_at->us < now.us - kMinute_us)
    issues.push_back({"/start_at", to_text(*c.start_at) + " is in the past; it is now " + to_text(now)});
  if (c.start_at && c.end_at && *c.end_at <= *c.start_at) issues.push_back({"/end_at", "is not after the start"});
  return issues;
}

Result<void> campaign_ended(Tx& tx, const std::string& workspace, const std::string& run_id,
                            const std::string& run_status, Instant now) {
  auto row = TRY(tx.query_one("SELECT id FROM campaign WHERE workspace_id = $1 AND run_id = $2", {workspace, run_id}));
  if (!row) return {};
  Campaign c = TRY(get_campaign(tx, workspace, (*row)[0].text()));
  if (c.status == "cancelled") return {};
  c.status = run_status;
  TRY(update_campaign(tx, workspace, c, now));
  TRY(tx.execute("UPDATE plan SET status = $1 WHERE workspace_id = $2 AND campaign_id = $3 AND status = 'running'",
                 {run_status, workspace, c.id}));
  auto reason = TRY(tx.query_one("SELECT reason FROM run WHERE workspace_id = $1 AND id = $2", {workspace, run_id}));
  return add_history(tx, workspace, c.id, "engine", run_status, {{"reason", reason ? (*reason)[0].text() : ""}}, now);
}

Result<void> campaign_started(Tx& tx, const std::string& workspace, const std::string& run_id, Instant now) {
  TRY(
      tx.execute("UPDATE campaign SET status = 'running', updated_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND "
                 "run_id = $3 AND status = 'scheduled'",
                 {now.us, workspace, run_id}));
  return {};
}

}  // namespace spreaders::services
