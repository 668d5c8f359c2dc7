#include "events/throttle.hpp"

#include <algorithm>
#include <climits>
#include <cmath>

namespace spreaders::events {

namespace {

constexpr double kWhole = 1 - 1e-9;  // a token that rounding made a little smaller is one
double capacity_of(double per_second) { return std::max(1.0, per_second); }

}  // namespace

// A clock that was set back fills nothing.
void Throttle::fill(Bucket& bucket, Instant now) {
  double passed_s = static_cast<double>(now - bucket.at) / static_cast<double>(kSecond_us);
  if (passed_s > 0)
    bucket.tokens = std::min(capacity_of(bucket.per_second), bucket.tokens + passed_s * bucket.per_second);
  bucket.at = now;
}

void Throttle::set(const std::map<storage::ConnectionKey, double>& per_second, Instant now) {
  std::lock_guard lock(mutex_);
  std::erase_if(buckets_, [&](const auto& entry) { return !per_second.contains(entry.first); });
  for (const auto& [connection, rate] : per_second) {
    auto [found, added] = buckets_.try_emplace(connection, Bucket{rate, capacity_of(rate), now});
    if (added || found->second.per_second == rate) continue;
    fill(found->second, now);
    found->second.per_second = rate;
    found->second.tokens = std::min(found->second.tokens, capacity_of(rate));
  }
}

int Throttle::allowance(const storage::ConnectionKey& connection, Instant now) {
  std::lock_guard lock(mutex_);
  auto found = buckets_.find(connection);
  if (found == buckets_.end()) return INT_MAX;
  fill(found->second, now);
  return static_cast<int>(std::floor(found->second.tokens + (1 - kWhole)));
}

void Throttle::take(const storage::ConnectionKey& connection, int count, Instant now) {
  std::lock_guard lock(mutex_);
  auto found = buckets_.find(connection);
  if (found == buckets_.end()) return;
  fill(found->second, now);
  found->second.tokens = std::max(0.0, found->second.tokens - count);
}

std::vector<Throttle::Closed> Throttle::closed(Instant now) {
  std::lock_guard lock(mutex_);
  std::vector<Closed> all;
  for (auto& [connection, bucket] : buckets_) {
    fill(bucket, now);
    if (bucket.tokens >= kWhole) continue;
    double wait_us = std::ceil((1 - bucket.tokens) / bucket.per_second * static_cast<double>(kSecond_us));
    all.push_back({connection, now + std::max<int64_t>(1, static_cast<int64_t>(wait_us))});
  }
  return all;
}

}  // namespace spreaders::events
