#include "workflows/triggers/schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/bytes.hpp"

namespace spreaders::workflows {

namespace {

constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
// The 29th of February on a given weekday comes back after 40 years at the latest (a century may lie between).
constexpr int kHorizon_days = 41 * 366;
constexpr int kMissed_max = 100'000;  // looked at for one trigger at once

std::optional<int> number_of(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t from = 0;;) {
    const size_t end = text.find(separator, from);
    parts.push_back(text.substr(from, end - from));
    if (end == std::string_view::npos) return parts;
    from = end + 1;
  }
}

int last_day_of(int year, int month) {
  const Date next = month == 12 ? Date{year + 1, 1, 1} : Date{year, month + 1, 1};
  return add_days(next, -1).day;
}

std::optional<int64_t> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hour = number_of(text.substr(0, 2));
  auto minute = number_of(text.substr(3));
  if (!hour || !minute || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59) return std::nullopt;
  return *hour * kHour_us + *minute * kMinute_us;
}

std::optional<int> weekday_of(std::string_view name) {
  auto found = std::find(kWeekdays.begin(), kWeekdays.end(), name);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<int>(found - kWeekdays.begin());
}

// One field of a cron line.
struct CronField {
  std::string_view name;
  int low, high;
  std::span<const std::string_view> names = {};
  int first_name = 0;  // the value of names[0]
};

std::optional<int> value_in(const CronField& field, std::string_view text) {
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (field.names[i] == text) return field.first_name + static_cast<int>(i);
  }
  auto value = number_of(text);
  return value && *value >= field.low && *value <= field.high ? value : std::nullopt;
}

// "*", "5", "1-5", "*/15", "10-40/10", "5/10"
bool read_part(const CronField& field, std::string_view part, std::set<int>& values) {
  int step = 1;
  const size_t slash = part.find('/');
  if (slash != std::string_view::npos) {
    auto value = number_of(part.substr(slash + 1));
    if (!value || *value < 1 || *value > field.high) return false;
    step = *value;
    part = part.substr(0, slash);
  }
  int low = field.low;
  int high = field.high;
  if (part != "*") {
    const size_t dash = part.find('-', 1);
    auto first = value_in(field, part.substr(0, dash));
    if (!first) return false;
    low = *first;
    if (dash != std::string_view::npos) {
      auto last = value_in(field, part.substr(dash + 1));
      if (!last || *last < low) return false;
      high = *last;
    } else if (slash == std::string_view::npos) {
      high = low;
    }
  }
  for (int value = low; value <= high; value += step) values.insert(value);
  return true;
}

void read_field(const CronField& field, std::string_view text, std::set<int>& values, bool& last_day, Issues& issues) {
  for (const auto& part : split(text, ',')) {
    if (field.name == "day-of-month" && part == "l") {
      last_day = true;
    } else if (!read_part(field, part, values)) {
      issues.push_back({"", "'" + std::string(first_code_points(part, 40)) + "' is no " + std::string(field.name) +
                                " (" + std::to_string(field.low) + " to " + std::to_string(field.high) + ")"});
    }
  }
}

std::string without_macro(const std::string& line) {
  if (line == "@hourly") return "0 * * * *";
  if (line == "@daily" || line == "@midnight") return "0 0 * * *";
  if (line == "@weekly") return "0 0 * * 0";
  if (line == "@monthly") return "0 0 1 * *";
  if (line == "@yearly" || line == "@annually") return "0 0 1 1 *";
  return line;
}

bool matches(const Cron& cron, Date date) {
  if (!cron.months.contains(date.month)) return false;
  const bool day =
      cron.any_day || cron.days.contains(date.day) || (cron.last_day && date.day == last_day_of(date.year, date.month));
  const bool weekday_fits = cron.any_weekday || cron.weekdays.contains(weekday(date));
  if (cron.any_day || cron.any_weekday) return day && weekday_fits;
  return day || weekday_fits;
}

// The zone was checked when the schedule was made.
Instant instant_of(Date date, int64_t time_of_day_us, const std::string& zone) {
  auto at = to_instant(date, time_of_day_us, zone);
  CHECK(at.ok(), "a schedule has a known zone and real days");
  return *at;
}
LocalTime local_of(Instant at, const std::string& zone) {
  auto local = to_local(at, zone);
  CHECK(local.ok(), "a schedule has a known zone");
  return *local;
}

// A line that runs in every hour: minute by minute of real time, so that it keeps its pace when clocks change.
std::optional<Instant> next_by_minute(const Cron& cron, Instant after, const std::string& zone) {
  Instant at{(after.us / kMinute_us + 1) * kMinute_us};
  const Instant horizon = after + kHorizon_days * kDay_us;
  while (at <= horizon) {
    const LocalTime local = local_of(at, zone);
    if (!matches(cron, local.date)) {
      at = instant_of(add_days(local.date, 1), 0, zone);
      continue;
    }
    // Zones that were off by seconds are history.
    if (cron.minutes.contains(static_cast<int>(local.time_of_day_us / kMinute_us % 60))) return at;
    at = at + kMinute_us;
  }
  return std::nullopt;
}

std::optional<Instant> next_by_cron(const Cron& cron, Instant after, const std::string& zone) {
  if (cron.any_hour) return next_by_minute(cron, after, zone);
  Date date = local_of(after, zone).date;
  for (int days = 0; days <= kHorizon_days; ++days, date = add_days(date, 1)) {
    if (!matches(cron, date)) continue;
    for (int hour : cron.hours) {
      for (int minute : cron.minutes) {
        const Instant at = instant_of(date, hour * kHour_us + minute * kMinute_us, zone);
        if (at > after) return at;
      }
    }
  }
  return std::nullopt;
}

bool matches(const Recurrence& every, Date date, Date first) {
  const int interval = every.interval;
  switch (every.unit) {
    case Every::kDay:
      return days_between(first, date) % interval == 0;
    case Every::kWeek: {
      // Weeks begin on Monday, as in ISO 8601.
      const auto monday_of = [](Date day) { return add_days(day, -(weekday(day) + 6) % 7); };
      if (days_between(monday_of(first), monday_of(date)) / 7 % interval != 0) return false;
      if (every.weekdays.empty()) return weekday(date) == weekday(first);
      return std::any_of(every.weekdays.begin(), every.weekdays.end(),
                         [&](const auto& name) { return weekday_of(name) == weekday(date); });
    }
    case Every::kMonth: {
      if (((date.year - first.year) * 12 + date.month - first.month) % interval != 0) return false;
      const int last = last_day_of(date.year, date.month);
      const int wanted = every.day == 0 ? first.day : every.day;
      return date.day == (wanted < 0 ? last : std::min(wanted, last));
    }
  }
  return false;
}

std::optional<Instant> next_by_recurrence(const Schedule& schedule, Instant after) {
  const auto& every = *schedule.spec.every;
  const std::string& zone = schedule.spec.zone;
  const Date first = local_of(schedule.from, zone).date;
  const int64_t time_us = *time_of_day(every.at);
  Date date = std::max(local_of(after, zone).date, first);
  for (int days = 0; days <= kHorizon_days; ++days, date = add_days(date, 1)) {
    if (!matches(every, date, first)) continue;
    const Instant at = instant_of(date, time_us, zone);
    if (at > after) return at;
  }
  return std::nullopt;
}

}  // namespace

void Recurrence::check(const Recurrence& recurrence, Issues& issues) {
  if (!time_of_day(recurrence.at)) issues.push_back({"/at", "must be a time of day as HH:MM"});
  for (size_t i = 0; i < recurrence.weekdays.size(); ++i) {
    if (!weekday_of(recurrence.weekdays[i]))
      issues.push_back({"/weekdays/" + std::to_string(i), "must be mon, tue, wed, thu, fri, sat or sun"});
  }
  if (!recurrence.weekdays.empty() && recurrence.unit != Every::kWeek)
    issues.push_back({"/weekdays", "only with the unit week"});
  if (recurrence.day != 0 && recurrence.unit != Every::kMonth) issues.push_back({"/day", "only with the unit month"});
}

void ScheduleSpec::check(const ScheduleSpec& spec, Issues& issues) {
  const int kinds = int{spec.once.has_value()} + int{spec.cron.has_value()} + int{spec.every.has_value()};
  if (kinds != 1) issues.push_back({"", "has exactly one of once, cron and every"});
  if (spec.cron) {
    auto cron = parse_cron(*spec.cron);
    if (!cron.ok()) {
      for (const auto& issue : cron.error().issues) issues.push_back({"/cron", issue.message});
    }
  }
  if (spec.from && spec.until && *spec.until < *spec.from) issues.push_back({"/until", "lies before from"});
}

Result<Cron> parse_cron(std::string_view line) {
  static constexpr std::array<CronField, 5> fields = {{{"minute", 0, 59},
                                                       {"hour", 0, 23},
                                                       {"day-of-month", 1, 31},
                                                       {"month", 1, 12, kMonths, 1},
                                                       {"day-of-week", 0, 7, kWeekdays, 0}}};
  Issues issues;
  const std::string plain = without_macro(lower_ascii(trim(line)));
  std::vector<std::string_view> texts;
  for (auto text : split(plain, ' ')) {
    if (!text.empty()) texts.push_back(text);
  }
  if (texts.size() != fields.size()) {
    issues.push_back(
        {"", "has five fields: minute hour day-of-month month day-of-week; here are " + std::to_string(texts.size())});
    return issues_error("The cron line", std::move(issues));
  }
  Cron cron;
  std::set<int>* sets[] = {&cron.minutes, &cron.hours, &cron.days, &cron.months, &cron.weekdays};
  for (size_t i = 0; i < fields.size(); ++i) read_field(fields[i], texts[i], *sets[i], cron.last_day, issues);
  if (!issues.empty()) return issues_error("The cron line", std::move(issues));
  cron.any_hour = cron.hours.size() == 24;
  // As in Vixie cron: what begins with * does not restrict.
  cron.any_day = texts[2].starts_with("*") && cron.days.size() == 31;
  cron.any_weekday = texts[4].starts_with("*") && cron.weekdays.size() >= 7;
  if (cron.weekdays.erase(7) > 0) cron.weekdays.insert(0);
  return cron;
}

Result<Schedule> make_schedule(const ScheduleSpec& spec, Instant made_at) {
  Issues issues;
  ScheduleSpec::check(spec, issues);
  if (spec.every) Recurrence::check(*spec.every, issues);
  if (!is_zone(spec.zone)) issues.push_back({"/zone", "is no known time zone"});
  if (!issues.empty()) return issues_error("The schedule", std::move(issues));
  Schedule schedule{spec, {}, spec.from.value_or(made_at)};
  if (spec.cron) schedule.cron = TRY(parse_cron(*spec.cron));
  return schedule;
}

std::string in_words(const ScheduleSpec& spec) {
  std::string words;
  if (spec.once) words = "once at " + to_text(*spec.once);
  if (spec.cron) words = "by the cron line '" + *spec.cron + "' (" + spec.zone + ")";
  if (spec.every) {
    const auto& every = *spec.every;
    const std::string unit(enum_name(every.unit));
    words = every.interval == 1 ? "every " + unit : "every " + std::to_string(every.interval) + " " + unit + "s";
    for (size_t i = 0; i < every.weekdays.size(); ++i) words += (i == 0 ? " on " : ", ") + every.weekdays[i];
    if (every.day > 0) words += " on day " + std::to_string(every.day);
    if (every.day < 0) words += " on its last day";
    words += " at " + every.at + " (" + spec.zone + ")";
  }
  if (spec.from) words += ", from " + to_text(*spec.from);
  if (spec.until) words += ", until " + to_text(*spec.until);
  return words;
}

std::optional<Instant> next_fire(const Schedule& schedule, Instant after) {
  const auto& spec = schedule.spec;
  // The first possible time is `from` itself.
  after = std::max(after, schedule.from - 1);
  std::optional<Instant> next;
  if (spec.once) {
    if (*spec.once > after) next = spec.once;
  } else if (spec.cron) {
    next = next_by_cron(schedule.cron, after, spec.zone);
  } else if (spec.every) {
    next = next_by_recurrence(schedule, after);
  }
  if (next && spec.until && *next > *spec.until) return std::nullopt;
  return next;
}

DueFires due_fires(const Schedule& schedule, Instant next, Instant now) {
  DueFires due;
  std::optional<Instant> at = next;
  std::vector<Instant> passed;
  for (int i = 0; at && *at <= now; ++i) {
    // So many missed times are a clock that jumped: only the newest are of interest, so go on from there.
    if (i == kMissed_max) {
      due.skipped += static_cast<int64_t>(passed.size());
      passed.clear();
      at = next_fire(schedule, now - kDay_us);
      if (!at || *at > now) break;
    }
    passed.push_back(*at);
    at = next_fire(schedule, *at);
  }
  due.next = at;
  if (passed.empty()) return due;
  const bool on_time = now - passed.back() <= kLateness_us;
  size_t kept = 0;
  switch (schedule.spec.missed) {
    case Missed::kSkip:
      kept = on_time ? 1 : 0;
      break;
    case Missed::kRunOnce:
      kept = 1;
      break;
    case Missed::kCatchUp:
      kept = std::min<size_t>(passed.size(), kCatchUp_max);
      break;
  }
  due.skipped += static_cast<int64_t>(passed.size() - kept);
  due.fires.assign(passed.end() - static_cast<std::ptrdiff_t>(kept), passed.end());
  return due;
}

}  // namespace spreaders::workflows
