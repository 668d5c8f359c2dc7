// Processes that die, freeze and compete: whatever happens, nobody is left out and nobody gets two.
#include <gtest/gtest.h>
#include <thread>

#include "events/fakes_test.hpp"

namespace spreaders::events {
namespace {

using fakes::FakeSender;
using fakes::kWorkspace;
using fakes::MortalStorage;
using fakes::OutboxTest;

constexpr int kPeople = 6;

// Where the process dies: at its n-th write, before or after that became durable; or in its n-th send, before or after
// the other side took it.
struct Point {
  bool in_send = false;
  int number = 0;
  bool after = false;
};

class OutboxCrash : public OutboxTest {
 protected:
  // One process lives until it dies at `point` or has nothing left to do. Whether it died.
  bool live(const Point& point, const std::string& owner, DispatcherOptions with, bool blind) {
    MortalStorage process(*storage_);
    if (!point.in_send) process.die_at_write(point.number, point.after);
    FakeSender sender(receiver_, &process);
    sender.blind = blind;
    int sends = 0;
    sender.on_send = [&](const OutboxItem& item) -> SendReport {
      bool dies = point.in_send && ++sends == point.number;
      if (!dies || point.after) receiver_.take(item);
      if (dies) process.die();
      return {Sent::kAccepted, "250 ok"};
    };
    auto one = dispatcher(process, sender, with, owner);
    if (!one->recover().ok()) return process.is_dead();
    while (!process.is_dead()) {
      auto handled = one->run_once();
      auto looked = one->look_up_unknown();
      if (!handled.ok() || !looked.ok()) continue;
      if (*handled + *looked > 0) continue;
      auto due = one->next_due();
      if (!due.ok() || !*due) break;
      clock_.move_to(std::max(clock_.now() + 1, **due));
    }
    return process.is_dead();
  }
  // One of several processes that send from the same outbox.
  std::unique_ptr<Dispatcher> shared(FakeSender& sender, const std::string& owner) {
    DispatcherOptions with = options();
    with.exclusive = false;
    return dispatcher(sender, with, owner);
  }
  // Stands still until the others may take over what it holds.
  void freeze() { clock_.move_to(clock_.now() + options().lease_ms * 1000 + 1); }
  std::vector<Point> points() {
    std::vector<Point> all;
    for (int number = 1; number <= 8; ++number) {
      for (bool after : {false, true}) {
        all.push_back({false, number, after});
        if (number <= kPeople) all.push_back({true, number, after});
      }
    }
    return all;
  }
  void fresh() {
    execute("DELETE FROM outbox");
    receiver_.forget();
    put_many(kPeople);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, OutboxCrash,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres), fakes::engine_name);

TEST_P(OutboxCrash, AtEveryPointNobodyIsLostAndNobodyGetsTwo) {
  int deaths = 0;
  for (bool exclusive : {true, false}) {
    for (const Point& point : points()) {
      SCOPED_TRACE(std::string(point.in_send ? "send " : "write ") + std::to_string(point.number) +
                   (point.after ? " after" : " before") + (exclusive ? "" : ", shared"));
      fresh();
      DispatcherOptions with = options(1, 2);
      with.exclusive = exclusive;
      deaths += live(point, "prc_first", with, false) ? 1 : 0;
      clock_.move_to(clock_.now() + with.lease_ms * 1000 + 1);
      ASSERT_FALSE(live({}, "prc_second", with, false));
      EXPECT_EQ(receiver_.reached(), kPeople);
      EXPECT_EQ(receiver_.doubled(), 0);
      EXPECT_EQ(states(), (std::map<std::string, int64_t>{{"accepted", kPeople}}));
    }
  }
  EXPECT_GE(deaths, 2 * 24) << "the points are where something happens";
}

TEST_P(OutboxCrash, WhereTheReceiverCannotBeAskedWhatIsUnclearIsHeldAndShown) {
  int held = 0;
  for (const Point& point : points()) {
    SCOPED_TRACE(std::string(point.in_send ? "send " : "write ") + std::to_string(point.number) +
                 (point.after ? " after" : " before"));
    fresh();
    (void)live(point, "prc_first", options(1, 2), true);
    ASSERT_FALSE(live({}, "prc_second", options(1, 2), true));
    EXPECT_EQ(receiver_.doubled(), 0);
    auto counts = states();
    EXPECT_EQ(counts["accepted"] + counts["unknown"], kPeople);
    EXPECT_LE(counts["unknown"], 2) << "not more than was on its way";
    EXPECT_GE(receiver_.reached(), counts["accepted"]);
    EXPECT_LE(kPeople - receiver_.reached(), counts["unknown"]) << "who got nothing is among the unknown";
    held += static_cast<int>(counts["unknown"]);
  }
  EXPECT_GT(held, 10);
}

TEST_P(OutboxCrash, TheWalkFindsAnOutboxThatForgetsItsIntent) {
  int doubled = 0;
  for (const Point& point : points()) {
    fresh();
    DispatcherOptions bad = options(1, 4);
    bad.planted_bad_checkpoint = true;
    (void)live(point, "prc_first", bad, false);
    (void)live({}, "prc_second", bad, false);
    doubled += receiver_.doubled();
  }
  EXPECT_GE(doubled, 10) << "a test that this passes would prove nothing";
}

TEST_P(OutboxCrash, AProcessThatDiesAgainAndAgain) {
  Rng chance(11);
  for (int round = 0; round < 15; ++round) {
    fresh();
    for (int life = 0; life < 4; ++life) {
      Point point{chance.below(2) == 0, 1 + static_cast<int>(chance.below(5)), chance.below(2) == 0};
      DispatcherOptions with = options(1, 1 + static_cast<int>(chance.below(4)));
      (void)live(point, "prc_" + std::to_string(life), with, false);
    }
    ASSERT_FALSE(live({}, "prc_last", options(), false));
    EXPECT_EQ(receiver_.reached(), kPeople);
    EXPECT_EQ(receiver_.doubled(), 0) << "round " << round;
    EXPECT_EQ(states()["accepted"], kPeople);
  }
}

TEST_P(OutboxCrash, TheLeaseOfALivingProcessIsRespected) {
  put_many(2);
  DispatcherOptions with = options();
  with.exclusive = false;
  FakeSender first_sender(receiver_);
  FakeSender second_sender(receiver_);
  auto first = dispatcher(first_sender, with, "prc_first");
  auto second = dispatcher(second_sender, with, "prc_second");
  first_sender.on_send = [&](const OutboxItem& item) -> SendReport {
    EXPECT_TRUE(second->recover().ok());
    EXPECT_EQ(run_once(*second) + look_up(*second), 0) << "a claim that is alive is not taken";
    receiver_.take(item);
    return {Sent::kAccepted, "250 ok"};
  };
  EXPECT_EQ(run_once(*first), 2);
  EXPECT_EQ(states()["accepted"], 2);
}

TEST_P(OutboxCrash, AFrozenProcessThatWakesAfterItsLeaseSendsNothingMore) {
  put_many(4);
  FakeSender frozen_sender(receiver_);
  FakeSender other_sender(receiver_);
  auto frozen = shared(frozen_sender, "prc_frozen");
  auto other = shared(other_sender, "prc_other");
  frozen_sender.on_send = [&](const OutboxItem& item) -> SendReport {
    receiver_.take(item);
    // Its first message went out, then it stood still past its lease, and another took over.
    freeze();
    EXPECT_TRUE(other->recover().ok());
    drain(*other);
    return {Sent::kAccepted, "250 ok"};
  };
  EXPECT_EQ(run_once(*frozen), 4);
  EXPECT_EQ(receiver_.doubled(), 0);
  EXPECT_EQ(receiver_.reached(), 4);
  EXPECT_EQ(states()["accepted"], 4);
}

TEST_P(OutboxCrash, TheWordOfAnOldClaimCountsNothing) {
  put_many(1);
  FakeSender frozen_sender(receiver_);
  FakeSender other_sender(receiver_);
  auto frozen = shared(frozen_sender, "prc_frozen");
  auto other = shared(other_sender, "prc_other");
  frozen_sender.on_send = [&](const OutboxItem&) -> SendReport {
    freeze();
    EXPECT_TRUE(other->recover().ok());
    drain(*other);
    return {Sent::kDeferred, "451 later"};
  };
  run_once(*frozen);
  EXPECT_EQ(row(0).state, "accepted") << "and not pending again";
  drain(*frozen);
  EXPECT_EQ(receiver_.times(address(0)), 1);
}

TEST_P(OutboxCrash, AnOldClaimDoesNotSettleTheNewOne) {
  put_many(1);
  DispatcherOptions with = options();
  with.exclusive = false;
  MortalStorage second_process(*storage_);
  FakeSender frozen_sender(receiver_);
  FakeSender second_sender(receiver_, &second_process);
  auto frozen = dispatcher(frozen_sender, with, "prc_frozen");
  auto second = dispatcher(second_process, second_sender, with, "prc_second");
  // The second one is in the middle of its own attempt (and dies there, after the receiver took it) when the answer to
  // the first comes.
  second_sender.on_send = [&](const OutboxItem& item) -> SendReport {
    receiver_.take(item);
    second_process.die();
    return {Sent::kAccepted, "250 ok"};
  };
  frozen_sender.on_send = [&](const OutboxItem&) -> SendReport {
    clock_.move_to(clock_.now() + with.lease_ms * 1000 + 1);
    EXPECT_TRUE(second->recover().ok());
    EXPECT_EQ(look_up(*second), 1);
    EXPECT_FALSE(second->run_once().ok());
    return {Sent::kDeferred, "451 later"};
  };
  run_once(*frozen);
  EXPECT_EQ(row(0).state, "sending");
  EXPECT_EQ(row(0).owner, "prc_second");
  frozen_sender.on_send = nullptr;
  clock_.move_to(clock_.now() + with.lease_ms * 1000 + 1);
  drain(*frozen);
  EXPECT_EQ(row(0).state, "accepted");
  EXPECT_EQ(receiver_.times(address(0)), 1);
}

TEST_P(OutboxCrash, AnAnswerToAnOldQuestionIsNotBelieved) {
  put_many(1);
  DispatcherOptions with = options();
  with.exclusive = false;
  FakeSender slow_sender(receiver_);
  FakeSender other_sender(receiver_);
  auto slow = dispatcher(slow_sender, with, "prc_slow");
  auto other = dispatcher(other_sender, with, "prc_other");
  slow_sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kUnknown, "cut"}; };
  run_once(*slow);
  // While the slow one holds the answer "not there" in its hands, the other asks too, sends again, and is cut off after
  // the receiver took it.
  other_sender.on_send = [&](const OutboxItem& item) -> SendReport {
    receiver_.take(item);
    return {Sent::kUnknown, "cut"};
  };
  struct Slow final : Sender {
    Result<std::shared_ptr<void>> prepare(const std::vector<OutboxItem>&) override { return std::shared_ptr<void>(); }
    SendReport send(const OutboxItem&, void*) override { return {}; }
    std::optional<bool> was_accepted(const OutboxItem& item) override {
      bool had = receiver->has(item);
      meanwhile();
      return had;
    }
    fakes::Receiver* receiver = nullptr;
    std::function<void()> meanwhile;
  } asking;
  asking.receiver = &receiver_;
  asking.meanwhile = [&] {
    EXPECT_EQ(look_up(*other), 1);
    clock_.move_to(clock_.now() + kHour_us);
    EXPECT_EQ(run_once(*other), 1);
    EXPECT_EQ(row(0).state, "unknown");
  };
  slow->add_sender("email", asking);
  (void)look_up(*slow);
  EXPECT_EQ(row(0).state, "unknown") << "the old answer was about the first attempt";
  drain(*other);
  EXPECT_EQ(row(0).state, "accepted");
  EXPECT_EQ(receiver_.times(address(0)), 1);
}

TEST_P(OutboxCrash, TheRowsOfADeadProcessAreTakenOverByALivingOne) {
  put_many(3);
  DispatcherOptions with = options();
  with.exclusive = false;
  with.lease_ms = 10'000;
  MortalStorage process(*storage_);
  FakeSender dead_sender(receiver_, &process);
  dead_sender.on_send = [&](const OutboxItem&) -> SendReport {
    process.die();
    return {};
  };
  FakeSender living_sender(receiver_);
  auto living = dispatcher(living_sender, with, "prc_living");
  ASSERT_TRUE(living->recover().ok());
  EXPECT_FALSE(dispatcher(process, dead_sender, with, "prc_dead")->run_once().ok());
  EXPECT_EQ(states()["sending"], 3);
  for (int second = 0; second < 12; ++second) {  // nobody starts and nobody calls recover()
    clock_.move_to(clock_.now() + kSecond_us);
    run_once(*living);
    look_up(*living);
  }
  clock_.move_to(clock_.now() + kMinute_us);
  drain(*living);
  EXPECT_EQ(states()["accepted"], 3);
  EXPECT_EQ(receiver_.doubled(), 0);
}

// A receiver may take minutes to answer the final dot; the others wait as long as the sender lives.
TEST_P(OutboxCrash, ASlowSendIsNotTakenOverWhileItsProcessLives) {
  put_many(5);
  DispatcherOptions with = options();
  with.exclusive = false;
  with.workers = 1;
  with.lease_ms = 200;
  FakeSender slow_sender(receiver_);
  FakeSender other_sender(receiver_);
  auto slow = dispatcher(slow_sender, with, "prc_slow");
  auto other = dispatcher(other_sender, with, "prc_other");
  auto lease_ends = [&] {
    return query("SELECT MIN(lease_until) FROM outbox WHERE state = 'sending'")[0][0].integer();
  };
  slow_sender.on_send = [&](const OutboxItem& item) -> SendReport {
    for (int step = 0; step < 8 && !HasFailure(); ++step) {  // two leases and a half a message
      clock_.move_to(clock_.now() + with.lease_ms * 1000 / 3);
      EXPECT_TRUE(fakes::eventually([&] { return lease_ends() >= clock_.now().us + with.lease_ms * 1000; }))
          << "not renewed";
      EXPECT_EQ(run_once(*other) + look_up(*other), 0);
    }
    receiver_.take(item);
    return {Sent::kAccepted, "250 ok"};
  };
  EXPECT_EQ(run_once(*slow), 5);
  EXPECT_EQ(states(), (std::map<std::string, int64_t>{{"accepted", 5}})) << "and each could begin";
  EXPECT_EQ(receiver_.doubled(), 0);
  EXPECT_EQ(query("SELECT COUNT(*) FROM outbox WHERE attempts <> 1")[0][0].integer(), 0);
}

TEST_P(OutboxCrash, CompetingProcessesNeverClaimTheSameRow) {
  constexpr int kMany = 300;
  constexpr int kProcesses = 3;
  put_run("run_1");
  put_many(kMany, "run_1");
  DispatcherOptions with = options(2, 7);
  with.exclusive = false;
  with.idle_poll_ms = 1;
  FakeSender sender(receiver_);
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> claims;  // item -> who settled it
  std::vector<std::unique_ptr<Dispatcher>> processes;
  for (int i = 0; i < kProcesses; ++i) {
    std::string owner = "prc_" + std::to_string(i);
    processes.push_back(dispatcher(sender, with, owner));
    processes.back()->on_settle([&, owner](storage::Tx&, const std::vector<Settled>& settled) -> Result<void> {
      std::lock_guard lock(mutex);
      for (const auto& one : settled) claims[one.item.id].insert(owner);
      return {};
    });
  }
  {
    std::vector<std::jthread> threads;
    for (auto& process : processes) threads.emplace_back([&process](std::stop_token stop) { process->loop(stop); });
    threads.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested()) {
        for (const char* status : {"paused", "active"})
          (void)write(
              [&](storage::Tx& tx) { return tx.execute("UPDATE run SET status = $1 WHERE id = 'run_1'", {status}); });
        for (auto& process : processes) process->wake();
        (void)fakes::eventually([&] { return stop.stop_requested(); }, 20);
      }
      (void)write([](storage::Tx& tx) { return tx.execute("UPDATE run SET status = 'active' WHERE id = 'run_1'"); });
    });
    EXPECT_TRUE(fakes::eventually([&] { return receiver_.reached() == kMany; }));
  }
  drain(*processes[0]);
  EXPECT_EQ(states(), (std::map<std::string, int64_t>{{"accepted", kMany}}));
  EXPECT_EQ(receiver_.doubled(), 0);
  for (const auto& [item, owners] : claims) EXPECT_EQ(owners.size(), 1u) << item;
  EXPECT_EQ(query("SELECT COUNT(*) FROM outbox WHERE attempts <> 1")[0][0].integer(), 0) << "claimed once, sent once";
}

}  // namespace
}  // namespace spreaders::events
