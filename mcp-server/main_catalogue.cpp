#include "mcp-server/main_catalogue.hpp"

#include <nlohmann/json.hpp>

#include "agent/tools.hpp"
#include "core/bytes.hpp"
#include "planners/tools.hpp"
#include "tools/analytics/analytics_tools.hpp"
#include "tools/approvals/approval_tools.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/audience/resolve.hpp"
#include "tools/campaign/campaign_tools.hpp"
#include "tools/connections/connection_tools.hpp"
#include "tools/email/email_audience_tools.hpp"
#include "tools/email/email_campaign_tools.hpp"
#include "tools/notification/preference_tools.hpp"
#include "tools/sending/sending_tools.hpp"
#include "tools/services/service_tools.hpp"
#include "tools/templates/template_tools.hpp"
#include "tools/user/user_tools.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/tools.hpp"

namespace spreaders::app {

std::vector<const ToolSpec*> all_tools(bool read_only) {
  std::vector<const ToolSpec*> all;
  for (const ToolList& list : {tools::campaign_tools(),       agent::agent_tools(),
                               planners::planner_tools(),     tools::email_campaign_tools(),
                               tools::email_audience_tools(), tools::audience_tools(),
                               tools::people_tools(),         tools::audience_resolve_tools(),
                               tools::consent_tools(),        tools::preference_tools(),
                               tools::analytics_tools(),      tools::notification_tools(),
                               tools::approval_tools(),       tools::user_tools(),
                               tools::template_tools(),       tools::template_editing_tools(),
                               workflows::workflow_tools(),   workflows::inspect_tools(),
                               workflows::trigger_tools(),    workflows::dead_letter_tools(),
                               workflows::sequence_tools(),   tools::connection_tools(),
                               tools::service_tools(),        tools::sending_tools()}) {
    for (const auto* spec : list) {
      // Deciding stays possible whatever is listed: it is the person's, not the model's.
      bool approval = spec->name.value.starts_with("approvals.");
      if (approval || !read_only || spec->effect == Effect::kRead) all.push_back(spec);
    }
  }
  return all;
}

std::vector<const Service*> all_services() {
  return {&tools::kCampaignService,     &agent::kAiService,           &tools::kEmailService,
          &tools::kAudienceService,     &tools::kConsentService,      &tools::kAnalyticsService,
          &tools::kNotificationService, &tools::kApprovalsService,    &tools::kUserService,
          &tools::kTemplatesService,    &workflows::kWorkflowService, &workflows::kTriggersService,
          &tools::kConnectionsService,  &tools::kServicesService,     &tools::kSendingService};
}

std::vector<std::string> compact_core() {
  return {"campaign.plan",         "campaign.execute",         "campaign.getStatus",
          "campaign.list",         "campaign.create",          "campaign.updateContent",
          "campaign.pause",        "campaign.resume",          "campaign.cancel",
          "ai.summarizeCampaign",  "audience.importContacts",  "audience.listAudiences",
          "audience.resolve",      "email.segmentAudience",    "email.designTemplate",
          "analytics.getOverview", "analytics.getConversions", "approvals.list",
          "connections.list"};
}

Result<mcp::Selection> configured_selection(const Config& config) {
  auto all = all_tools(false);
  auto selection = TRY(mcp::read_selection({config.toolsets, config.tools, config.exclude}, all, "/"));
  selection.compact = config.tools_mode == "compact";
  selection.read_only = config.read_only;
  return selection;
}

std::string tools_lock() {
  std::string lock;
  for (const auto* spec : all_tools(false))
    lock += wire_name(spec->name.value) + " " + json_hash(describe_tool(*spec)) + "\n";
  return lock;
}

}  // namespace spreaders::app
