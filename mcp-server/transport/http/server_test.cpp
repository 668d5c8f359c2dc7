#include "mcp-server/transport/http/server.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "mcp-server/test_support.hpp"
#include "mcp-server/transport/http/origin.hpp"

namespace spreaders {
namespace {

using testing::eventually;
using testing::http_request;
using testing::RawClient;

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpServerOptions options) {
    server = std::make_unique<HttpServer>(std::move(options));
    server->route("GET", "/hello", [](const HttpServerRequest& request) {
      const auto* name = request.query_value("name");
      return HttpServerResponse{.body = "hello " + (name != nullptr ? *name : std::string("you"))};
    });
    server->route("POST", "/echo",
                  [](const HttpServerRequest& request) { return HttpServerResponse{.body = request.body}; });
    server->route("POST", "/echo/small",
                  [](const HttpServerRequest& request) { return HttpServerResponse{.body = request.body}; },
                  {.body_bytes_max = 10});
    server->route_exchange("GET", "/forget", [](const HttpExchangePtr&) {});
    server->route_exchange("GET", "/block", [this](const HttpExchangePtr& exchange) {
      ++blocked;
      eventually([this] { return released.load(); });
      exchange->respond({.body = "released"});
    });
    server->route_exchange("GET", "/stream", [this](const HttpExchangePtr& exchange) {
      std::lock_guard lock(mutex);
      stream = exchange->stream({.headers = {{"content-type", "text/event-stream"}}});
    });
    auto started = server->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  void TearDown() override {
    released = true;
    std::lock_guard lock(mutex);
    stream.reset();
  }
  HttpStreamPtr opened() {
    std::lock_guard lock(mutex);
    return stream;
  }

  std::mutex mutex;
  HttpStreamPtr stream;
  std::atomic<int> blocked{0};
  std::atomic<bool> released{false};
  std::unique_ptr<HttpServer> server;  // last: stops first
};

TEST_F(HttpServerTest, ServesRoutesAndNamesWhatIsMissing) {
  start({});
  RawClient client(server->port());
  EXPECT_EQ(client.ask(http_request("GET", "/hello?name=a%20b+c")).body, "hello a b c");
  EXPECT_EQ(client.ask(http_request("GET", "/hello/deeper")).body, "hello you");
  EXPECT_EQ(client.ask(http_request("GET", "/hellox")).status, 404);
  auto wrong = client.ask(http_request("DELETE", "/hello"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET");
  client.send(http_request("HEAD", "/hello"));
  auto head = client.answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "9");
  EXPECT_EQ(client.ask(http_request("POST", "/echo", "text")).body, "text");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start({});
  RawClient client(server->port());
  client.send(http_request("POST", "/echo", "one") + http_request("POST", "/echo", "two") +
              http_request("GET", "/hello"));
  EXPECT_EQ(client.answer().body, "one");
  EXPECT_EQ(client.answer().body, "two");
  EXPECT_EQ(client.answer().body, "hello you");
}

TEST_F(HttpServerTest, RefusesBodiesOverTheLimit) {
  start({.body_bytes_max = 1000});
  std::string big(1001, 'x');
  EXPECT_EQ(RawClient(server->port()).ask(http_request("POST", "/echo", big)).status, 413);
  EXPECT_EQ(RawClient(server->port()).ask(http_request("POST", "/echo/small", "12345678901")).status, 413);
  std::string chunked = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(RawClient(server->port()).ask(chunked + "3e9\r\n" + big + "\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(RawClient(server->port()).ask(chunked + "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").body, "abcdefg");
}

TEST_F(HttpServerTest, CutsAnEndlessChunkedBody) {
  start({.body_bytes_max = 1000});
  RawClient client(server->port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  bool open = true;
  for (int i = 0; i < 3200 && open; ++i) open = client.send(chunk);
  EXPECT_FALSE(open) << "200 MiB were read";
}

TEST_F(HttpServerTest, RefusesAmbiguousAndUnwantedRequests) {
  start({});
  auto status = [&](const std::string& request) { return RawClient(server->port()).ask(request).status; };
  EXPECT_EQ(
      status("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400);
  EXPECT_EQ(status("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"), 400);
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(status("TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  std::string lines;
  for (int i = 0; i < 101; ++i) lines += "x-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"), 431);
  int big = status("GET /hello HTTP/1.1\r\nHost: a\r\nx: " + std::string(64 * 1024, 'y') + "\r\n\r\n");
  EXPECT_TRUE(big == 431 || big == 413 || big == 0) << big;
}

// What libmicrohttpd refuses after the headers it answers with two heads, so these are ours.
TEST_F(HttpServerTest, RefusesWithOneHead) {
  start({});
  struct {
    const char* request;
    int status;
  } const cases[] = {
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nx: y\r\n\r\n", 400},
      {"GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /hello?name=a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400}};
  for (const auto& [request, status] : cases) {
    RawClient client(server->port());
    client.send(request);
    client.half_close();
    EXPECT_EQ(client.answer().status, status) << request;
    client.read_to_end();
    EXPECT_EQ(client.buffer(), "") << request;
  }
  EXPECT_EQ(RawClient(server->port()).ask("GET /hello HTTP/1.0\r\n\r\n").status, 200) << "HTTP/1.0 knows no Host";
}

// libmicrohttpd keeps query parameters beside the headers. Where they do not fit it neither answers nor closes, unless
// no other connection is older.
TEST_F(HttpServerTest, CutsAQueryThatDoesNotFit) {
  start({.header_bytes_max = 8192, .header_timeout_ms = 60'000});
  RawClient older(server->port());
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a&";
  for (const auto& query : {many, "a=" + std::string(7900, 'b'), "a&b&c=" + std::string(8000, 'd')}) {
    RawClient client(server->port());
    client.send(http_request("GET", "/hello?" + query));
    EXPECT_TRUE(client.more() || client.read_to_end()) << query.size();
  }
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  for (const auto& query : {std::string(50, '&') + "name=x", "name=" + std::string(4000, 'x')})
    EXPECT_EQ(RawClient(server->port()).ask(http_request("GET", "/hello?" + query)).status, 200) << query.size();
}

TEST_F(HttpServerTest, AnswersBusyWhenTheQueueIsFull) {
  start({.worker_threads = 1, .queue_max = 1});
  RawClient first(server->port());
  first.send(http_request("GET", "/block"));
  ASSERT_TRUE(eventually([&] { return blocked == 1; }));
  RawClient second(server->port());
  second.send(http_request("GET", "/block"));
  // The second waits in the queue, so one of the next gets 503.
  ASSERT_TRUE(eventually([&] {
    RawClient third(server->port());
    third.send(http_request("GET", "/hello"));
    if (!third.more(100)) return false;
    auto answer = third.answer();
    return answer.status == 503 && !answer.header("retry-after").empty();
  }));
  released = true;
  EXPECT_EQ(first.answer().body, "released");
  EXPECT_EQ(second.answer().body, "released");
}

TEST_F(HttpServerTest, AnExchangeWithoutAnAnswerIsA500) {
  start({});
  EXPECT_EQ(RawClient(server->port()).ask(http_request("GET", "/forget")).status, 500);
}

TEST_F(HttpServerTest, StreamsFromAnotherThreadAndEnds) {
  start({});
  RawClient client(server->port());
  client.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return opened() != nullptr; }));
  EXPECT_TRUE(opened()->push("data: one\n\n"));
  ASSERT_TRUE(client.read_until("data: one\n\n"));
  EXPECT_EQ(server->stats().streams, 1U);
  EXPECT_TRUE(opened()->push("data: two\n\n"));
  opened()->close();
  EXPECT_NE(client.answer().body.find("data: two"), std::string::npos);
  EXPECT_FALSE(opened()->push("data: three\n\n"));
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 0; }));
}

TEST_F(HttpServerTest, NoticesAClientThatHangsUpOnAQuietStream) {
  start({});
  RawClient client(server->port());
  client.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return opened() != nullptr; }));
  opened()->push("data: one\n\n");
  ASSERT_TRUE(client.read_until("one"));
  client.close();
  EXPECT_TRUE(eventually([&] { return opened()->closed(); }));
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 0 && server->stats().connections == 0; }));
}

TEST_F(HttpServerTest, AStreamForAClientThatHasGoneTakesNoPlace) {
  std::atomic<bool> opened_closed{false};
  server = std::make_unique<HttpServer>(HttpServerOptions{});
  server->route_exchange("GET", "/late", [&](const HttpExchangePtr& exchange) {
    std::atomic<bool> gone{false};
    exchange->on_closed([&] { gone = true; });
    eventually([&] { return gone && server->stats().connections == 0; });
    opened_closed = exchange->stream({})->closed();
  });
  ASSERT_TRUE(server->start().ok());
  { RawClient(server->port()).send(http_request("GET", "/late")); }
  EXPECT_TRUE(eventually([&] { return opened_closed.load(); }));
  EXPECT_EQ(server->stats().streams, 0U);
}

// A client may say that it sends nothing more and still wait for its answer. libmicrohttpd 0.9.75 reads the end of
// input when a suspended connection goes on, and then drops the request, unless no other connection is older.
TEST_F(HttpServerTest, AnswersAClientThatHasHalfClosedItsSocket) {
  start({});
  RawClient older(server->port());
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  for (const char* more : {"", "Connection: close\r\n"}) {
    blocked = 0;
    released = false;
    RawClient client(server->port());
    client.send(std::string("GET /block HTTP/1.1\r\nHost: localhost\r\n") + more + "\r\n");
    ASSERT_TRUE(eventually([&] { return blocked == 1; }));
    client.half_close();
    released = true;
    EXPECT_EQ(client.answer().body, "released") << more;
    EXPECT_TRUE(client.read_to_end());
  }
}

// Under edge-triggered epoll libmicrohttpd 0.9.75 misses an end of input that comes together with the bytes before it.
TEST_F(HttpServerTest, NoticesAnEndOfInputThatComesWithTheLastBytes) {
  start({.header_timeout_ms = 60'000});
  for (const char* text :
       {"GET /hello HTTP/1.1\r\nHost: loc", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"}) {
    for (int i = 0; i < 50; ++i) {
      RawClient client(server->port());
      client.send(text);
      client.half_close();
      ASSERT_TRUE(client.read_to_end()) << i << ": " << text;
    }
  }
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

// libmicrohttpd visits a connection that it has closed only on an event or when it is the one idle the longest, so an
// older connection beside it shows whether the event is there.
TEST_F(HttpServerTest, FreesTheConnectionOfAClientThatHungUpBesideAnOlderOne) {
  start({});
  RawClient older(server->port());
  ASSERT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  RawClient client(server->port());
  client.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return opened() != nullptr; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 0 && server->stats().connections == 1; }));
}

TEST_F(HttpServerTest, CutsAReaderThatDoesNotRead) {
  start({.stream_buffer_bytes_max = 64 * 1024});
  RawClient client(server->port(), 4096);
  client.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return opened() != nullptr; }));
  std::string event = "data: " + std::string(8000, 'x') + "\n\n";
  bool open = true;
  for (int i = 0; i < 20'000 && open; ++i) open = opened()->push(event);
  EXPECT_FALSE(open);
  EXPECT_EQ(server->stats().slow_readers_cut, 1U);
}

TEST_F(HttpServerTest, WritesCommentsOnQuietStreams) {
  start({.keep_alive_comment_ms = 10});
  RawClient client(server->port());
  client.send(http_request("GET", "/stream"));
  EXPECT_TRUE(client.read_until(": keep-alive\n\n"));
}

TEST_F(HttpServerTest, ClosesConnectionsThatNeverFinishTheirHeaders) {
  start({.header_timeout_ms = 200});
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: loc");
  EXPECT_TRUE(client.read_to_end());
}

TEST_F(HttpServerTest, LimitsConnectionsOfOneAddress) {
  start({.connections_per_address_max = 2});
  RawClient first(server->port());
  RawClient second(server->port());
  EXPECT_EQ(first.ask(http_request("GET", "/hello")).status, 200);
  EXPECT_EQ(second.ask(http_request("GET", "/hello")).status, 200);
  RawClient third(server->port());
  third.send(http_request("GET", "/hello"));
  EXPECT_TRUE(third.read_to_end());
  EXPECT_TRUE(third.buffer().empty());
}

TEST_F(HttpServerTest, StopFinishesWhatRunsAndClosesStreams) {
  start({});
  RawClient streaming(server->port());
  streaming.send(http_request("GET", "/stream"));
  RawClient client(server->port());
  client.send(http_request("GET", "/block"));
  ASSERT_TRUE(eventually([&] { return blocked == 1 && opened() != nullptr; }));
  std::thread stopping([&] { server->stop(); });
  EXPECT_TRUE(eventually([&] { return !RawClient(server->port()).connected(); }));
  released = true;
  EXPECT_EQ(client.answer().body, "released");
  EXPECT_TRUE(streaming.read_to_end());
  stopping.join();
}

TEST(OriginTest, KnowsThisMachineAndWhatItWasTold) {
  OriginPolicy policy{.hosts = {"api.example.org"}, .origins = {"https://app.example.org"}};
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]", "[::1]:80", "API.example.org:443"}) {
    EXPECT_TRUE(host_allowed(host, policy)) << host;
  }
  for (const char* host :
       {"evil.example.com", "", "localhost:", "localhost:80x", "[::1", "localhost.evil.com", "127.0.0.1.evil.com"}) {
    EXPECT_FALSE(host_allowed(host, policy)) << host;
  }
  for (const char* origin : {"http://localhost:3000", "https://app.example.org", "http://[::1]:5"}) {
    EXPECT_TRUE(origin_allowed(origin, policy)) << origin;
  }
  for (const char* origin :
       {"null", "https://evil.example.com", "https://app.example.org.evil.com", "file://localhost"}) {
    EXPECT_FALSE(origin_allowed(origin, policy)) << origin;
  }
  EXPECT_FALSE(origin_allowed("https://evil.example.com", {.hosts = {"*"}}));
}

}  // namespace
}  // namespace spreaders
