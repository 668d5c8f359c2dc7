// What changed between two versions of a workflow, and where people who are under way would go.
//
//   auto changes = changes_between(old_json, new_json);      // node by node, by JSON Pointer
//   auto move = move_of("wait", old_json, new_json, {});     // {"wait", Arrival::kStays}
//   auto moved = TRY(migrate_runs(tx, workspace, wanted, cursor, now, ids));   // one batch of them
//
// Who is moved keeps their run, its entry key, results and history; a step that stays as it was goes on where it is
// (timers and waits count on), one that changed or was named begins anew. Runs that cannot be moved stay where they
// are, with the reason.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/json.hpp"
#include "workflows/engine.hpp"

namespace spreaders::workflows::inspect {

enum class ChangeKind : uint8_t { kAdded, kRemoved, kChanged, kRewired };
SPR_ENUM(ChangeKind, {ChangeKind::kAdded, "added"}, {ChangeKind::kRemoved, "removed"},
         {ChangeKind::kChanged, "changed"}, {ChangeKind::kRewired, "rewired"});

struct Change {
  std::string node;
  ChangeKind kind = ChangeKind::kChanged;
  std::string pointer, before, after;
  SPR_FIELDS(Change, SPR_FIELD(node, "Id of the node; empty: of the workflow itself"),
             SPR_FIELD(kind, "rewired: a way leads elsewhere"), SPR_FIELD(pointer, "JSON Pointer into the definition"),
             SPR_FIELD(before, "What stood there, as JSON; empty where nothing did"),
             SPR_FIELD(after, "What stands there now"));
};
// Name and id of the workflow are not looked at. In the order of the nodes' ids.
std::vector<Change> changes_between(const Json& from, const Json& to);

// From a node of the old version to one of the new; names given by a person come first.
using NodeMap = std::map<std::string, std::string>;
enum class Arrival : uint8_t { kNowhere, kStays, kAnew };
struct NodeMove {
  std::string to = {};
  Arrival arrival = Arrival::kNowhere;
};
NodeMove move_of(const std::string& node, const Json& from, const Json& to, const NodeMap& map);

enum class Policy : uint8_t { kMigrate, kExit };
SPR_ENUM(Policy, {Policy::kMigrate, "migrate"}, {Policy::kExit, "exit"});

struct Migration {
  std::string workflow_id;
  int64_t from = 0, to = 0;
  Json from_json, to_json;
  NodeMap map = {};
  std::string approval_id = {};
  Policy policy = Policy::kMigrate;  // exit: the runs are cancelled, and nothing that is not sent yet goes out
};
struct Migrated {
  int64_t moved = 0;
  std::map<std::string, int64_t> stayed = {};  // by reason
  std::string cursor = {};                     // the last run that was looked at
  bool over = false;
};
constexpr int kMigrateBatch = 200;
// The next runs behind `cursor`, in the order of their ids. Doing it again moves nobody twice.
Result<Migrated> migrate_runs(storage::Tx& tx, const std::string& workspace, const Migration& wanted,
                              const std::string& cursor, Instant now, Ids& ids);

}  // namespace spreaders::workflows::inspect
