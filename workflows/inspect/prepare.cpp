// Making a definition ready to be simulated: what can be known, what has to be drawn, and saying which is which.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "workflows/inspect/simulate.hpp"

namespace spreaders::workflows::inspect {

namespace {

constexpr const char* kAnswerDelay = "PT4H";

constexpr NodeType kKnownTypes[] = {
    NodeType::kAction, NodeType::kDelay,     NodeType::kParallel,  NodeType::kJoin,        NodeType::kForEach,
    NodeType::kEnd,    NodeType::kCondition, NodeType::kWaitEvent, NodeType::kSplit,       NodeType::kLoop,
    NodeType::kRender, NodeType::kApproval,  NodeType::kTag,       NodeType::kSubWorkflow, NodeType::kUpdateProfile};

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
                                              "exit",
                                              "fire_and_forget",
                                              "workflow",
                                              "version",
                                              "title",
                                              "what",
                                              "expires",
                                              "set",
                                              "add",
                                              "remove",
                                              "template"};
constexpr std::string_view kKnownParts[] = {"id", "name", "start", "nodes", "goal", "settings"};  // of a workflow
constexpr std::string_view kKnownSettings[] = {"caps",       "quiet_hours", "send_window", "time_zone", "max_entries",
                                               "max_people", "on_error",    "max_age",     "max_steps"};

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

bool acts(NodeType type) {
  return type == NodeType::kUpdateProfile || type == NodeType::kTag || type == NodeType::kRender;
}

// What is gathered over a definition and all within it.
struct Gathered {
  const Assumptions& given;
  const ChannelOf& channel_of;
  const std::vector<Workflow>& inner;
  Prepared& whole;  // has the lists
  Issues issues = {};
  std::map<std::string, NodeType> nodes = {};  // by their names in assumptions
  std::set<std::string> events = {}, unpriced = {};
  int draws = 0, inner_made = 0;
  bool calls = false, changes = false, sends = false, of_trigger = false;
};

void check_node_assumption(const std::string& id, const AssumedNode& node, Gathered& all) {
  const std::string pointer = "/assume/nodes" + pointer_step(id);
  auto found = all.nodes.find(id);
  if (found == all.nodes.end()) return all.issues.push_back({pointer, "the workflow has no such node"});
  const NodeType type = found->second;
  if (node.yes_rate && type != NodeType::kCondition && type != NodeType::kApproval)
    all.issues.push_back({pointer + "/yes_rate", "is for nodes of the types condition and approval"});
  if (node.delay && type != NodeType::kApproval)
    all.issues.push_back({pointer + "/delay", "is for nodes of the type approval"});
  if (type != NodeType::kSubWorkflow && type != NodeType::kApproval) return;
  if (node.fail_rate > 0 || node.busy_rate > 0)
    all.issues.push_back({pointer, "calls and sends nothing itself: say what fails of the steps within it"});
  if (node.result) all.issues.push_back({pointer + "/result", "comes of the simulation"});
}

void check_assumptions(Gathered& all) {
  for (const auto& [name, event] : all.given.events) {
    if (!all.events.contains(name))
      all.issues.push_back({"/assume/events" + pointer_step(name), "the workflow waits for no such event"});
  }
  for (const auto& [id, node] : all.given.nodes) check_node_assumption(id, node, all);
  for (const auto& [zone, weight] : all.given.zones) {
    if (!is_zone(zone) || weight <= 0)
      all.issues.push_back({"/assume/zones" + pointer_step(zone), "is an IANA time zone with a weight above 0"});
  }
}

// Of one definition: `place` is where its problems are, `prefix` stands before the names of its nodes.
class Preparer {
 public:
  Preparer(Prepared& made, const Json& json, Gathered& all, std::string place, std::string prefix)
      : made_(made), json_(json), all_(all), place_(std::move(place)), prefix_(std::move(prefix)) {}

  void prepare() {
    check_names();
    if (!all_.issues.empty()) return;
    for (auto& [id, node] : made_.definition.nodes) begin_node(node);
    for (auto& [id, node] : made_.definition.nodes) finish_node(node);
    if (const auto& goal = made_.definition.goal) {
      made_.goal = event_of(goal->event);
      made_.goal_delay_us = parse_duration(made_.goal.delay).value_or(kDay_us);
    }
    say();
  }

 private:
  void check_names() {
    check_members(json_, kKnownParts, place_, all_.issues);
    all_.of_trigger |= to_text(json_).find("\"$trigger\":") != std::string::npos;
    if (json_.contains("settings")) check_members(json_["settings"], kKnownSettings, place_ + "/settings", all_.issues);
    if (made_.definition.goal) all_.events.insert(made_.definition.goal->event);
    for (const auto& [id, node] : made_.definition.nodes) {
      all_.nodes[prefix_ + id] = node.type;
      const std::string pointer = place_ + "/nodes" + pointer_step(id);
      if (node.type == NodeType::kWaitEvent) all_.events.insert(node.event);
      if (!is_known(node.type))
        all_.issues.push_back({pointer + "/type", "the simulator does not know nodes of the type '" + type_of(id) +
                                                      "' yet, and counts that leave them out would be wrong"});
      else check_members(json_["nodes"][id], kKnownMembers, pointer, all_.issues);
    }
  }

  [[nodiscard]] std::string type_of(const std::string& id) const {
    const Json* type = at_pointer(json_, "/nodes" + pointer_step(id) + "/type");
    return type != nullptr && type->is_string() ? type->get<std::string>() : "";
  }

  [[nodiscard]] AssumedEvent event_of(const std::string& name) const {
    auto found = all_.given.events.find(name);
    return found == all_.given.events.end() ? AssumedEvent{} : found->second;
  }

  void begin_node(const Node& node) {
    PreparedNode ready;
    ready.node = &node;
    ready.type = type_of(node.id);
    if (auto found = all_.given.nodes.find(prefix_ + node.id); found != all_.given.nodes.end())
      ready.assumed = found->second;
    if (node.type == NodeType::kAction || acts(node.type))
      ready.answer = std::make_shared<Result<Json>>(ready.assumed.result.value_or(Json::object()));
    if (node.type == NodeType::kAction) set_sending(ready, {all_.channel_of(node.tool), is_transactional(*node.args)});
    if (node.type == NodeType::kForEach) {
      all_.whole.mails_audiences = true;
      set_sending(ready, {node.channel, is_transactional(*node.payload)});
    }
    if (node.type == NodeType::kWaitEvent) {
      ready.event = event_of(node.event);
      ready.event_delay_us = parse_duration(ready.event.delay).value_or(kDay_us);
      ready.event_result = {
          {"message_id", "evt_simulated"}, {"at", ""}, {"properties", ready.event.properties.value_or(Json::object())}};
    }
    if (node.type == NodeType::kApproval) {
      ready.answer_rate = ready.assumed.yes_rate.value_or(1);
      ready.answer_delay_us = parse_duration(ready.assumed.delay.value_or(kAnswerDelay)).value_or(0);
    }
    if (node.type == NodeType::kSubWorkflow) begin_inner(ready);
    if (!node.attribute.empty()) {
      auto& names = all_.whole.attributes;
      auto found = std::find(names.begin(), names.end(), node.attribute);
      ready.attribute = static_cast<int>(found - names.begin());
      if (found == names.end()) names.push_back(node.attribute);
    }
    made_.nodes[node.id] = std::move(ready);
  }

  void begin_inner(PreparedNode& ready) {
    const Node& node = *ready.node;
    const std::string pointer = place_ + "/nodes" + pointer_step(node.id) + "/workflow";
    auto found = std::find_if(all_.inner.begin(), all_.inner.end(), [&](const Workflow& one) {
      return one.id == node.workflow && one.version == node.version;
    });
    if (found == all_.inner.end()) return all_.issues.push_back({pointer, "is not there to be simulated"});
    if (++all_.inner_made > kInnerMax)
      return all_.issues.push_back({pointer, "leads to more workflows than can be simulated"});
    auto definition = parse_definition(found->definition);
    if (!definition.ok()) return all_.issues.push_back({pointer, definition.error().text()});
    ready.inner = std::make_shared<Prepared>();
    ready.inner->definition = std::move(*definition);
    const std::string name = prefix_ + node.id;
    all_.whole.assumed.push_back("'" + name + "' starts '" + found->name + "' version " +
                                 std::to_string(found->version) + ", whose steps are simulated as '" + name + "/...'" +
                                 (node.waits ? "." : "; the run goes on meanwhile."));
    bool forks = std::any_of(made_.definition.nodes.begin(), made_.definition.nodes.end(),
                             [](const auto& one) { return one.second.type == NodeType::kParallel; });
    if (forks && node.waits)
      all_.whole.assumed.push_back("Should a parallel way end the run before '" + name +
                                   "' is over, what its steps did after that is counted all the same.");
    Preparer(*ready.inner, found->definition, all_, "/workflows" + pointer_step(found->id), name + "/").prepare();
  }

  void set_sending(PreparedNode& ready, const Sending& sending) {
    if (sending.channel.empty()) return;
    auto& all = all_.whole.sendings;
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
    const std::string pointer = from.value("pointer", "");
    if (of.node->type == NodeType::kSplit || of.assumed.result) return true;
    if (of.node->type == NodeType::kSubWorkflow) return pointer == "/status" || pointer == "/reason";
    if (of.node->type == NodeType::kApproval) return pointer == "/decision";
    if (of.node->type != NodeType::kWaitEvent) return false;
    return of.event.properties || !pointer.starts_with("/properties");
  }

  bool all_known(const Json& value) {
    std::vector<const Json*> references;
    collect_references(value, references);
    bool known = true;
    for (const auto* from : references) known = is_known_reference(*from) && known;
    return known;
  }

  Json drawn(PreparedNode& ready) {
    const Json key = -1 - all_.draws++;
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
      auto& rules = all_.whole.rules;
      auto found = std::find(rules.begin(), rules.end(), rule);
      const Json key = found - rules.begin();
      if (found == rules.end()) {
        rules.push_back(rule);
        all_.whole.rule_keys.push_back(to_text(key));
      }
      return {{"person", key}};
    }
    if (all_known(condition)) return condition;
    all_.whole.assumed.push_back("What '" + prefix_ + ready.node->id +
                                 "' asks of an earlier result nobody can know here: it holds " +
                                 "with a probability of " + percent(all_.given.condition_rate) + ".");
    return drawn(ready);
  }

  void finish_node(Node& node) {
    PreparedNode& ready = made_.nodes[node.id];
    ready.drawn_rate = all_.given.condition_rate;
    ready.arguments = node.type == NodeType::kUpdateProfile ? node.set : node.args;
    if (ready.arguments) {
      std::vector<const Json*> references;
      collect_references(*ready.arguments, references);
      ready.resolves_args = all_known(*ready.arguments) && !references.empty();
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
    all_.whole.assumed.push_back("The event '" + name + "' comes to " + percent(event.probability) + " of those who " +
                                 what + ", " + (event.spread == Spread::kFixed ? "" : "on average ") + event.delay +
                                 " later" + (all_.given.events.contains(name) ? "." : " (a default)."));
  }

  void say_node(const std::string& name, const PreparedNode& ready) {
    auto& texts = all_.whole.assumed;
    const Node& node = *ready.node;
    if (ready.assumed.fail_rate > 0)
      texts.push_back("Of the calls or messages of '" + name + "', " + percent(ready.assumed.fail_rate) + " fail.");
    if (ready.assumed.busy_rate > 0)
      texts.push_back("Of the calls of '" + name + "', " + percent(ready.assumed.busy_rate) + " have to be repeated.");
    if (node.type == NodeType::kCondition && ready.assumed.yes_rate)
      texts.push_back("The condition '" + name + "' holds with a probability of " + percent(*ready.assumed.yes_rate) +
                      ", as was said.");
    if (node.type == NodeType::kWaitEvent) {
      say_event(node.event, ready.event, "wait for it in '" + name + "'");
      if (!node.match->empty()) texts.push_back("An event that comes to '" + name + "' meets its conditions.");
    }
    if (node.type == NodeType::kForEach)
      texts.push_back("All messages of '" + name + "' leave at the moment at which it begins.");
    if (node.type == NodeType::kApproval) say_answer(name, ready);
  }

  void say_answer(const std::string& name, const PreparedNode& ready) {
    const std::string delay = ready.assumed.delay.value_or(kAnswerDelay);
    bool given = ready.assumed.delay && ready.assumed.yes_rate;
    std::string text = "What '" + name + "' asks a person ";
    if (ready.answer_delay_us >= ready.node->timeout_us) text += "is not answered in time: only after " + delay;
    else if (ready.answer_rate >= 1) text += "is approved " + delay + " later";
    else
      text += "is answered " + delay + " later: " + percent(ready.answer_rate) + " approved, " +
              percent(1 - ready.answer_rate) + " rejected";
    all_.whole.assumed.push_back(text + (given ? "." : " (a default)."));
  }

  void say() {
    for (const auto& [id, ready] : made_.nodes) {
      const NodeType type = ready.node->type;
      say_node(prefix_ + id, ready);
      all_.calls = all_.calls || type == NodeType::kAction || acts(type);
      all_.changes = all_.changes || type == NodeType::kUpdateProfile || type == NodeType::kTag;
      all_.sends = all_.sends || ready.sending >= 0;
      if (ready.sending >= 0 && !all_.given.prices.contains(sending_of(ready).channel))
        all_.unpriced.insert(sending_of(ready).channel);
    }
    if (const auto& goal = made_.definition.goal) say_event(goal->event, made_.goal, "enter, which is the goal");
    say_settings();
  }

  void say_settings() {
    const auto& settings = made_.definition.settings;
    if (!settings) return;
    auto& texts = all_.whole.assumed;
    const std::string of = prefix_.empty() ? "the workflow" : "'" + prefix_.substr(0, prefix_.size() - 1) + "'";
    if (!settings->caps.empty() || settings->quiet_hours || settings->send_window)
      texts.push_back("Caps, quiet hours and the window of " + of +
                      " are not applied: real messages may leave later or not at all.");
    if (settings->max_entries || settings->max_people)
      texts.push_back("How many runs and people " + of + " may have at most is not applied.");
  }

  [[nodiscard]] const Sending& sending_of(const PreparedNode& ready) const {
    return all_.whole.sendings[static_cast<size_t>(ready.sending)];
  }

  Prepared& made_;
  const Json& json_;
  Gathered& all_;
  std::string place_, prefix_;
};

void say_of_all(Gathered& all) {
  auto& texts = all.whole.assumed;
  if (all.calls) texts.push_back("A call of a tool of which nothing else is said succeeds, and takes no time.");
  if (all.changes && (!all.whole.rules.empty() || !all.whole.attributes.empty()))
    texts.push_back("What steps change of people is not seen by later steps: those look at them as they are now.");
  if (all.of_trigger)
    texts.push_back("What starts a run is not known here: {\"$trigger\"} is its default, or nothing.");
  if (all.sends)
    texts.push_back(
        "Caps, quiet hours and stops of the workspace are not applied: real messages may leave later or "
        "not at all.");
  for (const auto& channel : all.unpriced)
    texts.push_back("What a message by " + channel + " costs is not known, so it is not in the cost.");
}

}  // namespace

std::string percent(double rate) {
  std::string text = std::to_string(std::round(rate * 1000) / 10);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " %";
}

bool is_transactional(const Json& arguments) { return arguments.value("transactional", Json()) == Json(true); }

Result<Prepared> prepare(const Definition& definition, const Json& json, const Assumptions& assumptions,
                         const ChannelOf& channel_of, const std::vector<Workflow>& inner) {
  Prepared made;
  made.definition = definition;
  made.assumptions = assumptions;
  Gathered all{assumptions, channel_of, inner, made};
  Preparer(made, json, all, "/definition", "").prepare();
  check_assumptions(all);
  if (!all.issues.empty()) return issues_error("The simulation", std::move(all.issues));
  say_of_all(all);
  return made;  // what points into its definition stays right: a map that is moved keeps its nodes
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
