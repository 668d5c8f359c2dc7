// The plan as a person reads it: what, to how many, when, cost, the riskiest steps, assumptions, what is missing.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "planners/plan.hpp"

namespace spreaders::planners {

namespace {

std::string text_at(const Json& plan, std::string_view pointer, std::string fallback = "") {
  const Json* value = at_pointer(plan, pointer);
  return value != nullptr && value->is_string() ? value->get<std::string>() : fallback;
}

std::string line(std::string_view name, const std::string& value) {
  std::string label(name);
  label.resize(13, ' ');
  return "  " + label + value + "\n";
}

// 4 and not 4.0; 2.5 as it is.
std::string number_text(const Json& number) {
  const double value = number.get<double>();
  return value == std::floor(value) && std::abs(value) < 9e15 ? std::to_string(static_cast<int64_t>(value))
                                                              : to_text(number);
}

std::string goal_text(const Json& kpi) {
  std::string metric = kpi.value("metric", "");
  std::replace(metric.begin(), metric.end(), '_', ' ');
  const std::string unit = kpi.value("unit", "");
  const std::string compared = metric + (kpi.value("cmp", ">=") == "<="  ? " at most "
                                         : kpi.value("cmp", ">=") == "=" ? " exactly "
                                                                         : " at least ");
  if (unit == "percent") return compared + number_text(kpi["target"]) + " %";
  if (unit == "count" || unit == "ratio") return compared + number_text(kpi["target"]);
  return compared + money_text(to_minor(kpi["target"].get<double>(), unit), unit);
}

std::string when_text(const Json& plan) {
  const std::string start = text_at(plan, "/brief/schedule/start"), end = text_at(plan, "/brief/schedule/end"),
                    event = text_at(plan, "/brief/schedule/event_at");
  std::string out = start + (end == start ? "" : " to " + end) + " (" + plan.value("tz", "UTC") + ")";
  if (const auto at = parse_instant(event); at.ok()) {
    if (const auto local = to_local(*at, plan.value("tz", "UTC")); local.ok())
      out += ", for an event on " + to_text(local->date);
  }
  return out;
}

bool sends(const Json& plan) {
  return std::any_of(plan["steps"].begin(), plan["steps"].end(),
                     [](const Json& step) { return step["kind"] == "tool"; });
}

bool is_assumed(const Json* slot) {
  const Json* source = slot == nullptr || slot->is_null() ? nullptr : at_pointer(*slot, "/from/source");
  return source != nullptr && (*source == "inferred" || *source == "default");
}

std::string assumptions(const Json& plan) {
  std::string out;
  auto add = [&](const std::string& what) { out += "    - " + what + "\n"; };
  if (is_assumed(at_pointer(plan, "/brief/objective")))
    add("the goal is read as: " + text_at(plan, "/brief/objective/value"));
  if (is_assumed(at_pointer(plan, "/brief/offer"))) add("you promote: " + text_at(plan, "/brief/offer/value"));
  if (is_assumed(at_pointer(plan, "/brief/audience")))
    add("the audience is: " + text_at(plan, "/brief/audience/description"));
  for (const auto& channel : plan["brief"]["channels"]) {
    if (is_assumed(&channel)) add("the channel is " + channel["value"].get<std::string>());
  }
  if (is_assumed(at_pointer(plan, "/brief/schedule")))
    add("it runs from " + text_at(plan, "/brief/schedule/start") + " to " + text_at(plan, "/brief/schedule/end"));
  if (is_assumed(at_pointer(plan, "/budget"))) add("nothing is spent: no budget was named");
  if (const Json* start = at_pointer(plan, "/brief/schedule/start"); start != nullptr && sends(plan))
    add("sending starts at 09:00 in " + plan.value("tz", "UTC"));
  return out;
}

std::string risky_steps(const Json& plan) {
  std::vector<const Json*> steps;
  for (const auto& step : plan["steps"]) {
    if (step["risk"].value("class", "") >= "R2") steps.push_back(&step);
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Json* a, const Json* b) {
    return (*a)["risk"].value("class", "") > (*b)["risk"].value("class", "");
  });
  std::string out;
  for (size_t i = 0; i < std::min<size_t>(3, steps.size()); ++i) {
    const Json& step = *steps[i];
    out += "    ! " + step.value("title", "") +
           (step["risk"].value("reversible", "") == "no" ? "   (cannot be undone)" : "") + "\n";
  }
  return out;
}

std::string budget_line(const Json& plan) {
  const Json& total = plan["budget"]["total"];
  std::string spend = "own mail server: sending costs nothing";
  const Json& cost = plan["estimates"]["cost"];
  if (!cost.is_null() && cost.value("high", 0.0) > 0) spend = "about " + to_text(cost["mid"]) + " for sending";
  if (total.is_null()) return "none; " + spend;
  return money_text(total.value("amount_minor", int64_t{0}), total.value("currency", "")) + " at most; " + spend;
}

}  // namespace

std::string plan_card(const Json& plan) {
  std::string out = "Plan " + plan.value("plan_id", "") + ", revision " + std::to_string(plan.value("revision", 1)) +
                    " - " + plan.value("status", "") + "\n";
  std::string channels;
  for (const auto& channel : plan["brief"]["channels"])
    channels += (channels.empty() ? "" : ", ") + channel["value"].get<std::string>();
  out += line("What", text_at(plan, "/brief/objective/value", "?") + ": " + text_at(plan, "/brief/offer/value", "?") +
                          (channels.empty() ? "" : " by " + channels));
  if (const Json* subject = at_pointer(plan, "/content_briefs/0/must_include/0"))
    out += line("Subject", subject->get<std::string>());
  std::string people = text_at(plan, "/brief/audience/description", "?");
  if (sends(plan) && !plan["estimates"]["messages"].is_null()) {
    const Json* everyone = at_pointer(plan, "/brief/audience/size/high");
    const Json& messages = plan["estimates"]["messages"];
    const bool some_left_out = everyone != nullptr && everyone->is_number() && messages.is_number() &&
                               everyone->get<int64_t>() > messages.get<int64_t>();
    people +=
        ": " + to_text(plan["estimates"]["messages"]) + " people will get it" +
        (some_left_out ? " (of " + std::to_string(everyone->get<int64_t>()) + "; the others gave no consent)" : "");
  }
  out += line("To", people);
  if (!plan["brief"]["schedule"].is_null()) out += line("When", when_text(plan));
  out += line("Cost", budget_line(plan));
  for (const auto& kpi : plan["brief"]["kpis"]) out += line("Goal", goal_text(kpi));
  if (const std::string tone = text_at(plan, "/brief/tone"); !tone.empty()) out += line("Tone", tone);
  if (auto risky = risky_steps(plan); !risky.empty()) out += "  Riskiest steps\n" + risky;
  if (auto assumed = assumptions(plan); !assumed.empty()) out += "  Assumed (say so if it is wrong)\n" + assumed;
  if (!plan["questions"].empty()) {
    out += "  Missing\n";
    for (const auto& question : plan["questions"]) {
      std::string choices;
      for (const auto& choice : question.value("choices", Json::array()))
        choices += (choices.empty() ? " (" : ", ") + choice.get<std::string>();
      out += "    ? " + question.value("prompt", "") + (choices.empty() ? "" : choices + ")") + "\n";
    }
  }
  for (const auto& finding : plan["policy"]["findings"])
    out += "  " + std::string(finding["severity"] == "block" ? "Blocked: " : "Note: ") + finding.value("message", "") +
           "\n";
  return out;
}

}  // namespace spreaders::planners
