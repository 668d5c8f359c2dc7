#include "planners/rules/people.hpp"

#include <algorithm>
#include <array>

#include "planners/rules/quotes.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr int kFilterWords_max = 16;

// "quote this review: ...": what is quoted is material for the post, not its aim.
bool announces_quotation(const Text& text, int i) {
  if (match_any(text, i, C("quote_lead")) < 0) return false;
  for (int k = i + 1; k < std::min(i + 10, text.size()); ++k) {
    if (text.is(k, kQuotedWord)) return true;
  }
  return false;
}

class AudienceReader {
 public:
  AudienceReader(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                 const AmountFacts& amounts)
      : text_(text), lang_(lang), dates_(dates), channels_(channels), amounts_(amounts) {}

  Phrase run() {
    const auto size = static_cast<size_t>(text_.size());
    mark_.assign(size, false);
    capitals_ = std::any_of(text_.tokens.begin() + (text_.tokens.empty() ? 0 : 1), text_.tokens.end(),
                            [](const Token& t) { return t.upper; });
    if (lang_ == Lang::kJa) japanese();
    else phrases();
    if (lang_ != Lang::kEn && std::find(mark_.begin(), mark_.end(), true) == mark_.end()) {
      english_ = true;  // "nuestros subscribers", "für unsere Subscriber"
      if (lang_ == Lang::kJa) japanese();
      else phrases();
    }
    if (lang_ != Lang::kJa) bare_part();
    if (lang_ != Lang::kJa) places();
    if (amounts_.age_begin >= 0) mark(amounts_.age_begin, amounts_.age_end);
    drop_people_beside();
    return collect();
  }
  [[nodiscard]] const std::vector<bool>& marks() const { return mark_; }  // after run(): the tokens that name people

 private:
  const Text& text_;
  Lang lang_;
  const DateFacts& dates_;
  const ChannelFacts& channels_;
  const AmountFacts& amounts_;
  std::vector<bool> mark_;
  bool capitals_ = false;
  bool english_ = false;  // people are looked for by their English names too

  [[nodiscard]] int m(int i, ClassId id) const { return match(text_, i, lang_, id); }
  [[nodiscard]] int person_at(int i) const {
    const int end = m(i, C("person"));
    return end < 0 && english_ && text_.at(i).text.size() > 5 ? match(text_, i, Lang::kEn, C("person")) : end;
  }
  void mark(int begin, int end) {
    for (int i = begin; i < end; ++i) mark_[static_cast<size_t>(i)] = true;
  }
  [[nodiscard]] bool window(int i) const { return dates_.window[static_cast<size_t>(i)]; }
  [[nodiscard]] bool blocked(int i) const {
    const auto k = static_cast<size_t>(i);
    if (dates_.window[k] || (i >= amounts_.age_begin && i < amounts_.age_end)) return false;
    return dates_.used[k] || amounts_.used[k] || channels_.used[k];
  }
  [[nodiscard]] bool word(int i) const {
    return i >= 0 && i < text_.size() &&
           (text_.at(i).kind == TokenKind::kWord || text_.at(i).kind == TokenKind::kCjk ||
            text_.at(i).kind == TokenKind::kNumber);
  }

  // Plural agents: "-ers", "-ists", "-eurs", but only after a word that introduces people.
  [[nodiscard]] bool agent_like(int i) const {
    const std::string& w = text_.at(i).text;
    if (w.size() < 6 || text_.at(i).kind != TokenKind::kWord) return false;
    static constexpr std::array<std::string_view, 34> things = {
        "orders",   "offers",    "flyers",   "numbers", "posters",  "dinners",  "sweaters", "sneakers", "stickers",
        "trailers", "computers", "printers", "flowers", "burgers",  "papers",   "letters",  "boosters", "trainers",
        "joggers",  "blazers",   "planters", "powers",  "members",  "answers",  "vouchers", "covers",   "heaters",
        "speakers", "scooters",  "slippers", "banners", "chargers", "crackers", "coolers"};
    if (std::find(things.begin(), things.end(), w) != things.end()) return false;
    const auto ends = [&](std::string_view tail) {
      return w.size() > tail.size() && w.compare(w.size() - tail.size(), tail.size(), tail) == 0;
    };
    bool like = false;
    if (lang_ == Lang::kEn)
      like = ends("ers") || ends("ors") || ends("ists") || ends("ians") || ends("ees") || ends("aholics");
    if (lang_ == Lang::kEs || lang_ == Lang::kPt)
      like = ends("istas") || ends("dores") || ends("doras") || ends("antes") || ends("eros") || ends("eiros");
    if (lang_ == Lang::kFr) like = ends("eurs") || ends("euses") || ends("istes") || ends("iens");
    if (lang_ == Lang::kDe) {  // compounds: Musikliebhaber, Teilzeitstudierende
      for (const std::string_view tail :
           {"liebhaber",  "freunde",     "freunden",   "besitzer",      "kunden",          "nutzer",   "leser",
            "mitglieder", "mitgliedern", "eltern",     "schuler",       "innen",           "halter",   "inhaber",
            "leiter",     "manager",     "managern",   "unternehmen",   "betriebe",        "sportler", "fahrer",
            "gaste",      "gasten",      "studenten",  "studierende",   "einsteiger",      "anfanger", "kaufer",
            "spieler",    "gartner",     "abonnenten", "interessierte", "begeisterte",     "berater",  "verkaufer",
            "eigentumer", "mieter",      "familien",   "paare",         "leute",           "fans",     "isten",
            "arbeiter",   "handler",     "reisende",   "bewohner",      "verantwortliche", "kinder",   "besucher",
            "laufer"}) {
        if (ends(tail)) return true;
      }
    }
    if (!like) return false;
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
      if (text_.at(k).kind == TokenKind::kPunct) return lang_ == Lang::kEn && text_.is(k, ",");
      if (m(k, C("audience_lead")) > 0 && !text_.is(k, "of") && !text_.is(k, "de")) return true;
      if (m(k, C("possessive")) == k + 1 && (text_.is(k, "our") || text_.is(k, "my")))
        return k > 0 && m(k - 1, C("audience_lead")) > 0 && !text_.is(k - 1, "for") && !text_.is(k - 1, "of");
    }
    return false;
  }

  // "Cliente: inmobiliaria en Medellín", "Kunde: ...": the one we work for.
  [[nodiscard]] bool labelled(int end) const {
    return text_.is(end, ":") && text_.at(end - 1).text.size() > 3 &&
           (text_.is(end - 1, "cliente") || text_.is(end - 1, "client") || text_.is(end - 1, "kunde") ||
            text_.is(end - 1, "customer") || text_.is(end - 1, "kundin"));
  }
  [[nodiscard]] bool wanted_more(int i) const {  // "get more customers": the aim, not the audience
    for (int k = i - 1; k >= 0 && k >= i - 3; --k) {
      if (text_.is(k, "more") || text_.is(k, "mas") || text_.is(k, "plus") || text_.is(k, "mehr") ||
          text_.is(k, "mais") || text_.is(k, "new") || text_.is(k, "nuevos") || text_.is(k, "nouveaux") ||
          text_.is(k, "neue") || text_.is(k, "novos")) {
        for (int b = k - 1; b >= 0 && b >= k - 4; --b) {
          if (m(b, C("goal_word")) > 0 && !text_.is(b, "for") && !text_.is(b, "reach")) return true;
        }
        return k == 0 || text_.is(k, "more") || text_.is(k, "mas") || text_.is(k, "mehr") || text_.is(k, "mais");
      }
    }
    return false;
  }

  void phrases() {
    for (int i = 0; i < text_.size(); ++i) {
      if (mark_[static_cast<size_t>(i)] || blocked(i) || !word(i)) continue;
      int end = person_at(i);
      if (end < 0 && agent_like(i)) end = i + 1;
      if (end < 0) {
        const int lead = m(i, C("target_lead"));
        if (lead > 0 && lead < text_.size() && word(lead) && !blocked(lead)) mark(lead, right(lead));
        continue;
      }
      if (wanted_more(i) || labelled(end)) continue;
      if (lang_ == Lang::kPt && text_.is(i, "gente") && text_.is(i - 1, "a") && !text_.is(i - 2, "toda"))
        continue;  // we
      int begin = i;
      while (begin > 0 && left_word(begin - 1)) --begin;
      mark(coordinated(begin), right(end));
    }
    // "who", "anyone": relative clauses without a noun.
    for (int i = 0; i < text_.size(); ++i) {
      if (!mark_[static_cast<size_t>(i)] && m(i, C("who_word")) > 0) mark(i, right(m(i, C("who_word"))));
    }
  }
  // ", décorateurs et particuliers": what a comma and "and" enclose belongs to the people.
  [[nodiscard]] int coordinated(int begin) const {
    if (begin < 2 || m(begin - 1, C("and")) != begin || text_.at(begin - 1).kind == TokenKind::kPunct) return begin;
    int at = begin - 1;
    while (at > 0 && begin - at <= 4 && left_word(at - 1) && m(at - 1, C("ad_word")) < 0) --at;
    const bool enclosed = at < begin - 1 && at > 0 && text_.is(at - 1, ",");
    return enclosed ? at : begin;
  }
  // ", yoga newbies,": a part between commas that nothing else explains, when no people were named.
  void bare_part() {
    if (std::find(mark_.begin(), mark_.end(), true) != mark_.end()) return;
    for (int i = 1; i < text_.size(); ++i) {
      if (!text_.is(i - 1, ",")) continue;
      int end = i;
      bool plain = true;
      while (end < text_.size() && text_.at(end).kind != TokenKind::kPunct &&
             text_.at(end).sentence == text_.at(i).sentence) {
        plain = plain && text_.at(end).kind == TokenKind::kWord && !blocked(end) && m(end, C("audience_stop")) < 0 &&
                m(end, C("ad_word")) < 0;
        ++end;
      }
      if (!plain || end == i || end - i > 6 || m(i, C("and")) > 0 || m(i, C("correction")) > 0 ||
          m(i, C("goal_word")) > 0 || m(i, C("negator")) > 0)
        continue;
      mark(i, end);
      return;
    }
  }
  [[nodiscard]] bool left_word(int i) const {
    if (!word(i) || blocked(i) || text_.at(i).kind == TokenKind::kNumber) return false;
    if (text_.at(i).sentence != text_.at(i + 1).sentence) return false;
    if (m(i, C("audience_lead")) == i + 1 && !(text_.is(i, "de") || text_.is(i, "d'") || text_.is(i, "of")))
      return false;
    if (text_.slice(i, i + 1) == "IT") return true;  // "IT managers"
    return m(i, C("article")) < 0 && m(i, C("audience_stop")) < 0 && m(i, C("and")) < 0 && m(i, C("from")) != i + 1;
  }
  [[nodiscard]] int right(int end) const {
    int at = end;
    int words = 0;
    bool clause = false;
    while (at < text_.size() && words < kFilterWords_max) {
      if (text_.at(at).kind == TokenKind::kPunct) {
        // ", die ... gekauft haben," and ", aged 25-40": a clause that belongs to the noun.
        if (text_.is(at, ",") && !clause && at + 1 < text_.size() && m(at + 1, C("relative_word")) > 0 &&
            !blocked(at + 1)) {
          clause = true;
          ++at;
          continue;
        }
        if (const int close = filter_in_brackets(at); close > 0) {
          at = close;
          break;
        }
        if (text_.is(at, "-") || text_.is(at, "'") || text_.is(at, "/")) {
          ++at;
          continue;
        }
        break;
      }
      if (blocked(at) && !window(at)) break;
      if (text_.at(at).sentence != text_.at(end - 1).sentence) break;
      const bool in_window = window(at);
      if (!in_window && m(at, C("audience_stop")) > 0 && !(clause && text_.is(at, "nichts"))) break;
      if (!in_window && m(at, C("relative_word")) > 0) clause = true;
      if (!in_window && m(at, C("and")) > 0 && at + 1 < text_.size() &&
          (blocked(at + 1) || m(at + 1, C("audience_stop")) > 0))
        break;
      ++at;
      ++words;
    }
    while (at > end && !text_.is(at - 1, ")") &&
           (m(at - 1, C("audience_filter")) == at || m(at - 1, C("and")) == at || m(at - 1, C("article")) == at ||
            m(at - 1, C("from")) == at || m(at - 1, C("on")) == at) &&
           !window(at - 1))
      --at;
    return at;
  }

  // "members (no visit in 60 days)": a bracket with a look-back window or a relative clause filters.
  [[nodiscard]] int filter_in_brackets(int at) const {
    if (!text_.is(at, "(")) return -1;
    bool filters = false;
    for (int k = at + 1; k < std::min(at + kFilterWords_max, text_.size()); ++k) {
      if (text_.is(k, ")")) return filters ? k + 1 : -1;
      filters = filters || window(k) || m(k, C("relative_word")) > 0;
    }
    return -1;
  }

  void places() {
    for (int i = 0; i + 1 < text_.size(); ++i) {
      const int after = m(i, C("place_prep"));
      if (after < 0 || after >= text_.size() || blocked(i) || blocked(after) || m(after, C("not_place")) > 0) continue;
      if (text_.at(after).kind != TokenKind::kWord || text_.at(after).sentence != text_.at(i).sentence) continue;
      if (lang_ == Lang::kEn && (text_.is(i, "from")) && !text_.at(after).upper) continue;
      if (!text_.at(after).upper && capitals_) continue;
      int end = after + 1;
      while (end < text_.size() && text_.at(end).upper && text_.at(end).kind == TokenKind::kWord && !blocked(end) &&
             text_.at(end).sentence == text_.at(i).sentence && !text_.is(end - 1, ","))
        ++end;
      if (m(after, C("audience_stop")) > 0 || m(after, C("person")) > 0) continue;
      mark(i, end);
    }
    // Countries and regions need no preposition and no capital: "finance managers, germany + austria".
    for (int i = 0; i < text_.size(); ++i) {
      const int end = m(i, C("place_name"));
      if (end > 0 && !mark_[static_cast<size_t>(i)] && !blocked(i)) mark(i, end);
    }
  }

  void japanese() {
    for (int i = 0; i < text_.size(); ++i) {
      int end = person_at(i);
      if (end < 0 && text_.is(i, "者") && i > 0 && text_.at(i - 1).kind == TokenKind::kCjk && !text_.at(i).space_before)
        end = i + 1;                                                                        // 単身者, 経験者
      if (text_.is(i, "人") && (text_.is(i + 1, "事") || text_.is(i + 1, "気"))) continue;  // 人事, 人気
      if (end < 0 || blocked(i)) continue;
      int begin = i;
      while (begin > 0 && (japanese_word(begin - 1) || channel_of_people(begin - 1, i))) --begin;
      // "お客さんを増やしたい": the aim.
      if (text_.is(end, "を") && (text_.is(end + 1, "増") || text_.is(end + 1, "集") || text_.is(end + 1, "獲")))
        continue;
      mark(begin, end);
      i = end - 1;
    }
    for (int i = 1; i + 1 < text_.size(); ++i) {  // 人事部長向け, 中小企業を対象に
      const bool toward = text_.is(i, "向") && text_.is(i + 1, "け");
      if (!toward && !(text_.is(i, "を") && text_.is(i + 1, "対") && text_.is(i + 2, "象"))) continue;
      int begin = i;
      while (begin > 0 && japanese_word(begin - 1) && !mark_[static_cast<size_t>(begin - 1)]) --begin;
      mark(begin, i);
    }
    for (int i = 1; i + 1 < text_.size(); ++i) {  // 大阪の…, 渋谷区で
      if (text_.is(i, "の") && !mark_[static_cast<size_t>(i)]) {
        int begin = i;
        while (begin > 0 && japanese_word(begin - 1) && !text_.is(begin - 1, "の")) --begin;
        if (m(begin, C("ja_place")) > 0) mark(begin, i);
      }
      if (m(i - 1, C("ja_place")) > 0 && !mark_[static_cast<size_t>(i - 1)]) mark(i - 1, m(i - 1, C("ja_place")));
    }
  }
  // "メルマガ会員": the channel is part of who they are when nothing stands between.
  [[nodiscard]] bool channel_of_people(int i, int person) const {
    const auto k = static_cast<size_t>(i);
    return channels_.used[k] && !dates_.used[k] && !amounts_.used[k] && (i + 1 == person || channels_.used[k + 1]);
  }
  [[nodiscard]] bool japanese_word(int i) const {
    if (window(i)) return true;
    if (blocked(i)) return false;
    const Token& token = text_.at(i);
    if (token.text == "に" && i > 0 && window(i - 1)) return true;  // "過去90日間に購入していない"
    if (token.kind == TokenKind::kPunct || token.kind == TokenKind::kSymbol) return false;
    if (token.sentence != text_.at(i + 1).sentence) return false;
    for (const char* particle : {"に", "で", "を", "は", "へ", "、", "も"}) {
      if (token.text == particle) return false;
    }
    if (token.text == "が" || token.text == "と") return false;
    return true;
  }

  // "...; whoever unsubscribed is left out", "a customer wrote": people named beside those who are meant.
  void drop_people_beside() {
    std::vector<std::pair<int, int>> left;
    int others = 0;
    for (int i = 0; i < text_.size();) {
      int end = i;
      bool gone = false;
      for (; end < text_.size() && mark_[static_cast<size_t>(end)]; ++end)
        gone = gone || match(text_, end, lang_, C("p_optout")) > 0 || match(text_, end, lang_, C("p_left_out")) > 0;
      for (int k = std::max(0, i - 3); k < std::min(end + 3, text_.size()) && end > i; ++k)
        gone = gone || announces_quotation(text_, k);  // "a customer wrote: ..."
      if (gone) left.emplace_back(i, end);
      else others += end > i ? 1 : 0;
      i = std::max(end, i + 1);
    }
    for (const auto& [begin, end] : left) {
      for (int i = begin; i < end && others > 0; ++i) mark_[static_cast<size_t>(i)] = false;
    }
  }

  Phrase collect() const {
    Phrase phrase;
    for (int i = 0; i < text_.size();) {
      if (!mark_[static_cast<size_t>(i)]) {
        ++i;
        continue;
      }
      int end = i;
      while (end < text_.size() && mark_[static_cast<size_t>(end)]) ++end;
      if (!phrase.text.empty()) phrase.text += ", ";
      phrase.text += text_.slice(i, end);
      if (phrase.begin < 0) phrase.begin = i;
      phrase.end = end;
      i = end;
    }
    return phrase;
  }
};

struct ObjectiveRow {
  std::string_view objective;
  int rank;  // the highest wins; a KPI speaks with rank 5
  std::string_view words;
};
constexpr ObjectiveRow kObjectives[] = {
    {"donations", 8,
     "spender|spendern|spenderinnen|giving_tuesday|givingtuesday|dia_de_doar|spenden*|fund_the|spendenaufruf|donors|"
     "charity|appeal|nonprofit|donantes|donateurs|doadores|donate|donations|donation|fundraise|fundraiser|fundraising|"
     "raise_money|raise_funds|donar|recaudar|donativos|donaciones|recauda|dons|collecte|collecter|recolter|spenden|"
     "spendenaktion|spende|doacoes|arrecadar|arrecade|doar|寄付|募金|クラウドファンディング"},
    {"retention", 7,
     "faire_revenir|lapsed_members|old_members|anciens_membres|ancien_membre|zuruck_ins_studio|trazer_de_volta|hacer_"
     "volver|win_back|winback|re_engage|reengage|reactivate|re_activate|bring_back|lapsed|inactive|churn|churned|"
     "dormant|renewal|renewals|renew|retain|recuperar_clientes|recupera|reactivar|reactiva|inactivos|reconquerir|"
     "relancer|relancez|reconquete|inactifs|zuruckgewinnen|zuruckholen|reaktivieren|reaktiviere|reconquistar|"
     "reconquiste|reativar|reative|inativos|休眠|再活性|離反|nichts_gekauft|havent_ordered|havent_bought|left_items"},
    {"app_installs", 6,
     "app_installs|installs|install_our_app|download_our_app|app_downloads|downloads_of_our_app|instalaciones|"
     "descargas_de_la_app|installations|telecharger_l'_application|installationen|instalacoes|インストール"},
    {"audience_growth", 6,
     "newsletter_subscribers|followers|grow_our_following|grow_our_audience|grow_our_list|more_subscribers|new_"
     "subscribers|mehr_newsletter_abonnenten|mehr_abonnenten|neue_abonnenten|neue_abos|mas_suscriptores|nuevos_"
     "suscriptores|"
     "plus_d'_abonnes|nouveaux_abonnes|mais_assinantes|novos_assinantes|mas_seguidores|mais_seguidores|読者を増や|"
     "読者を集め|登録者を増や|seguidores|abonnes_instagram|フォロワー|newsletter_signups|grow_our_newsletter|mehr_"
     "follower|more_"
     "followers"},
    {"event", 4,
     "torneo|tournament|turnier|torneio|tournoi|大会|sommerfest|herbstfest|weinfest|strassenfest|stadtfest|fiesta|fete|"
     "festa|party|"
     "tasting|degustation|cata|verkostung|prova_de_vinhos|provas_de_vinho|degustacao|試飲会|lesung|soiree|jornada|"
     "puertas_"
     "abiertas|fachtag|arraial|quermesse|kermesse|vide_grenier|flohmarkt|open_mic|quiz_night|romeria|verbena|recital|"
     "fachtagung|tombola|sarau|congreso|congres|kongress|training_day|hackathon|game_night|spieleabend|体験会|講演会|"
     "教室の参加者|"
     "webinar|event|concert|gala|open_day|open_house|conference|workshop|festival|meetup|invite|rsvp|rsvps|opening|"
     "fair|exhibition|tickets|evento|concierto|invita|invitar|taller|feria|inauguracion|evenement|invitez|inviter|"
     "salon_du|salon_de_l'|salon_professionnel|atelier|vernissage|portes_ouvertes|veranstaltung|konzert|einladen|messe|"
     "eroffnung|tag_der_offenen_tur|"
     "convide|oficina|feira|inauguracao|イベント|セミナー|ウェビナー|コンサート|展示会|説明会|concerto"},
    {"awareness", 3,
     "awareness|brand_awareness|get_known|known|visibility|reach|introduce|announce|teaser|dar_a_conocer|notoriedad|"
     "visibilidad|reconocimiento|faire_connaitre|notoriete|visibilite|bekannt|bekanntheit|bekannter|divulgar|"
     "divulgacao|visibilidade|reconhecimento|認知|知ってもらう|知名度|紹介"},
    {"leads", 4,
     "leads|lead_generation|inquiries|enquiries|sign_ups|signups|demo|demos|appointments|quote|consultation|prospectos|"
     "clientes_potenciales|prospects|anfragen|interessenten|contatos_qualificados|見込み客|問い合わせ|集客|"
     "registrations|applications|clinic|academy|enrol|enroll"},
    {"traffic", 4,
     "traffic|visits|visitors|clicks|website_visits|trafico|visitas|trafic|visites|besucher|traffico|trafego|アクセス|"
     "サイト訪問|流入"},
    {"engagement", 4,
     "engagement|comments|likes|shares|conversation|review|reviews|survey|feedback|poll|giveaway|contest|interaccion|"
     "interacciones|resenas|concurso|commentaires|sondage|concours|umfrage|gewinnspiel|bewertung|engajamento|pesquisa|"
     "sorteio|エンゲージメント|アンケート|コメント"},
    {"sales", 5,
     "clearance|clear_out|closing_down|saldos|liquidacion|remate|destockage|braderie|liquidation|schlussverkauf|"
     "abverkauf|"
     "ausverkauf|winterschlussverkauf|sommerschlussverkauf|raumungsverkauf|lagerverkauf|sonderverkauf|queima_de_"
     "estoque|"
     "saldao|bota_fora|バーゲン|決算|在庫一掃|sell|sales|sale|buy|order|orders|purchase|purchases|revenue|off|discount|"
     "shop_now|checkout|vender|vende|vendemos|"
     "ventas|pedidos|descuento|rebajas|compras|vendre|vendez|vends|ventes|commandes|soldes|verkaufen|verkaufe|verkauf|"
     "umsatz|rabatt|bestellungen|vendas|venda|desconto|liquidacao|販売|売上|購入|セール|売り|注文|割引|customers|"
     "clientes|clients|kunden|お客"},
    {"awareness", 1,
     "promote|promotion|tell|launch|share|advertise|about|post|promociona|promocionar|lanzamiento|publica|promouvoir|"
     "annoncer|lancement|bewerben|bewerbe|vorstellen|promover|promova|lancamento|宣伝|告知|案内|お知らせ|"
     "プロモーション|ads|anuncios|publicite|anzeigen|広告|people|restaurant|shop|store|push|werbung|publicites"},
};

}  // namespace

Phrase read_audience(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                     const AmountFacts& amounts) {
  return AudienceReader(text, lang, dates, channels, amounts).run();
}

// "pros seguidores da cafeteria", "to our followers": those who are told, not those to be won.
bool spoken_to(const Text& text, Lang lang, int i) {
  int at = i;
  while (at > 0 && at > i - 2 &&
         (match(text, at - 1, lang, C("article")) > 0 || match(text, at - 1, lang, C("our_word")) > 0) &&
         match(text, at - 1, lang, C("audience_lead")) < 0)
    --at;
  for (const std::string_view lead : {"pros", "pras", "aos", "aux", "al"}) {
    if (text.is(i - 1, lead)) return true;
  }
  return at > 0 && match_before(text, at, lang, C("audience_lead")) >= 0 && !text.is(at - 1, "de") &&
         !text.is(at - 1, "of") && !text.is(at - 1, "d'");
}

std::string read_objective(const Text& text, Lang lang, const std::vector<Kpi>& kpis) {
  struct Row {
    const ObjectiveRow* row;
    std::vector<std::vector<std::string>> entries;
  };
  static const std::vector<Row> table = [] {
    std::vector<Row> out;
    for (const ObjectiveRow& row : kObjectives) out.push_back({&row, parse_entries(row.words)});
    return out;
  }();
  std::string best;
  int rank = 0;
  for (const Row& row : table) {
    if (row.row->rank <= rank) continue;
    bool found = false;
    for (int i = 0; i < text.size() && !found; ++i) {
      if (row.row->objective == "engagement" && announces_quotation(text, i)) continue;
      for (const auto& entry : row.entries) {
        if (match_entry(text, i, entry) > 0 && !(row.row->objective == "audience_growth" && spoken_to(text, lang, i)))
          found = true;
      }
    }
    if (found) {
      rank = row.row->rank;
      best = row.row->objective;
    }
  }
  bool documents = false;  // a paper is downloaded for its reader's address
  for (int i = 0; i < text.size(); ++i) documents = documents || match_any(text, i, C("document_word")) > 0;
  for (const Kpi& kpi : kpis) {
    const std::string_view spoken = objective_of_metric(kpi.metric);
    if (spoken.empty() || rank >= 7) continue;
    if (kpi.metric == "downloads" && documents) return "leads";
    if (kpi.metric == "tickets" && best == "sales") return best;  // "goes on sale early"
    if (spoken == "event" && kpi.metric != "tickets" && best != "event") return "leads";
    if (best == "audience_growth" &&
        (kpi.metric == "subscriptions" || kpi.metric == "sign_ups" || kpi.metric == "registrations"))
      return best;
    if (best == "event" && spoken == "audience_growth") return best;
    return std::string(spoken);
  }
  const bool counted = std::any_of(kpis.begin(), kpis.end(), [](const Kpi& kpi) { return kpi.unit == "count"; });
  return counted && rank <= 1 ? "sales" : best;  // "40 lessons": something is booked or bought
}

// "about the autumn jackets", "for our bike shop": what follows is what is promoted, wherever else a noun stands.
bool follows_offer_word(const Text& text, int begin, Lang lang) {
  int before = begin;
  bool ours = false;
  while (before > 0 &&
         (match(text, before - 1, lang, C("article")) > 0 || match(text, before - 1, lang, C("our_word")) > 0)) {
    ours = ours || match(text, before - 1, lang, C("our_word")) > 0;
    --before;
  }
  return match_before(text, before, lang, C("offer_lead")) >= 0 ||
         (ours && match_before(text, before, lang, C("for_word")) >= 0);
}

// "冬の新作コートを案内": what stands before を when a word of promoting follows.
Phrase japanese_offer(const Text& text, const std::vector<bool>& taken, const ChannelFacts& channels) {
  for (int i = 1; i < text.size(); ++i) {
    const bool told_by =
        text.is(i, "の") && i + 1 < text.size() && channels.used[static_cast<size_t>(i + 1)];  // 新店舗オープンのメール
    if (!text.is(i, "を") && !told_by) continue;
    bool promoted = told_by;
    for (int k = i + 1; k < std::min(i + 8, text.size()) && !text.is(k, ",") && !text.is(k, "。"); ++k)
      promoted = promoted || match(text, k, Lang::kJa, C("offer_lead")) > 0;
    int begin = i;
    while (begin > 0 && !taken[static_cast<size_t>(begin - 1)] &&
           (text.at(begin - 1).kind == TokenKind::kCjk || text.at(begin - 1).kind == TokenKind::kWord) &&
           match(text, begin - 1, Lang::kJa, C("ja_particle")) < 0)
      --begin;
    while (begin < i && text.is(begin, "の")) ++begin;
    if (promoted && i - begin >= 2) return {text.slice(begin, i), begin, i};
  }
  return {};
}

// The first run of words that nothing else explains, or the one that an offer word leads to.
Phrase offer_run(const Text& text, Lang lang, const std::vector<bool>& taken) {
  Phrase best;
  int run = -1;
  int content = 0;
  int best_content = 0;
  for (int i = 0; i <= text.size(); ++i) {
    bool take = i < text.size();
    bool counts = false;
    if (take) {
      const auto k = static_cast<size_t>(i);
      const Token& token = text.at(i);
      const bool wordlike = token.kind == TokenKind::kWord || token.kind == TokenKind::kCjk;
      const bool free = !taken[k];
      const bool dull = match(text, i, lang, C("stop_words")) > 0 || match(text, i, lang, C("article")) > 0 ||
                        match(text, i, lang, C("dull_word")) > 0 || match(text, i, lang, C("audience_lead")) > 0 ||
                        match(text, i, lang, C("goal_word")) > 0 || match(text, i, lang, C("ad_word")) > 0 ||
                        match(text, i, lang, C("person")) > 0 || match(text, i, lang, C("social_word")) > 0 ||
                        match(text, i, lang, C("budget_word")) > 0 || match(text, i, lang, C("offer_lead")) > 0;
      counts = wordlike && free && !dull && (token.text.size() > 2);
      take = counts || (run >= 0 && wordlike && free && match(text, i, lang, C("article")) < 0 &&
                        (text.is(i, "of") || text.is(i, "de") || text.is(i, "and")));
      if (run >= 0 && take && token.sentence != text.at(i - 1).sentence) take = false;
    }
    if (take) {
      if (run < 0) run = i;
      if (counts) ++content;
    } else if (run >= 0) {
      const bool named = content > 0 && follows_offer_word(text, run, lang);
      if (named || (content > 0 && best_content == 0)) {
        best_content = content;
        best.begin = run;
        best.end = i;
        if (named) break;
      }
      run = -1;
      content = 0;
    }
  }
  if (best.begin >= 0) best.text = text.slice(best.begin, best.end);
  return best;
}

Phrase read_offer(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                  const AmountFacts& amounts) {
  AudienceReader people(text, lang, dates, channels, amounts);
  people.run();
  std::vector<bool> taken(static_cast<size_t>(text.size()));
  for (size_t k = 0; k < taken.size(); ++k) taken[k] = dates.used[k] || channels.used[k] || amounts.used[k];
  std::vector<bool> named = taken;  // and the people
  for (size_t k = 0; k < named.size(); ++k) named[k] = named[k] || people.marks()[k];
  Phrase offer = lang == Lang::kJa ? japanese_offer(text, named, channels) : offer_run(text, lang, named);
  return offer.text.empty() ? offer_run(text, lang, taken) : offer;
}

}  // namespace spreaders::planners::rules
