// email.automateWorkflow: a series of mails for whoever does something, as a workflow with its trigger.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/templates/templates.hpp"
#include "workflows/library.hpp"
#include "workflows/tools.hpp"
#include "workflows/trigger_views.hpp"

namespace spreaders::workflows {

namespace {

constexpr int kMailsMax = 30;

struct Mail {
  std::string template_id, after;
  static void check(const Mail& mail, Issues& issues) {
    if (!mail.after.empty() && !parse_duration(mail.after).ok())
      issues.push_back({"/after", "is not an ISO 8601 duration such as PT2H or P3D"});
  }
  SPR_FIELDS(Mail, SPR_FIELD(template_id, "Template to send", .format = Format::kIdentifier),
             SPR_FIELD(after, "How long after the mail before, or the start: PT2H, P3D; at once if left out",
                       .max_size = 40, .defaulted = true));
};

struct Args {
  std::string name;
  EventSpec event;
  std::vector<Mail> mails;
  std::string stops_on;
  std::optional<std::string> connection_id;
  bool transactional = false;
  SPR_FIELDS(Args, SPR_FIELD(name, "Name of the series", .min_size = 1, .max_size = 200),
             SPR_FIELD(event, "What a person does to get it"),
             SPR_FIELD(mails, "In their order", .min_size = 1, .max_size = kMailsMax),
             SPR_FIELD(stops_on, "Event that ends it for who does it, such as Order Completed", .max_size = 200,
                       .defaulted = true),
             SPR_FIELD(connection_id, "Connection to send through; the workspace's own if left out",
                       .format = Format::kIdentifier),
             SPR_FIELD(transactional, "True for receipts and the like, which need no marketing consent",
                       .defaulted = true));
};

struct Made {
  std::string workflow_id, trigger_id, starts, state;
  int64_t version = 0;
  Json definition;
  SPR_FIELDS(Made, SPR_FIELD(workflow_id, "Id of its workflow"), SPR_FIELD(version, "The workflow's version"),
             SPR_FIELD(trigger_id, "What triggers.start takes"), SPR_FIELD(starts, "When, in words"),
             SPR_FIELD(state, "initialized: it begins with triggers.start"), SPR_FIELD(definition, "Its nodes"));
};

// Each template in the version of today: what a person approves is what is sent, however it is edited later.
Result<Json> definition_of(ToolContext& context, const Args& args) {
  Json nodes = {{"end", {{"type", "end"}}}};
  Issues issues;
  std::string next = "end";
  for (size_t i = args.mails.size(); i-- > 0;) {
    const Mail& mail = args.mails[i];
    const std::string number = std::to_string(i + 1);
    auto stored = services::get_template(context.tx(), context.workspace(), mail.template_id, 0);
    if (!stored.ok() && stored.error().code != Code::kNotFound) return stored.error();
    if (!stored.ok()) {
      issues.insert(issues.begin(), {"/mails/" + std::to_string(i) + "/template_id", "names no template"});
      continue;
    }
    Json send = {{"to", {{"$run", "subject"}}}, {"template_id", stored->id}, {"template_version", stored->version}};
    if (args.connection_id) send["connection_id"] = *args.connection_id;
    if (args.transactional) send["transactional"] = true;
    nodes["mail_" + number] = {
        {"type", "action"}, {"tool", "notification.sendEmail"}, {"args", std::move(send)}, {"next", next}};
    next = "mail_" + number;
    if (mail.after.empty()) continue;
    nodes["wait_" + number] = {{"type", "delay"}, {"for", mail.after}, {"next", next}};
    next = "wait_" + number;
  }
  if (!issues.empty()) return issues_error("The series", std::move(issues));
  Json definition = {{"name", args.name}, {"start", next}, {"nodes", std::move(nodes)}};
  if (!args.stops_on.empty()) definition["goal"] = {{"event", args.stops_on}};
  return definition;
}

Result<Made> automate(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  Json definition = TRY(definition_of(context, args));
  Issues problems = TRY(settle_and_check(tx, context.workspace(), "", definition, context.tools));
  if (!problems.empty()) return issues_error("The series", std::move(problems));
  const Instant now = context.clock.now();
  auto workflow = TRY(save_workflow(tx, context.workspace(), "", std::move(definition), now, context.ids));
  NewTrigger wanted{workflow.id, workflow.version, args.name, args.event};
  auto trigger = view_of(TRY(create_trigger(tx, context.workspace(), wanted, now, context.ids)));
  return Made{workflow.id,      trigger.trigger_id,
              trigger.starts,   std::string(enum_name(trigger.state)),
              workflow.version, std::move(workflow.definition)};
}

const ToolSpec kAutomate{
    .name = "email.automateWorkflow",
    .title = "Set up a series of mails",
    .description =
        "Prepares mails that whoever does something gets, one after the other, until they do what ends it. It begins "
        "once triggers.start is approved.",
    .words =
        "drip; autoresponder; welcome series; mail sequence; abandoned cart mail; birthday mail; nurture; follow-up "
        "three days later; onboarding mails; win-back; mail when somebody signs up; willkommensserie; scénario "
        "automatique; correos automáticos",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:write", "templates:read"},
    .body = handler<&automate>()};

}  // namespace

ToolList sequence_tools() {
  static const ToolSpec* const list_of[] = {&kAutomate};
  return list_of;
}

}  // namespace spreaders::workflows
