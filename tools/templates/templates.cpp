#include "services/templates/templates.hpp"

#include "tools/templates/template_tools.hpp"

namespace spreaders::tools {

namespace {

struct ListArgs {
  int limit = 20;
  std::optional<std::string> before;
  SPR_FIELDS(ListArgs, SPR_FIELD(limit, "How many", .min = 1, .max = 100, .defaulted = true),
             SPR_FIELD(before, "Id of the last template of the page before", .format = Format::kIdentifier));
};
struct TemplateLine {
  std::string template_id, name, channel, subject;
  int64_t version = 0;
  Instant created_at, updated_at;
  SPR_FIELDS(TemplateLine, SPR_FIELD(template_id, "Id of the template"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(channel, "What it is for: email"), SPR_FIELD(subject, "Subject line of the latest version"),
             SPR_FIELD(version, "Latest version"), SPR_FIELD(created_at, "When it was made"),
             SPR_FIELD(updated_at, "When its latest version was made"));
};
struct Templates {
  std::vector<TemplateLine> templates;
  SPR_FIELDS(Templates, SPR_FIELD(templates, "Newest first"));
};

Result<Templates> list(ToolContext& context, const ListArgs& args) {
  Templates all;
  for (const auto& one :
       TRY(services::list_templates(context.tx(), context.workspace(), args.limit, args.before.value_or("")))) {
    all.templates.push_back(
        {one.id, one.name, one.channel, one.subject, one.latest_version, one.created_at, one.updated_at});
  }
  return all;
}

struct GetArgs {
  std::string template_id;
  int64_t version = 0;
  SPR_FIELDS(GetArgs, SPR_FIELD(template_id, "Id or name of the template", .min_size = 1, .max_size = 200),
             SPR_FIELD(version, "A version; 0 is the latest", .min = 0, .defaulted = true));
};
struct TemplateView {
  std::string template_id, name, subject, preheader, html, text;
  int64_t version = 0;
  std::vector<std::string> variables, advice;
  Instant created_at;
  SPR_FIELDS(TemplateView, SPR_FIELD(template_id, "Id of the template"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(subject, "Subject line; Liquid"),
             SPR_FIELD(preheader, "What mail programs show beside the subject; Liquid, may be empty"),
             SPR_FIELD(html, "HTML body; Liquid, empty when there is only text"),
             SPR_FIELD(text, "Text body; Liquid, made from the HTML when empty"),
             SPR_FIELD(version, "The version shown; versions never change"),
             SPR_FIELD(variables, "Personal data it uses"), SPR_FIELD(advice, "What could be better"),
             SPR_FIELD(created_at, "When this version was made"));
};

Result<TemplateView> get(ToolContext& context, const GetArgs& args) {
  auto stored = TRY(services::get_template(context.tx(), context.workspace(), args.template_id, args.version));
  auto review = services::review_template(stored.content);
  return TemplateView{stored.id,           stored.name,         stored.content.subject, stored.content.preheader,
                      stored.content.html, stored.content.text, stored.version,         review.variables,
                      review.advice,       stored.created_at};
}

const ToolSpec kList{.name = "templates.list",
                     .title = "List templates",
                     .description = "The workspace's message templates with their latest subject, newest first.",
                     .words =
                         "which mails do we have; saved newsletters; our layouts; mail designs; stored templates; "
                         "vorlagen; modèles; plantillas",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"templates:read"},
                     .body = handler<&list>()};
const ToolSpec kGet{.name = "templates.get",
                    .title = "Show a template",
                    .description =
                        "One version of a message template as it was stored: subject, HTML and text in Liquid, the "
                        "personal data it uses.",
                    .words =
                        "read the mail text; what does the newsletter say; html of the template; show the layout; "
                        "older version of the mail; vorlage ansehen; voir le modèle; ver plantilla",
                    .effect = Effect::kRead,
                    .repeat = Repeat::kSafe,
                    .scopes = {"templates:read"},
                    .body = handler<&get>()};

Health templates_health(ToolContext& context) {
  auto one = services::list_templates(context.tx(), context.workspace(), 1, "");
  if (!one.ok()) return {HealthStatus::kDown, "the templates cannot be read: " + one.error().message};
  return {HealthStatus::kOk, one->empty() ? "no template yet" : "the newest is '" + one->front().name + "'"};
}

}  // namespace

ToolList template_tools() {
  static const ToolSpec* const list_of[] = {&kList, &kGet};
  return list_of;
}

const Service kTemplatesService{.name = "templates",
                                .title = "Templates",
                                .version = "1.0.0",
                                .description = "The workspace's message templates and their versions.",
                                .limits = {.calls_per_minute = 6000, .at_once = 16},
                                .health = &templates_health};

}  // namespace spreaders::tools
