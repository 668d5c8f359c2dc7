// Rate limits: token buckets by key, behind a port, so that several processes can share them.
//
//   LocalBuckets buckets;
//   auto taken = TRY(buckets.take("wsp_1/usr_2", {.per_minute = 600, .capacity = 600}, 1));
//   if (!taken.taken) return Error{Code::kRateLimited, "...", "", taken.retry_after_ms};
//
// A bucket starts full, fills steadily and never holds more than its capacity. Errors: kUnavailable of shared ones.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders {

struct BucketRate {
  double per_minute = 0;  // tokens that flow in
  double capacity = 0;    // tokens that are kept at most
};

struct BucketAnswer {
  bool taken = false;
  double left = 0;             // tokens, after taking
  int64_t retry_after_ms = 0;  // when not taken: until there are enough; 0 = never, more was asked for than it can hold
};

class Buckets {
 public:
  virtual ~Buckets() = default;
  // All of `tokens` or nothing; 0 only looks.
  virtual Result<BucketAnswer> take(std::string_view key, const BucketRate& rate, double tokens) = 0;
};

// Of this process. Keys beyond `keys_max` push others out: the fullest of a few, since a full bucket says nothing.
class LocalBuckets : public Buckets {
 public:
  using NowMs = int64_t (*)();
  explicit LocalBuckets(size_t keys_max = 100'000, NowMs now_ms = &monotonic_ms);
  Result<BucketAnswer> take(std::string_view key, const BucketRate& rate, double tokens) override;
  [[nodiscard]] size_t size() const;

 private:
  static constexpr size_t kShards = 16;
  struct Bucket {
    double tokens = 0;
    double capacity = 0;
    int64_t at_ms = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Bucket, Hash, std::equal_to<>> buckets;
    size_t hand = 0;  // where the next search for one to push out begins
  };
  static void push_one_out(Shard& shard);

  size_t keys_max_;  // of one shard
  NowMs now_ms_;
  std::array<Shard, kShards> shards_;
};

}  // namespace spreaders
