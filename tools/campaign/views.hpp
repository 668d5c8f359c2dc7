// How campaigns look to callers; shared by the campaign and email families.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/money.hpp"
#include "services/campaigns/campaigns.hpp"

namespace spreaders::tools {

struct CampaignView {
  std::string campaign_id, name, status, objective, channel;
  std::optional<std::string> template_id, list_id, segment_id, connection_id;
  std::optional<int64_t> template_version;
  std::optional<Instant> start_at, end_at;
  std::optional<double> budget_amount;
  std::optional<std::string> budget_currency;
  bool sandbox = false;
  Instant created_at, updated_at;
  SPR_FIELDS(CampaignView, SPR_FIELD(campaign_id, "Id of the campaign"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(status, "draft, scheduled, running, paused, completed, cancelled or failed"),
             SPR_FIELD(objective, "What it is for"), SPR_FIELD(channel, "Channel it is sent over"),
             SPR_FIELD(template_id, "Template it sends"), SPR_FIELD(list_id, "List it is sent to"),
             SPR_FIELD(segment_id, "Segment it is sent to"), SPR_FIELD(connection_id, "Connection it is sent through"),
             SPR_FIELD(template_version, "Version of the template"), SPR_FIELD(start_at, "When sending starts"),
             SPR_FIELD(end_at, "When results are reported"), SPR_FIELD(budget_amount, "Approved budget in major units"),
             SPR_FIELD(budget_currency, "ISO 4217 currency of the budget"),
             SPR_FIELD(sandbox, "True: it goes to the sandbox on this machine, nobody real gets anything"),
             SPR_FIELD(created_at, "When it was made"), SPR_FIELD(updated_at, "When it was last changed"));
};
CampaignView view_of(const services::Campaign& campaign);

}  // namespace spreaders::tools
