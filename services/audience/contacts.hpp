// People: one row each, found by e-mail address or by the id another system gives them.
//
//   ContactChange change{.email = "ada@example.org", .first_name = "Ada", .attributes = {{"city", "London"}, {"orders",
//   3}}}; auto result = TRY(upsert_contact(tx, workspace, change, now, journal));   // result.what: added, updated,
//   unchanged
//
// An address keeps its local part as written and has its domain in lower case; it is unique in a workspace. Attributes
// are a flat JSON object of texts, numbers and booleans; null takes one away. What a change does not name stays as it
// was.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/fields.hpp"
#include "services/audience/facts.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

using storage::Tx;

using Attribute = std::variant<std::nullptr_t, bool, int64_t, double, std::string>;
using Attributes = std::map<std::string, Attribute>;

constexpr size_t kAttributesMax = 100;
constexpr size_t kAttributeNameSizeMax = 64;       // characters
constexpr size_t kAttributeTextSizeMax = 1000;     // characters
constexpr size_t kAttributesBytesMax = 16 * 1024;  // of the stored JSON
constexpr size_t kNameSizeMax = 200;
constexpr size_t kExternalIdSizeMax = 200;
constexpr size_t kEmailBytesMax = 254;  // RFC 5321 section 4.5.3.1.3
constexpr size_t kContactBatchMax = 500;
constexpr size_t kPageMax = 1000;

struct Contact {
  std::string id;
  std::string email;
  std::optional<std::string> external_id = {};
  std::string first_name = {};
  std::string last_name = {};
  std::string language = {};
  std::string time_zone = {};
  std::string attributes = "{}";  // JSON object text
  Instant created_at = {};
  Instant updated_at = {};
};

struct ContactChange {
  std::string email = {};  // may be empty when external_id names a known contact
  std::optional<std::string> external_id = {};
  std::optional<std::string> first_name = {};
  std::optional<std::string> last_name = {};
  std::optional<std::string> language = {};
  std::optional<std::string> time_zone = {};
  Attributes attributes = {};
  bool keeps_keys = false;  // what a known person is found by, once set, stays; `problems` say so, the rest applies
};

enum class Upserted : uint8_t { kAdded, kUpdated, kUnchanged, kRefused };
SPR_ENUM(Upserted, {Upserted::kAdded, "added"}, {Upserted::kUpdated, "updated"}, {Upserted::kUnchanged, "unchanged"},
         {Upserted::kRefused, "refused"});

struct UpsertOutcome {
  Upserted what = Upserted::kRefused;
  std::string contact_id = {};
  Issues problems = {};  // why it was refused or what was left out; pointers are "/email", "/attributes/city"
};

enum class MayAdd : uint8_t { kYes, kNo };

// Reads a JSON object of attributes; problems carry pointers that begin with `pointer`.
Attributes attributes_from_json(const Json& json, const std::string& pointer, Issues& issues);
std::string normal_email(std::string_view email);
// "a***@example.org", for previews and logs.
std::string masked_email(std::string_view email);
void check_change(const ContactChange& change, Issues& issues);

// A few statements for the whole batch; refused entries change nothing and say why. Two entries for one person apply in
// order.
Result<std::vector<UpsertOutcome>> upsert_contacts(Tx& tx, const std::string& workspace,
                                                   std::span<const ContactChange> changes, MayAdd may_add, Instant now,
                                                   const Journal& journal);

struct UpsertResult {
  Contact contact;
  Upserted what = Upserted::kUnchanged;
};
Result<UpsertResult> upsert_contact(Tx& tx, const std::string& workspace, const ContactChange& change, Instant now,
                                    const Journal& journal);

Result<std::optional<Contact>> find_contact(Tx& tx, const std::string& workspace, const std::string& id);
Result<std::optional<Contact>> find_contact_by_email(Tx& tx, const std::string& workspace, std::string_view email);
Result<std::optional<Contact>> find_contact_by_external_id(Tx& tx, const std::string& workspace,
                                                           const std::string& external_id);
// kNotFound names the address, masked.
Result<Contact> get_contact_by_email(Tx& tx, const std::string& workspace, std::string_view email);

// The contact, its consent, its memberships and the ids it went by go; suppressions stay, for they bind the address,
// and facts stay without a name: of what was said with them only the properties of tracked events, which figures need.
Result<bool> delete_contact(Tx& tx, const std::string& workspace, const std::string& id);

// "SELECT" columns of a contact under the alias c, and how to read such a row.
std::string_view contact_columns();
Contact contact_of(const storage::Row& row);

}  // namespace spreaders::audience
