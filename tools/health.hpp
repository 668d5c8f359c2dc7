// What several services look at to say how they are.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

// Reads from a table of the caller's workspace: kOk with `found`, or kDown with what the database said.
Health readable(ToolContext& context, std::string_view table, std::string found);
// The connection that mail of this workspace goes out through, as it was when it was last tested.
Health mail_health(ToolContext& context);

}  // namespace spreaders::tools
