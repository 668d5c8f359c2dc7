// The filters by name. Each takes the value before the bar and its arguments; a named argument arrives as the list
// [name, value], which is how the oracle passes it on.
#pragma once

#include <span>
#include <string_view>

#include "services/templates/liquid/value.hpp"

namespace spreaders::liquid {

struct Context;
using Arguments = std::span<const Value>;

struct Filter {
  std::string_view name;
  Value (*apply)(Context& context, const Value& input, Arguments arguments);
};

const Filter* find_filter(std::string_view name);  // nullptr when there is none

// One table per file of filters.
std::span<const Filter> text_filters();
std::span<const Filter> number_filters();
std::span<const Filter> list_filters();
std::span<const Filter> web_filters();
std::span<const Filter> date_filters();

}  // namespace spreaders::liquid
