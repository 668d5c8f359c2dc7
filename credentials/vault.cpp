#include "credentials/vault.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/files.hpp"
#include "core/log.hpp"

namespace spreaders::credentials {

namespace {

constexpr size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kHexBytes = 2 * kKeyBytes;
constexpr std::string_view kFormat = "v1.";  // of the ciphertext column: v1.<key name>.<Base64>
static_assert(kKeyBytes == 32);

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Error key_error(const std::string& path, const std::string& why) {
  return {Code::kNotConfigured, "the vault's key file " + path + " " + why};
}

struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

// Fails with EEXIST when another process made it first.
Result<bool> make_key_file(const std::string& path) {
  File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.descriptor < 0) {
    if (errno == EEXIST) return false;
    return key_error(path, std::string("cannot be made: ") + std::strerror(errno));
  }
  std::string key = secure_bytes(kKeyBytes);
  std::string text = hex(key) + "\n";
  bool written = ::write(file.descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                 fsync(file.descriptor) == 0;
  Secret::wipe(key);
  Secret::wipe(text);
  if (!written) {
    unlink(path.c_str());
    return key_error(path, "cannot be written");
  }
  // The name has to survive a power cut as well: secrets sealed with a lost key are lost.
  (void)sync_directory(std::filesystem::path(path).parent_path().string());
  return true;
}

// Fills `key` from the file.
Result<void> read_key_file(const std::string& path, unsigned char* key) {
  File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.descriptor < 0) return key_error(path, std::string("cannot be read: ") + std::strerror(errno));
  struct stat status {};
  if (fstat(file.descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return key_error(path, "is not a file");
  if (status.st_uid != geteuid()) return key_error(path, "belongs to another user than the one that runs Spreaders");
  if ((status.st_mode & 077) != 0)
    return key_error(path, "may be read or written by other users; run: chmod 600 " + path);
  std::string text(kHexBytes + 2, '\0');
  ssize_t size = ::read(file.descriptor, text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  bool fits = text.size() == kKeyBytes;
  if (fits) {
    std::memcpy(key, text.data(), kKeyBytes);
  } else if (text.size() == kHexBytes || (text.size() == kHexBytes + 1 && text.back() == '\n')) {
    size_t read = 0;
    fits = sodium_hex2bin(key, kKeyBytes, text.data(), kHexBytes, nullptr, &read, nullptr) == 0 && read == kKeyBytes;
  }
  Secret::wipe(text);
  if (!fits) return key_error(path, "holds no key: it has to be 32 bytes, or 64 hex digits");
  return {};
}

std::string keyed_hash(const unsigned char* key, std::string_view text) {
  std::string out(kKeyBytes, '\0');
  crypto_generichash(bytes(out), out.size(), bytes(text), text.size(), key, kKeyBytes);
  return out;
}

}  // namespace

struct Vault::Place {
  const std::string& workspace;
  const std::string& id;
  const std::string& purpose;
  int64_t version;
  // Each part with its length, so that no two places give the same text.
  [[nodiscard]] std::string text() const {
    std::string out = "spreaders secret 1";
    for (const auto& part : {workspace, id, purpose, std::to_string(version)})
      out += "|" + std::to_string(part.size()) + ":" + part;
    return out;
  }
};

struct Vault::Sealed {
  std::string nonce;
  std::string ciphertext;
};

Result<std::unique_ptr<Vault>> Vault::open(const std::string& key_file, Clock& clock, Ids& ids) {
  if (sodium_init() < 0) return Error{Code::kInternal, "libsodium could not start"};
  auto vault = std::unique_ptr<Vault>(new Vault(clock, ids));
  vault->key_ = static_cast<unsigned char*>(sodium_malloc(kKeyBytes));
  if (vault->key_ == nullptr) return Error{Code::kUnavailable, "there is no memory for the vault's key"};
  // sodium_malloc asks for locked memory too but does not tell whether it got any.
  if (sodium_mlock(vault->key_, kKeyBytes) != 0)
    log_warn("the vault's key may be written to swap space: memory could not be locked");
  struct stat status {};
  if (stat(key_file.c_str(), &status) != 0 && errno == ENOENT && TRY(make_key_file(key_file))) {
    log_info("made a new vault key; keep a copy of it apart from the database's", {{"file", key_file}});
  }
  TRY(read_key_file(key_file, vault->key_));
  vault->key_name_ = hex(keyed_hash(vault->key_, "spreaders vault key name")).substr(0, 8);
  sodium_mprotect_readonly(vault->key_);
  return vault;
}

Vault::~Vault() {
  if (key_ == nullptr) return;
  sodium_mprotect_readwrite(key_);
  sodium_munlock(key_, kKeyBytes);  // wipes
  sodium_free(key_);
}

Result<Vault::Sealed> Vault::seal(const Place& place, const Secret& secret) const {
  const std::string& plain = secret.reveal();
  if (plain.empty()) return invalid("a secret cannot be empty");
  if (plain.size() > kSecretBytesMax)
    return invalid("a secret has at most " + std::to_string(kSecretBytesMax) + " bytes");
  if (place.purpose.empty() || place.purpose.size() > kPurposeBytesMax)
    return Error{Code::kInternal, "a secret needs a purpose of 1 to 200 bytes"};
  std::string key = keyed_hash(key_, "workspace " + place.workspace);
  std::string nonce = secure_bytes(kNonceBytes);
  std::string sealed(plain.size() + kTagBytes, '\0');
  std::string aad = place.text();
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed), nullptr, bytes(plain), plain.size(), bytes(aad), aad.size(),
                                             nullptr, bytes(nonce), bytes(key));
  Secret::wipe(key);
  return Sealed{base64(nonce), std::string(kFormat) + key_name_ + "." + base64(sealed)};
}

Result<Secret> Vault::unseal(const Place& place, const Sealed& sealed) const {
  auto altered = [&] {
    return Error{Code::kReconnectNeeded,
                 "the stored secret " + place.id + " was altered or belongs to something else; enter it again"};
  };
  std::string_view text = sealed.ciphertext;
  if (!text.starts_with(kFormat)) return altered();
  text.remove_prefix(kFormat.size());
  size_t dot = text.find('.');
  if (dot == std::string_view::npos) return altered();
  auto nonce = base64_decode(sealed.nonce);
  auto cipher = base64_decode(text.substr(dot + 1));
  if (!nonce.ok() || nonce->size() != kNonceBytes || !cipher.ok() || cipher->size() <= kTagBytes) return altered();
  std::string key = keyed_hash(key_, "workspace " + place.workspace);
  size_t size = cipher->size() - kTagBytes;
  std::string plain;
  plain.reserve(std::max<size_t>(size, 64));  // on the heap whatever its size, so that moving it leaves no copy behind
  plain.resize(size);
  std::string aad = place.text();
  int failed =
      crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), nullptr, nullptr, bytes(*cipher), cipher->size(),
                                                 bytes(aad), aad.size(), bytes(*nonce), bytes(key));
  Secret::wipe(key);
  if (failed == 0) return Secret(std::move(plain));
  if (text.substr(0, dot) != key_name_) {
    return Error{Code::kNotConfigured, "the secret " + place.id +
                                           " was sealed with another key than that of the key file (" + key_name_ +
                                           "); put the right key file back or enter the secret again"};
  }
  return altered();
}

Result<std::string> Vault::store(storage::Tx& tx, const std::string& workspace, const std::string& purpose,
                                 const Secret& secret) const {
  std::string id = ids_.make("sec");
  auto sealed = TRY(seal({workspace, id, purpose, 1}, secret));
  TRY(
      tx.execute("INSERT INTO secret (workspace_id, id, purpose, version, nonce, ciphertext, created_at) VALUES ($1, "
                 "$2, $3, 1, $4, $5, $6)",
                 {workspace, id, purpose, sealed.nonce, sealed.ciphertext, clock_.now()}));
  return id;
}

Result<Secret> Vault::open(storage::Tx& tx, const std::string& workspace, const std::string& id,
                           const std::string& purpose) const {
  auto row = TRY(tx.query_one("SELECT version, nonce, ciphertext FROM secret WHERE workspace_id = $1 AND id = $2",
                              {workspace, id}));
  if (!row) return not_found("no secret has the id " + id);
  return unseal({workspace, id, purpose, (*row)[0].integer()}, {(*row)[1].text(), (*row)[2].text()});
}

Result<void> Vault::replace(storage::Tx& tx, const std::string& workspace, const std::string& id,
                            const Secret& secret) const {
  auto row =
      TRY(tx.query_one("SELECT version, purpose FROM secret WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  if (!row) return not_found("no secret has the id " + id);
  int64_t version = (*row)[0].integer();
  auto sealed = TRY(seal({workspace, id, (*row)[1].text(), version + 1}, secret));
  int64_t changed =
      TRY(tx.execute("UPDATE secret SET version = version + 1, nonce = $4, ciphertext = $5, created_at = $6 "
                     "WHERE workspace_id = $1 AND id = $2 AND version = $3",
                     {workspace, id, version, sealed.nonce, sealed.ciphertext, clock_.now()}));
  if (changed != 1) return Error{Code::kConflict, "the secret " + id + " was replaced by somebody else meanwhile"};
  return {};
}

Result<void> Vault::remove(storage::Tx& tx, const std::string& workspace, const std::string& id) const {
  int64_t removed = TRY(tx.execute("DELETE FROM secret WHERE workspace_id = $1 AND id = $2", {workspace, id}));
  if (removed == 0) return not_found("no secret has the id " + id);
  return {};
}

}  // namespace spreaders::credentials
