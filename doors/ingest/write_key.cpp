#include "doors/ingest/write_key.hpp"

#include <algorithm>
#include <cmath>

#include "core/bytes.hpp"

namespace spreaders::doors {

namespace {

constexpr size_t kAuthorizationBytesMax = 1000;

// Segment's own words: its clients look for them.
Error bad_header() { return Error{Code::kUnauthenticated, "Invalid Authorization Header"}; }

Result<std::string> basic_user(const HttpServerRequest& request, const std::string& spare_key) {
  const auto* header = request.header("authorization");
  if (header == nullptr && !spare_key.empty()) return spare_key;
  if (header == nullptr || header->size() > kAuthorizationBytesMax) return bad_header();
  size_t space = header->find(' ');
  if (space == std::string::npos || lower_ascii(header->substr(0, space)) != "basic") return bad_header();
  auto pair = base64_decode(trim(std::string_view(*header).substr(space + 1)));
  if (!pair.ok()) return bad_header();
  size_t colon = pair->find(':');
  if (colon == std::string::npos || colon + 1 != pair->size()) return bad_header();
  return pair->substr(0, colon);
}

}  // namespace

Result<services::KeyHolder> WriteKeys::admit(const HttpServerRequest& request, const std::string& spare_key) {
  std::string key = TRY(basic_user(request, spare_key));
  auto holder = storage_.read(storage::Scope::system(),
                              [&](storage::Tx& tx) { return services::find_by_key(tx, key, "ingest"); });
  Secret::wipe(key);
  if (!holder.ok()) return holder.error().code == Code::kUnauthenticated ? bad_header() : holder.error();
  // A key that can do more must not be put where write keys are put.
  if (holder->kind != services::KeyKind::kWriteKey) return bad_header();
  TRY(take_token(holder->principal.id));
  return std::move(*holder);
}

Result<void> WriteKeys::take_token(const std::string& key_id) {
  std::lock_guard lock(mutex_);
  if (buckets_.size() >= limits_.keys_max && !buckets_.contains(key_id)) buckets_.clear();
  int64_t now_ms = monotonic_ms();
  auto [entry, added] = buckets_.try_emplace(key_id, Bucket{limits_.burst, now_ms});
  Bucket& bucket = entry->second;
  double per_ms = limits_.requests_per_second / 1000;
  bucket.tokens = std::min(limits_.burst, bucket.tokens + static_cast<double>(now_ms - bucket.at_ms) * per_ms);
  bucket.at_ms = now_ms;
  if (bucket.tokens < 1) {
    auto wait_ms = static_cast<int64_t>(std::ceil((1 - bucket.tokens) / per_ms));
    return Error{Code::kRateLimited, "too many events with this key", "", std::max<int64_t>(wait_ms, 1)};
  }
  bucket.tokens -= 1;
  return {};
}

}  // namespace spreaders::doors
