// Whether what a reader saw of a campaign, a plan, a report or a template is still what they would see: a text that
// differs when it is not. It is read from the tables, so it holds whichever process changed them and after every crash.
#pragma once

#include <string>

#include "storage/storage.hpp"

namespace spreaders::services {

// Of one thing; the same text for everything that does not exist.
Result<std::string> campaign_stamp(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id);
Result<std::string> report_stamp(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id);
Result<std::string> plan_stamp(storage::Tx& tx, const std::string& workspace, const std::string& plan_id);
Result<std::string> template_stamp(storage::Tx& tx, const std::string& workspace, const std::string& template_id);
// Of all of them; `unused` makes them alike.
Result<std::string> campaigns_stamp(storage::Tx& tx, const std::string& workspace, const std::string& unused);
Result<std::string> approvals_stamp(storage::Tx& tx, const std::string& workspace, const std::string& unused);
// Of which campaigns, plans and templates there are.
Result<std::string> existing_stamp(storage::Tx& tx, const std::string& workspace, const std::string& unused);

}  // namespace spreaders::services
