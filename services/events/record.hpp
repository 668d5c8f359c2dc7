// The one way of an event from outside into table `event`: known ones are left out, its person is found, what they say
// about people is applied, a campaign is given its due, and the row is written. One transaction, many events:
//
//   auto recorded = TRY(record_events(tx, {tracking, journal}, workspace, events, clock.now()));
//   recorded[i].is_new        // false: this messageId was known, nothing was done
//
// Attribution: the message whose landing address brought the person (context.spreaders.token), or the campaign whose
// mail they clicked last within a week. Only tracked events count for a campaign, and none that has a name of ours
// (kOwnEvents): nobody outside can add to the opens and clicks of a mail.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/audience/facts.hpp"
#include "services/events/people.hpp"
#include "services/tracking/tracking.hpp"

namespace spreaders::services {

struct RecordSetup {
  const Tracking& tracking;
  audience::Journal journal;
};

struct Recorded {
  bool is_new = false;
  std::string message_id, contact_id;
  Issues notes = {};  // what was not applied, by its place in the event
};

// One for each event, in order.
Result<std::vector<Recorded>> record_events(storage::Tx& tx, const RecordSetup& setup, const std::string& workspace,
                                            std::span<const IncomingEvent* const> events, Instant now);

}  // namespace spreaders::services
