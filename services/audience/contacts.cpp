#include "services/audience/contacts.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/sql.hpp"

namespace spreaders::audience {

namespace {

using storage::Row;
using storage::Rows;
using storage::Values;

constexpr double kNumberMax = 1e15;  // beyond it a double loses whole numbers

constexpr std::string_view kBuiltInNames[] = {"email",    "external_id", "first_name", "last_name",
                                              "language", "time_zone",   "created_at", "id"};

Json json_of(const Attribute& attribute) {
  return std::visit([](const auto& value) { return Json(value); }, attribute);
}

void check_size(const std::string& text, size_t size_max, const std::string& pointer, Issues& issues) {
  if (text.find('\0') != std::string::npos) return issues.push_back({pointer, "must not contain the character U+0000"});
  if (!is_utf8(text)) return issues.push_back({pointer, "is not valid UTF-8"});
  if (size_t size = count_code_points(text); size > size_max) {
    issues.push_back(
        {pointer, "has " + std::to_string(size) + " characters; at most " + std::to_string(size_max) + " are allowed"});
  }
}

void check_attribute(const std::string& name, const Attribute& value, Issues& issues) {
  std::string pointer = "/attributes" + pointer_step(name);
  if (trim(name).empty()) issues.push_back({pointer, "needs a name"});
  check_size(name, kAttributeNameSizeMax, pointer, issues);
  if (std::find(std::begin(kBuiltInNames), std::end(kBuiltInNames), name) != std::end(kBuiltInNames)) {
    issues.push_back({pointer, "is a field of every contact, not an attribute"});
  }
  if (const auto* text = std::get_if<std::string>(&value)) check_size(*text, kAttributeTextSizeMax, pointer, issues);
  if (const auto* real = std::get_if<double>(&value);
      real != nullptr && (!std::isfinite(*real) || std::abs(*real) >= kNumberMax)) {
    issues.push_back({pointer, "is too large a number; write it as text"});
  }
}

// The contacts a batch is about, found once and changed in memory.
struct WorkingSet {
  struct Entry {
    Contact contact;
    Json attributes;
    bool is_new = false;
    bool dirty = false;
    Contact before = {};  // of somebody new: nothing
    Json attributes_before = Json::object();
  };
  std::vector<Entry> entries;
  std::map<std::string, size_t, std::less<>> by_email;
  std::map<std::string, size_t, std::less<>> by_external_id;
  std::map<std::string, size_t, std::less<>> by_id;

  size_t add(Contact contact, bool is_new) {
    size_t at = entries.size();
    by_id[contact.id] = at;
    by_email[contact.email] = at;
    if (contact.external_id) by_external_id[*contact.external_id] = at;
    auto attributes = parse_json(contact.attributes);
    Entry entry{std::move(contact), attributes.ok() ? std::move(*attributes) : Json::object(), is_new, is_new};
    if (!is_new) {
      entry.before = entry.contact;
      entry.attributes_before = entry.attributes;
    }
    entries.push_back(std::move(entry));
    return at;
  }
};

Result<void> load_by(Tx& tx, const std::string& workspace, std::string_view column,
                     const std::vector<std::string>& keys, WorkingSet& set) {
  for (size_t from = 0; from < keys.size(); from += kContactBatchMax) {
    size_t count = std::min(kContactBatchMax, keys.size() - from);
    Values parameters{workspace};
    for (size_t i = 0; i < count; ++i) parameters.emplace_back(keys[from + i]);
    auto rows =
        TRY(tx.query("SELECT " + std::string(contact_columns()) + " FROM contact c WHERE c.workspace_id = $1 AND c." +
                         std::string(column) + " IN (" + placeholders(2, count) + ")",
                     parameters));
    for (const auto& row : rows) {
      if (!set.by_id.contains(row[0].text())) set.add(contact_of(row), false);
    }
  }
  return {};
}

Result<WorkingSet> load_set(Tx& tx, const std::string& workspace, std::span<const ContactChange> changes) {
  WorkingSet set;
  std::vector<std::string> emails;
  std::vector<std::string> external_ids;
  for (const auto& change : changes) {
    if (!change.email.empty()) emails.push_back(normal_email(change.email));
    if (change.external_id && !change.external_id->empty()) external_ids.push_back(*change.external_id);
  }
  TRY(load_by(tx, workspace, "email", emails, set));
  TRY(load_by(tx, workspace, "external_id", external_ids, set));
  return set;
}

bool assign(std::string& to, const std::optional<std::string>& from) {
  if (!from || to == *from) return false;
  to = *from;
  return true;
}

bool apply_attributes(Json& attributes, const Attributes& changes) {
  bool changed = false;
  for (const auto& [name, value] : changes) {
    auto found = attributes.find(name);
    if (std::holds_alternative<std::nullptr_t>(value)) {
      if (found == attributes.end()) continue;
      attributes.erase(name);
      changed = true;
    } else if (Json json = json_of(value); found == attributes.end() || *found != json) {
      attributes[name] = std::move(json);
      changed = true;
    }
  }
  return changed;
}

// Which contact a change is about: an index, or nothing for a new one. Problems are added when it cannot be told.
std::optional<size_t> find_target(const WorkingSet& set, const ContactChange& change, const std::string& email,
                                  Issues& problems) {
  auto lookup = [](const auto& map, const std::string& key) {
    auto found = key.empty() ? map.end() : map.find(key);
    return found == map.end() ? std::optional<size_t>() : std::optional(found->second);
  };
  auto by_email = lookup(set.by_email, email);
  auto by_external = lookup(set.by_external_id, change.external_id.value_or(""));
  if (by_email && by_external && *by_email != *by_external) {
    problems.push_back({"/email", "belongs to another contact than the external_id"});
  }
  return by_external ? by_external : by_email;
}

UpsertOutcome apply_change(WorkingSet& set, const ContactChange& change, MayAdd may_add, Instant now, Ids& ids) {
  UpsertOutcome outcome;
  check_change(change, outcome.problems);
  if (!outcome.problems.empty()) return outcome;
  std::string email = normal_email(change.email);
  auto target = find_target(set, change, email, outcome.problems);
  if (!outcome.problems.empty()) return outcome;
  if (!target && (may_add == MayAdd::kNo || email.empty())) {
    outcome.problems.push_back(
        {"/email", email.empty() ? "is needed: no contact has this external_id" : "no contact has this address"});
    return outcome;
  }
  bool is_new = !target;
  if (is_new) {
    Contact fresh{.id = ids.make("ctc"), .email = email, .created_at = now, .updated_at = now};
    target = set.add(std::move(fresh), true);
  }
  auto& entry = set.entries[*target];
  Json attributes = entry.attributes;
  bool changed = apply_attributes(attributes, change.attributes);
  if (attributes.size() > kAttributesMax || to_text(attributes).size() > kAttributesBytesMax) {
    outcome.problems.push_back({"/attributes", "are too many: at most " + std::to_string(kAttributesMax) + " and " +
                                                   std::to_string(kAttributesBytesMax) + " bytes a contact"});
    if (is_new) {
      set.by_email.erase(email);
      set.by_id.erase(entry.contact.id);
      entry.dirty = false;
    }
    return outcome;
  }
  entry.attributes = std::move(attributes);
  Contact& contact = entry.contact;
  bool other_email = !email.empty() && contact.email != email;
  bool other_id = change.external_id && !change.external_id->empty() && contact.external_id != change.external_id;
  if (change.keeps_keys && other_email) {
    outcome.problems.push_back({"/email", "is not the address on record, which stays"});
    other_email = false;
  }
  if (change.keeps_keys && other_id && contact.external_id) {
    outcome.problems.push_back({"/external_id", "is not the one on record, which stays"});
    other_id = false;
  }
  if (other_email) {
    set.by_email.erase(contact.email);
    set.by_email[email] = *target;
    contact.email = email;
    changed = true;
  }
  if (other_id) {
    if (contact.external_id) set.by_external_id.erase(*contact.external_id);
    contact.external_id = change.external_id;
    set.by_external_id[*change.external_id] = *target;
    changed = true;
  }
  changed |= assign(contact.first_name, change.first_name);
  changed |= assign(contact.last_name, change.last_name);
  changed |= assign(contact.language, change.language);
  changed |= assign(contact.time_zone, change.time_zone);
  entry.dirty |= changed;
  if (changed) contact.updated_at = now;
  outcome.contact_id = contact.id;
  outcome.what = is_new ? Upserted::kAdded : changed ? Upserted::kUpdated : Upserted::kUnchanged;
  return outcome;
}

Result<void> write_set(Tx& tx, const std::string& workspace, WorkingSet& set) {
  std::vector<Values> rows;
  for (auto& entry : set.entries) {
    if (!entry.dirty) continue;
    const Contact& contact = entry.contact;
    rows.push_back({workspace, contact.id, contact.email, contact.external_id, contact.first_name, contact.last_name,
                    contact.language, contact.time_zone, to_text(entry.attributes), contact.created_at,
                    contact.updated_at});
  }
  if (rows.empty()) return {};
  TRY(tx.insert_many(
      "contact",
      {"workspace_id", "id", "email", "external_id", "first_name", "last_name", "language", "time_zone", "attributes",
       "created_at", "updated_at"},
      rows,
      "ON CONFLICT (workspace_id, id) DO UPDATE SET email = excluded.email, external_id = excluded.external_id, "
      "first_name = excluded.first_name, last_name = excluded.last_name, language = excluded.language, "
      "time_zone = excluded.time_zone, attributes = excluded.attributes, updated_at = excluded.updated_at"));
  return {};
}

std::string text_at(const Json& attributes, const std::string& name) {
  auto found = attributes.find(name);
  if (found == attributes.end()) return {};
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

ContactChanged changed_of(const WorkingSet::Entry& entry) {
  ContactChanged changed{.contact_id = entry.contact.id};
  auto compare = [&](const std::string& name, std::string from, std::string to) {
    if (from != to) changed.values[name] = {std::move(from), std::move(to)};
  };
  const Contact &was = entry.before, &is = entry.contact;
  compare("email", was.email, is.email);
  compare("external_id", was.external_id.value_or(""), is.external_id.value_or(""));
  compare("first_name", was.first_name, is.first_name);
  compare("last_name", was.last_name, is.last_name);
  compare("language", was.language, is.language);
  compare("time_zone", was.time_zone, is.time_zone);
  for (const Json* attributes : {&entry.attributes_before, &entry.attributes}) {
    for (const auto& [name, value] : attributes->items())
      compare(name, text_at(entry.attributes_before, name), text_at(entry.attributes, name));
  }
  return changed;
}

Result<void> tell_of(Tx& tx, const std::string& workspace, const WorkingSet& set, Instant now, const Journal& journal) {
  if (!journal.on_contacts) return {};
  std::vector<ContactChanged> changed;
  for (const auto& entry : set.entries) {
    if (entry.dirty) changed.push_back(changed_of(entry));
  }
  return changed.empty() ? Result<void>() : journal.on_contacts(tx, workspace, changed, now);
}

Result<std::optional<Contact>> find_by(Tx& tx, const std::string& workspace, std::string_view column,
                                       std::string_view key) {
  auto row = TRY(tx.query_one("SELECT " + std::string(contact_columns()) +
                                  " FROM contact c WHERE c.workspace_id = $1 AND c." + std::string(column) + " = $2",
                              {workspace, key}));
  return row ? std::optional(contact_of(*row)) : std::optional<Contact>();
}

}  // namespace

std::string_view contact_columns() {
  return "c.id, c.email, c.external_id, c.first_name, c.last_name, c.language, c.time_zone, c.attributes, "
         "c.created_at, c.updated_at";
}

Contact contact_of(const Row& row) {
  Contact contact{row[0].text(), row[1].text(), std::nullopt,  row[3].text(),    row[4].text(),
                  row[5].text(), row[6].text(), row[7].text(), row[8].instant(), row[9].instant()};
  if (!row[2].is_null()) contact.external_id = row[2].text();
  return contact;
}

Attributes attributes_from_json(const Json& json, const std::string& pointer, Issues& issues) {
  Attributes attributes;
  if (!json.is_object()) {
    issues.push_back({pointer, "must be an object"});
    return attributes;
  }
  for (auto it = json.begin(); it != json.end(); ++it) {
    const Json& value = it.value();
    Attribute& to = attributes[it.key()];
    if (value.is_null()) to = nullptr;
    else if (value.is_boolean()) to = value.get<bool>();
    else if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) to = value.get<double>();
    else if (value.is_number_integer()) to = value.get<int64_t>();
    else if (value.is_number()) to = value.get<double>();
    else if (value.is_string()) to = value.get<std::string>();
    else issues.push_back({pointer + pointer_step(it.key()), "must be text, a number, true, false or null"});
  }
  return attributes;
}

std::string normal_email(std::string_view email) {
  email = trim(email);
  size_t at = email.rfind('@');
  if (at == std::string_view::npos) return std::string(email);
  return std::string(email.substr(0, at)) + lower_ascii(email.substr(at));
}

std::string masked_email(std::string_view email) {
  size_t at = email.rfind('@');
  if (at == std::string_view::npos) return "***";
  return std::string(first_code_points(email.substr(0, at), 1)) + "***" + std::string(email.substr(at));
}

void check_change(const ContactChange& change, Issues& issues) {
  std::string email = normal_email(change.email);
  if (email.empty() && (!change.external_id || change.external_id->empty()))
    issues.push_back({"/email", "is required"});
  if (!email.empty() && (!is_utf8(email) || !is_email(email))) issues.push_back({"/email", "is not an email address"});
  if (email.size() > kEmailBytesMax)
    issues.push_back({"/email", "has more than " + std::to_string(kEmailBytesMax) + " bytes"});
  if (change.external_id) check_size(*change.external_id, kExternalIdSizeMax, "/external_id", issues);
  if (change.first_name) check_size(*change.first_name, kNameSizeMax, "/first_name", issues);
  if (change.last_name) check_size(*change.last_name, kNameSizeMax, "/last_name", issues);
  auto check_format = [&](const std::optional<std::string>& text, Format format, const char* pointer) {
    if (!text || text->empty()) return;
    if (auto problem = format_problem(format, *text); !problem.empty()) issues.push_back({pointer, problem});
  };
  check_format(change.language, Format::kLanguage, "/language");
  check_format(change.time_zone, Format::kTimeZone, "/time_zone");
  for (const auto& [name, value] : change.attributes) check_attribute(name, value, issues);
}

Result<std::vector<UpsertOutcome>> upsert_contacts(Tx& tx, const std::string& workspace,
                                                   std::span<const ContactChange> changes, MayAdd may_add, Instant now,
                                                   const Journal& journal) {
  auto set = TRY(load_set(tx, workspace, changes));
  std::vector<UpsertOutcome> outcomes;
  outcomes.reserve(changes.size());
  for (const auto& change : changes) outcomes.push_back(apply_change(set, change, may_add, now, journal.ids));
  TRY(write_set(tx, workspace, set));
  TRY(tell_of(tx, workspace, set, now, journal));
  return outcomes;
}

Result<UpsertResult> upsert_contact(Tx& tx, const std::string& workspace, const ContactChange& change, Instant now,
                                    const Journal& journal) {
  auto outcomes = TRY(upsert_contacts(tx, workspace, {&change, 1}, MayAdd::kYes, now, journal));
  auto& outcome = outcomes.front();
  if (outcome.what == Upserted::kRefused) return issues_error("The contact", std::move(outcome.problems));
  auto contact = TRY(find_contact(tx, workspace, outcome.contact_id));
  if (!contact) return internal("The contact that was just written is not there");
  return UpsertResult{std::move(*contact), outcome.what};
}

Result<std::optional<Contact>> find_contact(Tx& tx, const std::string& workspace, const std::string& id) {
  return find_by(tx, workspace, "id", id);
}

Result<std::optional<Contact>> find_contact_by_email(Tx& tx, const std::string& workspace, std::string_view email) {
  return find_by(tx, workspace, "email", normal_email(email));
}

Result<std::optional<Contact>> find_contact_by_external_id(Tx& tx, const std::string& workspace,
                                                           const std::string& external_id) {
  return find_by(tx, workspace, "external_id", external_id);
}

Result<Contact> get_contact_by_email(Tx& tx, const std::string& workspace, std::string_view email) {
  auto contact = TRY(find_contact_by_email(tx, workspace, email));
  if (!contact) return not_found("No contact has the address " + masked_email(email));
  return std::move(*contact);
}

Result<bool> delete_contact(Tx& tx, const std::string& workspace, const std::string& id) {
  TRY(tx.execute("DELETE FROM list_member WHERE workspace_id = $1 AND contact_id = $2", {workspace, id}));
  TRY(tx.execute("DELETE FROM consent WHERE workspace_id = $1 AND contact_id = $2", {workspace, id}));
  TRY(tx.execute("DELETE FROM trigger_person WHERE workspace_id = $1 AND contact_id = $2", {workspace, id}));
  TRY(tx.execute("DELETE FROM identity WHERE workspace_id = $1 AND contact_id = $2", {workspace, id}));
  TRY(tx.execute(
      "UPDATE event SET contact_id = NULL, user_id = NULL, anonymous_id = NULL, context = '{}', properties = "
      "CASE WHEN type = 'track' THEN properties ELSE '{}' END WHERE workspace_id = $1 AND contact_id = $2",
      {workspace, id}));
  return TRY(tx.execute("DELETE FROM contact WHERE workspace_id = $1 AND id = $2", {workspace, id})) > 0;
}

}  // namespace spreaders::audience
