#include "planners/rules/policy.hpp"

#include <algorithm>
#include <array>

#include "planners/rules/policy_patterns.hpp"

namespace spreaders::planners::rules {
namespace {

const std::vector<std::pair<const Rule*, Pattern>>& compiled() {
  static const auto table = [] {
    std::vector<std::pair<const Rule*, Pattern>> out;
    for (const Rule& rule : kRules) out.emplace_back(&rule, Pattern(rule.pattern));
    return out;
  }();
  return table;
}

class Finder {
 public:
  Finder(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age,
         const TalkContext& earlier)
      : text_(text), lang_(lang), min_age_(min_age), max_age_(max_age), earlier_(earlier) {}

  std::vector<PolicyHit> run() {
    for (const auto& [rule, pattern] : compiled()) {
      for (int i = 0; i < text_.size(); ++i) {
        const int end = pattern.match_at(text_, i);
        if (end < 0 || (rule->negatable && negated(i, end, rule->rule))) continue;
        if (rule->rule == "approval.not_waivable_by_text" && harmless_waiver(i, end)) continue;
        if (rule->rule == "deception.fake_engagement" && audience_of_fake(i)) continue;
        if (rule->unless == Unless::kOwnPlace && (own_between(i, end, C("d_place")) || consented(i))) continue;
        if (rule->unless == Unless::kOwnLook && own_between(i, end, C("d_institution"))) continue;
        add(rule->rule, i);
        break;
      }
    }
    minors();
    discrimination();
    health();
    return std::move(hits_);
  }
  void note(TalkContext& context) const {
    context.restricted_goods = context.restricted_goods || restricted_product() >= 0;
    context.minors = context.minors || names_minors();
    for (int i = 0; i < text_.size(); ++i) {  // "house wine", "a casa": too weak to be carried into another turn
      context.housing = context.housing ||
                        (match_any(text_, i, C("p_housing")) > 0 && !(match_any(text_, i, C("p_housing_weak")) > 0));
    }
  }

 private:
  const Text& text_;
  Lang lang_;
  std::optional<int> min_age_, max_age_;
  const TalkContext& earlier_;
  std::vector<PolicyHit> hits_;

  void add(std::string_view rule, int at) {
    for (const PolicyHit& hit : hits_) {
      if (hit.rule == rule) return;
    }
    hits_.push_back({rule, at});
  }
  [[nodiscard]] int any(std::string_view key, int from = 0) const {
    const ClassId id = class_id(key);
    for (int i = from; i < text_.size(); ++i) {
      if (match_any(text_, i, id) > 0) return i;
    }
    return -1;
  }
  [[nodiscard]] bool negated(int begin, int end, std::string_view rule) const {
    const int sentence = text_.at(begin).sentence;
    const bool opt_out = rule == "consent.opt_out";
    for (int k = begin - 1; k >= 0 && k >= begin - (opt_out ? 6 : 4); --k) {
      if (text_.at(k).sentence != sentence) break;
      if (text_.is(k, ",") && !opt_out) break;
      if (text_.is(k, "only") || text_.is(k, "even") || text_.is(k, "including") || text_.is(k, "also")) break;
      const int stop = match(text_, k, lang_, opt_out ? C("p_respect") : C("negator"));
      if (stop > 0 && !(opt_out && (text_.is(k, "easy") || false)))
        return !(lang_ == Lang::kPt && text_.is(k, "no")) && !text_.is(stop, "only");
    }
    if (opt_out && left_out(begin, end)) return true;
    if (opt_out && lang_ == Lang::kJa) {
      for (int k = end; k < std::min(end + 6, text_.size()); ++k) {
        if (match(text_, k, lang_, C("p_respect_after")) > 0) return true;
      }
    }
    if (opt_out && (text_.is(end, "link") || text_.is(end, "button") || text_.is(end, "rate") ||
                    text_.is(end, "option") || text_.is(end, "footer") || text_.is(end, "rates")))
      return true;
    if (lang_ == Lang::kJa && !opt_out) {
      for (int k = end; k < std::min(end + 4, text_.size()); ++k) {
        if (text_.is(k, "な") && text_.is(k + 1, "い")) return true;
        if (text_.is(k, "ま") && text_.is(k + 1, "せ") && text_.is(k + 2, "ん")) return true;
      }
    }
    // "customers bought ... contacts": a purchase by customers is none of ours.
    if (rule == "consent.purchased_list") return customer_purchase(begin, end);
    return false;
  }
  // "... get nothing now, write to them anyway".
  [[nodiscard]] bool written_again(int from) const {
    for (int k = from; k < std::min(from + 12, text_.size()); ++k) {
      if (match(text_, k, lang_, C("p_again")) > 0) return true;
    }
    return false;
  }
  // "whoever unsubscribed is left out", "wer sich abgemeldet hat, darf nichts bekommen": care, not a violation.
  [[nodiscard]] bool left_out(int begin, int end) const {
    for (int k = end; k < std::min(end + 9, text_.size()) && text_.at(k).sentence == text_.at(begin).sentence; ++k) {
      if (match(text_, k, lang_, C("p_left_out")) > 0) return !written_again(k);
      if (match(text_, k, lang_, C("but")) > 0) return false;
    }
    return false;
  }
  // "remind people who bought ... to add their numbers", "leads who purchased from us", "buy our list of ...".
  [[nodiscard]] bool customer_purchase(int begin, int end) const {
    for (int k = std::max(0, begin - 4); k < end; ++k) {
      if (text_.is(k, "who") || text_.is(k, "that_have") || text_.is(k, "quienes") || text_.is(k, "qui") ||
          text_.is(k, "customers") || text_.is(k, "clientes") || text_.is(k, "clients") || text_.is(k, "kunden"))
        return true;
      if (match_any(text_, k, C("d_their_purchase")) > 0) return true;
      if ((text_.is(k, "to") || text_.is(k, "them")) && (text_.is(k + 1, "buy") || text_.is(k + 1, "purchase"))) {
        const bool wants = k > 0 && (text_.is(k - 1, "want") || text_.is(k - 1, "going") || text_.is(k - 1, "like"));
        if (!wants) return true;
      }
      if (text_.is(k, "wish") || text_.is(k, "price") || text_.is(k, "shopping") || text_.is(k, "waiting")) return true;
    }
    return false;
  }
  [[nodiscard]] bool harmless_waiver(int begin, int) const {
    for (int k = begin; k < std::min(begin + 8, text_.size()); ++k) {
      if (text_.is(k, "loan") || text_.is(k, "credit") || text_.is(k, "mortgage")) return true;
    }
    // "don't send without my approval", "nothing goes out without approval": the contrary.
    for (int k = begin - 1; k >= 0 && k >= begin - 7 && text_.at(k).sentence == text_.at(begin).sentence; --k) {
      if (text_.is(k, "nothing") || text_.is(k, "dont") || text_.is(k, "never") || text_.is(k, "nada") ||
          text_.is(k, "rien") || text_.is(k, "nichts") || text_.is(k, "nunca") || text_.is(k, "not") ||
          text_.is(k, "nicht"))
        return true;
      if (text_.is(k, ",")) break;
    }
    return false;
  }
  [[nodiscard]] bool audience_of_fake(int i) const {
    return i > 0 && (text_.is(i - 1, "no") || text_.is(i - 1, "avoid") || text_.is(i - 1, "against") ||
                     text_.is(i - 1, "report") || text_.is(i - 1, "detect") || text_.is(i - 1, "spot") ||
                     text_.is(i - 1, "not"));
  }

  // By its name, in German also as the last part of a compound: Kellerbier, Kräuterlikör.
  [[nodiscard]] int restricted_product() const {
    const int named = any("p_restricted");
    if (named >= 0 || lang_ != Lang::kDe) return named;
    static constexpr std::array<std::string_view, 8> tails = {"bier",    "biere",      "wein",  "weine",
                                                              "schnaps", "zigaretten", "likor", "tabak"};
    for (int i = 0; i < text_.size(); ++i) {
      const std::string& word = text_.at(i).text;
      if (word.size() < 7 || word.find("schwein") != std::string::npos) continue;
      if (std::any_of(tails.begin(), tails.end(), [&](std::string_view tail) { return word.ends_with(tail); }))
        return i;
    }
    return -1;
  }

  [[nodiscard]] bool names_minors() const {
    const int guard = any("p_minor_guard");
    if (min_age_ ? *min_age_ < 18 : max_age_ && *max_age_ <= 18) return true;
    if (young_pair()) return true;
    if (guard >= 0) return false;
    for (int i = any("p_minor"); i >= 0; i = any("p_minor", i + 1)) {
      bool excluded = false;
      for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
        if (match(text_, k, lang_, C("negator")) > 0 && !(lang_ == Lang::kPt && text_.is(k, "no"))) excluded = true;
        if (text_.is(k, "under") && text_.is(i, "18")) excluded = false;
      }
      if (lang_ == Lang::kJa && match(text_, i + 2, lang_, C("negated_after")) > 0) excluded = true;
      if (!excluded) return true;
    }
    return false;
  }
  [[nodiscard]] bool young(int i) const {
    return text_.is_number(i) && text_.at(i).value >= 10 && text_.at(i).value < 18;
  }
  // "those of 15 and 16", "ab 15 Jahren", "16 ans", "15〜17歳": ages said without a word like "teenager".
  [[nodiscard]] bool young_pair() const {
    for (int i = 0; i < text_.size(); ++i) {
      if (!young(i)) continue;
      const int joined = match_any(text_, i + 1, C("d_age_join"));
      const int last = joined > 0 && young(joined) ? joined : i;
      bool negated = false;
      for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
        negated = negated || (match(text_, k, lang_, C("negator")) > 0 && !(lang_ == Lang::kPt && text_.is(k, "no")));
      }
      if (negated) continue;
      if (match_any(text_, last + 1, C("d_age_unit")) > 0 && match_any(text_, i - 1, C("d_span_lead")) < 0 &&
          match_any(text_, last + 2, C("d_experience")) < 0)
        return true;
      if (last > i && match_any(text_, i - 1, C("d_age_lead")) > 0 && match_any(text_, last + 1, C("month")) < 0 &&
          !text_.is(last + 1, "de") && !text_.is(last + 1, "of") && !text_.is(last + 1, ".") &&
          !text_.is(last + 1, "th"))
        return true;
    }
    return false;
  }

  void minors() {
    const int product = restricted_product();
    const bool named = names_minors();
    if ((named || earlier_.minors) && (product >= 0 || earlier_.restricted_goods) && (named || product >= 0))
      add("audience.minors_restricted_product", std::max(0, product));
  }

  // "pulled from our website", "im Look unserer Bank".
  [[nodiscard]] bool own_between(int begin, int end, ClassId place) const {
    for (int k = std::max(0, begin - 1); k < end; ++k) {
      const int past = match_any(text_, k, C("d_own"));
      if (past < 0) continue;
      for (int next = past; next < std::min(past + 3, end + 1); ++next) {
        if (match_any(text_, next, place) > 0) return true;
      }
    }
    return false;
  }
  // "... who filled in the form": told in the same sentence.
  [[nodiscard]] bool consented(int at) const {
    for (int k = 0; k < text_.size(); ++k) {
      if (text_.at(k).sentence == text_.at(at).sentence && match(text_, k, lang_, C("d_consented")) > 0) {
        bool negated = false;
        for (int b = k - 1; b >= 0 && b >= k - 3; --b) negated = negated || match(text_, b, lang_, C("negator")) > 0;
        if (!negated) return true;
      }
    }
    return false;
  }

  void discrimination() {
    if (any("p_housing") < 0 && !earlier_.housing) return;
    const ClassId trait = C("p_trait");
    for (int i = 0; i < text_.size(); ++i) {
      const int end = std::max(match_any(text_, i, trait), match_any(text_, i, C("d_people")));
      if (end < 0) continue;
      bool cut = false;
      for (int k = i - 1; k >= 0 && k >= i - 9; --k) {
        if (text_.at(k).sentence != text_.at(i).sentence) break;
        const int stop = match_any(text_, k, C("p_exclude"));
        if (stop > 0 && stop <= i && !(lang_ == Lang::kPt && text_.is(k, "no")) && !about_money(stop, i) &&
            !about_channel(stop, i))
          cut = true;
        if (text_.is(k, ".")) break;
      }
      for (int k = end; k < std::min(end + (lang_ == Lang::kJa ? 6 : 4), text_.size()); ++k) {
        if (match(text_, k, lang_, C("p_exclude_after")) > 0 || match_any(text_, k, C("d_unseen")) > 0) cut = true;
      }
      if (cut) {
        add("audience.discrimination_housing", i);
        return;
      }
    }
  }
  [[nodiscard]] bool about_money(int from, int to) const {
    for (int k = from; k < to; ++k) {
      if (match(text_, k, lang_, C("budget_word")) > 0 || match(text_, k, lang_, C("no_spend")) > 0 ||
          text_.is_number(k))
        return true;
    }
    return match(text_, from - 1, lang_, C("no_spend")) > 0;
  }
  [[nodiscard]] bool about_channel(int from, int to) const {
    for (int k = from; k < to; ++k) {
      if (match(text_, k, lang_, C("channel_any")) > 0) return true;
    }
    return false;
  }

  void health() {
    static const std::vector<Pattern> patterns = [] {
      std::vector<Pattern> out;
      for (const std::string_view source : kHealthRules) out.emplace_back(source);
      return out;
    }();
    for (const Pattern& pattern : patterns) {
      for (int i = 0; i < text_.size(); ++i) {
        const int end = pattern.match_at(text_, i);
        if (end < 0 || negated(i, end, "health") || benign_health(i)) continue;
        if (text_.is(i, "gegen") && !(i > 0)) continue;
        if (text_.is(i, "fight") || text_.is(i, "fights") || text_.is(i, "fighting") || text_.is(i, "against") ||
            text_.is(i, "treat") || text_.is(i, "prevent")) {
          if (any("p_benign_health") >= 0) continue;
        }
        add("claims.health_unsubstantiated", i);
        return;
      }
    }
  }
  // Charity, research and clinics speak of diseases in good faith.
  [[nodiscard]] bool benign_health(int i) const {
    for (int k = std::max(0, i - 12); k < std::min(text_.size(), i + 14); ++k) {
      if (text_.at(k).sentence == text_.at(i).sentence && match_any(text_, k, C("p_benign_health")) > 0) return true;
    }
    return false;
  }
};

}  // namespace

std::vector<PolicyHit> find_policy(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age,
                                   const TalkContext& earlier) {
  if (text.size() == 0) return {};
  return Finder(text, lang, min_age, max_age, earlier).run();
}

void note_context(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age,
                  TalkContext& context) {
  if (text.size() > 0) Finder(text, lang, min_age, max_age, {}).note(context);
}

bool withdraws(const Text& text, Lang lang, std::string_view rule) {
  static const Pattern consent(
      "only|own|opted_in|our_subscribers|our_own|consented|nuestra_propia|nuestros_suscriptores|propia|propios|notre_"
      "propre|nos_abonnes|propre|eigene|eigenen|nossa_propria|proprios|propria|自社|同意済み|既存|existing|instead ..5 "
      "list|subscribers|customers|contacts|lista|suscriptores|clientes|liste|abonnes|clients|kunden|abonnenten|"
      "assinantes|顧客|会員|読者|members|leads|who");
  static const Pattern drop(
      "drop|remove|forget|without|skip|delete|leave_out|dont|scrap|never_mind|take_out|exclude|quita|elimina|sin|"
      "olvida|retirez|supprimez|sans|enlevez|oubliez|streiche|lass|ohne|entferne|vergiss|retire|remova|sem|esqueca|"
      "tire|削除|やめ|外し|除い|なし");
  if (rule.starts_with("consent.") || rule.starts_with("claims.") || rule.starts_with("audience.")) {
    for (int i = 0; i < text.size(); ++i) {
      if (rule.starts_with("consent.") && consent.match_at(text, i) > 0) return true;
      if (drop.match_at(text, i) > 0) {
        if (rule.starts_with("claims.")) {
          for (int k = i; k < std::min(i + 8, text.size()); ++k) {
            if (match_any(text, k, C("p_disease")) > 0 || match_any(text, k, C("p_cure")) > 0 || text.is(k, "claim") ||
                text.is(k, "claims") || text.is(k, "health") || text.is(k, "afirmacion") || text.is(k, "allegation") ||
                text.is(k, "behauptung") || text.is(k, "alegacao") || text.is(k, "promesa") || text.is(k, "promesse"))
              return true;
          }
        } else if (rule.starts_with("consent.")) {
          for (int k = i; k < std::min(i + 7, text.size()); ++k) {
            if (match(text, k, lang, C("p_list")) > 0 || match_any(text, k, C("p_optout")) > 0) return true;
          }
        }
      }
    }
  }
  return false;
}

bool is_refused(std::string_view rule) {
  return rule.starts_with("deception.") || rule == "audience.minors_restricted_product";
}

}  // namespace spreaders::planners::rules
