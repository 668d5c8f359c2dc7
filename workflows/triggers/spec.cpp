#include "workflows/triggers/spec.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/audience/rule.hpp"

namespace spreaders::workflows {

namespace {

constexpr size_t kWhereMax = 20;

bool is_key_pointer(const std::string& key) {
  constexpr std::string_view whole[] = {"/message_id", "/user_id", "/anonymous_id"};
  return std::find(std::begin(whole), std::end(whole), key) != std::end(whole) ||
         (key.starts_with("/properties/") && key.size() > 12) || (key.starts_with("/context/") && key.size() > 9);
}

std::string words_of(const ScheduleSpec& spec) { return in_words(spec); }

std::string words_of(const EventSpec& spec) {
  std::string words = "when '" + spec.name + "' happens";
  if (spec.count > 1) words += " " + std::to_string(spec.count) + " times";
  if (!spec.within.empty()) words += " within " + spec.within;
  if (spec.where) words += " where " + to_text(*spec.where);
  if (spec.only_once) words += ", once for each person";
  if (!spec.key.empty()) words += ", once for each " + spec.key;
  return words + ", for the person it is about";
}

bool is_several(const Json& where) { return where.contains("and"); }

void check_where(const EventSpec& spec, Issues& issues) {
  if (!spec.where) return;
  const Json& where = *spec.where;
  if (is_several(where) && (where.size() > 1 || !where["and"].is_array() || where["and"].size() > kWhereMax)) {
    issues.push_back({"/where/and", "is an array of at most " + std::to_string(kWhereMax) + " conditions, alone"});
    return;
  }
  auto rule = audience::parse_rule({{"event", "any"}, {"where", conditions_of(spec)}});
  if (rule.ok()) return;
  // The rule has them in a list of its own.
  const std::string theirs = is_several(where) ? "/where" : "/where/0",
                    ours = is_several(where) ? "/where/and" : "/where";
  for (auto issue : rule.error().issues) {
    if (issue.pointer.starts_with(theirs)) issue.pointer = ours + issue.pointer.substr(theirs.size());
    issues.push_back(std::move(issue));
  }
}

}  // namespace

Json conditions_of(const EventSpec& spec) {
  if (!spec.where) return Json::array();
  return is_several(*spec.where) ? (*spec.where)["and"] : Json::array({*spec.where});
}

void EventSpec::check(const EventSpec& spec, Issues& issues) {
  check_where(spec, issues);
  if (!spec.key.empty() && !is_key_pointer(spec.key))
    issues.push_back({"/key", "begins with /properties/ or /context/, or is /user_id, /anonymous_id or /message_id"});
  if (!spec.key.empty() && spec.only_once)
    issues.push_back({"/key", "does not go with only_once: a person enters once, whatever the key is"});
  if (spec.within.empty()) return;
  auto within = parse_duration(spec.within);
  if (!within.ok()) issues.push_back({"/within", within.error().message});
  else if (*within <= 0 || *within > kTriggerWithinMax_us)
    issues.push_back({"/within", "is more than 0 and at most P3650D"});
  if (spec.count == 1) issues.push_back({"/within", "needs a count of 2 or more"});
}

TriggerType type_of(const TriggerSpec& spec) { return static_cast<TriggerType>(spec.index()); }

Json encoded(const TriggerSpec& spec) {
  return std::visit([](const auto& one) -> Json { return encode(one); }, spec);
}

Result<TriggerSpec> decoded_spec(TriggerType type, const Json& json) {
  if (type == TriggerType::kEvent) return TriggerSpec(TRY(decode<EventSpec>(json, "The stored event")));
  return TriggerSpec(TRY(decode<ScheduleSpec>(json, "The stored schedule")));
}

std::string listens_to(const TriggerSpec& spec) {
  const auto* event = std::get_if<EventSpec>(&spec);
  return event != nullptr ? event->name : "";
}

std::string in_words(const TriggerSpec& spec) {
  return std::visit([](const auto& one) { return words_of(one); }, spec);
}

}  // namespace spreaders::workflows
