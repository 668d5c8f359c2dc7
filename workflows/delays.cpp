// When a delay is over: what it says, in the zone it says or the person's own.
#include <nlohmann/json.hpp>

#include "workflows/engine.hpp"

namespace spreaders::workflows {

namespace {

constexpr int kDaysAhead = 15;  // a week, and what calendars leave out

bool is_day(const Node& node, Date day) { return (node.days >> weekday(day) & 1) != 0; }

// The first such time after now on one of the days.
Result<Instant> next_local_time(const Node& node, const std::string& zone, Instant now) {
  LocalTime local = TRY(to_local(now, zone));
  for (int i = 0; i < kDaysAhead; ++i) {
    Date day = add_days(local.date, i);
    if (!is_day(node, day)) continue;
    Instant at = TRY(to_instant(day, *node.local_time_us, zone));
    if (at > now) return at;
  }
  return internal("no day was found");
}

// Now while it is open, else the next opening.
Result<Instant> next_open(const Node& node, const std::string& zone, Instant now) {
  LocalTime local = TRY(to_local(now, zone));
  for (int i = 0; i < kDaysAhead; ++i) {
    Date day = add_days(local.date, i);
    if (!is_day(node, day)) continue;
    Instant opens = TRY(to_instant(day, *node.open_us, zone));
    Instant closes = TRY(to_instant(day, node.close_us, zone));
    if (now < opens && opens < closes) return opens;
    if (now >= opens && now < closes) return now;
  }
  return internal("no day was found");
}

// Whole days are days of the calendar, so that "a day before at nine" is at nine whatever the clocks do.
Result<Instant> from_attribute(const Node& node, const std::string& zone, const std::string& text) {
  Date day;
  int64_t time_us = 0;
  if (auto date = parse_date(text); date.ok()) {
    day = *date;
  } else {
    LocalTime local = TRY(to_local(TRY(parse_instant(text)), zone));
    day = local.date;
    time_us = local.time_of_day_us;
  }
  if (node.attribute_time_us) time_us = *node.attribute_time_us;
  day = add_days(day, static_cast<int>(node.offset_us / kDay_us));
  return TRY(to_instant(day, time_us, zone)) + node.offset_us % kDay_us;
}

}  // namespace

Result<std::optional<Instant>> end_of_delay(const Node& node, const Seen& seen, Instant now) {
  const std::string& zone = node.zone_of_person && !seen.zone.empty() ? seen.zone : node.zone;
  if (node.until) return node.until;
  if (node.local_time_us) return std::optional(TRY(next_local_time(node, zone, now)));
  if (node.open_us) return std::optional(TRY(next_open(node, zone, now)));
  if (node.attribute.empty()) return std::optional(now + node.delay_us);
  auto at = from_attribute(node, zone, seen.attribute);
  if (!at.ok()) return std::optional<Instant>();
  return std::optional(*at);
}

}  // namespace spreaders::workflows
