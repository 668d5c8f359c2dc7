// Which number is a target: the counted noun beside it, known or not; and which belongs to an offer, a total, a limit
// or to what a correction took back. Internal to amounts.cpp.
#pragma once

#include "planners/rules/amount_words.hpp"

namespace spreaders::planners::rules {

class AmountTargets : public AmountWords {
 public:
  using AmountWords::AmountWords;

 protected:
  [[nodiscard]] int money_begin(int k) const { return k > 0 && text_.at(k - 1).kind == TokenKind::kSymbol ? k - 1 : k; }

  // "2x1", "2 for 1", "3 por 2": an offer, no count.
  void find_two_for_one() {
    for (int i = 0; i + 2 < text_.size(); ++i) {
      if (!text_.is_number(i) || !text_.is_number(i + 2) || text_.at(i).value > 9 || text_.at(i + 2).value > 9)
        continue;
      const bool joined = text_.is(i + 1, "x") && !text_.at(i + 1).space_before;
      if (joined || text_.is(i + 1, "for") || (text_.is(i + 1, "por") && !taken(i + 2))) use(i, i + 3);
    }
  }
  // "350 instead of 200", "3.000 € et pas 2.000", "nicht 200, sondern 350", "50万円ではなく": the old number goes.
  void find_replaced() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || taken(i)) continue;
      const int before = money_begin(i);
      const int old = std::max(
          {match_before(text_, before, lang_, C("instead_of")), match_before(text_, before, lang_, C("and_not"))});
      bool other = false;
      for (int k = i - 1; k >= 0 && k >= i - 8 && same_sentence(k, i) && old >= 0; --k)
        other = other || (text_.is_number(k) && !dates_.used[static_cast<size_t>(k)]);
      for (int k = i + 1; k < std::min(i + 8, text_.size()) && same_sentence(k, i) && !other; ++k) {
        if (m(k, C("but_rather")) < 0) continue;
        for (int n = k + 1; n < std::min(k + 6, text_.size()); ++n)
          other = other || (text_.is_number(n) && (old >= 0 || lang_ == Lang::kJa));
      }
      if (!other) continue;
      use(before, i + 1);
      facts_.bare_change_from = text_.at(i).value;
    }
  }

  // "a budget of 500", but not the 3,000 of "5,000 in total: 3,000 for Google": that total is the number before it.
  [[nodiscard]] bool total_before(int begin) const {
    if (!near_before(begin, 4, C("budget_strong"), true)) return false;
    int parted = -1;
    for (int k = begin - 1; k >= 0 && k >= begin - 4; --k) {
      if (text_.is(k, ":") || text_.is(k, "(") || text_.is(k, "-")) parted = k;
    }
    for (int k = parted - 1; k >= 0 && k >= parted - 5 && same_sentence(k, begin); --k) {
      if (text_.is_number(k) && !dates_.used[static_cast<size_t>(k)]) return false;
    }
    return true;
  }
  // "don't go over 250 pounds": the upper end of a budget, where "over 250 pounds" alone is a price.
  [[nodiscard]] bool capped(int begin) const {
    const int over = match_before(text_, begin, lang_, C("cap_over"));
    if (over < 0) return false;
    int at = begin;  // "mehr als 800 Euro dürfen es nicht sein"
    for (const int most = std::min(begin + 9, text_.size()); at < most && same_sentence(at, begin); ++at) {
      if (text_.at(at).kind == TokenKind::kPunct) break;
      if (m(at, C("negator")) > 0) return true;
    }
    for (int k = over - 1; k >= 0 && k >= over - 3 && same_sentence(k, begin); --k) {
      if (m(k, C("negator")) > 0) return true;
    }
    return false;
  }
  // "orders: 300", "leads target 60".
  [[nodiscard]] Noun noun_colon(int i, int& begin) const {
    for (int k = i - 1; k >= 0 && k >= i - 5 && same_sentence(k, i); --k) {
      if (text_.is_number(k)) break;
      const Noun noun = noun_at(k);
      if (noun.end < 0) continue;
      int at = noun.end;
      bool linked = false;
      while (at < i && (text_.is(at, ":") || text_.is(at, "=") || text_.is(at, "target") || text_.is(at, "goal") ||
                        text_.is(at, "of") || text_.is(at, "to") || text_.is(at, "is"))) {
        linked = true;
        ++at;
      }
      if (linked && at == i &&
          (text_.is(noun.end, ":") || text_.is(noun.end, "=") || text_.is(noun.end, "target") ||
           text_.is(noun.end, "goal") || text_.is(noun.end, "to"))) {
        begin = k;
        return noun;
      }
    }
    if (lang_ == Lang::kEn && (text_.is(i - 1, "reach") || text_.is(i - 1, "to")) &&
        near_before(i, 3, C("reach_verb")) && text_.is(i + 1, "people")) {
      return {"reach", i + 2};
    }
    return {};
  }
  // "3,000 people to our website": visits; ", 35 people" as a part of its own: those who come.
  [[nodiscard]] Noun people_wanted(int i) const {
    const int people = m(i + 1, C("people_word"));
    if (people < 0) return {};
    const bool alone =
        i > 0 && text_.is(i - 1, ",") && (people >= text_.size() || text_.at(people).kind == TokenKind::kPunct);
    if (alone) return {"attendees", people};
    if (lang_ != Lang::kEn && (near_before(i, 3, C("reach_verb")) || near_after(people, 1, C("reach_verb"))))
      return {"reach", people};  // "llegar a 10.000 personas"
    for (int k = i + 2; k < std::min(i + 7, text_.size()) && same_sentence(k, i) && !text_.is(k, ","); ++k) {
      if (m(k, C("site_word")) > 0) return {"visits", m(k, C("site_word"))};
    }
    return {};
  }
  // "we need followers ..., 1,000 new ones": the noun that was named before.
  [[nodiscard]] Noun noun_named_before(int i) const {
    const int end = m(i + 1, C("new_ones"));
    if (end < 0 || plural_noun(end)) return {};  // "800 neue Bücher"
    for (int k = i - 1; k >= 0; --k) {
      if (const Noun noun = noun_at(k); noun.end > 0) return {noun.metric, end};
    }
    return {};
  }
  // "our 2,400 subscribers", "email 300 customers": people to reach, not a target.
  [[nodiscard]] bool audience_count(int i, const Noun& noun) const {
    static constexpr std::array<std::string_view, 13> people = {
        "subscribers", "members", "customers", "followers",  "visitors", "guests",   "patients",
        "students",    "users",   "donors",    "volunteers", "leads",    "attendees"};
    if (std::find(people.begin(), people.end(), noun.metric) == people.end()) return false;
    if (lang_ == Lang::kJa && consent_beside(i)) return true;
    if (noun_near(i).end < 0) return false;
    if (text_.is_number(i - 2) && m(i - 1, C("range_to")) > 0 && text_.at(i - 2).value < text_.at(i).value)
      return false;  // "de 900 a 2.000 seguidores": where they are and where they want to be
    if (consent_beside(i)) return true;
    if (lang_ == Lang::kJa) return text_.is(i - 1, "の") || text_.is(i - 1, "存");
    const int lead = match_before(text_, i, lang_, C("possessive"));
    if (lead < 0) return false;
    if (lang_ == Lang::kEn && text_.is(i - 1, "to")) {  // "grow to 10k followers"
      return !near_before(i, 5, C("grow_verb"));
    }
    if ((lang_ == Lang::kFr || lang_ == Lang::kEs || lang_ == Lang::kPt) &&
        (text_.is(i - 1, "de") || text_.is(i - 1, "a")))
      return !near_before(i, 4, C("grow_verb")) && !near_before(i, 3, C("goal_word"));
    return true;
  }
  // "4,200 members who gave their consent", "同意済みの会員2,400人に": those who may be written to.
  [[nodiscard]] bool consent_beside(int i) const {
    if (near_before(i, 4, C("aim_word"), true) || near_before(i, 4, C("increase_word"), true)) return false;
    for (int k = i - 1; k >= 0 && k >= i - 8 && same_sentence(k, i) && !text_.is(k, ","); --k) {
      if (m(k, C("consent_word")) > 0) return true;
    }
    for (int k = i + 1; k < std::min(i + 13, text_.size()) && same_sentence(k, i); ++k) {
      if (text_.is_number(k)) return false;
      if (m(k, C("consent_word")) > 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool fake_count(int i) const {
    return near_before(i, 3, C("buy_verb")) || near_after(i + 1, 3, C("fake_word"));
  }
  // An unknown noun in the place of a target: ", 80 tastings", "meta 150 panetones", "120 Stollen verkaufen".
  [[nodiscard]] Noun literal_noun(int i) const {
    if (lang_ == Lang::kJa || text_.at(i).value < 2 || !in_target_place(i)) return {};
    const bool aimed = near_before(i, 4, C("aim_word"), true);
    for (int k = i + 1; k < std::min(i + 4, text_.size()); ++k) {
      const Token& token = text_.at(k);
      if (token.kind != TokenKind::kWord || dates_.used[static_cast<size_t>(k)] || m(k, C("audience_filter")) > 0 ||
          m(k, C("audience_stop")) > 0 || m(k, C("and")) > 0 || m(k, C("article")) > 0)
        return {};
      const bool measures = m(k, C("unit_day")) > 0 && plural_noun(k + 1);  // "60 day passes"
      if (measures) continue;
      if (no_target(k) || (m(k, C("person")) > 0 && !aimed)) return {};
      if (!plural_noun(k)) continue;
      // Hyphenated words belong together: "check-ins", "pick-ups".
      const bool hyphen = k - 1 > i && text_.original[token.start - 1] == '-';
      return {hyphen ? text_.at(k - 1).text + "_" + token.text : token.text, k + 1};
    }
    return {};
  }
  // After a comma, a colon, a date, at the start of a sentence, or behind a word of wanting.
  [[nodiscard]] bool in_target_place(int i) const {
    if (i == 0 || !same_sentence(i - 1, i) || dates_.used[static_cast<size_t>(i - 1)]) return true;
    for (const std::string_view mark : {",", ":", ";", ".", "and"}) {
      if (text_.is(i - 1, mark)) return true;
    }
    return (text_.is(i - 1, "-") && text_.at(i).space_before) || near_before(i, 4, C("goal_word"), true);
  }
  [[nodiscard]] bool no_target(int k) const {
    for (const ClassId id :
         {C("staff_word"), C("content_noun"), C("distance"), C("unit_year"), C("unit_day"), C("unit_week"),
          C("unit_month"), C("ad_word"), C("share_word"), C("people_word"), C("clock_word"), C("channel_any")}) {
      if (m(k, id) > 0) return true;
    }
    return false;
  }
  // As the language marks it: a last letter, in German the capital.
  [[nodiscard]] bool plural_noun(int k) const {
    if (k < 0 || k >= text_.size() || text_.at(k).kind != TokenKind::kWord) return false;
    const std::string& word = text_.at(k).text;
    if (lang_ == Lang::kDe) return text_.at(k).upper && word.size() > 3;
    return word.size() > 3 && (word.back() == 's' || (lang_ == Lang::kFr && word.back() == 'x'));
  }
  // "cost per lead under $25", "$12 per lead", "CPA of $20".
  bool cost_per(Cash& cash) const {
    const int or_less = m(cash.end, C("or_less"));
    const int per = m(or_less > 0 ? or_less : cash.end, C("per_word"));
    if (per > 0) {
      const int noun_start = m(per, C("article")) > 0 ? m(per, C("article")) : per;
      const Noun noun = cost_noun(noun_start);
      if (noun.end > 0) {
        cash.kind = Cash::Kind::kCostPer;
        cash.metric = noun.metric;
        return true;
      }
    }
    if (lang_ == Lang::kJa && japanese_price(cash)) return true;
    for (int k = cash.begin - 1; k >= 0 && k >= cash.begin - 8; --k) {
      if (!same_sentence(k, cash.begin)) break;
      const int end = m(k, C("cost_per"));
      if (end > 0) {
        const Noun noun = cost_noun(end);
        if (noun.end > 0 && noun.end <= cash.begin) {
          cash.kind = Cash::Kind::kCostPer;
          cash.metric = noun.metric;
          return true;
        }
      }
      static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> abbreviations = {
          {{"cpa", "cost_per_acquisition"},
           {"cpl", "cost_per_lead"},
           {"cpc", "cost_per_click"},
           {"cpi", "cost_per_install"},
           {"cpm", "cost_per_mille"},
           {"cac", "cost_per_acquisition"}}};
      for (const auto& [word, metric] : abbreviations) {
        if (text_.is(k, word)) {
          cash.kind = Cash::Kind::kCostPer;
          cash.metric = std::string(metric);
          return true;
        }
      }
      if (text_.is_number(k)) break;
    }
    return false;
  }
  // "リード単価4千円以下", "クリック単価は80円"
  bool japanese_price(Cash& cash) const {
    int at = cash.begin;
    while (at > 0 &&
           (text_.is(at - 1, "は") || text_.is(at - 1, "を") || text_.is(at - 1, ":") || text_.is(at - 1, "の")))
      --at;
    if (!(text_.is(at - 2, "単") && text_.is(at - 1, "価"))) return false;
    const Noun noun = noun_before(at - 2);
    std::string thing = noun.end >= 0 ? noun.metric : "acquisitions";
    if (thing.ends_with("ies")) thing = thing.substr(0, thing.size() - 3) + "y";
    else if (thing.ends_with("s")) thing.pop_back();
    cash.kind = Cash::Kind::kCostPer;
    cash.metric = "cost_per_" + thing;
    return true;
  }
  [[nodiscard]] Noun cost_noun(int i) const {
    if (i < 0 || i >= text_.size()) return {};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> extra = {
        {{"message", "message"},
         {"mensaje", "message"},
         {"mensagem", "message"},
         {"nachricht", "message"},
         {"acquisition", "acquisition"},
         {"adquisicion", "acquisition"},
         {"aquisicao", "acquisition"},
         {"akquise", "acquisition"},
         {"clic", "click"},
         {"klick", "click"},
         {"clique", "click"},
         {"sign", "sign_up"},
         {"customer", "customer"},
         {"cliente", "customer"},
         {"client", "customer"},
         {"kunde", "customer"}}};
    for (const auto& [word, thing] : extra) {
      if (text_.is(i, word)) return {"cost_per_" + std::string(thing), i + (word == "sign" ? 2 : 1)};
    }
    Noun noun = noun_at(i);
    if (noun.end < 0) noun = noun_of_singular(i);
    if (noun.end < 0) return {};
    std::string thing = noun.metric;
    if (thing.ends_with("ies")) thing = thing.substr(0, thing.size() - 3) + "y";
    else if (thing.ends_with("s")) thing.pop_back();
    return {"cost_per_" + thing, noun.end};
  }
};

}  // namespace spreaders::planners::rules
