// Delays and splits, which have the most to say.
#include <nlohmann/json.hpp>

#include "workflows/conditions.hpp"
#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

std::optional<int64_t> time_of_day(Reader& reader, const char* member, bool required = false) {
  std::string text = reader.text(member, required);
  if (text.empty()) return std::nullopt;
  auto parsed = parse_instant("2000-01-01T" + text + ":00Z");
  if (parsed.ok() && text.size() == 5) return *parsed - *parse_instant("2000-01-01T00:00:00Z");
  reader.issue(member, "is a time of day such as 09:00");
  return std::nullopt;
}

void read_days(Reader& reader, Node& node) {
  const Json* days = reader.get("days");
  if (days == nullptr) return;
  bool fine = days->is_array() && !days->empty() && days->size() <= 7;
  uint8_t bits = 0;
  for (const auto& day : fine ? *days : Json::array()) {
    bool known = day.is_number_integer() && day.get<int64_t>() >= 1 && day.get<int64_t>() <= 7;
    fine = fine && known;
    if (known) bits = static_cast<uint8_t>(bits | 1U << (day.get<int>() % 7));
  }
  if (fine) node.days = bits;
  else reader.issue("days", "is a list of days from 1, Monday, to 7, Sunday");
}

void read_zone(Reader& reader, Node& node) {
  std::string zone = reader.text("zone");
  std::string fallback = reader.text("fallback_zone");
  node.zone_of_person = zone == "user";
  if (!fallback.empty() && !node.zone_of_person) reader.issue("fallback_zone", "goes with the zone user");
  if (node.zone_of_person) zone = fallback;
  if (!zone.empty()) node.zone = zone;
  if (!is_zone(node.zone))
    reader.issue(node.zone_of_person ? "fallback_zone" : "zone", "is not an IANA time zone such as Europe/Berlin");
}

void read_business_hours(Reader& outer, const std::string& pointer, Node& node, Findings& issues) {
  auto hours = outer.object("business_hours");
  Reader reader(*hours, pointer + "/business_hours", issues);
  read_days(reader, node);
  auto opens = time_of_day(reader, "from", true);
  auto closes = time_of_day(reader, "to", true);
  reader.refuse_unknown();
  node.open_us = opens.value_or(0);
  node.close_us = closes.value_or(kDay_us);
  if (opens && closes && *opens >= *closes) reader.issue("to", "is not later than from");
}

void read_relative(Reader& outer, const std::string& pointer, Node& node, Findings& issues) {
  auto relative = outer.object("relative_to");
  Reader reader(*relative, pointer + "/relative_to", issues);
  node.attribute = reader.text("attribute", true);
  int64_t before_us = reader.duration_us("before");
  int64_t after_us = reader.duration_us("after");
  if (before_us != 0 && after_us != 0) reader.issue("after", "is not given together with before");
  node.offset_us = after_us - before_us;
  node.attribute_time_us = time_of_day(reader, "at");
  reader.refuse_unknown();
}

Way read_way(const Json& json, const std::string& pointer, bool cohort, Findings& issues) {
  Way way;
  if (!json.is_object()) {
    issues.push_back({pointer, "must be an object"});
    return way;
  }
  Reader reader(json, pointer, issues);
  way.name = reader.text("name", true);
  way.to = reader.text("to", true);
  if (cohort) {
    const Json* condition = reader.get("if", true);
    way.condition = std::make_shared<const Json>(condition != nullptr ? *condition : Json::object());
    if (condition != nullptr) check_condition_tree(*condition, pointer + "/if", issues);
  } else if (reader.get("weight", true) != nullptr) {
    way.weight = static_cast<int>(reader.whole("weight", 0, 0, kWeights));
  }
  reader.refuse_unknown();
  return way;
}

void read_holdout(Reader& outer, const std::string& pointer, Node& node, Findings& issues) {
  if (outer.get("holdout") == nullptr) return;
  auto holdout = outer.object("holdout");
  Reader reader(*holdout, pointer + "/holdout", issues);
  Way way{.name = "holdout", .to = reader.text("to", true), .weight = 0, .condition = nullptr};
  if (reader.get("weight", true) != nullptr) way.weight = static_cast<int>(reader.whole("weight", 0, 1, kWeights));
  reader.refuse_unknown();
  node.ways.push_back(std::move(way));
}

// The last way takes what is left, where something is.
void weights_issue(Reader& reader, const std::string& pointer, const Node& node, int sum) {
  int rest = node.ways.back().weight + kWeights - sum;
  bool holdout = node.ways.back().name == "holdout";
  std::string last = holdout ? "/holdout" : "/branches/" + std::to_string(node.ways.size() - 1);
  bool fits = rest > 0 && rest <= kWeights;
  reader.issue("branches", "have weights that add up to " + std::to_string(sum) + ", not to 10000", "weights",
               fits ? patch("add", pointer + last + "/weight", rest) : "");
}

}  // namespace

void read_delay(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  int kinds = 0;
  for (const char* kind : {"for", "until", "local_time", "business_hours", "relative_to"})
    kinds += reader.get(kind) != nullptr ? 1 : 0;
  if (kinds != 1)
    reader.issue("for", "a delay has exactly one of for, until, local_time, business_hours and relative_to");
  read_zone(reader, node);
  node.delay_us = reader.duration_us("for");
  std::string until = reader.text("until");
  if (!until.empty()) {
    auto parsed = parse_instant(until);
    if (parsed.ok()) node.until = *parsed;
    else reader.issue("until", parsed.error().message);
  }
  node.local_time_us = time_of_day(reader, "local_time");
  if (reader.get("local_time") != nullptr) read_days(reader, node);
  if (reader.get("business_hours") != nullptr) read_business_hours(reader, pointer, node, issues);
  if (reader.get("relative_to") == nullptr) return;
  read_relative(reader, pointer, node, issues);
  node.on_missing = reader.text("on_missing");
}

void read_split(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  std::string mode = reader.text("mode", true);
  bool cohort = mode == "cohort";
  if (!mode.empty() && !cohort && mode != "experiment") reader.issue("mode", "is experiment or cohort");
  const Json* branches = reader.get("branches", true);
  bool fine = branches != nullptr && branches->is_array() && !branches->empty() && branches->size() <= kBranchesMax;
  if (branches != nullptr && !fine)
    reader.issue("branches", "is a list of 1 to " + std::to_string(kBranchesMax) + " branches");
  for (size_t i = 0; fine && i < branches->size(); ++i)
    node.ways.push_back(read_way((*branches)[i], pointer + "/branches/" + std::to_string(i), cohort, issues));
  if (cohort) {
    node.otherwise = reader.text("else", true);
    return;
  }
  node.salt = reader.text("salt");
  read_holdout(reader, pointer, node, issues);
  std::set<std::string> names;
  int sum = 0;
  for (const auto& way : node.ways) {
    sum += way.weight;
    if (!way.name.empty() && !names.insert(way.name).second)
      reader.issue("branches", "names '" + way.name.substr(0, 60) + "' twice");
  }
  if (fine && sum != kWeights) weights_issue(reader, pointer, node, sum);
}

}  // namespace spreaders::workflows
