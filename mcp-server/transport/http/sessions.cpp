#include "mcp-server/transport/http/sessions.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "mcp-server/protocol/sealed.hpp"

namespace spreaders::mcp {

namespace {
constexpr size_t kNonceBytes = 16;
constexpr size_t kCapabilitiesBytes_max = 2048;  // what a session id may carry

// Only what the server acts upon travels in the id.
Json known_capabilities(const Json& all) {
  Json known = Json::object();
  for (const char* name : {"elicitation", "sampling", "roots"}) {
    if (all.is_object() && all.contains(name) && all[name].is_object()) known[name] = all[name];
  }
  if (to_text(known).size() > kCapabilitiesBytes_max) {
    for (auto& [name, value] : known.items()) value = Json::object();
  }
  return known;
}
}  // namespace

HttpSessionPtr SessionTable::create(const ClientState& client, const Principal& principal) {
  SessionSeal seal{.revision = client.revision,
                   .principal = principal_key(principal),
                   .capabilities = known_capabilities(client.capabilities),
                   .created_s = server_.clock().now().us / kSecond_us,
                   .nonce = base64url(secure_bytes(kNonceBytes))};
  std::string id = seal_session(server_.signing_key(), seal);
  std::lock_guard lock(mutex_);
  return insert_locked(id, principal, client, seal.created_s);
}

HttpSessionPtr SessionTable::insert_locked(const std::string& id, const Principal& principal, ClientState client,
                                           int64_t created_s) {
  bool prime = client.revision >= kLegacyNewest;
  auto session = std::make_shared<HttpSession>(id, principal, std::move(client), prime, created_s);
  used_.push_front(id);
  sessions_[id] = {session, used_.begin()};
  server_.attach(session->peer);
  struct Standing final : Outlet {
    explicit Standing(EventStreamPtr stream_) : stream(std::move(stream_)) {}
    bool send(std::string_view text) override { return stream->send(text); }
    void finish(std::string, int) override {}
    EventStreamPtr stream;
  };
  session->peer->set_standing(std::make_shared<Standing>(session->streams.standing()));
  while (sessions_.size() > limits_.sessions_max) {
    auto oldest = sessions_.find(used_.back());
    oldest->second.session->peer->close();
    oldest->second.session->streams.end_all();
    sessions_.erase(oldest);
    used_.pop_back();
  }
  return session;
}

HttpSessionPtr SessionTable::find(const std::string& id, const Principal& principal) {
  int64_t now_s = server_.clock().now().us / kSecond_us;
  {
    std::lock_guard lock(mutex_);
    auto found = sessions_.find(id);
    if (found != sessions_.end()) {
      const auto& session = found->second.session;
      bool valid = session->created_s + limits_.session_age_s_max >= now_s &&
                   principal_key(session->peer->principal()) == principal_key(principal);
      if (!valid) return nullptr;
      used_.splice(used_.begin(), used_, found->second.used);
      return session;
    }
    if (deleted_.contains(id)) return nullptr;
  }
  auto seal = unseal_session(server_.signing_key(), id);
  if (!seal || seal->created_s + limits_.session_age_s_max < now_s || seal->principal != principal_key(principal) ||
      !is_legacy_revision(seal->revision)) {
    return nullptr;
  }
  std::lock_guard lock(mutex_);
  // Another request with the same id may have been faster.
  if (deleted_.contains(id)) return nullptr;
  if (auto found = sessions_.find(id); found != sessions_.end()) return found->second.session;
  ClientState client{.era = Era::kLegacy,
                     .revision = seal->revision,
                     .capabilities = seal->capabilities,
                     .info = nullptr,
                     .log_level = Severity::kInfo};
  return insert_locked(id, principal, std::move(client), seal->created_s);
}

bool SessionTable::remove(const std::string& id, const Principal& principal) {
  auto session = find(id, principal);
  if (!session) return false;
  session->peer->close();
  session->streams.end_all();
  int64_t now_s = server_.clock().now().us / kSecond_us;
  std::lock_guard lock(mutex_);
  if (auto found = sessions_.find(id); found != sessions_.end()) {
    used_.erase(found->second.used);
    sessions_.erase(found);
  }
  if (deleted_.size() >= limits_.deleted_max) {
    std::erase_if(deleted_, [&](const auto& each) { return each.second < now_s; });
    if (deleted_.size() >= limits_.deleted_max) deleted_.erase(deleted_.begin());
  }
  deleted_[id] = now_s + limits_.session_age_s_max;
  return true;
}

void SessionTable::end_all() {
  std::lock_guard lock(mutex_);
  for (auto& [id, entry] : sessions_) {
    entry.session->peer->close();
    entry.session->streams.end_all();
  }
  sessions_.clear();
  used_.clear();
}

size_t SessionTable::size() {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace spreaders::mcp
