// Filters on numbers. Arguments become numbers the JavaScript way; what is none counts as 0.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "services/templates/liquid/context.hpp"
#include "services/templates/liquid/filters.hpp"
#include "services/templates/liquid/text.hpp"

namespace spreaders::liquid {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The argument, NaN when it was left out.
double operand(Arguments arguments, size_t index = 0) {
  return index < arguments.size() ? number_or_zero(arguments[index]) : kNan;
}

Value absolute(Context&, const Value& input, Arguments) { return number(std::abs(number_or_zero(input))); }
Value ceiling(Context&, const Value& input, Arguments) { return number(std::ceil(number_or_zero(input))); }
Value floor_of(Context&, const Value& input, Arguments) { return number(std::floor(number_or_zero(input))); }

Value at_least(Context&, const Value& input, Arguments arguments) {
  double result = number_or_zero(input);
  for (const Value& argument : arguments) result = std::max(result, number_or_zero(argument));
  return number(result);
}

Value at_most(Context&, const Value& input, Arguments arguments) {
  double result = number_or_zero(input);
  for (const Value& argument : arguments) result = std::min(result, number_or_zero(argument));
  return number(result);
}

Value plus(Context&, const Value& input, Arguments arguments) {
  return number(number_or_zero(input) + operand(arguments));
}
Value minus(Context&, const Value& input, Arguments arguments) {
  return number(number_or_zero(input) - operand(arguments));
}
Value times(Context&, const Value& input, Arguments arguments) {
  return number(number_or_zero(input) * operand(arguments));
}

Value divided_by(Context&, const Value& input, Arguments arguments) {
  const double quotient = number_or_zero(input) / operand(arguments);
  const bool is_whole = arguments.size() > 1 && number_or_zero(arguments[1]) != 0;
  return number(is_whole ? std::floor(quotient) : quotient);
}

Value modulo(Context&, const Value& input, Arguments arguments) {
  const double divisor = operand(arguments);
  return number(std::fmod(std::fmod(number_or_zero(input), divisor) + divisor, divisor));
}

// number * 10^exponent without the rounding error of a multiplication.
double shift_decimal(double value, double exponent) {
  std::string shown;
  append_number(shown, value);
  double power = 0;
  if (const size_t mark = shown.find('e'); mark != std::string::npos) {
    power = number_from(std::string_view(shown).substr(mark + 1));
    shown.resize(mark);
  }
  shown += 'e';
  append_number(shown, power + exponent);
  return number_from(shown);
}

Value round_to(Context&, const Value& input, Arguments arguments) {
  constexpr double kExactMax = 9007199254740991.0;
  const double value = number_or_zero(input);
  const double digits = arguments.empty() ? 0 : number_or_zero(arguments[0]);
  const double scaled = shift_decimal(std::abs(value), digits);
  if (!(scaled <= kExactMax)) return number(value);
  const double whole = std::floor(scaled);
  const double rounded = shift_decimal(scaled - whole >= 0.5 ? whole + 1 : whole, -digits);
  return number(value < 0 ? -rounded : rounded);
}

Value to_integer(Context&, const Value& input, Arguments) { return number(to_number(input)); }

constexpr std::array kFilters = {
    Filter{"abs", absolute},   Filter{"at_least", at_least},     Filter{"at_most", at_most},
    Filter{"ceil", ceiling},   Filter{"divided_by", divided_by}, Filter{"floor", floor_of},
    Filter{"minus", minus},    Filter{"modulo", modulo},         Filter{"plus", plus},
    Filter{"round", round_to}, Filter{"times", times},           Filter{"to_integer", to_integer},
};

}  // namespace

std::span<const Filter> number_filters() { return kFilters; }

}  // namespace spreaders::liquid
