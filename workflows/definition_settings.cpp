// The member "settings" of a definition: when and how often its messages are sent, and to how many; how long
// a run lasts and what comes of its errors.
#include <nlohmann/json.hpp>

#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

std::optional<sending::WorkflowSettings> read_settings(const Json& json, Findings& issues) {
  sending::WorkflowSettings settings;
  Issues found;
  decode_fields(sending::WorkflowSettings::field_list(), json, &settings, "/settings", found);
  for (auto& issue : found) issues.push_back({std::move(issue.pointer), std::move(issue.message)});
  return settings;
}

Limits limits_of(const sending::WorkflowSettings& settings) {
  return {settings.on_error, parse_duration(settings.max_age).value_or(0), settings.max_steps.value_or(0)};
}

}  // namespace spreaders::workflows
