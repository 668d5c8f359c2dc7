// Slots of earlier turns brought back: "as at first", "leave it as it was", "forget the ads".
#include <algorithm>
#include <array>

#include "planners/rules/turns.hpp"

namespace spreaders::planners::rules {
namespace {

bool advertises(const Brief& brief) {
  return std::any_of(brief.channels.begin(), brief.channels.end(),
                     [](const auto& slot) { return is_paid(slot.value); });
}

void money_of(const Brief& from, State& state) {
  state.brief.budget = from.budget;
  state.brief.no_spend = from.no_spend;
  state.brief.allocations = from.allocations;
  state.split_mismatch = false;
}

// "non, oublie la pub", "広告はやっぱりなしで": all of it, no platform named.
bool drops_ads(const Text& text, const ChannelFacts& channels) {
  if (std::any_of(channels.mentions.begin(), channels.mentions.end(), [](const auto& m) { return !m.excluded; }))
    return false;
  static const std::array<Pattern, 6> patterns = {
      Pattern("forget|drop|skip|cancel|scrap|lose|ditch ..2 ads|ad|advertising|paid_ads|adverts"),
      Pattern("olvida|olvidate|olvidemos|quita|quitamos|sin|nada_de|cancela|cancelamos|deja|dejemos ..3 "
              "anuncios|publicidad|pauta"),
      Pattern("oublie|oublions|oubliez|laisse_tomber|laissons_tomber|enleve|retire|annule|sans|pas_de ..2 "
              "pub|publicite|publicites|pubs|annonces"),
      Pattern("vergiss|lass|lassen|streich|streiche|keine|ohne|doch_keine ..3 anzeigen|werbung|reklame"),
      Pattern("esquece|esqueca|esquecam|tira|tire|cancela|cancele|sem|nada_de|deixa ..3 "
              "anuncios|anuncio|publicidade|patrocinado|patrocinados"),
      Pattern("広告 ..6 なし|やめ|いら|不要|取り消|キャンセル|中止")};
  for (int i = 0; i < text.size(); ++i) {
    if (std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& p) { return p.match_at(text, i) > 0; }))
      return true;
  }
  return false;
}

bool same_channels(const Brief& a, const Brief& b) {
  return std::equal(a.channels.begin(), a.channels.end(), b.channels.begin(), b.channels.end(),
                    [](const auto& x, const auto& y) { return x.value == y.value; });
}

bool same_money(const Brief& a, const Brief& b) {
  if (a.budget.has_value() != b.budget.has_value() || a.no_spend != b.no_spend) return false;
  return !a.budget || (a.budget->value.money.amount_minor == b.budget->value.money.amount_minor &&
                       a.budget->value.money.currency == b.budget->value.money.currency &&
                       a.budget->value.period == b.budget->value.period);
}

bool same_days(const Brief& a, const Brief& b) {
  if (a.schedule.has_value() != b.schedule.has_value()) return false;
  return !a.schedule ||
         (a.schedule->value.start == b.schedule->value.start && a.schedule->value.end == b.schedule->value.end &&
          a.schedule->value.duration_days == b.schedule->value.duration_days);
}

bool same_targets(const Brief& a, const Brief& b) {
  return std::equal(a.kpis.begin(), a.kpis.end(), b.kpis.begin(), b.kpis.end(),
                    [](const Kpi& x, const Kpi& y) { return x.metric == y.metric && x.target == y.target; });
}

// What the turn before this one changed goes back to what it was.
void undo_last(State& state) {
  const size_t turns = state.history.size();
  if (turns < 2) return;
  const Brief& last = state.history[turns - 1];
  const Brief& before = state.history[turns - 2];
  if (!same_channels(last, before)) state.brief.channels = before.channels;
  if (!same_money(last, before)) money_of(before, state);
  if (!same_days(last, before)) state.brief.schedule = before.schedule;
  if (!same_targets(last, before)) state.brief.kpis = before.kpis;
}

}  // namespace

void restore(State& state, const Facts& facts) {
  if (state.history.empty()) return;
  if (has_class(facts.text, facts.lang, C("as_at_first"))) {
    state.brief.channels = state.history.front().channels;
    money_of(state.history.front(), state);
    return;
  }
  if (has_class(facts.text, facts.lang, C("as_it_was"))) {
    undo_last(state);
    return;
  }
  if (!advertises(state.brief) || !drops_ads(facts.text, facts.channels)) return;
  const bool organic = std::any_of(state.brief.channels.begin(), state.brief.channels.end(),
                                   [](const auto& slot) { return !is_paid(slot.value); });
  if (!organic) return;  // nothing would be left; the contradiction or the question says so
  std::erase_if(state.brief.channels, [](const auto& slot) { return is_paid(slot.value); });
  state.generic_ads = false;
  for (size_t k = state.history.size(); k-- > 0;) {
    if (advertises(state.history[k])) continue;
    money_of(state.history[k], state);
    return;
  }
}

}  // namespace spreaders::planners::rules
