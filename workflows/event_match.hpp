// Whether a recorded event meets conditions on its properties, in the words of segment rules.
#pragma once

#include <string>

#include "core/json.hpp"
#include "storage/storage.hpp"

namespace spreaders::workflows {

// " AND ..." over the row e of table event, empty for no condition; values go to `parameters`. kInvalidArgument with
// every problem.
Result<std::string> where_of(const storage::Tx& tx, const Json& conditions, storage::Values& parameters);
Result<bool> event_meets(storage::Tx& tx, const std::string& workspace, const std::string& message_id,
                         const Json& conditions);

}  // namespace spreaders::workflows
