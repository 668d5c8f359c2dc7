// The policy rules as patterns over the word classes of lexicon_policy.cpp and lexicon_deeds.cpp. Internal to
// policy.cpp.
#pragma once

#include <cstdint>
#include <string_view>

namespace spreaders::planners::rules {

enum class Unless : uint8_t { kNothing, kOwnPlace, kOwnLook };

struct Rule {
  std::string_view rule;
  std::string_view pattern;
  bool negatable = true;             // "we never bought a list" is no finding
  Unless unless = Unless::kNothing;  // "collected on our website", "in the look of our bank" are none either
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
    // By the deed: a program or hand that took addresses out of a place that is not ours.
    {"consent.scraped_list", "@d_tool ..12 @d_addresses ..12 @d_pull", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_pull ..4 @d_tool ..12 @d_addresses", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_tool ..8 @d_pull ..12 @d_addresses", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_addresses ..12 @d_pull ..8 @d_tool", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_addresses ..6 @d_tool ..8 @d_pull", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_pull ..10 @d_addresses ..14 @d_place", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_addresses ..14 @d_place ..8 @d_pull", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_addresses ..10 @d_pull ..10 @d_place", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_place ..14 @d_addresses ..8 @d_pull", true, Unless::kOwnPlace},
    {"consent.scraped_list", "@d_place ..10 @d_pull ..12 @d_addresses", true, Unless::kOwnPlace},
    {"consent.purchased_list",
     "miete|mieten|mietet|mieteten|mietete|angemietet|alquilar|alquilo|alugar|arrendar|renting|rent|kaufe|kaufen ..5 "
     "datensatz|datensatze|adressen|adressdatei|adressdaten|base_de_datos|fichero|cadastro|data_set|dataset|contact_"
     "file|"
     "mailing_file"},
    {"consent.purchased_list",
     "loue|loues|loue_a|rachete|rachetes|racheter|alquile|alquilamos|alquilado|recompre|angemietet|angemietete|"
     "angemieteten|erstanden|aluguei|alugamos|alugado|rebought|re_bought|bought_off|hired|licensed ..3 "
     "@p_list|fichier|fichiers|excel|listado|fichero|ficheros|datei|datensatze|planilha|listagem|file|files|"
     "spreadsheet"},
    {"consent.purchased_list",
     "bought|purchased|acquired|rented|compre|compramos|comprado|adquirimos|achete|rachete|gekauft|kaufte|erworben|"
     "comprei|adquiri ..6 file|files|spreadsheet|excel|csv|fichero|listado|fichier|listing|datei|datensatz|datensatze|"
     "planilha|listagem|cadastro|cadastros"},
    {"consent.purchased_list",
     "datei|datensatz|datensatze|adressen|kontakte|listado|fichero|planilha|listagem|fichier|file|spreadsheet ..8 "
     "gekauft|gemietet|angemietet|erstanden|eingekauft|bezahlt_haben|compre|compramos|comprei|compramos|bought|"
     "purchased|rachete|achete"},
    {"consent.purchased_list",
     "broker|courtier|data_dealer|revendeur|corredor_de_datos|intermediario|atravessador|adressdealer|vermittler ..12 "
     "@p_list|file|csv|mobiles|fichier|listado|datei|planilha|listagem|mails|excel|spreadsheet"},
    {"consent.purchased_list",
     "@p_list|file|fichier|listado|datei|planilha|listagem|mails ..12 "
     "broker|data_dealer|revendeur|courtier|corredor_de_datos|adressdealer"},
    {"consent.purchased_list",
     "名簿|リスト|アドレス|連絡先|データ|ファイル ..8 買い取|買い受け|買っ|購入し|レンタルし|売っても|譲り受け"},
    {"consent.purchased_list",
     "買い取っ|買い受け|買っ|購入し|レンタルし|業者から|ブローカーから|売ってもらっ ..12 "
     "名簿|リスト|アドレス|連絡先|顧客データ"},
    {"deception.impersonation", "@d_look ..6 @d_institution", true, Unless::kOwnLook},
    {"deception.impersonation",
     "@d_institution ..10 風|っぽ|に見え|に見せ|そっくり|を模し|似せ|からのよう|だと思|のロゴ|を装"},
    {"deception.impersonation",
     "wie_eine|wie_ein|wie_einer|als_eine|como_una|como_un|comme_une|comme_un ..3 @d_institution ..4 "
     "aussieht|aussehen|anmutet|daherkommt|wirkt"},
    {"deception.impersonation", "@d_notice ..30 @d_link ..8 @d_own_place"},
    {"deception.fake_engagement", "@d_review ..24 @d_ghost", false},
    {"deception.fake_engagement", "@d_ghost ..12 @d_review", false},
    {"deception.fake_engagement",
     "write|generate|produce|escribe|escribeme|redacta|redactame|genera|ecris|redige|ecrivez|redigez|schreib|schreibe|"
     "verfass|verfasse|generiere|escreva|escreve|redija|gera|gere ..3 "
     "#|dozens|some|several|a_few|unas|unos|varias|quelques|des|ein_paar|einige|umas|varias|algumas ..2 "
     "five_star|5_star|positive|positivas|positifs|positive|glowing|gute|elogiosas|cinco_estrellas|cinco_estrelas|funf_"
     "sterne|funf_sternige|google ?google ?google_reviews @d_review",
     false},
    {"deception.fake_engagement", "@d_make ..2 # ..3 @d_many_accounts ..12 @d_cheer", false},
    {"deception.fake_engagement", "# ..3 @d_many_accounts ..8 @d_make ..12 @d_cheer", false},
    {"deception.fake_engagement", "アカウント ..8 作っ|作成|開設|量産|用意 ..14 フォロー|いいね|コメント|高評価|口コミ",
     false},
    {"deception.fake_engagement", "レビュー|口コミ|クチコミ|高評価 ..16 件|個|つ ..6 書い", false},
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

}  // namespace spreaders::planners::rules
