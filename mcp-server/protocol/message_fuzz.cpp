// Any JSON as a message and as the `_meta` of one, in both eras: each request gets one answer, which is valid, and
// nobody reads anything of somebody else.
//   byte 0: which method, bit 7: the whole message is the input; byte 1: who, era; then JSON
#include <cstdint>

#include "mcp-server/protocol/provider_fuzz.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;

constexpr const char* kMethods[] = {
    "tools/call",           "tools/list",   "resources/list",           "resources/read",
    "prompts/get",          "prompts/list", "completion/complete",      "server/discover",
    "initialize",           "ping",         "logging/setLevel",         "resources/subscribe",
    "subscriptions/listen", "tasks/get",    "resources/templates/list", "resources/unsubscribe"};

void run(Server& server, mcp::Message message, const Principal& caller, bool legacy, bool streams) {
  mcp::RequestInfo info{.client = {}, .principal = caller};
  if (legacy) {
    info.peer = std::make_shared<mcp::Peer>(caller);
    auto client = mcp::McpServer::negotiate(message);
    if (auto* state = std::get_if<mcp::ClientState>(&client)) info.client = *state;
    else
      info.client = {
          .era = mcp::Era::kLegacy, .revision = std::string(mcp::kLegacyNewest), .capabilities = Json::object()};
    info.peer->set_client(info.client);
    server.mcp.attach(info.peer);
  } else {
    auto client = mcp::McpServer::read_modern(message);
    if (auto* error = std::get_if<mcp::RpcError>(&client))
      return check_message(check_text(jsonrpc::error_text(message.id, *error)));
    info.client = std::get<mcp::ClientState>(client);
  }
  auto peer = info.peer;
  auto outlet = std::make_shared<Outlet>(caller.id, streams);
  std::string id = to_text(*message.id);
  std::weak_ptr<Outlet> held = outlet;
  server.mcp.request(std::move(message), std::move(info), outlet);
  if (outlet->answers == 0) {
    // Waiting is for listen streams and for questions to a session's client; an answer to a question brings the rest.
    demand(streams && outlet.use_count() > 1, "a request without an answer");
    if (peer) {
      server.mcp.response(
          std::get<mcp::Message>(jsonrpc::parse(
              {{"jsonrpc", "2.0"}, {"id", "ask-1"}, {"result", {{"action", "accept"}, {"content", Json::object()}}}})),
          peer);
    }
    server.mcp.close();
  }
  if (outlet->answers == 1) demand(to_text(outlet->answer["id"]) == id, "the answer has another id");
  if (peer) peer->close();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || has_mark({reinterpret_cast<const char*>(data), size})) return 0;
  auto json = parse_json({reinterpret_cast<const char*>(data) + 2, size - 2});
  if (!json) return 0;
  if ((data[0] & 0x80) == 0) {
    json = Json{{"jsonrpc", "2.0"}, {"id", 7}, {"method", kMethods[data[0] % std::size(kMethods)]}, {"params", *json}};
  }
  auto parsed = jsonrpc::parse(*std::move(json));
  if (const auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) {
    check_text(jsonrpc::error_text(refused->id, refused->error));
    return 0;
  }
  auto& message = std::get<mcp::Message>(parsed);
  Server server;
  const Principal caller = person(data[1] & 1);
  bool legacy = (data[1] & 2) != 0;
  if (message.kind == jsonrpc::Kind::kRequest) {
    run(server, std::move(message), caller, legacy, (data[1] & 4) != 0);
  } else {
    auto peer = std::make_shared<mcp::Peer>(caller);
    if (message.kind == jsonrpc::Kind::kNotification) server.mcp.notification(message, peer);
    else demand(!server.mcp.response(std::move(message), peer), "nothing was asked");
  }
  return 0;
}
