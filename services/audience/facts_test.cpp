#include "services/audience/facts.hpp"

#include "services/audience/test_database.hpp"

namespace spreaders::audience {
namespace {

using Names = std::vector<std::string>;

struct FactsTest : DatabaseTest {
  // The journal's listener hears `told`.
  int64_t record(std::vector<Fact> facts) {
    Journal journal{
        ids,
        [this](storage::Tx& tx, const std::string& where, std::span<const Fact> written, Instant now) -> Result<void> {
          EXPECT_EQ(where, workspace);
          EXPECT_EQ(now, clock.now());
          for (const auto& fact : written) {
            auto row = TRY(tx.query_one("SELECT name FROM event WHERE workspace_id = $1 AND message_id = $2",
                                        {where, fact.message_id}));
            told.push_back(row ? (*row)[0].text() : "not written yet");
          }
          return fails ? conflict("no") : Result<void>();
        }};
    auto written = database->write(storage::Scope::of(workspace), [&](storage::Tx& tx) {
      return record_facts(tx, workspace, facts, clock.now(), journal);
    });
    return written.ok() ? *written : -1;
  }
  Names told;
  bool fails = false;
};
INSTANTIATE_TEST_SUITE_P(Databases, FactsTest, both_databases(), database_name);

TEST_P(FactsTest, TheListenerHearsOnceOfWhatIsNew) {
  EXPECT_EQ(record({{.name = "a", .message_id = "1"}, {.name = "b"}, {.name = "b"}}), 3);
  EXPECT_EQ(told, (Names{"a", "b", "b"}));
  EXPECT_EQ(record({{.name = "c"}, {.name = "a", .message_id = "1"}, {.name = "d", .message_id = "2"}}), 2);
  EXPECT_EQ(told, (Names{"a", "b", "b", "c", "d"})) << "what is known is told no more";
  EXPECT_EQ(record({{.name = "a", .message_id = "1"}}), 0);
  EXPECT_EQ(record({}), 0);
  EXPECT_EQ(told.size(), 5u);
}

TEST_P(FactsTest, AListenerThatFailsUndoesTheFact) {
  fails = true;
  EXPECT_EQ(record({{.name = "a", .message_id = "1"}}), -1);
  EXPECT_EQ(count("event"), 0);
  fails = false;
  EXPECT_EQ(record({{.name = "a", .message_id = "1"}}), 1);
}

}  // namespace
}  // namespace spreaders::audience
