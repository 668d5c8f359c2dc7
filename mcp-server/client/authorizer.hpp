// The port through which a client's HTTP requests get their credentials: a fixed token (FixedToken) or a whole OAuth
// flow (oauth.hpp).
#pragma once

#include <stop_token>
#include <string>

#include "core/http_client.hpp"

namespace spreaders::mcp {

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Before each try of a request: adds what proves who is asking to its secret headers, and only when the request goes
  // where these credentials belong.
  virtual Result<void> sign(HttpRequest& request) = 0;
  // After 401 or 403. True: it is worth another try.
  virtual Result<bool> refused(const HttpRequest& request, const HttpResponse& head, std::stop_token stop) = 0;
};

// "https://host:port" of an absolute http URL, in lower case and without a default port; empty when it is none.
std::string origin_of(std::string_view url);

// The same header on every request to one origin, such as a key that a person put into the configuration.
class FixedToken final : public Authorizer {
 public:
  FixedToken(std::string_view server_url, std::string header, Secret value)
      : origin_(origin_of(server_url)), header_(std::move(header)), value_(std::move(value)) {}
  Result<void> sign(HttpRequest& request) override;
  Result<bool> refused(const HttpRequest&, const HttpResponse&, std::stop_token) override { return false; }

 private:
  std::string origin_;
  std::string header_;
  Secret value_;
};

}  // namespace spreaders::mcp
