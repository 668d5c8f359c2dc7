#include "planners/llm/understand.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"

namespace spreaders::planners::llm {
namespace {

Error rejected(std::string message) { return {Code::kVendorRejected, std::move(message)}; }

Date today_in(const Known& known) {
  auto local = to_local(known.now, known.zone);
  if (!local.ok()) local = to_local(known.now, "UTC");
  return local.ok() ? local->date : Date{};
}

std::string with_weekday(Date date) {
  static constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
  return std::string(kDays[static_cast<size_t>(weekday(date))]) + ", " + to_text(date);
}

// The turns as data between marks, with secrets taken out.
std::string message_of(const std::vector<std::string>& texts, const std::vector<std::string>& lists,
                       const std::string& mark) {
  std::string message = "BEGIN " + mark + "\n";
  for (size_t i = 0; i < texts.size(); ++i) {
    message += "message " + std::to_string(i + 1) + ":\n" + texts[i] + "\n";
  }
  message += "END " + mark + "\nLISTS " + mark + "\n" + to_text(Json(lists));
  return message;
}

// Why an answer is no draft; empty when `draft` was filled.
std::string read_answer(const ModelAnswer& answer, Draft& draft) {
  if (answer.stop == ModelStop::kLength) return "Your answer was too long and got cut. Write a shorter draft.";
  const ModelToolCall* proposal = nullptr;
  for (const auto& call : answer.calls) {
    if (call.name == kDraftTool && proposal == nullptr) proposal = &call;
  }
  if (proposal == nullptr) return "Call the tool plan_propose with the draft; do not answer in words.";
  auto read = read_draft(proposal->arguments);
  if (!read.ok()) return read.error().text() + "\nCall plan_propose again with a draft that has none of these faults.";
  draft = std::move(*read);
  return {};
}

// The answer and what is wrong with it, so that every call is answered and the model may try again.
void add_repair(ModelRequest& request, const ModelAnswer& answer, const std::string& problem) {
  const bool usable = !answer.text.empty() || !answer.calls.empty() || !answer.opaque.empty();
  if (usable) {
    request.messages.push_back(
        {.role = ModelMessage::Role::kAssistant, .text = answer.text, .calls = answer.calls, .opaque = answer.opaque});
  }
  for (const auto& call : answer.calls) {
    request.messages.push_back(
        {.role = ModelMessage::Role::kToolResult, .text = problem, .call_id = call.id, .is_error = true});
  }
  if (answer.calls.empty()) request.messages.push_back({.role = ModelMessage::Role::kUser, .text = problem});
}

Result<ModelRequest> first_request(const std::vector<std::string>& texts, const Known& known, Json& schema,
                                   const PlannerOptions& options) {
  auto marked = texts;
  marked.insert(marked.end(), known.lists.begin(), known.lists.end());
  const std::string mark = mark_for(marked);
  const Prompt prompt = TRY(load_prompt(options.load, "plan"));
  ModelRequest request;
  request.system = TRY(fill(prompt, {{"today", with_weekday(today_in(known))}, {"zone", known.zone}, {"mark", mark}}));
  request.messages = {{.role = ModelMessage::Role::kUser, .text = message_of(texts, known.lists, mark)}};
  request.tools = {{.name = std::string(kDraftTool),
                    .description = "Takes the draft of the campaign. Call it once.",
                    .schema = &schema,
                    .strict = true}};
  request.force_tool = kDraftTool;
  request.output_tokens_max = options.output_tokens_max;
  request.timeout_ms = options.timeout_ms;
  request.stop = options.stop;
  return request;
}

}  // namespace

Result<Understanding> understand_with_model(LanguageModel& model, const std::vector<Turn>& turns, const Known& known,
                                            const PlannerOptions& options, PlannerTrace* trace) {
  PlannerTrace unused;
  PlannerTrace& record = trace != nullptr ? *trace : unused;
  record.provider = model.provider();
  record.model = model.model();
  size_t bytes = 0;
  for (const auto& turn : turns) bytes += turn.text.size();
  if (turns.empty() || turns.size() > kTurns_max || bytes > kGoalBytes_max) {
    return invalid("A goal has 1 to " + std::to_string(kTurns_max) + " messages and at most " +
                   std::to_string(kGoalBytes_max) + " bytes.");
  }
  Understanding rules = understand(turns, known);
  if (rules.outcome == Outcome::kRefuse) return rules;

  std::vector<std::string> texts;
  for (const auto& turn : turns) {
    auto clean = redact_secrets(turn.text);
    record.secrets.insert(record.secrets.end(), clean.found.begin(), clean.found.end());
    texts.push_back(std::move(clean.text));
  }
  Json schema = draft_schema();
  ModelRequest request = TRY(first_request(texts, known, schema, options));
  std::string problem;
  for (int round = 0; round <= kRepairRounds_max; ++round) {
    ModelAnswer answer = TRY(model.complete(request));
    ++record.answers;
    record.input_tokens += answer.input_tokens;
    record.output_tokens += answer.output_tokens;
    if (answer.stop == ModelStop::kRefusal) {
      return rejected("The model declined to plan this (" + clean_text(answer.stop_detail, 200) + ").");
    }
    Draft draft;
    problem = read_answer(answer, draft);
    if (problem.empty()) return merge(rules, draft, turns, today_in(known), record);
    add_repair(request, answer, problem);
  }
  auto error = rejected("The model gave no usable draft in " + std::to_string(kRepairRounds_max + 1) + " answers.");
  error.detail = clean_text(problem, 300);
  return error;
}

}  // namespace spreaders::planners::llm
