// Small words of the six languages: negation, lists, correction, self-reference, and the stop words that tell a
// language. Hyphens are blanks to the tokenizer, apostrophes are gone ("dont"), accents are optional.
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr ClassRow kRows[] = {
    {"stop_words", "",
     "the|and|for|with|our|we|want|to|of|from|by|our|who|about|my|make|is|it|on|all|every|new|promote|sell|run|email|"
     "week|weeks|days|people|budget|customers|post|get|help|need|more|your|their|them|that|this|ads|in|have|at|next|"
     "send|launch|not|no|until|only|start|instead|add|drop|spend|text|buy|fake|what|can|you|do|how|are|hi|hello|thanks|"
     "does|me|lets|say|everyone|looking|please|january|february|march|june|july|august|september|october|november|"
     "december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|today",
     "el|la|los|las|de|del|para|con|una|un|nuestra|nuestro|nuestros|nuestras|por|sin|que|y|en|quiero|al|mi|mis|desde|"
     "hasta|durante|semanas|dias|anuncios|clientes|correo|pesos|presupuesto|mas|toda|todo|sobre|nada|pero|tambien|hoy|"
     "manana|enero|diciembre|vender|vende|promociona|consigue|envia|manda|anade|quita|mejor|no|se|a|puedes|hacer|como|"
     "funciona|hola|gracias|buenas|quien|eres|febrero|marzo|mayo|junio|julio|septiembre|octubre|noviembre|lunes|martes|"
     "miercoles|jueves|viernes|semana",
     "a|mois|futures|demandes|devis|le|la|les|des|du|de|pour|avec|une|un|notre|nos|par|sans|que|qui|et|en|je|veux|mon|"
     "ma|mes|au|aux|a "
     "partir|jusqu'|pendant|semaines|jours|publicites|publicite|clients|plus|tout|toute|sur|pas|mais|aussi|demain|"
     "decembre|janvier|vendre|vendez|envoyez|ajoutez|est|dans|d'|l'|c'|dire|annonces|ce|ou|chez|sais|tu|faire|vous|"
     "pouvez|bonjour|salut|quoi|comment|ca|merci|qu'|moi|peux|peut|es|s'|fevrier|mars|avril|juin|juillet|aout|"
     "septembre|octobre|novembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine",
     "der|die|das|den|dem|des|und|fur|mit|unsere|unser|unseren|unserem|ein|eine|einen|ohne|von|vom|bis|ab|an|am|im|zu|"
     "zum|zur|ich|mein|meine|mochte|wochen|tage|anzeigen|werbung|kunden|uber|nicht|kein|keine|aber|auch|morgen|"
     "dezember|januar|wir|wollen|per|auf|fur|verkaufe|verkaufen|bewerbe|bewerben|schicke|schick|sende|nach|bei|mehr|"
     "ist|sind|sie|es|nur|statt|in|budget|heute|ganzen|woche|was|kannst|du|konnen|wie|hallo|mir|danke|wobei|moin|"
     "helfen|kann|wer|bist|februar|marz|mai|juni|juli|oktober|montag|dienstag|mittwoch|donnerstag|freitag|samstag|"
     "sonntag|tag|monat",
     "so|mulheres|homens|vaga|voce|garcom|nossas|muito|o|a|os|as|de|do|da|dos|das|para|com|uma|um|nossa|nosso|nossos|"
     "nossas|por|sem|que|e|em|no|na|nos|nas|quero|minha|meu|ate|durante|semanas|dias|anuncios|clientes|reais|verba|"
     "mais|sobre|nao|tambem|amanha|dezembro|janeiro|vender|divulgar|enviar|partir|orcamento|segunda|mande|pelo|pela|ao|"
     "gastar|adicione|envie|divulgue|promova|inteiro|compre|seguidores|um_milhao|e-mail|o_que|pode|sabe|ola|obrigado|"
     "obrigada|oi|fazer|voces|quem|fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|terca|quarta|quinta|"
     "sexta|semana",
     ""},
    {"and", ",|&|+", "and|plus|as_well_as|then|or", "y|e|mas|ademas_de", "et|plus|ainsi_que|ou", "und|sowie|plus|oder",
     "e|mais|alem_de|ou", "と|や|、|および|及び|・|または"},
    {"negator", "",
     "no|not|without|dont|do_not|never|skip|never_mind|avoid|drop|remove|except|exclude|excluding|nothing_on|stay_off|"
     "stay_away_"
     "from|nor|neither|cut|ditch|forget|lose|stop_using|no_more|anything_but|leave_out|instead_of|rather_than|other_"
     "than|delete|cancel|isnt|arent|wont|minus|kill|take_out|leave|scrap",
     "no|sin|nada_de|nunca|quita|quitar|elimina|eliminar|evita|evitar|excepto|salvo|ni|menos|fuera|en_lugar_de|en_vez_"
     "de|descarta|saca|olvida|tampoco|olvidate_de|olvidemos|quitad|quitemos|quiten|olviden|prescinde_de|ningun|ninguna",
     "pas|sans|jamais|pas_de|pas_d'|retirez|retire|retirer|supprimez|supprime|enlevez|enleve|enlever|evitez|eviter|"
     "evite|sauf|excepte|ni|hormis|au_lieu_de|plutot_que|oubliez|oublie|aucun|aucune|abandonnez|abandonne|rien|laissez_"
     "tomber|laisse_tomber|laissons_tomber|enlevons|retirons|oublions|supprimons|ecartez|ecarte|zappez|zappe",
     "kein|keine|keinen|keiner|keinem|nicht|ohne|nie|niemals|streiche|streich|streichen|entferne|vermeide|ausser|bloss_"
     "kein|statt|anstatt|anstelle_von|weder|noch|lass|lasst|weg_mit|verzichte_auf|verzichten_auf|nichts|vergiss|"
     "vergesst|vergessen_sie|lassen_sie|entfernen|keinerlei",
     "nao|sem|nunca|nada_de|tire|tira|tirar|retire|remova|remover|evite|evitar|exceto|menos|nem|em_vez_de|ao_inves_de|"
     "exclua|excluir|esqueca|esquece|esquecam|esquecer|esquecamos|larga|largue|deixa_de_lado|descarte|descarta|elimina|"
     "elimine|corte|corta|dispense|dispensa|nenhum|nenhuma",
     ""},
    {"negated_after", "", "out|off|off_please|out_please|off_the_table|is_out|are_out|not_needed|not|no|no_thanks",
     "no|fuera|quitalo|quitala|mejor_no|sobra|al_final_no|finalmente_no|pues_no",
     "non|exclu|a_enlever|a_retirer|a_supprimer|finalement_non|plutot_non",
     "nicht|doch_nicht|doch_lieber_nicht|doch_nich|raus|weg|nein|lieber_nicht|lassen|weglassen|streichen|lieber_weg|"
     "rausnehmen|entfernen|bitte_rausnehmen|"
     "bitte_weglassen|bitte_streichen|bitte_entfernen|bitte_raus",
     "nao|fora|pode_tirar|melhor_nao|afinal_nao|no_fim_nao",
     "は使わず|は使わない|を使わず|を使わない|は使いません|は使いたくない|は不要|は無し|はなし|なし|無し|以外|をやめ|"
     "はやめ|を除|は除|を外|は外|ではなく|じゃなく|は使用しない|を使用しない|は使用せず|は禁止|を使うな|は避け|を避け|"
     "抜き|はいらない|はいりません|なしで|は含めない|を削除|は削除|は要らない|は要りません|を使わ|は使わ|は抜|を抜"},
    {"but", "", "but|just|instead|only|use|rather|go_with|keep|with", "pero|solo|sino|usa|mejor",
     "mais|seulement|plutot|utilisez|utilise", "aber|sondern|nur|lieber|stattdessen|nutze",
     "mas|so|sim|apenas|use|e_sim", ""},
    {"only", "",
     "only|just|solely|exclusively|nothing_but|purely|strictly|nothing_other_than|stick_to|keep_it_to|limit_it_to",
     "solo|solamente|unicamente|exclusivamente|nada_mas_que|nada_mas",
     "seulement|uniquement|exclusivement|rien_que|que_par|juste", "nur|ausschliesslich|lediglich|allein",
     "so|apenas|somente|unicamente|exclusivamente", ""},
    {"only_after", "", "only|exclusively|alone|and_nothing_else|nothing_else",
     "solo|unicamente|solamente|exclusivamente|y_nada_mas|nada_mas",
     "uniquement|seulement|exclusivement|et_rien_d'_autre|rien_d'_autre",
     "only|ausschliesslich|und_sonst_nichts|sonst_nichts", "apenas|somente|unicamente|exclusivamente|e_nada_mais|so",
     "のみ|だけ|限定|だけで|のみで"},
    {"correction", "",
     "i_mean|i_meant|sorry|rather|no_wait|wait|scratch_that|actually|correction|make_that|make_it|oops|or_rather|no_"
     "make_that|my_mistake|i_should_say|no_no|hang_on|hold_on|strike_that|better|lets_say|lets_make_it|er_no|uh_no|no_"
     "i",
     "digo|perdon|perdona|quiero_decir|mejor|mejor_dicho|no_espera|espera|corrijo|bueno_no|rectifico|disculpa|en_"
     "realidad",
     "pardon|je_veux_dire|plutot|enfin|non_attendez|attendez|correction|desole|je_voulais_dire|euh_non|non_plutot|en_"
     "fait|ou_plutot|rectification|attends",
     "ich_meine|nein|sorry|entschuldigung|quatsch|besser_gesagt|moment|warte|korrektur|vielmehr|doch_lieber|"
     "beziehungsweise_nein|ach_nein|eigentlich|doch|verzeihung",
     "quer_dizer|desculpe|desculpa|digo|alias|melhor|na_verdade|nao_espera|espera|corrigindo|perdao|ou_melhor|quero_"
     "dizer|opa",
     "いや|じゃなくて|ではなく|ではなくて|すみません|失礼|訂正|間違え|やっぱり|やはり|もとい|いえ|ごめん"},
    {"you_decide", "",
     "you_decide|up_to_you|you_choose|you_pick|your_call|whatever_you_think|whatever_works|surprise_me|use_defaults|"
     "use_the_defaults|your_choice|you_know_best|i_dont_care|dont_care|whatever|decide_for_me|choose_for_me|pick_for_"
     "me|i_trust_you|as_you_like|no_preference|you_tell_me|whatever_is_best|whatever_you_recommend|your_recommendation|"
     "i_leave_it_to_you|leave_it_to_you|ill_leave_it_to_you|you_can_decide|go_with_your|anything_is_fine|do_what_you_"
     "think|your_best_judgment|your_best_judgement|default",
     "decide_tu|decidelo_tu|tu_decides|decidan_ustedes|usted_decide|decida_usted|lo_que_creas|lo_que_tu|como_quieras|"
     "elige_tu|a_tu_criterio|lo_que_prefieras|me_da_igual|lo_dejo_en_tus_manos|tu_eliges|lo_que_recomiendes|decide",
     "a_vous_de_voir|a_toi_de_voir|vous_decidez|tu_decides|decidez|decide|comme_vous_voulez|comme_tu_veux|faites_au_"
     "mieux|choisissez|je_vous_laisse|je_te_laisse|peu_importe|a_vous_de_decider|a_toi_de_decider|je_vous_fais_"
     "confiance|au_choix|c'_est_vous_qui_voyez",
     "entscheide_du|entscheiden_sie|du_entscheidest|sie_entscheiden|wie_du_willst|wie_du_meinst|wie_sie_meinen|egal|"
     "deine_wahl|du_bestimmst|such_dir_was_aus|uberlasse_ich_dir|uberlasse_ich_ihnen|mach_wie_du|such_aus|wahle_du|"
     "entscheide",
     "voce_decide|decida_voce|decida|como_quiser|tanto_faz|voce_escolhe|escolha_voce|fica_a_seu_criterio|a_seu_"
     "criterio|o_que_voce_achar|como_achar_melhor|deixo_com_voce|pode_escolher|pode_decidir|tu_decides|decide_tu",
     "お任せ|おまかせ|任せます|まかせます|任せる|決めてください|決めて|あなたが決め|そちらで決め|何でもいい|"
     "なんでもいい|適当に|よしなに"},
    {"add_verb", "", "also|add|additionally|as_well|too|plus|include|on_top|and_also",
     "tambien|anade|agrega|anadir|agregar|suma|incluye|ademas",
     "aussi|ajoutez|ajoute|ajouter|egalement|en_plus|incluez",
     "auch|zusatzlich|ausserdem|fuge|dazu|hinzu|erganze|noch|obendrein",
     "tambem|adicione|acrescente|inclua|adiciona|acrescenta|alem_disso", "も|追加|加えて|さらに"},
    {"replace_verb", "",
     "instead|switch_to|change_it_to|change_to|change_the|replace|swap|use_only|make_it|move_to|go_with|only",
     "en_su_lugar|en_vez|en_lugar|cambia|cambialo|cambiar|mejor|sustituye|reemplaza|solo",
     "plutot|a_la_place|remplacez|remplace|changez|change|passez_a|au_lieu|uniquement",
     "stattdessen|statt|anstatt|ersetze|wechsle|andere|andern|lieber|nur|daraus|mach",
     "em_vez|ao_inves|troque|troca|mude|substitua|no_lugar|apenas|so", "代わり|かわり|変更|変えて|にして|だけ|のみ"},
    {"instead_of", "", "instead_of|rather_than|in_place_of", "en_vez_de|en_lugar_de",
     "au_lieu_de|au_lieu_d'|a_la_place_de|plutot_que", "statt|anstatt|anstelle_von|anstelle",
     "em_vez_de|ao_inves_de|no_lugar_de", ""},
    {"keep_at", "", "keep_it_at|leave_it_at|stay_at|stick_to|stick_with|back_to|keep_it_to|stay_with|leave_it_with",
     "dejalo_en|dejemoslo_en|dejemos_en|quedate_en|quedemonos_en|deja_en|mantenlo_en|vuelve_a",
     "reste_a|restons_a|restez_a|laisse_a|laissez_a|laissons_a|garde|gardons|gardez|reviens_a|revenons_a",
     "bleib_bei|bleiben_wir_bei|lass_es_bei|bleibt_bei|zuruck_auf|zuruck_zu|belassen_wir_es_bei",
     "deixa_em|deixe_em|fica_em|ficamos_em|deixamos_em|mantem_em|mantenha_em|volta_para|deixa_nos", "のまま"},
    {"and_not", "", "not|and_not|isnt|not_the", "no|y_no|en_lugar_de_los|en_vez_de_los", "pas|et_pas|et_non|non",
     "nicht|und_nicht|statt_der|statt_den", "nao|e_nao|em_vez_dos|no_lugar_dos", ""},
    {"but_rather", "", "but", "sino", "mais", "sondern", "mas|e_sim|sim", "ではなく|じゃなく|でなく"},
    {"article", "", "the|a|an|our|my|your|their|its|this|that|these|those|any|some|all|every|each|both|of",
     "el|la|los|las|un|una|unos|unas|nuestro|nuestra|nuestros|nuestras|mi|mis|su|sus|lo|todo|toda|todos|todas",
     "le|la|les|l'|un|une|des|du|notre|nos|mon|ma|mes|votre|vos|tout|toute|tous|toutes|de|d'|cet|cette|ce|ces",
     "der|die|das|den|dem|des|ein|eine|einen|einem|einer|unser|unsere|unseren|unserem|unserer|mein|meine|meinen|meinem|"
     "meiner|alle|allen|ganzen|ganze|ganzer",
     "pros|pras|pro|pra|o|a|os|as|um|uma|uns|umas|nosso|nossa|nossos|nossas|meu|minha|meus|minhas|todo|toda|todos|"
     "todas|seu|sua",
     ""},
    {"contrast", "", "but|however|though|yet|still", "pero|sin_embargo|aunque", "mais|cependant|pourtant|sauf_que",
     "aber|jedoch|doch|allerdings", "mas|porem|contudo|so_que", "が|けど|でも|しかし|けれど"},
    {"others_say", "",
     "nephew|niece|son|daughter|boss|colleague|colleagues|everyone|everybody|friend|friends|people_say|keeps|suggested|"
     "suggests|recommends|recommended|going_on_about|raves|swears_by|competitor|competitors|intern",
     "sobrino|sobrina|hijo|hija|jefe|jefa|todo_el_mundo|todos_dicen|amigo|amiga|me_dicen|insiste|recomienda|"
     "recomiendan|"
     "competencia|companero",
     "neveu|niece|fils|fille|patron|chef|tout_le_monde|ami|amie|collegue|insiste|conseille|recommande|concurrents|"
     "stagiaire",
     "neffe|nichte|sohn|tochter|chef|chefin|alle_sagen|jeder|freund|freundin|kollege|kollegin|schwarmt|empfiehlt|"
     "konkurrenz|praktikant|praktikantin",
     "sobrinho|sobrinha|filho|filha|chefe|todo_mundo|toda_a_gente|amigo|amiga|insiste|recomenda|recomendou|"
     "concorrencia|"
     "colega|estagiario",
     "甥|姪|息子|娘|上司|同僚|みんな|友人|友達|勧め|すすめ|競合"},
    {"quote_lead", "",
     "review|reviews|testimonial|testimonials|quote|quoting|comment|comments|feedback|said|says|wrote|writes|replied|"
     "customer_letter|message_we_got|message_we_received",
     "resena|resenas|opinion|testimonio|cita|citar|comentario|comentarios|dijo|escribio|dice|escribe_una_clienta",
     "avis|temoignage|temoignages|citer|citez|citation|commentaire|commentaires|ecrit|ecrivait|a_dit",
     "bewertung|rezension|kundenstimme|zitat|zitiere|zitieren|kommentar|kommentare|schrieb|schreibt|sagte|feedback",
     "avaliacao|depoimento|depoimentos|testemunho|citar|cite|comentario|comentarios|disse|escreveu|resenha|opiniao",
     "レビュー|口コミ|感想|引用|コメント|お客様の声|クチコミ"},
    {"slogan_word", "", "slogan|tagline|headline|claim|title|hook|motto|called|subject_line",
     "lema|eslogan|titulo|titular|frase|llamado|llamada|asunto", "slogan|accroche|titre|phrase|intitule|appele|objet",
     "slogan|claim|motto|titel|uberschrift|spruch|betreff|namens", "slogan|lema|titulo|frase|mote|chamada|assunto",
     "キャッチ|コピー|スローガン|タイトル|テーマ|標語|件名"},
    {"as_at_first", "",
     "as_at_first|like_at_first|as_in_the_beginning|like_in_the_beginning|like_before_that|the_original_plan|back_to_"
     "the_"
     "original|as_originally|the_first_version|as_we_started|as_it_was_at_first|as_at_the_start|like_at_the_start|as_"
     "first_planned|the_way_it_was_at_first",
     "como_al_principio|como_al_inicio|el_plan_original|la_primera_version|como_estaba_al_principio|como_empezamos|"
     "plan_"
     "inicial|como_dije_al_principio",
     "comme_au_debut|comme_au_depart|le_plan_initial|la_premiere_version|comme_prevu_au_depart|comme_prevu_au_debut|"
     "plan_"
     "de_depart",
     "wie_am_anfang|wie_zu_beginn|wie_zuerst|wie_anfangs|ursprunglichen_plan|wie_ursprunglich|die_erste_version|wie_"
     "zu_anfang|beim_ursprunglichen",
     "como_no_inicio|como_no_comeco|como_no_principio|o_plano_original|a_primeira_versao|como_estava_no_inicio|plano_"
     "inicial|como_ao_principio",
     "最初の案|最初のまま|最初の通り|最初のとおり|最初の内容|当初の|元の案|最初に戻|はじめの案|最初と同じ"},
    {"as_it_was", "",
     "leave_it_as_it_was|keep_it_as_it_was|as_it_was|undo_that|undo_it|never_mind_that|scratch_that_change|put_it_back|"
     "change_it_back|back_to_what_it_was|the_way_it_was|revert",
     "dejalo_como_estaba|como_estaba|dejalo_igual|vuelve_a_como_estaba|deshaz_eso|como_antes|dejalo_como_antes",
     "laisse_comme_avant|comme_c'_etait|comme_avant|remets_comme_avant|annule_ca|laisse_comme_c'_etait|laissez_comme_"
     "avant",
     "lass_es_wie_es_war|wie_es_war|wie_vorher|wie_zuvor|mach_das_ruckgangig|ruckgangig|lass_es_beim_alten|beim_alten|"
     "wie_"
     "gehabt",
     "deixa_como_estava|como_estava|deixe_como_estava|como_antes|volta_ao_que_era|desfaz|volta_como_era|deixa_como_era",
     "元に戻し|元のまま|前のまま|元どおり|元通り|前と同じ|さっきの変更はなし|変更前に"},
    {"review_noun", "",
     "review|reviews|testimonial|testimonials|quote|quoting|comment|comments|feedback|complaint|complained|reply|"
     "answer|"
     "respond",
     "resena|resenas|opinion|opiniones|testimonio|testimonios|cita|citar|comentario|comentarios|queja|contesta|"
     "responde|"
     "responder|contestar",
     "avis|temoignage|temoignages|citer|citez|citation|commentaire|commentaires|plainte|reponds|repondez|repondre",
     "bewertung|bewertungen|rezension|rezensionen|kundenstimme|zitat|zitiere|zitieren|kommentar|kommentare|beschwerde|"
     "antworte|antworten",
     "avaliacao|avaliacoes|depoimento|depoimentos|testemunho|citar|comentario|comentarios|resenha|queixa|reclamacao|"
     "responde|responder",
     "レビュー|口コミ|感想|引用|コメント|お客様の声|クチコミ|クレーム|返信"},
    {"handover_source", "",
     "mail|email|e_mail|note|message|brief|below|letter|forwarded|forwarding|fwd|fw|client|clients|boss|wife|husband|"
     "colleague|partner|sent_me|sent_us|got_this|came_in|pasting|copying|sent_over|wrote|manager|owner|chair|text",
     "mail|email|correo|nota|mensaje|brief|briefing|abajo|cliente|clienta|jefe|jefa|socio|socia|reenvio|te_copio|te_"
     "pego|copio|pego|me_manda|me_mando|me_pasa|me_paso|lo_que_pide|recado|whatsapp|me_escribe|nos_escribe",
     "mail|courriel|message|note|mot|brief|ci_dessous|client|cliente|patron|patronne|associe|associee|collegue|"
     "transfere|"
     "je_te_colle|je_colle|je_copie|recu|m'_a_envoye|m'_envoie|m'_a_laisse|m'_ecrit|demande_de",
     "mail|nachricht|notiz|zettel|brief|briefing|unten|kunden|kunde|kundin|chef|chefin|partnerin|partner|kollegin|"
     "kollege|kam|weitergeleitet|reinkopiert|kopiere|geschickt|bekommen|anfrage|rein|folgendes|schreibt|schrieb",
     "mail|e_mail|email|mensagem|recado|nota|bilhete|brief|briefing|abaixo|cliente|chefe|socio|socia|colega|segue|"
     "encaminho|reencaminho|colo|copio|mandou|enviou|recebi|chegou|pediu|zap",
     "メール|下記|以下|お客様|客先|クライアント|上司|社長|妻|夫|部長|店長|先方|転送|貼り|届き|依頼|メモ|連絡|来まし"},
    {"handover_do", "",
     "please_draft|draft|plan_this|plan_it|please_plan|do_this|do_it|make_a_plan|make_the_plan|make_this|set_it_up|set_"
     "this_up|turn_this|turn_it|sort_this|sort_it|take_care_of|handle_this|handle_it|can_you_do|go_ahead|as_a_plan|"
     "build_a_plan|put_together|work_this|work_it|get_this_going|make_it_happen|a_plan|the_plan|a_campaign|run_this|"
     "run_"
     "with_this|build_this|plan_please|prepare",
     "hazme|haz_el_plan|haz_un_plan|hazlo|prepara|preparalo|preparame|montalo|monta|montame|planifica|planificalo|"
     "ocupate|encargate|armalo|arma|armame|me_haces|ponlo_en_marcha|gestionalo|puedes_hacerlo|el_plan|un_plan|"
     "resuelvelo|"
     "conviertelo|dale|hagamoslo|lo_preparas|tramitalo",
     "fais_le|fais_un_plan|fais_moi|fais_en|prepare|preparez|prepare_le|planifie|planifiez|occupe_t'_en|occupe_toi|a_"
     "planifier|a_traiter|mets_en_place|monte|montez|transforme|transformez|merci_de|un_plan|le_plan|en_plan|tu_peux|"
     "peux_tu|pouvez_vous|fais_ca|a_mettre_en_place|faites",
     "als_plan|plan|anlegen|umsetzen|plane|planen|bitte_machen|kannst_du|erledige|setz|leg|bereite|ausarbeiten|"
     "umsetzung|aufsetzen|bitte_so|mach_das|mach_bitte|mach_was|bitte_vorbereiten|vorbereiten|kummere|kummer|bitte_"
     "einplanen|einplanen|entwirf",
     "trata|trate|faz|faca|monta|monte|planeia|planeje|prepara|prepare|organiza|organize|cuida|cuide|pode_fazer|"
     "resolve|"
     "resolva|transforma|transforme|poe_em|um_plano|o_plano|toca|executa|da_andamento|me_faz|planejar",
     "プラン|計画|作成|お願い|対応|進めて|組んで|やって|頼み|まとめて|企画|用意|実施|この内容で"},
    {"handover_slot", "instagram|facebook|tiktok|linkedin|youtube|pinterest|snapchat|reddit|threads|google|sms|push",
     "ads|newsletter", "anuncios|boletin", "publicite|pub|infolettre", "anzeigen|werbung|rundmail|newsletter",
     "anuncios|newsletter", "広告|インスタ|メルマガ|投稿"},
    {"machine_word", "",
     "system|instruction|instructions|assistant|ai|agent|admin|administrator|developer|override|prompt",
     "sistema|instruccion|instrucciones|asistente|ia|agente", "systeme|instruction|instructions|consigne|assistant|ia",
     "system|anweisung|anweisungen|assistent|ki", "sistema|instrucao|instrucoes|assistente|ia",
     "システム|指示|命令|管理者|アシスタント"},
    {"possessive", "", "our|my|the|all|your|existing|to|these|those|current|of|their|email|text|message",
     "nuestros|nuestras|nuestro|mis|los|las|a|todos|sus|a_los|a_las", "nos|mes|les|aux|tous|vos|notre|mon|l'|d'|des|de",
     "unsere|unseren|unserer|meine|meinen|alle|allen|die|den|der|an",
     "nossos|nossas|nosso|meus|minhas|os|as|aos|todos|dos|das", "の|既存|全"},
};

}  // namespace

Table grammar_table() { return {kRows, std::size(kRows)}; }

}  // namespace spreaders::planners::rules
