#include "doors/pages/door_test.hpp"
#include "doors/people/people_routes.hpp"

namespace spreaders::doors {
namespace {

// Answers what the tools would and keeps what it was asked; the tools themselves: tools/audience, tools/notification.
class PeopleRunner final : public ToolRunner {
 public:
  [[nodiscard]] ToolList list() const override { return {}; }
  [[nodiscard]] const ToolSpec* find(std::string_view) const override { return nullptr; }
  Result<void> admit(storage::Tx&, const ToolCall&) override { return {}; }
  Result<Json> call(const ToolCall& call) override {
    std::lock_guard lock(mutex);
    calls.push_back({call.name, call.arguments, call.principal.id, call.idempotency_key});
    if (failure) return *failure;
    if (call.name.starts_with("notification.")) {
      Json channels = Json::array();
      for (const char* channel : {"email", "sms", "push"})
        channels.push_back({{"channel", channel}, {"reachable", true}, {"marketing", false}, {"transactional", true}});
      channels[0]["subscribed"] = true;
      return Json{{"contact_id", "con_1"}, {"channels", channels}, {"changed", false}};
    }
    return Json{{"contact_id", "con_1"}};
  }
  struct Called {
    std::string name;
    Json arguments;
    std::string principal, key;
  };
  Called last() {
    std::lock_guard lock(mutex);
    return calls.empty() ? Called{} : calls.back();
  }
  std::mutex mutex;
  std::vector<Called> calls;
  std::optional<Error> failure;
};

class PeopleDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    auto made = add_key(services::KeyKind::kService);
    key_id = made.key.id;
    bearer = {{"Authorization", "Bearer " + made.secret.reveal()}};
    serve(people_routes(*database, runner));
  }
  void TearDown() override { server.reset(); }
  static std::string places(const Answer& answer) {
    std::string all;
    const Json body = Json::parse(answer.body);
    for (const auto& issue : body.value("issues", Json::array()))
      all += (all.empty() ? "" : " ") + issue["pointer"].get<std::string>();
    return all;
  }
  PeopleRunner runner;
  Headers bearer;
  std::string key_id;
};

TEST_F(PeopleDoorTest, EachAddressIsOneCallOfTheKeysPrincipal) {
  EXPECT_EQ(ask("GET", "/users/ana%40example.org", "", bearer).status, 200);
  auto called = runner.last();
  EXPECT_EQ(called.name, "audience.getContact");
  EXPECT_EQ(called.arguments, (Json{{"person", "ana@example.org"}}));
  EXPECT_EQ(called.principal, key_id);

  Headers keyed = bearer;
  keyed.emplace_back("Idempotency-Key", "k1");
  auto made = ask("POST", "/users", R"({"email":"bo@example.org","attributes":{"vip":true}})", keyed);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.header("location"), "/users/con_1");
  called = runner.last();
  EXPECT_EQ(called.name, "audience.saveContact");
  EXPECT_EQ(called.arguments, (Json{{"email", "bo@example.org"}, {"attributes", {{"vip", true}}}}));
  EXPECT_EQ(called.key, "k1");

  EXPECT_EQ(ask("PUT", "/users/u1", R"({"first_name":"Bo"})", bearer).status, 200);
  EXPECT_EQ(runner.last().arguments, (Json{{"first_name", "Bo"}, {"person", "u1"}}));

  EXPECT_EQ(ask("GET", "/userEvent?userId=u1&eventName=Order%20Completed&limit=5", "", bearer).status, 200);
  called = runner.last();
  EXPECT_EQ(called.name, "audience.listEvents");
  EXPECT_EQ(called.arguments, (Json{{"person", "u1"}, {"name", "Order Completed"}, {"limit", 5}}));
}

TEST_F(PeopleDoorTest, PreferencesHaveOneObjectForEachChannel) {
  auto shown = ask("GET", "/users/u1/preferences", "", bearer);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(runner.last().arguments, (Json{{"person", "u1"}}));
  const Json body = Json::parse(shown.body);
  const Json email = {{"reachable", true}, {"marketing", false}, {"transactional", true}, {"subscribed", true}};
  EXPECT_EQ(body["email_preferences"], email);
  EXPECT_EQ(body["sms_preferences"]["subscribed"], false) << "nothing said is no consent";
  EXPECT_TRUE(body.contains("push_preferences"));

  auto changed = ask("PUT", "/users/u1/preferences",
                     R"({"email_preferences":{"subscribed":false},"consent_source":"account page"})", bearer);
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(runner.last().name, "notification.updatePreferences");
  EXPECT_EQ(runner.last().arguments, (Json{{"person", "u1"}, {"email", false}, {"consent_source", "account page"}}));
}

TEST_F(PeopleDoorTest, EveryProblemIsNamedWithItsPlaceInTheRequest) {
  auto refused =
      ask("PUT", "/users/u1/preferences",
          R"({"email_preferences":{"subscribed":true,"marketing":true},"sms_preferences":1,"fax":{}})", bearer);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(places(refused), "/email_preferences/marketing /sms_preferences /fax");
  auto query = ask("GET", "/userEvent?limit=x&what=1", "", bearer);
  EXPECT_EQ(query.status, 400);
  EXPECT_EQ(places(query), "/limit /what /userId");
  for (const char* body : {"", "{", "[]", "null", R"({"person":"other"})"}) {
    EXPECT_EQ(ask("PUT", "/users/u1", body, bearer).status, 400) << body;
    EXPECT_EQ(ask("POST", "/users", body, bearer).status, 400) << body;
  }
  EXPECT_EQ(ask("POST", "/users/u1", "{}", bearer).status, 404);
  EXPECT_EQ(ask("GET", "/users/", "", bearer).status, 404);
  EXPECT_TRUE(runner.calls.empty());

  runner.failure = issues_error("The arguments", {{"/person", "is too long"}, {"/email", "must be true or false"}});
  auto answer = ask("PUT", "/users/u1/preferences", R"({"email_preferences":{"subscribed":7}})", bearer);
  EXPECT_EQ(places(answer), "/email_preferences/subscribed");
  runner.failure = not_found("nobody is known by that id or address");
  EXPECT_EQ(ask("GET", "/users/u1", "", bearer).status, 404);
}

TEST_F(PeopleDoorTest, OnlyAServicesKeyOpens) {
  auto public_key = basic(add_key(services::KeyKind::kWriteKey).secret.reveal());
  Headers model = {{"Authorization", "Bearer " + add_key(services::KeyKind::kModel).secret.reveal()}};
  for (const auto& [method, path] : {std::pair{"GET", "/users/u1"},
                                     {"PUT", "/users/u1"},
                                     {"POST", "/users"},
                                     {"GET", "/userEvent?userId=u1"},
                                     {"GET", "/users/u1/preferences"},
                                     {"PUT", "/users/u1/preferences"}}) {
    EXPECT_EQ(ask(method, path, "{}").status, 401) << method << path;
    EXPECT_EQ(ask(method, path, "{}", model).status, 401) << method << path;
    EXPECT_EQ(ask(method, path, "{}", public_key).status, 403) << method << path;
  }
  EXPECT_TRUE(runner.calls.empty());
}

}  // namespace
}  // namespace spreaders::doors
