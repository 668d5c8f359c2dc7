// How workflows learn what happens: the journal that the composition root gives to everybody who records facts about
// people. Services do not know of workflows; they tell the journal, in the transaction of what they record.
//
//   audience::Journal journal = listening_journal(ids, [&] { engine.wake(); });
//   TRY(audience::record_facts(tx, workspace, facts, now, journal));    // runs that wait go on, triggers start some
#pragma once

#include <functional>

#include "services/audience/facts.hpp"

namespace spreaders::workflows {

// `wake` is called after a commit that gave an engine something to do; it outlives the journal's users.
audience::Journal listening_journal(Ids& ids, std::function<void()> wake);

}  // namespace spreaders::workflows
