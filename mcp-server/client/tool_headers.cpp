#include "mcp-server/client/tool_headers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr std::string_view kMark = "x-mcp-header";
constexpr size_t kSchemaDepth_max = 32;
constexpr size_t kHeaderParams_max = 64;
constexpr size_t kHeaderNameBytes_max = 128;

struct Search {
  std::vector<HeaderParam> found;
  std::set<std::string> names;  // lower case
};

bool is_header_token(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= kHeaderNameBytes_max && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

Result<void> take_mark(const Json& schema, const Json& mark, const std::vector<std::string>& path, Search& search) {
  const auto type = schema.find("type");
  const bool primitive =
      type != schema.end() && (*type == "string" || *type == "integer" || *type == "boolean") && !path.empty();
  if (!primitive) return invalid("x-mcp-header is for parameters of type string, integer or boolean only");
  if (!mark.is_string() || !is_header_token(mark.get_ref<const std::string&>())) {
    return invalid("x-mcp-header is not the name of a header");
  }
  const auto& name = mark.get_ref<const std::string&>();
  if (!search.names.insert(lower_ascii(name)).second) return invalid("two parameters have the same x-mcp-header");
  if (search.found.size() >= kHeaderParams_max) return invalid("too many parameters have an x-mcp-header");
  search.found.push_back({path, "Mcp-Param-" + name});
  return {};
}

// `reachable`: only `properties` lie between the arguments and this schema.
Result<void> search_schema(const Json& schema, bool reachable, std::vector<std::string>& path, size_t depth,
                           Search& search) {
  if (depth > kSchemaDepth_max) return invalid("the schema is nested too deeply");
  if (schema.is_array()) {
    for (const auto& each : schema) TRY(search_schema(each, false, path, depth + 1, search));
    return {};
  }
  if (!schema.is_object()) return {};
  for (const auto& [key, value] : schema.items()) {
    if (key == kMark) {
      if (!reachable) return invalid("x-mcp-header is only for parameters that are reached through properties");
      TRY(take_mark(schema, value, path, search));
    } else if ((key == "properties" || key == "patternProperties" || key == "$defs" || key == "dependentSchemas") &&
               value.is_object()) {
      for (const auto& [name, property] : value.items()) {
        path.push_back(name);
        TRY(search_schema(property, reachable && key == "properties", path, depth + 1, search));
        path.pop_back();
      }
    } else if (key != "default" && key != "const" && key != "enum" && key != "examples") {  // data, no schemas
      TRY(search_schema(value, false, path, depth + 1, search));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<HeaderParam>> header_params(const Json& input_schema) {
  Search search;
  std::vector<std::string> path;
  TRY(search_schema(input_schema, true, path, 0, search));
  return std::move(search.found);
}

std::string encode_header_value(std::string_view value) {
  const bool visible = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  const bool trimmed = trim(value).size() == value.size();
  const bool looks_encoded = value.starts_with("=?base64?") && value.ends_with("?=");
  if (visible && trimmed && !looks_encoded) return std::string(value);
  return "=?base64?" + base64(value) + "?=";
}

std::vector<std::pair<std::string, std::string>> param_headers(const std::vector<HeaderParam>& params,
                                                               const Json& arguments) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& param : params) {
    const Json* value = &arguments;
    for (const auto& step : param.path) {
      const auto found = value->is_object() ? value->find(step) : value->end();
      value = value->is_object() && found != value->end() ? &*found : nullptr;
      if (value == nullptr) break;
    }
    if (value == nullptr) continue;
    if (value->is_string())
      headers.emplace_back(param.header, encode_header_value(value->get_ref<const std::string&>()));
    else if (value->is_boolean() || value->is_number_integer()) headers.emplace_back(param.header, to_text(*value));
  }
  return headers;
}

}  // namespace spreaders::mcp
