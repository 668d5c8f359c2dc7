// What of a model's draft is believed. One function a slot; each looks at the user's words before it takes anything
// over.
#include <algorithm>
#include <array>
#include <cmath>

#include "planners/llm/ground.hpp"
#include "planners/llm/understand.hpp"

namespace spreaders::planners::llm {
namespace {

constexpr const char* kInferredNote = "read by the model; the words do not say it literally";

struct Merge {
  const Draft& draft;
  const std::vector<Turn>& turns;
  const Date today;
  PlannerTrace& trace;
  Understanding result;

  void drop(std::string what) { trace.dropped.push_back(std::move(what)); }

  [[nodiscard]] Provenance evidence_of(std::string_view text) const {
    if (const auto found = find_quote(turns, text)) return stated(*found);
    return {.source = Source::kInferred, .note = kInferredNote};
  }

  void ask(std::string slot, std::string kind, std::string prompt, std::vector<std::string> choices = {}) {
    auto& questions = result.questions;
    std::erase_if(questions, [&](const Question& one) { return one.slot == slot && one.kind == "missing"; });
    questions.push_back({std::move(slot), std::move(kind), std::move(prompt), std::move(choices), {}});
  }

  // The slot has a value now, so a question that only missed it is answered.
  void answered(std::string_view slot) {
    std::erase_if(result.questions, [&](const Question& one) { return one.slot == slot && one.kind == "missing"; });
  }

  void objective() {
    auto& slot = result.brief.objective;
    if (!draft.objective) return;
    const bool rules_read_it = slot && (slot->from.source == Source::kStated || slot->from.source == Source::kAnswered);
    if (rules_read_it) return;
    if (!slot || slot->value != *draft.objective) {
      slot = Slot<std::string>{*draft.objective, {.source = Source::kInferred, .note = kInferredNote}};
    }
    answered("objective");
  }

  // The model cuts phrases better than the rules do, so a literal quote replaces theirs.
  void offer() {
    if (!draft.offer) return;
    const auto from = evidence_of(*draft.offer);
    if (result.brief.offer && from.source != Source::kStated) return;
    result.brief.offer = Slot<std::string>{*draft.offer, from};
    answered("offer");
  }

  // Whom a campaign reaches is never the model's choice alone: what it did not quote is confirmed by the user.
  void audience() {
    if (!draft.audience || result.brief.audience) return;
    const auto from = evidence_of(*draft.audience);
    Audience audience;
    audience.description = *draft.audience;
    result.brief.audience = Slot<Audience>{std::move(audience), from};
    answered("audience");
    if (from.source != Source::kStated) ask("audience", "confirm", "Should this go to: " + *draft.audience + "?");
  }

  void channels() {
    auto& brief = result.brief;
    const auto has = [&](std::string_view id) {
      return std::any_of(brief.channels.begin(), brief.channels.end(),
                         [&](const auto& one) { return one.value == id; });
    };
    const bool user_chose =
        !brief.channels.empty() || std::any_of(draft.channels.begin(), draft.channels.end(),
                                               [&](const auto& id) { return find_channel(turns, id).has_value(); });
    for (const auto& id : draft.channels) {
      if (has(id)) continue;
      const auto& excluded = brief.excluded_channels;
      if (std::find(excluded.begin(), excluded.end(), id) != excluded.end()) {
        drop("channel " + id + ": the user excluded it");
      } else if (const auto found = find_channel(turns, id)) {
        brief.channels.push_back({id, stated(*found)});
      } else if (is_paid_channel(id)) {
        drop("channel " + id + ": the user named no such advertising");
      } else if (user_chose) {
        drop("channel " + id + ": the user named other channels");
      } else {
        brief.channels.push_back({id, {.source = Source::kInferred, .note = kInferredNote}});
      }
    }
    if (!brief.channels.empty()) answered("channels");
  }

  void budget() {
    if (!draft.budget_amount) return;
    auto& brief = result.brief;
    if (brief.no_spend) {
      drop("budget: the user wants to spend nothing");
      return;
    }
    const std::string currency = draft.budget_currency.value_or(brief.budget ? brief.budget->value.money.currency : "");
    const double scale = std::pow(10.0, currency.empty() ? 2 : minor_digits(currency));
    const auto minor = static_cast<int64_t>(std::llround(std::min(*draft.budget_amount * scale, 9e17)));
    if (brief.budget) {
      const auto& money = brief.budget->value.money;
      if (money.amount_minor == minor && money.currency == currency) return;
      drop("budget: the words say another amount or currency than the model read");
      if (find_number(turns, *draft.budget_amount) && money.amount_minor != minor) {
        ask("budget", "ambiguous", "Which amount is the budget?");
      }
      return;
    }
    const auto number = find_number(turns, *draft.budget_amount);
    if (!number) {
      drop("budget: the user never said this amount");
      ask("budget", "missing", "What budget do you want to set, and in which currency?");
    } else if (currency.empty() || !find_currency(turns, currency)) {
      drop("budget: the user never said this currency");
      ask("budget", "missing", "In which currency is the budget?");
    } else {
      Budget value{.money = {.amount_minor = minor, .currency = currency},
                   .period = draft.budget_period.value_or("total")};
      brief.budget = Slot<Budget>{std::move(value), stated(*number)};
      answered("budget");
    }
  }

  void schedule() {
    if (!draft.start || result.brief.schedule) return;
    constexpr int kDaysAhead_max = 3 * 366;
    const int ahead = days_between(today, *draft.start);
    if (ahead < 0 || ahead > kDaysAhead_max) {
      drop("start: the date is past or too far away");
      return;
    }
    Schedule schedule;
    schedule.start = *draft.start;
    if (draft.end && *draft.end < *draft.start) {
      drop("end: it lies before the start");
    } else if (draft.end) {
      schedule.end = draft.end;
    }
    Provenance from{.source = Source::kInferred, .note = kInferredNote};
    if (const auto found = find_quote(turns, to_text(*draft.start))) from = stated(*found);
    result.brief.schedule = Slot<Schedule>{schedule, from};
    answered("schedule");
  }

  void kpis() {
    for (const auto& kpi : draft.kpis) {
      auto& known = result.brief.kpis;
      if (std::any_of(known.begin(), known.end(),
                      [&](const Kpi& one) { return one.metric == kpi.metric || one.target == kpi.target; })) {
        continue;
      }
      const auto number = find_number(turns, kpi.target);
      const bool is_money = kpi.unit != "count" && kpi.unit != "percent" && kpi.unit != "ratio";
      if (!number || (is_money && !find_currency(turns, kpi.unit))) {
        drop("kpi " + kpi.metric + ": the user never said this target");
        continue;
      }
      known.push_back({.metric = kpi.metric,
                       .target = kpi.target,
                       .unit = kpi.unit,
                       .cmp = kpi.metric.starts_with("cost_per_") ? "<=" : ">=",
                       .from = stated(*number)});
      answered("kpi");
    }
  }

  void concerns() {
    for (const auto& concern : draft.policy_concerns) {
      if (!concern.empty()) result.brief.findings.push_back({"model.concern", "warn", concern});
    }
  }

  [[nodiscard]] bool is_known(std::string_view slot) const {
    const auto& brief = result.brief;
    if (slot == "objective") return brief.objective.has_value();
    if (slot == "offer") return brief.offer.has_value();
    if (slot == "audience") return brief.audience.has_value();
    if (slot == "channels") return !brief.channels.empty();
    if (slot == "budget") return brief.budget.has_value() || brief.no_spend;
    if (slot == "schedule") return brief.schedule.has_value();
    if (slot == "kpi") return !brief.kpis.empty();
    return slot == "credentials";  // accounts are connected on a page, never by an answer
  }

  void questions() {
    for (const auto& question : draft.questions) {
      auto& asked = result.questions;
      const bool again =
          std::any_of(asked.begin(), asked.end(), [&](const Question& one) { return one.slot == question.slot; });
      if (again || is_known(question.slot) || question.prompt.empty()) continue;
      if (asks_for_secret(question.prompt) || has_link(question.prompt)) {
        drop("question about " + question.slot + ": it asks for a secret or holds a link");
        continue;
      }
      asked.push_back({question.slot, "missing", question.prompt, {}, {}});
    }
    if (result.questions.size() > kQuestions_max) result.questions.resize(kQuestions_max);
  }

  static bool asks_for_secret(std::string_view prompt);
};

bool Merge::asks_for_secret(std::string_view prompt) {
  static const std::vector<std::string_view> kWords = {
      "password",     "passwort",    "contrase",
      "mot de passe", "senha",       "api key",
      "api-key",      "token",       "secret",
      "credential",   "card number", "credit card",
      "kreditkarte",  "cvv",         "iban",
      "login",        "private key", "\xE3\x83\x91\xE3\x82\xB9\xE3\x83\xAF\xE3\x83\xBC\xE3\x83\x89"};
  std::string lower(prompt);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return lower.find(word) != std::string::npos; });
}

struct Replies {
  std::string_view language;
  std::string_view plan;
  std::string_view ask;
};
constexpr Replies kReplies[] = {
    {"en", "Here is the plan as I understood it. Nothing runs before you approve it.",
     "I need a little more before I can draft the plan."},
    {"de", "So habe ich den Plan verstanden. Nichts läuft, bevor Sie ihn freigeben.",
     "Für den Plan fehlt mir noch etwas."},
    {"fr", "Voici le plan tel que je l'ai compris. Rien ne démarre avant votre accord.",
     "Il me manque encore une précision pour le plan."},
    {"es", "Este es el plan tal como lo entendí. Nada se ejecuta antes de su aprobación.",
     "Me falta algún dato para preparar el plan."},
    {"pt", "Este é o plano como o entendi. Nada começa antes da sua aprovação.",
     "Falta-me algum dado para preparar o plano."},
    {"ja", "理解した計画はこちらです。承認されるまで何も実行されません。",
     "計画を作るために、もう少し教えてください。"},
};

// Set texts only: what a model says to the user about a plan could claim anything.
std::string reply_for(const Understanding& understanding) {
  const auto* found = std::find_if(std::begin(kReplies), std::end(kReplies), [&](const Replies& one) {
    return understanding.brief.language.starts_with(one.language);
  });
  if (found == std::end(kReplies)) found = std::begin(kReplies);
  return std::string(understanding.outcome == Outcome::kPlan ? found->plan : found->ask);
}

}  // namespace

Understanding merge(const Understanding& rules, const Draft& draft, const std::vector<Turn>& turns, Date today,
                    PlannerTrace& trace) {
  if (rules.outcome == Outcome::kRefuse) return rules;
  Merge state{.draft = draft, .turns = turns, .today = today, .trace = trace, .result = rules};
  state.objective();
  state.offer();
  state.audience();
  state.channels();
  state.budget();
  state.schedule();
  state.kpis();
  state.concerns();
  state.questions();
  if (draft.steps > 0) state.drop("steps: the control plane builds them itself");
  Understanding& result = state.result;
  if (rules.outcome == Outcome::kFlag) return std::move(result);
  // With no channel there is nothing to plan, whatever was left unasked.
  if (result.brief.channels.empty() && result.questions.empty()) {
    state.ask("channels", "missing", "Over which channels should this run?");
  }
  result.outcome = result.questions.empty() ? Outcome::kPlan : Outcome::kAsk;
  if (result.outcome != rules.outcome || result.reply.empty()) result.reply = reply_for(result);
  return std::move(result);
}

}  // namespace spreaders::planners::llm
