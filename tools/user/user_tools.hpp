// People's accounts in the workspace, and who the caller is. Keys are made on the command line (services/accounts): no
// tool takes or returns a secret.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList user_tools();
extern const Service kUserService;

}  // namespace spreaders::tools
