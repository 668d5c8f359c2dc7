// email.manageList, email.segmentAudience and email.manageSubscriber.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList email_audience_tools();

extern const ToolSpec kManageList;        // lists.cpp
extern const ToolSpec kSegmentAudience;   // segments.cpp
extern const ToolSpec kManageSubscriber;  // subscribers.cpp

}  // namespace spreaders::tools
