#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/contacts.hpp"
#include "services/audience/lists.hpp"
#include "services/consent/consent.hpp"
#include "tools/audience/people.hpp"
#include "tools/email/email_audience_tools.hpp"

namespace spreaders::tools {

namespace manage_subscriber {

enum class Action : uint8_t { kSubscribe, kUnsubscribe, kUpdate, kGet, kDelete };
SPR_ENUM(Action, {Action::kSubscribe, "subscribe"}, {Action::kUnsubscribe, "unsubscribe"}, {Action::kUpdate, "update"},
         {Action::kGet, "get"}, {Action::kDelete, "delete"});

struct Args {
  Action action = Action::kGet;
  std::string email;
  std::optional<std::string> first_name, last_name, language, time_zone;
  std::map<std::string, Json> attributes;
  std::vector<std::string> lists;
  std::string consent_source;
  std::string consent_proof;

  [[nodiscard]] audience::ContactChange change(Issues& issues) const {
    audience::ContactChange made{
        .email = email, .first_name = first_name, .last_name = last_name, .language = language, .time_zone = time_zone};
    made.attributes = attributes_of(attributes, issues);
    return made;
  }

  static void check(const Args& args, Issues& issues) {
    bool changes = args.first_name || args.last_name || args.language || args.time_zone || !args.attributes.empty();
    bool takes_changes = args.action == Action::kSubscribe || args.action == Action::kUpdate;
    if (args.action == Action::kSubscribe && trim(args.consent_source).empty()) {
      issues.push_back({"/consent_source", "is required to subscribe: where this person gave their consent"});
    }
    if (args.action == Action::kUpdate && !changes && args.lists.empty())
      issues.push_back({"/action", "update has nothing to change"});
    if (!takes_changes && (changes || !args.lists.empty()))
      issues.push_back({"/action", "takes no names, attributes or lists; use subscribe or update"});
    audience::check_change(args.change(issues), issues);
  }
  SPR_FIELDS(Args, SPR_FIELD(action, "What to do"),
             SPR_FIELD(email, "Email address of the person", .max_size = 254, .format = Format::kEmail),
             SPR_FIELD(first_name, "First name", .max_size = audience::kNameSizeMax),
             SPR_FIELD(last_name, "Last name", .max_size = audience::kNameSizeMax),
             SPR_FIELD(language, "Language tag such as en or pt-BR", .format = Format::kLanguage),
             SPR_FIELD(time_zone, "IANA time zone such as Europe/Berlin", .format = Format::kTimeZone),
             SPR_FIELD(attributes, "Other attributes: text, number, true or false; null takes one away",
                       .max_size = audience::kAttributesMax, .defaulted = true),
             SPR_FIELD(lists, "Lists to join, by id or name", .max_size = 20, .item_max_size = 200, .defaulted = true),
             SPR_FIELD(consent_source, "Where the person said so; required by subscribe",
                       .max_size = consent::kSourceSizeMax, .defaulted = true),
             SPR_FIELD(consent_proof, "What shows it", .max_size = consent::kProofSizeMax, .defaulted = true));
};

struct Answer {
  std::string email;
  std::optional<std::string> contact_id;
  std::optional<std::string> first_name, last_name, language, time_zone;
  std::optional<Json> attributes;
  std::vector<std::string> lists;
  ConsentView consent;
  bool changed = false;
  SPR_FIELDS(Answer, SPR_FIELD(email, "Email address"),
             SPR_FIELD(contact_id, "Id of the contact; absent when there is none"), SPR_FIELD(first_name, "First name"),
             SPR_FIELD(last_name, "Last name"), SPR_FIELD(language, "Language tag"),
             SPR_FIELD(time_zone, "IANA time zone"), SPR_FIELD(attributes, "Other attributes"),
             SPR_FIELD(lists, "Names of the lists the person is on"),
             SPR_FIELD(consent, "What may be sent to them now"),
             SPR_FIELD(changed, "Whether this call changed anything"));
};

Result<Answer> answer_of(ToolContext& context, const std::string& email, bool changed) {
  auto& tx = context.tx();
  Answer answer;
  answer.email = audience::normal_email(email);
  answer.changed = changed;
  auto contact = TRY(audience::find_contact_by_email(tx, context.workspace(), email));
  if (contact) {
    answer.contact_id = contact->id;
    answer.first_name = contact->first_name;
    answer.last_name = contact->last_name;
    answer.language = contact->language;
    answer.time_zone = contact->time_zone;
    answer.attributes = TRY(parse_json(contact->attributes));
    answer.lists = TRY(audience::lists_of(tx, context.workspace(), contact->id));
  }
  answer.consent = TRY(consent_view(tx, context.workspace(), "email", contact ? contact->id : "", email));
  return answer;
}

Result<bool> put(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  Instant now = context.clock.now();
  if (args.action == Action::kUpdate) TRY(audience::get_contact_by_email(tx, context.workspace(), args.email));
  Issues issues;
  auto result = TRY(
      audience::upsert_contact(tx, context.workspace(), args.change(issues), now, context.part<audience::Journal>()));
  bool changed = result.what != audience::Upserted::kUnchanged;
  changed |= TRY(join_lists(context, result.contact.id, args.lists));
  if (args.action != Action::kSubscribe) return changed;
  consent::Word word{
      .who = {result.contact.id, result.contact.email}, .source = args.consent_source, .proof = args.consent_proof};
  changed |= TRY(consent::subscribe(tx, context.workspace(), word, now, context.part<audience::Journal>()));
  return changed;
}

// An address that nobody has is shut all the same: who wants no mail need not be known.
Result<bool> unsubscribe(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  Instant now = context.clock.now();
  std::string source = args.consent_source.empty() ? context.principal.id : args.consent_source;
  auto contact = TRY(audience::find_contact_by_email(tx, context.workspace(), args.email));
  if (!contact)
    return consent::suppress(tx, context.workspace(),
                             {args.email, "email", consent::Reason::kUnsubscribed, source, now});
  consent::Word word{.who = {contact->id, contact->email}, .source = source, .proof = args.consent_proof};
  return consent::unsubscribe(tx, context.workspace(), word, now, context.part<audience::Journal>());
}

Result<Answer> run(ToolContext& context, const Args& args) {
  bool changed = false;
  if (args.action == Action::kSubscribe || args.action == Action::kUpdate) {
    changed = TRY(put(context, args));
  } else if (args.action == Action::kUnsubscribe) {
    changed = TRY(unsubscribe(context, args));
  } else {
    auto contact = TRY(audience::get_contact_by_email(context.tx(), context.workspace(), args.email));
    if (args.action == Action::kDelete)
      changed = TRY(audience::delete_contact(context.tx(), context.workspace(), contact.id));
  }
  return answer_of(context, args.email, changed);
}

Effect effect_of(const Args& args) {
  if (args.action == Action::kDelete) return Effect::kDestroy;
  return args.action == Action::kGet ? Effect::kRead : Effect::kWrite;
}

}  // namespace manage_subscriber

const ToolSpec kManageSubscriber{
    .name = "email.manageSubscriber",
    .title = "Manage a subscriber",
    .description =
        "Subscribes, unsubscribes, updates, shows or deletes one person by email address. Subscribing records their "
        "consent and needs its source; "
        "it does not open an address that bounced or complained. Deleting needs a person's approval.",
    .words =
        "unsubscribe this person; add one address; opt-in; opt-out; take me off the list; new newsletter reader; "
        "change an email address of a contact; wants no more mail; gdpr erasure of a contact; double opt-in; "
        "remove bounced person; abmelden; désinscrire; dar de baja; austragen",
    .effect = Effect::kDestroy,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:write", "consent:write"},
    .body = handler<&manage_subscriber::run>(),
    .effect_of = effect_from<&manage_subscriber::effect_of>()};

}  // namespace spreaders::tools
