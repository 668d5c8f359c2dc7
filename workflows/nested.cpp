#include "workflows/nested.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/fields.hpp"
#include "services/templates/templates.hpp"
#include "workflows/definition.hpp"

namespace spreaders::workflows {

using storage::Tx;

namespace {

struct Start {
  std::string node, workflow;
  int64_t version = 0;
};

// Only what is well made; the parser names the rest.
std::vector<Start> starts_of(const Json& definition) {
  std::vector<Start> starts;
  auto nodes = definition.find("nodes");
  if (nodes == definition.end() || !nodes->is_object()) return starts;
  for (auto it = nodes->begin(); it != nodes->end(); ++it) {
    const Json& node = it.value();
    if (!node.is_object() || node.value("type", Json()) != "sub_workflow") continue;
    auto workflow = node.find("workflow");
    auto version = node.find("version");
    if (workflow == node.end() || !workflow->is_string()) continue;
    bool whole = version != node.end() && version->is_number_integer();
    starts.push_back({it.key(), workflow->get<std::string>(), whole ? version->get<int64_t>() : 0});
  }
  return starts;
}

std::string pointer_of(const Start& start, const char* member) {
  return "/nodes" + pointer_step(start.node) + "/" + member;
}

// `found` gets what `definition` starts, `depth` runs deep; false when that is too deep or too much.
Result<bool> collect(Tx& tx, const std::string& workspace, const Json& definition, int depth,
                     std::vector<Workflow>& found) {
  for (const auto& start : starts_of(definition)) {
    auto inner = TRY(get_workflow(tx, workspace, start.workflow, start.version));
    bool known = std::any_of(found.begin(), found.end(),
                             [&](const Workflow& one) { return one.id == inner.id && one.version == inner.version; });
    if (!known) found.push_back(inner);
    bool fits = depth <= kNestedMax && found.size() <= kNestedWorkflowsMax;
    if (!fits || !TRY(collect(tx, workspace, inner.definition, depth + 1, found))) return false;
  }
  return true;
}

// Render nodes by the id and the version of their template.
Result<void> settle_templates(Tx& tx, const std::string& workspace, Json& definition, Findings& findings) {
  auto nodes = definition.find("nodes");
  if (nodes == definition.end() || !nodes->is_object()) return {};
  for (auto it = nodes->begin(); it != nodes->end(); ++it) {
    Json& node = it.value();
    if (!node.is_object() || node.value("type", Json()) != "render") continue;
    if (!node.contains("template") || !node["template"].is_string()) continue;
    bool whole = node.contains("version") && node["version"].is_number_integer();
    auto stored = services::get_template(tx, workspace, node["template"].get<std::string>(),
                                         whole ? node["version"].get<int64_t>() : 0);
    if (!stored.ok() && stored.error().code != Code::kNotFound) return stored.error();
    if (!stored.ok()) {
      findings.push_back({"/nodes" + pointer_step(it.key()) + (whole ? "/version" : "/template"),
                          stored.error().message, "unknown_template"});
      continue;
    }
    node["template"] = stored->id;
    if (!node.contains("version")) node["version"] = stored->version;
  }
  return {};
}

}  // namespace

Result<Findings> settle_versions(Tx& tx, const std::string& workspace, Json& definition) {
  Findings findings;
  TRY(settle_templates(tx, workspace, definition, findings));
  for (const auto& start : starts_of(definition)) {
    auto inner = get_workflow(tx, workspace, start.workflow, start.version);
    if (!inner.ok() && inner.error().code != Code::kNotFound) return inner.error();
    if (!inner.ok()) {
      findings.push_back(
          {pointer_of(start, start.version == 0 ? "workflow" : "version"), inner.error().message, "unknown_workflow"});
    } else if (start.version == 0) {
      definition["nodes"][start.node]["version"] = inner->version;
    }
  }
  return findings;
}

Result<Findings> find_nested_problems(Tx& tx, const std::string& workspace, const std::string& id,
                                      const Json& definition) {
  Findings findings;
  for (const auto& start : starts_of(definition)) {
    const Json alone = {{"nodes", {{start.node, definition["nodes"][start.node]}}}};
    std::vector<Workflow> found;
    auto fits = collect(tx, workspace, alone, 1, found);
    if (!fits.ok() && fits.error().code != Code::kNotFound) return fits.error();
    if (!fits.ok()) {
      findings.push_back({pointer_of(start, "workflow"), fits.error().message, "unknown_workflow"});
      continue;
    }
    bool returns =
        !id.empty() && std::any_of(found.begin(), found.end(), [&](const auto& one) { return one.id == id; });
    if (returns)
      findings.push_back({pointer_of(start, "workflow"), "leads back to this workflow", "sub_workflow_cycle"});
    else if (!*fits)
      findings.push_back({pointer_of(start, "workflow"),
                          "leads to workflows within workflows more than " + std::to_string(kNestedMax) +
                              " deep, or to more than " + std::to_string(kNestedWorkflowsMax),
                          "sub_workflow_depth"});
  }
  return findings;
}

Result<std::vector<Workflow>> nested_workflows(Tx& tx, const std::string& workspace, const Json& definition) {
  std::vector<Workflow> found;
  if (!TRY(collect(tx, workspace, definition, 1, found)))
    return conflict("the workflow starts too many workflows within itself, or too deep");
  return found;
}

}  // namespace spreaders::workflows
