// POST /initiateJourney: a service starts a workflow for a person, by a trigger of type api
// (workflows/triggers/calls.hpp).
//
//   curl -H "Authorization: Bearer $SERVICE_KEY" -d '{"journeyId":"wf_1","userId":"u1","idempotencyKey":"order-7",
//   "properties":{"plan":"pro"}}' http://127.0.0.1:8080/initiateJourney
//
// journeyId: the trigger, or a workflow that has one; userId, email or both. The key needs the scope workflows:run; a
// write key, which may be public, starts only triggers that say public_keys. 200 {"run_id","trigger_id","started"}
// after the run is durable; the same idempotencyKey for the same person answers the same run, then started is false.
// Else problem JSON with the place of each mistake: 400, 401 no such key, 403 a key that may not, 404 no such workflow
// or person, 409 the trigger is paused or its workflow is full, 413, 415, 429 too fast, 503 try again.
#pragma once

#include <functional>
#include <vector>

#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"

namespace spreaders::doors {

constexpr size_t kJourneyBytesMax = 64 * 1024;

// The arguments outlive the server. `wake` is called when a run was started.
std::vector<Route> journey_routes(storage::Storage& storage, Clock& clock, Ids& ids, std::function<void()> wake,
                                  WriteKeyLimits limits = {});

}  // namespace spreaders::doors
