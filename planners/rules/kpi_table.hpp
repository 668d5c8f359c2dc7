// The table of countable results; see kpi_table.cpp.
#pragma once

#include <cstddef>
#include <string_view>

namespace spreaders::planners::rules {

struct MetricRow {
  std::string_view metric;
  std::string_view objective;
  std::string_view names;  // all languages, '|' between them
};
const MetricRow* metric_rows(size_t& count);

}  // namespace spreaders::planners::rules
