#include "planners/schema.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/bytes.hpp"
#include "core/embedded.hpp"
#include "core/time.hpp"
#include "planners/pattern.hpp"

namespace spreaders {
std::span<const EmbeddedFile> embedded_schemas();  // planners/*.schema.json
}

namespace spreaders::planners {

namespace {

constexpr size_t kIssuesMax = 100;
constexpr size_t kDepthMax = 64;  // of the value; arguments of tools nest freely

std::string child(const std::string& pointer, std::string_view name) {
  std::string out = pointer + "/";
  for (char c : name) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  // 3.0 is an integer in JSON Schema.
  return value.is_number_integer() ||
         (value.is_number_float() && value.get<double>() == std::floor(value.get<double>()));
}

class Checker {
 public:
  explicit Checker(const Json& root) : root_(root) {}

  Issues run(const Json& value) {
    check(root_, value, "", 0);
    return std::move(issues_);
  }

 private:
  const Json& root_;
  Issues issues_;

  void add(const std::string& pointer, std::string message) {
    if (issues_.size() >= kIssuesMax) return;
    for (const Issue& issue : issues_) {
      if (issue.pointer == pointer && issue.message == message) return;
    }
    issues_.push_back({pointer, std::move(message)});
  }
  // The problems a schema finds, set aside.
  Issues trial(const Json& schema, const Json& value, const std::string& pointer, size_t depth) {
    Issues before = std::exchange(issues_, {});
    check(schema, value, pointer, depth);
    return std::exchange(issues_, std::move(before));
  }

  void check(const Json& schema, const Json& value, const std::string& pointer, size_t depth) {
    if (depth > kDepthMax) return add(pointer, "is nested too deeply");
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) add(pointer, "is not allowed");
      return;
    }
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") check(referred(rule.get_ref<const std::string&>()), value, pointer, depth);
      else if (keyword == "type") check_type(rule, value, pointer);
      else if (keyword == "const" && value != rule) add(pointer, "must be " + to_text(rule));
      else if (keyword == "enum" && std::find(rule.begin(), rule.end(), value) == rule.end())
        add(pointer, "must be one of " + to_text(rule));
    }
    check_combined(schema, value, pointer, depth);
    if (value.is_string()) check_text(schema, value.get_ref<const std::string&>(), pointer);
    else if (value.is_number()) check_number(schema, value, pointer);
    else if (value.is_array()) check_array(schema, value, pointer, depth);
    else if (value.is_object()) check_object(schema, value, pointer, depth);
    for (const auto& [keyword, rule] : schema.items())
      CHECK(is_known(keyword), "a keyword of the schema is not checked");
  }
  static bool is_known(std::string_view keyword) {
    static const std::set<std::string_view> known = {"$ref",          "type",
                                                     "const",         "enum",
                                                     "anyOf",         "allOf",
                                                     "not",           "if",
                                                     "then",          "minLength",
                                                     "maxLength",     "pattern",
                                                     "format",        "minimum",
                                                     "maximum",       "minItems",
                                                     "maxItems",      "uniqueItems",
                                                     "items",         "required",
                                                     "properties",    "additionalProperties",
                                                     "propertyNames", "minProperties",
                                                     "maxProperties", "$schema",
                                                     "$id",           "title",
                                                     "description",   "$comment",
                                                     "$defs"};
    return known.contains(keyword);
  }
  const Json& referred(const std::string& reference) const {
    CHECK(reference.starts_with("#/"), "a schema refers to itself only");
    return root_.at(Json::json_pointer(reference.substr(1)));
  }

  void check_type(const Json& rule, const Json& value, const std::string& pointer) {
    const bool fits = rule.is_array()
                          ? std::any_of(rule.begin(), rule.end(),
                                        [&](const Json& type) { return has_type(value, type.get<std::string>()); })
                          : has_type(value, rule.get_ref<const std::string&>());
    if (!fits) add(pointer, "must be of type " + to_text(rule));
  }

  void check_combined(const Json& schema, const Json& value, const std::string& pointer, size_t depth) {
    if (const auto all = schema.find("allOf"); all != schema.end()) {
      for (const Json& part : *all) check(part, value, pointer, depth);
    }
    if (const auto any = schema.find("anyOf"); any != schema.end()) check_any(*any, value, pointer, depth);
    if (const auto no = schema.find("not"); no != schema.end() && trial(*no, value, pointer, depth).empty())
      add(pointer, "has a form that is not allowed");
    if (const auto when = schema.find("if");
        when != schema.end() && schema.contains("then") && trial(*when, value, pointer, depth).empty())
      check(schema["then"], value, pointer, depth);
  }
  // What is wrong with the branch that comes nearest: the one whose problems lie deepest.
  void check_any(const Json& branches, const Json& value, const std::string& pointer, size_t depth) {
    Issues nearest;
    for (const Json& branch : branches) {
      Issues wrong = trial(branch, value, pointer, depth);
      if (wrong.empty()) return;
      const auto depth_of = [](const Issues& issues) {
        size_t slashes = 0;
        for (const Issue& issue : issues)
          slashes = std::max(slashes, static_cast<size_t>(std::count(issue.pointer.begin(), issue.pointer.end(), '/')));
        return slashes;
      };
      if (nearest.empty() || depth_of(wrong) > depth_of(nearest)) nearest = std::move(wrong);
    }
    for (const Issue& issue : nearest) add(issue.pointer, issue.message);
  }

  void check_text(const Json& schema, const std::string& text, const std::string& pointer) {
    const size_t length = count_code_points(text);
    if (length < schema.value("minLength", size_t{0})) add(pointer, "is too short");
    if (length > schema.value("maxLength", SIZE_MAX))
      add(pointer, "has more than " + to_text(schema["maxLength"]) + " characters");
    if (const auto pattern = schema.find("pattern");
        pattern != schema.end() && !matches_pattern(text, pattern->get<std::string>()))
      add(pointer, "does not match " + pattern->get<std::string>());
    const std::string format = schema.value("format", "");
    if (format == "date" && !parse_date(text).ok()) add(pointer, "is not a date");
    if (format == "date-time" && !parse_instant(text).ok()) add(pointer, "is not an RFC 3339 time");
  }
  void check_number(const Json& schema, const Json& value, const std::string& pointer) {
    const double number = value.get<double>();
    if (const auto least = schema.find("minimum"); least != schema.end() && number < least->get<double>())
      add(pointer, "is under " + to_text(*least));
    if (const auto most = schema.find("maximum"); most != schema.end() && number > most->get<double>())
      add(pointer, "is over " + to_text(*most));
  }
  void check_array(const Json& schema, const Json& value, const std::string& pointer, size_t depth) {
    if (value.size() < schema.value("minItems", size_t{0})) add(pointer, "has too few items");
    if (value.size() > schema.value("maxItems", SIZE_MAX))
      add(pointer, "has more than " + to_text(schema["maxItems"]) + " items");
    if (schema.value("uniqueItems", false) && std::set<Json>(value.begin(), value.end()).size() != value.size())
      add(pointer, "has an item twice");
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (size_t i = 0; i < value.size(); ++i) check(*items, value[i], pointer + "/" + std::to_string(i), depth + 1);
  }
  void check_object(const Json& schema, const Json& value, const std::string& pointer, size_t depth) {
    if (const auto required = schema.find("required"); required != schema.end()) {
      for (const Json& name : *required) {
        if (!value.contains(name.get_ref<const std::string&>()))
          add(child(pointer, name.get_ref<const std::string&>()), "is missing");
      }
    }
    if (value.size() < schema.value("minProperties", size_t{0})) add(pointer, "has too few members");
    if (value.size() > schema.value("maxProperties", SIZE_MAX)) add(pointer, "has too many members");
    static const Json none = Json::object();
    const auto found = schema.find("properties");
    const Json& properties = found == schema.end() ? none : *found;
    const auto others = schema.find("additionalProperties");
    const auto names = schema.find("propertyNames");
    for (const auto& [name, member] : value.items()) {
      const std::string at = child(pointer, name);
      if (names != schema.end() && !trial(*names, name, at, depth + 1).empty())
        add(at, "has a name that is not allowed");
      if (const auto property = properties.find(name); property != properties.end())
        check(*property, member, at, depth + 1);
      else if (others != schema.end() && *others == false) add(at, "is not known here");
      else if (others != schema.end()) check(*others, member, at, depth + 1);
    }
  }
};

}  // namespace

const Json& plan_schema() {
  static const Json schema = Json::parse(embedded_schemas().front().text);
  return schema;
}

Issues check_schema(const Json& schema, const Json& value) { return Checker(schema).run(value); }

}  // namespace spreaders::planners
