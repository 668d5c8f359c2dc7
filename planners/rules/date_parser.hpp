// One date expression at a token: literal dates, months, weekdays and relative words of the six languages; periods and
// holidays are in date_periods.hpp. Internal to dates.cpp, which joins them to a schedule.
#pragma once

#include "planners/rules/date_periods.hpp"

namespace spreaders::planners::rules {

class DateParser : public DatePeriods {
 public:
  using DatePeriods::DatePeriods;

 protected:
  bool parse_at(int i, Mention& out) const {
    if (i >= text_.size()) return false;
    return parse_literal(i, out) || parse_japanese(i, out) || parse_week_of(i, out) || parse_nth_weekday(i, out) ||
           parse_part_of_month(i, out) || parse_month_latin(i, out) || parse_slashed(i, out) ||
           parse_relative(i, out) || parse_weekday(i, out) || parse_period(i, out) || parse_holiday(i, out) ||
           parse_bare_day(i, out);
  }

  bool parse_literal(int i, Mention& out) const {
    const Token& token = text_.at(i);
    if (token.kind != TokenKind::kIsoDate && token.kind != TokenKind::kDottedDate) return false;
    out.first = out.last = {token.year, token.month, token.day};
    out.has_year = token.year > 0;
    out.end = i + 1;
    if (token.month < 1 || token.month > 12 || token.day < 1) {
      out.impossible = true;
      out.first.month = out.last.month = std::clamp(token.month, 1, 12);
    } else {
      check_day(out);
    }
    return true;
  }

  [[nodiscard]] int japanese_of(int i) const { return text_.is(i, "の") ? i + 1 : i; }
  bool parse_japanese(int i, Mention& out) const {
    if (lang_ != Lang::kJa) return false;
    int at = i;
    int year = 0;
    if (year_number(at) && text_.is(at + 1, "年")) {
      year = static_cast<int>(text_.at(at).value);
      at += 2;
    } else if (text_.is(at, "来") && text_.is(at + 1, "年")) {
      year = today_.year + 1;
      at += 2;
      if (text_.is(at, "の")) ++at;
    }
    int end = -1;
    const int month = month_at(at, end);
    if (month == 0) return false;
    if (text_.is_number(end) && text_.is(end + 1, "日") && !text_.is(end + 2, "間")) {
      set_day(out, month, static_cast<int>(text_.at(end).value));
      out.end = end + 2;
      int weekday_end = -1;  // 5月19日の水曜
      if (weekday_at(japanese_of(out.end), weekday_end) >= 0) out.end = weekday_end;
    } else {
      out.first = {0, month, 1};
      out.last = {0, month, days_in_month(year == 0 ? 2027 : year, month)};
      out.day = false;
      out.end = end;
      if (text_.is(end, "上") && text_.is(end + 1, "旬")) out.last.day = 10, out.end += 2;
      else if (text_.is(end, "中") && text_.is(end + 1, "旬")) out.first.day = 11, out.last.day = 20, out.end += 2;
      else if (text_.is(end, "下") && text_.is(end + 1, "旬")) out.first.day = 21, out.end += 2;
      else if (m(japanese_of(end), C("half")) > 0) {  // 1月前半, 3月の後半
        const bool second = text_.is(japanese_of(end), "後");
        (second ? out.first.day : out.last.day) = second ? 16 : 15;
        out.end = m(japanese_of(end), C("half"));
      } else if (text_.is(end, "末")) out.first.day = out.last.day, out.day = true, ++out.end;
      else if (text_.is(end, "の") && text_.is(end + 1, "第") && text_.is_number(end + 2) && text_.is(end + 3, "週")) {
        const int week = static_cast<int>(text_.at(end + 2).value);
        out.first.day = std::clamp(week * 7 - 6, 1, 28);
        out.last.day = std::min(week * 7, out.last.day);
        out.end = end + 4;
      } else if (text_.is(end, "第") && text_.is_number(end + 1) && text_.is(end + 2, "週")) {
        const int week = static_cast<int>(text_.at(end + 1).value);
        out.first.day = std::clamp(week * 7 - 6, 1, 28);
        out.last.day = std::min(week * 7, out.last.day);
        out.end = end + 3;
      } else if (text_.is(end, "の") && text_.is(end + 1, "最") && text_.is(end + 2, "初") && text_.is(end + 3, "の") &&
                 text_.is(end + 4, "週")) {
        out.last.day = 7;
        out.end = end + 5;
      }
      while (m(out.end, C("whole")) > 0) out.end = m(out.end, C("whole"));
    }
    if (year > 0) {
      out.first.year = out.last.year = year;
      out.has_year = true;
    }
    check_day(out);
    return true;
  }

  // "2 December 2026", "December 2nd", "el 2 de diciembre", "December".
  bool parse_month_latin(int i, Mention& out) const {
    int end = -1;
    if (day_number(i) && !text_.is(i - 1, "$") && !(text_.is(i - 1, ":") && text_.is_number(i - 2))) {
      int at = i + 1;
      if (m(at, C("of")) > 0 && !text_.is(at, ",")) at = m(at, C("of"));
      const int month = month_at(at, end);
      if (month > 0 && !may_verb(at, true)) {
        set_day(out, month, static_cast<int>(text_.at(i).value));
        out.end = take_year(end, out);
        check_day(out);
        return true;
      }
      return false;
    }
    const int month = month_at(i, end);
    if (month == 0) return false;
    if (day_number(end) && !unit_follows(end + 1) && !(text_.is(end + 1, ":")) &&
        (lang_ == Lang::kEn || text_.at(end).ordinal || lang_ == Lang::kJa) &&
        (end + 1 >= text_.size() || m(end + 1, C("kpi_noun_any")) < 0)) {
      set_day(out, month, static_cast<int>(text_.at(end).value));
      out.end = take_year(end + 1, out);
      check_day(out);
      return true;
    }
    if (lang_ == Lang::kEn && text_.is(end, "the") && day_number(end + 1) && text_.at(end + 1).ordinal) {
      set_day(out, month, static_cast<int>(text_.at(end + 1).value));
      out.end = end + 2;
      return true;
    }
    if (may_verb(i, false)) return false;
    out.first = {0, month, 1};
    out.last = {0, month, days_in_month(2027, month)};
    out.day = false;
    out.end = take_year(end, out);
    if (out.has_year) out.last.day = days_in_month(out.first.year, month);
    return true;
  }
  // "may" and "march" are also verbs; "mar", "set", "out", "dec" too short to stand alone without a day.
  [[nodiscard]] bool may_verb(int i, bool with_day) const {
    const std::string& word = text_.at(i).text;
    if (with_day) return false;
    if (word == "out" || word == "ago" || word == "set") return true;
    if (word != "may" && word != "march" && word != "mar" && word != "mai") return false;
    if (word == "mai" || word == "mar") return false;
    if (i > 0 && (m(i - 1, C("on")) == i || m(i - 1, C("from")) == i || m(i - 1, C("until")) == i ||
                  m(i - 1, C("next")) == i || text_.is(i - 1, "and") || text_.is(i - 1, "early") ||
                  text_.is(i - 1, "late") || text_.is(i - 1, "mid") || text_.is(i - 1, "to")))
      return false;
    return !(text_.at(i).upper && i > 0) && !year_number(i + 1);
  }

  bool parse_slashed(int i, Mention& out) const {
    if (!day_number(i) || !text_.is(i + 1, "/") || !text_.is_number(i + 2)) return false;
    const int a = static_cast<int>(text_.at(i).value);
    const int b = static_cast<int>(text_.at(i + 2).value);
    if (b < 1 || b > 31) return false;
    int year = 0;
    out.end = i + 3;
    if (text_.is(i + 3, "/") && text_.is_number(i + 4)) {
      year = static_cast<int>(text_.at(i + 4).value);
      if (year < 100) year += 2000;
      out.end = i + 5;
    } else if (text_.is(i + 3, "%") || m(i + 3, C("split_word")) > 0) {
      return false;  // a 60/40 split
    }
    if (a > 12 && b > 12) return false;
    out.slashed = true;
    bool day_first = true;
    if (a > 12) day_first = true;
    else if (b > 12) day_first = false;
    else if (lang_ == Lang::kJa) day_first = false;
    else if (lang_ == Lang::kEn && a != b) out.ambiguous = true;
    out.month_first = !day_first;
    set_day(out, day_first ? b : a, day_first ? a : b);
    if (year > 0) {
      out.first.year = out.last.year = year;
      out.has_year = true;
    }
    check_day(out);
    return true;
  }

  bool parse_relative(int i, Mention& out) const {
    int end = -1;
    if (m(i, C("morning")) > 0) {
      if (lang_ == Lang::kEn) {
        set_span(out, add_days(today_, 1), add_days(today_, 1), m(i, C("morning")));
        return true;
      }
      return false;
    }
    if (i > 0 && (m(i - 1, C("morning")) > 0 || (i > 1 && m(i - 2, C("morning")) > i))) return false;
    if ((end = m(i, C("overmorrow"))) > 0) set_span(out, add_days(today_, 2), add_days(today_, 2), end);
    else if ((end = m(i, C("tomorrow"))) > 0) set_span(out, add_days(today_, 1), add_days(today_, 1), end);
    else if ((end = m(i, C("today"))) > 0 && m(end, C("tomorrow")) > 0)  // "já amanhã"
      set_span(out, add_days(today_, 1), add_days(today_, 1), end = m(end, C("tomorrow")));
    else if (end > 0) set_span(out, today_, today_, end);
    else if (relative_length(i, out)) return true;
    else return false;
    if (m(end, C("today")) > 0) out.end = m(end, C("today"));
    return true;
  }
  // "in two weeks", "two weeks from now", "next 10 days", "2週間後".
  bool relative_length(int i, Mention& out) const {
    int at = m(i, C("in_relative"));
    if (at > 0) {
      const Length length = length_at(at);
      if (length.days > 0 && !length.adjective && !(lang_ == Lang::kEn && text_.is(i, "within")) &&
          m(length.end, C("campaign_noun")) < 0) {
        set_span(out, add_days(today_, length.days), add_days(today_, length.days), length.end);
        out.in_length = true;
        if (m(out.end, C("from_now")) > 0) out.end = m(out.end, C("from_now"));
        else if (m(out.end, C("time_word")) > 0) out.end = m(out.end, C("time_word"));
        return true;
      }
    }
    at = i;
    const int next = m(i, C("next"));
    if (next > 0) {
      const Length length = length_at(next);
      if (length.days > 0 && text_.is_number(next)) {
        set_span(out, today_, add_days(today_, length.days - 1), length.end);
        return true;
      }
    }
    const Length length = length_at(i);
    if (length.days > 0 && m(length.end, C("from_now")) > 0 && !text_.is(length.end, "later")) {
      if (facts_.shift_days) return false;
      set_span(out, add_days(today_, length.days), add_days(today_, length.days), m(length.end, C("from_now")));
      return true;
    }
    return false;
  }

  bool parse_weekday(int i, Mention& out) const {
    int at = i;
    bool next_week = false;
    int end = m(at, C("next"));
    if (end > 0) at = end;
    else if ((end = m(at, C("this"))) > 0) at = end;
    if (lang_ == Lang::kJa && at != i) {
      if (text_.is(at, "週")) {
        next_week = text_.is(i, "来");
        ++at;
        if (text_.is(at, "の")) ++at;
      } else if (text_.is(at, "の")) ++at;
    }
    const int day = weekday_at(at, end);
    if (day < 0) return false;
    out.end = end;
    if (m(end, C("next")) > 0 && !(lang_ == Lang::kEn)) out.end = m(end, C("next"));
    else if (lang_ == Lang::kEn && m(end, C("next")) > 0 && m(m(end, C("next")), C("unit_week")) > 0) {
      next_week = true;
      out.end = m(m(end, C("next")), C("unit_week"));
    } else if (lang_ == Lang::kDe && m(end, C("next")) > 0) {
      out.end = m(end, C("next"));
    }
    Date date = coming(day);
    if (next_week) date = add_days(next_monday(), (day + 6) % 7);
    int month_end = -1;
    int rest = text_.is(out.end, ",") ? out.end + 1 : out.end;
    rest = skip(rest, C("article"), 1);
    if (text_.is(rest, "den") || text_.is(rest, "dem")) ++rest;
    Mention full;  // "Monday 7 December", "lundi 4 janvier", "Friday, December 4"
    if (rest < text_.size() && (day_number(rest) || month_at(rest, month_end) > 0) && parse_month_latin(rest, full) &&
        full.day) {
      out = full;
      return true;
    }
    if (weekday_with_day(rest, day, out)) return true;
    set_span(out, date, date, out.end);
    out.weekday = true;
    return true;
  }
  // "el miércoles 16", "Wednesday the 16th", "Mittwoch, der 26.": the next such day on which both are true.
  bool weekday_with_day(int rest, int day, Mention& out) const {
    if (lang_ == Lang::kPt && text_.is(rest, "dia")) ++rest;
    if (lang_ == Lang::kJa || !day_number(rest) || (lang_ == Lang::kEn && !text_.at(rest).ordinal)) return false;
    const bool alone =
        text_.at(rest).ordinal || m(rest + 1, C("correction")) > 0 || text_.is(rest + 1, ".") || ends_clause(rest + 1);
    if (!alone || unit_follows(rest + 1) || text_.is(rest + 1, ":") || text_.is(rest + 1, "/")) return false;
    const int number = static_cast<int>(text_.at(rest).value);
    for (int ahead = 0; ahead < 92; ++ahead) {
      const Date date = add_days(today_, ahead);
      if (date.day != number || weekday(date) != day) continue;
      set_span(out, date, date, rest + 1);
      return true;
    }
    return false;
  }

  [[nodiscard]] int skip_back(int i) const { return i > 0 && m(i - 1, C("article")) == i ? i - 1 : i; }
  [[nodiscard]] bool ends_clause(int i) const {
    return i >= text_.size() || text_.at(i).kind == TokenKind::kPunct ||
           text_.at(i).sentence != text_.at(i - 1).sentence || m(i, C("and")) > 0;
  }
  // "until the 10th", "jusqu'au 20" in a later turn, or behind a date of the same text: a day of the month the schedule
  // is in, or of the next one.
  bool parse_bare_day(int i, Mention& out) const {
    const std::optional<Date>& anchor = anchor_ ? anchor_ : said_;
    if (!anchor || !day_number(i) || i == 0) return false;
    const bool led_to = match_before(text_, skip_back(i), lang_, C("until")) >= 0 ||
                        (text_.at(i).ordinal && match_before(text_, skip_back(i), lang_, C("on_day")) >= 0);
    if (!anchor_ && !(led_to && ends_clause(i + 1))) return false;
    static constexpr std::array<std::string_view, 12> leads = {"am", "ab",  "the", "el",  "al",  "au",
                                                               "le", "zum", "den", "dem", "dia", "o"};
    const bool led =
        std::any_of(leads.begin(), leads.end(), [&](std::string_view word) { return text_.is(i - 1, word); });
    int month_end = -1;
    if (lang_ == Lang::kJa) {
      if (!text_.is(i + 1, "日") || !(text_.is(i + 2, "ま") || text_.is(i + 2, "か"))) return false;
    } else if ((!led && !text_.at(i).ordinal) || unit_follows(i + 1) || month_at(i + 1, month_end) > 0 ||
               text_.is(i + 1, "/") || m(i + 1, C("kpi_noun_any")) > 0) {
      return false;
    }
    Date day{anchor->year, anchor->month, static_cast<int>(text_.at(i).value)};
    const bool ends = match_before(text_, skip_back(i), lang_, C("until")) >= 0;  // an end lies behind the start
    if ((day < *anchor && (ends || day <= today_)) && ++day.month > 12) day.month = 1, ++day.year;
    if (day.day > days_in_month(day.year, day.month)) return false;
    set_span(out, day, day, lang_ == Lang::kJa ? i + 2 : i + 1);
    return true;
  }

  // "the week of December 7", "semana del 7 de diciembre", "Woche vom 7. Dezember".
  bool parse_week_of(int i, Mention& out) const {
    int at = m(i, C("unit_week"));
    if (at < 0 || lang_ == Lang::kJa) return false;
    at = m(at, C("week_of"));
    if (at < 0) return false;
    at = skip(at, C("article"), 1);
    Mention day;
    if (at >= text_.size() || !(parse_literal(at, day) || parse_month_latin(at, day)) || !day.day || day.impossible)
      return false;
    const Date date = coming_year(day.first);
    const Date monday = add_days(date, -((weekday(date) + 6) % 7));
    set_span(out, monday, add_days(monday, 6), day.end);
    return true;
  }
};

}  // namespace spreaders::planners::rules
