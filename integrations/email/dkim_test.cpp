#include "integrations/email/dkim.hpp"

#include <gtest/gtest.h>
#include <map>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/wait.h>
#include <thread>

#include "core/bytes.hpp"
#include "integrations/email/golden_test.hpp"
#include "integrations/email/mime.hpp"

namespace spreaders::email {
namespace {

// A second reading of RFC 6376 that shares no code with the signer: slow, line by line, straight from the text.
namespace verifier {

std::string squeeze(const std::string& text) {  // WSP runs to one space
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') out += c;
    else if (out.empty() || out.back() != ' ') out += ' ';
  }
  return out;
}

std::string strip(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find("\r\n", at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

std::string relaxed_header(const std::string& raw) {
  std::string unfolded;
  for (const auto& line : lines_of(raw)) unfolded += line;
  const size_t colon = unfolded.find(':');
  return strip(squeeze(lower_ascii(unfolded.substr(0, colon)))) + ":" + strip(squeeze(unfolded.substr(colon + 1)));
}

std::string relaxed_body(const std::string& body) {
  auto lines = lines_of(body);
  for (auto& line : lines) {
    line = squeeze(line);
    if (!line.empty() && line.back() == ' ') line.pop_back();
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string out;
  for (const auto& line : lines) out += line + "\r\n";
  return out;
}

std::map<std::string, std::string> tags_of(const std::string& text) {
  std::map<std::string, std::string> tags;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(';', at), text.size());
    const std::string tag = text.substr(at, end - at);
    const size_t equals = tag.find('=');
    std::string value;
    for (const char c : tag.substr(std::min(equals + 1, tag.size()))) {
      if (!isspace(static_cast<unsigned char>(c))) value += c;
    }
    if (equals != std::string::npos) tags[std::string(trim(tag.substr(0, equals)))] = value;
    at = end + 1;
  }
  return tags;
}

bool check_signature(const std::string& record, const std::string& data, const std::string& signature) {
  auto tags = tags_of(record);
  const std::string key = *base64_decode(tags["p"]);
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  const bool ed25519 = tags["k"] == "ed25519";
  EVP_PKEY* pkey = ed25519 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes, key.size())
                           : d2i_PUBKEY(nullptr, &bytes, static_cast<long>(key.size()));
  if (!pkey) return false;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr, pkey);
  const std::string input = ed25519 ? sha256(data) : data;
  const int good = EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                                    reinterpret_cast<const unsigned char*>(input.data()), input.size());
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
  return good == 1;
}

// Verifies the `index`th DKIM-Signature of the message against that key record.
bool verify(const std::string& message, const std::string& record, size_t index = 0) {
  const size_t split = message.find("\r\n\r\n");
  std::vector<std::string> fields;
  for (const auto& line : lines_of(message.substr(0, split + 2))) {
    if (line.empty()) continue;
    if (line[0] == ' ' || line[0] == '\t') fields.back() += "\r\n" + line;
    else fields.push_back(line);
  }
  std::string signature_field;
  for (const auto& raw : fields) {
    if (lower_ascii(raw).starts_with("dkim-signature:") && index-- == 0) {
      signature_field = raw;
      break;
    }
  }
  auto tags = tags_of(signature_field.substr(signature_field.find(':') + 1));
  if (tags["bh"] != base64(sha256(relaxed_body(message.substr(split + 4))))) return false;
  std::string data;
  std::map<std::string, size_t> taken;
  const std::string& names = tags["h"] + ":";
  for (size_t at = 0; at < names.size();) {
    const std::string name = lower_ascii(names.substr(at, names.find(':', at) - at));
    at = names.find(':', at) + 1;
    size_t skip = taken[name]++;
    for (auto raw = fields.rbegin(); raw != fields.rend(); ++raw) {
      const std::string canonical = relaxed_header(*raw);
      if (!canonical.starts_with(name + ":") || skip-- > 0) continue;
      data += canonical + "\r\n";
      break;
    }
  }
  std::string own = relaxed_header(signature_field);
  const size_t b = own.rfind("; b=");
  data += own.substr(0, b + 4);
  const auto signature = base64_decode(tags["b"]);
  return signature.ok() && check_signature(record, data, *signature);
}

}  // namespace verifier

// RFC 8463 appendix A.3: one message with both signatures; A.2: the key records.
constexpr const char* kRfc8463Message =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n"
    "\r\n";
constexpr const char* kRfc8463Ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
constexpr const char* kRfc8463Rsa =
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
    "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
    "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
    "Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

Secret pem_of(EVP_PKEY* pkey) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, pkey, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  Secret secret(std::string(data, static_cast<size_t>(size)));
  BIO_free(bio);
  EVP_PKEY_free(pkey);
  return secret;
}
Secret rsa_key(unsigned bits) { return pem_of(EVP_RSA_gen(bits)); }
Secret ed25519_key() { return pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::string campaign_message() {
  return *build_mime({.from_name = "Café",
                      .from_email = "news@shop.example",
                      .to_name = "Ada",
                      .to_email = "ada@reader.example",
                      .reply_to = "",
                      .subject = "Größe  und   Leerraum, lang genug zum Falten, noch ein wenig länger als eine Zeile",
                      .html = "<p>Grüße  \t aus   Köln</p>\n\n\n",
                      .text = "Two  blanks, a tab\tand trailing blanks   \n\n\n",
                      .message_id = "m1@shop.example",
                      .date = {1'795'232'546 * kSecond_us},
                      .headers = {{"List-Unsubscribe", "<https://shop.example/u/abc>, <mailto:u@shop.example>"},
                                  {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}},
                      .envelope_from = ""});
}
constexpr Instant kNow{1'795'232'546 * kSecond_us};

TEST(DkimVerifierOfTheTest, AcceptsTheRfc8463ExampleAndNoOther) {
  const std::string message = kRfc8463Message;
  EXPECT_TRUE(verifier::verify(message, kRfc8463Ed25519, 0));
  EXPECT_TRUE(verifier::verify(message, kRfc8463Rsa, 1));
  std::string changed = message;
  changed.replace(changed.find("hungry"), 6, "thirst");
  EXPECT_FALSE(verifier::verify(changed, kRfc8463Ed25519, 0));
  changed = message;
  changed.replace(changed.find("dinner"), 6, "supper");
  EXPECT_FALSE(verifier::verify(changed, kRfc8463Rsa, 1));
}

class DkimSigns : public testing::TestWithParam<bool> {};

TEST_P(DkimSigns, WhatTheVerifierAccepts) {
  const auto signer = DkimSigner::create({"shop.example", "s1"}, GetParam() ? ed25519_key() : rsa_key(2048));
  ASSERT_TRUE(signer.ok()) << signer.error().text();
  EXPECT_EQ(signer->algorithm(), GetParam() ? "ed25519-sha256" : "rsa-sha256");
  const std::string message = campaign_message();
  const auto header = signer->sign(message, kNow);
  ASSERT_TRUE(header.ok()) << header.error().text();
  EXPECT_TRUE(header->starts_with("DKIM-Signature: v=1; a="));
  EXPECT_TRUE(header->ends_with("\r\n"));
  EXPECT_EQ(verifier::tags_of(header->substr(15))["h"],
            "from:from:to:to:reply-to:subject:subject:date:message-id:mime-version:content-type:list-unsubscribe:"
            "list-unsubscribe-post");
  const std::string whole = *header + message;
  EXPECT_TRUE(verifier::verify(whole, signer->dns_record())) << *header;

  const std::pair<const char*, const char*> changes[] = {{"List-Unsubscribe=One-Click", "List-Unsubscribe=Two-Click"},
                                                         {"/u/abc>", "/u/abd>"},
                                                         {"From: ", "From: evil@x.example\r\nFrom: "},
                                                         {"Date: Sat", "Date: Sun"},
                                                         {"MIME-Version: 1.0", "MIME-Version: 1.1"},
                                                         {"aus ", "von "}};
  for (const auto& [from, to] : changes) {
    std::string changed = whole;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), std::string(from).size(), to);
    EXPECT_FALSE(verifier::verify(changed, signer->dns_record())) << from;
  }
  // Relaxed: blanks and empty lines at the end may change on the way.
  EXPECT_TRUE(verifier::verify(whole + "\r\n\r\n", signer->dns_record()));
}

TEST_P(DkimSigns, OddBodiesAndHeaders) {
  const auto signer = DkimSigner::create({"shop.example", "s1"}, GetParam() ? ed25519_key() : rsa_key(1024));
  const std::string head =
      "FROM :  A  <a@b.example>\r\nsubject:\r\n folded\r\n\t twice \r\nReceived: x\r\nTo: b@c.example\r\n\r\n";
  for (const std::string& body :
       {std::string(), std::string("\r\n\r\n"), std::string("no end"), std::string(" \t \r\n"),
        std::string("a  b \r\n \r\n\r\n  c\t\td  \r\n\r\n"), std::string(" leading\r\n")}) {
    const std::string message = head + body;
    const auto header = signer->sign(message, kNow);
    ASSERT_TRUE(header.ok());
    EXPECT_TRUE(verifier::verify(*header + message, signer->dns_record())) << body;
  }
}

TEST_P(DkimSigns, WhatPythonDkimAccepts) {
  const auto python_has_dkim = [](const std::string& python) {
    return std::system((python + " -c 'import dkim, nacl' >/dev/null 2>&1").c_str()) == 0;
  };
  std::string python;
  for (const char* candidate : {"python3", "/usr/bin/python3"}) {
    if (python.empty() && python_has_dkim(candidate)) python = candidate;
  }
  if (python.empty()) GTEST_SKIP() << "python3-dkim and python3-nacl are not installed: no second opinion on DKIM";
  const auto signer = DkimSigner::create({"shop.example", "s1"}, GetParam() ? ed25519_key() : rsa_key(2048));
  const std::string message = campaign_message();
  const auto directory = std::filesystem::path(testing::TempDir()) / ("dkim_" + std::string(signer->algorithm()));
  const std::string signed_message = *signer->sign(message, kNow) + message;
  std::string changed = signed_message;
  changed.replace(changed.find("aus "), 4, "von ");
  write_whole(directory / "good.eml", signed_message);
  write_whole(directory / "changed.eml", changed);
  write_whole(directory / "record.txt", signer->dns_record());
  const std::string script =
      " -c 'import dkim, sys; d = sys.argv[1]; r = open(d + \"/record.txt\", \"rb\").read()\n"
      "ask = lambda name, **k: r if name == b\"s1._domainkey.shop.example.\" else None\n"
      "good = dkim.verify(open(d + \"/good.eml\", \"rb\").read(), dnsfunc=ask)\n"
      "bad = dkim.verify(open(d + \"/changed.eml\", \"rb\").read(), dnsfunc=ask)\n"
      "sys.exit(0 if good and not bad else 7)' ";
  EXPECT_EQ(std::system((python + script + "'" + directory.string() + "'").c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, DkimSigns, testing::Bool(),
                         [](const auto& algorithm) { return algorithm.param ? "Ed25519" : "Rsa"; });

TEST(Dkim, OneSignerServesManyThreads) {
  const auto signer = DkimSigner::create({"shop.example", "s1"}, rsa_key(2048));
  const std::string message = campaign_message();
  const std::string expected = *signer->sign(message, kNow);
  std::vector<std::thread> threads;
  std::atomic<int> different = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, copy = *signer] {
      for (int i = 0; i < 50; ++i) different += *copy.sign(message, kNow) != expected;  // PKCS#1 v1.5 is deterministic
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(different, 0);
}

TEST(Dkim, RefusesBadKeysAndNamesNoSecret) {
  const Secret good = ed25519_key();
  for (const Secret& key :
       {Secret(), Secret("hello"), Secret(good.reveal().substr(0, 60)), rsa_key(512),
        pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")),
        Secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")}) {
    const auto signer = DkimSigner::create({"shop.example", "s1"}, key);
    ASSERT_FALSE(signer.ok());
    EXPECT_EQ(signer.error().code, Code::kInvalidArgument);
    EXPECT_NE(signer.error().message.find("DKIM key"), std::string::npos) << signer.error().message;
  }
  EXPECT_FALSE(DkimSigner::create({"shop .example", "s1"}, good).ok());
  EXPECT_FALSE(DkimSigner::create({"shop.example", "s1; d=x"}, good).ok());
  const auto idn = DkimSigner::create({"müller.example", "s1"}, good);
  EXPECT_NE(idn->sign("From: a@b.example\r\n\r\n", kNow)->find("d=xn--mller-kva.example;"), std::string::npos);
}

TEST(Dkim, RefusesMessagesThatCannotVerify) {
  const auto signer = DkimSigner::create({"shop.example", "s1"}, ed25519_key());
  for (const char* message :
       {"From: a@b.example\n\nbody\n", "From: a@b.example\r\n\r\nbare\rreturn\r\n",
        "To: a@b.example\r\n\r\nno From\r\n", "From: a@b\r\nFrom: c@d\r\n\r\n", "From: a@b\r\nnot a header\r\n\r\n"}) {
    const auto result = signer->sign(message, kNow);
    ASSERT_FALSE(result.ok()) << message;
    EXPECT_EQ(result.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace spreaders::email
