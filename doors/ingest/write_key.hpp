// Who speaks at the doors of shops, apps and services, and how fast: a client's write key, which may be public and only
// sends events, or a service's key with its scopes. The key is the user name of Basic authentication with an empty
// password, as Segment's clients send it (RFC 7617), or a Bearer token (RFC 6750).
//
//   auto holder = keys.admit(request);                 // kUnauthenticated, kPermissionDenied, kRateLimited
//   if (!holder.ok()) return problem(holder.error());
#pragma once

#include <string>

#include "core/buckets.hpp"
#include "mcp-server/transport/http/server.hpp"
#include "services/accounts/accounts.hpp"

namespace spreaders::doors {

struct WriteKeyLimits {
  double requests_per_second = 500;  // of one key
  double burst = 2000;
  double requests_per_second_of_address = 1000;  // with whatever keys, wrong ones too
  double burst_of_address = 4000;
  size_t keys_max = 10'000;  // and addresses, remembered at once
};

constexpr std::string_view kAnyScope = "";  // who asks looks at the key itself

class WriteKeys {
 public:
  WriteKeys(storage::Storage& storage, WriteKeyLimits limits)
      : storage_(storage), limits_(limits), buckets_(limits.keys_max) {}
  // `spare_key` is tried when there is no Authorization header. `scope`: what the key has to allow.
  Result<services::KeyHolder> admit(const HttpServerRequest& request, const std::string& spare_key = "",
                                    std::string_view scope = "events:write");

 private:
  Result<void> take_token(const std::string& who, double per_second, double burst);

  storage::Storage& storage_;
  const WriteKeyLimits limits_;
  LocalBuckets buckets_;
};

}  // namespace spreaders::doors
