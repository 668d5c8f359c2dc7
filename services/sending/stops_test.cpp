#include "services/sending/stops.hpp"

#include "services/sending/fixture_test.hpp"
#include "services/tracking/tracking.hpp"

namespace spreaders::sending {
namespace {

using events::fakes::engine_name;
using fakes::FakeSender;
using fakes::kWorkspace;
using fakes::OutboxItem;
using fakes::SendReport;
using fakes::Sent;
using Counts = std::map<std::string, int64_t>;

TEST(KillSwitch, NeedsEnoughMessagesEnoughBadOnesAndAShareAboveTheLimit) {
  KillSwitches switches;
  EXPECT_EQ(crossed(switches, {499, 400, 400}).cause, "") << "too few to say";
  EXPECT_EQ(crossed(switches, {500, 10, 0}).cause, "") << "exactly the limit";
  EXPECT_EQ(crossed(switches, {500, 11, 0}).cause, "bounces");
  EXPECT_EQ(crossed(switches, {500, 11, 0}).text,
            "11 of 500 messages (2.2 %) came back within 24 hours; the limit is 2 %");
  EXPECT_EQ(crossed(switches, {500, 0, 2}).cause, "") << "two annoyed people are not a pattern";
  EXPECT_EQ(crossed(switches, {500, 0, 3}).cause, "complaints");
  EXPECT_EQ(crossed(switches, {4000, 0, 4}).cause, "");
  EXPECT_EQ(crossed(switches, {500, 500, 3}).cause, "complaints") << "the graver one is told";
}

class Stops : public fakes::SendingTest {
 protected:
  std::vector<Stop> open() {
    auto stops = storage_->read(storage::Scope::of(kWorkspace), [&](Tx& tx) { return open_stops(tx, kWorkspace); });
    EXPECT_TRUE(stops.ok());
    return stops.ok() ? *stops : std::vector<Stop>{};
  }
  void put_campaign(const std::string& id) {
    execute(
        "INSERT INTO campaign (workspace_id, id, name, status, created_at, updated_at) VALUES ($1, $2, $2, 'running', "
        "1, 1)",
        {kWorkspace, id});
  }
  void bounce(int person, const std::string& campaign, const std::string& kind) {
    auto id = query("SELECT id FROM outbox WHERE workspace_id = $1 AND idem = $2",
                    {kWorkspace, campaign + ":con_" + std::to_string(person)})[0][0]
                  .text();
    auto told = storage_->write(storage::Scope::of(kWorkspace), [&](Tx& tx) {
      return services::record_bounce(tx, {kWorkspace, id}, {kind, "5.1.1", "no"}, clock_.now(), {ids_});
    });
    ASSERT_TRUE(told.ok()) << told.error().text() << told.error().detail;
  }
};

TEST_P(Stops, TooManyBouncesStopTheCampaignInTheSameTransaction) {
  put_people(60);
  put_campaign("cmp_bad");
  put_campaign("cmp_good");
  set(R"({"kill_switches":{"bounce_percent":10,"messages_min":20,"bad_min":3}})");
  say_all("cmp_bad", 60);
  FakeSender sender(receiver_);
  int sent = 0;
  sender.on_send = [&](const OutboxItem&) -> SendReport {
    if (++sent % 4 == 0) return {Sent::kRejected, "550 5.1.1 no such mailbox", 0, "hard_bounce"};
    return {Sent::kAccepted, "250"};
  };
  auto with = options(1, 5);
  auto one = mailer(*storage_, sender, "prc_a", with);
  for (int i = 0; i < 20; ++i) run_once(*one);
  ASSERT_EQ(open().size(), 1u);
  EXPECT_EQ(open()[0].campaign_id, "cmp_bad");
  EXPECT_EQ(open()[0].cause, "bounces");
  EXPECT_EQ(open()[0].reason, "5 of 20 messages (25 %) came back within 24 hours; the limit is 10 %");
  EXPECT_EQ(sent, 20) << "nothing more of it after the one that was too many";
  EXPECT_EQ(states()["pending"], 40);
  EXPECT_FALSE(one->next_due()->has_value());
  // What others do goes on, and so does what is not marketing.
  auto receipt = message(0, "cmp_bad");
  receipt.idem = "receipt";
  receipt.payload = R"({"transactional":true})";
  say({receipt, message(50, "cmp_good")});
  EXPECT_EQ(run_once(*one), 2);
  auto history =
      query("SELECT what, who FROM campaign_history WHERE workspace_id = $1 AND campaign_id = 'cmp_bad'", {kWorkspace});
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0][0].text() + " by " + history[0][1].text(), "sending stopped by kill switch");
  // A person lets it go on; the switch counts from there.
  auto lifted = storage_->write(storage::Scope::of(kWorkspace),
                                [&](Tx& tx) { return lift(tx, kWorkspace, open()[0].stop_id, "usr_1", clock_.now()); });
  ASSERT_TRUE(lifted.ok()) << lifted.error().text();
  sender.on_send = nullptr;
  for (int i = 0; i < 20; ++i) run_once(*one);
  EXPECT_TRUE(open().empty());
  EXPECT_EQ(states()["pending"], 0);
  EXPECT_EQ(storage_
                ->write(storage::Scope::of(kWorkspace),
                        [&](Tx& tx) { return lift(tx, kWorkspace, lifted->stop_id, "usr_1", clock_.now()); })
                .error()
                .code,
            Code::kConflict);
}

TEST_P(Stops, ManySmallCampaignsTogetherStopTheWorkspace) {
  put_people(40);
  set(R"({"kill_switches":{"complaint_percent":1,"messages_min":30,"bad_min":3}})");
  for (int c = 0; c < 4; ++c) {
    put_campaign("cmp_" + std::to_string(c));
    std::vector<fakes::Intent> intents;
    for (int i = c * 10; i < c * 10 + 10; ++i) intents.push_back(message(i, "cmp_" + std::to_string(c)));
    say(intents);
  }
  FakeSender sender(receiver_);
  auto one = mailer(sender);
  drain(*one);
  for (int c = 0; c < 2; ++c) {
    bounce(c * 10, "cmp_" + std::to_string(c), "complaint");
    bounce(c * 10, "cmp_" + std::to_string(c), "complaint");  // told twice, counted once
    bounce(c * 10 + 1, "cmp_" + std::to_string(c), "soft");
  }
  EXPECT_TRUE(open().empty());
  bounce(20, "cmp_2", "complaint");
  ASSERT_EQ(open().size(), 1u);
  EXPECT_EQ(open()[0].campaign_id, "");
  EXPECT_EQ(open()[0].cause, "complaints");
  say({message(30, "cmp_0")});
  EXPECT_EQ(run_once(*one), 0) << "all marketing waits";
}

TEST_P(Stops, OldFiguresAndSwitchedOffSwitchesStopNothing) {
  put_people(20);
  put_campaign("cmp_1");
  set(R"({"kill_switches":{"bounce_percent":10,"messages_min":10,"bad_min":2,"window_hours":6}})");
  say_all("cmp_1", 20);
  FakeSender sender(receiver_);
  auto one = mailer(sender);
  drain(*one);
  bounce(0, "cmp_1", "hard");
  bounce(1, "cmp_1", "hard");
  EXPECT_TRUE(open().empty()) << "exactly the limit";
  clock_.move_to(clock_.now() + 7 * kHour_us);
  for (int i = 2; i < 6; ++i) bounce(i, "cmp_1", "hard");
  EXPECT_TRUE(open().empty()) << "too few were sent lately to say";
  set(R"({"kill_switches":{"on":false,"window_hours":48,"messages_min":10,"bad_min":2}})");
  for (int i = 6; i < 12; ++i) bounce(i, "cmp_1", "hard");
  EXPECT_TRUE(open().empty());
  set(R"({"kill_switches":{"window_hours":48,"messages_min":10,"bad_min":2}})");
  bounce(12, "cmp_1", "hard");
  EXPECT_EQ(open().size(), 1u);
}

TEST_P(Stops, WhatWasClaimedBeforeTheStopIsGivenBack) {
  put_people(3);
  say_all("cmp_1", 3);
  FakeSender sender(receiver_);
  sender.on_prepare = [&]() -> Result<void> {
    TRY(write([&](Tx& tx) {
      return stop(tx, kWorkspace, {"", "", "person", "wrong price", clock_.now()}, "usr_1", ids_);
    }));
    return {};
  };
  auto one = mailer(sender);
  EXPECT_EQ(run_once(*one), 3);
  EXPECT_EQ(receiver_.reached(), 0);
  EXPECT_EQ(states(), (Counts{{"pending", 3}}));
  EXPECT_FALSE(stored(0, "cmp_1").counted);
}

INSTANTIATE_TEST_SUITE_P(Databases, Stops, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         engine_name);

}  // namespace
}  // namespace spreaders::sending
