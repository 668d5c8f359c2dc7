// The tasks extension (io.modelcontextprotocol/tasks, SEP-2663): calls that go on after their request was answered. The
// client asks how they do (tasks/get), gives input they wait for (tasks/update) and stops them (tasks/cancel). Tasks
// live in memory and belong to who started them; a handle is given out only when tasks/get finds it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "core/time.hpp"
#include "mcp-server/protocol/types.hpp"

namespace spreaders::mcp {

constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";
bool has_tasks(const ClientState& client);
RpcError tasks_required();  // -32021

enum class TaskStatus : uint8_t { kWorking, kInputRequired, kCompleted, kCancelled, kFailed };

// One round of a task's work, on a thread of the executor.
using TaskWork = std::function<Answer(const Json* responses, const std::string& state, std::stop_token stop)>;

struct TasksOptions {
  size_t tasks_max = 1000;
  size_t tasks_per_principal_max = 100;
  int64_t ttl_ms = 3600 * 1000;
  int64_t poll_ms = 500;
};

class Tasks {
 public:
  // `run` executes a job later on another thread; false when it cannot take more.
  Tasks(TasksOptions options, Clock& clock, std::function<bool(std::function<void()>)> run)
      : options_(options), clock_(clock), run_(std::move(run)) {}

  // CreateTaskResult. `may_ask`: whether the client can be asked this. The first round gets what the request brought.
  Answer start(const std::string& principal, TaskWork work, std::function<bool(const InputRequest&)> may_ask,
               const Json* responses, std::string state);
  Answer get(const std::string& principal, const Json& params);
  Answer update(const std::string& principal, const Json& params);
  Answer cancel(const std::string& principal, const Json& params);
  // Tells every running task to stop.
  void stop_all();

 private:
  struct Task {
    std::string id;
    std::string principal;
    TaskWork work;
    std::function<bool(const InputRequest&)> may_ask;
    std::stop_source stop;
    Instant created;
    std::mutex mutex;  // guards what follows
    Instant updated;
    TaskStatus status = TaskStatus::kWorking;
    std::map<std::string, InputRequest> asked;  // by the key on the wire, which is never used twice
    std::set<std::string> used_keys;
    Json responses;  // by the provider's key
    std::string state;
    Json outcome;  // result or error
  };
  using TaskPtr = std::shared_ptr<Task>;  // shared by the table and the running round

  TaskPtr find(const std::string& principal, const Json& params);
  void round(const TaskPtr& task);
  void settle(Task& task, Answer answer);
  bool submit(const TaskPtr& task);
  Json envelope_locked(const Task& task) const;

  const TasksOptions options_;
  Clock& clock_;
  std::function<bool(std::function<void()>)> run_;
  std::mutex mutex_;
  std::unordered_map<std::string, TaskPtr> tasks_;
};

}  // namespace spreaders::mcp
