// The workspace's message templates: list them, read one. email.designTemplate makes them.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList template_tools();
extern const Service kTemplatesService;

}  // namespace spreaders::tools
