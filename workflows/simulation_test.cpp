// Random workflows, each run to its end while tools fail, mails are cut off and processes die at random writes. What
// happened is held against a model that reads the same graph without time, threads or a database. A failing seed is in
// the test's output; the same seed gives the same workflow and, but for the jitter of retries, the same accidents.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;

constexpr int kSeeds = 120;
constexpr int kPeople = 5;

// Nested sequences, choices and forks. Every node is entered at most once.
class Grower {
 public:
  explicit Grower(Rng& chance) : chance_(chance) {}

  // A sequence that leads to `exit`; the id of its first node.
  std::string sequence(int depth, std::string exit) {
    for (uint64_t i = 0; i <= chance_.below(3); ++i) exit = item(depth, exit);
    return exit;
  }
  Json nodes = {{"end", {{"type", "end"}}}};
  std::map<std::string, int> comes;     // of waits: 0 never, 1 before the run, 2 while it waits
  std::map<std::string, int> outcomes;  // of actions: 0 fine, 1..2 failures before it is, -1 refused

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
    outcomes[id] = luck < 70 ? 0 : luck < 80 ? 1 : luck < 88 ? 2 : on_fail.empty() && luck < 97 ? 0 : -1;
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
  std::string loop(int depth, const std::string& exit) {
    std::string id = add("l", {{"type", "loop"}, {"max", 1 + chance_.below(2)}, {"next", exit}});
    std::string body = sequence(depth - 1, id);
    nodes[id]["to"] = body;
    return body;
  }
  std::string item(int depth, const std::string& exit) {
    uint64_t kind = chance_.below(depth > 0 ? 13 : 5);
    if (kind == 10) return split(depth, exit);
    if (kind >= 11) return loop(depth, exit);
    if (depth > 0 ? kind >= 8 : kind == 4) return wait(depth, exit);
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
    if (kind <= 3) return action(exit, depth > 0 && chance_.below(2) == 0 ? sequence(depth - 1, exit) : "");
    if (kind <= 5) {
      std::string yes = sequence(depth - 1, exit);
      std::string no = chance_.below(2) == 0 ? exit : sequence(depth - 1, exit);
      return add("c", {{"type", "condition"}, {"if", condition(2)}, {"yes", yes}, {"no", no}});
    }
    uint64_t size = 2 + chance_.below(3);
    Json wait = chance_.below(2) == 0   ? Json("all")
                : chance_.below(2) == 0 ? Json("any")
                                        : Json(1 + chance_.below(size));
    std::string join = add("j", {{"type", "join"}, {"wait", wait}, {"next", exit}});
    Json branches = Json::array();
    for (uint64_t i = 0; i < size; ++i) branches.push_back(sequence(depth - 1, join));
    return add("p", {{"type", "parallel"}, {"branches", branches}, {"join", join}});
  }
  Rng& chance_;
  int count_ = 0;
};

// What the history has to say, for each node and kind how often; waiting, retry and page lines are left out.
struct Expected {
  std::map<std::string, int> lines;
  std::set<std::string> effects, mailings;
  bool fails = false;
};

using Loops = std::map<std::string, int>;

bool is_true(const Json& condition) {
  if (condition.contains("not")) return !is_true(condition["not"]);
  if (condition.contains("and")) return is_true(condition["and"][0]) && is_true(condition["and"][1]);
  if (condition.contains("or")) return is_true(condition["or"][0]) || is_true(condition["or"][1]);
  return condition["left"].get<int>() < 5;
}

void walk(const Grower& grown, const std::string& id, Expected& expected, Loops loops = {}) {
  std::string round;
  for (const auto& [loop, times] : loops) round += "#" + loop + "=" + std::to_string(times);
  const Json& node = grown.nodes[id];
  std::string type = node["type"];
  auto say = [&](const std::string& kind) { ++expected.lines[id + " " + kind]; };
  if (type == "end") return say("ended");
  if (type == "delay") return say("waited"), walk(grown, node["next"], expected, loops);
  if (type == "for_each")
    return expected.mailings.insert(id + round), say("sent"), walk(grown, node["next"], expected, loops);
  if (type == "condition") {
    bool yes = is_true(node["if"]);
    return say(yes ? "yes" : "no"), walk(grown, node[yes ? "yes" : "no"], expected, loops);
  }
  if (type == "wait_event") {
    bool comes = grown.comes.at(id) > 0;
    return say(comes ? "event" : "timeout"), walk(grown, node["on"][comes ? "event" : "timeout"], expected, loops);
  }
  if (type == "split") {
    bool first = bucket_of(node["salt"].get<std::string>(), "cmp_1") < node["branches"][0]["weight"].get<int>();
    return say("split"), walk(grown, node["branches"][first ? 0 : 1]["to"], expected, loops);
  }
  if (type == "loop") {
    bool again = loops[id] < node["max"].get<int>();
    if (again) ++loops[id];
    else loops.erase(id);
    return say(again ? "again" : "over"), walk(grown, node[again ? "to" : "next"], expected, loops);
  }
  if (type == "action") {
    bool fine = grown.outcomes.at(id) >= 0;
    say(fine ? "done" : "failed");
    if (fine) expected.effects.insert(id + round);
    else if (!node.contains("on_fail")) return static_cast<void>(expected.fails = true);
    return walk(grown, node[fine ? "next" : "on_fail"], expected, loops);
  }
  if (type == "join") return say("arrived");  // the fork goes on from here, once
  say("forked");
  for (const auto& branch : node["branches"]) walk(grown, branch, expected, loops);
  walk(grown, grown.nodes[node["join"].get<std::string>()]["next"], expected, loops);
}

class Simulation : public EngineTest {
 protected:
  // One process, until it dies at a random moment or nothing is left to do.
  void live(Rng& chance, const std::string& owner, bool mortal) {
    MortalStorage process(*storage_);
    if (mortal) process.die_at_write(1 + static_cast<int>(chance.below(25)), chance.below(2) == 0);
    bool dies_in_call = mortal && chance.below(4) == 0;
    bool after = chance.below(2) == 0;
    auto dies = [&process, dies_in_call, left = 1 + chance.below(3)](const ToolCall&) mutable {
      if (dies_in_call && --left == 0) process.die();
    };
    tools_.before = after ? decltype(tools_.before)() : dies;
    tools_.after = after ? dies : decltype(tools_.after)();
    FakeSender sender(receiver_, &process);
    sender.on_send = [&](const events::OutboxItem& item) -> events::SendReport {
      uint64_t luck = item.attempts > 2 ? 99 : chance.below(100);
      if (luck < 10) return {events::Sent::kDeferred, "451 later"};
      if (luck < 15) return {events::Sent::kUnknown, "cut before"};
      receiver_.take(item);
      if (luck < 25) return {events::Sent::kUnknown, "cut after"};
      if (mortal && luck == 25) process.die();
      return {events::Sent::kAccepted, "250 ok"};
    };
    EngineOptions with = options();
    with.batch = 1 + static_cast<int>(chance.below(6));
    auto one = engine(process, with, owner);
    events::DispatcherOptions mail_with;
    mail_with.batch = 1 + static_cast<int>(chance.below(6));
    run_process(process, *one, sender, mail_with, owner, 5'000);
  }

  // Events come before their wait is reached, and when everybody waits.
  void let_come(const Grower& grown) {
    auto happens = [this, &grown](const std::string& wait) {
      Json properties = {{"n", grown.nodes[wait]["match"][0]["value"]}};
      happen("E" + wait, "cmp_1", R"({"n":-1})");
      return happen("E" + wait, "cmp_1", to_text(properties));
    };
    for (const auto& [wait, when] : grown.comes) {
      if (when == 1) {
        EXPECT_EQ(happens(wait), 0);
      }
    }
    on_idle = [this, &grown, happens] {
      int woken = 0;
      for (const auto& row : query("SELECT event_name FROM wait_sub WHERE workspace_id = $1", {kWorkspace})) {
        std::string wait = row[0].text().substr(1);
        if (grown.comes.contains(wait) && grown.comes.at(wait) == 2) woken += happens(wait);
      }
      return woken > 0;
    };
  }

  void expect_ended_as(const std::string& run, const Grower& grown, const Expected& expected) {
    RunView seen = view(run);
    EXPECT_EQ(seen.status, expected.fails ? "failed" : "completed") << seen.reason;
    EXPECT_TRUE(seen.ended.has_value());
    EXPECT_TRUE(seen.tokens.empty());
    expect_sound_history(run);
    std::map<std::string, int> lines;
    for (const auto& line : history(run)) {
      std::string kind = line.substr(line.find(' ') + 1);
      if (kind != "waiting" && kind != "retry" && kind != "page" && kind != "last_page") ++lines[line];
    }
    std::set<std::string> effects;
    for (const auto& [key, times] : tools_.all_effects()) {
      if (!key.starts_with(run + ":")) continue;
      EXPECT_EQ(times, 1) << key;
      effects.insert(key.substr(run.size() + 1));
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM wait_sub WHERE run_id = $1", {run}), 0);
    EXPECT_EQ(receiver_.repeated(), 0);
    EXPECT_EQ(
        count("SELECT COUNT(*) FROM outbox WHERE run_id = $1 AND state IN ('pending', 'sending', 'unknown')", {run}),
        0);
    if (expected.fails) {  // how far the other branches came is a matter of time
      for (const auto& [line, times] : lines)
        EXPECT_LE(times, expected.lines.contains(line) ? expected.lines.at(line) : 0) << line;
      return;
    }
    EXPECT_EQ(lines, expected.lines) << grown.nodes.dump(1);
    EXPECT_EQ(effects, expected.effects);
    EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE run_id = $1 AND state <> 'done'", {run}), 0)
        << "no token is lost";
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE run_id = $1 AND state = 'accepted'", {run}),
              static_cast<int64_t>(expected.mailings.size()) * kPeople);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Simulation, ::testing::Values(storage::Dialect::kSqlite), events::fakes::engine_name);

TEST_P(Simulation, RandomWorkflowsEndAsTheirGraphSays) {
  profiles_.people = kPeople;
  std::map<std::string, int> seen;
  int64_t steps = 0;
  for (int seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng chance(static_cast<uint64_t>(seed));
    Grower grown(chance);
    std::string id = "wf_" + std::to_string(seed);
    std::string first = grown.sequence(2, "end");
    Expected expected;
    walk(grown, first, expected);
    std::map<std::string, int> failures;
    tools_.on_call = [&](const ToolCall& call, int) -> Result<Json> {
      std::string node = call.idempotency_key.substr(call.idempotency_key.rfind(':') + 1);
      int outcome = grown.outcomes.at(node.substr(0, node.find('#')));
      if (outcome < 0) return Error{Code::kVendorRejected, "no"};
      if (failures[node]++ < outcome) return Error{Code::kUnavailable, "down"};
      return Json{{"n", node}};
    };
    store(id, first, grown.nodes);
    ASSERT_FALSE(HasFailure());
    std::string run = start(id);
    let_come(grown);
    for (int life = 0; life < 4; ++life) {
      live(chance, "prc_" + std::to_string(life), true);
      bool paused = chance.below(4) == 0 &&
                    write([&](storage::Tx& tx) { return pause_run(tx, kWorkspace, run, clock_.now()); }).ok();
      if (!paused) continue;
      live(chance, "prc_paused", false);
      EXPECT_EQ(status(run), "paused");
      EXPECT_TRUE(write([&](storage::Tx& tx) { return resume_run(tx, kWorkspace, run, clock_.now()); }).ok());
    }
    live(chance, "prc_last", false);
    expect_ended_as(run, grown, expected);
    steps += static_cast<int64_t>(history(run).size());
    execute("DELETE FROM event");
    ++seen[status(run)];
    for (const auto& [node, json] : grown.nodes.items()) ++seen[json["type"].get<std::string>()];
  }
  for (const char* kind : {"action", "delay", "parallel", "join", "for_each", "condition", "wait_event", "split",
                           "loop", "completed", "failed"})
    EXPECT_GE(seen[kind], 5) << kind;
  RecordProperty("seeds", kSeeds);
  std::cout << kSeeds << " seeds, " << steps << " steps, " << seen["completed"] << " completed, " << seen["failed"]
            << " failed" << std::endl;
}

TEST_P(Simulation, TheSameSeedGivesTheSameHistory) {
  profiles_.people = kPeople;
  std::vector<std::vector<std::string>> histories;
  for (int time = 0; time < 2; ++time) {
    Rng chance(42);
    Grower grown(chance);
    std::string id = "wf_" + std::to_string(time);
    std::string first = grown.sequence(2, "end");
    store(id, first, grown.nodes);
    tools_.on_call = [&](const ToolCall& call, int) -> Result<Json> {
      return Json{{"n", call.idempotency_key.size()}};
    };
    std::string run = start(id);
    let_come(grown);
    live(chance, "prc_a", false);
    execute("DELETE FROM event");
    auto lines = history(run);
    std::sort(lines.begin(), lines.end());
    histories.push_back(lines);
  }
  EXPECT_GT(histories[0].size(), 3u);
  EXPECT_EQ(histories[0], histories[1]);
}

}  // namespace
}  // namespace spreaders::workflows
