#include "services/campaigns/changes.hpp"

#include <set>

#include "services/audience/test_database.hpp"
#include "services/campaigns/campaigns.hpp"
#include "services/templates/templates.hpp"

namespace spreaders::services {
namespace {

using storage::Tx;

class ChangesTest : public audience::DatabaseTest {
 protected:
  using StampOf = Result<std::string> (*)(Tx&, const std::string&, const std::string&);
  std::string stamp(StampOf of, const std::string& id) {
    return write([&](Tx& tx) { return of(tx, workspace, id); });
  }
  void run(const std::string& sql, const storage::Values& values) {
    write([&](Tx& tx) { return tx.execute(sql, values); });
  }
  void add_campaign(const std::string& id) {
    write([&](Tx& tx) -> Result<int> {
      Campaign c;
      c.id = id;
      c.name = id;
      c.created_at = c.updated_at = Instant{1};
      TRY(insert_campaign(tx, workspace, c));
      return 0;
    });
  }
  void change_campaign(const std::string& id) {
    write([&](Tx& tx) -> Result<int> {
      Campaign c = TRY(get_campaign(tx, workspace, id));
      c.status = "paused";
      TRY(update_campaign(tx, workspace, c, Instant{1}));
      return 0;
    });
  }
};

TEST_P(ChangesTest, ATemplatesStampFollowsItsVersions) {
  auto save = [&](const std::string& subject) {
    return write([&](Tx& tx) {
      return save_template(tx, workspace, "News", {subject, "", "", "Hello"}, Instant{1}, ids);
    });
  };
  const std::string none = stamp(&existing_stamp, "");
  const auto first = save("One");
  EXPECT_NE(stamp(&existing_stamp, ""), none);
  const std::string seen = stamp(&template_stamp, first.id);
  save("One");
  EXPECT_EQ(stamp(&template_stamp, first.id), seen) << "the same content is the same version";
  save("Two");
  EXPECT_NE(stamp(&template_stamp, first.id), seen);
  EXPECT_EQ(stamp(&template_stamp, "tpl_none"), "");
}

TEST_P(ChangesTest, ACampaignsStampFollowsItsStateRunAndFigures) {
  std::string nothing = stamp(&campaign_stamp, "cmp_1");
  add_campaign("cmp_1");
  add_campaign("cmp_2");
  std::string other = stamp(&campaign_stamp, "cmp_2");
  std::set<std::string> seen{nothing};
  auto differs = [&](const char* after) {
    std::string now = stamp(&campaign_stamp, "cmp_1");
    EXPECT_TRUE(seen.insert(now).second) << "the same after " << after;
    EXPECT_EQ(stamp(&campaign_stamp, "cmp_1"), now) << "differs though nothing happened";
  };
  differs("it was made");
  std::string whole = stamp(&campaigns_stamp, "");
  change_campaign("cmp_1");
  differs("its state changed");
  EXPECT_NE(stamp(&campaigns_stamp, ""), whole);
  run("INSERT INTO run (workspace_id, id, workflow_id, version, subject, entry_key, principal, status, entered_at) "
      "VALUES "
      "($1, 'run_1', 'wf', 1, 'cmp_1', 'launch', '{}', 'active', 1)",
      {workspace});
  run("UPDATE campaign SET run_id = 'run_1' WHERE workspace_id = $1 AND id = 'cmp_1'", {workspace});
  differs("it was started");
  run("INSERT INTO token (workspace_id, id, run_id, node_id, state, due_at) VALUES ($1, 'tok_1', 'run_1', 'send', "
      "'ready', "
      "1)",
      {workspace});
  differs("a step began");
  run("UPDATE token SET rev = rev + 1, node_id = 'report' WHERE workspace_id = $1 AND id = 'tok_1'", {workspace});
  differs("a step moved");
  std::string report = stamp(&report_stamp, "cmp_1");
  run("INSERT INTO event (workspace_id, message_id, type, name, campaign_id, at, received_at) VALUES ($1, 'm1', "
      "'track', "
      "'Email Opened', 'cmp_1', 1, 1)",
      {workspace});
  differs("somebody opened it");
  EXPECT_NE(stamp(&report_stamp, "cmp_1"), report);
  EXPECT_EQ(stamp(&campaign_stamp, "cmp_2"), other) << "another campaign's";
  EXPECT_EQ(stamp(&campaign_stamp, "cmp_3"), nothing);
}

// In virtual time campaigns are made in the same moment.
TEST_P(ChangesTest, PagesOfCampaignsLeaveNoneOut) {
  std::set<std::string> all;
  for (int i = 0; i < 7; ++i) add_campaign(*all.insert("cmp_" + std::to_string(i)).first);
  std::set<std::string> seen;
  std::string last;
  for (int page = 0; page < 4; ++page) {
    auto campaigns = write([&](Tx& tx) { return list_campaigns(tx, workspace, 2, last); });
    for (const auto& campaign : campaigns) EXPECT_TRUE(seen.insert(campaign.id).second) << campaign.id << " twice";
    if (!campaigns.empty()) last = campaigns.back().id;
  }
  EXPECT_EQ(seen, all);
}

TEST_P(ChangesTest, APlansStampFollowsItsRevisionsAndApprovals) {
  std::string nothing = stamp(&plan_stamp, "pln_1");
  std::string approvals = stamp(&approvals_stamp, "");
  std::string existing = stamp(&existing_stamp, "");
  std::set<std::string> seen{nothing};
  auto differs = [&](const char* after) {
    EXPECT_TRUE(seen.insert(stamp(&plan_stamp, "pln_1")).second) << "the same after " << after;
  };
  const char* plan =
      "INSERT INTO plan (workspace_id, id, revision, plan_hash, status, document, created_at) VALUES ($1, 'pln_1', $2, "
      "'h', "
      "'ready', '{}', 1)";
  run(plan, {workspace, 1});
  differs("it was made");
  run(plan, {workspace, 2});
  differs("a revision");
  run("INSERT INTO approval (workspace_id, id, subject, subject_id, subject_hash, risk, summary, state, requested_by, "
      "requested_at, expires_at) VALUES ($1, 'apr_1', 'plan', 'pln_1', 'h', 'r', 's', 'pending', 'usr', 1, 2)",
      {workspace});
  differs("an approval was asked for");
  EXPECT_NE(stamp(&approvals_stamp, ""), approvals);
  EXPECT_NE(stamp(&existing_stamp, ""), existing);
  run("UPDATE approval SET state = 'approved' WHERE workspace_id = $1", {workspace});
  differs("it was approved");
  run("UPDATE plan SET status = 'running' WHERE workspace_id = $1 AND revision = 2", {workspace});
  differs("it runs");
  EXPECT_EQ(stamp(&plan_stamp, "pln_2"), nothing);
}

INSTANTIATE_TEST_SUITE_P(Services, ChangesTest, audience::both_databases(), audience::database_name);

}  // namespace
}  // namespace spreaders::services
