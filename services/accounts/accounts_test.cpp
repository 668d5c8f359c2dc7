#include "services/accounts/accounts.hpp"

#include <nlohmann/json.hpp>

#include "services/audience/test_database.hpp"

namespace spreaders::services {
namespace {

using storage::Scope;
using storage::Tx;

class AccountsTest : public audience::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped()) return;
    auto made = ensure_workspace(
        *database, clock, {.name = "Northwind", .postal_address = "1 Quay", .website = "https://northwind.example"});
    ASSERT_TRUE(made.ok()) << made.error().text();
    local = *made;
    workspace = local.id;
  }
  CreatedKey key(const NewKey& wanted) {
    return write([&](Tx& tx) { return create_api_key(tx, workspace, wanted, clock.now(), ids); });
  }
  Result<KeyHolder> find(const std::string& text) {
    return database->read(Scope::system(), [&](Tx& tx) { return find_by_key(tx, text, "http"); });
  }
  User user(const std::string& email, Role role) {
    return write([&](Tx& tx) { return create_user(tx, workspace, {email, "", role}, clock.now(), ids); });
  }
  Workspace local;
};
INSTANTIATE_TEST_SUITE_P(Both, AccountsTest, audience::both_databases(), audience::database_name);

TEST_P(AccountsTest, TheFirstStartMakesOneWorkspaceAndLaterOnesKeepIt) {
  EXPECT_TRUE(local.created);
  clock.move_to(clock.now() + kDay_us);
  auto again = ensure_workspace(*database, clock, {.name = "Renamed", .owner_email = "other@example.org"});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->id, local.id);
  EXPECT_EQ(again->owner_id, local.owner_id);
  EXPECT_EQ(again->name, "Northwind");
  EXPECT_EQ(count("user_account"), 1);
  auto settings = write([&](Tx& tx) -> Result<std::string> {
    auto row = TRY(tx.query_one("SELECT settings FROM workspace WHERE workspace_id = $1", {workspace}));
    return (*row)[0].text();
  });
  EXPECT_EQ(settings,
            R"({"brand":{"name":"Northwind","postal_address":"1 Quay","website":"https://northwind.example"}})");
}

TEST_P(AccountsTest, BadSettingsOfTheFirstStartAreNamedTogether) {
  auto made = ensure_workspace(*database, clock, {.name = "", .owner_email = "nobody"});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().issues.size(), 2u);
}

TEST_P(AccountsTest, AKeyOpensItsWorkspaceAndIsStoredOnlyAsAHash) {
  auto made = key({local.owner_id, "assistant", KeyKind::kModel, {"campaigns:read", "email:*"}});
  const std::string& text = made.secret.reveal();
  EXPECT_EQ(text.size(), 47u);
  EXPECT_TRUE(text.starts_with("spk_"));
  auto holder = find(text);
  ASSERT_TRUE(holder.ok());
  EXPECT_EQ(holder->principal.workspace, workspace);
  EXPECT_EQ(holder->principal.id, made.key.id);
  EXPECT_EQ(holder->principal.door, "http");
  EXPECT_EQ(holder->user_id, local.owner_id);
  EXPECT_TRUE(holder->principal.may("campaigns:read"));
  EXPECT_FALSE(holder->principal.may("campaigns:write"));
  EXPECT_EQ(count("api_key WHERE key_hash LIKE '%spk%'"), 0);
  EXPECT_NE(text, key({local.owner_id, "another", KeyKind::kModel, {"*"}}).secret.reveal());
}

TEST_P(AccountsTest, UnknownRevokedAndMalformedKeysAreTheSame) {
  auto made = key({local.owner_id, "assistant", KeyKind::kModel, {"*"}});
  write([&](Tx& tx) { return revoke_api_key(tx, workspace, made.key.id, clock.now()); });
  std::string other = made.secret.reveal();
  other.back() = other.back() == 'A' ? 'B' : 'A';
  for (const auto& text :
       {made.secret.reveal(), other, std::string(), std::string("spk_"), std::string(1 << 20, 'x')}) {
    auto found = find(text);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, Code::kUnauthenticated);
    EXPECT_EQ(found.error().message, "the key is not known");
  }
  auto listed = write([&](Tx& tx) { return list_api_keys(tx, workspace); });
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_TRUE(listed[0].revoked_at.has_value());
  EXPECT_EQ(write_error([&](Tx& tx) { return revoke_api_key(tx, workspace, "key_none", clock.now()); }).code,
            Code::kNotFound);
}

TEST_P(AccountsTest, AKeyIsNeverMoreThanItsKindAndItsUserAllow) {
  auto editor = user("editor@example.org", Role::kEditor);
  struct Case {
    NewKey wanted;
    size_t issues;
  };
  for (const auto& [wanted, issues] : std::vector<Case>{
           {{local.owner_id, "m", KeyKind::kModel, {"approvals:decide"}}, 1},
           {{local.owner_id, "s", KeyKind::kService, {"approvals:decide", "campaigns:read"}}, 1},
           {{editor.id, "e", KeyKind::kPerson, {"approvals:decide", "*", "users:manage", "campaigns:send"}}, 3},
           {{local.owner_id, "w", KeyKind::kWriteKey, {"*"}}, 1},
           {{local.owner_id, "", KeyKind::kModel, {"Campaigns", ":x", "a:b:c"}}, 4},
           {{local.owner_id, "h", KeyKind::kService, {"hooks:", "hooks:trg 1", "campaigns:c1"}}, 3},
           {{local.owner_id, "none", KeyKind::kModel, {}}, 1}}) {
    auto error = write_error([&](Tx& tx) { return create_api_key(tx, workspace, wanted, clock.now(), ids); });
    EXPECT_EQ(error.code, Code::kInvalidArgument);
    EXPECT_EQ(error.issues.size(), issues) << error.text();
  }
  auto person_key = key({local.owner_id, "mine", KeyKind::kPerson, {"*", "approvals:decide"}});
  auto holder = find(person_key.secret.reveal());
  ASSERT_TRUE(holder.ok());
  EXPECT_TRUE(holder->principal.may("approvals:decide"));
  auto hook_key = find(key({local.owner_id, "hook", KeyKind::kService, {"hooks:trg_7Ab"}}).secret.reveal());
  ASSERT_TRUE(hook_key.ok());
  EXPECT_TRUE(hook_key->principal.may("hooks:trg_7Ab"));
  EXPECT_FALSE(hook_key->principal.may("hooks:trg_7Ac"));
  auto write_key = find(key({local.owner_id, "shop", KeyKind::kWriteKey}).secret.reveal());
  ASSERT_TRUE(write_key.ok());
  EXPECT_EQ(write_key->principal.scopes, std::vector<std::string>{"events:write"});
}

TEST_P(AccountsTest, ScopesOfAnAllPowerfulModelStopAtApprovals) {
  auto holder = find(key({local.owner_id, "all", KeyKind::kModel, {"*"}}).secret.reveal());
  ASSERT_TRUE(holder.ok());
  holder->principal.scopes.push_back("approvals:decide");
  EXPECT_FALSE(holder->principal.may("approvals:decide"));
}

TEST_P(AccountsTest, AccountsAreUniqueByAddressAndChecked) {
  auto made = user("Ana@Example.org", Role::kViewer);
  EXPECT_EQ(made.email, "ana@example.org");
  EXPECT_EQ(write_error([&](Tx& tx) {
              return create_user(tx, workspace, {"ana@EXAMPLE.org", "", Role::kViewer}, clock.now(), ids);
            }).code,
            Code::kConflict);
  auto bad = write_error([&](Tx& tx) {
    return create_user(tx, workspace, {"ana", std::string(201, 'x'), Role::kViewer}, clock.now(), ids);
  });
  EXPECT_EQ(bad.issues.size(), 2u);
}

TEST_P(AccountsTest, PreferencesMergeOneLevel) {
  write([&](Tx& tx) {
    return update_preferences(tx, workspace, local.owner_id, {{"language", "de"}, {"currency", "EUR"}}, clock.now());
  });
  auto user = write([&](Tx& tx) {
    return update_preferences(tx, workspace, local.owner_id, {{"currency", nullptr}, {"time_zone", "UTC"}},
                              clock.now());
  });
  EXPECT_EQ(user.preferences, R"({"language":"de","time_zone":"UTC"})");
  EXPECT_EQ(write_error([&](Tx& tx) {
              return update_preferences(tx, workspace, local.owner_id, {{"x", std::string(20'000, 'x')}}, clock.now());
            }).code,
            Code::kInvalidArgument);
  EXPECT_EQ(write_error([&](Tx& tx) {
              return update_preferences(tx, workspace, "usr_none", Json::object(), clock.now());
            }).code,
            Code::kNotFound);
}

}  // namespace
}  // namespace spreaders::services
