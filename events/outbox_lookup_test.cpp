// Receivers that can be asked but are away for a while, and how much one crash can leave unclear.
#include <gtest/gtest.h>

#include "events/fakes_test.hpp"

namespace spreaders::events {
namespace {

using OutboxLookUp = fakes::OutboxTest;
INSTANTIATE_TEST_SUITE_P(Engines, OutboxLookUp,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres), fakes::engine_name);

// Takes the mail, cuts the line, and does not answer the first questions.
class AwaySender final : public Sender {
 public:
  AwaySender(fakes::Receiver& receiver, int away) : away_(away), receiver_(receiver) {}
  Result<std::shared_ptr<void>> prepare(const std::vector<OutboxItem>&) override { return std::shared_ptr<void>(); }
  SendReport send(const OutboxItem& item, void*) override {
    receiver_.take(item);
    return {Sent::kUnknown, "cut"};
  }
  std::optional<bool> was_accepted(const OutboxItem& item) override {
    ++asked;
    if (asked <= away_) return std::nullopt;
    return receiver_.has(item);
  }
  int64_t ask_again_ms(const OutboxItem&) override { return 5'000; }
  int asked = 0;

 private:
  int away_;
  fakes::Receiver& receiver_;
};

TEST_P(OutboxLookUp, AReceiverThatIsAwayIsAskedAgainLater) {
  put_many(3);
  AwaySender sender(receiver_, 2);
  auto one = dispatcher(sender, options());
  Instant began = clock_.now();
  EXPECT_EQ(run_once(*one), 3);
  EXPECT_EQ(look_up(*one), 3);
  EXPECT_EQ(sender.asked, 1) << "who does not answer for one message is not asked for the others now";
  EXPECT_EQ(row(0).state, "unknown");
  EXPECT_EQ(row(0).next_at, clock_.now() + 5 * kSecond_us);
  EXPECT_EQ(look_up(*one), 0) << "not before its time";
  drain(*one);
  EXPECT_EQ(states(), (std::map<std::string, int64_t>{{"accepted", 3}}));
  EXPECT_EQ(receiver_.doubled(), 0);
  EXPECT_EQ(clock_.now() - began, 10 * kSecond_us);
}

TEST_P(OutboxLookUp, AReceiverThatNeverComesBackIsGivenUpAndTheSendHeld) {
  put_many(1);
  AwaySender sender(receiver_, 1'000'000);
  auto one = dispatcher(sender, options());
  Instant began = clock_.now();
  run_once(*one);
  drain(*one, 10'000);
  EXPECT_EQ(row(0).state, "unknown");
  EXPECT_EQ(row(0).reply, "the receiver cannot be asked; held, not sent again");
  EXPECT_GE(clock_.now() - began, 6 * kHour_us);
  EXPECT_LT(clock_.now() - began, 7 * kHour_us);
  EXPECT_EQ(receiver_.times(address(0)), 1);
}

TEST_P(OutboxLookUp, OneCrashLeavesNoMoreThanAFewClaimsOfEachWorkerUnclear) {
  put_many(100);
  fakes::FakeSender sender(receiver_);
  DispatcherOptions with = options(3, 90);
  with.wave = DispatcherOptions{}.wave;
  std::atomic<int64_t> unclear{0};
  sender.on_send = [&](const OutboxItem& item) -> SendReport {
    receiver_.take(item);
    int64_t now = query("SELECT COUNT(*) FROM outbox WHERE state = 'sending'")[0][0].integer();
    for (int64_t most = unclear; now > most && !unclear.compare_exchange_weak(most, now);) continue;
    return {Sent::kAccepted, "250 ok"};
  };
  auto one = dispatcher(sender, with);
  EXPECT_EQ(run_once(*one), 90) << "one batch, in waves of twelve";
  EXPECT_EQ(states(), (std::map<std::string, int64_t>{{"accepted", 90}, {"pending", 10}}));
  EXPECT_GE(unclear, 12);
  EXPECT_LE(unclear, 36);
  EXPECT_EQ(run_once(*one), 10);
  EXPECT_EQ(receiver_.reached(), 100);
  EXPECT_EQ(receiver_.doubled(), 0);
}

}  // namespace
}  // namespace spreaders::events
