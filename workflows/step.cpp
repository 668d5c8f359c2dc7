// The pure part of the engine: no clock, no database, no tool is touched here.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "workflows/conditions.hpp"
#include "workflows/engine_parts.hpp"

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

Step step_delay(const Node& node, const Token& token, Instant now, const Seen& seen) {
  if (token.visit > 0) return move_to(node.next, "waited");  // the timer that was set has come due
  auto until = end_of_delay(node, seen, now);
  if (!until.ok()) return fail(until.error().message);
  if (!*until && node.on_missing.empty())
    return fail("the contact has no date in the attribute '" + node.attribute + "'");
  if (!*until) return move_to(node.on_missing, "missing");
  if (**until <= now) return move_to(node.next, "waited");
  Step step;
  step.kind = Step::Kind::kWait;
  step.due = **until;
  step.data = token.data;
  step.log_kind = "waiting";
  return step;
}

Step step_parallel(const Node& node, const Token& token, Instant now) {
  Json data = data_of(token);
  Json groups = data.value("groups", Json::array());
  Json group = {{"id", token.id}, {"size", node.branches.size()}};
  Json carried = Json::object();
  // Whichever branch goes on behind the join, it is in the loops which the fork was in.
  if (data.contains("loops")) group["loops"] = data["loops"];
  groups.push_back(group);
  carried["groups"] = groups;
  if (data.contains("loops")) carried["loops"] = data["loops"];
  Step step = move_to("", "forked");
  for (const auto& branch : node.branches) step.fork.push_back({branch, "ready", now, to_text(carried)});
  return step;
}

Step step_split(const Definition& definition, const Node& node, const Json& results, const Seen& seen) {
  const Way* taken = nullptr;
  std::string subject = seen.run.is_object() ? seen.run.value("subject", "") : "";
  int rest = bucket_of(node.salt.empty() ? definition.id + "/" + node.id : node.salt, subject);
  for (const auto& way : node.ways) {
    if (way.condition) {
      auto answer = holds(*way.condition, results, seen.run, seen.people);
      if (!answer.ok()) return fail(answer.error().message);
      if (*answer) taken = &way;
    } else if (rest < way.weight) {
      taken = &way;
    } else {
      rest -= way.weight;
    }
    if (taken != nullptr) break;
  }
  if (taken == nullptr && node.otherwise.empty()) return fail("the weights of the split leave somebody out");
  Step step = move_to(taken != nullptr ? taken->to : node.otherwise, "split");
  step.result = Json{{"variant", taken != nullptr ? taken->name : "else"}};
  return step;
}

Step step_loop(const Node& node, const Token& token) {
  Json loops = data_of(token).value("loops", Json::object());
  int64_t gone = loops.value(node.id, int64_t{0});
  for (const auto& within : node.loops_in) loops.erase(within);  // each time around they begin anew
  bool again = gone < node.loop_max;
  if (again) loops[node.id] = gone + 1;
  else loops.erase(node.id);
  Step step = move_to(again ? node.loop_to : node.next, again ? "again" : "over");
  step.loops = loops;
  return step;
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
  if (seen.event) {
    Step step = move_to(node.on_event, "event");
    step.result = seen.event;
    return step;
  }
  if (token.visit > 0) return move_to(node.on_timeout, "timeout");
  Step step;
  step.kind = Step::Kind::kSubscribe;
  step.due = now + node.timeout_us;
  step.data = token.data;
  step.log_kind = "waiting";
  return step;
}

// What the workflow says is to come of a step that would fail its run.
Step settle(const Definition& definition, const Node& node, Step step) {
  if (step.kind != Step::Kind::kFail) return step;
  OnError on_error = definition.limits.on_error;
  if (on_error == OnError::kExit) {
    step.kind = Step::Kind::kExit;
    step.reason = "error: " + step.reason;
  } else if (on_error == OnError::kContinue && !node.next.empty()) {
    step.kind = Step::Kind::kMove;
    step.next = node.next;
  }
  return step;
}

// The run is over by the limits of its workflow.
std::optional<Step> over_limits(const Limits& limits, const Seen& seen) {
  if (limits.max_steps != 0 && seen.steps >= limits.max_steps)
    return fail("the run has taken more than " + std::to_string(limits.max_steps) + " steps");
  if (limits.max_age_us == 0 || seen.age_us < limits.max_age_us) return std::nullopt;
  Step over;
  over.kind = Step::Kind::kExit;
  over.reason = "max_age";
  over.log_kind = "over";
  return over;
}

// A call that nobody waits for is made by a token of its own, which no join counts.
Step step_action(const Node& node, const Token& token, Instant now) {
  Json data = data_of(token);
  if (node.fire_and_forget && !data.contains("apart")) {
    Json carried = {{"apart", true}};
    if (data.contains("loops")) carried["loops"] = data["loops"];
    Step step = move_to(node.next, "left");
    step.fork.push_back({node.id, "ready", now, to_text(carried)});
    return step;
  }
  Step call;
  call.kind = Step::Kind::kCall;
  call.log_kind = "calling";
  return call;
}

// Stands still; what wakes it is not always what it waits for.
Step park(const Token& token, const Json& data) {
  Step step;
  step.kind = Step::Kind::kPark;
  step.due = Instant{data.value("until", int64_t{0})};
  step.data = token.data;
  return step;
}

Step step_sub_workflow(const Node& node, const Token& token, Instant now, const Seen& seen) {
  Json data = data_of(token);
  if (token.visit == 0) {
    Step step;
    step.kind = Step::Kind::kStart;
    step.due = node.timeout_us == 0 ? Instant{} : now + node.timeout_us;
    step.log_kind = "started";
    return step;
  }
  if (!seen.child) return fail("the run that it waits for is not there");
  const auto& child = *seen.child;
  bool open = child.status == "active" || child.status == "paused";
  int64_t until_us = data.value("until", int64_t{0});
  bool late = until_us != 0 && now.us >= until_us;
  if (open && !late) return park(token, data);
  std::string way = open ? "timeout" : child.status == "completed" ? "completed" : "failed";
  auto to = node.on.find(way);
  Step step = to != node.on.end() ? move_to(to->second, way)
                                  : fail("the workflow within it is " + child.status + ": " + child.reason);
  if (open) step.cancels = child.run_id;
  step.result = Json{{"run_id", child.run_id}, {"status", open ? way : child.status}, {"reason", child.reason}};
  return step;
}

Step step_approval(const Node& node, const Token& token, Instant now, const Seen& seen) {
  if (token.visit == 0) {
    Step step;
    step.kind = Step::Kind::kAsk;
    step.due = now + node.timeout_us;
    step.log_kind = "asked";
    return step;
  }
  if (seen.decision.empty()) return park(token, data_of(token));
  Step step = move_to(node.on.at(seen.decision), seen.decision);
  step.result = Json{{"approval_id", seen.approval_id}, {"decision", seen.decision}, {"by", seen.decided_by}};
  return step;
}

}  // namespace

void end_in_time(Step& decided, const Limits& limits, Instant entered) {
  using Kind = Step::Kind;
  bool stands = decided.kind == Kind::kWait || decided.kind == Kind::kPark || decided.kind == Kind::kSubscribe ||
                decided.kind == Kind::kStart || decided.kind == Kind::kAsk;
  if (limits.max_age_us == 0 || !stands) return;
  Instant end = entered + limits.max_age_us;
  if (decided.due.us == 0 || end < decided.due) decided.due = end;
}

Step after_failure(const Definition& definition, const Token& token, std::string reason) {
  const Node* node = definition.find(token.node_id);
  return node == nullptr ? fail(std::move(reason)) : settle(definition, *node, fail(std::move(reason)));
}

Step after_failed_start(const Definition& definition, const Node& node, const Error& error) {
  auto to = node.on.find("failed");
  if (to == node.on.end()) return settle(definition, node, fail(error.text()));
  Step step = move_to(to->second, "failed");
  step.reason = error.text();
  step.result = Json{{"run_id", ""}, {"status", "failed"}, {"reason", error.text()}};
  return step;
}

int bucket_of(std::string_view salt, std::string_view subject) {
  std::string hash = sha256(std::string(salt) + "\n" + std::string(subject));
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(hash[i]);
  return static_cast<int>(number % kWeights);
}

std::string round_of(const Json& token_data) {
  std::map<std::string, std::string> loops;
  Json counts = token_data.value("loops", Json::object());
  for (auto it = counts.begin(); it != counts.end(); ++it) loops[it.key()] = to_text(it.value());
  std::string round;
  for (const auto& [loop, times] : loops) round += "#" + loop + "=" + times;
  return round;
}

namespace {

// {"$trigger":"/pointer","default":...}
Result<Json> of_trigger(const Json& reference, const Json& run) {
  const Json& pointer = reference["$trigger"];
  if (!pointer.is_string()) return invalid("a reference to what started the run is {\"$trigger\":\"/...\"}");
  auto trigger = run.is_object() ? run.find("trigger") : run.end();
  const Json* value = trigger == run.end() ? nullptr : at_pointer(*trigger, pointer.get_ref<const std::string&>());
  if (value != nullptr) return *value;
  if (auto fallback = reference.find("default"); fallback != reference.end()) return *fallback;
  if (run.is_object() && trigger == run.end()) return Json();  // a simulation has started nothing
  return invalid("what started the run has nothing at '" + pointer.get<std::string>() + "'");
}

}  // namespace

Result<Json> resolve_references(const Json& args, const Json& results, const Json& run) {
  if (args.is_object()) {
    if (auto of_run = args.find("$run"); of_run != args.end()) {
      bool known =
          args.size() == 1 && of_run->is_string() && run.is_object() && run.contains(of_run->get<std::string>());
      if (!known || *of_run == "trigger")
        return invalid("a reference to the run is {\"$run\":\"...\"} of: id, subject, key, campaign");
      return run[of_run->get<std::string>()];
    }
    if (args.contains("$trigger")) return of_trigger(args, run);
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

namespace {

Step step_at(const Definition& definition, const Node* node, const Token& token, const Json& results, Instant now,
             const Seen& seen) {
  switch (node->type) {
    case NodeType::kEnd: {
      Step over = move_to("", "ended");
      if (!node->exit.empty()) over.kind = Step::Kind::kExit;
      over.reason = node->exit;
      return over;
    }
    case NodeType::kSplit:
      return step_split(definition, *node, results, seen);
    case NodeType::kLoop:
      return step_loop(*node, token);
    case NodeType::kDelay:
      return step_delay(*node, token, now, seen);
    case NodeType::kParallel:
      return step_parallel(*node, token, now);
    case NodeType::kForEach:
      return step_for_each(*node, token);
    case NodeType::kWaitEvent:
      return step_wait_event(*node, token, now, seen);
    case NodeType::kSubWorkflow:
      return step_sub_workflow(*node, token, now, seen);
    case NodeType::kApproval:
      return step_approval(*node, token, now, seen);
    case NodeType::kJoin: {
      Step arrived;
      arrived.kind = Step::Kind::kArrive;
      arrived.next = node->next;
      arrived.log_kind = "arrived";
      return arrived;
    }
    case NodeType::kCondition: {
      auto answer = holds(*node->condition, results, seen.run, seen.people);
      if (!answer.ok()) return fail(answer.error().message);
      return move_to(*answer ? node->yes : node->no, *answer ? "yes" : "no");
    }
    case NodeType::kAction:
      return step_action(*node, token, now);
    case NodeType::kUpdateProfile:
    case NodeType::kTag:
    case NodeType::kRender: {
      Step act;
      act.kind = Step::Kind::kAct;
      return act;
    }
  }
  return fail("this kind of node cannot be run");
}

}  // namespace

Step step(const Definition& definition, const Token& token, const Json& results, Instant now, const Seen& seen) {
  const Node* node = definition.find(token.node_id);
  if (node == nullptr) return fail("the workflow has no node '" + token.node_id + "'");
  if (auto over = over_limits(definition.limits, seen)) return *over;
  return settle(definition, *node, step_at(definition, node, token, results, now, seen));
}

Step after_call(const Definition& definition, const Token& token, const Result<Json>& answer, Instant now, Rng& rng) {
  const Node* node = definition.find(token.node_id);
  CHECK(node != nullptr, "a node that acts is in its workflow");
  std::string next = node->fire_and_forget ? "" : node->next;
  if (answer.ok()) return move_to(next, "done");
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
  if (node->fire_and_forget || !node->on_fail.empty()) {
    Step moved = move_to(node->on_fail, "failed");
    moved.reason = error.text();
    return moved;
  }
  return settle(definition, *node, fail((node->tool.empty() ? node->id : node->tool) + ": " + error.text()));
}

}  // namespace spreaders::workflows
