#include "mcp-server/protocol/server.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "mcp-server/protocol/call.hpp"

namespace spreaders::mcp {

namespace {
constexpr size_t kSigningKeyBytes_min = 32;
constexpr size_t kCompletionValues_max = 100;
}  // namespace

McpServer::McpServer(McpServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
McpServer::~McpServer() {
  if (impl_->tasks) impl_->tasks->stop_all();
}

McpServer::Impl::Impl(McpServerOptions given) : options(std::move(given)), listeners(options.listeners_max) {
  CHECK(options.tools == nullptr || options.tool_provider == nullptr, "tools come from one place");
  if (options.signing_key.empty()) options.signing_key = secure_bytes(kSigningKeyBytes_min);
  CHECK(options.signing_key.size() >= kSigningKeyBytes_min, "the signing key has at least 32 bytes");
  CHECK(options.page_size > 0, "a page holds something");
  if (options.clock == nullptr) options.clock = &system_clock();
  if (options.tools != nullptr) {
    runner_tools.emplace(*options.tools, RunnerToolsOptions{.compact_core = options.compact_core,
                                                            .synonyms = options.synonyms,
                                                            .selection = options.selection,
                                                            .approvals = options.approvals});
  }
  if (options.tasks_max > 0) {
    task_workers = std::make_unique<WorkerPool>(
        WorkerPoolOptions{.threads = options.task_threads, .queue_max = options.tasks_max});
    tasks.emplace(TasksOptions{.tasks_max = options.tasks_max}, *options.clock,
                  [this](std::function<void()> job) { return task_workers->submit(std::move(job)); });
  }
  if (options.progress_interval_ms > 0) progress.emplace(options.progress_interval_ms);
  tools = options.tool_provider != nullptr ? options.tool_provider : runner_tools ? &*runner_tools : nullptr;
}

Json McpServer::Impl::server_info() const {
  Json info{{"name", options.name}, {"version", options.version}};
  if (!options.title.empty()) info["title"] = options.title;
  return info;
}

// Pictures are large, so they are not in every result but only where clients introduce themselves.
Json McpServer::Impl::whole_server_info() const {
  Json info = server_info();
  if (!options.website_url.empty()) info["websiteUrl"] = options.website_url;
  for (const auto& icon : options.icons) {
    Json one{{"src", icon.src}};
    if (!icon.mime_type.empty()) one["mimeType"] = icon.mime_type;
    if (!icon.sizes.empty()) one["sizes"] = icon.sizes;
    info["icons"].push_back(std::move(one));
  }
  return info;
}

Json McpServer::Impl::modern_meta() const { return {{std::string(kMetaServerInfo), server_info()}}; }

Json McpServer::Impl::capabilities(Era era) const {
  Json all = Json::object();
  if (tools != nullptr) all["tools"] = {{"listChanged", true}};
  if (options.prompts != nullptr) all["prompts"] = {{"listChanged", true}};
  if (options.resources != nullptr) all["resources"] = {{"subscribe", true}, {"listChanged", true}};
  if (options.completion != nullptr) all["completions"] = Json::object();
  if (era == Era::kLegacy) all["logging"] = Json::object();
  if (era == Era::kModern && tasks) all["extensions"] = {{std::string(kTasksExtension), Json::object()}};
  return all;
}

Json McpServer::Impl::initialize_result(const ClientState& client) const {
  // Icons and the web site came with the newest session revision.
  Json result{{"protocolVersion", client.revision},
              {"capabilities", capabilities(Era::kLegacy)},
              {"serverInfo", client.revision == kLegacyNewest ? whole_server_info() : server_info()}};
  if (!options.instructions.empty()) result["instructions"] = options.instructions;
  return result;
}

Json McpServer::initialize_result(const ClientState& client) const { return impl_->initialize_result(client); }

const Json* McpServer::header_schema(std::string_view tool) const {
  return impl_->tools != nullptr ? impl_->tools->header_schema(tool) : nullptr;
}

ToolList McpServer::selectable_tools() const {
  return impl_->tools != nullptr ? impl_->tools->selectable() : ToolList{};
}

const std::string& McpServer::signing_key() const { return impl_->options.signing_key; }
Clock& McpServer::clock() const { return *impl_->options.clock; }

std::string principal_key(const Principal& principal) { return principal.workspace + "/" + principal.id; }

// --- dispatch ----------------------------------------------------------------------------------------------------

void McpServer::request(Message message, RequestInfo info, OutletPtr outlet) {
  auto call = std::make_shared<Call>(*impl_, std::move(message), std::move(info), std::move(outlet));
  if (call->info.peer && !call->info.peer->begin(*call->message.id, call->info.stop)) {
    call->registered = false;
    call->fail({.code = jsonrpc::kInvalidRequest, .message = "This id is in use, or too many requests are running"});
    return;
  }
  call->registered = call->info.peer != nullptr;
  impl_->dispatch(call);
}

void McpServer::Impl::dispatch(const CallPtr& call) {
  struct Method {
    std::string_view name;
    bool legacy;
    bool modern;
    void (Impl::*run)(const CallPtr&);
  };
  static constexpr Method kMethods[] = {
      {"tools/call", true, true, &Impl::tools_call},
      {"tools/list", true, true, &Impl::tools_list},
      {"server/discover", false, true, &Impl::discover},
      {"initialize", true, false, &Impl::initialize},
      {"ping", true, false, &Impl::ping},
      {"prompts/list", true, true, &Impl::prompts_list},
      {"prompts/get", true, true, &Impl::prompts_get},
      {"resources/list", true, true, &Impl::resources_list},
      {"resources/templates/list", true, true, &Impl::templates_list},
      {"resources/read", true, true, &Impl::resources_read},
      {"resources/subscribe", true, false, &Impl::resources_subscribe},
      {"resources/unsubscribe", true, false, &Impl::resources_subscribe},
      {"completion/complete", true, true, &Impl::complete},
      {"logging/setLevel", true, false, &Impl::set_level},
      {"subscriptions/listen", false, true, &Impl::listen},
      {"tasks/get", false, true, &Impl::task_method},
      {"tasks/update", false, true, &Impl::task_method},
      {"tasks/cancel", false, true, &Impl::task_method},
  };
  bool modern = call->modern();
  for (const auto& method : kMethods) {
    if (method.run == &Impl::task_method && !tasks) continue;
    if (method.name == call->message.method && (modern ? method.modern : method.legacy)) {
      (this->*method.run)(call);
      return;
    }
  }
  call->fail({.code = jsonrpc::kMethodNotFound,
              .message = "Method not found: " + call->message.method,
              .http_status = modern ? 404 : 200});
}

void McpServer::notification(const Message& message, const PeerPtr& peer) {
  // The other notifications (initialized, roots/list_changed) need no action; unknown ones are ignored.
  if (message.method != "notifications/cancelled" || !peer) return;
  auto id = message.params.find("requestId");
  if (id == message.params.end()) return;
  std::optional<Id> named;
  if (id->is_string()) named = Id{id->get<std::string>()};
  if (id->is_number_integer()) named = Id{id->get<int64_t>()};
  if (!named) return;
  peer->cancel(*named);
  impl_->listeners.remove(peer.get(), *named);
}

bool McpServer::response(Message message, const PeerPtr& peer) { return peer && peer->settle(std::move(message)); }

// --- plain methods -----------------------------------------------------------------------------------------------

void McpServer::Impl::discover(const CallPtr& call) {
  Json versions = Json::array();
  for (auto revision : kRevisions) versions.push_back(revision);
  Json result{{"supportedVersions", std::move(versions)}, {"capabilities", capabilities(Era::kModern)}};
  if (!options.instructions.empty()) result["instructions"] = options.instructions;
  result["ttlMs"] = options.list_ttl_ms;
  result["cacheScope"] = "public";
  result["_meta"][std::string(kMetaServerInfo)] = whole_server_info();
  call->complete(std::move(result));
}

void McpServer::Impl::initialize(const CallPtr& call) {
  auto client = negotiate(call->message);
  if (auto* error = std::get_if<RpcError>(&client)) return call->fail(*error);
  auto& state = std::get<ClientState>(client);
  Json result = initialize_result(state);
  if (call->info.peer) call->info.peer->set_client(std::move(state));
  call->complete(std::move(result));
}

void McpServer::Impl::ping(const CallPtr& call) { call->complete(Json::object()); }

void McpServer::Impl::set_level(const CallPtr& call) {
  auto level = call->message.params.find("level");
  std::optional<Severity> severity;
  if (level != call->message.params.end() && level->is_string())
    severity = severity_of(level->get_ref<const std::string&>());
  if (!severity)
    return call->fail(
        invalid_params("params.level must be one of debug, info, notice, warning, error, critical, alert, emergency"));
  if (call->info.peer) call->info.peer->set_log_level(*severity);
  call->complete(Json::object());
}

std::variant<Json, RpcError> McpServer::Impl::completed(Call& call, const Json& reference, const Json& argument,
                                                        const Json& known) {
  try {
    return options.completion->complete(reference, argument["name"].get_ref<const std::string&>(),
                                        argument["value"].get_ref<const std::string&>(), known,
                                        context_of(call, nullptr, ""));
  } catch (const std::exception& problem) {
    return provider_threw(call, problem);
  }
}

void McpServer::Impl::complete(const CallPtr& call) {
  const auto& params = call->message.params;
  auto reference = params.find("ref");
  auto argument = params.find("argument");
  bool shaped = reference != params.end() && reference->is_object() && argument != params.end() &&
                argument->is_object() && argument->contains("name") && (*argument)["name"].is_string() &&
                argument->contains("value") && (*argument)["value"].is_string();
  if (!shaped) return call->fail(invalid_params("params.ref must be an object and params.argument {name, value}"));
  Json completion{{"values", Json::array()}, {"hasMore", false}};
  if (options.completion != nullptr) {
    Json known = Json::object();
    if (auto context = params.find("context"); context != params.end() && context->is_object() &&
                                               context->contains("arguments") && (*context)["arguments"].is_object()) {
      known = (*context)["arguments"];
    }
    auto answer = completed(*call, *reference, *argument, known);
    if (auto* error = std::get_if<RpcError>(&answer)) return call->fail(*error);
    completion = std::move(std::get<Json>(answer));
    auto& values = completion["values"];
    if (values.size() > kCompletionValues_max) {
      values.erase(values.begin() + static_cast<std::ptrdiff_t>(kCompletionValues_max), values.end());
      completion["hasMore"] = true;
    }
  }
  call->complete({{"completion", std::move(completion)}});
}

// --- lists -------------------------------------------------------------------------------------------------------

void McpServer::Impl::answer_page(const CallPtr& call, const std::vector<std::string>& pages) {
  auto index = page_index(call->message.params, pages.size());
  if (auto* error = std::get_if<RpcError>(&index)) return call->fail(*error);
  call->complete_text(pages[std::get<size_t>(index)]);
}

std::vector<std::string> McpServer::Impl::pages_of(const Json& entries, std::string_view name, Era era,
                                                   std::string_view cache_scope) const {
  return make_pages(entries, name, options.page_size,
                    {.era = era,
                     .ttl_ms = options.list_ttl_ms,
                     .cache_scope = cache_scope,
                     .meta = era == Era::kModern ? modern_meta() : Json(nullptr)});
}

void McpServer::Impl::tools_list(const CallPtr& call) {
  Era era = call->info.client.era;
  uint64_t version = tools != nullptr ? tools->version() : 0;
  const auto& selection = call->info.selection;
  auto pages = tools_pages.get(era, version, selection.key(), [&] {
    return pages_of(tools != nullptr ? tools->list_selected(selection) : Json::array(), "tools", era,
                    selection.by_header ? "private" : "public");
  });
  answer_page(call, *pages);
}

void McpServer::Impl::prompts_list(const CallPtr& call) {
  Era era = call->info.client.era;
  uint64_t version = options.prompts != nullptr ? options.prompts->version() : 0;
  auto pages = prompts_pages.get(era, version, "", [&] {
    return pages_of(options.prompts != nullptr ? options.prompts->list() : Json::array(), "prompts", era, "public");
  });
  answer_page(call, *pages);
}

// --- changes -----------------------------------------------------------------------------------------------------

std::vector<PeerPtr> McpServer::Impl::alive_peers() {
  std::vector<PeerPtr> all;
  std::lock_guard lock(peers_mutex);
  std::erase_if(peers, [](const auto& peer) { return peer.expired(); });
  for (const auto& peer : peers) {
    if (auto alive = peer.lock()) all.push_back(std::move(alive));
  }
  return all;
}

void McpServer::Impl::broadcast(std::string_view method, const Json& params,
                                const std::function<bool(const Peer&)>& wanted) {
  std::string text = to_text(jsonrpc::notification(method, params));
  for (const auto& peer : alive_peers()) {
    if (wanted(*peer)) peer->push(text);
  }
}

void McpServer::attach(const PeerPtr& peer) {
  std::lock_guard lock(impl_->peers_mutex);
  constexpr size_t kSweep = 64;
  if (impl_->peers.size() % kSweep == 0) std::erase_if(impl_->peers, [](const auto& each) { return each.expired(); });
  impl_->peers.push_back(peer);
}

bool legacy_client(const Peer& peer) { return !peer.client().revision.empty(); }

void McpServer::tools_changed() {
  impl_->listeners.changed(Change::kTools);
  impl_->broadcast("notifications/tools/list_changed", Json::object(), legacy_client);
}
void McpServer::prompts_changed() {
  impl_->listeners.changed(Change::kPrompts);
  impl_->broadcast("notifications/prompts/list_changed", Json::object(), legacy_client);
}
void McpServer::close() {
  impl_->listeners.close();
  if (impl_->tasks) impl_->tasks->stop_all();
}

}  // namespace spreaders::mcp
