// workflow.simulate: whom it is for, and for how long.
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/service.hpp"
#include "workflows/inspect/people.hpp"
#include "workflows/inspect/tools.hpp"
#include "workflows/library.hpp"
#include "workflows/nested.hpp"
#include "workflows/tools.hpp"

namespace spreaders::workflows::inspect {

namespace {

constexpr int64_t kPeopleDefault = 1'000;

struct Args {
  std::optional<std::string> workflow_id = {};
  int64_t version = 0;
  std::optional<Json> definition = {};
  std::optional<std::string> audience = {};
  std::optional<int64_t> made_up = {};
  std::optional<Json> assume = {};  // Assumptions, whose whole schema would make every list of tools longer
  std::optional<Instant> from = {};
  std::string horizon = "P365D", enter_within = "PT0S";
  int64_t seed = 1;
  int samples = 3;
  SPR_FIELDS(Args, SPR_FIELD(workflow_id, "Id of the workflow; or give a definition", .format = Format::kIdentifier),
             SPR_FIELD(version, "0 is the latest", .min = 0, .defaulted = true),
             SPR_FIELD(definition, "A draft, as for workflow.create"),
             SPR_FIELD(audience, "List or segment by id or name, or everyone", .max_size = 200),
             SPR_FIELD(made_up, "Or so many made-up people; 1000 if left out", .min = 1, .max = kPeopleMax),
             SPR_FIELD(assume,
                       "{\"events\":{\"Bought\":{\"probability\":0.3,\"delay\":\"P1D\"}},"
                       "\"nodes\":{\"mail\":{\"fail_rate\":0.01}},\"prices\":{\"email\":0.001}}"),
             SPR_FIELD(from, "First moment; now if left out"),
             SPR_FIELD(horizon, "How far to look", .format = Format::kDuration, .defaulted = true),
             SPR_FIELD(enter_within, "People enter evenly over this time", .format = Format::kDuration,
                       .defaulted = true),
             SPR_FIELD(seed, "Same seed, same result", .min = 0, .defaulted = true),
             SPR_FIELD(samples, "Paths of people to show", .min = 0, .max = kSamplesMax, .defaulted = true));
  static Assumptions assumptions(const Args& args, Issues& issues) {
    Assumptions read;
    decode_fields(Assumptions::field_list(), args.assume.value_or(Json::object()), &read, "/assume", issues);
    return read;
  }
  static void check(const Args& args, Issues& issues) {
    if (args.workflow_id.has_value() == args.definition.has_value())
      issues.push_back({"/workflow_id", "give either a workflow_id or a definition"});
    if (args.audience && args.made_up) issues.push_back({"/made_up", "goes without an audience"});
    assumptions(args, issues);
    if (parse_duration(args.horizon).value_or(1) == 0) issues.push_back({"/horizon", "is more than no time"});
  }
};

// The channel by which a tool sends one message: "email" of notification.sendEmail, else the family that publishes.
std::string channel_of(const ToolRunner& tools, std::string_view name) {
  const ToolSpec* tool = tools.find(name);
  if (tool == nullptr || tool->effect != Effect::kPublish || !tool->open_world) return "";
  std::string_view family = family_of(tool->name.value);
  if (family != "notification") return std::string(family);
  std::string verb(tool->name.value.substr(family.size() + 1));
  if (verb.starts_with("send")) verb = verb.substr(4);
  return lower_ascii(verb);
}

struct Wanted {
  Json definition;
  std::vector<Workflow> inner;
  storage::AudienceRef audience;
  int64_t people_of = 0;
};

Error wrong(Issues issues) {
  for (auto& issue : issues) issue.pointer = "/definition" + issue.pointer;
  return issues_error("The workflow", std::move(issues));
}

Result<Wanted> look_up(ToolContext& context, const Args& args) {
  return context.part<storage::Storage>().read(
      storage::Scope::of(context.workspace()), [&](storage::Tx& tx) -> Result<Wanted> {
        Wanted wanted;
        if (args.definition) wanted.definition = *args.definition;
        else wanted.definition = TRY(get_workflow(tx, context.workspace(), *args.workflow_id, args.version)).definition;
        // A draft may be simulated before all of its arguments are there.
        auto issues =
            TRY(settle(tx, context.workspace(), args.workflow_id.value_or(""), wanted.definition, context.tools));
        if (!issues.empty()) return wrong(std::move(issues));
        wanted.inner = TRY(nested_workflows(tx, context.workspace(), wanted.definition));
        if (!args.audience) return wanted;
        wanted.audience = TRY(audience::resolve(tx, context.workspace(), *args.audience)).ref;
        wanted.people_of = TRY(audience::audience_count(tx, context.workspace(), wanted.audience, context.clock.now()));
        return wanted;
      });
}

Result<Definition> definition_of(Json& json) {
  if (!json.contains("id")) json["id"] = "wf_draft";
  if (!json.contains("name")) json["name"] = "Draft";
  auto parsed = parse_definition(json);
  if (parsed.ok()) return parsed;
  return wrong(parsed.error().issues);
}

Result<Simulated> run(ToolContext& context, const Args& args) {
  Wanted wanted = TRY(look_up(context, args));
  Definition definition = TRY(definition_of(wanted.definition));
  Issues none;  // they were checked with the arguments
  const Assumptions assume = Args::assumptions(args, none);
  Prepared prepared = TRY(prepare(
      definition, wanted.definition, assume, [&](std::string_view tool) { return channel_of(context.tools, tool); },
      wanted.inner));
  const Instant now = context.clock.now();
  Contacts contacts{context.part<storage::Storage>(), context.part<storage::SendGuard>(), context.workspace(),
                    wanted.audience, now};
  auto& assumed = prepared.assumed;
  SimulateOptions options{.from = args.from.value_or(now),
                          .horizon_us = TRY(parse_duration(args.horizon)),
                          .enter_within_us = TRY(parse_duration(args.enter_within)),
                          .seed = args.seed,
                          .samples = args.samples,
                          .stop = context.stop};
  if (prepared.mails_audiences) {
    TRY(count_mailings(prepared, contacts, context.part<storage::ProfileSource>()));
    assumed.push_back("It mails whole audiences, so it is one run, and not one for each person.");
    bool done = false;
    options.people_of = 1;
    NextPeople one = [&done, id = definition.id]() -> Result<std::vector<Person>> {
      return std::exchange(done, true) ? std::vector<Person>() : std::vector<Person>{{.id = id}};
    };
    return simulate(prepared, one, options);
  }
  if (!args.audience) {
    options.people_of = args.made_up.value_or(kPeopleDefault);
    assumed.push_back("The people are made up: any consent, and rules about them hold with a probability of " +
                      percent(assume.condition_rate) + ".");
    return simulate(prepared, made_up_people(prepared, options.people_of, args.seed), options);
  }
  assumed.push_back("The contacts, their consent and what they have done are as they stand now.");
  options.people_of = wanted.people_of;
  return simulate(prepared, contacts_of(prepared, contacts), options);
}

}  // namespace

const ToolSpec kSimulate{
    .name = "workflow.simulate",
    .title = "Simulate a workflow",
    .description =
        "What a workflow would do to an audience or to made-up people: who goes where and when, messages, ends, cost. "
        "Nothing is sent or written. What cannot be known is drawn from `assume`, and said.",
    .words =
        "try the automation without sending; what would happen; forecast of the journey; how many will reach step "
        "three; test the flow on everybody; time travel; dry test; preview of the journey; how many mails will it "
        "send; what if nobody buys; simulation; simulieren; simuler le parcours; simular el flujo",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"workflows:read", "audience:read"},
    .body = handler<&run>(),
    .run = Run::kFree};

}  // namespace spreaders::workflows::inspect

namespace spreaders::workflows {

ToolList inspect_tools() {
  static const ToolSpec* const list_of[] = {&inspect::kSimulate, &inspect::kDryRun, &inspect::kDiff, &inspect::kMigrate,
                                            &inspect::kExplain};
  return list_of;
}

}  // namespace spreaders::workflows
