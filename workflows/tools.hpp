// The tools of the family workflow (workflows by name, their runs and logs) and of the family triggers (what starts
// runs by itself).
#pragma once

#include "core/service.hpp"
#include "workflows/library.hpp"
#include "workflows/triggers/spec.hpp"

namespace spreaders::workflows {

ToolList workflow_tools();
ToolList trigger_tools();
ToolList dead_letter_tools();
ToolList sequence_tools();
extern const Service kWorkflowService;
extern const Service kTriggersService;

// Any step whose tool there is not, or that no approval of a workflow may cover: administration, spending, destroying.
Issues problems_of_steps(const Json& definition, const ToolRunner& tools);
// Gives its nodes the versions that they start and render, and names what they lead to and is not there or too much,
// beside problems_of_steps(). `id` is the workflow's, empty for a new one. What the definition alone says is
// parse_definition()'s.
Result<Issues> settle(storage::Tx& tx, const std::string& workspace, const std::string& id, Json& definition,
                      const ToolRunner& tools);
// And everything else that keeps it from being stored: arguments against their tools, mails without a way out.
Result<Issues> settle_and_check(storage::Tx& tx, const std::string& workspace, const std::string& id, Json& definition,
                                const ToolRunner& tools);
// What a person approves before anything of this workflow runs: its exact content, with that of the workflows it
// starts, and when it starts by itself, if it does.
Result<ApprovalSubject> workflow_approval(storage::Tx& tx, const std::string& workspace, const Workflow& workflow,
                                          const ToolRunner& tools, const TriggerSpec* trigger = nullptr);

}  // namespace spreaders::workflows
