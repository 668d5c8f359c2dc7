// A trigger as tools show it.
#pragma once

#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows {

struct TriggerView {
  std::string trigger_id, workflow_id, name, reason, starts;
  int64_t version = 0;
  TriggerState state = TriggerState::kInitialized;
  Json on;
  std::optional<Instant> next_fire_at, last_fire_at;
  int64_t fires = 0, skipped = 0;
  SPR_FIELDS(TriggerView, SPR_FIELD(trigger_id, "Id of the trigger"), SPR_FIELD(workflow_id, "What it starts"),
             SPR_FIELD(name, "Its name"), SPR_FIELD(reason, "Why it was paused unasked"),
             SPR_FIELD(starts, "When, in words"), SPR_FIELD(version, "Version that it starts"),
             SPR_FIELD(state, "Where it is in its life"), SPR_FIELD(on, "As addTrigger takes it"),
             SPR_FIELD(next_fire_at, "Next scheduled time; none if left out"),
             SPR_FIELD(last_fire_at, "When it last started a run"), SPR_FIELD(fires, "Runs it started"),
             SPR_FIELD(skipped, "Missed times left out"));
};

inline TriggerView view_of(const Trigger& trigger) {
  Json on = {{enum_name(type_of(trigger.spec)), encoded(trigger.spec)}};
  const bool at_times = std::holds_alternative<ScheduleSpec>(trigger.spec);
  return {trigger.id,           trigger.workflow_id,    trigger.name,
          trigger.reason,       in_words(trigger.spec), trigger.version,
          trigger.state,        std::move(on),          at_times ? trigger.next_fire_at : std::nullopt,
          trigger.last_fire_at, trigger.fires,          trigger.skipped};
}

}  // namespace spreaders::workflows
