// Group commit: what is acknowledged is there, many requests share a commit, and one that fails fails alone.
#include "services/events/writer.hpp"

#include <future>
#include <nlohmann/json.hpp>

#include "core/log.hpp"
#include "services/audience/test_database.hpp"

namespace spreaders::services {
namespace {

using audience::both_databases;
using audience::database_name;
using Answer = Result<std::vector<Recorded>>;

// A database whose connection is lost around a commit.
class Shaky : public storage::Storage {
 public:
  explicit Shaky(storage::Storage& inner) : inner_(inner) {}
  Result<void> write_(const storage::Scope& scope, const std::function<Result<void>(storage::Tx&)>& body) override {
    if (refusals > 0 && refusals-- > 0) return Error{Code::kUnavailable, "no connection"};
    auto done = inner_.write_(scope, body);
    if (done.ok() && lost_answers > 0 && lost_answers-- > 0) return Error{Code::kOutcomeUnknown, "connection lost"};
    return done;
  }
  Result<void> read_(const storage::Scope& scope, const std::function<Result<void>(storage::Tx&)>& body) override {
    return inner_.read_(scope, body);
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  Result<void> migrate() override { return inner_.migrate(); }
  Result<void> backup_to(const std::string& path) override { return inner_.backup_to(path); }
  std::atomic<int> lost_answers = 0, refusals = 0;

 private:
  storage::Storage& inner_;
};

class WriterTest : public audience::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (database) shaky = std::make_unique<Shaky>(*database);
    set_log_level(LogLevel::kOff);
  }
  void TearDown() override { set_log_level(LogLevel::kInfo); }
  std::unique_ptr<EventWriter> make(EventWriterLimits limits = {}, audience::FactHook hook = {}) {
    return std::make_unique<EventWriter>(*shaky, clock, RecordSetup{tracking, {ids, std::move(hook)}}, limits);
  }
  IncomingEvent event(const std::string& name, const std::string& message_id) {
    Event made;
    made.name = name;
    made.message_id = message_id;
    made.user_id = "u";
    made.at = clock.now();
    return {made, "key_1", false, {}};
  }
  std::future<Answer> add(EventWriter& writer, std::vector<IncomingEvent> events, size_t bytes = 1) {
    auto promise = std::make_shared<std::promise<Answer>>();
    writer.add(workspace, std::move(events), bytes, [promise](const Answer& answer) { promise->set_value(answer); });
    return promise->get_future();
  }
  // Holds the writer inside a transaction until it is let go, so that others gather.
  struct Gate {
    std::promise<void> entered, open;
    std::atomic<bool> used = false;
    audience::FactHook hook() {
      return [this, opened = open.get_future().share()](storage::Tx&, const std::string&,
                                                        std::span<const audience::Fact>, Instant) -> Result<void> {
        if (!used.exchange(true)) {
          entered.set_value();
          opened.wait();
        }
        return {};
      };
    }
  };

  Tracking tracking{Secret("0123456789abcdef0123456789abcdef"), "https://news.example.org"};
  std::unique_ptr<Shaky> shaky;
};
INSTANTIATE_TEST_SUITE_P(Engines, WriterTest, both_databases(), database_name);

TEST_P(WriterTest, WhatGathersWhileACommitIsUnderWaySharesTheNext) {
  Gate gate;
  auto writer = make({}, gate.hook());
  auto first = add(*writer, {event("e", "first")});
  gate.entered.get_future().wait();
  std::vector<std::future<Answer>> others;
  for (int i = 0; i < 200; ++i) others.push_back(add(*writer, {event("e", "m" + std::to_string(i))}));
  EXPECT_EQ(others.back().wait_for(std::chrono::seconds(0)), std::future_status::timeout)
      << "nothing before its commit";
  gate.open.set_value();
  for (auto& other : others) {
    auto answer = other.get();
    ASSERT_TRUE(answer.ok()) << answer.error().text();
    EXPECT_EQ(answer->size(), 1u);
    EXPECT_TRUE((*answer)[0].is_new);
  }
  EXPECT_TRUE(first.get().ok());
  EXPECT_EQ(writer->counts.commits, 2u);
  EXPECT_EQ(writer->counts.recorded, 201u);
  EXPECT_EQ(count("event"), 201);
}

TEST_P(WriterTest, AGroupHasALimitAndKeepsTheOrder) {
  Gate gate;
  auto writer = make({.group_events_max = 10}, gate.hook());
  add(*writer, {event("e", "first")});
  gate.entered.get_future().wait();
  std::vector<std::future<Answer>> others;
  for (int i = 0; i < 6; ++i)
    others.push_back(add(*writer, {event("e", std::to_string(i) + "a"), event("e", std::to_string(i) + "b"),
                                   event("e", std::to_string(i) + "c")}));
  gate.open.set_value();
  for (auto& other : others) ASSERT_TRUE(other.get().ok());
  EXPECT_EQ(writer->counts.commits, 3u) << "the first, then twice three of three";
  auto names = write([&](storage::Tx& tx) {
    return tx.query("SELECT message_id FROM event WHERE workspace_id = $1 ORDER BY seq", {workspace});
  });
  ASSERT_EQ(names.size(), 19u);
  EXPECT_EQ(names[1][0].text(), "0a");
  EXPECT_EQ(names[18][0].text(), "5c");
}

TEST_P(WriterTest, OneThatFailsFailsAlone) {
  Gate gate;
  auto hold = gate.hook();
  auto writer = make({},
                     [hold](storage::Tx& tx, const std::string& where, std::span<const audience::Fact> facts,
                            Instant now) -> Result<void> {
                       for (const auto& fact : facts) {
                         if (fact.name == "poison") return internal("a defect");
                       }
                       return hold(tx, where, facts, now);
                     });
  add(*writer, {event("e", "first")});
  gate.entered.get_future().wait();
  auto good = add(*writer, {event("e", "good")});
  auto bad = add(*writer, {event("e", "innocent"), event("poison", "bad")});
  auto last = add(*writer, {event("e", "last")});
  gate.open.set_value();
  EXPECT_TRUE(good.get().ok());
  EXPECT_EQ(bad.get().error().code, Code::kInternal);
  EXPECT_TRUE(last.get().ok());
  EXPECT_EQ(count("event"), 3) << "a request is recorded as a whole or not";
  EXPECT_EQ(writer->counts.failed, 2u);
}

TEST_P(WriterTest, ACommitWhoseOutcomeIsUnknownIsDoneAgainWithoutDoubling) {
  auto writer = make();
  shaky->lost_answers = 1;
  auto answer = add(*writer, {event("e", "m1")}).get();
  ASSERT_TRUE(answer.ok()) << answer.error().text();
  EXPECT_EQ(count("event"), 1);
  shaky->lost_answers = 2;
  EXPECT_EQ(add(*writer, {event("e", "m2")}).get().error().code, Code::kUnavailable) << "never an unclear answer";
  shaky->refusals = 1;
  EXPECT_EQ(add(*writer, {event("e", "m3")}).get().error().code, Code::kUnavailable);
  EXPECT_TRUE(add(*writer, {event("e", "m3")}).get().ok());
  EXPECT_EQ(count("event WHERE message_id = 'm3'"), 1);
}

TEST_P(WriterTest, WhatWaitsHasALimitAndIsWrittenAtTheEnd) {
  Gate gate;
  auto writer = make({.waiting_bytes_max = 100}, gate.hook());
  auto first = add(*writer, {event("e", "first")});
  gate.entered.get_future().wait();
  auto fits = add(*writer, {event("e", "fits")}, 100);
  auto refused = add(*writer, {event("e", "refused")}, 1).get();
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_GT(refused.error().retry_after_ms, 0);
  gate.open.set_value();
  writer.reset();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(fits.get().ok());
  EXPECT_EQ(count("event"), 2);
}

TEST_P(WriterTest, ManyThreadsLoseAndDoubleNothing) {
  auto writer = make({.group_events_max = 50});
  constexpr int kThreads = 8, kEach = 100;
  std::atomic<int> fresh = 0, known = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kEach; ++i) {
          // Every message is said by two threads.
          auto answer = add(*writer, {event("e", std::to_string(thread / 2) + "-" + std::to_string(i))}).get();
          ASSERT_TRUE(answer.ok());
          ++((*answer)[0].is_new ? fresh : known);
        }
      });
    }
  }
  EXPECT_EQ(fresh, kThreads / 2 * kEach);
  EXPECT_EQ(known, kThreads / 2 * kEach);
  EXPECT_EQ(count("event"), kThreads / 2 * kEach);
}

}  // namespace
}  // namespace spreaders::services
