// The outbox, question by question, on both databases: what is written, what is sent, what comes of each answer.
#include "events/outbox.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "events/fakes_test.hpp"

namespace spreaders::events {
namespace {

using fakes::FakeSender;
using fakes::kWorkspace;
using fakes::MortalStorage;
using fakes::OutboxTest;
using storage::Tx;

using Outbox = OutboxTest;
INSTANTIATE_TEST_SUITE_P(Engines, Outbox, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         fakes::engine_name);

using Counts = std::map<std::string, int64_t>;

TEST_P(Outbox, AKeyThatExistsIsLeftAlone) {
  EXPECT_EQ(put({intent(1), intent(2), intent(3)}), 3);
  Intent again = intent(2);
  again.address = "other@example.org";
  EXPECT_EQ(put({again, intent(4)}), 1);
  EXPECT_EQ(put({intent(1), intent(1)}), 0);
  EXPECT_EQ(put({intent(1)}, "wsp_other"), 1) << "a key is of one workspace";
  FakeSender sender(receiver_);
  auto one = dispatcher(sender);
  drain(*one);
  EXPECT_EQ(receiver_.times("other@example.org"), 0);
  EXPECT_EQ(receiver_.times(address(2)), 1);
  EXPECT_EQ(receiver_.times(address(1)), 2) << "one for each workspace";
}

TEST_P(Outbox, AKeyStaysTakenAfterTheSend) {
  put_many(2);
  FakeSender sender(receiver_);
  auto one = dispatcher(sender);
  drain(*one);
  EXPECT_EQ(put({intent(0), intent(1)}), 0);
  drain(*one);
  EXPECT_EQ(receiver_.order().size(), 2u);
}

TEST_P(Outbox, SkippedIntentsAreRecordedAndNeverSent) {
  Intent skipped = intent(1);
  skipped.skip_reason = "no_consent";
  EXPECT_EQ(put({skipped, intent(2)}), 2);
  FakeSender sender(receiver_);
  auto one = dispatcher(sender);
  EXPECT_EQ(run_once(*one), 1);
  EXPECT_EQ(row(1).state, "skipped");
  EXPECT_EQ(row(1).reply, "no_consent");
  EXPECT_EQ(row(1).attempts, 0);
  EXPECT_EQ(receiver_.order(), std::vector<std::string>{address(2)});
}

TEST_P(Outbox, TheOldestIsSentFirstInBatchesOfTheGivenSize) {
  for (int i : {3, 1, 2, 5, 4}) {
    Instant due = clock_.now() + i * kSecond_us;
    std::vector<Intent> one{intent(i)};
    ASSERT_TRUE(write([&](Tx& tx) { return enqueue(tx, kWorkspace, one, due, ids_); }).ok());
  }
  FakeSender sender(receiver_);
  auto one = dispatcher(sender, options(1, 2));
  EXPECT_EQ(run_once(*one), 0) << "nothing is due yet";
  EXPECT_EQ(one->next_due()->value(), clock_.now() + kSecond_us);
  clock_.move_to(clock_.now() + 4 * kSecond_us);
  EXPECT_EQ(run_once(*one), 2);
  EXPECT_EQ(run_once(*one), 2);
  EXPECT_EQ(run_once(*one), 0);
  EXPECT_EQ(receiver_.order(), (std::vector<std::string>{address(1), address(2), address(3), address(4)}));
  clock_.move_to(clock_.now() + kSecond_us);
  EXPECT_EQ(run_once(*one), 1);
  EXPECT_FALSE(one->next_due()->has_value());
}

TEST_P(Outbox, EachAnswerHasItsState) {
  put_many(4);
  FakeSender sender(receiver_);
  const SendReport reports[] = {{Sent::kAccepted, "250 ok"},
                                {Sent::kRejected, "550 no such user", 0, "hard_bounce"},
                                {Sent::kDeferred, "451 later"},
                                {Sent::kUnknown, "cut"}};
  sender.on_send = [&](const OutboxItem& item) { return reports[item.address[1] - '0']; };
  auto one = dispatcher(sender);
  std::vector<std::pair<std::string, std::string>> told;
  one->on_settle([&](Tx&, const std::vector<Settled>& settled) -> Result<void> {
    told.clear();  // a transaction may be run again
    for (const auto& each : settled) told.emplace_back(each.item.address, each.state + ": " + each.reply);
    return {};
  });
  EXPECT_EQ(run_once(*one), 4);
  EXPECT_EQ(states(), (Counts{{"accepted", 1}, {"failed", 1}, {"pending", 1}, {"unknown", 1}}));
  EXPECT_EQ(row(1).reply, "550 no such user");
  EXPECT_GT(row(2).next_at, clock_.now());
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector<std::pair<std::string, std::string>>{{address(0), "accepted: 250 ok"},
                                                                    {address(1), "failed: 550 no such user"},
                                                                    {address(3), "unknown: cut"}}));
  auto suppressed = query("SELECT address, reason, source FROM suppression WHERE workspace_id = $1", {kWorkspace});
  ASSERT_EQ(suppressed.size(), 1u);
  EXPECT_EQ(suppressed[0][0].text(), address(1));
  EXPECT_EQ(suppressed[0][1].text(), "hard_bounce");
}

TEST_P(Outbox, ALongReplyIsCutAtAWholeCharacter) {
  put_many(1);
  FakeSender sender(receiver_);
  std::string reply;
  for (int i = 0; i < 400; ++i) reply += "\u00e9";
  sender.on_send = [&](const OutboxItem&) -> SendReport { return {Sent::kRejected, reply}; };
  auto one = dispatcher(sender);
  run_once(*one);
  EXPECT_EQ(row(0).reply, reply.substr(0, 600)) << "300 characters of two bytes";
}

TEST_P(Outbox, DeferredSendsWaitLongerEachTimeUpToTheCapAndThenFail) {
  put_many(1);
  FakeSender sender(receiver_);
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kDeferred, "451 greylisted"}; };
  DispatcherOptions with = options();
  with.backoff_base_ms = 2'000;
  with.backoff_cap_ms = 9'000;
  with.attempts_max = 6;
  auto one = dispatcher(sender, with);
  for (int64_t wait_ms : {2'000, 4'000, 8'000, 9'000, 9'000}) {
    ASSERT_EQ(run_once(*one), 1);
    ASSERT_EQ(row(0).state, "pending");
    int64_t waits_us = row(0).next_at - clock_.now();
    EXPECT_GE(waits_us, wait_ms * 1000);
    EXPECT_LE(waits_us, wait_ms * 1250) << "with a quarter of jitter at most";
    clock_.move_to(row(0).next_at - 1);
    EXPECT_EQ(run_once(*one), 0) << "not before its time";
    clock_.move_to(row(0).next_at);
  }
  ASSERT_EQ(run_once(*one), 1);
  EXPECT_EQ(row(0).state, "failed");
  EXPECT_EQ(row(0).attempts, 6);
  EXPECT_EQ(row(0).reply, "451 greylisted");
}

TEST_P(Outbox, TheOtherSideSaysWhenToComeAgain) {
  put_many(1);
  FakeSender sender(receiver_);
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kDeferred, "rate limit", 120'000}; };
  auto one = dispatcher(sender);
  run_once(*one);
  EXPECT_GE(row(0).next_at - clock_.now(), 120 * kSecond_us);
  EXPECT_LE(row(0).next_at - clock_.now(), 150 * kSecond_us);
}

TEST_P(Outbox, AReplyThatSaysHeldIsADeferralLikeAnyOther) {
  put_many(1);
  FakeSender sender(receiver_);
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kDeferred, "held"}; };
  auto one = dispatcher(sender);
  drain(*one);
  EXPECT_EQ(row(0).state, "failed");
  EXPECT_EQ(row(0).attempts, options().attempts_max);
}

TEST_P(Outbox, WhatCannotBeSentYetWaits) {
  Intent sms = intent(1);
  sms.channel = "sms";
  put({sms, intent(2)});
  FakeSender sender(receiver_);
  sender.on_prepare = []() -> Result<void> {
    return Error{Code::kReconnectNeeded, "sign in to the mail server again", "", 30'000};
  };
  auto one = dispatcher(sender);
  EXPECT_EQ(run_once(*one), 2);
  EXPECT_EQ(states(), (Counts{{"pending", 2}}));
  EXPECT_EQ(row(1).reply, "nothing here sends over sms");
  EXPECT_EQ(row(2).reply, "sign in to the mail server again");
  EXPECT_GE(row(2).next_at - clock_.now(), 30 * kSecond_us);
  sender.on_prepare = nullptr;
  drain(*one);
  EXPECT_EQ(row(1).state, "failed") << "no sender came";
  EXPECT_EQ(row(2).state, "accepted");
}

TEST_P(Outbox, ConsentWithdrawnBeforeTheSendIsRespected) {
  put_many(3);
  guard_.refuse(address(1), "opted_out");
  FakeSender sender(receiver_);
  auto one = dispatcher(sender);
  std::vector<std::string> told;
  one->on_settle([&](Tx&, const std::vector<Settled>& settled) -> Result<void> {
    for (const auto& each : settled) told.push_back(each.item.address + " " + each.state + " " + each.reply);
    return {};
  });
  EXPECT_EQ(run_once(*one), 3);
  EXPECT_EQ(row(1).state, "skipped");
  EXPECT_EQ(row(1).reply, "opted_out");
  EXPECT_EQ(row(1).attempts, 0);
  EXPECT_EQ(receiver_.times(address(1)), 0);
  EXPECT_EQ(told.front(), address(1) + " skipped opted_out");
  EXPECT_EQ(states(), (Counts{{"accepted", 2}, {"skipped", 1}}));
}

TEST_P(Outbox, ConsentIsAskedAgainAtEveryAttempt) {
  put_many(2);
  FakeSender sender(receiver_);
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kDeferred, "451 later"}; };
  auto one = dispatcher(sender);
  run_once(*one);
  guard_.refuse(address(0), "suppressed:complaint");
  sender.on_send = nullptr;
  drain(*one);
  EXPECT_EQ(row(0).state, "skipped");
  EXPECT_EQ(row(1).state, "accepted");
  EXPECT_EQ(receiver_.times(address(0)), 0);
}

TEST_P(Outbox, OnlyThePayloadsOwnMarkMakesAMailTransactional) {
  Intent marketing = intent(1);
  Intent transactional = intent(2);
  transactional.payload = R"({"template":"tpl_1","transactional":true})";
  Intent nested = intent(3);
  nested.payload = R"({"template":"tpl_1","transactional":false,"data":{"transactional":true}})";
  Intent spaced = intent(4);
  spaced.payload = R"({"transactional" : true})";
  put({marketing, transactional, nested, spaced});
  FakeSender sender(receiver_);
  auto one = dispatcher(sender);
  run_once(*one);
  EXPECT_EQ(guard_.transactional(), (std::set<std::string>{address(2), address(4)}));
}

TEST_P(Outbox, APausedRunKeepsItsIntentsAndNothingIsCounted) {
  put_run("run_1");
  put_many(3, "run_1");
  put({intent(9)});
  FakeSender sender(receiver_);
  // Paused after the claim, before the first byte.
  sender.on_prepare = [&]() -> Result<void> {
    set_run("run_1", "paused");
    return {};
  };
  auto one = dispatcher(sender);
  EXPECT_EQ(run_once(*one), 4);
  EXPECT_EQ(receiver_.order(), std::vector<std::string>{address(9)}) << "what belongs to no run goes out";
  EXPECT_EQ(states(), (Counts{{"accepted", 1}, {"pending", 3}}));
  EXPECT_EQ(row(0).attempts, 0);
  EXPECT_EQ(run_once(*one), 0) << "a paused run is not claimed";
  EXPECT_FALSE(one->next_due()->has_value());
  sender.on_prepare = nullptr;
  set_run("run_1", "active");
  auto next = dispatcher(sender, options(), "prc_b");  // knows nothing of the pause
  EXPECT_EQ(run_once(*next), 3);
  EXPECT_EQ(row(0).attempts, 1);
  EXPECT_EQ(states(), (Counts{{"accepted", 4}}));
}

TEST_P(Outbox, ARunThatEndedInMidBatchSendsNoMore) {
  for (const char* ended : {"cancelled", "failed"}) {
    std::string run = std::string("run_") + ended;
    put_run(run);
    std::vector<Intent> intents;
    for (int i = 0; i < 3; ++i) {
      intents.push_back(intent(i, run));
      intents.back().idem = run + intents.back().idem;
      intents.back().address = run + intents.back().address;
    }
    put(intents);
    FakeSender sender(receiver_);
    sender.on_prepare = [&]() -> Result<void> {
      set_run(run, ended);
      return {};
    };
    auto one = dispatcher(sender);
    std::set<std::string> told;
    one->on_settle([&](Tx&, const std::vector<Settled>& settled) -> Result<void> {
      for (const auto& each : settled) told.insert(each.state);
      return {};
    });
    EXPECT_EQ(run_once(*one), 3);
    EXPECT_EQ(told, std::set<std::string>{"cancelled"});
    EXPECT_EQ(receiver_.times(run + address(0)), 0) << ended;
  }
  EXPECT_EQ(states(), (Counts{{"cancelled", 6}}));
  EXPECT_TRUE(receiver_.order().empty());
}

TEST_P(Outbox, ABatchIsSettledInOneTransactionWithItsHook) {
  put_many(50);
  FakeSender sender(receiver_);
  auto one = dispatcher(sender, options(4, 50));
  int calls = 0;
  one->on_settle([&](Tx& tx, const std::vector<Settled>& settled) -> Result<void> {
    ++calls;
    TRY(
        tx.execute("INSERT INTO event (workspace_id, message_id, type, name, at, received_at) VALUES ($1, $2, 'send', "
                   "'sent', 1, 1)",
                   {kWorkspace, "m" + std::to_string(calls)}));
    if (calls < 3) return internal("the hook stumbled");
    EXPECT_EQ(settled.size(), 50u);
    return {};
  });
  EXPECT_EQ(run_once(*one), 50);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(states(), (Counts{{"accepted", 50}}));
  EXPECT_EQ(query("SELECT COUNT(*) FROM event")[0][0].integer(), 1)
      << "what a failed hook wrote is undone with the settling";
  EXPECT_EQ(receiver_.order().size(), 50u);
  EXPECT_EQ(receiver_.doubled(), 0);
}

TEST_P(Outbox, ADatabaseThatIsAwayForAWhileIsNoReasonToForgetWhatWentOut) {
  put_many(5);
  MortalStorage process(*storage_);
  FakeSender sender(receiver_);
  sender.blind = true;  // so that only the answer that was heard can settle it
  auto one = dispatcher(process, sender, options(), "prc_a");
  sender.on_send = [&](const OutboxItem& item) -> SendReport {
    receiver_.take(item);
    process.refuse_writes(7);  // of which settling tries five
    return {Sent::kAccepted, "250 ok"};
  };
  EXPECT_FALSE(one->run_once().ok());
  EXPECT_EQ(states(), (Counts{{"sending", 5}}));
  for (int i = 0; i < 10 && states() != Counts{{"accepted", 5}}; ++i) (void)one->run_once();
  EXPECT_EQ(states(), (Counts{{"accepted", 5}})) << "the same process, without a restart";
  EXPECT_EQ(receiver_.order().size(), 5u);
}

struct LookUp {
  const char* name;
  bool arrived, blind, transactional, resend_policy;
  const char* state;
  int sends;
};
TEST_P(Outbox, UnclearSendsAreLookedUp) {
  const LookUp cases[] = {{"found", true, false, false, false, "accepted", 1},
                          {"not found", false, false, false, false, "accepted", 1},
                          {"blind", true, true, false, false, "unknown", 1},
                          {"blind and lost", false, true, false, false, "unknown", 0},
                          {"blind marketing, policy", true, true, false, true, "unknown", 1},
                          {"blind transactional, policy", false, true, true, true, "accepted", 1},
                          {"blind transactional", false, true, true, false, "unknown", 0}};
  int number = 100;
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Intent made = intent(++number);
    if (one.transactional) made.payload = R"({"transactional":true})";
    put({made});
    FakeSender sender(receiver_);
    sender.blind = one.blind;
    int tries = 0;
    sender.on_send = [&](const OutboxItem& item) -> SendReport {
      if (one.arrived || ++tries > 1) receiver_.take(item);
      return tries > 1 ? SendReport{Sent::kAccepted, "250 ok"} : SendReport{Sent::kUnknown, "cut"};
    };
    DispatcherOptions with = options();
    with.resend_unknown_transactional = one.resend_policy;
    auto process = dispatcher(sender, with);
    EXPECT_EQ(run_once(*process), 1);
    EXPECT_EQ(row(number).state, "unknown");
    drain(*process);
    EXPECT_EQ(row(number).state, one.state);
    EXPECT_EQ(receiver_.times(made.address), one.sends);
    EXPECT_EQ(sender.asked, 1) << "what the receiver cannot say is asked once";
  }
}

TEST_P(Outbox, UnknownStaysUnknownHoweverOftenTheProcessRestarts) {
  put_many(3);
  FakeSender sender(receiver_);
  sender.blind = true;
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kUnknown, "cut"}; };
  for (int restart = 0; restart < 5; ++restart) {
    auto process = dispatcher(sender, options(), "prc_" + std::to_string(restart));
    ASSERT_TRUE(process->recover().ok());
    drain(*process);
    clock_.move_to(clock_.now() + 30 * kDay_us);
  }
  EXPECT_EQ(states(), (Counts{{"unknown", 3}}));
  EXPECT_EQ(row(0).attempts, 1);
  EXPECT_EQ(row(0).reply, "the receiver cannot be asked; held, not sent again");
}

TEST_P(Outbox, AReceiverThatAlwaysCutsIsNotTriedForever) {
  put_many(1);
  FakeSender sender(receiver_);
  int sends = 0;
  sender.on_send = [&](const OutboxItem&) -> SendReport {
    ++sends;
    return {Sent::kUnknown, "cut"};
  };
  DispatcherOptions with = options();
  auto one = dispatcher(sender, with);
  Instant started = clock_.now();
  drain(*one);
  EXPECT_EQ(sends, with.attempts_max);
  EXPECT_EQ(row(0).state, "failed") << "the receiver said each time that it has it not";
  EXPECT_GE(clock_.now() - started, (2 + 4 + 8 + 16 + 32) * kSecond_us) << "with the same back-off as deferred sends";
}

TEST_P(Outbox, AResendIsNotMadeForARunThatWasCancelled) {
  put_run("run_1");
  put_many(2, "run_1");
  FakeSender sender(receiver_);
  sender.on_send = [&](const OutboxItem& item) -> SendReport {
    if (item.address == address(0)) receiver_.take(item);
    return {Sent::kUnknown, "cut"};
  };
  auto one = dispatcher(sender);
  run_once(*one);
  set_run("run_1", "cancelled");
  drain(*one);
  EXPECT_EQ(row(0).state, "accepted");
  EXPECT_EQ(row(1).state, "cancelled");
  EXPECT_EQ(receiver_.times(address(1)), 0);
}

TEST_P(Outbox, LookUpsWaitUntilTheOtherSideHasFinished) {
  put_many(1);
  FakeSender sender(receiver_);
  sender.on_send = [](const OutboxItem&) -> SendReport { return {Sent::kUnknown, "cut"}; };
  DispatcherOptions with = options();
  with.lookup_grace_ms = 3'600'000;
  auto one = dispatcher(sender, with);
  run_once(*one);
  EXPECT_EQ(look_up(*one), 0);
  EXPECT_EQ(sender.asked, 0);
  EXPECT_EQ(row(0).state, "unknown");
}

TEST_P(Outbox, AccountsForEveryIntentOfARunANodeAndACampaign) {
  std::vector<Intent> intents;
  const char* all[] = {"pending", "sending", "accepted", "failed", "unknown", "skipped", "cancelled"};
  for (int i = 0; i < 14; ++i) {
    intents.push_back(intent(i, "run_1"));
    intents.back().campaign_id = "cmp_1";
    if (i >= 7) intents.back().node_id = "other";
  }
  intents.push_back(intent(14, "run_2"));
  put(intents);
  for (int i = 0; i < 14; ++i)
    execute("UPDATE outbox SET state = $1 WHERE workspace_id = $2 AND idem = $3",
            {all[i % 7], kWorkspace, "k" + std::to_string(i)});
  auto of = [&](auto&& ask) {
    auto sum = write([&](Tx& tx) -> Result<Accounting> { return ask(tx); });
    EXPECT_TRUE(sum.ok());
    return *sum;
  };
  Accounting run = of([](Tx& tx) { return account_run(tx, kWorkspace, "run_1"); });
  EXPECT_EQ(run.total(), 14);
  for (auto member : {&Accounting::pending, &Accounting::sending, &Accounting::accepted, &Accounting::failed,
                      &Accounting::unknown, &Accounting::skipped, &Accounting::cancelled})
    EXPECT_EQ(run.*member, 2);
  EXPECT_FALSE(run.settled());
  EXPECT_EQ(of([](Tx& tx) { return account_run(tx, kWorkspace, "run_1", "other"); }).total(), 7);
  EXPECT_EQ(of([](Tx& tx) { return account_campaign(tx, kWorkspace, "cmp_1"); }).total(), 14);
  EXPECT_EQ(of([](Tx& tx) { return account_run(tx, "wsp_other", "run_1"); }).total(), 0);
  EXPECT_TRUE(of([](Tx& tx) { return account_run(tx, kWorkspace, "run_3"); }).settled());
}

TEST_P(Outbox, TheLoopWakesAtOnceAndStops) {
  FakeSender sender(receiver_);
  DispatcherOptions with = options();
  with.idle_poll_ms = 600'000;  // only wake() can be the reason
  auto one = dispatcher(sender, with);
  std::jthread loop([&](std::stop_token stop) { one->loop(stop); });
  put_many(3);
  EXPECT_TRUE(fakes::eventually([&] {
    one->wake();
    return receiver_.order().size() == 3;
  }));
  loop.request_stop();
  loop.join();
  EXPECT_EQ(states(), (Counts{{"accepted", 3}}));
}

}  // namespace
}  // namespace spreaders::events
