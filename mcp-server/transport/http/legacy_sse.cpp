#include "mcp-server/transport/http/legacy_sse.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "core/trace.hpp"
#include "mcp-server/transport/http/event_stream.hpp"
#include "mcp-server/transport/http/http_outlets.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kSessionIdBytes = 24;

class SharedStreamOutlet final : public Outlet {
 public:
  explicit SharedStreamOutlet(HttpStreamPtr stream) : stream_(std::move(stream)) {}
  bool send(std::string_view text) override { return stream_->push(sse_message(text)); }
  void finish(std::string text, int) override { stream_->push(sse_message(text)); }

 private:
  HttpStreamPtr stream_;  // shared by all answers of one client
};

HttpServerResponse refuse(int status, int code, std::string message) {
  return json_response(status, jsonrpc::error_text(std::nullopt, {.code = code, .message = std::move(message)}));
}

}  // namespace

void LegacySse::open(const HttpExchangePtr& exchange, const Principal& principal, const HttpHeaders& more) {
  HttpHeaders headers = sse_headers();
  headers.insert(headers.end(), more.begin(), more.end());
  std::string id = base64url(secure_bytes(kSessionIdBytes));
  auto peer = std::make_shared<Peer>(principal);
  auto stream = exchange->stream({.status = 200, .headers = std::move(headers)});
  peer->set_standing(std::make_shared<SharedStreamOutlet>(stream));
  server_.attach(peer);
  {
    std::lock_guard lock(mutex_);
    clients_[id] = {peer, stream};
  }
  stream->push("event: endpoint\ndata: " + messages_path_ + "?sessionId=" + id + "\n\n");
  exchange->on_closed([this, id] {
    Client gone;
    {
      std::lock_guard lock(mutex_);
      auto found = clients_.find(id);
      if (found == clients_.end()) return;
      gone = std::move(found->second);
      clients_.erase(found);
    }
    gone.peer->close();
  });
}

void LegacySse::message(const HttpExchangePtr& exchange, const Principal& principal, Selection selection,
                        const JsonLimits& limits) {
  const auto* id = exchange->request().query_value("sessionId");
  if (id == nullptr) return exchange->respond(refuse(400, jsonrpc::kInvalidRequest, "sessionId is required"));
  Client client;
  {
    std::lock_guard lock(mutex_);
    if (auto found = clients_.find(*id); found != clients_.end()) client = found->second;
  }
  if (!client.peer || principal_key(client.peer->principal()) != principal_key(principal)) {
    return exchange->respond(refuse(404, jsonrpc::kInvalidRequest, "Session not found: open the stream again"));
  }
  auto json = parse_json(exchange->request().body, limits);
  if (!json) return exchange->respond(refuse(400, jsonrpc::kParseError, "Parse error: " + json.error().message));
  auto parsed = jsonrpc::parse(std::move(*json));
  if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) {
    return exchange->respond(json_response(400, jsonrpc::error_text(refused->id, refused->error)));
  }
  selection.may_step_up = false;  // answered already: the lack of a scope is told on the stream, as a result
  const auto* trace = exchange->request().header("traceparent");
  std::string trace_id = trace == nullptr ? "" : trace_id_of_traceparent(*trace).value_or("");
  exchange->respond({.status = 202, .headers = {{"content-type", "text/plain"}}, .body = "Accepted"});
  auto& received = std::get<Message>(parsed);
  if (received.kind == jsonrpc::Kind::kResponse) {
    server_.response(std::move(received), client.peer);
  } else if (received.kind == jsonrpc::Kind::kNotification) {
    server_.notification(received, client.peer);
  } else {
    server_.request(std::move(received),
                    {.client = client.peer->client(),
                     .principal = principal,  // the same one, with the scopes of this request's token
                     .peer = client.peer,
                     .trace_id = std::move(trace_id),
                     .selection = std::move(selection)},
                    std::make_shared<SharedStreamOutlet>(client.stream));
  }
}

void LegacySse::end_all() {
  std::unordered_map<std::string, Client> clients;
  {
    std::lock_guard lock(mutex_);
    clients.swap(clients_);
  }
  for (auto& [id, client] : clients) {
    client.peer->close();
    client.stream->close();
  }
}

}  // namespace spreaders::mcp
