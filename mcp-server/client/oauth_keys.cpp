#include "mcp-server/client/oauth_keys.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kCoordinate_bytes = 32;  // of P-256

Error openssl_failed() { return internal("A key could not be used.", "OpenSSL"); }

// JOSE wants the two numbers of a signature side by side, OpenSSL gives them as DER (RFC 7518 3.4).
Result<std::string> raw_signature(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parsed(
      d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), &ECDSA_SIG_free);
  if (!parsed) return openssl_failed();
  std::array<unsigned char, 2 * kCoordinate_bytes> raw{};
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), raw.data(), kCoordinate_bytes) == kCoordinate_bytes &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), raw.data() + kCoordinate_bytes, kCoordinate_bytes) ==
                        kCoordinate_bytes;
  if (!fits) return openssl_failed();
  return std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
}

}  // namespace

struct SigningKey::Key {
  EVP_PKEY* pkey = nullptr;
  std::string x, y;
  explicit Key(EVP_PKEY* the_pkey) : pkey(the_pkey) {}
  ~Key() { EVP_PKEY_free(pkey); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  // Is it a P-256 key? Its public point is read on the way.
  bool read_point() {
    std::array<char, 64> group{};
    size_t length = 0;
    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &length) != 1) {
      return false;
    }
    if (std::string_view(group.data(), length) != "prime256v1") return false;
    std::array<BIGNUM*, 2> numbers{};
    const bool read = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &numbers[0]) == 1 &&
                      EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &numbers[1]) == 1;
    std::array<std::string*, 2> texts{&x, &y};
    for (size_t i = 0; i < numbers.size(); ++i) {
      std::array<unsigned char, kCoordinate_bytes> bytes{};
      if (read && BN_bn2binpad(numbers[i], bytes.data(), kCoordinate_bytes) == kCoordinate_bytes) {
        *texts[i] = base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      }
      BN_free(numbers[i]);
    }
    return !x.empty() && !y.empty();
  }
};

Result<SigningKey> SigningKey::make() {
  EVP_PKEY* pkey = EVP_EC_gen("P-256");
  if (pkey == nullptr) return openssl_failed();
  auto key = std::make_shared<Key>(pkey);
  if (!key->read_point()) return openssl_failed();
  return SigningKey(std::move(key));
}

Result<SigningKey> SigningKey::from_pem(const Secret& pem) {
  const auto& text = pem.reveal();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                      &BIO_free);
  // No callback and no password: an encrypted key is refused and nothing is asked on a terminal.
  EVP_PKEY* pkey = bio ? PEM_read_bio_PrivateKey(
                             bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr)
                       : nullptr;
  if (pkey == nullptr) return invalid("The private key is no readable PEM.");
  auto key = std::make_shared<Key>(pkey);
  if (!key->read_point()) return invalid("The private key is not for ES256 (P-256).");
  return SigningKey(std::move(key));
}

Json SigningKey::public_jwk() const { return {{"kty", "EC"}, {"crv", "P-256"}, {"x", key_->x}, {"y", key_->y}}; }

Result<std::string> SigningKey::sign(Json header, const Json& claims) const {
  header["alg"] = "ES256";
  const std::string text = base64url(to_text(header)) + "." + base64url(to_text(claims));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->pkey) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return openssl_failed();
  }
  std::string der(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes, text.size()) != 1) {
    return openssl_failed();
  }
  der.resize(size);
  const std::string raw = TRY(raw_signature(der));
  return text + "." + base64url(raw);
}

}  // namespace spreaders::mcp
