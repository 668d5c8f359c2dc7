// Names of rates in six languages, as they stand beside a percentage.
#include <array>

#include "planners/rules/kpi_table.hpp"

namespace spreaders::planners::rules {
namespace {

struct RateRow {
  std::string_view metric;
  std::string_view names;
};
constexpr RateRow kRates[] = {
    {"open_rate",
     "open_rate|open_rates|opens|to_open|should_open|will_open|opening_rate|opened|tasa_de_apertura|apertura|aperturas|"
     "taux_d'_ouverture|d'_ouverture|ouvertures|offnungsrate|offnungen|taxa_de_abertura|abertura|aberturas|開封率|"
     "開封"},
    {"click_through_rate",
     "click_through_rate|click_throughs|tap_through|tap_through_rate|clickthrough_rate|ctr|click_through|"
     "クリックスルー率"},
    {"click_rate",
     "click_rate|clicks|click|clicking|to_click|tap_rate|tasa_de_clics|de_clics|clics|taux_de_clic|taux_de_clics|"
     "klickrate|klicks|taxa_de_cliques|de_cliques|cliques|クリック率"},
    {"conversion_rate",
     "conversion_rate|conversion|conversions|convert|converting|to_convert|tasa_de_conversion|de_conversion|taux_de_"
     "conversion|konversionsrate|conversion_rate|konversion|taxa_de_conversao|de_conversao|conversao|コンバージョン率|"
     "転換率|成約率|cvr|コンバージョン"},
    {"engagement_rate",
     "engagement_rate|engagement|tasa_de_interaccion|interaccion|taux_d'_engagement|d'_engagement|engagementrate|taxa_"
     "de_engajamento|engajamento|de_engajamento|エンゲージメント率"},
    {"response_rate",
     "response_rate|tasa_de_respuesta|de_respuesta|taux_de_reponse|de_reponse|antwortquote|rucklaufquote|antwortrate|"
     "taxa_de_resposta|回答率|返信率"},
    {"reply_rate", "reply_rate|replies|replying|to_reply|should_reply"},
    {"retention_rate",
     "retention_rate|retention|tasa_de_retencion|retencion|taux_de_retention|bindungsrate|taxa_de_retencao|retencao|"
     "継続率|リテンション率"},
    {"renewal_rate",
     "renewal_rate|renewals|renewing|should_renew|tasa_de_renovacion|taux_de_renouvellement|verlangerungsquote|"
     "verlangerungsrate|taxa_de_renovacao|更新率|to_renew"},
    {"redemption_rate",
     "redemption_rate|redemption|redemptions|tasa_de_canje|taux_d'_utilisation|einloserate|einlosequote|taxa_de_"
     "resgate|利用率"},
    {"booking_rate",
     "booking_rate|to_book|should_book|予約率|tasa_de_reserva|taux_de_reservation|buchungsrate|taxa_de_reserva"},
    {"order_rate",
     "of_them_to_order|to_order|ordering|should_order|order_rate|of_them_ordering|注文率|bestellrate|bestellquote|taux_"
     "de_commande|tasa_de_pedidos|passent_commande|commandent|bestellen|hagan_un_pedido"},
    {"purchase_rate",
     "purchase_rate|to_buy|purchasing|should_buy|of_them_to_buy|to_purchase|購入率|compren|achetent|comprem|kaufen|"
     "kaufrate|tasa_de_compra|taxa_de_compra|taux_d'_achat"},
    {"signup_rate", "signup_rate|sign_up_rate|to_sign_up|signing_up|should_sign_up"},
    {"registration_rate",
     "registration_rate|to_register|registering|should_register|登録率|申込率|tasa_de_inscripcion|taux_d'_inscription|"
     "anmeldequote|anmelderate|taxa_de_inscricao"},
    {"upgrade_rate", "upgrade_rate|to_upgrade|upgrading|should_upgrade"},
    {"unsubscribe_rate", "unsubscribe_rate|unsubscribes"},
    {"attendance_rate", "attendance_rate|to_attend"},
    {"churn_rate",
     "churn_rate|churn|tasa_de_abandono|tasa_de_bajas|taux_d'_attrition|taux_de_desabonnement|abwanderungsrate|"
     "kundigungsquote|abwanderungsquote|taxa_de_cancelamento|taxa_de_evasao|解約率|離脱率"},
    {"bounce_rate", "bounce_rate|tasa_de_rebote|taux_de_rebond|absprungrate|taxa_de_rejeicao"},
};

}  // namespace

std::string_view rate_at(const Text& text, int i, int& end) {
  static const auto table = [] {
    std::vector<std::pair<std::string_view, std::vector<std::vector<std::string>>>> out;
    for (const RateRow& row : kRates) out.emplace_back(row.metric, parse_entries(row.names));
    return out;
  }();
  std::string_view best;
  end = -1;
  for (const auto& [metric, names] : table) {
    for (const auto& name : names) {
      const int stop = match_entry(text, i, name);
      if (stop <= end) continue;
      end = stop;
      best = metric;
    }
  }
  return best;
}

}  // namespace spreaders::planners::rules
