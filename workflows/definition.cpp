#include "workflows/definition.hpp"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"

namespace spreaders::workflows {

namespace {

constexpr std::pair<std::string_view, NodeType> kTypes[] = {
    {"action", NodeType::kAction}, {"delay", NodeType::kDelay},      {"parallel", NodeType::kParallel},
    {"join", NodeType::kJoin},     {"for_each", NodeType::kForEach}, {"condition", NodeType::kCondition},
    {"end", NodeType::kEnd}};

// Reads members of one node and remembers which it knows, so that the others can be refused.
class Reader {
 public:
  Reader(const Json& json, std::string pointer, Issues& issues)
      : json_(json), pointer_(std::move(pointer)), issues_(issues) {}

  void issue(std::string_view member, std::string message) {
    issues_.push_back({pointer_ + pointer_step(member), std::move(message)});
  }

  const Json* get(const char* member, bool required = false) {
    known_.insert(member);
    auto found = json_.find(member);
    if (found != json_.end() && !found->is_null()) return &*found;
    if (required) issue(member, "is required");
    return nullptr;
  }
  std::string text(const char* member, bool required = false) {
    const Json* value = get(member, required);
    if (value == nullptr) return "";
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
      issue(member, "must be text that is not empty");
      return "";
    }
    std::string text = value->get<std::string>();
    if (first_code_points(text, kTextMax).size() < text.size())
      issue(member, "has more than " + std::to_string(kTextMax) + " characters");
    return text;
  }
  int64_t whole(const char* member, int64_t fallback, int64_t min, int64_t max) {
    const Json* value = get(member);
    if (value == nullptr) return fallback;
    if (value->is_number_integer() && value->get<int64_t>() >= min && value->get<int64_t>() <= max)
      return value->get<int64_t>();
    issue(member, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
  }
  std::shared_ptr<const Json> object(const char* member, bool required = false) {
    const Json* value = get(member, required);
    if (value != nullptr && !value->is_object()) issue(member, "must be an object");
    return std::make_shared<const Json>(value != nullptr && value->is_object() ? *value : Json::object());
  }
  void refuse_unknown() {
    for (auto it = json_.begin(); it != json_.end(); ++it) {
      if (!known_.contains(it.key())) issue(it.key(), "is not known here");
    }
  }

 private:
  const Json& json_;
  std::string pointer_;
  Issues& issues_;
  std::set<std::string> known_;
};

void read_delay(Reader& reader, Node& node) {
  std::string wait = reader.text("for");
  std::string until = reader.text("until");
  std::string local = reader.text("local_time");
  std::string zone = reader.text("zone");
  if (!zone.empty()) node.zone = zone;
  if (!is_zone(node.zone)) reader.issue("zone", "is not an IANA time zone such as Europe/Berlin");
  if (static_cast<int>(!wait.empty()) + static_cast<int>(!until.empty()) + static_cast<int>(!local.empty()) != 1) {
    reader.issue("for", "a delay has exactly one of for, until and local_time");
  }
  if (!wait.empty()) {
    auto parsed = parse_duration(wait);
    if (parsed.ok()) node.delay_us = *parsed;
    else reader.issue("for", parsed.error().message);
  }
  if (!until.empty()) {
    auto parsed = parse_instant(until);
    if (parsed.ok()) node.until = *parsed;
    else reader.issue("until", parsed.error().message);
  }
  if (!local.empty()) {
    auto parsed = parse_instant("2000-01-01T" + local + ":00Z");
    if (parsed.ok() && local.size() == 5) node.local_time_us = (*parsed - *parse_instant("2000-01-01T00:00:00Z"));
    else reader.issue("local_time", "is a time of day such as 09:00");
  }
}

void read_condition(Reader& reader, const std::string& pointer, Node& node, Issues& issues) {
  node.condition = reader.object("if", true);
  node.yes = reader.text("yes", true);
  node.no = reader.text("no", true);
  if (node.condition->empty()) return;
  Reader inner(*node.condition, pointer + "/if", issues);
  constexpr std::string_view ops[] = {"exists", "eq", "ne", "gt", "gte", "lt", "lte"};
  std::string op = inner.text("op", true);
  if (!op.empty() && std::find(std::begin(ops), std::end(ops), op) == std::end(ops))
    inner.issue("op", "is not one of: exists, eq, ne, gt, gte, lt, lte");
  inner.get("right");
  inner.get("left");
  if (!node.condition->contains("left")) inner.issue("left", "is required");
  inner.refuse_unknown();
}

void read_for_each(Reader& reader, Node& node) {
  node.channel = reader.text("channel", true);
  node.connection = reader.text("connection", true);
  node.campaign = reader.text("campaign");
  node.tool = reader.text("tool");
  if (node.tool.empty()) node.tool = "notification.sendEmail";
  node.payload = reader.object("payload", true);
  node.batch = static_cast<int>(reader.whole("batch", 500, 1, 2000));
  auto audience = reader.object("audience", true);
  for (auto it = audience->begin(); it != audience->end(); ++it) {
    if (it.key() == "list_id" && it->is_string()) node.list_id = it->get<std::string>();
    else if (it.key() == "segment_id" && it->is_string()) node.segment_id = it->get<std::string>();
    else reader.issue("audience", "has only list_id or segment_id");
  }
  if (!node.list_id.empty() && !node.segment_id.empty()) reader.issue("audience", "has a list or a segment, not both");
}

void read_action(Reader& reader, const std::string& pointer, Node& node, Issues& issues) {
  node.tool = reader.text("tool", true);
  node.args = reader.object("args");
  node.on_fail = reader.text("on_fail");
  auto retry = reader.object("retry");
  Reader inner(*retry, pointer + "/retry", issues);
  node.retry = {static_cast<int>(inner.whole("max", 5, 0, 20)), inner.whole("base_s", 2, 0, 3600),
                inner.whole("cap_s", 600, 1, 86400)};
  inner.refuse_unknown();
}

void read_parallel(Reader& reader, Node& node) {
  node.join = reader.text("join", true);
  const Json* branches = reader.get("branches", true);
  bool fine = branches != nullptr && branches->is_array() && branches->size() >= 2 && branches->size() <= kBranchesMax;
  if (branches != nullptr && !fine)
    reader.issue("branches", "is a list of 2 to " + std::to_string(kBranchesMax) + " nodes");
  for (size_t i = 0; fine && i < branches->size(); ++i) {
    if (!(*branches)[i].is_string()) {
      reader.issue("branches", "names nodes");
      continue;
    }
    std::string branch = (*branches)[i].get<std::string>();
    if (std::find(node.branches.begin(), node.branches.end(), branch) != node.branches.end())
      reader.issue("branches", "names '" + branch.substr(0, 60) + "' twice");
    node.branches.push_back(branch);
  }
}

Node read_node(const std::string& id, const Json& json, Issues& issues) {
  std::string pointer = "/nodes" + pointer_step(id);
  Node node;
  node.id = id;
  if (!json.is_object()) {
    issues.push_back({pointer, "must be an object"});
    return node;
  }
  Reader reader(json, pointer, issues);
  std::string type = reader.text("type", true);
  bool known = false;
  for (const auto& [name, value] : kTypes) {
    if (name == type) {
      node.type = value;
      known = true;
    }
  }
  if (!known && !type.empty())
    reader.issue("type",
                 "'" + type.substr(0, 40) + "' is not one of: action, delay, parallel, join, for_each, condition, end");
  if (!known) return node;
  if (node.type != NodeType::kEnd && node.type != NodeType::kCondition && node.type != NodeType::kParallel)
    node.next = reader.text("next", true);
  switch (node.type) {
    case NodeType::kAction:
      read_action(reader, pointer, node, issues);
      break;
    case NodeType::kDelay:
      read_delay(reader, node);
      break;
    case NodeType::kForEach:
      read_for_each(reader, node);
      break;
    case NodeType::kParallel:
      read_parallel(reader, node);
      break;
    case NodeType::kJoin: {
      const Json* wait = reader.get("wait");
      if (wait == nullptr || *wait == "all") node.join_count = 0;
      else if (*wait == "any") node.join_count = 1;
      else node.join_count = static_cast<int>(reader.whole("wait", 0, 1, kBranchesMax));
      break;
    }
    case NodeType::kCondition:
      read_condition(reader, pointer, node, issues);
      break;
    case NodeType::kEnd:
      break;
  }
  reader.refuse_unknown();
  return node;
}

std::vector<std::pair<std::string, std::string>> edges_of(const Node& node) {
  std::vector<std::pair<std::string, std::string>> edges;
  auto add = [&](const char* member, const std::string& to) {
    if (!to.empty()) edges.emplace_back(member, to);
  };
  add("next", node.next);
  add("on_fail", node.on_fail);
  add("yes", node.yes);
  add("no", node.no);
  for (const auto& branch : node.branches) add("branches", branch);
  return edges;
}

void check_cycles(const Definition& definition, Issues& issues) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  std::map<std::string, Mark> marks;
  std::function<void(const Node&)> visit = [&](const Node& node) {
    marks[node.id] = Mark::kOpen;
    for (const auto& [member, to] : edges_of(node)) {
      const Node* target = definition.find(to);
      if (target == nullptr) continue;
      if (marks[to] == Mark::kOpen)
        issues.push_back(
            {"/nodes" + pointer_step(node.id) + "/" + member, "leads back to '" + to + "': a workflow has no cycles"});
      else if (marks[to] == Mark::kNew) visit(*target);
    }
    marks[node.id] = Mark::kDone;
  };
  if (const Node* start = definition.find(definition.start)) visit(*start);
  for (const auto& [id, node] : definition.nodes) {
    if (marks[id] == Mark::kNew) issues.push_back({"/nodes" + pointer_step(id), "is not reachable from the start"});
  }
}

// A reference is well made and names an action, whose answer there may be.
void check_references(const Json& value, const std::string& pointer, const Definition& definition, Issues& issues) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      check_references(value[i], pointer + "/" + std::to_string(i), definition, issues);
  }
  if (!value.is_object()) return;
  auto from = value.find("$from");
  if (from == value.end()) {
    for (auto it = value.begin(); it != value.end(); ++it)
      check_references(it.value(), pointer + pointer_step(it.key()), definition, issues);
    return;
  }
  if (value.size() != 1 || !from->is_object() || !from->contains("node") || !(*from)["node"].is_string()) {
    issues.push_back({pointer, "a reference is {\"$from\":{\"node\":\"...\",\"pointer\":\"/...\"}}"});
    return;
  }
  std::string name = (*from)["node"].get<std::string>();
  const Node* node = definition.find(name);
  if (node == nullptr || node->type != NodeType::kAction)
    issues.push_back({pointer, "refers to '" + name.substr(0, 60) + "', which is not an action of this workflow"});
}

// Every path that begins at a branch arrives at the parallel node's join, and at no other before it: a join counts the
// branches of the innermost fork.
void check_joins(const Definition& definition, Issues& issues) {
  for (const auto& [id, node] : definition.nodes) {
    if (node.type != NodeType::kParallel) continue;
    const Node* join = definition.find(node.join);
    std::string pointer = "/nodes" + pointer_step(id);
    if (join == nullptr || join->type != NodeType::kJoin) {
      issues.push_back({pointer + "/join", "is not a join node"});
      continue;
    }
    if (join->join_count > static_cast<int>(node.branches.size())) {
      issues.push_back({"/nodes" + pointer_step(node.join) + "/wait",
                        "waits for " + std::to_string(join->join_count) + " arrivals, but '" + id + "' has " +
                            std::to_string(node.branches.size()) + " branches"});
    }
    std::set<std::string> seen;
    std::vector<std::string> open = node.branches;
    while (!open.empty()) {
      std::string at = open.back();
      open.pop_back();
      const Node* here = definition.find(at);
      if (here == nullptr || at == node.join || !seen.insert(at).second) continue;
      if (here->type == NodeType::kJoin)
        issues.push_back(
            {pointer + "/branches", "a path arrives at the join '" + at + "' before its own join '" + node.join + "'"});
      if (here->type == NodeType::kEnd)
        issues.push_back(
            {pointer + "/branches", "a path ends at '" + at + "' without arriving at the join '" + node.join + "'"});
      if (here->type == NodeType::kParallel && definition.find(here->join) != nullptr)
        open.push_back(definition.find(here->join)->next);
      else
        for (const auto& [member, to] : edges_of(*here)) open.push_back(to);
    }
  }
}

}  // namespace

Result<Definition> parse_definition(const Json& json, bool (*is_tool)(std::string_view, const void*),
                                    const void* context) {
  Issues issues;
  Definition definition;
  if (!json.is_object()) return issues_error("The workflow", {{"", "must be an object"}});
  Reader reader(json, "", issues);
  definition.id = reader.text("id", true);
  definition.name = reader.text("name", true);
  definition.start = reader.text("start", true);
  auto nodes = reader.object("nodes", true);
  reader.refuse_unknown();
  if (nodes->size() > kNodesMax)
    return issues_error("The workflow", {{"/nodes", "has more than " + std::to_string(kNodesMax) + " nodes"}});
  for (auto it = nodes->begin(); it != nodes->end(); ++it)
    definition.nodes[it.key()] = read_node(it.key(), it.value(), issues);
  for (const auto& [id, node] : definition.nodes) {
    if (id.empty() || id.size() > kNodeIdMax)
      issues.push_back(
          {"/nodes" + pointer_step(id.substr(0, kNodeIdMax)),
           "has an id of " +
               std::string(id.empty() ? "no characters" : "more than " + std::to_string(kNodeIdMax) + " characters")});
    if (node.args) check_references(*node.args, "/nodes" + pointer_step(id) + "/args", definition, issues);
    if (node.condition) check_references(*node.condition, "/nodes" + pointer_step(id) + "/if", definition, issues);
    for (const auto& [member, to] : edges_of(node)) {
      if (definition.find(to) == nullptr)
        issues.push_back({"/nodes" + pointer_step(id) + "/" + member, "there is no node '" + to.substr(0, 60) + "'"});
    }
    bool calls = node.type == NodeType::kAction || node.type == NodeType::kForEach;
    if (calls && is_tool != nullptr && !node.tool.empty() && !is_tool(node.tool, context)) {
      issues.push_back({"/nodes" + pointer_step(id) + "/tool", "there is no tool '" + node.tool.substr(0, 64) + "'"});
    }
  }
  if (!definition.start.empty() && definition.find(definition.start) == nullptr)
    issues.push_back({"/start", "there is no node '" + definition.start.substr(0, 60) + "'"});
  check_cycles(definition, issues);
  check_joins(definition, issues);
  if (!issues.empty()) return issues_error("The workflow", std::move(issues));
  return definition;
}

}  // namespace spreaders::workflows
