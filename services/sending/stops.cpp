#include "services/sending/stops.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "services/campaigns/campaigns.hpp"
#include "services/sending/sending.hpp"

namespace spreaders::sending {

namespace {

constexpr size_t kReasonMax = 500;
constexpr int64_t kKeepHours = 24 * 31;  // a little more than the longest window
constexpr std::string_view kColumns = "id, campaign_id, cause, reason, at";

Stop stop_from(const storage::Row& row) {
  return {row[0].text(), row[1].text(), row[2].text(), row[3].text(), row[4].instant()};
}

int64_t hour_of(Instant at) { return at.us / kHour_us; }

std::string plain(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", number);
  return text;
}

// Of one campaign, or with `campaign_id` empty of all that are not stopped on their own.
Result<Figures> sum(Tx& tx, const std::string& workspace, const std::string& campaign_id, const KillSwitches& switches,
                    Instant now) {
  std::string which = campaign_id.empty()
                          ? "NOT EXISTS (SELECT 1 FROM sending_stop s WHERE s.workspace_id = f.workspace_id AND "
                            "s.campaign_id = f.campaign_id AND s.campaign_id <> '' AND s.lifted_at IS NULL)"
                          : "f.campaign_id = $3";
  storage::Values values{workspace, hour_of(now) - switches.window_hours};
  if (!campaign_id.empty()) values.emplace_back(campaign_id);
  auto rows = TRY(
      tx.query("SELECT CAST(SUM(sent) AS BIGINT), CAST(SUM(bounced) AS BIGINT), CAST(SUM(complained) AS BIGINT) FROM "
               "sending_figure f WHERE f.workspace_id = $1 AND f.hour > $2 AND " +
                   which,
               values));
  return Figures{rows[0][0].integer_or(0), rows[0][1].integer_or(0), rows[0][2].integer_or(0)};
}

Result<void> add_figures(Tx& tx, const std::string& workspace, const std::string& campaign_id, const Figures& more,
                         Instant now) {
  TRY(
      tx.execute("INSERT INTO sending_figure (workspace_id, campaign_id, hour, sent, bounced, complained) VALUES ($1, "
                 "$2, $3, $4, $5, $6) ON CONFLICT (workspace_id, campaign_id, hour) DO UPDATE SET sent = "
                 "sending_figure.sent + excluded.sent, bounced = sending_figure.bounced + excluded.bounced, complained "
                 "= sending_figure.complained + excluded.complained",
                 {workspace, campaign_id, hour_of(now), more.sent, more.bounced, more.complained}));
  return {};
}

// The campaign first: one bad list does not stop the others.
Result<void> check_switches(Tx& tx, const std::string& workspace, const std::string& campaign_id, Instant now,
                            Ids& ids) {
  KillSwitches switches = TRY(get_rules(tx, workspace)).rules.kill_switches;
  if (!switches.on) return {};
  TRY(tx.execute("DELETE FROM sending_figure WHERE workspace_id = $1 AND hour < $2",
                 {workspace, hour_of(now) - kKeepHours}));
  if (!campaign_id.empty()) {
    auto why = crossed(switches, TRY(sum(tx, workspace, campaign_id, switches, now)));
    if (!why.cause.empty()) TRY(stop(tx, workspace, {"", campaign_id, why.cause, why.text, now}, "kill switch", ids));
  }
  auto why = crossed(switches, TRY(sum(tx, workspace, "", switches, now)));
  if (!why.cause.empty()) TRY(stop(tx, workspace, {"", "", why.cause, why.text, now}, "kill switch", ids));
  return {};
}

}  // namespace

Crossed crossed(const KillSwitches& switches, const Figures& figures) {
  if (figures.sent < switches.messages_min) return {};
  auto over = [&](int64_t bad, double limit, const char* cause, const char* what) -> Crossed {
    double percent = static_cast<double>(bad) * 100 / static_cast<double>(figures.sent);
    if (bad < switches.bad_min || percent <= limit) return {};
    return {cause, std::to_string(bad) + " of " + std::to_string(figures.sent) + " messages (" + plain(percent) +
                       " %) " + what + " within " + std::to_string(switches.window_hours) + " hours; the limit is " +
                       plain(limit) + " %"};
  };
  auto complaints = over(figures.complained, switches.complaint_percent, "complaints", "were marked as spam");
  if (!complaints.cause.empty()) return complaints;
  return over(figures.bounced, switches.bounce_percent, "bounces", "came back");
}

Result<std::vector<Stop>> open_stops(Tx& tx, const std::string& workspace) {
  auto rows = TRY(tx.query("SELECT " + std::string(kColumns) +
                               " FROM sending_stop WHERE workspace_id = $1 AND lifted_at IS NULL ORDER BY at, id",
                           {workspace}));
  std::vector<Stop> stops;
  for (const auto& row : rows) stops.push_back(stop_from(row));
  return stops;
}

Result<std::optional<Stop>> stop_of(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  auto rows =
      TRY(tx.query("SELECT " + std::string(kColumns) +
                       " FROM sending_stop WHERE workspace_id = $1 AND lifted_at IS NULL AND campaign_id IN ('', "
                       "$2) ORDER BY campaign_id DESC LIMIT 1",
                   {workspace, campaign_id}));
  return rows.empty() ? std::optional<Stop>() : std::optional(stop_from(rows[0]));
}

Result<bool> stop(Tx& tx, const std::string& workspace, const Stop& wanted, const std::string& who, Ids& ids) {
  std::string reason(first_code_points(wanted.reason, kReasonMax));
  int64_t added = TRY(tx.execute(
      "INSERT INTO sending_stop (workspace_id, id, campaign_id, cause, reason, at) VALUES ($1, $2, $3, $4, $5, $6) ON "
      "CONFLICT (workspace_id, campaign_id) WHERE lifted_at IS NULL DO NOTHING",
      {workspace, ids.make("stp"), wanted.campaign_id, wanted.cause, reason, wanted.at.us}));
  if (added == 1)
    log_warn("sending stopped", {{"campaign", wanted.campaign_id.empty() ? "all" : wanted.campaign_id},
                                 {"cause", wanted.cause},
                                 {"reason", reason}});
  if (added == 1 && !wanted.campaign_id.empty())
    TRY(services::add_history(tx, workspace, wanted.campaign_id, who, "sending stopped",
                              {{"cause", wanted.cause}, {"reason", reason}}, wanted.at));
  return added == 1;
}

Result<Stop> lift(Tx& tx, const std::string& workspace, const std::string& stop_id, const std::string& who,
                  Instant now) {
  auto row = TRY(tx.query_one(
      "SELECT " + std::string(kColumns) + ", lifted_at FROM sending_stop WHERE workspace_id = $1 AND id = $2",
      {workspace, stop_id}));
  if (!row) return not_found("there is no stop '" + std::string(first_code_points(stop_id, 60)) + "'");
  if (!(*row)[5].is_null()) return conflict("that stop was lifted before");
  Stop stop = stop_from(*row);
  TRY(tx.execute("UPDATE sending_stop SET lifted_at = $1, lifted_by = $2 WHERE workspace_id = $3 AND id = $4",
                 {now.us, who, workspace, stop_id}));
  TRY(tx.execute("DELETE FROM sending_figure WHERE workspace_id = $1 AND ($2 = '' OR campaign_id = $2)",
                 {workspace, stop.campaign_id}));
  if (!stop.campaign_id.empty())
    TRY(services::add_history(tx, workspace, stop.campaign_id, who, "sending resumed", {{"stop_id", stop_id}}, now));
  return stop;
}

Result<void> note_bad(Tx& tx, const std::string& workspace, const std::string& campaign_id, Bad what, Instant now,
                      Ids& ids) {
  Figures one;
  ++(what == Bad::kBounce ? one.bounced : one.complained);
  TRY(add_figures(tx, workspace, campaign_id, one, now));
  return check_switches(tx, workspace, campaign_id, now, ids);
}

Result<void> note_settled(Tx& tx, const std::vector<events::Settled>& settled, Instant now, Ids& ids) {
  std::map<std::pair<std::string, std::string>, Figures> sums;
  for (const auto& one : settled) {
    bool bounced = one.state == "failed" && one.suppress == "hard_bounce";
    if (one.item.transactional || (one.state != "accepted" && !bounced)) continue;
    Figures& figures = sums[{one.item.workspace, one.item.campaign_id}];
    ++figures.sent;
    figures.bounced += bounced ? 1 : 0;
  }
  for (const auto& [key, figures] : sums) {
    TRY(add_figures(tx, key.first, key.second, figures, now));
    if (figures.bounced > 0) TRY(check_switches(tx, key.first, key.second, now, ids));
  }
  return {};
}

Result<Figures> figures(Tx& tx, const std::string& workspace, const KillSwitches& switches, Instant now) {
  return sum(tx, workspace, "", switches, now);
}

}  // namespace spreaders::sending
