// The member "settings" of a workflow, from its text to the mails.
#include <thread>

#include "services/sending/sending.hpp"
#include "workflows/fakes_test.hpp"
#include "workflows/findings.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::engine_name;
using events::fakes::FakeSender;
using fakes::kWorkspace;
using fakes::parsed;
using storage::Tx;

Json with_settings(const std::string& settings) {
  return {{"id", "wf_1"},
          {"name", "Test"},
          {"start", "end"},
          {"nodes", parsed(R"({"end":{"type":"end"}})")},
          {"settings", parsed(settings)}};
}

TEST(WorkflowSettings, AreReadWithEveryMistakeAtItsPlace) {
  auto fine = parse_definition(with_settings(
      R"({"caps":[{"messages":3,"days":7}],"quiet_hours":{"from":"21:00","to":"08:00","on":"skip"},"max_people":10})"));
  ASSERT_TRUE(fine.ok()) << fine.error().text();
  EXPECT_EQ(fine->settings->caps.front().messages, 3);
  EXPECT_EQ(fine->settings->max_people, 10);
  std::vector<std::string> places;
  for (const auto& finding : find_problems(with_settings(
           R"({"caps":[{"messages":0,"days":7}],"quiet_hours":{"from":"21","to":"08:00"},"max_entries":0,"other":1})")))
    places.push_back(finding.pointer);
  std::sort(places.begin(), places.end());
  EXPECT_EQ(places, (std::vector<std::string>{"/settings/caps/0/messages", "/settings/max_entries", "/settings/other",
                                              "/settings/quiet_hours/from"}));
}

class Settings : public fakes::EngineTest {
 protected:
  void store_with(const std::string& settings, const std::string& first, const std::string& nodes) {
    Json json = {
        {"id", "wf_1"}, {"name", "Test"}, {"start", first}, {"nodes", parsed(nodes)}, {"settings", parsed(settings)}};
    auto stored = write([&](Tx& tx) { return store_definition(tx, kWorkspace, json, 1, clock_.now()); });
    ASSERT_TRUE(stored.ok()) << stored.error().text();
  }
  Result<std::string> enter(const std::string& subject) {
    StartRun wanted{.workflow_id = "wf_1",
                    .version = 1,
                    .subject = subject,
                    .entry_key = "once",
                    .principal = {.id = "usr_1", .workspace = kWorkspace, .scopes = {}, .door = "test"}};
    return write([&](Tx& tx) { return start_run(tx, kWorkspace, wanted, clock_.now(), system_ids()); });
  }
};

TEST_P(Settings, AFullWorkflowTakesNobodyElse) {
  store_with(R"({"max_entries":2})", "end", R"({"end":{"type":"end"}})");
  auto first = enter("con_1");
  ASSERT_TRUE(first.ok()) << first.error().text();
  ASSERT_TRUE(enter("con_2").ok());
  auto third = enter("con_3");
  ASSERT_FALSE(third.ok());
  EXPECT_NE(third.error().message.find("max_entries"), std::string::npos) << third.error().message;
  EXPECT_EQ(enter("con_1").value_or(""), *first) << "who is in is in";
}

TEST_P(Settings, ManyWhoEnterAtOnceAreCountedOneByOne) {
  store_with(R"({"max_entries":3})", "end", R"({"end":{"type":"end"}})");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([this, i] { (void)enter("con_" + std::to_string(i)).ok(); });
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM run WHERE workspace_id = $1", {kWorkspace}), 3);
}

TEST_P(Settings, QuietHoursAndCapsReachTheMailsAndTheHistory) {
  profiles_.people = 4;
  auto agreed = write([&](Tx& tx) -> Result<void> {
    for (int i = 0; i < 3; ++i)
      TRY(consent::record(tx, kWorkspace,
                          {"con_00" + std::to_string(i), "email", consent::State::kOptedIn, "t", "", {1}}));
    return {};
  });
  ASSERT_TRUE(agreed.ok());
  std::string nodes =
      R"({"send":{"type":"for_each","audience":{},"channel":"email","connection":"con_1","campaign":"cmp_1",
      "payload":{"template":"tpl_1","version":1},"next":"end"},"end":{"type":"end"}})";
  store_with(
      R"({"quiet_hours":{"from":"09:00","to":"17:30"},"time_zone":"UTC","caps":[{"messages":1,"days":30,"on":"skip"}]})",
      "send", nodes);
  sending::Guard rules;
  Engine engine(*storage_, clock_, ids_, tools_, profiles_, rules, options(), "prc_a");
  FakeSender sender(receiver_);
  events::DispatcherOptions with{.workers = 1, .lookup_grace_ms = 0};
  events::Dispatcher mail(*storage_, clock_, rules, with, "prc_a");
  mail.add_sender("email", sender);
  mail.on_settle(
      [&engine](Tx& tx, const std::vector<events::Settled>& settled) { return engine.on_settled(tx, settled); });
  std::string run = *enter("cmp_1");
  drain(engine, &mail);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(to_text(clock_.now()), "2026-11-21T17:30:00Z");
  EXPECT_EQ(receiver_.reached(), 3);
  auto log =
      query("SELECT output FROM step_log WHERE workspace_id = $1 AND run_id = $2 ORDER BY seq", {kWorkspace, run});
  ASSERT_GE(log.size(), 2u);
  EXPECT_EQ(parsed(log[0][0].text()), parsed(R"({"recipients":4,"refused":1,"deferred":3})"));
  EXPECT_EQ(parsed(log[1][0].text()), parsed(R"({"states":{"accepted":3,"skipped":1},"left_out":{"no_consent":1}})"));
  std::string again = *enter("cmp_2");
  drain(engine, &mail);
  EXPECT_EQ(status(again), "completed");
  EXPECT_EQ(receiver_.doubled(), 0);
  log = query("SELECT output FROM step_log WHERE workspace_id = $1 AND run_id = $2 ORDER BY seq", {kWorkspace, again});
  EXPECT_EQ(parsed(log[1][0].text()),
            parsed(R"({"states":{"skipped":4},"left_out":{"no_consent":1,"workflow_cap:1 in 30 days":3}})"));
}

INSTANTIATE_TEST_SUITE_P(Databases, Settings, ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         engine_name);

}  // namespace
}  // namespace spreaders::workflows
