// Random workflows, each run to its end while tools fail, mails are cut off, people opt out, runs are paused and
// processes die at random writes. What happened is held against the model. A failing seed is in the test's output; the
// same seed gives the same workflow and, but for the jitter of retries, the same accidents. Engines with planted
// defects show that the simulation sees them.
#include "workflows/simulation_test.hpp"

#include <gtest/gtest.h>

#include "services/approvals/approvals.hpp"
#include "services/audience/contacts.hpp"
#include "services/sending/sending.hpp"
#include "workflows/asks.hpp"
#include "workflows/fakes_test.hpp"

namespace spreaders::workflows::simulation {
namespace {

using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using storage::Tx;

#ifdef __SANITIZE_THREAD__
constexpr int kSeeds = 60;  // it is one thread: what ThreadSanitizer is for is in the other tests
#else
constexpr int kSeeds = 500;  // half a minute with sanitizers
#endif
constexpr int kSeedsFull = 1'000;  // of each half
constexpr int kSeedsHealthy = 10;
constexpr int kSeedsPlanted = 150;  // within which a defect has to show
constexpr int kPeople = 5;

// A defect of the engine: a statement of it that is another one, or what its tools and senders are told.
struct Planted {
  const char* name;
  const char* statement = nullptr;  // part of it
  const char* instead = nullptr;    // of that part
  bool new_keys = false;            // every call of a tool has a key of its own
  bool no_rounds = false;           // the rounds of a loop share their keys
  bool deaf = false;                // whoever sends does not ask again who may be sent to
  bool hurried = false;             // nor when
};
const Planted kPlanted[] = {
    {"a pause that nobody heeds", "r.status = 'active' ORDER BY t.due_at", "r.status <> 'failed' ORDER BY t.due_at"},
    {"steps of the dead that nobody takes over", "WHERE state = 'executing' AND lease_owner <>",
     "WHERE state = 'never' AND lease_owner <>"},
    {"an inner end that is not heard",
     "state = 'ready', due_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3 AND state IN",
     "state = 'waiting', due_at = $1, rev = rev + 1 WHERE workspace_id = $2 AND id = $3 AND state IN"},
    {"an inner run that goes on alone", "AND parent_token_id <> '' AND status IN ('active', 'paused')",
     "AND parent_token_id = 'nobody' AND status IN ('active', 'paused')"},
    {"a goal that ends nothing", "DELETE FROM wait_sub WHERE workspace_id = $1 AND id = $2",
     "DELETE FROM wait_sub WHERE workspace_id = $1 AND id = $2 AND id = ''"},
    {"an event before the wait that is missed", "e.received_at >= $4", "e.received_at >= $4 + 1000000000000"},
    {"a timer that comes too early", "t.due_at <= $1 AND r.status", "t.due_at <= $1 + 180000000000 AND r.status"},
    {"a delay that begins again", "due_at = $1, data = $2, visit = visit + 1, attempt = attempt +",
     "due_at = $1, data = $2, attempt = attempt +"},
    {"a page that is addressed again", "UPDATE token SET data = $1, due_at = $2, rev",
     "UPDATE token SET data = CASE WHEN $1 = '' THEN $1 ELSE data END, due_at = $2, rev"},
    {"a history whose words are mixed up", "run_id, seq, node_id, kind, input, output",
     "run_id, seq, kind, node_id, input, output"},
    {"arrivals at a join that are forgotten", "SET seq = $1, log_hash = $2, context = $3",
     "SET seq = $1, log_hash = $2, context = CASE WHEN $3 = '' THEN '' ELSE context END"},
    {.name = "a call that is another one when repeated", .new_keys = true},
    {.name = "a round of a loop that is taken for the one before", .no_rounds = true},
    {.name = "a person who opted out too late", .deaf = true},
    {.name = "hours that nobody keeps", .hurried = true},
    {"a cap that counts nothing", "o.counted_at > $", "o.counted_at < 0 AND o.counted_at > $"},
};

// Storage whose statements are as the planted defect has them.
class Wrong final : public storage::Storage {
 public:
  Wrong(storage::Storage& inner, const Planted* planted) : inner_(inner), planted_(planted) {}
  Result<void> write_(const storage::Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    return inner_.write_(scope, wrapped(body));
  }
  Result<void> read_(const storage::Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    return inner_.read_(scope, wrapped(body));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  Result<void> migrate() override { return inner_.migrate(); }
  Result<void> backup_to(const std::string& path) override { return inner_.backup_to(path); }

 private:
  class WrongTx final : public Tx {
   public:
    WrongTx(Tx& inner, const Planted& planted) : inner_(inner), planted_(planted) {}
    Result<storage::Rows> query(std::string_view sql, const storage::Values& values) override {
      return inner_.query(wrong(sql), values);
    }
    Result<int64_t> execute(std::string_view sql, const storage::Values& values) override {
      return inner_.execute(wrong(sql), values);
    }
    Result<int64_t> insert_many(std::string_view table, std::initializer_list<std::string_view> columns,
                                std::span<const storage::Values> rows, std::string_view suffix) override {
      return inner_.insert_many(table, columns, rows, suffix);
    }
    Result<void> savepoint(const std::function<Result<void>()>& body) override { return inner_.savepoint(body); }
    [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
    [[nodiscard]] const storage::Scope& scope() const override { return inner_.scope(); }
    void after_commit(std::function<void()> action) override { inner_.after_commit(std::move(action)); }

   private:
    std::string wrong(std::string_view sql) const {
      std::string text(sql);
      size_t at = text.find(planted_.statement);
      if (at != std::string::npos) text.replace(at, std::string_view(planted_.statement).size(), planted_.instead);
      return text;
    }
    Tx& inner_;
    const Planted& planted_;
  };
  std::function<Result<void>(Tx&)> wrapped(const std::function<Result<void>(Tx&)>& body) {
    if (planted_ == nullptr || planted_->statement == nullptr) return body;
    return [this, &body](Tx& tx) {
      WrongTx wrong(tx, *planted_);
      return body(wrong);
    };
  }
  storage::Storage& inner_;
  const Planted* planted_;
};

// Tools and a guard as the planted defect has them.
class WrongTools final : public ToolRunner {
 public:
  WrongTools(ToolRunner& inner, const Planted* planted) : inner_(inner), planted_(planted) {}
  [[nodiscard]] ToolList list() const override { return inner_.list(); }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override { return inner_.find(name); }
  Result<Json> call(const ToolCall& call) override {
    ToolCall made = call;
    if (planted_ != nullptr && planted_->new_keys) made.idempotency_key += "!" + std::to_string(++calls_);
    if (planted_ != nullptr && planted_->no_rounds)
      made.idempotency_key.resize(std::min(made.idempotency_key.size(), made.idempotency_key.find('#')));
    return inner_.call(made);
  }
  Result<void> admit(Tx& tx, const ToolCall& call) override { return inner_.admit(tx, call); }

 private:
  ToolRunner& inner_;
  const Planted* planted_;
  int calls_ = 0;
};

// Consent as the test has it, rules as production has them.
class RuledGuard final : public storage::SendGuard {
 public:
  RuledGuard(storage::SendGuard& consent, const Planted* planted) : consent_(consent), planted_(planted) {}
  Result<std::vector<std::string>> refusals(Tx& tx, const std::string& workspace, const std::string& channel,
                                            bool transactional,
                                            const std::vector<storage::Recipient>& recipients) override {
    if (planted_ != nullptr && planted_->deaf) return std::vector<std::string>(recipients.size());
    return consent_.refusals(tx, workspace, channel, transactional, recipients);
  }
  Result<std::vector<storage::Timing>> timings(Tx& tx, const std::string& workspace, const std::string& channel,
                                               std::span<const storage::Message> messages, Instant now,
                                               storage::Stage stage) override {
    if (planted_ != nullptr && planted_->hurried) return std::vector<storage::Timing>(messages.size());
    return rules_.timings(tx, workspace, channel, messages, now, stage);
  }

 private:
  storage::SendGuard& consent_;
  const Planted* planted_;
  sending::Guard rules_;
};

// One seed: a workflow, what is expected of it, and its run.
class Simulation : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    profiles_.people = kPeople;
    auto made = write([&](Tx& tx) {
      return audience::upsert_contact(tx, kWorkspace, {.email = "a@example.org"}, clock_.now(), {ids_});
    });
    ASSERT_TRUE(made.ok()) << made.error().text();
    subject_ = made->contact.id;
  }

  // Nothing: all was as expected. Else what was not.
  std::string problems_of_seed(int seed, const Planted* planted) {
    planted_ = planted;
    problems_.clear();
    tools_.forget();
    receiver_.forget();
    guard_.allow_all();
    Rng chance(static_cast<uint64_t>(seed));
    Grower grown(chance);
    grown.grow();
    Expected expected = Model(grown, subject_).read();
    settings_ = grown.settings;
    reached_at_.clear();
    const Instant began = clock_.now();
    std::string run = run_ = begin(grown, std::to_string(seed) + (planted != nullptr ? "p" : ""));
    answer_calls(grown);
    let_come(grown, run, chance);
    for (int life = 0; life < 4; ++life) {
      live(chance, "prc_" + std::to_string(life), true);
      if (chance.below(2) == 0) stand_still(run, chance);
    }
    live(chance, "prc_last", false);
    on_idle = nullptr;
    compare(run, expected);
    steps_ += count("SELECT COUNT(*) FROM step_log WHERE run_id = $1", {run});
    virtual_us_ += clock_.now() - began;
    ++seen_[status(run)];
    if (!grown.settings.is_null()) ++seen_["settings"];
    for (const auto& [node, json] : grown.nodes.items()) ++seen_[json["type"].get<std::string>()];
    if (!grown.goal.is_null()) ++seen_["goal"];
    for (const char* table :
         {"event", "list_member", "list", "wait_sub", "token", "run", "outbox", "step_log", "approval"})
      execute("DELETE FROM " + std::string(table));
    execute("UPDATE contact SET attributes = '{}'");
    return problems_;
  }
  // All of them, or until one shows something; a thousand times faster than the time that passes for the runs.
  void pass(int first, int seeds) {
    const int64_t begin_ms = monotonic_ms();
    for (int seed = first; seed < first + seeds && !HasFailure(); ++seed)
      EXPECT_EQ(problems_of_seed(seed, nullptr), "") << "seed " << seed;
    const int64_t took_ms = std::max<int64_t>(1, monotonic_ms() - begin_ms);
    const int64_t times = virtual_us_ / 1000 / took_ms;
    EXPECT_GE(times, 1000) << "times real time";
    std::cout << seeds << " seeds in " << took_ms << " ms, " << times << " times real time: " << steps_ << " steps, "
              << seen_["completed"] << " completed, " << seen_["failed"] << " failed" << std::endl;
  }
  std::map<std::string, int> seen_;
  int64_t steps_ = 0, virtual_us_ = 0;

 private:
  void expect(bool holds, const std::string& what) {
    if (!holds) problems_ += what + "\n";
  }
  std::string begin(const Grower& grown, const std::string& name) {
    Json nodes = grown.nodes;
    for (const auto& [node, inner] : grown.inner) {
      std::string id = "wf_" + name + "_" + node;
      store(id, inner.start, inner.nodes);
      nodes[node]["workflow"] = id;
    }
    Json json = {{"id", "wf_" + name}, {"name", "Test"}, {"start", grown.start}, {"nodes", nodes}};
    if (!grown.goal.is_null()) json["goal"] = grown.goal;
    if (!grown.settings.is_null()) json["settings"] = grown.settings;
    auto stored = write([&](Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); });
    EXPECT_TRUE(stored.ok()) << stored.error().text();
    return start("wf_" + name, subject_);
  }
  void answer_calls(const Grower& grown) {
    failures_.clear();
    tools_.on_call = [this, &grown](const ToolCall& call, int) -> Result<Json> {
      std::string key = call.idempotency_key.substr(0, call.idempotency_key.find('!'));
      std::string node = key.substr(key.rfind(':') + 1);
      int outcome = grown.outcomes.at(node.substr(0, node.find('#')));
      if (outcome < 0) return Error{Code::kVendorRejected, "no"};
      if (failures_[key]++ < outcome) return Error{Code::kUnavailable, "down"};
      return Json{{"n", node}};
    };
  }
  // One process, until it dies at a random moment or nothing is left to do.
  void live(Rng& chance, const std::string& owner, bool mortal) {
    MortalStorage process(*storage_);
    Wrong wrong(process, planted_);
    WrongTools tools(tools_, planted_);
    RuledGuard dispatching(guard_, planted_), addressing(guard_, nullptr);
    if (mortal) process.die_at_write(1 + static_cast<int>(chance.below(25)), chance.below(2) == 0);
    bool dies_in_call = mortal && chance.below(4) == 0;
    bool after = chance.below(2) == 0;
    auto dies = [&process, dies_in_call, left = 1 + chance.below(3)](const ToolCall&) mutable {
      if (dies_in_call && --left == 0) process.die();
    };
    tools_.before = after ? decltype(tools_.before)() : dies;
    tools_.after = after ? dies : decltype(tools_.after)();
    FakeSender sender(receiver_, &process);
    sender.on_send = [&](const events::OutboxItem& item) { return send(item, chance, mortal ? &process : nullptr); };
    EngineOptions with = options();
    with.batch = 1 + static_cast<int>(chance.below(6));
    Engine one(wrong, clock_, ids_, tools, profiles_, addressing, with, owner);
    events::DispatcherOptions mail_with;
    mail_with.batch = 1 + static_cast<int>(chance.below(6));
    run_process(process, one, sender, mail_with, owner, 1'000, &wrong, &dispatching);
  }
  events::SendReport send(const events::OutboxItem& item, Rng& chance, MortalStorage* process) {
    expect(!held_, "mail to " + item.address + " while the run is paused");
    expect(!opted_out_.contains(item.address), "mail to " + item.address + " after they opted out");
    uint64_t luck = item.attempts > 2 ? 99 : chance.below(100);
    if (luck < 10) return {events::Sent::kDeferred, "451 later"};
    if (luck < 15) return {events::Sent::kUnknown, "cut before"};
    receiver_.take(item);
    keep_rules(item);
    if (luck < 25) return {events::Sent::kUnknown, "cut after"};
    if (process != nullptr && luck == 25) process->die();
    return {events::Sent::kAccepted, "250 ok"};
  }
  // What reaches somebody keeps the hours and the cap of its workflow, over everything that may have reached them.
  void keep_rules(const events::OutboxItem& item) {
    if (settings_.is_null() || item.run_id != run_) return;
    const std::string time = to_text(clock_.now()).substr(11, 5);
    expect(time < Grower::kQuietFrom && time >= Grower::kQuietTo, "mail to " + item.address + " in quiet hours");
    const Json& cap = settings_["caps"][0];
    auto& times = reached_at_[item.address];
    times.push_back(clock_.now());
    auto recent = std::count_if(times.begin(), times.end(),
                                [&](Instant at) { return clock_.now() - at < cap["days"].get<int64_t>() * kDay_us; });
    expect(recent <= cap["messages"].get<int64_t>(), "mail to " + item.address + " over the cap");
  }
  // Events come before their wait is reached and when everybody waits; then people answer too, opt out, and reach
  // goals.
  void let_come(const Grower& grown, const std::string& run, Rng& chance) {
    auto happens = [this, &grown](const std::string& wait) {
      const Json* node = grown.nodes.contains(wait) ? &grown.nodes[wait] : nullptr;
      for (const auto& [within, inner] : grown.inner) {
        if (inner.nodes.contains(wait)) node = &inner.nodes[wait];
      }
      Json properties = {{"n", (*node)["match"][0]["value"]}};
      happen("E" + wait, subject_, R"({"n":-1})");
      return happen("E" + wait, subject_, to_text(properties));
    };
    for (const auto& [wait, when] : grown.comes) {
      if (when == 1) expect(happens(wait) == 0, "an event before its wait woke somebody");
    }
    opted_out_.clear();
    goal_left_ = grown.goal.is_null() ? 0 : 1 + static_cast<int>(chance.below(8));
    goal_hit_ = false;
    int opt_out_left = chance.below(3) == 0 ? 1 + static_cast<int>(chance.below(5)) : 0;
    on_idle = [this, &grown, happens, run, opt_out_left]() mutable {
      if (opt_out_left > 0 && --opt_out_left == 0) {
        opted_out_.insert("a001@example.org");
        guard_.refuse("a001@example.org", "opted_out");
      }
      int woken = 0;
      if (goal_left_ > 0 && --goal_left_ == 0) {
        goal_hit_ = status(run) == "active";
        woken = happen_wrong("Goal");
      }
      for (const auto& row : query("SELECT event_name FROM wait_sub WHERE workspace_id = $1", {kWorkspace})) {
        std::string wait = row[0].text().substr(1);
        if (grown.comes.contains(wait) && grown.comes.at(wait) == 2) woken += happens(wait);
      }
      return woken + answer_questions(grown) > 0;
    };
  }
  // Whoever records events has the defect too.
  int happen_wrong(const std::string& name) {
    Wrong wrong(*storage_, planted_);
    auto woken = wrong.write(storage::Scope::system(), [&](Tx& tx) { return record(tx, name, subject_, "{}"); });
    EXPECT_TRUE(woken.ok()) << woken.error().text();
    return woken.ok() ? *woken : 0;
  }
  int answer_questions(const Grower& grown) {
    int answered = 0;
    for (const auto& row : query("SELECT id, subject_id FROM approval WHERE state = 'pending' AND subject = 'step' AND "
                                 "expires_at > $1",
                                 {clock_.now()})) {
      std::string of = row[1].text().substr(row[1].text().find(':') + 1);
      int says = grown.says.contains(of.substr(0, of.find('#'))) ? grown.says.at(of.substr(0, of.find('#'))) : 2;
      if (says == 2) continue;
      auto done = write([&](Tx& tx) -> Result<void> {
        std::string code = says == 0 ? TRY(services::issue_code(tx, kWorkspace, row[0].text(), clock_.now())) : "";
        auto made =
            TRY(services::decide(tx, kWorkspace, {row[0].text(), says == 0, code, "usr_ann", "cli"}, clock_.now()));
        return wake_for_decision(tx, kWorkspace, made.subject, clock_.now());
      });
      EXPECT_TRUE(done.ok()) << done.error().text();
      ++answered;
    }
    return answered;
  }
  // Paused, a process lives through all that would come; nothing comes.
  void stand_still(const std::string& run, Rng& chance) {
    auto pause = [&](auto change) {
      return write([&](Tx& tx) { return change(tx, kWorkspace, run, clock_.now()); }).ok();
    };
    if (!pause(&pause_run)) return;
    auto comes = std::exchange(on_idle, nullptr);
    held_ = true;
    int64_t lines = count("SELECT COUNT(*) FROM step_log");
    live(chance, "prc_paused", false);
    // The answers to calls that were being made are still written down; no new step is taken.
    expect(count("SELECT COUNT(*) FROM step_log") == lines, "a step was taken while the run was paused");
    expect(status(run) == "paused", "a paused run was " + status(run));
    held_ = false;
    on_idle = comes;
    expect(pause(&resume_run), "a paused run could not be resumed");
  }
  void compare(const std::string& run, const Expected& expected);
  void compare_end(const RunView& seen, const Expected& expected);
  void compare_inner_runs();
  void compare_person(const Expected& expected);
  // "", "r4#l2=1/" of every run.
  std::map<std::string, std::string> places_of(const std::string& root) {
    std::map<std::string, std::string> places = {{root, ""}};
    for (const auto& row :
         query("SELECT id, parent_run_id, entry_key FROM run WHERE parent_run_id <> '' ORDER BY depth"))
      places[row[0].text()] = places[row[1].text()] + row[2].text().substr(row[1].text().size() + 1) + "/";
    return places;
  }

  const Planted* planted_ = nullptr;
  std::string subject_, problems_, run_;
  Json settings_;
  std::map<std::string, std::vector<Instant>> reached_at_;
  std::map<std::string, int> failures_;
  std::set<std::string> opted_out_;
  int goal_left_ = 0;
  bool goal_hit_ = false;
  bool held_ = false;
};

void Simulation::compare_end(const RunView& seen, const Expected& expected) {
  bool failed = seen.status == "failed" && expected.fails;
  bool left = seen.status == "completed" && seen.reason == "out" && expected.exits;
  bool reached = seen.status == "completed" && seen.reason == "goal" && expected.goal;
  bool whole = seen.status == "completed" && seen.reason.empty() && !expected.fails && !expected.exits;
  expect(!goal_hit_ || reached, "its goal did not end the run");
  expect(failed || left || reached || whole, "the run is " + seen.status + ": " + seen.reason);
  expect(seen.ended.has_value() && seen.tokens.empty(), "the run has not ended");
}

// None goes on behind the run that waits for it.
void Simulation::compare_inner_runs() {
  expect(count("SELECT COUNT(*) FROM run WHERE status IN ('active', 'paused')") == 0, "a run goes on");
  expect(
      count("SELECT COUNT(*) FROM run i JOIN run o ON o.workspace_id = i.workspace_id AND o.id = i.parent_run_id WHERE "
            "i.ended_at > o.ended_at") == 0,
      "a run within one ended after it");
  expect(count("SELECT COUNT(*) FROM wait_sub") == 0, "a wait is left over");
  expect(count("SELECT COUNT(*) FROM approval WHERE state = 'pending' AND expires_at > $1", {clock_.now()}) == 0,
         "a question is left over");
}

void Simulation::compare_person(const Expected& expected) {
  std::set<std::string> attributes, lists;
  Json stored = fakes::parsed(query("SELECT attributes FROM contact WHERE id = $1", {subject_})[0][0].text());
  for (const auto& [name, value] : stored.items()) attributes.insert(name);
  for (const auto& row : query("SELECT l.name FROM list l JOIN list_member m ON m.list_id = l.id"))
    lists.insert(row[0].text());
  auto within = [](const auto& some, const auto& all) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
  };
  expect(within(attributes, expected.attributes) && within(lists, expected.lists), "a change that no step has made");
  if (!expected.is_whole()) return;
  expect(attributes == expected.attributes && lists == expected.lists, "a change is missing");
}

void Simulation::compare(const std::string& run, const Expected& expected) {
  compare_end(view(run), expected);
  compare_inner_runs();
  compare_person(expected);
  std::map<std::string, int> lines;
  std::set<std::string> effects;
  auto places = places_of(run);
  for (const auto& [one, place] : places) {
    expect(has_sound_history(one), "the history of " + one + " is not sound");
    for (const auto& line : history(one)) {
      std::string kind = line.substr(line.find(' ') + 1);
      if (kind != "waiting" && kind != "retry" && kind != "page" && kind != "last_page" && kind != "asked")
        ++lines[line];
    }
  }
  for (const auto& [key, times] : tools_.all_effects()) {
    std::string clean = key.substr(0, key.find('!'));
    std::string effect = places[clean.substr(0, clean.find(':'))] + clean.substr(clean.find(':') + 1);
    expect(times == 1 && effects.insert(effect).second, "twice: " + effect);
  }
  expect(receiver_.repeated() == 0, "somebody got a mail twice");
  expect(count("SELECT COUNT(*) FROM outbox WHERE state IN ('pending', 'sending', 'unknown')") == 0,
         "mail is left over");
  int64_t settled = count("SELECT COUNT(*) FROM outbox WHERE state IN ('accepted', 'skipped')");
  int64_t audience = static_cast<int64_t>(expected.mailings.size()) * kPeople;
  if (!expected.is_whole()) {  // how far the other branches came is a matter of time
    for (const auto& [line, times] : lines)
      expect(expected.lines.contains(line) && times <= expected.lines.at(line), "too often: " + line);
    expect(settled <= audience, "more mail than people");
    return;
  }
  expect(lines == expected.lines, "other lines than expected: " + Json(lines).dump() + Json(expected.lines).dump());
  expect(effects == expected.effects,
         "other effects than expected: " + Json(effects).dump() + Json(expected.effects).dump());
  expect(count("SELECT COUNT(*) FROM token t JOIN run r ON r.id = t.run_id WHERE t.state <> 'done' AND r.status = "
               "'completed'") == 0,
         "a token is lost");
  expect(settled == audience,
         std::to_string(settled) + " mails settled for an audience of " + std::to_string(audience));
}

INSTANTIATE_TEST_SUITE_P(Engines, Simulation, ::testing::Values(storage::Dialect::kSqlite), events::fakes::engine_name);

TEST_P(Simulation, RandomWorkflowsEndAsTheirGraphSays) {
  pass(0, kSeeds);
  for (const char* kind :
       {"action", "delay", "parallel", "join", "for_each", "condition", "wait_event", "split", "loop", "sub_workflow",
        "approval", "update_profile", "tag", "goal", "settings", "completed", "failed"})
    EXPECT_GE(seen_[kind], 5) << kind;
}

// By ./dev test --full, side by side.
TEST_P(Simulation, DISABLED_ThousandsOfThem) { pass(0, kSeedsFull); }
TEST_P(Simulation, DISABLED_ThousandsMore) { pass(kSeedsFull, kSeedsFull); }

TEST_P(Simulation, PlantedDefectsAreSeen) {
  // What plants nothing shows nothing: it is the defects that are seen.
  const Planted none{.name = "nothing"};
  for (int seed = 0; seed < kSeedsHealthy; ++seed) EXPECT_EQ(problems_of_seed(seed, &none), "") << "seed " << seed;
  for (const auto& planted : kPlanted) {
    int seed = 0;
    std::string seen;
    for (; seed < kSeedsPlanted && seen.empty(); ++seed) seen = problems_of_seed(seed, &planted);
    EXPECT_FALSE(seen.empty()) << planted.name;
    EXPECT_EQ(problems_of_seed(0, &none), "") << "what is left of " << planted.name;
    std::cout << planted.name << ": seed " << seed - 1 << ": " << seen.substr(0, std::min<size_t>(seen.find('\n'), 120))
              << std::endl;
  }
}

TEST_P(Simulation, TheSameSeedGivesTheSameWorkflow) {
  std::vector<std::string> grown;
  for (int time = 0; time < 2; ++time) {
    Rng chance(42);
    Grower one(chance);
    one.grow();
    grown.push_back(one.nodes.dump());
    EXPECT_EQ(problems_of_seed(42, nullptr), "");
  }
  EXPECT_EQ(grown[0], grown[1]);
}

}  // namespace
}  // namespace spreaders::workflows::simulation
