#include "workflows/definition.hpp"

#include <nlohmann/json.hpp>

#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

// Its id, what it refers to and where it leads.
void check_node(const Definition& definition, const Node& node, Findings& issues) {
  const std::string pointer = "/nodes" + pointer_step(node.id.substr(0, kNodeIdMax));
  if (node.id.empty() || node.id.size() > kNodeIdMax)
    issues.push_back(
        {pointer,
         "has an id of " + std::string(node.id.empty() ? "no characters"
                                                       : "more than " + std::to_string(kNodeIdMax) + " characters")});
  if (node.args) check_references(*node.args, pointer + "/args", definition, issues);
  if (node.set) check_references(*node.set, pointer + "/set", definition, issues);
  if (node.condition) check_references(*node.condition, pointer + "/if", definition, issues);
  if (node.match) check_references(*node.match, pointer + "/match", definition, issues);
  for (size_t i = 0; i < node.ways.size(); ++i) {
    if (node.ways[i].condition)
      check_references(*node.ways[i].condition, pointer + "/branches/" + std::to_string(i) + "/if", definition, issues);
  }
  for (const auto& [member, to] : edges_of(node)) {
    if (definition.find(to) == nullptr)
      issues.push_back({pointer + "/" + member, "there is no node '" + to.substr(0, 60) + "'", "missing_node",
                        member == "on_fail" || member == "on_missing" ? patch("remove", pointer + "/" + member) : ""});
  }
}

Definition read_definition(const Json& json, Findings& issues, bool (*is_tool)(std::string_view, const void*),
                           const void* context) {
  Definition definition;
  if (!json.is_object()) return issues.push_back({"", "must be an object"}), definition;
  Reader reader(json, "", issues);
  definition.id = reader.text("id", true);
  definition.name = reader.text("name", true);
  definition.start = reader.text("start", true);
  auto nodes = reader.object("nodes", true);
  if (reader.get("goal") != nullptr) {
    auto json_goal = reader.object("goal");
    Reader inner(*json_goal, "/goal", issues);
    definition.goal = Goal{inner.text("event", true), read_match(inner, "/goal", issues)};
    inner.refuse_unknown();
    check_references(*definition.goal->match, "/goal/match", definition, issues);  // there are no results yet
  }
  if (const Json* settings = reader.get("settings")) definition.settings = read_settings(*settings, issues);
  if (definition.settings) definition.limits = limits_of(*definition.settings);
  reader.refuse_unknown();
  if (nodes->size() > kNodesMax)
    return issues = {{"/nodes", "has more than " + std::to_string(kNodesMax) + " nodes"}}, definition;
  for (auto it = nodes->begin(); it != nodes->end(); ++it)
    definition.nodes[it.key()] = read_node(it.key(), it.value(), issues);
  for (const auto& [id, node] : definition.nodes) {
    check_node(definition, node, issues);
    bool calls = node.type == NodeType::kAction || node.type == NodeType::kForEach;
    if (calls && is_tool != nullptr && !node.tool.empty() && !is_tool(node.tool, context))
      issues.push_back({"/nodes" + pointer_step(id) + "/tool", "there is no tool '" + node.tool.substr(0, 64) + "'",
                        "unknown_tool"});
  }
  if (!definition.start.empty() && definition.find(definition.start) == nullptr)
    issues.push_back({"/start", "there is no node '" + definition.start.substr(0, 60) + "'", "missing_node"});
  check_cycles(definition, issues);
  check_joins(definition, issues);
  if (issues.empty()) nest_loops(definition);
  return definition;
}

}  // namespace

Findings find_problems(const Json& definition, bool (*is_tool)(std::string_view, const void*), const void* context) {
  Findings findings;
  read_definition(definition, findings, is_tool, context);
  return findings;
}

Result<Definition> parse_definition(const Json& json, bool (*is_tool)(std::string_view, const void*),
                                    const void* context) {
  Findings findings;
  Definition definition = read_definition(json, findings, is_tool, context);
  if (findings.empty()) return definition;
  return issues_error("The workflow", issues_of(std::move(findings)));
}

Issues issues_of(Findings findings) {
  Issues issues;
  for (auto& finding : findings) issues.push_back({std::move(finding.pointer), std::move(finding.message)});
  return issues;
}

}  // namespace spreaders::workflows
