// Who may use a workspace: people's accounts, API keys, and the workspace that a first start makes for itself.
//
//   auto local = TRY(ensure_workspace(storage, clock, {.name = "Northwind", .website = "https://northwind.example"}));
//   auto made = TRY(create_api_key(tx, local.id, {.user_id = local.owner_id, .name = "shop", .kind =
//   KeyKind::kWriteKey}, now, ids)); show_once(made.secret);                               // spk_ and 43 characters;
//   only its SHA-256 is stored KeyHolder who = TRY(find_by_key(system_tx, text, "http"));
//
// Errors: kInvalidArgument with every problem; kConflict, the address is taken or a limit is reached; kNotFound;
// kUnauthenticated, the key is unknown or revoked (which of the two is not told).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"
#include "core/random.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

constexpr std::string_view kKeyPrefix = "spk_";
constexpr size_t kUsersMax = 10'000;    // of one workspace
constexpr size_t kKeysOfUserMax = 100;  // not revoked
constexpr size_t kKeyScopesMax = 50;
constexpr size_t kPreferencesBytesMax = 16 * 1024;

enum class Role : uint8_t { kOwner, kAdmin, kEditor, kViewer };
SPR_ENUM(Role, {Role::kOwner, "owner"}, {Role::kAdmin, "admin"}, {Role::kEditor, "editor"}, {Role::kViewer, "viewer"});

// model: an MCP client's model, which can never approve. person: somebody at a client of their own. write_key: sends
// events and bounces and reads nothing, so it may sit in a shop's pages. service: a program.
enum class KeyKind : uint8_t { kModel, kPerson, kWriteKey, kService };
SPR_ENUM(KeyKind, {KeyKind::kModel, "model"}, {KeyKind::kPerson, "person"}, {KeyKind::kWriteKey, "write_key"},
         {KeyKind::kService, "service"});

// Owner and admin: everything, approvals too. Editor: everything about audiences and campaigns. Viewer: reads.
std::vector<std::string> scopes_of(Role role);

struct User {
  std::string id;  // usr_...
  std::string email, name;
  Role role = Role::kViewer;
  std::string preferences = "{}";  // a JSON object
  Instant created_at, updated_at;
};
struct NewUser {
  std::string email, name;
  Role role = Role::kViewer;
};
Result<User> create_user(storage::Tx& tx, const std::string& workspace, const NewUser& wanted, Instant now, Ids& ids);
Result<User> get_user(storage::Tx& tx, const std::string& workspace, const std::string& id);
// The account behind a principal: itself, or the one whose key it is.
Result<User> user_of_principal(storage::Tx& tx, const std::string& workspace, const std::string& principal_id);
// Members of `changes` replace those of the same name; null takes one away (RFC 7396, one level).
Result<User> update_preferences(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                const Json& changes, Instant now);
// The person themself, as they are at a terminal or, later, signed in.
Principal person(const User& user, const std::string& workspace, const std::string& door);

struct ApiKey {
  std::string id;  // key_...
  std::string user_id, name;
  KeyKind kind = KeyKind::kModel;
  std::vector<std::string> scopes;
  Instant created_at;
  std::optional<Instant> revoked_at;
};
struct NewKey {
  std::string user_id, name;
  KeyKind kind = KeyKind::kModel;
  std::vector<std::string> scopes = {};  // none for a write key; never more than the role of its user has
};
struct CreatedKey {
  ApiKey key;
  Secret secret;  // the only time it is known
};
Result<CreatedKey> create_api_key(storage::Tx& tx, const std::string& workspace, const NewKey& wanted, Instant now,
                                  Ids& ids);
Result<std::vector<ApiKey>> list_api_keys(storage::Tx& tx, const std::string& workspace);  // the newest 1000
Result<void> revoke_api_key(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);

struct KeyHolder {
  Principal principal;  // its id is the key's
  KeyKind kind = KeyKind::kModel;
  std::string user_id;
};
// Which key it is says which workspace: `system_tx` has to be a transaction of the system's scope.
Result<KeyHolder> find_by_key(storage::Tx& system_tx, std::string_view key, const std::string& door);

struct LocalWorkspace {
  std::string name = "My workspace";
  std::string postal_address = {}, website = {};  // with the name, what mails say about their sender
  std::string owner_email = "owner@localhost", owner_name = {};
};
struct Workspace {
  std::string id, name, owner_id;
  bool created = false;
};
// The oldest workspace and its owner, made if there is none. What exists is left as it is, whatever `wanted` says: its
// id and data survive a change of the configuration.
Result<Workspace> ensure_workspace(storage::Storage& storage, Clock& clock, const LocalWorkspace& wanted);

}  // namespace spreaders::services
