// Dates as the date filter reads and writes them: what Date.parse of a JavaScript engine accepts, and strftime with
// its flags. All times are milliseconds since 1970-01-01T00:00:00Z.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace spreaders::liquid {

// Beyond this many milliseconds either way there are no dates.
constexpr double kDate_ms_max = 8.64e15;
constexpr size_t kDateWidthMax = 100;  // of one field: %100d

// Minutes east of UTC in force at a UTC time, or at a local time when `is_local`.
using ZoneOffset = std::function<double(double ms, bool is_local)>;

// nullopt when it is no date. Texts without a zone are local, but for plain ISO dates, which are UTC.
std::optional<double> parse_date_text(std::string_view text, const ZoneOffset& offset);

struct ShownDate {
  double ms = 0;                    // UTC
  double offset_minutes = 0;        // east of UTC
  std::string_view zone_name = {};  // for %Z; empty: the offset
};

// nullopt when a width is over kDateWidthMax.
std::optional<std::string> format_date(const ShownDate& date, std::string_view format);

}  // namespace spreaders::liquid
