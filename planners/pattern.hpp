// The regular expressions of plan.schema.json, matched without std::regex, whose depth has no limit: anchored by ^ and
// $, literals, classes, groups, alternatives, and the quantifiers * + ? {n} {n,m}.
//
//   matches_pattern("lst_4fK2aB9x", "^[a-z]{2,4}_[0-9A-Za-z]{6,40}$")
//
// Bytes, not characters. A text over kPatternTextMax bytes, or one that takes too many steps, does not match.
#pragma once

#include <string_view>

namespace spreaders::planners {

constexpr size_t kPatternTextMax = 300;       // longer than any name in a plan
constexpr size_t kPatternStepsMax = 100'000;  // against backtracking that does not end

bool matches_pattern(std::string_view text, std::string_view pattern);

}  // namespace spreaders::planners
