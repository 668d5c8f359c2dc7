#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "events/outbox.hpp"
#include "services/templates/templates.hpp"
#include "tools/audience/people.hpp"
#include "tools/email/email_campaign_tools.hpp"
#include "tools/health.hpp"

namespace spreaders::tools {

namespace {

struct SendEmail {
  std::string to, template_id;
  std::optional<int64_t> template_version;
  std::optional<std::string> connection_id;
  bool transactional = false;
  static void check(const SendEmail& args, Issues& issues) {
    if (!is_email(args.to) && !args.to.starts_with("ctc_"))
      issues.push_back({"/to", "is neither an email address nor the id of a contact"});
  }
  SPR_FIELDS(SendEmail,
             SPR_FIELD(to, "Address or id of one contact of this workspace; in workflows {\"$run\":\"subject\"}",
                       .min_size = 1, .max_size = kPersonSizeMax),
             SPR_FIELD(template_id, "Template to send", .format = Format::kIdentifier),
             SPR_FIELD(template_version, "Its version; the latest if left out", .min = 1),
             SPR_FIELD(connection_id, "Connection to send through; the workspace's own if left out",
                       .format = Format::kIdentifier),
             SPR_FIELD(transactional, "True for receipts and the like, which need no marketing consent",
                       .defaulted = true));
};
struct Queued {
  std::string message_id, state, reason;
  SPR_FIELDS(Queued, SPR_FIELD(message_id, "Id of the message"),
             SPR_FIELD(state, "pending, or skipped with the reason in `reason`"),
             SPR_FIELD(reason, "Why it is not sent, or not yet", .defaulted = true));
};

Result<audience::Contact> recipient_of(storage::Tx& tx, const std::string& workspace, const std::string& to) {
  auto contact = person_of(tx, workspace, to);
  if (!contact.ok() && contact.error().code == Code::kNotFound)
    return not_found("'to' is no contact of this workspace; add them with email.manageSubscriber first");
  return contact;
}

Result<Queued> send_email(ToolContext& context, const SendEmail& args) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  auto stored = TRY(services::get_template(tx, workspace, args.template_id, args.template_version.value_or(0)));
  auto contact = TRY(recipient_of(tx, workspace, args.to));
  std::string connection = args.connection_id.value_or("");
  auto found =
      TRY(tx.query("SELECT id FROM connection WHERE workspace_id = $1 AND ($2 = '' OR id = $2) AND provider IN "
                   "('smtp', 'sandbox_smtp') AND status IN ('ready', 'untested') ORDER BY sandbox, created_at LIMIT 1",
                   {workspace, connection}));
  if (found.empty()) return Error{Code::kNotConfigured, "there is no connection to send mail through"};
  // Without a key every call is a message of its own.
  std::string key = context.idempotency_key.empty() ? context.ids.make("key") : context.idempotency_key;
  events::Intent intent{
      .idem = "notification.sendEmail:" + key,
      .contact_id = contact.id,
      .channel = "email",
      .connection_id = found[0][0].text(),
      .address = contact.email,
      .payload =
          to_text({{"template", stored.id}, {"version", stored.version}, {"transactional", args.transactional}})};
  TRY(events::decide_intents(tx, context.part<storage::SendGuard>(), workspace, {&intent, 1}, context.clock.now()));
  TRY(events::enqueue(tx, workspace, {&intent, 1}, context.clock.now(), context.ids));
  auto row =
      TRY(tx.query_one("SELECT id, state, CASE WHEN state = 'pending' THEN deferred ELSE reply END FROM outbox WHERE "
                       "workspace_id = $1 AND idem = $2",
                       {workspace, intent.idem}));
  if (auto* dispatcher = context.parts.find<events::Dispatcher>())
    tx.after_commit([dispatcher] { dispatcher->wake(); });
  return Queued{(*row)[0].text(), (*row)[1].text(), (*row)[2].text()};
}

const ToolSpec kSend{
    .name = "notification.sendEmail",
    .title = "Send one email to one person",
    .description =
        "Sends a template to one contact. The action of journeys. Marketing needs the contact's consent; a repeated "
        "call with the same idempotency key sends nothing more.",
    .words =
        "mail one person; single mail; transactional mail; order confirmation; password reset mail; receipt; "
        "one-off email to a customer; reply to one person by mail; welcome mail to one contact; invoice by mail; "
        "shipping notice; einzelne mail; e-mail à une personne; correo a una persona",
    .effect = Effect::kPublish,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"notifications:send"},
    .body = handler<&send_email>(),
    .open_world = true};

}  // namespace

ToolList notification_tools() {
  static const ToolSpec* const list[] = {&kSend};
  return list;
}

const Service kNotificationService{.name = "notification",
                                   .title = "Notifications",
                                   .version = "1.0.0",
                                   .description = "Single messages to single people.",
                                   .limits = {.calls_per_minute = 600, .at_once = 16},
                                   .health = &mail_health};

}  // namespace spreaders::tools
