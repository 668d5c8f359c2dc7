#include "agent/loop.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "agent/turn.hpp"
#include "core/bytes.hpp"
#include "core/log.hpp"

namespace spreaders::agent {

namespace {

constexpr std::string_view kAskedSecret =
    "(The model's answer is not shown: it asked for a password, key, card data or a code. Never type one here; nobody "
    "needs it in a chat. Services are connected on the connections page, and approvals are given with their own code "
    "there.)";
constexpr std::string_view kModelNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

std::string with_weekday(Date date) {
  static constexpr std::array<std::string_view, 7> days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                           "Thursday", "Friday", "Saturday"};
  return std::string(days[static_cast<size_t>(weekday(date))]) + ", " + to_text(date);
}

// A name or id that every vendor takes back: letters, digits, _ and -, at most 64.
std::string wire_safe(std::string_view text) {
  std::string safe(text.substr(0, 64));
  for (char& c : safe) {
    if (kModelNames.find(c) == std::string_view::npos) c = '_';
  }
  return safe.empty() ? "unnamed" : safe;
}

ModelMessage message_of(const StoredMessage& stored) {
  constexpr std::array roles = {ModelMessage::Role::kUser, ModelMessage::Role::kAssistant,
                                ModelMessage::Role::kToolResult};
  ModelMessage message{.role = roles[static_cast<size_t>(stored.by)],
                       .text = stored.text,
                       .call_id = stored.call_id,
                       .is_error = stored.is_error,
                       .opaque = stored.opaque};
  for (const auto& call : stored.calls) message.calls.push_back({call.id, call.name, call.arguments});
  return message;
}

size_t bytes_of(const StoredMessage& message) {
  size_t bytes = message.text.size() + message.opaque.size();
  for (const auto& call : message.calls) bytes += call.arguments.size() + call.name.size();
  return bytes;
}

}  // namespace

Principal model_principal(const Principal& person) {
  Principal model{.id = person.id.ends_with("/model") ? person.id : person.id + "/model",
                  .workspace = person.workspace,
                  .scopes = {},
                  .kind = Principal::Kind::kModel,
                  .door = "agent"};
  for (const auto& scope : person.scopes) {
    if (!scope.starts_with("approvals:")) model.scopes.push_back(scope);
  }
  return model;
}

Turn::Turn(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state)
    : parts_(parts),
      options_(options),
      model_(model_principal(person)),
      state_(state),
      index_(parts.tools.list(), model_),
      started_ms_(options.monotonic()) {}

void Turn::stop(StopReason reason, std::string text) {
  if (stop_) return;  // the first reason is the reason
  stop_ = reason;
  result_.stop = reason;
  result_.stop_text = std::move(text);
}

void Turn::check_limits() {
  const auto& limits = options_.limits;
  if (options_.stop.stop_requested()) return stop(StopReason::kCancelled, "The turn was cancelled.");
  if (state_.turn_tokens >= limits.turn_tokens_max)
    return stop(StopReason::kTokenLimit,
                "This message has used its " + std::to_string(limits.turn_tokens_max) + " tokens.");
  if (state_.tokens >= limits.tokens_max)
    return stop(StopReason::kTokenLimit,
                "This conversation has used its " + std::to_string(limits.tokens_max) + " tokens; start a new one.");
  if (options_.monotonic() - started_ms_ >= limits.turn_time_ms)
    return stop(StopReason::kTimeLimit,
                "This message has used its " + std::to_string(limits.turn_time_ms / 1000) + " seconds.");
}

Result<TurnResult> Turn::run() {
  for (;;) {
    TRY(run_open_calls());
    if (!stop_) check_limits();
    if (!stop_ && state_.turn_answers >= options_.limits.answers_max)
      stop(StopReason::kAnswerLimit,
           "The model did not come to an end in " + std::to_string(options_.limits.answers_max) + " answers.");
    if (stop_) return finish();
    std::vector<Json> schemas;
    ModelRequest asked = TRY(request(schemas));
    auto answer = parts_.model.complete(asked);
    if (!answer.ok() && (answer.error().code == Code::kCancelled || options_.stop.stop_requested()))
      stop(StopReason::kCancelled, "The turn was cancelled.");
    if (!answer.ok()) {
      result_.model_error = answer.error();
      stop(StopReason::kModelFailed, clean_lines(answer.error().message, 400));
      return finish();
    }
    take(std::move(*answer));
    // Durable before anything in it is run: the step's number is part of every key.
    TRY(save());
  }
}

Result<ModelRequest> Turn::request(std::vector<Json>& schemas) {
  auto prompt = TRY(planners::llm::load_prompt(options_.prompts, "agent"));
  auto today = to_local(parts_.clock.now(), is_zone(options_.zone) ? options_.zone : "UTC");
  ModelRequest asked;
  asked.system = TRY(planners::llm::fill(prompt, {{"workspace", clean_lines(options_.workspace_name, 200)},
                                                  {"today", with_weekday(today.ok() ? today->date : Date{})},
                                                  {"zone", options_.zone}}));
  for (const auto& message : state_.messages) asked.messages.push_back(message_of(message));
  schemas.reserve(kToolsMax);  // the request points into it
  std::vector<std::string> names = state_.offered;
  std::sort(names.begin(), names.end());
  auto add = [&](std::string name, std::string_view description, Json schema) {
    schemas.push_back(std::move(schema));
    asked.tools.push_back(
        {.name = std::move(name), .description = std::string(description), .schema = &schemas.back()});
  };
  for (const auto& tool : meta_tools())
    add(std::string(tool.name), tool.description, schema_of_fields(tool.arguments()));
  for (const auto& name : names) {
    const ToolSpec* spec = index_.find(name);
    if (spec != nullptr) add(wire_name(name), spec->description.value, argument_schema(*spec));
  }
  CHECK(asked.tools.size() <= kToolsMax, "a request never offers more tools");
  int64_t left_ms = options_.limits.turn_time_ms - (options_.monotonic() - started_ms_);
  asked.output_tokens_max = options_.limits.answer_tokens_max;
  asked.timeout_ms = std::max<int64_t>(1, std::min(options_.limits.answer_time_ms, left_ms));
  asked.stop = options_.stop;
  return asked;
}

// Writes the answer down as every vendor takes it back: each call with an id of its own, a plain name and an object.
void Turn::take_calls(StoredMessage& message, const std::vector<ModelToolCall>& calls) {
  std::set<std::string> in_answer, in_run;
  for (const auto& old : state_.messages) {
    for (const auto& call : old.calls) in_run.insert(call.id);
  }
  bool changed = false;
  // One more than may be run, so that the limit is seen to be passed.
  size_t kept = std::min(calls.size(),
                         static_cast<size_t>(std::max<int64_t>(options_.limits.calls_max - state_.turn_calls, 0)) + 1);
  for (size_t i = 0; i < kept; ++i) {
    const auto& call = calls[i];
    StoredCall stored{wire_safe(call.id), wire_safe(call.name), call.arguments.empty() ? "{}" : call.arguments, "",
                      hex(sha256(call.name + "\n" + call.arguments)).substr(0, 32)};
    if (!in_answer.insert(call.id).second)
      stored.fault = "Two calls of your answer have the same id; this one was not run.";
    else if (stored.name != call.name) stored.fault = "Tool names have only letters, digits, _ and -, at most 64.";
    else if (call.arguments.size() > kArgumentsBytesMax)
      stored.fault = "The arguments have " + std::to_string(call.arguments.size()) + " bytes; at most " +
                     std::to_string(kArgumentsBytesMax) + " are read.";
    else if (auto parsed = parse_json(stored.arguments, {.bytes_max = kArgumentsBytesMax}); !parsed.ok())
      stored.fault = "The arguments are not readable: " + clean_lines(parsed.error().text(), 300);
    else if (!parsed->is_object()) stored.fault = "The arguments have to be a JSON object.";
    if (!stored.fault.empty()) stored.arguments = "{}";
    // Small servers count from nought in every answer; vendors want ids that are unique in the conversation.
    if (!in_run.insert(stored.id).second) stored.id = "call_" + std::to_string(message.step) + "_" + std::to_string(i);
    in_run.insert(stored.id);
    changed = changed || !stored.fault.empty() || stored.id != call.id;
    message.calls.push_back(std::move(stored));
  }
  if (changed || kept < calls.size()) message.opaque.clear();  // it holds the calls as they were
}

void Turn::take(ModelAnswer answer) {
  ++state_.turn_answers;
  ++state_.step;
  int64_t tokens = std::max<int64_t>(answer.input_tokens, 0) + std::max<int64_t>(answer.output_tokens, 0);
  state_.turn_tokens += tokens;
  state_.tokens += tokens;
  bool whole = answer.stop == ModelStop::kEnd || answer.stop == ModelStop::kToolUse || answer.stop == ModelStop::kPause;
  if (answer.opaque.size() > kHistoryBytesMax || !whole) answer.opaque.clear();
  StoredMessage message{.by = Speaker::kModel,
                        .text = clean_lines(answer.text, kReplyMax),
                        .opaque = std::move(answer.opaque),
                        .step = state_.step};
  if (!message.text.empty()) words_ = message.text;
  if (whole) take_calls(message, answer.calls);
  bool calls_something = !message.calls.empty();
  bool says_something =
      !message.text.empty() || calls_something || (answer.stop == ModelStop::kPause && !message.opaque.empty());
  if (says_something) state_.messages.push_back(std::move(message));
  if (!calls_something) end_without_calls(answer);
}

void Turn::end_without_calls(const ModelAnswer& answer) {
  switch (answer.stop) {
    case ModelStop::kRefusal:
      return stop(StopReason::kRefused, "The model declined (" + clean_lines(answer.stop_detail, 200) + ").");
    case ModelStop::kLength:
      return stop(StopReason::kCutOff, "The model's answer was longer than " +
                                           std::to_string(options_.limits.answer_tokens_max) +
                                           " tokens; nothing it called was run.");
    case ModelStop::kPause:
      state_.messages.push_back({.by = Speaker::kUser, .text = "(Go on.)"});
      return;
    case ModelStop::kOther:
      return stop(StopReason::kModelFailed, "The model stopped for a reason that is not known here (" +
                                                clean_lines(answer.stop_detail, 200) + ").");
    default:
      break;
  }
  if (trim(answer.text).empty()) return stop(StopReason::kModelFailed, "The model answered with nothing.");
  stop(StopReason::kAnswered, "The model has answered.");
}

// Whole turns from the front, so that no result stands without its call.
void Turn::drop_old_turns() {
  size_t bytes = 0;
  for (const auto& message : state_.messages) bytes += bytes_of(message);
  while (bytes > kHistoryBytesMax) {
    auto is_turn = [](const StoredMessage& message) {
      return message.by == Speaker::kUser && message.text != "(Go on.)";
    };
    auto next =
        std::find_if(state_.messages.begin() + (state_.messages.empty() ? 0 : 1), state_.messages.end(), is_turn);
    if (next == state_.messages.end()) return;
    for (auto it = state_.messages.begin(); it != next; ++it) bytes -= bytes_of(*it);
    state_.messages.erase(state_.messages.begin(), next);
  }
}

std::string Turn::log_line() const {
  int64_t read = 0, wrote = 0, outside = 0, refused = 0;
  for (const auto& call : state_.calls) {
    bool ok = call.outcome == "ok";
    auto effect = enum_from<Effect>(call.effect);
    read += ok && effect == Effect::kRead;
    wrote += ok && (effect == Effect::kWrite || effect == Effect::kDraft);
    outside += ok && effect && *effect >= Effect::kPublish;
    refused += !ok;
  }
  std::string done;
  auto add = [&](int64_t count, const char* what) {
    if (count > 0) done += (done.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  add(read, " looked up");
  add(wrote, " drafted");
  add(refused, " refused or failed");
  add(outside, " carried out as approved before");
  if (outside == 0) done += std::string(done.empty() ? "" : "; ") + "nothing was sent, published, paid or approved";
  return "By the log: " + done + ".";
}

// A figure that was neither looked up nor said by the user is the model's own: the user is told which.
void Turn::check_figures() {
  std::vector<std::string> sources;
  for (const auto& message : state_.messages) {
    if (message.by != Speaker::kModel) sources.push_back(message.text);
  }
  std::string figures;
  for (const auto& figure : figures_without_source(result_.reply, sources))
    figures += (figures.empty() ? "" : ", ") + figure;
  if (!figures.empty())
    notice(
        "These figures of the answer stand in nothing that was looked up; the model worked them out or made them up: " +
        figures + ".");
}

Result<TurnResult> Turn::finish() {
  CHECK(stop_.has_value(), "a turn ends for a stated reason");
  TRY(run_open_calls());  // what is still open is answered as not run
  state_.status = "idle";
  drop_old_turns();
  TRY(save());
  std::vector<std::string> secrets;
  result_.reply = without_secrets(words_, secrets);
  if (asks_for_secret(result_.reply)) result_.reply = kAskedSecret;
  check_figures();
  result_.plan_id = state_.plan_id;
  result_.plan_status = state_.plan_status;
  result_.campaign_id = state_.campaign_id;
  result_.calls = state_.calls;
  result_.tokens = state_.turn_tokens;
  result_.log_line = log_line();
  log_info("agent turn", {{"run", state_.run_id},
                          {"stop", enum_name(*stop_)},
                          {"answers", state_.turn_answers},
                          {"calls", state_.turn_calls},
                          {"tokens", state_.turn_tokens}});
  return std::move(result_);
}

Result<RunState> start_run(const LoopParts& parts, const Principal& person) {
  if (person.workspace.empty() || person.id.empty()) return Error{Code::kUnauthenticated, "sign in first"};
  RunState state;
  state.run_id = parts.ids.make("agr");
  state.workspace = person.workspace;
  state.person = person.id;
  TRY(save_run(parts.storage, state, parts.clock.now()));
  return state;
}

Result<TurnResult> say(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state,
                       const std::string& text) {
  if (state.status != "idle") return conflict("the answer to the message before is unfinished; go on with it first");
  if (!is_utf8(text)) return invalid("the message is not valid UTF-8");
  if (trim(text).empty()) return invalid("the message is empty");
  if (count_code_points(text) > kSayMax)
    return invalid("the message is longer than " + std::to_string(kSayMax) + " characters");
  if (state.said.size() >= kSaidMax)
    return conflict("this conversation has " + std::to_string(kSaidMax) + " messages; start a new one");
  CHECK(state.workspace == person.workspace && state.person == person.id, "a run belongs to one person");
  std::vector<std::string> secrets;
  std::string clean = clean_lines(without_secrets(text, secrets), kSayMax);
  if (trim(clean).empty()) return invalid("the message is empty");
  Turn turn(parts, options, person, state);
  for (const auto& kind : secrets)
    turn.notice("Your message held what looks like a secret (" + kind +
                "). It was taken out, and neither stored nor given to the model. Revoke it, and connect services on "
                "the connections page.");
  state.said.push_back(clean);
  state.messages.push_back(
      {.by = Speaker::kUser, .text = "Message " + std::to_string(state.said.size()) + ":\n" + clean});
  state.turn_answers = state.turn_calls = state.turn_tokens = 0;
  state.seen.clear();
  state.calls.clear();
  state.status = "working";
  choose_tools(turn.index(), clean, state.offered);
  TRY(turn.save());
  return turn.run();
}

Result<void> adopt_plan(const LoopParts& parts, RunState& state, const Json& plan_answer) {
  auto text = [&](const char* name) { return plan_answer.value(name, std::string()); };
  state.plan_id = text("plan_id");
  state.plan_status = text("status");
  state.campaign_id = text("campaign_id");
  state.said_planned = static_cast<int64_t>(state.said.size());
  state.messages.push_back(
      {.by = Speaker::kUser,
       .text = "(From the control plane: you could not be reached, so its built-in planner took the "
               "messages so far into plan " +
               state.plan_id + ". plan_status shows it.)"});
  return save_run(parts.storage, state, parts.clock.now());
}

Result<TurnResult> go_on(const LoopParts& parts, const LoopOptions& options, const Principal& person, RunState& state) {
  if (state.status == "idle") return conflict("there is nothing to go on with; say something");
  CHECK(state.workspace == person.workspace && state.person == person.id, "a run belongs to one person");
  return Turn(parts, options, person, state).run();
}

}  // namespace spreaders::agent
