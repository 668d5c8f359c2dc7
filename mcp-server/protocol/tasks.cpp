#include "mcp-server/protocol/tasks.hpp"

#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kTaskIdBytes = 18;

std::string_view status_name(TaskStatus status) {
  switch (status) {
    case TaskStatus::kWorking:
      return "working";
    case TaskStatus::kInputRequired:
      return "input_required";
    case TaskStatus::kCompleted:
      return "completed";
    case TaskStatus::kCancelled:
      return "cancelled";
    case TaskStatus::kFailed:
      return "failed";
  }
  return "failed";
}

bool is_final(TaskStatus status) { return status != TaskStatus::kWorking && status != TaskStatus::kInputRequired; }

RpcError unknown_task() { return invalid_params("params.taskId names no task of yours"); }

}  // namespace

bool has_tasks(const ClientState& client) {
  if (!client.capabilities.is_object()) return false;
  auto extensions = client.capabilities.find("extensions");
  return extensions != client.capabilities.end() && extensions->is_object() && extensions->contains(kTasksExtension);
}

RpcError tasks_required() {
  return {.code = kMissingCapability,
          .message = "This needs a client with the extension " + std::string(kTasksExtension),
          .data = {{"requiredCapabilities", {{"extensions", {{std::string(kTasksExtension), Json::object()}}}}}},
          .http_status = 400};
}

Json Tasks::envelope_locked(const Task& task) const {
  return {{"taskId", task.id},
          {"status", status_name(task.status)},
          {"createdAt", to_text(task.created)},
          {"lastUpdatedAt", to_text(task.updated)},
          {"ttlMs", options_.ttl_ms},
          {"pollIntervalMs", options_.poll_ms}};
}

Answer Tasks::start(const std::string& principal, TaskWork work, std::function<bool(const InputRequest&)> may_ask,
                    const Json* responses, std::string state) {
  auto task = std::make_shared<Task>();
  task->id = "task_" + base64url(secure_bytes(kTaskIdBytes));
  task->principal = principal;
  task->work = std::move(work);
  task->may_ask = std::move(may_ask);
  task->created = task->updated = clock_.now();
  task->responses = responses != nullptr ? *responses : Json(nullptr);
  task->state = std::move(state);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(tasks_, [&](const auto& each) {
      bool expired = each.second->created + options_.ttl_ms * 1000 < task->created;
      if (expired) each.second->stop.request_stop();
      return expired;
    });
    size_t own = 0;
    for (const auto& [id, other] : tasks_) own += other->principal == principal ? 1 : 0;
    if (tasks_.size() >= options_.tasks_max || own >= options_.tasks_per_principal_max) {
      return RpcError{
          .code = jsonrpc::kInternalError, .message = "There are too many tasks; try later", .http_status = 503};
    }
    tasks_.emplace(task->id, task);
  }
  Json created{{"resultType", "task"}};
  created.update(envelope_locked(*task));
  if (submit(task)) return created;
  std::lock_guard lock(mutex_);
  tasks_.erase(task->id);
  return RpcError{.code = jsonrpc::kInternalError, .message = "The server is busy; try later", .http_status = 503};
}

bool Tasks::submit(const TaskPtr& task) {
  return run_([this, task] { round(task); });
}

void Tasks::round(const TaskPtr& task) {
  Json responses;
  std::string state;
  {
    std::lock_guard lock(task->mutex);
    if (task->status != TaskStatus::kWorking) return;
    responses = std::exchange(task->responses, Json(nullptr));
    state = task->state;
  }
  settle(*task, task->work(responses.is_null() ? nullptr : &responses, state, task->stop.get_token()));
}

void Tasks::settle(Task& task, Answer answer) {
  std::lock_guard lock(task.mutex);
  if (task.status != TaskStatus::kWorking) return;  // cancelled meanwhile
  task.updated = clock_.now();
  if (auto* result = std::get_if<Json>(&answer)) {
    task.status = TaskStatus::kCompleted;
    task.outcome = std::move(*result);
    return;
  }
  if (auto* asked = std::get_if<InputRequired>(&answer)) {
    for (auto& request : asked->requests) {
      if (!task.may_ask(request)) continue;
      std::string key = request.key;
      for (int n = 2; !task.used_keys.insert(key).second; ++n) key = request.key + "-" + std::to_string(n);
      task.asked.emplace(std::move(key), std::move(request));
    }
    if (!task.asked.empty()) {
      task.state = std::move(asked->state);
      task.status = TaskStatus::kInputRequired;
      return;
    }
    answer = RpcError{.code = kMissingCapability, .message = "The task needs input that the client cannot give"};
  }
  auto* error = std::get_if<RpcError>(&answer);
  RpcError failure = error != nullptr ? *error : RpcError{.message = "A task cannot start a task"};
  task.status = TaskStatus::kFailed;
  task.outcome = {{"code", failure.code}, {"message", failure.message}};
  if (!failure.data.is_null()) task.outcome["data"] = failure.data;
}

Tasks::TaskPtr Tasks::find(const std::string& principal, const Json& params) {
  auto id = params.find("taskId");
  if (id == params.end() || !id->is_string()) return nullptr;
  std::lock_guard lock(mutex_);
  auto found = tasks_.find(id->get_ref<const std::string&>());
  // Somebody else's task looks like none at all.
  return found != tasks_.end() && found->second->principal == principal ? found->second : nullptr;
}

Answer Tasks::get(const std::string& principal, const Json& params) {
  auto task = find(principal, params);
  if (!task) return unknown_task();
  std::lock_guard lock(task->mutex);
  Json result = envelope_locked(*task);
  if (task->status == TaskStatus::kCompleted) result["result"] = task->outcome;
  if (task->status == TaskStatus::kFailed) result["error"] = task->outcome;
  if (task->status == TaskStatus::kInputRequired) {
    Json requests = Json::object();
    for (const auto& [key, request] : task->asked)
      requests[key] = {{"method", request.method}, {"params", request.params}};
    result["inputRequests"] = std::move(requests);
  }
  return result;
}

Answer Tasks::update(const std::string& principal, const Json& params) {
  auto task = find(principal, params);
  if (!task) return unknown_task();
  auto given = params.find("inputResponses");
  if (given == params.end() || !given->is_object()) return invalid_params("params.inputResponses must be an object");
  for (const auto& [key, value] : given->items()) {
    if (!value.is_object()) return invalid_params("params.inputResponses[\"" + key + "\"] must be a result object");
  }
  bool resume = false;
  {
    std::lock_guard lock(task->mutex);
    for (const auto& [key, value] : given->items()) {
      auto asked = task->asked.find(key);
      if (task->status != TaskStatus::kInputRequired || asked == task->asked.end())
        continue;  // unknown keys are ignored
      if (task->responses.is_null()) task->responses = Json::object();
      task->responses[asked->second.key] = value;
      task->asked.erase(asked);
      resume = task->asked.empty();
    }
    if (resume) {
      task->status = TaskStatus::kWorking;
      task->updated = clock_.now();
    }
  }
  if (resume && !submit(task)) {
    settle(*task, RpcError{.code = jsonrpc::kInternalError, .message = "The server was too busy to go on"});
  }
  return Json::object();
}

Answer Tasks::cancel(const std::string& principal, const Json& params) {
  auto task = find(principal, params);
  if (!task) return unknown_task();
  {
    std::lock_guard lock(task->mutex);
    if (is_final(task->status)) return Json::object();
    task->status = TaskStatus::kCancelled;
    task->updated = clock_.now();
    task->asked.clear();
  }
  task->stop.request_stop();
  return Json::object();
}

void Tasks::stop_all() {
  std::lock_guard lock(mutex_);
  for (auto& [id, task] : tasks_) task->stop.request_stop();
}

}  // namespace spreaders::mcp
