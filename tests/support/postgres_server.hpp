// A real PostgreSQL for tests: made in a temporary directory, reachable by a Unix socket only, gone with the test
// program.
//
//   auto* server = testing::shared_postgres();          // one per program, started at the first call
//   if (server == nullptr) GTEST_SKIP() << testing::kNoPostgres;
//   open_postgres({.url = server->make_database()});    // an empty database, as a role without privileges
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <sys/types.h>

#include "core/result.hpp"
#include "tests/support/temp_dir.hpp"

namespace spreaders::testing {

constexpr const char* kNoPostgres =
    "NOT TESTED: no PostgreSQL server was found in /usr/lib/postgresql/*/bin; install the package postgresql to run "
    "this";

class PostgresServer {
 public:
  // kNotConfigured when this machine has no PostgreSQL.
  static Result<std::unique_ptr<PostgresServer>> start();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  // Makes an empty database that belongs to the role `spreaders`; the answer is its URL for that role.
  std::string make_database();
  // The URL of the same database for the superuser.
  [[nodiscard]] static std::string as_superuser(std::string url);
  // Runs one statement as superuser in the database of `url`; the answer is the first column of the first row.
  static std::string administer(const std::string& url, const std::string& sql);

 private:
  PostgresServer() = default;
  [[nodiscard]] std::string url(const std::string& user, const std::string& database) const;

  TempDir directory_;
  pid_t process_ = -1;
  std::atomic<int> databases_ = 0;
};

// nullptr when this machine has no PostgreSQL; ends the program when there is one that does not start.
PostgresServer* shared_postgres();

}  // namespace spreaders::testing
