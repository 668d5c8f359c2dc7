// Who, why and what: the audience phrase in the user's words, the objective, and the thing that is promoted.
#pragma once

#include <string>
#include <vector>

#include "planners/rules/amounts.hpp"
#include "planners/rules/channels.hpp"
#include "planners/rules/dates.hpp"

namespace spreaders::planners::rules {

struct Phrase {
  std::string text;  // "" = none
  int begin = -1;
  int end = -1;
};

Phrase read_audience(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                     const AmountFacts& amounts);
std::string read_objective(const Text& text, Lang lang, const std::vector<Kpi>& kpis);  // "" = none
// Words that are left when everything else is taken away; "" when nothing names a product, place or event.
Phrase read_offer(const Text& text, Lang lang, const DateFacts& dates, const ChannelFacts& channels,
                  const AmountFacts& amounts);

}  // namespace spreaders::planners::rules
