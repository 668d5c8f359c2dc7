// audience.resolve.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList audience_resolve_tools();

}  // namespace spreaders::tools
