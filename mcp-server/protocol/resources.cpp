// Resources, and who is told that they change.
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "mcp-server/protocol/call.hpp"

namespace spreaders::mcp {

// --- what the port does by itself ----------------------------------------------------------------------------------

Json ResourceProvider::empty_list() { return Json::array(); }

std::variant<ResourcePage, RpcError> ResourceProvider::list_page(std::string_view cursor, size_t page_size,
                                                                 const CallContext& context) {
  Json all = list(context.principal);
  size_t from = 0;
  if (!cursor.empty()) {
    auto [stop, problem] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), from);
    if (problem != std::errc() || stop != cursor.data() + cursor.size() || from == 0 || from >= all.size()) {
      return bad_cursor();
    }
  }
  ResourcePage page{.entries = Json::array()};
  size_t to = std::min(all.size(), from + page_size);
  for (size_t i = from; i < to; ++i) page.entries.push_back(std::move(all[i]));
  if (to < all.size()) page.next = std::to_string(to);
  return page;
}

std::optional<RpcError> ResourceProvider::watch(std::string_view uri, const CallContext& context) {
  auto answer = read(uri, context);
  if (auto* error = std::get_if<RpcError>(&answer)) return *error;
  return std::nullopt;
}

RpcError resource_not_found(std::string_view uri) { return invalid_params("Resource not found", {{"uri", uri}}); }

RpcError for_client(const Call& call, RpcError error) {
  bool of_resource = call.message.method.starts_with("resources/");
  if (!call.modern() && of_resource && error.code == jsonrpc::kInvalidParams && error.data.is_object() &&
      error.data.contains("uri")) {
    error.code = kResourceNotFound_legacy;
  }
  return error;
}

// --- lists ---------------------------------------------------------------------------------------------------------

void McpServer::Impl::resources_list(const CallPtr& call) {
  Era era = call->info.client.era;
  if (options.resources == nullptr) return answer_page(call, pages_of(Json::array(), "resources", era, "public"));
  auto cursor = read_cursor(call->message.params);
  if (auto* error = std::get_if<RpcError>(&cursor)) return call->fail(*error);
  std::variant<ResourcePage, RpcError> page;
  try {
    page =
        options.resources->list_page(std::get<std::string>(cursor), options.page_size, context_of(*call, nullptr, ""));
  } catch (const std::exception& problem) {
    page = provider_threw(*call, problem);
  }
  if (auto* error = std::get_if<RpcError>(&page)) return call->fail(*error);
  auto& found = std::get<ResourcePage>(page);
  bool same = options.resources->same_for_all();
  ListStyle style{.era = era,
                  .ttl_ms = same ? options.list_ttl_ms : options.read_ttl_ms,
                  .cache_scope = same ? "public" : "private",
                  .meta = era == Era::kModern ? modern_meta() : Json(nullptr)};
  std::string next = found.next.empty() ? std::string() : wrap_cursor(found.next);
  call->complete_text(page_text(std::move(found.entries), "resources", next, style));
}

void McpServer::Impl::templates_list(const CallPtr& call) {
  Json templates = options.resources != nullptr ? options.resources->templates() : Json::array();
  answer_page(call, pages_of(templates, "resourceTemplates", call->info.client.era, "public"));
}

// --- changes -------------------------------------------------------------------------------------------------------

std::optional<RpcError> McpServer::Impl::may_watch(Call& call, const std::string& uri) {
  try {
    return options.resources->watch(uri, context_of(call, nullptr, ""));
  } catch (const std::exception& problem) {
    return provider_threw(call, problem);
  }
}

void McpServer::Impl::resources_subscribe(const CallPtr& call) {
  const auto* uri = call->text_param("uri");
  if (uri == nullptr || options.resources == nullptr) {
    return call->fail(invalid_params("params.uri must name a resource"));
  }
  const auto& peer = call->info.peer;
  if (call->message.method == "resources/unsubscribe") {
    if (peer) peer->unsubscribe(*uri);
    return call->complete(Json::object());
  }
  if (auto refused = may_watch(*call, *uri)) return call->fail(for_client(*call, std::move(*refused)));
  if (peer && !peer->subscribe(*uri)) {
    return call->fail(
        invalid_params("There are too many subscriptions; the most is " + std::to_string(kSubscriptionsPerPeer_max)));
  }
  call->complete(Json::object());
}

void McpServer::Impl::listen(const CallPtr& call) {
  Json honoured;
  Listenable able{.tools = tools != nullptr,
                  .prompts = options.prompts != nullptr,
                  .resources = options.resources != nullptr,
                  .watch = [&](const std::string& uri) { return !may_watch(*call, uri); }};
  auto filter = read_filter(call->message.params, able, honoured);
  if (auto* error = std::get_if<RpcError>(&filter)) return call->fail(*error);
  if (!call->outlet->can_stream()) {
    return call->fail({.code = jsonrpc::kInvalidRequest,
                       .message = "subscriptions/listen needs Accept: text/event-stream",
                       .http_status = 406});
  }
  Json params{{"notifications", std::move(honoured)}};
  params["_meta"][std::string(kMetaSubscription)] = jsonrpc::to_json(*call->message.id);
  call->outlet->send(to_text(jsonrpc::notification("notifications/subscriptions/acknowledged", std::move(params))));
  bool added = listeners.add({.id = *call->message.id,
                              .workspace = call->info.principal.workspace,
                              .filter = std::move(std::get<ListenFilter>(filter)),
                              .outlet = call->outlet,
                              .stop = call->info.stop.get_token(),
                              .peer = call->info.peer.get()});
  if (!added)
    call->fail({.code = jsonrpc::kInternalError,
                .message = "There are too many open subscriptions; try later",
                .http_status = 503});
}

void McpServer::resources_changed(const std::string& workspace) {
  impl_->listeners.changed(Change::kResources, workspace);
  impl_->broadcast("notifications/resources/list_changed", Json::object(), [&](const Peer& peer) {
    return legacy_client(peer) && (workspace.empty() || peer.principal().workspace == workspace);
  });
}

void McpServer::resource_updated(const std::string& uri, const std::string& workspace) {
  impl_->listeners.resource_updated(uri, workspace);
  impl_->broadcast("notifications/resources/updated", {{"uri", uri}}, [&](const Peer& peer) {
    return (workspace.empty() || peer.principal().workspace == workspace) && peer.subscribed(uri);
  });
}

std::vector<Watched> McpServer::watched() const {
  std::set<Watched> all;
  impl_->listeners.for_each([&](const Listener& listener) {
    if (listener.filter.changes.contains(Change::kResources)) all.insert({listener.workspace, ""});
    for (const auto& uri : listener.filter.resources) all.insert({listener.workspace, uri});
  });
  for (const auto& peer : impl_->alive_peers()) {
    const auto& workspace = peer->principal().workspace;
    if (legacy_client(*peer)) all.insert({workspace, ""});
    for (const auto& uri : peer->subscriptions()) all.insert({workspace, uri});
  }
  return {all.begin(), all.end()};
}

}  // namespace spreaders::mcp
