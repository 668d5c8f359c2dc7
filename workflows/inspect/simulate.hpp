// What a workflow would do: the same step() and after_call() as production, with a virtual clock and a seeded Rng. No
// tool is called and nothing is written. What the graph does not decide (whether a tool fails, an event comes) is drawn
// from assumptions, and everything that was assumed is said in the result.
//
//   auto prepared = TRY(prepare(definition, json, assumptions, channel_of));
//   auto result = TRY(simulate(prepared, made_up_people(prepared, 1000, 42), {.from = now, .seed = 42}));
//   result.nodes[0].entered, result.messages["email"], result.ends["completed"] ...
//
// What a workflow starts within itself is simulated with it; its nodes are "outer/inner" then, also in assumptions. An
// approval is answered after its assumed `delay`, with yes as often as its `yes_rate` says.
//
// The counts of outcomes are those of a production run's step log, node by node, where the outcomes are not drawn.
// A person's draws depend on the seed and their place alone. Times are UTC, prices major units of one currency.
// A node type or decision that the simulator does not know is an error, never left out silently.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "workflows/engine.hpp"
#include "workflows/library.hpp"

namespace spreaders::workflows::inspect {

constexpr int64_t kPeopleMax = 1'000'000;
constexpr int64_t kStepsMax = 100'000'000;  // of one simulation
constexpr int64_t kRunStepsMax = 100'000;   // of one person
constexpr int kSamplesMax = 10;
constexpr size_t kSampleLinesMax = 60;
constexpr size_t kDaysShownMax = 60;
constexpr size_t kReasonsMax = 30;  // different ways of ending that are told apart
constexpr int kInnerMax = 200;      // steps that start a workflow, each counted with all that it starts

enum class Spread : uint8_t { kExponential, kFixed };
SPR_ENUM(Spread, {Spread::kExponential, "exponential"}, {Spread::kFixed, "fixed"});

struct AssumedEvent {
  double probability = 0.2;
  std::string delay = "P1D";
  Spread spread = Spread::kExponential;
  std::optional<Json> properties = {};
  SPR_FIELDS(AssumedEvent,
             SPR_FIELD(probability, "That it comes to somebody who waits", .min = 0, .max = 1, .defaulted = true),
             SPR_FIELD(delay, "How long after the wait began, on average", .format = Format::kDuration,
                       .defaulted = true),
             SPR_FIELD(spread, "exponential: mostly sooner, sometimes much later; fixed: always after the delay",
                       .defaulted = true),
             SPR_FIELD(properties, "What it says, for later steps that refer to it"));
};

struct AssumedNode {
  double fail_rate = 0, busy_rate = 0;
  std::optional<double> yes_rate = {};
  std::optional<std::string> delay = {};
  std::optional<Json> result = {};
  SPR_FIELDS(AssumedNode,
             SPR_FIELD(fail_rate, "Of its calls or messages, refused for good", .min = 0, .max = 1, .defaulted = true),
             SPR_FIELD(busy_rate, "Of its calls, not possible now and tried again", .min = 0, .max = 1,
                       .defaulted = true),
             SPR_FIELD(yes_rate,
                       "Of a condition: how often it holds, instead of looking; of an approval: how often the "
                       "answer is yes, always if left out",
                       .min = 0, .max = 1),
             SPR_FIELD(delay, "Of an approval: when somebody answers, PT4H if left out", .format = Format::kDuration),
             SPR_FIELD(result, "What its tool answers, for later steps that refer to it"));
};

struct Assumptions {
  std::map<std::string, AssumedEvent> events = {};
  std::map<std::string, AssumedNode> nodes = {};
  double condition_rate = 0.5;
  std::map<std::string, double> zones = {};
  std::map<std::string, std::string> attributes = {};
  std::map<std::string, double> prices = {};
  std::string currency = {};
  SPR_FIELDS(Assumptions, SPR_FIELD(events, "By the event's name", .max_size = 200, .defaulted = true),
             SPR_FIELD(nodes, "By the node's id", .max_size = 500, .defaulted = true),
             SPR_FIELD(condition_rate, "How often a condition holds that cannot be looked up", .min = 0, .max = 1,
                       .defaulted = true),
             SPR_FIELD(zones, "Made-up people: IANA time zones and their weights", .max_size = 100, .defaulted = true),
             SPR_FIELD(attributes, "Made-up people: dates that delays go by", .max_size = 100, .defaulted = true),
             SPR_FIELD(prices, "Of one message, by channel", .max_size = 20, .defaulted = true),
             SPR_FIELD(currency, "Of the prices", .max_size = 3, .defaulted = true));
};

struct NodeCounts {
  std::string node, type;
  int64_t entered = 0, waiting = 0;
  std::map<std::string, int64_t> outcomes = {}, variants = {};
  SPR_FIELDS(NodeCounts, SPR_FIELD(node, "Id of the node"), SPR_FIELD(type, "Its type"),
             SPR_FIELD(entered, "Times somebody came here"), SPR_FIELD(waiting, "Still here at the end"),
             SPR_FIELD(outcomes, "What happened here, in the words of a run's log"),
             SPR_FIELD(variants, "Of a split: who went which way"));
};

struct DayCounts {
  Date day;
  int64_t started = 0, ended = 0;
  std::map<std::string, int64_t> messages = {}, entered = {};
  SPR_FIELDS(DayCounts, SPR_FIELD(day, "Day, UTC"), SPR_FIELD(started, "Runs that began"),
             SPR_FIELD(ended, "Runs that ended"), SPR_FIELD(messages, "By channel"),
             SPR_FIELD(entered, "Times somebody came to a node, by its id"));
};

struct TimelineLine {
  Instant at;
  std::string node, what, detail;
  SPR_FIELDS(TimelineLine, SPR_FIELD(at, "When"), SPR_FIELD(node, "Node"), SPR_FIELD(what, "What happened"),
             SPR_FIELD(detail, "More about it"));
};
struct Timeline {
  std::string person, ended;
  std::vector<TimelineLine> lines = {};
  SPR_FIELDS(Timeline, SPR_FIELD(person, "Id of the contact, or of somebody made up"), SPR_FIELD(ended, "How it ended"),
             SPR_FIELD(lines, "In order of time"));
};

struct Simulated {
  int64_t people = 0, people_of = 0, steps = 0, seed = 0, took_ms = 0, days_left_out = 0;
  bool complete = true;
  std::string cut = {};
  Instant from = {}, until = {};
  std::vector<NodeCounts> nodes = {};
  std::vector<DayCounts> days = {};
  std::map<std::string, int64_t> ends = {}, messages = {}, refused = {}, deferred = {};
  std::optional<double> cost = {};
  std::string currency = {};
  std::vector<Timeline> samples = {};
  std::vector<std::string> assumed = {};
  SPR_FIELDS(Simulated, SPR_FIELD(people, "People who went through"), SPR_FIELD(people_of, "People there are"),
             SPR_FIELD(steps, "Steps they took"), SPR_FIELD(complete, "False: it was cut, see cut"),
             SPR_FIELD(cut, "Why not everything was simulated"), SPR_FIELD(assumed, "What was assumed, in words"),
             SPR_FIELD(from, "First moment"), SPR_FIELD(until, "The horizon: who still waits then is counted as such"),
             SPR_FIELD(seed, "The same seed gives the same result"), SPR_FIELD(took_ms, "Milliseconds it took"),
             SPR_FIELD(nodes, "By node"), SPR_FIELD(days, "By day; days without anything are left out"),
             SPR_FIELD(days_left_out, "Later days that are not shown"), SPR_FIELD(ends, "How the runs end"),
             SPR_FIELD(messages, "Sent, by channel"), SPR_FIELD(refused, "Not sent, by channel and reason"),
             SPR_FIELD(deferred, "Put off, by reason"), SPR_FIELD(cost, "Of the messages whose price is given"),
             SPR_FIELD(currency, "Of the cost"), SPR_FIELD(samples, "What happened to some of them"));
};

// What has to be known of each person.
struct Sending {
  std::string channel;
  bool transactional = false;
  bool operator==(const Sending&) const = default;
};
struct Person {
  std::string id;
  std::string zone = {};                     // empty: none or no zone
  std::vector<std::string> attributes = {};  // of Prepared::attributes
  std::vector<char> rules = {};              // of Prepared::rules
  std::vector<std::string> refusals = {};    // of Prepared::sendings; empty texts: may be sent to
};
// Whom a for_each node reaches.
struct Mailing {
  int64_t recipients = 0;
  std::map<std::string, int64_t> refused = {};  // by reason
};

struct Prepared;

// A definition made ready: known node by node, with conditions that can only be drawn replaced by draws.
struct PreparedNode {
  const Node* node = nullptr;
  std::string type;
  AssumedNode assumed = {};
  AssumedEvent event = {};
  int64_t event_delay_us = 0;
  Json event_result = {};
  std::shared_ptr<Result<Json>> answer = {};  // of its tool; shared by copies of this immutable value
  std::vector<std::string> drawn = {};        // keys of conditions that are drawn anew at each visit
  double drawn_rate = 0.5;
  int attribute = -1, sending = -1;  // places in Prepared
  bool keeps_result = false, resolves_args = false;
  std::shared_ptr<const Json> arguments = {};  // args of an action, set of an update_profile
  Mailing mailing = {};
  double answer_rate = 1;  // approval: how often it is yes
  int64_t answer_delay_us = 0;
  std::shared_ptr<Prepared> inner = {};  // sub_workflow: what it starts; nobody else holds it
};
struct Prepared {
  Prepared() = default;
  Prepared(Prepared&&) = default;  // a copy's nodes would point into the original
  Prepared& operator=(Prepared&&) = default;
  Definition definition;
  std::map<std::string, PreparedNode, std::less<>> nodes = {};
  // Of the outermost definition, for all within it too.
  std::vector<std::string> rules = {}, rule_keys = {};  // about the person: their JSON text, their key in conditions
  std::vector<std::string> attributes = {};
  std::vector<Sending> sendings = {};
  bool mails_audiences = false;  // has a for_each node: one run, not one for each person
  Assumptions assumptions = {};
  std::vector<std::string> assumed = {};
  // Of this definition.
  AssumedEvent goal = {};
  int64_t goal_delay_us = 0;
};

std::string percent(double rate);  // "12.5 %"
// Whether what these arguments or this payload sends needs no consent.
bool is_transactional(const Json& arguments);
// Which channel a tool sends one message by; empty: it sends none.
using ChannelOf = std::function<std::string(std::string_view tool)>;
// `json` is what `definition` was read from, `inner` what it starts (nested.hpp). kInvalidArgument names what the
// assumptions name but the workflow has not, and nodes of a type that the simulator does not know.
Result<Prepared> prepare(const Definition& definition, const Json& json, const Assumptions& assumptions,
                         const ChannelOf& channel_of, const std::vector<Workflow>& inner = {});

// The next people, none at the end.
using NextPeople = std::function<Result<std::vector<Person>>()>;
// `prepared` outlives what is returned.
NextPeople made_up_people(const Prepared& prepared, int64_t count, int64_t seed);

struct SimulateOptions {
  Instant from;
  int64_t horizon_us = 365 * kDay_us;
  int64_t enter_within_us = 0;  // people come evenly spread over it
  int64_t people_of = 0;        // how many there are, as far as known
  int64_t people_max = kPeopleMax;
  int64_t steps_max = kStepsMax;
  int64_t time_limit_ms = 20'000;
  int64_t seed = 1;
  int samples = 3;
  std::stop_token stop = {};
};
Result<Simulated> simulate(const Prepared& prepared, const NextPeople& next, const SimulateOptions& options);

}  // namespace spreaders::workflows::inspect
