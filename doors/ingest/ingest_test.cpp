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
    writer = std::make_unique<services::EventWriter>(*database, clock, services::RecordSetup{tracking, {ids}});
    serve(ingest_routes(*database, clock, ids, *writer));
  }
  void TearDown() override { server.reset(); }
  Answer track(const std::string& body) { return ask("POST", "/v1/track", body, basic(key)); }
  Answer send(const std::string& path, const std::string& body) { return ask("POST", path, body, basic(key)); }
  static std::vector<std::string> places(const Json& issues) {
    std::vector<std::string> all;
    for (const auto& issue : issues) all.push_back(issue["pointer"]);
    std::sort(all.begin(), all.end());
    return all;
  }
  std::unique_ptr<services::EventWriter> writer;
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
        Headers{{"Authorization", "Bearer " + model}}, Headers{{"Authorization", "Basic ???"}},
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
  EXPECT_EQ(places(body["issues"]),
            (std::vector<std::string>{"/event", "/messageId", "/properties", "/timestamp", "/userId"}))
      << answer.body;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("\"text\""), deep,
        std::string("{\"event\":\"\xff\",\"userId\":\"u\"}"), std::string(R"({"event":"a","event":"b","userId":"u"})"),
        std::string(R"({"event":"e","userId":{"a":1}})"), std::string(R"({"event":"e","userId":"u","messageId":true})"),
        std::string(R"({"event":"e","userId":"u","messageId":"open:x"})"),
        std::string(R"({"event":"e","userId":"\u0000"})"),
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
  serve(ingest_routes(*database, clock, ids, *writer, {.requests_per_second = 0.001, .burst = 2}));
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

TEST_F(IngestDoorTest, EveryKindOfEventHasItsAddressAndItsShortForm) {
  for (const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/t", R"({"event":"e","userId":"u"})"},
           {"/v1/identify", R"({"userId":"u7","traits":{"email":"bo@example.org"}})"},
           {"/v1/i", R"({"anonymousId":"a","name":7,"event":[],"channel":"server","integrations":{"All":true}})"},
           {"/v1/page", R"({"name":"Home","anonymousId":"a"})"},
           {"/v1/p", R"({"anonymousId":"a"})"},
           {"/v1/screen", R"({"name":"Cart","anonymousId":"a"})"},
           {"/v1/s", R"({"name":"Pay","anonymousId":"a"})"},
           {"/v1/group", R"({"groupId":"g","userId":"u7"})"},
           {"/v1/g", R"({"groupId":"g","anonymousId":"a","traits":{"seats":3}})"},
           {"/v1/alias", R"({"previousId":"a","userId":"u7"})"},
           {"/v1/a", R"({"previousId":"b","userId":"u7"})"},
           {"/v1/batch", R"({"batch":[{"type":"track","event":"e","userId":"u"}]})"},
           {"/v1/b", R"({"batch":[{"type":"page","userId":"u"}]})"},
           {"/v1/import", R"({"batch":[{"type":"screen","userId":"u"}]})"}}) {
    auto answer = send(path, body);
    EXPECT_EQ(answer.status, 200) << path << " " << answer.body;
    EXPECT_EQ(answer.body, R"({"success":true})") << path;
    EXPECT_EQ(ask("OPTIONS", path).status, 204) << path;
  }
  for (const auto& [type, rows] : std::map<std::string, int>{
           {"track", 2}, {"identify", 2}, {"page", 3}, {"screen", 3}, {"group", 2}, {"alias", 2}})
    EXPECT_EQ(count("event WHERE type = '" + type + "'"), rows) << type;
  EXPECT_EQ(count("event WHERE source = '" + key_id + "'"), 14);
}

TEST_F(IngestDoorTest, TheGoodEventsOfABatchAreKeptAndTheOthersAnswered) {
  auto answer = send("/v1/batch", R"({"writeKey":"x","sentAt":"2025-11-24T16:00:00Z","batch":[
      {"type":"track","event":"one","userId":"u"},
      {"type":"track","userId":"u"},
      {"type":"dance","userId":"u"},
      7,
      {"type":"page"},
      {"type":"track","event":"two","userId":"u","properties":{"x":")" +
                                      std::string(33'000, 'x') + R"("}},
      {"type":"identify","userId":"u9","traits":{"email":"cy@example.org","tags":["a"],"plan":"pro"}},
      {"type":"track","event":"three","userId":"u"}]})");
  EXPECT_EQ(answer.status, 200);
  auto body = Json::parse(answer.body);
  EXPECT_EQ(body["success"], true);
  EXPECT_EQ(places(body["refused"]),
            (std::vector<std::string>{"/batch/1/event", "/batch/2/type", "/batch/3", "/batch/4/userId", "/batch/5"}))
      << answer.body;
  EXPECT_EQ(places(body["notes"]), (std::vector<std::string>{"/batch/6/traits/tags"})) << answer.body;
  EXPECT_EQ(count("event"), 3);
  EXPECT_EQ(writer->counts.recorded, 3u);
  EXPECT_EQ(writer->counts.refused, 5u);
}

TEST_F(IngestDoorTest, ABatchWithNothingGoodInItIsRefusedAsAWhole) {
  std::string numbers = "{\"batch\":[7";
  for (size_t i = 0; i < kBatchEventsMax; ++i) numbers += ",7";
  for (const auto& [body, place] : std::vector<std::pair<std::string, std::string>>{
           {R"({"batch":[{"type":"track"}]})", "/batch/0/event"},
           {R"({"batch":[]})", "/batch"},
           {R"({"batch":{}})", "/batch"},
           {R"({})", "/batch"},
           {R"([])", ""},
           {numbers + "]}", "/batch"},
           {R"({"batch":[{"type":"track","event":"e","userId":"u"}],"sentAt":"soon"})", "/sentAt"},
           {R"({"batch":[{"type":"track","event":"e","userId":"u"}],"sentAt":7})", "/sentAt"}}) {
    auto answer = send("/v1/batch", body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 100);
    auto issues = places(Json::parse(answer.body)["issues"]);
    EXPECT_NE(std::find(issues.begin(), issues.end(), place), issues.end()) << answer.body.substr(0, 300);
  }
  std::string huge = R"({"batch":[{"type":"track","event":"e","userId":"u"}],"x":")";
  EXPECT_EQ(send("/v1/batch", huge + std::string(kBatchBytesMax - huge.size() - 2, 'x') + "\"}").status, 200);
  EXPECT_EQ(send("/v1/batch", huge + std::string(kBatchBytesMax - huge.size() - 1, 'x') + "\"}").status, 413);
  EXPECT_EQ(count("event"), 1);
}

TEST_F(IngestDoorTest, ThePlainFormIsRecordedAsATrackEvent) {
  auto answer = send("/event", R"({"userId":"ana@example.org","eventName":"Order Completed","eventId":"o1",
      "eventTime":"2025-11-20T10:00:00Z","attributes":{"revenue":89}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"success":true,"eventId":"o1"})");
  EXPECT_EQ(count("event WHERE name = 'Order Completed' AND type = 'track' AND message_id = 'o1' AND contact_id IS NOT "
                  "NULL AND properties = '{\"revenue\":89}' AND at = 1763632800000000"),
            1);
  const std::string unnamed = R"({"userId":"u","eventName":"e","eventTime":"2025-11-20T10:00:00Z"})";
  std::string id = Json::parse(send("/event", unnamed).body)["eventId"];
  EXPECT_EQ(Json::parse(send("/event", unnamed).body)["eventId"], id) << "the same, said again";
  EXPECT_EQ(count("event"), 2);
  auto refused = send("/event", R"({"eventName":"","attributes":[],"colour":"red"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(places(Json::parse(refused.body)["issues"]),
            (std::vector<std::string>{"/attributes", "/colour", "/eventName", "/eventTime", "/userId"}))
      << refused.body;
  auto taken =
      send("/event", R"({"userId":"u","eventName":"e","eventTime":"2025-11-20T10:00:00Z","eventId":"open:x"})");
  EXPECT_EQ(places(Json::parse(taken.body)["issues"]), (std::vector<std::string>{"/eventId"})) << taken.body;
  EXPECT_EQ(count("event"), 2);
}

TEST_F(IngestDoorTest, TheKeyMayStandInTheBody) {
  auto with = [&](const std::string& spoken) {
    return ask("POST", "/v1/track", R"({"event":"e","userId":"u","writeKey":")" + spoken + "\"}").status;
  };
  EXPECT_EQ(with(key), 200);
  EXPECT_EQ(with(key.substr(1)), 401);
  EXPECT_EQ(with(""), 401);
  EXPECT_EQ(ask("POST", "/v1/track", R"({"event":"e","userId":"u","writeKey":")" + key + "\"}", basic("wrong")).status,
            401)
      << "a header that is there counts";
  EXPECT_EQ(ask("POST", "/v1/track", "{").status, 401) << "without a key nobody is told what is wrong with the body";
  EXPECT_EQ(ask("POST", "/v1/track", R"({"event":"e","userId":"u"})", {{"Authorization", "Bearer " + key}}).status,
            200);
  EXPECT_EQ(count("event"), 2);
}

TEST_F(IngestDoorTest, AServiceNeedsTheScopeAndMayMoveAPersonToANewAddress) {
  auto service = [&](std::vector<std::string> scopes) {
    return write([&](storage::Tx& tx) {
             return services::create_api_key(
                 tx, workspace, {owner, "crm", services::KeyKind::kService, std::move(scopes)}, clock.now(), ids);
           })
        .secret.reveal();
  };
  const std::string reads = service({"audience:read"}), writes = service({"events:write"});
  auto identify = [&](const std::string& who, const std::string& address) {
    return ask("POST", "/v1/identify", R"({"userId":"u5","traits":{"email":")" + address + "\"}}", basic(who));
  };
  EXPECT_EQ(identify(reads, "dee@example.org").status, 403);
  EXPECT_EQ(identify(key, "dee@example.org").status, 200);
  auto kept = identify(key, "taken-over@example.org");
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(places(Json::parse(kept.body)["notes"]), (std::vector<std::string>{"/traits/email"})) << kept.body;
  EXPECT_EQ(count("contact WHERE email = 'dee@example.org'"), 1);
  EXPECT_EQ(identify(writes, "dee@example.com").body, R"({"success":true})");
  EXPECT_EQ(count("contact WHERE email = 'dee@example.com' AND external_id = 'u5'"), 1);
}

TEST_F(IngestDoorTest, AnAddressHasASpeedLimitWhateverItsKeys) {
  serve(
      ingest_routes(*database, clock, ids, *writer, {.requests_per_second_of_address = 0.001, .burst_of_address = 3}));
  std::string event = R"({"event":"e","userId":"u"})";
  EXPECT_EQ(track(event).status, 200);
  EXPECT_EQ(ask("POST", "/v1/track", event, basic("wrong")).status, 401);
  EXPECT_EQ(ask("POST", "/v1/track", event).status, 401);
  auto refused = track(event);
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.header("retry-after")), 900);
}

}  // namespace
}  // namespace spreaders::doors
