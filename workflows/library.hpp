// Workflows by name: each change is a next version, which never changes. (Plans store their versions without a name in
// this list; see services/campaigns.)
//
//   auto stored = TRY(save_workflow(tx, workspace, "", definition, now, ids));   // "" makes a new one: version 1
//   TRY(add_node(definition, "welcome", node, "wait"));                          // behind "wait"
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/random.hpp"
#include "storage/storage.hpp"

namespace spreaders::workflows {

struct Workflow {
  std::string id, name;
  std::string status;  // active, paused
  int64_t version = 0;
  Json definition;
  std::string checksum;  // sha256:... of the canonical JSON
  Instant created_at, updated_at;
};

// Stores `definition` as the next version of `id`; its id and, where it has none, its name are set. The same definition
// again is the same version. kInvalidArgument lists every problem with its JSON Pointer.
Result<Workflow> save_workflow(storage::Tx& tx, const std::string& workspace, const std::string& id, Json definition,
                               Instant now, Ids& ids);
// version 0 = the latest.
Result<Workflow> get_workflow(storage::Tx& tx, const std::string& workspace, const std::string& id,
                              int64_t version = 0);
// Newest first, without their definitions; those after `before_id`.
Result<std::vector<Workflow>> list_workflows(storage::Tx& tx, const std::string& workspace, int limit,
                                             const std::string& before_id);

// Puts `node` behind the node `after` (at the start when it is empty), on its way to what came next. kInvalidArgument
// when the name is taken or `after` is no node with one way out.
Result<void> add_node(Json& definition, const std::string& node_id, Json node, const std::string& after,
                      const char* way_on);

// Pauses or resumes every active run and running trigger of the workflow; how many runs.
Result<int64_t> pause_workflow(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);
Result<int64_t> resume_workflow(storage::Tx& tx, const std::string& workspace, const std::string& id, Instant now);

}  // namespace spreaders::workflows
