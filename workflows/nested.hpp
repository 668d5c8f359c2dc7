// Workflows that start other workflows, seen before they are stored and before a person approves them.
//
//   Findings missing = TRY(settle_versions(tx, workspace, definition));      // from now on it says exactly what will
//   run Findings wrong = TRY(find_nested_problems(tx, workspace, id, definition));
//
// Versions never change and only stored ones can be named, so what a stored workflow starts within itself is as fixed
// as its own nodes: its checksum, and with it the approval, covers all of it.
#pragma once

#include <string>
#include <vector>

#include "storage/storage.hpp"
#include "workflows/findings.hpp"
#include "workflows/library.hpp"

namespace spreaders::workflows {

constexpr size_t kNestedWorkflowsMax = 50;  // that one workflow starts, directly or not

// Gives every sub_workflow and render node without a version the latest there is, and render nodes that name a template
// its id. Findings: unknown_workflow, unknown_template.
Result<Findings> settle_versions(storage::Tx& tx, const std::string& workspace, Json& definition);

// sub_workflow_cycle: workflow `id` comes back to itself. sub_workflow_depth: deeper than kNestedMax, or more than
// kNestedWorkflowsMax. unknown_workflow. Versions are settled.
Result<Findings> find_nested_problems(storage::Tx& tx, const std::string& workspace, const std::string& id,
                                      const Json& definition);

// What a stored definition starts, each version once, outer ones first.
Result<std::vector<Workflow>> nested_workflows(storage::Tx& tx, const std::string& workspace, const Json& definition);

}  // namespace spreaders::workflows
