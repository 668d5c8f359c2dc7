// Who sends events: Basic authentication with a write key as the user name and an empty password, as Segment's clients
// do (RFC 7617), and a speed limit for each key.
//
//   auto holder = keys.admit(request);     // kUnauthenticated, kRateLimited
//   if (!holder.ok()) return problem(holder.error());
#pragma once

#include <map>
#include <mutex>
#include <string>

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
  WriteKeys(storage::Storage& storage, WriteKeyLimits limits) : storage_(storage), limits_(limits) {}
  // `spare_key` is tried when there is no Authorization header.
  Result<services::KeyHolder> admit(const HttpServerRequest& request, const std::string& spare_key = "");

 private:
  Result<void> take_token(const std::string& key_id);

  struct Bucket {
    double tokens = 0;
    int64_t at_ms = 0;
  };
  storage::Storage& storage_;
  const WriteKeyLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace spreaders::doors
