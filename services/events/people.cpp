#include "services/events/people.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "services/audience/sql.hpp"
#include "services/events/traits.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

namespace {

using audience::ContactChange;
using storage::or_null;
using storage::Tx;

constexpr size_t kLookupMax = 500;               // ids in one statement
constexpr size_t kWaitingBytesMax = 16 * 1024;   // traits of somebody without an address
constexpr int64_t kLateEvents_us = 3 * kDay_us;  // so old may events be that start something once their person is known
constexpr size_t kLateEventsMax = 1000;
constexpr std::string_view kUser = "user", kAnonymous = "anonymous";

struct Identity {
  std::string contact_id, user_id;
  Json traits = Json::object();
  bool dirty = false;
  bool linked = false;  // its contact is new: its earlier events are to follow
};
using Key = std::pair<std::string_view, std::string>;  // kind, id

struct Known {
  std::string email, external_id;
};

// The people that one group of events is about, found once and changed in memory.
class People {
 public:
  People(Tx& tx, const std::string& workspace, std::span<const IncomingEvent* const> events, Instant now,
         const audience::Journal& journal)
      : tx_(tx), workspace_(workspace), events_(events), now_(now), journal_(journal), who_(events.size()) {}

  Result<std::vector<Who>> run() {
    TRY(load());
    TRY(identify_all());
    for (size_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i]->event;
      if (event.type == EventType::kAlias) alias(event, who_[i]);
      else join(event);
    }
    TRY(apply_said_before());
    for (size_t i = 0; i < events_.size(); ++i) who_[i].contact_id = contact_of(events_[i]->event);
    TRY(save());
    TRY(move_events());
    return std::move(who_);
  }

 private:
  Result<void> load() {
    std::set<std::string> users, anonymous;
    for (const auto* one : events_) {
      const Event& event = one->event;
      for (const auto* id : {&event.user_id, &event.previous_id}) {
        if (!id->empty()) users.insert(*id);
      }
      for (const auto* id : {&event.anonymous_id, &event.previous_id}) {
        if (!id->empty()) anonymous.insert(*id);
      }
    }
    TRY(load_identities(kAnonymous, anonymous));
    for (const auto& [key, identity] : identities_) {
      if (!identity.user_id.empty()) users.insert(identity.user_id);
    }
    TRY(load_identities(kUser, users));
    std::set<std::string> meant;  // whom a former id of a user became
    for (const auto& [key, identity] : identities_) {
      if (!identity.user_id.empty() && users.insert(identity.user_id).second) meant.insert(identity.user_id);
    }
    TRY(load_identities(kUser, meant));
    for (const auto& [key, identity] : identities_) {
      if (!identity.contact_id.empty()) users.insert(identity.contact_id);
    }
    return load_contacts(users);
  }

  template <class Visit>
  Result<void> look_up(const std::set<std::string>& keys, storage::Values first, const std::string& sql_before,
                       const std::string& sql_after, Visit visit) {
    std::vector<std::string> list(keys.begin(), keys.end());
    for (size_t from = 0; from < list.size(); from += kLookupMax) {
      size_t count = std::min(kLookupMax, list.size() - from);
      storage::Values parameters = first;
      for (size_t i = 0; i < count; ++i) parameters.emplace_back(list[from + i]);
      std::string marks = audience::placeholders(first.size() + 1, count), sql = sql_before;
      for (char c : sql_after) c == '?' ? sql += marks : sql += c;
      for (const auto& row : TRY(tx_.query(sql, parameters))) TRY(visit(row));
    }
    return {};
  }

  Result<void> load_identities(std::string_view kind, const std::set<std::string>& keys) {
    return look_up(
        keys, {workspace_, kind},
        "SELECT id, contact_id, user_id, traits FROM identity WHERE workspace_id = $1 AND kind = $2", " AND id IN (?)",
        [&](const storage::Row& row) -> Result<void> {
          identities_[{kind, row[0].text()}] = {row[1].text_or(""), row[2].text_or(""), TRY(parse_json(row[3].text()))};
          return {};
        });
  }

  Result<void> load_contacts(const std::set<std::string>& keys) {
    std::set<std::string> wanted = keys;
    for (const auto& key : keys) wanted.insert(audience::normal_email(key));
    return look_up(wanted, {workspace_}, "SELECT c.id, c.email, c.external_id FROM contact c WHERE c.workspace_id = $1",
                   " AND (c.external_id IN (?) OR c.id IN (?) OR c.email IN (?))",
                   [&](const storage::Row& row) -> Result<void> {
                     remember(row[0].text(), row[1].text(), row[2].text_or(""));
                     return {};
                   });
  }

  void remember(const std::string& contact_id, const std::string& email, const std::string& external_id) {
    known_[contact_id] = {email, external_id};
    by_email_[email] = contact_id;
    if (!external_id.empty()) by_external_[external_id] = contact_id;
  }

  std::string contact_of_user(const std::string& user_id, bool follow = true) const {
    if (auto found = by_external_.find(user_id); found != by_external_.end()) return found->second;
    if (known_.contains(user_id)) return user_id;
    if (auto found = by_email_.find(audience::normal_email(user_id)); found != by_email_.end()) return found->second;
    auto identity = identities_.find({kUser, user_id});
    if (identity == identities_.end()) return {};
    if (known_.contains(identity->second.contact_id)) return identity->second.contact_id;
    const std::string& now_called = identity->second.user_id;
    return follow && !now_called.empty() ? contact_of_user(now_called, false) : std::string();
  }
  std::string contact_of_anonymous(const std::string& anonymous_id) const {
    auto identity = identities_.find({kAnonymous, anonymous_id});
    if (identity == identities_.end()) return {};
    if (known_.contains(identity->second.contact_id)) return identity->second.contact_id;
    return identity->second.user_id.empty() ? std::string() : contact_of_user(identity->second.user_id);
  }
  // The user's id says who it is; the anonymous one only where there is no other.
  std::string contact_of(const Event& event) const {
    if (!event.user_id.empty()) return contact_of_user(event.user_id);
    return event.anonymous_id.empty() ? std::string() : contact_of_anonymous(event.anonymous_id);
  }

  Identity& identity(std::string_view kind, const std::string& id) { return identities_[{kind, id}]; }

  // What waited with the id goes to the contact.
  void link(std::string_view kind, const std::string& id, const std::string& contact_id) {
    if (id.empty()) return;
    Identity& one = identity(kind, id);
    if (one.contact_id != contact_id) one.dirty = one.linked = true;
    one.contact_id = contact_id;
    if (!one.traits.empty()) said_before_.emplace_back(contact_id, take_traits(one));
  }
  static Json take_traits(Identity& one) {
    one.dirty |= !one.traits.empty();
    return std::exchange(one.traits, Json::object());
  }
  void call(std::string_view kind, const std::string& id, const std::string& user_id) {
    Identity& one = identity(kind, id);
    if (one.user_id == user_id) return;
    one.user_id = user_id;
    one.dirty = true;
  }

  // What was said of these ids while nobody knew whose they are.
  Json waiting_traits(const Event& event) const {
    Json traits = Json::object();
    for (const Key& key : {Key{kAnonymous, event.anonymous_id}, Key{kUser, event.user_id}}) {
      auto found = identities_.find(key);
      if (!key.second.empty() && found != identities_.end())
        traits = merged_traits(std::move(traits), found->second.traits);
    }
    return traits;
  }
  void keep_waiting(const Event& event, Json traits, Issues& notes) {
    Identity& one = event.user_id.empty() ? identity(kAnonymous, event.anonymous_id) : identity(kUser, event.user_id);
    if (to_text(traits).size() > kWaitingBytesMax) {
      notes.push_back({"/traits", "are kept with the event only: too much for somebody without an address"});
      return;
    }
    one.dirty |= one.traits != traits;
    one.traits = std::move(traits);
    if (!event.user_id.empty() && !event.anonymous_id.empty()) take_traits(identity(kAnonymous, event.anonymous_id));
  }

  struct Identified {
    size_t event;   // its place in events_
    size_t change;  // its last one in changes_
    Json traits;    // with those that waited
    TraitChange made;
  };

  Result<void> identify_all() {
    std::vector<ContactChange> changes;
    std::vector<Identified> identified;
    std::map<std::string, std::string> addressed;  // ids that get an address in this group, and which
    for (size_t i = 0; i < events_.size(); ++i) {
      const Event& event = events_[i]->event;
      if (event.type != EventType::kIdentify) continue;
      Issues& notes = who_[i].notes;
      Json traits = merged_traits(waiting_traits(event), event.properties);
      TraitChange made = change_of_traits(traits, event.context, notes);
      std::string contact = contact_of(event);
      const std::string& said = event.user_id.empty() ? event.anonymous_id : event.user_id;
      if (made.change.email.empty() && contact.empty() && addressed.contains(said)) made.change.email = addressed[said];
      if (made.change.email.empty() && is_email(event.user_id) && contact.empty()) made.change.email = event.user_id;
      if (contact.empty() && made.change.email.empty()) {
        keep_waiting(event, std::move(traits), notes);
        continue;
      }
      if (!made.change.email.empty()) addressed.emplace(said, made.change.email);
      add_changes(*events_[i], contact, made.change, changes, notes);
      identified.push_back({i, changes.size() - 1, std::move(traits), std::move(made)});
    }
    auto outcomes = TRY(audience::upsert_contacts(tx_, workspace_, changes, audience::MayAdd::kYes, now_, journal_));
    for (auto& one : identified) settle(one, changes[one.change], outcomes[one.change]);
    return {};
  }

  // The change of the contact that is meant, found by what it is known by.
  static void add_changes_of_known(const Known& known, const std::string& own_id, ContactChange change,
                                   std::vector<ContactChange>& changes, Issues& notes) {
    bool moves = !change.email.empty() && audience::normal_email(change.email) != known.email;
    if (!known.external_id.empty()) {
      change.external_id = known.external_id;
    } else if (!own_id.empty()) {
      change.external_id = own_id;
      // Found by its address this once, so that it can be found by the id when the address changes.
      if (moves) changes.push_back({.email = known.email, .external_id = own_id});
    } else if (moves) {
      notes.push_back({"/traits/email", "is not the address on record, which stays"});
      moves = false;
    }
    if (!moves) change.email = known.email;
    changes.push_back(std::move(change));
  }

  void add_changes(const IncomingEvent& incoming, const std::string& contact, ContactChange change,
                   std::vector<ContactChange>& changes, Issues& notes) const {
    const std::string& user = incoming.event.user_id;
    change.keeps_keys = !incoming.trusted;
    // An id that is an address or one of ours is no id of another system.
    std::string own_id = is_email(user) || known_.contains(user) ? std::string() : user;
    if (count_code_points(own_id) > audience::kExternalIdSizeMax) {
      notes.push_back({"/userId", "has more than " + std::to_string(audience::kExternalIdSizeMax) +
                                      " characters; the person is known by their address only"});
      own_id.clear();
    }
    if (!contact.empty()) return add_changes_of_known(known_.at(contact), own_id, std::move(change), changes, notes);
    if (!own_id.empty()) change.external_id = own_id;
    changes.push_back(std::move(change));
  }

  void settle(Identified& one, const ContactChange& change, const audience::UpsertOutcome& outcome) {
    const Event& event = events_[one.event]->event;
    for (const auto& problem : outcome.problems) {
      auto place = one.made.places.find(problem.pointer);
      std::string pointer = problem.pointer == "/external_id" ? "/userId" : problem.pointer;
      who_[one.event].notes.push_back({place == one.made.places.end() ? pointer : place->second, problem.message});
    }
    if (outcome.what == audience::Upserted::kRefused)
      return keep_waiting(event, std::move(one.traits), who_[one.event].notes);
    if (!known_.contains(outcome.contact_id))
      remember(outcome.contact_id, audience::normal_email(change.email), change.external_id.value_or(""));
    if (!change.keeps_keys && !change.email.empty())
      known_[outcome.contact_id].email = audience::normal_email(change.email);
    for (const Key& key : {Key{kUser, event.user_id}, Key{kAnonymous, event.anonymous_id}}) {
      if (!key.second.empty()) take_traits(identity(key.first, key.second));  // they were in the change
    }
    link(kUser, event.user_id, outcome.contact_id);
    link(kAnonymous, event.anonymous_id, outcome.contact_id);
  }

  void join(const Event& event) {
    if (event.user_id.empty() || event.anonymous_id.empty()) return;
    call(kAnonymous, event.anonymous_id, event.user_id);
    std::string contact = contact_of_user(event.user_id);
    if (!contact.empty()) link(kAnonymous, event.anonymous_id, contact);
  }

  void alias(const Event& event, Who& who) {
    const std::string &now_called = event.user_id, &before = event.previous_id;
    std::string contact = contact_of_user(now_called);
    std::string former = contact_of_user(before);
    if (former.empty()) former = contact_of_anonymous(before);
    if (!contact.empty() && !former.empty() && contact != former) {
      who.notes.push_back({"/previousId", "is another person with an address of their own; both stay"});
      return;
    }
    if (contact.empty() && !former.empty()) link(kUser, now_called, contact = former);
    call(kAnonymous, before, now_called);
    if (before != now_called) call(kUser, before, now_called);
    if (!contact.empty()) {
      link(kAnonymous, before, contact);
      link(kUser, before, contact);
      return;
    }
    Identity& to = identity(kUser, now_called);
    for (std::string_view kind : {kAnonymous, kUser}) {
      Identity& from = identity(kind, before);
      if (&from == &to || from.traits.empty()) continue;
      to.traits = merged_traits(take_traits(from), to.traits);
      to.dirty = true;
    }
  }

  Result<void> apply_said_before() {
    std::vector<ContactChange> changes;
    for (const auto& [contact, traits] : said_before_) {
      Issues left_out;  // was noted when it was said
      auto change = change_of_traits(traits, Json::object(), left_out).change;
      change.email = known_.at(contact).email;
      change.keeps_keys = true;
      changes.push_back(std::move(change));
    }
    TRY(audience::upsert_contacts(tx_, workspace_, changes, audience::MayAdd::kNo, now_, journal_));
    return {};
  }

  Result<void> save() {
    std::vector<storage::Values> rows;
    for (const auto& [key, one] : identities_) {
      if (!one.dirty) continue;
      rows.push_back({workspace_, key.first, key.second, or_null(one.contact_id), or_null(one.user_id),
                      to_text(one.traits), now_});
    }
    if (rows.empty()) return {};
    TRY(tx_.insert_many(
        "identity", {"workspace_id", "kind", "id", "contact_id", "user_id", "traits", "updated_at"}, rows,
        "ON CONFLICT (workspace_id, kind, id) DO UPDATE SET contact_id = excluded.contact_id, user_id = "
        "excluded.user_id, traits = excluded.traits, updated_at = excluded.updated_at"));
    return {};
  }

  // Earlier events of those who are known from now on, and of the ids that were theirs before.
  Result<void> move_events() {
    for (const auto& [key, one] : identities_) {
      if (!one.linked) continue;
      bool user = key.first == kUser;
      storage::Values values{workspace_, one.contact_id, key.second};
      TRY(move(user ? "user_id = $3" : "anonymous_id = $3 AND user_id IS NULL", values));
      if (!user) continue;
      TRY(tx_.execute(
          "UPDATE identity SET contact_id = $2 WHERE workspace_id = $1 AND user_id = $3 AND contact_id IS NULL",
          values));
      for (const auto& [kind, column] : {std::pair{kUser, "user_id"}, std::pair{kAnonymous, "anonymous_id"}}) {
        TRY(move(std::string(column) + " IN (SELECT id FROM identity WHERE workspace_id = $1 AND kind = '" +
                     std::string(kind) + "' AND user_id = $3 AND contact_id = $2)" +
                     (kind == kUser ? "" : " AND (user_id IS NULL OR user_id = $3)"),
                 values));
      }
    }
    return {};
  }

  // $1 is the workspace, $2 the contact. Whoever listens is told of the newest of the last days.
  Result<void> move(const std::string& condition, const storage::Values& values) {
    const std::string where = " WHERE workspace_id = $1 AND contact_id IS NULL AND " + condition;
    std::vector<audience::Fact> late;
    if (journal_.on_facts) {
      storage::Values parameters = values;
      parameters.emplace_back(now_ - kLateEvents_us);
      parameters.push_back(values[1]);  // so that $2 has a use
      auto rows = TRY(tx_.query(
          "SELECT name, type, user_id, anonymous_id, at, properties, context, message_id, received_at FROM event" +
              where + " AND received_at >= $4 AND $5 = $2 ORDER BY seq DESC LIMIT " + std::to_string(kLateEventsMax),
          parameters));
      for (auto row = rows.rbegin(); row != rows.rend(); ++row) late.push_back(late_fact(*row, values[1].text()));
    }
    TRY(tx_.execute("UPDATE event SET contact_id = $2" + where, values));
    return late.empty() ? Result<void>() : journal_.on_facts(tx_, workspace_, late, now_);
  }
  static audience::Fact late_fact(const storage::Row& row, const std::string& contact_id) {
    return {.name = row[0].text(),
            .type = row[1].text(),
            .contact_id = contact_id,
            .user_id = row[2].text_or(""),
            .anonymous_id = row[3].text_or(""),
            .at = row[4].instant(),
            .properties = row[5].text(),
            .context = row[6].text(),
            .message_id = row[7].text(),
            .recorded_at = row[8].instant()};
  }

  Tx& tx_;
  const std::string& workspace_;
  std::span<const IncomingEvent* const> events_;
  Instant now_;
  const audience::Journal& journal_;
  std::vector<Who> who_;
  std::map<Key, Identity> identities_;
  std::vector<std::pair<std::string, Json>> said_before_;      // contact, traits
  std::map<std::string, Known> known_;                         // contacts by id
  std::map<std::string, std::string> by_email_, by_external_;  // their ids
};

}  // namespace

Result<std::vector<Who>> resolve_people(Tx& tx, const std::string& workspace,
                                        std::span<const IncomingEvent* const> events, Instant now,
                                        const audience::Journal& journal) {
  return People(tx, workspace, events, now, journal).run();
}

Result<std::string> contact_of_user(Tx& tx, const std::string& workspace, const std::string& user_id) {
  IncomingEvent asked;
  asked.event.user_id = user_id;
  const IncomingEvent* const events[] = {&asked};
  // An event that says nothing but whom it is about.
  return std::move(TRY(resolve_people(tx, workspace, events, {}, {system_ids()})).front().contact_id);
}

}  // namespace spreaders::services
