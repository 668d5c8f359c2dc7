#include "credentials/vault.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::credentials {
namespace {

using storage::Scope;
using storage::Tx;

const std::string kWorkspace = "wsp_a";
const std::string kOther = "wsp_b";
const std::string kPlain = "correct-horse-battery-staple-\xe2\x82\xac";
const std::string kPurpose = "connection:con_1";

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path, std::ios::binary) << text;
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

class VaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::open_sqlite({.path = directory_.file("test.db"), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok());
    storage_ = std::move(*opened);
    ASSERT_TRUE(storage_->migrate().ok());
    auto vault = open_vault();
    ASSERT_TRUE(vault.ok()) << vault.error().text();
    vault_ = std::move(*vault);
  }
  Result<std::unique_ptr<Vault>> open_vault(const std::string& name = "vault.key") {
    return Vault::open(directory_.file(name), clock_, ids_);
  }
  std::string store(const std::string& plain = kPlain, const std::string& workspace = kWorkspace) {
    auto id = storage_->write(Scope::of(workspace),
                              [&](Tx& tx) { return vault_->store(tx, workspace, kPurpose, Secret(plain)); });
    EXPECT_TRUE(id.ok()) << id.error().text();
    return id.ok() ? *id : "";
  }
  Result<Secret> open(const std::string& id, const std::string& workspace = kWorkspace,
                      const std::string& purpose = kPurpose) {
    return open_with(*vault_, id, workspace, purpose);
  }
  Result<Secret> open_with(Vault& vault, const std::string& id, const std::string& workspace = kWorkspace,
                           const std::string& purpose = kPurpose) {
    return storage_->read(Scope::of(workspace), [&](Tx& tx) { return vault.open(tx, workspace, id, purpose); });
  }
  void change(const std::string& sql, const storage::Values& values) {
    auto changed = storage_->write(Scope::system(), [&](Tx& tx) { return tx.execute(sql, values); });
    ASSERT_TRUE(changed.ok()) << changed.error().text();
    ASSERT_EQ(*changed, 1);
  }
  void expect_altered(const Result<Secret>& opened) {
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::kReconnectNeeded) << opened.error().text();
    EXPECT_EQ((opened.error().text() + opened.error().detail).find(kPlain.substr(0, 6)), std::string::npos);
  }

  testing::TempDir directory_;
  VirtualClock clock_{{1'000'000}};
  SequenceIds ids_{1};
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<Vault> vault_;
};

TEST_F(VaultTest, OpensWhatItStored) {
  std::string id = store();
  EXPECT_TRUE(id.starts_with("sec_"));
  EXPECT_EQ(open(id)->reveal(), kPlain);
  std::string longest(kSecretBytesMax, '\0');
  EXPECT_EQ(open(store(longest))->reveal(), longest);
  auto again = open_vault();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(open_with(**again, id)->reveal(), kPlain) << "the key is read back from its file";
}

TEST_F(VaultTest, RefusesEmptyAndOverlongSecrets) {
  for (const auto& plain : {std::string(), std::string(kSecretBytesMax + 1, 'x')}) {
    auto stored = storage_->write(Scope::of(kWorkspace),
                                  [&](Tx& tx) { return vault_->store(tx, kWorkspace, kPurpose, Secret(plain)); });
    ASSERT_FALSE(stored.ok());
    EXPECT_EQ(stored.error().code, Code::kInvalidArgument);
  }
}

TEST_F(VaultTest, TheDatabaseFileHoldsNoSecretText) {
  std::string id = store();
  store("second-" + kPlain);
  ASSERT_TRUE(storage_->backup_to(directory_.file("copy.db")).ok());
  for (const char* name : {"test.db", "test.db-wal", "copy.db"}) {
    std::string bytes = text_of(directory_.file(name));
    EXPECT_EQ(bytes.find(kPlain), std::string::npos) << name;
    EXPECT_EQ(bytes.find(kPlain.substr(0, 12)), std::string::npos) << name;
    EXPECT_EQ(bytes.find(base64(kPlain).substr(0, 16)), std::string::npos) << name;
    EXPECT_EQ(bytes.find(hex(kPlain).substr(0, 16)), std::string::npos) << name;
    EXPECT_EQ(bytes.find(text_of(directory_.file("vault.key")).substr(0, 16)), std::string::npos)
        << "not the key either: " << name;
  }
  EXPECT_NE(text_of(directory_.file("copy.db")).find(id), std::string::npos) << "the search looks at the right bytes";
}

TEST_F(VaultTest, ReplaceKeepsTheIdAndSealsAnew) {
  std::string id = store();
  auto columns = [&] {
    auto rows = storage_->read(Scope::of(kWorkspace), [&](Tx& tx) {
      return tx.query("SELECT version, nonce, ciphertext FROM secret WHERE workspace_id = $1", {kWorkspace});
    });
    return (*rows)[0];
  };
  storage::Row before = columns();
  ASSERT_TRUE(
      storage_
          ->write(Scope::of(kWorkspace), [&](Tx& tx) { return vault_->replace(tx, kWorkspace, id, Secret("next")); })
          .ok());
  storage::Row after = columns();
  EXPECT_EQ(after[0].integer(), 2);
  EXPECT_NE(before[1].text(), after[1].text());
  EXPECT_EQ(open(id)->reveal(), "next");
  // The earlier value under the new version does not open.
  change("UPDATE secret SET nonce = $2, ciphertext = $3 WHERE id = $1", {id, before[1].text(), before[2].text()});
  expect_altered(open(id));
}

TEST_F(VaultTest, RemovedSecretsAreGone) {
  std::string id = store();
  auto remove = [&](const std::string& workspace) {
    return storage_->write(Scope::of(workspace), [&](Tx& tx) { return vault_->remove(tx, workspace, id); });
  };
  EXPECT_EQ(remove(kOther).error().code, Code::kNotFound);
  EXPECT_TRUE(remove(kWorkspace).ok());
  EXPECT_EQ(open(id).error().code, Code::kNotFound);
  EXPECT_EQ(remove(kWorkspace).error().code, Code::kNotFound);
}

TEST_F(VaultTest, EveryAlteredByteIsNoticed) {
  std::string id = store("short");
  auto row = storage_->read(Scope::system(), [&](Tx& tx) { return tx.query("SELECT nonce, ciphertext FROM secret"); });
  std::string nonce = (*row)[0][0].text();
  std::string text = (*row)[0][1].text();
  size_t from = text.rfind('.') + 1;
  std::string cipher = *base64_decode(text.substr(from));
  for (size_t i = 0; i < cipher.size(); ++i) {
    std::string bent = cipher;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    change("UPDATE secret SET ciphertext = $2 WHERE id = $1", {id, text.substr(0, from) + base64(bent)});
    expect_altered(open(id));
  }
  for (const auto& bad :
       {std::string(), std::string("v1."), std::string("v2.") + text.substr(3), text.substr(0, text.size() - 1),
        text.substr(0, from), text.substr(0, from) + base64(cipher.substr(0, 16)), text + "AAAA"}) {
    change("UPDATE secret SET ciphertext = $2 WHERE id = $1", {id, bad});
    expect_altered(open(id));
  }
  change("UPDATE secret SET ciphertext = $2 WHERE id = $1", {id, text});
  EXPECT_TRUE(open(id).ok());
  std::string other = *base64_decode(nonce);
  other[0] = static_cast<char>(other[0] ^ 1);
  for (const auto& bad : {std::string(), base64(other), base64(other.substr(1)), std::string("?")}) {
    change("UPDATE secret SET nonce = $2 WHERE id = $1", {id, bad});
    expect_altered(open(id));
  }
}

TEST_F(VaultTest, SwappedRowsDoNotOpen) {
  std::string mine = store("mine-" + kPlain);
  std::string second = store("second-" + kPlain);
  std::string theirs = store("theirs-" + kPlain, kOther);
  auto copy = [&](const std::string& from, const std::string& to) {
    change(
        "UPDATE secret SET version = s.version, nonce = s.nonce, ciphertext = s.ciphertext FROM (SELECT version, "
        "nonce, ciphertext FROM secret WHERE id = $1) s WHERE id = $2",
        {from, to});
  };
  copy(theirs, mine);
  expect_altered(open(mine));
  copy(second, mine);
  expect_altered(open(mine));
  // A whole row moved to another workspace, id and all.
  change("UPDATE secret SET workspace_id = $2 WHERE id = $1", {theirs, kWorkspace});
  expect_altered(open(theirs));
  change("UPDATE secret SET workspace_id = $2 WHERE id = $1", {theirs, kOther});
  EXPECT_TRUE(open(theirs, kOther).ok());
  // Other version, other purpose.
  change("UPDATE secret SET version = 2 WHERE id = $1", {second});
  expect_altered(open(second));
  change("UPDATE secret SET version = 1, purpose = 'connection:con_2' WHERE id = $1", {second});
  expect_altered(open(second, kWorkspace, "connection:con_2"));
  EXPECT_TRUE(open(second).ok()) << "what was stored for this purpose opens for it";
}

TEST_F(VaultTest, AnotherWorkspaceFindsNothing) { EXPECT_EQ(open(store(), kOther).error().code, Code::kNotFound); }

TEST_F(VaultTest, AnotherKeyIsNamedAsTheCause) {
  std::string id = store();
  auto other = open_vault("other.key");
  ASSERT_TRUE(other.ok());
  EXPECT_NE((*other)->key_name(), vault_->key_name());
  auto opened = open_with(**other, id);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::kNotConfigured);
  EXPECT_NE(opened.error().message.find("another key"), std::string::npos);
}

TEST_F(VaultTest, TheKeyFileIsForItsOwnerOnly) {
  struct stat status {};
  std::string path = directory_.file("vault.key");
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  for (mode_t mode : {0640, 0604, 0620, 0602, 0610, 0666}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    auto opened = open_vault();
    ASSERT_FALSE(opened.ok()) << std::oct << mode;
    EXPECT_EQ(opened.error().code, Code::kNotConfigured);
    EXPECT_NE(opened.error().message.find("chmod 600 " + path), std::string::npos);
  }
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  EXPECT_TRUE(open_vault().ok());
}

TEST_F(VaultTest, TheFirstKeyIsMadeForItsOwnerWhateverTheUmask) {
  mode_t before = umask(0);
  auto made = open_vault("fresh.key");
  umask(before);
  ASSERT_TRUE(made.ok());
  struct stat status {};
  ASSERT_EQ(stat(directory_.file("fresh.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(VaultTest, AKeyFileOfAnotherFormIsRefusedAndLeftAlone) {
  std::string digits(64, 'a');
  for (const auto& text : {std::string(), std::string(31, 'k'), std::string(33, 'k'), std::string(64, 'g'),
                           std::string(63, 'a'), digits + "\n\n", digits + "x"}) {
    write_file(directory_.file("bad.key"), text, 0600);
    auto opened = open_vault("bad.key");
    ASSERT_FALSE(opened.ok()) << text.size();
    EXPECT_EQ(opened.error().code, Code::kNotConfigured);
    EXPECT_NE(opened.error().message.find("32 bytes, or 64 hex digits"), std::string::npos);
    EXPECT_EQ(text_of(directory_.file("bad.key")), text);
  }
  write_file(directory_.file("hex.key"), std::string(64, '6') + "\n", 0600);
  write_file(directory_.file("raw.key"), std::string(32, 'f'), 0600);
  EXPECT_EQ((*open_vault("hex.key"))->key_name(), (*open_vault("raw.key"))->key_name()) << "the same bytes";
  EXPECT_FALSE(Vault::open(directory_.path(), clock_, ids_).ok()) << "a directory";
  EXPECT_FALSE(Vault::open(directory_.file("absent/vault.key"), clock_, ids_).ok());
}

TEST_F(VaultTest, AKeyFileOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "NOT TESTED: only root can give a file to another user";
  write_file(directory_.file("foreign.key"), std::string(64, 'a'), 0600);
  ASSERT_EQ(chown(directory_.file("foreign.key").c_str(), 65534, 65534), 0);
  auto opened = open_vault("foreign.key");
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("another user"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::credentials
