// The campaign service, and how it is.
#include "storage/storage.hpp"
#include "tools/campaign/campaign_tools.hpp"

namespace spreaders::tools {

namespace {

constexpr int64_t kLate_us = kMinute_us;  // a step that waits longer is not just in a queue

// Steps that nobody takes are what stops a campaign without an error anywhere.
Health campaign_health(ToolContext& context) {
  auto rows = context.tx().query(
      "SELECT COUNT(*), MIN(t.due_at) FROM token t JOIN run r ON r.workspace_id = t.workspace_id AND r.id = t.run_id "
      "WHERE t.workspace_id = $1 AND t.state = 'ready' AND r.status = 'active' AND t.due_at <= $2",
      {context.workspace(), context.clock.now().us - kLate_us});
  if (!rows.ok()) return {HealthStatus::kDown, "the database does not answer: " + rows.error().message};
  int64_t late = (*rows)[0][0].integer();
  if (late == 0) return {HealthStatus::kOk, "no step of a running campaign is overdue"};
  int64_t seconds = (context.clock.now() - (*rows)[0][1].instant()) / kSecond_us;
  return {HealthStatus::kDegraded, std::to_string(late) + " steps of running campaigns are overdue, the oldest by " +
                                       std::to_string(seconds) + " s: no process runs the engine, or it is behind"};
}

}  // namespace

const Service kCampaignService{.name = "campaign",
                               .title = "Campaigns",
                               .version = "1.0.0",
                               .description = "Plans, drafts and running campaigns, from a goal to a report.",
                               .limits = {.calls_per_minute = 6000, .at_once = 16},
                               .health = &campaign_health};

}  // namespace spreaders::tools
