// What is added to an event's context when it is recorded, as the member "spreaders":
//
//   {"device": {"kind": "mobile", "os": "iOS", "browser": "Safari"},
//    "campaign": {"source": "newsletter", "medium": "email", "name": "autumn"},
//    "profile": {"language": "de", "time_zone": "Europe/Berlin", "since": "2026-03-01T10:00:00Z"},
//    "segments": ["seg_..."]}
//
// Profile and segments are as they were at that moment, which nobody can work out later.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/json.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

constexpr size_t kSegmentsLookedAtMax = 50;  // the first by name

// From context.device, context.os and a user agent; an empty object when nothing can be told.
Json device_of(const Json& context, const std::string& user_agent);
// From context.campaign, or the utm_ parameters of context.page.
Json campaign_of(const Json& context);

struct PersonView {
  Json profile;
  Json segments;  // array of ids
};
// Of these contacts, by id.
Result<std::map<std::string, PersonView>> people_now(storage::Tx& tx, const std::string& workspace,
                                                     const std::set<std::string>& contact_ids, Instant now);

}  // namespace spreaders::services
