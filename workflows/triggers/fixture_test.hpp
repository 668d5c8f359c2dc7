// What the tests of triggers stand on, beside the fakes of the engine: a workflow, triggers of it, and what they start.
#pragma once

#include <gtest/gtest.h>

#include "workflows/fakes_test.hpp"
#include "workflows/library.hpp"
#include "workflows/listening.hpp"
#include "workflows/triggers/triggers.hpp"

namespace spreaders::workflows::fakes {

using storage::Tx;
using Lines = std::vector<std::string>;

class TriggerTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (!IsSkipped())
      workflow_ =
          save(R"({"act":{"type":"action","tool":"x.act","args":{},"next":"end"},"end":{"type":"end"}})", "act");
  }
  std::string save(const std::string& nodes, const std::string& first) {
    Json definition = {{"name", "Test"}, {"start", first}, {"nodes", parsed(nodes)}};
    auto saved = write([&](Tx& tx) { return save_workflow(tx, kWorkspace, "", definition, clock_.now(), ids_); });
    EXPECT_TRUE(saved.ok()) << saved.error().text();
    return saved.ok() ? saved->id : "";
  }
  Trigger made(const TriggerSpec& spec) {
    NewTrigger wanted{workflow_, 1, "t", spec};
    auto made = write([&](Tx& tx) { return create_trigger(tx, kWorkspace, wanted, clock_.now(), ids_); });
    EXPECT_TRUE(made.ok()) << made.error().text();
    return made.ok() ? *made : Trigger{};
  }
  Trigger started(const TriggerSpec& spec) {
    Trigger trigger = made(spec);
    StartedBy by{{.id = "usr_1", .workspace = kWorkspace, .scopes = {"email:send"}, .door = "test"}, "apr_1"};
    auto running = write([&](Tx& tx) { return start_trigger(tx, kWorkspace, trigger.id, by, clock_.now()); });
    EXPECT_TRUE(running.ok()) << running.error().text();
    return running.ok() ? *running : trigger;
  }
  Trigger now(const Trigger& trigger) {
    auto seen = write([&](Tx& tx) { return get_trigger(tx, kWorkspace, trigger.id); });
    EXPECT_TRUE(seen.ok());
    return seen.ok() ? *seen : Trigger{};
  }
  using Change = Result<Trigger> (*)(Tx&, const std::string&, const std::string&, Instant);
  void change(Change of, const Trigger& trigger) {
    auto done = write([&](Tx& tx) { return of(tx, kWorkspace, trigger.id, clock_.now()); });
    EXPECT_TRUE(done.ok()) << done.error().text();
  }
  // All of them in one transaction of `process`.
  bool say(std::vector<audience::Fact> facts, storage::Storage& process) {
    audience::Journal journal = listening_journal(ids_, [this] { ++wakes_; });
    auto done = process.write(storage::Scope::of(kWorkspace), [&](Tx& tx) {
      return audience::record_facts(tx, kWorkspace, facts, clock_.now(), journal);
    });
    return done.ok();
  }
  void say(std::vector<audience::Fact> facts) { EXPECT_TRUE(say(std::move(facts), *storage_)); }
  // "subject entry_key" of every run, in order of their names.
  Lines entries() {
    Lines lines;
    for (const auto& row :
         query("SELECT subject, entry_key FROM run WHERE workspace_id = $1 ORDER BY subject, entry_key", {kWorkspace}))
      lines.push_back(row[0].text() + " " + row[1].text());
    return lines;
  }
  std::string workflow_;
  std::atomic<int> wakes_ = 0;
};

}  // namespace spreaders::workflows::fakes
