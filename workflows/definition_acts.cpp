// Nodes that do something to the person a run is about.
#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "services/audience/lists.hpp"
#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

constexpr size_t kTagsMax = 20;
constexpr int64_t kVersionMax = 1'000'000'000;

std::vector<std::string> read_names(Reader& reader, const char* member) {
  std::vector<std::string> names;
  const Json* json = reader.get(member);
  if (json == nullptr) return names;
  bool fine = json->is_array() && !json->empty() && json->size() <= kTagsMax;
  for (const auto& name : fine ? *json : Json::array()) {
    fine = fine && name.is_string() && audience::checked_name("a list", name.get<std::string>()).ok();
    if (fine) names.push_back(name.get<std::string>());
  }
  if (!fine) reader.issue(member, "is a list of 1 to " + std::to_string(kTagsMax) + " names of lists");
  return names;
}

}  // namespace

void read_update_profile(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  node.set = reader.object("set", true);
  node.on_fail = reader.text("on_fail");
  if (reader.get("set") != nullptr && node.set->empty()) reader.issue("set", "has at least one value");
  Json constant = *node.set;
  for (auto it = constant.begin(); it != constant.end(); ++it) {
    if (it.key() == "email" || it.key() == "external_id" || it.key() == "id")
      issues.push_back({pointer + "/set" + pointer_step(it.key()), "is what a person is found by; no step changes it"});
    if (is_reference(it.value())) it.value() = nullptr;
  }
  Issues problems;
  audience::attributes_from_json(constant, pointer + "/set", problems);
  for (auto& problem : problems) issues.push_back({std::move(problem.pointer), std::move(problem.message)});
}

void read_tag(Reader& reader, Node& node) {
  node.add = read_names(reader, "add");
  node.remove = read_names(reader, "remove");
  node.on_fail = reader.text("on_fail");
  if (reader.get("add") == nullptr && reader.get("remove") == nullptr)
    reader.issue("add", "a tag node has add or remove, or both");
}

void read_render(Reader& reader, Node& node) {
  node.template_id = reader.text("template", true);
  node.version = reader.whole("version", 0, 1, kVersionMax);
  node.on_fail = reader.text("on_fail");
}

}  // namespace spreaders::workflows
