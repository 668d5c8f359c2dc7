#include "workflows/listening.hpp"

#include "workflows/triggers/changes.hpp"
#include "workflows/triggers/events.hpp"
#include "workflows/waits.hpp"

namespace spreaders::workflows {

using storage::Tx;

audience::Journal listening_journal(Ids& ids, std::function<void()> wake) {
  audience::Journal journal{ids};
  journal.on_facts = [&ids, wake](Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts,
                                  Instant now) -> Result<void> {
    int woken = TRY(wake_for_facts(tx, workspace, facts, now));
    // After it: what wakes a run is not what a run begins with.
    woken += TRY(start_for_facts(tx, workspace, facts, now, ids));
    std::set<std::string> people;
    for (const auto& fact : facts) people.insert(fact.contact_id);
    woken += TRY(start_for_entering(tx, workspace, people, now, ids));
    if (woken > 0 && wake) tx.after_commit(wake);
    return {};
  };
  journal.on_contacts = [&ids, wake](Tx& tx, const std::string& workspace,
                                     std::span<const audience::ContactChanged> changed, Instant now) -> Result<void> {
    int started = TRY(start_for_changes(tx, workspace, changed, now, ids));
    std::set<std::string> people;
    for (const auto& one : changed) people.insert(one.contact_id);
    started += TRY(start_for_entering(tx, workspace, people, now, ids));
    if (started > 0 && wake) tx.after_commit(wake);
    return {};
  };
  return journal;
}

}  // namespace spreaders::workflows
