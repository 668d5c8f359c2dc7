// Nodes that stand still until a run within the run has ended, or a person has decided.
#include <nlohmann/json.hpp>

#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

constexpr int64_t kDecided_us = 3 * kDay_us;  // how long a person has where nothing is said
constexpr int64_t kDecidedMax_us = 90 * kDay_us;
constexpr int64_t kVersionMax = 1'000'000'000;

struct OneWay {
  const char* name;
  bool required;
};

void read_ways(Reader& outer, const std::string& pointer, std::initializer_list<OneWay> ways, Node& node,
               Findings& issues) {
  auto on = outer.object("on", true);
  Reader reader(*on, pointer + "/on", issues);
  for (const auto& way : ways) {
    std::string to = reader.text(way.name, way.required && outer.get("on") != nullptr);
    if (!to.empty()) node.on[way.name] = to;
  }
  reader.refuse_unknown();
}

}  // namespace

void read_sub_workflow(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  node.workflow = reader.text("workflow", true);
  node.version = reader.whole("version", 0, 1, kVersionMax);
  node.waits = reader.yes_or_no("wait", true);
  if (!node.waits) {
    node.next = reader.text("next", true);
    return;
  }
  read_ways(reader, pointer, {{"completed", true}, {"failed", false}, {"timeout", false}}, node, issues);
  node.timeout_us = reader.duration_us("timeout");
  bool timed = reader.get("timeout") != nullptr;
  if (timed && !node.on.contains("timeout")) reader.issue("timeout", "needs on/timeout, where to go then");
  if (!timed && node.on.contains("timeout")) reader.missing("timeout", "wait_without_timeout", "P7D");
}

void read_approval(Reader& reader, const std::string& pointer, Node& node, Findings& issues) {
  node.title = reader.text("title", true);
  node.what = reader.text("what", true);
  node.timeout_us = reader.get("expires") == nullptr ? kDecided_us : reader.duration_us("expires");
  if (reader.get("expires") != nullptr && (node.timeout_us < kMinute_us || node.timeout_us > kDecidedMax_us))
    reader.issue("expires", "is from one minute to 90 days");
  read_ways(reader, pointer, {{"approved", true}, {"rejected", true}, {"expired", true}}, node, issues);
}

}  // namespace spreaders::workflows
