#include "planners/rules/channels.hpp"

#include <algorithm>
#include <array>

#include "planners/rules/channel_names.hpp"

namespace spreaders::planners::rules {
namespace {

struct Found {
  const Alias* alias = nullptr;
  int begin = 0;
  int end = -1;
  bool paid = false;
  bool organic = false;
};

class Reader {
 public:
  Reader(const Text& text, Lang lang) : text_(text), lang_(lang) {
    facts_.used.assign(static_cast<size_t>(text.size()), false);
  }

  ChannelFacts run() {
    find();
    mark_paid();
    signs();
    generic();
    conflicts();
    return std::move(facts_);
  }

 private:
  const Text& text_;
  Lang lang_;
  ChannelFacts facts_;
  std::vector<Found> found_;
  bool newsletter_ = false;
  int newsletter_at_ = -1;
  std::vector<int> dropping_;  // "we leave out": words that belong to a channel and name nobody

  [[nodiscard]] int m(int i, ClassId id) const { return match(text_, i, lang_, id); }

  Found alias_at(int i) const {
    Found best;
    const Token& token = text_.at(i);
    for (const Compiled& row : aliases()) {
      for (const auto& name : row.names) {
        if (name.front() != token.text) continue;
        const int end = match_entry(text_, i, name);
        if (end > best.end) best = {row.alias, i, end, false, false};
      }
    }
    if (best.alias != nullptr) return accept(i, best) ? best : Found{};
    if (is_x(i)) return {&kAliases[5], i, i + 1, false, false};
    if (token.kind == TokenKind::kWord && token.text.size() >= 5) {
      for (const std::string_view name : kFuzzy) {
        if (!within_one_edit(token.text, name) || token.text == name || name == "newsletter" ||
            m(i, C("not_channel")) > 0)
          continue;
        for (const Compiled& row : aliases()) {
          for (const auto& entry : row.names) {
            if (entry.size() == 1 && entry.front() == name) return {row.alias, i, i + 1, false, false};
          }
        }
      }
    }
    return best;
  }

  // Words that are a channel only in the right company.
  [[nodiscard]] bool accept(int i, const Found& hit) const {
    const Token& token = text_.at(i);
    const std::string& word = token.text;
    if (hit.end > i + 1) return true;
    if (word == "push") {  // "a push notification", "push to app users", not "we want to push our soup"
      if (lang_ != Lang::kEn) return true;
      const int next = i + 1;
      if (text_.is(next, "our") || text_.is(next, "the") || text_.is(next, "back") || text_.is(next, "it") ||
          text_.is(next, "everything") || text_.is(next, "for") || text_.is(next, "a") || text_.is(next, "this") ||
          text_.is(next, "my") || text_.is(next, "sales") || text_.is(next, "people"))
        return false;
      if (i > 0 && (text_.is(i - 1, "to") || text_.is(i - 1, "final") || text_.is(i - 1, "big") ||
                    text_.is(i - 1, "sales") || text_.is(i - 1, "week") || text_.is(i - 1, "day") ||
                    text_.is(i - 1, "last") || text_.is(i - 1, "marketing")))
        return text_.is(next, "users") || text_.is(next, "alert");
      return true;
    }
    if (word == "pin" || word == "pins" || word == "snap" || word == "snaps" || word == "sem")
      return lang_ == Lang::kEn ? (word != "sem" && (i == 0 || !text_.is(i - 1, "lapel")) &&
                                   (word == "snap" || word == "snaps" ? token.upper || text_.is(i - 1, "on") : true))
                                : false;
    if (word == "texto" || word == "textos")
      return (lang_ == Lang::kEs || lang_ == Lang::kFr || lang_ == Lang::kPt) && lang_ == Lang::kFr;
    if (word == "google") {  // reviews, maps, docs and play are not ads
      return !(text_.is(i + 1, "maps") || text_.is(i + 1, "reviews") || text_.is(i + 1, "review") ||
               text_.is(i + 1, "play") || text_.is(i + 1, "docs") || text_.is(i + 1, "sheets") ||
               text_.is(i + 1, "forms") || text_.is(i + 1, "analytics")) &&
             (ad_near(i) || i == 0 || !(text_.is(i - 1, "from") || text_.is(i - 1, "for")));
    }
    if (word == "mail" || word == "mails")
      return !text_.is(i + 1, "order") && !text_.is(i - 1, "direct") && !text_.is(i - 1, "snail");
    if (word == "face") return nickname(i);
    return true;
  }
  // "no insta e no face": a network in Spanish and Portuguese beside another or after "on".
  [[nodiscard]] bool nickname(int i) const {
    if (lang_ != Lang::kEs && lang_ != Lang::kPt) return false;
    if (text_.is(i + 1, "da") || text_.is(i + 1, "de") || text_.is(i + 1, "do") ||
        (text_.is(i + 1, "a") && text_.is(i + 2, "face")) || text_.is(i - 1, "a"))
      return false;
    for (const std::string_view lead : {"no", "pelo", "en", "por", "el", "o", "do"}) {
      if (text_.is(i - 1, lead)) return true;
    }
    return (m(i - 1, C("and")) > 0 && m(i - 2, C("channel_any")) > 0) ||
           (m(i + 1, C("and")) > 0 && m(m(i + 1, C("and")), C("channel_any")) > 0);
  }
  [[nodiscard]] bool ad_near(int i) const {
    for (int k = std::max(0, i - 8); k < std::min(text_.size(), i + 9); ++k) {
      if (m(k, C("ad_word")) > 0) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_x(int i) const {
    const Token& token = text_.at(i);
    if (token.text != "x") return false;
    if (i == 0)
      return text_.size() > 1 && token.upper &&
             (text_.at(1).kind == TokenKind::kCjk || m(1, C("and")) > 0 || m(1, C("ad_word")) > 0 ||
              text_.is(1, "posts"));
    if (!token.space_before && text_.at(i - 1).kind == TokenKind::kNumber) return false;
    const bool lead =
        text_.is(i - 1, "on") || text_.is(i - 1, "to") || text_.is(i - 1, "via") || text_.is(i - 1, "en") ||
        text_.is(i - 1, "sur") || text_.is(i - 1, "auf") || text_.is(i - 1, "no") || text_.is(i - 1, "only") ||
        text_.is(i - 1, "drop") || text_.is(i - 1, "add") || text_.is(i - 1, "without") || text_.is(i - 1, "sem") ||
        text_.is(i - 1, "sin") || text_.is(i - 1, "em") || text_.is(i - 1, "per") || text_.is(i - 1, "par");
    const bool listed = m(i - 1, C("and")) > 0 && m(i + 1, C("and")) > 0 &&
                        (m(i - 2, C("channel_any")) > 0 || m(i + 2, C("channel_any")) > 0);  // "reddit + x + discord"
    if (listed) return true;
    if (lead || token.upper)
      return lead || m(i - 1, C("and")) > 0 || m(i + 1, C("ad_word")) > 0 || m(i + 1, C("and")) > 0 ||
             text_.is(i + 1, "posts") || text_.is(i + 1, "post") || text_.is(i + 1, "で") || text_.is(i + 1, "に") ||
             text_.is(i + 1, "threads");
    return false;
  }
  [[nodiscard]] bool is_threads(int i) const {
    if (!text_.is(i, "threads") && !text_.is(i, "スレッズ")) return false;
    if (text_.at(i).upper) return true;
    return i > 0 && (text_.is(i - 1, "on") || m(i - 1, C("and")) > 0 || text_.is(i - 1, "no") ||
                     text_.is(i - 1, "sur") || text_.is(i - 1, "en") || text_.is(i - 1, "auf"));
  }

  void find() {
    static const Alias threads{"threads", "threads", ""};
    for (int i = 0; i < text_.size(); ++i) {
      Found hit;
      if (misspelt_newsletter(i)) newsletter_ = true, newsletter_at_ = i;
      if (is_threads(i)) hit = {&threads, i, i + 1, false, false};
      else hit = alias_at(i);
      if (hit.alias == nullptr && lang_ == Lang::kJa && text_.is(i, "ス") && text_.is(i + 1, "レ") &&
          text_.is(i + 2, "ッ") && text_.is(i + 3, "ズ"))
        hit = {&threads, i, i + 4, false, false};
      if (hit.alias == nullptr) hit = verb_at(i);
      if (hit.alias == nullptr) {
        if (m(i, C("newsletter")) > 0) {
          newsletter_ = newsletter_ || m(m(i, C("newsletter")), C("reader")) < 0;
          newsletter_at_ = i;
        }
        continue;
      }
      // "emails of dentists", "email list", "email subscribers" name people or data, not the channel.
      if (hit.alias->organic == "email" && data_not_channel(hit)) {
        i = hit.end - 1;
        continue;
      }
      found_.push_back(hit);
      for (int k = hit.begin; k < hit.end; ++k) facts_.used[static_cast<size_t>(k)] = true;
      i = hit.end - 1;
    }
    drop_people_words();
  }
  [[nodiscard]] bool misspelt_newsletter(int i) const {
    return m(i, C("newsletter")) < 0 && text_.at(i).text != "newsletters" &&
           within_one_edit(text_.at(i).text, "newsletter");
  }
  // "text our members", "text people who ...": the verb.
  [[nodiscard]] Found verb_at(int i) const {
    if (lang_ != Lang::kEn || !(text_.is(i, "text") || text_.is(i, "texts"))) return {};
    const int next = i + 1;
    const bool object = text_.is(next, "our") || text_.is(next, "my") || text_.is(next, "the") ||
                        text_.is(next, "all") || text_.is(next, "everyone") || text_.is(next, "people") ||
                        m(next, C("person")) > 0 || text_.is(next, "them") || text_.is(next, "every") ||
                        text_.is(next, "lapsed") || text_.is(next, "past") || text_.is(next, "existing") ||
                        text_.is(next, "blast") || text_.is(next, "reminders") || text_.is(next, "reminder");
    const bool noun =
        text_.is(i, "texts") || (i > 0 && (text_.is(i - 1, "by") || text_.is(i - 1, "via") || text_.is(i - 1, "a") ||
                                           text_.is(i - 1, "and") || text_.is(i - 1, "or") || text_.is(i - 1, "only") ||
                                           text_.is(i - 1, "add") || text_.is(i - 1, "by")));
    if (!object && !noun) return {};
    if (text_.is(next, "about")) return noun ? Found{&kAliases[13], i, next, false, false} : Found{};
    return {&kAliases[13], i, next, false, false};
  }
  [[nodiscard]] bool data_not_channel(const Found& hit) const {
    const int next = hit.end;
    if (m(next, C("email_data")) > 0 || (text_.is(hit.begin, "mailing") && text_.is(next, "list"))) return true;
    if (hit.begin > 0 && m(hit.begin - 1, C("email_data_lead")) > 0) return true;
    return false;
  }
  // "email subscribers": a channel only when nothing else says where.
  void drop_people_words() {
    std::vector<Found> kept;
    std::vector<Found> soft;
    for (const Found& hit : found_) {
      const bool people =
          hit.alias->organic == "email" && m(hit.end, C("reader")) > 0 && !(hit.begin == 0 || verb_position(hit.begin));
      if (people) soft.push_back(hit);
      else kept.push_back(hit);
    }
    found_ = std::move(kept);
    const bool direct = std::any_of(found_.begin(), found_.end(), [](const Found& f) {
      return f.alias->organic == "email" || f.alias->organic == "sms" || f.alias->organic == "push" ||
             f.alias->organic.empty();
    });
    if (!direct && !ads_anywhere()) found_.insert(found_.end(), soft.begin(), soft.end());
    if (newsletter_ &&
        std::none_of(found_.begin(), found_.end(), [](const Found& f) { return f.alias->organic == "email"; })) {
      found_.push_back({&kAliases[12], newsletter_at_, newsletter_at_ + 1, false, false});
    } else if (found_.empty() && newsletter_at_ >= 0) {
      found_.push_back({&kAliases[12], newsletter_at_, newsletter_at_ + 1, false, false});
    }
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
  }
  [[nodiscard]] bool ads_anywhere() const {
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("ad_word")) > 0 && !(i > 0 && (m(i - 1, C("negator")) > 0 || text_.is(i - 1, "paid")))) return true;
    }
    return false;
  }
  [[nodiscard]] bool verb_position(int i) const {
    return text_.is(i - 1, "to") ? text_.is(i - 2, "want") || text_.is(i - 2, "need") || text_.is(i - 2, "like")
                                 : text_.at(i - 1).kind == TokenKind::kPunct || text_.is(i - 1, "please") ||
                                       text_.is(i - 1, "and") || text_.is(i - 1, "lets") || text_.is(i - 1, "also");
  }

  // Joined by commas and "and", perhaps with an article or a preposition between.
  [[nodiscard]] bool linked(const Found& a, const Found& b) const {
    int i = a.end;
    bool any = false;
    while (i < b.begin) {
      int next = m(i, C("and"));
      if (next < 0) next = m(i, C("channel_glue"));
      if (next < 0 && text_.is(i, "-")) next = i + 1;  // "Snapchat- und TikTok-Anzeigen"
      if (next < 0) return false;
      any = true;
      i = next;
    }
    return any || i == b.begin;
  }

  void mark_paid() {
    const size_t n = found_.size();
    for (size_t k = 0; k < n; ++k) {
      Found& hit = found_[k];
      int next = hit.end;
      if (lang_ == Lang::kJa && (text_.is(next, "の") || text_.is(next, "で") || text_.is(next, "に")) &&
          m(next + 1, C("ad_word")) > 0)
        ++next;
      if (m(next, C("organic_word")) > 0) hit.organic = true;
      if (m(next, C("with_word")) > 0 && m(m(next, C("with_word")), C("ad_word")) > 0)
        spread_back(k);  // "on LinkedIn with ads"
      if (m(next, C("ad_word")) > 0 && !hit.organic) {
        spread_back(k);
        for (int t = next; t < m(next, C("ad_word")); ++t) facts_.used[static_cast<size_t>(t)] = true;
      }
      if (hit.begin > 0 && m(hit.begin - 1, C("paid_lead")) > 0 && !negated_lead(hit.begin - 1)) spread_forward(k);
    }
    for (int i = 0; i < text_.size(); ++i) {  // "ads on Instagram and TikTok", "advertise on ..."
      const int end = m(i, C("ad_word"));
      if (end < 0) continue;
      int at = end;
      for (int guard = 0; guard < 4; ++guard) {
        const int next = m(at, C("channel_glue"));
        if (next < 0) break;
        at = next;
      }
      for (size_t k = 0; k < n; ++k) {
        if (found_[k].begin == at && (at > end || lang_ != Lang::kEn)) spread_forward(k);
      }
      if (m(i, C("advertise_verb")) > 0) {  // "advertise our beer on Snapchat"
        for (size_t k = 0; k < n; ++k) {
          const Found& hit = found_[k];
          if (hit.begin > i && hit.begin - i < 14 && text_.at(hit.begin).sentence == text_.at(i).sentence &&
              hit.begin > 0 && m(hit.begin - 1, C("channel_glue")) > 0) {
            bool first = true;
            for (size_t p = 0; p < k; ++p) first = first && found_[p].begin < i;
            if (first) spread_forward(k);
          }
        }
      }
    }
    for (Found& hit : found_) {
      if (hit.alias->organic.empty()) hit.paid = true;
      if (hit.organic && !hit.alias->organic.empty()) hit.paid = false;
      if (hit.alias->paid.empty()) hit.paid = false;
    }
  }
  [[nodiscard]] bool negated_lead(int i) const { return i > 0 && m(i - 1, C("negator")) > 0; }
  void spread_back(size_t k) {
    found_[k].paid = true;
    while (k > 0 && linked(found_[k - 1], found_[k]) && !found_[k - 1].alias->paid.empty() && !found_[k - 1].organic)
      found_[--k].paid = true;
  }
  void spread_forward(size_t k) {
    found_[k].paid = true;
    while (k + 1 < found_.size() && linked(found_[k], found_[k + 1]) && !found_[k + 1].alias->paid.empty() &&
           !found_[k + 1].organic) {
      if (m(found_[k + 1].end, C("organic_word")) > 0) break;
      found_[++k].paid = true;
    }
  }

  [[nodiscard]] bool negated(size_t k) const {
    const Found& hit = found_[k];
    if (lang_ == Lang::kJa)
      return m(hit.end, C("negated_after")) > 0 || (text_.is(hit.end, "広") && m(hit.end + 2, C("negated_after")) > 0);
    const int sentence = text_.at(hit.begin).sentence;
    for (int i = hit.begin - 1; i >= 0 && i >= hit.begin - 6; --i) {
      if (text_.at(i).sentence != sentence || text_.at(i).kind == TokenKind::kPunct) break;
      if (m(i, C("but")) > 0 && m(i, C("negator")) < 0 &&
          !(text_.is(i, "use") || text_.is(i, "usa") || text_.is(i, "nutze") || text_.is(i, "with") ||
            text_.is(i, "utilise") || (i > 0 && m(i - 1, C("negator")) > 0)))
        break;
      const int end = m(i, C("negator"));
      if (end > 0 && end <= hit.begin) {
        if (pt_contraction(i, hit.begin)) continue;
        if (end == hit.begin && text_.is(i, "no") && false) continue;
        return !spend_between(end, hit.begin) && !text_.is(end, "only") &&
               !(lang_ == Lang::kFr && text_.is(end, "que")) && !text_.is(end, "just") && !(text_.is(end, "longer"));
      }
    }
    return after_negated(hit.end);
  }
  [[nodiscard]] bool pt_contraction(int i, int) const { return lang_ == Lang::kPt && text_.is(i, "no"); }
  [[nodiscard]] bool spend_between(int from, int to) const {
    int strange = 0;  // words that have nothing to do with channels: then the negation speaks of something else
    for (int i = from; i < to; ++i) {
      if (text_.is_number(i)) return true;
      const bool familiar = facts_.used[static_cast<size_t>(i)] || m(i, C("channel_glue")) > 0 ||
                            m(i, C("article")) > 0 || m(i, C("use_word")) > 0 || m(i, C("ad_word")) > 0 ||
                            m(i, C("organic_word")) > 0 || m(i, C("negator")) > 0;
      if (!familiar && ++strange > 1) return true;
      if (m(i, C("budget_word")) > 0 || m(i, C("no_spend_noun")) > 0 || m(i, C("need_word")) > 0) return true;
      if (m(i, C("clause_break")) > 0) return true;
    }
    return false;
  }
  // "Snapchat lassen wir doch weg", "TikTok on laisse tomber", "Facebook lo quitamos": the end of it, or -1.
  [[nodiscard]] int dropped_after(int end) const {
    static const std::array<Pattern, kLangCount> patterns = {
        Pattern(
            "?ads|posts ?, we|we_can|we_will|well|lets|i|you_can|can|should|is|are|gets|goes|will_be|can_be|to_be ..2 "
            "drop|skip|leave_out|dropped|removed|left_out|scrapped|scrap|cut|gone|cancelled|canceled|skipped"),
        Pattern("?, ?ya|mejor|al_final lo|la|los|las|se|que ..1 "
                "quitamos|quita|quitalo|dejamos|descartamos|descarta|elimina|eliminamos|sobra|descartado|olvidamos|"
                "sacamos|fuera|cae|saltamos"),
        Pattern("?, ?finalement on|nous|tu_peux|vous_pouvez|c'|est ?l' ..2 "
                "laisse_tomber|oublie|oublions|enleve|enlevons|retire|retirons|supprime|abandonne|laissons_tomber|"
                "saute|tombe_a_l'_eau|zappe"),
        Pattern("?, wir|das|ich|lassen|lass|nehmen|werfen|fallt|fliegt|kommt|kann|konnen|streichen|brauchen ..4 "
                "weg|raus|wegfallen|wegbleiben|streichen|bleiben_lassen|weglassen|nicht"),
        Pattern("?, a_gente|nos|eu|pode|podemos|vamos|ja ..2 "
                "tira|tiramos|tirar|esquece|esquecemos|deixa|deixamos|deixar|descarta|descartamos|cortamos|corta|sai|"
                "dispensa|dispensamos|eliminamos|retiramos"),
        Pattern("は|も ..4 やめ|なし|無し|外し|不要|要ら|いら|取りやめ|中止|見送")};
    const int past = patterns[static_cast<size_t>(lang_)].match_at(text_, end);
    if (past < 0) return -1;
    for (int k = end; k < past; ++k) {  // another channel or a number between: the verb is not about this one
      if (facts_.used[static_cast<size_t>(k)] || text_.is_number(k) || (text_.is(k, ",") && k > end)) return -1;
    }
    const bool ends_there = lang_ == Lang::kJa || past >= text_.size() || text_.at(past).kind == TokenKind::kPunct ||
                            text_.at(past).sentence != text_.at(end).sentence || m(past, C("and")) > 0 ||
                            m(past, C("but")) > 0;
    return ends_there ? past : -1;
  }
  // "WhatsApp no; ...", "Facebook: no", "Instagram is out".
  [[nodiscard]] bool after_negated(int end) const {
    if (dropped_after(end) > 0) return true;
    int i = end;
    if (text_.is(i, ":") || text_.is(i, "-")) ++i;
    const int after = m(i, C("negated_after"));
    if (after < 0) return false;
    return after >= text_.size() || text_.at(after).kind == TokenKind::kPunct || (after > i + 1) ||
           text_.at(after).sentence != text_.at(i).sentence || m(after, C("and")) > 0;
  }

  [[nodiscard]] bool exclusive(size_t k) const {
    const Found& hit = found_[k];
    int i = hit.end;
    while (m(i, C("ad_word")) > 0 || m(i, C("organic_word")) > 0)
      i = std::max(m(i, C("ad_word")), m(i, C("organic_word")));
    if (m(i, C("only_after")) > 0) return true;
    for (int b = hit.begin - 1; b >= 0 && b >= hit.begin - 5; --b) {
      if (text_.at(b).sentence != text_.at(hit.begin).sentence || text_.at(b).kind == TokenKind::kPunct) return false;
      const int end = m(b, C("only"));
      if (end > 0 && end <= hit.begin) {
        if (b > 0 && m(b - 1, C("negator")) > 0) return false;  // "not only email"
        for (int t = end; t < hit.begin; ++t) {
          if (m(t, C("channel_glue")) < 0 && m(t, C("use_word")) < 0 && m(t, C("article")) < 0) return false;
        }
        return true;
      }
    }
    return false;
  }

  void signs() {
    for (size_t k = 0; k < found_.size(); ++k) {
      const Found& hit = found_[k];
      ChannelMention out;
      out.id = std::string(hit.paid || hit.alias->organic.empty() ? hit.alias->paid : hit.alias->organic);
      out.begin = hit.begin;
      out.end = hit.end;
      out.excluded = negated(k);
      if (out.excluded && lang_ != Lang::kJa) {
        for (int t = hit.end; t < dropped_after(hit.end); ++t) dropping_.push_back(t);
      }
      out.exclusive = !out.excluded && exclusive(k);
      for (int b = hit.begin - 4; b < hit.begin; ++b) {
        if (b >= 0 && m(b, C("instead_of")) > 0 && m(b, C("instead_of")) <= hit.begin) out.replaced = true;
      }
      if (k + 1 < found_.size() && swapped(hit, found_[k + 1])) out.replaced = true;
      const bool swapped_for = k > 0 && facts_.mentions.back().replaced && hit.begin == found_[k - 1].end + 1;
      if (k > 0 && !swapped_for && linked(found_[k - 1], hit)) {  // the sign of a list goes on
        const ChannelMention& before = facts_.mentions.back();
        if (!out.excluded && !out.exclusive && before.excluded && !positive_between(found_[k - 1].end, hit.begin)) {
          out.excluded = true;
          out.replaced = before.replaced;
        }
        if (!out.excluded && before.exclusive) out.exclusive = true;
      }
      facts_.mentions.push_back(out);
      if (hit.alias == &kAliases[1] || hit.alias == &kAliases[0]) continue;
    }
    // A list that ends in "only": "email and SMS only".
    for (size_t k = facts_.mentions.size(); k-- > 1;) {
      if (facts_.mentions[k].exclusive && !facts_.mentions[k - 1].excluded && linked(found_[k - 1], found_[k]))
        facts_.mentions[k - 1].exclusive = true;
    }
    // Japanese negates after the list: "FacebookとLinkedInは使わず".
    if (lang_ == Lang::kJa) {
      for (size_t k = facts_.mentions.size(); k-- > 1;) {
        if (facts_.mentions[k].excluded && linked(found_[k - 1], found_[k]) &&
            !pause_between(found_[k - 1].end, found_[k].begin))
          facts_.mentions[k - 1].excluded = true;
      }
    }
    for (const int t : dropping_) facts_.used[static_cast<size_t>(t)] = true;
    correct();
    talked_about();
    meta();
  }
  // "my nephew keeps going on about TikTok but no TikTok please": the later word of the same sentence counts.
  void talked_about() {
    auto& list = facts_.mentions;
    for (size_t k = 0; k < list.size(); ++k) {
      if (list[k].excluded || list[k].exclusive) continue;
      for (size_t later = k + 1; later < list.size(); ++later) {
        if (list[later].id != list[k].id || !(list[later].excluded || list[later].replaced)) continue;
        bool turned = false;
        for (int i = list[k].end; i < list[later].begin; ++i) turned = turned || m(i, C("contrast")) > 0;
        turned = turned && text_.at(list[k].begin).sentence == text_.at(list[later].begin).sentence;
        if (turned || list[later].replaced || opinion_of_others(list[k].begin)) list[k].excluded = true;
      }
    }
  }
  [[nodiscard]] bool opinion_of_others(int begin) const {
    for (int i = begin - 1; i >= 0 && i >= begin - 9 && text_.at(i).sentence == text_.at(begin).sentence; --i) {
      if (m(i, C("others_say")) > 0) return true;
    }
    return false;
  }
  // "swap TikTok for Instagram ads", "troque TikTok por Instagram", "switch from email to SMS".
  [[nodiscard]] bool swapped(const Found& a, const Found& b) const {
    bool verb = false;
    for (int i = std::max(0, a.begin - 4); i < a.begin; ++i) verb = verb || m(i, C("swap_word")) > 0;
    if (!verb || b.begin - a.end > 6) return false;
    for (int i = a.end; i < b.begin; ++i) {
      if (m(i, C("swap_with")) > 0) return true;
    }
    return lang_ == Lang::kJa;
  }
  [[nodiscard]] bool pause_between(int from, int to) const {
    for (int i = from; i < to; ++i) {
      if (text_.is(i, ",") || text_.is(i, "で")) return true;
    }
    return false;
  }
  [[nodiscard]] bool positive_between(int from, int to) const {
    for (int i = from; i < to; ++i) {
      if (m(i, C("but")) > 0 || text_.is(i, "plus") || text_.is(i, ";") || text_.is(i, "+")) return true;
      if (text_.is(i, ",") && lang_ != Lang::kEn && false) return true;
      // "no Facebook, Instagram and email": a comma keeps the sign only when "or/nor" or "and" follows nearby.
    }
    return false;
  }
  // "Instagram, no wait, TikTok": the first goes.
  void correct() {
    auto& list = facts_.mentions;
    for (size_t k = 0; k + 1 < list.size();) {
      bool corrected = false;
      if (list[k + 1].begin - list[k].end <= 6 && !list[k].excluded) {
        for (int i = list[k].end; i < list[k + 1].begin; ++i) {
          const int end = m(i, C("correction"));
          if (end > 0 && !(text_.is(i, "actually") && list[k + 1].excluded)) corrected = true;
        }
      }
      if (corrected && list[k + 1].id != list[k].id) {
        if (!list[k + 1].excluded || lang_ != Lang::kJa) list[k + 1].excluded = false;
        list.erase(list.begin() + static_cast<long>(k));
        found_.erase(found_.begin() + static_cast<long>(k));
        facts_.corrected = true;
      } else {
        ++k;
      }
    }
  }
  // "Meta ads" buys on both.
  void meta() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is(i, "meta") || m(i + 1, C("ad_word")) < 0) continue;
      for (const char* id : {"facebook_ads", "instagram_ads"}) {
        ChannelMention mention;
        mention.id = id;
        mention.begin = i;
        mention.end = m(i + 1, C("ad_word"));
        mention.excluded = i > 0 && m(i - 1, C("negator")) > 0;
        facts_.mentions.push_back(mention);
      }
    }
  }

  void generic() {
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("ad_word")) > 0) facts_.generic_ads = true;
      if (m(i, C("social_word")) > 0) facts_.generic_social = true;
      const int other = m(i, C("other_channel"));
      if (other > 0 && facts_.unsupported_name.empty() && !(i > 0 && m(i - 1, C("negator")) > 0) &&
          !after_negated(other)) {
        facts_.unsupported = true;
        facts_.unsupported_name = text_.slice(i, other);
      }
    }
  }

  static std::string platform(const std::string& id) { return is_paid(id) ? id.substr(0, id.size() - 4) : id; }

  void conflicts() {
    bool any_exclusive = false;
    for (const ChannelMention& mention : facts_.mentions) any_exclusive = any_exclusive || mention.exclusive;
    facts_.has_exclusive = any_exclusive;
    for (const ChannelMention& a : facts_.mentions) {
      if (any_exclusive && !a.exclusive && !a.excluded) {
        const bool named = std::any_of(facts_.mentions.begin(), facts_.mentions.end(),
                                       [&](const ChannelMention& b) { return b.exclusive && b.id == a.id; });
        if (!named) facts_.conflict = true;
      }
      for (const ChannelMention& b : facts_.mentions) {
        if (a.excluded && !a.replaced && !b.excluded &&
            (a.id == b.id || (!is_paid(a.id) && platform(a.id) == platform(b.id) && a.id == platform(b.id) && false)))
          facts_.conflict = true;
      }
    }
  }
};

}  // namespace

std::string paid_form(const std::string& channel) {
  for (const Alias& alias : kAliases) {
    if (alias.organic == channel && !alias.paid.empty()) return std::string(alias.paid);
  }
  return channel;
}

std::vector<std::string> channel_names() {
  std::vector<std::string> names;
  for (const auto& alias : kAliases) {
    if (!alias.organic.empty()) names.emplace_back(alias.organic);
    if (!alias.paid.empty()) names.emplace_back(alias.paid);
  }
  return names;
}

bool is_paid(std::string_view channel) { return channel.ends_with("_ads"); }

ChannelFacts read_channels(const Text& text, Lang lang) { return Reader(text, lang).run(); }

}  // namespace spreaders::planners::rules
