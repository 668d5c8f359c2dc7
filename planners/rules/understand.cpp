// Turns, one after another, into one Brief: the first turn fills it, later ones answer, correct, add and take away.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/bytes.hpp"
#include "core/money.hpp"
#include "planners/brief.hpp"
#include "planners/rules/quotes.hpp"
#include "planners/rules/replies.hpp"
#include "planners/rules/turns.hpp"

namespace spreaders::planners {
namespace {

using namespace rules;

constexpr size_t kGoalCodePoints_max = 8000;  // what lies beyond is not read
constexpr size_t kTurns_max = 50;
constexpr size_t kQuestions_max = 4;
constexpr int kDefaultLength_days = 14;
constexpr double kAmount_max = 9e12;
constexpr double kTestBudget_major = 100;  // proposed, never spent unseen: "you decide" about advertising money

// "What can you do?", "thanks!": a question about us, or nothing but a greeting.
bool is_small_talk(const Text& text, Lang lang) {
  if (has_class(text, lang, C("about_you"))) return true;
  int greeted = 0, words = 0;
  for (int i = 0; i < text.size();) {
    const int end = match(text, i, lang, C("greeting"));
    if (end > 0) ++greeted;
    else if (text.at(i).kind != TokenKind::kPunct) ++words;
    i = end > 0 ? end : i + 1;
  }
  return greeted > 0 && words == 0;
}

Facts read_turn(std::string_view message, int turn, const State& state) {
  Facts facts;
  facts.said = tokenize(first_code_points(message, kGoalCodePoints_max));
  facts.text = fade_quotes(facts.said);
  facts.lang = detect_language(facts.text, turn == 0 ? Lang::kEn : state.lang, turn == 0 ? 1 : 2);
  merge_numbers(facts.text, facts.lang);
  merge_numbers(facts.said, facts.lang);
  std::optional<Date> anchor;
  if (turn > 0 && state.brief.schedule) anchor = state.brief.schedule->value.start;
  facts.dates = read_dates(facts.text, facts.lang, state.today, state.country, anchor, state.event_at);
  facts.channels = read_channels(facts.text, facts.lang);
  facts.amounts = read_amounts(facts.text, facts.lang, facts.dates, facts.channels, state.country, turn);
  facts.tone = read_tone(facts.text, facts.lang);
  for (int i = facts.tone.begin; i < facts.tone.end; ++i)
    facts.amounts.used[static_cast<size_t>(i)] = true;  // no offer and no audience
  facts.audience = read_audience(facts.text, facts.lang, facts.dates, facts.channels, facts.amounts);
  facts.offer = read_offer(facts.text, facts.lang, facts.dates, facts.channels, facts.amounts);
  facts.objective = read_objective(facts.text, facts.lang, facts.amounts.kpis);
  facts.you_decide = has_class(facts.text, facts.lang, C("you_decide"));
  facts.small_talk = is_small_talk(facts.text, facts.lang);
  return facts;
}

// "make it 300" means the slot whose number it is nearer to.
void merge_bare_change(Brief& brief, const Facts& facts, int turn) {
  if (!facts.amounts.bare_change || *facts.amounts.bare_change <= 0) return;
  const double value = *facts.amounts.bare_change;
  const auto away = [&](double old) { return old > 0 ? std::abs(std::log(value / old)) : 1e9; };
  const double from_budget =
      brief.budget ? away(to_major(brief.budget->value.money.amount_minor, brief.budget->value.money.currency)) : 1e9;
  const double from_kpi = brief.kpis.size() == 1 ? away(brief.kpis[0].target) : 1e9;
  const bool kpi_named = facts.amounts.bare_change_from && brief.kpis.size() == 1 &&
                         brief.kpis[0].target == *facts.amounts.bare_change_from;
  const Provenance from = span(facts, turn, facts.amounts.budget_begin, facts.amounts.budget_end);
  const bool budget_named = facts.amounts.bare_change_from && brief.budget &&
                            to_major(brief.budget->value.money.amount_minor, brief.budget->value.money.currency) ==
                                *facts.amounts.bare_change_from;
  const bool nearer = kpi_named != budget_named ? budget_named : from_budget <= from_kpi;
  if (brief.budget && nearer && !facts.amounts.bare_change_is_target) {
    Money& money = brief.budget->value.money;
    money.amount_minor = to_minor(std::min(value, kAmount_max), money.currency);
    brief.budget->from = from;
    brief.allocations.clear();
  } else if (brief.kpis.size() == 1) {
    brief.kpis[0].target = value;
    brief.kpis[0].from = from;
  }
}

// "2,000 for Facebook then": one allocation of an earlier turn changes, a total that was said does not.
bool change_parts(State& state, const AmountFacts& amounts) {
  Brief& brief = state.brief;
  if (amounts.part_changes.empty() || !brief.budget || brief.allocations.empty()) return false;
  auto parts = brief.allocations;
  for (const auto& change : amounts.part_changes) {
    const auto part = std::find_if(parts.begin(), parts.end(),
                                   [&](const auto& item) { return platform(item.first) == platform(change.first); });
    if (part == parts.end()) return false;
    part->second = change.second;
  }
  int64_t sum = 0;
  for (const auto& [channel, amount] : parts) sum += amount;
  brief.allocations = parts;
  if (state.total_said) state.split_mismatch = sum != brief.budget->value.money.amount_minor;
  else brief.budget->value.money.amount_minor = sum;
  return true;
}

void merge_budget(State& state, const Facts& facts, int turn) {
  const AmountFacts& amounts = facts.amounts;
  Brief& brief = state.brief;
  if (turn > 0 && change_parts(state, amounts)) return;
  if (amounts.budget) {
    state.total_said = !amounts.budget_is_sum;
    Budget budget{*amounts.budget, amounts.period.empty() ? "total" : amounts.period};
    if (turn > 0 && amounts.period.empty() && brief.budget) budget.period = brief.budget->value.period;
    if (turn > 0 && brief.budget && facts.text.at(amounts.budget_begin).kind == TokenKind::kNumber &&
        amounts.budget_end == amounts.budget_begin + 1)
      budget.money.currency = brief.budget->value.money.currency;
    brief.budget = Slot<Budget>{budget, span(facts, turn, amounts.budget_begin, amounts.budget_end)};
    brief.no_spend = turn == 0 && amounts.no_spend && !amounts.allocations.empty();
    if (turn > 0) brief.no_spend = false;
    brief.allocations = amounts.allocations;
    state.split_mismatch = amounts.split_mismatch;
  } else if (amounts.no_spend) {
    brief.no_spend = true;
    brief.budget.reset();
    brief.allocations.clear();
    state.split_mismatch = false;
  }
  if (amounts.split_mismatch) state.split_mismatch = true;
  if (!amounts.shares.empty()) {
    state.shares = amounts.shares;
    if (!amounts.split_mismatch && turn > 0) state.split_mismatch = false;
  }
  if (turn > 0) merge_bare_change(brief, facts, turn);
  if (turn > 0 && brief.budget) {
    int64_t& money = brief.budget->value.money.amount_minor;
    if (amounts.budget_factor > 0) money = std::llround(static_cast<double>(money) * amounts.budget_factor);
    if (amounts.budget_delta_minor != 0) money = std::max<int64_t>(0, money + amounts.budget_delta_minor);
    if (amounts.budget_factor > 0 || amounts.budget_delta_minor != 0) brief.allocations.clear();
  }
}

// 60/40 over two paid channels in the order they were named; percent by channel where both were named.
void apply_shares(State& state) {
  Brief& brief = state.brief;
  if (!brief.allocations.empty() || state.shares.empty() || !brief.budget || state.split_mismatch) return;
  std::vector<std::string> targets;
  const bool named = !state.shares.front().first.empty();
  for (const auto& slot : brief.channels) {
    if (!named && is_paid(slot.value)) targets.push_back(slot.value);
  }
  if (named) {
    for (const auto& [channel, share] : state.shares) targets.push_back(channel);
  }
  if (targets.size() != state.shares.size()) return;
  const int64_t total = brief.budget->value.money.amount_minor;
  int64_t left = total;
  for (size_t k = 0; k < targets.size(); ++k) {
    const int64_t part =
        k + 1 == targets.size() ? left : std::llround(static_cast<double>(total) * state.shares[k].second / 100.0);
    brief.allocations.emplace_back(targets[k], part);
    left -= part;
  }
}

void merge_rest(State& state, const Facts& facts, int turn) {
  Brief& brief = state.brief;
  if (!facts.audience.text.empty() && (turn == 0 || !brief.audience || facts.audience.text.size() > 3)) {
    Audience audience = brief.audience && turn > 0 ? brief.audience->value : Audience{};
    const bool refines = turn > 0 && brief.audience && brief.audience->from.source != Source::kDefault &&
                         !has_class(facts.text, facts.lang, C("replace_verb")) &&
                         audience.description.find(facts.audience.text) == std::string::npos;
    audience.description = refines ? audience.description + ", " + facts.audience.text : facts.audience.text;
    if (facts.amounts.min_age) audience.min_age = facts.amounts.min_age;
    if (facts.amounts.audience_size)
      audience.size_stated = static_cast<int64_t>(std::min(*facts.amounts.audience_size, 9e15));
    if (has_class(facts.text, facts.lang, C("consent_word"))) audience.consent = "opted_in";
    brief.audience = Slot<Audience>{audience, span(facts, turn, facts.audience.begin, facts.audience.end)};
  }
  if (!facts.offer.text.empty() && !brief.offer)
    brief.offer = Slot<std::string>{facts.offer.text, span(facts, turn, facts.offer.begin, facts.offer.end)};
  for (const Kpi& kpi : facts.amounts.kpis) {
    std::erase_if(brief.kpis, [&](const Kpi& old) { return old.from.turn < turn && old.metric == kpi.metric; });
    if (turn > 0 && brief.kpis.size() == 1 && facts.amounts.kpis.size() == 1 && brief.kpis[0].from.turn < turn &&
        !has_class(facts.text, facts.lang, C("add_verb")))
      brief.kpis.clear();
    brief.kpis.push_back(kpi);
  }
  // "200 guests would be nice" says how many come to the feast of the first turn.
  const bool guests = turn > 0 && brief.objective && brief.objective->value == "event" && !facts.amounts.kpis.empty() &&
                      objective_of_metric(facts.amounts.kpis.front().metric) == "event";
  if (!facts.objective.empty() && !guests && (turn == 0 || !brief.objective || !facts.amounts.kpis.empty())) {
    brief.objective = Slot<std::string>{facts.objective, Provenance{Source::kInferred, turn, 0, 0, {}}};
  }
  const std::optional<int> age = facts.amounts.min_age ? facts.amounts.min_age : std::nullopt;
  std::erase_if(state.hits,
                [&](const PolicyHit& hit) { return turn > 0 && withdraws(facts.text, facts.lang, hit.rule); });
  for (const PolicyHit& hit : find_policy(facts.said, facts.lang, age, facts.amounts.max_age, state.talk)) {
    if (turn > 0 && withdraws(facts.text, facts.lang, hit.rule)) continue;
    if (std::none_of(state.hits.begin(), state.hits.end(), [&](const PolicyHit& old) { return old.rule == hit.rule; }))
      state.hits.push_back(hit);
  }
  note_context(facts.said, facts.lang, age, facts.amounts.max_age, state.talk);
  if (!facts.tone.name.empty()) brief.tone = facts.tone.name;
  if (facts.you_decide) state.defaults = true;
}

void take_defaults(State& state) {
  Brief& brief = state.brief;
  const Provenance chosen{Source::kDefault, 0, 0, 0, "you decide"};
  if (brief.channels.empty()) {
    brief.channels.push_back({state.generic_ads ? "instagram_ads" : "email", chosen});
  }
  const bool paid =
      std::any_of(brief.channels.begin(), brief.channels.end(), [](const auto& slot) { return is_paid(slot.value); });
  if (paid && !brief.budget && !brief.no_spend) {
    brief.budget = Slot<Budget>{Budget{Money{to_minor(kTestBudget_major, "USD"), "USD"}, "total"}, chosen};
  }
  if (!brief.schedule && state.date_problem.empty()) {
    Schedule schedule;
    schedule.start = add_days(state.today, 1);
    schedule.duration_days = kDefaultLength_days;
    if (state.event_at && *state.event_at > schedule.start) {  // the talk about it ends the day before
      schedule.event_at = state.event_at;
      schedule.duration_days =
          std::min(kDefaultLength_days, static_cast<int>(days_between(schedule.start, *state.event_at)));
    }
    brief.schedule = Slot<Schedule>{schedule, chosen};
  }
  if (!brief.audience) {
    Audience audience;
    audience.description = "existing contacts";
    brief.audience = Slot<Audience>{audience, chosen};
  }
  if (!brief.offer) brief.offer = Slot<std::string>{"the brand", chosen};
}

void add_questions(const State& state, Understanding& out) {
  const Brief& brief = state.brief;
  const auto ask = [&](std::string_view slot, std::string_view kind, std::string_view detail = {}) {
    for (const Question& question : out.questions) {
      if (question.slot == slot) return;
    }
    if (out.questions.size() < kQuestions_max) out.questions.push_back(make_question(state.lang, slot, kind, detail));
  };
  for (const Contradiction& item : brief.contradictions) {
    if (item.id == "channel_conflict") ask("channels", "contradiction");
    else if (item.id == "end_before_start") ask("schedule", "contradiction", item.message);
    else ask("budget", "contradiction");
  }
  if (!state.date_problem.empty()) ask("schedule", state.date_problem, state.date_words);
  const bool paid =
      std::any_of(brief.channels.begin(), brief.channels.end(), [](const auto& slot) { return is_paid(slot.value); });
  const bool direct = std::any_of(brief.channels.begin(), brief.channels.end(), [](const auto& slot) {
    return slot.value == "email" || slot.value == "sms" || slot.value == "push";
  });
  if (brief.channels.empty()) ask("channels", "missing");
  const bool money_open = !brief.budget && !brief.no_spend;
  if (money_open && (paid || brief.channels.empty() || state.generic_ads) &&
      !(state.generic_ads && !paid && !brief.channels.empty()))
    ask("budget", "missing");
  if (!brief.schedule && state.date_problem.empty() && !state.reversed)
    state.event_at ? ask("schedule", "event", to_text(*state.event_at)) : ask("schedule", "missing");
  if (!brief.audience &&
      (direct || (!out.questions.empty() && brief.contradictions.empty() && state.date_problem.empty())))
    ask("audience", "missing");
  if (!brief.offer && brief.kpis.empty()) ask("offer", "missing");
}

Understanding finish(const State& source) {
  State state = source;
  Brief& brief = state.brief;
  brief.language = std::string(lang_code(state.lang));
  if (state.defaults) take_defaults(state);
  apply_shares(state);
  const bool paid =
      std::any_of(brief.channels.begin(), brief.channels.end(), [](const auto& slot) { return is_paid(slot.value); });
  const auto contradiction = [&](std::string_view id) {
    brief.contradictions.push_back({std::string(id), contradiction_message(state.lang, id)});
  };
  if (state.channel_conflict) contradiction("channel_conflict");
  if (brief.no_spend && (paid || (state.generic_ads && brief.channels.empty())))
    contradiction("budget_vs_paid_channel");
  if (state.split_mismatch) contradiction("split_sum_vs_total");
  if (state.reversed) contradiction("end_before_start");
  if (brief.schedule && brief.schedule->value.duration_days && !brief.schedule->value.end) {
    brief.schedule->value.end = add_days(brief.schedule->value.start, *brief.schedule->value.duration_days - 1);
  }
  if (!brief.objective) brief.objective = Slot<std::string>{"awareness", Provenance{Source::kDefault, 0, 0, 0, {}}};
  bool blocked = false, refused = false;
  for (const PolicyHit& hit : state.hits) {
    const bool waiver = hit.rule == "approval.not_waivable_by_text";
    brief.findings.push_back({std::string(hit.rule), waiver ? "warn" : "block", finding_message(state.lang, hit.rule)});
    blocked = blocked || !waiver;
    refused = refused || is_refused(hit.rule);
  }
  Understanding out;
  out.brief = brief;
  if (!blocked) add_questions(state, out);
  out.outcome = refused                 ? Outcome::kRefuse
                : blocked               ? Outcome::kFlag
                : out.questions.empty() ? Outcome::kPlan
                                        : Outcome::kAsk;
  const bool nothing_said = brief.channels.empty() && !brief.budget && !brief.no_spend && !brief.schedule &&
                            brief.kpis.empty() && brief.contradictions.empty();
  out.reply = state.small_talk && nothing_said && !blocked ? introduction(state.lang) : make_reply(state.lang, out);
  return out;
}

}  // namespace

Understanding understand(const std::vector<Turn>& turns, const Known& known) {
  State state;
  const std::string zone = is_zone(known.zone) ? known.zone : "UTC";
  const auto local = to_local(known.now, zone);
  state.today = local.ok() ? local->date : Date{};
  state.country = country_of_zone(zone);
  Understanding out;
  const size_t count = std::min(turns.size(), kTurns_max);
  for (size_t i = 0; i < count; ++i) {
    const auto turn = static_cast<int>(i);
    const bool asked =
        std::any_of(out.questions.begin(), out.questions.end(), [](const Question& q) { return q.slot == "channels"; });
    const Facts facts = read_turn(turns[i].text, turn, state);
    if (i == 0) state.lang = facts.lang;
    merge_channels(state, facts, turn, asked);
    merge_schedule(state, facts, turn);
    merge_budget(state, facts, turn);
    merge_rest(state, facts, turn);
    if (turn > 0) restore(state, facts);
    state.history.push_back(state.brief);
    state.small_talk = facts.small_talk;
    if (i + 1 == count || i + 1 < count) out = finish(state);
  }
  if (count == 0) out = finish(state);
  if (out.brief.audience) {
    const std::string said = lower_ascii(out.brief.audience->value.description);
    for (const std::string& name : known.lists) {
      if (!name.empty() && said.find(lower_ascii(name)) != std::string::npos) out.brief.audience->value.list = name;
    }
  }
  return out;
}

}  // namespace spreaders::planners
