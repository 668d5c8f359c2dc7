// Who stands behind the ids that events carry. A person is a contact, and a contact has an address; until one is known,
// what is said of an id waits in table `identity`, and so do its events, which find their person once it is.
//
//   identify  changes the contact (never its consent), or makes one once there is an address
//   alias     the former id is the same person; two people who both have an address stay two
//   others    an event with both ids tells that the anonymous one is that user
#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/audience/contacts.hpp"
#include "services/events/event.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct IncomingEvent {
  Event event;
  std::string source;  // id of the key that says it
  // A service's key. A write key may be public, so it cannot change the address or id of a known person.
  bool trusted = false;
  std::string user_agent = {};  // of the request; for events that name none
};

struct Who {
  std::string contact_id;  // empty: not known yet
  Issues notes;            // what was not applied, by its place in the event
};
// One for each event, in order. Applies what they say about people; set-based, a few statements for all.
Result<std::vector<Who>> resolve_people(storage::Tx& tx, const std::string& workspace,
                                        std::span<const IncomingEvent* const> events, Instant now,
                                        const audience::Journal& journal);
// The contact that this id of a user means in an event: the id of another system, the contact's own id, their address
// or a former id. Empty: nobody. Changes nothing.
Result<std::string> contact_of_user(storage::Tx& tx, const std::string& workspace, const std::string& user_id);

}  // namespace spreaders::services
