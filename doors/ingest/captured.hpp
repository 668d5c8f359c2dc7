// POST /event: one event in the plain form, for senders that do not speak Segment's.
//
//   curl -H "Authorization: Bearer $KEY" -d '{"userId":"u1","eventName":"Order Completed",
//   "eventTime":"2026-03-01T10:00:00Z","attributes":{"revenue":89}}' http://127.0.0.1:8080/event
//
// Recorded like a track event. 200 {"success":true,"eventId":"..."}; problems name /userId, /eventTime and so on.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

namespace spreaders::doors {

// The same as a track event; kInvalidArgument with every problem.
Result<Json> track_of_captured(const Json& body);
// The name that a member of the track event has in the plain form: "/messageId" -> "/eventId".
std::string captured_pointer(const std::string& pointer);

}  // namespace spreaders::doors
