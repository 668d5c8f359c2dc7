// Conversations with /mcp, /rpc, /sse and /messages, as text: requests parted by a line "---", each a line "METHOD
// path", header lines, an empty line, a body. {session} {state} {cursor} {event} {door} stand for what earlier answers
// brought. Two people may call ("authorization: ana" or "bo"). Every request is answered once, with HTTP, JSON-RPC and
// events that are well-formed, and nobody reads anything of somebody else.
#include <cstdint>
#include <map>

#include "mcp-server/client/sse.hpp"
#include "mcp-server/protocol/provider_fuzz.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "mcp-server/transport/http/stream_fuzz.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;

constexpr size_t kRequests_max = 12;
constexpr std::string_view kBetween = "\n---\n";

class Exchange final : public HttpExchange {
 public:
  explicit Exchange(HttpServerRequest request) : request_(std::move(request)) {}
  [[nodiscard]] const HttpServerRequest& request() const override { return request_; }
  void respond(HttpServerResponse given) override {
    demand(!answered(), "two answers to one exchange", given.body);
    response = std::move(given);
  }
  HttpStreamPtr stream(HttpStreamStart start) override {
    demand(!answered(), "a stream after an answer");
    demand(start.status == 200, "a stream is a success");
    opened = std::make_shared<Stream>();
    return opened;
  }
  [[nodiscard]] bool answered() const override { return response || opened; }
  [[nodiscard]] bool closed() const override { return gone_; }
  void on_closed(std::function<void()> callback) override { callbacks_.push_back(std::move(callback)); }
  void hang_up() {
    gone_ = true;
    if (opened) opened->shut = true;
    auto callbacks = std::move(callbacks_);
    for (auto& callback : callbacks) callback();
  }
  std::optional<HttpServerResponse> response;
  std::shared_ptr<Stream> opened;
  std::string reader;

 private:
  HttpServerRequest request_;
  bool gone_ = false;
  std::vector<std::function<void()>> callbacks_;
};
using ExchangePtr = std::shared_ptr<Exchange>;

std::string_view cut(std::string_view& text, std::string_view at) {
  size_t end = text.find(at);
  std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + at.size());
  return part;
}

class Conversation {
 public:
  Conversation() : endpoint_(server_.mcp, options()), routes_(endpoint_.routes()) {}
  ~Conversation() {
    for (auto& exchange : exchanges_) {
      check_stream(*exchange);
      if (exchange->reader == kPeople[0]) exchange->hang_up();
    }
    endpoint_.close();
    for (auto& exchange : exchanges_) exchange->hang_up();
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void request(std::string text) {
    for (const auto& [name, value] : known_) {
      for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
        text.replace(at, name.size(), value);
    }
    auto exchange = std::make_shared<Exchange>(read(text));
    const auto& request = exchange->request();
    const HttpRoute* best = nullptr;
    for (const auto& route : routes_) {
      bool under = request.path == route.path || request.path.starts_with(route.path + "/");
      if (under && route.method == request.method && (best == nullptr || route.path.size() > best->path.size()))
        best = &route;
    }
    if (best == nullptr) return;
    const auto* caller = request.header("authorization");
    exchange->reader = caller != nullptr ? *caller : "";
    best->handler(HttpExchangePtr(exchange.get(), [exchange](HttpExchange*) {}));
    demand(exchange->answered(), "a request without an answer", request.body);
    if (exchange->response) check_response(*exchange);
    exchanges_.push_back(std::move(exchange));
    for (auto& each : exchanges_) check_stream(*each);
  }

 private:
  static mcp::McpEndpointOptions options() {
    return {.authenticate = [](const HttpServerRequest& request) -> Result<mcp::Caller> {
              const auto* name = request.header("authorization");
              for (size_t i = 0; i < std::size(kPeople); ++i) {
                if (name != nullptr && *name == kPeople[i])
                  return mcp::Caller{.principal = person(i), .may_step_up = true};
              }
              return Error{Code::kUnauthenticated, "who are you?"};
            },
            .resource = std::make_shared<mcp::ProtectedResource>(mcp::ProtectedResource{
                .base_url = "https://mcp.example.org", .authorization_servers = {"https://login.example.org"}}),
            .sessions = {.sessions_max = 3, .deleted_max = 2},
            .batch_max = 4};
  }

  static HttpServerRequest read(std::string_view text) {
    std::string_view head = cut(text, "\n\n");
    std::string_view line = cut(head, "\n");
    HttpServerRequest request{.method = std::string(cut(line, " ")),
                              .path = {},
                              .query = {},
                              .headers = {{"host", "localhost"}},
                              .body = std::string(text),
                              .remote_address = "127.0.0.1"};
    request.path = std::string(cut(line, "?"));
    while (!line.empty()) {
      std::string_view pair = cut(line, "&");
      std::string_view name = cut(pair, "=");
      request.query.emplace_back(name, pair);
    }
    while (!head.empty()) {
      std::string_view header = cut(head, "\n");
      std::string_view name = cut(header, ":");
      request.headers.emplace_back(lower_ascii(name), trim(header));
    }
    return request;
  }

  void learn(const char* name, const Json& value) {
    if (value.is_string()) known_[name] = value.get<std::string>();
  }
  void learn_from(const Json& message) {
    if (!message.is_object() || !message.contains("result")) return;
    learn("{state}", message["result"].value("requestState", Json(nullptr)));
    learn("{cursor}", message["result"].value("nextCursor", Json(nullptr)));
  }

  void check_response(const Exchange& exchange) {
    const auto& response = *exchange.response;
    demand(response.status >= 200 && response.status < 600 && response.status != 500, "a status",
           std::to_string(response.status));
    check_private(response.body, exchange.reader);
    bool json = false;
    for (const auto& [name, value] : response.headers) {
      demand(value.find_first_of("\r\n") == std::string::npos, "a header has one line", value);
      json = json || (name == "content-type" && value == "application/json");
      if (name == "mcp-session-id") known_["{session}"] = value;
    }
    if (json && exchange.request().path.starts_with("/.well-known")) demand(parse_json(response.body).ok(), "metadata");
    else if (json) learn_from(check_text(response.body));
  }

  // A stream holds whole messages, and of one POST not more than one answer.
  void check_stream(const Exchange& exchange) {
    if (!exchange.opened) return;
    check_private(exchange.opened->text, exchange.reader);
    size_t answers = 0;
    mcp::SseReader reader;
    bool sound = reader
                     .feed(exchange.opened->text,
                           [&](const mcp::SseEvent& event) {
                             if (event.name == "endpoint") {
                               known_["{door}"] = event.data;
                               return true;
                             }
                             Json message = check_text(event.data);
                             answers += message.contains("method") ? 0 : 1;
                             learn_from(message);
                             return true;
                           })
                     .ok();
    demand(sound, "a stream of events", exchange.opened->text);
    demand(exchange.request().method == "GET" || answers <= 1, "two answers on one stream", exchange.opened->text);
    if (!reader.last_event_id().empty()) known_["{event}"] = reader.last_event_id();
  }

  Server server_;
  mcp::McpEndpoint endpoint_;
  std::vector<HttpRoute> routes_;
  std::map<std::string, std::string> known_;
  std::vector<ExchangePtr> exchanges_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (has_mark(text)) return 0;
  Conversation conversation;
  for (size_t i = 0; i < kRequests_max && !text.empty(); ++i) conversation.request(std::string(cut(text, kBetween)));
  return 0;
}
