#include "services/audience/rule.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/lists.hpp"

namespace spreaders::audience {

namespace {

using Kind = Rule::Kind;

struct Parser {
  Issues issues;
  size_t nodes = 0;

  void problem(const std::string& pointer, std::string message) { issues.push_back({pointer, std::move(message)}); }

  // Members other than `known` are problems.
  void refuse_others(const Json& json, std::initializer_list<std::string_view> known, const std::string& pointer) {
    for (auto it = json.begin(); it != json.end(); ++it) {
      if (std::find(known.begin(), known.end(), it.key()) == known.end()) {
        std::string names;
        for (auto name : known) names += (names.empty() ? "" : ", ") + std::string(name);
        problem(pointer + pointer_step(first_code_points(it.key(), 60)), "is not known here; known: " + names);
      }
    }
  }

  std::string text_of(const Json& json, std::string_view key, const std::string& pointer) {
    const Json& value = json[std::string(key)];
    std::string place = pointer + pointer_step(key);
    if (!value.is_string()) return problem(place, "must be text"), "";
    std::string text = value.get<std::string>();
    if (trim(text).empty()) problem(place, "must not be empty");
    else if (text.find('\0') != std::string::npos) problem(place, "must not contain the character U+0000");
    else if (count_code_points(text) > kLiteralSizeMax)
      problem(place, "has more than " + std::to_string(kLiteralSizeMax) + " characters");
    return text;
  }

  int64_t whole(const Json& json, std::string_view key, int64_t least, int64_t most, const std::string& pointer) {
    const Json& value = json[std::string(key)];
    double number = value.is_number() ? value.get<double>() : NAN;
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
        std::floor(number) != number) {
      problem(pointer + pointer_step(key),
              "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      return least;
    }
    return static_cast<int64_t>(number);
  }

  void literal(const Json& json, const std::string& pointer, Rule& rule) {
    if (json.is_boolean()) rule.values.emplace_back(json.get<bool>());
    else if (json.is_number()) rule.values.emplace_back(json.get<double>());
    else if (json.is_string()) rule.values.emplace_back(json.get<std::string>());
    else problem(pointer, "must be text, a number, true or false");
  }

  Rule group(const Json& json, std::string_view key, Kind kind, const std::string& pointer, size_t depth) {
    Rule rule{.kind = kind};
    refuse_others(json, {key}, pointer);
    const Json& parts = json[std::string(key)];
    std::string place = pointer + pointer_step(key);
    if (!parts.is_array() || parts.empty()) return problem(place, "must be a list of at least one rule"), rule;
    for (size_t i = 0; i < parts.size() && nodes <= kRuleNodesMax; ++i) {
      rule.parts.push_back(node(parts[i], place + "/" + std::to_string(i), depth + 1));
    }
    return rule;
  }

  Rule condition(const Json& json, std::string_view key, const std::string& pointer) {
    Rule rule{.kind = Kind::kAttribute};
    size_t before = issues.size();
    refuse_others(json, {key, "op", "value"}, pointer);
    rule.name = text_of(json, key, pointer);
    if (!json.contains("op")) {
      problem(pointer + "/op", "is required");
    } else if (auto op = json["op"].is_string() ? enum_from<Op>(json["op"].get<std::string>()) : std::nullopt) {
      rule.op = *op;
    } else {
      problem(pointer + "/op", "must be one of: eq, ne, contains, starts_with, gt, gte, lt, lte, in, exists, missing");
    }
    if (issues.size() != before) return rule;
    bool no_value = rule.op == Op::kExists || rule.op == Op::kMissing;
    if (no_value == json.contains("value")) {
      problem(pointer + "/value", no_value ? "is not used by this op" : "is required");
    } else if (rule.op == Op::kIn) {
      const Json& list = json["value"];
      if (!list.is_array()) return problem(pointer + "/value", "must be a list for the op in"), rule;
      for (size_t i = 0; i < std::min(list.size(), kInValuesMax + 1); ++i)
        literal(list[i], pointer + "/value/" + std::to_string(i), rule);
    } else if (!no_value) {
      literal(json["value"], pointer + "/value", rule);
    }
    if (issues.size() == before) check_condition(rule, key == "property", pointer, issues);
    return rule;
  }

  Rule event(const Json& json, const std::string& pointer) {
    Rule rule{.kind = Kind::kEvent};
    refuse_others(json, {"event", "op", "count_min", "within_days", "where"}, pointer);
    rule.name = text_of(json, "event", pointer);
    if (json.contains("op")) {
      if (json["op"] != "did" && json["op"] != "did_not") problem(pointer + "/op", "must be did or did_not");
      rule.did = json["op"] != "did_not";
    }
    if (json.contains("count_min")) rule.count_min = whole(json, "count_min", 1, kCountMax, pointer);
    if (json.contains("within_days")) rule.within_days = whole(json, "within_days", 1, kWithinDaysMax, pointer);
    if (json.contains("where")) {
      const Json& where = json["where"];
      if (!where.is_array()) return problem(pointer + "/where", "must be a list of conditions on properties"), rule;
      for (size_t i = 0; i < where.size() && ++nodes <= kRuleNodesMax; ++i) {
        std::string place = pointer + "/where/" + std::to_string(i);
        if (where[i].is_object() && where[i].contains("property"))
          rule.parts.push_back(condition(where[i], "property", place));
        else problem(place, "must be a condition with property, op and value");
      }
    }
    return rule;
  }

  Rule named(const Json& json, std::string_view key, Kind kind, const std::string& pointer) {
    Rule rule{.kind = kind};
    refuse_others(json,
                  kind == Kind::kList ? std::initializer_list<std::string_view>{"list", "list_id"}
                                      : std::initializer_list<std::string_view>{"consent"},
                  pointer);
    rule.name = text_of(json, key, pointer);
    if (json.contains("list_id")) rule.list_id = text_of(json, "list_id", pointer);
    return rule;
  }

  Rule node(const Json& json, const std::string& pointer, size_t depth) {
    if (++nodes > kRuleNodesMax)
      return problem(pointer, "the rule has more than " + std::to_string(kRuleNodesMax) + " parts"), Rule{};
    if (depth > kRuleDepthMax)
      return problem(pointer, "is nested deeper than " + std::to_string(kRuleDepthMax) + " levels"), Rule{};
    if (!json.is_object()) return problem(pointer, "must be an object"), Rule{};
    if (json.contains("all")) return group(json, "all", Kind::kAll, pointer, depth);
    if (json.contains("any")) return group(json, "any", Kind::kAny, pointer, depth);
    if (json.contains("not")) {
      refuse_others(json, {"not"}, pointer);
      Rule rule{.kind = Kind::kNot};
      rule.parts.push_back(node(json["not"], pointer + "/not", depth + 1));
      return rule;
    }
    if (json.contains("attribute")) return condition(json, "attribute", pointer);
    if (json.contains("list")) return named(json, "list", Kind::kList, pointer);
    if (json.contains("event")) return event(json, pointer);
    if (json.contains("consent")) return named(json, "consent", Kind::kConsent, pointer);
    problem(pointer, "needs one of: all, any, not, attribute, list, event, consent");
    return Rule{};
  }
};

Json literal_json(const Literal& literal) {
  if (const auto* number = std::get_if<double>(&literal);
      number != nullptr && std::floor(*number) == *number && std::abs(*number) < 1e15) {
    return static_cast<int64_t>(*number);
  }
  return std::visit([](const auto& value) { return Json(value); }, literal);
}

Json condition_json(const Rule& rule, std::string_view key) {
  Json json = {{std::string(key), rule.name}, {"op", enum_name(rule.op)}};
  if (rule.op == Op::kIn) {
    json["value"] = Json::array();
    for (const auto& value : rule.values) json["value"].push_back(literal_json(value));
  } else if (!rule.values.empty()) {
    json["value"] = literal_json(rule.values.front());
  }
  return json;
}

Result<void> bind_parts(const std::vector<List>& lists, Rule& rule, const std::string& pointer, Issues& issues) {
  if (rule.kind == Kind::kList) {
    auto same = [&](const List& list) {
      if (!rule.list_id.empty()) return list.id == rule.list_id;
      return list.id == rule.name || lower_ascii(list.name) == lower_ascii(trim(rule.name));
    };
    auto found = std::find_if(lists.begin(), lists.end(), same);
    if (found == lists.end()) {
      issues.push_back({pointer + "/list", "no list is called '" + rule.name + "'"});
      return {};
    }
    rule.list_id = found->id;
    rule.name = found->name;
  }
  if (rule.kind == Kind::kEvent) return {};
  for (size_t i = 0; i < rule.parts.size(); ++i) {
    std::string step = rule.kind == Kind::kAll   ? "/all/" + std::to_string(i)
                       : rule.kind == Kind::kAny ? "/any/" + std::to_string(i)
                                                 : "/not";
    TRY(bind_parts(lists, rule.parts[i], pointer + step, issues));
  }
  return {};
}

}  // namespace

Result<Instant> parse_day_or_instant(std::string_view text) {
  if (auto date = parse_date(text); date.ok()) return to_instant(*date, 0, "UTC");
  return parse_instant(text);
}

void check_condition(const Rule& condition, bool of_event, const std::string& pointer, Issues& issues) {
  bool ordered =
      condition.op == Op::kGt || condition.op == Op::kGte || condition.op == Op::kLt || condition.op == Op::kLte;
  bool text_only = condition.op == Op::kContains || condition.op == Op::kStartsWith;
  std::string place = pointer + "/value";
  if (condition.op == Op::kIn && (condition.values.empty() || condition.values.size() > kInValuesMax)) {
    issues.push_back({place, "must have 1 to " + std::to_string(kInValuesMax) + " values"});
  }
  for (const auto& value : condition.values) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && (text->find('\0') != std::string::npos || !is_utf8(*text)))
      issues.push_back({place, "is not usable text"});
    if (text != nullptr && count_code_points(*text) > kLiteralSizeMax) {
      issues.push_back({place, "has more than " + std::to_string(kLiteralSizeMax) + " characters"});
    }
    if (text_only && (text == nullptr || text->empty())) issues.push_back({place, "must be text that is not empty"});
    if (ordered && std::holds_alternative<bool>(value))
      issues.push_back({place, "must be a number or text to be compared by size"});
  }
  if (of_event || condition.name != "created_at") return;
  if (!ordered) return issues.push_back({pointer + "/op", "must be gt, gte, lt or lte for created_at"});
  const auto* text = std::get_if<std::string>(&condition.values.front());
  if (text == nullptr || !parse_day_or_instant(*text).ok())
    issues.push_back({place, "must be a date or a time such as 2026-11-21"});
}

Result<Rule> parse_rule(const Json& json) {
  Parser parser;
  Rule rule = parser.node(json, "", 1);
  if (!parser.issues.empty()) return issues_error("The rule", std::move(parser.issues));
  return rule;
}

Json rule_to_json(const Rule& rule) {
  switch (rule.kind) {
    case Kind::kAll:
    case Kind::kAny: {
      Json parts = Json::array();
      for (const auto& part : rule.parts) parts.push_back(rule_to_json(part));
      return {{rule.kind == Kind::kAll ? "all" : "any", std::move(parts)}};
    }
    case Kind::kNot:
      return {{"not", rule_to_json(rule.parts.front())}};
    case Kind::kAttribute:
      return condition_json(rule, "attribute");
    case Kind::kConsent:
      return {{"consent", rule.name}};
    case Kind::kList: {
      Json json = {{"list", rule.name}};
      if (!rule.list_id.empty()) json["list_id"] = rule.list_id;
      return json;
    }
    case Kind::kEvent: {
      Json json = {{"event", rule.name}, {"op", rule.did ? "did" : "did_not"}};
      if (rule.count_min != 1) json["count_min"] = rule.count_min;
      if (rule.within_days) json["within_days"] = *rule.within_days;
      for (const auto& part : rule.parts) json["where"].push_back(condition_json(part, "property"));
      return json;
    }
  }
  return nullptr;
}

Result<void> bind_lists(Tx& tx, const std::string& workspace, Rule& rule) {
  auto lists = TRY(all_lists(tx, workspace));
  Issues issues;
  TRY(bind_parts(lists, rule, "", issues));
  if (!issues.empty()) return issues_error("The rule", std::move(issues));
  return {};
}

}  // namespace spreaders::audience
