#include "credentials/connections.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/temp_dir.hpp"

namespace spreaders::credentials {
namespace {

using storage::Scope;
using storage::Tx;

const std::string kWorkspace = "wsp_a";
const std::string kOther = "wsp_b";
const std::string kPassword = "open-sesame-of-the-mail-server";
const std::string kPem = "-----BEGIN PRIVATE KEY-----\nnot\n7\na real one\n-----END PRIVATE KEY-----\n";

Json smtp() { return {{"host", "smtp.example.com"}, {"username", "shop"}, {"from_email", "news@example.com"}}; }

class ConnectionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = directory_.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok());
    storage_ = std::move(*opened);
    ASSERT_TRUE(storage_->migrate().ok());
    auto vault = Vault::open(directory_.file("vault.key"), clock_, ids_);
    ASSERT_TRUE(vault.ok()) << vault.error().text();
    vault_ = std::move(*vault);
  }
  template <class Body>
  auto write(Body&& body, const std::string& workspace = kWorkspace) {
    return storage_->write(Scope::of(workspace), body);
  }
  Result<Connection> create(const std::string& name, const std::string& provider = "smtp",
                            const Json& settings = smtp(), const Secrets& secrets = {},
                            const std::string& workspace = kWorkspace) {
    clock_.move_to(clock_.now() + kSecond_us);
    return write(
        [&](Tx& tx) {
          return create_connection(tx, *vault_, workspace, {provider, name, secrets}, settings);
        },
        workspace);
  }
  Result<Connection> get(const std::string& id, const std::string& workspace = kWorkspace) {
    return write([&](Tx& tx) { return get_connection(tx, workspace, id); }, workspace);
  }
  Result<Secrets> secrets_of(const Connection& connection) {
    return write([&](Tx& tx) { return connection_secrets(tx, *vault_, kWorkspace, connection); });
  }
  Result<Connection> fallback(const std::string& channel, World world = World::kReal) {
    return write([&](Tx& tx) { return default_connection(tx, kWorkspace, channel, world); });
  }
  Result<void> set_status(const Connection& connection, ConnectionStatus status) {
    return write(
        [&](Tx& tx) { return set_connection_status(tx, kWorkspace, connection.id, status, "because", clock_.now()); });
  }
  int64_t secrets_stored() {
    auto rows = storage_->read(Scope::system(), [](Tx& tx) { return tx.query("SELECT COUNT(*) FROM secret"); });
    return (*rows)[0][0].integer();
  }

  testing::TempDir directory_;
  VirtualClock clock_{{1'000'000}};
  SequenceIds ids_{1};
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<Vault> vault_;
};

TEST_F(ConnectionsTest, KeepsSettingsAndSecretsApart) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}, {"dkim_private_key", Secret(kPem)}});
  ASSERT_TRUE(made.ok()) << made.error().text();
  auto read = get(made->id);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->id.starts_with("con_"));
  EXPECT_EQ(read->name, "Main");
  EXPECT_EQ(read->status, ConnectionStatus::kUntested);
  EXPECT_FALSE(read->sandbox);
  EXPECT_EQ(read->created_at, clock_.now());
  auto settings = smtp_settings(*read);
  ASSERT_TRUE(settings.ok()) << settings.error().text();
  EXPECT_EQ(settings->host, "smtp.example.com");
  EXPECT_EQ(settings->port, 587);
  EXPECT_EQ(settings->security, SmtpSecurity::kStarttls);
  EXPECT_EQ(settings->username, "shop");
  EXPECT_FALSE(settings->dkim_domain.has_value());
  auto secrets = secrets_of(*read);
  ASSERT_TRUE(secrets.ok()) << secrets.error().text();
  ASSERT_EQ(secrets->size(), 2U);
  EXPECT_EQ(secrets->at("password").reveal(), kPassword);
  EXPECT_EQ(secrets->at("dkim_private_key").reveal(), kPem);
  EXPECT_FALSE(model_settings(*read).ok());
  for (const char* name : {"test.db", "test.db-wal"}) {
    std::stringstream bytes;
    bytes << std::ifstream(directory_.file(name), std::ios::binary).rdbuf();
    EXPECT_EQ(bytes.str().find(kPassword), std::string::npos);
    EXPECT_EQ(bytes.str().find("PRIVATE KEY"), std::string::npos);
  }
}

TEST_F(ConnectionsTest, EveryProblemIsNamedAndNoValueShown) {
  Json settings = {{"host", "bad host"},
                   {"port", 70000},
                   {"password", kPassword},
                   {"from_email", "nobody"},
                   {"dkim_domain", "example.com"}};
  auto made = create("", "smtp", settings, {{"api_key", Secret(kPassword)}, {"password", Secret()}});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, Code::kInvalidArgument);
  std::string text = made.error().text();
  for (const char* part : {"/name", "/settings/host", "/settings/port", "/settings/password", "/settings/from_email",
                           "/secrets/api_key", "/secrets/password"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_EQ(text.find(kPassword), std::string::npos);
  EXPECT_NE(create("x", "pigeon").error().text().find("sandbox_smtp"), std::string::npos) << "names what there is";
  EXPECT_EQ(secrets_stored(), 0);
}

TEST_F(ConnectionsTest, RulesAcrossSettings) {
  Json half = smtp();
  half["dkim_domain"] = "example.com";
  EXPECT_NE(create("a", "smtp", half).error().text().find("/settings/dkim_selector"), std::string::npos);
  Json open_text = smtp();
  open_text["security"] = "none";
  EXPECT_NE(create("a", "smtp", open_text).error().text().find("/settings/security"), std::string::npos);
  open_text["host"] = "127.0.0.1";
  EXPECT_TRUE(create("a", "smtp", open_text).ok());
}

TEST_F(ConnectionsTest, NamesAreTakenOncePerWorkspace) {
  ASSERT_TRUE(create("Main").ok());
  auto again = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(secrets_stored(), 0);
  EXPECT_TRUE(create("Main", "smtp", smtp(), {}, kOther).ok());
}

TEST_F(ConnectionsTest, OtherWorkspacesSeeAndTouchNothing) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  EXPECT_EQ(get(made->id, kOther).error().code, Code::kNotFound);
  EXPECT_TRUE(write([&](Tx& tx) { return list_connections(tx, kOther); }, kOther)->empty());
  EXPECT_EQ(write([&](Tx& tx) { return delete_connection(tx, *vault_, kOther, made->id); }, kOther).error().code,
            Code::kNotFound);
  EXPECT_EQ(write([&](Tx& tx) { return connection_secrets(tx, *vault_, kOther, *made); }, kOther).error().code,
            Code::kNotFound);
}

TEST_F(ConnectionsTest, ASecretOpensForItsOwnConnectionOnly) {
  auto mail = create("Mail", "smtp", smtp(), {{"password", Secret(kPassword)}});
  auto model = create("Model", "openai", {{"model", "m"}}, {{"api_key", Secret("key-of-the-model")}});
  ASSERT_TRUE(mail.ok() && model.ok());
  mail->secret_id = model->secret_id;  // as if the column had been changed
  auto secrets = secrets_of(*mail);
  ASSERT_FALSE(secrets.ok());
  EXPECT_EQ(secrets.error().code, Code::kReconnectNeeded);
}

TEST_F(ConnectionsTest, SettingsAndSecretsCanBeReplaced) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  ASSERT_TRUE(set_status(*made, ConnectionStatus::kReady).ok());
  Json next = smtp();
  next["from_name"] = "The shop";
  ASSERT_TRUE(
      write([&](Tx& tx) { return replace_connection_settings(tx, kWorkspace, made->id, next, clock_.now()); }).ok());
  EXPECT_EQ(smtp_settings(*get(made->id))->from_name, "The shop");
  EXPECT_EQ(get(made->id)->status, ConnectionStatus::kUntested);
  ASSERT_TRUE(write([&](Tx& tx) {
                return replace_connection_secrets(tx, *vault_, kWorkspace, made->id, {{"password", Secret("new")}});
              }).ok());
  EXPECT_EQ(secrets_of(*get(made->id))->at("password").reveal(), "new");
  EXPECT_EQ(secrets_stored(), 1);
  auto bare = create("Bare");
  ASSERT_TRUE(write([&](Tx& tx) {
                return replace_connection_secrets(tx, *vault_, kWorkspace, bare->id, {{"password", Secret("first")}});
              }).ok());
  EXPECT_EQ(secrets_of(*get(bare->id))->at("password").reveal(), "first");
}

TEST_F(ConnectionsTest, APasswordIsNotSentToAnotherHost) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  Json moved = smtp();
  moved["host"] = "smtp.attacker.example";
  auto replace = [&](const std::string& id) {
    return write([&](Tx& tx) { return replace_connection_settings(tx, kWorkspace, id, moved, clock_.now()); });
  };
  EXPECT_EQ(replace(made->id).error().code, Code::kConflict);
  EXPECT_EQ(smtp_settings(*get(made->id))->host, "smtp.example.com");
  EXPECT_TRUE(replace(create("Bare")->id).ok()) << "without a secret there is nothing to lose";
}

TEST_F(ConnectionsTest, WhoeverConfiguresTheServerMovesHostAndPasswordTogether) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  auto configure = [&](const Json& settings, const Secrets& secrets) {
    return write([&](Tx& tx) { return configure_connection(tx, *vault_, kWorkspace, made->id, settings, secrets); });
  };
  ASSERT_TRUE(set_status(*made, ConnectionStatus::kReady).ok());
  EXPECT_FALSE(*configure(smtp(), {{"password", Secret(kPassword)}})) << "nothing changed";
  EXPECT_EQ(get(made->id)->status, ConnectionStatus::kReady);
  ASSERT_TRUE(set_status(*made, ConnectionStatus::kReconnectNeeded).ok());
  EXPECT_TRUE(*configure(smtp(), {{"password", Secret(kPassword)}})) << "the vendor may have been put right";
  EXPECT_EQ(get(made->id)->status, ConnectionStatus::kUntested);
  Json moved = smtp();
  moved["host"] = "smtp.other.example";
  EXPECT_TRUE(*configure(moved, {{"password", Secret("new")}}));
  EXPECT_EQ(smtp_settings(*get(made->id))->host, "smtp.other.example");
  EXPECT_EQ(secrets_of(*get(made->id))->at("password").reveal(), "new");
  EXPECT_EQ(get(made->id)->status, ConnectionStatus::kUntested);
  EXPECT_TRUE(*configure(moved, {}));
  EXPECT_EQ(secrets_stored(), 0);
  EXPECT_TRUE(secrets_of(*get(made->id))->empty());
  EXPECT_FALSE(*configure(moved, {}));
}

TEST_F(ConnectionsTest, DeletingTakesTheSecretAlong) {
  auto made = create("Main", "smtp", smtp(), {{"password", Secret(kPassword)}});
  EXPECT_EQ(secrets_stored(), 1);
  ASSERT_TRUE(write([&](Tx& tx) { return delete_connection(tx, *vault_, kWorkspace, made->id); }).ok());
  EXPECT_EQ(secrets_stored(), 0);
  EXPECT_EQ(get(made->id).error().code, Code::kNotFound);
}

TEST_F(ConnectionsTest, TheDefaultIsReadyThenOldestAndOfItsWorld) {
  EXPECT_EQ(fallback("email").error().code, Code::kNotConfigured);
  auto sandbox = create("Sandbox", "sandbox_smtp");
  EXPECT_TRUE(sandbox->sandbox);
  EXPECT_EQ(fallback("email").error().code, Code::kNotConfigured) << "a real campaign never falls into the sandbox";
  EXPECT_EQ(fallback("email", World::kSandbox)->id, sandbox->id);
  auto first = create("First");
  auto second = create("Second");
  EXPECT_EQ(fallback("email")->id, first->id);
  ASSERT_TRUE(set_status(*second, ConnectionStatus::kReady).ok());
  EXPECT_EQ(fallback("email")->id, second->id);
  ASSERT_TRUE(set_status(*second, ConnectionStatus::kReconnectNeeded).ok());
  ASSERT_TRUE(set_status(*first, ConnectionStatus::kDisabled).ok());
  EXPECT_EQ(fallback("email").error().code, Code::kReconnectNeeded);
  EXPECT_EQ(fallback("email", World::kSandbox)->id, sandbox->id) << "nor a sandbox campaign into the real world";
  EXPECT_EQ(get(first->id)->status_reason, "because");
}

TEST_F(ConnectionsTest, AWorkspaceHasALimit) {
  for (int64_t i = 0; i < kConnectionsMax; ++i) ASSERT_TRUE(create("c" + std::to_string(i)).ok());
  EXPECT_EQ(create("one more").error().code, Code::kConflict);
  EXPECT_EQ(write([&](Tx& tx) { return list_connections(tx, kWorkspace); })->size(),
            static_cast<size_t>(kConnectionsMax));
}

TEST(Providers, EachHasNamedSettingsAndSecrets) {
  for (const auto& provider : providers()) {
    EXPECT_FALSE(provider.settings().fields.empty()) << provider.name;
    EXPECT_FALSE(provider.secrets.empty()) << provider.name;
    for (const auto& secret : provider.secrets) {
      for (const auto& field : provider.settings().fields)
        EXPECT_NE(field.name, secret.name) << "a secret is never a setting";
    }
  }
}

}  // namespace
}  // namespace spreaders::credentials
