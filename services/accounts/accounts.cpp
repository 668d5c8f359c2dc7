#include "services/accounts/accounts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "storage/values.hpp"

namespace spreaders::services {

using storage::Scope;
using storage::Tx;

namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kKeyCharacters = 4 + 43;
constexpr size_t kNameSizeMax = 200;
// Fixed, so that two processes that start at once on an empty database make the same rows.
constexpr const char* kLocalWorkspace = "wsp_local";
constexpr const char* kLocalOwner = "usr_owner";
constexpr const char* kUserColumns = "id, email, name, role, preferences, created_at, updated_at";

User user_of(const storage::Row& row) {
  return {row[0].text(), row[1].text(),    row[2].text(),   enum_from<Role>(row[3].text()).value_or(Role::kViewer),
          row[4].text(), row[5].instant(), row[6].instant()};
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.size());
    if (end > 0) scopes.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scopes;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string text;
  for (const auto& scope : scopes) text += (text.empty() ? "" : " ") + scope;
  return text;
}

bool is_scope(std::string_view scope) {
  if (scope == "*") return true;
  size_t colon = scope.find(':');
  auto word = [](std::string_view part) {
    return !part.empty() &&
           std::all_of(part.begin(), part.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  };
  if (colon == std::string_view::npos || scope.size() > 64 || !word(scope.substr(0, colon))) return false;
  const std::string_view what = scope.substr(colon + 1);
  // Of one trigger: an id.
  const bool of_trigger = scope.starts_with("hooks:") && !what.empty();
  return word(what) || what == "*" || (of_trigger && format_problem(Format::kIdentifier, what).empty());
}

// Whether somebody of this role may hand out this scope.
bool covers(const Principal& giver, const std::string& scope) {
  auto holds = [&](std::string_view one) {
    return std::find(giver.scopes.begin(), giver.scopes.end(), one) != giver.scopes.end();
  };
  if (scope.ends_with("*")) return holds("*") || holds(scope);
  return giver.may(scope);
}

void check_name(const std::string& name, size_t size_min, Issues& issues) {
  if (!is_utf8(name)) issues.push_back({"/name", "is not UTF-8"});
  else if (size_t size = count_code_points(name); size < size_min || size > kNameSizeMax) {
    issues.push_back(
        {"/name", "must have " + std::to_string(size_min) + " to " + std::to_string(kNameSizeMax) + " characters"});
  }
}

void check_key_scopes(const NewKey& wanted, const User& user, const std::string& workspace, Issues& issues) {
  if (wanted.kind == KeyKind::kWriteKey) {
    if (!wanted.scopes.empty()) issues.push_back({"/scopes", "a write key only sends events and takes no scopes"});
    return;
  }
  if (wanted.scopes.empty()) issues.push_back({"/scopes", "needs at least one scope, * for all but approvals"});
  if (wanted.scopes.size() > kKeyScopesMax)
    issues.push_back({"/scopes", "has more than " + std::to_string(kKeyScopesMax) + " entries"});
  Principal giver = person(user, workspace, "");
  for (size_t i = 0; i < std::min(wanted.scopes.size(), kKeyScopesMax); ++i) {
    const std::string& scope = wanted.scopes[i];
    std::string place = "/scopes/" + std::to_string(i);
    if (!is_scope(scope)) issues.push_back({place, "is not a scope; they look like campaigns:read"});
    else if (scope.starts_with("approvals:") && wanted.kind != KeyKind::kPerson)
      issues.push_back({place, "only a person's key may approve"});
    else if (!covers(giver, scope))
      issues.push_back({place, "is more than the role " + std::string(enum_name(user.role)) + " has"});
  }
}

Principal::Kind principal_kind(KeyKind kind) {
  return kind == KeyKind::kPerson ? Principal::Kind::kPerson : Principal::Kind::kModel;
}

Error bad_key() { return Error{Code::kUnauthenticated, "the key is not known"}; }

Result<void> insert_user(Tx& tx, const std::string& workspace, const User& user, std::string_view suffix) {
  TRY(
      tx.execute("INSERT INTO user_account (workspace_id, id, email, name, role, preferences, created_at, updated_at) "
                 "VALUES ($1, $2, $3, $4, $5, '{}', $6, $6) " +
                     std::string(suffix),
                 {workspace, user.id, user.email, user.name, enum_name(user.role), user.created_at}));
  return {};
}

}  // namespace

std::vector<std::string> scopes_of(Role role) {
  switch (role) {
    case Role::kOwner:
    case Role::kAdmin:
      return {"*", "approvals:decide"};
    case Role::kEditor:
      return {"ai:*",        "analytics:*", "audience:*",       "campaigns:*", "consent:*",   "notifications:*",
              "templates:*", "workflows:*", "connections:read", "users:read",  "users:write", "services:read"};
    case Role::kViewer:
      return {"analytics:read", "audience:read", "campaigns:read", "consent:read",  "templates:read",
              "users:read",     "users:write",   "services:read",  "workflows:read"};
  }
  return {};
}

Principal person(const User& user, const std::string& workspace, const std::string& door) {
  return {user.id, workspace, scopes_of(user.role), Principal::Kind::kPerson, door};
}

Result<User> create_user(Tx& tx, const std::string& workspace, const NewUser& wanted, Instant now, Ids& ids) {
  Issues issues;
  if (!is_email(wanted.email)) issues.push_back({"/email", "is not an email address"});
  check_name(wanted.name, 0, issues);
  if (!issues.empty()) return issues_error("The account", std::move(issues));
  User user{ids.make("usr"), lower_ascii(wanted.email), wanted.name, wanted.role, "{}", now, now};
  auto rows = TRY(
      tx.query("SELECT COUNT(*), SUM(CASE WHEN email = $2 THEN 1 ELSE 0 END) FROM user_account WHERE workspace_id = $1",
               {workspace, user.email}));
  if (rows[0][1].integer_or(0) > 0) return conflict("an account with this address exists already");
  if (rows[0][0].integer() >= static_cast<int64_t>(kUsersMax))
    return conflict("a workspace has at most " + std::to_string(kUsersMax) + " accounts");
  TRY(insert_user(tx, workspace, user, ""));
  return user;
}

Result<User> get_user(Tx& tx, const std::string& workspace, const std::string& id) {
  auto row =
      TRY(tx.query_one(std::string("SELECT ") + kUserColumns + " FROM user_account WHERE workspace_id = $1 AND id = $2",
                       {workspace, id}));
  if (!row) return not_found("no account has the id " + std::string(first_code_points(id, 60)));
  return user_of(*row);
}

Result<User> user_of_principal(Tx& tx, const std::string& workspace, const std::string& principal_id) {
  auto key =
      TRY(tx.query_one("SELECT user_id FROM api_key WHERE workspace_id = $1 AND id = $2", {workspace, principal_id}));
  return get_user(tx, workspace, key ? (*key)[0].text() : principal_id);
}

Result<User> update_preferences(Tx& tx, const std::string& workspace, const std::string& id, const Json& changes,
                                Instant now) {
  User user = TRY(get_user(tx, workspace, id));
  if (!changes.is_object()) return invalid("preferences must be an object");
  Json merged = TRY(parse_json(user.preferences));
  for (const auto& [name, value] : changes.items()) {
    if (value.is_null()) merged.erase(name);
    else merged[name] = value;
  }
  std::string text = to_text(merged);
  if (text.size() > kPreferencesBytesMax)
    return invalid("preferences have at most " + std::to_string(kPreferencesBytesMax) + " bytes");
  TRY(tx.execute("UPDATE user_account SET preferences = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2",
                 {workspace, id, text, now}));
  user.preferences = std::move(text);
  user.updated_at = now;
  return user;
}

Result<CreatedKey> create_api_key(Tx& tx, const std::string& workspace, const NewKey& wanted, Instant now, Ids& ids) {
  User user = TRY(get_user(tx, workspace, wanted.user_id));
  Issues issues;
  check_name(wanted.name, 1, issues);
  check_key_scopes(wanted, user, workspace, issues);
  if (!issues.empty()) return issues_error("The key", std::move(issues));
  auto rows =
      TRY(tx.query("SELECT COUNT(*) FROM api_key WHERE workspace_id = $1 AND user_id = $2 AND revoked_at IS NULL",
                   {workspace, user.id}));
  if (rows[0][0].integer() >= static_cast<int64_t>(kKeysOfUserMax)) {
    return conflict("an account has at most " + std::to_string(kKeysOfUserMax) + " keys; revoke one first");
  }
  ApiKey key{ids.make("key"), user.id, wanted.name, wanted.kind, wanted.scopes, now, {}};
  if (key.kind == KeyKind::kWriteKey) key.scopes = {"events:write"};
  std::string bytes = secure_bytes(kKeyBytes);
  Secret secret(std::string(kKeyPrefix) + base64url(bytes));
  Secret::wipe(bytes);
  TRY(
      tx.execute("INSERT INTO api_key (workspace_id, id, user_id, name, key_hash, scopes, kind, created_at) VALUES "
                 "($1, $2, $3, $4, $5, $6, $7, $8)",
                 {workspace, key.id, key.user_id, key.name, hex(sha256(secret.reveal())), join_scopes(key.scopes),
                  enum_name(key.kind), now}));
  return CreatedKey{std::move(key), std::move(secret)};
}

Result<std::vector<ApiKey>> list_api_keys(Tx& tx, const std::string& workspace) {
  auto rows = TRY(
      tx.query("SELECT id, user_id, name, kind, scopes, created_at, revoked_at FROM api_key WHERE workspace_id = $1 "
               "ORDER BY created_at DESC, id LIMIT 1000",
               {workspace}));
  std::vector<ApiKey> keys;
  for (const auto& row : rows) {
    ApiKey key{row[0].text(),
               row[1].text(),
               row[2].text(),
               enum_from<KeyKind>(row[3].text()).value_or(KeyKind::kModel),
               split_scopes(row[4].text()),
               row[5].instant(),
               storage::optional_instant(row[6])};
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<void> revoke_api_key(Tx& tx, const std::string& workspace, const std::string& id, Instant now) {
  int64_t changed =
      TRY(tx.execute("UPDATE api_key SET revoked_at = COALESCE(revoked_at, $3) WHERE workspace_id = $1 AND id = $2",
                     {workspace, id, now}));
  if (changed == 0) return not_found("no key has the id " + std::string(first_code_points(id, 60)));
  return {};
}

Result<KeyHolder> find_by_key(Tx& system_tx, std::string_view key, const std::string& door) {
  CHECK(system_tx.scope().is_system(), "the workspace is known only after the key is");
  if (key.size() != kKeyCharacters || !key.starts_with(kKeyPrefix)) return bad_key();
  // Looked up by hash: how long the index search takes says nothing about the key.
  auto row =
      TRY(system_tx.query_one("SELECT k.workspace_id, k.id, k.user_id, k.scopes, k.kind FROM api_key k "
                              "JOIN user_account u ON u.workspace_id = k.workspace_id AND u.id = k.user_id "
                              "WHERE k.key_hash = $1 AND k.revoked_at IS NULL",
                              {hex(sha256(key))}));
  if (!row) return bad_key();
  auto kind = enum_from<KeyKind>((*row)[4].text());
  if (!kind) return bad_key();
  return KeyHolder{{(*row)[1].text(), (*row)[0].text(), split_scopes((*row)[3].text()), principal_kind(*kind), door},
                   *kind,
                   (*row)[2].text()};
}

Result<Workspace> ensure_workspace(storage::Storage& storage, Clock& clock, const LocalWorkspace& wanted) {
  Issues issues;
  check_name(wanted.name, 1, issues);
  if (wanted.owner_email != LocalWorkspace{}.owner_email && !is_email(wanted.owner_email)) {
    issues.push_back({"/owner_email", "is not an email address"});
  }
  if (!issues.empty()) return issues_error("The workspace", std::move(issues));
  auto find = [](Tx& tx) -> Result<std::optional<Workspace>> {
    auto rows = TRY(tx.query(
        "SELECT w.workspace_id, w.name, u.id FROM workspace w JOIN user_account u ON u.workspace_id = w.workspace_id "
        "AND u.role = 'owner' ORDER BY w.created_at, w.workspace_id, u.created_at, u.id LIMIT 1"));
    if (rows.empty()) return std::optional<Workspace>();
    return std::optional<Workspace>(Workspace{rows[0][0].text(), rows[0][1].text(), rows[0][2].text(), false});
  };
  if (auto found = TRY(storage.read(Scope::system(), find))) return std::move(*found);
  return storage.write(Scope::system(), [&](Tx& tx) -> Result<Workspace> {
    if (auto found = TRY(find(tx))) return std::move(*found);
    Instant now = clock.now();
    Json settings = {
        {"brand", {{"name", wanted.name}, {"postal_address", wanted.postal_address}, {"website", wanted.website}}}};
    TRY(
        tx.execute("INSERT INTO workspace (workspace_id, name, settings, created_at) VALUES ($1, $2, $3, $4) ON "
                   "CONFLICT (workspace_id) DO NOTHING",
                   {kLocalWorkspace, wanted.name, to_text(settings), now}));
    TRY(insert_user(tx, kLocalWorkspace,
                    {kLocalOwner, lower_ascii(wanted.owner_email), wanted.owner_name, Role::kOwner, "{}", now, now},
                    "ON CONFLICT (workspace_id, id) DO NOTHING"));
    auto made = TRY(find(tx));
    if (!made) return internal("the workspace could not be made");
    made->created = true;
    return std::move(*made);
  });
}

}  // namespace spreaders::services
