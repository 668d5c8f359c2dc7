#include "services/consent/consent.hpp"

#include "services/audience/test_database.hpp"

namespace spreaders::consent {
namespace {

struct ConsentTest : audience::DatabaseTest {
  std::vector<std::string> reasons(const std::vector<Recipient>& recipients, Purpose purpose = Purpose::kMarketing) {
    return write([&](Tx& tx) -> Result<std::vector<std::string>> {
      auto decisions = TRY(decide_batch(tx, workspace, "email", recipients, purpose));
      std::vector<std::string> out;
      for (const auto& decision : decisions) {
        EXPECT_EQ(decision.allowed, decision.reason.empty());
        out.push_back(decision.reason);
      }
      return out;
    });
  }
  bool say(const std::string& contact, State state, int64_t at_us) {
    return write([&](Tx& tx) { return record(tx, workspace, {contact, "email", state, "form", "", {at_us}}); });
  }
};

TEST_P(ConsentTest, TheLatestWordWinsByItsTimeNotByItsArrival) {
  EXPECT_TRUE(say("c1", State::kOptedOut, 200));
  EXPECT_FALSE(say("c1", State::kOptedIn, 100)) << "an older word that arrives late";
  EXPECT_EQ(reasons({{"c1", "a@example.org"}}), std::vector<std::string>{"opted_out"});
  EXPECT_TRUE(say("c1", State::kOptedIn, 300));
  EXPECT_FALSE(say("c1", State::kOptedIn, 400)) << "nothing changed";
  EXPECT_EQ(reasons({{"c1", "a@example.org"}}), std::vector<std::string>{""});
}

TEST_P(ConsentTest, EveryReasonIsToldAndTransactionalMailPassesOnlyTheSoftOnes) {
  for (const char* contact : {"in", "gone", "bounced", "angry", "manual"}) say(contact, State::kOptedIn, 1);
  say("out", State::kOptedOut, 1);
  write([&](Tx& tx) -> Result<bool> {
    TRY(suppress(tx, workspace, {"gone@example.org", "email", Reason::kUnsubscribed, "link", {1}}));
    TRY(suppress(tx, workspace, {"Bounced@Example.org", "email", Reason::kHardBounce, "dsn", {1}}));
    TRY(suppress(tx, workspace, {"angry@example.org", "email", Reason::kComplaint, "fbl", {1}}));
    return suppress(tx, workspace, {"manual@example.org", "email", Reason::kManual, "office", {1}});
  });
  std::vector<Recipient> all = {{"in", "in@example.org"},           {"none", "none@example.org"},
                                {"out", "out@example.org"},         {"gone", "gone@example.org"},
                                {"bounced", "bounced@example.org"}, {"angry", "ANGRY@example.org"},
                                {"manual", "manual@example.org"},   {"in", ""}};
  EXPECT_EQ(reasons(all), (std::vector<std::string>{"", "no_consent", "opted_out", "suppressed:unsubscribed",
                                                    "suppressed:hard_bounce", "suppressed:complaint",
                                                    "suppressed:manual", "no_address"}));
  EXPECT_EQ(reasons(all, Purpose::kTransactional),
            (std::vector<std::string>{"", "", "", "", "suppressed:hard_bounce", "suppressed:complaint",
                                      "suppressed:manual", "no_address"}));
}

TEST_P(ConsentTest, ASuppressionIsNeverReplacedByALighterOneAndSubscribingLiftsOnlyAnUnsubscribe) {
  auto put = [&](Reason reason) {
    return write([&](Tx& tx) { return suppress(tx, workspace, {"a@example.org", "email", reason, "test", {1}}); });
  };
  Word word{.who = {"c1", "a@example.org"}, .source = "form"};
  EXPECT_TRUE(put(Reason::kUnsubscribed));
  EXPECT_TRUE(write([&](Tx& tx) { return subscribe(tx, workspace, word, clock.now(), {ids}); }));
  EXPECT_EQ(reasons({word.who}), std::vector<std::string>{""});
  EXPECT_TRUE(put(Reason::kHardBounce));
  EXPECT_FALSE(put(Reason::kUnsubscribed));
  write([&](Tx& tx) { return subscribe(tx, workspace, word, clock.now(), {ids}); });
  EXPECT_EQ(reasons({word.who}), std::vector<std::string>{"suppressed:hard_bounce"});
  EXPECT_FALSE(
      write([&](Tx& tx) { return unsuppress(tx, workspace, "email", "a@example.org", Reason::kUnsubscribed); }));
  EXPECT_TRUE(write([&](Tx& tx) { return unsuppress(tx, workspace, "email", " A@example.org "); }));
  EXPECT_EQ(reasons({word.who}), std::vector<std::string>{""});
}

TEST_P(ConsentTest, UnsubscribingWritesConsentSuppressionAndOneFact) {
  say("c1", State::kOptedIn, 1);
  Word word{.who = {"c1", "a@example.org"}, .source = "one-click link", .campaign_id = "cmp_1"};
  EXPECT_TRUE(write([&](Tx& tx) { return unsubscribe(tx, workspace, word, clock.now(), {ids}); }));
  EXPECT_FALSE(write([&](Tx& tx) { return unsubscribe(tx, workspace, word, clock.now(), {ids}); }))
      << "a second click changes nothing";
  EXPECT_EQ(reasons({word.who}), std::vector<std::string>{"suppressed:unsubscribed"});
  EXPECT_EQ(reasons({{"c1", "new@example.org"}}), std::vector<std::string>{"opted_out"})
      << "another address does not help";
  EXPECT_EQ(
      count("event WHERE name = 'Unsubscribed' AND contact_id = 'c1' AND campaign_id = 'cmp_1' AND type = 'track'"), 1);
}

TEST_P(ConsentTest, ABatchTakesTwoQueriesForEvery500AndKeepsItsOrder) {
  // Counts what reaches the database.
  struct Counting : Tx {
    explicit Counting(Tx& below) : below_(below) {}
    Result<storage::Rows> query(std::string_view sql, const storage::Values& values) override {
      return ++queries, below_.query(sql, values);
    }
    Result<int64_t> execute(std::string_view sql, const storage::Values& values) override {
      return ++queries, below_.execute(sql, values);
    }
    Result<int64_t> insert_many(std::string_view t, std::initializer_list<std::string_view> c,
                                std::span<const storage::Values> r, std::string_view s) override {
      return ++queries, below_.insert_many(t, c, r, s);
    }
    Result<void> savepoint(const std::function<Result<void>()>& body) override { return below_.savepoint(body); }
    [[nodiscard]] storage::Dialect dialect() const override { return below_.dialect(); }
    [[nodiscard]] const storage::Scope& scope() const override { return below_.scope(); }
    void after_commit(std::function<void()> action) override { below_.after_commit(std::move(action)); }
    int queries = 0;
    Tx& below_;
  };
  std::vector<Recipient> people;
  std::vector<Consent> words;
  for (int i = 0; i < 1200; ++i) {
    people.push_back({"c" + std::to_string(i), "p" + std::to_string(i) + "@example.org"});
    if (i % 3 != 0)
      words.push_back(
          {people.back().contact_id, "email", i % 3 == 1 ? State::kOptedIn : State::kOptedOut, "form", "", {1}});
  }
  auto decisions = write([&](Tx& tx) -> Result<std::vector<SendDecision>> {
    TRY(record_many(tx, workspace, words));
    Counting counting(tx);
    auto decided = TRY(decide_batch(counting, workspace, "email", people));
    EXPECT_EQ(counting.queries, 6);
    return decided;
  });
  ASSERT_EQ(decisions.size(), people.size());
  for (size_t i = 0; i < people.size(); ++i) {
    EXPECT_EQ(decisions[i].reason, i % 3 == 0 ? "no_consent" : i % 3 == 1 ? "" : "opted_out") << i;
  }
}

TEST_P(ConsentTest, OneWorkspaceDoesNotSeeAnother) {
  say("c1", State::kOptedIn, 1);
  auto other = database->write(storage::Scope::of("wsp_other"), [&](Tx& tx) {
    return may_send(tx, "wsp_other", "email", {"c1", "a@example.org"});
  });
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->reason, "no_consent");
}

INSTANTIATE_TEST_SUITE_P(Both, ConsentTest, audience::both_databases(), audience::database_name);

}  // namespace
}  // namespace spreaders::consent
