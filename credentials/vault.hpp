// Keeps secrets in the database so that neither the database nor a copy of it gives them away: the key is in a file
// beside it.
//
//   auto vault = TRY(Vault::open(data_directory + "/vault.key", system_clock(), system_ids()));   // makes the file at
//   first std::string id = TRY(vault->store(tx, workspace, "connection:con_1", Secret(password)));      // sec_...
//   Secret password = TRY(vault->open(tx, workspace, id, "connection:con_1"));
//
// Sealed with XChaCha20-Poly1305-IETF under a key derived for the workspace (keyed BLAKE2b). Workspace, id, purpose and
// version are authenticated with it: a row that was changed, or put in the place of another, does not open.
//
// Errors: kNotFound, no such secret; kNotConfigured, the key file is missing a rule or is another one than the secret
// was sealed with; kReconnectNeeded, the stored secret was altered or has another purpose, so it has to be entered
// again. No message holds any part of a secret or key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::credentials {

constexpr size_t kSecretBytesMax = 64 * 1024;
constexpr size_t kPurposeBytesMax = 200;

class Vault {
 public:
  // Reads the key (32 bytes, or 64 hex digits and a line end) or makes it, for its owner only. Refuses a file that
  // others may read or write, that belongs to somebody else or that has another size.
  static Result<std::unique_ptr<Vault>> open(const std::string& key_file, Clock& clock, Ids& ids);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // The answer is the id of the secret. `purpose` says what it is for; open() must ask for the same.
  Result<std::string> store(storage::Tx& tx, const std::string& workspace, const std::string& purpose,
                            const Secret& secret) const;
  Result<Secret> open(storage::Tx& tx, const std::string& workspace, const std::string& id,
                      const std::string& purpose) const;
  // Puts another value in its place, under the next version.
  Result<void> replace(storage::Tx& tx, const std::string& workspace, const std::string& id,
                       const Secret& secret) const;
  Result<void> remove(storage::Tx& tx, const std::string& workspace, const std::string& id) const;

  // Names the key without telling anything about it; every sealed secret carries it.
  [[nodiscard]] const std::string& key_name() const { return key_name_; }
  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] Ids& ids() const { return ids_; }

 private:
  struct Place;   // where a secret belongs; what is authenticated with it
  struct Sealed;  // as stored

  Vault(Clock& clock, Ids& ids) : clock_(clock), ids_(ids) {}
  [[nodiscard]] Result<Sealed> seal(const Place& place, const Secret& secret) const;
  [[nodiscard]] Result<Secret> unseal(const Place& place, const Sealed& sealed) const;

  unsigned char* key_ = nullptr;  // guarded, locked memory of libsodium
  std::string key_name_;
  Clock& clock_;
  Ids& ids_;
};

}  // namespace spreaders::credentials
