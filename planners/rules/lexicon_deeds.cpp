// Words for deeds the policy rules know by what was done, not by their name: addresses a program pulled out of a
// directory, a mail in another's looks, reviews we write ourselves. The patterns over them are in policy_patterns.hpp.
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr ClassRow kRows[] = {
    {"d_tool", "",
     "script|scripts|bot|bots|crawler|spider|browser_extension|chrome_extension|extension|plugin|plug_in|little_"
     "program|small_program|macro|parser|python|robot|email_finder|extractor|scraper|add_on",
     "script|bot|bots|robot|programita|programilla|programa_que|un_programa|extension|complemento|macro|herramienta_"
     "que|extractor|robotito",
     "script|robot|bot|moulinette|petit_programme|petit_logiciel|un_programme|un_logiciel|extension|macro|extracteur|"
     "petit_outil|aspirateur",
     "skript|script|bot|bots|programm|programmchen|tool|browser_erweiterung|erweiterung|plugin|makro|crawler|robot|"
     "roboter|extraktor",
     "script|robo|robozinho|bot|programinha|um_programa|extensao|macro|plugin|extrator|ferramentinha|robos",
     "スクリプト|ボット|ツール|プログラム|拡張機能|クローラ|マクロ|アドオン|自動取得"},
    {"d_pull", "",
     "pulled|copied|copy_pasted|extracted|extracts|collected|collects|gathered|gathers|grabbed|lifted|downloaded|"
     "harvested|sucked|hoovered|fished|compiled|exported|ripped",
     "recogio|extrajo|cogio|recopilo|recolecto|pillo|sacaron|recogieron|copiaron|extrajeron|sacado|saque|sacamos|"
     "sacaste|sacados|sacadas|copiado|copie|copiados|copiamos|extraido|extraje|extrajimos|extrajo|recogido|recogi|"
     "recogidos|recopilado|recopile|recopilados|bajado|baje|bajados|descargado|descargue|juntado|junte|cogido|cogi|"
     "pillado|pille|recolecto",
     "recupere|recuperes|recuperees|recuperer|extrait|extraits|extraites|copie|copies|copiees|collecte|collectes|"
     "collectees|tire|tires|tirees|ramasse|ramasses|releve|releves|relevees|sorti|sortis|pioche|pompe|pompes|"
     "telecharge|aspire|glane|glanes|glanees",
     "gezogen|herausgezogen|rausgezogen|abgezogen|kopiert|rauskopiert|herauskopiert|geholt|rausgeholt|herausgeholt|"
     "extrahiert|gesammelt|eingesammelt|ausgelesen|heruntergeladen|runtergeladen|zusammengetragen|gesaugt|"
     "abgeschrieben|gecrawlt|abgegrast|gefischt|rausgeschrieben|herausgeschrieben|rausgesucht|herausgesucht|"
     "zusammengesammelt|gegrabbt|rausgefischt|abgetippt|ausgespuckt",
     "tirei|tiramos|tirou|tirados|peguei|pegamos|pegou|puxei|puxou|puxamos|copiei|copiou|copiamos|copiados|extrai|"
     "extraiu|extraimos|extraidos|coletei|coletou|baixei|baixou|recolhi|recolheu|recolhemos|recolhidos|juntei|juntou|"
     "saquei|sacou|sacamos|catei|catou|apanhei|anotei|anotou|tirado",
     "抜い|抜き|引き抜|集め|取っ|取得|抽出|引っ張|コピー|収集|拾|吸い|ダウンロード|書き写|控え|メモ|かき集|抽き"},
    {"d_addresses", "",
     "email_addresses|addresses|emails|e_mails|emails_of|contacts|contact_details|phone_numbers|numbers|mobile_numbers|"
     "mails|mail_addresses|cell_numbers",
     "correos|correos_electronicos|mails|emails|direcciones|contactos|telefonos|numeros|moviles|whatsapps|celulares|"
     "datos_de_contacto",
     "mails|emails|e_mails|adresses|adresses_mail|adresses_mails|adresses_e_mail|contacts|coordonnees|numeros|"
     "telephones|portables|courriels",
     "e_mail_adressen|e_mails|mailadressen|adressen|mails|kontakte|kontaktdaten|nummern|telefonnummern|handynummern|"
     "adressdaten|mobilnummern",
     "e_mails|emails|mails|enderecos|contatos|contactos|telefones|numeros|celulares|whatsapps|telemoveis",
     "メールアドレス|アドレス|連絡先|電話番号|メアド|アドレス帳|番号"},
    {"d_place", "",
     "google_maps|maps|directory|directories|yellow_pages|phone_book|linkedin|xing|websites|their_websites|their_sites|"
     "their_website|their_pages|web_pages|webpages|homepages|profiles|instagram_profiles|facebook_groups|facebook_"
     "group|"
     "forum|forums|yelp|tripadvisor|companies_register|business_register|exhibitor_list|exhibitor_lists|chamber_site|"
     "internet|listings|craigslist|competitors_page|competitors_site|competitors_followers|the_web|glassdoor|whois",
     "google_maps|maps|directorio|directorios|paginas_amarillas|guia_telefonica|linkedin|sus_webs|sus_paginas|paginas_"
     "web|las_webs|perfiles|grupos_de_facebook|foro|foros|registro_mercantil|internet|portal|portales|tripadvisor|"
     "idealista|listado_de_expositores|google|web_del_colegio|wallapop|milanuncios|pagina_de_la_competencia",
     "google_maps|maps|annuaire|annuaires|pages_jaunes|bottin|linkedin|leurs_sites|sites_web|les_sites|profils|groupes_"
     "facebook|forum|forums|leboncoin|le_bon_coin|registre|internet|tripadvisor|liste_des_exposants|societe.com|"
     "doctolib|google|site_de_l'_ordre",
     "google_maps|maps|branchenbuch|branchenbuchern|branchenverzeichnis|gelben_seiten|gelbe_seiten|telefonbuch|"
     "linkedin|xing|webseiten|websites|homepages|impressum|impressen|verzeichnis|verzeichnissen|profilen|facebook_"
     "gruppen|facebook_gruppe|foren|forum|handelsregister|ausstellerverzeichnis|kleinanzeigen|netz|internet|jameda|"
     "immoscout|mitgliederverzeichnis|onlineverzeichnis|arzteverzeichnis",
     "google_maps|maps|diretorio|diretorios|lista_telefonica|paginas_amarelas|linkedin|sites|sites_deles|perfis|grupos_"
     "de_facebook|grupos_do_facebook|grupo_do_facebook|forum|foruns|olx|internet|catalogo_de_expositores|google|guia_"
     "comercial|registo_comercial|tripadvisor|idealista|portal|portais",
     "グーグルマップ|Googleマップ|マップ|食べログ|タウンページ|ディレクトリ|電話帳|サイト|ネット|ホームページ|SNS|"
     "プロフィール|掲示板|名鑑|口コミサイト|ホットペッパー|企業一覧|求人サイト|LinkedIn|ウェブ|一覧ページ|フォロワー"},
    {"d_consented", "",
     "signed_up|opted_in|opted|consent|consented|form|forms|subscribed|permission|gave_us|checkout|checkbox|box|ticked|"
     "registered|qr_code|registration|lead_form|lead_ads|agreed",
     "formulario|formularios|consentimiento|suscribieron|suscrito|inscribieron|apuntaron|aceptaron|registraron|"
     "registro_"
     "de_visitas|casilla|firmaron|nos_dieron|consintieron",
     "formulaire|formulaires|inscrits|consentement|accepte|accord|inscrivent|coche|case|laisse_leur|inscriptions",
     "formular|formulare|anmeldeformular|eingewilligt|einwilligung|zugestimmt|angemeldet|eingetragen|anmeldung|"
     "angekreuzt|hakchen|kontaktformular",
     "formulario|formularios|consentimento|autorizaram|aceitaram|inscreveram|cadastraram|cadastro|assinaram|marcaram",
     "同意|フォーム|申し込|登録し|許諾|ご登録|応募"},
    {"d_own", "", "our|my|own|ours", "nuestro|nuestra|nuestros|nuestras|mi|mis|propio|propia|propios",
     "notre|nos|mon|ma|mes|propre",
     "unser|unsere|unserer|unserem|unseren|mein|meine|meiner|meinem|eigene|eigenen|eigener",
     "nosso|nossa|nossos|nossas|meu|minha|meus|minhas|proprio|propria", "自社|当社|弊社|当店|うちの|私たちの|自分たち"},
    {"d_look", "",
     "looks_like|look_like|looking_like|styled_like|styled_as|in_the_style_of|in_the_look_of|in_the_design_of|dressed_"
     "up_as|dressed_up_like|made_to_look|resembles|resembling|mimics|mimicking|same_look_as|same_design_as|same_layout_"
     "as|branded_as|branded_like|with_the_logo_of|in_the_colours_of|in_the_colors_of|copying_the_look|copy_the_look|"
     "copies_the_look|seem_to_come_from|seems_to_come_from|appears_to_come|seem_to_be_from|seems_to_be_from|identical_"
     "to|passes_for|designed_like|mocked_up_as|as_though_from",
     "parezca_del|parezca_de|parezcan_del|parezcan_de|parezca|parezcan|parece_del|con_el_aspecto|con_aspecto|con_la_"
     "pinta|con_pinta|al_estilo_de|con_el_logo|con_el_diseno|calcado|calcada|igualito|igualita|identico|identica|"
     "clavadito|imite|imitando|con_la_imagen|como_los_que_manda|como_las_que_manda|con_los_colores|copiando_el_diseno|"
     "con_la_cara|simule",
     "aux_couleurs|a_l'_image|qui_ressemble|ressemble|ressemblant|ressemblent|facon|avec_le_logo|l'_en_tete|copie_"
     "conforme|qui_a_l'_air|dans_le_style|dans_la_charte|reprenant_la_charte|comme_s'_il_venait|comme_si_ca_venait|"
     "semble_venir|semble_emaner|qu'_on_dirait|l'_allure|reprend_l'_apparence",
     "im_look|im_stil|im_design|im_layout|in_der_optik|in_aufmachung|in_der_aufmachung|optisch|mit_dem_logo|aufgemacht|"
     "nachempfunden|nachgebaut|sieht_aus|aussieht|aussehen|aussehend|im_gewand|im_namen|mit_briefkopf|mit_dem_"
     "briefkopf|anmutet|anmuten|im_erscheinungsbild|getarnt",
     "com_cara_de|com_a_cara|pareca_do|pareca_da|pareca|parecam|parecendo|parecido|parecida|no_visual|com_o_visual|com_"
     "o_logo|com_o_logotipo|com_a_marca|no_estilo|imitando|imite|com_aparencia|com_aspecto|com_o_aspeto|com_aspeto|"
     "igual_aos|igual_as|identico|com_as_cores|copiando_o_layout|simule",
     "風|っぽ|に見え|見せ|そっくり|デザインで|を模し|に似せ|似せた|のロゴ|体裁|のような|みたいな|を思わせ|と思わせ|"
     "からの連絡|だと思"},
    {"d_institution", "",
     "banks|royal_mails|post_offices|paypals|councils|amazons|bank|the_bank|post_office|royal_mail|usps|ups|fedex|dhl|"
     "postal_service|tax_office|irs|hmrc|revenue_service|"
     "customs|paypal|amazon|netflix|microsoft|government|police|council|court|power_company|courier|parcel_service|"
     "delivery_company|delivery_service|tax_authority|mastercard|social_security|hsbc|barclays|wells_fargo|chase|"
     "utility|health_service|nhs|ministry",
     "banco|bbva|santander|caixabank|bancolombia|hacienda|agencia_tributaria|correos|seur|mrw|sat|dian|afip|gobierno|"
     "ayuntamiento|policia|dgt|trafico|seguridad_social|amazon|paypal|netflix|ministerio|mercado_libre|iberdrola|"
     "endesa|movistar|juzgado|mensajeria",
     "banque|la_poste|chronopost|colissimo|mondial_relay|impots|fisc|tresor_public|gouvernement|police|gendarmerie|"
     "ameli|caf|assurance_maladie|securite_sociale|edf|engie|credit_agricole|bnp|amazon|paypal|netflix|mairie|urssaf|"
     "prefecture|ministere|tribunal",
     "bank|sparkasse|volksbank|post|deutschen_post|dhl|hermes|dpd|finanzamt|polizei|gericht|zoll|krankenkasse|aok|"
     "telekom|paypal|amazon|netflix|behorde|rathaus|stadtverwaltung|bundesregierung|ministerium|stadtwerke|"
     "rentenversicherung|postbank|commerzbank",
     "banco|itau|bradesco|nubank|caixa|santander|correios|ctt|receita_federal|receita|financas|autoridade_tributaria|"
     "inss|detran|governo|policia|gnr|psp|prefeitura|camara_municipal|seguranca_social|amazon|paypal|netflix|mercado_"
     "livre|edp|ministerio|tribunal|millennium",
     "銀行|郵便局|日本郵便|ゆうちょ|税務署|国税|警察|市役所|役所|区役所|年金機構|ヤマト|佐川|宅配便|宅配業者|アマゾン|"
     "Amazon|楽天|メルカリ|政府|裁判所|電力会社|東京電力|NTT|ドコモ|カード会社|PayPay"},
    {"d_notice", "",
     "parcel_could_not_be_delivered|package_could_not_be_delivered|parcel_couldnt_be_delivered|package_couldnt_be_"
     "delivered|could_not_deliver_your|couldnt_deliver_your|delivery_failed|failed_delivery|missed_delivery|tax_refund_"
     "notice|refund_notice|notice_of_a_tax_refund|account_has_been_suspended|account_is_suspended|account_suspended|"
     "account_has_been_locked|account_is_locked|account_locked|account_blocked|account_will_be_closed|problem_with_the_"
     "account|problem_with_your_account|problem_with_their_account|unpaid_fine|unpaid_toll|security_alert|unusual_"
     "activity|suspicious_login|final_notice|card_has_been_blocked|parcel_is_waiting|package_is_waiting|parcel_is_held|"
     "package_is_held",
     "problema_con_la_cuenta|problema_con_tu_cuenta|problema_con_su_cuenta|aviso_de_devolucion|cuenta_bloqueada|cuenta_"
     "suspendida|cuenta_ha_sido|tarjeta_bloqueada|no_se_ha_podido_entregar|no_pudimos_entregar|no_hemos_podido_"
     "entregar|paquete_retenido|paquete_esta_retenido|multa_pendiente|aviso_de_multa|actividad_sospechosa|acceso_"
     "sospechoso",
     "colis_n'_a_pas_pu|colis_en_attente|colis_est_bloque|colis_bloque|avis_de_remboursement|compte_suspendu|compte_"
     "bloque|compte_est_bloque|compte_est_suspendu|amende_impayee|activite_suspecte|connexion_suspecte|carte_bloquee|"
     "probleme_sur_votre_compte|probleme_avec_votre_compte|livraison_impossible|echec_de_livraison|avis_de_passage",
     "paket_konnte_nicht|sendung_konnte_nicht|paket_wartet|paket_liegt|konto_wurde_gesperrt|steuerbescheid|konto_"
     "gesperrt|konto_ist_gesperrt|karte_gesperrt|bussgeldbescheid|verdachtige_anmeldung|letzte_mahnung|zustellung_"
     "fehlgeschlagen|zustellversuch|problem_mit_ihrem_konto|sicherheitswarnung|konto_wird_gesperrt",
     "aviso_de_restituicao|conta_bloqueada|conta_suspensa|conta_foi_bloqueada|conta_foi_suspensa|encomenda_retida|"
     "encomenda_esta_retida|pacote_retido|nao_foi_possivel_entregar|nao_conseguimos_entregar|multa_pendente|multa_em_"
     "atraso|cartao_bloqueado|atividade_suspeita|acesso_suspeito|problema_com_a_conta|problema_com_a_sua_conta|"
     "problema_na_conta|tentativa_de_entrega",
     "お荷物をお届け|荷物のお届けに|不在のため持ち帰り|不在通知|還付金の通知|還付金のお知らせ|アカウントが停止|"
     "アカウントがロック|口座が停止|口座が凍結|カードの利用停止|カードが停止|不審なログイン|未払いの罰金|料金未納|"
     "最終通告|アカウントに問題|利用制限"},
    {"d_link", "",
     "link|links|click|clicks|clicking|button|lands|land|landing|leads|redirect|redirects|takes_them|sends_them",
     "enlace|clic|clicar|click|boton|pinchar|pinchen|caigan|lleva|lleve|redirige|pulsar|pulsen|entren",
     "lien|clic|cliquant|cliquer|clique|bouton|renvoie|redirige|atterrissent|tombent|mene",
     "link|klick|klickt|klicken|"
     "button|fuhrt|landen|landet|geht_auf|leitet|weiterleitung|draufklickt",
     "link|clicar|clique|clicam|clicarem|botao|caiam|caem|leva|leve|redireciona|cair",
     "リンク|クリック|飛ば|飛ん|誘導|遷移|ボタン|つなが|押す|開く"},
    {"d_own_place", "",
     "our_shop|our_store|our_site|our_page|our_offer|our_website|our_online_shop|my_shop|my_store|my_site|my_page|my_"
     "website|our_landing_page|our_loans|our_loan|our_sale|our_product_page|us|our_discount|our_quote|my_loans|our",
     "mi_tienda|nuestra_tienda|nuestra_web|mi_web|mi_pagina|nuestra_pagina|nuestra_oferta|mi_oferta|nuestra|nuestro",
     "notre_boutique|notre_site|ma_boutique|mon_site|notre_page|notre_offre|notre|mon|ma|nos",
     "unseren_onlineshop|unseren_shop|unsere_seite|unser_angebot|meinen_shop|meine_seite|unserem_shop|unserem_"
     "onlineshop|unsere|unseren|unserem|unser|meinem|meine",
     "nossa_loja|minha_loja|nosso_site|meu_site|nossa_pagina|minha_pagina|nossa_oferta|nosso|nossa|minha|meu",
     "自社|当社|うち|弊社|当店|通販|ショップ|自分のサイト|ストア|店"},
    {"d_review", "",
     "reviews|review|testimonials|ratings|google_reviews|customer_stories|recommendations|opinions|comments",
     "resenas|resena|opiniones|testimonios|valoraciones|comentarios|recomendaciones|criticas",
     "avis|temoignages|commentaires|evaluations|recommandations|notes",
     "bewertungen|rezensionen|kundenstimmen|kommentare|google_bewertungen|erfahrungsberichte|empfehlungen",
     "avaliacoes|depoimentos|resenhas|comentarios|testemunhos|recomendacoes|criticas",
     "レビュー|口コミ|クチコミ|体験談|評価|お客様の声|コメント"},
    {"d_ghost", "",
     "you_write_them|write_them_yourself|written_by_you|written_by_us|we_write_them|we_wrote_ourselves|we_will_write|"
     "well_write|make_them_up|make_up_names|made_up_names|invented_names|different_names|made_up_people|as_different_"
     "customers|as_if_from_customers|as_if_customers|as_customers|from_different_accounts|from_several_accounts|from_"
     "various_accounts|from_other_accounts|from_new_accounts|our_staff_write|our_employees_write|first_names_you_"
     "invent|from_people_who_dont_exist|fresh_accounts|spare_accounts|second_accounts|written_in_house|pose_as_guests|"
     "posing_as_guests|under_made_up|signed_by_invented",
     "las_escribes_tu|los_escribes_tu|escribelas_tu|escribelos_tu|las_redactas|las_redactas_tu|las_inventas|te_las_"
     "inventas|invntalas|inventalas|nombres_inventados|nombres_inventadas|nombres_falsos|nombres_ficticios|desde_"
     "varias_cuentas|desde_distintas_cuentas|desde_diferentes_cuentas|con_varias_cuentas|con_cuentas_nuevas|desde_"
     "otras_cuentas|clientes_que_no_existen|como_si_fueran_de_clientes|como_si_fueran_clientes|como_clientes|escritas_"
     "por_nosotros|las_escribimos|nombres_distintos|distintos_nombres|que_las_escriban_los_empleados",
     "tu_les_rediges|vous_les_redigez|tu_les_ecris|vous_les_ecrivez|ecris_les|redige_les|redigez_les|prenoms_inventes|"
     "noms_inventes|faux_prenoms|faux_noms|noms_bidon|prenoms_bidon|plusieurs_comptes|differents_comptes|des_comptes_"
     "differents|comme_des_clients|comme_si_c'_etait_des_clients|rediges_par_nous|ecrits_par_nous|on_les_ecrit|clients_"
     "qui_n'_existent_pas|invente_les|noms_differents|prenoms_differents|noms_imaginaires",
     "die_schreibst_du|schreibst_du_selbst|schreib_sie_selbst|schreib_sie_selber|du_schreibst_sie|denk_sie_dir_aus|"
     "denk_dir_welche_aus|ausgedachte|ausgedachten|ausgedacht|erfundenen_namen|erfundene_namen|falschen_namen|"
     "fantasienamen|verschiedenen_konten|verschiedenen_accounts|mehreren_accounts|mehreren_konten|mit_neuen_accounts|"
     "als_waren_es_kunden|wie_von_kunden|als_zufriedene|von_uns_geschrieben|schreiben_wir_selbst|schreiben_wir_selber|"
     "unsere_mitarbeiter_schreiben|selbst_geschrieben|verschiedenen_namen|denkst_du_dir|denk_dir",
     "voce_escreve|tu_escreves|escreva_voce|voce_mesmo_escreve|inventa_os_nomes|inventando_nomes|nomes_inventados|"
     "nomes_falsos|nomes_ficticios|nomes_de_mentira|varias_contas|contas_diferentes|diferentes_contas|de_contas_novas|"
     "com_contas_novas|como_se_fossem_clientes|como_se_fosse_cliente|como_clientes|escritas_por_nos|escritos_por_nos|a_"
     "gente_escreve|clientes_que_nao_existem|clientes_inventados|nomes_diferentes|inventa_nomes|invente_nomes",
     "別アカウント|複数のアカウント|複数アカウント|架空の名前|偽名|名前は適当|名前を変え|お客様になりすま|"
     "お客さんになりすま|自分たちで書|こちらで書|あなたが書|スタッフが書|社員が書|客のふり"},
    {"d_many_accounts", "",
     "accounts|profiles|fake_profiles|personas|alt_accounts|alts|burner_accounts|new_accounts|dummy_accounts",
     "cuentas|perfiles|cuentas_nuevas", "comptes|profils|faux_comptes", "accounts|konten|profile|zweitaccounts",
     "contas|perfis|contas_novas", "アカウント|アカ|プロフィール"},
    {"d_make", "", "create|set_up|open|register|make|build|spin_up|generate",
     "crea|creame|abre|abreme|haz|registra|"
     "monta|genera|crear|abrir|creamos|creas",
     "cree|creez|creer|ouvre|ouvrez|monte|genere|fabrique|fais",
     "erstelle|erstell|leg|lege|mach|eroffne|bau|generiere|"
     "anlegen|erstellen",
     "crie|cria|criar|abra|abre|monte|monta|faca|gere|registre", "作っ|作成|開設|用意|量産"},
    {"d_cheer", "", "like|likes|follow|follows|comment|comments|praise|upvote|vote|cheer|recommend|rate|share",
     "sigan|siguen|comenten|comentan|likes|me_gusta|den_like|voten|alaben|recomienden|elogien|compartan",
     "suivent|likent|aiment|commentent|votent|recommandent|abonnent|partagent|liker|suivre|commenter",
     "folgen|liken|kommentieren|loben|empfehlen|abstimmen|teilen|bewerten",
     "sigam|seguem|curtam|comentem|votem|elogiem|recomendem|curtir|seguir|comentar|gostem|elogiar",
     "フォロー|いいね|コメント|絶賛|高評価|投票|拡散|褒め"},
    {"d_people", "",
     "poles|polish|romanians|romanian|bulgarians|pakistanis|pakistani|syrians|turks|turkish|nigerians|somalis|"
     "albanians|"
     "moroccans|algerians|ukrainians|russians|vietnamese|filipinos|mexican|haitians|venezuelans|colombians|cubans|"
     "germans|italians|spaniards|brazilians|iraqis|iranians|afghans|buddhists|sikhs|mormons|atheists|catholic|large_"
     "families|big_families|single_mums|single_dads|couples_with_kids|couples_with_children|pensioners|retirees|"
     "travellers|hispanic_families|black_neighborhoods|black_neighbourhoods|bangladeshis|ghanaians|dominicans|"
     "guatemalans|hondurans|salvadorans|koreans|japanese|hindus|students_from",
     "colombianos|venezolanos|ecuatorianos|peruanos|bolivianos|dominicanos|haitianos|senegaleses|pakistanies|"
     "paquistanies|argelinos|polacos|turcos|ucranianos|rusos|mexicanos|argentinos|cubanos|familias_numerosas|parejas_"
     "con_"
     "hijos|parejas_con_ninos|sudacas|moros|subsaharianos|gente_mayor|jubilados|evangelico|musulman|judio|gitano|"
     "extranjero|extranjera|latino|negro|madres_solteras|inmigrante|familias_con_bebes|haitiano|venezolano|familias|"
     "mayores_de_edad_avanzada",
     "familles_nombreuses|algeriens|marocains|tunisiens|senegalais|turcs|roumains|polonais|syriens|maliens|musulmane|"
     "musulmanes|juif|juive|juives|couples_avec_enfants|gens_du_voyage|etrangeres|etranger|voilees|retraites|congolais|"
     "ivoiriens|comoriens|musulman|arabe|familles|meres_celibataires|meres_seules|afghans|ukrainiens|gitane",
     "syrer|syrern|afghanen|iraker|rumanen|bulgaren|ukrainer|russen|kosovaren|albaner|marokkaner|algerier|inder|"
     "pakistaner|nigerianer|vietnamesen|kinderreiche|grossfamilien|familien|paare_mit_kindern|rentner|rentnern|moslems|"
     "moslem|muslim|judisch|turkischen|turkische|arabische|arabischen|auslandischen|auslandische|afrikanische|"
     "osteuropaer|migrationshintergrund|alleinstehende_mutter|kopftuch",
     "evangelico|muculmano|muculmana|estrangeiro|estrangeira|crianca|criancas|casal_com_crianca|casais_com_filhos|"
     "casais_com_criancas|nordestino|negro|haitiano|venezuelano|boliviano|cabo_verdianos|nepaleses|indianos|ucranianos|"
     "paquistaneses|judeu|idoso|reformados|aposentados|familias_numerosas|familias_grandes|maes_solo|umbandistas|"
     "macumbeiros|imigrante|brasileiro|ciganas|bengalis|familias",
     "フィリピン人|ネパール人|インド人|ロシア人|台湾人|ミャンマー人|パキスタン人|クルド人|アフリカ人|イスラム|"
     "クリスチャン|創価|在日|子育て世帯|赤ちゃん|シニア|高齢の方|ひとり親|生活保護受給"},
    {"p_housing_weak", "",
     "let|house|houses|homes|room|staff|position|positions|properties|property|insurance|candidates|applicants",
     "casa|casas|puesto|puestos|seguro|renta|habitacion",
     "maison|maisons|location|locations|poste|postes|stage|stages|assurance",
     "haus|hauser|stelle|stellen|personal|versicherung", "casa|casas|quarto|seguro|republica", "募集|部屋|保険|採用"},
    {"d_age_join", "-|–|~", "and|to|or|through", "y|a|o", "et|a|ou", "und|bis|oder", "e|a|ou",
     "〜|から|と|~|歳から|歳〜|、"},
    {"d_age_unit", "", "year_olds|year_old|years_old|yr_olds|yo|yos|years_of_age", "anos|anitos", "ans",
     "jahrige|jahrigen|jahre|jahren|jahriger", "anos|aninhos", "歳|才"},
    {"d_age_lead", "", "of|aged|ages|between|from|age|are", "de|entre|desde|tienen|edad", "de|entre|ages|d'_age|ont",
     "zwischen|von|alter|ab|mit", "de|entre|idade|dos|com|têm", ""},
    {"d_span_lead", "", "last|past|for|over|celebrate|celebrates|celebrating|our",
     "hace|desde_hace|cumplimos|cumple|ultimos|celebramos|nuestros", "depuis|il_y_a|nos|fete|derniers",
     "seit|vor|unser|letzten|unsere", "ha|fazemos|faz|nossos|ultimos|celebramos", "創業|設立|過去"},
    {"d_experience", "", "of_experience|experience|anniversary|ago",
     "de_experiencia|de_historia|de_tradicion|de_aniversario", "d'_experience|d'_existence",
     "erfahrung|garantie|tradition|firmengeschichte", "de_experiencia|de_historia|de_tradicao|de_mercado", ""},
    {"d_their_purchase", "", "when_they|they|after_they|as_they|at_checkout", "cuando|al_comprar|al_hacer_la_compra",
     "quand|lorsqu'|lors_de|ils|elles|au_moment", "beim_kauf|als_sie|wenn_sie|beim_kaufen|haben_sie",
     "quando|ao_comprar|na_hora_de|no_ato",
     "購入した方|購入した人|購入したお客|購入した顧客|購入した会員|購入した際|購入した時|購入時|買ったとき|買った時|"
     "買った方|買った人|買ったお客|購入者|購入してくれた|購入してくださった|買ってくれた|買ってくださった|購入された"},
    {"d_unseen", "",
     "dont_see|do_not_see|doesnt_see|does_not_see|never_see|wont_see|not_get_it|dont_get_it|not_be_shown|left_out|stay_"
     "out|out_of_it",
     "no_la_vean|no_lo_vean|no_las_vean|no_los_vean|no_vean|no_lo_vea|no_la_vea|fuera|ni_de_broma|mejor_no|no_entran",
     "ne_voient|ne_la_voient|ne_le_voient|ne_voie|ne_les_voient|pas_question|dehors|s'_abstiennent",
     "nicht_angezeigt|nicht_zu_sehen|nicht_gezeigt|sehen_es_nicht|sollen_das_nicht|nicht_erwunscht|raus|draussen|"
     "lieber_nicht",
     "nao_vejam|nao_veja|nao_possam_ver|de_fora|fora|nem_pensar|melhor_nao",
     "見えない|見られない|見せない|表示しない|お断り|遠慮|来てほしくない|入居させ"},
};

}  // namespace

Table deed_table() { return {kRows, std::size(kRows)}; }

}  // namespace spreaders::planners::rules
