// Line 3 of the security checklist, token by token, and where keys come from (docs/security-checklist.md).
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "mcp-server/auth/jwt_verifier.hpp"
#include "mcp-server/auth/protected_resource.hpp"
#include "mcp-server/auth/test_issuer.hpp"

namespace spreaders::mcp {
namespace {

using testing::key_set_text;
using testing::SigningKey;

constexpr const char* kIssuer = "https://login.example.org/tenant";
constexpr const char* kOurs = "https://mcp.example.org/mcp";
constexpr int64_t kNow_s = 1'800'000'000;

// Making RSA keys takes long; all tests use the same ones.
const SigningKey& rs256() {
  static const SigningKey key("RS256", "rsa-1");
  return key;
}
const SigningKey& es256() {
  static const SigningKey key("ES256", "ec-1");
  return key;
}

class FakeIssuer final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& request) override {
    requests.push_back(request);
    if (!reachable) return Error{Code::kUnavailable, "no route"};
    return HttpResponse{.status = status, .headers = {}, .body = body};
  }
  std::string body = key_set_text({&rs256(), &es256()});
  int status = 200;
  bool reachable = true;
  std::vector<HttpRequest> requests;
};

class JwtTest : public ::testing::Test {
 protected:
  static Json claims() {
    return {{"iss", kIssuer},
            {"aud", kOurs},
            {"exp", kNow_s + 300},
            {"iat", kNow_s - 10},
            {"sub", "ada"},
            {"client_id", "app"},
            {"scope", "campaigns:read campaigns:write"}};
  }
  static Json changed(const char* name, Json value) {
    Json made = claims();
    if (value.is_discarded()) made.erase(name);
    else made[name] = std::move(value);
    return made;
  }
  static Json without(const char* name) { return changed(name, Json(Json::value_t::discarded)); }

  JwtVerifier verifier(bool any_type = false) {
    return {{.issuer = kIssuer,
             .is_audience = [](std::string_view audience) { return audience == kOurs; },
             .any_type = any_type,
             .caller_of = [](const AccessToken& token) -> Result<Caller> {
               Caller caller{.may_step_up = true};
               caller.principal.id = token.subject;
               caller.principal.scopes = token.scopes;
               return caller;
             }},
            source,
            clock};
  }
  // What is said about a token that is refused; empty when it is accepted.
  std::string problem(const std::string& token, bool any_type = false) {
    auto caller = verifier(any_type).verify(token);
    if (caller.ok()) return {};
    EXPECT_EQ(caller.error().code, Code::kUnauthenticated) << caller.error().message;
    // Nothing of the token is repeated.
    for (size_t i = 0; i + 12 <= token.size(); i += 6)
      EXPECT_EQ(caller.error().message.find(token.substr(i, 12)), std::string::npos) << caller.error().message;
    return caller.error().message;
  }
  std::string problem_of_claims(const Json& given) { return problem(rs256().token(rs256().header(), given)); }
  std::string problem_of_header(const Json& header) { return problem(rs256().token(header, claims())); }

  VirtualClock clock{Instant{kNow_s * kSecond_us}};
  FakeIssuer issuer;
  KeySource source{{.url = "https://login.example.org/keys"}, issuer, clock};
};

TEST_F(JwtTest, AcceptsWhatTheIssuerSignedForUs) {
  auto caller = verifier().verify(rs256().token(rs256().header(), claims()));
  ASSERT_TRUE(caller.ok()) << caller.error().message;
  EXPECT_EQ(caller->principal.id, "ada");
  EXPECT_EQ(caller->principal.scopes, (std::vector<std::string>{"campaigns:read", "campaigns:write"}));
  EXPECT_EQ(problem(es256().token(es256().header(), claims())), "");
  EXPECT_EQ(problem_of_claims(changed("aud", Json::array({"https://other.example", kOurs}))), "");
  EXPECT_EQ(problem_of_claims(changed("scope", Json::array({"campaigns:read"}))), "");
  EXPECT_EQ(problem_of_claims(without("scope")), "");
  EXPECT_EQ(problem_of_claims(without("iat")), "");
  EXPECT_EQ(issuer.requests.size(), 1U) << "keys are kept";
  EXPECT_TRUE(issuer.requests[0].headers.size() == 1 && issuer.requests[0].secret_headers.empty());
}

TEST_F(JwtTest, EachAlgorithmOfTheListAndNoOther) {
  SigningKey pss("PS256", "pss");
  SigningKey ed("EdDSA", "ed");
  issuer.body = key_set_text({&pss, &ed});
  EXPECT_EQ(problem(pss.token(pss.header(), claims())), "");
  EXPECT_EQ(problem(ed.token(ed.header(), claims())), "");
  auto as = [&](const SigningKey& key, const char* algorithm) {
    Json header = key.header();
    header["alg"] = algorithm;
    return problem(key.token(header, claims()));
  };
  EXPECT_NE(as(pss, "RS256").find("signature"), std::string::npos);
  for (const char* algorithm : {"none", "None", "NONE", "", "HS256", "HS384", "RS384", "RS512", "ES384", "rs256"})
    EXPECT_NE(as(ed, algorithm).find("not signed with"), std::string::npos) << algorithm;
  EXPECT_NE(as(ed, "ES256").find("not known"), std::string::npos) << "a key of another kind";
  // A key that names its algorithm is for no other one.
  Json bound = rs256().jwk();
  bound["alg"] = "PS256";
  auto keys = KeySet::parse(to_text(Json{{"keys", Json::array({bound})}}));
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys->check(SigningAlgorithm::kRs256, "rsa-1", "x", rs256().sign("x")), KeySet::Match::kNoKey);
}

TEST_F(JwtTest, UnsignedAndSelfSignedTokensAreRefused) {
  Json none{{"typ", "at+jwt"}, {"alg", "none"}};
  std::string head = base64url(to_text(none)) + "." + base64url(to_text(claims())) + ".";
  EXPECT_NE(problem(head), "");
  EXPECT_NE(problem(head + base64url("x")), "");
  // HS256 with the public key as the secret.
  Json hmac = rs256().header();
  hmac["alg"] = "HS256";
  std::string text = base64url(to_text(hmac)) + "." + base64url(to_text(claims()));
  EXPECT_NE(problem(text + "." + base64url(hmac_sha256(rs256().public_der(), text))), "");
  // Somebody else's key: under our key id, under another one, brought along in the header.
  SigningKey evil("RS256", "rsa-1");
  EXPECT_NE(problem(evil.token(evil.header(), claims())).find("signature"), std::string::npos);
  Json header = evil.header();
  header["jwk"] = evil.jwk();
  header["jku"] = "https://evil.example/keys";
  header["x5u"] = "https://evil.example/cert";
  EXPECT_NE(problem(evil.token(header, claims())).find("signature"), std::string::npos);
  header["kid"] = "evil";
  EXPECT_NE(problem(evil.token(header, claims())).find("not known"), std::string::npos);
  header.erase("kid");
  EXPECT_NE(problem(evil.token(header, claims())).find("signature"), std::string::npos);
  for (const auto& request : issuer.requests) EXPECT_EQ(request.url, "https://login.example.org/keys");
}

TEST_F(JwtTest, OneFlippedBitAnywhereIsRefused) {
  std::string good = es256().token(es256().header(), claims());
  ASSERT_EQ(problem(good), "");
  for (size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    if (bad == good) continue;
    EXPECT_FALSE(verifier().verify(bad).ok()) << i;
  }
}

TEST_F(JwtTest, ForAnotherServerOrOfAnotherIssuer) {
  for (const char* audience : {"https://mcp.example.org", "https://mcp.example.org/", "https://mcp.example.org/mcpx",
                               "https://mcp.example.org/MCP", "https://mcp.example.org.evil.example/mcp", "", "*"})
    EXPECT_NE(problem_of_claims(changed("aud", audience)).find("aud"), std::string::npos) << audience;
  EXPECT_NE(problem_of_claims(changed("aud", Json::array())).find("aud"), std::string::npos);
  EXPECT_NE(problem_of_claims(changed("aud", {{"a", kOurs}})).find("aud"), std::string::npos);
  EXPECT_NE(problem_of_claims(changed("aud", Json::array({Json::array({kOurs})}))).find("aud"), std::string::npos);
  EXPECT_NE(problem_of_claims(without("aud")).find("aud"), std::string::npos);
  for (const char* who : {"https://login.example.org", "https://login.example.org/tenant/", "https://evil.example", ""})
    EXPECT_NE(problem_of_claims(changed("iss", who)).find("issuer"), std::string::npos) << who;
  EXPECT_NE(problem_of_claims(without("iss")).find("issuer"), std::string::npos);
}

TEST_F(JwtTest, TooEarlyTooLateOrWithoutAnEnd) {
  EXPECT_EQ(problem_of_claims(changed("exp", kNow_s - kLeeway_s + 1)), "");
  EXPECT_NE(problem_of_claims(changed("exp", kNow_s - kLeeway_s)).find("expired"), std::string::npos);
  EXPECT_NE(problem_of_claims(without("exp")).find("when it expires"), std::string::npos);
  for (Json value :
       {Json("1900000000"), Json(nullptr), Json(true), Json(-1), Json(1e300), Json::array({1}), Json(1e12)})
    EXPECT_NE(problem_of_claims(changed("exp", value)).find("no date"), std::string::npos) << value;
  EXPECT_EQ(problem_of_claims(changed("nbf", kNow_s + kLeeway_s)), "");
  EXPECT_NE(problem_of_claims(changed("nbf", kNow_s + kLeeway_s + 1)).find("not valid yet"), std::string::npos);
  EXPECT_NE(problem_of_claims(changed("iat", kNow_s + kLeeway_s + 1)).find("future"), std::string::npos);
  EXPECT_EQ(problem_of_claims(changed("exp", static_cast<double>(kNow_s) + 0.5)), "");
}

TEST_F(JwtTest, WhoIsCallingAndWhatTheyMay) {
  for (Json value : {Json(""), Json(7), Json(nullptr), Json("a\nb"), Json(std::string(256, 'x'))})
    EXPECT_NE(problem_of_claims(changed("sub", value)).find("sub"), std::string::npos) << value;
  EXPECT_NE(problem_of_claims(without("sub")).find("sub"), std::string::npos);
  for (Json value : {Json(7), Json("a\tb"), Json("a \"b\""), Json::array({7}), Json::array({"a b"}), Json::object()})
    EXPECT_NE(problem_of_claims(changed("scope", value)).find("scopes"), std::string::npos) << value;
}

TEST_F(JwtTest, KindsAndExtensionsOfTokens) {
  auto typed = [&](const Json& type) {
    Json header = rs256().header();
    header["typ"] = type;
    return header;
  };
  EXPECT_EQ(problem_of_header(typed("application/at+jwt")), "");
  EXPECT_EQ(problem_of_header(typed("AT+JWT")), "");
  for (Json type : {Json("JWT"), Json("id+jwt"), Json("at+jwt "), Json("")})
    EXPECT_NE(problem_of_header(typed(type)), "");
  EXPECT_NE(problem_of_header(typed(7)), "");
  Json none = rs256().header();
  none.erase("typ");
  EXPECT_NE(problem_of_header(none), "");
  EXPECT_EQ(problem(rs256().token(none, claims()), true), "");
  EXPECT_EQ(problem(rs256().token(typed("JWT"), claims()), true), "");
  EXPECT_NE(problem(rs256().token(typed("logout+jwt"), claims()), true), "");
  Json critical = rs256().header();
  critical["crit"] = Json::array({"b64"});
  critical["b64"] = false;
  EXPECT_NE(problem_of_header(critical).find("extension"), std::string::npos);
  critical["crit"] = Json::array();
  EXPECT_NE(problem_of_header(critical).find("extension"), std::string::npos);
}

TEST_F(JwtTest, GarbledAndOversizeTokens) {
  std::string good = rs256().token(rs256().header(), claims());
  size_t first = good.find('.');
  size_t second = good.rfind('.');
  std::string header = good.substr(0, first);
  std::string middle = good.substr(first, second - first);
  std::string signature = good.substr(second);
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), header + middle, good + ".",
        good + ".x", "." + good, header + middle + ".", header + middle + ".!!", header + ".." + signature.substr(1),
        "e30" + middle + signature, header + ".e30" + signature, header + "=" + middle + signature,
        std::string(kTokenBytes_max + 1, 'a'), header + "." + std::string(kTokenBytes_max, 'a') + signature,
        std::string("\0.\0.\0", 5), std::string("\xff\xfe.\xff.\xff")})
    EXPECT_NE(problem(bad), "") << bad.size();
  // Claims are read strictly: whoever reads the first of two and whoever reads the last must see the same.
  std::string twice = R"({"iss":"https://evil.example","iss":"https://login.example.org/tenant"})";
  std::string text = base64url(to_text(rs256().header())) + "." + base64url(twice);
  EXPECT_NE(problem(text + "." + base64url(rs256().sign(text))).find("JSON"), std::string::npos);
}

TEST_F(JwtTest, RsaAndCurveKeysThatAreNoneAreLeftOut) {
  SigningKey small("RS256", "small", 1024);
  Json off_curve = es256().jwk();
  off_curve["y"] = base64url(std::string(32, '\1'));
  Json encrypting = es256().jwk();
  encrypting["use"] = "enc";
  Json operations = es256().jwk();
  operations["key_ops"] = Json::array({"sign"});
  Json even = rs256().jwk();
  even["e"] = base64url("\2");
  Json shared{{"kty", "oct"}, {"kid", "h"}, {"k", base64url(std::string(32, 'k'))}};
  for (const Json& jwk : {small.jwk(), off_curve, encrypting, operations, even, shared, Json::object(), Json(7)}) {
    EXPECT_FALSE(KeySet::parse(to_text(Json{{"keys", Json::array({jwk})}})).ok()) << jwk;
    auto with_good = KeySet::parse(to_text(Json{{"keys", Json::array({jwk, es256().jwk()})}}));
    ASSERT_TRUE(with_good.ok());
    EXPECT_EQ(with_good->size(), 1U) << jwk;
  }
  Json many = Json::array();
  for (size_t i = 0; i <= kKeys_max; ++i) many.push_back(es256().jwk());
  EXPECT_FALSE(KeySet::parse(to_text(Json{{"keys", many}})).ok());
  EXPECT_FALSE(KeySet::parse("[]").ok());
  EXPECT_FALSE(KeySet::parse(R"({"keys":{}})").ok());
}

TEST_F(JwtTest, NewKeysAreFetchedButNotForEveryInventedKeyId) {
  SigningKey next("ES256", "ec-2");
  std::string token = next.token(next.header(), claims());
  EXPECT_NE(problem(token).find("not known"), std::string::npos);
  EXPECT_EQ(issuer.requests.size(), 1U) << "the keys were fetched just now";
  issuer.body = key_set_text({&es256(), &next});
  for (int i = 0; i < 100; ++i) problem(token);
  EXPECT_EQ(issuer.requests.size(), 1U);
  clock.move_to(clock.now() + 31 * kSecond_us);
  EXPECT_EQ(problem(token), "");
  EXPECT_EQ(issuer.requests.size(), 2U);
  EXPECT_EQ(problem(es256().token(es256().header(), claims())), "");
  EXPECT_NE(problem(rs256().token(rs256().header(), claims())), "") << "a key that was withdrawn";
}

TEST_F(JwtTest, WithdrawnKeysAreForgottenAndAnIssuerMayBeAway) {
  Json late = claims();
  late["exp"] = kNow_s + 10 * 3600;
  std::string token = rs256().token(rs256().header(), late);
  ASSERT_EQ(problem(token), "");
  issuer.reachable = false;
  clock.move_to(clock.now() + kHour_us);
  EXPECT_EQ(problem(token), "") << "the keys of before still hold";
  clock.move_to(clock.now() + 6 * kHour_us);
  auto caller = verifier().verify(token);
  ASSERT_FALSE(caller.ok());
  EXPECT_EQ(caller.error().code, Code::kUnavailable);
  EXPECT_GT(caller.error().retry_after_ms, 0);
  issuer.reachable = true;
  issuer.body = key_set_text({&es256()});
  clock.move_to(clock.now() + kMinute_us);
  EXPECT_NE(problem(token), "");
  // An answer that is no key set changes nothing.
  for (const char* body : {"", "<html>", "{}", R"({"keys":[]})"}) {
    issuer.body = body;
    clock.move_to(clock.now() + 11 * kMinute_us);
    Json later = claims();
    later["exp"] = clock.now().us / kSecond_us + 300;
    EXPECT_EQ(problem(es256().token(es256().header(), later)), "") << body;
  }
  issuer.status = 500;
  clock.move_to(clock.now() + kMinute_us);
  EXPECT_TRUE(source.keys().ok());
}

TEST_F(JwtTest, KeysFromAFile) {
  std::string path = ::testing::TempDir() + "spreaders-jwks." + std::to_string(getpid());
  std::ofstream(path) << key_set_text({&es256()});
  KeySource file({.file = path}, issuer, clock);
  auto keys = file.keys();
  ASSERT_TRUE(keys.ok()) << keys.error().detail;
  EXPECT_EQ((*keys)->size(), 1U);
  EXPECT_TRUE(issuer.requests.empty());
  ::unlink(path.c_str());
  KeySource none({.file = path}, issuer, clock);
  auto missing = none.keys();
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kUnavailable);
}

HttpServerRequest request_with(HttpHeaders headers, HttpHeaders query = {}) {
  HttpServerRequest request;
  request.query = std::move(query);
  request.headers = std::move(headers);
  return request;
}

TEST(BearerTokenTest, OnlyFromTheHeaderAndOnlyOnce) {
  auto of = [](const HttpServerRequest& request) {
    auto token = bearer_token(request);
    if (!token.ok()) return "refused: " + token.error().message;
    return *token ? **token : std::string("none");
  };
  EXPECT_EQ(of(request_with({})), "none");
  EXPECT_EQ(of(request_with({{"authorization", "Bearer abc.def-_~+/="}})), "abc.def-_~+/=");
  EXPECT_EQ(of(request_with({{"authorization", "bearer   abc"}})), "abc");
  for (const char* value : {"", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a,b", "abc", "Bearer \x01",
                            "Bearer \xc3\xa4", "BearerX abc"})
    EXPECT_TRUE(of(request_with({{"authorization", value}})).starts_with("refused")) << value;
  EXPECT_TRUE(
      of(request_with({{"authorization", "Bearer " + std::string(kTokenBytes_max + 1, 'a')}})).starts_with("refused"));
  EXPECT_TRUE(of(request_with({{"authorization", "Bearer a"}, {"authorization", "Bearer b"}})).starts_with("refused"));
  // In the address it is refused even beside a good header: RFC 6750 2.3 and the MCP specification forbid it.
  EXPECT_TRUE(of(request_with({}, {{"access_token", "abc"}})).starts_with("refused"));
  EXPECT_TRUE(of(request_with({{"authorization", "Bearer abc"}}, {{"access_token", ""}})).starts_with("refused"));
}

TEST(ProtectedResourceTest, TellsOfEachDoorUnderItsOwnAddress) {
  ProtectedResource resource{.base_url = "https://mcp.example.org",
                             .authorization_servers = {kIssuer},
                             .scopes = {"campaigns:read"},
                             .is_door = [](std::string_view path) { return path == "/mcp/compact" || path == "/sse"; }};
  EXPECT_EQ(resource.canonical(), kOurs);
  EXPECT_EQ(resource.metadata_url("/mcp"), "https://mcp.example.org/.well-known/oauth-protected-resource/mcp");
  EXPECT_EQ(resource.metadata_url("/rpc"), "https://mcp.example.org/.well-known/oauth-protected-resource/mcp");
  EXPECT_EQ(resource.metadata_url("/sse"), "https://mcp.example.org/.well-known/oauth-protected-resource/sse");
  auto document = [&](const std::string& rest) { return resource.metadata(std::string(kWellKnownResource) + rest); };
  Json expected{{"resource", kOurs},
                {"authorization_servers", {kIssuer}},
                {"scopes_supported", {"campaigns:read"}},
                {"bearer_methods_supported", {"header"}}};
  for (const char* rest : {"", "/", "/mcp"}) EXPECT_EQ(document(rest), expected) << rest;
  EXPECT_EQ((*document("/mcp/compact"))["resource"], "https://mcp.example.org/mcp/compact");
  for (const char* rest : {"/other", "/mcpx", "/mcp/other", "//evil.example"})
    EXPECT_FALSE(document(rest).has_value()) << rest;
  for (const char* uri : {kOurs, "https://mcp.example.org/mcp/", "https://mcp.example.org/mcp/compact"})
    EXPECT_TRUE(resource.is_ours(uri)) << uri;
  for (const char* uri :
       {"https://mcp.example.org", "https://mcp.example.org.evil.example/mcp", "http://mcp.example.org/mcp",
        "https://mcp.example.org/mcp//", "https://mcp.example.org/mcp/other", "/mcp", ""})
    EXPECT_FALSE(resource.is_ours(uri)) << uri;
}

TEST(ProtectedResourceTest, BelowAPathOfAProxy) {
  ProtectedResource resource{.base_url = "https://example.org/tools", .authorization_servers = {kIssuer}};
  EXPECT_EQ(resource.metadata_url("/mcp"), "https://example.org/.well-known/oauth-protected-resource/tools/mcp");
  for (const char* rest : {"/tools/mcp", "/mcp", ""})
    EXPECT_EQ((*resource.metadata(std::string(kWellKnownResource) + rest))["resource"],
              "https://example.org/tools/mcp");
  EXPECT_FALSE(resource.is_ours("https://example.org/mcp"));
}

TEST(ProtectedResourceTest, ChallengesCannotBeBrokenOutOf) {
  ProtectedResource resource{.base_url = "https://mcp.example.org", .authorization_servers = {kIssuer}};
  EXPECT_EQ(www_authenticate(nullptr, "/mcp", {}), "Bearer");
  EXPECT_EQ(www_authenticate(&resource, "/mcp", {.error = "insufficient_scope", .scopes = {"a:b", "c:d"}}),
            "Bearer resource_metadata=\"https://mcp.example.org/.well-known/oauth-protected-resource/mcp\", "
            "error=\"insufficient_scope\", scope=\"a:b c:d\"");
  EXPECT_EQ(www_authenticate(nullptr, "/mcp", {.error = "invalid_token", .description = "a\"b\r\nx: y\\"}),
            "Bearer error=\"invalid_token\", error_description=\"abx: y\"");
}

}  // namespace
}  // namespace spreaders::mcp
