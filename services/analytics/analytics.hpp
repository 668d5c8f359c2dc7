// Figures from stored facts only: the outbox says what was sent, the event table what people did.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "storage/storage.hpp"

namespace spreaders::services {

struct Overview {
  int64_t audience = 0;  // everyone the campaign addressed
  int64_t sent = 0;      // accepted by the receiving server
  int64_t waiting = 0;
  int64_t deferred = 0;  // of the waiting: a rule about when and how often says later
  int64_t skipped = 0;   // no consent, suppressed, over a cap...
  int64_t failed = 0;
  int64_t unknown = 0;  // may or may not have arrived; never sent again blindly
  int64_t cancelled = 0;
  int64_t bounced = 0;
  int64_t opened = 0;   // people
  int64_t clicked = 0;  // people
  int64_t unsubscribed = 0;
  int64_t complained = 0;
  int64_t orders = 0;
  int64_t buyers = 0;  // people
  double revenue = 0;
  std::string currency;  // of the revenue; empty when there is none
  double open_rate = 0;  // percent of sent
  double click_rate = 0;
  double order_rate = 0;
  SPR_FIELDS(Overview, SPR_FIELD(audience, "People the campaign addressed"),
             SPR_FIELD(sent, "Messages the receiving server accepted"), SPR_FIELD(waiting, "Messages still to be sent"),
             SPR_FIELD(deferred, "Of the waiting, those that a sending rule (quiet hours, a cap) lets go later"),
             SPR_FIELD(skipped, "People left out: no consent, suppressed or by a sending rule"),
             SPR_FIELD(failed, "Messages refused for good"),
             SPR_FIELD(unknown, "Messages that may or may not have arrived; held, not sent again"),
             SPR_FIELD(cancelled, "Messages stopped before they were sent"),
             SPR_FIELD(bounced, "Messages that came back"), SPR_FIELD(opened, "People who opened"),
             SPR_FIELD(clicked, "People who clicked"), SPR_FIELD(unsubscribed, "People who unsubscribed"),
             SPR_FIELD(complained, "People who complained"), SPR_FIELD(orders, "Orders"),
             SPR_FIELD(buyers, "People who ordered"), SPR_FIELD(revenue, "Revenue of the orders"),
             SPR_FIELD(currency, "Currency of the revenue"), SPR_FIELD(open_rate, "Percent of sent that were opened"),
             SPR_FIELD(click_rate, "Percent of sent that were clicked"),
             SPR_FIELD(order_rate, "Percent of sent whose reader ordered"));
};

// campaign_id empty: the whole workspace, from `from` on.
Result<Overview> overview(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id,
                          std::optional<Instant> from = {}, std::optional<Instant> to = {});

struct DayCount {
  std::string day;  // UTC
  int64_t opened = 0;
  int64_t clicked = 0;
  int64_t orders = 0;
  SPR_FIELDS(DayCount, SPR_FIELD(day, "Day in UTC"), SPR_FIELD(opened, "People who opened"),
             SPR_FIELD(clicked, "People who clicked"), SPR_FIELD(orders, "Orders"));
};
struct LinkCount {
  std::string url;
  int64_t clicks = 0;
  int64_t people = 0;
  SPR_FIELDS(LinkCount, SPR_FIELD(url, "The link"), SPR_FIELD(clicks, "Clicks"),
             SPR_FIELD(people, "People who clicked"));
};
Result<std::vector<DayCount>> by_day(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id);
Result<std::vector<LinkCount>> by_link(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id,
                                       int limit);

struct Conversion {
  std::string event;
  int64_t count = 0;
  int64_t people = 0;
  double revenue = 0;
  std::string currency;
  SPR_FIELDS(Conversion, SPR_FIELD(event, "Name of the event"), SPR_FIELD(count, "How often"),
             SPR_FIELD(people, "By how many people"), SPR_FIELD(revenue, "Sum of its revenue"),
             SPR_FIELD(currency, "Currency of the revenue"));
};
// Events that are not ours (opens, clicks...), attributed to the campaign.
Result<std::vector<Conversion>> conversions(storage::Tx& tx, const std::string& workspace,
                                            const std::string& campaign_id, const std::string& event);

}  // namespace spreaders::services
