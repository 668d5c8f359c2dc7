// The second wall around a workspace: forced row-level security. Private to storage/postgres.
#pragma once

#include "storage/storage.hpp"

namespace spreaders::storage::postgres {

// Fails with a clear message when the role could walk through the wall: a superuser, or one with BYPASSRLS.
Result<void> refuse_unbound_role(Tx& tx);

// Puts the wall around every table that has a workspace_id and none yet. Needs the owner of the tables only when there
// is something to do.
Result<void> wall_tables(Tx& tx);

}  // namespace spreaders::storage::postgres
