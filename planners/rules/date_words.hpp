// What the date rules are made of: months, weekdays and lengths at a token, and the dates found so far. Internal to
// dates.cpp; date_parser.hpp builds on it.
#pragma once

#include <algorithm>
#include <array>

#include "planners/rules/dates.hpp"

namespace spreaders::planners::rules {

enum class Role { kNone, kFrom, kUntil, kOn };

struct Mention {
  int begin = 0;
  int end = 0;
  Date first{0, 0, 0};  // year 0: not said
  Date last{0, 0, 0};
  bool has_year = false;
  bool day = true;    // one day, not a week, month or season
  bool weak = false;  // a holiday or season that may be part of a product's name
  bool impossible = false;
  bool ambiguous = false;
  bool slashed = false;      // 12/20
  bool month_first = false;  // 12/20 read as 20 December
  bool range = false;
  bool weekday = false;     // named by its weekday alone
  bool loose = false;       // "email them about the gala on 2 December": the day may be that of the mail
  bool event = false;       // the day of a named event: "the open day on 12 December"
  bool send = false;        // said to be the day of sending
  bool own_day = false;     // "SMS on Cyber Monday": a holiday said as the day itself
  bool in_length = false;   // "in two weeks": a length where another start is said
  bool taken_back = false;  // "not the 5th"
  bool urgent = false;      // "right away": gives way to a day that is said
  bool trade_day = false;   // Black Friday and the like: a day even as part of a name
  Role role = Role::kNone;
};

class DateWords {
 public:
  DateWords(const Text& text, Lang lang, Date today, std::string_view country, std::optional<Date> anchor)
      : text_(text), lang_(lang), today_(today), country_(country), anchor_(anchor) {
    facts_.used.assign(static_cast<size_t>(text.size()), false);
    facts_.window.assign(static_cast<size_t>(text.size()), false);
  }

 protected:
  const Text& text_;
  Lang lang_;
  Date today_;
  std::string_view country_;
  std::optional<Date> anchor_;
  std::optional<Date> said_;  // the day last read in this text: "from 1 December, finish on the 18th"
  DateFacts facts_;

  [[nodiscard]] int m(int i, ClassId id) const { return match(text_, i, lang_, id); }
  [[nodiscard]] bool used(int i) const { return i >= 0 && i < text_.size() && facts_.used[static_cast<size_t>(i)]; }
  void use(int begin, int end) {
    for (int i = std::max(begin, 0); i < end && i < text_.size(); ++i) facts_.used[static_cast<size_t>(i)] = true;
  }
  [[nodiscard]] int skip(int i, ClassId id, int most = 2) const {
    for (; most > 0; --most) {
      const int end = m(i, id);
      if (end < 0) break;
      i = end;
    }
    return i;
  }
  [[nodiscard]] int month_at(int i, int& end) const {
    if (lang_ == Lang::kJa) {
      if (text_.is_number(i) && text_.is(i + 1, "月") && text_.at(i).value >= 1 && text_.at(i).value <= 12) {
        end = i + 2;
        return static_cast<int>(text_.at(i).value);
      }
    }
    static const std::array<ClassId, 12> ids = [] {
      std::array<ClassId, 12> out{};
      for (int k = 0; k < 12; ++k) out[static_cast<size_t>(k)] = class_id("month" + std::to_string(k + 1));
      return out;
    }();
    for (int k = 0; k < 12; ++k) {
      end = m(i, ids[static_cast<size_t>(k)]);
      if (end < 0 && lang_ != Lang::kEn) end = english_month(i, ids[static_cast<size_t>(k)]);
      if (end > 0) return k + 1;
    }
    const int month = misspelt(i, month_names());
    if (month > 0) end = i + 1;
    return std::max(month, 0);
  }
  struct LongName {
    std::string_view name;
    int number;
  };
  // Long enough that one slip still names them.
  [[nodiscard]] static const std::vector<LongName>& month_names() {
    static const std::vector<LongName> names = {
        {"january", 1},  {"february", 2},  {"september", 9},  {"october", 10},   {"november", 11},  {"december", 12},
        {"febrero", 2},  {"octubre", 10},  {"septiembre", 9}, {"noviembre", 11}, {"diciembre", 12}, {"janvier", 1},
        {"fevrier", 2},  {"juillet", 7},   {"septembre", 9},  {"octobre", 10},   {"novembre", 11},  {"decembre", 12},
        {"februar", 2},  {"oktober", 10},  {"dezember", 12},  {"janeiro", 1},    {"fevereiro", 2},  {"setembro", 9},
        {"outubro", 10}, {"novembro", 11}, {"dezembro", 12}};
    return names;
  }
  [[nodiscard]] static const std::vector<LongName>& weekday_names() {
    static const std::vector<LongName> names = {{"tuesday", 2},  {"wednesday", 3}, {"thursday", 4},  {"saturday", 6},
                                                {"viernes", 5},  {"miercoles", 3}, {"mercredi", 3},  {"vendredi", 5},
                                                {"dimanche", 0}, {"sonntag", 0},   {"dienstag", 2},  {"mittwoch", 3},
                                                {"freitag", 5},  {"samstag", 6},   {"donnerstag", 4}};
    return names;
  }
  // Decmber, janurary, Thurdsay: the number of the name that is one slip away, or -1.
  [[nodiscard]] int misspelt(int i, const std::vector<LongName>& names) const {
    if (lang_ == Lang::kJa || i < 0 || i >= text_.size() || text_.at(i).kind != TokenKind::kWord) return -1;
    const std::string& word = text_.at(i).text;
    if (word.size() < 6 || word == "ferrero") return -1;
    for (const auto& [name, number] : names) {
      const bool same_head = word[0] == name[0] || word[1] == name[0];
      if (same_head && word != name && within_one_edit(word, name)) return number;
    }
    return -1;
  }
  [[nodiscard]] int english_month(int i, ClassId id) const {
    return i < text_.size() && text_.at(i).text.size() >= 6 ? match(text_, i, Lang::kEn, id) : -1;
  }
  // "Aprilhälfte": the month in it, or 0.
  [[nodiscard]] int german_half(int i) const {
    if (lang_ != Lang::kDe || i < 0 || i >= text_.size() || !text_.at(i).text.ends_with("halfte") ||
        text_.at(i).text.size() < 8)
      return 0;
    Text alone;
    alone.tokens = {text_.at(i)};
    alone.tokens[0].text.resize(alone.tokens[0].text.size() - 6);
    for (int month = 1; month <= 12; ++month) {
      if (match(alone, 0, lang_, class_id("month" + std::to_string(month))) > 0) return month;
    }
    return 0;
  }
  // "fri to sun": a short name is a day beside another.
  [[nodiscard]] bool beside_weekday(int i) const {
    static constexpr std::array<std::string_view, 8> names = {"mon",   "tue", "tues",   "thu",
                                                              "thurs", "fri", "friday", "thursday"};
    const auto is_day = [&](int k) {
      return k >= 0 &&
             std::any_of(names.begin(), names.end(), [&](std::string_view name) { return text_.is(k, name); });
    };
    return is_day(i - 2) || is_day(i + 2);
  }
  [[nodiscard]] int weekday_at(int i, int& end) const {
    static const std::array<ClassId, 7> ids = [] {
      std::array<ClassId, 7> out{};
      for (int k = 0; k < 7; ++k) out[static_cast<size_t>(k)] = class_id("day" + std::to_string(k));
      return out;
    }();
    for (int k = 0; k < 7; ++k) {
      end = m(i, ids[static_cast<size_t>(k)]);
      if (end > 0) {
        if (lang_ == Lang::kJa && text_.is(end, "日")) ++end;
        const std::string& word = text_.at(i).text;
        // "sun" and "sat" are also words; "segunda semana" is an ordinal.
        if (lang_ == Lang::kEn && (word == "sun" || word == "sat" || word == "wed") && !text_.at(i).upper &&
            !beside_weekday(i))
          return -1;
        if (lang_ == Lang::kPt && end == i + 1 &&
            (m(end, C("unit_week")) > 0 || m(end, C("half")) > 0 || text_.is(end, "mao")))
          return -1;
        return k;
      }
    }
    const int day = misspelt(i, weekday_names());
    if (day >= 0) end = i + 1;
    return day;
  }

  // "10 days", "a week", "two weeks"; days = 0 when there is none.
  struct Length {
    int days = 0;
    int end = -1;
    bool adjective = false;
  };
  [[nodiscard]] Length length_at(int i) const {
    Length out;
    double count = 0;
    int at = i;
    if (text_.is_number(i) && !text_.at(i).ordinal) {
      count = text_.at(i).value;
      at = i + 1;
    } else {
      at = m(i, C("one_article"));
      if (at < 0) return out;
      count = 1;
    }
    if (count <= 0 || count > 730) return out;
    at = skip(at, C("length_filler"), 1);
    struct Unit {
      ClassId id;
      double days;
    };
    const std::array<Unit, 5> units = {{{C("unit_day"), 1},
                                        {C("unit_week"), 7},
                                        {C("unit_fortnight"), 14},
                                        {C("unit_month"), 30},
                                        {C("unit_hour"), 1.0 / 24}}};
    for (const Unit& unit : units) {
      const int end = m(at, unit.id);
      if (end < 0) continue;
      if (lang_ == Lang::kJa && unit.days == 1 && text_.is(at, "日") && end == at + 1 && text_.is(at + 1, "か"))
        return out;
      out.days = static_cast<int>(count * unit.days + 0.999);
      if (unit.days < 1 && count < 12) return {};
      out.end = end;
      const std::string& word = text_.at(at).text;
      out.adjective = lang_ == Lang::kEn && (word == "day" || word == "week" || word == "month" || word == "hour") &&
                      (count > 1 || !text_.at(at).space_before);
      if (lang_ == Lang::kEn && count == 1 && text_.at(at).start == text_.at(i).end + 1 &&
          text_.original[text_.at(i).end] == '-')
        out.adjective = true;
      return out;
    }
    return out;
  }

  [[nodiscard]] bool day_number(int i) const {
    return text_.is_number(i) && !text_.at(i).decimal && text_.at(i).value >= 1 && text_.at(i).value <= 31 &&
           text_.at(i).value == static_cast<int>(text_.at(i).value);
  }

  [[nodiscard]] bool unit_follows(int i) const {
    return i < text_.size() &&
           (text_.is(i, "%") || m(i, C("currency_word")) > 0 || text_.at(i).kind == TokenKind::kSymbol ||
            m(i, C("unit_year")) > 0 || m(i, C("unit_day")) > 0 || m(i, C("unit_week")) > 0);
  }

  [[nodiscard]] bool year_number(int i) const {
    return text_.is_number(i) && text_.at(i).value >= 2020 && text_.at(i).value <= 2100 &&
           text_.at(i).end - text_.at(i).start == 4;
  }
  int take_year(int i, Mention& out) const {
    int at = i;
    if (text_.is(at, ",") && year_number(at + 1)) ++at;
    else if (lang_ != Lang::kEn && m(at, C("of")) > 0 && year_number(m(at, C("of")))) at = m(at, C("of"));
    if (!year_number(at)) return i;
    out.first.year = out.last.year = static_cast<int>(text_.at(at).value);
    out.has_year = true;
    return at + 1;
  }

  void set_day(Mention& out, int month, int day) const {
    out.first = out.last = {0, month, day};
    out.day = true;
  }
  void check_day(Mention& out) const {
    const int year = out.first.year == 0 ? 2028 : out.first.year;
    if (out.first.day > days_in_month(year, out.first.month)) out.impossible = true;
  }
  void set_span(Mention& out, Date first, Date last, int end) const {
    out.first = first;
    out.last = last;
    out.has_year = true;
    out.day = first == last;
    out.end = end;
  }
};

}  // namespace spreaders::planners::rules
