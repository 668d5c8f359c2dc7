// The HttpClient port (core/http_client.hpp) for plain http:// on loopback and nowhere else: simulated readers, health
// probes and tests. Any other host is refused with kPermissionDenied before a name is looked up. Redirects are never
// followed; the caller finds them in the location header. Connections are kept per port. Not safe for two threads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/http_client.hpp"

namespace spreaders::net {

// The parts of an absolute loopback URL.
struct LoopbackUrl {
  std::string host;  // an address literal: 127.0.0.1, ::1
  int port = 80;
  std::string target;  // path and query, never empty
};
// kInvalidArgument when it is no http URL, kPermissionDenied when the host is not loopback.
Result<LoopbackUrl> parse_loopback_url(std::string_view url);

// Resolves a Location header against the URL it came from (absolute URLs, absolute paths and relative ones).
std::string resolve_url(std::string_view base, std::string_view reference);

class LoopbackClient : public HttpClient {
 public:
  LoopbackClient();
  ~LoopbackClient() override;
  // on_data and stop of the request are honoured between pieces of the body.
  Result<HttpResponse> send(const HttpRequest& request) override;

 private:
  struct Connection;
  std::map<std::string, std::unique_ptr<Connection>> connections_;  // by "host port"
};

}  // namespace spreaders::net
