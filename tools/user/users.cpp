#include <nlohmann/json.hpp>

#include "services/accounts/accounts.hpp"
#include "tools/health.hpp"
#include "tools/user/user_tools.hpp"

namespace spreaders::tools {

using services::Role;

namespace {

constexpr std::string_view kManageScope = "users:manage";

struct Preferences {
  std::optional<std::string> language, time_zone, currency;
  std::optional<bool> email_reports;
  std::optional<std::string> reply_style;
  SPR_FIELDS(Preferences,
             SPR_FIELD(language, "Language of answers and reports", .format = Format::kLanguage, .example = "de"),
             SPR_FIELD(time_zone, "Time zone of plans and reports", .format = Format::kTimeZone,
                       .example = "Europe/Berlin"),
             SPR_FIELD(currency, "Currency that amounts are shown in", .format = Format::kCurrency, .example = "EUR"),
             SPR_FIELD(email_reports, "Whether finished campaigns are reported by email"),
             SPR_FIELD(reply_style, "How answers should be worded, in the person's own words", .max_size = 500));
};

struct Profile {
  std::string user_id, email, name;
  Role role = Role::kViewer;
  Preferences preferences;
  std::vector<std::string> scopes;
  Instant created_at, updated_at;
  SPR_FIELDS(Profile, SPR_FIELD(user_id, "Id of the account"), SPR_FIELD(email, "Address"),
             SPR_FIELD(name, "Name; may be empty"), SPR_FIELD(role, "What the person may do"),
             SPR_FIELD(preferences, "Only those that were set"),
             SPR_FIELD(scopes, "What the role allows; keys may hold less"), SPR_FIELD(created_at, "When it was made"),
             SPR_FIELD(updated_at, "When it last changed"));
};

Result<Profile> profile_of(const services::User& user) {
  auto preferences = TRY(decode<Preferences>(TRY(parse_json(user.preferences)), "The stored preferences"));
  return Profile{
      user.id,         user.email,     user.name, user.role, std::move(preferences), services::scopes_of(user.role),
      user.created_at, user.updated_at};
}

// Somebody else's account is for those who manage accounts.
Result<services::User> account_for(ToolContext& context, const std::optional<std::string>& user_id) {
  auto own = services::user_of_principal(context.tx(), context.workspace(), context.principal.id);
  if (!user_id || (own.ok() && own->id == *user_id)) {
    if (!own.ok() && own.error().code == Code::kNotFound)
      return not_found("the caller has no account of its own; name a user_id");
    return own;
  }
  if (!context.principal.may(kManageScope)) {
    return Error{Code::kPermissionDenied, "another person's account needs the scope " + std::string(kManageScope)};
  }
  return services::get_user(context.tx(), context.workspace(), *user_id);
}

struct CreateUser {
  std::string email, name;
  Role role = Role::kViewer;
  SPR_FIELDS(
      CreateUser, SPR_FIELD(email, "Address of the person", .max_size = 254, .format = Format::kEmail),
      SPR_FIELD(name, "Name of the person", .max_size = 200, .defaulted = true),
      SPR_FIELD(role, "owner and admin: everything, approvals too; editor: audiences and campaigns; viewer: reads only",
                .defaulted = true));
};

Result<Profile> create_user(ToolContext& context, const CreateUser& args) {
  // Otherwise whoever may make accounts could make one that may approve.
  bool powerful = args.role == Role::kOwner || args.role == Role::kAdmin;
  if (powerful && !context.principal.may("approvals:decide")) {
    return Error{Code::kPermissionDenied, "only a person who may approve can make an owner or admin"};
  }
  return profile_of(TRY(services::create_user(context.tx(), context.workspace(), {args.email, args.name, args.role},
                                              context.clock.now(), context.ids)));
}

struct WhichUser {
  std::optional<std::string> user_id;
  SPR_FIELDS(WhichUser,
             SPR_FIELD(user_id, "Id of the account; the caller's own if left out", .format = Format::kIdentifier));
};

Result<Profile> get_profile(ToolContext& context, const WhichUser& args) {
  return profile_of(TRY(account_for(context, args.user_id)));
}

struct UpdatePreferences {
  std::optional<std::string> user_id;
  Preferences preferences;
  std::vector<std::string> remove;
  static void check(const UpdatePreferences& args, Issues& issues) {
    const auto& known = Preferences::field_list().fields;
    Json set = encode(args.preferences);
    if (set.empty() && args.remove.empty()) issues.push_back({"/preferences", "names nothing to change"});
    for (size_t i = 0; i < args.remove.size(); ++i) {
      std::string place = "/remove/" + std::to_string(i);
      bool found =
          std::any_of(known.begin(), known.end(), [&](const Field& field) { return field.name == args.remove[i]; });
      if (!found) issues.push_back({place, "is not a preference"});
      else if (set.contains(args.remove[i])) issues.push_back({place, "is set in the same call"});
    }
  }
  SPR_FIELDS(UpdatePreferences,
             SPR_FIELD(user_id, "Id of the account; the caller's own if left out", .format = Format::kIdentifier),
             SPR_FIELD(preferences, "Those to set; the others stay", .defaulted = true),
             SPR_FIELD(remove, "Names of those to take back", .max_size = 20, .item_max_size = 50, .defaulted = true));
};

Result<Profile> update_preferences(ToolContext& context, const UpdatePreferences& args) {
  auto user = TRY(account_for(context, args.user_id));
  Json changes = encode(args.preferences);
  for (const auto& name : args.remove) changes[name] = nullptr;
  return profile_of(
      TRY(services::update_preferences(context.tx(), context.workspace(), user.id, changes, context.clock.now())));
}

enum class CallerKind : uint8_t { kPerson, kModel, kSystem };
SPR_ENUM(CallerKind, {CallerKind::kPerson, "person"}, {CallerKind::kModel, "model"}, {CallerKind::kSystem, "system"});

CallerKind kind_of(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::kPerson:
      return CallerKind::kPerson;
    case Principal::Kind::kModel:
      return CallerKind::kModel;
    case Principal::Kind::kSystem:
      return CallerKind::kSystem;
  }
  return CallerKind::kModel;
}

struct NoArgs {
  SPR_NO_FIELDS(NoArgs);
};
struct Caller {
  bool valid = true;
  std::string principal_id, workspace_id;
  CallerKind kind = CallerKind::kModel;
  std::vector<std::string> scopes;
  std::string door;
  bool may_approve = false;
  std::optional<std::string> user_id;
  std::optional<Role> role;
  SPR_FIELDS(Caller, SPR_FIELD(valid, "Always true: a caller whose credential is not valid gets no answer"),
             SPR_FIELD(principal_id, "Who calls: an account or a key"),
             SPR_FIELD(workspace_id, "Whose data the caller sees"), SPR_FIELD(kind, "A model never approves"),
             SPR_FIELD(scopes, "What the credential allows; * is all but approvals"),
             SPR_FIELD(door, "How the call came in: stdio, http, cli, page, engine, agent"),
             SPR_FIELD(may_approve,
                       "Whether the caller may decide approvals, with the code from the server's terminal"),
             SPR_FIELD(user_id, "The account behind the credential"), SPR_FIELD(role, "Its role"));
};

Result<Caller> validate_token(ToolContext& context, const NoArgs&) {
  const auto& principal = context.principal;
  Caller caller{true,
                principal.id,
                principal.workspace,
                kind_of(principal.kind),
                principal.scopes,
                principal.door,
                principal.may("approvals:decide"),
                {},
                {}};
  auto user = services::user_of_principal(context.tx(), context.workspace(), principal.id);
  if (user.ok()) {
    caller.user_id = user->id;
    caller.role = user->role;
  } else if (user.error().code != Code::kNotFound) {
    return user.error();
  }
  return caller;
}

const ToolSpec kCreate{
    .name = "user.create",
    .title = "Create a user",
    .description =
        "Makes an account for a person in this workspace, with a role. It has no password: keys for "
        "it are made with `spreaders` on the server. For administrators.",
    .words =
        "new account; sign up; register a person; add a colleague; onboard a new hire; open a login for; "
        "new starter joins the company; give somebody an account; registration; set up a member with a role; "
        "benutzer anlegen; nouveau compte; crear cuenta",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"users:manage"},
    .body = handler<&create_user>(),
    .operator_only = true};
const ToolSpec kGetProfile{
    .name = "user.getProfile",
    .title = "Show a profile",
    .description =
        "An account's address, name, role and preferences: the caller's own, or with users:manage any other.",
    .words =
        "who am i logged in as; my account details; show my name and email; what role do i have; look up a person; "
        "account information; what language is set for me; profile page; view a colleague; mein profil; mon profil",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"users:read"},
    .body = handler<&get_profile>()};
const ToolSpec kUpdatePreferences{
    .name = "user.updatePreferences",
    .title = "Change preferences",
    .description =
        "Sets or takes back preferences such as language, time zone and currency. What is not named stays as it is.",
    .words =
        "time zone; language setting; switch to german; currency; dark mode; date format; my settings; default "
        "options; "
        "personal settings; set interface language; euro instead of dollar; einstellungen; préférences; ajustes",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"users:write"},
    .body = handler<&update_preferences>()};
const ToolSpec kValidateToken{
    .name = "user.validateToken",
    .title = "Who am I",
    .description =
        "Checks the credential this very call came with and says who it is: account or key, "
        "workspace, kind, scopes. Takes no token: secrets never go through tools.",
    .words =
        "is my login still valid; whoami; check the session; am i still signed in; session expired; is this key good; "
        "who does this key belong to; jwt of a person; login cookie; credential check; which scopes do i have; "
        "which workspace is this",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"users:read"},
    .body = handler<&validate_token>()};

}  // namespace

ToolList user_tools() {
  static const ToolSpec* const list_of[] = {&kCreate, &kGetProfile, &kUpdatePreferences, &kValidateToken};
  return list_of;
}

namespace {

Health user_health(ToolContext& context) { return readable(context, "user_account", "the accounts can be read"); }

}  // namespace

const Service kUserService{.name = "user",
                           .title = "Users",
                           .version = "1.0.0",
                           .description = "Accounts of the people who work here, and who the caller is.",
                           .limits = {.calls_per_minute = 6000, .at_once = 16},
                           .health = &user_health};

}  // namespace spreaders::tools
