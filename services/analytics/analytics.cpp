#include "services/analytics/analytics.hpp"

#include <cmath>
#include <map>

#include "events/outbox.hpp"

namespace spreaders::services {

using storage::Tx;
using storage::Values;

namespace {

constexpr std::string_view kOwnEvents =
    "('Email Opened', 'Email Clicked', 'Unsubscribed', 'Email Bounced', 'Email Complained', 'Subscribed')";

double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : std::round(static_cast<double>(part) * 10'000 / static_cast<double>(whole)) / 100;
}

// Revenue is in the event's properties; text compares and sums the same on both engines once it is cast.
std::string revenue_sql(const Tx& tx) {
  return "CAST(" + tx.json_text("properties", "revenue") + " AS " +
         (tx.dialect() == storage::Dialect::kPostgres ? "DOUBLE PRECISION)" : "REAL)");
}

struct Window {
  std::string sql;
  Values values;
};

Window window_of(const std::string& workspace, const std::string& campaign_id, std::optional<Instant> from,
                 std::optional<Instant> to) {
  Window window{"workspace_id = $1", {workspace}};
  auto add = [&](const std::string& condition, storage::Value value) {
    window.values.push_back(std::move(value));
    window.sql += " AND " + condition + " $" + std::to_string(window.values.size());
  };
  if (!campaign_id.empty()) add("campaign_id =", campaign_id);
  if (from) add("at >=", *from);
  if (to) add("at <", *to);
  return window;
}

}  // namespace

Result<Overview> overview(Tx& tx, const std::string& workspace, const std::string& campaign_id,
                          std::optional<Instant> from, std::optional<Instant> to) {
  Overview o;
  events::Accounting sums;
  if (!campaign_id.empty()) {
    sums = TRY(events::account_campaign(tx, workspace, campaign_id));
  } else {
    auto rows =
        TRY(tx.query("SELECT state, COUNT(*) FROM outbox WHERE workspace_id = $1 AND created_at >= $2 AND created_at < "
                     "$3 GROUP BY state",
                     {workspace, from ? from->us : 0, to ? to->us : INT64_MAX}));
    std::map<std::string, int64_t> by;
    for (const auto& row : rows) by[row[0].text()] = row[1].integer();
    sums = {by["pending"], by["sending"], by["accepted"], by["failed"], by["unknown"], by["skipped"], by["cancelled"]};
  }
  o.audience = sums.total();
  o.sent = sums.accepted;
  o.waiting = sums.pending + sums.sending;
  o.skipped = sums.skipped;
  Values of_whom{workspace};
  if (!campaign_id.empty()) of_whom.emplace_back(campaign_id);
  auto deferred =
      TRY(tx.query("SELECT COUNT(*) FROM outbox WHERE workspace_id = $1 AND state = 'pending' AND attempts = 0 AND "
                   "deferred <> ''" +
                       std::string(campaign_id.empty() ? "" : " AND campaign_id = $2"),
                   of_whom));
  o.deferred = deferred[0][0].integer();
  o.failed = sums.failed;
  o.unknown = sums.unknown;
  o.cancelled = sums.cancelled;
  Window window = window_of(workspace, campaign_id, from, to);
  auto rows = TRY(tx.query("SELECT name, COUNT(*), COUNT(DISTINCT outbox_id) FROM event WHERE " + window.sql +
                               " AND name IN " + std::string(kOwnEvents) + " GROUP BY name",
                           window.values));
  for (const auto& row : rows) {
    const std::string& name = row[0].text();
    if (name == "Email Opened") o.opened = row[2].integer();
    if (name == "Email Clicked") o.clicked = row[2].integer();
    if (name == "Unsubscribed") o.unsubscribed = row[1].integer();
    if (name == "Email Bounced") o.bounced = row[2].integer();
    if (name == "Email Complained") o.complained = row[2].integer();
  }
  for (const auto& conversion : TRY(conversions(tx, workspace, campaign_id, "Order Completed"))) {
    o.orders += conversion.count;
    o.buyers += conversion.people;
    o.revenue += conversion.revenue;
    if (!conversion.currency.empty())
      o.currency = o.currency.empty() || o.currency == conversion.currency ? conversion.currency : "mixed";
  }
  o.open_rate = percent(o.opened, o.sent);
  o.click_rate = percent(o.clicked, o.sent);
  o.order_rate = percent(o.buyers, o.sent);
  return o;
}

Result<std::vector<DayCount>> by_day(Tx& tx, const std::string& workspace, const std::string& campaign_id) {
  Window window = window_of(workspace, campaign_id, {}, {});
  auto rows =
      TRY(tx.query("SELECT at / 86400000000, name, COUNT(DISTINCT outbox_id), COUNT(*) FROM event WHERE " + window.sql +
                       " AND name IN ('Email Opened', 'Email Clicked', 'Order Completed') GROUP BY 1, 2 ORDER BY 1",
                   window.values));
  std::map<int64_t, DayCount> days;
  for (const auto& row : rows) {
    DayCount& day = days[row[0].integer()];
    day.day = to_text(Instant{row[0].integer() * kDay_us}).substr(0, 10);
    if (row[1].text() == "Email Opened") day.opened = row[2].integer();
    if (row[1].text() == "Email Clicked") day.clicked = row[2].integer();
    if (row[1].text() == "Order Completed") day.orders = row[3].integer();
  }
  std::vector<DayCount> list;
  for (auto& [number, day] : days) list.push_back(std::move(day));
  return list;
}

Result<std::vector<LinkCount>> by_link(Tx& tx, const std::string& workspace, const std::string& campaign_id,
                                       int limit) {
  Window window = window_of(workspace, campaign_id, {}, {});
  std::string url = tx.json_text("properties", "url");
  window.values.emplace_back(limit);
  auto rows = TRY(tx.query("SELECT " + url + ", COUNT(*), COUNT(DISTINCT outbox_id) FROM event WHERE " + window.sql +
                               " AND name = 'Email Clicked' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $" +
                               std::to_string(window.values.size()),
                           window.values));
  std::vector<LinkCount> list;
  for (const auto& row : rows) list.push_back({row[0].text_or(""), row[1].integer(), row[2].integer()});
  return list;
}

Result<std::vector<Conversion>> conversions(Tx& tx, const std::string& workspace, const std::string& campaign_id,
                                            const std::string& event) {
  Window window = window_of(workspace, campaign_id, {}, {});
  std::string wanted = event.empty() ? " AND name NOT IN " + std::string(kOwnEvents) : "";
  if (!event.empty()) {
    window.values.emplace_back(event);
    wanted = " AND name = $" + std::to_string(window.values.size());
  }
  std::string currency = tx.json_text("properties", "currency");
  auto rows = TRY(tx.query(
      "SELECT name, " + currency + ", COUNT(*), COUNT(DISTINCT COALESCE(contact_id, anonymous_id)), SUM(" +
          revenue_sql(tx) + ") FROM event WHERE " + window.sql + wanted + " GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 100",
      window.values));
  std::vector<Conversion> list;
  for (const auto& row : rows)
    list.push_back(
        {row[0].text(), row[2].integer(), row[3].integer(), row[4].is_null() ? 0 : row[4].real(), row[1].text_or("")});
  return list;
}

}  // namespace spreaders::services
