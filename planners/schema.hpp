// A small reader of JSON Schema 2020-12, as far as plan.schema.json goes: type, const, enum, pattern, format, minimum,
// maximum, lengths, sizes, required, properties, additionalProperties, propertyNames, items, uniqueItems, anyOf, allOf,
// not, if/then and $ref into #/$defs. The same file is given to other readers (tests/planner checks that ajv agrees).
//
//   Issues wrong = check_schema(plan_schema(), plan);   // empty = it fits
//
// Every problem is named by its JSON Pointer; a missing or unknown member by the pointer it has or should have. A
// keyword that is not known here is a programmer error and stops the program, so that nothing is silently not checked.
#pragma once

#include "core/fields.hpp"
#include "core/json.hpp"

namespace spreaders::planners {

const Json& plan_schema();  // spreaders.plan/1
Issues check_schema(const Json& schema, const Json& value);

}  // namespace spreaders::planners
