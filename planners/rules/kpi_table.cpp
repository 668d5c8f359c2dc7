// What people count: canonical metric, the objective it speaks for, and its names in six languages.
#include "planners/rules/kpi_table.hpp"

#include "planners/rules/amounts.hpp"

namespace spreaders::planners::rules {
namespace {

constexpr MetricRow kMetrics[] = {
    {"orders", "sales",
     "orders|order|pedidos|encargos|ordenes|commandes|bestellungen|pedido|encomendas|注文|オーダー|受注"},
    {"purchases", "sales", "purchases|compras|achats|kaufe|kaeufe|kaufen|購入|購買"},
    {"sales", "sales", "sales|units|ventas|ventes|verkaufe|verkaufen|vendas|販売|units_sold|成約"},
    {"pre_orders", "sales", "pre_orders|preventas|precommandes|vorbestellungen|pre_encomendas|pre_vendas|予約注文"},
    {"preorders", "sales", "preorders"},
    {"bookings", "sales",
     "bookings|booking|reservas|reservaciones|buchungen|reservierungen|予約|table_bookings|room_bookings|agendamentos_"
     "de_mesa"},
    {"reservations", "sales", "reservations"},
    {"appointments", "leads",
     "appointments|avaliacoes_agendadas|visitas_agendadas|primeras_visitas|first_visits|vorstellungstermine|prises_de_"
     "rendez_vous|citas|rendez_vous|rdv|termine|terminen|consultas|turnos|agendamentos|marcacoes|アポイント|アポ|来院|"
     "診察"},
    {"consultations", "leads",
     "consultations|consultas_gratuitas|beratungen|beratungsgesprache|asesorias|consultorias|相談|無料相談"},
    {"leads", "leads",
     "leads|lead|prospectos|prospects|leads_cualificados|contacts_qualifies|リード|見込み客|contactos_comerciales|"
     "oportunidades"},
    {"calls", "leads", "calls|phone_calls|llamadas|appels|anrufe|anrufen|ligacoes|chamadas|電話|入電"},
    {"inquiries", "leads",
     "inquiries|enquiries|consultas_recibidas|anfragen|問い合わせ|お問い合わせ|solicitudes_de_informacion|demandes_d'_"
     "information|demandes|demandes_de_renseignements|pedidos_de_informacao"},
    {"quote_requests", "leads",
     "quote_requests|quotes|demandes_de_devis|devis|solicitudes_de_presupuesto|presupuestos|cotizaciones|"
     "kostenvoranschlage|orcamentos|cotacoes|angebotsanfragen|pedidos_de_orcamento|見積依頼|見積もり依頼|見積もり"},
    {"demo_requests", "leads",
     "demo_requests|solicitudes_de_demo|demandes_de_demo|demo_anfragen|pedidos_de_demonstracao|デモ依頼"},
    {"demo_bookings", "leads", "demo_bookings"},
    {"demos", "leads", "demos|demonstrations|demostraciones|demonstracoes|デモ"},
    {"meetings", "leads", "meetings|erstgesprache|reuniones|reunions|reunioes|商談|gesprache"},
    {"applications", "leads", "applications|solicitudes|candidatures|bewerbungen|candidaturas|応募"},
    {"test_drives", "leads",
     "test_drives|pruebas_de_manejo|pruebas_de_conduccion|essais_routiers|probefahrten|test_drives_agendados|試乗"},
    {"trials", "leads",
     "trials|free_trials|trial_lessons|trial_sessions|trial_classes|pruebas_gratuitas|pruebas|clases_de_prueba|essais|"
     "essais_gratuits|seances_d'_essai|testversionen|probetrainings|probestunden|probetermine|schnupperstunden|testes|"
     "aulas_experimentais|体験|無料体験"},
    {"sign_ups", "leads", "sign_ups|altas"},
    {"signups", "leads", "signups|newsletter_signups"},
    {"registrations", "event",
     "registrations|inscripciones|inscriptions|inscrits|anmeldungen|inscricoes|登録|申し込み|申込|申込み|エントリー|"
     "registros|cadastros|enregistrements|registrierungen|sign_ups_for_the_event"},
    {"seats", "event", "seats|places|plazas|platze|plaetze|vagas|spots"},
    {"enrollments", "leads", "enrollments|enrolments|matriculas|einschreibungen|入学|入会"},
    {"memberships", "sales", "memberships|membresias|adhesions|mitgliedschaften|入会者|socios_nuevos|afiliaciones"},
    {"subscriptions", "sales", "subscriptions|suscripciones|abonnements|abos|assinaturas|定期購読|サブスク"},
    {"renewals", "retention",
     "renewals|reabonnements|reinscriptions|resubscriptions|renovaciones|renouvellements|verlangerungen|renovacoes|"
     "更新"},
    {"reactivations", "retention", "reactivations|reactivaciones|reactivations|reaktivierungen|reativacoes"},
    {"tickets", "event",
     "tickets|entradas|boletos|billets|karten|eintrittskarten|ingressos|bilhetes|チケット|places_vendues|tickets_sold"},
    {"rsvps", "event", "rsvps|rsvp|confirmaciones|zusagen|confirmacoes"},
    {"attendees", "event",
     "attendees|asistentes|participants|teilnehmer|teilnehmern|teilnehmende|participantes|参加者|来場者|来場|"
     "assistentes|attendance|定員"},
    {"guests", "event", "guests|invitados|invites|gaste|convidados"},
    {"installs", "app_installs",
     "installs|app_installs|installations|instalaciones|instalacoes|installationen|インストール|app_installations"},
    {"downloads", "app_installs", "downloads|descargas|telechargements|ダウンロード|downloads_of_the_app"},
    {"followers", "audience_growth",
     "followers|follower|seguidores|abonnes_instagram|フォロワー|new_followers|follows"},
    {"subscribers", "audience_growth",
     "subscribers|suscriptores|abonnes|abonnenten|assinantes|inscritos|購読者|登録者|チャンネル登録|new_subscribers"},
    {"members", "audience_growth", "members|miembros|membres|mitglieder|membros|会員|socios|adherents"},
    {"visitors", "traffic", "visitors|visitantes|visiteurs|besucher|訪問者|来店客"},
    {"visits", "traffic",
     "visits|site_visits|website_visits|visitas|visites|besuche|訪問|アクセス|来店|セッション|store_visits"},
    {"clicks", "traffic", "clicks|clics|klicks|cliques|クリック|link_clicks|website_clicks"},
    {"page_views", "traffic",
     "page_views|pageviews|paginas_vistas|pages_vues|seitenaufrufe|visualizacoes_de_pagina|ページビュー|pv"},
    {"video_views", "awareness",
     "video_views|reproducciones_de_video|vues_de_video|videoaufrufe|visualizacoes_de_video|動画再生|動画再生数|vistas_"
     "de_video"},
    {"views", "awareness",
     "views|vistas|reproducciones|visualizaciones|vues|aufrufe|visualizacoes|再生|再生回数|再生数|視聴|閲覧"},
    {"impressions", "awareness", "impressions|impresiones|impressionen|impressoes|インプレッション|表示"},
    {"reach", "awareness", "reach|alcance|portee|reichweite|リーチ"},
    {"likes", "engagement", "likes|me_gusta|j'_aime|curtidas|いいね|gefallt_mir"},
    {"comments", "engagement", "comments|comentarios|commentaires|kommentare|コメント"},
    {"shares", "engagement", "shares|compartidos|partages|compartilhamentos|シェア|geteilte_beitrage"},
    {"replies", "engagement", "replies|responses|respuestas|reponses|antworten|respostas|返信|回答"},
    {"reviews", "engagement", "reviews|resenas|avis|bewertungen|avaliacoes|レビュー|口コミ"},
    {"saves", "engagement", "saves|guardados|enregistrements_de_posts|salvamentos|保存"},
    {"wishlists", "engagement", "wishlists|wishlist_adds"},
    {"entries", "engagement", "entries|participaciones|participations|teilnahmen|participacoes"},
    {"donations", "donations", "donations|donativos|donaciones|dons|spenden|doacoes|寄付"},
    {"donors", "donations", "donors|new_donors|donantes|donateurs|spender|doadores|寄付者"},
    {"volunteers", "leads", "volunteers|voluntarios|benevoles|freiwillige|ボランティア"},
    {"customers", "sales", "customers|new_customers|clientes|clients|kunden|neukunden|新規顧客|顧客|お客様"},
    {"patients", "leads", "patients|new_patients|pacientes|patienten|患者|新患"},
    {"students", "leads", "students|alumnos|eleves|schuler|alunos|生徒|受講生"},
    {"users", "app_installs", "users|new_users|usuarios|utilisateurs|nutzer|ユーザー"},
    {"upgrades", "sales", "upgrades|mejoras_de_plan|mises_a_niveau|アップグレード"},
    {"gift_cards", "sales",
     "gift_cards|gift_cards_sold|tarjetas_regalo|cartes_cadeaux|gutscheine|geschenkgutscheine|cartoes_presente|vales_"
     "presente|ギフトカード"},
    {"stars", "engagement", "github_stars|stars"},
    {"payments", "sales", "payments|pagos|paiements|zahlungen|pagamentos|入金|支払い"},
    {"information_requests", "leads", "information_requests|brochure_requests|資料請求"},
    {"dms", "leads", "dms|direct_messages|mensajes_directos|messages_prives|direktnachrichten|mensagens_diretas"},
    {"nights", "sales",
     "nights_booked|nights_sold|room_nights|noches_reservadas|noches_vendidas|nuits_reservees|nuits_vendues|"
     "ubernachtungen|noites_reservadas|diarias_reservadas|宿泊"},
    {"redemptions", "sales", "redemptions|canjes|einlosungen|resgates|coupon_redemptions"},
    {"conversions", "sales", "conversions|conversiones|konversionen|conversoes|コンバージョン"},
};

}  // namespace

const MetricRow* metric_rows(size_t& count) {
  count = std::size(kMetrics);
  return kMetrics;
}

std::string_view objective_of_metric(std::string_view metric) {
  for (const MetricRow& row : kMetrics) {
    if (row.metric == metric) return row.objective;
  }
  if (metric == "conversion_rate" || metric == "order_rate" || metric == "purchase_rate" || metric == "roas" ||
      metric == "upgrade_rate" || metric == "booking_rate")
    return "sales";
  if (metric == "renewal_rate" || metric == "retention_rate" || metric == "churn_rate") return "retention";
  if (metric == "signup_rate" || metric == "registration_rate") return "leads";
  if (metric == "open_rate" || metric == "engagement_rate" || metric == "reply_rate") return "engagement";
  if (metric == "click_rate" || metric == "click_through_rate" || metric == "cost_per_click") return "traffic";
  if (metric.starts_with("cost_per_")) {
    const std::string_view thing = metric.substr(9);
    if (thing == "acquisition" || thing == "action" || thing == "customer") return "sales";
    for (const MetricRow& row : kMetrics) {  // cost_per_install speaks for what installs speak for
      if (row.metric.size() == thing.size() + 1 && row.metric.starts_with(thing)) return row.objective;
    }
  }
  return {};
}

}  // namespace spreaders::planners::rules
