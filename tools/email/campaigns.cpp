#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/analytics/analytics.hpp"
#include "services/templates/templates.hpp"
#include "tools/campaign/campaign_tools.hpp"
#include "tools/campaign/views.hpp"
#include "tools/email/email_campaign_tools.hpp"
#include "tools/health.hpp"

namespace spreaders::tools {

namespace {

constexpr size_t kHtmlMax = 100'000;  // mail programs cut longer ones

struct DesignTemplate {
  std::string name, subject, html, text, preheader;
  SPR_FIELDS(DesignTemplate,
             SPR_FIELD(name, "Name of the template; the same name makes its next version", .min_size = 1,
                       .max_size = 200),
             SPR_FIELD(subject, "Subject line; Liquid, for example {{ contact.first_name }}", .min_size = 1,
                       .max_size = 250),
             SPR_FIELD(html, "HTML body; Liquid. {{ unsubscribe_url }} is added at the end if it is missing",
                       .max_size = kHtmlMax, .defaulted = true),
             SPR_FIELD(text, "Plain text body; Liquid; made from the HTML if left out", .max_size = kHtmlMax,
                       .defaulted = true),
             SPR_FIELD(preheader, "What mail programs show beside the subject", .max_size = 250, .defaulted = true));
};
struct Designed {
  std::string template_id, name, subject;
  int64_t version = 1;
  std::vector<std::string> variables, advice;
  SPR_FIELDS(Designed, SPR_FIELD(template_id, "Id of the template"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(subject, "Its subject line"),
             SPR_FIELD(version, "Version that was stored; versions never change"),
             SPR_FIELD(variables, "Personal data it uses"), SPR_FIELD(advice, "What could be better"));
};

Result<Designed> design_template(ToolContext& context, const DesignTemplate& args) {
  services::TemplateContent content{args.subject, args.preheader, args.html, args.text};
  auto stored = TRY(
      services::save_template(context.tx(), context.workspace(), args.name, content, context.clock.now(), context.ids));
  auto review = services::review_template(content);
  return Designed{stored.id, stored.name, stored.content.subject, stored.version, review.variables, review.advice};
}

struct CreateCampaign {
  std::string name, subject, html, text, preheader;
  std::optional<std::string> list_id, segment_id, connection_id;
  std::optional<Instant> start_at;
  static void check(const CreateCampaign& args, Issues& issues) {
    if (args.html.empty() && args.text.empty()) issues.push_back({"/html", "html or text is required"});
    if (args.list_id && args.segment_id)
      issues.push_back({"/segment_id", "a campaign has a list or a segment, not both"});
  }
  SPR_FIELDS(CreateCampaign,
             SPR_FIELD(name, "Name of the campaign and of its template", .min_size = 1, .max_size = 200),
             SPR_FIELD(subject, "Subject line; Liquid", .min_size = 1, .max_size = 250),
             SPR_FIELD(html, "HTML body; Liquid", .max_size = kHtmlMax, .defaulted = true),
             SPR_FIELD(text, "Plain text body; Liquid", .max_size = kHtmlMax, .defaulted = true),
             SPR_FIELD(preheader, "What mail programs show beside the subject", .max_size = 250, .defaulted = true),
             SPR_FIELD(list_id, "List to send to", .format = Format::kIdentifier),
             SPR_FIELD(segment_id, "Segment to send to", .format = Format::kIdentifier),
             SPR_FIELD(connection_id, "Connection to send through", .format = Format::kIdentifier),
             SPR_FIELD(start_at, "When sending starts; at once if left out"));
};

Result<CampaignView> create_campaign(ToolContext& context, const CreateCampaign& args) {
  auto stored = TRY(services::save_template(context.tx(), context.workspace(), args.name,
                                            {args.subject, args.preheader, args.html, args.text}, context.clock.now(),
                                            context.ids));
  Json call = {{"name", args.name}, {"template_id", stored.id}};
  if (args.list_id) call["list_id"] = *args.list_id;
  if (args.segment_id) call["segment_id"] = *args.segment_id;
  if (args.connection_id) call["connection_id"] = *args.connection_id;
  if (args.start_at) call["start_at"] = to_text(*args.start_at);
  // The same rules as campaign.create, in this transaction.
  const ToolSpec* create = context.tools.find("campaign.create");
  auto decoded = TRY(create->body.decode(call));
  Json made = TRY(create->body.run(context, decoded.get()));
  return decode<CampaignView>(made);
}

struct ById {
  std::string campaign_id;
  SPR_FIELDS(ById, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier));
};
struct ScheduleEmail {
  std::string campaign_id;
  Instant at;
  SPR_FIELDS(ScheduleEmail, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier),
             SPR_FIELD(at, "When to send"));
};

Result<CampaignView> send_campaign(ToolContext& context, const ById& args) {
  return view_of(TRY(launch_campaign(context, args.campaign_id, {})));
}
Result<ApprovalSubject> send_approval(ToolContext& context, const ById& args) {
  return launch_approval(context, args.campaign_id, {});
}
Result<CampaignView> schedule_email(ToolContext& context, const ScheduleEmail& args) {
  return view_of(TRY(launch_campaign(context, args.campaign_id, args.at)));
}
Result<ApprovalSubject> schedule_approval(ToolContext& context, const ScheduleEmail& args) {
  return launch_approval(context, args.campaign_id, args.at);
}

struct Opens {
  int64_t sent = 0, opened = 0;
  double open_rate = 0;
  std::vector<services::DayCount> days;
  std::string note;
  SPR_FIELDS(Opens, SPR_FIELD(sent, "Messages accepted"), SPR_FIELD(opened, "People who opened"),
             SPR_FIELD(open_rate, "Percent of sent"), SPR_FIELD(days, "By day"),
             SPR_FIELD(note, "What these figures do not show"));
};
struct Clicks {
  int64_t sent = 0, clicked = 0;
  double click_rate = 0;
  std::vector<services::LinkCount> links;
  SPR_FIELDS(Clicks, SPR_FIELD(sent, "Messages accepted"), SPR_FIELD(clicked, "People who clicked"),
             SPR_FIELD(click_rate, "Percent of sent"), SPR_FIELD(links, "By link, most clicked first"));
};

Result<Opens> track_opens(ToolContext& context, const ById& args) {
  auto campaign = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  auto o = TRY(services::overview(context.tx(), context.workspace(), campaign.id));
  std::string note =
      "Mail programs that block images hide opens, and some open every mail by themselves: read this as a trend.";
  if (campaign.sandbox) note += " These readers are simulated in the sandbox.";
  return Opens{o.sent, o.opened, o.open_rate, TRY(services::by_day(context.tx(), context.workspace(), campaign.id)),
               note};
}

Result<Clicks> track_clicks(ToolContext& context, const ById& args) {
  auto campaign = TRY(services::get_campaign(context.tx(), context.workspace(), args.campaign_id));
  auto o = TRY(services::overview(context.tx(), context.workspace(), campaign.id));
  constexpr int links_max = 50;
  return Clicks{o.sent, o.clicked, o.click_rate,
                TRY(services::by_link(context.tx(), context.workspace(), campaign.id, links_max))};
}

struct DeliverabilityArgs {
  std::optional<std::string> campaign_id;
  SPR_FIELDS(DeliverabilityArgs,
             SPR_FIELD(campaign_id, "One campaign; the whole workspace if left out", .format = Format::kIdentifier));
};
struct Deliverability {
  int64_t attempted = 0, accepted = 0, failed = 0, unknown = 0, bounced = 0, complained = 0, unsubscribed = 0,
          suppressed_addresses = 0;
  double accepted_rate = 0, bounce_rate = 0, complaint_rate = 0;
  std::vector<std::string> findings;
  SPR_FIELDS(Deliverability, SPR_FIELD(attempted, "Messages that were handed to a server"),
             SPR_FIELD(accepted, "Accepted"), SPR_FIELD(failed, "Refused for good"),
             SPR_FIELD(unknown, "Unclear; held"), SPR_FIELD(bounced, "Came back"),
             SPR_FIELD(complained, "Marked as spam"), SPR_FIELD(unsubscribed, "Unsubscribed"),
             SPR_FIELD(suppressed_addresses, "Addresses that get nothing more"),
             SPR_FIELD(accepted_rate, "Percent of attempted"),
             SPR_FIELD(bounce_rate, "Percent of accepted; stay under 2"),
             SPR_FIELD(complaint_rate, "Percent of accepted; stay under 0.1"), SPR_FIELD(findings, "What to look at"));
};

Result<Deliverability> get_deliverability(ToolContext& context, const DeliverabilityArgs& args) {
  if (args.campaign_id) TRY(services::get_campaign(context.tx(), context.workspace(), *args.campaign_id));
  auto o = TRY(services::overview(context.tx(), context.workspace(), args.campaign_id.value_or("")));
  auto suppressed = TRY(context.tx().query(
      "SELECT COUNT(*) FROM suppression WHERE workspace_id = $1 AND channel = 'email'", {context.workspace()}));
  Deliverability d{o.sent + o.failed + o.unknown, o.sent, o.failed, o.unknown, o.bounced, o.complained, o.unsubscribed,
                   suppressed[0][0].integer(),    0,      0,        0,         {}};
  auto percent = [](int64_t part, int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) * 100 / static_cast<double>(whole);
  };
  d.accepted_rate = percent(d.accepted, d.attempted);
  d.bounce_rate = percent(d.bounced, d.accepted);
  d.complaint_rate = percent(d.complained, d.accepted);
  if (d.bounce_rate > 2)
    d.findings.push_back("More than 2 % of the mails came back: clean the list before you send again.");
  if (d.complaint_rate > 0.1)
    d.findings.push_back(
        "More than 0.1 % of the readers marked this as spam: large receivers will start to refuse it.");
  if (d.unknown > 0)
    d.findings.push_back(
        std::to_string(d.unknown) +
        " mails are unclear: the connection broke after they were handed over. They are held, not sent twice.");
  if (d.failed > 0) {
    auto replies =
        TRY(context.tx().query("SELECT reply, COUNT(*) FROM outbox WHERE workspace_id = $1 AND state = 'failed' AND "
                               "($2 = '' OR campaign_id = $2) GROUP BY reply ORDER BY 2 DESC LIMIT 3",
                               {context.workspace(), args.campaign_id.value_or("")}));
    for (const auto& row : replies)
      d.findings.push_back(std::to_string(row[1].integer()) + " refused: " + row[0].text());
  }
  if (d.findings.empty()) d.findings.push_back(d.attempted == 0 ? "Nothing was sent yet." : "Nothing stands out.");
  return d;
}

const ToolSpec kDesign{
    .name = "email.designTemplate",
    .title = "Design an email template",
    .description =
        "Stores an email (subject, HTML, text; Liquid for personal fields) as a template, or as its next version. "
        "Every mistake in it is listed with line and column.",
    .words =
        "newsletter layout; html mail; mail design; look of our emails; header and footer; mjml; liquid; "
        "responsive mail; reusable mail; subject and preheader stored; first name placeholder; logo in the mail; "
        "vorlage; modèle de mail; plantilla",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"templates:write"},
    .body = handler<&design_template>()};
const ToolSpec kCreate{
    .name = "email.createCampaign",
    .title = "Create an email campaign",
    .description =
        "Makes a draft email campaign with its template in one call. Nothing is sent until email.sendCampaign or "
        "email.scheduleEmail is approved.",
    .words =
        "new mailing; set up a newsletter; draft a mailshot; prepare an email blast; mail to all customers draft; "
        "e-mail promotion; start a newsletter edition; announce a sale by mail; spring sale mail; mailing anlegen; "
        "rundmail; créer un e-mailing; crear correo masivo",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"campaigns:write", "templates:write"},
    .body = handler<&create_campaign>()};
const ToolSpec kSend{
    .name = "email.sendCampaign",
    .title = "Send an email campaign",
    .description =
        "Sends a draft campaign to its whole audience now (or at its start time). Needs a person's approval of exactly "
        "this campaign.",
    .words =
        "send the newsletter now; mail it out; blast to everyone; deliver the mailing; shoot the mail to the list; "
        "get the newsletter out the door; fire off the email; send to all subscribers; newsletter verschicken; "
        "rundmail senden; envoyer la newsletter; enviar boletín",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&send_campaign>(),
    .open_world = true,
    .approval_of = approval_from<&send_approval>()};
const ToolSpec kSchedule{
    .name = "email.scheduleEmail",
    .title = "Schedule an email campaign",
    .description =
        "Sends a draft campaign to its whole audience at a given time. Needs a person's approval of exactly this "
        "campaign.",
    .words =
        "newsletter on tuesday at 10; send the mail later; mail tomorrow morning; delayed send; time the mailing; "
        "deliver at 8 am local time; set a send time; mail at night; mailing next week; not now but on friday by mail; "
        "versand planen; programmer l envoi; programar correo",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&schedule_email>(),
    .open_world = true,
    .approval_of = approval_from<&schedule_approval>()};
const ToolSpec kOpens{
    .name = "email.trackOpens",
    .title = "Opens of a campaign",
    .description = "How many people opened a campaign's mails, in all and by day.",
    .words =
        "who read it; open rate; how many opened the newsletter; was the mail read; read receipts; unique opens; "
        "opens by day; nobody reads our mail; did customers see the mail; öffnungsrate; gelesen; taux d ouverture; "
        "tasa de apertura",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&track_opens>()};
const ToolSpec kClicks{
    .name = "email.trackClicks",
    .title = "Clicks of a campaign",
    .description = "How many people clicked in a campaign's mails, in all and by link.",
    .words =
        "who clicked in the newsletter; click rate; ctr of the mail; which link was clicked most; click-through; "
        "link tracking in mails; did they follow the link; button clicks in the mail; utm; klickrate; taux de clic; "
        "tasa de clics",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&track_clicks>()};
const ToolSpec kDeliverability{
    .name = "email.getDeliverability",
    .title = "Deliverability",
    .description =
        "How well mails arrive: accepted, refused, unclear, bounced, complaints, with what to look at. For one "
        "campaign or the whole workspace.",
    .words =
        "did it land in the inbox; lands in spam; junk folder; bounces; bounce rate; undelivered mails; complaints; "
        "sender reputation; spf dkim dmarc; blocklist; inbox placement; gmail refuses our mail; zustellbarkeit; "
        "délivrabilité; entregabilidad",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read"},
    .body = handler<&get_deliverability>()};

}  // namespace

ToolList email_campaign_tools() {
  static const ToolSpec* const list[] = {&kCreate, &kDesign, &kSend, &kSchedule, &kOpens, &kClicks, &kDeliverability};
  return list;
}

const Service kEmailService{.name = "email",
                            .title = "Email",
                            .version = "1.0.0",
                            .description = "Templates, lists, segments and mail campaigns.",
                            .limits = {.calls_per_minute = 6000, .at_once = 16},
                            .health = &mail_health};

}  // namespace spreaders::tools
