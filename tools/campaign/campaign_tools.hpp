// campaign.*: create, schedule, execute, pause, resume, cancel, clone, getStatus, updateContent, getHistory, list.
#pragma once

#include "core/service.hpp"
#include "services/campaigns/campaigns.hpp"

namespace spreaders::tools {

ToolList campaign_tools();

// Starts the campaign's workflow under the approval of this call. Shared with email.sendCampaign and
// email.scheduleEmail.
Result<services::Campaign> launch_campaign(ToolContext& context, const std::string& campaign_id,
                                           std::optional<Instant> start_at);
// What has to be approved before launch_campaign.
Result<ApprovalSubject> launch_approval(ToolContext& context, const std::string& campaign_id,
                                        std::optional<Instant> start_at);
extern const Service kCampaignService;

}  // namespace spreaders::tools
