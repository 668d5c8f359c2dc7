// Words of time: months (class month1..month12), weekdays (day0 = Sunday), units, range markers, relative words.
// Holidays are in holidays.cpp, because each has a rule.
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr ClassRow kRows[] = {
    {"month1", "", "january|jan", "enero|ene", "janvier|janv", "januar|janner|jan", "janeiro|jan", "1月"},
    {"month2", "", "february|feb|febuary", "febrero|feb", "fevrier|fev", "februar|feb", "fevereiro|fev", ""},
    {"month3", "", "march|mar", "marzo|mar", "mars", "marz|maerz", "marco|mar", ""},
    {"month4", "", "april|apr", "abril|abr", "avril", "april|apr", "abril|abr", ""},
    {"month5", "", "may", "mayo|may", "mai", "mai", "maio|mai", ""},
    {"month6", "", "june|jun", "junio|jun", "juin", "juni|jun", "junho|jun", ""},
    {"month7", "", "july|jul", "julio|jul", "juillet", "juli|jul", "julho|jul", ""},
    {"month8", "", "august|aug", "agosto|ago", "aout", "august|aug", "agosto|ago", ""},
    {"month9", "", "september|sept|sep", "septiembre|setiembre|sept|sep", "septembre|sept", "september|sept|sep",
     "setembro", ""},
    {"month10", "", "october|oct", "octubre|oct", "octobre|oct", "oktober|okt", "outubro|out", ""},
    {"month11", "", "november|nov", "noviembre|nov", "novembre|nov", "november|nov", "novembro|nov", ""},
    {"month12", "", "december|dec|decmber|decemeber", "diciembre|dic", "decembre|dec", "dezember|dez", "dezembro|dez",
     ""},
    {"day0", "", "sunday|sundays|sun", "domingo|domingos", "dimanche", "sonntag", "domingo", "日曜"},
    {"day1", "", "monday|mondays|mon", "lunes", "lundi", "montag", "segunda_feira|segunda", "月曜"},
    {"day2", "", "tuesday|tuesdays|tue|tues", "martes", "mardi", "dienstag", "terca_feira|terca", "火曜"},
    {"day3", "", "wednesday|wednesdays|wed", "miercoles", "mercredi", "mittwoch", "quarta_feira|quarta", "水曜"},
    {"day4", "", "thursday|thursdays|thu|thurs", "jueves", "jeudi", "donnerstag", "quinta_feira|quinta", "木曜"},
    {"day5", "", "friday|fridays|fri", "viernes", "vendredi", "freitag", "sexta_feira|sexta", "金曜"},
    {"day6", "", "saturday|saturdays|sat", "sabado|sabados", "samedi", "samstag|sonnabend", "sabado", "土曜"},
    {"unit_day", "", "day|days|night|nights|calendar_days|consecutive_days", "dia|dias", "jour|jours|journee|journees",
     "tag|tage|tagen|tages|tagige*", "dia|dias", "日間|日"},
    {"unit_week", "", "week|weeks|wk|wks", "semana|semanas", "semaine|semaines", "woche|wochen|wochige*",
     "semana|semanas", "週間|週"},
    {"unit_fortnight", "", "fortnight|fortnights", "quincena|quincenas", "quinzaine", "", "quinzena", ""},
    {"unit_month", "", "month|months", "mes|meses", "mois", "monat|monate|monaten|monats", "mes|meses",
     "か月間|ヶ月間|カ月間|か月|ヶ月|カ月|ヵ月|ケ月"},
    {"unit_year", "", "year|years", "ano|anos", "an|ans|annee|annees", "jahr|jahre|jahren", "ano|anos", "年間"},
    {"unit_hour", "", "hour|hours|hr|hrs", "hora|horas", "heure|heures|h", "stunde|stunden|std", "hora|horas", "時間"},
    {"unit_minute", "", "minute|minutes|min|mins", "minuto|minutos", "minute|minutes", "minute|minuten",
     "minuto|minutos", "分"},
    {"range_to", "-|~",
     "to|until|till|untill|untli|unitl|through|thru|and|til|up_to|up_until|and_ends|ending|ends_on|end_on|to_the|until_"
     "the",
     "al|a|hasta|hasta_el|y|hasta_el_dia|asta|asta_el", "au|a|jusqu'_au|jusqu'_a|jusquau|jusqua|et|jusqu'_en",
     "bis|bis_zum|bsi|und|bis_ende|bis_einschliesslich", "a|ate|ao|ate_o|ate_o_dia|e|ate_a", "から"},
    {"from", "",
     "from|starting|start|starts|starting_from|starting_on|start_on|starts_on|beginning|beginning_on|begins|begin|"
     "begin_on|launching|launch|launch_on|kicking_off|kick_off|as_of|effective|go_live|going_live|after|between|"
     "commencing|since|running_from|to_start|runs_from|starting_this|starting_next|move_the_start_to|start_date|moved_"
     "to|kicks_off|kick_it_off|kicking_off_on|go_live_on",
     "desde|desde_el|a_partir_de|a_partir_del|empezando|empezando_el|comenzando|comenzando_el|empieza|empieza_el|"
     "comienza|comienza_el|inicia|inicia_el|inicio|entre|entre_el|del|arrancando|arranca|a_contar_de|desde_este|"
     "lanzamiento|que_empiece|arrancamos|empezamos",
     "a_partir_du|a_partir_de|a_partir_d'|des|des_le|du|depuis|a_compter_du|a_compter_de|commencant|commencant_le|"
     "debut|debutant|debutant_le|entre|entre_le|lancement|demarrage|demarrant|commencez|commencer|de|a_compter_d'|au_"
     "depart_du",
     "ab|ab_dem|vom|von|beginnend|beginnend_am|startend|start|start_am|starte|starten|beginn|beginn_am|seit|zwischen|"
     "zwischen_dem|los_geht_es|los_gehts|ab_kommendem|startet|beginnt|losgehen|los_am",
     "a_partir_de|a_partir_do|a_partir_da|desde|comecando|comecando_em|iniciando|iniciando_em|inicio|comeca|comeca_em|"
     "entre|de|do|com_inicio|a_comecar|a_contar_de|comecar|lancamento",
     ""},
    {"until", "",
     "until|till|til|untill|untli|unitl|utill|we_end|end_it|we_stop|we_finish|finish_it|stop_it|wrap_it_up|last_day|"
     "last_day_"
     "is|the_last_day_is|finishes|finishes_on|by|before|ending|ends|end|end_on|ends_on|through|thru|up_to|to|ending_on|"
     "finishing|finish|no_"
     "later_than|deadline|up_until|concluding|end_date|ahead_of|closing|stopping|stop|stops|stopping_on|wrap_up|"
     "wrapping_up|finish_on|wraps_up|running_to|finishing_on|up_till",
     "hasta|hasta_el|asta|asta_el|hata|acabe|acabar|terminar|finalizamos|cerramos|ultimo_dia|antes_de|antes_del|"
     "termina|termina_el|terminando|al|acaba|acabando|finaliza|finalizando|que_"
     "termine|parando|acabando_el|hasta_fin|paramos|acabamos|terminamos|se_para",
     "jusqu'_au|jusqu'_a|jusquau|jusqua|jusque|termine|termines|terminez|terminer|terminons|finit|finir|finissons|"
     "finissez|arrete|dernier_jour|avant|avant_le|d'_ici|d'_ici_le|d'_ici_au|au|fin|se_terminant|se_termine|terminant|"
     "finissant|"
     "jusqu'_a_la|et_s'_arrete|s'_arretant|s'_arrete|on_s'_arrete|s'_arreter",
     "bis|bis_zum|bsi|enden|beenden|aufhoren|schluss|letzter_tag|vor|bis_spatestens|endet|endend|spatestens|bis_"
     "einschliesslich|ende|stopp|endet_am|enden_am|schluss_"
     "am|hort_auf|ist_schluss|aufhoren_am",
     "ate|ate_o|ate_a|acabamos|acabar|acabe|terminar|encerramos|encerrar|fechamos|ultimo_dia|antes_de|antes_do|termina|"
     "terminando|ao|encerrando|acaba|ate_dia|parando|terminando_em|encerra|"
     "paramos|terminamos|estende_ate|estender_ate|prolonga_ate",
     ""},
    {"on", "", "on|at|for|this|in|during|over|around|throughout|all|within|of|the|all_of|right_on",
     "el|en|para|durante|este|esta|por|el_dia|todo|toda|la|los|todos",
     "le|pour|pendant|en|durant|ce|cette|ces|tout|au|la|les|a",
     "am|an|zu|zum|im|in|fur|uber|wahrend|diesen|diese|dieses|der|die|das|den|dem|ganzen|zur|beim",
     "em|no|na|nos|nas|para|durante|o|a|neste|nesta|dia|todo|por", ""},
    {"next", "", "next|nxt|upcoming|coming|the_coming|following|the_following",
     "proximo|proxima|siguiente|que_viene|entrante", "prochain|prochaine|suivant|suivante",
     "nachste|nachsten|nachster|nachstes|kommende|kommenden|kommender|kommendes|nachstem|kommendem",
     "proximo|proxima|que_vem|seguinte", "来|次の|翌"},
    {"this", "", "this|the_current", "este|esta", "ce|cette|cet", "diese|diesen|dieser|dieses|diesem",
     "este|esta|neste|nesta|deste|desta", "今|今度の|この"},
    {"last", "", "last|past|previous|prior", "ultimo|ultima|ultimos|ultimas|pasado|pasada|pasados|pasadas",
     "dernier|derniere|derniers|dernieres|passe|passee",
     "letzte|letzten|letzter|letztes|vergangenen|vergangene|vorigen|vergangener|letztem",
     "ultimo|ultima|ultimos|ultimas|passado|passada|passados|passadas", "過去|先|直近|昨|去|ここ"},
    {"ago", "", "ago|earlier", "", "", "", "atras", "前"},
    {"since_for", "", "", "hace|desde_hace|hace_mas_de|desde_hace_mas_de|mas_de|llevan",
     "depuis|il_y_a|depuis_plus_de|depuis_au_moins|plus_de",
     "seit|vor|seit_uber|seit_mehr_als|seit_mindestens|mehr_als", "ha|faz|ha_mais_de|faz_mais_de|mais_de|ha_pelo_menos",
     ""},
    {"window_in", "",
     "in|within|over|during|for|in_over|for_over|for_more_than|in_more_than|for_at_least|in_at_least|for_about|since|"
     "more_than|at_least|over_the",
     "en|durante|desde|por|en_mas_de|durante_mas_de", "depuis|pendant|dans|durant|en",
     "seit|in|innerhalb|wahrend|uber|vor|mindestens", "em|durante|ha|por|nos", ""},
    {"today", "",
     "today|right_now|right_away|immediately|asap|straight_away|now|tonight|as_soon_as_possible|this_evening|this_"
     "afternoon|this_morning",
     "hoy|ya_mismo|inmediatamente|ahora_mismo|cuanto_antes|de_inmediato|esta_noche|esta_tarde",
     "aujourd'_hui|aujourdhui|immediatement|tout_de_suite|maintenant|des_maintenant|ce_soir|des_que_possible",
     "heute|sofort|jetzt|ab_sofort|heute_abend|umgehend",
     "hoje|agora|imediatamente|desde_ja|para_ja|ja_ja|comece_ja|comecar_ja|comeca_ja|ja_,|ja_.|ja_!|agora_mesmo|hoje_a_"
     "noite|o_quanto_antes",
     "今日|本日|すぐに|今すぐ|即日|ただちに|直ちに|今夜"},
    {"tomorrow", "", "tomorrow|tmrw|tomorow|tommorow|tommorrow|tmr", "manana", "demain", "morgen", "amanha", "明日"},
    {"overmorrow", "", "day_after_tomorrow|overmorrow|the_day_after_tomorrow", "pasado_manana", "apres_demain",
     "ubermorgen", "depois_de_amanha", "明後日|あさって"},
    {"morning", "", "tomorrow_morning", "por_la_manana|de_la_manana|esta_manana|la_manana|cada_manana|las_mananas", "",
     "am_morgen|guten_morgen|jeden_morgen|morgens", "", ""},
    {"weekend", "", "weekend|week_end|wknd", "fin_de_semana|finde", "week_end|weekend", "wochenende",
     "fim_de_semana|final_de_semana", "週末"},
    {"in_relative", "", "in|within", "en|dentro_de", "dans|d'_ici", "in", "em|dentro_de|daqui_a", ""},
    {"from_now", "", "from_now|from_today|time|later|after_today|hence", "a_partir_de_hoy|despues", "", "",
     "a_partir_de_hoje", "後"},
    {"deed_word", "", "", "", "", "", "",
     "ログイン|購入|来店|利用|注文|来て|開封|アクセス|予約|訪問|使って|更新|ご来店"},
    {"until_that_day", "",
     "until_the_day_itself|up_to_the_day|until_the_same_day|until_the_day_of|to_the_day_itself|through_the_day_of|"
     "until_"
     "that_day|right_up_to_the_day|up_to_the_event|until_the_event_itself|till_the_day",
     "hasta_el_mismo_dia|hasta_ese_dia|hasta_el_dia_del|hasta_el_dia_de|hasta_ese_mismo_dia|hasta_el_propio_dia|hasta_"
     "la_"
     "fiesta|hasta_el_evento",
     "jusqu'_au_jour_meme|jusqu'_au_jour_de|jusqu'_au_jour_du|jusqu'_au_jour_j|jusqu'_a_la_fete|jusqu'_au_jour|jusqu'_"
     "au_"
     "soir_meme",
     "bis_zum_tag_selbst|bis_zum_selben_tag|bis_zum_gleichen_tag|bis_zum_tag_der|bis_zum_tag_des|bis_zum_fest|bis_zum_"
     "tag",
     "ate_o_proprio_dia|ate_ao_proprio_dia|ate_o_mesmo_dia|ate_ao_dia_da|ate_o_dia_da|ate_o_dia_do|ate_ao_dia_do|ate_"
     "esse_"
     "dia|ate_a_festa|ate_o_evento",
     "当日まで|その日まで"},
    {"first", "", "first|1st", "primera|primer|primeros|primeras|primero", "premiere|premier|premiers|premieres",
     "erste|ersten|erster|erstes", "primeira|primeiro|primeiros|primeiras", "第1|最初の|第一"},
    {"second_ord", "", "second", "segunda|segundo", "deuxieme|seconde|second", "zweite|zweiten|zweiter",
     "segunda|segundo", "第2|第二"},
    {"third_ord", "", "third", "tercera|tercer|tercero", "troisieme", "dritte|dritten|dritter", "terceira|terceiro",
     "第3|第三"},
    {"fourth_ord", "", "fourth", "cuarta|cuarto", "quatrieme", "vierte|vierten|vierter", "quarta|quarto", "第4|第四"},
    {"last_ord", "", "last|final", "ultima|ultimo", "derniere|dernier", "letzte|letzten|letzter", "ultima|ultimo",
     "最後の|最終"},
    {"half", "", "half|fortnight", "mitad|quincena", "moitie|quinzaine", "halfte", "metade|quinzena", "前半|後半"},
    {"begin_of", "", "early|beginning_of|the_beginning_of|start_of|the_start_of",
     "principios_de|comienzos_de|inicios_de|inicio_de", "debut", "anfang", "comeco_de|inicio_de|comeco_do", ""},
    {"mid_of", "", "mid|the_middle_of|middle_of", "mediados_de", "mi|milieu", "mitte", "meados_de|meio_de", ""},
    {"end_of", "", "end_of|the_end_of|late", "finales_de|fines_de|fin_de|final_de", "fin|fin_de|la_fin_de", "ende",
     "fim_de|final_de|fins_de|fim_do|final_do", ""},
    {"of", "", "of|in|of_the|,", "de|del|en", "de|d'|du|en|du_mois_de|de_la", "im|in|des|der|von", "de|do|da|em", "の"},
    {"month_filler", "", "of|in|the|month|whole|entire|all|for|full", "de|del|mes|todo|el|entero|completo",
     "de|d'|du|mois|tout|le|entier", "des|den|monat|ganzen|im|gesamten", "de|do|mes|todo|o|inteiro", "の"},
    {"quarter", "", "q#|quarter", "trimestre|t#|q#", "trimestre|t#|q#", "quartal|q#", "trimestre|q#", "四半期"},
    {"spring", "", "spring", "primavera", "printemps", "fruhling|fruhjahr", "primavera", "春"},
    {"summer", "", "summer", "verano", "ete", "sommer", "verao", "夏"},
    {"autumn", "", "autumn|fall", "otono", "automne", "herbst", "outono", "秋"},
    {"winter", "", "winter", "invierno", "hiver", "winter", "inverno", "冬"},
    {"later_shift", "", "later|push_back|pushed_back|postpone|delay|delayed|move_back",
     "despues|mas_tarde|retrasa|retrasar|pospon|posponer|aplaza",
     "plus_tard|repousser|repoussez|reportez|decaler|decalez|retardez|repousse",
     "spater|verschiebe|verschieben|nach_hinten", "depois|mais_tarde|adie|adiar|atrase|postergue",
     "後|遅らせ|延期|後ろ倒し|遅く"},
    {"earlier_shift", "", "earlier|sooner|bring_forward|move_up|ahead_of_schedule", "antes|adelanta|adelantar",
     "plus_tot|avancez|avancer", "fruher|vorziehen", "antes|mais_cedo|adiante|antecipe|antecipar", "早め|前倒し|早く"},
    {"longer", "", "longer|extend|extended|more|extra|additional|prolong",
     "mas|extiende|extender|amplia|alarga|prolonga",
     "de_plus|prolongez|prolonge|prolonger|etendez|supplementaires|supplementaire",
     "langer|verlangere|verlangern|mehr|weitere", "mais|estenda|prolongue|estender", "延長|長く|延ば"},
    {"shorter", "", "shorter|shorten|less|fewer", "menos|acorta|acortar|reduce", "de_moins|raccourcir|raccourcissez",
     "kurzer|verkurze|weniger", "menos|encurte|reduza", "短く|短縮"},
    {"whole", "",
     "all|whole|entire|throughout|all_of|full|every_day_in|each_day_in|the_whole_of|all_through|daily_in|every_day_of",
     "todo|toda|entero|entera|todo_el_mes", "tout|toute|entier|entiere", "ganzen|ganze|gesamten|ganzer",
     "todo|toda|inteiro|inteira", "いっぱい|中|通して|を通じて"},
    {"campaign_noun", "",
     "campaign|campaigns|push|sale|promo|promotion|blast|run|flight|blitz|series|drive|burst|offer|special|event|deal|"
     "deals|flash_sale|email|sms|test|sprint|launch|giveaway|contest|teaser|fundraiser|newsletter|ads|ad|emails|text|"
     "post|posts|drip|message",
     "campana|oferta|promocion|rebaja|rebajas|venta|liquidacion|correo|anuncios",
     "campagne|promo|promotion|offre|vente|soldes|operation|email",
     "kampagne|aktion|angebot|sale|verkauf|rabattaktion|mail|push|newsletter",
     "campanha|promocao|oferta|liquidacao|acao|venda|email", "キャンペーン|セール|施策"},
    {"one_article", "", "a|an|one", "un|una", "un|une|d'_une|d'_un", "ein|eine|einen|einer|einem", "um|uma", "一"},
    {"length_filler", "", "full|whole|consecutive|more|extra|additional|straight|solid|short|entire|further",
     "mas|completos|completas|completa|seguidos", "de_plus|supplementaires|complets", "volle|weitere|mehr|ganze",
     "mais|completas|completos|inteiras|seguidos", ""},
    {"length_stop_after", "",
     "ago|old|notice|free|trial|trials|warranty|guarantee|guaranteed|return|returns|delivery|shipping|stay|refund|"
     "money|plan|challenge|detox|program|programme|course|class|workshop|retreat|cruise|tour|trip|weather|supply|pass|"
     "bootcamp|of_age|in_business|experience|contract|older|membership|subscription|anniversary|booked|sold|reserved|"
     "occupied",
     "de_edad|gratis|de_prueba|de_garantia|atras|de_experiencia|reservadas|vendidas",
     "d'_essai|gratuits|de_garantie|d'_experience|offerts|reservees|vendues",
     "alt|gratis|garantie|alten|kostenlos|probe*|ruckgabe*|gebucht|belegt",
     "gratis|de_teste|de_garantia|de_idade|atras|de_experiencia|reservadas|vendidas", "以内に|前|無料|保証|お試し"},
    {"length_stop_before", "",
     "every|within|after|each|per|under|free|first|past|last|once_every|previous|in_under|return_within",
     "cada|tras|despues_de|por_cada", "tous_les|toutes_les|chaque|apres", "alle|jede|jeden|nach|pro|innerhalb",
     "cada|a_cada|apos|depois_de", "毎"},
    {"move_word", "", "move|moved|change|shift|reschedule|switch|push|bring",
     "mueve|muevelo|cambia|cambialo|pasa|pasalo|adelanta|retrasa",
     "deplacez|deplace|decalez|decale|changez|reportez|repoussez", "verschiebe|verschieben|verleg|verlege|andere",
     "mova|mude|muda|passe|passa|adie|troque", ""},
    {"event_noun", "",
     "open_day|open_house|open_evening|webinar|gala|concert|workshop|fair|party|dinner|conference|event|festival|"
     "opening|tasting|meetup|seminar|exhibition|screening|ceremony|reception|summit|premiere|auction|hackathon|reunion|"
     "gathering|fundraiser_night|assembly|agm|breakfast|lunch|talk|wine_tasting|get_together",
     "jornada|jornadas|puertas_abiertas|concierto|gala|taller|feria|fiesta|cena|conferencia|evento|festival|"
     "inauguracion|cata|charla|seminario|exposicion|webinar|encuentro|congreso|asamblea|reunion|presentacion|cata_de_"
     "vinos",
     "gala|concert|atelier|salon|fete|diner|conference|evenement|festival|inauguration|degustation|vide_grenier|"
     "brocante|kermesse|tombola|marche|webinaire|webinar|seminaire|exposition|soiree|portes_ouvertes|vernissage|"
     "spectacle|congres|assemblee|assemblee_generale|reunion|rencontre|journee_portes_ouvertes|defile",
     "gala|konzert|workshop|messe|feier|fest|konferenz|veranstaltung|festival|eroffnung|verkostung|seminar|webinar|"
     "ausstellung|tag_der_offenen_tur|vernissage|kongress|party|weihnachtsfeier|infoabend|sommerfest|hausmesse|lesung|"
     "mitgliederversammlung|versammlung|treffen|weinprobe|tanzabend",
     "gala|concerto|oficina|feira|festa|jantar|conferencia|evento|festival|inauguracao|degustacao|seminario|exposicao|"
     "webinar|palestra|congresso|dia_aberto|assembleia|reuniao|encontro",
     "体験会|説明会|セミナー|ウェビナー|コンサート|展示会|イベント|パーティー|見学会|試食会|講演会|発表会|交流会|"
     "勉強会|オープンハウス|総会|お披露目会"},
    {"eve", "", "the_day_before|day_before|the_day_prior", "el_dia_antes|el_dia_anterior|la_vispera", "la_veille",
     "am_tag_davor|tag_davor|tag_vorher|vortag|tag_zuvor", "na_vespera|a_vespera|no_dia_anterior|o_dia_anterior",
     "前日"},
    {"send_verb", "", "send|goes_out|go_out|going_out|start|starts|launch|publish",
     "envia|enviar|envie|manda|publica|empieza", "envoie|envoyez|envoyer|part|publie|commence",
     "versand|verschicken|sende|geht|raus|startet", "envia|envie|enviar|manda|mande|publica|comeca", ""},
    {"send_lead", "", "goes_out|go_out|going_out|send_it|send_them|send_out|sent_out|sending",
     "se_envie|se_envia|envio|sale|salga|que_salga|enviar", "envoi|envoye|envoyer|part|depart",
     "versand|versendet|verschickt|geht|rausgeht", "envio|sai|enviar|disparo", ""},
    {"end_verb", "", "end|ends|ending|finish|finishes|stop|stops|run_until",
     "termina|terminar|termine|acaba|acabar|finaliza", "termine|terminer|terminez|finir|finit|fini",
     "ende|endet|enden|aufhoren", "termina|terminar|termine|acabe|acaba|encerre", "終|締切|〆切|まで"},
    {"urgent", "", "right_now|right_away|immediately|asap|straight_away|now|as_soon_as_possible",
     "ya_mismo|inmediatamente|ahora_mismo|cuanto_antes|de_inmediato",
     "immediatement|tout_de_suite|maintenant|des_maintenant|des_que_possible", "sofort|jetzt|ab_sofort|umgehend",
     "agora|imediatamente|agora_mesmo|o_quanto_antes|para_ja|ja_,|ja_.|ja_!", "すぐに|今すぐ|即日|ただちに|直ちに"},
    {"only_that_day", "", "only_that_day|just_that_day|that_day_only|on_that_day_only|only_on_the_day|on_the_day_only",
     "solo_ese_dia|unicamente_ese_dia|solo_en_ese_dia|solo_el_mismo_dia",
     "ce_jour_la|uniquement_ce_jour|seulement_ce_jour",
     "nur_an_dem_tag|nur_an_diesem_tag|nur_an_diesem_einen_tag|nur_am_selben_tag",
     "so_nesse_dia|so_no_dia|apenas_nesse_dia|somente_no_dia|so_neste_dia", "その日だけ|当日だけ|当日のみ|その日のみ"},
    {"so_far", "", "now", "ahora", "maintenant", "jetzt", "agora", ""},
    {"at_period", "", "", "al", "au|a", "", "ao", ""},
    {"lasts", "", "last|lasts|lasting|run_for|runs_for", "dure|dura|duren|durar|durara", "dure|durer|durera|durent",
     "dauert|dauern|dauere|laufen|laufe|lauft", "dure|dura|durar|durem", ""},
    {"trade_day",
     "black_friday|blackfriday|cyber_monday|cybermonday|giving_tuesday|givingtuesday|cyber_week|cyberweek|"
     "ブラックフライデー|サイバーマンデー",
     "", "", "", "", "", ""},
    {"before_it", "", "before|earlier|prior|ahead|in_advance", "antes", "avant|plus_tot", "vorher|davor|zuvor|fruher",
     "antes", "前"},
    {"week_of", "", "of|beginning|starting|commencing", "del|de", "du|de", "vom|ab|des", "de|do", ""},
    {"whose_word", "", "whose", "cuyo|cuya|cuyos|cuyas", "dont", "deren|dessen", "cujo|cuja|cujos|cujas", ""},
    {"end_name", "", "end|end_date|finish|finish_date|closing_date", "fin|final|fecha_final|fecha_de_fin",
     "fin|date_de_fin", "ende|enddatum", "fim|final|data_final", ""},
    {"on_day", "", "on", "el|en_el|en", "le|a|au|pour_le", "am|an|zum", "no|na|em", ""},
    {"sent_word", "", "email|e_mail|mail|sms|text|push|post|message|newsletter|reminder|notification",
     "correo|email|mail|sms|mensaje|push|publicacion|recordatorio",
     "mail|e_mail|email|sms|message|push|post|rappel|relance",
     "mail|e_mail|email|sms|nachricht|push|post|beitrag|erinnerung|newsletter",
     "email|e_mail|mail|sms|mensagem|push|post|lembrete", ""},
    {"follow_up", "", "then|reminder|follow_up|followup|again|afterwards", "luego|despues|recordatorio|seguimiento",
     "puis|relance|rappel|ensuite", "dann|danach|erinnerung|anschliessend|nochmal",
     "depois|lembrete|reforco|em_seguida", ""},
    {"clock", "", "am|pm|oclock|a_m|p_m", "", "h|heures", "uhr", "h|horas", "時"},
};

}  // namespace

Table date_table() { return {kRows, std::size(kRows)}; }

}  // namespace spreaders::planners::rules
