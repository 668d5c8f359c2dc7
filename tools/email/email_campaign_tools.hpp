// email.createCampaign designTemplate sendCampaign scheduleEmail trackOpens trackClicks getDeliverability and
// notification.sendEmail.
#pragma once

#include "core/tool.hpp"

namespace spreaders::tools {

ToolList email_campaign_tools();
ToolList notification_tools();

}  // namespace spreaders::tools
