#include "mcp-server/transport/http/mcp_endpoint.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/trace.hpp"
#include "mcp-server/protocol/batch.hpp"
#include "mcp-server/transport/http/http_outlets.hpp"
#include "mcp-server/transport/http/legacy_sse.hpp"
#include "mcp-server/transport/http/mcp_headers.hpp"

namespace spreaders::mcp {

namespace {

HttpServerResponse rpc_problem(int status, RpcError error, const std::optional<Id>& id = std::nullopt) {
  return json_response(status, jsonrpc::error_text(id, error));
}

HttpServerResponse bad_request(std::string message, int status = 400) {
  return rpc_problem(status, {.code = jsonrpc::kInvalidRequest, .message = std::move(message)});
}

struct Accepts {
  bool json = false;
  bool stream = false;
};

Accepts read_accept(const HttpServerRequest& request) {
  const auto* accept = request.header("accept");
  if (accept == nullptr) return {.json = true};
  std::string text = lower_ascii(*accept);
  auto has = [&](std::string_view type) { return text.find(type) != std::string::npos; };
  return {.json = has("application/json") || has("*/*") || has("application/*"), .stream = has("text/event-stream")};
}

bool is_json(const HttpServerRequest& request) {
  const auto* type = request.header("content-type");
  return type != nullptr && lower_ascii(*type).starts_with("application/json");
}

// The door whose metadata leads to a token for this path.
std::string_view door_of(std::string_view path, const McpEndpointOptions& options) {
  return path == options.messages_path ? options.sse_path : path;
}

std::string trace_of(const HttpServerRequest& request) {
  const auto* header = request.header("traceparent");
  return header == nullptr ? std::string() : trace_id_of_traceparent(*header).value_or("");
}

}  // namespace

struct McpEndpoint::Impl {
  Impl(McpServer& server_, McpEndpointOptions options_)
      : server(server_),
        options(std::move(options_)),
        sessions(server, options.sessions),
        sse(server, options.messages_path) {}

  McpServer& server;
  McpEndpointOptions options;
  SessionTable sessions;
  LegacySse sse;

  // Everything a request passes before its door looks at it.
  struct Admitted {
    Principal principal;
    HttpHeaders headers;  // for the answer (CORS)
    Selection selection = {};
    bool may_step_up = false;
  };
  // `path`: of the door; what follows it may be a selection.
  std::optional<Admitted> admit(HttpExchange& exchange, const std::string& path);
  [[nodiscard]] Result<Selection> selection_of(const HttpServerRequest& request, const std::string& path) const;
  HttpServerResponse unauthenticated(const HttpServerRequest& request, const Error& error) const;
  [[nodiscard]] AnswerFrame frame_of(const HttpServerRequest& request, HttpHeaders headers, Accepts accepts) const;
  void metadata(const HttpExchangePtr& exchange);

  void post(const HttpExchangePtr& exchange);
  void get(const HttpExchangePtr& exchange);
  void remove(const HttpExchangePtr& exchange);
  void preflight(const HttpExchangePtr& exchange);
  void rpc(const HttpExchangePtr& exchange);
  void open_sse(const HttpExchangePtr& exchange);
  void sse_message(const HttpExchangePtr& exchange);

  void modern(const HttpExchangePtr& exchange, Message message, Admitted admitted, Accepts accepts);
  void legacy(const HttpExchangePtr& exchange, Message message, Admitted admitted, Accepts accepts);
  void initialize(const HttpExchangePtr& exchange, const Message& message, const Admitted& admitted);
  void batch(const HttpExchangePtr& exchange, Json messages, const Admitted& admitted);
  HttpSessionPtr session_of(HttpExchange& exchange, const Admitted& admitted);
  [[nodiscard]] RequestInfo info_of(const HttpServerRequest& request, const HttpSession& session,
                                    const Admitted& admitted) const;
};

HttpServerResponse McpEndpoint::Impl::unauthenticated(const HttpServerRequest& request, const Error& error) const {
  int status = error.code == Code::kPermissionDenied ? 403
               : error.code == Code::kRateLimited    ? 429
               : error.code == Code::kUnavailable    ? 503
                                                     : 401;
  auto response = rpc_problem(status, {.code = jsonrpc::kInvalidRequest, .message = error.message});
  if (status == 401) {
    Challenge challenge;
    // RFC 6750 3.1: who sent no token is told nothing but where to get one.
    if (request.header("authorization") != nullptr || request.query_value("access_token") != nullptr)
      challenge = {.error = "invalid_token", .description = error.message};
    if (options.resource) challenge.scopes = options.resource->scopes;
    auto door = door_of(request.path, options);
    response.headers.emplace_back("www-authenticate", www_authenticate(options.resource.get(), door, challenge));
  } else if (error.retry_after_ms > 0) {
    response.headers.emplace_back("retry-after", std::to_string((error.retry_after_ms + 999) / 1000));
  }
  return response;
}

AnswerFrame McpEndpoint::Impl::frame_of(const HttpServerRequest& request, HttpHeaders headers, Accepts accepts) const {
  return {.headers = std::move(headers),
          .streams = accepts.stream,
          .only_streams = accepts.stream && !accepts.json,
          .resource = options.resource,
          .path = request.path};
}

Result<Selection> McpEndpoint::Impl::selection_of(const HttpServerRequest& request, const std::string& path) const {
  auto text = [&request](const char* name) {
    const auto* header = request.header(name);
    return header != nullptr ? *header : std::string();
  };
  auto known = server.selectable_tools();
  auto selection =
      TRY(read_selection({text("x-mcp-toolsets"), text("x-mcp-tools"), text("x-mcp-exclude")}, known, "X-MCP-"));
  selection.read_only = is_true_word(text("x-mcp-readonly"));
  selection.by_header = !selection.is_everything();
  TRY(read_selection_path(std::string_view(request.path).substr(path.size()), known, selection));
  return selection;
}

std::optional<McpEndpoint::Impl::Admitted> McpEndpoint::Impl::admit(HttpExchange& exchange, const std::string& path) {
  const auto& request = exchange.request();
  auto refused = origin_problem(request, options.origin);
  if (!refused.empty()) {
    exchange.respond(bad_request(refused, 403));
    return std::nullopt;
  }
  bool selects = path == options.path && !server.selectable_tools().empty();
  if (request.path != path && !selects) {
    exchange.respond(bad_request("Nothing here", 404));
    return std::nullopt;
  }
  Admitted admitted{.principal = options.anonymous, .headers = {}};
  if (const auto* origin = request.header("origin")) {
    admitted.headers = {{"access-control-allow-origin", *origin},
                        {"vary", "Origin"},
                        {"access-control-expose-headers", "Mcp-Session-Id, WWW-Authenticate"}};
  }
  if (options.authenticate) {
    auto caller = options.authenticate(request);
    if (!caller) {
      auto refusal = unauthenticated(request, caller.error());
      refusal.headers.insert(refusal.headers.end(), admitted.headers.begin(), admitted.headers.end());
      exchange.respond(std::move(refusal));
      return std::nullopt;
    }
    admitted.principal = std::move(caller->principal);
    admitted.may_step_up = caller->may_step_up;
  }
  if (selects) {
    auto selection = selection_of(request, path);
    if (!selection) {
      bool path_only = selection.error().issues.front().pointer == "path";
      exchange.respond(bad_request(selection.error().text(), path_only ? 404 : 400));
      return std::nullopt;
    }
    admitted.selection = std::move(*selection);
  }
  admitted.selection.may_step_up = admitted.may_step_up;
  if (options.lists_by_scope) {
    admitted.selection.caller = admitted.principal;
    admitted.selection.by_header = true;
  }
  return admitted;
}

void McpEndpoint::Impl::post(const HttpExchangePtr& exchange) {
  const auto& request = exchange->request();
  auto admitted = admit(*exchange, options.path);
  if (!admitted) return;
  if (!is_json(request)) return exchange->respond(bad_request("Content-Type must be application/json", 415));
  Accepts accepts = read_accept(request);
  if (!accepts.json && !accepts.stream) {
    return exchange->respond(bad_request("Accept must allow application/json or text/event-stream", 406));
  }
  auto json = parse_json(request.body, options.json);
  if (!json) {
    return exchange->respond(
        rpc_problem(400, {.code = jsonrpc::kParseError, .message = "Parse error: " + json.error().message}));
  }
  if (json->is_array()) return batch(exchange, std::move(*json), *admitted);
  auto parsed = jsonrpc::parse(std::move(*json));
  if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) {
    return exchange->respond(rpc_problem(400, refused->error, refused->id));
  }
  auto& message = std::get<Message>(parsed);
  const auto* version = request.header("mcp-protocol-version");
  bool is_modern = McpServer::is_modern(message) || (version != nullptr && *version == kModernRevision);
  if (is_modern) return modern(exchange, std::move(message), std::move(*admitted), accepts);
  legacy(exchange, std::move(message), std::move(*admitted), accepts);
}

// --- 2026-07-28 --------------------------------------------------------------------------------------------------

void McpEndpoint::Impl::modern(const HttpExchangePtr& exchange, Message message, Admitted admitted, Accepts accepts) {
  // Before there is an outlet, which would give an answer of its own when it goes.
  if (message.kind == jsonrpc::Kind::kNotification) return exchange->respond({.status = 202});
  auto outlet =
      std::make_shared<StatelessOutlet>(exchange, frame_of(exchange->request(), std::move(admitted.headers), accepts));
  auto fail = [&](const RpcError& error) { outlet->finish(jsonrpc::error_text(message.id, error), error.http_status); };
  if (message.kind == jsonrpc::Kind::kResponse) {
    return fail({.code = jsonrpc::kInvalidRequest,
                 .message = "There are no requests from the server in this revision",
                 .http_status = 400});
  }

  auto client = McpServer::read_modern(message);
  if (auto* error = std::get_if<RpcError>(&client)) return fail(*error);
  auto& state = std::get<ClientState>(client);
  const Json* schema = nullptr;
  if (message.method == "tools/call") {
    auto name = message.params.find("name");
    if (name != message.params.end() && name->is_string())
      schema = server.header_schema(name->get_ref<const std::string&>());
  }
  if (auto error = check_mcp_headers(exchange->request(), message, state.revision, schema)) return fail(*error);
  if (state.revision != kModernRevision) {
    Json supported = Json::array();
    for (auto revision : kRevisions) supported.push_back(revision);
    return fail({.code = kUnsupportedVersion,
                 .message = "Unsupported protocol version: " + state.revision,
                 .data = {{"supported", std::move(supported)}, {"requested", state.revision}},
                 .http_status = 400});
  }
  RequestInfo info{.client = std::move(state),
                   .principal = std::move(admitted.principal),
                   .selection = std::move(admitted.selection)};
  info.trace_id = trace_of(exchange->request());
  // Closing the connection cancels, for what may take long.
  if (message.method == "tools/call" || message.method == "subscriptions/listen") {
    exchange->on_closed([stop = info.stop]() mutable { stop.request_stop(); });
  }
  server.request(std::move(message), std::move(info), std::move(outlet));
}

// --- sessions ----------------------------------------------------------------------------------------------------

HttpSessionPtr McpEndpoint::Impl::session_of(HttpExchange& exchange, const Admitted& admitted) {
  const auto* id = exchange.request().header("mcp-session-id");
  if (id == nullptr) {
    exchange.respond(
        bad_request("Mcp-Session-Id is required: send initialize first, or speak " + std::string(kModernRevision)));
    return nullptr;
  }
  const auto* version = exchange.request().header("mcp-protocol-version");
  if (version != nullptr && !is_revision(*version)) {
    exchange.respond(bad_request("MCP-Protocol-Version " + *version + " is not supported"));
    return nullptr;
  }
  auto session = sessions.find(*id, admitted.principal);
  if (!session) exchange.respond(bad_request("Session not found: send initialize again", 404));
  return session;
}

RequestInfo McpEndpoint::Impl::info_of(const HttpServerRequest& request, const HttpSession& session,
                                       const Admitted& admitted) const {
  RequestInfo info{.client = session.peer->client(),
                   .principal = admitted.principal,  // the same one, with the scopes of this request's token
                   .peer = session.peer,
                   .selection = admitted.selection};
  info.trace_id = trace_of(request);
  return info;
}

void McpEndpoint::Impl::initialize(const HttpExchangePtr& exchange, const Message& message, const Admitted& admitted) {
  auto client = McpServer::negotiate(message);
  if (auto* error = std::get_if<RpcError>(&client)) return exchange->respond(rpc_problem(400, *error, message.id));
  auto& state = std::get<ClientState>(client);
  auto session = sessions.create(state, admitted.principal);
  auto response = json_response(200, jsonrpc::result_text(*message.id, to_text(server.initialize_result(state))));
  response.headers.insert(response.headers.end(), admitted.headers.begin(), admitted.headers.end());
  response.headers.emplace_back("mcp-session-id", session->id);
  exchange->respond(std::move(response));
}

void McpEndpoint::Impl::legacy(const HttpExchangePtr& exchange, Message message, Admitted admitted, Accepts accepts) {
  bool request = message.kind == jsonrpc::Kind::kRequest;
  if (request && message.method == "initialize") return initialize(exchange, message, admitted);
  auto session = session_of(*exchange, admitted);
  if (!session) return;
  if (request) {
    RequestInfo info = info_of(exchange->request(), *session, admitted);
    auto frame = frame_of(exchange->request(), std::move(admitted.headers), accepts);
    auto outlet = std::make_shared<SessionOutlet>(exchange, std::move(frame), std::move(session));
    return server.request(std::move(message), std::move(info), std::move(outlet));
  }
  // The rest of a waiting call runs on this thread, after the client has its 202.
  exchange->respond({.status = 202, .headers = std::move(admitted.headers)});
  if (message.kind == jsonrpc::Kind::kResponse) {
    server.response(std::move(message), session->peer);
  } else {
    server.notification(message, session->peer);
  }
}

void McpEndpoint::Impl::batch(const HttpExchangePtr& exchange, Json messages, const Admitted& admitted) {
  auto session = session_of(*exchange, admitted);
  if (!session) return;
  if (session->peer->client().revision != kBatchRevision) {
    return exchange->respond(bad_request("Batches exist only in revision " + std::string(kBatchRevision)));
  }
  if (messages.empty() || messages.size() > options.batch_max) {
    return exchange->respond(bad_request("A batch holds 1 to " + std::to_string(options.batch_max) + " messages"));
  }
  std::vector<std::variant<Message, jsonrpc::Refused>> parsed;
  size_t answers = 0;
  for (auto& each : messages) {
    parsed.push_back(jsonrpc::parse(std::move(each)));
    const auto* message = std::get_if<Message>(&parsed.back());
    if (message == nullptr || message->kind == jsonrpc::Kind::kRequest) ++answers;
  }
  if (answers == 0) exchange->respond({.status = 202, .headers = admitted.headers});
  auto collected = std::make_shared<Batch>(answers, [exchange, headers = admitted.headers](std::string text) {
    auto response = json_response(200, std::move(text));
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
    exchange->respond(std::move(response));
  });
  for (auto& each : parsed) {
    if (auto* refused = std::get_if<jsonrpc::Refused>(&each)) {
      collected->add(jsonrpc::error_text(refused->id, refused->error));
      continue;
    }
    auto& message = std::get<Message>(each);
    if (message.kind == jsonrpc::Kind::kRequest) {
      if (message.method == "initialize") {
        collected->add(jsonrpc::error_text(
            message.id, {.code = jsonrpc::kInvalidRequest, .message = "initialize cannot be in a batch"}));
        continue;
      }
      server.request(std::move(message), info_of(exchange->request(), *session, admitted),
                     std::make_shared<BatchOutlet>(collected));
    } else if (message.kind == jsonrpc::Kind::kResponse) {
      server.response(std::move(message), session->peer);
    } else {
      server.notification(message, session->peer);
    }
  }
}

void McpEndpoint::Impl::get(const HttpExchangePtr& exchange) {
  auto admitted = admit(*exchange, options.path);
  if (!admitted) return;
  const auto* version = exchange->request().header("mcp-protocol-version");
  if (version != nullptr && *version == kModernRevision) {
    auto refused = bad_request("GET is not part of revision " + std::string(kModernRevision), 405);
    refused.headers.emplace_back("allow", "POST");
    return exchange->respond(std::move(refused));
  }
  if (!read_accept(exchange->request()).stream)
    return exchange->respond(bad_request("Accept must allow text/event-stream", 406));
  auto session = session_of(*exchange, *admitted);
  if (!session) return;
  EventStreamPtr stream = session->streams.standing();
  uint64_t after = 0;
  if (const auto* last = exchange->request().header("last-event-id")) {
    stream = session->streams.find(*last, after);
    if (!stream) return exchange->respond(bad_request("Last-Event-ID names no stream that is still kept", 404));
  }
  HttpHeaders headers = sse_headers();
  headers.insert(headers.end(), admitted->headers.begin(), admitted->headers.end());
  stream->attach(exchange->stream({.status = 200, .headers = std::move(headers)}), after);
}

void McpEndpoint::Impl::remove(const HttpExchangePtr& exchange) {
  auto admitted = admit(*exchange, options.path);
  if (!admitted) return;
  const auto* version = exchange->request().header("mcp-protocol-version");
  if (version != nullptr && *version == kModernRevision) {
    auto refused = bad_request("DELETE is not part of revision " + std::string(kModernRevision), 405);
    refused.headers.emplace_back("allow", "POST");
    return exchange->respond(std::move(refused));
  }
  auto session = session_of(*exchange, *admitted);
  if (!session) return;
  sessions.remove(session->id, admitted->principal);
  exchange->respond({.status = 204, .headers = std::move(admitted->headers)});
}

void McpEndpoint::Impl::preflight(const HttpExchangePtr& exchange) {
  // Browsers send no credentials with a preflight, so only the Origin is checked.
  auto refused = origin_problem(exchange->request(), options.origin);
  if (!refused.empty()) return exchange->respond(bad_request(refused, 403));
  HttpServerResponse response{.status = 204};
  if (const auto* origin = exchange->request().header("origin")) {
    const auto* wanted = exchange->request().header("access-control-request-headers");
    response.headers = {{"access-control-allow-origin", *origin},
                        {"vary", "Origin"},
                        {"access-control-allow-methods", "GET, POST, DELETE"},
                        {"access-control-max-age", "600"},
                        {"access-control-allow-headers", wanted != nullptr ? *wanted : "content-type, authorization"}};
  }
  exchange->respond(std::move(response));
}

// --- plain JSON-RPC ----------------------------------------------------------------------------------------------

void McpEndpoint::Impl::rpc(const HttpExchangePtr& exchange) {
  auto admitted = admit(*exchange, options.rpc_path);
  if (!admitted) return;
  auto json = parse_json(exchange->request().body, options.json);
  if (!json) {
    return exchange->respond(
        rpc_problem(400, {.code = jsonrpc::kParseError, .message = "Parse error: " + json.error().message}));
  }
  auto parsed = jsonrpc::parse(std::move(*json));
  if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) {
    return exchange->respond(rpc_problem(400, refused->error, refused->id));
  }
  auto& message = std::get<Message>(parsed);
  if (message.kind != jsonrpc::Kind::kRequest) return exchange->respond(bad_request("Send a request with an \"id\""));
  if (message.method != "tools/list" && message.method != "tools/call") {
    return exchange->respond(
        rpc_problem(404,
                    {.code = jsonrpc::kMethodNotFound,
                     .message = "Only tools/list and tools/call are here; " + options.path + " has the rest"},
                    message.id));
  }
  RequestInfo info{
      .client = {.era = Era::kLegacy, .revision = std::string(kLegacyNewest), .capabilities = Json::object()},
      .principal = std::move(admitted->principal),
      .selection = std::move(admitted->selection)};
  info.trace_id = trace_of(exchange->request());
  auto outlet = std::make_shared<StatelessOutlet>(
      exchange, frame_of(exchange->request(), std::move(admitted->headers), {.json = true}));
  server.request(std::move(message), std::move(info), std::move(outlet));
}

// --- HTTP+SSE of 2024-11-05 ----------------------------------------------------------------------------------------

void McpEndpoint::Impl::open_sse(const HttpExchangePtr& exchange) {
  auto admitted = admit(*exchange, options.sse_path);
  if (admitted) sse.open(exchange, admitted->principal, admitted->headers);
}

void McpEndpoint::Impl::sse_message(const HttpExchangePtr& exchange) {
  auto admitted = admit(*exchange, options.messages_path);
  if (admitted) sse.message(exchange, admitted->principal, admitted->selection, options.json);
}

// --- metadata ----------------------------------------------------------------------------------------------------

void McpEndpoint::Impl::metadata(const HttpExchangePtr& exchange) {
  const auto* host = exchange->request().header("host");
  if (host == nullptr || !host_allowed(*host, options.origin))
    return exchange->respond(bad_request("This server does not answer to that Host", 403));
  auto document = options.resource->metadata(exchange->request().path);
  if (!document) return exchange->respond(bad_request("Nothing here", 404));
  auto response = json_response(200, to_text(*document));
  // Public, and read by clients that are web pages of other sites.
  response.headers.insert(response.headers.end(),
                          {{"access-control-allow-origin", "*"}, {"cache-control", "public, max-age=300"}});
  exchange->respond(std::move(response));
}

// --- routes ------------------------------------------------------------------------------------------------------

McpEndpoint::McpEndpoint(McpServer& server, McpEndpointOptions options)
    : impl_(std::make_unique<Impl>(server, std::move(options))) {}
McpEndpoint::~McpEndpoint() = default;

std::vector<HttpRoute> McpEndpoint::routes() {
  auto* impl = impl_.get();
  const auto& options = impl->options;
  HttpRouteOptions limits{.body_bytes_max = options.json.bytes_max, .concurrent_max = options.concurrent_max};
  std::vector<HttpRoute> all;
  auto add = [&](const char* method, const std::string& path, void (Impl::*run)(const HttpExchangePtr&)) {
    all.push_back({method, path, [impl, run](const HttpExchangePtr& exchange) { (impl->*run)(exchange); }, limits});
  };
  add("POST", options.path, &Impl::post);
  add("GET", options.path, &Impl::get);
  add("DELETE", options.path, &Impl::remove);
  add("OPTIONS", options.path, &Impl::preflight);
  if (options.resource) add("GET", std::string(kWellKnownResource), &Impl::metadata);
  if (!options.rpc_path.empty()) add("POST", options.rpc_path, &Impl::rpc);
  if (options.sse_path.empty() || options.messages_path.empty()) return all;
  add("GET", options.sse_path, &Impl::open_sse);
  add("POST", options.messages_path, &Impl::sse_message);
  return all;
}

void McpEndpoint::add_routes(HttpServer& http) {
  for (auto& route : routes()) {
    http.route_exchange(std::move(route.method), std::move(route.path), std::move(route.handler), route.options);
  }
}

void McpEndpoint::close() {
  impl_->server.close();
  impl_->sessions.end_all();
  impl_->sse.end_all();
}

size_t McpEndpoint::session_count() { return impl_->sessions.size(); }

}  // namespace spreaders::mcp
