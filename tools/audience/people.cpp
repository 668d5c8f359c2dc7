// audience.*: one person at a time, by whatever they are known by, and what they did.
#include "tools/audience/people.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "services/audience/lists.hpp"
#include "services/events/people.hpp"
#include "storage/values.hpp"
#include "tools/audience/audience_tools.hpp"

namespace spreaders::tools {

Result<audience::Contact> person_of(storage::Tx& tx, const std::string& workspace, const std::string& person) {
  std::string id = TRY(services::contact_of_user(tx, workspace, person));
  auto contact = TRY(audience::find_contact(tx, workspace, id));
  if (!contact) return not_found("nobody is known by that id or address");
  return std::move(*contact);
}

audience::Attributes attributes_of(const std::map<std::string, Json>& given, Issues& issues) {
  Json object = Json::object();
  for (const auto& [name, value] : given) object[name] = value;
  return audience::attributes_from_json(object, "/attributes", issues);
}

Result<bool> join_lists(ToolContext& context, const std::string& contact_id, const std::vector<std::string>& lists) {
  bool changed = false;
  for (const auto& name : lists) {
    auto list = TRY(audience::get_list(context.tx(), context.workspace(), name));
    changed |= TRY(audience::add_members(context.tx(), context.workspace(), list.id, {&contact_id, 1},
                                         context.clock.now(), context.part<audience::Journal>())) > 0;
  }
  return changed;
}

namespace {

constexpr std::string_view kPersonWords =
    "Who: a contact's id, the id that another system gives them (user_id), or their email address";

struct PersonView {
  std::string contact_id, email;
  std::optional<std::string> user_id;
  std::string first_name, last_name, language, time_zone;
  Json attributes;
  std::vector<std::string> lists;
  std::vector<ConsentView> consents;
  Instant created_at, updated_at;
  bool changed = false;
  SPR_FIELDS(PersonView, SPR_FIELD(contact_id, "Id of the contact"), SPR_FIELD(email, "Email address"),
             SPR_FIELD(user_id, "Id that another system gives them"), SPR_FIELD(first_name, "First name"),
             SPR_FIELD(last_name, "Last name"), SPR_FIELD(language, "Language tag"),
             SPR_FIELD(time_zone, "IANA time zone"), SPR_FIELD(attributes, "Other attributes by name"),
             SPR_FIELD(lists, "Names of the lists they are on"),
             SPR_FIELD(consents, "For email, and each channel on which they said anything: what may be sent now"),
             SPR_FIELD(created_at, "When the contact was added"), SPR_FIELD(updated_at, "When it changed last"),
             SPR_FIELD(changed, "Whether this call changed anything"));
};

Result<PersonView> view_of(ToolContext& context, const audience::Contact& contact) {
  auto& tx = context.tx();
  const std::string& workspace = context.workspace();
  PersonView view{.contact_id = contact.id,
                  .email = contact.email,
                  .user_id = contact.external_id,
                  .first_name = contact.first_name,
                  .last_name = contact.last_name,
                  .language = contact.language,
                  .time_zone = contact.time_zone,
                  .attributes = TRY(parse_json(contact.attributes)),
                  .lists = TRY(audience::lists_of(tx, workspace, contact.id)),
                  .consents = {},
                  .created_at = contact.created_at,
                  .updated_at = contact.updated_at};
  view.consents.push_back(TRY(consent_view(tx, workspace, "email", contact.id, contact.email)));
  for (const auto& channel : TRY(consent::channels_of(tx, workspace, contact.id))) {
    if (channel != "email") view.consents.push_back(TRY(consent_view(tx, workspace, channel, contact.id, "")));
  }
  return view;
}

struct GetContact {
  std::string person;
  SPR_FIELDS(GetContact, SPR_FIELD(person, kPersonWords, .min_size = 1, .max_size = kPersonSizeMax));
};
Result<PersonView> get_contact(ToolContext& context, const GetContact& args) {
  return view_of(context, TRY(person_of(context.tx(), context.workspace(), args.person)));
}

struct SaveContact {
  std::optional<std::string> person, email, user_id, first_name, last_name, language, time_zone;
  std::map<std::string, Json> attributes;
  std::vector<std::string> lists;

  [[nodiscard]] audience::ContactChange change(Issues& issues) const {
    return {.email = email.value_or(""),
            .external_id = user_id,
            .first_name = first_name,
            .last_name = last_name,
            .language = language,
            .time_zone = time_zone,
            .attributes = attributes_of(attributes, issues)};
  }
  static void check(const SaveContact& args, Issues& issues) {
    if (!args.person && !args.email) issues.push_back({"/email", "is required for a new person"});
    bool changes = args.email || args.user_id || args.first_name || args.last_name || args.language || args.time_zone ||
                   !args.attributes.empty() || !args.lists.empty();
    if (args.person && !changes) issues.push_back({"", "there is nothing to change"});
    (void)args.change(issues);
  }
  SPR_FIELDS(SaveContact,
             SPR_FIELD(person, "Whom to change, as in audience.getContact; a new person if left out", .min_size = 1,
                       .max_size = kPersonSizeMax),
             SPR_FIELD(email, "Email address; required for a new person", .max_size = 254, .format = Format::kEmail),
             SPR_FIELD(user_id, "Id that another system gives them", .min_size = 1,
                       .max_size = audience::kExternalIdSizeMax),
             SPR_FIELD(first_name, "First name", .max_size = audience::kNameSizeMax),
             SPR_FIELD(last_name, "Last name", .max_size = audience::kNameSizeMax),
             SPR_FIELD(language, "Language tag such as en or pt-BR", .format = Format::kLanguage),
             SPR_FIELD(time_zone, "IANA time zone such as Europe/Berlin", .format = Format::kTimeZone),
             SPR_FIELD(attributes, "Other attributes: text, number, true or false; null takes one away",
                       .max_size = audience::kAttributesMax, .defaulted = true),
             SPR_FIELD(lists, "Lists to join, by id or name", .max_size = 20, .item_max_size = 200, .defaulted = true));
};

// A contact is found by one key while the other is changed. Without an id of its own it is given one with the address
// it has, so that it is found by it when the address moves.
Result<audience::UpsertResult> change_person(ToolContext& context, const SaveContact& args,
                                             audience::ContactChange change) {
  auto& tx = context.tx();
  auto known = TRY(person_of(tx, context.workspace(), *args.person));
  bool moves = args.email && audience::normal_email(*args.email) != known.email;
  Instant now = context.clock.now();
  if (!moves) {
    change.email = known.email;
  } else if (known.external_id && args.user_id && *args.user_id != *known.external_id) {
    return issues_error("The person", {{"/email", "and user_id cannot change in one call"}});
  } else if (known.external_id) {
    change.external_id = known.external_id;
  } else if (args.user_id) {
    TRY(audience::upsert_contact(tx, context.workspace(), {.email = known.email, .external_id = args.user_id}, now,
                                 context.part<audience::Journal>()));
  } else {
    return issues_error("The person", {{"/email", "can change only for a person with a user_id: give them one too"}});
  }
  return audience::upsert_contact(tx, context.workspace(), change, now, context.part<audience::Journal>());
}

Result<audience::UpsertResult> add_person(ToolContext& context, const SaveContact& args,
                                          const audience::ContactChange& change) {
  auto& tx = context.tx();
  if (TRY(audience::find_contact_by_email(tx, context.workspace(), *args.email)))
    return conflict("there is a contact with this email address; name it in `person` to change it");
  if (args.user_id && TRY(audience::find_contact_by_external_id(tx, context.workspace(), *args.user_id)))
    return conflict("there is a contact with this user_id; name it in `person` to change it");
  return audience::upsert_contact(tx, context.workspace(), change, context.clock.now(),
                                  context.part<audience::Journal>());
}

Result<PersonView> save_contact(ToolContext& context, const SaveContact& args) {
  Issues issues;
  auto change = args.change(issues);
  auto saved = TRY(args.person ? change_person(context, args, change) : add_person(context, args, change));
  bool changed = saved.what != audience::Upserted::kUnchanged;
  changed |= TRY(join_lists(context, saved.contact.id, args.lists));
  PersonView view = TRY(view_of(context, saved.contact));
  view.changed = changed;
  return view;
}

struct ListEvents {
  std::string person;
  std::optional<std::string> name, event_id, cursor;
  std::optional<Instant> since, until;
  int limit = 50;
  SPR_FIELDS(ListEvents, SPR_FIELD(person, kPersonWords, .min_size = 1, .max_size = kPersonSizeMax),
             SPR_FIELD(name, "Only events of this name", .min_size = 1, .max_size = 200),
             SPR_FIELD(event_id, "Only this event", .min_size = 1, .max_size = 200),
             SPR_FIELD(since, "Only from then on"), SPR_FIELD(until, "Only before then"),
             SPR_FIELD(limit, "How many at most", .min = 1, .max = 200, .defaulted = true),
             SPR_FIELD(cursor, "next_cursor of the page before", .max_size = 60));
};
struct EventView {
  std::string event_id, name, type;
  Instant at;
  std::optional<std::string> campaign_id;
  Json properties;
  SPR_FIELDS(EventView, SPR_FIELD(event_id, "Its id, as its sender gave it"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(type, "track, identify, page, screen, group or alias"), SPR_FIELD(at, "When it happened"),
             SPR_FIELD(campaign_id, "Campaign it belongs to"), SPR_FIELD(properties, "What was sent with it"));
};
struct Events {
  std::string contact_id;
  std::vector<EventView> events;
  std::optional<std::string> next_cursor;
  SPR_FIELDS(Events, SPR_FIELD(contact_id, "Id of the contact"), SPR_FIELD(events, "Newest first"),
             SPR_FIELD(next_cursor, "Gives the next page; absent on the last"));
};

// "1764000000000000-17": time and place in the order of recording.
struct EventCursor {
  int64_t at_us = 0, seq = 0;
};
Result<EventCursor> read_cursor(const std::string& text) {
  EventCursor cursor;
  const char* end = text.data() + text.size();
  auto at = std::from_chars(text.data(), end, cursor.at_us);
  bool good = at.ec == std::errc() && at.ptr != end && *at.ptr == '-';
  auto seq = good ? std::from_chars(at.ptr + 1, end, cursor.seq) : std::from_chars_result{end, std::errc()};
  if (!good || seq.ec != std::errc() || seq.ptr != end)
    return issues_error("The page", {{"/cursor", "is not a next_cursor of this tool"}});
  return cursor;
}

Result<Events> list_events(ToolContext& context, const ListEvents& args) {
  auto& tx = context.tx();
  Events answer{.contact_id = TRY(person_of(tx, context.workspace(), args.person)).id, .events = {}, .next_cursor = {}};
  std::string sql =
      "SELECT message_id, name, type, at, campaign_id, properties, seq FROM event WHERE workspace_id = $1 AND "
      "contact_id = $2";
  storage::Values values{context.workspace(), answer.contact_id};
  auto also = [&](const char* condition, storage::Value value) {
    values.push_back(std::move(value));
    sql += std::string(condition) + std::to_string(values.size());
  };
  if (args.name) also(" AND name = $", *args.name);
  if (args.event_id) also(" AND message_id = $", *args.event_id);
  if (args.since) also(" AND at >= $", *args.since);
  if (args.until) also(" AND at < $", *args.until);
  if (args.cursor) {
    EventCursor cursor = TRY(read_cursor(*args.cursor));
    also(" AND (at < $", Instant{cursor.at_us});
    sql += " OR (at = $" + std::to_string(values.size());
    also(" AND seq < $", cursor.seq);
    sql += "))";
  }
  also(" ORDER BY at DESC, seq DESC LIMIT $", static_cast<int64_t>(args.limit) + 1);
  auto rows = TRY(tx.query(sql, values));
  for (const auto& row : rows) {
    if (answer.events.size() == static_cast<size_t>(args.limit)) break;
    answer.events.push_back({.event_id = row[0].text(),
                             .name = row[1].text(),
                             .type = row[2].text(),
                             .at = row[3].instant(),
                             .campaign_id = storage::optional_text(row[4]),
                             .properties = TRY(parse_json(row[5].text()))});
  }
  if (rows.size() > answer.events.size()) {
    const auto& last = rows[answer.events.size() - 1];
    answer.next_cursor = std::to_string(last[3].instant().us) + "-" + std::to_string(last[6].integer());
  }
  return answer;
}

const ToolSpec kGetContact{.name = "audience.getContact",
                           .title = "Show a person",
                           .description =
                               "One contact with attributes, lists and consents, found by contact id, by the id that "
                               "another system gives them, or by email address.",
                           .words =
                               "profile of a customer; who is this; look up a person by email; customer record; user "
                               "details by id; what do we know about him; find one contact; kunde anzeigen; fiche "
                               "client; ficha del cliente",
                           .effect = Effect::kRead,
                           .repeat = Repeat::kSafe,
                           .scopes = {"audience:read", "consent:read"},
                           .body = handler<&get_contact>()};
const ToolSpec kSaveContact{
    .name = "audience.saveContact",
    .title = "Add or change a person",
    .description =
        "Adds a contact, or changes the one that `person` names: address, names, attributes, lists. Never changes what "
        "they consented to; that is notification.updatePreferences.",
    .words =
        "new customer record; add a contact by hand; create a person; change the attributes of a customer; set an "
        "attribute; update profile of a contact; give a contact a user id; correct the name of a customer; put someone "
        "on a list; kontakt anlegen; ajouter un contact; crear contacto",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:write", "consent:read"},
    .body = handler<&save_contact>()};
const ToolSpec kListEvents{
    .name = "audience.listEvents",
    .title = "What a person did",
    .description =
        "Events of one contact, newest first: opens, clicks, orders and whatever shops and apps report, filtered by "
        "name, id and time.",
    .words =
        "activity of a customer; event history; did she open the mail; timeline of a contact; last orders of a "
        "person; what did this user click; journey of a customer; recent actions; verlauf eines kunden; historique "
        "du client; actividad del cliente",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"audience:read"},
    .body = handler<&list_events>()};

}  // namespace

ToolList people_tools() {
  static const ToolSpec* const list[] = {&kGetContact, &kSaveContact, &kListEvents};
  return list;
}

}  // namespace spreaders::tools
