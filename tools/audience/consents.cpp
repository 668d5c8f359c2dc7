// consent.*: what a person allowed, and addresses that get nothing more.
#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "services/consent/consent.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/audience/people.hpp"
#include "tools/health.hpp"

namespace spreaders::tools {

Result<ConsentView> consent_view(storage::Tx& tx, const std::string& workspace, const std::string& channel,
                                 const std::string& contact_id, const std::string& address) {
  ConsentView view{.channel = channel,
                   .state = "unknown",
                   .source = {},
                   .proof = {},
                   .at = {},
                   .suppressed = {},
                   .suppressed_by = {},
                   .suppressed_at = {},
                   .reason = ""};
  if (auto known = TRY(consent::find(tx, workspace, channel, contact_id))) {
    view.state = enum_name(known->state);
    view.source = known->source;
    view.proof = known->proof;
    view.at = known->at;
  }
  if (auto shut = TRY(consent::find_suppression(tx, workspace, channel, address))) {
    view.suppressed = enum_name(shut->reason);
    view.suppressed_by = shut->source;
    view.suppressed_at = shut->at;
  }
  auto decision = TRY(consent::may_send(tx, workspace, channel, {contact_id, address}));
  view.may_send_marketing = decision.allowed;
  view.reason = decision.reason;
  return view;
}

namespace {

struct ByAddress {
  std::string address;
  std::string channel = "email";
  static void check(const ByAddress& args, Issues& issues) {
    if (args.channel != "email") return;
    if (auto problem = format_problem(Format::kEmail, args.address); !problem.empty())
      issues.push_back({"/address", problem});
  }
  SPR_FIELDS(ByAddress,
             SPR_FIELD(address, "Address on the channel, for example an email address", .min_size = 1, .max_size = 254),
             SPR_FIELD(channel, "Channel: email, sms, push or another", .max_size = 40, .format = Format::kIdentifier,
                       .defaulted = true));
};

struct Status {
  std::string address;
  std::optional<std::string> contact_id;
  ConsentView consent;
  bool changed = false;
  SPR_FIELDS(Status, SPR_FIELD(address, "The address"), SPR_FIELD(contact_id, "Contact that has it"),
             SPR_FIELD(consent, "What is known about it now"),
             SPR_FIELD(changed, "Whether this call changed anything"));
};

// Only e-mail addresses are kept with contacts.
Result<std::optional<audience::Contact>> holder_of(ToolContext& context, const std::string& channel,
                                                   const std::string& address) {
  if (channel != "email") return std::optional<audience::Contact>();
  return audience::find_contact_by_email(context.tx(), context.workspace(), address);
}

Result<Status> status_of(ToolContext& context, const std::string& channel, const std::string& address, bool changed) {
  auto contact = TRY(holder_of(context, channel, address));
  Status status{.address = address, .contact_id = {}, .consent = {}, .changed = changed};
  if (contact) status.contact_id = contact->id;
  status.consent = TRY(consent_view(context.tx(), context.workspace(), channel, contact ? contact->id : "", address));
  return status;
}

Result<Status> get_status(ToolContext& context, const ByAddress& args) {
  return status_of(context, args.channel, args.address, false);
}

struct Suppress {
  std::string address;
  std::string channel = "email";
  consent::Reason reason = consent::Reason::kManual;
  std::string source;
  static void check(const Suppress& args, Issues& issues) { ByAddress::check({args.address, args.channel}, issues); }
  SPR_FIELDS(Suppress, SPR_FIELD(address, "Address to shut", .min_size = 1, .max_size = 254),
             SPR_FIELD(channel, "Channel: email, sms, push or another", .max_size = 40, .format = Format::kIdentifier,
                       .defaulted = true),
             SPR_FIELD(reason, "Why", .defaulted = true),
             SPR_FIELD(source, "Who or what asks for it; the caller if left out", .max_size = consent::kSourceSizeMax,
                       .defaulted = true));
};

Result<Status> suppress(ToolContext& context, const Suppress& args) {
  std::string source = args.source.empty() ? context.principal.id : args.source;
  Instant now = context.clock.now();
  auto contact = TRY(holder_of(context, args.channel, args.address));
  bool changed =
      TRY(consent::suppress(context.tx(), context.workspace(), {args.address, args.channel, args.reason, source, now}));
  if (contact && args.reason == consent::Reason::kUnsubscribed) {
    consent::Word word{.who = {contact->id, args.address}, .channel = args.channel, .source = source};
    changed |=
        TRY(consent::unsubscribe(context.tx(), context.workspace(), word, now, context.part<audience::Journal>()));
  }
  return status_of(context, args.channel, args.address, changed);
}

Result<Status> unsuppress(ToolContext& context, const ByAddress& args) {
  bool changed = TRY(consent::unsuppress(context.tx(), context.workspace(), args.channel, args.address));
  return status_of(context, args.channel, args.address, changed);
}

const ToolSpec kGetStatus{.name = "consent.getStatus",
                          .title = "Consent of an address",
                          .description =
                              "Tells whether an address may be written to on a channel, and why not: consent with its "
                              "source and proof, and suppression with its reason.",
                          .effect = Effect::kRead,
                          .repeat = Repeat::kSafe,
                          .scopes = {"consent:read"},
                          .body = handler<&get_status>()};
const ToolSpec kSuppress{.name = "consent.suppress",
                         .title = "Shut an address",
                         .description =
                             "Shuts an address on a channel for all marketing, whoever holds it. The reason "
                             "unsubscribed also opts its contact out. A heavier reason on record is kept.",
                         .effect = Effect::kWrite,
                         .repeat = Repeat::kSafe,
                         .scopes = {"consent:write"},
                         .body = handler<&suppress>()};
const ToolSpec kUnsuppress{.name = "consent.unsuppress",
                           .title = "Open a shut address",
                           .description =
                               "Takes an address off the suppression list. Someone who opted out stays opted out until "
                               "they subscribe again. Needs a person's approval.",
                           .effect = Effect::kWrite,
                           .repeat = Repeat::kSafe,
                           .scopes = {"consent:write"},
                           .body = handler<&unsuppress>(),
                           .always_approve = true};

}  // namespace

ToolList consent_tools() {
  static const ToolSpec* const list[] = {&kGetStatus, &kSuppress, &kUnsuppress};
  return list;
}

namespace {

Health consent_health(ToolContext& context) { return readable(context, "consent", "the consents can be read"); }

}  // namespace

const Service kConsentService{.name = "consent",
                              .title = "Consent",
                              .version = "1.0.0",
                              .description = "Who has agreed to be written to, and who must not be.",
                              .limits = {.calls_per_minute = 6000, .at_once = 16},
                              .health = &consent_health};

}  // namespace spreaders::tools
