#include "core/tool.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spreaders {

std::string_view risk_class(Effect effect) {
  switch (effect) {
    case Effect::kRead:
      return "R0_read";
    case Effect::kWrite:
      return "R1_internal_write";
    case Effect::kDraft:
      return "R2_external_draft";
    case Effect::kPublish:
      return "R3_public_or_send";
    case Effect::kSpend:
      return "R4_spend";
    case Effect::kDestroy:
      return "R5_destructive_or_admin";
  }
  return "R5_destructive_or_admin";
}

bool Principal::may(std::string_view scope) const {
  bool approval = scope.starts_with("approvals:");
  if (approval && kind != Kind::kPerson) return false;
  for (const auto& held : scopes) {
    if (held == scope) return true;
    if (held == "*" && !approval) return true;
    size_t colon = scope.find(':');
    if (held.size() == colon + 2 && held.ends_with(":*") && scope.starts_with(held.substr(0, colon + 1)) && !approval)
      return true;
  }
  return false;
}

bool Principal::may_all(std::span<const std::string_view> needed) const {
  return std::all_of(needed.begin(), needed.end(), [this](std::string_view scope) { return may(scope); });
}

std::string wire_name(std::string_view dotted) {
  std::string name(dotted);
  for (char& c : name) {
    if (c == '.') c = '_';
  }
  return name;
}

const ToolSpec* find_tool(ToolList tools, std::string_view name) {
  for (const auto* spec : tools) {
    if (spec->name.value == name || wire_name(spec->name.value) == name) return spec;
  }
  return nullptr;
}

Json argument_schema(const ToolSpec& spec) {
  return spec.foreign_schema != nullptr ? *spec.foreign_schema : schema_of_fields(spec.body.arguments());
}

Json describe_tool(const ToolSpec& spec) {
  Json scopes = Json::array();
  for (auto scope : spec.scopes.list()) scopes.push_back(scope);
  bool read = spec.effect == Effect::kRead;
  Effect effect = spec.operator_only ? Effect::kDestroy : spec.effect;
  return {
      {"name", wire_name(spec.name.value)},
      {"title", spec.title.value},
      {"description", spec.description.value},
      {"inputSchema", argument_schema(spec)},
      {"outputSchema", schema_of_fields(spec.body.result())},
      // destructiveHint: may change what cannot be taken back. A sent mail cannot.
      {"annotations",
       {{"title", spec.title.value},
        {"readOnlyHint", read},
        {"destructiveHint", spec.effect >= Effect::kPublish},
        {"idempotentHint", read || spec.repeat == Repeat::kSafe},
        {"openWorldHint", spec.open_world}}},
      {"_meta",
       {{"io.spreaders/endpoint", spec.name.value},
        {"io.spreaders/risk", risk_class(effect)},
        {"io.spreaders/scopes", std::move(scopes)},
        {"io.spreaders/needsApproval", spec.always_approve || spec.effect >= Effect::kPublish}}},
  };
}

Json list_tool(const ToolSpec& spec) {
  Json tool = describe_tool(spec);
  tool["annotations"].erase("title");
  // The names of what every result has: a result may grow without a client that kept this schema refusing it.
  Json& output = tool["outputSchema"];
  for (const char* key : {"properties", "additionalProperties"}) output.erase(key);
  const bool needs_approval = tool["_meta"]["io.spreaders/needsApproval"].get<bool>();
  if (needs_approval) tool["_meta"] = {{"io.spreaders/needsApproval", true}};
  else tool.erase("_meta");
  return tool;
}

}  // namespace spreaders
