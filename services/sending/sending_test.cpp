#include "services/sending/sending.hpp"

#include <atomic>
#include <thread>

#include "services/sending/fixture_test.hpp"

namespace spreaders::sending {
namespace {

using events::Dispatcher;
using events::fakes::engine_name;
using events::fakes::MortalStorage;
using fakes::FakeSender;
using fakes::kWorkspace;
using fakes::OutboxItem;
using fakes::SendReport;
using fakes::Sent;
using Counts = std::map<std::string, int64_t>;

class Sending : public fakes::SendingTest {
 protected:
  void keep_from(FakeSender& sender) {
    sender.on_send = [this](const OutboxItem& item) { return keep(item); };
  }
};

TEST_P(Sending, QuietHoursAreAskedWhenItIsWrittenAndAgainWhenItLeaves) {
  put_people(2, "Europe/Berlin");  // it is 10:00 there
  set(R"({"quiet_hours":{"from":"21:00","to":"08:00"}})");
  say({message(0, "cmp_day")});
  EXPECT_EQ(stored(0, "cmp_day").deferred, "");
  clock_.move_to(*parse_instant("2026-11-21T20:30:00Z"));  // nothing was sent in time
  say({message(1, "cmp_night")});
  EXPECT_EQ(stored(1, "cmp_night").deferred, "quiet_hours");
  EXPECT_EQ(to_text(stored(1, "cmp_night").next_at), "2026-11-22T07:00:00Z");
  FakeSender sender(receiver_);
  sender.on_send = [this](const OutboxItem& item) { return keep(item); };
  auto one = mailer(sender);
  EXPECT_EQ(run_once(*one), 1) << "the row was looked at";
  EXPECT_EQ(receiver_.reached(), 0);
  EXPECT_EQ(stored(0, "cmp_day").deferred, "quiet_hours");
  EXPECT_EQ(stored(0, "cmp_day").state, "pending");
  EXPECT_FALSE(stored(0, "cmp_day").counted);
  EXPECT_EQ(to_text(**one->next_due()), "2026-11-22T07:00:00Z");
  say({message(1, "cmp_night")});  // said again: the same intent
  drain(*one);
  EXPECT_EQ(receiver_.times(address(0)), 1);
  EXPECT_EQ(receiver_.times(address(1)), 1);
  EXPECT_EQ(to_text(got_[address(1)][0]), "2026-11-22T07:00:00Z");
  auto held =
      storage_->read(storage::Scope::of(kWorkspace), [&](Tx& tx) { return held_back(tx, kWorkspace, "cmp_night"); });
  ASSERT_EQ(held->size(), 1u);
  EXPECT_EQ(held->front().reason + " " + std::to_string(held->front().sent_later), "quiet_hours 1");
}

TEST_P(Sending, WhoHasNoZoneLivesInTheWorkflowsElseTheWorkspacesElseTheInstallations) {
  put_people(1, "");
  set(R"({"quiet_hours":{"from":"21:00","to":"08:00"}})");
  put_workflow_run("run_1", "wf_1", R"({"time_zone":"Asia/Tokyo"})");
  clock_.move_to(*parse_instant("2026-11-21T13:00:00Z"));
  rules_.set_default_zone("Pacific/Kiritimati");  // 03:00
  say({message(0, "cmp_1"), message(0, "cmp_2", "run_1")});
  EXPECT_EQ(to_text(stored(0, "cmp_1").next_at), "2026-11-21T18:00:00Z");
  EXPECT_EQ(to_text(stored(0, "cmp_2").next_at), "2026-11-21T23:00:00Z");
  set(R"({"quiet_hours":{"from":"21:00","to":"08:00"},"time_zone":"America/Sao_Paulo"})");
  say({message(0, "cmp_3")});
  EXPECT_EQ(stored(0, "cmp_3").deferred, "") << "10:00";
}

TEST_P(Sending, TransactionalMailIsNotHeldBackAndDoesNotCount) {
  put_people(1);
  set(R"({"caps":[{"messages":1,"days":7,"on":"skip"}],"quiet_hours":{"from":"00:00","to":"23:59"}})");
  auto receipt = message(0, "cmp_receipt");
  receipt.payload = R"({"template":"tpl_1","transactional":true})";
  say({receipt});
  FakeSender sender(receiver_);
  keep_from(sender);
  auto one = mailer(sender);
  EXPECT_EQ(run_once(*one), 1);
  EXPECT_EQ(stored(0, "cmp_receipt").state, "accepted");
  EXPECT_FALSE(stored(0, "cmp_receipt").counted);
  set(R"({"caps":[{"messages":1,"days":7,"on":"skip"}]})");
  say({message(0, "cmp_1")});
  EXPECT_EQ(run_once(*one), 1);
  EXPECT_EQ(stored(0, "cmp_1").state, "accepted") << "the receipt is not one of the week's";
}

TEST_P(Sending, ACapDefersToTheFirstMomentOrSkips) {
  put_people(1);
  set(R"({"caps":[{"messages":1,"days":3}]})");
  say({message(0, "cmp_1"), message(0, "cmp_2"), message(0, "cmp_3"), message(0, "cmp_4")});
  Instant begun = clock_.now();
  FakeSender sender(receiver_);
  keep_from(sender);
  auto one = mailer(sender);
  drain(*one);
  EXPECT_EQ(got_[address(0)], (std::vector<Instant>{begun, begun + 3 * kDay_us, begun + 6 * kDay_us}));
  EXPECT_EQ(states(), (Counts{{"accepted", 3}, {"skipped", 1}})) << "the fourth would have waited nine days";
  bool late = false;
  for (const char* campaign : {"cmp_1", "cmp_2", "cmp_3", "cmp_4"})
    late = late || stored(0, campaign).reply == "too_late:cap:1 in 3 days";
  EXPECT_TRUE(late);
  set(R"({"caps":[{"messages":1,"days":3,"on":"skip"}]})");
  say({message(0, "cmp_5")});
  EXPECT_EQ(stored(0, "cmp_5").state, "skipped");
  EXPECT_EQ(stored(0, "cmp_5").reply, "cap:1 in 3 days");
}

TEST_P(Sending, WhatWasNotSentIsGivenBack) {
  put_people(4);
  set(R"({"caps":[{"messages":1,"days":7,"on":"skip"}]})");
  put_workflow_run("run_1", "wf_1");
  std::vector<fakes::Intent> intents;
  for (int i = 0; i < 4; ++i) intents.push_back(message(i, "cmp_1", i == 3 ? "run_1" : ""));
  say(intents);
  FakeSender sender(receiver_);
  sender.on_prepare = [&]() -> Result<void> {
    set_run("run_1", "paused");
    return {};
  };
  sender.on_send = [&](const OutboxItem& item) -> SendReport {
    if (item.address == address(0)) return {Sent::kRejected, "550 no"};
    if (item.address == address(1)) return {Sent::kDeferred, "451 later"};
    return {Sent::kUnknown, "cut"};
  };
  auto one = mailer(sender);
  EXPECT_EQ(run_once(*one), 4);
  EXPECT_FALSE(stored(0, "cmp_1").counted) << "rejected";
  EXPECT_FALSE(stored(1, "cmp_1").counted) << "deferred by the receiver";
  EXPECT_TRUE(stored(2, "cmp_1").counted) << "it may have arrived";
  EXPECT_FALSE(stored(3, "cmp_1").counted) << "paused before the first byte";
  say_all("cmp_2", 3);
  EXPECT_EQ(stored(0, "cmp_2").state, "pending");
  EXPECT_EQ(stored(2, "cmp_2").state, "skipped") << "as long as nobody knows";
  EXPECT_GE(look_up(*one), 1);
  EXPECT_FALSE(stored(2, "cmp_1").counted) << "the receiver has not seen it";
}

TEST_P(Sending, AWorkflowHasCapsAndPeopleOfItsOwn) {
  put_people(5);
  put_workflow_run("run_1", "wf_1", R"({"caps":[{"messages":1,"days":30,"on":"skip"}],"max_people":3})");
  put_workflow_run("run_2", "wf_1");
  put_workflow_run("run_3", "wf_3");
  say_all("cmp_1", 2, "run_1");
  FakeSender sender(receiver_);
  keep_from(sender);
  auto one = mailer(sender);
  drain(*one);
  say_all("cmp_2", 5, "run_2");
  say_all("cmp_3", 5, "run_3");
  drain(*one);
  EXPECT_EQ(stored(0, "cmp_2").reply, "workflow_cap:1 in 30 days") << "another run of the same workflow";
  EXPECT_EQ(stored(2, "cmp_2").state, "accepted");
  int left_out = 0;
  for (int i = 2; i < 5; ++i) left_out += stored(i, "cmp_2").reply == "max_people" ? 1 : 0;
  EXPECT_EQ(left_out, 2);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(stored(i, "cmp_3").state, "accepted") << "another workflow";
}

TEST_P(Sending, CampaignsAtOnceNeverGoOverTheCap) {
  constexpr int people = 40, campaigns = 4;
  put_people(people);
  set(R"({"caps":[{"messages":2,"days":7,"on":"skip"}]})");
  // The messages to one person are due one after the other, so that the processes count the same people at once.
  for (int i = 0; i < people; ++i) {
    std::vector<fakes::Intent> intents;
    for (int c = 0; c < campaigns; ++c) intents.push_back(message(i, "cmp_" + std::to_string(c)));
    say(intents);
    clock_.move_to(clock_.now() + kSecond_us);
  }
  FakeSender sender(receiver_);
  keep_from(sender);
  auto with = options(2);
  with.exclusive = false;
  with.wave = 1;
  std::vector<std::unique_ptr<Dispatcher>> processes;
  for (int i = 0; i < campaigns; ++i) processes.push_back(mailer(*storage_, sender, "prc_" + std::to_string(i), with));
  {
    std::vector<std::jthread> threads;
    for (auto& process : processes) {
      threads.emplace_back([&process] {
        for (auto handled = process->run_once(); !handled.ok() || *handled > 0; handled = process->run_once()) {
        }
      });
    }
  }
  EXPECT_EQ(states(), (Counts{{"accepted", 2 * people}, {"skipped", (campaigns - 2) * people}}));
  EXPECT_EQ(most_within(7), 2);
  EXPECT_EQ(receiver_.reached(), people);
}

// Two claims about one person at once: the second is answered only when the first is committed, and counts it.
TEST_P(Sending, WhoCountsAPersonCountsAlone) {
  put_people(1);
  set(R"({"caps":[{"messages":1,"days":7,"on":"skip"}]})");
  say({message(0, "cmp_1"), message(0, "cmp_2")});
  std::vector<storage::Message> asked{{.run_id = "", .contact_id = "con_0", .since = clock_.now()}};
  auto ask = [&](Tx& tx) {
    return rules_.timings(tx, kWorkspace, "email", asked, clock_.now(), storage::Stage::kLeaving);
  };
  std::atomic<bool> first_asked{false}, second_answered{false};
  std::string second_reason;
  std::jthread second([&] {
    events::fakes::eventually([&] { return first_asked.load(); });
    auto answer = storage_->write(storage::Scope::system(), [&](Tx& tx) {
      auto timings = ask(tx);
      second_answered = true;
      return timings;
    });
    second_reason = answer.ok() ? answer->front().reason : answer.error().text();
  });
  auto done = storage_->write(storage::Scope::system(), [&](Tx& tx) -> Result<void> {
    auto timings = TRY(ask(tx));
    EXPECT_EQ(timings.front().kind, Timing::Kind::kNow);
    first_asked = true;
    EXPECT_FALSE(events::fakes::eventually([&] { return second_answered.load(); }, 300));
    TRY(tx.execute(
        "UPDATE outbox SET state = 'sending', counted_at = $1 WHERE workspace_id = $2 AND idem = 'cmp_1:con_0'",
        {clock_.now().us, kWorkspace}));
    return {};
  });
  ASSERT_TRUE(done.ok()) << done.error().text();
  second.join();
  EXPECT_EQ(second_reason, "cap:1 in 7 days");
}

// Whatever happens in whatever order: nobody gets too much, nothing leaves in quiet hours, everything ends.
TEST_P(Sending, NoOrderOfThingsBreaksARule) {
  constexpr int people = 6;
  put_people(people, "Australia/Lord_Howe");
  set(R"({"caps":[{"messages":1,"days":1},{"messages":3,"days":7}],"quiet_hours":{"from":"22:00","to":"07:00"},
          "wait_hours_max":2000})");
  clock_.move_to(*parse_instant("2026-03-30T09:00:00Z"));  // clocks are set back within the week
  Hours quiet{22 * kHour_us, 7 * kHour_us, 0x7f, false};
  int in_quiet_hours = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Rng rng(seed);
    FakeSender sender(receiver_);
    sender.on_send = [&](const OutboxItem& item) -> SendReport {
      auto roll = rng.below(10);
      if (roll < 2) return {Sent::kDeferred, "451 later"};
      if (roll == 2) return {Sent::kUnknown, "lost"};
      auto local = to_local(clock_.now(), "Australia/Lord_Howe");
      in_quiet_hours += may_send(quiet, *local) ? 0 : 1;
      auto report = keep(item);
      if (roll == 3) return {Sent::kUnknown, "arrived, but the answer was lost"};
      return report;
    };
    std::vector<std::unique_ptr<Dispatcher>> processes;
    auto with = options(1, 5);
    with.exclusive = false;
    for (int i = 0; i < 2; ++i) processes.push_back(mailer(*storage_, sender, "prc_" + std::to_string(i), with));
    for (int step = 0; step < 60; ++step) {
      auto& process = *processes[rng.below(2)];
      switch (rng.below(4)) {
        case 0:
          say({message(static_cast<int>(rng.below(people)),
                       "cmp_" + std::to_string(seed) + "_" + std::to_string(step))});
          break;
        case 1:
          clock_.move_to(clock_.now() + static_cast<int64_t>(rng.below(9 * 60)) * kMinute_us);
          break;
        default:
          run_once(process);
          look_up(process);
      }
    }
    drain(*processes[0], 1'000);
  }
  EXPECT_EQ(most_within(1), 1);
  EXPECT_LE(most_within(7), 3);
  EXPECT_EQ(most_within(7), 3) << "the cap was never reached: the test is too easy";
  EXPECT_EQ(in_quiet_hours, 0);
  EXPECT_EQ(receiver_.repeated(), 0);
  for (const auto& [state, count] : states()) EXPECT_TRUE(state == "accepted" || state == "failed") << state << count;
}

// A process that dies at any write, before or after it is durable: the next one keeps to the cap and loses nobody.
TEST_P(Sending, ADeathAtAnyWriteKeepsTheCap) {
  constexpr int people = 3;
  put_people(people);
  set(R"({"caps":[{"messages":1,"days":2}],"quiet_hours":{"from":"20:00","to":"06:00"}})");
  int deaths = 0;
  for (int fatal = 1; fatal <= 12; ++fatal) {
    for (bool committed : {false, true}) {
      std::string round = std::to_string(fatal) + (committed ? "c" : "");
      clock_.move_to(clock_.now() + 10 * kDay_us);
      say_all("cmp_a" + round, people);
      say_all("cmp_b" + round, people);
      MortalStorage process(*storage_);
      FakeSender sender(receiver_, &process);
      sender.on_send = [this](const OutboxItem& item) { return keep(item); };
      auto doomed = mailer(process, sender, "prc_a" + round, options(1, 2));
      process.die_at_write(fatal, committed);
      for (int i = 0; i < 20 && !process.is_dead(); ++i) {
        auto handled = doomed->run_once();
        if (!handled.ok() || *handled > 0) continue;
        auto due = doomed->next_due();
        if (!due.ok() || !*due) break;
        clock_.move_to(std::max(clock_.now() + 1, **due));
      }
      deaths += process.is_dead() ? 1 : 0;
      FakeSender survivor_sender(receiver_);
      keep_from(survivor_sender);
      auto survivor = mailer(*storage_, survivor_sender, "prc_b" + round);
      ASSERT_TRUE(survivor->recover().ok());
      drain(*survivor);
      EXPECT_EQ(most_within(2), 1) << round;
      for (const char* campaign : {"cmp_a", "cmp_b"}) {
        for (int i = 0; i < people; ++i) EXPECT_EQ(stored(i, campaign + round).state, "accepted") << round;
      }
    }
  }
  EXPECT_GT(deaths, 10);
  EXPECT_EQ(receiver_.repeated(), 0);
}

TEST_P(Sending, AConnectionKeepsItsPaceAndDoesNotHoldUpOthers) {
  put_people(40);
  set(R"({"paces":[{"connection_id":"con_1","per_second":10}]})");
  say_all("cmp_1", 35);
  auto other = message(39, "cmp_1");
  other.connection_id = "con_2";
  clock_.move_to(clock_.now() + 1);
  say({other});
  FakeSender sender(receiver_);
  keep_from(sender);
  auto one = mailer(sender);
  Instant begun = clock_.now();
  while (run_once(*one) > 0) {
  }
  EXPECT_EQ(states(), (Counts{{"accepted", 11}, {"pending", 25}})) << "a second's worth, and the other connection";
  EXPECT_EQ(stored(39, "cmp_1").state, "accepted");
  EXPECT_EQ(**one->next_due() - begun, 100'000);
  drain(*one);
  EXPECT_EQ(states(), (Counts{{"accepted", 36}}));
  EXPECT_EQ(clock_.now() - begun, 2'500'000);
  EXPECT_EQ(query("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1 AND attempts = 1", {kWorkspace})[0][0].integer(),
            36);
}

INSTANTIATE_TEST_SUITE_P(Databases, Sending, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         engine_name);

}  // namespace
}  // namespace spreaders::sending
