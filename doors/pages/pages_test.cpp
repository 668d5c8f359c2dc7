#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "doors/pages/approval_routes.hpp"
#include "doors/pages/home_routes.hpp"
#include "mcp-server/test_support.hpp"

namespace spreaders::doors {
namespace {

using testing::http_request;
using testing::RawClient;
using Headers = std::vector<std::pair<std::string, std::string>>;

// approvals.get and approvals.decide with one pending approval whose code is 123456.
class ApprovalRunner final : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
  Result<Json> call(const ToolCall& call) override {
    std::lock_guard lock(mutex);
    principals.push_back(call.principal);
    if (call.arguments["approval_id"] != "apr_1") return not_found("there is no approval like that");
    if (failure) return *failure;
    if (call.name == "approvals.decide") {
      if (state != "pending") return conflict("the approval apr_1 is already " + state);
      bool approve = call.arguments["decision"] == "approve";
      if (approve && call.arguments["code"] != "123456")
        return Error{Code::kPermissionDenied, "that is not the code shown on the server's terminal"};
      state = approve ? "approved" : "rejected";
    }
    return Json{{"approval_id", "apr_1"},
                {"state", state},
                {"of", "plan"},
                {"of_id", "pln_1"},
                {"hash", "sha256:ab"},
                {"risk", "R3_public_or_send"},
                {"summary", "Send 100 mails\n<script>alert(1)</script> \"&'"},
                {"requested_by", "key_1"},
                {"expires_at", "2026-11-24T00:00:00Z"}};
  }
  std::mutex mutex;
  std::string state = "pending";
  std::optional<Error> failure;
  std::vector<Principal> principals;
};

class PagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server = std::make_unique<HttpServer>(HttpServerOptions{});
    Principal owner{"usr_owner", "wsp_local", {"*", "approvals:decide"}, Principal::Kind::kModel, "http"};
    add_routes(*server, approval_routes(runner, key, owner));
    add_routes(*server, home_routes({"0.1.0",
                                     "http://127.0.0.1:8080/mcp",
                                     "http://127.0.0.1:8025/<x>",
                                     {{"Docs & guides", "https://docs.example.org"}, {"Bad", "javascript:alert(1)"}}}));
    auto started = server->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  RawClient::Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
                        Headers headers = {}) {
    if (!body.empty()) headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return RawClient(server->port()).ask(http_request(method, target, body, headers));
  }
  RawClient::Answer post(const std::string& fields, const Headers& headers = {}) {
    return ask("POST", "/approve/apr_1", "k=" + approval_page_key(key, "apr_1") + fields, headers);
  }
  std::string target() { return approval_page_url("", key, "apr_1"); }

  ApprovalRunner runner;
  Secret key{"0123456789abcdef"};
  std::unique_ptr<HttpServer> server;
};

TEST_F(PagesTest, ThePageShowsWhatIsToBeApprovedAndNothingElseRuns) {
  auto answer = ask("GET", target());
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("Send 100 mails"), std::string::npos);
  EXPECT_NE(answer.body.find("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#39;"), std::string::npos);
  EXPECT_EQ(answer.body.find("<script"), std::string::npos);
  EXPECT_EQ(answer.body.find("123456"), std::string::npos);
  EXPECT_NE(answer.header("content-security-policy").find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(answer.header("x-frame-options"), "DENY");
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_EQ(runner.state, "pending");
}

TEST_F(PagesTest, EnterDoesNothingAndTheSafeButtonHasTheFocus) {
  std::string body = ask("GET", target()).body;
  size_t first = body.find("<button");
  ASSERT_NE(first, std::string::npos);
  EXPECT_TRUE(std::string_view(body).substr(first).starts_with("<button type=\"submit\" disabled hidden>"));
  size_t focus = body.find("autofocus");
  ASSERT_NE(focus, std::string::npos);
  EXPECT_EQ(body.substr(focus, 17), "autofocus>Reject<");
  EXPECT_EQ(body.find("autofocus", focus + 1), std::string::npos);
}

TEST_F(PagesTest, TheCodeApprovesAsThePersonAtThisMachine) {
  auto answer = post("&code=123456&decision=approve", {{"Origin", "http://127.0.0.1:1"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("<h1>Approved</h1>"), std::string::npos);
  EXPECT_EQ(runner.state, "approved");
  ASSERT_FALSE(runner.principals.empty());
  EXPECT_EQ(runner.principals.back().id, "usr_owner");
  EXPECT_EQ(runner.principals.back().door, "page");
  EXPECT_EQ(runner.principals.back().kind, Principal::Kind::kPerson);
  auto again = post("&code=123456&decision=reject");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body.find("<form"), std::string::npos);
  EXPECT_EQ(runner.state, "approved");
}

TEST_F(PagesTest, RejectingNeedsNoCode) {
  EXPECT_EQ(post("&code=&decision=reject").status, 200);
  EXPECT_EQ(runner.state, "rejected");
}

TEST_F(PagesTest, WhatIsWrongIsShownOnThePageAndDecidesNothing) {
  auto wrong = post("&code=000000&decision=approve");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_NE(wrong.body.find("role=\"alert\""), std::string::npos);
  EXPECT_NE(wrong.body.find("<form"), std::string::npos);
  EXPECT_EQ(post("&code=&decision=approve").status, 400);
  EXPECT_EQ(post("&code=123456").status, 400);
  EXPECT_EQ(post("&code=123456&decision=APPROVE").status, 400);
  EXPECT_EQ(ask("GET", target() + "&code=123456&decision=approve").status, 200);
  EXPECT_EQ(runner.state, "pending");
}

TEST_F(PagesTest, AWrongOrForeignKeyOpensNothing) {
  std::string other_key = approval_page_key(Secret("other"), "apr_1");
  for (const std::string& bad :
       {std::string("/approve"), std::string("/approve/"), std::string("/approve/apr_1"),
        std::string("/approve/apr_1?k="), "/approve/apr_1?k=" + other_key,
        "/approve/apr_1?k=" + approval_page_key(key, "apr_2"), "/approve/apr_2?k=" + approval_page_key(key, "apr_1"),
        "/approve/apr_1/?k=" + approval_page_key(key, "apr_1")}) {
    EXPECT_EQ(ask("GET", bad).status, 404) << bad;
  }
  EXPECT_TRUE(runner.principals.empty());
  EXPECT_EQ(ask("GET", approval_page_url("", key, "apr_2")).status, 404);
  EXPECT_EQ(ask("POST", "/approve/apr_1", "k=" + other_key + "&code=123456&decision=approve").status, 404);
  // The key of the address is not enough: a form of another page does not know it, and the address alone posts nothing.
  EXPECT_EQ(ask("POST", target(), "code=123456&decision=approve").status, 404);
  EXPECT_EQ(runner.state, "pending");
}

TEST_F(PagesTest, OnlyBrowsersOfThisMachineAreServed) {
  auto with_host = [&](const std::string& host) {
    return RawClient(server->port()).ask("GET " + target() + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  EXPECT_EQ(with_host("localhost:8080"), 200);
  EXPECT_EQ(with_host("evil.example"), 403);
  EXPECT_EQ(with_host("127.0.0.1.evil.example"), 403);
  EXPECT_EQ(ask("GET", target(), "", {{"X-Forwarded-For", "203.0.113.7"}}).status, 403);
  EXPECT_EQ(post("&code=123456&decision=approve", {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(post("&code=123456&decision=approve", {{"Origin", "null"}}).status, 403);
  EXPECT_EQ(runner.state, "pending");
  // Another machine cannot be had in a test, so the handler is asked directly.
  auto routes = approval_routes(runner, key, {"usr_owner", "wsp_local", {}, Principal::Kind::kPerson, ""});
  HttpServerRequest request;
  request.method = "GET";
  request.path = "/approve/apr_1";
  request.query = {{"k", approval_page_key(key, "apr_1")}};
  request.headers = {{"host", "localhost"}};
  for (const auto& [address, status] : std::vector<std::pair<std::string, int>>{
           {"127.0.0.1", 200}, {"::1", 200}, {"192.0.2.1", 403}, {"::2", 403}, {"", 403}}) {
    request.remote_address = address;
    EXPECT_EQ(routes[0].handler(request).status, status) << address;
  }
}

TEST_F(PagesTest, FailuresOfTheToolsTellNothingInside) {
  runner.failure = internal("SELECT failed", "table approval");
  auto answer = ask("GET", target());
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("SELECT"), std::string::npos);
  runner.failure = Error{Code::kUnavailable, "the database is busy"};
  EXPECT_EQ(post("&code=123456&decision=approve").status, 503);
}

TEST_F(PagesTest, TheHomePageNamesTheDoorsAndNothingElseIsFound) {
  auto home = ask("GET", "/");
  EXPECT_EQ(home.status, 200);
  EXPECT_NE(home.body.find("<code>http://127.0.0.1:8080/mcp</code>"), std::string::npos);
  EXPECT_NE(home.body.find("href=\"http://127.0.0.1:8025/&lt;x&gt;\""), std::string::npos);
  EXPECT_NE(home.body.find("Docs &amp; guides"), std::string::npos);
  EXPECT_EQ(home.body.find("javascript:"), std::string::npos);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/%3Cscript%3E").body.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::doors
