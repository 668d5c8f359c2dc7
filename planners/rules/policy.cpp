#include "planners/rules/policy.hpp"

#include <algorithm>
#include <array>

namespace spreaders::planners::rules {
namespace {

struct Rule {
  std::string_view rule;
  std::string_view pattern;
  bool negatable = true;  // "we never bought a list" is no finding
};

constexpr Rule kRules[] = {
    {"consent.purchased_list", "@p_bought ..5 @p_list"},
    {"consent.purchased_list",
     "@p_list ..6 @p_bought ..3 "
     "from|off|last|a|de|von|chez|por|la|hace|the|on|,|.|with|con|mit|aus|online|em|e|und|and|et|y|in|ayer|ontem|hier|"
     "gestern|mes|semana"},
    {"consent.purchased_list",
     "list|lists|database|addresses|contacts|emails|numbers|lista|base|base_de_datos|contactos|contatos|correos|"
     "direcciones|emails|telefonos|telefones|liste|fichier|adresses|adressliste|adressen|datenbank|kontakte|listen ..4 "
     "bought|purchased|rented|compre|compramos|comprada|comprado|compradas|comprados|adquirida|achete|achetee|achetes|"
     "achetees|gekauft|gekaufte|gekauften|comprei|achetee|louee|alquilada|gemietet|adquirimos|adquirido"},
    {"consent.purchased_list",
     "data_broker|list_broker|list_vendor|list_provider|broker_de_datos|courtier_en_donnees|adresshandler|datenhandler|"
     "adressfirma|adressverlag|adressbroker|corretor_de_dados|データブローカー|名簿業者|名簿屋|lead_vendor|list_seller|"
     "adresshandel"},
    {"consent.purchased_list",
     "購入した|買った|購入済みの|買い取った|業者から買った|業者から購入した|購入した ..8 "
     "名簿|リスト|アドレス|データ|連絡先|電話番号"},
    {"consent.purchased_list",
     "名簿|リスト|アドレス|メールアドレス|データベース|電話番号|顧客データ ..4 購入し|買って|買った|買い|購入"},
    {"consent.purchased_list",
     "@p_bought ..3 cold_list|lead_list|email_list|mailing_list|consumer_list|phone_list|contact_list"},
    {"consent.scraped_list",
     "@p_scrape ..10 @p_list|@p_public|followers|dentists|people|profiles|members|users|accounts"},
    {"consent.scraped_list",
     "@p_list ..5 "
     "scraped|harvested|crawled|extracted|scrapeados|extraidos|aspires|aspirees|scrapes|gescrapt|abgegriffen|raspados|"
     "raspadas|scrapees|scrapeadas|extraidas|rastreados|gescrapte|gescrapten"},
    {"consent.scraped_list",
     "gescrapte|gescrapten|scraped|abgegriffene|abgegriffenen|ausgelesene|ausgelesenen|harvested|aspirees|scrapeados|"
     "raspados ..3 @p_list|e_mail|mail|email|emails"},
    {"consent.scraped_list",
     "consigue|consigueme|obten|busca|sacame|consiga|pega|besorg|besorge|hol|hole|trouve|trouvez|procure|collect|"
     "gather|get|find|pull|copy|take|grab|collected|gathered|copied|took|pulled|grabbed|recopila|saca|copia|recoge|"
     "collecte|collectez|recupere|recuperez|recuperees|collectees|copiez|sammle|sammeln|kopiere|suche|colete|pegue|"
     "copie|recolha|saques|sacar|saque|sacad|obtener|consigas|recoger|recopiles|recuperes|recuperer|collecter|trouver|"
     "pioche|piochez|piocher|prends|prenez|holen|holst|besorgst|besorgen|ziehe|zieh|ziehst|sammelst|kopierst|pegar|"
     "pega|"
     "puxe|puxar|tire|tirar|recolher|copiar|colher|collecting|gathering|pulling|getting ..3 "
     "emails|mails|mailadressen|email_addresses|addresses|phone_numbers|contacts|correos|emails_de|direcciones|"
     "adresses|e_mails|adressen|e_mail_adressen|mailadressen|enderecos|telefones|contatos|numeros ..6 "
     "from|off|de|en|sur|depuis|aus|von|im|do|no|da|on ..3 @p_public"},
    {"consent.scraped_list",
     "リンクトイン|LinkedIn|サイト|ネット|SNS|プロフィール|ウェブ|インターネット|掲示板|ホームページ ..12 "
     "アドレス|連絡先|メール ..3 集め|収集|抽出|抜き出|拾っ|取得"},
    {"consent.scraped_list", "@p_list ..8 scraper|web_scraper|scraping|crawler|aspirateur|raspador"},
    {"consent.scraped_list", "スクレイピング"},
    {"consent.scraped_list",
     "@p_public ..4 abgreif*|auslies*|auslese*|absaug*|abgras*|abkratz*|durchkamm*|durchforst*|scrapst|scrapt|crawlst"},
    {"consent.scraped_list",
     "アドレス|連絡先|電話番号|名簿 ..3 SNS|ネット|サイト|ウェブ|プロフィール|インターネット|掲示板|ホームページ ..4 "
     "集め|収集|抽出|抜き出|拾|取得|吸い出"},
    {"consent.scraped_list",
     "ネット|サイト|SNS|ウェブ|LinkedIn|インターネット|プロフィール|ホームページ ..6 "
     "集めた|拾った|収集した|抜き出した|取得した ..4 アドレス|連絡先|メール|電話"},
    {"consent.scraped_list", "lies|lese|liest ..8 adressen|e_mail|e_mails|mailadressen ..8 aus"},
    {"consent.opt_out", "@p_optout"},
    {"deception.impersonation", "@p_pretend ..12 @p_brand"},
    {"deception.impersonation",
     "@p_brand ..12 "
     "impersonat*|pose_as|なりすま|装|名乗|ふりをし|見せかけ|騙っ|偽装|vortauscht|se_passer|"
     "suplantar|扮し"},
    {"deception.impersonation",
     "impersonate|impersonating|pose_as|posing_as|pretend_to_be|pretending_to_be|pretend_to_come_from|pretend_were|"
     "pretend_we_are|claiming_to_be|faites_vous_passer|se_faire_passer|hazte_pasar|haciendonos_pasar|hacernos_pasar|"
     "gib_dich_als|geben_uns_als|finja_ser|fingindo_ser|passe_se_por|se_passando_por|なりすまし|なりすまして|spoof|"
     "spoofing|masquerade|phishing|suplanta|usurper|usurpez|hacerse_pasar|haciendose_pasar|en_se_faisant_passer|nous_"
     "faire_passer|pretend_that_we|passar_se_por|nos_passar_por|fingir_que_somos|fingiendo_ser|fingir_ser"},
    {"deception.impersonation",
     "as_if_from|as_if_it_was_from|as_if_it_were_from|as_if_we_were|like_it_comes_from|like_its_from|like_they_come_"
     "from|like_theyre_from|as_though_it_is_from|like_it_came_from|like_they_came_from|like_it_is_from|like_official|"
     "like_an_official ..5 @p_brand"},
    {"deception.impersonation",
     "use|using|put|with|copy|nutze|utilisez|usa|use ..3 logo|branding|letterhead|name ..4 of|from|s ..4 "
     "bank|paypal|apple|amazon|government|irs|police|microsoft|netflix ..12 click|log_in|login|trust|think|believe"},
    {"deception.impersonation",
     "銀行|郵便局|Amazon|アマゾン|Apple|楽天|警察|税務署|市役所|役所|公式|宅配業者|ヤマト|佐川|政府 ..8 "
     "ふり|装|なりすま|名乗|見せかけ|騙|偽|のように見せ"},
    {"deception.impersonation", "als ..4 @p_brand ..6 ausgeben|ausgibt|ausgebend"},
    {"deception.impersonation", "gib|gebt|geben|gebe|gibt ..2 dich|euch|uns|sich ..6 als ..6 aus"},
    {"deception.fake_engagement", "@p_fake ..4 @p_engagement", false},
    {"deception.fake_engagement",
     "@p_engagement ..3 "
     "fake|fakes|falsas|falsos|bidons|gefalscht|falsifier|inventadas|inventados|inventes|de_bots|from_bots|fictifs|"
     "with_bots|con_bots|avec_des_bots|com_bots|mit_bots",
     false},
    {"deception.fake_engagement",
     "@p_buy ..4 "
     "followers|likes|reviews|comments|subscribers|upvotes|ratings|five_star_reviews|testimonials|seguidores|resenas|"
     "curtidas|avaliacoes|abonnes|avis|follower|bewertungen|me_gusta|likes|likes_for|seguidores_para|visualizaciones_"
     "falsas|opiniones|rezensionen|suscriptores|comentarios|depoimentos|temoignages|votes|kundenbewertungen",
     false},
    {"deception.fake_engagement",
     "フォロワー|いいね|レビュー|口コミ|高評価|再生数|再生回数|コメント|クチコミ ..6 "
     "買っ|購入し|買い|買う|水増し|偽造|捏造|でっち|自作|を購入|の購入",
     false},
    {"deception.fake_engagement",
     "write|post|create|generate|publish|make_up|invent|fabricate|escribe|publica|crea|inventa|ecrivez|ecris|redigez|"
     "publiez|inventez|schreib|schreibe|erfinde|verfasse|erstelle|escreva|publique|invente|crie|write_us|leave|dejen|"
     "dejar|dejad|laissent|laisser|laissez|hinterlassen|deixem|deixar|deixe ..5 "
     "reviews|testimonials|review|resenas|opiniones|testimonios|avis|temoignages|bewertungen|rezensionen|avaliacoes|"
     "depoimentos ..8 "
     "pretending|as_if|as_happy_customers|from_fake|fake|posing_as|as_customers|as_if_from|invented|under_different_"
     "names|from_different_accounts|haciendose_pasar|como_si|en_se_faisant|comme_si|als_ob|como_se|fingindo|never|made_"
     "up|from_people_who_never|sous_differents_noms|unter_verschiedenen_namen|con_diferentes_nombres|com_nomes_"
     "diferentes|from_accounts_we|using_fake|de_clientes_inventados|clients_fictifs|imaginary",
     false},
    {"deception.fake_engagement",
     "@p_engagement ..6 "
     "under_different_names|under_other_names|written_by_us|written_by_ourselves|we_write_ourselves|con_nombres_"
     "distintos|con_distintos_nombres|con_diferentes_nombres|con_nombres_falsos|escritas_por_nosotros|sous_differents_"
     "noms|sous_de_faux_noms|sous_d'_autres_noms|ecrits_par_nous|unter_verschiedenen_namen|unter_falschen_namen|von_"
     "uns_selbst|com_nomes_diferentes|com_nomes_falsos|escritas_por_nos|別の名前で|偽名で|自分たちで書",
     false},
    {"deception.fake_engagement",
     "bot_farm|click_farm|like_farm|engagement_pod|review_farm|bot_likes|bot_followers|bot_comments|bots_to|granja_de_"
     "bots|ferme_a_clics|klickfarm|fazenda_de_cliques|astroturf|astroturfing|クリックファーム|サクラ|やらせ|ステマ|"
     "review_exchange|sock_puppet_accounts|granja_de_clics|sock_puppets",
     false},
    {"deception.fake_engagement",
     "pay|paid|bezahle|paga|payez|pague|give_#|reward|offer ..6 for ..2 five_star|5_star|positive ..2 reviews|review",
     false},
    {"approval.not_waivable_by_text", "@p_waive", false},
    {"approval.not_waivable_by_text",
     "skip|bypass|ignore|disable|override|waive|without|circumvent|forget|drop|no|omite|salta|saltate|ignora|sin|"
     "sautez|ignorez|contournez|sans|uberspringe|umgehe|ignoriere|ohne|pule|ignore|sem|dispense ..3 "
     "approval|approvals|sign_off|confirmation|aprobacion|aprobaciones|confirmacion|approbation|validation|"
     "confirmation|freigabe|freigaben|genehmigung|bestatigung|aprovacao|aprovacoes|confirmacao|visto_bueno",
     false},
    {"approval.not_waivable_by_text",
     "dont|do_not|never ..2 ask|wait|need|require|bother ..4 "
     "approval|permission|confirmation|confirm|approve|ok|okay|sign_off|go_ahead",
     false},
    {"approval.not_waivable_by_text",
     "承認|確認|許可 ..3 "
     "なし|不要|スキップ|省略|待たず|せず|いらない|いりません|抜き|飛ばし|しなくて|取らず|必要ない|必要ありません|"
     "無しで|なく",
     false},
    {"approval.not_waivable_by_text",
     "no ..2 need|hace_falta|necesitas|precisa|braucht|brauchst|besoin ..4 "
     "confirm|confirmar|confirmer|approve|aprobar|approuver|valider|bestatigen|freigeben|aprovar|genehmigen",
     false},
};

constexpr std::string_view kHealthRules[] = {
    "@p_cure ..6 @p_disease",
    "@p_disease ..4 治|完治|消え|効|なくな|予防|heilt|heilen|kuriert|besiegt|verschwind*|治り",
    "lose|loses|drop|shed|losing|burn|melt ..3 # ..1 kg|kgs|kilo|kilos|pounds|lbs|lb|stone|pounds_of|kg_of",
    "pierde|pierda|perder|adelgaza|baja|bajar|perdez|perdre|maigrir|maigrissez|verliere|verlieren|abnehmen|nimm|perca|"
    "perder|emagreca|emagrecer|elimine ..4 # ..1 kg|kilo|kilos|libras|quilos|pfund",
    "# ..1 kg|kilo|kilos|pfund|quilos|pounds|lbs ..6 "
    "abnehmen|in_einer_woche|en_una_semana|em_uma_semana|en_une_semaine|in_a_week|in_one_week|en_#_dias|em_#_dias|en_#_"
    "jours|in_#_tagen|in_#_days|in_#_weeks|in_#_wochen|por_semana",
    "kg|キロ ..4 痩せ|やせ|減量|落ち",
    "必ず|絶対|確実に ..3 痩せ|やせ|治",
    "guaranteed|miracle|garantiza|garantizada|garantie|garantiert|garantido|garantida|milagroso|milagrosa|miraculeux|"
    "miraculeuse|wunder*|奇跡の ..4 "
    "weight_loss|cure|healing|adelgazar|cura|perte_de_poids|guerison|abnehmen|heilung|emagrecimento|emagrecer|hair_"
    "regrowth|perdida_de_peso|minceur|perda_de_peso|減量|wundermittel|heilmittel|remedy",
    "weight_loss|fat_loss|perdida_de_peso|perte_de_poids|gewichtsverlust|emagrecimento ..3 "
    "guaranteed|garantizada|garantizado|garantie|garantiert|garantido|garantida",
    "no_side_effects|without_side_effects|sin_efectos_secundarios|sans_effets_secondaires|ohne_nebenwirkungen|sem_"
    "efeitos_colaterais|副作用なし|副作用がない|副作用ゼロ ..8 "
    "cure|cures|heals|treats|cura|guerit|heilt|治|medicine|drug",
    "throw_away|stop_taking|replaces|replace|no_longer_need|instead_of|ditch|deja|dejar_de_tomar|arretez|jetez|"
    "remplace|setz|ersetzt|absetzen|pare_de_tomar|substitui|largue ..3 "
    "medication|medications|medicine|insulin|pills|chemo|chemotherapy|doctor|meds|medicacion|insulina|medicamentos|"
    "medicaments|insuline|medikamente|insulin|remedios|vaccines|vaccine",
    "医者いらず|薬いらず|薬は不要|薬が不要|薬なしで|薬がいらな",
    "grows_back|regrow|regrows|live_to|adds ..3 hair|# ..2 years_to_your_life",
    "boosts|boost|strengthens ..3 immunity|immune_system ..4 against|so_you_never|never_get ..3 @p_disease|sick",
};

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
  Finder(const Text& text, Lang lang, std::optional<int> min_age, std::optional<int> max_age)
      : text_(text), lang_(lang), min_age_(min_age), max_age_(max_age) {}

  std::vector<PolicyHit> run() {
    for (const auto& [rule, pattern] : compiled()) {
      for (int i = 0; i < text_.size(); ++i) {
        const int end = pattern.match_at(text_, i);
        if (end < 0 || (rule->negatable && negated(i, end, rule->rule))) continue;
        if (rule->rule == "approval.not_waivable_by_text" && harmless_waiver(i, end)) continue;
        if (rule->rule == "deception.fake_engagement" && audience_of_fake(i)) continue;
        add(rule->rule, i);
        break;
      }
    }
    minors();
    discrimination();
    health();
    return std::move(hits_);
  }

 private:
  const Text& text_;
  Lang lang_;
  std::optional<int> min_age_, max_age_;
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

  void minors() {
    const int product = restricted_product();
    if (product < 0) return;
    const int guard = any("p_minor_guard");
    const bool young = (min_age_ && *min_age_ < 18) || (!min_age_ && max_age_ && *max_age_ <= 18);
    bool named = false;
    for (int i = any("p_minor"); i >= 0; i = any("p_minor", i + 1)) {
      bool excluded = false;
      for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
        if (match(text_, k, lang_, C("negator")) > 0 && !(lang_ == Lang::kPt && text_.is(k, "no"))) excluded = true;
        if (text_.is(k, "under") && text_.is(i, "18")) excluded = false;
      }
      if (lang_ == Lang::kJa && match(text_, i + 2, lang_, C("negated_after")) > 0) excluded = true;
      if (!excluded) named = true;
    }
    if (young || (named && guard < 0)) add("audience.minors_restricted_product", product);
  }

  void discrimination() {
    const int context = any("p_housing");
    if (context < 0) return;
    const ClassId trait = C("p_trait");
    for (int i = 0; i < text_.size(); ++i) {
      const int end = match_any(text_, i, trait);
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
        if (match(text_, k, lang_, C("p_exclude_after")) > 0) cut = true;
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

std::vector<PolicyHit> find_policy(const Text& text, Lang lang, std::optional<int> min_age,
                                   std::optional<int> max_age) {
  if (text.size() == 0) return {};
  return Finder(text, lang, min_age, max_age).run();
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
