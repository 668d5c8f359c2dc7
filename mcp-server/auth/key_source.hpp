// Where the keys of an authorization server come from: a file, or a URL that is asked again when they are old or a
// token names a key that is not among them, but never more often than `refetch_min_ms`: tokens with invented key ids
// make no load on the authorization server.
//
//   KeySource source({.url = "https://login.example.org/keys"}, http, system_clock());
//   auto keys = TRY(source.keys());
//
// Threads: any; one asks, those that need the answer wait for it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/http_client.hpp"
#include "core/time.hpp"
#include "mcp-server/auth/jwk.hpp"

namespace spreaders::mcp {

struct KeySourceOptions {
  std::string url = {};   // of the operator's own configuration, so it may lie in a private network
  std::string file = {};  // when there is no URL
  int64_t refetch_min_ms = 30'000;
  int64_t refresh_after_ms = 10 * 60'000;    // a key that was withdrawn is used no longer than this ...
  int64_t stale_max_ms = 6LL * 60 * 60'000;  // ... or than this while the authorization server cannot be asked
  int64_t timeout_ms = 5'000;
};

using KeySetPtr = std::shared_ptr<const KeySet>;  // shared by the source and the checks that run with it

class KeySource {
 public:
  KeySource(KeySourceOptions options, HttpClient& http, Clock& clock);

  // kUnavailable while there are none.
  Result<KeySetPtr> keys();
  // After `seen` lacked a key: newer ones where there are any, else `seen` again.
  Result<KeySetPtr> newer_than(const KeySetPtr& seen);

 private:
  Result<KeySetPtr> fetch(int64_t now_ms);
  [[nodiscard]] Result<std::string> read() const;

  const KeySourceOptions options_;
  HttpClient& http_;
  Clock& clock_;
  std::mutex fetching_;  // taken before mutex_; held while the server is asked
  std::mutex mutex_;     // guards what follows
  KeySetPtr keys_;
  int64_t got_ms_ = 0;
  int64_t tried_ms_ = 0;
  bool tried_ = false;
};

}  // namespace spreaders::mcp
