// Facts about people: rows of table `event`, which triggers, reports and segment rules read. Every door and service
// appends them here and nowhere else, in the transaction of what they changed.
//
//   Fact fact{.name = "Subscribed", .contact_id = contact.id, .properties = R"({"channel":"email"})"};
//   TRY(record_facts(tx, workspace, {&fact, 1}, now, journal));
//
// People themselves are written by contacts.hpp and lists.hpp, which tell the journal too. It says who is told: the
// composition root binds one (a tool finds it as context.part<Journal>()), so that no recorder has to know of those who
// listen, and none can forget them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "core/random.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

struct Fact {
  std::string name;                              // "Subscribed", "Unsubscribed"; empty for an identify that has no name
  std::string type = "track";                    // or identify, page, screen, group, alias
  std::string contact_id = {};                   // empty = not known yet
  std::string user_id = {}, anonymous_id = {};   // as the sender calls them
  std::string campaign_id = {}, outbox_id = {};  // empty = none
  std::optional<Instant> at = {};                // now if left out
  std::string properties = "{}";                 // JSON object text
  std::string context = "{}";                    // the same: what was sent with it, and what it was enriched with
  std::string source = {};                       // the key that said it; empty = we ourselves
  std::string message_id = {};                   // the deduplication key; empty = a new one
  // Set only where a hook is told of a fact whose person became known later than it was recorded.
  std::optional<Instant> recorded_at = {};
};

// Told of facts that were just written, in the same transaction, and of earlier ones (recorded_at) when their person
// becomes known; of known ones it is not told again. Its failure undoes the transaction.
using FactHook = std::function<Result<void>(storage::Tx& tx, const std::string& workspace, std::span<const Fact> facts,
                                            Instant now)>;

// Of whom something was just written: by what another value has, or something beside the contact (a list).
struct ContactChanged {
  struct Change {
    std::string from, to;  // as text; empty = none, as all values of a new contact were
  };
  std::string contact_id;
  std::map<std::string, Change> values = {};  // by name: attributes, email, external_id, first_name and the like
};

// Told in the same transaction, as FactHook.
using ContactHook = std::function<Result<void>(storage::Tx& tx, const std::string& workspace,
                                               std::span<const ContactChanged> changed, Instant now)>;

struct Journal {
  Ids& ids;
  FactHook on_facts = {};        // runs that wait for an event, triggers
  ContactHook on_contacts = {};  // triggers by attributes and segments
};

// How many were new. A fact whose message_id is known already is left as it is; what it lacks of message_id and at is
// filled in.
Result<int64_t> record_facts(storage::Tx& tx, const std::string& workspace, std::span<Fact> facts, Instant now,
                             const Journal& journal);
// Which of these have been recorded.
Result<std::set<std::string>> known_messages(storage::Tx& tx, const std::string& workspace,
                                             std::span<const std::string> message_ids);

}  // namespace spreaders::audience
