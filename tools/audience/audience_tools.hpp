// audience.*: importContacts, getImport, listContacts, listAudiences. consent.*: getStatus, suppress, unsuppress.
// importContacts needs the parts storage::Storage and, for files, audience::ImportDirectory.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList audience_tools();
ToolList consent_tools();
extern const Service kAudienceService;
extern const Service kConsentService;

}  // namespace spreaders::tools
