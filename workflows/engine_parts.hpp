// Inside the engine: what one transaction has loaded and writes back, and the statements its parts share.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "workflows/engine.hpp"

namespace spreaders::workflows {

constexpr size_t kReasonMax = 500;  // characters of why a run ended
constexpr std::string_view kTokenColumns =
    "t.workspace_id, t.id, t.run_id, t.node_id, t.state, t.due_at, t.attempt, t.visit, t.data, t.rev";

Token token_of(const storage::Row& row);
// On whose behalf tools are called, as runs and triggers keep it.
std::string stored_principal(const Principal& principal);
Principal principal_of(const std::string& stored, const std::string& workspace);
// What nodes may ask of their run with {"$run":"..."}, and of what started it with {"$trigger":"/..."}.
Json run_values(const std::string& id, const std::string& subject, const std::string& key,
                const std::string& campaign_id, const Json& context);
// Nothing stands still for longer than its run may last.
void end_in_time(Step& decided, const Limits& limits, Instant entered);
// Ends a run, unless it has ended: false. It leaves behind no wait, no living token, no question to a person and no run
// that it waits for; whoever waits for it is woken. A run that fails, or ends before its time for a reason, sends
// nothing more; what is completed goes out.
Result<bool> end_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id, std::string_view status,
                     const std::string& reason, Instant now);
// A token that stands still is looked at again.
Result<void> wake_token(storage::Tx& tx, const std::string& workspace, const std::string& token_id, Instant now);
// The token stays where it is, until it is woken or its `due`.
Result<void> park(storage::Tx& tx, const Token& token, const Step& decided);
// Runs that others wait for are paused where those are, and go on where those do and no pause of their own holds them.
Result<void> settle_pauses(storage::Tx& tx, const std::string& workspace);
constexpr std::string_view kOuterEnded = "the run that waited for it has ended";
constexpr std::string_view kOuterPaused = "the run that waits for it is paused";

// What became of the messages of a for_each, for the history: {"states":{"accepted":7},"left_out":{"no_consent":2}}.
Result<Json> outcome_of(storage::Tx& tx, const std::string& workspace, const std::string& run_id,
                        const std::string& node_id);

Result<void> subscribe_to_goal(storage::Tx& tx, const std::string& workspace, const Goal& goal,
                               const std::string& subject, const Json& run, Instant now, Ids& ids);
// Whether its event was recorded since then. kUnavailable: somebody records one this very moment.
Result<bool> goal_reached_since(storage::Tx& tx, const std::string& workspace, const Goal& goal,
                                const std::string& subject, const Json& run, Instant since);

// Where a run's hash-chained history ends, and one more row of it.
struct LogEnd {
  std::string workspace, run_id, trace_id;
  int64_t seq = 0;
  std::string hash;
};
Result<void> append_log(storage::Tx& tx, LogEnd& end, const Token& token, std::string_view kind, const Json& output,
                        std::string_view error, Instant now);

struct Engine::LoadedRun {
  std::string workspace, id, workflow_id, log_hash, campaign_id, approval_id, principal, status, trace_id, subject,
      entry_key;
  Instant entered;
  int64_t version = 1;
  int64_t depth = 0;
  int64_t seq = 0;
  Json context;
  std::shared_ptr<const Definition> definition;
  bool changed = false;
  std::string ended_status;  // set when this batch ends it
  std::string reason;

  [[nodiscard]] Json values() const { return run_values(id, subject, entry_key, campaign_id, context); }
  [[nodiscard]] Json results() const { return context.value("results", Json::object()); }
  void keep_result(const std::string& node, const Json& result) {
    if (!context.contains("results")) context["results"] = Json::object();
    context["results"][node] = result;
    changed = true;
  }
};

// What one transaction touches: runs are loaded once and written back once.
class Engine::Batch {
 public:
  Batch(Engine& engine, storage::Tx& tx) : engine_(engine), tx_(tx) {}

  Result<LoadedRun*> run(const std::string& workspace, const std::string& id);
  // One row of the run's hash-chained history.
  Result<void> log(LoadedRun& run, const Token& token, std::string_view kind, const Json& output,
                   std::string_view error, Instant now);
  Result<void> finish(Instant now);
  // With this transaction, if it has not ended in it.
  Result<void> cancel(const std::string& workspace, const std::string& run_id);

  // What a rolled-back step must not leave behind in the loaded run.
  struct Mark {
    int64_t seq = 0;
    std::string log_hash;
    Json context;
    bool loaded = false;
  };
  Mark mark(const std::string& run_id);
  void restore(const std::string& run_id, const Mark& mark);
  void maybe_ended(const std::string& run_id) { check_end_.insert(run_id); }

 private:
  Engine& engine_;
  storage::Tx& tx_;
  std::map<std::string, LoadedRun> runs_;
  std::set<std::string> check_end_;
};

}  // namespace spreaders::workflows
