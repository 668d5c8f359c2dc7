// PostgreSQL: transactions over a pool of connections, each bound to one workspace by row-level security.
//
// Writers of one workspace take turns (an advisory lock that ends with the transaction), so what a body read is still
// true when it writes, as on SQLite; writers of different workspaces, and system transactions, run beside each other
// under READ COMMITTED.
#include <charconv>

#include "core/log.hpp"
#include "storage/postgres/row_security.hpp"
#include "storage/postgres/session.hpp"
#include "storage/sql_guard.hpp"

namespace spreaders::storage {

namespace {

using postgres::Failure;
using postgres::Outcome;
using postgres::Pool;
using postgres::Session;

constexpr int kAttemptsMax = 10;          // of one transaction, after deadlocks
constexpr size_t kInsertRowsMax = 5'000;  // in one statement
constexpr size_t kInsertBytesMax = 8 * 1024 * 1024;
constexpr int kWorkspaceLock = 0x5350;  // class of the advisory locks that writers of a workspace take
constexpr int kMigrationLock = 0x5351;

// One column of many rows as the text of a PostgreSQL array.
void append_element(std::string& array, const Value& value) {
  array += array.empty() ? '{' : ',';
  if (value.is_null()) {
    array += "NULL";
  } else if (const auto* text = std::get_if<std::string>(&value.variant())) {
    array += '"';
    for (char c : *text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  } else if (const auto* whole = std::get_if<int64_t>(&value.variant())) {
    array += std::to_string(*whole);
  } else {
    char digits[32];
    array.append(digits, std::to_chars(digits, digits + sizeof digits, value.real()).ptr);
  }
}

class PostgresTx : public Tx {
 public:
  PostgresTx(Pool& pool, Session& session, const Scope& scope) : pool_(pool), session_(session), scope_(scope) {}

  Result<Rows> query(std::string_view sql, const Values& parameters) override {
    Rows rows;
    TRY(step(sql, parameters, &rows));
    return rows;
  }
  Result<int64_t> execute(std::string_view sql, const Values& parameters) override {
    return step(sql, parameters, nullptr);
  }

  Result<int64_t> insert_many(std::string_view table, std::initializer_list<std::string_view> columns,
                              std::span<const Values> rows, std::string_view suffix) override {
    if (rows.empty()) return 0;
    if (failure_) return failure_->error;
    auto types = TRY(pool_.column_types(session_, table, columns));
    std::string names;
    std::string arrays;
    for (size_t i = 0; i < types.size(); ++i) {
      names.append(i == 0 ? "" : ", ").append(columns.begin()[i]);
      arrays += (i == 0 ? "$" : ", $") + std::to_string(i + 1) + "::" + types[i] + "[]";
    }
    // One array a column: the text of the statement does not depend on the number of rows, so it is planned once.
    std::string sql = "INSERT INTO " + std::string(table) + " (" + names + ") SELECT * FROM unnest(" + arrays + ") " +
                      std::string(suffix);
    int64_t changed = 0;
    for (size_t from = 0; from < rows.size();) {
      std::vector<std::string> texts(types.size());
      size_t bytes = 0;
      size_t to = from;
      for (; to < rows.size() && to - from < kInsertRowsMax && bytes < kInsertBytesMax; ++to) {
        CHECK(rows[to].size() == types.size(),
              "insert_many was given a row with another number of values than columns");
        for (size_t i = 0; i < types.size(); ++i) {
          size_t before = texts[i].size();
          append_element(texts[i], rows[to][i]);
          bytes += texts[i].size() - before;
        }
      }
      Values parameters;
      for (auto& text : texts) parameters.emplace_back(std::move(text) + "}");
      changed += TRY(step(sql, parameters, nullptr));
      from = to;
    }
    return changed;
  }

  Result<void> savepoint(const std::function<Result<void>()>& body) override {
    if (failure_) return failure_->error;
    std::string name = "s" + std::to_string(++depth_);
    size_t actions = actions_.size();
    TRY(command("SAVEPOINT " + name));
    Result<void> done = body();
    if (done.ok() && failure_) done = failure_->error;  // the body overlooked a failure
    if (!done.ok()) {
      actions_.resize(actions);
      if (failure_ && (failure_->retry || failure_->lost)) return done;
      failure_.reset();
      TRY(command("ROLLBACK TO SAVEPOINT " + name));
    }
    TRY(command("RELEASE SAVEPOINT " + name));
    --depth_;
    return done;
  }

  [[nodiscard]] Dialect dialect() const override { return Dialect::kPostgres; }
  [[nodiscard]] const Scope& scope() const override { return scope_; }
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
  [[nodiscard]] const Outcome& failure() const { return failure_; }
  std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

 private:
  Result<int64_t> step(std::string_view sql, const Values& parameters, Rows* rows) {
    guard_statement(sql, scope_);
    // After a failed statement PostgreSQL refuses all others; the first failure is the one to tell.
    if (failure_) return failure_->error;
    int64_t changed = 0;
    auto failed = session_.run(sql, parameters, rows, changed);
    if (!failed) return changed;
    failed->error.detail += " in: " + std::string(sql.substr(0, 200));
    if (failed->error.code == Code::kInternal) log_error("statement refused", {{"detail", failed->error.detail}});
    failure_ = std::move(failed);
    return failure_->error;
  }
  Result<void> command(const std::string& sql) {
    if (auto failed = session_.run(sql)) {
      failure_ = std::move(failed);
      return failure_->error;
    }
    return {};
  }

  Pool& pool_;
  Session& session_;
  const Scope& scope_;
  int depth_ = 0;
  Outcome failure_;  // what broke the transaction
  std::vector<std::function<void()>> actions_;
};

class PostgresStorage : public Storage {
 public:
  explicit PostgresStorage(const PostgresOptions& options) : pool_(options) {}

  Result<void> write_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    thread_local bool inside = false;
    CHECK(!inside, "write() inside write(): it would wait for itself");
    std::vector<std::function<void()>> actions;
    Result<void> done;
    {
      struct Leave {
        ~Leave() { inside = false; }
      } leave;
      inside = true;
      done = transact(scope, body, true, actions);
    }
    for (auto& action : actions) action();
    return done;
  }

  Result<void> read_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    std::vector<std::function<void()>> actions;
    Result<void> done = transact(scope, body, false, actions);
    for (auto& action : actions) action();
    return done;
  }

  [[nodiscard]] Dialect dialect() const override { return Dialect::kPostgres; }

  Result<void> migrate() override {
    // Several processes may start at once: each step waits for the others and then finds its work done.
    TRY(write(Scope::system(), [](Tx& tx) -> Result<void> {
      TRY(tx.query("SELECT pg_advisory_xact_lock($1, 0)", {kMigrationLock}));
      TRY(
          tx.execute("CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
                     "workspace_id TEXT NOT NULL DEFAULT '*')"));
      return postgres::wall_tables(tx);
    }));
    for (const auto& migration : migrations()) {
      TRY(write(Scope::system(), [&](Tx& tx) -> Result<void> {
        TRY(tx.query("SELECT pg_advisory_xact_lock($1, 0)", {kMigrationLock}));
        auto done = TRY(tx.query("SELECT name FROM schema_migration WHERE number = $1", {migration.number}));
        if (!done.empty()) return {};
        for (const auto& statement : statements_of(migration, Dialect::kPostgres)) TRY(tx.execute(statement));
        TRY(tx.execute("INSERT INTO schema_migration (number, name) VALUES ($1, $2)",
                       {migration.number, migration.name}));
        return postgres::wall_tables(tx);
      }));
    }
    auto newest =
        TRY(read(Scope::system(), [](Tx& tx) { return tx.query("SELECT MAX(number) FROM schema_migration"); }));
    if (newest[0][0].integer_or(0) > static_cast<int64_t>(migrations().size())) {
      return Error{Code::kNotConfigured, "this database was made by a newer version of Spreaders; use that version"};
    }
    return {};
  }

  Result<void> backup_to(const std::string&) override {
    return Error{
        Code::kUnsupported,
        "a PostgreSQL database is not copied from here; use pg_dump --format=custom, or the backups of its operator"};
  }

 private:
  // A session in an open transaction that sees one workspace.
  Result<Pool::Loan> begin(const Scope& scope, bool writing) {
    CHECK(!scope.workspace().empty(), "a transaction needs a workspace");
    for (;;) {
      auto loan = TRY(pool_.lend(writing));
      std::string name = loan->quote(scope.workspace());
      std::string sql =
          writing ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
      sql += "; SELECT set_config('app.workspace', " + name + ", true)";
      if (writing && !scope.is_system()) {
        sql += "; SELECT pg_advisory_xact_lock(" + std::to_string(kWorkspaceLock) + ", hashtext(" + name + "))";
      }
      auto failed = loan->run(sql);
      if (!failed) return loan;
      // A connection that died in the pool: nothing happened yet, so another one is taken.
      if (failed->lost && !loan.is_fresh()) continue;
      if (!failed->lost && !loan->run("ROLLBACK")) loan.keep();
      return std::move(failed->error);
    }
  }

  Result<void> transact(const Scope& scope, const std::function<Result<void>(Tx&)>& body, bool writing,
                        std::vector<std::function<void()>>& actions) {
    for (int attempt = 1;; ++attempt) {
      auto loan = TRY(begin(scope, writing));
      PostgresTx tx(pool_, *loan, scope);
      Result<void> done = body(tx);
      Outcome failure = tx.failure();
      if (done.ok() && !failure) {
        failure = loan->run("COMMIT");
        if (!failure) loan.keep();
        if (!failure || !writing) {
          actions = tx.take_actions();
          return {};
        }
        if (failure->lost) {
          return Error{Code::kOutcomeUnknown,
                       "the connection to the database was lost while it stored: look before trying again"};
        }
      }
      if (!(failure && failure->lost) && !loan->run("ROLLBACK")) loan.keep();
      if (failure && failure->retry && attempt < kAttemptsMax) {
        pool_.wait_for_winner(attempt);
        continue;
      }
      if (failure && (done.ok() || failure->lost)) return std::move(failure->error);
      return done;
    }
  }

  Pool pool_;
};

}  // namespace

Result<std::unique_ptr<Storage>> open_postgres(const PostgresOptions& options) {
  if (options.connections < 1 || options.connections > 1000)
    return invalid("the number of database connections is 1 to 1000");
  auto storage = std::make_unique<PostgresStorage>(options);
  TRY(storage->read(Scope::system(), [](Tx& tx) { return postgres::refuse_unbound_role(tx); }));
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace spreaders::storage
