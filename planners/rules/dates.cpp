#include <algorithm>
#include <array>

#include "planners/rules/date_ranges.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr int kSpanSuspicious_days = 300;

class Reader : DateRanges {
 public:
  using DateRanges::DateRanges;

  DateFacts run(std::optional<Date> event) {
    event_ = event;
    find_days_before();
    find_windows();
    find_shifts();
    for (int i = 0; i < text_.size();) i = read_mention(i);
    find_lengths();
    drop_taken_back();
    drop_corrected();
    resolve();
    return std::move(facts_);
  }

 private:
  std::vector<Mention> mentions_;
  int length_at_ = -1;  // token of the accepted length
  std::optional<Date> event_;
  int days_before_ = 0;  // "two weeks before", counted from the event

  int read_mention(int i) {
    if (used(i)) return i + 1;
    Mention found;
    if (!parse_range(i, found) && !parse_at(i, found)) return i + 1;
    found.begin = i;
    find_role(found);
    found.own_day = found.weak && !found.range && match_before(text_, found.begin, lang_, C("on_day")) >= 0 &&
                    channel_before(found.begin);
    found.urgent = m(i, C("urgent")) > 0 && m(m(i, C("urgent")), C("tomorrow")) < 0;
    found.taken_back = taken_back(found);
    found.event = event_day(found);
    found.send = send_day(found);
    if (!found.range) parse_tail(found);
    use(found.begin, found.end);
    if (found.role == Role::kUntil && m(i, C("so_far")) > 0) return found.end;  // "they'll have forgotten by now"
    if (of_their_own(found)) {
      for (int k = found.begin; k < found.end; ++k) facts_.window[static_cast<size_t>(k)] = true;
      return found.end;
    }
    if (found.day && !found.impossible && !found.ambiguous) said_ = coming_year(found.first);
    mentions_.push_back(found);
    return found.end;
  }

  // "o e-mail sai dia 3, não dia 5", "not Monday", "5日ではなく".
  [[nodiscard]] bool taken_back(const Mention& found) const {
    if (found.range || !(found.day || found.weekday)) return false;
    if (lang_ == Lang::kJa) return m(found.end, C("but_rather")) > 0;
    int at = found.begin;
    for (int guard = 0; guard < 2 && at > 0; ++guard) {
      if (m(at - 1, C("article")) == at || m(at - 1, C("on")) == at || text_.is(at - 1, "dia") || text_.is(at - 1, "a"))
        --at;
    }
    const int after = m(found.end, C("and_not"));  // "el lunes no, el jueves"
    if (after > 0 && after < text_.size() && text_.is(after, ",")) return true;
    return match_before(text_, at, lang_, C("and_not")) >= 0;
  }
  void drop_taken_back() {
    const bool other = std::any_of(mentions_.begin(), mentions_.end(),
                                   [](const Mention& mention) { return !mention.taken_back && !mention.weak; });
    if (other) std::erase_if(mentions_, [](const Mention& mention) { return mention.taken_back; });
  }
  // "hasta el mismo día", "jusqu'au jour de la fête": the day of the event or holiday that the text speaks of.
  void read_same_day() {
    if (!facts_.start || (facts_.end && *facts_.end != *facts_.start)) return;
    bool said = false;
    for (int i = 0; i < text_.size(); ++i) said = said || m(i, C("until_that_day")) > 0;
    if (!said) return;
    std::optional<Date> day = facts_.event_at ? facts_.event_at : event_;
    for (const Mention& mention : mentions_) {
      if (!day && mention.day && !mention.range && mention.first > *facts_.start) day = mention.first;
    }
    if (!day || *day < *facts_.start) return;
    facts_.end = day;
    facts_.single_day = false;
  }

  // "customers whose contract ends in Q1": a date of the people, not of the campaign.
  [[nodiscard]] bool of_their_own(const Mention& found) const {
    for (int k = found.begin - 1;
         k >= 0 && k >= found.begin - 6 && text_.at(k).sentence == text_.at(found.begin).sentence && !text_.is(k, ",");
         --k) {
      if (m(k, C("whose_word")) > 0) return true;
    }
    return false;
  }

  void find_role(Mention& found) {
    int at = found.begin;
    if (lang_ == Lang::kJa) {
      const int end = found.end;
      if (text_.is(end, "か") && text_.is(end + 1, "ら")) found.role = Role::kFrom;
      else if (text_.is(end, "よ") && text_.is(end + 1, "り")) found.role = Role::kFrom;
      else if (text_.is(end, "開") || text_.is(end, "ス")) found.role = Role::kFrom;
      else if (text_.is(end, "ま") && text_.is(end + 1, "で")) found.role = Role::kUntil;
      else if (m(text_.is(end, "に") || text_.is(end, "で") ? end + 1 : end, C("end_verb")) > 0)
        found.role = Role::kUntil;  // "3月20日に終了"
      else if (text_.is(end, "に") || text_.is(end, "の") || text_.is(end, "、")) found.role = Role::kOn;
      return;
    }
    for (int guard = 0; guard < 4; ++guard) {
      int begin = match_before(text_, at, lang_, C("from"));
      if (begin >= 0 && lang_ != Lang::kEn && !found.day && m(begin, C("month_filler")) > 0 &&
          (match_before(text_, begin, lang_, C("unit_month")) >= 0 ||
           match_before(text_, begin, lang_, C("whole")) >= 0)) {
        found.role = Role::kOn;  // "le mois de janvier"
        return;
      }
      if (begin >= 0 && found.weak && begin == at - 1 && lang_ != Lang::kEn && m(begin, C("of")) > 0) {
        found.role = Role::kOn;  // "jantar de Natal"
        return;
      }
      if (begin >= 0) {
        found.role = Role::kFrom;
        // "after Christmas" starts the day after; "5 de diciembre" was consumed before.
        if (lang_ == Lang::kEn && text_.is(begin, "after") && found.day && found.has_year)
          found.first = found.last = add_days(found.first, 1);
        return;
      }
      begin = match_before(text_, at, lang_, C("until"));
      if (begin >= 0 && begin == at - 1 && !found.day && lang_ != Lang::kEn && m(begin, C("at_period")) > 0) {
        found.role = Role::kOn;  // "au deuxième trimestre"
        return;
      }
      if (begin >= 0 && moved(begin)) {
        found.role = end_named(begin) ? Role::kUntil : Role::kOn;
        return;
      }
      if (begin >= 0) {
        found.role = Role::kUntil;
        return;
      }
      begin = match_before(text_, at, lang_, C("on"));
      if (begin < 0) begin = match_before(text_, at, lang_, C("article"));
      if (begin < 0 && at > 0 &&
          (text_.is(at - 1, ":") || text_.is(at - 1, "dia") || text_.is(at - 1, "morning") ||
           text_.is(at - 1, "evening")))
        begin = at - 1;
      if (begin < 0) return;
      found.role = Role::kOn;
      at = begin;
    }
  }

  // Where one day is said to be the sending, another single day is what it is sent for.
  void set_apart_send_day() {
    const bool any =
        std::any_of(mentions_.begin(), mentions_.end(), [](const Mention& mention) { return mention.send; });
    for (Mention& mention : mentions_) {
      const bool dated = mention.role == Role::kOn || mention.role == Role::kNone ||
                         (lang_ != Lang::kEn && mention.role == Role::kFrom && m(mention.begin - 1, C("of")) > 0);
      if (any && !mention.send && mention.day && !mention.range && !mention.weak && dated) mention.event = true;
    }
  }

  // "two weeks before", "eine Woche vorher": only where an event is known.
  void find_days_before() {
    for (int i = 0; i < text_.size() && event_; ++i) {
      const Length length = length_at(i);
      if (length.days == 0) continue;
      const int end = m(length.end, C("before_it"));
      if (end < 0) continue;
      days_before_ = length.days;
      use(i, end);
    }
  }
  // "the day before", "la veille", "前日": counted from the event.
  void read_eve() {
    const std::optional<Date> event = facts_.event_at ? facts_.event_at : event_;
    if (event && days_before_ > 0 && !facts_.start) {
      facts_.start = facts_.end = add_days(*event, -days_before_);
      return;
    }
    if (!event) return;
    for (int i = 0; i < text_.size(); ++i) {
      const int end = m(i, C("eve"));
      if (end < 0 || used(i)) continue;
      const Date eve = add_days(*event, -1);
      use(i, end);
      if (facts_.start && *facts_.start < eve) {
        facts_.end = eve;
        facts_.single_day = false;
      } else {
        facts_.start = facts_.end = eve;
      }
      return;
    }
  }

  // "move it to 10 December": the day itself, not the end.
  [[nodiscard]] bool moved(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 5 && text_.at(k).sentence == text_.at(i).sentence; --k) {
      if (m(k, C("move_word")) > 0) return true;
    }
    return false;
  }

  // "push the end date to 1 February".
  [[nodiscard]] bool end_named(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
      if (m(k, C("end_name")) > 0) return true;
    }
    return false;
  }

  void find_lengths() {
    for (int i = 0; i < text_.size(); ++i) {
      if (used(i) || (i >= shift_span_.first && i < shift_span_.second)) continue;
      const Length length = length_at(i);
      if (length.days == 0) continue;
      const int next = length.end;
      const bool shortened = anchor_ && match_before(text_, i, lang_, C("first")) >= 0;  // "only the first two weeks"
      bool reject = m(next, C("length_stop_after")) > 0 ||
                    (!shortened && match_before(text_, i, lang_, C("length_stop_before")) >= 0);
      if (lang_ == Lang::kJa && length.days == 1 && text_.is_number(next)) reject = true;  // "1日8千円" is a period
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
      if (mentions_[k + 1].begin - mentions_[k].end <= 8 &&
          correction_between(mentions_[k].end, mentions_[k + 1].begin)) {
        if (mentions_[k + 1].role == Role::kNone || mentions_[k + 1].role == Role::kOn)
          mentions_[k + 1].role = mentions_[k].role;
        if (mentions_[k].range && !mentions_[k + 1].range &&
            mentions_[k + 1].day) {  // "from 1 to 5, sorry, 6 December"
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
    if (!mention.day && mention.last.month == 2 && mention.last.day >= 28)
      mention.last.day = days_in_month(mention.last.year, 2);
    if (mention.range && !mention.day && !mention.has_year && mention.first < today_ && mention.last >= today_)
      mention.first = today_;  // "February to April", said in February
    const auto clamp_day = [](Date& date) { date.day = std::min(date.day, days_in_month(date.year, date.month)); };
    if (mention.first.month == 2 && mention.first.day == 29 && days_in_month(mention.first.year, 2) == 28 &&
        mention.day)
      mention.impossible = true;
    clamp_day(mention.first);
    clamp_day(mention.last);
  }

  [[nodiscard]] bool weak_counts(const Mention& mention) const {
    if (!mention.weak) return true;
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("only_that_day")) > 0) return true;
    }
    if (mention.range || mention.role == Role::kFrom || mention.role == Role::kUntil) return true;
    if (lang_ == Lang::kJa) {
      return text_.is(mention.end, "に") || m(mention.end, C("campaign_noun")) > 0 || text_.is(mention.end, "当") ||
             text_.is(mention.end, "の日") || text_.is(mention.end, "、") || text_.is(mention.end, "ま");
    }
    if (m(mention.end, C("campaign_noun")) > 0 || mention.end >= text_.size()) return true;
    if (match_before(text_, mention.begin, lang_, C("on")) >= 0 ||
        match_before(text_, mention.begin, lang_, C("holiday_lead")) >= 0) {
      const Token& next = text_.at(mention.end);
      return next.kind != TokenKind::kWord || m(mention.end, C("after_holiday")) > 0 || m(mention.end, C("on")) > 0 ||
             m(mention.end, C("and")) > 0 || m(mention.end, C("channel_any")) > 0;
    }
    const Token& next = text_.at(mention.end);
    if (m(mention.end, C("channel_any")) > 0) return true;
    return mention.begin == 0 && (next.kind != TokenKind::kWord);
  }

  void resolve() {
    const Mention* start = nullptr;
    const Mention* until = nullptr;
    const Mention* plain = nullptr;
    const Mention* second = nullptr;  // "SMS on the 1st, email on the 4th"
    bool strong = false;
    drop_urgency_beside_a_day();
    set_apart_send_day();
    lengths_beside_a_start();
    const bool other_day = has_day_beside_event();
    for (Mention& mention : mentions_) {
      settle(mention);
      if (!mention.weak) strong = true;
      if (mention.event) facts_.event_at = mention.first;
    }
    for (const Mention& mention : mentions_) {
      if (mention.impossible) facts_.impossible = true;
      if (mention.ambiguous) facts_.ambiguous = true;
      if (mention.impossible || mention.ambiguous) facts_.problem_text = text_.slice(mention.begin, mention.end);
      if (mention.event && (!mention.loose || other_day)) continue;
      if (mention.weak && !mention.range && !mention.own_day && mention.role != Role::kFrom &&
          mention.role != Role::kUntil && (strong || !weak_counts(mention)))
        continue;
      if (mention.role == Role::kUntil && !mention.range) {
        if (until == nullptr) until = &mention;
      } else if (mention.range || mention.role == Role::kFrom) {
        if (start == nullptr || (mention.range && !start->range && (start->role != Role::kFrom || lang_ != Lang::kEn)))
          start = &mention;
      } else if (plain == nullptr || (plain->weak && !mention.weak && !plain->own_day)) {
        plain = &mention;
      } else if (plain->day && mention.day && (!mention.weak || mention.own_day)) {
        second = &mention;
      }
    }
    if (start == nullptr && plain == nullptr && until == nullptr) plain = trade_day();
    if (start == nullptr && plain != nullptr) start = plain;
    if (start != nullptr) {
      facts_.start = start->first;
      if (start->range || !start->day) {
        if (start->role != Role::kFrom || start->range) facts_.end = start->last;
      } else if (start->role != Role::kFrom) {
        facts_.single_day = true;
      }
      note(*start);
      if (second != nullptr && start == plain) span_two_days(*second);
    }
    if (until != nullptr) {
      facts_.end = until->day ? until->last : until->last;
      if (facts_.start && start->first.year > 0 && !start->has_year && *facts_.end < *facts_.start &&
          facts_.end->month < facts_.start->month)
        ++facts_.end->year;
      facts_.single_day = false;
      note(*until);
    }
    read_same_day();
    read_eve();
    finish(start, until);
  }
  // "on 1 December, send it right away": haste is no second date.
  void drop_urgency_beside_a_day() {
    const bool day = std::any_of(mentions_.begin(), mentions_.end(), [](const Mention& mention) {
      return !mention.urgent && !mention.weak && mention.role != Role::kUntil;
    });
    if (day) std::erase_if(mentions_, [](const Mention& mention) { return mention.urgent; });
  }
  // A second date, a length or "the day before" says when to speak; then the event's own day does not.
  [[nodiscard]] bool has_day_beside_event() const {
    bool event = false, other = false;
    for (const Mention& mention : mentions_) (mention.event ? event : other) |= !mention.weak;
    for (int i = 0; i < text_.size() && event && !other; ++i) other = m(i, C("eve")) > 0 && !used(i);
    return event && other;
  }
  // "our Giving Tuesday gift" with no other date at all.
  [[nodiscard]] const Mention* trade_day() const {
    for (const Mention& mention : mentions_) {
      if (mention.trade_day) return &mention;
    }
    return nullptr;
  }
  // "10 posts in two weeks from Monday": with a start said, the length is one.
  void lengths_beside_a_start() {
    const bool started = std::any_of(mentions_.begin(), mentions_.end(), [](const Mention& mention) {
      return !mention.in_length && mention.role == Role::kFrom;
    });
    for (const Mention& mention : mentions_) {
      if (!started || !mention.in_length) continue;
      facts_.duration_days = days_between(today_, mention.first);
    }
    if (started) std::erase_if(mentions_, [](const Mention& mention) { return mention.in_length; });
  }
  // "on Friday, then a reminder on Monday": the weekday that follows lies behind the first.
  [[nodiscard]] bool follows_up(const Mention& second) const {
    for (int k = second.begin - 1; k >= 0 && k >= second.begin - 6; --k) {
      if (m(k, C("follow_up")) > 0) return true;
    }
    return false;
  }
  void span_two_days(Mention second) {
    if (!facts_.single_day || days_between(*facts_.start, second.first) == 0) return;
    if (second.weekday && second.first < *facts_.start && follows_up(second)) second.first = add_days(second.first, 7);
    facts_.end = std::max(*facts_.start, second.first);
    facts_.start = std::min(*facts_.start, second.first);
    facts_.single_day = false;
    note(second);
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
      if (span < 0 ||
          (open_years && span > kSpanSuspicious_days && start->range && facts_.end->month <= facts_.start->month &&
           facts_.end->year > facts_.start->year && start->first.month == start->last.month))
        facts_.reversed = true;
    }
    if (facts_.start && *facts_.start < today_ && start != nullptr && start->has_year && !start->weak) {
      if (!(facts_.end && *facts_.end >= today_)) facts_.past = true;
    }
    if (facts_.end && !facts_.start && *facts_.end < today_) facts_.past = true;
    if (facts_.past) facts_.problem_text = text_.slice(facts_.first, facts_.last);
    if (facts_.reversed) {
      facts_.reversed_start = facts_.start;
      facts_.reversed_end = facts_.end;
    }
    if (facts_.past || facts_.reversed) {
      facts_.start.reset();
      facts_.end.reset();
    }
  }
};

}  // namespace

DateFacts read_dates(const Text& text, Lang lang, Date today, std::string_view country, std::optional<Date> anchor,
                     std::optional<Date> event) {
  return Reader(text, lang, today, country, anchor).run(event);
}

}  // namespace spreaders::planners::rules
