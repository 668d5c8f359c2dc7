// Dead letters: runs that ended because a step failed for good, messages that the other side refused or that were tried
// in vain, and those of which nobody knows whether they arrived. They stay until a person or an agent decides.
//
//   for (const auto& letter : TRY(dead_letters(tx, workspace, {.limit = 50}))) ...
//   TRY(replay(tx, workspace, "run_...", {}, now, ids));       // goes on at the step that failed
//   TRY(discard(tx, workspace, "out_...", "the address is gone", principal.id, now));
//
// A replayed run keeps its history, its results and the keys of its calls: what has happened is not done again. Waits
// for an event begin anew and look back to where they looked before; a question to a person is asked again; the
// messages that its failure held back are released; a goal that was reached meanwhile ends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "storage/storage.hpp"

namespace spreaders::workflows {

struct DeadLetter {
  std::string id;  // of the run (run_...) or the message (out_...)
  bool is_run = true;
  std::string state;  // failed; unknown: nobody knows whether it arrived
  std::string run_id, workflow_id, workflow, campaign_id, node, subject, reason;
  Instant at;  // since when
};

struct LetterFilter {
  std::string workflow_id = {}, campaign_id = {};
  struct Place {
    Instant at;
    std::string id;
  };
  std::optional<Place> after = {};  // the letter before the first one wanted
  int limit = 50;
};

// Newest first, without what was discarded.
Result<std::vector<DeadLetter>> dead_letters(storage::Tx& tx, const std::string& workspace, const LetterFilter& filter);
// kNotFound where it is no dead letter of this workspace any more.
Result<DeadLetter> get_dead_letter(storage::Tx& tx, const std::string& workspace, const std::string& id);

struct ReplayOptions {
  bool may_send_twice = false;  // needed for messages of which nobody knows whether they arrived
};
// kNotFound; kConflict with the reason it cannot go on. The caller wakes the engine and the dispatcher.
Result<void> replay(storage::Tx& tx, const std::string& workspace, const std::string& id, const ReplayOptions& options,
                    Instant now, Ids& ids);
// It is listed no more and counts no more as a problem; it can still be replayed.
Result<void> discard(storage::Tx& tx, const std::string& workspace, const std::string& id, const std::string& reason,
                     const std::string& principal, Instant now);

}  // namespace spreaders::workflows
