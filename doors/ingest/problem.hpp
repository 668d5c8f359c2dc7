// Errors as RFC 9457 problem JSON, with the member `error` that Segment's clients read.
#pragma once

#include "core/result.hpp"
#include "mcp-server/transport/http/server.hpp"

namespace spreaders::doors {

// {"type":"about:blank","title":...,"status":400,"error":...,"code":"invalid_argument","issues":[{"pointer","message"}]}
// kUnauthenticated gets WWW-Authenticate, kRateLimited and kUnavailable get Retry-After; kInternal tells nothing more.
HttpServerResponse problem(const Error& error);
// The same for a status that no error code has, such as 413.
HttpServerResponse problem(int status, const Error& error);

}  // namespace spreaders::doors
