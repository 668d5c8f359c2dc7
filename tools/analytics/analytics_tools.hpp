// analytics.getOverview getEngagement getConversions.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList analytics_tools();

}  // namespace spreaders::tools
