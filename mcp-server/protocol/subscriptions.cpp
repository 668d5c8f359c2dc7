#include "mcp-server/protocol/subscriptions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spreaders::mcp {

namespace {

constexpr size_t kUrisPerListener_max = 1000;

Json marked(const Listener& listener, Json params) {
  params["_meta"][std::string(kMetaSubscription)] = jsonrpc::to_json(listener.id);
  return params;
}

}  // namespace

std::variant<ListenFilter, RpcError> read_filter(const Json& params, const Listenable& able, Json& honoured) {
  auto notifications = params.find("notifications");
  if (notifications == params.end() || !notifications->is_object()) {
    return invalid_params("params.notifications must be an object");
  }
  ListenFilter filter;
  honoured = Json::object();
  auto flag = [&](const char* name, bool possible, Change change) {
    auto found = notifications->find(name);
    if (found == notifications->end() || *found != true || !possible) return;
    filter.changes.insert(change);
    honoured[name] = true;
  };
  flag("toolsListChanged", able.tools, Change::kTools);
  flag("promptsListChanged", able.prompts, Change::kPrompts);
  flag("resourcesListChanged", able.resources, Change::kResources);
  if (auto uris = notifications->find("resourceSubscriptions"); uris != notifications->end()) {
    if (!uris->is_array() || uris->size() > kUrisPerListener_max) {
      return invalid_params("params.notifications.resourceSubscriptions must be an array of at most " +
                            std::to_string(kUrisPerListener_max) + " URIs");
    }
    Json heard = Json::array();
    for (const auto& uri : *uris) {
      if (!uri.is_string()) return invalid_params("params.notifications.resourceSubscriptions must hold URIs");
      auto text = uri.get<std::string>();
      if (filter.resources.contains(text) || !able.resources || !able.watch(text)) continue;
      filter.resources.insert(std::move(text));
      heard.push_back(uri);
    }
    if (able.resources) honoured["resourceSubscriptions"] = std::move(heard);
  }
  return filter;
}

bool Subscriptions::add(Listener listener) {
  std::lock_guard lock(mutex_);
  if (listeners_.size() >= listeners_max_) {
    std::erase_if(listeners_, [](const auto& each) { return each->stop.stop_requested(); });
  }
  if (listeners_.size() >= listeners_max_) return false;
  listeners_.push_back(std::make_shared<Listener>(std::move(listener)));
  return true;
}

void Subscriptions::remove(const Peer* peer, const Id& id) {
  std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const auto& each) { return each->peer == peer && each->id == id; });
}

void Subscriptions::changed(Change change, const std::string& workspace) {
  std::string_view method = change == Change::kTools     ? "notifications/tools/list_changed"
                            : change == Change::kPrompts ? "notifications/prompts/list_changed"
                                                         : "notifications/resources/list_changed";
  publish(method, Json::object(), workspace,
          [change](const ListenFilter& filter) { return filter.changes.contains(change); });
}

void Subscriptions::resource_updated(const std::string& uri, const std::string& workspace) {
  publish("notifications/resources/updated", {{"uri", uri}}, workspace,
          [&](const ListenFilter& filter) { return filter.resources.contains(uri); });
}

void Subscriptions::for_each(const std::function<void(const Listener&)>& visit) const {
  std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_) {
    if (!listener->stop.stop_requested()) visit(*listener);
  }
}

void Subscriptions::publish(std::string_view method, const Json& params, const std::string& workspace,
                            const std::function<bool(const ListenFilter&)>& wanted) {
  std::vector<std::shared_ptr<Listener>> listeners;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [](const auto& each) { return each->stop.stop_requested(); });
    listeners = listeners_;
  }
  std::vector<const Listener*> gone;
  for (const auto& listener : listeners) {
    if ((!workspace.empty() && listener->workspace != workspace) || !wanted(listener->filter)) continue;
    if (!listener->outlet->send(to_text(jsonrpc::notification(method, marked(*listener, params))))) {
      gone.push_back(listener.get());
    }
  }
  if (gone.empty()) return;
  std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const auto& each) { return std::ranges::find(gone, each.get()) != gone.end(); });
}

void Subscriptions::close() {
  std::vector<std::shared_ptr<Listener>> listeners;
  {
    std::lock_guard lock(mutex_);
    listeners.swap(listeners_);
  }
  for (const auto& listener : listeners) {
    Json result = marked(*listener, {{"resultType", "complete"}});
    listener->outlet->finish(jsonrpc::result_text(listener->id, to_text(result)), 200);
  }
}

size_t Subscriptions::size() const {
  std::lock_guard lock(mutex_);
  return listeners_.size();
}

}  // namespace spreaders::mcp
