// What a reader does with a mail ends the waits and reaches the goals of runs at once, in the transaction that records
// it: through the real doors, with the journal that the program binds.
#include "doors/pages/door_test.hpp"
#include "doors/tracking/tracking_routes.hpp"
#include "doors/webhooks/bounce_routes.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/listening.hpp"

namespace spreaders::doors {
namespace {

using workflows::fakes::parsed;
using Lines = std::vector<std::string>;

class WakingDoorTest : public DoorTest {
 protected:
  void SetUp() override {
    DoorTest::SetUp();
    auto routes = tracking_routes(*database, clock, listening, tracking);
    auto bounces = bounce_routes(*database, clock, listening, [this](std::string_view) -> Result<ParsedBounce> {
      return ParsedBounce{{{message.outbox_id, "hard", "5.1.1", "no such user"}}};
    });
    routes.insert(routes.end(), bounces.begin(), bounces.end());
    serve(std::move(routes));
    engine = std::make_unique<workflows::Engine>(*database, clock, ids, tools, profiles, guard,
                                                 workflows::EngineOptions{}, "prc_a");
    contact =
        write([&](storage::Tx& tx) { return audience::get_contact_by_email(tx, workspace, "ana@example.org"); }).id;
  }
  // A run about the contact of the message that waits for `event`, or whose goal it is.
  std::string start(const std::string& event, bool goal = false, Json match = Json::array()) {
    Json nodes = parsed(goal ? R"({"first":{"type":"delay","for":"P30D","next":"end"},"end":{"type":"end"}})"
                             : R"({"first":{"type":"wait_event","timeout":"P30D","on":{"event":"end","timeout":"end"}},
                                  "end":{"type":"end"}})");
    Json definition = {{"id", "wf_" + std::to_string(++runs)}, {"name", event}, {"start", "first"}, {"nodes", nodes}};
    if (goal) definition["goal"] = {{"event", event}, {"match", match}};
    else definition["nodes"]["first"].update({{"event", event}, {"match", match}});
    std::string run = write([&](storage::Tx& tx) -> Result<std::string> {
      TRY(workflows::store_definition(tx, workspace, definition, 1, clock.now()));
      return workflows::start_run(tx, workspace,
                                  {.workflow_id = definition["id"],
                                   .subject = contact,
                                   .entry_key = "once",
                                   .principal = {.id = owner, .workspace = workspace, .scopes = {}, .door = "test"}},
                                  clock.now(), ids);
    });
    work();
    EXPECT_EQ(status(run), "active");
    return run;
  }
  void work() {
    for (auto moved = engine->run_once(); *moved > 0;) moved = engine->run_once();
  }
  std::string status(const std::string& run) {
    return write([&](storage::Tx& tx) { return workflows::get_run(tx, workspace, run); }).status;
  }
  // No time passes between the act and the end of the run, and the engine was called.
  void expect_ended_by(const std::string& run, const std::function<void()>& act) {
    int before = wakes;
    act();
    EXPECT_EQ(wakes, before + 1);
    work();
    EXPECT_EQ(status(run), "completed");
  }

  std::string contact;
  int wakes = 0, runs = 0;
  workflows::fakes::FakeTools tools;
  workflows::fakes::FakeProfiles profiles;
  events::fakes::FakeGuard guard;
  audience::Journal listening = workflows::listening_journal(ids, [this] { ++wakes; });
  std::unique_ptr<workflows::Engine> engine;
};

TEST_F(WakingDoorTest, AnOpenEndsTheWaitForItAtOnce) {
  std::string run = start("Email Opened"), other = start("Email Clicked");
  expect_ended_by(run, [&] { ask("GET", local(services::open_url(tracking, message))); });
  EXPECT_EQ(status(other), "active");
  // The same open once more is no new event: who begins to wait now waits on.
  clock.move_to(clock.now() + kSecond_us);
  std::string later = start("Email Opened");
  ask("GET", local(services::open_url(tracking, message)));
  work();
  EXPECT_EQ(status(later), "active");
}

TEST_F(WakingDoorTest, AClickReachesTheGoalAtOnce) {
  std::string url = "https://shop.example.org/jackets";
  std::string run = start("Email Clicked", true, parsed(R"([{"property":"url","op":"contains","value":"jackets"}])"));
  expect_ended_by(run, [&] { ask("GET", local(services::click_url(tracking, message, url))); });
  EXPECT_EQ(write([&](storage::Tx& tx) { return workflows::get_run(tx, workspace, run); }).reason, "goal");
}

TEST_F(WakingDoorTest, AnUnsubscribeAndABounceEndWaitsToo) {
  expect_ended_by(start("Unsubscribed"), [&] {
    ask("POST", local(services::unsubscribe_url(tracking, message)), "List-Unsubscribe=One-Click",
        {{"Content-Type", "application/x-www-form-urlencoded"}});
  });
  std::string key = add_key(services::KeyKind::kWriteKey).secret.reveal();
  expect_ended_by(start("Email Bounced"), [&] { ask("POST", "/hooks/bounces/" + workspace, "mail", basic(key)); });
}

}  // namespace
}  // namespace spreaders::doors
