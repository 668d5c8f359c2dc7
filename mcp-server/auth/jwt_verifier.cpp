#include "mcp-server/auth/jwt_verifier.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kKeyIdBytes_max = 512;
constexpr double kSeconds_max = 1e11;  // beyond it a date is no date (year 5138)

Error refused(std::string message) { return Error{Code::kUnauthenticated, std::move(message)}; }

Result<Json> json_part(std::string_view part, const char* what) {
  auto text = base64url_decode(part);
  if (!text.ok()) return refused(std::string("the ") + what + " of the token is no base64url");
  auto json = parse_json(*text, {.bytes_max = kTokenBytes_max, .depth_max = 16});
  if (!json.ok() || !json->is_object()) return refused(std::string("the ") + what + " of the token is no JSON object");
  return std::move(*json);
}

std::string text_member(const Json& object, std::string_view name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Seconds since 1970 (NumericDate). nullopt: not there. An error: there, but no date.
Result<std::optional<double>> date_member(const Json& claims, const char* name) {
  auto found = claims.find(name);
  if (found == claims.end()) return std::optional<double>();
  double seconds = found->is_number() ? found->get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kSeconds_max)) return refused(std::string("the claim ") + name + " is no date");
  return std::optional<double>(seconds);
}

Result<void> check_type(const Json& header, bool any_type) {
  auto found = header.find("typ");
  if (found == header.end()) {
    if (any_type) return {};
    return refused("the token does not say that it is an access token (typ at+jwt)");
  }
  if (!found->is_string()) return refused("the typ of the token is no text");
  std::string type = lower_ascii(found->get<std::string>());
  if (type.starts_with("application/")) type = type.substr(12);
  if (type == "at+jwt" || (any_type && type == "jwt")) return {};
  return refused("this is no access token (typ at+jwt)");
}

// RFC 6749 3.3: words of visible characters.
bool is_scope(std::string_view word) {
  return !word.empty() &&
         std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

Result<std::vector<std::string>> scopes_of(const Json& claims, const std::string& name) {
  std::vector<std::string> scopes;
  auto found = claims.find(name);
  if (found == claims.end()) return scopes;
  if (found->is_array()) {
    for (const auto& one : *found) {
      if (!one.is_string()) return refused("the scopes of the token are no texts");
      scopes.push_back(one.get<std::string>());
    }
  } else if (found->is_string()) {
    std::string_view rest = found->get_ref<const std::string&>();
    while (!rest.empty()) {
      size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) scopes.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  } else {
    return refused("the scopes of the token are no text");
  }
  if (scopes.size() > kTokenScopes_max || !std::all_of(scopes.begin(), scopes.end(), is_scope))
    return refused("the scopes of the token are malformed");
  return scopes;
}

bool names_audience(const Json& claims, const std::function<bool(std::string_view)>& is_audience) {
  auto found = claims.find("aud");
  if (found == claims.end()) return false;
  auto fits = [&](const Json& one) { return one.is_string() && is_audience(one.get_ref<const std::string&>()); };
  return found->is_array() ? std::any_of(found->begin(), found->end(), fits) : fits(*found);
}

bool is_subject(const std::string& subject) {
  return !subject.empty() && subject.size() <= kSubjectBytes_max && is_utf8(subject) &&
         std::none_of(subject.begin(), subject.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

}  // namespace

JwtVerifier::JwtVerifier(JwtVerifierOptions options, KeySource& keys, Clock& clock)
    : options_(std::move(options)), keys_(keys), clock_(clock) {
  CHECK(!options_.issuer.empty() && options_.is_audience, "tokens are checked for who made them and for whom");
}

bool JwtVerifier::recognises(std::string_view token) const { return std::count(token.begin(), token.end(), '.') == 2; }

Result<void> JwtVerifier::check_signature(std::string_view signed_text, const Json& header,
                                          std::string_view signature) {
  auto algorithm = enum_from<SigningAlgorithm>(text_member(header, "alg"));
  if (!algorithm) return refused("the token is not signed with RS256, PS256, ES256 or EdDSA");
  std::string kid = text_member(header, "kid");
  if (header.contains("kid") && (kid.empty() || kid.size() > kKeyIdBytes_max))
    return refused("the token names no key that could be");
  auto keys = TRY(keys_.keys());
  auto match = keys->check(*algorithm, kid, signed_text, signature);
  if (match == KeySet::Match::kNoKey) {
    auto newer = TRY(keys_.newer_than(keys));
    if (newer != keys) match = newer->check(*algorithm, kid, signed_text, signature);
  }
  if (match == KeySet::Match::kNoKey) return refused("the token is signed with a key that is not known");
  if (match == KeySet::Match::kBad) return refused("the signature of the token is wrong");
  return {};
}

Result<AccessToken> JwtVerifier::check_claims(Json claims) {
  if (text_member(claims, "iss") != options_.issuer) return refused("the token comes from another issuer");
  if (!names_audience(claims, options_.is_audience)) return refused("the token is for another server (aud)");
  double now_s = static_cast<double>(clock_.now().us) / static_cast<double>(kSecond_us);
  auto expires = TRY(date_member(claims, "exp"));
  auto starts = TRY(date_member(claims, "nbf"));
  auto issued = TRY(date_member(claims, "iat"));
  if (!expires) return refused("the token does not say when it expires");
  if (*expires + kLeeway_s <= now_s) return refused("the token has expired");
  if (starts && *starts - kLeeway_s > now_s) return refused("the token is not valid yet");
  if (issued && *issued - kLeeway_s > now_s) return refused("the token was issued in the future");
  AccessToken token;
  token.subject = text_member(claims, "sub");
  token.client_id = text_member(claims, "client_id");
  if (!is_subject(token.subject)) return refused("the token does not say who is calling (sub)");
  token.scopes = TRY(scopes_of(claims, options_.scope_claim));
  token.claims = std::move(claims);
  return token;
}

Result<AccessToken> JwtVerifier::read(const std::string& token) {
  std::string_view text = token;
  if (text.size() > kTokenBytes_max) return refused("the token is too long");
  size_t first = text.find('.');
  size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
    return refused("the token has not the three parts of a signed JWT");
  auto header = TRY(json_part(text.substr(0, first), "header"));
  TRY(check_type(header, options_.any_type));
  // RFC 7515 4.1.11: extensions that are not understood must be refused, and none is understood here.
  if (header.contains("crit")) return refused("the token needs an extension that is not known here");
  auto signature = base64url_decode(text.substr(second + 1));
  if (!signature.ok()) return refused("the signature of the token is no base64url");
  TRY(check_signature(text.substr(0, second), header, *signature));
  auto claims = TRY(json_part(text.substr(first + 1, second - first - 1), "content"));
  return check_claims(std::move(claims));
}

Result<Caller> JwtVerifier::verify(const std::string& token) {
  auto access = TRY(read(token));
  return options_.caller_of(access);
}

}  // namespace spreaders::mcp
