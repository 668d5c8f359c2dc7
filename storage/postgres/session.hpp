// One connection to PostgreSQL, used by one thread at a time, and the pool that lends it. Everything libpqxx throws
// ends here and becomes a Failure. Private to storage/postgres.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/storage.hpp"

namespace spreaders::storage::postgres {

constexpr size_t kStatementsMax = 400;  // prepared per connection; further texts are planned at every use
constexpr int64_t kConnectionAge_ms_max = 1'800'000;
constexpr int64_t kIdleBeforePing_ms = 60'000;
constexpr int64_t kLendWait_ms_max = 10'000;  // for a free connection
constexpr int64_t kRetryWait_ms = 10;         // before the second run of a transaction; doubles each time
constexpr int64_t kRetryWait_ms_max = 500;

// What went wrong, and what that means for the transaction.
struct Failure {
  Error error;
  bool retry = false;  // a deadlock or the like: the whole transaction may be run again
  bool lost = false;   // the connection is gone; what was sent may or may not have been done
};
using Outcome = std::optional<Failure>;  // nothing = it worked

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const PostgresOptions& options);
  // Commands without parameters or rows; several may be joined by semicolons.
  Outcome run(const std::string& commands);
  // One statement. `rows` may be null; `changed` gets the rows affected.
  Outcome run(std::string_view sql, const Values& parameters, Rows* rows, int64_t& changed);
  [[nodiscard]] bool is_usable();
  [[nodiscard]] std::string quote(const std::string& text) { return connection_.quote(text); }
  int64_t made_at_ms = 0;
  int64_t used_at_ms = 0;

  explicit Session(const std::string& url) : connection_(url), silence_(connection_), work_(connection_) {}

 private:
  struct Statement {
    std::string sql;          // parameters renumbered without gaps
    std::vector<size_t> use;  // which of the caller's parameters each one is
    std::string name;         // of the prepared statement; empty until its second use
  };
  Statement& statement(std::string_view sql);
  template <class Body>
  Outcome attempt(Body&& body);

  pqxx::connection connection_;
  pqxx::quiet_errorhandler silence_;  // libpq prints notices to standard error otherwise
  pqxx::nontransaction work_;         // BEGIN and COMMIT are sent by us
  std::unordered_map<std::string, Statement> statements_;
  int prepared_ = 0;
  Statement passing_;  // the one in use when `statements_` is full
};

class Pool {
 public:
  explicit Pool(PostgresOptions options);

  // A session on loan. It goes back to the pool only after keep(): a session in doubt is closed.
  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<Session> session, bool writing, bool fresh)
        : pool_(&pool), session_(std::move(session)), writing_(writing), fresh_(fresh) {}
    Loan(Loan&& other) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (session_) pool_->give_back(keep_ ? std::move(session_) : nullptr, writing_);
    }
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }
    void keep() { keep_ = true; }
    [[nodiscard]] bool is_fresh() const { return fresh_; }

   private:
    Pool* pool_;
    std::unique_ptr<Session> session_;
    bool writing_;
    bool fresh_;
    bool keep_ = false;
  };

  Result<Loan> lend(bool writing);
  // After a deadlock: run again at once, the loser may take the winner's rows before the winner gets to them.
  void wait_for_winner(int attempt);
  // The type of each column of a table of ours, for arrays of parameters; read once per table.
  Result<std::vector<std::string>> column_types(Session& session, std::string_view table,
                                                std::initializer_list<std::string_view> columns);

 private:
  void give_back(std::unique_ptr<Session> session, bool writing);
  std::unique_ptr<Session> take_idle();

  PostgresOptions options_;
  int writers_max_;  // writers wait for each other; some connections stay free for readers
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Session>> idle_;
  int lent_ = 0;
  int writers_ = 0;
  std::mutex types_mutex_;
  std::unordered_map<std::string, std::unordered_map<std::string, std::string>> types_;
};

}  // namespace spreaders::storage::postgres
