// DKIM signatures (RFC 6376) with rsa-sha256 and ed25519-sha256 (RFC 8463), relaxed/relaxed canonicalisation.
//
//   auto signer = TRY(DkimSigner::create({.domain = "shop.example", .selector = "s1"}, private_key_pem));
//   std::string signed_message = TRY(signer.sign(message, clock.now())) + message;
//
// The key is parsed once; sign() is const and may be called from many threads. An RSA-2048 signature costs about
// 0.7 ms, Ed25519 0.05 ms. Signed are the fields a reader or a mailbox provider acts on, List-Unsubscribe and
// List-Unsubscribe-Post among them (RFC 8058 asks for it); From, To, Subject and Reply-To are listed once more than
// they occur, so that adding a second one breaks the signature.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"

namespace spreaders::email {

constexpr int kDkimRsaBitsMin = 1024;  // RFC 8301 section 3.2
constexpr int kDkimRsaBitsMax = 4096;
constexpr size_t kDkimKeyBytesMax = 16 * 1024;

struct DkimIdentity {
  std::string domain;    // d=; an internationalised domain is converted
  std::string selector;  // s=; the key record is at <selector>._domainkey.<domain>
};

class DkimSigner {
 public:
  // `private_key_pem` is PKCS#8 or PKCS#1, unencrypted, RSA or Ed25519. kInvalidArgument names what is wrong.
  static Result<DkimSigner> create(const DkimIdentity& identity, const Secret& private_key_pem);

  // The whole header field "DKIM-Signature: ...\r\n" to put before `message`, which has CRLF line ends.
  // kInvalidArgument when the message has no From or several, or a line end other than CRLF.
  [[nodiscard]] Result<std::string> sign(std::string_view message, Instant at) const;

  // The text of the DNS record a receiver looks the key up in: "v=DKIM1; k=rsa; p=...".
  [[nodiscard]] const std::string& dns_record() const;
  [[nodiscard]] std::string_view algorithm() const;  // "rsa-sha256" or "ed25519-sha256"

 private:
  struct Key;
  explicit DkimSigner(std::shared_ptr<const Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const Key> key_;  // shared by the copies of one signer, which sending threads hold
};

}  // namespace spreaders::email
