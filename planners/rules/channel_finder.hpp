// Channels by their names, with typos, and which of them mean advertising. Internal to channels.cpp, which gives each
// its sign.
#pragma once

#include <algorithm>

#include "planners/rules/channel_names.hpp"
#include "planners/rules/channels.hpp"

namespace spreaders::planners::rules {

struct FoundChannel {
  const Alias* alias = nullptr;
  int begin = 0;
  int end = -1;
  bool paid = false;
  bool organic = false;
};

class ChannelFinder {
 public:
  ChannelFinder(const Text& text, Lang lang) : text_(text), lang_(lang) {
    facts_.used.assign(static_cast<size_t>(text.size()), false);
  }

 protected:
  using Found = FoundChannel;
  const Text& text_;
  Lang lang_;
  ChannelFacts facts_;
  std::vector<Found> found_;
  bool newsletter_ = false;
  int newsletter_at_ = -1;

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
             (ad_near(i) || !reviews_before(i)) &&
             (ad_near(i) || i == 0 || !(text_.is(i - 1, "from") || text_.is(i - 1, "for")));
    }
    if (word == "mail" || word == "mails")
      return !text_.is(i + 1, "order") && !text_.is(i - 1, "direct") && !text_.is(i - 1, "snail");
    if (word == "face") return nickname(i);
    return true;
  }
  // "que dejen reseñas en Google": where people write, not where we advertise.
  [[nodiscard]] bool reviews_before(int i) const {
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
      if (m(k, C("d_review")) > 0) return true;
    }
    return false;
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
             (lang_ == Lang::kJa && text_.is(i + 1, "の")) || text_.is(i + 1, "threads");
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
};

}  // namespace spreaders::planners::rules
