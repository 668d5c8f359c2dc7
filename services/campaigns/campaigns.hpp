// Campaigns: what is sent, to whom, when, over which connection; their states and their history.
//
//   draft -> scheduled -> running -> completed
//                 \          \-> paused -> running
//                  \-> cancelled, failed
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct Campaign {
  std::string id, name, status = "draft", objective, channel = "email";
  std::string template_id;
  int64_t template_version = 0;
  std::string list_id, segment_id;  // neither: every contact with consent
  std::string connection_id;
  std::string run_id;
  std::optional<Instant> start_at, end_at;
  int64_t budget_minor = 0;
  std::string currency;
  bool sandbox = false;
  int64_t rev = 1;
  Instant created_at, updated_at;
};

Result<void> insert_campaign(storage::Tx& tx, const std::string& workspace, const Campaign& campaign);
Result<Campaign> get_campaign(storage::Tx& tx, const std::string& workspace, const std::string& id);
Result<std::vector<Campaign>> list_campaigns(storage::Tx& tx, const std::string& workspace, int limit,
                                             const std::string& before_id);
// Writes all members back if nobody else changed it since it was read (rev), else kConflict.
Result<void> update_campaign(storage::Tx& tx, const std::string& workspace, Campaign& campaign, Instant now);
Result<void> add_history(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id,
                         const std::string& who, const std::string& what, const Json& details, Instant now);
struct HistoryEntry {
  Instant at;
  std::string who, what;
  Json details;
};
Result<std::vector<HistoryEntry>> campaign_history(storage::Tx& tx, const std::string& workspace,
                                                   const std::string& campaign_id, int limit);

// The plan that stands behind a campaign, if there is one; what it was compiled to runs.
struct CampaignPlan {
  std::string id, hash, status;
  int64_t revision = 0;
  std::string workflow;  // definition as JSON text; empty when the plan cannot be run
  std::string summary;   // for the person who approves
  std::string document;  // the plan as JSON text
};
Result<std::optional<CampaignPlan>> latest_plan(storage::Tx& tx, const std::string& workspace,
                                                const std::string& campaign_id);

// The workflow of a campaign without a plan: wait until its start, send to its audience, wait until its end, report.
Json campaign_workflow(const Campaign& campaign);
// What a person has to approve before this campaign sends: its plan's hash, or the hash of what it would send to whom,
// when.
Result<ApprovalSubject> campaign_approval(storage::Tx& tx, const std::string& workspace, const Campaign& campaign);
// Every reason why it cannot be started now.
Result<Issues> launch_problems(storage::Tx& tx, const std::string& workspace, const Campaign& campaign, Instant now);

// Its run is over: completed, failed or cancelled.
Result<void> campaign_ended(storage::Tx& tx, const std::string& workspace, const std::string& run_id,
                            const std::string& run_status, Instant now);
// Its first mail left: scheduled becomes running.
Result<void> campaign_started(storage::Tx& tx, const std::string& workspace, const std::string& run_id, Instant now);

}  // namespace spreaders::services
