#include "mcp-server/client/arguments.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

struct Check {
  Issues issues;
  void add(const std::string& pointer, std::string message) {
    if (issues.size() < kArgumentIssues_max) issues.push_back({pointer, std::move(message)});
  }
};

bool is_of(const Json& value, const Json& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer") {
    return value.is_number_integer() || (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
  }
  return true;  // a word that is not known here
}

const Json* keyword(const Json& schema, const char* name) {
  const auto found = schema.find(name);
  return found == schema.end() ? nullptr : &*found;
}

// `smallest` and `largest` name the keywords for this kind of value.
void check_range(const Json& schema, const char* smallest, const char* largest, double value,
                 const std::string& pointer, Check& check) {
  if (const Json* least = keyword(schema, smallest);
      least != nullptr && least->is_number() && value < least->get<double>()) {
    check.add(pointer, std::string("is below ") + smallest + " " + to_text(*least));
  }
  if (const Json* most = keyword(schema, largest);
      most != nullptr && most->is_number() && value > most->get<double>()) {
    check.add(pointer, std::string("is above ") + largest + " " + to_text(*most));
  }
}

void check_value(const Json& schema, const Json& value, const std::string& pointer, size_t depth, Check& check);

void check_object(const Json& schema, const Json& value, const std::string& pointer, size_t depth, Check& check) {
  if (const Json* required = keyword(schema, "required"); required != nullptr && required->is_array()) {
    for (const auto& name : *required) {
      if (name.is_string() && !value.contains(name.get_ref<const std::string&>())) {
        check.add(pointer + pointer_step(name.get_ref<const std::string&>()), "is required");
      }
    }
  }
  const Json* properties = keyword(schema, "properties");
  const Json* others = keyword(schema, "additionalProperties");
  const bool closed = others != nullptr && *others == false && keyword(schema, "patternProperties") == nullptr;
  for (const auto& [name, member] : value.items()) {
    const bool known = properties != nullptr && properties->is_object() && properties->contains(name);
    if (known) check_value((*properties)[name], member, pointer + pointer_step(name), depth + 1, check);
    else if (closed) check.add(pointer + pointer_step(name), "is not a known argument");
  }
}

void check_value(const Json& schema, const Json& value, const std::string& pointer, size_t depth, Check& check) {
  if (!schema.is_object() || depth > kArgumentDepth_max) return;
  if (const Json* type = keyword(schema, "type"); type != nullptr) {
    const bool one = type->is_string()
                         ? is_of(value, *type)
                         : !type->is_array() || std::any_of(type->begin(), type->end(),
                                                            [&](const Json& each) { return is_of(value, each); });
    if (!one) return check.add(pointer, "has to be " + (type->is_string() ? type->get<std::string>() : to_text(*type)));
  }
  if (const Json* one_of = keyword(schema, "enum"); one_of != nullptr && one_of->is_array()) {
    if (std::find(one_of->begin(), one_of->end(), value) == one_of->end())
      check.add(pointer, "is none of the allowed values");
  }
  if (const Json* only = keyword(schema, "const"); only != nullptr && *only != value)
    check.add(pointer, "is not the allowed value");
  if (value.is_object()) check_object(schema, value, pointer, depth, check);
  if (value.is_number()) check_range(schema, "minimum", "maximum", value.get<double>(), pointer, check);
  if (value.is_string()) {
    const auto length = count_code_points(value.get_ref<const std::string&>());
    check_range(schema, "minLength", "maxLength", static_cast<double>(length), pointer, check);
  }
  if (!value.is_array()) return;
  check_range(schema, "minItems", "maxItems", static_cast<double>(value.size()), pointer, check);
  const Json* items = keyword(schema, "items");
  for (size_t i = 0; items != nullptr && i < value.size(); ++i) {
    check_value(*items, value[i], pointer + "/" + std::to_string(i), depth + 1, check);
  }
}

}  // namespace

Issues argument_problems(const Json& input_schema, const Json& arguments) {
  Check check;
  if (!arguments.is_object()) check.add("", "has to be an object");
  else check_value(input_schema, arguments, "", 0, check);
  return std::move(check.issues);
}

}  // namespace spreaders::mcp
