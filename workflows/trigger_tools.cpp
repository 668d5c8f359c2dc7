#include <nlohmann/json.hpp>

#include "workflows/engine.hpp"
#include "workflows/library.hpp"
#include "workflows/tools.hpp"
#include "workflows/trigger_views.hpp"
#include "workflows/triggers/calls.hpp"

namespace spreaders::workflows {

namespace {

struct AddArgs {
  std::string workflow_id, name;
  std::optional<ScheduleSpec> schedule;
  std::optional<EventSpec> event;
  std::optional<AttributeSpec> attribute_changed;
  std::optional<SegmentChoice> segment_entered;
  std::optional<ApiSpec> api;
  std::optional<WebhookSpec> webhook;
  static void check(const AddArgs& args, Issues& issues) {
    int given = args.schedule.has_value() + args.event.has_value() + args.attribute_changed.has_value() +
                args.segment_entered.has_value() + args.api.has_value() + args.webhook.has_value();
    if (given != 1)
      issues.push_back(
          {"", "takes exactly one of schedule, event, attribute_changed, segment_entered, api and webhook"});
  }
  [[nodiscard]] TriggerSpec spec() const {
    if (schedule) return *schedule;
    if (event) return *event;
    if (attribute_changed) return *attribute_changed;
    if (api) return *api;
    if (webhook) return *webhook;
    return SegmentSpec{.segment = segment_entered->segment,
                       .include_existing = segment_entered->include_existing,
                       .only_once = segment_entered->only_once};
  }
  SPR_FIELDS(
      AddArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
      SPR_FIELD(schedule, "At times: once, by a cron line, or every so many days, weeks or months"),
      SPR_FIELD(event, "When somebody does something: for that person"),
      SPR_FIELD(attribute_changed, "When something known about somebody gets another value"),
      SPR_FIELD(segment_entered, "When somebody comes into a segment"),
      SPR_FIELD(api, "When POST /initiateJourney or triggers.fire says so: for the person they name"),
      SPR_FIELD(webhook,
                "When a program calls POST /hooks/{trigger_id} with a key of the scope hooks:{trigger_id}, which "
                "a person makes: spreaders key create --kind service --scopes hooks:{trigger_id}"),
      SPR_FIELD(name, "Name of the trigger", .max_size = 200, .defaulted = true));
};

Result<TriggerView> make(ToolContext& context, const std::string& workflow_id, const std::string& name,
                         TriggerSpec spec) {
  auto workflow = TRY(get_workflow(context.tx(), context.workspace(), workflow_id));
  NewTrigger made{workflow.id, workflow.version, name.empty() ? workflow.name : name, std::move(spec)};
  return view_of(TRY(create_trigger(context.tx(), context.workspace(), made, context.clock.now(), context.ids)));
}

Result<TriggerView> add(ToolContext& context, const AddArgs& args) {
  return make(context, args.workflow_id, args.name, args.spec());
}

struct ScheduleArgs {
  std::string workflow_id, name;
  ScheduleSpec schedule;
  SPR_FIELDS(ScheduleArgs, SPR_FIELD(workflow_id, "Id of the workflow", .format = Format::kIdentifier),
             SPR_FIELD(schedule, "When it starts: once, by a cron line, or every so many days, weeks or months"),
             SPR_FIELD(name, "Name of the trigger", .max_size = 200, .defaulted = true));
};

Result<ApprovalSubject> subject_of(ToolContext& context, const std::string& workflow_id, int64_t version,
                                   const TriggerSpec& spec) {
  auto workflow = TRY(get_workflow(context.tx(), context.workspace(), workflow_id, version));
  return workflow_approval(context.tx(), context.workspace(), workflow, context.tools, &spec);
}

Result<ApprovalSubject> schedule_approval(ToolContext& context, const ScheduleArgs& args) {
  return subject_of(context, args.workflow_id, 0, args.schedule);
}

Result<TriggerView> begin(ToolContext& context, const std::string& id) {
  auto started = TRY(
      start_trigger(context.tx(), context.workspace(), id, {context.principal, context.approval}, context.clock.now()));
  wake_after_commit(context);
  return view_of(started);
}

Result<TriggerView> schedule(ToolContext& context, const ScheduleArgs& args) {
  return begin(context, TRY(make(context, args.workflow_id, args.name, args.schedule)).trigger_id);
}

struct ById {
  std::string trigger_id;
  SPR_FIELDS(ById, SPR_FIELD(trigger_id, "Id of the trigger", .format = Format::kIdentifier));
};

Result<ApprovalSubject> start_approval(ToolContext& context, const ById& args) {
  auto trigger = TRY(get_trigger(context.tx(), context.workspace(), args.trigger_id));
  return subject_of(context, trigger.workflow_id, trigger.version, trigger.spec);
}

Result<TriggerView> start(ToolContext& context, const ById& args) { return begin(context, args.trigger_id); }

template <auto change>
Result<TriggerView> changed(ToolContext& context, const ById& args) {
  return view_of(TRY(change(context.tx(), context.workspace(), args.trigger_id, context.clock.now())));
}

struct ListArgs {
  std::string workflow_id;
  SPR_FIELDS(ListArgs, SPR_FIELD(workflow_id, "Only those of this workflow", .max_size = 100, .defaulted = true));
};
struct Triggers {
  std::vector<TriggerView> triggers;
  SPR_FIELDS(Triggers, SPR_FIELD(triggers, "Oldest first"));
};

Result<Triggers> list(ToolContext& context, const ListArgs& args) {
  Triggers all;
  for (const auto& one : TRY(list_triggers(context.tx(), context.workspace(), args.workflow_id)))
    all.triggers.push_back(view_of(one));
  return all;
}

const ToolSpec kAdd{
    .name = "workflow.addTrigger",
    .title = "Add a trigger to a workflow",
    .description =
        "Prepares what starts a workflow by itself: times, an event of a person, a changed attribute, a segment "
        "entered, a program that calls. The version is fixed here. It fires only once triggers.start is approved.",
    .words =
        "when somebody signs up; starts when; on purchase; event that starts the flow; form submitted; webhook starts "
        "the automation; entry point; as soon as a cart is abandoned; on birthday; fires when; auslöser; déclencheur; "
        "disparador; start by itself; every monday; cron; when to run; recurring start; zeitplan anlegen",
    .effect = Effect::kWrite,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:write"},
    .body = handler<&add>()};
const ToolSpec kSchedule{
    .name = "workflow.schedule",
    .title = "Schedule a workflow",
    .description =
        "Starts a workflow by itself at given times from now on. Needs a person's approval of "
        "exactly this version and these times.",
    .words =
        "run the automation every night; flow each monday at 6; cron for a process; automation at midnight; timed "
        "process; run the steps weekly; daily automation; start the flow tomorrow; regular run of a process; ablauf "
        "planen; automatisation chaque jour; automatizar cada noche; run the automation every week; start the flow on "
        "the first of the month; run at night; repeat the workflow; workflow planen; programmer le flux; programar "
        "flujo",
    .effect = Effect::kPublish,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:run"},
    .body = handler<&schedule>(),
    .open_world = true,
    .approval_of = approval_from<&schedule_approval>()};
const ToolSpec kStart{.name = "triggers.start",
                      .title = "Start a trigger",
                      .description =
                          "Lets a prepared trigger fire. Needs a person's approval of the workflow's version and of "
                          "what starts it.",
                      .words = "switch the trigger on; arm the schedule; activate the cron",
                      .effect = Effect::kPublish,
                      .repeat = Repeat::kNeedsKey,
                      .scopes = {"workflows:run"},
                      .body = handler<&start>(),
                      .open_world = true,
                      .approval_of = approval_from<&start_approval>()};
struct FireArgs {
  std::string trigger_id, user_id, email;
  std::map<std::string, Json> properties;
  SPR_FIELDS(FireArgs,
             SPR_FIELD(trigger_id, "Id of a trigger of type api, or of a workflow that has one",
                       .format = Format::kIdentifier),
             SPR_FIELD(user_id, "For whom: the id of another system, or a contact's", .max_size = 200,
                       .defaulted = true),
             SPR_FIELD(email, "For whom: their address", .max_size = 254, .defaulted = true),
             SPR_FIELD(properties, "What the run may refer to with {\"$trigger\":\"/properties/...\"}",
                       .defaulted = true));
};
struct Fired {
  std::string run_id, trigger_id;
  bool started = false;
  SPR_FIELDS(Fired, SPR_FIELD(run_id, "The run of this call"), SPR_FIELD(trigger_id, "The trigger it began by"),
             SPR_FIELD(started, "False: it had begun before"));
};

Result<Fired> fire(ToolContext& context, const FireArgs& args) {
  Call call{.user_id = args.user_id, .email = args.email, .idempotency = context.idempotency_key};
  for (const auto& [name, value] : args.properties) call.properties[name] = value;
  auto called =
      TRY(start_by_call(context.tx(), context.workspace(), args.trigger_id, call, context.clock.now(), context.ids));
  if (called.started) wake_after_commit(context);
  return Fired{called.run_id, called.trigger_id, called.started};
}

const ToolSpec kFire{.name = "triggers.fire",
                     .title = "Start a workflow for somebody by its trigger",
                     .description =
                         "Starts one run for one person by a running trigger of type api, under the approval that the "
                         "trigger was started with.",
                     .words =
                         "start the flow for this person; send somebody through the automation; trigger now for "
                         "a customer; initiate journey; kick off for one contact; run the sequence for ana; "
                         "auslösen; déclencher pour une personne; disparar para alguien",
                     .effect = Effect::kWrite,
                     .repeat = Repeat::kNeedsKey,
                     .scopes = {"workflows:run"},
                     .body = handler<&fire>(),
                     .open_world = true};
const ToolSpec kPause{.name = "triggers.pause",
                      .title = "Pause a trigger",
                      .description = "It fires no more until it is resumed; its runs go on.",
                      .words = "hold the schedule; switch the trigger off for now",
                      .effect = Effect::kWrite,
                      .repeat = Repeat::kNeedsKey,
                      .scopes = {"workflows:run"},
                      .body = handler<&changed<&pause_trigger>>()};
const ToolSpec kResume{.name = "triggers.resume",
                       .title = "Resume a trigger",
                       .description = "It fires again; times that passed follow its rule for missed ones.",
                       .words = "switch the trigger on again; continue the schedule",
                       .effect = Effect::kWrite,
                       .repeat = Repeat::kNeedsKey,
                       .scopes = {"workflows:run"},
                       .body = handler<&changed<&resume_trigger>>()};
const ToolSpec kStop{.name = "triggers.stop",
                     .title = "Stop a trigger",
                     .description = "Ends its firing for good; runs that it started end by themselves.",
                     .words = "end the schedule; no more recurring starts; switch the trigger off",
                     .effect = Effect::kWrite,
                     .repeat = Repeat::kNeedsKey,
                     .scopes = {"workflows:run"},
                     .body = handler<&changed<&stop_trigger>>()};
const ToolSpec kDestroy{
    .name = "triggers.destroy",
    .title = "Destroy a trigger",
    .description = "Ends a stopped trigger and cancels the runs it started. Needs a person's approval.",
    .words = "delete the trigger; remove the schedule; cancel all it started",
    .effect = Effect::kDestroy,
    .repeat = Repeat::kNeedsKey,
    .scopes = {"workflows:run"},
    .body = handler<&changed<&destroy_trigger>>()};
const ToolSpec kList{
    .name = "triggers.list",
    .title = "List triggers",
    .description = "What starts workflows by itself: on what, state, what fired and what was left out.",
    .words = "which schedules run; next start; all triggers; recurring jobs",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read"},
    .body = handler<&list>()};

Health triggers_health(ToolContext& context) {
  auto held = context.tx().query(
      "SELECT COUNT(*) FROM trigger_instance WHERE workspace_id = $1 AND state = 'paused' "
      "AND reason <> ''",
      {context.workspace()});
  if (!held.ok()) return {HealthStatus::kDown, "the triggers cannot be read: " + held.error().message};
  const int64_t count = (*held)[0][0].integer();
  if (count > 0) return {HealthStatus::kDegraded, std::to_string(count) + " triggers were paused though nobody asked"};
  return {HealthStatus::kOk, "no trigger is held"};
}

}  // namespace

ToolList trigger_tools() {
  static const ToolSpec* const list_of[] = {&kAdd,    &kSchedule, &kStart,   &kFire, &kPause,
                                            &kResume, &kStop,     &kDestroy, &kList};
  return list_of;
}

const Service kTriggersService{.name = "triggers",
                               .title = "Triggers",
                               .version = "1.0.0",
                               .description = "What starts workflows by itself, and its life.",
                               .limits = {.calls_per_minute = 3000, .at_once = 16},
                               .health = &triggers_health};

}  // namespace spreaders::workflows
