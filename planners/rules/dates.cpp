#include "planners/rules/dates.hpp"

#include <algorithm>
#include <array>

namespace spreaders::planners::rules {
namespace {

enum class Role { kNone, kFrom, kUntil, kOn };

struct Mention {
  int begin = 0;
  int end = 0;
  Date first{0, 0, 0};  // year 0: not said
  Date last{0, 0, 0};
  bool has_year = false;
  bool day = true;   // one day, not a week, month or season
  bool weak = false; // a holiday or season that may be part of a product's name
  bool impossible = false;
  bool ambiguous = false;
  bool range = false;
  Role role = Role::kNone;
};

constexpr int kSpanSuspicious_days = 300;

class Reader {
 public:
  Reader(const Text& text, Lang lang, Date today, std::string_view country)
      : text_(text), lang_(lang), today_(today), country_(country) {
    facts_.used.assign(static_cast<size_t>(text.size()), false);
    facts_.window.assign(static_cast<size_t>(text.size()), false);
  }

  DateFacts run() {
    find_windows();
    find_shifts();
    for (int i = 0; i < text_.size();) i = read_mention(i);
    find_lengths();
    drop_corrected();
    resolve();
    return std::move(facts_);
  }

 private:
  const Text& text_;
  Lang lang_;
  Date today_;
  std::string_view country_;
  DateFacts facts_;
  std::vector<Mention> mentions_;
  int length_at_ = -1;  // token of the accepted length

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
    if (lang_ != Lang::kJa && i < text_.size() && text_.at(i).text.size() >= 7) {  // Decmber, janurary
      static constexpr std::array<std::string_view, 7> names = {"january", "february", "september", "october", "november", "december", ""};
      static constexpr std::array<int, 6> numbers = {1, 2, 9, 10, 11, 12};
      for (size_t k = 0; k < numbers.size(); ++k) {
        if (within_one_edit(text_.at(i).text, names[k])) {
          end = i + 1;
          return numbers[k];
        }
      }
    }
    return 0;
  }
  [[nodiscard]] int english_month(int i, ClassId id) const {
    return i < text_.size() && text_.at(i).text.size() >= 6 ? match(text_, i, Lang::kEn, id) : -1;
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
        if (lang_ == Lang::kEn && (word == "sun" || word == "sat" || word == "wed") && !text_.at(i).upper) return -1;
        if (lang_ == Lang::kPt && end == i + 1 && (m(end, C("unit_week")) > 0 || m(end, C("half")) > 0 || text_.is(end, "mao"))) return -1;
        return k;
      }
    }
    return -1;
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
    const std::array<Unit, 5> units = {{{C("unit_day"), 1}, {C("unit_week"), 7}, {C("unit_fortnight"), 14}, {C("unit_month"), 30}, {C("unit_hour"), 1.0 / 24}}};
    for (const Unit& unit : units) {
      const int end = m(at, unit.id);
      if (end < 0) continue;
      if (lang_ == Lang::kJa && unit.days == 1 && text_.is(at, "日") && end == at + 1 && text_.is(at + 1, "か")) return out;
      out.days = static_cast<int>(count * unit.days + 0.999);
      if (unit.days < 1 && count < 12) return {};
      out.end = end;
      const std::string& word = text_.at(at).text;
      out.adjective = lang_ == Lang::kEn && (word == "day" || word == "week" || word == "month" || word == "hour") && (count > 1 || !text_.at(at).space_before);
      if (lang_ == Lang::kEn && count == 1 && text_.at(at).start == text_.at(i).end + 1 && text_.original[text_.at(i).end] == '-') out.adjective = true;
      return out;
    }
    return out;
  }

  // Look-back windows and filters: "last 90 days", "in 6 months", "hace 3 meses", "過去30日".
  void find_windows() {
    for (int i = 0; i < text_.size(); ++i) {
      int end = -1;
      int begin = i;
      int at = m(i, C("last"));
      if (at > 0) {
        const Length length = length_at(at);
        int unit_end = -1;
        if (length.days > 0) {
          end = length.end;
        } else if (text_.is_number(at)) {
          unit_end = m(at + 1, C("unit_year"));
          end = unit_end;
        } else if (lang_ == Lang::kEn) {
          int month_end = -1;
          if (m(at, C("unit_week")) > 0 && m(m(at, C("unit_week")), C("of")) < 0) end = m(at, C("unit_week"));
          else if (m(at, C("unit_month")) > 0) end = m(at, C("unit_month"));
          else if (m(at, C("unit_year")) > 0 || text_.is(at, "years")) end = at + 1;
          else if (month_at(at, month_end) > 0 && text_.at(i).text != "final") end = month_end;
          else if (weekday_at(at, month_end) >= 0) end = month_end;
          else if (const HolidayHit hit = holiday_at(text_, at, today_, lang_, country_); hit.end > 0) end = hit.end;
          else if (m(at, C("spring")) > 0 || m(at, C("summer")) > 0 || m(at, C("autumn")) > 0 || m(at, C("winter")) > 0) end = at + 1;
        }
      } else if ((at = m(i, C("since_for"))) > 0) {
        const Length length = length_at(at);
        if (length.days > 0 && (lang_ != Lang::kDe || !text_.is(i, "mehr") || true)) end = length.end;
        else if (text_.is_number(at) && m(at + 1, C("unit_year")) > 0) end = m(at + 1, C("unit_year"));
      } else if (const Length length = length_at(i); length.days > 0) {
        if (m(length.end, C("ago")) > 0 && !shift_word(length.end)) end = m(length.end, C("ago"));
        else if (lapsed_before(i)) end = length.end;
        else if (m(length.end, C("last")) > 0 && lang_ != Lang::kJa) end = m(length.end, C("last"));  // "semana pasada"
      } else if (text_.is(i, "since") && lang_ == Lang::kEn && lapsed_before(i)) {
        int month_end = -1;
        if (month_at(i + 1, month_end) > 0) end = month_end;
      } else if (m(i, C("unit_week")) > 0 || m(i, C("unit_month")) > 0 || m(i, C("unit_year")) > 0) {
        int unit_end = std::max({m(i, C("unit_week")), m(i, C("unit_month")), m(i, C("unit_year"))});
        if (lang_ != Lang::kEn && lang_ != Lang::kJa && m(unit_end, C("last")) > 0 && m(unit_end, C("next")) < 0) end = m(unit_end, C("last"));
      }
      if (end > i) {
        while (begin > 0 && (m(begin - 1, C("window_in")) == begin || m(begin - 1, C("article")) == begin)) --begin;
        for (int k = begin; k < end; ++k) facts_.window[static_cast<size_t>(k)] = true;
        use(begin, end);
        i = end - 1;
      }
    }
  }
  [[nodiscard]] bool shift_word(int i) const { return m(i, C("later_shift")) > 0 || text_.is(i, "earlier"); }
  // "haven't ordered in 60 days": the length belongs to the filter.
  [[nodiscard]] bool lapsed_before(int i) const {
    const int sentence = text_.at(i).sentence;
    for (int k = i - 1; k >= 0 && k >= i - 9; --k) {
      if (text_.at(k).sentence != sentence || text_.is(k, ",")) return false;
      if (m(k, C("lapsed")) > 0) return true;
    }
    return false;
  }

  // "a week later", "push it back by two weeks", "three days longer".
  void find_shifts() {
    for (int i = 0; i < text_.size(); ++i) {
      const Length length = length_at(i);
      if (length.days == 0 || used(i)) continue;
      bool later = false, earlier = false, longer = false, shorter = false;
      for (int k = std::max(0, i - 6); k < std::min(text_.size(), length.end + 3); ++k) {
        if (text_.at(k).sentence != text_.at(i).sentence) continue;
        if (k >= i && k < length.end && m(k, C("length_filler")) < 0) continue;
        const bool near = k >= length.end - 1;
        later = later || m(k, C("later_shift")) > 0;
        earlier = earlier || m(k, C("earlier_shift")) > 0;
        longer = longer || (m(k, C("longer")) > 0 && (near || k >= i || !text_.is(k, "mas")));
        shorter = shorter || (m(k, C("shorter")) > 0 && near);
        if (m(k, C("strong_shift")) > 0) facts_.shift_whole = true;
      }
      if (later || earlier) {
        facts_.shift_days = earlier ? -length.days : length.days;
        use(i, length.end);
      } else if (longer || shorter) {
        facts_.lengthen_days = shorter ? -length.days : length.days;
        shift_span_ = {i, length.end};
      }
    }
  }
  std::pair<int, int> shift_span_{-1, -1};

  int read_mention(int i) {
    if (used(i)) return i + 1;
    Mention found;
    if (!parse_range(i, found) && !parse_at(i, found)) return i + 1;
    found.begin = i;
    find_role(found);
    if (!found.range) parse_tail(found);
    use(found.begin, found.end);
    mentions_.push_back(found);
    return found.end;
  }

  [[nodiscard]] int to_at(int i) const {
    int end = m(i, C("range_to"));
    if (end < 0) return -1;
    end = skip(end, C("article"), 1);
    if (lang_ == Lang::kPt && text_.is(end, "dia")) ++end;
    return end;
  }

  [[nodiscard]] bool day_number(int i) const {
    return text_.is_number(i) && !text_.at(i).decimal && text_.at(i).value >= 1 && text_.at(i).value <= 31 && text_.at(i).value == static_cast<int>(text_.at(i).value);
  }

  // "1 to 20 December", "1.-15. Januar", "5th to the 9th".
  bool parse_range(int i, Mention& out) const {
    if (!day_number(i)) return false;
    if (i > 0 && (text_.at(i - 1).kind == TokenKind::kSymbol || text_.is(i - 1, "/") || text_.is(i - 1, ":") || text_.is(i - 1, "-"))) return false;
    const int next = to_at(i + 1);
    if (next < 0 || next >= text_.size()) return false;
    Mention second;
    const int first_day = static_cast<int>(text_.at(i).value);
    if (day_number(next) && parse_at(next, second) && second.day && !second.ambiguous && second.first.month > 0 && second.first.day > 0) {
      if (!second.has_year || second.first.year > 0) {
        out = second;
        out.first.day = first_day;
        out.range = true;
        if (first_day > days_in_month(second.first.year == 0 ? 2028 : second.first.year, second.first.month)) out.impossible = true;
        return true;
      }
    }
    const bool ordinals = day_number(next) && text_.at(i).ordinal && text_.at(next).ordinal;
    const bool marked = day_number(next) && i > 0 && lang_ != Lang::kEn && (text_.is(i - 1, "del") || text_.is(i - 1, "du") || text_.is(i - 1, "vom"));
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

  [[nodiscard]] bool unit_follows(int i) const {
    return i < text_.size() && (text_.is(i, "%") || m(i, C("currency_word")) > 0 || text_.at(i).kind == TokenKind::kSymbol || m(i, C("unit_year")) > 0 || m(i, C("unit_day")) > 0 || m(i, C("unit_week")) > 0);
  }

  // The second half of a range: "... to 20 December", "December 1-14".
  void parse_tail(Mention& found) {
    if (lang_ == Lang::kFr && found.role == Role::kNone && text_.is(found.end, "a") && !text_.is_number(found.end + 1) ) {
      int month_end = -1;
      if (month_at(found.end + 1, month_end) == 0) return;
    }
    const int next = to_at(found.end);
    if (next < 0 || next >= text_.size() || used(next)) return;
    Mention second;
    if (parse_at(next, second)) {
      if (lang_ != Lang::kJa && m(found.end, C("and")) > 0 && found.role != Role::kFrom) return;  // "Monday and Tuesday"
      found.last = second.last;
      join_ranges(found, second);
      return;
    }
    if (day_number(next) && found.day && found.first.month > 0 && !unit_follows(next + 1) && !text_.is(next + 1, "/")) {
      if (lang_ == Lang::kJa && !text_.is(next + 1, "日")) return;
      if (text_.at(next).kind == TokenKind::kNumber && next + 1 < text_.size() && m(next + 1, C("kpi_noun_any")) > 0) return;
      const int day = static_cast<int>(text_.at(next).value);
      if (m(found.end, C("and")) > 0 && found.role != Role::kFrom) return;
      found.last = {found.first.year, found.first.month, day};
      if (day > days_in_month(found.first.year == 0 ? 2028 : found.first.year, found.first.month)) found.impossible = true;
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
  void join_ranges(Mention& found, const Mention& second) const {
    found.range = true;
    found.end = second.end;
    found.impossible = found.impossible || second.impossible;
    found.ambiguous = found.ambiguous || second.ambiguous;
    Date& a = found.first;
    Date& b = found.last;
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

  [[nodiscard]] bool year_number(int i) const {
    return text_.is_number(i) && text_.at(i).value >= 2020 && text_.at(i).value <= 2100 && text_.at(i).end - text_.at(i).start == 4;
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

  bool parse_at(int i, Mention& out) const {
    if (i >= text_.size()) return false;
    return parse_literal(i, out) || parse_japanese(i, out) || parse_part_of_month(i, out) || parse_month(i, out) || parse_slashed(i, out) ||
           parse_relative(i, out) || parse_weekday(i, out) || parse_period(i, out) || parse_holiday(i, out);
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
      else if (text_.is(end, "末")) out.first.day = out.last.day, out.day = true, ++out.end;
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
      } else if (text_.is(end, "の") && text_.is(end + 1, "最") && text_.is(end + 2, "初") && text_.is(end + 3, "の") && text_.is(end + 4, "週")) {
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
  bool parse_month(int i, Mention& out) const {
    if (lang_ == Lang::kJa) return parse_month_latin(i, out);
    return parse_month_latin(i, out);
  }
  bool parse_month_latin(int i, Mention& out) const {
    int end = -1;
    if (day_number(i) && !(i > 0 && (text_.is(i - 1, "$") || text_.is(i - 1, ":")))) {
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
    if (day_number(end) && !unit_follows(end + 1) && !(text_.is(end + 1, ":")) && (lang_ == Lang::kEn || text_.at(end).ordinal || lang_ == Lang::kJa) &&
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
    if (i > 0 && (m(i - 1, C("on")) == i || m(i - 1, C("from")) == i || m(i - 1, C("until")) == i || m(i - 1, C("next")) == i || text_.is(i - 1, "and") || text_.is(i - 1, "early") || text_.is(i - 1, "late") || text_.is(i - 1, "mid") || text_.is(i - 1, "to"))) return false;
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
    bool day_first = true;
    if (a > 12) day_first = true;
    else if (b > 12) day_first = false;
    else if (lang_ == Lang::kJa) day_first = false;
    else if (lang_ == Lang::kEn && a != b) out.ambiguous = true;
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
      if (length.days > 0 && !length.adjective && !(lang_ == Lang::kEn && text_.is(i, "within")) && m(length.end, C("campaign_noun")) < 0) {
        set_span(out, add_days(today_, length.days), add_days(today_, length.days), length.end);
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
        next_week = text_.is(i, "来") ;
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
    if (rest < text_.size() && (day_number(rest) || month_at(rest, month_end) > 0) && parse_month_latin(rest, full) && full.day) {
      out = full;
      return true;
    }
    set_span(out, date, date, out.end);
    return true;
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
    else if (end > 0 && at != i && m(i, C("next")) > 0) number = (today_.month - 1) / 3 + 2 > 4 ? 1 : (today_.month - 1) / 3 + 2;
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
      const bool marked = at != i || (i > 0 && (text_.is(i - 1, "in") || text_.is(i - 1, "during") || text_.is(i - 1, "all") || text_.is(i - 1, "en") || text_.is(i - 1, "im") || text_.is(i - 1, "au")));
      if (!marked || m(end, C("campaign_noun")) > 0) return false;
      const bool south = country_ == "AU" || country_ == "NZ" || country_ == "BR" || country_ == "AR" || country_ == "CL";
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
    if (nth == 0 && text_.is_number(i) && text_.at(i).ordinal && text_.at(i).value <= 4) nth = static_cast<int>(text_.at(i).value), at = i + 1;
    const bool last = nth == 0 && (at = m(i, C("last_ord"))) > 0;
    if (nth > 0 || last) {
      const int two = text_.is_number(at) && text_.at(at).value == 2 ? 2 : 1;
      if (two == 2) ++at;
      const bool week = (end = m(at, C("unit_week"))) > 0;
      const bool weekend = !week && (end = m(at, C("weekend"))) > 0;
      const bool half = !week && !weekend && (end = m(at, C("half"))) > 0;
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
    at = skip(at, C("month_filler"), 2);
    int month = month_at(at, month_end);
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
  [[nodiscard]] int next_year_of(int month) const { return month < today_.month ? today_.year + 1 : today_.year; }

  bool parse_holiday(int i, Mention& out) const {
    HolidayHit hit = holiday_at(text_, i, today_, lang_, country_);
    if (hit.end < 0) return false;
    out.weak = true;
    set_span(out, hit.first, hit.last, hit.end);
    if (m(hit.end, C("weekend")) > 0) {  // Black Friday weekend
      const int day = weekday(hit.first);
      const Date saturday = day == 0 ? add_days(hit.first, -1) : add_days(hit.first, 6 - day);
      set_span(out, std::min(hit.first, saturday), std::max(add_days(saturday, 1), hit.first), m(hit.end, C("weekend")));
      out.weak = false;
    } else if (m(hit.end, C("unit_week")) > 0) {  // Thanksgiving week
      const Date monday = add_days(hit.first, -((weekday(hit.first) + 6) % 7));
      set_span(out, monday, add_days(monday, 6), m(hit.end, C("unit_week")));
      out.weak = false;
    }
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {  // "the week before Christmas", "week of Thanksgiving"
      if (m(k, C("unit_week")) != k + 1) continue;
      if (text_.is(k + 1, "before") || text_.is(k + 1, "avant") || text_.is(k + 1, "vor") || text_.is(k + 1, "antes") || text_.is(k + 1, "anterior") || text_.is(k + 1, "leading")) {
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

  void find_role(Mention& found) {
    int at = found.begin;
    if (lang_ == Lang::kJa) {
      const int end = found.end;
      if (text_.is(end, "か") && text_.is(end + 1, "ら")) found.role = Role::kFrom;
      else if (text_.is(end, "よ") && text_.is(end + 1, "り")) found.role = Role::kFrom;
      else if (text_.is(end, "開") || text_.is(end, "ス")) found.role = Role::kFrom;
      else if (text_.is(end, "ま") && text_.is(end + 1, "で")) found.role = Role::kUntil;
      else if (text_.is(end, "に") || text_.is(end, "の") || text_.is(end, "、")) found.role = Role::kOn;
      return;
    }
    for (int guard = 0; guard < 4; ++guard) {
      int begin = match_before(text_, at, lang_, C("from"));
      if (begin >= 0 && lang_ != Lang::kEn && !found.day && m(begin, C("month_filler")) > 0 && (match_before(text_, begin, lang_, C("unit_month")) >= 0 || match_before(text_, begin, lang_, C("whole")) >= 0)) {
        found.role = Role::kOn;  // "le mois de janvier"
        return;
      }
      if (begin >= 0) {
        found.role = Role::kFrom;
        // "after Christmas" starts the day after; "5 de diciembre" was consumed before.
        if (lang_ == Lang::kEn && text_.is(begin, "after") && found.day && found.has_year) found.first = found.last = add_days(found.first, 1);
        return;
      }
      begin = match_before(text_, at, lang_, C("until"));
      if (begin >= 0 && moved(begin)) {
        found.role = Role::kOn;
        return;
      }
      if (begin >= 0) {
        found.role = Role::kUntil;
        return;
      }
      begin = match_before(text_, at, lang_, C("on"));
      if (begin < 0) begin = match_before(text_, at, lang_, C("article"));
      if (begin < 0 && at > 0 && (text_.is(at - 1, ":") || text_.is(at - 1, "dia") || text_.is(at - 1, "morning") || text_.is(at - 1, "evening"))) begin = at - 1;
      if (begin < 0) return;
      found.role = Role::kOn;
      at = begin;
    }
  }

  // "move it to 10 December": the day itself, not the end.
  [[nodiscard]] bool moved(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 5 && text_.at(k).sentence == text_.at(i).sentence; --k) {
      if (m(k, C("move_word")) > 0) return true;
    }
    return false;
  }

  void find_lengths() {
    for (int i = 0; i < text_.size(); ++i) {
      if (used(i) || (i >= shift_span_.first && i < shift_span_.second)) continue;
      const Length length = length_at(i);
      if (length.days == 0) continue;
      const int next = length.end;
      bool reject = m(next, C("length_stop_after")) > 0 || match_before(text_, i, lang_, C("length_stop_before")) >= 0;
      if (text_.is_number(i - 1) || text_.is(i - 1, "/")) reject = true;
      if (i > 0 && (m(i - 1, C("currency_word")) == i)) reject = true;  // "25 euros al dia"
      if (m(i, C("one_article")) > 0 && !text_.is_number(i)) {
        // "$300 a week" is a period; "for a week" is a length.
        const bool marked = i > 0 && (m(i - 1, C("length_mark")) == i);
        reject = reject || !marked;
      }
      if (length.adjective || (i > 0 && m(i - 1, C("length_mark")) != i && text_.is(next - 1, "hours"))) {
        bool campaign = false;
        for (int k = next; k < std::min(next + 4, text_.size()); ++k) {
          if (m(k, C("campaign_noun")) > 0) campaign = true;
          if (text_.at(k).kind == TokenKind::kPunct) break;
          if (m(k, C("length_stop_after")) > 0) break;
        }
        if (!campaign) reject = true;
      }
      if (reject) continue;
      if (facts_.duration_days && correction_between(length_at_, i) == false) continue;
      facts_.duration_days = length.days;
      length_at_ = i;
      use(i, length.end);
      if (facts_.first < 0) facts_.first = i;
      facts_.last = length.end;
    }
  }

  [[nodiscard]] bool correction_between(int a, int b) const {
    for (int k = a; k < b; ++k) {
      if (m(k, C("correction")) > 0 && !(lang_ == Lang::kEn && text_.is(k, "better"))) return true;
    }
    return false;
  }

  void drop_corrected() {
    for (size_t k = 0; k + 1 < mentions_.size();) {
      if (mentions_[k + 1].begin - mentions_[k].end <= 8 && correction_between(mentions_[k].end, mentions_[k + 1].begin)) {
        if (mentions_[k + 1].role == Role::kNone || mentions_[k + 1].role == Role::kOn) mentions_[k + 1].role = mentions_[k].role;
        if (mentions_[k].range && !mentions_[k + 1].range && mentions_[k + 1].day) {  // "from 1 to 5, sorry, 6 December"
          mentions_[k + 1].role = Role::kUntil;
          ++k;
          continue;
        }
        mentions_.erase(mentions_.begin() + static_cast<long>(k));
      } else {
        ++k;
      }
    }
  }

  [[nodiscard]] Date with_year(Date date) const {
    if (date.year > 0) return date;
    date.year = today_.year;
    const int days = days_in_month(date.year, date.month);
    Date probe = date;
    probe.day = std::min(probe.day, days);
    if (probe < today_) {
      ++date.year;
    }
    return date;
  }

  void settle(Mention& mention) {
    if (mention.first.year == 0 && mention.last.year == 0) {
      Date last = with_year(mention.last);
      if (mention.range || mention.day) {
        mention.first = with_year(mention.first);
        if (mention.range) {
          last = mention.last;
          last.year = mention.first.year;
          if (last < mention.first && last.month < mention.first.month) ++last.year;
          // "1 to 25 November" on the 21st is under way: it ends this year.
          Date this_year = mention.first;
          this_year.year = today_.year;
          Date last_this_year = last;
          last_this_year.year = today_.year;
          if (mention.first.year > today_.year && this_year <= last_this_year && last_this_year >= today_) {
            mention.first = this_year;
            last = last_this_year;
          }
        }
      } else {
        mention.first.year = last.year - (mention.first.month > mention.last.month ? 1 : 0);
        if (mention.first < today_) mention.first = today_;
      }
      mention.last = last;
    }
    if (mention.first.year == 0) mention.first = with_year(mention.first);
    if (mention.last.year == 0) {
      mention.last.year = mention.first.year;
      if (mention.last < mention.first && mention.last.month < mention.first.month) ++mention.last.year;
    }
    if (!mention.day && mention.last.month == 2 && mention.last.day >= 28) mention.last.day = days_in_month(mention.last.year, 2);
    const auto clamp_day = [](Date& date) { date.day = std::min(date.day, days_in_month(date.year, date.month)); };
    if (mention.first.month == 2 && mention.first.day == 29 && days_in_month(mention.first.year, 2) == 28 && mention.day) mention.impossible = true;
    clamp_day(mention.first);
    clamp_day(mention.last);
  }

  [[nodiscard]] bool weak_counts(const Mention& mention) const {
    if (!mention.weak) return true;
    if (mention.range || mention.role == Role::kFrom || mention.role == Role::kUntil) return true;
    if (lang_ == Lang::kJa) {
      return text_.is(mention.end, "に") || m(mention.end, C("campaign_noun")) > 0 || text_.is(mention.end, "当") || text_.is(mention.end, "の日") || text_.is(mention.end, "、") || text_.is(mention.end, "ま");
    }
    if (m(mention.end, C("campaign_noun")) > 0 || mention.end >= text_.size()) return true;
    if (match_before(text_, mention.begin, lang_, C("on")) >= 0 || match_before(text_, mention.begin, lang_, C("holiday_lead")) >= 0) {
      const Token& next = text_.at(mention.end);
      return next.kind != TokenKind::kWord || m(mention.end, C("after_holiday")) > 0 || m(mention.end, C("on")) > 0 || m(mention.end, C("and")) > 0 || m(mention.end, C("channel_any")) > 0;
    }
    const Token& next = text_.at(mention.end);
    if (m(mention.end, C("channel_any")) > 0) return true;
    return mention.begin == 0 && (next.kind != TokenKind::kWord);
  }

  void resolve() {
    const Mention* start = nullptr;
    const Mention* until = nullptr;
    const Mention* plain = nullptr;
    bool strong = false;
    for (Mention& mention : mentions_) {
      settle(mention);
      if (!mention.weak) strong = true;
    }
    for (const Mention& mention : mentions_) {
      if (mention.impossible) facts_.impossible = true;
      if (mention.ambiguous) facts_.ambiguous = true;
      if (mention.impossible || mention.ambiguous) facts_.problem_text = text_.slice(mention.begin, mention.end);
      if (mention.weak && !mention.range && mention.role != Role::kFrom && mention.role != Role::kUntil && (strong || !weak_counts(mention))) continue;
      if (mention.role == Role::kUntil && !mention.range) {
        if (until == nullptr) until = &mention;
      } else if (mention.range || mention.role == Role::kFrom) {
        if (start == nullptr || (mention.range && !start->range && start->role != Role::kFrom)) start = &mention;
      } else if (plain == nullptr || (plain->weak && !mention.weak)) {
        plain = &mention;
      }
    }
    if (start == nullptr && plain != nullptr) start = plain;
    if (start != nullptr) {
      facts_.start = start->first;
      if (start->range || !start->day) {
        if (start->role != Role::kFrom || start->range) facts_.end = start->last;
      } else if (start->role != Role::kFrom) {
        facts_.single_day = true;
      }
      note(*start);
    }
    if (until != nullptr) {
      facts_.end = until->day ? until->last : until->last;
      if (facts_.start && start->first.year > 0 && !start->has_year && *facts_.end < *facts_.start && facts_.end->month < facts_.start->month) ++facts_.end->year;
      facts_.single_day = false;
      note(*until);
    }
    finish(start, until);
  }
  void note(const Mention& mention) {
    if (facts_.first < 0 || mention.begin < facts_.first) facts_.first = mention.begin;
    if (mention.end > facts_.last) facts_.last = mention.end;
  }
  void finish(const Mention* start, const Mention* until) {
    if (facts_.impossible || facts_.ambiguous) {
      facts_.start.reset();
      facts_.end.reset();
      return;
    }
    if (facts_.duration_days && *facts_.duration_days == 1) {
      if (facts_.start) {
        facts_.end = facts_.start;
        facts_.duration_days.reset();
        facts_.single_day = false;
      }
    } else if (facts_.duration_days && facts_.end && until == nullptr && start != nullptr && !start->range) {
      facts_.end.reset();  // "in December for two weeks": the length is the narrower statement
    }
    if (facts_.single_day && !facts_.duration_days && facts_.start) facts_.end = facts_.start;
    if (facts_.start && facts_.end) {
      const int span = days_between(*facts_.start, *facts_.end);
      const bool open_years = start != nullptr && !start->has_year;
      if (span < 0 || (open_years && span > kSpanSuspicious_days && start->range && facts_.end->month <= facts_.start->month && facts_.end->year > facts_.start->year && start->first.month == start->last.month)) facts_.reversed = true;
    }
    if (facts_.start && *facts_.start < today_ && start != nullptr && start->has_year && !start->weak) {
      if (!(facts_.end && *facts_.end >= today_)) facts_.past = true;
    }
    if (facts_.end && !facts_.start && *facts_.end < today_) facts_.past = true;
    if (facts_.past) facts_.problem_text = text_.slice(facts_.first, facts_.last);
    if (facts_.past || facts_.reversed) {
      facts_.start.reset();
      facts_.end.reset();
    }
  }
};

}  // namespace

DateFacts read_dates(const Text& text, Lang lang, Date today, std::string_view country) {
  return Reader(text, lang, today, country).run();
}

}  // namespace spreaders::planners::rules
