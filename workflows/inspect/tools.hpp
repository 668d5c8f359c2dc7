// The tools that look into workflows before and after they run: what would happen, what changed, why something did or
// did not happen.
#pragma once

#include "core/tool.hpp"

namespace spreaders::workflows {

ToolList inspect_tools();

namespace inspect {
extern const ToolSpec kSimulate, kDiff, kMigrate, kDryRun, kExplain;
}

}  // namespace spreaders::workflows
