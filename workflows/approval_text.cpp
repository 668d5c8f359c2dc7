// What a person reads before they approve a workflow: all that it sends, changes and starts, in it and in the workflows
// within it, before the steps that only look and wait.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/approvals/approvals.hpp"
#include "workflows/nested.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows {

namespace {

constexpr size_t kArgs_max = 200;  // characters of a step's arguments

struct Lines {
  std::string acting, other;
  std::map<std::string, int> acts;  // how many steps do what
  Json schemas = Json::object();    // of all tools, by name
};

std::string args_of(const Json& node, const char* member) {
  std::string text = to_text(node.value(member, Json::object()));
  std::string shown(first_code_points(text, kArgs_max));
  return shown.size() < text.size() ? shown + "..." : shown;
}

void add_node(const std::string& place, const Json& node, const ToolRunner& tools, Lines& lines) {
  const std::string type = node.value("type", "");
  std::string line = "\n- " + place + ": " + type;
  std::string act;  // what reaches or changes somebody; empty where nothing does
  if (type == "for_each") {
    line += " person of " + to_text(node.value("audience", Json::object())) + ", by " + node.value("channel", "") +
            " " + args_of(node, "payload");
    act = "send to an audience by " + node.value("channel", "");
  } else if (type == "sub_workflow") {
    line += " " + node.value("workflow", "") + " version " + to_text(node.value("version", Json()));
    act = "start another workflow";
  } else if (type == "update_profile") {
    line += " " + args_of(node, "set");
    act = "change the contact's data";
  } else if (type == "tag") {
    line += " add " + args_of(node, "add") + " remove " + args_of(node, "remove");
    act = "change the contact's lists";
  } else if (type == "approval") {
    line += ", asks a person: " + node.value("title", "");
  } else if (type == "action") {
    const ToolSpec* tool = tools.find(node.value("tool", ""));
    if (tool == nullptr) return;  // refused when it was stored, and again when it runs
    lines.schemas[tool->name.value] = json_hash(describe_tool(*tool));
    line += " " + std::string(tool->title.value) + " (" + std::string(tool->name.value) + ") " + args_of(node, "args");
    if (tool->effect != Effect::kRead) act = std::string(tool->name.value);
  }
  if (!act.empty()) ++lines.acts[act];
  (act.empty() ? lines.other : lines.acting) += line;
}

}  // namespace

Result<ApprovalSubject> workflow_approval(storage::Tx& tx, const std::string& workspace, const Workflow& workflow,
                                          const ToolRunner& tools, const TriggerSpec* trigger) {
  Lines lines;
  for (const auto& [id, node] : workflow.definition["nodes"].items()) add_node(id, node, tools, lines);
  for (const auto& inner : TRY(nested_workflows(tx, workspace, workflow.definition))) {
    const std::string place =
        "'" + inner.name + "' (" + inner.id + " version " + std::to_string(inner.version) + ") / ";
    for (const auto& [id, node] : inner.definition["nodes"].items()) add_node(place + id, node, tools, lines);
  }
  std::string summary = "Workflow '" + workflow.name + "'";
  if (trigger != nullptr) summary += ", starting by itself " + in_words(*trigger);
  // Whatever is cut off below, what it does is counted here.
  std::string acts;
  for (const auto& [act, times] : lines.acts)
    acts += (acts.empty() ? "" : "; ") + act + (times > 1 ? " (" + std::to_string(times) + " steps)" : "");
  summary += "\nWhat it does: " + (acts.empty() ? "nothing that changes or reaches anything" : acts);
  summary += lines.acting + lines.other;
  const std::string hash = json_hash({{"checksum", workflow.checksum},
                                      {"trigger", trigger == nullptr ? Json() : encoded(*trigger)},
                                      {"tools", lines.schemas}});
  return ApprovalSubject{"workflow", workflow.id, hash,
                         std::string(first_code_points(summary, services::kApprovalSummaryMax))};
}

}  // namespace spreaders::workflows
