// For the tests of these modules: a fresh SQLite database with a standing clock and repeatable ids.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/random.hpp"
#include "core/time.hpp"
#include "storage/storage.hpp"

namespace spreaders::audience {

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    directory = std::filesystem::path(::testing::TempDir()) /
                ("sp_" + std::string(info->test_suite_name()) + "_" + info->name() + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    auto opened = storage::open_sqlite({.path = (directory / "test.db").string(), .synchronous = "OFF"});
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    database = std::move(*opened);
    auto migrated = database->migrate();
    ASSERT_TRUE(migrated.ok()) << migrated.error().text();
  }
  void TearDown() override {
    database.reset();
    std::filesystem::remove_all(directory);
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
      auto rows = TRY(tx.query("SELECT COUNT(*) FROM " + from + (from.find("WHERE") == std::string::npos ? " WHERE" : " AND") + " workspace_id = $1", {workspace}));
      return rows[0][0].integer();
    });
  }

  std::filesystem::path directory;
  std::unique_ptr<storage::Storage> database;
  VirtualClock clock{{1'764'000'000'000'000}};
  SequenceIds ids{7};
  std::string workspace = "wsp_test";
};

}  // namespace spreaders::audience
