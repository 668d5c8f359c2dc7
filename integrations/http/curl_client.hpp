// HttpClient over libcurl. One object serves the whole process; send() may be called from many threads at once.
//
//   CurlClient http;
//   HttpRequest request{.method = "POST", .url = "https://api.example.com/v1/things", .body = text};
//   auto response = TRY(http.send(request));
//
// - Connections are kept in a bounded pool of handles. Handles for operator-trusted requests and for all others are
//   kept apart, so that an untrusted URL never rides on a connection which was opened without the address check.
// - No redirects, no proxies from the environment, no cookies, no Expect header; http and https only.
// - A request that is not safe to repeat (not GET, HEAD, OPTIONS) goes out at most once: libcurl's silent second try on
//   a dead kept-alive connection is stopped and becomes kOutcomeUnknown.
// - Errors name the host and port only: never the path, the query or a header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/http_client.hpp"

namespace spreaders {

struct CurlLimits {
  size_t handles_max = 64;       // requests under way at once; more wait for a free one
  size_t idle_handles_max = 16;  // kept with their connections between requests, of each trust
  size_t request_bytes_max = 64 * 1024 * 1024;
  size_t header_bytes_max = 256 * 1024;  // of one response, and of one request
  int64_t idle_connection_s_max = 60;    // an older kept-alive connection is not used again
  // "host:port:address": names answered from here and not from DNS. The address is checked like every other one.
  std::vector<std::string> pinned_names = {};
};

class CurlClient : public HttpClient {
 public:
  explicit CurlClient(CurlLimits limits = {});
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Result<HttpResponse> send(const HttpRequest& request) override;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace spreaders
