// What a graph has to hold, whatever its nodes are.
#include <functional>
#include <nlohmann/json.hpp>

#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

std::vector<std::pair<std::string, std::string>> edges_of(const Node& node) {
  std::vector<std::pair<std::string, std::string>> edges;
  auto add = [&](const char* member, const std::string& to) {
    if (!to.empty()) edges.emplace_back(member, to);
  };
  add("next", node.next);
  add("on_fail", node.on_fail);
  add("yes", node.yes);
  add("no", node.no);
  add("on/event", node.on_event);
  add("on/timeout", node.on_timeout);
  add("on_missing", node.on_missing);
  add("else", node.otherwise);
  add("to", node.loop_to);
  for (size_t i = 0; i < node.ways.size(); ++i) {
    bool holdout = !node.ways[i].condition && i + 1 == node.ways.size() && node.ways[i].name == "holdout";
    edges.emplace_back(holdout ? "holdout/to" : "branches/" + std::to_string(i) + "/to", node.ways[i].to);
    if (node.ways[i].to.empty()) edges.pop_back();
  }
  for (const auto& branch : node.branches) add("branches", branch);
  for (const auto& [way, to] : node.on) edges.emplace_back("on/" + way, to);
  return edges;
}

bool has_result(const Node& node) {
  switch (node.type) {
    case NodeType::kAction:
      return !node.fire_and_forget;
    case NodeType::kWaitEvent:
    case NodeType::kSplit:
    case NodeType::kSubWorkflow:
    case NodeType::kApproval:
    case NodeType::kUpdateProfile:
    case NodeType::kTag:
    case NodeType::kRender:
      return true;
    default:
      return false;
  }
}

bool is_reference(const Json& value) {
  return value.is_object() && (value.contains("$from") || value.contains("$run") || value.contains("$trigger"));
}

namespace {

// What can be reached from a node, itself among it; without going back in loops unless `back`.
std::set<std::string> reached_from(const Definition& definition, const std::string& start, bool back) {
  std::set<std::string> seen;
  std::vector<std::string> open = {start};
  while (!open.empty()) {
    const Node* node = definition.find(open.back());
    open.pop_back();
    if (node == nullptr || !seen.insert(node->id).second) continue;
    for (const auto& [member, to] : edges_of(*node)) {
      if (back || node->type != NodeType::kLoop || member != "to") open.push_back(to);
    }
  }
  return seen;
}

}  // namespace

void nest_loops(Definition& definition) {
  for (auto& [id, node] : definition.nodes) {
    if (node.type != NodeType::kLoop) continue;
    for (const auto& within : reached_from(definition, node.loop_to, false)) {
      if (within != id && definition.find(within)->type == NodeType::kLoop &&
          reached_from(definition, within, false).contains(id))
        node.loops_in.push_back(within);
    }
  }
}

void check_cycles(const Definition& definition, Findings& issues) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  std::map<std::string, Mark> marks;
  std::function<void(const Node&)> visit = [&](const Node& node) {
    marks[node.id] = Mark::kOpen;
    for (const auto& [member, to] : edges_of(node)) {
      const Node* target = definition.find(to);
      if (target == nullptr) continue;
      bool loops = node.type == NodeType::kLoop && member == "to";
      if (loops && !reached_from(definition, to, false).contains(node.id))
        issues.push_back({"/nodes" + pointer_step(node.id) + "/to",
                          "leads to '" + to + "', from which no path comes back here", "cycle"});
      if (loops && marks[to] == Mark::kOpen) continue;
      if (marks[to] == Mark::kOpen)
        issues.push_back({"/nodes" + pointer_step(node.id) + "/" + member,
                          "leads back to '" + to + "': a workflow has no cycles", "cycle"});
      else if (marks[to] == Mark::kNew) visit(*target);
    }
    marks[node.id] = Mark::kDone;
  };
  if (const Node* start = definition.find(definition.start)) visit(*start);
  for (const auto& [id, node] : definition.nodes) {
    if (marks[id] == Mark::kNew)
      issues.push_back({"/nodes" + pointer_step(id), "is not reachable from the start", "unreachable_node",
                        patch("remove", "/nodes" + pointer_step(id))});
  }
}

// A reference is well made and names a node whose result there may be.
void check_references(const Json& value, const std::string& pointer, const Definition& definition, Findings& issues) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      check_references(value[i], pointer + "/" + std::to_string(i), definition, issues);
  }
  if (!value.is_object()) return;
  if (auto run = value.find("$run"); run != value.end()) {
    constexpr std::string_view known[] = {"id", "subject", "key", "campaign"};
    bool fine = value.size() == 1 && run->is_string() &&
                std::find(std::begin(known), std::end(known), run->get_ref<const std::string&>()) != std::end(known);
    if (!fine)
      issues.push_back(
          {pointer, "a reference to the run is {\"$run\":\"...\"} of: id, subject, key, campaign", "bad_reference"});
    return;
  }
  if (auto trigger = value.find("$trigger"); trigger != value.end()) {
    const bool alone = value.size() == 1 + value.count("default");
    if (!alone || !trigger->is_string() || !trigger->get_ref<const std::string&>().starts_with("/"))
      issues.push_back(
          {pointer, "a reference to what started the run is {\"$trigger\":\"/...\",\"default\":...}", "bad_reference"});
    return;
  }
  auto from = value.find("$from");
  if (from == value.end()) {
    for (auto it = value.begin(); it != value.end(); ++it)
      check_references(it.value(), pointer + pointer_step(it.key()), definition, issues);
    return;
  }
  if (value.size() != 1 || !from->is_object() || !from->contains("node") || !(*from)["node"].is_string()) {
    issues.push_back({pointer, "a reference is {\"$from\":{\"node\":\"...\",\"pointer\":\"/...\"}}", "bad_reference"});
    return;
  }
  std::string name = (*from)["node"].get<std::string>();
  const Node* node = definition.find(name);
  if (node == nullptr || !has_result(*node))
    issues.push_back({pointer,
                      "refers to '" + name.substr(0, 60) + "', which is no node of this workflow with a result",
                      "bad_reference"});
}

// Every path that begins at a branch arrives at the parallel node's join, and at no other before it: a join counts the
// branches of the innermost fork.
void check_joins(const Definition& definition, Findings& issues) {
  for (const auto& [id, node] : definition.nodes) {
    if (node.type != NodeType::kParallel) continue;
    const Node* join = definition.find(node.join);
    std::string pointer = "/nodes" + pointer_step(id);
    if (join == nullptr || join->type != NodeType::kJoin) {
      issues.push_back({pointer + "/join", "is not a join node", "bad_join"});
      continue;
    }
    if (join->join_count > static_cast<int>(node.branches.size())) {
      issues.push_back({"/nodes" + pointer_step(node.join) + "/wait",
                        "waits for " + std::to_string(join->join_count) + " arrivals, but '" + id + "' has " +
                            std::to_string(node.branches.size()) + " branches",
                        "bad_join"});
    }
    std::set<std::string> seen;
    std::vector<std::string> open = node.branches;
    while (!open.empty()) {
      std::string at = open.back();
      open.pop_back();
      const Node* here = definition.find(at);
      if (here == nullptr || at == node.join || !seen.insert(at).second) continue;
      if (here->type == NodeType::kJoin)
        issues.push_back({pointer + "/branches",
                          "a path arrives at the join '" + at + "' before its own join '" + node.join + "'",
                          "bad_join"});
      if (here->type == NodeType::kEnd && here->exit.empty())
        issues.push_back({pointer + "/branches",
                          "a path ends at '" + at + "' without arriving at the join '" + node.join + "'", "bad_join"});
      if (here->type == NodeType::kParallel && definition.find(here->join) != nullptr)
        open.push_back(definition.find(here->join)->next);
      else
        for (const auto& [member, to] : edges_of(*here)) open.push_back(to);
    }
    for (const auto& [other, loop] : definition.nodes) {
      if (loop.type == NodeType::kLoop && !seen.contains(other) && seen.contains(loop.loop_to))
        issues.push_back({"/nodes" + pointer_step(other) + "/to",
                          "leads into a branch of '" + id + "' from outside of it", "bad_join"});
    }
  }
}

}  // namespace spreaders::workflows
