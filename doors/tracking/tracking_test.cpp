#include "doors/pages/door_test.hpp"
#include "doors/pages/html.hpp"
#include "doors/tracking/tracking_routes.hpp"

namespace spreaders::doors {
namespace {

using services::TokenKind;

constexpr const char* kForm = "application/x-www-form-urlencoded";

class TrackingDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    serve(tracking_routes(*database, clock, journal, tracking));
  }
  std::string unsubscribe_target() { return local(services::unsubscribe_url(tracking, message)); }
  int64_t suppressed() { return count("suppression WHERE address = 'ana@example.org'"); }
};

TEST_F(TrackingDoorTest, EveryOpenGetsThePictureAndOnlyOursAreRecorded) {
  std::string target = local(services::open_url(tracking, message));
  auto good = ask("GET", target);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.header("content-type"), "image/gif");
  EXPECT_NE(good.header("cache-control").find("no-store"), std::string::npos);
  EXPECT_EQ(good.body.size(), 42u);
  EXPECT_TRUE(good.body.starts_with("GIF89a"));
  EXPECT_EQ(events_named("Email Opened"), 1);

  std::string click_token = services::make_token(tracking, TokenKind::kClick, message);
  for (const std::string& bad : {std::string("/o/"), std::string("/o/x.gif"), "/o/" + click_token + ".gif",
                                 target.substr(0, target.size() - 5) + "~.gif", "/o/" + std::string(5000, 'a') + ".gif",
                                 std::string("/o/..%2f..%2f.gif")}) {
    auto answer = ask("GET", bad);
    EXPECT_EQ(answer.status, 200) << bad;
    EXPECT_EQ(answer.body, good.body) << bad;
  }
  EXPECT_EQ(events_named("Email Opened"), 1);
}

TEST_F(TrackingDoorTest, LookingIsNotOpening) {
  std::string target = local(services::open_url(tracking, message));
  auto head = ask("HEAD", target);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "42");
  ask("GET", target, "", {{"Sec-Purpose", "prefetch"}});
  EXPECT_EQ(events_named("Email Opened"), 0);
}

TEST_F(TrackingDoorTest, AnOpenOfAMessageThatIsGoneIsStillThePicture) {
  EXPECT_EQ(ask("GET", local(services::open_url(tracking, {workspace, "out_gone"}))).status, 200);
  EXPECT_EQ(ask("GET", local(services::open_url(tracking, {"wsp_other", message.outbox_id}))).status, 200);
  EXPECT_EQ(events_named("Email Opened"), 0);
}

TEST_F(TrackingDoorTest, AClickIsRecordedAndLeadsToItsOwnAddressOnly) {
  std::string url = "https://shop.example.org/jackets?size=m&q=a+b%20c#top";
  std::string target = local(services::click_url(tracking, message, url));
  auto answer = ask("GET", target);
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.header("location"), services::landing_url(tracking, message, url));
  EXPECT_EQ(answer.header("referrer-policy"), "no-referrer");
  EXPECT_EQ(events_named("Email Clicked"), 1);
  EXPECT_EQ(ask("HEAD", target).status, 302);
  EXPECT_EQ(events_named("Email Clicked"), 1);

  std::string path = target.substr(0, target.find('?'));
  auto signed_for = [&](const std::string& other) { return local(services::click_url(tracking, message, other)); };
  for (const std::string& bad :
       {path, path + "?u=", path + "?u=https%3A%2F%2Fevil.example", target + "x",
        std::string("/c/?u=https%3A%2F%2Fevil.example"),
        path + "?u=https%3A%2F%2Fevil.example&u=" + percent_encode(url), signed_for("javascript:alert(1)"),
        signed_for("https://shop.example.org/\r\nSet-Cookie: a=b"), signed_for("//evil.example"),
        signed_for("https://shop.example.org/" + std::string(9000, 'a'))}) {
    auto refused = ask("GET", bad);
    EXPECT_EQ(refused.status, 404) << bad;
    EXPECT_EQ(refused.header("location"), "") << bad;
    EXPECT_EQ(refused.header("set-cookie"), "") << bad;
  }
  EXPECT_EQ(events_named("Email Clicked"), 1);
}

TEST_F(TrackingDoorTest, AskingForTheUnsubscribePageChangesNothing) {
  for (const char* method : {"GET", "HEAD", "GET"}) {
    auto answer = ask(method, unsubscribe_target());
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.header("content-security-policy").find("default-src 'none'"), std::string::npos);
    EXPECT_NE(answer.header("content-security-policy").find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(answer.header("referrer-policy"), "same-origin");
    EXPECT_NE(answer.header("x-robots-tag").find("noindex"), std::string::npos);
    EXPECT_EQ(answer.header("cache-control"), "no-store");
    EXPECT_EQ(answer.header("set-cookie"), "");
  }
  EXPECT_NE(ask("GET", unsubscribe_target()).body.find("<form method=\"post\">"), std::string::npos);
  EXPECT_EQ(suppressed(), 0);
}

TEST_F(TrackingDoorTest, OneClickUnsubscribesWithoutCookieOrRedirectAndTwiceIsOnce) {
  for (int i = 0; i < 2; ++i) {
    auto answer = ask("POST", unsubscribe_target(), "List-Unsubscribe=One-Click", {{"Content-Type", kForm}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("location"), "");
    EXPECT_EQ(answer.header("set-cookie"), "");
    EXPECT_NE(answer.body.find("a***@example.org"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("ana@example.org"), std::string::npos);
  }
  EXPECT_EQ(suppressed(), 1);
  EXPECT_EQ(count("consent WHERE state = 'opted_out'"), 1);
  EXPECT_EQ(events_named("Unsubscribed"), 1);
}

TEST_F(TrackingDoorTest, OneClickComesAsMultipartToo) {
  std::string body = "--x1\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x1--\r\n";
  EXPECT_EQ(ask("POST", unsubscribe_target(), body, {{"Content-Type", "multipart/form-data; boundary=x1"}}).status,
            200);
  EXPECT_EQ(suppressed(), 1);
}

TEST_F(TrackingDoorTest, ThePagesButtonUnsubscribes) {
  auto answer = ask("POST", unsubscribe_target(), "confirm=yes",
                    {{"Content-Type", kForm}, {"Accept-Language", "xx, de-CH;q=0.9, en;q=0.5"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-language"), "de");
  EXPECT_NE(answer.body.find("<html lang=\"de\">"), std::string::npos);
  EXPECT_NE(answer.body.find("Sie sind abgemeldet"), std::string::npos);
  EXPECT_EQ(suppressed(), 1);
}

TEST_F(TrackingDoorTest, BadUnsubscribeRequestsChangeNothing) {
  std::string target = unsubscribe_target();
  std::string open_token = services::make_token(tracking, TokenKind::kOpen, message);
  struct Case {
    std::string target, body, type;
    int status;
  };
  for (const auto& [where, body, type, status] :
       std::vector<Case>{{target, "", kForm, 400},
                         {target, "List-Unsubscribe=No", kForm, 400},
                         {target, "{\"List-Unsubscribe\":\"One-Click\"}", "application/json", 400},
                         {target, "--x1\r\nbroken", "multipart/form-data; boundary=x1", 400},
                         {target, "List-Unsubscribe=One-Click", "multipart/form-data", 400},
                         {target, std::string(9000, 'a'), kForm, 413},
                         {"/u/" + open_token, "List-Unsubscribe=One-Click", kForm, 404},
                         {target.substr(0, target.size() - 1), "List-Unsubscribe=One-Click", kForm, 404},
                         {"/u/", "List-Unsubscribe=One-Click", kForm, 404},
                         {local(services::unsubscribe_url(tracking, {workspace, "out_gone"})),
                          "List-Unsubscribe=One-Click", kForm, 404}}) {
    EXPECT_EQ(ask("POST", where, body, {{"Content-Type", type}}).status, status) << where << " " << body.substr(0, 60);
  }
  EXPECT_EQ(ask("DELETE", target).status, 405);
  EXPECT_EQ(count("suppression"), 0);
}

TEST(PageTest, TheBestLanguageOfOursIsChosen) {
  auto choose = [](const std::string& header) {
    HttpServerRequest request;
    request.headers = {{"accept-language", header}};
    return language_code(choose_language(request));
  };
  EXPECT_EQ(choose("fr-CA, fr;q=0.9, en;q=0.8"), "fr");
  EXPECT_EQ(choose("nl, ja;q=0.4, pt-BR;q=0.7"), "pt");
  EXPECT_EQ(choose("ES"), "es");
  EXPECT_EQ(choose("nl"), "en");
  EXPECT_EQ(choose("de;q=0"), "en");
  EXPECT_EQ(choose(",,;;q=,de;q=nan,=;"), "en");
  EXPECT_EQ(choose(std::string(100'000, ',')), "en");
}

TEST(PageTest, TextsCannotBecomeMarkup) {
  EXPECT_EQ(escape_html("<b a='1' c=\"2\">&\x01"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp; ");
  auto answer = page({.title = "<script>"});
  EXPECT_EQ(answer.body.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace spreaders::doors
