// Facts about people, written by the services in the same transaction as what they changed: rows of table `event` of
// type track, which triggers, reports and segment rules read.
#pragma once

#include <span>
#include <string>

#include "core/random.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

struct Fact {
  std::string name;  // "Subscribed", "Unsubscribed"
  std::string contact_id;
  std::string campaign_id = {};   // empty = none
  std::string properties = "{}";  // JSON object text
  std::string message_id = {};    // the deduplication key; empty = a new one
};

// A fact whose message_id is known already is left as it is.
Result<void> record_facts(storage::Tx& tx, const std::string& workspace, std::span<const Fact> facts, Instant now,
                          Ids& ids);

}  // namespace spreaders::audience
