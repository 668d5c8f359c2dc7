#include <algorithm>
#include <set>

#include "agent/turn.hpp"
#include "core/bytes.hpp"
#include "core/trace.hpp"

namespace spreaders::agent {

namespace {

constexpr std::string_view kPersonDecides =
    "A person decides about this; nothing has happened yet. You cannot approve it and you are not told when they do. "
    "Stop here.";
constexpr std::string_view kNotRun = "Not run: the turn was stopped before it.";
constexpr size_t kErrorMax = 2'000;  // code points of an error that the model sees
const JsonLimits kArgumentLimits{.bytes_max = kArgumentsBytesMax, .depth_max = 24, .keys_max = 256};

CallAnswer mistake(std::string text, std::string outcome = "invalid_argument") {
  return {std::move(text), true, std::move(outcome)};
}

bool holds_words_of_others(const ToolSpec& spec) {
  bool others = spec.open_world;
  for (auto scope : spec.scopes.list())
    others = others || scope.starts_with("audience:") || scope.starts_with("consent:");
  return others;
}

}  // namespace

// Runs what the model's last answer calls and has no result yet. Each result is saved before the next call is made.
Result<void> Turn::run_open_calls() {
  size_t last = state_.messages.size();
  while (last > 0 && state_.messages[last - 1].by == Speaker::kTool) --last;
  if (last == 0 || state_.messages[last - 1].by != Speaker::kModel) return {};
  const StoredMessage answer = state_.messages[last - 1];
  for (size_t i = state_.messages.size() - last; i < answer.calls.size(); ++i) {
    CallRecord record{answer.step, static_cast<int64_t>(i), answer.calls[i].name, "", "not_run"};
    CallAnswer done{std::string(kNotRun), true, "not_run"};
    if (!stop_ && options_.stop.stop_requested()) stop(StopReason::kCancelled, "The turn was cancelled.");
    if (!stop_) check_limits();
    if (!stop_ && state_.turn_calls >= options_.limits.calls_max)
      stop(StopReason::kCallLimit,
           "The model made " + std::to_string(state_.turn_calls) + " calls for one message, which is the limit.");
    if (!stop_) {
      ++state_.turn_calls;
      done = run_call(answer.calls[i], record);
    }
    record.outcome = done.outcome;
    state_.calls.push_back(record);
    state_.messages.push_back({.by = Speaker::kTool,
                               .text = std::move(done.text),
                               .call_id = answer.calls[i].id,
                               .is_error = done.is_error,
                               .step = answer.step});
    TRY(save());
    if (options_.on_call) options_.on_call(record);
  }
  return {};
}

CallAnswer Turn::run_call(const StoredCall& call, CallRecord& record) {
  if (++state_.seen[call.print] >= options_.limits.repeats_max) {
    stop(StopReason::kRepeatedCall,
         "The model made the same call " + std::to_string(options_.limits.repeats_max) + " times.");
    return mistake(std::string(kNotRun), "not_run");
  }
  if (!call.fault.empty()) return mistake(call.fault);
  auto parsed = parse_json(call.arguments, kArgumentLimits);
  if (!parsed.ok()) return mistake("The arguments are not readable: " + parsed.error().text());
  if (!parsed->is_object()) return mistake("The arguments have to be a JSON object.");
  if (is_meta_tool(call.name)) {
    record.effect = call.name == "plan_propose" ? "write" : call.name == "ask_user" ? "" : "read";
    return run_meta(call.name, *parsed, record);
  }
  const ToolSpec* spec = index_.find(call.name);
  if (spec == nullptr) {
    refuse_on_record(call.name, *parsed);
    return mistake("You have no tool '" + call.name + "'. tools_search finds those you have.", "refused");
  }
  record.tool = spec->name.value;
  record.effect = enum_name(spec->effect);
  bool is_offered = std::find(state_.offered.begin(), state_.offered.end(), spec->name.value) != state_.offered.end();
  if (!is_offered)
    return mistake("'" + call.name + "' is not among your tools now; ask tools_describe for it first.", "refused");
  if (Issues wrong = flow_problems(*parsed, said()); !wrong.empty()) {
    refuse_on_record(record.tool, *parsed);
    return mistake(clean_lines(issues_error("The call was refused. Its arguments", std::move(wrong)).text(), kErrorMax),
                   "refused");
  }
  return run_tool(*spec, *parsed, record);
}

// The pipeline audits every call that it refuses. A principal without scopes is always refused, so this leaves a row in
// the audit and does nothing else.
void Turn::refuse_on_record(const std::string& name, const Json& arguments) {
  Principal nobody = model_;
  nobody.scopes.clear();
  auto refused = parts_.tools.call(
      {.name = name, .arguments = arguments, .principal = nobody, .trace_id = trace_id_of_name(state_.run_id)});
  CHECK(!refused.ok(), "a call without any scope is refused");
}

std::string Turn::key_of(const CallRecord& record) const {
  return state_.run_id + ":" + std::to_string(record.step) + ":" + std::to_string(record.index);
}

Result<Json> Turn::call_runner(std::string name, Json arguments, const std::string& key) {
  return parts_.tools.call({.name = std::move(name),
                            .arguments = std::move(arguments),
                            .principal = model_,
                            .idempotency_key = key,
                            .trace_id = trace_id_of_name(state_.run_id),
                            .stop = options_.stop});
}

CallAnswer Turn::run_tool(const ToolSpec& spec, const Json& arguments, const CallRecord& record) {
  std::string wire = wire_name(spec.name.value);
  auto answer =
      call_runner(std::string(spec.name.value), arguments, spec.effect == Effect::kRead ? "" : key_of(record));
  if (!answer.ok()) return failed(answer.error(), spec.name.value);
  ResultLabel label{wire, holds_words_of_others(spec)};
  std::string text = for_model(*answer, label);
  if (spec.effect == Effect::kRead)
    result_.results.push_back(
        {std::string(spec.name.value), std::string(spec.title.value), parse_json(text).value_or(Json())["data"]});
  return {std::move(text)};
}

CallAnswer Turn::failed(const Error& error, std::string_view tool) {
  std::string outcome(code_name(error.code));
  if (error.code == Code::kApprovalRequired) {
    for (const auto& issue : error.issues) {
      if (issue.pointer == "approval_id") result_.approval_id = issue.message;
    }
    result_.approval_tool = tool;
    stop(StopReason::kNeedsApproval, "A person has to approve this first. Nothing has happened yet.");
    return {std::string(kPersonDecides), true, outcome};
  }
  if (error.code == Code::kCancelled) stop(StopReason::kCancelled, "The turn was cancelled.");
  if (error.code == Code::kInternal)
    return mistake("The tool failed; that is not your fault. Do not try again.", outcome);
  return mistake(mask_people(clean_lines(error.text(), kErrorMax)), outcome);
}

CallAnswer Turn::run_meta(const std::string& name, const Json& arguments, const CallRecord& record) {
  if (name == "tools_search") return search_tools(arguments);
  if (name == "tools_describe") return describe_tools(arguments);
  if (name == "plan_propose") return propose(arguments, record);
  if (name == "ask_user") return ask_user(arguments);
  auto read = decode<StatusArgs>(arguments, "The arguments");
  return read.ok() ? plan_status(record) : mistake(read.error().text());
}

CallAnswer Turn::search_tools(const Json& arguments) {
  auto args = decode<SearchArgs>(arguments, "The arguments");
  if (!args.ok()) return mistake(clean_lines(args.error().text(), kErrorMax));
  Json found = Json::array();
  for (const auto* spec : index_.search(args->query, static_cast<size_t>(args->limit))) {
    found.push_back({{"name", wire_name(spec->name.value)},
                     {"title", spec->title.value},
                     {"description", spec->description.value},
                     {"risk", risk_class(spec->effect)}});
    offer_tool(*spec, state_.offered);
  }
  return {to_text(Json{{"tools", found}})};
}

CallAnswer Turn::describe_tools(const Json& arguments) {
  auto args = decode<DescribeArgs>(arguments, "The arguments");
  if (!args.ok()) return mistake(clean_lines(args.error().text(), kErrorMax));
  Json described = Json::array();
  Json unknown = Json::array();
  for (const auto& name : args->names) {
    const ToolSpec* spec = index_.find(name);
    if (spec == nullptr) {
      unknown.push_back(clean_lines(name, 64));
      continue;
    }
    described.push_back({{"name", wire_name(spec->name.value)},
                         {"description", spec->description.value},
                         {"risk", risk_class(spec->effect)},
                         {"arguments", argument_schema(*spec)}});
    offer_tool(*spec, state_.offered);
  }
  return {to_text(Json{{"tools", described}, {"unknown", unknown}}), described.empty(),
          described.empty() ? "not_found" : "ok"};
}

CallAnswer Turn::propose(const Json& arguments, const CallRecord& record) {
  auto args = decode<ProposeArgs>(arguments, "The arguments");
  if (!args.ok()) return mistake(clean_lines(args.error().text(), kErrorMax));
  bool is_change = args->kind == ProposeKind::kChange;
  if (is_change && state_.plan_id.empty()) return mistake("There is no plan to change yet; use kind new.");
  auto count = static_cast<int64_t>(state_.said.size());
  std::set<int64_t> wanted;
  if (args->messages) wanted.insert(args->messages->begin(), args->messages->end());
  else
    for (int64_t i = state_.said_planned; i < count; ++i) wanted.insert(i + 1);
  if (wanted.empty()) return mistake("The user has said nothing new since the plan at hand.");
  if (*wanted.begin() < 1 || *wanted.rbegin() > count)
    return mistake("The user's messages are numbered 1 to " + std::to_string(count) + ".");
  std::string words;
  for (int64_t number : wanted) words += (words.empty() ? "" : "\n") + state_.said[static_cast<size_t>(number - 1)];
  if (count_code_points(words) > kSayMax) return mistake("These messages are too long together; name fewer.");
  Json call = is_change ? Json{{"plan_id", state_.plan_id}, {"change", words}} : Json{{"goal", words}};
  if (!is_change && !options_.zone.empty()) call["time_zone"] = options_.zone;
  auto answer = call_runner("campaign.plan", call, key_of(record));
  if (!answer.ok()) return failed(answer.error(), "campaign.plan");
  state_.said_planned = std::max(state_.said_planned, *wanted.rbegin());
  keep_plan(*answer);
  Json brief = *answer;
  brief.erase("plan");  // the card says it in a tenth of the tokens
  brief["shown_to_user"] =
      "The card, its questions and its changes are shown to the user beside your answer; do not repeat them.";
  return {for_model(brief, {"plan_propose", true})};
}

void Turn::keep_plan(const Json& answer) {
  auto text = [&](const char* name) {
    auto found = answer.find(name);
    return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  state_.plan_id = text("plan_id");
  state_.plan_status = text("status");
  state_.campaign_id = text("campaign_id");
  result_.plan_card = text("card");
  if (auto note = text("note"); !note.empty()) notice(clean_lines(note, kErrorMax));
  result_.plan_changes.clear();
  for (const auto& change : answer.value("changes", Json::array())) {
    if (change.is_string()) result_.plan_changes.push_back(change.get<std::string>());
  }
  result_.questions.clear();
  auto questions = answer.find("questions");
  if (questions == answer.end() || !questions->is_array()) return;
  for (const auto& one : *questions) {
    if (one.is_string()) result_.questions.push_back({one.get<std::string>(), {}, ""});
  }
}

CallAnswer Turn::plan_status(const CallRecord&) {
  if (state_.plan_id.empty()) return {to_text(Json{{"plan", nullptr}, {"note", "There is no plan yet."}})};
  auto plan = call_runner("campaign.plan", {{"plan_id", state_.plan_id}}, "");
  if (!plan.ok()) return failed(plan.error(), "campaign.plan");
  keep_plan(*plan);
  Json seen = *plan;
  seen.erase("plan");
  if (!state_.campaign_id.empty()) {
    auto campaign = call_runner("campaign.getStatus", {{"campaign_id", state_.campaign_id}}, "");
    if (!campaign.ok()) return failed(campaign.error(), "campaign.getStatus");
    seen["campaign"] = *campaign;
    result_.results.push_back(
        {"campaign.getStatus", "Status of a campaign",
         parse_json(for_model(*campaign, {"campaign_getStatus", false})).value_or(Json())["data"]});
  }
  return {for_model(seen, {"plan_status", false})};
}

CallAnswer Turn::ask_user(const Json& arguments) {
  auto args = decode<AskArgs>(arguments, "The arguments");
  if (!args.ok()) return mistake(clean_lines(args.error().text(), kErrorMax));
  for (const auto& question : args->questions) {
    std::string all = question.text;
    for (const auto& choice : question.choices) all += "\n" + choice;
    if (asks_for_secret(all)) {
      notice(
          "The model asked for a password, key, card data or a code. It was not passed on: nobody here needs one in a "
          "chat. Services are connected on the connections page.");
      return mistake(
          "Never ask for passwords, keys, card data or codes. Services are connected on the connections page.",
          "refused");
    }
  }
  for (const auto& question : args->questions) {
    if (result_.questions.size() >= kQuestionsMax) break;
    AskedQuestion asked{clean_lines(question.text, 300), {}, clean_lines(question.suggestion.value_or(""), 200)};
    for (const auto& choice : question.choices) asked.choices.push_back(clean_lines(choice, 120));
    result_.questions.push_back(std::move(asked));
  }
  stop(StopReason::kAskedUser, "The user is asked.");
  return {"The user sees your questions. Their next message answers them."};
}

}  // namespace spreaders::agent
