// services.list and services.get: what there is, how it is, and how much of it the caller may use. Parts:
// tools::ServiceRegistry.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList service_tools();
extern const Service kServicesService;

}  // namespace spreaders::tools
