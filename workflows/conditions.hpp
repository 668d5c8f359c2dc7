// Conditions of a workflow: {"and":[...]}, {"or":[...]}, {"not":{...}}, {"person": rule of services/audience/rule.hpp
// about the run's subject: attributes, lists, consent, counts of events} or {"op","left","right"} about results.
#pragma once

#include <map>
#include <string>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "workflows/findings.hpp"

namespace spreaders::workflows {

constexpr int kConditionDepthMax = 8;

// Every problem with its place below `pointer`.
void check_condition_tree(const Json& condition, const std::string& pointer, Findings& issues, int depth = 0);
// The rules about the person in it, by their JSON text; the values are false.
void collect_people(const Json& condition, std::map<std::string, bool>& rules);
// `people` says for each collected rule whether it holds.
Result<bool> holds(const Json& condition, const Json& results, const Json& run,
                   const std::map<std::string, bool>& people);

}  // namespace spreaders::workflows
