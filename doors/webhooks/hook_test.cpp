#include "doors/pages/door_test.hpp"
#include "doors/webhooks/hook_routes.hpp"
#include "workflows/library.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::doors {
namespace {

namespace workflows = ::spreaders::workflows;

class HookDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    trigger = add_trigger();
    key = add_key_for({"hooks:" + trigger});
    serve(hook_routes(
        *database, clock, ids, [this] { ++wakes; }, limits));
  }
  std::string add_trigger() {
    return write([&](storage::Tx& tx) -> Result<std::string> {
      Json definition = {{"name", "Test"}, {"start", "end"}, {"nodes", {{"end", {{"type", "end"}}}}}};
      auto saved = TRY(workflows::save_workflow(tx, workspace, "", definition, clock.now(), ids));
      auto made =
          TRY(workflows::create_trigger(tx, workspace, {saved.id, 1, "t", workflows::WebhookSpec{}}, clock.now(), ids));
      TRY(workflows::start_trigger(tx, workspace, made.id,
                                   {{.id = owner, .workspace = workspace, .scopes = {}, .door = "test"}, ""},
                                   clock.now()));
      return made.id;
    });
  }
  std::string add_key_for(std::vector<std::string> scopes) {
    services::NewKey wanted{owner, "hook", services::KeyKind::kService, std::move(scopes)};
    return write([&](storage::Tx& tx) { return services::create_api_key(tx, workspace, wanted, clock.now(), ids); })
        .secret.reveal();
  }
  Answer hook(const std::string& body, Headers headers = {}) {
    for (auto& header : basic(key)) headers.push_back(header);
    return ask("POST", "/hooks/" + trigger, body, headers);
  }
  WriteKeyLimits limits;
  std::string trigger, key;
  std::atomic<int> wakes = 0;
};

TEST_F(HookDoorTest, StartsOneRunAndAnswersAfterIt) {
  auto first = hook(R"({"email":"ana@example.org","plan":"pro"})");
  ASSERT_EQ(first.status, 200) << first.body;
  Json answer = *parse_json(first.body);
  EXPECT_EQ(answer["started"], true);
  EXPECT_EQ(count("run WHERE id = '" + answer["run_id"].get<std::string>() + "'"), 1);
  EXPECT_EQ(wakes, 1);
  Json again = *parse_json(hook(R"({"email":"ana@example.org","plan":"pro"})").body);
  EXPECT_EQ(again, (Json{{"started", false}, {"reason", "known"}, {"run_id", answer["run_id"]}}));
  for (const char* body : {R"({"email":"ana@example.org","n":1})", R"({"email":"ana@example.org","n":2})"})
    EXPECT_EQ(hook(body, {{"Idempotency-Key", "lead-7"}}).status, 200);
  EXPECT_EQ(hook(R"({"email":"nobody@example.org"})").body, R"({"started":false,"reason":"no_contact"})");
  EXPECT_EQ(count("run"), 2);
  EXPECT_EQ(wakes, 2);
}

TEST_F(HookDoorTest, OnlyItsKeyOpensIt) {
  const std::string body = R"({"email":"ana@example.org"})", path = "/hooks/" + trigger;
  EXPECT_EQ(ask("POST", path, body).status, 401);
  EXPECT_EQ(ask("POST", path + "/wrong", body).status, 401);
  EXPECT_EQ(ask("POST", path, body, basic(add_key(services::KeyKind::kWriteKey).secret.reveal())).status, 403);
  EXPECT_EQ(ask("POST", path, body, basic(add_key(services::KeyKind::kPerson).secret.reveal())).status, 401);
  EXPECT_EQ(ask("POST", path, body, basic(add_key_for({"hooks:" + add_trigger()}))).status, 403);
  EXPECT_EQ(ask("POST", path, body, basic(add_key_for({"workflows:run"}))).status, 403);
  EXPECT_EQ(ask("POST", "/hooks/trg_unknown", body, basic(add_key_for({"hooks:trg_unknown"}))).status, 404);
  EXPECT_EQ(ask("GET", path).status, 405);
  EXPECT_EQ(count("run"), 0);
  EXPECT_EQ(ask("POST", path + "/" + key, body).status, 200) << "for senders that can set no header";
  EXPECT_EQ(count("run"), 1);
}

TEST_F(HookDoorTest, WhatIsNoCallIsRefused) {
  for (const char* body : {"", "no json", "[]", R"({"email":)"}) EXPECT_EQ(hook(body).status, 400) << body;
  EXPECT_EQ(hook("{}", {{"Idempotency-Key", " "}}).status, 400);
  EXPECT_EQ(hook("{}", {{"Idempotency-Key", std::string(256, 'k')}}).status, 400);
  EXPECT_EQ(hook("{}", {{"Content-Encoding", "gzip"}}).status, 415);
  EXPECT_EQ(hook(R"({"x":")" + std::string(kHookBytesMax, 'x') + "\"}").status, 413);
  EXPECT_EQ(hook(std::string(40, '[') + std::string(40, ']')).status, 400);
  write([&](storage::Tx& tx) { return workflows::pause_trigger(tx, workspace, trigger, clock.now()); });
  EXPECT_EQ(hook(R"({"email":"ana@example.org"})").status, 409);
  EXPECT_EQ(count("run"), 0);
  EXPECT_EQ(wakes, 0);
}

}  // namespace
}  // namespace spreaders::doors
