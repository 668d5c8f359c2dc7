// The server and the client of this directory against each other, and the server against raw bytes.
#include <arpa/inet.h>
#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "core/time.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"

namespace spreaders::net {
namespace {

std::unique_ptr<HttpServer> start_server(HttpServerOptions options = {}) {
  std::vector<Route> routes;
  routes.push_back({"GET", "/", [](const Request&) { return text_response(200, "root"); }});
  routes.push_back({"GET", "/mail/{n}/html", [](const Request& request) {
                      return text_response(200, request.captures.at(0) + "|" + std::string(request.parameter("q")));
                    }});
  routes.push_back({"POST", "/echo", [](const Request& request) { return text_response(200, request.body); }});
  routes.push_back({"GET", "/away", [](const Request&) {
                      return Response{.status = 302, .headers = {{"Location", "/"}, {"X-Bad", "a\r\nX-Injected: 1"}}};
                    }});
  routes.push_back({"GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("planted"); }});
  auto server = HttpServer::start(std::move(routes), options);
  EXPECT_TRUE(server.ok()) << (server.ok() ? "" : server.error().message);
  return std::move(*server);
}

std::string url_of(const HttpServer& server, std::string_view path) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(path);
}

// Writes bytes as they are and reads until the peer closes or five seconds are over.
std::string raw(int port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(0, ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
  const timeval timeout{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<size_t>(n);
  }
  std::string answer;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) answer.append(buffer, static_cast<size_t>(n));
  ::close(fd);
  return answer;
}

TEST(Http, RoutesByMethodAndPattern) {
  const auto server = start_server();
  LoopbackClient client;
  const auto get = [&](std::string_view path) { return *client.send({.url = url_of(*server, path)}); };
  EXPECT_EQ("root", get("/").body);
  EXPECT_EQ("12|a b&c", get("/mail/12/html?x=1&q=a+b%26c").body);
  EXPECT_EQ(404, get("/mail//html").status);
  EXPECT_EQ(404, get("/mail/1/html/more").status);
  EXPECT_EQ(405, get("/echo").status);
  EXPECT_EQ(500, get("/throws").status);
  const auto echoed = client.send({.method = "POST", .url = url_of(*server, "/echo"), .body = std::string(9000, 'x')});
  EXPECT_EQ(std::string(9000, 'x'), echoed->body);
}

TEST(Http, ClientReportsRedirectsAndDropsInjectedHeaders) {
  const auto server = start_server();
  LoopbackClient client;
  const auto away = client.send({.url = url_of(*server, "/away")});
  ASSERT_TRUE(away.ok());
  EXPECT_EQ(302, away->status);
  EXPECT_EQ("/", away->header("location"));
  EXPECT_EQ("", away->header("x-injected"));
}

TEST(Http, LimitsBodiesOfEveryKind) {
  const auto server = start_server({.body_bytes_max = 1000});
  LoopbackClient client;
  const auto exact = client.send({.method = "POST", .url = url_of(*server, "/echo"), .body = std::string(1000, 'x')});
  EXPECT_EQ(200, exact->status);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  EXPECT_NE(std::string::npos,
            raw(server->port(), head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')).find(" 413 "));
  std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunked += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_NE(std::string::npos, raw(server->port(), chunked + "0\r\n\r\n").find(" 413 "));
}

TEST(Http, RefusesSmugglingForeignHostsAndForeignPages) {
  const auto server = start_server();
  // A refusal may overtake the unread body and arrive as a reset; what counts is that no handler answered.
  const auto status = [&](const std::string& text) {
    const std::string answer = raw(server->port(), text);
    return answer.empty() ? "reset" : answer.substr(9, 3);
  };
  EXPECT_NE("200", status("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_NE("200", status("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"));
  EXPECT_EQ("421", status("GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ("421", status("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ("403", status("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                          "Origin: https://shop.example\r\n\r\n"));
  EXPECT_EQ("403", status("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nOrigin: null\r\n\r\n"));
  EXPECT_EQ("200", status("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nOrigin: http://localhost:5173\r\n"
                          "Connection: close\r\n\r\n"));
}

TEST(Http, KeepsConnectionsFastAndStopsWhileTheyIdle) {
  const auto server = start_server();
  LoopbackClient client;
  const int64_t begin_ms = monotonic_ms();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ("abc", client.send({.method = "POST", .url = url_of(*server, "/echo"), .body = "abc"})->body);
  }
  EXPECT_LT(monotonic_ms() - begin_ms, 4000) << "200 POSTs wait 8.8 s when Nagle's algorithm is on";
  server->stop();
  const auto after = client.send({.url = url_of(*server, "/")});
  EXPECT_FALSE(after.ok());
  server->stop();
}

TEST(Http, ServesManyConnectionsAtOnce) {
  const auto server = start_server({.threads = 4});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      LoopbackClient client;
      const auto answer = client.send({.url = url_of(*server, "/"), .headers = {{"Connection", "close"}}});
      if (answer.ok() && answer->body == "root") ++good;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(12, good.load());
}

TEST(Http, RefusesAPortThatIsTaken) {
  const auto server = start_server();
  const auto second = HttpServer::start({}, {.port = server->port()});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(Code::kUnavailable, second.error().code);
}

TEST(Http, ClientCallsLoopbackOnly) {
  LoopbackClient client;
  for (const char* url : {"http://192.0.2.1/", "http://127.0.0.1.shop.example/", "http://0x7f.1/", "http://127.1/",
                          "http://127.0.0.1@192.0.2.1/", "http://[::2]/", "http://localhost.example/", "http:///",
                          "http://0.0.0.0/", "http://127.0.0.01/", "http://127.0.0.256/"}) {
    const auto answer = client.send({.url = url});
    ASSERT_FALSE(answer.ok()) << url;
    EXPECT_EQ(Code::kPermissionDenied, answer.error().code) << url;
  }
  EXPECT_EQ(Code::kInvalidArgument, client.send({.url = "https://127.0.0.1/"}).error().code);
  EXPECT_EQ(Code::kInvalidArgument, client.send({.url = "http://127.0.0.1:99999/"}).error().code);
  EXPECT_EQ(Code::kInvalidArgument, client.send({.url = "http://127.0.0.1/a\r\nb"}).error().code);
}

TEST(Http, ResolvesReferences) {
  const std::string base = "http://127.0.0.1:8/c/x?y=/z";
  EXPECT_EQ("http://127.0.0.1:8/shop?a=1", resolve_url(base, "/shop?a=1"));
  EXPECT_EQ("http://127.0.0.1:8/c/d", resolve_url(base, "d"));
  EXPECT_EQ("http://127.0.0.1:8/c/x?n=1", resolve_url(base, "?n=1"));
  EXPECT_EQ("http://localhost:9/", resolve_url(base, "http://localhost:9/"));
  EXPECT_EQ("http://host/p", resolve_url(base, "//host/p"));
}

TEST(Http, FormsKeepEveryByte) {
  const Pairs pairs = {{"a b", "c&d=e+f%"}, {"ü", ""}};
  EXPECT_EQ(pairs, parse_form(to_form(pairs)));
  EXPECT_EQ((Pairs{{"a", ""}, {"b", "c d"}}), parse_form("a&&b=c+d"));
}

}  // namespace
}  // namespace spreaders::net
