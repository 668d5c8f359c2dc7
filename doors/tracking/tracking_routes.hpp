// What the links inside a mail lead to. Facts, not calls: a token proves who may say them (services/tracking).
//
//   GET  /o/{token}.gif     always the 1x1 picture; an open is recorded when the token is ours
//   GET  /c/{token}?u=URL   302 to URL when the token was made for exactly that URL, else a 404 page: never an open
//   redirect GET  /u/{token}         a page with a button; asking changes nothing, for link scanners ask too POST
//   /u/{token}         unsubscribes: List-Unsubscribe=One-Click of a mail provider (RFC 8058) or the page's button;
//                           no cookie, no redirect, no sign-in, the same answer when repeated
//
// HEAD and prefetching requests are answered and not recorded. Pages speak the six languages of the planner.
#pragma once

#include <vector>

#include "doors/pages/route.hpp"
#include "services/tracking/tracking.hpp"

namespace spreaders::doors {

constexpr size_t kClickUrlBytesMax = 8 * 1024;

// The arguments outlive the server.
std::vector<Route> tracking_routes(storage::Storage& storage, Clock& clock, const audience::Journal& journal,
                                   const services::Tracking& tracking);

}  // namespace spreaders::doors
