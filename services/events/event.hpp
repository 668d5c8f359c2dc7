// One event as Segment's clients send it, checked and put into the form in which it is recorded.
//
//   Issues issues;
//   auto event = read_event(json, {.type = EventType::kTrack, .received_at = clock.now()}, ids, "", issues);
//   if (!event) return issues_error("The event", issues);      // every problem with its place: /event, /userId
//
// Members: type, messageId, userId, anonymousId, event (of track), name (of page and screen), groupId, previousId (of
// alias), properties or traits, context, timestamp, originalTimestamp, sentAt. Others are left alone. Source: Segment
// spec "Common fields", https://segment.com/docs/connections/spec/common/
#pragma once

#include <optional>
#include <string>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace spreaders::services {

constexpr size_t kEventBytesMax = 32 * 1024;
constexpr size_t kEventIdSizeMax = 254;    // characters of userId, anonymousId, groupId, previousId
constexpr size_t kEventNameSizeMax = 200;  // characters
constexpr size_t kMessageIdSizeMax = 100;  // characters
constexpr JsonLimits kEventJson{.bytes_max = kEventBytesMax, .depth_max = 32};

enum class EventType : uint8_t { kTrack, kIdentify, kPage, kScreen, kGroup, kAlias };
SPR_ENUM(EventType, {EventType::kTrack, "track"}, {EventType::kIdentify, "identify"}, {EventType::kPage, "page"},
         {EventType::kScreen, "screen"}, {EventType::kGroup, "group"}, {EventType::kAlias, "alias"});

struct Event {
  EventType type = EventType::kTrack;
  std::string name;
  std::string message_id;  // never empty
  std::string user_id, anonymous_id, group_id, previous_id;
  Instant at;
  Json properties = Json::object();  // traits of identify and group
  Json context = Json::object();
};

// What holds for every event of one request.
struct EventFrame {
  std::optional<EventType> type = {};  // of the address; without it each event says its own
  std::optional<Instant> sent_at = {};
  Instant received_at;
};

// Takes what it needs out of `json`. Nothing when there are problems; their places begin with `pointer`.
std::optional<Event> read_event(Json& json, const EventFrame& frame, Ids& ids, const std::string& pointer,
                                Issues& issues);

// When it happened: the sender's clock may be wrong, but its two readings share the error, so that
// received - (sent - said) is right. Never later than it was received.
Instant event_time(std::optional<Instant> said, std::optional<Instant> sent, Instant received);

}  // namespace spreaders::services
