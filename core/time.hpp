// Instants, zones and the injected Clock. Nothing outside core/time.cpp reads the system's clock.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders {

// A point in time: microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  int64_t us = 0;
  auto operator<=>(const Instant&) const = default;
};
constexpr int64_t kSecond_us = 1'000'000;
constexpr int64_t kMinute_us = 60 * kSecond_us;
constexpr int64_t kHour_us = 60 * kMinute_us;
constexpr int64_t kDay_us = 24 * kHour_us;
constexpr Instant operator+(Instant at, int64_t us) { return {at.us + us}; }
constexpr Instant operator-(Instant at, int64_t us) { return {at.us - us}; }
constexpr int64_t operator-(Instant a, Instant b) { return a.us - b.us; }

// A calendar day without a zone.
struct Date {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  auto operator<=>(const Date&) const = default;
};
bool is_valid(Date date);
Date add_days(Date date, int days);
int days_between(Date from, Date to);  // to - from
int weekday(Date date);                // 0 = Sunday
std::string to_text(Date date);        // 2026-11-21
Result<Date> parse_date(std::string_view text);

// RFC 3339 with an offset or Z; the answer of to_text() is always UTC with Z, with fractions only when there are any.
Result<Instant> parse_instant(std::string_view text);
std::string to_text(Instant at);

// ISO 8601 durations of weeks, days, hours, minutes and seconds: P2D, PT1H30M. Microseconds.
Result<int64_t> parse_duration(std::string_view text);

// IANA zones. A local time in a gap becomes the first valid instant after it, in an overlap the first occurrence.
bool is_zone(std::string_view zone);
Result<Instant> to_instant(Date date, int64_t time_of_day_us, std::string_view zone);
struct LocalTime {
  Date date;
  int64_t time_of_day_us = 0;
};
Result<LocalTime> to_local(Instant at, std::string_view zone);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
  // Blocks until `until` or until wake() is called; a virtual clock returns at once.
  virtual bool is_virtual() const { return false; }
};

Clock& system_clock();

// Stands still until it is moved. Safe to read from many threads.
class VirtualClock : public Clock {
 public:
  explicit VirtualClock(Instant start) : now_us_(start.us) {}
  Instant now() override { return {__atomic_load_n(&now_us_, __ATOMIC_SEQ_CST)}; }
  bool is_virtual() const override { return true; }
  // Never goes back.
  void move_to(Instant at);

 private:
  int64_t now_us_;
};

// Milliseconds that only grow, for deadlines and measurements; no relation to the calendar.
int64_t monotonic_ms();

}  // namespace spreaders
