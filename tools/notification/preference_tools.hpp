// notification.getUserPreferences and notification.updatePreferences: on which channels a person wants to hear from us.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList preference_tools();

}  // namespace spreaders::tools
