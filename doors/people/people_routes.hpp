// What other services of the house ask about people. Each is a tool call, made with the caller's service key:
//
//   GET  /users/{id}               audience.getContact; id: a user_id, a contact's id or an address (percent-encoded)
//   POST /users                    audience.saveContact of somebody new; 201 and Location
//   PUT  /users/{id}               audience.saveContact of somebody known; what the body does not name stays
//   GET  /users/{id}/preferences   notification.getUserPreferences
//   PUT  /users/{id}/preferences   notification.updatePreferences
//   GET  /userEvent?userId=&eventId=&eventName=&since=&until=&limit=&cursor=   audience.listEvents
//
//   curl -H "Authorization: Bearer $SERVICE_KEY" http://127.0.0.1:8080/users/u1/preferences
//   {"user_id":"u1","email_preferences":{"subscribed":true,"reachable":true,"marketing":true,"transactional":true},
//    "sms_preferences":{...},"push_preferences":{...}}
//
// Of preferences only `subscribed` can be set: {"email_preferences":{"subscribed":true},"consent_source":"signup
// form"}. Else problem JSON as at the ingest (doors/ingest/problem.hpp); a public write key opens none of these.
#pragma once

#include <vector>

#include "core/tool.hpp"
#include "doors/ingest/write_key.hpp"
#include "doors/pages/route.hpp"

namespace spreaders::doors {

// The arguments outlive the server.
std::vector<Route> people_routes(storage::Storage& storage, ToolRunner& tools, WriteKeyLimits limits = {});

}  // namespace spreaders::doors
