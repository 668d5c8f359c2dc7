// The tables of countable results and of rates; see kpi_table.cpp and rates.cpp.
#pragma once

#include <cstddef>
#include <string_view>

#include "planners/rules/lexicon.hpp"

namespace spreaders::planners::rules {

struct MetricRow {
  std::string_view metric;
  std::string_view objective;
  std::string_view names;  // all languages, '|' between them
};
const MetricRow* metric_rows(size_t& count);
// The rate whose name begins at token i, and the index after the name in `end`; "" and -1 when there is none.
std::string_view rate_at(const Text& text, int i, int& end);

}  // namespace spreaders::planners::rules
