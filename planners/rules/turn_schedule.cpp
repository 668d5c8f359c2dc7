// The schedule of a turn against that of the turns before: set, moved, stretched, its ends corrected.
#include <algorithm>

#include "planners/rules/turns.hpp"

namespace spreaders::planners::rules {
namespace {

// "I meant until 30 May": one of two dates in the wrong order is corrected, the other stays as it was said.
void correct_reversed(State& state, DateFacts& dates) {
  if (!state.reversed_start || !state.reversed_end) return;
  if (dates.start && dates.single_day && *dates.start >= *state.reversed_start) {
    dates.end = dates.start;
    dates.start.reset();
    dates.single_day = false;
  }
  if (dates.end && !dates.start) {
    dates.start = state.reversed_start;
  } else if (dates.start && (!dates.end || dates.single_day) && !dates.duration_days) {
    dates.end = state.reversed_end;
    dates.single_day = false;
  }
}

// "a week later", "three days longer": the schedule as it stands moves or stretches; false where neither was said.
bool move_schedule(Slot<Schedule>& slot, const Facts& facts, int turn) {
  const DateFacts& dates = facts.dates;
  Schedule& schedule = slot.value;
  if (dates.shift_days && !dates.start) {
    schedule.start = add_days(schedule.start, *dates.shift_days);
    if (schedule.end && (dates.shift_whole || *schedule.end < schedule.start ||
                         *schedule.end == add_days(schedule.start, -*dates.shift_days)))
      schedule.end = add_days(*schedule.end, *dates.shift_days);
    slot.from = span(facts, turn, 0, facts.text.size());
    return true;
  }
  if (dates.lengthen_days && !dates.start) {
    if (schedule.duration_days) schedule.duration_days = std::max(1, *schedule.duration_days + *dates.lengthen_days);
    else if (schedule.end) schedule.end = add_days(*schedule.end, *dates.lengthen_days);
    return true;
  }
  return false;
}

}  // namespace

void merge_schedule(State& state, const Facts& facts, int turn) {
  DateFacts dates = facts.dates;
  auto& slot = state.brief.schedule;
  if (dates.impossible || dates.ambiguous || dates.past) {
    state.date_problem = dates.ambiguous && !dates.impossible ? "ambiguous" : "contradiction";
    state.date_words = dates.problem_text;
    return;
  }
  if (dates.event_at) state.event_at = dates.event_at;
  if (state.reversed && !dates.reversed) correct_reversed(state, dates);
  state.reversed = dates.reversed || (state.reversed && !dates.start && !dates.end);
  if (dates.reversed) {
    state.reversed_start = dates.reversed_start;
    state.reversed_end = dates.reversed_end;
    return;
  }
  if (turn > 0 && slot && move_schedule(*slot, facts, turn)) return;
  if (!dates.start && !dates.end && !dates.duration_days) return;
  state.date_problem.clear();
  state.date_words.clear();
  state.schedule_known = true;
  Schedule schedule = slot ? slot->value : Schedule{};
  if (dates.start) {
    schedule.start = *dates.start;
    schedule.start_stated = true;
    const bool keep_end =
        turn > 0 && slot && slot->value.end_stated && dates.single_day && *slot->value.end > *dates.start;
    if (!keep_end &&
        !(turn > 0 && schedule.end && !dates.end && *schedule.end >= schedule.start && schedule.end_stated)) {
      schedule.end.reset();
      schedule.end_stated = false;
    }
    if (turn > 0 && dates.single_day && schedule.duration_days) schedule.end.reset();
  } else if (!slot || !slot->value.start_stated) {
    schedule.start = add_days(state.today, 1);
  }
  const bool moved_only = turn > 0 && slot && dates.single_day && (slot->value.duration_days || slot->value.end_stated);
  if (dates.end && !moved_only) {
    schedule.end = dates.end;
    schedule.end_stated = true;
    schedule.duration_days.reset();
    schedule.duration_stated = false;
  }
  if (dates.duration_days) {
    schedule.duration_days = dates.duration_days;
    schedule.duration_stated = true;
    if (!dates.end) {
      schedule.end.reset();
      schedule.end_stated = false;
    }
  }
  if (schedule.end && *schedule.end < schedule.start) {
    if (schedule.start_stated) state.reversed = true;
    else schedule.start = state.today;
  }
  if (state.event_at && *state.event_at != schedule.start) schedule.event_at = state.event_at;
  slot = Slot<Schedule>{schedule, span(facts, turn, dates.first, dates.last)};
}

}  // namespace spreaders::planners::rules
