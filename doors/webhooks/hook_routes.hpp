// POST /hooks/{trigger id}: a program outside starts a workflow for a person (workflows/triggers/calls.hpp).
//
//   curl -H "Authorization: Bearer $SECRET" -H "Idempotency-Key: lead-7" -d '{"email":"ada@example.org","plan":"pro"}'
//   http://127.0.0.1:8080/hooks/trg_1
//
// The secret is a service key that may do nothing else, made on the command line: `spreaders key create --kind service
// --scopes hooks:trg_1`. It may stand behind the id, /hooks/trg_1/SECRET, for senders that can set no header. The same
// Idempotency-Key, or without one the same body, starts one run.
//
// 200 {"started":true,"run_id":...} after the run is durable, or {"started":false,"reason":"known" with its run_id,
// "no_contact" (nobody has the address or id) or "no_key" (the body lacks the trigger's key)}. Else problem JSON: 400
// no JSON object, 401 no such key, 403 a key without the scope, 404 no such trigger, 409 it is not running or its
// workflow is full, 413 over 64 KB, 415 a compressed body, 429 too fast, 503 try again.
#pragma once

#include <functional>
#include <vector>

#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"

namespace spreaders::doors {

constexpr size_t kHookBytesMax = 64 * 1024;

// The arguments outlive the server. `wake` is called when a run was started.
std::vector<Route> hook_routes(storage::Storage& storage, Clock& clock, Ids& ids, std::function<void()> wake,
                               WriteKeyLimits limits = {});

}  // namespace spreaders::doors
