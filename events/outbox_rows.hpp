// Inside the outbox: its rows as items.
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

}  // namespace spreaders::events
