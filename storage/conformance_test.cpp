// One suite for every engine behind the database port: the same questions, asked of SQLite and of a real PostgreSQL.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>
#include <thread>

#include "storage/storage.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::storage {
namespace {

const std::string kA = "wsp_a";
const std::string kB = "wsp_b";

// A table with every kind of column, beside those of the product.
constexpr const char* kThing =
    "CREATE TABLE thing (workspace_id TEXT NOT NULL, id TEXT NOT NULL, whole BIGINT, number DOUBLE PRECISION, body "
    "TEXT, PRIMARY KEY (workspace_id, id))";

class Conformance : public ::testing::TestWithParam<Dialect> {
 protected:
  template <class Body>
  auto write(Body&& body, const std::string& workspace = kA) {
    return storage_->write(Scope::of(workspace), body);
  }
  template <class Body>
  auto read(Body&& body, const std::string& workspace = kA) {
    return storage_->read(Scope::of(workspace), body);
  }
  template <class Body>
  auto system(Body&& body) {
    return storage_->write(Scope::system(), body);
  }

  void SetUp() override {
    if (GetParam() == Dialect::kPostgres) {
      server_ = testing::shared_postgres();
      if (server_ == nullptr) GTEST_SKIP() << testing::kNoPostgres;
      url_ = server_->make_database();
    }
    storage_ = open();
    ASSERT_TRUE(system([](Tx& tx) { return tx.execute(kThing); }).ok());
    ASSERT_TRUE(storage_->migrate().ok());  // puts the wall around `thing` as well
  }
  std::unique_ptr<Storage> open() {
    auto opened = GetParam() == Dialect::kPostgres
                      ? open_postgres({.url = url_})
                      : open_sqlite({.path = directory_.file("test.db"), .synchronous = "OFF"});
    EXPECT_TRUE(opened.ok()) << opened.error().text();
    auto migrated = (*opened)->migrate();
    EXPECT_TRUE(migrated.ok()) << migrated.error().text() << migrated.error().detail;
    return std::move(*opened);
  }
  static Result<int64_t> put(Tx& tx, const std::string& id, const Value& whole = {}, const Value& number = {},
                             const Value& body = {}, const std::string& workspace = kA) {
    return tx.execute("INSERT INTO thing (workspace_id, id, whole, number, body) VALUES ($1, $2, $3, $4, $5)",
                      {workspace, id, whole, number, body});
  }
  static Result<Rows> get(Tx& tx, const std::string& id, const std::string& workspace = kA) {
    return tx.query("SELECT whole, number, body FROM thing WHERE workspace_id = $1 AND id = $2", {workspace, id});
  }
  int64_t count(const std::string& workspace = kA) {
    auto rows = read(
        [&](Tx& tx) { return tx.query("SELECT COUNT(*) FROM thing WHERE workspace_id = $1", {workspace}); }, workspace);
    EXPECT_TRUE(rows.ok()) << rows.error().text();
    return rows.ok() ? (*rows)[0][0].integer() : -1;
  }

  testing::TempDir directory_;
  testing::PostgresServer* server_ = nullptr;
  std::string url_;
  std::unique_ptr<Storage> storage_;
};

std::string engine_name(const ::testing::TestParamInfo<Dialect>& info) {
  return info.param == Dialect::kSqlite ? "Sqlite" : "Postgres";
}
INSTANTIATE_TEST_SUITE_P(Engines, Conformance, ::testing::Values(Dialect::kSqlite, Dialect::kPostgres), engine_name);

TEST_P(Conformance, KeepsEveryKindOfValue) {
  std::string odd = "quotes ' \" and \\ back {braces}, $1 ; -- \n\t \u20ac \U0001F600 e\u0301";
  std::string big(3'000'000, 'x');
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                TRY(put(tx, "null"));
                TRY(put(tx, "large", std::numeric_limits<int64_t>::max(), 0.1, odd));
                TRY(put(tx, "small", std::numeric_limits<int64_t>::min(), -1.7976931348623157e308, ""));
                TRY(put(tx, "big", true, 5e-324, big));
                return {};
              }).ok());
  ASSERT_TRUE(read([&](Tx& tx) -> Result<void> {
                auto null = TRY(get(tx, "null"));
                EXPECT_TRUE(null[0][0].is_null() && null[0][1].is_null() && null[0][2].is_null());
                auto large = TRY(get(tx, "large"));
                EXPECT_EQ(large[0][0].integer(), std::numeric_limits<int64_t>::max());
                EXPECT_EQ(large[0][1].real(), 0.1);
                EXPECT_EQ(large[0][2].text(), odd);
                auto small = TRY(get(tx, "small"));
                EXPECT_EQ(small[0][0].integer(), std::numeric_limits<int64_t>::min());
                EXPECT_EQ(small[0][1].real(), -1.7976931348623157e308);
                EXPECT_FALSE(small[0][2].is_null());
                EXPECT_EQ(small[0][2].text(), "");
                auto large_text = TRY(get(tx, "big"));
                EXPECT_EQ(large_text[0][0].integer(), 1);
                EXPECT_EQ(large_text[0][1].real(), 5e-324);
                EXPECT_EQ(large_text[0][2].text(), big);
                return {};
              }).ok());
}

TEST_P(Conformance, AggregatesAnswerNumbers) {
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                TRY(put(tx, "1", 4'000'000'000'000'000'000, 1.5));
                TRY(put(tx, "2", 5, 2.5));
                auto rows =
                    TRY(tx.query("SELECT COUNT(*), SUM(whole), SUM(number), MAX(whole), SUM(CASE WHEN whole > 5 THEN 1 "
                                 "ELSE 0 END), AVG(number), "
                                 "MIN(id) FROM thing WHERE workspace_id = $1",
                                 {kA}));
                EXPECT_EQ(rows[0][0].integer(), 2);
                EXPECT_EQ(rows[0][1].variant(), Value::Variant(int64_t{4'000'000'000'000'000'005}))
                    << "a sum of whole numbers stays whole";
                EXPECT_EQ(rows[0][2].real(), 4.0);
                EXPECT_EQ(rows[0][3].integer(), 4'000'000'000'000'000'000);
                EXPECT_EQ(rows[0][4].integer(), 1);
                EXPECT_EQ(rows[0][5].real(), 2.0);
                EXPECT_EQ(rows[0][6].text(), "1");
                return {};
              }).ok());
}

TEST_P(Conformance, CountsChangesAndUpserts) {
  ASSERT_TRUE(
      write([&](Tx& tx) -> Result<void> {
        EXPECT_EQ(TRY(put(tx, "1", 1)), 1);
        EXPECT_EQ(TRY(put(tx, "2", 2)), 1);
        EXPECT_EQ(TRY(tx.execute("UPDATE thing SET whole = whole + $2 WHERE workspace_id = $1", {kA, 10})), 2);
        EXPECT_EQ(TRY(tx.execute("UPDATE thing SET whole = 0 WHERE workspace_id = $1 AND id = $2", {kA, "none"})), 0);
        auto upsert =
            "INSERT INTO thing (workspace_id, id, whole) VALUES ($1, $2, $3) ON CONFLICT (workspace_id, id) DO UPDATE "
            "SET whole = excluded.whole "
            "RETURNING id, whole";
        EXPECT_EQ(TRY(tx.query(upsert, {kA, "1", 7}))[0][1].integer(), 7);
        EXPECT_EQ(TRY(tx.query(upsert, {kA, "3", 8}))[0][0].text(), "3");
        EXPECT_EQ(
            TRY(tx.execute("INSERT INTO thing (workspace_id, id) VALUES ($1, $2) ON CONFLICT DO NOTHING", {kA, "1"})),
            0);
        EXPECT_EQ(TRY(tx.execute("DELETE FROM thing WHERE workspace_id = $1 AND id = $2", {kA, "2"})), 1);
        auto one = TRY(tx.query_one("SELECT whole FROM thing WHERE workspace_id = $1 AND id = $2", {kA, "1"}));
        EXPECT_EQ((*one)[0].integer(), 7);
        EXPECT_FALSE(
            TRY(tx.query_one("SELECT whole FROM thing WHERE workspace_id = $1 AND id = $2", {kA, "2"})).has_value());
        return {};
      }).ok());
  EXPECT_EQ(count(), 2);
}

TEST_P(Conformance, SkipsParametersThatAStatementDoesNotUse) {
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                TRY(put(tx, "1", 1, 2.0, "three"));
                auto rows = TRY(tx.query(
                    "SELECT body, '$2' FROM thing WHERE workspace_id = $1 AND whole = $3 AND workspace_id = $1",
                    {kA, "unused", 1, "unused"}));
                EXPECT_EQ(rows[0][0].text(), "three");
                EXPECT_EQ(rows[0][1].text(), "$2");
                return {};
              }).ok());
}

TEST_P(Conformance, ReadsJsonText) {
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                TRY(put(tx, "1", {}, {}, R"({"city":"Bern","it's":"odd","n":5,"yes":true,"none":null})"));
                auto text = [&](std::string_view key) -> Result<Value> {
                  return TRY(tx.query("SELECT " + tx.json_text("body", key) + " FROM thing WHERE workspace_id = $1",
                                      {kA}))[0][0];
                };
                EXPECT_EQ(TRY(text("city")).text(), "Bern");
                EXPECT_EQ(TRY(text("it's")).text(), "odd");
                EXPECT_EQ(TRY(text("n")).text(), "5");
                EXPECT_EQ(TRY(text("yes")).text(), "true");
                EXPECT_TRUE(TRY(text("none")).is_null());
                EXPECT_TRUE(TRY(text("absent")).is_null());
                return {};
              }).ok());
}

TEST_P(Conformance, AnErrorUndoesTheTransaction) {
  auto refused = write([&](Tx& tx) -> Result<void> {
    TRY(put(tx, "1"));
    return invalid("no");
  });
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ(count(), 0);
}

TEST_P(Conformance, AConflictSaysSoWithoutSql) {
  ASSERT_TRUE(write([&](Tx& tx) { return put(tx, "1", {}, {}, "hunter2"); }).ok());
  auto again = write([&](Tx& tx) -> Result<int64_t> {
    TRY(put(tx, "2"));
    return put(tx, "1", {}, {}, "hunter2");
  });
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kConflict);
  for (const char* part : {"thing", "INSERT", "hunter2", "unique", "wsp_a"})
    EXPECT_EQ(again.error().message.find(part), std::string::npos) << part;
  EXPECT_EQ(again.error().detail.find("hunter2"), std::string::npos);
  EXPECT_EQ(count(), 1);
}

TEST_P(Conformance, ASavepointUndoesOnlyItsOwn) {
  int after_commit = 0;
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                TRY(put(tx, "1"));
                auto failed = tx.savepoint([&]() -> Result<void> {
                  TRY(put(tx, "2"));
                  TRY(tx.savepoint([&]() -> Result<void> {
                    TRY(put(tx, "3"));
                    return {};
                  }));
                  TRY(put(tx, "1"));  // taken
                  return {};
                });
                EXPECT_EQ(failed.error().code, Code::kConflict);
                TRY(tx.savepoint([&]() -> Result<void> {
                  TRY(put(tx, "4"));
                  tx.after_commit([&] { ++after_commit; });
                  return {};
                }));
                TRY(put(tx, "5"));
                return {};
              }).ok());
  auto ids = read([&](Tx& tx) { return tx.query("SELECT id FROM thing WHERE workspace_id = $1 ORDER BY id", {kA}); });
  std::string text;
  for (const auto& row : *ids) text += row[0].text();
  EXPECT_EQ(text, "145");
  EXPECT_EQ(after_commit, 1);
}

TEST_P(Conformance, ActionsRunAfterSuccessOnly) {
  int64_t seen = -1;
  EXPECT_FALSE(write([&](Tx& tx) -> Result<void> {
                 tx.after_commit([&] { seen = -2; });
                 TRY(put(tx, "1"));
                 return invalid("no");
               }).ok());
  EXPECT_EQ(seen, -1);
  ASSERT_TRUE(write([&](Tx& tx) -> Result<void> {
                tx.after_commit([&] { seen = count(); });
                TRY(put(tx, "1"));
                EXPECT_EQ(seen, -1);
                return {};
              }).ok());
  EXPECT_EQ(seen, 1) << "the action sees what was stored";
}

TEST_P(Conformance, WritersLoseNothing) {
  constexpr int threads = 8, rounds = 50;
  ASSERT_TRUE(write([&](Tx& tx) { return put(tx, "counter", 0); }).ok());
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        // Read, then write: what was read must still be true.
        auto done = write([&](Tx& tx) -> Result<void> {
          int64_t now = TRY(get(tx, "counter"))[0][0].integer();
          TRY(tx.execute("UPDATE thing SET whole = $2 WHERE workspace_id = $1 AND id = 'counter'", {kA, now + 1}));
          return {};
        });
        if (!done.ok()) ++failures;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  auto end = read([&](Tx& tx) { return get(tx, "counter"); });
  EXPECT_EQ((*end)[0][0].integer(), threads * rounds);
}

TEST_P(Conformance, AReaderSeesOneMoment) {
  ASSERT_TRUE(write([&](Tx& tx) { return put(tx, "1", 1); }).ok());
  ASSERT_TRUE(read([&](Tx& tx) -> Result<void> {
                EXPECT_EQ(TRY(get(tx, "1"))[0][0].integer(), 1);
                std::thread([&] {
                  EXPECT_TRUE(write([&](Tx& other) {
                                return other.execute("UPDATE thing SET whole = 2 WHERE workspace_id = $1", {kA});
                              }).ok());
                }).join();
                EXPECT_EQ(TRY(get(tx, "1"))[0][0].integer(), 1) << "the snapshot stands still";
                return {};
              }).ok());
  auto now = read([&](Tx& tx) { return get(tx, "1"); });
  EXPECT_EQ((*now)[0][0].integer(), 2);
}

TEST_P(Conformance, AReaderCannotWrite) {
  auto tried = read([&](Tx& tx) { return put(tx, "1"); });
  ASSERT_FALSE(tried.ok());
  EXPECT_EQ(tried.error().code, Code::kInternal);
  EXPECT_EQ(count(), 0);
}

TEST_P(Conformance, InsertsManyRows) {
  constexpr int64_t kRows = 10'000;
  std::vector<Values> rows;
  for (int64_t i = 0; i < kRows; ++i) {
    Values row{kA, "id" + std::to_string(i), i, i % 3 == 0 ? Value() : Value(0.5 * static_cast<double>(i)),
               i % 7 == 0 ? Value() : Value("a \"b\" \\ {c}, NULL \u20ac")};
    rows.push_back(std::move(row));
  }
  auto insert = [&] {
    return write([&](Tx& tx) {
      return tx.insert_many("thing", {"workspace_id", "id", "whole", "number", "body"}, rows,
                            "ON CONFLICT (workspace_id, id) DO NOTHING");
    });
  };
  auto first = insert();
  ASSERT_TRUE(first.ok()) << first.error().text() << first.error().detail;
  EXPECT_EQ(*first, kRows);
  EXPECT_EQ(*insert(), 0) << "all were there";
  auto sums = read([&](Tx& tx) {
    return tx.query(
        "SELECT SUM(whole), COUNT(number), COUNT(body), MIN(body), MAX(body) FROM thing WHERE workspace_id = $1", {kA});
  });
  const Row& row = (*sums)[0];
  EXPECT_EQ(row[0].integer(), kRows * (kRows - 1) / 2);
  EXPECT_EQ(row[1].integer(), kRows - 3334);
  EXPECT_EQ(row[2].integer(), kRows - 1429);
  EXPECT_EQ(row[3].text(), "a \"b\" \\ {c}, NULL \u20ac");
  EXPECT_EQ(row[4].text(), row[3].text());
  EXPECT_EQ(*write([&](Tx& tx) { return tx.insert_many("thing", {"workspace_id", "id"}, {}); }), 0);
}

TEST_P(Conformance, MigratingTwiceChangesNothing) {
  auto numbers = [&] {
    return storage_->read(Scope::system(),
                          [](Tx& tx) { return tx.query("SELECT number, name FROM schema_migration ORDER BY number"); });
  };
  auto before = numbers();
  ASSERT_TRUE(storage_->migrate().ok());
  auto after = numbers();
  ASSERT_EQ(after->size(), migrations().size());
  ASSERT_EQ(before->size(), after->size());
}

TEST_P(Conformance, ADatabaseOfANewerVersionIsRefused) {
  ASSERT_TRUE(system([](Tx& tx) {
                return tx.execute("INSERT INTO schema_migration (number, name) VALUES (9999, 'later')");
              }).ok());
  auto refused = storage_->migrate();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kNotConfigured);
}

TEST_P(Conformance, EveryTableHasAWorkspace) {
  bool sqlite = GetParam() == Dialect::kSqlite;
  auto tables = storage_->read(Scope::system(), [&](Tx& tx) {
    return sqlite ? tx.query(
                        "SELECT m.name, (SELECT COUNT(*) FROM pragma_table_info(m.name) WHERE name = 'workspace_id' "
                        "AND type = 'TEXT') "
                        "FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'")
                  : tx.query(
                        "SELECT t.table_name::text, (SELECT COUNT(*) FROM information_schema.columns c WHERE "
                        "c.table_schema = t.table_schema "
                        "AND c.table_name = t.table_name AND c.column_name = 'workspace_id' AND c.data_type = 'text') "
                        "FROM information_schema.tables t WHERE t.table_schema = 'public'");
  });
  ASSERT_TRUE(tables.ok()) << tables.error().detail;
  ASSERT_GT(tables->size(), 20U);
  for (const auto& row : *tables) EXPECT_EQ(row[1].integer(), 1) << row[0].text() << " has no workspace_id TEXT";
}

TEST_P(Conformance, AStatementWithoutWorkspaceEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)read([](Tx& tx) { return tx.query("SELECT id FROM thing"); }), "workspace_id");
}

TEST(GoldenSchema, IsTheOneOfTheMigrations) {
  testing::TempDir directory;
  auto storage = open_sqlite({.path = directory.file("test.db")});
  ASSERT_TRUE(storage.ok() && (*storage)->migrate().ok());
  auto rows = (*storage)->read(Scope::system(), [](Tx& tx) {
    return tx.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY sql");
  });
  std::string actual;
  for (const auto& row : *rows) {
    std::string_view sql = row[0].text();
    actual.append(sql.substr(0, sql.find_last_not_of(" \n") + 1)).append(";\n");
  }
  std::stringstream golden;
  golden << std::ifstream("tests/golden/schema.sqlite.sql").rdbuf();
  if (golden.str() == actual) return;
  std::string path = (std::filesystem::temp_directory_path() / "schema.sqlite.sql").string();
  std::ofstream(path) << actual;
  FAIL() << "the schema differs from tests/golden/schema.sqlite.sql; if that is meant: cp " << path
         << " tests/golden/schema.sqlite.sql";
}

}  // namespace
}  // namespace spreaders::storage
