#include <algorithm>
#include <array>
#include <cmath>

#include "planners/rules/amount_targets.hpp"
#include "planners/rules/kpi_table.hpp"

namespace spreaders::planners::rules {
namespace {

class Reader : AmountTargets {
 public:
  using AmountTargets::AmountTargets;

  AmountFacts run() {
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("no_spend")) > 0 && !(i > 0 && text_.is(i - 1, "not"))) {
        facts_.no_spend = true;
        use(i, m(i, C("no_spend")));
      }
    }
    find_ages();
    find_two_for_one();
    find_replaced();
    find_cash();
    find_splits();
    settle_budget();
    find_rates();
    find_counts();
    find_changes();
    find_bare_change();
    std::stable_sort(kpis_.begin(), kpis_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [at, kpi] : kpis_) facts_.kpis.push_back(kpi);
    return std::move(facts_);
  }

 private:
  std::vector<Cash> cash_;
  std::vector<std::pair<int, Kpi>> kpis_;

  void find_cash() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || taken(i)) continue;
      Cash cash;
      cash.begin = cash.number = i;
      cash.end = i + 1;
      cash.amount = text_.at(i).value;
      int end = -1;
      std::string_view code;
      int before_end = -1;
      if (i > 0) {
        code = currency_at(i - 1, before_end);
        if (before_end != i) code = {};
        if (!code.empty()) cash.begin = i - 1;
      }
      int next = i + 1;
      if (text_.is(next, "-")) ++next;
      const bool linked =
          lang_ != Lang::kEn && (text_.is(next, "de") || text_.is(next, "d'"));  // "2 millones de pesos"
      if (linked) ++next;
      const std::string_view after = currency_at(next, end);
      if (!after.empty() && (code.empty() || code == "$")) {
        if (!(after == "$" && next < text_.size() && text_.is(next, "$") && text_.is_number(next + 1) &&
              text_.at(next).space_before)) {
          code = after == "$" && code == "$" ? code : after;
          cash.end = end;
        }
      }
      if (code.empty()) {  // "55 a day AUD"
        const int period = period_end(i + 1);
        const std::string_view late = period > 0 ? currency_at(period, end) : std::string_view{};
        if (!late.empty()) code = late, cash.end = end;
      }
      if (code.empty()) {
        if (!bare_budget(i)) continue;
        cash.currency = !cash_.empty() ? cash_.back().currency : std::string(home_currency(country_, lang_));
      } else {
        cash.currency = resolve(code);
        if (three_decimals(i, cash.currency)) cash.amount /= 1000;
      }
      classify(cash);
      use(cash.begin, cash.end);
      cash_.push_back(cash);
    }
  }

  // "12.500 KWD" in English: the dinar has a thousand fils, so the point is no grouping.
  [[nodiscard]] bool three_decimals(int i, std::string_view currency) const {
    const std::string& digits = text_.at(i).text;
    return lang_ == Lang::kEn && minor_digits(currency) == 3 && digits.size() >= 5 &&
           digits[digits.size() - 4] == '.' && digits.find(',') == std::string::npos;
  }

  // "budget of 500", "予算は500", and a number right after a correction of money.
  [[nodiscard]] bool bare_budget(int i) const {
    if (text_.is(i + 1, "%") || text_.is(i + 1, "/") || text_.is(i - 1, "/") || text_.at(i).ordinal) return false;
    if (m(i + 1, C("distance")) > 0 || m(i + 1, C("staff_word")) > 0) return false;
    const bool counted = noun_near(i).end > 0;
    if (text_.slice(i, i + 1).ends_with("grand") && text_.at(i).spelled && !counted) return true;
    if (turn_ > 0 && period_end(i + 1) > 0) return true;  // "let's say 25 a day"
    for (int k = i - 1; k >= 0 && k >= i - 4; --k) {
      if (!same_sentence(k, i) || text_.is(k, ",")) break;
      if (m(k, C("budget_strong")) > 0 || text_.is(k, "spend") || (text_.is(k, "予") && text_.is(k + 1, "算")))
        return !counted;
      if (m(k, C("correction")) > 0 && !cash_.empty() && k - cash_.back().end <= 4) return !counted;
      if (text_.is_number(k)) break;
    }
    if (m(i + 1, C("budget_strong")) > 0 && !counted) return true;
    if (!cash_.empty() && i - cash_.back().end <= 6 && !counted) {
      for (int k = cash_.back().end; k < i; ++k) {
        if (m(k, C("correction")) > 0) return true;
      }
    }
    return false;
  }

  void classify(Cash& cash) const {
    const int after = cash.end;
    cash.period = period_near(cash);
    if (cash.period.empty() && period_end(cash.number + 1) > 0 && period_end(cash.number + 1) < cash.end)
      cash.period = period_name(cash.number + 1);
    const bool budgeted = near_before(cash.begin, 5, C("budget_word"), true) ||
                          near_after(after, 3, C("budget_word")) || capped(cash.begin);
    if (budgeted) cash.strength = total_before(cash.begin) || near_after(after, 3, C("budget_strong")) ? 3 : 2;
    if (cost_per(cash)) return;
    if (near_after(after, 1, C("offer_after")) || (near_after(after, 2, C("offer_after")) && !budgeted)) {
      cash.kind = Cash::Kind::kOffer;
    } else if (cash.strength == 0 && cash.period.empty() && turn_ == 0 && priced_thing(cash)) {
      cash.kind = Cash::Kind::kPrice;
    } else if (!budgeted && cash.period.empty() && raised(cash.begin)) {
      cash.kind = Cash::Kind::kRevenue;
    } else if (lang_ == Lang::kEn && (text_.is(cash.begin - 1, "save"))) {
      cash.kind = Cash::Kind::kOffer;
    } else if (!budgeted && cash.period.empty() &&
               (near_before(cash.begin, 5, C("revenue_word"), true) || near_after(after, 3, C("revenue_word")))) {
      cash.kind = Cash::Kind::kRevenue;
    } else if (budgeted && near_before(cash.begin, 4, C("revenue_word"), true) &&
               !near_before(cash.begin, 3, C("budget_strong"), true)) {
      cash.kind = Cash::Kind::kRevenue;
    } else if (cash.strength == 0 && !(cash.period.size() > 0 && priced_at(cash.begin)) &&
               (m(after, C("price_after")) > 0 || priced(cash.begin))) {
      cash.kind = Cash::Kind::kPrice;
    }
    if (lang_ == Lang::kJa && cash.kind == Cash::Kind::kBudget && noun_before(cash.begin).end >= 0 &&
        noun_before(cash.begin).metric == "sales")
      cash.kind = Cash::Kind::kRevenue;
  }
  // "bono de 5 sesiones por 150 €", "places £140 each": goods and their price, with nothing to advertise on beside.
  [[nodiscard]] bool priced_thing(const Cash& cash) const {
    if (!channel_beside(cash.begin, cash.end).empty()) return false;
    if (m(cash.begin - 1, C("priced_thing")) == cash.begin) return true;
    return m(cash.begin - 1, C("price_link")) == cash.begin && near_within(cash.begin - 1, 5, C("priced_thing"));
  }
  // As near_before, over numbers too: "bono de 5 sesiones".
  [[nodiscard]] bool near_within(int i, int before, ClassId id) const {
    for (int k = i - 1; k >= 0 && k >= i - before && same_sentence(k, i) && text_.at(k).kind != TokenKind::kPunct;
         --k) {
      if (m(k, id) > 0) return true;
    }
    return false;
  }
  // "寄付を募ります。目標は200万円": the goal of a text that asks for donations.
  [[nodiscard]] bool raised(int begin) const {
    bool funds = false;
    for (int i = 0; i < text_.size() && !funds; ++i) funds = m(i, C("fund_word")) > 0;
    return funds && near_before(begin, 4, C("fund_goal"), true);
  }
  // "livraison à 1 €", "menú a 12 €": the price of what stands before.
  [[nodiscard]] bool priced_at(int begin) const {
    if ((lang_ != Lang::kFr && lang_ != Lang::kEs && lang_ != Lang::kPt) || !text_.is(begin - 1, "a") || begin < 2 ||
        (lang_ == Lang::kFr &&
         (text_.is(begin - 2, "on") || text_.is(begin - 2, "elle") || text_.is(begin - 2, "y"))) ||
        turn_ > 0)
      return false;
    return text_.at(begin - 2).kind == TokenKind::kWord && !channels_.used[static_cast<size_t>(begin - 2)] &&
           m(begin - 2, C("ad_word")) < 0 && m(begin - 2, C("period_day")) < 0;
  }
  [[nodiscard]] bool priced(int begin) const {
    if (priced_at(begin)) return true;
    const int lead = match_before(text_, begin, lang_, C("price_before"));
    if (lead < 0) return false;
    if (turn_ > 0 && m(lead, C("only")) > 0) return false;  // "and only 450 euros" corrects the budget
    if (lang_ == Lang::kEn && (text_.is(begin - 1, "only") || text_.is(begin - 1, "a") || text_.is(begin - 1, "the") ||
                               text_.is(begin - 1, "our")))
      return m_adj_price(begin);
    return true;
  }
  [[nodiscard]] bool m_adj_price(int begin) const {
    return text_.is(begin - 1, "our") || (text_.is(begin - 1, "a") && !near_after(begin, 5, C("budget_word")) &&
                                          near_after(begin + 2, 2, C("price_after")));
  }

  std::string period_near(const Cash& cash) const {
    if (lang_ == Lang::kJa && text_.is(cash.begin - 1, "月") && !text_.is_number(cash.begin - 2))
      return "month";  // 月10万円
    if (lang_ == Lang::kJa && text_.is(cash.begin - 1, "週")) return "week";
    const std::array<std::pair<ClassId, std::string_view>, 3> periods = {
        {{C("period_day"), "day"}, {C("period_week"), "week"}, {C("period_month"), "month"}}};
    for (const auto& [id, name] : periods) {
      int at = cash.end;
      for (int k = at; k < std::min(at + 3, text_.size()); ++k) {
        if (text_.is_number(k) || text_.is(k, ",")) break;
        if (lang_ == Lang::kJa && k > at && text_.is(k, "、")) break;
        if (lang_ == Lang::kJa && (text_.is(k, "、") || text_.is(k, ",") || text_.is(k, "を") || text_.is(k, "で")))
          break;
        if (m(k, id) > 0) return std::string(name);
        if (m(k, C("budget_word")) < 0 && m(k, C("article")) < 0 && !text_.is(k, "in") && !text_.is(k, "ad")) break;
      }
      for (int k = cash.begin - 1; k >= std::max(0, cash.begin - 8); --k) {
        if (text_.is_number(k) && lang_ != Lang::kJa) break;
        const int end = m(k, id);
        if (end > 0 && end <= cash.begin && period_lead(end, cash.begin)) return std::string(name);
      }
    }
    return {};
  }
  // Between "weekly" and the money only words like "budget of".
  [[nodiscard]] bool period_lead(int from, int to) const {
    for (int k = from; k < to; ++k) {
      if (m(k, C("budget_word")) < 0 && m(k, C("article")) < 0 && !text_.is(k, ":") && !text_.is(k, "is") &&
          !text_.is(k, "の") && !text_.is(k, "は") && !text_.is(k, "de") && !text_.is(k, "von") && !text_.is(k, "ad") &&
          !text_.is(k, "あ") && !text_.is(k, "た") && !text_.is(k, "り"))
        return false;
    }
    return true;
  }

  // 60/40; 70% on A and 30% on B.
  void find_splits() {
    std::vector<std::pair<std::string, double>> shares;
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || taken(i)) continue;
      if (text_.is(i + 1, "/") && text_.is_number(i + 2) && !taken(i + 2)) {
        std::vector<double> parts = {text_.at(i).value};
        int at = i + 1;
        while (text_.is(at, "/") && text_.is_number(at + 1)) {
          parts.push_back(text_.at(at + 1).value);
          at += 2;
        }
        double sum = 0;
        for (const double part : parts) sum += part;
        if (std::abs(sum - 100) < 0.01 || near_after(at, 3, C("split_word")) || near_before(i, 4, C("split_word"))) {
          for (const double part : parts) facts_.shares.emplace_back("", part);
          if (std::abs(sum - 100) >= 0.01) facts_.split_mismatch = true;
          use(i, at);
        }
      } else if (text_.is(i + 1, "%")) {
        const std::string channel = channel_beside(i, i + 2);
        if (!channel.empty() && !near_after(i + 2, 2, C("offer_after")))
          shares.emplace_back(channel, text_.at(i).value);
      }
    }
    if (shares.size() < 2) return;
    double sum = 0;
    for (const auto& [channel, share] : shares) sum += share;
    if (std::abs(sum - 100) >= 0.01 && sum >= 60) facts_.split_mismatch = true;
    if (sum >= 60) {
      facts_.shares = shares;
      for (int i = 0; i < text_.size(); ++i) {
        if (text_.is_number(i) && text_.is(i + 1, "%") && !channel_beside(i, i + 2).empty()) use(i, i + 2);
      }
    }
  }

  static int64_t minor(double amount, std::string_view currency) { return to_minor(std::min(amount, 9e12), currency); }

  void settle_budget() {
    std::vector<Cash> budgets;
    for (Cash& cash : cash_) {
      if (is_wanted(cash)) cash.kind = Cash::Kind::kRevenue;
      if (cash.kind == Cash::Kind::kCostPer)
        add_kpi(cash.begin, cash.metric, cash.amount, cash.currency, "<=", cash.begin, cash.end);
      else if (cash.kind == Cash::Kind::kRevenue)
        add_kpi(cash.begin, "revenue", cash.amount, cash.currency, ">=", cash.begin, cash.end);
      if (cash.kind != Cash::Kind::kBudget) continue;
      if (!budgets.empty() && cash.begin - budgets.back().end <= 9 &&
          correction_between(budgets.back().end, cash.begin)) {
        Cash next = cash;
        if (next.period.empty()) next.period = budgets.back().period;
        next.strength = std::max(next.strength, budgets.back().strength);
        budgets.back() = next;
        continue;
      }
      budgets.push_back(cash);
    }
    if (budgets.empty()) return;
    std::vector<Cash> allocated;
    for (Cash& cash : budgets) {
      cash.channel = channel_beside(cash.begin, cash.end);
      if (!cash.channel.empty() && cash.strength < 3) allocated.push_back(cash);
    }
    if (turn_ > 0 && allocated.size() == budgets.size()) {  // "2,000 for Facebook then": parts of what was said before
      for (const Cash& cash : allocated)
        facts_.part_changes.emplace_back(cash.channel, minor(cash.amount, cash.currency));
    }
    const Cash* total = nullptr;
    for (const Cash& cash : budgets) {
      const bool part = allocated.size() >= 2 && !cash.channel.empty() && cash.strength < 3;
      const bool rest = allocated.size() == 1 && budgets.size() == 2 && cash.begin == allocated[0].begin;
      if (part || rest) continue;
      if (total == nullptr || cash.strength > total->strength) total = &cash;
    }
    double sum = 0;
    if (allocated.size() >= 2 ||
        (allocated.size() == 1 && budgets.size() == 2 && total != nullptr && total->begin != allocated[0].begin)) {
      for (const Cash& cash : allocated) {
        facts_.allocations.emplace_back(cash.channel, minor(cash.amount, cash.currency));
        sum += cash.amount;
      }
    }
    if (total == nullptr) {
      if (allocated.empty()) return;
      facts_.budget_is_sum = true;
      Cash all = allocated[0];
      all.amount = sum;
      set_budget(all);
      facts_.budget_end = allocated.back().end;
      return;
    }
    bool rest = false;
    for (int i = 0; i < text_.size(); ++i) rest = rest || m(i, C("rest_word")) > 0;
    if (!facts_.allocations.empty() && std::abs(sum - total->amount) >= 0.01 &&
        (sum > total->amount || (facts_.allocations.size() >= 2 && !rest))) {
      if (total->period.empty() || allocated[0].period == total->period) facts_.split_mismatch = true;
    }
    set_budget(*total);
  }
  // "no ad money, we need 15,000 euros": where nothing is spent the sum is the aim.
  [[nodiscard]] bool is_wanted(const Cash& cash) const {
    if (cash.kind != Cash::Kind::kBudget || !facts_.no_spend || cash.strength >= 2 || !cash.period.empty() || turn_ > 0)
      return false;
    const bool paid =
        std::any_of(channels_.mentions.begin(), channels_.mentions.end(),
                    [](const ChannelMention& mention) { return !mention.excluded && is_paid(mention.id); });
    return !paid && near_before(cash.begin, 4, C("goal_word"), true);
  }
  void set_budget(const Cash& cash) {
    if (cash.amount <= 0) {
      facts_.no_spend = true;
      return;
    }
    facts_.budget = Money{minor(cash.amount, cash.currency), cash.currency};
    facts_.period = cash.period;
    facts_.budget_begin = cash.begin;
    facts_.budget_end = cash.end;
  }

  void add_kpi(int at, std::string metric, double target, std::string unit, std::string cmp, int begin, int end) {
    for (const auto& [where, kpi] : kpis_) {
      if (kpi.metric == metric && kpi.unit == unit && !correction_between(where, at)) return;
    }
    std::erase_if(kpis_, [&](const auto& item) { return item.second.metric == metric && item.second.unit == unit; });
    Kpi kpi;
    kpi.metric = std::move(metric);
    kpi.target = target;
    kpi.unit = std::move(unit);
    kpi.cmp = std::move(cmp);
    kpi.from = Provenance{Source::kStated, turn_, text_.at(begin).start, text_.at(end - 1).end, {}};
    kpis_.emplace_back(at, std::move(kpi));
    use(begin, end);
  }

  struct Rate {
    std::string metric;
    int begin = -1;
    int end = -1;
  };
  void find_rates() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || dates_.used[static_cast<size_t>(i)]) continue;
      if (roas(i) || facts_.used[static_cast<size_t>(i)]) continue;
      const int percent = m(i + 1, C("percent"));
      if (percent < 0) continue;
      if (is_discount(i, percent)) {
        use(i, percent);
        continue;
      }
      Rate rate = rate_after(i, percent);
      if (rate.metric.empty() && lang_ != Lang::kJa && rate_before(i).metric.empty() &&
          near_before(i, 3, C("aim_word"), true))
        rate = rate_said(i, percent);
      if (rate.metric.empty() || lang_ == Lang::kJa) {
        if (Rate before = rate_before(i); !before.metric.empty())
          rate = {before.metric, before.begin, std::max(rate.end, percent)};
      }
      if (rate.metric.empty()) {
        growth(i, percent);
        continue;
      }
      const bool low_is_good =
          rate.metric == "unsubscribe_rate" || rate.metric == "bounce_rate" || rate.metric == "churn_rate";
      add_kpi(rate.begin, rate.metric, text_.at(i).value, "percent", low_is_good ? "<=" : ">=", rate.begin, rate.end);
    }
  }
  [[nodiscard]] bool is_discount(int i, int percent) const {
    return near_after(percent, 2, C("offer_after")) || (lang_ == Lang::kJa && m(percent, C("offer_after")) > 0) ||
           match_before(text_, i, lang_, C("offer_before")) >= 0 || (i > 0 && text_.is(i - 1, "-"));
  }
  // "4% conversion", "5% of our app users to upgrade".
  Rate rate_after(int i, int percent) {
    int stop = -1;
    const int reach = m(percent, C("of")) > 0 ? 9 : 6;  // "5% of our 12k subscribers should click"
    for (int k = percent; k < std::min(percent + reach, text_.size()) && same_sentence(k, i); ++k) {
      if ((text_.is_number(k) && reach == 6) || (text_.is(k, ",") && lang_ != Lang::kJa)) break;
      if (const std::string_view hit = rate_at(text_, k, stop); !hit.empty()) {
        const bool people_between = k > percent + 1;  // they stay people
        if (people_between) use(k, stop);
        return {std::string(hit), i, people_between ? percent : stop};
      }
      if (lang_ == Lang::kEn && text_.is(k + 1, "rate") && m(k, C("article")) < 0)
        return {text_.at(k).text + "_rate", i, k + 2};
    }
    return {{}, i, percent};
  }
  // "Can we increase the open rate? Target 35%": the rate named in an earlier sentence.
  [[nodiscard]] Rate rate_said(int i, int percent) const {
    int stop = -1;
    for (int k = i - 1; k >= 0; --k) {
      if (const std::string_view hit = rate_at(text_, k, stop); !hit.empty() && stop - k > 1)
        return {std::string(hit), i, percent};
    }
    return {};
  }
  // "open rate of 20%", "taux d'ouverture de 8 %".
  [[nodiscard]] Rate rate_before(int i) const {
    int stop = -1;
    for (int k = i - 1; k >= 0 && k >= i - 7 && same_sentence(k, i); --k) {
      if (text_.is_number(k)) break;
      if (std::string_view hit = rate_at(text_, k, stop); !hit.empty() && stop <= i) {
        int begin = k;
        for (int b = k - 1; b >= 0 && b >= k - 3; --b) {  // the longest name may begin further left
          int longer = -1;
          const std::string_view wide = rate_at(text_, b, longer);
          if (!wide.empty() && longer == stop) hit = wide, begin = b;
        }
        return {std::string(hit), begin, i};
      }
      if (lang_ == Lang::kEn && text_.is(k, "rate") && k > 0) return {text_.at(k - 1).text + "_rate", k - 1, i};
    }
    return {};
  }
  // "20% more bookings", "increase sales by 20%".
  void growth(int i, int percent) {
    int at = percent;
    if (m(at, C("increase_word")) > 0) {
      at = m(at, C("increase_word"));
      if (m(at, C("of")) > 0) at = m(at, C("of"));
      const Noun noun = noun_at(at);
      if (noun.end > 0) add_kpi(i, noun.metric, text_.at(i).value, "percent", ">=", i, noun.end);
      return;
    }
    for (int k = i - 1; k >= 0 && k >= i - 6 && same_sentence(k, i); --k) {
      if (m(k, C("budget_word")) > 0) return;
      const Noun noun = noun_at(k);
      if (noun.end > 0 && near_before(k, 4, C("increase_word"))) {
        add_kpi(k, noun.metric, text_.at(i).value, "percent", ">=", k, percent);
        return;
      }
    }
  }
  bool roas(int i) {
    const bool after =
        text_.is(i + 1, "roas") || (text_.is(i + 1, "x") && (text_.is(i + 2, "roas") || text_.is(i + 2, "return")));
    bool before = false;
    for (int k = i - 1; k >= 0 && k >= i - 3; --k) before = before || text_.is(k, "roas");
    if (!after && !before) return false;
    add_kpi(i, "roas", text_.at(i).value, "ratio", ">=", i, i + 1);
    return true;
  }

  void find_counts() {
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || taken(i) || text_.at(i).ordinal || text_.is(i + 1, "%") || text_.is(i + 1, "/"))
        continue;
      if (m(i + 1, C("distance")) > 0 || m(i + 1, C("clock_word")) > 0 ||
          (text_.is(i - 1, ":") && text_.is_number(i - 2)))
        continue;
      Noun noun = noun_near(i);
      int begin = i;
      int end = noun.end;
      const bool staff = m(i + 1, C("staff_word")) > 0 && lang_ != Lang::kJa;
      if (lang_ == Lang::kJa) {
        const Noun before = noun_before(i);
        if (before.end >= 0) {
          noun = before;
          begin = before.end;
          end = i + 1;
          if (m(end, C("ja_counter")) > 0) end = m(end, C("ja_counter"));
        }
      }
      if (noun.metric.empty() || end < 0) {
        noun = noun_colon(i, begin);
        end = i + 1;
      }
      if (noun.metric.empty()) {
        noun = people_wanted(i);
        if (noun.metric.empty()) noun = noun_named_before(i);
        if (noun.end > 0) end = noun.end;
      }
      if (!noun.metric.empty() && audience_count(i, noun)) {
        facts_.audience_size = text_.at(i).value;
        use(i, i + 1);
        continue;
      }
      if (!noun.metric.empty() && fake_count(i)) continue;
      if (noun.metric.empty() && !staff) {
        noun = literal_noun(i);
        end = noun.end;
        begin = i;
      }
      if (noun.metric.empty() || text_.at(i).value <= 0) continue;
      add_kpi(i, noun.metric, text_.at(i).value, "count", ">=", begin, std::max(end, i + 1));
    }
  }
  // "make it 3 million": a number without a noun after a correction; which slot it changes shows against the brief.
  void find_bare_change() {
    if (turn_ == 0 || facts_.budget || !kpis_.empty()) return;
    for (int i = 0; i < text_.size(); ++i) {
      if (!text_.is_number(i) || taken(i) || text_.at(i).ordinal || text_.is(i + 1, "%") || noun_near(i).end > 0)
        continue;
      const bool moved = facts_.bare_change_from || match_before(text_, i, lang_, C("keep_at")) >= 0 ||
                         near_before(i, 3, C("correction")) || near_before(i, 3, C("replace_verb")) ||
                         near_before(i, 3, C("increase_word")) || near_before(i, 3, C("decrease_word")) ||
                         near_after(i + 1, 1, C("increase_word")) || near_after(i + 1, 1, C("replace_verb"));
      if (near_before(i, 6, C("aim_word"))) facts_.bare_change_is_target = true;
      else if (!moved) continue;
      if (taken(i + 1) || unit_follows(i + 1)) continue;
      facts_.bare_change = text_.at(i).value;
      facts_.budget_begin = i;
      facts_.budget_end = i + 1;
      use(i, i + 1);
      return;
    }
  }

  void find_changes() {
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("half_word")) > 0) facts_.budget_factor = 0.5;
      else if (m(i, C("up_word")) > 0 && near_after(i + 1, 4, C("budget_strong")))
        facts_.budget_factor = text_.is(i, "triple") ? 3 : 2;
    }
    if (facts_.budget_factor == 0) find_division();
    if (facts_.budget_factor > 0) return;
    for (int i = 0; i < text_.size(); ++i) {
      const bool up = m(i, C("increase_word")) > 0;
      const bool down = m(i, C("decrease_word")) > 0;
      if (!up && !down) continue;
      bool budget = false;
      for (int k = i + 1; k < std::min(i + 9, text_.size()) && same_sentence(k, i); ++k) {
        if (m(k, C("budget_strong")) > 0) budget = true;
        if (!budget || !text_.is_number(k)) continue;
        const int percent = m(k + 1, C("percent"));
        const bool by = match_before(text_, money_begin(k), lang_, C("raise_by")) >= 0;
        if (percent > 0 && by) facts_.budget_factor = up ? 1 + text_.at(k).value / 100 : 1 - text_.at(k).value / 100;
        else if (percent < 0 && by && facts_.budget && lang_ != Lang::kEs && lang_ != Lang::kFr) {
          facts_.budget_delta_minor = up ? facts_.budget->amount_minor : -facts_.budget->amount_minor;
          facts_.budget.reset();
        }
        return;
      }
    }
  }
  // "divise le budget par deux", "teile das Budget durch 3".
  void find_division() {
    for (int i = 0; i < text_.size(); ++i) {
      if (m(i, C("divide_verb")) < 0) continue;
      bool budget = false;
      for (int k = i + 1; k < std::min(i + 7, text_.size()) && same_sentence(k, i); ++k) {
        budget = budget || m(k, C("budget_strong")) > 0;
        if (!budget || !text_.is_number(k) || m(k - 1, C("divide_by")) < 0 || text_.at(k).value < 2) continue;
        facts_.budget_factor = 1 / text_.at(k).value;
        facts_.budget.reset();
        return;
      }
    }
  }
};

}  // namespace

AmountFacts read_amounts(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                         std::string_view country, int turn) {
  return Reader(text, lang, dates, channels, country, turn).run();
}

}  // namespace spreaders::planners::rules
