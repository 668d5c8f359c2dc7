// Two days as one span: "1 to 20 December", "5th to the 9th", "from Friday until Monday". Internal to dates.cpp.
#pragma once

#include "planners/rules/date_windows.hpp"

namespace spreaders::planners::rules {

class DateRanges : public DateWindows {
 public:
  using DateWindows::DateWindows;

 protected:
  [[nodiscard]] int to_at(int i) const {
    int end = m(i, C("range_to"));
    if (end < 0) return -1;
    end = skip(end, C("article"), 1);
    if (lang_ == Lang::kPt && text_.is(end, "dia")) ++end;
    return end;
  }

  // "1 to 20 December", "1.-15. Januar", "5th to the 9th".
  bool parse_range(int i, Mention& out) const {
    if (!day_number(i)) return false;
    if (i > 0 && (text_.at(i - 1).kind == TokenKind::kSymbol || text_.is(i - 1, "/") || text_.is(i - 1, ":") ||
                  text_.is(i - 1, "-")))
      return false;
    const int next = to_at(i + 1);
    if (next < 0 || next >= text_.size()) return false;
    Mention second;
    const int first_day = static_cast<int>(text_.at(i).value);
    if (day_number(next) && parse_at(next, second) && second.day && !second.ambiguous && second.first.month > 0 &&
        second.first.day > 0) {
      if (!second.has_year || second.first.year > 0) {
        out = second;
        out.first.day = first_day;
        out.range = true;
        if (first_day > days_in_month(second.first.year == 0 ? 2028 : second.first.year, second.first.month))
          out.impossible = true;
        return true;
      }
    }
    const bool ordinals = day_number(next) && text_.at(i).ordinal && text_.at(next).ordinal;
    const bool marked = day_number(next) && i > 0 && lang_ != Lang::kEn &&
                        (text_.is(i - 1, "del") || text_.is(i - 1, "du") || text_.is(i - 1, "vom"));
    int month_end = -1;
    if ((ordinals || marked) && !unit_follows(next + 1) && month_at(next + 1, month_end) == 0) {
      int year = today_.year, month = today_.month;
      if (first_day < today_.day && ++month > 12) month = 1, ++year;
      out.first = {year, month, first_day};
      out.last = {year, month, static_cast<int>(text_.at(next).value)};
      out.has_year = out.range = true;
      out.end = next + 1;
      return true;
    }
    return false;
  }

  // The second half of a range: "... to 20 December", "December 1-14".
  void parse_tail(Mention& found) {
    if (lang_ == Lang::kFr && found.role == Role::kNone && text_.is(found.end, "a") &&
        !text_.is_number(found.end + 1)) {
      int month_end = -1;
      if (month_at(found.end + 1, month_end) == 0) return;
    }
    const int next = to_at(found.end);
    if (next < 0 || next >= text_.size() || used(next)) return;
    Mention second;
    if (parse_at(next, second)) {
      const bool alike =
          (found.weekday && second.weekday) ||
          (!found.day && !second.day && !second.weak);  // "Tuesday and Wednesday", "December and January"
      if (lang_ != Lang::kJa && m(found.end, C("and")) > 0 && found.role != Role::kFrom && !alike) return;
      found.last = second.last;
      join_ranges(found, second);
      return;
    }
    const bool ja_day = lang_ == Lang::kJa && text_.is(next + 1, "日") && !text_.is(next + 2, "間");
    if (day_number(next) && found.day && found.first.month > 0 && (ja_day || !unit_follows(next + 1)) &&
        !text_.is(next + 1, "/")) {
      if (lang_ == Lang::kJa && !text_.is(next + 1, "日")) return;
      if (text_.at(next).kind == TokenKind::kNumber && next + 1 < text_.size() && m(next + 1, C("kpi_noun_any")) > 0)
        return;
      const int day = static_cast<int>(text_.at(next).value);
      if (m(found.end, C("and")) > 0 && found.role != Role::kFrom && !(ends_clause(next + 1) && day > found.first.day))
        return;  // "December 30 and 31"
      found.last = {found.first.year, found.first.month, day};
      if (day > days_in_month(found.first.year == 0 ? 2028 : found.first.year, found.first.month))
        found.impossible = true;
      found.end = next + 1;
      if (lang_ == Lang::kJa) ++found.end;
      if (text_.is(found.end, ",") && year_number(found.end + 1)) ++found.end;
      if (year_number(found.end)) {
        found.first.year = found.last.year = static_cast<int>(text_.at(found.end).value);
        found.has_year = true;
        ++found.end;
      }
      found.range = true;
      if (lang_ == Lang::kJa && text_.is(found.end, "ま")) found.end += 2;
    }
  }
  void join_ranges(Mention& found, Mention second) const {
    found.range = true;
    found.end = second.end;
    found.impossible = found.impossible || second.impossible;
    if (found.ambiguous != second.ambiguous &&
        !found.impossible) {  // "12/1 - 12/20": the day over 12 says which is which
      Mention& open = found.ambiguous ? found : second;
      const Mention& sure = found.ambiguous ? second : found;
      Date& day = found.ambiguous ? open.first : found.last;
      if (sure.slashed && sure.first.day != sure.first.month) {
        if (sure.month_first) std::swap(day.month, day.day);
        found.ambiguous = false;
        second.ambiguous = false;
      }
    }
    found.ambiguous = found.ambiguous || second.ambiguous;
    Date& a = found.first;
    Date& b = found.last;
    if (second.weekday && b < a) b = add_days(b, 7);  // "from Friday until Monday"
    if (!found.has_year && second.has_year) {
      a.year = b.year;
      if (a > b && a.month > b.month) --a.year;
      found.has_year = true;
    } else if (found.has_year && !second.has_year) {
      b.year = a.year;
      if (b < a && b.month < a.month) ++b.year;
    }
    if (lang_ == Lang::kJa && text_.is(found.end, "ま")) found.end += 2;
  }
};

}  // namespace spreaders::planners::rules
