// Inside the outbox: its rows as items, and what the guard says of messages.
#pragma once

#include <string_view>

#include "events/outbox.hpp"

namespace spreaders::events {

constexpr std::string_view kItemColumns =
    "workspace_id, id, run_id, campaign_id, contact_id, channel, connection_id, address, payload, attempts, "
    "vendor_ref, fence, transactional";
constexpr size_t kItemColumnCount = 13;

inline OutboxItem item_of(const storage::Row& row) {
  return {row[0].text(),  row[1].text(),     row[2].text(),    row[3].text_or(""), row[4].text_or(""),
          row[5].text(),  row[6].text(),     row[7].text(),    row[8].text(),      row[9].integer(),
          row[10].text(), row[11].integer(), row[12].boolean()};
}

// What the guard says of one message: why it is never sent, or when it may leave.
struct Verdict {
  std::string refusal = {};
  storage::Timing timing = {};
};
// One answer for each, in order; all are of one workspace, channel and purpose. Consent first, then, for marketing, the
// rules about when and how often. Those who refuse are asked no further.
Result<std::vector<Verdict>> verdicts(storage::Tx& tx, storage::SendGuard& guard, const std::string& workspace,
                                      const std::string& channel, bool transactional,
                                      const std::vector<storage::Recipient>& recipients,
                                      const std::vector<storage::Message>& messages, Instant now, storage::Stage stage);

}  // namespace spreaders::events
