// email.createCampaign designTemplate sendCampaign scheduleEmail trackOpens trackClicks getDeliverability and
// notification.sendEmail.
#pragma once

#include "core/service.hpp"

namespace spreaders::tools {

ToolList email_campaign_tools();
ToolList notification_tools();
extern const Service kEmailService;
extern const Service kNotificationService;

}  // namespace spreaders::tools
