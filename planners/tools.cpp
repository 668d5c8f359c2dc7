#include "planners/tools.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "planners/llm/content.hpp"
#include "planners/plan.hpp"

namespace spreaders::planners {

namespace {

struct GenerateContent {
  std::string offer;
  std::string objective = "sales", language = "en", tone = "friendly and clear";
  std::optional<std::string> link;
  SPR_FIELDS(GenerateContent, SPR_FIELD(offer, "What the email is about", .min_size = 1, .max_size = 500),
             SPR_FIELD(objective, "What it is for: sales, event, awareness...", .max_size = 40, .defaulted = true),
             SPR_FIELD(language, "Language of the email", .format = Format::kLanguage, .defaulted = true),
             SPR_FIELD(tone, "Tone of voice", .max_size = 80, .defaulted = true),
             SPR_FIELD(link, "Where the button leads; the workspace's own page if left out", .max_size = 2000,
                       .format = Format::kUri));
};
struct Content {
  std::string name, subject, preheader, html, written_by, note;
  SPR_FIELDS(Content, SPR_FIELD(name, "Name for the template"), SPR_FIELD(subject, "Subject line"),
             SPR_FIELD(preheader, "What is shown beside the subject"), SPR_FIELD(html, "HTML body; Liquid"),
             SPR_FIELD(written_by, "rules, or the model's name"),
             SPR_FIELD(note, "Why a model's text was not used, if so"));
};

Content by_rules(const Writer& writer, const GenerateContent& args, std::string note) {
  Brief brief;
  brief.language = args.language;
  brief.offer = Slot<std::string>{args.offer, {}};
  brief.objective = Slot<std::string>{args.objective, {}};
  EmailContent made = write_email(brief, writer.brand, args.link.value_or(writer.link));
  return {made.name, made.subject, made.preheader, made.html, "rules", std::move(note)};
}

// The model's blocks go into the same frame as the rules' text.
std::string framed(const llm::EmailDraft& draft, const std::string& brand) {
  return "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width\"></head>\n<body "
         "style=\"margin:0;background:#f4f4f2;font-family:Helvetica,Arial,sans-serif;color:#1d1d1b\">\n"
         "<table role=\"presentation\" width=\"100%\"><tr><td align=\"center\" style=\"padding:24px\"><table "
         "role=\"presentation\" width=\"600\" "
         "style=\"max-width:600px;width:100%;background:#ffffff;border-radius:8px\"><tr><td "
         "style=\"padding:32px;font-size:16px;line-height:1.5\">\n"
         "<p style=\"font-size:13px;color:#6b6b66\">" +
         brand + "</p>\n" + draft.html + "\n</td></tr></table></td></tr></table>\n</body></html>\n";
}

Result<Content> generate_content(ToolContext& context, const GenerateContent& args) {
  const Writer& writer = context.part<Writer>();
  if (writer.model == nullptr) return by_rules(writer, args, "");
  std::string link = args.link.value_or(writer.link);
  llm::EmailFacts facts{
      .facts = "Objective: " + args.objective + "\nOffer: " + args.offer + "\nSender: " + writer.brand,
      .language = args.language,
      .tone = args.tone,
      .links = {link},
      .merge_tags = {"first_name"}};
  auto draft = llm::draft_email(*writer.model, facts, {.stop = context.stop});
  if (!draft.ok()) {
    log_warn(
        "the model's email could not be used",
        {{"code", code_name(draft.error().code)}, {"why", draft.error().message}, {"detail", draft.error().detail}});
    return by_rules(writer, args, "The mail has the built-in text: " + draft.error().message);
  }
  std::string html = framed(*draft, writer.brand);
  for (size_t at = 0; (at = html.find("{{first_name}}", at)) != std::string::npos;)
    html.replace(at, 14, "{{ contact.first_name }}"), at += 10;
  std::string subject = draft->subject;
  for (size_t at = 0; (at = subject.find("{{first_name}}", at)) != std::string::npos;)
    subject.replace(at, 14, "{{ contact.first_name }}"), at += 10;
  return Content{std::string(first_code_points(args.offer, 120)) + " - newsletter",
                 subject,
                 draft->preheader,
                 html,
                 writer.model->model(),
                 ""};
}

struct GenerateHashtags {
  std::string text, language = "en", channel = "instagram";
  int count = 8;
  SPR_FIELDS(GenerateHashtags, SPR_FIELD(text, "Text to find hashtags for", .min_size = 3, .max_size = 5000),
             SPR_FIELD(language, "Its language", .format = Format::kLanguage, .defaulted = true),
             SPR_FIELD(channel, "Network they are for", .max_size = 40, .defaulted = true),
             SPR_FIELD(count, "How many at most", .min = 1, .max = 30, .defaulted = true));
};
struct Hashtags {
  std::vector<std::string> hashtags;
  std::string made_by;
  SPR_FIELDS(Hashtags, SPR_FIELD(hashtags, "Most telling first"), SPR_FIELD(made_by, "rules, or the model's name"));
};

Result<Hashtags> generate_hashtags(ToolContext& context, const GenerateHashtags& args) {
  const Writer& writer = context.part<Writer>();
  if (writer.model != nullptr) {
    auto made =
        llm::suggest_hashtags(*writer.model, {args.text, args.channel, args.language, static_cast<size_t>(args.count)},
                              {.stop = context.stop});
    if (made.ok()) return Hashtags{*made, writer.model->model()};
  }
  return Hashtags{make_hashtags(args.text, args.language, static_cast<size_t>(args.count)), "rules"};
}

struct Summarize {
  std::string campaign_id;
  SPR_FIELDS(Summarize, SPR_FIELD(campaign_id, "Id of the campaign", .format = Format::kIdentifier));
};
struct Summary {
  std::string campaign_id, name, summary;
  Json figures;
  std::vector<std::string> not_measured;
  SPR_FIELDS(Summary, SPR_FIELD(campaign_id, "The campaign"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(summary, "The report in words; every number in it is in the figures"),
             SPR_FIELD(figures, "The figures it was made from"),
             SPR_FIELD(not_measured, "What these figures do not show"));
};

std::string with_point(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string report_text(const Json& status, const Json& f) {
  auto n = [&](const char* name) { return f.value(name, int64_t{0}); };
  std::string out = "'" + status["campaign"].value("name", "") + "' addressed " + std::to_string(n("audience")) +
                    " people; " + std::to_string(n("sent")) + " mails were accepted";
  if (n("skipped") > 0)
    out += ", " + std::to_string(n("skipped")) + " people were left out (no consent, suppressed or by a sending rule)";
  if (n("failed") > 0) out += ", " + std::to_string(n("failed")) + " were refused";
  if (n("unknown") > 0) out += ", " + std::to_string(n("unknown")) + " are unclear and held";
  if (n("waiting") > 0) out += ", " + std::to_string(n("waiting")) + " are still waiting";
  if (n("deferred") > 0) out += " (" + std::to_string(n("deferred")) + " of them for quiet hours, a window or a cap)";
  out += ". " + std::to_string(n("opened")) + " people opened (" + with_point(f.value("open_rate", 0.0)) + " %), " +
         std::to_string(n("clicked")) + " clicked (" + with_point(f.value("click_rate", 0.0)) + " %), " +
         std::to_string(n("buyers")) + " ordered (" + with_point(f.value("order_rate", 0.0)) + " %)";
  if (f.value("revenue", 0.0) > 0) out += " for " + with_point(f.value("revenue", 0.0)) + " " + f.value("currency", "");
  out += ". " + std::to_string(n("unsubscribed")) + " unsubscribed, " + std::to_string(n("bounced")) + " bounced.";
  if (const Json* stopped = at_pointer(status, "/stopped/reason"))
    out += " It is stopped: " + stopped->get<std::string>() + ".";
  if (status["campaign"].value("sandbox", false))
    out += " This ran in the sandbox: the readers were simulated and nobody real got anything.";
  return out;
}

Result<Summary> summarize(ToolContext& context, const Summarize& args) {
  ToolCall call{.name = "campaign.getStatus",
                .arguments = {{"campaign_id", args.campaign_id}},
                .principal = context.principal,
                .trace_id = context.trace_id};
  Json status = TRY(context.tools.call(call));
  Json figures = status["results"];
  Summary summary{args.campaign_id,
                  status["campaign"].value("name", ""),
                  report_text(status, figures),
                  figures,
                  {"Opens are a trend: some mail programs block or load images by themselves.",
                   "Orders count only where the shop reports them with the link's token or a known person."}};
  return summary;
}

const ToolSpec kContent{
    .name = "ai.generateContent",
    .title = "Write an email",
    .description =
        "Writes an email (subject, preheader, HTML) for an offer in any of six languages; by the configured model, "
        "else by rules. The text is a draft: nothing is stored or sent.",
    .words =
        "write me a text; draft a mail; copywriting; newsletter wording; subject line and body; come up with wording; "
        "announcement text; promotional text for an offer; write something about our sale; ai writer; text schreiben; "
        "rédiger; redactar",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"content:write"},
    .body = handler<&generate_content>(),
    .run = Run::kFree,
    .open_world = true};
const ToolSpec kHashtags{
    .name = "ai.generateHashtags",
    .title = "Suggest hashtags",
    .description = "Hashtags for a text, most telling first; by the configured model, else by rules.",
    .words =
        "hashtag ideas for a text; which # should i use; keywords with a hash sign; suggest tags for my caption; "
        "more reach by tags; ten good hashtags; tag suggestions; niche hashtags; words with pound sign; "
        "hashtags vorschlagen; mots-dièse; etiquetas",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"content:write"},
    .body = handler<&generate_hashtags>(),
    .run = Run::kFree,
    .open_world = true};
const ToolSpec kSummarize{
    .name = "ai.summarizeCampaign",
    .title = "Report on a campaign",
    .description = "The report of a campaign in words, made from its stored figures only, with what was not measured.",
    .words =
        "how did it go; wrap-up; recap in words; results in plain english; short report for my boss; "
        "tell me what happened; key takeaways; executive summary; debrief; post-mortem; lessons learned; "
        "what did the mailing bring; zusammenfassung; bilan; resumen",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"analytics:read", "campaigns:read"},
    .body = handler<&summarize>(),
    .run = Run::kFree};

}  // namespace

ToolList planner_tools() {
  static const ToolSpec* const list[] = {&kContent, &kHashtags, &kSummarize};
  return list;
}

}  // namespace spreaders::planners
