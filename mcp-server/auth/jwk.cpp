#include "mcp-server/auth/jwk.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <optional>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kP256Bytes = 32;  // one coordinate, and half of a signature
constexpr size_t kEd25519Bytes = 32;
constexpr size_t kExponentBytes_max = 8;
constexpr size_t kKeyIdBytes_max = 512;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using KeyPtr = Owned<EVP_PKEY>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Owned<BIGNUM> number_of(std::string_view big_endian) {
  return Owned<BIGNUM>(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

KeyPtr key_from(const char* type, OSSL_PARAM_BLD* builder) {
  Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  bool fine = params && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  KeyPtr key(made);
  return fine ? std::move(key) : nullptr;
}

std::string text_member(const Json& jwk, const char* name) {
  auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Empty when the member is missing or no base64url.
std::string bytes_member(const Json& jwk, const char* name) {
  return base64url_decode(text_member(jwk, name)).value_or("");
}

KeyPtr rsa_key(const Json& jwk) {
  std::string modulus = bytes_member(jwk, "n");
  std::string exponent = bytes_member(jwk, "e");
  if (modulus.empty() || exponent.empty() || exponent.size() > kExponentBytes_max) return nullptr;
  auto n = number_of(modulus);
  auto e = number_of(exponent);
  if (!n || !e || BN_num_bits(n.get()) < kRsaBits_min || BN_num_bits(n.get()) > kRsaBits_max) return nullptr;
  if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || !BN_is_odd(n.get())) return nullptr;
  Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  bool fine = builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
  return fine ? key_from("RSA", builder.get()) : nullptr;
}

KeyPtr p256_key(const Json& jwk) {
  std::string x = bytes_member(jwk, "x");
  std::string y = bytes_member(jwk, "y");
  if (text_member(jwk, "crv") != "P-256" || x.size() != kP256Bytes || y.size() != kP256Bytes) return nullptr;
  std::string point = "\x04" + x + y;
  Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  bool fine = builder &&
              OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1;
  return fine ? key_from("EC", builder.get()) : nullptr;  // a point that is not on the curve is refused here
}

KeyPtr ed25519_key(const Json& jwk) {
  std::string x = bytes_member(jwk, "x");
  if (text_member(jwk, "crv") != "Ed25519" || x.size() != kEd25519Bytes) return nullptr;
  return KeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size()));
}

// JOSE writes r and s one after the other, OpenSSL wants DER.
std::string der_signature(std::string_view both) {
  if (both.size() != 2 * kP256Bytes) return {};
  Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
  auto r = number_of(both.substr(0, kP256Bytes));
  auto s = number_of(both.substr(kP256Bytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // the signature owns them now
  (void)s.release();
  int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

bool verify(EVP_PKEY* key, SigningAlgorithm algorithm, std::string_view signed_text, std::string_view signature) {
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // owned by `context`
  const EVP_MD* digest = algorithm == SigningAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  if (!context || EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr, key) != 1) return false;
  if (algorithm == SigningAlgorithm::kPs256 &&
      (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  std::string der;
  if (algorithm == SigningAlgorithm::kEs256) {
    der = der_signature(signature);
    signature = der;
  }
  return !signature.empty() && EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                                bytes_of(signed_text), signed_text.size()) == 1;
}

bool is_for_verifying(const Json& jwk) {
  std::string use = text_member(jwk, "use");
  if (!use.empty() && use != "sig") return false;
  auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  return operations->is_array() &&
         std::any_of(operations->begin(), operations->end(), [](const Json& one) { return one == "verify"; });
}

}  // namespace

struct KeySet::Key {
  std::string id;
  std::vector<SigningAlgorithm> algorithms;
  KeyPtr key;
};

Result<KeySet> KeySet::parse(std::string_view text) {
  auto json = TRY(parse_json(text, {.bytes_max = kKeySetBytes_max, .depth_max = 16}));
  auto keys = json.is_object() ? json.find("keys") : json.end();
  if (!json.is_object() || keys == json.end() || !keys->is_array()) return invalid("it is no JWK set: keys is missing");
  if (keys->size() > kKeys_max) return invalid("it has more than " + std::to_string(kKeys_max) + " keys");
  KeySet set;
  for (const auto& jwk : *keys) {
    if (!jwk.is_object() || !is_for_verifying(jwk)) continue;
    auto key = std::make_shared<Key>();
    key->id = text_member(jwk, "kid");
    if (key->id.size() > kKeyIdBytes_max) continue;
    std::string type = text_member(jwk, "kty");
    if (type == "RSA") {
      key->algorithms = {SigningAlgorithm::kRs256, SigningAlgorithm::kPs256};
      key->key = rsa_key(jwk);
    } else if (type == "EC") {
      key->algorithms = {SigningAlgorithm::kEs256};
      key->key = p256_key(jwk);
    } else if (type == "OKP") {
      key->algorithms = {SigningAlgorithm::kEdDsa};
      key->key = ed25519_key(jwk);
    }
    if (auto named = text_member(jwk, "alg"); !named.empty()) {
      auto only = enum_from<SigningAlgorithm>(named);
      std::erase_if(key->algorithms, [&](SigningAlgorithm each) { return each != only; });
    }
    if (key->key && !key->algorithms.empty()) set.keys_.push_back(std::move(key));
  }
  if (set.keys_.empty()) return invalid("it has no key for RS256, PS256, ES256 or EdDSA");
  return set;
}

KeySet::Match KeySet::check(SigningAlgorithm algorithm, std::string_view kid, std::string_view signed_text,
                            std::string_view signature) const {
  Match match = Match::kNoKey;
  for (const auto& key : keys_) {
    if (!kid.empty() && key->id != kid) continue;
    if (std::find(key->algorithms.begin(), key->algorithms.end(), algorithm) == key->algorithms.end()) continue;
    if (verify(key->key.get(), algorithm, signed_text, signature)) return Match::kGood;
    match = Match::kBad;
  }
  return match;
}

}  // namespace spreaders::mcp
