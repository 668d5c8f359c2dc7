// Triggers on both databases: their life, their times, and that a time starts one run whatever dies.
#include "workflows/triggers/triggers.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "workflows/fakes_test.hpp"
#include "workflows/library.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using storage::Tx;

class TriggerTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    Json definition = parsed_definition();
    auto saved = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, "", definition, clock_.now(), ids_); });
    ASSERT_TRUE(saved.ok()) << saved.error().text();
    workflow_ = saved->id;
  }
  static Json parsed_definition() {
    return {{"name", "Weekly"},
            {"start", "act"},
            {"nodes",
             {{"act", {{"type", "action"}, {"tool", "x.act"}, {"args", Json::object()}, {"next", "end"}}},
              {"end", {{"type", "end"}}}}}};
  }
  Trigger make(ScheduleSpec schedule) {
    NewTrigger wanted{workflow_, 1, "t", std::move(schedule)};
    auto made = write([&](Tx& tx) { return create_trigger(tx, kWorkspace, wanted, clock_.now(), ids_); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? *made : Trigger{};
  }
  Trigger started(ScheduleSpec schedule) {
    Trigger made = make(std::move(schedule));
    StartedBy by{{.id = "usr_1", .workspace = kWorkspace, .scopes = {"email:send"}, .door = "test"}, "apr_1"};
    auto running = write([&](Tx& tx) { return start_trigger(tx, kWorkspace, made.id, by, clock_.now()); });
    EXPECT_TRUE(running.ok()) << running.error().text();
    return running.ok() ? *running : made;
  }
  using Change = Result<Trigger> (*)(Tx&, const std::string&, const std::string&, Instant);
  Result<Trigger> change(Change of, const Trigger& trigger) {
    return write([&](Tx& tx) { return of(tx, kWorkspace, trigger.id, clock_.now()); });
  }
  Trigger now(const Trigger& trigger) {
    auto seen = write([&](Tx& tx) { return get_trigger(tx, kWorkspace, trigger.id); });
    EXPECT_TRUE(seen.ok());
    return seen.ok() ? *seen : Trigger{};
  }
  int fire() {
    auto fired = fire_due(*storage_, clock_, ids_);
    EXPECT_TRUE(fired.ok()) << fired.error().text();
    return fired.ok() ? *fired : -1;
  }
  int64_t runs() { return count("SELECT COUNT(*) FROM run WHERE workspace_id = $1", {kWorkspace}); }
  static ScheduleSpec daily(Missed missed = Missed::kRunOnce) {
    ScheduleSpec spec;
    spec.cron = "0 0 * * *";
    spec.missed = missed;
    return spec;
  }
  std::string workflow_;
};
INSTANTIATE_TEST_SUITE_P(Databases, TriggerTest,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(TriggerTest, StartsARunAtEachTimeUnderItsApproval) {
  Trigger trigger = started(daily());
  EXPECT_EQ(fire(), 0) << "not yet";
  const Instant first = *trigger.next_fire_at;
  clock_.move_to(first);
  EXPECT_EQ(fire(), 1);
  EXPECT_EQ(fire(), 0) << "once";
  auto one = engine();
  drain(*one);
  auto row = query("SELECT status, approval_id, entry_key, subject FROM run WHERE workspace_id = $1", {kWorkspace});
  ASSERT_EQ(row.size(), 1U);
  EXPECT_EQ(row[0][0].text(), "completed");
  EXPECT_EQ(row[0][1].text(), "apr_1");
  EXPECT_EQ(row[0][2].text(), trigger.id + ":" + to_text(first));
  EXPECT_EQ(row[0][3].text(), trigger.id);
  EXPECT_EQ(tools_.last().principal.id, "usr_1");
  EXPECT_EQ(tools_.last().approval, "apr_1");
  EXPECT_EQ(now(trigger).fires, 1);
  EXPECT_EQ(now(trigger).last_fire_at, first);
  EXPECT_EQ(now(trigger).next_fire_at, first + kDay_us);
}

TEST_P(TriggerTest, LivesItsLifeAndNoOther) {
  using State = TriggerState;
  struct Verb {
    const char* name;
    Change change;
  };
  const Verb verbs[] = {
      {"pause", &pause_trigger}, {"resume", &resume_trigger}, {"stop", &stop_trigger}, {"destroy", &destroy_trigger}};
  const std::map<State, std::map<std::string, State>> allowed = {
      {State::kInitialized, {{"stop", State::kStopped}, {"destroy", State::kDestroyed}}},
      {State::kRunning, {{"pause", State::kPaused}, {"stop", State::kStopped}}},
      {State::kPaused, {{"resume", State::kRunning}, {"stop", State::kStopped}}},
      {State::kStopped, {{"destroy", State::kDestroyed}}},
      {State::kDestroyed, {}}};
  for (const auto& [state, ways] : allowed) {
    for (const auto& [name, verb] : verbs) {
      Trigger trigger = state == State::kInitialized ? make(daily()) : started(daily());
      std::vector<Change> before;
      if (state == State::kPaused) before = {&pause_trigger};
      if (state == State::kStopped) before = {&stop_trigger};
      if (state == State::kDestroyed) before = {&stop_trigger, &destroy_trigger};
      for (auto* one : before) ASSERT_TRUE(change(one, trigger).ok());
      auto done = change(verb, trigger);
      auto way = ways.find(name);
      ASSERT_EQ(done.ok(), way != ways.end()) << name << " in state " << enum_name(state);
      EXPECT_EQ(now(trigger).state, way != ways.end() ? way->second : state);
      EXPECT_TRUE(done.ok() || done.error().code == Code::kConflict) << name;
    }
  }
  Trigger running = started(daily());
  auto again = write([&](Tx& tx) { return start_trigger(tx, kWorkspace, running.id, {}, clock_.now()); });
  EXPECT_EQ(again.error().code, Code::kConflict) << "started once";
}

TEST_P(TriggerTest, PausedItFiresNotAndThenByItsRule) {
  for (auto [missed, expected] : {std::pair{Missed::kSkip, 0}, {Missed::kRunOnce, 1}, {Missed::kCatchUp, 3}}) {
    const int64_t before = runs();
    Trigger trigger = started(daily(missed));
    ASSERT_TRUE(change(&pause_trigger, trigger).ok());
    clock_.move_to(*trigger.next_fire_at + 2 * kDay_us + kHour_us);
    EXPECT_EQ(fire(), 0);
    ASSERT_TRUE(change(&resume_trigger, trigger).ok());
    EXPECT_EQ(fire(), expected) << enum_name(missed);
    EXPECT_EQ(runs(), before + expected);
    EXPECT_EQ(now(trigger).skipped, 3 - expected);
    ASSERT_TRUE(change(&stop_trigger, trigger).ok());
  }
}

TEST_P(TriggerTest, DestroyingEndsWhatItStarted) {
  Trigger trigger = started(daily());
  Trigger other = started(daily());
  clock_.move_to(*trigger.next_fire_at);
  EXPECT_EQ(fire(), 2);
  ASSERT_TRUE(change(&stop_trigger, trigger).ok());
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND status = 'active'", {kWorkspace}), 2)
      << "stopping lets them end";
  ASSERT_TRUE(change(&destroy_trigger, trigger).ok());
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND status = 'cancelled' AND subject = $2",
                  {kWorkspace, trigger.id}),
            1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND status = 'active' AND subject = $2",
                  {kWorkspace, other.id}),
            1);
}

TEST_P(TriggerTest, AWorkflowThatIsPausedHoldsItsTriggersAndRuns) {
  Trigger trigger = started(daily());
  Trigger held = started(daily());
  ASSERT_TRUE(change(&pause_trigger, held).ok());
  clock_.move_to(*trigger.next_fire_at);
  EXPECT_EQ(fire(), 1);
  auto paused = write([&](Tx& tx) { return pause_workflow(tx, kWorkspace, workflow_, clock_.now()); });
  ASSERT_TRUE(paused.ok());
  EXPECT_EQ(*paused, 1);
  auto one = engine();
  EXPECT_EQ(*one->run_once(), 0) << "its run waits";
  clock_.move_to(clock_.now() + kDay_us);
  EXPECT_EQ(fire(), 0);
  auto resumed = write([&](Tx& tx) { return resume_workflow(tx, kWorkspace, workflow_, clock_.now()); });
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ(now(trigger).state, TriggerState::kRunning);
  EXPECT_EQ(now(held).state, TriggerState::kPaused) << "what was paused for itself stays so";
  EXPECT_EQ(fire(), 1);
  drain(*one);
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1 AND status = 'completed'", {kWorkspace}), 2);
}

TEST_P(TriggerTest, OneThatCannotStartAnythingIsHeldAndStopsNoOther) {
  Trigger broken = started(daily());
  Trigger fine = started(daily());
  execute("UPDATE trigger_instance SET version = 7 WHERE workspace_id = $1 AND id = $2", {kWorkspace, broken.id});
  clock_.move_to(*fine.next_fire_at);
  EXPECT_EQ(fire(), 1);
  EXPECT_EQ(now(broken).state, TriggerState::kPaused);
  EXPECT_NE(now(broken).reason.find("no version 7"), std::string::npos) << now(broken).reason;
  EXPECT_EQ(now(fine).fires, 1);
}

TEST_P(TriggerTest, ATimeStartsOneRunWhateverDies) {
  Trigger trigger = started(daily());
  clock_.move_to(*trigger.next_fire_at);
  for (bool committed : {false, true}) {
    MortalStorage process(*storage_);
    process.die_at_write(1, committed);
    EXPECT_FALSE(fire_due(process, clock_, ids_).ok() && !process.is_dead());
    EXPECT_EQ(fire(), committed ? 0 : 1) << "the next process finds it done, or does it";
    EXPECT_EQ(now(trigger).fires, runs());
    clock_.move_to(clock_.now() + kDay_us);
  }
  EXPECT_EQ(runs(), 2);
}

TEST_P(TriggerTest, TwoProcessesStartOneRun) {
  Trigger trigger = started(daily());
  SequenceIds other_ids{99};
  for (int day = 1; day <= 10; ++day) {
    clock_.move_to(*now(trigger).next_fire_at);
    std::jthread other([&] { EXPECT_TRUE(fire_due(*storage_, clock_, other_ids).ok()); });
    fire();
    other.join();
    EXPECT_EQ(runs(), day);
  }
}

TEST_P(TriggerTest, OnlyWhatEndsMovesAVirtualClock) {
  started(daily());
  EXPECT_EQ(*next_fire_that_ends(*storage_), std::nullopt);
  ScheduleSpec once;
  once.once = clock_.now() + 3 * kDay_us;
  started(once);
  EXPECT_EQ(*next_fire_that_ends(*storage_), clock_.now() + 3 * kDay_us);
}

using LibraryTest = TriggerTest;
INSTANTIATE_TEST_SUITE_P(Databases, LibraryTest,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(LibraryTest, EveryChangeIsANextVersion) {
  auto save = [&](Json definition) {
    return write([&](Tx& tx) { return save_workflow(tx, kWorkspace, workflow_, definition, clock_.now(), ids_); });
  };
  auto get = [&](int64_t version) {
    return write([&](Tx& tx) { return get_workflow(tx, kWorkspace, workflow_, version); });
  };
  EXPECT_EQ(save(parsed_definition())->version, 1) << "the same is no new version";
  Json longer = get(0)->definition;
  ASSERT_TRUE(add_node(longer, "rest", {{"type", "delay"}, {"for", "P1D"}}, "act", "next").ok());
  auto second = save(longer);
  ASSERT_TRUE(second.ok()) << second.error().text();
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(second->definition["nodes"]["act"]["next"], "rest");
  EXPECT_EQ(second->definition["nodes"]["rest"]["next"], "end");
  EXPECT_EQ(get(1)->definition["nodes"]["act"]["next"], "end") << "versions never change";
  ASSERT_TRUE(add_node(longer, "first", {{"type", "delay"}, {"for", "PT1H"}}, "", "next").ok());
  EXPECT_EQ(longer["start"], "first");
  EXPECT_FALSE(add_node(longer, "first", Json::object(), "", "next").ok()) << "taken";
  EXPECT_FALSE(add_node(longer, "lost", Json::object(), "end", "next").ok()) << "an end has no way on";
  longer["nodes"]["act"].erase("tool");
  auto broken = save(longer);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.error().issues[0].pointer, "/nodes/act/tool");
  EXPECT_EQ(get(0)->version, 2);
  EXPECT_EQ(get(9).error().code, Code::kNotFound);
  auto list = write([&](Tx& tx) { return list_workflows(tx, kWorkspace, 10, ""); });
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ((*list)[0].name, "Weekly");
}

}  // namespace
}  // namespace spreaders::workflows
