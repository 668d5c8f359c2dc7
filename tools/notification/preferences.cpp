#include <array>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/consent/consent.hpp"
#include "tools/audience/people.hpp"
#include "tools/notification/preference_tools.hpp"

namespace spreaders::tools {

namespace {

constexpr std::array<std::string_view, 3> kChannels = {"email", "sms", "push"};

struct ChannelPreference {
  std::string channel;
  std::optional<bool> subscribed;
  bool reachable = false, marketing = false, transactional = false;
  std::optional<std::string> source;
  std::optional<Instant> at;
  SPR_FIELDS(ChannelPreference, SPR_FIELD(channel, "email, sms or push"),
             SPR_FIELD(subscribed, "Their latest word on the channel; absent when they have said nothing"),
             SPR_FIELD(reachable, "Whether there is an address that is not shut"),
             SPR_FIELD(marketing, "Whether marketing may be sent now"),
             SPR_FIELD(transactional, "Whether receipts and the like may be sent now"),
             SPR_FIELD(source, "Where they said so"), SPR_FIELD(at, "When they said so"));
};

struct Preferences {
  std::string contact_id;
  std::vector<ChannelPreference> channels;
  bool changed = false;
  SPR_FIELDS(Preferences, SPR_FIELD(contact_id, "Id of the contact"), SPR_FIELD(channels, "email, sms and push"),
             SPR_FIELD(changed, "Whether this call changed anything"));
};

// Addresses of other channels than mail are not kept with contacts.
std::string address_on(const audience::Contact& contact, std::string_view channel) {
  return channel == "email" ? contact.email : std::string();
}

Result<ChannelPreference> preference_of(ToolContext& context, const audience::Contact& contact,
                                        std::string_view channel) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  const storage::Recipient who{contact.id, address_on(contact, channel)};
  ChannelPreference preference;
  preference.channel = channel;
  if (auto word = TRY(consent::find(tx, workspace, channel, contact.id))) {
    preference.subscribed = word->state == consent::State::kOptedIn;
    preference.source = word->source;
    preference.at = word->at;
  }
  preference.marketing = TRY(consent::may_send(tx, workspace, channel, who)).allowed;
  preference.transactional =
      TRY(consent::may_send(tx, workspace, channel, who, consent::Purpose::kTransactional)).allowed;
  preference.reachable = preference.transactional;  // only a missing or shut address stops these
  return preference;
}

Result<Preferences> preferences_of(ToolContext& context, const audience::Contact& contact) {
  Preferences preferences{.contact_id = contact.id, .channels = {}};
  for (auto channel : kChannels) preferences.channels.push_back(TRY(preference_of(context, contact, channel)));
  return preferences;
}

struct Get {
  std::string person;
  SPR_FIELDS(Get, SPR_FIELD(person, "Who: a contact's id, their user_id or their email address", .min_size = 1,
                            .max_size = kPersonSizeMax));
};
Result<Preferences> get(ToolContext& context, const Get& args) {
  return preferences_of(context, TRY(person_of(context.tx(), context.workspace(), args.person)));
}

struct Update {
  std::string person;
  std::optional<bool> email, sms, push;
  std::string consent_source, consent_proof;
  static void check(const Update& args, Issues& issues) {
    if (!args.email && !args.sms && !args.push) issues.push_back({"", "name at least one of email, sms and push"});
    bool subscribes = args.email.value_or(false) || args.sms.value_or(false) || args.push.value_or(false);
    if (subscribes && trim(args.consent_source).empty())
      issues.push_back({"/consent_source", "is required to subscribe: where this person gave their consent"});
  }
  SPR_FIELDS(Update,
             SPR_FIELD(person, "Who: a contact's id, their user_id or their email address", .min_size = 1,
                       .max_size = kPersonSizeMax),
             SPR_FIELD(email, "Whether they want email; unchanged if left out"),
             SPR_FIELD(sms, "Whether they want text messages; unchanged if left out"),
             SPR_FIELD(push, "Whether they want push messages; unchanged if left out"),
             SPR_FIELD(consent_source, "Where the person said so; required to subscribe",
                       .max_size = consent::kSourceSizeMax, .defaulted = true),
             SPR_FIELD(consent_proof, "What shows it", .max_size = consent::kProofSizeMax, .defaulted = true));
};
Result<Preferences> update(ToolContext& context, const Update& args) {
  auto& tx = context.tx();
  auto contact = TRY(person_of(tx, context.workspace(), args.person));
  const std::optional<bool> wanted[] = {args.email, args.sms, args.push};
  bool changed = false;
  for (size_t i = 0; i < kChannels.size(); ++i) {
    if (!wanted[i]) continue;
    consent::Word word{.who = {contact.id, address_on(contact, kChannels[i])},
                       .channel = std::string(kChannels[i]),
                       .source = args.consent_source.empty() ? context.principal.id : args.consent_source,
                       .proof = args.consent_proof};
    auto say = *wanted[i] ? &consent::subscribe : &consent::unsubscribe;
    changed |= TRY(say(tx, context.workspace(), word, context.clock.now(), context.part<audience::Journal>()));
  }
  Preferences preferences = TRY(preferences_of(context, contact));
  preferences.changed = changed;
  return preferences;
}

const ToolSpec kGet{
    .name = "notification.getUserPreferences",
    .title = "Show a person's channels",
    .description =
        "On which channels a person wants to hear from us, in their own latest word, and what may be "
        "sent to them now.",
    .words =
        "how does she want to be reached; mail or sms; which alerts are switched on; quiet hours setting; may we push; "
        "chosen channels of a person; did he turn off alerts; notification settings view; do not disturb status; "
        "frequency chosen; benachrichtigungseinstellungen ansehen; voir les préférences d alerte",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:read", "consent:read"},
    .body = handler<&get>()};
const ToolSpec kUpdate{
    .name = "notification.updatePreferences",
    .title = "Change a person's channels",
    .description =
        "Records a person's own word about email, text messages and push. Subscribing needs the source of the consent "
        "and does not open an address that bounced or complained.",
    .words =
        "no alerts at night; quiet hours; mute; turn off push; only by email please; do not disturb; fewer alerts; "
        "daily digest; sms off; stop pinging me; weekend silence; benachrichtigungen ausschalten; désactiver les "
        "alertes; silenciar",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:read", "consent:write"},
    .body = handler<&update>()};

}  // namespace

ToolList preference_tools() {
  static const ToolSpec* const list[] = {&kGet, &kUpdate};
  return list;
}

}  // namespace spreaders::tools
