// Public keys of an authorization server (a JWK set, RFC 7517) and the check of one signature with them. OpenSSL stays
// in jwk.cpp.
//
//   auto keys = TRY(KeySet::parse(text));
//   if (keys.check(SigningAlgorithm::kEs256, "key-1", header_and_claims, signature) == KeySet::Match::kGood) ...
//
// The key decides what it may be used for, never the token: RSA keys verify RS256 and PS256, P-256 keys ES256, Ed25519
// keys EdDSA, and a key that names its `alg` only that one. Symmetric keys, keys for encryption and kinds that are not
// known are left out, so a public key can never be taken for a shared secret.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"
#include "core/result.hpp"

namespace spreaders::mcp {

constexpr size_t kKeySetBytes_max = 256 * 1024;
constexpr size_t kKeys_max = 100;
constexpr int kRsaBits_min = 2048;  // RFC 7518 3.3
constexpr int kRsaBits_max = 8192;  // a longer one would cost too much time for each token

// RFC 7518 3.1, RFC 8037 3.1. Nothing else is accepted.
enum class SigningAlgorithm : uint8_t { kRs256, kPs256, kEs256, kEdDsa };
SPR_ENUM(SigningAlgorithm, {SigningAlgorithm::kRs256, "RS256"}, {SigningAlgorithm::kPs256, "PS256"},
         {SigningAlgorithm::kEs256, "ES256"}, {SigningAlgorithm::kEdDsa, "EdDSA"});

class KeySet {
 public:
  // kInvalidArgument: no JWK set, or none of its keys can be used here.
  static Result<KeySet> parse(std::string_view text);

  enum class Match : uint8_t { kGood, kBad, kNoKey };
  // `kid` empty: every key that fits the algorithm is tried.
  [[nodiscard]] Match check(SigningAlgorithm algorithm, std::string_view kid, std::string_view signed_text,
                            std::string_view signature) const;
  [[nodiscard]] size_t size() const { return keys_.size(); }

 private:
  struct Key;
  std::vector<std::shared_ptr<const Key>> keys_;  // shared by copies of the set
};

}  // namespace spreaders::mcp
