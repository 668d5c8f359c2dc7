#include "services/campaigns/changes.hpp"

#include <type_traits>

namespace spreaders::services {

using storage::Rows;
using storage::Tx;

namespace {

std::string stamp_of(const Rows& rows) {
  std::string stamp;
  for (const auto& row : rows) {
    for (const auto& value : row) {
      std::visit(
          [&](const auto& one) {
            using One = std::decay_t<decltype(one)>;
            if constexpr (std::is_arithmetic_v<One>) stamp += std::to_string(one);
            else if constexpr (std::is_same_v<One, std::string>) stamp += one;
          },
          value.variant());
      stamp += ' ';
    }
    stamp += ';';
  }
  return stamp;
}

}  // namespace

Result<std::string> report_stamp(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  auto sent = TRY(tx.query(
      "SELECT state, COUNT(*) FROM outbox WHERE workspace_id = $1 AND campaign_id = $2 GROUP BY state ORDER BY "
      "state",
      {workspace, campaign_id}));
  auto events = TRY(
      tx.query("SELECT COUNT(*) FROM event WHERE workspace_id = $1 AND campaign_id = $2", {workspace, campaign_id}));
  return stamp_of(sent) + "/" + stamp_of(events);
}

Result<std::string> campaign_stamp(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  auto campaign =
      TRY(tx.query("SELECT c.rev, r.rev, r.seq, r.status FROM campaign c LEFT JOIN run r ON r.workspace_id = "
                   "c.workspace_id AND r.id = c.run_id WHERE c.workspace_id = $1 AND c.id = $2",
                   {workspace, campaign_id}));
  auto steps = TRY(tx.query(
      "SELECT COUNT(*), SUM(t.rev) FROM token t JOIN campaign c ON c.workspace_id = t.workspace_id AND c.run_id "
      "= t.run_id WHERE t.workspace_id = $1 AND c.id = $2",
      {workspace, campaign_id}));
  return stamp_of(campaign) + "/" + stamp_of(steps) + "/" + TRY(report_stamp(tx, workspace, campaign_id));
}

Result<std::string> plan_stamp(Tx& tx, const std::string& workspace, const std::string& plan_id) {
  auto plan = TRY(tx.query("SELECT revision, status FROM plan WHERE workspace_id = $1 AND id = $2 ORDER BY revision",
                           {workspace, plan_id}));
  auto approvals = TRY(
      tx.query("SELECT id, state FROM approval WHERE workspace_id = $1 AND subject = 'plan' AND subject_id = $2 ORDER "
               "BY requested_at, id",
               {workspace, plan_id}));
  return stamp_of(plan) + "/" + stamp_of(approvals);
}

Result<std::string> campaigns_stamp(Tx& tx, const std::string& workspace, const std::string& /*unused*/) {
  return stamp_of(TRY(tx.query("SELECT COUNT(*), SUM(rev) FROM campaign WHERE workspace_id = $1", {workspace})));
}

Result<std::string> approvals_stamp(Tx& tx, const std::string& workspace, const std::string& /*unused*/) {
  return stamp_of(TRY(tx.query(
      "SELECT state, COUNT(*) FROM approval WHERE workspace_id = $1 GROUP BY state ORDER BY state", {workspace})));
}

Result<std::string> template_stamp(Tx& tx, const std::string& workspace, const std::string& template_id) {
  return stamp_of(TRY(tx.query("SELECT name, latest_version FROM template WHERE workspace_id = $1 AND id = $2",
                               {workspace, template_id})));
}

Result<std::string> existing_stamp(Tx& tx, const std::string& workspace, const std::string& /*unused*/) {
  auto campaigns = TRY(tx.query("SELECT COUNT(*) FROM campaign WHERE workspace_id = $1", {workspace}));
  auto plans = TRY(tx.query(
      "SELECT COUNT(DISTINCT subject_id) FROM approval WHERE workspace_id = $1 AND subject = 'plan'", {workspace}));
  auto templates = TRY(tx.query("SELECT COUNT(*) FROM template WHERE workspace_id = $1", {workspace}));
  return stamp_of(campaigns) + "/" + stamp_of(plans) + "/" + stamp_of(templates);
}

}  // namespace spreaders::services
