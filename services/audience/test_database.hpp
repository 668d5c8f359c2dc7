// For the tests of these modules: a fresh database, on SQLite and on PostgreSQL, with a standing clock and repeatable
// ids.
#pragma once

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::audience {

inline auto both_databases() { return ::testing::Values(storage::Dialect::kSqlite, storage::Dialect::kPostgres); }
inline std::string database_name(const ::testing::TestParamInfo<storage::Dialect>& info) {
  return info.param == storage::Dialect::kSqlite ? "Sqlite" : "Postgres";
}

class DatabaseTest : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override {
    if (GetParam() == storage::Dialect::kSqlite) {
      use(storage::open_sqlite({.path = temp.path() + "/test.db", .synchronous = "OFF"}));
    } else if (auto* server = testing::shared_postgres()) {
      use(storage::open_postgres({.url = server->make_database(), .connections = 3}));
    } else {
      GTEST_SKIP() << testing::kNoPostgres;
    }
  }
  void use(Result<std::unique_ptr<storage::Storage>> opened) {
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    auto migrated = database->migrate();
    ASSERT_TRUE(migrated.ok()) << migrated.error().text();
  }

  // Runs `body` in a writing transaction and gives its value; a failure fails the test and gives a default one.
  template <class Body>
  auto write(Body&& body) {
    auto result = database->write(storage::Scope::of(workspace), std::forward<Body>(body));
    using Value = typename decltype(result)::Value;
    if (!result.ok()) ADD_FAILURE() << result.error().text() << " " << result.error().detail;
    return result.ok() ? std::move(*result) : Value{};
  }
  template <class Body>
  Error write_error(Body&& body) {
    auto result = database->write(storage::Scope::of(workspace), std::forward<Body>(body));
    if (result.ok()) ADD_FAILURE() << "expected a failure";
    return result.ok() ? Error{} : result.error();
  }
  int64_t count(const std::string& from) {
    return write([&](storage::Tx& tx) -> Result<int64_t> {
      auto rows = TRY(tx.query("SELECT COUNT(*) FROM " + from +
                                   (from.find("WHERE") == std::string::npos ? " WHERE" : " AND") + " workspace_id = $1",
                               {workspace}));
      return rows[0][0].integer();
    });
  }

  testing::TempDir temp;
  std::unique_ptr<storage::Storage> database;
  VirtualClock clock{{1'764'000'000'000'000}};
  SequenceIds ids{7};
  std::string workspace = "wsp_test";
};

}  // namespace spreaders::audience
