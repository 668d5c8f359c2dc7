#include "agent/tools.hpp"

#include <nlohmann/json.hpp>

#include "agent/planning.hpp"
#include "core/bytes.hpp"

namespace spreaders::agent {

namespace {

struct Generate {
  std::string goal, time_zone;
  SPR_FIELDS(Generate,
             SPR_FIELD(goal, "What is to be reached, in the user's own words", .min_size = 3, .max_size = kGoalSizeMax),
             SPR_FIELD(time_zone, "IANA zone in which dates are read; the workspace's own if left out", .max_size = 64,
                       .defaulted = true));
};
Result<PlanAnswer> generate(ToolContext& context, const Generate& args) {
  return propose_plan(context, args.goal, args.time_zone, "api");
}

struct Plan {
  std::optional<std::string> plan_id, goal, change, time_zone;
  static void check(const Plan& args, Issues& issues) {
    if (args.goal.has_value() == args.plan_id.has_value())
      issues.push_back({"/goal", "give a goal for a new plan, or plan_id for one that exists"});
    if (args.change && !args.plan_id) issues.push_back({"/change", "needs the plan_id of the plan to change"});
  }
  SPR_FIELDS(Plan,
             SPR_FIELD(goal, "A new plan: what is to be reached, in the user's own words", .min_size = 3,
                       .max_size = kGoalSizeMax),
             SPR_FIELD(plan_id, "A plan that exists: shown, or changed if `change` is given",
                       .format = Format::kIdentifier),
             SPR_FIELD(change, "What the user wants to be different, or their answers to its questions", .min_size = 1,
                       .max_size = kGoalSizeMax),
             SPR_FIELD(time_zone, "IANA zone in which dates are read", .max_size = 64));
};
// Showing a plan changes nothing.
Effect plan_effect(const Plan& args) { return args.goal || args.change ? Effect::kWrite : Effect::kRead; }
Result<PlanAnswer> plan(ToolContext& context, const Plan& args) {
  if (args.goal) return propose_plan(context, *args.goal, args.time_zone.value_or(""), "chat");
  if (args.change) return change_plan(context, *args.plan_id, *args.change);
  return show_plan(context, *args.plan_id);
}

struct Process {
  std::string text, time_zone;
  SPR_FIELDS(Process, SPR_FIELD(text, "What the user said", .min_size = 1, .max_size = kGoalSizeMax),
             SPR_FIELD(time_zone, "IANA zone in which dates are read", .max_size = 64, .defaulted = true));
};
struct Processed {
  std::string outcome, language, reply, objective, offer, audience, start, end;
  std::vector<std::string> channels, questions, findings, contradictions;
  std::optional<double> budget_amount;
  std::optional<std::string> budget_currency, budget_period;
  std::vector<std::string> kpis;
  SPR_FIELDS(Processed, SPR_FIELD(outcome, "plan, ask, refuse or flag"), SPR_FIELD(language, "Language of the text"),
             SPR_FIELD(reply, "One or two sentences for the user"), SPR_FIELD(objective, "What they want"),
             SPR_FIELD(offer, "What they promote"), SPR_FIELD(audience, "Whom they address"),
             SPR_FIELD(start, "First day"), SPR_FIELD(end, "Last day"), SPR_FIELD(channels, "Channels"),
             SPR_FIELD(questions, "What has to be asked"), SPR_FIELD(findings, "Policy findings"),
             SPR_FIELD(contradictions, "What does not fit together"), SPR_FIELD(budget_amount, "Budget in major units"),
             SPR_FIELD(budget_currency, "Its currency"), SPR_FIELD(budget_period, "total, day, week or month"),
             SPR_FIELD(kpis, "Goals in figures"));
};
Result<Processed> process(ToolContext& context, const Process& args) {
  std::string zone = args.time_zone.empty() ? context.part<PlannerSetup>().zone : args.time_zone;
  if (!is_zone(zone))
    return issues_error("The arguments", {{"/time_zone", "is not an IANA time zone such as Europe/Berlin"}});
  auto reading = TRY(read_goal(context, {args.text}, zone));
  const auto& read = reading.understanding;
  const auto& brief = read.brief;
  Processed out;
  constexpr std::string_view outcomes[] = {"plan", "ask", "refuse", "flag"};
  out.outcome = outcomes[static_cast<size_t>(read.outcome)];
  out.language = brief.language;
  out.reply = read.reply;
  if (brief.objective) out.objective = brief.objective->value;
  if (brief.offer) out.offer = brief.offer->value;
  if (brief.audience) out.audience = brief.audience->value.description;
  if (brief.schedule) {
    out.start = to_text(brief.schedule->value.start);
    if (brief.schedule->value.end) out.end = to_text(*brief.schedule->value.end);
  }
  for (const auto& channel : brief.channels) out.channels.push_back(channel.value);
  for (const auto& question : read.questions) out.questions.push_back(question.prompt);
  for (const auto& finding : brief.findings) out.findings.push_back(finding.rule);
  for (const auto& one : brief.contradictions) out.contradictions.push_back(one.id);
  if (brief.budget) {
    const auto& money = brief.budget->value.money;
    out.budget_amount = to_major(money.amount_minor, money.currency);
    out.budget_currency = money.currency;
    out.budget_period = brief.budget->value.period;
  }
  for (const auto& kpi : brief.kpis)
    out.kpis.push_back(kpi.metric + " " + kpi.cmp + " " + to_text(Json(kpi.target)) + " " + kpi.unit);
  return out;
}

constexpr size_t kAudioBytesMax = 25 * 1024 * 1024;
constexpr size_t kAudioTextMax = 3 * 1024 * 1024;  // of one call; larger files go through `spreaders chat --voice FILE`

struct Voice {
  std::string audio_base64, file_name, language;
  SPR_FIELDS(Voice,
             SPR_FIELD(audio_base64, "The recording as Base64: flac, mp3, mp4, m4a, ogg, wav or webm", .min_size = 16,
                       .max_size = kAudioTextMax),
             SPR_FIELD(file_name, "Its name with extension", .min_size = 3, .max_size = 200),
             SPR_FIELD(language, "ISO 639-1 code, if known", .max_size = 10, .defaulted = true));
};
struct Heard {
  std::string text, language, note;
  double duration_s = 0;
  SPR_FIELDS(Heard, SPR_FIELD(text, "What was said; show it to the speaker for correction before it is used"),
             SPR_FIELD(language, "Its language"), SPR_FIELD(duration_s, "Length in seconds, if known"),
             SPR_FIELD(note, "How to use it"));
};
Result<Heard> voice(ToolContext& context, const Voice& args) {
  Transcriber* transcriber = context.part<Ears>().transcriber;
  if (transcriber == nullptr)
    return Error{
        Code::kNotConfigured,
        "no transcription service is configured: set speech.base_url (any Whisper-shaped endpoint) or OPENAI_API_KEY"};
  auto audio = base64_decode(args.audio_base64);
  if (!audio.ok()) return issues_error("The arguments", {{"/audio_base64", audio.error().message}});
  if (audio->size() > kAudioBytesMax)
    return issues_error("The arguments", {{"/audio_base64", "is larger than 25 MiB"}});
  auto heard = TRY(transcriber->transcribe(args.file_name, *audio, args.language));
  return Heard{heard.text, heard.language, "Speech is read with errors, and nothing can be approved by voice.",
               heard.duration_s};
}

const ToolSpec kGenerate{
    .name = "ai.generateCampaignPlan",
    .title = "Make a campaign plan",
    .description =
        "Turns a goal in plain words (en, es, fr, de, pt, ja) into a plan with audience, mail, dates, cost and risks, "
        "and a draft campaign for it. Nothing is sent; running it (campaign.execute) needs a person's approval.",
    .words =
        "make me a plan; marketing strategy; media plan; launch plan for a new product; black friday strategy; "
        "what should we do to sell more; from goal to plan; how should i spend 5000 euro; go-to-market; roadmap; "
        "channel mix; propose who, when and how; marketingplan; plan de campagne; estrategia",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"campaigns:write"},
    .body = handler<&generate>(),
    .run = Run::kFree,
    .open_world = true};
const ToolSpec kPlan{
    .name = "campaign.plan",
    .title = "Plan a campaign",
    .description =
        "Makes a plan from a goal, shows one, or changes one by what the user says (a new revision with a list of "
        "changes; approvals of the old one are void). Show `card` to the user and ask its `questions`. Nothing is "
        "sent.",
    .words =
        "work out a plan; change the plan; revise the plan; steps, dates and budget; show me the plan; "
        "when, whom and how; a different date in the plan; cheaper plan; planning; proposal for approval; "
        "plan for the launch; kampagnenplan; planifier; planificar",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"campaigns:write"},
    .body = handler<&plan>(),
    .run = Run::kFree,
    .open_world = true,
    .effect_of = effect_from<&plan_effect>()};
const ToolSpec kProcess{.name = "ai.processInput",
                        .title = "Understand a goal",
                        .description =
                            "Reads a goal and says what was understood: objective, audience, channels, dates, budget, "
                            "goals, what is missing, policy findings. Nothing is stored.",
                        .words =
                            "understand what i want; plain words; interpret my request; what does this sentence mean; "
                            "parse a brief; intent; "
                            "extract goal, dates and budget from text; what is missing in my brief; chat; talk to the "
                            "assistant; free text; "
                            "natural language; briefing verstehen",
                        .effect = Effect::kRead,
                        .repeat = Repeat::kSafe,
                        .scopes = {"campaigns:read"},
                        .body = handler<&process>(),
                        .run = Run::kFree,
                        .open_world = true};
const ToolSpec kVoice{
    .name = "ai.voiceToText",
    .title = "Speech to text",
    .description =
        "Transcribes a short recording with the configured Whisper-shaped service. The text must be shown to the "
        "speaker for correction; approvals are never spoken.",
    .words =
        "transcribe; dictation; speech recognition; audio to text; recording to words; voice memo; voice message; "
        "whisper; mp3; wav; type what i say; spoken; write down this recording; transcript of an interview; diktieren; "
        "transkription; transcripción",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"content:write"},
    .body = handler<&voice>(),
    .run = Run::kFree,
    .open_world = true};

}  // namespace

ToolList agent_tools() {
  static const ToolSpec* const list[] = {&kPlan, &kGenerate, &kProcess, &kVoice};
  return list;
}

namespace {

// A model is asked when there is work for it; asking it here would cost money and say little about the next time.
Health model_health(ToolContext& context) {
  const auto* setup = context.parts.find<PlannerSetup>();
  if (setup == nullptr || setup->model == nullptr) {
    return {HealthStatus::kOk, "no model is configured: the built-in planner works without one"};
  }
  return {HealthStatus::kUnknown,
          setup->model->provider() + " " + setup->model->model() +
              " is configured; whether it answers shows when it is asked. Without it the built-in planner works"};
}

}  // namespace

const Service kAiService{
    .name = "ai",
    .title = "AI",
    .version = "1.0.0",
    .description = "Understanding goals, planning, writing and hearing, with a model where one is configured.",
    .limits = {.calls_per_minute = 600, .at_once = 16},
    .health = &model_health};

}  // namespace spreaders::agent
