// approvals.list and approvals.get for everyone; approvals.decide for a person at the server's terminal, never listed.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList approval_tools();
extern const Service kApprovalsService;

}  // namespace spreaders::tools
