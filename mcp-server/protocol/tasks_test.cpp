#include "mcp-server/protocol/tasks.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace spreaders::mcp {
namespace {

// Runs jobs when the test says so, on its own thread.
class TasksTest : public ::testing::Test {
 protected:
  void run_jobs() {
    while (!jobs.empty()) {
      auto job = std::move(jobs.front());
      jobs.pop_front();
      job();
    }
  }
  Json start(TaskWork work, const std::string& who = "a") {
    return std::get<Json>(tasks.start(
        who, std::move(work), [](const InputRequest&) { return true; }, nullptr, ""));
  }
  Json get(const Json& created, const std::string& who = "a") {
    return std::get<Json>(tasks.get(who, {{"taskId", created["taskId"]}}));
  }

  VirtualClock clock{Instant{0}};
  std::deque<std::function<void()>> jobs;
  bool full = false;
  Tasks tasks{{.tasks_max = 3, .tasks_per_principal_max = 2, .ttl_ms = 1000}, clock, [this](std::function<void()> job) {
                if (full) return false;
                jobs.push_back(std::move(job));
                return true;
              }};
  TaskWork done = [](const Json*, const std::string&, std::stop_token) -> Answer { return text_result("done"); };
};

TEST_F(TasksTest, WorksThenHoldsItsResult) {
  Json created = start(done);
  EXPECT_EQ(created["resultType"], "task");
  EXPECT_EQ(created["status"], "working");
  EXPECT_EQ(get(created)["status"], "working") << "known before any work is done";
  run_jobs();
  EXPECT_EQ(get(created)["status"], "completed");
  EXPECT_EQ(get(created)["result"]["content"][0]["text"], "done");
  EXPECT_TRUE(std::holds_alternative<RpcError>(tasks.get("b", {{"taskId", created["taskId"]}}))) << "somebody else's";
}

TEST_F(TasksTest, AsksUntilAllIsAnsweredAndNeverUsesAKeyTwice) {
  int rounds = 0;
  Json seen;
  Json created = start([&](const Json* responses, const std::string& state, std::stop_token) -> Answer {
    if (++rounds == 3) return text_result(state);
    if (responses != nullptr) seen = *responses;
    InputRequired asked;
    asked.requests.push_back({.key = "x", .method = "elicitation/create", .params = Json::object()});
    if (rounds == 1) asked.requests.push_back({.key = "y", .method = "elicitation/create", .params = Json::object()});
    asked.state = "round " + std::to_string(rounds);
    return asked;
  });
  run_jobs();
  EXPECT_EQ(get(created)["inputRequests"].size(), 2U);
  auto update = [&](Json responses) {
    return tasks.update("a", {{"taskId", created["taskId"]}, {"inputResponses", std::move(responses)}});
  };
  EXPECT_TRUE(std::holds_alternative<RpcError>(update(Json::array())));
  update({{"x", {{"action", "accept"}}}, {"unknown", Json::object()}});
  run_jobs();
  EXPECT_EQ(get(created)["status"], "input_required");
  EXPECT_EQ(get(created)["inputRequests"].size(), 1U);
  update({{"y", {{"action", "decline"}}}});
  run_jobs();
  EXPECT_EQ(seen, (Json{{"x", {{"action", "accept"}}}, {"y", {{"action", "decline"}}}}));
  EXPECT_TRUE(get(created)["inputRequests"].contains("x-2"));
  update({{"x-2", {{"action", "accept"}}}});
  run_jobs();
  EXPECT_EQ(get(created)["result"]["content"][0]["text"], "round 2");
}

TEST_F(TasksTest, StaysCancelledWhateverTheWorkAnswers) {
  std::stop_token token;
  Json created = start([&](const Json*, const std::string&, std::stop_token stop) -> Answer {
    token = stop;
    return text_result("late");
  });
  tasks.cancel("a", {{"taskId", created["taskId"]}});
  run_jobs();
  EXPECT_EQ(get(created)["status"], "cancelled");
  EXPECT_FALSE(get(created).contains("result"));
  EXPECT_TRUE(std::holds_alternative<Json>(tasks.cancel("a", {{"taskId", created["taskId"]}}))) << "again is fine";
}

TEST_F(TasksTest, FailsWithTheProtocolError) {
  Json created = start([](const Json*, const std::string&, std::stop_token) -> Answer {
    return RpcError{.code = -32603, .message = "broken"};
  });
  run_jobs();
  EXPECT_EQ(get(created)["error"], (Json{{"code", -32603}, {"message", "broken"}}));
}

TEST_F(TasksTest, KeepsToItsLimitsAndForgetsOldTasks) {
  start(done);
  start(done);
  EXPECT_TRUE(std::holds_alternative<RpcError>(tasks.start("a", done, nullptr, nullptr, ""))) << "two for each";
  start(done, "b");
  EXPECT_TRUE(std::holds_alternative<RpcError>(tasks.start("c", done, nullptr, nullptr, ""))) << "three for all";
  clock.move_to({1'000'001});
  start(done, "c");
  full = true;
  EXPECT_TRUE(std::holds_alternative<RpcError>(tasks.start("d", done, nullptr, nullptr, ""))) << "no thread for it";
}

}  // namespace
}  // namespace spreaders::mcp
