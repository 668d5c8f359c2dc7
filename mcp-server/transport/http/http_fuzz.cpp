// Any bytes on a connection to the real HTTP server with the MCP doors behind it. Two characters go before them: how
// the client ends ('h' says that this was all and reads to the end, 'w' waits for a first answer before it does so, 'q'
// closes without reading, 'r' resets), and how long the pieces are that it writes ('0': all at once). {session} stands
// for a session of its own, {door} for the way to an open /sse stream.
//
// The server ends every connection by itself, long before its deadlines; what comes back is a row of whole HTTP/1.1
// answers, no more of them than requests; and then nothing is left of it: no connection, no stream, no socket, no
// held byte, and somebody else is served.
#include <cstdint>
#include <filesystem>
#include <thread>

#include "mcp-server/client/sse.hpp"
#include "mcp-server/protocol/provider_fuzz.hpp"
#include "mcp-server/test_support.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"

namespace {

using namespace spreaders;
using namespace spreaders::fuzz;
using testing::RawClient;

constexpr int64_t kPatience_ms = 5'000;  // shorter than every deadline of the server
constexpr int64_t kFirstWord_ms = 20;
constexpr int64_t kBetween_ms = 1;  // between two pieces, so that the server may see them apart
constexpr size_t kPieces_max = 8;
constexpr size_t kPieceStep = 7;
constexpr size_t kRunsBetweenCounts = 64;
constexpr std::string_view kEndings = "hqrw";  // each at the place that its code has in a row of four
constexpr const char* kGood = "GET /still HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kBody = "here";

struct World {
  World() {
    endpoint.add_routes(http);
    http.route("GET", "/still",
               [](const HttpServerRequest&) { return HttpServerResponse{.body = std::string(kBody)}; });
    demand(http.start().ok(), "the server starts");
  }
  ~World() {
    endpoint.close();
    http.stop();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  Server server;
  mcp::McpEndpoint endpoint{server.mcp, {.anonymous = person(0), .sessions = {.sessions_max = 8, .deleted_max = 8}}};
  HttpServer http{{.worker_threads = 2, .body_bytes_max = 4096, .header_bytes_max = 8192, .headers_max = 20}};
};

// The fuzzer has files and pipes of its own.
size_t open_sockets() {
  auto files = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::count_if(begin(files), end(files), [](const auto& file) {
    std::error_code gone;
    return std::filesystem::read_symlink(file, gone).string().starts_with("socket:");
  }));
}

// --- what came back ------------------------------------------------------------------------------------------------

size_t count_of(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; at += what.size()) ++count;
  return count;
}

std::string_view take_line(std::string_view& text, const char* what) {
  size_t end = text.find("\r\n");
  demand(end != std::string_view::npos, what, text);
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

struct Head {
  std::string_view text;  // with the empty line
  int status = 0;
  HttpHeaders headers;
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

Head take_head(std::string_view& text) {
  const std::string_view all = text;
  Head head;
  std::string_view status = take_line(text, "a status line");
  demand(status.starts_with("HTTP/1.1 ") && status.size() > 13 && status[12] == ' ', "a status line", all);
  for (char digit : status.substr(9, 3)) demand(digit >= '0' && digit <= '9', "a status", all);
  head.status = std::atoi(std::string(status.substr(9, 3)).c_str());
  demand(head.status >= 100 && head.status < 600 && head.status != 500, "a status that may be", all);
  for (;;) {
    std::string_view line = take_line(text, "a header line");
    if (line.empty()) break;
    size_t colon = line.find(':');
    demand(colon != std::string_view::npos && colon > 0, "a header line", all);
    for (char c : line) demand(c == '\t' || (c >= ' ' && c != 127), "a header line is text", all);
    demand(line.find_first_of(" \t") > colon, "a name without spaces", all);
    head.headers.emplace_back(lower_ascii(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  }
  head.text = all.substr(0, all.size() - text.size());
  return head;
}

// The body of a stream, which may have been cut anywhere; false when it was.
bool take_chunks(std::string_view& text, std::string& body) {
  while (!text.empty()) {
    size_t end = text.find("\r\n");
    std::string_view digits = text.substr(0, end);
    demand(digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos, "the size of a chunk", text);
    if (end == std::string_view::npos) break;
    size_t size = std::strtoull(std::string(digits).c_str(), nullptr, 16);
    text.remove_prefix(end + 2);
    body += text.substr(0, size);
    if (text.size() < size + 2) break;
    demand(text.substr(size, 2) == "\r\n", "the end of a chunk", text);
    text.remove_prefix(size + 2);
    if (size == 0) return true;
  }
  text = {};
  return false;
}

void check_events(std::string_view body) {
  mcp::SseReader reader;
  bool sound = reader
                   .feed(body,
                         [](const mcp::SseEvent& event) {
                           if (event.name != "endpoint" && !event.data.empty()) check_text(event.data);
                           return true;
                         })
                   .ok();
  demand(sound, "a stream of events", body);
}

// Takes one answer off the front. False for one that is none in itself: 100 Continue.
bool take_answer(std::string_view& text, std::string_view sent) {
  const std::string_view all = text;
  Head head = take_head(text);
  if (head.status < 200) {
    demand(head.status == 100 && lower_ascii(sent).find("100-continue") != std::string::npos, "a 100 was asked for",
           all);
    return false;
  }
  bool last = lower_ascii(head.header("connection")) == "close";
  std::string body;
  if (head.header("transfer-encoding") == "chunked") {
    if (!take_chunks(text, body)) demand(text.empty(), "a stream that was cut is the last", all);
    check_events(body);
  } else if (head.header("content-length").empty()) {
    demand(last || head.status == 204 || head.status == 304, "who reads can see the end", all);
    if (head.status == 204 || head.status == 304) return true;
    check_events(text);
    text = {};
  } else {
    // libmicrohttpd 0.9.75 writes the head of a refusal of its own twice when it finds the reason after the last
    // header: a malformed Content-Length, no room for the cookies. No callback of ours runs before.
    if (last && head.status >= 400 && text.starts_with(head.text)) text.remove_prefix(head.text.size());
    size_t size = std::strtoull(head.header("content-length").c_str(), nullptr, 10);
    bool without = size > 0 && (text.empty() || text.starts_with("HTTP/1.1 "));
    if (without) {
      demand(sent.find("HEAD") != std::string_view::npos, "a body is missing", all);
    } else {
      demand(text.size() >= size, "a body is whole", all);
      if (head.header("content-type") == "application/json") check_text(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  demand(!last || text.empty(), "nothing comes after the end", all);
  return true;
}

void check_answers(std::string_view text, std::string_view sent) {
  check_private(text, kPeople[0]);
  // What is no request line is refused, and that ends the connection.
  const size_t requests = count_of(sent, "HTTP/1.") + 1;
  const std::string_view all = text;
  size_t answers = 0;
  while (!text.empty()) {
    if (take_answer(text, sent)) demand(++answers <= requests, "more answers than requests", all);
  }
}

// --- one client ----------------------------------------------------------------------------------------------------

void put(std::string& text, std::string_view name, const std::string& value) {
  for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
    text.replace(at, name.size(), value);
}

std::string new_session(uint16_t port) {
  RawClient client(port);
  auto answer = client.ask(testing::http_request(
      "POST", "/mcp",
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"f","version":"1"}}})",
      {{"Content-Type", "application/json"}}));
  demand(answer.status == 200, "a session begins", answer.body);
  return answer.header("mcp-session-id");
}

// Opens /sse; the way to its messages.
std::string open_door(RawClient& client) {
  constexpr std::string_view kBefore = "data: ";
  client.send(testing::http_request("GET", "/sse"));
  demand(client.read_until(kBefore) && client.read_until("\n\n"), "a stream opens");
  size_t from = client.buffer().find(kBefore) + kBefore.size();
  return client.buffer().substr(from, client.buffer().find('\n', from) - from);
}

void send_in_pieces(RawClient& client, std::string_view text, size_t piece) {
  for (size_t i = 1; piece > 0 && i < kPieces_max && text.size() > piece; ++i) {
    if (!client.send(text.substr(0, piece))) return;  // it was cut off, which is allowed
    text.remove_prefix(piece);
    client.more(kBetween_ms);
  }
  client.send(text);
}

void converse(World& world, char ending, size_t piece, std::string text) {
  const uint16_t port = world.http.port();
  if (text.find("{session}") != std::string::npos) put(text, "{session}", new_session(port));
  std::unique_ptr<RawClient> door;
  if (text.find("{door}") != std::string::npos) {
    door = std::make_unique<RawClient>(port);
    put(text, "{door}", open_door(*door));
  }
  RawClient client(port);
  demand(client.connected(), "it can be reached");
  send_in_pieces(client, text, piece);
  if (ending == 'q') return;
  if (ending == 'r') return client.reset();
  if (ending == 'w') client.more(kFirstWord_ms);
  client.half_close();
  demand(client.read_to_end(kPatience_ms), "neither an answer nor an end", client.buffer());
  check_answers(client.buffer(), text);
}

void check_nothing_left(World& world) {
  const int64_t until_ms = monotonic_ms() + kPatience_ms;
  for (;;) {
    auto stats = world.http.stats();
    // A handler may hold its request for a moment longer.
    if (stats.connections == 0 && stats.streams == 0 && stats.held_bytes == 0) return;
    demand(monotonic_ms() < until_ms, "something is left of a client that has gone",
           std::to_string(stats.connections) + " connections, " + std::to_string(stats.streams) + " streams, " +
               std::to_string(stats.held_bytes) + " bytes");
    std::this_thread::yield();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size < 2 || has_mark(input)) return 0;
  static const std::string first = hmac_sha256(kSigningKey, "");  // OpenSSL begins before our threads and ends after
  static World world;
  static size_t runs = 0;
  static size_t sockets = 0;
  converse(world, kEndings[data[0] % kEndings.size()], static_cast<uint8_t>(data[1] - '0') * kPieceStep,
           std::string(input.substr(2)));
  check_nothing_left(world);
  auto other = RawClient(world.http.port()).ask(kGood);
  demand(other.status == 200 && other.body == kBody, "somebody else is served", other.body);
  if (++runs % kRunsBetweenCounts != 1) return 0;
  check_nothing_left(world);
  if (sockets == 0) sockets = open_sockets();
  // The last socket is closed a moment after its connection is no longer counted.
  const int64_t until_ms = monotonic_ms() + kPatience_ms;
  while (open_sockets() > sockets) demand(monotonic_ms() < until_ms, "a socket is left");
  return 0;
}
