// Who sends events: Basic authentication with a write key as the user name and an empty password, as Segment's clients
// do (RFC 7617), and a speed limit for each key.
//
//   auto holder = keys.admit(request);     // kUnauthenticated, kRateLimited
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
  size_t keys_max = 10'000;  // remembered at once
};

class WriteKeys {
 public:
  WriteKeys(storage::Storage& storage, WriteKeyLimits limits)
      : storage_(storage), limits_(limits), buckets_(limits.keys_max) {}
  // `spare_key` is tried when there is no Authorization header.
  Result<services::KeyHolder> admit(const HttpServerRequest& request, const std::string& spare_key = "");

 private:
  Result<void> take_token(const std::string& key_id);

  storage::Storage& storage_;
  const WriteKeyLimits limits_;
  LocalBuckets buckets_;
};

}  // namespace spreaders::doors
