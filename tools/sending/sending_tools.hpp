// sending.*: when and how often people are written to, and what stops or resumes all marketing.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList sending_tools();
extern const Service kSendingService;

}  // namespace spreaders::tools
