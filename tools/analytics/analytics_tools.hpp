// analytics.getOverview getEngagement getConversions.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList analytics_tools();
extern const Service kAnalyticsService;

}  // namespace spreaders::tools
