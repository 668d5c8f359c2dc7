// Words around numbers: budget, no spend, periods, discounts, prices, revenue, ages, and the marks of a goal.
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr ClassRow kRows[] = {
    {"currency_word", "$|€|£|¥|₹|r$|us$|usd|eur|gbp|inr|brl|jpy|chf|nok|sek|dkk|cad|aud|mxn|nzd|sgd",
     "dollar|dollars|bucks|euro|euros|pound|pounds|quid|rupee|rupees|reais|yen|francs|kroner|pesos|grand|smackers",
     "euro|euros|dolar|dolares|peso|pesos|libras|reales|yenes|francos|pavos|mangos|varos",
     "euro|euros|dollar|dollars|livres|francs|franc|balles|roupies|yens",
     "euro|euros|dollar|franken|pfund|kronen|rupien|yen|tacken|euronen",
     "real|reais|euro|euros|dolar|dolares|libras|conto|contos|paus|pila|pilas",
     "円|ドル|ユーロ|ポンド|元|ルピー|フラン"},
    {"ja_counter", "", "", "", "", "", "",
     "円|件|人|日|週|か月|ヶ月|カ月|ヵ月|月|年|名|本|個|回|歳|代|割|%|時|時間|ドル|ユーロ|社|台|枚|着|冊|万|億|組|席|"
     "再生|ダウンロード|フォロワー|インストール|クリック|セット"},
    {"budget_word", "",
     "budget|spend|spending|invest|total|altogether|cap|max|maximum|money|put|in_total|overall|funds|allocate|at_most|"
     "all_in|media_spend|ad_spend|cost_of",
     "presupuesto|gastar|gasta|invertir|invierte|inversion|en_total|total|maximo|gasto|dinero|tope|invertimos|gastamos",
     "budget|depenser|depensez|investir|investissez|en_tout|au_total|total|maximum|enveloppe|depense|plafond",
     "budget|ausgeben|ausgaben|investieren|insgesamt|gesamt|gib|maximal|etat|werbebudget|hochstens|stecke|investiere",
     "orcamento|verba|gastar|investir|invista|gaste|total|no_total|maximo|investimento|ao_todo|teto",
     "予算|費用|広告費|総額|合計|使い|投資|上限"},
    {"budget_strong", "", "budget|total|in_total|overall|altogether|all_in", "presupuesto|en_total|total",
     "budget|au_total|en_tout|total", "budget|insgesamt|gesamt|gesamtbudget", "orcamento|verba|no_total|total|ao_todo",
     "予算|総額|合計"},
    {"no_spend", "",
     "not_#_penny|not_#_cent|not_#_euro|not_#_dollar|not_#_pound|not_one_penny|not_a_penny|not_a_dime|not_one_cent|not_"
     "a_pound|not_a_dollar|not_a_euro|not_a_single_cent|not_one_"
     "euro|without_a_penny|not_a_single_euro|not_a_single_dollar|not_spending_a_cent|no_spend|no_budget|zero_budget|"
     "budget_zero|no_money|without_spending|without_budget|without_a_budget|no_ad_"
     "budget|no_ad_spend|no_media_spend|no_paid_media|no_cost|no_extra_cost|no_spending|zero_spend|free_of_charge|for_"
     "free|free_only|zero_cost|nothing_to_spend|no_paid_ads|no_paid_ad|no_paid|not_spend|not_spending|dont_spend|dont_"
     "want_to_spend|no_advertising_budget|no_marketing_budget|organic_only|only_organic|unpaid|no_media_budget|not_a_"
     "cent|zero_dollars|no_dollars|no_promo_budget|without_paying|without_any_budget|without_any_spend|no_extra_spend|"
     "no_additional_budget|no_paid_spend|dont_have_a_budget|dont_have_any_budget|have_no_budget|no_funds|cant_spend|"
     "without_money|budget_is_zero|budget_none|budget_nil|nil_budget|zero_ad_spend|no_money_to_spend|without_ad_spend|"
     "at_no_cost|no_budget_at_all|with_no_budget|no_ads_budget|budget_of_zero|we_have_no_money|spend_nothing|no_"
     "additional_cost|no_additional_spend|no_extra_budget|costs_nothing|free_channels|only_free|without_spend|no_"
     "outlay|dont_spend_anything|not_pay|no_cash|must_not_cost|mustnt_cost|shouldnt_cost|should_not_cost|may_not_cost|"
     "cannot_cost|cant_cost|wont_cost_anything|not_allowed_to_cost|cant_spend_anything|cannot_spend|not_paying|zero_"
     "marketing_budget|no_"
     "money_for|nothing_to_pay",
     "ni_#_euro|ni_#_peso|ni_#_centimo|ni_#_centavo|ni_#_duro|ni_#_dolar|ni_un_euro|ni_un_peso|ni_un_centimo|ni_un_"
     "duro|ni_un_centavo|ni_un_dolar|ni_un_solo_euro|ni_un_solo_peso|sin_"
     "soltar_un_euro|ni_medio_euro|sin_presupuesto|sin_gastar|sin_dinero|sin_inversion|sin_gasto|sin_coste|sin_costo|"
     "presupuesto_cero|cero_"
     "presupuesto|no_hay_presupuesto|no_tenemos_presupuesto|gratis|sin_pagar|sin_invertir|no_gastar|sin_publicidad_"
     "pagada|sin_pauta|cero_euros|cero_pesos|ningun_presupuesto|sin_ningun_presupuesto|no_hay_dinero|sin_costes|"
     "inversion_cero|gasto_cero|sin_ningun_gasto|sin_costo_adicional|no_quiero_gastar|no_tengo_presupuesto|sin_"
     "presupuesto_publicitario|nada_de_presupuesto|nada_de_dinero|organico|no_queremos_gastar|sin_gastos|coste_cero|"
     "costo_cero|no_podemos_gastar|no_puedo_gastar|no_se_gasta|no_puede_costar|no_debe_costar|no_tiene_que_costar|que_"
     "no_cueste|sin_que_cueste|no_debe_costarnos|no_podemos_pagar|sin_un_euro|sin_un_peso|coste_0|sin_pagar_nada",
     "pas_#_euro|pas_#_centime|pas_#_sou|pas_le_moindre_euro|zero_centime|sans_un_sou|sans_debourser|sans_un_centime|"
     "pas_un_seul_euro|c'_est_gratuit|sans_"
     "budget|aucun_budget|sans_depense|sans_depenser|sans_frais|budget_zero|zero_budget|pas_de_budget|pas_d'_"
     "argent|sans_argent|gratuitement|gratuit|sans_investissement|sans_cout|aucune_depense|zero_euro|aucun_frais|sans_"
     "investir|sans_payer|aucun_argent|rien_a_depenser|sans_budget_publicitaire|aucun_cout|pas_un_centime|budget_nul|"
     "zero_depense|sans_publicite_payante|pas_de_depense|pas_de_depenses|sans_aucun_budget|ne_rien_depenser|sans_rien_"
     "depenser|sans_aucune_depense|0_budget|rien_a_payer|ne_coute_rien|0_euro|0_€|on_ne_peut_rien_depenser|pas_un_sou|"
     "doit_rien_couter|rien_couter|ne_rien_couter|ca_ne_doit_rien|ne_doit_pas_couter|"
     "pas_un_euro",
     "keinen_einzigen_euro|nicht_einen_euro|keinen_einzigen_cent|nicht_einen_cent|kostet_ja_nix|kostet_ja_nichts|"
     "keinen_heller|ohne_einen_euro|ohne_budget|kein_budget|ohne_werbebudget|ohne_kosten|kostenlos|kein_geld|ohne_geld|"
     "keine_kosten|null_budget|"
     "budget_null|gratis|ohne_ausgaben|keine_ausgaben|keinen_cent|ohne_etat|ohne_werbekosten|kein_werbebudget|null_"
     "euro|ohne_bezahlte_werbung|nichts_ausgeben|ohne_zusatzkosten|ohne_mediabudget|kein_mediabudget|haben_kein_budget|"
     "keinerlei_budget|ohne_einen_cent|keine_werbeausgaben|ohne_werbeausgaben|unbezahlt|nur_organisch|rein_organisch|"
     "ohne_anzeigenbudget|kein_etat|ohne_jegliches_budget|ohne_finanzielle_mittel|nix_ausgeben|kein_werbegeld|ohne_"
     "werbegeld|kostet_nichts|nichts_kosten|nix_kosten|nicht_kosten|kosten_darf_es_nichts|keinen_pfennig|kostet_nix|"
     "kostenfrei|keinen_euro|alles_organisch|null_kosten|konnen_nichts_ausgeben",
     "nem_#_euro|nem_#_real|nem_#_centavo|nem_#_tostao|nem_#_centimo|nem_um_euro|nem_um_real|nem_um_centavo|nem_um_"
     "tostao|nem_um_cent|nem_um_centimo|tudo_de_graca|sem_patrocinar|sem_"
     "patrocinio|sem_orcamento|sem_verba|sem_gastar|sem_custo|sem_custos|sem_dinheiro|sem_investimento|orcamento_zero|"
     "verba_zero|"
     "zero_orcamento|de_graca|gratis|sem_gasto|sem_gastos|nenhum_orcamento|sem_investir|sem_pagar|custo_zero|zero_"
     "verba|nao_temos_verba|nao_tenho_verba|sem_nenhum_custo|sem_midia_paga|investimento_zero|nao_temos_orcamento|nao_"
     "gastar|sem_anuncios_pagos|gratuito|sem_nenhuma_verba|nao_ha_orcamento|nao_quero_gastar|gasto_zero|sem_qualquer_"
     "custo|sem_nenhum_gasto|zero_gasto|zero_de_verba|nao_podemos_gastar|nao_posso_gastar|sem_gastar_nada|sem_anuncio_"
     "pago|sem_anuncios|nao_pode_custar|nao_deve_custar|sem_custar|que_nao_custe|nao_pode_custar_nada|sem_um_centavo|"
     "sem_um_real|custo_0",
     "広告費はありません|広告費はない|広告費がない|費用はありません|一銭も|1円も|びた一文|一円たりとも|"
     "有料媒体は使いません|有料広告は使いません|費用なしで|お金はない|予算なし|予算無し|予算ゼロ|予算は0|予算0|"
     "費用なし|費用ゼロ|広告費なし|広告費ゼロ|広告費は0|無料で|お金をかけず|"
     "お金はかけ|お金をかけない|費用はかけ|費用をかけず|予算はなし|予算はゼロ|予算はありません|予算はない|予算はかけ|"
     "広告費はなし|広告費はかけ|広告費をかけず|広告費0|広告費無し|予算をかけず|コストゼロ|コストなし|費用無し|"
     "予算はゼロ|お金をかけられ|費用をかけられ|一円も|広告なし|オーガニックのみ|支出なし|出費なし|費用をかけない|"
     "予算がない|予算がありません|お金は使わ|"
     "お金を使わ|無予算|広告費はゼロ|お金はかけられ|費用はゼロ|タダで"},
    {"period_day", "/_day|/_dia|/_tag|/_jour|/_d", "a_day|per_day|daily|each_day|every_day|/_day|by_the_day",
     "al_dia|por_dia|diarios|diario|diarias|cada_dia|/_dia",
     "par_jour|quotidien|quotidiens|chaque_jour|/_jour|journalier|journaliers",
     "pro_tag|am_tag|taglich|je_tag|/_tag|taglichen|tagliches",
     "por_dia|ao_dia|diarios|diario|/_dia|a_cada_dia|cada_dia|diaria",
     "1日あたり|1日|一日|日額|毎日|日あたり|1日当たり|日当たり"},
    {"period_week", "/_week|/_wk|/_semana|/_woche|/_semaine",
     "a_week|per_week|weekly|each_week|every_week|/_week|a_wk|per_wk",
     "a_la_semana|por_semana|semanales|semanal|cada_semana|/_semana",
     "par_semaine|hebdomadaire|hebdomadaires|chaque_semaine|/_semaine|la_semaine",
     "pro_woche|wochentlich|je_woche|die_woche|in_der_woche|/_woche|wochentlichen|wochentliches",
     "por_semana|semanais|semanal|/_semana|cada_semana|a_cada_semana",
     "1週間あたり|週あたり|毎週|週額|1週間に|週に|1週あたり|週当たり"},
    {"period_month", "/_month|/_mo|/_mes|/_monat|/_mois", "a_month|per_month|monthly|each_month|every_month|/_month",
     "al_mes|por_mes|mensuales|mensual|cada_mes|/_mes", "par_mois|mensuel|mensuels|chaque_mois|/_mois|mensuelle",
     "pro_monat|monatlich|je_monat|im_monat|den_monat|/_monat|monatlichen|monatliches",
     "por_mes|ao_mes|mensais|mensal|/_mes|cada_mes|a_cada_mes",
     "月額|1か月あたり|毎月|月あたり|月々|1ヶ月あたり|ひと月|月に|1か月|1ヶ月|月当たり"},
    {"offer_after", "",
     "off|discount|voucher|vouchers|coupon|coupons|gift_card|gift_cards|credit|cashback|cash_back|rebate|savings|"
     "cheaper|reduction|welcome_bonus|bonus|price_cut|early_bird|sale|deal|welcome_discount|loyalty|markdown",
     "de_descuento|descuento|dto|de_rebaja|menos|cupon|de_regalo|de_ahorro|mas_barato|vale",
     "de_reduction|reduction|de_remise|remise|de_rabais|rabais|offert|offerts|bon_d'_achat|de_promo|de_moins|promo|de_"
     "ristourne",
     "rabatt|nachlass|gunstiger|gutschein|skonto|ermassigung|preisnachlass|reduziert|sparen|rabattaktion|billiger|"
     "reduzierung",
     "de_desconto|desconto|off|de_abatimento|cupom|mais_barato|de_cashback",
     "オフ|引き|割引|off|還元|クーポン|値引き|引|ポイント"},
    {"offer_before", "", "save|discount_of|discount|reduced_by|savings_of|saves|off",
     "descuento_del|descuento_de|descuento|ahorra|rebaja_del|rebajas_del|rebaja_de",
     "reduction_de|remise_de|rabais_de|moins|economisez|-", "rabatt_von|spare|um|sparen_sie|nachlass_von|minus|-",
     "desconto_de|economize|-", "割引"},
    {"price_before", "",
     "priced_at|costs|cost|worth|price_of|price_is|for_only|for_just|only|from_just|at_just|starting_at|priced|selling_"
     "for|sells_for|valued_at|fee_of|our|a|the|each|orders_over|orders_above|spent_over|spent_more_than|spend_over|"
     "over|spending_over|spend_more_than|above|carts_over|baskets_over|spent_at_least|orders_of|purchases_over|"
     "purchases_above",
     "cuesta|cuestan|precio_de|a_solo|por_solo|valorado_en|vale|pedidos_de_mas_de|compras_de_mas_de|compras_superiores_"
     "a|gastaron_mas_de|precio|mas_de|desde_solo",
     "coute|coutent|prix_de|a_seulement|pour_seulement|d'_une_valeur_de|plus_de|commandes_de_plus_de|au_prix_de|"
     "superieures_a|superieurs_a",
     "kostet|kosten|preis_von|fur_nur|nur|im_wert_von|uber|mehr_als|preis",
     "custa|custam|preco_de|por_apenas|por_so|no_valor_de|acima_de|mais_de|so|apenas|a_partir_de_apenas",
     "価格|定価|一個|1個|以上"},
    {"price_after", "",
     "each|plan|plans|ticket|tickets|apiece|per_person|per_ticket|membership|subscription|per_seat|per_item|bundle|box|"
     "boxes|set|kit|a_ticket|per_head|gift|menu|class|entry|a_head|per_bottle|or_more|package|a_piece|course|deposit|"
     "admission|item|items|jacket|bag|per_night|a_night|per_class",
     "cada_uno|por_persona|la_entrada|cada_una|por_noche|por_unidad",
     "par_personne|l'_unite|chacun|la_place|piece|l'_entree|par_nuit|ou_plus",
     "pro_person|pro_stuck|das_stuck|pro_ticket|pro_nacht", "cada|por_pessoa|a_unidade|o_ingresso|por_noite",
     "以上の|以上|のプラン|の商品|のセット"},
    {"revenue_word", "",
     "revenue|turnover|raise|raised|raising|income|worth_of_sales|in_sales|sales_of|in_orders|gross|bring_in|earn|"
     "fundraise|in_donations|donations|in_bookings|of_sales|in_gifts|in_pledges|proceeds|generate|collect|fundraising|"
     "gifts",
     "juntar|juntemos|reunimos|donativos|de_donativos|en_donativos|recolectar|recaudemos|recoger_fondos|ingresos|"
     "facturacion|recaudar|recauda|recaudacion|en_ventas|facturar|de_ventas|donaciones|en_donaciones|reunir|"
     "vender_por",
     "recolte|collecte|cagnotte|reunissons|de_promesses_de_dons|chiffre_d'_affaires|revenus|recolter|recoltez|lever|"
     "levez|collecter|collectez|de_ventes|en_ventes|dons|de_dons|"
     "reunir|ca_de|de_recettes|recettes|revenu",
     "zusammenbekommen|zusammenkriegen|gesammelt|spendensumme|an_spendengeldern|zusammenbringen|umsatz|einnahmen|"
     "sammeln|spenden|erlos|sammle|umsatzziel|spendenziel|einwerben|erlose|an_spenden|spendenaufruf|"
     "spendenaktion",
     "angariar|angarie|angariamos|juntar|donativos|em_donativos|recolher|de_donativos|de_doacoes|angariacao|receita|"
     "faturamento|arrecadar|arrecade|em_vendas|faturar|doacoes|em_doacoes|levantar|arrecadacao|de_vendas",
     "集めます|集める|支援金|寄付金|義援金|支援総額|売上|売り上げ|収益|寄付|募金|収入|集めたい"},
    {"goal_word", "",
     "goal|target|aim|aiming|want|hope|hoping|reach|get|at_least|expect|objective|kpi|shoot_for|shooting_for|looking_"
     "for|need|achieve|hit|win|gain|generate|drive|sell|bring|attract|collect|sign_up|book|land|secure|earn|success|"
     "fill|reaching|getting|for|wanted|like|grow|raise|make|add|score",
     "objetivo|meta|queremos|lograr|conseguir|alcanzar|al_menos|esperamos|llegar|obtener|consigue|vender|quiero|minimo|"
     "atraer|generar|captar|vendemos|vendamos|necesitamos|buscamos",
     "objectif|but|viser|visons|atteindre|obtenir|au_moins|voulons|esperons|cible|vendre|generer|attirer|gagner|"
     "minimum|vise|vendons|besoin|faut|souhaitons",
     "ziel|wollen|erreichen|mindestens|mochten|hoffen|erwarten|gewinnen|bekommen|verkaufen|anpeilen|zielen|erzielen|"
     "sollen|brauchen|hatten_gern|schaffen",
     "meta|objetivo|queremos|alcancar|atingir|pelo_menos|conseguir|esperamos|obter|gerar|vender|captar|no_minimo|"
     "chegar|vendemos|precisamos|queremos_vender",
     "目標|目指|狙|ゴール|達成|獲得|集め"},
    {"aim_word", "", "goal|target|aim|aiming|aim_for|objective|kpi|hoping_for|shooting_for|looking_for",
     "objetivo|meta|esperamos", "objectif|but|viser|visons|vise|cible", "ziel|anpeilen|zielen",
     "meta|objetivo|esperamos", "目標|狙|ゴール"},
    {"cap_over", "", "go_over|over|exceed|more_than|above|beyond", "mas_de|pasar_de|superar|exceder|pasarnos_de",
     "plus_de|depasser|exceder|au_dela_de", "mehr_als|uber|uberschreiten", "mais_de|passar_de|ultrapassar|exceder", ""},
    {"divide_verb", "", "divide|split|cut", "divide|dividir|dividid|parte", "divise|divisez|diviser",
     "teile|teilen|dividiere", "divida|dividir|divide", ""},
    {"divide_by", "", "by|in", "por|entre|en", "par", "durch", "por|em", ""},
    {"share_word", "", "thirds|quarters|halves|percent|points", "tercios|cuartos|puntos", "tiers|quarts|points",
     "drittel|viertel|prozent|punkte", "tercos|quartos|pontos", ""},
    {"rate_word", "", "rate|rates|ratio", "tasa|porcentaje|ratio", "taux", "rate|quote", "taxa", "率"},
    {"split_word", "", "split|between|divide|divided|ratio", "reparto|repartido|dividido|entre|division",
     "repartition|reparti|repartis|partage|entre", "aufteilung|aufgeteilt|verteilt|split",
     "divisao|dividido|divididos|entre|split", "分割|配分|割合|比率"},
    {"rest_word", "", "rest|remainder|remaining|the_other|balance|evenly|equally|half",
     "resto|restante|mitad|partes_iguales", "reste|restant|moitie|egales",
     "rest|restliche|restlichen|halfte|gleichmassig", "resto|restante|metade|igualmente", "残り|半分|均等"},
    {"alloc_prep", "",
     "on|for|to|in|into|towards|goes_to|go_to|through|via|with|of_it|of_that|of_which|thereof|is_for|are_for",
     "en|para|a|por|de|de_ellos|de_ello|de_eso|son_para|van_a|va_a|van_para",
     "sur|pour|a|en|dans|de|d'|dont|vont_a|va_a|la_dessus",
     "auf|fur|in|an|bei|von|davon|gehen_an|geht_an|sind_fur|gehen_in", "no|na|em|para|nos|nas|com|do|da|de",
     "を|に|は"},
    {"fund_word", "",
     "donation|donations|donate|fundraiser|fundraising|fundraise|raise_money|charity_drive|raising_money|pledge",
     "donativo|donativos|donacion|donaciones|donar|recaudar|recaudacion|colecta|rifa|benefica|benefico",
     "don|dons|donner|collecte|cagnotte|levee_de_fonds|recolter|solidaire",
     "spende|spenden|spendenaktion|spendenaufruf|"
     "sammelaktion|spendenlauf",
     "donativo|donativos|doacao|doacoes|doar|angariar|angariacao|arrecadar|arrecadacao|vaquinha|campanha_solidaria",
     "寄付|募金|支援金|義援金|クラウドファンディング|チャリティー"},
    {"fund_goal", "", "goal|target|aim|objective|hope_for|aiming_for|want_to_reach",
     "meta|objetivo|llegar_a|alcanzar|queremos", "objectif|but|viser|visons|cible|atteindre",
     "ziel|zielsumme|erreichen|wollen", "meta|objetivo|chegar_a|alcancar|queremos", "目標"},
    {"price_link", "", "at", "por|de|a", "a|de|pour", "fur|zu|a", "por|de|a", ""},
    {"priced_thing", "",
     "tickets|ticket|places|place|seats|seat|passes|pass|entry|boxes|box|bundle|bundles|voucher|vouchers|spots",
     "bono|bonos|pack|packs|entrada|entradas|menu|menus|plaza|plazas|tarifa|cuota|abono|vale|vales|sesiones|cesta|"
     "cestas",
     "forfait|forfaits|carte|cartes|coffret|coffrets|menu|menus|place|places|billet|billets|seances|panier|paniers|"
     "formule",
     "gutschein|gutscheine|karte|karten|ticket|tickets|platz|platze|menu|menus|paket|pakete|korb|zehnerkarte|10er_"
     "karte",
     "pacote|pacotes|combo|combos|entrada|entradas|ingresso|ingressos|bilhete|bilhetes|menu|menus|vaga|vagas|voucher|"
     "vouchers|cesta|cestas|sessoes",
     ""},
    {"up_word", "", "double|triple", "duplica|duplicar|dobla|el_doble|doblar|multiplica_por_dos",
     "doublez|double|doubler|doublons", "verdopple|verdoppeln|doppelt|verdoppel", "dobre|dobrar|duplique|o_dobro",
     "2倍|倍に"},
    {"half_word", "", "halve|half_the_budget|cut_the_budget_in_half|cut_it_in_half|half_of_the_budget|half_that",
     "la_mitad_del_presupuesto|reduce_a_la_mitad|mitad_de_presupuesto|a_la_mitad",
     "divisez_le_budget_par_deux|moitie_du_budget|moitie_moins", "halbiere|halbieren|halbes_budget",
     "metade_do_orcamento|pela_metade|metade_da_verba", "半分に|半額に|半減"},
    {"raise_by", "", "by|another|extra|more|additional|on_top", "en|mas|otros", "de|supplementaires|de_plus",
     "um|weitere|mehr|zusatzlich", "em|mais|outros", "増や|追加|増額"},
    {"increase_word", "", "increase|raise|bump|grow|boost|lift|improve|add|more|higher|up|bump_it|raise_it|up_it",
     "aumenta|aumentar|sube|subir|incrementar|incrementa|mas|subelo|subela",
     "augmentez|augmenter|accroitre|ajoutez|augmente|plus|hausse|monte|montez|passe|passez",
     "erhohe|erhohen|steigern|steigere|mehr|aufstocken|hoch|geh_auf|erhoh",
     "aumente|aumentar|suba|mais|acrescente|crescer|sobe|aumenta", "増や|増額|上げ|追加"},
    {"decrease_word", "", "cut|reduce|decrease|lower|trim|less|drop", "reduce|reducir|baja|recorta|menos|disminuye",
     "reduisez|reduire|baissez|diminuez|moins|baisse", "senke|reduziere|kurze|weniger|verringere",
     "reduza|reduzir|baixe|corte|menos|diminua", "減ら|下げ|減額"},
    {"age_mark", "", "aged|ages|age|between_the_ages_of|in_the_age|age_range|age_group",
     "de|entre|edad|edades|entre_los", "age|ages|agees|agee|de|entre|des",
     "im_alter_von|alter|zwischen|von|im_alter_zwischen", "de|entre|idade|com_idade_entre|com", ""},
    {"age_unit", "", "year_old|year_olds|years_old|yo|yrs|yrs_old|years_of_age|y_o|years|yr_olds|y_olds",
     "anos|anos_de_edad|anos_edad", "ans", "jahre|jahren|jahrige|jahrigen|jahriger|jahre_alt|jahrig", "anos",
     "歳|才|代"},
    {"age_over", "", "over|above|older_than|at_least|over_the_age_of|over_age|age",
     "mayores_de|mas_de|mayor_de|desde|a_partir_de|mayores_a", "plus_de|majeurs_de|ages_de_plus_de|a_partir_de|des",
     "uber|ab|alter_als|mindestens", "maiores_de|mais_de|acima_de|acima_dos|maior_de|a_partir_de", ""},
    {"age_under", "", "under|below|younger_than|under_the_age_of|up_to|less_than", "menores_de|menos_de|menor_de",
     "moins_de|mineurs_de", "unter|junger_als", "menores_de|menos_de|abaixo_de|abaixo_dos", ""},
    {"age_plus", "+", "and_over|and_older|and_up|or_older|and_above|plus|or_over|or_above|up",
     "o_mas|y_mas|en_adelante|anos_o_mas", "et_plus|ans_et_plus|et_au_dela", "und_alter|plus|und_daruber|aufwarts",
     "ou_mais|para_cima|anos_ou_mais|e_acima", "歳以上|才以上|以上"},
    {"staff_word", "",
     "employees|staff|people|workers|headcount|seats|seat|person|fte|beds|rooms|locations|stores|branches|offices",
     "empleados|trabajadores|personas", "salaries|employes|personnes|collaborateurs",
     "mitarbeitern|mitarbeiter|mitarbeitende|mitarbeitenden|beschaftigten|beschaftigte",
     "funcionarios|empregados|colaboradores|pessoas", "名規模|従業員|社員"},
    {"clock_word", "", "am|pm|oclock|a_m|p_m", "h|horas", "h|heures", "uhr", "h|horas", "時|:"},
    {"distance", "",
     "km|kms|miles|mile|mi|kilometers|kilometres|blocks|metres|meters|minutes|kg|lbs|g|ml|cm|pack|packs|hours|hour|"
     "times|x|mg|litres|liter|inch",
     "km|kilometros|minutos|horas|veces|kg|kilos", "km|kilometres|minutes|heures|fois|kg|kilos",
     "km|kilometer|kilometern|minuten|stunden|mal|kg|kilo", "km|quilometros|minutos|horas|vezes|kg|quilos",
     "キロ|km|分|時間|kg"},
    {"length_mark", "",
     "for|over|during|lasting|last|lasts|runs|run|running|runs_for|about|spread_over|a_period_of|of|across|within|take|"
     "takes|and_run|goes|exactly|only|just|one|x|roughly|around",
     "durante|por|a_lo_largo_de|dura|de|que_dure|unos|con_duracion_de|en",
     "pendant|durant|sur|pour|de|d'|dure|environ|une_duree_de", "fur|uber|wahrend|dauer|lang|etwa|von|dauert|ca",
     "por|durante|ao_longo_de|dura|de|com_duracao_de|cerca_de", ""},
    {"time_word", "", "time|or_so", "", "", "", "", ""},
    {"strong_shift", "",
     "everything|whole_thing|both_dates|push_back|pushed_back|push_it|push_everything|postpone|delay|delayed|move_back|"
     "move_it|shift|bring_forward|campaign|it_all",
     "todo|retrasa|retrasar|pospon|posponer|aplaza|adelanta|mueve|campana",
     "tout|repousser|repoussez|reportez|decaler|decalez|repousse|avancez|campagne",
     "alles|verschiebe|verschieben|vorziehen|kampagne", "tudo|adie|adiar|atrase|postergue|adiante|antecipe|campanha",
     "延期|遅らせ|前倒し|後ろ倒し|全体"},
    {"lapsed", "",
     "havent|hasnt|have_not|has_not|not|inactive|dormant|lapsed|stopped|never|didnt|did_not|quiet|silent|bought|"
     "ordered|purchased|visited|booked|joined|signed_up|active|since|subscribed|attended|logged_in|donated|opened|"
     "clicked|who|been|customers_for|members_for",
     "no_han|no_compran|no_ha|inactivos|inactivas|compraron|no|que|han_comprado|nos_visitaron|llevan",
     "n'_ont|n'_a|inactifs|inactives|pas|qui|achete|commande|ayant",
     "nicht|nichts|inaktiv|inaktive|seit|die|gekauft|bestellt|mehr", "nao|inativos|inativas|que|compraram|sem_comprar",
     "購入していない|来店していない|利用していない|買っていない|注文していない"},
    {"holiday_lead", "", "happy|merry", "feliz|dia_de|el_dia_de|dia_del", "joyeux|jour_de|le_jour_de|le_jour_du",
     "frohe", "feliz|dia_de", ""},
    {"after_holiday", "",
     "to|with|by|about|via|promoting|from|we|and|or|using|through|announcing|offering|give|giving|our|only|starting|"
     "sending|offer|customers|subscribers|morning|afternoon|evening|shoppers|reminding",
     "con|a|por|para|sobre|y|un|una|anunciando|ofreciendo|nuestros", "avec|aux|par|sur|et|une|un|pour|a|nos",
     "mit|an|per|uber|und|eine|ein|bei|via|von", "com|para|por|sobre|e|um|uma|aos|nossos", ""},
    {"per_word", "/", "per|a|each|for_each|for_every", "por|por_cada", "par|le", "pro|je", "por", "あたり|当たり"},
    {"cost_per", "", "cost_per|price_per|costs_per|spend_per", "coste_por|costo_por", "cout_par",
     "kosten_pro|preis_pro|kosten_je", "custo_por", ""},
    {"percent", "%", "percent|per_cent|pct", "por_ciento", "pour_cent", "prozent", "por_cento", "パーセント|%"},
    {"grow_verb", "", "grow|growing|reach|get|from|increase|up|hit|climb|go|gain",
     "llegar|alcanzar|crecer|pasar|conseguir", "atteindre|passer|arriver|gagner", "erreichen|wachsen|auf",
     "chegar|alcancar|crescer|atingir|conseguir", ""},
    {"reach_verb", "", "reach|get|in_front_of", "alcanzar|llegar", "toucher|atteindre", "erreichen", "alcancar", ""},
    {"buy_verb", "", "buy|buying|purchase|purchased|fake|order_#", "compra|comprar|compremos", "achete|achetez|acheter",
     "kaufe|kaufen|kauf", "compre|comprar|compra", "購入した|買っ"},
    {"fake_word", "", "fake|bot|bots|fabricated|phony", "falsos|falsas|bots", "faux|fausses|bots",
     "falsche|gefalschte|bots", "falsos|falsas|robos", "偽|偽の|架空"},
    {"company_age", "", "company|business|brand|firm|anniversary|tradition|history|whisky|whiskey|rum|warranty",
     "empresa", "entreprise", "firma|unternehmen", "empresa", ""},
    {"content_noun", "",
     "posts|emails|messages|stories|reels|videos|tweets|reminders|pins|mails|texts|times|ads|newsletters|steps|parts|"
     "rounds|variants|versions|images|photos|creatives|updates|channels|hours|minutes|clips|shorts",
     "publicaciones|correos|mensajes|historias|videos|veces|posts|anuncios|horas",
     "publications|messages|stories|videos|fois|posts|annonces|e_mails|heures",
     "beitrage|mails|nachrichten|stories|videos|posts|anzeigen|stunden",
     "publicacoes|mensagens|stories|videos|vezes|posts|anuncios|horas", "投稿|通|本|回投稿"},
    {"or_less", "", "or_less|or_under|or_lower|max|tops", "o_menos|como_maximo|maximo", "ou_moins|maximum|max",
     "oder_weniger|hochstens|maximal|max", "ou_menos|no_maximo", "以下"},
    {"people_word", "", "people|persons|folks", "personas|gente", "personnes|gens", "leute|menschen|personen",
     "pessoas", ""},
    {"site_word", "", "website|site|web_page|landing_page|homepage|web|online_shop|webshop",
     "web|sitio|pagina|tienda_online", "site|page|boutique_en_ligne",
     "website|webseite|seite|homepage|onlineshop|webshop", "site|pagina|loja_online", ""},
    {"new_ones", "", "new|new_ones|more", "nuevos|nuevas|mas", "nouveaux|nouvelles|de_plus", "neue|mehr",
     "novos|novas|a_mais", ""},
};

}  // namespace

Table amount_table() { return {kRows, std::size(kRows)}; }

}  // namespace spreaders::planners::rules
