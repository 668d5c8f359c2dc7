#include "workflows/listening.hpp"

#include "workflows/triggers/events.hpp"
#include "workflows/waits.hpp"

namespace spreaders::workflows {

using storage::Tx;

audience::Journal listening_journal(Ids& ids, std::function<void()> wake) {
  audience::Journal journal{ids};
  journal.on_facts = [&ids, wake = std::move(wake)](Tx& tx, const std::string& workspace,
                                                    std::span<const audience::Fact> facts,
                                                    Instant now) -> Result<void> {
    int woken = TRY(wake_for_facts(tx, workspace, facts, now));
    // After it: what wakes a run is not what a run begins with.
    int started = TRY(start_for_facts(tx, workspace, facts, now, ids));
    if (woken + started > 0 && wake) tx.after_commit(wake);
    return {};
  };
  return journal;
}

}  // namespace spreaders::workflows
