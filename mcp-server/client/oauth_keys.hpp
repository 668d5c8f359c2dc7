// An ES256 key that signs: DPoP proofs (RFC 9449) and client assertions (RFC 7523). OpenSSL stays in oauth_keys.cpp.
#pragma once

#include <memory>
#include <string>

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace spreaders::mcp {

class SigningKey {
 public:
  static Result<SigningKey> make();
  // PKCS 8; kInvalidArgument unless it holds a P-256 key.
  static Result<SigningKey> from_pem(const Secret& pem);
  // {"kty":"EC","crv":"P-256","x":...,"y":...}
  [[nodiscard]] Json public_jwk() const;
  // A compact JWT; `alg` is added to the header.
  [[nodiscard]] Result<std::string> sign(Json header, const Json& claims) const;

 private:
  struct Key;
  explicit SigningKey(std::shared_ptr<Key> key) : key_(std::move(key)) {}
  std::shared_ptr<Key> key_;  // shared by copies
};

}  // namespace spreaders::mcp
