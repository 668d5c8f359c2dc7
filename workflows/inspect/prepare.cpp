// Making a definition ready to be simulated: what can be known, what has to be drawn, and saying which is which.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "workflows/inspect/simulate.hpp"

namespace spreaders::workflows::inspect {

namespace {

constexpr NodeType kKnownTypes[] = {NodeType::kAction,  NodeType::kDelay,     NodeType::kParallel, NodeType::kJoin,
                                    NodeType::kForEach, NodeType::kCondition, NodeType::kEnd,      NodeType::kWaitEvent,
                                    NodeType::kSplit,   NodeType::kLoop};

// A member that is not among these may change what a node does, so the simulator must have learnt it first.
constexpr std::string_view kKnownMembers[] = {"type",
                                              "next",
                                              "on_fail",
                                              "tool",
                                              "args",
                                              "retry",
                                              "for",
                                              "until",
                                              "local_time",
                                              "days",
                                              "zone",
                                              "fallback_zone",
                                              "business_hours",
                                              "relative_to",
                                              "on_missing",
                                              "branches",
                                              "join",
                                              "wait",
                                              "audience",
                                              "channel",
                                              "connection",
                                              "campaign",
                                              "payload",
                                              "batch",
                                              "if",
                                              "yes",
                                              "no",
                                              "event",
                                              "match",
                                              "timeout",
                                              "since",
                                              "on",
                                              "mode",
                                              "salt",
                                              "holdout",
                                              "else",
                                              "to",
                                              "max",
                                              "exit"};
constexpr std::string_view kKnownParts[] = {"id", "name", "start", "nodes", "goal"};  // of a workflow

template <size_t size>
void check_members(const Json& json, const std::string_view (&known)[size], const std::string& pointer,
                   Issues& issues) {
  for (const auto& [member, value] : json.items()) {
    if (std::find(std::begin(known), std::end(known), std::string_view(member)) == std::end(known))
      issues.push_back({pointer + pointer_step(member), "the simulator does not know what this does yet"});
  }
}

bool is_known(NodeType type) {
  return std::find(std::begin(kKnownTypes), std::end(kKnownTypes), type) != std::end(kKnownTypes);
}

// Each {"$from":{...}} inside.
void collect_references(const Json& value, std::vector<const Json*>& found) {
  if (value.is_object() && value.contains("$from")) return found.push_back(&value["$from"]);
  if (!value.is_structured()) return;
  for (const auto& part : value) collect_references(part, found);
}

class Preparer {
 public:
  Preparer(const Definition& definition, const Json& json, const Assumptions& assumptions, const ChannelOf& channel_of)
      : json_(json), channel_of_(channel_of) {
    made_.definition = definition;
    made_.assumptions = assumptions;
  }

  Result<Prepared> prepare() {
    check_names();
    if (!issues_.empty()) return issues_error("The simulation", std::move(issues_));
    for (auto& [id, node] : made_.definition.nodes) begin_node(node);
    for (auto& [id, node] : made_.definition.nodes) finish_node(node);
    if (const auto& goal = made_.definition.goal) {
      made_.goal = event_of(goal->event);
      made_.goal_delay_us = parse_duration(made_.goal.delay).value_or(kDay_us);
    }
    say();
    return std::move(made_);
  }

 private:
  void check_names() {
    const auto& given = made_.assumptions;
    check_members(json_, kKnownParts, "/definition", issues_);
    std::set<std::string> events;
    if (made_.definition.goal) events.insert(made_.definition.goal->event);
    for (const auto& [id, node] : made_.definition.nodes) {
      if (node.type == NodeType::kWaitEvent) events.insert(node.event);
      if (!is_known(node.type))
        issues_.push_back({"/definition/nodes" + pointer_step(id) + "/type",
                           "the simulator does not know nodes of the type '" + type_of(id) +
                               "' yet, and counts that leave them out would be wrong"});
      else check_members(json_["nodes"][id], kKnownMembers, "/definition/nodes" + pointer_step(id), issues_);
    }
    for (const auto& [name, event] : given.events) {
      if (!events.contains(name))
        issues_.push_back({"/assume/events" + pointer_step(name), "the workflow waits for no such event"});
    }
    for (const auto& [id, node] : given.nodes) {
      const Node* found = made_.definition.find(id);
      if (found == nullptr) issues_.push_back({"/assume/nodes" + pointer_step(id), "the workflow has no such node"});
      else if (node.yes_rate && found->type != NodeType::kCondition)
        issues_.push_back({"/assume/nodes" + pointer_step(id) + "/yes_rate", "is for nodes of the type condition"});
    }
    for (const auto& [zone, weight] : given.zones) {
      if (!is_zone(zone) || weight <= 0)
        issues_.push_back({"/assume/zones" + pointer_step(zone), "is an IANA time zone with a weight above 0"});
    }
  }

  [[nodiscard]] std::string type_of(const std::string& id) const {
    const Json* type = at_pointer(json_, "/nodes" + pointer_step(id) + "/type");
    return type != nullptr && type->is_string() ? type->get<std::string>() : "";
  }

  [[nodiscard]] AssumedEvent event_of(const std::string& name) const {
    auto found = made_.assumptions.events.find(name);
    return found == made_.assumptions.events.end() ? AssumedEvent{} : found->second;
  }

  void begin_node(const Node& node) {
    PreparedNode ready;
    ready.node = &node;
    ready.type = type_of(node.id);
    if (auto found = made_.assumptions.nodes.find(node.id); found != made_.assumptions.nodes.end())
      ready.assumed = found->second;
    if (node.type == NodeType::kAction) {
      ready.answer = std::make_shared<Result<Json>>(ready.assumed.result.value_or(Json::object()));
      set_sending(ready, {channel_of_(node.tool), is_transactional(*node.args)});
    }
    if (node.type == NodeType::kForEach) {
      made_.mails_audiences = true;
      set_sending(ready, {node.channel, is_transactional(*node.payload)});
    }
    if (node.type == NodeType::kWaitEvent) {
      ready.event = event_of(node.event);
      ready.event_delay_us = parse_duration(ready.event.delay).value_or(kDay_us);
      ready.event_result = {
          {"message_id", "evt_simulated"}, {"at", ""}, {"properties", ready.event.properties.value_or(Json::object())}};
    }
    if (!node.attribute.empty()) {
      auto& names = made_.attributes;
      auto found = std::find(names.begin(), names.end(), node.attribute);
      ready.attribute = static_cast<int>(found - names.begin());
      if (found == names.end()) names.push_back(node.attribute);
    }
    made_.nodes[node.id] = std::move(ready);
  }

  void set_sending(PreparedNode& ready, const Sending& sending) {
    if (sending.channel.empty()) return;
    auto& all = made_.sendings;
    auto found = std::find(all.begin(), all.end(), sending);
    ready.sending = static_cast<int>(found - all.begin());
    if (found == all.end()) all.push_back(sending);
  }

  // Whether the simulation can know what a reference stands for. Notes that its result is to be kept.
  bool is_known_reference(const Json& from) {
    auto found = made_.nodes.find(from.value("node", ""));
    if (found == made_.nodes.end()) return true;  // what is wrong fails as it does in production
    PreparedNode& of = found->second;
    of.keeps_result = true;
    if (of.node->type == NodeType::kSplit || of.assumed.result) return true;
    if (of.node->type != NodeType::kWaitEvent) return false;
    return of.event.properties || !from.value("pointer", "").starts_with("/properties");
  }

  bool all_known(const Json& value) {
    std::vector<const Json*> references;
    collect_references(value, references);
    bool known = true;
    for (const auto* from : references) known = is_known_reference(*from) && known;
    return known;
  }

  Json drawn(PreparedNode& ready) {
    const Json key = -1 - draws_++;
    ready.drawn.push_back(to_text(key));
    return {{"person", key}};
  }

  // The same condition, with numbers for the rules about the person and for what has to be drawn.
  Json rewritten(const Json& condition, PreparedNode& ready) {
    for (const char* word : {"and", "or"}) {
      if (!condition.contains(word)) continue;
      Json parts = Json::array();
      for (const auto& part : condition[word]) parts.push_back(rewritten(part, ready));
      return {{word, std::move(parts)}};
    }
    if (condition.contains("not")) return {{"not", rewritten(condition["not"], ready)}};
    if (condition.contains("person")) {
      const std::string rule = to_text(condition["person"]);
      auto found = std::find(made_.rules.begin(), made_.rules.end(), rule);
      const Json key = found - made_.rules.begin();
      if (found == made_.rules.end()) {
        made_.rules.push_back(rule);
        made_.rule_keys.push_back(to_text(key));
      }
      return {{"person", key}};
    }
    if (all_known(condition)) return condition;
    made_.assumed.push_back("What '" + ready.node->id + "' asks of an earlier result nobody can know here: it holds " +
                            "with a probability of " + percent(made_.assumptions.condition_rate) + ".");
    return drawn(ready);
  }

  void finish_node(Node& node) {
    PreparedNode& ready = made_.nodes[node.id];
    ready.drawn_rate = made_.assumptions.condition_rate;
    if (node.args) {
      std::vector<const Json*> references;
      collect_references(*node.args, references);
      ready.resolves_args = all_known(*node.args) && !references.empty();
    }
    if (node.condition && ready.assumed.yes_rate) {
      ready.drawn_rate = *ready.assumed.yes_rate;
      node.condition = std::make_shared<const Json>(drawn(ready));
    } else if (node.condition) {
      node.condition = std::make_shared<const Json>(rewritten(*node.condition, ready));
    }
    for (auto& way : node.ways) {
      if (way.condition) way.condition = std::make_shared<const Json>(rewritten(*way.condition, ready));
    }
  }

  void say_event(const std::string& name, const AssumedEvent& event, const std::string& what) {
    made_.assumed.push_back("The event '" + name + "' comes to " + percent(event.probability) + " of those who " +
                            what + ", " + (event.spread == Spread::kFixed ? "" : "on average ") + event.delay +
                            " later" + (made_.assumptions.events.contains(name) ? "." : " (a default)."));
  }

  void say() {
    auto& texts = made_.assumed;
    std::set<std::string> unpriced;
    bool calls = false;
    for (const auto& [id, ready] : made_.nodes) {
      const Node& node = *ready.node;
      calls = calls || node.type == NodeType::kAction;
      if (ready.assumed.fail_rate > 0)
        texts.push_back("Of the calls or messages of '" + id + "', " + percent(ready.assumed.fail_rate) + " fail.");
      if (ready.assumed.busy_rate > 0)
        texts.push_back("Of the calls of '" + id + "', " + percent(ready.assumed.busy_rate) + " have to be repeated.");
      if (ready.assumed.yes_rate)
        texts.push_back("The condition '" + id + "' holds with a probability of " + percent(*ready.assumed.yes_rate) +
                        ", as was said.");
      if (node.type == NodeType::kWaitEvent) {
        say_event(node.event, ready.event, "wait for it in '" + id + "'");
        if (!node.match->empty()) texts.push_back("An event that comes to '" + id + "' meets its conditions.");
      }
      if (node.type == NodeType::kForEach)
        texts.push_back("All messages of '" + id + "' leave at the moment at which it begins.");
      if (ready.sending >= 0 && !made_.assumptions.prices.contains(sending_of(ready).channel))
        unpriced.insert(sending_of(ready).channel);
    }
    if (calls) texts.push_back("A call of a tool of which nothing else is said succeeds, and takes no time.");
    if (const auto& goal = made_.definition.goal) say_event(goal->event, made_.goal, "enter, which is the goal");
    if (!made_.sendings.empty())
      texts.push_back(
          "Caps, quiet hours and stops of the workspace are not applied: real messages may leave later or "
          "not at all.");
    for (const auto& channel : unpriced)
      texts.push_back("What a message by " + channel + " costs is not known, so it is not in the cost.");
  }

  [[nodiscard]] const Sending& sending_of(const PreparedNode& ready) const {
    return made_.sendings[static_cast<size_t>(ready.sending)];
  }

  const Json& json_;
  const ChannelOf& channel_of_;
  Prepared made_;
  Issues issues_;
  int draws_ = 0;
};

}  // namespace

std::string percent(double rate) {
  std::string text = std::to_string(std::round(rate * 1000) / 10);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

bool is_transactional(const Json& arguments) { return arguments.value("transactional", Json()) == Json(true); }

Result<Prepared> prepare(const Definition& definition, const Json& json, const Assumptions& assumptions,
                         const ChannelOf& channel_of) {
  auto made = TRY(Preparer(definition, json, assumptions, channel_of).prepare());
  // Into the definition of this very value, which was moved here.
  for (auto& [id, ready] : made.nodes) ready.node = made.definition.find(id);
  return made;
}

NextPeople made_up_people(const Prepared& prepared, int64_t count, int64_t seed) {
  double weights = 0;
  for (const auto& [zone, weight] : prepared.assumptions.zones) weights += weight;
  std::vector<std::string> attributes;
  for (const auto& name : prepared.attributes) {
    auto found = prepared.assumptions.attributes.find(name);
    attributes.push_back(found == prepared.assumptions.attributes.end() ? "" : found->second);
  }
  return [&prepared, attributes, weights, count, made = int64_t{0},
          rng = Rng(static_cast<uint64_t>(seed) ^ 0x70656f706c65U)]() mutable -> Result<std::vector<Person>> {
    constexpr int64_t kBatch = 1000;
    std::vector<Person> people;
    for (; made < count && static_cast<int64_t>(people.size()) < kBatch; ++made) {
      Person person{.id = "person_" + std::to_string(made + 1), .attributes = attributes};
      double rest = rng.unit() * weights;
      for (const auto& [zone, weight] : prepared.assumptions.zones) {
        person.zone = zone;
        if ((rest -= weight) < 0) break;
      }
      for (size_t i = 0; i < prepared.rules.size(); ++i)
        person.rules.push_back(rng.unit() < prepared.assumptions.condition_rate ? 1 : 0);
      people.push_back(std::move(person));
    }
    return people;
  };
}

}  // namespace spreaders::workflows::inspect
