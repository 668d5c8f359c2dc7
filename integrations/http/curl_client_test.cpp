#include "integrations/http/curl_client.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "core/time.hpp"
#include "integrations/http/testing/scripted_server.hpp"

namespace spreaders {
namespace {

using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

HttpRequest to(const ScriptedServer& server, const std::string& path = "/") {
  HttpRequest request;
  request.url = server.url(path);
  request.trusted_address = true;
  request.timeout_ms = 5000;
  return request;
}

TEST(CurlClient, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  ScriptedServer server([](const Seen&) { return Reply::json(201, R"({"id":1})", "X-Thing: Value\r\n"); });
  CurlClient http;
  auto request = to(server, "/v1/things?a=b");
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.secret_headers = {{"X-Api-Key", Secret("hush")}};
  request.body = std::string("{\"a\":\0}", 7);
  const auto answer = http.send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, R"({"id":1})");
  EXPECT_EQ(answer->header("x-thing"), "Value");
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].line, "POST /v1/things?a=b HTTP/1.1");
  EXPECT_EQ(seen[0].header("x-api-key"), "hush");
  EXPECT_EQ(seen[0].header("content-type"), "application/json");
  EXPECT_EQ(seen[0].header("expect"), "");
  EXPECT_EQ(seen[0].header("user-agent"), "spreaders");
  EXPECT_EQ(seen[0].body, request.body);
}

TEST(CurlClient, EveryMethodArrivesAsItself) {
  ScriptedServer server([](const Seen& seen) {
    return seen.line.starts_with("HEAD") ? Reply{"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"}
                                         : Reply::json(200, "{}");
  });
  CurlClient http;
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    auto request = to(server);
    request.method = method;
    const auto answer = http.send(request);
    ASSERT_TRUE(answer.ok()) << method << answer.error().message;
    const auto seen = server.seen().back();
    EXPECT_TRUE(seen.line.starts_with(std::string(method) + " ")) << seen.line;
    EXPECT_EQ(seen.header("content-type"), "") << method;
  }
  EXPECT_EQ(server.connections(), 1) << "the connection is kept";
}

TEST(CurlClient, AnyStatusIsASuccessAndRedirectsAreNotFollowed) {
  ScriptedServer server([](const Seen&) { return Reply::json(302, "{}", "Location: /elsewhere\r\n"); });
  CurlClient http;
  const auto answer = http.send(to(server));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(CurlClient, NothingListeningIsUnavailable) {
  std::string url;
  {
    ScriptedServer gone([](const Seen&) { return Reply{}; });
    url = gone.url("/path?token=hush");
  }
  CurlClient http;
  const auto answer = http.send({.method = "POST", .url = url, .trusted_address = true});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_EQ(answer.error().text().find("hush"), std::string::npos);
}

TEST(CurlClient, LostAnswerIsOutcomeUnknownAndNamesNoSecret) {
  ScriptedServer server([](const Seen&) { return Reply{.bytes = "", .close = true}; });
  CurlClient http;
  auto request = to(server, "/send?token=hush1");
  request.method = "POST";
  request.secret_headers = {{"Authorization", Secret("Bearer hush2")}};
  const auto answer = http.send(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kOutcomeUnknown);
  EXPECT_EQ(answer.error().text().find("hush"), std::string::npos);
  EXPECT_EQ(server.seen().size(), 1U);
}

// libcurl would silently send the POST again on a new connection when a kept one dies after the request went out.
TEST(CurlClient, KeptConnectionThatDiesDoesNotRepeatAPost) {
  ScriptedServer server([](const Seen& seen) {
    return seen.number == 0 ? Reply::json(200, "{}") : seen.number == 1 ? Reply{.close = true} : Reply::json(200, "{}");
  });
  CurlClient http;
  auto request = to(server);
  request.method = "POST";
  ASSERT_TRUE(http.send(request).ok());
  const auto second = http.send(request);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kOutcomeUnknown);
  EXPECT_EQ(server.seen().size(), 2U);
}

TEST(CurlClient, KeptConnectionThatDiesMayRepeatAGet) {
  ScriptedServer server(
      [](const Seen& seen) { return seen.number == 1 ? Reply{.close = true} : Reply::json(200, "{}"); });
  CurlClient http;
  ASSERT_TRUE(http.send(to(server)).ok());
  EXPECT_TRUE(http.send(to(server)).ok());
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(CurlClient, CutBodyIsOutcomeUnknown) {
  ScriptedServer server(
      [](const Seen&) { return Reply{.bytes = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", .close = true}; });
  CurlClient http;
  const auto answer = http.send(to(server));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kOutcomeUnknown);
}

TEST(CurlClient, TimeoutsAndIdleLimits) {
  ScriptedServer server([](const Seen&) { return Reply{.bytes = "HTTP/1.1 200 OK\r\n", .hold = true}; });
  CurlClient http;
  auto slow = to(server);
  slow.timeout_ms = 150;
  auto idle = to(server);
  idle.idle_timeout_ms = 150;
  for (const auto& request : {slow, idle}) {
    const int64_t began_ms = monotonic_ms();
    const auto answer = http.send(request);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Code::kOutcomeUnknown);
    EXPECT_LT(monotonic_ms() - began_ms, 2000);
  }
}

TEST(CurlClient, StopTokenEndsACallAtOnce) {
  ScriptedServer server([](const Seen&) { return Reply{.hold = true}; });
  CurlClient http;
  std::stop_source source;
  auto request = to(server);
  request.stop = source.get_token();
  std::jthread stopper([&] {
    while (server.seen().empty()) std::this_thread::yield();
    source.request_stop();
  });
  const int64_t began_ms = monotonic_ms();
  const auto answer = http.send(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kCancelled);
  EXPECT_LT(monotonic_ms() - began_ms, 900) << "the waiting call was not woken";
}

TEST(CurlClient, StreamsPiecesAndStopsWhenTheReceiverSaysSo) {
  ScriptedServer server([](const Seen&) { return Reply::stream("data: 1\n\ndata: 2\n\n"); });
  CurlClient http;
  std::string got;
  auto request = to(server);
  request.on_data = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  const auto answer = http.send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(got, "data: 1\n\ndata: 2\n\n");
  EXPECT_EQ(answer->body, "");
  request.on_data = [](std::string_view) { return false; };
  const auto stopped = http.send(request);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
}

TEST(CurlClient, TellsTheHeadBeforeTheBody) {
  ScriptedServer server([](const Seen&) {
    return Reply{
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 X\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno"};
  });
  CurlClient http;
  std::string order;
  auto request = to(server);
  request.on_head = [&](const HttpResponse& head) {
    order += std::to_string(head.status) + " " + std::string(head.header("content-type")) + ";";
    return true;
  };
  request.on_data = [&](std::string_view piece) {
    order += piece;
    return true;
  };
  const auto answer = http.send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(order, "404 text/plain;no");
  order.clear();
  request.on_head = [](const HttpResponse&) { return false; };
  EXPECT_EQ(http.send(request).error().code, Code::kCancelled);
  EXPECT_EQ(order, "");
}

TEST(CurlClient, LimitsTheAnswer) {
  ScriptedServer server([](const Seen& seen) {
    return seen.line.find("headers") != std::string::npos
               ? Reply::json(200, "{}", "X-Long: " + std::string(5000, 'a') + "\r\n")
               : Reply::json(200, std::string(5000, 'a'));
  });
  CurlClient http({.header_bytes_max = 4000});
  auto request = to(server);
  request.response_bytes_max = 4999;
  EXPECT_EQ(http.send(request).error().code, Code::kOutcomeUnknown);
  request.response_bytes_max = 5000;
  EXPECT_TRUE(http.send(request).ok());
  EXPECT_FALSE(http.send(to(server, "/headers")).ok());
}

TEST(CurlClient, CompressedAnswersAreUnpackedWithinTheLimit) {
  // gzip of 4096 letters "a"
  const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed,
                                  0xc1, 0x01, 0x0d, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d,
                                  0x0e, 0x37, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x80, 0x77, 0x03, 0x10, 0xb8, 0x31, 0x21, 0x00, 0x10, 0x00, 0x00};
  const std::string body(reinterpret_cast<const char*>(packed), sizeof packed);
  ScriptedServer server(
      [&](const Seen&) { return Reply::with(200, body, "text/plain", "content-encoding: gzip\r\n"); });
  CurlClient http;
  auto request = to(server);
  request.response_bytes_max = 1000;
  EXPECT_FALSE(http.send(request).ok()) << "the limit counts unpacked bytes";
}

TEST(CurlClient, RefusesHeadersThatCouldSplitTheRequest) {
  CurlClient http;
  HttpRequest request{.url = "https://example.com/"};
  request.headers = {{"X-A", "b\r\nX-C: d"}, {"Bad Name", "x"}, {"Content-Length", "3"}};
  request.secret_headers = {{"Authorization", Secret("hush\nX: y")}};
  const auto answer = http.send(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kInvalidArgument);
  EXPECT_EQ(answer.error().issues.size(), 4U);
  EXPECT_EQ(answer.error().text().find("hush"), std::string::npos);
}

// An untrusted request must not ride on a loopback connection which a trusted one opened and left in the pool.
TEST(CurlClient, TrustedConnectionsAreNeverLentToUntrustedRequests) {
  ScriptedServer server([](const Seen&) { return Reply::json(200, "{}"); });
  CurlClient http;
  ASSERT_TRUE(http.send(to(server)).ok());
  auto request = to(server);
  request.trusted_address = false;
  const auto answer = http.send(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kPermissionDenied);
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(CurlClient, ManyThreadsShareABoundedPool) {
  ScriptedServer server([](const Seen& seen) { return Reply::json(200, seen.header("x-number")); });
  CurlClient http({.handles_max = 4, .idle_handles_max = 2});
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 25; ++i) {
          auto request = to(server);
          const std::string number = std::to_string(thread * 100 + i);
          request.headers = {{"X-Number", number}};
          const auto answer = http.send(request);
          if (answer.ok() && answer->body == number) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 200);
  EXPECT_LT(server.connections(), 200) << "connections are kept";
}

TEST(CurlClient, FullPoolIsUnavailableAfterTheConnectTimeout) {
  ScriptedServer server([](const Seen&) { return Reply{.hold = true}; });
  CurlClient http({.handles_max = 1});
  std::stop_source source;
  std::jthread first([&] {
    auto request = to(server);
    request.stop = source.get_token();
    (void)http.send(request);
  });
  while (server.seen().empty()) std::this_thread::yield();
  auto request = to(server);
  request.connect_timeout_ms = 50;
  const auto answer = http.send(request);
  source.request_stop();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace spreaders
