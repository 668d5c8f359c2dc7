// Clients that take their time or take too much: each limit of HttpServerOptions ends them, and nobody else.
// Sizes of bodies and headers, the queue and the drain: server_test.cpp.
#include <atomic>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "mcp-server/test_support.hpp"
#include "mcp-server/transport/http/server.hpp"
#include "mcp-server/transport/worker_pool.hpp"

namespace spreaders {
namespace {

using testing::eventually;
using testing::http_request;
using testing::RawClient;

constexpr size_t kBigAnswer_bytes = 32 * 1024 * 1024;  // more than the sockets of both sides take

class LimitsTest : public ::testing::Test {
 protected:
  void start(HttpServerOptions options) {
    server = std::make_unique<HttpServer>(std::move(options));
    server->route("GET", "/hello", [](const HttpServerRequest&) { return HttpServerResponse{.body = "hello"}; });
    server->route("POST", "/echo",
                  [](const HttpServerRequest& request) { return HttpServerResponse{.body = request.body}; });
    server->route("POST", "/size", [](const HttpServerRequest& request) {
      return HttpServerResponse{.body = std::to_string(request.body.size())};
    });
    server->route("GET", "/big", [](const HttpServerRequest&) {
      return HttpServerResponse{.body = std::string(kBigAnswer_bytes, 'x')};
    });
    server->route_exchange("GET", "/wait", [this](const HttpExchangePtr& exchange) {
      exchange->on_closed([this] { ++hung_up; });
      ++waiting;
      eventually([this] { return released.load(); });
      exchange->respond({.body = "released"});
    });
    server->route_exchange("GET", "/stream", [this](const HttpExchangePtr& exchange) {
      std::lock_guard lock(mutex);
      streams.push_back(exchange->stream({.headers = {{"content-type", "text/event-stream"}}}));
    });
    auto started = server->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  void TearDown() override {
    released = true;
    std::lock_guard lock(mutex);
    streams.clear();
  }
  // The server has looked after its connections for so long.
  static void pass(int64_t time_ms) {
    int64_t until_ms = monotonic_ms() + time_ms;
    ASSERT_TRUE(eventually([&] { return monotonic_ms() > until_ms; }));
  }
  // Sends `piece` again and again; how much went out until the server hung up, 0 when it never did.
  static size_t drip(RawClient& client, const std::string& piece, int64_t pause_ms) {
    int64_t until_ms = monotonic_ms() + testing::kDeadline_ms;
    size_t sent = 0;
    while (monotonic_ms() < until_ms) {
      if (!client.send(piece)) return sent;
      sent += piece.size();
      if (pause_ms > 0 && client.more(pause_ms)) return sent;  // an answer: it was refused
    }
    return 0;
  }

  std::mutex mutex;
  std::vector<HttpStreamPtr> streams;
  std::atomic<int> waiting{0};
  std::atomic<int> hung_up{0};
  std::atomic<bool> released{false};
  std::unique_ptr<HttpServer> server;  // last: stops first
};

TEST_F(LimitsTest, HeadersThatDripInAreCutThoughTheyNeverPause) {
  start({.header_timeout_ms = 300});
  RawClient good(server->port());
  RawClient slow(server->port());
  slow.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nx: ");
  EXPECT_GT(drip(slow, "y", 10), 0U);
  EXPECT_EQ(RawClient(server->port()).ask(http_request("GET", "/hello")).body, "hello");
}

TEST_F(LimitsTest, ASecondRequestOnAConnectionDripsNoLonger) {
  start({.idle_timeout_ms = 500});
  RawClient client(server->port());
  EXPECT_EQ(client.ask(http_request("GET", "/hello")).body, "hello");
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nx: ");
  EXPECT_GT(drip(client, "y", 10), 0U);
}

TEST_F(LimitsTest, BodiesThatDripInAreCut) {
  start({.body_timeout_ms = 300});
  RawClient whole(server->port());
  whole.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_GT(drip(whole, "y", 10), 0U);
  RawClient chunked(server->port());
  chunked.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_GT(drip(chunked, "1\r\ny\r\n", 10), 0U);
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST_F(LimitsTest, ABodyWithoutEndIsLeftWaitingThenCut) {
  start({.body_bytes_max = 1000, .overrun_hold_ms = 300});
  const int64_t begin_ms = monotonic_ms();
  RawClient endless(server->port());
  endless.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const size_t sent = drip(endless, "10000\r\n" + std::string(65536, 'y') + "\r\n", 0);
  EXPECT_GT(sent, 1024U * 1024) << "a little more is read, for the sake of a proper answer";
  EXPECT_LT(sent, 16U * 1024 * 1024);
  EXPECT_GE(monotonic_ms() - begin_ms, 300);
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
  EXPECT_EQ(server->stats().held_bytes, 0U);
}

TEST_F(LimitsTest, StopsWhileABodyWithoutEndWaits) {
  start({.body_bytes_max = 1000, .overrun_hold_ms = 600'000});
  RawClient endless(server->port());
  endless.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece = "10000\r\n" + std::string(65536, 'y') + "\r\n";
  for (int i = 0; i < 20; ++i) endless.send(piece);
  const int64_t begin_ms = monotonic_ms();
  server->stop();
  EXPECT_LT(monotonic_ms() - begin_ms, testing::kDeadline_ms);
}

// Whatever came last, nothing is left suspended, which libmicrohttpd would not survive.
TEST_F(LimitsTest, StopsInTheMiddleOfRequests) {
  const std::string piece = "10000\r\n" + std::string(65536, 'y') + "\r\n";
  const std::string head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (uint64_t round = 0; round < 40; ++round) {
    start({.body_bytes_max = 1000, .overrun_hold_ms = 600'000, .drain_timeout_ms = 20});
    std::vector<std::unique_ptr<RawClient>> clients;
    std::vector<std::thread> senders;
    for (int i = 0; i < 4; ++i) {
      auto& client = *clients.emplace_back(std::make_unique<RawClient>(server->port()));
      const bool endless = i % 2 == 0;
      senders.emplace_back([&client, &piece, &head, endless] {
        if (endless) client.send(head);
        while (client.send(endless ? piece : http_request("GET", "/hello"))) continue;
      });
    }
    EXPECT_TRUE(eventually([&] { return server->stats().requests >= round * 5; }));
    server->stop();
    for (auto& client : clients) client->half_close();  // a send may still wait for room that nobody makes
    for (auto& sender : senders) sender.join();
  }
}

TEST_F(LimitsTest, TheTimeForABodyIsNotTheTimeForAnAnswer) {
  start({.header_timeout_ms = 200, .body_timeout_ms = 200, .response_timeout_ms = 200});
  RawClient client(server->port());
  client.send(http_request("GET", "/wait"));
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  pass(1500);
  EXPECT_EQ(hung_up, 0);
  released = true;
  EXPECT_EQ(client.answer().body, "released");
}

TEST_F(LimitsTest, AConnectionThatSaysNothingIsClosed) {
  start({.idle_timeout_ms = 300});
  RawClient client(server->port());
  EXPECT_EQ(client.ask(http_request("GET", "/hello")).body, "hello");
  EXPECT_TRUE(client.read_to_end());
}

TEST_F(LimitsTest, AnAnswerThatNobodyReadsIsCut) {
  start({.response_timeout_ms = 2000});  // long enough for the good one on a busy machine
  RawClient slow(server->port(), 4096);
  slow.send(http_request("GET", "/big"));
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0 && server->stats().requests == 1; }));
  RawClient good(server->port());
  EXPECT_EQ(good.ask(http_request("GET", "/big")).body.size(), kBigAnswer_bytes);
}

TEST_F(LimitsTest, EndlessHeaderLinesCostNoMemory) {
  start({.header_bytes_max = 16 * 1024});
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "x: y\r\n";
  size_t sent = drip(client, lines, 0);
  EXPECT_GT(sent, 0U) << "it was read to the end";
  EXPECT_LT(sent, size_t{16} * 1024 * 1024) << "beyond what the sockets hold";
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST_F(LimitsTest, ConnectionsInAll) {
  start({.connections_max = 2});
  auto first = std::make_unique<RawClient>(server->port());
  RawClient second(server->port());
  EXPECT_EQ(first->ask(http_request("GET", "/hello")).status, 200);
  EXPECT_EQ(second.ask(http_request("GET", "/hello")).status, 200);
  RawClient third(server->port());
  third.send(http_request("GET", "/hello"));
  EXPECT_FALSE(third.more(200)) << "there is no room";
  EXPECT_EQ(second.ask(http_request("GET", "/hello")).status, 200) << "who is in stays in";
  first.reset();
  EXPECT_EQ(third.answer().status, 200) << "one has left";
}

TEST_F(LimitsTest, TheSoftLimitOfDescriptorsGivesWayToConnections) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  if (before.rlim_max < 1000) GTEST_SKIP() << "NOT RUN: the hard limit is " << before.rlim_max << " descriptors";
  rlimit low = before;
  low.rlim_cur = 128;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  start({.connections_max = 400});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {  // both ends are ours, so that is 400 descriptors
    clients.push_back(std::make_unique<RawClient>(server->port()));
    EXPECT_EQ(clients.back()->ask(http_request("GET", "/hello")).status, 200) << i;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(LimitsTest, StreamsInAll) {
  start({.streams_max = 1});
  RawClient first(server->port());
  first.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return server->stats().streams == 1; }));
  auto refused = RawClient(server->port()).ask(http_request("GET", "/stream"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_FALSE(refused.header("retry-after").empty());
  EXPECT_EQ(RawClient(server->port()).ask(http_request("GET", "/hello")).status, 200) << "the rest goes on";
  first.close();
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 0; }));
}

constexpr const char* kElsewhere = "127.0.0.2";

TEST_F(LimitsTest, StreamsOfOneAddress) {
  start({.streams_per_address_max = 1});
  RawClient first(server->port(), 0, kElsewhere);
  first.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return server->stats().streams == 1; }));
  EXPECT_EQ(RawClient(server->port(), 0, kElsewhere).ask(http_request("GET", "/stream")).status, 503);
  RawClient other(server->port());
  other.send(http_request("GET", "/stream"));
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 2; }));
  first.close();
  ASSERT_TRUE(eventually([&] { return server->stats().streams == 1; }));
  RawClient again(server->port(), 0, kElsewhere);
  again.send(http_request("GET", "/stream"));
  EXPECT_TRUE(eventually([&] { return server->stats().streams == 2; }));
}

TEST_F(LimitsTest, BodiesThatAreHeldByOneAddress) {
  start({.held_bytes_per_address_max = 100'000});
  const std::string body(60'000, 'b');
  const std::string request = http_request("POST", "/size", body);
  const std::string most = request.substr(0, request.size() - 1);
  RawClient first(server->port(), 0, kElsewhere);
  first.send(most);
  ASSERT_TRUE(eventually([&] { return server->stats().held_bytes == body.size() - 1; }));
  auto refused = RawClient(server->port(), 0, kElsewhere).ask(request);
  EXPECT_EQ(refused.status, 503) << "the two are more than one address may leave lying";
  EXPECT_FALSE(refused.header("retry-after").empty());
  EXPECT_EQ(RawClient(server->port()).ask(request).body, "60000") << "another address has its own room";
  EXPECT_EQ(first.ask("b").body, "60000") << "who was first is served";
  EXPECT_TRUE(eventually([&] { return server->stats().held_bytes == 0; }));
  EXPECT_EQ(RawClient(server->port(), 0, kElsewhere).ask(request).body, "60000") << "there is room again";
}

TEST_F(LimitsTest, BodiesThatAreHeldInAll) {
  start({.held_bytes_max = 100'000});
  const std::string request = http_request("POST", "/size", std::string(60'000, 'b'));
  RawClient first(server->port(), 0, kElsewhere);
  first.send(request.substr(0, request.size() - 1));
  ASSERT_TRUE(eventually([&] { return server->stats().held_bytes > 0; }));
  EXPECT_EQ(RawClient(server->port()).ask(http_request("POST", "/size", std::string(30'000, 'b'))).status, 200);
  EXPECT_EQ(RawClient(server->port()).ask(request).status, 503) << "there is no room for both";
  first.close();
  EXPECT_TRUE(eventually([&] { return server->stats().held_bytes == 0; }));
}

TEST_F(LimitsTest, AnswersThatOneAddressDoesNotRead) {
  start({.held_bytes_per_address_max = kBigAnswer_bytes + 1000});
  RawClient slow(server->port(), 4096, kElsewhere);
  slow.send(http_request("GET", "/big"));
  ASSERT_TRUE(eventually([&] { return server->stats().held_bytes == kBigAnswer_bytes; }));
  EXPECT_EQ(RawClient(server->port(), 0, kElsewhere).ask(http_request("GET", "/big")).status, 503);
  EXPECT_EQ(RawClient(server->port(), 0, kElsewhere).ask(http_request("GET", "/hello")).body, "hello");
  EXPECT_EQ(RawClient(server->port()).ask(http_request("GET", "/big")).body.size(), kBigAnswer_bytes);
  slow.close();
  EXPECT_TRUE(eventually([&] { return server->stats().held_bytes == 0; }));
}

TEST_F(LimitsTest, StreamTextThatNobodyReads) {
  start({.held_bytes_per_address_max = 20'000});
  RawClient slow(server->port(), 4096, kElsewhere);
  slow.send(http_request("GET", "/stream"));
  ASSERT_TRUE(eventually([&] { return server->stats().streams == 1; }));
  const std::string text(10'000, 's');
  EXPECT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return !streams[0]->push(text);
  }));
  EXPECT_EQ(server->stats().slow_readers_cut, 1U);
  EXPECT_TRUE(eventually([&] { return server->stats().held_bytes == 0 && server->stats().streams == 0; }));
}

TEST(WorkerPoolTest, OwnersTakeTurnsAndNoneFillsTheQueue) {
  WorkerPool pool({.threads = 1, .queue_max = 8});
  std::atomic<bool> begun{false};
  std::atomic<bool> go{false};
  ASSERT_TRUE(pool.submit([&] {
    begun = true;
    eventually([&] { return go.load(); });
  }));
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  auto many = std::make_shared<int>(1);
  auto few = std::make_shared<int>(2);
  std::string order;
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(pool.submit([&] { order += 'm'; }, many));
  EXPECT_FALSE(pool.submit([&] { order += 'x'; }, many)) << "three quarters are its share";
  EXPECT_TRUE(pool.submit([&] { order += 'f'; }, few));
  EXPECT_TRUE(pool.submit([&] { order += 'f'; }, few));
  EXPECT_FALSE(pool.submit([&] { order += 'x'; }, few)) << "full";
  go = true;
  EXPECT_TRUE(pool.wait_idle(testing::kDeadline_ms));
  EXPECT_EQ(order, "mfmfmmmm");
}

TEST_F(LimitsTest, StopWaitsNoLongerThanItsTimeForTheClient) {
  start({.drain_timeout_ms = 200});
  RawClient client(server->port());
  client.send(http_request("GET", "/wait"));
  ASSERT_TRUE(eventually([&] { return waiting == 1; }));
  std::thread stopping([&] { server->stop(); });
  // After the drain time the client is let go, and the handler hears of it and ends.
  EXPECT_TRUE(eventually([&] { return hung_up == 1; }));
  EXPECT_TRUE(client.read_to_end());
  released = true;
  stopping.join();
}

}  // namespace
}  // namespace spreaders
