// Lengths that are no schedule: look-back windows ("in the last 90 days") and shifts of one ("a week later"). Internal
// to dates.cpp.
#pragma once

#include "planners/rules/date_parser.hpp"

namespace spreaders::planners::rules {

class DateWindows : public DateParser {
 public:
  using DateParser::DateParser;

 protected:
  // Look-back windows and filters: "last 90 days", "in 6 months", "hace 3 meses", "過去30日".
  void find_windows() {
    for (int i = 0; i < text_.size(); ++i) {
      int end = -1;
      int begin = i;
      int at = m(i, C("last"));
      if (at > 0) {
        const Length length = length_at(at);
        int unit_end = -1;
        int month_end = -1;
        if (length.days > 0 && m(length.end, C("of")) > 0 && month_at(m(length.end, C("of")), month_end) > 0)
          continue;  // "the last two weeks of April"
        if (length.days > 0) {
          end = length.end;
        } else if (text_.is_number(at)) {
          unit_end = m(at + 1, C("unit_year"));
          end = unit_end;
        } else if (lang_ == Lang::kEn) {
          if (m(at, C("unit_week")) > 0 && m(m(at, C("unit_week")), C("of")) < 0) end = m(at, C("unit_week"));
          else if (m(at, C("unit_month")) > 0) end = m(at, C("unit_month"));
          else if (m(at, C("unit_year")) > 0 || text_.is(at, "years")) end = at + 1;
          else if (month_at(at, month_end) > 0 && text_.at(i).text != "final") end = month_end;
          else if (weekday_at(at, month_end) >= 0) end = month_end;
          else if (const HolidayHit hit = holiday_at(text_, at, today_, lang_, country_); hit.end > 0) end = hit.end;
          else if (m(at, C("spring")) > 0 || m(at, C("summer")) > 0 || m(at, C("autumn")) > 0 || m(at, C("winter")) > 0)
            end = at + 1;
        }
      } else if ((at = m(i, C("since_for"))) > 0) {
        const Length length = length_at(at);
        if (length.days > 0 && (lang_ != Lang::kDe || !text_.is(i, "mehr") || true)) end = length.end;
        else if (text_.is_number(at) && m(at + 1, C("unit_year")) > 0) end = m(at + 1, C("unit_year"));
      } else if (const Length length = length_at(i); length.days > 0) {
        if (m(length.end, C("ago")) > 0 && !shift_word(length.end)) end = m(length.end, C("ago"));
        else if (lapsed_before(i) || lapsed_after(length.end)) end = length.end;
        else if (m(length.end, C("last")) > 0 && lang_ != Lang::kJa) end = m(length.end, C("last"));  // "semana pasada"
      } else if (text_.is(i, "since") && lang_ == Lang::kEn && lapsed_before(i)) {
        int month_end = -1;
        if (month_at(i + 1, month_end) > 0) end = month_end;
      } else if ((text_.is(i, "desde") || text_.is(i, "depuis") || text_.is(i, "seit")) &&
                 denied_before(i)) {  // "que no vienen desde enero"
        int month_end = -1;
        if (month_at(skip(i + 1, C("article"), 1), month_end) > 0) end = month_end;
      } else if (m(i, C("unit_week")) > 0 || m(i, C("unit_month")) > 0 || m(i, C("unit_year")) > 0) {
        int unit_end = std::max({m(i, C("unit_week")), m(i, C("unit_month")), m(i, C("unit_year"))});
        if (lang_ != Lang::kEn && lang_ != Lang::kJa && m(unit_end, C("last")) > 0 && m(unit_end, C("next")) < 0)
          end = m(unit_end, C("last"));
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
  [[nodiscard]] bool denied_before(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 5 && text_.at(k).sentence == text_.at(i).sentence && !text_.is(k, ",");
         --k) {
      if (m(k, C("negator")) > 0) return true;
    }
    return false;
  }
  // "3か月ログインのない会員": what people have not done for so long.
  [[nodiscard]] bool lapsed_after(int i) const {
    if (lang_ != Lang::kJa) return false;
    bool deed = false;
    for (int k = i; k < std::min(i + 12, text_.size()) && !text_.is(k, "、") && !text_.is(k, "。"); ++k) {
      deed = deed || m(k, C("deed_word")) > 0;
      if (deed && (text_.is(k, "な") || text_.is(k, "ま") || text_.is(k, "無"))) return true;
    }
    return false;
  }
  // "haven't ordered in 60 days": the length belongs to the filter.
  [[nodiscard]] bool lapsed_before(int i) const {
    const int sentence = text_.at(i).sentence;
    for (int k = i - 1; k >= 0 && k >= i - 9; --k) {
      if (text_.at(k).sentence != sentence || text_.is(k, ",") || m(k, C("lasts")) > 0) return false;
      if (m(k, C("lapsed")) > 0) return true;
    }
    return false;
  }

  // "a week later", "push it back by two weeks", "three days longer".
  void find_shifts() {
    for (int i = 0; i < text_.size(); ++i) {
      const Length length = length_at(i);
      if (length.days == 0 || used(i)) continue;
      if (lang_ == Lang::kJa &&
          (text_.is(i - 1, "月") || (text_.is(length.end, "ま") && text_.is(length.end + 1, "で"))))
        continue;  // "1月31日まで延長"
      bool later = false, earlier = false, longer = false, shorter = false;
      for (int k = std::max(0, i - 6); k < std::min(text_.size(), length.end + 3); ++k) {
        if (text_.at(k).sentence != text_.at(i).sentence || comma_between(k, i)) continue;
        if (k >= i && k < length.end && m(k, C("length_filler")) < 0) continue;
        const bool near = k >= length.end - 1;
        later = later || m(k, C("later_shift")) > 0;
        earlier = earlier || m(k, C("earlier_shift")) > 0;
        longer = longer || (m(k, C("longer")) > 0 && (near || k >= i || !text_.is(k, "mas")));
        shorter = shorter || (m(k, C("shorter")) > 0 && near);
        if (m(k, C("strong_shift")) > 0) facts_.shift_whole = true;
      }
      if ((later || earlier) && moves_the_end(i)) {  // "end it a day later"
        facts_.lengthen_days = earlier ? -length.days : length.days;
        shift_span_ = {i, length.end};
      } else if (later || earlier) {
        facts_.shift_days = earlier ? -length.days : length.days;
        use(i, length.end);
      } else if (longer || shorter) {
        facts_.lengthen_days = shorter ? -length.days : length.days;
        shift_span_ = {i, length.end};
      }
    }
  }
  [[nodiscard]] bool moves_the_end(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 4 && !text_.is(k, ","); --k) {
      if (m(k, C("end_verb")) > 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool comma_between(int a, int b) const {
    for (int k = std::min(a, b); k <= std::max(a, b); ++k) {
      if (text_.is(k, ",")) return true;
    }
    return false;
  }
  std::pair<int, int> shift_span_{-1, -1};
  // "SMS on Cyber Monday", "E-Mail am Nikolaustag": what is sent stands right before.
  [[nodiscard]] bool channel_before(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 6 && text_.at(k).sentence == text_.at(i).sentence && !text_.is(k, ",");
         --k) {
      if (m(k, C("sent_word")) > 0) return true;
    }
    return false;
  }
  // "the open day on 12 December", "el gala del 19", "12月12日の体験会": when it takes place, not when to speak of it.
  [[nodiscard]] bool event_day(Mention& found) const {
    if (!found.day || found.weak || found.role == Role::kUntil || long_span(found)) return false;
    if (lang_ == Lang::kJa) {
      if (!text_.is(found.end, "の")) return false;
      for (int k = found.end + 1; k < std::min(found.end + 9, text_.size()) && !text_.is(k, "を") && !text_.is(k, "に");
           ++k) {
        if (m(k, C("event_noun")) > 0) return true;
      }
      return false;
    }
    if (found.role == Role::kFrom && m(found.begin - 1, C("of")) < 0 && !text_.is(found.begin - 1, "du")) return false;
    for (int k = found.begin - 1;
         k >= 0 && k >= found.begin - 7 && text_.at(k).sentence == text_.at(found.begin).sentence; --k) {
      if (text_.is(k, ",") || text_.is(k, ":") || text_.is(k, ")") || text_.is_number(k) || m(k, C("send_verb")) > 0)
        return false;
      if (!event_word(k)) continue;
      found.role = Role::kOn;
      found.loose = spoken_about(k);
      return true;
    }
    return false;
  }
  // "para mi taller del 1 al 14 de marzo": the days of talking about it; no event lasts two weeks.
  [[nodiscard]] static bool long_span(const Mention& found) {
    return found.range && (found.last.month - found.first.month) * 30 + found.last.day - found.first.day >= 7;
  }
  [[nodiscard]] bool event_word(int k) const {
    if (m(k, C("event_noun")) > 0) return true;
    if (lang_ != Lang::kDe) return false;
    static constexpr std::array<std::string_view, 9> tails = {"fest",  "feier",       "abend",   "messe",  "konzert",
                                                              "probe", "versammlung", "treffen", "seminar"};
    const std::string& word = text_.at(k).text;  // Herbstfest, Weinprobe
    return std::any_of(tails.begin(), tails.end(),
                       [&](std::string_view tail) { return word.size() > tail.size() + 2 && word.ends_with(tail); });
  }
  [[nodiscard]] bool spoken_about(int noun) const {
    for (int k = noun - 1; k >= 0 && k >= noun - 3; --k) {
      if (text_.is(k, "about") || (lang_ == Lang::kDe && text_.is(k, "uber")) ||
          ((lang_ == Lang::kEs || lang_ == Lang::kPt) && text_.is(k, "sobre")))
        return true;
    }
    return false;
  }

  // "Versand am Donnerstag", "it goes out on Monday", "sai na segunda".
  [[nodiscard]] bool send_day(const Mention& found) const {
    if (!found.day || found.range || found.role == Role::kUntil) return false;
    for (int k = found.begin - 1;
         k >= 0 && k >= found.begin - 3 && text_.at(k).sentence == text_.at(found.begin).sentence && !text_.is(k, ",");
         --k) {
      if (m(k, C("send_lead")) > 0) return true;
    }
    return false;
  }
};

}  // namespace spreaders::planners::rules
