// Periods at a token: nth weekdays, weeks, parts of a month, quarters, seasons and holidays. Internal to dates.cpp.
#pragma once

#include "planners/rules/date_words.hpp"

namespace spreaders::planners::rules {

class DatePeriods : public DateWords {
 public:
  using DateWords::DateWords;

 protected:
  [[nodiscard]] Date coming(int day) const {  // the next such weekday after today
    const int ahead = (day - weekday(today_) + 6) % 7 + 1;
    return add_days(today_, ahead);
  }
  [[nodiscard]] Date next_monday() const { return coming(1); }

  // "the first Monday of December", "el último viernes de enero", "12月の第1月曜日".
  bool parse_nth_weekday(int i, Mention& out) const {
    int month_end = -1, end = -1;
    int month = 0, at = i;
    if (lang_ == Lang::kJa) {
      month = month_at(i, month_end);
      if (month == 0) return false;
      at = text_.is(month_end, "の") ? month_end + 1 : month_end;
    }
    const std::array<ClassId, 5> ordinals = {C("first"), C("second_ord"), C("third_ord"), C("fourth_ord"),
                                             C("last_ord")};
    int nth = 0, word = -1;
    for (int k = 0; k < 5 && nth == 0; ++k) {
      if ((word = m(at, ordinals[static_cast<size_t>(k)])) > 0) nth = k == 4 ? -1 : k + 1;
    }
    if (nth == 0) return false;
    const int day = weekday_at(word, end);
    if (day < 0) return false;
    if (lang_ != Lang::kJa) {
      const int of = skip(end, C("month_filler"), 3);
      if (of == end || (month = month_at(of, month_end)) == 0) return false;
      end = month_end;
    }
    Mention year;
    end = lang_ == Lang::kJa ? end : take_year(end, year);
    const auto in_year = [&](int y) {
      return nth < 0 ? last_weekday(y, month, day)
                     : add_days({y, month, 1}, (day - weekday({y, month, 1}) + 7) % 7 + 7 * (nth - 1));
    };
    Date date = in_year(year.has_year ? year.first.year : today_.year);
    if (!year.has_year && date < today_) date = in_year(today_.year + 1);
    set_span(out, date, date, end);
    return true;
  }
  static Date last_weekday(int year, int month, int day) {
    const Date last{year, month, days_in_month(year, month)};
    return add_days(last, -((weekday(last) - day + 7) % 7));
  }
  [[nodiscard]] Date coming_year(Date date) const {
    if (date.year > 0) return date;
    date.year = today_.year;
    if (date < today_) ++date.year;
    date.day = std::min(date.day, days_in_month(date.year, date.month));
    return date;
  }

  // Weeks, weekends, months, quarters and seasons by "this" and "next".
  bool parse_period(int i, Mention& out) const {
    int at = i;
    bool next = false, this_one = false;
    int end = m(i, C("next"));
    if (end > 0) {
      next = true;
      at = end;
    } else if ((end = m(i, C("this"))) > 0) {
      this_one = true;
      at = end;
    } else if (lang_ == Lang::kJa && text_.is(i, "再") && text_.is(i + 1, "来") && text_.is(i + 2, "週")) {
      const Date monday = add_days(next_monday(), 7);
      set_span(out, monday, add_days(monday, 6), i + 3);
      return true;
    }
    const auto after = [&](int unit_end) {
      if (!next && !this_one && m(unit_end, C("next")) > 0) {
        next = true;
        return m(unit_end, C("next"));
      }
      return unit_end;
    };
    if ((end = m(at, C("weekend"))) > 0) {
      end = after(end);
      const Date saturday = weekday(today_) == 6 ? today_ : (weekday(today_) == 0 ? add_days(today_, -1) : coming(6));
      const Date first = next ? (weekday(today_) == 6 || weekday(today_) == 0 ? coming(6) : coming(6)) : saturday;
      set_span(out, first, add_days(first, 1), end);
      return true;
    }
    if ((end = m(at, C("unit_week"))) > 0) {
      end = after(end);
      if (!next && !this_one) return false;
      const Date monday = next ? next_monday() : today_;
      const Date sunday = next ? add_days(monday, 6) : add_days(next_monday(), -1);
      set_span(out, monday, sunday, end);
      return true;
    }
    if ((end = m(at, C("unit_month"))) > 0 || (lang_ == Lang::kJa && text_.is(at, "月") && (end = at + 1) > 0)) {
      end = after(end);
      if (!next && !this_one) return false;
      int year = today_.year, month = today_.month;
      if (next && ++month > 12) month = 1, ++year;
      const Date first = next ? Date{year, month, 1} : today_;
      set_span(out, first, {year, month, days_in_month(year, month)}, end);
      if (lang_ == Lang::kJa && text_.is_number(end) && text_.is(end + 1, "日")) {
        const Date day{year, month, static_cast<int>(text_.at(end).value)};
        set_span(out, day, day, end + 2);
      }
      return true;
    }
    if (at != i) {
      int month_end = -1;
      const int month = lang_ == Lang::kJa ? 0 : month_at(at, month_end);
      if (month > 0 && !day_number(month_end)) {
        out.first = {0, month, 1};
        out.last = {0, month, days_in_month(2027, month)};
        out.day = false;
        out.end = take_year(month_end, out);
        return true;
      }
    }
    return parse_quarter(i, at, out) || parse_season(i, at, out);
  }
  bool parse_quarter(int i, int at, Mention& out) const {
    int number = 0;
    int end = m(at, C("quarter"));
    if (end > 0 && text_.is_number(end - 1)) number = static_cast<int>(text_.at(end - 1).value);
    else if (end > 0 && at != i && m(i, C("next")) > 0)
      number = (today_.month - 1) / 3 + 2 > 4 ? 1 : (today_.month - 1) / 3 + 2;
    if (end < 0 || number == 0) {
      const std::array<ClassId, 4> ordinals = {C("first"), C("second_ord"), C("third_ord"), C("fourth_ord")};
      for (int k = 0; k < 4; ++k) {
        const int word = m(i, ordinals[static_cast<size_t>(k)]);
        if (word > 0 && m(word, C("quarter")) > 0) {
          number = k + 1;
          end = m(word, C("quarter"));
        }
      }
      if (day_number(i) && text_.at(i).ordinal && m(i + 1, C("quarter")) > 0) {
        number = static_cast<int>(text_.at(i).value);
        end = m(i + 1, C("quarter"));
      }
    }
    if (number < 1 || number > 4 || end < 0) return false;
    const int month = number * 3 - 2;
    out.first = {0, month, 1};
    out.last = {0, month + 2, days_in_month(2027, month + 2)};
    out.day = false;
    int rest = end;
    if (m(rest, C("of")) > 0 && year_number(m(rest, C("of")))) rest = m(rest, C("of"));
    out.end = take_year(rest, out);
    return true;
  }
  bool parse_season(int i, int at, Mention& out) const {
    const std::array<ClassId, 4> seasons = {C("spring"), C("summer"), C("autumn"), C("winter")};
    for (int k = 0; k < 4; ++k) {
      const int end = m(at, seasons[static_cast<size_t>(k)]);
      if (end < 0) continue;
      const bool marked =
          at != i || (i > 0 && (text_.is(i - 1, "in") || text_.is(i - 1, "during") || text_.is(i - 1, "all") ||
                                text_.is(i - 1, "en") || text_.is(i - 1, "im") || text_.is(i - 1, "au")));
      if (!marked || m(end, C("campaign_noun")) > 0) return false;
      const bool south =
          country_ == "AU" || country_ == "NZ" || country_ == "BR" || country_ == "AR" || country_ == "CL";
      const int month = ((k + (south ? 2 : 0)) % 4) * 3 + 3;
      out.first = {0, month, 1};
      out.last = {0, (month + 1) % 12 + 1, days_in_month(2027, (month + 1) % 12 + 1)};
      out.day = false;
      out.weak = true;
      out.end = take_year(end, out);
      return true;
    }
    return false;
  }

  // "first week of December", "second half of January", "mid December", "end of March".
  bool parse_part_of_month(int i, Mention& out) const {
    int end = -1;
    int month_end = -1;
    const std::array<ClassId, 4> ordinals = {C("first"), C("second_ord"), C("third_ord"), C("fourth_ord")};
    int nth = 0;
    int at = -1;
    for (int k = 0; k < 4 && nth == 0; ++k) {
      if ((at = m(i, ordinals[static_cast<size_t>(k)])) > 0) nth = k + 1;
    }
    if (nth == 0 && text_.is_number(i) && text_.at(i).ordinal && text_.at(i).value <= 4)
      nth = static_cast<int>(text_.at(i).value), at = i + 1;
    const bool last = nth == 0 && (at = m(i, C("last_ord"))) > 0;
    if (nth > 0 && m(at, C("of")) > 0 && month_at(m(at, C("of")), month_end) > 0 &&
        lang_ != Lang::kJa) {  // "the first of December"
      set_day(out, month_at(m(at, C("of")), month_end), nth);
      out.end = take_year(month_end, out);
      return true;
    }
    if (nth > 0 || last) {
      const int two = text_.is_number(at) && text_.at(at).value == 2 ? 2 : 1;
      if (two == 2) ++at;
      const bool week = (end = m(at, C("unit_week"))) > 0;
      const bool weekend = !week && (end = m(at, C("weekend"))) > 0;
      const bool half = !week && !weekend && (end = m(at, C("half"))) > 0;
      if (const int named = german_half(at); named > 0) return half_of_month(named, nth == 2 || last, at + 1, out);
      if (!week && !half && !weekend) return false;
      end = skip(end, C("month_filler"), 3);
      const int month = month_at(end, month_end);
      if (month == 0) return false;
      const int days = days_in_month(2027, month);
      int from = half ? (nth == 2 || last ? 16 : 1) : nth * 7 - 6;
      int to = half ? (nth == 2 || last ? days : 15) : std::min(nth * 7 + (two - 1) * 7, days);
      if (last && !half) from = days - 7 * two + 1, to = days;
      out.first = {0, month, from};
      out.last = {0, month, to};
      out.day = false;
      out.end = take_year(month_end, out);
      if (weekend) {
        Date first{out.first.year == 0 ? next_year_of(month) : out.first.year, month, 1};
        Date saturday = add_days(first, (6 - weekday(first) + 7) % 7 + 7 * (std::max(nth, 1) - 1));
        set_span(out, saturday, add_days(saturday, 1), out.end);
      }
      return true;
    }
    const bool begin = (at = m(i, C("begin_of"))) > 0;
    const bool mid = !begin && (at = m(i, C("mid_of"))) > 0;
    const bool late = !begin && !mid && (at = m(i, C("end_of"))) > 0;
    if (!begin && !mid && !late) return false;
    const int named = at;
    at = skip(at, C("month_filler"), 2);
    int month = month_at(at, month_end);
    if (month == 0) at = skip(named, C("article"), 1);  // "end of the month", "fin de mes"
    if (month == 0) {
      if ((at = m(at, C("unit_month"))) < 0 && true) return false;
      month = today_.month;
      month_end = at;
    }
    const int days = days_in_month(2027, month);
    const int day = begin ? 1 : (mid ? 15 : days);
    set_day(out, month, day);
    out.end = take_year(month_end, out);
    return true;
  }
  bool half_of_month(int month, bool second, int end, Mention& out) const {
    out.first = {0, month, second ? 16 : 1};
    out.last = {0, month, second ? days_in_month(2027, month) : 15};
    out.day = false;
    out.end = take_year(end, out);
    return true;
  }
  [[nodiscard]] int next_year_of(int month) const { return month < today_.month ? today_.year + 1 : today_.year; }

  bool parse_holiday(int i, Mention& out) const {
    HolidayHit hit = holiday_at(text_, i, today_, lang_, country_);
    if (hit.end < 0) return false;
    out.weak = true;
    out.trade_day = m(i, C("trade_day")) > 0;
    set_span(out, hit.first, hit.last, hit.end);
    if (m(hit.end, C("weekend")) > 0) {  // Black Friday weekend
      const int day = weekday(hit.first);
      const Date saturday = day == 0 ? add_days(hit.first, -1) : add_days(hit.first, 6 - day);
      set_span(out, std::min(hit.first, saturday), std::max(add_days(saturday, 1), hit.first),
               m(hit.end, C("weekend")));
      out.weak = false;
    } else if (m(hit.end, C("unit_week")) > 0) {  // Thanksgiving week
      const Date monday = add_days(hit.first, -((weekday(hit.first) + 6) % 7));
      set_span(out, monday, add_days(monday, 6), m(hit.end, C("unit_week")));
      out.weak = false;
    }
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {  // "the week before Christmas", "week of Thanksgiving"
      if (m(k, C("unit_week")) != k + 1) continue;
      if (text_.is(k + 1, "before") || text_.is(k + 1, "avant") || text_.is(k + 1, "vor") || text_.is(k + 1, "antes") ||
          text_.is(k + 1, "anterior") || text_.is(k + 1, "leading")) {
        const Date last = add_days(hit.first, -1);
        set_span(out, add_days(last, -6), last, hit.end);
        out.weak = false;
      } else if (text_.is(k + 1, "of")) {
        const Date monday = add_days(hit.first, -((weekday(hit.first) + 6) % 7));
        set_span(out, monday, add_days(monday, 6), hit.end);
        out.weak = false;
      }
      break;
    }
    return true;
  }
};

}  // namespace spreaders::planners::rules
