// What the amount rules are made of: currencies, counted nouns, ages, and the search for words around a number.
// Internal to amounts.cpp.
#pragma once

#include <algorithm>
#include <array>

#include "planners/rules/amounts.hpp"
#include "planners/rules/kpi_table.hpp"

namespace spreaders::planners::rules {

struct CurrencyRow {
  std::string_view code;
  std::string_view names;
};
constexpr CurrencyRow kCurrencies[] = {
    {"USD", "usd|us$|us_dollar|us_dollars|u_s_dollars|米ドル|dolares_americanos"},
    {"EUR", "€|eur|euro|euros|ユーロ"},
    {"GBP", "£|gbp|pound|pounds|quid|sterling|livres_sterling|libra|libras|pfund|ポンド"},
    {"CHF",
     "chf|franken|franc_suisse|francs_suisses|swiss_francs|swiss_franc|sfr|fr|francos_suizos|francos_suicos|francs|"
     "franc|スイスフラン"},
    {"INR", "₹|inr|rs|rupee|rupees|rupias|roupies|rupien|ルピー"},
    {"BRL", "r$|brl|real|reais|reales|レアル"},
    {"JPY", "¥|jpy|yen|yenes|yens|円|日本円"},
    {"NOK", "nok|norwegian_kroner|norwegian_krone|couronnes_norvegiennes|coronas_noruegas|norwegische_kronen"},
    {"SEK", "sek|swedish_kronor|kronor"},
    {"DKK", "dkk|danish_kroner"},
    {"CAD", "c$|ca$|cad|canadian_dollars|dollars_canadiens|can$"},
    {"AUD", "a$|au$|aud|australian_dollars|aussie_dollars"},
    {"NZD", "nz$|nzd|new_zealand_dollars"},
    {"SGD", "s$|sgd|singapore_dollars"},
    {"HKD", "hk$|hkd"},
    {"MXN", "mx$|mxn|pesos_mexicanos|mexican_pesos"},
    {"ARS", "ars|pesos_argentinos"},
    {"COP", "cop|pesos_colombianos"},
    {"CLP", "clp|pesos_chilenos"},
    {"PLN", "pln|zloty|zlotys"},
    {"ZAR", "zar|rand"},
    {"CNY", "cny|rmb|yuan|元"},
    {"KRW", "krw|won"},
    {"AED", "aed|dirham|dirhams"},
    {"CZK", "czk"},
    {"KWD", "kwd|kd|kuwaiti_dinar|kuwaiti_dinars|dinars_koweitiens|クウェートディナール"},
    {"BHD", "bhd|bahraini_dinars"},
    {"JOD", "jod|jordanian_dinars"},
    {"TND", "tnd|tunisian_dinars|dinars_tunisiens"},
    {"OMR", "omr|omani_rials"},
    {"SAR", "sar|saudi_riyals"},
    {"QAR", "qar|qatari_riyals"},
    {"EGP", "egp|egyptian_pounds"},
    {"MAD", "mad_dirhams|dirhams_marocains"},
    {"TRY", "₺|turkish_lira|turkish_liras"},
    {"ILS", "ils|₪|shekel|shekels"},
    {"THB", "thb|baht"},
    {"IDR", "idr|rupiah"},
    {"PHP", "php|philippine_pesos"},
    {"MYR", "myr|ringgit"},
    {"VND", "vnd|₫"},
    {"HUF", "huf|forint|forints"},
    {"NGN", "ngn|naira"},
    {"KES", "kes|ksh"},
    {"TWD", "twd|nt$"},
    {"ISK", "isk"},
    {"HOME",
     "balles|conto|contos|pila|pilas|paus|mangos|tacken|kroten|pavos|smackers|euronen|varos|lucas|sous|pepinos|piepen"},
    {"$", "$"},
    {"DOLLAR", "dollar|dollars|bucks|dolar|dolares|ドル"},
    {"PESO", "peso|pesos"},
    {"DINAR", "dinar|dinars|dinares"},
    {"RIYAL", "riyal|riyals|rial|rials"},
    {"KR", "kr|kroner|krone|kronen"},
};

inline std::string_view dollar_of(std::string_view country) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> rows = {{{"AU", "AUD"},
                                                                                  {"CA", "CAD"},
                                                                                  {"NZ", "NZD"},
                                                                                  {"MX", "MXN"},
                                                                                  {"SG", "SGD"},
                                                                                  {"HK", "HKD"},
                                                                                  {"AR", "ARS"},
                                                                                  {"CO", "COP"},
                                                                                  {"CL", "CLP"}}};
  for (const auto& [where, code] : rows) {
    if (where == country) return code;
  }
  return "USD";
}

inline std::string_view home_currency(std::string_view country, Lang lang) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> rows = {
      {{"KW", "KWD"}, {"BH", "BHD"}, {"AE", "AED"}, {"SA", "SAR"}, {"KR", "KRW"}, {"GB", "GBP"}, {"IN", "INR"},
       {"JP", "JPY"}, {"BR", "BRL"}, {"CH", "CHF"}, {"NO", "NOK"}, {"SE", "SEK"}, {"DK", "DKK"}, {"FR", "EUR"},
       {"DE", "EUR"}, {"ES", "EUR"}, {"PT", "EUR"}, {"IE", "EUR"}, {"IT", "EUR"}, {"US", "USD"}}};
  for (const auto& [where, code] : rows) {
    if (where == country) return code;
  }
  if (const auto dollar = dollar_of(country); dollar != "USD") return dollar;
  switch (lang) {
    case Lang::kJa:
      return "JPY";
    case Lang::kPt:
      return "BRL";
    case Lang::kEs:
    case Lang::kFr:
    case Lang::kDe:
      return "EUR";
    default:
      return "USD";
  }
}

struct Cash {
  int begin = 0;
  int end = 0;
  int number = 0;
  double amount = 0;
  std::string currency;
  std::string period;
  enum class Kind { kBudget, kOffer, kPrice, kRevenue, kCostPer } kind = Kind::kBudget;
  int strength = 0;
  std::string metric;
  std::string channel;
};

struct Noun {
  std::string metric;
  int end = -1;
};

class AmountWords {
 public:
  AmountWords(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
              std::string_view country, int turn)
      : text_(text), lang_(lang), dates_(dates), channels_(channels), country_(country), turn_(turn) {
    facts_.used.assign(static_cast<size_t>(text.size()), false);
  }

 protected:
  const Text& text_;
  Lang lang_;
  const DateFacts& dates_;
  const ChannelFacts& channels_;
  std::string_view country_;
  int turn_;
  AmountFacts facts_;

  [[nodiscard]] int m(int i, ClassId id) const { return match(text_, i, lang_, id); }
  [[nodiscard]] bool taken(int i) const {
    return i >= 0 && i < text_.size() && (dates_.used[static_cast<size_t>(i)] || facts_.used[static_cast<size_t>(i)]);
  }
  void use(int begin, int end) {
    for (int i = std::max(0, begin); i < end && i < text_.size(); ++i) facts_.used[static_cast<size_t>(i)] = true;
  }
  [[nodiscard]] bool same_sentence(int a, int b) const {
    return a >= 0 && b >= 0 && a < text_.size() && b < text_.size() && text_.at(a).sentence == text_.at(b).sentence;
  }
  // A word of the class within `before` tokens to the left of i (same sentence, no other number between).
  [[nodiscard]] bool near_before(int i, int before, ClassId id, bool stop_at_comma = false) const {
    for (int k = i - 1; k >= 0 && k >= i - before; --k) {
      if (!same_sentence(k, i)) return false;
      if (m(k, id) > 0) return true;
      if (text_.is_number(k) && !dates_.used[static_cast<size_t>(k)]) return false;
      if (stop_at_comma && text_.is(k, ",")) return false;
    }
    return false;
  }
  [[nodiscard]] bool near_after(int i, int after, ClassId id) const {
    for (int k = i; k < text_.size() && k < i + after; ++k) {
      if (!same_sentence(k, i) || text_.is_number(k)) return false;
      if (m(k, id) > 0) return true;
      if (text_.at(k).kind == TokenKind::kPunct) return false;
    }
    return false;
  }

  // "a day", "pro Woche" at token i: the index after it, or -1.
  [[nodiscard]] int period_end(int i) const {
    return std::max({m(i, C("period_day")), m(i, C("period_week")), m(i, C("period_month"))});
  }
  [[nodiscard]] std::string period_name(int i) const {
    return m(i, C("period_day")) > 0     ? "day"
           : m(i, C("period_week")) > 0  ? "week"
           : m(i, C("period_month")) > 0 ? "month"
                                         : "";
  }
  [[nodiscard]] bool unit_follows(int i) const {
    return i < text_.size() && (m(i, C("unit_day")) > 0 || m(i, C("unit_week")) > 0 || m(i, C("unit_month")) > 0 ||
                                m(i, C("content_noun")) > 0 || m(i, C("distance")) > 0);
  }
  // "per booking", "por reserva", "pro Anruf": the counted noun by its singular.
  [[nodiscard]] Noun noun_of_singular(int i) const {
    if (i < 0 || i >= text_.size() || text_.at(i).kind != TokenKind::kWord) return {};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> endings = {{{"", "s"},
                                                                                               {"", "es"},
                                                                                               {"", "e"},
                                                                                               {"", "en"},
                                                                                               {"", "n"},
                                                                                               {"y", "ies"},
                                                                                               {"cao", "coes"},
                                                                                               {"gem", "gens"},
                                                                                               {"al", "ais"},
                                                                                               {"", ""}}};
    Text alone;
    alone.tokens = {text_.at(i)};
    const std::string word = text_.at(i).text;
    for (const auto& [from, to] : endings) {
      if (!word.ends_with(from) || (from.empty() && to.empty())) continue;
      alone.tokens[0].text = word.substr(0, word.size() - from.size()) + std::string(to);
      if (const Noun noun = noun_in(alone, 0); noun.end > 0) return {noun.metric, i + 1};
    }
    return {};
  }

  std::string_view currency_at(int i, int& end) const {
    struct Entry {
      std::vector<std::vector<std::string>> names;
      std::string_view code;
    };
    static const std::vector<Entry> table = [] {
      std::vector<Entry> out;
      for (const CurrencyRow& row : kCurrencies) out.push_back({parse_entries(row.names), row.code});
      return out;
    }();
    std::string_view best;
    end = -1;
    if (i < 0 || i >= text_.size()) return best;
    for (const Entry& entry : table) {
      for (const auto& name : entry.names) {
        const int stop = match_entry(text_, i, name);
        if (stop > end) {
          end = stop;
          best = entry.code;
        }
      }
    }
    if (best == "CHF" && text_.is(i, "fr") && !text_.at(i).upper) best = {};
    if (best == "HOME" && !slang_for_money(i)) best = {};
    if (best == "ZAR" && !text_.is(i, "zar") && country_ != "ZA") best = {};
    return best;
  }
  // "200 balles", "500 conto": after a number, and nothing that is counted or sold.
  [[nodiscard]] bool slang_for_money(int i) const {
    if (i == 0 || !text_.is_number(i - 1) || text_.at(i - 1).value < 10) return false;
    const int next = i + 1;
    if (next < text_.size() && m(next, C("of")) > 0 && !text_.is(next, ",") &&
        m(m(next, C("of")), C("budget_word")) < 0)
      return false;  // "500 balles de tennis"
    return !near_before(i - 1, 3, C("goal_word"), true);
  }
  [[nodiscard]] std::string resolve(std::string_view code) const {
    if (code == "$") return std::string(dollar_of(country_));
    if (code == "DOLLAR") {  // the word names dollars even where "$" is a peso
      const std::string_view local = dollar_of(country_);
      return local.ends_with("D") ? std::string(local) : "USD";
    }
    if (code == "HOME") return std::string(home_currency(country_, lang_));
    if (code == "PESO") return country_ == "AR" ? "ARS" : country_ == "CO" ? "COP" : country_ == "CL" ? "CLP" : "MXN";
    if (code == "DINAR") return country_ == "BH" ? "BHD" : country_ == "JO" ? "JOD" : country_ == "TN" ? "TND" : "KWD";
    if (code == "RIYAL") return country_ == "QA" ? "QAR" : country_ == "OM" ? "OMR" : "SAR";
    if (code == "KR") return country_ == "SE" ? "SEK" : country_ == "DK" ? "DKK" : "NOK";
    return std::string(code);
  }

  void find_ages() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || dates_.used[static_cast<size_t>(i)] || text_.at(i).value < 5 || text_.at(i).value > 99)
        continue;
      const int low = static_cast<int>(text_.at(i).value);
      int begin = i;
      int end = i + 1;
      int high = 0;
      bool is_age = false;
      const bool marked = match_before(text_, i, lang_, C("age_mark")) >= 0 && (lang_ == Lang::kEn);
      const int to = age_range_to(i);
      if (read_decade(i, low)) continue;
      if (to > 0 && text_.is_number(to) && !dates_.used[static_cast<size_t>(to)] && text_.at(to).value > low &&
          text_.at(to).value <= 99) {
        const int unit = age_unit(to + 1);
        const bool bare_pair =
            unit < 0 &&
            (lang_ == Lang::kEn ? (text_.is(i + 1, "-") || (text_.is(i + 1, "to") && m(i - 1, C("person")) > 0)) &&
                                      bare_age_pair(i, to + 1)
                                : aged_people(i, to + 1));
        if (unit > 0 || marked || bare_pair) {
          high = static_cast<int>(text_.at(to).value);
          end = unit > 0 ? unit : to + 1;
          is_age = !(m(end, C("staff_word")) > 0 && unit < 0);
          const int mark = match_before(text_, i, lang_, C("age_mark"));
          if (mark >= 0) begin = mark;
        }
      } else if (const int unit = age_unit(i + 1);
                 unit > 0 && !(lang_ != Lang::kEn && m(i - 1, C("length_mark")) > 0 && m(i - 1, C("age_over")) < 0 &&
                               m(i - 1, C("age_mark")) < 0)) {
        const bool company = near_after(unit, 2, C("company_age"));
        is_age = !company;
        end = unit;
        const int under = match_before(text_, i, lang_, C("age_under"));
        const int over = match_before(text_, i, lang_, C("age_over"));
        if (under >= 0) {
          high = low;
          begin = under;
        } else if (over >= 0) {
          begin = over;
        } else if (m(end, C("age_plus")) < 0 && lang_ == Lang::kEn) {
          high = low;
        }
        if (m(end, C("age_plus")) > 0) end = m(end, C("age_plus"));
        if (is_age) {
          set_age(begin, end, under >= 0 ? 0 : low, high);
          continue;
        }
      } else if (const int plus = m(i + 1, C("age_plus"));
                 plus > 0 && low >= 13 && !text_.is(i + 1, "plus") && !money_near(i)) {
        const bool counted = plus < text_.size() && noun_at(plus).end > 0;
        is_age = !counted;
        end = plus;
      } else if (i > 0 &&
                 (match_before(text_, i, lang_, C("age_over")) >= 0 ||
                  match_before(text_, i, lang_, C("age_under")) >= 0) &&
                 low >= 13 && bare_age(i)) {
        const int under = match_before(text_, i, lang_, C("age_under"));
        begin = under >= 0 ? under : match_before(text_, i, lang_, C("age_over"));
        set_age(begin, end, under >= 0 ? 0 : low, under >= 0 ? low : 0);
        continue;
      } else if (marked && !text_.is(i - 1, "for") && m(i + 1, C("distance")) < 0) {
        is_age = true;
      }
      if (is_age) {
        set_age(begin, end, low, high);
        if (to > 0 && high > 0) i = end - 1;
      }
    }
  }
  // Where the upper age of "18 to 35" begins: also "18- bis 35-Jährige", "25歳から40歳".
  [[nodiscard]] int age_range_to(int i) const {
    if (lang_ == Lang::kJa && age_unit(i + 1) > 0) return m(age_unit(i + 1), C("range_to"));
    if (text_.is(i + 1, "-") && m(i + 2, C("range_to")) > 0) return m(i + 2, C("range_to"));
    return m(i + 1, C("range_to"));
  }
  // "over 50s", "in their 30s"
  bool read_decade(int i, int low) {
    const bool japanese = lang_ == Lang::kJa && text_.is(i + 1, "代");
    const bool english = lang_ == Lang::kEn && text_.is(i + 1, "s") && !text_.at(i + 1).space_before && low >= 10;
    if (!japanese && !english) return false;
    const bool over = english && text_.is(i - 1, "over");
    set_age(over ? i - 1 : i, i + 2, low, over ? 0 : low + 9);
    return true;
  }
  [[nodiscard]] int age_unit(int i) const {
    const int end = m(i, C("age_unit"));
    return end;
  }
  [[nodiscard]] bool money_near(int i) const {
    int end = -1;
    return !currency_at(i - 1, end).empty() || !currency_at(i + 1, end).empty() || text_.is(i + 1, "%");
  }
  // "over 40 in Ohio": nothing counted follows.
  [[nodiscard]] bool bare_age(int i) const {
    if (money_near(i)) return false;
    const int next = i + 1;
    if (next >= text_.size()) return true;
    if (m(next, C("distance")) > 0 || m(next, C("staff_word")) > 0 || m(next, C("currency_word")) > 0) return false;
    const TokenKind kind = text_.at(next).kind;
    if (kind == TokenKind::kPunct) return true;
    if (noun_at(next).end > 0 || text_.is_number(next)) return false;
    return m(next, C("audience_filter")) > 0 || m(next, C("and")) > 0 || m(next, C("audience_stop")) > 0 ||
           text_.is(next, "s");
  }
  [[nodiscard]] bool bare_age_pair(int i, int next) const {
    if (money_near(i) || text_.at(i).value < 13 || text_.at(i).value > 70) return false;
    if (m(next, C("staff_word")) > 0 || m(next, C("distance")) > 0 || m(next, C("currency_word")) > 0) return false;
    if (next < text_.size() && (text_.is(next, "%") || noun_at(next).end > 0)) return false;
    return i > 0 && (m(i - 1, C("person")) > 0 || (text_.is(i - 1, ",") && i > 1 && m(i - 2, C("person")) > 0) ||
                     (next < text_.size() && text_.is(next, ",")) || text_.is(i - 1, "("));
  }
  // "gente de 18 a 30", "jovens de 18 a 24": people right before, nothing counted after.
  [[nodiscard]] bool aged_people(int i, int next) const {
    const int mark = match_before(text_, i, lang_, C("age_mark"));
    if (mark < 1 || m(mark - 1, C("person")) < 0 || text_.at(i).value < 13 || money_near(i)) return false;
    return next >= text_.size() ||
           (noun_at(next).end < 0 && m(next, C("staff_word")) < 0 && m(next, C("distance")) < 0 &&
            m(next, C("of")) < 0) ||
           m(next, C("place_prep")) > 0;
  }
  void set_age(int begin, int end, int low, int high) {
    use(begin, end);
    if (!facts_.min_age && !facts_.max_age) {
      facts_.age_begin = begin;
      facts_.age_end = end;
      if (low > 0) facts_.min_age = low;
      if (high > 0) facts_.max_age = high;
    }
  }

  [[nodiscard]] std::string channel_beside(int begin, int end) const {
    for (const ChannelMention& mention : channels_.mentions) {
      if (mention.excluded) continue;
      int at = end;
      int steps = 0;
      while (at < mention.begin && steps < 4 &&
             (m(at, C("alloc_prep")) > 0 || m(at, C("article")) > 0 || m(at, C("ad_word")) > 0 ||
              m(at, C("period_day")) > 0 || m(at, C("period_week")) > 0 || m(at, C("period_month")) > 0)) {
        at = std::max({m(at, C("alloc_prep")), m(at, C("article")), m(at, C("ad_word")), m(at, C("period_day")),
                       m(at, C("period_week")), m(at, C("period_month"))});
        ++steps;
      }
      if (at == mention.begin && (steps > 0 || is_paid(mention.id))) return mention.id;
    }
    for (const ChannelMention& mention : channels_.mentions) {
      int at = mention.end;
      int steps = 0;
      while (at < begin && steps < 4 &&
             (m(at, C("ad_word")) > 0 || m(at, C("organic_word")) > 0 || m(at, C("alloc_prep")) > 0 ||
              text_.is(at, ":") || text_.is(at, "(") || text_.is(at, "gets") || text_.is(at, "-") ||
              text_.is(at, "=") || text_.is(at, "は"))) {
        at = std::max({at + 1, m(at, C("ad_word")), m(at, C("organic_word"))});
        ++steps;
      }
      if (at == begin && !mention.excluded) return mention.id;
    }
    return {};
  }

  [[nodiscard]] Noun noun_at(int i) const {
    Noun best = noun_in(text_, i);
    if (best.end < 0 && lang_ == Lang::kDe) best = compound_noun(i);
    if (lang_ == Lang::kEn && best.end > 0) {  // the words as written: "sign-ups" and "signups" differ
      if (best.metric == "reservations" && text_.is(i, "booking")) best.metric = "bookings";
    }
    return best;
  }
  // "Tischreservierungen", "Kundenanfragen": the last part of the word counts.
  [[nodiscard]] Noun compound_noun(int i) const {
    if (i < 0 || i >= text_.size() || text_.at(i).kind != TokenKind::kWord || !text_.at(i).space_before) return {};
    Text alone;
    alone.tokens = {text_.at(i)};
    const std::string word = text_.at(i).text;
    for (size_t cut = 3; cut + 5 < word.size(); ++cut) {
      alone.tokens[0].text = word.substr(cut);
      if (const Noun noun = noun_in(alone, 0); noun.end > 0) return {noun.metric, i + 1};
    }
    return {};
  }
  static Noun noun_in(const Text& text, int i) {
    struct Entry {
      std::vector<std::vector<std::string>> names;
      std::string_view metric;
    };
    static const std::vector<Entry> table = [] {
      std::vector<Entry> out;
      size_t count = 0;
      const MetricRow* rows = metric_rows(count);
      for (size_t k = 0; k < count; ++k) out.push_back({parse_entries(rows[k].names), rows[k].metric});
      return out;
    }();
    Noun best;
    if (i < 0 || i >= text.size()) return best;
    for (const Entry& entry : table) {
      for (const auto& name : entry.names) {
        if (name.front() != text.at(i).text) continue;
        const int end = match_entry(text, i, name);
        if (end > best.end) best = {std::string(entry.metric), end};
      }
    }
    return best;
  }
  // The metric whose name ends right before token `end` (Japanese: 注文を100件).
  [[nodiscard]] Noun noun_before(int end) const {
    for (int begin = std::max(0, end - 12); begin < end; ++begin) {
      const Noun noun = noun_at(begin);
      if (noun.end < 0) continue;
      int at = noun.end;
      for (int guard = 0; guard < 4 && at < end; ++guard) {
        if (at < text_.size() && (text_.is(at, "を") || text_.is(at, "が") || text_.is(at, "は") ||
                                  text_.is(at, "数") || text_.is(at, "の") || text_.is(at, "で") || text_.is(at, ":") ||
                                  text_.is(at, "者") || text_.is(at, "率") || text_.is(at, "に") ||
                                  text_.is(at, "目") || text_.is(at, "標") || text_.is(at, "約")))
          ++at;
        else break;
      }
      if (at == end) return {noun.metric, begin};
    }
    return {};
  }

  [[nodiscard]] bool correction_between(int a, int b) const {
    for (int k = a; k < b; ++k) {
      if (m(k, C("correction")) > 0) return true;
    }
    return false;
  }

  // The counted noun after a number, over adjectives.
  [[nodiscard]] Noun noun_near(int i) const {
    int at = i + 1;
    if (text_.is(at, "+")) ++at;
    if (lang_ == Lang::kJa) {
      int counter = at;
      if (counter < text_.size() &&
          (text_.is(counter, "件") || text_.is(counter, "人") || text_.is(counter, "名") || text_.is(counter, "回") ||
           text_.is(counter, "個") || text_.is(counter, "枚") || text_.is(counter, "本"))) {
        ++counter;
        if (text_.is(counter, "以") && text_.is(counter + 1, "上")) counter += 2;
        if (text_.is(counter, "の")) ++counter;
        if (const Noun noun = noun_at(counter); noun.end > 0 && counter > at + 1) return noun;
      }
      return noun_at(at);
    }
    for (int skipped = 0; skipped <= 3; ++skipped) {
      const Noun noun = noun_at(at);
      if (noun.end > 0) {
        if (lang_ == Lang::kEn) {  // "60 lead form sign-ups": the last noun counts
          const Noun further = noun_at(noun.end);
          if (further.end > 0) return further;
        }
        return noun;
      }
      if (at >= text_.size()) break;
      const Token& token = text_.at(at);
      if (token.kind != TokenKind::kWord) break;
      const bool partitive = m(at, C("of")) > 0 && lang_ != Lang::kEn && !text_.is(at, "en") && !text_.is(at, "em") &&
                             !text_.is(at, "in") && !text_.is(at, "im");
      if (m(at, C("channel_any")) > 0 && noun_at(at + 1).end > 0)
        return noun_at(at + 1);  // "300 newsletter subscribers"
      if (!partitive && (m(at, C("audience_filter")) > 0 || m(at, C("audience_stop")) > 0 ||
                         m(at, C("channel_any")) > 0 || m(at, C("and")) > 0 || m(at, C("unit_day")) > 0 ||
                         m(at, C("unit_week")) > 0 || m(at, C("content_noun")) > 0))
        break;
      ++at;
    }
    return {};
  }
};

}  // namespace spreaders::planners::rules
