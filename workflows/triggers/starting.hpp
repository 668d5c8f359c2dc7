// Inside the triggers: how one of them starts a run for a person.
#pragma once

#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows {

struct Entry {
  std::string contact_id;
  std::string key;         // a second entry of the person with the same key is none
  std::string event = {};  // message_id
  Json cause;              // what the run says of how it began, as context.trigger beside the trigger's id
};
// Whether a run began. Its failure is the trigger's own or may pass, see hold_if_broken().
Result<bool> enter(storage::Tx& tx, const std::string& workspace, const Trigger& trigger, const Entry& entry,
                   Instant now, Ids& ids);
// As get_trigger(); nobody changes it before this transaction ends.
Result<Trigger> get_trigger_to_start(storage::Tx& tx, const std::string& workspace, const std::string& id);
// Running triggers of the workspace that listen to one of these, or to anything where there are none; nobody changes
// them before this transaction ends.
Result<std::vector<Trigger>> running_triggers(storage::Tx& tx, const std::string& workspace, TriggerType type,
                                              const std::set<std::string>& listen_to);
// Runs `body`, which does something for the trigger, so that its failure undoes only that. What the trigger itself is
// to blame for pauses it with the reason and answers false; what may pass is an error.
Result<bool> hold_if_broken(storage::Tx& tx, const std::string& workspace, const Trigger& trigger, Instant now,
                            const std::function<Result<void>()>& body);
// It has to be looked at by somebody; nothing happens where it does not run any more.
Result<void> pause_broken(storage::Tx& tx, const std::string& workspace, const std::string& trigger_id,
                          const Error& error, Instant now);
// What the trigger itself is to blame for; everything else may pass.
bool is_its_own(Code code);

}  // namespace spreaders::workflows
