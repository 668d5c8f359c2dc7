// What each kind of node is made of.
#include <nlohmann/json.hpp>

#include "services/audience/rule.hpp"
#include "workflows/conditions.hpp"
#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

constexpr std::pair<std::string_view, NodeType> kTypes[] = {{"action", NodeType::kAction},
                                                            {"delay", NodeType::kDelay},
                                                            {"parallel", NodeType::kParallel},
                                                            {"join", NodeType::kJoin},
                                                            {"for_each", NodeType::kForEach},
                                                            {"condition", NodeType::kCondition},
                                                            {"end", NodeType::kEnd},
                                                            {"wait_event", NodeType::kWaitEvent},
                                                            {"split", NodeType::kSplit},
                                                            {"loop", NodeType::kLoop},
                                                            {"sub_workflow", NodeType::kSubWorkflow},
                                                            {"approval", NodeType::kApproval},
                                                            {"update_profile", NodeType::kUpdateProfile},
                                                            {"tag", NodeType::kTag},
                                                            {"render", NodeType::kRender}};

std::string type_names() {
  std::string names;
  for (const auto& [name, type] : kTypes) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

bool has_next(NodeType type) {
  switch (type) {
    case NodeType::kEnd:
    case NodeType::kCondition:
    case NodeType::kParallel:
    case NodeType::kWaitEvent:
    case NodeType::kSplit:
    case NodeType::kSubWorkflow:
    case NodeType::kApproval:
      return false;
    default:
      return true;
  }
}

void read_condition(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  const Json* condition = reader.get("if", true);
  node.condition = std::make_shared<const Json>(condition != nullptr ? *condition : Json::object());
  node.yes = reader.text("yes", true);
  node.no = reader.text("no", true);
  if (condition != nullptr) check_condition_tree(*condition, pointer + "/if", issues);
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

void read_action(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  node.tool = reader.text("tool", true);
  node.args = reader.object("args");
  node.on_fail = reader.text("on_fail");
  node.timeout_us = reader.duration_us("timeout");
  if (reader.get("timeout") != nullptr && (node.timeout_us < kSecond_us || node.timeout_us > kHour_us))
    reader.issue("timeout", "is from one second to one hour");
  node.fire_and_forget = reader.yes_or_no("fire_and_forget", false);
  if (node.fire_and_forget && !node.on_fail.empty())
    reader.issue("on_fail", "is no way of a call that nobody waits for", "invalid_value",
                 patch("remove", pointer + "/on_fail"));
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

void read_wait_event(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  node.event = reader.text("event", true);
  if (reader.get("timeout") == nullptr) reader.missing("timeout", "wait_without_timeout", "P7D");
  node.timeout_us = reader.duration_us("timeout");
  node.match = read_match(reader, pointer, issues);
  std::string since = reader.text("since");
  if (!since.empty() && since != "entry" && since != "here") reader.issue("since", "is entry or here");
  node.since_entry = since != "here";
  auto on = reader.object("on", true);
  Reader inner(*on, pointer + "/on", issues);
  node.on_event = inner.text("event", true);
  node.on_timeout = inner.text("timeout", true);
  inner.refuse_unknown();
}

// "all", "any", 2 or "n:2".
int read_join_count(Reader& reader, const Json& wait) {
  if (wait == "all") return 0;
  if (wait == "any") return 1;
  if (!wait.is_string()) return static_cast<int>(reader.whole("wait", 0, 1, kBranchesMax));
  const auto& text = wait.get_ref<const std::string&>();
  bool digits = text.size() >= 3 && text.size() <= 4 && text.starts_with("n:") &&
                text.find_first_not_of("0123456789", 2) == std::string::npos;
  int count = digits ? std::stoi(text.substr(2)) : 0;
  if (count < 1 || count > kBranchesMax)
    reader.issue("wait", "is all, any or how many: n:1 to n:" + std::to_string(kBranchesMax));
  return count;
}

void read_loop(Reader& reader, Node& node) {
  node.loop_to = reader.text("to", true);
  if (reader.get("max") == nullptr) reader.missing("max", "loop_without_bound", 3);
  node.loop_max = static_cast<int>(reader.whole("max", 1, 1, kLoopMax));
}

}  // namespace

// Conditions on an event's properties, in the words of segment rules. A value that is a reference stands for a text
// until the run resolves it.
std::shared_ptr<const Json> read_match(Reader& reader, const std::string& pointer, Findings& issues) {
  const Json* match = reader.get("match");
  auto read = std::make_shared<const Json>(match != nullptr ? *match : Json::array());
  if (match == nullptr) return read;
  if (!match->is_array() || match->size() > kMatchMax) {
    reader.issue("match", "is a list of at most " + std::to_string(kMatchMax) + " conditions");
    return read;
  }
  Json where = *match;
  for (auto& condition : where) {
    if (!condition.is_object() || !condition.contains("value")) continue;
    Json& value = condition["value"];
    if (is_reference(value)) value = "reference";
  }
  auto rule = audience::parse_rule({{"event", "any"}, {"where", where}});
  if (rule.ok()) return read;
  constexpr std::string_view prefix = "/where";
  for (const auto& issue : rule.error().issues)
    issues.push_back(
        {pointer + "/match" + issue.pointer.substr(std::min(prefix.size(), issue.pointer.size())), issue.message});
  return read;
}

namespace {

// What nodes of its kind have.
void read_members(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  switch (node.type) {
    case NodeType::kAction:
      read_action(reader, pointer, node, issues);
      break;
    case NodeType::kDelay:
      read_delay(reader, pointer, node, issues);
      break;
    case NodeType::kForEach:
      read_for_each(reader, node);
      break;
    case NodeType::kParallel:
      read_parallel(reader, node);
      break;
    case NodeType::kJoin: {
      const Json* wait = reader.get("wait");
      node.join_count = wait == nullptr ? 0 : read_join_count(reader, *wait);
      break;
    }
    case NodeType::kUpdateProfile:
      read_update_profile(reader, pointer, node, issues);
      break;
    case NodeType::kTag:
      read_tag(reader, node);
      break;
    case NodeType::kRender:
      read_render(reader, node);
      break;
    case NodeType::kCondition:
      read_condition(reader, pointer, node, issues);
      break;
    case NodeType::kWaitEvent:
      read_wait_event(reader, pointer, node, issues);
      break;
    case NodeType::kSplit:
      read_split(reader, pointer, node, issues);
      break;
    case NodeType::kLoop:
      read_loop(reader, node);
      break;
    case NodeType::kSubWorkflow:
      read_sub_workflow(reader, pointer, node, issues);
      break;
    case NodeType::kApproval:
      read_approval(reader, pointer, node, issues);
      break;
    case NodeType::kEnd:
      node.exit = reader.text("exit");
      break;
  }
}

}  // namespace

Node read_node(const std::string& id, const Json& json, Findings& issues) {
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
  if (!known && !type.empty()) reader.issue("type", "'" + type.substr(0, 40) + "' is not one of: " + type_names());
  if (!known) return node;
  if (has_next(node.type) && reader.get("next") == nullptr)
    reader.missing("next", node.type == NodeType::kLoop ? "loop_without_exit" : "missing_member");
  if (has_next(node.type)) node.next = reader.text("next");
  read_members(reader, pointer, node, issues);
  reader.refuse_unknown();
  return node;
}

}  // namespace spreaders::workflows
