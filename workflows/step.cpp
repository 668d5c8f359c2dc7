// The pure part of the engine: no clock, no database, no tool is touched here.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "workflows/engine.hpp"

namespace spreaders::workflows {

namespace {

Step move_to(const std::string& next, std::string log_kind) {
  Step step;
  step.kind = Step::Kind::kMove;
  step.next = next;
  step.log_kind = std::move(log_kind);
  return step;
}

Step fail(std::string reason) {
  Step step;
  step.kind = Step::Kind::kFail;
  step.reason = std::move(reason);
  step.log_kind = "failed";
  return step;
}

Json data_of(const Token& token) {
  auto parsed = parse_json(token.data);
  return parsed.ok() && parsed->is_object() ? *parsed : Json::object();
}

Result<Instant> end_of_delay(const Node& node, Instant now) {
  if (node.until) return *node.until;
  if (!node.local_time_us) return now + node.delay_us;
  LocalTime local = TRY(to_local(now, node.zone));
  Date day = local.time_of_day_us < *node.local_time_us ? local.date : add_days(local.date, 1);
  return to_instant(day, *node.local_time_us, node.zone);
}

Step step_delay(const Node& node, const Token& token, Instant now) {
  if (token.visit > 0) return move_to(node.next, "waited");  // the timer that was set has come due
  auto until = end_of_delay(node, now);
  if (!until.ok()) return fail(until.error().message);
  if (*until <= now) return move_to(node.next, "waited");
  Step step;
  step.kind = Step::Kind::kWait;
  step.due = *until;
  step.data = token.data;
  step.log_kind = "waiting";
  return step;
}

Step step_parallel(const Node& node, const Token& token, Instant now) {
  Json data = data_of(token);
  Json groups = data.value("groups", Json::array());
  groups.push_back({{"id", token.id}, {"size", node.branches.size()}});
  Step step = move_to("", "forked");
  for (const auto& branch : node.branches)
    step.fork.push_back({branch, "ready", now, to_text(Json{{"groups", groups}})});
  return step;
}

// Compares as numbers when both are numbers, else as text.
Result<bool> holds(const Json& condition, const Json& results) {
  std::string op = condition.value("op", "");
  Json asked = condition;
  // To ask whether something is there is no error when it is not.
  if (const Json* from = at_pointer(condition, "/left/$from");
      op == "exists" && from != nullptr && from->is_object() && !from->contains("default"))
    asked["left"]["$from"]["default"] = nullptr;
  Json resolved = TRY(resolve_references(asked, results));
  const Json left = resolved.contains("left") ? resolved["left"] : Json();
  const Json right = resolved.contains("right") ? resolved["right"] : Json();
  if (op == "exists") return !left.is_null();
  int order = 0;
  if (left.is_number() && right.is_number()) {
    double difference = left.get<double>() - right.get<double>();
    order = difference < 0 ? -1 : difference > 0 ? 1 : 0;
  } else {
    order = to_text(left).compare(to_text(right));
  }
  if (op == "eq") return order == 0;
  if (op == "ne") return order != 0;
  if (op == "gt") return order > 0;
  if (op == "gte") return order >= 0;
  if (op == "lt") return order < 0;
  if (op == "lte") return order <= 0;
  return invalid("the condition's op '" + op.substr(0, 20) + "' is not one of: exists, eq, ne, gt, gte, lt, lte");
}

Step step_for_each(const Node& node, const Token& token) {
  Json data = data_of(token);
  if (data.value("phase", "") == "drained") return move_to(node.next, "sent");
  Step step;
  step.kind = Step::Kind::kForEach;
  step.log_kind = "page";
  return step;
}

Step step_wait_event(const Node& node, const Token& token, Instant now, const Seen& seen) {
  if (seen.event) return move_to(node.on_event, "event");
  if (token.visit > 0) return move_to(node.on_timeout, "timeout");
  Step step;
  step.kind = Step::Kind::kSubscribe;
  step.due = now + node.timeout_us;
  step.data = token.data;
  step.log_kind = "waiting";
  return step;
}

}  // namespace

Result<Json> resolve_references(const Json& args, const Json& results, const Json& run) {
  if (args.is_object()) {
    if (auto of_run = args.find("$run"); of_run != args.end()) {
      bool known =
          args.size() == 1 && of_run->is_string() && run.is_object() && run.contains(of_run->get<std::string>());
      if (!known) return invalid("a reference to the run is {\"$run\":\"...\"} of: id, subject, key, campaign");
      return run[of_run->get<std::string>()];
    }
    auto from = args.find("$from");
    if (from != args.end()) {
      bool shape = args.size() == 1 && from->is_object() && from->contains("node") && (*from)["node"].is_string();
      if (!shape) return invalid("a reference is {\"$from\":{\"node\":\"...\",\"pointer\":\"/...\"}}");
      std::string node = (*from)["node"];
      std::string pointer =
          from->contains("pointer") && (*from)["pointer"].is_string() ? (*from)["pointer"].get<std::string>() : "";
      auto result = results.find(node);
      const Json* value = result == results.end() ? nullptr : at_pointer(*result, pointer);
      if (value != nullptr) return *value;
      if (from->contains("default")) return (*from)["default"];
      return invalid("the step '" + node + "' has no result at '" + pointer + "'");
    }
    Json out = Json::object();
    for (auto it = args.begin(); it != args.end(); ++it)
      out[it.key()] = TRY(resolve_references(it.value(), results, run));
    return out;
  }
  if (args.is_array()) {
    Json out = Json::array();
    for (const auto& item : args) out.push_back(TRY(resolve_references(item, results, run)));
    return out;
  }
  return args;
}

Step step(const Definition& definition, const Token& token, const Json& results, Instant now, const Seen& seen) {
  const Node* node = definition.find(token.node_id);
  if (node == nullptr) return fail("the workflow has no node '" + token.node_id + "'");
  switch (node->type) {
    case NodeType::kEnd:
      return move_to("", "ended");
    case NodeType::kDelay:
      return step_delay(*node, token, now);
    case NodeType::kParallel:
      return step_parallel(*node, token, now);
    case NodeType::kForEach:
      return step_for_each(*node, token);
    case NodeType::kWaitEvent:
      return step_wait_event(*node, token, now, seen);
    case NodeType::kJoin: {
      Step arrived;
      arrived.kind = Step::Kind::kArrive;
      arrived.next = node->next;
      arrived.log_kind = "arrived";
      return arrived;
    }
    case NodeType::kCondition: {
      auto answer = holds(*node->condition, results);
      if (!answer.ok()) return fail(answer.error().message);
      return move_to(*answer ? node->yes : node->no, *answer ? "yes" : "no");
    }
    case NodeType::kAction: {
      Step call;
      call.kind = Step::Kind::kCall;
      call.log_kind = "calling";
      return call;
    }
  }
  return fail("this kind of node cannot be run");
}

Step after_call(const Definition& definition, const Token& token, const Result<Json>& answer, Instant now, Rng& rng) {
  const Node* node = definition.find(token.node_id);
  CHECK(node != nullptr && node->type == NodeType::kAction, "only action nodes call tools");
  if (answer.ok()) return move_to(node->next, "done");
  const Error& error = answer.error();
  // Only what surely did not happen is tried again.
  bool again = error.code == Code::kRateLimited || error.code == Code::kUnavailable;
  if (again && token.attempt < node->retry.max) {
    int64_t wait_s = std::min(node->retry.cap_s, node->retry.base_s << std::min<int64_t>(token.attempt, 20));
    int64_t wait_us = std::max(wait_s * kSecond_us, error.retry_after_ms * 1000);
    Step wait;
    wait.kind = Step::Kind::kWait;
    wait.due = now + wait_us + static_cast<int64_t>(rng.below(static_cast<uint64_t>(wait_us / 4 + 1)));
    wait.data = token.data;
    wait.log_kind = "retry";
    wait.reason = error.message;
    return wait;
  }
  if (!node->on_fail.empty()) {
    Step moved = move_to(node->on_fail, "failed");
    moved.reason = error.text();
    return moved;
  }
  return fail(node->tool + ": " + error.text());
}

}  // namespace spreaders::workflows
