#include "core/buckets.hpp"

#include <algorithm>
#include <cmath>

namespace spreaders {

namespace {

constexpr double kMinute_ms = 60'000;
constexpr size_t kLookedAt_max = 16;  // places in the table that a search for one to push out looks at

}  // namespace

LocalBuckets::LocalBuckets(size_t keys_max, NowMs now_ms)
    : keys_max_(std::max<size_t>(keys_max / kShards, 1)), now_ms_(now_ms) {}

void LocalBuckets::push_one_out(Shard& shard) {
  auto& all = shard.buckets;
  std::string_view fullest;
  double most = -1;
  for (size_t seen = 0, steps = 0; steps < all.bucket_count() && (seen < kLookedAt_max || most < 0); ++steps) {
    size_t place = shard.hand++ % all.bucket_count();
    for (auto each = all.begin(place); each != all.end(place); ++each) {
      double share = each->second.tokens / std::max(each->second.capacity, 1.0);
      ++seen;
      if (share <= most) continue;
      most = share;
      fullest = each->first;
    }
  }
  if (auto found = all.find(fullest); found != all.end()) all.erase(found);
}

Result<BucketAnswer> LocalBuckets::take(std::string_view key, const BucketRate& rate, double tokens) {
  Shard& shard = shards_[Hash()(key) % kShards];
  int64_t now_ms = now_ms_();
  std::lock_guard lock(shard.mutex);
  auto found = shard.buckets.find(key);
  if (found == shard.buckets.end()) {
    if (tokens <= 0) return BucketAnswer{true, rate.capacity, 0};
    if (shard.buckets.size() >= keys_max_) push_one_out(shard);
    found = shard.buckets.emplace(std::string(key), Bucket{rate.capacity, rate.capacity, now_ms}).first;
  }
  Bucket& bucket = found->second;
  double per_ms = rate.per_minute / kMinute_ms;
  bucket.capacity = rate.capacity;
  bucket.tokens = std::min(rate.capacity,
                           bucket.tokens + static_cast<double>(std::max<int64_t>(now_ms - bucket.at_ms, 0)) * per_ms);
  bucket.at_ms = std::max(bucket.at_ms, now_ms);
  if (bucket.tokens < tokens) {
    if (tokens > rate.capacity || per_ms <= 0) return BucketAnswer{false, bucket.tokens, 0};
    auto wait_ms = static_cast<int64_t>(std::ceil((tokens - bucket.tokens) / per_ms));
    return BucketAnswer{false, bucket.tokens, std::max<int64_t>(wait_ms, 1)};
  }
  bucket.tokens -= tokens;
  return BucketAnswer{true, bucket.tokens, 0};
}

size_t LocalBuckets::size() const {
  size_t all = 0;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    all += shard.buckets.size();
  }
  return all;
}

}  // namespace spreaders
