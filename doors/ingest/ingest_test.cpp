#include "doors/ingest/ingest_routes.hpp"
#include "doors/pages/door_test.hpp"

namespace spreaders::doors {
namespace {

class IngestDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    auto made = add_key(services::KeyKind::kWriteKey);
    key = made.secret.reveal();
    key_id = made.key.id;
    serve(ingest_routes(*database, clock, tracking));
  }
  Answer track(const std::string& body) { return ask("POST", "/v1/track", body, basic(key)); }
  std::string key, key_id;
};

TEST_F(IngestDoorTest, AnEventIsStoredBeforeItIsAcknowledged) {
  std::string event =
      R"({"event":"Order Completed","userId":"ana@example.org","messageId":"m1","properties":{"revenue":89.5}})";
  auto answer = track(event);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"success":true})");
  EXPECT_EQ(events_named("Order Completed"), 1);
  EXPECT_EQ(count("event WHERE contact_id IS NOT NULL"), 1);
  EXPECT_EQ(track(event).status, 200);
  EXPECT_EQ(events_named("Order Completed"), 1);
}

TEST_F(IngestDoorTest, TheTokenOfALandingAddressLeadsToItsMessage) {
  std::string token = services::make_token(tracking, services::TokenKind::kSession, message);
  EXPECT_EQ(
      track(R"({"event":"Order Completed","anonymousId":"a","context":{"spreaders":{"token":")" + token + R"("}}})")
          .status,
      200);
  EXPECT_EQ(count("event WHERE outbox_id = '" + message.outbox_id + "' AND campaign_id = 'cmp_1'"), 1);
}

TEST_F(IngestDoorTest, OnlyAWriteKeyOpensAndTheAnswerNeverSaysWhy) {
  std::string model = add_key(services::KeyKind::kModel).secret.reveal();
  std::string event = R"({"event":"e","userId":"u"})";
  for (const Headers& headers :
       {Headers{}, basic(""), basic("spk_nothing"), basic(model), basic(key, "password"), basic(key.substr(1)),
        Headers{{"Authorization", "Bearer " + key}}, Headers{{"Authorization", "Basic ???"}},
        Headers{{"Authorization", "Basic"}}, Headers{{"Authorization", "Basic " + base64(key)}},
        Headers{{"Authorization", "Basic " + std::string(5000, 'A')}}}) {
    auto answer = ask("POST", "/v1/track", event, headers);
    EXPECT_EQ(answer.status, 401);
    EXPECT_TRUE(answer.header("www-authenticate").starts_with("Basic "));
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_EQ(Json::parse(answer.body)["error"], "Invalid Authorization Header");
  }
  write([&](storage::Tx& tx) { return services::revoke_api_key(tx, workspace, key_id, clock.now()); });
  EXPECT_EQ(track(event).status, 401);
  EXPECT_EQ(count("event"), 0);
}

TEST_F(IngestDoorTest, EveryProblemOfABadEventIsNamed) {
  auto answer = track(R"({"event":7,"properties":[],"timestamp":"soon","messageId":""})");
  EXPECT_EQ(answer.status, 400);
  auto body = Json::parse(answer.body);
  std::vector<std::string> places;
  for (const auto& issue : body["issues"]) places.push_back(issue["pointer"]);
  std::sort(places.begin(), places.end());
  EXPECT_EQ(places, (std::vector<std::string>{"/event", "/messageId", "/properties", "/timestamp", "/userId"}))
      << answer.body;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("\"text\""), deep,
        std::string("{\"event\":\"\xff\",\"userId\":\"u\"}"), std::string(R"({"event":"a","event":"b","userId":"u"})"),
        std::string(R"({"event":"e","userId":{"a":1}})"),
        std::string(R"({"event":"e","anonymousId":null,"userId":7})")}) {
    auto refused = track(bad);
    EXPECT_EQ(refused.status, 400) << bad;
    EXPECT_EQ(refused.header("content-type"), "application/problem+json");
  }
  EXPECT_EQ(count("event"), 0);
}

TEST_F(IngestDoorTest, BodiesOverTheLimitAreRefused) {
  auto sized = [](size_t size) {
    std::string start = R"({"event":"e","userId":"u","properties":{"x":")";
    return start + std::string(size - start.size() - 3, 'x') + "\"}}";
  };
  EXPECT_EQ(track(sized(services::kEventBytesMax)).status, 200);
  auto over = track(sized(services::kEventBytesMax + 1));
  EXPECT_EQ(over.status, 413);
  EXPECT_EQ(Json::parse(over.body)["status"], 413);
  EXPECT_EQ(track(sized(services::kEventBytesMax * 3)).status, 413);
  Headers packed = basic(key);
  packed.emplace_back("Content-Encoding", "gzip");
  EXPECT_EQ(ask("POST", "/v1/track", "xx", packed).status, 415);
}

TEST_F(IngestDoorTest, AKeyHasASpeedLimitOfItsOwn) {
  std::string second = add_key(services::KeyKind::kWriteKey).secret.reveal();
  serve(ingest_routes(*database, clock, tracking, {.requests_per_second = 0.001, .burst = 2}));
  std::string event = R"({"event":"e","userId":"u"})";
  EXPECT_EQ(track(event).status, 200);
  EXPECT_EQ(track(event).status, 200);
  auto refused = track(event);
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.header("retry-after")), 900);
  EXPECT_EQ(ask("POST", "/v1/track", event, basic(second)).status, 200);
}

TEST_F(IngestDoorTest, PagesOfOtherOriginsMaySendAndOtherAddressesAreNamed) {
  auto preflight = ask("OPTIONS", "/v1/track");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "*");
  EXPECT_NE(preflight.header("access-control-allow-headers").find("authorization"), std::string::npos);
  EXPECT_EQ(track(R"({"event":"e","userId":"u"})").header("access-control-allow-origin"), "*");
  EXPECT_EQ(ask("POST", "/v1/track/x", "{}", basic(key)).status, 404);
  EXPECT_EQ(ask("GET", "/v1/track").status, 405);
}

}  // namespace
}  // namespace spreaders::doors
