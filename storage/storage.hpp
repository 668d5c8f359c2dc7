// The database port: one SQL dialect for SQLite and PostgreSQL, one transaction at a time, always inside a workspace.
//
//   Result<int64_t> n = storage.write(Scope::of(workspace), [&](Tx& tx) -> Result<int64_t> {
//     return tx.execute("UPDATE contact SET name = $1 WHERE workspace_id = $2 AND id = $3", {name, workspace, id});
//   });
//
// The dialect: parameters are $1, $2...; times are BIGINT microseconds; JSON is TEXT; true and false are 1 and 0;
// upserts are INSERT ... ON CONFLICT; RETURNING works. Every table has workspace_id, and every statement must name it
// unless the scope is the system's: that is the first of two walls (the second is row-level security on PostgreSQL).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace spreaders::storage {

// NULL, a whole number, a real number or text. Bytes are stored as Base64 text.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}  // NOLINT: implicit on purpose, as all below
  template <class Integer>
  requires(std::is_integral_v<Integer>) Value(Integer value) : value_(static_cast<int64_t>(value)) {}  // NOLINT
  Value(double value) : value_(value) {}                                                               // NOLINT
  Value(std::string value) : value_(std::move(value)) {}                                               // NOLINT
  Value(std::string_view value) : value_(std::string(value)) {}                                        // NOLINT
  Value(const char* value) : value_(std::string(value)) {}                                             // NOLINT
  Value(Instant at) : value_(at.us) {}                                                                 // NOLINT
  template <class T>
  Value(const std::optional<T>& optional) {  // NOLINT
    if (optional) *this = Value(*optional);
  }
  using Variant = std::variant<std::monostate, int64_t, double, std::string>;
  [[nodiscard]] const Variant& variant() const { return value_; }
  [[nodiscard]] bool is_null() const { return value_.index() == 0; }
  // The value as asked; a wrong type is a programmer error except that numbers convert to each other.
  [[nodiscard]] int64_t integer() const;
  [[nodiscard]] double real() const;
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] bool boolean() const { return integer() != 0; }
  [[nodiscard]] Instant instant() const { return {integer()}; }
  [[nodiscard]] std::string text_or(std::string fallback) const { return is_null() ? std::move(fallback) : text(); }
  [[nodiscard]] int64_t integer_or(int64_t fallback) const { return is_null() ? fallback : integer(); }

 private:
  Variant value_;
};

using Values = std::vector<Value>;
using Row = std::vector<Value>;
using Rows = std::vector<Row>;

// Whose rows a transaction may touch.
class Scope {
 public:
  static Scope of(std::string workspace) {
    CHECK(!workspace.empty() && workspace != "*", "a scope names one workspace");
    return Scope(std::move(workspace));
  }
  // All workspaces: migrations, the engine's claims, backups. Never from a tool.
  static Scope system() { return Scope("*"); }
  [[nodiscard]] bool is_system() const { return workspace_ == "*"; }
  [[nodiscard]] const std::string& workspace() const { return workspace_; }

 private:
  explicit Scope(std::string workspace) : workspace_(std::move(workspace)) {}
  std::string workspace_;
};

enum class Dialect : uint8_t { kSqlite, kPostgres };

// One transaction. Lives on the thread that got it.
class Tx {
 public:
  virtual ~Tx() = default;
  virtual Result<Rows> query(std::string_view sql, const Values& parameters = {}) = 0;
  // Rows affected.
  virtual Result<int64_t> execute(std::string_view sql, const Values& parameters = {}) = 0;
  // INSERT INTO table (columns) VALUES ... for many rows, `suffix` being for example "ON CONFLICT (id) DO NOTHING".
  // Rows affected.
  virtual Result<int64_t> insert_many(std::string_view table, std::initializer_list<std::string_view> columns,
                                      std::span<const Values> rows, std::string_view suffix = {}) = 0;
  // Runs `body` so that its failure undoes only what it did, then returns its result.
  virtual Result<void> savepoint(const std::function<Result<void>()>& body) = 0;
  [[nodiscard]] virtual Dialect dialect() const = 0;
  [[nodiscard]] virtual const Scope& scope() const = 0;
  // Runs after the transaction is durable, never when it is rolled back: wake-ups, metrics.
  virtual void after_commit(std::function<void()> action) = 0;

  // The one row or nothing; two rows are a programmer error.
  Result<std::optional<Row>> query_one(std::string_view sql, const Values& parameters = {});
  // SQL text that reads the text at `key` of the JSON object in column `column` (NULL when absent). `key` may have any
  // characters.
  [[nodiscard]] std::string json_text(std::string_view column, std::string_view key) const;
};

class Storage {
 public:
  virtual ~Storage() = default;
  // Runs `body` in a transaction that is durable when this returns success. `body` may be run again after a conflict,
  // so it must touch nothing but the transaction. kUnavailable: nothing was committed. Must not be nested.
  virtual Result<void> write_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) = 0;
  // A consistent snapshot; writing in it fails.
  virtual Result<void> read_(const Scope& scope, const std::function<Result<void>(Tx&)>& body) = 0;
  [[nodiscard]] virtual Dialect dialect() const = 0;
  // Brings the schema up to date; numbered, each in its own transaction, recorded in schema_migration.
  virtual Result<void> migrate() = 0;
  // Writes a consistent copy that can be opened, while work goes on.
  virtual Result<void> backup_to(const std::string& path) = 0;

  template <class Body>
  auto write(const Scope& scope, Body&& body) -> std::invoke_result_t<Body, Tx&> {
    return run(scope, std::forward<Body>(body), true);
  }
  template <class Body>
  auto read(const Scope& scope, Body&& body) -> std::invoke_result_t<Body, Tx&> {
    return run(scope, std::forward<Body>(body), false);
  }

 private:
  template <class Body>
  auto run(const Scope& scope, Body&& body, bool writing) -> std::invoke_result_t<Body, Tx&> {
    using Answer = std::invoke_result_t<Body, Tx&>;
    std::optional<Answer> answer;
    auto wrapped = [&](Tx& tx) -> Result<void> {
      answer.emplace(body(tx));
      if (!answer->ok()) return answer->error();
      return {};
    };
    Result<void> done = writing ? write_(scope, wrapped) : read_(scope, wrapped);
    // A commit that failed after the body was fine, or a body that never ran.
    if (!done.ok()) return done.error();
    return std::move(*answer);
  }
};

// What both engines share: the numbered migration files, in order. `sql` has ${seq} for a self-counting primary key.
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};
std::span<const Migration> migrations();
// Splits at semicolons outside of quotes and replaces ${...} for the dialect.
std::vector<std::string> statements_of(const Migration& migration, Dialect dialect);

struct SqliteOptions {
  std::string path;  // a file; its directory must exist
  int readers = 4;   // reading connections
  int64_t busy_timeout_ms = 10'000;
  size_t group_max = 500;            // write jobs in one commit
  size_t queue_max = 10'000;         // waiting write jobs; more are refused with kUnavailable
  std::string synchronous = "FULL";  // for tests that show what weaker settings lose
};
Result<std::unique_ptr<Storage>> open_sqlite(const SqliteOptions& options);

struct PostgresOptions {
  std::string url;  // postgres://user@host/db or key=value words
  int connections = 8;
  int64_t statement_timeout_ms = 30'000;
};
Result<std::unique_ptr<Storage>> open_postgres(const PostgresOptions& options);

}  // namespace spreaders::storage
