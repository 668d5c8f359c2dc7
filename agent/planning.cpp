#include "agent/planning.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "planners/llm/redact.hpp"
#include "planners/llm/understand.hpp"

namespace spreaders::agent {

using planners::Outcome;
using storage::Scope;
using storage::Tx;

namespace {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPlan:
      return "plan";
    case Outcome::kAsk:
      return "ask";
    case Outcome::kRefuse:
      return "refuse";
    case Outcome::kFlag:
      return "flag";
  }
  return "ask";
}

Result<Json> call_tool(ToolContext& context, const std::string& name, Json arguments, const std::string& key = "") {
  return context.tools.call({.name = name,
                             .arguments = std::move(arguments),
                             .principal = context.principal,
                             .idempotency_key = key,
                             .trace_id = context.trace_id,
                             .stop = context.stop});
}

struct StoredPlan {
  Json document;
  std::vector<std::string> turns;
  std::string campaign_id, status;
  int64_t revision = 1;
};

Result<StoredPlan> load(ToolContext& context, const std::string& plan_id) {
  return context.part<storage::Storage>().read(Scope::of(context.workspace()), [&](Tx& tx) -> Result<StoredPlan> {
    auto rows =
        TRY(tx.query("SELECT document, turns, campaign_id, status, revision FROM plan WHERE workspace_id = $1 AND id = "
                     "$2 ORDER BY revision DESC LIMIT 1",
                     {context.workspace(), plan_id}));
    if (rows.empty()) return not_found("there is no plan '" + std::string(first_code_points(plan_id, 60)) + "'");
    StoredPlan stored{
        TRY(parse_json(rows[0][0].text())), {}, rows[0][2].text_or(""), rows[0][3].text(), rows[0][4].integer()};
    for (const auto& turn : TRY(parse_json(rows[0][1].text()))) stored.turns.push_back(turn);
    return stored;
  });
}

Result<void> store(ToolContext& context, const Json& plan, const std::vector<std::string>& turns,
                   const std::string& campaign_id) {
  std::string workflow;
  if (plan.value("status", "") == "ready") workflow = to_text(TRY(planners::compile_plan(plan)));
  Json said = turns;
  return context.part<storage::Storage>().write(Scope::of(context.workspace()), [&](Tx& tx) -> Result<void> {
    TRY(tx.execute(
        "INSERT INTO plan (workspace_id, id, revision, plan_hash, status, document, turns, campaign_id, workflow, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {context.workspace(), plan["plan_id"].get<std::string>(), plan["revision"].get<int64_t>(),
         plan["plan_hash"].get<std::string>(), plan["status"].get<std::string>(), to_text(plan), to_text(said),
         campaign_id.empty() ? storage::Value() : storage::Value(campaign_id), workflow, context.clock.now().us}));
    // A new revision ends what was approved of the one before, even if nothing in it changed.
    TRY(
        tx.execute("UPDATE approval SET state = 'revoked' WHERE workspace_id = $1 AND subject = 'plan' AND subject_id "
                   "= $2 AND state IN ('pending', 'approved')",
                   {context.workspace(), plan["plan_id"].get<std::string>()}));
    return {};
  });
}

// "change the subject to ..." is about the mail, not about the brief.
std::string wanted_subject(const std::vector<std::string>& turns) {
  for (size_t i = turns.size(); i-- > 1;) {
    std::string lower = lower_ascii(turns[i]);
    size_t at = lower.find("subject");
    if (at == std::string::npos) continue;
    for (std::string_view word : {" to ", ": ", " should be ", " as "}) {
      size_t from = lower.find(word, at);
      if (from == std::string::npos) continue;
      std::string subject(trim(std::string_view(turns[i]).substr(from + word.size())));
      for (std::string_view quote : {"\"", "'", "“", "”", "."}) {
        if (subject.starts_with(quote)) subject.erase(0, quote.size());
        if (subject.ends_with(quote)) subject.erase(subject.size() - quote.size());
      }
      if (!subject.empty()) return std::string(first_code_points(subject, 150));
    }
  }
  return "";
}

bool same_content_brief(const Json& before, const planners::Brief& brief) {
  auto text = [&](const char* pointer) {
    const Json* value = at_pointer(before, pointer);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  };
  return text("/brief/offer/value") == std::string(first_code_points(brief.offer ? brief.offer->value : "", 500)) &&
         text("/brief/objective/value") == (brief.objective ? brief.objective->value : "") &&
         text("/brief/language") == brief.language;
}

// Turns what was a plan into a question; the answer says so too, not "here is a plan".
void ask_first(planners::Understanding& read, planners::Question question) {
  read.reply = question.prompt;
  read.questions.insert(read.questions.begin(), std::move(question));
  if (read.questions.size() > kPlanQuestionsMax) read.questions.resize(kPlanQuestionsMax);
  read.outcome = Outcome::kAsk;
}

// Fills in who it goes to. An audience nobody can find becomes a question, never a guess.
Result<void> find_audience(ToolContext& context, planners::Understanding& read, planners::PlanFacts& facts) {
  const auto& audience = read.brief.audience;
  std::string words = audience ? audience->value.list.value_or(audience->value.description) : "";
  auto found = call_tool(context, "audience.resolve", {{"name", std::string(first_code_points(words, 300))}});
  if (!found.ok() && (found.error().code == Code::kNotFound || found.error().code == Code::kInvalidArgument)) {
    Json lists = TRY(call_tool(context, "audience.listAudiences", Json::object()));
    planners::Question question{
        "audience",
        "ambiguous",
        "Which of your audiences do you mean by '" + std::string(first_code_points(words, 120)) + "'?",
        {},
        ""};
    for (const auto& one : lists["audiences"]) question.choices.push_back(one.value("name", ""));
    if (question.choices.empty())
      question.prompt =
          "You have no contacts yet. Import some (in the chat: `import people.csv`; elsewhere: "
          "audience.importContacts). Who should get this?";
    ask_first(read, std::move(question));
    return {};
  }
  if (!found.ok()) return found.error();
  facts.audience_id = found->value("audience_id", "");
  facts.audience_name = found->value("name", "");
  facts.audience_size = found->value("size", int64_t{0});
  facts.audience_reachable = found->value("reachable_by_email", int64_t{0});
  if (facts.audience_reachable == 0)
    ask_first(read, {"consent",
                     "missing",
                     "Nobody in '" + facts.audience_name + "' has given consent for email. Who else should get this?",
                     {},
                     ""});
  return {};
}

Result<void> make_content(ToolContext& context, const planners::Understanding& read, const Json& before,
                          const std::vector<std::string>& turns, planners::PlanFacts& facts, std::string& note) {
  std::string subject = wanted_subject(turns);
  const Json* asset = before.is_null() ? nullptr : at_pointer(before, "/content_briefs/0/assets/0");
  const Json* old_subject = before.is_null() ? nullptr : at_pointer(before, "/content_briefs/0/must_include/0");
  bool keep = asset != nullptr && old_subject != nullptr && same_content_brief(before, read.brief) &&
              (subject.empty() || subject == *old_subject);
  if (keep) {
    std::string text = asset->get<std::string>();
    facts.template_id = text.substr(0, text.find('@'));
    facts.template_version = std::stoll(text.substr(text.find('@') + 1));
    facts.template_hash = at_pointer(before, "/content_briefs/0/assets/1")->get<std::string>();
    facts.subject = old_subject->get<std::string>();
    return {};
  }
  Json args = {{"offer", std::string(first_code_points(read.brief.offer ? read.brief.offer->value : "our news", 500))},
               {"objective", read.brief.objective ? read.brief.objective->value : "awareness"},
               {"language", read.brief.language}};
  if (read.brief.tone) args["tone"] = std::string(first_code_points(*read.brief.tone, 80));
  Json content = TRY(call_tool(context, "ai.generateContent", args));
  if (std::string about = content.value("note", ""); !about.empty()) note += (note.empty() ? "" : " ") + about;
  if (!subject.empty()) content["subject"] = subject;
  std::string name = std::string(first_code_points(content.value("name", "Email"), 150)) + " (" +
                     facts.plan_id.substr(facts.plan_id.size() - 6) + ")";
  Json made = TRY(call_tool(context, "email.designTemplate",
                            {{"name", name},
                             {"subject", content["subject"]},
                             {"html", content["html"]},
                             {"preheader", content["preheader"]}}));
  facts.template_id = made.value("template_id", "");
  facts.template_version = made.value("version", int64_t{1});
  facts.template_hash = json_hash(content);
  facts.subject = made.value("subject", "");
  return {};
}

Result<void> make_campaign(ToolContext& context, const planners::Understanding& read, const std::string& campaign_id,
                           planners::PlanFacts& facts) {
  const auto& schedule = read.brief.schedule->value;
  Json args = {
      {"name", std::string(first_code_points(read.brief.offer ? read.brief.offer->value : facts.subject, 150))},
      {"template_id", facts.template_id}};
  if (facts.audience_id.starts_with("seg_")) args["segment_id"] = facts.audience_id;
  else if (!facts.audience_id.empty()) args["list_id"] = facts.audience_id;
  // The plan's own times are what runs; these are for everyone who looks at the campaign.
  Instant start = to_instant(schedule.start, 9 * kHour_us, facts.zone).value_or(facts.now);
  Date last = schedule.end.value_or(add_days(schedule.start, std::max(schedule.duration_days.value_or(1), 1) - 1));
  Instant end = to_instant(add_days(last, 1), 0, facts.zone).value_or(facts.now);
  if (start > facts.now) args["start_at"] = to_text(start);
  if (end > start && end > facts.now) args["end_at"] = to_text(end);
  std::string key = facts.plan_id + ":campaign";
  Json made;
  if (campaign_id.empty()) {
    if (read.brief.objective) args["objective"] = read.brief.objective->value;
    if (read.brief.budget) {
      args["budget_amount"] =
          to_major(read.brief.budget->value.money.amount_minor, read.brief.budget->value.money.currency);
      args["budget_currency"] = read.brief.budget->value.money.currency;
    }
    made = TRY(call_tool(context, "campaign.create", args, key));
  } else {
    args["campaign_id"] = campaign_id;
    args["template_version"] = facts.template_version;
    made = TRY(call_tool(context, "campaign.updateContent", args));
  }
  facts.campaign_id = made.value("campaign_id", "");
  facts.connection_id = made.value("connection_id", "");
  facts.sandbox = made.value("sandbox", false);
  return {};
}

PlanAnswer answer_of(const Json& plan, const planners::Understanding& read, const std::string& campaign_id,
                     std::string note) {
  PlanAnswer answer;
  answer.plan_id = plan.value("plan_id", "");
  answer.revision = plan.value("revision", int64_t{1});
  answer.status = plan.value("status", "");
  answer.outcome = outcome_name(read.outcome);
  answer.reply = read.reply;
  answer.card = planners::plan_card(plan);
  answer.campaign_id = campaign_id;
  for (const auto& question : read.questions) answer.questions.push_back(question.prompt);
  answer.note = std::move(note);
  answer.plan = plan;
  return answer;
}

struct Origin {
  std::string plan_id, zone, source, campaign_id;
  int64_t revision = 1;
  Json before;
};

Result<PlanAnswer> make_plan(ToolContext& context, std::vector<std::string> turns, const Origin& origin) {
  std::string note;
  for (auto& turn : turns) {
    auto clean = planners::llm::redact_secrets(turn);
    for (const auto& found : clean.found)
      note += "A " + found.kind +
              " was in your text. It was taken out and not stored; revoke it, and connect services through a "
              "connection instead. ";
    turn = clean.text;
  }
  Reading reading = TRY(read_goal(context, turns, origin.zone));
  auto& read = reading.understanding;
  note += reading.note;
  planners::PlanFacts facts{.plan_id = origin.plan_id,
                            .tenant = "ten_" + context.workspace().substr(context.workspace().find('_') + 1),
                            .revision = origin.revision,
                            .now = context.clock.now(),
                            .zone = origin.zone,
                            .turns = turns,
                            .source = origin.source};
  if (!origin.before.is_null()) facts.parent_hash = origin.before.value("plan_hash", "");
  if (!reading.model.empty())
    facts.planner_kind = "llm", facts.planner_model = reading.model, facts.planner_provider = reading.provider;
  facts.schema_hash = [&](std::string_view name) {
    const ToolSpec* spec = context.tools.find(name);
    return spec == nullptr ? "sha256:" + std::string(64, '0') : json_hash(describe_tool(*spec));
  };
  bool email = std::any_of(read.brief.channels.begin(), read.brief.channels.end(),
                           [](const auto& channel) { return channel.value == "email"; });
  if (read.outcome == Outcome::kPlan && email && read.brief.schedule) {
    TRY(find_audience(context, read, facts));
    if (read.outcome == Outcome::kPlan) TRY(make_content(context, read, origin.before, turns, facts, note));
    if (read.outcome == Outcome::kPlan) TRY(make_campaign(context, read, origin.campaign_id, facts));
  }
  Json plan = planners::build_plan(read, facts);
  if (plan["status"] == "ready") {
    if (Issues wrong = planners::check_plan(plan); !wrong.empty())
      return issues_error("The plan that was made", std::move(wrong));
  }
  std::string campaign = facts.campaign_id.empty() ? origin.campaign_id : facts.campaign_id;
  TRY(store(context, plan, turns, campaign));
  PlanAnswer answer = answer_of(plan, read, plan["status"] == "ready" ? campaign : "", note);
  if (!origin.before.is_null()) {
    Json diff = planners::diff_plans(origin.before, plan);
    std::string text = planners::diff_text(diff);
    for (size_t from = 0; from < text.size();) {
      size_t end = std::min(text.find('\n', from), text.size());
      if (end > from) answer.changes.push_back(std::string(trim(std::string_view(text).substr(from, end - from))));
      from = end + 1;
    }
  }
  return answer;
}

}  // namespace

Result<Reading> read_goal(ToolContext& context, const std::vector<std::string>& said, const std::string& zone) {
  planners::Known known{context.clock.now(), zone, {}};
  Json audiences = TRY(call_tool(context, "audience.listAudiences", Json::object()));
  for (const auto& one : audiences["audiences"]) known.lists.push_back(one.value("name", ""));
  std::vector<planners::Turn> turns;
  for (const auto& text : said) turns.push_back({text});
  LanguageModel* model = context.part<PlannerSetup>().model;
  if (model == nullptr) return Reading{planners::understand(turns, known), "", "", ""};
  planners::llm::PlannerTrace trace;
  auto drafted = planners::llm::understand_with_model(*model, turns, known, {.stop = context.stop}, &trace);
  if (drafted.ok()) {
    std::string note;
    for (const auto& dropped : trace.dropped)
      note += (note.empty() ? "Left out of the model's draft: " : "; ") + dropped;
    if (!note.empty()) note += ".";
    return Reading{*drafted, note, trace.model.empty() ? model->model() : trace.model,
                   trace.provider.empty() ? model->provider() : trace.provider};
  }
  if (drafted.error().code == Code::kCancelled) return drafted.error();
  log_warn("the model's plan could not be used", {{"code", code_name(drafted.error().code)},
                                                  {"why", drafted.error().message},
                                                  {"detail", drafted.error().detail}});
  return Reading{planners::understand(turns, known), "The built-in planner read this: " + drafted.error().message, "",
                 ""};
}

Result<PlanAnswer> propose_plan(ToolContext& context, const std::string& goal, const std::string& zone,
                                const std::string& source) {
  std::string where = zone.empty() ? context.part<PlannerSetup>().zone : zone;
  if (!is_zone(where))
    return issues_error("The arguments", {{"/time_zone", "is not an IANA time zone such as Europe/Berlin"}});
  return make_plan(context, {goal},
                   {.plan_id = context.ids.make("pln"),
                    .zone = where,
                    .source = source,
                    .campaign_id = "",
                    .revision = 1,
                    .before = nullptr});
}

Result<PlanAnswer> change_plan(ToolContext& context, const std::string& plan_id, const std::string& change) {
  StoredPlan stored = TRY(load(context, plan_id));
  if (stored.status == "running" || stored.status == "completed")
    return conflict("the plan is " + stored.status + "; pause or cancel its campaign, or make a new plan");
  if (stored.turns.size() >= kTurnsMax)
    return conflict("this plan was changed " + std::to_string(kTurnsMax) + " times; make a new one");
  stored.turns.push_back(change);
  return make_plan(context, stored.turns,
                   {.plan_id = plan_id,
                    .zone = stored.document.value("tz", "UTC"),
                    .source = stored.document["goal"].value("source", "chat"),
                    .campaign_id = stored.campaign_id,
                    .revision = stored.revision + 1,
                    .before = stored.document});
}

Result<PlanAnswer> show_plan(ToolContext& context, const std::string& plan_id) {
  StoredPlan stored = TRY(load(context, plan_id));
  stored.document["status"] = stored.status;
  planners::Understanding read;
  read.outcome = stored.status == "needs_input" ? Outcome::kAsk
                 : stored.status == "blocked"   ? Outcome::kFlag
                                                : Outcome::kPlan;
  PlanAnswer answer = answer_of(stored.document, read,
                                stored.status == "ready" || stored.status == "running" ? stored.campaign_id : "", "");
  for (const auto& question : stored.document["questions"]) answer.questions.push_back(question.value("prompt", ""));
  return answer;
}

}  // namespace spreaders::agent
