#include "workflows/listening.hpp"

#include "workflows/waits.hpp"

namespace spreaders::workflows {

audience::Journal listening_journal(Ids& ids, std::function<void()> wake) {
  return {ids,
          [wake = std::move(wake)](storage::Tx& tx, const std::string& workspace, std::span<const audience::Fact> facts,
                                   Instant now) -> Result<void> {
            int woken = TRY(wake_for_facts(tx, workspace, facts, now));
            if (woken > 0 && wake) tx.after_commit(wake);
            return {};
          }};
}

}  // namespace spreaders::workflows
