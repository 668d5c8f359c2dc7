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
//             next, on_fail (node; the run fails without it)
//   delay     for (ISO 8601 duration) or until (instant) or local_time "09:00" + zone (the next such time), next
//   parallel  branches [node...] which all start, join: the node where every path of theirs arrives
//   join      wait "all" | "any" | a number, next
//   for_each  audience, channel, connection, payload, campaign, batch; ends when every intent is settled; next
//   condition if {"op":"gt|gte|lt|lte|eq|ne|exists","left":{"$from"..}|literal,"right":literal}, yes, no
//   wait_event event, match [{"property","op","value"}] as in the rules of segments (services/audience/rule.hpp; a
//             value may be a reference), timeout (ISO 8601 duration), since "entry" (events from the run's start on
//             count, those before the token came here too) | "here", on {event, timeout}; its result is
//             {"message_id","at","properties"} of the event
//   end       the path is over
//
// References, in args, conditions and match values: {"$from":{"node","pointer","default"}} is an earlier result,
// {"$run":"id"|"subject"|"key"|"campaign"} is of the run: whom or what it is about, the key it was entered with.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace spreaders::workflows {

enum class NodeType : uint8_t { kAction, kDelay, kParallel, kJoin, kForEach, kCondition, kEnd, kWaitEvent };

struct Retry {
  int max = 5;
  int64_t base_s = 2;
  int64_t cap_s = 600;
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
};

struct Definition {
  std::string id;
  std::string name;
  std::string start;
  std::map<std::string, Node> nodes;
  [[nodiscard]] const Node* find(const std::string& node) const {
    auto found = nodes.find(node);
    return found == nodes.end() ? nullptr : &found->second;
  }
};

// Every problem with its JSON Pointer: unknown type or node, unreachable node, cycle, a branch that does not arrive at
// its join or passes another one, a reference to what has no result, an unknown member. `is_tool` says whether a tool
// of that name exists (nullptr: not checked).
Result<Definition> parse_definition(const Json& json, bool (*is_tool)(std::string_view, const void*) = nullptr,
                                    const void* context = nullptr);

constexpr int kNodesMax = 500;
constexpr int kBranchesMax = 50;
constexpr size_t kMatchMax = 20;    // conditions of a wait
constexpr size_t kTextMax = 500;    // characters of a name, tool or other text member
constexpr size_t kNodeIdMax = 100;  // bytes

}  // namespace spreaders::workflows
