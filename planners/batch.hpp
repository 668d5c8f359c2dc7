// One brief a line for scripts and judges: `spreaders plan --batch FILE.jsonl --planner rules`.
//
// In:  {"id","goal","now","tz","turns":[{"user"}]}; `now` is RFC 3339 and the only clock, `tz` an IANA zone (default
//      UTC), unknown fields are ignored. A goal or turn may have 8,000 characters.
// Out: one JSON object on one line; `turns` holds the state before each later message, the rest the final state.
// Errors name every bad field by its JSON Pointer; the caller prints them with the id and goes on.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders::planners {

Result<std::string> plan_batch_line(std::string_view line);

}  // namespace spreaders::planners
