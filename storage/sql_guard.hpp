// What both engines check before they run a statement.
#pragma once

#include <string_view>

#include "storage/storage.hpp"

namespace spreaders::storage {

// The first wall around a workspace: outside the system's scope a statement that does not name workspace_id is a
// programmer error and ends the process. `sql` comes from our own source, never from input.
void guard_statement(std::string_view sql, const Scope& scope);

}  // namespace spreaders::storage
