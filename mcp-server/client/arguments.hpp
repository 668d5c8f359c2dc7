// Arguments against the input schema of a foreign tool, as far as it goes: type, enum, const, required, properties,
// additionalProperties: false, items, lengths, sizes and ranges. Other keywords are left to the server, which has to
// check anyway; nothing is ever fetched. Here it spares a call that cannot succeed and tells the model why.
#pragma once

#include "core/fields.hpp"
#include "core/json.hpp"

namespace spreaders::mcp {

constexpr size_t kArgumentIssues_max = 20;
constexpr size_t kArgumentDepth_max = 24;

// Empty: nothing was found.
Issues argument_problems(const Json& input_schema, const Json& arguments);

}  // namespace spreaders::mcp
