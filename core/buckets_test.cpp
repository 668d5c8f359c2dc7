// What every implementation of Buckets has to do, and what only the one of this process does.
#include "core/buckets.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace spreaders {
namespace {

std::atomic<int64_t> now_ms{1'000};
int64_t test_now_ms() { return now_ms; }
constexpr BucketRate kTen{.per_minute = 10, .capacity = 10};

BucketAnswer take(Buckets& buckets, std::string_view key, double tokens = 1, const BucketRate& rate = kTen) {
  auto answer = buckets.take(key, rate, tokens);
  EXPECT_TRUE(answer.ok());
  return answer.ok() ? *answer : BucketAnswer{};
}

// The suite: shared implementations run it as well, with a clock of theirs that `pass` moves.
void exercise(Buckets& buckets, const std::function<void(int64_t ms)>& pass) {
  EXPECT_EQ(take(buckets, "a", 0).left, 10) << "looking takes nothing";
  for (int i = 9; i >= 0; --i) {
    auto one = take(buckets, "a");
    EXPECT_TRUE(one.taken);
    EXPECT_NEAR(one.left, i, 0.001);
  }
  auto refused = take(buckets, "a");
  EXPECT_FALSE(refused.taken);
  EXPECT_EQ(refused.retry_after_ms, 6'000) << "ten a minute are one in six seconds";
  EXPECT_TRUE(take(buckets, "b").taken) << "keys know nothing of each other";

  pass(5'999);
  EXPECT_FALSE(take(buckets, "a").taken);
  pass(1);
  EXPECT_TRUE(take(buckets, "a").taken) << "the hint was true";
  EXPECT_FALSE(take(buckets, "a").taken);
  pass(3'600'000);
  EXPECT_NEAR(take(buckets, "a", 0).left, 10, 0.001) << "no more than its capacity";
  EXPECT_TRUE(take(buckets, "a", 10).taken);
  EXPECT_FALSE(take(buckets, "a", 0.5).taken) << "all or nothing";
  EXPECT_EQ(take(buckets, "a", 11).retry_after_ms, 0) << "can never be";
}

TEST(LocalBuckets, KeepsTheRules) {
  LocalBuckets buckets(1000, &test_now_ms);
  exercise(buckets, [](int64_t ms) { now_ms += ms; });
}

TEST(LocalBuckets, AClockThatGoesBackGivesNothingAway) {
  LocalBuckets buckets(1000, &test_now_ms);
  EXPECT_TRUE(take(buckets, "a", 10).taken);
  now_ms -= 60'000;
  EXPECT_FALSE(take(buckets, "a").taken);
  now_ms += 60'000;
  EXPECT_FALSE(take(buckets, "a").taken);
}

TEST(LocalBuckets, MemoryIsBoundedAndTheEmptyBucketStays) {
  LocalBuckets buckets(1600, &test_now_ms);
  EXPECT_TRUE(take(buckets, "abuser", 10).taken);
  for (int i = 0; i < 20'000; ++i) {
    take(buckets, "key" + std::to_string(i), 0.001);
    EXPECT_LE(buckets.size(), 1600U);
  }
  EXPECT_FALSE(take(buckets, "abuser").taken) << "nobody gets a new bucket by making many others";
}

TEST(LocalBuckets, ThreadsTakeEachTokenOnce) {
  LocalBuckets buckets(1000, &test_now_ms);
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) taken += take(buckets, "a", 1, {.per_minute = 600, .capacity = 600}).taken ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(taken, 600);
}

}  // namespace
}  // namespace spreaders
