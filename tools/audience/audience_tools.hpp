// audience.*: importContacts, getImport, listContacts, listAudiences, getContact, saveContact, listEvents.
// consent.*: getStatus, suppress, unsuppress.
// importContacts needs the parts storage::Storage and, for files, audience::ImportDirectory.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList audience_tools();
ToolList people_tools();  // of the family audience: one person at a time
ToolList consent_tools();
extern const Service kAudienceService;
extern const Service kConsentService;

}  // namespace spreaders::tools
