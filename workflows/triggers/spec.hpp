// What a trigger listens to, as tools take it and as it is stored: a schedule, an event of a person, a change of what
// is known about them, a segment that they enter, or a program that says so.
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

// In the order of TriggerSpec.
enum class TriggerType : uint8_t { kSchedule, kEvent, kAttributeChanged, kSegmentEntered, kApi, kWebhook };
SPR_ENUM(TriggerType, {TriggerType::kSchedule, "schedule"}, {TriggerType::kEvent, "event"},
         {TriggerType::kAttributeChanged, "attribute_changed"}, {TriggerType::kSegmentEntered, "segment_entered"},
         {TriggerType::kApi, "api"}, {TriggerType::kWebhook, "webhook"});

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

// An attribute or a field of a contact gets another value; a new contact had none. Values are compared as text without
// regard to ASCII case; an empty one is none.
struct AttributeSpec {
  std::string name;
  std::optional<std::string> from = {}, to = {};
  bool only_once = false;
  static void check(const AttributeSpec& spec, Issues& issues);
  SPR_FIELDS(AttributeSpec,
             SPR_FIELD(name, "Attribute, or email, external_id, first_name, last_name, language, time_zone",
                       .min_size = 1, .max_size = 64),
             SPR_FIELD(from, "Only from this value; empty: from none", .max_size = 1000),
             SPR_FIELD(to, "Only to this value; empty: to none", .max_size = 1000),
             SPR_FIELD(only_once, "One run for each person, ever", .defaulted = true));
};

// Somebody who did not belong to the segment now does.
struct SegmentChoice {
  std::string segment;
  bool include_existing = false;
  bool only_once = false;
  SPR_FIELDS(SegmentChoice, SPR_FIELD(segment, "Id or name of the segment", .min_size = 1, .max_size = 200),
             SPR_FIELD(include_existing, "Also for those who are in it at the start", .defaulted = true),
             SPR_FIELD(only_once, "One run for each person, however often they enter", .defaulted = true));
};

// The choice as it is stored: with the id, and with the name and the rule as they were, for what is approved is who
// belongs by that rule.
struct SegmentSpec {
  std::string segment;
  bool include_existing = false;
  bool only_once = false;
  std::string name = {};
  Json rule = {};
  SPR_FIELDS(SegmentSpec, SPR_FIELD(segment, "Id of the segment"),
             SPR_FIELD(include_existing, "Also for those who are in it at the start"),
             SPR_FIELD(only_once, "One run for each person, however often they enter"), SPR_FIELD(name, "Its name"),
             SPR_FIELD(rule, "Its rule"));
};

// POST /initiateJourney and the tool triggers.fire say for whom; how often: for each call, or each idempotency key.
struct ApiSpec {
  bool only_once = false;
  bool public_keys = false;
  SPR_FIELDS(ApiSpec, SPR_FIELD(only_once, "One run for each person, ever", .defaulted = true),
             SPR_FIELD(public_keys,
                       "Also write keys may start it, which stand in public pages and apps: for anybody whose id or "
                       "address somebody knows",
                       .defaulted = true));
};

// POST /hooks/{trigger id}, with a key that may do nothing else. How often for one person: as for events, where the
// same Idempotency-Key, or without one the same body, is the same event.
struct WebhookSpec {
  std::string email = "/email";
  std::string user_id = "/userId";
  std::string key = {};
  bool only_once = false;
  static void check(const WebhookSpec& spec, Issues& issues);
  SPR_FIELDS(WebhookSpec,
             SPR_FIELD(email, "Pointer to the person's address in the body", .max_size = 200, .defaulted = true),
             SPR_FIELD(user_id, "Pointer to the id that the sender gives them", .max_size = 200, .defaulted = true),
             SPR_FIELD(key, "Pointer into the body: one run for each value", .max_size = 200, .defaulted = true),
             SPR_FIELD(only_once, "One run for each person, ever", .defaulted = true));
};

using TriggerSpec = std::variant<ScheduleSpec, EventSpec, AttributeSpec, SegmentSpec, ApiSpec, WebhookSpec>;

// The conditions on its properties as an array, as segment rules have them.
Json conditions_of(const EventSpec& spec);
TriggerType type_of(const TriggerSpec& spec);
Json encoded(const TriggerSpec& spec);
Result<TriggerSpec> decoded_spec(TriggerType type, const Json& json);
// Name of the event or attribute, id of the segment; empty for others.
std::string listens_to(const TriggerSpec& spec);
// As the values of an AttributeSpec are compared.
bool same_value(const std::string& a, const std::string& b);
// For a person, to stand behind "starting by itself".
std::string in_words(const TriggerSpec& spec);

}  // namespace spreaders::workflows
