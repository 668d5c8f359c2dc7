#include "services/sending/rules.hpp"

#include <algorithm>

namespace spreaders::sending {

namespace {

constexpr int kDaysAhead = 9;    // a week, and what calendars leave out
constexpr int kRoundsMax = 200;  // of rules that move a message past one another

std::optional<int64_t> time_of_day(const std::string& text) {
  if (text == "24:00") return kDay_us;
  auto parsed = parse_instant("2000-01-01T" + text + ":00Z");
  if (!parsed.ok() || text.size() != 5) return std::nullopt;
  return *parsed - *parse_instant("2000-01-01T00:00:00Z");
}

std::optional<Hours> hours_of(const QuietHours& quiet) {
  auto from = time_of_day(quiet.from);
  auto to = time_of_day(quiet.to);
  if (!from || !to || *from == kDay_us) return std::nullopt;
  return Hours{*from, *to % kDay_us, 0x7f, false};
}

std::optional<Hours> hours_of(const SendWindow& window) {
  auto from = time_of_day(window.from);
  auto to = time_of_day(window.to);
  if (!from || !to) return std::nullopt;
  unsigned days = 0;
  for (int day : window.days) days |= 1U << (day % 7);
  return Hours{*from, *to, static_cast<uint8_t>(days), true};
}

int64_t offset_us(Instant at, const LocalTime& local) {
  return days_between({1970, 1, 1}, local.date) * kDay_us + local.time_of_day_us - at.us;
}

// The moment within (from, to] at which the clocks are changed, when they are.
Result<std::optional<Instant>> clock_change(const std::string& zone, Instant from, Instant to) {
  int64_t before = offset_us(from, TRY(to_local(from, zone)));
  if (offset_us(to, TRY(to_local(to, zone))) == before) return std::optional<Instant>();
  while (to - from > kSecond_us) {
    Instant middle = from + (to - from) / 2;
    bool changed = offset_us(middle, TRY(to_local(middle, zone))) != before;
    (changed ? to : from) = middle;
  }
  // Clocks are changed at whole seconds.
  return std::optional(Instant{to.us / kSecond_us * kSecond_us});
}

// No minute of the week is left, as in UTC as anywhere.
bool nothing_left(const std::optional<QuietHours>& quiet, const std::optional<SendWindow>& window) {
  if (!quiet || !window) return false;
  auto closed = hours_of(*quiet);
  auto open = hours_of(*window);
  if (!closed || !open) return false;
  const Date monday{2026, 11, 23};
  for (int64_t minute = 0; minute < 7 * 24 * 60; ++minute) {
    LocalTime local{add_days(monday, static_cast<int>(minute / 1440)), minute % 1440 * kMinute_us};
    if (may_send(*closed, local) && may_send(*open, local)) return false;
  }
  return true;
}

void check_together(const std::optional<QuietHours>& quiet, const std::optional<SendWindow>& window,
                    const std::string& zone, Issues& issues) {
  if (nothing_left(quiet, window))
    issues.push_back({"/send_window", "the quiet hours leave nothing of it: nothing could ever be sent"});
  if (auto problem = zone_problem(zone); !problem.empty()) issues.push_back({"/time_zone", problem});
}

std::string cap_text(const Cap& cap) {
  return std::to_string(cap.messages) + " in " + std::to_string(cap.days) + (cap.days == 1 ? " day" : " days");
}

template <class Settings>
void add_rules(const Settings& settings, const std::string& channel, const std::string& prefix,
               std::vector<Rule>& rules) {
  bool workflow = !prefix.empty();
  if (settings.quiet_hours)
    rules.push_back({hours_of(*settings.quiet_hours), {}, workflow, settings.quiet_hours->on, prefix + "quiet_hours"});
  if (settings.send_window)
    rules.push_back({hours_of(*settings.send_window), {}, workflow, settings.send_window->on, prefix + "send_window"});
  for (const auto& cap : settings.caps) {
    if (cap.channel == channel) rules.push_back({{}, cap, workflow, cap.on, prefix + "cap:" + cap_text(cap)});
  }
}

}  // namespace

std::string zone_problem(const std::string& zone) {
  return zone.empty() || is_zone(zone) ? "" : "is no IANA time zone such as Europe/Berlin";
}

void QuietHours::check(const QuietHours& hours, Issues& issues) {
  if (!time_of_day(hours.from) || hours.from == "24:00") issues.push_back({"/from", "is a time of day such as 21:00"});
  if (!time_of_day(hours.to)) issues.push_back({"/to", "is a time of day such as 08:00"});
  auto read = hours_of(hours);
  if (read && read->from_us == read->to_us) issues.push_back({"/to", "is the same as from: say when they end"});
}

void SendWindow::check(const SendWindow& window, Issues& issues) {
  for (size_t i = 0; i < window.days.size(); ++i) {
    if (window.days[i] < 1 || window.days[i] > 7)
      issues.push_back({"/days/" + std::to_string(i), "is a day from 1 = Monday to 7 = Sunday"});
  }
  auto from = time_of_day(window.from);
  auto to = time_of_day(window.to);
  if (!from || window.from == "24:00") issues.push_back({"/from", "is a time of day such as 09:00"});
  if (!to) issues.push_back({"/to", "is a time of day such as 18:00 or 24:00"});
  if (from && to && *to <= *from)
    issues.push_back({"/to", "is not after from; a window ends on the day it begins, quiet_hours go over midnight"});
}

void Rules::check(const Rules& rules, Issues& issues) {
  check_together(rules.quiet_hours, rules.send_window, rules.time_zone, issues);
}

void WorkflowSettings::check(const WorkflowSettings& settings, Issues& issues) {
  check_together(settings.quiet_hours, settings.send_window, settings.time_zone, issues);
  if (settings.max_age.empty()) return;
  auto age = parse_duration(settings.max_age);
  if (!age.ok()) issues.push_back({"/max_age", age.error().message});
  else if (*age < kMinute_us || *age > 3650 * kDay_us)
    issues.push_back({"/max_age", "is from one minute to ten years"});
}

bool may_send(const Hours& hours, const LocalTime& local) {
  int64_t time = local.time_of_day_us;
  bool inside = hours.from_us <= hours.to_us ? time >= hours.from_us && time < hours.to_us
                                             : time >= hours.from_us || time < hours.to_us;
  inside = inside && (hours.days >> weekday(local.date) & 1) != 0;
  return inside == hours.open;
}

Result<std::optional<Instant>> first_open(const Hours& hours, const std::string& zone, Instant at) {
  LocalTime local = TRY(to_local(at, zone));
  if (may_send(hours, local)) return std::optional(at);
  int64_t opening = hours.open ? hours.from_us : hours.to_us;
  std::optional<Instant> first;
  auto consider = [&](Instant moment) -> Result<void> {
    if (moment <= at || (first && moment >= *first)) return {};
    if (may_send(hours, TRY(to_local(moment, zone)))) first = moment;
    return {};
  };
  for (int i = 0; i < kDaysAhead && !first; ++i) TRY(consider(TRY(to_instant(add_days(local.date, i), opening, zone))));
  if (!first) return first;
  // An opening that happens twice is found at its first time only, which may be over.
  TRY(consider(at + (opening - local.time_of_day_us + kDay_us) % kDay_us));
  // Clocks that are set back may lead out of hours that had begun.
  auto change = TRY(clock_change(zone, at, *first));
  if (change) TRY(consider(*change));
  return first;
}

Instant first_under(const Cap& cap, std::span<const Instant> sent, Instant at) {
  int64_t window_us = cap.days * kDay_us;
  std::vector<Instant> counting;
  for (Instant moment : sent) {
    if (moment > at - window_us) counting.push_back(moment);
  }
  auto allowed = static_cast<size_t>(cap.messages);
  if (counting.size() < allowed) return at;
  std::sort(counting.begin(), counting.end(), std::greater<>());
  return counting[allowed - 1] + window_us;
}

std::vector<Rule> applicable(const Rules& rules, const WorkflowSettings* settings, const std::string& channel) {
  std::vector<Rule> all;
  add_rules(rules, channel, "", all);
  if (settings != nullptr) add_rules(*settings, channel, "workflow_", all);
  return all;
}

Result<Timing> judge(std::span<const Rule> rules, const Person& person, Instant now, Instant latest) {
  Instant at = now;
  std::string reason;
  bool moved = true;
  for (int round = 0; moved && round < kRoundsMax; ++round) {
    moved = false;
    for (const auto& rule : rules) {
      std::optional<Instant> first =
          rule.hours ? TRY(first_open(*rule.hours, person.zone, at))
                     : first_under(rule.cap, rule.of_workflow ? person.sent_by_workflow : person.sent, at);
      if (first && *first == at) continue;
      if (rule.on == Otherwise::kSkip && at == now) return Timing{Timing::Kind::kNever, {}, rule.reason};
      if (reason.empty()) reason = rule.reason;
      if (!first || *first > latest) return Timing{Timing::Kind::kNever, {}, "too_late:" + reason};
      at = *first;
      moved = true;
    }
  }
  if (moved) return Timing{Timing::Kind::kNever, {}, "too_late:" + reason};
  return at == now ? Timing{} : Timing{Timing::Kind::kLater, at, reason};
}

std::vector<std::string> loosened(const Rules& before, const Rules& after) {
  std::vector<std::string> all;
  for (const auto& cap : before.caps) {
    bool kept = std::any_of(after.caps.begin(), after.caps.end(), [&](const Cap& other) {
      return other.channel == cap.channel && other.messages <= cap.messages && other.days >= cap.days &&
             (other.on == cap.on || other.on == Otherwise::kSkip);
    });
    if (!kept) all.push_back("the cap of " + cap_text(cap) + " for " + cap.channel + " is gone or higher");
  }
  if (before.quiet_hours && before.quiet_hours != after.quiet_hours)
    all.push_back("the quiet hours from " + before.quiet_hours->from + " to " + before.quiet_hours->to +
                  " are gone or others");
  if (before.send_window && before.send_window != after.send_window)
    all.push_back("the send window from " + before.send_window->from + " to " + before.send_window->to +
                  " is gone or another");
  if (before.time_zone != after.time_zone && (before.quiet_hours || before.send_window))
    all.push_back("hours are of another time zone for people who have none");
  if (after.wait_hours_max > before.wait_hours_max) all.push_back("messages may wait longer before they are skipped");
  for (const auto& pace : before.paces) {
    bool kept = std::any_of(after.paces.begin(), after.paces.end(), [&](const Pace& other) {
      return other.connection_id == pace.connection_id && other.per_second <= pace.per_second;
    });
    if (!kept) all.push_back("the connection " + pace.connection_id + " may send faster");
  }
  const KillSwitches& a = before.kill_switches;
  const KillSwitches& b = after.kill_switches;
  if (a.on && !b.on) all.push_back("the kill switches are off");
  else if (a.on && (b.bounce_percent > a.bounce_percent || b.complaint_percent > a.complaint_percent ||
                    b.messages_min > a.messages_min || b.bad_min > a.bad_min || b.window_hours != a.window_hours))
    all.push_back("the kill switches react later");
  return all;
}

}  // namespace spreaders::sending
