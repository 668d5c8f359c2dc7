// The port for every outbound HTTP call. Implemented by integrations/http over libcurl with the SSRF guard.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace spreaders {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string body = {};
  [[nodiscard]] std::string_view header(std::string_view lower_name) const {
    for (const auto& [name, value] : headers) {
      if (name == lower_name) return value;
    }
    return {};
  }
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, absolute
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::vector<std::pair<std::string, Secret>> secret_headers = {};  // never logged or recorded in clear
  std::string body = {};
  int64_t connect_timeout_ms = 10'000;
  int64_t timeout_ms = 60'000;
  int64_t idle_timeout_ms = 60'000;  // no byte for that long: give up
  size_t response_bytes_max = 16 * 1024 * 1024;
  bool trusted_address = false;  // a base URL from the operator's own configuration: may be loopback or private
  std::stop_token stop = {};
  // Called once with status and headers, before any of the body. Return false to stop.
  std::function<bool(const HttpResponse& head)> on_head = {};
  // Called with each piece of the body as it comes, for streams; the response body then stays empty. Return false to
  // stop.
  std::function<bool(std::string_view)> on_data = {};
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Any status is a success here. kUnavailable: nothing reached the server. kOutcomeUnknown: the request may have
  // arrived, but no whole answer came back. kPermissionDenied: the SSRF guard refused the address. kCancelled: stopped.
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

}  // namespace spreaders
