// What the tests of sending stand on: the outbox with the real guard, people who have agreed, and a receiver that
// remembers when it got what.
#pragma once

#include <nlohmann/json.hpp>

#include "events/fakes_test.hpp"
#include "services/sending/sending.hpp"
#include "services/sending/stops.hpp"

namespace spreaders::sending::fakes {

using events::Intent;
using events::OutboxItem;
using events::SendReport;
using events::Sent;
using events::fakes::FakeSender;
using events::fakes::kWorkspace;

class SendingTest : public events::fakes::OutboxTest {
 protected:
  // a0@example.org as con_0 and so on, all of one zone, all opted in.
  void put_people(int count, const std::string& zone = "UTC") {
    auto put = write([&](Tx& tx) -> Result<void> {
      for (int i = 0; i < count; ++i) {
        std::string name = std::to_string(i);
        TRY(
            tx.execute("INSERT INTO contact (workspace_id, id, email, time_zone, created_at, updated_at) VALUES ($1, "
                       "$2, $3, $4, 1, 1)",
                       {kWorkspace, "con_" + name, address(i), zone}));
        TRY(consent::record(tx, kWorkspace, {"con_" + name, "email", consent::State::kOptedIn, "test", "", {1}}));
      }
      return {};
    });
    ASSERT_TRUE(put.ok()) << put.error().text();
  }
  void set(const std::string& rules) {
    auto read = decode<Rules>(*parse_json(rules), "The rules");
    ASSERT_TRUE(read.ok()) << read.error().text();
    auto set = write([&](Tx& tx) { return set_rules(tx, kWorkspace, *read, "usr_1", clock_.now()); });
    ASSERT_TRUE(set.ok()) << set.error().text();
  }
  // A run of a workflow with these settings.
  void put_workflow_run(const std::string& run, const std::string& workflow, const std::string& settings = "") {
    execute(
        "INSERT INTO workflow_version (workspace_id, workflow_id, version, name, definition, checksum, created_at) "
        "VALUES ($1, $2, 1, 'Test', $3, '', 1) ON CONFLICT (workspace_id, workflow_id, version) DO NOTHING",
        {kWorkspace, workflow, settings.empty() ? "{}" : R"({"settings":)" + settings + "}"});
    execute(
        "INSERT INTO run (workspace_id, id, workflow_id, version, subject, entry_key, principal, status, entered_at) "
        "VALUES ($1, $2, $3, 1, $2, $2, '{}', 'active', 1)",
        {kWorkspace, run, workflow});
  }
  static Intent message(int person, const std::string& campaign, const std::string& run = "") {
    Intent made = intent(person, run);
    made.idem = campaign + ":" + made.contact_id;
    made.campaign_id = campaign;
    return made;
  }
  // As the engine writes them: decided first.
  void say(std::vector<Intent> intents) {
    auto put = write([&](Tx& tx) -> Result<void> {
      TRY(events::decide_intents(tx, rules_, kWorkspace, intents, clock_.now()));
      TRY(events::enqueue(tx, kWorkspace, intents, clock_.now(), ids_));
      return {};
    });
    ASSERT_TRUE(put.ok()) << put.error().text() << put.error().detail;
  }
  void say_all(const std::string& campaign, int people, const std::string& run = "") {
    std::vector<Intent> intents;
    for (int i = 0; i < people; ++i) intents.push_back(message(i, campaign, run));
    say(intents);
  }
  std::unique_ptr<events::Dispatcher> mailer(storage::Storage& storage, events::Sender& sender,
                                             const std::string& owner = "prc_a",
                                             events::DispatcherOptions with = options()) {
    auto made = std::make_unique<events::Dispatcher>(storage, clock_, rules_, with, owner);
    made->add_sender("email", sender);
    made->on_settle([this](Tx& tx, const std::vector<events::Settled>& settled) {
      return note_settled(tx, settled, clock_.now(), system_ids());
    });
    return made;
  }
  std::unique_ptr<events::Dispatcher> mailer(events::Sender& sender) { return mailer(*storage_, sender); }
  struct Stored {
    std::string state, reply, deferred;
    Instant next_at;
    bool counted = false;
  };
  Stored stored(int person, const std::string& campaign) {
    auto rows =
        query("SELECT state, reply, deferred, next_at, counted_at FROM outbox WHERE workspace_id = $1 AND idem = $2",
              {kWorkspace, campaign + ":con_" + std::to_string(person)});
    if (rows.size() != 1) return {};
    return {rows[0][0].text(), rows[0][1].text(), rows[0][2].text(), rows[0][3].instant(), !rows[0][4].is_null()};
  }
  // When each address got something; more than one sender may write it.
  SendReport keep(const OutboxItem& item) {
    receiver_.take(item);
    std::lock_guard lock(mutex_);
    got_[item.address].push_back(clock_.now());
    return {Sent::kAccepted, "250 ok"};
  }
  // The most that one address got within so many days.
  int most_within(int days) {
    int most = 0;
    for (const auto& [address, moments] : got_) {
      for (Instant end : moments) {
        int within = 0;
        for (Instant moment : moments) within += moment <= end && end - moment < days * kDay_us ? 1 : 0;
        most = std::max(most, within);
      }
    }
    return most;
  }

  Guard rules_;
  std::mutex mutex_;
  std::map<std::string, std::vector<Instant>> got_;
};

}  // namespace spreaders::sending::fakes
