#include "planners/rules/channels.hpp"

#include <algorithm>
#include <array>

#include "planners/rules/channel_finder.hpp"

namespace spreaders::planners::rules {
namespace {

class Reader : ChannelFinder {
 public:
  using ChannelFinder::ChannelFinder;

  ChannelFacts run() {
    find();
    mark_paid();
    signs();
    generic();
    conflicts();
    return std::move(facts_);
  }

 private:
  std::vector<int> dropping_;  // "we leave out": words that belong to a channel and name nobody

  // "a los que se dieron de baja, ni un correo": care for these people, the channel stays.
  [[nodiscard]] bool about_unsubscribed(int begin) const {
    for (int i = begin - 1; i >= 0 && i >= begin - 10 && text_.at(i).sentence == text_.at(begin).sentence; --i) {
      if (m(i, C("p_optout")) > 0) return true;
    }
    return false;
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
      if (out.excluded && about_unsubscribed(hit.begin)) continue;
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
