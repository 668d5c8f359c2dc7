// audience.*: importContacts, getImport, listContacts, listAudiences. consent.*: getStatus, suppress, unsuppress.
// importContacts needs the parts storage::Storage and, for files, audience::ImportDirectory.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList audience_tools();
ToolList consent_tools();

}  // namespace spreaders::tools
