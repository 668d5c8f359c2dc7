// When something recurs: once, by a cron line, or every so many days, weeks or months; in an IANA zone. Pure.
//
//   auto schedule = TRY(make_schedule({.cron = "0 9 * * 1", .zone = "Europe/Berlin"}, now));
//   auto next = next_fire(schedule, now);          // nullopt: never again
//
// Cron: minute hour day-of-month month day-of-week, as crontab(5) of Vixie cron: lists, ranges, steps, names (mon,
// jan), 7 is Sunday, and a day that matches either of two restricted day fields; also L for the last day of a month and
// the macros @hourly @daily @weekly @monthly @yearly.
//
// Summer time: a time that a clock skips fires at the first instant after the gap, once however many times fall into
// it; a time that comes twice fires the first time only, except that a line whose hour is * keeps its pace through
// both. A day of the month that a month lacks is its last day ("every"); cron leaves such months out.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/time.hpp"

namespace spreaders::workflows {

enum class Every : uint8_t { kDay, kWeek, kMonth };
SPR_ENUM(Every, {Every::kDay, "day"}, {Every::kWeek, "week"}, {Every::kMonth, "month"});

struct Recurrence {
  Every unit = Every::kDay;
  int interval = 1;
  std::string at = "09:00";
  std::vector<std::string> weekdays = {};  // week: "mon"..."sun"; of the first day when empty
  int day = 0;                             // month: 1 to 31, -1 is the last; of the first day when 0
  static void check(const Recurrence& recurrence, Issues& issues);
  SPR_FIELDS(Recurrence, SPR_FIELD(unit, "day, week or month"),
             SPR_FIELD(interval, "Every so many of them", .min = 1, .max = 366, .defaulted = true),
             SPR_FIELD(at, "Local time of day, HH:MM", .max_size = 5, .defaulted = true),
             SPR_FIELD(weekdays, "With week: mon, tue, wed, thu, fri, sat, sun", .max_size = 7, .item_max_size = 3,
                       .defaulted = true),
             SPR_FIELD(day, "With month: day of the month, -1 for the last", .min = -1, .max = 31, .defaulted = true));
};

// What to do with times that passed while nothing could fire: leave them out, fire once for all of them, or each.
enum class Missed : uint8_t { kSkip, kRunOnce, kCatchUp };
SPR_ENUM(Missed, {Missed::kSkip, "skip"}, {Missed::kRunOnce, "run_once"}, {Missed::kCatchUp, "catch_up"});

struct ScheduleSpec {
  std::optional<Instant> once = {};
  std::optional<std::string> cron = {};
  std::optional<Recurrence> every = {};
  std::string zone = "UTC";
  std::optional<Instant> from = {};
  std::optional<Instant> until = {};
  Missed missed = Missed::kRunOnce;
  static void check(const ScheduleSpec& spec, Issues& issues);
  SPR_FIELDS(ScheduleSpec, SPR_FIELD(once, "One time only"),
             SPR_FIELD(cron, "Cron line: minute hour day-of-month month day-of-week", .max_size = 200),
             SPR_FIELD(every, "Every so many days, weeks or months"),
             SPR_FIELD(zone, "IANA time zone", .format = Format::kTimeZone, .defaulted = true),
             SPR_FIELD(from, "Not before; intervals count from here"), SPR_FIELD(until, "Not after"),
             SPR_FIELD(missed, "For times that passed while it was stopped: skip, run_once or catch_up",
                       .defaulted = true));
};

struct Cron {
  std::set<int> minutes, hours, days, months, weekdays;  // weekdays: 0 is Sunday
  bool last_day = false;                                 // L among the days
  bool any_hour = false, any_day = false, any_weekday = false;
};
// Every problem names its field.
Result<Cron> parse_cron(std::string_view line);

struct Schedule {
  ScheduleSpec spec;
  Cron cron;
  Instant from;  // spec.from, else when the schedule was made
};
// kInvalidArgument with a pointer for each problem.
Result<Schedule> make_schedule(const ScheduleSpec& spec, Instant made_at);
// For a person: "every 2 weeks on mon, thu at 08:30 (Europe/Berlin), until 2026-12-31T00:00:00Z".
std::string in_words(const ScheduleSpec& spec);
// The first time after `after`; nullopt when there is none.
std::optional<Instant> next_fire(const Schedule& schedule, Instant after);

struct DueFires {
  std::vector<Instant> fires;   // scheduled times to fire now, oldest first
  std::optional<Instant> next;  // the first one that is not due
  int64_t skipped = 0;          // left out by the rule for missed times
};
constexpr int64_t kLateness_us = 60 * kSecond_us;  // a time so long ago still counts as met
constexpr int kCatchUp_max = 100;                  // catch_up: more than so many missed times become the newest ones
// What to do at `now`, when `next` is the time that was waited for.
DueFires due_fires(const Schedule& schedule, Instant next, Instant now);

}  // namespace spreaders::workflows
