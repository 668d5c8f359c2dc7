#include "services/events/event.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spreaders::services {

namespace {

// Ids that our own facts have; nobody else may take them beforehand.
constexpr std::string_view kOwnIds[] = {"open:", "click:", "bounce:", "hash:", "evt_"};

// As it comes in, with the names of the wire.
struct Wire {
  std::optional<EventType> type;
  std::optional<std::string> messageId, userId, anonymousId, groupId, previousId, event, name;
  std::optional<Instant> timestamp, originalTimestamp, sentAt;
  std::optional<Json> properties, traits, context;
  SPR_FIELDS(Wire, SPR_FIELD(type, "track, identify, page, screen, group or alias"),
             SPR_FIELD(messageId, "Deduplication key", .min_size = 1, .max_size = kMessageIdSizeMax),
             SPR_FIELD(userId, "The sender's id of a person", .min_size = 1, .max_size = kEventIdSizeMax),
             SPR_FIELD(anonymousId, "Id of somebody not known yet", .min_size = 1, .max_size = kEventIdSizeMax),
             SPR_FIELD(groupId, "The sender's id of a group", .min_size = 1, .max_size = kEventIdSizeMax),
             SPR_FIELD(previousId, "The id that a person had before", .min_size = 1, .max_size = kEventIdSizeMax),
             SPR_FIELD(event, "What a person did", .min_size = 1, .max_size = kEventNameSizeMax),
             SPR_FIELD(name, "Which page or screen", .max_size = kEventNameSizeMax),
             SPR_FIELD(timestamp, "When it happened"), SPR_FIELD(originalTimestamp, "The same"),
             SPR_FIELD(sentAt, "When it was sent"), SPR_FIELD(properties, "Of what happened"),
             SPR_FIELD(traits, "Of the person or group"), SPR_FIELD(context, "Around it"));
};

// A null is an absent member. An empty userId or anonymousId too: several clients send them so.
bool is_absent(const std::string& name, const Json& value) {
  bool id = name == "userId" || name == "anonymousId";
  return value.is_null() || (id && value.is_string() && value.get_ref<const std::string&>().empty());
}

bool has(const Json& json, const char* name) {
  auto found = json.find(name);
  return found != json.end() && !is_absent(name, *found);
}

// The type is known by now, and what has no meaning for it may be anything: the name of a person is a trait.
bool is_read(std::string_view member, EventType type) {
  if (member == "event") return type == EventType::kTrack;
  if (member == "name") return type == EventType::kPage || type == EventType::kScreen;
  return member != "type";
}

void check_members(const Json& json, EventType type, const std::string& pointer, Issues& issues) {
  auto require = [&](const char* name) {
    if (!has(json, name)) issues.push_back({pointer + "/" + name, "is required"});
  };
  if (type == EventType::kTrack) require("event");
  if (type == EventType::kGroup) require("groupId");
  if (type == EventType::kAlias) {
    require("previousId");
    require("userId");
  } else if (!has(json, "userId") && !has(json, "anonymousId")) {
    issues.push_back({pointer + "/userId", "userId or anonymousId is required"});
  }
  auto id = json.find("messageId");
  if (id == json.end() || !id->is_string()) return;
  const auto& text = id->get_ref<const std::string&>();
  bool ours =
      std::any_of(std::begin(kOwnIds), std::end(kOwnIds), [&](auto prefix) { return text.starts_with(prefix); });
  if (ours) issues.push_back({pointer + "/messageId", "begins like the ids of our own events"});
}

// An event with a time of its own is told apart by all it says, so that it may be sent again; the same word without any
// time may well be said twice.
std::string made_message_id(const Json& json, Ids& ids) {
  bool timed = has(json, "timestamp") || has(json, "originalTimestamp");
  if (!timed) return ids.make("evt");
  Json said = json;
  said.erase("sentAt");  // another one each time it is sent
  return "hash:" + json_hash(said);
}

}  // namespace

Instant event_time(std::optional<Instant> said, std::optional<Instant> sent, Instant received) {
  if (!said) return received;
  Instant at = sent ? received - (*sent - *said) : *said;
  return std::min(at, received);
}

std::optional<Event> read_event(Json& json, const EventFrame& frame, Ids& ids, const std::string& pointer,
                                Issues& issues) {
  size_t before = issues.size();
  if (!json.is_object()) {
    issues.push_back({pointer, "must be an object"});
    return std::nullopt;
  }
  auto type = frame.type;
  if (!type && has(json, "type") && json["type"].is_string())
    type = enum_from<EventType>(json["type"].get<std::string>());
  if (!type) {
    issues.push_back({pointer + "/type", "must be track, identify, page, screen, group or alias"});
    return std::nullopt;
  }
  check_members(json, *type, pointer, issues);
  std::string message_id = has(json, "messageId") ? std::string() : made_message_id(json, ids);
  Json known = Json::object();
  for (const auto& field : Wire::field_list().fields) {
    auto found = json.find(field.name);
    if (found == json.end() || is_absent(found.key(), *found) || !is_read(field.name, *type)) continue;
    known[found.key()] = std::move(*found);
  }
  Wire wire;
  decode_fields(Wire::field_list(), known, &wire, pointer, issues);
  if (issues.size() > before) return std::nullopt;
  Event event;
  event.type = *type;
  event.message_id = wire.messageId.value_or(std::move(message_id));
  event.name = *type == EventType::kTrack ? *wire.event : wire.name.value_or("");
  event.user_id = wire.userId.value_or("");
  event.anonymous_id = wire.anonymousId.value_or("");
  event.group_id = wire.groupId.value_or("");
  event.previous_id = wire.previousId.value_or("");
  auto said = wire.originalTimestamp ? wire.originalTimestamp : wire.timestamp;
  event.at = event_time(said, wire.sentAt ? wire.sentAt : frame.sent_at, frame.received_at);
  bool traits = *type == EventType::kIdentify || *type == EventType::kGroup;
  event.properties = (traits ? wire.traits : wire.properties).value_or(Json::object());
  event.context = wire.context.value_or(Json::object());
  return event;
}

}  // namespace spreaders::services
