#include "integrations/email/dkim.hpp"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <vector>

#include "core/bytes.hpp"
#include "integrations/email/address.hpp"
#include "integrations/email/mime_encode.hpp"

namespace spreaders::email {

struct DkimSigner::Key {
  std::string domain, selector, dns_record;
  EVP_PKEY* pkey = nullptr;
  bool ed25519 = false;
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { EVP_PKEY_free(pkey); }
};

namespace {

struct Field {
  std::string name;       // lower case
  std::string_view body;  // after the colon, folds included, without the last CRLF
};

// RFC 6376 section 3.4.2: unfold, one space for each run of blanks, none at the ends.
void append_relaxed(std::string& out, std::string_view body) {
  bool blank = false, any = false;
  for (const char c : body) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      blank = true;
      continue;
    }
    if (blank && any) out += ' ';
    out += c;
    blank = false;
    any = true;
  }
}

// RFC 6376 section 3.4.4.
std::string relaxed_body(std::string_view body) {
  std::string out(body.size() + 2, '\0');
  char* to = out.data();
  const char* kept = to;  // the end of the last line that is not empty
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\r', at), body.size());
    const char* line_start = to;
    bool blank = false;
    for (size_t i = at; i < end; ++i) {
      const char c = body[i];
      if (c == ' ' || c == '\t') {
        blank = true;
        continue;
      }
      if (blank) *to++ = ' ';
      blank = false;
      *to++ = c;
    }
    const bool empty = to == line_start;
    *to++ = '\r';
    *to++ = '\n';
    if (!empty) kept = to;
    at = end + 2;
  }
  out.resize(static_cast<size_t>(kept - out.data()));
  return out;
}

Result<std::vector<Field>> split_fields(std::string_view head) {
  std::vector<Field> fields;
  for (size_t at = 0; at < head.size();) {
    size_t end = head.find("\r\n", at);
    while (end != std::string_view::npos && end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t')) {
      end = head.find("\r\n", end + 2);
    }
    if (end == std::string_view::npos) end = head.size();
    const std::string_view line = head.substr(at, end - at);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return invalid("The message has a header line without a name");
    fields.push_back({lower_ascii(trim(line.substr(0, colon))), line.substr(colon + 1)});
    at = end + 2;
  }
  return fields;
}

struct Listed {
  std::string_view name;
  bool oversigned;
};
constexpr std::array<Listed, 18> kSigned = {{{"from", true},
                                             {"to", true},
                                             {"reply-to", true},
                                             {"subject", true},
                                             {"cc", false},
                                             {"date", false},
                                             {"message-id", false},
                                             {"in-reply-to", false},
                                             {"references", false},
                                             {"mime-version", false},
                                             {"content-type", false},
                                             {"content-transfer-encoding", false},
                                             {"list-id", false},
                                             {"list-help", false},
                                             {"list-unsubscribe", false},
                                             {"list-unsubscribe-post", false},
                                             {"feedback-id", false},
                                             {"auto-submitted", false}}};

// The h= value, folded, and the canonical fields it stands for. Several fields of one name count from the bottom up.
std::string signed_fields(const std::vector<Field>& fields, std::string& canonical) {
  std::string list;
  size_t line = 0;
  auto add_name = [&](std::string_view name) {
    if (!list.empty()) list += ':';
    if (list.size() - line + name.size() > 60) {
      list += "\r\n  ";
      line = list.size();
    }
    list += name;
  };
  for (const auto& [name, oversigned] : kSigned) {
    size_t present = 0;
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      if (field->name != name) continue;
      canonical += name;
      canonical += ':';
      append_relaxed(canonical, field->body);
      canonical += "\r\n";
      add_name(name);
      ++present;
    }
    if (oversigned) add_name(name);
  }
  return list;
}

Result<std::string> signature(EVP_PKEY* pkey, bool ed25519, std::string_view data) {
  // RFC 8463 section 3: Ed25519 signs the SHA-256 hash, RSA hashes by itself.
  const std::string hash = ed25519 ? sha256(data) : std::string();
  const std::string_view input = ed25519 ? std::string_view(hash) : data;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(pkey));
  std::string out(size, '\0');
  const bool done =
      context && EVP_DigestSignInit(context.get(), nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr, pkey) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, input.size()) == 1;
  if (!done) {
    ERR_clear_error();
    return internal("The DKIM signature could not be made");
  }
  out.resize(size);
  return out;
}

std::string public_key_base64(EVP_PKEY* pkey, bool ed25519) {
  if (ed25519) {
    std::string raw(32, '\0');
    size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(pkey, reinterpret_cast<unsigned char*>(raw.data()), &size);
    return base64(raw);
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(pkey, &der);
  std::string out = size > 0 ? base64({reinterpret_cast<const char*>(der), static_cast<size_t>(size)}) : std::string();
  OPENSSL_free(der);
  return out;
}

// Never asks a terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Result<DkimSigner> DkimSigner::create(const DkimIdentity& identity, const Secret& private_key_pem) {
  auto key = std::make_shared<Key>();
  auto domain = ascii_domain(identity.domain);
  if (!domain.ok()) return Error{Code::kInvalidArgument, "The DKIM domain is wrong: " + domain.error().message};
  auto selector = ascii_domain(identity.selector);
  if (!selector.ok()) return Error{Code::kInvalidArgument, "The DKIM selector is not made of DNS labels"};
  key->domain = *domain;
  key->selector = *selector;
  const std::string& pem = private_key_pem.reveal();
  if (pem.empty() || pem.size() > kDkimKeyBytesMax) return invalid("The DKIM key is empty or longer than 16 KiB");
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  if (bio) key->pkey = PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr);
  ERR_clear_error();
  if (!key->pkey) return invalid("The DKIM key is not an unencrypted private key in PEM");
  key->ed25519 = EVP_PKEY_is_a(key->pkey, "ED25519") == 1;
  if (!key->ed25519 && EVP_PKEY_is_a(key->pkey, "RSA") != 1) return invalid("The DKIM key is neither RSA nor Ed25519");
  const int bits = EVP_PKEY_get_bits(key->pkey);
  if (!key->ed25519 && (bits < kDkimRsaBitsMin || bits > kDkimRsaBitsMax)) {
    return invalid("The DKIM key has " + std::to_string(bits) + " bits; RSA keys need 1024 to 4096, better 2048");
  }
  key->dns_record = std::string("v=DKIM1; k=") + (key->ed25519 ? "ed25519" : "rsa") +
                    "; p=" + public_key_base64(key->pkey, key->ed25519);
  return DkimSigner(std::move(key));
}

Result<std::string> DkimSigner::sign(std::string_view message, Instant at) const {
  if (has_bare_line_end(message)) return invalid("The message has a line end that is not CRLF, so it cannot be signed");
  const size_t split = message.find("\r\n\r\n");
  const std::string_view head = message.substr(0, split);
  const std::string_view body = split == std::string_view::npos ? "" : message.substr(split + 4);
  const auto fields = TRY(split_fields(head));
  const auto senders = std::count_if(fields.begin(), fields.end(), [](const Field& f) { return f.name == "from"; });
  if (senders != 1) return invalid("The message has " + std::to_string(senders) + " From fields instead of one");

  std::string to_sign;
  const std::string names = signed_fields(fields, to_sign);
  std::string header = "v=1; a=" + std::string(algorithm()) + "; c=relaxed/relaxed; d=" + key_->domain +
                       ";\r\n s=" + key_->selector + "; t=" + std::to_string(at.us / kSecond_us) + ";\r\n h=" + names +
                       ";\r\n bh=" + base64(sha256(relaxed_body(body))) + ";\r\n b=";
  to_sign += "dkim-signature:";
  append_relaxed(to_sign, header);
  const std::string value = base64(TRY(signature(key_->pkey, key_->ed25519, to_sign)));
  for (size_t i = 0; i < value.size(); i += 72) header += (i == 0 ? "" : "\r\n  ") + value.substr(i, 72);
  return "DKIM-Signature: " + header + "\r\n";
}

const std::string& DkimSigner::dns_record() const { return key_->dns_record; }
std::string_view DkimSigner::algorithm() const { return key_->ed25519 ? "ed25519-sha256" : "rsa-sha256"; }

}  // namespace spreaders::email
