// A workflow: a graph whose action nodes are tool calls. Immutable once stored; `checksum` is the hash of its canonical
// JSON.
//
//   {"id":"wf_...","name":"Autumn jackets","start":"wait_start","nodes":{
//     "wait_start":{"type":"delay","until":"2026-11-22T09:00:00Z","next":"send"},
//     "send":{"type":"for_each","audience":{"list_id":"lst_..."},"channel":"email","connection":"con_...",
//             "payload":{"template":"tpl_...","version":1},"campaign":"cmp_...","batch":500,"next":"report"},
//     "report":{"type":"action","tool":"ai.summarizeCampaign","args":{"campaign_id":"cmp_..."},"next":"end"},
//     "end":{"type":"end"}}}
//
// Node types:
//   action    tool, args (literal JSON; {"$from":{"node","pointer"}} is replaced by an earlier result),
//   retry{max,base_s,cap_s},
//             next, on_fail (node; the run fails without it), timeout (ISO 8601 duration: how long one call may take
//             before it is asked to stop), fire_and_forget true (the run goes on at once; the call is made all the
//             same, what comes of it is only in the log)
//   delay     exactly one of: for (ISO 8601 duration); until (instant); local_time "09:00" (the next such time, on
//             days [1..7], 1 = Monday, if given); business_hours {days, from "09:00", to "17:00"} (at once while they
//             last, else when they begin); relative_to {attribute, before or after (duration), at "09:00"} (a date or
//             time among the contact's attributes; without one the token takes on_missing, and the run fails where
//             that is not given). zone: an IANA zone or "user", the contact's own, else fallback_zone. next
//   parallel  branches [node...] which all start, join: the node where every path of theirs arrives
//   join      wait "all" | "any" | a number (also written "n:2"), next
//   for_each  audience, channel, connection, payload, campaign, batch; ends when every intent is settled; next
//   condition if {"op":"gt|gte|lt|lte|eq|ne|exists","left":{"$from"..}|literal,"right":literal} or what else
//             conditions.hpp knows, yes, no
//   split     mode "experiment": branches [{name, weight, to}] and holdout {weight, to}, weights in basis points that
//             add up to 10000; who gets what is bucket_of(salt, subject), so it is the same whenever it is asked.
//             mode "cohort": branches [{name, if, to}], the first that holds, and else. Its result is
//             {"variant": name}
//   loop      to (back to a node that leads here), max (times it goes back), next (after that)
//   wait_event event, match [{"property","op","value"}] as in the rules of segments (services/audience/rule.hpp; a
//             value may be a reference), timeout (ISO 8601 duration), since "entry" (events from the run's start on
//             count, those before the token came here too) | "here", on {event, timeout}; its result is
//             {"message_id","at","properties"} of the event
//   sub_workflow  workflow (id), version (the latest when the definition is stored, if left out: what runs never
//             changes), wait true (if left out) | false. Starts a run of it about the same subject, for the same
//             principal and under the same approval. wait false: next; its result is {"run_id"}. wait true: on
//             {completed, failed, timeout}, timeout (ISO 8601 duration, with on/timeout); a run that nobody waits for
//             any more is cancelled; without on/failed the run fails with it. Its result is
//             {"run_id","status","reason"}
//   approval  title, what (words that a person decides by), expires (ISO 8601 duration, 3 days if left out), on
//             {approved, rejected, expired}. The run stands still until a person has decided. Its result is
//             {"approval_id","decision","by"}
//   update_profile  set {name: value}, next, on_fail: attributes of the contact the run is about, and first_name,
//             last_name, language and time_zone; a value may be a reference, null takes the attribute away. Its result
//             is {"outcome": "updated"|"unchanged", "set": [names], "by"}
//   tag       add and remove (lists by name or id; what is added to and not there is made), next, on_fail: which lists
//             the contact is on. Its result is {"added": [names], "removed": [names], "by"}: what changed
//   render    template, version (settled like a sub_workflow's), next, on_fail: the template with the contact's data,
//             as a mail would have it. Its result is {"subject","preheader","html","text"}
//   end       the path is over; with exit (a reason) the whole run is, as completed for that reason
//
// settings, beside the nodes: {"caps", "quiet_hours", "send_window", "time_zone", "max_entries", "max_people"}, which
// hold for the messages of this workflow besides the workspace's own rules (services/sending/rules.hpp).
//
// goal {event, match}, beside the nodes: the event ends the run, wherever it is, as completed for the reason "goal".
//
// settings {on_error, max_age, max_steps}, beside the nodes: where a step fails and no way says what then, on_error is
// "dead_letter" (the run has failed; if left out), "exit" (it is completed, with the error as its reason) or "continue"
// (it goes on at the step's `next`, where it has one). max_age (ISO 8601 duration): after it the run is over, wherever
// it is, as completed for the reason "max_age". max_steps: a run that takes more has failed.
//
// References, in args, conditions and match values: {"$from":{"node","pointer","default"}} is an earlier result,
// {"$run":"id"|"subject"|"key"|"campaign"} is of the run: whom or what it is about, the key it was entered with.
// {"$trigger":"/pointer","default"} is of what started it: /event/properties/..., /from and /to of an attribute,
// /properties/... of a call, /body/... of a webhook.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "services/sending/rules.hpp"

namespace spreaders::workflows {

enum class NodeType : uint8_t {
  kAction,
  kDelay,
  kParallel,
  kJoin,
  kForEach,
  kCondition,
  kEnd,
  kWaitEvent,
  kSplit,
  kLoop,
  kSubWorkflow,
  kApproval,
  kUpdateProfile,
  kTag,
  kRender
};

struct Retry {
  int max = 5;
  int64_t base_s = 2;
  int64_t cap_s = 600;
};

// A way out of a split.
struct Way {
  std::string name;
  std::string to;
  int weight = 0;                         // basis points
  std::shared_ptr<const Json> condition;  // of a cohort
};

struct Node {
  std::string id;
  NodeType type = NodeType::kEnd;
  std::string next;
  std::string on_fail;
  std::string tool;                  // action
  std::shared_ptr<const Json> args;  // action; shared by all copies of the immutable definition
  Retry retry;
  int64_t delay_us = 0;  // delay for
  std::optional<Instant> until;
  std::optional<int64_t> local_time_us;
  std::string zone = "UTC";
  bool zone_of_person = false;     // delay: `zone` is for who has none
  uint8_t days = 0x7f;             // delay: bit weekday(date)
  std::optional<int64_t> open_us;  // business hours, of the day
  int64_t close_us = 0;
  std::string attribute;  // relative to it
  int64_t offset_us = 0;
  std::optional<int64_t> attribute_time_us;
  std::string on_missing;
  std::vector<std::string> branches;  // parallel
  std::string join;                   // parallel
  int join_count = 0;                 // join: how many arrivals; 0 = all
  std::string list_id, segment_id;    // for_each
  std::string channel, connection, campaign;
  std::shared_ptr<const Json> payload;
  int batch = 500;
  std::shared_ptr<const Json> condition;
  std::string yes, no;
  std::string event;                  // wait_event
  std::shared_ptr<const Json> match;  // a list
  bool since_entry = true;
  int64_t timeout_us = 0;
  std::string on_event, on_timeout;
  std::vector<Way> ways;  // split; the holdout is the last
  std::string salt;
  std::string otherwise;              // cohort: nobody's branch
  std::string loop_to;                // loop
  std::vector<std::string> loops_in;  // the loops it goes around
  int loop_max = 0;
  std::string exit;                       // end
  std::string workflow;                   // sub_workflow
  int64_t version = 0;                    // of it, or of the template; 0 = not settled yet
  bool waits = true;                      // for its end
  std::string title, what;                // approval
  bool fire_and_forget = false;           // action
  std::shared_ptr<const Json> set;        // update_profile
  std::vector<std::string> add, remove;   // tag
  std::string template_id;                // render
  std::map<std::string, std::string> on;  // sub_workflow, approval: the ways on by what has come of it
};

struct Goal {
  std::string event;
  std::shared_ptr<const Json> match;
};

// What the settings say of the run itself.
using sending::OnError;
struct Limits {
  OnError on_error = OnError::kDeadLetter;
  int64_t max_age_us = 0;  // 0 = no end
  int64_t max_steps = 0;   // 0 = any number
};

struct Definition {
  std::string id;
  std::string name;
  std::string start;
  std::optional<Goal> goal;
  std::optional<sending::WorkflowSettings> settings;
  Limits limits;  // of the settings
  std::map<std::string, Node> nodes;
  [[nodiscard]] const Node* find(const std::string& node) const {
    auto found = nodes.find(node);
    return found == nodes.end() ? nullptr : &found->second;
  }
};

// Every problem with its JSON Pointer: unknown type or node, unreachable node, cycle that is no loop, a branch that
// does not arrive at its join or passes another one, a reference to what has no result, an unknown member. `is_tool`
// says whether a tool of that name exists (nullptr: not checked).
Result<Definition> parse_definition(const Json& json, bool (*is_tool)(std::string_view, const void*) = nullptr,
                                    const void* context = nullptr);

constexpr int kNodesMax = 500;
constexpr int kBranchesMax = 50;
constexpr size_t kMatchMax = 20;    // conditions of a wait
constexpr int kWeights = 10'000;    // basis points in a whole
constexpr int kLoopMax = 100;       // times a loop goes back
constexpr size_t kTextMax = 500;    // characters of a name, tool or other text member
constexpr size_t kNodeIdMax = 100;  // bytes
constexpr int kNestedMax = 5;       // runs within runs

}  // namespace spreaders::workflows
