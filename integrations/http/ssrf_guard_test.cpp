#include "integrations/http/ssrf_guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>

#include "integrations/http/curl_client.hpp"
#include "integrations/http/testing/scripted_server.hpp"

namespace spreaders::http {
namespace {

// Every spelling of an address or host that must never be connected to. PORT becomes the tripwire's port.
const char* const kForbidden[] = {
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.1.2.3/",
    "http://127.255.255.254/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7f.0x0.0x0.0x1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://00127.0.0.1/",
    "http://0000177.0.0.01/",
    "http://127.0.0.1.:PORT/",
    "http://127.0.0.0x1/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0/",
    "http://00/",
    "http://0x0/",
    "http://0.1.2.3/",
    "http://localhost:PORT/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://a.localhost/",
    "http://foo.local/",
    "http://metadata.google.internal/",
    "http://router.lan/",
    "http://intranet/",
    "http://db/",
    "http://[::1]:PORT/",
    "http://[::1]/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:169.254.169.254]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://[fdff::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[100::1]/",
    "http://[5f00::1]/",
    "http://[2a00:1450::5efe:7f00:1]/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.255.255/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.0.1/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://425.510.425.510/",
    "http://user@127.0.0.1:PORT/",
    "http://example.com@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@example.com/",
    "http://a:b@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1/",
    "http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1/",
    "http://127\xE3\x80\x82"
    "0\xE3\x80\x82"
    "0\xE3\x80\x82"
    "1/",
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com:6379/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://example.com:080/",
    "http://example.com:/",
    "http://example.com:80a/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
    "dict://127.0.0.1:PORT/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http://",
    "http://:80/",
    "http://[::1/",
    "http://[::1]x/",
    "http://exa mple.com/",
    "http://example.com/\r\nX: y",
    "http://.example.com/",
    "http://example..com/",
    "jar:http://127.0.0.1/!/",
    "unix:///var/run/docker.sock",
};

std::string with_port(std::string url, uint16_t port) {
  const size_t at = url.find("PORT");
  if (at != std::string::npos) url.replace(at, 4, std::to_string(port));
  return url;
}

TEST(SsrfGuard, NoForbiddenSpellingReachesTheTripwire) {
  spreaders::testing::ScriptedServer tripwire([](const auto&) { return spreaders::testing::Reply::json(200, "{}"); });
  CurlClient http;
  size_t tried = 0;
  for (const char* form : kForbidden) {
    const std::string url = with_port(form, tripwire.port());
    const auto answer = http.send({.url = url, .connect_timeout_ms = 2000, .timeout_ms = 2000});
    ASSERT_FALSE(answer.ok()) << url;
    EXPECT_TRUE(answer.error().code == Code::kInvalidArgument || answer.error().code == Code::kPermissionDenied)
        << url << ": " << answer.error().message;
    ++tried;
  }
  EXPECT_GE(tried, 120U);
  EXPECT_EQ(tripwire.connections(), 0);
}

TEST(SsrfGuard, EveryForbiddenSpellingIsRefusedByItsForm) {
  for (const char* form : kForbidden) {
    EXPECT_FALSE(check_url(with_port(form, 443), Trust::kUntrusted).ok()) << form;
  }
}

// A name whose form is fine and whose DNS answer points inside: only the check of the socket's address stands in the
// way.
TEST(SsrfGuard, NamesThatResolveInsideAreRefusedWhenTheSocketOpens) {
  for (const auto& [address, range] : {std::pair{"127.0.0.1", "loopback"},
                                       {"10.0.0.7", "private"},
                                       {"169.254.169.254", "cloud metadata"},
                                       {"[::1]", "loopback"},
                                       {"[::ffff:127.0.0.1]", "IPv4-mapped"},
                                       {"[fd00:ec2::254]", "cloud metadata"}}) {
    CurlClient http({.pinned_names = {"rebind.example:8080:" + std::string(address)}});
    const auto answer = http.send({.url = "http://rebind.example:8080/?token=hush", .connect_timeout_ms = 2000});
    ASSERT_FALSE(answer.ok()) << address;
    EXPECT_EQ(answer.error().code, Code::kPermissionDenied) << address << ": " << answer.error().message;
    EXPECT_NE(answer.error().message.find(range), std::string::npos) << answer.error().message;
    EXPECT_EQ(answer.error().text().find("hush"), std::string::npos);
  }
}

TEST(SsrfGuard, RangesEndWhereTheRegistriesSay) {
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  for (const auto& [text, range] : {std::pair{"127.0.0.1", "loopback"},
                                    {"10.1.2.3", "private"},
                                    {"169.254.169.254", "cloud metadata"},
                                    {"100.64.1.1", "carrier-grade NAT"},
                                    {"8.8.8.8", ""},
                                    {"172.32.0.1", ""},
                                    {"192.169.0.1", ""},
                                    {"11.0.0.1", ""},
                                    {"100.128.0.1", ""},
                                    {"198.20.0.1", ""},
                                    {"223.255.255.255", ""}}) {
    inet_pton(AF_INET, text, &loopback.sin_addr);
    EXPECT_EQ(refused_range(reinterpret_cast<sockaddr*>(&loopback), sizeof loopback), range) << text;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  for (const auto& [text, range] : {std::pair{"::1", "loopback"},
                                    {"::ffff:8.8.8.8", "IPv4-mapped"},
                                    {"64:ff9b::808:808", "NAT64"},
                                    {"fd12::1", "unique local"},
                                    {"2606:4700:4700::1111", ""},
                                    {"2a00:1450:4001::200e", ""},
                                    {"2001:4860::1", ""}}) {
    inet_pton(AF_INET6, text, &six.sin6_addr);
    EXPECT_EQ(refused_range(reinterpret_cast<sockaddr*>(&six), sizeof six), range) << text;
  }
  EXPECT_EQ(refused_range(nullptr, 0), "unknown address family");
  EXPECT_EQ(refused_range(reinterpret_cast<sockaddr*>(&six), 4), "unknown address family");
}

TEST(SsrfGuard, OrdinaryUrlsPass) {
  struct Case {
    const char* url;
    const char* host;
    uint16_t port;
  };
  for (const auto& one : {Case{"https://example.com/a?b=c#d", "example.com", 443},
                          {"http://EXAMPLE.com", "example.com", 80},
                          {"https://example.com:8443/", "example.com", 8443},
                          {"https://8.8.8.8/", "8.8.8.8", 443},
                          {"https://[2606:4700:4700::1111]/", "2606:4700:4700::1111", 443},
                          {"https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443},
                          {"HTTPS://a-b_c.example.co.uk?x@y", "a-b_c.example.co.uk", 443},
                          {"https://1.2.3.4.example.com/", "1.2.3.4.example.com", 443}}) {
    auto target = check_url(one.url, Trust::kUntrusted);
    ASSERT_TRUE(target.ok()) << one.url << ": " << target.error().message;
    EXPECT_EQ(target->host, one.host);
    EXPECT_EQ(target->port, one.port);
  }
}

TEST(SsrfGuard, OperatorMayNamePrivateAddressesButNotOddSpellings) {
  EXPECT_TRUE(check_url("http://127.0.0.1:11434/v1", Trust::kOperator).ok());
  EXPECT_TRUE(check_url("http://ollama:11434/v1", Trust::kOperator).ok());
  EXPECT_TRUE(check_url("http://[::1]:8080/", Trust::kOperator).ok());
  EXPECT_FALSE(check_url("http://0x7f000001/", Trust::kOperator).ok());
  EXPECT_FALSE(check_url("http://user:secret@127.0.0.1/", Trust::kOperator).ok());
  EXPECT_FALSE(check_url("file:///etc/passwd", Trust::kOperator).ok());
}

TEST(SsrfGuard, ErrorsDoNotRepeatTheUrl) {
  const auto refused = check_url("https://example.com:22/path?token=abc123", Trust::kUntrusted);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().text().find("abc123"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::http
