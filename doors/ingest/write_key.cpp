#include "doors/ingest/write_key.hpp"

#include <algorithm>

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
  auto taken = TRY(buckets_.take(key_id, {limits_.requests_per_second * 60, limits_.burst}, 1));
  if (taken.taken) return {};
  return Error{Code::kRateLimited, "too many events with this key", "", std::max<int64_t>(taken.retry_after_ms, 1)};
}

}  // namespace spreaders::doors
