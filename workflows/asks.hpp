// Questions of runs to people: what a person decided wakes the step that asked, in the transaction of the decision.
//
//   auto approval = TRY(services::decide(tx, workspace, decision, now));
//   TRY(workflows::wake_for_decision(tx, workspace, approval.subject, now));
#pragma once

#include <string>

#include "core/time.hpp"
#include "core/tool.hpp"
#include "storage/storage.hpp"

namespace spreaders::workflows {

constexpr std::string_view kStepApproval = "step";  // the kind of subject: a step of a run, named run:node

// Nothing to do for approvals of other things.
Result<void> wake_for_decision(storage::Tx& tx, const std::string& workspace, const ApprovalSubject& subject,
                               Instant now);

// Whether a run that is not paused waits for somebody's word, in any workspace. Virtual time stands still meanwhile.
Result<bool> has_open_question(storage::Storage& storage, Instant now);

}  // namespace spreaders::workflows
