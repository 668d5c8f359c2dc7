#include "core/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace spreaders {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kPermissionDenied:
      return "permission_denied";
    case Code::kApprovalRequired:
      return "approval_required";
    case Code::kReconnectNeeded:
      return "reconnect_needed";
    case Code::kNotConfigured:
      return "not_configured";
    case Code::kUnsupported:
      return "unsupported_by_platform";
    case Code::kRateLimited:
      return "rate_limited";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kOutcomeUnknown:
      return "outcome_unknown";
    case Code::kVendorRejected:
      return "vendor_rejected";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::text() const {
  std::string all = message;
  for (const auto& issue : issues) {
    all += "\n  " + (issue.pointer.empty() ? std::string("(the whole)") : issue.pointer) + ": " + issue.message;
  }
  return all;
}

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, why);
  std::fflush(stderr);
  std::abort();
}

}  // namespace spreaders
