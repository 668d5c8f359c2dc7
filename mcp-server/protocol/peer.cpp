#include "mcp-server/protocol/peer.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace spreaders::mcp {

ClientState Peer::client() const {
  std::lock_guard lock(mutex_);
  return client_;
}

void Peer::set_client(ClientState client) {
  std::lock_guard lock(mutex_);
  client_ = std::move(client);
}

void Peer::set_log_level(Severity level) {
  std::lock_guard lock(mutex_);
  client_.log_level = level;
}

bool Peer::begin(const Id& id, const std::stop_source& stop) {
  std::lock_guard lock(mutex_);
  if (closed_ || running_.size() >= kRunningPerPeer_max) return false;
  return running_.emplace(id, stop).second;
}

void Peer::end(const Id& id) {
  std::lock_guard lock(mutex_);
  running_.erase(id);
}

bool Peer::cancel(const Id& id) {
  std::stop_source stop(std::nostopstate);
  {
    std::lock_guard lock(mutex_);
    auto found = running_.find(id);
    if (found == running_.end()) return false;
    stop = found->second;
  }
  return stop.request_stop();
}

std::optional<Id> Peer::ask(std::shared_ptr<Round> round, std::string key) {
  std::lock_guard lock(mutex_);
  if (closed_ || asked_.size() >= kAskedPerPeer_max) return std::nullopt;
  Id id{"ask-" + std::to_string(next_ask_++)};
  asked_.emplace(id, Asked{std::move(round), std::move(key)});
  return id;
}

bool Peer::settle(Message response) {
  Asked asked;
  {
    std::lock_guard lock(mutex_);
    auto found = asked_.find(*response.id);
    if (found == asked_.end()) return false;
    asked = std::move(found->second);
    asked_.erase(found);
  }
  auto& round = *asked.round;
  std::unique_lock lock(round.mutex);
  if (!response.error.is_null()) {
    if (round.failure.is_null()) round.failure = std::move(response.error);
  } else {
    round.responses[asked.key] = std::move(response.result);
  }
  if (--round.missing > 0) return true;
  auto done = std::move(round.done);
  Json responses = std::move(round.responses);
  Json failure = std::move(round.failure);
  lock.unlock();
  if (done) done(std::move(responses), std::move(failure));
  return true;
}

void Peer::set_standing(OutletPtr outlet) {
  std::lock_guard lock(mutex_);
  standing_.swap(outlet);
}

bool Peer::push(std::string_view message_text) {
  OutletPtr outlet;
  {
    std::lock_guard lock(mutex_);
    outlet = standing_;
  }
  return outlet && outlet->send(message_text);
}

bool Peer::subscribe(const std::string& uri) {
  std::lock_guard lock(mutex_);
  if (subscriptions_.size() >= kSubscriptionsPerPeer_max && !subscriptions_.contains(uri)) return false;
  subscriptions_.insert(uri);
  return true;
}

void Peer::unsubscribe(const std::string& uri) {
  std::lock_guard lock(mutex_);
  subscriptions_.erase(uri);
}

bool Peer::subscribed(const std::string& uri) const {
  std::lock_guard lock(mutex_);
  return subscriptions_.contains(uri);
}

std::set<std::string> Peer::subscriptions() const {
  std::lock_guard lock(mutex_);
  return subscriptions_;
}

void Peer::close() {
  std::map<Id, std::stop_source> running;
  std::map<Id, Asked> asked;
  OutletPtr standing;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    running.swap(running_);
    asked.swap(asked_);
    standing.swap(standing_);
    subscriptions_.clear();
  }
  for (auto& [id, stop] : running) stop.request_stop();
}

}  // namespace spreaders::mcp
