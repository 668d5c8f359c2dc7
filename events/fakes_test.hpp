// What the tests of the outbox and of the workflow engine stand on: a receiver that counts, a sender that can be told
// how to behave, a guard that can withdraw consent, and a storage that dies like a killed process at a chosen write.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "events/outbox.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::events::fakes {

inline const std::string kWorkspace = "wsp_test";

// Dies at a chosen write: from then on nothing reaches the database, as after kill -9. `committed` says whether the
// fatal write had become durable. Deaths are told to whoever holds the same `dead` flag (the sender: a dead process
// sends nothing).
class MortalStorage final : public storage::Storage {
 public:
  explicit MortalStorage(storage::Storage& inner) : inner_(inner) {}
  void die_at_write(int number, bool committed) {
    fatal_ = writes_ + number;
    committed_ = committed;
  }
  // The next `count` writes fail and the process lives on, as with a full disk.
  void refuse_writes(int count) { refused_ = count; }
  void die() { dead_ = true; }
  [[nodiscard]] bool is_dead() const { return dead_; }
  [[nodiscard]] int writes() const { return writes_; }

  Result<void> write_(const storage::Scope& scope, const std::function<Result<void>(storage::Tx&)>& body) override {
    if (dead_) return gone();
    if (refused_ > 0) {
      --refused_;
      return gone();
    }
    int number = ++writes_;
    if (number != fatal_) return inner_.write_(scope, body);
    Result<void> done = committed_ ? inner_.write_(scope, body) : gone();
    dead_ = true;
    return gone();
  }
  Result<void> read_(const storage::Scope& scope, const std::function<Result<void>(storage::Tx&)>& body) override {
    return dead_ ? gone() : inner_.read_(scope, body);
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  Result<void> migrate() override { return inner_.migrate(); }
  Result<void> backup_to(const std::string& path) override { return inner_.backup_to(path); }

 private:
  static Result<void> gone() { return Error{Code::kUnavailable, "the database cannot be reached"}; }
  storage::Storage& inner_;
  std::atomic<bool> dead_{false};
  std::atomic<int> writes_{0};
  std::atomic<int> fatal_{-1};
  std::atomic<bool> committed_{false};
  std::atomic<int> refused_{0};
};

// The other side: counts what it took by our name for it.
class Receiver {
 public:
  void take(const OutboxItem& item) {
    std::lock_guard lock(mutex_);
    ++taken_[item.vendor_ref];
    ++by_address_[item.address];
    order_.push_back(item.address);
  }
  bool has(const OutboxItem& item) const {
    std::lock_guard lock(mutex_);
    return taken_.contains(item.vendor_ref);
  }
  int times(const std::string& address) const {
    std::lock_guard lock(mutex_);
    auto found = by_address_.find(address);
    return found == by_address_.end() ? 0 : found->second;
  }
  std::vector<std::string> order() const {
    std::lock_guard lock(mutex_);
    return order_;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    taken_.clear();
    by_address_.clear();
    order_.clear();
  }
  // How many addresses got more than one.
  int doubled() const {
    std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto& [address, times] : by_address_) count += times > 1 ? 1 : 0;
    return count;
  }
  // How many messages came more than once, by our name for them.
  int repeated() const {
    std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto& [name, times] : taken_) count += times > 1 ? 1 : 0;
    return count;
  }
  int reached() const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(by_address_.size());
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> taken_, by_address_;
  std::vector<std::string> order_;
};

// Waits until `condition` holds, at most `deadline_ms`; whether it holds.
template <class Condition>
bool eventually(Condition&& condition, int64_t deadline_ms = 60'000) {
  std::mutex mutex;
  std::condition_variable never;
  int64_t end_ms = monotonic_ms() + deadline_ms;
  while (!condition()) {
    if (monotonic_ms() > end_ms) return false;
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

// Delivers unless told otherwise.
class FakeSender final : public Sender {
 public:
  explicit FakeSender(Receiver& receiver, const MortalStorage* process = nullptr)
      : receiver_(receiver), process_(process) {}
  std::function<Result<void>()> on_prepare;
  std::function<SendReport(const OutboxItem&)> on_send;
  bool blind = false;  // the receiver cannot be asked
  std::atomic<int> asked{0};

  Result<std::shared_ptr<void>> prepare(const std::vector<OutboxItem>&) override {
    if (on_prepare) TRY(on_prepare());
    return std::shared_ptr<void>();
  }
  SendReport send(const OutboxItem& item, void*) override {
    if (process_ != nullptr && process_->is_dead()) return {Sent::kUnknown, "dead"};
    if (on_send) return on_send(item);
    receiver_.take(item);
    return {Sent::kAccepted, "250 ok"};
  }
  std::optional<bool> was_accepted(const OutboxItem& item) override {
    ++asked;
    if (blind) return std::nullopt;
    return receiver_.has(item);
  }

 private:
  Receiver& receiver_;
  const MortalStorage* process_;
};

// Everybody may be sent to until refuse() says why not.
class FakeGuard final : public storage::SendGuard {
 public:
  void refuse(const std::string& address, const std::string& reason) {
    std::lock_guard lock(mutex_);
    reasons_[address] = reason;
  }
  void allow_all() {
    std::lock_guard lock(mutex_);
    reasons_.clear();
  }
  // Addresses that were asked about as transactional.
  std::set<std::string> transactional() const {
    std::lock_guard lock(mutex_);
    return transactional_;
  }
  Result<std::vector<std::string>> refusals(storage::Tx&, const std::string&, const std::string&, bool transactional,
                                            const std::vector<storage::Recipient>& recipients) override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> answers;
    for (const auto& recipient : recipients) {
      if (transactional) transactional_.insert(recipient.address);
      auto found = reasons_.find(recipient.address);
      answers.push_back(found == reasons_.end() ? "" : found->second);
    }
    return answers;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> reasons_;
  std::set<std::string> transactional_;
};

// A database of either kind, migrated and empty.
class DatabaseTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    if (GetParam() == storage::Dialect::kPostgres) {
      auto* server = spreaders::testing::shared_postgres();
      if (server == nullptr) GTEST_SKIP() << spreaders::testing::kNoPostgres;
      storage_ = *storage::open_postgres({.url = server->make_database()});
    } else {
      storage_ = *storage::open_sqlite({.path = directory_.file("test.db"), .synchronous = "OFF"});
    }
    auto migrated = storage_->migrate();
    ASSERT_TRUE(migrated.ok()) << migrated.error().text() << migrated.error().detail;
  }

  template <class Body>
  auto write(Body&& body) {
    return storage_->write(storage::Scope::system(), body);
  }
  storage::Rows query(std::string_view sql, const storage::Values& values = {}) {
    auto rows = storage_->read(storage::Scope::system(), [&](storage::Tx& tx) { return tx.query(sql, values); });
    EXPECT_TRUE(rows.ok()) << sql << rows.error().text() << rows.error().detail;
    return rows.ok() ? *rows : storage::Rows{};
  }
  int64_t execute(std::string_view sql, const storage::Values& values = {}) {
    auto changed = write([&](storage::Tx& tx) { return tx.execute(sql, values); });
    EXPECT_TRUE(changed.ok()) << sql << changed.error().text() << changed.error().detail;
    return changed.ok() ? *changed : -1;
  }

  spreaders::testing::TempDir directory_;
  std::unique_ptr<storage::Storage> storage_;
  VirtualClock clock_{*parse_instant("2026-11-21T09:00:00Z")};
  SequenceIds ids_{7};
};

inline std::string engine_name(const ::testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

// With intents to send and a run they may belong to.
class OutboxTest : public DatabaseTest {
 protected:
  static Intent intent(int number, const std::string& run_id = "") {
    std::string name = std::to_string(number);
    return {.idem = "k" + name,
            .run_id = run_id,
            .token_id = "tok_1",
            .node_id = "send",
            .contact_id = "con_" + name,
            .channel = "email",
            .connection_id = "con_1",
            .address = "a" + name + "@example.org",
            .payload = R"({"template":"tpl_1","transactional":false})"};
  }
  static std::string address(int number) { return "a" + std::to_string(number) + "@example.org"; }
  int64_t put(const std::vector<Intent>& intents, const std::string& workspace = kWorkspace) {
    auto added = write([&](storage::Tx& tx) { return enqueue(tx, workspace, intents, clock_.now(), ids_); });
    EXPECT_TRUE(added.ok()) << added.error().text() << added.error().detail;
    return added.ok() ? *added : -1;
  }
  void put_many(int count, const std::string& run_id = "") {
    std::vector<Intent> intents;
    for (int i = 0; i < count; ++i) intents.push_back(intent(i, run_id));
    ASSERT_EQ(put(intents), count);
  }
  void put_run(const std::string& id, const std::string& status = "active") {
    execute(
        "INSERT INTO run (workspace_id, id, workflow_id, version, subject, entry_key, principal, status, entered_at) "
        "VALUES ($1, $2, 'wf_1', 1, $2, $2, '{}', $3, 1)",
        {kWorkspace, id, status});
  }
  void set_run(const std::string& id, const std::string& status) {
    ASSERT_EQ(execute("UPDATE run SET status = $1, ended_at = CAST($2 AS BIGINT) WHERE workspace_id = $3 AND id = $4",
                      {status, clock_.now(), kWorkspace, id}),
              1);
  }
  struct Row {
    std::string state, reply, owner;
    int64_t attempts = 0;
    Instant next_at;
  };
  Row row(int number) {
    auto rows =
        query("SELECT state, reply, lease_owner, attempts, next_at FROM outbox WHERE workspace_id = $1 AND idem = $2",
              {kWorkspace, "k" + std::to_string(number)});
    if (rows.size() != 1) return {};
    return {rows[0][0].text(), rows[0][1].text(), rows[0][2].text(), rows[0][3].integer(), rows[0][4].instant()};
  }
  std::map<std::string, int64_t> states() {
    std::map<std::string, int64_t> counts;
    for (const auto& one :
         query("SELECT state, COUNT(*) FROM outbox WHERE workspace_id = $1 GROUP BY state", {kWorkspace}))
      counts[one[0].text()] = one[1].integer();
    return counts;
  }
  // One sending process. lookup_grace_ms is real time, which a test does not wait for.
  static DispatcherOptions options(int workers = 1, int batch = 400) {
    DispatcherOptions made;
    made.workers = workers;
    made.batch = made.wave = batch;
    made.lookup_grace_ms = 0;
    made.idle_poll_ms = 20;
    return made;
  }
  std::unique_ptr<Dispatcher> dispatcher(Sender& sender, DispatcherOptions with, const std::string& owner = "prc_a") {
    return dispatcher(*storage_, sender, with, owner);
  }
  std::unique_ptr<Dispatcher> dispatcher(Sender& sender) { return dispatcher(sender, options()); }
  std::unique_ptr<Dispatcher> dispatcher(storage::Storage& storage, Sender& sender, DispatcherOptions with,
                                         const std::string& owner) {
    auto made = std::make_unique<Dispatcher>(storage, clock_, guard_, with, owner);
    made->add_sender("email", sender);
    return made;
  }
  int run_once(Dispatcher& dispatcher) {
    auto handled = dispatcher.run_once();
    EXPECT_TRUE(handled.ok()) << handled.error().text() << handled.error().detail;
    return handled.ok() ? *handled : -1;
  }
  int look_up(Dispatcher& dispatcher) {
    auto settled = dispatcher.look_up_unknown();
    EXPECT_TRUE(settled.ok()) << settled.error().text() << settled.error().detail;
    return settled.ok() ? *settled : -1;
  }
  // Works and moves the clock to whatever is due next until nothing is; the number of rounds.
  int drain(Dispatcher& dispatcher, int rounds_max = 200) {
    for (int round = 0; round < rounds_max; ++round) {
      int worked = run_once(dispatcher) + look_up(dispatcher);
      if (worked > 0) continue;
      auto due = dispatcher.next_due();
      EXPECT_TRUE(due.ok());
      if (!due.ok() || !*due) return round;
      clock_.move_to(std::max(clock_.now() + 1, **due));
    }
    ADD_FAILURE() << "still not settled after " << rounds_max << " rounds";
    return rounds_max;
  }

  Receiver receiver_;
  FakeGuard guard_;
};

}  // namespace spreaders::events::fakes
