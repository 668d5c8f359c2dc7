#include "workflows/inspect/people.hpp"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "services/audience/rule.hpp"

namespace spreaders::workflows::inspect {

using storage::Scope;
using storage::Tx;

namespace {

constexpr int kPage = 1000;

// For whom of the page each rule holds.
Result<void> look_at_rules(Tx& tx, const Prepared& prepared, const Contacts& contacts, std::vector<Person>& people) {
  for (const auto& text : prepared.rules) {
    auto rule = TRY(audience::parse_rule(TRY(parse_json(text))));
    TRY(audience::bind_lists(tx, contacts.workspace, rule));
    storage::Values parameters = {contacts.workspace, people.front().id, people.back().id};
    const std::string where = audience::compile_rule(tx, rule, contacts.now, parameters);
    auto rows = TRY(tx.query(
        "SELECT c.id FROM contact c WHERE c.workspace_id = $1 AND c.id >= $2 AND c.id <= $3 AND " + where, parameters));
    std::unordered_set<std::string> met;
    for (const auto& row : rows) met.insert(row[0].text());
    for (auto& person : people) person.rules.push_back(met.contains(person.id) ? 1 : 0);
  }
  return {};
}

Result<void> look_at_consent(Tx& tx, const Prepared& prepared, const Contacts& contacts,
                             const std::vector<storage::Recipient>& recipients, std::vector<Person>& people) {
  for (const auto& sending : prepared.sendings) {
    auto refusals =
        TRY(contacts.guard.refusals(tx, contacts.workspace, sending.channel, sending.transactional, recipients));
    for (size_t i = 0; i < people.size(); ++i) people[i].refusals.push_back(std::move(refusals[i]));
  }
  return {};
}

// As Tx::json_text() reads it: texts as they are, other values as JSON text.
std::string attribute_of(const Json& attributes, const std::string& name) {
  auto found = attributes.find(name);
  if (found == attributes.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

Result<std::vector<Person>> page_of(Tx& tx, const Prepared& prepared, const Contacts& contacts,
                                    const std::string& after) {
  std::vector<Person> people;
  std::vector<storage::Recipient> recipients;
  for (auto& contact : TRY(audience::audience_page(tx, contacts.workspace, contacts.audience,
                                                   {.after = after, .limit = kPage}, contacts.now))) {
    Person person{.id = contact.id, .zone = is_zone(contact.time_zone) ? contact.time_zone : ""};
    if (!prepared.attributes.empty()) {
      const Json attributes = parse_json(contact.attributes).value_or(Json::object());
      for (const auto& name : prepared.attributes) person.attributes.push_back(attribute_of(attributes, name));
    }
    recipients.push_back({contact.id, contact.email});
    people.push_back(std::move(person));
  }
  if (people.empty()) return people;
  TRY(look_at_rules(tx, prepared, contacts, people));
  TRY(look_at_consent(tx, prepared, contacts, recipients, people));
  return people;
}

}  // namespace

NextPeople contacts_of(const Prepared& prepared, const Contacts& contacts) {
  return [&prepared, contacts, after = std::string(), over = false]() mutable -> Result<std::vector<Person>> {
    if (over) return std::vector<Person>();
    auto people = TRY(contacts.storage.read(Scope::of(contacts.workspace),
                                            [&](Tx& tx) { return page_of(tx, prepared, contacts, after); }));
    over = people.size() < static_cast<size_t>(kPage);
    if (!people.empty()) after = people.back().id;
    return people;
  };
}

Result<Mailing> count_mailing(const Node& node, const Contacts& contacts, storage::ProfileSource& profiles) {
  const bool transactional = is_transactional(*node.payload);
  Mailing mailing;
  std::string after;
  for (bool over = false; !over;) {
    auto page = TRY(contacts.storage.read(Scope::of(contacts.workspace), [&](Tx& tx) -> Result<size_t> {
      auto recipients = TRY(profiles.page(tx, contacts.workspace, {node.list_id, node.segment_id}, after, kPage));
      if (recipients.empty()) return size_t{0};
      auto refusals = TRY(contacts.guard.refusals(tx, contacts.workspace, node.channel, transactional, recipients));
      for (const auto& reason : refusals) {
        if (!reason.empty()) ++mailing.refused[reason];
      }
      after = recipients.back().contact_id;
      return recipients.size();
    }));
    mailing.recipients += static_cast<int64_t>(page);
    over = page < static_cast<size_t>(kPage);
  }
  return mailing;
}

Result<void> count_mailings(Prepared& prepared, const Contacts& contacts, storage::ProfileSource& profiles) {
  for (auto& [id, ready] : prepared.nodes) {
    if (ready.inner) TRY(count_mailings(*ready.inner, contacts, profiles));
    if (ready.node->type == NodeType::kForEach) ready.mailing = TRY(count_mailing(*ready.node, contacts, profiles));
  }
  return {};
}

}  // namespace spreaders::workflows::inspect
