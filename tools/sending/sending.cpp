#include "services/sending/sending.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "events/outbox.hpp"
#include "services/campaigns/campaigns.hpp"
#include "services/sending/stops.hpp"
#include "tools/sending/sending_tools.hpp"

namespace spreaders::tools {

namespace {

struct None {
  SPR_NO_FIELDS(None);
};
struct State {
  sending::Rules rules;
  std::optional<Instant> updated_at;
  std::optional<std::string> updated_by;
  std::vector<sending::Stop> stops;
  sending::Figures figures;
  SPR_FIELDS(State, SPR_FIELD(rules, "What holds for all marketing of the workspace"),
             SPR_FIELD(updated_at, "When they were set; missing while they are the defaults"),
             SPR_FIELD(updated_by, "Who set them"), SPR_FIELD(stops, "What is stopped now and why"),
             SPR_FIELD(figures, "What the kill switches look at now"));
};

Result<State> state_of(ToolContext& context) {
  auto stored = TRY(sending::get_rules(context.tx(), context.workspace()));
  State state{stored.rules, stored.updated_at, {}, TRY(sending::open_stops(context.tx(), context.workspace())), {}};
  if (!stored.updated_by.empty()) state.updated_by = stored.updated_by;
  state.figures =
      TRY(sending::figures(context.tx(), context.workspace(), stored.rules.kill_switches, context.clock.now()));
  return state;
}

Result<State> get_rules(ToolContext& context, const None&) { return state_of(context); }

enum class Part : uint8_t { kQuietHours, kSendWindow };
SPR_ENUM(Part, {Part::kQuietHours, "quiet_hours"}, {Part::kSendWindow, "send_window"});

struct SetRules {
  std::optional<std::vector<sending::Cap>> caps;
  std::optional<sending::QuietHours> quiet_hours;
  std::optional<sending::SendWindow> send_window;
  std::optional<std::string> time_zone;
  std::optional<int> wait_hours_max;
  std::optional<sending::KillSwitches> kill_switches;
  std::vector<Part> remove;
  SPR_FIELDS(SetRules, SPR_FIELD(caps, "All caps on messages to one person; an empty list for none", .max_size = 10),
             SPR_FIELD(quiet_hours, "When nothing is sent, by the person's clock"),
             SPR_FIELD(send_window, "When is sent, by the person's clock"),
             SPR_FIELD(time_zone, "IANA zone of people who have none", .format = Format::kTimeZone),
             SPR_FIELD(wait_hours_max, "What would have to wait longer is skipped", .min = 1, .max = 8784),
             SPR_FIELD(kill_switches, "When marketing stops by itself"),
             SPR_FIELD(remove, "What is to hold no longer", .max_size = 2, .defaulted = true));
};

struct Change {
  sending::StoredRules before;
  sending::Rules after;
};

// What the rules will be, if nothing is wrong with that.
Result<Change> change_of(ToolContext& context, const SetRules& args) {
  Change change{TRY(sending::get_rules(context.tx(), context.workspace())), {}};
  sending::Rules& after = change.after = change.before.rules;
  if (args.caps) after.caps = *args.caps;
  if (args.quiet_hours) after.quiet_hours = args.quiet_hours;
  if (args.send_window) after.send_window = args.send_window;
  if (args.time_zone) after.time_zone = *args.time_zone;
  if (args.wait_hours_max) after.wait_hours_max = *args.wait_hours_max;
  if (args.kill_switches) after.kill_switches = *args.kill_switches;
  Issues issues;
  for (size_t i = 0; i < args.remove.size(); ++i) {
    bool quiet = args.remove[i] == Part::kQuietHours;
    if (quiet ? args.quiet_hours.has_value() : args.send_window.has_value())
      issues.push_back({"/remove/" + std::to_string(i), "it is set in the same call"});
    else if (quiet) after.quiet_hours.reset();
    else after.send_window.reset();
  }
  sending::Rules::check(after, issues);
  if (!issues.empty()) return issues_error("The arguments", std::move(issues));
  return change;
}

Result<State> store(ToolContext& context, const Change& change) {
  TRY(sending::set_rules(context.tx(), context.workspace(), change.after, context.principal.id, context.clock.now()));
  return state_of(context);
}

// Stricter rules need nobody; looser ones a person, for exactly this change of exactly what holds now.
ApprovalSubject approval_of(const Change& change, const std::string& tool) {
  auto looser = sending::loosened(change.before.rules, change.after);
  if (looser.empty()) return {};
  std::string summary = "Send more freely to everyone:";
  for (const auto& text : looser) summary += "\n- " + text;
  Json after = encode(change.after);
  Json subject = {{"rules", after}, {"before", encode(change.before.rules)}};
  if (change.before.updated_at) subject["updated_at"] = change.before.updated_at->us;
  summary += "\nThe rules will be:\n" + after.dump(2);
  return {"call", tool, json_hash(subject), std::string(first_code_points(summary, 3000))};
}

Result<State> set_rules(ToolContext& context, const SetRules& args) {
  return store(context, TRY(change_of(context, args)));
}
Result<ApprovalSubject> set_rules_approval(ToolContext& context, const SetRules& args) {
  return approval_of(TRY(change_of(context, args)), "sending.setRules");
}

struct SetPace {
  std::string connection_id;
  std::optional<double> per_second;
  SPR_FIELDS(SetPace, SPR_FIELD(connection_id, "Connection that sends", .format = Format::kIdentifier),
             SPR_FIELD(per_second, "Messages a second at most; no limit if left out", .min = 0.001, .max = 10000));
};

Result<Change> pace_change(ToolContext& context, const SetPace& args) {
  auto known = TRY(context.tx().query("SELECT 1 FROM connection WHERE workspace_id = $1 AND id = $2",
                                      {context.workspace(), args.connection_id}));
  if (known.empty()) return issues_error("The arguments", {{"/connection_id", "there is no such connection"}});
  Change change{TRY(sending::get_rules(context.tx(), context.workspace())), {}};
  change.after = change.before.rules;
  std::erase_if(change.after.paces, [&](const auto& pace) { return pace.connection_id == args.connection_id; });
  if (args.per_second) change.after.paces.push_back({args.connection_id, *args.per_second});
  return change;
}

Result<State> set_pace(ToolContext& context, const SetPace& args) {
  return store(context, TRY(pace_change(context, args)));
}
Result<ApprovalSubject> set_pace_approval(ToolContext& context, const SetPace& args) {
  return approval_of(TRY(pace_change(context, args)), "sending.setPace");
}

struct StopArgs {
  std::optional<std::string> campaign_id;
  std::string reason;
  SPR_FIELDS(StopArgs,
             SPR_FIELD(campaign_id, "One campaign; all marketing of the workspace if left out",
                       .format = Format::kIdentifier),
             SPR_FIELD(reason, "Why, for those who find it stopped", .min_size = 1, .max_size = 300));
};
struct StopAnswer {
  bool changed = false;
  std::vector<sending::Stop> stops;
  SPR_FIELDS(StopAnswer, SPR_FIELD(changed, "Whether this call changed anything"),
             SPR_FIELD(stops, "What is stopped now"));
};

Result<StopAnswer> stop(ToolContext& context, const StopArgs& args) {
  std::string campaign = args.campaign_id.value_or("");
  if (!campaign.empty()) TRY(services::get_campaign(context.tx(), context.workspace(), campaign));
  bool changed =
      TRY(sending::stop(context.tx(), context.workspace(), {"", campaign, "person", args.reason, context.clock.now()},
                        context.principal.id, context.ids));
  return StopAnswer{changed, TRY(sending::open_stops(context.tx(), context.workspace()))};
}

struct ResumeArgs {
  std::string stop_id;
  SPR_FIELDS(ResumeArgs, SPR_FIELD(stop_id, "Id of the stop, as sending.getRules and campaign.getStatus tell it",
                                   .format = Format::kIdentifier));
};

Result<StopAnswer> resume(ToolContext& context, const ResumeArgs& args) {
  TRY(sending::lift(context.tx(), context.workspace(), args.stop_id, context.principal.id, context.clock.now()));
  if (auto* dispatcher = context.parts.find<events::Dispatcher>())
    context.tx().after_commit([dispatcher] { dispatcher->wake(); });
  return StopAnswer{true, TRY(sending::open_stops(context.tx(), context.workspace()))};
}

Result<ApprovalSubject> resume_approval(ToolContext& context, const ResumeArgs& args) {
  for (const auto& open : TRY(sending::open_stops(context.tx(), context.workspace()))) {
    if (open.stop_id != args.stop_id) continue;
    std::string what = open.campaign_id.empty() ? "all marketing" : "campaign " + open.campaign_id;
    return ApprovalSubject{"call", "sending.resume", json_hash({{"stop", open.stop_id}}),
                           "Send again: " + what + "\nIt was stopped at " + to_text(open.at) + ": " + open.reason};
  }
  return not_found("there is no such stop, or somebody lifted it");
}

const ToolSpec kGetRules{
    .name = "sending.getRules",
    .title = "Sending rules",
    .description =
        "Shows when and how often people may be written to: caps, quiet hours, send window, pace of connections, kill "
        "switches with their figures, and what is stopped now and why.",
    .words =
        "frequency cap; how many mails may one person get; quiet hours; do not disturb; when may we send; sending "
        "window; throttle; rate of sending; why is nothing sent; kill switch; is sending stopped; bounce limit; "
        "complaint limit; mail pressure; ruhezeiten; versandfenster; plafond d envoi; horas de silencio",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:read"},
    .body = handler<&get_rules>()};
const ToolSpec kSetRules{
    .name = "sending.setRules",
    .title = "Set sending rules",
    .description =
        "Sets when and how often people may be written to, for all marketing of the workspace. What is left out stays "
        "as it is. Stricter rules hold at once; looser ones need a person's approval.",
    .words =
        "at most two mails a week; limit mails per person; no mail at night; nothing on sundays; only send on "
        "weekdays; "
        "business hours only; set quiet hours; frequency capping; stop at a "
        "bounce rate; not before 8 in their time zone; höchstens eine mail pro woche; nachtruhe; limiter la fréquence; "
        "limitar envíos",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&set_rules>(),
    .always_approve = true,
    .approval_of = approval_from<&set_rules_approval>()};
const ToolSpec kSetPace{
    .name = "sending.setPace",
    .title = "Pace of a connection",
    .description = "Sets how many messages a second a connection sends. Faster needs a person's approval.",
    .words =
        "send slower; messages per second; throttle the mail server; rate limit of a connection; warm up a new server; "
        "spread the mailing over the day; do not flood the relay; langsamer senden; drosseln; limiter le débit; "
        "enviar más despacio",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&set_pace>(),
    .always_approve = true,
    .approval_of = approval_from<&set_pace_approval>()};
const ToolSpec kStop{
    .name = "sending.stop",
    .title = "Stop sending",
    .description =
        "Stops all marketing of the workspace, or one campaign's, within a second. Transactional mail goes on. Nothing "
        "is lost; sending.resume goes on with it.",
    .words =
        "emergency stop; kill switch now; halt everything; stop all campaigns; pull the plug; nothing more goes out; "
        "freeze all sending; panic button; stop every mail; alles anhalten; notstopp; tout arrêter; parar todo",
    .effect = Effect::kWrite,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:write"},
    .body = handler<&stop>()};
const ToolSpec kResume{
    .name = "sending.resume",
    .title = "Resume sending",
    .description =
        "Lifts a stop that a person or a kill switch made; what waits is sent, and the switches count from now on. "
        "Needs "
        "a person's approval of lifting exactly this stop.",
    .words =
        "send again after the stop; lift the stop; release the kill switch; turn sending back on; the list is clean "
        "now so go on; undo the emergency stop; unfreeze sending; wieder senden; stopp aufheben; reprendre les envois; "
        "reanudar los envíos",
    .effect = Effect::kPublish,
    .repeat = Repeat::kSafe,
    .scopes = {"campaigns:send"},
    .body = handler<&resume>(),
    .open_world = true,
    .approval_of = approval_from<&resume_approval>()};

Health sending_health(ToolContext& context) {
  auto stops = sending::open_stops(context.tx(), context.workspace());
  if (!stops.ok()) return {HealthStatus::kDown, "the database does not answer: " + stops.error().message};
  if (stops->empty()) return {HealthStatus::kOk, "nothing is stopped"};
  const auto& first = stops->front();
  return {HealthStatus::kDegraded,
          (first.campaign_id.empty() ? "all marketing is" : "campaign " + first.campaign_id + " is") +
              " stopped since " + to_text(first.at) + ": " + first.reason +
              (stops->size() == 1 ? "" : "; and " + std::to_string(stops->size() - 1) + " more")};
}

}  // namespace

ToolList sending_tools() {
  static const ToolSpec* const list[] = {&kGetRules, &kSetRules, &kSetPace, &kStop, &kResume};
  return list;
}

const Service kSendingService{.name = "sending",
                              .title = "Sending rules",
                              .version = "1.0.0",
                              .description = "When and how often people are written to, and what stops all marketing.",
                              .limits = {.calls_per_minute = 600, .at_once = 16},
                              .health = &sending_health};

}  // namespace spreaders::tools
