// The outbox: what is to leave the house. An intent is written in the transaction that decided it, claimed (state
// sending) in a committed transaction before the first byte goes out, and settled after the answer. Its idempotency key
// makes a second intent for the same thing impossible.
//
//   pending -> sending -> accepted | failed | unknown        skipped and cancelled end without a send
//
// unknown: the other side may or may not have it. It is looked up where the sender can; never sent again blindly.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "events/throttle.hpp"
#include "storage/ports.hpp"
#include "storage/storage.hpp"

namespace spreaders::events {

struct Intent {
  std::string idem;  // unique in the workspace: run:node:contact or tool:key
  std::string run_id = {};
  std::string token_id = {};
  std::string node_id = {};
  std::string campaign_id = {};
  std::string contact_id = {};
  std::string channel;  // email
  std::string connection_id;
  std::string address;
  std::string payload;           // JSON: {"template":"tpl_..","version":3,"transactional":false,...}
  std::string skip_reason = {};  // set: recorded as skipped, nothing is sent
  std::optional<Instant> not_before = {};
  std::string deferred = {};  // why not before then
};

// How many of some intents go out now, wait for a rule about when and how often, and are left out.
struct Decided {
  int64_t now = 0, deferred = 0, refused = 0;
};
// Asks the guard about intents of one channel that are about to be written down: fills in why they are not sent, or not
// yet.
Result<Decided> decide_intents(storage::Tx& tx, storage::SendGuard& guard, const std::string& workspace,
                               std::span<Intent> intents, Instant now);

// How many rows were new (an idem that exists is left alone). `domain` becomes the right side of the Message-ID.
Result<int64_t> enqueue(storage::Tx& tx, const std::string& workspace, std::span<const Intent> intents, Instant now,
                        Ids& ids);

struct OutboxItem {
  std::string workspace;
  std::string id;
  std::string run_id;
  std::string campaign_id;
  std::string contact_id;
  std::string channel;
  std::string connection_id;
  std::string address;
  std::string payload;
  int64_t attempts = 0;  // this one included
  std::string
      vendor_ref;     // our name for it on the wire; an email's Message-ID without angle brackets is vendor_ref@domain
  int64_t fence = 0;  // of this claim: an answer to an older one counts nothing
  bool transactional = false;
};

// kHeld: not tried now; waits without counting as an attempt.
enum class Sent : uint8_t { kAccepted, kRejected, kDeferred, kUnknown, kHeld };

struct SendReport {
  Sent outcome = Sent::kDeferred;
  std::string reply = {};      // what the other side said, cleaned, <= 300 characters
  int64_t retry_after_ms = 0;  // kDeferred: 0 = by the back-off rule
  std::string suppress = {};   // kRejected: reason to suppress the address for good ("hard_bounce"); empty = no
};

// One way out of the house, for one channel. Called from several threads at once.
class Sender {
 public:
  virtual ~Sender() = default;
  // Gets ready for a batch (loads profiles, compiles templates); what it answers is passed to send().
  virtual Result<std::shared_ptr<void>> prepare(const std::vector<OutboxItem>& items) = 0;
  virtual SendReport send(const OutboxItem& item, void* prepared) = 0;
  // Did the other side take it? nullopt: it did not say.
  virtual std::optional<bool> was_accepted(const OutboxItem& item) = 0;
  // After nullopt: how long to wait before it is asked again (it was only away). 0: it can never be asked.
  virtual int64_t ask_again_ms(const OutboxItem&) { return 0; }
};

struct DispatcherOptions {
  int workers = 8;  // sends at once
  int batch = 400;  // rows that one run_once() handles
  int wave = 0;     // rows claimed in one transaction; a crash leaves three waves unclear at most. 0: four a worker
  int attempts_max = 6;  // of deferred sends, and of unclear ones that the other side has not
  int64_t lease_ms =
      8'000;  // of rows that are on their way, renewed while they are; another process takes over after it
  int64_t backoff_base_ms = 2'000;
  int64_t backoff_cap_ms = 600'000;
  int64_t lookup_grace_ms = 1'500;  // real time before the other side is asked about an unclear send
  int64_t idle_poll_ms = 200;       // another process may have written
  bool exclusive = true;            // this process alone dispatches (SQLite): leases of others are void at once
  bool resend_unknown_transactional = false;  // policy where no look-up exists; marketing is always held
  // For the crash tests' self-check only: record results per batch instead of per message and forget the intent.
  bool planted_bad_checkpoint = false;
};

struct Accounting {
  int64_t pending = 0, sending = 0, accepted = 0, failed = 0, unknown = 0, skipped = 0, cancelled = 0;
  [[nodiscard]] int64_t total() const { return pending + sending + accepted + failed + unknown + skipped + cancelled; }
  [[nodiscard]] bool settled() const { return pending == 0 && sending == 0; }
};
Result<Accounting> account_run(storage::Tx& tx, const std::string& workspace, const std::string& run_id,
                               const std::string& node_id = {});
Result<Accounting> account_campaign(storage::Tx& tx, const std::string& workspace, const std::string& campaign_id);

// What happened to one item, told after it is durable: wakes the engine, writes facts.
struct Settled {
  OutboxItem item;
  std::string state;
  std::string reply;
  std::string suppress = {};  // of a rejected one, as in SendReport
};

class Dispatcher {
 public:
  Dispatcher(storage::Storage& storage, Clock& clock, storage::SendGuard& guard, DispatcherOptions options,
             std::string owner);
  ~Dispatcher();
  void add_sender(const std::string& channel, Sender& sender) { senders_[channel] = &sender; }
  // Runs in the transaction that settles, for facts that belong to the send (delivery events, suppression).
  void on_settle(std::function<Result<void>(storage::Tx&, const std::vector<Settled>&)> hook) {
    settle_hook_ = std::move(hook);
  }

  // Takes back what a dead process left in `sending`. Call once when this process becomes the dispatcher; where several
  // are, run_once() looks after the dead ones from then on.
  Result<void> recover();
  // Claims and sends one batch; the number of items it handled. 0: nothing is due.
  Result<int> run_once();
  // Asks about unclear sends whose grace is over; the number it settled.
  Result<int> look_up_unknown();
  // When the next pending or unclear item is due; nullopt: never.
  Result<std::optional<Instant>> next_due();
  // run_once() and look_up_unknown() until stopped.
  void loop(std::stop_token stop);
  void wake();

 private:
  struct Claimed {
    std::vector<OutboxItem> items;
    std::vector<OutboxItem> refused;
    std::vector<std::string> reasons;
    Instant send_until;  // nothing more begins for this claim unless the leases were renewed
    int deferred = 0;    // rules say later
    [[nodiscard]] int count() const { return static_cast<int>(items.size() + refused.size()) + deferred; }
  };
  // Answers that are not written down yet.
  struct Unsettled {
    std::vector<OutboxItem> items;
    std::vector<SendReport> reports;
  };
  // One unclear send and what the other side said of it.
  struct Asked {
    OutboxItem item;
    std::optional<bool> taken = {};
    int64_t again_ms = 0;  // it was only away
  };
  Result<int64_t> take_over();
  bool renew_leases();
  [[nodiscard]] bool may_begin(const Claimed& claimed) const;
  Result<Claimed> claim(int limit);
  struct Due;
  Result<std::vector<Due>> select_due(storage::Tx& tx, int limit, Instant now);
  Result<void> ask_guard(storage::Tx& tx, std::vector<Due>& due, Instant now);
  Result<void> claim_one(storage::Tx& tx, const Due& due, Instant now, Claimed& claimed);
  Result<int> run_waves();
  Result<int> run_planted();
  [[nodiscard]] int64_t backoff_ms(int64_t attempts) const;
  Instant ask_at(Instant unclear_since);
  std::vector<Asked> ask(const storage::Rows& rows, Instant now);
  Result<void> note_answer(storage::Tx& tx, const Asked& asked, Instant now, std::vector<Settled>& settled);
  std::vector<SendReport> send_all(const Claimed& claimed);
  Result<void> settle(const std::vector<OutboxItem>& items, const std::vector<SendReport>& reports);
  Result<void> settle_surely(Unsettled& sent);
  Result<void> settle_one(storage::Tx& tx, const OutboxItem& item, const SendReport& report, Instant now,
                          std::vector<Settled>& settled);
  bool is_held(const OutboxItem& item);
  void refresh_held();

  storage::Storage& storage_;
  Clock& clock_;
  storage::SendGuard& guard_;
  DispatcherOptions options_;
  std::string owner_;
  std::map<std::string, Sender*> senders_;
  std::function<Result<void>(storage::Tx&, const std::vector<Settled>&)> settle_hook_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;
  std::mutex held_mutex_;
  std::set<std::string>
      held_;  // runs that are paused or cancelled; campaigns and workspaces whose marketing is stopped
  int64_t held_at_ms_ = 0;
  std::atomic<int64_t> lookup_after_ms_{0};  // real time
  std::atomic<int64_t> leased_at_us_{0};     // every lease we hold is at least from then
  Unsettled unsettled_;
  Throttle throttle_;
  Instant take_over_at_;
  Rng jitter_;
};

}  // namespace spreaders::events
