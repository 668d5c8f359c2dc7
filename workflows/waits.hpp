// Waiting for events. A token subscribes in the engine's transaction and looks back over the events there are; who
// records an event wakes the tokens that wait for it in the event's own transaction. Neither can miss the other: both
// hold a lock on the subject, and the engine, which never waits for it, comes again a moment later.
//
//   int woken = TRY(wake_for_facts(tx, workspace, facts, now));   // after their rows are written
//   if (woken > 0) tx.after_commit([&] { engine.wake(); });       // else it looks within idle_poll_ms
//
// An event is about its contact and about its campaign, so a run waits for events about whichever its subject is.
// Whoever writes events without waking loses nothing: a wait looks once more when its time is up.
#pragma once

#include <span>
#include <string>

#include "services/audience/facts.hpp"

namespace spreaders::workflows {

// How many tokens became ready and goals were reached. Called by listening_journal() (workflows/listening.hpp) for
// whoever records facts.
Result<int> wake_for_facts(storage::Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts,
                           Instant now);

}  // namespace spreaders::workflows
