// What the tests of the engine stand on, beside the fakes of events: tools that keep their answers by idempotency key
// as the real pipeline does, an audience, and a fixture with engines and dispatchers over one database.
#pragma once

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "events/fakes_test.hpp"
#include "workflows/engine.hpp"
#include "workflows/waits.hpp"

namespace spreaders::workflows::fakes {

using events::fakes::kWorkspace;

// Every tool takes {"n":...} and answers what `on_call` says, {} by default. An answer is kept with its effect under
// the call's key, so a repeated call has no second effect.
class FakeTools final : public ToolRunner {
 public:
  std::function<Result<Json>(const ToolCall&, int attempt)> on_call;  // attempt counts from 1 for each key
  std::function<void(const ToolCall&)> before, after;                 // around the effect: where processes die
  std::function<Result<void>(storage::Tx&, const ToolCall&)> on_admit;

  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<Json> call(const ToolCall& call) override {
    if (before) before(call);
    std::optional<Result<Json>> answer;
    {
      std::lock_guard lock(mutex_);
      ++calls_[call.idempotency_key];
      last_ = call;
      if (auto kept = answers_.find(call.idempotency_key); kept != answers_.end()) answer = kept->second;
      else answer = on_call ? on_call(call, calls_[call.idempotency_key]) : Result<Json>(Json::object());
      if (answer->ok() && answers_.emplace(call.idempotency_key, **answer).second) ++effects_[call.idempotency_key];
    }
    if (after) after(call);
    return *answer;
  }
  Result<void> admit(storage::Tx& tx, const ToolCall& call) override {
    std::lock_guard lock(mutex_);
    ++admitted_;
    return on_admit ? on_admit(tx, call) : Result<void>();
  }
  int calls(const std::string& key) const { return count(calls_, key); }
  int effects(const std::string& key) const { return count(effects_, key); }
  int calls() const {
    std::lock_guard lock(mutex_);
    int sum = 0;
    for (const auto& [key, times] : calls_) sum += times;
    return sum;
  }
  std::map<std::string, int> all_effects() const {
    std::lock_guard lock(mutex_);
    return effects_;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    calls_.clear(), effects_.clear(), answers_.clear();
  }
  int admitted() const {
    std::lock_guard lock(mutex_);
    return admitted_;
  }
  ToolCall last() const {
    std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  int count(const std::map<std::string, int>& of, const std::string& key) const {
    std::lock_guard lock(mutex_);
    auto found = of.find(key);
    return found == of.end() ? 0 : found->second;
  }
  mutable std::mutex mutex_;
  std::map<std::string, int> calls_, effects_;
  std::map<std::string, Json> answers_;
  int admitted_ = 0;
  ToolCall last_;
};

// con_000 ... in order, whatever the list.
class FakeProfiles final : public storage::ProfileSource {
 public:
  int people = 0;
  std::function<void()> on_page;  // inside the engine's transaction
  Result<std::vector<storage::Recipient>> page(storage::Tx&, const std::string&, const storage::AudienceRef&,
                                               const std::string& after, int limit) override {
    if (on_page) on_page();
    std::vector<storage::Recipient> page;
    for (int i = 0; i < people && static_cast<int>(page.size()) < limit; ++i) {
      std::string digits = std::to_string(1000 + i).substr(1);
      if ("con_" + digits > after) page.push_back({"con_" + digits, "a" + digits + "@example.org"});
    }
    return page;
  }
};

inline Json parsed(const std::string& text) {
  auto json = parse_json(text);
  EXPECT_TRUE(json.ok()) << text;
  return json.ok() ? *json : Json();
}

class EngineTest : public events::fakes::DatabaseTest {
 protected:
  // Stores the workflow and starts a run of it; the run's id.
  void store(const std::string& id, const std::string& start, const Json& nodes) {
    Json json = {{"id", id}, {"name", "Test"}, {"start", start}, {"nodes", nodes}};
    auto stored = write([&](storage::Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); });
    ASSERT_TRUE(stored.ok()) << stored.error().text();
  }
  std::string start(const std::string& workflow_id, const std::string& subject = "cmp_1") {
    StartRun wanted{.workflow_id = workflow_id,
                    .version = 1,
                    .subject = subject,
                    .entry_key = "once",
                    .principal = {.id = "usr_1",
                                  .workspace = kWorkspace,
                                  .scopes = {"email:send", "audience:write", "templates:read"},
                                  .door = "test"}};
    auto run = write([&](storage::Tx& tx) { return start_run(tx, kWorkspace, wanted, clock_.now(), ids_); });
    EXPECT_TRUE(run.ok()) << run.error().text();
    return run.ok() ? *run : "";
  }
  std::string start_with(const std::string& id, const std::string& first, const std::string& nodes) {
    store(id, first, parsed(nodes));
    return start(id);
  }
  static EngineOptions options(bool exclusive = true) {
    EngineOptions made;
    made.exclusive = exclusive;
    made.idle_poll_ms = 5;
    return made;
  }
  std::unique_ptr<Engine> engine(storage::Storage& storage, EngineOptions with, const std::string& owner = "prc_a") {
    return std::make_unique<Engine>(storage, clock_, ids_, tools_, profiles_, guard_, with, owner);
  }
  std::unique_ptr<Engine> engine() { return engine(*storage_, options()); }
  std::unique_ptr<events::Dispatcher> dispatcher(Engine& engine, events::Sender& sender,
                                                 const std::string& owner = "prc_a", bool exclusive = true,
                                                 int batch = 400) {
    events::DispatcherOptions with;
    with.workers = 1;
    with.batch = batch;
    with.lookup_grace_ms = 0;
    with.idle_poll_ms = 5;
    with.exclusive = exclusive;
    auto made = std::make_unique<events::Dispatcher>(*storage_, clock_, guard_, with, owner);
    made->add_sender("email", sender);
    made->on_settle([&engine](storage::Tx& tx, const std::vector<events::Settled>& settled) {
      return engine.on_settled(tx, settled);
    });
    return made;
  }
  // Works, and moves the clock to what is due next, until nothing is.
  void drain(Engine& engine, events::Dispatcher* dispatcher = nullptr, int rounds_max = 2'000) {
    for (int round = 0; round < rounds_max; ++round) {
      auto moved = engine.run_once();
      ASSERT_TRUE(moved.ok()) << moved.error().text() << moved.error().detail;
      int worked = *moved;
      if (dispatcher != nullptr) worked += *dispatcher->run_once() + *dispatcher->look_up_unknown();
      if (worked > 0 || (on_idle && on_idle())) continue;
      auto due = *engine.next_due();
      if (dispatcher != nullptr) {
        auto mail = *dispatcher->next_due();
        if (mail && (!due || *mail < *due)) due = mail;
      }
      if (!due) return;
      clock_.move_to(std::max(*due, clock_.now() + 1));
    }
    ADD_FAILURE() << "still work to do after " << rounds_max << " rounds";
  }
  // Engine and dispatcher of one process that may die in any write, until it does or nothing is left to do.
  void run_process(events::fakes::MortalStorage& process, Engine& engine, events::Sender& sender,
                   events::DispatcherOptions with, const std::string& owner, int rounds_max,
                   storage::Storage* through = nullptr, storage::SendGuard* guard = nullptr) {
    with.workers = 1;
    with.lookup_grace_ms = 0;
    events::Dispatcher mail(through != nullptr ? *through : process, clock_, guard != nullptr ? *guard : guard_, with,
                            owner);
    mail.add_sender("email", sender);
    mail.on_settle([&engine](storage::Tx& tx, const std::vector<events::Settled>& settled) {
      return engine.on_settled(tx, settled);
    });
    if (!engine.recover().ok() || !mail.recover().ok()) return;
    for (int round = 0; round < rounds_max && !process.is_dead(); ++round) {
      auto moved = engine.run_once();
      auto sent = process.is_dead() ? Result<int>(0) : mail.run_once();
      auto looked = process.is_dead() ? Result<int>(0) : mail.look_up_unknown();
      if (!moved.ok() || !sent.ok() || !looked.ok() || *moved + *sent + *looked > 0) continue;
      if (on_idle && on_idle()) continue;
      auto due = *engine.next_due();
      auto mail_due = *mail.next_due();
      if (mail_due && (!due || *mail_due < *due)) due = mail_due;
      if (!due) return;
      clock_.move_to(std::max(*due, clock_.now() + 1));
    }
  }
  // An event about `about` is recorded, with what wakes for it in the same transaction; how many tokens it woke.
  int happen(const std::string& name, const std::string& about, const std::string& properties = "{}",
             bool wakes = true) {
    auto woken = write([&](storage::Tx& tx) { return record(tx, name, about, properties, wakes); });
    EXPECT_TRUE(woken.ok()) << woken.error().text() << woken.error().detail;
    return woken.ok() ? *woken : -1;
  }
  Result<int> record(storage::Tx& tx, const std::string& name, const std::string& about, const std::string& properties,
                     bool wakes = true) {
    bool campaign = about.starts_with("cmp_");
    audience::Fact fact{.name = name,
                        .contact_id = campaign ? "" : about,
                        .campaign_id = campaign ? about : "",
                        .properties = properties};
    int woken = 0;
    audience::Journal journal{ids_};
    if (wakes)
      journal.on_facts = [&](storage::Tx& same, const std::string& workspace, std::span<const audience::Fact> facts,
                             Instant now) -> Result<void> {
        woken = TRY(wake_for_facts(same, workspace, facts, now));
        return {};
      };
    TRY(audience::record_facts(tx, kWorkspace, {&fact, 1}, clock_.now(), journal));
    return woken;
  }
  RunView view(const std::string& run) {
    auto seen = write([&](storage::Tx& tx) { return get_run(tx, kWorkspace, run); });
    EXPECT_TRUE(seen.ok()) << seen.error().text();
    return seen.ok() ? *seen : RunView{};
  }
  std::string status(const std::string& run) { return view(run).status; }
  // "node kind" of every row of the run's history.
  std::vector<std::string> history(const std::string& run) {
    std::vector<std::string> lines;
    for (const auto& row :
         query("SELECT node_id, kind FROM step_log WHERE workspace_id = $1 AND run_id = $2 ORDER BY seq",
               {kWorkspace, run}))
      lines.push_back(row[0].text() + " " + row[1].text());
    return lines;
  }
  // The history is numbered without gaps, its hashes are a chain, and the run knows the end of it.
  void expect_sound_history(const std::string& run) { EXPECT_TRUE(has_sound_history(run)) << run; }
  bool has_sound_history(const std::string& run) {
    std::string hash;
    int64_t seq = 0;
    for (const auto& row : query("SELECT seq, node_id, kind, output, error, hash FROM step_log WHERE workspace_id = $1 "
                                 "AND run_id = $2 ORDER BY seq",
                                 {kWorkspace, run})) {
      if (row[0].integer() != ++seq) return false;
      hash = hex(sha256(hash + "\n" + run + "\n" + std::to_string(seq) + "\n" + row[1].text() + "\n" + row[2].text() +
                        "\n" + row[3].text() + "\n" + row[4].text()));
      if (row[5].text() != hash) return false;
    }
    auto end = query("SELECT seq, log_hash FROM run WHERE workspace_id = $1 AND id = $2", {kWorkspace, run});
    return end.size() == 1 && end[0][0].integer() == seq && end[0][1].text() == hash;
  }
  int64_t count(const std::string& sql, storage::Values values = {}) { return query(sql, values)[0][0].integer(); }

  std::function<bool()> on_idle;  // before the clock is moved; whether it gave somebody something to do
  FakeTools tools_;
  FakeProfiles profiles_;
  events::fakes::FakeGuard guard_;
  events::fakes::Receiver receiver_;
};

}  // namespace spreaders::workflows::fakes
