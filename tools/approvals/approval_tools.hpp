// approvals.list and approvals.get for everyone; approvals.decide for a person at the server's terminal, never listed.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList approval_tools();

}  // namespace spreaders::tools
