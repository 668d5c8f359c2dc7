#include "core/time.hpp"

#include <chrono>
#include <cstdio>
#include <date/date.h>
#include <date/tz.h>
#include <map>
#include <mutex>
#include <stdexcept>

#include "core/stopwatch.hpp"

namespace spreaders {

namespace {

// Reads exactly `count` digits at `i`; -1 when they are not there.
int digits(std::string_view text, size_t& i, int count) {
  int value = 0;
  for (int n = 0; n < count; ++n, ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool take(std::string_view text, size_t& i, char c) {
  if (i < text.size() && text[i] == c) return ++i, true;
  return false;
}

date::sys_days days_of(Date d) {
  return date::sys_days(date::year{d.year} / date::month{static_cast<unsigned>(d.month)} /
                        date::day{static_cast<unsigned>(d.day)});
}

Date date_of(date::sys_days days) {
  date::year_month_day ymd(days);
  return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day()))};
}

// Zones are looked up often and their addresses never change.
const date::time_zone* find_zone(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, const date::time_zone*, std::less<>> known;
  std::lock_guard lock(mutex);
  if (auto found = known.find(name); found != known.end()) return found->second;
  if (name.empty() || name.size() > 64 || known.size() > 2000) return nullptr;
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    zone = nullptr;
  }
  known.emplace(name, zone);
  return zone;
}

Error no_zone(std::string_view zone) {
  return invalid("'" + std::string(zone.substr(0, 64)) + "' is not an IANA time zone such as Europe/Berlin");
}

}  // namespace

bool is_valid(Date d) {
  if (d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1) return false;
  return (date::year{d.year} / date::month{static_cast<unsigned>(d.month)} / date::day{static_cast<unsigned>(d.day)})
      .ok();
}

Date add_days(Date d, int days) { return date_of(days_of(d) + date::days{days}); }
int days_between(Date from, Date to) { return static_cast<int>((days_of(to) - days_of(from)).count()); }
int weekday(Date d) { return static_cast<int>(date::weekday(days_of(d)).c_encoding()); }

std::string to_text(Date d) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", d.year, d.month, d.day);
  return text;
}

Result<Date> parse_date(std::string_view text) {
  size_t i = 0;
  Date d;
  d.year = digits(text, i, 4);
  bool shape = d.year >= 0 && take(text, i, '-') && (d.month = digits(text, i, 2)) >= 0 && take(text, i, '-') &&
               (d.day = digits(text, i, 2)) >= 0 && i == text.size();
  if (!shape) return invalid("a date is written YYYY-MM-DD");
  if (!is_valid(d)) return invalid("there is no such day as " + std::string(text));
  return d;
}

Result<Instant> parse_instant(std::string_view text) {
  size_t i = 0;
  Date d;
  d.year = digits(text, i, 4);
  int hour = 0;
  int minute = 0;
  int second = 0;
  bool shape = d.year >= 0 && take(text, i, '-') && (d.month = digits(text, i, 2)) >= 0 && take(text, i, '-') &&
               (d.day = digits(text, i, 2)) >= 0 && (take(text, i, 'T') || take(text, i, 't') || take(text, i, ' ')) &&
               (hour = digits(text, i, 2)) >= 0 && take(text, i, ':') && (minute = digits(text, i, 2)) >= 0;
  if (shape && take(text, i, ':')) shape = (second = digits(text, i, 2)) >= 0;
  int64_t fraction_us = 0;
  if (shape && take(text, i, '.')) {
    int64_t unit = 100'000;
    size_t first = i;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10) fraction_us += (text[i] - '0') * unit;
    shape = i > first;
  }
  int64_t offset_us = 0;
  if (shape && !take(text, i, 'Z') && !take(text, i, 'z')) {
    int sign = take(text, i, '+') ? 1 : take(text, i, '-') ? -1 : 0;
    int hours = sign != 0 ? digits(text, i, 2) : -1;
    take(text, i, ':');
    int minutes = hours >= 0 ? digits(text, i, 2) : -1;
    shape = minutes >= 0 && hours <= 23 && minutes <= 59;
    offset_us = sign * (hours * kHour_us + minutes * kMinute_us);
  }
  if (!shape || i != text.size())
    return invalid("a time is written YYYY-MM-DDThh:mm:ssZ or with an offset such as +02:00");
  if (!is_valid(d) || hour > 23 || minute > 59 || second > 60)
    return invalid("there is no such time as " + std::string(text));
  int64_t days = days_of(d).time_since_epoch().count();
  return Instant{days * kDay_us + hour * kHour_us + minute * kMinute_us + second * kSecond_us + fraction_us -
                 offset_us};
}

std::string to_text(Instant at) {
  int64_t days = at.us / kDay_us - (at.us % kDay_us < 0 ? 1 : 0);
  int64_t rest = at.us - days * kDay_us;
  Date d = date_of(date::sys_days(date::days{days}));
  char text[48];
  int n = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month, d.day,
                        static_cast<int>(rest / kHour_us), static_cast<int>(rest / kMinute_us % 60),
                        static_cast<int>(rest / kSecond_us % 60));
  if (int64_t fraction = rest % kSecond_us; fraction != 0) {
    n += std::snprintf(text + n, sizeof text - static_cast<size_t>(n), ".%06d", static_cast<int>(fraction));
    while (text[n - 1] == '0') --n;
  }
  return std::string(text, static_cast<size_t>(n)) + "Z";
}

Result<int64_t> parse_duration(std::string_view text) {
  auto bad = [&] { return invalid("a duration is written like P2D, PT1H30M or P1W"); };
  if (text.size() < 3 || text.size() > 40 || text[0] != 'P') return bad();
  int64_t total = 0;
  bool in_time = false;
  bool any = false;
  for (size_t i = 1; i < text.size();) {
    if (text[i] == 'T') {
      if (in_time) return bad();
      in_time = true;
      any = false;
      ++i;
      continue;
    }
    int64_t value = 0;
    size_t first = i;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && i - first < 9; ++i)
      value = value * 10 + (text[i] - '0');
    if (i == first || i == text.size()) return bad();
    char unit = text[i++];
    if (!in_time && unit == 'W') total += value * 7 * kDay_us;
    else if (!in_time && unit == 'D') total += value * kDay_us;
    else if (in_time && unit == 'H') total += value * kHour_us;
    else if (in_time && unit == 'M') total += value * kMinute_us;
    else if (in_time && unit == 'S') total += value * kSecond_us;
    else return bad();
    any = true;
    if (total > 3660 * kDay_us) return invalid("a duration is at most ten years");
  }
  if (!any) return bad();
  return total;
}

bool is_zone(std::string_view zone) { return find_zone(zone) != nullptr; }

Result<Instant> to_instant(Date d, int64_t time_of_day_us, std::string_view zone_name) {
  const auto* zone = find_zone(zone_name);
  if (zone == nullptr) return no_zone(zone_name);
  if (!is_valid(d)) return invalid("there is no such day as " + to_text(d));
  auto local = date::local_days(days_of(d).time_since_epoch()) + std::chrono::microseconds(time_of_day_us);
  auto info = zone->get_info(local);
  // In a gap both offsets give instants around it; the transition itself is the first valid instant after.
  if (info.result == date::local_info::nonexistent) {
    return Instant{std::chrono::duration_cast<std::chrono::microseconds>(info.first.end.time_since_epoch()).count()};
  }
  auto utc = local.time_since_epoch() - info.first.offset;
  return Instant{std::chrono::duration_cast<std::chrono::microseconds>(utc).count()};
}

Result<LocalTime> to_local(Instant at, std::string_view zone_name) {
  const auto* zone = find_zone(zone_name);
  if (zone == nullptr) return no_zone(zone_name);
  date::sys_time<std::chrono::microseconds> utc{std::chrono::microseconds(at.us)};
  auto local = zone->to_local(utc);
  auto days = date::floor<date::days>(local);
  return LocalTime{date_of(date::sys_days(days.time_since_epoch())), (local - days).count()};
}

namespace {
class SystemClock : public Clock {
 public:
  Instant now() override {
    auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
  }
};
}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

void VirtualClock::move_to(Instant at) {
  int64_t seen = __atomic_load_n(&now_us_, __ATOMIC_SEQ_CST);
  while (at.us > seen &&
         !__atomic_compare_exchange_n(&now_us_, &seen, at.us, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
}

int64_t monotonic_us() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

int64_t monotonic_ms() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace spreaders
