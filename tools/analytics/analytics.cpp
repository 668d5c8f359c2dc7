#include "services/analytics/analytics.hpp"

#include <nlohmann/json.hpp>

#include "services/campaigns/campaigns.hpp"
#include "tools/analytics/analytics_tools.hpp"
#include "tools/health.hpp"

namespace spreaders::tools {

namespace {

constexpr const char* kSandboxNote = "Made in the sandbox: readers are simulated and nobody real got anything.";

Result<bool> in_sandbox(ToolContext& context, const std::string& campaign_id) {
  if (!campaign_id.empty()) return TRY(services::get_campaign(context.tx(), context.workspace(), campaign_id)).sandbox;
  auto rows = TRY(context.tx().query(
      "SELECT 1 FROM campaign WHERE workspace_id = $1 AND sandbox = 1 AND run_id IS NOT NULL LIMIT 1",
      {context.workspace()}));
  return !rows.empty();
}

struct OverviewArgs {
  std::optional<std::string> campaign_id;
  std::optional<Instant> from, to;
  static void check(const OverviewArgs& args, Issues& issues) {
    if (args.from && args.to && *args.to <= *args.from) issues.push_back({"/to", "is not after from"});
  }
  SPR_FIELDS(OverviewArgs,
             SPR_FIELD(campaign_id, "One campaign; the whole workspace if left out", .format = Format::kIdentifier),
             SPR_FIELD(from, "Count events from here"), SPR_FIELD(to, "Count events before here"));
};
struct OverviewAnswer {
  std::string campaign_id, note;
  services::Overview figures;
  SPR_FIELDS(OverviewAnswer, SPR_FIELD(campaign_id, "The campaign, or empty for the whole workspace"),
             SPR_FIELD(figures, "The figures"), SPR_FIELD(note, "How to read them"));
};

Result<OverviewAnswer> get_overview(ToolContext& context, const OverviewArgs& args) {
  std::string id = args.campaign_id.value_or("");
  bool sandbox = TRY(in_sandbox(context, id));
  return OverviewAnswer{id, sandbox ? kSandboxNote : "",
                        TRY(services::overview(context.tx(), context.workspace(), id, args.from, args.to))};
}

struct ByCampaign {
  std::optional<std::string> campaign_id;
  SPR_FIELDS(ByCampaign,
             SPR_FIELD(campaign_id, "One campaign; the whole workspace if left out", .format = Format::kIdentifier));
};
struct Engagement {
  std::vector<services::DayCount> days;
  std::vector<services::LinkCount> links;
  std::string note;
  SPR_FIELDS(Engagement, SPR_FIELD(days, "Opens, clicks and orders by day"), SPR_FIELD(links, "Most clicked links"),
             SPR_FIELD(note, "How to read them"));
};

Result<Engagement> get_engagement(ToolContext& context, const ByCampaign& args) {
  std::string id = args.campaign_id.value_or("");
  bool sandbox = TRY(in_sandbox(context, id));
  constexpr int links_max = 20;
  return Engagement{TRY(services::by_day(context.tx(), context.workspace(), id)),
                    TRY(services::by_link(context.tx(), context.workspace(), id, links_max)),
                    sandbox ? kSandboxNote : ""};
}

struct ConversionArgs {
  std::optional<std::string> campaign_id, event;
  SPR_FIELDS(ConversionArgs,
             SPR_FIELD(campaign_id, "One campaign; the whole workspace if left out", .format = Format::kIdentifier),
             SPR_FIELD(event, "One event, for example Order Completed; all if left out", .max_size = 200));
};
struct Conversions {
  std::vector<services::Conversion> conversions;
  std::string attribution, note;
  SPR_FIELDS(Conversions, SPR_FIELD(conversions, "By event"),
             SPR_FIELD(attribution, "How events were matched to campaigns"), SPR_FIELD(note, "How to read them"));
};

Result<Conversions> get_conversions(ToolContext& context, const ConversionArgs& args) {
  std::string id = args.campaign_id.value_or("");
  bool sandbox = TRY(in_sandbox(context, id));
  return Conversions{TRY(services::conversions(context.tx(), context.workspace(), id, args.event.value_or(""))),
                     "by the token in the clicked link, else the last campaign the person clicked within 7 days",
                     sandbox ? kSandboxNote : ""};
}

const ToolSpec kOverview{
    .name = "analytics.getOverview",
    .title = "Overview of results",
    .description =
        "Sent, opened, clicked, ordered, revenue, unsubscribed, bounced: for one campaign or the whole workspace, from "
        "stored facts only.",
    .words =
        "how are we doing; key figures; kpi; summary of numbers; big picture; results at a glance; "
        "sent, opened, clicked and revenue; how was the month; numbers of the last mailing; bottom line; totals; "
        "headline figures; übersicht; vue d ensemble; resumen de resultados",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&get_overview>()};
const ToolSpec kEngagement{
    .name = "analytics.getEngagement",
    .title = "Engagement over time",
    .description = "Opens, clicks and orders by day, and the links clicked most.",
    .words =
        "likes, shares and comments over time; do people interact; clicks and opens by day; interaction rate; "
        "how active is our audience; most clicked links; reactions per day; engagement rate overall; "
        "are they interested; interest day by day; interaktion; taux d engagement; interacción",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&get_engagement>()};
const ToolSpec kConversions{
    .name = "analytics.getConversions",
    .title = "Conversions",
    .description = "Orders and other events that followed a campaign, with revenue and how they were matched to it.",
    .words =
        "how many bought; orders; sales that followed; sign-ups; checkout; revenue from the mailing; conversion rate; "
        "who became a customer; leads won; purchases after the click; attributed orders; bestellungen; käufe; ventes; "
        "ventas",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&get_conversions>()};

}  // namespace

ToolList analytics_tools() {
  static const ToolSpec* const list[] = {&kOverview, &kEngagement, &kConversions};
  return list;
}

namespace {

Health analytics_health(ToolContext& context) { return readable(context, "event", "the recorded events can be read"); }

}  // namespace

const Service kAnalyticsService{.name = "analytics",
                                .title = "Analytics",
                                .version = "1.0.0",
                                .description = "Figures of campaigns: what was sent, opened, clicked and ordered.",
                                .limits = {.calls_per_minute = 6000, .at_once = 16},
                                .health = &analytics_health};

}  // namespace spreaders::tools
