// POST /v1/{track,identify,page,screen,group,alias,batch,import} and their short forms /v1/{t,i,p,s,g,a,b}: events of
// shops and apps, as Segment's clients send them. POST /event: the plain form of captured.hpp, with the same rules.
//
//   curl -u "$WRITE_KEY:" -d '{"event":"Order Completed","userId":"u1","properties":{"revenue":89}}'
//   http://127.0.0.1:8080/v1/track
//
// 200 {"success":true} only after the events are durable; a messageId that is known already answers the same. Beside
// it may stand
//   "refused": [{"pointer":"/batch/3/userId","message":...}]   events of a batch that were not taken, the others were
//   "notes":   [{"pointer":"/batch/0/traits/tags","message":...}]   what was kept in the event and applied nowhere else
// each the first kIssuesMax. Else problem JSON: 400 every problem with its place, when no event was taken; 401 no such
// key, 403 a key without events:write, 413 over 32 KB an event or 500 KB a batch, 415 a compressed body, 429 too fast,
// 503 try again. The write key may stand in the body as `writeKey`. Web pages of any origin may send (CORS, Fetch
// standard): the key is the proof, no cookie is read.
#pragma once

#include <vector>

#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"
#include "services/events/writer.hpp"

namespace spreaders::doors {

constexpr size_t kBatchBytesMax = 500 * 1024;
constexpr size_t kBatchEventsMax = 5000;
constexpr size_t kIssuesMax = 100;  // in one answer

// The arguments outlive the server.
std::vector<Route> ingest_routes(storage::Storage& storage, Clock& clock, Ids& ids, services::EventWriter& writer,
                                 WriteKeyLimits limits = {});

}  // namespace spreaders::doors
