// One turn of the loop, inside: loop.cpp asks the model and keeps the limits, turn_calls.cpp runs what it calls.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "agent/flow.hpp"
#include "agent/loop.hpp"
#include "agent/meta_tools.hpp"
#include "agent/working_set.hpp"

namespace spreaders::agent {

// What a call gave: the text for the model, and how it is logged.
struct CallAnswer {
  std::string text;
  bool is_error = false;
  std::string outcome = "ok";
};

class Turn {
 public:
  Turn(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state);
  Result<TurnResult> run();
  ToolIndex& index() { return index_; }
  void notice(std::string text) { result_.notices.push_back(std::move(text)); }
  Result<void> save() { return save_run(parts_.storage, state_, parts_.clock.now()); }

 private:
  // loop.cpp
  void stop(StopReason reason, std::string text);
  void check_limits();
  Result<ModelRequest> request(std::vector<Json>& schemas);
  void take(ModelAnswer answer);
  void take_calls(StoredMessage& message, const std::vector<ModelToolCall>& calls);
  void end_without_calls(const ModelAnswer& answer);
  void drop_old_turns();
  Result<TurnResult> finish();
  void check_figures();
  [[nodiscard]] std::string log_line() const;

  // turn_calls.cpp
  Result<void> run_open_calls();
  CallAnswer run_call(const StoredCall& call, CallRecord& record);
  CallAnswer run_tool(const ToolSpec& spec, const Json& arguments, const CallRecord& record);
  CallAnswer run_meta(const std::string& name, const Json& arguments, const CallRecord& record);
  CallAnswer search_tools(const Json& arguments);
  CallAnswer describe_tools(const Json& arguments);
  CallAnswer propose(const Json& arguments, const CallRecord& record);
  CallAnswer plan_status(const CallRecord& record);
  CallAnswer ask_user(const Json& arguments);
  void refuse_on_record(const std::string& name, const Json& arguments);
  CallAnswer failed(const Error& error, std::string_view tool);
  Result<Json> call_runner(std::string name, Json arguments, const std::string& key);
  void keep_plan(const Json& answer);
  [[nodiscard]] Said said() const { return {state_.said, options_.link_hosts}; }
  [[nodiscard]] std::string key_of(const CallRecord& record) const;

  const LoopParts& parts_;
  const LoopOptions& options_;
  Principal model_;
  RunState& state_;
  ToolIndex index_;
  TurnResult result_;
  std::optional<StopReason> stop_;
  std::string words_;  // what the model said beside its calls
  int64_t started_ms_ = 0;
};

}  // namespace spreaders::agent
