#include "core/fields.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders {

namespace {

std::string number_text(double value) {
  return to_text(value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<int64_t>(value))
                                                                      : Json(value));
}

std::string_view found_type(const Json& json) {
  if (json.is_null()) return "null";
  if (json.is_boolean()) return "true or false";
  if (json.is_number()) return "a number";
  if (json.is_string()) return "text";
  if (json.is_array()) return "a list";
  return "an object";
}

std::string wanted(std::string_view what, const Json& json) {
  return "must be " + std::string(what) + ", is " + std::string(found_type(json));
}

void check_size(const Constraints& limits, size_t size, std::string_view unit, const std::string& pointer,
                Issues& issues) {
  if (limits.min_size && size < *limits.min_size) {
    issues.push_back({pointer, "needs at least " + std::to_string(*limits.min_size) + " " + std::string(unit) +
                                   ", has " + std::to_string(size)});
  }
  size_t most = limits.max_size.value_or(unit == "characters" ? kTextSizeMax : kItemsMax);
  if (size > most)
    issues.push_back({pointer, "has " + std::to_string(size) + " " + std::string(unit) + "; at most " +
                                   std::to_string(most) + " are allowed"});
}

void check_text(const Constraints& limits, const std::string& text, const std::string& pointer, Issues& issues) {
  if (text.find('\0') != std::string::npos) issues.push_back({pointer, "must not contain the character U+0000"});
  if (!is_utf8(text)) return issues.push_back({pointer, "is not valid UTF-8"});
  check_size(limits, count_code_points(text), "characters", pointer, issues);
  if (auto problem = format_problem(limits.format, text); !problem.empty()) issues.push_back({pointer, problem});
}

void check_range(const Constraints& limits, double value, const std::string& pointer, Issues& issues) {
  if (limits.min && value < *limits.min)
    issues.push_back({pointer, "must be at least " + number_text(*limits.min) + ", is " + number_text(value)});
  if (limits.max && value > *limits.max)
    issues.push_back({pointer, "must be at most " + number_text(*limits.max) + ", is " + number_text(value)});
}

void decode_value(const TypeOps& ops, const Constraints& limits, const Json& json, void* to, const std::string& pointer,
                  Issues& issues);

void decode_integer(const TypeOps& ops, const Constraints& limits, const Json& json, void* to,
                    const std::string& pointer, Issues& issues) {
  int64_t value = 0;
  if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return issues.push_back({pointer, "does not fit in 64 bits"});
  }
  if (json.is_number_integer()) {
    value = json.get<int64_t>();
  } else if (json.is_number_float() && std::floor(json.get<double>()) == json.get<double>() &&
             std::abs(json.get<double>()) < 9e15) {
    value = static_cast<int64_t>(json.get<double>());  // 3.0 is a whole number in JSON Schema
  } else {
    return issues.push_back(
        {pointer, json.is_number() ? "must be a whole number, is " + to_text(json) : wanted("a whole number", json)});
  }
  if (ops.bytes == 4 && (value > std::numeric_limits<int>::max() || value < std::numeric_limits<int>::min())) {
    return issues.push_back({pointer, "is out of range: " + std::to_string(value)});
  }
  check_range(limits, static_cast<double>(value), pointer, issues);
  if (ops.bytes == 4) *static_cast<int*>(to) = static_cast<int>(value);
  else *static_cast<int64_t*>(to) = value;
}

void decode_enum(const TypeOps& ops, const Json& json, void* to, const std::string& pointer, Issues& issues) {
  if (!json.is_string()) return issues.push_back({pointer, wanted("text", json)});
  const auto& list = ops.enumeration();
  std::string known;
  for (const auto& entry : list.names) {
    if (entry.name == json.get_ref<const std::string&>()) return ops.set_integer(to, entry.value);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  issues.push_back({pointer, "'" + std::string(first_code_points(json.get_ref<const std::string&>(), 60)) +
                                 "' is not one of: " + known});
}

void decode_array(const TypeOps& ops, const Constraints& limits, const Json& json, void* to, const std::string& pointer,
                  Issues& issues) {
  if (!json.is_array()) return issues.push_back({pointer, wanted("a list", json)});
  check_size(limits, json.size(), "items", pointer, issues);
  if (json.size() > limits.max_size.value_or(kItemsMax)) return;
  ops.clear(to);  // replaces a member's default
  Constraints each{.max_size = limits.item_max_size, .format = limits.format};
  for (size_t i = 0; i < json.size(); ++i) {
    // Issue texts are only built when needed, but the pointer is: lists are short.
    decode_value(*ops.item, each, json[i], ops.append(to), pointer + "/" + std::to_string(i), issues);
  }
}

void decode_map(const TypeOps& ops, const Constraints& limits, const Json& json, void* to, const std::string& pointer,
                Issues& issues) {
  if (!json.is_object()) return issues.push_back({pointer, wanted("an object", json)});
  check_size(limits, json.size(), "entries", pointer, issues);
  ops.clear(to);
  Constraints each{.max_size = limits.item_max_size};
  for (auto it = json.begin(); it != json.end(); ++it) {
    decode_value(*ops.item, each, it.value(), ops.entry(to, it.key()), pointer + pointer_step(it.key()), issues);
  }
}

template <class T, class Parse>
void decode_parsed(Parse parse, std::string_view what, const Json& json, void* to, const std::string& pointer,
                   Issues& issues) {
  if (!json.is_string()) return issues.push_back({pointer, wanted(what, json)});
  auto parsed = parse(json.get_ref<const std::string&>());
  if (!parsed.ok()) return issues.push_back({pointer, parsed.error().message});
  *static_cast<T*>(to) = *parsed;
}

void decode_value(const TypeOps& ops, const Constraints& limits, const Json& json, void* to, const std::string& pointer,
                  Issues& issues) {
  switch (ops.kind) {
    case Kind::kBoolean:
      if (!json.is_boolean()) return issues.push_back({pointer, wanted("true or false", json)});
      *static_cast<bool*>(to) = json.get<bool>();
      return;
    case Kind::kInteger:
      return decode_integer(ops, limits, json, to, pointer, issues);
    case Kind::kNumber:
      if (!json.is_number()) return issues.push_back({pointer, wanted("a number", json)});
      check_range(limits, json.get<double>(), pointer, issues);
      *static_cast<double*>(to) = json.get<double>();
      return;
    case Kind::kString:
      if (!json.is_string()) return issues.push_back({pointer, wanted("text", json)});
      check_text(limits, json.get_ref<const std::string&>(), pointer, issues);
      *static_cast<std::string*>(to) = json.get<std::string>();
      return;
    case Kind::kInstant:
      return decode_parsed<Instant>(parse_instant, "a time as text", json, to, pointer, issues);
    case Kind::kDate:
      return decode_parsed<Date>(parse_date, "a date as text", json, to, pointer, issues);
    case Kind::kEnum:
      return decode_enum(ops, json, to, pointer, issues);
    case Kind::kObject:
      return decode_fields(ops.object(), json, to, pointer, issues);
    case Kind::kArray:
      return decode_array(ops, limits, json, to, pointer, issues);
    case Kind::kMap:
      return decode_map(ops, limits, json, to, pointer, issues);
    case Kind::kOptional:
      if (!json.is_null()) decode_value(*ops.item, limits, json, ops.optional_engage(to), pointer, issues);
      return;
    case Kind::kJson:
      *static_cast<Json*>(to) = json;
      return;
  }
}

Json encode_value(const TypeOps& ops, const void* from) {
  switch (ops.kind) {
    case Kind::kBoolean:
      return *static_cast<const bool*>(from);
    case Kind::kInteger:
      return ops.bytes == 4 ? Json(*static_cast<const int*>(from)) : Json(*static_cast<const int64_t*>(from));
    case Kind::kNumber:
      return *static_cast<const double*>(from);
    case Kind::kString:
      return *static_cast<const std::string*>(from);
    case Kind::kInstant:
      return to_text(*static_cast<const Instant*>(from));
    case Kind::kDate:
      return to_text(*static_cast<const Date*>(from));
    case Kind::kEnum: {
      int64_t value = ops.get_integer(from);
      for (const auto& entry : ops.enumeration().names) {
        if (entry.value == value) return std::string(entry.name);
      }
      return nullptr;
    }
    case Kind::kObject:
      return encode_fields(ops.object(), from);
    case Kind::kArray: {
      Json array = Json::array();
      for (size_t i = 0; i < ops.size(from); ++i) array.push_back(encode_value(*ops.item, ops.element(from, i)));
      return array;
    }
    case Kind::kMap: {
      struct Visit {
        const TypeOps* item;
        Json object = Json::object();
      } visit{ops.item};
      ops.each_entry(from, &visit, [](void* context, const std::string& key, const void* value) {
        auto* self = static_cast<Visit*>(context);
        self->object[key] = encode_value(*self->item, value);
      });
      return visit.object;
    }
    case Kind::kOptional: {
      const void* inner = ops.optional_get(from);
      return inner == nullptr ? Json() : encode_value(*ops.item, inner);
    }
    case Kind::kJson:
      return *static_cast<const Json*>(from);
  }
  return nullptr;
}

void describe_text(const Constraints& limits, Json& schema) {
  if (limits.min_size) schema["minLength"] = *limits.min_size;
  if (limits.max_size) schema["maxLength"] = *limits.max_size;
  if (limits.format != Format::kNone && !format_name(limits.format).empty())
    schema["format"] = format_name(limits.format);
}

Json schema_of_item(const TypeOps& ops, const Constraints& limits);

Json schema_of_value(const TypeOps& ops, const Constraints& limits) {
  Json schema = Json::object();
  auto whole = [](double value) {
    return value == std::floor(value) ? Json(static_cast<int64_t>(value)) : Json(value);
  };
  switch (ops.kind) {
    case Kind::kBoolean:
      schema["type"] = "boolean";
      break;
    case Kind::kInteger:
    case Kind::kNumber:
      schema["type"] = ops.kind == Kind::kInteger ? "integer" : "number";
      if (limits.min) schema["minimum"] = whole(*limits.min);
      if (limits.max) schema["maximum"] = whole(*limits.max);
      break;
    case Kind::kString:
      schema["type"] = "string";
      describe_text(limits, schema);
      break;
    case Kind::kInstant:
      schema = {{"type", "string"}, {"format", "date-time"}};
      break;
    case Kind::kDate:
      schema = {{"type", "string"}, {"format", "date"}};
      break;
    case Kind::kEnum:
      schema = {{"type", "string"}, {"enum", Json::array()}};
      for (const auto& entry : ops.enumeration().names) schema["enum"].push_back(entry.name);
      break;
    case Kind::kObject:
      schema = schema_of_fields(ops.object());
      break;
    case Kind::kArray:
      schema = {{"type", "array"},
                {"items", schema_of_item(*ops.item, {.max_size = limits.item_max_size, .format = limits.format})}};
      if (limits.min_size) schema["minItems"] = *limits.min_size;
      if (limits.max_size) schema["maxItems"] = *limits.max_size;
      break;
    case Kind::kMap:
      schema = {{"type", "object"},
                {"additionalProperties", schema_of_item(*ops.item, {.max_size = limits.item_max_size})}};
      if (limits.max_size) schema["maxProperties"] = *limits.max_size;
      break;
    case Kind::kOptional:
      return schema_of_value(*ops.item, limits);
    case Kind::kJson:
      schema = {{"type", "object"}, {"additionalProperties", true}};
      break;
  }
  return schema;
}

// A Json member is an object; a Json item of a list or map is one value, and whoever takes it says why it is not fine.
Json schema_of_item(const TypeOps& ops, const Constraints& limits) {
  if (ops.kind != Kind::kJson) return schema_of_value(ops, limits);
  Json branches = Json::array();
  for (const char* type : {"string", "number", "boolean", "null"}) branches.push_back({{"type", type}});
  return {{"anyOf", std::move(branches)}};
}

Json defaults_of(const FieldList& list) {
  Json object;
  struct Visit {
    const FieldList* list;
    Json* object;
  } visit{&list, &object};
  list.with_default(&visit, [](void* context, const void* value) {
    auto* self = static_cast<Visit*>(context);
    *self->object = encode_fields(*self->list, value);
  });
  return object;
}

}  // namespace

void decode_fields(const FieldList& list, const Json& json, void* object, const std::string& pointer, Issues& issues) {
  if (!json.is_object()) return issues.push_back({pointer, wanted("an object", json)});
  size_t before = issues.size();
  size_t known = 0;
  for (const auto& field : list.fields) {
    auto found = json.find(field.name);
    std::string place = pointer + pointer_step(field.name);
    if (found == json.end()) {
      if (field.required()) issues.push_back({place, "is required"});
      continue;
    }
    ++known;
    const TypeOps& inner = field.ops->kind == Kind::kOptional ? *field.ops->item : *field.ops;
    if (inner.kind == Kind::kJson && !found->is_object() && !(found->is_null() && !field.required())) {
      issues.push_back({place, wanted("an object", *found)});
      continue;
    }
    decode_value(*field.ops, field.constraints, *found, static_cast<char*>(object) + field.offset, place, issues);
  }
  if (known < json.size()) {
    for (auto it = json.begin(); it != json.end(); ++it) {
      bool is_known = std::any_of(list.fields.begin(), list.fields.end(),
                                  [&](const Field& field) { return field.name == it.key(); });
      if (is_known) continue;
      std::string names;
      for (const auto& field : list.fields) names += (names.empty() ? "" : ", ") + std::string(field.name);
      issues.push_back({pointer + pointer_step(first_code_points(it.key(), 60)),
                        "is not known here" + (names.empty() ? std::string() : "; known: " + names)});
    }
  }
  if (list.check != nullptr && issues.size() == before) {
    list.check(object, issues);
    for (size_t i = before; i < issues.size(); ++i) issues[i].pointer.insert(0, pointer);
  }
}

Json encode_fields(const FieldList& list, const void* object) {
  Json json = Json::object();
  for (const auto& field : list.fields) {
    const void* member = static_cast<const char*>(object) + field.offset;
    if (field.ops->kind == Kind::kOptional && field.ops->optional_get(member) == nullptr) continue;
    if (field.ops->kind == Kind::kJson && static_cast<const Json*>(member)->is_null()) continue;
    json[std::string(field.name)] = encode_value(*field.ops, member);
  }
  return json;
}

Json schema_of_fields(const FieldList& list) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}};
  Json required = Json::array();
  bool any_default = std::any_of(list.fields.begin(), list.fields.end(),
                                 [](const Field& field) { return field.constraints.defaulted; });
  Json defaults = any_default ? defaults_of(list) : Json();
  for (const auto& field : list.fields) {
    Json property = schema_of_value(*field.ops, field.constraints);
    property["description"] = field.description;
    if (field.constraints.defaulted && defaults.contains(field.name))
      property["default"] = defaults[std::string(field.name)];
    if (!field.constraints.example.empty()) property["examples"] = Json::array({field.constraints.example});
    schema["properties"][std::string(field.name)] = std::move(property);
    if (field.required()) required.push_back(field.name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

std::string docs_of_fields(const FieldList& list) {
  if (list.fields.empty()) return "None.\n";
  std::string out = "| name | type | required | meaning |\n|---|---|---|---|\n";
  Json schema = schema_of_fields(list);
  for (const auto& field : list.fields) {
    const Json& property = schema["properties"][std::string(field.name)];
    std::string type = property.value("type", "any");
    if (type == "array" && property["items"].contains("type"))
      type = "list of " + property["items"]["type"].get<std::string>();
    if (property.contains("enum")) {
      type.clear();
      for (const auto& name : property["enum"])
        type += (type.empty() ? "" : ", ") + ("`" + name.get<std::string>() + "`");
    }
    std::string limits;
    for (const char* word :
         {"format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default"}) {
      if (property.contains(word))
        limits += (limits.empty() ? " (" : ", ") + std::string(word) + " " + to_text(property[word]);
    }
    out += "| `" + std::string(field.name) + "` | " + type + " | " + (field.required() ? "yes" : "no") + " | " +
           std::string(field.description) + (limits.empty() ? "" : limits + ")") + " |\n";
  }
  return out;
}

Error issues_error(std::string_view what, Issues issues) {
  Error error =
      invalid(std::string(what) +
              (issues.size() == 1 ? " has a problem" : " have " + std::to_string(issues.size()) + " problems") + ":");
  if (issues.size() == 1) error.message = std::string(what) + " cannot be used:";
  error.issues = std::move(issues);
  return error;
}

std::string_view format_name(Format format) {
  switch (format) {
    case Format::kEmail:
      return "email";
    case Format::kUri:
    case Format::kHttpsUri:
      return "uri";
    case Format::kDate:
      return "date";
    case Format::kDateTime:
      return "date-time";
    case Format::kDuration:
      return "duration";
    case Format::kHostname:
      return "hostname";
    case Format::kNone:
    case Format::kTimeZone:
    case Format::kCurrency:
    case Format::kLanguage:
    case Format::kIdentifier:
      return "";
  }
  return "";
}

std::string format_problem(Format format, std::string_view text) {
  auto all = [&](auto fine) { return !text.empty() && std::all_of(text.begin(), text.end(), fine); };
  auto is_alnum = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  switch (format) {
    case Format::kNone:
      return "";
    case Format::kEmail:
      return is_email(text) ? "" : "is not an email address";
    case Format::kUri:
    case Format::kHttpsUri: {
      bool https = text.starts_with("https://");
      bool scheme = https || (format == Format::kUri && text.starts_with("http://"));
      bool clean = std::none_of(text.begin(), text.end(), [](unsigned char c) {
        return c <= ' ' || c == '"' || c == '<' || c == '>' || c == '\\' || c == 0x7F;
      });
      if (scheme && clean && text.size() > (https ? 8U : 7U) && text[https ? 8 : 7] != '/') return "";
      return format == Format::kHttpsUri ? "is not an https:// address" : "is not an http:// or https:// address";
    }
    case Format::kDate:
      return parse_date(text).ok() ? "" : parse_date(text).error().message;
    case Format::kDateTime:
      return parse_instant(text).ok() ? "" : parse_instant(text).error().message;
    case Format::kDuration:
      return parse_duration(text).ok() ? "" : parse_duration(text).error().message;
    case Format::kTimeZone:
      return is_zone(text) ? "" : "is not an IANA time zone such as Europe/Berlin";
    case Format::kCurrency:
      return text.size() == 3 && all([](char c) { return c >= 'A' && c <= 'Z'; })
                 ? ""
                 : "is not an ISO 4217 currency code such as USD";
    case Format::kLanguage:
      return text.size() <= 35 && text.size() >= 2 && all([&](char c) { return is_alnum(c) || c == '-'; })
                 ? ""
                 : "is not a language tag such as en or pt-BR";
    case Format::kIdentifier:
      return text.size() <= 100 && all([&](char c) { return is_alnum(c) || c == '_' || c == '-'; })
                 ? ""
                 : "is not an id: letters, digits, - and _ only";
    case Format::kHostname:
      return text.size() <= 253 && all([&](char c) { return is_alnum(c) || c == '-' || c == '.' || c == ':'; })
                 ? ""
                 : "is not a host name";
  }
  return "";
}

}  // namespace spreaders
