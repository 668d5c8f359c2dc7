// Bearer tokens, from the header to the caller, and key sets, as any bytes. Whatever is accepted was signed by one of
// the issuer's keys, for us, and is valid now; a token that was changed anywhere is refused.
//   byte 0: what the rest is
#include <cstdint>
#include <fuzzer/FuzzedDataProvider.h>
#include <nlohmann/json.hpp>

#include "mcp-server/auth/jwt_verifier.hpp"
#include "mcp-server/auth/test_issuer.hpp"
#include "mcp-server/protocol/provider_fuzz.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;
using testing::SigningKey;

constexpr const char* kIssuer = "https://login.example.org";
constexpr const char* kOurs = "https://mcp.example.org/mcp";
constexpr int64_t kNow_s = 1'800'000'000;

const SigningKey& key(size_t index) {
  static const SigningKey keys[] = {{"EdDSA", "ed-1"}, {"ES256", "ec-1"}, {"RS256", "rsa-1"}};
  return keys[index % 3];
}

class Issuer final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest&) override {
    return HttpResponse{.status = 200, .headers = {}, .body = body};
  }
  std::string body = testing::key_set_text({&key(0), &key(1), &key(2)});
};

struct Verifying {
  VirtualClock clock{Instant{kNow_s * kSecond_us}};
  Issuer issuer;
  mcp::KeySource keys{{.url = "https://login.example.org/keys"}, issuer, clock};
  mcp::JwtVerifier verifier{{.issuer = kIssuer,
                             .is_audience = [](std::string_view audience) { return audience == kOurs; },
                             .caller_of = [](const mcp::AccessToken& token) -> Result<mcp::Caller> {
                               mcp::Caller caller;
                               caller.principal.id = token.subject;
                               return caller;
                             }},
                            keys,
                            clock};
};

Json good_claims() {
  return {{"iss", kIssuer}, {"aud", kOurs}, {"exp", kNow_s + 300}, {"sub", "ada"}, {"scope", "a:read b:write"}};
}

void check_accepted(const mcp::AccessToken& token) {
  const Json& claims = token.claims;
  demand(claims["iss"] == kIssuer && to_text(claims["aud"]).find(kOurs) != std::string::npos, "from them, for us");
  demand(claims["exp"].is_number() && claims["exp"].get<double>() + mcp::kLeeway_s > kNow_s, "it has not expired");
  demand(!token.subject.empty() && token.subject.size() <= mcp::kSubjectBytes_max && is_utf8(token.subject),
         "somebody");
  demand(token.scopes.size() <= mcp::kTokenScopes_max, "not too many scopes");
  for (const auto& scope : token.scopes)
    demand(!scope.empty() && scope.find_first_of(" \r\n\"\\") == std::string::npos, "a scope", scope);
}

void read_header(Verifying& with, std::string value) {
  HttpServerRequest request{.method = "POST",
                            .path = "/mcp",
                            .query = {},
                            .headers = {{"authorization", value}},
                            .body = {},
                            .remote_address = "127.0.0.1"};
  auto token = mcp::bearer_token(request);
  if (!token) return demand(token.error().code == Code::kUnauthenticated, "the kind of refusal");
  demand(token->has_value() && !(*token)->empty() && (*token)->size() <= mcp::kTokenBytes_max, "a token");
  auto caller = mcp::verify_bearer(**token, {&with.verifier});
  demand(!caller.ok(), "nobody signed this", value);
  demand(caller.error().code == Code::kUnauthenticated, "the kind of refusal");
}

void read_signed(Verifying& with, std::string_view text, bool header_too) {
  auto json = parse_json(text);
  if (!json || !json->is_object()) return;
  Json header = key(text.size()).header();
  Json claims = good_claims();
  (header_too ? header : claims).update(*json);
  auto token = with.verifier.read(key(text.size()).token(header, claims));
  if (token) check_accepted(*token);
}

void read_changed(Verifying& with, FuzzedDataProvider& input) {
  static const std::string whole[] = {key(0).token(key(0).header(), good_claims()),
                                      key(1).token(key(1).header(), good_claims())};
  const std::string& good = whole[input.ConsumeIntegralInRange(0, 1)];
  demand(with.verifier.read(good).ok(), "a good token is accepted", good);
  std::string token = good;
  for (int edits = input.ConsumeIntegralInRange(1, 4); edits > 0; --edits) {
    size_t at = input.ConsumeIntegralInRange<size_t>(0, token.size());
    if (input.ConsumeBool()) token.insert(at, input.ConsumeRandomLengthString(8));
    else if (at < token.size()) token[at] = input.ConsumeIntegral<char>();
  }
  if (token != good) demand(!with.verifier.read(token).ok(), "a changed token was accepted", token);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static Verifying with;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      read_header(with, std::string(text));
      break;
    case 1:
      read_signed(with, text, false);
      break;
    case 2:
      read_signed(with, text, true);
      break;
    case 3: {
      FuzzedDataProvider input(data + 1, size - 1);
      read_changed(with, input);
      break;
    }
    default: {
      auto keys = mcp::KeySet::parse(text);
      if (!keys) break;
      demand(keys->size() > 0 && keys->size() <= mcp::kKeys_max, "a set has keys");
      for (auto algorithm : {mcp::SigningAlgorithm::kRs256, mcp::SigningAlgorithm::kPs256,
                             mcp::SigningAlgorithm::kEs256, mcp::SigningAlgorithm::kEdDsa})
        demand(keys->check(algorithm, "", "text", text.substr(0, 64)) != mcp::KeySet::Match::kGood,
               "nobody signed this", text);
    }
  }
  return 0;
}
