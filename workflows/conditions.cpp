#include "workflows/conditions.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/rule.hpp"
#include "workflows/definition_parts.hpp"
#include "workflows/engine.hpp"

namespace spreaders::workflows {

namespace {

constexpr size_t kPartsMax = 50;

void check_parts(const Json& condition, const char* word, const std::string& pointer, Findings& issues, int depth) {
  Reader reader(condition, pointer, issues);
  const Json* parts = reader.get(word, true);
  reader.refuse_unknown();
  if (parts == nullptr) return;
  if (!parts->is_array() || parts->empty() || parts->size() > kPartsMax)
    return reader.issue(word, "is a list of 1 to " + std::to_string(kPartsMax) + " conditions");
  for (size_t i = 0; i < parts->size(); ++i)
    check_condition_tree((*parts)[i], pointer + "/" + word + "/" + std::to_string(i), issues, depth + 1);
}

void check_person(const Json& condition, const std::string& pointer, Findings& issues) {
  Reader reader(condition, pointer, issues);
  const Json* rule = reader.get("person", true);
  reader.refuse_unknown();
  if (rule == nullptr) return;
  auto parsed = audience::parse_rule(*rule);
  if (parsed.ok()) return;
  for (const auto& issue : parsed.error().issues)
    issues.push_back({pointer + "/person" + issue.pointer, issue.message});
}

void check_comparison(const Json& condition, const std::string& pointer, Findings& issues) {
  Reader inner(condition, pointer, issues);
  constexpr std::string_view ops[] = {"exists", "eq", "ne", "gt", "gte", "lt", "lte"};
  std::string op = inner.text("op", true);
  if (!op.empty() && std::find(std::begin(ops), std::end(ops), op) == std::end(ops))
    inner.issue("op", "is not one of: exists, eq, ne, gt, gte, lt, lte");
  inner.get("right");
  inner.get("left");
  if (!condition.contains("left")) inner.issue("left", "is required");
  inner.refuse_unknown();
}

// Compares as numbers when both are numbers, else as text.
Result<bool> compare(const Json& condition, const Json& results, const Json& run) {
  std::string op = condition.value("op", "");
  Json asked = condition;
  // To ask whether something is there is no error when it is not.
  if (const Json* from = at_pointer(condition, "/left/$from");
      op == "exists" && from != nullptr && from->is_object() && !from->contains("default"))
    asked["left"]["$from"]["default"] = nullptr;
  if (const Json* left = at_pointer(condition, "/left"); op == "exists" && left != nullptr && left->is_object() &&
                                                         left->contains("$trigger") && !left->contains("default"))
    asked["left"]["default"] = nullptr;
  Json resolved = TRY(resolve_references(asked, results, run));
  const Json left = resolved.contains("left") ? resolved["left"] : Json();
  const Json right = resolved.contains("right") ? resolved["right"] : Json();
  if (op == "exists") return !left.is_null();
  int order = 0;
  if (left.is_number() && right.is_number()) {
    double difference = left.get<double>() - right.get<double>();
    order = difference < 0 ? -1 : difference > 0 ? 1 : 0;
  } else {
    order = to_text(left).compare(to_text(right));
  }
  if (op == "eq") return order == 0;
  if (op == "ne") return order != 0;
  if (op == "gt") return order > 0;
  if (op == "gte") return order >= 0;
  if (op == "lt") return order < 0;
  if (op == "lte") return order <= 0;
  return invalid("the condition's op '" + op.substr(0, 20) + "' is not one of: exists, eq, ne, gt, gte, lt, lte");
}

}  // namespace

void check_condition_tree(const Json& condition, const std::string& pointer, Findings& issues, int depth) {
  if (depth > kConditionDepthMax)
    return issues.push_back({pointer, "is nested deeper than " + std::to_string(kConditionDepthMax) + " levels"});
  if (!condition.is_object()) return issues.push_back({pointer, "must be an object"});
  if (condition.contains("and")) return check_parts(condition, "and", pointer, issues, depth);
  if (condition.contains("or")) return check_parts(condition, "or", pointer, issues, depth);
  if (condition.contains("person")) return check_person(condition, pointer, issues);
  if (!condition.contains("not")) return check_comparison(condition, pointer, issues);
  if (condition.size() > 1) issues.push_back({pointer, "has not and something beside it"});
  check_condition_tree(condition["not"], pointer + "/not", issues, depth + 1);
}

void collect_people(const Json& condition, std::map<std::string, bool>& rules) {
  if (!condition.is_object()) return;
  for (const char* word : {"and", "or"}) {
    for (const auto& part : condition.value(word, Json::array())) collect_people(part, rules);
  }
  if (condition.contains("not")) collect_people(condition["not"], rules);
  if (condition.contains("person")) rules.emplace(to_text(condition["person"]), false);
}

Result<bool> holds(const Json& condition, const Json& results, const Json& run,
                   const std::map<std::string, bool>& people) {
  if (condition.contains("not")) return !TRY(holds(condition["not"], results, run, people));
  if (condition.contains("person")) {
    auto found = people.find(to_text(condition["person"]));
    return found != people.end() && found->second;
  }
  for (const char* word : {"and", "or"}) {
    auto parts = condition.find(word);
    if (parts == condition.end()) continue;
    bool all = word == std::string_view("and");
    for (const auto& part : *parts) {
      if (TRY(holds(part, results, run, people)) != all) return !all;
    }
    return all;
  }
  return compare(condition, results, run);
}

}  // namespace spreaders::workflows
