// Random workflows, and a model that reads the same graph without time, threads or a database.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/random.hpp"
#include "workflows/definition.hpp"
#include "workflows/engine.hpp"

namespace spreaders::workflows::simulation {

// Nested sequences, choices and forks. Every node is entered at most once, but for loops; no two nodes of a workflow
// and of those it starts have the same name.
class Grower {
 public:
  explicit Grower(Rng& chance) : chance_(chance) {}

  // A sequence that leads to `exit`; the id of its first node.
  std::string sequence(int depth, std::string exit) {
    for (uint64_t i = 0; i <= chance_.below(3); ++i) exit = item(depth, exit);
    return exit;
  }
  // A whole workflow, some with a goal, some with hours and a cap for what they send.
  void grow() {
    start = sequence(2, sequence(1, "end"));
    if (chance_.below(5) == 0) goal = {{"event", "Goal"}};
    if (chance_.below(3) != 0) return;
    Json cap = {{"messages", 1 + chance_.below(2)}, {"days", 1 + chance_.below(2)}};
    cap["on"] = chance_.below(2) == 0 ? "skip" : "defer";
    settings = {{"caps", {cap}}, {"quiet_hours", {{"from", kQuietFrom}, {"to", kQuietTo}}}, {"time_zone", "UTC"}};
  }
  static constexpr const char* kQuietFrom = "15:00";
  static constexpr const char* kQuietTo = "09:00";
  struct Inner {
    std::string start;
    Json nodes;
  };

  Json nodes = {{"end", {{"type", "end"}}}};
  Json goal, settings;
  std::string start;
  std::map<std::string, Inner> inner;   // workflows within it, by id
  std::map<std::string, int> comes;     // of waits: 0 never, 1 before the run, 2 while it waits
  std::map<std::string, int> outcomes;  // of actions: 0 fine, 1..2 failures before it is, -1 refused
  std::map<std::string, int> says;      // of approvals: 0 yes, 1 no, 2 nothing

 private:
  std::string add(const std::string& kind, Json node) {
    std::string id = kind + std::to_string(++count_);
    nodes[id] = std::move(node);
    return id;
  }
  std::string action(const std::string& next, const std::string& on_fail) {
    Json node = {{"type", "action"},
                 {"tool", "x.act"},
                 {"args", {{"n", count_}}},
                 {"retry", {{"max", 3}, {"base_s", 1}, {"cap_s", 4}}},
                 {"next", next}};
    if (!on_fail.empty()) node["on_fail"] = on_fail;
    std::string id = add("a", std::move(node));
    uint64_t luck = chance_.below(100);
    outcomes[id] = luck < 70 ? 0 : luck < 80 ? 1 : luck < 88 ? 2 : on_fail.empty() && luck < 94 ? 0 : -1;
    return id;
  }
  std::string wait(int depth, const std::string& exit) {
    std::string late = depth > 0 && chance_.below(2) == 0 ? sequence(depth - 1, exit) : exit;
    std::string id = add("w", {{"type", "wait_event"},
                               {"match", {{{"property", "n"}, {"op", "eq"}, {"value", count_}}}},
                               {"timeout", "PT" + std::to_string(1 + chance_.below(40)) + "H"},
                               {"on", {{"event", exit}, {"timeout", late}}}});
    nodes[id]["event"] = "E" + id;
    comes[id] = static_cast<int>(chance_.below(3));
    if (within_ && comes[id] == 1) comes[id] = 0;  // before a run that begins later is too early
    return id;
  }
  Json condition(int depth) {
    uint64_t kind = depth > 0 ? chance_.below(6) : 0;
    if (kind <= 2) return {{"op", "lt"}, {"left", chance_.below(10)}, {"right", 5}};
    if (kind == 3) return {{"not", condition(depth - 1)}};
    return {{kind == 4 ? "and" : "or", Json::array({condition(depth - 1), condition(depth - 1)})}};
  }
  std::string split(int depth, const std::string& exit) {
    int weight = static_cast<int>(chance_.below(10'001));
    Json a = {{"name", "A"}, {"weight", weight}, {"to", sequence(depth - 1, exit)}};
    Json b = {{"name", "B"}, {"weight", kWeights - weight}, {"to", exit}};
    return add("s",
               {{"type", "split"}, {"mode", "experiment"}, {"salt", std::to_string(count_)}, {"branches", {a, b}}});
  }
  std::string cohort(int depth, const std::string& exit) {
    Json branches = Json::array();
    for (uint64_t i = 0; i <= chance_.below(2); ++i)
      branches.push_back({{"name", std::to_string(i)}, {"if", condition(1)}, {"to", sequence(depth - 1, exit)}});
    return add("s", {{"type", "split"}, {"mode", "cohort"}, {"branches", branches}, {"else", exit}});
  }
  std::string loop(int depth, const std::string& exit) {
    std::string id = add("l", {{"type", "loop"}, {"max", 1 + chance_.below(2)}, {"next", exit}});
    std::string body = sequence(depth - 1, id);
    nodes[id]["to"] = body;
    return body;
  }
  std::string approval(int depth, const std::string& exit) {
    std::string no = depth > 0 ? sequence(depth - 1, exit) : exit;
    std::string id = add("q", {{"type", "approval"},
                               {"title", "Go on?"},
                               {"what", "It is a test"},
                               {"expires", "PT" + std::to_string(1 + chance_.below(40)) + "H"},
                               {"on", {{"approved", exit}, {"rejected", no}, {"expired", no}}}});
    says[id] = static_cast<int>(chance_.below(3));
    return id;
  }
  std::string sub_workflow(int depth, const std::string& exit) {
    std::string failed = depth > 1 ? sequence(depth - 2, exit) : exit;
    std::string id =
        add("r", {{"type", "sub_workflow"}, {"version", 1}, {"on", {{"completed", exit}, {"failed", failed}}}});
    Json around = std::exchange(nodes, Json{{"end", {{"type", "end"}}}});
    within_ = true;
    std::string first = sequence(0, "end");
    within_ = false;
    inner[id] = {first, std::exchange(nodes, std::move(around))};
    return id;
  }
  std::string parallel(int depth, const std::string& exit) {
    uint64_t size = 2 + chance_.below(3);
    Json wait = chance_.below(2) == 0   ? Json("all")
                : chance_.below(2) == 0 ? Json("any")
                                        : Json("n:" + std::to_string(1 + chance_.below(size)));
    std::string join = add("j", {{"type", "join"}, {"wait", wait}, {"next", exit}});
    Json branches = Json::array();
    for (uint64_t i = 0; i < size; ++i) branches.push_back(sequence(depth - 1, join));
    return add("p", {{"type", "parallel"}, {"branches", branches}, {"join", join}});
  }
  // What changes the person; each with a name of its own, so that it can be seen.
  std::string change(const std::string& exit) {
    std::string name = "n" + std::to_string(count_);
    if (chance_.below(2) == 0)
      return add("u", {{"type", "update_profile"}, {"set", {{name, count_}, {"gone", nullptr}}}, {"next", exit}});
    return add("t", {{"type", "tag"}, {"add", {name}}, {"next", exit}});
  }
  std::string leaf(const std::string& exit) {
    uint64_t kind = chance_.below(6);
    if (kind == 0)
      return add("d", {{"type", "delay"}, {"for", "PT" + std::to_string(chance_.below(4)) + "H"}, {"next", exit}});
    if (kind == 1)
      return add("f", {{"type", "for_each"},
                       {"audience", Json::object()},
                       {"channel", "email"},
                       {"connection", "con_1"},
                       {"payload", Json::object()},
                       {"batch", 1 + chance_.below(6)},
                       {"next", exit}});
    if (kind == 2) return wait(0, exit);
    if (kind == 3) return change(exit);
    return action(exit, "");
  }
  std::string item(int depth, const std::string& exit) {
    uint64_t kind = depth > 0 ? chance_.below(20) : 0;
    if (kind < 6) return leaf(exit);
    if (kind == 6) return wait(depth, exit);
    if (kind == 7) return action(exit, sequence(depth - 1, exit));
    if (kind <= 9) {
      std::string yes = sequence(depth - 1, exit);
      std::string no = chance_.below(2) == 0 ? exit : sequence(depth - 1, exit);
      return add("c", {{"type", "condition"}, {"if", condition(2)}, {"yes", yes}, {"no", no}});
    }
    if (kind == 10) return split(depth, exit);
    if (kind == 11) return cohort(depth, exit);
    if (kind <= 13) return loop(depth, exit);
    if (kind == 14) return approval(depth, exit);
    if (kind == 15 || kind == 16) return sub_workflow(depth, exit);
    if (kind == 17) {
      std::string out = add("x", {{"type", "end"}, {"exit", "out"}});
      return add("c", {{"type", "condition"}, {"if", condition(1)}, {"yes", out}, {"no", exit}});
    }
    return parallel(depth, exit);
  }
  Rng& chance_;
  int count_ = 0;
  bool within_ = false;
};

// What the histories of the run and of the runs within it have to say, for each node and kind how often; waiting, retry
// and page lines are left out. Where a branch fails, exits or may be cut short, it is how often at most.
struct Expected {
  std::map<std::string, int> lines;
  std::set<std::string> effects, mailings;  // node#round, behind what started their run: "r4#l2=1/a7"
  std::set<std::string> attributes, lists;  // of the contact
  bool fails = false, exits = false, goal = false;
  [[nodiscard]] bool is_whole() const { return !fails && !exits && !goal; }
};

using Loops = std::map<std::string, int>;

inline bool is_true(const Json& condition) {
  if (condition.contains("not")) return !is_true(condition["not"]);
  if (condition.contains("and")) return is_true(condition["and"][0]) && is_true(condition["and"][1]);
  if (condition.contains("or")) return is_true(condition["or"][0]) || is_true(condition["or"][1]);
  return condition["left"].get<int>() < 5;
}

class Model {
 public:
  Model(const Grower& grown, std::string subject) : grown_(grown), subject_(std::move(subject)) {}

  Expected read() {
    walk(grown_.nodes, grown_.start, "", {});
    expected_.goal = !grown_.goal.is_null();
    return std::move(expected_);
  }

 private:
  // Whether the path goes on to where it leads; not so behind a failure or an exit.
  bool walk(const Json& nodes, const std::string& id, const std::string& place, Loops loops) {
    std::string round;
    for (const auto& [loop, times] : loops) round += "#" + loop + "=" + std::to_string(times);
    const Json& node = nodes[id];
    const std::string type = node["type"];
    auto say = [&](const std::string& kind) { ++expected_.lines[id + " " + kind]; };
    auto go = [&](const std::string& to) { return walk(nodes, to, place, loops); };
    if (type == "end") return say("ended"), !node.contains("exit") || (expected_.exits = true, false);
    if (type == "join") return say("arrived"), true;  // the fork goes on from here, once
    if (type == "delay") return say("waited"), go(node["next"]);
    if (type == "for_each") return expected_.mailings.insert(place + id + round), say("sent"), go(node["next"]);
    if (type == "update_profile")
      return expected_.attributes.insert(node["set"].begin().key() == "gone" ? std::next(node["set"].begin()).key()
                                                                             : node["set"].begin().key()),
             say("done"), go(node["next"]);
    if (type == "tag") return expected_.lists.insert(node["add"][0].get<std::string>()), say("done"), go(node["next"]);
    if (type == "loop") {
      bool again = loops[id] < node["max"].get<int>();
      if (again) ++loops[id];
      else loops.erase(id);
      return say(again ? "again" : "over"), walk(nodes, node[again ? "to" : "next"], place, loops);
    }
    if (type == "action") return act(node, id, place, round, say, go);
    if (type == "sub_workflow") return within(node, id, place + id + round + "/", say, go);
    if (type == "parallel") return fork(nodes, node, place, loops, say);
    std::string kind = way_of(node, id);
    return say(type == "split" ? "split" : kind), go(to_of(node, kind));
  }
  template <class Say, class Go>
  bool act(const Json& node, const std::string& id, const std::string& place, const std::string& round, Say& say,
           Go& go) {
    bool fine = grown_.outcomes.at(id) >= 0;
    say(fine ? "done" : "failed");
    if (fine) expected_.effects.insert(place + id + round);
    if (!fine && !node.contains("on_fail")) return expected_.fails = true, false;
    return go(node[fine ? "next" : "on_fail"]);
  }
  // What fails within does not fail the run around it.
  template <class Say, class Go>
  bool within(const Json& node, const std::string& id, const std::string& place, Say& say, Go& go) {
    bool fails = std::exchange(expected_.fails, false);
    walk(grown_.inner.at(id).nodes, grown_.inner.at(id).start, place, {});
    bool failed = std::exchange(expected_.fails, fails);
    say("started");
    say(failed ? "failed" : "completed");
    return go(node["on"][failed ? "failed" : "completed"]);
  }
  template <class Say>
  bool fork(const Json& nodes, const Json& node, const std::string& place, const Loops& loops, Say& say) {
    say("forked");
    for (const auto& branch : node["branches"]) walk(nodes, branch, place, loops);
    return walk(nodes, nodes[node["join"].get<std::string>()]["next"], place, loops);
  }
  std::string way_of(const Json& node, const std::string& id) const {
    const std::string type = node["type"];
    if (type == "condition") return is_true(node["if"]) ? "yes" : "no";
    if (type == "wait_event") return grown_.comes.at(id) > 0 ? "event" : "timeout";
    constexpr const char* said[] = {"approved", "rejected", "expired"};
    if (type == "approval") return said[grown_.says.at(id)];
    if (node["mode"] == "experiment")
      return bucket_of(node["salt"].get<std::string>(), subject_) < node["branches"][0]["weight"].get<int>() ? "0"
                                                                                                             : "1";
    for (size_t i = 0; i < node["branches"].size(); ++i) {
      if (is_true(node["branches"][i]["if"])) return std::to_string(i);
    }
    return "else";
  }
  static std::string to_of(const Json& node, const std::string& kind) {
    if (node.contains("on")) return node["on"][kind];
    if (node["type"] == "condition" || kind == "else") return node[kind];
    return node["branches"][static_cast<size_t>(std::stoi(kind))]["to"];
  }

  const Grower& grown_;
  std::string subject_;
  Expected expected_;
};

}  // namespace spreaders::workflows::simulation
