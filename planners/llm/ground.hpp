// Is it in the user's own words? Finds quotes, numbers, currencies and channels in the turns, with the byte span that
// the plan keeps as evidence. Later turns are looked at first, because they correct earlier ones.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "planners/brief.hpp"

namespace spreaders::planners::llm {

struct Evidence {
  int turn = 0;
  size_t start = 0;  // bytes [start, end) of that turn's text
  size_t end = 0;
};

Provenance stated(const Evidence& evidence);

// The same letters, whatever their case (ASCII) and the punctuation at the quote's ends.
std::optional<Evidence> find_quote(const std::vector<Turn>& turns, std::string_view quote);

// A number written with digits, in any grouping (1,250 3.750 6 400 7'200), with k, m, lakh, crore, mille, mil, tsd, 万,
// 億.
std::optional<Evidence> find_number(const std::vector<Turn>& turns, double value);

// A sign, word or code that means this currency; "$" and "dollars" mean every dollar.
std::optional<Evidence> find_currency(const std::vector<Turn>& turns, std::string_view currency);

// A name of the channel; for a paid channel also a word such as ads or advertise anywhere.
std::optional<Evidence> find_channel(const std::vector<Turn>& turns, std::string_view channel);

}  // namespace spreaders::planners::llm
