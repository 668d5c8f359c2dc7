// Words around channels and people: advertising, posts, audiences, where an audience phrase begins and ends.
#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr ClassRow kRows[] = {
    {"ad_word", "",
     "ads|ad|adverts|advert|advertising|advertise|advertisement|advertisements|ad_campaign|ad_campaigns|sponsored_"
     "posts|promoted_posts|paid_campaign|paid_ads|paid_social|sponsored|ppc_campaign|paid_search|adwords|search_ads|"
     "display_ads|video_ads|shopping_ads|story_ads|in_feed_ads|lead_ads|sponsored_content|promoted_pins|promoted_"
     "tweets",
     "anuncio|anuncios|publicidad|ads|anunciar|anuncia|anunciarnos|publicaciones_patrocinadas|pauta|campana_de_pago|"
     "campana_pagada|anunciate|campanas_de_pago|anunciemos",
     "publicite|publicites|pub|pubs|annonce|annonces|ads|posts_sponsorises|publications_sponsorisees|sponsorises|"
     "sponsorisees|epingles_sponsorisees|campagne_payante|annonces_payantes|publicitaires|publicitaire|faire_de_la_pub|"
     "stories_sponsorisees|videos_sponsorisees",
     "anzeige|anzeigen|werbung|ads|werbeanzeigen|werbeanzeige|bezahlte_werbung|werbekampagne|inserate|inserieren|"
     "anzeigenkampagne|gesponserte|gesponserte_beitrage|werben|werbekampagnen|schalte_anzeigen|werbespots|"
     "kampagnenanzeigen",
     "anuncio|anuncios|publicidade|ads|anunciar|anuncie|propaganda|propagandas|patrocinados|posts_patrocinados|"
     "impulsionados|posts_impulsionados|midia_paga|anunciamos",
     "ads|広告|有料広告|スポンサー広告|リスティング広告"},
    {"organic_word", "",
     "posts|post|stories|story|reels|video|videos|live|lives|organic|updates|group|groups|page|channel|community|"
     "server|announcements|streams|stream|thread|threads_posts|carousels|content|tips|teasers|carousel|shorts",
     "publicaciones|posts|historias|videos|organico|organicas|reels",
     "posts|publications|stories|videos|organique|organiques|reels",
     "beitrage|beitragen|posts|stories|videos|organisch|reels|postings",
     "posts|publicacoes|stories|videos|organico|organicos|reels|postagens", "投稿|ストーリー|動画|リール|ポスト"},
    {"paid_lead", "", "paid|sponsored|promoted|boost|boosted|ppc_on|advertise_on|advertising_on",
     "anuncios_en|publicidad_en", "publicite_sur|pub_sur|annonces_sur",
     "anzeigen_auf|werbung_auf|anzeigen_bei|werbung_bei|anzeigen_in", "anuncios_no|anuncios_em|anuncios_na", ""},
    {"advertise_verb", "", "advertise|advertising|ads|ad|adverts|run_ads",
     "anuncia|anunciar|anuncios|publicidad|anunciamos", "publicite|publicites|annonces|pub|publicites",
     "werbung|anzeigen|bewerbe|werben|inseriere", "anunciar|anuncie|anuncios|publicidade", "広告"},
    {"channel_glue", "", "on|in|via|through|with|using|over|both|the|our|and|,|by|paid|to|for|across|use",
     "en|de|por|y|,|con|a_traves_de|via|el|la|tanto|como|del|mediante|nuestro",
     "sur|de|d'|par|et|,|via|avec|dans|l'|la|le|les|du|des|notre|a_la_fois",
     "auf|bei|in|uber|und|,|per|mit|via|im|sowohl|fur|unserem|unsere",
     "no|na|em|do|da|de|e|,|por|com|via|nos|nas|pelo|pela|nosso|nossa", "と|や|、|,|及び|・|の|で"},
    {"not_channel", "", "switch|switches|stitch|emails|redditor", "", "", "", "", ""},
    {"newsletter", "", "newsletter|newsletters|email_newsletter", "boletin|newsletter|boletines",
     "newsletter|infolettre|bulletin", "newsletter|rundbrief", "newsletter|boletim|informativo",
     "ニュースレター|メルマガ"},
    {"reader", "",
     "readers|reader|subscribers|subscriber|list|signups|sign_ups|base|recipients|members|audience|contacts|database|"
     "fans",
     "lectores|suscriptores|lista|subscritores", "lecteurs|abonnes|liste|inscrits",
     "leser|abonnenten|empfanger|liste|leserinnen|abonnentinnen", "leitores|assinantes|lista|inscritos",
     "読者|購読者|会員|登録者"},
    {"email_data", "",
     "addresses|address|of|list_we_bought|from_google|ids|accounts|harvested|database_we|addresses_of|lists",
     "de_dentistas", "achetes", "adressen", "de_dentistas", "アドレス"},
    {"email_data_lead", "",
     "scrape|scraped|scraping|harvest|harvested|harvesting|bought|purchased|find_the|crawl|extract|collect|their|get_"
     "the|grab|pull",
     "extrae|raspa|compramos|recopila", "extraire|recuperez", "sammle|gekaufte", "raspe|extraia|colete", "収集した"},
    {"no_spend_noun", "", "ads|ad|paid|cost|spend|money|budget|charge|advertising|spending",
     "anuncios|publicidad|gastar", "publicite|depense|frais", "werbung|anzeigen|kosten", "anuncios|gastar", ""},
    {"need_word", "",
     "need|needed|more_than|later|sure|matter|wait|problem|approval|only|longer|unsubscribed|yet|idea|hurry|less|have|"
     "has|been|opened|clicked|sold|want_to_miss",
     "hace_falta|menos_de|mas_tarde|importa|necesito|abierto|comprado|mas_que|olvides_de",
     "besoin|moins_de|plus_de|plus_que|oubliez_pas", "mehr_als|notig|spater|weniger|nur|vergessen",
     "precisa|menos_de|mais_de|importa|esqueca_de", ""},
    {"clause_break", "",
     "but|however|and_use|use|post|run|send|then|so|because|about|who|people|customers|we|put|add|bring_in|take",
     "pero|sino|usa|publica|envia|para|clientes|pon|pongamos|mete|anade|agrega|coge",
     "mais|utilisez|publiez|envoyez|pour|clients|mets|mettez|mettons|ajoute|ajoutez|prends|prenez",
     "aber|sondern|nutze|poste|sende|fur|kunden|nimm|nehmt|nehmen|setz|setzt|dafur",
     "mas|use|publique|envie|para|clientes|coloca|coloque|poe|ponha|bota|bote|adiciona|adicione|inclui|inclua", ""},
    {"use_word", "",
     "use|using|send|do|post|run|on|via|by|through|want|go_with|want_to_use|should_go_out|promote|advertise|it",
     "usa|usar|por|en|utiliza|via|con|quiero|queremos", "utilisez|utiliser|par|sur|via|utilise|l'|veux",
     "nutze|nutzen|per|auf|uber|via|verwende|mit|bitte", "use|usar|por|no|em|via|com|pelo|quero", "で|を"},
    {"social_word", "",
     "social_media|social|socials|social_networks|social_channels|online|all_channels|every_channel|everywhere|social_"
     "networks",
     "redes_sociales|redes|medios_sociales", "reseaux_sociaux|medias_sociaux|reseaux",
     "soziale_medien|sozialen_medien|social_media|sozialen_netzwerken|soziale_netzwerke",
     "redes_sociais|midias_sociais|redes", "SNS|ソーシャルメディア|SNS全般"},
    {"other_channel",
     "whatsapp|telegram|wechat|tv|television|radio|billboard|billboards|podcast|podcasts|print|flyers|leaflets|quora|"
     "bing|spotify|mastodon|bluesky|clubhouse|direct_mail|tumblr|vimeo|viber|signal|kakao|vk|weibo|douyin",
     "newspaper|newspapers|magazine|posters|snail_mail|cold_calls|cold_calling|postcards",
     "television|prensa|volantes|carteles|folletos|vallas", "affiches|presse|prospectus|tele|tracts|courrier_postal",
     "fernsehen|zeitung|plakate|flyer|prospekte|briefpost", "televisao|outdoor|outdoors|panfletos|jornal|folhetos",
     "LINE|ライン|テレビ|ラジオ|チラシ|新聞|看板"},
    {"channel_any",
     "email|sms|push|insta|fb|instagram|facebook|tiktok|youtube|linkedin|twitter|pinterest|snapchat|reddit|google|"
     "newsletter|"
     "twitch|discord|threads",
     "text|e_mail|emails|post|posts|tweet", "correo|anuncios", "e_mail|publicites|annonces|courriel",
     "e_mail|anzeigen|mail", "e_mail|anuncios", "メール|インスタ|プッシュ|SMS"},
    {"person", "",
     "devs|policyholders|policy_holders|moviegoers|theatergoers|concertgoers|partygoers|fandom|newbies|customer|"
     "customers|client|clients|subscriber|subscribers|reader|readers|member|members|user|users|buyer|buyers|shopper|"
     "shoppers|visitor|visitors|guest|guests|donor|donors|supporter|supporters|follower|followers|fan|fans|parent|"
     "parents|mom|moms|mum|mums|mother|mothers|dad|dads|father|fathers|family|families|student|students|teacher|"
     "teachers|people|women|woman|men|man|adults|seniors|teens|teenagers|kids|children|owners|owner|homeowners|renters|"
     "tenants|landlords|professionals|managers|manager|directors|cfos|ceos|ctos|cmos|founders|developers|engineers|"
     "designers|runners|cyclists|hikers|skiers|surfers|climbers|gamers|lovers|enthusiasts|collectors|brides|couples|"
     "travelers|travellers|tourists|locals|residents|neighbors|neighbours|commuters|employees|workers|freelancers|"
     "entrepreneurs|businesses|companies|startups|agencies|restaurants|shops|retailers|wholesalers|distributors|"
     "doctors|nurses|dentists|patients|vets|farmers|gardeners|beginners|graduates|alumni|attendees|registrants|"
     "applicants|candidates|leads|prospects|contacts|subscribers|volunteers|vegans|vegetarians|foodies|drinkers|eaters|"
     "bakers|cooks|artists|musicians|photographers|writers|authors|players|golfers|swimmers|dancers|athletes|coaches|"
     "trainers|regulars|vips|vip|millennials|retirees|pensioners|veterans|expats|newcomers|households|drivers|riders|"
     "pet_owners|everyone|anyone|crowd|audience|list|club|community|newlyweds|grandparents|youth|singles|nurses|"
     "recruiters|buffs|geeks|nerds|fashionistas|influencers|creators|bloggers|investors|lawyers|accountants|architects|"
     "electricians|contractors|plumbers|builders|landowners|campers|anglers|knitters|quilters|crafters|makers|"
     "hobbyists|listeners|viewers|audiences|schools|hospitals|offices|teams|executives|staff|shareholders|partners|"
     "passengers|trial_users|trialists|non_customers|girls|boys|ladies|guys|twentysomethings|learners|educators|"
     "principals|librarians|households|clinics|hotels|cafes|brands|sellers|merchants|dealers|operators|planners|"
     "organizers|organisers|brides_to_be|expectant_parents|toddlers|caregivers|lapsed|subscribers|signups|sign_ups|"
     "browsers|abandoners|eaters|walkers|dog_owners|cat_owners|cfo|ceo|hr|procurement|undergraduates|pupils|academics|"
     "scientists|researchers|bookworms|shoppers|novices|pros|consumers|citizens|voters|audiophiles|birdwatchers|yogis|"
     "homebuyers|home_buyers|first_time_buyers|jobseekers|job_seekers|waitlist|waiting_list|wait_list|pta|backers|old_"
     "members|testers|beta_testers|no_shows|no_show",
     "cliente|clientes|clienta|clientas|suscriptor|suscriptores|suscriptoras|lectores|lectoras|miembros|socios|socias|"
     "usuarios|usuarias|compradores|compradoras|visitantes|huespedes|donantes|seguidores|fans|padres|madres|familias|"
     "estudiantes|alumnos|alumnas|profesores|docentes|personas|gente|mujeres|hombres|adultos|jovenes|adolescentes|"
     "ninos|ninas|mayores|jubilados|duenos|duenas|propietarios|inquilinos|profesionales|gerentes|directores|directoras|"
     "desarrolladores|disenadores|corredores|ciclistas|senderistas|esquiadores|amantes|aficionados|aficionadas|"
     "coleccionistas|novias|novios|parejas|viajeros|turistas|vecinos|vecinas|residentes|habitantes|empleados|"
     "trabajadores|autonomos|emprendedores|empresas|negocios|pymes|restaurantes|tiendas|medicos|enfermeras|dentistas|"
     "pacientes|agricultores|abogados|principiantes|graduados|exalumnos|asistentes|inscritos|contactos|prospectos|"
     "voluntarios|veganos|deportistas|gamers|jugadores|abonados|abonadas|universitarios|universitarias|mamas|papas|"
     "arquitectos|ingenieros|responsables|publico|chicos|chicas|fotografos|musicos|runners|invitados|asegurados|"
     "ganaderos|comensales|locales|interesados|interesadas|lista_de_espera|simpatizantes",
     "drh|dsi|daf|pdg|client|clients|cliente|clientes|abonne|abonnes|abonnees|lecteurs|lectrices|membres|utilisateurs|"
     "utilisatrices|acheteurs|acheteuses|visiteurs|donateurs|donatrices|followers|fans|parents|meres|peres|mamans|"
     "papas|familles|etudiants|etudiantes|eleves|enseignants|professeurs|personnes|gens|femmes|hommes|adultes|jeunes|"
     "adolescents|ados|enfants|seniors|retraites|proprietaires|locataires|professionnels|responsables|directeurs|"
     "directrices|dirigeants|gerants|cadres|developpeurs|graphistes|coureurs|cyclistes|randonneurs|skieurs|amateurs|"
     "amatrices|passionnes|passionnees|collectionneurs|mariees|couples|voyageurs|touristes|voisins|habitants|riverains|"
     "salaries|employes|independants|independantes|entrepreneurs|entreprises|pme|restaurateurs|commercants|medecins|"
     "infirmiers|infirmieres|dentistes|patients|agriculteurs|avocats|debutants|diplomes|anciens|participants|inscrits|"
     "inscrites|contacts|prospects|benevoles|vegetariens|sportifs|sportives|joueurs|adherents|adherentes|public|"
     "lyceens|apprentis|freelances|architectes|ingenieurs|photographes|musiciens|gourmands|gourmets|jardiniers|"
     "artisans|futures_mariees|invites|assures|internautes|particuliers|citadins|liste_d'_attente|sympathisants",
     "kmu|kmus|betriebe|firmen|kunde|kunden|kundin|kundinnen|neukunden|stammkunden|bestandskunden|stammgaste|gaste|"
     "gasten|stammgasten|abonnent|abonnenten|abonnentinnen|leser|leserinnen|lesern|mitglied|mitglieder|mitgliedern|"
     "nutzer|nutzern|nutzerinnen|user|kaufer|kaufern|kauferinnen|besucher|besuchern|spender|spendern|spenderinnen|"
     "follower|fans|eltern|mutter|muttern|vater|familien|studenten|studierende|studierenden|schuler|schulern|lehrer|"
     "lehrkrafte|leute|menschen|frauen|manner|mannern|erwachsene|jugendliche|kinder|senioren|rentner|besitzer|"
     "eigentumer|mieter|profis|manager|leiter|geschaftsfuhrer|entwickler|designer|laufer|radfahrer|wanderer|skifahrer|"
     "liebhaber|freunde|sammler|braute|brautpaare|paare|reisende|touristen|nachbarn|anwohner|bewohner|mitarbeiter|"
     "angestellte|freiberufler|selbststandige|grunder|unternehmer|unternehmen|firmen|betriebe|mittelstandler|"
     "restaurants|handler|arzte|pflegekrafte|zahnarzte|patienten|landwirte|anwalte|anfanger|absolventen|alumni|"
     "teilnehmer|teilnehmern|interessenten|kontakte|freiwillige|veganer|vegetarier|sportler|spieler|gamer|"
     "wanderfreunde|naturfreunde|hundebesitzer|katzenbesitzer|hausbesitzer|gartenfreunde|hobbygartner|personaler|"
     "personalleiter|einkaufer|architekten|ingenieure|berufstatige|azubis|neugierige|feinschmecker|genusser|kletterer|"
     "einsteiger|jungunternehmer|appnutzer|newsletterleser|handwerker|handwerksbetriebe|verantwortliche|entscheider|"
     "fotografen|musiker|camper|angler|pendler|warteliste|unterstutzer|unterstutzern|unterstutzerinnen|forderer|"
     "kursteilnehmer",
     "subscritores|subscritoras|cliente|clientes|assinante|assinantes|leitores|leitoras|membros|socios|usuarios|"
     "usuarias|utilizadores|"
     "compradores|visitantes|hospedes|doadores|seguidores|fas|pais|maes|familias|estudantes|alunos|alunas|ex_alunos|"
     "professores|pessoas|gente|mulheres|homens|adultos|jovens|adolescentes|criancas|idosos|aposentados|donos|donas|"
     "proprietarios|inquilinos|profissionais|gestores|gerentes|diretores|desenvolvedores|designers|corredores|"
     "ciclistas|surfistas|amantes|apaixonados|apaixonadas|colecionadores|noivas|noivos|casais|viajantes|turistas|"
     "vizinhos|moradores|residentes|funcionarios|trabalhadores|autonomos|empreendedores|empresas|negocios|restaurantes|"
     "lojistas|medicos|enfermeiros|dentistas|pacientes|agricultores|advogados|iniciantes|formandos|participantes|"
     "inscritos|contatos|contactos|voluntarios|veganos|esportistas|atletas|jogadores|gamers|universitarios|publico|"
     "quem|mamaes|papais|arquitetos|engenheiros|responsaveis|tutores|fotografos|musicos|consumidores|frequentadores|"
     "associados|corretores|produtores|trilheiros|lista_de_espera|apoiadores",
     "子育て世帯|世帯|ファミリー層|子育て世代|顧客|お客様|お客さん|客|会員|読者|ユーザー|利用者|購入者|購読者|登録者|"
     "フォロワー|ファン|親|ママ|パパ|母親|父親|"
     "家族|学生|大学生|高校生|教師|先生|人|方|女性|男性|大人|若者|シニア|高齢者|オーナー|飼い主|担当者|マネージャー|"
     "経営者|開発者|エンジニア|デザイナー|ランナー|愛好家|好き|住民|旅行者|観光客|社員|従業員|フリーランス|起業家|企業|"
     "会社|飲食店|医師|看護師|患者|初心者|卒業生|参加者|見込み客|常連客|常連|既存客|リピーター|寄付者|支援者|カップル|"
     "花嫁|子育て世代|世代|社会人|主婦|ゲーマー|個人事業主|新規客|視聴者|サラリーマン|ビジネスパーソン|中小企業|"
     "アプリユーザー|部長|課長|社長|責任者|役員|職員|店長|層|旅行好き|夫婦|保護者|生徒|会社員"},
    {"audience_lead", "",
     "to|for|at|targeting|target|reach|remind|tell|invite|among|aimed_at|ask|thank|notify|message|who|with|re_engage|"
     "reengage|win_back|of|from|email|text|reaching|inform|alert|nudge|ping|let|show|towards|inviting|telling|"
     "reminding|audience_is|audience|directed_at|geared_to|geared_towards|intended_for|encourage|convince|persuade|"
     "contact|send|bring_back|welcome|attract|nurture|emailing",
     "a|para|entre|dirigido_a|dirigida_a|dirigidos_a|dirigidas_a|recuerda_a|recordar_a|avisa_a|invita_a|invitar_a|al|a_"
     "los|a_las|con|de|publico|dirigido|hacia|orientado_a|enfocado_en|segmentando|segmentado_a",
     "aux|a|pour|aupres_des|aupres_de|des|les|ciblant|cibler|ciblez|destine_aux|destinee_aux|vers|chez|rappelez_aux|"
     "rappeler_aux|invitez|inviter|relancez|relancer|de|destines_a|visant|prevenez|informez|d'|nos|public|cible|"
     "touchez|toucher|a_destination_des",
     "an|fur|zielgruppe|unter|erinnere|erinnern|die|der|den|lade|einladen|richtet_sich_an|gerichtet_an|bei|von|unsere|"
     "unseren|ansprechen|erreichen|alle|informiere|lad|benachrichtige|zielgruppe_sind|auf|mit",
     "para|aos|as|a|entre|dirigido_a|direcionado_a|voltado_para|voltada_para|lembre|lembrar|convide|convidar|com|de|"
     "publico|dos|avise|avisar|voltados_para|focado_em|direcionada_a|direcionados_a|reconquistar|reconquiste",
     ""},
    {"audience_filter", "",
     "who|that|with|in|from|near|aged|living|based|interested|around|over|under|between|of|within|whose|at|ages|"
     "looking|working|located|across|throughout|planning|who've|whove|having|inside|outside|along|without|located",
     "que|quienes|con|en|de|cerca|mayores|menores|entre|del|interesados|interesadas|residentes|cuyos|cuya|cuyo|"
     "alrededor|quien|sin|dentro|fuera|por",
     "qui|avec|a|en|dans|de|du|des|pres|ages|agees|entre|d'|interesses|interessees|autour|habitant|dont|sans|au|la|"
     "vivant|aux|chez",
     "die|der|mit|in|im|aus|ab|uber|unter|zwischen|von|bei|nahe|rund|deren|welche|interessiert|zu|am|an|ohne|des",
     "que|com|em|no|na|de|do|da|perto|acima|entre|nos|nas|dos|das|cujos|interessados|interessadas|quem|sem|ao|"
     "residentes",
     ""},
    {"audience_stop", "",
     "by|via|on|about|using|through|starting|beginning|until|budget|goal|target|we|want|spend|total|no|and_post|"
     "promoting|post|to|please|is|are|should|for|our|my|run|the_goal|aim|max|maximum|so_that|because|announcing|using|"
     "offering|sell|promote|kpi|objective|ending|launching|i|it|this|push|next|come|subscribe|sign|order|download|"
     "renew|upgrade|register|during|throughout|all_of|every|twice|once|daily|weekly|via|without|not_on|only|just|"
     "hoping|aiming|send|get|only_on|then|also|but|as_well|per|a_day|a_week|make|keep|which",
     "por|sobre|mediante|desde|hasta|presupuesto|objetivo|meta|queremos|durante|sin_presupuesto|sin_gastar|con_"
     "anuncios|con_un|con_una|para|es|son|del_#|al_#|a_partir|invirtiendo|vender|promociona|publica|y_conseguir|a_"
     "traves|via|toda|todo|solo|pero|quiero|sin_dinero|sin_inversion|sin_gasto|con_un_presupuesto|a_#|de_#_a|nuestra|"
     "nuestro|nuestros|mi",
     "par|sur|via|pendant|budget|objectif|jusqu'|voulons|sans_budget|du_#|avec_un|avec_une|pour|est|sont|a_partir|des_"
     "le|des_demain|visons|et_obtenir|tout|notre|nos|mon|ma|seulement|mais|sans_depense|sans_depenser|sans_frais|afin|"
     "au_#|aucun|dans_le_but",
     "per|uber|via|auf|bis|budget|ziel|wollen|wahrend|ohne_budget|vom|mit_einem|mit_einer|ist|sind|ab_dem|ab_montag|"
     "fur|insgesamt|an_die|unser|unsere|nur|aber|kostenlos|ohne_kosten|ohne_werbebudget|kein|keine|ab_#|am_#|den_"
     "ganzen|mit_#|damit|um|zum",
     "por|sobre|via|durante|orcamento|verba|meta|objetivo|queremos|ate|sem_orcamento|sem_verba|sem_gastar|com_um|com_"
     "uma|para|de_#_a|a_partir|e_conseguir|nossa|nosso|apenas|mas|so|sem_custo|sem_custos|a_#|pelo|pela|atraves|quero|"
     "nosso|comecando|no_facebook|no_instagram|no_tiktok|no_linkedin",
     ""},
    {"place_prep", "", "in|near|around|across|throughout|within|from", "en|cerca_de", "a|en|pres_de|dans|autour_de|au",
     "in|im|aus|rund_um|bei|nahe", "em|no|na|perto_de|nos|nas", ""},
    {"not_place", "",
     "advance|total|sales|orders|bookings|stock|store|stores|person|general|particular|addition|order|need|the|a|an|"
     "our|my|their|time|love|one|two|case|fact|short|full|which|this|that|these|every|each|all|any|march|may|q|"
     "exchange|return|donations|revenue|use|home|place|touch|line|business|shape|app|cart|carts|english|spanish|french|"
     "german|mind|half|early|late|mid|spring|summer|autumn|winter|fall|bulk|posts|there|here|them|it|us|cash|"
     "advertising|ads|tickets|what|how|those|some|price|different|various|today|tomorrow|now|next|where|scratch|home|"
     "daily|weekly|organic|paid|social",
     "vez|lugar|su|sus|total|el|la|los|las|un|una|general|venta|ventas|este|esta|redes|linea|nuestra|nuestro|mi|dos|"
     "tres|"
     "euros|promedio|"
     "espanol|oferta|pedidos|donaciones|todo|toda|anuncios|cada|cuanto|ese|esa|que",
     "lieu|sa|son|ses|leur|total|tout|la|le|les|un|une|ligne|ce|cette|notre|nos|mon|ma|partir|moyenne|plus|dons|ventes|"
     "publicite|"
     "francais|"
     "deux|jour|semaine|mois|an|l'|avance|promo|hiver|ete|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|"
     "octobre|novembre|decembre|cas|cours|fait|effet|pub|annonces|vente",
     "der|die|das|dem|den|einem|einer|unserem|unserer|diesem|dieser|januar|februar|marz|april|mai|juni|juli|august|"
     "september|oktober|november|dezember|zwei|drei|vier|meinem|meiner|sozialen|sommer|winter|herbst|fruhling|kurze|"
     "form|monat|jahr|tag|woche|quartal|mittelstand|schnitt|hohe|bezug|google|anzeigen|werbung|letzten|nachsten|"
     "kommenden",
     "vez|lugar|seu|sua|o|a|os|as|um|uma|total|geral|nosso|nossa|meu|minha|vendas|media|linha|este|esta|janeiro|"
     "fevereiro|"
     "marco|abril|"
     "maio|junho|julho|agosto|setembro|outubro|novembro|dezembro|proxima|proximo|mes|site|app|dia|loja|lojas|anuncios|"
     "instagram|facebook|tiktok|linkedin|youtube|pinterest|twitter|google|snapchat|reddit|discord|twitch|threads|x|"
     "vespera|dinheiro|doacoes|verao|inverno|todo|toda|final|inicio|natal|reddit|segunda|terca|quarta|quinta|sexta|"
     "sabado|domingo|black|email|sms|promocao|oferta|total|valor|maximo|fim",
     ""},
    {"kpi_noun_any", "",
     "orders|leads|sales|bookings|sign|signups|downloads|installs|clicks|visits|visitors|followers|subscribers|"
     "registrations|tickets|views|purchases|calls|demos|appointments|customers|donations|members|reservations|likes|"
     "comments|impressions",
     "pedidos|ventas|reservas|citas|leads|inscripciones", "commandes|ventes|reservations|inscriptions",
     "bestellungen|verkaufe|anfragen|buchungen", "pedidos|vendas|reservas|inscricoes", "件|人|名"},
    {"document_word", "", "whitepaper|white_paper|ebook|e_book|guide|checklist|brochure|case_study",
     "libro_blanco|ebook|guia|informe", "livre_blanc|ebook|guide|etude_de_cas",
     "whitepaper|leitfaden|studie|checkliste|e_book", "ebook|e_book|guia|material_rico|planilha",
     "ホワイトペーパー|資料|電子書籍|ガイド"},
    {"place_name", "",
     "germany|austria|switzerland|france|spain|portugal|italy|netherlands|belgium|benelux|ireland|scotland|wales|"
     "england|uk|poland|sweden|norway|denmark|finland|usa|canada|mexico|brazil|argentina|chile|colombia|australia|"
     "japan|india|singapore|europe|dach|nordics|emea|apac|latam|middle_east|midwest",
     "alemania|austria|suiza|francia|espana|portugal|italia|irlanda|mexico|argentina|colombia|chile|peru|uruguay|"
     "ecuador|brasil|europa|latinoamerica|latam|cataluna|andalucia|galicia|euskadi",
     "allemagne|autriche|suisse|france|espagne|portugal|italie|belgique|luxembourg|quebec|canada|maroc|tunisie|europe|"
     "bretagne|normandie|alsace|ile_de_france",
     "deutschland|osterreich|schweiz|frankreich|spanien|italien|niederlande|belgien|polen|europa|dach|bayern|nrw|"
     "sachsen|hessen|tirol",
     "alemanha|espanha|franca|portugal|brasil|angola|mocambique|europa|algarve|alentejo|minas_gerais|nordeste",
     "日本|台湾|韓国"},
    {"about_you", "",
     "what_can_you_do|what_do_you_do|how_does_this_work|how_do_you_work|who_are_you|what_are_you|can_you_help_me|what_"
     "can_you_help|help_me_with|how_do_i_use|what_is_this|how_can_you_help",
     "que_puedes_hacer|que_sabes_hacer|como_funciona|como_funcionas|quien_eres|en_que_puedes_ayudar|que_haces|para_que_"
     "sirves|en_que_me_puedes_ayudar|que_eres|como_te_uso",
     "que_sais_tu_faire|que_savez_vous_faire|que_peux_tu_faire|que_pouvez_vous_faire|qu'_est_ce_que_tu_peux|qu'_est_ce_"
     "que_vous_pouvez|qu'_est_ce_que_tu_sais|qui_es_tu|qui_etes_vous|comment_ca_marche|a_quoi_tu_sers|tu_sais_faire_"
     "quoi|tu_peux_faire_quoi",
     "was_kannst_du|was_konnen_sie|wer_bist_du|wer_sind_sie|wie_funktioniert|wobei_kannst_du|wobei_konnen_sie|womit_"
     "kannst_du|was_machst_du|wie_geht_das|kannst_du_mir_helfen",
     "o_que_voce_faz|o_que_voce_sabe_fazer|o_que_voce_pode_fazer|o_que_podes_fazer|o_que_sabes_fazer|quem_e_voce|como_"
     "funciona|como_voce_pode_ajudar|em_que_voce_pode_ajudar|quem_es_tu|o_que_consegue_fazer",
     "何ができ|なにができ|何が出来|使い方|あなたは誰|どうやって使|何をしてくれ|できることを"},
    {"greeting", "", "hi|hello|hey|thanks|thank_you|good_morning|cheers|bye|ok|okay|great|there",
     "hola|gracias|buenas|buenos_dias|adios|vale|muchas_gracias",
     "bonjour|salut|merci|bonsoir|coucou|merci_beaucoup|au_revoir",
     "hallo|danke|moin|servus|guten_tag|tschuss|vielen_dank", "oi|ola|obrigado|obrigada|bom_dia|tchau|valeu",
     "こんにちは|ありがとう|おはよう|どうも|はじめまして"},
    {"swap_word", "", "swap|replace|switch|change|exchange|trade|switch_from",
     "cambia|sustituye|reemplaza|cambiar|pasa|muda|cambiamos|pasamos",
     "remplacez|remplace|changez|echangez|change|passe|bascule|passons",
     "ersetze|tausche|wechsle|ersetzen|wechsel|tausch|statt|wechseln|tauschen",
     "troque|substitua|mude|trocar|troca|muda|mudar|passa|trocamos|mudamos", ""},
    {"with_word", "", "with|using|through|via|as", "con|mediante", "avec|via", "mit|per|uber", "com|via", ""},
    {"tone_noun", "", "tone|tone_of_voice|voice|style|wording|vibe", "tono|estilo|voz", "ton|style",
     "ton|tonfall|tonalitat|stil|ansprache", "tom|estilo|voz|linguagem", "口調|トーン|文体|言葉遣い|雰囲気|テイスト"},
    {"tone_lead", "", "keep_it|make_it_sound|sound|keep_things", "que_suene|que_sea", "soyez|reste",
     "klingt|klingen|bleib", "que_soe|que_seja", ""},
    {"swap_with", "", "for|with|to|by", "por|a", "par|pour|a", "durch|gegen|zu|mit|auf", "por|para|pelo|pela|pra|pro",
     ""},
    {"target_lead", "",
     "targeting|target|aimed_at|audience|reaching|audience_is|geared_to|geared_towards|directed_at|intended_for",
     "dirigido_a|dirigida_a|publico_objetivo|segmentando", "ciblant|destine_aux|visant|cible",
     "zielgruppe|gerichtet_an", "voltado_para|voltada_para|publico_alvo|direcionado_a", ""},
    {"who_word", "", "people_who|those_who|anyone_who|everyone_who|folks_who|whoever",
     "quienes|quien|los_que|las_que|gente_que|aquellos_que", "ceux_qui|celles_qui|toute_personne_qui",
     "alle_die|diejenigen|wer|alle_,_die|denen_,_die|jene_,_die", "quem|aqueles_que|os_que|as_que", ""},
    {"relative_word", "", "who|whose|that|aged|living|based|which", "que|quienes|cuyos|mayores",
     "qui|dont|age|ages|agees", "die|deren|welche|der", "que|cujos|quem", ""},
    {"ja_place", "", "", "", "", "", "",
     "東京|大阪|名古屋|京都|横浜|福岡|札幌|仙台|神戸|広島|沖縄|北海道|渋谷|新宿|関東|関西|埼玉|千葉|神奈川|愛知|兵庫|"
     "静岡|長野|新潟|金沢|奈良|熊本|鹿児島|全国|地元|近所|九州|四国|東北|池袋|銀座|吉祥寺|川崎|さいたま|日本全国|"
     "首都圏|都内|市内|岡山|那覇|鎌倉"},
    {"dull_word", "",
     "weve|got|ive|id|wed|im|hosting|write|writing|send|tell|invite|hi|morning|evening|pls|campaign|need|want|looking|"
     "set|put|show|lost|new_campaign|thing|our|free|goes|sales|business|brand|company|campaign|marketing|something|"
     "anything|stuff|things|thing|some|please|help|promote|promotion|advertise|bigger|better|growth|growing|grow|me|us|"
     "lets|can|could|would|should|ok|hey|hi|hello|thanks|results|revenue|traffic|awareness|exposure|leads|visibility|"
     "boost|increase|improve|do|doing|good|great|big|best|idea|ideas|plan|presence|known|start|online|word|out|"
     "everyone|um|uh|so|well|really|just|like|little|bit|lot|soon|quick|fast|popular|viral|famous|more|engagement|"
     "followers",
     "hola|buenas|buenos|manda|mandar|envia|enviar|escribe|publica|invita|invitar|queremos|quiero|necesito|campana|"
     "lista|listado|ventas|negocio|empresa|marca|campana|marketing|algo|ayuda|ayudame|promocion|promocionar|mas|crecer|"
     "vender|favor|visibilidad|resultados|conseguir|redes",
     "bonjour|bonsoir|envoie|envoyez|envoyer|ecris|ecrivez|poste|postez|invitez|prevenir|j'|fais|faites|ventes|"
     "entreprise|marque|campagne|marketing|quelque|chose|aidez|aide|promotion|plus|faire|connaitre|vendre|besoin|"
     "visibilite|resultats|veux|voudrais|aimerais",
     "hallo|moin|zusammen|schreib|schreibe|sende|schick|ladet|lade|mache|macht|umsatz|unternehmen|marke|kampagne|"
     "marketing|etwas|hilf|hilfe|mehr|bitte|verkaufen|brauche|bekannter|wachsen|verkaufe|mochte|reichweite",
     "oi|ola|bom|boa|dia|tarde|manda|mande|envia|envie|enviar|escreva|publica|publique|convide|convidar|queremos|"
     "vendas|negocio|empresa|marca|campanha|marketing|algo|ajuda|ajude|promocao|mais|crescer|vender|preciso|"
     "visibilidade|resultados|quero",
     "売上|を|が|に|は|の|で|と|て|し|た|い|も|から|まで|増やし|たい|ください|お願い|宣伝|キャンペーン|や|ら|す|る|り|"
     "な|ま|さ|く|っ|れ"},
    {"offer_lead", "", "about|announcing|promoting|promote|advertise|advertising|selling|sell|launching|introducing",
     "sobre|promociona|promocionar|vender|vende|anunciando|divulgar|de_joyeria",
     "sur|concernant|promouvoir|vendre|annoncer|annoncant",
     "uber|wegen|bewerben|bewirb|verkaufen|zu_unserem|zu_unserer|zum",
     "sobre|divulgar|divulgue|vender|anunciar|promover", "案内|宣伝|告知|紹介|販売|お知らせ|知らせ|売|pr|届け"},
    {"our_word", "", "our|my", "nuestra|nuestro|nuestras|nuestros|mi|mis", "notre|nos|mon|ma|mes",
     "unser|unsere|unseren|unserem|unserer|mein|meine|meinen", "nossa|nosso|nossas|nossos|minha|meu", ""},
    {"for_word", "", "for|of", "para|pa|de", "pour|de", "fur", "para|pra|pro|de|da|do", ""},
    {"ja_particle", "", "", "", "", "", "", "に|で|は|へ|が|と|も|から|まで|て"},
    {"consent_word", "",
     "opted_in|opt_in|consented|gave_consent|subscribed|permission|signed_up|consenting|opted|consent|agreed_to",
     "con_consentimiento|dieron_su_consentimiento|suscritos|consentimiento|aceptaron_recibir|han_aceptado",
     "consentement|consenti|inscrits|donne_leur_accord|ont_accepte|accepte_de_recevoir",
     "einwilligung|eingewilligt|zugestimmt|zustimmung|einverstanden|eingewilligte|eingewilligten",
     "consentimento|consentiram|autorizaram|autorizacao|aceitaram_receber", "同意|許諾|オプトイン"},
};

}  // namespace

Table people_table() { return {kRows, std::size(kRows)}; }

}  // namespace spreaders::planners::rules
