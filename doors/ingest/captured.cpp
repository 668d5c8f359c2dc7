#include "doors/ingest/captured.hpp"

#include <nlohmann/json.hpp>

#include "services/events/event.hpp"

namespace spreaders::doors {

namespace {

struct Captured {
  std::string userId, eventName;
  Instant eventTime;
  std::optional<std::string> eventId;
  std::optional<Json> attributes, context;
  SPR_FIELDS(Captured,
             SPR_FIELD(userId, "The sender's id of a person", .min_size = 1, .max_size = services::kEventIdSizeMax),
             SPR_FIELD(eventName, "What they did", .min_size = 1, .max_size = services::kEventNameSizeMax),
             SPR_FIELD(eventTime, "When it happened"),
             SPR_FIELD(eventId, "Deduplication key", .min_size = 1, .max_size = services::kMessageIdSizeMax),
             SPR_FIELD(attributes, "Of what happened"), SPR_FIELD(context, "Around it, as in Segment's events"));
};

}  // namespace

Result<Json> track_of_captured(const Json& body) {
  auto said = TRY(decode<Captured>(body, "The event"));
  Json track = {{"userId", said.userId}, {"event", said.eventName}, {"timestamp", to_text(said.eventTime)}};
  if (said.eventId) track["messageId"] = *said.eventId;
  if (said.attributes) track["properties"] = std::move(*said.attributes);
  if (said.context) track["context"] = std::move(*said.context);
  return track;
}

std::string captured_pointer(const std::string& pointer) { return pointer == "/messageId" ? "/eventId" : pointer; }

}  // namespace spreaders::doors
