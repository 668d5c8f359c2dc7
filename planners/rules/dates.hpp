// Dates and lengths in a turn. Everything is read in the user's zone; `today` is the day there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct DateFacts {
  std::optional<Date> start;
  std::optional<Date> end;
  std::optional<int> duration_days;
  bool impossible = false;  // 30 February
  bool ambiguous = false;   // 03/04 in English
  bool past = false;        // the year was given and is over
  bool reversed = false;    // the end lies before the start
  std::optional<Date> reversed_start, reversed_end;
  bool single_day = false;           // "on Friday": one day, not the beginning of a span
  std::string problem_text;          // the words an ambiguous, impossible or past date came from
  std::optional<int> shift_days;     // "start a week later"
  bool shift_whole = false;          // "push everything back by a week"
  std::optional<int> lengthen_days;  // "three days longer"
  std::optional<Date> event_at;      // the day of the event itself, where another date says when to send
  std::vector<bool> used;            // tokens that belong to a date, length or look-back window
  std::vector<bool> window;          // tokens of a look-back window: "in the last 90 days"
  int first = -1;                    // token span of the schedule
  int last = -1;
};

// `anchor`: the first day of the schedule so far, in whose month "until the 10th" of a later turn lies.
// `event`: the day of the event an earlier turn spoke of, from which "two weeks before" counts.
DateFacts read_dates(const Text& text, Lang lang, Date today, std::string_view country, std::optional<Date> anchor = {},
                     std::optional<Date> event = {});

struct HolidayHit {
  int end = -1;
  Date first;
  Date last;
};
// A holiday's name at token i; the next one not past.
HolidayHit holiday_at(const Text& text, int i, Date today, Lang lang, std::string_view country);
int days_in_month(int year, int month);

// ISO 3166 code guessed from the zone, else "".
std::string_view country_of_zone(std::string_view zone);

}  // namespace spreaders::planners::rules
