#include "doors/ingest/problem.hpp"

#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace spreaders::doors {

namespace {

int status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kApprovalRequired:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kReconnectNeeded:
      return 409;
    case Code::kNotConfigured:
      return 409;
    case Code::kUnsupported:
      return 422;
    case Code::kVendorRejected:
      return 422;
    case Code::kRateLimited:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kCancelled:
      return 503;
    case Code::kOutcomeUnknown:
      return 202;
    case Code::kInternal:
      return 500;
  }
  return 500;
}

}  // namespace

HttpServerResponse problem(const Error& error) { return problem(status_of(error.code), error); }

HttpServerResponse problem(int status, const Error& error) {
  bool inside = error.code == Code::kInternal;
  std::string message = inside ? "something went wrong on our side" : error.message;
  Json body = {{"type", "about:blank"},
               {"title", message},
               {"status", status},
               {"error", message},
               {"code", code_name(error.code)}};
  if (!error.issues.empty() && !inside) {
    body["issues"] = Json::array();
    for (const auto& issue : error.issues)
      body["issues"].push_back({{"pointer", issue.pointer}, {"message", issue.message}});
  }
  HttpServerResponse response{.status = status,
                              .headers = {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}},
                              .body = to_text(body)};
  if (error.code == Code::kUnauthenticated)
    response.headers.emplace_back("www-authenticate", "Basic realm=\"write key\", charset=\"UTF-8\"");
  if (error.code == Code::kRateLimited || error.code == Code::kUnavailable) {
    response.headers.emplace_back(
        "retry-after", std::to_string((error.retry_after_ms + 999) / 1000 + (error.retry_after_ms == 0 ? 1 : 0)));
  }
  return response;
}

}  // namespace spreaders::doors
