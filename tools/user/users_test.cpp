#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "credentials/connections.hpp"
#include "events/outbox.hpp"
#include "services/accounts/accounts.hpp"
#include "tests/support/temp_dir.hpp"
#include "tools/connections/connection_tools.hpp"
#include "tools/pipeline.hpp"
#include "tools/user/user_tools.hpp"

namespace spreaders::tools {
namespace {

using storage::Scope;
using storage::Tx;

// The user and connection tools behind the real pipeline.
class AccountToolsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = directory.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    ASSERT_TRUE(database->migrate().ok());
    auto made = services::ensure_workspace(*database, clock, {});
    ASSERT_TRUE(made.ok()) << made.error().text();
    workspace = made->id;
    auto keeper = credentials::Vault::open(directory.file("vault.key"), clock, ids);
    ASSERT_TRUE(keeper.ok()) << keeper.error().text();
    vault = std::move(*keeper);
    parts.add<storage::Storage>(*database);
    parts.add(*vault);
    parts.add(probe);
    std::vector<const ToolSpec*> all;
    for (auto list : {user_tools(), connection_tools()}) all.insert(all.end(), list.begin(), list.end());
    pipeline = std::make_unique<Pipeline>(*database, clock, ids, parts, registry, all);
  }
  Principal owner() {
    return {"usr_owner", workspace, services::scopes_of(services::Role::kOwner), Principal::Kind::kPerson, "cli"};
  }
  Principal model() { return {"usr_owner", workspace, {"*"}, Principal::Kind::kModel, "http"}; }
  Result<Json> call(const std::string& tool, Json arguments, const Principal& as) {
    return pipeline->call({.name = tool, .arguments = std::move(arguments), .principal = as});
  }
  Json answer(const std::string& tool, Json arguments, const Principal& as) {
    auto result = call(tool, std::move(arguments), as);
    if (!result.ok()) ADD_FAILURE() << tool << ": " << result.error().text() << " " << result.error().detail;
    return result.ok() ? *result : Json();
  }
  Error error(const std::string& tool, Json arguments, const Principal& as) {
    auto result = call(tool, std::move(arguments), as);
    if (result.ok()) ADD_FAILURE() << tool << " should have failed: " << to_text(*result);
    return result.ok() ? Error{} : result.error();
  }
  template <class Body>
  auto write(Body&& body) {
    auto result = database->write(Scope::of(workspace), std::forward<Body>(body));
    using Value = typename decltype(result)::Value;
    if (!result.ok()) ADD_FAILURE() << result.error().text();
    return result.ok() ? std::move(*result) : Value{};
  }
  std::string add_connection() {
    Json settings = {{"host", "mail.example.org"}, {"from_email", "news@example.org"}, {"username", "news"}};
    auto made = write([&](Tx& tx) {
      return credentials::create_connection(tx, *vault, workspace,
                                            {"smtp", "Main", {{"password", Secret("hunter2hunter2")}}}, settings);
    });
    return made.id;
  }
  void approve(const std::string& id) {
    auto code = write([&](Tx& tx) { return services::issue_code(tx, workspace, id, clock.now()); });
    write([&](Tx& tx) { return services::decide(tx, workspace, {id, true, code, "usr_owner", "cli"}, clock.now()); });
  }

  testing::TempDir directory;
  std::unique_ptr<storage::Storage> database;
  std::unique_ptr<credentials::Vault> vault;
  VirtualClock clock{{1'764'000'000'000'000}};
  SequenceIds ids{7};
  std::string workspace;
  Parts parts;
  ConnectionProbe probe;
  LocalBuckets buckets;
  ServiceRegistry registry{{&kUserService, &kConnectionsService}, buckets, {}};
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(AccountToolsTest, AnOwnerMakesAccountsAndAModelNoPowerfulOne) {
  auto made = answer("user.create", {{"email", "Ben@example.org"}, {"name", "Ben"}, {"role", "editor"}}, owner());
  EXPECT_EQ(made["email"], "ben@example.org");
  EXPECT_EQ(made["role"], "editor");
  EXPECT_EQ(error("user.create", {{"email", "ben@example.org"}}, owner()).code, Code::kConflict);
  EXPECT_EQ(answer("user.create", {{"email", "eve@example.org"}}, model())["role"], "viewer");
  EXPECT_EQ(error("user.create", {{"email", "mal@example.org"}, {"role", "admin"}}, model()).code,
            Code::kPermissionDenied);
  Principal editor{made["user_id"], workspace, services::scopes_of(services::Role::kEditor), Principal::Kind::kPerson,
                   "http"};
  EXPECT_EQ(error("user.create", {{"email", "x@example.org"}}, editor).code, Code::kPermissionDenied);
}

TEST_F(AccountToolsTest, BadArgumentsAreNamedTogether) {
  auto bad = error("user.create", {{"email", "ben"}, {"role", "king"}, {"password", "x"}}, owner());
  EXPECT_EQ(bad.code, Code::kInvalidArgument);
  EXPECT_EQ(bad.issues.size(), 3u) << bad.text();
  bad = error("user.updatePreferences",
              {{"preferences",
                {{"language", "Deutsch!"}, {"time_zone", "Mars/Base"}, {"currency", "gold"}, {"colour", "red"}}}},
              owner());
  EXPECT_EQ(bad.issues.size(), 4u) << bad.text();
  EXPECT_EQ(error("user.updatePreferences", Json::object(), owner()).issues.size(), 1u);
  EXPECT_EQ(error("user.updatePreferences", {{"preferences", {{"language", "de"}}}, {"remove", {"language", "colour"}}},
                  owner())
                .issues.size(),
            2u);
  EXPECT_EQ(error("user.validateToken", {{"token", "spk_x"}}, owner()).code, Code::kInvalidArgument);
}

TEST_F(AccountToolsTest, PreferencesAreSetKeptAndTakenBack) {
  answer("user.updatePreferences", {{"preferences", {{"language", "de"}, {"time_zone", "Europe/Berlin"}}}}, owner());
  answer("user.updatePreferences", {{"preferences", {{"email_reports", true}}}, {"remove", {"language"}}}, owner());
  auto profile = answer("user.getProfile", Json::object(), owner());
  EXPECT_EQ(profile["preferences"], (Json{{"time_zone", "Europe/Berlin"}, {"email_reports", true}}));
  EXPECT_EQ(profile["role"], "owner");
}

TEST_F(AccountToolsTest, OtherProfilesAreForThoseWhoManageAccounts) {
  auto viewer = answer("user.create", {{"email", "vi@example.org"}}, owner());
  Principal as_viewer{viewer["user_id"], workspace, services::scopes_of(services::Role::kViewer),
                      Principal::Kind::kPerson, "http"};
  EXPECT_EQ(answer("user.getProfile", {{"user_id", viewer["user_id"]}}, as_viewer)["email"], "vi@example.org");
  EXPECT_EQ(error("user.getProfile", {{"user_id", "usr_owner"}}, as_viewer).code, Code::kPermissionDenied);
  EXPECT_EQ(
      error("user.updatePreferences", {{"user_id", "usr_owner"}, {"preferences", {{"language", "de"}}}}, as_viewer)
          .code,
      Code::kPermissionDenied);
  EXPECT_EQ(answer("user.getProfile", {{"user_id", viewer["user_id"]}}, owner())["email"], "vi@example.org");
  EXPECT_EQ(error("user.getProfile", {{"user_id", "usr_none"}}, owner()).code, Code::kNotFound);
  Principal nobody = owner();
  nobody.id = "system";
  EXPECT_EQ(error("user.getProfile", Json::object(), nobody).code, Code::kNotFound);
}

TEST_F(AccountToolsTest, AKeyIsToldWhoItIs) {
  auto made = write([&](Tx& tx) {
    return services::create_api_key(
        tx, workspace, {"usr_owner", "assistant", services::KeyKind::kModel, {"users:read", "campaigns:read"}},
        clock.now(), ids);
  });
  auto holder =
      database->read(Scope::system(), [&](Tx& tx) { return services::find_by_key(tx, made.secret.reveal(), "http"); });
  ASSERT_TRUE(holder.ok());
  auto who = answer("user_validateToken", Json::object(), holder->principal);
  EXPECT_EQ(who, (Json{{"valid", true},
                       {"principal_id", made.key.id},
                       {"workspace_id", workspace},
                       {"kind", "model"},
                       {"scopes", {"users:read", "campaigns:read"}},
                       {"door", "http"},
                       {"may_approve", false},
                       {"user_id", "usr_owner"},
                       {"role", "owner"}}));
  EXPECT_TRUE(answer("user.validateToken", Json::object(), owner())["may_approve"]);
  EXPECT_EQ(error("user.validateToken", Json::object(), {}).code, Code::kUnauthenticated);
}

TEST_F(AccountToolsTest, ConnectionsAreShownWithoutTheirSecrets) {
  std::string id = add_connection();
  auto listed = answer("connections.list", Json::object(), model());
  ASSERT_EQ(listed["connections"].size(), 1u);
  EXPECT_EQ(listed["connections"][0]["status"], "untested");
  EXPECT_EQ(listed["connections"][0]["has_secrets"], true);
  EXPECT_FALSE(listed["connections"][0].contains("settings"));
  EXPECT_TRUE(answer("connections.list", {{"channel", "model"}}, model())["connections"].empty());
  auto shown = answer("connections.get", {{"connection_id", id}}, model());
  EXPECT_EQ(shown["settings"]["host"], "mail.example.org");
  EXPECT_EQ(to_text(shown).find("hunter2"), std::string::npos);
  EXPECT_EQ(error("connections.get", {{"connection_id", "con_none"}}, model()).code, Code::kNotFound);
  EXPECT_EQ(error("connections.get", {{"connection_id", "../x"}}, model()).code, Code::kInvalidArgument);
}

TEST_F(AccountToolsTest, ATestSettlesTheStatusOnlyWhenTheVendorAnswered) {
  std::string id = add_connection();
  EXPECT_EQ(error("connections.test", {{"connection_id", id}}, model()).code, Code::kNotConfigured);
  Result<std::string> found = std::string("signed in as news");
  probe.probe = [&](const std::string& in, const std::string& connection) -> Result<std::string> {
    EXPECT_EQ(in, workspace);
    EXPECT_EQ(connection, id);
    return found;
  };
  auto tested = answer("connections.test", {{"connection_id", id}}, model());
  EXPECT_EQ(tested["ok"], true);
  EXPECT_EQ(tested["finding"], "signed in as news");
  EXPECT_EQ(tested["connection"]["status"], "ready");
  found = Error{Code::kUnavailable, "no answer within 10 seconds"};
  tested = answer("connections.test", {{"connection_id", id}}, model());
  EXPECT_EQ(tested["ok"], false);
  EXPECT_EQ(tested["connection"]["status"], "ready");
  found = Error{Code::kUnauthenticated, "535 wrong password"};
  tested = answer("connections.test", {{"connection_id", id}}, model());
  EXPECT_EQ(tested["connection"]["status"], "reconnect_needed");
  EXPECT_EQ(tested["connection"]["status_reason"], "535 wrong password");
  EXPECT_EQ(error("connections.test", {{"connection_id", "con_none"}}, model()).code, Code::kNotFound);
}

TEST_F(AccountToolsTest, AConnectionGoesOnlyWithAYesAndWithNothingWaiting) {
  std::string id = add_connection();
  auto asked = error("connections.remove", {{"connection_id", id}}, model());
  EXPECT_EQ(asked.code, Code::kApprovalRequired);
  ASSERT_EQ(asked.issues.size(), 1u);
  approve(asked.issues[0].message);
  events::Intent intent{
      .idem = "test", .channel = "email", .connection_id = id, .address = "ana@example.org", .payload = "{}"};
  write([&](Tx& tx) { return events::enqueue(tx, workspace, {&intent, 1}, clock.now(), ids); });
  EXPECT_EQ(error("connections.remove", {{"connection_id", id}}, model()).code, Code::kConflict);
  write(
      [&](Tx& tx) { return tx.execute("UPDATE outbox SET state = 'accepted' WHERE workspace_id = $1", {workspace}); });
  EXPECT_EQ(answer("connections.remove", {{"connection_id", id}}, model())["removed"], true);
  EXPECT_EQ(error("connections.get", {{"connection_id", id}}, model()).code, Code::kNotFound);
  auto secrets = write([&](Tx& tx) { return tx.query("SELECT id FROM secret WHERE workspace_id = $1", {workspace}); });
  EXPECT_TRUE(secrets.empty());
}

}  // namespace
}  // namespace spreaders::tools
