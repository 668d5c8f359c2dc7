#include "workflows/triggers/spec.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
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

std::string words_of(const AttributeSpec& spec) {
  auto value = [](const std::string& text) { return text.empty() ? std::string("nothing") : "'" + text + "'"; };
  std::string words = "when '" + spec.name + "' of somebody changes";
  if (spec.from) words += " from " + value(*spec.from);
  if (spec.to) words += " to " + value(*spec.to);
  return words + (spec.only_once ? ", once for each person" : "") + ", for that person";
}

std::string words_of(const SegmentSpec& spec) {
  std::string words = "when somebody enters the segment '" + spec.name + "' (" + to_text(spec.rule) + ")";
  if (spec.include_existing) words += ", and for everybody in it at the start";
  return words + (spec.only_once ? ", once for each person" : "") + ", for that person";
}

std::string words_of(const ApiSpec& spec) {
  std::string words = "when a program with a service key, or somebody with the tool triggers.fire, asks for it";
  if (spec.public_keys)
    words = "when anybody who sees a public write key, a program or the tool triggers.fire asks for it";
  return words + (spec.only_once ? ", once for each person" : "") + ", for the person they name";
}

std::string words_of(const WebhookSpec& spec) {
  std::string who = spec.email.empty() ? "" : "the address at " + spec.email;
  if (!spec.user_id.empty()) who += (who.empty() ? "" : " or ") + std::string("the id at ") + spec.user_id;
  std::string words = "when a program that has its key calls its webhook";
  if (spec.only_once) words += ", once for each person";
  if (!spec.key.empty()) words += ", once for each " + spec.key;
  return words + ", for the person with " + who;
}

void check_pointer(const std::string& pointer, const char* member, Issues& issues) {
  if (pointer.empty()) return;
  bool escapes = true;
  for (size_t at = pointer.find('~'); at != std::string::npos; at = pointer.find('~', at + 1))
    escapes &= at + 1 < pointer.size() && (pointer[at + 1] == '0' || pointer[at + 1] == '1');
  if (pointer[0] != '/' || pointer.size() == 1 || !escapes)
    issues.push_back({member, "is a JSON Pointer to a place in the body, such as /email"});
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

void AttributeSpec::check(const AttributeSpec& spec, Issues& issues) {
  if (spec.name == "id" || spec.name == "created_at") issues.push_back({"/name", "never changes"});
  if (spec.from && spec.to && same_value(*spec.from, *spec.to))
    issues.push_back({"/to", "is the same as from, so nothing would change"});
}

void WebhookSpec::check(const WebhookSpec& spec, Issues& issues) {
  check_pointer(spec.email, "/email", issues);
  check_pointer(spec.user_id, "/user_id", issues);
  check_pointer(spec.key, "/key", issues);
  if (spec.email.empty() && spec.user_id.empty())
    issues.push_back({"/email", "or user_id is needed to know whom it is about"});
  if (!spec.key.empty() && spec.only_once)
    issues.push_back({"/key", "does not go with only_once: a person enters once, whatever the key is"});
}

TriggerType type_of(const TriggerSpec& spec) { return static_cast<TriggerType>(spec.index()); }

Json encoded(const TriggerSpec& spec) {
  return std::visit([](const auto& one) -> Json { return encode(one); }, spec);
}

Result<TriggerSpec> decoded_spec(TriggerType type, const Json& json) {
  constexpr std::string_view what = "The stored trigger";
  switch (type) {
    case TriggerType::kSchedule:
      return TriggerSpec(TRY(decode<ScheduleSpec>(json, what)));
    case TriggerType::kEvent:
      return TriggerSpec(TRY(decode<EventSpec>(json, what)));
    case TriggerType::kAttributeChanged:
      return TriggerSpec(TRY(decode<AttributeSpec>(json, what)));
    case TriggerType::kSegmentEntered:
      return TriggerSpec(TRY(decode<SegmentSpec>(json, what)));
    case TriggerType::kApi:
      return TriggerSpec(TRY(decode<ApiSpec>(json, what)));
    case TriggerType::kWebhook:
      break;
  }
  return TriggerSpec(TRY(decode<WebhookSpec>(json, what)));
}

std::string listens_to(const TriggerSpec& spec) {
  if (const auto* event = std::get_if<EventSpec>(&spec)) return event->name;
  if (const auto* attribute = std::get_if<AttributeSpec>(&spec)) return attribute->name;
  if (const auto* segment = std::get_if<SegmentSpec>(&spec)) return segment->segment;
  return {};
}

bool same_value(const std::string& a, const std::string& b) { return lower_ascii(a) == lower_ascii(b); }

std::string in_words(const TriggerSpec& spec) {
  return std::visit([](const auto& one) { return words_of(one); }, spec);
}

}  // namespace spreaders::workflows
