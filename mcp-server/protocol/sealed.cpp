#include "mcp-server/protocol/sealed.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

std::string signature(std::string_view key, std::string_view purpose, std::string_view payload) {
  std::string signed_text(purpose);
  signed_text.append("\n").append(payload);
  return base64url(hmac_sha256(key, signed_text));
}

std::string text_at(const Json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t number_at(const Json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

std::string seal(std::string_view key, std::string_view purpose, const Json& payload) {
  std::string text = base64url(to_text(payload));
  std::string mac = signature(key, purpose, text);
  return text + "." + mac;
}

std::optional<Json> unseal(std::string_view key, std::string_view purpose, std::string_view text) {
  size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || text.size() > kSealedBytes_max) return std::nullopt;
  std::string_view payload = text.substr(0, dot);
  if (!constant_time_equal(signature(key, purpose, payload), text.substr(dot + 1))) return std::nullopt;
  auto decoded = base64url_decode(payload);
  if (!decoded) return std::nullopt;
  auto json = parse_json(*decoded);
  if (!json || !json->is_object()) return std::nullopt;
  return std::move(*json);
}

std::string seal_state(std::string_view key, std::string_view state, const StateBinding& binding, Instant expires) {
  return seal(key, "state", {{"e", expires.us}, {"p", binding.principal}, {"d", binding.request_digest}, {"s", state}});
}

std::optional<std::string> unseal_state(std::string_view key, std::string_view text, const StateBinding& binding,
                                        Instant now) {
  auto payload = unseal(key, "state", text);
  if (!payload || number_at(*payload, "e") <= now.us || text_at(*payload, "p") != binding.principal ||
      text_at(*payload, "d") != binding.request_digest) {
    return std::nullopt;
  }
  return text_at(*payload, "s");
}

std::string seal_session(std::string_view key, const SessionSeal& session) {
  return seal(key, "session",
              {{"r", session.revision},
               {"p", session.principal},
               {"c", session.capabilities},
               {"t", session.created_s},
               {"n", session.nonce}});
}

std::optional<SessionSeal> unseal_session(std::string_view key, std::string_view id) {
  auto payload = unseal(key, "session", id);
  if (!payload || !payload->contains("c")) return std::nullopt;
  return SessionSeal{.revision = text_at(*payload, "r"),
                     .principal = text_at(*payload, "p"),
                     .capabilities = (*payload)["c"],
                     .created_s = number_at(*payload, "t"),
                     .nonce = text_at(*payload, "n")};
}

}  // namespace spreaders::mcp
