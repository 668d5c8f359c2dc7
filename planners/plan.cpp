#include "planners/plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "planners/schema.hpp"

namespace spreaders::planners {

namespace {

constexpr std::string_view kPlannerVersion = "1";
constexpr int64_t kSendHour_us =
    9 * kHour_us;  // local time at which a campaign day starts unless the user says otherwise

std::string_view source_name(Source source) {
  switch (source) {
    case Source::kStated:
      return "stated";
    case Source::kAnswered:
      return "answered";
    case Source::kInferred:
      return "inferred";
    case Source::kDefault:
      return "default";
    case Source::kToolResult:
      return "tool_result";
  }
  return "inferred";
}

Json provenance(const Provenance& from) {
  Json json = {{"source", source_name(from.source)}};
  bool evidence = from.end > from.start && (from.source == Source::kStated || from.source == Source::kAnswered);
  if (evidence) json["evidence"] = {{"turn", from.turn}, {"start", from.start}, {"end", from.end}};
  if (!from.note.empty()) json["note"] = first_code_points(from.note, 300);
  return json;
}

// A span of a slot that was filled from nothing in the text.
Json assumed(std::string_view note) { return {{"source", "default"}, {"note", note}}; }

Json money(int64_t minor, const std::string& currency) { return {{"amount_minor", minor}, {"currency", currency}}; }

Json range(double low, double mid, double high, std::string_view basis) {
  return {{"low", low}, {"mid", mid}, {"high", high}, {"basis", basis}};
}

struct Days {
  Date start, end;
};

std::optional<Days> days_of(const Brief& brief) {
  if (!brief.schedule) return std::nullopt;
  const Schedule& schedule = brief.schedule->value;
  Date end = schedule.end.value_or(add_days(schedule.start, std::max(schedule.duration_days.value_or(1), 1) - 1));
  return Days{schedule.start, end};
}

// The whole budget: a weekly one times the weeks.
int64_t total_minor(const Budget& budget, const std::optional<Days>& days) {
  int64_t length = days ? days_between(days->start, days->end) + 1 : 1;
  if (budget.period == "day") return budget.money.amount_minor * length;
  if (budget.period == "week") return budget.money.amount_minor * ((length + 6) / 7);
  if (budget.period == "month") return budget.money.amount_minor * ((length + 29) / 30);
  return budget.money.amount_minor;
}

Json brief_json(const Brief& brief, const PlanFacts& facts, const std::optional<Days>& days) {
  Json out = Json::object();
  out["objective"] =
      brief.objective ? Json{{"value", brief.objective->value}, {"from", provenance(brief.objective->from)}} : Json();
  out["offer"] =
      brief.offer ? Json{{"value", first_code_points(brief.offer->value, 500)}, {"from", provenance(brief.offer->from)}}
                  : Json();
  if (brief.audience) {
    const Audience& audience = brief.audience->value;
    Json include = Json::array();
    if (!facts.audience_id.empty()) include.push_back(facts.audience_id);
    Json exclude = Json::array({"unsubscribed"});
    for (const auto& word : audience.exclude) exclude.push_back(first_code_points(word, 200));
    double reach = static_cast<double>(facts.audience_reachable);
    out["audience"] = {
        {"description",
         first_code_points(audience.description.empty() ? "everyone with consent" : audience.description, 500)},
        {"segment_rule", facts.audience_name.empty()
                             ? Json()
                             : Json("in \"" + facts.audience_name + "\" and consent email = opted_in")},
        {"include", include},
        {"exclude", exclude},
        {"consent", "opted_in"},
        {"size",
         facts.audience_size > 0 ? range(reach, reach, static_cast<double>(facts.audience_size), "measured") : Json()},
        {"min_age", audience.min_age ? Json(*audience.min_age) : Json()},
        {"from", provenance(brief.audience->from)}};
  } else {
    out["audience"] = nullptr;
  }
  out["channels"] = Json::array();
  for (const auto& channel : brief.channels)
    out["channels"].push_back({{"value", channel.value}, {"from", provenance(channel.from)}});
  if (!brief.excluded_channels.empty()) out["excluded_channels"] = brief.excluded_channels;
  out["schedule"] = days ? Json{{"start", to_text(days->start)},
                                {"end", to_text(days->end)},
                                {"from", provenance(brief.schedule->from)}}
                         : Json();
  if (days && brief.schedule->value.event_at) {
    if (auto at = to_instant(*brief.schedule->value.event_at, 0, facts.zone); at.ok())
      out["schedule"]["event_at"] = to_text(*at);
  }
  out["kpis"] = Json::array();
  for (const auto& kpi : brief.kpis)
    out["kpis"].push_back({{"metric", kpi.metric},
                           {"target", kpi.target},
                           {"unit", kpi.unit},
                           {"cmp", kpi.cmp},
                           {"baseline", nullptr},
                           {"from", provenance(kpi.from)}});
  if (brief.tone) out["tone"] = first_code_points(*brief.tone, 80);
  out["language"] = brief.language;
  return out;
}

// Stated shares, else equal ones; the remainder goes to the first so that the sum is exact.
Json allocations(const Brief& brief, int64_t total, const std::string& currency) {
  Json list = Json::array();
  if (total == 0 || brief.channels.empty()) return list;
  std::vector<std::string> paid;
  for (const auto& channel : brief.channels) {
    if (channel.value.ends_with("_ads")) paid.push_back(channel.value);
  }
  if (paid.empty()) {
    for (const auto& channel : brief.channels) paid.push_back(channel.value);
  }
  int64_t stated_sum = 0;
  for (const auto& [channel, minor] : brief.allocations) stated_sum += minor;
  if (!brief.allocations.empty() && stated_sum == total) {
    for (const auto& [channel, minor] : brief.allocations)
      list.push_back({{"channel", channel}, {"amount", money(minor, currency)}, {"basis", "stated"}});
    return list;
  }
  auto count = static_cast<int64_t>(paid.size());
  for (int64_t i = 0; i < count; ++i) {
    list.push_back({{"channel", paid[static_cast<size_t>(i)]},
                    {"amount", money(total / count + (i < total % count ? 1 : 0), currency)},
                    {"basis", "equal"}});
  }
  return list;
}

Json budget_json(const Brief& brief, const std::optional<Days>& days) {
  if (!brief.budget) {
    Json from = brief.no_spend ? Json{{"source", "stated"}} : assumed("no budget was named: nothing is spent");
    return {{"total", nullptr}, {"spend_allowed", false}, {"allocations", Json::array()}, {"from", from}};
  }
  const Budget& budget = brief.budget->value;
  int64_t total = total_minor(budget, days);
  return {{"total", money(total, budget.money.currency)},
          {"period", "total"},
          {"spend_allowed", total > 0},
          {"allocations", allocations(brief, total, budget.money.currency)},
          {"from", provenance(brief.budget->from)}};
}

struct StepDraft {
  std::string id, title, kind;
  std::string tool = {}, risk = "R0_read", reversible = "yes", mode = "none", why = {};
  Json args = Json::object();
  std::vector<std::string> depends_on = {}, reads = {}, writes = {}, reasons = {};
  std::string connection = {}, content_brief = {};
  Json schedule = nullptr;
};

Json step_json(const StepDraft& draft, const PlanFacts& facts) {
  Json step = {{"id", draft.id}, {"title", first_code_points(draft.title, 160)}, {"kind", draft.kind}};
  if (draft.kind == "tool") {
    step["tool"] = {
        {"server", "spreaders"},
        {"name", draft.tool},
        {"schema_hash", facts.schema_hash ? facts.schema_hash(draft.tool) : "sha256:" + std::string(64, '0')}};
    if (!draft.connection.empty()) step["connection"] = draft.connection;
    step["args"] = draft.args;
  }
  step["depends_on"] = draft.depends_on;
  if (!draft.schedule.is_null()) step["schedule"] = draft.schedule;
  step["risk"] = {{"class", draft.risk}, {"reversible", draft.reversible}, {"reasons", draft.reasons}};
  if (draft.risk >= "R3") step["risk"]["reach"] = facts.audience_reachable;
  step["approval"] = {{"mode", draft.mode}};
  if (draft.mode != "none") step["approval"]["expires_in_s"] = 259'200;
  if (!draft.why.empty()) step["approval"]["why"] = draft.why;
  if (draft.kind == "tool") {
    step["timeout_ms"] = 30'000;
    step["retry"] = {{"max_attempts", 5}, {"backoff_ms", 2'000}, {"on", {"timeout", "connection", "429", "5xx"}}};
    step["on_error"] = "fail";
    step["labels"] = {{"reads", draft.reads}, {"writes", draft.writes}};
  }
  if (!draft.content_brief.empty()) step["content_brief"] = draft.content_brief;
  return step;
}

void add_email_steps(Json& plan, const PlanFacts& facts, const Days& days, const std::string& start_at,
                     const std::string& end_at) {
  auto& steps = plan["steps"];
  std::string count = std::to_string(facts.audience_reachable);
  steps.push_back(step_json({.id = "approve",
                             .title = "You approve the email '" + facts.subject + "' and its audience",
                             .kind = "approval",
                             .mode = "plan",
                             .why = "last look before anything is sent"},
                            facts));
  steps.push_back(step_json({.id = "wait_start",
                             .title = "Wait until " + to_text(days.start) + " 09:00 (" + facts.zone + ")",
                             .kind = "wait",
                             .depends_on = {"approve"},
                             .schedule = {{"at", start_at}}},
                            facts));
  steps.push_back(step_json({.id = "send",
                             .title = "Send the email to " + count + " people",
                             .kind = "tool",
                             .tool = "email_sendCampaign",
                             .risk = "R3_public_or_send",
                             .reversible = "no",
                             .mode = "plan",
                             .why = "a sent email cannot be recalled",
                             .args = {{"campaign_id", facts.campaign_id}},
                             .depends_on = {"wait_start"},
                             .reads = {"campaign_data", "personal_data"},
                             .writes = {"named_recipients"},
                             .reasons = {"cannot be recalled after sending"},
                             .connection = facts.connection_id,
                             .content_brief = "cb_1"},
                            facts));
  steps.push_back(step_json({.id = "wait_end",
                             .title = "Wait until the campaign ends on " + to_text(days.end),
                             .kind = "wait",
                             .depends_on = {"send"},
                             .schedule = {{"at", end_at}}},
                            facts));
  steps.push_back(step_json({.id = "report",
                             .title = "Report opens, clicks and orders",
                             .kind = "tool",
                             .tool = "ai_summarizeCampaign",
                             .args = {{"campaign_id", facts.campaign_id}},
                             .depends_on = {"wait_end"},
                             .reads = {"campaign_data"},
                             .writes = {"internal"}},
                            facts));
  for (auto& step : steps) {
    if (step["kind"] == "tool") step["idempotency_key"] = step_key(plan, step);
  }
}

void add_other_channel_notes(Json& plan, const Brief& brief, const PlanFacts& facts) {
  for (const auto& channel : brief.channels) {
    if (channel.value == "email") continue;
    plan["steps"].push_back(
        step_json({.id = "by_hand_" + channel.value,
                   .title = "Publish on " + channel.value + " yourself: this version cannot do it for you",
                   .kind = "note"},
                  facts));
    plan["policy"]["findings"].push_back(
        {{"rule", "channels.not_connected"},
         {"severity", "warn"},
         {"message", "This version sends email only; " + channel.value + " is left to you."}});
  }
}

Json question_json(const Question& question, size_t number) {
  Json json = {{"id", "q_" + std::to_string(number)},
               {"slot", question.slot},
               {"kind", question.kind},
               {"prompt", first_code_points(question.prompt, 400)},
               {"required", question.fallback.empty()}};
  if (!question.choices.empty()) {
    json["choices"] = Json::array();
    for (size_t i = 0; i < std::min<size_t>(8, question.choices.size()); ++i)
      json["choices"].push_back(first_code_points(question.choices[i], 120));
  }
  if (!question.fallback.empty()) json["default"] = question.fallback;
  return json;
}

void finish(Json& plan, const Understanding& understanding, bool executable) {
  bool refused = understanding.outcome == Outcome::kRefuse;
  bool flagged = understanding.outcome == Outcome::kFlag;
  plan["policy"]["verdict"] = refused ? "refuse" : flagged ? "needs_review" : "allow";
  if (refused || flagged) plan["steps"] = Json::array();
  plan["status"] = refused || flagged                                                     ? "blocked"
                   : !plan["questions"].empty() && understanding.outcome == Outcome::kAsk ? "needs_input"
                   : executable                                                           ? "ready"
                                                                                          : "draft";
  if (plan["status"] != "ready") plan["limits"]["max_messages"] = 0;
  plan["plan_hash"] = plan_hash_of(plan);
}

// Who made the plan, when, from which words.
Json plan_head(const Brief& brief, const PlanFacts& facts) {
  Json plan = {{"schema", "spreaders.plan/1"},
               {"plan_id", facts.plan_id},
               {"revision", facts.revision},
               {"parent_hash", facts.parent_hash.empty() ? Json() : Json(facts.parent_hash)},
               {"plan_hash", ""},
               {"tenant", facts.tenant},
               {"created_at", to_text(facts.now)},
               {"now", to_text(facts.now)},
               {"tz", facts.zone},
               {"planner", {{"kind", facts.planner_kind}, {"version", kPlannerVersion}}},
               {"status", "draft"},
               {"goal",
                {{"text", first_code_points(facts.turns.empty() ? "" : facts.turns[0], 8000)},
                 {"locale", brief.language},
                 {"source", facts.source}}}};
  if (!facts.planner_model.empty()) plan["planner"]["model"] = facts.planner_model;
  if (!facts.planner_provider.empty()) plan["planner"]["provider"] = facts.planner_provider;
  return plan;
}

Json estimates(const PlanFacts& facts, bool email) {
  const double reach = static_cast<double>(facts.audience_reachable);
  const double cost = reach * facts.cost_per_message;
  return {{"reach", email && facts.audience_size > 0 ? range(reach, reach, reach, "measured") : Json()},
          {"cost", email ? range(cost, cost, cost, facts.cost_per_message > 0 ? "assumption" : "measured") : Json()},
          {"messages", email ? Json(facts.audience_reachable) : Json()},
          {"risk", facts.audience_reachable > 10'000 ? "high"
                   : email                           ? "medium"
                                                     : "low"}};
}

Json policy(const Brief& brief) {
  Json findings = Json::array();
  for (const auto& finding : brief.findings)
    findings.push_back(
        {{"rule", finding.rule}, {"severity", finding.severity}, {"message", first_code_points(finding.message, 400)}});
  return {{"version", "1"}, {"verdict", "allow"}, {"findings", findings}};
}

Json email_content(const Brief& brief, const PlanFacts& facts) {
  return {{"id", "cb_1"},
          {"channel", "email"},
          {"format", "html email"},
          {"message", first_code_points(brief.offer ? brief.offer->value : facts.subject, 1000)},
          {"language", brief.language},
          {"must_include", {first_code_points(facts.subject, 200)}},
          {"assets", {facts.template_id + "@" + std::to_string(facts.template_version), facts.template_hash}},
          {"variants", 1}};
}

// "From today" means as soon as it is approved; any other day starts in the morning of the user's zone.
void add_email_run(Json& plan, const PlanFacts& facts, const Days& days) {
  Instant start = to_instant(days.start, kSendHour_us, facts.zone).value_or(facts.now);
  Instant end = to_instant(add_days(days.end, 1), 0, facts.zone).value_or(facts.now + kDay_us);
  if (start < facts.now) start = facts.now;
  if (end <= start) end = start + kDay_us;
  plan["limits"]["deadline"] = to_text(end + 7 * kDay_us);
  add_email_steps(plan, facts, days, to_text(start), to_text(end));
}

// What a schema cannot say: the order of steps, keys and hashes that can be made again, sums, excluded channels.
Issues check_invariants(const Json& plan) {
  Issues issues;
  std::set<std::string> seen;
  std::set<std::string> keys;
  const Json& steps = plan["steps"];
  for (size_t i = 0; i < steps.size(); ++i) {
    const Json& step = steps[i];
    std::string at = "/steps/" + std::to_string(i);
    for (const auto& before : step["depends_on"]) {
      if (!seen.contains(before))
        issues.push_back({at + "/depends_on", "'" + before.get<std::string>() + "' is not an earlier step"});
    }
    if (!seen.insert(step.value("id", "")).second) issues.push_back({at + "/id", "occurs twice"});
    if (step.value("kind", "") != "tool") continue;
    if (step.value("idempotency_key", "") != step_key(plan, step))
      issues.push_back({at + "/idempotency_key", "does not belong to this step"});
    if (!keys.insert(step.value("idempotency_key", "")).second)
      issues.push_back({at + "/idempotency_key", "occurs twice"});
    std::string risk = step["risk"].value("class", "");
    if (risk >= "R3" && step["approval"].value("mode", "none") == "none")
      issues.push_back({at + "/approval", "a step of " + risk + " needs an approval"});
  }
  if (!plan["budget"]["total"].is_null()) {
    int64_t sum = 0;
    for (const auto& part : plan["budget"]["allocations"]) sum += part["amount"].value("amount_minor", int64_t{0});
    if (!plan["budget"]["allocations"].empty() && sum != plan["budget"]["total"].value("amount_minor", int64_t{0}))
      issues.push_back({"/budget/allocations", "do not sum up to the total"});
    double cost = plan["estimates"]["cost"].is_null() ? 0 : plan["estimates"]["cost"].value("high", 0.0);
    double total = to_major(plan["budget"]["total"].value("amount_minor", int64_t{0}),
                            plan["budget"]["total"].value("currency", "USD"));
    if (cost > total) issues.push_back({"/estimates/cost", "is over the budget"});
  }
  const Json excluded = plan["brief"].value("excluded_channels", Json::array());
  for (const auto& channel : plan["brief"]["channels"]) {
    if (std::find(excluded.begin(), excluded.end(), channel["value"]) != excluded.end())
      issues.push_back({"/brief/channels", "uses the excluded channel " + channel["value"].get<std::string>()});
  }
  if (plan.value("plan_hash", "") != plan_hash_of(plan))
    issues.push_back({"/plan_hash", "is not the hash of this plan"});
  return issues;
}

}  // namespace

std::string money_text(int64_t minor, std::string_view currency) {
  int digits = minor_digits(currency);
  int64_t unit = std::llround(std::pow(10, digits));
  std::string text = std::to_string(minor / unit);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<size_t>(at), ",");
  if (minor % unit != 0) {
    std::string rest = std::to_string(minor % unit);
    text += "." + std::string(static_cast<size_t>(digits) - rest.size(), '0') + rest;
  }
  return text + " " + std::string(currency);
}

std::string plan_hash_of(const Json& plan) {
  return json_hash({{"brief", plan["brief"]},
                    {"budget", plan["budget"]},
                    {"steps", plan["steps"]},
                    {"content_briefs", plan["content_briefs"]},
                    {"limits", plan["limits"]}});
}

std::string step_key(const Json& plan, const Json& step) {
  std::string text = plan.value("tenant", "") + "|" + plan.value("plan_id", "") + "|" + step.value("id", "") + "|" +
                     step["tool"].value("name", "") + "|" + canonical_json(step.value("args", Json::object()));
  return "idk_" + hex(sha256(text)).substr(0, 32);
}

Json build_plan(const Understanding& understanding, const PlanFacts& facts) {
  const Brief& brief = understanding.brief;
  const auto days = days_of(brief);
  const bool email = std::any_of(brief.channels.begin(), brief.channels.end(),
                                 [](const auto& channel) { return channel.value == "email"; });
  Json plan = plan_head(brief, facts);
  plan["brief"] = brief_json(brief, facts, days);
  plan["budget"] = budget_json(brief, days);
  plan["estimates"] = estimates(facts, email);
  plan["steps"] = Json::array();
  plan["questions"] = Json::array();
  for (const auto& question : understanding.questions)
    plan["questions"].push_back(question_json(question, plan["questions"].size() + 1));
  plan["credential_requests"] = Json::array();
  plan["content_briefs"] = Json::array();
  plan["policy"] = policy(brief);
  plan["limits"] = {{"max_spend", plan["budget"]["total"]},
                    {"max_tool_calls", 100},
                    {"max_messages", facts.audience_reachable},
                    {"deadline", to_text(facts.now + 400 * kDay_us)}};
  plan["approvals"] = Json::array();
  if (email && !facts.template_id.empty()) plan["content_briefs"].push_back(email_content(brief, facts));
  const bool executable = email && days && !facts.campaign_id.empty() && !facts.template_id.empty() &&
                          !facts.connection_id.empty() && facts.audience_reachable > 0;
  if (executable) add_email_run(plan, facts, *days);
  add_other_channel_notes(plan, brief, facts);
  finish(plan, understanding, executable);
  return plan;
}

Issues check_plan(const Json& plan) {
  Issues issues = check_schema(plan_schema(), plan);
  return issues.empty() ? check_invariants(plan) : issues;  // the invariants read members that the schema demands
}

Result<Json> compile_plan(const Json& plan) {
  if (plan.value("status", "") != "ready" && plan.value("status", "") != "approved")
    return conflict("the plan is " + plan.value("status", "?") + "; only a plan that is ready can be run");
  // Its form was checked when it was made, and its hash says that it is still that plan.
  if (Issues issues = check_invariants(plan); !issues.empty()) return issues_error("The plan", std::move(issues));
  std::string audience;
  const Json* include = at_pointer(plan, "/brief/audience/include/0");
  if (include != nullptr) audience = include->get<std::string>();
  const Json* asset = at_pointer(plan, "/content_briefs/0/assets/0");
  if (asset == nullptr) return conflict("the plan has no content");
  std::string content = asset->get<std::string>();
  size_t at = content.find('@');
  Json nodes = Json::object();
  std::vector<const Json*> run;
  for (const auto& step : plan["steps"]) {
    if (step["kind"] == "tool" || step["kind"] == "wait") run.push_back(&step);
  }
  for (size_t i = 0; i < run.size(); ++i) {
    const Json& step = *run[i];
    std::string next = i + 1 < run.size() ? run[i + 1]->value("id", "") : "end";
    std::string id = step.value("id", "");
    if (step["kind"] == "wait") {
      nodes[id] = {{"type", "delay"}, {"until", step["schedule"]["at"]}, {"next", next}};
    } else if (step["tool"]["name"] == "email_sendCampaign") {
      Json who = Json::object();
      if (!audience.empty()) who[audience.starts_with("seg_") ? "segment_id" : "list_id"] = audience;
      nodes[id] = {{"type", "for_each"},
                   {"audience", who},
                   {"channel", "email"},
                   {"connection", step["connection"]},
                   {"campaign", step["args"]["campaign_id"]},
                   {"payload",
                    {{"template", content.substr(0, at)},
                     {"version", std::stoll(content.substr(at + 1))},
                     {"transactional", false}}},
                   {"next", next}};
    } else {
      std::string tool = step["tool"].value("name", "");
      tool[tool.find('_')] = '.';
      nodes[id] = {{"type", "action"},
                   {"tool", tool},
                   {"args", step["args"]},
                   {"retry", {{"max", step["retry"]["max_attempts"].get<int>() - 1}, {"base_s", 2}, {"cap_s", 600}}},
                   {"next", next}};
    }
  }
  nodes["end"] = {{"type", "end"}};
  const Json* name = at_pointer(plan, "/goal/text");
  return Json{{"id", "wf_" + plan.value("plan_id", "")},
              {"name", first_code_points(name->get_ref<const std::string&>(), 120)},
              {"start", run.front()->value("id", "")},
              {"nodes", std::move(nodes)}};
}

Json diff_plans(const Json& before, const Json& after) {
  Json diff = {{"from_revision", before.value("revision", 0)},
               {"to_revision", after.value("revision", 0)},
               {"changed", Json::array()},
               {"steps_added", Json::array()},
               {"steps_removed", Json::array()},
               {"steps_changed", Json::array()}};
  const std::pair<const char*, const char*> slots[] = {{"/brief/objective/value", "objective"},
                                                       {"/brief/offer/value", "offer"},
                                                       {"/brief/audience/description", "audience"},
                                                       {"/brief/audience/include", "audience list"},
                                                       {"/brief/channels", "channels"},
                                                       {"/brief/schedule/start", "start"},
                                                       {"/brief/schedule/end", "end"},
                                                       {"/budget/total", "budget"},
                                                       {"/brief/kpis", "goals"},
                                                       {"/content_briefs/0/must_include", "subject"},
                                                       {"/estimates/messages", "messages"},
                                                       {"/status", "status"}};
  auto plain = [](const Json* value) {
    if (value == nullptr || value->is_null()) return Json("none");
    Json text = Json::array();
    if (value->is_array()) {
      for (const auto& item : *value) {
        if (item.contains("metric"))
          text.push_back(item.value("metric", "") + " " + item.value("cmp", "") + " " + to_text(item["target"]) +
                         (item.value("unit", "") == "percent" ? " %" : ""));
        else text.push_back(item.is_object() && item.contains("value") ? item["value"] : item);
      }
      std::string joined;
      for (const auto& item : text)
        joined += (joined.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : to_text(item));
      return Json(joined);
    }
    if (value->is_object() && value->contains("amount_minor"))
      return Json(money_text(value->value("amount_minor", int64_t{0}), value->value("currency", "")));
    return *value;
  };
  for (const auto& [pointer, name] : slots) {
    Json a = plain(at_pointer(before, pointer));
    Json b = plain(at_pointer(after, pointer));
    if (a != b) diff["changed"].push_back({{"what", name}, {"from", a}, {"to", b}});
  }
  std::map<std::string, const Json*> old;
  for (const auto& step : before["steps"]) old[step.value("id", "")] = &step;
  for (const auto& step : after["steps"]) {
    auto found = old.find(step.value("id", ""));
    if (found == old.end()) diff["steps_added"].push_back(step["title"]);
    else if (canonical_json(*found->second) != canonical_json(step)) diff["steps_changed"].push_back(step["title"]);
    if (found != old.end()) old.erase(found);
  }
  for (const auto& [id, step] : old) diff["steps_removed"].push_back((*step)["title"]);
  return diff;
}

std::string diff_text(const Json& diff) {
  std::string out;
  auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : to_text(value); };
  for (const auto& change : diff["changed"])
    out += "  " + change["what"].get<std::string>() + ": " + text(change["from"]) + " -> " + text(change["to"]) + "\n";
  for (const auto& title : diff["steps_added"]) out += "  + " + text(title) + "\n";
  for (const auto& title : diff["steps_removed"]) out += "  - " + text(title) + "\n";
  if (out.empty()) out = "  nothing changed\n";
  return out;
}

}  // namespace spreaders::planners
