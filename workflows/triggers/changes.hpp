// Triggers by what changes about people: an attribute that gets another value, a segment that somebody enters. In the
// transaction of the change; what only time changes (a segment of those who did nothing for 30 days) is found by the
// scheduler's beat, within kLookEvery_us.
//
//   int started = TRY(start_for_changes(tx, workspace, changed, now, ids));         // contacts that were just written
//   started += TRY(start_for_entering(tx, workspace, contact_ids, now, ids));       // who may have entered a segment
//
// A segment's members are remembered (table trigger_person), so that entering it starts one run, and entering it again
// after leaving it another one. Whoever belongs to it when the trigger starts or resumes has not entered it, unless
// include_existing: then all who belong to it and have not been seen in it yet enter. A trigger holds for the rule that
// was approved: once the segment has another one, it starts nobody and is paused.
#pragma once

#include <set>
#include <span>

#include "services/audience/facts.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows {

constexpr int64_t kLookEvery_us = 5 * kMinute_us;

// How many runs, as start_for_facts() in events.hpp.
Result<int> start_for_changes(storage::Tx& tx, const std::string& workspace,
                              std::span<const audience::ContactChanged> changed, Instant now, Ids& ids);
Result<int> start_for_entering(storage::Tx& tx, const std::string& workspace, const std::set<std::string>& contact_ids,
                               Instant now, Ids& ids);

// Fills in the id, the name and the rule; kInvalidArgument with the place when there is no such segment.
Result<void> bind_segment(storage::Tx& tx, const std::string& workspace, SegmentSpec& spec);
// kInvalidArgument when the segment is gone or has another rule by now.
Result<void> check_segment(storage::Tx& tx, const std::string& workspace, const SegmentSpec& spec);
// What starts and resumes a trigger by a segment: those who belong to it now have not entered it, except where it is
// also for those. As check_segment().
Result<void> remember_members(storage::Tx& tx, const std::string& workspace, const Trigger& trigger, Instant now);
// Who has entered or left since it was looked last; how many runs. Transactions of its own, a page of people each; when
// there are more than a beat should take, the next beat goes on. The same failures as check_segment().
Result<int> look_for_entering(storage::Storage& storage, const std::string& workspace, const std::string& trigger_id,
                              Instant now, Ids& ids);

}  // namespace spreaders::workflows
