// The contacts of a workspace as the simulator wants them: who they are, which rules hold for them today, and who may
// be written to.
#pragma once

#include "services/audience/audience.hpp"
#include "workflows/inspect/simulate.hpp"

namespace spreaders::workflows::inspect {

struct Contacts {
  storage::Storage& storage;
  storage::SendGuard& guard;
  std::string workspace;
  storage::AudienceRef audience;
  Instant now;  // when rules are looked at
};
// In the order of their ids, a page at a time, each in a reading transaction of its own. `prepared` and what
// `contacts` refers to outlive what is returned. A rule that names no list there is fails the first page.
NextPeople contacts_of(const Prepared& prepared, const Contacts& contacts);

// How many a for_each node reaches, and who of them may not be written to.
Result<Mailing> count_mailing(const Node& node, const Contacts& contacts, storage::ProfileSource& profiles);
// Of each for_each node, written into `prepared`.
Result<void> count_mailings(Prepared& prepared, const Contacts& contacts, storage::ProfileSource& profiles);

}  // namespace spreaders::workflows::inspect
