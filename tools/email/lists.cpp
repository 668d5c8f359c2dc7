#include "services/audience/lists.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/contacts.hpp"
#include "tools/email/email_audience_tools.hpp"

namespace spreaders::tools {

// Outside of the nameless namespace, so that the specs' own names stay free.
namespace manage_list {

constexpr size_t kEmailsMax = 1000;

enum class Action : uint8_t { kCreate, kRename, kDelete, kAdd, kRemove, kGet, kList };
SPR_ENUM(Action, {Action::kCreate, "create"}, {Action::kRename, "rename"}, {Action::kDelete, "delete"},
         {Action::kAdd, "add"}, {Action::kRemove, "remove"}, {Action::kGet, "get"}, {Action::kList, "list"});

struct Args {
  Action action = Action::kList;
  std::optional<std::string> list;
  std::optional<std::string> name;
  std::string description;
  std::vector<std::string> emails;
  static void check(const Args& args, Issues& issues) {
    bool names_one = args.action != Action::kCreate && args.action != Action::kList;
    if (names_one && !args.list) issues.push_back({"/list", "is required by this action: the id or name of the list"});
    if ((args.action == Action::kCreate || args.action == Action::kRename) && !args.name)
      issues.push_back({"/name", "is required by this action"});
    bool members = args.action == Action::kAdd || args.action == Action::kRemove;
    if (members && args.emails.empty()) issues.push_back({"/emails", "is required by this action"});
    if (!members && !args.emails.empty()) issues.push_back({"/emails", "is used by add and remove only"});
  }
  SPR_FIELDS(Args, SPR_FIELD(action, "What to do"),
             SPR_FIELD(list, "Id or name of the list; all actions but create and list", .min_size = 1, .max_size = 200),
             SPR_FIELD(name, "Name of the new list, or its new name", .min_size = 1,
                       .max_size = audience::kListNameSizeMax),
             SPR_FIELD(description, "What the list is for; for create", .max_size = audience::kListDescriptionSizeMax,
                       .defaulted = true),
             SPR_FIELD(emails, "Addresses of contacts to add or remove", .max_size = kEmailsMax, .item_max_size = 254,
                       .format = Format::kEmail, .defaulted = true));
};

struct ListView {
  std::string list_id, name, description;
  int64_t size = 0;
  Instant created_at;
  SPR_FIELDS(ListView, SPR_FIELD(list_id, "Id of the list"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(description, "What it is for"), SPR_FIELD(size, "Its members"),
             SPR_FIELD(created_at, "When it was made"));
};
struct Answer {
  std::vector<ListView> lists;
  int64_t changed = 0;
  std::vector<std::string> unknown_emails;
  SPR_FIELDS(Answer, SPR_FIELD(lists, "The list as it is now, or all lists; empty after delete"),
             SPR_FIELD(changed, "Lists made, renamed or deleted, or members added or removed; 0 if all was so already"),
             SPR_FIELD(unknown_emails, "Addresses that no contact has; add them with email_manageSubscriber"));
};

ListView view_of(const audience::List& list) {
  return {list.id, list.name, list.description, list.size, list.created_at};
}

Result<void> change_members(ToolContext& context, const Args& args, const std::string& list_id, Answer& answer) {
  std::vector<std::string> contact_ids;
  for (const auto& email : args.emails) {
    auto contact = TRY(audience::find_contact_by_email(context.tx(), context.workspace(), email));
    if (contact) contact_ids.push_back(contact->id);
    else answer.unknown_emails.push_back(email);
  }
  const auto change = args.action == Action::kAdd ? &audience::add_members : &audience::remove_members;
  answer.changed = TRY(change(context.tx(), context.workspace(), list_id, contact_ids, context.clock.now(),
                              context.part<audience::Journal>()));
  return {};
}

Result<Answer> run(ToolContext& context, const Args& args) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  Answer answer;
  if (args.action == Action::kList) {
    for (const auto& list : TRY(audience::all_lists(tx, workspace))) answer.lists.push_back(view_of(list));
    return answer;
  }
  std::string id;
  if (args.action == Action::kCreate) {
    auto made =
        TRY(audience::create_list(tx, workspace, *args.name, args.description, context.clock.now(), context.ids));
    id = made.id;
    answer.changed = made.created ? 1 : 0;
  } else {
    audience::List list = TRY(audience::get_list(tx, workspace, *args.list));
    id = list.id;
    if (args.action == Action::kRename) {
      answer.changed = list.name == *args.name ? 0 : 1;
      TRY(audience::rename_list(tx, workspace, id, *args.name));
    } else if (args.action == Action::kDelete) {
      TRY(audience::delete_list(tx, workspace, id));
      answer.changed = 1;
      return answer;
    } else if (args.action != Action::kGet) {
      TRY(change_members(context, args, id, answer));
    }
  }
  answer.lists.push_back(view_of(TRY(audience::get_list(tx, workspace, id))));
  return answer;
}

Effect effect_of(const Args& args) {
  if (args.action == Action::kDelete) return Effect::kDestroy;
  return args.action == Action::kGet || args.action == Action::kList ? Effect::kRead : Effect::kWrite;
}

}  // namespace manage_list

const ToolSpec kManageList{
    .name = "email.manageList",
    .title = "Manage mailing lists",
    .description =
        "Creates, renames, shows and deletes lists, and adds or removes contacts by address. "
        "Being on a list is not consent: "
        "who may be written to is decided at sending. Deleting a list keeps its contacts and "
        "needs a person's approval.",
    .words =
        "mailing list; new recipient list; rename a list; vip list; show all lists; drop a list; "
        "add addresses to a list; merge lists; distribution list; newsletter list; customers list; verteiler; "
        "empfängerliste; liste de diffusion; lista de correo",
    .effect = Effect::kDestroy,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:write"},
    .body = handler<&manage_list::run>(),
    .effect_of = effect_from<&manage_list::effect_of>()};

ToolList email_audience_tools() {
  static const ToolSpec* const list[] = {&kManageList, &kSegmentAudience, &kManageSubscriber};
  return list;
}

}  // namespace spreaders::tools
