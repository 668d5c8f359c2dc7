#include "doors/ingest/write_key.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/bytes.hpp"

namespace spreaders::doors {

namespace {

constexpr size_t kAuthorizationBytesMax = 1000;

// Segment's own words: its clients look for them.
Error bad_header() { return Error{Code::kUnauthenticated, "Invalid Authorization Header"}; }

Result<std::string> basic_user(std::string_view credentials) {
  auto pair = base64_decode(trim(credentials));
  if (!pair.ok()) return bad_header();
  size_t colon = pair->find(':');
  if (colon == std::string::npos || colon + 1 != pair->size()) return bad_header();
  return pair->substr(0, colon);
}

Result<std::string> key_of(const HttpServerRequest& request, const std::string& spare_key) {
  const auto* header = request.header("authorization");
  if (header == nullptr && !spare_key.empty()) return spare_key;
  if (header == nullptr || header->size() > kAuthorizationBytesMax) return bad_header();
  size_t space = header->find(' ');
  if (space == std::string::npos) return bad_header();
  std::string scheme = lower_ascii(header->substr(0, space));
  std::string_view credentials = std::string_view(*header).substr(space + 1);
  if (scheme == "bearer") return std::string(trim(credentials));
  if (scheme != "basic") return bad_header();
  return basic_user(credentials);
}

// What one client has: an IPv4 address, or the first 64 bits of an IPv6 one.
std::string client_of(const std::string& address) {
  in6_addr parsed{};
  constexpr size_t kNetworkBytes = 8;
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) return address;
  return hex(std::string_view(reinterpret_cast<const char*>(parsed.s6_addr), kNetworkBytes));
}

}  // namespace

Result<services::KeyHolder> WriteKeys::admit(const HttpServerRequest& request, const std::string& spare_key,
                                             std::string_view scope) {
  TRY(take_token("address " + client_of(request.remote_address), limits_.requests_per_second_of_address,
                 limits_.burst_of_address));
  std::string key = TRY(key_of(request, spare_key));
  auto holder = storage_.read(storage::Scope::system(),
                              [&](storage::Tx& tx) { return services::find_by_key(tx, key, "ingest"); });
  Secret::wipe(key);
  if (!holder.ok()) return holder.error().code == Code::kUnauthenticated ? bad_header() : holder.error();
  // A key that can call tools for a person or a model must not be put where the keys of shops are put.
  if (holder->kind != services::KeyKind::kWriteKey && holder->kind != services::KeyKind::kService) return bad_header();
  TRY(take_token("key " + holder->principal.id, limits_.requests_per_second, limits_.burst));
  if (scope != kAnyScope && !holder->principal.may(scope))
    return Error{Code::kPermissionDenied, "this key does not have the scope " + std::string(scope)};
  return std::move(*holder);
}

Result<void> WriteKeys::take_token(const std::string& who, double per_second, double burst) {
  auto taken = TRY(buckets_.take(who, {per_second * 60, burst}, 1));
  if (taken.taken) return {};
  return Error{Code::kRateLimited, "too many requests; send fewer, or several events in one", "",
               std::max<int64_t>(taken.retry_after_ms, 1)};
}

}  // namespace spreaders::doors
