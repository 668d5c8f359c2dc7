// What starts runs of a workflow by itself. Lifecycle: create -> initialized -> start -> running <-> paused -> stop ->
// stopped -> destroy -> destroyed (its runs are cancelled). Its runs act under the approval it was started with.
//
//   auto trigger = TRY(create_trigger(tx, workspace, {.workflow_id = id, .version = 1, .spec = weekly}, now, ids));
//   TRY(start_trigger(tx, workspace, trigger.id, {principal, approval}, now));
//   TRY(fire_due(storage, clock, ids));             // the scheduler's beat: a run for every time that has come
//
// A time starts at most one run, whatever dies or is repeated: its entry key is the trigger and the scheduled time. How
// events, changes and calls start runs is in events.hpp, changes.hpp and calls.hpp beside this.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"
#include "workflows/triggers/spec.hpp"

namespace spreaders::workflows {

enum class TriggerState : uint8_t { kInitialized, kRunning, kPaused, kStopped, kDestroyed };
SPR_ENUM(TriggerState, {TriggerState::kInitialized, "initialized"}, {TriggerState::kRunning, "running"},
         {TriggerState::kPaused, "paused"}, {TriggerState::kStopped, "stopped"},
         {TriggerState::kDestroyed, "destroyed"});

struct NewTrigger {
  std::string workflow_id;
  int64_t version = 0;
  std::string name;
  TriggerSpec spec;
};

struct Trigger {
  std::string id, workflow_id, name;
  int64_t version = 0;
  TriggerSpec spec;
  TriggerState state = TriggerState::kInitialized;
  std::string reason;                                 // why it is paused, if it was not asked to
  std::optional<Instant> next_fire_at, last_fire_at;  // of a segment: when it is looked at next
  int64_t fires = 0, skipped = 0;
  std::optional<Instant> running_since;  // while it runs
  Instant created_at;
  int64_t rev = 0;
  std::string principal, approval_id;  // under which its runs act, once it is started
};

struct StartedBy {
  Principal principal;
  std::string approval_id;
};

// kInvalidArgument names what there is not, such as the segment.
Result<Trigger> create_trigger(storage::Tx& tx, const std::string& workspace, const NewTrigger& trigger, Instant now,
                               Ids& ids);
Result<Trigger> get_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id);
Result<std::vector<Trigger>> list_triggers(storage::Tx& tx, const std::string& workspace,
                                           const std::string& workflow_id);
// Each answers kConflict with the present state where the lifecycle does not allow it.
Result<Trigger> start_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id, const StartedBy& by,
                              Instant now);
Result<Trigger> pause_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
// Times that passed meanwhile follow the schedule's rule for missed times; who entered a segment meanwhile starts
// nothing.
Result<Trigger> resume_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
Result<Trigger> stop_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
// Also cancels its runs that have not ended.
Result<Trigger> destroy_trigger(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);

// Starts the runs of all running triggers whose time has come, and looks who has entered segments meanwhile; how many.
// A trigger whose workflow cannot be started is paused with the reason, and stops no other.
Result<int> fire_due(storage::Storage& storage, Clock& clock, Ids& ids);
// The next time of a running trigger that fires for the last time some day: what a virtual clock may jump to. (One
// without an end would pull it forward for ever; it fires when the clock passes its times.)
Result<std::optional<Instant>> next_fire_that_ends(storage::Storage& storage);

}  // namespace spreaders::workflows
