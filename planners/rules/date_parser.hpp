// One date expression at a token: literal dates, months, weekdays, relative words, periods, quarters, seasons and
// holidays of the six languages. Internal to dates.cpp, which joins them to a schedule.
#pragma once

#include "planners/rules/date_words.hpp"

namespace spreaders::planners::rules {

class DateParser : public DateWords {
 public:
  using DateWords::DateWords;

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
    else if ((end = m(i, C("today"))) > 0) set_span(out, today_, today_, end);
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

  [[nodiscard]] Date coming(int day) const {  // the next such weekday after today
    const int ahead = (day - weekday(today_) + 6) % 7 + 1;
    return add_days(today_, ahead);
  }
  [[nodiscard]] Date next_monday() const { return coming(1); }

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
    set_span(out, date, date, out.end);
    out.weekday = true;
    return true;
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
    if (day < *anchor && ++day.month > 12) day.month = 1, ++day.year;
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
