// The tools of the family workflow (workflows by name, their runs and logs) and of the family triggers (what starts
// runs by itself).
#pragma once

#include "core/service.hpp"
#include "workflows/triggers/spec.hpp"

namespace spreaders::workflows {

ToolList workflow_tools();
ToolList trigger_tools();
extern const Service kWorkflowService;
extern const Service kTriggersService;

// Any step whose tool there is not, or that no approval of a workflow may cover: administration, spending, destroying.
Issues problems_of_steps(const Json& definition, const ToolRunner& tools);
// What a person approves before anything of this workflow runs: its exact content, and when it starts by itself, if it
// does.
ApprovalSubject workflow_approval(const std::string& workflow_id, const std::string& checksum, const Json& definition,
                                  const ToolRunner& tools, const TriggerSpec* trigger = nullptr);

}  // namespace spreaders::workflows
