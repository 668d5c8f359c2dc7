// Waiting for events. A token subscribes in the engine's transaction and looks back over the events there are; who
// records an event wakes the tokens that wait for it in the event's own transaction. Neither can miss the other: both
// hold a lock on the subject, and the engine, which never waits for it, comes again a moment later.
//
//   Result<int> woken = wake_for_event(tx, workspace, message_id, now);
//   if (woken.ok() && *woken > 0) tx.after_commit([&] { engine.wake(); });   // else it looks within idle_poll_ms
//
// An event is about its contact and about its campaign, so a run waits for events about whichever its subject is.
// Whoever writes events without waking loses nothing: a wait looks once more when its time is up.
#pragma once

#include <string>

#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::workflows {

// After the event's row is written. How many tokens became ready; 0 too when there is no such event.
Result<int> wake_for_event(storage::Tx& tx, const std::string& workspace, const std::string& message_id, Instant now);

}  // namespace spreaders::workflows
