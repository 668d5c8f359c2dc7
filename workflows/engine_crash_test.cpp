// Engines that die, freeze and share the work: no step is lost, none has two effects, and the living take over within
// ten seconds.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::eventually;
using events::fakes::FakeSender;
using events::fakes::MortalStorage;
using fakes::EngineTest;
using fakes::kWorkspace;
using fakes::parsed;

constexpr const char* kBusy = R"({
  "p":{"type":"parallel","branches":["a","b","send"],"join":"j"},
  "a":{"type":"action","tool":"x.a","next":"a2"}, "a2":{"type":"action","tool":"x.a2","next":"j"},
  "b":{"type":"action","tool":"x.b","next":"j"},
  "send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"batch":2,"next":"j"},
  "j":{"type":"join","next":"d"}, "d":{"type":"delay","for":"PT1S","next":"last"},
  "last":{"type":"action","tool":"x.last","args":{"a":{"$from":{"node":"a2","pointer":"/n"}},"b":{"$from":{"node":"b","pointer":"/n"}}},"next":"end"},
  "end":{"type":"end"}})";
constexpr int kPeople = 5;

class EngineCrash : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    profiles_.people = kPeople;
    tools_.on_call = [](const ToolCall& call, int) -> Result<Json> { return Json{{"n", call.name}}; };
  }
  void expect_done(const std::string& run) {
    EXPECT_EQ(status(run), "completed");
    for (const char* node : {"a", "a2", "b", "last"}) EXPECT_EQ(tools_.effects(run + ":" + node), 1) << node;
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox WHERE run_id = $1 AND state = 'accepted'", {run}), kPeople);
    EXPECT_EQ(count("SELECT COUNT(*) FROM token WHERE run_id = $1 AND state <> 'done'", {run}), 0);
    EXPECT_EQ(receiver_.repeated(), 0);
    auto lines = history(run);
    for (const char* line :
         {"a done", "a2 done", "b done", "send sent", "d waited", "last done", "end ended", "p forked"})
      EXPECT_EQ(std::count(lines.begin(), lines.end(), line), 1) << line;
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "j arrived"), 3);
    expect_sound_history(run);
  }
  // Engine and dispatcher of one process, until it dies or nothing is left to do.
  void live(MortalStorage& process, const std::string& owner) {
    FakeSender sender(receiver_, &process);
    auto one = engine(process, options(), owner);
    run_process(process, *one, sender, {}, owner, 1'000);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, EngineCrash,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

TEST_P(EngineCrash, AtEveryWriteARunGoesOnWhereItWas) {
  store("wf_1", "p", parsed(kBusy));
  int deaths = 0;
  for (int number = 1; number <= 30; ++number) {
    for (bool committed : {false, true}) {
      SCOPED_TRACE("write " + std::to_string(number) + (committed ? " committed" : " lost"));
      std::string run = start("wf_1", "s" + std::to_string(number) + (committed ? "c" : "l"));
      MortalStorage process(*storage_);
      process.die_at_write(number, committed);
      live(process, "prc_first");
      deaths += process.is_dead() ? 1 : 0;
      MortalStorage next(*storage_);
      live(next, "prc_second");
      expect_done(run);
    }
  }
  EXPECT_GE(deaths, 40);
}

TEST_P(EngineCrash, InEveryCallARunGoesOnWhereItWas) {
  store("wf_1", "p", parsed(kBusy));
  for (const char* tool : {"x.a", "x.a2", "x.b", "x.last"}) {
    for (bool after : {false, true}) {
      SCOPED_TRACE(std::string(tool) + (after ? " after" : " before") + " its effect");
      std::string run = start("wf_1", std::string(tool) + (after ? "a" : "b"));
      MortalStorage process(*storage_);
      auto dies = [&](const ToolCall& call) {
        if (call.name == tool) process.die();
      };
      (after ? tools_.after : tools_.before) = dies;
      live(process, "prc_first");
      EXPECT_TRUE(process.is_dead());
      tools_.after = nullptr;
      tools_.before = nullptr;
      MortalStorage next(*storage_);
      live(next, "prc_second");
      expect_done(run);
    }
  }
}

constexpr const char* kOne = R"({"a":{"type":"action","tool":"x.a","next":"end"},"end":{"type":"end"}})";

TEST_P(EngineCrash, TheLivingTakeOverWithinTenSeconds) {
  std::string run = start_with("wf_1", "a", kOne);
  auto living = engine(*storage_, options(false), "prc_living");
  ASSERT_TRUE(living->recover().ok());
  MortalStorage process(*storage_);
  tools_.before = [&](const ToolCall&) { process.die(); };
  (void)engine(process, options(false), "prc_dead")->run_once();
  tools_.before = nullptr;
  Instant died = clock_.now();
  for (int i = 0; i < 200 && status(run) != "completed"; ++i) {
    ASSERT_TRUE(living->run_once().ok());
    if (status(run) != "completed") clock_.move_to(clock_.now() + kSecond_us / 10);
  }
  EXPECT_EQ(status(run), "completed");
  EXPECT_LE(clock_.now() - died, 10 * kSecond_us);
  EXPECT_GE(clock_.now() - died, 5 * kSecond_us) << "not before its lease is over";
  EXPECT_EQ(tools_.effects(run + ":a"), 1);
}

TEST_P(EngineCrash, AClaimThatIsAliveIsNotTaken) {
  std::string run = start_with("wf_1", "a", kOne);
  auto other = engine(*storage_, options(false), "prc_other");
  tools_.before = [&](const ToolCall&) {
    clock_.move_to(clock_.now() + 2 * kSecond_us);
    EXPECT_EQ(*other->run_once(), 0);
  };
  EXPECT_EQ(*engine(*storage_, options(false), "prc_first")->run_once(), 1);
  EXPECT_EQ(tools_.calls(run + ":a"), 1);
}

TEST_P(EngineCrash, AFrozenEngineThatWakesCallsNothingMore) {
  std::string run = start_with(
      "wf_1", "p",
      R"({"p":{"type":"parallel","branches":["a","b","c"],"join":"j"},"a":{"type":"action","tool":"x.a","next":"j"},"b":{"type":"action","tool":"x.b","next":"j"},
    "c":{"type":"action","tool":"x.c","next":"j"},"j":{"type":"join","next":"end"},"end":{"type":"end"}})");
  auto frozen = engine(*storage_, options(false), "prc_frozen");
  auto other = engine(*storage_, options(false), "prc_other");
  ASSERT_EQ(*frozen->run_once(), 1);  // the fork
  bool once = false;
  tools_.before = [&](const ToolCall&) {
    if (std::exchange(once, true)) return;
    clock_.move_to(clock_.now() + kMinute_us);  // it stood still in its first call; another one took over all three
    drain(*other);
    EXPECT_EQ(status(run), "completed");
  };
  ASSERT_TRUE(frozen->run_once().ok());
  EXPECT_EQ(tools_.calls(), 4) << "three by the other, and the one in which it stood still";
  for (const char* node : {"a", "b", "c"}) EXPECT_EQ(tools_.effects(run + ":" + node), 1);
  EXPECT_EQ(history(run).size(), 8u);
  expect_sound_history(run);
}

TEST_P(EngineCrash, ADatabaseThatIsAwayForAWhileDoesNotHangARun) {
  std::string run = start_with("wf_1", "a", kOne);
  MortalStorage process(*storage_);
  auto one = engine(process, options());
  tools_.after = [&](const ToolCall&) { process.refuse_writes(3); };
  (void)one->run_once();
  tools_.after = nullptr;
  for (int i = 0; i < 20 && status(run) != "completed"; ++i) {
    (void)one->run_once();
    clock_.move_to(clock_.now() + kSecond_us);
  }
  EXPECT_EQ(status(run), "completed") << "by the same process, without a restart";
  EXPECT_EQ(tools_.effects(run + ":a"), 1);
}

TEST_P(EngineCrash, ACallThatTakesLongKeepsItsLease) {
  std::string run = start_with("wf_1", "a", kOne);
  execute("UPDATE token SET due_at = 0");  // this test lives in real time, as calls do
  EngineOptions with = options(false);
  with.lease_ms = 3'000;
  auto make = [&](const std::string& owner) {
    return std::make_unique<Engine>(*storage_, system_clock(), system_ids(), tools_, profiles_, guard_, with, owner);
  };
  auto first = make("prc_first");
  auto other = make("prc_other");
  tools_.before = [&](const ToolCall&) {
    int64_t until_ms = monotonic_ms() + 5'000;
    (void)eventually([&] { return !other->run_once().ok() || monotonic_ms() > until_ms; });
  };
  ASSERT_TRUE(first->run_once().ok());
  EXPECT_EQ(tools_.calls(run + ":a"), 1);
  EXPECT_EQ(history(run), std::vector<std::string>{"a done"});
}

TEST_P(EngineCrash, ASendThatSettlesWhileTheEngineDecidesToWaitWakesTheRun) {
  store(
      "wf_1", "send",
      parsed(
          R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","payload":{},"batch":5,"next":"end"},"end":{"type":"end"}})"));
  std::string run = start("wf_1", "first");
  auto one = engine(*storage_, options(false));
  ASSERT_EQ(*one->run_once(), 1);  // the only page with people on it
  clock_.move_to(clock_.now() + 1);
  start("wf_1", "second");
  std::atomic<bool> sending{false}, may_end{false}, settled{false};
  FakeSender sender(receiver_);
  sender.on_send = [&](const events::OutboxItem& item) -> events::SendReport {
    sending = true;
    EXPECT_TRUE(eventually([&] { return may_end.load(); }));
    receiver_.take(item);
    return {events::Sent::kAccepted, "250 ok"};
  };
  auto mail = dispatcher(*one, sender);
  std::jthread mailing([&] {
    EXPECT_TRUE(mail->run_once().ok());
    settled = true;
  });
  ASSERT_TRUE(eventually([&] { return sending.load(); }));
  // In one transaction: the first run sees that sends are open and is to wait; before this is durable, the sends settle
  // if they can.
  int pages = 0;
  profiles_.on_page = [&] {
    if (++pages != 2) return;
    may_end = true;
    (void)eventually([&] { return settled.load(); }, 1'000);
  };
  ASSERT_EQ(*one->run_once(), 2);
  profiles_.on_page = nullptr;
  mailing.join();
  sender.on_send = nullptr;
  drain(*one, mail.get());
  EXPECT_EQ(status(run), "completed");
}

TEST_P(EngineCrash, EnginesOnOneDatabaseShareTheWork) {
  constexpr int kRuns = 24;
  constexpr int kProcesses = 3;
  store("wf_1", "p", parsed(kBusy));
  std::vector<std::string> runs;
  for (int i = 0; i < kRuns; ++i) runs.push_back(start("wf_1", "s" + std::to_string(i)));
  EngineOptions with = options(false);
  with.batch = 5;
  FakeSender sender(receiver_);
  std::vector<std::unique_ptr<Engine>> engines;
  std::vector<std::unique_ptr<events::Dispatcher>> mails;
  for (int i = 0; i < kProcesses; ++i) {
    std::string owner = "prc_" + std::to_string(i);
    engines.push_back(engine(*storage_, with, owner));
    mails.push_back(dispatcher(*engines.back(), sender, owner, false, 3));
  }
  auto completed = [&] { return count("SELECT COUNT(*) FROM run WHERE status = 'completed'"); };
  {
    std::vector<std::jthread> threads;
    for (auto& one : engines) threads.emplace_back([&one](std::stop_token stop) { one->loop(stop); });
    for (auto& one : mails) threads.emplace_back([&one](std::stop_token stop) { one->loop(stop); });
    EXPECT_TRUE(eventually([&] {
      clock_.move_to(clock_.now() + kSecond_us / 100);  // slowly, so that nobody's lease ends
      return completed() == kRuns;
    })) << completed()
        << " of " << kRuns;
  }
  for (const auto& run : runs) {
    SCOPED_TRACE(run);
    expect_done(run);
    for (const char* node : {"a", "a2", "b", "last"}) EXPECT_EQ(tools_.calls(run + ":" + node), 1) << node;
  }
}

}  // namespace
}  // namespace spreaders::workflows
