// The workspace's message templates: list them, read one, edit, duplicate, comment. email.designTemplate makes them.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList template_tools();
ToolList template_editing_tools();
extern const Service kTemplatesService;

}  // namespace spreaders::tools
