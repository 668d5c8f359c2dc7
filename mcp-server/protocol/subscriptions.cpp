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

Subscriptions::~Subscriptions() {
  take([](const EntryPtr&) { return true; });
}

std::vector<Subscriptions::EntryPtr> Subscriptions::take(const std::function<bool(const EntryPtr&)>& which) {
  std::lock_guard lock(mutex_);
  auto taken = std::stable_partition(entries_.begin(), entries_.end(), [&](const auto& each) { return !which(each); });
  std::vector<EntryPtr> all(std::make_move_iterator(taken), std::make_move_iterator(entries_.end()));
  entries_.erase(taken, entries_.end());
  return all;
}

bool Subscriptions::add(Listener listener) {
  auto entry = std::make_shared<Entry>(std::move(listener));
  {
    std::lock_guard lock(mutex_);
    if (entries_.size() >= listeners_max_) return false;
    entries_.push_back(entry);
  }
  // Runs here and now when it was requested before.
  entry->on_stop.emplace(entry->listener.stop,
                         [this, gone = entry.get()] { take([&](const auto& each) { return each.get() == gone; }); });
  return true;
}

void Subscriptions::remove(const Peer* peer, const Id& id) {
  take([&](const auto& each) { return each->listener.peer == peer && each->listener.id == id; });
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
  for (const auto& each : entries_) {
    if (!each->listener.stop.stop_requested()) visit(each->listener);
  }
}

void Subscriptions::publish(std::string_view method, const Json& params, const std::string& workspace,
                            const std::function<bool(const ListenFilter&)>& wanted) {
  std::vector<EntryPtr> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  for (const auto& each : entries) {
    const Listener& listener = each->listener;
    if ((!workspace.empty() && listener.workspace != workspace) || !wanted(listener.filter)) continue;
    if (listener.outlet->send(to_text(jsonrpc::notification(method, marked(listener, params))))) continue;
    take([&](const auto& other) { return other == each; });
  }
}

void Subscriptions::close() {
  for (const auto& each : take([](const EntryPtr&) { return true; })) {
    Json result = marked(each->listener, {{"resultType", "complete"}});
    each->listener.outlet->finish(jsonrpc::result_text(each->listener.id, to_text(result)), 200);
  }
}

size_t Subscriptions::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace spreaders::mcp
