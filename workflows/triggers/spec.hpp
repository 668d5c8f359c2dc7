// What a trigger listens to, as tools take it and as it is stored: a schedule, or an event of a person.
//
//   TriggerSpec spec = EventSpec{.name = "Product Added", .key = "/properties/cart_id"};
//   in_words(spec)     // "when 'Product Added' happens, once for each /properties/cart_id"
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/tool.hpp"
#include "workflows/triggers/schedule.hpp"

namespace spreaders::workflows {

enum class TriggerType : uint8_t { kSchedule, kEvent };
SPR_ENUM(TriggerType, {TriggerType::kSchedule, "schedule"}, {TriggerType::kEvent, "event"});

constexpr int64_t kTriggerCountMax = 1000;
constexpr int64_t kTriggerWithinMax_us = 3650 * kDay_us;
constexpr size_t kEntryKeySizeMax = 200;  // characters; an event with a longer one starts nothing

// An event of a person starts a run for that person. How often for one person: only_once; once for each value at `key`
// (an event without one starts nothing); else for each event, or each time `count` of them have come.
struct EventSpec {
  std::string name;
  std::optional<Json> where = {};
  std::string key = {};
  bool only_once = false;
  int64_t count = 1;
  std::string within = {};
  static void check(const EventSpec& spec, Issues& issues);
  SPR_FIELDS(
      EventSpec, SPR_FIELD(name, "Name of the event", .min_size = 1, .max_size = 200),
      SPR_FIELD(where,
                "Which of them: {\"property\",\"op\",\"value\"} as in a segment rule, or {\"and\":[...]} of these"),
      SPR_FIELD(key, "Pointer into the event, such as /properties/cart_id: one run for each value", .max_size = 200,
                .defaulted = true),
      SPR_FIELD(only_once, "One run for each person, ever", .defaulted = true),
      SPR_FIELD(count, "After so many of them, counted anew each time", .min = 1, .max = kTriggerCountMax,
                .defaulted = true),
      SPR_FIELD(within, "With count: within this ISO 8601 duration", .max_size = 40, .defaulted = true));
};

using TriggerSpec = std::variant<ScheduleSpec, EventSpec>;

// The conditions on its properties as an array, as segment rules have them.
Json conditions_of(const EventSpec& spec);
TriggerType type_of(const TriggerSpec& spec);
Json encoded(const TriggerSpec& spec);
Result<TriggerSpec> decoded_spec(TriggerType type, const Json& json);
// The event's name; empty for a schedule.
std::string listens_to(const TriggerSpec& spec);
// For a person, to stand behind "starting by itself".
std::string in_words(const TriggerSpec& spec);

}  // namespace spreaders::workflows
