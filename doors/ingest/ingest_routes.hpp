// POST /v1/track: one event of a shop or an app, as Segment's clients send it.
//
//   curl -u "$WRITE_KEY:" -d '{"event":"Order Completed","userId":"u1","properties":{"revenue":89}}'
//   http://127.0.0.1:8080/v1/track
//
// 200 {"success":true} only after the event is durable; a messageId that is known already answers the same. Else
// problem JSON: 401 no such write key, 400 every problem with its place, 413 over 32 KB, 415 a compressed body, 429 too
// fast, 503 try again. Web pages of any origin may send (CORS, Fetch standard): the key is the proof, no cookie is
// read.
#pragma once

#include <vector>

#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"
#include "services/tracking/tracking.hpp"

namespace spreaders::doors {

// The arguments outlive the server.
std::vector<Route> ingest_routes(storage::Storage& storage, Clock& clock, const services::Tracking& tracking,
                                 WriteKeyLimits limits = {});

}  // namespace spreaders::doors
