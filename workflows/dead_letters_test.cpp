// Dead letters on both databases: what is listed, how a failed run goes on, and what replaying may never do twice.
#include "workflows/dead_letters.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "workflows/fakes_test.hpp"

namespace spreaders::workflows {
namespace {

using events::fakes::FakeSender;
using fakes::EngineTest;
using fakes::kWorkspace;
using storage::Tx;
using Lines = std::vector<std::string>;

class DeadLetters : public EngineTest {
 protected:
  std::vector<DeadLetter> letters(LetterFilter filter = {}) {
    auto found = write([&](Tx& tx) { return dead_letters(tx, kWorkspace, filter); });
    EXPECT_TRUE(found.ok()) << found.error().text() << found.error().detail;
    return found.ok() ? *found : std::vector<DeadLetter>();
  }
  Result<void> again(const std::string& id, ReplayOptions options = {}) {
    return write([&](Tx& tx) { return replay(tx, kWorkspace, id, options, clock_.now(), ids_); });
  }
  void break_tool(const std::string& name) {
    tools_.on_call = [this, name](const ToolCall& call, int) -> Result<Json> {
      if (call.name == name && broken_) return Error{Code::kVendorRejected, "no such field"};
      return Json{{"orders", 7}};
    };
  }
  bool broken_ = true;
};
INSTANTIATE_TEST_SUITE_P(Engines, DeadLetters,
                         ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres),
                         events::fakes::engine_name);

constexpr const char* kTwoSteps = R"({
  "first":{"type":"action","tool":"x.first","args":{},"next":"second"},
  "second":{"type":"action","tool":"x.second","args":{},"next":"end"},
  "end":{"type":"end"}})";

TEST_P(DeadLetters, AFailedRunGoesOnWhereItFailedAndDoesNothingTwice) {
  break_tool("x.second");
  std::string run = start_with("wf_1", "first", kTwoSteps);
  auto one = engine();
  drain(*one);
  ASSERT_EQ(status(run), "failed");
  auto found = letters();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, run);
  EXPECT_EQ(found[0].node, "second");
  EXPECT_EQ(found[0].state, "failed");
  EXPECT_NE(found[0].reason.find("no such field"), std::string::npos);
  EXPECT_EQ(letters({.workflow_id = "wf_2"}).size(), 0u);

  broken_ = false;
  ASSERT_TRUE(again(run).ok());
  EXPECT_EQ(status(run), "active");
  EXPECT_TRUE(letters().empty());
  drain(*one);
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(history(run), (Lines{"first done", "second failed", "second replayed", "second done", "end ended"}));
  expect_sound_history(run);
  EXPECT_EQ(tools_.last().idempotency_key, run + ":second") << "the key of the call stays";
  auto over = again(run);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, Code::kNotFound);
}

TEST_P(DeadLetters, ItMayFailAgainAndBeDiscarded) {
  break_tool("x.second");
  std::string run = start_with("wf_1", "first", kTwoSteps);
  auto one = engine();
  drain(*one);
  ASSERT_TRUE(again(run).ok());
  drain(*one);
  EXPECT_EQ(status(run), "failed");
  ASSERT_EQ(letters().size(), 1u);
  auto left = write([&](Tx& tx) { return discard(tx, kWorkspace, run, "known", "usr_1", clock_.now()); });
  ASSERT_TRUE(left.ok()) << left.error().text();
  EXPECT_TRUE(letters().empty());
  broken_ = false;
  ASSERT_TRUE(again(run).ok()) << "what was discarded can still be tried again";
  drain(*one);
  EXPECT_EQ(status(run), "completed");
}

TEST_P(DeadLetters, WhatItsFailureHeldBackGoesOutOnce) {
  profiles_.people = 6;
  tools_.on_call = [this](const ToolCall&, int) -> Result<Json> {
    if (broken_) return Error{Code::kVendorRejected, "gone"};
    return Json::object();
  };
  // One branch mails, the other fails while nothing has left yet.
  std::string run = start_with("wf_1", "fork", R"({
    "fork":{"type":"parallel","branches":["send","look"],"join":"both"},
    "send":{"type":"for_each","audience":{"list_id":"lst_1"},"channel":"email","connection":"con_1","payload":{"template":"tpl_1"},"campaign":"cmp_1","batch":4,"next":"both"},
    "look":{"type":"action","tool":"x.look","args":{},"next":"both"},
    "both":{"type":"join","next":"end"},
    "end":{"type":"end"}})");
  FakeSender sender(receiver_);
  auto one = engine();
  while (*one->run_once() > 0 && status(run) == "active") {
  }
  ASSERT_EQ(status(run), "failed");
  const int64_t held =
      count("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1 AND state = 'cancelled'", {kWorkspace});
  ASSERT_GT(held, 0);
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  EXPECT_EQ(receiver_.reached(), 0);
  broken_ = false;
  ASSERT_TRUE(again(run).ok());
  drain(*one, mail.get());
  EXPECT_EQ(status(run), "completed");
  EXPECT_EQ(receiver_.reached(), 6);
  EXPECT_EQ(receiver_.doubled(), 0);
  expect_sound_history(run);
}

TEST_P(DeadLetters, AWaitBeginsAnewAndSeesWhatHappenedMeanwhile) {
  tools_.on_call = [this](const ToolCall&, int) -> Result<Json> {
    if (broken_) return Error{Code::kVendorRejected, "gone"};
    return Json::object();
  };
  store("wf_1", "fork", fakes::parsed(R"({
    "fork":{"type":"parallel","branches":["wait","look"],"join":"both"},
    "wait":{"type":"wait_event","event":"Order Completed","timeout":"P3D","since":"entry","on":{"event":"both","timeout":"both"}},
    "look":{"type":"delay","for":"PT1H","next":"call"},
    "call":{"type":"action","tool":"x.look","args":{},"next":"both"},
    "both":{"type":"join","next":"end"},
    "end":{"type":"end"}})"));
  std::string run = start("wf_1", "con_1");
  auto one = engine();
  drain(*one);
  ASSERT_EQ(status(run), "failed");
  EXPECT_EQ(happen("Order Completed", "con_1"), 0) << "nobody listens any more";
  broken_ = false;
  ASSERT_TRUE(again(run).ok());
  ASSERT_GT(*one->run_once(), 0);
  drain(*one);
  EXPECT_EQ(status(run), "completed");
  Lines lines = history(run);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "wait event"), lines.end()) << "the order of the meantime counts";
}

TEST_P(DeadLetters, AGoalThatWasReachedMeanwhileEndsIt) {
  break_tool("x.second");
  auto stored = write([&](Tx& tx) {
    Json json{{"id", "wf_1"},
              {"name", "Test"},
              {"start", "first"},
              {"nodes", fakes::parsed(kTwoSteps)},
              {"goal", {{"event", "Order Completed"}}}};
    return store_definition(tx, kWorkspace, json, 1, clock_.now());
  });
  ASSERT_TRUE(stored.ok()) << stored.error().text();
  std::string bought = start("wf_1", "con_1"), not_yet = start("wf_1", "con_2");
  auto one = engine();
  drain(*one);
  happen("Order Completed", "con_1");
  broken_ = false;
  ASSERT_TRUE(again(bought).ok());
  ASSERT_TRUE(again(not_yet).ok());
  EXPECT_EQ(view(bought).status, "completed");
  EXPECT_EQ(view(bought).reason, "goal");
  EXPECT_EQ(view(not_yet).status, "active");
  EXPECT_EQ(happen("Order Completed", "con_2"), 1) << "and is listened for again";
}

TEST_P(DeadLetters, WhatFailedWithinAnotherGoesOnWithIt) {
  break_tool("x.second");
  store("wf_in", "first", fakes::parsed(kTwoSteps));
  store("wf_out", "inner", fakes::parsed(R"({
    "inner":{"type":"sub_workflow","workflow":"wf_in","version":1,"timeout":"PT1H","on":{"completed":"end","timeout":"end"}},
    "end":{"type":"end"}})"));
  std::string run = start("wf_out", "con_1");
  auto one = engine();
  drain(*one);
  ASSERT_EQ(status(run), "failed");
  auto found = letters();
  ASSERT_EQ(found.size(), 2u);
  const std::string inner = found[0].id == run ? found[1].id : found[0].id;
  auto alone = again(inner);
  ASSERT_FALSE(alone.ok());
  clock_.move_to(clock_.now() + kDay_us);  // its time-out would be over
  EXPECT_NE(alone.error().message.find("replay that one"), std::string::npos) << alone.error().message;
  broken_ = false;
  ASSERT_TRUE(again(run).ok());
  drain(*one);
  EXPECT_EQ(status(inner), "completed");
  EXPECT_EQ(status(run), "completed");
  EXPECT_TRUE(letters().empty());
}

TEST_P(DeadLetters, MessagesAreSentAgainOnlyWhereThatIsSafe) {
  profiles_.people = 3;
  std::string run = start_with("wf_1", "send", R"({
    "send":{"type":"for_each","audience":{"list_id":"lst_1"},"channel":"email","connection":"con_1","payload":{"template":"tpl_1"},"campaign":"cmp_1","batch":4,"next":"end"},
    "end":{"type":"end"}})");
  FakeSender sender(receiver_);
  int sent = 0;
  sender.on_send = [&](const events::OutboxItem& item) -> events::SendReport {
    ++sent;
    receiver_.take(item);
    return {events::Sent::kAccepted, "250 ok"};
  };
  auto one = engine();
  auto mail = dispatcher(*one, sender);
  drain(*one, mail.get());
  ASSERT_EQ(status(run), "completed");
  auto send_all = [&] {
    while (*mail->run_once() > 0) continue;
  };
  // What a receiver's refusal and a lost answer leave behind.
  auto spoil = [&](const std::string& person, const std::string& state) {
    auto done = write([&](Tx& tx) {
      return tx.execute(
          "UPDATE outbox SET state = $1, reply = 'because', next_at = $2 WHERE workspace_id = $3 AND "
          "contact_id = $4",
          {state, clock_.now() + kDay_us, kWorkspace, person});
    });
    ASSERT_TRUE(done.ok() && *done == 1);
  };
  spoil("con_000", "failed");
  spoil("con_001", "unknown");
  auto found = letters({.campaign_id = "cmp_1"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].is_run);
  for (const auto& letter : found) {
    auto tried = again(letter.id);
    EXPECT_EQ(tried.ok(), letter.state == "failed") << letter.state;
    EXPECT_TRUE(tried.ok() || tried.error().message.find("may_send_twice") != std::string::npos);
  }
  ASSERT_EQ(sent, 3);
  send_all();
  EXPECT_EQ(sent, 4);
  ASSERT_EQ(letters().size(), 1u);
  ASSERT_TRUE(again(letters()[0].id, {.may_send_twice = true}).ok());
  send_all();
  EXPECT_EQ(sent, 5);
  EXPECT_TRUE(letters().empty());
}

TEST_P(DeadLetters, PagesGoOnWhereTheLastOneEnded) {
  break_tool("x.first");
  store("wf_1", "first", fakes::parsed(kTwoSteps));
  for (int i = 0; i < 5; ++i) start("wf_1", "con_" + std::to_string(i));
  auto one = engine();
  drain(*one);
  std::set<std::string> seen;
  LetterFilter filter{.limit = 2};
  for (int page = 0; page < 3; ++page) {
    auto found = letters(filter);
    EXPECT_EQ(found.size(), page < 2 ? 2u : 1u);
    for (const auto& letter : found) EXPECT_TRUE(seen.insert(letter.id).second) << "twice: " << letter.id;
    if (!found.empty()) filter.after = LetterFilter::Place{found.back().at, found.back().id};
  }
  EXPECT_EQ(seen.size(), 5u);
}

}  // namespace
}  // namespace spreaders::workflows
