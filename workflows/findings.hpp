// What is wrong with a workflow, for people and for programs: each problem with its place, a code that never changes
// and, where it can be put right without thinking, the patch that does so (RFC 6902, over the whole definition).
//
//   for (const auto& finding : find_problems(json)) if (!finding.fix.empty()) ...;   // apply it and look again
//
// Codes: missing_member, unknown_member (removed), invalid_value, missing_node (an optional way is removed),
// unreachable_node (removed), unknown_tool, bad_reference, cycle, bad_join, wait_without_timeout (P7D),
// loop_without_bound (3), loop_without_exit, weights (the last one takes the rest).
// More is found where a database and the tools are at hand: unknown_workflow, unknown_template, sub_workflow_cycle and
// sub_workflow_depth (nested.hpp), unknown_argument, missing_argument, argument_type, invalid_argument and
// missing_unsubscribe (arguments.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"

namespace spreaders::workflows {

struct Finding {
  std::string pointer;  // JSON Pointer into the definition
  std::string message;
  std::string code = "invalid_value";
  std::string fix = {};  // JSON text; empty: only somebody who knows what is meant can say
};
using Findings = std::vector<Finding>;

// None: parse_definition() takes it. `is_tool` as there.
Findings find_problems(const Json& definition, bool (*is_tool)(std::string_view, const void*) = nullptr,
                       const void* context = nullptr);

// As problems of arguments: without codes and fixes.
Issues issues_of(Findings findings);

}  // namespace spreaders::workflows
