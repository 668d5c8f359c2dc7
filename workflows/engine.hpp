// The executor. step() is pure: definition, token, clock and randomness in; tokens, timers and intents out. Everything
// else here loads, commits in batches and calls tools.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/tool.hpp"
#include "events/outbox.hpp"
#include "storage/ports.hpp"
#include "storage/storage.hpp"
#include "workflows/definition.hpp"

namespace spreaders::workflows {

// A place in a run. Parallel branches have one each.
struct Token {
  std::string workspace, id, run_id, node_id;
  std::string state;  // ready, waiting, executing, done, dead
  Instant due;
  int64_t attempt = 0;  // of the node's action
  int64_t visit = 0;
  std::string data = "{}";  // what the node remembers between steps: a cursor, a wake-up
  int64_t rev = 1;
};

struct NewToken {
  std::string node_id;
  std::string state = "ready";
  Instant due;
  std::string data = "{}";
};

// What step() decided for one token.
struct Step {
  enum class Kind : uint8_t {
    kMove,       // the token goes to `next` (or ends when it is empty), `fork` are further tokens
    kWait,       // stays, becomes ready at `due` with `data`
    kPark,       // stays, until something wakes it or, unless it is 0, `due`
    kCall,       // the node's tool has to be called
    kForEach,    // the node's next page of recipients has to be turned into intents
    kSubscribe,  // stays until its event has come or `due`: the executor subscribes in the same transaction
    kAct,        // the executor does the node's own work in the same transaction; after_call() says what then
    kStart,      // a run of the node's workflow begins within this one
    kAsk,        // a person is asked, with `due` as the time they have
    kArrive,     // has reached a join: the executor counts the arrivals in the same transaction
    kExit,       // the run is completed for `reason`, whatever its other tokens do
    kFail,       // the run fails for `reason`
  } kind = Kind::kMove;
  std::string next = {};
  Instant due = {};
  std::string data = "{}";
  std::vector<NewToken> fork = {};
  std::string reason = {};
  std::string log_kind = {};        // entered, waiting, moved...
  std::optional<Json> result = {};  // of the node, for those that refer to it
  std::optional<Json> loops = {};   // kMove: how often the token has gone back in each loop it is in
  std::string cancels = {};         // a run that nobody waits for any more
};

// What the executor has looked up for the node, in the transaction of its step. Whoever calls step() without the
// engine, to see what would happen, has to say what came of it: a node that started a run or asked a person is stepped
// again with visit 1 and `child` or `decision`.
struct Seen {
  struct Child {
    std::string run_id, status, reason;  // as RunView has them
  };
  Json run = {};                            // {"id","subject","key","campaign"}
  std::optional<Json> event = {};           // wait_event: what has come, as the node's result
  std::map<std::string, bool> people = {};  // conditions: which rules about the subject hold
  std::string zone = {};                    // delay: the contact's; empty where it has none
  std::string attribute = {};               // delay: the contact's; empty where it has none
  std::optional<Child> child = {};          // sub_workflow, from the second visit on: the run it has started
  std::string decision = {};                // approval, likewise: approved, rejected or expired; empty = not yet
  std::string approval_id = {}, decided_by = {};
  int64_t steps = 0;   // the run has taken, for max_steps
  int64_t age_us = 0;  // of the run, for max_age
};

Step step(const Definition& definition, const Token& token, const Json& results, Instant now, const Seen& seen = {});
// What a node that acts by itself needs of the run's principal, as a tool for the same would; empty: nothing.
std::string_view scope_of(NodeType type);
// After the node's tool answered, or its own work was done (kAct).
Step after_call(const Definition& definition, const Token& token, const Result<Json>& answer, Instant now, Rng& rng);
// The executor itself has failed at the node for good.
Step after_failure(const Definition& definition, const Token& token, std::string reason);
// A sub_workflow's run could not be started: the way of one that has failed.
Step after_failed_start(const Definition& definition, const Node& node, const Error& error);
// Replaces every {"$from":{"node","pointer"}} and {"$run":"subject"} and {"$trigger":"/..."} inside `args`; `run` has
// what the run says of itself and, as `trigger`, of what started it. Errors name the place.
Result<Json> resolve_references(const Json& args, const Json& results, const Json& run = Json());

// Who gets what in an experiment: 0 to 9999, evenly spread, from the first eight bytes of SHA-256 over salt, "\n" and
// subject. A cryptographic hash, so that splits with different salts have nothing to do with each other; of nothing but
// its arguments, so that simulation, production and replay agree for ever.
int bucket_of(std::string_view salt, std::string_view subject);
// When a delay that begins now is over; nothing where the attribute it goes by holds no date.
Result<std::optional<Instant>> end_of_delay(const Node& node, const Seen& seen, Instant now);
// Tells the visits of a node apart which a loop comes back to: "" outside of loops, "#again=2".
std::string round_of(const Json& token_data);

struct StartRun {
  std::string workflow_id;
  int64_t version = 1;
  std::string subject;    // campaign or contact
  std::string entry_key;  // a second start with the same key is the same run
  std::string campaign_id = {};
  std::string approval_id = {};
  Principal principal;  // on whose behalf its tools are called
  std::string context = "{}";
  std::string entry_event = {};  // message_id of the event it is entered by: no wait of the run takes it for its own
  std::string trace_id = {};     // of the call that starts it; its steps and their calls belong to the same trace
  struct Within {
    std::string run_id, token_id;  // token_id: the token that waits for its end, if one does
    int64_t depth = 0;             // of the run that starts it
  };
  std::optional<Within> within = {};
};
// Stores version `version` of the definition; storing the same again is fine, a different one under the same version is
// a conflict.
Result<void> store_definition(storage::Tx& tx, const std::string& workspace, const Json& definition, int64_t version,
                              Instant now);
// The run's id.
Result<std::string> start_run(storage::Tx& tx, const std::string& workspace, const StartRun& start, Instant now,
                              Ids& ids);
// active, paused, completed, failed, cancelled. Pause and cancel take effect for the next claim; sends in flight end.
// A run that another one waits for pauses, goes on and ends with it.
Result<void> pause_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id, Instant now);
Result<void> resume_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id, Instant now);
Result<void> cancel_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id,
                        const std::string& reason, Instant now);

struct RunView {
  std::string id, workflow_id, status, reason, campaign_id;
  Instant entered;
  std::optional<Instant> ended;
  struct TokenView {
    std::string node_id, state;
    Instant due;
  };
  std::vector<TokenView> tokens;
};
Result<RunView> get_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id);

struct EngineOptions {
  int batch = 500;  // tokens in one transaction
  int64_t idle_poll_ms = 200;
  int64_t lease_ms = 8'000;  // of a token whose tool is being called; another process takes over after it, renewed
                             // while the call lasts
  bool exclusive = true;     // SQLite: this process alone runs the engine
};

class Engine {
 public:
  Engine(storage::Storage& storage, Clock& clock, Ids& ids, ToolRunner& tools, storage::ProfileSource& profiles,
         storage::SendGuard& guard, EngineOptions options, std::string owner);
  // Takes back the steps of dead processes. Call once at the start; where several engines are, run_once() does so from
  // then on.
  Result<void> recover();
  // One batch; the number of tokens it moved. 0: nothing is due.
  Result<int> run_once();
  Result<std::optional<Instant>> next_due();
  void loop(std::stop_token stop);
  void wake();
  // The dispatcher's hook: wakes for_each tokens whose intents are all settled. In the settling transaction.
  Result<void> on_settled(storage::Tx& tx, const std::vector<events::Settled>& settled);
  // Told of every question to a person that a run has asked, once it is durable.
  void on_asked(std::function<void(const std::string& workspace, const std::string& approval_id)> told);

 private:
  struct LoadedRun;
  class Batch;
  class LeaseKeeper;
  struct PreparedCall;
  Result<int> step_batch(std::vector<Token>& calls);
  Result<void> step_token(storage::Tx& tx, Batch& batch, Token& token, std::vector<Token>& calls, Instant now);
  Result<void> apply(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Step& step, Instant now);
  Result<void> for_each_page(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node,
                             Instant now);
  Result<void> arrive(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now);
  // Nothing: somebody else holds what has to be looked at.
  Result<std::optional<Seen>> look(storage::Tx& tx, LoadedRun& run, const Token& token, const Node& node);
  Result<bool> look_for_event(storage::Tx& tx, LoadedRun& run, const Token& token, const Node& node, Seen& seen);
  Result<void> look_at_child(storage::Tx& tx, const Token& token, const Json& data, Seen& seen);
  Result<bool> look_at_approval(storage::Tx& tx, const Token& token, const Json& data, Seen& seen);
  Result<void> start_child(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node,
                           const Step& decided, Instant now);
  Result<void> act(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, Instant now);
  Result<void> ask(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node, const Step& decided,
                   Instant now);
  Result<void> subscribe(storage::Tx& tx, Batch& batch, LoadedRun& run, Token& token, const Node& node,
                         const Step& decided, Instant now);
  Result<void> poison(storage::Tx& tx, Batch& batch, Token& token, const Error& error, Instant now);
  Result<void> run_call(const Token& claimed);
  Result<std::optional<PreparedCall>> prepare_call(const Token& claimed);
  Result<void> record_answer(const Token& claimed, const Definition& definition, const Result<Json>& answer);
  Result<bool> renew_lease(storage::Tx& tx, const Token& claimed);
  Result<void> release_unrecorded();
  Result<std::shared_ptr<const Definition>> definition_of(storage::Tx& tx, const std::string& workspace,
                                                          const std::string& workflow_id, int64_t version);

  storage::Storage& storage_;
  Clock& clock_;
  Ids& ids_;
  ToolRunner& tools_;
  storage::ProfileSource& profiles_;
  storage::SendGuard& guard_;
  EngineOptions options_;
  std::string owner_;
  Rng rng_;
  std::function<void(const std::string&, const std::string&)> told_;
  std::vector<std::pair<std::string, std::string>> asked_;  // workspace and approval, of the batch at hand
  std::vector<Token> unrecorded_;  // claimed by this engine, called or not, and not written down
  Instant recover_at_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;
  std::mutex definitions_mutex_;
  std::map<std::string, std::shared_ptr<const Definition>> definitions_;  // immutable, shared by batches
};

// The engine of this process, where there is one, looks for work once the caller's transaction is durable.
void wake_after_commit(const ToolContext& context);

}  // namespace spreaders::workflows
