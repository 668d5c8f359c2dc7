// Triggers by events: what is recorded about a person starts runs for them, in the event's own transaction. An event is
// recorded once by its message id, and a person enters a workflow once under an entry key, so each event starts a run
// exactly once whatever dies or is repeated.
//
//   int started = TRY(start_for_facts(tx, workspace, facts, now, ids));   // after their rows are written
//
// An event whose person is not known starts nothing; when the person becomes known within kLateMax_us, it starts what
// it would have started, of the triggers that were running when it came and have been ever since.
#pragma once

#include <span>

#include "services/audience/facts.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows {

constexpr int64_t kLateMax_us = 3 * kDay_us;

// How many runs. What a trigger is itself to blame for pauses that trigger with the reason and stops neither the event
// nor another trigger.
Result<int> start_for_facts(storage::Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts,
                            Instant now, Ids& ids);

}  // namespace spreaders::workflows
