// An authorization server's side for tests: keys made on the spot, and tokens signed with them as they should be or as
// an attacker would.
#pragma once

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string>

#include "core/bytes.hpp"
#include "core/json.hpp"

namespace spreaders::testing {

class SigningKey {
 public:
  // "RS256", "PS256", "ES256", "EdDSA".
  SigningKey(std::string algorithm, std::string id, unsigned rsa_bits = 2048)
      : algorithm_(std::move(algorithm)), id_(std::move(id)) {
    if (algorithm_ == "ES256") key_ = EVP_EC_gen("P-256");
    else if (algorithm_ == "EdDSA") key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    else key_ = EVP_RSA_gen(rsa_bits);
    CHECK(key_ != nullptr, "OpenSSL makes keys");
  }
  ~SigningKey() { EVP_PKEY_free(key_); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  // As an entry of a JWK set.
  [[nodiscard]] Json jwk() const {
    Json jwk{{"kid", id_}, {"use", "sig"}};
    if (algorithm_ == "ES256") {
      jwk.update({{"kty", "EC"}, {"crv", "P-256"}});
      jwk["x"] = base64url(number(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      jwk["y"] = base64url(number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    } else if (algorithm_ == "EdDSA") {
      unsigned char raw[32];
      size_t size = sizeof raw;
      CHECK(EVP_PKEY_get_raw_public_key(key_, raw, &size) == 1, "an Ed25519 key is 32 bytes");
      jwk.update({{"kty", "OKP"}, {"crv", "Ed25519"}});
      jwk["x"] = base64url(std::string_view(reinterpret_cast<char*>(raw), size));
    } else {
      jwk["kty"] = "RSA";
      jwk["n"] = base64url(number(OSSL_PKEY_PARAM_RSA_N, 0));
      jwk["e"] = base64url(number(OSSL_PKEY_PARAM_RSA_E, 0));
    }
    return jwk;
  }
  // The public key as PEM, which attackers take for the secret of an HMAC.
  [[nodiscard]] std::string public_der() const {
    unsigned char* der = nullptr;
    int size = i2d_PUBKEY(key_, &der);
    std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
    return text;
  }
  [[nodiscard]] std::string sign(std::string_view text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    EVP_DigestSignInit(context, &parameters, algorithm_ == "EdDSA" ? nullptr : EVP_sha256(), nullptr, key_);
    if (algorithm_ == "PS256") {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    size_t size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context, nullptr, &size, data, text.size());
    std::string signature(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    CHECK(EVP_DigestSign(context, out, &size, data, text.size()) == 1, "the key signs");
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return algorithm_ == "ES256" ? both_numbers(signature) : signature;
  }
  // Header and claims as given, signed with this key whatever the header says.
  [[nodiscard]] std::string token(const Json& header, const Json& claims) const {
    std::string text = base64url(to_text(header)) + "." + base64url(to_text(claims));
    return text + "." + base64url(sign(text));
  }
  [[nodiscard]] Json header() const { return {{"typ", "at+jwt"}, {"alg", algorithm_}, {"kid", id_}}; }

 private:
  [[nodiscard]] std::string number(const char* name, size_t size) const {
    BIGNUM* value = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key_, name, &value) == 1, "the key has this number");
    std::string bytes(size != 0 ? size : static_cast<size_t>(BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(value);
    return bytes;
  }
  static std::string both_numbers(const std::string& der) {
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
    std::string both(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(both.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
    ECDSA_SIG_free(signature);
    return both;
  }

  std::string algorithm_;
  std::string id_;
  EVP_PKEY* key_ = nullptr;
};

inline std::string key_set_text(std::initializer_list<const SigningKey*> keys) {
  Json all = Json::array();
  for (const auto* key : keys) all.push_back(key->jwk());
  return to_text(Json{{"keys", std::move(all)}});
}

}  // namespace spreaders::testing
