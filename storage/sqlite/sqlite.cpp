// SQLite: WAL, one writing connection whose thread gathers waiting jobs into one commit, several reading connections.
#include <condition_variable>
#include <deque>
#include <future>
#include <list>
#include <mutex>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>
#include <unordered_map>

#include "core/log.hpp"
#include "storage/sql_guard.hpp"
#include "storage/storage.hpp"

namespace spreaders::storage {

namespace {

constexpr size_t kStatementsMax = 400;  // prepared statements kept per connection

Error sqlite_error(sqlite3* database, int code) {
  std::string detail = sqlite3_errmsg(database);
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return {Code::kConflict, "this conflicts with what is stored already", detail};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::kUnavailable, "the database is busy; try again", detail, 200};
    case SQLITE_FULL:
      return {Code::kUnavailable, "the disk is full: nothing was stored", detail, 5000};
    case SQLITE_READONLY:
      return {Code::kInternal, "a reading transaction tried to write, or the database file cannot be written", detail};
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Code::kInternal, "the database file cannot be read or written", detail};
    default:
      return {Code::kInternal, "the database refused a statement", detail};
  }
}

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

// One connection and its prepared statements. Used by one thread at a time.
class Connection {
 public:
  ~Connection() {
    statements_.clear();
    sqlite3_close(database_);
  }

  static Result<std::unique_ptr<Connection>> open(const SqliteOptions& options, bool writing) {
    auto connection = std::make_unique<Connection>();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writing ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(options.path.c_str(), &connection->database_, flags, nullptr);
    if (code != SQLITE_OK) {
      return Error{Code::kNotConfigured,
                   "the database file " + options.path + " cannot be opened: " + sqlite3_errmsg(connection->database_)};
    }
    sqlite3_extended_result_codes(connection->database_, 1);
    sqlite3_busy_timeout(connection->database_, static_cast<int>(options.busy_timeout_ms));
    TRY(connection->run("PRAGMA journal_mode=WAL"));
    TRY(connection->run("PRAGMA synchronous=" + options.synchronous));
    TRY(connection->run("PRAGMA foreign_keys=ON"));
    TRY(connection->run("PRAGMA temp_store=MEMORY"));
    TRY(connection->run("PRAGMA cache_size=-16000"));
    if (!writing) TRY(connection->run("PRAGMA query_only=ON"));
    return connection;
  }

  sqlite3* raw() { return database_; }

  Result<void> run(const std::string& sql) {
    int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return sqlite_error(database_, code);
    return {};
  }

  // The same for a statement that comes again and again: it is parsed once.
  Result<void> run_kept(std::string_view sql) {
    static const Scope kSystem = Scope::system();
    TRY(step(sql, {}, nullptr, kSystem));
    return {};
  }

  // Steps through all rows; `rows` may be null. Answers the number of rows changed.
  Result<int64_t> step(std::string_view sql, const Values& parameters, Rows* rows, const Scope& scope) {
    sqlite3_stmt* statement = TRY(prepare(sql, scope));
    struct Reset {
      sqlite3_stmt* statement;
      ~Reset() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
      }
    } reset{statement};
    for (size_t i = 0; i < parameters.size(); ++i) bind(statement, i, parameters[i]);
    int code = SQLITE_ROW;
    int64_t before = sqlite3_total_changes64(database_);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      if (rows != nullptr) rows->push_back(read_row(statement));
    }
    if (code != SQLITE_DONE) {
      Error error = sqlite_error(database_, code);
      error.detail += " in: " + std::string(sql.substr(0, 200));
      return error;
    }
    return sqlite3_total_changes64(database_) - before;
  }

 private:
  struct Prepared {
    Statement statement;
    std::list<std::string>::iterator age;
  };

  Result<sqlite3_stmt*> prepare(std::string_view sql, const Scope& scope) {
    std::string key(sql);
    guard_statement(sql, scope);
    if (auto found = statements_.find(key); found != statements_.end()) {
      ages_.splice(ages_.begin(), ages_, found->second.age);
      return found->second.statement.get();
    }
    sqlite3_stmt* made = nullptr;
    int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made,
                                  nullptr);
    if (code != SQLITE_OK) {
      Error error = sqlite_error(database_, code);
      error.detail += " in: " + key.substr(0, 400);
      log_error("statement refused", {{"detail", error.detail}});
      return error;
    }
    if (statements_.size() >= kStatementsMax) {
      statements_.erase(ages_.back());
      ages_.pop_back();
    }
    ages_.push_front(key);
    statements_.emplace(std::move(key), Prepared{Statement(made), ages_.begin()});
    return made;
  }

  static void bind(sqlite3_stmt* statement, size_t i, const Value& value) {
    // "$3" is a name to SQLite; the number it stands for is ours.
    std::string name = "$" + std::to_string(i + 1);
    int index = sqlite3_bind_parameter_index(statement, name.c_str());
    if (index == 0) return;  // a parameter that this dialect's statement does not use
    if (const auto* whole = std::get_if<int64_t>(&value.variant())) sqlite3_bind_int64(statement, index, *whole);
    else if (const auto* number = std::get_if<double>(&value.variant())) sqlite3_bind_double(statement, index, *number);
    else if (const auto* text = std::get_if<std::string>(&value.variant())) {
      sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else sqlite3_bind_null(statement, index);
  }

  static Row read_row(sqlite3_stmt* statement) {
    int count = sqlite3_column_count(statement);
    Row row;
    row.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          row.emplace_back(static_cast<int64_t>(sqlite3_column_int64(statement, i)));
          break;
        case SQLITE_FLOAT:
          row.emplace_back(sqlite3_column_double(statement, i));
          break;
        case SQLITE_NULL:
          row.emplace_back();
          break;
        default:
          row.emplace_back(std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, i)),
                                       static_cast<size_t>(sqlite3_column_bytes(statement, i))));
      }
    }
    return row;
  }

  sqlite3* database_ = nullptr;
  std::list<std::string> ages_;  // most recently used first
  std::unordered_map<std::string, Prepared> statements_;
};

class SqliteTx : public Tx {
 public:
  SqliteTx(Connection& connection, const Scope& scope) : connection_(connection), scope_(scope) {}

  Result<Rows> query(std::string_view sql, const Values& parameters) override {
    Rows rows;
    TRY(connection_.step(sql, parameters, &rows, scope_));
    return rows;
  }
  Result<int64_t> execute(std::string_view sql, const Values& parameters) override {
    return connection_.step(sql, parameters, nullptr, scope_);
  }
  Result<int64_t> insert_many(std::string_view table, std::initializer_list<std::string_view> columns,
                              std::span<const Values> rows, std::string_view suffix) override {
    std::string names;
    std::string marks;
    int n = 0;
    for (auto column : columns) {
      names += (n == 0 ? "" : ", ") + std::string(column);
      marks += (n == 0 ? "$" : ", $") + std::to_string(n + 1);
      ++n;
    }
    std::string sql =
        "INSERT INTO " + std::string(table) + " (" + names + ") VALUES (" + marks + ") " + std::string(suffix);
    int64_t changed = 0;
    for (const auto& row : rows) changed += TRY(connection_.step(sql, row, nullptr, scope_));
    return changed;
  }
  Result<void> savepoint(const std::function<Result<void>()>& body) override {
    std::string name = "s" + std::to_string(++depth_);
    size_t actions = actions_.size();
    TRY(connection_.run_kept("SAVEPOINT " + name));
    Result<void> done = body();
    if (!done.ok()) {
      actions_.resize(actions);  // what did not happen wakes nobody
      Result<void> undone = connection_.run("ROLLBACK TO " + name);
      if (!undone.ok()) return undone;
    }
    TRY(connection_.run_kept("RELEASE " + name));
    --depth_;
    return done;
  }
  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }
  [[nodiscard]] const Scope& scope() const override { return scope_; }
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
  std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

 private:
  Connection& connection_;
  const Scope& scope_;
  int depth_ = 0;
  std::vector<std::function<void()>> actions_;
};

class SqliteStorage : public Storage {
 public:
  explicit SqliteStorage(SqliteOptions options) : options_(std::move(options)) {}
  ~SqliteStorage() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> start() {
    writer_ = TRY(Connection::open(options_, true));
    // The database holds personal data: for its owner only. New -wal and -shm files take the mode of the main file.
    if (chmod(options_.path.c_str(), 0600) != 0)
      return Error{Code::kNotConfigured,
                   "the database file " + options_.path + " is not ours to protect (chmod 0600 failed)"};
    for (int i = 0; i < options_.readers; ++i) readers_.push_back(TRY(Connection::open(options_, false)));
    thread_ = std::thread([this] { write_loop(); });
    return {};
  }

  Result<void> write_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    Job job{&scope, &body, {}};
    auto done = job.done.get_future();
    {
      std::lock_guard lock(mutex_);
      CHECK(std::this_thread::get_id() != thread_.get_id(), "write() inside write(): the writer would wait for itself");
      if (stopping_) return Error{Code::kUnavailable, "the database is closing"};
      if (jobs_.size() >= options_.queue_max)
        return Error{Code::kUnavailable, "too much is waiting to be written; try again", "", 500};
      jobs_.push_back(&job);
    }
    wake_.notify_one();
    return done.get();
  }

  Result<void> read_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) override {
    auto connection = take_reader();
    struct Return {
      SqliteStorage* storage;
      std::unique_ptr<Connection>* connection;
      ~Return() { storage->give_back(std::move(*connection)); }
    } give_back{this, &connection};
    TRY(connection->run_kept("BEGIN DEFERRED"));
    SqliteTx tx(*connection, scope);
    Result<void> done = body(tx);
    Result<void> ended = connection->run_kept("COMMIT");
    if (!ended.ok()) (void)connection->run("ROLLBACK");
    if (!done.ok()) return done;
    for (auto& action : tx.take_actions()) action();
    return {};
  }

  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }

  Result<void> migrate() override {
    TRY(write_(Scope::system(), [](Tx& tx) -> Result<void> {
      TRY(
          tx.execute("CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
                     "workspace_id TEXT NOT NULL DEFAULT '*')"));
      return {};
    }));
    for (const auto& migration : migrations()) {
      TRY(write_(Scope::system(), [&](Tx& tx) -> Result<void> {
        auto done = TRY(tx.query("SELECT name FROM schema_migration WHERE number = $1", {migration.number}));
        if (!done.empty()) return {};
        for (const auto& statement : statements_of(migration, Dialect::kSqlite)) TRY(tx.execute(statement));
        TRY(tx.execute("INSERT INTO schema_migration (number, name) VALUES ($1, $2)",
                       {migration.number, migration.name}));
        return {};
      }));
    }
    auto newest =
        TRY(read(Scope::system(), [](Tx& tx) { return tx.query("SELECT MAX(number) FROM schema_migration"); }));
    if (newest[0][0].integer_or(0) > static_cast<int64_t>(migrations().size())) {
      return Error{Code::kNotConfigured, "this database was made by a newer version of Spreaders; use that version"};
    }
    return {};
  }

  Result<void> backup_to(const std::string& path) override {
    auto connection = take_reader();
    sqlite3* target = nullptr;
    int code = sqlite3_open_v2(path.c_str(), &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (code == SQLITE_OK) {
      (void)chmod(path.c_str(), 0600);
      sqlite3_backup* backup = sqlite3_backup_init(target, "main", connection->raw(), "main");
      code = backup == nullptr ? sqlite3_errcode(target) : sqlite3_backup_step(backup, -1);
      if (backup != nullptr) sqlite3_backup_finish(backup);
    }
    std::string message = sqlite3_errmsg(target);
    sqlite3_close(target);
    give_back(std::move(connection));
    if (code != SQLITE_DONE && code != SQLITE_OK)
      return Error{Code::kUnavailable, "the backup to " + path + " failed: " + message};
    return {};
  }

 private:
  struct Job {
    const Scope* scope;
    const std::function<Result<void>(Tx&)>* body;
    std::promise<Result<void>> done;
  };

  std::unique_ptr<Connection> take_reader() {
    std::unique_lock lock(readers_mutex_);
    reader_free_.wait(lock, [&] { return !readers_.empty(); });
    auto connection = std::move(readers_.back());
    readers_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<Connection> connection) {
    {
      std::lock_guard lock(readers_mutex_);
      readers_.push_back(std::move(connection));
    }
    reader_free_.notify_one();
  }

  void write_loop() {
    for (;;) {
      std::vector<Job*> group;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        while (!jobs_.empty() && group.size() < options_.group_max) {
          group.push_back(jobs_.front());
          jobs_.pop_front();
        }
      }
      commit_group(group);
    }
  }

  // One BEGIN and one COMMIT (one fsync) for the whole group; a job that fails is undone by its savepoint and takes
  // nobody along.
  void commit_group(const std::vector<Job*>& group) {
    if (auto begun = writer_->run_kept("BEGIN IMMEDIATE"); !begun.ok()) {
      for (auto* job : group) job->done.set_value(begun.error());
      return;
    }
    struct Outcome {
      Result<void> result;
      std::vector<std::function<void()>> actions;
    };
    std::vector<Outcome> outcomes;
    for (auto* job : group) {
      SqliteTx tx(*writer_, *job->scope);
      Result<void> result = group.size() == 1 ? (*job->body)(tx) : tx.savepoint([&] { return (*job->body)(tx); });
      outcomes.push_back({std::move(result), tx.take_actions()});
    }
    if (group.size() == 1 && !outcomes[0].result.ok()) {
      (void)writer_->run("ROLLBACK");
      return group[0]->done.set_value(std::move(outcomes[0].result));
    }
    Result<void> committed = writer_->run_kept("COMMIT");
    if (!committed.ok()) {
      (void)writer_->run("ROLLBACK");
      log_error("commit failed", {{"detail", committed.error().detail}, {"jobs", group.size()}});
    }
    for (size_t i = 0; i < group.size(); ++i) {
      bool stored = committed.ok() && outcomes[i].result.ok();
      if (stored) {
        for (auto& action : outcomes[i].actions) action();
      }
      group[i]->done.set_value(outcomes[i].result.ok() && !committed.ok() ? Result<void>(committed.error())
                                                                          : std::move(outcomes[i].result));
    }
  }

  SqliteOptions options_;
  std::unique_ptr<Connection> writer_;
  std::vector<std::unique_ptr<Connection>> readers_;
  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Storage>> open_sqlite(const SqliteOptions& options) {
  auto storage = std::make_unique<SqliteStorage>(options);
  TRY(storage->start());
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace spreaders::storage
