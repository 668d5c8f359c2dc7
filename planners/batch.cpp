#include "planners/batch.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/money.hpp"
#include "planners/brief.hpp"

namespace spreaders::planners {
namespace {

constexpr size_t kTextCharacters_max = 8000;
constexpr size_t kBatchTurns_max = 50;
constexpr std::string_view kWaiver = "approval.not_waivable_by_text";

struct Line {
  std::string id;
  std::vector<Turn> turns;
  Known known;
};

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

void read_text(const Json& value, const std::string& pointer, std::vector<Turn>& out, std::vector<Issue>& issues) {
  if (!value.is_string()) {
    issues.push_back({pointer, "must be a string"});
    return;
  }
  const auto& text = value.get_ref<const std::string&>();
  if (count_code_points(text) > kTextCharacters_max) issues.push_back({pointer, "must have at most 8000 characters"});
  out.push_back({text});
}

Result<Line> read_line(std::string_view text) {
  const Json json = TRY(parse_json(text));
  if (!json.is_object()) return invalid("a brief must be a JSON object");
  Line line;
  std::vector<Issue> issues;
  const auto id = json.find("id");
  if (id == json.end() || !id->is_string() || id->get_ref<const std::string&>().empty())
    issues.push_back({"/id", "must be a non-empty string"});
  else line.id = id->get<std::string>();
  const auto goal = json.find("goal");
  if (goal == json.end()) issues.push_back({"/goal", "is missing"});
  else read_text(*goal, "/goal", line.turns, issues);
  if (!line.turns.empty() && trim(line.turns[0].text).empty()) issues.push_back({"/goal", "must not be empty"});
  const auto now = json.find("now");
  if (now == json.end() || !now->is_string()) {
    issues.push_back({"/now", "must be an RFC 3339 time"});
  } else if (auto at = parse_instant(now->get_ref<const std::string&>()); at.ok()) {
    line.known.now = *at;
  } else {
    issues.push_back({"/now", at.error().message});
  }
  if (const auto zone = json.find("tz"); zone != json.end() && !zone->is_null()) {
    if (!zone->is_string() || !is_zone(zone->get_ref<const std::string&>()))
      issues.push_back({"/tz", "must be an IANA time zone"});
    else line.known.zone = zone->get<std::string>();
  }
  if (const auto turns = json.find("turns"); turns != json.end() && !turns->is_null()) {
    if (!turns->is_array() || turns->size() > kBatchTurns_max) {
      issues.push_back({"/turns", "must be an array of at most 50 messages"});
    } else {
      for (size_t i = 0; i < turns->size(); ++i) {
        const Json& turn = (*turns)[i];
        const std::string pointer = "/turns/" + std::to_string(i);
        if (!turn.is_object() || !turn.contains("user")) issues.push_back({pointer, "must be an object with `user`"});
        else read_text(turn.at("user"), pointer + "/user", line.turns, issues);
      }
    }
  }
  if (!issues.empty()) {
    Error error = invalid("the brief is not valid");
    error.issues = std::move(issues);
    return error;
  }
  return line;
}

// Nothing may be started while something is asked or blocked, nor when the text tried to talk the approval away.
bool is_executable(const Understanding& understanding) {
  return understanding.outcome == Outcome::kPlan &&
         std::none_of(understanding.brief.findings.begin(), understanding.brief.findings.end(),
                      [](const Finding& finding) { return finding.rule == kWaiver || finding.severity == "block"; });
}

void add_state(Json& out, const Understanding& understanding) {
  Json asks = Json::array(), policy = Json::array(), contradictions = Json::array();
  for (const Question& question : understanding.questions) asks.push_back(question.slot);
  for (const Finding& finding : understanding.brief.findings) policy.push_back(finding.rule);
  for (const Contradiction& item : understanding.brief.contradictions) contradictions.push_back(item.id);
  out["asks"] = std::move(asks);
  out["policy"] = std::move(policy);
  out["contradictions"] = std::move(contradictions);
  out["executable_steps"] = is_executable(understanding);
}

Json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<int64_t>(value);
  return value;
}

Json money(const Budget& budget) {
  return {{"amount", number(to_major(budget.money.amount_minor, budget.money.currency))},
          {"currency", budget.money.currency},
          {"period", budget.period}};
}

void add_schedule(Json& out, const Brief& brief) {
  out["start"] = nullptr;
  out["end"] = nullptr;
  out["duration_days"] = nullptr;
  if (!brief.schedule) return;
  const Schedule& schedule = brief.schedule->value;
  const bool chosen = brief.schedule->from.source == Source::kDefault;
  if (schedule.start_stated || chosen) out["start"] = to_text(schedule.start);
  if (schedule.end && schedule.end_stated) out["end"] = to_text(*schedule.end);
  if (schedule.duration_days) out["duration_days"] = *schedule.duration_days;
}

}  // namespace

Result<std::string> plan_batch_line(std::string_view text) {
  const Line line = TRY(read_line(text));
  std::vector<Turn> heard;
  Understanding now;
  Json before = Json::array();
  for (size_t i = 0; i < line.turns.size(); ++i) {
    heard.push_back(line.turns[i]);
    now = understand(heard, line.known);
    if (i + 1 == line.turns.size()) break;
    Json state = {{"outcome", outcome_name(now.outcome)}};
    add_state(state, now);
    before.push_back(std::move(state));
  }
  const Brief& brief = now.brief;
  Json out;
  out["id"] = line.id;
  out["outcome"] = outcome_name(now.outcome);
  out["objective"] = brief.objective ? Json(brief.objective->value) : Json(nullptr);
  out["channels"] = Json::array();
  for (const auto& channel : brief.channels) out["channels"].push_back(channel.value);
  out["budget"] = brief.budget ? money(brief.budget->value) : Json(nullptr);
  add_schedule(out, brief);
  out["audience"] = brief.audience ? Json(brief.audience->value.description) : Json(nullptr);
  out["audience_size"] =
      brief.audience && brief.audience->value.size_stated ? Json(*brief.audience->value.size_stated) : Json(nullptr);
  out["kpi"] = nullptr;
  if (!brief.kpis.empty())
    out["kpi"] = {{"metric", brief.kpis[0].metric},
                  {"target", number(brief.kpis[0].target)},
                  {"unit", brief.kpis[0].unit},
                  {"cmp", brief.kpis[0].cmp}};
  out["tone"] = brief.tone ? Json(*brief.tone) : Json(nullptr);
  add_state(out, now);
  out["reply"] = now.reply;
  out["approval_required"] = true;
  out["revision"] = line.turns.size();
  out["turns"] = std::move(before);
  return to_text(out);
}

}  // namespace spreaders::planners
