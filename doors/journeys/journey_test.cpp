#include "doors/journeys/journey_routes.hpp"
#include "doors/pages/door_test.hpp"
#include "workflows/library.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::doors {
namespace {

namespace workflows = ::spreaders::workflows;

class JourneyDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    key = add_key(services::KeyKind::kService).secret.reveal();
    trigger = add_trigger({});
    serve(journey_routes(*database, clock, ids, [this] { ++wakes; }));
  }
  std::string add_trigger(const workflows::ApiSpec& spec) {
    return write([&](storage::Tx& tx) -> Result<std::string> {
      Json definition = {{"name", "Test"}, {"start", "end"}, {"nodes", {{"end", {{"type", "end"}}}}}};
      auto saved = TRY(workflows::save_workflow(tx, workspace, "", definition, clock.now(), ids));
      workflow = saved.id;
      auto made = TRY(workflows::create_trigger(tx, workspace, {saved.id, 1, "t", spec}, clock.now(), ids));
      TRY(workflows::start_trigger(tx, workspace, made.id,
                                   {{.id = owner, .workspace = workspace, .scopes = {}, .door = "test"}, ""},
                                   clock.now()));
      return made.id;
    });
  }
  Answer initiate(const Json& body) { return ask("POST", "/initiateJourney", to_text(body), basic(key)); }
  // "status /pointer ..." of a refusal.
  std::string refused(const Json& body) {
    auto answer = initiate(body);
    std::string line = std::to_string(answer.status);
    Json json = parse_json(answer.body).value_or(Json::object());
    for (const auto& issue : json.value("issues", Json::array())) line += " " + issue["pointer"].get<std::string>();
    return line;
  }
  std::string key, trigger, workflow;
  std::atomic<int> wakes = 0;
};

TEST_F(JourneyDoorTest, AnswersTheRunOnceItIsDurable) {
  const Json body = {{"journeyId", workflow},
                     {"email", "ana@example.org"},
                     {"idempotencyKey", "order-7"},
                     {"properties", {{"plan", "pro"}}}};
  auto first = initiate(body);
  ASSERT_EQ(first.status, 200) << first.body;
  Json answer = *parse_json(first.body);
  EXPECT_EQ(answer["started"], true);
  EXPECT_EQ(answer["trigger_id"], trigger);
  EXPECT_EQ(count("run WHERE id = '" + answer["run_id"].get<std::string>() + "' AND context LIKE '%\"plan\":\"pro\"%'"),
            1);
  EXPECT_EQ(wakes, 1);
  Json again = *parse_json(initiate(body).body);
  EXPECT_EQ(again["run_id"], answer["run_id"]);
  EXPECT_EQ(again["started"], false);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(initiate({{"journeyId", trigger}, {"email", "ana@example.org"}}).status, 200);
  EXPECT_EQ(count("run"), 2);
}

TEST_F(JourneyDoorTest, MistakesHaveTheirPlaceInTheBody) {
  EXPECT_EQ(refused({{"email", "ana@example.org"}}), "400 /journeyId");
  EXPECT_EQ(refused({{"journeyId", trigger}, {"user", "u1"}}), "400 /user");
  EXPECT_EQ(refused({{"journeyId", trigger}, {"userId", 7}, {"properties", "x"}}), "400 /userId /properties");
  EXPECT_EQ(refused({{"journeyId", trigger}}), "400 /userId");
  EXPECT_EQ(refused({{"journeyId", "wf_none"}, {"email", "ana@example.org"}}), "404 /journeyId");
  EXPECT_EQ(refused({{"journeyId", trigger}, {"userId", "u9"}}), "404 /userId");
  EXPECT_EQ(refused({{"journeyId", trigger}, {"userId", "u1"}, {"idempotencyKey", std::string(256, 'k')}}),
            "400 /idempotencyKey");
  EXPECT_EQ(refused(Json::array()), "400 ");
  EXPECT_EQ(ask("POST", "/initiateJourney", "no json", basic(key)).status, 400);
  EXPECT_EQ(ask("POST", "/initiateJourney", std::string(kJourneyBytesMax + 1, ' '), basic(key)).status, 413);
  EXPECT_EQ(ask("POST", "/initiateJourney/x", "{}", basic(key)).status, 404);
  write([&](storage::Tx& tx) { return workflows::pause_trigger(tx, workspace, trigger, clock.now()); });
  EXPECT_EQ(refused({{"journeyId", trigger}, {"email", "ana@example.org"}}), "409 /journeyId");
  EXPECT_EQ(count("run"), 0);
}

TEST_F(JourneyDoorTest, PublicKeysStartOnlyWhatSaysSo) {
  const std::string write_key = add_key(services::KeyKind::kWriteKey).secret.reveal();
  auto with = [&](const std::string& who, const std::string& id) {
    return ask("POST", "/initiateJourney", to_text(Json{{"journeyId", id}, {"email", "ana@example.org"}}), basic(who))
        .status;
  };
  const std::string open = add_trigger({.public_keys = true});
  EXPECT_EQ(with(write_key, trigger), 403);
  EXPECT_EQ(with("wrong", open), 401);
  EXPECT_EQ(with(add_key(services::KeyKind::kPerson).secret.reveal(), open), 401);
  services::NewKey reader{owner, "reader", services::KeyKind::kService, {"workflows:read"}};
  auto read = write([&](storage::Tx& tx) { return services::create_api_key(tx, workspace, reader, clock.now(), ids); });
  EXPECT_EQ(with(read.secret.reveal(), open), 403);
  EXPECT_EQ(count("run"), 0);
  EXPECT_EQ(with(write_key, open), 200);
  EXPECT_EQ(count("run"), 1);
}

}  // namespace
}  // namespace spreaders::doors
