// The date filters. A number is seconds since 1970, 'now' and 'today' are RenderOptions::now, texts are read as
// JavaScript engines do; what is no date goes through as it is.
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/date_text.hpp"
#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr std::string_view kDefaultFormat = "%A, %B %-e, %Y at %-l:%M %P %z";

// Minutes east of UTC in a zone. `is_local`: `ms` counts the local clock.
double zone_offset(std::string_view zone, double ms, bool is_local) {
  if (zone == "UTC") return 0;
  const auto offset_at = [&](double utc_ms) {
    const auto us = static_cast<int64_t>(std::floor(utc_ms)) * 1000;
    const auto local = to_local(Instant{us}, zone);
    if (!local) return 0.0;
    const double local_us = static_cast<double>(days_between(Date{}, local->date)) * static_cast<double>(kDay_us) +
                            static_cast<double>(local->time_of_day_us);
    return std::round((local_us - static_cast<double>(us)) / static_cast<double>(kMinute_us));
  };
  if (!is_local) return offset_at(ms);
  // The offset before a change decides, so that a time in a gap moves on by the gap.
  constexpr double kMinute_ms = 60'000;
  constexpr double kDay_ms = 86'400'000;
  const double before = offset_at(ms - kDay_ms);
  const double after = offset_at(ms + kDay_ms);
  return before == after || offset_at(ms - before * kMinute_ms) == before ? before
         : offset_at(ms - after * kMinute_ms) == after                    ? after
                                                                          : before;
}

std::optional<double> time_of(Context& context, const Value& input) {
  const auto seconds = [](double value) -> std::optional<double> {
    const double ms = std::trunc(value * 1000);
    return std::abs(ms) <= kDate_ms_max ? std::optional(ms) : std::nullopt;
  };
  switch (input.kind) {
    case Kind::kNumber:
    case Kind::kLong:
      return seconds(to_number(input));
    case Kind::kTrue:
      return 1.0;
    case Kind::kFalse:
      return 0.0;
    case Kind::kString:
      break;
    default:
      return std::nullopt;
  }
  const std::string_view text = input.view();
  if (text == "now" || text == "today") return std::floor(static_cast<double>(context.state.options.now.us) / 1000);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos)
    return seconds(number_from(text));
  const std::string_view zone = context.state.options.zone;
  return parse_date_text(text, [zone](double ms, bool is_local) { return zone_offset(zone, ms, is_local); });
}

// `zone_argument`: an IANA name, or minutes west of UTC as JavaScript counts them.
std::optional<ShownDate> shown_date(Context& context, const Value& input, const Value& zone_argument) {
  const auto ms = time_of(context, input);
  if (!ms) return std::nullopt;
  ShownDate date{*ms, 0, context.state.options.zone};
  if (zone_argument.is(Kind::kString)) {
    date.zone_name = zone_argument.view();
    if (!is_zone(date.zone_name)) {
      context.fail("date: no time zone is called " + std::string(date.zone_name.substr(0, 64)));
      return std::nullopt;
    }
  } else if (!is_nil(zone_argument)) {
    const double west = to_number(zone_argument);
    constexpr double kWest_max = 24 * 60;
    if (!(std::abs(west) <= kWest_max)) return std::nullopt;
    date.zone_name = {};
    date.offset_minutes = -west;
    return date;
  }
  date.offset_minutes = zone_offset(date.zone_name, *ms, false);
  return date;
}

Value formatted(Context& context, const ShownDate& date, std::string_view format) {
  const auto text = format_date(date, format);
  if (!text) context.fail("date: a width may be at most " + std::to_string(kDateWidthMax));
  return text ? context.keep(*text) : Value{};
}

Value date(Context& context, const Value& input, Arguments arguments) {
  const auto shown = shown_date(context, input, argument(arguments, 1));
  if (!shown) return input;
  const Value format = argument(arguments, 0);
  return formatted(context, *shown, is_nil(format) ? kDefaultFormat : context.text_of(format));
}

Value with_format(Context& context, const Value& input, std::string_view format) {
  const auto shown = shown_date(context, input, {});
  return shown ? formatted(context, *shown, format) : input;
}

Value date_to_xmlschema(Context& context, const Value& input, Arguments) {
  return with_format(context, input, "%Y-%m-%dT%H:%M:%S%:z");
}
Value date_to_rfc822(Context& context, const Value& input, Arguments) {
  return with_format(context, input, "%a, %d %b %Y %H:%M:%S %z");
}

Value written_out(Context& context, const Value& input, Arguments arguments, std::string_view month) {
  const Value type = argument(arguments, 0);
  const Value style = argument(arguments, 1);
  const bool is_ordinal = type.is(Kind::kString) && type.view() == "ordinal";
  const bool is_us = style.is(Kind::kString) && style.view() == "US";
  if (!is_ordinal) return with_format(context, input, "%d " + std::string(month) + " %Y");
  return with_format(context, input, is_us ? std::string(month) + " %-d%q, %Y" : "%-d%q " + std::string(month) + " %Y");
}

Value date_to_string(Context& context, const Value& input, Arguments arguments) {
  return written_out(context, input, arguments, "%b");
}
Value date_to_long_string(Context& context, const Value& input, Arguments arguments) {
  return written_out(context, input, arguments, "%B");
}

constexpr std::array kFilters = {
    Filter{"date", date},
    Filter{"date_to_long_string", date_to_long_string},
    Filter{"date_to_rfc822", date_to_rfc822},
    Filter{"date_to_string", date_to_string},
    Filter{"date_to_xmlschema", date_to_xmlschema},
};

}  // namespace

std::span<const Filter> date_filters() { return kFilters; }

}  // namespace spreaders::liquid
